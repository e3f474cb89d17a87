"""The one way from names to regions: tissues, bare alpha/beta, organs with their stated dose, a user's own file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from rtplan.errors import ConfigError, DomainError, did_you_mean
from rtplan.note import Note, Phrase, Source
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

if TYPE_CHECKING:
    from rtplan.library.protocol import RegionSpec
    from rtplan.library.site import Site

__all__ = [
    "HIGHEST_ALPHA_BETA",
    "LOWEST_ALPHA_BETA",
    "Tissues",
    "bare_tissue",
    "refreshed",
    "regions_of",
    "several",
    "specified",
    "stated_regions",
    "tissue_file_notes",
    "tissue_named",
    "with_ranges",
]


LOWEST_ALPHA_BETA, HIGHEST_ALPHA_BETA = 0.1, 100.0
"""Bare values of α/β that are taken [Gy]: published estimates lie well inside. Design default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissues:
    """The user's words for what is evaluated. ranges: also the ends of published intervals.

    of_site: the tissues are the site's, and nobody named them.
    """

    tissues: tuple[str, ...] = ()
    alpha_betas: tuple[float, ...] = ()
    regions: tuple[str, ...] = ()
    tissue_file: str | None = None
    ranges: bool = False
    of_site: bool = False


def several(value: Any) -> tuple[Any, ...]:
    """One value or several, as several.

    >>> several("generic-late"), several([10.0, 3.0])
    (('generic-late',), (10.0, 3.0))
    """
    return (value,) if isinstance(value, str | int | float) else tuple(value)


_ORDER = {"tumour": 0, "late": 1, "acute": 2}


def regions_of(default: Sequence[Region], asked: Tissues, name_of: Callable[[Tissue], str]) -> tuple[Region, ...]:
    """The regions to answer for, by kind; organs with a stated dose at the end, as they were given.

    A bare alpha/beta replaces the default ones; a named tissue, at 100 % of prescription under the name that
    ``name_of`` gives it, replaces the default of its kind. Raises ConfigError for a tissue that is not known.
    """
    regions = [] if asked.alpha_betas else list(refreshed(default, asked.tissue_file))
    if asked.tissues:
        from rtplan.library import catalogue

        known = catalogue.load_tissues(asked.tissue_file)
        named = [_usable(tissue_named(name, known)) for name in asked.tissues]
        kinds = {tissue.kind for tissue in named}
        regions = [region for region in regions if region.tissue.kind not in kinds]
        regions += [Region(name=name_of(tissue), tissue=tissue) for tissue in dict.fromkeys(named)]
        regions.sort(key=lambda region: _ORDER[region.tissue.kind])
    bare = dict.fromkeys(asked.alpha_betas)
    regions += [Region(name=f"α/β {value:g}", tissue=bare_tissue(value)) for value in bare]
    return _each_once((*regions, *stated_regions(asked.regions, asked.tissue_file)), asked.regions)


def specified(specs: Sequence[RegionSpec], tissue_file: str | None, place: str) -> tuple[Region, ...]:
    """The regions that a protocol names; ConfigError names the place of one whose tissue is not known."""
    from rtplan.library import catalogue

    tissues = catalogue.load_tissues(tissue_file)
    for spec in specs:
        tissue_named(spec.tissue, tissues, place.format(spec.name))
    return tuple(_region(spec, tissues) for spec in specs)


def with_ranges(
    regions: Sequence[Region],
    named: Sequence[str] = (),
    tissue_file: str | None = None,
    site: Site | None = None,
) -> tuple[tuple[Region, ...], tuple[Note, ...]]:
    """The regions for a range: with their published intervals, and the tumour under each parameter set.

    The sets are the named ones, else those of the site, beside the generic one, and the tumours of the user's file. The
    notes say which sets are left out. `ranges.expand` then gives each region its variants.
    """
    from rtplan.library import catalogue
    from rtplan.radiobiology.intervals import range_notes, side_by_side

    tissues = catalogue.load_tissues(tissue_file)
    bare = [region.name for region in regions if region.tissue.name not in tissues]
    if bare:
        raise DomainError(f"a range needs parameter sets with a name, not only {bare[0]}: give --tissue")
    known = [replace(region, tissue=tissues[region.tissue.name]) for region in regions]
    if named:
        sets = [tissue_named(name, tissues) for name in named]
    else:
        own = catalogue.tissues_of(tissue_file) if tissue_file else {}
        of_site = (*site.tissues, "generic-tumour") if site is not None else ()
        names = dict.fromkeys([*of_site, *(name for name, tissue in own.items() if tissue.kind == "tumour")])
        sets = [tissues[name] for name in names]
    found = side_by_side(known, sets)
    return found, range_notes(found, sets)


def refreshed(regions: Sequence[Region], tissue_file: str | None, *, shipped: bool = False) -> tuple[Region, ...]:
    """The regions with the tissues that the user's file overrides. shipped: the others as the shipped file has them."""
    if tissue_file is None and not shipped:
        return tuple(regions)
    from rtplan.library import catalogue

    own = catalogue.load_tissues(tissue_file) if shipped else catalogue.tissues_of(str(tissue_file))
    return tuple(replace(region, tissue=own.get(region.tissue.name, region.tissue)) for region in regions)


def tissue_file_notes(tissue_file: str | None) -> tuple[Note, ...]:
    """Which tissues the user's file adds, and which shipped ones it overrides, with the values that differ."""
    if tissue_file is None:
        return ()
    from rtplan.library import catalogue

    shipped, own = catalogue.load_tissues(), catalogue.tissues_of(tissue_file)
    return tuple(_own_tissue(tissue, shipped.get(name)) for name, tissue in own.items())


