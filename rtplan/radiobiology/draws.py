"""Drawn parameters: trains of fractions under many values of alpha/beta, rate, kick-off day and half-time at once."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from rtplan.course.course import Course
from rtplan.errors import whole
from rtplan.radiobiology.effect import Trains, cohort, region_doses
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Interval, Tissue

__all__ = [
    "MOST_DRAWS",
    "Drawn",
    "Draws",
    "drawn",
    "drawn_net_beds",
]


MOST_DRAWS = 1_000_000
"""Beyond, the error of drawing is far below that of any parameter."""

LEAST_DRAWS = 100
"""Below, a 95 % interval would rest on two draws at each end."""

_SHARE = 0.95
"""Of the draws that lie inside a published interval."""

_BLOCK = 4096
"""Draws worked on together: what they need stays small beside the result."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """How many parameter sets are drawn, and from which seed: the same seed gives the same draws."""

    count: int
    seed: int = 0

    def __post_init__(self) -> None:
        whole("draws", self.count, LEAST_DRAWS, MOST_DRAWS)
        whole("seed", self.seed, 0, 2**32 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A parameter that is drawn: its estimate, and the published interval that is taken to hold 95 % of it."""

    tissue: str
    parameter: str
    estimate: float
    interval: Interval


def drawn(tissue: Tissue) -> tuple[Drawn, ...]:
    """The parameters of a tissue that have a published interval, and so are drawn; the others are kept as they are.

    >>> from rtplan.note import NOT_KNOWN
    >>> late = Tissue(name="late", label="late", kind="late", alpha_beta=3.0, source=NOT_KNOWN,
    ...               alpha_beta_interval=Interval(low=2.0, high=5.0))
    >>> [(entry.parameter, entry.estimate) for entry in drawn(late)]
    [('alpha/beta', 3.0)]
    """
    time, repair = tissue.repopulation, tissue.repair
    found: list[tuple[str, float | None, Interval | None]] = [
        ("alpha/beta", tissue.alpha_beta, tissue.alpha_beta_interval),
        ("rate", time.rate if time else None, time.rate_interval if time else None),
        ("kick-off day", time.kick_off_day if time else None, time.kick_off_interval if time else None),
        ("half-time", repair.half_times_h[0] if repair else None, repair.half_time_interval if repair else None),
    ]
    return tuple(
        Drawn(tissue=tissue.name, parameter=name, estimate=estimate, interval=interval)
        for name, estimate, interval in found
        if estimate is not None and interval is not None and interval.low < interval.high
    )


def values(entry: Drawn, draws: Draws) -> Floats:
    """The draws of one parameter [count], in its own unit.

    Two halves of normal distributions that meet at the estimate, each as wide as its side of the interval, so that
    95 % lie inside; values of zero or less are drawn again. Each parameter of each set has its own stream, so that
    what else is asked changes nothing, and all that is compared shares the same draws.
    """
    width = NormalDist().inv_cdf((1.0 + _SHARE) / 2.0)
    below = (entry.estimate - entry.interval.low) / width
    above = (entry.interval.high - entry.estimate) / width
    stream = np.random.default_rng([draws.seed, zlib.crc32(f"{entry.tissue}/{entry.parameter}".encode())])
    out = np.empty(draws.count)
    wanted = np.arange(draws.count)
    while len(wanted):
        size = np.abs(stream.standard_normal(len(wanted)))
        lower = stream.random(len(wanted)) < below / (below + above)
        out[wanted] = entry.estimate + np.where(lower, -below, above) * size
        wanted = wanted[out[wanted] <= 0.0]
    return out


def drawn_net_beds(courses: Sequence[Course], regions: Sequence[Region], draws: Draws) -> list[Floats]:
    """Net BED of each course under each draw: for each region an array [draws, courses]. [Gy]

    A region without a drawn parameter has one row for all draws, [1, courses]. Everything goes through the kernel of
    `effect.cohort`.
    """
    trains = Trains(courses, [None] * len(courses))
    return [_net_beds(trains, region, draws) for region in regions]


def _net_beds(trains: Trains, region: Region, draws: Draws) -> Floats:
    dose = trains.doses([region_doses(course, region) for course in trains.courses])
    found = {entry.parameter: values(entry, draws) for entry in drawn(region.tissue)}
    if not found:
        fixed = cohort(region.tissue, dose, trains.day, trains.hour)
        return np.atleast_1d(np.asarray(fixed.net_bed, dtype=float))[None, :]
    out = np.empty((draws.count, len(trains.courses)))
    for part in _blocks(draws.count):
        out[part] = _block(trains, region.tissue, dose, {name: array[part] for name, array in found.items()})
    return out


def _block(trains: Trains, tissue: Tissue, dose: Floats, found: dict[str, Floats]) -> Floats:
    """Net BED of [draws of this block, courses]."""
    count = len(next(iter(found.values())))

    def of(name: str, usual: float) -> Floats:
        return (found[name] if name in found else np.full(count, usual))[:, None]

    alpha_beta = of("alpha/beta", tissue.alpha_beta)
    rate, kick_off, half_time = np.zeros((count, 1)), np.full((count, 1), math.inf), None
    time, repair = tissue.repopulation, tissue.repair
    if time is not None and time.rate is not None and time.kick_off_day is not None:
        rate = of("rate", time.rate) * (1.0 + 2.0 / alpha_beta if time.basis == "eqd2" else 1.0)
        kick_off = of("kick-off day", time.kick_off_day)
    if repair is not None and "half-time" in found:
        half_time = of("half-time", repair.half_times_h[0])
    result = cohort(
        tissue,
        dose,
        trains.day,
        trains.hour,
        alpha_beta=alpha_beta,
        rate=rate,
        kick_off_day=kick_off,
        half_time_h=half_time,
    )
    return np.asarray(result.net_bed, dtype=float)


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count))
