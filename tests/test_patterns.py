"""Patterns belong to the course: field cases, hand-worked calendars, and an independent scheduler written by the rule.

The scheduler below uses nothing of the package: plain dates, sets and exhaustive search.
"""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from factory import plan
from hypothesis import given
from hypothesis import strategies as st

from rtplan.clinic.days import Calendar, Reason, every_day_open, from_reasons
from rtplan.clinic.limits import Limits
from rtplan.course import schedule
from rtplan.course.course import Course
from rtplan.course.rules import check
from rtplan.errors import ConfigError, DomainError
from rtplan.prescription.notation import parse
from rtplan.prescription.prescription import Pattern, Phase, Prescription, TargetDose, simple, weekly

D = dt.date.fromisoformat
ONE = dt.timedelta(days=1)
LENGTH = 600


def weekdays_open(closed: tuple[str, ...] = (), first: str = "2026-01-01") -> Calendar:
    """Monday to Friday, but for the closed days."""

    def change(day: dt.date, reason: Reason) -> Reason:
        if day.weekday() > 4:
            return Reason(open=False, provisional=False, kind="weekend", text="weekend")
        shut = day.isoformat() in closed
        return Reason(open=False, provisional=False, kind="closure", text="shut") if shut else reason

    return every_day_open(D(first), D(first) + LENGTH * ONE).with_days(change)


def dates(notation: str, start: str, *closed: str) -> list[str]:
    course = schedule.lay_out(parse(notation), weekdays_open(closed), D(start))
    return [day.isoformat()[5:] for day in course.dates]


# --- field cases ----------------------------------------------------------------------------------------------------


def planned(cli: Callable[..., Any], *words: str) -> dict[str, Any]:
    done = cli("plan", *words, "--json")
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_once_a_week_from_a_thursday_means_thursdays(cli: Callable[..., Any]) -> None:
    """V06: five fractions, one a week, from a Thursday."""
    made = planned(cli, "28.5/5 1/week", "--start", "2026-03-05", "--clinic", "weekdays")
    assert [entry["date"] for entry in made["fractions"]] == [
        "2026-03-05",
        "2026-03-12",
        "2026-03-19",
        "2026-03-26",
        "2026-04-02",
    ]
    assert not [note for note in made["notes"] if note["code"] == "start-moved"]


def test_a_closed_day_moves_within_its_week(cli: Callable[..., Any]) -> None:
    """V07: once a week on Mondays, the fifth is Easter Monday: Tuesday, not the Monday after."""
    made = planned(cli, "28.5/5 1/week", "--start", "2026-03-09", "--clinic", "england")
    assert (made["fractions"][4]["date"], made["overall_treatment_time_days"]) == ("2026-04-07", 30)
    assert made["prolongation_days"] == 1


def test_twice_a_week_is_monday_and_thursday(cli: Callable[..., Any]) -> None:
    """V23: five HDR fractions of 6 Gy, first and last day as published in a FHIR example."""
    made = planned(cli, "30Gy/5 2/week", "--start", "2021-09-06", "--clinic", "weekdays")
    assert [entry["date"][5:] for entry in made["fractions"]] == ["09-06", "09-09", "09-13", "09-16", "09-20"]


def test_everyday_notation(cli: Callable[..., Any]) -> None:
    """V16."""
    words = ("40Gy/15#", "60 Gy / 30 frs", "60 Gy in 30 fractions", "54/36 tid")
    done = cli("dose", *words, "--alpha-beta", "10", "--json")
    rows = json.loads(done.stdout)["rows"]
    assert [row["bed_gy"] for row in rows] == pytest.approx([50.6667, 72.0, 72.0, 62.1], abs=1e-3)


def test_published_tables(cli: Callable[..., Any]) -> None:
    """V22: a trial protocol of salvage prostate radiotherapy and a radiosurgery paper, as printed."""

    def rows(alpha_beta: str, *words: str) -> list[dict[str, Any]]:
        done = cli("dose", *words, "--alpha-beta", alpha_beta, "--json")
        found: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
        return found

    low = rows("1.5", "66/33", "65/26", "30/5", "27/3", "20Gy/1", "12Gy/1")
    assert [row["bed_gy"] for row in low[:2]] == pytest.approx([154, 173.33], abs=0.01)
    assert [row["eqd2_gy"] for row in low[:2]] == pytest.approx([66, 74.29], abs=0.01)
    both = rows("3,10", "65/26")
    assert [row["bed_gy"] for row in both] == pytest.approx([119.17, 81.25], abs=0.01)
    assert [row["eqd2_gy"] for row in both] == pytest.approx([71.5, 67.71], abs=0.01)
    surgery = rows("2", "30/5", "27/3", "20Gy/1", "12Gy/1")
    assert [row["bed_gy"] for row in surgery] == pytest.approx([120, 148.5, 220, 84])


