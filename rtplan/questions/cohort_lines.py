"""The planned courses of every start day that a cohort has, for one prescription at one clinic.

What `rtplan plan` says of one patient, as arrays: a line is a start day, and every patient who starts then has it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtplan.clinic.clinic import Clinic
from rtplan.clinic.days import add_days
from rtplan.clinic.holidays import working_week
from rtplan.course.course import Course, Fraction
from rtplan.course.many import Days, Trains, date_of, lay_out_many
from rtplan.course.schedule import prescribed_reference
from rtplan.library.catalogue import is_path
from rtplan.planning import resolve
from rtplan.planning.inputs import PlanInputs, align_cycles, permitted_starts
from rtplan.planning.resolve import Where
from rtplan.radiobiology.effect import EffectRow, cohort, evaluate, evaluate_many, region_doses
from rtplan.radiobiology.region import Region

__all__ = [
    "Clinics",
    "Lines",
    "Setting",
    "changes_week",
]


Floats = NDArray[np.float64]


class Clinics:
    """Calendars of the clinics of a cohort, each made once for the years asked for."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, bool, dt.date, dt.date | None], resolve.Calendars] = {}

    def of(self, clinic: Clinic, start: dt.date, *, used: bool, until: dt.date | None = None) -> resolve.Calendars:
        """As `resolve.calendars`."""
        key = (clinic.label, used, start, until)
        if key not in self.made:
            self.made[key] = resolve.calendars(clinic, start, used=used, until=until)
        return self.made[key]


