"""`rtplan list`: what is shipped, with sources and flags."""

from __future__ import annotations

from typing import Any

import click

from rtplan.cli.options import Command, emit, output_options

KINDS = ("protocols", "regimens", "tissues", "clinics", "chemo", "sites", "records")
"""What there are lists of. A test holds that these are those of `rtplan.questions.listing`."""


@click.command("list", cls=Command)
@click.argument("kind", type=click.Choice(KINDS))
@output_options
def command(kind: str, **options: Any) -> None:
    """Shipped protocols, regimens, tissues, clinics, chemotherapy, sites or record formats, with sources and flags.

    Example: rtplan list regimens
    """
    import rtplan

    emit(rtplan.listing(kind), options)
