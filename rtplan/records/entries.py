"""Lines of a table into entries of a record, each checked; one entry a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from rtplan.errors import ConfigError, DomainError
from rtplan.library.record_format import RecordFormat
from rtplan.note import Note, Value
from rtplan.records import cells, plans
from rtplan.records.record import STATUSES, Record, RecordEntry
from rtplan.records.table import Cell, Column, Grid, Row, choose, refuse

__all__ = [
    "entry_of",
    "is_kept",
    "record",
    "without_midnights",
]


_MOST_LINES = 20_000
"""Of one course: 999 fractions of twenty fields. More is a table of many patients."""


_LEAST_LARGEST_GY = 0.1
"""The largest dose of a record's lines is at least this: less is a column of Gy read as cGy [Gy]. Design default."""


def record(grid: Grid, form: RecordFormat, first_target: str, chosen: Sequence[str] = ()) -> Record:
    """The record in a table. first_target: whose dose a line speaks of that names none. chosen: plans to read.

    Raises ConfigError with the file and, for every problem, its line.
    """
    columns = choose(grid, form)
    rows = grid.rows([column.place for column in columns])
    if not rows and not grid.problems:
        raise ConfigError(grid.file, ["has no line below its column names"])
    kept = [row for row in rows if is_kept(row, columns, form)]
    if rows and not kept:
        told = " and ".join(repr(column.name) for column in columns if column.meaning == "keep")
        raise ConfigError(grid.file, [f"no line is left: none of {len(rows)} has a value in {told} that keep names"])
    if len(kept) > _MOST_LINES:
        raise ConfigError(grid.file, [f"has {len(kept)} lines, more than the {_MOST_LINES} that one course can have"])
    taken = plans.taken(grid.file, kept, columns, form, chosen)
    lines = _entries(grid, columns, taken, form, first_target)
    lines = plans.renumbered(grid.file, without_midnights(lines), {row[0]: plan for row, plan in taken}, chosen)
    told = form.rows if form.name else ""
    return Record(file=grid.file, entries=tuple(lines), rows=told, notes=_notes(grid, form, rows, kept))


def _entries(
    grid: Grid, columns: tuple[Column, ...], taken: plans.Taken, form: RecordFormat, first_target: str
) -> list[RecordEntry]:
    lines: list[RecordEntry] = []
    problems = list(grid.problems)
    for (number, row), _ in taken:
        try:
            lines.append(entry_of(number, tuple(zip(columns, row, strict=True)), form, first_target, typed=grid.typed))
        except ConfigError as error:
            problems += [(number, problem) for problem in error.problems]
    refuse(grid.file, [f"line {number}: {problem}" for number, problem in sorted(problems)])
    _refuse_gray_as_centigray(grid.file, columns, lines)
    return lines


def _refuse_gray_as_centigray(file: str, columns: tuple[Column, ...], lines: Sequence[RecordEntry]) -> None:
    """A column of cGy in which no line has as much as 10 cGy may well be one of Gy."""
    column = next((column for column in columns if column.meaning == "dose_cgy"), None)
    most = max((dose for entry in lines for dose in entry.doses_gy.values()), default=0.0)
    if column and 0 < most < _LEAST_LARGEST_GY:
        told = (
            f"no line has more than {100 * most:g} cGy = {most:g} Gy; or {100 * most:g} Gy? Then the column is dose_gy"
        )
        raise ConfigError(file, [column.told(told)])


def is_kept(row: Row, columns: tuple[Column, ...], form: RecordFormat) -> bool:
    """Does a line have a value that keep of its format names?"""
    return all(
        cells.word(cell).casefold() in [value.strip().casefold() for value in form.keep[column.name]]
        for column, cell in zip(columns, row[1], strict=True)
        if column.meaning == "keep"
    )


Line = Sequence[tuple[Column, Cell]]