def changes_week(clinic: Clinic, low: dt.date, until: dt.date) -> bool:
    """Does a country change its working week in the years that the courses of these start days may meet?"""
    last = add_days(until, resolve.DAYS_AFTER)
    years = (dt.date(year, 1, 1) for year in range(low.year + 1, last.year + 1))
    return len({working_week(clinic, day) for day in (low, *years, last)}) > 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Planned courses of some start days, one a line.

    day: of each fraction, from 1970-01-01; phase: which one each belongs to. reference_days: T of the prescribed
    reference. cycles_kept: are the cycles within their windows? None without chemotherapy. bed, gain, loss, net: of the
    tumour, NaN where not known; cumulative: its BED after each fraction. reference_net: of the prescribed reference.
    """

    day: Days
    phase: NDArray[np.uint8]
    reference_days: NDArray[np.int64]
    provisional: NDArray[np.bool_]
    cycles_kept: NDArray[np.float64]
    bed: Floats
    gain: Floats
    loss: Floats
    net: Floats
    cumulative: Floats
    reference_net: Floats

    @property
    def longest_gap_days(self) -> NDArray[np.int64]:
        """Most treatment-free days between two fractions."""
        if self.day.shape[1] < 2:
            return np.zeros(len(self.day), np.int64)
        gaps: NDArray[np.int64] = np.diff(self.day, axis=1).max(axis=1).astype(np.int64) - 1
        return np.maximum(gaps, 0)


@dataclass(slots=True, kw_only=True)
class _Reference:
    """The prescribed reference from a weekday."""

    elapsed_days: int
    tumour: EffectRow | None


@dataclass(kw_only=True)
class Setting:
    """One prescription at one clinic, with what decides its plans.

    clinic: its name as it was asked for; what it calls itself where that was a path, which can name people.
    """

    inputs: PlanInputs
    clinic: str
    references: dict[int, _Reference] = field(default_factory=dict)
    windows: dict[int, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, regimen: str, where: Where, low: dt.date, until: dt.date, clinics: Clinics) -> Setting:
        """Names into a setting whose calendars hold every start day from low to until."""
        protocol = resolve.protocol_of(regimen)
        inputs = resolve.inputs_of(protocol, low, where, until, clinics.of)
        named, _ = resolve.clinic_of(protocol, where)
        return cls(inputs=inputs, clinic=inputs.clinic if is_path(named) else named)

    @cached_property
    def tumour(self) -> Region | None:
        """The region whose BED is accounted for: the first tumour."""
        return next((region for region in self.inputs.regions if region.tissue.kind == "tumour"), None)

    @cached_property
    def phase_doses(self) -> Floats:
        """Dose of a fraction of each phase to the tumour; 0 where it does not treat it. [Gy]"""
        assert self.tumour is not None
        prescription = self.inputs.prescription
        fractions = tuple(
            Fraction(
                number=number,
                phase=phase.name,
                date=self.inputs.start,
                doses_gy=tuple(phase.dose_per_fraction_gy(target) for target in prescription.targets),
            )
            for number, phase in enumerate(prescription.phases, 1)
        )
        return region_doses(Course(prescription=prescription, fractions=fractions), self.tumour)

    @cached_property
    def _unofficial(self) -> NDArray[np.int64]:
        """How many provisional days lie before each day of the calendar."""
        calendar = self.inputs.calendar
        flags = np.array([reason.provisional for reason in calendar.reasons])[np.array(calendar.codes)]
        return np.append(0, np.cumsum(flags))

    @property
    def zero(self) -> int:
        """The calendar's first day, from 1970-01-01."""
        return (self.inputs.calendar.first - date_of(0)).days

    def reference(self, first: int) -> _Reference:
        """The prescribed reference from a first day: its weekday decides."""
        weekday = first % 7
        if weekday not in self.references:
            course = prescribed_reference(self.inputs.prescription, date_of(first))
            rows = evaluate(course, [self.tumour]) if self.tumour else (None,)
            self.references[weekday] = _Reference(elapsed_days=course.elapsed_days, tumour=rows[0])
        return self.references[weekday]

    def lines(self, starts: Days) -> Lines:
        """The planned courses of start days. ScheduleError where one does not fit the calendar, naming it."""
        inputs = self.inputs
        free = inputs.chemo is None and inputs.start_rules.off
        permitted = None if free else permitted_starts(inputs)
        trains = lay_out_many(starts, inputs.prescription, inputs.calendar, permitted=permitted)
        day = trains.days.reshape(len(starts), -1)
        phase = trains.phases.reshape(day.shape)
        references = [self.reference(int(first)) for first in day[:, 0]]
        before = self._unofficial
        effects = self._effects(trains, day, phase)
        return Lines(
            day=day,
            phase=phase,
            reference_days=np.array([reference.elapsed_days for reference in references], np.int64),
            provisional=before[day[:, -1] - self.zero + 1] > before[day[:, 0] - self.zero],
            cycles_kept=self._cycles(trains),
            reference_net=np.array([np.nan if r.tumour is None else r.tumour.net_bed_gy for r in references]),
            **effects,
        )

    def course(self, days: Days, phases: NDArray[np.uint8]) -> Course:
        """One of the lines as a course."""
        ordered = self.inputs.prescription
        doses = [tuple(p.dose_per_fraction_gy(target) for target in ordered.targets) for p in ordered.phases]
        fractions = tuple(
            Fraction(number=number, phase=ordered.phases[place].name, date=date_of(day), doses_gy=doses[place])
            for number, (day, place) in enumerate(zip(days, phases, strict=True), 1)
        )
        return Course(prescription=ordered, fractions=fractions)

    def _cycles(self, trains: Trains) -> Floats:
        """1.0 where every cycle lies within its window, 0.0 where one does not, NaN without chemotherapy."""
        if self.inputs.chemo is None:
            return np.full(len(trains), np.nan)
        for row, first in enumerate(trains.first):
            if int(first) not in self.windows:
                span = slice(trains.offsets[row], trains.offsets[row + 1])
                cycles = align_cycles(self.inputs, self.course(trains.days[span], trains.phases[span]))
                self.windows[int(first)] = all(cycle.within_window for cycle in cycles)
        return np.array([float(self.windows[int(first)]) for first in trains.first])

    def _effects(self, trains: Trains, day: Days, phase: NDArray[np.uint8]) -> dict[str, Floats]:
        region, none = self.tumour, np.full(len(day), np.nan)
        if region is None:
            parts = dict.fromkeys(("bed", "gain", "loss", "net"), none)
            return {**parts, "cumulative": np.full(day.shape, np.nan)}
        if region.tissue.repair is not None:
            return self._repaired(region, trains, day)
        result = cohort(region.tissue, self.phase_doses[phase], day - day[:, :1])
        bed, loss = np.asarray(result.bed), np.asarray(result.time_loss)
        timed = region.tissue.has_time_factor
        return {
            "bed": bed,
            "gain": none,
            "loss": loss if timed else none,
            "net": bed - loss,
            "cumulative": result.fraction_bed.cumsum(axis=1),
        }

    def _repaired(self, region: Region, trains: Trains, day: Days) -> dict[str, Floats]:
        """Where a tissue repairs between fractions, the clock of each day counts: course by course."""
        courses = [
            self.course(trains.course(row), trains.phases[trains.offsets[row] : trains.offsets[row + 1]])
            for row in range(len(trains))
        ]
        rows = [row for (row,) in evaluate_many(courses, [region])]

        def of(name: str) -> Floats:
            return np.array([np.nan if getattr(row, name) is None else getattr(row, name) for row in rows])

        return {
            "bed": of("bed_gy"),
            "gain": of("repair_gain_gy"),
            "loss": of("time_loss_gy"),
            "net": of("net_bed_gy"),
            "cumulative": np.full(day.shape, np.nan),
        }
