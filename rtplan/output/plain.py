"""Sections as plain text without rich: for quick answers, which come before rich would have loaded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rtplan.output.sections import Block, Facts, Notes, Report, Table
from rtplan.output.wording import cell_text

__all__ = ["to_text"]

_WORDS = {"info": "note", "warning": "warning", "violation": "RULE BROKEN"}


def to_text(report: Report, width: int = 100) -> str:
    """The report as plain text; prose is wrapped to a width, tables are as wide as they are."""
    lines = [report.title]
    if report.subtitle:
        lines += _wrapped(report.subtitle, width)
    for section in report.sections:
        if section.terminal and section.blocks:
            lines.append("")
            if section.heading:
                lines.append(section.heading)
            for block in section.blocks:
                lines += _block(block, width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _block(block: Block, width: int) -> Iterator[str]:
    match block:
        case str():
            for line in block.splitlines():
                yield from _wrapped(line, width)
        case Facts():
            room = max((len(label) for label, _ in block.items), default=0)
            for label, text in block.items:
                yield from _wrapped(f"{label:{room}}  {text}", width, room + 2)
        case Notes():
            for note in block.notes:
                yield from _wrapped(f"{_WORDS[note.severity]}: {note.message}", width, 2)
        case Table():
            yield from _table(block)
        case _:
            return


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]


def _table(table: Table) -> Iterator[str]:
    """Titles, units below them where there are any, and the rows; numbers stand to the right."""
    if table.caption:
        yield table.caption
    head = [[column.title for column in table.columns]]
    if any(column.unit for column in table.columns):
        head.append([f"[{column.unit}]" if column.unit else "" for column in table.columns])
    body = [[cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    widths = [max(len(row[i]) for row in (*head, *body)) for i in range(len(table.columns))]

    def line(cells: list[str]) -> str:
        return "  ".join(
            cell.rjust(room) if column.is_number else cell.ljust(room)
            for cell, room, column in zip(cells, widths, table.columns, strict=True)
        )

    for cells in head:
        yield line(cells)
    yield "  ".join("-" * room for room in widths)
    for cells in body:
        yield line(cells)
