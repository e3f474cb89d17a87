"""The door: parse, call one function, write. Files, the clock and exit codes live here and nowhere else."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from rtplan import __version__
from rtplan.errors import RtplanError

__all__ = ["main"]

COMMANDS = {
    "plan": ("plan", "A course on the calendar, its chemotherapy cycles and its doses (the main job)."),
    "dose": ("dose", "BED and EQD2 of regimens at once."),
    "compare": ("compare", "Low-dose against standard-dose regimens."),
    "missed": ("missed", "What missed fractions cost, and the ranked ways to compensate."),
    "starts": ("starts", "Which start dates serve best."),
    "workdays": ("workdays", "Open and closed days of a clinic, each with its reason."),
    "validate": ("validate", "Published cases: theirs beside ours."),
    "list": ("listing", "Shipped protocols, regimens, tissues, clinics, chemotherapy."),
}


class Refused(click.ClickException):
    """A refusal: one clear sentence a problem, exit code 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        for line in self.message.splitlines():
            click.echo(f"rtplan: {line}", file=file or sys.stderr)


class Lazy(click.Group):
    """Loads a command's module when it is asked for, and turns refusals into exit code 1 in this one place."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["rtplan.words"] = list(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"rtplan.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; commands: {', '.join(COMMANDS)}"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RtplanError as error:
            raise Refused(str(error)) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="rtplan")
def main() -> None:
    """Radiotherapy fractionation and scheduling on real calendars.

    Example: rtplan plan --start 2026-02-02

    A calculation aid whose results a qualified physicist checks independently. Not a medical device.
    """
