"""Linear-quadratic dose-fractionation formulae: BED, EQD2, repopulation, incomplete repair, high dose per fraction.

Every function takes scalars or arrays, broadcasts them, and returns a float or an array. Doses are in Gy, times in
days (repopulation) or hours (repair). One value outside a formula's domain raises `DomainError` for the whole array.
Formulae live here and nowhere else; dates, rounding and wording live elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rtplan.errors import DomainError
from rtplan.radiobiology import arrays
from rtplan.radiobiology.arrays import Array, FloatOrArray
from rtplan.radiobiology.train import (
    LN2,
    TrainBed,
    along_fractions,
    checked_kick_off,
    checked_rate,
    gaps_h,
    lql_bed,
    repair_components,
    time_loss,
    train_bed,
    unrepaired_pairs,
)

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


_MAX_FRACTIONS_PER_DAY = 1440.0  # one a minute


def _count(n_fractions: ArrayLike) -> Array:
    return arrays.checked("n_fractions", n_fractions, "fractions", least=0.0)


@arrays.labelled
def bed(n_fractions: ArrayLike, dose_per_fraction: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Biologically effective dose of equal, fully repaired fractions.

    .. math:: \mathrm{BED} = n d \left(1 + \frac{d}{\alpha/\beta}\right)

    Parameters
    ----------
    n_fractions, dose_per_fraction, alpha_beta : array_like
        n_fractions [-] and dose_per_fraction [Gy], not negative; alpha_beta [Gy], positive; array_like,
        broadcast together. `n_fractions` need not be whole, so that a dose can be split in parts.

    Returns
    -------
    float or ndarray
        BED at this alpha/beta, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: meant for about 1 to 8 Gy per fraction; above, plain LQ is held to overstate the effect (see `bed_lql`).

    References
    ----------
    J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568; R. G. Dale, Br. J. Radiol. 58 (1985) 515-528.

    Examples
    --------
    >>> bed(30, 2.0, 10.0)
    72.0
    """
    n, d = _count(n_fractions), arrays.dose("dose_per_fraction", dose_per_fraction)
    return arrays.out(n * d * (1.0 + d / arrays.positive("alpha_beta", alpha_beta, "Gy")))


@arrays.labelled
def eqdx(bed: ArrayLike, alpha_beta: ArrayLike, x: ArrayLike) -> FloatOrArray:
    r"""Equieffective dose in fractions of x Gy.

    .. math:: \mathrm{EQD}x = \frac{\mathrm{BED}}{1 + x/(\alpha/\beta)}

    Parameters
    ----------
    bed, alpha_beta, x : array_like
        bed [Gy], finite (a net BED may be negative); alpha_beta [Gy], positive; x [Gy], not negative
        (0 gives the BED itself); array_like, broadcast together. The BED must have been made with the same alpha/beta.

    Returns
    -------
    float or ndarray
        total dose given in x Gy fractions with the same BED, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    References
    ----------
    S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.

    Examples
    --------
    >>> eqdx(72.0, 10.0, 2.0)
    60.0
    """
    b, reference = arrays.checked("bed", bed, "Gy"), arrays.dose("x", x)
    return arrays.out(b / (1.0 + reference / arrays.positive("alpha_beta", alpha_beta, "Gy")))


