"""Proof by law: courses and cycles against an independent walk through the days, over random clinics and patterns.

The walk below is written a second time, in another way, and uses nothing of the package: plain dates, sets and dicts.
"""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtplan.chemotherapy.cycles import align
from rtplan.chemotherapy.protocol import Anchor, ChemoProtocol, Drug
from rtplan.clinic.days import Calendar, DayKind, Reason, every_day_open, from_reasons
from rtplan.clinic.limits import StartRules
from rtplan.course import schedule
from rtplan.course.course import Course
from rtplan.course.rules import start_obstacle, start_permitted
from rtplan.errors import ScheduleError
from rtplan.note import Source
from rtplan.prescription.prescription import Pattern, Phase, Prescription, TargetDose, simple, weekly

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE = dt.timedelta(days=1)
LENGTH = 900
SOURCE = Source(text="test", verified=False)


# --- the independent walk -------------------------------------------------------------------------------------------


@dataclass
class Clinic:
    """Days as plain sets. outside: open days outside the week (worked weekends, extra days)."""

    first: dt.date
    week: frozenset[int]
    shut: frozenset[dt.date]
    outside: frozenset[dt.date]

    def is_open(self, day: dt.date) -> bool:
        return day not in self.shut and (day.weekday() in self.week or day in self.outside)

    def calendar(self) -> Calendar:
        """The same days as the package takes them."""
        reasons = []
        for step in range(LENGTH):
            day = self.first + step * ONE
            kind: DayKind = "closure" if day in self.shut else "extra" if day in self.outside else "workday"
            if kind == "workday" and day.weekday() not in self.week:
                kind = "weekend"
            reasons.append(Reason(open=kind in ("workday", "extra"), provisional=False, kind=kind, text=kind))
        return from_reasons("random", self.first, reasons)


@dataclass
class Order:
    """A phase in plain numbers."""

    n: int
    weekdays: frozenset[int]
    per_day: int = 1
    twice_on: frozenset[int] = frozenset()
    wait: int = 0
    boost_from: int | None = None
    boost_n: int = 0

    def room(self, clinic: Clinic, day: dt.date) -> int:
        if not clinic.is_open(day):
            return 0
        full = len(self.weekdays) >= 5 and day in clinic.outside
        if day.weekday() not in self.weekdays and not full:
            return 0
        return 2 if day.weekday() in self.twice_on else self.per_day


@dataclass
class Walked:
    days: list[dt.date] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def give(self, day: dt.date, name: str, count: int) -> None:
        self.days += [day] * count
        self.names += [name] * count


def walk(orders: list[Order], clinic: Clinic, start: dt.date, extra: dict[dt.date, int]) -> Walked:
    out = Walked()
    day = start
    for place, order in enumerate(orders):
        if out.days:
            day = out.days[-1] + ONE * (1 + order.wait)
        to_give, boosts = order.n, order.boost_n
        while to_give or boosts:
            room = extra[day] if day in extra else order.room(clinic, day)
            boost = 0
            if room and boosts and (order.n - to_give) + min(to_give, 1) >= (order.boost_from or 0):
                boost = 0 if day in extra and room == 1 and to_give else 1
            host = min(to_give, room - boost if day in extra else room)
            out.give(day, f"phase {place}", host)
            out.give(day, f"boost {place}", boost)
            to_give, boosts = to_give - host, boosts - boost
            day += ONE
    return out


def first_start(order: Order, clinic: Clinic, wish: dt.date, never: set[int], run: int) -> dt.date:
    """The first day from a wished one on that the pattern treats on and the start rules allow."""
    day = wish
    while True:
        given, here = 0, day
        while order.room(clinic, here) and given < order.n:
            given += order.room(clinic, here)
            here += ONE
        if given and day.weekday() not in never and given >= min(run, order.n):
            return day
        day += ONE


# --- random clinics and prescriptions -------------------------------------------------------------------------------


