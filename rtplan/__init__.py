"""rtplan: radiotherapy fractionation and scheduling on real calendars.

``rtplan.lq`` and ``rtplan.response`` hold the formulae; the other names below are loaded when first asked for.

>>> import rtplan
>>> rtplan.lq.bed(25, 1.8, 10.0)
53.1
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "interruption": (),
    "lq": (),
    "response": (),
    "artefact": (),
    "audit": (),
    "config": (),
    "notation": (),
    "schedule": ("lay_out", "prescribed_reference", "prolongation_days"),
    "chemo": ("Anchor", "ChemoProtocol", "Cycle", "Drug", "align"),
    "comparison": (),
    "doses": (),
    "inverse": (),
    "ranges": (),
    "compensation": (),
    "start_search": (),
    "clinic": ("Clinic",),
    "course": ("Course", "Fraction"),
    "effect": ("EffectRow", "Time", "cohort", "evaluate", "evaluate_many"),
    "errors": ("ConfigError", "DomainError", "RtplanError", "ScheduleError"),
    "note": ("Note",),
    "plan": ("Plan", "PlanInputs", "make_plan"),
    "prescription": ("Pattern", "Phase", "Prescription", "Regimen", "TargetDose"),
    "records": (),
    "rules": ("Limits", "StartRules"),
    "source": ("Source",),
    "tissue": ("Limit", "Region", "Repair", "Repopulation", "Share", "Tissue"),
    "validation": (),
    "workdays": ("Calendar", "Reason"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"rtplan.{name}")
    if name in _HOME:
        return getattr(importlib.import_module(f"rtplan.{_HOME[name]}"), name)
    raise AttributeError(f"module 'rtplan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_HOME})
