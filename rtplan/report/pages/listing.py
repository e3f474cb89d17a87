"""What is shipped, as sections: each entry with its sources and their flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rtplan.clinic.holidays import known_through
from rtplan.note import Source
from rtplan.prescription.prescription import Regimen
from rtplan.questions.listing import Listing
from rtplan.radiobiology.tissue import Tissue
from rtplan.report.blocks import Cell, Column, Facts, Notes, Report, Section, Table
from rtplan.report.language import gy

__all__ = [
    "build",
    "listing_table",
]


def build(listing: Listing) -> Report:
    """One table, the sources below it, and notes."""
    full = listing_table(listing)
    shown = Table(name="shown", columns=full.columns[:-1], rows=tuple(row[:-1] for row in full.rows))
    sources = Facts(items=tuple((str(row[0]), str(row[-1])) for row in full.rows))
    entries = "1 entry" if len(full.rows) == 1 else f"{len(full.rows)} entries"
    sections = [
        Section(key=listing.of, heading=listing.of.capitalize(), blocks=(shown,)),
        Section(key="sources", heading="Sources", blocks=(sources,)),
        Section(key="notes", heading="Notes", blocks=(Notes(notes=listing.notes),) if listing.notes else ()),
        Section(key="all", heading="All in one table", blocks=(full,), terminal=False),
    ]
    return Report(
        title=f"Shipped {listing.of}",
        subtitle=f"{entries}; [verified]: the value was read in the named source",
        sections=tuple(section for section in sections if section.blocks),
    )


def listing_table(listing: Listing) -> Table:
    """Name, what it is, what is not verified, sources."""
    columns = tuple(Column(key=title.lower().replace(" ", "_"), title=title) for title in _TITLES[listing.of])
    rows = tuple(_ROWS[listing.of](item) for item in listing.items)
    return Table(name="list", columns=columns, rows=rows)


_TITLES = {
    "regimens": ("Name", "What", "Prescription", "Not verified", "Sources"),
    "tissues": ("Name", "What", "Parameters", "For calculation", "Sources"),
    "clinics": ("Name", "What", "Country", "Announced through", "Worked weekends", "Sources"),
    "protocols": ("Name", "What", "Prescription", "Chemotherapy", "Sources"),
    "chemo": ("Name", "What", "Cycles", "Drugs", "Sources"),
    "records": ("Name", "What", "A row is", "Columns read", "Sources"),
}


def _sources(sources: Sequence[Source]) -> str:
    return "; ".join(f"{source.text} [{source.flag}]" for source in dict.fromkeys(sources))


def _regimen(item: Regimen) -> tuple[Cell, ...]:
    reading = item.prescription.reading if item.prescription else f"not for calculation: {item.not_for_calculation}"
    return item.name, item.label, reading, ", ".join(item.unverified) or "–", _sources(item.sources)


def _tissue(item: Tissue) -> tuple[Cell, ...]:
    parts = [f"{item.kind}, {item.model}, α/β {gy(item.alpha_beta)}"]
    sources = [item.source]
    time = item.repopulation
    if time is not None:
        rate = "no rate" if time.rate is None else f"K {time.rate:.3g} Gy/day"
        basis = {"bed": " of BED", "eqd2": " of EQD2", None: ", basis not known"}[time.basis]
        day = "no kick-off day" if time.kick_off_day is None else f"after day {time.kick_off_day:g}"
        parts.append(f"{rate}{basis} {day}")
        sources.append(time.source)
    if item.repair is not None:
        sign = "> " if item.repair.bound else ""
        parts.append("repair half-time " + " and ".join(f"{sign}{value:g} h" for value in item.repair.half_times_h))
        sources.append(item.repair.source)
    parts += [f"limit EQD2 {gy(limit.eqd2_gy)} {limit.metric} ({limit.name})" for limit in item.limits]
    sources += [limit.source for limit in item.limits]
    return (
        item.name,
        item.label,
        "; ".join(parts),
        f"no: {item.obstacle}" if item.obstacle else "yes",
        _sources(sources),
    )


def _clinic(item: Any) -> tuple[Cell, ...]:
    country = f"{item.country}-{item.subdivision}" if item.subdivision else item.country or "no public holidays"
    sources = [item.source, item.worked_weekends_source, *(notice.source for notice in item.notices)]
    through = known_through(item)
    known = through.isoformat() if through else "no yearly decision"
    return item.name, item.label, country, known, item.worked_weekends, _sources(sources)


def _protocol(item: Any) -> tuple[Cell, ...]:
    return item.name, item.label, item.prescription.reading, item.chemo or "none", _sources(item.sources)


def _chemo(item: Any) -> tuple[Cell, ...]:
    drugs = ", ".join(dict.fromkeys(drug.name for drug in item.drugs)) or "not stated"
    return item.name, item.label, item.total_cycles, drugs, _sources([item.source])


def _record_format(item: Any) -> tuple[Cell, ...]:
    row = {"fractions": "a fraction", "fields": "a field"}[item.rows]
    return item.name, item.label, row, ", ".join(item.columns), _sources([item.source])


_ROWS: dict[str, Any] = {
    "regimens": _regimen,
    "tissues": _tissue,
    "clinics": _clinic,
    "protocols": _protocol,
    "chemo": _chemo,
    "records": _record_format,
}
