"""A course: a train of dated fractions. Planned, delivered, missed and compensated courses are all this."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtplan.clinic.days import days_between, hours_utc
from rtplan.errors import DomainError, non_negative, whole
from rtplan.prescription.prescription import Prescription

__all__ = [
    "Course",
    "Fraction",
]


Floats = NDArray[np.float64]


_UNKNOWN_TIME_H = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fraction:
    """One delivery.

    number: counted from 1 over the course, in order of time.
    phase: name of the phase it belongs to.
    date: clinic-local calendar day. start: aware clock time, where known.
    doses_gy: dose to each of the prescription's targets, in their order; 0 = not treated. [Gy]
    """

    number: int
    phase: str
    date: dt.date
    doses_gy: tuple[float, ...]
    start: dt.datetime | None = None

    def __post_init__(self) -> None:
        whole("number", self.number, 1)
        for dose in self.doses_gy:
            non_negative("doses_gy", dose, "Gy")
        if self.start is not None:
            hours_utc(self.start)
            if self.start.date() != self.date:
                raise DomainError(f"fraction {self.number} is dated {self.date} but starts {self.start.isoformat()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A prescription on dates. Fractions stand in order of time and are numbered from 1."""

    prescription: Prescription
    fractions: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if not self.fractions:
            raise DomainError("a course needs at least one fraction, got none")
        n_targets = len(self.prescription.targets)
        for position, fraction in enumerate(self.fractions, 1):
            if fraction.number != position:
                raise DomainError(f"fraction {fraction.number} stands at place {position} of the course")
            if len(fraction.doses_gy) != n_targets:
                raise DomainError(f"fraction {position} needs {n_targets} doses, one a target")
            self.prescription.phase(fraction.phase)
        for before, after in itertools.pairwise(self.fractions):
            if after.date < before.date:
                raise DomainError(f"fraction {after.number} ({after.date}) lies before {before.number} ({before.date})")
            if before.start and after.start and hours_utc(after.start) <= hours_utc(before.start):
                raise DomainError(f"fraction {after.number} does not start after fraction {before.number}")

    @property
    def first(self) -> dt.date:
        """Date of the first fraction."""
        return self.fractions[0].date

    @property
    def last(self) -> dt.date:
        """Date of the last fraction."""
        return self.fractions[-1].date

    @property
    def elapsed_days(self) -> int:
        """T: days elapsed from the first fraction to the last. [d]"""
        return days_between(self.first, self.last)

    @property
    def overall_treatment_time_days(self) -> int:
        """Last minus first plus one, in calendar days. [d]"""
        return self.elapsed_days + 1

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """The treated days, each once."""
        return tuple(dict.fromkeys(fraction.date for fraction in self.fractions))

    @property
    def longest_gap_days(self) -> int:
        """Most treatment-free days between two fractions; a weekend is 2. [d]"""
        return max((days_between(a, b) - 1 for a, b in itertools.pairwise(self.dates)), default=0)

    @property
    def sessions(self) -> dict[dt.date, int]:
        """Fractions on each treated day."""
        counts: dict[dt.date, int] = {}
        for fraction in self.fractions:
            counts[fraction.date] = counts.get(fraction.date, 0) + 1
        return counts

    @property
    def several_a_day(self) -> bool:
        """Does any day hold more than one fraction?"""
        return len(self.dates) < len(self.fractions)

    @property
    def times_known(self) -> bool:
        """Has every fraction a clock time?"""
        return all(fraction.start is not None for fraction in self.fractions)

    def target_index(self, target: str | None) -> int:
        """Place of a target among the doses; None is the first."""
        targets = self.prescription.targets
        if target is None:
            return 0
        if target not in targets:
            raise DomainError(f"there is no target {target!r} in {self.prescription.name}: it has {', '.join(targets)}")
        return targets.index(target)

    def doses_gy(self, target: str | None = None) -> tuple[float, ...]:
        """Dose of each fraction to a target. [Gy]"""
        index = self.target_index(target)
        return tuple(fraction.doses_gy[index] for fraction in self.fractions)

    def total_gy(self, target: str | None = None) -> float:
        """Dose to a target over the course. [Gy]"""
        return self.cumulative_gy(target)[-1]

    def cumulative_gy(self, target: str | None = None) -> tuple[float, ...]:
        """Dose to a target after each fraction: exact where the fractions are the prescription's own. [Gy]"""
        index = self.target_index(target)
        name = self.prescription.targets[index]
        names = {phase.name: place for place, phase in enumerate(self.prescription.phases)}
        per_fraction = [phase.dose_per_fraction_gy(name) for phase in self.prescription.phases]
        given = [0] * len(per_fraction)
        ordered = True
        cumulative: list[float] = []
        doses: list[float] = []
        for fraction in self.fractions:
            place = names[fraction.phase]
            dose = fraction.doses_gy[index]
            given[place] += 1
            doses.append(dose)
            ordered = ordered and dose == per_fraction[place]
            exact = self.prescription.cumulative_gy(name, tuple(given)) if ordered else math.fsum(doses)
            cumulative.append(exact)
        return tuple(cumulative)

    def day_numbers(self) -> Floats:
        """Day of each fraction, as the days of the proleptic calendar. [d]"""
        return np.array([fraction.date.toordinal() for fraction in self.fractions], dtype=float)

    def hours(self) -> Floats:
        """Elapsed UTC hours of each fraction.

        Where a day's clock times are not all known, that day's fractions are the phase's interval apart.
        """
        hours: list[float] = []
        for date, group in itertools.groupby(self.fractions, key=lambda fraction: fraction.date):
            hours.extend(self._hours_of_day(date, tuple(group)))
        return np.array(hours, dtype=float)

    def _hours_of_day(self, date: dt.date, fractions: tuple[Fraction, ...]) -> list[float]:
        starts = [fraction.start for fraction in fractions if fraction.start is not None]
        if len(starts) == len(fractions):
            return [hours_utc(start) for start in starts]
        interval = max(self.prescription.phase(fraction.phase).pattern.interval_h for fraction in fractions)
        base = date.toordinal() * 24.0 + _UNKNOWN_TIME_H
        return [base + place * interval for place in range(len(fractions))]
