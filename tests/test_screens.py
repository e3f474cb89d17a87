"""Proof of what people look at first: the terminal answers on one screen, a page is enough to sign, paper speaks no
command line, and a Chinese page no English but sources."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from factory import FIXED, plan
from openpyxl import load_workbook
from test_language import CHINESE, RUN, names_and_sources, stripped, texts

from rtplan.interruption.choose import choose
from rtplan.interruption.missed import Missed, missed_answer
from rtplan.interruption.situation import from_dates, parse_cause, parse_missed, parse_partial
from rtplan.note import Note
from rtplan.planning import artefact
from rtplan.planning.plan import Plan
from rtplan.report.blocks import Boxes, Column, GridDay, MonthGrid, Notes, Report, Section, Signatures, Table
from rtplan.report.formats.csv import to_csv
from rtplan.report.formats.html import to_html
from rtplan.report.formats.layout import width_of
from rtplan.report.formats.terminal import to_text
from rtplan.report.formats.weeks import sign, weeks
from rtplan.report.formats.xlsx import to_xlsx
from rtplan.report.language import ENGLISH
from rtplan.report.registry import report
from rtplan.report.sentences import BRIEF, ON_PAPER, TEMPLATES, brief, loudness

COURSES: dict[str, dict[str, Any]] = {
    "trial": {"start": "2026-03-02"},
    "spring festival": {},
    "two phases": {"protocol": "50/25 + 20/10", "start": "2026-02-02"},
    "simultaneous boost": {"protocol": "artdeco-hd", "start": "2026-02-02", "clinic": "west-china"},
    "twice daily": {"protocol": "41.4/23+27/18bid", "start": "2026-09-14", "clinic": "west-china", "chemo": "pf-q4w"},
    "all twice daily": {"protocol": "45.6/38bid", "start": "2026-02-02", "clinic": "west-china"},
    "long": {"protocol": "70/35", "start": "2026-02-02", "clinic": "west-china", "chemo": "none"},
    "organs": {"start": "2026-03-02", "regions": ("spinal cord=42.3Gy Dmax", "lung=15Gy Dmean")},
    "provisional": {"start": "2090-03-06"},
}
MISSED = {
    "trial": "2026-03-16..2026-03-20",
    "two phases": "2026-03-02..2026-03-03",
    "simultaneous boost": "2026-03-04..2026-03-06",
    "twice daily": "2026-10-12..2026-10-14",
    "long": "2026-03-02..2026-03-06",
    "organs": "2026-03-11",
}
CAUSES = {"trial": "toxicity: grade 3", "long": "machine: linac 2, vacuum fault, a spare part from abroad"}


def asked(name: str, **settings: Any) -> Missed:
    situation = from_dates(plan(**COURSES[name]), parse_missed(MISSED[name]))
    kind, cause = parse_cause(CAUSES.get(name, ""))
    return missed_answer(replace(situation, cause=cause, cause_kind=kind), **settings)


def revised() -> Plan:
    """Two revisions: a day missed, then another one and a part of a fraction."""
    made = plan(start="2026-03-02")
    situation = from_dates(made, parse_missed("2026-03-10"), as_of=dt.date(2026, 3, 10))
    second = choose(missed_answer(situation), "append", FIXED, parent_sha256="0" * 64)
    partial = (parse_partial("2026-03-17=0.9Gy"),)
    situation = from_dates(second, parse_missed("2026-03-18"), as_of=dt.date(2026, 3, 18), partial=partial)
    return choose(missed_answer(situation), "append", FIXED, parent_sha256="1" * 64)


# --- one screen -----------------------------------------------------------------------------------------------------

MOST_LINES = 40
MOST_LINES_MISSED = 48


def screen(answer: Any, words: Any = ENGLISH) -> list[str]:
    return to_text(report(answer, words, "screen"), 80).splitlines()


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh_CN"])
@pytest.mark.parametrize("name", [*COURSES, "revision"])
def test_a_plan_is_one_screen(name: str, words: Any) -> None:
    made = revised() if name == "revision" else plan(**COURSES[name])
    lines = screen(made, words)
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if width_of(line) > 80] == []
    assert lines[-1].startswith("--full")
    text = " ".join(lines)
    assert str(made.course.first) in text
    assert str(made.course.last) in text
    assert f"T = {made.course.elapsed_days}" in text
    assert all(f"{row.dose_gy:.2f}" in text for row in made.effects)
    for fraction in made.course.fractions[-1:]:
        assert re.search(rf"(f|\d-){fraction.number}\b", text)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh_CN"])
@pytest.mark.parametrize("name", MISSED)
def test_missed_is_one_screen(name: str, words: Any) -> None:
    answer = asked(name)
    lines = screen(answer, words)
    assert len(lines) <= MOST_LINES_MISSED
    assert [line for line in lines if width_of(line) > 80] == []
    text = "\n".join(lines)
    assert all(option.id in text for option in answer.options[:5])
    assert str(answer.decided.course.last) in text


@pytest.mark.parametrize(
    "words",
    [
        "compare",
        "compare --start 2026-02-02 --clinic west-china",
        "starts --from 2026-03-02 --to 2026-04-30",
        "workdays west-china --from 2026-02-01 --to 2026-04-30",
        "dose 45/25 60/30",
        "validate",
    ],
)
def test_other_answers_are_one_screen_too(cli: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = cli(words).stdout.splitlines()
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if width_of(line) > 80] == []


def test_the_table_of_doses_has_six_columns_and_is_never_cut() -> None:
    for course in COURSES.values():
        sections = {section.key: section for section in report(plan(**course), view="screen").sections}
        doses = sections["doses"].blocks[0]
        assert isinstance(doses, Table)
        assert len(doses.columns) == 6
        shown = "\n".join(screen(plan(**course)))
        assert shown.count("α/β") == 1


def test_full_is_everything(cli: Any) -> None:
    texts = (cli("plan", "--start", "2026-03-02", *more).stdout for more in ((), ("--full",)))
    short, long = (" ".join(text.split()) for text in texts)
    for part in ("Fractions", "Chemotherapy cycles", "Conventions", "counts again from the actual date"):
        assert (part in short, part in long) == (False, True)
    fixed = ("--start", "2026-03-02", "--stamp", "2026-01-15T09:00:00+08:00")
    documents = (json.loads(cli("plan", *fixed, "--json", *more).stdout) for more in ((), ("--full",)))
    bare = [{key: data[key] for key in data if key not in ("provenance", "sha256")} for data in documents]
    assert bare[0] == bare[1]


def test_all_lists_every_option_on_the_screen() -> None:
    answer = asked("long", all_options=True)
    text = "\n".join(screen(answer))
    assert len(answer.options) > 5
    assert all(option.id in text for option in answer.options)


def test_an_organ_has_one_line_with_its_tightest_limit() -> None:
    made = plan(**COURSES["organs"])
    lines = [line for line in screen(made) if line.startswith("spinal cord: EQD2")]
    assert len(lines) == 1
    margins = [check.margin_gy for row in made.effects if row.region == "spinal cord" for check in row.limits]
    assert len(margins) > 1
    assert any(f"margin {margin:+.2f} Gy" in lines[0] for margin in margins)


# --- what is loud ---------------------------------------------------------------------------------------------------


def test_the_alarm_is_kept_for_what_is_sourced_or_stated() -> None:
    made = plan()
    (note,) = (note for note in made.notes if note.code == "prolongation-limit")
    assert (note.severity, loudness(note)) == ("violation", "warning")
    assert not any("RULE BROKEN" in line for line in screen(made))
    stated = Note(code="late-limit", severity="violation", values={"verified": True})
    assert loudness(stated) == loudness(Note(code="x", severity="violation")) == "violation"


def test_every_broken_rule_is_shown_however_many_there_are() -> None:
    broken = tuple(Note(code=f"x{n}", severity="violation", values={"text": f"rule {n}"}) for n in range(9))
    warned = tuple(Note(code=f"w{n}", severity="warning", values={"text": f"warning {n}"}) for n in range(9))
    text = "\n".join(screen(replace(plan(), notes=(*warned, *broken))))
    assert text.count("RULE BROKEN: ") == 9
    assert "9 further warnings" in text


@pytest.mark.parametrize("table", [BRIEF, ON_PAPER], ids=["brief", "on paper"])
def test_short_sentences_are_of_notes_there_are(table: dict[str, Any]) -> None:
    assert table.keys() <= TEMPLATES.keys()


def test_a_note_without_short_words_says_its_sentence() -> None:
    note = Note(code="x", severity="warning", values={"text": "as it stands"})
    assert brief(note) == "as it stands"
    lacking = Note(code="late-limit", severity="violation", values={"text": "of an older file"})
    assert brief(lacking) == "of an older file"


# --- weeks ----------------------------------------------------------------------------------------------------------


def test_weeks_say_why_days_are_closed_and_where_cycles_begin() -> None:
    lines = screen(plan())
    (week,) = (line for line in lines if line.startswith("Feb      16"))
    assert "16: Chinese New Year's" in week
    assert any("24: C2D1" in line for line in lines)
    assert not any("weekend of the public holiday" in line for line in lines)


def test_signs_of_days() -> None:
    day = GridDay(date=dt.date(2026, 3, 4), open=True, kind="workday")
    assert sign(day) == ""
    assert sign(replace(day, fractions=(3,))) == "f3"
    assert sign(replace(day, fractions=(3, 4), provisional=True)) == "3-4?"
    assert sign(replace(day, missed=True)) == "×"
    assert sign(replace(day, open=False, kind="holiday")) == "–"
    assert sign(replace(day, open=False, kind="weekend")) == "·"


def test_days_in_a_row_with_one_reason_stand_together() -> None:
    days = tuple(
        GridDay(date=dt.date(2026, 3, day), open=False, kind="closure", reason="stock-taking") for day in (2, 3, 4)
    )
    assert [week.remarks for week in weeks(MonthGrid(days=days), ENGLISH)] == [("2-4: stock-taking",)]


# --- paper ----------------------------------------------------------------------------------------------------------

OPTION = re.compile(r"(?<![\w-])--[a-z]")


def pages_of(browser: Any, tmp_path: Any, made: Report) -> int:
    path = tmp_path / "page.html"
    path.write_text(to_html(made, stamp=FIXED.created), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    page.close()
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def front(made: Report) -> Report:
    """The page to sign alone."""
    place = next(place for place, section in enumerate(made.sections) if section.key == "signatures")
    return replace(made, sections=made.sections[: place + 1])


@pytest.mark.browser
@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh_CN"])
@pytest.mark.parametrize("name", MISSED)
def test_missed_is_a_page_to_sign_and_at_most_four(browser: Any, tmp_path: Any, name: str, words: Any) -> None:
    made = report(asked(name), words, "paper")
    assert pages_of(browser, tmp_path, front(made)) == 1
    assert pages_of(browser, tmp_path, made) <= 4


@pytest.mark.browser
@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh_CN"])
@pytest.mark.parametrize("name", [*COURSES, "revision"])
def test_a_plan_has_a_page_to_sign(browser: Any, tmp_path: Any, name: str, words: Any) -> None:
    made = revised() if name == "revision" else plan(**COURSES[name])
    assert pages_of(browser, tmp_path, front(report(made, words, "paper"))) == 1


def test_the_page_to_sign_holds_what_is_signed() -> None:
    answer = asked("trial")
    sections = {section.key: section for section in report(answer, view="paper").sections}
    assert list(sections)[: list(sections).index("signatures") + 1] == [
        "patient",
        "situation",
        "options",
        "decided",
        "signatures",
    ]
    (boxes,) = sections["patient"].blocks
    assert boxes == Boxes(labels=("Patient", "Hospital number", "Date of birth"))
    (signed,) = sections["signatures"].blocks
    assert isinstance(signed, Signatures)
    assert signed.roles == (
        "Calculated by",
        "Checked by a second physicist",
        "Radiation oncologist",
        "Patient told by",
    )
    said = " ".join(texts(front(report(answer, view="paper"))))
    option = answer.options[0]
    coming = option.course.fractions[len(answer.situation.delivered) :]
    for part in (
        "toxicity: grade 3",
        f"from {ENGLISH.dated(coming[0].date)}, {len(coming)} fractions of 1.80 Gy",
        f"next session {ENGLISH.dated(coming[0].date)}",
        f"{ENGLISH.dated(option.course.last)}, {option.course.overall_treatment_time_days} days",
        "not moved",
        "stands before",
        "are not given while toxicity is unresolved",
        "not while toxicity is unresolved" if any(entry.held for entry in answer.options[:5]) else "",
    ):
        assert part in said, part


def test_the_chosen_option_is_what_the_sheet_is_signed_for(cli: Any, tmp_path: Any) -> None:
    folder = tmp_path / "a"
    cli("plan", "--start", "2026-03-02", "--out", str(folder), "--only", "json")
    done = cli("missed", str(folder / "plan.json"), "--missed", "2026-03-10", "--choose", "bid-1", "--out", str(folder))
    assert done.exit_code == 0, done.output
    sheet = (folder / "missed-r2.html").read_text(encoding="utf-8")
    assert "Chosen option: bid-1" in sheet
    assert "Proposed" not in sheet
    assert "chosen by the department" in sheet
    answer = asked("organs")
    assert answer.deciding(answer.options[1].id).decided is answer.options[1]
    assert answer.decided is answer.options[0]


def test_a_changed_dose_says_from_when_and_how_many() -> None:
    answer = asked("organs")
    option = next(option for option in answer.options if option.doses and not option.n_sessions)
    said = " ".join(texts(front(report(answer.deciding(option.id), view="paper"))))
    first = next(f for f in option.course.fractions if f.doses_gy[0] == option.doses[0].dose_gy)
    count = sum(f.doses_gy == first.doses_gy for f in option.course.fractions)
    assert f"from {ENGLISH.dated(first.date)}, {count} fractions of {first.doses_gy[0]:.2f} Gy" in said


def test_paper_speaks_no_command_line() -> None:
    late = Note(
        code="changed-dose-too-late",
        severity="warning",
        values={"changed_dose_from": "2027-01-01", "last": "2026-04-03"},
    )
    answers: list[Any] = [plan(**course) for course in COURSES.values()]
    answers += [revised(), *(asked(name) for name in MISSED)]
    answers += [replace(plan(start="2026-03-02"), notes=(late,)), replace(asked("trial"), notes=(late,))]
    assert OPTION.search(" ".join(screen(answers[-1])))
    for answer in answers:
        for words in (ENGLISH, CHINESE):
            html = to_html(report(answer, words, "paper")).partition("<body")[2]
            assert OPTION.findall(re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)) == []


@pytest.mark.parametrize("view", ["screen", "paper"])
@pytest.mark.parametrize("name", [*COURSES, "revision", *(f"missed {name}" for name in MISSED)])
def test_no_english_in_what_a_chinese_reader_sees_first(name: str, view: Any) -> None:
    kind, _, of = name.partition(" ")
    answer: Any = revised() if name == "revision" else asked(of) if kind == "missed" else plan(**COURSES[name])
    made = report(answer, CHINESE, view)
    known = {text for text in names_and_sources(answer) if text}
    known |= {check.limit.name for row in getattr(answer, "plan", answer).effects for check in row.limits}
    known |= {check.limit.metric for row in getattr(answer, "plan", answer).effects for check in row.limits}
    known |= {check.limit.endpoint for row in getattr(answer, "plan", answer).effects for check in row.limits} - {""}
    known |= {answer.situation.cause} if isinstance(answer, Missed) and answer.situation.cause else set()
    known |= {section.metric for section in getattr(answer, "plan", answer).effects if section.metric}
    left = [text for text in texts(made) if RUN.search(stripped(text, known))]
    if name == "revision":  # a revision's own reason is the user's language when it was made
        left = [text for text in left if "chosen:" not in text]
    assert left == []


# --- revisions ------------------------------------------------------------------------------------------------------


def test_a_revision_says_what_was_missed_and_partial_through_every_revision() -> None:
    made = revised()
    assert [step.missed for step in made.revision.earlier] == [(dt.date(2026, 3, 10),)]
    (partial,) = made.revision.partial
    assert (partial.date, partial.dose_gy, partial.planned_gy) == (dt.date(2026, 3, 17), 0.9, 1.8)
    assert artefact.parse(made.document()).revision == made.revision
    text = " ".join(" ".join(screen(made)).split())
    assert "Revision 2 missed 2026-03-10" in text
    assert f"Revision 3 missed 2026-03-18; fraction {partial.number} on 2026-03-17 partial, 0.9 of 1.8 Gy" in text
    on_paper = " ".join(texts(report(made, view="paper")))
    assert "missed 2026-03-18; fraction" in on_paper
    again = missed_answer(from_dates(made, parse_missed("2026-03-25"), as_of=dt.date(2026, 3, 25)))
    third = choose(again, "append", FIXED, parent_sha256="2" * 64)
    assert third.revision.earlier[-1].partial == (partial,)


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_workbook_of_missed_fractions_has_one_course() -> None:
    answer = asked("long", all_options=True)
    book = load_workbook(io.BytesIO(to_xlsx(report(answer, view="book"), stamp=FIXED.created)))
    names = book.sheetnames
    assert len(names) <= 16
    assert sum(name.startswith("fractions-") for name in names) == 1
    assert book["options"].max_row == len(answer.options) + 1
    (calendar,) = (name for name in names if name.startswith("calendar"))
    cells = [str(cell.value) for row in book[calendar].iter_rows() for cell in row if cell.value]
    assert any(cell.startswith("2\n") and "missed" in cell for cell in cells)
    last = len(answer.decided.course.fractions)
    assert any(re.search(rf"Fx (\d+ \+ )?{last}\b", cell) for cell in cells)


def test_a_workbook_of_a_plan_has_a_calendar() -> None:
    book = load_workbook(io.BytesIO(to_xlsx(report(plan()), stamp=FIXED.created)))
    days = [str(cell.value) for row in book["calendar"].iter_rows(min_row=2, min_col=2) for cell in row if cell.value]
    assert any(day.startswith("24\nFx 11\n19.80 Gy\nC2D1") for day in days)
    assert any("Chinese New Year" in day for day in days)


def test_rows_of_a_workbook_are_as_high_as_what_they_hold() -> None:
    long = "words between blanks " * 20
    columns = (Column(key="a", title="A"),)
    table = Table(name="t", columns=columns, rows=((long,), ("short",)))
    made = Report(title="T", sections=(Section(key="s", heading="S", blocks=(table,)),))
    sheet = load_workbook(io.BytesIO(to_xlsx(made)))["t"]
    assert sheet.row_dimensions[2].height >= 15 * len(long) / sheet.column_dimensions["A"].width
    assert sheet.row_dimensions[3].height in (None, 15)  # the height of a line is not written down


def test_csv_has_no_noise_in_its_last_digits() -> None:
    column = Column(key="x_gy", title="X", kind="number", unit="Gy")
    values = (11.700000000000001, 45.0, 1 / 3, 1e-9)
    table = Table(name="t", columns=(column,), rows=tuple((value,) for value in values))
    found = [row[0] for row in csv.reader(io.StringIO(to_csv(table), newline=""))][1:]
    assert found == ["11.7", "45.0", "0.333333333333", "1e-09"]
    assert all(abs(float(text) - value) <= 1e-12 * value for text, value in zip(found, values, strict=True))


def test_counts_of_remarks_do_not_count_the_annex_again() -> None:
    note = Note(code="x", severity="warning", values={"text": "once"})
    sections = tuple(Section(key=key, heading=key, blocks=(Notes(notes=(note,)),)) for key in ("front", "annex"))
    assert re.findall(r">(\w[\w ]*: \d+)</a>", to_html(Report(title="T", sections=sections))) == ["Warning: 1"]
