"""Sections on a terminal, by rich: 80 to 120 columns, colour only where there is a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import IO, Any

from rtplan.output.sections import Block, Facts, Figure, GridDay, MonthGrid, Notes, Report, Signatures, Table
from rtplan.output.wording import cell_text

__all__ = ["render", "to_text"]

NARROW, WIDE = 80, 120
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STYLES = {"info": "dim", "warning": "yellow", "violation": "bold red"}
_WORDS = {"info": "note", "warning": "warning", "violation": "RULE BROKEN"}


def render(report: Report, file: IO[str], width: int | None = None) -> None:
    """Write a report to a terminal or a text stream."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, width=width, highlight=False, emoji=False, markup=False, soft_wrap=False)
    if width is None:
        console.width = min(max(console.width if console.is_terminal else 100, NARROW), WIDE)
    console.print(Text(report.title, style="bold"))
    if report.subtitle:
        console.print(report.subtitle)
    if report.banner:
        console.print(Text(report.banner, style="bold yellow"))
    for section in report.sections:
        if not section.terminal:
            continue
        console.print()
        console.print(Text(section.heading, style="bold underline"))
        for block in section.blocks:
            for part in _block(block, console.width):
                console.print(part)


def to_text(report: Report, width: int = 100) -> str:
    """The report as plain text of a width."""
    import io

    stream = io.StringIO()
    render(report, stream, width)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _block(block: Block, width: int) -> Iterator[Any]:
    match block:
        case str():
            yield block
        case Facts():
            yield _facts(block)
        case Notes():
            yield from _notes(block)
        case Table():
            yield from _table(block, width)
        case MonthGrid():
            yield _grid(block)
        case Figure() | Signatures():
            return


def _plain_table(**options: Any) -> Any:
    from rich import box
    from rich.table import Table as RichTable

    return RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), **options)


def _facts(facts: Facts) -> Any:
    from rich.table import Table as RichTable

    table = RichTable.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in facts.items:
        table.add_row(label, text)
    return table


def _notes(notes: Notes) -> Iterator[Any]:
    from rich.padding import Padding
    from rich.text import Text

    for note in notes.notes:
        text = Text()
        text.append(_WORDS[note.severity], style=_STYLES[note.severity])
        text.append(f": {note.message}")
        yield Padding(text, (0, 0, 0, 0))


def _table(block: Table, width: int) -> Iterator[Any]:
    if block.caption:
        yield block.caption
    columns = block.columns
    texts = [[cell_text(cell, column) for cell, column in zip(row, columns, strict=True)] for row in block.rows]
    halves = _side_by_side(block, texts, width)
    if halves > 1:
        yield _joined(block, texts, halves)
        return
    table = _plain_table()
    for column in columns:
        table.add_column(column.heading, justify="right" if column.is_number else "left", overflow="fold")
    for place, row in enumerate(texts):
        table.add_row(*row, style="bold" if place in block.emphasis else None)
    yield table


def _widths(block: Table, texts: list[list[str]]) -> list[int]:
    return [
        max([max(map(len, column.heading.split())), *(len(row[i]) for row in texts)])
        for i, column in enumerate(block.columns)
    ]


def _side_by_side(block: Table, texts: list[list[str]], width: int) -> int:
    """Long narrow tables (the fractions) stand in two or three columns."""
    if len(texts) < 12:
        return 1
    one = sum(_widths(block, texts)) + 3 * len(block.columns)
    return max(1, min(3, width // one))


def _joined(block: Table, texts: list[list[str]], halves: int) -> Any:
    from rich.table import Table as RichTable

    length = -(-len(texts) // halves)
    outer = RichTable.grid(padding=(0, 3))
    parts = []
    for i in range(halves):
        table = _plain_table()
        for column in block.columns:
            table.add_column(column.heading, justify="right" if column.is_number else "left")
        for row in texts[i * length : (i + 1) * length]:
            table.add_row(*row)
        parts.append(table)
    outer.add_row(*parts)
    return outer


def _grid(block: MonthGrid) -> Any:
    table = _plain_table()
    table.add_column("Week", no_wrap=True)
    for name in _WEEK:
        table.add_column(name, no_wrap=True, min_width=9)
    weeks = itertools.groupby(block.days, key=lambda day: day.date.isocalendar()[:2])
    for _, group in weeks:
        days = list(group)
        cells: list[Any] = [""] * 7
        for day in days:
            cells[day.date.weekday()] = _cell(day)
        table.add_row(_week_label(days), *cells)
    return table


def _week_label(days: list[GridDay]) -> str:
    first, last = days[0].date, days[-1].date
    month = _MONTHS[first.month] if first.month == last.month else f"{_MONTHS[first.month]}/{_MONTHS[last.month]}"
    return f"{first.year} {month}"


def _cell(day: GridDay) -> Any:
    from rich.text import Text

    text = Text()
    text.append(f"{day.date.day:2d} ", style="bold" if day.fractions else "dim")
    if day.fractions:
        text.append("+".join(f"f{number}" if i == 0 else str(number) for i, number in enumerate(day.fractions)))
    elif day.missed:
        text.append("missed", style="red")
    elif not day.open:
        text.append("·" if day.kind == "weekend" else "closed", style="dim")
    if day.provisional and (day.fractions or day.labels):
        text.append("?", style="yellow")
    if day.labels:
        text.append(f"\n   {' '.join(day.labels)}", style="cyan")
    return text
