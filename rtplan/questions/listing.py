"""What is shipped of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rtplan.note import Note

__all__ = [
    "Listing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All shipped values of one kind: protocols, regimens, tissues, clinics, chemo or records."""

    kind: str
    items: tuple[Any, ...]
    notes: tuple[Note, ...] = ()
