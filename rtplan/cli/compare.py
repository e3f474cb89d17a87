"""`rtplan compare`: the low-dose course against standard-dose regimens."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import (
    CLINIC,
    DATE,
    Command,
    bundled,
    emit,
    file_options,
    output_options,
    range_option,
    tissue_options,
)
from rtplan.cli.regimens import about_tissues, each_once, prescription_of, refuse_split, regions_of
from rtplan.prescription.notation import looks_like_notation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtplan.clinic.clinic import Clinic
    from rtplan.clinic.days import Calendar
    from rtplan.questions.comparison import Candidate, Comparison
    from rtplan.radiobiology.region import Region

SCHEMA = "rtplan.compare/1"
TRIAL, TRIAL_NAME = "wch-ld45", "45/25"
STANDARD = ("50/25", "50.4/28", "59.4/33", "60/30", "61.2/34", "64.8/36", "cross", "artdeco-hd", "shi-lcaf")
"""What the trial's course is compared with unless regimens are named."""

TIMED = ("squamous-surrogate", "withers-1988")
"""Parameter sets with a time factor, unless tissues are named."""


@click.command("compare", cls=Command)
@click.argument("regimens", nargs=-1, metavar="[REGIMEN...]")
@click.option("--reference", metavar="REGIMEN", help="What the others are compared with. Default: the first regimen.")
@click.option("--start", type=DATE, help="Lay every regimen on the clinic's calendar from this day.")
@click.option(
    "--clinic", type=CLINIC, help="With --start: a shipped clinic, a path, or a country code. Default: west-china."
)
@click.option("--week", help="With --start: weekdays the clinic works on, such as mon-sat. Default: as its file says.")
@click.option(
    "--worked-weekends",
    type=click.Choice(["yes", "no"]),
    help="With --start: does the clinic treat on worked weekends? Default: as its file says.",
)
@click.option("--no-provisional", is_flag=True, help="Refuse dates that are not officially announced.")
@tissue_options
@range_option
@output_options
@file_options
def command(regimens: tuple[str, ...], reference: str | None, start: dt.date | None, **options: Any) -> None:
    """Regimens side by side: dose, BED, EQD2, times, loss to time, and differences to a reference.

    Without REGIMEN: the trial's 45/25 against standard-dose regimens. A single REGIMEN is compared with the trial's.
    REGIMEN is written as for `rtplan dose`.

    \b
    Examples: rtplan compare
              rtplan compare 60/30 64.8/36 cross --reference 50.4/28
              rtplan compare --start 2026-02-02 --clinic west-china
    """
    from rtplan.errors import ScheduleError
    from rtplan.questions.comparison import compare

    refuse_split(regimens)
    if start is None and (options["clinic"] or options["worked_weekends"] or options["no_provisional"]):
        raise click.UsageError("--clinic, --worked-weekends and --no-provisional go with --start")
    if start is None and options["week"]:
        raise click.UsageError("--week goes with --start")
    clinic = _clinic(options) if start is not None else None
    calendar = _calendar(clinic, start, options) if clinic is not None and start is not None else None
    regions, said = about_tissues(_regions(options), options)
    result = compare(
        _on_its_week(_candidates(regimens, reference), clinic, start), regions, calendar=calendar, start=start
    )
    result = replace(result, notes=each_once((*result.notes, *said)))
    doubtful = [note.message for note in result.notes if note.code == "provisional"]
    if options["no_provisional"] and doubtful:
        raise ScheduleError(doubtful[0])
    emit(
        result,
        lambda: document(result),
        options,
        table="comparison",
        files=bundled(result, options, document=lambda: document(result)),
    )


def _candidates(texts: Sequence[str], reference: str | None) -> list[Candidate]:
    names = list(texts) or list(STANDARD)
    if reference is None and len(texts) <= 1:
        found = [_trial(), *map(_candidate, names)]
    else:
        found = [_candidate(reference)] if reference is not None else []
        found += [] if texts else [_trial()]
        found += map(_candidate, names)
    once: dict[str, Candidate] = {}
    for entry in found:
        once.setdefault(entry.name, entry)
    return list(once.values())


def _trial() -> Candidate:
    from rtplan.library.catalogue import load_regimen
    from rtplan.questions.comparison import candidate

    return replace(candidate(load_regimen(TRIAL)), name=TRIAL_NAME)


def _candidate(text: str) -> Candidate:
    from rtplan.library.catalogue import load_regimen
    from rtplan.questions.comparison import Candidate, candidate

    if not looks_like_notation(text):
        return candidate(load_regimen(text))
    prescription = prescription_of(text)
    return Candidate(name=prescription.name, prescription=prescription)


def _regions(options: dict[str, Any]) -> tuple[Region, ...]:
    """Generic tissues, with the named parameter sets beside the generic tumour."""
    from rtplan.questions.dose import DEFAULT_REGIONS

    tissues = options["tissue"] or (() if options["alpha_beta"] else TIMED)
    default: tuple[Region, ...] = () if options["alpha_beta"] else DEFAULT_REGIONS
    named = regions_of((), tissues, options["alpha_beta"], options["region"], options["tissue_file"])
    if options["tissue_file"]:
        from rtplan.planning.resolve import refreshed

        default = refreshed(default, options["tissue_file"])
    return tuple(dict.fromkeys((*default, *named)))


def _clinic(options: dict[str, Any]) -> Clinic:
    from rtplan.clinic.clinic import with_week
    from rtplan.library.catalogue import load_clinic

    clinic = load_clinic(options["clinic"] or "west-china")
    return with_week(clinic, options["week"]) if options["week"] else clinic


def _on_its_week(found: list[Candidate], clinic: Clinic | None, start: dt.date | None) -> list[Candidate]:
    """Five fractions a week on the clinic's own working week."""
    if clinic is None or start is None:
        return found
    from rtplan.clinic.holidays import working_week
    from rtplan.course.schedule import on_week

    week = working_week(clinic, start)
    return [replace(entry, prescription=on_week(entry.prescription, week)) for entry in found]


def _calendar(clinic: Clinic, start: dt.date, options: dict[str, Any]) -> Calendar:
    from rtplan.planning import resolve

    used = (options["worked_weekends"] or clinic.worked_weekends) == "yes"
    return resolve.calendars(clinic, start, used=used)[0]


def document(result: Comparison) -> dict[str, Any]:
    """The JSON document of a comparison: each row with reference, difference and ratio."""
    from rtplan.planning.artefact import encode

    return {
        "schema": SCHEMA,
        "rows": [
            {
                **encode(entry.row),
                "reference": encode(entry.reference),
                "difference": encode(entry.difference),
                "ratio": encode(entry.ratio),
            }
            for entry in result.rows
        ],
        "reference": result.reference,
        "regimens": [
            {
                "name": entry.name,
                "label": entry.label,
                "reading": entry.prescription.reading,
                "systemic": entry.systemic,
                "volume": entry.volume,
                "unverified": list(entry.unverified),
            }
            for entry in result.candidates
        ],
        "crossings": encode(result.crossings),
        "clinic": result.clinic,
        "dates": encode(result.dates),
        "notes": encode(result.notes),
    }
