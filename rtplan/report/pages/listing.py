"""What is shipped, as sections: each entry with its sources and their flags."""

from __future__ import annotations

from typing import Any

from rtplan.clinic.holidays import known_through
from rtplan.note import Source
from rtplan.prescription.prescription import Regimen
from rtplan.questions.listing import Listing
from rtplan.radiobiology.tissue import Tissue
from rtplan.report.blocks import Cell, Facts, Notes, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.language import ENGLISH, Words
from rtplan.report.tissues import in_short, sources
from rtplan.report.wording import reading

__all__ = [
    "build",
    "listing_table",
]


def build(listing: Listing, told: Words = ENGLISH) -> Report:
    """One table, the sources below it, and notes."""
    full = listing_table(listing, told)
    shown = Table(name="shown", columns=full.columns[:-1], rows=tuple(row[:-1] for row in full.rows))
    read = Facts(items=tuple((item.name, _sources(listing.of, item)) for item in listing.items))
    sections = [
        Section(key=listing.of, heading=told(listing.of.capitalize()), blocks=(shown,)),
        Section(key="sources", heading=told("Sources"), blocks=(read,)),
        Section(key="notes", heading=told("Notes"), blocks=(Notes(notes=listing.notes),) if listing.notes else ()),
        Section(key="all", heading=told("All in one table"), blocks=(full,), terminal=False),
    ]
    return Report(
        title=told("Shipped %(kind)s", kind=told(listing.of)),
        subtitle=told.count(
            len(full.rows),
            "%(count)s entry, each source with how the value is known",
            "%(count)s entries, each source with how the value is known",
        ),
        sections=tuple(section for section in sections if section.blocks),
    )


def listing_table(listing: Listing, told: Words = ENGLISH) -> Table:
    """Name, what it is, what is not verified, sources."""
    kind = listing.of
    rows = tuple((item.name, item.label, *_ROWS[kind](item, told), _sources(kind, item)) for item in listing.items)
    found = columns(told, "name", "what", *_COLUMNS[kind], "sources", tables=("list",))
    return Table(name="list", columns=found, rows=rows)


_COLUMNS = {
    "regimens": ("prescription", "not_verified"),
    "tissues": ("parameters", "for_calculation"),
    "clinics": ("country", "announced_through", "worked_weekends"),
    "protocols": ("prescription", "chemotherapy"),
    "chemo": ("cycles", "drugs"),
    "records": ("a_row_is", "columns_read"),
}


def _sources(kind: str, item: Any) -> tuple[Source, ...]:
    """Every source of an entry, each once."""
    if kind == "tissues":
        return sources(item)
    if kind == "clinics":
        return tuple(dict.fromkeys((item.source, item.worked_weekends_source, *(n.source for n in item.notices))))
    return tuple(dict.fromkeys(item.sources if kind in ("regimens", "protocols") else (item.source,)))


def _regimen(item: Regimen, told: Words) -> tuple[Cell, ...]:
    why = item.not_for_calculation
    said = reading(item.prescription, told) if item.prescription else told("not for calculation: %(why)s", why=why)
    return said, ", ".join(map(told, item.unverified)) or "–"


def _tissue(item: Tissue, told: Words) -> tuple[Cell, ...]:
    return in_short(item, told), told("no: %(why)s", why=item.obstacle) if item.obstacle else told("yes")


def _clinic(item: Any, told: Words) -> tuple[Cell, ...]:
    country = f"{item.country}-{item.subdivision}" if item.subdivision else item.country or told("no public holidays")
    through = known_through(item)
    return country, through.isoformat() if through else told("no yearly decision"), told(item.worked_weekends)


def _protocol(item: Any, told: Words) -> tuple[Cell, ...]:
    return reading(item.prescription, told), item.chemo or told("none")


def _chemo(item: Any, told: Words) -> tuple[Cell, ...]:
    drugs = ", ".join(dict.fromkeys(told(drug.name) for drug in item.drugs)) or told("not stated")
    return item.total_cycles, drugs


def _record_format(item: Any, told: Words) -> tuple[Cell, ...]:
    row = {"fractions": told("a fraction"), "fields": told("a field")}[item.rows]
    return row, ", ".join(item.columns)


_ROWS: dict[str, Any] = {
    "regimens": _regimen,
    "tissues": _tissue,
    "clinics": _clinic,
    "protocols": _protocol,
    "chemo": _chemo,
    "records": _record_format,
}
