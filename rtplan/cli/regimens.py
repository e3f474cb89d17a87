"""Regimens as the commands take them: notation, or the name of a shipped regimen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rtplan.errors import DomainError
from rtplan.prescription import notation
from rtplan.prescription.notation import LOWEST_DOSE_GY
from rtplan.prescription.prescription import HIGHEST_DOSE_GY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rtplan.note import Note
    from rtplan.prescription.prescription import Prescription
    from rtplan.radiobiology.region import Region
    from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "about_tissues",
    "dose_per_fraction",
    "each_once",
    "files_of",
    "prescription_of",
    "refuse_split",
    "regions_of",
]


def refuse_split(words: Sequence[str]) -> None:
    """A regimen with blanks that the shell has split is a mistake of use, not of notation."""
    for word in words:
        weekly = word.endswith("/week") and word.count("/") == 1
        if weekly or word in ("+", "x", "×", "/", "@", "bid", "Gy", "cGy"):
            raise click.UsageError(
                f"{word!r} stands alone: put a regimen with blanks in quotes, such as '41.4/23 + 27/18 bid'"
            )


def dose_per_fraction(text: str) -> float:
    """The dose of --dose-per-fraction in Gy, within what a notation may give."""
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


def prescription_of(text: str) -> Prescription:
    """The prescription of a notation, read without any file, or of a shipped regimen."""
    if notation.looks_like_notation(text):
        return notation.parse(text)
    from rtplan.planning.resolve import named_prescription

    return named_prescription(text)


def regions_of(
    default: Sequence[Region],
    tissues: Sequence[str],
    alpha_betas: Sequence[float],
    stated: Sequence[str],
    tissue_file: str | None,
) -> tuple[Region, ...]:
    """The regions to answer for.

    A bare alpha/beta replaces the default ones; a named tissue replaces the default of its kind; organs with a stated
    dose are added.
    """
    from rtplan.radiobiology.region import Region

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


def about_tissues(regions: Sequence[Region], options: Mapping[str, Any]) -> tuple[tuple[Region, ...], tuple[Note, ...]]:
    """The regions, expanded where a range is asked for, and what has to be said of the user's file and of the range."""
    notes: tuple[Note, ...] = ()
    if options["tissue_file"]:
        from rtplan.planning.resolve import tissue_file_notes

        notes = tissue_file_notes(options["tissue_file"])
    if not options["ranges"]:
        return tuple(regions), notes
    from rtplan.planning.resolve import with_ranges
    from rtplan.radiobiology.intervals import expand

    found, said = with_ranges(regions, options["tissue"], options["tissue_file"])
    return expand(found), (*notes, *said)


def each_once(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Notes without those that say the same."""
    return tuple({note.message: note for note in notes}.values())


_ORDER = {"tumour": 0, "late": 1, "acute": 2}


def _region_name(tissue: Tissue) -> str:
    if tissue.kind == "tumour":
        return "tumour"
    generic = {"generic-late": "late tissue", "generic-acute": "acute tissue"}
    return generic.get(tissue.name, f"{tissue.label} at 100 % of prescription")


def files_of(
    name: str, wanted: Sequence[str] | None, writers: Mapping[str, Callable[[], str]]
) -> dict[str, str | bytes]:
    """The wanted kinds (None: all) of an answer's files; an unknown kind is a mistake of use."""
    for kind in wanted or ():
        if kind not in writers:
            raise click.UsageError(f"--only takes {', '.join(writers)} here, got {kind!r}")
    return {f"{name}.{kind}": writers[kind]() for kind in (wanted or writers)}
