"""Open and closed days of a clinic as sections."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rtplan.note import Note, Scalar
from rtplan.output.sections import Cell, Column, Facts, GridDay, MonthGrid, Notes, Report, Section, Table
from rtplan.output.wording import dated, plural
from rtplan.workdays import Calendar, Reason, day_name

__all__ = ["Workdays", "build", "day_table"]

MOST_DAYS_SHOWN = 100
"""Longest span whose every day is listed on the terminal; of a longer one the exceptional days are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdays:
    """The days of a calendar from first to last. worked_weekends: "yes", "no" or "unknown" (then not used)."""

    calendar: Calendar
    first: dt.date
    last: dt.date
    worked_weekends: str = "unknown"

    @property
    def days(self) -> tuple[tuple[dt.date, Reason], ...]:
        """Each day with its reason."""
        return tuple(self.calendar.days(self.first, self.last))

    @property
    def n_open(self) -> int:
        """Number of open days."""
        return sum(reason.open for _, reason in self.days)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is unknown or provisional."""
        notes = []
        worked = [day.isoformat() for day, reason in self.days if reason.kind == "worked weekend"]
        if worked and self.worked_weekends == "unknown":
            message = (
                "whether this clinic treats on worked weekends is unknown, shown as closed "
                f"(--worked-weekends yes opens them): {', '.join(worked)}"
            )
            notes.append(
                Note(code="worked-weekends", severity="warning", message=message, values={"days": len(worked)})
            )
        doubtful = [day for day, reason in self.days if reason.provisional]
        if doubtful:
            through = self.calendar.official_through
            until = f"; announced through {through}" if through else ""
            message = (
                f"{plural(len(doubtful), 'day')} from {doubtful[0]} not officially announced{until}: may still change"
            )
            values: dict[str, Scalar] = {"first": doubtful[0].isoformat(), "days": len(doubtful)}
            notes.append(Note(code="provisional", severity="warning", message=message, values=values))
        return tuple(notes)


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
