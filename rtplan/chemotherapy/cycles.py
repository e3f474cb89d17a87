"""Chemotherapy cycles on dates: aligned with the fractions, moved where the infusion unit is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rtplan.chemotherapy.protocol import ChemoProtocol, Drug, minimum_between
from rtplan.clinic.days import Calendar, add_days, days_between
from rtplan.course.course import Course
from rtplan.errors import ScheduleError, whole

__all__ = [
    "Cycle",
    "DrugDay",
    "after_interruption",
    "align",
    "drug_day_label",
    "start_permitted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugDay:
    """One day on which a drug is given. offset_days: from its cycle's day 1 (day 1 = 0).

    provisional: of a drug with a clock of its own; the day of any other is as its cycle's.
    """

    drug: str
    offset_days: int
    date: dt.date
    label: str
    closed: bool
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Day 1 of one cycle, with where it should have been.

    nominal_date: on the grid. due_date: the neighbouring cycle's actual date one interval on.
    shift_days = date - due_date, drift_days = date - nominal_date, interval_days since the cycle before.
    fraction_number: the first fraction given that day, None where there is none.
    concurrent: day 1 from first to last fraction inclusive.
    anchored_date: where its anchor alone would have put the first cycle of a block that has to wait for the minimum
        interval since the cycle before it; None everywhere else.
    """

    number: int
    nominal_date: dt.date
    due_date: dt.date
    date: dt.date
    shift_days: int
    drift_days: int
    interval_days: int | None
    fraction_number: int | None
    concurrent: bool
    within_window: bool
    provisional: bool
    drug_days: tuple[DrugDay, ...]
    anchored_date: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A cycle's day 1. reach: first and last of all days that its date depends on."""

    number: int
    nominal: dt.date
    due: dt.date
    date: dt.date
    reach: tuple[dt.date, dt.date]
    anchored: dt.date | None = None


def start_permitted(protocol: ChemoProtocol, infusion: Calendar) -> Callable[[dt.date], bool]:
    """May fraction 1 fall on a day? Only where the cycle fixed to it can be given that day."""

    def permitted(day: dt.date) -> bool:
        return protocol.anchor.kind != "cycle" or infusion.is_open(day)

    return permitted


def align(
    protocol: ChemoProtocol,
    course: Course,
    infusion: Calendar,
    delays: Mapping[int, int] | None = None,
) -> tuple[Cycle, ...]:
    """The cycles on dates.

    delays: days by which a cycle is put off (toxicity), carried on to the later ones. Before the anchored cycle,
        whose day is fixed, a delay lengthens the interval: the cycles before it stand so much earlier.

    The anchored cycle is fixed; earlier cycles run backwards from it and, where closed, move earlier to an open day
    keeping the minimum interval; later ones run forwards and move later. A cycle left out (``omit_if_late``) is not
    among the answer; `check` names it. A later block whose anchor would put its first cycle nearer to the cycle before
    it than the minimum interval starts when that has gone by.

    Raises ScheduleError where the infusion unit is closed on fraction 1's day and a
    cycle is fixed to it, and where two cycles would fall on one day.
    """
    if protocol.obstacle:
        raise ScheduleError(f"chemotherapy {protocol.name} cannot be laid out: {protocol.obstacle}")
    for number in delays or {}:
        whole("delayed cycle", number, 1, protocol.total_cycles)
    cycles: list[Cycle] = []
    passed = 0
    for block in protocol.blocks:
        here = {number - passed: days for number, days in (delays or {}).items()}
        spots = _Spots(block, infusion, here, passed, _earliest(protocol, block, cycles)).place(course)
        for spot in spots:
            before = cycles[-1] if cycles else None
            _refuse_disorder(block, before, spot.number + passed, spot.date)
            cycles.append(_cycle(block, course, infusion, spot, before, spots, passed))
        passed += block.n_cycles
    return tuple(cycles)


