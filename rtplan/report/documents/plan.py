"""plan.json. Its form stands beside its reader, `rtplan.planning.artefact`; sentences of notes are added here."""

from __future__ import annotations

from typing import Any

from rtplan.planning import artefact
from rtplan.planning.plan import Plan
from rtplan.report.formats.json import encode

__all__ = ["document"]


def document(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON document of the door: derived figures stand beside what they follow from."""
    return artefact.document(plan, encode)
