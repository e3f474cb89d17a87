"""Many courses at once: the rule of `rtplan.course.schedule` as array code, for a cohort of any size.

A course depends on its prescription, its calendar and its start only. So the courses of every possible start day are
laid out side by side, one step for all of them, and each patient's dates are gathered from that table. The single
patient goes through `lay_out`; a law over random courses ties the two, fraction by fraction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtplan.clinic.days import Calendar, add_days
from rtplan.course.schedule import refuse_contradiction
from rtplan.errors import DomainError, ScheduleError
from rtplan.prescription.prescription import Pattern, Phase, Prescription, TargetDose

__all__ = [
    "EPOCH",
    "NO_DAY",
    "Days",
    "Starts",
    "Trains",
    "date_of",
    "day_numbers",
    "last_days_many",
    "lay_out_many",
]


Days: TypeAlias = NDArray[np.int32]
"""Days counted from 1970-01-01, as numpy's datetime64[D] counts them. [d]"""

NO_DAY = int(np.iinfo(np.int32).min)
"""Stands for a day that is not known, where days are numbers."""

Starts: TypeAlias = ArrayLike | Sequence[dt.date]

Whole: TypeAlias = NDArray[np.int64]


EPOCH = dt.date(1970, 1, 1)
"""The day that day numbers count from."""

_BLOCK_FRACTIONS = 1_000_000  # dates gathered at a time where courses differ in length: their indexes stay small


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trains:
    """Courses of any lengths, one after the other: course i is ``days[offsets[i]:offsets[i + 1]]``.

    days: of each fraction, from 1970-01-01. phases: which phase of its prescription each fraction belongs to, from 0.
    """

    days: Days
    offsets: Whole
    phases: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def first(self) -> Days:
        """Day of the first fraction of each course."""
        return self.days[self.offsets[:-1]]

    @property
    def last(self) -> Days:
        """Day of the last fraction of each course."""
        return self.days[self.offsets[1:] - 1]

    def course(self, row: int) -> Days:
        """Days of one course's fractions."""
        return self.days[self.offsets[row] : self.offsets[row + 1]]


def day_numbers(days: Starts) -> Days:
    """Dates as days from 1970-01-01: datetime64, dates, ISO texts, or such numbers already.

    >>> day_numbers(["1970-01-02", "2026-03-02"]).tolist()
    [1, 20514]
    """
    array = np.asarray(days)
    if array.dtype.kind in "iu":
        return array.astype(np.int32, copy=False)
    try:
        numbers = array.astype("datetime64[D]")
    except (ValueError, TypeError):
        raise DomainError("starts must be dates, got something else") from None
    if np.isnat(numbers).any():
        raise DomainError("starts must be dates, got an empty one")
    return numbers.astype(np.int64).astype(np.int32)


def date_of(number: int) -> dt.date:
    """The date of a day counted from 1970-01-01.

    >>> date_of(20514)
    datetime.date(2026, 3, 2)
    """
    return add_days(EPOCH, int(number))


def lay_out_many(
    starts: Starts,
    orders: Pattern | Prescription | Sequence[Pattern | Prescription],
    calendars: Calendar | Sequence[Calendar],
    *,
    order: ArrayLike | None = None,
    calendar: ArrayLike | None = None,
    n_fractions: ArrayLike | None = None,
    permitted: Callable[[dt.date], bool] | None = None,
) -> Trains:
    """Every course on dates, as `lay_out` lays each of them out.

    Parameters
    ----------
    starts : [rows] requested first days; a course begins on the first day from there on that its pattern treats on.
    orders : prescriptions, or weekly patterns of which n_fractions are given.
    calendars : of the clinics.
    order, calendar : [rows] which of them each row has, from 0; not needed where there is one only.
    n_fractions : [rows] or one number; of a prescription of one phase that many fractions are given. Default: all.
    permitted : which days a first fraction may fall on.

    Raises
    ------
    ScheduleError, naming the row, where a calendar does not hold a course; DomainError for what does not fit together.

    >>> from rtplan.clinic.days import every_day_open
    >>> from rtplan.prescription.prescription import weekly
    >>> clinic = every_day_open(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    >>> trains = lay_out_many(["2026-03-02", "2026-03-05"], weekly(5), clinic, n_fractions=[6, 2])
    >>> [date_of(day).isoformat() for day in trains.last]
    ['2026-03-09', '2026-03-06']
    """
    table = _Table.of(starts, orders, calendars, order, calendar, n_fractions, permitted)
    offsets = np.arange(len(table.line) + 1, dtype=np.int64)
    if table.counts.ndim:
        np.cumsum(table.counts, out=offsets[1:])
    else:
        offsets *= table.counts
    days, phases = np.empty(offsets[-1], np.int32), np.zeros(offsets[-1], np.uint8)
    table.gather(table.days, days, offsets)
    if table.phases.any():
        table.gather(table.phases, phases, offsets)
    return Trains(days=days, offsets=offsets, phases=phases)


