"""Proof by worked answers: 14 calendars worked out by hand, and the official days of China and England, one by one.

`data/scheduling_cases.json` is the scheduling reference of the project: official notices of the State Council Office
for 2024 to 2026, the English bank holidays of 2026 (gov.uk), and worked calendars, each with its derivation. Nothing in
it was made with rtplan; prolongation there is overall time minus that of the same first day with weekends only.
"""

import datetime as dt
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rtplan.chemotherapy.check import check
from rtplan.chemotherapy.cycles import Cycle, align
from rtplan.chemotherapy.protocol import ChemoProtocol, Drug
from rtplan.clinic.calendar import build
from rtplan.clinic.clinic import Clinic, Days, Span
from rtplan.clinic.days import Calendar, elapsed_hours
from rtplan.clinic.limits import Limits, StartRules
from rtplan.course.course import Course
from rtplan.course.rules import check_prolongation, start_permitted
from rtplan.course.schedule import first_day, lay_out, prescribed_reference, prolongation_days
from rtplan.library import catalogue
from rtplan.note import Source
from rtplan.prescription.prescription import Prescription, simple, weekly

DATA = json.loads((Path(__file__).parent / "data" / "scheduling_cases.json").read_text(encoding="utf-8"))
CASES: dict[str, Any] = {case["id"]: case for case in DATA["cases"]}
SOURCE = Source(text="test", verified=False)
PLACES = {"CN": ("CN", "", "Asia/Shanghai"), "ENG": ("GB", "ENG", "Europe/London")}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

D = dt.date.fromisoformat


def clinic(place: str, days: Days | None = None) -> Clinic:
    country, subdivision, zone = PLACES[place]
    return Clinic(
        name="test",
        label="test",
        country=country,
        subdivision=subdivision,
        time_zone=zone,
        source=SOURCE,
        days=days or Days(),
    )


def calendar(inputs: dict[str, Any], year: int = 2026) -> Calendar:
    """The clinic's calendar of a worked case, long enough for it."""
    closed = tuple(Span(first=D(day), reason="service") for day in inputs.get("closed_days", ()))
    six = inputs.get("weekdays_per_week") == 6
    days = Days(week=WEEK[:6] if six else None, closures=closed)
    used = bool(inputs.get("use_makeup_days"))
    return build(
        clinic(inputs["calendar"], days), dt.date(year - 1, 7, 1), dt.date(year + 1, 12, 31), worked_weekends=used
    )


def prescription(inputs: dict[str, Any]) -> Prescription:
    fractions = inputs.get("fractions", 25)
    dose = inputs.get("dose_per_fraction_Gy", 1.8)
    return simple(fractions * dose, fractions, weekly(inputs.get("weekdays_per_week", 5)))


def three_cycles(policy: Any) -> ChemoProtocol:
    return ChemoProtocol(
        name="q21d",
        label="q21d",
        n_cycles=3,
        cycle_length_days=21,
        minimum_interval_days=21,
        policy=policy,
        drugs=(Drug(name="drug", day=(1,), source=SOURCE),),
        source=SOURCE,
    )


def dates(course: Course) -> list[str]:
    return [fraction.date.isoformat() for fraction in course.fractions]


def days_1(cycles: tuple[Cycle, ...]) -> list[str]:
    return [cycle.date.isoformat() for cycle in cycles]


def intervals(cycles: tuple[Cycle, ...]) -> list[int | None]:
    return [cycle.interval_days for cycle in cycles[1:]]


def test_every_case_is_looked_at() -> None:
    assert set(CASES) == set(LAID_OUT) | {"S08", "S09", "S10", "S11", "S12", "S18"}


# --- courses laid out from a requested day --------------------------------------------------------------------------

