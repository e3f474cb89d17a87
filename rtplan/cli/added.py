"""`rtplan dose REGIMEN --to-match REGIMEN --start DATE`: added fractions on the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import emit
from rtplan.cli.regimens import about_tissues, dose_per_fraction, each_once, files_of, prescription_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtplan.questions.added import AddedAnswer, AddedFractions, Step
    from rtplan.radiobiology.region import Region

SCHEMA = "rtplan.dose/1"


def answer_with_time(
    regimens: Sequence[str], to_match: str | None, regions: Sequence[Region], options: dict[str, Any]
) -> None:
    """Answer and write; UsageError where the options do not make a question."""
    from dataclasses import replace

    from rtplan.library.catalogue import load_clinic
    from rtplan.planning import resolve
    from rtplan.questions.added import fractions_to_match

    _refuse_half_questions(regimens, to_match, options)
    assert to_match is not None
    tumours = [region for region in regions if region.tissue.kind == "tumour"]
    if not options["tissue"] or not tumours:
        raise click.UsageError("with --start name the parameter set: --tissue squamous-surrogate, for example")
    _, said = about_tissues(tumours, options)
    clinic = load_clinic(options["clinic"] or "west-china")
    used = clinic.worked_weekends == "yes"
    calendar = resolve.calendars(clinic, options["start"], used=used)[0]
    dose = options["dose_per_fraction"]
    answer = fractions_to_match(
        prescription_of(regimens[0]),
        prescription_of(to_match),
        calendar,
        options["start"],
        tumours,
        dose_per_fraction_gy=None if dose is None else dose_per_fraction(dose),
    )
    answer = replace(answer, notes=each_once((*answer.notes, *said)))
    emit(
        answer,
        lambda: document(answer),
        options,
        table="steps",
        files=lambda wanted: _files(answer, wanted),
    )


def _refuse_half_questions(regimens: Sequence[str], to_match: str | None, options: dict[str, Any]) -> None:
    if options["start"] is None:
        raise click.UsageError("--clinic goes with --start")
    if to_match is None or len(regimens) != 1:
        raise click.UsageError(
            "--start goes with one REGIMEN and --to-match: fractions are added to it until it matches; for more on a "
            "calendar see rtplan plan and rtplan compare"
        )
    for key, name in (
        ("overall_time", "--overall-time"),
        ("elapsed_days", "--elapsed-days"),
        ("fractions", "--fractions"),
    ):
        if options[key] is not None:
            raise click.UsageError(f"{name} does not go with --start: times follow from the calendar")
    if options["monday_start"] or options["ranges"] or options["region"] or options["alpha_beta"]:
        raise click.UsageError("--start takes no --monday-start, --range, --region or --alpha-beta here")


def document(answer: AddedAnswer) -> dict[str, Any]:
    """The JSON document: rows of the reference and of what reaches it, and every step."""
    from rtplan.planning.artefact import encode

    rows = [*answer.reference_rows, *(found.reached.row for found in answer.answers)]
    return {
        "schema": SCHEMA,
        "rows": encode(rows),
        "readings": [
            {"regimen": entry.name, "reading": entry.reading} for entry in (answer.prescription, answer.reference)
        ],
        "matches": [],
        "added": [_added(found, answer) for found in answer.answers],
        "clinic": answer.clinic,
        "notes": encode(answer.notes),
    }


def _added(found: AddedFractions, answer: AddedAnswer) -> dict[str, Any]:
    return {
        "tissue": found.reached.row.tissue,
        "reference": answer.reference.name,
        "target_net_bed_gy": found.target_net_bed_gy,
        "reached": _step(found.reached),
        "below": _step(found.below) if found.below is not None else None,
        "steps": [_step(step) for step in found.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "added": step.added,
        "n_fractions": step.n_fractions,
        "first": step.first.isoformat(),
        "last": step.last.isoformat(),
        "elapsed_days": step.elapsed_days,
        "overall_treatment_time_days": step.overall_treatment_time_days,
        "dose_gy": step.row.dose_gy,
        "bed_gy": step.row.bed_gy,
        "time_loss_gy": step.row.time_loss_gy,
        "net_bed_gy": step.row.net_bed_gy,
        "net_eqd2_gy": step.row.net_eqd2_gy,
    }


def _files(answer: AddedAnswer, wanted: Sequence[str] | None) -> dict[str, str | bytes]:
    from rtplan.planning.artefact import dumps

    return files_of("dose", wanted, {"json": lambda: dumps(document(answer)), "csv": lambda: _csv(answer)})


def _csv(answer: AddedAnswer) -> str:
    from rtplan.report.formats.csv import to_csv
    from rtplan.report.pages.added import step_table

    return to_csv(step_table(answer))
