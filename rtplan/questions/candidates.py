"""Every day of a range as the first of a course: laid out, its rules checked; or why nothing can begin on it.

The first day is that of fraction 1, or of cycle 1 where the protocol begins with chemotherapy.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from rtplan.answer import said
from rtplan.chemotherapy import check as chemo_check
from rtplan.chemotherapy.cycles import Cycle
from rtplan.chemotherapy.protocol import Anchor, ChemoProtocol
from rtplan.clinic.days import WEEKDAYS, Calendar, DayKind, add_days
from rtplan.compensation.sessions import Method
from rtplan.course import rules as course_rules
from rtplan.course.course import Course
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import ScheduleError
from rtplan.note import Note, Phrase
from rtplan.planning.inputs import OpenedDay, PlanInputs, align_cycles, compensate, lay_out_inputs, start_obstacle
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.effect import evaluate
from rtplan.radiobiology.organ_limits import limit_notes

__all__ = [
    "Candidate",
    "NoStart",
    "Scan",
    "candidates",
    "chemotherapy_leads",
    "provisional_days",
    "reference_days",
]


_MONDAY = dt.date(2001, 1, 1)


_SLACK = 60
"""Days past the nominal lead in which fraction 1 is still looked for: holidays and delays move cycle 1 earlier. [d]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What is looked for.

    overall: overall time without closures from each weekday. method: of extra sessions for closures known in advance.
    no_provisional, strict: starts that depend on unannounced holidays, or break a rule, are not possible.
    fixed_cycle_1: day 1 of cycle 1, where fraction 1 waits for an open day after it.
    """

    inputs: PlanInputs
    overall: dict[int, int]
    fixed_cycle_1: dt.date | None = None
    method: Method | None = None
    no_provisional: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A course that begins on ``date``: with fraction 1, or with cycle 1 before it.

    moved: did fraction 1 wait for an open day, later than its cycle was due?
    """

    date: dt.date
    moved: bool
    course: Course
    cycles: tuple[Cycle, ...]
    opened: tuple[OpenedDay, ...]
    prolongation: int
    rule_breaches: tuple[Note, ...]
    cycle_breaches: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStart:
    """A day on which the course cannot begin, and why; ``why`` where it can be said in every language."""

    date: dt.date
    reason: str
    kind: DayKind
    why: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """date: on which the course would have begun, where that is known."""

    reason: str
    why: Phrase | None = None
    date: dt.date | None = None


def chemotherapy_leads(inputs: PlanInputs) -> bool:
    """Does the protocol begin with chemotherapy, before fraction 1?

    A cycle 1 on a stated date is no day to look for: then the first fraction is.
    """
    if inputs.chemo is None:
        return False
    anchor = inputs.chemo.anchor
    return anchor.kind == "before" or (anchor.kind == "cycle" and anchor.cycle > 1)


def reference_days(prescription: Prescription) -> dict[int, int]:
    """Overall time without closures from each weekday (Monday 0) that the first phase treats on. [d]"""
    pattern = prescription.phases[0].pattern
    return {
        number: prescribed_reference(prescription, add_days(_MONDAY, number)).overall_treatment_time_days
        for number in range(len(WEEKDAYS))
        if pattern.treats(number)
    }


def candidates(scan: Scan, last: dt.date) -> tuple[list[Candidate], list[NoStart]]:
    """The courses that begin from ``inputs.start`` to ``last``, and the days on which none can."""
    inputs = scan.inputs
    if chemotherapy_leads(inputs):
        return _by_cycle_1(scan, last)
    found: list[Candidate] = []
    impossible: list[NoStart] = []
    for day, reason in inputs.calendar.days(inputs.start, last):
        outcome = _outcome(scan, day)
        if isinstance(outcome, Candidate):
            found.append(outcome)
        else:
            impossible.append(NoStart(date=day, reason=outcome.reason, kind=reason.kind, why=outcome.why))
    return found, impossible


def _by_cycle_1(scan: Scan, last: dt.date) -> tuple[list[Candidate], list[NoStart]]:
    """Each day of the range as cycle 1 day 1: with every first fraction that puts it there."""
    inputs, lead = scan.inputs, _lead(scan.inputs)
    end = min(add_days(last, lead + _SLACK), inputs.calendar.last)
    outcomes = {day: _outcome(scan, day) for day, _ in inputs.calendar.days(inputs.start, end)}
    every = [outcome for outcome in outcomes.values() if isinstance(outcome, Candidate)]
    found = [candidate for candidate in every if inputs.start <= candidate.date <= last]
    begun = {candidate.date for candidate in found}
    kept_out = {outcome.date: outcome for outcome in outcomes.values() if isinstance(outcome, _Refused)}
    for day, reason in inputs.infusion_calendar.days(inputs.start, last):
        if reason.open and day not in begun and day not in kept_out:
            outcome = _moved(scan, day, lead)
            if isinstance(outcome, Candidate):
                found.append(outcome)
            elif outcome is not None:
                kept_out[day] = outcome
    begun = {candidate.date for candidate in found}
    impossible = [
        NoStart(date=day, reason=why.reason, kind=reason.kind, why=why.why)
        for day, reason in inputs.infusion_calendar.days(inputs.start, last)
        if day not in begun
        for why in (kept_out.get(day) or _why_not(inputs.infusion_calendar, outcomes, day, lead),)
    ]
    return found, impossible


