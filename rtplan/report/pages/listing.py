"""What is shipped, as sections: each entry with its sources and their flags."""

from __future__ import annotations

from typing import Any

from rtplan.clinic.holidays import known_through
from rtplan.library.site import Site
from rtplan.note import KNOWN, Known, Source
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
    "clinic",
    "listing_table",
]


def build(listing: Listing, told: Words = ENGLISH) -> Report:
    """One table, the sources below it, and notes."""
    full = listing_table(listing, told)
    shown = _shown(full, listing, told)
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


_IN_FULL_ONLY = ("not_verified", "sources")
"""Columns that the terminal leaves to `--csv` and the table of everything: a line holds no more."""


def _shown(full: Table, listing: Listing, told: Words) -> Table:
    """The table of the terminal: prescriptions as one writes them, without what would not fit beside them."""
    places = [place for place, column in enumerate(full.columns) if column.key not in _IN_FULL_ONLY]
    keys = [full.columns[place].key for place in places]
    rows = tuple(
        tuple(
            _written(item, told) if key == "prescription" else row[place]
            for key, place in zip(keys, places, strict=True)
        )
        for item, row in zip(listing.items, full.rows, strict=True)
    )
    return Table(name="shown", columns=tuple(full.columns[place] for place in places), rows=rows)


def _written(item: Any, told: Words) -> Cell:
    """A prescription as total/fractions, phase after phase; what cannot be calculated with stays as it is said."""
    if item.prescription is None:
        return told("listed only")
    phases = item.prescription.phases
    return " + ".join(
        " and ".join(f"{total.dose_gy:g}" for total in phase.totals)
        + f"/{phase.n_fractions}"
        + ("bid" if phase.pattern.fractions_per_day == 2 else "")
        for phase in phases
    )


_COLUMNS = {
    "regimens": ("site", "prescription", "known", "not_verified"),
    "tissues": ("parameters", "known", "for_calculation"),
    "clinics": ("country", "announced_through", "worked_weekends"),
    "protocols": ("site", "prescription", "chemotherapy", "known"),
    "chemo": ("cycles", "drugs", "known"),
    "sites": ("tumour_sets", "category", "most_overall", "ceiling", "least_interval", "usual_organs"),
    "records": ("a_row_is", "columns_read"),
}


def _sources(kind: str, item: Any) -> tuple[Source, ...]:
    """Every source of an entry, each once."""
    if kind == "tissues":
        return sources(item)
    if kind == "clinics":
        return tuple(dict.fromkeys((item.source, item.worked_weekends_source, *(n.source for n in item.notices))))
    return tuple(dict.fromkeys(item.sources if kind in ("regimens", "protocols", "sites") else (item.source,)))


def _weakest(found: tuple[Source, ...]) -> str:
    """How the least known of several values is known: a set is no better than that."""
    order: tuple[Known, ...] = ("none", "program", "told", "stated", "read")
    return KNOWN[min((source.known or "none" for source in found), key=order.index)]


def _regimen(item: Regimen, told: Words) -> tuple[Cell, ...]:
    why = item.not_for_calculation
    said = reading(item.prescription, told) if item.prescription else told("not for calculation: %(why)s", why=why)
    return item.site, said, told(KNOWN[item.known]), ", ".join(map(told, item.unverified)) or "–"


def _tissue(item: Tissue, told: Words) -> tuple[Cell, ...]:
    known = told(_weakest(sources(item)))
    return in_short(item, told), known, told("no: %(why)s", why=item.obstacle) if item.obstacle else told("yes")


def clinic(item: Any, told: Words) -> tuple[Cell, ...]:
    """Country, last known year and worked weekends of a clinic."""
    country = f"{item.country}-{item.subdivision}" if item.subdivision else item.country or told("no public holidays")
    through = known_through(item)
    return country, through.isoformat() if through else told("no yearly decision"), told(item.worked_weekends)


def _protocol(item: Any, told: Words) -> tuple[Cell, ...]:
    first = item.sources[0] if item.sources else item.align_source
    return item.site or "–", reading(item.prescription, told), item.chemo or told("none"), told(first.flag)


def _chemo(item: Any, told: Words) -> tuple[Cell, ...]:
    drugs = ", ".join(dict.fromkeys(told(drug.name) for drug in item.drugs)) or told("not stated")
    return item.total_cycles, drugs, told(item.source.flag)


def _record_format(item: Any, told: Words) -> tuple[Cell, ...]:
    row = {"fractions": told("a fraction"), "fields": told("a field")}[item.rows]
    return row, ", ".join(item.columns)


def _site(item: Site, told: Words) -> tuple[Cell, ...]:
    longest = item.overall_time_days
    return (
        ", ".join(item.tissues) or told("none: no time factor"),
        str(item.category) if item.category is not None else told("to be stated"),
        told("%(days)s d", days=longest) if longest is not None else "–",
        told(
            "%(gy)s Gy or +%(share)s %%; none above %(most)s Gy",
            gy=f"{item.ceiling_gy:g}",
            share=f"{100 * (item.ceiling_share - 1):.0f}",
            most=f"{item.no_change_above_gy:g}",
        ),
        told("%(days)s d, %(hours)s h", days=item.interval_days, hours=f"{item.interval_h:g}"),
        ", ".join(map(told, item.organs)),
    )


_ROWS: dict[str, Any] = {
    "regimens": _regimen,
    "tissues": _tissue,
    "clinics": clinic,
    "protocols": _protocol,
    "chemo": _chemo,
    "sites": _site,
    "records": _record_format,
}
