"""Published cases, theirs beside ours: the evidence that a physicist's commissioning starts from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from rtplan.answer import Answer, Kind
from rtplan.errors import DomainError, non_negative
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.note import Note
from rtplan.planning.provenance import FileSum, Provenance
from rtplan.validation.cases import KINDS, answers

__all__ = [
    "CASES_FILE",
    "Case",
    "Cases",
    "Checked",
    "KindCount",
    "Validation",
    "data_files",
    "load_cases",
    "made",
    "platform",
    "validate",
]


CASES_FILE = "published_cases.json"


PUBLISHED, ANALYTIC, KNOWN_ERROR = "published", "analytic", "known error"


_LAST_BIT = 1e-9  # tolerances are printed decimals, and so are the values beside them


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of the file, as it stands there.

    tolerance: largest absolute difference, in the unit of the value. evidence: how directly the source was read.
    recomputed: what the stated formula gives, where the print is known to be wrong.
    """

    id: str
    kind: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, float]
    tolerance: float
    formula: str
    source: str
    evidence: str = ""
    status: str = ""
    note: str = ""
    recomputed: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        non_negative("tolerance", self.tolerance)
        if not self.expected:
            raise DomainError(f"case {self.id!r} expects nothing")
        unknown = set(self.recomputed) - set(self.expected)
        if unknown:
            raise DomainError(f"case {self.id!r} recomputes {min(unknown)!r}, which it does not expect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The file: printed answers, closed forms checked by integration, and prints known to be wrong."""

    meta: Mapping[str, Any]
    published: tuple[Case, ...]
    analytic: tuple[Case, ...]
    known_errors: tuple[Case, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for case in (*self.published, *self.analytic, *self.known_errors):
            if case.id in seen:
                raise DomainError(f"case {case.id!r} is given twice")
            seen.add(case.id)

    @property
    def groups(self) -> tuple[tuple[str, tuple[Case, ...]], ...]:
        """The cases with what they are."""
        return ((PUBLISHED, self.published), (ANALYTIC, self.analytic), (KNOWN_ERROR, self.known_errors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One value of a case: theirs beside ours. difference = ours - theirs.

    ours: None where rtplan has no answer; `reason` then says why. agrees: is the difference within the tolerance?
    recomputed: of a known error, what the stated formula is known to give. road: the functions that answered.
    """

    id: str
    kind: str
    group: str
    quantity: str
    theirs: float
    ours: float | None
    difference: float | None
    tolerance: float
    agrees: bool
    recomputed: float | None
    road: str
    convention: str
    formula: str
    source: str
    evidence: str
    note: str
    reason: str = ""

    @property
    def mismatch(self) -> bool:
        """Is this a failure: another answer than the print, or than the known right one of a wrong print?"""
        if self.group == KNOWN_ERROR:
            known = self.recomputed is not None and self.ours is not None
            return known and not _within(self.ours, self.recomputed, self.tolerance)
        return not self.agrees


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How the printed and analytic values of one kind fared."""

    kind: str
    road: str
    convention: str
    cases: int
    values: int
    agreeing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation(Answer):
    """All cases with their answers, and what answered them. platform: name and value, one a line."""

    kind: ClassVar[Kind] = "validate"

    rows: tuple[Checked, ...]
    provenance: Provenance
    platform: tuple[tuple[str, str], ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """Nothing: what differs stands in the rows."""
        return ()

    @property
    def checked(self) -> tuple[Checked, ...]:
        """Values that must agree."""
        return tuple(row for row in self.rows if row.group != KNOWN_ERROR)

    @property
    def known_errors(self) -> tuple[Checked, ...]:
        """Prints known to be wrong."""
        return tuple(row for row in self.rows if row.group == KNOWN_ERROR)

    @property
    def mismatches(self) -> tuple[Checked, ...]:
        """Values that do not agree."""
        return tuple(row for row in self.rows if row.mismatch)

    @property
    def not_covered(self) -> tuple[Checked, ...]:
        """Values without an answer of rtplan's, each with its reason."""
        return tuple(row for row in self.rows if row.ours is None)

    @property
    def counts(self) -> tuple[KindCount, ...]:
        """Printed and analytic values by kind."""
        kinds = dict.fromkeys(row.kind for row in self.checked)
        return tuple(_count(kind, [row for row in self.checked if row.kind == kind]) for kind in kinds)

    @property
    def passed(self) -> bool:
        """Does everything agree that must?"""
        return not self.mismatches


def _count(kind: str, rows: list[Checked]) -> KindCount:
    return KindCount(
        kind=kind,
        road=rows[0].road,
        convention=rows[0].convention,
        cases=len({row.id for row in rows}),
        values=len(rows),
        agreeing=sum(row.agrees for row in rows),
    )


def load_cases(path: Path | None = None) -> Cases:
    """The shipped cases, or those of another file of the same form. ConfigError lists every problem."""
    path = path or catalogue.directory() / CASES_FILE
    cases: Cases = reader.validate(tuple[Cases], [reader.read_json(path)], path.name, drop=1)[0]
    return cases


def data_files() -> tuple[FileSum, ...]:
    """Every shipped data file with its SHA-256, named within the folder of the data."""
    folder = catalogue.directory()
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in (".toml", ".json"))
    return tuple(FileSum(name=path.relative_to(folder).as_posix(), sha256=reader.checksum(path)) for path in paths)


def made(created: dt.datetime, command: str) -> Provenance:
    """Versions and checksums of every shipped data file, for a report that is signed."""
    from rtplan import __version__

    return Provenance(rtplan=__version__, created=created, command=command, files=data_files())


def platform() -> tuple[tuple[str, str], ...]:
    """What the numbers are computed with: name and version, one a line."""
    import platform
    from importlib.metadata import version

    return (
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        *((name, version(name)) for name in ("numpy", "holidays", "pydantic")),
        ("Platform", f"{platform.system()} {platform.machine()}"),
    )


def validate(
    cases: Cases | None = None,
    *,
    provenance: Provenance | None = None,
    platform: tuple[tuple[str, str], ...] = (),
) -> Validation:
    """Answer every case.

    >>> validate().passed
    True
    """
    from rtplan import __version__

    found = cases or load_cases()
    rows = [row for group, members in found.groups for case in members for row in _check(case, group)]
    return Validation(
        rows=tuple(rows), provenance=provenance or Provenance(rtplan=__version__, files=data_files()), platform=platform
    )


def _check(case: Case, group: str) -> Iterator[Checked]:
    """One row a value of a case."""
    kind = KINDS.get(case.kind)
    given: dict[str, float] = {}
    reason = f"rtplan has nothing for cases of kind {case.kind}"
    if kind is not None:
        reason = "no answer: " + (case.note or "the inputs do not lead to this value")
        try:
            given = answers(case.kind, case.inputs)
        except DomainError as error:
            reason = f"refused: {error}"
    for quantity, theirs in case.expected.items():
        ours = given.get(quantity)
        yield Checked(
            id=case.id,
            kind=case.kind,
            group=group,
            quantity=quantity,
            theirs=theirs,
            ours=ours,
            difference=None if ours is None else ours - theirs,
            tolerance=case.tolerance,
            agrees=_within(ours, theirs, case.tolerance),
            recomputed=case.recomputed.get(quantity),
            road=kind.road if kind else "",
            convention=kind.convention if kind else "",
            formula=case.formula,
            source=case.source,
            evidence=case.evidence or ("closed form, not a print" if group == ANALYTIC else "not stated"),
            note=case.note or case.status,
            reason=reason if ours is None else "",
        )


def _within(ours: float | None, theirs: float | None, tolerance: float) -> bool:
    if ours is None or theirs is None:
        return False
    return abs(ours - theirs) <= tolerance * (1.0 + _LAST_BIT) + 1e-12
