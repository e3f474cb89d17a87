"""`rtplan cohort`: many courses, planned against delivered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import (
    CLINIC,
    Command,
    Patience,
    command_line,
    emit,
    file_options,
    output_options,
    question,
    site_option,
    tissue_options,
)
from rtplan.cli.settings import with_clinic, with_site
from rtplan.errors import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from rtplan.questions.cohort import Cohort
    from rtplan.questions.cohort_rows import Part


@click.command("cohort", cls=Command)
@click.argument("courses", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--regimen", shell_complete=names_of("regimens"), help="Of rows that state none.")
@click.option("--clinic", type=CLINIC, help="Of rows that state none: a shipped clinic, a path, or a country code.")
@click.option("--worked-weekends", type=click.Choice(["yes", "no"]), help="As of `rtplan plan`.")
@click.option("--week", help="Weekdays the clinic works on, such as mon-sat. Default: as its file says.")
@click.option("--category", type=click.IntRange(1, 3), help="Tumour category of rows that state none.")
@site_option
@tissue_options
@click.option("--column", multiple=True, metavar="OURS=THEIRS", help="What a column is called, such as start=Beginn.")
@click.option("--delimiter", default=",", show_default=True, help="Between the cells of a CSV file.")
@click.option("--records", type=click.Path(path_type=Path), help="What was delivered: a line a fraction or field.")
@click.option("--record-format", shell_complete=names_of("records"), help="How it is written: a name, or a path.")
@click.option("--record-id", default="id", show_default=True, help="Its column with the id of the course.")
@click.option("--band", multiple=True, metavar="QUANTITY=MINOR,MAJOR", help="Deviation bands, such as delay_days=1,5.")
@click.option("--bands", type=click.Path(path_type=Path), help="The same from a TOML file.")
@click.option("--all-given", is_flag=True, help="A course with a last day and no n_given got all its fractions.")
@click.option("--strict", is_flag=True, help="Refuse the table at its first row without an answer.")
@click.option("--rows", default="csv", show_default=True, help="Files of the rows in --out: csv, xlsx, parquet.")
@output_options
@file_options
def command(courses: Path, rows: str, **options: Any) -> None:
    """Many courses: planned and delivered time and BED, deviations, and what they say together.

    COURSES: a CSV file, spreadsheet or parquet file, one row a course: id, regimen, start, clinic, last, n_given, ...

    Example: rtplan cohort courses.csv --clinic england --tissue squamous-surrogate --out report
    """
    from rtplan.report.formats import rows as files

    kinds = files.check([kind.strip() for kind in rows.split(",")])
    if options["region"]:
        raise click.UsageError("--region is of one plan: a cohort accounts for the tumour")
    with Patience() as patience:
        if options["out"]:
            with files.row_files(options["out"], kinds, force=bool(options["force"])) as out:
                answer = _ask(courses, options, out.write, patience)
                out.close()
                emit(answer, {**options, "as_csv": False})
            _told_of_rejects(answer, options["out"])
        elif options["as_csv"]:
            first = _First()
            _ask(courses, options, first, patience)
        else:
            emit(_ask(courses, options, _nowhere, patience), options)


class _First:
    """Rows on stdout, under one header."""

    def __init__(self) -> None:
        self.header = True

    def __call__(self, part: Part) -> None:
        from rtplan.report.formats.rows import csv_lines

        click.echo(csv_lines(part, header=self.header), nl=False)
        self.header = False
        for reject in part.rejects:
            click.echo(f"line {reject.line}: {visible(reject.reason)}", err=True)


def _nowhere(part: Part) -> None:
    """Rows that nobody asked for; those without an answer are named on stderr."""
    for reject in part.rejects[:MOST_NAMED]:
        click.echo(f"line {reject.line}: {visible(reject.reason)}", err=True)


MOST_NAMED = 20
"""Refused rows of a chunk that are named where no file holds them all."""


def _ask(courses: Path, options: dict[str, Any], sink: Callable[[Part], None], patience: Patience) -> Cohort:
    import rtplan
    from rtplan.records.courses import count

    total = count(courses)
    asked = with_site(with_clinic(question(options, "region")))
    return rtplan.cohort(
        courses,
        sink=sink,
        step=lambda done: patience("rows", done, total or done),
        command=command_line(),
        **asked,
    )


def _told_of_rejects(answer: Cohort, folder: Path) -> None:
    if answer.n_rejected:
        click.echo(f"{visible(str(folder / 'rejects.csv'))}: {answer.n_rejected} rows without an answer", err=True)
    sys.stderr.flush()
