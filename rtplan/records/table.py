"""The table of a record: which of its columns are read, and as what. No other cell is ever looked at."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rtplan.errors import ConfigError
from rtplan.library.record_format import RecordFormat
from rtplan.records import looks

__all__ = [
    "MOST_PROBLEMS",
    "Cell",
    "Column",
    "Grid",
    "Row",
    "choose",
    "refuse",
]


Cell = str | int | float | bool | dt.date | dt.time | dt.datetime | dt.timedelta

Row = tuple[int, tuple[Cell, ...]]
"""The number of a line, and its cells in the columns that were asked for."""

MOST_PROBLEMS = 20
"""So many wrong lines are named, the others counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table before it is read: the names of its columns, and its lines, of which only some cells are asked for.

    line: that names the columns. typed: do its cells have types (a spreadsheet)? problems: lines that are not read,
    and why.
    """

    file: str
    header: tuple[str, ...]
    line: int
    rows: Callable[[Sequence[int]], Sequence[Row]]
    typed: bool = False
    problems: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that is read. meaning: of ``RECORD_COLUMNS``, ``keep`` or ``plan``. target: of a dose; "": none."""

    place: int
    name: str
    meaning: str
    target: str = ""

    def told(self, problem: object) -> str:
        """A problem of a cell in this column: by what it means, and by the name the file gives it."""
        text = f"{self.meaning}: {problem}"
        return text if self.name == self.meaning else f"{text} (column {self.name!r})"


def refuse(file: str, problems: Sequence[str]) -> None:
    """ConfigError where there are problems: the first twenty, and how many more."""
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise ConfigError(file, [*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])])


def choose(grid: Grid, form: RecordFormat) -> tuple[Column, ...]:
    """The columns of a table that a format reads.

    Raises ConfigError where one is missing, stands twice or is not known. A line none of whose cells is a column of
    the format names no columns: its text is not repeated, it may be a patient's name.
    """
    file, line = grid.file, grid.line
    found = [column for place, name in enumerate(grid.header) for column in _columns_of(place, name, form)]
    if not found:
        names = ", ".join(repr(name) for name in (*form.columns, *form.keep))
        hint = looks.header_hint(list(grid.header)) or "header_row of a record format says which line names the columns"
        raise ConfigError(file, [f"line {line}: none of the columns {names} stands here; {hint}"])
    known = {column.place for column in found}
    problems = _doubled(grid, known) or _strange(grid, form, known) or _missing(grid, form)
    refuse(file, [f"line {line}: {problem}" for problem in problems])
    return _one_of_each(grid, form, found)


def _columns_of(place: int, name: str, form: RecordFormat) -> list[Column]:
    """What a column is read as: at most one meaning, and beside it a filter or the plan."""
    found = []
    for pattern, meaning in form.columns.items():
        plain, _, target = meaning.partition(":")
        if "*" in pattern:
            before, after = map(re.escape, pattern.split("*"))
            if star := re.fullmatch(f"{before}(.+){after}", name):
                found.append(Column(place=place, name=name, meaning=plain, target=star[1]))
        elif pattern == name:
            found.append(Column(place=place, name=name, meaning=plain, target=target))
    found += [Column(place=place, name=name, meaning="keep")] if name in form.keep else []
    found += [Column(place=place, name=name, meaning="plan")] if name and name == form.plan_column else []
    return found


def _doubled(grid: Grid, known: set[int]) -> list[str]:
    names = [grid.header[place] for place in sorted(known)]
    return [f"column {name!r} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]


def _strange(grid: Grid, form: RecordFormat, known: set[int]) -> list[str]:
    others = [(place, name) for place, name in enumerate(grid.header) if place not in known]
    strange = [(place, name) for place, name in others if not any(_fits(name, text) for text in form.ignored)]
    if not strange:
        return []
    place, name = strange[0]
    names = ", ".join(form.columns)
    if not name:
        return [f"column {place + 1} has no name"]
    how = "other names go into record_columns of the clinic's file, or into columns or ignored of a record format"
    return [f"column {name!r} is not known: {names}; {how}"]


def _fits(name: str, pattern: str) -> bool:
    """Is a name one of those a pattern means? ``*`` stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def _missing(grid: Grid, form: RecordFormat) -> list[str]:
    there = set(grid.header)
    needed = [name for name in (*form.columns, *form.keep, form.plan_column) if name and name not in form.optional]
    absent = [name for name in needed if "*" not in name and name not in there]
    dates = [name for name, meaning in form.columns.items() if meaning == "date"]
    if not absent and not there & set(dates):
        absent = dates[:1]
    return [f"there is no column {name!r}" for name in dict.fromkeys(absent)]


def _one_of_each(grid: Grid, form: RecordFormat, found: list[Column]) -> tuple[Column, ...]:
    """Of several columns of one meaning the first that the format names; two doses of one target are refused."""
    order = list(form.columns)
    chosen: list[Column] = [column for column in found if column.meaning in ("keep", "plan")]
    read = [column for column in found if column not in chosen]
    doses = [column for column in read if column.meaning.startswith("dose_")]
    for column in doses:
        same = [other for other in doses if other.target == column.target and other.place != column.place]
        if same:
            told = f"columns {column.name!r} and {same[0].name!r} both give the dose"
            raise ConfigError(grid.file, [f"line {grid.line}: {told}: let one of them be ignored"])
    if any(column.target for column in doses) and (
        not all(column.target for column in doses) or any(column.meaning == "target" for column in read)
    ):
        told = "a column of doses names its target, and another column says the target or a dose without one"
        raise ConfigError(grid.file, [f"line {grid.line}: {told}"])
    for meaning in dict.fromkeys(column.meaning for column in read if column not in doses):
        chosen.append(min((c for c in read if c.meaning == meaning), key=lambda c: order.index(c.name)))
    return tuple(sorted((*chosen, *doses), key=lambda column: column.place))
