"""Tables as CSV: units in the headers, user text never a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io

from rtplan.report.blocks import Cell, Column, Table
from rtplan.report.language import ENGLISH, Words

__all__ = [
    "csv_file",
    "inert",
    "to_csv",
]


def to_csv(table: Table, told: Words = ENGLISH) -> str:
    """A table as RFC 4180 CSV with twelve digits, ISO dates, and an empty cell for what is absent.

    The last digits of a float are no part of an answer: 11.7 is written so, and not as 11.700000000000001.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([_header(column) for column in table.columns])
    for row in table.rows:
        writer.writerow([_text(cell, told) for cell in row])
    return stream.getvalue()


def csv_file(table: Table, told: Words = ENGLISH) -> bytes:
    """The same as a file: UTF-8, led by a byte order mark where there is a letter outside ASCII.

    Excel takes a file without the mark for the system's code page and spoils Chinese names; programs read a file of
    plain ASCII best without it, and with it as "utf-8-sig".
    """
    text = to_csv(table, told)
    return text.encode("ascii" if text.isascii() else "utf-8-sig")


def _header(column: Column) -> str:
    bears_unit = not column.unit or column.key.endswith(("_gy", "_days"))
    return inert(column.key if bears_unit else f"{column.key} [{column.unit}]")


def _text(cell: Cell, told: Words) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float):
        return repr(float(f"{cell:.12g}"))
    if isinstance(cell, int):
        return repr(cell)
    return inert(told.text(cell))


def inert(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
