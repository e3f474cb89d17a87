"""Chemotherapy beside an interrupted course: its cycles, and what is too much beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtplan.chemotherapy import cycles as chemo_cycles
from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import WEEKDAYS, days_between
from rtplan.course.course import Course
from rtplan.interruption.question import Question
from rtplan.note import Note, Phrase
from rtplan.prescription.prescription import Prescription

__all__ = [
    "cycles_of",
    "numbers",
    "usual_week",
    "with_chemotherapy",
]


def cycles_of(q: Question, course: Course) -> tuple[Cycle, ...]:
    """The plan's cycles beside another course: they stay, unless their protocol lets them follow it."""
    protocol = q.inputs.chemo
    if protocol is None:
        return ()
    delays = {delay.cycle: delay.days for delay in q.inputs.delays}
    infusion = q.inputs.infusion_calendar
    if q.situation.restarts:
        return chemo_cycles.align(protocol, course, infusion, delays)
    as_of = q.situation.as_of
    return chemo_cycles.after_interruption(protocol, q.plan.cycles, course, infusion, as_of, delays)


def with_chemotherapy(q: Question, course: Course, cycles: tuple[Cycle, ...]) -> Iterator[Note]:
    """More fractions on a day, or in a week, than is usual beside concurrent chemotherapy."""
    concurrent = [cycle.number for cycle in cycles if cycle.concurrent]
    busy = _busy(course, q.given, q.inputs.prescription)
    if concurrent and busy:
        yield Note(
            code="intensified-with-chemotherapy",
            severity="violation",
            values={"cycles": numbers(concurrent), "why": busy},
        )


def usual_week(prescription: Prescription) -> int:
    """Most fractions in any 7 days running beside chemotherapy: five, or the prescription's own."""
    own = max(
        sum(phase.pattern.fractions_on(WEEKDAYS.index(day)) for day in phase.pattern.weekdays)
        for phase in prescription.phases
    )
    return max(5, own)


def _busy(course: Course, given: int, prescription: Prescription) -> tuple[Phrase, ...]:
    """Does what is left hold more on a day, or in a week, than the prescription itself?"""
    left = course.fractions[given:]
    phases = {phase.name: phase for phase in prescription.phases}
    week = usual_week(prescription)
    sessions = course.sessions
    reasons: list[Phrase] = []
    if any(
        sessions[f.date] > 1 and not phases[f.phase].pattern.several_a_day and phases[f.phase].concomitant_from is None
        for f in left
    ) and all(phase.concomitant_from is None for phase in prescription.phases):
        reasons.append(Phrase(code="two-a-day"))
    if _fullest_week(course, given) > week:
        reasons.append(Phrase(code="more-a-week", values={"limit": week}))
    return tuple(reasons)


def _fullest_week(course: Course, given: int) -> int:
    """Most fractions in any 7 days running that hold one of those still to come."""
    dates = [fraction.date for fraction in course.fractions]
    ends = range(given, len(dates))
    return max((sum(0 <= days_between(date, dates[end]) < 7 for date in dates[: end + 1]) for end in ends), default=0)


def numbers(numbers: Sequence[int]) -> str | Phrase:
    """Numbers in a row, or the word for none."""
    return ", ".join(map(str, numbers)) or Phrase(code="none")