@st.composite
def clinics(draw: st.DrawFn, weeks: st.SearchStrategy[frozenset[int]] | None = None) -> Clinic:
    first = draw(st.dates(dt.date(2023, 1, 1), dt.date(2028, 12, 31)))
    week = draw(weeks or st.sampled_from([frozenset(range(5)), frozenset(range(6)), frozenset(range(7))]))
    shut: set[dt.date] = set()
    for begin, length in draw(st.lists(st.tuples(st.integers(14, 300), st.integers(1, 9)), max_size=12)):
        shut |= {first + ONE * (begin + i) for i in range(length)}
    outside = {first + ONE * i for i in draw(st.sets(st.integers(14, 300), max_size=10))}
    outside = {day for day in outside if day.weekday() not in week} - shut
    return Clinic(first=first, week=week, shut=frozenset(shut), outside=frozenset(outside))


@st.composite
def orders(draw: st.DrawFn, clinic: Clinic) -> list[Order]:
    out = []
    for place in range(draw(st.integers(1, 3))):
        weekdays = draw(st.one_of(st.just(clinic.week), st.sets(st.sampled_from(sorted(clinic.week)), min_size=1)))
        per_day = draw(st.sampled_from([1, 1, 1, 2, 3]))
        twice = frozenset(draw(st.sets(st.sampled_from(sorted(weekdays)), max_size=2))) if per_day == 1 else frozenset()
        n = draw(st.integers(1, 25))
        order = Order(n=n, weekdays=frozenset(weekdays), per_day=per_day, twice_on=twice)
        order.wait = draw(st.sampled_from([0, 0, 0, 1, 14])) if place else 0
        if per_day == 1 and not twice and draw(st.booleans()):
            order.boost_from = draw(st.integers(1, n))
            order.boost_n = draw(st.integers(1, n - order.boost_from + 1))
        out.append(order)
    return out


def prescription(plain: list[Order]) -> Prescription:
    phases = []
    for place, order in enumerate(plain):
        pattern = Pattern(
            weekdays=tuple(NAMES[i] for i in sorted(order.weekdays)),
            fractions_per_day=order.per_day,
            twice_daily_weekdays=tuple(NAMES[i] for i in sorted(order.twice_on)),
        )
        target = (TargetDose(target="tumour", dose_gy=1.8 * order.n),)
        phases.append(
            Phase(name=f"phase {place}", n_fractions=order.n, totals=target, pattern=pattern, break_days=order.wait)
        )
        if order.boost_n:
            boost = (TargetDose(target="tumour", dose_gy=1.5 * order.boost_n),)
            phases.append(
                Phase(name=f"boost {place}", n_fractions=order.boost_n, totals=boost, concomitant_from=order.boost_from)
            )
    return Prescription(name="random", phases=tuple(phases))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Clinic, list[Order], dt.date]:
    clinic = draw(clinics())
    return clinic, draw(orders(clinic)), clinic.first + ONE * draw(st.integers(0, 60))


# --- courses --------------------------------------------------------------------------------------------------------


@given(situations())
def test_courses_are_those_of_the_walk(situation: tuple[Clinic, list[Order], dt.date]) -> None:
    clinic, plain, wish = situation
    start = first_start(plain[0], clinic, wish, set(), 1)
    expected = walk(plain, clinic, start, {})
    course = schedule.lay_out(prescription(plain), clinic.calendar(), wish)
    assert [f.date for f in course.fractions] == expected.days
    assert [f.phase for f in course.fractions] == expected.names
    assert course.overall_treatment_time_days == (expected.days[-1] - expected.days[0]).days + 1


@given(situations(), st.dictionaries(st.integers(0, 60), st.integers(0, 3), max_size=6))
def test_extra_and_lost_sessions_are_those_of_the_walk(
    situation: tuple[Clinic, list[Order], dt.date], sessions: dict[int, int]
) -> None:
    clinic, plain, wish = situation
    start = first_start(plain[0], clinic, wish, set(), 1)
    extra = {start + ONE * offset: count for offset, count in sessions.items() if offset}
    expected = walk(plain, clinic, start, extra)
    course = schedule.lay_out(prescription(plain), clinic.calendar(), start, sessions=extra)
    assert [f.date for f in course.fractions] == expected.days
    assert [f.phase for f in course.fractions] == expected.names
    for day, count in extra.items():
        assert course.sessions.get(day, 0) <= count


