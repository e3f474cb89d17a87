"""How the stated dose of an organ may be spread over several phases: evenly, or as badly as the doses allow."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtplan.note import Note
from rtplan.prescription.prescription import Phase, Prescription
from rtplan.radiobiology import lq
from rtplan.radiobiology.region import Region

__all__ = [
    "Spread",
    "spread_notes",
    "worst_spread",
]


_MOST_PHASES = 6  # beyond, splits are not searched
_FINE_GY = 0.005  # an EQD2 that differs less is the same, as shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A stated dose over phases. eqd2_even_gy: in proportion to the target's dose; eqd2_worst_gy: the highest possible.

    doses_gy: dose of each phase in the worst case. [Gy]
    """

    doses_gy: tuple[float, ...]
    eqd2_even_gy: float
    eqd2_worst_gy: float


def worst_spread(region: Region, prescription: Prescription) -> Spread | None:
    """The split of a region's stated dose over the phases that has the highest EQD2; None where there is no choice.

    In no fraction does the region get more than the target does. BED is convex in the doses, so the worst split fills
    phases one after another: all of them but one are full or empty. Repair is complete, time does not count, and the
    model is LQ: other models are not searched.

    Examples
    --------
    44 Gy to the spinal cord (alpha/beta 2) beside 45 Gy in 25 and 14.4 Gy in 8 fractions: 36.67 Gy where every fraction
    gives the same, 41.36 Gy where the first phase gives all of it.

    >>> from rtplan.prescription.notation import parse
    >>> from rtplan.radiobiology.tissue import Tissue
    >>> from rtplan.note import NOT_KNOWN
    >>> cord = Tissue(name="cord", label="cord", kind="late", alpha_beta=2.0, source=NOT_KNOWN)
    >>> found = worst_spread(Region(name="cord", tissue=cord, stated_dose_gy=44.0), parse("45/25+14.4/8"))
    >>> round(found.eqd2_even_gy, 2), round(found.eqd2_worst_gy, 2), found.doses_gy
    (36.67, 41.36, (44.0, 0.0))
    """
    dose, target = region.stated_dose_gy, region.target or prescription.targets[0]
    phases = [phase for phase in prescription.phases if phase.total_gy(target)]
    total = prescription.total_gy(target)
    if not dose or dose >= total or not 1 < len(phases) <= _MOST_PHASES or region.tissue.model != "LQ":
        return None
    ab = region.tissue.alpha_beta
    even = [dose * phase.total_gy(target) / total for phase in phases]
    worst = max(_splits(dose, [phase.total_gy(target) for phase in phases]), key=lambda split: _eqd2(split, phases, ab))
    return Spread(doses_gy=worst, eqd2_even_gy=_eqd2(even, phases, ab), eqd2_worst_gy=_eqd2(worst, phases, ab))


def _splits(dose: float, most: Sequence[float]) -> Iterator[tuple[float, ...]]:
    """Every way to fill the phases one after another."""
    for order in itertools.permutations(range(len(most))):
        left, split = dose, [0.0] * len(most)
        for place in order:
            split[place] = min(left, most[place])
            left -= split[place]
        yield tuple(split)


def _eqd2(split: Sequence[float], phases: Sequence[Phase], alpha_beta: float) -> float:
    """EQD2 of doses of whole phases, each in equal fractions. [Gy]"""
    parts = [
        float(lq.bed(phase.n_fractions, dose / phase.n_fractions, alpha_beta))
        for dose, phase in zip(split, phases, strict=True)
    ]
    return float(lq.eqd2(math.fsum(parts), alpha_beta))


def spread_notes(prescription: Prescription, regions: Sequence[Region]) -> Iterator[Note]:
    """The bounds of each stated dose whose spread over the phases is not known."""
    for region in regions:
        found = None if region.variant else worst_spread(region, prescription)
        if found is None or found.eqd2_worst_gy - found.eqd2_even_gy < _FINE_GY:
            continue
        target = region.target or prescription.targets[0]
        names = [phase.name for phase in prescription.phases if phase.total_gy(target)]
        yield Note(
            code="stated-dose-spread",
            severity="warning",
            values={
                "region": region.name,
                "dose_gy": region.stated_dose_gy,
                "alpha_beta_gy": region.tissue.alpha_beta,
                "phases": tuple(names),
                "eqd2_even_gy": found.eqd2_even_gy,
                "eqd2_worst_gy": found.eqd2_worst_gy,
                "doses_gy": ", ".join(f"{dose:g}" for dose in found.doses_gy),
            },
        )
