"""How wide columns are and which stand beside each other, for the two writers of text: by rich, and plain."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata

from rtplan.report.blocks import Column, Table

__all__ = [
    "GAP",
    "NARROW",
    "SEVERITY",
    "WIDE",
    "columns",
    "fitting",
    "folded",
    "heading",
    "padded",
    "rooms",
    "width_of",
    "words",
]


NARROW, WIDE = 80, 120


SEVERITY = {"info": "note", "warning": "warning", "violation": "RULE BROKEN"}
"""How a remark of each severity begins."""


GAP = 2
"""Blanks between two columns."""


_SHORT = 12


def width_of(text: str) -> int:
    """Columns that a text takes on a screen: a Chinese letter takes two, a combining mark none.

    >>> width_of("45 Gy"), width_of("剂量")
    (5, 4)
    """
    if text.isascii():
        return len(text)
    return sum(_width_of(letter) for letter in text)


def _width_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def padded(text: str, room: int, *, right: bool = False) -> str:
    """A text with blanks to so many columns."""
    blanks = " " * (room - width_of(text))
    return blanks + text if right else text + blanks


def folded(text: str, width: int, indent: int = 0) -> list[str]:
    """Prose in lines of a width: between words, and between Chinese letters, which have no blanks between them."""
    if width_of(text) == len(text):
        return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]
    lines = [""]
    for piece in _pieces(text):
        if width_of(lines[-1] + piece.rstrip()) > width and lines[-1].strip():
            lines.append(" " * indent)
        lines[-1] += piece if lines[-1].strip() else piece.lstrip()
    return [line.rstrip() for line in lines]


_NOT_FIRST = "，。；：、）！？”"
"""Never at the beginning of a line."""


def _pieces(text: str) -> list[str]:
    """A text cut where a line may end: behind a blank, and before and behind a wide letter."""
    pieces = [""]
    for letter in text:
        last = pieces[-1][-1:]
        ends = last == " " or (_width_of(letter) == 2 or (last and _width_of(last) == 2))
        if ends and letter != " " and letter not in _NOT_FIRST and pieces[-1]:
            pieces.append("")
        pieces[-1] += letter
    return pieces


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
        more = max(0, min(spare, max((width_of(row[place]) for row in texts), default=0) - found[i]))
        found[i] += more
        spare -= more
    return found


def _least(column: Column, texts: list[str], width: int) -> int:
    """Least width of a column: numbers, dates and short text stay on one line, long text wraps between words."""
    head = max(map(width_of, words(column)), default=1)
    longest = max(map(width_of, texts), default=0)
    if column.kind != "text" or longest <= _SHORT:
        return max(head, longest)
    word = max((width_of(word) for text in texts for word in text.split()), default=0)
    return max(head, min(word, width // 4))


def words(column: Column) -> list[str]:
    """The words of a column's heading, its unit the last."""
    return [*(column.short or column.title).split(), *([f"[{column.unit}]"] if column.unit else [])]


def heading(column: Column, room: int) -> str:
    """The heading on as few lines as the room allows."""
    lines: list[str] = []
    for word in words(column):
        if lines and width_of(lines[-1]) + 1 + width_of(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
