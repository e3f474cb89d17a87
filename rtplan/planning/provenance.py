"""What made a plan, and which revision of it this is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from rtplan.errors import whole

__all__ = [
    "FileSum",
    "Provenance",
    "Revision",
    "RevisionStep",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSum:
    """A file the plan was made from, with its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made the plan, and when. created: given by the caller; the package never reads the clock."""

    rtplan: str
    python: str = ""
    holidays: str = ""
    created: dt.datetime | None = None
    command: str = ""
    files: tuple[FileSum, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionStep:
    """An earlier revision: why it was made, and the days on which fractions were missed."""

    number: int
    reason: str = ""
    missed: tuple[dt.date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Which revision of the course's plan this is; parent_sha256: of the artefact it follows.

    missed: the days whose missed fractions it was made for. earlier: the revisions before it, the first plan left out.
    """

    number: int = 1
    parent_sha256: str | None = None
    reason: str = ""
    missed: tuple[dt.date, ...] = ()
    earlier: tuple[RevisionStep, ...] = ()

    def next(self, reason: str, missed: Iterable[dt.date], parent_sha256: str) -> Revision:
        """The revision that follows this one, which becomes part of its history."""
        step = RevisionStep(number=self.number, reason=self.reason, missed=self.missed)
        return Revision(
            number=self.number + 1,
            parent_sha256=parent_sha256,
            reason=reason,
            missed=tuple(sorted(set(missed))),
            earlier=(*self.earlier, step) if self.number > 1 else (),
        )

    @property
    def all_missed(self) -> tuple[dt.date, ...]:
        """Every day on which a fraction was missed, of this revision and those before it."""
        return tuple(sorted({*self.missed, *(day for step in self.earlier for day in step.missed)}))

    def __post_init__(self) -> None:
        whole("number", self.number, 1)
