"""The JSON document of a quick answer."""

from __future__ import annotations

from typing import Any

from rtplan.questions.dose import DoseAnswer
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.dose/1"


def document(answer: DoseAnswer) -> dict[str, Any]:
    """Rows, readings and matches."""
    return {
        "schema": SCHEMA,
        "rows": encode(answer.rows),
        "readings": encode(answer.readings),
        "matches": encode(answer.matches),
        "notes": encode(answer.notes),
    }