def _own_tissue(tissue: Tissue, shipped: Tissue | None) -> Note:
    if shipped is None:
        return Note(
            code="tissue-added",
            severity="info",
            values={"tissue": tissue.name, "alpha_beta_gy": tissue.alpha_beta, "source": tissue.source.text},
        )
    changed = [item.name for item in fields(Tissue) if getattr(tissue, item.name) != getattr(shipped, item.name)]
    return Note(
        code="tissue-overridden",
        severity="warning",
        values={
            "tissue": tissue.name,
            "alpha_beta_gy": tissue.alpha_beta,
            "shipped_gy": shipped.alpha_beta,
            "changed": ", ".join(changed) or Phrase(code="nothing"),
        },
    )


def stated_regions(texts: Sequence[str], tissue_file: str | None = None) -> tuple[Region, ...]:
    """Organs with their stated dose: ``spinal cord=42.3Gy Dmax``."""
    if not texts:
        return ()
    from rtplan.library import catalogue

    tissues = catalogue.load_tissues(tissue_file)
    return _each_once([_region(_stated(text, tissues), tissues) for text in texts], texts)


def _each_once(regions: Sequence[Region], texts: Sequence[str]) -> tuple[Region, ...]:
    """The regions; DomainError where one given by --region stands there already, with another dose or the same."""
    names = [region.name.casefold() for region in regions]
    for text, region in zip(texts, regions[len(regions) - len(texts) :], strict=True):
        if names.count(region.name.casefold()) > 1:
            raise DomainError(f"--region {text!r}: there is a region {region.name!r} already, give each one once")
    return tuple(regions)


def bare_tissue(alpha_beta: float) -> Tissue:
    """A tissue of which only the alpha/beta is known, from the user: no time factor, complete repair."""
    if not LOWEST_ALPHA_BETA <= alpha_beta <= HIGHEST_ALPHA_BETA:
        low, high = LOWEST_ALPHA_BETA, HIGHEST_ALPHA_BETA
        raise DomainError(f"--alpha-beta must lie from {low:g} to {high:g} Gy, got {alpha_beta}")
    return Tissue(
        name=f"alpha/beta {alpha_beta:g}",
        label=f"α/β {alpha_beta:g} Gy",
        kind="tumour",
        alpha_beta=alpha_beta,
        source=Source(text="given by the user", known="stated"),
    )


def tissue_named(name: str, tissues: dict[str, Tissue], place: str = "tissue") -> Tissue:
    """A tissue by name; ConfigError names the place it is named in, and the nearest known one."""
    if name in tissues:
        return tissues[name]
    raise ConfigError(place, [f"there is no tissue {name!r}; {did_you_mean(name, tissues, cutoff=0.5)}"])


def _usable(tissue: Tissue) -> Tissue:
    if tissue.obstacle:
        raise DomainError(f"tissue {tissue.name!r} cannot be calculated with: {tissue.obstacle}")
    return tissue


def _region(spec: RegionSpec, tissues: dict[str, Tissue]) -> Region:
    return Region(
        name=spec.name,
        tissue=_usable(tissue_named(spec.tissue, tissues)),
        target=spec.target,
        stated_dose_gy=spec.stated_dose_gy,
        metric=spec.metric,
        shares=spec.shares,
        organ=spec.organ,
    )


def _stated(text: str, tissues: dict[str, Tissue]) -> RegionSpec:
    """``spinal cord=42.3Gy`` or ``4230cGy``, optionally with the metric: ``lung=18Gy mean``."""
    import re

    match = re.fullmatch(r"\s*([^=]+?)\s*=\s*([0-9.eE+-]+)\s*(c?gy\b|%)?\s*(.*?)\s*", text, flags=re.IGNORECASE)
    if match is None:
        raise DomainError(f'--region takes NAME=DOSEGy [metric], such as "spinal cord=42.3Gy Dmax", got {text!r}')
    name, figure, unit, metric = match.groups()
    try:
        value = float(figure)
    except ValueError:
        raise DomainError(f"--region {text!r}: {figure!r} is not a number") from None
    unit = (unit or "").lower()
    if unit not in ("gy", "cgy"):
        raise DomainError(
            f"--region {text!r}: give the dose over the whole prescription in Gy, "
            f"such as {_dose_hint(figure, value, bare=not unit and not metric)}"
        )
    _refuse_second(text, metric)
    tissue = tissue_named(name.lower().replace(" ", "-"), tissues)
    dose = value / 100.0 if unit == "cgy" else value
    from rtplan.library.protocol import RegionSpec

    return RegionSpec(name=name, tissue=tissue.name, stated_dose_gy=dose, metric=metric)


def _refuse_second(text: str, metric: str) -> None:
    """One --region names one region: what stands in its metric would be lost without a word."""
    import re

    if "=" in metric or re.search(r"(?<![A-Za-z0-9.])[0-9][0-9.]*\s*c?gy\b", metric, flags=re.IGNORECASE):
        raise DomainError(f"--region {text!r} names more than one dose: give --region once for each region")


def _dose_hint(figure: str, value: float, *, bare: bool) -> str:
    """The user's own figure only where no other unit can be meant by it; a figure in the thousands is cGy."""
    if bare and 1.0 < value < 150.0:
        return f"{figure}Gy"
    if bare and 500.0 <= value < 15000.0:
        return f"{value / 100.0:g}Gy (or {figure}cGy)"
    return "42.3Gy"
