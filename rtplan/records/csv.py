"""Records of treatment: CSV as a record-and-verify system writes it, line by line, nothing guessed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rtplan.clinic.clinic import RECORD_COLUMNS
from rtplan.clinic.days import parse_date
from rtplan.errors import ConfigError, RtplanError
from rtplan.library import read as reader
from rtplan.records.record import STATUSES, Record, RecordEntry

__all__ = [
    "COLUMNS",
    "parse",
    "read",
]


COLUMNS = RECORD_COLUMNS
"""Columns of a record; only the date is needed. A clinic's file may name them otherwise (``record_columns``)."""


_MOST_FRACTIONS = 999


def read(path: str | Path, first_target: str, columns: Sequence[tuple[str, str]] = (), date_format: str = "") -> Record:
    """The record in a CSV file.

    first_target: whose dose a line speaks of that names no target. columns: (ours, theirs) where the file's names
    differ; date_format: of strptime, where dates are not in ISO form.

    Raises ConfigError with the file and, for every problem, its line.
    """
    path = Path(path)
    return parse(reader.read_text(path), path.name, first_target, columns, date_format)


def parse(
    text: str, file: str, first_target: str, columns: Sequence[tuple[str, str]] = (), date_format: str = ""
) -> Record:
    """The record in a CSV text."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    if not rows:
        raise ConfigError(file, ["is empty: the first line names the columns"])
    places = _places(file, [cell.strip() for cell in rows[0]], dict(columns))
    problems: list[str] = []
    lines: list[RecordEntry] = []
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


def _entry(line: int, cells: Mapping[str, str], date_format: str, first_target: str) -> RecordEntry:
    """One line; a dose beside which no target stands is the first target's."""
    target = cells.get("target") or first_target
    status = cells.get("status", "").lower()
    if status and status not in STATUSES:
        raise ConfigError("status", [f"takes {', '.join(STATUSES)}, got {cells['status']!r}"])
    dose = _dose(cells.get("dose_gy", ""))
    if status == "missed" and dose:
        raise ConfigError("status", [f"says missed, but the line has a dose of {dose:g} Gy"])
    return RecordEntry(
        line=line,
        date=_date(cells["date"], date_format),
        time=_time(cells.get("time", "")),
        number=_number(cells.get("fraction", "")),
        doses_gy={} if dose is None else {target: dose},
        targets=(target,) if dose is not None or cells.get("target") else (),
        status=status,
        phase=cells.get("phase", ""),
    )


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


def _joined(file: str, lines: Sequence[RecordEntry]) -> Iterator[RecordEntry]:
    """One entry a fraction: lines of one day, time and number that name different targets belong together.

    Raises ConfigError where the lines of several targets cannot be told apart into fractions.
    """
    if not lines:
        raise ConfigError(file, ["has no line below its column names"])
    groups: dict[tuple[object, ...], list[RecordEntry]] = {}
    for entry in lines:
        groups.setdefault(_fraction_key(entry), []).append(entry)
    problems = [problem for group in groups.values() for problem in _ambiguous(group)]
    if problems:
        raise ConfigError(file, problems)
    for group in groups.values():
        if len(_named(group)) > 1:
            yield _one(group)
        else:
            yield from group


def _fraction_key(entry: RecordEntry) -> tuple[object, ...]:
    """What lines of one fraction have in common; the rest of a partial fraction is a delivery of its own."""
    return (entry.date, entry.time, entry.number, entry.phase, entry.status == "remainder")


def _named(group: Sequence[RecordEntry]) -> set[str]:
    return {target for entry in group for target in entry.targets}


def _ambiguous(group: Sequence[RecordEntry]) -> Iterator[str]:
    """Lines that could belong to one fraction or to another."""
    if len(_named(group)) < 2:
        return
    seen: dict[tuple[str, ...], int] = {}
    for entry in group:
        if entry.targets in seen:
            what = f"target {entry.targets[0]!r}" if entry.targets else "a line without target"
            yield (
                f"line {entry.line}: {what} stands a second time on {entry.date} (line {seen[entry.targets]}), beside "
                "other targets: give each fraction a number or time of its own"
            )
        elif not entry.targets:
            yield f"line {entry.line}: names no target, but other lines of {entry.date} do"
        seen[entry.targets] = entry.line


def _one(group: Sequence[RecordEntry]) -> RecordEntry:
    """The fraction that lines of different targets tell of: partial where it was not given to all of them alike."""
    doses = {target: dose for entry in group for target, dose in entry.doses_gy.items()}
    statuses = {entry.status for entry in group}
    missed = [entry for entry in group if entry.status == "missed"]
    if len(missed) == len(group):
        status = "missed"
    elif missed or "partial" in statuses:
        status = "partial"
        doses |= {target: 0.0 for entry in missed for target in entry.targets if not entry.doses_gy}
    else:
        status = max(statuses)
    targets = tuple(target for entry in group for target in entry.targets)
    return replace(group[0], doses_gy=doses, targets=targets, status=status)
