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
"""How a number is known: read in its source, second-hand, from a program, without source, stated by the user."""


_KNOWN: dict[Known, str] = {
    "read": "read in its source",
    "told": "second-hand",
    "program": "from a program",
    "none": "no source",
    "stated": "stated by the user",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a number comes from, and whether it was read there.

    known: how it is known, where that is said more finely: a secondary source that was read is verified, and "told".

    >>> Source(text="design default, no source", verified=False).flag
    'not verified'
    """

    text: str
    verified: bool
    known: Known | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise DomainError("source must say where the number comes from, got an empty text")
        if self.known is not None:
            one_of("known", self.known, get_args(Known))
        if self.known == "read" and not self.verified:
            raise DomainError("known = 'read' says that the number was read in its source, verified = false that not")

    @property
    def flag(self) -> str:
        """``verified`` where the value was read in the named source; how it is known, where that is said."""
        if self.known is not None:
            return _KNOWN[self.known]
        return "verified" if self.verified else "not verified"

    @property
    def alarms(self) -> bool:
        """Is it sourced or stated well enough that exceeding it is an alarm, and no mere warning?"""
        return self.verified if self.known is None else self.known in ("read", "stated")


DESIGN_DEFAULT = Source(text="design default, no source", verified=False)


NOT_KNOWN = Source(text="not known", verified=False)