def test_compensation_keeps_the_spacing(cli: Callable[..., Any], tmp_path: Any) -> None:
    """V09: 7.5 Gy every second day, one missed: no option without a broken rule lies closer than two days."""
    folder = str(tmp_path / "p")
    words = ("60Gy/8 3/week", "--start", "2026-03-02", "--clinic", "weekdays", "--only", "json", "--out", folder)
    assert cli("plan", *words).exit_code == 0
    done = cli("missed", f"{folder}/plan.json", "--missed", "2026-03-04", "--json")
    options = json.loads(done.stdout)["options"]
    assert options
    for option in options:
        days = [D(entry["date"]) for entry in option["fractions"]]
        near = min((b - a).days for a, b in itertools.pairwise(days))
        codes = {note["code"] for note in option["violations"]}
        assert near >= 2 or "spacing-short" in codes


QUAD = """
name = "quad"
label = "Two fractions a day on two days, three times"
sources = [{ text = "a test", verified = false }]

[prescription]
name = "quad"
"""


def quad(together: str = "") -> str:
    phase = """
[[prescription.phases]]
name = "cycle {number}"
n_fractions = 4
totals = [{{ target = "tumour", dose_gy = 14.8 }}]
pattern = {{ fractions_per_day = 2 }}
{further}{together}
"""
    rest = "break_days = 26\n"
    return QUAD + "".join(
        phase.format(number=number, further=rest if number > 1 else "", together=together) for number in (1, 2, 3)
    )


@pytest.mark.parametrize(
    ("start", "split"),
    [("2026-03-02", False), ("2026-03-06", True)],
)
def test_pairs_of_days_that_are_split_are_warned_of(
    cli: Callable[..., Any], tmp_path: Any, start: str, split: bool
) -> None:
    """V21: from a Friday each pair of days is split by a weekend."""
    (tmp_path / "quad.toml").write_text(quad(), encoding="utf-8")
    made = planned(cli, str(tmp_path / "quad.toml"), "--start", start, "--clinic", "weekdays")
    days = list(dict.fromkeys(entry["date"][5:] for entry in made["fractions"]))
    warned = [note for note in made["notes"] if note["code"] == "phase-split"]
    assert bool(warned) is split
    if not split:
        assert days == ["03-02", "03-03", "03-30", "03-31", "04-27", "04-28"]


def test_pairs_that_are_kept_together_wait_for_a_day_with_an_open_day_after_it(
    cli: Callable[..., Any], tmp_path: Any
) -> None:
    (tmp_path / "quad.toml").write_text(quad("keep_together = true"), encoding="utf-8")
    made = planned(cli, str(tmp_path / "quad.toml"), "--start", "2026-03-06", "--clinic", "weekdays")
    days = list(dict.fromkeys(entry["date"][5:] for entry in made["fractions"]))
    assert days == ["03-09", "03-10", "04-06", "04-07", "05-04", "05-05"]
    assert "phase-split" not in {note["code"] for note in made["notes"]}
    moved = next(note for note in made["notes"] if note["code"] == "start-moved")
    assert "cycle 1 is kept together" in moved["message"]


