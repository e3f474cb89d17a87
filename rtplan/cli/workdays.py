"""`rtplan workdays`: open and closed days of a clinic, each with its reason."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from rtplan.cli.options import CLINIC, DATE, Command, emit, output_options, question


@click.command("workdays", cls=Command)
@click.argument("clinic", type=CLINIC)
@click.option("--from", "first", type=DATE, required=True, help="First day, YYYY-MM-DD.")
@click.option("--to", "last", type=DATE, required=True, help="Last day, included.")
@click.option(
    "--worked-weekends",
    type=click.Choice(["yes", "no"]),
    help="Does the clinic treat on worked weekends? Default: as its file says.",
)
@click.option("--infusion", is_flag=True, help="Days of the infusion unit instead.")
@click.option("--no-provisional", is_flag=True, help="Refuse days that are not officially announced.")
@output_options
def command(clinic: str, first: dt.date, last: dt.date, **options: Any) -> None:
    """Open and closed days of a clinic, each with its reason.

    CLINIC: a name of `rtplan list clinics`, a path ending in .toml, or a country code such as CN or GB-ENG.

    Example: rtplan workdays west-china --from 2026-02-01 --to 2026-03-31
    """
    import rtplan

    emit(rtplan.workdays(clinic, first, last, **question(options, "stamp")), options)
