"""What one screen holds of a comparison, a search for starts, a list of days and the published cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtplan.questions.comparison import Compared, Comparison
from rtplan.questions.starts import StartSearch
from rtplan.questions.workdays import Workdays
from rtplan.report.blocks import Cell, Column, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.language import ENGLISH, Words, short
from rtplan.report.pages import comparison, starts, validation, workdays
from rtplan.report.pages.sheet import asked_for, foot, loud
from rtplan.validation.validation import Validation

__all__ = [
    "compare",
    "days",
    "published",
    "search",
]


MOST_NOTES = 5


def _short(whole: Report, sections: Sequence[Section]) -> Report:
    return replace(whole, sections=tuple(section for section in sections if section.blocks))


def _kept(whole: Report, *keys: str) -> Iterator[Section]:
    """Sections of the full view, in their order."""
    yield from (section for section in whole.sections if section.key in keys)


# --- a comparison ---------------------------------------------------------------------------------------------------


def compare(result: Comparison, told: Words = ENGLISH) -> Report:
    """A line a regimen: dose, time, and net BED of each tissue by each set of parameters."""
    whole = comparison.build(result, told)
    more = told("--full: what each regimen is, every difference, crossings, parameters")
    warned = tuple(loud(result.notes, told, MOST_NOTES))
    sections = (
        Section(key="regimens", heading="", blocks=(_side_by_side(result, told),)),
        Section(key="warnings", heading="", blocks=warned),
        *asked_for(whole),
        foot(more),
    )
    return _short(whole, sections)


MOST_SETS = 4
"""Sets of parameters whose net BED stands beside each other on one screen."""


def _side_by_side(result: Comparison, told: Words) -> Table:
    plain, timed = comparison.groups(result)
    shown = (plain + timed)[: MOST_SETS - bool(timed)] if not timed else [*plain[: MOST_SETS - 1], timed[0]]
    by_name = [{entry.row.regimen: entry for entry in group} for group in shown]
    first = {entry.row.regimen: entry for entry in reversed(result.rows)}
    last = {entry.regimen: entry.last for entry in result.dates}
    rows = []
    for candidate in result.candidates:
        row = first[candidate.name].row
        values: list[Cell] = [group[candidate.name].row.net_bed_gy for group in by_name]
        difference = by_name[-1][candidate.name].difference.net_bed_gy
        dated: list[Cell] = [last[candidate.name]] if last else []
        rows.append((candidate.name, row.dose_gy, row.elapsed_days, *dated, *values, difference))
    dated_column = columns(told, "last", tables=("times",)) if last else ()
    found = (
        *columns(told, "regimen", "dose_gy", "elapsed_days", tables=("compared",)),
        *(replace(column, weekday=False) for column in dated_column),
        *(_net_bed_of(group, place, told) for place, group in enumerate(shown)),
        *columns(told, "difference_gy", tables=("side",)),
    )
    caption = told("Net BED in Gy; the difference is that of the last column but one, to %(reference)s")
    return Table(
        name="side_by_side",
        columns=found,
        rows=tuple(rows),
        emphasis=(0,),
        caption=caption % {"reference": result.reference},
    )


def _net_bed_of(group: Sequence[Compared], place: int, told: Words) -> Column:
    """Net BED of a region, headed by its set where time is charged, else by its alpha/beta."""
    row = group[0].row
    of = row.tissue if row.parameters.has_time_factor else f"α/β {short(row.alpha_beta_gy, 2)}"
    return Column(key=f"net_bed_{place}_gy", title=f"{told(row.region)} {of}", kind="number", unit="Gy")


# --- start days -----------------------------------------------------------------------------------------------------


BEST = 5


def search(result: StartSearch, told: Words = ENGLISH) -> Report:
    """The earliest and the best start, the strip of days, the first five."""
    whole = starts.build(result, told)
    keys = {
        told("Clinic"),
        told("Site"),
        told("Range"),
        told("Tumour"),
        told("Earliest start"),
        told("Best start"),
        told("The wait"),
    }
    sections = (
        Section(key="search", heading="", blocks=(starts.facts(result, told, keys),)),
        *_kept(whole, "strip", "trade"),
        Section(key="best", heading="", blocks=(starts.brief_table(result, BEST, told),)),
        Section(key="warnings", heading="", blocks=tuple(loud(result.notes, told, MOST_NOTES))),
        foot(told("--full: twelve starts with their cycles, what rules are broken, days without a start")),
    )
    return _short(whole, sections)


# --- open and closed days -------------------------------------------------------------------------------------------


MOST_WEEKS = 20
"""Weeks that stand in a calendar of a line a week; of more the exceptional days are listed."""


def days(result: Workdays, told: Words = ENGLISH) -> Report:
    """The calendar, a line a week, with why days are closed."""
    whole = workdays.build(result, told)
    facts = Section(key="facts", heading="", blocks=next(_kept(whole, "facts")).blocks)
    if len(result.days) > 7 * MOST_WEEKS:
        return _short(whole, (facts, *_kept(whole, "exceptions", "notes"), foot(told("--full: every day"))))
    grid = workdays.grid(result, told)
    weeks = (replace(grid, brief=True, days=tuple(replace(day, labels=()) for day in grid.days)),)
    sections = (
        facts,
        Section(key="weeks", heading="", blocks=weeks),
        Section(key="warnings", heading="", blocks=tuple(loud(result.notes, told, MOST_NOTES))),
        foot(told("--full: every day")),
    )
    return _short(whole, sections)


# --- published cases ------------------------------------------------------------------------------------------------


def published(result: Validation, told: Words = ENGLISH) -> Report:
    """How many agree, and what does not."""
    whole = validation.build(result, told)
    counted = validation.count_table(result)
    counts = replace(counted, columns=counted.columns[:-1], rows=tuple(row[:-1] for row in counted.rows))
    kept = (*_kept(whole, "mismatches"), Section(key="counts", heading="", blocks=(counts,)))
    return _short(whole, (*kept, foot("--full: every case, prints known to be wrong, sources")))