@given(situations(), st.sets(st.integers(0, 6), max_size=4), st.integers(1, 5))
def test_start_rules_are_those_of_the_walk(
    situation: tuple[Clinic, list[Order], dt.date], never: set[int], run: int
) -> None:
    clinic, plain, wish = situation
    plain = [Order(n=plain[0].n, weekdays=clinic.week, per_day=plain[0].per_day)]
    assume(not clinic.week <= never)
    assume(run <= len(clinic.week) * plain[0].per_day - len(clinic.week & never))
    days = clinic.calendar()
    rules = StartRules(no_start_on=tuple(NAMES[i] for i in sorted(never)), minimum_first_run=run)
    try:
        start = first_start(plain[0], clinic, wish, never, run)
    except OverflowError:
        assume(False)
    assume(start < clinic.first + ONE * 300)
    ordered = prescription(plain)
    permitted = start_permitted(rules, ordered, days)
    assert schedule.first_day(ordered, days, wish, permitted) == start
    passed = [wish + ONE * i for i in range((start - wish).days)]
    assert all(start_obstacle(rules, ordered, days, day) for day in passed if plain[0].room(clinic, day))


@given(situations())
def test_laws_of_any_course(situation: tuple[Clinic, list[Order], dt.date]) -> None:
    clinic, plain, wish = situation
    ordered = prescription(plain)
    course = schedule.lay_out(ordered, clinic.calendar(), wish)
    days = [f.date for f in course.fractions]
    assert days == sorted(days)
    assert all(clinic.is_open(day) for day in days)
    assert len(days) == ordered.n_fractions
    assert course.total_gy() == pytest.approx(ordered.total_gy("tumour"), abs=1e-9)
    assert days[0] >= wish
    assert schedule.lay_out(ordered, clinic.calendar(), course.first) == course


@given(situations(), st.integers(1, 24))
def test_splitting_a_phase_changes_no_date(situation: tuple[Clinic, list[Order], dt.date], cut: int) -> None:
    clinic, plain, wish = situation
    one = Order(n=25, weekdays=plain[0].weekdays, twice_on=frozenset())
    two = [Order(n=cut, weekdays=one.weekdays), Order(n=25 - cut, weekdays=one.weekdays)]
    whole = schedule.lay_out(prescription([one]), clinic.calendar(), wish)
    split = schedule.lay_out(prescription(two), clinic.calendar(), wish)
    assert [f.date for f in whole.fractions] == [f.date for f in split.fractions]


@given(situations(), st.data())
def test_going_on_after_a_delivered_part_loses_and_doubles_nothing(
    situation: tuple[Clinic, list[Order], dt.date], data: st.DataObject
) -> None:
    """Delivered to any point without boost, the rest laid out from the next day on gives the same course."""
    clinic, plain, wish = situation
    plain = [Order(n=o.n, weekdays=o.weekdays, wait=o.wait) for o in plain]
    ordered = prescription(plain)
    course = schedule.lay_out(ordered, clinic.calendar(), wish)
    assume(len(course.fractions) > 1)
    given_ = data.draw(st.integers(1, len(course.fractions) - 1))
    delivered = Course(prescription=ordered, fractions=course.fractions[:given_])
    rest = schedule.lay_out(ordered, clinic.calendar(), delivered.last + ONE, delivered=delivered)
    assert rest == course


@given(situations())
def test_the_prescribed_reference_knows_no_closure(situation: tuple[Clinic, list[Order], dt.date]) -> None:
    clinic, plain, wish = situation
    ordered = prescription(plain)
    course = schedule.lay_out(ordered, clinic.calendar(), wish)
    assume(course.first not in clinic.outside)
    free = Clinic(first=clinic.first, week=frozenset(range(7)), shut=frozenset(), outside=frozenset())
    expected = walk(plain, free, course.first, {})
    reference = schedule.prescribed_reference(ordered, course.first)
    assert [f.date for f in reference.fractions] == expected.days
    assert schedule.prolongation_days(course) == (course.last - expected.days[-1]).days


