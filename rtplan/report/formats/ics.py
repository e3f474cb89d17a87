"""Fractions and chemotherapy days as iCalendar (RFC 5545): calendar.ics, and cancel.ics for what a revision removed.

An event's UID comes from the course and the fraction's or cycle day's number, never from its date, so that a revised
file moves events instead of doubling them. Titles, UIDs and the calendar's name hold no label that somebody typed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rtplan.chemotherapy.cycles import Cycle, DrugDay
from rtplan.clinic.days import add_days
from rtplan.course.course import Fraction
from rtplan.errors import DomainError, visible
from rtplan.planning.follow_up import FollowUp, Period, follow_ups
from rtplan.planning.plan import Plan
from rtplan.report.language import Words, words
from rtplan.report.wording import drug_day

if TYPE_CHECKING:
    from icalendar import Calendar, Event

__all__ = [
    "APPOINTMENT",
    "cancelled_ics",
    "to_ics",
]


APPOINTMENT = dt.timedelta(minutes=30)
"""Length of a timed event. A plan knows when a fraction starts and not how long the patient stays: a design default."""


_NO_ZONE = "UTC"
"""What a calendar has whose clinic states no time zone (a bare country code)."""


PRODID = "-//rtplan//radiotherapy calendar//EN"


def to_ics(
    plan: Plan, *, stamp: dt.datetime | None = None, language: str = "en", follow_up: tuple[Period, ...] = ()
) -> bytes:
    """calendar.ics of a plan, with the follow-up visits that are asked for.

    Days without a clock time are all-day events that leave the day free; timed ones last `APPOINTMENT`, in the clinic's
    time zone, or in nobody's (a floating local time) where the clinic states none. What may still move is TENTATIVE.
    SEQUENCE is the revision's number.
    stamp: DTSTAMP, by default the moment the plan was made; DomainError where neither is known.
    """
    told = words(language)
    return _file(plan, tuple(_entries(plan, told, follow_up)), "PUBLISH", _moment(plan, stamp), told)


def cancelled_ics(
    plan: Plan, previous: Plan, *, stamp: dt.datetime | None = None, language: str = "en"
) -> bytes | None:
    """cancel.ics: the events of the previous plan that this one no longer has; None where there are none.

    DomainError where the plans are not of one course, or the revision is no later than the previous one.
    """
    if plan.inputs.course_id != previous.inputs.course_id:
        raise DomainError("events are cancelled between revisions of one course: protocol, clinic or start differ")
    if plan.revision.number <= previous.revision.number:
        raise DomainError(
            f"revision {plan.revision.number} does not follow revision {previous.revision.number}: "
            f"a cancellation needs a higher number"
        )
    told = words(language)
    kept = {entry.uid for entry in _entries(plan, told)}
    gone = tuple(entry for entry in _entries(previous, told) if entry.uid not in kept)
    return _file(plan, gone, "CANCEL", _moment(plan, stamp), told) if gone else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One event. start, end: dates (end exclusive) or clock times. machine: where it is not the first one."""

    uid: str
    title: str
    start: dt.date | dt.datetime
    end: dt.date | dt.datetime
    tentative: bool
    machine: str = ""
    remarks: tuple[str, ...] = field(default=())


def _entries(plan: Plan, told: Words, follow_up: tuple[Period, ...] = ()) -> Iterator[_Entry]:
    key = plan.inputs.course_id
    zone = ZoneInfo(plan.inputs.calendar.time_zone)
    for fraction in plan.course.fractions:
        yield _fraction(plan, fraction, key, zone, told)
    for cycle in plan.cycles:
        yield from _cycle(cycle, key, told)
    for visit in follow_ups(plan, follow_up):
        yield _follow_up(visit, key, told)


def _fraction(plan: Plan, fraction: Fraction, key: str, zone: ZoneInfo, told: Words) -> _Entry:
    start: dt.date | dt.datetime = fraction.date
    end: dt.date | dt.datetime = add_days(fraction.date, 1)
    if fraction.start is not None:
        begins = fraction.start.astimezone(zone)
        ends = (fraction.start.astimezone(dt.UTC) + APPOINTMENT).astimezone(zone)
        start, end = (
            (begins, ends) if zone.key != _NO_ZONE else (begins.replace(tzinfo=None), ends.replace(tzinfo=None))
        )
    provisional = plan.is_provisional(fraction)
    machine = plan.machine_of(fraction.date)
    remarks = [told(_ON_MACHINE, machine=machine)] if machine else []
    remarks += [told(_TO_CONFIRM)] if provisional else []
    total = len(plan.course.fractions)
    return _Entry(
        uid=f"{key}-fraction-{fraction.number}@rtplan",
        title=told("Radiotherapy fraction %(number)d of %(total)d", number=fraction.number, total=total),
        start=start,
        end=end,
        tentative=provisional,
        machine=machine,
        remarks=tuple(remarks),
    )


