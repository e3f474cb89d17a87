"""Proof by worked dates: cycles anchored every way, forwards and backwards over the nine closed days of February 2026.

From Sunday 15 to Monday 23 February 2026 China is closed; Saturday 14 and 28 February are worked weekends. The dates
below are counted by hand on that calendar.
"""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rtplan.answer import said
from rtplan.chemotherapy.check import check, delay_notes
from rtplan.chemotherapy.cycles import Cycle, after_interruption, align, drug_day_label, start_permitted
from rtplan.chemotherapy.protocol import Anchor, ChemoProtocol, Drug, parse_anchor, with_anchor
from rtplan.clinic.calendar import build
from rtplan.clinic.clinic import Clinic
from rtplan.clinic.days import Calendar, Reason, every_day_open
from rtplan.course.course import Course
from rtplan.course.schedule import lay_out
from rtplan.errors import ConfigError, DomainError, ScheduleError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.note import Note, Source
from rtplan.prescription.prescription import simple, weekly
from rtplan.report.formats.json import encode

D = dt.date.fromisoformat
SOURCE = Source(text="test", verified=False)
SCENARIOS = {
    # the reference's index_overlap_scenarios: day 1 = first day of radiotherapy, the day before = 0
    "cycle=1": ([1, 22, 43], 2),
    "cycle=2": ([-20, 1, 22], 2),
    "cycle=3": ([-41, -20, 1], 1),
    "before": ([-62, -41, -20], 0),
}


def china(used: bool = False) -> Calendar:
    clinic = Clinic(name="cn", label="cn", country="CN", time_zone="Asia/Shanghai", source=SOURCE)
    return build(clinic, D("2025-07-01"), D("2026-12-31"), worked_weekends=used)


def weekdays(*shut: str) -> Calendar:
    """Monday to Friday, with single days shut."""

    def change(day: dt.date, reason: Reason) -> Reason:
        if day.isoformat() in shut:
            return Reason(open=False, provisional=False, kind="closure", text="closed")
        return reason if day.weekday() < 5 else Reason(open=False, provisional=False, kind="weekend", text="weekend")

    return every_day_open(D("2025-07-01"), D("2026-12-31")).with_days(change)


def protocol(n: int = 3, **options: Any) -> ChemoProtocol:
    given: dict[str, Any] = {
        "name": "test",
        "label": "test",
        "n_cycles": n,
        "cycle_length_days": 21,
        "minimum_interval_days": 21,
        "drugs": (Drug(name="drug", day=(1,), source=SOURCE),),
        "source": SOURCE,
    }
    return ChemoProtocol(**(given | options))


def anchored(text: str, **options: Any) -> ChemoProtocol:
    return protocol(anchor=parse_anchor(text), **options)


def course(start: str, days: Calendar, n: int = 25) -> Course:
    return lay_out(simple(1.8 * n, n), days, D(start))


def days_1(cycles: tuple[Cycle, ...]) -> list[str]:
    return [cycle.date.isoformat() for cycle in cycles]


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


# --- anchors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("align_text", SCENARIOS)
def test_overlap_scenarios_of_the_index_trial(align_text: str) -> None:
    day_numbers, concurrent = SCENARIOS[align_text]
    laid = course("2026-06-01", every_day_open(D("2026-01-01"), D("2026-12-31")).with_days(_weekend))
    assert laid.overall_treatment_time_days == 33
    cycles = align(anchored(align_text), laid, every_day_open(D("2026-01-01"), D("2026-12-31")))
    assert [(cycle.date - laid.first).days + 1 for cycle in cycles] == day_numbers
    assert sum(cycle.concurrent for cycle in cycles) == concurrent
    if align_text == "cycle=1":
        assert (cycles[-1].date - laid.last).days == 10


def _weekend(day: dt.date, reason: Reason) -> Reason:
    return reason if day.weekday() < 5 else Reason(open=False, provisional=False, kind="weekend", text="weekend")