def after_interruption(
    protocol: ChemoProtocol,
    planned: Sequence[Cycle],
    course: Course,
    infusion: Calendar,
    as_of: dt.date,
    delays: Mapping[int, int] | None = None,
) -> tuple[Cycle, ...]:
    """The planned cycles beside the course as it goes on after an interruption.

    Chemotherapy stays on its dates. Only cycles after ``as_of`` can move: those of a block anchored to the end of
    radiotherapy follow it, and where the protocol moves with interruptions a cycle keeps the fraction it was planned
    with, one planned with none its distance from the cycle before; never earlier than planned, nor under the minimum
    interval. Drugs on radiotherapy days, concurrency and fraction numbers follow the course.
    """
    cycles: list[Cycle] = []
    passed = 0
    for block in protocol.blocks:
        here = [cycle for cycle in planned if passed < cycle.number <= passed + block.n_cycles]
        if block.anchor.kind == "after" and here and all(cycle.date > as_of for cycle in here):
            late = {number - passed: days for number, days in (delays or {}).items()}
            spots = _Spots(block, infusion, late, passed, _earliest(protocol, block, cycles)).place(course)
        else:
            spots = _stayed(block, here, passed, course, infusion, as_of)
        known = {cycle.number: cycle.provisional for cycle in here}
        for spot in spots:
            before = cycles[-1] if cycles else None
            _refuse_disorder(block, before, spot.number + passed, spot.date)
            cycle = _cycle(block, course, infusion, spot, before, spots, passed)
            cycles.append(replace(cycle, provisional=cycle.provisional or known.get(cycle.number, False)))
        passed += block.n_cycles
    return tuple(cycles)


def _earliest(protocol: ChemoProtocol, block: ChemoProtocol, cycles: Sequence[Cycle]) -> dt.date | None:
    """First day on which a block may begin, after the cycles before it; None where nothing binds it."""
    place = protocol.blocks.index(block)
    least = minimum_between(protocol.blocks[place - 1], block) if place else 0
    return add_days(cycles[-1].date, least) if cycles and least else None


def _stayed(
    block: ChemoProtocol,
    planned: Sequence[Cycle],
    passed: int,
    course: Course,
    infusion: Calendar,
    as_of: dt.date,
) -> list[_Spot]:
    spots: list[_Spot] = []
    moved = 0
    for cycle in planned:
        local = cycle.number - passed
        due, date = cycle.due_date, cycle.date
        if block.moves_with_interruption and date > as_of:
            partner = cycle.fraction_number
            if partner is not None and partner <= len(course.fractions):
                moved = max(0, days_between(date, course.fractions[partner - 1].date))
            wish = add_days(date, moved)
            if spots:
                wish = max(wish, add_days(spots[-1].date, block.minimum_after(local - 1)))
            due, date = wish, infusion.next_open(wish)
        reach = _reach(cycle.nominal_date, due, date)
        anchored = cycle.anchored_date
        spots.append(
            _Spot(number=local, nominal=cycle.nominal_date, due=due, date=date, reach=reach, anchored=anchored)
        )
    return spots


def _refuse_disorder(block: ChemoProtocol, before: Cycle | None, number: int, date: dt.date) -> None:
    if before is None or date > before.date:
        return
    anchored = f"policy {block.policy}" if block.policy == "keep-grid" else block.anchor.words(number)
    raise ScheduleError(
        f"cycle {number} would fall on {date}, not after cycle {before.number} on {before.date} "
        f"({block.label}: {anchored})"
    )


