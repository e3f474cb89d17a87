"""The columns of a cohort's answer, filled for all rows of one prescription at one clinic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtplan.course.many import EPOCH, NO_DAY
from rtplan.questions.cohort_columns import COLUMNS, Band
from rtplan.questions.cohort_given import Given
from rtplan.questions.cohort_lines import Lines, Setting
from rtplan.radiobiology import lq
from rtplan.radiobiology.effect import time_loss_gy

__all__ = [
    "Put",
    "as_dates",
    "delivered",
    "deviations",
    "limits",
    "planned",
    "recorded",
]


def as_dates(days: NDArray[Any]) -> NDArray[Any]:
    """Days from 1970-01-01 as dates, NaT for those not known."""
    known = ~np.isnan(days) if days.dtype.kind == "f" else days != NO_DAY
    return np.where(known, np.where(known, days, 0).astype("datetime64[D]"), np.datetime64("NaT"))


@dataclass(frozen=True, slots=True)
class Put:
    """Some rows of the columns, to be read and filled."""

    out: dict[str, NDArray[Any]]
    rows: NDArray[np.int64]

    def __setitem__(self, name: str, values: Any) -> None:
        self.out[name][self.rows] = values

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.out[name][self.rows]


def planned(put: Put, setting: Setting, lines: Lines, line: NDArray[np.int64]) -> None:
    """What `rtplan plan` says of each row."""
    inputs, tumour = setting.inputs, setting.tumour
    elapsed = (lines.day[:, -1] - lines.day[:, 0]).astype(np.int64)
    put["clinic"] = setting.clinic
    put["category"] = np.nan if inputs.limits.category is None else inputs.limits.category
    put["planned_first"], put["planned_last"] = as_dates(lines.day[line, 0]), as_dates(lines.day[line, -1])
    put["n_fractions"] = inputs.prescription.n_fractions
    put["planned_overall_days"] = (elapsed + 1)[line]
    put["planned_prolongation_days"] = (elapsed - lines.reference_days)[line]
    put["planned_longest_gap_days"] = lines.longest_gap_days[line]
    put["provisional"], put["cycle_windows_kept"] = lines.provisional[line], lines.cycles_kept[line]
    put["dose_gy"] = inputs.prescription.total_gy(inputs.prescription.targets[0])
    if tumour is None:
        return
    alpha_beta = tumour.tissue.alpha_beta
    put["tissue"], put["alpha_beta_gy"] = tumour.tissue.name, alpha_beta
    put["planned_bed_gy"], put["planned_time_loss_gy"] = lines.bed[line], lines.loss[line]
    put["planned_net_bed_gy"], put["prescribed_net_bed_gy"] = lines.net[line], lines.reference_net[line]
    put["planned_net_eqd2_gy"] = _eqd2(lines.net, alpha_beta)[line]
    put["planned_lost_gy"] = _lost(setting, lines.reference_net - lines.net)[line]


def _lost(setting: Setting, difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """A loss of net BED is known where the price of time is."""
    known = setting.tumour is not None and setting.tumour.tissue.has_time_factor
    return difference if known else np.full(difference.shape, np.nan)


def _eqd2(bed: NDArray[np.float64], alpha_beta: float) -> NDArray[np.float64]:
    """EQD2 of BED, NaN where that is not known."""
    out, known = np.full(bed.shape, np.nan), ~np.isnan(bed)
    out[known] = lq.eqd2(bed[known], alpha_beta)
    return out


def delivered(
    put: Put,
    setting: Setting,
    lines: Lines,
    line: NDArray[np.int64],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    given: NDArray[np.float64],
) -> None:
    """What is known of a course from its first and last day and the number of its fractions."""
    n = setting.inputs.prescription.n_fractions
    elapsed, whole = last - first, given == n
    put["first"], put["last"], put["n_given"] = as_dates(first), as_dates(last), given
    put["overall_days"] = elapsed + 1
    begun = np.unique(first[~np.isnan(first)]).astype(np.int64)
    wanted = {int(day) % 7: setting.reference(int(day)) for day in begun}
    weekday = np.where(np.isnan(first), 0, first).astype(np.int64) % 7
    table = np.array([wanted[day].elapsed_days if day in wanted else np.nan for day in range(7)])
    put["prolongation_days"] = np.where(whole, elapsed - table[weekday], np.nan)
    put["delay_days"] = np.where(whole, last - lines.day[line, -1], np.nan)
    dose = _dose_given(setting, given)
    put["given_dose_gy"], put["dose_percent"] = dose, 100 * (dose / put["dose_gy"] - 1)
    if setting.tumour is None:
        return
    tissue = setting.tumour.tissue
    bed = _bed_given(setting, lines, line, given)
    loss = _loss_of(setting, elapsed)
    net = bed - np.where(np.isnan(loss), 0.0 if not tissue.has_time_factor else np.nan, loss)
    reference = np.array([wanted[day].tumour.net_bed_gy if day in wanted else np.nan for day in range(7)])  # type: ignore[union-attr]
    put["bed_gy"], put["time_loss_gy"] = bed, np.where(np.isnan(bed), np.nan, loss)
    put["net_bed_gy"], put["net_eqd2_gy"] = net, _eqd2(net, tissue.alpha_beta)
    put["lost_gy"] = _lost(setting, reference[weekday] - net)


def _in_order(setting: Setting) -> bool:
    """Is it known which fractions the first k are? Not where a boost is given beside a phase."""
    return all(phase.concomitant_from is None for phase in setting.inputs.prescription.phases)


def _dose_given(setting: Setting, given: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dose of the first k fractions to the first target, for each k. [Gy]"""
    ordered = setting.inputs.prescription
    sums = np.full(ordered.n_fractions + 2, np.nan)
    sums[0], counts, passed = 0.0, [0] * len(ordered.phases), 0
    for place, phase in enumerate(ordered.phases):
        for k in range(1, phase.n_fractions + 1):
            counts[place] = k
            sums[passed + k] = ordered.cumulative_gy(ordered.targets[0], tuple(counts))
        passed += phase.n_fractions
    if not _in_order(setting):
        sums[1:-2] = np.nan
    return sums[_places(given, ordered.n_fractions)]


