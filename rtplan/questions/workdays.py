"""Open and closed days of a clinic, each with its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rtplan.clinic.clinic import WorkedWeekends
from rtplan.clinic.days import Calendar, Reason
from rtplan.note import Note, Scalar

__all__ = [
    "Workdays",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdays:
    """The days of a calendar from first to last. worked_weekends: "yes", "no" or "unknown" (then not used).

    assumptions: what is said of the clinic itself.
    """

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
        worked = [day.isoformat() for day, reason in self.days if reason.kind == "worked weekend"]
        if worked and self.worked_weekends == "unknown":
            message = (
                "whether this clinic treats on worked weekends is unknown, shown as closed "
                f"(--worked-weekends yes opens them): {', '.join(worked)}"
            )
            notes.append(
                Note(code="worked-weekends", severity="warning", message=message, values={"days": len(worked)})
            )
        doubtful = [day for day, reason in self.days if reason.provisional]
        if doubtful:
            through = self.calendar.official_through
            until = f"; announced through {through}" if through else ""
            days = f"{len(doubtful)} day" if len(doubtful) == 1 else f"{len(doubtful)} days"
            message = f"{days} from {doubtful[0]} not officially announced{until}: may still change"
            values: dict[str, Scalar] = {"first": doubtful[0].isoformat(), "days": len(doubtful)}
            notes.append(Note(code="provisional", severity="warning", message=message, values=values))
        if halves := tuple(day.isoformat() for day, reason in self.days if reason.open and reason.fractions == 1):
            notes.append(Note(code="half-days", severity="info", values={"count": len(halves), "days": halves}))
        return (*notes, *self.assumptions)
