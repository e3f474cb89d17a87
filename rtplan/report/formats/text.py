"""Sections as plain text without rich: for quick answers, which come before rich would have loaded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from rtplan.report.blocks import Block, Facts, Notes, Report, Table
from rtplan.report.formats.layout import GAP, SEVERITY, fitting, folded, heading, padded, rooms, width_of
from rtplan.report.language import Words, words
from rtplan.report.sentences import brief, loudness, sentence

__all__ = [
    "to_text",
]


MOST_KEYS = 4
"""Columns of text that name a row, at the beginning of a table: where it goes on below, they stand there again."""


def to_text(report: Report, width: int = 100) -> str:
    """The report as plain text; prose is wrapped to a width, and a table too wide for it goes on below."""
    told = words(report.language)
    lines = [report.title]
    if report.subtitle:
        lines += folded(report.subtitle, width)
    for section in report.sections:
        if section.terminal and section.blocks:
            lines.append("")
            if section.heading:
                lines.append(section.heading)
            for block in section.blocks:
                lines += _block(block, width, told)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _block(block: Block, width: int, told: Words) -> Iterator[str]:
    match block:
        case str():
            for line in block.splitlines():
                yield from folded(line, width)
        case Facts():
            room = max((width_of(label) for label, _ in block.items), default=0)
            for label, text in block.items:
                yield from folded(f"{padded(label, room)}  {told.text(text)}", width, room + 2)
        case Notes():
            for note in block.notes:
                yield from folded(
                    f"{told(SEVERITY[loudness(note)])}: {brief(note, told) if block.brief else sentence(note, told)}",
                    width,
                    2,
                )
        case Table():
            yield from _table(block, width, told)
        case _:
            return


def _table(table: Table, width: int, told: Words) -> Iterator[str]:
    """Titles, units below them where there are any, and the rows; numbers stand to the right."""
    if table.caption:
        yield from folded(table.caption, width)
    head = [[column.title for column in table.columns]]
    if any(column.unit for column in table.columns):
        head.append([f"[{column.unit}]" if column.unit else "" for column in table.columns])
    body = [[told.cell(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    widths = [max(width_of(row[i]) for row in (*head, *body)) for i in range(len(table.columns))]
    if sum(widths) + GAP * (len(widths) - 1) <= width:
        yield from _part(table, range(len(widths)), widths, head, body)
        return
    named = itertools.takewhile(lambda column: not column.is_number, table.columns)
    keys = max(1, min(MOST_KEYS, len(list(named))))
    for number, places in enumerate(fitting(table, body, width, keys=keys)):
        if number:
            yield ""
        widths = rooms(table, body, places, width)
        lines = [heading(table.columns[place], room).split("\n") for place, room in zip(places, widths, strict=True)]
        rows = itertools.zip_longest(*lines, fillvalue="")
        below = [line for row in body for line in _folded([row[place] for place in places], widths)]
        yield from _part(table, places, widths, rows, below)


def _part(
    table: Table,
    places: Sequence[int],
    widths: Sequence[int],
    head: Iterable[Sequence[str]],
    body: Iterable[Sequence[str]],
) -> Iterator[str]:
    """Some columns of a table, as wide as they are told to be."""

    def line(cells: Sequence[str]) -> str:
        return (" " * GAP).join(
            padded(cell, room, right=table.columns[place].is_number)
            for cell, room, place in zip(cells, widths, places, strict=True)
        )

    for cells in head:
        yield line(cells)
    yield (" " * GAP).join("-" * room for room in widths)
    for cells in body:
        yield line(cells)


def _folded(cells: Sequence[str], widths: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """A row as the lines it takes where long text is folded."""
    parts = [folded(cell, room) for cell, room in zip(cells, widths, strict=True)]
    return itertools.zip_longest(*parts, fillvalue="")
