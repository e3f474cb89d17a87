"""Sections on a terminal, by rich: 80 to 120 columns, colour only where there is a terminal."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import IO, Any

from rtplan.clinic.days import WEEKDAYS, place_in_week, week_of
from rtplan.report.blocks import Block, Boxes, Facts, Figure, GridDay, MonthGrid, Notes, Report, Signatures, Table
from rtplan.report.formats.layout import (
    GAP,
    NARROW,
    SEVERITY,
    WIDE,
    columns,
    fitting,
    folded,
    heading,
    padded,
    rooms,
    width_of,
    words,
)
from rtplan.report.formats.weeks import Week, sign, weeks
from rtplan.report.language import Words
from rtplan.report.language import words as language
from rtplan.report.sentences import brief, loudness, sentence

__all__ = [
    "render",
    "to_text",
]


_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


_STYLES = {"info": "dim", "warning": "yellow", "violation": "bold red"}


def render(report: Report, file: IO[str], width: int | None = None) -> None:
    """Write a report to a terminal; as plain text to anything else, and where NO_COLOR is set."""
    if width is None and (not file.isatty() or os.environ.get("NO_COLOR")):
        file.write(to_text(report, columns()))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, width=width, highlight=False, emoji=False, markup=False, soft_wrap=False)
    if width is None:
        console.width = min(max(console.width, NARROW), WIDE)
    console.print(Text(report.title, style="bold"))
    if report.subtitle:
        console.print(report.subtitle)
    if report.banner:
        console.print(Text(report.banner, style="bold yellow"))
    for section in report.sections:
        if not section.terminal:
            continue
        console.print()
        if section.heading:
            console.print(Text(section.heading, style="bold underline"))
        for block in section.blocks:
            for part in _block(block, console.width, language(report.language)):
                console.print(part)


def to_text(report: Report, width: int = 100) -> str:
    """The report as plain text of a width."""
    import io

    stream = io.StringIO()
    render(report, stream, width)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _block(block: Block, width: int, told: Words) -> Iterator[Any]:
    match block:
        case str():
            yield block
        case Facts():
            yield _facts(block, told)
        case Notes():
            yield from _notes(block, told)
        case Table():
            yield from _table(block, width, told)
        case MonthGrid(brief=True):
            yield from _weeks(block, width, told)
        case MonthGrid():
            yield _grid(block, told)
        case Figure(name="start_strip"):
            yield from _strip(block, told)
        case Figure() | Signatures() | Boxes():
            return


def _plain_table(**options: Any) -> Any:
    from rich import box
    from rich.table import Table as RichTable

    return RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), collapse_padding=True, **options
    )


def _facts(facts: Facts, told: Words) -> Any:
    from rich.table import Table as RichTable

    table = RichTable.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in facts.items:
        table.add_row(label, told.text(text))
    return table


def _notes(notes: Notes, told: Words) -> Iterator[Any]:
    from rich.padding import Padding
    from rich.text import Text

    for note in notes.notes:
        text = Text()
        severity = loudness(note)
        text.append(told(SEVERITY[severity]), style=_STYLES[severity])
        text.append(f": {brief(note, told) if notes.brief else sentence(note, told)}")
        yield Padding(text, (0, 0, 0, 0))


def _table(block: Table, width: int, told: Words) -> Iterator[Any]:
    if block.caption:
        yield block.caption
    texts = [[told.cell(cell, column) for cell, column in zip(row, block.columns, strict=True)] for row in block.rows]
    halves = _side_by_side(block, texts, width)
    if halves > 1:
        yield _joined(block, texts, halves)
        return
    for places in fitting(block, texts, width):
        yield _part(block, texts, places, width)


def _part(block: Table, texts: list[list[str]], places: list[int], width: int) -> Any:
    table = _plain_table()
    for place, room in zip(places, rooms(block, texts, places, width), strict=True):
        column = block.columns[place]
        justify = "right" if column.is_number else "left"
        table.add_column(heading(column, room), justify=justify, overflow="fold", width=room)
    for number, row in enumerate(texts):
        table.add_row(*(row[place] for place in places), style="bold" if number in block.emphasis else None)
    return table


def _widths(block: Table, texts: list[list[str]]) -> list[int]:
    return [
        max([*map(width_of, words(column)), *(width_of(row[i]) for row in texts)])
        for i, column in enumerate(block.columns)
    ]


def _side_by_side(block: Table, texts: list[list[str]], width: int) -> int:
    """Long narrow tables (the fractions) stand in two or three columns."""
    if len(texts) < 12:
        return 1
    one = sum(_widths(block, texts)) + GAP * len(block.columns) + 1
    return max(1, min(3, width // one))


def _joined(block: Table, texts: list[list[str]], halves: int) -> Any:
    from rich.table import Table as RichTable

    length = -(-len(texts) // halves)
    outer = RichTable.grid(padding=(0, 2))
    parts = []
    widths = _widths(block, texts)
    for i in range(halves):
        table = _plain_table()
        for column, room in zip(block.columns, widths, strict=True):
            table.add_column(heading(column, room), justify="right" if column.is_number else "left", no_wrap=True)
        for row in texts[i * length : (i + 1) * length]:
            table.add_row(*row)
        parts.append(table)
    outer.add_row(*parts)
    return outer


def _grid(block: MonthGrid, told: Words) -> Any:
    from rich import box
    from rich.table import Table as RichTable

    years = sorted({day.date.year for day in block.days})
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=0)
    table.add_column("/".join(map(str, years)), no_wrap=True)
    for name in _week_names(block.first_weekday, told):
        table.add_column(name, no_wrap=True, min_width=9)
    weeks = itertools.groupby(block.days, key=lambda day: week_of(day.date, block.first_weekday))
    for _, group in weeks:
        days = list(group)
        cells: list[Any] = [""] * 7
        for day in days:
            cells[place_in_week(day.date, block.first_weekday)] = _cell(day, told)
        table.add_row(_week_label(days, told), *cells)
    return table


_BESIDE = 18
"""Least room for the remarks on a week beside it; with less they stand below."""


def _weeks(block: MonthGrid, width: int, told: Words) -> Iterator[Any]:
    """A line a week, with the remarks on its days beside it, or below where the days need the room."""
    from rich.text import Text

    found = weeks(block, told)
    names = _week_names(block.first_weekday, told)
    years = "/".join(map(str, sorted({day.date.year for week in found for day in week.shown})))
    labels = [_week_label(week.shown, told) for week in found]
    first = max(map(width_of, [years, *labels])) + GAP
    rooms = [max([width_of(names[i]), *(width_of(_brief_cell(week.days[i])) for week in found)]) + 1 for i in range(7)]
    yield Text(
        padded(years, first) + "".join(padded(n, room) for n, room in zip(names, rooms, strict=True)), style="bold"
    )
    beside = width - first - sum(rooms)
    for label, week in zip(labels, found, strict=True):
        line = Text(padded(label, first), no_wrap=True)
        for day, room in zip(week.days, rooms, strict=True):
            line.append(padded(_brief_cell(day), room), style=_brief_style(day))
        yield from _with_remarks(line, week, first, beside, width, told)


def _with_remarks(line: Any, week: Week, first: int, beside: int, width: int, told: Words) -> Iterator[Any]:
    from rich.text import Text

    said = told("; ").join(week.remarks)
    below = beside < min(_BESIDE, width_of(said))
    pieces = folded(said, width - first if below else beside) if said else []
    if pieces and not below:
        line.append(pieces.pop(0), style="cyan")
    yield line
    for piece in pieces:
        yield Text(" " * (first if below else width - beside) + piece, style="cyan", no_wrap=True)


def _brief_cell(day: GridDay | None) -> str:
    return "" if day is None else f"{day.date.day:2d} {sign(day)}"


def _brief_style(day: GridDay | None) -> str:
    if day is None or not (day.fractions or day.missed):
        return "dim"
    return "red" if day.missed else "bold"


def _week_names(first_weekday: str | None, told: Words) -> tuple[str, ...]:
    if told.catalogue:
        return told.weekdays(first_weekday=first_weekday)
    first = WEEKDAYS.index(first_weekday or "mon")
    return (*_WEEK[first:], *_WEEK[:first])


def _week_label(days: list[GridDay], told: Words) -> str:
    first, last = (_month(days[place].date.month, told) for place in (0, -1))
    return first if first == last else f"{first}/{last}"


def _month(number: int, told: Words) -> str:
    return told.months()[number - 1] if told.catalogue else _MONTHS[number]


def _cell(day: GridDay, told: Words) -> Any:
    from rich.text import Text

    text = Text()
    text.append(f"{day.date.day:2d} ", style="bold" if day.fractions else "dim")
    if day.fractions:
        text.append("+".join(f"f{number}" if i == 0 else str(number) for i, number in enumerate(day.fractions)))
    elif day.missed:
        text.append(told("missed"), style="red")
    elif not day.open:
        text.append("·" if day.kind == "weekend" else told("closed"), style="dim")
    if day.provisional and (day.fractions or day.labels):
        text.append("?", style="yellow")
    if day.labels:
        text.append(f"\n   {' '.join(day.labels)}", style="cyan")
    return text


_STRIP_STYLES = ((0, "green"), (2, "yellow"), (5, "dark_orange"), (10_000, "red"))
"""Days above the shortest overall time, up to and including, and their colour."""


def _strip(block: Figure, told: Words) -> Iterator[Any]:
    """A line a month, a sign a day: how many days longer than the shortest the course from that day takes."""
    from rich.text import Text

    days = block.data["days"]
    shortest = min((overall for _, overall, _, _ in days if overall is not None), default=0)
    months = list(dict.fromkeys((day.year, day.month) for day, *_ in days))
    names = {key: f"{key[0]} {_month(key[1], told)}" for key in months}
    room = max((width_of(name) for name in names.values()), default=0)
    for key, group in itertools.groupby(days, key=lambda day: (day[0].year, day[0].month)):
        month_days = list(group)
        line = Text(f"{padded(names[key], room)}  " + " " * (month_days[0][0].day - 1))
        for _, overall, provisional, best in month_days:
            line.append(*_strip_sign(overall, shortest, provisional, best))
        yield line
    yield told(
        "A sign a day: days of overall time above the shortest, %(shortest)s d; + is more than 9, * the best start, "
        "· no possible start.",
        shortest=shortest,
    )


def _strip_sign(overall: int | None, shortest: int, provisional: bool, best: bool) -> tuple[str, str]:
    if overall is None:
        return "·", "dim"
    above = overall - shortest
    style = next(name for bound, name in _STRIP_STYLES if above <= bound)
    sign = "*" if best else str(above) if above <= 9 else "+"
    return sign, f"{style}{' underline' if provisional else ''}{' bold reverse' if best else ''}"
