"""Proof of report.html and of what notebooks show: complete, inert, reproducible; gold files."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from factory import FIXED, on_two_machines, plan, unannounced_plan

from rtplan.clinic.days import Calendar
from rtplan.errors import DomainError, visible
from rtplan.interruption.choose import choose
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.situation import from_dates, parse_missed
from rtplan.note import Note
from rtplan.planning import artefact
from rtplan.planning.inputs import OpenedDay
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import FileSum
from rtplan.report.blocks import Column, Facts, GridDay, MonthGrid, Notes, Report, Section, Signatures, Table
from rtplan.report.figures import course_figure
from rtplan.report.formats import notebook
from rtplan.report.formats.html import to_html
from rtplan.report.formats.patient import patient_html
from rtplan.report.language import words
from rtplan.report.registry import report

GOLDEN = Path(__file__).parent / "golden"
STAMP = FIXED.created
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style><script>alert(1)</script>",
    "</title></table></body>{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "四川大学华西医院",
    "\u202eمستشفى",
    "W" * 300,
)


def settled(made: Plan) -> Plan:
    """The plan without what follows the version of the holidays library."""

    def fixed(calendar: Calendar) -> Calendar:
        return replace(calendar, sources=("public holidays of CN",))

    sums = (FileSum(name="west-china-low-dose.toml", sha256="ab" * 32),)
    infusion = made.inputs.infusion
    inputs = replace(made.inputs, calendar=fixed(made.inputs.calendar), infusion=infusion and fixed(infusion))
    return replace(made, inputs=inputs, provenance=replace(FIXED, files=sums))


def hostile(text: str) -> Plan:
    """A plan whose names and reasons are all one text."""
    made = plan()
    calendar = made.inputs.calendar
    changed = calendar.with_days(
        lambda _, reason: replace(reason, kind="closure", text=text) if not reason.open else reason
    )
    inputs = replace(made.inputs, clinic=text, label=text, protocol=text, calendar=changed)
    notes = (Note(code="x", severity="warning", values={"text": text}),)
    return replace(made, inputs=inputs, notes=notes, provenance=replace(FIXED, command=text))


class Elements(HTMLParser):
    """Counts elements, collects attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: dict[str, int] = {}
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] = self.names.get(tag, 0) + 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def one(*blocks: Any) -> Report:
    return Report(title="Title", sections=(Section(key="one", heading="One", blocks=blocks),))


# --- what must be there ---------------------------------------------------------------------------------------------


def test_a_plan_is_complete() -> None:
    html = to_html(report(plan()), stamp=STAMP)
    text = Elements(html).text
    for part in (
        "25 fractions of 1.8 Gy, 45 Gy",
        "Mon 2026-02-02",
        "Mon 2026-03-16",
        "43 days (T = 42)",
        "February 2026",
        "Fx 25",
        "45.00 Gy",
        "C2D1",
        "closed: Chinese New Year (Spring Festival)",
        "40.50",
        "49.50",
        "no source read",
        "Warning",
        "prolonged by 10 days, limit 2 days",
        "A calculation aid whose results a qualified physicist checks independently. Not a medical device.",
        "Written: 2026-01-15 09:00:00+00:00",
    ):
        assert part in text, part
    for section in report(plan()).sections:
        assert f'<section id="{section.key}"' in html


def test_nothing_is_loaded_and_nothing_runs() -> None:
    for drawn in (to_html(report(plan())), patient_html(plan())):
        html = by_structure(drawn)  # what a drawing may hold is test_plot's
        elements = Elements(html)
        assert not {"script", "link", "img", "iframe", "object", "base", "form"} & elements.names.keys()
        assert not [value for name, value in elements.attributes if name in ("src", "style") or name.startswith("on")]
        assert not re.search(r"https?://|url\(|@import", html)
        assert "default-src 'none'" in html


def test_no_stamp_no_moment() -> None:
    assert "Written" not in to_html(report(plan()))