def test_three_cycles_begin_inside_a_course_of_43_days_at_least() -> None:
    days = every_day_open(D("2026-01-01"), D("2026-12-31"))
    for n, inside in ((42, 2), (43, 3)):
        daily = lay_out(simple(1.8 * n, n, weekly(7)), days, D("2026-06-01"))
        assert sum(cycle.concurrent for cycle in align(protocol(), daily, days)) == inside


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cycle=2", "cycle 2 day 1 on fraction 1"),
        ("before", "all cycles before fraction 1"),
        ("start=56", "cycle 1 day 1 is 56 days after fraction 1"),
        ("after=1", "cycle 1 day 1 is 1 day after the last fraction"),
        ("date=2026-03-02", "cycle 1 day 1 on 2026-03-02"),
    ],
)
def test_anchors_are_read(text: str, words: str) -> None:
    assert parse_anchor(text).text == words


@pytest.mark.parametrize(
    "text",
    ["", "cycle", "cycle=0", "cycle=-1", "cycle=2.0", "cycle=１", "before=1", "after=-7", "start=", "date=20260302"],
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(DomainError):
        parse_anchor(text)


def test_an_anchor_past_the_last_cycle_is_refused() -> None:
    with pytest.raises(DomainError, match="anchor cycle 4 is past the last of 3 cycles"):
        anchored("cycle=4")


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "sometime"},
        {"kind": "after", "cycle": 2},
        {"kind": "cycle", "days": 3},
        {"kind": "before", "date": D("2026-01-01")},
        {"kind": "date"},
    ],
)
def test_anchors_that_contradict_themselves_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        Anchor(**options)


def test_cycles_hang_on_the_end_of_radiotherapy() -> None:
    days = china()
    laid = course("2026-02-02", days)  # ends Monday 16 March
    assert days_1(align(anchored("after=28"), laid, days)) == ["2026-04-13", "2026-05-06", "2026-05-27"]
    # 13 April + 21 = 4 May, closed to the 5th: 6 May; + 21 = 27 May


def test_cycles_hang_on_the_start_and_on_a_date() -> None:
    days = china()
    laid = course("2026-03-02", days)
    by_start = align(anchored("start=35", n=2), laid, days)  # 2 March + 35 = Monday 6 April, closed
    assert days_1(by_start) == ["2026-04-07", "2026-04-28"]
    assert (by_start[0].nominal_date, by_start[0].shift_days) == (D("2026-04-06"), 1)
    assert days_1(align(anchored("date=2026-02-16", n=2), laid, days)) == ["2026-02-24", "2026-03-17"]


# --- closures, forwards and backwards, under each policy -------------------------------------------------------------


@pytest.mark.parametrize(("used", "first"), [(False, "2026-02-13"), (True, "2026-02-14")])
@pytest.mark.parametrize("policy", ["reanchor", "keep-grid", "nearest-open"])
def test_backwards_a_closed_cycle_moves_earlier(policy: str, used: bool, first: str) -> None:
    """Anchored to cycle 2 on 2026-03-16: cycle 1, nominal 02-23, goes before the closure, not to 02-24."""
    days = china(used)
    cycles = align(anchored("cycle=2", policy=policy), course("2026-03-16", days), days)
    assert days_1(cycles)[:2] == [first, "2026-03-16"]
    assert cycles[0].nominal_date == D("2026-02-23")
    assert cycles[0].shift_days == (D(first) - D("2026-02-23")).days
    assert cycles[1].interval_days == (D("2026-03-16") - D(first)).days
    assert cycles[1].interval_days >= 21


def test_backwards_over_two_cycles() -> None:
    """Anchored to cycle 3 on 2026-03-16: cycle 2 to 02-13; cycle 1 is 21 days before that, or stays on the grid."""
    days = china()
    laid = course("2026-03-16", days)
    again = align(anchored("cycle=3"), laid, days)
    assert days_1(again) == ["2026-01-23", "2026-02-13", "2026-03-16"]
    grid = align(anchored("cycle=3", policy="keep-grid"), laid, days)
    assert days_1(grid) == ["2026-02-02", "2026-02-13", "2026-03-16"]
    notes = check(anchored("cycle=3", policy="keep-grid"), grid)
    assert [(note.code, note.values["cycle"]) for note in notes] == [
        ("cycle-window", 1),  # 10 d later than 21 d before cycle 2
        ("cycle-window", 2),
        ("cycle-interval", 2),
    ]