# --- calendars by hand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notation", "start", "closed", "expected"),
    [
        ("24/3 2/week", "2026-03-03", (), ["03-03", "03-06", "03-10"]),  # Tue, Fri
        ("24/3 2/week", "2026-03-05", (), ["03-05", "03-09", "03-12"]),  # Thu, Mon: Sunday is closed
        ("24/3 2/week", "2026-03-06", (), ["03-06", "03-09", "03-13"]),  # Fri, Mon
        ("36/4 2/week", "2026-03-02", ("2026-03-09",), ["03-02", "03-05", "03-10", "03-13"]),  # Thu 12 is 2 d: Fri 13
        ("36/4 2/week", "2026-03-02", ("2026-03-12", "2026-03-13"), ["03-02", "03-05", "03-09", "03-16"]),
        ("40/5 3/week", "2026-03-03", (), ["03-03", "03-05", "03-09", "03-11", "03-13"]),  # Sat is closed: Mon
        ("40/5 3/week", "2026-03-02", ("2026-03-04",), ["03-02", "03-05", "03-09", "03-11", "03-13"]),
        ("40/5 eod", "2026-03-02", (), ["03-02", "03-04", "03-06", "03-09", "03-11"]),
        ("40/5 eod", "2026-03-03", (), ["03-03", "03-05", "03-09", "03-11", "03-13"]),
        ("40/5 eod", "2026-03-02", ("2026-03-04",), ["03-02", "03-05", "03-09", "03-11", "03-13"]),
        ("30/6 4/week", "2026-03-04", (), ["03-04", "03-05", "03-06", "03-09", "03-11", "03-12"]),
        ("22.8/4 1/week", "2026-03-05", ("2026-03-12",), ["03-05", "03-13", "03-20", "03-27"]),  # seven days kept
        ("54/3", "2026-03-06", (), ["03-06", "03-09", "03-11"]),
        ("54/3 5/week", "2026-03-02", (), ["03-02", "03-03", "03-04"]),
        ("25/5", "2026-03-02", (), ["03-02", "03-03", "03-04", "03-05", "03-06"]),
        ("9/5 tid", "2026-03-02", (), ["03-02", "03-03"]),
    ],
)
def test_by_hand(notation: str, start: str, closed: tuple[str, ...], expected: list[str]) -> None:
    assert dates(notation, start, *closed) == expected


def test_prescribed_weekdays_stay_and_are_named() -> None:
    """Monday and Thursday prescribed: a closed Monday is no treatment on Tuesday."""
    ordered = simple(24.0, 3, Pattern(weekdays=("mon", "thu")))
    course = schedule.lay_out(ordered, weekdays_open(("2026-03-09",)), D("2026-03-05"))
    assert [str(day) for day in course.dates] == ["2026-03-05", "2026-03-12", "2026-03-16"]
    assert ordered.reading == "3 fractions of 8 Gy, 24 Gy, on the prescribed weekdays mon, thu"
    assert parse("24/3 2/week").reading == "3 fractions of 8 Gy, 24 Gy, on 2 days a week"


def test_every_weekday_is_a_possible_start(cli: Callable[..., Any]) -> None:
    words = ("28.5/5 1/week", "--clinic", "weekdays", "--from", "2026-03-02", "--to", "2026-03-08", "--json")
    answer = json.loads(cli("starts", *words).stdout)
    possible = [start["date"][8:] for start in answer["starts"] if start["rank"]]
    assert sorted(possible) == ["02", "03", "04", "05", "06"]


def test_a_six_day_week_takes_the_saturday_too(cli: Callable[..., Any]) -> None:
    words = ("28.5/5 1/week", "--start", "2026-03-07", "--clinic", "weekdays", "--week", "mon-sat")
    made = planned(cli, *words)
    assert [entry["date"][5:] for entry in made["fractions"]] == ["03-07", "03-14", "03-21", "03-28", "04-04"]
    assert made["prolongation_days"] == 0


def test_a_planned_phase_goes_on_at_its_own_frequency() -> None:
    """Daily fractions end on a Wednesday; the weekly boost follows the next day, and then every seven days."""
    two = parse("23.4/13 + 12/2 1/week")
    course = schedule.lay_out(two, weekdays_open(), D("2026-03-02"))
    assert [str(day) for day in course.dates[-3:]] == ["2026-03-18", "2026-03-19", "2026-03-26"]


def test_large_fractions_without_a_pattern_are_said() -> None:
    made = plan("54/3", "2026-03-02", clinic="weekdays")
    (note,) = [note for note in made.notes if note.code == "spacing-assumed"]
    assert (note.values["dose_per_fraction_gy"], note.values["minimum_days"]) == (18.0, 2)
    assert note.values["source"] == "design default, no source"
    for stated in ("54/3 5/week", "54/3 eod", "25/5", "8/1"):
        assert "spacing-assumed" not in {note.code for note in plan(stated, "2026-03-02", clinic="weekdays").notes}


def test_the_reference_follows_the_same_pattern_without_closures() -> None:
    closed = weekdays_open(("2026-03-16",))
    course = schedule.lay_out(parse("30/5 2/week"), closed, D("2026-03-05"))
    reference = schedule.prescribed_reference(parse("30/5 2/week"), D("2026-03-05"))
    assert [str(day)[5:] for day in reference.dates] == ["03-05", "03-09", "03-12", "03-16", "03-19"]
    assert [str(day)[5:] for day in course.dates] == ["03-05", "03-09", "03-12", "03-17", "03-20"]
    assert schedule.prolongation_days(course) == 1


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"days_a_week": 6}, "days_a_week must be a whole number of at least 1 and at most 5, got 6"),
        ({"days_a_week": 0}, "days_a_week"),
        ({"days_a_week": 3, "spacing_days": 3}, "spacing_days of 3 d does not fit days_a_week of 3"),
        ({"spacing_days": 0}, "spacing_days"),
    ],
)
def test_patterns_that_cannot_be_kept_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(DomainError, match=named):
        Pattern(**options)