def test_two_fractions_of_a_day_stand_together() -> None:
    html = to_html(report(plan("41.4/23+27/18bid", start="2026-09-14", clinic="CN", chemo="none")))
    assert "Fx 24 + 25" in html
    assert "68.40 Gy" in html


def test_provisional_days_are_hatched_and_said() -> None:
    html = to_html(report(unannounced_plan()))
    assert 'class="banner"' in html
    assert len(re.findall(r'<td class="treated provisional">', html)) == 4
    assert html.count('<span class="unsure">provisional</span>') == 5  # and cycle 3, after the last fraction
    assert '<span class="unsure">' not in to_html(report(plan()))


def test_days_on_another_machine_name_it(tmp_path: Path) -> None:
    made = on_two_machines(tmp_path)
    assert to_html(report(made)).count("on linac &lt;B&gt;, ground floor; Two machines: linac exchange") >= 2
    opened = OpenedDay(date=dt.date(2026, 3, 11), fractions=1, method="machine")
    closed = made.inputs.calendar.with_days(
        lambda _, reason: replace(reason, open=False, kind="closure") if reason.kind == "extra" else reason
    )
    later = replace(made, inputs=replace(made.inputs, calendar=closed, opened=(opened,)))
    assert later.machine_of(opened.date) == "linac <B>, ground floor"
    assert later.machine_of(dt.date(2026, 3, 12)) == plan().machine_of(dt.date(2026, 2, 17)) == ""


def test_missed_days_of_a_grid() -> None:
    day = GridDay(date=dt.date(2026, 3, 4), open=True, kind="workday", missed=True)
    assert '<span class="missing">missed</span>' in to_html(one(MonthGrid(days=(day,))))


def test_a_revision_shows_missed_days_and_tells_its_history() -> None:
    made, days = plan(), (dt.date(2026, 2, 4), dt.date(2026, 3, 4))
    for number, day in enumerate(days, start=2):
        situation = from_dates(made, parse_missed(str(day)), as_of=day, cause=f"breakdown {number}")
        made = choose(missed_answer(situation), "append", FIXED, parent_sha256="0" * 64)
    assert made.revision.all_missed == days
    assert [(step.number, step.missed) for step in made.revision.earlier] == [(2, days[:1])]
    assert artefact.parse(made.document()).revision == made.revision
    (calendar,) = (section for section in report(made).sections if section.key == "calendar")
    grid = calendar.blocks[0]
    assert isinstance(grid, MonthGrid)
    assert tuple(day.date for day in grid.days if day.missed) == days
    html = to_html(report(made))
    assert html.count('<span class="missing">missed</span>') == 2
    assert "<dt>Revision 2</dt><dd>missed" in html
    assert "breakdown 2" in html
    assert "breakdown 3" in html
    assert "修订版 2" in to_html(report(made, words("zh_CN")))


def test_a_month_that_holds_nothing_is_not_drawn() -> None:
    made = plan("45/25", start="2026-03-02", clinic="england")  # a Monday: the week holds no day of February
    last = plan("10/5", start="2026-01-26", clinic="england")  # Monday to Friday; 1 February is the Sunday after
    for html in (to_html(report(last)), patient_html(last)):
        assert "January 2026" in html
        assert "February 2026" not in html
    assert "March 2026" in to_html(report(made))


def test_a_long_narrow_table_stands_in_pieces() -> None:
    columns = (Column(key="n", title="N", kind="integer"), Column(key="d", title="D", kind="number", unit="Gy"))
    rows = tuple((n, n * 1.8) for n in range(1, 71))
    html = to_html(one(Table(name="t", columns=columns, rows=rows, emphasis=(69,))))
    assert html.count("<thead>") == 3
    assert html.count('<tr class="strong">') == 1
    assert [int(n) for n in re.findall(r'<td class="number">(\d+)</td>', html)] == list(range(1, 71))


