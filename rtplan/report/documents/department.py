"""The JSON document of a department's assignment."""

from __future__ import annotations

from typing import Any

from rtplan.questions.department import LEVELS, Department, Served
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.department/1"


def document(result: Department) -> dict[str, Any]:
    """The answer as JSON data."""
    return {
        "schema": SCHEMA,
        "provenance": encode(result.provenance),
        "closed": [span.text for span in result.spans],
        "machine": result.machine or None,
        "slots": [encode(seat) | {"name": seat.name} for seat in result.seats],
        "patients": [_served(entry) for entry in result.served],
        "untouched": list(result.untouched),
        "later": encode(result.later),
        "levels_source": encode(LEVELS),
        "notes": encode(result.notes),
    }


def _served(entry: Served) -> dict[str, Any]:
    return {
        "id": entry.id,
        "level": entry.level,
        "level_stated": entry.level_stated,
        "category": entry.category,
        "slack_days": entry.slack_days,
        "loss_gy": entry.loss_gy,
        "prescribed_loss_gy": entry.prescribed_loss_gy,
        "fractions_lost": entry.lost,
        "slots": list(entry.seats),
        "fractions_short": entry.short,
        "tied": entry.tied,
        "why_not": entry.why_not or None,
        "without": _course(entry.without),
        "with": _course(entry.served),
        "violations": encode(entry.served.violations),
    }


def _course(option: Any) -> dict[str, Any]:
    return {
        "last": option.course.last.isoformat(),
        "elapsed_days": option.course.elapsed_days,
        "prolongation_days": option.prolongation_days,
        "deficit_gy": option.deficit_gy,
        "net_bed_gy": {effect.row.region: effect.row.net_bed_gy for effect in option.effects},
    }
