"""`rtplan starts`: which start dates serve best."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import (
    DATE,
    Command,
    bundled,
    check_times,
    emit,
    file_options,
    output_options,
    provenance,
    tissue_options,
    where_of,
    where_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rtplan.note import Note
    from rtplan.questions.starts import NoStart, Start, StartSearch

SCHEMA = "rtplan.starts/1"


@click.command("starts", cls=Command)
@click.argument("protocol", required=False)
@click.option("--from", "first", type=DATE, required=True, help="First candidate, YYYY-MM-DD: the patient is ready.")
@click.option("--to", "last", type=DATE, required=True, help="Last candidate, included.")
@where_options
@tissue_options
@output_options
@file_options
def command(protocol: str | None, first: dt.date, last: dt.date, **options: Any) -> None:
    """Every start day of a range, ranked: rule breaches, tumour net BED, cycle violations, provisional days, wait.

    PROTOCOL: as for `rtplan plan`. --strict-rules and --no-provisional leave out the starts they would refuse.

    Example: rtplan starts --from 2026-01-05 --to 2026-03-31
    """
    from rtplan.errors import DomainError
    from rtplan.library import catalogue
    from rtplan.planning import resolve
    from rtplan.questions.starts import search

    if last < first:
        raise DomainError(f"--to {last} lies before --from {first}")
    name = protocol or resolve.DEFAULT_PROTOCOL
    found = resolve.protocol_of(name)
    where = where_of(options)
    files = catalogue.files_of(name, found, where.clinic, where.chemo)
    files += [Path(where.tissue_file)] if where.tissue_file else []
    result = search(
        resolve.inputs_of(found, first, where, until=last),
        last,
        provenance(options["stamp"], files),
        no_provisional=options["no_provisional"],
        strict=options["strict_rules"],
    )
    for start in result.starts[:1]:
        check_times(where.times, start.course)
    emit(
        result,
        lambda: document(result),
        options,
        table="starts",
        files=bundled(result, options, document=lambda: document(result)),
        notes=(*result.notes, *_breaches_of_the_best(result)),
    )


def _breaches_of_the_best(result: StartSearch) -> Iterator[Note]:
    """What even the best start breaks, with its date."""
    for start in result.starts[:1]:
        for note in (*start.rule_breaches, *start.cycle_breaches):
            yield replace(note, message=f"{start.date}, the best start: {note.message}")


def document(result: StartSearch) -> dict[str, Any]:
    """The JSON document of the search: every day of the range in order, null where nothing can begin."""
    from rtplan.planning.artefact import encode
    from rtplan.questions.starts import CRITERIA, Start

    inputs = result.inputs
    return {
        "schema": SCHEMA,
        "provenance": encode(result.provenance),
        "from": result.first.isoformat(),
        "to": result.last.isoformat(),
        "inputs": {
            "protocol": inputs.protocol,
            "clinic": inputs.clinic,
            "worked_weekends": inputs.worked_weekends,
            "prescription": encode(inputs.prescription),
            "chemo": encode(inputs.chemo),
            "start_rules": encode(inputs.start_rules),
            "limits": encode(inputs.limits),
            "tumour": encode(result.tumour),
            "calendar_sources": list(inputs.calendar.sources),
            "official_through": encode(inputs.calendar.official_through),
        },
        "criteria": list(CRITERIA),
        "best_weekday_overall_days": result.best_overall_days,
        "best": [start.date.isoformat() for start in result.starts[:1]],
        "starts": [_possible(entry) if isinstance(entry, Start) else _impossible(entry) for entry in result.by_date],
        "notes": encode(result.notes),
    }


def _possible(start: Start) -> dict[str, Any]:
    from rtplan.planning.artefact import encode

    return {
        "date": start.date.isoformat(),
        "possible": True,
        "reason": None,
        "rank": start.rank,
        "last": start.course.last.isoformat(),
        "overall_treatment_time_days": start.overall_treatment_time_days,
        "elapsed_days": start.course.elapsed_days,
        "above_best_weekday_days": start.above_best_days,
        "prolongation_days": start.prolongation_days,
        "longest_gap_days": start.course.longest_gap_days,
        "waited_days": start.waited_days,
        "provisional_days": start.provisional_days,
        "effect": encode(start.effect),
        "cycles": encode(start.cycles),
        "rule_breaches": encode(start.rule_breaches),
        "cycle_violations": encode(start.cycle_breaches),
        "closed_reasons": list(start.closed),
    }


_FIELDS = (
    "rank",
    "last",
    "overall_treatment_time_days",
    "elapsed_days",
    "above_best_weekday_days",
    "prolongation_days",
    "longest_gap_days",
    "waited_days",
    "provisional_days",
    "effect",
    "cycles",
    "rule_breaches",
    "cycle_violations",
    "closed_reasons",
)


def _impossible(entry: NoStart) -> dict[str, Any]:
    head = {"date": entry.date.isoformat(), "possible": False, "reason": entry.reason}
    return head | dict.fromkeys(_FIELDS)