def test_a_table_too_wide_for_a_page_stands_in_strips_that_name_their_rows() -> None:
    columns = (
        Column(key="name", title="Regimen"),
        *(Column(key=f"c{i}", title=f"C{i}", kind="integer") for i in range(35)),
    )
    html = to_html(one(Table(name="t", columns=columns, rows=(("first", *range(35)), ("second", *range(35, 70))))))
    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    assert len(tables) == 4
    assert all(t.count("<tr>") == 3 and ">Regimen<" in t and ">first<" in t and ">second<" in t for t in tables)
    numbers = [int(n) for n in re.findall(r'<td class="number">(\d+)</td>', html)]
    assert sorted(numbers) == list(range(70))


def test_an_empty_table_says_so() -> None:
    assert "–" in to_html(one(Table(name="t", columns=(Column(key="n", title="N"),), rows=())))


def test_worst_first_in_words() -> None:
    notes = [
        Note(code=s, severity=s, values={"text": f"message {s}"}) for s in ("info", "warning", "violation", "warning")
    ]
    html = to_html(one(Notes(notes=tuple(notes))))
    assert re.findall(r">(\w[\w ]*: \d+)</a>", html) == ["Rule broken: 1", "Warning: 2", "Note: 1"]
    assert re.findall(r"message (\w+)", html) == ["violation", "warning", "warning", "info"]


def test_signatures_end_the_page_to_sign() -> None:
    blocks = (Facts(items=(("What", "that"),)), Signatures(roles=("medical physicist", "radiation oncologist")))
    html = to_html(one(*blocks))
    assert 'class="rtplan tosign"' in html
    assert '<section id="one" class="signed">' in html
    assert html.count('class="signature"') == 2
    assert "tosign" not in to_html(one(blocks[0])).partition("<body")[2]


def test_a_figure_is_drawn_inside_the_page_and_described() -> None:
    figure = course_figure(plan())
    html = to_html(one(figure))
    elements = Elements(html)
    assert elements.names["svg"] == 1
    assert ("aria-label", figure.alternative) in elements.attributes
    assert figure.caption in elements.text
    assert not re.search(r"url\((?!#)|href=\"(?!#)|<script|<\?xml|<!DOCTYPE svg", html)


# --- languages ------------------------------------------------------------------------------------------------------


def test_fixed_words_in_chinese() -> None:
    html = to_html(report(plan(), words("zh_CN")))
    assert '<html lang="zh-CN">' in html
    for part in ("化疗周期", "2026年2月", "周一", "未读到来源", "不是医疗器械"):
        assert part in html


def test_reasons_and_fixed_sentences_in_chinese() -> None:
    html = to_html(report(plan(), words("zh_CN")))
    text = Elements(html).text
    for part in (
        "停诊：休息日（由2026年2月14日调休）",
        "43 天（T = 42）",
        "较处方参照 +10 天（参照：33 天（T = 32），末次 2026-03-06）",
        "10 个无治疗日",
        "25 次，每次 1.8 Gy，共 45 Gy",
        "本机构当日是否治疗未知，按不治疗计划。不利用时：末次 2026-03-16，+10 天；利用时：末次 2026-03-12，+6 天",
        "周一 2026-02-02",
        "无暂定日期",
    ):
        assert part in text
    assert text.count("文献来源及方案描述为英文原文。") == 1
    shown = html.partition("<body")[2]
    shown = re.sub(r"<figure>.*?</figure>", "", shown[: shown.index('id="notes"')], flags=re.S)
    for left in ("Chinese New Year", "Day off", "worked weekend<", "treatment-free", "Mon ", "weekend of the"):
        assert left not in shown
    assert "are in English" not in to_html(report(plan()))


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    for call in (words, lambda language: patient_html(plan(), language=language)):
        with pytest.raises(DomainError, match=r"language takes en, zh_CN, got 'fr'"):
            call("fr")


