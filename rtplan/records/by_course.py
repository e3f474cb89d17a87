"""Records of many courses in one file, a line a delivered fraction or field: the lines of each course by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rtplan.errors import ConfigError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.library.record_format import RecordFormat
from rtplan.records import cells, csv, entries, excel, looks, table
from rtplan.records.record import Record
from rtplan.records.stated import plain_format
from rtplan.records.table import Column, Grid, Row

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CourseRecords",
    "of_frame",
    "read",
]


MOST_BYTES = 1 << 30
"""Largest file of records: they are held in memory. Design default, no source. [bytes]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRecords:
    """Lines of a file by the id of their course; an entry is made of them when its course is known."""

    file: str
    form: RecordFormat
    columns: tuple[Column, ...]
    lines: Mapping[str, Sequence[Row]]
    typed: bool

    def record(self, course: str, first_target: str) -> Record:
        """The record of one course. ConfigError with every line that cannot be read: none is left out."""
        found, problems = [], []
        for number, row in self.lines[course]:
            line = tuple(zip(self.columns, row, strict=True))
            try:
                found.append(entries.entry_of(number, line, self.form, first_target, typed=self.typed))
            except ConfigError as error:
                problems += [f"line {number}: {problem}" for problem in error.problems]
        if problems:
            raise ConfigError(self.file, problems)
        rows = self.form.rows if self.form.name else ""
        return Record(file=self.file, entries=tuple(entries.without_midnights(found)), rows=rows)


def read(path: Path, *, record_format: str = "", id_column: str = "id") -> CourseRecords:
    """The lines of a file, in a record format or in rtplan's plain form, in which other columns are not looked at.

    Raises ConfigError where the file cannot be read, a line is crooked or names no course: whose fraction would be
    missing is not known then.
    """
    form = _with_id(catalogue.load_record_format(record_format) if record_format else _plain(), id_column)
    content = reader.read_bytes(path, path.name, MOST_BYTES)
    if looks.is_spreadsheet(content):
        return _sorted(excel.grid(content, path.name, form), form)
    return _sorted(csv.grid(csv.decoded(content, path.name, form), path.name, form), form)


def of_frame(frame: pd.DataFrame, *, id_column: str = "id") -> CourseRecords:
    """The same from a pandas frame in rtplan's plain form; lines are counted from 0."""
    form = _with_id(_plain(), id_column)
    texts = [
        ["" if value is None or value != value else _text(value) for value in frame[name]] for name in frame.columns
    ]

    def wanted(places: Sequence[int]) -> Sequence[Row]:
        return list(enumerate(zip(*(texts[place] for place in places), strict=True)))

    header = tuple(str(name) for name in frame.columns)
    return _sorted(Grid(file="frame", header=header, line=0, rows=wanted), form)


def _text(value: object) -> str:
    text = str(value)
    return text.removesuffix(" 00:00:00")  # a pandas date


def _plain() -> RecordFormat:
    return replace(plain_format(), ignored=("*",))


def _with_id(form: RecordFormat, id_column: str) -> RecordFormat:
    """The form with the column that tells courses from each other; a plan's own column is left aside."""
    own = (form.plan_column,) if form.plan_column not in ("", id_column) else ()
    return replace(form, plan_column=id_column, ignored=(*form.ignored, *own))


def _sorted(grid: Grid, form: RecordFormat) -> CourseRecords:
    columns = table.choose(grid, form)
    problems = [f"line {line}: {problem}" for line, problem in grid.problems]
    place = next(at for at, column in enumerate(columns) if column.meaning == "plan")
    lines: dict[str, list[Row]] = {}
    for number, row in grid.rows([column.place for column in columns]):
        if entries.is_kept((number, row), columns, form):
            name = cells.word(row[place])
            lines.setdefault(name, []).append((number, row))
    problems += [f"line {number}: names no course in column {form.plan_column!r}" for number, _ in lines.get("", ())]
    table.refuse(grid.file, problems)
    return CourseRecords(file=grid.file, form=form, columns=columns, lines=lines, typed=grid.typed)
