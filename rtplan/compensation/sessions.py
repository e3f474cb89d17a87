"""Extra sessions: the one search for days that make up for missed fractions, or for closures known in advance."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rtplan.clinic.days import WEEKDAYS, Calendar, add_days, days_between
from rtplan.clinic.limits import RULES, Limits
from rtplan.compensation.sets import Bounds, Place, fitting
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
    "Rules",
    "Search",
    "best",
    "candidates",
    "for_closures",
    "gains",
    "on_machines",
]


Check = Callable[[Course], tuple[Note, ...]]


Method = Literal["machine", "weekend", "worked-weekend", "holiday", "closed", "bid", "mix"]
"""Kinds of extra sessions. closed: closed days of several kinds; mix: closed days and second fractions together."""


METHODS: tuple[Method, ...] = get_args(Method)


Goal = Literal["end", "prescribed", "limit", "restored", "earliest", "part"]


_CLOSED_KINDS = {"weekend": "weekend", "worked-weekend": "worked weekend", "holiday": "holiday"}


_BID_ORDER = (4, 3, 2, 1, 0, 5, 6)


_SHAPING = ("intensified-with-chemotherapy", "sessions-a-week", "twice-daily-running", "dense-week")
"""Rules that depend on which days are taken together; the others on each day alone."""


_BESIDE_DRUGS = frozenset(("intensified-with-chemotherapy",))


_MOST_TRIED, _MOST_TRIED_MOVED = 12, 200
"""Sets of one number of sessions that are laid out before the search goes on; more where a session moves the days after
it, so that no count of days says beforehand where a set ends."""


_MOST_LAID_OUT = 600
"""Sets laid out in one search, after which each number of sessions gets a few only."""


_SPARE_TRIES = 3


_MOST_BEYOND = 7
"""Fractions in any 7 days running above the hard bound that are looked at, to say what a waiver would buy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What extra sessions are held against.

    check: rules that a course breaks; those which it breaks without extra sessions do not count. limits: their numbers.
    hard: codes of rules that no set may break; None: none at all. busy_week: most fractions in any 7 days running, and
    no second one, beside chemotherapy; None where none is given.
    """

    check: Check
    limits: Limits
    hard: frozenset[str] | None = None
    busy_week: int | None = None

    def forbids(self, code: str) -> bool:
        """May no set break this rule?"""
        return self.hard is None or code in self.hard

    @property
    def waivable(self) -> tuple[str, ...]:
        """Codes of the rules that a set may break where it has to."""
        dose = self.limits.weekly_dose_gy is not None
        codes = {*_SHAPING, *self.limits.waivable, *(["weekly-dose"] if dose else [])}
        return tuple(rule.code for rule in RULES if rule.code in codes and not self.forbids(rule.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Extra sessions that reach a goal. broken: rules they break; hard: codes of those that are never offered.

    sessions: fractions on each opened day, a concomitant boost that goes with them among them.

    goal: "end" (ends by the planned day), "prescribed" (by the prescribed reference's), "limit" (ends inside the
    limit), "restored" (the tumour lacks no more than the tolerance), "earliest" (as early as the rules allow), "part"
    (fewer sessions than any of these). later: as many sessions that break more rules end sooner.
    restores: does the tumour lack no more than the tolerance? Who knows the tumour says so.
    """

    method: Method
    goal: Goal
    sessions: Mapping[dt.date, int]
    course: Course
    broken: tuple[Note, ...]
    hard: tuple[str, ...] = ()
    later: bool = False
    restores: bool = False

    @property
    def clean(self) -> bool:
        """Do the sessions break no rule?"""
        return not self.broken

    @property
    def codes(self) -> frozenset[str]:
        """Codes of the rules that the sessions break."""
        return frozenset(note.code for note in self.broken)


def candidates(method: Method, remainder: Remainder, *, lost: frozenset[dt.date] = frozenset()) -> tuple[dt.date, ...]:
    """Days that could take one session more, in the order in which they are to be used.

    lost: days that were or will be missed: only a matched machine can treat on them, see `on_machines`.
    Second fractions are not offered beside a prescription that is itself given several times a day.
    """
    base = remainder.lay_out()
    days = _days(remainder, base)
    if method == "machine":
        return ()
    if method == "bid":
        return _second(remainder, base, days)
    kinds: tuple[Method, ...] = ("worked-weekend", "weekend", "holiday") if method in ("closed", "mix") else (method,)
    closed = [day for kind in kinds for day in _closed(kind, remainder, base, days, lost)]
    second = _second(remainder, base, days) if method == "mix" else ()
    return (*_saturdays_first(closed, remainder), *second)


