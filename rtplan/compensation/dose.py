"""Another dose per fraction for what is left of a course: solved in closed form, given in deliverable steps."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rtplan.course.course import Course
from rtplan.radiobiology.effect import evaluate, region_doses
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.scaling import factor_for_bed

__all__ = [
    "STEP_GY",
    "DoseStep",
    "Part",
    "Rounding",
    "changeable",
    "factor_for",
    "scaled",
    "steps",
]


Rounding = Literal["none", "nearest", "down"]
"""To the deliverable step."""


STEP_GY = 0.01
"""Doses per fraction are offered in steps of this. [Gy]"""


_MOST = 20.0  # no factor above it is offered [-]


_NOTHING = 1e-9  # a net BED this close to its goal is at the goal [Gy]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseStep:
    """A changed dose per fraction of one phase to one target.

    planned_gy: before the change. exact_gy: what the goal asks for. dose_gy: what is delivered. remainder_gy: exact
    minus delivered, over all these fractions. [Gy]
    """

    phase: str
    target: str
    n_fractions: int
    planned_gy: float
    exact_gy: float
    dose_gy: float
    remainder_gy: float


def changeable(course: Course, given: int, since: dt.date) -> tuple[int, ...]:
    """Places of the fractions whose dose can still change: not given, and not before a day."""
    return tuple(i for i, fraction in enumerate(course.fractions) if i >= given and fraction.date >= since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which doses of a course may change. places: of fractions; targets: names, empty for all of them together."""

    places: tuple[int, ...]
    targets: tuple[str, ...] = ()

    def holds(self, target: str) -> bool:
        """May this target's dose change?"""
        return not self.targets or target in self.targets


def scaled(course: Course, part: Part, factor: float, rounding: Rounding = "none") -> Course:
    """The course with some of its doses multiplied.

    rounding: "none", "nearest" or "down" to the deliverable step.
    """
    held = [part.holds(target) for target in course.prescription.targets]
    fractions = list(course.fractions)
    for place in part.places:
        pairs = zip(fractions[place].doses_gy, held, strict=True)
        doses = tuple(deliverable(dose * factor, rounding) if change else dose for dose, change in pairs)
        fractions[place] = replace(fractions[place], doses_gy=doses)
    return replace(course, fractions=tuple(fractions))


def deliverable(dose_gy: float, rounding: Rounding) -> float:
    """A dose at the deliverable step. [Gy]

    >>> deliverable(2.0674, "nearest"), deliverable(2.0674, "down")
    (2.07, 2.06)
    """
    if rounding == "none":
        return dose_gy
    steps_up = dose_gy / STEP_GY
    whole = math.floor(steps_up + 1e-6) if rounding == "down" else math.floor(steps_up + 0.5)
    return round(whole * STEP_GY, 2)


def factor_for(
    course: Course, part: Part, regions: Sequence[Region], goals_gy: Sequence[float], *, at_least: bool
) -> float | None:
    """By how much to multiply the doses so that regions reach their net BED.

    goals_gy: net BED wanted of each region [Gy]. at_least: every region reaches its goal; else none exceeds it.
    None where no dose does it (none is needed, or more than twenty times as much is), or nothing can change.
    """
    if not part.places or not regions:
        return None
    factors = [_factor(course, part, region, goal) for region, goal in zip(regions, goals_gy, strict=True)]
    known = [factor for factor in factors if factor is not None]
    if len(known) < len(factors):
        return None
    return max(known) if at_least else min(known)


def _factor(course: Course, part: Part, region: Region, goal_gy: float) -> float | None:
    """The root in closed form; the time factor is no part of it, because T is that of the fractions, however large."""
    (row,) = evaluate(course, [region])
    if abs(row.net_bed_gy - goal_gy) < _NOTHING:
        return 1.0
    without = scaled(course, part, 0.0)
    if evaluate(without, [region])[0].net_bed_gy > goal_gy:
        return None
    held = region_doses(without, region)
    changed = region_doses(course, region) - held
    factor = factor_for_bed(
        region.tissue, held, changed, course.day_numbers(), course.hours(), goal_gy + (row.time_loss_gy or 0.0)
    )
    return None if factor is None or factor > _MOST else factor


def steps(course: Course, part: Part, factor: float, rounding: Rounding) -> tuple[DoseStep, ...]:
    """What a change does to each phase, target and planned dose."""
    targets = course.prescription.targets
    counts: dict[tuple[str, str, float], int] = {}
    for place in part.places:
        fraction = course.fractions[place]
        for target, dose in zip(targets, fraction.doses_gy, strict=True):
            if dose > 0 and part.holds(target):
                key = (fraction.phase, target, dose)
                counts[key] = counts.get(key, 0) + 1
    out = []
    for (phase, target, planned), count in counts.items():
        out.append(step(phase, target, count, planned, planned * factor, rounding))
    return tuple(out)


def step(phase: str, target: str, count: int, planned: float, exact: float, rounding: Rounding) -> DoseStep:
    """So many fractions of a planned dose that become another, rounded to what can be delivered. [Gy]"""
    dose = deliverable(exact, rounding)
    return DoseStep(
        phase=phase,
        target=target,
        n_fractions=count,
        planned_gy=planned,
        exact_gy=exact,
        dose_gy=dose,
        remainder_gy=count * (exact - dose),
    )
