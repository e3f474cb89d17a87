"""Some doses of a train multiplied: the factor that brings it to a BED, a root in closed form."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtplan.errors import DomainError
from rtplan.radiobiology.effect import cohort
from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "factor_for_bed",
    "same_dose_and_bed",
]


Floats = NDArray[np.float64]


def same_dose_and_bed(planned_gy: Sequence[float], given_gy: Sequence[float]) -> tuple[float, float] | None:
    r"""Equal fractions that keep dose and BED of every tissue after fractions of another size, whatever the alpha/beta.

    .. math:: d' = \frac{\sum D_i^2 - \sum p_i^2}{\sum D_i - \sum p_i}, \quad
        n' = \frac{(\sum D_i - \sum p_i)^2}{\sum D_i^2 - \sum p_i^2}

    A bound beside real schedules: n' is no whole number, and neither repair nor time is in it.

    Parameters
    ----------
    planned_gy, given_gy : sequence of float
        Doses D of the whole plan, and p of what was given. [Gy]

    Returns
    -------
    tuple of float, or None
        n' [-] and d' [Gy]; None where no such fractions exist: as much, or as much squared, is given already.

    Examples
    --------
    >>> n, d = same_dose_and_bed([1.8] * 25, [3.6])
    >>> round(n, 1), round(d, 3), round(n * d, 2)
    (25.2, 1.643, 41.4)

    References
    ----------
    M. C. Joiner (2004); B. Jones and R. G. Dale (2008), as told by others: not read in the source.
    """
    dose = math.fsum(planned_gy) - math.fsum(given_gy)
    squares = math.fsum(d * d for d in planned_gy) - math.fsum(p * p for p in given_gy)
    if dose <= 0.0 or squares <= 0.0:
        return None
    return dose * dose / squares, squares / dose


def factor_for_bed(
    tissue: Tissue, held: Floats, changed: Floats, day: Floats, hour: Floats, bed_gy: float
) -> float | None:
    r"""The factor f with which the doses a + f b of one train have a BED, repair counted and time not.

    .. math:: \sum_i (a_i + f b_i) \left(1 + \frac{a_i + f b_i}{\alpha/\beta}\right) + G(a + f b) = B

    A quadratic in f, because the unrepaired pairs are products of two doses; LQ-L is one from each dose at which a
    fraction passes the transition dose to the next, and the root lies in one of these pieces.

    Parameters
    ----------
    tissue : Tissue
        Its alpha/beta, repair and transition dose count, its time factor does not.
    held, changed : ndarray
        Doses a that stay and b that are multiplied, one a fraction, not negative. [Gy]
    day, hour : ndarray
        Calendar day [d] and elapsed UTC hours [h] of each fraction.
    bed_gy : float
        BED wanted, at the tissue's alpha/beta. [Gy]

    Returns
    -------
    float or None
        The factor, 0 or more; None where the doses that stay exceed the BED already, or nothing is multiplied. [-]

    Raises
    ------
    DomainError
        For doses that are negative, and where `cohort` refuses the tissue.

    Examples
    --------
    Four fractions of 2 Gy are given, and of the last one the dose is free:

    >>> from rtplan.radiobiology.tissue import GENERIC_TUMOUR
    >>> given, free, days = np.array([2.0] * 4 + [0.0]), np.array([0.0] * 4 + [2.0]), np.arange(5.0)
    >>> round(factor_for_bed(GENERIC_TUMOUR, given, free, days, 24 * days, 13.2), 6)
    1.405125
    """
    if (held < 0).any() or (changed < 0).any():
        raise DomainError("doses must not be negative")
    gains = _gains(tissue, held, changed, day, hour)
    edges = [0.0, *_edges(tissue, held, changed), math.inf]
    for low, high in itertools.pairwise(edges):
        inside = low + 1.0 if math.isinf(high) else (low + high) / 2.0
        constant, slope, square = _quadratic(tissue, held, changed, gains, inside)
        lacking = bed_gy - constant
        if lacking < 0 or not (slope or square):
            return None
        # Without a difference of nearly equal numbers, as in `lq.dose_per_fraction_for_bed`.
        factor = 2.0 * lacking / (slope + math.sqrt(slope * slope + 4.0 * square * lacking))
        if factor <= high:
            return max(factor, low)
    return None


def _edges(tissue: Tissue, held: Floats, changed: Floats) -> list[float]:
    """Factors at which a fraction passes the transition dose of LQ-L, rising. [-]"""
    if tissue.transition_dose is None:
        return []
    passing = (changed > 0) & (held < tissue.transition_dose)
    return sorted(set(map(float, (tissue.transition_dose - held[passing]) / changed[passing])))


def _gains(tissue: Tissue, held: Floats, changed: Floats, day: Floats, hour: Floats) -> Floats:
    """What incomplete repair adds to the quadratic: constant, slope, square. [Gy]"""
    if tissue.repair is None:
        return np.zeros(3)
    trains = np.array([held, changed, held + changed])
    still, free, both = np.asarray(cohort(tissue, trains, day, hour, timed=False).repair_gain)
    return np.array([still, both - still - free, free])


def _quadratic(
    tissue: Tissue, held: Floats, changed: Floats, gains: Floats, inside: float
) -> tuple[float, float, float]:
    """BED as constant + slope f + square f^2, for the factors of one piece; `inside` is one of them. [Gy]"""
    ab, transition = tissue.alpha_beta, tissue.transition_dose
    constant, slope, square = held * (1.0 + held / ab), changed * (1.0 + 2.0 * held / ab), changed * changed / ab
    if transition is not None:
        straight = held + inside * changed > transition
        steep = tissue.gamma_over_alpha or 1.0 + 2.0 * transition / ab
        line = transition * (1.0 + transition / ab) + steep * (held - transition)
        constant = np.where(straight, line, constant)
        slope = np.where(straight, steep * changed, slope)
        square = np.where(straight, 0.0, square)
    at_none, rising, bending = gains.tolist()
    return math.fsum(constant) + at_none, math.fsum(slope) + rising, math.fsum(square) + bending
