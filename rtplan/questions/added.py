"""Inverse questions with time: how many fractions, laid out on the calendar, reach another course's net BED."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rtplan.answer import Answer, Kind
from rtplan.clinic.days import Calendar, announced_until
from rtplan.course.course import Course
from rtplan.course.schedule import Permit, lay_out
from rtplan.errors import DomainError, positive, whole
from rtplan.note import Note
from rtplan.planning.provenance import ClinicFrom
from rtplan.prescription.prescription import Phase, Prescription, TargetDose
from rtplan.radiobiology.effect import EffectRow, evaluate, evaluate_many, notes_on
from rtplan.radiobiology.region import Region

__all__ = [
    "MOST_ADDED",
    "AddedAnswer",
    "AddedFractions",
    "Step",
    "add_fractions",
    "fractions_to_match",
    "fractions_to_reach",
    "with_added",
]


MOST_ADDED = 15
"""Most fractions that are added: design default, no source. [-]"""


_SAME_BED = 1e-9  # net BEDs closer than this are equal [Gy]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The course with so many fractions added, on its dates, and what its region receives."""

    added: int
    n_fractions: int
    first: dt.date
    last: dt.date
    elapsed_days: int
    overall_treatment_time_days: int
    row: EffectRow

    @property
    def net_bed_gy(self) -> float:
        """Net BED of the region. [Gy]"""
        return self.row.net_bed_gy


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedFractions:
    """Added fractions laid out one by one, against a target net BED. [Gy]

    reached: the first step that reaches the target. below: its neighbour, one fraction fewer; None where nothing had to
    be added. steps: all of them, from none added on; net BED need not rise along them.
    """

    target_net_bed_gy: float
    steps: tuple[Step, ...]
    reached: Step
    below: Step | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedAnswer(Answer):
    """How many fractions a prescription needs to match a reference on a calendar, for each parameter set.

    reference_rows: the reference laid out from the same day, one a set. clinic_from: who named the clinic.
    """

    kind: ClassVar[Kind] = "added"

    prescription: Prescription
    reference: Prescription
    clinic: str
    reference_rows: tuple[EffectRow, ...]
    answers: tuple[AddedFractions, ...]
    notes: tuple[Note, ...]
    clinic_from: ClinicFrom = ""


def with_added(prescription: Prescription, added: int, dose_per_fraction_gy: float | None = None) -> Prescription:
    """The prescription with fractions added at its end. Doses stay exact.

    dose_per_fraction_gy: to the first target, in a phase of its own [Gy]; None: each like the last phase's.
    """
    whole("added", added, 0, 999)
    if not added:
        return prescription
    *before, last = prescription.phases
    if last.concomitant_from is not None:
        raise DomainError(f"{prescription.name}: a concomitant boost cannot be prolonged by added fractions")
    name = f"{prescription.name} + {added} fraction{'s' if added > 1 else ''}"
    if dose_per_fraction_gy is not None:
        return Prescription(name=name, phases=(*before, last, _added_phase(prescription, added, dose_per_fraction_gy)))
    n = last.n_fractions + added
    totals = tuple(replace(total, dose_gy=n * total.dose_gy / last.n_fractions) for total in last.totals)
    return Prescription(name=name, phases=(*before, replace(last, n_fractions=n, totals=totals)))


def _added_phase(prescription: Prescription, added: int, dose_per_fraction_gy: float) -> Phase:
    dose = added * positive("dose_per_fraction_gy", dose_per_fraction_gy, "Gy")
    return Phase(
        name="added fractions",
        n_fractions=added,
        totals=(TargetDose(target=prescription.targets[0], dose_gy=dose),),
        pattern=prescription.phases[-1].pattern,
    )


def add_fractions(
    prescription: Prescription,
    calendar: Calendar,
    start: dt.date,
    region: Region,
    *,
    most: int = MOST_ADDED,
    dose_per_fraction_gy: float | None = None,
    permitted: Permit | None = None,
) -> tuple[Step, ...]:
    """The prescription with 0 to `most` fractions added, each laid out on the calendar from the same start.

    Raises ScheduleError where the calendar ends too early.
    """
    if region.stated_dose_gy is not None:
        raise DomainError(
            f"region {region.name!r}: its dose is stated for {prescription.name} as it is; added fractions change it, "
            "so give shares instead"
        )
    counts = range(whole("most", most, 0, 99) + 1)
    longer = [with_added(prescription, added, dose_per_fraction_gy) for added in counts]
    courses = [lay_out(entry, calendar, start, permitted=permitted) for entry in longer]
    rows = evaluate_many(courses, [region])
    return tuple(_step(added, course, row) for added, (course, (row,)) in enumerate(zip(courses, rows, strict=True)))