def _moved(scan: Scan, day: dt.date, lead: int) -> Candidate | _Refused | None:
    """The course with cycle 1 on a day whose fraction 1 has to wait for an open day; None where there is none.

    The cycle that belongs on fraction 1 moves with it, later than due, and its own rules say by how much it may.
    """
    inputs = scan.inputs
    if inputs.chemo is None:
        return None
    chemo = replace(inputs.chemo, anchor=Anchor(kind="date", date=day))
    here = replace(scan, inputs=replace(inputs, chemo=chemo), fixed_cycle_1=day)
    end = min(add_days(day, lead + _SLACK), inputs.calendar.last)
    for fraction_1, _ in inputs.calendar.days(add_days(day, lead), end):
        outcome = _outcome(here, fraction_1)
        if outcome.date is not None and _with_its_cycle(inputs.chemo, outcome, fraction_1):
            return outcome
    return None


def _with_its_cycle(chemo: ChemoProtocol, outcome: Candidate | _Refused, fraction_1: dt.date) -> bool:
    """Does the cycle that is fixed to fraction 1 fall on it? One that follows all cycles may wait."""
    if chemo.anchor.kind == "before" or isinstance(outcome, _Refused):
        return True
    return any(cycle.number == chemo.anchor.cycle and cycle.date == fraction_1 for cycle in outcome.cycles)


def _lead(inputs: PlanInputs) -> int:
    """Days on the grid from cycle 1 to fraction 1."""
    chemo = inputs.chemo
    if chemo is None:
        return 0
    grid = chemo.grid
    past = grid[-1] + chemo.gap(len(grid))
    return past if chemo.anchor.kind == "before" else grid[chemo.anchor.cycle - 1]


def _why_not(infusion: Calendar, outcomes: dict[dt.date, Candidate | _Refused], day: dt.date, lead: int) -> _Refused:
    """Why no course has cycle 1 on a day."""
    if not infusion.is_open(day):
        return _refused(Phrase(code="infusion-closed", values={"reason": infusion.reason(day).text}))
    fraction = add_days(day, lead)
    outcome = outcomes[fraction]
    if isinstance(outcome, Candidate):
        values = {"date": fraction.isoformat(), "cycle": outcome.date.isoformat()}
        return _refused(Phrase(code="cycle-1-elsewhere", values=values))
    why = outcome.why or outcome.reason
    return _refused(Phrase(code="fraction-1-not-on", values={"date": fraction.isoformat(), "why": why}))


def _refused(why: Phrase) -> _Refused:
    return _Refused(reason=said(why), why=why)


def _outcome(scan: Scan, day: dt.date) -> Candidate | _Refused:
    """The course whose fraction 1 falls on a day, or why there is none."""
    if obstacle := start_obstacle(scan.inputs, day):
        return _refused(obstacle)
    try:
        candidate = _candidate(scan, day)
    except ScheduleError as error:
        return _Refused(reason=str(error))
    if unwanted := _unwanted(scan, candidate):
        return _Refused(reason=unwanted, date=candidate.date)
    return candidate


def _candidate(scan: Scan, day: dt.date) -> Candidate:
    """The course from this day; ScheduleError where its cycles cannot be given.

    Its rules are judged against the best weekday without closures: one yardstick for all starts.
    """
    here = replace(scan.inputs, start=day, exact_start=True)
    here = compensate(here, scan.method) if scan.method else here
    course = lay_out_inputs(here)
    cycles = align_cycles(here, course)
    leads = scan.fixed_cycle_1 is not None or chemotherapy_leads(here)
    overall, taken = scan.overall, course.overall_treatment_time_days
    usual = overall.get(day.weekday()) or prescribed_reference(here.prescription, day).overall_treatment_time_days
    broken = course_rules.check(
        course,
        here.limits,
        calendar=here.calendar,
        cord=here.has_cord,
        extra=[opened.date for opened in here.opened],
        prolongation_days=taken - min(overall.values()),
    )
    told = chemo_check.check(here.chemo, cycles) if here.chemo is not None else ()
    limited = [region for region in here.regions if region.tissue.limits]
    over = limit_notes(evaluate(course, limited), here.setting) if limited else ()
    return Candidate(
        date=min([course.first, *(cycle.date for cycle in cycles)]) if leads else course.first,
        moved=scan.fixed_cycle_1 is not None,
        course=course,
        cycles=cycles,
        opened=here.opened,
        prolongation=taken - usual,
        rule_breaches=_violations((*broken, *over)),
        cycle_breaches=_violations(told),
    )


def _violations(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Rules broken; a cycle left out counts with them, though its protocol allows it."""
    return tuple(note for note in notes if note.severity == "violation" or note.code == "cycle-omitted")


def _unwanted(scan: Scan, candidate: Candidate) -> str:
    if scan.no_provisional and provisional_days(scan.inputs, candidate):
        return "its dates depend on holidays not officially announced"
    broken = (*candidate.rule_breaches, *candidate.cycle_breaches)
    return "; ".join(said(note) for note in broken) if scan.strict else ""


def provisional_days(inputs: PlanInputs, candidate: Candidate) -> int:
    """Treated days and cycle days 1 that depend on holidays not officially announced."""
    first = candidate.course.first
    days = sum(inputs.calendar.depends_on_provisional(first, day) for day in candidate.course.dates)
    return days + sum(cycle.provisional for cycle in candidate.cycles)
