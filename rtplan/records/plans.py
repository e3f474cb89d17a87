"""A file with the records of several plans: which of them are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from rtplan.errors import ConfigError
from rtplan.library.record_format import RecordFormat
from rtplan.records import cells
from rtplan.records.record import RecordEntry
from rtplan.records.table import Column, Row

__all__ = [
    "Taken",
    "renumbered",
    "taken",
]


Taken: TypeAlias = Sequence[tuple[Row, str]]
"""Rows that are read, each with its plan ("" where the file names none)."""


def taken(
    file: str, rows: Sequence[Row], columns: tuple[Column, ...], form: RecordFormat, chosen: Sequence[str]
) -> Taken:
    """The rows of the plans that are chosen.

    Raises ConfigError where the file holds several plans and none is chosen, or one that is chosen is not there.
    """
    place = next((place for place, column in enumerate(columns) if column.meaning == "plan"), None)
    if place is None:
        if chosen:
            name = form.plan_column
            told = f"has no column {name!r}" if name else "is read in a format that names no plan_column"
            raise ConfigError(file, [f"{told}: the plan {chosen[0]!r} cannot be told from others"])
        return [(row, "") for row in rows]
    named = [(row, cells.word(row[1][place])) for row in rows]
    known = list(dict.fromkeys(plan for _, plan in named))
    shown = ", ".join(repr(plan) for plan in known[:20])
    if not chosen and len(known) > 1:
        name = columns[place].name
        raise ConfigError(file, [f"column {name!r} names several plans, {shown}: choose with --record-plan NAME"])
    for plan in chosen:
        if plan not in known:
            raise ConfigError(file, [f"there is no plan {plan!r}; column {columns[place].name!r} names {shown}"])
    return [(row, plan) for row, plan in named if not chosen or plan in chosen]


def renumbered(
    file: str, lines: list[RecordEntry], plan_of: Mapping[int, str], chosen: Sequence[str]
) -> list[RecordEntry]:
    """Entries of several plans, numbered through: a plan's own numbers begin anew, those of a course do not.

    Raises ConfigError where two plans were given in one span of time: then the order of their numbers is not known.
    """
    if len(set(chosen)) < 2:
        return lines
    spans = {plan: _span([entry for entry in lines if plan_of[entry.line] == plan]) for plan in dict.fromkeys(chosen)}
    order = sorted(spans, key=lambda plan: spans[plan])
    before, shift = "", dict.fromkeys(order, 0)
    for plan in order:
        if before:
            if spans[plan][0] <= spans[before][1]:
                told = f"the plans {before!r} and {plan!r} were given in one span of time, {spans[plan][0]}"
                raise ConfigError(file, [f"{told} to {spans[before][1]}: their fractions cannot be numbered through"])
            last = max((e.number or 0 for e in lines if plan_of[e.line] == before), default=0)
            shift[plan] = shift[before] + last
        before = plan
    return [
        entry if entry.number is None else replace(entry, number=entry.number + shift[plan_of[entry.line]])
        for entry in lines
    ]


def _span(lines: Sequence[RecordEntry]) -> tuple[dt.date, dt.date]:
    days = [entry.date for entry in lines]
    return min(days), max(days)
