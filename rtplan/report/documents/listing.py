"""The JSON document of a listing."""

from __future__ import annotations

from typing import Any

from rtplan.questions.listing import Listing
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.list/1"


def document(listing: Listing) -> dict[str, Any]:
    """The JSON document of a listing: the values in full."""
    return {
        "schema": SCHEMA,
        "kind": listing.of,
        "items": [encode(item) | _derived(item) for item in listing.items],
        "notes": encode(listing.notes),
    }


def _derived(item: Any) -> dict[str, Any]:
    """What the table shows and no field holds."""
    obstacle = getattr(item, "obstacle", None) or getattr(item, "not_for_calculation", "")
    prescription = getattr(item, "prescription", None)
    out: dict[str, Any] = {}
    if hasattr(item, "not_for_calculation"):
        out["not_for_calculation"] = obstacle
    if hasattr(item, "prescription"):
        out["reading"] = prescription.reading if prescription else None
    return out
