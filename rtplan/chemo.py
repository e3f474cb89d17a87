"""Chemotherapy cycles on dates: aligned with the fractions, moved where the infusion unit is closed."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rtplan.course import Course
from rtplan.errors import DomainError, ScheduleError, whole
from rtplan.note import Note, Scalar
from rtplan.source import DESIGN_DEFAULT, Source
from rtplan.workdays import Calendar, add_days, days_between, parse_date

__all__ = [
    "Anchor",
    "ChemoProtocol",
    "Cycle",
    "Drug",
    "DrugDay",
    "after_interruption",
    "align",
    "check",
    "delay_notes",
    "drug_day_label",
    "parse_anchor",
    "start_permitted",
    "with_anchor",
]

POLICIES = ("reanchor", "keep-grid", "nearest-open")
ANCHORS = ("cycle", "before", "start", "after", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug of a protocol.

    offset_days: days after cycle day 1 on which it is given (day 1 = 0, the day before = -1, day 8 = 7).
    day: the same, as the protocol prints it, day 1 = 1; only for days from 1 on.
    on_radiotherapy_days: given with each treated day instead of by offsets.
    every_days: a clock of its own, from cycle 1 day 1: every so many days ``doses`` times, or, where
        ``to_last_fraction`` is set, for as long as radiotherapy lasts.
    through_closed_days: the drug goes on over weekends and closures (an oral drug, a pump).
    """

    name: str
    source: Source
    dose: str = ""
    offset_days: tuple[int, ...] = ()
    day: tuple[int, ...] = ()
    on_radiotherapy_days: bool = False
    every_days: int | None = None
    doses: int | None = None
    to_last_fraction: bool = False
    through_closed_days: bool = False
    days_verified: bool = True

    def __post_init__(self) -> None:
        for number in self.day:
            if number < 1:
                raise DomainError(
                    f"drug {self.name!r}: day must be 1 or greater (day 1 is cycle day 1), got {number}; "
                    f"write the day before day 1 as offset_days = [-1], the day before that as [-2]"
                )
        if self.day and self.offset_days:
            raise DomainError(f"drug {self.name!r}: give day or offset_days, not both")
        if self.on_radiotherapy_days and self.offsets:
            raise DomainError(f"drug {self.name!r}: on_radiotherapy_days goes without days of its own")
        if not self.on_radiotherapy_days and not self.offsets:
            raise DomainError(f"drug {self.name!r} has no days: give day, offset_days or on_radiotherapy_days")
        if self.on_radiotherapy_days and self.every_days is not None:
            raise DomainError(f"drug {self.name!r}: on_radiotherapy_days goes without a clock of its own")
        self._check_clock()

    def _check_clock(self) -> None:
        ends = (self.doses is not None) + self.to_last_fraction
        if ends != (self.every_days is not None):
            raise DomainError(f"drug {self.name!r}: every_days goes with doses or with to_last_fraction, one of them")
        if self.every_days is not None:
            whole("every_days", self.every_days, 1)
        if self.doses is not None:
            whole("doses", self.doses, 1)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Days after cycle day 1, day 1 = 0."""
        return self.offset_days or tuple(number - 1 for number in self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What the cycles are fixed to.

    kind: "cycle" (cycle ``cycle`` day 1 is fraction 1), "before" (all cycles before fraction 1, which falls where the
    next cycle would begin), "start" (cycle 1 day 1 is ``days`` after fraction 1), "after" (``days`` after the last
    fraction), "date" (cycle 1 day 1 is ``date``). Where the infusion unit is closed, "cycle" moves the start of the
    course; "start", "after" and "date" move the cycle.
    """

    kind: str = "cycle"
    cycle: int = 1
    days: int = 0
    date: dt.date | None = None

    def __post_init__(self) -> None:
        if self.kind not in ANCHORS:
            raise DomainError(f"anchor kind takes {', '.join(ANCHORS)}, got {self.kind!r}")
        whole("cycle", self.cycle, 1)
        whole("days", self.days, 0)
        for name, value, kinds in (
            ("cycle", self.cycle != 1, ("cycle",)),
            ("days", self.days != 0, ("start", "after")),
            ("date", self.date is not None, ("date",)),
        ):
            if value and self.kind not in kinds:
                raise DomainError(f"anchor {name} does not go with kind {self.kind}")
        if self.kind == "date" and self.date is None:
            raise DomainError("anchor kind date needs a date")

    @property
    def text(self) -> str:
        """In words."""
        return self.words(1)

    def words(self, first: int) -> str:
        """In words, for a block of cycles whose first has this number."""
        plural = "day" if self.days == 1 else "days"
        return {
            "cycle": f"cycle {self.cycle + first - 1} day 1 on fraction 1",
            "before": "all cycles before fraction 1",
            "start": f"cycle {first} day 1 is {self.days} {plural} after fraction 1",
            "after": f"cycle {first} day 1 is {self.days} {plural} after the last fraction",
            "date": f"cycle {first} day 1 on {self.date}",
        }[self.kind]


