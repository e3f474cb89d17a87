"""Linear-quadratic dose-fractionation formulae: BED, EQD2, repopulation, incomplete repair, high dose per fraction.

Every function takes scalars or arrays, broadcasts them, and returns a float or an array. Doses are in Gy, times in
days (repopulation) or hours (repair). One value outside a formula's domain raises `DomainError` for the whole array.
Formulae live here and nowhere else; dates, rounding and wording live elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtplan import arrays
from rtplan.arrays import Array, FloatOrArray
from rtplan.errors import DomainError, whole

__all__ = [
    "TrainBed",
    "bed",
    "bed_lql",
    "bed_rate_from_eqd2_rate",
    "bed_usc",
    "dose_per_fraction_for_bed",
    "eqd2",
    "eqd2_rate_from_bed_rate",
    "eqdx",
    "incomplete_repair_factor",
    "n_fractions_for_bed",
    "protraction_factor",
    "repopulation_loss",
    "repopulation_rate",
    "train_bed",
    "usc_branch_gap",
]

_LN2 = math.log(2.0)
_BLOCK_ROWS = 4096  # courses worked on at a time by train_bed: their temporaries fit in the processor's cache
_TOUCHING_H = 1e-6  # deliveries overlapping by less than this (4 ms) touch: clock times as floats are no finer
_MAX_FRACTIONS_PER_DAY = 1440.0  # one a minute
_SHARE_TOLERANCE = 1e-9  # shares are decimals that a file wrote


# --- checks ---------------------------------------------------------------------------------------------------------


def _count(n_fractions: ArrayLike) -> Array:
    return arrays.checked("n_fractions", n_fractions, "fractions", least=0.0)


# --- equal fractions ------------------------------------------------------------------------------------------------


def bed(n_fractions: ArrayLike, dose_per_fraction: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Biologically effective dose of equal, fully repaired fractions.

    .. math:: \mathrm{BED} = n d \left(1 + \frac{d}{\alpha/\beta}\right)

    Parameters: n_fractions [-] and dose_per_fraction [Gy], not negative; alpha_beta [Gy], positive; array_like,
    broadcast together. `n_fractions` need not be whole, so that a dose can be split in parts.
    Returns: BED at this alpha/beta, float or ndarray. [Gy]
    Raises: DomainError.
    Range: meant for about 1 to 8 Gy per fraction; above, plain LQ is held to overstate the effect (see `bed_lql`).

    >>> bed(30, 2.0, 10.0)
    72.0

    References: J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568; R. G. Dale, Br. J. Radiol. 58 (1985) 515-528.
    """
    n, d = _count(n_fractions), arrays.dose("dose_per_fraction", dose_per_fraction)
    return arrays.out(n * d * (1.0 + d / arrays.positive("alpha_beta", alpha_beta, "Gy")))


def eqdx(bed: ArrayLike, alpha_beta: ArrayLike, x: ArrayLike) -> FloatOrArray:
    r"""Equieffective dose in fractions of x Gy.

    .. math:: \mathrm{EQD}x = \frac{\mathrm{BED}}{1 + x/(\alpha/\beta)}

    Parameters: bed [Gy], finite (a net BED may be negative); alpha_beta [Gy], positive; x [Gy], not negative
    (0 gives the BED itself); array_like, broadcast together. The BED must have been made with the same alpha/beta.
    Returns: total dose given in x Gy fractions with the same BED, float or ndarray. [Gy]
    Raises: DomainError.

    >>> eqdx(72.0, 10.0, 2.0)
    60.0

    References: S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.
    """
    b, reference = arrays.checked("bed", bed, "Gy"), arrays.dose("x", x)
    return arrays.out(b / (1.0 + reference / arrays.positive("alpha_beta", alpha_beta, "Gy")))