def test_a_boost_from_the_first_day_is_in_the_reference_of_any_first_day() -> None:
    boosted = prescription([Order(n=10, weekdays=frozenset(range(5)), boost_from=1, boost_n=10)])
    for first in (MONDAY, MONDAY - ONE):  # a Monday, and a Sunday worked
        reference = schedule.prescribed_reference(boosted, first)
        assert reference.sessions[first] == 2
        assert set(reference.sessions.values()) == {2}


# --- cycles ---------------------------------------------------------------------------------------------------------


def next_open(clinic: Clinic, day: dt.date) -> dt.date:
    while not clinic.is_open(day):
        day += ONE
    return day


def last_open(clinic: Clinic, day: dt.date) -> dt.date:
    while not clinic.is_open(day):
        day -= ONE
    return day


def nearest(clinic: Clinic, wish: dt.date, low: dt.date, high: dt.date, backwards: bool) -> dt.date:
    """The open day nearest to a wished one between two bounds, the earlier of two equally near."""
    inside = [wish + ONE * step for step in range(-30, 31) if low <= wish + ONE * step <= high]
    open_ = [day for day in inside if clinic.is_open(day)]
    fallback = last_open(clinic, wish) if backwards else next_open(clinic, wish)
    return min(open_, key=lambda day: (abs((day - wish).days), day), default=fallback)


def expected_cycles(
    clinic: Clinic,
    anchor_day: dt.date,
    anchored: int,
    n: int,
    gap: int,
    least: int,
    policy: Any,
    put_off: dict[int, int],
) -> list[dt.date]:
    """Day 1 of each cycle, forwards and backwards from the anchored one, one at a time."""
    found = {anchored: anchor_day}
    carried = 0
    for number in range(anchored + 1, n + 1):
        late = put_off.get(number, 0)
        carried += late
        due = found[number - 1] + ONE * (gap + late)
        grid = anchor_day + ONE * (gap * (number - anchored) + carried)
        if policy == "nearest-open":
            low = due if late else found[number - 1] + ONE * least
            found[number] = nearest(clinic, due, low, dt.date.max, False)
        else:
            found[number] = next_open(clinic, grid if policy == "keep-grid" else due)
    carried = 0
    for number in range(anchored - 1, 0, -1):
        late = put_off.get(number + 1, 0) if number + 1 < anchored else 0
        carried += late
        due = found[number + 1] - ONE * (gap + late)
        grid = anchor_day - ONE * (gap * (anchored - number) + carried)
        if policy == "nearest-open":
            high = due if late else found[number + 1] - ONE * least
            found[number] = nearest(clinic, due, dt.date.min, high, True)
        else:
            found[number] = last_open(clinic, grid if policy == "keep-grid" else due)
    return [found[number] for number in sorted(found)]


@given(
    clinics(),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([(21, 21), (21, 18), (28, 21), (14, 12)]),
    st.sampled_from(["reanchor", "keep-grid", "nearest-open"]),
    st.integers(180, 230),
    st.dictionaries(st.integers(2, 4), st.integers(0, 14), max_size=2),
)
def test_cycles_are_those_of_the_walk(
    clinic: Clinic,
    anchored: int,
    n: int,
    grid: tuple[int, int],
    policy: Any,
    offset: int,
    delays: dict[int, int],
) -> None:
    assume(anchored <= n)
    gap, least = grid
    put_off = {number: days for number, days in delays.items() if number <= n and number != anchored}
    days = clinic.calendar()
    course = schedule.lay_out(simple(9.0, 5, weekly(5)), days, clinic.first + ONE * offset)
    protocol = protocol_of(n, gap, least, policy, anchored)
    expected = expected_cycles(clinic, course.first, anchored, n, gap, least, policy, put_off)
    if any(b <= a for a, b in itertools.pairwise(expected)):
        with pytest.raises(ScheduleError, match="would fall on"):
            align(protocol, course, days, put_off)
        return
    cycles = align(protocol, course, days, put_off)
    assert [cycle.date for cycle in cycles] == expected
    grid_days = [course.first + ONE * (gap * (number - anchored)) for number in range(1, n + 1)]
    assert [cycle.nominal_date for cycle in cycles] == grid_days
    assert cycles[anchored - 1].date == course.first
    assert all(clinic.is_open(cycle.date) for cycle in cycles)
    assert [cycle.concurrent for cycle in cycles] == [course.first <= day <= course.last for day in expected]
    if policy != "keep-grid":
        assert all(cycle.interval_days >= least for cycle in cycles[1:] if cycle.interval_days is not None)


