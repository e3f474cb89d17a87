"""Courses and regions into rows of dose, BED and EQD2: the one way to the kernel."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtplan.clinic.days import add_days
from rtplan.course.course import Course
from rtplan.errors import DomainError
from rtplan.note import Note, each_once
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology import lq
from rtplan.radiobiology.region import Region, may_be_cgy
from rtplan.radiobiology.tissue import Limit, Model, Tissue, TissueKind

__all__ = [
    "FROM_DATES",
    "LQ_DOUBTFUL_GY",
    "NO_TIME",
    "EffectRow",
    "LimitCheck",
    "Time",
    "Trains",
    "cohort",
    "evaluate",
    "evaluate_many",
    "net_bed_by_day",
    "notes_on",
    "region_doses",
    "region_elapsed_days",
    "time_loss_gy",
]


LQ_DOUBTFUL_GY = 8.0
"""Dose per fraction above which the plain LQ model is doubtful [Gy]; DESIGN.md names the figure, no source read."""


_EQD2_GY = 2.0


_SAME_DOSE = 1e-12  # doses per fraction closer than this (relative) are one: 5.4/3 and 45/25 differ in the last bit


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCheck:
    """A region's EQD2 beside a published limit, both at the limit's own alpha/beta. margin = limit - EQD2. [Gy]

    The EQD2 counts the tissue's incomplete repair; it has no time factor.
    """

    limit: Limit
    eqd2_gy: float
    margin_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """Dose and effect of one course on one region.

    bed_gy = sum d (1 + d/(alpha/beta)), LQ-L above its transition dose; net_bed_gy = bed_gy + repair_gain_gy -
    time_loss_gy; the last two are None where the tissue has no such factor, or no time is known.
    dose_per_fraction_gy: None where fractions differ; highest_dose_per_fraction_gy: the largest of them.
    elapsed_days: T of this region, from the first to the last fraction that gives it dose, or as stated; None without.
    variant: which of the region's parameters was changed for a range; empty for the set as it is.
    """

    regimen: str
    region: str
    tissue: str
    kind: TissueKind
    target: str
    metric: str
    model: Model
    alpha_beta_gy: float
    n_fractions: int
    dose_per_fraction_gy: float | None
    highest_dose_per_fraction_gy: float
    dose_gy: float
    elapsed_days: float | None
    overall_treatment_time_days: float | None
    bed_gy: float
    eqd2_gy: float
    repair_gain_gy: float | None
    time_loss_gy: float | None
    net_bed_gy: float
    net_eqd2_gy: float
    parameters: Tissue
    limits: tuple[LimitCheck, ...] = field(default=())
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Which time a row is charged with: that of the dates, a stated T for every region alike, or none. [d]"""

    from_dates: bool = True
    elapsed_days: float | None = None


FROM_DATES = Time()


NO_TIME = Time(from_dates=False)


def evaluate(
    course: Course, regions: Sequence[Region], *, regimen: str | None = None, time: Time = FROM_DATES
) -> tuple[EffectRow, ...]:
    """One row a region for one course: a cohort of one.

    Raises DomainError where a region's tissue is not fit for calculation, or its target is not in the course.
    """
    return evaluate_many([course], regions, regimens=[regimen], time=time)[0]


def evaluate_many(
    courses: Sequence[Course],
    regions: Sequence[Region],
    *,
    regimens: Sequence[str | None] | None = None,
    time: Time = FROM_DATES,
) -> list[tuple[EffectRow, ...]]:
    """For each course one row a region. All courses go through the kernel together, padded with zero doses."""
    if not courses:
        return []
    trains = Trains(courses, regimens or [None] * len(courses))
    columns = [_column(trains, region, time) for region in regions]
    return [tuple(column[i] for column in columns) for i in range(len(courses))]


class Trains:
    """Courses as rows of days and hours, the short ones padded; doses follow for each region."""

    def __init__(self, courses: Sequence[Course], regimens: Sequence[str | None]) -> None:
        self.courses = courses
        self.names = [name or course.prescription.name for name, course in zip(regimens, courses, strict=True)]
        self.width = max(len(course.fractions) for course in courses)
        self.day = self._padded([course.day_numbers() for course in courses])
        self.hour = self._padded([course.hours() for course in courses])

    def _padded(self, rows: Sequence[Floats]) -> Floats:
        out = np.empty((len(rows), self.width))
        for place, row in enumerate(rows):
            out[place, : len(row)] = row
            out[place, len(row) :] = row[-1]
        return out

    def doses(self, per_course: Sequence[Floats]) -> Floats:
        out = np.zeros((len(per_course), self.width))
        for place, doses in enumerate(per_course):
            out[place, : len(doses)] = doses
        return out


