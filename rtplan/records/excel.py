"""Records in spreadsheets: XLSX, XLS, ODS. A cell has a type; what it shows on the screen is not asked."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

from rtplan.errors import ConfigError
from rtplan.library.record_format import RecordFormat
from rtplan.records.table import Grid, Row

__all__ = ["grid"]


_MOST_UNPACKED = 200_000_000
_MOST_CELLS = 4_000_000


def grid(content: bytes, file: str, form: RecordFormat) -> Grid:
    """A sheet of a spreadsheet as a table: the one that the format names, or the only one there is.

    Raises ConfigError where it cannot be read, has several sheets and none is named, or has no names of columns.
    """
    _refuse_huge(content, file)
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
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheet = book.get_sheet_by_name(_sheet(book.sheet_names, file, form))
            return sheet.to_python(skip_empty_area=False)
    except ConfigError:
        raise
    except PasswordError:
        raise ConfigError(file, ["is locked with a password: save it without"]) from None
    except (CalamineError, ValueError, OSError):
        raise ConfigError(file, ["is no spreadsheet that can be read (XLSX, XLS, ODS), or is damaged"]) from None


def _sheet(names: Sequence[str], file: str, form: RecordFormat) -> str:
    if form.sheet:
        if form.sheet not in names:
            raise ConfigError(file, [f"has no sheet {form.sheet!r}, which the record format {form.name!r} names"])
        return form.sheet
    if len(names) != 1:
        raise ConfigError(file, [f"has {len(names)} sheets: sheet of the record format says which is read"])
    return names[0]


def _refuse_huge(content: bytes, file: str) -> None:
    """A small file can unpack into one that no memory holds, and one far cell makes a table of all those before it."""
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise ConfigError(file, [f"unpacks to more than {_MOST_UNPACKED} bytes"])
            for part in parts:
                if (
                    re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename)
                    and _corner(packed.read(part)) > _MOST_CELLS
                ):
                    raise ConfigError(file, [f"has a sheet of more than {_MOST_CELLS} cells"])
    except ConfigError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error):
        raise ConfigError(file, ["is no spreadsheet that can be read (XLSX, XLS, ODS), or is damaged"]) from None


def _corner(sheet: bytes) -> int:
    """How many cells a sheet spans up to its last row and column."""
    places = set(re.findall(rb'<c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"', sheet))
    return max((int(row) for _, row in places), default=0) * max((_column(name) for name, _ in places), default=0)


def _column(name: bytes) -> int:
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number
