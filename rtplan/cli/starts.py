"""`rtplan starts`: which start dates serve best."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import (
    DATE,
    Command,
    command_line,
    emit,
    file_options,
    output_options,
    question,
    site_option,
    tissue_options,
    where_options,
)
from rtplan.cli.settings import with_clinic, with_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rtplan.note import Note
    from rtplan.questions.starts import StartSearch


@click.command("starts", cls=Command)
@click.argument("protocol", required=False, shell_complete=names_of("protocols", "regimens"))
@click.option("--from", "first", type=DATE, required=True, help="First candidate, YYYY-MM-DD: the patient is ready.")
@click.option("--to", "last", type=DATE, required=True, help="Last candidate, included.")
@click.option(
    "--max-wait",
    type=click.IntRange(0),
    help="Longest wait in days: later starts stand below. Default: 14 for category 1 (design default), else none.",
)
@click.option(
    "--compensate-closures",
    type=click.Choice(["weekend", "bid", "worked-weekend"]),
    help="Each start opens extra sessions for closures known in advance, as in `rtplan plan`.",
)
@where_options
@site_option
@tissue_options
@output_options
@file_options
def command(protocol: str | None, first: dt.date, last: dt.date, **options: Any) -> None:
    """Every start day of a range, ranked: rule breaches, tumour net BED, cycle violations, provisional days, wait.

    A start is the day of fraction 1, or of cycle 1 day 1 where the protocol begins with chemotherapy.

    PROTOCOL: as for `rtplan plan`. --strict-rules and --no-provisional leave out the starts they would refuse.

    Example: rtplan starts --from 2026-01-05 --to 2026-03-31
    """
    import rtplan

    asked = with_site(with_clinic(question(options)))
    result = rtplan.starts(protocol, first=first, last=last, command=command_line(), **asked)
    emit(result, options, notes=(*result.notes, *_breaches_of_the_best(result)))


def _breaches_of_the_best(result: StartSearch) -> Iterator[Note]:
    """What even the best start breaks, with its date."""
    for start in result.starts[:1]:
        for note in (*start.rule_breaches, *start.cycle_breaches):
            yield replace(note, values={**note.values, "about": f"{start.date}, the best start"})
