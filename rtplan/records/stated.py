"""What a clinic's file states of its records with ``record_columns`` and ``record_date_format``, as a format.

The names of the columns are stated; what only one reading of the file fits with those names is not in doubt: by which
mark its columns are parted, and in which encoding a name outside ASCII is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtplan.clinic.clinic import RECORD_COLUMNS
from rtplan.errors import ConfigError
from rtplan.library.record_format import RecordFormat
from rtplan.note import DESIGN_DEFAULT

__all__ = [
    "COLUMNS",
    "Stated",
    "encoded",
    "leaving_aside",
    "parted",
    "plain_format",
]


COLUMNS = RECORD_COLUMNS
"""Columns of a record; only the date is needed. A clinic's file may name them otherwise (``record_columns``)."""


Stated = Sequence[tuple[str, str]]
"""Meaning and name of columns, as a clinic's file states them."""


def plain_format(columns: Stated = (), date_format: str = "") -> RecordFormat:
    """rtplan's plain form as a format; columns and date_format as a clinic's file names them."""
    theirs = dict(columns)
    unknown = [name for name in theirs if name not in COLUMNS]
    if unknown:
        raise ConfigError("record_columns", [f"names {unknown[0]!r}; known: {', '.join(COLUMNS)}"])
    named = {theirs.get(column, column): column for column in COLUMNS}
    return RecordFormat(
        name="",
        label="rtplan's plain form",
        source=DESIGN_DEFAULT,
        files=("csv", "spreadsheet"),
        columns=named,
        optional=tuple(name for name, meaning in named.items() if meaning != "date"),
        date_formats=(date_format or "%Y-%m-%d",),
    )


def encoded(content: bytes, form: RecordFormat, columns: Stated) -> RecordFormat:
    """The form in the encoding that writes the stated names: where one is outside ASCII and stands in the first line.

    Text that is UTF-8 stays so.
    """
    names = [name for _, name in columns if not name.isascii()]
    for encoding in ("utf-8", "gb18030", "cp1252"):
        try:
            first = content.decode(encoding).splitlines()[:1]
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or (names and first and all(name in first[0] for name in names)):
            return replace(form, encodings=(encoding,))
    return form


def parted(text: str, form: RecordFormat, columns: Stated) -> RecordFormat:
    """The form with the delimiter that parts the first line of a text into the stated columns.

    A comma inside a number, where semicolons or tabs part the columns, is a decimal comma. Where all of the stated
    columns are there, further ones are left aside.
    """
    needed = set(form.columns) - set(form.optional)
    for delimiter in (",", ";", "\t"):
        try:
            rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
        except csv.Error:  # named with its line where the file is read
            return form
        header = [name.strip() for name in rows[0]] if rows else []
        if needed <= set(header):
            doses = _doses(rows, header, form)
            comma = delimiter != "," and not any("." in dose for dose in doses)
            form = replace(form, delimiter=delimiter, decimal="," if comma else ".")
            return leaving_aside(header, form, columns, every_dose=bool(doses) and all(doses))
    return form


def _doses(rows: Sequence[Sequence[str]], header: Sequence[str], form: RecordFormat) -> list[str]:
    """The cells of the columns of doses."""
    places = [place for place, name in enumerate(header) if form.columns.get(name, "").startswith("dose_")]
    filled = (row for row in rows[1:] if any(cell.strip() for cell in row))
    return [row[place].strip() for row in filled for place in places if place < len(row)]


def leaving_aside(header: Sequence[str], form: RecordFormat, columns: Stated, *, every_dose: bool) -> RecordFormat:
    """The form that leaves further columns aside: where all that are stated are there, and none seems to tell of doses.

    every_dose: has every line a dose? Then a column of status says nothing that the dose does not.
    """
    if not {name for _, name in columns} <= set(header):
        return form
    return replace(form, ignored=tuple(_idle(set(header), form, every_dose=every_dose)))


_TELLING = {
    "dose": ("dos", "gy", "gray", "剂量", "劑量"),
    "status": ("status", "terminat", "missed", "partial", "delivered", "状态", "狀態"),
}
"""What the name of a column holds that tells how much was given: such a one is not left aside where none is read."""


def _idle(names: set[str], form: RecordFormat, *, every_dose: bool) -> Iterator[str]:
    read = {form.columns[name].partition("_")[0] for name in names & set(form.columns)}
    read |= {"status"} if every_dose else set()
    for name in names - set(form.columns):
        telling = (meaning for meaning, parts in _TELLING.items() if any(part in name.lower() for part in parts))
        if all(meaning in read for meaning in telling):
            yield name.replace("*", "")
