"""Rows of a cohort into files, chunk after chunk: each to a temporary name, all of them renamed at the end, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rtplan.errors import ConfigError, DomainError, visible
from rtplan.questions.cohort_columns import COLUMNS
from rtplan.questions.cohort_rows import Part, Reject
from rtplan.report.formats.csv import inert
from rtplan.report.formats.files import new_file, put

__all__ = [
    "KINDS",
    "RowFiles",
    "check",
    "csv_lines",
    "row_files",
]


KINDS = ("csv", "xlsx", "parquet")

MOST_XLSX_ROWS = 1_048_575
"""Rows that a sheet holds below its header."""


class _Writer(Protocol):
    def write(self, part: Part) -> None: ...
    def close(self) -> None: ...


def check(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds of files of rows wanted; DomainError where one is not known, or cannot be written here."""
    for kind in kinds:
        if kind not in KINDS:
            raise DomainError(f"--rows takes {', '.join(KINDS)}, got {kind!r}")
    if "parquet" in kinds:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise DomainError("parquet needs pyarrow: pip install rtplan[parquet], or choose csv") from None
    return tuple(dict.fromkeys(kinds))


class RowFiles:
    """Open files of rows, and of the rows without an answer, which is there only where there are some."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary: dict[str, Path] = {}
        self.writers: list[_Writer] = []
        self.rejects: Any = None
        self.closed = False

    def open(self, kinds: Sequence[str]) -> None:
        """A file of each kind."""
        for kind in kinds:
            self.writers.append(_MAKERS[kind](self._new(f"courses.{kind}")))

    def write(self, part: Part) -> None:
        """One chunk's rows and refused rows."""
        for writer in self.writers:
            writer.write(part)
        if part.rejects:
            if self.rejects is None:
                self.rejects = self._new("rejects.csv").open("w", encoding="utf-8", newline="")
                self.rejects.write("line,id,reason\r\n")
            self.rejects.writelines(_reject_line(reject) for reject in part.rejects)

    def close(self) -> None:
        """Everything that is buffered into the files. Once is enough."""
        if self.closed:
            return
        self.closed = True
        for writer in self.writers:
            writer.close()
        if self.rejects is not None:
            self.rejects.close()

    def _new(self, name: str) -> Path:
        self.temporary[name] = new_file(self.folder / name)
        return self.temporary[name]


@contextmanager
def row_files(folder: Path, kinds: Sequence[str], *, force: bool = False) -> Iterator[RowFiles]:
    """Files of rows in a folder. They appear under their names when everything has gone well, else nothing is left.

    Raises ConfigError where one exists already (without ``force``) or the folder cannot be written.
    """
    made = not folder.exists()
    for name in (*(f"courses.{kind}" for kind in kinds), "rejects.csv"):
        if (folder / name).exists() and not force:
            raise ConfigError(str(folder / name), ["exists already; --force overwrites it"])
    files, placed = RowFiles(folder), list[Path]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.open(kinds)
        yield files
        files.close()
        for name, path in files.temporary.items():
            put(path, folder / name, placed, force=force)
        if "rejects.csv" not in files.temporary:
            (folder / "rejects.csv").unlink(missing_ok=True)
    except BaseException as error:
        _undo(files, folder, made)
        for path in placed:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ConfigError(str(folder), [f"cannot be written: {error.strerror or error}"]) from None
        raise


def _undo(files: RowFiles, folder: Path, made: bool) -> None:
    with suppress(Exception):
        files.close()
    for path in files.temporary.values():
        with suppress(OSError):
            path.unlink(missing_ok=True)
    if made:
        with suppress(OSError):
            folder.rmdir()


def _reject_line(reject: Reject) -> str:
    return f"{reject.line},{_quoted(_cell(reject.id))},{_quoted(inert(visible(reject.reason)))}\r\n"


# --- CSV --------------------------------------------------------------------------------------------------------------


def csv_lines(part: Part, *, header: bool = False) -> str:
    """Rows as RFC 4180 CSV: ISO dates, full precision, an empty cell for what is not known."""
    columns = [_texts(part.columns[name], kind) for name, kind in COLUMNS.items()]
    lines = [",".join(COLUMNS)] if header else []
    lines.extend(map(",".join, zip(*columns, strict=True)))
    return "\r\n".join(lines) + "\r\n" if lines else ""