def test_nearest_open_may_go_earlier_where_the_minimum_interval_allows() -> None:
    days = china()
    laid = course("2026-01-26", days)  # cycle 2 nominal 02-16: 02-13 is 3 d before, 02-24 is 8 d after
    assert days_1(align(protocol(policy="nearest-open"), laid, days))[1] == "2026-02-24"
    free = align(protocol(policy="nearest-open", minimum_interval_days=18), laid, days)
    assert days_1(free) == ["2026-01-26", "2026-02-13", "2026-03-06"]
    assert free[1].shift_days == -3
    assert codes(check(protocol(policy="nearest-open", minimum_interval_days=18), free)) == []


def test_nearest_open_backwards_may_go_later() -> None:
    """Cycle 1 nominal 02-23, minimum 18 d: Tuesday 02-24 is nearer than 02-13 and 20 d before the anchor."""
    days = china()
    found = align(
        anchored("cycle=2", policy="nearest-open", minimum_interval_days=18), course("2026-03-16", days), days
    )
    assert days_1(found)[0] == "2026-02-24"


def test_keeping_the_grid_after_a_shift_leaves_20_days() -> None:
    days = china()
    cycles = align(protocol(policy="keep-grid"), course("2026-02-02", days), days)
    assert days_1(cycles) == ["2026-02-02", "2026-02-24", "2026-03-16"]
    (note,) = check(protocol(policy="keep-grid"), cycles)
    assert (note.code, note.severity) == ("cycle-interval", "violation")
    assert note.values.items() >= {"cycle": 3, "interval_days": 20, "minimum_days": 21}.items()


def test_two_cycles_on_one_day_are_refused() -> None:
    """Weekly on the grid: 02-16 and 02-23 would both be given on 02-24."""
    days = china()
    weekly_grid = protocol(5, cycle_length_days=7, minimum_interval_days=6, policy="keep-grid")
    with pytest.raises(ScheduleError, match="cycle 4 would fall on 2026-02-24, not after cycle 3"):
        align(weekly_grid, course("2026-02-02", days), days)


def test_the_infusion_unit_keeps_days_of_its_own() -> None:
    treatment, infusion = weekdays(), weekdays("2026-03-23")
    cycles = align(protocol(), course("2026-03-02", treatment), infusion)
    assert days_1(cycles) == ["2026-03-02", "2026-03-24", "2026-04-14"]


def test_the_start_is_permitted_only_where_the_anchored_cycle_can_be_given() -> None:
    infusion = weekdays("2026-03-02")
    assert not start_permitted(protocol(), infusion)(D("2026-03-02"))
    assert start_permitted(protocol(), infusion)(D("2026-03-03"))
    for text in ("before", "after=7", "start=0", "date=2026-01-26"):
        assert start_permitted(anchored(text), infusion)(D("2026-03-02"))
    with pytest.raises(
        ScheduleError, match=r"cycle 1 day 1 is fixed to fraction 1, but .* gives no infusion on 2026-03-02"
    ):
        align(protocol(), course("2026-03-02", weekdays()), infusion)


# --- delays ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["reanchor", "keep-grid", "nearest-open"])
def test_a_delay_is_carried_on(policy: str) -> None:
    days = weekdays()
    cycles = align(protocol(policy=policy), course("2026-03-02", days), days, {2: 7})
    assert days_1(cycles) == ["2026-03-02", "2026-03-30", "2026-04-20"]
    assert [cycle.nominal_date.isoformat() for cycle in cycles] == ["2026-03-02", "2026-03-23", "2026-04-13"]
    assert [cycle.drift_days for cycle in cycles] == [0, 7, 7]
    assert [cycle.shift_days for cycle in cycles] == [0, 0, 0]


