"""Proof by law: courses laid out many at a time are those laid out one by one, fraction by fraction."""

import datetime as dt
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.clinic.calendar import build
from rtplan.clinic.days import WEEKDAYS, Calendar, DayKind, Reason, every_day_open, from_reasons
from rtplan.course.many import Trains, date_of, day_numbers, last_days_many, lay_out_many
from rtplan.course.schedule import lay_out
from rtplan.errors import DomainError, ScheduleError
from rtplan.library.catalogue import load_clinic
from rtplan.prescription.prescription import Pattern, Phase, Prescription, TargetDose, simple, weekly

FIRST, LAST = dt.date(2023, 1, 1), dt.date(2027, 12, 31)
COUNTRIES = ("west-china", "england", "CN", "GB-SCT", "SA", "IR", "DE-BY", "US", "JP", "IL")


def clinic(name: str, worked: bool, chance: random.Random) -> Calendar:
    """A country's days, with closures and half days of the clinic's own strewn over them."""
    calendar = build(load_clinic(name), FIRST, LAST, worked_weekends=worked)
    shut = {chance.randrange(len(calendar.codes)) for _ in range(chance.choice((0, 20, 90)))}
    shut |= {day + step for day in list(shut)[:9] for step in range(chance.randrange(12))}
    half = {chance.randrange(len(calendar.codes)) for _ in range(chance.choice((0, 40)))}
    extra = {chance.randrange(len(calendar.codes)) for _ in range(chance.choice((0, 30)))}

    def change(day: dt.date, reason: Reason) -> Reason:
        place = (day - FIRST).days
        if place in shut:
            return Reason(open=False, provisional=False, kind="closure", text="closed")
        if place in extra and not reason.open:
            return Reason(open=True, provisional=False, kind="extra", text="opened")
        if place in half and reason.open:
            return Reason(open=True, provisional=False, kind="half day", text="half", fractions=1)
        return reason

    return calendar.with_days(change)


def pattern(chance: random.Random, *, once: bool = False) -> Pattern:
    days = chance.choice((1, 2, 3, 4, 5, 5, 5, 6, 7))
    kind = chance.choice(("weekly", "weekly", "bid", "spaced", "named", "twice"))
    if kind == "named":
        return Pattern(weekdays=tuple(sorted(chance.sample(WEEKDAYS[:5], chance.randint(1, 5)), key=WEEKDAYS.index)))
    if kind == "spaced":
        return Pattern(spacing_days=chance.randint(2, 9))
    if once or kind == "weekly":
        return weekly(days)
    if kind == "bid":
        return weekly(days, fractions_per_day=chance.choice((2, 3)))
    return Pattern(twice_daily_weekdays=("fri",) if chance.random() < 0.5 else ("mon", "thu"))


def prescription(chance: random.Random, most: int = 3) -> Prescription:
    phases: list[Phase] = []
    for place in range(chance.randint(1, most)):
        boosted = chance.random() < 0.3
        own = pattern(chance, once=boosted)
        n = chance.randint(1, 30)
        together = own.spacing == 1 and not boosted and n <= 4 and chance.random() < 0.5
        rest = chance.choice((0, 0, 3, 14)) if place else 0
        phases.append(phase(f"phase {place}", n, own, break_days=rest, keep_together=together))
        if boosted and not own.several_a_day:
            begin = chance.randint(1, n)
            beside = chance.choice((own, weekly(3), weekly(5)))
            phases.append(phase(f"boost {place}", chance.randint(1, n - begin + 1), beside, concomitant_from=begin))
    return Prescription(name="random", phases=tuple(phases))


def phase(name: str, n: int, own: Pattern, **more: Any) -> Phase:
    return Phase(name=name, n_fractions=n, totals=(TargetDose(target="tumour", dose_gy=2.0 * n),), pattern=own, **more)


