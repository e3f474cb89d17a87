"""Extra sessions: the one search for days that make up for missed fractions, or for closures known in advance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rtplan.clinic.days import WEEKDAYS, Calendar, add_days, days_between
from rtplan.clinic.limits import Limits
from rtplan.course.course import Course
from rtplan.course.remainder import Remainder, Slot, with_interval
from rtplan.course.rules import check
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import one_of
from rtplan.note import Note, Phrase
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.effect import evaluate
from rtplan.radiobiology.region import Region

__all__ = [
    "METHODS",
    "Found",
    "Gain",
    "Goal",
    "Method",
    "Opened",
    "best",
    "candidates",
    "for_closures",
    "gains",
    "search",
]


Check = Callable[[Course], tuple[Note, ...]]


Method = Literal["machine", "weekend", "worked-weekend", "holiday", "bid", "mix"]
"""Kinds of extra sessions. mix: closed days and second fractions together."""


METHODS: tuple[Method, ...] = get_args(Method)


Goal = Literal["end", "limit", "earliest", "part"]


_CLOSED_KINDS = {"weekend": "weekend", "worked-weekend": "worked weekend", "holiday": "holiday"}


_BID_ORDER = (4, 3, 2, 1, 0, 5, 6)


_SPARE_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Extra sessions that reach a goal. broken: rules they break.

    sessions: fractions on each opened day, a concomitant boost that goes with them among them.

    goal: "end" (ends by the wanted day), "limit" (ends inside the limit), "earliest" (as early as the rules allow),
    "part" (fewer sessions than any of these).
    """

    method: Method
    goal: Goal
    sessions: Mapping[dt.date, int]
    course: Course
    broken: tuple[Note, ...]

    @property
    def clean(self) -> bool:
        """Do the sessions break no rule?"""
        return not self.broken


def candidates(
    method: Method, remainder: Remainder, *, machines: Sequence[Calendar] = (), lost: frozenset[dt.date] = frozenset()
) -> tuple[dt.date, ...]:
    """Days that could take one session more, in the order in which they are to be used.

    lost: days that were or will be missed: only a matched machine can treat on them.
    Second fractions are not offered beside a prescription that is itself given several times a day.
    """
    base = remainder.lay_out()
    days = [add_days(remainder.start, step) for step in range(days_between(remainder.start, base.last) + 1)]
    days = [day for day in days if remainder.calendar.covers(day)]
    if method == "mix":
        closed = [day for kind in ("weekend", "worked-weekend") for day in _closed(kind, remainder, base, days, lost)]
        return (*_saturdays_first(closed, remainder), *_second(remainder, base, days))
    if method == "bid":
        return _second(remainder, base, days)
    if method == "machine":
        return _on_machines(remainder, base, days, machines)
    return _saturdays_first(_closed(method, remainder, base, days, lost), remainder)


