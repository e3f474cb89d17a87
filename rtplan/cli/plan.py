"""`rtplan plan`: the main job."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

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
    range_option,
    tissue_options,
    where_of,
    where_options,
)


@click.command("plan", cls=Command)
@click.argument("protocol", required=False)
@click.option("--start", type=DATE, required=True, help="Requested day of the first fraction, YYYY-MM-DD.")
@click.option("--exact-start", is_flag=True, help="Refuse if the course cannot start on that very day.")
@click.option(
    "--compensate-closures",
    type=click.Choice(["weekend", "bid", "worked-weekend"]),
    help="Open extra sessions for closures known in advance; says what each gains.",
)
@where_options
@tissue_options
@range_option
@output_options
@file_options
@click.option("--patient-doses", is_flag=True, help="Show doses in the patient's calendar too, with --out.")
def command(protocol: str | None, start: dt.date, **options: Any) -> None:
    """A course on the calendar, with its chemotherapy cycles and its dose table.

    PROTOCOL: a shipped name, a path ending in .toml, a regimen or a notation such as 70/35. Default: the low-dose trial
    of West China Hospital.

    Example: rtplan plan --start 2026-02-02
    """
    from rtplan.library import catalogue
    from rtplan.planning import artefact, resolve
    from rtplan.planning.inputs import compensate
    from rtplan.planning.plan import make_plan, refuse

    name = protocol or resolve.DEFAULT_PROTOCOL
    found = resolve.protocol_of(name)
    where = where_of(options)
    inputs = resolve.inputs_of(found, start, where)
    if options["compensate_closures"]:
        inputs = compensate(inputs, options["compensate_closures"])
    files = catalogue.files_of(name, found, where.clinic, where.chemo)
    files += [Path(where.tissue_file)] if where.tissue_file else []
    plan = make_plan(inputs, provenance(options["stamp"], files))
    check_times(where.times, plan.course)
    refuse(plan, provisional=options["no_provisional"], strict=options["strict_rules"])
    emit(
        plan,
        lambda: artefact.document(plan),
        options,
        table="fractions",
        files=bundled(plan, options),
    )
