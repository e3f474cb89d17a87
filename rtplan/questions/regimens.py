"""Regimens and regions as a question names them: notation or the name of a shipped regimen, tissues, organs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rtplan.errors import DomainError
from rtplan.note import Note
from rtplan.planning.regions import Tissues, regions_of, tissue_file_notes, with_ranges
from rtplan.prescription import notation
from rtplan.prescription.notation import LOWEST_DOSE_GY
from rtplan.prescription.prescription import HIGHEST_DOSE_GY, Prescription
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

if TYPE_CHECKING:
    from rtplan.library.site import Site

__all__ = [
    "about_tissues",
    "dose_per_fraction",
    "prescription_of",
    "regions_for",
]


def dose_per_fraction(text: str | float) -> float:
    """The dose of --dose-per-fraction in Gy, within what a notation may give."""
    text = text if isinstance(text, str) else repr(float(text))
    low, high = LOWEST_DOSE_GY, HIGHEST_DOSE_GY
    try:
        dose = float(text)  # 1e-9 too, in which a notation sees a minus sign
    except ValueError:
        dose = 0.0
    if dose <= 0 or low <= dose <= high:
        dose = notation.parse_dose(text, "--dose-per-fraction")
    if not low <= dose <= high:
        raise DomainError(f"--dose-per-fraction must lie from {low} to {high} Gy, got {text}")
    return dose


def prescription_of(text: str | Prescription) -> Prescription:
    """The prescription of a notation, read without any file, or of a shipped regimen; one that is given stays."""
    if isinstance(text, Prescription):
        return text
    if not isinstance(text, str):
        raise DomainError(f"a regimen is a name, a notation or a prescription, got {text!r}")
    if notation.looks_like_notation(text):
        return notation.parse(text)
    from rtplan.planning.resolve import named_prescription

    return named_prescription(text)


def regions_for(default: Sequence[Region], asked: Tissues) -> tuple[Region, ...]:
    """The regions to answer for: the default ones, or what was asked."""
    return regions_of(default, asked, _region_name)


def about_tissues(
    regions: Sequence[Region], asked: Tissues, site: Site | None = None
) -> tuple[tuple[Region, ...], tuple[Note, ...]]:
    """The regions, expanded where a range is asked for, and what has to be said of the user's file and of the range."""
    notes: tuple[Note, ...] = ()
    if asked.tissue_file:
        notes = tissue_file_notes(asked.tissue_file)
    if not asked.ranges:
        return tuple(regions), notes
    from rtplan.radiobiology.intervals import expand

    found, said = with_ranges(regions, () if asked.of_site else asked.tissues, asked.tissue_file, site)
    return expand(found), (*notes, *said)


def _region_name(tissue: Tissue) -> str:
    if tissue.kind == "tumour":
        return "tumour"
    generic = {"generic-late": "late tissue", "generic-acute": "acute tissue"}
    return generic.get(tissue.name, f"{tissue.label} at 100 % of prescription")
