"""What records say of the courses of a cohort: held against each one's plan, as `rtplan missed --record` does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from rtplan.clinic.days import days_between
from rtplan.course.course import Course
from rtplan.course.schedule import prescribed_reference
from rtplan.interruption.reconcile import from_record
from rtplan.planning.plan import Plan, make_plan
from rtplan.planning.provenance import Provenance
from rtplan.questions.cohort_lines import Setting
from rtplan.radiobiology.effect import EffectRow, evaluate
from rtplan.records.by_course import CourseRecords

__all__ = [
    "Given",
    "given",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One course as it was given by the last day recorded. effect: the tumour's; None where there is none.

    complete: is nothing left to be given? compensated_sessions: fractions on days, or beyond a day's number, that the
    plan and the pattern do not have.
    """

    course: Course | None
    effect: EffectRow | None
    complete: bool
    missed_days: int
    compensated_sessions: int
    prolongation_days: int | None
    delay_days: int | None


def given(setting: Setting, start: dt.date, records: CourseRecords, name: str) -> Given:
    """The course of an id. ConfigError where a line cannot be right, or has two readings."""
    inputs = replace(setting.inputs, start=start, assumptions=())
    plan = make_plan(inputs, Provenance(rtplan=""))
    situation = from_record(plan, records.record(name, inputs.prescription.targets[0]))
    if not situation.delivered:
        return Given(
            course=None,
            effect=None,
            complete=False,
            missed_days=len(situation.missed_days),
            compensated_sessions=0,
            prolongation_days=None,
            delay_days=None,
        )
    numbered = (replace(fraction, number=number) for number, fraction in enumerate(situation.delivered, 1))
    course = Course(prescription=inputs.prescription, fractions=tuple(numbered))
    complete = not situation.slots
    return Given(
        course=course,
        effect=evaluate(course, [setting.tumour])[0] if setting.tumour else None,
        complete=complete,
        missed_days=len(situation.missed_days),
        compensated_sessions=_beyond(plan, course),
        prolongation_days=_longer(course) if complete else None,
        delay_days=days_between(plan.course.last, course.last) if complete else None,
    )


def _longer(course: Course) -> int:
    return course.elapsed_days - prescribed_reference(course.prescription, course.first).elapsed_days


def _beyond(plan: Plan, course: Course) -> int:
    """Fractions that neither the plan nor the pattern has on their days."""
    planned, calendar = plan.course.sessions, plan.inputs.calendar
    extra = 0
    for day, count in course.sessions.items():
        phases = {fraction.phase for fraction in course.fractions if fraction.date == day}
        room = planned.get(day, 0)
        for phase in phases:
            pattern = course.prescription.phase(phase).pattern
            if calendar.covers(day) and pattern.treated(calendar.reason(day), day):
                room = max(room, calendar.holds(day, pattern.fractions_on(day.weekday())))
        extra += max(0, count - room)
    return extra
