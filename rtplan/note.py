"""Remarks that travel with a result, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtplan.errors import DomainError

__all__ = [
    "DESIGN_DEFAULT",
    "NOT_KNOWN",
    "SEVERITIES",
    "Note",
    "Scalar",
    "Source",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a number comes from, and whether it was read there.

    >>> Source(text="design default, no source", verified=False).flag
    'not verified'
    """

    text: str
    verified: bool

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise DomainError("source must say where the number comes from, got an empty text")

    @property
    def flag(self) -> str:
        """``verified`` where the value was read in the named source."""
        return "verified" if self.verified else "not verified"


DESIGN_DEFAULT = Source(text="design default, no source", verified=False)


NOT_KNOWN = Source(text="not known", verified=False)
