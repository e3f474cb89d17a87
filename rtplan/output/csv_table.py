"""Tables as CSV: units in the headers, user text never a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io

from rtplan.output.sections import Cell, Column, Table

__all__ = ["inert", "to_csv"]


def to_csv(table: Table) -> str:
    """A table as RFC 4180 CSV with full precision, ISO dates, and an empty cell for what is absent."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([_header(column) for column in table.columns])
    for row in table.rows:
        writer.writerow([_text(cell) for cell in row])
    return stream.getvalue()


def _header(column: Column) -> str:
    return column.key if not column.unit or column.key.endswith(("_gy", "_days")) else f"{column.key} [{column.unit}]"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return repr(cell)
    return inert(cell)


def inert(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
