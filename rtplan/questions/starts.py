"""Which start days serve best: every open day of a range laid out, evaluated together, and ranked without a score."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from rtplan.answer import Answer, Kind, said
from rtplan.chemotherapy import check as chemo_check
from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import WEEKDAYS, DayKind, add_days, days_between
from rtplan.clinic.holidays import WEEKEND_OF_HOLIDAY
from rtplan.course import rules as course_rules
from rtplan.course.course import Course
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import DomainError, ScheduleError
from rtplan.note import Note, Scalar
from rtplan.planning.inputs import PlanInputs, align_cycles, lay_out_inputs, start_obstacle
from rtplan.planning.provenance import Provenance
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.effect import EffectRow, evaluate, evaluate_many
from rtplan.radiobiology.organ_limits import limit_notes
from rtplan.radiobiology.region import Region

__all__ = [
    "CRITERIA",
    "Start",
    "StartSearch",
    "search",
]


MOST_DAYS = 1100
"""Longest range of candidates [d]: three years."""


CRITERIA = ("rule breaches", "tumour net BED", "cycle violations", "provisional days", "days waited")
"""In this order, one after another: a later one decides only where all before it are equal."""


_MONDAY = dt.date(2001, 1, 1)


_SAME_GY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A course that begins on one day.

    rank: from 1; equal candidates do not occur, since days waited differ. above_best_days: overall time minus that of
    the best weekday start without closures; the limit on prolongation is counted from it. provisional_days: treated
    days and cycle days 1 that depend on holidays not officially announced. rule_breaches, cycle_breaches: violations
    with their numbers, cycles left out with them. effect: row of the tumour.
    closed: reasons of the closed days inside the course, weekends left out, worked ones too.
    """

    date: dt.date
    rank: int
    course: Course
    cycles: tuple[Cycle, ...]
    prolongation_days: int
    above_best_days: int
    waited_days: int
    provisional_days: int
    rule_breaches: tuple[Note, ...]
    cycle_breaches: tuple[Note, ...]
    closed: tuple[str, ...]
    effect: EffectRow

    @property
    def overall_treatment_time_days(self) -> int:
        """Last minus first plus one. [d]"""
        return self.course.overall_treatment_time_days


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStart:
    """A day on which the course cannot begin, and why."""

    date: dt.date
    reason: str
    kind: DayKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSearch(Answer):
    """All candidates of a range.

    starts: possible days in the order of their rank. impossible: the other days, in the order of dates.
    best_overall_days: overall time from the best weekday without closures. tumour: the region ranked by.
    """

    kind: ClassVar[Kind] = "starts"

    inputs: PlanInputs
    first: dt.date
    last: dt.date
    starts: tuple[Start, ...]
    impossible: tuple[NoStart, ...]
    best_overall_days: int
    tumour: Region
    notes: tuple[Note, ...]
    provenance: Provenance

    @property
    def by_date(self) -> tuple[Start | NoStart, ...]:
        """Every day of the range in order, possible or not."""
        return tuple(sorted((*self.starts, *self.impossible), key=lambda entry: entry.date))


@dataclass(frozen=True, slots=True)
class _Candidate:
    course: Course
    cycles: tuple[Cycle, ...]
    prolongation: int
    rule_breaches: tuple[Note, ...]
    cycle_breaches: tuple[Note, ...]


def search(
    inputs: PlanInputs,
    last: dt.date,
    provenance: Provenance,
    *,
    no_provisional: bool = False,
    strict: bool = False,
) -> StartSearch:
    """Every day from ``inputs.start`` to ``last`` as a start of the course.

    no_provisional, strict: starts that depend on unannounced holidays, or break a rule, are not possible.

    Raises DomainError for a range that is empty or too long, ScheduleError where no day is possible or a course or
    cycle runs past the calendar.
    """
    _check_range(inputs.start, last)
    overall = _reference_days(inputs.prescription)
    candidates: list[_Candidate] = []
    impossible: list[NoStart] = []
    for day, reason in inputs.calendar.days(inputs.start, last):
        obstacle = start_obstacle(inputs, day)
        found = said(obstacle) if obstacle else _candidate(inputs, day, overall)
        if isinstance(found, _Candidate):
            found = _unwanted(inputs, found, no_provisional=no_provisional, strict=strict) or found
        if isinstance(found, str):
            impossible.append(NoStart(date=day, reason=found, kind=reason.kind))
        else:
            candidates.append(found)
    if not candidates:
        raise ScheduleError(_no_start(inputs, last, impossible))
    return StartSearch(
        inputs=inputs,
        first=inputs.start,
        last=last,
        starts=_ranked(inputs, candidates, min(overall.values())),
        impossible=tuple(impossible),
        best_overall_days=min(overall.values()),
        tumour=_tumour(inputs),
        notes=(*inputs.assumptions, *_one_reference(inputs, overall), *_unknown_weekends(inputs, candidates)),
        provenance=provenance,
    )


def _check_range(first: dt.date, last: dt.date) -> None:
    length = days_between(first, last) + 1
    if length < 1:
        raise DomainError(f"--to {last} lies before --from {first}")
    if length > MOST_DAYS:
        raise DomainError(f"--from {first} --to {last} is {length} days, at most {MOST_DAYS} are searched")


def _reference_days(prescription: Prescription) -> dict[int, int]:
    """Overall time without closures from each weekday (Monday 0) that the first phase treats on. [d]"""
    pattern = prescription.phases[0].pattern
    return {
        number: prescribed_reference(prescription, add_days(_MONDAY, number)).overall_treatment_time_days
        for number in range(len(WEEKDAYS))
        if pattern.treats(number)
    }


