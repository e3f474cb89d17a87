"""Courses and regions into rows of dose, BED and EQD2: the one road to the kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtplan import lq
from rtplan.course import Course
from rtplan.errors import DomainError
from rtplan.note import Note
from rtplan.prescription import Prescription
from rtplan.tissue import Limit, Region, Tissue

__all__ = ["HIGH_DOSE_GY", "EffectRow", "LimitCheck", "evaluate", "evaluate_many", "notes_on", "region_doses"]

HIGH_DOSE_GY = 8.0
"""Dose per fraction above which the plain LQ model is doubtful [Gy]; DESIGN.md names the figure, no source read."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCheck:
    """A region's EQD2 beside a published limit, both at the limit's own alpha/beta. margin = limit - EQD2. [Gy]"""

    limit: Limit
    eqd2_gy: float
    margin_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """Dose and effect of one course on one region.

    bed_gy = sum d (1 + d/(alpha/beta)); net_bed_gy = bed_gy + repair_gain_gy - time_loss_gy; None where the tissue has
    no such factor, or no time is known. dose_per_fraction_gy: None where fractions differ. elapsed_days: T, from
    dates, or as stated; None without one.
    """

    regimen: str
    region: str
    tissue: str
    kind: str
    target: str
    metric: str
    model: str
    alpha_beta_gy: float
    n_fractions: int
    dose_per_fraction_gy: float | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Which time a row is charged with: that of the dates, a stated T, or none."""

    from_dates: bool = True
    elapsed_days: float | None = None

    def of(self, course: Course) -> float | None:
        """T of a course. [d]"""
        return float(course.elapsed_days) if self.from_dates else self.elapsed_days


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
    names = regimens or [None] * len(courses)
    width = max(len(course.fractions) for course in courses)
    day = _padded([course.day_numbers() for course in courses], width)
    hour = _padded([course.hours() for course in courses], width)
    columns = [_column(courses, names, region, day, hour, time) for region in regions]
    return [tuple(column[i] for column in columns) for i in range(len(courses))]


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


def _stated_share(prescription: Prescription, region: Region) -> float:
    if region.stated_dose_gy is None:
        return 1.0
    return region.stated_dose_gy / prescription.total_gy(region.target or prescription.targets[0])


def _padded(rows: Sequence[Floats], width: int) -> Floats:
    out = np.empty((len(rows), width))
    for place, row in enumerate(rows):
        out[place, : len(row)] = row
        out[place, len(row) :] = row[-1]
    return out


def _column(
    courses: Sequence[Course],
    names: Sequence[str | None],
    region: Region,
    day: Floats,
    hour: Floats,
    time: Time,
) -> list[EffectRow]:
    tissue = region.tissue
    if tissue.obstacle:
        raise DomainError(f"tissue {tissue.name!r} cannot be calculated with: {tissue.obstacle}")
    per_course = [region_doses(course, region) for course in courses]
    width = day.shape[1]
    dose = np.zeros((len(courses), width))
    for place, doses in enumerate(per_course):
        dose[place, : len(doses)] = doses
    result = _kernel(tissue, dose, day, hour)
    beds, gains = np.atleast_1d(result.bed), np.atleast_1d(result.repair_gain)
    rows = []
    for place, course in enumerate(courses):
        rows.append(
            _row(
                course,
                names[place] or course.prescription.name,
                region,
                per_course[place],
                float(beds[place]),
                float(gains[place]) if tissue.repair is not None else None,
                time.of(course),
                _limit_checks(region, dose[place], day[place]),
            )
        )
    return rows


def _kernel(tissue: Tissue, dose: Floats, day: Floats, hour: Floats) -> lq.TrainBed:
    repair = tissue.repair
    if repair is None:
        half_time: tuple[float, ...] | float | None = None
    else:
        half_time = repair.half_times_h if len(repair.half_times_h) > 1 else repair.half_times_h[0]
    return lq.train_bed(
        dose,
        day,
        alpha_beta=tissue.alpha_beta,
        hour=hour if repair else None,
        half_time_h=half_time,
        share=repair.shares if repair and len(repair.half_times_h) > 1 else None,
        transition_dose=tissue.transition_dose,
        gamma_over_alpha=tissue.gamma_over_alpha,
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
    limits: tuple[LimitCheck, ...],
) -> EffectRow:
    tissue = region.tissue
    loss = time_loss_gy(tissue, elapsed)
    net = bed + (gain or 0.0) - (loss or 0.0)
    given = doses[doses > 0]
    equal = bool(len(given)) and bool(np.all(given == given[0]))
    return EffectRow(
        regimen=regimen,
        region=region.name,
        tissue=tissue.name,
        kind=tissue.kind,
        target=region.target or course.prescription.targets[0],
        metric=region.metric,
        model=tissue.model,
        alpha_beta_gy=tissue.alpha_beta,
        n_fractions=int(np.count_nonzero(doses)),
        dose_per_fraction_gy=float(given[0]) if equal else None,
        dose_gy=_total(course, region, doses),
        elapsed_days=elapsed,
        overall_treatment_time_days=None if elapsed is None else elapsed + 1,
        bed_gy=bed,
        eqd2_gy=float(lq.eqd2(bed, tissue.alpha_beta)),
        repair_gain_gy=gain,
        time_loss_gy=loss,
        net_bed_gy=net,
        net_eqd2_gy=net / (1.0 + 2.0 / tissue.alpha_beta),
        parameters=tissue,
        limits=limits,
    )


def _total(course: Course, region: Region, doses: Floats) -> float:
    if region.shares:
        return math.fsum(doses)
    share = _stated_share(course.prescription, region)
    total = course.total_gy(region.target)
    complete = total == course.prescription.total_gy(region.target or course.prescription.targets[0])
    return region.stated_dose_gy if complete and region.stated_dose_gy is not None else total * share


def _limit_checks(region: Region, dose: Floats, day: Floats) -> tuple[LimitCheck, ...]:
    if region.stated_dose_gy is None and not region.shares:
        return ()
    checks = []
    for limit in region.tissue.limits:
        bed = float(lq.train_bed(dose, day, alpha_beta=limit.alpha_beta).bed)
        eqd2 = float(lq.eqd2(bed, limit.alpha_beta))
        checks.append(LimitCheck(limit=limit, eqd2_gy=eqd2, margin_gy=limit.eqd2_gy - eqd2))
    return tuple(checks)


def notes_on(course: Course, rows: Sequence[EffectRow], *, dated: bool = True) -> tuple[Note, ...]:
    """What has to be said beside these rows: doubtful ranges, and assumed intervals."""
    notes = [
        Note(
            code="high-dose-per-fraction",
            severity="warning",
            message=f"{row.region}: plain LQ is doubtful above about {HIGH_DOSE_GY:g} Gy per fraction "
            f"(here {float(max(region)):g} Gy)",
            values={"region": row.region, "dose_per_fraction_gy": float(max(region)), "about_gy": HIGH_DOSE_GY},
        )
        for row in rows
        if row.model == "LQ" and max(region := _dose_list(course, row)) > HIGH_DOSE_GY
    ]
    if course.several_a_day and not course.times_known and any(row.repair_gain_gy is not None for row in rows):
        interval = max(phase.pattern.interval_h for phase in course.prescription.phases)
        notes.append(
            Note(
                code="interval-assumed",
                severity="info",
                message=f"no clock times: fractions of one day are taken as {interval:g} h apart",
                values={"interval_h": interval},
            )
        )
    return tuple(notes)


def _dose_list(course: Course, row: EffectRow) -> list[float]:
    return [row.dose_per_fraction_gy] if row.dose_per_fraction_gy is not None else list(course.doses_gy(row.target))