def on_machines(remainder: Remainder, machines: Sequence[Calendar]) -> tuple[dt.date, ...]:
    """Days that were or will be missed, or on which the machine is closed, and on which a matched one treats."""
    base = remainder.lay_out()
    return _on_machines(remainder, base, _days(remainder, base), machines)


def _days(remainder: Remainder, base: Course) -> list[dt.date]:
    days = [add_days(remainder.start, step) for step in range(days_between(remainder.start, base.last) + 1)]
    return [day for day in days if remainder.calendar.covers(day)]


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
    aims: dict[Goal, dt.date] = {"prescribed": wanted}
    if bound is not None:
        aims["limit"] = add_days(wanted, bound)
    cord = any(region.is_cord for region in regions)
    rules = Rules(check=lambda course: check(course, limits, cord=cord), limits=limits)
    chosen = best(Search(remainder, rules).find(method, candidates(method, remainder), aims))
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


class Search:
    """Extra sessions for one course under way: the fewest for each last day, in the days that break the fewest rules.

    For each day on which the course could end: sessions that break no rule, else as few of those that may be broken
    as possible, taken from the days in their order of preference, so that what comes first is used first.
    """

    def __init__(self, remainder: Remainder, rules: Rules) -> None:
        self.remainder = remainder
        self.rules = rules
        self.base = remainder.lay_out()
        self.room = self.base.sessions
        phases = self.base.prescription.phases
        self.beside = {phase.name for phase in phases if phase.concomitant_from is not None}
        self.moves = self._moves()
        self.tried: dict[frozenset[dt.date], tuple[Course, tuple[Note, ...]]] = {}
        notes = rules.check(self.base)
        self.before = {note.key for note in notes}
        self.free = frozenset(note.code for note in notes)
        self.levels = tuple(self._levels())

    def find(self, method: Method, days: Sequence[dt.date], aims: Mapping[Goal, dt.date]) -> tuple[Found, ...]:
        """Sessions on these days, most of them first: the fewest for each last day from the earliest aim on.

        aims: last day wanted for each goal. Where no set reaches one without a hard rule, one is found that breaks as
        little as possible, to say what a waiver would buy. Empty where no session can help.
        """
        wanted = {goal: day for goal, day in aims.items() if day < self.base.last}
        if not wanted or not days:
            return ()
        floor = min(wanted.values())
        found = list(self._each_end(method, days, floor))
        found = [item for at, item in enumerate(found) if not _idle(at, item, found, floor)]
        return tuple(_named([*_labelled(found, wanted), *self._beyond(method, days, wanted, found)]))

    def _each_end(self, method: Method, days: Sequence[dt.date], floor: dt.date) -> Iterator[Found]:
        """From the latest end to the earliest: bounds that leave no set for one leave none for an earlier.

        Where a session moves the days after it, that need not be so: bounds are given up at the second time.
        """
        ends = {fraction.date for fraction in self.base.fractions} | set(days) | {floor}
        floor = add_days(floor, -_SPARE_TRIES) if self.moves else max(day for day in self.room if day <= floor)
        places = [self._place(day) for day in days if not self._hard_alone(day)]
        levels = [*self.levels]
        missed: list[object] = []
        for end in sorted((day for day in ends if floor <= day < self.base.last), reverse=True):
            within = [place for place in places if place.date <= end]
            for level in tuple(levels):
                item = self._within(method, within, end, *level)
                if item is not None:
                    yield item
                    break
                if missed.count(level) >= self.moves:
                    levels.remove(level)
                missed.append(level)

    def _within(
        self, method: Method, places: list[Place], end: dt.date, allowed: frozenset[str], bounds: Bounds
    ) -> Found | None:
        """The set with the fewest second fractions, among those that break no other rules than these."""
        caps: Iterable[int | None] = (None,)
        if method == "mix":
            caps = range(1, sum(place.second for place in places) + 1)
        for cap in caps:
            item = self._first(method, places, end, replace(bounds, seconds=cap), allowed)
            if item is not None:
                return item
        return None

    def _first(
        self, method: Method, places: list[Place], end: dt.date, bounds: Bounds, allowed: frozenset[str] | None
    ) -> Found | None:
        """The first set that ends by a day and breaks no other rules than these; None: whatever rules."""
        for need in self._needs(end):
            sets = fitting(self._counts(end), places, need, bounds)
            many = self.moves and len(self.tried) < _MOST_LAID_OUT
            for chosen in itertools.islice(sets, _MOST_TRIED_MOVED if many else _MOST_TRIED):
                item = self._found(method, "part", sorted(chosen))
                if item is not None and item.course.last <= end and (allowed is None or item.codes <= allowed):
                    return item
        return None

    def _levels(self) -> Iterator[tuple[frozenset[str], Bounds]]:
        """Rules that may be broken, the fewest first, with the bounds that are left."""
        seen = set()
        codes = self.rules.waivable
        for count in range(len(codes) + 1):
            for broken in itertools.combinations(codes, count):
                allowed = self.free.union(broken)
                bounds = self._bounds(allowed)
                key = bounds, allowed.difference(_SHAPING)
                if key not in seen:
                    seen.add(key)
                    yield allowed, bounds

    def _bounds(self, allowed: frozenset[str]) -> Bounds:
        limits, busy = self.rules.limits, self.rules.busy_week
        own = max(
            sum(self.base.prescription.phases[place].pattern.fractions_a_week for place in block if place is not None)
            for block in self.base.prescription.blocks()
        )
        weeks = {"sessions-a-week": limits.sessions_a_week, "dense-week": limits.dense_week}
        kept = [max(week, own) for code, week in weeks.items() if code not in allowed]
        running = None if "twice-daily-running" in allowed else limits.twice_daily_days_running
        if busy is not None and "intensified-with-chemotherapy" not in allowed:
            return Bounds(week=min([busy, *kept]), running=0)
        return Bounds(week=min(kept, default=None), running=running)

    def _beyond(
        self, method: Method, days: Sequence[dt.date], wanted: Mapping[Goal, dt.date], found: Sequence[Found]
    ) -> Iterator[Found]:
        """For each end that cannot be reached otherwise: sessions that break hard rules, as little as possible."""
        if self.rules.hard is None:
            return
        reached = min((item.course.last for item in found), default=self.base.last)
        seen: list[Mapping[dt.date, int]] = []
        goals: tuple[Goal, ...] = ("end", "prescribed")
        for goal in goals:
            if goal in wanted and wanted[goal] < reached:
                item = self._least_beyond(method, days, wanted[goal])
                if item is not None and item.sessions not in seen:
                    seen.append(item.sessions)
                    yield replace(item, goal=goal)

    def _least_beyond(self, method: Method, days: Sequence[dt.date], end: dt.date) -> Found | None:
        places = [self._place(day) for day in days if day <= end]
        week = self.levels[0][1].week or 0
        for extra in range(_MOST_BEYOND + 1):
            dense = max(week, self.rules.limits.dense_week) + extra
            item = self._first(method, places, end, Bounds(week=dense), None)
            if item is not None:
                return item
        return None

    def _hard_alone(self, day: dt.date) -> bool:
        """Does a session on this day alone break a hard rule that no other choice of days mends?"""
        _, broken = self._tried([day])
        return any(self.rules.forbids(note.code) and note.code not in _SHAPING for note in broken)

    def _place(self, day: dt.date) -> Place:
        return Place(date=day, fractions=self._opened(day, self.base), second=day in self.room)

    def _counts(self, end: dt.date) -> dict[dt.date, int]:
        return {day: count for day, count in self.room.items() if day <= end}

    def _needs(self, end: dt.date) -> range:
        """Fractions that sessions have to take; fewer and more are tried where a session moves the days after it."""
        late = self._late(end)
        return range(1 if self.moves else late, late + 1 + (_SPARE_TRIES if self.moves or self.beside else 0))

    def _moves(self) -> bool:
        """Does a session change which days the others fall on, or how many fractions they hold?"""
        phases = self.base.prescription.phases
        patterns = {replace(phase.pattern, interval_h=1.0) for phase in phases}
        apart = any(phase.pattern.spacing > 1 or phase.break_days or phase.keep_together for phase in phases)
        return apart or len(patterns) > 1

    def _found(self, method: Method, goal: Goal, chosen: Sequence[dt.date]) -> Found | None:
        """These sessions; None where one of them is of no use."""
        course, broken = self._tried(chosen)
        treated = course.sessions
        sessions = {day: min(treated.get(day, 0), fractions) for day, fractions in self._sessions(chosen).items()}
        used = all(fractions > self.room.get(day, 0) for day, fractions in sessions.items())
        if not used or course.last >= self.base.last:
            return None
        hard = tuple(dict.fromkeys(note.code for note in broken if self.rules.forbids(note.code)))
        return Found(method=method, goal=goal, sessions=sessions, course=course, broken=broken, hard=hard)

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
        notes = self.rules.check(course)
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
    """Weekend days in the order the clinic prefers, by default no other day where a Saturday does as well.

    Worked weekends stand before them, public holidays behind.
    """

    def rank(day: dt.date) -> int:
        kind = remainder.calendar.reason(day).kind
        if kind == "worked weekend":
            return -1
        preferred = remainder.calendar.weekend_rank(day) if kind == "weekend" else 0
        return len(WEEKDAYS) if preferred is None or kind == "holiday" else preferred

    return tuple(sorted(days, key=lambda day: (rank(day), day)))


