"""A remark that travels with a result: a note, a warning or a broken rule, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtplan.errors import DomainError

__all__ = ["SEVERITIES", "Note", "Scalar"]

Scalar = str | int | float | bool | None
SEVERITIES = ("info", "warning", "violation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remark. code: stable, for programs; message: for people; values: the numbers it speaks of.

    >>> Note(code="gap", severity="warning", message="gap of 10 days", values={"days": 10}).values["days"]
    10
    """

    code: str
    severity: str
    message: str
    values: Mapping[str, Scalar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise DomainError(f"severity takes {', '.join(SEVERITIES)}, got {self.severity!r}")
