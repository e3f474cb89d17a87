"""Open and closed days of a clinic as sections."""

from __future__ import annotations

from rtplan.clinic.days import day_name
from rtplan.questions.workdays import Workdays
from rtplan.report.blocks import Cell, Column, Facts, GridDay, MonthGrid, Notes, Report, Section, Table
from rtplan.report.language import dated

__all__ = [
    "build",
    "day_table",
]


MOST_DAYS_SHOWN = 100
"""Longest span whose every day is listed on the terminal; of a longer one the exceptional days are."""


def build(result: Workdays) -> Report:
    """Header, month grid, exceptional days, notes."""
    calendar = result.calendar
    total = len(result.days)
    facts = [
        ("Days", f"{dated(result.first)} to {dated(result.last)}"),
        ("Open", f"{result.n_open} of {total}, closed {total - result.n_open}"),
        ("Public holidays", "; ".join(calendar.sources) or "none kept"),
    ]
    if calendar.official_through:
        facts.append(("Announced", f"officially through {calendar.official_through}"))
    exceptional = tuple(row for row in _rows(result) if row[3] not in ("workday", "weekend"))
    short = total <= MOST_DAYS_SHOWN
    sections = [
        Section(key="facts", heading="Calendar", blocks=(Facts(items=tuple(facts)),)),
        Section(
            key="grid",
            heading="Weeks",
            blocks=(
                MonthGrid(
                    days=tuple(
                        GridDay(
                            date=day,
                            open=reason.open,
                            kind=reason.kind,
                            reason=reason.text,
                            labels=("open",) if reason.open else (),
                            provisional=reason.provisional,
                        )
                        for day, reason in result.days
                    )
                ),
            ),
            terminal=False,
        ),
        Section(
            key="exceptions",
            heading="Days that are not ordinary workdays or weekends",
            blocks=(_shown("exceptions", exceptional),) if exceptional else (),
        ),
        Section(key="notes", heading="Notes and warnings", blocks=(Notes(notes=result.notes),) if result.notes else ()),
        Section(key="days", heading="Every day", blocks=(_shown("shown", _rows(result)),) if short else ()),
        Section(key="all", heading="All days", blocks=(day_table(result),), terminal=False),
    ]
    return Report(
        title=f"Workdays of {calendar.name}",
        subtitle=f"time zone {calendar.time_zone}",
        sections=tuple(section for section in sections if section.blocks),
    )


_COLUMNS = (
    Column(key="date", title="Date", kind="date"),
    Column(key="weekday", title="Weekday"),
    Column(key="open", title="Open", kind="flag"),
    Column(key="kind", title="Kind"),
    Column(key="reason", title="Reason"),
    Column(key="provisional", title="Provisional", kind="flag"),
)


def _shown(name: str, rows: tuple[tuple[Cell, ...], ...]) -> Table:
    """Without the weekday, which a date is written with anyway."""
    columns = tuple(column for column in _COLUMNS if column.key != "weekday")
    return Table(name=name, columns=columns, rows=tuple((row[0], *row[2:]) for row in rows))


def day_table(result: Workdays) -> Table:
    """Each day with open or closed, its reason, and whether it may still change."""
    return Table(name="days", columns=_COLUMNS, rows=_rows(result))


def _rows(result: Workdays) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (day, day_name(day), reason.open, reason.kind, reason.text or reason.kind, reason.provisional)
        for day, reason in result.days
    )