def protocol_of(n: int, gap: int, least: int, policy: Any, anchored: int, **options: Any) -> ChemoProtocol:
    return ChemoProtocol(
        name="random",
        label="random",
        n_cycles=n,
        cycle_length_days=gap,
        minimum_interval_days=least,
        policy=policy,
        anchor=Anchor(kind="cycle", cycle=anchored),
        drugs=(Drug(name="drug", day=(1,), source=SOURCE),),
        source=SOURCE,
        **options,
    )


# --- patterns by example --------------------------------------------------------------------------------------------

MONDAY = dt.date(2026, 3, 2)


def spell(*pairs: tuple[int, float, Pattern]) -> Prescription:
    phases = tuple(
        Phase(name=str(i), n_fractions=n, totals=(TargetDose(target="tumour", dose_gy=gy),), pattern=pattern)
        for i, (n, gy, pattern) in enumerate(pairs)
    )
    return Prescription(name="test", phases=phases)


def test_late_course_acceleration() -> None:
    """41.4 Gy in 23, then 27 Gy in 18 twice a day, from a Monday: 23 weekdays end on Wednesday 1 April, then 9 days."""
    course = schedule.lay_out(spell((23, 41.4, weekly(5)), (18, 27.0, weekly(5, 2))), mondays_to_fridays(), MONDAY)
    assert course.fractions[22].date == dt.date(2026, 4, 1)
    assert (course.last, course.overall_treatment_time_days) == (dt.date(2026, 4, 14), 44)
    assert course.total_gy() == 68.4


def mondays_to_fridays(last: dt.date = dt.date(2026, 12, 31)) -> Calendar:
    days = every_day_open(dt.date(2026, 1, 1), last)

    def change(day: dt.date, reason: Reason) -> Reason:
        return reason if day.weekday() < 5 else Reason(open=False, provisional=False, kind="weekend", text="weekend")

    return days.with_days(change)


@pytest.mark.parametrize(("days", "last"), [(5, "2026-04-03"), (4, "2026-04-13"), (3, "2026-04-27"), (1, "2026-08-17")])
def test_so_many_days_a_week(days: int, last: str) -> None:
    course = schedule.lay_out(simple(45.0, 25, weekly(days)), mondays_to_fridays(), MONDAY)
    assert course.last == dt.date.fromisoformat(last)


def test_a_split_course_keeps_its_break_when_it_goes_on_after_the_first_part() -> None:
    totals = (TargetDose(target="tumour", dose_gy=18.0),)
    split = Prescription(
        name="split",
        phases=(
            Phase(name="a", n_fractions=10, totals=totals),
            Phase(name="b", n_fractions=10, totals=totals, break_days=14),
        ),
    )
    whole = schedule.lay_out(split, mondays_to_fridays(), MONDAY)
    assert whole.fractions[10].date == dt.date(2026, 3, 30)  # Friday 13 March + 14 free days is a Saturday
    given_ = Course(prescription=split, fractions=whole.fractions[:10])
    assert schedule.lay_out(split, mondays_to_fridays(), given_.last + ONE, delivered=given_) == whole


def test_a_pattern_on_days_the_clinic_never_works_is_refused() -> None:
    with pytest.raises(
        ScheduleError, match=r"contradict the calendar: it treats on sat, .* --week mon,tue,wed,thu,fri,sat"
    ):
        schedule.lay_out(simple(45.0, 25, weekly(6)), mondays_to_fridays(), MONDAY)


