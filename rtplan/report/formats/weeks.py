"""A calendar of one line a week: the days, and beside them what there is to say of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtplan.clinic.days import place_in_week, week_of
from rtplan.report.blocks import GridDay, MonthGrid
from rtplan.report.language import Words

__all__ = [
    "Week",
    "sign",
    "weeks",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week. days: seven, None where the grid has none. remarks: of some of its days, in order."""

    days: tuple[GridDay | None, ...]
    remarks: tuple[str, ...]

    @property
    def shown(self) -> list[GridDay]:
        """The days there are."""
        return [day for day in self.days if day is not None]


def weeks(grid: MonthGrid, told: Words) -> list[Week]:
    """The weeks of a grid from the first that holds a fraction, or a missed one, to the last."""
    held = [day.date for day in grid.days if day.fractions or day.missed]
    treated = {day.date.weekday() for day in grid.days if day.fractions}
    found = []
    for _, group in itertools.groupby(grid.days, key=lambda day: week_of(day.date, grid.first_weekday)):
        days = list(group)
        if held and (days[-1].date < min(held) or days[0].date > max(held)):
            continue
        row: list[GridDay | None] = [None] * 7
        for day in days:
            row[place_in_week(day.date, grid.first_weekday)] = day
        inside = [day for day in days if not held or min(held) <= day.date <= max(held)]
        if treated:
            inside = [day for day in inside if not _free_anyway(day) or day.date.weekday() in treated]
        labels = [(day, label) for day in days for label in day.labels]
        found.append(Week(days=tuple(row), remarks=(*_reasons(inside, told), *(_of([d], text) for d, text in labels))))
    return found


def sign(day: GridDay) -> str:
    """What stands beside the number of a day: its fractions, a cross where they were missed, a dash where it is closed.

    >>> import datetime as dt
    >>> sign(GridDay(date=dt.date(2026, 3, 2), open=True, kind="workday", fractions=(1, 2)))
    '1-2'
    """
    if day.fractions:
        first, last = day.fractions[0], day.fractions[-1]
        return (f"f{first}" if first == last else f"{first}-{last}") + ("?" if day.provisional else "")
    if day.missed:
        return "×"
    return "" if day.open else "·" if day.kind == "weekend" else "–"


def _reasons(days: Sequence[GridDay], told: Words) -> Iterator[str]:
    """Why days are closed, missed or open against expectation; days in a row with one reason stand together."""
    said = [(day, _why(day, told)) for day in days]
    for why, group in itertools.groupby(said, key=lambda entry: entry[1]):
        if why:
            yield _of([day for day, _ in group], why)


def _free_anyway(day: GridDay) -> bool:
    """A public holiday on a Saturday or Sunday: no course notices it that treats on neither."""
    return day.kind == "holiday" and day.date.weekday() >= 5 and not day.open and not day.missed


def _why(day: GridDay, told: Words) -> str:
    if day.missed:
        return told("missed")
    if day.kind == "weekend" or (day.kind == "workday" and (day.open or not day.reason)):
        return ""
    return day.reason or ("" if day.open else told("closed"))


def _of(days: Sequence[GridDay], what: str) -> str:
    first, last = days[0].date, days[-1].date
    span = f"{first.day}" if first == last else f"{first.day}-{last.day}"
    return f"{span}: {what}"
