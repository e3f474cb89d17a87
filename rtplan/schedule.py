"""Laying a prescription on a calendar: the only place where fractions get their dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rtplan.course import Course, Fraction
from rtplan.errors import ScheduleError
from rtplan.prescription import Phase, Prescription
from rtplan.workdays import ONE_DAY, Calendar, add_days, day_name, days_between, every_day_open

Permit = Callable[[dt.date], bool]

__all__ = ["Permit", "describe_move", "first_day", "lay_out", "prescribed_reference", "prolongation_days", "with_times"]


def first_day(
    prescription: Prescription,
    calendar: Calendar,
    requested: dt.date,
    permitted: Callable[[dt.date], bool] | None = None,
) -> dt.date:
    """The first day, from the requested one on, that is open, in the pattern, and permitted to start on."""
    pattern = prescription.phases[0].pattern
    day = requested
    while day <= calendar.last:
        if pattern.treated(calendar.reason(day), day) and (permitted is None or permitted(day)):
            return day
        day += ONE_DAY
    raise ScheduleError(
        f"no permitted start day for {prescription.name} from {requested} to {calendar.last}, "
        f"the last day of the calendar of {calendar.name}"
    )


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

    permitted: which days the first fraction may fall on (start rules, chemotherapy); not asked where something
        is delivered already.
    delivered: fractions already given; the remaining ones of each phase are laid out from ``start`` on.
    sessions: days with a number of fractions other than the pattern's, open or not: extra sessions.

    Raises ScheduleError where the calendar ends before the course does.
    """
    extra = dict(sessions or {})
    given = _given(prescription, delivered)
    if delivered is None and start not in extra:
        start = first_day(prescription, calendar, start, permitted)
    walk = _Walk(prescription, calendar, extra, start)
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
    calendar = every_day_open(first, add_days(first, 7 * prescription.n_fractions + 400))
    on_first = prescription.phases[0].pattern.fractions_on(first.weekday())
    return lay_out(prescription, calendar, first, sessions={first: on_first})


def prolongation_days(course: Course) -> int:
    """Overall time minus that of the prescribed reference from the same first day; can be negative. [d]"""
    return course.elapsed_days - prescribed_reference(course.prescription, course.first).elapsed_days


def with_times(course: Course, times: tuple[dt.time, ...], zone: dt.tzinfo) -> Course:
    """The course with a clock time for the first, second, ... fraction of each day."""
    place: dict[dt.date, int] = {}
    fractions = []
    for fraction in course.fractions:
        slot = place.get(fraction.date, 0)
        place[fraction.date] = slot + 1
        if slot >= len(times):
            raise ScheduleError(f"{fraction.date} has {slot + 1} fractions, but only {len(times)} times are given")
        start = dt.datetime.combine(fraction.date, times[slot], tzinfo=zone)
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
        self, prescription: Prescription, calendar: Calendar, extra: dict[dt.date, int], start: dt.date
    ) -> None:
        self.prescription = prescription
        self.calendar = calendar
        self.extra = extra
        self.day = start
        self.placed: list[_Placed] = []

    def block(self, host: int, boost: int | None, given: list[int], *, break_first: bool) -> None:
        phases = self.prescription.phases
        left = phases[host].n_fractions - given[host]
        boost_left = phases[boost].n_fractions - given[boost] if boost is not None else 0
        if left <= 0 and boost_left <= 0:
            return
        if break_first and self.placed:
            self.day = max(self.day, add_days(self.placed[-1].date, 1 + phases[host].break_days))
        while left > 0 or boost_left > 0:
            room = self._room(phases[host])
            here = min(room, left)
            self._place(host, here)
            left -= here
            boosted = phases[host].n_fractions - left >= self._boost_from(boost)
            if room and boost is not None and boost_left > 0 and boosted:
                self._place(boost, 1)
                boost_left -= 1
            self.day += ONE_DAY

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
        if not phase.pattern.treated(self.calendar.reason(self.day), self.day):
            return 0
        return phase.pattern.fractions_on(self.day.weekday())

    def _place(self, phase: int, count: int) -> None:
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


def describe_move(requested: dt.date, actual: dt.date, why: str) -> str:
    """One sentence for a start that moved."""
    days = days_between(requested, actual)
    plural = "day" if days == 1 else "days"
    return f"start moved {days} {plural}, from {day_name(requested)} {requested} to {day_name(actual)} {actual}: {why}"