class _Spots:
    """Finds the date of each day 1 of one block of cycles, forwards and backwards from the anchor.

    Cycles are counted from 1 in the block; passed: cycles of the blocks before it. earliest: day before which a later
    block may not begin.
    """

    def __init__(
        self,
        protocol: ChemoProtocol,
        infusion: Calendar,
        delays: dict[int, int],
        passed: int,
        earliest: dt.date | None,
    ) -> None:
        self.protocol = protocol
        self.infusion = infusion
        self.delays = delays
        self.passed = passed
        self.earliest = earliest
        self.keeps_grid = protocol.policy == "keep-grid"

    def place(self, course: Course) -> list[_Spot]:
        anchor = self.protocol.anchor
        if anchor.kind == "before":
            return self._backwards(self._at(self.protocol.n_cycles + 1, course.first))
        fixed = self._on_fraction_1(course) if anchor.kind == "cycle" else self._on_its_own(course)
        return [*self._backwards(fixed), fixed, *self._forwards(fixed)]

    def _at(self, number: int, day: dt.date) -> _Spot:
        return _Spot(number=number, nominal=day, due=day, date=day, reach=(day, day))

    def _on_fraction_1(self, course: Course) -> _Spot:
        number, day = self.protocol.anchor.cycle, course.first
        if self.delays.get(number, 0):
            raise ScheduleError(f"cycle {number} is fixed to fraction 1: move the start instead of delaying it")
        if not self.infusion.is_open(day):
            raise ScheduleError(
                f"cycle {number} day 1 is fixed to fraction 1, but {self.infusion.name} gives no infusion on "
                f"{day}: {self.infusion.reason(day).text}"
            )
        return self._at(number, day)

    def _on_its_own(self, course: Course) -> _Spot:
        """Cycle 1 of a block that hangs on the start, on the end of radiotherapy or on a date."""
        anchor = self.protocol.anchor
        depends = [course.first]
        if anchor.kind == "after":
            anchored = add_days(course.last, anchor.days)
            depends.append(course.last)
            bound: dt.date | None = min(anchored, add_days(course.last, 1))
        else:
            anchored = anchor.date or add_days(course.first, anchor.days)
            bound = None
        waits = self.earliest is not None and anchored < self.earliest
        nominal = self.earliest if self.earliest is not None and waits else anchored
        bound = max((day for day in (bound, self.earliest) if day is not None), default=None)
        late = self.delays.get(1, 0)
        due = add_days(nominal, late)
        date = self._open_near(due, due if late else bound, None)
        reach = _reach(*depends, anchored, nominal, due, date)
        return _Spot(number=1, nominal=nominal, due=due, date=date, reach=reach, anchored=anchored if waits else None)

    def _position(self, number: int) -> int:
        """Day of a cycle on the grid; the one past the last is where the next would be."""
        grid = self.protocol.grid
        return grid[number - 1] if number <= len(grid) else grid[-1] + self.protocol.gap(len(grid))

    def _grid_days(self, first: int, second: int) -> int:
        return self._position(second) - self._position(first)

    def _forwards(self, fixed: _Spot) -> list[_Spot]:
        spots = [fixed]
        carried = self.delays.get(fixed.number, 0)
        late = 0
        for number in range(fixed.number + 1, self.protocol.n_cycles + 1):
            before = spots[-1]
            carried += self.delays.get(number, 0)
            late += self.delays.get(number, 0)
            nominal = add_days(fixed.nominal, self._grid_days(fixed.number, number))
            due = add_days(before.date, self._grid_days(before.number, number) + late)
            wish = add_days(nominal, carried) if self.keeps_grid else due
            earliest = due if late else add_days(before.date, self.protocol.minimum_after(number - 1))
            date = self._open_near(wish, earliest, None)
            if self.protocol.omit_if_late and days_between(wish, date) > self.protocol.window_days:
                continue
            late = 0
            reach = _reach(*before.reach, nominal, due, date)
            spots.append(_Spot(number=number, nominal=nominal, due=due, date=date, reach=reach))
        return spots[1:]

    def _backwards(self, fixed: _Spot) -> list[_Spot]:
        if fixed.number > 1 and self.delays.get(1, 0):
            raise ScheduleError(
                f"cycle {1 + self.passed} is counted back from fraction 1: move the start instead of delaying it"
            )
        spots = [fixed]
        carried = 0
        for number in range(fixed.number - 1, 0, -1):
            after = spots[-1]
            late = self.delays.get(number + 1, 0) if number + 1 < fixed.number else 0
            carried += late
            nominal = add_days(fixed.nominal, -self._grid_days(number, fixed.number))
            due = add_days(after.date, -self._grid_days(number, after.number) - late)
            wish = add_days(nominal, -carried) if self.keeps_grid else due
            latest = due if late else add_days(after.date, -self.protocol.minimum_after(number))
            date = self._open_near(wish, None, latest)
            reach = _reach(*after.reach, nominal, due, date)
            spots.append(_Spot(number=number, nominal=nominal, due=due, date=date, reach=reach))
        return spots[:0:-1]

    def _open_near(self, wish: dt.date, earliest: dt.date | None, latest: dt.date | None) -> dt.date:
        """Backwards (latest given) the open day before, forwards the next one, or under nearest-open the nearest."""
        if self.protocol.policy != "nearest-open" or self.infusion.is_open(wish):
            return self.infusion.next_open(wish) if latest is None else self.infusion.previous_open(wish)
        options = [self.infusion.previous_open(wish), self.infusion.next_open(wish)]
        kept = [day for day in options if (earliest is None or day >= earliest) and (latest is None or day <= latest)]
        fallback = options[1] if latest is None else options[0]
        return min(kept, key=lambda day: abs(days_between(wish, day)), default=fallback)


