"""Sections as one self-contained HTML file: for the screen, for A4 paper, legible in black and white.

No script, no network, everything escaped; a content security policy in the file holds the browser to that.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from rtplan.clinic.days import place_in_week, week_of
from rtplan.errors import visible
from rtplan.note import SEVERITIES, Severity, Source
from rtplan.report.blocks import (
    Block,
    Boxes,
    Cell,
    Column,
    Facts,
    Figure,
    GridDay,
    MonthGrid,
    Notes,
    Report,
    Section,
    Signatures,
    Table,
)
from rtplan.report.formats.weeks import Week
from rtplan.report.formats.weeks import sign as sign_of
from rtplan.report.formats.weeks import weeks as brief_weeks
from rtplan.report.language import DISCLAIMER, Words, number, words
from rtplan.report.sentences import brief, loudness, on_paper

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    "environment",
    "grid_view",
    "section_views",
    "severity_counts",
    "to_html",
]


_SEVERITY = {"info": "Note", "warning": "Warning", "violation": "Rule broken"}


_ENGLISH = "Sources and descriptions of protocols are in English."


_ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


_NARROW = 6
"""A long table of at most so many columns stands in several pieces side by side."""


_LONG = 12


_PIECE = 30
"""Most rows of such a piece: it must fit on a page."""


_DENSE = 9
"""A table of more columns than this is set in smaller type."""


_CROWDED = 11


_WIDEST = 18
"""Most columns that a page can hold."""


_NAMES = 3
"""At most so many columns name a row where a table is cut into strips."""


_WHOLE = 18
"""A name in a table that is no longer stays on one line."""


_UNBROKEN = 24
"""A longer word may be broken anywhere; shorter ones stay whole."""


def to_html(report: Report, *, stamp: dt.datetime | None = None) -> str:
    """A report as one HTML file, in the language that the report is written in.

    stamp: written into the foot, None leaves it out. Where a section holds `Signatures`, everything up to it is set to
    fit one page.
    """
    told = words(report.language)
    sections = section_views(report.sections, told)
    signed = next((place for place, section in enumerate(sections) if section["signed"]), None)
    text = environment().get_template("report.html.j2")
    return text.render(
        report=report,
        sections=sections,
        signed=signed,
        counts=severity_counts(report, told),
        disclaimer=told(DISCLAIMER),
        stamp=stamp.isoformat(sep=" ", timespec="seconds") if stamp else "",
        english=told(_ENGLISH) if told.catalogue else "",
        w=told,
    )


@cache
def environment() -> Environment:
    """Where the templates are: everything put into them is escaped, a name they do not get is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("rtplan.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )
    made.filters["prose"] = _prose
    return made


def _visible(value: Any) -> Any:
    """What a template puts in, its control signs written out; markup stays markup."""
    return type(value)(visible(value)) if isinstance(value, str) else value


def _prose(text: str) -> Any:
    """Text, escaped, whose ISO dates are not broken over two lines."""
    from markupsafe import Markup, escape

    return Markup(_ISO_DATE.sub(r'<span class="iso">\g<0></span>', str(escape(text))))


def severity_counts(report: Report, told: Words) -> list[dict[str, Any]]:
    """How many remarks of each severity there are, the worst first: what must be seen at once."""
    blocks = [(section.key, block) for section in report.sections for block in section.blocks]
    found: list[tuple[Severity, str]] = []
    said: set[tuple[str, str]] = set()  # what an earlier section says already
    for key, block in blocks:
        if isinstance(block, Notes):
            found += [(loudness(note), key) for note in block.notes if note.key not in said]
            said |= {note.key for note in block.notes}
    return [
        {"severity": severity, "word": told(_SEVERITY[severity]), "count": len(keys), "key": keys[0]}
        for severity in reversed(SEVERITIES)
        if (keys := [key for found_severity, key in found if found_severity == severity])
    ]


def section_views(sections: tuple[Section, ...], told: Words) -> list[dict[str, Any]]:
    """What the templates show of each section: texts, and names of their looks."""
    return [
        {
            "key": section.key,
            "heading": section.heading,
            "blocks": [_block(block, told) for block in section.blocks],
            "signed": any(isinstance(block, Signatures) for block in section.blocks),
        }
        for section in sections
    ]


def _block(block: Block, told: Words) -> dict[str, Any]:
    match block:
        case str():
            return {"kind": "text", "lines": [line for line in block.split("\n") if line.strip()]}
        case Facts():
            return {
                "kind": "facts",
                "items": [(label, _flagged(text, told)) for label, text in block.items],
            }
        case Notes():
            return {"kind": "notes", "notes": _notes(block, told)}
        case Table():
            return _table(block, told)
        case MonthGrid(brief=True):
            return _weeks(block, told)
        case MonthGrid():
            return grid_view(block, told)
        case Figure():
            return {
                "kind": "figure",
                "svg": _drawing(block, told),
                "caption": block.caption,
                "alternative": block.alternative,
            }
        case Signatures():
            return {"kind": "signatures", "roles": list(block.roles)}
        case Boxes():
            return {"kind": "boxes", "labels": list(block.labels)}


def _flagged(text: str | Source | tuple[Source, ...], told: Words) -> list[dict[str, str]]:
    """A text, or sources and apart from each its flag."""
    if isinstance(text, str):
        return [{"text": text, "flag": "", "known": ""}]
    sources = text if isinstance(text, tuple) else (text,)
    return [{"text": told(source.text), "flag": source.flag, "known": source.known or ""} for source in sources]


def _notes(block: Notes, told: Words) -> list[dict[str, str]]:
    ordered = sorted(block.notes, key=lambda note: -SEVERITIES.index(loudness(note)))
    return [
        {
            "severity": loudness(note),
            "word": told(_SEVERITY[loudness(note)]),
            "text": brief(note, told, paper=True) if block.brief else on_paper(note, told),
            "code": note.code,
        }
        for note in ordered
    ]


def _table(table: Table, told: Words) -> dict[str, Any]:
    strips = list(_strips(table.columns))
    widest = max(map(len, strips))
    size = "crowded" if widest > _CROWDED or len(strips) > 1 else "dense" if widest > _DENSE else ""
    pieces = [
        {"columns": [_heading(table.columns[i], short=bool(size)) for i in strip], "rows": rows}
        for strip in strips
        for rows in _cut(_rows(table, strip, told), widest)
    ]
    return {
        "kind": "table",
        "name": table.name,
        "caption": table.caption,
        "pieces": pieces,
        "layout": "stacked" if len(strips) > 1 else "split" if len(pieces) > 1 else "",
        "size": size,
    }


def _strips(columns: tuple[Column, ...]) -> Iterator[list[int]]:
    """The columns of a table; where no page can hold them in strips, each led by the columns that name a row."""
    every = range(len(columns))
    if len(columns) <= _WIDEST:
        yield list(every)
        return
    names = list(itertools.takewhile(lambda i: columns[i].kind == "text" and i < _NAMES, every))
    rest, room = every[len(names) :], _CROWDED - len(names)
    for start in range(0, len(rest), room):
        yield [*names, *rest[start : start + room]]


def _rows(table: Table, strip: list[int], told: Words) -> list[dict[str, Any]]:
    return [
        {"strong": place in table.emphasis, "cells": [_cell(row[i], table.columns[i], told) for i in strip]}
        for place, row in enumerate(table.rows)
    ]


def _heading(column: Column, *, short: bool) -> dict[str, str]:
    """A column's heading; the short one where there are many columns, with the full one behind it."""
    shown = column.short if short and column.short else column.title
    return {
        "title": shown,
        "full": column.title if shown != column.title else "",
        "unit": column.unit,
        "look": _look(column) + _long(shown),
    }


def _cut(rows: list[dict[str, Any]], width: int) -> list[list[dict[str, Any]]]:
    """The rows, in pieces that stand side by side where there are many and they are narrow."""
    if width > _NARROW or len(rows) < _LONG:
        return [rows]
    length = math.ceil(len(rows) / max(2, math.ceil(len(rows) / _PIECE)))
    return [rows[start : start + length] for start in range(0, len(rows), length)]


def _look(column: Column) -> str:
    return {"integer": "number", "number": "number", "date": "date", "flag": "yesno", "text": "text"}[column.kind]


def _cell(cell: Cell, column: Column, told: Words) -> dict[str, Any]:
    look = _look(column)
    if isinstance(cell, bool):
        return {"parts": _flagged(told.cell(cell, column), told), "look": f"{look} {'yes' if cell else 'no'}"}
    if isinstance(cell, Source | tuple):
        return {"parts": _flagged(cell, told), "look": look + _long(told.text(cell))}
    text = told.cell(cell, column)
    whole = " whole" if column.kind == "text" and len(text) <= _WHOLE and " " not in text else ""
    return {"parts": _flagged(text, told), "look": look + _long(text) + whole}


def _long(text: str) -> str:
    """Words that no column can hold: sums, paths, names typed without blanks."""
    return " long" if any(len(word) > _UNBROKEN for word in text.split()) else ""


def grid_view(grid: MonthGrid, told: Words) -> dict[str, Any]:
    """What the templates show of the months of a course."""
    treated = [day.date for day in grid.days if day.fractions or day.labels]
    inside = (min(treated), max(treated)) if treated else None
    held = [_month_of(day) for day in grid.days if day.fractions or day.labels or day.missed]
    shown = [day for day in grid.days if not held or min(held) <= _month_of(day) <= max(held)]
    months = itertools.groupby(shown, key=_month_of)
    return {
        "kind": "grid",
        "weekdays": told.weekdays(first_weekday=grid.first_weekday),
        "months": [_month(list(days), inside, grid.first_weekday, told) for _, days in months],
        "legend": list(_legend(grid, told)),
    }


def _weeks(grid: MonthGrid, told: Words) -> dict[str, Any]:
    """A line a week: for the page that is signed."""
    return {
        "kind": "weeks",
        "weekdays": told.weekdays(first_weekday=grid.first_weekday),
        "weeks": list(_brief_weeks(grid, told)),
    }


def _brief_weeks(grid: MonthGrid, told: Words) -> Iterator[dict[str, Any]]:
    """The month stands beside its first week."""
    said = None
    for week in brief_weeks(grid, told):
        month = told.month(week.shown[-1].date)
        yield _week(week, "" if month == said else month, told)
        said = month


def _week(week: Week, label: str, told: Words) -> dict[str, Any]:
    return {
        "label": label,
        "days": [
            {"day": day.date.day, "sign": sign_of(day), "looks": _brief_looks(day)} if day is not None else None
            for day in week.days
        ],
        "remarks": told("; ").join(week.remarks),
    }


def _brief_looks(day: GridDay) -> str:
    looks = {
        "treated": bool(day.fractions),
        "closed": not day.open and not day.fractions,
        "missed": day.missed,
        "provisional": day.provisional and bool(day.fractions),
    }
    return " ".join(look for look, holds in looks.items() if holds)


def _month_of(day: GridDay) -> tuple[int, int]:
    return day.date.year, day.date.month


def _month(
    days: list[GridDay], inside: tuple[dt.date, dt.date] | None, first_weekday: str | None, told: Words
) -> dict[str, Any]:
    return {
        "title": told.month(days[0].date),
        "weeks": weeks([(day.date, _day(day, inside, told)) for day in days], first_weekday),
    }


def weeks(days: list[tuple[dt.date, dict[str, Any]]], first_weekday: str | None) -> list[list[dict[str, Any] | None]]:
    """Rows of seven, from the first weekday on (None: Monday); None where the month has no day."""
    rows: list[list[dict[str, Any] | None]] = []
    for _, group in itertools.groupby(days, key=lambda day: week_of(day[0], first_weekday)):
        row: list[dict[str, Any] | None] = [None] * 7
        for date, view in group:
            row[place_in_week(date, first_weekday)] = view
        rows.append(row)
    return rows


def _day(day: GridDay, inside: tuple[dt.date, dt.date] | None, told: Words) -> dict[str, Any]:
    outside = inside is not None and not inside[0] <= day.date <= inside[1]
    looks = {
        "treated": bool(day.fractions),
        "closed": not day.open and not day.fractions,
        "missed": day.missed,
        "outside": outside and not day.missed,
        "provisional": day.provisional,
    }
    return {
        "iso": day.date.isoformat(),
        "day": day.date.day,
        "looks": " ".join(look for look, holds in looks.items() if holds),
        "fractions": " + ".join(map(str, day.fractions)),
        "cumulative": f"{number(day.cumulative_gy)} Gy" if day.fractions and day.cumulative_gy is not None else "",
        "labels": list(day.labels),
        "missed": told("missed") if day.missed else "",
        "why": _why(day, told) if not outside or day.kind == "holiday" else "",
        "provisional": told("provisional") if looks["provisional"] and (day.fractions or day.labels) else "",
    }


def _why(day: GridDay, told: Words) -> str:
    """Why a day is closed, or open although one would not think so; ordinary weekends and workdays say nothing."""
    if day.kind in ("weekend", "workday") and (day.open or not day.reason or day.kind == "weekend"):
        return ""
    if day.open or day.fractions:
        return day.reason
    return told("closed: %(reason)s", reason=day.reason) if day.reason else told("closed")


def _legend(grid: MonthGrid, told: Words) -> Iterator[dict[str, str]]:
    """What the signs in the grid mean, only those that stand there."""
    signs: list[tuple[str, str, str, Callable[[GridDay], object]]] = [
        ("treated", "Fx", "fraction number; below it the cumulative dose", lambda day: day.fractions),
        ("label", "C1D1", "chemotherapy: cycle and day", lambda day: day.labels),
        ("closed", "", "closed", lambda day: not day.open and not day.fractions),
        ("provisional", "", "provisional: holidays not officially announced", lambda day: day.provisional),
        ("missed", "", "missed", lambda day: day.missed),
    ]
    for look, sign, text, holds in signs:
        if any(holds(day) for day in grid.days):
            yield {"look": look, "sign": sign, "text": told(text)}


def _drawing(figure: Figure, told: Words) -> Any:
    """The figure as inline SVG, which our own plotting draws and escapes."""
    from markupsafe import Markup

    from rtplan.report.formats.drawing import svg

    drawn = svg(figure, told)
    return Markup(drawn[max(drawn.find("<svg"), 0) :])