def region_doses(course: Course, region: Region) -> Floats:
    """Dose of each fraction to a region: its target's, scaled to the stated dose or by the shares. [Gy]"""
    prescription = course.prescription
    if not region.shares:
        return np.array(course.doses_gy(region.target)) * _stated_share(prescription, region)
    for share in region.shares:
        course.target_index(share.target)
        if share.phase is not None:
            prescription.phase(share.phase)
    out = np.zeros(len(course.fractions))
    for share in region.shares:
        in_phase = [share.phase in (None, fraction.phase) for fraction in course.fractions]
        out += np.array(course.doses_gy(share.target)) * share.share * np.array(in_phase)
    return out


def region_elapsed_days(course: Course, region: Region) -> float | None:
    """T of a region: days from the first to the last fraction that gives it dose; None where none does. [d]

    A target that is not treated in every phase has its own T: after its last fraction nothing is left to be undone.
    """
    return _elapsed(course.day_numbers(), region_doses(course, region))


def _elapsed(day: Floats, doses: Floats) -> float | None:
    given = day[: len(doses)][doses > 0]
    return float(given[-1] - given[0]) if len(given) else None


def _stated_share(prescription: Prescription, region: Region) -> float:
    if region.stated_dose_gy is None:
        return 1.0
    if problem := may_be_cgy(region.name, region.stated_dose_gy, prescription):
        raise DomainError(problem)
    target = region.target or prescription.targets[0]
    left_out = [phase.name for phase in prescription.phases if not phase.total_gy(target)]
    if region.target is None and left_out:
        raise DomainError(
            f"region {region.name!r}: how its {region.stated_dose_gy:g} Gy are spread is not known, because the first "
            f"target, {target!r}, is not treated in phase {left_out[0]!r}: give its target, or shares for each phase"
        )
    return region.stated_dose_gy / prescription.total_gy(target)


def _total(course: Course, region: Region, doses: Floats) -> float:
    if region.shares:
        return math.fsum(doses)
    prescribed = course.prescription.total_gy(region.target or course.prescription.targets[0])
    total = course.total_gy(region.target)
    if region.stated_dose_gy is not None and math.isclose(total, prescribed, rel_tol=_SAME_DOSE):
        return region.stated_dose_gy
    return total * _stated_share(course.prescription, region)


def _column(trains: Trains, region: Region, time: Time) -> list[EffectRow]:
    """One row a course for a region."""
    tissue = region.tissue
    _refuse_unfit(tissue, trains.courses)
    _refuse_volume(region)
    per_course = [region_doses(course, region) for course in trains.courses]
    dose = trains.doses(per_course)
    result = cohort(tissue, dose, trains.day, trains.hour, timed=time.from_dates)
    beds, gains, losses = (np.atleast_1d(part) for part in (result.bed, result.repair_gain, result.time_loss))
    checks = _limit_checks(region, trains, dose)
    rows = []
    for place, course in enumerate(trains.courses):
        doses = per_course[place]
        elapsed = _elapsed(trains.day[place], doses) if time.from_dates else time.elapsed_days
        loss: float | None = None
        if tissue.has_time_factor and elapsed is not None:
            loss = float(losses[place]) if time.from_dates else time_loss_gy(tissue, elapsed)
        gain = float(gains[place]) if tissue.repair is not None else None
        rows.append(
            _row(course, trains.names[place], region, doses, float(beds[place]), gain, elapsed, loss, checks[place])
        )
    return rows


def _refuse_unfit(tissue: Tissue, courses: Sequence[Course]) -> None:
    """Refuse what has no agreed form; the message names the tissue."""
    if tissue.obstacle:
        raise DomainError(f"tissue {tissue.name!r} cannot be calculated with: {tissue.obstacle}")
    if tissue.transition_dose is None:
        return
    if tissue.transition_dose < _EQD2_GY:
        raise DomainError(
            f"tissue {tissue.name!r} cannot be calculated with: its LQ-L transition dose of {tissue.transition_dose:g} "
            f"Gy lies under {_EQD2_GY:g} Gy, where EQD2 = BED / (1 + 2/(alpha/beta)) does not hold"
        )
    repair = tissue.repair
    if repair is not None and (repair.overnight or any(course.several_a_day for course in courses)):
        raise DomainError(
            f"tissue {tissue.name!r} cannot be calculated with here: LQ-L has no agreed form for fractions that are "
            "not fully repaired (several a day, or overnight)"
        )


