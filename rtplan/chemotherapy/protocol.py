"""Chemotherapy as its protocol states it: drugs, cycles, and where they lie beside the fractions."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rtplan.clinic.days import parse_date
from rtplan.errors import DomainError, failing, one_of, refuse, whole
from rtplan.note import DESIGN_DEFAULT, Source

__all__ = [
    "Anchor",
    "AnchorKind",
    "ChemoProtocol",
    "Drug",
    "Policy",
    "minimum_between",
    "parse_anchor",
    "with_anchor",
]


Policy = Literal["reanchor", "keep-grid", "nearest-open"]


AnchorKind = Literal["cycle", "before", "start", "after", "date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug of a protocol.

    offset_days: days after cycle day 1 on which it is given (day 1 = 0, the day before = -1, day 8 = 7).
    day: the same, as the protocol prints it, day 1 = 1; only for days from 1 on.
    on_radiotherapy_days: given with each treated day instead of by offsets.
    every_days: a clock of its own, from cycle 1 day 1: every so many days ``doses`` times, or, where
        ``to_last_fraction`` is set, for as long as radiotherapy lasts. Where the infusion unit is closed it is given
        on the next open day, and the clock counts on from there; putting a cycle off does not move it.
    cycles: given in these cycles of its block only, counted from 1; empty: in all.
    through_closed_days: the drug goes on over weekends and closures (an oral drug, a pump).
    """

    name: str
    source: Source
    dose: str = ""
    offset_days: tuple[int, ...] = ()
    day: tuple[int, ...] = ()
    on_radiotherapy_days: bool = False
    every_days: int | None = None
    cycles: tuple[int, ...] = ()
    doses: int | None = None
    to_last_fraction: bool = False
    through_closed_days: bool = False
    days_verified: bool = True

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        for number in self.day:
            if number < 1:
                yield (
                    f"drug {self.name!r}: day must be 1 or greater (day 1 is cycle day 1), got {number}; "
                    f"write the day before day 1 as offset_days = [-1], the day before that as [-2]"
                )
        if self.day and self.offset_days:
            yield f"drug {self.name!r}: give day or offset_days, not both"
        if self.on_radiotherapy_days and self.offsets:
            yield f"drug {self.name!r}: on_radiotherapy_days goes without days of its own"
        if not self.on_radiotherapy_days and not self.offsets:
            yield f"drug {self.name!r} has no days: give day, offset_days or on_radiotherapy_days"
        if self.on_radiotherapy_days and self.every_days is not None:
            yield f"drug {self.name!r}: on_radiotherapy_days goes without a clock of its own"
        if self.cycles and (self.on_radiotherapy_days or self.every_days is not None):
            yield f"drug {self.name!r}: cycles goes without a clock of its own"
        yield from self._check_clock()

    def _check_clock(self) -> Iterator[str]:
        ends = (self.doses is not None) + self.to_last_fraction
        if ends != (self.every_days is not None):
            yield f"drug {self.name!r}: every_days goes with doses or with to_last_fraction, one of them"
        if self.every_days is not None:
            yield from failing(whole, "every_days", self.every_days, 1)
        if self.doses is not None:
            yield from failing(whole, "doses", self.doses, 1)

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

    kind: AnchorKind = "cycle"
    cycle: int = 1
    days: int = 0
    date: dt.date | None = None

    def __post_init__(self) -> None:
        one_of("anchor kind", self.kind, get_args(AnchorKind))
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
    if match := re.fullmatch(r"cycle=([0-9]{1,4})", text):
        return Anchor(kind="cycle", cycle=int(match[1]))
    if match := re.fullmatch(r"(start|after)=([0-9]{1,4})", text):
        return Anchor(kind="start" if match[1] == "start" else "after", days=int(match[2]))
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
    then: further cycles on an anchor, drugs and rules of their own; the numbers run on. Its first day 1 waits until
        the minimum interval since the cycle before it has gone by.
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
    policy: Policy = "reanchor"
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
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        cycles = failing(whole, "n_cycles", self.n_cycles, 1, 99)
        yield from cycles
        yield from failing(one_of, "policy", self.policy, get_args(Policy))
        yield from failing(whole, "window_days", self.window_days, 0)
        yield from failing(whole, "maximum_delay_days", self.maximum_delay_days, 0)
        for name in ("minimum_interval_days", "maximum_interval_days"):
            if (bound := getattr(self, name)) is not None:
                yield from failing(whole, name, bound, 1, 3650)
        if self.then is not None and self.then.anchor.kind in ("cycle", "before"):
            yield "then: its anchor takes start, after or date: fraction 1 has its cycle already"
        for drug in self.drugs:
            for number in drug.cycles:
                yield from failing(whole, f"drug {drug.name!r}: cycles", number, 1, self.n_cycles)
        grid = () if cycles else tuple(self._check_grid())
        yield from grid
        if not (cycles or grid):
            yield from self._check_anchor()
            yield from self._check_intervals()

    def _check_anchor(self) -> Iterator[str]:
        if self.anchor.kind == "cycle" and self.anchor.cycle > self.n_cycles:
            yield f"anchor cycle {self.anchor.cycle} is past the last of {self.n_cycles} cycles"
        if self.anchor.kind == "before" and self.gap(self.n_cycles) == 0:
            yield "anchor kind before needs cycle_length_days: how long before fraction 1 the last cycle is"

    def _check_grid(self) -> Iterator[str]:
        if self.cycle_length_days is None and not self.starts_offset_days and self.n_cycles > 1:
            yield f"chemotherapy {self.name!r} needs cycle_length_days or starts_offset_days"
        if self.cycle_length_days is not None:
            yield from failing(whole, "cycle_length_days", self.cycle_length_days, 1, 365)
        if self.starts_offset_days:
            if len(self.starts_offset_days) != self.n_cycles:
                yield f"starts_offset_days needs {self.n_cycles} numbers, one a cycle"
            if any(b <= a for a, b in itertools.pairwise(self.starts_offset_days)):
                yield "starts_offset_days must rise"

    def _check_intervals(self) -> Iterator[str]:
        """Rules that no calendar could satisfy are refused by name."""
        least, most = self.minimum_interval_days, self.maximum_interval_days
        gaps = [(self.gap(number), number) for number in range(1, self.n_cycles)]
        for name, bound, against in (
            ("minimum_interval_days", least, [pair for pair in gaps if least is not None and pair[0] < least]),
            ("maximum_interval_days", most, [pair for pair in gaps if most is not None and pair[0] > most]),
        ):
            for gap, number in against[:1]:
                yield (
                    f"{name} of {bound} d contradicts the grid: cycle {number + 1} is planned {gap} d after cycle "
                    f"{number}"
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


def minimum_between(block: ChemoProtocol, after: ChemoProtocol) -> int:
    """Shortest interval from the last cycle of a block to the first of the next: the longer of the stated ones. [d]

    0 where neither states one.
    """
    return max(block.minimum_interval_days or 0, after.minimum_interval_days or 0)


def with_anchor(protocol: ChemoProtocol, anchor: Anchor) -> ChemoProtocol:
    """The same protocol aligned otherwise, at the user's word."""
    return replace(protocol, anchor=anchor, anchor_source=Source(text="chosen by the user", known="stated"))
