"""What every output is made of. A renderer knows these blocks and no result type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from rtplan.clinic.days import DayKind
from rtplan.errors import DomainError, one_of
from rtplan.note import Note, Source

__all__ = [
    "Block",
    "Boxes",
    "Cell",
    "Column",
    "ColumnKind",
    "Facts",
    "Figure",
    "GridDay",
    "MonthGrid",
    "Notes",
    "Report",
    "Section",
    "Signatures",
    "Table",
]


Cell = str | int | float | bool | dt.date | dt.datetime | Source | tuple[Source, ...] | None
"""A source is a value with its flag; how both are written is the renderer's affair."""


ColumnKind = Literal["text", "date", "integer", "number", "flag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A typed column. unit: "Gy", "d", ...; digits: decimals shown of a number; signed: show + on differences;
    weekday: show it with dates; short: the heading where room is short.
    """

    key: str
    title: str
    kind: ColumnKind = "text"
    unit: str = ""
    digits: int = 2
    signed: bool = False
    weekday: bool = True
    short: str = ""

    def __post_init__(self) -> None:
        one_of("column kind", self.kind, get_args(ColumnKind))

    @property
    def heading(self) -> str:
        """Title with the unit."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    @property
    def is_number(self) -> bool:
        """Is it set to the right?"""
        return self.kind in ("integer", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under typed columns. Cells hold values; renderers write them. emphasis: rows to set off."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    emphasis: tuple[int, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise DomainError(f"table {self.name!r}: a row has {len(row)} cells for {len(self.columns)} columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDay:
    """One day of a month grid. reason: in the reader's language. labels: cycle and drug days ("C1D1")."""

    date: dt.date
    open: bool
    kind: DayKind
    reason: str = ""
    fractions: tuple[int, ...] = ()
    cumulative_gy: float | None = None
    labels: tuple[str, ...] = ()
    provisional: bool = False
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthGrid:
    """Days of a course by month and week; missing days are left blank.

    first_weekday: where its weeks begin, as the country prints them; None: on Monday. brief: a line a week, with what
    there is to say of its days beside it.
    """

    days: tuple[GridDay, ...]
    first_weekday: str | None = None
    brief: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Label and text, or source, one a line."""

    items: tuple[tuple[str, str | Source | tuple[Source, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Notes, warnings and broken rules. brief: in few words, where there are such."""

    notes: tuple[Note, ...]
    brief: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Data of a figure; `output.plot` draws it by name. caption stands below, alternative is read aloud."""

    name: str
    caption: str
    alternative: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Lines to sign on paper, one a role. Outputs that nobody signs leave them out.

    >>> Signatures(roles=("medical physicist", "radiation oncologist")).roles[0]
    'medical physicist'
    """

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Empty boxes to write into on paper, each with its label. Nothing of a patient comes from rtplan.

    >>> Boxes(labels=("Patient", "Hospital number")).labels[1]
    'Hospital number'
    """

    labels: tuple[str, ...]


Block = Table | MonthGrid | Facts | Notes | Figure | Signatures | Boxes | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its blocks. terminal: is it shown there too?"""

    key: str
    heading: str
    blocks: tuple[Block, ...]
    terminal: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole result: title, what must be seen at once (banner), sections.

    language: of every text in it. Renderers add their own words in the same one.
    """

    title: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    banner: str = ""
    language: str = "en"
