"""BED of any train of fractions: the one kernel, for one course or a million.

What it shares with the formulae of `rtplan.lq` stands here too: checks along fractions, unrepaired pairs, LQ-L.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtplan.errors import DomainError, whole
from rtplan.radiobiology import arrays
from rtplan.radiobiology.arrays import Array, FloatOrArray

__all__ = [
    "LN2",
    "TrainBed",
    "along_fractions",
    "checked_kick_off",
    "checked_rate",
    "gaps_h",
    "lql_bed",
    "repair_components",
    "time_loss",
    "train_bed",
    "unrepaired_pairs",
]


LN2 = math.log(2.0)


_BLOCK_ROWS = 4096  # courses worked on at a time by train_bed: their temporaries fit in the processor's cache


_TOUCHING_H = 1e-6  # deliveries overlapping by less than this (4 ms) touch: clock times as floats are no finer


_SHARE_TOLERANCE = 1e-9  # shares are decimals that a file wrote


def checked_rate(rate: ArrayLike) -> Array:
    """Rates of repopulation: not negative. [Gy/day]"""
    return arrays.checked("rate", rate, "Gy/day", least=0.0)


def checked_kick_off(kick_off_day: ArrayLike) -> Array:
    """Kick-off days: not negative, infinity for never. [days]"""
    return arrays.checked("kick_off_day", kick_off_day, "days", least=0.0, infinite=True)


def time_loss(elapsed: Array, rate: Array, kick_off_day: Array) -> Array:
    """Loss to repopulation K * max(0, T - Tk), of checked values. [Gy]"""
    return np.asarray(rate * np.maximum(0.0, elapsed - kick_off_day))


def repair_components(half_time_h: ArrayLike, share: ArrayLike | None) -> tuple[Array, Array]:
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


def along_fractions(
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


def gaps_h(name: str, given: NDArray[np.bool_], start: Array, width: Array) -> Array:
    """Hours from the end of the last given delivery to the start of each; 0 for the first and where not given."""
    if in_front(given):
        return _gaps_in_front(name, given, start, width)
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


def in_front(given: NDArray[np.bool_]) -> bool:
    """Do all given fractions stand before those not given? Then each has its neighbours beside it."""
    return not (given[..., 1:] > given[..., :-1]).any()


def _gaps_in_front(name: str, given: NDArray[np.bool_], start: Array, width: Array) -> Array:
    """`gaps_h` where nothing that is not given has to be looked over: plain differences."""
    gap = np.zeros(given.shape)
    step = gap[..., 1:]
    np.subtract(start[..., 1:], start[..., :-1], out=step)
    step *= given[..., 1:]
    if (step < 0.0).any():
        raise DomainError(f"{name} must not decrease from one given fraction to the next")
    if not width.any():
        return gap
    step -= np.broadcast_to(width, given.shape)[..., :-1] * given[..., 1:]
    if (step < -_TOUCHING_H).any():
        raise DomainError(f"{name} must be after the end of the fraction before, got {-gap.min():g} h of overlap")
    return np.asarray(np.maximum(gap, 0.0, out=gap))


def unrepaired_pairs(
    d: Array, gap: Array, width: Array | None, linked: NDArray[np.bool_] | None, half: Array, share: Array
) -> Array:
    """Sum of d_i^2 (g_i - 1) + 2 sum over pairs of d_i d_j f_i f_j exp(-mu gap_ij), in one pass over the fractions.

    The unrepaired dose left when fraction i starts, S_i = sum over j < i of d_j f_j exp(-mu gap_ij), follows from the
    one before: S_i = (S_{i-1} exp(-mu w_{i-1}) + d_{i-1} f_{i-1}) exp(-mu gap_i). Where a fraction is not `linked` to
    the one before, S starts again at 0. No `width`: every delivery is instantaneous.
    """
    total = np.zeros(d.shape[:-1])
    for k in range(half.shape[-1]):
        mu = LN2 / half[..., k, None]
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


def lql_bed(d: Array, alpha_beta: Array, transition: Array, slope: Array | None) -> Array:
    """BED per fraction by LQ-L; without `slope` by the tangent."""
    if slope is None:
        slope = 1.0 + 2.0 * transition / alpha_beta
    bent = np.minimum(d, transition)
    return np.asarray(bent * (1.0 + bent / alpha_beta) + slope * np.maximum(d - transition, 0.0))


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

    Parameters
    ----------
    dose : array_like
        [..., n] to this tissue, 0 = not given (padding: whatever its day and hour, it affects nothing) [Gy].
    day : array_like
        [..., n] local calendar day number from any origin, whole, not negative: T = last given day - first [days].
    alpha_beta : array_like
        [...], positive [Gy].
    hour : array_like
        [..., n] elapsed UTC hours from any origin, never decreasing, start of each delivery [h].
    half_time_h : array_like
        [...] of repair, positive; needs `hour`; without it repair is complete [h].
    share : array_like
        [..., k]: repair is multi-exponential, half_time_h is [..., k] too, and the shares sum to 1 [-].
    duration_h : array_like
        [..., n] or scalar: delivery at constant rate, 0 = instantaneous; needs `half_time_h` [h].
    transition_dose : array_like
        [...], positive: LQ-L above this dose per fraction, see `bed_lql` [Gy].
    gamma_over_alpha : array_like
        [...], positive: its slope there, without it the tangent [-].
    rate : array_like
        [...] K, not negative [Gy of BED per day].
    kick_off_day : array_like
        [...] Tk, not negative, infinity = never [days].
    first_fraction_is_day : int
        0, or 1 for a parameter set whose source counts the first fraction as day 1.
    overnight : bool
        also pairs of fractions of different days are incompletely repaired, otherwise only of the same `day`.

    Returns
    -------
    TrainBed
        TrainBed(fraction_bed [..., n], repair_gain [...], time_loss [...]), with `bed` and `net_bed`. [Gy]

    Raises
    ------
    DomainError
        Also for overlapping deliveries, and for LQ-L with unrepaired fractions (no agreed form).

    Notes
    -----
    Range: as `bed`; a train without any dose has BED 0 and T = 0.

    The pair sum is exact and takes time linear in the number of fractions; courses are worked on in blocks, so that
    the temporaries stay small beside the result.

    References
    ----------
    R. G. Dale, Br. J. Radiol. 58 (1985) 515-528 and 62 (1989) 241-244; H. D. Thames, Int. J. Radiat. Biol.
    47 (1985) 319-339; J. F. Fowler, Br. J. Radiol. 83 (2010) 554-568; M. Astrahan, Med. Phys. 35 (2008) 4161-4172.

    Examples
    --------
    >>> course = train_bed([1.8] * 10, [0, 1, 2, 3, 4, 7, 8, 9, 10, 11], alpha_beta=10.0, rate=0.9, kick_off_day=7)
    >>> round(course.bed, 6), course.repair_gain, round(course.time_loss, 6), round(course.net_bed, 6)
    (21.24, 0.0, 3.6, 17.64)
    >>> round(train_bed([1.5, 1.5], [0, 0], alpha_beta=10.0, hour=[8, 14], half_time_h=2.0).repair_gain, 6)
    0.05625
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
    lead, fractions = along_fractions(fractions, [array.shape[:-1] for array in rest.values()])
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
        fraction_bed = lql_bed(
            d, ab, transition, None if slope is None else arrays.positive("gamma_over_alpha", slope, "")
        )
    else:
        fraction_bed = d / ab
        fraction_bed += 1.0
        fraction_bed *= d
    elapsed = _elapsed(given, day) + first_fraction_is_day
    rate, kick_off = checked_rate(values["rate"])[..., 0], checked_kick_off(values["kick_off_day"])[..., 0]
    if ((rate > 0.0) & np.isinf(kick_off)).any():
        raise DomainError("rate must come with a finite kick_off_day: without one nothing would ever be lost")
    loss = time_loss(elapsed, rate, kick_off)
    gain = _repair_gain(values, d, day, overnight) / ab[..., 0] if "hour" in values else np.zeros(elapsed.shape)
    return fraction_bed, gain, loss


def _elapsed(given: NDArray[np.bool_], day: Array) -> Array:
    """Days from the first given fraction to the last; -inf for a train without dose, which thus loses nothing."""
    if given.shape[-1] and in_front(given) and not (day[..., 1:] < day[..., :-1]).any():
        count = np.count_nonzero(given, axis=-1)
        last = np.take_along_axis(day, np.maximum(count - 1, 0)[..., None], axis=-1)[..., 0]
        return np.where(count > 0, last - day[..., 0], -np.inf)
    first = np.where(given, day, np.inf).min(axis=-1, initial=np.inf)
    last = np.where(given, day, -np.inf).max(axis=-1, initial=-np.inf)
    return np.asarray(last - first)


def _repair_gain(values: Mapping[str, NDArray[Any]], d: Array, day: Array, overnight: bool) -> Array:
    """repair_gain times alpha/beta [Gy^2]; checks the clock also where repair is complete."""
    given = d > 0.0
    hour = arrays.checked("hour", values["hour"], "h")
    width = None
    if "duration_h" in values:
        width = np.where(given, arrays.checked("duration_h", values["duration_h"], "h", least=0.0), 0.0)
    gap = gaps_h("hour", given, hour, np.zeros(()) if width is None else width)
    same_day = _same_day(given, day)
    if "half_time_h" not in values:
        return np.zeros(d.shape[:-1])
    half, share = repair_components(values["half_time_h"], values.get("share"))
    pairs = same_day & given & (np.arange(given.shape[-1]) > _first_given(given))
    if "transition_dose" in values and pairs.any():
        raise DomainError(
            "transition_dose must not come with half_time_h and two fractions a day: LQ-L assumes complete repair"
        )
    if not (pairs.any() or overnight or width is not None):
        return np.zeros(d.shape[:-1])
    return unrepaired_pairs(d, gap, width, None if overnight else same_day, half, share)


def _first_given(given: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place of the first given fraction of each train, 0 where there is none."""
    return given.argmax(axis=-1)[..., None] if given.shape[-1] else np.zeros((*given.shape[:-1], 1), np.int64)


def _same_day(given: NDArray[np.bool_], day: Array) -> NDArray[np.bool_]:
    """Whether each fraction is on the day of the last given one before it; true where not given."""
    if in_front(given):
        _refuse_earlier(given[..., 1:] & (day[..., 1:] < day[..., :-1]))
        same = np.ones(given.shape, dtype=np.bool_)
        np.equal(day[..., 1:], day[..., :-1], out=same[..., 1:])
        same |= ~given
        return same
    origin = np.where(given, day, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    passed = np.where(given, day - origin, 0.0)
    reached = np.maximum.accumulate(passed, axis=-1)
    _refuse_earlier(given & (passed < reached))
    same = np.ones(given.shape, dtype=np.bool_)
    same[..., 1:] = reached[..., 1:] == reached[..., :-1]
    return same


def _refuse_earlier(earlier: NDArray[np.bool_]) -> None:
    if earlier.any():
        raise DomainError("day must not decrease from one given fraction to the next while hour does not")