def cohort(
    tissue: Tissue,
    dose: ArrayLike,
    day: ArrayLike,
    hour: ArrayLike | None = None,
    *,
    timed: bool = True,
    alpha_beta: ArrayLike | None = None,
    rate: ArrayLike | None = None,
    kick_off_day: ArrayLike | None = None,
    half_time_h: ArrayLike | None = None,
) -> lq.TrainBed:
    """A tissue's parameters and trains of fractions into BED: one patient or a million, by the same kernel.

    dose [..., n] to this tissue, 0 = not given [Gy]; day [..., n] whole calendar days [d]; hour [..., n] elapsed UTC
    hours, needed where the tissue has a repair half-time [h]; timed: with the tissue's time factor. alpha_beta [Gy],
    rate [Gy of BED per day], kick_off_day [d], half_time_h [h]: others than the tissue's own, as a limit or a draw has
    them; they broadcast with the leading axes.

    >>> from rtplan.radiobiology.tissue import GENERIC_LATE
    >>> cohort(GENERIC_LATE, [[1.8] * 5, [2.0] * 4 + [0.0]], [0, 1, 2, 3, 4]).bed.round(6).tolist()
    [14.4, 13.333333]
    """
    if tissue.obstacle:
        raise DomainError(f"tissue {tissue.name!r} cannot be calculated with: {tissue.obstacle}")
    repair, repopulation = tissue.repair, tissue.repopulation if timed else None
    several = repair is not None and len(repair.half_times_h) > 1
    half_times = repair.half_times_h if repair else ()
    own_rate, kick_off = 0.0, math.inf
    if repopulation is not None and repopulation.kick_off_day is not None:
        own_rate, kick_off = repopulation.bed_rate(tissue.alpha_beta), repopulation.kick_off_day
    if half_time_h is None and repair is not None:
        half_time_h = half_times if several else half_times[0]
    return lq.train_bed(
        dose,
        day,
        alpha_beta=tissue.alpha_beta if alpha_beta is None else alpha_beta,
        hour=hour if repair else None,
        half_time_h=half_time_h,
        share=repair.shares if repair and several else None,
        transition_dose=tissue.transition_dose,
        gamma_over_alpha=tissue.gamma_over_alpha,
        rate=own_rate if rate is None else rate,
        kick_off_day=kick_off if kick_off_day is None else kick_off_day,
        first_fraction_is_day=repopulation.first_fraction_is_day if repopulation else 0,
        overnight=bool(repair and repair.overnight),
    )


def time_loss_gy(tissue: Tissue, elapsed_days: float | None) -> float | None:
    """BED lost to repopulation after T days; None without a time factor or a time. [Gy]"""
    repopulation = tissue.repopulation
    if repopulation is None or repopulation.kick_off_day is None or elapsed_days is None:
        return None
    rate = repopulation.bed_rate(tissue.alpha_beta)
    counted = elapsed_days + repopulation.first_fraction_is_day
    return float(lq.repopulation_loss(counted, rate, repopulation.kick_off_day))


def _row(
    course: Course,
    regimen: str,
    region: Region,
    doses: Floats,
    bed: float,
    gain: float | None,
    elapsed: float | None,
    loss: float | None,
    limits: tuple[LimitCheck, ...],
) -> EffectRow:
    tissue = region.tissue
    net = bed + (gain or 0.0) - (loss or 0.0)
    eqd2, net_eqd2 = np.asarray(lq.eqd2([bed, net], tissue.alpha_beta))
    given = doses[doses > 0]
    equal = len(given) > 0 and float(given.max() - given.min()) <= _SAME_DOSE * float(given[0])
    return EffectRow(
        regimen=regimen,
        region=region.name,
        tissue=tissue.name,
        kind=tissue.kind,
        target=region.target or course.prescription.targets[0],
        metric=region.metric,
        model=tissue.model,
        alpha_beta_gy=tissue.alpha_beta,
        n_fractions=len(given),
        dose_per_fraction_gy=float(given[0]) if equal else None,
        highest_dose_per_fraction_gy=float(doses.max()),
        dose_gy=_total(course, region, doses),
        elapsed_days=elapsed,
        overall_treatment_time_days=None if elapsed is None else elapsed + 1,
        bed_gy=bed,
        eqd2_gy=float(eqd2),
        repair_gain_gy=gain,
        time_loss_gy=loss,
        net_bed_gy=net,
        net_eqd2_gy=float(net_eqd2),
        parameters=tissue,
        limits=limits,
        variant=region.variant,
    )