# --- the rule of spacing --------------------------------------------------------------------------------------------


def test_spacing_is_a_rule_of_its_own() -> None:
    """Sessions on Friday 6 and Saturday 7 March, and two on one day, of a course of three a week."""
    ordered = parse("60Gy/8 3/week")
    kept = schedule.lay_out(ordered, weekdays_open(), D("2026-03-02"))
    assert check(kept, Limits()) == ()
    saturday = schedule.lay_out(ordered, weekdays_open(), D("2026-03-02"), sessions={D("2026-03-07"): 1})
    twice = schedule.lay_out(ordered, weekdays_open(), D("2026-03-02"), sessions={D("2026-03-04"): 2})
    for course, gap in ((saturday, 1), (twice, 0)):
        (note,) = [note for note in check(course, Limits()) if note.code == "spacing-short"]
        assert (note.severity, note.values["days"], note.values["minimum_days"]) == ("violation", gap, 2)


def test_daily_courses_know_no_spacing() -> None:
    course = schedule.lay_out(parse("45/25"), weekdays_open(), D("2026-03-02"), sessions={D("2026-03-07"): 1})
    assert check(course, Limits()) == ()


# --- the independent scheduler --------------------------------------------------------------------------------------


@dataclass
class Rule:
    """How often, in plain numbers."""

    weekdays: frozenset[int]
    a_week: int | None
    apart: int
    per_day: int


def possible(rule: Rule, treated: list[dt.date], day: dt.date, opened: frozenset[dt.date]) -> bool:
    """The stated rule, asked anew of every treated day before."""
    if day not in opened or day.weekday() not in rule.weekdays:
        return False
    if any((day - before).days < rule.apart for before in treated):
        return False
    week = (day - (treated or [day])[0]).days // 7
    held = [before for before in treated if (before - treated[0]).days // 7 == week]
    return rule.a_week is None or len(held) < rule.a_week


def walk(rule: Rule, n: int, start: dt.date, opened: frozenset[dt.date]) -> list[dt.date]:
    """Days of the fractions, one entry a fraction."""
    treated: list[dt.date] = []
    out: list[dt.date] = []
    day = start
    while len(out) < n:
        if possible(rule, treated, day, opened):
            treated.append(day)
            out += [day] * min(rule.per_day, n - len(out))
        day += ONE
    return out


FIRST = D("2026-01-01")


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, Pattern]:
    week = draw(st.sampled_from([5, 6, 7]))
    a_week = draw(st.sampled_from([1, 2, 3, 4, None]))
    most = 7 // a_week if a_week else 4
    apart = draw(st.one_of(st.none(), st.integers(1, most)))
    per_day = draw(st.integers(1, 3))
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[:week]
    pattern = Pattern(weekdays=names, fractions_per_day=per_day, days_a_week=a_week, spacing_days=apart)
    return Rule(frozenset(range(week)), a_week, apart or (most if a_week else 1), per_day), pattern


@st.composite
def opened(draw: st.DrawFn) -> tuple[frozenset[dt.date], Calendar]:
    shut = draw(st.frozensets(st.integers(0, 250), max_size=60))
    days = frozenset(FIRST + step * ONE for step in range(LENGTH) if step not in shut)
    reasons = [
        Reason(
            open=FIRST + step * ONE in days,
            provisional=False,
            kind="workday" if step not in shut else "closure",
            text="",
        )
        for step in range(LENGTH)
    ]
    return days, from_reasons("random", FIRST, reasons)


@given(rules(), opened(), st.integers(1, 30), st.integers(0, 60))
def test_courses_are_those_of_the_independent_scheduler(
    rule: tuple[Rule, Pattern], days: tuple[frozenset[dt.date], Calendar], n: int, offset: int
) -> None:
    plain, pattern = rule
    start = FIRST + offset * ONE
    course = schedule.lay_out(simple(2.0 * n, n, pattern), days[1], start)
    assert [fraction.date for fraction in course.fractions] == walk(plain, n, start, days[0])


