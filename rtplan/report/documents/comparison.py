"""The JSON document of a comparison."""

from __future__ import annotations

from typing import Any

from rtplan.questions.comparison import Comparison
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.compare/1"


def document(result: Comparison) -> dict[str, Any]:
    """The JSON document of a comparison: each row with reference, difference and ratio."""
    return {
        "schema": SCHEMA,
        "rows": [
            {
                **encode(entry.row),
                "reference": encode(entry.reference),
                "difference": encode(entry.difference),
                "ratio": encode(entry.ratio),
            }
            for entry in result.rows
        ],
        "reference": result.reference,
        "regimens": [
            {
                "name": entry.name,
                "label": entry.label,
                "reading": entry.prescription.reading,
                "intent": entry.intent or None,
                "systemic": entry.systemic,
                "volume": entry.volume,
                "unverified": list(entry.unverified),
            }
            for entry in result.candidates
        ],
        "crossings": encode(result.crossings),
        "clinic": result.clinic,
        "clinic_from": result.clinic_from or None,
        "site": result.site or None,
        "site_from": result.site_from or None,
        "dates": encode(result.dates),
        "uncertainty": encode(result.uncertainty),
        "notes": encode(result.notes),
    }