def test_a_worked_saturday_is_no_working_week() -> None:
    def worked(day: dt.date, reason: Reason) -> Reason:
        saturday = day == dt.date(2026, 3, 14)
        return Reason(open=True, provisional=False, kind="worked weekend", text="") if saturday else reason

    days = mondays_to_fridays().with_days(worked)
    with pytest.raises(ScheduleError, match="never works"):
        schedule.lay_out(simple(45.0, 25, weekly(6)), days, MONDAY)
    assert dt.date(2026, 3, 14) in schedule.lay_out(simple(45.0, 25), days, MONDAY).dates
    assert dt.date(2026, 3, 14) not in schedule.lay_out(simple(45.0, 25, weekly(3)), days, MONDAY).dates


def test_five_a_week_follow_a_working_week_of_sunday_to_thursday() -> None:
    week = ("mon", "tue", "wed", "thu", "sun")
    moved = schedule.on_week(simple(45.0, 25), week)
    assert moved.phases[0].pattern.weekdays == week
    assert schedule.prescribed_reference(moved, dt.date(2026, 3, 1)).overall_treatment_time_days == 33
    three = schedule.on_week(simple(45.0, 25, weekly(3)), week)
    assert three.phases[0].pattern.weekdays == week  # three a week are any three of the clinic's days
    assert schedule.on_week(simple(45.0, 25, weekly(3)), NAMES[:6]).phases[0].pattern.weekdays == NAMES[:6]
    prescribed = simple(45.0, 25, Pattern(weekdays=("mon", "wed", "fri")))
    assert schedule.on_week(prescribed, week) == prescribed
    assert schedule.on_week(simple(45.0, 25), NAMES[:6]) == simple(45.0, 25)


def test_the_calendar_must_reach_as_far_as_the_course() -> None:
    with pytest.raises(ScheduleError, match=r"fraction 6 of 25 .* would fall after 2026-03-08"):
        schedule.lay_out(simple(45.0, 25), mondays_to_fridays(dt.date(2026, 3, 8)), MONDAY)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    from zoneinfo import ZoneInfo

    day = dt.date(2026, 3, 29)
    course = schedule.lay_out(simple(8.0, 1, weekly(7)), every_day_open(day, day + 9 * ONE), day)
    with pytest.raises(ScheduleError, match="01:30 does not exist on 2026-03-29"):
        schedule.with_times(course, (dt.time(1, 30),), ZoneInfo("Europe/London"))


# --- start rules by example -----------------------------------------------------------------------------------------


def test_rules_that_leave_no_day_are_named() -> None:
    rules = StartRules(no_start_on=("mon",), minimum_first_run=5)
    ordered, days = simple(45.0, 25), mondays_to_fridays()
    permitted = start_permitted(rules, ordered, days)
    with pytest.raises(ScheduleError, match="start rules no_start_on mon and minimum_first_run 5 leave none"):
        schedule.first_day(ordered, days, MONDAY, permitted, f"start rules {rules.text}")


def test_rules_are_off_for_a_palliative_course() -> None:
    rules = StartRules(no_start_on=("mon",), minimum_first_run=5, off=True)
    assert start_permitted(rules, simple(45.0, 25), mondays_to_fridays())(MONDAY)
    assert rules.text == ""


def test_a_course_shorter_than_the_first_run_may_start_any_day() -> None:
    rules = StartRules(minimum_first_run=3)
    friday = dt.date(2026, 3, 6)
    assert start_permitted(rules, simple(8.0, 1), mondays_to_fridays())(friday)
    assert not start_permitted(rules, simple(16.0, 2), mondays_to_fridays())(friday)
    assert start_permitted(rules, simple(20.0, 10, weekly(5, 3)), mondays_to_fridays())(friday)


def test_an_outer_phase_runs_into_the_next_before_the_first_break() -> None:
    rules = StartRules(minimum_first_run=3)
    two = spell((1, 2.0, weekly(5)), (10, 20.0, weekly(5)))
    permitted = start_permitted(rules, two, mondays_to_fridays())
    assert permitted(dt.date(2026, 3, 4))
    assert not permitted(dt.date(2026, 3, 5))
