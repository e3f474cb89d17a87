"""Records in spreadsheets: XLSX, XLS, ODS. A cell has a type; what it shows on the screen is not asked."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rtplan.errors import ConfigError
from rtplan.library.record_format import RecordFormat
from rtplan.records.table import Grid, Row

__all__ = ["grid"]


_MOST_SECONDS = 60


def grid(content: bytes, file: str, form: RecordFormat) -> Grid:
    """A sheet of a spreadsheet as a table: the one that the format names, or the only one there is.

    Raises ConfigError where it cannot be read, has several sheets and none is named, or has no names of columns.
    """
    rows = _rows(content, file, form)
    above = form.header_row - 1
    header = tuple(str(cell).strip() for cell in rows[above]) if len(rows) > above else ()
    while header and not header[-1]:
        header = header[:-1]
    if not header:
        raise ConfigError(file, [f"line {form.header_row} names no columns"])

    def wanted(places: Sequence[int]) -> Sequence[Row]:
        below = enumerate(rows[above + 1 :], form.header_row + 1)
        return [(line, tuple(row[place] for place in places)) for line, row in below if any(map(_is_filled, row))]

    return Grid(file=file, header=header, line=form.header_row, rows=wanted, typed=True)


def _is_filled(cell: Any) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _rows(content: bytes, file: str, form: RecordFormat) -> list[list[Any]]:
    """Every row of the sheet, from its first line and column on."""
    found, rows = _unpacked(content, form.sheet)
    if found == "rows":
        return list(rows)
    problems = {
        "no-such-sheet": f"has no sheet {form.sheet!r}, which the record format {form.name!r} names",
        "several-sheets": f"has {rows} sheets: sheet of the record format says which is read",
        "locked": "is locked with a password: save it without",
        "damaged": "is no spreadsheet that can be read (XLSX, XLS, ODS): damaged, or too large to be unpacked",
    }
    raise ConfigError(file, [problems[found]])


def _unpacked(content: bytes, sheet: str) -> tuple[str, Any]:
    """What `rtplan.records.unpack` finds, in a process of its own: it may be brought down by what it reads."""
    program = [sys.executable, str(Path(__file__).with_name("unpack.py")), sheet]
    try:
        done = subprocess.run(program, input=content, capture_output=True, timeout=_MOST_SECONDS, check=False)
        return pickle.loads(done.stdout) if done.returncode == 0 else ("damaged", 0)
    except subprocess.TimeoutExpired:
        return "damaged", 0
