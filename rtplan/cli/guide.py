"""`rtplan guide`: the guide, in the terminal."""

from __future__ import annotations

import os
import sys

import click

from rtplan.cli.completion import names_of
from rtplan.cli.options import Command


@click.command("guide", cls=Command)
@click.argument("topic", required=False, shell_complete=names_of("topics"))
def command(topic: str | None) -> None:
    """The guide: its topics, or one of them. To anything but a terminal it is written as Markdown.

    Example: rtplan guide missed
    """
    from rtplan.library.guide import grouped, guide, without_header

    if topic is None:
        click.echo(_contents(grouped()))
        return
    text = guide(topic)
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(without_header(text)), width=min(console.width, 100))


def _contents(groups: dict[str, dict[str, str]]) -> str:
    room = max(len(name) for titles in groups.values() for name in titles)
    lines = ["Topics of the guide (rtplan guide TOPIC)"]
    for group, titles in groups.items():
        lines += ["", group, *(f"  {name:{room}}  {title}" for name, title in titles.items())]
    return "\n".join(lines)
