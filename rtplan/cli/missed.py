"""`rtplan missed`: what missed fractions cost, and the ranked ways to compensate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import (
    CLINIC,
    DATE,
    Command,
    command_line,
    draw_options,
    emit,
    file_options,
    output_options,
    patient_options,
    question,
    site_option,
)
from rtplan.errors import RtplanError

if TYPE_CHECKING:
    from rtplan.interruption.missed import Missed
    from rtplan.note import Note


class PercentType(click.ParamType[float]):
    """A share written as 95% or 95."""

    name = "PERCENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return float(str(value).strip().removesuffix("%")) / 100
        except ValueError:
            self.fail(f"must be a percentage such as 95%, got {value!r}", param, ctx)


class PartialType(click.ParamType[str]):
    """A fraction that got another dose than planned."""

    name = "DATE[#N]=DOSEGy"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from rtplan.interruption.situation import parse_partial

        try:
            parse_partial(str(value))
        except RtplanError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class MissedType(click.ParamType[str]):
    """Missed dates, ranges and fractions of a day."""

    name = "DATE[,DATE..DATE,DATE#2]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from rtplan.interruption.situation import parse_missed

        try:
            parse_missed(str(value))
        except RtplanError as error:
            self.fail(str(error), param, ctx)
        return str(value)


@click.command("missed", cls=Command)
@click.argument("plan_file", metavar="PLAN.json", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--missed", "missed_days", type=MissedType(), help="Missed dates; may lie ahead where they are known.")
@click.option("--partial", type=PartialType(), multiple=True, help="A fraction given with another dose than planned.")
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    multiple=True,
    help="What was given: CSV or a spreadsheet; or DICOM records, a folder or several files.",
)
@click.option(
    "--record-format",
    shell_complete=names_of("records"),
    metavar="NAME|PATH",
    help="How the record is written: `rtplan list records`.",
)
@site_option
@click.option("--record-plan", multiple=True, metavar="NAME", help="Plan to read, where the record holds several.")
@click.option(
    "--dose-reference", type=click.IntRange(0, 999), help="Number of the target, where an RT Plan has several."
)
@click.option("--clinic", type=CLINIC, help="Clinic whose file says how its records are written, and its days.")
@click.option("--as-of", type=DATE, help="Nothing up to this day is moved. Default: the last missed or recorded date.")
@click.option(
    "--cause",
    default="",
    metavar="KIND|TEXT",
    help="Why: machine, holiday, patient, toxicity or other, alone or before ': ' and words; or words.",
)
@click.option("--cause-text", default="", help="Words beside the kind of the cause.")
@click.option("--changed-dose-from", type=DATE, help="First day of another dose. Default: two open days after as-of.")
@click.option(
    "--against",
    type=click.Choice(["prescribed", "planned"]),
    default="prescribed",
    show_default=True,
    help="Reference for deficits, limits and ranking.",
)
@click.option(
    "--rank-by",
    type=click.Choice(["guideline", "tumour", "late", "sessions"]),
    default="guideline",
    show_default=True,
    help="What the ranking looks at first.",
)
@click.option("--restore", type=PercentType(), default="100%", show_default=True, help="Tumour net BED to restore.")
@click.option("--late-limit", type=PercentType(), help="Most late net BED above the reference; more is not offered.")
@click.option(
    "--tolerance",
    type=float,
    default=0.5,
    show_default=True,
    help="Deficit of net BED, in Gy, that counts as restored. Design default, no source.",
)
@click.option("--waive", multiple=True, metavar="CODE", help="Offer what breaks this hard rule all the same.")
@click.option(
    "--max-dose-per-fraction",
    type=float,
    help="Ceiling of a changed dose, in Gy. Default: the larger of 2.2 Gy and 110 % of the prescribed one.",
)
@click.option("--change-target", multiple=True, help="Target whose dose may change; default all of them together.")
@click.option("--all", "all_options", is_flag=True, help="Every option, not at most twelve.")
@click.option("--choose", metavar="ID", help="Write the revised plan of this option to --out.")
@click.option("--stopped", type=DATE, help="The course ended on this day: closes the plan with what was given by then.")
@click.option("--reason", default="", help="Why the course was stopped.")
@click.option(
    "--accept-edited", is_flag=True, help="Take a plan.json that was changed by hand as it stands, and say so."
)
@draw_options
@output_options
@file_options
@patient_options
def command(plan_file: Path, missed_days: str | None, **options: Any) -> None:
    """What missed fractions cost, and the ranked ways to compensate.

    PLAN.json: what `rtplan plan --out` wrote, or a revision of it. Every option is a complete dated course.

    Example: rtplan missed plan.json --missed 2026-03-10,2026-03-11 --cause "linac repair"
    """
    import rtplan

    if options["choose"] and not options["out"]:
        raise click.UsageError("--choose writes a revised plan: say where with --out DIR")
    stopped, reason = _stopped(options), options["reason"]
    answer = rtplan.missed(
        plan_file, missed_days or (), command=command_line(), **question(options, "stopped", "reason")
    )
    if stopped:
        closed = answer.stop(reason=reason)
        emit(closed, options, notes=(*answer.situation.findings, *closed.notes), previous=answer.plan)
        return
    chosen = options["choose"]
    revised = answer.choose(chosen) if chosen else None
    if revised is None:
        emit(answer, options, notes=answer.notes)
        return
    sheet = answer.deciding(chosen)
    emit(sheet, options, notes=_notes(answer, chosen), written=revised, previous=answer.plan, sheet=sheet)


def _stopped(options: dict[str, Any]) -> bool:
    """Is the course to be closed? Then the day it was stopped is the day of the question."""
    if options["reason"] and not options["stopped"]:
        raise click.UsageError("--reason says why a course was stopped: it goes with --stopped")
    if not options["stopped"]:
        return False
    if not options["reason"].strip():
        raise click.UsageError("--stopped closes the course: say why with --reason")
    for other in ("choose", "as_of"):
        if options[other]:
            raise click.UsageError(f"--{other.replace('_', '-')} does not go with --stopped: nothing is to come")
    options["as_of"] = options["stopped"]
    return True


def _notes(answer: Missed, chosen: str) -> tuple[Note, ...]:
    """What the answer says, and what is said of the option that is chosen."""
    option = answer.option(chosen)
    return (*answer.notes, *option.violations, *option.notes)


__all__ = ["command"]