def one_by_one(order: Prescription, calendar: Calendar, start: dt.date, **more: Any) -> list[tuple[dt.date, str]]:
    return [(fraction.date, fraction.phase) for fraction in lay_out(order, calendar, start, **more).fractions]


def of_row(trains: Trains, row: int, order: Prescription) -> list[tuple[dt.date, str]]:
    span = slice(trains.offsets[row], trains.offsets[row + 1])
    names = [order.phases[place].name for place in trains.phases[span]]
    return list(zip(map(date_of, trains.days[span]), names, strict=True))


def possible(order: Prescription, calendar: Calendar) -> bool:
    """Does the single course from the calendar's second month fit, and is there no contradiction?"""
    try:
        return bool(one_by_one(order, calendar, dt.date(2025, 6, 1)))
    except ScheduleError:
        return False


def test_a_thousand_random_courses_are_equal_fraction_by_fraction() -> None:
    chance = random.Random(15)
    calendars = [clinic(name, worked, chance) for name in COUNTRIES for worked in (False, True)]
    rows: list[tuple[dt.date, int, int]] = []
    orders: list[Prescription] = []
    while len(rows) < 1000:
        order, place = prescription(chance), chance.randrange(len(calendars))
        if not possible(order, calendars[place]):
            continue
        orders.append(order)
        for _ in range(chance.randint(1, 6)):
            rows.append((FIRST + dt.timedelta(days=chance.randrange(900)), len(orders) - 1, place))
    chance.shuffle(rows)
    starts, which, where = zip(*rows, strict=True)
    trains = lay_out_many(list(starts), orders, calendars, order=list(which), calendar=list(where))
    last = last_days_many(list(starts), orders, calendars, order=list(which), calendar=list(where))
    assert len(trains) == len(rows) >= 1000
    for row, (start, i, j) in enumerate(rows):
        assert of_row(trains, row, orders[i]) == one_by_one(orders[i], calendars[j], start), (row, orders[i].reading)
        assert trains.course(row)[-1] == trains.last[row] == last[row]


@st.composite
def small_worlds(draw: st.DrawFn) -> Calendar:
    """Days open, shut, half or opened at random: no week, no country."""
    kinds: list[DayKind] = draw(
        st.lists(st.sampled_from(["workday"] * 5 + ["closure", "half day", "extra"]), min_size=40)
    )
    kinds += ["workday"] * 400
    reasons = [
        Reason(open=k != "closure", provisional=False, kind=k, text=k, fractions=1 if k == "half day" else None)
        for k in kinds
    ]
    return from_reasons("random", draw(st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 7))), reasons)


@given(small_worlds(), st.integers(0, 10**6), st.integers(0, 20))
def test_random_days_and_one_start(calendar: Calendar, seed: int, late: int) -> None:
    order = prescription(random.Random(seed), most=2)
    start = calendar.first + dt.timedelta(days=late)
    try:
        expected = one_by_one(order, calendar, start)
    except ScheduleError:
        with pytest.raises(ScheduleError):
            lay_out_many([start], order, calendar)
        return
    assert of_row(lay_out_many([start], order, calendar), 0, order) == expected


def test_only_permitted_days_begin_a_course() -> None:
    calendar = build(load_clinic("england"), FIRST, LAST)
    monday = lambda day: day.weekday() == 0  # noqa: E731 - the permission is one expression
    starts = [dt.date(2026, 3, 30) + dt.timedelta(days=step) for step in range(20)]
    trains = lay_out_many(starts, simple(45.0, 25), calendar, permitted=monday)
    for row, start in enumerate(starts):
        assert of_row(trains, row, simple(45.0, 25)) == one_by_one(simple(45.0, 25), calendar, start, permitted=monday)


