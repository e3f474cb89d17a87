"""Proof of patient.html: every appointment once, plain words, no doses unless asked for, two languages."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from factory import FIXED, on_two_machines, plan, unannounced_plan

import rtplan.report.language
from rtplan.clinic.days import Reason
from rtplan.report.formats.patient import patient_html
from rtplan.report.language import languages, words

LANGUAGES = ("en", "zh_CN")


def cells(html: str) -> dict[dt.date, str]:
    """What stands in the cell of each day, tags taken out."""
    found = re.findall(r'<td class="([^"]*)"><time class="day" datetime="([^"]+)"[^>]*>(.*?)</td>', html, re.DOTALL)
    return {
        dt.date.fromisoformat(day): re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content)).strip()
        for _, day, content in found
    }


def looks(html: str) -> dict[dt.date, set[str]]:
    found = re.findall(r'<td class="([^"]*)"><time class="day" datetime="([^"]+)"', html)
    return {dt.date.fromisoformat(day): set(names.split()) for names, day in found}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("protocol", "start"), [("45/25", "2026-02-02"), ("41.4/23+27/18bid", "2026-09-14")])
def test_every_treatment_stands_on_its_day_and_nowhere_else(protocol: str, start: str, language: str) -> None:
    made, told = plan(protocol, start=start, clinic="CN"), words(language)
    shown = cells(patient_html(made, language=language))
    pattern = re.compile(re.escape(told("Radiotherapy %(number)s")).replace("%\\(number\\)s", r"(\d+)"))
    found = {day: [int(n) for n in pattern.findall(text)] for day, text in shown.items()}
    expected: dict[dt.date, list[int]] = {day: [] for day in shown}
    for fraction in made.course.fractions:
        expected[fraction.date].append(fraction.number)
    assert found == expected


def test_chemotherapy_days() -> None:
    made = plan(chemo="pf-q4w")
    days = {drug.date for cycle in made.cycles for drug in cycle.drug_days} | {cycle.date for cycle in made.cycles}
    assert {day for day, text in cells(patient_html(made)).items() if "Chemotherapy" in text} == days


@pytest.mark.parametrize("language", LANGUAGES)
def test_chemotherapy_and_no_radiotherapy_in_one_box_have_a_word_between(language: str) -> None:
    """Fu-type infusions run over the weekend: such a box says chemotherapy, *but* no radiotherapy."""
    made, told = plan(chemo="pf-q4w"), words(language)
    (first, *rest) = made.cycles
    saturday = replace(first.drug_days[0], date=dt.date(2026, 2, 7))
    shown = patient_html(replace(made, cycles=(replace(first, drug_days=(saturday,)), *rest)), language=language)
    box = cells(shown)[dt.date(2026, 2, 7)]
    assert told("but no radiotherapy") in box
    assert box.index(told("Chemotherapy")) < box.index(told("but no radiotherapy"))


@pytest.mark.parametrize("kind", ["closure", "service"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_department_is_closed_and_no_more(kind: Any, language: str) -> None:
    made, told, day = plan(), words(language), dt.date(2026, 2, 17)
    closed = Reason(open=False, provisional=False, kind=kind, text="bridge day, linac service")
    calendar = made.inputs.calendar.with_days(lambda d, reason: closed if d == day else reason)
    shown = patient_html(replace(made, inputs=replace(made.inputs, calendar=calendar)), language=language)
    assert cells(shown)[day] == f"17 {told('No radiotherapy')} {told('Department closed')}"
    assert "linac" not in shown
    assert "bridge" not in shown


def test_a_drug_on_a_day_the_unit_is_closed_is_to_be_confirmed() -> None:
    made = plan(chemo="pf-q4w")
    *others, late = made.cycles[0].drug_days
    cycle = replace(made.cycles[0], drug_days=(*others, replace(late, closed=True)))
    html = patient_html(replace(made, cycles=(cycle, *made.cycles[1:])))
    assert {day for day, text in cells(html).items() if "to be confirmed" in text} == {late.date}
    assert "may still move" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_on_another_machine_names_it(tmp_path: Path, language: str) -> None:
    html, told = patient_html(on_two_machines(tmp_path), language=language), words(language)
    name = told("On machine: %(machine)s", machine="linac &lt;B&gt;, ground floor")
    named = {day for day, text in cells(html).items() if name in text}
    assert named == {dt.date(2026, 3, 11), dt.date(2026, 3, 12)}
    notice = told(
        "On some days your radiotherapy is on another machine. Its name stands on those days: please go there."
    )
    assert notice in html
    assert notice not in patient_html(plan(), language=language)


def test_treatment_free_days_and_why() -> None:
    shown = cells(patient_html(plan()))
    assert shown[dt.date(2026, 2, 17)] == "17 No radiotherapy Chinese New Year (Spring Festival)"
    assert shown[dt.date(2026, 2, 20)] == "20 No radiotherapy Public holiday (in exchange for 14 February 2026)"
    assert shown[dt.date(2026, 2, 14)] == "14 No radiotherapy"
    assert shown[dt.date(2026, 2, 15)] == "15 No radiotherapy weekend of the public holiday"
    assert shown[dt.date(2026, 3, 22)] == "22"
    chinese = cells(patient_html(plan(), language="zh_CN"))
    assert chinese[dt.date(2026, 2, 16)] == "16 无放疗 农历除夕"
    assert chinese[dt.date(2026, 2, 21)] == "21 无放疗 公共假期内的周末"
    assert chinese[dt.date(2026, 2, 20)] == "20 无放疗 休息日（由2026年2月14日调休）"


def test_what_is_the_departments_own_affair_is_not_told() -> None:
    made = plan()
    day = dt.date(2026, 3, 11)
    closed = Reason(open=False, provisional=False, kind="closure", text="linac exchange")
    calendar = made.inputs.calendar.with_days(lambda d, reason: closed if d == dt.date(2026, 2, 17) else reason)
    shown = cells(patient_html(replace(made, inputs=replace(made.inputs, calendar=calendar)), language="zh_CN"))
    assert shown[dt.date(2026, 2, 17)] == "17 无放疗 科室停诊"
    assert "放疗 第 22 次" in shown[day]


@pytest.mark.parametrize(
    ("name", "expected"), [("Labor Day (observed)", "劳动节"), ("Mid-Autumn Festival; National Day", "中秋节; 国庆节")]
)
def test_names_of_holidays(name: str, expected: str) -> None:
    made = plan()
    holiday = Reason(open=False, provisional=False, kind="holiday", text=name)
    calendar = made.inputs.calendar.with_days(lambda d, reason: holiday if d == dt.date(2026, 2, 17) else reason)
    shown = cells(patient_html(replace(made, inputs=replace(made.inputs, calendar=calendar)), language="zh_CN"))
    assert shown[dt.date(2026, 2, 17)] == f"17 无放疗 {expected}"


def test_days_to_be_confirmed() -> None:
    made = unannounced_plan()
    html = patient_html(made)
    unsure = {fraction.date for fraction in made.course.fractions if made.is_provisional(fraction)}
    assert len(unsure) == 4
    confirmed = {day for day, text in cells(html).items() if "to be confirmed" in text}
    cycles = {cycle.date for cycle in made.cycles if cycle.provisional}
    assert confirmed == unsure | cycles | {dt.date(2027, 1, day) for day in (1, 2, 3)}
    assert confirmed <= {day for day, names in looks(html).items() if "unsure" in names}
    assert "Monday, 4 January 2027 (to be confirmed)" in html
    assert "to be confirmed" not in patient_html(plan())


def test_times_where_known_and_room_for_them_where_not() -> None:
    timed = plan("54/36bid", clinic="england", start="2026-03-16", times=(dt.time(9, 15), dt.time(15, 45)))
    assert cells(patient_html(timed))[dt.date(2026, 3, 16)] == "16 Radiotherapy 1 09:15 Radiotherapy 2 15:45"
    assert cells(patient_html(plan()))[dt.date(2026, 2, 3)] == "3 Radiotherapy 2 Time"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_doses_unless_asked_for(language: str) -> None:
    body = patient_html(plan(chemo="pf-q4w"), language=language).partition("<body>")[2]
    assert not re.search(r"Gy|BED|cisplatin|\d\.\d", body)
    told = patient_html(plan(), language=language, doses=True)
    assert told.count('<span class="dose">1.8 Gy</span>') == 25
    assert "<dd>45 Gy</dd>" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_boxes_to_fill_in(language: str) -> None:
    told, html = words(language), patient_html(plan(), language=language)
    for label in ("Name", "Hospital number", "Telephone of the department", "Place and usual time"):
        assert f'<div class="box"><span>{told(label)}</span></div>' in html


def test_the_language_is_said_and_dates_are_in_it() -> None:
    html = patient_html(plan(), language="zh_CN", stamp=FIXED.created)
    assert '<html lang="zh-CN">' in html
    assert "2026年2月2日星期一" in html
    assert "四川大学华西医院" in html
    text = re.sub(r"<[^>]+>", " ", html.partition("<body>")[2])
    assert not re.search(r"[A-Za-z]{3}", text)


# --- the catalogues -------------------------------------------------------------------------------------------------


def test_the_languages() -> None:
    assert languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_catalogues_keep_their_placeholders_and_say_each_thing_once(language: str) -> None:
    path = Path(rtplan.report.language.__file__).parent / "locale" / f"{language}.po"
    ids = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(set(ids))
    with path.open("rb") as stream:
        for entry in read_po(stream, abort_invalid=True):
            if isinstance(entry.id, str) and isinstance(entry.string, str) and entry.id:
                assert entry.string, entry.id
                assert set(re.findall(r"%\(\w+\)s", entry.id)) == set(re.findall(r"%\(\w+\)s", entry.string))


def test_every_word_of_the_patient_calendar_is_translated() -> None:
    folder = Path(rtplan.report.language.__file__).parent
    sources = [folder / "formats" / "patient.py", folder / "templates" / "patient.html.j2"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    asked = set(re.findall(r'\b(?:told|w)\(\s*"([^"]+)"', text))
    assert len(asked) > 15
    assert asked <= words("zh_CN").catalogue.keys()
