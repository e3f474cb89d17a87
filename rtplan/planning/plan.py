"""The plan: one course on a clinic's calendar, its cycles and its effects, with everything it was made from."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from rtplan.answer import Answer, Kind, said
from rtplan.chemotherapy import check as chemo_check
from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import Calendar, Reason, add_days, announced_until, days_between
from rtplan.course import rules as course_rules
from rtplan.course import schedule
from rtplan.course.course import Course, Fraction
from rtplan.errors import DomainError, ScheduleError
from rtplan.note import Note, Phrase
from rtplan.planning import readings
from rtplan.planning.inputs import PlanInputs, align_cycles, lay_out_inputs, start_obstacle
from rtplan.planning.provenance import Provenance, Revision
from rtplan.radiobiology.draws import Draws
from rtplan.radiobiology.effect import EffectRow, evaluate, notes_on
from rtplan.radiobiology.intervals import expand, induction_notes
from rtplan.radiobiology.organ_limits import limit_notes
from rtplan.radiobiology.spread import spread_notes
from rtplan.radiobiology.uncertainty import Sample, Uncertainty, uncertainty

__all__ = [
    "Plan",
    "make_plan",
    "refuse_provisional",
    "with_uncertainty",
]


INDUCTION_DAYS = 7
"""Chemotherapy that begins so many days before fraction 1 is induction: design default, no source. [d]"""


OPEN_DAYS_KEPT = 60
"""Open days of the calendar that a plan keeps past its last day, for later compensation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Answer):
    """A course on dates with its cycles, effects and notes. `prescribed_effects` are those of the reference course."""

    kind: ClassVar[Kind] = "plan"

    inputs: PlanInputs
    course: Course
    cycles: tuple[Cycle, ...]
    effects: tuple[EffectRow, ...]
    prescribed: Course
    prescribed_effects: tuple[EffectRow, ...]
    notes: tuple[Note, ...]
    provenance: Provenance
    revision: Revision = field(default_factory=Revision)
    ranges: tuple[EffectRow, ...] = ()
    uncertainty: Uncertainty | None = None

    @property
    def prolongation_days(self) -> int:
        """Overall time minus the prescribed reference's. [d]"""
        return self.course.elapsed_days - self.prescribed.elapsed_days

    @property
    def closed_days(self) -> tuple[tuple[dt.date, str, bool], ...]:
        """Closed days inside the course, ordinary weekends left out: date, reason, provisional."""
        inside = self.inputs.calendar.closed_days(self.course.first, self.course.last)
        treated = set(self.course.dates)
        return tuple((day, reason.text, reason.provisional) for day, reason in inside if day not in treated)

    def is_provisional(self, fraction: Fraction) -> bool:
        """Does this fraction's date depend on holidays not officially announced?"""
        return self.inputs.calendar.depends_on_provisional(self.course.first, fraction.date)

    def machine_of(self, day: dt.date) -> str:
        """Name of the matched machine that a day's fractions are given on; empty: the clinic's first machine."""
        calendar, machines = self.inputs.calendar, self.inputs.machines
        if not machines or not calendar.covers(day):
            return ""
        reason = calendar.reason(day)
        if reason.open and reason.machine:
            return reason.machine
        if any(opened.date == day and opened.method == "machine" for opened in self.inputs.opened):
            return next((machine.name for machine in machines if machine.covers(day) and machine.is_open(day)), "")
        return ""

    @property
    def calendar_with_machines(self) -> Calendar:
        """The calendar, with the machine named on each day that an extra session opens on a matched one."""

        def named(day: dt.date, reason: Reason) -> Reason:
            machine = "" if reason.open else self.machine_of(day)
            if not machine:
                return reason
            text = f"on {machine}; {reason.text}"
            return replace(reason, kind="extra", text=text, machine=machine, instead=reason.text)

        return self.inputs.calendar.with_days(named) if self.inputs.machines else self.inputs.calendar

    @property
    def provisional(self) -> bool:
        """Does any date of the plan depend on holidays not officially announced?"""
        last = self.course.fractions[-1]
        return self.is_provisional(last) or any(cycle.provisional for cycle in self.cycles)


def make_plan(inputs: PlanInputs, provenance: Provenance, revision: Revision | None = None) -> Plan:
    """Lay the course out, align the cycles, evaluate the regions, and say what has to be said.

    Raises ScheduleError where the course cannot start or end on the calendar, or a cycle cannot be given.
    """
    inputs = inputs if inputs.course_id else replace(inputs, course_id=_course_id(inputs, provenance))
    course = lay_out_inputs(inputs)
    return complete_plan(inputs, course, provenance, revision or Revision())