def test_a_delay_of_a_cycle_on_its_own_anchor_is_carried_on_under_any_policy() -> None:
    days = weekdays()
    for policy in ("reanchor", "keep-grid", "nearest-open"):
        cycles = align(anchored("date=2026-03-02", policy=policy), course("2026-03-02", days), days, {1: 7})
        assert days_1(cycles) == ["2026-03-09", "2026-03-30", "2026-04-20"], policy


def test_a_delay_before_the_anchor_lengthens_the_interval() -> None:
    """Cycle 3 on fraction 1 of 2026-03-16, cycle 2 put off by 7 d: cycle 1 was given 28 d before cycle 2."""
    days = weekdays()
    cycles = align(anchored("cycle=3"), course("2026-03-16", days), days, {2: 7})
    assert days_1(cycles) == ["2026-01-26", "2026-02-23", "2026-03-16"]
    assert [cycle.interval_days for cycle in cycles] == [None, 28, 21]
    assert cycles[0].nominal_date == D("2026-02-02")


def test_what_a_delay_does_to_concurrency_is_stated() -> None:
    days = weekdays()
    laid = course("2026-03-02", days)
    undelayed, delayed = align(protocol(), laid, days), align(protocol(), laid, days, {2: 14})
    (note,) = delay_notes({2: 14}, delayed, undelayed)
    figures = {"cycle": 2, "days": 14, "concurrent": 1, "concurrent_without_delay": 2}
    assert {key: note.values[key] for key in figures} == figures
    assert "cycle 2 from 2026-03-23 to 2026-04-06; cycle 3 from 2026-04-13 to 2026-04-27" in said(note)


def test_a_long_delay_is_a_breach() -> None:
    days = weekdays()
    cycles = align(protocol(), course("2026-03-02", days), days, {2: 15})
    assert codes(check(protocol(), cycles)) == ["cycle-delay", "cycle-delay"]
    assert check(protocol(), cycles)[0].values["delay_days"] == 15
    assert check(protocol(), align(protocol(), course("2026-03-02", days), days, {2: 14})) == ()


@pytest.mark.parametrize(("text", "number"), [("cycle=1", 1), ("cycle=2", 2), ("cycle=2", 1), ("before", 1)])
def test_a_delay_that_would_move_the_start_is_refused(text: str, number: int) -> None:
    days = weekdays()
    with pytest.raises(ScheduleError, match="move the start instead"):
        align(anchored(text), course("2026-06-01", days), days, {number: 7})


@pytest.mark.parametrize("number", [0, 4, -1])
def test_unknown_cycle_numbers_are_refused(number: int) -> None:
    days = weekdays()
    with pytest.raises(DomainError, match="delayed cycle must be a whole number"):
        align(protocol(), course("2026-03-02", days), days, {number: 7})


# --- rules of a protocol --------------------------------------------------------------------------------------------


def test_windows_and_intervals_at_their_bounds() -> None:
    days = weekdays("2026-03-23", "2026-03-24", "2026-03-25")
    laid = course("2026-03-02", weekdays())
    assert check(protocol(), align(protocol(), laid, days)) == ()  # 3 d late
    further = weekdays("2026-03-23", "2026-03-24", "2026-03-25", "2026-03-26")
    assert codes(check(protocol(), align(protocol(), laid, further))) == ["cycle-window"]
    longest = protocol(maximum_interval_days=24)
    assert codes(check(longest, align(longest, laid, further))) == ["cycle-window", "cycle-interval-long"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"minimum_interval_days": 22}, "minimum_interval_days of 22 d contradicts the grid"),
        ({"maximum_interval_days": 20}, "maximum_interval_days of 20 d contradicts the grid"),
        ({"cycle_length_days": None}, "needs cycle_length_days or starts_offset_days"),
        ({"starts_offset_days": (0, 21)}, "starts_offset_days needs 3 numbers"),
        ({"starts_offset_days": (0, 21, 21)}, "starts_offset_days must rise"),
        ({"policy": "somehow"}, "policy takes reanchor, keep-grid, nearest-open"),
        ({"window_days": -1}, "window_days"),
    ],
)
def test_contradictory_rules_are_refused_by_name(options: dict[str, Any], named: str) -> None:
    with pytest.raises(DomainError, match=named):
        protocol(**options)


