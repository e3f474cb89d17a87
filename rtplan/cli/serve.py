"""`rtplan serve`: the local page."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from typing import Any

import click

from rtplan.cli.options import Command
from rtplan.errors import DomainError


@click.command("serve", cls=Command)
@click.argument(
    "plan_file", metavar="[PLAN.json]", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--clinic",
    "clinics",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A clinic's own file, offered by its name. May be given several times.",
)
@click.option(
    "--plans",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of plans, for the department's page: who is treated when a machine is down.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="This machine only.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free one.")
@click.option("--language", default="en", show_default=True, help="Language that the page begins in.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open nothing.")
@click.option(
    "--accept-edited", is_flag=True, help="Take a plan.json that was changed by hand as it stands, and say so."
)
def command(plan_file: Path | None, **options: Any) -> None:
    """The page one clicks: plan, missed days, comparison, start days; for this machine only.

    With PLAN.json or --plans the page stands at an address that nobody can guess. Ctrl-C ends it.

    Example: rtplan serve
    """
    from rtplan.web.app import create_app, refuse_host

    try:
        from waitress import create_server
    except ImportError:
        raise DomainError("the page needs the extra rtplan[web]: pip install 'rtplan[web]'") from None
    refuse_host(options["host"])
    settings, prefix = _settings(plan_file, options)
    server = create_server(create_app(settings(0)), host="127.0.0.1", port=options["port"], threads=4)
    port = server.effective_port
    server.application = create_app(settings(port))
    address = f"http://127.0.0.1:{port}{prefix}/"
    click.echo(f"{address}  (Ctrl-C ends it)")
    if not options["no_browser"]:
        click.launch(address)
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()


def _settings(plan_file: Path | None, options: dict[str, Any]) -> Any:
    """Settings for a port, and the first part of every address."""
    import rtplan
    from rtplan.library.catalogue import load_clinic
    from rtplan.questions.department import folder_of
    from rtplan.report.language import languages
    from rtplan.web.answers import Loaded
    from rtplan.web.app import Settings, known_names

    if options["language"] not in languages():
        raise DomainError(f"language takes {', '.join(languages())}, got {options['language']!r}")
    own = {load_clinic(str(path.resolve())).name: str(path.resolve()) for path in options["clinics"]}
    loaded = None
    plan = rtplan.read(plan_file, accept_edited=options["accept_edited"]) if plan_file is not None else None
    people = {patient.id: patient.plan for patient in folder_of(options["plans"], {})[0]} if options["plans"] else {}
    if plan is not None or people:
        loaded = Loaded(plan=plan, name=plan_file.name if plan_file is not None else "", plans=people)
    prefix = f"/{secrets.token_urlsafe(24)}" if loaded else ""

    def of(port: int) -> Settings:
        return Settings(
            known=known_names(own, plan_loaded=plan is not None, folder_loaded=bool(people)),
            hosts=(f"127.0.0.1:{port}", f"localhost:{port}"),
            clock=lambda: dt.datetime.now(dt.UTC).replace(microsecond=0),
            loaded=loaded,
            prefix=prefix,
            language=options["language"],
        )

    return of, prefix


__all__ = ["command"]