def _course_id(inputs: PlanInputs, provenance: Provenance) -> str:
    """A hash of protocol, clinic, requested start and the moment the first plan was made.

    The moment keeps two patients with the same course apart.
    """
    moment = provenance.created.isoformat() if provenance.created else ""
    text = "\n".join((inputs.protocol, inputs.clinic, inputs.start.isoformat(), moment))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:20]


def complete_plan(
    inputs: PlanInputs,
    course: Course,
    provenance: Provenance,
    revision: Revision,
    cycles: tuple[Cycle, ...] | None = None,
) -> Plan:
    """A plan around a course that is already on dates (laid out, or chosen among options).

    cycles: those that stay on their dates; None: aligned with the course.
    """
    cycles = align_cycles(inputs, course) if cycles is None else cycles
    inputs = _trimmed(inputs, course, cycles)
    prescribed = schedule.prescribed_reference(inputs.prescription, course.first)
    effects = evaluate(course, inputs.regions, regimen=inputs.prescription.name)
    ranged = expand(inputs.range_regions, induction=after_induction(course, cycles))
    plan = Plan(
        inputs=inputs,
        course=course,
        cycles=cycles,
        effects=effects,
        prescribed=prescribed,
        prescribed_effects=evaluate(prescribed, inputs.regions, regimen=inputs.prescription.name),
        notes=(),
        provenance=provenance,
        revision=revision,
        ranges=evaluate(course, ranged, regimen=inputs.prescription.name),
    )
    return replace(plan, notes=tuple(_notes(plan)))


def after_induction(course: Course, cycles: tuple[Cycle, ...]) -> bool:
    """Did chemotherapy begin at least a week before the first fraction?"""
    return any(days_between(cycle.date, course.first) >= INDUCTION_DAYS for cycle in cycles)


def _why_moved(inputs: PlanInputs, first: dt.date) -> tuple[Phrase, ...]:
    """What kept the course from starting on the requested day, and the rules that kept it from later open days."""
    found = {inputs.start: start_obstacle(inputs, inputs.start)}
    for day, reason in inputs.calendar.days(add_days(inputs.start, 1), add_days(first, -1)):
        obstacle = start_obstacle(inputs, day) if reason.open else None
        if obstacle and obstacle not in found.values():
            found[day] = obstacle
    return tuple(
        what if day == inputs.start else Phrase(code="from-day-on", values={"what": what, "date": day.isoformat()})
        for day, what in found.items()
        if what is not None
    )


def _trimmed(inputs: PlanInputs, course: Course, cycles: tuple[Cycle, ...]) -> PlanInputs:
    days = [inputs.start, course.first, course.last]
    read = [cycle for other in inputs.other_readings for cycle in readings.cycles_of(inputs, course, other)]
    days += [day for cycle in (*cycles, *read) for day in (cycle.date, cycle.nominal_date, cycle.due_date)]
    days += [drug.date for cycle in cycles for drug in cycle.drug_days]
    low = max(inputs.calendar.first, add_days(min(days), -7))
    high = inputs.calendar.after_open_days(max(days), OPEN_DAYS_KEPT)

    def cut(calendar: Calendar) -> Calendar:
        return calendar.trimmed(max(low, calendar.first), min(high, calendar.last))

    return replace(
        inputs,
        calendar=cut(inputs.calendar),
        infusion=cut(inputs.infusion) if inputs.infusion else None,
        machines=tuple(cut(machine) for machine in inputs.machines),
    )


def _notes(plan: Plan) -> Iterator[Note]:
    yield from plan.inputs.assumptions
    yield from readings.reading_notes(plan.inputs, plan.course)
    yield from _start_note(plan)
    yield from _worked_weekends(plan)
    yield from _half_days(plan)
    yield from _provisional(plan)
    yield from rule_notes(plan)
    if plan.inputs.chemo is not None:
        yield from chemo_check.check(plan.inputs.chemo, plan.cycles)
        yield from _delay_notes(plan)
    yield from notes_on(plan.course, plan.effects)
    yield from spread_notes(plan.inputs.prescription, plan.inputs.regions)
    if after_induction(plan.course, plan.cycles):
        yield from induction_notes(plan.effects)


def _delay_notes(plan: Plan) -> tuple[Note, ...]:
    """What putting cycles off did."""
    delays = {delay.cycle: delay.days for delay in plan.inputs.delays}
    if not any(delays.values()):
        return ()
    return chemo_check.delay_notes(delays, plan.cycles, align_cycles(replace(plan.inputs, delays=()), plan.course))


