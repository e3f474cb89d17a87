"""Dose response: tumour control and normal-tissue complication probability from one dose, and the gEUD of a histogram.

Every function takes scalars or arrays, broadcasts them, and returns a float or an array. The dose must be of the kind
that the parameters were fitted with (physical, EQD2, BED): the functions cannot know. Parameters hold for the patients,
techniques and range of doses they were fitted to; the curves answer outside it all the same. The answers lie in
[0, 1], rise with dose and overflow nowhere.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from rtplan.errors import DomainError, shown
from rtplan.radiobiology import arrays
from rtplan.radiobiology.arrays import Array, FloatOrArray

__all__ = [
    "geud",
    "ntcp_lkb",
    "ntcp_log_logistic",
    "tcp_logistic",
    "tcp_poisson",
]


_LN2 = math.log(2.0)


_LEAST_A = 1e-6  # nearer to 0 the power mean loses its digits


_MOST_EXPONENT = 700.0  # e^700 is finite, and 2^-(e^700) is 0 like every larger one


_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _logistic(x: Any) -> Array:
    """1 / (1 + e^-x) without overflow, and with all digits where it is small."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(x))))


@arrays.labelled
def tcp_logistic(dose: ArrayLike, d50: ArrayLike, gamma50: ArrayLike) -> FloatOrArray:
    r"""Tumour control probability, logistic in dose.

    .. math:: \mathrm{TCP} = \frac{1}{1 + e^{-4 \gamma_{50} (D/D_{50} - 1)}}

    Parameters
    ----------
    dose, d50, gamma50 : array_like
        dose [Gy], not negative; d50 [Gy] and gamma50 (normalised slope at D50: percent points of TCP per
        percent of dose) [-], positive; array_like, broadcast together.

    Returns
    -------
    float or ndarray
        TCP in [0, 1], 0.5 at D50, float or ndarray. [-]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: near D50, say TCP 0.1 to 0.9; it does not vanish at dose 0 (with gamma50 0.5 it is 0.12 there).

    References
    ----------
    S. M. Bentzen and S. L. Tucker, Int. J. Radiat. Biol. 71 (1997) 531-542.

    Examples
    --------
    >>> tcp_logistic(45.1, 45.1, 0.56)
    0.5
    """
    relative = arrays.dose("dose", dose) / arrays.positive("d50", d50, "Gy")
    return arrays.out(_logistic(4.0 * arrays.positive("gamma50", gamma50) * (relative - 1.0)))


@arrays.labelled
def tcp_poisson(
    dose: ArrayLike, d50: ArrayLike, gamma: ArrayLike, slope: Literal["d50", "maximum"] = "d50"
) -> FloatOrArray:
    r"""Tumour control probability by Poisson statistics of surviving clonogens.

    .. math:: \mathrm{TCP} = 2^{-\exp(c\, (1 - D/D_{50}))}, \qquad
              c = \frac{2 \gamma}{\ln 2}\ (\text{slope at } D_{50}), \quad
              c = e\, \gamma\ (\text{greatest slope})

    Parameters
    ----------
    dose, d50, gamma, slope : array_like
        dose [Gy], not negative; d50 [Gy] and gamma (normalised slope) [-], positive; array_like, broadcast together.
        slope: where gamma was taken, "d50" (gamma50) or "maximum" (gamma37, at TCP 0.37). The two differ by 6 %; a
        source names one of them.

    Returns
    -------
    float or ndarray
        TCP in [0, 1], 0.5 at D50, float or ndarray. [-]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: near D50; it does not vanish at dose 0 if gamma is small.

    References
    ----------
    S. M. Bentzen and S. L. Tucker, Int. J. Radiat. Biol. 71 (1997) 531-542; for the greatest slope
    A. Brahme, Acta Radiol. Oncol. 23 (1984) 379-391.

    Examples
    --------
    >>> tcp_poisson(84.2, 84.2, 4.5)
    0.5
    >>> round(tcp_poisson(97.0, 84.2, 4.5, slope="maximum"), 3)
    0.898
    """
    if slope not in ("d50", "maximum"):
        raise DomainError(f"slope must be 'd50' or 'maximum', got {shown(slope)}")
    steepness = arrays.positive("gamma", gamma) * (2.0 / _LN2 if slope == "d50" else math.e)
    exponent = steepness * (1.0 - arrays.dose("dose", dose) / arrays.positive("d50", d50, "Gy"))
    return arrays.out(np.exp2(-np.exp(np.minimum(exponent, _MOST_EXPONENT))))


