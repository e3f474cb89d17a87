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
    "lq": "radiobiology.lq",
    "response": "radiobiology.response",
    "notation": "prescription.notation",
    "workdays": "clinic.days",
    "artefact": "planning.artefact",
}
_HOME = {
    "lay_out": "course.schedule",
    "prescribed_reference": "course.schedule",
    "prolongation_days": "course.schedule",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"rtplan.{_ROOMS[name]}")
    if name in _HOME:
        return getattr(importlib.import_module(f"rtplan.{_HOME[name]}"), name)
    raise AttributeError(f"module 'rtplan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_HOME})