class _Reading:
    """One line as it is read: each bad cell is named, all of a line at once."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.problems: list[str] = []

    def each(self, *meanings: str) -> Iterator[tuple[Column, Cell]]:
        return ((column, cell) for column, cell in self.line if column.meaning in meanings)

    def text(self, meaning: str) -> str:
        return next((cells.word(cell) for _, cell in self.each(meaning)), "")

    def bad(self, column: Column | str, problem: object) -> None:
        self.problems.append(f"{column}: {problem}" if isinstance(column, str) else column.told(problem))


def entry_of(number: int, line: Line, form: RecordFormat, first_target: str, *, typed: bool) -> RecordEntry:
    """One line; a dose beside which no target stands is the first target's. ConfigError with every bad cell."""
    read = _Reading(line)
    date, time = _moment(read, form)
    status = _status(read, form)
    target = read.text("target") or first_target
    doses = _doses(read, form, target)
    if status == "missed" and any(doses.values()):
        read.bad("status", f"says missed, but the line has a dose of {max(doses.values()):g} Gy")
    if not doses and status != "missed" and form.has_dose and (typed or form.rows == "fields"):
        for column, _ in list(read.each("dose_gy", "dose_cgy"))[:1]:
            read.bad(column, "is empty: a line that is not missed needs its dose here")
    fraction = _number(read)
    if read.problems or date is None:
        raise ConfigError("", read.problems)
    return RecordEntry(
        line=number,
        date=date,
        time=time,
        number=fraction,
        doses_gy=doses,
        targets=tuple(doses) or ((target,) if read.text("target") else ()),
        status=status,
        phase=read.text("phase"),
    )


def _moment(read: _Reading, form: RecordFormat) -> tuple[dt.date | None, dt.time | None]:
    """Date and clock time; the time of a column of its own must not gainsay the one beside the date."""
    date, time = None, None
    for column, cell in read.each("date"):
        try:
            date, time = cells.day(cell, form)
        except DomainError as error:
            read.problems.append(column.told(error).replace("date: must be a date that", "date must be a date that", 1))
    for column, cell in read.each("time"):
        try:
            own = cells.clock(cell, form)
        except DomainError as error:
            read.bad(column, error)
            continue
        if own is not None and time not in (None, dt.time(), own):
            read.bad(column, f"says {own:%H:%M:%S}, but the date has {time:%H:%M:%S}")
        time = own if own is not None else time
    return date, time


def _status(read: _Reading, form: RecordFormat) -> str:
    words = {word.strip().casefold(): meaning for word, meaning in form.statuses.items()}
    words = words or {status: status for status in STATUSES}
    for column, cell in read.each("status"):
        word = cells.word(cell)
        if word and word.casefold() not in words:
            told = ", ".join(form.statuses or STATUSES)
            hint = "; statuses of the record format says what other words mean" if form.name else ""
            read.bad(column, f"takes {told}, got {word[:60]!r}{hint}")
        return words.get(word.casefold(), "")
    return ""


def _doses(read: _Reading, form: RecordFormat, target: str) -> dict[str, float]:
    doses: dict[str, float] = {}
    for column, cell in read.each("dose_gy", "dose_cgy"):
        try:
            dose = cells.dose_gy(cell, form, "cGy" if column.meaning == "dose_cgy" else "Gy")
        except DomainError as error:
            read.bad(column, error)
            continue
        if dose is not None:
            doses[column.target or target] = dose
    return doses


def _number(read: _Reading) -> int | None:
    for column, cell in read.each("fraction"):
        try:
            return cells.number(cell)
        except DomainError as error:
            read.bad(column, error)
    return None


def without_midnights(lines: list[RecordEntry]) -> list[RecordEntry]:
    """Dates that a system writes with 00:00:00 behind each of them have no clock times."""
    midnight = all(entry.time in (None, dt.time()) for entry in lines)
    return [replace(entry, time=None) for entry in lines] if midnight else lines


def _notes(grid: Grid, form: RecordFormat, rows: Sequence[Row], kept: Sequence[Row]) -> tuple[Note, ...]:
    """How the file was read: in which format, and what was left out."""
    if not form.name:
        return ()
    source: dict[str, Value] = {"source": form.source.text, "flag": form.source.flag}
    told: dict[str, Value] = {"file": grid.file, "format": form.name}
    heard: Literal["info", "warning"] = "info" if form.source.verified else "warning"
    notes = [Note(code="record-format", severity=heard, values={**told, **source})]
    absent = tuple(name for name in form.keep if name not in grid.header)
    if absent:
        notes.append(Note(code="record-filter-absent", severity="warning", values={**told, "columns": absent}))
    if len(rows) > len(kept):
        there = tuple(name for name in form.keep if name not in absent)
        left: dict[str, Value] = {"count": len(rows) - len(kept), "columns": there}
        notes.append(Note(code="record-lines-left-out", severity="info", values={**told, **left}))
    return tuple(notes)
