"""How wide columns are and which stand beside each other, for the two writers of text: by rich, and plain."""

from __future__ import annotations

import shutil

from rtplan.report.blocks import Column, Table

__all__ = [
    "GAP",
    "NARROW",
    "WIDE",
    "columns",
    "fitting",
    "heading",
    "rooms",
    "words",
]


NARROW, WIDE = 80, 120


GAP = 2
"""Blanks between two columns."""


_SHORT = 12


def columns() -> int:
    """Width of plain text: COLUMNS where it is set, else the terminal's, else 100."""
    return min(max(shutil.get_terminal_size((100, 24)).columns, NARROW), WIDE)


def fitting(block: Table, texts: list[list[str]], width: int, *, keys: int = 1) -> list[list[int]]:
    """Columns that fit beside each other; a table too wide goes on below, with its first columns, the keys, again."""
    least = [_least(column, [row[i] for row in texts], width) + GAP for i, column in enumerate(block.columns)]
    parts: list[list[int]] = [[]]
    for place in range(len(least)):
        taken = sum(least[other] for other in parts[-1]) + least[place]
        if taken - GAP > width and len(parts[-1]) > keys:
            parts.append(list(range(keys)))
        parts[-1].append(place)
    return parts


def rooms(block: Table, texts: list[list[str]], places: list[int], width: int) -> list[int]:
    """Width of each column: the least it needs, then what is left over to the text that would wrap."""
    found = [_least(block.columns[place], [row[place] for row in texts], width) for place in places]
    spare = width - sum(found) - GAP * (len(found) - 1)
    for i, place in enumerate(places):
        more = max(0, min(spare, max((len(row[place]) for row in texts), default=0) - found[i]))
        found[i] += more
        spare -= more
    return found


def _least(column: Column, texts: list[str], width: int) -> int:
    """Least width of a column: numbers, dates and short text stay on one line, long text wraps between words."""
    head = max(map(len, words(column)), default=1)
    longest = max(map(len, texts), default=0)
    if column.kind != "text" or longest <= _SHORT:
        return max(head, longest)
    word = max((len(word) for text in texts for word in text.split()), default=0)
    return max(head, min(word, width // 4))


def words(column: Column) -> list[str]:
    """The words of a column's heading, its unit the last."""
    return [*(column.short or column.title).split(), *([f"[{column.unit}]"] if column.unit else [])]


def heading(column: Column, room: int) -> str:
    """The heading on as few lines as the room allows."""
    lines: list[str] = []
    for word in words(column):
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
