"""A spreadsheet unpacked in a process of its own, which has little memory and time: run as a program, not imported.

A small file can unpack into one that no memory holds, one cell far off makes a table of all those before it, and a
damaged file can bring the reader down. What happens here ends only this process.

Reads the file from stdin. Argument: the name of the sheet, "" for the only one. Writes a pickle of a pair to stdout:
``("rows", rows)``, or a word for what is wrong with a number beside it.
"""

from __future__ import annotations

import io
import pickle
import sys
from typing import Any

MOST_BYTES = 2_000_000_000
"""Memory that unpacking may take; a table of a course needs a hundredth of it. Design default, no source."""


def limit() -> None:
    """Take no more memory than that, where the system knows such a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def unpacked(content: bytes, sheet: str) -> tuple[str, Any]:
    """Every row of a sheet, from its first line and column on; or what is wrong."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            if sheet and sheet not in book.sheet_names:
                return "no-such-sheet", len(book.sheet_names)
            if not sheet and len(book.sheet_names) != 1:
                return "several-sheets", len(book.sheet_names)
            return "rows", book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python(skip_empty_area=False)
    except PasswordError:
        return "locked", 0
    except (CalamineError, ValueError, OSError):
        return "damaged", 0


if __name__ == "__main__":
    limit()
    sys.stdout.buffer.write(pickle.dumps(unpacked(sys.stdin.buffer.read(), sys.argv[1])))
