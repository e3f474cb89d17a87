"""The calendar of a clinic: its own days laid over weekends and public holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from rtplan.clinic.clinic import Clinic, Days
from rtplan.clinic.days import WEEKDAYS, Calendar, Reason, add_days, days_between, from_reasons
from rtplan.clinic.holidays import PublicDays, first_weekday, public_days
from rtplan.errors import ScheduleError

__all__ = [
    "build",
    "from_week",
    "with_matched",
]


def build(
    clinic: Clinic,
    first: dt.date,
    last: dt.date,
    *,
    worked_weekends: bool = False,
    days: Days | None = None,
    name: str | None = None,
) -> Calendar:
    """The calendar of a clinic (or of one of its units: ``days``) from first to last.

    worked_weekends: are worked weekends treated on? Without it they are closed days of their own kind.
    Raises ScheduleError where no day would be open.
    """
    public = public_days(clinic, first, last)
    unit = days or clinic.days
    week = next((set(own) for own in (unit.week, clinic.days.week) if own is not None), None)
    layers = _Layers(unit, first, last, public, week)
    reasons = [layers.reason(add_days(first, n), worked_weekends) for n in range(days_between(first, last) + 1)]
    if not any(reason.open for reason in reasons):
        raise ScheduleError(f"{clinic.label} is open on no day from {first} to {last}")
    return from_reasons(
        name or clinic.label,
        first,
        reasons,
        time_zone=clinic.time_zone,
        official_through=public.official_through,
        sources=public.sources,
        first_weekday=first_weekday(clinic),
        weekend_sessions=clinic.sessions.weekend if clinic.sessions else None,
    )


class _Layers:
    """A unit's own days over those of its country, looked up once. week: its own working week; None: the country's."""

    def __init__(self, unit: Days, first: dt.date, last: dt.date, public: PublicDays, week: set[str] | None) -> None:
        self.public = public
        self.week = week
        self.closed = _closed(unit)
        self.opened = {day: span.reason for span in unit.extra_open for day in span}
        self.treated = {day: span.reason for span in unit.treated_holidays for day in span}
        self.service = {day: entry.reason for entry in unit.service_days for day in entry.days(first, last)}
        self.worked_weekends = unit.worked_weekends
        self.halves = {**public.halves, **_half_days(unit, first, last)}

    def reason(self, day: dt.date, worked: bool) -> Reason:
        """Why the day is open or closed; an open half day holds one fraction."""
        reason = self._whole(day, worked)
        if day not in self.halves or reason.kind not in ("workday", "treated holiday", "worked weekend", "extra"):
            return reason
        text = "; ".join(part for part in (reason.text, self.halves[day]) if part)
        kind = "half day" if reason.kind == "workday" else reason.kind
        return replace(reason, kind=kind, text=text, fractions=1)

    def _works(self, day: dt.date) -> bool:
        """Is this a working day of the unit's week, or of the country's on that date?"""
        return day not in self.public.weekend if self.week is None else WEEKDAYS[day.weekday()] in self.week

    def _whole(self, day: dt.date, worked: bool) -> Reason:
        public = self.public
        if day in self.closed:
            return Reason(open=False, provisional=False, kind="closure", text=self.closed[day])
        if day in self.service:
            return Reason(open=False, provisional=False, kind="service", text=self.service[day])
        if day in self.opened:
            return Reason(open=True, provisional=False, kind="extra", text=self.opened[day])
        provisional = public.provisional(day)
        holiday = public.closed.get(day)
        if holiday is not None:
            if day in self.treated:
                text = f"{holiday}; {self.treated[day]}"
                return Reason(open=True, provisional=False, kind="treated holiday", text=text)
            return Reason(open=False, provisional=provisional, kind="holiday", text=holiday)
        if self._works(day):
            return Reason(open=True, provisional=provisional, kind="workday", text="")
        if day in public.worked:
            text = public.worked[day]
            if self.worked_weekends == "yes":
                return Reason(open=True, provisional=provisional, kind="extra", text=text)
            if self.worked_weekends == "no":
                return Reason(open=False, provisional=provisional, kind="weekend", text=f"{text}, not worked here")
            return Reason(open=worked, provisional=provisional, kind="worked weekend", text=text)
        return Reason(open=False, provisional=provisional, kind="weekend", text="weekend")


def _closed(unit: Days) -> dict[dt.date, str]:
    """Closures by day; where several meet, each reason once."""
    reasons: dict[dt.date, dict[str, None]] = {}
    for span in unit.closures:
        for day in span:
            reasons.setdefault(day, {})[span.reason] = None
    return {day: "; ".join(texts) for day, texts in reasons.items()}


def _half_days(unit: Days, first: dt.date, last: dt.date) -> dict[dt.date, str]:
    return {day: entry.reason for entry in unit.half_days for day in entry.days(first, last)}


CHANGED_WEEK = "working day since the country's weekend changed"


def from_week(calendar: Calendar, week: tuple[str, ...], start: dt.date) -> Calendar:
    """The calendar for a course that begins in this working week, where the country changes its weekend later.

    A new working day counts as an extra open day: a course of the whole working week goes on as many days a week.
    """

    def change(day: dt.date, reason: Reason) -> Reason:
        new = day > start and reason.kind in ("workday", "half day") and WEEKDAYS[day.weekday()] not in week
        return replace(reason, kind="extra", text=CHANGED_WEEK) if new else reason

    return calendar.with_days(change)


def with_matched(calendar: Calendar, machines: Iterable[Calendar]) -> Calendar:
    """The calendar with those days open that it closes on its own working week and a matched machine treats on.

    Weekends and worked weekends stay as they are: a matched machine takes over days, it adds none to the week.
    """
    others = tuple(machines)

    def change(day: dt.date, reason: Reason) -> Reason:
        if reason.open or reason.kind not in ("closure", "service", "holiday"):
            return reason
        for machine in others:
            if machine.covers(day) and machine.is_open(day):
                there = machine.reason(day)
                return Reason(
                    open=True,
                    provisional=there.provisional,
                    kind="extra",
                    text=f"on {machine.name}; {calendar.name}: {reason.text}",
                    fractions=there.fractions,
                    machine=machine.name,
                    instead=reason.text,
                )
        return reason

    return calendar.with_days(change)