@given(st.integers(1, 9), st.sampled_from(["3", "5", "bid"]), st.lists(st.integers(1, 40), min_size=1, max_size=9))
def test_fewer_fractions_are_the_beginning_of_the_course(seed: int, kind: str, counts: list[int]) -> None:
    calendar = clinic("CN", True, random.Random(seed))
    own = weekly(5, fractions_per_day=2) if kind == "bid" else weekly(int(kind))
    starts = [FIRST + dt.timedelta(days=31 * place) for place in range(len(counts))]
    trains = lay_out_many(starts, own, calendar, n_fractions=counts)
    last = last_days_many(starts, own, calendar, n_fractions=counts)
    for row, (start, n) in enumerate(zip(starts, counts, strict=True)):
        expected = [day for day, _ in one_by_one(simple(2.0 * n, n, own), calendar, start)]
        assert [date_of(day) for day in trains.course(row)] == expected
        assert date_of(last[row]) == expected[-1]


def test_blocks_of_bounded_memory_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = build(load_clinic("CN"), FIRST, LAST, worked_weekends=True)
    starts = day_numbers([FIRST]) + np.arange(500, dtype=np.int32)
    counts = np.arange(500) % 33 + 1
    both = (counts, np.full(500, 25))
    whole = [lay_out_many(starts, weekly(5), calendar, n_fractions=n) for n in both]
    monkeypatch.setattr("rtplan.course.many._BLOCK_FRACTIONS", 40)
    for before, n in zip(whole, both, strict=True):
        after = lay_out_many(starts, weekly(5), calendar, n_fractions=n)
        np.testing.assert_array_equal(before.days, after.days)


def test_days_are_four_bytes_each() -> None:
    trains = lay_out_many(["2026-03-02"], simple(45.0, 25), every_day_open(FIRST, LAST))
    assert trains.days.dtype == np.int32
    assert trains.days.nbytes == 100
    assert trains.first[0] == day_numbers(["2026-03-02"])[0]


def test_no_courses_at_all() -> None:
    trains = lay_out_many(np.empty(0, np.int32), simple(45.0, 25), every_day_open(FIRST, LAST))
    assert len(trains) == 0
    assert len(trains.days) == 0


CALENDAR = every_day_open(dt.date(2026, 1, 1), dt.date(2026, 2, 28))


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"starts": ["2026-01-01", "2026-02-20"]}, ScheduleError, "row 1: 45/25 from 2026-02-20 does not fit"),
        ({"starts": ["2025-12-31"]}, ScheduleError, "outside the calendar of no closures, 2026-01-01 to 2026-02-28"),
        ({"starts": ["yesterday"]}, DomainError, "starts must be dates"),
        ({"starts": ["NaT"]}, DomainError, "got an empty one"),
        ({"starts": [["2026-01-01"]]}, DomainError, "one list of dates"),
        ({"order": [1]}, DomainError, "order must be 0 to 0, got 1 to 1"),
        ({"calendar": [0, 0]}, DomainError, "calendar must be one whole number a row"),
        ({"orders": [simple(45.0, 25), simple(50.0, 25)]}, DomainError, "order must say for each row which of 2"),
        ({"n_fractions": 0}, DomainError, "n_fractions must be 1 or more"),
        ({"n_fractions": 26}, DomainError, "at most those of a prescription of one phase"),
        ({"orders": weekly(5)}, DomainError, "n_fractions must come with weekly patterns"),
    ],
)
def test_what_does_not_fit_is_refused(asked: dict[str, Any], error: type[Exception], message: str) -> None:
    whole: dict[str, Any] = {"starts": ["2026-01-01"], "orders": simple(45.0, 25), "calendars": CALENDAR} | asked
    with pytest.raises(error, match=message):
        lay_out_many(**whole)


def test_weekdays_on_which_the_clinic_never_works_are_refused_here_too() -> None:
    calendar = build(load_clinic("england"), FIRST, LAST)
    with pytest.raises(ScheduleError, match="contradict the calendar"):
        lay_out_many(["2026-03-02"], weekly(7), calendar, n_fractions=5)
