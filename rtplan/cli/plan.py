"""`rtplan plan`: the main job."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import (
    DATE,
    Command,
    command_line,
    draw_options,
    emit,
    file_options,
    output_options,
    patient_options,
    question,
    range_option,
    site_option,
    tissue_options,
    where_options,
)
from rtplan.cli.settings import with_clinic, with_site


@click.command("plan", cls=Command)
@click.argument("protocol", required=False, shell_complete=names_of("protocols", "regimens"))
@click.option("--start", type=DATE, required=True, help="Requested day of the first fraction, YYYY-MM-DD.")
@click.option("--exact-start", is_flag=True, help="Refuse if the course cannot start on that very day.")
@click.option(
    "--compensate-closures",
    type=click.Choice(["weekend", "bid", "worked-weekend"]),
    help="Open extra sessions for closures known in advance; says what each gains.",
)
@click.option(
    "--dose-reference", type=click.IntRange(0, 999), help="Number of the target, where an RT Plan has several."
)
@where_options
@site_option
@tissue_options
@range_option
@draw_options
@output_options
@file_options
@patient_options
def command(protocol: str | None, start: dt.date, **options: Any) -> None:
    """A course on the calendar, with its chemotherapy cycles and its dose table.

    PROTOCOL: a shipped name, a path ending in .toml, a regimen, a notation such as 70/35, or a DICOM RT Plan (a path
    ending in .dcm). Default: the low-dose trial of West China Hospital.

    Example: rtplan plan --start 2026-02-02
    """
    import rtplan

    asked = with_site(with_clinic(question(options)))
    plan = rtplan.plan(protocol, start=start, command=command_line(), **asked)
    emit(plan, options)