@arrays.labelled
def eqd2(bed: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Equieffective dose in fractions of 2 Gy.

    .. math:: \mathrm{EQD2} = \frac{\mathrm{BED}}{1 + 2/(\alpha/\beta)}

    Parameters
    ----------
    bed, alpha_beta : array_like
        as `eqdx`. [Gy], [Gy]

    Returns
    -------
    float or ndarray
        EQD2, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    References
    ----------
    S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.

    Examples
    --------
    >>> eqd2(bed(25, 1.8, 10.0), 10.0)
    44.25
    """
    return eqdx(bed, alpha_beta, 2.0)


@arrays.labelled
def dose_per_fraction_for_bed(bed: ArrayLike, n_fractions: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Dose per fraction with which n equal, fully repaired fractions have this BED: the inverse of `bed` in d.

    .. math:: d = \frac{2 B / n}{1 + \sqrt{1 + 4 B / (n\, \alpha/\beta)}}

    the root of the quadratic written without a difference of nearly equal numbers, so that small doses keep all digits.

    Parameters
    ----------
    bed, n_fractions, alpha_beta : array_like
        bed [Gy], not negative; n_fractions [-] and alpha_beta [Gy], positive; array_like, broadcast together.

    Returns
    -------
    float or ndarray
        dose per fraction, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    References
    ----------
    J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568.

    Examples
    --------
    >>> round(dose_per_fraction_for_bed(80.0, 30, 10.0), 4)
    2.188
    """
    per_fraction = arrays.dose("bed", bed) / arrays.positive("n_fractions", n_fractions, "fractions")
    root = np.sqrt(1.0 + 4.0 * per_fraction / arrays.positive("alpha_beta", alpha_beta, "Gy"))
    return arrays.out(2.0 * per_fraction / (1.0 + root))


@arrays.labelled
def n_fractions_for_bed(bed: ArrayLike, dose_per_fraction: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Number of equal, fully repaired fractions with this BED: the inverse of `bed` in n, not rounded.

    .. math:: n = \frac{B}{d \left(1 + \frac{d}{\alpha/\beta}\right)}

    Parameters
    ----------
    bed, dose_per_fraction, alpha_beta : array_like
        bed [Gy], not negative; dose_per_fraction [Gy] and alpha_beta [Gy], positive; array_like, broadcast
        together.

    Returns
    -------
    float or ndarray
        number of fractions, not rounded, float or ndarray. [-]

    Raises
    ------
    DomainError

    References
    ----------
    J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568.

    Examples
    --------
    >>> n_fractions_for_bed(72.0, 2.0, 10.0)
    30.0
    """
    d = arrays.positive("dose_per_fraction", dose_per_fraction, "Gy")
    return arrays.out(arrays.dose("bed", bed) / (d * (1.0 + d / arrays.positive("alpha_beta", alpha_beta, "Gy"))))


@arrays.labelled
def repopulation_rate(alpha: ArrayLike, doubling_time: ArrayLike) -> FloatOrArray:
    r"""Rate K at which accelerated repopulation undoes BED.

    .. math:: K = \frac{\ln 2}{\alpha\, T_d}

    Parameters
    ----------
    alpha, doubling_time : array_like
        alpha [1/Gy], doubling_time (effective, of the clonogens after kick-off) [days]; positive; array_like,
        broadcast together.

    Returns
    -------
    float or ndarray
        rate, float or ndarray. [Gy of BED per day]

    Raises
    ------
    DomainError

    References
    ----------
    J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568; R. G. Dale, Br. J. Radiol. 62 (1989) 241-244.

    Examples
    --------
    >>> round(repopulation_rate(0.3, 4.0), 4)
    0.5776
    """
    return arrays.out(
        LN2 / (arrays.positive("alpha", alpha, "/Gy") * arrays.positive("doubling_time", doubling_time, "days"))
    )


@arrays.labelled
def repopulation_loss(elapsed_days: ArrayLike, rate: ArrayLike, kick_off_day: ArrayLike) -> FloatOrArray:
    r"""BED undone by repopulation: nothing until kick-off, then linear.

    .. math:: K \max(0,\ T - T_k)

    Parameters
    ----------
    elapsed_days, rate, kick_off_day : array_like
        elapsed_days T (last treated day - first) [days], rate K [Gy of BED per day], kick_off_day Tk [days]; not
        negative; array_like, broadcast together. T and Tk must count from the same day: see `first_fraction_is_day` of
        `train_bed`. A kick-off day of infinity means no repopulation.

    Returns
    -------
    float or ndarray
        loss, never negative, float or ndarray. [Gy of BED]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: a straight line fitted to courses of about 3 to 9 weeks.

    References
    ----------
    R. G. Dale, Br. J. Radiol. 62 (1989) 241-244; J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568.

    Examples
    --------
    >>> round(repopulation_loss(39, 0.9, 28), 10)
    9.9
    >>> repopulation_loss(20, 0.9, 28)
    0.0
    """
    elapsed = arrays.checked("elapsed_days", elapsed_days, "days", least=0.0)
    return arrays.out(time_loss(elapsed, checked_rate(rate), checked_kick_off(kick_off_day)))


@arrays.labelled
def bed_rate_from_eqd2_rate(dprolif: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Repopulation rate K in BED from Dprolif in EQD2.

    .. math:: K = D_\mathrm{prolif} \left(1 + \frac{2}{\alpha/\beta}\right)

    Parameters
    ----------
    dprolif, alpha_beta : array_like
        dprolif [Gy of EQD2 per day], not negative; alpha_beta [Gy], positive; array_like, broadcast together.

    Returns
    -------
    float or ndarray
        K, float or ndarray. [Gy of BED per day]

    Raises
    ------
    DomainError

    References
    ----------
    S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.

    Examples
    --------
    >>> round(bed_rate_from_eqd2_rate(0.75, 10.0), 10)
    0.9
    """
    rate = arrays.checked("dprolif", dprolif, "Gy/day", least=0.0)
    return arrays.out(rate * (1.0 + 2.0 / arrays.positive("alpha_beta", alpha_beta, "Gy")))


@arrays.labelled
def eqd2_rate_from_bed_rate(rate: ArrayLike, alpha_beta: ArrayLike) -> FloatOrArray:
    r"""Repopulation rate Dprolif in EQD2 from K in BED: the inverse of `bed_rate_from_eqd2_rate`.

    .. math:: D_\mathrm{prolif} = \frac{K}{1 + 2/(\alpha/\beta)}

    Parameters
    ----------
    rate, alpha_beta : array_like
        rate K [Gy of BED per day], not negative; alpha_beta [Gy], positive; array_like, broadcast together.

    Returns
    -------
    float or ndarray
        Dprolif, float or ndarray. [Gy of EQD2 per day]

    Raises
    ------
    DomainError

    References
    ----------
    S. M. Bentzen et al., Radiother. Oncol. 105 (2012) 266-268.

    Examples
    --------
    >>> round(eqd2_rate_from_bed_rate(0.9, 10.0), 10)
    0.75
    """
    return arrays.out(checked_rate(rate) / (1.0 + 2.0 / arrays.positive("alpha_beta", alpha_beta, "Gy")))


@arrays.labelled
def incomplete_repair_factor(
    fractions_per_day: ArrayLike, interval_h: ArrayLike, half_time_h: ArrayLike
) -> FloatOrArray:
    r"""Factor Hm of m equal fractions a day, equally spaced, with complete repair overnight.

    .. math:: H_m = \frac{2}{m} \sum_{k=1}^{m-1} (m - k)\, \varphi^k, \qquad \varphi = 2^{-\Delta T / T_{1/2}}

    so that BED = n d (1 + (1 + Hm) d / (alpha/beta)). Written as the sum, which has no pole at phi = 1.

    Parameters
    ----------
    fractions_per_day, interval_h, half_time_h : array_like
        fractions_per_day m [-], whole, 1 to 1440; interval_h (start to start) [h], not negative; half_time_h
        [h], positive; array_like, broadcast together.

    Returns
    -------
    float or ndarray
        Hm between 0 (m = 1, or full repair) and m - 1 (no interval), float or ndarray. [-]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: equal fractions, mono-exponential repair. For anything else use `train_bed`.

    References
    ----------
    H. D. Thames, Int. J. Radiat. Biol. 47 (1985) 319-339.

    Examples
    --------
    >>> incomplete_repair_factor(2, 6.0, 2.0)
    0.125
    """
    m = arrays.checked("fractions_per_day", fractions_per_day, least=1.0, most=_MAX_FRACTIONS_PER_DAY, integral=True)
    interval = arrays.checked("interval_h", interval_h, "h", least=0.0)
    phi = np.exp(-LN2 / arrays.positive("half_time_h", half_time_h, "h") * interval)
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

    Parameters
    ----------
    doses, start_h, duration_h, half_time_h, share : array_like
        doses [..., n] [Gy], not negative, each course with some dose (0 = not given, its times are ignored); start_h
        [..., n] [h], in the order of delivery; duration_h [..., n] or scalar [h], 0 = instantaneous; half_time_h [...]
        [h], positive. With `share` repair is multi-exponential: half_time_h and share then have components on their
        last axis, and the shares (not negative) sum to 1.

    Returns
    -------
    float or ndarray
        G, more than 0 and at most 1 (1 = one instantaneous delivery), float or ndarray of the leading axes. [-]

    Raises
    ------
    DomainError
        Also for overlapping deliveries.

    References
    ----------
    D. E. Lea and D. G. Catcheside, J. Genet. 44 (1942) 216-245; R. G. Dale, Br. J. Radiol. 58 (1985)
    515-528.

    Examples
    --------
    >>> round(protraction_factor([2.0, 2.0], [0.0, 6.0], 0.0, 4.4), 6)
    0.694301
    """
    values = {
        "doses": arrays.dose("doses", doses),
        "start_h": arrays.checked("start_h", start_h, "h"),
        "duration_h": arrays.checked("duration_h", duration_h, "h", least=0.0),
    }
    half, shares = repair_components(half_time_h if share is not None else np.asarray(half_time_h)[..., None], share)
    lead, fractions = along_fractions(values, [half.shape[:-1], shares.shape[:-1]])
    d, start, width = (np.broadcast_to(array, (*lead, array.shape[-1])) for array in fractions.values())
    given = d > 0.0
    if not given.any(axis=-1).all():
        raise DomainError("doses must be greater than 0 Gy in sum, got 0.0")
    width = np.where(given, width, 0.0)
    excess = unrepaired_pairs(d, gaps_h("start_h", given, start, width), width, None, half, shares)
    total = d.sum(axis=-1)
    return arrays.out(((d * d).sum(axis=-1) + excess) / (total * total))


@arrays.labelled
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

    Parameters
    ----------
    n_fractions, dose_per_fraction, alpha_beta, transition_dose, gamma_over_alpha : array_like
        n_fractions [-], dose_per_fraction [Gy], not negative; alpha_beta [Gy], transition_dose dT [Gy],
        gamma_over_alpha [-], positive; array_like, broadcast together. Without gamma_over_alpha the line is the tangent
        of LQ at dT: 1 + 2 dT/(alpha/beta).

    Returns
    -------
    float or ndarray
        BED at this alpha/beta, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: complete repair; a dT of about 2 alpha/beta is common where none was measured.

    References
    ----------
    M. Astrahan, Med. Phys. 35 (2008) 4161-4172; M. Guerrero and X. A. Li, Phys. Med. Biol. 49 (2004)
    4825-4835.

    Examples
    --------
    >>> round(bed_lql(5, 7.25, 3.1, 6.2), 6)
    119.25
    """
    ab, transition = (
        arrays.positive("alpha_beta", alpha_beta, "Gy"),
        arrays.positive("transition_dose", transition_dose, "Gy"),
    )
    slope = None if gamma_over_alpha is None else arrays.positive("gamma_over_alpha", gamma_over_alpha, "")
    return arrays.out(
        _count(n_fractions) * lql_bed(arrays.dose("dose_per_fraction", dose_per_fraction), ab, transition, slope)
    )


@arrays.labelled
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

    Parameters
    ----------
    n_fractions, dose_per_fraction, alpha_beta, transition_dose, alpha, d0, dq : array_like
        n_fractions [-], dose_per_fraction [Gy], dq [Gy], not negative; alpha_beta [Gy], transition_dose dT [Gy], alpha
        [1/Gy], d0 [Gy], positive; dq less than dT; array_like, broadcast together. The parameters are those of one fit:
        chosen freely, the two branches do not meet, by `usc_branch_gap`.

    Returns
    -------
    float or ndarray
        BED at this alpha/beta, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    Notes
    -----
    Range: complete repair; fitted to 12 lines of non-small-cell lung cancer, for ablative doses above dT.

    References
    ----------
    C. Park et al., Int. J. Radiat. Oncol. Biol. Phys. 70 (2008) 847-852.

    Examples
    --------
    >>> round(bed_usc(3, 20.0, 8.6, 6.2, 0.33, 1.25, 1.8), 2)
    132.36
    """
    n, d = _count(n_fractions), arrays.dose("dose_per_fraction", dose_per_fraction)
    ab, transition, per_gray, quasi = _usc_parameters(alpha_beta, transition_dose, alpha, d0, dq)
    return arrays.out(n * np.where(d < transition, d * (1.0 + d / ab), (d - quasi) / per_gray))


@arrays.labelled
def usc_branch_gap(
    alpha_beta: ArrayLike, transition_dose: ArrayLike, alpha: ArrayLike, d0: ArrayLike, dq: ArrayLike
) -> FloatOrArray:
    r"""By how much the straight branch of the universal survival curve starts above its LQ branch at dT.

    .. math:: \frac{d_T - D_q}{\alpha D_0} - d_T \left(1 + \frac{d_T}{\alpha/\beta}\right)

    Parameters
    ----------
    alpha_beta, transition_dose, alpha, d0, dq : array_like
        as `bed_usc`.

    Returns
    -------
    float or ndarray
        the jump in BED per fraction, negative if the straight branch starts lower, float or ndarray. [Gy]

    Raises
    ------
    DomainError

    References
    ----------
    C. Park et al., Int. J. Radiat. Oncol. Biol. Phys. 70 (2008) 847-852.

    Examples
    --------
    >>> round(usc_branch_gap(8.6, 6.2, 0.33, 1.25, 1.8), 3)
    -0.003
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