def _idle(at: int, item: Found, found: Sequence[Found], floor: dt.date) -> bool:
    """Does another set end no later with no more sessions and no other rules broken? Of equals the first is kept.

    An end before the earliest that is wanted is worth no session more.
    """
    mine = len(item.sessions), max(item.course.last, floor), item.codes
    for place, other in enumerate(found):
        theirs = len(other.sessions), max(other.course.last, floor), other.codes
        no_worse = theirs[0] <= mine[0] and theirs[1] <= mine[1] and theirs[2] <= mine[2]
        sooner = (other.course.last, place) < (item.course.last, at)
        if no_worse and (theirs != mine or sooner):
            return True
    return False


def _labelled(found: Sequence[Found], wanted: Mapping[Goal, dt.date]) -> Iterator[Found]:
    """Each set with the goal that it reaches: with the fewest sessions that do; from the latest end to the earliest."""
    goals: dict[int, Goal] = {}
    aims: tuple[Goal, ...] = ("end", "limit", "prescribed")
    for goal in aims:
        reached = [at for at, item in enumerate(found) if goal in wanted and item.course.last <= wanted[goal]]
        if goal == "limit":
            kept = "end" in goals.values() and wanted["end"] <= wanted.get("limit", dt.date.max)
            reached = [at for at in reached if not kept and found[at].codes <= _BESIDE_DRUGS]
        if reached:
            goals.setdefault(reached[0], goal)
    if found and min(item.course.last for item in found) > min(wanted.values()):
        goals.setdefault(min(range(len(found)), key=lambda at: (found[at].course.last, at)), "earliest")
    for at, item in enumerate(found):
        yield replace(item, goal=goals.get(at, "part"))


def _named(found: Sequence[Found]) -> Iterator[Found]:
    """Most sessions first; of as many sessions those that end soonest, then those that break the fewest rules."""
    for _, group in itertools.groupby(sorted(found, key=_by_number), key=lambda item: len(item.sessions)):
        same = list(group)
        yield same[0]
        if len(same) > 1:
            yield replace(min(same[1:], key=lambda item: (len(item.hard), len(item.codes))), later=True)


def _by_number(item: Found) -> tuple[int, int, int, int]:
    return -len(item.sessions), item.course.last.toordinal(), len(item.hard), len(item.codes)


def _second(remainder: Remainder, base: Course, days: list[dt.date]) -> tuple[dt.date, ...]:
    """Days for second fractions: one in each week, its last, before a week gets another."""
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
    weeks: dict[tuple[int, int], list[dt.date]] = {}
    for day in sorted(single, key=lambda day: _BID_ORDER.index(day.weekday())):
        weeks.setdefault(day.isocalendar()[:2], []).append(day)
    place = {day: at for week in weeks.values() for at, day in enumerate(week)}
    return tuple(sorted(single, key=lambda day: (place[day], day)))


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
