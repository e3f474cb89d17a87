"""Records of treatment: CSV as a record-and-verify system writes it, line by line, nothing guessed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rtplan import config
from rtplan.errors import ConfigError, RtplanError
from rtplan.interruption import STATUSES, Record, RecordEntry
from rtplan.workdays import parse_date

__all__ = ["COLUMNS", "parse", "read"]

COLUMNS = ("date", "time", "fraction", "dose_gy", "status", "target", "phase")
"""Columns of a record; only the date is needed. A clinic's file may name them otherwise (``record_columns``)."""

_MOST_FRACTIONS = 999


def read(path: str | Path, first_target: str, columns: Sequence[tuple[str, str]] = (), date_format: str = "") -> Record:
    """The record in a CSV file.

    first_target: whose dose a line speaks of that names no target. columns: (ours, theirs) where the file's names
    differ; date_format: of strptime, where dates are not in ISO form.

    Raises ConfigError with the file and, for every problem, its line.
    """
    path = Path(path)
    return parse(config.read_text(path), path.name, first_target, columns, date_format)


def parse(
    text: str, file: str, first_target: str, columns: Sequence[tuple[str, str]] = (), date_format: str = ""
) -> Record:
    """The record in a CSV text."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    if not rows:
        raise ConfigError(file, ["is empty: the first line names the columns"])
    places = _places(file, [cell.strip() for cell in rows[0]], dict(columns))
    problems: list[str] = []
    lines: list[tuple[RecordEntry, str]] = []
    for number, row in _lines(text, rows):
        try:
            lines.append(_entry(number, _cells(row, places, len(rows[0])), date_format, first_target))
        except RtplanError as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise ConfigError(file, problems)
    return Record(file=file, entries=tuple(_joined(file, lines)))


def _lines(text: str, rows: list[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not blank, with the number of the line it begins on."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    before = 0
    for place, row in enumerate(reader):
        start, before = before + 1, reader.line_num
        if place and any(cell.strip() for cell in row):
            yield start, row


def _places(file: str, header: list[str], theirs: Mapping[str, str]) -> dict[str, int]:
    unknown = [name for name in theirs if name not in COLUMNS]
    if unknown:
        raise ConfigError(file, [f"record_columns names {unknown[0]!r}; known: {', '.join(COLUMNS)}"])
    names = {theirs.get(column, column): column for column in COLUMNS}
    doubled = [name for name in header if header.count(name) > 1]
    if doubled:
        raise ConfigError(file, [f"line 1: column {doubled[0]!r} stands twice"])
    strange = [name for name in header if name not in names]
    if strange:
        known = ", ".join(names)
        raise ConfigError(
            file, [f"line 1: column {strange[0]!r} is not known: {known}; other names go into record_columns"]
        )
    places = {names[name]: place for place, name in enumerate(header)}
    if "date" not in places:
        raise ConfigError(file, [f"line 1: there is no column {theirs.get('date', 'date')!r}"])
    return places


def _cells(row: list[str], places: Mapping[str, int], width: int) -> dict[str, str]:
    if len(row) != width:
        raise ConfigError("the line", [f"has {len(row)} cells for {width} columns"])
    return {column: row[place].strip() for column, place in places.items()}


def _entry(line: int, cells: Mapping[str, str], date_format: str, first_target: str) -> tuple[RecordEntry, str]:
    """One line, and which target it speaks of."""
    target = cells.get("target") or first_target
    status = cells.get("status", "").lower()
    if status and status not in STATUSES:
        raise ConfigError("status", [f"takes {', '.join(STATUSES)}, got {cells['status']!r}"])
    dose = _dose(cells.get("dose_gy", ""))
    entry = RecordEntry(
        line=line,
        date=_date(cells["date"], date_format),
        time=_time(cells.get("time", "")),
        number=_number(cells.get("fraction", "")),
        doses_gy={} if dose is None else {target: dose},
        status=status,
        phase=cells.get("phase", ""),
    )
    return entry, target


def _date(text: str, date_format: str) -> dt.date:
    if not date_format:
        return parse_date(text, "date")
    try:
        return dt.datetime.strptime(text, date_format).date()
    except ValueError:
        raise ConfigError("date", [f"must be written {date_format}, got {text!r}"]) from None


def _time(text: str) -> dt.time | None:
    if not text:
        return None
    try:
        return dt.time.fromisoformat(text)
    except ValueError:
        raise ConfigError("time", [f"must be written HH:MM, got {text!r}"]) from None


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_FRACTIONS):
        raise ConfigError("fraction", [f"must be a whole number from 1 to {_MOST_FRACTIONS}, got {text!r}"])
    return int(text)


def _dose(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ConfigError("dose_gy", [f"must be a number in Gy, got {text!r}"]) from None
    if not math.isfinite(value) or value < 0:
        raise ConfigError("dose_gy", [f"must be 0 Gy or greater, got {text!r}"])
    return value


def _joined(file: str, lines: Sequence[tuple[RecordEntry, str]]) -> Iterator[RecordEntry]:
    """One entry a fraction: lines that follow each other and name other targets of it belong together."""
    open_entry: RecordEntry | None = None
    named: set[str] = set()
    for entry, target in lines:
        if open_entry is not None and _same(open_entry, entry) and target not in named:
            doses = {**open_entry.doses_gy, **entry.doses_gy}
            open_entry = RecordEntry(
                line=open_entry.line,
                date=entry.date,
                time=entry.time,
                number=entry.number,
                doses_gy=doses,
                status=open_entry.status or entry.status,
                phase=open_entry.phase or entry.phase,
            )
            named.add(target)
            continue
        if open_entry is not None:
            yield open_entry
        open_entry, named = entry, {target}
    if open_entry is None:
        raise ConfigError(file, ["has no line below its column names"])
    yield open_entry


def _same(before: RecordEntry, after: RecordEntry) -> bool:
    """Can two lines speak of one fraction? Only where something names it."""
    named = before.number is not None or before.time is not None
    same = (before.date, before.time, before.number) == (after.date, after.time, after.number)
    return named and same and before.status == after.status
