"""Proof that everything people read is made once, in their language: nothing in a Chinese report is an English sentence
but sources; every text that is asked for has its translation; English is word for word what the answers say."""

import ast
import datetime as dt
import itertools
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
from factory import plan

import rtplan.report
from rtplan.chemotherapy.cycles import drug_day_label
from rtplan.chemotherapy.protocol import parse_anchor
from rtplan.clinic.days import DayKind
from rtplan.clinic.limits import RCR_CATEGORIES
from rtplan.interruption.missed import Missed, missed_answer
from rtplan.interruption.options import TIERS
from rtplan.interruption.situation import from_dates, parse_missed
from rtplan.library.catalogue import load_regimens
from rtplan.note import DESIGN_DEFAULT, KNOWN
from rtplan.planning.plan import Plan
from rtplan.prescription.notation import parse
from rtplan.questions.comparison import candidate, compare
from rtplan.questions.starts import CRITERIA, search
from rtplan.radiobiology.intervals import INDUCTION
from rtplan.report.blocks import Facts, Notes, Report, Table
from rtplan.report.columns import VOCABULARY
from rtplan.report.formats.html import to_html
from rtplan.report.formats.layout import folded, padded, width_of
from rtplan.report.formats.terminal import to_text
from rtplan.report.language import CONVENTIONS, DISCLAIMER, ENGLISH, SYSTEMIC, words
from rtplan.report.registry import report
from rtplan.report.sentences import PHRASES, TEMPLATES
from rtplan.report.wording import anchor_text, drug_day, reading

CHINESE = words("zh_CN")

RUN = re.compile(r"[A-Za-z][A-Za-z'-]*(?: [A-Za-z][A-Za-z'-]*){2,}")
"""Three English words or more."""


# --- a Chinese report -----------------------------------------------------------------------------------------------


def missed(made: Plan, days: str) -> Missed:
    return missed_answer(from_dates(made, parse_missed(days), cause="停机"), all_options=True)


def answers() -> Iterator[Any]:
    made = plan(chemo="pf-q4w")
    twice = plan("41.4/23+27/18bid", start="2026-11-09", clinic="west-china", chemo="pf-q4w")
    yield from (made, twice, missed(made, "2026-03-09..2026-03-11"), missed(twice, "2026-11-12"))
    named = [regimen for regimen in load_regimens().values() if regimen.prescription is not None]
    yield compare([candidate(regimen) for regimen in named[:12]])
    yield search(made.inputs, dt.date(2026, 3, 6), made.provenance)


def names_and_sources(result: Any) -> Iterator[str]:
    """What may stay as its source writes it: labels, sources, notes that still bring an English sentence of theirs."""
    made = result.plan if isinstance(result, Missed) else result
    inputs = getattr(made, "inputs", None)
    if inputs is not None:
        yield from (inputs.label, inputs.clinic, *inputs.calendar.sources)
        yield from (inputs.limits.category_source.text, RCR_CATEGORIES.text)
        if inputs.chemo is not None:
            yield from (inputs.chemo.label, inputs.chemo.anchor_source.text, inputs.chemo.source.text)
            yield from (inputs.chemo.window_source.text, inputs.chemo.minimum_interval_source.text)
    if isinstance(made, Plan):
        yield made.provenance.command
    for entry in getattr(result, "candidates", ()):
        yield from (entry.label, entry.systemic, entry.volume)
    for row in getattr(result, "rows", ()):
        tissue = row.row.parameters
        parts = (tissue, tissue.repopulation, tissue.repair)
        yield from (tissue.label, *(part.source.text for part in parts if part is not None))


def texts(made: Report) -> Iterator[str]:
    """Every text that a report shows, sources left out."""
    yield from (made.title, made.subtitle, made.banner)
    for section in made.sections:
        yield section.heading
        for block in section.blocks:
            if isinstance(block, Facts):
                yield from (text for item in block.items for text in item if isinstance(text, str))
            elif isinstance(block, Table):
                yield from (block.caption, *(column.title for column in block.columns))
                yield from (cell for row in block.rows for cell in row if isinstance(cell, str))
            elif isinstance(block, str):
                yield block


def stripped(text: str, known: set[str]) -> str:
    for name in sorted(known, key=len, reverse=True):
        text = text.replace(name, "…")
    return text


@pytest.mark.parametrize("place", range(6))
def test_no_english_sentence_in_a_chinese_report(place: int) -> None:
    result = next(itertools.islice(answers(), place, None))
    made = report(result, CHINESE)
    notes = [
        note
        for section in made.sections
        for block in section.blocks
        if isinstance(block, Notes)
        for note in block.notes
    ]
    notes += [note for start in getattr(result, "starts", ()) for note in (*start.rule_breaches, *start.cycle_breaches)]
    notes += getattr(getattr(result, "plan", result), "notes", ())
    notes += [note for option in getattr(result, "options", ()) for note in (*option.violations, *option.notes)]
    known = {text for text in names_and_sources(result) if text}
    left = [text for text in texts(made) if RUN.search(stripped(text, known))]
    assert left == []
    drawn = [
        unescape(text)
        for text in re.findall(r"<text[^>]*>([^<]*)</text>|<figcaption>([^<]*)", to_html(made))
        for text in text
    ]
    drawn += map(unescape, re.findall(r'aria-label="([^"]*)"', to_html(made)))
    assert [text for text in drawn if RUN.search(stripped(text, known))] == []
    assert len(RUN.findall(" ".join(texts(report(result))))) > 20, (
        "the English report has none either: nothing is proved"
    )


