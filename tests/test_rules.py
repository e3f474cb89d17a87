"""Proof by example: each rule at its bound and one past it; what a prescription itself asks for is never a breach."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rtplan.answer import said
from rtplan.clinic.days import Reason, every_day_open
from rtplan.clinic.limits import Limits, StartRules
from rtplan.course.course import Course, Fraction
from rtplan.course.rules import check, check_prolongation
from rtplan.course.schedule import lay_out, with_times
from rtplan.errors import DomainError
from rtplan.note import Note, Source
from rtplan.prescription.prescription import Pattern, Phase, Prescription, TargetDose, simple, weekly
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

MONDAY = dt.date(2026, 3, 2)
SOURCE = Source(text="test", verified=False)
ALL_DAYS = every_day_open(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def phase(name: str, n: int, gy: float, **options: Any) -> Phase:
    return Phase(name=name, n_fractions=n, totals=(TargetDose(target="tumour", dose_gy=gy),), **options)


def course_with(extra: dict[str, int], gy: float = 45.0, n: int = 25, pattern: Pattern | None = None) -> Course:
    """A course from Monday 2 March 2026 with so many fractions on certain days of March, whatever the pattern says."""
    sessions = {dt.date.fromisoformat(day): count for day, count in extra.items()}
    return lay_out(simple(gy, n, pattern), ALL_DAYS, MONDAY, sessions=sessions)


def region(name: str, tissue: str) -> Region:
    return Region(name=name, tissue=Tissue(name=tissue, label=tissue, kind="late", alpha_beta=2.0, source=SOURCE))


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


def only(notes: tuple[Note, ...], code: str) -> Note:
    assert codes(notes) == [code], [said(note) for note in notes]
    return notes[0]


def test_a_plain_course_breaks_no_rule() -> None:
    assert check(course_with({}), Limits()) == ()


# --- sessions a week ------------------------------------------------------------------------------------------------


def test_six_sessions_a_week_are_allowed_and_seven_are_not() -> None:
    assert check(course_with({"2026-03-07": 1}), Limits()) == ()
    note = only(check(course_with({"2026-03-07": 1, "2026-03-08": 1}), Limits()), "sessions-a-week")
    assert note.severity == "violation"
    assert dict(note.values) == {
        "week": "2026-W10",
        "first": "2026-03-02",
        "last": "2026-03-08",
        "sessions": 7,
        "limit": 6,
    }


def test_any_seven_days_running_count_not_the_calendar_week() -> None:
    """Sunday 8 and Saturday 14 March: six in each calendar week, seven from Sunday to Saturday."""
    note = only(check(course_with({"2026-03-08": 1, "2026-03-14": 1}), Limits()), "sessions-a-week")
    assert (note.values["first"], note.values["last"], note.values["sessions"]) == ("2026-03-08", "2026-03-14", 7)
    assert check(course_with({"2026-03-07": 1, "2026-03-14": 1}), Limits()) == ()  # Saturday to Friday: six


def test_more_than_seven_in_any_seven_days_is_a_rule_of_its_own() -> None:
    notes = check(course_with({"2026-03-06": 2, "2026-03-07": 1, "2026-03-08": 1}), Limits())
    assert codes(notes) == ["sessions-a-week", "dense-week"]
    assert (notes[1].values["sessions"], notes[1].values["limit"]) == (8, 7)


def test_seven_days_run_on_over_new_year() -> None:
    """Monday 28 December 2026 to Sunday 3 January 2027 is one ISO week, 2026-W53."""
    days = every_day_open(dt.date(2026, 12, 1), dt.date(2027, 3, 1))
    start = dt.date(2026, 12, 28)
    weekend = {dt.date(2027, 1, 2): 1, dt.date(2027, 1, 3): 1}
    note = only(check(lay_out(simple(20.0, 10), days, start, sessions=weekend), Limits()), "sessions-a-week")
    assert note.values["week"] == "2026-W53"
    split = {dt.date(2027, 1, 2): 1, dt.date(2027, 1, 9): 1}  # two Saturdays: six in any 7 days
    assert check(lay_out(simple(20.0, 10), days, start, sessions=split), Limits()) == ()


@pytest.mark.parametrize("pattern", [weekly(6), weekly(7), weekly(5, 2), weekly(5, 3, 4.0)])
def test_a_prescribed_pattern_is_its_own_limit(pattern: Pattern) -> None:
    broken = {note.code for note in check(course_with({}, 54.0, 36, pattern), Limits())}
    assert broken <= {"interval-short"}


def test_an_extra_session_on_top_of_a_prescribed_twice_daily_week_is_a_breach() -> None:
    notes = check(course_with({"2026-03-07": 1}, 54.0, 36, weekly(5, 2)), Limits())
    assert codes(notes) == ["sessions-a-week", "dense-week"]
    assert [(note.values["sessions"], note.values["limit"]) for note in notes] == [(11, 10), (11, 10)]


def test_a_worked_weekend_is_the_clinics_own_week() -> None:
    def worked(day: dt.date, reason: Reason) -> Reason:
        if day.weekday() < 5:
            return reason
        return Reason(open=day.day == 14, provisional=False, kind="worked weekend", text="worked weekend")

    calendar = ALL_DAYS.with_days(worked)
    course = lay_out(simple(45.0, 25), calendar, MONDAY)
    assert dt.date(2026, 3, 14) in course.dates
    assert check(course, Limits(), calendar=calendar) == ()


# --- several a day --------------------------------------------------------------------------------------------------


def test_an_extra_second_fraction_is_allowed_and_an_extra_third_is_not() -> None:
    assert check(course_with({"2026-03-06": 2}), Limits()) == ()
    assert codes(check(course_with({"2026-03-06": 3}), Limits(sessions_a_week=14))) == ["fractions-a-day"]
    note = check(course_with({"2026-03-06": 3}), Limits())[1]
    assert dict(note.values) == {"date": "2026-03-06", "fractions": 3, "limit": 2}


def test_no_two_extra_twice_daily_days_running() -> None:
    note = only(
        check(course_with({"2026-03-05": 2, "2026-03-06": 2}), Limits(sessions_a_week=7)), "twice-daily-running"
    )
    assert dict(note.values) == {"first": "2026-03-05", "last": "2026-03-06", "days": 2, "limit": 1}
    assert check(course_with({"2026-03-03": 2, "2026-03-05": 2}), Limits(sessions_a_week=7)) == ()
    week = Limits(sessions_a_week=7)
    assert check(course_with({"2026-03-06": 2, "2026-03-09": 2}), week) == ()  # a weekend between
    assert (
        check(course_with({"2026-03-05": 2, "2026-03-06": 2}), Limits(sessions_a_week=7, twice_daily_days_running=2))
        == ()
    )


def test_prescribed_twice_daily_days_may_run_on() -> None:
    some = Pattern(twice_daily_weekdays=("thu", "fri"))
    assert check(course_with({}, pattern=some), Limits()) == ()
    assert check(course_with({}, 54.0, 36, weekly(5, 2)), Limits()) == ()


def test_an_extra_second_fraction_beside_a_prescribed_twice_daily_day_runs_on() -> None:
    some = Pattern(twice_daily_weekdays=("fri",))
    note = only(check(course_with({"2026-03-05": 2}, pattern=some), Limits(sessions_a_week=7)), "twice-daily-running")
    assert note.values["days"] == 2


@pytest.mark.parametrize(
    ("dose", "broken"), [(2.2, []), (2.21, ["second-fraction-dose"]), (3.0, ["second-fraction-dose"])]
)
def test_dose_of_an_extra_second_fraction(dose: float, broken: list[str]) -> None:
    assert codes(check(course_with({"2026-03-06": 2}, gy=25 * dose), Limits())) == broken


def test_the_dose_of_a_prescribed_second_fraction_is_its_own_matter() -> None:
    assert check(course_with({}, gy=30.0, n=10, pattern=weekly(5, 2)), Limits()) == ()


def test_a_concomitant_boost_is_prescribed() -> None:
    boost = phase("boost", 10, 15.0, concomitant_from=16)
    prescription = Prescription(name="boosted", phases=(phase("large", 25, 45.0), boost))
    course = lay_out(prescription, ALL_DAYS, MONDAY)
    assert course.several_a_day
    assert check(course, Limits(weekly_dose_gy=9.0)) == ()


# --- dose a week ----------------------------------------------------------------------------------------------------


def test_weekly_dose_binds_extra_sessions_only() -> None:
    assert check(course_with({}), Limits(weekly_dose_gy=8.0)) == ()  # 9 Gy a week are prescribed
    note = only(check(course_with({"2026-03-07": 1}), Limits(weekly_dose_gy=8.0)), "weekly-dose")
    days = {"week": "2026-W10", "first": "2026-03-02", "last": "2026-03-08"}
    assert note.values == {**days, "target": "tumour", "dose_gy": pytest.approx(10.8), "limit_gy": 9.0}
    assert check(course_with({"2026-03-07": 1}), Limits(weekly_dose_gy=10.8)) == ()
    assert check(course_with({"2026-03-07": 1}), Limits()) == ()


def test_weekly_dose_sees_larger_fractions() -> None:
    course = course_with({})
    larger = tuple(
        Fraction(number=f.number, phase=f.phase, date=f.date, doses_gy=(2.5 if f.number <= 5 else 1.8,))
        for f in course.fractions
    )
    note = only(
        check(Course(prescription=course.prescription, fractions=larger), Limits(weekly_dose_gy=11.0)), "weekly-dose"
    )
    assert note.values["dose_gy"] == pytest.approx(12.5)


# --- intervals ------------------------------------------------------------------------------------------------------


def timed(zone: str, first: str, second: str, day: dt.date) -> Course:
    pattern = Pattern(weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), fractions_per_day=2)
    course = lay_out(simple(3.0, 2, pattern), every_day_open(day, day + dt.timedelta(days=9)), day)
    return with_times(course, (dt.time.fromisoformat(first), dt.time.fromisoformat(second)), ZoneInfo(zone))


# S18 of the scheduling reference: UK clocks +1 h at 01:00 UTC 29 Mar 2026, -1 h 25 Oct 2026; US 8 Mar / 1 Nov 2026;
# the last spring change of China on 15 Apr 1990.
@pytest.mark.parametrize(
    ("zone", "day", "first", "second", "hours"),
    [
        ("Asia/Shanghai", "2026-03-29", "08:00", "14:00", 6.0),
        ("Europe/London", "2026-03-29", "00:30", "06:30", 5.0),
        ("Europe/London", "2026-10-25", "00:30", "06:30", 7.0),
        ("America/New_York", "2026-03-08", "01:30", "07:30", 5.0),
        ("America/New_York", "2026-11-01", "00:30", "06:30", 7.0),
        ("Asia/Shanghai", "1990-04-15", "01:00", "07:00", 5.0),
        ("Asia/Shanghai", "2026-03-02", "09:20", "15:20", 6.0),
        ("Asia/Shanghai", "2026-03-02", "09:20", "15:19", 5.0 + 59 / 60),
    ],
)
def test_the_interval_is_elapsed_time(zone: str, day: str, first: str, second: str, hours: float) -> None:
    notes = check(timed(zone, first, second, dt.date.fromisoformat(day)), Limits())
    assert codes(notes) == (["interval-short"] if hours < 6 else [])
    if notes:
        assert notes[0].values["interval_h"] == pytest.approx(hours, abs=1e-6)
        assert notes[0].values["clock_times"] is True


def test_the_night_between_two_days_counts_too() -> None:
    """18:00 to 08:00 over the spring change in London: 13 hours. An evening and an early morning: too short."""
    day = dt.date(2026, 3, 28)
    pattern = Pattern(weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    two = lay_out(simple(3.6, 2, pattern), every_day_open(day, day + dt.timedelta(days=9)), day)
    zone = ZoneInfo("Europe/London")

    def starts(*times: str) -> Course:
        moments = [dt.datetime.fromisoformat(time).replace(tzinfo=zone) for time in times]
        fractions = (
            Fraction(number=f.number, phase=f.phase, date=f.date, doses_gy=f.doses_gy, start=moment)
            for f, moment in zip(two.fractions, moments, strict=True)
        )
        return Course(prescription=two.prescription, fractions=tuple(fractions))

    assert check(starts("2026-03-28T18:00", "2026-03-29T08:00"), Limits(interval_h=13.0)) == ()
    note = only(check(starts("2026-03-28T23:30", "2026-03-29T06:00"), Limits()), "interval-short")
    assert note.values["interval_h"] == pytest.approx(5.5)


def test_without_clock_times_the_planned_interval_counts() -> None:
    note = only(check(course_with({}, 45.6, 38, weekly(5, 2, 4.0)), Limits()), "interval-short")
    figures = {
        "interval_h": 4.0,
        "minimum_h": 6.0,
        "date": "2026-03-02",
        "clock_times": False,
        "intervals": 19,
    }
    assert {key: note.values[key] for key in figures} == figures
    assert check(course_with({}, 45.6, 38, weekly(5, 2, 6.0)), Limits()) == ()


@pytest.mark.parametrize(
    ("name", "tissue", "cord"),
    [
        ("spinal cord", "late", True),
        ("Cord PRV", "late", True),
        ("organ", "spinal-cord-quantec", True),
        ("lung", "lung", False),
    ],
)
def test_the_cord_asks_for_a_longer_interval(name: str, tissue: str, cord: bool) -> None:
    organ = region(name, tissue)
    assert organ.is_cord is cord
    notes = check(course_with({}, 45.6, 38, weekly(5, 2, 6.0)), Limits(), cord=organ.is_cord)
    assert codes(notes) == (["interval-cord"] if cord else [])
    assert all(note.severity == "warning" and note.values["minimum_h"] == 8.0 for note in notes)
    assert check(course_with({}, 45.6, 38, weekly(5, 2, 8.0)), Limits(), cord=organ.is_cord) == ()


def test_a_published_interval_under_the_minimum_names_both() -> None:
    late = phase("late course", 18, 27.0, pattern=weekly(5, 2), published_interval_h=4.0)
    prescription = Prescription(name="shi", phases=(phase("conventional", 23, 41.4), late))
    note = only(check(lay_out(prescription, ALL_DAYS, MONDAY), Limits()), "interval-published")
    assert note.severity == "warning"
    assert dict(note.values) == {"phase": "late course", "published_h": 4.0, "minimum_h": 6.0, "planned_h": 6.0}
    assert "4 h" in said(note)
    assert "6 h" in said(note)


# --- closed days ----------------------------------------------------------------------------------------------------


def test_a_fraction_on_a_closed_day_is_named_unless_the_day_was_opened() -> None:
    def closed(day: dt.date, reason: Reason) -> Reason:
        return Reason(open=day.day != 4, provisional=False, kind="closure", text="linac exchange")

    calendar = ALL_DAYS.with_days(closed)
    note = only(check(course_with({}), Limits(), calendar=calendar), "closed-day")
    assert note.values == {"date": "2026-03-04", "fraction": 3, "clinic": "no closures", "reason": "linac exchange"}
    assert check(course_with({}), Limits(), calendar=calendar, extra=[dt.date(2026, 3, 4)]) == ()


# --- prolongation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("category", "limit"), [(1, 2), (2, 5), (3, 7)])
def test_prolongation_limits_by_category(category: int, limit: int) -> None:
    """2, 5 and 7 days: attributed to the RCR guideline, not read there."""
    limits = Limits(category=category)
    assert check_prolongation(limit, limits) == ()
    note = check_prolongation(limit + 1, limits)[0]
    assert (note.code, note.severity) == ("prolongation-limit", "violation")
    assert (note.values["limit_days"], note.values["prolongation_days"]) == (limit, limit + 1)
    assert note.values["verified"] is False
    assert "not read there" in said(note)


def test_without_a_category_there_is_no_limit() -> None:
    assert check_prolongation(40, Limits()) == ()


def test_the_evidence_speaks_above_three_days() -> None:
    """Survival was worse above 3 days of delay in 299 patients (BMC Cancer 2024;24:646)."""
    assert codes(check_prolongation(3, Limits(category=1))) == ["prolongation-limit"]
    limit, evidence = check_prolongation(4, Limits(category=1))
    assert limit.severity == "violation"
    assert (evidence.severity, evidence.values["patients"], evidence.values["above_days"]) == ("info", 299, 3)
    assert "2024;24:646" in said(evidence)
    assert codes(check_prolongation(9, Limits(category=2))) == ["prolongation-limit"]


def test_check_takes_the_prolongation_too() -> None:
    assert codes(check(course_with({}), Limits(category=1), prolongation_days=3)) == ["prolongation-limit"]


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"category": 4},
        {"sessions_a_week": 0},
        {"fractions_a_day": 5},
        {"twice_daily_days_running": 0},
        {"second_fraction_gy": 0.0},
        {"interval_h": -6.0},
        {"weekly_dose_gy": float("nan")},
    ],
)
def test_limits_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        Limits(**options)


@pytest.mark.parametrize("options", [{"no_start_on": ("fry",)}, {"minimum_first_run": 0}, {"minimum_first_run": True}])
def test_start_rules_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        StartRules(**options)
