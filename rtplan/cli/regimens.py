"""Regimens on the command line, where the shell may have split one with blanks."""

from __future__ import annotations

from collections.abc import Sequence

import click

__all__ = [
    "refuse_split",
]


_PARTS = ("+", "x", "×", "*", "/", "@", "in", "of", "bid", "tid", "eod", "Gy", "cGy", "#", "fractions", "frs")


def refuse_split(words: Sequence[str]) -> None:
    """A regimen with blanks that the shell has split is a mistake of use, not of notation."""
    for word in words:
        weekly = word.endswith("/week") and word.count("/") == 1
        if weekly or word in _PARTS:
            raise click.UsageError(
                f"{word!r} stands alone: put a regimen with blanks in quotes, such as '41.4/23 + 27/18 bid'"
            )
