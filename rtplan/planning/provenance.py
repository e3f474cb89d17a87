"""What made a plan, and which revision of it this is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rtplan.clinic.days import add_days, days_between
from rtplan.errors import DomainError, whole

__all__ = [
    "ClinicFrom",
    "FileSum",
    "MissedSpan",
    "Provenance",
    "Revision",
    "RevisionStep",
    "SiteFrom",
    "provenance_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSum:
    """A file the plan was made from, with its SHA-256."""

    name: str
    sha256: str


ClinicFrom = Literal["", "option", "environment", "settings", "protocol"]
"""Who named the clinic: --clinic (in Python the argument), RTPLAN_CLINIC, the user's settings, the protocol itself."""


SiteFrom = Literal["", "option", "protocol", "settings"]
"""Who named the site of the tumour: --site (in Python the argument), the protocol itself, the user's settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made the plan, and when. created: given by the caller; the package never reads the clock.

    clinic_from: who named the clinic, whose days decide the dates; empty in plans of an older rtplan.
    site_from: who named the site; empty where nobody did.
    """

    rtplan: str
    python: str = ""
    holidays: str = ""
    created: dt.datetime | None = None
    command: str = ""
    files: tuple[FileSum, ...] = ()
    clinic_from: ClinicFrom = ""
    site_from: SiteFrom = ""


_LONGEST_SPAN_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedSpan:
    """Missed days from first to last, kept as they were stated, or (place given) one fraction of one day."""

    first: dt.date
    last: dt.date
    place: int | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise DomainError(f"missed range ends ({self.last}) before it begins ({self.first})")
        if days_between(self.first, self.last) > _LONGEST_SPAN_DAYS:
            raise DomainError(f"missed range {self.first}..{self.last} is longer than a year")
        if self.place is not None:
            whole("fraction of the day", self.place, 1, 9)

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        if self.place is not None:
            return f"{self.first}#{self.place}"
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"

    @property
    def days(self) -> tuple[dt.date, ...]:
        """The days on which nothing is given; none where only one fraction of a day is missed."""
        length = 0 if self.place is not None else days_between(self.first, self.last) + 1
        return tuple(add_days(self.first, step) for step in range(length))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialFraction:
    """A fraction of which only a part was given, to the first target that had less: what it got, and what it should."""

    number: int
    date: dt.date
    dose_gy: float
    planned_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionStep:
    """An earlier revision: why it was made, the days on which fractions were missed, the spans as stated.

    partial: fractions of which it knew that only a part had been given.
    """

    number: int
    reason: str = ""
    missed: tuple[dt.date, ...] = ()
    spans: tuple[MissedSpan, ...] = ()
    partial: tuple[PartialFraction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Which revision of the course's plan this is; parent_sha256: of the artefact it follows.

    missed: the days whose missed fractions it was made for. spans: what was stated as missed, weekends and days past
    the planned end included. earlier: the revisions before it, the first plan left out. partial: fractions of which
    only a part was given, as known when it was made.
    """

    number: int = 1
    parent_sha256: str | None = None
    reason: str = ""
    missed: tuple[dt.date, ...] = ()
    spans: tuple[MissedSpan, ...] = ()
    earlier: tuple[RevisionStep, ...] = ()
    partial: tuple[PartialFraction, ...] = ()

    def next(
        self,
        reason: str,
        missed: Iterable[dt.date],
        parent_sha256: str,
        spans: Sequence[MissedSpan] = (),
        partial: Sequence[PartialFraction] = (),
    ) -> Revision:
        """The revision that follows this one, which becomes part of its history."""
        step = RevisionStep(
            number=self.number, reason=self.reason, missed=self.missed, spans=self.spans, partial=self.partial
        )
        return Revision(
            number=self.number + 1,
            parent_sha256=parent_sha256,
            reason=reason,
            missed=tuple(sorted(set(missed))),
            spans=tuple(spans),
            partial=tuple(partial),
            earlier=(*self.earlier, step) if self.number > 1 else (),
        )

    @property
    def all_missed(self) -> tuple[dt.date, ...]:
        """Every day on which a fraction was missed, of this revision and those before it."""
        return tuple(sorted({*self.missed, *(day for step in self.earlier for day in step.missed)}))

    def __post_init__(self) -> None:
        whole("number", self.number, 1)


def provenance_of(
    files: Iterable[Path | FileSum],
    created: dt.datetime,
    command: str,
    clinic_from: ClinicFrom = "",
    site_from: SiteFrom = "",
) -> Provenance:
    """Versions, checksums and the question. Files are named without their folders: those can name people.

    files: with their sum where their own names can name people too.
    created: the moment, which only the front door reads from the clock.
    """
    import platform

    from rtplan import __version__
    from rtplan.clinic.holidays import library_version
    from rtplan.library.read import checksum

    return Provenance(
        rtplan=__version__,
        python=platform.python_version(),
        holidays=library_version(),
        created=created,
        command=command,
        files=tuple(
            file if isinstance(file, FileSum) else FileSum(name=file.name, sha256=checksum(file))
            for file in files
            if isinstance(file, FileSum) or file.is_file()
        ),
        clinic_from=clinic_from,
        site_from=site_from,
    )