@arrays.labelled
def ntcp_lkb(geud: ArrayLike, td50: ArrayLike, m: ArrayLike) -> FloatOrArray:
    r"""Normal-tissue complication probability of Lyman, Kutcher and Burman, by gEUD.

    .. math:: \mathrm{NTCP} = \Phi\left(\frac{\mathrm{gEUD} - \mathrm{TD}_{50}}{m\, \mathrm{TD}_{50}}\right)

    Parameters
    ----------
    geud, td50, m : array_like
        geud [Gy] (with the volume exponent of the same fit, a = 1/n), not negative; td50 [Gy] and m [-],
        positive; array_like, broadcast together. A slope gamma50 is m = 1 / (gamma50 sqrt(2 pi)).

    Returns
    -------
    float or ndarray
        NTCP in [0, 1], 0.5 at TD50, float or ndarray. [-]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: near the doses of the fit; it does not vanish at dose 0 (with m 0.4 it is 0.006 there).

    References
    ----------
    J. T. Lyman, Radiat. Res. Suppl. 8 (1985) S13-S19; G. J. Kutcher and C. Burman, Int. J. Radiat. Oncol.
    Biol. Phys. 16 (1989) 1623-1630.

    Examples
    --------
    >>> round(100 * ntcp_lkb(50.0, 72.0, 0.1), 6)
    0.112322
    """
    middle = arrays.positive("td50", td50, "Gy")
    t = (arrays.dose("geud", geud) - middle) / (arrays.positive("m", m) * middle)
    return arrays.out(0.5 * _erfc(-t / math.sqrt(2.0)))


@arrays.labelled
def ntcp_log_logistic(dose: ArrayLike, td50: ArrayLike, gamma50: ArrayLike) -> FloatOrArray:
    r"""Normal-tissue complication probability, logistic in the logarithm of dose.

    .. math:: \mathrm{NTCP} = \frac{1}{1 + (\mathrm{TD}_{50}/D)^{4 \gamma_{50}}}

    Parameters
    ----------
    dose, td50, gamma50 : array_like
        dose [Gy], not negative; td50 [Gy] and gamma50 (normalised slope at TD50) [-], positive; array_like,
        broadcast together.

    Returns
    -------
    float or ndarray
        NTCP in [0, 1], 0 at dose 0 and 0.5 at TD50, float or ndarray. [-]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: near the doses of the fit.

    References
    ----------
    A. Niemierko, Med. Phys. 26 (1999) 1100 (abstract).

    Examples
    --------
    >>> round(ntcp_log_logistic(30.0, 45.7, 1.1817), 3)
    0.12
    """
    d, middle = arrays.dose("dose", dose), arrays.positive("td50", td50, "Gy")
    log_relative = np.log(np.where(d > 0.0, d, 1.0)) - np.log(middle)
    return arrays.out(np.where(d > 0.0, _logistic(4.0 * arrays.positive("gamma50", gamma50) * log_relative), 0.0))


def geud(dose: ArrayLike, volume: ArrayLike, a: ArrayLike) -> FloatOrArray:
    r"""Generalised equivalent uniform dose of a differential dose-volume histogram.

    .. math:: \mathrm{gEUD} = \Big(\sum_i v_i D_i^a\Big)^{1/a}, \qquad \sum_i v_i = 1

    Parameters
    ----------
    dose, volume, a : array_like
        dose [..., bins] [Gy] and volume [..., bins] (any unit: normalised here, some of it not 0), not negative; a
        [...] [-], not within 1e-6 of 0: 1 gives the mean dose, large the greatest, largely negative the least dose;
        array_like, broadcast together. Bins without volume count for nothing.

    Returns
    -------
    float or ndarray
        gEUD between the least and the greatest dose, float or ndarray of the leading axes. [Gy]; 0 if a < 0 and
        some volume has no dose.

    Raises
    ------
    DomainError

    Notes
    -----
    Range: any histogram; the result is only as good as its bins where |a| is large.

    References
    ----------
    A. Niemierko, Med. Phys. 26 (1999) 1100 (abstract).

    Examples
    --------
    >>> geud([10.0, 30.0], [1.0, 3.0], 1.0)
    25.0
    >>> round(geud([10.0, 30.0], [1.0, 3.0], 8.0), 3)
    28.94
    """
    d, v = arrays.dose("dose", dose), arrays.checked("volume", volume, least=0.0)
    power = arrays.checked("a", a)[..., None]
    if (np.abs(power) < _LEAST_A).any():
        raise DomainError(f"a must not be within {_LEAST_A:g} of 0, got {shown(a)}")
    try:
        d, v, power = np.broadcast_arrays(d, v, power)
    except ValueError:
        raise DomainError(f"dose, volume and a must broadcast, got {d.shape}, {v.shape}, {power.shape[:-1]}") from None
    if not d.shape[-1]:
        raise DomainError("dose must have at least one bin, got none")
    whole = v.sum(axis=-1)
    if not (whole > 0.0).all():
        raise DomainError("volume must be greater than 0 in sum, got 0.0")
    # Relative to the dose that dominates, the others are at most 1 whatever their power.
    rises = power > 0.0
    greatest = np.where(v > 0.0, d, 0.0).max(axis=-1, keepdims=True)
    least = np.where(v > 0.0, d, np.inf).min(axis=-1, keepdims=True)
    dominant = np.where(rises, greatest, least)
    larger = np.maximum(d, dominant)
    relative = np.where(d > 0.0, np.minimum(d, dominant) / np.where(larger > 0.0, larger, 1.0), 0.0)
    mean = (v * relative ** np.abs(power)).sum(axis=-1) / whole
    exponent, dominant = 1.0 / power[..., 0], dominant[..., 0]
    return arrays.out(np.where(dominant > 0.0, dominant * np.where(mean > 0.0, mean, 1.0) ** exponent, 0.0))
