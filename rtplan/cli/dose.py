"""`rtplan dose`: BED and EQD2 at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import (
    CLINIC,
    DATE,
    Command,
    emit,
    output_options,
    question,
    range_option,
    site_option,
    tissue_options,
)
from rtplan.cli.regimens import refuse_split
from rtplan.cli.settings import with_clinic, with_site
from rtplan.errors import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtplan.questions.dose import DoseAnswer


@click.command("dose", cls=Command)
@click.argument("regimens", nargs=-1, shell_complete=names_of("regimens"), metavar="REGIMEN...")
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
    "--clinic",
    type=CLINIC,
    help="With --start: a shipped clinic, a path, or a country code. Default: RTPLAN_CLINIC, the user's settings.",
)
@site_option
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
    import rtplan

    refuse_split(regimens)
    asked = with_site(question(options, "stamp", "start", "clinic"))
    if options["start"] is None and not options["clinic"]:
        answer = rtplan.dose(*regimens, to_match=to_match, **asked)
        _emit(answer, options)
        return
    _refuse_half_questions(regimens, to_match, options)
    named = with_clinic({"clinic": options["clinic"]})
    named |= {name: asked[name] for name in ("dose_per_fraction", "tissue", "tissue_file", "site")}
    named |= {"site_from": asked.get("site_from", "option")}
    emit(rtplan.added(regimens[0], to_match or "", start=options["start"], **named), options)


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


def _emit(answer: DoseAnswer, options: dict[str, Any]) -> None:
    if not (options["as_json"] or options["as_csv"] or options["out"] or options["only"]):
        from rtplan.report.formats.layout import columns
        from rtplan.report.formats.text import to_text
        from rtplan.report.pages.dose import build

        click.echo(visible(to_text(build(answer), columns())), nl=False)
        return
    emit(answer, options)
