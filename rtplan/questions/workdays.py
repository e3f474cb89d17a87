"""Open and closed days of a clinic, each with its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from rtplan.answer import Answer, Kind
from rtplan.clinic.calendar import build
from rtplan.clinic.clinic import WorkedWeekends
from rtplan.clinic.days import Calendar, Reason, add_days, announced_until, days_between
from rtplan.clinic.holidays import categories_not_used
from rtplan.errors import DomainError
from rtplan.library.catalogue import load_clinic
from rtplan.note import Note, Phrase, Value
from rtplan.planning.plan import refuse_provisional

__all__ = [
    "MOST_DAYS",
    "Workdays",
    "workdays",
]


MOST_DAYS = 3660
"""Days that are listed at most: ten years. Design default, no source. [d]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdays(Answer):
    """The days of a calendar from first to last. worked_weekends: "yes", "no" or "unknown" (then not used).

    assumptions: what is said of the clinic itself.
    """

    kind: ClassVar[Kind] = "workdays"

    calendar: Calendar
    first: dt.date
    last: dt.date
    worked_weekends: WorkedWeekends = "unknown"
    assumptions: tuple[Note, ...] = ()

    @property
    def days(self) -> tuple[tuple[dt.date, Reason], ...]:
        """Each day with its reason."""
        return tuple(self.calendar.days(self.first, self.last))

    @property
    def n_open(self) -> int:
        """Number of open days."""
        return sum(reason.open for _, reason in self.days)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is unknown or provisional."""
        notes = []
        worked = tuple(day.isoformat() for day, reason in self.days if reason.kind == "worked weekend")
        if worked and self.worked_weekends == "unknown":
            values: dict[str, Value] = {"days": len(worked), "shown_closed": worked}
            notes.append(Note(code="worked-weekends", severity="warning", values=values))
        doubtful = [day for day, reason in self.days if reason.provisional]
        if doubtful:
            values = {
                "first": doubtful[0].isoformat(),
                "days": len(doubtful),
                "span": Phrase(code="days", values={"count": len(doubtful)}),
                "until": announced_until(self.calendar),
            }
            notes.append(Note(code="provisional", severity="warning", values=values))
        if halves := tuple(day.isoformat() for day, reason in self.days if reason.open and reason.fractions == 1):
            notes.append(Note(code="half-days", severity="info", values={"count": len(halves), "days": halves}))
        return (*notes, *self.assumptions)


def workdays(
    clinic: str,
    first: dt.date,
    last: dt.date,
    *,
    worked_weekends: WorkedWeekends | None = None,
    infusion: bool = False,
    no_provisional: bool = False,
) -> Workdays:
    """The days of a clinic by name, path or country code. infusion: those of its infusion unit.

    Raises DomainError or ConfigError for days or a clinic that are not there, ScheduleError as asked.
    """
    length = days_between(first, last) + 1
    if length < 1:
        raise DomainError(f"--to {last} lies before --from {first}")
    if length > MOST_DAYS:
        raise DomainError(f"--from {first} --to {last} is {length} days, at most {MOST_DAYS} are listed")
    found = load_clinic(clinic)
    known = worked_weekends or found.worked_weekends
    days = found.infusion if infusion else None
    if infusion and days is None:
        raise DomainError(f"{found.label} states no days of an infusion unit: it keeps those of the clinic")
    name = f"infusion unit of {found.label}" if infusion else None
    # a week to each side: a span of closed days alone is an answer, not an error
    low, high = add_days(first, -7), add_days(last, 7)
    calendar = build(found, low, high, worked_weekends=known == "yes", days=days, name=name)
    result = Workdays(
        calendar=calendar,
        first=first,
        last=last,
        worked_weekends=known,
        assumptions=categories_not_used(found, first, last),
    )
    if no_provisional:
        refuse_provisional(result.notes)
    return result