def test_unequal_starts() -> None:
    days = weekdays()
    uneven = protocol(starts_offset_days=(0, 7, 28), minimum_interval_days=7)
    assert days_1(align(uneven, course("2026-03-02", days), days)) == ["2026-03-02", "2026-03-09", "2026-03-30"]
    behind = protocol(starts_offset_days=(0, 7, 28), minimum_interval_days=7, anchor=parse_anchor("cycle=3"))
    assert days_1(align(behind, course("2026-03-30", days), days)) == ["2026-03-02", "2026-03-09", "2026-03-30"]


def test_weekly_doses_are_left_out_rather_than_shifted() -> None:
    days = china()
    omitting = protocol(5, cycle_length_days=7, minimum_interval_days=6, omit_if_late=True, maximum_delay_days=7)
    cycles = align(omitting, course("2026-02-02", days), days)
    # 02-16 could only be given on 02-24, 8 d late; 02-23 is given on 02-24, 1 d late
    assert [(cycle.number, cycle.date.isoformat()) for cycle in cycles] == [
        (1, "2026-02-02"),
        (2, "2026-02-09"),
        (4, "2026-02-24"),
        (5, "2026-03-03"),
    ]
    (note,) = check(omitting, cycles)
    assert (note.code, note.severity) == ("cycle-omitted", "warning")
    assert note.values.items() >= {"cycle": 3, "nominal_date": "2026-02-16", "window_days": 3}.items()


# --- blocks on two anchors ------------------------------------------------------------------------------------------


def two_blocks() -> ChemoProtocol:
    after = protocol(2, cycle_length_days=28, minimum_interval_days=28, anchor=Anchor(kind="after", days=7))
    return protocol(2, cycle_length_days=28, minimum_interval_days=28, then=after)


def test_a_block_waits_for_the_minimum_interval() -> None:
    """45 Gy in 25 from 2026-03-02 end on 04-03: one week after that is 11 days after cycle 2, which needs 28.

    So cycle 3 stands on 2026-04-27, and cycle 4 four weeks after it.
    """
    days = weekdays()
    cycles = align(two_blocks(), course("2026-03-02", days), days)
    assert [cycle.number for cycle in cycles] == [1, 2, 3, 4]
    assert days_1(cycles) == ["2026-03-02", "2026-03-30", "2026-04-27", "2026-05-25"]
    assert [cycle.interval_days for cycle in cycles] == [None, 28, 28, 28]
    assert [cycle.anchored_date for cycle in cycles] == [None, None, D("2026-04-10"), None]
    assert cycles[2].drug_days[0].label == "C3D1"
    (note,) = check(two_blocks(), cycles)
    assert (note.code, note.severity, note.values["cycle"]) == ("block-waits", "warning", 3)
    assert (note.values["anchored_interval_days"], note.values["minimum_days"]) == (11, 28)
    assert said(note) == (
        "cycle 3 waits until 2026-04-27: 7 days after the last fraction it would be on 2026-04-10, 11 d after the one "
        "before it, minimum 28 d (design default, no source)"
    )


def test_a_delay_in_the_second_block_counts_on() -> None:
    days = weekdays()
    cycles = align(two_blocks(), course("2026-03-02", days), days, {3: 3})
    assert days_1(cycles)[2:] == ["2026-04-30", "2026-05-28"]
    with pytest.raises(DomainError, match="at most 4, got 5"):
        align(two_blocks(), course("2026-03-02", days), days, {5: 7})


