"""`rtplan missed`: what missed fractions cost, and the ranked ways to compensate."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import CLINIC, DATE, Command, bundled, emit, file_options, output_options, provenance
from rtplan.errors import RtplanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rtplan.interruption.missed import Missed
    from rtplan.interruption.question import Settings
    from rtplan.interruption.situation import MissedSpan, Situation
    from rtplan.note import Note
    from rtplan.planning.plan import Plan
    from rtplan.planning.provenance import Provenance


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


class MissedType(click.ParamType[tuple["MissedSpan", ...]]):
    """Missed dates, ranges and fractions of a day."""

    name = "DATE[,DATE..DATE,DATE#2]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[MissedSpan, ...]:
        from rtplan.interruption.situation import parse_missed

        try:
            return parse_missed(str(value))
        except RtplanError as error:
            self.fail(str(error), param, ctx)


@click.command("missed", cls=Command)
@click.argument("plan_file", metavar="PLAN.json", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--missed", "missed_days", type=MissedType(), help="Missed dates; may lie ahead where they are known.")
@click.option("--record", type=click.Path(path_type=Path, dir_okay=False), help="What was given: CSV or a spreadsheet.")
@click.option("--record-format", metavar="NAME|PATH", help="How the record is written: `rtplan list records`.")
@click.option("--record-plan", multiple=True, metavar="NAME", help="Plan to read, where the record holds several.")
@click.option("--clinic", type=CLINIC, help="Clinic whose file says how its records are written.")
@click.option("--as-of", type=DATE, help="Nothing up to this day is moved. Default: the last missed or recorded date.")
@click.option("--cause", default="", help="Why the fractions were missed.")
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
@click.option("--late-limit", type=PercentType(), help="Most late net BED above the reference; more breaks a rule.")
@click.option("--max-dose-per-fraction", type=float, default=2.5, show_default=True, help="Above it, in Gy, a warning.")
@click.option("--change-target", multiple=True, help="Target whose dose may change; default all of them together.")
@click.option("--all", "all_options", is_flag=True, help="Every option, not at most twelve.")
@click.option("--choose", metavar="ID", help="Write the revised plan of this option to --out.")
@output_options
@file_options
@click.option("--patient-doses", is_flag=True, help="Doses in the patient's calendar of a chosen plan, with --out.")
def command(plan_file: Path, **options: Any) -> None:
    """What missed fractions cost, and the ranked ways to compensate.

    PLAN.json: what `rtplan plan --out` wrote, or a revision of it. Every option is a complete dated course.

    Example: rtplan missed plan.json --missed 2026-03-10,2026-03-11 --cause "linac repair"
    """
    from rtplan.interruption import missed
    from rtplan.interruption.document import document
    from rtplan.library import read as reader
    from rtplan.planning import artefact

    if options["choose"] and not options["out"]:
        raise click.UsageError("--choose writes a revised plan: say where with --out DIR")
    if not options["missed_days"] and not options["record"]:
        raise click.UsageError("give --missed DATES or --record FILE")
    for option in ("record_format", "record_plan"):
        if options[option] and not options["record"]:
            raise click.UsageError(f"--{option.replace('_', '-')} says how a record is read: it goes with --record")
    if options["clinic"] and not options["record"]:
        raise click.UsageError("--clinic names the columns of a record: it goes with --record")
    plan = artefact.read(plan_file)
    checksum = reader.checksum(plan_file)
    files = [path for path in (plan_file, options["record"]) if path]
    made = provenance(options["stamp"], files)
    answer = missed.missed_answer(
        _situation(plan, options), _settings(plan, options), all_options=options["all_options"]
    )
    answer = replace(answer, notes=(*answer.notes, *_too_late(answer)))
    emit(
        answer,
        lambda: document(answer, made, checksum),
        options,
        table="options",
        files=_files(answer, made, checksum, options),
        notes=_notes(answer, options["choose"]),
    )


def _too_late(answer: Missed) -> Iterator[Note]:
    """A first day of another dose that lies past the course leaves no option with another dose."""
    from rtplan.note import Note

    asked, last = answer.settings.changed_dose_from, answer.appended.course.last
    if asked is not None and asked > last:
        message = (
            f"--changed-dose-from {asked} lies after the last fraction, {last}: no option can change the dose by then"
        )
        values = {"changed_dose_from": asked.isoformat(), "last": last.isoformat()}
        yield Note(code="changed-dose-too-late", severity="warning", message=message, values=values)


def _notes(answer: Missed, chosen: str | None) -> tuple[Note, ...]:
    """What the answer says, and what is said of the option that is chosen."""
    if not chosen:
        return answer.notes
    option = answer.option(chosen)
    return (*answer.notes, *option.violations, *option.notes)


def _situation(plan: Plan, options: dict[str, Any]) -> Situation:
    from rtplan.interruption import reconcile, situation
    from rtplan.records import files

    spans = options["missed_days"] or ()
    as_of: dt.date | None = options["as_of"]
    if not options["record"]:
        return situation.from_dates(plan, spans, as_of=as_of, cause=options["cause"])
    record = files.read(
        options["record"],
        plan.inputs.prescription.targets[0],
        record_format=options["record_format"] or "",
        clinic=options["clinic"] or "",
        plans=options["record_plan"],
    )
    found = reconcile.from_record(plan, record, missed=spans, as_of=as_of, cause=options["cause"])
    return replace(found, findings=(*record.notes, *found.findings))


def _settings(plan: Plan, options: dict[str, Any]) -> Settings:
    from rtplan.interruption import question
    from rtplan.library import catalogue

    tissues = catalogue.load_tissues().values()
    usable = (tissue for tissue in tissues if tissue.kind == "tumour" and tissue.has_time_factor)
    return question.Settings(
        against=options["against"],
        rank_by=options["rank_by"],
        restore=options["restore"],
        late_limit=options["late_limit"],
        max_dose_per_fraction_gy=options["max_dose_per_fraction"],
        changed_dose_from=options["changed_dose_from"],
        change_targets=_targets(plan, options["change_target"]),
        alternatives=tuple(tissue for tissue in usable if not tissue.obstacle),
    )


def _targets(plan: Plan, names: tuple[str, ...]) -> tuple[str, ...]:
    known = plan.inputs.prescription.targets
    for name in names:
        if name not in known:
            raise click.UsageError(f"there is no target {name!r}; the plan has {', '.join(known)}")
    return names


def _files(
    answer: Missed, made: Provenance, checksum: str, options: dict[str, Any]
) -> Callable[[Sequence[str] | None], dict[str, str | bytes]]:
    """The answer's files; where an option is chosen, those of the plan that follows it, events it removes cancelled."""
    from rtplan.interruption import choose
    from rtplan.interruption.document import document

    if options["choose"]:
        revised = choose.choose(answer, options["choose"], made, parent_sha256=checksum)
        return bundled(revised, options, previous=answer.plan)
    return bundled(answer, options, document=lambda: document(answer, made, checksum))


__all__ = ["command"]
