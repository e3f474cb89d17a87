"""The JSON document of the published cases."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rtplan.report.formats.json import encode
from rtplan.validation.validation import Checked, Validation

__all__ = ["document"]

SCHEMA = "rtplan.validate/1"


def document(result: Validation) -> dict[str, Any]:
    """The answer as JSON data."""

    def entry(row: Checked) -> dict[str, Any]:
        return asdict(row) | {"mismatch": row.mismatch}

    return {
        "schema": SCHEMA,
        "provenance": encode(result.provenance),
        "platform": dict(result.platform),
        "passed": result.passed,
        "values": len(result.checked),
        "agreeing": sum(row.agrees for row in result.checked),
        "counts": [asdict(count) for count in result.counts],
        "rows": [entry(row) for row in result.checked],
        "known_errors": [entry(row) for row in result.known_errors],
        "not_covered": [entry(row) for row in result.not_covered],
    }
