"""The JSON document of added fractions on a calendar."""

from __future__ import annotations

from typing import Any

from rtplan.questions.added import AddedAnswer, AddedFractions, Step
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.dose/1"


def document(answer: AddedAnswer) -> dict[str, Any]:
    """The JSON document: rows of the reference and of what reaches it, and every step."""
    rows = [*answer.reference_rows, *(found.reached.row for found in answer.answers)]
    return {
        "schema": SCHEMA,
        "rows": encode(rows),
        "readings": [
            {"regimen": entry.name, "reading": entry.reading} for entry in (answer.prescription, answer.reference)
        ],
        "matches": [],
        "added": [_added(found, answer) for found in answer.answers],
        "clinic": answer.clinic,
        "clinic_from": answer.clinic_from,
        "notes": encode(answer.notes),
    }


def _added(found: AddedFractions, answer: AddedAnswer) -> dict[str, Any]:
    return {
        "tissue": found.reached.row.tissue,
        "reference": answer.reference.name,
        "target_net_bed_gy": found.target_net_bed_gy,
        "reached": _step(found.reached),
        "below": _step(found.below) if found.below is not None else None,
        "steps": [_step(step) for step in found.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "added": step.added,
        "n_fractions": step.n_fractions,
        "first": step.first.isoformat(),
        "last": step.last.isoformat(),
        "elapsed_days": step.elapsed_days,
        "overall_treatment_time_days": step.overall_treatment_time_days,
        "dose_gy": step.row.dose_gy,
        "bed_gy": step.row.bed_gy,
        "time_loss_gy": step.row.time_loss_gy,
        "net_bed_gy": step.row.net_bed_gy,
        "net_eqd2_gy": step.row.net_eqd2_gy,
    }
