"""What a file looks like that cannot be read as stated: said in refusals, never acted upon."""

from __future__ import annotations

import re

__all__ = [
    "both_days",
    "container",
    "encoding_hint",
    "header_hint",
    "is_spreadsheet",
]


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MARKS = (
    (b"PK\x03\x04", "a spreadsheet (XLSX or ODS)"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (XLS)"),
    (b"%PDF", "a PDF file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"SQLite format 3", "a database"),
    (b"\x1f\x8b", "a compressed file"),
)


def container(content: bytes) -> str:
    """What the first bytes say a file is; "" where it may be a table of text."""
    if content[128:132] == b"DICM":
        return "DICOM"
    for mark, what in _MARKS:
        if content.startswith(mark):
            return what
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    if start[:1] in (b"{", b"["):
        return "JSON"
    if re.match(rb"<(\?xml|!doctype|html|table|[a-z]+:)", start, re.IGNORECASE):
        return "HTML or XML"
    return ""


def is_spreadsheet(content: bytes) -> bool:
    """Is it an XLSX, ODS or XLS file?"""
    return container(content).startswith("a spreadsheet")


def encoding_hint(content: bytes) -> str:
    """Which encodings a text that is not UTF-8 may have."""
    fits = [name for name in ("gb18030", "cp1252") if _decodes(content, name)]
    return f"it may be {' or '.join(fits)}: encodings of a record format says which" if fits else "it is not text"


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def header_hint(header: list[str]) -> str:
    """What a line of column names that was not parted looks like; "" where nothing is seen."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas")):
        if len(header) == 1 and mark in header[0]:
            return f"it looks parted by {name}: delimiter = {mark!r} in a record format says so".replace("'", '"')
    return ""


def both_days(text: str) -> str:
    """The two readings of a date such as 02/03/2026; "" where there is but one."""
    found = re.match(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ]\d{2,4}\b", text)
    if not found:
        return ""
    first, second = int(found[1]), int(found[2])
    readings = [f"{d} {_MONTHS[m - 1]}" for d, m in ((first, second), (second, first)) if 1 <= m <= 12 and 1 <= d <= 31]
    return " or ".join(dict.fromkeys(readings))
