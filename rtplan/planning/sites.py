"""What a chosen site says about a course: tumour set, limits, and what then has to be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rtplan.clinic.limits import Limits
from rtplan.library.site import Site
from rtplan.note import Note, Phrase, Value
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

if TYPE_CHECKING:
    from rtplan.planning.inputs import PlanInputs

__all__ = [
    "PRICE_NOT_KNOWN",
    "alternatives",
    "category_notes",
    "limits_for",
    "on_site",
    "price_notes",
    "set_notes",
    "site_named",
    "timed_sets",
    "tumour_of",
]


PRICE_NOT_KNOWN = "time-price-not-known"
"""Code of the note that no tumour region has a time factor."""


_OF_CEILING = ("ceiling_gy", "ceiling_share", "no_change_above_gy")
_OF_INTERVAL = ("interval_days", "interval_h")


def site_named(name: str, place: str = "--site") -> Site | None:
    """The profile of a site; None for no name. ConfigError where there is no such site, with the nearest."""
    from rtplan.library import catalogue

    return catalogue.load_site(name, place) if name else None


def timed_sets(site: Site | None, tissue_file: str | None = None) -> tuple[Tissue, ...]:
    """The site's tumour sets that can be calculated with and have a time factor, the one to charge first.

    >>> [tissue.name for tissue in timed_sets(site_named("prostate"))], timed_sets(site_named("cervix"))
    (['voyant-prostate'], ())
    """
    if site is None or not site.tissues:
        return ()
    from rtplan.library import catalogue

    known = catalogue.load_tissues(tissue_file)
    sets = (known[name] for name in site.tissues)
    return tuple(tissue for tissue in sets if tissue.has_time_factor and not tissue.obstacle)


def alternatives(site: str, regions: Sequence[Region]) -> tuple[Tissue, ...]:
    """Tumour sets with a time factor of the same site: the course's, else those that its own sets stand for.

    None where neither names a site: sets of other tumours say nothing of this one.
    """
    from rtplan.library import catalogue

    known = catalogue.load_tissues()
    own = [known.get(region.tissue.name, region.tissue) for region in regions if region.tissue.kind == "tumour"]
    sites = {site} if site else {name for tissue in own for name in tissue.sites}
    sets = (tissue for tissue in known.values() if tissue.kind == "tumour" and sites & set(tissue.sites))
    return tuple(tissue for tissue in sets if tissue.has_time_factor and not tissue.obstacle)


def limits_for(limits: Limits, site: Site | None, stated: frozenset[str]) -> Limits:
    """Limits with what the site says where nobody stated it. stated: keys that the clinic's file states."""
    if site is None:
        return limits
    found: dict[str, Any] = {}
    if limits.category is None and site.category is not None:
        found |= {"category": site.category, "category_source": site.category_source}
    if limits.overall_time_days is None and site.overall_time_days is not None:
        found |= {"overall_time_days": site.overall_time_days, "overall_time_source": site.overall_time_source}
    found |= {key: getattr(site, key) for key in (*_OF_CEILING, *_OF_INTERVAL) if key not in stated}
    return replace(limits, **found)


def price_notes(regions: Sequence[Region], site: Site | None) -> tuple[Note, ...]:
    """Said wherever no tumour of an answer has a time factor: what a longer time costs is then not known.

    >>> [note.code for note in price_notes((), None)]
    ['time-price-not-known']
    """
    if any(region.tissue.kind == "tumour" and region.tissue.has_time_factor for region in regions):
        return ()
    values: dict[str, Value] = {}
    if site is not None and (sets := timed_sets(site)):
        values = {"site": site.name, "sets": tuple(tissue.name for tissue in sets)}
    elif site is not None:
        values = {"site": site.name, "why": site.tissues_source.text}
    return (Note(code=PRICE_NOT_KNOWN, severity="warning", values=values),)


def set_notes(regions: Sequence[Region], site: Site | None) -> Iterator[Note]:
    """Said where a tumour is charged with a set that stands for other sites than the one that is named."""
    tissues = dict.fromkeys(region.tissue for region in regions if region.tissue.kind == "tumour")
    for tissue in tissues:
        if site is not None and tissue.sites and site.name not in tissue.sites:
            values: dict[str, Value] = {"tissue": tissue.name, "sites": tissue.sites, "site": site.name}
            yield Note(code="set-of-other-site", severity="warning", values=values)


def category_notes(site: Site | None, category: int | None, by: str) -> Iterator[Note]:
    """Said where the site's category is another than the one that somebody stated, and therefore decides nothing.

    by: who stated it, as a code: "the-option", "the-protocol", "the-clinic".
    """
    if site is not None and site.category is not None and category not in (None, site.category):
        values: dict[str, Value] = {
            "site": site.name,
            "site_category": site.category,
            "category": category,
            "by": Phrase(code=by),
        }
        yield Note(code="site-category-differs", severity="warning", values=values)


def on_site(inputs: PlanInputs, site: Site) -> PlanInputs:
    """A plan's inputs with a site that was not known, or another one, when it was made.

    Sets that the plan was given by name stay: only the tumour without a time factor, and the sets and limits that the
    plan had from its own site, are those of the new one. A category that somebody stated stays, and is named.
    """
    before = site_named(inputs.site)
    kept = Limits()
    from_site = before is not None and inputs.limits.category_source == before.category_source
    limits = inputs.limits
    if from_site:
        limits = replace(limits, category=None, category_source=kept.category_source)
    if before is not None and limits.overall_time_source == before.overall_time_source:
        limits = replace(limits, overall_time_days=None, overall_time_source=kept.overall_time_source)
    keys = (*_OF_CEILING, *_OF_INTERVAL)
    usual = before or kept
    stated = frozenset(key for key in keys if getattr(limits, key) not in (getattr(usual, key), getattr(kept, key)))
    regions = tuple(_region_on(region, before, site) for region in inputs.regions)
    outdated = (PRICE_NOT_KNOWN, "site-category-differs", "site-differs", "set-of-other-site")
    notes = [note for note in inputs.assumptions if note.code not in outdated]
    notes += category_notes(site, limits.category, "the-plan")
    notes += (*set_notes(regions, site), *price_notes(regions, site))
    if before is not None and before.name != site.name:
        values: dict[str, Value] = {"site": site.name, "other": before.name, "by": Phrase(code="the-plan")}
        notes.append(Note(code="site-differs", severity="warning", values=values))
    return replace(
        inputs,
        site=site.name,
        regions=regions,
        limits=limits_for(limits, site, stated),
        assumptions=tuple(notes),
    )


def _region_on(region: Region, before: Site | None, site: Site) -> Region:
    if region.tissue.kind != "tumour" or not _from_nobody(region.tissue, before):
        return region
    return replace(region, tissue=tumour_of(site))


def _from_nobody(tissue: Tissue, before: Site | None) -> bool:
    """Is it the generic tumour, or the set that the plan's own site charged?"""
    own = timed_sets(before)[:1]
    return tissue.name == "generic-tumour" or tissue.name in [found.name for found in own]


def tumour_of(site: Site | None, tissue_file: str | None = None) -> Tissue:
    """The tumour set that a site charges; the generic tumour, without a time factor, where it has none."""
    from rtplan.library import catalogue

    sets = timed_sets(site, tissue_file)
    return sets[0] if sets else catalogue.load_tissues(tissue_file)["generic-tumour"]
