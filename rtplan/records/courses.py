"""Tables of courses, one row a course, read in chunks: CSV, spreadsheet, parquet, or a pandas frame."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtplan.errors import ConfigError, DomainError, shown
from rtplan.library import read
from rtplan.records import cells, excel, looks
from rtplan.records.stated import plain_format

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CHUNK",
    "chunks",
    "collapsed",
    "count",
    "has_fractions",
    "of_frame",
    "parquet_frame",
    "parquet_has_fractions",
]


CHUNK = 50_000
"""Rows worked on at a time."""

MOST_SHEET_BYTES = 200_000_000
"""The largest spreadsheet of courses that is read. Design default, no source."""

ALIASES = {"protocol": "regimen", "end": "last", "fractions_given": "n_given"}
"""Other names that columns may have."""


def chunks(
    path: Path, wanted: Sequence[str], named: Mapping[str, str], *, delimiter: str = ",", size: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """The wanted columns of a file, so many rows at a time; the index is the line of the file.

    named: what a column of the file is called where it has another name than ours. A line with another number of cells
    than the header has comes as its line number and nothing else, with the reason in a column "problem".

    Raises ConfigError where the file cannot be read, or has none of the columns.
    """
    start = read.beginning(path, 256, path.name)
    if path.suffix.lower() == ".parquet":
        return _parquet(path, wanted, named, size)
    if looks.is_spreadsheet(start):
        return _spreadsheet(path, wanted, named, size)
    if looked := looks.container(start):
        raise ConfigError(path.name, [f"is neither CSV nor a spreadsheet nor parquet: it looks like {looked}"])
    return _csv(path, wanted, named, delimiter, size)


def count(path: Path) -> int | None:
    """How many rows a file has at most; None where that is not known before it is read."""
    if path.suffix.lower() != ".csv":
        return None
    with read.opened(path, path.name) as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def of_frame(
    frame: pd.DataFrame, wanted: Sequence[str], named: Mapping[str, str], size: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """A frame in chunks; lines are counted from 0, whatever its index is."""
    places = _places("frame", [str(name) for name in frame.columns], wanted, named)
    chosen = frame.iloc[:, list(places.values())].set_axis(list(places), axis=1)
    chosen.index = range(len(chosen))  # type: ignore[assignment]
    for low in range(0, max(len(chosen), 1), size):
        yield chosen.iloc[low : low + size]


def has_fractions(table: Path | pd.DataFrame, named: Mapping[str, str], delimiter: str = ",") -> bool:
    """Is a row one delivered fraction or field: has the table a date, and no start of a course?"""
    if not isinstance(table, Path):
        names = [str(name) for name in table.columns]
    elif table.suffix.lower() != ".csv":
        return False
    else:
        try:
            with io.TextIOWrapper(read.opened(table, table.name), encoding="utf-8-sig", newline="") as stream:
                names = [name.strip() for name in next(_parted(stream, delimiter), [])]
        except (OSError, UnicodeDecodeError, csv.Error, ConfigError):
            return False  # named where it is read
    return "date" in names and "start" not in named and "start" not in names


def collapsed(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Rows of fractions as rows of courses: the first line of each id, its start the first date of all.

    A column that differs between the lines of an id is its problem.
    """
    import pandas as pd

    lines = pd.concat(list(frames))
    groups = lines.groupby("id", sort=False, dropna=False) if "id" in lines else lines.groupby(lambda _: "")
    courses = lines.assign(line=lines.index).groupby(groups.ngroup()).first().set_index("line")
    courses["start"] = groups["date"].min().to_numpy()
    problems = [""] * len(courses)
    for name in lines.columns.difference(["id", "date", "problem"]):
        for place, count in enumerate(groups[name].nunique(dropna=False)):
            if count > 1:
                problems[place] = problems[place] or f"{name} differs between the lines of this id"
    return courses.drop(columns="date").assign(problem=problems)


