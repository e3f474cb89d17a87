"""Proof by hand: the trial's two readings, counted in a printed calendar of 2026, and antibodies by their own clock."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

import rtplan as rt
from rtplan.answer import said
from rtplan.library import catalogue
from rtplan.report.language import words
from rtplan.report.sentences import sentence


def dates(plan: rt.Plan) -> list[str]:
    return [cycle.date.isoformat() for cycle in plan.cycles]


def note(plan: rt.Plan, code: str) -> Any:
    (found,) = [note for note in plan.notes if note.code == code]
    return found


def test_both_protocols_cite_the_trial_and_share_the_prescription() -> None:
    first, second = (catalogue.load_protocol(f"west-china-low-dose{name}") for name in ("", "-induction"))
    for protocol in (first, second):
        assert any("NCT06603402" in source.text and "529175129" in source.text for source in protocol.sources)
        assert protocol.site == "oesophagus"
    assert first.prescription == second.prescription
    assert (first.regions, first.category, first.clinic) == (second.regions, second.category, second.clinic)
    assert (first.align, second.align) == ("cycle=1", "cycle=2")
    assert [reading.protocol for reading in first.other_readings] == [second.name]
    assert [reading.protocol for reading in second.other_readings] == [first.name]
    assert {protocol.align_source.known for protocol in (first, second)} == {"none"}  # neither day was read


# Start, last fraction; cycles with cycle 1 on fraction 1; with cycle 2 on fraction 1. China 2026: closed
# 15 to 23 February, 4 to 6 April, 1 to 5 May. Cycle 1 goes back 21 days, to the open day before where that is closed:
# 10 March less 21 days is 17 February, closed; the open day before is Friday 13 February.
BY_HAND = [
    (
        "2026-03-02", "2026-04-03",
        ["2026-03-02", "2026-03-23", "2026-04-13"],
        ["2026-02-09", "2026-03-02", "2026-03-23"],
    ),
    (
        "2026-03-10", "2026-04-14",
        ["2026-03-10", "2026-03-31", "2026-04-21"],
        ["2026-02-13", "2026-03-10", "2026-03-31"],
    ),
    (
        "2026-03-16", "2026-04-20",
        ["2026-03-16", "2026-04-07", "2026-04-28"],
        ["2026-02-13", "2026-03-16", "2026-04-07"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("start", "last", "alongside", "induction"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_the_two_readings_on_dates(start: str, last: str, alongside: list[str], induction: list[str]) -> None:
    first = rt.plan("west-china-low-dose", start=start)
    second = rt.plan("west-china-low-dose-induction", start=start)
    for plan in (first, second):
        assert (plan.course.first.isoformat(), plan.course.last.isoformat()) == (start, last)
    assert (dates(first), dates(second)) == (alongside, induction)
    for plan, others in ((first, induction), (second, alongside)):
        told = [phrase.values["date"] for phrase in note(plan, "other-reading").values["cycles"]]
        assert told == others


def test_the_plan_says_both_readings_in_words() -> None:
    plan = rt.plan(start="2026-03-02")
    text = said(note(plan, "other-reading"))
    assert text.startswith("another reading: one cycle of induction first, radiotherapy from cycle 2 day 1 on")
    assert "an excerpt that ends there" in text
    assert text.endswith(
        "read in its source); then cycle 1 on Mon 2026-02-09, cycle 2 on Mon 2026-03-02, cycle 3 on Mon 2026-03-23 "
        "(protocol west-china-low-dose-induction)"
    )
    chinese = sentence(note(plan, "other-reading"), words("zh_CN"))
    assert "另一种理解：先行一个周期诱导" in chinese
    assert "第 1 周期于 周一 2026-02-09" in chinese
    assert "state them in a chemotherapy file (--chemo)" in said(note(plan, "drugs-not-stated"))


def test_who_states_alignment_or_drugs_has_decided() -> None:
    aligned = rt.plan(start="2026-03-02", align="cycle=2")
    for plan in (aligned, rt.plan(start="2026-03-02", chemo="tp-q3w"), rt.plan(start="2026-03-02", chemo="none")):
        assert "other-reading" not in {note.code for note in plan.notes}
    stated = rt.plan("west-china-low-dose-induction", start="2026-03-02", chemo="tp-q3w")
    assert "tp-q3w is aligned as its own file says" in said(note(stated, "chemo-own-alignment"))
    kept = rt.plan("west-china-low-dose-induction", start="2026-03-02", chemo="tp-q3w", align="cycle=2")
    assert dates(kept)[:2] == ["2026-02-09", "2026-03-02"]
    assert "chemo-own-alignment" not in {note.code for note in kept.notes}


def test_the_reading_is_kept_in_the_plan_and_recomputed(cli: Any, tmp_path: Path) -> None:
    assert cli("plan", "--start", "2026-03-02", "--out", str(tmp_path), "--only", "json").exit_code == 0
    document = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert document["inputs"]["other_readings"][0]["align"] == "cycle=2"
    assert document["inputs"]["calendar"]["first"] <= "2026-02-09"
    assert rt.verify(tmp_path / "plan.json").passed
    assert dt.date.fromisoformat(document["fractions"][0]["date"]) == dt.date(2026, 3, 2)
