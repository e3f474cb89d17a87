"""A cohort as sections: counts, shares within so many days, BED lost, deviations, rows without an answer."""

from __future__ import annotations

from collections.abc import Iterator

from rtplan.questions.cohort import QUANTILES, WITHIN_DAYS, Cohort, Group
from rtplan.report.blocks import Block, Cell, Facts, Notes, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.figures import lost_figure, prolongation_figure
from rtplan.report.language import DISCLAIMER, ENGLISH, Words

__all__ = ["build"]


_MEANING = (
    "Shares are of the courses whose prolongation is known: overall time minus that of the same prescription from the "
    "same first day without any closure. Delivered ones count where the last day is stated and all fractions were "
    "given. BED lost is that of the tumour, net, against the same reference; it is not known without a time factor."
)


def build(result: Cohort, told: Words = ENGLISH) -> Report:
    """Header, shares, losses, deviations, notes."""
    deviations = (_deviations(result, told),) if result.asked.bands else ()
    sections = [
        Section(key="facts", heading=told("Courses"), blocks=(Facts(items=tuple(_facts(result, told))),)),
        Section(
            key="summary", heading=told("Prolongation and BED lost"), blocks=(_summary(result, told), told(_MEANING))
        ),
        Section(key="figures", heading=told("Distributions"), blocks=_figures(result, told), terminal=False),
        Section(key="deviations", heading=told("Deviations from the protocol"), blocks=deviations),
        Section(key="rejects", heading=told("Rows without an answer"), blocks=_reasons(result, told)),
        Section(key="notes", heading=told("Notes and warnings"), blocks=_notes(result, told)),
    ]
    return Report(
        title=told("Cohort of %(count)s courses", count=result.n_answered),
        sections=tuple(section for section in sections if section.blocks),
    )


def _notes(result: Cohort, told: Words) -> tuple[Block, ...]:
    notes = (Notes(notes=result.notes),) if result.notes else ()
    return (*notes, told(DISCLAIMER))


def _facts(result: Cohort, told: Words) -> Iterator[tuple[str, str]]:
    yield told("Rows read"), str(result.n_read)
    yield told("With an answer"), str(result.n_answered)
    yield told("Without an answer"), str(result.n_rejected)
    for band in result.asked.bands:
        bounds = told(
            "more than %(minor)s minor, more than %(major)s major", minor=f"{band.minor:g}", major=f"{band.major:g}"
        )
        yield told("Band of %(quantity)s", quantity=band.quantity), bounds


def _named(group: Group, told: Words) -> tuple[Cell, ...]:
    return told(group.by), group.value or (told("none stated") if group.by != "all" else ""), told(group.basis)


def _summary(result: Cohort, told: Words) -> Table:
    keys = ("by", "which", "basis", "n_courses", "n_known", *(f"within_{days}" for days in WITHIN_DAYS))
    keys += ("n_lost_known", *(f"lost_{share}" for share in QUANTILES))
    rows: list[tuple[Cell, ...]] = []
    for group in result.groups:
        counts = (group.n_courses, group.n_known)
        rows.append((*_named(group, told), *counts, *group.within_percent, group.n_lost_known, *group.lost_gy))
    return Table(name="summary", columns=columns(told, *keys, tables=("cohort",)), rows=tuple(rows))


def _deviations(result: Cohort, told: Words) -> Table:
    keys = ("by", "which", "n_courses", "none", "minor", "major", "not_known")
    rows = tuple(
        (*_named(group, told)[:2], group.n_courses, *(group.deviations or ()))
        for group in result.groups
        if group.basis == "planned"
    )
    return Table(name="deviations", columns=columns(told, *keys, tables=("cohort",)), rows=rows)


def _figures(result: Cohort, told: Words) -> tuple[Block, ...]:
    return prolongation_figure(result, told), lost_figure(result, told)


def _reasons(result: Cohort, told: Words) -> tuple[Block, ...]:
    if not result.reasons:
        return ()
    found = columns(told, "reason", "count", tables=("cohort",))
    return (Table(name="reasons", columns=found, rows=tuple(result.reasons)),)