_TO_CONFIRM = "To be confirmed: this date depends on public holidays that are not officially announced yet."


_ON_MACHINE = "On another machine: %(machine)s"


_UNIT_CLOSED = "The infusion unit is closed on this day."


def _cycle(cycle: Cycle, key: str, told: Words) -> Iterator[_Entry]:
    """A cycle's drug days; day 1 alone where the protocol names no drugs."""
    days: dict[int, list[DrugDay]] = {}
    for day in cycle.drug_days:
        days.setdefault(day.offset_days, []).append(day)
    for offset in sorted(days) or [0]:
        drugs = days.get(offset, [])
        date = drugs[0].date if drugs else cycle.date
        closed = any(day.closed for day in drugs)
        remarks = [", ".join(dict.fromkeys(told(day.drug) for day in drugs))] if drugs else []
        guessed = cycle.provisional or any(day.provisional for day in drugs)
        remarks += [told(_TO_CONFIRM)] if guessed else []
        remarks += [told(_UNIT_CLOSED)] if closed else []
        yield _Entry(
            uid=f"{key}-cycle-{cycle.number}-day-{offset}@rtplan",
            title=told("Chemotherapy %(day)s", day=drug_day(cycle.number, offset, told)),
            start=date,
            end=add_days(date, 1),
            tentative=guessed or closed,
            remarks=tuple(remarks),
        )


def _follow_up(visit: FollowUp, key: str, told: Words) -> _Entry:
    return _Entry(
        uid=f"{key}-follow-up-{visit.period}@rtplan",
        title=told("Follow-up visit"),
        start=visit.date,
        end=add_days(visit.date, 1),
        tentative=visit.unsure,
        remarks=(told("To be confirmed."),) if visit.unsure else (),
    )


def _moment(plan: Plan, stamp: dt.datetime | None) -> dt.datetime:
    moment = stamp or plan.provenance.created
    if moment is None or moment.tzinfo is None:
        raise DomainError("a calendar file needs a moment with its time zone: give a stamp, the plan holds none")
    return moment.astimezone(dt.UTC)


def _file(plan: Plan, entries: Sequence[_Entry], method: str, moment: dt.datetime, told: Words) -> bytes:
    from icalendar import Calendar

    key = plan.inputs.course_id
    calendar = Calendar.new(
        prodid=PRODID,
        method=method,
        uid=f"{key}@rtplan",
        name=told("Radiotherapy from %(start)s", start=plan.inputs.start.isoformat()),
        description=told("Planned days. The times your hospital gives you are the ones that count."),
        last_modified=moment,
    )
    place = _plain(plan.inputs.clinic)
    for entry in entries:
        calendar.add_component(_event(entry, plan.revision.number, method, moment, place))
    _add_zones(calendar, entries)
    return bytes(calendar.to_ical())


def _event(entry: _Entry, sequence: int, method: str, moment: dt.datetime, place: str) -> Event:
    from icalendar import Event
    from icalendar.enums import STATUS, TRANSP

    planned = STATUS.TENTATIVE if entry.tentative else STATUS.CONFIRMED
    return Event.new(
        uid=entry.uid,
        sequence=sequence,
        stamp=moment,
        summary=entry.title,
        start=entry.start,
        end=entry.end,
        location=", ".join(part for part in (place, _plain(entry.machine)) if part),
        description=_plain("\n".join(entry.remarks)) or None,
        status=STATUS.CANCELLED if method == "CANCEL" else planned,
        transparency=TRANSP.OPAQUE if isinstance(entry.start, dt.datetime) else TRANSP.TRANSPARENT,
    )


def _add_zones(calendar: Calendar, entries: Sequence[_Entry]) -> None:
    """A VTIMEZONE for the years of the course, where events are timed."""
    if any(isinstance(entry.start, dt.datetime) for entry in entries):
        years = [entry.start.year for entry in entries]
        calendar.add_missing_timezones(dt.date(min(years), 1, 1), dt.date(max(years) + 1, 1, 1))


def _plain(text: str) -> str:
    """Text whose control signs are written out, as RFC 5545 knows no escape for them; line breaks stay."""
    return "".join(letter for letter in visible(text) if letter == "\n" or letter.isprintable())
