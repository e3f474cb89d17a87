"""The hand-check sheet: each formula with its numbers put in, for the second physicist."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rtplan.clinic.days import days_between
from rtplan.course.course import Course
from rtplan.planning.plan import Plan
from rtplan.radiobiology import lq
from rtplan.radiobiology.effect import EffectRow, region_doses
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

__all__ = ["HandStep", "hand_check"]


_AGREES = 1e-6
"""A step this close to the plan's figure is the same. [Gy], [d]"""

_SAME_DOSE = 1e-9
"""Doses this close are one group. [Gy]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandStep:
    """One line of the sheet. region: empty for the course itself. numbers: the formula with its numbers put in.

    value: what they give; kept: what the plan says. agrees: None where the line is not written out (several half-times,
    repair overnight): there the plan's own figure stands.
    """

    region: str
    quantity: str
    formula: str
    numbers: str
    value: float
    kept: float
    unit: str
    agrees: bool | None


def hand_check(plan: Plan) -> tuple[HandStep, ...]:
    """Times of the course, then BED, repair, time, net BED and EQD2 of each region, from its doses and parameters.

    What is worked out here uses the formulae of `rtplan.lq` for single groups of equal fractions, not the kernel of
    trains that made the plan.
    """
    steps = list(_times(plan))
    for row, region in zip(plan.effects, plan.inputs.regions, strict=True):
        steps += _region(plan.course, region, row)
    return tuple(steps)


def _step(region: str, quantity: str, formula: str, numbers: str, value: float, kept: float, unit: str) -> HandStep:
    return HandStep(
        region=region,
        quantity=quantity,
        formula=formula,
        numbers=numbers,
        value=value,
        kept=kept,
        unit=unit,
        agrees=math.isclose(value, kept, rel_tol=0.0, abs_tol=_AGREES),
    )


def _times(plan: Plan) -> Iterator[HandStep]:
    course, reference = plan.course, plan.prescribed
    elapsed = days_between(course.first, course.last)
    between = f"{course.last} − {course.first}"
    yield _step("", "T", "last − first", between, elapsed, course.elapsed_days, "d")
    overall = course.overall_treatment_time_days
    yield _step("", "overall time", "last − first + 1", f"{between} + 1", elapsed + 1, overall, "d")
    expected = days_between(reference.first, reference.last)
    numbers = f"{elapsed} − {expected}"
    yield _step("", "prolongation", "T − T(prescribed)", numbers, elapsed - expected, plan.prolongation_days, "d")


def _region(course: Course, region: Region, row: EffectRow) -> Iterator[HandStep]:
    tissue, name = region.tissue, region.name
    doses = region_doses(course, region)
    groups = _groups(doses)
    parts = [_bed(tissue, n, d) for d, n in groups]
    bed = math.fsum(value for _, value in parts)
    formula = "Σ n d (1 + d/(α/β))" if tissue.model == "LQ" else "Σ n d (1 + d/(α/β)), LQ-L above dT"
    yield _step(name, "BED", formula, " + ".join(text for text, _ in parts) or "0", bed, row.bed_gy, "Gy")
    gain = row.repair_gain_gy or 0.0
    if row.repair_gain_gy is not None:
        step = _repair(course, tissue, doses, row)
        gain = step.value
        yield step
    loss = 0.0
    if row.time_loss_gy is not None and row.elapsed_days is not None and tissue.repopulation is not None:
        step = _loss(tissue, row.elapsed_days, row)
        loss = step.value
        yield step
    net = bed + gain - loss
    numbers = f"{_short(bed)} + {_short(gain)} − {_short(loss)}"
    yield _step(name, "net BED", "BED + repair − loss", numbers, net, row.net_bed_gy, "Gy")
    ab = tissue.alpha_beta
    eqd2 = float(lq.eqd2(net, ab))
    numbers = f"{_short(net)} / (1 + 2/{_short(ab)})"
    yield _step(name, "net EQD2", "net BED / (1 + 2/(α/β))", numbers, eqd2, row.net_eqd2_gy, "Gy")


def _groups(doses: Sequence[float] | np.ndarray) -> list[tuple[float, int]]:
    """Doses per fraction in the order in which they are first given, each with its number of fractions."""
    groups: list[tuple[float, int]] = []
    for dose in (float(value) for value in doses if value > 0):
        place = next((i for i, (known, _) in enumerate(groups) if abs(known - dose) < _SAME_DOSE), None)
        if place is None:
            groups.append((dose, 1))
        else:
            groups[place] = groups[place][0], groups[place][1] + 1
    return groups


def _bed(tissue: Tissue, n: int, d: float) -> tuple[str, float]:
    ab, bend = tissue.alpha_beta, tissue.transition_dose
    if tissue.model == "LQ" or bend is None or d <= bend:
        return f"{n} × {_short(d)} × (1 + {_short(d)}/{_short(ab)})", float(lq.bed(n, d, ab))
    slope = tissue.gamma_over_alpha
    written = f"(1 + 2×{_short(bend)}/{_short(ab)})" if slope is None else _short(slope)
    text = f"{n} × [{_short(bend)} × (1 + {_short(bend)}/{_short(ab)}) + {written} × ({_short(d)} − {_short(bend)})]"
    return text, float(lq.bed_lql(n, d, ab, bend, slope))


def _loss(tissue: Tissue, elapsed: float, row: EffectRow) -> HandStep:
    time = tissue.repopulation
    assert time is not None
    rate, kick_off = time.rate or 0.0, time.kick_off_day or 0.0
    counted = elapsed + time.first_fraction_is_day
    per_day = rate * (1.0 + 2.0 / tissue.alpha_beta) if time.basis == "eqd2" else rate
    factor = f"{_short(rate)} × (1 + 2/{_short(tissue.alpha_beta)})" if time.basis == "eqd2" else _short(rate)
    formula = "Dprolif (1 + 2/(α/β)) max(0, T − Tk)" if time.basis == "eqd2" else "K max(0, T − Tk)"
    numbers = f"{factor} × max(0, {_short(counted)} − {_short(kick_off)})"
    value = per_day * max(0.0, counted - kick_off)
    return _step(row.region, "loss to time", formula, numbers, value, row.time_loss_gy or 0.0, "Gy")


def _repair(course: Course, tissue: Tissue, doses: Sequence[float] | np.ndarray, row: EffectRow) -> HandStep:
    """Pairs of fractions of one day, each with the time between them."""
    repair = tissue.repair
    assert repair is not None
    kept = row.repair_gain_gy or 0.0
    formula = "Σ (2/(α/β)) d₁ d₂ 2^(−Δt/T½)"
    if len(repair.half_times_h) > 1 or repair.overnight:
        return HandStep(
            region=row.region,
            quantity="repair",
            formula=formula,
            numbers="–",
            value=kept,
            kept=kept,
            unit="Gy",
            agrees=None,
        )
    half, ab = repair.half_times_h[0], tissue.alpha_beta
    parts = [
        (f"{n} × (2/{_short(ab)}) × {_short(a)} × {_short(b)} × 2^(−{_short(gap)}/{_short(half)})", n, a, b, gap)
        for (a, b, gap), n in _pairs(course, doses).items()
    ]
    value = math.fsum(n * 2.0 / ab * a * b * 2.0 ** (-gap / half) for _, n, a, b, gap in parts)
    numbers = " + ".join(text for text, *_ in parts) or "0"
    return _step(row.region, "repair", formula, numbers, value, kept, "Gy")


def _pairs(course: Course, doses: Sequence[float] | np.ndarray) -> Counter[tuple[float, float, float]]:
    """How often two doses are given on one day so many hours apart. [Gy], [Gy], [h]"""
    days: dict[dt.date, list[tuple[float, float]]] = {}
    for fraction, dose, hour in zip(course.fractions, doses, course.hours(), strict=True):
        if dose > 0:
            days.setdefault(fraction.date, []).append((float(dose), float(hour)))
    pairs: Counter[tuple[float, float, float]] = Counter()
    for given in days.values():
        for place, (late, end) in enumerate(given):
            for early, begin in given[:place]:
                pairs[early, late, round(end - begin, 9)] += 1
    return pairs


def _short(value: float) -> str:
    return f"{value:.10g}"
