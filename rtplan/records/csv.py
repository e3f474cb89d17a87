"""Records as text: parted by a delimiter, read as stated, line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rtplan.errors import ConfigError
from rtplan.library import read as reader
from rtplan.library.record_format import RecordFormat
from rtplan.records import entries, looks
from rtplan.records.record import Record
from rtplan.records.stated import COLUMNS, Stated, encoded, parted, plain_format
from rtplan.records.table import Grid, Row

__all__ = [
    "COLUMNS",
    "decoded",
    "grid",
    "parse",
    "plain_format",
    "read",
]


def read(path: str | Path, first_target: str, columns: Stated = (), date_format: str = "") -> Record:
    """The record in a CSV file of rtplan's plain form.

    first_target: whose dose a line speaks of that names no target. columns: (ours, theirs) where the file's names
    differ; date_format: of strptime, where dates are not in ISO form.

    Raises ConfigError with the file and, for every problem, its line.
    """
    path = Path(path)
    content = reader.read_bytes(path)
    form = plain_format(columns, date_format)
    text = decoded(content, path.name, encoded(content, form, columns) if columns else form)
    return parse(text, path.name, first_target, columns, date_format)


def parse(text: str, file: str, first_target: str, columns: Stated = (), date_format: str = "") -> Record:
    """The record in a CSV text of rtplan's plain form.

    >>> parse("date,dose_gy\\n2026-03-02,1.8\\n", "record.csv", "tumour").entries[0].doses_gy
    {'tumour': 1.8}
    """
    form = plain_format(columns, date_format)
    if columns:
        form = parted(text, form, columns)
    return entries.record(grid(text, file, form), form, first_target)


def decoded(content: bytes, file: str, form: RecordFormat) -> str:
    """The text of a file in the first of the format's encodings that fits; ConfigError where it is no text of it."""
    looked = looks.container(content)
    if looked and not (looked == "UTF-16 text" and "utf-16" in form.encodings):
        raise ConfigError(file, [f"looks like {looked}, not like a table of text{_instead(looked)}"])
    for encoding in form.encodings:
        try:
            text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise ConfigError(file, [f"line {line}: holds a NUL byte: it is not text"])
        return text
    told = " or ".join(form.encodings).upper()
    hint = looks.encoding_hint(content) if form.encodings == ("utf-8",) else "encodings of the record format says which"
    raise ConfigError(file, [f"is not {told} text: {hint}"])


def _instead(looked: str) -> str:
    if looked.startswith("a spreadsheet"):
        return ': name a record format whose files hold "spreadsheet" (--record-format)'
    return ': encodings = ["utf-16"] of a record format reads it' if looked == "UTF-16 text" else ""


def grid(text: str, file: str, form: RecordFormat) -> Grid:
    """A text as a table, parted as the format states; ConfigError where it has no line that names the columns."""
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    header, places = _shape(lines, form, file)
    if not any(header):
        first = form.header_row == 1
        told = "is empty: the first line names the columns" if first else f"line {form.header_row} names no columns"
        raise ConfigError(file, [told])
    width = len(header)
    straight = [place for place in places if place.cells == width]
    crooked = [(place.first, place.cells) for place in places if place.cells != width]
    return Grid(
        file=file,
        header=header,
        line=form.header_row,
        rows=lambda wanted: _cells(lines, straight, wanted, form, file),
        problems=tuple((line, f"the line: has {cells} cells for {width} columns") for line, cells in crooked),
    )


class _Place(NamedTuple):
    """Where a line of the table stands in the file (a quoted cell may hold line breaks), and how many cells it has."""

    first: int
    last: int
    cells: int


def _shape(lines: list[str], form: RecordFormat, file: str) -> tuple[tuple[str, ...], list[_Place]]:
    """The names of the columns, and the place of each line below them that is not blank."""
    before = form.header_row - 1
    parts = csv.reader(lines[before:], delimiter=form.delimiter, strict=True)
    header: tuple[str, ...] | None = None
    places: list[_Place] = []
    try:
        for row in parts:
            first, before = before + 1, form.header_row - 1 + parts.line_num
            if header is None:
                header = tuple(cell.strip() for cell in row)
            elif any(cell.strip() for cell in row):
                places.append(_Place(first, before, len(row)))
    except csv.Error:
        told = "a quotation mark is not closed, or text follows it" if '"' in "".join(lines) else "cannot be parted"
        raise ConfigError(file, [f"line {before + 1}: {told}"]) from None
    return header or (), places


def _cells(
    lines: list[str], places: list[_Place], wanted: Sequence[int], form: RecordFormat, file: str
) -> Sequence[Row]:
    """The wanted cells of each line, as text. The others are not taken up."""
    if not places:
        return ()
    import pandas as pd

    text = "".join("".join(lines[place.first - 1 : place.last]) for place in places)
    frame = pd.read_csv(
        io.StringIO(text),
        sep=form.delimiter,
        header=None,
        dtype=str,
        usecols=list(wanted),
        na_filter=False,
        skip_blank_lines=False,
    )
    if len(frame) != len(places):
        raise ConfigError(file, ["has lines that two readers part differently: look for quotation marks in its cells"])
    columns = [frame[place].tolist() for place in wanted]
    return [(place.first, cells) for place, cells in zip(places, zip(*columns, strict=True), strict=True)]