@pytest.mark.parametrize("anchor", ["after=7", "start=21", "date=2026-03-20"])
def test_a_block_begins_at_the_later_of_its_anchor_and_the_minimum(anchor: str) -> None:
    """Whatever it hangs on: cycle 2 is on 2026-03-30, so cycle 3 is not before 2026-04-27."""
    days = weekdays()
    after = protocol(1, cycle_length_days=28, minimum_interval_days=28, anchor=parse_anchor(anchor))
    blocks = protocol(2, cycle_length_days=28, minimum_interval_days=28, then=after)
    cycles = align(blocks, course("2026-03-02", days, 5), days)
    assert days_1(cycles) == ["2026-03-02", "2026-03-30", "2026-04-27"]
    assert codes(check(blocks, cycles)) == ["block-waits"]


def test_an_interval_under_the_minimum_between_blocks_is_a_broken_rule() -> None:
    """Cycles that stay on their dates when the course changes can come too near: a violation, not a remark."""
    days = weekdays()
    cycles = align(two_blocks(), course("2026-03-02", days), days)
    near = replace(cycles[2], date=D("2026-04-10"), interval_days=11, anchored_date=None)
    notes = check(two_blocks(), (*cycles[:2], near))
    assert ("cycle-interval", "violation") in {(note.code, note.severity) for note in notes}


def test_blocks_out_of_order_are_refused() -> None:
    days = weekdays()
    free = {"cycle_length_days": 28, "minimum_interval_days": None}
    after = protocol(2, anchor=Anchor(kind="after", days=7), **free)
    with pytest.raises(ScheduleError, match="cycle 3 would fall on 2026-03-13, not after cycle 2 on 2026-03-30"):
        align(protocol(2, then=after, **free), course("2026-03-02", days, 5), days)


def test_a_second_block_needs_an_anchor_of_its_own() -> None:
    with pytest.raises(DomainError, match="fraction 1 has its cycle already"):
        protocol(then=protocol())


def test_a_protocol_that_cannot_be_laid_out_says_why() -> None:
    days = weekdays()
    broken = protocol(then=anchored("after=7", not_for_calculation="doses not read"))
    with pytest.raises(ScheduleError, match="doses not read"):
        align(broken, course("2026-03-02", days), days)


def test_blocks_pass_the_json_door() -> None:
    text = json.loads(json.dumps(encode(two_blocks())))
    assert reader.validate(tuple[ChemoProtocol], [text], "test", drop=1)[0] == two_blocks()


# --- drugs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [0, -1])
def test_day_zero_and_below_are_refused_with_what_to_write(wrong: int) -> None:
    with pytest.raises(DomainError, match=r"write the day before day 1 as offset_days = \[-1\]"):
        Drug(name="drug", day=(wrong,), source=SOURCE)


def test_a_files_day_zero_names_file_and_key(tmp_path: Path) -> None:
    text = (catalogue.directory() / "chemo" / "tp-q3w.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("day = [1]", "day = [0]", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.toml: drugs\[0\].*offset_days = \[-1\]"):
        catalogue.load_chemo(str(path))


def test_labels_of_days() -> None:
    assert [drug_day_label(2, offset) for offset in (0, 7, -1, -2)] == [
        "C2D1",
        "C2D8",
        "1 day before C2D1",
        "2 days before C2D1",
    ]


def drug_dates(cycles: tuple[Cycle, ...], name: str) -> list[tuple[str, str]]:
    return [(day.date.isoformat(), day.label) for cycle in cycles for day in cycle.drug_days if day.drug == name]


def test_several_drugs_each_with_its_own_clock() -> None:
    """A weekly drug beside a 21-day antibody, given the day before."""
    days = weekdays()
    drugs = (
        Drug(name="weekly", day=(1,), source=SOURCE),
        Drug(name="antibody", offset_days=(-3,), every_days=21, doses=2, source=SOURCE),
    )
    cycles = align(
        protocol(4, cycle_length_days=7, minimum_interval_days=6, drugs=drugs), course("2026-03-02", days), days
    )
    assert [date for date, _ in drug_dates(cycles, "weekly")] == [
        "2026-03-02",
        "2026-03-09",
        "2026-03-16",
        "2026-03-23",
    ]
    assert drug_dates(cycles, "antibody") == [("2026-02-27", "3 days before C1D1"), ("2026-03-20", "C3D5")]


