"""A course that was stopped: what was given against what was prescribed, as a revision of its plan."""

from __future__ import annotations

from dataclasses import replace

from rtplan.chemotherapy.cycles import Cycle, after_interruption
from rtplan.course.course import Course
from rtplan.errors import DomainError
from rtplan.interruption.situation import Situation, partial_fractions
from rtplan.note import Note, Value
from rtplan.planning.plan import Plan, complete_plan
from rtplan.planning.provenance import Provenance

__all__ = [
    "stopped_plan",
]


def stopped_plan(situation: Situation, provenance: Provenance, *, parent_sha256: str, reason: str) -> Plan:
    """The plan of a course that ends with what was given: a revision like any other, with nothing to come.

    Its effects are those of what was given; beside them stand those of the prescription. Chemotherapy after the day on
    which the course was stopped is left out.

    Raises DomainError where nothing was given, or where nothing is left to stop.
    """
    plan, day = situation.plan, situation.as_of
    if not situation.delivered:
        raise DomainError(f"nothing was given by {day}: there is no course to close as stopped")
    if not situation.slots:
        raise DomainError(f"all fractions were given by {day}: the course is complete, not stopped")
    if not reason.strip():
        raise DomainError("a course is closed as stopped for a reason, got none")
    course = Course(prescription=plan.inputs.prescription, fractions=situation.delivered)
    inputs = replace(plan.inputs, assumptions=(*plan.inputs.assumptions, _note(situation, course, reason)))
    days = {date for date in situation.missed_days if date <= day}
    why = f"stopped as of {day}: {reason}"
    revision = plan.revision.next(why, days, parent_sha256, situation.spans, partial_fractions(situation))
    return complete_plan(inputs, course, provenance, revision, cycles=_cycles_given(situation, course))


def _note(situation: Situation, course: Course, reason: str) -> Note:
    prescription = course.prescription
    values: dict[str, Value] = {
        "date": situation.as_of.isoformat(),
        "reason": reason,
        "given": len(course.fractions),
        "prescribed": prescription.n_fractions,
        "given_gy": course.total_gy(),
        "prescribed_gy": prescription.total_gy(prescription.targets[0]),
    }
    return Note(code="stopped", severity="warning", values=values)


def _cycles_given(situation: Situation, course: Course) -> tuple[Cycle, ...]:
    inputs = situation.plan.inputs
    given = tuple(cycle for cycle in situation.plan.cycles if cycle.date <= situation.as_of)
    if inputs.chemo is None or not given:
        return given
    delays = {delay.cycle: delay.days for delay in inputs.delays}
    cycles = after_interruption(
        inputs.chemo, situation.plan.cycles, course, inputs.infusion_calendar, situation.as_of, delays
    )
    return tuple(cycle for cycle in cycles if cycle.date <= situation.as_of)
