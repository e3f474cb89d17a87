"""What published intervals leave open: differences of net BED between courses, and how often one exceeds another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rtplan.course.course import Course
from rtplan.errors import DomainError
from rtplan.radiobiology.draws import Drawn, Draws, drawn, drawn_net_beds
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import TissueKind

__all__ = [
    "Chance",
    "Spread",
    "Uncertainty",
    "chance",
    "uncertainty",
]


FINE_GY = 1e-6
"""Differences of net BED below this are rounding, and none exceeds the other. [Gy]"""

_ENDS = (0.025, 0.5, 0.975)

Floats = NDArray[np.float64]

What = Literal["exceeds", "restores", "late-rises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A course's net BED minus the reference's, over the draws: median and the ends of the 95 % interval. [Gy]

    error_gy: Monte Carlo standard error of the median. above: probability that the course has the higher net BED.
    """

    region: str
    tissue: str
    kind: TissueKind
    name: str
    reference: str
    low_gy: float
    median_gy: float
    high_gy: float
    error_gy: float
    above: float
    above_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """A probability over the draws, with its Monte Carlo standard error. [-]

    what: "exceeds" (the tumour's net BED of `name` is higher than that of `other`), "restores" (lacks no more than the
    tolerance against `other`), "late-rises" (late net BED lies more than the bound above that of `other`).
    """

    what: What
    region: str
    tissue: str
    name: str
    other: str
    probability: float
    error: float
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """What the draws say. drawn: the parameters that were drawn; fixed: the sets that have no published interval."""

    draws: Draws
    drawn: tuple[Drawn, ...]
    fixed: tuple[str, ...]
    spreads: tuple[Spread, ...]
    chances: tuple[Chance, ...] = ()


class Sample:
    """Courses under draws: net BED of each region [draws or 1, courses], the first course being the reference. [Gy]"""

    def __init__(
        self, names: Sequence[str], courses: Sequence[Course], regions: Sequence[Region], draws: Draws
    ) -> None:
        self.names = list(names)
        self.regions = [region for region in regions if not region.variant]
        self.draws = draws
        self.drawn = tuple(dict.fromkeys(entry for region in self.regions for entry in drawn(region.tissue)))
        if not self.drawn:
            tissues = ", ".join(dict.fromkeys(region.tissue.name for region in self.regions))
            raise DomainError(f"nothing can be drawn: no parameter of {tissues} has a published interval")
        self.net_beds = drawn_net_beds(courses, self.regions, draws)

    def tumours(self) -> list[int]:
        """Places of the tumour's regions."""
        return [place for place, region in enumerate(self.regions) if region.tissue.kind == "tumour"]

    def above(self, place: int, name: str, other: str, by: float | Floats = 0.0) -> Floats:
        """In which draws one course's net BED of a region exceeds another's by more than so much."""
        beds = self.net_beds[place]
        difference = beds[:, self.names.index(name)] - beds[:, self.names.index(other)]
        return np.asarray(difference > by + FINE_GY, dtype=float)


def uncertainty(sample: Sample, chances: Sequence[Chance] = ()) -> Uncertainty:
    """The spread of every course against the first one in each region that is drawn, and the chances asked for."""
    moved = {entry.tissue for entry in sample.drawn}
    fixed = tuple(dict.fromkeys(r.tissue.name for r in sample.regions if r.tissue.name not in moved))
    return Uncertainty(
        draws=sample.draws, drawn=sample.drawn, fixed=fixed, spreads=tuple(_spreads(sample)), chances=tuple(chances)
    )


def _spreads(sample: Sample) -> Iterator[Spread]:
    reference = sample.names[0]
    for place, region in enumerate(sample.regions):
        beds = sample.net_beds[place]
        if len(beds) == 1:
            continue
        for column, name in enumerate(sample.names[1:], start=1):
            ordered = np.sort(beds[:, column] - beds[:, 0])
            low, median, high = (float(np.quantile(ordered, end)) for end in _ENDS)
            share, error = _share(sample.above(place, name, reference))
            yield Spread(
                region=region.name,
                tissue=region.tissue.name,
                kind=region.tissue.kind,
                name=name,
                reference=reference,
                low_gy=low,
                median_gy=median,
                high_gy=high,
                error_gy=_median_error(ordered),
                above=share,
                above_error=error,
            )


def chance(what: What, region: Region, name: str, other: str, found: Floats, bound: float | None = None) -> Chance:
    """The probability of what happens in some draws. found: 1 where it does, else 0."""
    share, error = _share(found)
    return Chance(
        what=what,
        region=region.name,
        tissue=region.tissue.name,
        name=name,
        other=other,
        probability=share,
        error=error,
        bound=bound,
    )


def _share(found: Floats) -> tuple[float, float]:
    share = float(found.mean())
    return share, math.sqrt(share * (1.0 - share) / len(found))


def _median_error(ordered: Floats) -> float:
    """Standard error of a median, by the order statistics one standard deviation of a binomial count away. [Gy]"""
    half = math.sqrt(len(ordered)) / 2.0
    low, high = math.floor(len(ordered) / 2.0 - half), math.ceil(len(ordered) / 2.0 + half) - 1
    return float(ordered[min(high, len(ordered) - 1)] - ordered[max(low, 0)]) / 2.0
