"""Laying a prescription on a calendar: the only place where fractions get their dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rtplan.clinic.days import (
    ONE_DAY,
    WEEKDAYS,
    Calendar,
    add_days,
    days_between,
    every_day_open,
    first_of_week,
)
from rtplan.course.course import Course, Fraction
from rtplan.errors import ScheduleError
from rtplan.prescription.prescription import Pattern, Phase, Prescription

__all__ = [
    "Permit",
    "first_day",
    "lay_out",
    "on_week",
    "prescribed_reference",
    "prolongation_days",
    "refuse_contradiction",
    "runs_together",
    "with_times",
]


Permit = Callable[[dt.date], bool]


def on_week(prescription: Prescription, week: tuple[str, ...]) -> Prescription:
    """The prescription on this working week, where it prescribes no weekdays of its own.

    Patterns of Monday to Friday (five a week) and Monday to Saturday (six) are meant as days of this working week where
    it is another one: of a longer week the days from its first on are taken, Saturday to Wednesday where only Friday
    is free. A shorter week changes none. So many days a week, or days apart, fall on any day of the working week.
    """

    def here(phase: Phase) -> Phase:
        pattern, count = phase.pattern, len(phase.pattern.weekdays)
        if set(pattern.weekdays) != set(WEEKDAYS[:count]) or count not in (5, 6):
            return phase
        if pattern.on_any_weekday:
            enough = len(week) >= (pattern.days_a_week or 1)
            return replace(phase, pattern=replace(pattern, weekdays=week)) if enough else phase
        if len(week) < count:
            return phase
        days = pattern.weekdays if set(pattern.weekdays) <= set(week) else first_of_week(week, count)
        return replace(phase, pattern=replace(pattern, weekdays=days))

    return replace(prescription, phases=tuple(here(phase) for phase in prescription.phases))


def first_day(
    prescription: Prescription,
    calendar: Calendar,
    requested: dt.date,
    permitted: Callable[[dt.date], bool] | None = None,
    rules: str = "",
) -> dt.date:
    """The first day, from the requested one on, that is open, in the pattern, and permitted to start on.

    rules: what ``permitted`` stands for, in words. Raises ScheduleError, naming them, where no day is left, and where
    the prescription treats on a weekday on which the clinic never works.
    """
    refuse_contradiction(prescription, calendar)
    phase = prescription.phases[0]
    day = requested
    while day <= calendar.last:
        treated = phase.pattern.treated(calendar.reason(day), day)
        if treated and (permitted is None or permitted(day)) and runs_together(phase, calendar, day):
            return day
        day += ONE_DAY
    raise ScheduleError(
        f"no permitted start day for {prescription.name} from {requested} to {calendar.last}, "
        f"the last day of the calendar of {calendar.name}" + (f": {rules} leave none" if rules else "")
    )


def refuse_contradiction(prescription: Prescription, calendar: Calendar) -> None:
    """A pattern that asks for weekdays on which the clinic never works cannot be kept: not quietly done without."""
    never = _never_worked(calendar)
    for phase in prescription.phases:
        missing = [day for day in WEEKDAYS if day in phase.pattern.weekdays and day in never]
        left = len(phase.pattern.weekdays) - len(missing)
        if missing and left < (phase.pattern.days_a_week or len(phase.pattern.weekdays)):
            raise ScheduleError(
                f"weekdays of phase {phase.name!r} contradict the calendar: it treats on {', '.join(missing)}, and "
                f"{calendar.name} never works on {'that day' if len(missing) == 1 else 'those days'}; prescribe other "
                f"weekdays{_way_out(missing, never)}"
            )


def _way_out(missing: list[str], never: frozenset[str]) -> str:
    """The days that may be prescribed; a Saturday may be meant as worked, the day of rest is never proposed."""
    works = [day for day in WEEKDAYS if day not in never]
    if missing != ["sat"] or len(never) < 2:
        return f": it works on {', '.join(works)}"
    week = [day for day in WEEKDAYS if day in works or day in missing]
    return f" or, if it does work then, say so: [days] week = {week} in the clinic file, or --week {','.join(week)}"


def runs_together(phase: Phase, calendar: Calendar, first: dt.date) -> bool:
    """Can a phase that is kept together be given from this day on without a day between? True for every other phase."""
    if not phase.keep_together:
        return True
    left, day = phase.n_fractions, first
    while left > 0:
        if not calendar.covers(day) or not phase.pattern.treated(calendar.reason(day), day):
            return False
        left -= calendar.holds(day, phase.pattern.fractions_on(day.weekday()))
        day += ONE_DAY
    return True


def _never_worked(calendar: Calendar) -> frozenset[str]:
    """Weekdays that the calendar knows only as weekend: worked weekends and extra open days are no rule."""
    never = set()
    for number, name in enumerate(WEEKDAYS):
        codes = set(calendar.codes[(number - calendar.first.weekday()) % 7 :: 7])
        kinds = {calendar.reasons[code].kind for code in codes}
        if "weekend" in kinds and not kinds & {"workday", "half day"}:
            never.add(name)
    return frozenset(never)


def lay_out(
    prescription: Prescription,
    calendar: Calendar,
    start: dt.date,
    *,
    permitted: Callable[[dt.date], bool] | None = None,
    delivered: Course | None = None,
    sessions: Mapping[dt.date, int] | None = None,
) -> Course:
    """The prescription on dates, from ``start`` on.

    The rule, for each phase: its next treated day is the earliest day that is open and one of the pattern's weekdays,
    that lies at least the pattern's spacing after the treated day before it (between two phases: the smaller of their
    spacings), and in whose week fewer than ``days_a_week`` days were treated at this frequency. Weeks are runs of seven
    days counted from the first treated day of the course. So a closed day moves to the next open day of its week, and
    the days after it move only as far as the spacing asks. An extra session is given on its day; it counts for the
    spacing, and only on the first day of the course for the week.

    permitted: which days the first fraction may fall on (start rules, chemotherapy); not asked where something
        is delivered already.
    delivered: fractions already given; the remaining ones of each phase are laid out from ``start`` on.
    sessions: days with a number of fractions other than the pattern's, open or not: extra sessions; 0 closes a day
        for this course. A concomitant boost counts among them.

    Raises ScheduleError where the calendar ends before the course does, and where a phase treats on a weekday on which
    the clinic never works.
    """
    refuse_contradiction(prescription, calendar)
    extra = dict(sessions or {})
    given = _given(prescription, delivered)
    if delivered is None and start not in extra:
        start = first_day(prescription, calendar, start, permitted)
    walk = _Walk(prescription, calendar, extra, start, delivered)
    for host, boost in prescription.blocks():
        begun = delivered is not None and given[host] > 0
        walk.block(host, boost, given, break_first=not begun)
    fractions = (delivered.fractions if delivered else ()) + tuple(walk.fractions())
    return Course(
        prescription=prescription,
        fractions=tuple(replace(fraction, number=number) for number, fraction in enumerate(fractions, 1)),
    )


def prescribed_reference(prescription: Prescription, first: dt.date) -> Course:
    """The same prescription on its own weekly pattern from the same first treated day, with no closures at all."""
    breaks = sum(phase.break_days for phase in prescription.phases)
    weeks = prescription.n_fractions + len(prescription.phases) + 1
    step = 7 + max(phase.pattern.spacing for phase in prescription.phases)
    calendar = every_day_open(first, add_days(first, step * weeks + breaks))
    return lay_out(prescription, calendar, first, sessions=_off_pattern(prescription, first))


def _off_pattern(prescription: Prescription, first: dt.date) -> dict[dt.date, int]:
    """A first day outside the pattern, such as a worked weekend, as the session it was."""
    host, *others = prescription.phases
    if host.pattern.treats(first.weekday()):
        return {}
    boosted = bool(others) and others[0].concomitant_from == 1
    return {first: host.pattern.fractions_on(first.weekday()) + boosted}


def prolongation_days(course: Course) -> int:
    """Overall time minus that of the prescribed reference from the same first day; can be negative. [d]"""
    return course.elapsed_days - prescribed_reference(course.prescription, course.first).elapsed_days


def with_times(course: Course, times: tuple[dt.time, ...], zone: dt.tzinfo) -> Course:
    """The course with a clock time for the first, second, ... fraction of each day.

    Raises ScheduleError where a day has more fractions than times, and for a time that the day's clocks skip.
    """
    place: dict[dt.date, int] = {}
    fractions = []
    for fraction in course.fractions:
        slot = place.get(fraction.date, 0)
        place[fraction.date] = slot + 1
        if slot >= len(times):
            raise ScheduleError(f"{fraction.date} has {slot + 1} fractions, but only {len(times)} times are given")
        start = dt.datetime.combine(fraction.date, times[slot], tzinfo=zone)
        if start.astimezone(dt.UTC).astimezone(zone).time() != times[slot]:
            raise ScheduleError(f"{times[slot]:%H:%M} does not exist on {fraction.date}: clocks go forward then")
        fractions.append(replace(fraction, start=start))
    return replace(course, fractions=tuple(fractions))


def _given(prescription: Prescription, delivered: Course | None) -> list[int]:
    names = [fraction.phase for fraction in delivered.fractions] if delivered else []
    return [names.count(phase.name) for phase in prescription.phases]


@dataclass(slots=True)
class _Placed:
    phase: int
    date: dt.date


class _Walk:
    """Goes through the days once, placing fractions; the one mutable thing of this module."""

    def __init__(
        self,
        prescription: Prescription,
        calendar: Calendar,
        extra: dict[dt.date, int],
        start: dt.date,
        delivered: Course | None,
    ) -> None:
        self.prescription = prescription
        self.calendar = calendar
        self.extra = extra
        self.day = start
        self.first: dt.date | None = None  # treated day of the course, delivered or placed
        self.last: dt.date | None = None
        self.spacing = 1  # of the phase treated last
        self.weeks: dict[tuple[int, int | None], int] = {}  # treated days of a week at so many a week
        self.placed: list[_Placed] = []
        for fraction in delivered.fractions if delivered else ():
            self._treat(fraction.date, prescription.phase(fraction.phase).pattern)

    def block(self, host: int, boost: int | None, given: list[int], *, break_first: bool) -> None:
        phases = self.prescription.phases
        left = phases[host].n_fractions - given[host]
        boost_left = phases[boost].n_fractions - given[boost] if boost is not None else 0
        if left <= 0 and boost_left <= 0:
            return
        if break_first and self.last is not None:
            self.day = max(self.day, add_days(self.last, 1 + phases[host].break_days))
            self._wait_to_keep_together(phases[host])
        while left > 0 or boost_left > 0:
            room = self._room(phases[host])
            due = boost_left > 0 and phases[host].n_fractions - left + min(1, left) >= self._boost_from(boost)
            boosted = self._boosts(room, due=due, left=left)
            here = min(room - boosted if self.day in self.extra else room, left)
            boosted = boosted if here + boosted <= self._most(here + boosted) else 0
            self._place(host, here)
            left -= here
            if boost is not None:
                self._place(boost, boosted)
                boost_left -= boosted
            self.day += ONE_DAY

    def _most(self, fractions: int) -> int:
        """How many of so many fractions the day holds; an extra session is as large as it is stated."""
        return fractions if self.day in self.extra else self.calendar.holds(self.day, fractions)

    def _wait_to_keep_together(self, phase: Phase) -> None:
        while self.calendar.covers(self.day) and not runs_together(phase, self.calendar, self.day):
            self.day += ONE_DAY

    def _boosts(self, room: int, *, due: bool, left: int) -> int:
        """Fractions of the concomitant boost today: one beside the host's, within what an extra session allows."""
        if not due or room == 0:
            return 0
        return int(self.day not in self.extra or room > 1 or left == 0)

    def _boost_from(self, boost: int | None) -> int:
        return (self.prescription.phases[boost].concomitant_from or 1) if boost is not None else 0

    def _room(self, phase: Phase) -> int:
        if self.day in self.extra:
            return self.extra[self.day]
        if not self.calendar.covers(self.day):
            raise ScheduleError(
                f"fraction {len(self.placed) + 1} of {self.prescription.n_fractions} of {self.prescription.name} "
                f"would fall after {self.calendar.last}, the last day of the calendar of {self.calendar.name}"
            )
        if not phase.pattern.treated(self.calendar.reason(self.day), self.day) or self._too_soon(phase.pattern):
            return 0
        return self.calendar.holds(self.day, phase.pattern.fractions_on(self.day.weekday()))

    def _too_soon(self, pattern: Pattern) -> bool:
        """Too near the treated day before, or one more in a week that has its days already?"""
        if self.first is None or self.last is None:
            return False
        near = days_between(self.last, self.day) < min(self.spacing, pattern.spacing)
        week = days_between(self.first, self.day) // 7, pattern.days_a_week
        return near or (pattern.days_a_week is not None and self.weeks.get(week, 0) >= pattern.days_a_week)

    def _treat(self, day: dt.date, pattern: Pattern) -> None:
        self.first = self.first or day
        if day != self.last and (day == self.first or day not in self.extra):
            week = days_between(self.first, day) // 7, pattern.days_a_week
            self.weeks[week] = self.weeks.get(week, 0) + 1
        self.last, self.spacing = day, pattern.spacing

    def _place(self, phase: int, count: int) -> None:
        if count:
            self._treat(self.day, self.prescription.phases[phase].pattern)
        self.placed.extend(_Placed(phase, self.day) for _ in range(count))

    def fractions(self) -> Iterator[Fraction]:
        targets = self.prescription.targets
        doses = [tuple(phase.dose_per_fraction_gy(t) for t in targets) for phase in self.prescription.phases]
        for number, placed in enumerate(self.placed, 1):
            yield Fraction(
                number=number,
                phase=self.prescription.phases[placed.phase].name,
                date=placed.date,
                doses_gy=doses[placed.phase],
            )