def rule_notes(plan: Plan) -> tuple[Note, ...]:
    """The rules that the plan's course breaks, and the EQD2 limits that it exceeds, with their numbers."""
    inputs = plan.inputs
    broken = course_rules.check(
        plan.course,
        inputs.limits,
        calendar=inputs.calendar,
        cord=inputs.has_cord,
        extra=[opened.date for opened in inputs.opened],
        prolongation_days=plan.prolongation_days,
    )
    return (*broken, *limit_notes(plan.effects, inputs.setting))


def _start_note(plan: Plan) -> Iterator[Note]:
    requested, first = plan.inputs.start, plan.course.first
    if first == requested:
        return
    yield Note(
        code="start-moved",
        severity="warning",
        values={
            "requested": requested.isoformat(),
            "first": first.isoformat(),
            "days": days_between(requested, first),
            "count": days_between(requested, first),
            "why": _why_moved(plan.inputs, first),
        },
    )


def _worked_weekends(plan: Plan) -> Iterator[Note]:
    """Both answers, where the course meets a worked weekend."""
    calendar = plan.inputs.calendar
    inside = [
        day for day, reason in calendar.days(plan.course.first, plan.course.last) if reason.kind == "worked weekend"
    ]
    if not inside or plan.revision.number > 1:
        return
    both = {}
    for used in (False, True):
        inputs = replace(
            plan.inputs,
            calendar=calendar.with_worked_weekends(used),
            infusion=plan.inputs.infusion and plan.inputs.infusion.with_worked_weekends(used),
        )
        course = lay_out_inputs(inputs)
        both[used] = (course.last.isoformat(), schedule.prolongation_days(course))
    (last_without, longer_without), (last_with, longer_with) = both[False], both[True]
    yield Note(
        code="worked-weekends",
        severity="warning" if plan.inputs.worked_weekends == "unknown" else "info",
        values={
            "used": any(calendar.is_open(day) for day in inside),
            "known": plan.inputs.worked_weekends,
            "last_not_used": last_without,
            "prolongation_not_used_days": longer_without,
            "last_used": last_with,
            "prolongation_used_days": longer_with,
        },
    )


def _half_days(plan: Plan) -> Iterator[Note]:
    """Half days on which the course has fewer fractions than prescribed for a day."""
    calendar, treated = plan.inputs.calendar, plan.course.sessions
    several = max(phase.pattern.fractions_per_day for phase in plan.inputs.prescription.phases) > 1
    halves = [day for day in treated if calendar.covers(day) and calendar.reason(day).fractions == 1]
    if halves and (several or any(phase.pattern.several_a_day for phase in plan.inputs.prescription.phases)):
        days = tuple(day.isoformat() for day in halves)
        yield Note(code="half-days", severity="info", values={"count": len(days), "days": days})


def _provisional(plan: Plan) -> Iterator[Note]:
    numbers = [fraction.number for fraction in plan.course.fractions if plan.is_provisional(fraction)]
    cycles = [cycle.number for cycle in plan.cycles if cycle.provisional]
    if not numbers and not cycles:
        return
    through = plan.inputs.calendar.official_through
    parts = []
    if numbers:
        parts.append(Phrase(code="fractions-from-to", values={"first": numbers[0], "last": numbers[-1]}))
    if cycles:
        parts.append(Phrase(code="cycle", values={"numbers": ", ".join(map(str, cycles))}))
    yield Note(
        code="provisional",
        severity="warning",
        values={
            "first_fraction": numbers[0] if numbers else None,
            "last_fraction": numbers[-1] if numbers else None,
            "cycles": ", ".join(map(str, cycles)),
            "official_through": through.isoformat() if through else None,
            "parts": tuple(parts),
            "until": announced_until(plan.inputs.calendar),
        },
    )


def with_uncertainty(plan: Plan, draws: Draws) -> Plan:
    """The plan with what published intervals leave open of its difference to the prescribed reference."""
    names, courses = ("prescribed", "planned"), (plan.prescribed, plan.course)
    return replace(plan, uncertainty=uncertainty(Sample(names, courses, plan.inputs.regions, draws)))


def refuse_provisional(notes: Sequence[Note]) -> None:
    """Refuse what is otherwise a warning: days not officially announced."""
    doubtful = next((note for note in notes if note.code == "provisional"), None)
    if doubtful is not None:
        raise ScheduleError(said(doubtful))


def refuse(plan: Plan, *, provisional: bool, strict: bool) -> None:
    """Refuse what is otherwise a warning: provisional dates, broken rules."""
    if provisional:
        refuse_provisional(plan.notes)
    broken = [said(note) for note in plan.notes if note.severity == "violation"]
    if strict and broken:
        raise DomainError("; ".join(broken))
