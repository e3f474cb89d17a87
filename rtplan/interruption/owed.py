"""What is owed, in order: the k-th delivery is the k-th fraction of the plan, whatever day it falls on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from rtplan.course.course import Fraction
from rtplan.planning.plan import Plan

__all__ = [
    "Owed",
    "still_standing",
]


class Owed:
    """The fractions of a plan that are not given yet; each delivery takes the next one.

    Phases that follow one another are one line: a boost does not begin before the phase before it is complete. A
    concomitant boost is a line of its own, beside its host's.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.left = list(plan.course.fractions)
        self._beside = {phase.name for phase in plan.inputs.prescription.phases if phase.concomitant_from is not None}

    def line(self, phase: str) -> str:
        """Which line a phase belongs to: its own name for a concomitant boost, else the main one."""
        return phase if phase in self._beside else ""

    def next(self, line: str = "", phase: str = "") -> Fraction | None:
        """The next fraction owed of a line, or of a phase where one is named; None where nothing is left of it."""
        wanted = (f for f in self.left if (f.phase == phase if phase else self.line(f.phase) == line))
        return next(wanted, None)

    def take(self, fraction: Fraction) -> None:
        """This fraction is given."""
        self.left.remove(fraction)

    def give_in_order(self, days: Sequence[Fraction]) -> list[Fraction]:
        """The next fractions owed, on the days and at the times of these planned ones, as many as are still owed."""
        given = []
        for planned in days:
            fraction = self.next(self.line(planned.phase))
            if fraction is not None:
                self.take(fraction)
                given.append(replace(fraction, date=planned.date, start=planned.start))
        return given


def still_standing(owed: Owed, days: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """What stays on planned days to come when nothing of what was lost is made up for.

    days: planned fractions to come. Where more is owed than they can take, the first fractions owed are left out;
    where less is owed, the last days are.
    """
    out: list[tuple[dt.date, Fraction]] = []
    for line in dict.fromkeys(owed.line(fraction.phase) for fraction in days):
        planned = [fraction for fraction in days if owed.line(fraction.phase) == line]
        left = [fraction for fraction in owed.left if owed.line(fraction.phase) == line]
        kept = left[-len(planned) :]
        for day, fraction in zip(planned, kept, strict=False):
            out.append((day.date, replace(fraction, date=day.date, start=day.start)))
    out.sort(key=lambda pair: pair[0])
    return tuple(fraction for _, fraction in out)
