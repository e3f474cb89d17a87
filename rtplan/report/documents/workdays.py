"""The JSON document of open and closed days."""

from __future__ import annotations

from typing import Any

from rtplan.clinic.days import day_name
from rtplan.questions.workdays import Workdays
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.workdays/1"


def document(result: Workdays) -> dict[str, Any]:
    """The JSON document of the days."""

    calendar = result.calendar
    return {
        "schema": SCHEMA,
        "clinic": calendar.name,
        "time_zone": calendar.time_zone,
        "from": result.first.isoformat(),
        "to": result.last.isoformat(),
        "official_through": encode(calendar.official_through),
        "worked_weekends": result.worked_weekends,
        "sources": list(calendar.sources),
        "open_days": result.n_open,
        "closed_days": len(result.days) - result.n_open,
        "days": [
            {
                "date": day.isoformat(),
                "weekday": day_name(day),
                "open": reason.open,
                "kind": reason.kind,
                "reason": reason.text or reason.kind,
                "provisional": reason.provisional,
                "fractions": reason.fractions,
            }
            for day, reason in result.days
        ],
        "notes": encode(result.notes),
    }