def parse_anchor(text: str) -> Anchor:
    """An anchor from ``cycle=2``, ``before``, ``start=56``, ``after=28`` or ``date=2026-03-02``.

    >>> parse_anchor("cycle=2").text
    'cycle 2 day 1 on fraction 1'
    >>> parse_anchor("start=56").text
    'cycle 1 day 1 is 56 days after fraction 1'
    """
    if text == "before":
        return Anchor(kind="before")
    if match := re.fullmatch(r"(cycle|start|after)=([0-9]{1,4})", text):
        kind, number = match[1], int(match[2])
        return Anchor(kind=kind, cycle=number) if kind == "cycle" else Anchor(kind=kind, days=number)
    if text.startswith("date="):
        return Anchor(kind="date", date=parse_date(text.removeprefix("date="), "align date"))
    raise DomainError(f"align takes cycle=N, before, start=DAYS, after=DAYS or date=YYYY-MM-DD, got {text!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChemoProtocol:
    """Cycles of chemotherapy, and how they move.

    cycle_length_days: of the grid [d]; starts_offset_days: unequal starts instead, days after cycle 1 day 1.
    window_days: how far a day 1 may lie from its due date [d]; minimum_interval_days, maximum_interval_days between
        two day 1s [d]; maximum_delay_days of a day 1 behind its nominal date, or beyond the grid's interval [d].
    policy: reanchor (later cycles count from the actual date), keep-grid (each moves alone),
        nearest-open (earlier or later, never under the minimum interval).
    omit_if_late: a cycle that could only be given more than ``window_days`` late is left out.
    moves_with_interruption: cycles still to come follow the fractions when radiotherapy is interrupted.
    then: further cycles on an anchor, drugs and rules of their own; the numbers run on.
    """

    name: str
    label: str
    n_cycles: int
    drugs: tuple[Drug, ...]
    source: Source
    cycle_length_days: int | None = None
    starts_offset_days: tuple[int, ...] = ()
    anchor: Anchor = Anchor()
    anchor_source: Source = DESIGN_DEFAULT
    policy: str = "reanchor"
    window_days: int = 3
    window_source: Source = DESIGN_DEFAULT
    minimum_interval_days: int | None = None
    minimum_interval_source: Source = DESIGN_DEFAULT
    maximum_delay_days: int = 14
    maximum_delay_source: Source = DESIGN_DEFAULT
    maximum_interval_days: int | None = None
    omit_if_late: bool = False
    omit_source: Source = DESIGN_DEFAULT
    moves_with_interruption: bool = False
    notes: str = ""
    not_for_calculation: str = ""
    then: ChemoProtocol | None = None

    def __post_init__(self) -> None:
        whole("n_cycles", self.n_cycles, 1, 99)
        if self.policy not in POLICIES:
            raise DomainError(f"policy takes {', '.join(POLICIES)}, got {self.policy!r}")
        self._check_grid()
        if self.anchor.kind == "cycle" and self.anchor.cycle > self.n_cycles:
            raise DomainError(f"anchor cycle {self.anchor.cycle} is past the last of {self.n_cycles} cycles")
        if self.anchor.kind == "before" and self.gap(self.n_cycles) == 0:
            raise DomainError(
                "anchor kind before needs cycle_length_days: how long before fraction 1 the last cycle is"
            )
        whole("window_days", self.window_days, 0)
        whole("maximum_delay_days", self.maximum_delay_days, 0)
        self._check_intervals()
        if self.then is not None and self.then.anchor.kind in ("cycle", "before"):
            raise DomainError("then: its anchor takes start, after or date: fraction 1 has its cycle already")

    def _check_grid(self) -> None:
        if self.cycle_length_days is None and not self.starts_offset_days and self.n_cycles > 1:
            raise DomainError(f"chemotherapy {self.name!r} needs cycle_length_days or starts_offset_days")
        if self.cycle_length_days is not None:
            whole("cycle_length_days", self.cycle_length_days, 1, 365)
        if self.starts_offset_days:
            if len(self.starts_offset_days) != self.n_cycles:
                raise DomainError(f"starts_offset_days needs {self.n_cycles} numbers, one a cycle")
            if any(b <= a for a, b in itertools.pairwise(self.starts_offset_days)):
                raise DomainError("starts_offset_days must rise")

    def _check_intervals(self) -> None:
        """Rules that no calendar could satisfy are refused by name."""
        for name, bound in (
            ("minimum_interval_days", self.minimum_interval_days),
            ("maximum_interval_days", self.maximum_interval_days),
        ):
            if bound is not None:
                whole(name, bound, 1, 3650)
        for number in range(1, self.n_cycles):
            gap = self.gap(number)
            if self.minimum_interval_days is not None and gap < self.minimum_interval_days:
                raise DomainError(
                    f"minimum_interval_days of {self.minimum_interval_days} d contradicts the grid: "
                    f"cycle {number + 1} is planned {gap} d after cycle {number}"
                )
            if self.maximum_interval_days is not None and gap > self.maximum_interval_days:
                raise DomainError(
                    f"maximum_interval_days of {self.maximum_interval_days} d contradicts the grid: "
                    f"cycle {number + 1} is planned {gap} d after cycle {number}"
                )

    @property
    def grid(self) -> tuple[int, ...]:
        """Nominal day 1 of each cycle, in days after cycle 1 day 1."""
        if self.starts_offset_days:
            return tuple(offset - self.starts_offset_days[0] for offset in self.starts_offset_days)
        return tuple(i * (self.cycle_length_days or 0) for i in range(self.n_cycles))

    def gap(self, cycle: int) -> int:
        """Days on the grid from this cycle (from 1) to the next; past the last, the one before."""
        grid = self.grid
        if cycle < self.n_cycles:
            return grid[cycle] - grid[cycle - 1]
        return self.cycle_length_days or (grid[-1] - grid[-2] if len(grid) > 1 else 0)

    def minimum_after(self, cycle: int) -> int:
        """Shortest interval from this cycle's day 1 to the next: the stated one, else the grid's own. [d]"""
        return self.gap(cycle) if self.minimum_interval_days is None else self.minimum_interval_days

    @property
    def blocks(self) -> tuple[ChemoProtocol, ...]:
        """This block of cycles, and those that follow it."""
        return (self, *(self.then.blocks if self.then else ()))

    @property
    def total_cycles(self) -> int:
        """Cycles of all blocks."""
        return sum(block.n_cycles for block in self.blocks)

    @property
    def obstacle(self) -> str:
        """Why it cannot be laid out; empty where it can."""
        return next((block.not_for_calculation for block in self.blocks if block.not_for_calculation), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugDay:
    """One day on which a drug is given. offset_days: from its cycle's day 1 (day 1 = 0)."""

    drug: str
    offset_days: int
    date: dt.date
    label: str
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Day 1 of one cycle, with where it should have been.

    nominal_date: on the grid. due_date: the neighbouring cycle's actual date one interval on.
    shift_days = date - due_date, drift_days = date - nominal_date, interval_days since the cycle before.
    fraction_number: the first fraction given that day, None where there is none.
    concurrent: day 1 from first to last fraction inclusive.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A cycle's day 1. reach: first and last of all days that its date depends on."""

    number: int
    nominal: dt.date
    due: dt.date
    date: dt.date
    reach: tuple[dt.date, dt.date]


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
    among the answer; `check` names it. Raises ScheduleError where the infusion unit is closed on fraction 1's day and a
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
        spots = _Spots(block, infusion, here, passed).place(course)
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
            spots = _Spots(block, infusion, late, passed).place(course)
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
        spots.append(_Spot(number=local, nominal=cycle.nominal_date, due=due, date=date, reach=reach))
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

    Cycles are counted from 1 in the block; passed: cycles of the blocks before it.
    """

    def __init__(self, protocol: ChemoProtocol, infusion: Calendar, delays: dict[int, int], passed: int) -> None:
        self.protocol = protocol
        self.infusion = infusion
        self.delays = delays
        self.passed = passed
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
            nominal = add_days(course.last, anchor.days)
            depends.append(course.last)
            bound = min(nominal, add_days(course.last, 1))
        else:
            nominal = anchor.date or add_days(course.first, anchor.days)
            bound = None
        late = self.delays.get(1, 0)
        due = add_days(nominal, late)
        date = self._open_near(due, due if late else bound, None)
        return _Spot(number=1, nominal=nominal, due=due, date=date, reach=_reach(*depends, nominal, due, date))

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
        for date in _dates_of(drug, course, spot, spots):
            offset = days_between(spot.date, date)
            days.append(
                DrugDay(
                    drug=drug.name,
                    offset_days=offset,
                    date=date,
                    label=drug_day_label(spot.number + passed, offset),
                    closed=not drug.through_closed_days and infusion.covers(date) and not infusion.is_open(date),
                )
            )
    return tuple(sorted(days, key=lambda day: (day.date, day.drug)))


def _dates_of(drug: Drug, course: Course, spot: _Spot, spots: Sequence[_Spot]) -> list[dt.date]:
    """Dates of a drug that belong to this cycle: days of radiotherapy or of a clock by the cycle they fall in."""
    if not drug.on_radiotherapy_days and drug.every_days is None:
        return [add_days(spot.date, offset) for offset in drug.offsets]
    dates = list(course.dates) if drug.on_radiotherapy_days else _clock(drug, spots[0].date, course.last)
    begin = dt.date.min if spot is spots[0] else spot.date
    end = min((other.date for other in spots if other.number > spot.number), default=None)
    return [date for date in dates if begin <= date and (end is None or date < end)]


def _clock(drug: Drug, first: dt.date, last_fraction: dt.date) -> list[dt.date]:
    """Dates of a drug with a clock of its own."""
    step = drug.every_days or 1
    if drug.doses is not None:
        return sorted(add_days(first, k * step + offset) for k in range(drug.doses) for offset in drug.offsets)
    rounds = range(max(0, days_between(first, last_fraction)) // step + 1)
    dates = sorted(add_days(first, k * step + offset) for k in rounds for offset in drug.offsets)
    return [date for date in dates if date <= last_fraction]


def drug_day_label(cycle: int, offset_days: int) -> str:
    """How a drug's day is written: C2D8, or "1 day before C2D1".

    >>> drug_day_label(2, 7), drug_day_label(2, -1)
    ('C2D8', '1 day before C2D1')
    """
    if offset_days >= 0:
        return f"C{cycle}D{offset_days + 1}"
    plural = "day" if offset_days == -1 else "days"
    return f"{-offset_days} {plural} before C{cycle}D1"


def check(protocol: ChemoProtocol, cycles: tuple[Cycle, ...]) -> tuple[Note, ...]:
    """What has to be said of these cycles: windows, intervals and delays broken, cycles left out, drugs on closed days.

    Codes: ``cycle-window``, ``cycle-interval``, ``cycle-interval-long``, ``cycle-delay`` (violations),
    ``cycle-omitted``, ``drug-on-closed-day`` (warnings).
    """
    notes: list[Note] = []
    passed = 0
    for block in protocol.blocks:
        numbers = range(passed + 1, passed + block.n_cycles + 1)
        here = [cycle for cycle in cycles if cycle.number in numbers]
        for before, cycle in zip((None, *here), here, strict=False):
            due = block.grid[cycle.number - passed - 1] - block.grid[before.number - passed - 1] if before else None
            notes += _check_cycle(block, cycle, cycle.number - passed, due)
        notes += _omitted(block, here, passed)
        passed += block.n_cycles
    return tuple(notes)


def _check_cycle(protocol: ChemoProtocol, cycle: Cycle, local: int, grid_days: int | None) -> Iterator[Note]:
    """local: number of the cycle in its block. grid_days: planned since the cycle before it in the block. [d]"""
    number = cycle.number
    if not cycle.within_window:
        yield _breach(
            "cycle-window",
            f"cycle {number} on {cycle.date} is {cycle.shift_days:+d} d from its due date {cycle.due_date}, "
            f"window ±{protocol.window_days} d ({protocol.window_source.text})",
            {"cycle": number, "shift_days": cycle.shift_days, "window_days": protocol.window_days},
        )
    yield from _check_interval(protocol, cycle, local)
    yield from _check_delay(protocol, cycle, grid_days)
    for day in cycle.drug_days:
        if day.closed:
            yield Note(
                code="drug-on-closed-day",
                severity="warning",
                message=f"{day.drug} on {day.date} ({day.label}): the infusion unit is closed",
                values={"drug": day.drug, "date": day.date.isoformat(), "label": day.label},
            )


def _check_delay(protocol: ChemoProtocol, cycle: Cycle, grid_days: int | None) -> Iterator[Note]:
    """The later of two: behind the nominal date, and behind the planned interval since the cycle before it."""
    beyond = cycle.drift_days
    behind = f"its nominal date {cycle.nominal_date}"
    if grid_days is not None and cycle.interval_days is not None and cycle.interval_days - grid_days > beyond:
        beyond = cycle.interval_days - grid_days
        behind = f"the {grid_days} d planned since the one before it"
    if beyond > protocol.maximum_delay_days:
        yield _breach(
            "cycle-delay",
            f"cycle {cycle.number} on {cycle.date} is {beyond} d behind {behind}, "
            f"maximum {protocol.maximum_delay_days} d ({protocol.maximum_delay_source.text})",
            {
                "cycle": cycle.number,
                "delay_days": beyond,
                "drift_days": cycle.drift_days,
                "maximum_days": protocol.maximum_delay_days,
            },
        )


def _check_interval(protocol: ChemoProtocol, cycle: Cycle, local: int) -> Iterator[Note]:
    interval = cycle.interval_days
    if interval is None:
        return
    number = cycle.number
    least = protocol.minimum_after(local - 1) if local > 1 else protocol.minimum_interval_days or 0
    most = protocol.maximum_interval_days
    if interval < least:
        own = local == 1  # set by the protocol's two anchors, not by a calendar: said, and no broken rule
        yield Note(
            code="cycle-interval",
            severity="warning" if own else "violation",
            message=f"cycle {number} on {cycle.date} is {interval} d after the one before it, "
            f"minimum {least} d ({protocol.minimum_interval_source.text})"
            + (f"; by the protocol itself {protocol.anchor.words(number)}" if own else ""),
            values={"cycle": number, "interval_days": interval, "minimum_days": least},
        )
    if most is not None and interval > most:
        yield _breach(
            "cycle-interval-long",
            f"cycle {number} on {cycle.date} is {interval} d after the one before it, maximum {most} d",
            {"cycle": number, "interval_days": interval, "maximum_days": most},
        )


def _omitted(block: ChemoProtocol, here: Sequence[Cycle], passed: int) -> Iterator[Note]:
    given = {cycle.number - passed: cycle for cycle in here}
    for local in range(1, block.n_cycles + 1):
        if local in given or not given:
            continue
        known, cycle = next(iter(given.items()))
        nominal = add_days(cycle.nominal_date, block.grid[local - 1] - block.grid[known - 1])
        yield Note(
            code="cycle-omitted",
            severity="warning",
            message=f"cycle {local + passed}, nominal {nominal}, is left out: it could only be given more than "
            f"{block.window_days} d late ({block.omit_source.text})",
            values={"cycle": local + passed, "nominal_date": nominal.isoformat(), "window_days": block.window_days},
        )


def delay_notes(delays: Mapping[int, int], cycles: Sequence[Cycle], undelayed: Sequence[Cycle]) -> tuple[Note, ...]:
    """What putting cycles off did to the others, and to how many are concurrent. undelayed: the cycles without it."""
    before = {cycle.number: cycle for cycle in undelayed}
    notes = []
    for number, days in sorted(delays.items()):
        if not days:
            continue
        moved = [
            f"cycle {cycle.number} from {before[cycle.number].date} to {cycle.date}"
            for cycle in cycles
            if cycle.number in before and cycle.date != before[cycle.number].date
        ]
        with_it, without = sum(c.concurrent for c in cycles), sum(c.concurrent for c in undelayed)
        notes.append(
            Note(
                code="cycle-put-off",
                severity="info",
                message=f"cycle {number} put off by {days} d: {'; '.join(moved) or 'no cycle moved'}; "
                f"concurrent {with_it} of {len(cycles)}, without the delay {without}",
                values={"cycle": number, "days": days, "concurrent": with_it, "concurrent_without_delay": without},
            )
        )
    return tuple(notes)


def _breach(code: str, message: str, values: Mapping[str, Scalar]) -> Note:
    return Note(code=code, severity="violation", message=message, values=dict(values))


def with_anchor(protocol: ChemoProtocol, anchor: Anchor) -> ChemoProtocol:
    """The same protocol aligned otherwise, at the user's word."""
    return replace(protocol, anchor=anchor, anchor_source=Source(text="chosen by the user", verified=False))
