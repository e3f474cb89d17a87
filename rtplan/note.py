"""Remarks that travel with a result, as codes and values; and where its numbers come from.

No sentence is made here. The output makes it, once, from the template of the code: `rtplan.report.sentences`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

from rtplan.errors import DomainError, one_of

__all__ = [
    "DESIGN_DEFAULT",
    "KNOWN",
    "NOT_KNOWN",
    "SEVERITIES",
    "Known",
    "Note",
    "Phrase",
    "Scalar",
    "Severity",
    "Source",
    "Value",
    "each_once",
]

Scalar = str | int | float | bool | None
Severity = Literal["info", "warning", "violation"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A part of a sentence, as code and values: a reason, a count of days.

    >>> Phrase(code="days", values={"count": 2}).values["count"]
    2
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = Scalar | Phrase | tuple[Scalar | Phrase, ...]
"""What a template is filled with: a number, a text, a phrase with a template of its own, or several of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remark. code: stable, for programs; values: everything that its sentence says.

    A value ``about`` says what it speaks of where a result holds several (a regimen, a file): it stands before the
    sentence. message: what another version wrote into a file; its wording makes no difference between notes.

    >>> Note(code="gap", severity="warning", values={"days": 10}).values["days"]
    10
    """

    code: str
    severity: Severity
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        one_of("severity", self.severity, SEVERITIES)

    @property
    def key(self) -> tuple[str, str]:
        """What tells notes apart that do not say the same."""
        return self.code, repr(sorted(self.values.items(), key=lambda item: item[0]))

    def of(self, about: Value) -> Note:
        """The same note, with what it speaks of."""
        return replace(self, values={**self.values, "about": about})


def each_once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes without those that say the same."""
    return tuple({note.key: note for note in notes}.values())


Known = Literal["read", "told", "program", "none", "stated"]
KNOWN: dict[Known, str] = {
    "read": "read in its source",
    "told": "second-hand",
    "program": "from a program",
    "none": "no source read",
    "stated": "stated by the user",
}
"""How a value is known, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a number comes from, and how it is known.

    known: ``read`` in the named source, ``told`` by another source (second-hand), found in the data of a ``program``,
        ``stated`` by the user, or ``none`` of these: widely quoted, assumed, a default of the design.
    verified: was it read in the named source? Of files that give it alone, true is ``read`` and false is ``none``.

    >>> Source(text="design default, no source", known="none").flag
    'no source read'
    >>> Source(text="the department's protocol, section 5", verified=True).known
    'read'
    """

    text: str
    verified: bool | None = None
    known: Known | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise DomainError("source must say where the number comes from, got an empty text")
        if self.known is None:
            if self.verified is None:
                raise DomainError(f"source {self.text!r} must say how it is known: known = {', '.join(KNOWN)}")
            object.__setattr__(self, "known", "read" if self.verified else "none")
        one_of("known", self.known or "", tuple(KNOWN))
        read = self.known == "read"
        if self.verified is not None and self.verified != read:
            raise DomainError(
                f"source {self.text!r} contradicts itself: "
                f"known = {self.known!r} goes with verified = {str(read).lower()}"
            )
        object.__setattr__(self, "verified", read)

    @property
    def flag(self) -> str:
        """How it is known, in words."""
        return KNOWN[self.known or "none"]

    @property
    def alarms(self) -> bool:
        """Is it sourced or stated well enough that exceeding it is an alarm, and no mere warning?"""
        return self.known in ("read", "stated")


DESIGN_DEFAULT = Source(text="design default, no source", known="none")


NOT_KNOWN = Source(text="not known", known="none")