def test_drugs_through_closed_days_and_not() -> None:
    days = weekdays()
    drugs = (
        Drug(name="infusion", day=(1, 2, 3, 4, 5, 6), through_closed_days=True, source=SOURCE),
        Drug(name="injection", day=(1, 6), source=SOURCE),
    )
    cycles = align(protocol(1, drugs=drugs), course("2026-03-02", days), days)
    notes = check(protocol(1, drugs=drugs), cycles)
    assert [(note.code, note.values["date"], note.values["label"]) for note in notes] == [
        ("drug-on-closed-day", "2026-03-07", "C1D6")
    ]


def test_a_drug_on_radiotherapy_days_only() -> None:
    days = china()
    laid = course("2026-02-02", days)
    drugs = (Drug(name="oral", on_radiotherapy_days=True, source=SOURCE),)
    cycles = align(protocol(2, drugs=drugs), laid, days)
    assert [D(date) for date, _ in drug_dates(cycles, "oral")] == list(laid.dates)
    assert drug_dates(cycles, "oral")[10] == ("2026-02-24", "C2D1")


def test_a_clock_that_runs_as_long_as_radiotherapy() -> None:
    days = weekdays()
    drugs = (Drug(name="weekly", day=(1,), every_days=7, to_last_fraction=True, source=SOURCE),)
    one = protocol(1, cycle_length_days=None, minimum_interval_days=None, drugs=drugs)
    for n, last in ((25, "2026-03-30"), (26, "2026-04-06"), (5, "2026-03-02")):
        assert drug_dates(align(one, course("2026-03-02", days, n), days), "weekly")[-1][0] == last


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"day": (1,), "offset_days": (0,)},
        {"day": (1,), "on_radiotherapy_days": True},
        {"day": (1,), "every_days": 7},
        {"day": (1,), "doses": 2},
        {"day": (1,), "to_last_fraction": True},
        {"day": (1,), "every_days": 7, "doses": 2, "to_last_fraction": True},
        {"day": (1,), "every_days": 0, "doses": 2},
        {"on_radiotherapy_days": True, "every_days": 7, "doses": 2},
    ],
)
def test_drugs_that_contradict_themselves_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        Drug(name="drug", source=SOURCE, **options)


# --- provisional ----------------------------------------------------------------------------------------------------


def test_a_cycle_is_provisional_where_any_day_its_date_hangs_on_is() -> None:
    def late(day: dt.date, reason: Reason) -> Reason:
        return Reason(open=reason.open, provisional=day >= D("2026-03-20"), kind=reason.kind, text=reason.text)

    days = weekdays().with_days(late)
    forwards = align(protocol(), course("2026-03-02", days), days)
    assert [cycle.provisional for cycle in forwards] == [False, True, True]
    backwards = align(anchored("cycle=2"), course("2026-03-23", days), days)
    assert [cycle.provisional for cycle in backwards] == [True, True, True]
    after = align(anchored("date=2026-03-02", n=1), course("2026-04-06", days), days)
    assert after[0].date == D("2026-03-02")


# --- interruptions --------------------------------------------------------------------------------------------------


def interrupted(planned: Course, days: Calendar, *missed: str) -> Course:
    return lay_out(planned.prescription, days, planned.first, sessions=dict.fromkeys(map(D, missed), 0))


def test_chemotherapy_stays_when_radiotherapy_is_interrupted() -> None:
    days = weekdays()
    planned = course("2026-03-02", days)
    cycles = align(protocol(), planned, days)
    on = interrupted(planned, days, "2026-03-23", "2026-03-24")
    kept = after_interruption(protocol(), cycles, on, days, D("2026-03-24"))
    assert days_1(kept) == days_1(cycles)
    assert (cycles[1].fraction_number, kept[1].fraction_number) == (16, None)