def _candidate(inputs: PlanInputs, day: dt.date, overall: dict[int, int]) -> _Candidate | str:
    """The course from this day, or why its cycles cannot be given.

    Its rules are judged against the best weekday without closures: one yardstick for all starts.
    """
    here = replace(inputs, start=day, exact_start=True)
    course = lay_out_inputs(here)
    try:
        cycles = align_cycles(here, course)
    except ScheduleError as error:
        return str(error)
    reference = overall.get(day.weekday()) or prescribed_reference(inputs.prescription, day).overall_treatment_time_days
    prolongation = course.overall_treatment_time_days - reference
    broken = course_rules.check(
        course,
        inputs.limits,
        calendar=inputs.calendar,
        cord=inputs.has_cord,
        extra=[opened.date for opened in inputs.opened],
        prolongation_days=course.overall_treatment_time_days - min(overall.values()),
    )
    told = chemo_check.check(inputs.chemo, cycles) if inputs.chemo is not None else ()
    limited = [region for region in inputs.regions if region.tissue.limits]
    over = limit_notes(evaluate(course, limited), inputs.setting) if limited else ()
    return _Candidate(course, cycles, prolongation, _violations((*broken, *over)), _violations(told))


def _violations(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Rules broken; a cycle left out counts with them, though its protocol allows it."""
    return tuple(note for note in notes if note.severity == "violation" or note.code == "cycle-omitted")


def _unwanted(inputs: PlanInputs, candidate: _Candidate, *, no_provisional: bool, strict: bool) -> str:
    if no_provisional and _provisional_days(inputs, candidate):
        return "its dates depend on holidays not officially announced"
    broken = (*candidate.rule_breaches, *candidate.cycle_breaches)
    return "; ".join(said(note) for note in broken) if strict else ""


def _provisional_days(inputs: PlanInputs, candidate: _Candidate) -> int:
    first = candidate.course.first
    days = sum(inputs.calendar.depends_on_provisional(first, day) for day in candidate.course.dates)
    return days + sum(cycle.provisional for cycle in candidate.cycles)


def _no_start(inputs: PlanInputs, last: dt.date, impossible: list[NoStart]) -> str:
    """Names what most days fail by."""
    why = Counter(entry.reason for entry in impossible if entry.kind != "weekend") or Counter(
        entry.reason for entry in impossible
    )
    reasons = "; ".join(f"{reason} ({count} d)" for reason, count in why.most_common(4))
    text = inputs.start_rules.text
    named = f"start rules {text} leave none: " if text else ""
    return f"no start is possible from {inputs.start} to {last}: {named}{reasons}"


def _tumour(inputs: PlanInputs) -> Region:
    """The first region of a tumour, else the first region."""
    if not inputs.regions:
        raise DomainError("a search for start days needs a region to rank by, got none")
    return next((region for region in inputs.regions if region.tissue.kind == "tumour"), inputs.regions[0])


def _ranked(inputs: PlanInputs, candidates: list[_Candidate], best: int) -> tuple[Start, ...]:
    rows = evaluate_many([candidate.course for candidate in candidates], (_tumour(inputs),))
    starts = [
        Start(
            date=candidate.course.first,
            rank=1,
            course=candidate.course,
            cycles=candidate.cycles,
            prolongation_days=candidate.prolongation,
            above_best_days=candidate.course.overall_treatment_time_days - best,
            waited_days=days_between(inputs.start, candidate.course.first),
            provisional_days=_provisional_days(inputs, candidate),
            rule_breaches=candidate.rule_breaches,
            cycle_breaches=candidate.cycle_breaches,
            closed=_closed(inputs, candidate.course),
            effect=row,
        )
        for candidate, (row,) in zip(candidates, rows, strict=True)
    ]
    return tuple(replace(start, rank=rank) for rank, start in enumerate(sorted(starts, key=_key), 1))


def _key(start: Start) -> tuple[float, ...]:
    """CRITERIA as numbers, small is good. Net BED that differs by rounding of the last bits only is equal."""
    return (
        len(start.rule_breaches),
        -round(start.effect.net_bed_gy / _SAME_GY),
        len(start.cycle_breaches),
        start.provisional_days,
        start.waited_days,
    )


def _closed(inputs: PlanInputs, course: Course) -> tuple[str, ...]:
    treated = set(course.dates)
    inside = inputs.calendar.closed_days(course.first, course.last)
    named = (reason for day, reason in inside if day not in treated and reason.kind != "worked weekend")
    told = (reason.text for reason in named if reason.text != WEEKEND_OF_HOLIDAY)
    return tuple(dict.fromkeys(told))


def _one_reference(inputs: PlanInputs, overall: dict[int, int]) -> Iterator[Note]:
    """Said where weekdays have references of their own, and a limit on prolongation is counted."""
    best = min(overall.values())
    if inputs.limits.prolongation_days is not None and max(overall.values()) > best:
        yield Note(code="one-reference", severity="info", values={"best_overall_days": best})


def _unknown_weekends(inputs: PlanInputs, candidates: list[_Candidate]) -> Iterator[Note]:
    if inputs.worked_weekends != "unknown":
        return
    last = max(candidate.course.last for candidate in candidates)
    days = [day for day, reason in inputs.calendar.days(inputs.start, last) if reason.kind == "worked weekend"]
    if days:
        values: dict[str, Scalar] = {"days": len(days), "first": days[0].isoformat(), "last": days[-1].isoformat()}
        yield Note(
            code="worked-weekends",
            severity="warning",
            values=values,
        )