# --- hostile text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_inert(text: str) -> None:
    made, plain = hostile(text), hostile("plain")
    pages: tuple[Callable[[Any], str], ...] = (
        lambda p: to_html(report(p)),
        lambda p: to_html(report(p, words("zh_CN"))),
        lambda p: patient_html(p, doses=True),
        lambda p: patient_html(p, language="zh_CN"),
        notebook.to_html,
    )
    for render in pages:
        found, expected = Elements(render(made)), Elements(render(plain))
        assert found.names == expected.names
        assert [name for name, _ in found.attributes] == [name for name, _ in expected.attributes]
        assert visible(text) in found.text


# --- notebooks ------------------------------------------------------------------------------------------------------


def test_a_plan_shows_itself_shortly() -> None:
    shown = plan()._repr_html_()
    assert shown == notebook.to_html(plan())
    assert "February 2026" in shown
    assert "43 days (T = 42)" in shown
    assert "SHA-256" not in shown
    assert "<html" not in shown
    assert len(by_structure(shown)) < 0.8 * len(by_structure(to_html(report(plan()))))


def test_styles_of_a_fragment_stay_inside_it() -> None:
    shown = notebook.to_html(plan())
    style = shown.partition("<style>")[2].partition("</style>")[0]
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", style) for part in rule.split(",")]
    assert [s for s in selectors if not s.startswith((".rtplan", "@media"))] == []


# --- gold files -----------------------------------------------------------------------------------------------------


def gold_cases() -> dict[str, str]:
    made = settled(plan())
    twice = settled(plan("41.4/23+27/18bid", start="2026-11-09", clinic="west-china", chemo="pf-q4w"))
    return {
        "west-china.html": to_html(report(made, view="paper"), stamp=STAMP),
        "west-china-patient.html": patient_html(made, stamp=STAMP),
        "twice-daily-patient-zh_CN.html": patient_html(twice, stamp=STAMP, language="zh_CN", doses=True),
    }


@pytest.mark.parametrize("name", ["west-china.html", "west-china-patient.html", "twice-daily-patient-zh_CN.html"])
def test_gold(name: str, tmp_path: Path) -> None:
    """RTPLAN_TESTS_MAY_WRITE=1 renews them; on a difference the actual file is kept in the temporary folder."""
    actual, path = by_structure(gold_cases()[name]).encode(), GOLDEN / name
    if os.environ.get("RTPLAN_TESTS_MAY_WRITE"):
        path.write_bytes(actual)
    if actual != path.read_bytes():
        (tmp_path / name).write_bytes(actual)
        pytest.fail(f"{name} differs; the actual file is {tmp_path / name}")


def by_structure(html: str) -> str:
    """The page without its style sheets, and each drawing as its groups and its texts.

    A change of style changes no gold file (what it does is looked at in a browser: test_browser.py), and the rest of an
    SVG changes with every version of matplotlib.
    """

    def summary(found: re.Match[str]) -> str:
        groups = re.findall(r'<g id="[a-z_]+-[0-9a-f]{8}-([a-z]+)', found[0])
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", found[0])
        counts = ", ".join(f"{name} {groups.count(name)}" for name in sorted(set(groups)))
        return f"<svg>{counts}: {' | '.join(texts)}</svg>"

    drawn = re.sub(r"<svg.*?</svg>", summary, html, flags=re.S)
    return re.sub(r"<style>.*?</style>", "<style></style>", drawn, flags=re.S)


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "America/New_York", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN", "PYTHONHASHSEED": "4242"},
    ],
    ids=["New York", "Kathmandu"],
)
def test_the_same_bytes_in_any_locale_zone_and_hash_seed(surroundings: dict[str, str]) -> None:
    program = "import sys, test_html; sys.stdout.buffer.write(''.join(test_html.gold_cases().values()).encode())"
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **surroundings, "PYTHONPATH": places},
        capture_output=True,
        check=True,
    )
    assert done.stdout == "".join(gold_cases().values()).encode()
