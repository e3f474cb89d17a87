"""The door: parse, call one function, write. Files, the clock and exit codes live here and nowhere else."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from rtplan import __version__
from rtplan.errors import RtplanError, visible

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["main"]

COMMANDS = {
    "plan": ("plan", "A course on the calendar, its chemotherapy cycles and its doses (the main job)."),
    "dose": ("dose", "BED and EQD2 of regimens at once."),
    "compare": ("compare", "Low-dose against standard-dose regimens."),
    "missed": ("missed", "What missed fractions cost, and the ranked ways to compensate."),
    "starts": ("starts", "Which start dates serve best."),
    "department": ("department", "Who is treated when a machine is down."),
    "workdays": ("workdays", "Open and closed days of a clinic, each with its reason."),
    "cohort": ("cohort", "Many courses: planned against delivered, deviations, by month, clinic and arm."),
    "validate": ("validate", "Published cases: theirs beside ours."),
    "verify": ("verify", "A plan.json recomputed, and the hand-check sheet."),
    "list": ("listing", "Shipped protocols, regimens, tissues, clinics, chemotherapy."),
    "init": ("init", "A clinic's own file, by asking."),
    "completion": ("completion", "Completion for bash, zsh or fish."),
    "serve": ("serve", "The page one clicks, for this machine only."),
    "guide": ("guide", "The guide: its topics, or one of them."),
}

LONGEST_NAME = 80
"""Signs of a file name that a message repeats."""

LONGEST_LINE = 4000
"""Signs of a line of a message."""


class Refused(click.ClickException):
    """A refusal: one clear sentence a problem, exit code 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        for line in self.message.split("\n"):
            click.echo(f"rtplan: {said(line)}", file=file or sys.stderr)


def said(line: str) -> str:
    """One line of a message as it may stand on a terminal: what is very long is cut."""
    line = visible(line)
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """What click has to say may repeat what was typed: its control signs are written out."""
    try:
        yield
    except Refused:
        raise
    except click.ClickException as error:
        vars(error)["message"] = "\n".join(map(said, error.message.split("\n")))
        raise


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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by name, none of them loaded for it."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=about) for name, (_, about) in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not ctx.resilient_parsing and not args[0].startswith("-"):
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
            with _plainly():
                return super().invoke(ctx)
        except RtplanError as error:
            raise Refused(str(error)) from None

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The words of the group itself."""
        with _plainly():
            return super().make_context(info_name, args, parent, **extra)

    def main(self, *args: Any, **options: Any) -> Any:
        """The edge: streams that take every sign, and one sentence where something cannot be written or read."""
        _open_streams()
        try:
            try:
                return super().main(*args, **options)
            finally:
                sys.stdout.flush()
        except OSError as error:
            _give_up(error)
            sys.exit(1)


def _open_streams() -> None:
    """Streams that exist and take every sign: UTF-8 where the locale's encoding would not.

    A stdout that the caller closed fails when it is written to, as it should; a closed stderr swallows.
    """
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            utf = codecs.lookup(stream.encoding).name.startswith("utf-")
            stream.reconfigure(encoding=stream.encoding if utf else "utf-8", errors="backslashreplace")


def _give_up(error: OSError) -> None:
    """One sentence on stderr; none where the reader of a pipe has gone. What is still buffered is let go."""
    if not isinstance(error, BrokenPipeError):
        name = str(error.filename) if error.filename is not None else "standard output"
        name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
        with contextlib.suppress(OSError):
            click.echo(f"rtplan: {visible(name)} cannot be read or written: {error.strerror or error}", err=True)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="rtplan")
def main() -> None:
    """Radiotherapy fractionation and scheduling on real calendars.

    Example: rtplan plan --start 2026-02-02

    A calculation aid whose results a qualified physicist checks independently. Not a medical device.
    """
