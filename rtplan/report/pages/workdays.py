"""Open and closed days of a clinic as sections."""

from __future__ import annotations

from rtplan.questions.workdays import Workdays
from rtplan.report.blocks import Cell, Facts, GridDay, MonthGrid, Notes, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.language import ENGLISH, Words
from rtplan.report.wording import day_reason

__all__ = [
    "build",
    "day_table",
    "grid",
]


MOST_DAYS_SHOWN = 100
"""Longest span whose every day is listed on the terminal; of a longer one the exceptional days are."""


def build(result: Workdays, told: Words = ENGLISH) -> Report:
    """Header, month grid, exceptional days, notes."""
    exceptional = tuple(
        row
        for row, (_, reason) in zip(_rows(result, told), result.days, strict=True)
        if reason.kind not in ("workday", "weekend")
    )
    short = len(result.days) <= MOST_DAYS_SHOWN
    sections = [
        Section(key="facts", heading=told("Calendar"), blocks=(_facts(result, told),)),
        Section(key="grid", heading=told("Weeks"), blocks=(grid(result, told),), terminal=False),
        Section(
            key="exceptions",
            heading=told("Days that are not ordinary workdays or weekends"),
            blocks=(_shown("exceptions", exceptional, told),) if exceptional else (),
        ),
        Section(
            key="notes",
            heading=told("Notes and warnings"),
            blocks=(Notes(notes=result.notes),) if result.notes else (),
        ),
        Section(
            key="days",
            heading=told("Every day"),
            blocks=(_shown("shown", _rows(result, told), told),) if short else (),
        ),
        Section(key="all", heading=told("All days"), blocks=(day_table(result, told),), terminal=False),
    ]
    return Report(
        title=told("Workdays of %(clinic)s", clinic=told(result.calendar.name)),
        subtitle=told("time zone %(zone)s", zone=result.calendar.time_zone),
        sections=tuple(section for section in sections if section.blocks),
    )


def _facts(result: Workdays, told: Words) -> Facts:
    calendar, total = result.calendar, len(result.days)
    span = told("%(first)s to %(last)s", first=told.dated(result.first), last=told.dated(result.last))
    count = told(
        "%(open)s of %(total)s, closed %(closed)s", open=result.n_open, total=total, closed=total - result.n_open
    )
    items = [
        (told("Days"), span),
        (told("Open"), count),
        (told("Public holidays"), "; ".join(calendar.sources) or told("none kept")),
    ]
    if calendar.official_through:
        items.append((told("Announced"), told("officially through %(day)s", day=calendar.official_through)))
    return Facts(items=tuple(items))


def grid(result: Workdays, told: Words) -> MonthGrid:
    """The days as a month grid."""
    return MonthGrid(
        first_weekday=result.calendar.first_weekday,
        days=tuple(
            GridDay(
                date=day,
                open=reason.open,
                kind=reason.kind,
                reason=day_reason(reason.text, told),
                labels=(told("open"),) if reason.open else (),
                provisional=reason.provisional,
            )
            for day, reason in result.days
        ),
    )


_DAY = ("date", "weekday", "open", "kind", "reason", "provisional")


def _shown(name: str, rows: tuple[tuple[Cell, ...], ...], told: Words) -> Table:
    """Without the weekday, which a date is written with anyway."""
    found = columns(told, *(key for key in _DAY if key != "weekday"))
    return Table(name=name, columns=found, rows=tuple((row[0], *row[2:]) for row in rows))


def day_table(result: Workdays, told: Words = ENGLISH) -> Table:
    """Each day with open or closed, its reason, and whether it may still change."""
    return Table(name="days", columns=columns(told, *_DAY), rows=_rows(result, told))


def _rows(result: Workdays, told: Words) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            day,
            told.weekday(day),
            reason.open,
            told(reason.kind),
            day_reason(reason.text or reason.kind, told),
            reason.provisional,
        )
        for day, reason in result.days
    )