LAID_OUT = ["S01", "S02a", "S02b", "S05", "S06a", "S13", "S14", "S15"]
_CHECKED = {
    "first",
    "last",
    "overall_treatment_days",
    "weekend_only_days_same_start",
    "prolongation_days",
    "longest_gap_no_treatment_days",
    "fraction_dates",
    "chemo_q21d_from_fx1",
    "must_flag_provisional_years",
    "provisional_fraction_numbers",
    "note",
    "rcr_category1_limit_days",
    "breach",
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_worked_courses(name: str) -> None:
    inputs, expected = CASES[name]["input"], CASES[name]["expected"]
    assert set(expected) <= _CHECKED
    start = D(inputs["requested_start"])
    days = calendar(inputs, start.year)
    course = lay_out(prescription(inputs), days, start)
    assert course.first.isoformat() == expected["first"]
    assert course.last.isoformat() == expected["last"]
    assert course.overall_treatment_time_days == expected["overall_treatment_days"]
    reference = prescribed_reference(course.prescription, course.first)
    assert reference.overall_treatment_time_days == expected["weekend_only_days_same_start"]
    assert prolongation_days(course) == expected["prolongation_days"]
    assert course.longest_gap_days == expected["longest_gap_no_treatment_days"]
    assert dates(course) == expected["fraction_dates"]


@pytest.mark.parametrize("name", [name for name in CASES if "chemo_q21d_from_fx1" in CASES[name]["expected"]])
def test_worked_cycles(name: str) -> None:
    inputs, expected = CASES[name]["input"], CASES[name]["expected"]
    chemo = expected["chemo_q21d_from_fx1"]
    days = calendar(inputs, D(expected["first"]).year)
    course = lay_out(prescription(inputs), days, D(expected["first"]))
    for policy, key in (("keep-grid", "keep_grid"), ("reanchor", "reanchor")):
        cycles = align(three_cycles(policy), course, days)
        assert [cycle.nominal_date.isoformat() for cycle in cycles] == chemo["nominal"]
        assert [days.is_open(cycle.nominal_date) for cycle in cycles] == chemo["nominal_open"]
        assert days_1(cycles) == chemo[f"{key}_next_open"]
        assert intervals(cycles) == chemo[f"{key}_intervals"]
        assert [c.drift_days for c in cycles] == [(c.date - c.nominal_date).days for c in cycles]
        assert [c.due_date for c in cycles[1:]] == [c.date + dt.timedelta(days=21) for c in cycles[:-1]]
        assert [c.shift_days for c in cycles] == [(c.date - c.due_date).days for c in cycles]


def test_s05_provisional_fractions() -> None:
    """29 to 31 December of the last announced year, and all of 2027: on a calendar whose notices end with 2026."""
    case = CASES["S05"]
    found = calendar(case["input"])
    known_to_2026 = Calendar(
        name=found.name,
        first=found.first,
        last=found.last,
        codes=tuple(
            2 * code + (found.first + dt.timedelta(days=place) > dt.date(2026, 12, 28))
            for place, code in enumerate(found.codes)
        ),
        reasons=tuple(
            type(reason)(open=reason.open, provisional=late, kind=reason.kind, text=reason.text)
            for reason in found.reasons
            for late in (False, True)
        ),
        official_through=dt.date(2026, 12, 28),
    )
    course = lay_out(prescription(case["input"]), known_to_2026, D(case["input"]["requested_start"]))
    numbers = [f.number for f in course.fractions if known_to_2026.depends_on_provisional(course.first, f.date)]
    assert numbers == case["expected"]["provisional_fraction_numbers"]
    years = {f.date.year for f in course.fractions if known_to_2026.reason(f.date).provisional}
    assert years == {2026, *case["expected"]["must_flag_provisional_years"]}


def test_s14_breaks_the_limit_of_category_1() -> None:
    expected = CASES["S14"]["expected"]
    limits = Limits(category=1)
    assert limits.prolongation_days == expected["rcr_category1_limit_days"]
    found = [note.code for note in check_prolongation(expected["prolongation_days"], limits)]
    assert ("prolongation-limit" in found) is expected["breach"]


# --- start rules ----------------------------------------------------------------------------------------------------


def test_s08_no_start_on_friday() -> None:
    inputs, expected = CASES["S08"]["input"], CASES["S08"]["expected"]
    days = calendar(inputs)
    ordered = prescription(inputs)
    rules = StartRules(no_start_on=tuple(day.lower() for day in inputs["rules"]["no_start_on"]))
    permitted = start_permitted(rules, ordered, days)
    course = lay_out(ordered, days, D(inputs["requested_start"]), permitted=permitted)
    assert dates(course) == expected["fraction_dates"]
    assert (dates(course)[0], dates(course)[-1]) == (expected["first"], expected["last"])
    assert course.overall_treatment_time_days == expected["overall_treatment_days"]


@pytest.mark.parametrize(("used", "key"), [(False, "first_if_weekdays_only"), (True, "first_if_makeup_used")])
def test_s09_minimum_first_run(used: bool, key: str) -> None:
    inputs, expected = CASES["S09"]["input"], CASES["S09"]["expected"]
    days = calendar({**inputs, "use_makeup_days": used})
    ordered = simple(45.0, 25)
    permitted = start_permitted(StartRules(minimum_first_run=inputs["rules"]["min_first_run"]), ordered, days)
    assert first_day(ordered, days, D(inputs["requested_start"]), permitted).isoformat() == expected[key]


# --- cycle 2 in a nine-day closure ----------------------------------------------------------------------------------


def test_s10_cycle_2_in_a_nine_day_closure() -> None:
    inputs, expected = CASES["S10"]["input"], CASES["S10"]["expected"]
    days, worked = calendar(inputs), calendar({**inputs, "use_makeup_days": True})
    start = D(inputs["c1d1"])
    course = lay_out(simple(45.0, 25), days, start)
    assert course.last.isoformat() == expected["rt_last_weekdays_only"]
    assert lay_out(simple(45.0, 25), worked, start).last.isoformat() == expected["rt_last_makeup"]

    kept = align(three_cycles("keep-grid"), course, days)
    assert [cycle.nominal_date.isoformat() for cycle in kept] == expected["nominal"]
    assert kept[1].date.isoformat() == expected["c2_next_open"]
    assert kept[1].shift_days == expected["c2_delay_days"]
    assert (not kept[1].within_window) is expected["c2_outside_window"]
    assert kept[2].date.isoformat() == expected["c3_keep_grid"]
    assert kept[2].interval_days == expected["c3_keep_grid_interval_from_actual_c2"]
    short = [note for note in check(three_cycles("keep-grid"), kept) if note.code == "cycle-interval"]
    assert bool(short) is expected["c3_keep_grid_violates_min21"]
    assert (short[0].severity, short[0].values["cycle"], short[0].values["interval_days"]) == ("violation", 3, 13)

    moved = align(three_cycles("reanchor"), course, days)
    assert moved[2].date.isoformat() == expected["c3_reanchored"]

    for used, key in ((days, "weekdays_only"), (worked, "if_makeup")):
        before = used.previous_open(D(expected["nominal"][1]))
        assert before.isoformat() == expected[f"c2_previous_open_{key}"]
        interval = (before - start).days
        assert (
            interval
            == expected[
                "c2_previous_open_interval" if key == "weekdays_only" else "c2_previous_open_if_makeup_interval"
            ]
        )
        # never under the minimum interval: 21 d forbid the day before the closure
        assert align(three_cycles("nearest-open"), course, used)[1].date.isoformat() == expected["c2_next_open"]


# --- interruptions of S11 and S12 -----------------------------------------------------------------------------------


def cn(used: bool = False) -> Calendar:
    return build(clinic("CN"), D("2025-07-01"), D("2026-12-31"), worked_weekends=used)


def after(course: Course, missed: list[str], days: Calendar, sessions: dict[str, int] | None = None) -> Course:
    """The course laid out again with certain days lost: the count is kept, the rest moves on."""
    lost = dict.fromkeys(map(D, missed), 0) | {D(day): count for day, count in (sessions or {}).items()}
    return lay_out(course.prescription, days, course.first, sessions=lost)


def test_s11_missed_friday() -> None:
    inputs, expected = CASES["S11"]["input"], CASES["S11"]["expected"]
    days = cn()
    planned = lay_out(simple(45.0, 25), days, D("2026-02-02"))
    assert dates(planned)[inputs["missed_fraction_number"] - 1] == inputs["missed"][0]

    appended = after(planned, inputs["missed"], days)
    assert appended.last.isoformat() == expected["append"]["last"]
    assert (appended.last - planned.last).days == expected["append"]["prolongation_vs_plan_days"]

    saturday = expected["compensate_on_makeup_saturday"]
    weekend = after(planned, inputs["missed"], days, {saturday["fraction_14_date"]: 1})
    assert dates(weekend)[13] == saturday["fraction_14_date"]
    assert weekend.last.isoformat() == saturday["last"]
    assert (weekend.last - planned.last).days == saturday["prolongation_vs_plan_days"]
    in_week_9 = [f for f in weekend.fractions if f.date.isocalendar()[:2] == (2026, 9)]
    assert len(in_week_9) == saturday["fractions_in_iso_week_9"]

    bid = expected["compensate_bid_friday"]
    twice = after(planned, inputs["missed"], days, {bid["bid_date"]: bid["fractions_that_day"]})
    assert [f.number for f in twice.fractions if f.date == D(bid["bid_date"])] == bid["bid_fraction_numbers"]
    assert twice.last.isoformat() == bid["last"]
    assert (twice.last - planned.last).days == bid["prolongation_vs_plan_days"]
    assert len(twice.dates) == bid["dates_count"]
    assert Limits().interval_h == bid["min_interval_hours"]


def test_s12_two_missed_fractions_cost_five_days() -> None:
    inputs, expected = CASES["S12"]["input"], CASES["S12"]["expected"]
    days = cn()
    planned = lay_out(simple(45.0, 25), days, D("2026-03-02"))
    appended = after(planned, inputs["missed"], days)
    assert appended.last.isoformat() == expected["last"]
    assert appended.overall_treatment_time_days == expected["overall_treatment_days"]
    assert (appended.last - planned.last).days == expected["prolongation_vs_plan_days"]
    assert dates(appended) == expected["fraction_dates"]


# --- elapsed hours --------------------------------------------------------------------------------------------------


def test_s18_intervals_are_elapsed_time() -> None:
    inputs, expected = CASES["S18"]["input"], CASES["S18"]["expected"]
    hours = []
    for pair in inputs["pairs"]:
        zone = ZoneInfo(pair["tz"])
        first, second = (dt.datetime.fromisoformat(pair[key]).replace(tzinfo=zone) for key in ("first", "second"))
        hours.append(elapsed_hours(first, second))
    assert hours == pytest.approx(expected["elapsed_hours"], abs=1e-6)
    assert [value >= inputs["min_interval_hours"] - 1e-6 for value in hours] == expected["ok"]


# --- the official days ----------------------------------------------------------------------------------------------


def each_day(first: str, last: str) -> list[dt.date]:
    return [D(first) + dt.timedelta(days=i) for i in range((D(last) - D(first)).days + 1)]


def test_china_2024_to_2026_day_by_day() -> None:
    """Every day against the notices of the State Council Office, with worked weekends used and not used."""
    official = DATA["calendars"]["CN"]
    closed = {D(day) for year in official.values() for day in year["closed"]}
    worked = {D(day) for year in official.values() for day in year["makeup_workdays"]}
    all_days = each_day("2024-01-01", "2026-12-31")
    for used in (False, True):
        days = build(clinic("CN"), all_days[0], all_days[-1], worked_weekends=used)
        for day in all_days:
            ordinary = day.weekday() < 5 and day not in closed
            assert days.is_open(day) is (ordinary or (used and day in worked)), day
            assert (days.reason(day).kind == "worked weekend") is (day in worked), day
            assert days.reason(day).kind != "holiday" or day in closed, day


def test_a_clinic_that_works_every_day_is_closed_on_every_day_of_the_notices() -> None:
    """The Spring Festival holds two weekends: closed for everybody. A worked Saturday is a workday to it."""
    official = DATA["calendars"]["CN"]
    closed = {D(day) for year in official.values() for day in year["closed"]}
    every_day = replace(clinic("CN"), days=Days(week=("mon", "tue", "wed", "thu", "fri", "sat", "sun")))
    for used in (False, True):
        days = build(every_day, D("2024-01-01"), D("2026-12-31"), worked_weekends=used)
        for day in each_day("2024-01-01", "2026-12-31"):
            assert days.is_open(day) is (day not in closed), day
            assert (days.reason(day).kind == "holiday") is (day in closed), day


def test_england_2026_day_by_day() -> None:
    closed = {D(day) for day in DATA["calendars"]["ENG"]}
    days = build(clinic("ENG"), D("2026-01-01"), D("2026-12-31"))
    for day in each_day("2026-01-01", "2026-12-31"):
        assert days.is_open(day) is (day.weekday() < 5 and day not in closed), day


@pytest.mark.parametrize("year", ["2027", "2028"])
def test_statutory_days_of_unannounced_years_are_closed(year: str) -> None:
    """Whatever a later notice adds, the statutory days stay closed."""
    days = build(clinic("CN"), dt.date(int(year), 1, 1), dt.date(int(year), 12, 31))
    for day in DATA["calendars"]["CN_statutory_only"][year]:
        assert not days.is_open(D(day)), day


# --- the measured claim ---------------------------------------------------------------------------------------------


def share_prolonged(place: str, more_than: int) -> float:
    """Open-day starts from January 2025 to mid November 2026 whose course is prolonged by more than so many days."""
    days = build(clinic(place), D("2024-12-01"), D("2027-12-31"))
    ordered = simple(45.0, 25)
    starts = [day for day in each_day("2025-01-01", "2026-11-15") if days.is_open(day)]
    longer = [prolongation_days(lay_out(ordered, days, day)) > more_than for day in starts]
    return sum(longer) / len(longer)


@pytest.mark.parametrize(("place", "percent"), [("CN", 36), ("ENG", 16)])
def test_holidays_alone_prolong_courses(place: str, percent: int) -> None:
    """36 % of the starts in China and 16 % of those in England: 25 fractions, worked weekends not used."""
    assert round(100 * share_prolonged(place, 2)) == percent


def test_every_sixth_start_of_2026_has_a_cycle_on_a_closed_day() -> None:
    days = build(clinic("CN"), D("2025-12-01"), D("2027-06-30"))
    starts = [day for day in each_day("2026-01-01", "2026-12-31") if days.is_open(day)]
    on_closed = [any(not days.is_open(day + dt.timedelta(days=step)) for step in (21, 42)) for day in starts]
    assert round(1 / (sum(on_closed) / len(on_closed))) == 6


# --- shipped clinics ------------------------------------------------------------------------------------------------


def test_shipped_clinics_keep_these_days() -> None:
    for name, place in (("west-china", "CN"), ("england", "ENG")):
        shipped = catalogue.load_clinic(name)
        first, last = D("2026-01-01"), D("2026-12-31")
        ours, theirs = build(shipped, first, last), build(clinic(place), first, last)
        assert all(ours.is_open(day) == theirs.is_open(day) for day in each_day("2026-01-01", "2026-12-31"))
        assert shipped.time_zone == PLACES[place][2]
    weekdays = catalogue.load_clinic("weekdays")
    days = build(weekdays, D("2026-01-01"), D("2026-12-31"))
    assert all(reason.open == (day.weekday() < 5) for day, reason in days.days(days.first, days.last))
    assert all(
        b - a == dt.timedelta(days=1) for a, b in itertools.pairwise(d for d, _ in days.days(days.first, days.last))
    )