@given(rules(), opened(), st.integers(2, 30), st.integers(0, 60), st.data())
def test_a_course_under_way_goes_on_as_it_was_planned(
    rule: tuple[Rule, Pattern], days: tuple[frozenset[dt.date], Calendar], n: int, offset: int, data: st.DataObject
) -> None:
    """What was given counts for week and spacing: laid out again from any of its own gaps, nothing moves."""
    ordered = simple(2.0 * n, n, rule[1])
    whole = schedule.lay_out(ordered, days[1], FIRST + offset * ONE)
    given_ = data.draw(st.integers(1, len(whole.dates) - 1)) if len(whole.dates) > 1 else 0
    if not given_:
        return
    done = tuple(fraction for fraction in whole.fractions if fraction.date < whole.dates[given_])
    so_far = Course(prescription=ordered, fractions=done)
    assert schedule.lay_out(ordered, days[1], so_far.last + ONE, delivered=so_far) == whole


@given(rules(), opened(), st.integers(2, 24), st.integers(0, 60), st.data())
def test_splitting_a_phase_changes_no_date(
    rule: tuple[Rule, Pattern], days: tuple[frozenset[dt.date], Calendar], n: int, offset: int, data: st.DataObject
) -> None:
    if rule[1].fractions_per_day > 1:
        return  # a phase begins on a day of its own
    cut = data.draw(st.integers(1, n - 1))
    parts = tuple(
        Phase(name=str(k), n_fractions=k, totals=(TargetDose(target="tumour", dose_gy=2.0 * k),), pattern=rule[1])
        for k in ((cut, n - cut) if cut != n - cut else (n,))
    )
    start = FIRST + offset * ONE
    split = schedule.lay_out(Prescription(name="split", phases=parts), days[1], start)
    assert split.dates == schedule.lay_out(simple(2.0 * n, n, rule[1]), days[1], start).dates


def weeks_of(treated: list[dt.date]) -> Iterator[tuple[dt.date, list[dt.date]]]:
    """First day of each whole week of the course, with its treated days."""
    for number in range((treated[-1] - treated[0]).days // 7):
        first = treated[0] + 7 * number * ONE
        yield first, [day for day in treated if first <= day < first + 7 * ONE]


@given(rules(), opened(), st.integers(6, 20), st.integers(0, 60))
def test_a_week_with_enough_open_days_holds_its_fractions(
    rule: tuple[Rule, Pattern], days: tuple[frozenset[dt.date], Calendar], n: int, offset: int
) -> None:
    """By exhaustive search: no other choice of days in a week, after the one before it, would hold more."""
    plain, pattern = rule
    if plain.a_week is None or plain.per_day > 1:
        return
    treated = list(schedule.lay_out(simple(2.0 * n, n, pattern), days[1], FIRST + offset * ONE).dates)
    for first, held in weeks_of(treated):
        before = [day for day in treated if day < first]
        free = [
            day for day in (first + k * ONE for k in range(7)) if day in days[0] and day.weekday() in plain.weekdays
        ]
        free = [day for day in free if not before or (day - before[-1]).days >= plain.apart]
        fits = (
            k
            for k in range(plain.a_week, 0, -1)
            for some in itertools.combinations(free, k)
            if all((b - a).days >= plain.apart for a, b in itertools.pairwise(some))
        )
        assert len(held) == next(fits, 0)


def test_a_protocol_file_says_how_many_days_a_week(tmp_path: Any) -> None:
    from rtplan.library.catalogue import load_protocol

    text = (
        QUAD
        + """
[[prescription.phases]]
name = "one"
n_fractions = 4
totals = [{ target = "tumour", dose_gy = 24.0 }]
"""
    )
    path = tmp_path / "p.toml"
    for line, spacing in (("", 2), ("pattern = { days_a_week = 2 }", 3), ("pattern = {}", 1)):
        path.write_text(text + line, encoding="utf-8")
        assert load_protocol(str(path)).prescription.phases[0].pattern.spacing == spacing
    path.write_text(text + "pattern = { days_a_week = 9 }", encoding="utf-8")
    with pytest.raises(ConfigError, match="days_a_week"):
        load_protocol(str(path))


def test_weekly_counts_from_any_day() -> None:
    assert [weekly(k).spacing for k in range(1, 8)] == [7, 3, 2, 1, 1, 1, 1]
    assert [weekly(k).fractions_a_week for k in range(1, 8)] == [1, 2, 3, 4, 5, 6, 7]
    assert Pattern(spacing_days=2).fractions_a_week == 4
