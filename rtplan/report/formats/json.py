"""The one writer of JSON: values as data, notes with their sentence, full precision."""

from __future__ import annotations

import json
from typing import Any

from rtplan.errors import visible
from rtplan.note import Note
from rtplan.planning import artefact
from rtplan.report.sentences import sentence

__all__ = [
    "dumps",
    "encode",
]


def encode(value: Any) -> Any:
    """A frozen value as JSON data: fields by name, dates in ISO form, tuples as lists, absent as null.

    A note is ``{"code", "severity", "message", "values"}``; its message is the English sentence.

    >>> encode(Note(code="gap", severity="info", values={"text": "a gap of 10 days"}))["message"]
    'a gap of 10 days'
    """
    return artefact.encode(value, note=_note)


def _note(note: Note) -> dict[str, Any]:
    return {
        "code": note.code,
        "severity": note.severity,
        "message": sentence(note),
        "values": artefact.encode(note.values),
    }


def dumps(data: Any) -> str:
    """JSON text of data: full precision, no NaN, keys in the order they were put, no sign that nobody sees."""
    return visible(json.dumps(encode(data), ensure_ascii=False, allow_nan=False, indent=1)) + "\n"