def _texts(values: NDArray[Any], kind: str) -> list[str]:
    """Cells as text. Many rows have the same value: each is written once."""
    if kind == "date":
        known, place = np.unique(values.astype(np.int64), return_inverse=True)
        days = [str(day) for day in known.astype("datetime64[D]")]
        written = ["" if day == "NaT" else day for day in days]
    elif kind == "text":
        return _words(values)
    else:
        known, place = np.unique(values, return_inverse=True)
        written = ["" if value != value else _WRITTEN[kind](value) for value in known.tolist()]
    table = np.array(written, dtype=object)
    return list(table[place]) if len(values) else []


_WRITTEN: Mapping[str, Callable[[float], str]] = {
    "number": repr,
    "integer": lambda value: str(int(value)),
    "flag": lambda value: "true" if value else "false",
}


def _words(values: NDArray[Any]) -> list[str]:
    seen: dict[Any, str] = {}
    out = []
    for value in values:
        text = seen.get(value)
        if text is None:
            text = "" if value is None else _quoted(_cell(value))
            if len(seen) < _MOST_REMEMBERED:
                seen[value] = text
        out.append(text)
    return out


_MOST_REMEMBERED = 10_000


def _cell(text: str) -> str:
    """Text that a spreadsheet takes for no formula; a number with its sign is none."""
    return text if text[:1] == "-" and text[1:].isdecimal() else inert(visible(text))


def _quoted(text: str) -> str:
    if '"' in text or "," in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


class _Csv:
    def __init__(self, path: Path) -> None:
        self.stream = path.open("w", encoding="utf-8", newline="")
        self.stream.write(",".join(COLUMNS) + "\r\n")

    def write(self, part: Part) -> None:
        self.stream.write(csv_lines(part))

    def close(self) -> None:
        self.stream.close()


# --- spreadsheet, parquet ---------------------------------------------------------------------------------------------


class _Xlsx:
    """A sheet written row by row: memory does not grow with it."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.sheet = self.book.add_worksheet("courses")
        self.date = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.sheet.write_row(0, 0, list(COLUMNS))
        self.row = 1

    def write(self, part: Part) -> None:
        if self.row + len(part) > MOST_XLSX_ROWS + 1:
            raise DomainError(f"a sheet holds {MOST_XLSX_ROWS} rows, and there are more: choose csv or parquet")
        columns = [_cells(part.columns[name], kind) for name, kind in COLUMNS.items()]
        kinds = list(COLUMNS.values())
        for cells in zip(*columns, strict=True):
            for place, (cell, kind) in enumerate(zip(cells, kinds, strict=True)):
                if cell is None:
                    continue
                if kind == "date":
                    self.sheet.write_datetime(self.row, place, cell, self.date)
                elif kind == "text":
                    self.sheet.write_string(self.row, place, visible(cell))
                else:
                    self.sheet.write(self.row, place, cell)
            self.row += 1

    def close(self) -> None:
        self.book.close()


def _cells(values: NDArray[Any], kind: str) -> list[Any]:
    if kind in ("date", "text"):
        return list(values.tolist())
    known = {"number": float, "integer": int, "flag": bool}[kind]
    return [None if value != value else known(value) for value in values.tolist()]


class _Parquet:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = None

    def write(self, part: Part) -> None:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        kinds = {"text": pa.string(), "date": pa.date32(), "integer": pa.int64(), "number": pa.float64()}
        schema = pa.schema([(name, kinds.get(kind, pa.bool_())) for name, kind in COLUMNS.items()])
        if self.file is None:
            self.file = parquet.ParquetWriter(self.path, schema)
        arrays = [
            pa.array(_cells(part.columns[name], kind), type=schema.field(name).type) for name, kind in COLUMNS.items()
        ]
        self.file.write_table(pa.Table.from_arrays(arrays, schema=schema))

    def close(self) -> None:
        if self.file is None:
            self.write(Part(line=np.empty(0, np.int64), columns={name: np.empty(0, object) for name in COLUMNS}))
        self.file.close()


_MAKERS: Mapping[str, Callable[[Path], _Writer]] = {"csv": _Csv, "xlsx": _Xlsx, "parquet": _Parquet}