def _limit_checks(region: Region, trains: Trains, dose: Floats) -> list[tuple[LimitCheck, ...]]:
    """The limits of a region's tissue, for each course; none where the region's own dose is not stated."""
    checks: list[list[LimitCheck]] = [[] for _ in trains.courses]
    if region.stated_dose_gy is None and not region.shares:
        return [() for _ in trains.courses]
    given = np.count_nonzero(dose > 0, axis=-1)
    for limit in region.tissue.limits:
        if not _fits(region.metric, limit.metric):
            continue
        result = cohort(region.tissue, dose, trains.day, trains.hour, timed=False, alpha_beta=limit.alpha_beta)
        net = np.atleast_1d(result.net_bed)
        for place, bed in enumerate(net):
            if limit.n_fractions not in (None, int(given[place])):
                continue
            eqd2 = float(lq.eqd2(bed, limit.alpha_beta))
            checks[place].append(LimitCheck(limit=limit, eqd2_gy=eqd2, margin_gy=limit.eqd2_gy - eqd2))
    return [tuple(entries) for entries in checks]


_KINDS = {
    "max": "greatest",
    "maximum": "greatest",
    "mean": "mean",
    "average": "mean",
    "median": "median",
    "min": "least",
    "minimum": "least",
}


_NEAR_GREATEST = {"cc": 1.0, "cm3": 1.0, "cm³": 1.0, "ml": 1.0, "%": 2.0}
"""Up to such a volume a dose counts as a greatest dose: D0.03cc, D1cc, D2%. [cm3], [%]"""


def _fits(stated: str, limit: str) -> bool:
    """May a dose with this metric stand beside a limit with that one? One that is left out takes the limit's own."""
    if not _plain(stated) or _plain(stated) == _plain(limit):
        return True
    return bool(_kind(stated)) and _kind(stated) == _kind(limit)


def _plain(metric: str) -> str:
    return re.sub(r"[\s_-]", "", metric).lower()


def _kind(metric: str) -> str:
    """What a metric is: greatest, mean, median, least (dose), volume; empty where it is not recognised.

    Only its beginning is read: what follows may name the structure, as in "Dmax, spinal cord PRV".
    """
    plain = _plain(metric)
    if re.match(r"v[0-9]", plain):
        return "volume"
    if found := re.match(r"d([0-9]+(?:[.][0-9]+)?)(cc|cm3|cm³|ml|%)", plain):
        return "greatest" if float(found.group(1)) <= _NEAR_GREATEST[found.group(2)] else ""
    found = re.match(r"\s*(?:d[\s_-]*)?([a-z]+)", metric.lower())
    return _KINDS.get(found.group(1), "") if found else ""


def _of_a_volume(metric: str) -> bool:
    """Does it name the volume that gets the dose: D1cc, Dmax(1cc)?"""
    return bool(re.match(r"d?(max(imum)?)?[(]?[0-9]", _plain(metric)))


def _refuse_volume(region: Region) -> None:
    """A volume cannot be the metric of a dose, wherever the region was written down."""
    if _kind(region.metric) == "volume":
        raise DomainError(
            f"region {region.name!r}: {region.metric} is a volume, not a dose: give a dose with its metric, "
            "such as Dmax, D0.03cc or Dmean"
        )


def notes_on(course: Course, rows: Sequence[EffectRow]) -> tuple[Note, ...]:
    """What has to be said beside these rows of a course: doubtful ranges, bounds, assumed intervals, metrics.

    Said once, of each set as it is: the variants of a range would only say it again.
    """
    rows = [row for row in rows if not row.variant]
    found = [*_high_doses(rows), *_repair_notes(course, rows), *_metric_notes(rows), *_several_a_day(course, rows)]
    return each_once(found)


def _high_doses(rows: Sequence[EffectRow]) -> Iterator[Note]:
    for row in rows:
        highest = row.highest_dose_per_fraction_gy
        if row.model == "LQ" and highest > LQ_DOUBTFUL_GY:
            yield Note(
                code="high-dose-per-fraction",
                severity="warning",
                values={"region": row.region, "dose_per_fraction_gy": highest, "about_gy": LQ_DOUBTFUL_GY},
            )