def _step(added: int, course: Course, row: EffectRow) -> Step:
    return Step(
        added=added,
        n_fractions=len(course.fractions),
        first=course.first,
        last=course.last,
        elapsed_days=course.elapsed_days,
        overall_treatment_time_days=course.overall_treatment_time_days,
        row=row,
    )


def fractions_to_reach(
    prescription: Prescription,
    calendar: Calendar,
    start: dt.date,
    region: Region,
    target_net_bed_gy: float,
    *,
    most: int = MOST_ADDED,
    dose_per_fraction_gy: float | None = None,
    permitted: Permit | None = None,
) -> AddedFractions:
    """The fewest added fractions whose course, on its own dates, reaches a net BED. [Gy]

    Raises DomainError where none does, with the best that was reached: each added day also costs K, and a weekend or
    a closure costs more than one fraction gives, so net BED does not rise all the way.
    """
    positive("target_net_bed_gy", target_net_bed_gy, "Gy")
    steps = add_fractions(
        prescription,
        calendar,
        start,
        region,
        most=most,
        dose_per_fraction_gy=dose_per_fraction_gy,
        permitted=permitted,
    )
    reached = next((step for step in steps if step.net_bed_gy >= target_net_bed_gy - _SAME_BED), None)
    if reached is None:
        raise DomainError(_not_reached(prescription, region, steps, target_net_bed_gy))
    return AddedFractions(
        target_net_bed_gy=target_net_bed_gy,
        steps=steps,
        reached=reached,
        below=steps[reached.added - 1] if reached.added else None,
    )


def fractions_to_match(
    prescription: Prescription,
    reference: Prescription,
    calendar: Calendar,
    start: dt.date,
    regions: Sequence[Region],
    *,
    dose_per_fraction_gy: float | None = None,
    most: int = MOST_ADDED,
) -> AddedAnswer:
    """The fewest added fractions that reach a reference's net BED, both laid out from the same day, for each set.

    Raises DomainError where one of the sets is not reached, ScheduleError where the calendar ends too early.
    """
    aim = lay_out(reference, calendar, start)
    rows = evaluate(aim, regions)
    answers = tuple(
        fractions_to_reach(
            prescription,
            calendar,
            start,
            region,
            row.net_bed_gy,
            most=most,
            dose_per_fraction_gy=dose_per_fraction_gy,
        )
        for region, row in zip(regions, rows, strict=True)
    )
    reached = [answer.reached for answer in answers]
    longest = lay_out(
        with_added(prescription, max(step.added for step in reached), dose_per_fraction_gy), calendar, start
    )
    notes = [*_date_notes(calendar, start, [aim, longest]), *notes_on(longest, [step.row for step in reached])]
    return AddedAnswer(
        prescription=prescription,
        reference=reference,
        clinic=calendar.name,
        reference_rows=rows,
        answers=answers,
        notes=tuple(notes),
    )


def _date_notes(calendar: Calendar, start: dt.date, courses: Sequence[Course]) -> list[Note]:
    notes = []
    firsts = sorted({course.first for course in courses} - {start})
    if firsts:
        notes.append(
            Note(
                code="start-moved",
                severity="warning",
                values={
                    "requested": start.isoformat(),
                    "first": firsts[0].isoformat(),
                    "firsts": tuple(first.isoformat() for first in firsts),
                },
            )
        )
    if any(calendar.depends_on_provisional(course.first, course.last) for course in courses):
        notes.append(Note(code="provisional", severity="warning", values={"until": announced_until(calendar)}))
    return notes


def _not_reached(prescription: Prescription, region: Region, steps: Sequence[Step], target: float) -> str:
    best = max(steps, key=lambda step: (step.net_bed_gy, -step.added))
    what = f"{best.added} added" if best.added else "none added"
    return (
        f"{region.tissue.name}: {prescription.name} with up to {steps[-1].added} fractions added does not reach a net "
        f"BED of {target:.2f} Gy: the best is {best.net_bed_gy:.2f} Gy with {what} ({best.n_fractions} fractions, "
        f"last {best.last}, T = {best.elapsed_days} d)"
    )