def last_days_many(
    starts: Starts,
    orders: Pattern | Prescription | Sequence[Pattern | Prescription],
    calendars: Calendar | Sequence[Calendar],
    *,
    order: ArrayLike | None = None,
    calendar: ArrayLike | None = None,
    n_fractions: ArrayLike | None = None,
    permitted: Callable[[dt.date], bool] | None = None,
) -> Days:
    """The last day of every course, by one gather and without the days between. Arguments: as of `lay_out_many`."""
    table = _Table.of(starts, orders, calendars, order, calendar, n_fractions, permitted)
    if table.counts.ndim == 0:
        return table.days[:, int(table.counts) - 1].take(table.line)
    return table.days.ravel().take(table.line * np.int64(table.days.shape[1]) + (table.counts - 1))


# --- the courses of every start day -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Courses of all start days, one a line; which line each row has, and how many of its fractions are given."""

    days: Days
    phases: NDArray[np.uint8]
    line: Days | Whole
    counts: Whole

    @classmethod
    def of(
        cls,
        starts: Starts,
        orders: Pattern | Prescription | Sequence[Pattern | Prescription],
        calendars: Calendar | Sequence[Calendar],
        order: ArrayLike | None,
        calendar: ArrayLike | None,
        n_fractions: ArrayLike | None,
        permitted: Callable[[dt.date], bool] | None,
    ) -> _Table:
        begin = day_numbers(starts)
        if begin.ndim != 1:
            raise DomainError(f"starts must be one list of dates, got shape {begin.shape}")
        given = [orders] if isinstance(orders, Pattern | Prescription) else list(orders)
        places = [calendars] if isinstance(calendars, Calendar) else list(calendars)
        which = _indexes("order", order, len(given), len(begin))
        where = _indexes("calendar", calendar, len(places), len(begin))
        wanted = None if n_fractions is None else _counts(n_fractions, len(begin))
        line: Days | Whole = np.zeros(len(begin), np.int64)
        counts = np.zeros(len(begin), np.int64)
        walks, size = [], 0
        for rows, i, j in _pairs(which, where, len(places), len(begin)):
            mine, asked = begin[rows], wanted if wanted is None or wanted.ndim == 0 else wanted[rows]
            ordered = _as_prescription(given[i], asked)
            total = np.asarray(ordered.n_fractions if asked is None else asked)
            low, high = int(mine.min()), int(mine.max())
            walk = _Walk(ordered, places[j], low, high, permitted)
            mine = mine - np.int32(low)
            _refuse_unfit(walk, mine, total, rows)
            if isinstance(rows, slice):
                line, counts = mine, total
            else:
                line[rows], counts[rows] = mine + size, total
            walks.append(walk)
            size += high - low + 1
        days, phases = _stacked(walks)
        return cls(days=days, phases=phases, line=line, counts=counts)

    def gather(self, source: NDArray[Any], out: NDArray[Any], offsets: Whole) -> None:
        """Each row's course from a table into its place, in blocks of a bounded number of fractions."""
        rows, widest = len(self.line), source.shape[1]
        if len(out) == rows * widest:  # no course is shorter: whole lines are copied
            whole, step = out.reshape(rows, widest), max(1, _BLOCK_FRACTIONS // max(1, widest))
            for low in range(0, rows, step):
                source.take(self.line[low : low + step], axis=0, out=whole[low : low + step], mode="clip")
            return
        flat = source.ravel()
        for low, high in _blocks(offsets):
            span = np.arange(offsets[low], offsets[high])
            begin = self.line[low:high] * np.int64(widest) - offsets[low:high]
            span += np.repeat(begin, np.diff(offsets[low : high + 1]))
            flat.take(span, out=out[offsets[low] : offsets[high]], mode="clip")


def _stacked(walks: list[_Walk]) -> tuple[Days, NDArray[np.uint8]]:
    """The tables of several walks as one, as wide as the longest course."""
    if len(walks) == 1:
        return walks[0].days, walks[0].phases
    widest, size = max((walk.n for walk in walks), default=0), sum(len(walk.days) for walk in walks)
    days, phases, at = np.zeros((size, widest), np.int32), np.zeros((size, widest), np.uint8), 0
    for walk in walks:
        days[at : at + len(walk.days), : walk.n] = walk.days
        phases[at : at + len(walk.days), : walk.n] = walk.phases
        at += len(walk.days)
    return days, phases


def _blocks(offsets: Whole) -> Iterator[tuple[int, int]]:
    """Rows in blocks of a bounded number of fractions."""
    low = 0
    while low < len(offsets) - 1:
        high = int(np.searchsorted(offsets, offsets[low] + _BLOCK_FRACTIONS, side="right")) - 1
        high = max(high, low + 1)
        yield low, high
        low = high


def _indexes(name: str, value: ArrayLike | None, most: int, rows: int) -> Whole | None:
    """Which one each row has; None where there is one only."""
    if value is None:
        if most != 1:
            raise DomainError(f"{name} must say for each row which of {most} it has, got none")
        return None
    array = np.asarray(value)
    if array.shape != (rows,) or array.dtype.kind not in "iu":
        raise DomainError(f"{name} must be one whole number a row ({rows}), got shape {array.shape}")
    if rows and not 0 <= int(array.min()) <= int(array.max()) < most:
        raise DomainError(f"{name} must be 0 to {most - 1}, got {int(array.min())} to {int(array.max())}")
    return array.astype(np.int64, copy=False)


def _counts(value: ArrayLike, rows: int) -> Whole:
    array = np.asarray(value)
    if array.shape not in ((), (rows,)) or array.dtype.kind not in "iu" or (array.size and int(array.min()) < 1):
        raise DomainError(f"n_fractions must be 1 or more, one whole number or one a row ({rows})")
    return array.astype(np.int64, copy=False)


def _pairs(
    which: Whole | None, where: Whole | None, places: int, rows: int
) -> Iterator[tuple[slice | Whole, int, int]]:
    """The rows of each pair of order and calendar that occurs."""
    if not rows:
        return
    if which is None and where is None:
        yield slice(None), 0, 0
        return
    zero = np.zeros(rows, np.int64)
    key = (zero if which is None else which * places) + (zero if where is None else where)
    place = np.argsort(key, kind="stable")
    ordered = key[place]
    cuts = np.flatnonzero(np.diff(ordered)) + 1
    for mine in np.split(place, cuts):
        pair = int(key[mine[0]])
        yield mine, pair // places, pair % places


def _as_prescription(given: Pattern | Prescription, wanted: Whole | None) -> Prescription:
    """What is laid out for the longest course: a shorter one of a single phase is its beginning."""
    most = None if wanted is None else int(wanted.max())
    if isinstance(given, Pattern):
        if most is None:
            raise DomainError("n_fractions must come with weekly patterns, got none")
        phase = Phase(
            name="phase 1", n_fractions=most, totals=(TargetDose(target="tumour", dose_gy=1.0),), pattern=given
        )
        return Prescription(name=f"{most} fractions", phases=(phase,))
    if most is None:
        return given
    phase = given.phases[0]
    if len(given.phases) > 1 or phase.keep_together or most > phase.n_fractions:
        raise DomainError(
            f"n_fractions must be at most those of a prescription of one phase that is not kept together: "
            f"got {most} for {given.name} of {given.n_fractions}"
        )
    return given


def _refuse_unfit(walk: _Walk, line: Days, total: Whole, rows: slice | Whole) -> None:
    """ScheduleError where the calendar does not hold a course that is asked for."""
    if not (walk.placed < walk.n).any():
        return
    unfit = np.flatnonzero(walk.placed[line] < total)
    if len(unfit):
        row = int(unfit[0]) if isinstance(rows, slice) else int(rows[unfit[0]])
        calendar = walk.calendar
        raise ScheduleError(
            f"row {row}: {walk.prescription.name} from {date_of(walk.low + int(line[unfit[0]]))} does not fit into the "
            f"calendar of {calendar.name}, {calendar.first} to {calendar.last}"
            + (f" ({len(unfit)} rows do not)" if len(unfit) > 1 else "")
        )


# --- one calendar as one phase sees it --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Grid:
    """Days of a calendar for one phase, counted from the calendar's first; ``length`` stands for past its end.

    room: fractions each day holds, 0 where the phase is not treated. following: the next treated day from each on.
    """

    room: Whole
    following: Whole

    @classmethod
    def of(cls, phase: Phase, calendar: Calendar) -> _Grid:
        codes = np.array(calendar.codes, dtype=np.int64)
        weekday = (calendar.first.weekday() + np.arange(len(codes))) % 7
        _, shown, inverse = np.unique(codes * 7 + weekday, return_index=True, return_inverse=True)
        room = np.array([_room(phase.pattern, calendar, add_days(calendar.first, int(day))) for day in shown])[inverse]
        return cls(room=np.append(room, 0), following=_next(room > 0))

    def together(self, n_fractions: int) -> Whole:
        """The next day from each on from which the phase is given without a day between."""
        length = len(self.room) - 1
        before = np.concatenate([[0], np.cumsum(self.room)])
        end = _next(self.room[:length] == 0)[:length]
        return _next(before[end] - before[:length] >= n_fractions)


def _room(pattern: Pattern, calendar: Calendar, day: dt.date) -> int:
    """Fractions that a day holds: the reason and the weekday decide, nothing else of the day."""
    if not pattern.treated(calendar.reason(day), day):
        return 0
    return calendar.holds(day, pattern.fractions_on(day.weekday()))


def _next(good: NDArray[np.bool_]) -> Whole:
    """The first good day from each on; the length, also of itself, where there is none."""
    length = len(good)
    place = np.where(good, np.arange(length), length)
    return np.append(np.minimum.accumulate(place[::-1])[::-1], length)


# --- the walk, one step for all start days ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Walk:
    """The course of every start day from low to high; the mutable thing of this module.

    days: from 1970-01-01, one row a start day. placed: how many of a row's fractions the calendar holds.
    """

    prescription: Prescription
    calendar: Calendar
    low: int
    high: int
    permitted: Callable[[dt.date], bool] | None = None
    n: int = 0
    days: Days = field(init=False)
    phases: NDArray[np.uint8] = field(init=False)
    placed: Whole = field(init=False)
    day: Whole = field(init=False)
    first: Whole = field(init=False)
    last: Whole = field(init=False)
    spacing: Whole = field(init=False)
    weeks: dict[int, tuple[Whole, Whole]] = field(init=False)

    def __post_init__(self) -> None:
        refuse_contradiction(self.prescription, self.calendar)
        self.n = self.prescription.n_fractions
        rows, length = self.high - self.low + 1, len(self.calendar.codes)
        zero = (self.calendar.first - EPOCH).days
        if self.low < zero or self.high >= zero + length:
            raise ScheduleError(
                f"starts from {date_of(self.low)} to {date_of(self.high)} lie outside the calendar of "
                f"{self.calendar.name}, {self.calendar.first} to {self.calendar.last}"
            )
        self.days = np.full((rows, self.n), length, np.int32)
        self.phases = np.zeros((rows, self.n), np.uint8)
        self.first = np.full(rows, -1)
        self.last = np.full(rows, -1)
        self.spacing = np.ones(rows, np.int64)
        self.weeks = {}
        grids = [_Grid.of(phase, self.calendar) for phase in self.prescription.phases]
        self.day = self._first_days(grids[0])[np.arange(self.low - zero, self.high - zero + 1)]
        at = 0
        for host, boost in self.prescription.blocks():
            at = self._block(host, boost, grids[host], at)
        self.placed = (self.days < length).sum(axis=1)
        self.days += np.int32(zero)

    def _first_days(self, grid: _Grid) -> Whole:
        phase, length = self.prescription.phases[0], len(self.calendar.codes)
        good = grid.room[:length] > 0
        if phase.keep_together:
            good &= grid.together(phase.n_fractions)[:length] == np.arange(length)
        if self.permitted is not None:
            good &= np.array([self.permitted(add_days(self.calendar.first, day)) for day in range(length)])
        return _next(good)

    def _block(self, host: int, boost: int | None, grid: _Grid, at: int) -> int:
        """A phase, and the concomitant one beside it: which follow the phases before."""
        phase, length = self.prescription.phases[host], len(self.calendar.codes)
        if at:
            self.day = np.minimum(self.last + 1 + phase.break_days, length)
            if phase.keep_together:
                self.day = grid.together(phase.n_fractions)[self.day]
        end = at + phase.n_fractions
        if boost is None and phase.pattern.spacing == 1 and phase.pattern.days_a_week is None:
            self._run(host, grid, at)
            return end
        self._steps(host, boost, grid, at)
        return end + (self.prescription.phases[boost].n_fractions if boost is not None else 0)

    def _run(self, host: int, grid: _Grid, at: int) -> None:
        """A phase that treats on every day of its pattern: its fractions are the next places there are."""
        n, length = self.prescription.phases[host].n_fractions, len(self.calendar.codes)
        places = np.append(np.repeat(np.arange(length), grid.room[:length]), np.full(n, length))
        before = np.append(0, np.cumsum(grid.room))
        taken = places[before[self.day][:, None] + np.arange(n)]
        self.days[:, at : at + n] = taken
        self.phases[:, at : at + n] = host
        self.first = np.where(self.first < 0, taken[:, 0], self.first)
        self.last = taken[:, -1]
        self.spacing = np.ones_like(self.spacing)

    def _steps(self, host: int, boost: int | None, grid: _Grid, at: int) -> None:
        """A phase whose days depend on each other, or that has another beside it: one treated day after the other."""
        phases, length = self.prescription.phases, len(self.calendar.codes)
        left = np.full(len(self.days), phases[host].n_fractions)
        boosts = np.full(len(self.days), phases[boost].n_fractions if boost is not None else 0)
        begin = (phases[boost].concomitant_from or 1) if boost is not None else 0
        place = np.full(len(self.days), at)
        while True:
            open_ = (left > 0) | (boosts > 0)
            day = self._next_day(phases[host].pattern, grid)
            open_ &= day < length
            if not open_.any():
                break
            room = np.where(open_, grid.room[day], 0)
            due = open_ & (boosts > 0) & (phases[host].n_fractions - left + np.minimum(1, left) >= begin)
            here = np.minimum(room, left)
            more = due & ((here == 0) | self._second_fits(day))
            place = self._put(host, day, here, place)
            left = left - here
            if boost is not None:
                place = self._put(boost, day, more.astype(np.int64), place)
                boosts = boosts - more
            self.day = np.where(open_, day + 1, self.day)
        self._past_the_end((left > 0) | (boosts > 0))

    def _past_the_end(self, unfinished: NDArray[np.bool_]) -> None:
        """Rows that the calendar does not hold place nothing more."""
        self.last = np.where(unfinished, len(self.calendar.codes), self.last)

    def _second_fits(self, day: Whole) -> NDArray[np.bool_]:
        """Does a day hold a second fraction beside the first?"""
        codes = np.append(np.array(self.calendar.codes), 0)
        two = np.array([reason.fractions is None or reason.fractions >= 2 for reason in self.calendar.reasons])
        fits: NDArray[np.bool_] = two[codes[day]]
        return fits

    def _next_day(self, pattern: Pattern, grid: _Grid) -> Whole:
        """The next day of each row: treated, far enough from the one before, in a week with days left."""
        length = len(self.calendar.codes)
        apart = self.last + np.minimum(self.spacing, pattern.spacing)
        day = grid.following[np.minimum(np.where(self.first < 0, self.day, np.maximum(self.day, apart)), length)]
        if pattern.days_a_week is None or pattern.days_a_week not in self.weeks:
            return day
        week, count = self.weeks[pattern.days_a_week]
        full = (self.first >= 0) & ((day - self.first) // 7 == week) & (count >= pattern.days_a_week)
        begin = np.minimum(self.first + 7 * (week + 1), length)
        return np.where(full, grid.following[begin], day)

    def _put(self, phase: int, day: Whole, count: Whole, place: Whole) -> Whole:
        """So many fractions of a phase on each row's day; where the next one goes."""
        for one in range(int(count.max())):
            rows = np.flatnonzero(count > one)
            self.days[rows, place[rows] + one] = day[rows]
            self.phases[rows, place[rows] + one] = phase
        self._treat(count > 0, day, self.prescription.phases[phase].pattern)
        return place + count

    def _treat(self, treated: NDArray[np.bool_], day: Whole, pattern: Pattern) -> None:
        self.first = np.where(treated & (self.first < 0), day, self.first)
        if pattern.days_a_week is not None:
            none = np.full(len(day), -1), np.zeros(len(day), np.int64)
            week, count = self.weeks.get(pattern.days_a_week, none)
            now = (day - self.first) // 7
            new = treated & (day != self.last)
            count = np.where(new, np.where(now == week, count, 0) + 1, count)
            self.weeks[pattern.days_a_week] = np.where(new, now, week), count
        self.last = np.where(treated, day, self.last)
        self.spacing = np.where(treated, pattern.spacing, self.spacing)
