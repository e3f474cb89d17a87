"""`rtplan validate`: published cases, theirs beside ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import Command, StampType, command_line
from rtplan.errors import visible

if TYPE_CHECKING:
    from rtplan.validation.validation import Validation


@click.command("validate", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--csv", "as_csv", is_flag=True, help="One CSV table on stdout.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a commissioning report to this file."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--full", is_flag=True, help="Every case on the terminal, not one screen.")
@click.option("--stamp", type=StampType(), help="Moment to write into the report instead of the clock's.")
@click.pass_context
def command(context: click.Context, /, html: Path | None, **options: Any) -> None:
    """Published cases: theirs, ours, difference, tolerance, source, and how directly the source was read.

    Exit code 1 where a value lies outside its tolerance. Prints known to be wrong stand apart.

    Example: rtplan validate --html commissioning.html
    """
    import rtplan
    from rtplan.report.language import plural
    from rtplan.report.pages.validation import summary

    if options["as_json"] and options["as_csv"]:
        raise click.UsageError("--json and --csv do not go together: choose one")
    result = rtplan.validate(stamp=options["stamp"], command=command_line())
    if html is not None:
        _write_html(result, html, options)
    if options["as_json"]:
        from rtplan.report.formats.json import dumps

        click.echo(dumps(result.document()), nl=False)
    elif options["as_csv"]:
        from rtplan.report.formats.csv import to_csv
        from rtplan.report.pages.validation import case_table

        click.echo(to_csv(case_table(result.rows)), nl=False)
    elif html is not None:
        click.echo(summary(result))
    else:
        from rtplan.report.formats.terminal import render
        from rtplan.report.registry import report

        render(report(result, view="full" if options.get("full") else "screen"), sys.stdout)
    if not result.passed:
        click.echo(f"rtplan: {plural(len(result.mismatches), 'value')} beyond tolerance", err=True)
        context.exit(1)


def _write_html(result: Validation, path: Path, options: dict[str, Any]) -> None:
    from rtplan.report.formats.files import write_files
    from rtplan.report.formats.html import to_html
    from rtplan.report.registry import report

    page = to_html(report(result), stamp=result.provenance.created)
    for written in write_files(path.parent, {path.name: page}, force=options["force"]):
        click.echo(visible(str(written)), err=True)
