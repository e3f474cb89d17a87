"""Regimens and regions as a question names them: notation or the name of a shipped regimen, tissues, organs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtplan.errors import DomainError
from rtplan.note import Note
from rtplan.prescription import notation
from rtplan.prescription.notation import LOWEST_DOSE_GY
from rtplan.prescription.prescription import HIGHEST_DOSE_GY, Prescription
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "Tissues",
    "about_tissues",
    "dose_per_fraction",
    "prescription_of",
    "regions_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissues:
    """The user's words for what is evaluated. ranges: also the ends of published intervals."""

    tissues: tuple[str, ...] = ()
    alpha_betas: tuple[float, ...] = ()
    regions: tuple[str, ...] = ()
    tissue_file: str | None = None
    ranges: bool = False


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


def regions_of(default: Sequence[Region], asked: Tissues) -> tuple[Region, ...]:
    """The regions to answer for.

    A bare alpha/beta replaces the default ones; a named tissue replaces the default of its kind; organs with a stated
    dose are added.
    """
    tissues, alpha_betas, stated, tissue_file = asked.tissues, asked.alpha_betas, asked.regions, asked.tissue_file
    if tissue_file:
        from rtplan.planning.resolve import refreshed

        default = refreshed(default, tissue_file)
    if not (tissues or alpha_betas or stated):
        return tuple(default)
    regions = [] if alpha_betas else list(default)
    if tissues:
        from rtplan.library.catalogue import load_tissues
        from rtplan.planning.resolve import tissue_named

        known = load_tissues(tissue_file)
        named = [tissue_named(name, known) for name in tissues]
        kinds = {tissue.kind for tissue in named}
        regions = [region for region in regions if region.tissue.kind not in kinds]
        regions += [Region(name=_region_name(tissue), tissue=tissue) for tissue in dict.fromkeys(named)]
    if alpha_betas:
        from rtplan.planning.resolve import bare_tissue

        regions += [Region(name=f"α/β {value:g}", tissue=bare_tissue(value)) for value in dict.fromkeys(alpha_betas)]
    if stated:
        from rtplan.planning.resolve import stated_regions

        regions += stated_regions(stated, tissue_file)
    return tuple(sorted(regions, key=lambda region: _ORDER[region.tissue.kind]))


def about_tissues(regions: Sequence[Region], asked: Tissues) -> tuple[tuple[Region, ...], tuple[Note, ...]]:
    """The regions, expanded where a range is asked for, and what has to be said of the user's file and of the range."""
    notes: tuple[Note, ...] = ()
    if asked.tissue_file:
        from rtplan.planning.resolve import tissue_file_notes

        notes = tissue_file_notes(asked.tissue_file)
    if not asked.ranges:
        return tuple(regions), notes
    from rtplan.planning.resolve import with_ranges
    from rtplan.radiobiology.intervals import expand

    found, said = with_ranges(regions, asked.tissues, asked.tissue_file)
    return expand(found), (*notes, *said)


_ORDER = {"tumour": 0, "late": 1, "acute": 2}


def _region_name(tissue: Tissue) -> str:
    if tissue.kind == "tumour":
        return "tumour"
    generic = {"generic-late": "late tissue", "generic-acute": "acute tissue"}
    return generic.get(tissue.name, f"{tissue.label} at 100 % of prescription")
