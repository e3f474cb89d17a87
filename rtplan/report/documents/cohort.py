"""The JSON document of a cohort: counts, groups, reasons. The rows stand in files of their own."""

from __future__ import annotations

from typing import Any

from rtplan.questions.cohort import QUANTILES, WITHIN_DAYS, Cohort, Group
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.cohort/1"


def document(result: Cohort) -> dict[str, Any]:
    """The JSON document of a cohort."""
    return {
        "schema": SCHEMA,
        "provenance": encode(result.provenance),
        "rows": {"read": result.n_read, "answered": result.n_answered, "rejected": result.n_rejected},
        "bands": encode(result.asked.bands),
        "within_days": list(WITHIN_DAYS),
        "quantiles_percent": list(QUANTILES),
        "groups": [_group(group) for group in result.groups],
        "prolongation_days": {
            "of": result.basis,
            "courses": [{"days": days, "count": count} for days, count in result.histogram],
        },
        "reasons": [{"reason": reason, "count": count} for reason, count in result.reasons],
        "notes": encode(result.notes),
    }


def _group(group: Group) -> dict[str, Any]:
    deviations = None
    if group.deviations is not None:
        deviations = dict(zip(("none", "minor", "major", "not_known"), group.deviations, strict=True))
    return {
        "by": group.by,
        "value": group.value or None,
        "of": group.basis,
        "courses": group.n_courses,
        "known": group.n_known,
        "within_percent": list(group.within_percent),
        "lost_known": group.n_lost_known,
        "lost_gy": list(group.lost_gy),
        "deviations": deviations,
    }
