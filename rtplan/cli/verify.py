"""`rtplan verify`: a plan.json recomputed, with the hand-check sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rtplan.cli.options import CLINIC, Command, command_line, emit, file_options, output_options, question
from rtplan.errors import visible


@click.command("verify", cls=Command)
@click.argument("plan_file", metavar="PLAN.json", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--earlier",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A revision before it. Default: the plans that lie beside it.",
)
@click.option("--clinic", type=CLINIC, help="The clinic's own file, where the plan was made from one.")
@click.option("--tissue-file", help="The tissue file that the plan was made with.")
@output_options
@file_options
@click.pass_context
def command(context: click.Context, /, plan_file: Path, **options: Any) -> None:
    """A plan.json recomputed: from its own inputs, and from today's data; and each formula with its numbers put in.

    Exit code 1 where the file was changed after it was written, its figures do not follow from its inputs, or the
    revision that it follows is not found.

    Example: rtplan verify plan.json
    """
    import rtplan

    options["earlier"] = options["earlier"] or tuple(
        path for path in plan_file.parent.glob("plan*.json") if path.is_file()
    )
    result = rtplan.verify(plan_file, command=command_line(), **question(options))
    emit(result, options, notes=result.notes)
    if not result.passed:
        click.echo(f"rtplan: {visible(plan_file.name)} is not in order", err=True)
        context.exit(1)


__all__ = ["command"]