def _places(file: str, header: Sequence[str], wanted: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    """Where each of our columns stands. ConfigError where one is named that is not there, or none is."""
    absent = {key: name for key, name in named.items() if name not in header}
    problems = [f"there is no column {name!r}, which {key} is to be read from" for key, name in absent.items()]
    theirs = {name: key for key, name in named.items()}
    found: dict[str, int] = {}
    for place, name in enumerate(header):
        key = theirs.get(name) or (ALIASES.get(name, name) if ALIASES.get(name, name) not in named else "")
        if key in wanted:
            if key in found:
                problems.append(f"{key} stands in two columns: {header[found[key]]!r} and {name!r}")
            found.setdefault(key, place)
    if problems:
        raise ConfigError(file, problems)
    if "start" not in found and "date" not in found:
        hint = looks.header_hint(list(header)) or f"columns are {', '.join(wanted)}"
        raise ConfigError(file, [f"has no column start, the first day of each course; {hint}"])
    return found


def _frame(rows: Iterable[Sequence[Any]], lines: Sequence[int], places: Mapping[str, int]) -> pd.DataFrame:
    import pandas as pd

    columns = list(zip(*rows, strict=True))
    cells = {key: list(columns[place]) if columns else [] for key, place in places.items()}
    return pd.DataFrame(cells, index=list(lines), dtype=object)


def _parted(stream: Iterable[str], delimiter: str) -> Any:
    try:
        return csv.reader(stream, delimiter=delimiter)
    except (TypeError, ValueError):
        raise DomainError(f"--delimiter takes one sign, such as ; or a tab, got {shown(delimiter)}") from None


def _csv(
    path: Path, wanted: Sequence[str], named: Mapping[str, str], delimiter: str, size: int
) -> Iterator[pd.DataFrame]:
    with io.TextIOWrapper(read.opened(path, path.name), encoding="utf-8-sig", newline="") as stream:
        reader = _parted(stream, delimiter)
        try:
            header = [cell.strip() for cell in next(reader, [])]
            places = _places(path.name, header, wanted, named)
            while block := list(itertools.islice(_numbered(reader), size)):
                yield _ruled(block, len(header), places)
        except UnicodeDecodeError:
            raise ConfigError(path.name, ["is not UTF-8 text: save it as UTF-8"]) from None
        except csv.Error as error:
            raise ConfigError(path.name, [f"line {reader.line_num}: cannot be parted into cells: {error}"]) from None


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each begins; blank lines are left out."""
    line = reader.line_num + 1
    for row in reader:
        if row and any(row):
            yield line, row
        line = reader.line_num + 1


def _ruled(block: Sequence[tuple[int, list[str]]], width: int, places: Mapping[str, int]) -> pd.DataFrame:
    """A frame of lines; those with a wrong number of cells carry their problem."""
    crooked = {line: len(row) for line, row in block if len(row) != width}
    if not crooked:
        return _frame((row for _, row in block), [line for line, _ in block], places)
    frame = _frame([row if len(row) == width else [""] * width for _, row in block], [n for n, _ in block], places)
    frame["problem"] = [
        f"the line has {crooked[line]} cells for {width} columns" if line in crooked else "" for line, _ in block
    ]
    return frame


def _spreadsheet(path: Path, wanted: Sequence[str], named: Mapping[str, str], size: int) -> Iterator[pd.DataFrame]:
    grid = excel.grid(read.read_bytes(path, path.name, MOST_SHEET_BYTES), path.name, plain_format())
    places = _places(path.name, grid.header, wanted, named)
    rows = grid.rows(list(places.values()))
    near = {key: place for place, key in enumerate(places)}
    for low in range(0, len(rows), size):
        part = rows[low : low + size]
        yield _frame(([_plain(cell) for cell in row] for _, row in part), [line for line, _ in part], near)


def _plain(cell: Any) -> str:
    """A typed cell as the text that a CSV file would have."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    return cell.isoformat() if isinstance(cell, dt.date) else cells.word(cell)


def parquet_has_fractions(path: Path, named: Mapping[str, str]) -> bool:
    """As `has_fractions`, of a parquet file."""
    names = _parquet_file(path).schema_arrow.names
    return "date" in names and "start" not in named and "start" not in names


def parquet_frame(path: Path) -> pd.DataFrame:
    """A parquet file as a frame."""
    frame: pd.DataFrame = _parquet_file(path).read().to_pandas()
    return frame


def _parquet_file(path: Path) -> Any:
    read.beginning(path, 4, path.name)  # pyarrow would wait for a pipe
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise ConfigError(
            path.name, ["parquet needs pyarrow: pip install rtplan[parquet], or save it as CSV"]
        ) from None
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise ConfigError(path.name, [f"cannot be read as parquet: {str(error).splitlines()[0][:120]}"]) from None


def _parquet(path: Path, wanted: Sequence[str], named: Mapping[str, str], size: int) -> Iterator[pd.DataFrame]:
    file = _parquet_file(path)
    names = file.schema_arrow.names
    places = _places(path.name, names, wanted, named)
    line = 0
    for batch in file.iter_batches(batch_size=size, columns=[names[place] for place in places.values()]):
        frame = batch.to_pandas()[[names[place] for place in places.values()]].set_axis(list(places), axis=1)
        frame.index = range(line, line + len(frame))
        line += len(frame)
        yield frame