def _reach(*days: dt.date) -> tuple[dt.date, dt.date]:
    return min(days), max(days)


def _cycle(
    protocol: ChemoProtocol,
    course: Course,
    infusion: Calendar,
    spot: _Spot,
    before: Cycle | None,
    spots: Sequence[_Spot],
    passed: int,
) -> Cycle:
    shift = days_between(spot.due, spot.date)
    numbers = [fraction.number for fraction in course.fractions if fraction.date == spot.date]
    return Cycle(
        number=spot.number + passed,
        nominal_date=spot.nominal,
        due_date=spot.due,
        date=spot.date,
        shift_days=shift,
        drift_days=days_between(spot.nominal, spot.date),
        interval_days=days_between(before.date, spot.date) if before else None,
        fraction_number=numbers[0] if numbers else None,
        concurrent=course.first <= spot.date <= course.last,
        within_window=abs(shift) <= protocol.window_days,
        provisional=infusion.depends_on_provisional(*spot.reach),
        drug_days=_drug_days(protocol, course, infusion, spot, spots, passed),
        anchored_date=spot.anchored,
    )


def _drug_days(
    protocol: ChemoProtocol,
    course: Course,
    infusion: Calendar,
    spot: _Spot,
    spots: Sequence[_Spot],
    passed: int,
) -> tuple[DrugDay, ...]:
    days: list[DrugDay] = []
    for drug in protocol.drugs:
        own = drug.every_days is not None
        for date in _dates_of(drug, course, infusion, spot, spots):
            offset = days_between(spot.date, date)
            days.append(
                DrugDay(
                    drug=drug.name,
                    offset_days=offset,
                    date=date,
                    label=drug_day_label(spot.number + passed, offset),
                    closed=not drug.through_closed_days and infusion.covers(date) and not infusion.is_open(date),
                    provisional=own and infusion.depends_on_provisional(*_reach(spots[0].date, date)),
                )
            )
    return tuple(sorted(days, key=lambda day: (day.date, day.drug)))


def _dates_of(drug: Drug, course: Course, infusion: Calendar, spot: _Spot, spots: Sequence[_Spot]) -> list[dt.date]:
    """Dates of a drug that belong to this cycle: days of radiotherapy or of a clock by the cycle they fall in."""
    if drug.cycles and spot.number not in drug.cycles:
        return []
    if not drug.on_radiotherapy_days and drug.every_days is None:
        return [add_days(spot.date, offset) for offset in drug.offsets]
    dates = list(course.dates) if drug.on_radiotherapy_days else _clock(drug, spots[0].date, course.last, infusion)
    begin = dt.date.min if spot is spots[0] else spot.date
    end = min((other.date for other in spots if other.number > spot.number), default=None)
    return [date for date in dates if begin <= date and (end is None or date < end)]


def _clock(drug: Drug, first: dt.date, last_fraction: dt.date, infusion: Calendar) -> list[dt.date]:
    """Dates of a drug with a clock of its own, which counts on from the day on which it was given."""
    base, bases = first, [first]
    while len(bases) < drug.doses if drug.doses is not None else base <= last_fraction:
        base = _on_open_day(drug, add_days(base, drug.every_days or 1), infusion)
        bases.append(base)
    dates = sorted(add_days(base, offset) for base in bases for offset in drug.offsets)
    return [date for date in dates if drug.doses is not None or date <= last_fraction]


def _on_open_day(drug: Drug, base: dt.date, infusion: Calendar) -> dt.date:
    """The base of a round, put off where the first of its days is closed; beyond the calendar it stays."""
    given = add_days(base, drug.offsets[0])
    if drug.through_closed_days or not infusion.covers(given) or infusion.is_open(given):
        return base
    return add_days(base, days_between(given, infusion.next_open(given)))


def drug_day_label(cycle: int, offset_days: int) -> str:
    """How a drug's day is written: C2D8, or "1 day before C2D1".

    >>> drug_day_label(2, 7), drug_day_label(2, -1)
    ('C2D8', '1 day before C2D1')
    """
    if offset_days >= 0:
        return f"C{cycle}D{offset_days + 1}"
    plural = "day" if offset_days == -1 else "days"
    return f"{-offset_days} {plural} before C{cycle}D1"
