"""`rtplan list`: what is shipped, with sources and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import Command, emit, output_options
from rtplan.cli.regimens import files_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtplan.questions.listing import Listing

SCHEMA = "rtplan.list/1"
KINDS = ("protocols", "regimens", "tissues", "clinics", "chemo", "records")


@click.command("list", cls=Command)
@click.argument("kind", type=click.Choice(KINDS))
@output_options
def command(kind: str, **options: Any) -> None:
    """Shipped protocols, regimens, tissues, clinics, chemotherapy or record formats, with sources and their flags.

    Example: rtplan list regimens
    """
    listing = _listing(kind)
    emit(listing, lambda: document(listing), options, table="list", files=lambda wanted: _files(listing, wanted))


def _listing(kind: str) -> Listing:
    from rtplan.library import catalogue
    from rtplan.note import Note
    from rtplan.questions.listing import Listing

    if kind == "regimens":
        return Listing(kind=kind, items=tuple(catalogue.load_regimens().values()))
    if kind == "tissues":
        return Listing(kind=kind, items=tuple(catalogue.load_tissues().values()))
    load: Any = {
        "protocols": catalogue.load_protocol,
        "clinics": catalogue.load_clinic,
        "chemo": catalogue.load_chemo,
        "records": catalogue.load_record_format,
    }[kind]
    message = "--clinic also takes a country code of the `holidays` library, such as CN or GB-ENG"
    notes = (Note(code="country-codes", severity="info", message=message),) if kind == "clinics" else ()
    return Listing(kind=kind, items=tuple(load(name) for name in catalogue.names(kind)), notes=notes)


def document(listing: Listing) -> dict[str, Any]:
    """The JSON document of a listing: the values in full."""
    from rtplan.planning.artefact import encode

    return {
        "schema": SCHEMA,
        "kind": listing.kind,
        "items": [encode(item) | _derived(item) for item in listing.items],
        "notes": encode(listing.notes),
    }


def _derived(item: Any) -> dict[str, Any]:
    """What the table shows and no field holds."""
    obstacle = getattr(item, "obstacle", None) or getattr(item, "not_for_calculation", "")
    prescription = getattr(item, "prescription", None)
    out: dict[str, Any] = {}
    if hasattr(item, "not_for_calculation"):
        out["not_for_calculation"] = obstacle
    if hasattr(item, "prescription"):
        out["reading"] = prescription.reading if prescription else None
    return out


def _files(listing: Listing, wanted: Sequence[str] | None) -> dict[str, str | bytes]:
    from rtplan.planning.artefact import dumps
    from rtplan.report.formats.csv import to_csv
    from rtplan.report.pages.listing import listing_table

    writers = {"json": lambda: dumps(document(listing)), "csv": lambda: to_csv(listing_table(listing))}
    return files_of(listing.kind, wanted, writers)