def _repair_notes(course: Course, rows: Sequence[EffectRow]) -> Iterator[Note]:
    repairing = [row for row in rows if row.parameters.repair is not None]
    overnight = any(row.parameters.repair is not None and row.parameters.repair.overnight for row in rows)
    if course.several_a_day:
        if repairing and not course.times_known:
            yield _interval_note(course)
        yield from _bounds(repairing)
        full = [row for row in rows if row.parameters.repair is None]
        names = tuple(dict.fromkeys(row.region for row in full))
        if full:
            yield Note(
                code="repair-complete",
                severity="warning" if any(row.kind == "late" for row in full) else "info",
                values={"regions": ", ".join(names)},
            )
    if overnight and not course.times_known:
        yield Note(
            code="clock-assumed",
            severity="info",
        )


def _several_a_day(course: Course, rows: Sequence[EffectRow]) -> Iterator[Note]:
    """An alpha/beta whose source says that it is not meant for this."""
    for row in rows if course.several_a_day else ():
        tissue = row.parameters
        if tissue.not_for_several_a_day:
            yield Note(
                code="not-for-several-a-day",
                severity="warning",
                values={"region": row.region, "alpha_beta_gy": tissue.alpha_beta, "source": tissue.source.text},
            )


def _interval_note(course: Course) -> Note:
    hours, days = course.hours(), course.day_numbers()
    gaps = sorted({round(float(gap), 6) for gap in np.diff(hours)[np.diff(days) == 0]})
    return Note(
        code="interval-assumed",
        severity="info",
        values={"interval_h": gaps[0]} if len(gaps) == 1 else {"interval_h": gaps[0], "longest_h": gaps[-1]},
    )


def _bounds(rows: Sequence[EffectRow]) -> Iterator[Note]:
    for row in rows:
        repair = row.parameters.repair
        if repair is not None and repair.bound and row.repair_gain_gy:
            half_time = min(repair.half_times_h)
            yield Note(
                code="repair-bound",
                severity="warning",
                values={"region": row.region, "half_time_h": half_time, "repair_gain_gy": row.repair_gain_gy},
            )


def _metric_notes(rows: Sequence[EffectRow]) -> Iterator[Note]:
    for row in rows:
        limits = [limit for limit in row.parameters.limits if limit.n_fractions in (None, row.n_fractions)]
        left_out = [limit for limit in limits if not _fits(row.metric, limit.metric)]
        unknown = [limit for limit in left_out if not (_kind(row.metric) and _kind(limit.metric))]
        other = [limit for limit in left_out if limit not in unknown]
        if other:
            yield _left_out("limit-metric-differs", row, other)
        if unknown:
            yield _left_out("limit-metric-unknown", row, unknown)
        yield from _near_greatest(row)
        if row.limits and not row.metric:
            yield Note(
                code="limit-metric-assumed",
                severity="info",
                values={"region": row.region},
            )


def _left_out(code: str, row: EffectRow, limits: Sequence[Limit]) -> Note:
    named = "; ".join(f"{limit.name} ({limit.metric})" for limit in limits)
    return Note(
        code=code,
        severity="warning",
        values={"region": row.region, "metric": row.metric, "limits": named},
    )


def _near_greatest(row: EffectRow) -> Iterator[Note]:
    """The dose of a small volume beside limits of the very greatest dose, which is higher."""
    if not _of_a_volume(row.metric):
        return
    names = [check.limit.name for check in row.limits if not _of_a_volume(check.limit.metric)]
    if names:
        yield Note(
            code="limit-metric-near",
            severity="warning",
            values={"region": row.region, "metric": row.metric, "limits": "; ".join(names)},
        )


def net_bed_by_day(course: Course, region: Region) -> tuple[list[dt.date], list[float]]:
    """Net BED of a region at the end of each day: what was given by then, less what time undid by then. [Gy]"""
    n = len(course.fractions)
    ends = [k for k in range(1, n + 1) if k == n or course.fractions[k].date > course.fractions[k - 1].date]
    cuts = [Course(prescription=course.prescription, fractions=course.fractions[:k]) for k in ends]
    given = {cut.last: row for cut, (row,) in zip(cuts, evaluate_many(cuts, [region]), strict=True)}
    treated = [f.date for f, dose in zip(course.fractions, region_doses(course, region), strict=True) if dose > 0]
    days = [add_days(course.first, k) for k in range(course.overall_treatment_time_days)]
    values, so_far = [], 0.0
    for day in days:
        row = given.get(day)
        so_far = row.bed_gy + (row.repair_gain_gy or 0.0) if row else so_far
        elapsed = (min(day, treated[-1]) - treated[0]).days if treated else 0
        values.append(so_far - (time_loss_gy(region.tissue, max(elapsed, 0)) or 0.0))
    return days, values