def eqd2(bed: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Equieffective dose in fractions of 2 Gy.

    .. math:: \mathrm{EQD2} = \frac{\mathrm{BED}}{1 + 2/(\alpha/\beta)}

    Parameters: as `eqdx`. [Gy], [Gy]
    Returns: EQD2, float or ndarray. [Gy]
    Raises: DomainError.

    >>> eqd2(bed(25, 1.8, 10.0), 10.0)
    44.25

    References: S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.
    """
    return eqdx(bed, alpha_beta, 2.0)


def dose_per_fraction_for_bed(bed: ArrayLike, n_fractions: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Dose per fraction with which n equal, fully repaired fractions have this BED: the inverse of `bed` in d.

    .. math:: d = \frac{2 B / n}{1 + \sqrt{1 + 4 B / (n\, \alpha/\beta)}}

    the root of the quadratic written without a difference of nearly equal numbers, so that small doses keep all digits.

    Parameters: bed [Gy], not negative; n_fractions [-] and alpha_beta [Gy], positive; array_like, broadcast together.
    Returns: dose per fraction, float or ndarray. [Gy]
    Raises: DomainError.

    >>> round(dose_per_fraction_for_bed(80.0, 30, 10.0), 4)
    2.188

    References: J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568.
    """
    per_fraction = arrays.dose("bed", bed) / arrays.positive("n_fractions", n_fractions, "fractions")
    root = np.sqrt(1.0 + 4.0 * per_fraction / arrays.positive("alpha_beta", alpha_beta, "Gy"))
    return arrays.out(2.0 * per_fraction / (1.0 + root))


def n_fractions_for_bed(bed: ArrayLike, dose_per_fraction: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Number of equal, fully repaired fractions with this BED: the inverse of `bed` in n, not rounded.

    .. math:: n = \frac{B}{d \left(1 + \frac{d}{\alpha/\beta}\right)}

    Parameters: bed [Gy], not negative; dose_per_fraction [Gy] and alpha_beta [Gy], positive; array_like, broadcast
    together.
    Returns: number of fractions, not rounded, float or ndarray. [-]
    Raises: DomainError.

    >>> n_fractions_for_bed(72.0, 2.0, 10.0)
    30.0

    References: J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568.
    """
    d = arrays.positive("dose_per_fraction", dose_per_fraction, "Gy")
    return arrays.out(arrays.dose("bed", bed) / (d * (1.0 + d / arrays.positive("alpha_beta", alpha_beta, "Gy"))))


# --- repopulation ---------------------------------------------------------------------------------------------------


def repopulation_rate(alpha: ArrayLike, doubling_time: ArrayLike) -> FloatOrArray:
    r"""Rate K at which accelerated repopulation undoes BED.

    .. math:: K = \frac{\ln 2}{\alpha\, T_d}

    Parameters: alpha [1/Gy], doubling_time (effective, of the clonogens after kick-off) [days]; positive; array_like,
    broadcast together.
    Returns: rate, float or ndarray. [Gy of BED per day]
    Raises: DomainError.

    >>> round(repopulation_rate(0.3, 4.0), 4)
    0.5776

    References: J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568; R. G. Dale, Br. J. Radiol. 62 (1989) 241-244.
    """
    return arrays.out(
        _LN2 / (arrays.positive("alpha", alpha, "/Gy") * arrays.positive("doubling_time", doubling_time, "days"))
    )


def repopulation_loss(elapsed_days: ArrayLike, rate: ArrayLike, kick_off_day: ArrayLike) -> FloatOrArray:
    r"""BED undone by repopulation: nothing until kick-off, then linear.

    .. math:: K \max(0,\ T - T_k)

    Parameters: elapsed_days T (last treated day - first) [days], rate K [Gy of BED per day], kick_off_day Tk [days];
    not negative; array_like, broadcast together. T and Tk must count from the same day: see `first_fraction_is_day` of
    `train_bed`. A kick-off day of infinity means no repopulation.
    Returns: loss, never negative, float or ndarray. [Gy of BED]
    Raises: DomainError.
    Range: a straight line fitted to courses of about 3 to 9 weeks.

    >>> round(repopulation_loss(39, 0.9, 28), 10)
    9.9
    >>> repopulation_loss(20, 0.9, 28)
    0.0

    References: R. G. Dale, Br. J. Radiol. 62 (1989) 241-244; J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568.
    """
    elapsed = arrays.checked("elapsed_days", elapsed_days, "days", least=0.0)
    return arrays.out(_loss(elapsed, _rate(rate), _kick_off(kick_off_day)))


def _rate(rate: ArrayLike) -> Array:
    return arrays.checked("rate", rate, "Gy/day", least=0.0)


def _kick_off(kick_off_day: ArrayLike) -> Array:
    return arrays.checked("kick_off_day", kick_off_day, "days", least=0.0, infinite=True)


def _loss(elapsed: Array, rate: Array, kick_off_day: Array) -> Array:
    return np.asarray(rate * np.maximum(0.0, elapsed - kick_off_day))


def bed_rate_from_eqd2_rate(dprolif: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Repopulation rate K in BED from Dprolif in EQD2.

    .. math:: K = D_\mathrm{prolif} \left(1 + \frac{2}{\alpha/\beta}\right)

    Parameters: dprolif [Gy of EQD2 per day], not negative; alpha_beta [Gy], positive; array_like, broadcast together.
    Returns: K, float or ndarray. [Gy of BED per day]
    Raises: DomainError.

    >>> round(bed_rate_from_eqd2_rate(0.75, 10.0), 10)
    0.9

    References: S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.
    """
    rate = arrays.checked("dprolif", dprolif, "Gy/day", least=0.0)
    return arrays.out(rate * (1.0 + 2.0 / arrays.positive("alpha_beta", alpha_beta, "Gy")))


def eqd2_rate_from_bed_rate(rate: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Repopulation rate Dprolif in EQD2 from K in BED: the inverse of `bed_rate_from_eqd2_rate`.

    .. math:: D_\mathrm{prolif} = \frac{K}{1 + 2/(\alpha/\beta)}

    Parameters: rate K [Gy of BED per day], not negative; alpha_beta [Gy], positive; array_like, broadcast together.
    Returns: Dprolif, float or ndarray. [Gy of EQD2 per day]
    Raises: DomainError.

    >>> round(eqd2_rate_from_bed_rate(0.9, 10.0), 10)
    0.75

    References: S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.
    """
    return arrays.out(_rate(rate) / (1.0 + 2.0 / arrays.positive("alpha_beta", alpha_beta, "Gy")))


# --- incomplete repair ----------------------------------------------------------------------------------------------


def incomplete_repair_factor(
    fractions_per_day: ArrayLike, interval_h: ArrayLike, half_time_h: ArrayLike
) -> FloatOrArray:
    r"""Factor Hm of m equal fractions a day, equally spaced, with complete repair overnight.

    .. math:: H_m = \frac{2}{m} \sum_{k=1}^{m-1} (m - k)\, \varphi^k, \qquad \varphi = 2^{-\Delta T / T_{1/2}}

    so that BED = n d (1 + (1 + Hm) d / (alpha/beta)). Written as the sum, which has no pole at phi = 1.

    Parameters: fractions_per_day m [-], whole, 1 to 1440; interval_h (start to start) [h], not negative; half_time_h
    [h], positive; array_like, broadcast together.
    Returns: Hm between 0 (m = 1, or full repair) and m - 1 (no interval), float or ndarray. [-]
    Raises: DomainError.
    Range: equal fractions, mono-exponential repair. For anything else use `train_bed`.

    >>> incomplete_repair_factor(2, 6.0, 2.0)
    0.125

    References: H. D. Thames, Int. J. Radiat. Biol. 47 (1985) 319-339.
    """
    m = arrays.checked("fractions_per_day", fractions_per_day, least=1.0, most=_MAX_FRACTIONS_PER_DAY, integral=True)
    interval = arrays.checked("interval_h", interval_h, "h", least=0.0)
    phi = np.exp(-_LN2 / arrays.positive("half_time_h", half_time_h, "h") * interval)
    total = np.zeros(np.broadcast_shapes(m.shape, phi.shape))
    for k in range(1, int(m.max(initial=1.0))):
        total += np.maximum(m - k, 0.0) * phi**k
    return arrays.out(2.0 / m * total)


def protraction_factor(
    doses: ArrayLike,
    start_h: ArrayLike,
    duration_h: ArrayLike,
    half_time_h: ArrayLike,
    *,
    share: ArrayLike | None = None,
) -> FloatOrArray:
    r"""Lea-Catcheside dose-protraction factor G of one or more deliveries at constant dose rate.

    .. math:: G = \frac{1}{D^2} \Big[\sum_i d_i^2\, g(\mu w_i)
              + 2 \sum_{j<i} d_i d_j\, f(\mu w_i) f(\mu w_j)\, e^{-\mu (s_i - e_j)}\Big]

    with :math:`g(x) = 2 (x - 1 + e^{-x})/x^2`, :math:`f(x) = (1 - e^{-x})/x`, :math:`\mu = \ln 2 / T_{1/2}`, delivery
    i of w_i hours from s_i to e_i. BED = D (1 + G D / (alpha/beta)).

    Parameters: doses [..., n] [Gy], not negative, each course with some dose (0 = not given, its times are ignored);
    start_h [..., n] [h], in the order of delivery; duration_h [..., n] or scalar [h], 0 = instantaneous; half_time_h
    [...] [h], positive. With `share` repair is multi-exponential: half_time_h and share then have components on
    their last axis, and the shares (not negative) sum to 1.
    Returns: G, more than 0 and at most 1 (1 = one instantaneous delivery), float or ndarray of the leading axes. [-]
    Raises: DomainError, also for overlapping deliveries.

    >>> round(protraction_factor([2.0, 2.0], [0.0, 6.0], 0.0, 4.4), 6)
    0.694301

    References: D. E. Lea and D. G. Catcheside, J. Genet. 44 (1942) 216-245; R. G. Dale, Br. J. Radiol. 58 (1985)
    515-528.
    """
    values = {
        "doses": arrays.dose("doses", doses),
        "start_h": arrays.checked("start_h", start_h, "h"),
        "duration_h": arrays.checked("duration_h", duration_h, "h", least=0.0),
    }
    half, shares = _components(half_time_h if share is not None else np.asarray(half_time_h)[..., None], share)
    lead, fractions = _along_fractions(values, [half.shape[:-1], shares.shape[:-1]])
    d, start, width = (np.broadcast_to(array, (*lead, array.shape[-1])) for array in fractions.values())
    given = d > 0.0
    if not given.any(axis=-1).all():
        raise DomainError("doses must be greater than 0 Gy in sum, got 0.0")
    width = np.where(given, width, 0.0)
    excess = _unrepaired(d, _gaps("start_h", given, start, width), width, None, half, shares)
    total = d.sum(axis=-1)
    return arrays.out(((d * d).sum(axis=-1) + excess) / (total * total))


def _components(half_time_h: ArrayLike, share: ArrayLike | None) -> tuple[Array, Array]:
    """Half-times and their shares, both with the components on the last axis, the whole share on one if not given."""
    half = arrays.positive("half_time_h", half_time_h, "h")
    if share is None:
        return half, np.ones(1)
    shares = arrays.checked("share", share, least=0.0)
    if not (half.ndim and shares.ndim and half.shape[-1] == shares.shape[-1]):
        raise DomainError(f"share must have one part for each half_time_h, got shape {shares.shape} for {half.shape}")
    if (np.abs(shares.sum(axis=-1) - 1.0) > _SHARE_TOLERANCE).any():
        raise DomainError(f"share must sum to 1, got {shares.tolist()}")
    return half, shares


def _along_fractions(
    values: Mapping[str, NDArray[Any]], other_leads: Iterable[tuple[int, ...]] = ()
) -> tuple[tuple[int, ...], dict[str, NDArray[Any]]]:
    """The leading shape of everything, and `values` with n fractions on the last axis, the first of them giving n."""
    (name, dose), *_ = values.items()
    if dose.ndim == 0:
        raise DomainError(f"{name} must have its fractions on the last axis, got a single number")
    n = dose.shape[-1]
    fractions = {}
    for key, array in values.items():
        last = array.shape[-1] if array.ndim else 1
        if last != n and not (key == "duration_h" and last == 1):
            raise DomainError(f"{key} must have as many fractions as {name} ({n}), got shape {array.shape}")
        fractions[key] = np.broadcast_to(array, (*array.shape[:-1], n))
    try:
        lead = np.broadcast_shapes(*(array.shape[:-1] for array in fractions.values()), *other_leads)
    except ValueError:
        shapes = ", ".join(f"{key} {array.shape}" for key, array in fractions.items())
        raise DomainError(f"leading axes must broadcast together, got {shapes} with {list(other_leads)}") from None
    return lead, fractions


def _gaps(name: str, given: NDArray[np.bool_], start: Array, width: Array) -> Array:
    """Hours from the end of the last given delivery to the start of each; 0 for the first and where not given."""
    origin = np.where(given, start, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    begin = np.where(given, start - origin, 0.0)
    if (given & (begin < np.maximum.accumulate(begin, axis=-1))).any():
        raise DomainError(f"{name} must not decrease from one given fraction to the next")
    end = np.maximum.accumulate(np.where(given, begin + width, 0.0), axis=-1)
    gap = np.zeros_like(begin)
    gap[..., 1:] = np.where(given[..., 1:], begin[..., 1:] - end[..., :-1], 0.0)
    if (gap < -_TOUCHING_H).any():
        raise DomainError(f"{name} must be after the end of the fraction before, got {-gap.min():g} h of overlap")
    return np.asarray(np.maximum(gap, 0.0))


def _unrepaired(
    d: Array, gap: Array, width: Array | None, linked: NDArray[np.bool_] | None, half: Array, share: Array
) -> Array:
    """Sum of d_i^2 (g_i - 1) + 2 sum over pairs of d_i d_j f_i f_j exp(-mu gap_ij), in one pass over the fractions.

    The unrepaired dose left when fraction i starts, S_i = sum over j < i of d_j f_j exp(-mu gap_ij), follows from the
    one before: S_i = (S_{i-1} exp(-mu w_{i-1}) + d_{i-1} f_{i-1}) exp(-mu gap_i). Where a fraction is not `linked` to
    the one before, S starts again at 0. No `width`: every delivery is instantaneous.
    """
    total = np.zeros(d.shape[:-1])
    for k in range(half.shape[-1]):
        mu = _LN2 / half[..., k, None]
        kept = np.exp(-mu * gap) if linked is None else np.exp(-mu * gap) * linked
        effective, through, within = d, np.ones(d.shape[-1]), np.zeros(())
        if width is not None:
            x = mu * width
            effective, through = d * _f(x), np.exp(-x)
            within = (d * d * (_g(x) - 1.0)).sum(axis=-1)
        left, pairs = np.zeros(d.shape[:-1]), np.zeros(d.shape[:-1])
        for i in range(1, d.shape[-1]):
            left = (left * through[..., i - 1] + effective[..., i - 1]) * kept[..., i]
            pairs += effective[..., i] * left
        total += share[..., k] * (within + 2.0 * pairs)
    return total


def _f(x: Array) -> Array:
    """(1 - e^-x) / x, 1 at 0."""
    safe = np.where(x > 0.0, x, 1.0)
    return np.where(x > 0.0, -np.expm1(-safe) / safe, 1.0)


def _g(x: Array) -> Array:
    """2 (x - 1 + e^-x) / x^2, 1 at 0; below 0.1 by its series, where the difference would lose digits."""
    series = np.ones_like(x)
    for k in range(9, 2, -1):  # 2 sum over k of (-x)^k / (k + 2)!, from inside out
        series = 1.0 - np.minimum(x, 0.1) / k * series
    safe = np.where(x < 0.1, 1.0, x)
    return np.where(x < 0.1, series, 2.0 * (safe + np.expm1(-safe)) / (safe * safe))


# --- high dose per fraction -----------------------------------------------------------------------------------------


def bed_lql(
    n_fractions: ArrayLike,
    dose_per_fraction: ArrayLike,
    alpha_beta: ArrayLike,
    transition_dose: ArrayLike,
    gamma_over_alpha: ArrayLike | None = None,
) -> FloatOrArray:
    r"""BED of equal, fully repaired fractions by the linear-quadratic-linear model (LQ-L).

    .. math:: \mathrm{BED} = n \left[d_T \left(1 + \frac{d_T}{\alpha/\beta}\right)
              + \frac{\gamma}{\alpha} (d - d_T)\right] \quad (d > d_T), \qquad \text{else LQ}

    Parameters: n_fractions [-], dose_per_fraction [Gy], not negative; alpha_beta [Gy], transition_dose dT [Gy],
    gamma_over_alpha [-], positive; array_like, broadcast together. Without gamma_over_alpha the line is the tangent of
    LQ at dT: 1 + 2 dT/(alpha/beta).
    Returns: BED at this alpha/beta, float or ndarray. [Gy]
    Raises: DomainError.
    Range: complete repair; a dT of about 2 alpha/beta is common where none was measured.

    >>> round(bed_lql(5, 7.25, 3.1, 6.2), 6)
    119.25

    References: M. Astrahan, Med. Phys. 35 (2008) 4161-4172; M. Guerrero and X. A. Li, Phys. Med. Biol. 49 (2004)
    4825-4835.
    """
    ab, transition = (
        arrays.positive("alpha_beta", alpha_beta, "Gy"),
        arrays.positive("transition_dose", transition_dose, "Gy"),
    )
    slope = None if gamma_over_alpha is None else arrays.positive("gamma_over_alpha", gamma_over_alpha, "")
    return arrays.out(
        _count(n_fractions) * _lql(arrays.dose("dose_per_fraction", dose_per_fraction), ab, transition, slope)
    )


def _lql(d: Array, alpha_beta: Array, transition: Array, slope: Array | None) -> Array:
    """BED per fraction by LQ-L; without `slope` by the tangent."""
    if slope is None:
        slope = 1.0 + 2.0 * transition / alpha_beta
    bent = np.minimum(d, transition)
    return np.asarray(bent * (1.0 + bent / alpha_beta) + slope * np.maximum(d - transition, 0.0))


def bed_usc(
    n_fractions: ArrayLike,
    dose_per_fraction: ArrayLike,
    alpha_beta: ArrayLike,
    transition_dose: ArrayLike,
    alpha: ArrayLike,
    d0: ArrayLike,
    dq: ArrayLike,
) -> FloatOrArray:
    r"""BED of equal, fully repaired fractions by the universal survival curve.

    .. math:: \mathrm{BED} = n d \left(1 + \frac{d}{\alpha/\beta}\right) \quad (d < d_T), \qquad
              \frac{n (d - D_q)}{\alpha D_0} \quad (d \ge d_T)

    Parameters: n_fractions [-], dose_per_fraction [Gy], dq [Gy], not negative; alpha_beta [Gy], transition_dose dT
    [Gy], alpha [1/Gy], d0 [Gy], positive; dq less than dT; array_like, broadcast together. The parameters are those of
    one fit: chosen freely, the two branches do not meet, by `usc_branch_gap`.
    Returns: BED at this alpha/beta, float or ndarray. [Gy]
    Raises: DomainError.
    Range: complete repair; fitted to 12 lines of non-small-cell lung cancer, for ablative doses above dT.

    >>> round(bed_usc(3, 20.0, 8.6, 6.2, 0.33, 1.25, 1.8), 2)
    132.36

    References: C. Park et al., Int. J. Radiat. Oncol. Biol. Phys. 70 (2008) 847-852.
    """
    n, d = _count(n_fractions), arrays.dose("dose_per_fraction", dose_per_fraction)
    ab, transition, per_gray, quasi = _usc_parameters(alpha_beta, transition_dose, alpha, d0, dq)
    return arrays.out(n * np.where(d < transition, d * (1.0 + d / ab), (d - quasi) / per_gray))


def usc_branch_gap(
    alpha_beta: ArrayLike, transition_dose: ArrayLike, alpha: ArrayLike, d0: ArrayLike, dq: ArrayLike
) -> FloatOrArray:
    r"""By how much the straight branch of the universal survival curve starts above its LQ branch at dT.

    .. math:: \frac{d_T - D_q}{\alpha D_0} - d_T \left(1 + \frac{d_T}{\alpha/\beta}\right)

    Parameters: as `bed_usc`.
    Returns: the jump in BED per fraction, negative if the straight branch starts lower, float or ndarray. [Gy]
    Raises: DomainError.

    >>> round(usc_branch_gap(8.6, 6.2, 0.33, 1.25, 1.8), 3)
    -0.003

    References: C. Park et al., Int. J. Radiat. Oncol. Biol. Phys. 70 (2008) 847-852.
    """
    ab, transition, per_gray, quasi = _usc_parameters(alpha_beta, transition_dose, alpha, d0, dq)
    return arrays.out((transition - quasi) / per_gray - transition * (1.0 + transition / ab))


def _usc_parameters(
    alpha_beta: ArrayLike, transition_dose: ArrayLike, alpha: ArrayLike, d0: ArrayLike, dq: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    """alpha/beta, dT, alpha * D0 and Dq."""
    transition, quasi = arrays.positive("transition_dose", transition_dose, "Gy"), arrays.dose("dq", dq)
    if (quasi >= transition).any():
        quasi_of_each, transition_of_each = np.broadcast_arrays(quasi, transition)
        at = int(np.argmax(quasi_of_each >= transition_of_each))
        raise DomainError(
            f"dq must be less than transition_dose ({transition_of_each.flat[at]:g} Gy), got {quasi_of_each.flat[at]:g}"
        )
    per_gray = arrays.positive("alpha", alpha, "/Gy") * arrays.positive("d0", d0, "Gy")
    return arrays.positive("alpha_beta", alpha_beta, "Gy"), transition, np.asarray(per_gray), quasi


# --- any train of fractions -----------------------------------------------------------------------------------------


class TrainBed(NamedTuple):
    """BED of a train of fractions, split as `train_bed` explains. [Gy]"""

    fraction_bed: Array
    """BED of each fraction as if alone and instantaneous, [..., n]; cumulative sums give the BED day by day."""
    repair_gain: FloatOrArray
    """BED gained by damage unrepaired between fractions, less what is repaired during long ones, [...]."""
    time_loss: FloatOrArray
    """BED undone by repopulation, [...], never negative."""

    @property
    def bed(self) -> FloatOrArray:
        """BED without repair and time, [...]."""
        return arrays.out(self.fraction_bed.sum(axis=-1))

    @property
    def net_bed(self) -> FloatOrArray:
        """`bed` + `repair_gain` - `time_loss`, [...]; negative if time undoes more than was given."""
        return arrays.out(self.bed + self.repair_gain - self.time_loss)


def train_bed(
    dose: ArrayLike,
    day: ArrayLike,
    *,
    alpha_beta: ArrayLike,
    hour: ArrayLike | None = None,
    half_time_h: ArrayLike | None = None,
    share: ArrayLike | None = None,
    duration_h: ArrayLike | None = None,
    transition_dose: ArrayLike | None = None,
    gamma_over_alpha: ArrayLike | None = None,
    rate: ArrayLike = 0.0,
    kick_off_day: ArrayLike = math.inf,
    first_fraction_is_day: int = 0,
    overnight: bool = False,
) -> TrainBed:
    r"""BED of any train of fractions, with repopulation and incomplete repair.

    .. math:: \sum_i d_i \left(1 + \frac{d_i}{\alpha/\beta}\right)
              + \frac{2}{\alpha/\beta} \sum_{j<i} d_i d_j\, \varphi(t_i - t_j) - K \max(0, T - T_k)

    The last axis of `dose`, `day`, `hour` and `duration_h` is the fraction; leading axes are courses or drawn
    parameters and broadcast together with all other parameters.

    Parameters:
    dose [..., n] to this tissue, 0 = not given (padding: whatever its day and hour, it affects nothing) [Gy];
    day [..., n] local calendar day number from any origin, whole, not negative: T = last given day - first [days];
    alpha_beta [...], positive [Gy];
    hour [..., n] elapsed UTC hours from any origin, never decreasing, start of each delivery [h];
    half_time_h [...] of repair, positive; needs `hour`; without it repair is complete [h];
    share [..., k]: repair is multi-exponential, half_time_h is [..., k] too, and the shares sum to 1 [-];
    duration_h [..., n] or scalar: delivery at constant rate, 0 = instantaneous; needs `half_time_h` [h];
    transition_dose [...], positive: LQ-L above this dose per fraction, see `bed_lql` [Gy];
    gamma_over_alpha [...], positive: its slope there, without it the tangent [-];
    rate [...] K, not negative [Gy of BED per day]; kick_off_day [...] Tk, not negative, infinity = never [days];
    first_fraction_is_day: 0, or 1 for a parameter set whose source counts the first fraction as day 1;
    overnight: also pairs of fractions of different days are incompletely repaired, otherwise only of the same `day`.

    Returns: TrainBed(fraction_bed [..., n], repair_gain [...], time_loss [...]), with `bed` and `net_bed`. [Gy]
    Raises: DomainError, also for overlapping deliveries, and for LQ-L with unrepaired fractions (no agreed form).
    Range: as `bed`; a train without any dose has BED 0 and T = 0.

    The pair sum is exact and takes time linear in the number of fractions; courses are worked on in blocks, so that
    the temporaries stay small beside the result.

    >>> course = train_bed([1.8] * 10, [0, 1, 2, 3, 4, 7, 8, 9, 10, 11], alpha_beta=10.0, rate=0.9, kick_off_day=7)
    >>> round(course.bed, 6), course.repair_gain, round(course.time_loss, 6), round(course.net_bed, 6)
    (21.24, 0.0, 3.6, 17.64)
    >>> round(train_bed([1.5, 1.5], [0, 0], alpha_beta=10.0, hour=[8, 14], half_time_h=2.0).repair_gain, 6)
    0.05625

    References: R. G. Dale, Br. J. Radiol. 58 (1985) 515-528 and 62 (1989) 241-244; H. D. Thames, Int. J. Radiat. Biol.
    47 (1985) 319-339; J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568; M. Astrahan, Med. Phys. 35 (2008) 4161-4172.
    """
    options = {
        "hour": hour,
        "duration_h": duration_h,
        "half_time_h": half_time_h,
        "share": share,
        "transition_dose": transition_dose,
        "gamma_over_alpha": gamma_over_alpha,
    }
    named = {"dose": dose, "day": day, "alpha_beta": alpha_beta, "rate": rate, "kick_off_day": kick_off_day}
    values = {name: arrays.numbers(name, value) for name, value in (named | options).items() if value is not None}
    _refuse_half_sets(values, overnight)
    first_fraction_is_day = whole("first_fraction_is_day", first_fraction_is_day, 0, 1)
    lead, values = _train_shape(values)
    fraction_bed = np.empty((*lead, values["dose"].shape[-1]))
    repair_gain, time_loss = np.empty(lead), np.empty(lead)
    for block in _blocks(lead):
        part = {name: array[block] for name, array in values.items()}
        fraction_bed[block], repair_gain[block], time_loss[block] = _train_block(part, first_fraction_is_day, overnight)
    return TrainBed(fraction_bed, arrays.out(repair_gain), arrays.out(time_loss))


def _refuse_half_sets(values: Mapping[str, object], overnight: bool) -> None:
    """Parameters that mean nothing without another."""
    needs = {
        "half_time_h": "hour",
        "share": "half_time_h",
        "duration_h": "half_time_h",
        "gamma_over_alpha": "transition_dose",
    }
    for name, needed in needs.items():
        if name in values and needed not in values:
            raise DomainError(f"{name} must come with {needed}, got none")
    if overnight and "half_time_h" not in values:
        raise DomainError("overnight must come with half_time_h, got none")
    if "transition_dose" in values and (overnight or "duration_h" in values):
        raise DomainError("transition_dose must not come with overnight or duration_h: LQ-L assumes complete repair")


def _train_shape(values: Mapping[str, NDArray[Any]]) -> tuple[tuple[int, ...], dict[str, NDArray[Any]]]:
    """The leading shape, and views of all values with it and one more axis: fractions, components of repair, or 1."""
    fractions = {name: values[name] for name in ("dose", "day", "hour", "duration_h") if name in values}
    components = ("half_time_h", "share") if "share" in values else ()
    if any(values[name].ndim == 0 for name in components):
        raise DomainError("half_time_h and share must both list their components, got a single number")
    rest = {
        name: array if name in components else array[..., None]
        for name, array in values.items()
        if name not in fractions
    }
    lead, fractions = _along_fractions(fractions, [array.shape[:-1] for array in rest.values()])
    return lead, {name: np.broadcast_to(a, (*lead, a.shape[-1])) for name, a in (fractions | rest).items()}


def _blocks(lead: tuple[int, ...]) -> Iterator[tuple[int | slice, ...]]:
    """Indices that cut the leading axes into blocks of at most _BLOCK_ROWS courses."""
    if not lead:
        yield ()
        return
    cut = next(axis for axis in range(len(lead)) if math.prod(lead[axis + 1 :]) <= _BLOCK_ROWS)
    step = max(1, _BLOCK_ROWS // max(1, math.prod(lead[cut + 1 :])))
    for outer in np.ndindex(*lead[:cut]):
        for start in range(0, lead[cut], step):
            yield (*outer, slice(start, start + step))


def _train_block(
    values: Mapping[str, NDArray[Any]], first_fraction_is_day: int, overnight: bool
) -> tuple[Array, Array, Array]:
    """fraction_bed [..., n], repair_gain [...] and time_loss [...] of values shaped by `_train_shape`."""
    d, ab = arrays.dose("dose", values["dose"]), arrays.positive("alpha_beta", values["alpha_beta"], "Gy")
    day = arrays.checked("day", values["day"], "days", least=0.0, integral=True)
    given = d > 0.0
    if "transition_dose" in values:
        transition = arrays.positive("transition_dose", values["transition_dose"], "Gy")
        slope = values.get("gamma_over_alpha")
        fraction_bed = _lql(
            d, ab, transition, None if slope is None else arrays.positive("gamma_over_alpha", slope, "")
        )
    else:
        fraction_bed = d * (1.0 + d / ab)
    first = np.where(given, day, np.inf).min(axis=-1, initial=np.inf)
    last = np.where(given, day, -np.inf).max(axis=-1, initial=-np.inf)
    elapsed = last - first + first_fraction_is_day  # -inf for a train without dose, which thus loses nothing
    rate, kick_off = _rate(values["rate"])[..., 0], _kick_off(values["kick_off_day"])[..., 0]
    if ((rate > 0.0) & np.isinf(kick_off)).any():
        raise DomainError("rate must come with a finite kick_off_day: without one nothing would ever be lost")
    loss = _loss(elapsed, rate, kick_off)
    gain = _repair_gain(values, d, day, overnight) / ab[..., 0] if "hour" in values else np.zeros(elapsed.shape)
    return fraction_bed, gain, loss


def _repair_gain(values: Mapping[str, NDArray[Any]], d: Array, day: Array, overnight: bool) -> Array:
    """repair_gain times alpha/beta [Gy^2]; checks the clock also where repair is complete."""
    given = d > 0.0
    hour = arrays.checked("hour", values["hour"], "h")
    width = None
    if "duration_h" in values:
        width = np.where(given, arrays.checked("duration_h", values["duration_h"], "h", least=0.0), 0.0)
    gap = _gaps("hour", given, hour, np.zeros(()) if width is None else width)
    same_day = _same_day(given, day)
    if "half_time_h" not in values:
        return np.zeros(d.shape[:-1])
    half, share = _components(values["half_time_h"], values.get("share"))
    pairs = same_day & given & (np.cumsum(given, axis=-1) > 1)
    if "transition_dose" in values and pairs.any():
        raise DomainError(
            "transition_dose must not come with half_time_h and two fractions a day: LQ-L assumes complete repair"
        )
    if not (pairs.any() or overnight or width is not None):
        return np.zeros(d.shape[:-1])
    return _unrepaired(d, gap, width, None if overnight else same_day, half, share)


def _same_day(given: NDArray[np.bool_], day: Array) -> NDArray[np.bool_]:
    """Whether each fraction is on the day of the last given one before it; true where not given."""
    origin = np.where(given, day, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    passed = np.where(given, day - origin, 0.0)
    reached = np.maximum.accumulate(passed, axis=-1)
    if (given & (passed < reached)).any():
        raise DomainError("day must not decrease from one given fraction to the next while hour does not")
    same = np.ones(given.shape, dtype=np.bool_)
    same[..., 1:] = reached[..., 1:] == reached[..., :-1]
    return same
