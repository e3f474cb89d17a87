"""Chemotherapy cycles on dates: aligned with the fractions, moved where the infusion unit is closed."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rtplan.course import Course
from rtplan.errors import DomainError, ScheduleError, non_negative, whole
from rtplan.note import Note, Scalar
from rtplan.source import DESIGN_DEFAULT, Source
from rtplan.workdays import Calendar, add_days, days_between

__all__ = [
    "Anchor",
    "ChemoProtocol",
    "Cycle",
    "Drug",
    "DrugDay",
    "align",
    "check",
    "drug_day_label",
    "parse_anchor",
    "start_permitted",
    "with_anchor",
]

POLICIES = ("reanchor", "keep-grid", "nearest-open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug of a protocol.

    offset_days: days after cycle day 1 on which it is given (day 1 = 0, the day before = -1, day 8 = 7).
    day: the same, as the protocol prints it, day 1 = 1; only for days from 1 on.
    on_radiotherapy_days: given with each treated day instead of by offsets.
    every_days, doses: a clock of its own: every so many days, so many doses, from the anchor's day.
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
        if (self.every_days is None) != (self.doses is None):
            raise DomainError(f"drug {self.name!r}: every_days and doses go together")
        if self.every_days is not None:
            whole("every_days", self.every_days, 1)
            whole("doses", self.doses, 1)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Days after cycle day 1, day 1 = 0."""
        return self.offset_days or tuple(number - 1 for number in self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What the cycles are fixed to.

    kind: "cycle" (cycle ``cycle`` day 1 is fraction 1), "before" (all cycles before fraction 1, which falls where the
    next cycle would begin), "after" (cycle 1 day 1 is ``days`` after the last fraction), "date" (cycle 1 day 1
    is ``date``).
    """

    kind: str = "cycle"
    cycle: int = 1
    days: int = 0
    date: dt.date | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("cycle", "before", "after", "date"):
            raise DomainError(f"anchor kind takes cycle, before, after or date, got {self.kind!r}")
        whole("cycle", self.cycle, 1)
        whole("days", self.days, 0)
        if (self.kind == "date") != (self.date is not None):
            raise DomainError("anchor date goes with kind date and only with it")

    @property
    def text(self) -> str:
        """In words."""
        return {
            "cycle": f"cycle {self.cycle} day 1 on fraction 1",
            "before": "all cycles before fraction 1",
            "after": f"cycle 1 day 1 on day {self.days} after the last fraction",
            "date": f"cycle 1 day 1 on {self.date}",
        }[self.kind]


def parse_anchor(text: str) -> Anchor:
    """An anchor from ``cycle=2``, ``before``, ``after=28`` or ``date=2026-03-02``.

    >>> parse_anchor("cycle=2").text
    'cycle 2 day 1 on fraction 1'
    """
    kind, _, value = text.partition("=")
    try:
        if kind == "before" and not value:
            return Anchor(kind="before")
        if kind == "cycle":
            return Anchor(kind="cycle", cycle=int(value))
        if kind == "after":
            return Anchor(kind="after", days=int(value))
        if kind == "date":
            return Anchor(kind="date", date=dt.date.fromisoformat(value))
    except ValueError:
        pass
    raise DomainError(f"align takes cycle=N, before, after=DAYS or date=YYYY-MM-DD, got {text!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChemoProtocol:
    """Cycles of chemotherapy, and how they move.

    cycle_length_days: of the grid [d]; starts_offset_days: unequal starts instead, days after cycle 1 day 1.
    window_days: how far a day 1 may lie from its due date [d]; minimum_interval_days between two day 1s [d];
    maximum_delay_days of a day 1 behind its due date [d].
    policy: reanchor (later cycles count from the actual date), keep-grid (each moves alone),
    nearest-open (earlier or later, never under the minimum interval).
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
    moves_with_interruption: bool = False
    notes: str = ""
    not_for_calculation: str = ""

    def __post_init__(self) -> None:
        whole("n_cycles", self.n_cycles, 1, 99)
        if self.policy not in POLICIES:
            raise DomainError(f"policy takes {', '.join(POLICIES)}, got {self.policy!r}")
        if self.cycle_length_days is None and not self.starts_offset_days and self.n_cycles > 1:
            raise DomainError(f"chemotherapy {self.name!r} needs cycle_length_days or starts_offset_days")
        if self.cycle_length_days is not None:
            whole("cycle_length_days", self.cycle_length_days, 1, 365)
        if self.starts_offset_days:
            if len(self.starts_offset_days) != self.n_cycles:
                raise DomainError(f"starts_offset_days needs {self.n_cycles} numbers, one a cycle")
            if any(b <= a for a, b in itertools.pairwise(self.starts_offset_days)):
                raise DomainError("starts_offset_days must rise")
        if self.anchor.kind == "cycle" and self.anchor.cycle > self.n_cycles:
            raise DomainError(f"anchor cycle {self.anchor.cycle} is past the last of {self.n_cycles} cycles")
        non_negative("window_days", self.window_days, "d")
        non_negative("maximum_delay_days", self.maximum_delay_days, "d")
        if self.minimum_interval_days is not None:
            non_negative("minimum_interval_days", self.minimum_interval_days, "d")

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
        gap = self.gap(cycle)
        return gap if self.minimum_interval_days is None else min(self.minimum_interval_days, gap)


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
    number: int
    nominal: dt.date
    due: dt.date
    date: dt.date


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

    delays: days by which a cycle is put off (toxicity), carried on to the later ones.

    The anchored cycle is fixed; earlier cycles run backwards from it and, where closed, move earlier to an open day
    keeping the minimum interval; later ones run forwards and move later. Raises ScheduleError where the infusion unit
    is closed on fraction 1's day and a cycle is fixed to it.
    """
    if protocol.not_for_calculation:
        raise ScheduleError(f"chemotherapy {protocol.name} cannot be laid out: {protocol.not_for_calculation}")
    spots = _Spots(protocol, infusion, dict(delays or {}))
    placed = spots.place(course)
    return tuple(
        _cycle(protocol, course, infusion, spot, placed[i - 1].date if i else None, placed)
        for i, spot in enumerate(placed)
    )


class _Spots:
    """Finds the date of each cycle's day 1, forwards and backwards from the anchor."""

    def __init__(self, protocol: ChemoProtocol, infusion: Calendar, delays: dict[int, int]) -> None:
        for number in delays:
            whole("delayed cycle", number, 1, protocol.n_cycles)
        self.protocol = protocol
        self.infusion = infusion
        self.delays = delays

    def place(self, course: Course) -> list[_Spot]:
        anchored, day = self._anchor(course)
        if anchored > self.protocol.n_cycles:
            virtual = _Spot(number=anchored, nominal=day, due=day, date=day)
            return self._backwards(virtual)
        fixed = self._fixed(anchored, day)
        return [*self._backwards(fixed), fixed, *self._forwards(fixed)]

    def _anchor(self, course: Course) -> tuple[int, dt.date]:
        anchor = self.protocol.anchor
        if anchor.kind == "cycle":
            return anchor.cycle, course.first
        if anchor.kind == "before":
            return self.protocol.n_cycles + 1, course.first
        if anchor.kind == "after":
            return 1, add_days(course.last, anchor.days)
        return 1, anchor.date or course.first

    def _fixed(self, number: int, day: dt.date) -> _Spot:
        late = self.delays.get(number, 0)
        if self.protocol.anchor.kind == "cycle":
            if late:
                raise ScheduleError(f"cycle {number} is fixed to fraction 1: move the start instead of delaying it")
            if not self.infusion.is_open(day):
                raise ScheduleError(
                    f"cycle {number} day 1 is fixed to fraction 1, but {self.infusion.name} gives no infusion on "
                    f"{day}: {self.infusion.reason(day).text}"
                )
            return _Spot(number=number, nominal=day, due=day, date=day)
        due = add_days(day, late)
        return _Spot(number=number, nominal=day, due=due, date=self.infusion.next_open(due))

    def _forwards(self, fixed: _Spot) -> list[_Spot]:
        spots: list[_Spot] = []
        before = fixed
        carried = 0
        for number in range(fixed.number + 1, self.protocol.n_cycles + 1):
            gap = self.protocol.gap(number - 1)
            late = self.delays.get(number, 0)
            carried += late
            nominal = add_days(before.nominal, gap)
            due = add_days(before.date, gap + late)
            wish = add_days(nominal, carried) if self.protocol.policy == "keep-grid" else due
            earliest = add_days(before.date, self.protocol.minimum_after(number - 1))
            before = _Spot(number=number, nominal=nominal, due=due, date=self._open_near(wish, earliest, None))
            spots.append(before)
        return spots

    def _backwards(self, fixed: _Spot) -> list[_Spot]:
        spots: list[_Spot] = []
        after = fixed
        for number in range(fixed.number - 1, 0, -1):
            gap = self.protocol.gap(number) + self.delays.get(number + 1, 0)
            nominal = add_days(after.nominal, -gap)
            due = add_days(after.date, -gap)
            wish = nominal if self.protocol.policy == "keep-grid" else due
            latest = add_days(after.date, -self.protocol.minimum_after(number))
            after = _Spot(number=number, nominal=nominal, due=due, date=self._open_near(wish, None, latest))
            spots.append(after)
        return spots[::-1]

    def _open_near(self, wish: dt.date, earliest: dt.date | None, latest: dt.date | None) -> dt.date:
        """Forwards (earliest given) the next open day, backwards (latest given) the one before, or the nearest."""
        if self.protocol.policy != "nearest-open" or self.infusion.is_open(wish):
            return self.infusion.next_open(wish) if latest is None else self.infusion.previous_open(wish)
        options = [self.infusion.previous_open(wish), self.infusion.next_open(wish)]
        kept = [day for day in options if (earliest is None or day >= earliest) and (latest is None or day <= latest)]
        fallback = options[1] if latest is None else options[0]
        return min(kept, key=lambda day: abs(days_between(wish, day)), default=fallback)


def _cycle(
    protocol: ChemoProtocol,
    course: Course,
    infusion: Calendar,
    spot: _Spot,
    before: dt.date | None,
    placed: list[_Spot],
) -> Cycle:
    shift = days_between(spot.due, spot.date)
    numbers = [fraction.number for fraction in course.fractions if fraction.date == spot.date]
    reach = [course.first, *(other.date for other in placed if other.number <= spot.number), spot.nominal]
    return Cycle(
        number=spot.number,
        nominal_date=spot.nominal,
        due_date=spot.due,
        date=spot.date,
        shift_days=shift,
        drift_days=days_between(spot.nominal, spot.date),
        interval_days=days_between(before, spot.date) if before else None,
        fraction_number=numbers[0] if numbers else None,
        concurrent=course.first <= spot.date <= course.last,
        within_window=abs(shift) <= protocol.window_days,
        provisional=infusion.depends_on_provisional(min(reach), max(spot.date, spot.nominal)),
        drug_days=_drug_days(protocol, course, infusion, spot, placed),
    )


def _drug_days(
    protocol: ChemoProtocol, course: Course, infusion: Calendar, spot: _Spot, placed: list[_Spot]
) -> tuple[DrugDay, ...]:
    days: list[DrugDay] = []
    following = [other.date for other in placed if other.number == spot.number + 1]
    for drug in protocol.drugs:
        for date in _dates_of(drug, course, spot, following, first=spot.number == placed[0].number):
            offset = days_between(spot.date, date)
            days.append(
                DrugDay(
                    drug=drug.name,
                    offset_days=offset,
                    date=date,
                    label=drug_day_label(spot.number, offset),
                    closed=not drug.through_closed_days and infusion.covers(date) and not infusion.is_open(date),
                )
            )
    return tuple(sorted(days, key=lambda day: (day.date, day.drug)))


def _dates_of(drug: Drug, course: Course, spot: _Spot, following: list[dt.date], *, first: bool) -> list[dt.date]:
    if drug.on_radiotherapy_days:
        end = following[0] if following else dt.date.max
        return [date for date in course.dates if (first or date >= spot.date) and date < end]
    if drug.every_days is not None:
        if not first:
            return []
        clocks = [add_days(spot.date, k * drug.every_days) for k in range(drug.doses or 1)]
        return [add_days(day, offset) for day in clocks for offset in drug.offsets]
    return [add_days(spot.date, offset) for offset in drug.offsets]


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
    """What has to be said of these cycles: windows, intervals and delays broken, and drugs on closed days."""
    return tuple(note for cycle in cycles for note in _check_cycle(protocol, cycle))


def _check_cycle(protocol: ChemoProtocol, cycle: Cycle) -> Iterator[Note]:
    number = cycle.number
    if not cycle.within_window:
        yield _breach(
            "cycle-window",
            f"cycle {number} on {cycle.date} is {cycle.shift_days:+d} d from its due date {cycle.due_date}, "
            f"window ±{protocol.window_days} d ({protocol.window_source.text})",
            {"cycle": number, "shift_days": cycle.shift_days, "window_days": protocol.window_days},
        )
    least = protocol.minimum_after(number - 1) if number > 1 else 0
    if cycle.interval_days is not None and cycle.interval_days < least:
        yield _breach(
            "cycle-interval",
            f"cycle {number} on {cycle.date} is {cycle.interval_days} d after cycle {number - 1}, "
            f"minimum {least} d ({protocol.minimum_interval_source.text})",
            {"cycle": number, "interval_days": cycle.interval_days, "minimum_days": least},
        )
    most = protocol.maximum_interval_days
    if most is not None and cycle.interval_days is not None and cycle.interval_days > most:
        yield _breach(
            "cycle-interval-long",
            f"cycle {number} on {cycle.date} is {cycle.interval_days} d after cycle {number - 1}, maximum {most} d",
            {"cycle": number, "interval_days": cycle.interval_days, "maximum_days": most},
        )
    if cycle.drift_days > protocol.maximum_delay_days:
        yield _breach(
            "cycle-delay",
            f"cycle {number} on {cycle.date} is {cycle.drift_days} d behind its nominal date {cycle.nominal_date}, "
            f"maximum {protocol.maximum_delay_days} d ({protocol.maximum_delay_source.text})",
            {"cycle": number, "drift_days": cycle.drift_days, "maximum_days": protocol.maximum_delay_days},
        )
    for day in cycle.drug_days:
        if day.closed:
            yield Note(
                code="drug-on-closed-day",
                severity="warning",
                message=f"{day.drug} on {day.date} ({day.label}): the infusion unit is closed",
                values={"drug": day.drug, "date": day.date.isoformat(), "label": day.label},
            )


def _breach(code: str, message: str, values: Mapping[str, Scalar]) -> Note:
    return Note(code=code, severity="violation", message=message, values=dict(values))


def with_anchor(protocol: ChemoProtocol, anchor: Anchor) -> ChemoProtocol:
    """The same protocol aligned otherwise, at the user's word."""
    return replace(protocol, anchor=anchor, anchor_source=Source(text="chosen by the user", verified=False))
