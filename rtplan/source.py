"""Where a number comes from, and whether it was read there."""

from __future__ import annotations

from dataclasses import dataclass

from rtplan.errors import DomainError

__all__ = ["DESIGN_DEFAULT", "NOT_KNOWN", "Source"]


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
