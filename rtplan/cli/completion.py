"""`rtplan completion`: the script that lets a shell complete commands, options and names; and the names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

__all__ = ["command", "names_of"]

SHELLS = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/rtplan.fish"}


def names_of(*kinds: str) -> Complete:
    """Completion of shipped names of these kinds, and of files where no name begins so."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = dict.fromkeys(name for kind in kinds for name in _names(kind, incomplete))
        matching = [name for name in found if name.startswith(incomplete)]
        return [CompletionItem(name) for name in matching] or [CompletionItem(incomplete, type="file")]

    return complete


def _names(kind: str, incomplete: str) -> Iterable[str]:
    from rtplan.library import catalogue, guide

    if kind == "topics":
        return guide.topics()
    if kind in catalogue.LISTS:
        return catalogue.names_in_list(kind)
    names = catalogue.names(kind)
    if kind == "chemo":
        return (*names, "none")
    if kind == "clinics" and incomplete and incomplete == incomplete.upper():
        return (*names, *_codes(incomplete))
    return names


def _codes(incomplete: str) -> Iterable[str]:
    """Codes of countries, and those of a country's subdivisions once its own is written."""
    from rtplan.clinic.holidays import codes, subdivisions

    country, dash, _ = incomplete.partition("-")
    known = codes()
    return [f"{country}-{part}" for part in subdivisions(country)] if dash and country in known else known


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> None:
    """Completion of commands, options and names in a shell: prints the script that sets it up.

    \b
    bash  eval "$(rtplan completion bash)"        in ~/.bashrc
    zsh   eval "$(rtplan completion zsh)"         in ~/.zshrc, after compinit
    fish  rtplan completion fish > ~/.config/fish/completions/rtplan.fish

    Example: rtplan completion bash
    """
    from click.shell_completion import get_completion_class

    from rtplan.cli import main

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(kind(main, {}, "rtplan", "_RTPLAN_COMPLETE").source())