def _places(given: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Places in a table of the counts 0 to n, and behind them one for what is not known."""
    return np.where((given >= 0) & (given <= n), given, n + 1).astype(np.int64)


def _bed_given(
    setting: Setting, lines: Lines, line: NDArray[np.int64], given: NDArray[np.float64]
) -> NDArray[np.float64]:
    """BED of the first k fractions to the tumour, with incomplete repair; NaN where the days would have to be known."""
    ordered, n = setting.inputs.prescription, setting.inputs.prescription.n_fractions
    assert setting.tumour is not None
    whole = lines.bed[line]
    repair = setting.tumour.tissue.repair
    if repair is not None:
        apart = not repair.overnight and not any(phase.pattern.several_a_day for phase in ordered.phases)
        return np.where((given == n) & apart & _in_order(setting), whole, np.nan)
    table = np.concatenate([np.zeros((len(lines.bed), 1)), lines.cumulative, np.full((len(lines.bed), 1), np.nan)], 1)
    if not _in_order(setting):
        table[:, 1:-2] = np.nan
    return np.where(given == n, whole, table[line, _places(given, n)])


def _loss_of(setting: Setting, elapsed: NDArray[np.float64]) -> NDArray[np.float64]:
    """What time undid of the tumour's BED; NaN without a time factor, or where its own last day is not known. [Gy]"""
    assert setting.tumour is not None
    out = np.full(elapsed.shape, np.nan)
    if not (setting.phase_doses > 0).all():
        return out
    known = ~np.isnan(elapsed)
    days, place = np.unique(elapsed[known], return_inverse=True)
    losses = [time_loss_gy(setting.tumour.tissue, float(day)) if day >= 0 else None for day in days]
    out[known] = np.array([np.nan if loss is None else loss for loss in losses])[place] if len(days) else ()
    return out


_NAMES = tuple(COLUMNS)

_DELIVERED = (
    *_NAMES[_NAMES.index("first") : _NAMES.index("limit_days")],
    *("given_dose_gy", "dose_percent"),
    *("bed_gy", "time_loss_gy", "net_bed_gy", "net_eqd2_gy", "lost_gy"),
)


def recorded(put: Put, setting: Setting, found: Given) -> None:
    """The delivered columns of one course, as its record says them. Nothing of what its ends said is left."""
    for name in _DELIVERED:
        put[name] = np.datetime64("NaT") if COLUMNS[name] == "date" else np.nan
    course, effect = found.course, found.effect
    put["n_given"], put["given_dose_gy"] = 0, 0.0
    put["missed_days"], put["compensated_sessions"] = found.missed_days, found.compensated_sessions
    if course is None:
        return
    dose = course.total_gy()
    put["first"], put["last"], put["n_given"] = course.first, course.last, len(course.fractions)
    put["overall_days"], put["longest_gap_days"] = course.overall_treatment_time_days, course.longest_gap_days
    put["prolongation_days"], put["delay_days"] = _or_nan(found.prolongation_days), _or_nan(found.delay_days)
    put["given_dose_gy"], put["dose_percent"] = dose, 100 * (dose / put["dose_gy"] - 1)
    if effect is None:
        return
    put["bed_gy"], put["time_loss_gy"] = effect.bed_gy, _or_nan(effect.time_loss_gy)
    put["net_bed_gy"], put["net_eqd2_gy"] = effect.net_bed_gy, effect.net_eqd2_gy
    reference = setting.reference((course.first - EPOCH).days).tumour
    assert reference is not None
    put["lost_gy"] = _lost(setting, np.array([reference.net_bed_gy - effect.net_bed_gy]))


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def limits(put: Put, setting: Setting) -> None:
    """The longest prolongation of the category, planned and as it was."""
    bound = setting.inputs.limits.prolongation_days
    if bound is None:
        return
    put["limit_days"] = bound
    for kept, days in (("planned_limit_kept", "planned_prolongation_days"), ("limit_kept", "prolongation_days")):
        put[kept] = np.where(np.isnan(put[days]), np.nan, put[days] <= bound)


_DEVIATIONS = np.array(["none", "minor", "major"], dtype=object)


def deviations(put: Put, bands: Sequence[Band]) -> None:
    """The worst deviation of the quantities that have bands; unknown where one is not known and none is major."""
    if not bands:
        return
    worst, unknown = np.zeros(len(put.rows), np.int64), np.zeros(len(put.rows), np.bool_)
    for band in bands:
        values = put[band.quantity]
        values = np.abs(values) if band.quantity == "dose_percent" else values
        unknown |= np.isnan(values)
        worst = np.maximum(worst, (values > band.minor).astype(np.int64) + (values > band.major))
    found = _DEVIATIONS[worst]
    found[unknown & (worst < 2)] = None
    put["deviation"] = found