def test_the_terminal_too() -> None:
    shown = to_text(report(plan(), CHINESE), 100)
    for part in ("43 天（T = 42）", "农历除夕", "（设计默认值，无文献来源）", "2月"):
        assert part in shown
    for left in ("Mon ", "closed", "overall", "Fraction", "weekend of"):
        assert left not in shown


# --- every text has a translation -----------------------------------------------------------------------------------

FOLDER = Path(rtplan.report.__file__).parent


def asked() -> Iterator[str]:
    """Every text that a page, a writer or a template asks for, as it stands in the source."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from (text for argument in arguments(node) for text in constants(argument))
    for path in FOLDER.rglob("*.j2"):
        yield from re.findall(r'\bw\(\s*"([^"]+)"', path.read_text(encoding="utf-8"))


def arguments(call: ast.Call) -> list[ast.expr]:
    """The texts that a call hands to the words of a language."""
    called = ast.unparse(call.func)
    return call.args[:1] if called == "told" else call.args[1:3] if called == "told.count" else []


def constants(node: ast.expr) -> Iterator[str]:
    yield from (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


ONE_OF_TWO = ("one, many = ", "more = ", "only = ", "stays = ")
"""How a page writes a text down before it asks for it."""


def written_down() -> Iterator[str]:
    for path in (*sorted((FOLDER / "pages").glob("*.py")), FOLDER / "wording.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and f"{ast.unparse(node.targets[0]).strip('()')} = " in ONE_OF_TWO:
                yield from (text for text in constants(node.value) if " " in text)


TABLES: dict[str, set[str]] = {
    "columns": {column.title for column in VOCABULARY.values()},
    "kinds of days": set(get_args(DayKind)),
    "tiers": {*TIERS.values(), "none"},
    "criteria": set(CRITERIA),
    "conventions": {*CONVENTIONS, DISCLAIMER, SYSTEMIC, INDUCTION, DESIGN_DEFAULT.text},
    "flags": set(KNOWN.values()),
    "ranking": {"guideline", "tumour", "late", "sessions", "prescribed", "planned"},
    "policies": {"reanchor", "keep-grid", "nearest-open"},
    "weekdays": {"mon", "tue", "wed", "thu", "fri", "sat", "sun"},
    "unverified": {text for regimen in load_regimens().values() for text in regimen.unverified},
}
"""Words of other rooms that pages hand on."""


def test_every_text_that_is_asked_for_is_translated() -> None:
    wanted = {text for text in (*asked(), *written_down()) if text}
    assert len(wanted) > 300
    assert wanted - CHINESE.catalogue.keys() == set()


@pytest.mark.parametrize("table", TABLES)
def test_words_of_other_rooms_are_translated(table: str) -> None:
    assert {text for text in TABLES[table] if text} - CHINESE.catalogue.keys() == set()


def every_template(found: Any) -> Iterator[str]:
    yield from [found] if isinstance(found, str) else (text for part in found for text in every_template(part))


@pytest.mark.parametrize("code", sorted(TEMPLATES.keys() | PHRASES.keys()))
def test_every_sentence_of_a_note_is_translated_with_its_values(code: str) -> None:
    for text in every_template([TEMPLATES.get(code, []), PHRASES.get(code, [])]):
        assert text in CHINESE.catalogue
        said = CHINESE.catalogue[text]
        assert {name for _, name, *_ in Formatter().parse(said) if name} <= {
            name for _, name, *_ in Formatter().parse(text) if name
        }


def test_templates_are_filled_with_what_they_name() -> None:
    assert CHINESE.count(2, "%(count)s treatment-free day", "%(count)s treatment-free days") == "2 个无治疗日"
    assert ENGLISH.count(1, "%(count)s treatment-free day", "%(count)s treatment-free days") == "1 treatment-free day"
    assert CHINESE("typed by somebody, 100 %") == "typed by somebody, 100 %"


# --- English is what the answers say --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["45/25", "1x8Gy", "41.4/23 + 27/18 bid", "45.6/38bid", "60/30 5/week", "40/20 + 20/10"]
)
def test_readings(text: str) -> None:
    assert reading(parse(text)) == parse(text).reading


def test_readings_of_shipped_regimens() -> None:
    prescribed = [regimen.prescription for regimen in load_regimens().values() if regimen.prescription is not None]
    assert len(prescribed) > 40
    assert [reading(prescription) for prescription in prescribed] == [found.reading for found in prescribed]


@pytest.mark.parametrize("text", ["cycle=2", "before", "start=1", "start=56", "after=1", "after=28", "date=2026-03-02"])
def test_anchors(text: str) -> None:
    assert anchor_text(parse_anchor(text)) == parse_anchor(text).text


@pytest.mark.parametrize("offset", [-3, -1, 0, 7])
def test_days_of_a_cycle(offset: int) -> None:
    assert drug_day(2, offset) == drug_day_label(2, offset)


# --- width ----------------------------------------------------------------------------------------------------------


def test_widths_are_those_of_the_screen() -> None:
    from rich.cells import cell_len

    for text in ("45 Gy", "急性反应组织（100 %）", "α/β 10", "é", "e\u0301", "周一 2026-02-02"):
        assert width_of(text) == cell_len(text)
        assert width_of(padded(text, 40)) == 40
    lines = folded("不同日之间视为完全修复；同日多次照射在给出半修复时间时按不完全修复计算。net BED 40.50 Gy", 30, 2)
    assert max(map(width_of, lines)) <= 30
    assert [line for line in lines if line.strip()[0] in "，。；）"] == []
    assert "".join(line.strip() for line in lines).replace(" ", "").endswith("netBED40.50Gy")
    assert folded("as ever: between words", 12, 2) == ["as ever:", "  between", "  words"]
