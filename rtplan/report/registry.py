"""`report(result)`: any result into sections. Each result type has its builder in a module of its own."""

from __future__ import annotations

import importlib
from typing import Any

from rtplan.errors import DomainError
from rtplan.report.blocks import Report

__all__ = [
    "report",
]


_BUILDERS = {
    "Plan": "plan",
    "DoseAnswer": "dose",
    "AddedAnswer": "added",
    "Comparison": "comparison",
    "Workdays": "workdays",
    "Listing": "listing",
    "Missed": "missed",
    "StartSearch": "starts",
    "Validation": "validation",
}


def report(result: Any) -> Report:
    """The sections of a result. DomainError where nothing is known of its type."""
    name = type(result).__name__
    if name not in _BUILDERS:
        raise DomainError(f"there is no report of a {name}")
    module = importlib.import_module(f"rtplan.report.pages.{_BUILDERS[name]}")
    built: Report = module.build(result)
    return built
