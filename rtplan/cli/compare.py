"""`rtplan compare`: the low-dose course against standard-dose regimens."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import (
    CLINIC,
    DATE,
    Command,
    draw_options,
    emit,
    file_options,
    output_options,
    question,
    range_option,
    site_option,
    tissue_options,
)
from rtplan.cli.regimens import refuse_split
from rtplan.cli.settings import with_clinic, with_site


@click.command("compare", cls=Command)
@click.argument("regimens", nargs=-1, shell_complete=names_of("regimens"), metavar="[REGIMEN...]")
@click.option(
    "--reference",
    shell_complete=names_of("regimens"),
    metavar="REGIMEN",
    help="What the others are compared with. Default: the first regimen.",
)
@click.option("--start", type=DATE, help="Lay every regimen on the clinic's calendar from this day.")
@click.option(
    "--clinic",
    type=CLINIC,
    help="With --start: a shipped clinic, a path, or a country code. Default: RTPLAN_CLINIC, the user's settings.",
)
@click.option("--week", help="With --start: weekdays the clinic works on, such as mon-sat. Default: as its file says.")
@click.option(
    "--worked-weekends",
    type=click.Choice(["yes", "no"]),
    help="With --start: does the clinic treat on worked weekends? Default: as its file says.",
)
@click.option("--no-provisional", is_flag=True, help="Refuse dates that are not officially announced.")
@site_option
@tissue_options
@range_option
@draw_options
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
    import rtplan

    refuse_split(regimens)
    asked = with_site(question(options, "stamp"))
    asked = with_clinic(asked) if start is not None else asked
    result = rtplan.compare(*regimens, reference=reference, start=start, **asked)
    emit(result, options)
