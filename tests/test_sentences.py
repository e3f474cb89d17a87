"""Proof by reading the code: every note has a template, every template a translation, and each is filled rightly."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from rtplan.answer import can_say, said
from rtplan.clinic.limits import RULES
from rtplan.note import KNOWN, Note, Phrase, each_once
from rtplan.report.language import words
from rtplan.report.sentences import PHRASES, TEMPLATES, Template, phrase, sentence

PACKAGE = Path(__file__).resolve().parent.parent / "rtplan"
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "sentences.py"]
CHINESE = words("zh_CN")

MADE = {
    *(f"goal-{goal}" for goal in ("end", "prescribed", "limit", "earliest", "part", "none")),
    *(f"goal-{goal}" for goal in ("tumour", "late", "ceiling", "restored", "highest")),
    *(f"{kind}-sessions" for kind in ("machine", "weekend", "worked-weekend", "holiday", "closed", "bid", "mix")),
    *(f"chemotherapy-{what}" for what in ("follows", "partly-follows", "stays")),
    *(f"sessions-{kind}" for kind in ("machine", "weekend", "worked-weekend", "holiday", "closed", "bid", "mix")),
    *("number-5", "number-6", "verified", "not verified", *KNOWN.values()),
    *(f"rule-{rule.code}" for rule in RULES),
}
"""Codes of phrases that the code puts together, each a method, a goal, a number or a flag."""


def texts(template: Template) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    else:
        for one in template:
            yield from texts(one)


def every_text() -> list[str]:
    return sorted({text for table in (TEMPLATES, PHRASES) for template in table.values() for text in texts(template)})


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def code_of(call: ast.Call) -> str | None:
    found = next((item.value for item in call.keywords if item.arg == "code"), None)
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None


def fields(text: str) -> set[str]:
    return {name.partition("[")[0] for _, name, _, _ in Formatter().parse(text) if name}


def test_every_code_of_a_note_has_a_template() -> None:
    found = {place: code_of(call) for place, call in calls("Note")}
    assert len(found) > 40
    assert {place: code for place, code in found.items() if code is not None and code not in TEMPLATES} == {}


def test_every_code_of_a_phrase_has_its_words() -> None:
    found = {place: code_of(call) for place, call in calls("Phrase")}
    assert {place: code for place, code in found.items() if code is not None and code not in PHRASES} == {}
    assert PHRASES.keys() >= MADE


def test_no_note_brings_a_sentence() -> None:
    assert [place for place, call in calls("Note") if any(item.arg == "message" for item in call.keywords)] == []


def test_no_template_is_left_over() -> None:
    written = " ".join(path.read_text(encoding="utf-8") for path in SOURCES)
    left = {code for code in (TEMPLATES.keys() | PHRASES.keys()) - MADE if f'"{code}"' not in written}
    assert {code for code in left if not re.search(rf'f"{re.escape(code.rpartition("-")[0])}-\{{', written)} == set()


@pytest.mark.parametrize("text", every_text())
def test_every_template_is_translated_with_the_same_values(text: str) -> None:
    bare = "".join(literal for literal, *_ in Formatter().parse(text))
    if not re.search(r"[A-Za-z]{2,}", bare.replace("Gy", "")):
        return  # nothing but values and signs
    told = CHINESE.catalogue.get(text)
    assert told, f"zh_CN.po does not translate {text!r}"
    assert fields(told) == fields(text) or fields(told) | {"days", "count"} == fields(text) | {"days", "count"}


# --- how a template is filled ---------------------------------------------------------------------------------------


def test_plural_by_count_and_several_values() -> None:
    assert phrase(Phrase(code="days", values={"count": 1})) == "1 day"
    assert phrase(Phrase(code="days", values={"count": 2})) == "2 days"
    assert phrase(Phrase(code="missed-days", values={"days": ("2026-03-10", "2026-03-11")})) == (
        "missed 2026-03-10, 2026-03-11"
    )
    assert phrase(Phrase(code="missed-days", values={"days": ("2026-03-10", "2026-03-11")}), CHINESE) == (
        "漏照 2026-03-10、2026-03-11"
    )


def test_dates_with_their_weekday_and_reasons_in_the_language() -> None:
    start = Phrase(code="start-again", values={"first": "2026-02-02"})
    assert phrase(start) == "start again: first fraction Mon 2026-02-02"
    assert phrase(start, CHINESE) == "重新开始：首次分次 周一 2026-02-02"
    closed = Phrase(code="closed", values={"reason": "Labor Day"})
    assert (phrase(closed), phrase(closed, CHINESE)) == ("Labor Day", CHINESE.reason("Labor Day"))


def test_of_several_templates_the_first_counts_whose_values_are_all_there() -> None:
    known = Note(code="provisional", severity="warning", values={"regimens": "45/25, 60/30", "until": None})
    assert said(known) == "45/25, 60/30: dates depend on holidays not officially announced"
    assert said(Note(code="provisional", severity="warning")) == (
        "its dates depend on holidays not officially announced: they may still move"
    )


def test_what_a_note_speaks_of_stands_before_it() -> None:
    note = Note(code="monday-start", severity="info").of("45/25")
    assert sentence(note) == "45/25: assumed: start on a Monday, no closures"


def test_a_note_that_a_file_wrote_says_its_text() -> None:
    assert said(Note(code="of-the-trial", severity="info", values={"text": "as the {trial} says"})) == (
        "as the {trial} says"
    )


def test_a_template_whose_values_are_missing_is_no_sentence() -> None:
    assert not can_say("dose-per-fraction", {"limit_gy": 2.5})
    assert not can_say("no-such-code", {})
    with pytest.raises(KeyError, match="no template fits"):
        said(Note(code="dose-per-fraction", severity="warning"))


def test_notes_that_say_the_same_stand_once() -> None:
    note = Note(code="dose-per-fraction", severity="warning", values={"dose_per_fraction_gy": 2.6, "limit_gy": 2.5})
    other = Note(code="dose-per-fraction", severity="warning", values={"dose_per_fraction_gy": 2.7, "limit_gy": 2.5})
    assert each_once([note, other, note]) == (note, other)
