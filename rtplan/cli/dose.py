"""`rtplan dose`: BED and EQD2 at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import CLINIC, DATE, Command, emit, output_options, range_option, tissue_options
from rtplan.cli.regimens import about_tissues, dose_per_fraction, each_once, prescription_of, refuse_split, regions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtplan.prescription.prescription import Prescription
    from rtplan.questions.dose import DoseAnswer
    from rtplan.radiobiology.effect import Time
    from rtplan.radiobiology.region import Region

SCHEMA = "rtplan.dose/1"


@click.command("dose", cls=Command)
@click.argument("regimens", nargs=-1, metavar="REGIMEN...")
@click.option("--overall-time", type=float, help="Overall time in days: last - first + 1.")
@click.option("--elapsed-days", type=float, help="T: days elapsed, the first fraction is day 0.")
@click.option("--monday-start", is_flag=True, help="Take the time of a Monday start without closures.")
@click.option(
    "--to-match", metavar="REGIMEN", help="Which dose, or which number of fractions, has the BED of this one?"
)
@click.option("--fractions", type=int, help="With --to-match: in so many fractions.")
@click.option("--dose-per-fraction", help="With --to-match: with this dose per fraction, such as 1.8 or 180cGy.")
@click.option("--start", type=DATE, help="With REGIMEN and --to-match: add fractions on the calendar from this day.")
@click.option(
    "--clinic", type=CLINIC, help="With --start: a shipped clinic, a path, or a country code. Default: west-china."
)
@tissue_options
@range_option
@output_options
def command(regimens: tuple[str, ...], to_match: str | None, **options: Any) -> None:
    """BED and EQD2 of regimens at once, at α/β 10 and 3 Gy unless other tissues are named.

    REGIMEN: phases joined by +, each total/n, nxd, total@d or total/nxd, with Gy, cGy, f (fractions), then bid or
    K/week; or a name of `rtplan list regimens`. What can be read in two ways is refused.

    \b
    Examples: rtplan dose 45/25 60/30
              rtplan dose 64.8/36 --tissue squamous-surrogate --monday-start
              rtplan dose --to-match 60/30 --fractions 25
              rtplan dose 45/25 --to-match 50/25 --start 2026-03-02 --tissue squamous-surrogate
    """
    from rtplan.questions.dose import DEFAULT_REGIONS, dose_answer

    refuse_split(regimens)
    time = _time(options)
    regions = regions_of(
        DEFAULT_REGIONS, options["tissue"], options["alpha_beta"], options["region"], options["tissue_file"]
    )
    if options["start"] is not None or options["clinic"]:
        from rtplan.cli.added import answer_with_time

        answer_with_time(regimens, to_match, regions, options)
        return
    if to_match is not None and options["ranges"]:
        raise click.UsageError("--range does not go with --to-match")
    regions, said = about_tissues(regions, options)
    if to_match is not None:
        answer = _matched(regimens, to_match, regions, options)
    elif options["fractions"] is not None or options["dose_per_fraction"] is not None:
        raise click.UsageError("--fractions and --dose-per-fraction go with --to-match REGIMEN")
    elif not regimens:
        raise click.UsageError("name a REGIMEN, such as 45/25")
    else:
        answer = dose_answer(_each_once(regimens), regions, time)
    _emit(replace(answer, notes=each_once((*answer.notes, *said))), options)


def _each_once(texts: Sequence[str]) -> list[Prescription]:
    """The prescriptions, in the order given."""
    return list({prescription.name: prescription for prescription in map(prescription_of, texts)}.values())


def _time(options: dict[str, Any]) -> Time:
    from rtplan.errors import DomainError, finite
    from rtplan.radiobiology.effect import FROM_DATES, NO_TIME, Time

    overall, elapsed, monday = (options[key] for key in ("overall_time", "elapsed_days", "monday_start"))
    if (overall is not None) + (elapsed is not None) + monday > 1:
        raise click.UsageError("--overall-time, --elapsed-days and --monday-start do not go together: choose one")
    if monday:
        return FROM_DATES
    if overall is not None:
        if finite("--overall-time", overall, "days") < 1:
            raise DomainError(f"--overall-time must be at least 1 day (last - first + 1), got {overall:g}")
        return Time(from_dates=False, elapsed_days=overall - 1.0)
    if elapsed is not None:
        if finite("--elapsed-days", elapsed, "days") < 0:
            raise DomainError(f"--elapsed-days must be 0 days or more, got {elapsed:g}")
        return Time(from_dates=False, elapsed_days=elapsed)
    return NO_TIME


def _matched(regimens: Sequence[str], to_match: str, regions: Sequence[Region], options: dict[str, Any]) -> DoseAnswer:
    from rtplan.errors import DomainError
    from rtplan.questions.dose import dose_answer, match_dose_per_fraction, match_fractions
    from rtplan.radiobiology.effect import NO_TIME

    n, dose = options["fractions"], options["dose_per_fraction"]
    if regimens:
        raise click.UsageError(f"--to-match answers for one regimen, {to_match}: leave out {' '.join(regimens)}")
    if (n is None) == (dose is None):
        raise click.UsageError("--to-match goes with one of --fractions and --dose-per-fraction")
    if any(options[key] not in (None, False) for key in ("overall_time", "elapsed_days", "monday_start")):
        raise click.UsageError("--to-match is without time: leave out --overall-time, --elapsed-days, --monday-start")
    if options["region"]:
        raise click.UsageError("--to-match works at 100 % of prescription: leave out --region")
    nonlinear = [region.tissue.name for region in regions if region.tissue.model != "LQ"]
    if nonlinear:
        raise DomainError(f"--to-match is for the plain LQ model, not for LQ-L of {', '.join(nonlinear)}")
    reference = prescription_of(to_match)
    alpha_betas = list(dict.fromkeys(region.tissue.alpha_beta for region in regions))
    found = (
        match_dose_per_fraction(reference, n, alpha_betas)
        if n is not None
        else match_fractions(reference, dose_per_fraction(dose), alpha_betas)
    )
    return replace(found, rows=dose_answer([reference], regions, NO_TIME).rows)


def _emit(answer: DoseAnswer, options: dict[str, Any]) -> None:
    if not (options["as_json"] or options["as_csv"] or options["out"] or options["only"]):
        from rtplan.report.formats.layout import columns
        from rtplan.report.formats.text import to_text
        from rtplan.report.pages.dose import build

        click.echo(to_text(build(answer), columns()), nl=False)
        return
    emit(answer, lambda: document(answer), options, table="effects", files=lambda wanted: _files(answer, wanted))


def document(answer: DoseAnswer) -> dict[str, Any]:
    """The JSON document of a quick answer."""
    from rtplan.planning.artefact import encode

    return {
        "schema": SCHEMA,
        "rows": encode(answer.rows),
        "readings": encode(answer.readings),
        "matches": encode(answer.matches),
        "notes": encode(answer.notes),
    }


def _files(answer: DoseAnswer, wanted: Sequence[str] | None) -> dict[str, str | bytes]:
    from rtplan.cli.regimens import files_of
    from rtplan.planning.artefact import dumps

    return files_of("dose", wanted, {"json": lambda: dumps(document(answer)), "csv": lambda: _csv(answer)})


def _csv(answer: DoseAnswer) -> str:
    from rtplan.report.formats.csv import to_csv
    from rtplan.report.pages.dose import row_table

    return to_csv(row_table(answer.rows))
