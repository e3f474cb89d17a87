"""`rtplan department`: who is treated when a machine is down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rtplan.cli.options import Command, command_line, emit, file_options, output_options, question
from rtplan.errors import RtplanError, visible


@click.command("department", cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--closed", "--down", "closed", metavar="DATES", required=True, help="Days and spans without the machine."
)
@click.option(
    "--slots",
    multiple=True,
    required=True,
    metavar="DATE[@MACHINE]=N",
    help="Extra attendances on a day; a bare N: on each closed day, on a matched machine. May be given several times.",
)
@click.option("--machine", default="", help="Name of the machine, for the board.")
@click.option("--pin", multiple=True, metavar="ID=DATE", help="This patient gets one of these attendances in any case.")
@click.option("--not", "left_out", multiple=True, metavar="ID", help="This patient gets none.")
@click.option(
    "--levels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV of priority levels, 1 to 5: id,level. Default: that of the plan's category.",
)
@click.option("--choose", is_flag=True, help="Write the revised plan of everyone who lost fractions to --out.")
@output_options
@file_options
def command(folder: Path, choose: bool, **options: Any) -> None:
    """Who is treated on the few extra attendances when a machine is down, and what the others lose.

    DIR: the plans (.json) of the patients on that machine, each called as its patient is to be called here.

    Example: rtplan department plans --closed 2026-03-12 --slots 2026-03-14=10 --slots 2026-03-12@B=6
    """
    import rtplan

    if choose and not options["out"]:
        raise click.UsageError("--choose writes revised plans: say where with --out DIR")
    result = rtplan.department(folder, command=command_line(), **question(options))
    emit(result, options, notes=result.notes)
    if choose:
        _write_revised(folder, result, options)


def _write_revised(folder: Path, result: Any, options: dict[str, Any]) -> None:
    """One revised plan a patient, under the name of the file it follows."""
    from rtplan.library.read import checksum
    from rtplan.planning import artefact
    from rtplan.questions.department import Patient
    from rtplan.report.formats.files import write_files
    from rtplan.report.formats.json import dumps

    made: dict[str, str | bytes] = {}
    for entry in result.served:
        path = folder / f"{entry.id}.json"
        try:
            plan = artefact.read(path)
        except RtplanError:
            continue
        revised = result.revised(Patient(id=entry.id, plan=plan, sha256=checksum(path)))
        if revised is not None:
            made[f"{entry.id}-r{revised.revision.number}.json"] = dumps(revised.document())
    for path in write_files(options["out"], made, force=options["force"]):
        click.echo(visible(str(path)))


__all__ = ["command"]
