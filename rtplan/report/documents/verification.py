"""The JSON document of a verification."""

from __future__ import annotations

from typing import Any

from rtplan.questions.verification import Verification, versions
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.verify/1"


def document(result: Verification) -> dict[str, Any]:
    """The answer as JSON data."""
    return {
        "schema": SCHEMA,
        "provenance": encode(result.provenance),
        "file": result.file,
        "sha256": result.sha256,
        "revision": result.plan.revision.number,
        "made": encode(result.plan.provenance),
        "versions": [
            {"name": name, "kept": kept, "today": today} for name, kept, today in versions(result.plan.provenance)
        ],
        "passed": result.passed,
        "seal": result.seal,
        "own": [{"key": found.key, "kept": found.kept, "made": found.made, "what": found.what} for found in result.own],
        "today": encode(result.today),
        "moved": encode(result.moved),
        "unchecked": encode(result.unchecked),
        "chain": encode(result.chain),
        "sheet": encode(result.sheet),
        "notes": encode(result.notes),
    }