def test_a_first_fraction_missed_moves_no_cycle_that_was_given() -> None:
    days = weekdays()
    planned = course("2026-03-02", days)
    cycles = align(protocol(), planned, days)
    late = lay_out(planned.prescription, days, D("2026-03-04"))
    assert days_1(after_interruption(protocol(), cycles, late, days, D("2026-03-03"))) == days_1(cycles)


def test_a_protocol_may_say_that_chemotherapy_moves() -> None:
    days = weekdays()
    moving = protocol(moves_with_interruption=True)
    planned = course("2026-03-02", days)
    cycles = align(moving, planned, days)
    on = interrupted(planned, days, "2026-03-10", "2026-03-11")  # fraction 16 goes from 03-23 to 03-25
    moved = after_interruption(moving, cycles, on, days, D("2026-03-11"))
    assert days_1(moved) == ["2026-03-02", "2026-03-25", "2026-04-15"]
    assert moved[1].fraction_number == 16
    assert moved[2].interval_days == 21
    given_already = after_interruption(moving, cycles, on, days, D("2026-03-23"))
    assert days_1(given_already)[:2] == ["2026-03-02", "2026-03-23"]


def test_cycles_after_radiotherapy_follow_its_end() -> None:
    days = weekdays()
    planned = course("2026-03-02", days)
    after = protocol(2, cycle_length_days=28, minimum_interval_days=7, anchor=Anchor(kind="after", days=7))
    blocks = protocol(2, cycle_length_days=28, minimum_interval_days=7, then=after)
    cycles = align(blocks, planned, days)
    on = interrupted(planned, days, "2026-03-10", "2026-03-11", "2026-03-12")  # ends 04-08
    moved = after_interruption(blocks, cycles, on, days, D("2026-03-12"))
    assert days_1(cycles) == ["2026-03-02", "2026-03-30", "2026-04-10", "2026-05-08"]
    assert days_1(moved) == ["2026-03-02", "2026-03-30", "2026-04-15", "2026-05-13"]
    waiting = after_interruption(two_blocks(), align(two_blocks(), planned, days), on, days, D("2026-03-12"))
    assert days_1(waiting)[2:] == ["2026-04-27", "2026-05-25"]  # 28 days after cycle 2


def test_drugs_on_radiotherapy_days_follow_the_fractions() -> None:
    days = weekdays()
    oral = protocol(1, drugs=(Drug(name="oral", on_radiotherapy_days=True, source=SOURCE),))
    planned = course("2026-03-02", days)
    on = interrupted(planned, days, "2026-03-10")
    moved = after_interruption(oral, align(oral, planned, days), on, days, D("2026-03-10"))
    assert [D(date) for date, _ in drug_dates(moved, "oral")] == list(on.dates)


# --- shipped protocols ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in catalogue.names("chemo") if not catalogue.load_chemo(name).obstacle])
def test_every_shipped_protocol_lies_on_the_real_calendar(name: str) -> None:
    days = china()
    cycles = align(catalogue.load_chemo(name), course("2026-04-13", days, 28), days)
    numbers = [cycle.number for cycle in cycles]
    assert numbers == sorted(set(numbers))
    assert all(days.is_open(cycle.date) for cycle in cycles)


def test_consolidation_after_pc_weekly() -> None:
    """Days 57 and 85 from the first day of radiotherapy."""
    days = weekdays()
    laid = course("2026-03-02", days, 28)
    cycles = align(catalogue.load_chemo("pc-consol"), laid, days)
    assert [(cycle.date - laid.first).days + 1 for cycle in cycles] == [57, 85]


def test_the_user_may_align_otherwise() -> None:
    changed = with_anchor(catalogue.load_chemo("tp-q3w"), parse_anchor("cycle=2"))
    assert (changed.anchor.cycle, changed.anchor_source.text) == (2, "chosen by the user")
