"""Proof by hand: the trial's two readings, counted in a printed calendar of 2026, and antibodies by their own clock."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

import rtplan as rt
from rtplan.answer import said
from rtplan.chemotherapy.protocol import ChemoProtocol, Drug
from rtplan.errors import DomainError, ScheduleError
from rtplan.library import catalogue
from rtplan.note import Source
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
    assert "state them in a chemotherapy file" in said(note(plan, "drugs-not-stated"))


def test_one_screen_tells_the_dates_of_the_other_reading(cli: Any) -> None:
    shown = " ".join(cli("plan", "--start", "2026-03-02").stdout.split())
    assert (
        "warning: another reading of the record: cycle 1 on Mon 2026-02-09, cycle 2 on Mon 2026-03-02, cycle 3 on Mon "
        "2026-03-23 (protocol west-china-low-dose-induction)"
    ) in shown


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


# --- antibodies -----------------------------------------------------------------------------------------------------

# Every 21 days from 2026-03-02, eighteen times: 4 May 2026 is closed (Labour Day, 1 to 5 May), so the fourth is on
# Wednesday 6 May and the clock counts on from there. From 29 December 2026 no date is certain.
ANTIBODY = [
    "2026-03-02", "2026-03-23", "2026-04-13", "2026-05-06", "2026-05-27", "2026-06-17", "2026-07-08", "2026-07-29",
    "2026-08-19", "2026-09-09", "2026-09-30", "2026-10-21", "2026-11-11", "2026-12-02", "2026-12-23", "2027-01-13",
    "2027-02-03", "2027-02-24",
]  # fmt: skip


def given(plan: rt.Plan, drug: str) -> list[str]:
    return [day.date.isoformat() for cycle in plan.cycles for day in cycle.drug_days if day.drug == drug]


def test_maintenance_with_an_antibody_runs_by_its_own_clock() -> None:
    plan = rt.plan(start="2026-03-02", chemo="tp-q3w+pd1-year")
    assert dates(plan) == ["2026-03-02", "2026-03-23", "2026-04-13", "2026-05-06"]
    assert given(plan, "PD-1 antibody") == ANTIBODY
    assert given(plan, "paclitaxel") == dates(plan)
    marked = [day.date.isoformat() for cycle in plan.cycles for day in cycle.drug_days if day.provisional]
    assert marked == ["2027-01-13", "2027-02-03", "2027-02-24"]
    assert not any(day.closed for cycle in plan.cycles for day in cycle.drug_days)


def test_putting_a_cytotoxic_cycle_off_leaves_the_antibody_where_it_is() -> None:
    plan = rt.plan(start="2026-03-02", chemo="tp-q3w+pd1-year", delay_cycle={2: 7})
    assert dates(plan)[:3] == ["2026-03-02", "2026-03-30", "2026-04-20"]
    assert given(plan, "PD-1 antibody") == ANTIBODY


def test_the_plan_holds_the_days_of_the_maintenance_and_is_recomputed(cli: Any, tmp_path: Path) -> None:
    options = ("--start", "2026-03-02", "--chemo", "tp-q3w+pd1-year", "--only", "json", "--out", str(tmp_path))
    assert cli("plan", *options).exit_code == 0
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["inputs"]["calendar"]["last"] > ANTIBODY[-1]
    assert rt.verify(tmp_path / "plan.json").passed


def test_sintilimab_with_paclitaxel_split_in_cycle_1() -> None:
    """ORIENT-15: 87.5 mg/m2 on days 1 and 8 of cycle 1, then 175 mg/m2 on day 1."""
    plan = rt.plan(start="2026-03-02", chemo="tp-q3w+sinti")
    assert given(plan, "paclitaxel")[:4] == ["2026-03-02", "2026-03-09", "2026-03-23", "2026-04-13"]
    assert [len(given(plan, drug)) for drug in ("paclitaxel", "cisplatin", "sintilimab")] == [7, 6, 6]


def test_induction_then_weekly_doses_beside_radiotherapy() -> None:
    """NCT05520619: two cycles before 50.4 Gy in 28, five weekly doses beside it, 16 doses of tislelizumab."""
    plan = rt.plan("50.4/28", start="2026-03-02", clinic="west-china", chemo="tp-q3w-induction+tis")
    assert dates(plan) == [
        "2026-01-19", "2026-02-09", "2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30",
    ]  # fmt: skip
    assert [cycle.concurrent for cycle in plan.cycles] == [False, False, True, True, True, True, True]
    assert given(plan, "tislelizumab")[:5] == ["2026-01-19", "2026-02-09", "2026-03-02", "2026-03-23", "2026-04-13"]
    assert len(given(plan, "tislelizumab")) == 16


def test_the_induction_of_future_2_is_listed_and_refused() -> None:
    protocol = catalogue.load_chemo("tpf+sinti-induction")
    assert (protocol.n_cycles, protocol.anchor.text) == (4, "cycle 2 day 1 on fraction 1")
    with pytest.raises(ScheduleError, match="neither the length of its cycles nor the days"):
        rt.plan(start="2026-03-02", chemo="tpf+sinti-induction")


@pytest.mark.parametrize(
    ("drug", "problem"),
    [
        ({"day": (1,), "cycles": (1,), "every_days": 21, "doses": 2}, "cycles goes without a clock of its own"),
        ({"day": (1,), "cycles": (3,)}, "cycles"),
        ({"day": (1,), "cycles": (0,)}, "cycles"),
    ],
)
def test_cycles_of_a_drug_that_are_not_there_are_refused(drug: dict[str, Any], problem: str) -> None:
    source = Source(text="a test", known="none")
    with pytest.raises(DomainError, match=problem):
        ChemoProtocol(
            name="x", label="x", n_cycles=2, cycle_length_days=21, source=source,
            drugs=(Drug(name="paclitaxel", source=source, **drug),),
        )  # fmt: skip
