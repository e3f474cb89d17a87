"""Visits after the course: so many days, weeks, months or years after its last fraction, on open days."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from rtplan.clinic.days import WEEKDAYS, Calendar, add_days, later_by
from rtplan.errors import DomainError
from rtplan.planning.plan import Plan

__all__ = [
    "FollowUp",
    "Period",
    "follow_ups",
    "periods",
]


LONGEST = {"d": 3650, "w": 520, "m": 120, "y": 10}
"""Most days, weeks, months and years after the course: ten years. Design default, no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span after the last fraction. unit: d, w, m or y (days, weeks, months, years of the calendar)."""

    count: int
    unit: str

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST[self.unit]:
            raise DomainError(f"a follow-up lies 1 to {LONGEST[self.unit]}{self.unit} after the course, got {self}")

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A visit. due: by the calendar alone; date: the first open day from then on. unsure: the day may still move."""

    period: Period
    due: dt.date
    date: dt.date
    unsure: bool

    @property
    def moved(self) -> bool:
        """Did it fall on a closed day?"""
        return self.date != self.due


def periods(text: str) -> tuple[Period, ...]:
    """Periods as they are written, in their order; DomainError where one is not to be read or stands twice.

    >>> [str(period) for period in periods("6w,3m,1y")]
    ['6w', '3m', '1y']
    """
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"([0-9]{1,4})([dwmy])", part.strip(), flags=re.ASCII)
        if match is None:
            raise DomainError(f"--follow-up takes periods such as 6w,3m,1y (d, w, m or y), got {part.strip()!r}")
        found.append(Period(count=int(match[1]), unit=match[2]))
    if len(set(found)) < len(found):
        raise DomainError(f"--follow-up takes each period once, got {text!r}")
    return tuple(found)


def follow_ups(plan: Plan, after: tuple[Period, ...]) -> tuple[FollowUp, ...]:
    """The visits of a plan, from its last fraction on, by date.

    A visit due on a closed day is on the next open one. Past the plan's calendar only the clinic's weekdays are known:
    such a day is unsure, as are days that are not officially announced.
    """
    visits = [_visit(plan, period) for period in after]
    return tuple(sorted(visits, key=lambda visit: (visit.date, visit.due)))


def _visit(plan: Plan, period: Period) -> FollowUp:
    calendar = plan.inputs.calendar
    due = day = later_by(plan.course.last, period.count, period.unit)
    passed = False
    while not _open(calendar, day):
        passed = passed or _provisional(calendar, day)
        day = add_days(day, 1)
    unsure = passed or _provisional(calendar, day) or plan.is_provisional(plan.course.fractions[-1])
    return FollowUp(period=period, due=due, date=day, unsure=unsure)


def _provisional(calendar: Calendar, day: dt.date) -> bool:
    return not calendar.covers(day) or calendar.reason(day).provisional


def _open(calendar: Calendar, day: dt.date) -> bool:
    """Is the clinic open; past its calendar: does it ever work on that weekday?"""
    if calendar.covers(day):
        return calendar.reason(day).open
    return WEEKDAYS[day.weekday()] in _worked(calendar)


def _worked(calendar: Calendar) -> set[str]:
    """Weekdays that are workdays of the last weeks of a calendar; every one where none is."""
    late = calendar.days(max(calendar.first, add_days(calendar.last, -27)), calendar.last)
    return {
        WEEKDAYS[day.weekday()] for day, reason in late if reason.open and reason.kind in ("workday", "half day")
    } or set(WEEKDAYS)
