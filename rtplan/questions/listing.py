"""What is shipped of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rtplan.answer import Answer, Kind
from rtplan.errors import DomainError, shown
from rtplan.library import catalogue
from rtplan.note import Note

__all__ = [
    "LISTS",
    "Listing",
    "listing",
]


LISTS = ("protocols", "regimens", "tissues", "clinics", "chemo", "sites", "records")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Answer):
    """All shipped values of one sort. of: protocols, regimens, tissues, clinics, chemo, sites or records."""

    kind: ClassVar[Kind] = "list"

    of: str
    items: tuple[Any, ...]
    notes: tuple[Note, ...] = ()


def listing(of: str) -> Listing:
    """What is shipped of one of `LISTS`.

    >>> len(listing("regimens").items) > 40
    True
    """
    if of not in LISTS:
        raise DomainError(f"there are lists of {', '.join(LISTS)}, got {shown(of)}")
    if of == "regimens":
        return Listing(of=of, items=tuple(catalogue.load_regimens().values()))
    if of == "tissues":
        return Listing(of=of, items=tuple(catalogue.load_tissues().values()))
    if of == "sites":
        return Listing(of=of, items=tuple(catalogue.load_sites().values()))
    load: Any = {
        "protocols": catalogue.load_protocol,
        "clinics": catalogue.load_clinic,
        "chemo": catalogue.load_chemo,
        "records": catalogue.load_record_format,
    }[of]
    notes = (Note(code="country-codes", severity="info"),) if of == "clinics" else ()
    return Listing(of=of, items=tuple(load(name) for name in catalogue.names(of)), notes=notes)