def search(
    method: Method,
    remainder: Remainder,
    days: Sequence[dt.date],
    *,
    keep_by: dt.date,
    limit_by: dt.date | None,
    check: Check,
) -> tuple[Found, ...]:
    """The fewest sessions on these days that end by ``keep_by``, or else inside the limit, or else the earliest.

    keep_by: last day wanted. limit_by: last day inside the limit on prolongation. check: the rules that extra
    sessions have to keep; those which the course breaks without them do not count.

    Where the wanted day itself lies outside the limit, the fewest that come inside it are found too, if any do.

    One finding for each number of sessions: the earliest days that break no rule; only where there are none, days
    that break as few as possible. Empty where no session can help.
    """
    work = _Search(method, remainder, tuple(days), check)
    found: dict[int, Found] = {}

    def add(item: Found | None) -> None:
        if item is not None:
            found.setdefault(len(item.sessions), item)

    end = work.by("end", keep_by)
    add(end)
    if work.base.last <= keep_by:
        return ()
    reached = end is not None and end.clean
    if limit_by is not None and limit_by < work.base.last and (not reached or limit_by < keep_by):
        inside = work.by("limit", limit_by)
        add(inside if limit_by > keep_by or (inside is not None and inside.clean) else None)
        reached = reached or (inside is not None and inside.clean)
    if not reached:
        add(work.earliest(keep_by))
    most = max(found, default=0)
    for count in range(1, most):
        if count not in found:
            add(work.part(count))
    return tuple(found[count] for count in sorted(found, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one opened day brings, after those before it. last: of the course with it; days: won by it."""

    date: dt.date
    fractions: int
    last: dt.date
    days: int


def best(found: Sequence[Found]) -> Found | None:
    """The sessions that end earliest without breaking a rule, the fewest of them; None where there are none."""
    clean = [item for item in found if item.clean]
    return min(clean, key=lambda item: (item.course.last, len(item.sessions)), default=None)


def gains(remainder: Remainder, sessions: Mapping[dt.date, int]) -> tuple[Gain, ...]:
    """What each opened day gains, in the order of the days."""
    out = []
    last = remainder.lay_out().last
    opened: dict[dt.date, int] = {}
    for date in sorted(sessions):
        opened[date] = sessions[date]
        now = remainder.lay_out(opened).last
        out.append(Gain(date=date, fractions=sessions[date], last=now, days=days_between(now, last)))
        last = now
    return tuple(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Extra sessions for closures known in advance. sessions: fractions on each opened day; empty where none helps."""

    prescription: Prescription
    sessions: Mapping[dt.date, int]
    notes: tuple[Note, ...]


def for_closures(
    method: Method,
    prescription: Prescription,
    calendar: Calendar,
    first: dt.date,
    *,
    limits: Limits,
    regions: Sequence[Region],
    planned: Mapping[dt.date, int] | None = None,
) -> Opened:
    """Sessions that win back what closures known in advance cost, breaking no rule, and what each of them gains.

    first: day of the first fraction. planned: days opened already.
    The goal is the prescribed reference's last day; else the limit on prolongation; else the earliest end there is.
    """
    one_of("method", method, METHODS)
    slots = _all_slots(prescription)
    bare = Remainder(
        prescription=prescription, calendar=calendar, delivered=(), slots=slots, start=first, sessions=planned or {}
    )
    remainder = with_interval(bare, limits.interval_h)
    wanted = prescribed_reference(prescription, first).last
    bound = limits.prolongation_days
    found = search(
        method,
        remainder,
        candidates(method, remainder),
        keep_by=wanted,
        limit_by=None if bound is None else add_days(wanted, bound),
        check=lambda course: check(course, limits, cord=any(region.is_cord for region in regions)),
    )
    chosen = best(found)
    if chosen is None:
        return Opened(prescription=prescription, sessions={}, notes=(_nothing_opened(method, remainder, wanted),))
    notes = _gain_notes(method, remainder, chosen.sessions, regions)
    return Opened(prescription=remainder.prescription, sessions=chosen.sessions, notes=tuple(notes))


def _all_slots(prescription: Prescription) -> tuple[Slot, ...]:
    targets = prescription.targets
    return tuple(
        Slot(phase=phase.name, doses_gy=tuple(phase.dose_per_fraction_gy(target) for target in targets))
        for phase in prescription.phases
        for _ in range(phase.n_fractions)
    )


def _nothing_opened(method: Method, remainder: Remainder, wanted: dt.date) -> Note:
    last = remainder.lay_out().last
    why = Phrase(code="no-closure-prolongs" if last <= wanted else "no-day-helps")
    return Note(
        code="closures-not-compensated",
        severity="info" if last <= wanted else "warning",
        values={"method": method, "last": last.isoformat(), "why": why},
    )


def _gain_notes(
    method: Method, remainder: Remainder, sessions: Mapping[dt.date, int], regions: Sequence[Region]
) -> Iterator[Note]:
    opened: dict[dt.date, int] = {}
    before = _tumour_nets(remainder.lay_out(), regions)
    for gain in gains(remainder, sessions):
        opened[gain.date] = gain.fractions
        now = _tumour_nets(remainder.lay_out(opened), regions)
        won = {name: now[name] - before[name] for name in now}
        before = now
        yield Note(
            code="opened-day",
            severity="info",
            values={
                "method": method,
                "date": gain.date.isoformat(),
                "fractions": gain.fractions,
                "last": gain.last.isoformat(),
                "days": gain.days,
                **{f"net_bed_gy of {name}": value for name, value in won.items()},
                "earlier": Phrase(code="days-earlier", values={"count": gain.days}),
                "won": tuple(
                    Phrase(code="net-bed-won", values={"region": name, "net_bed_gy": value})
                    for name, value in won.items()
                ),
            },
        )


def _tumour_nets(course: Course, regions: Sequence[Region]) -> dict[str, float]:
    tumours = [region for region in regions if region.tissue.kind == "tumour"]
    return {row.region: row.net_bed_gy for row in evaluate(course, tumours)} if tumours else {}


class _Search:
    """One method on one course under way."""

    def __init__(self, method: Method, remainder: Remainder, days: tuple[dt.date, ...], check: Check) -> None:
        self.method = method
        self.remainder = remainder
        self.days = days
        self.check = check
        self.base = remainder.lay_out()
        self.room = self.base.sessions
        phases = self.base.prescription.phases
        self.beside = {phase.name for phase in phases if phase.concomitant_from is not None}
        self.tried: dict[frozenset[dt.date], tuple[Course, tuple[Note, ...]]] = {}
        self.before = {note.key for note in check(self.base)}

    def by(self, goal: Goal, end: dt.date) -> Found | None:
        """The fewest sessions with which the course ends on or before a day."""
        late = self._late(end)
        if not late:
            return None
        within = [day for day in self.days if day <= end]
        fewest = -(-late // max([self._opened(day, self.base) for day in within], default=1))
        first: Found | None = None
        for count in range(fewest, min(late + _SPARE_TRIES, len(within)) + 1):
            item = self._chosen(goal, within, count)
            if item is None or item.course.last > end:
                continue
            if item.clean:
                return item
            first = first or item
        return first

    def earliest(self, end: dt.date) -> Found | None:
        """The earliest end after a day that sessions can reach without breaking a rule."""
        dates = sorted(
            {fraction.date for fraction in self.base.fractions if fraction.date > end}
            | {day for day in self.days if end < day < self.base.last}
        )
        for day in dates[:-1]:
            item = self.by("earliest", day)
            if item is not None and item.clean:
                return item
        return None

    def part(self, count: int) -> Found | None:
        """So many sessions, on the first days that break no rule."""
        return self._chosen("part", list(self.days), count)

    def _chosen(self, goal: Goal, days: list[dt.date], count: int) -> Found | None:
        chosen = self._greedy(days, count)
        if len(chosen) < count:
            chosen = self._fewest_broken(days, chosen, count)
        if len(chosen) < count:
            return None
        item = self._found(goal, chosen)
        used = all(fractions > self.room.get(day, 0) for day, fractions in item.sessions.items())
        return item if used and item.course.last < self.base.last else None

    def _greedy(self, days: list[dt.date], count: int) -> list[dt.date]:
        chosen: list[dt.date] = []
        for day in days:
            if len(chosen) == count:
                break
            if not self._broken([*chosen, day]):
                chosen.append(day)
        return chosen

    def _fewest_broken(self, days: list[dt.date], chosen: list[dt.date], count: int) -> list[dt.date]:
        chosen = list(chosen)
        while len(chosen) < count:
            left = [day for day in days if day not in chosen]
            if not left:
                break
            chosen.append(min(left, key=lambda day: (len(self._broken([*chosen, day])), left.index(day))))
        return chosen

    def _found(self, goal: Goal, chosen: Sequence[dt.date]) -> Found:
        course, broken = self._tried(chosen)
        treated = course.sessions
        sessions = {day: min(treated.get(day, 0), fractions) for day, fractions in self._sessions(chosen).items()}
        return Found(method=self.method, goal=goal, sessions=sessions, course=course, broken=broken)

    def _broken(self, chosen: Sequence[dt.date]) -> tuple[Note, ...]:
        return self._tried(chosen)[1]

    def _tried(self, chosen: Sequence[dt.date]) -> tuple[Course, tuple[Note, ...]]:
        """The course with sessions on these days, and the rules it breaks: each set of days is laid out once."""
        key = frozenset(chosen)
        if key not in self.tried:
            course = self.remainder.lay_out(self._sessions(chosen))
            self.tried[key] = course, self._new(course)
        return self.tried[key]

    def _late(self, end: dt.date) -> int:
        """Fractions after a day that sessions have to take: a concomitant boost goes with the fractions beside it."""
        late = [fraction for fraction in self.base.fractions if fraction.date > end]
        return sum(fraction.phase not in self.beside for fraction in late) or len(late)

    def _sessions(self, chosen: Sequence[dt.date]) -> dict[dt.date, int]:
        sessions: dict[dt.date, int] = {}
        for day in sorted(chosen):
            # Where a boost begins depends on the sessions before: only then the course is laid out again.
            course = self.remainder.lay_out(sessions) if self.beside and sessions else self.base
            sessions[day] = self.room.get(day, 0) + self._opened(day, course)
        return sessions

    def _opened(self, day: dt.date, course: Course) -> int:
        """Fractions more on a day: one on a treated day, else as many as the phase then under way has on a day.

        A concomitant boost that is due goes with the host's.
        """
        if day in self.room:
            return 1
        coming = [fraction for fraction in course.fractions if fraction.date > day] or course.fractions[-1:]
        boosted = any(fraction.phase in self.beside for fraction in coming[1:] if fraction.date == coming[0].date)
        return course.prescription.phase(coming[0].phase).pattern.fractions_per_day + boosted

    def _new(self, course: Course) -> tuple[Note, ...]:
        notes = self.check(course)
        return tuple(note for note in notes if note.severity == "violation" and note.key not in self.before)


def _closed(
    method: Method, remainder: Remainder, base: Course, days: list[dt.date], lost: frozenset[dt.date]
) -> Iterator[dt.date]:
    treated = base.sessions
    for day in days:
        reason = remainder.calendar.reason(day)
        possible = method != "weekend" or remainder.calendar.weekend_rank(day) is not None
        closed = not reason.open and reason.kind == _CLOSED_KINDS[method]
        if closed and possible and day not in treated and day not in lost:
            yield day


def _saturdays_first(days: Iterable[dt.date], remainder: Remainder) -> tuple[dt.date, ...]:
    """Weekend days in the order the clinic prefers, by default no other day where a Saturday does as well."""

    def rank(day: dt.date) -> int:
        weekend = remainder.calendar.reason(day).kind == "weekend"
        preferred = remainder.calendar.weekend_rank(day) if weekend else 0
        return len(WEEKDAYS) if preferred is None else preferred

    return tuple(sorted(days, key=lambda day: (rank(day), day)))


def _second(remainder: Remainder, base: Course, days: list[dt.date]) -> tuple[dt.date, ...]:
    left = {slot.phase for slot in remainder.slots}
    phases = [phase for phase in remainder.prescription.phases if phase.name in left]
    if any(phase.pattern.several_a_day or phase.concomitant_from is not None for phase in phases):
        return ()
    treated = base.sessions
    given = {fraction.date for fraction in remainder.delivered}
    single = [
        day
        for day in days
        if treated.get(day) == 1 and day not in given and remainder.calendar.reason(day).fractions != 1
    ]
    return tuple(sorted(single, key=lambda day: (day.isocalendar()[:2], _BID_ORDER.index(day.weekday()))))


def _on_machines(
    remainder: Remainder, base: Course, days: list[dt.date], machines: Sequence[Calendar]
) -> tuple[dt.date, ...]:
    treated = base.sessions
    shut = [
        day
        for day in days
        if day not in treated
        and (remainder.sessions.get(day) == 0 or remainder.calendar.reason(day).kind in ("closure", "service"))
    ]
    return tuple(day for day in shut if any(m.covers(day) and m.is_open(day) for m in machines))
