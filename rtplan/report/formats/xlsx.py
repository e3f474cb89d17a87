"""Sections as an Excel workbook: every table a sheet, numbers as numbers, dates as dates, user text never a formula."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rtplan.clinic.days import place_in_week, week_of
from rtplan.note import Source
from rtplan.report.blocks import Block, Cell, Column, Facts, GridDay, MonthGrid, Notes, Report, Section, Table
from rtplan.report.formats.csv import inert
from rtplan.report.formats.layout import folded, width_of
from rtplan.report.language import DISCLAIMER, Words, number, words
from rtplan.report.sentences import sentence

__all__ = [
    "sheet_names",
    "to_xlsx",
]


_CELL_LIMIT = 32767
"""Letters that a cell of Excel holds."""


_WIDEST, _NARROWEST = 60, 6


_LINE_PT = 15
"""Height of a line of text in a cell: rows say how high they are, because LibreOffice does not work it out. [pt]"""


_HIGHEST_LINES = 27
"""Lines of the highest row that Excel has."""


_FIRST_DATE = dt.date(1900, 3, 1)
"""Before this day Excel's calendar differs from ours."""


def to_xlsx(report: Report, *, stamp: dt.datetime | None = None) -> bytes:
    """A report as a workbook: a sheet "about", then one for each table, notes included.

    Numbers keep full precision and are shown with their column's decimals. stamp: creation date in the file's
    properties; with the same stamp the same bytes.
    """
    from xlsxwriter import Workbook

    told = words(report.language)
    tables = [_about(report, told), *_tables(report.sections, told)]
    names = sheet_names([table.name for table in tables])
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(stream, options) as book:
        book.set_properties({"title": report.title, "comments": told(DISCLAIMER), "created": _created(stamp)})
        formats = _Formats(book)
        for name, table in zip(names, tables, strict=True):
            _write(book.add_worksheet(name), table, formats, told)
    return stream.getvalue()


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names that Excel takes, each once: at most 31 letters, none of []:*?/\\ and no apostrophe at an end.

    >>> sheet_names(["effects", "Effects", "a/b"])
    ['effects', 'Effects 2', 'a b']
    """
    used: set[str] = {"history"}
    names = []
    for text in wanted:
        base = re.sub(r"[\[\]:*?/\\\x00-\x1f]+", " ", text).strip("' ") or "table"
        name, count = base[:31].strip("' "), 1
        while name.lower() in used:
            count += 1
            name = f"{base[: 30 - len(str(count))]} {count}"
        used.add(name.lower())
        names.append(name)
    return names


def _created(stamp: dt.datetime | None) -> dt.datetime:
    moment = stamp or dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _about(report: Report, told: Words) -> Table:
    """Title and banner first: whoever opens the file must see them."""
    head = [(told("Title"), report.title), ("", report.subtitle), ("", report.banner), ("", told(DISCLAIMER))]
    rows: list[tuple[Cell, ...]] = [item for item in head if item[1]]
    for section in report.sections:
        found = [row for block in section.blocks for row in _about_rows(block, told)]
        rows += [("", ""), (section.heading, ""), *found] if found else []
    strong = (place for place, row in enumerate(rows) if place == 0 or (row[0] and not row[1]))
    columns = (Column(key="label", title=told("Item")), Column(key="text", title=told("Text")))
    return Table(name="about", columns=columns, rows=tuple(rows), emphasis=tuple(strong))


def _about_rows(block: Block, told: Words) -> Iterator[tuple[str, str]]:
    if isinstance(block, Facts):
        yield from ((label, told.text(text)) for label, text in block.items)
    elif isinstance(block, str):
        yield from (("", line) for line in block.splitlines())


def _tables(sections: Sequence[Section], told: Words) -> Iterator[Table]:
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, MonthGrid):
                yield _calendar(section.key, block, told)
            elif isinstance(block, Notes):
                yield _notes(section.key, block, told)


def _calendar(name: str, grid: MonthGrid, told: Words) -> Table:
    """A line a week, a column a weekday; in each cell the day, its fractions, the dose so far, cycles, why closed."""
    names = told.weekdays(first_weekday=grid.first_weekday)
    days = tuple(Column(key=f"day_{place}", title=title) for place, title in enumerate(names, 1))
    rows = []
    for _, group in itertools.groupby(grid.days, key=lambda day: week_of(day.date, grid.first_weekday)):
        row: list[Cell] = [None] * 7
        week = list(group)
        for day in week:
            row[place_in_week(day.date, grid.first_weekday)] = _day(day, told)
        rows.append((told.month(week[0].date), *row))
    month = Column(key="month", title=told("Month"))
    return Table(name=name if name == "calendar" else f"calendar {name}", columns=(month, *days), rows=tuple(rows))


def _day(day: GridDay, told: Words) -> str:
    lines = [str(day.date.day)]
    if day.fractions:
        lines.append(f"Fx {' + '.join(map(str, day.fractions))}{' ?' if day.provisional else ''}")
    if day.fractions and day.cumulative_gy is not None:
        lines.append(f"{number(day.cumulative_gy)} Gy")
    lines += [told("missed")] if day.missed else []
    lines += day.labels
    lines += [day.reason] if day.reason and day.kind not in ("workday", "weekend") else []
    return "\n".join(lines)


def _notes(name: str, block: Notes, told: Words) -> Table:
    columns = (
        Column(key="code", title=told("Code")),
        Column(key="severity", title=told("Severity")),
        Column(key="message", title=told("Message")),
    )
    rows = tuple((note.code, note.severity, sentence(note, told)) for note in block.notes)
    return Table(name=name, columns=columns, rows=rows)


class _Formats:
    """The workbook's formats, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **properties: Any) -> Any:
        """A format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", **properties})
        return self._made[key]


def _write(sheet: Any, table: Table, formats: _Formats, told: Words) -> None:
    top = formats.get(bold=True, text_wrap=True, bottom=1)
    widths = [_width(table, place, column, told) for place, column in enumerate(table.columns)]
    sheet.set_row(
        0, _LINE_PT * max(_lines(column.heading, room) for column, room in zip(table.columns, widths, strict=True))
    )
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.heading, top)
        sheet.set_column(place, place, widths[place])
    for line, row in enumerate(table.rows, 1):
        texts = [told.cell(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        sheet.set_row(line, _LINE_PT * max(_lines(text, room) for text, room in zip(texts, widths, strict=True)))
        strong = {"bold": True} if line - 1 in table.emphasis else {}
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            _cell(
                sheet,
                line,
                place,
                told.text(cell) if isinstance(cell, Source | tuple) else cell,
                column,
                formats,
                strong,
            )
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _lines(text: str, room: int) -> int:
    """Lines that a text takes in a column, wrapped between words."""
    needed = sum(len(folded(line, max(room - 1, 1))) for line in text.split("\n"))
    return min(max(needed, 1), _HIGHEST_LINES)


def _width(table: Table, place: int, column: Column, told: Words) -> int:
    """As wide as the widest cell; a long heading wraps."""
    texts = [line for row in table.rows for line in told.cell(row[place], column).split("\n")]
    longest = max([*map(width_of, texts), *map(width_of, column.heading.split())], default=0)
    return min(max(longest + 2, _NARROWEST), _WIDEST)


def _cell(
    sheet: Any, line: int, place: int, cell: Cell, column: Column, formats: _Formats, strong: dict[str, Any]
) -> None:
    if cell is None:
        sheet.write_blank(line, place, None, formats.get(**strong))
    elif isinstance(cell, bool):
        sheet.write_boolean(line, place, cell, formats.get(**strong))
    elif isinstance(cell, dt.datetime):
        sheet.write_datetime(line, place, cell.replace(tzinfo=None), formats.get(num_format=_MOMENT, **strong))
    elif isinstance(cell, dt.date) and cell >= _FIRST_DATE:
        sheet.write_datetime(line, place, cell, formats.get(num_format=_date_format(column), **strong))
    elif isinstance(cell, int | float):
        sheet.write_number(line, place, cell, formats.get(num_format=_number_format(cell, column), **strong))
    else:
        _text(sheet, line, place, str(cell), formats, strong)


_MOMENT = "yyyy-mm-dd hh:mm"


def _date_format(column: Column) -> str:
    return "ddd yyyy-mm-dd" if column.weekday else "yyyy-mm-dd"


def _number_format(cell: float, column: Column) -> str:
    whole = column.kind == "integer" or isinstance(cell, int)
    plain = "0" if whole or column.digits == 0 else "0." + "0" * column.digits
    return f"+{plain};-{plain};{plain}" if column.signed else plain


def _text(sheet: Any, line: int, place: int, text: str, formats: _Formats, strong: dict[str, Any]) -> None:
    """Text as text. What looks like a formula bears Excel's own mark for text, so that editing it changes nothing."""
    text = text if len(text) <= _CELL_LIMIT else text[: _CELL_LIMIT - 1] + "…"
    marked = {"quote_prefix": True} if inert(text) != text else {}
    sheet.write_string(line, place, text, formats.get(text_wrap=True, **marked, **strong))
