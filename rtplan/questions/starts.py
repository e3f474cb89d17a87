"""Which start days serve best: every open day of a range laid out, evaluated together, and ranked without a score."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from rtplan.answer import Answer, Kind
from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import days_between
from rtplan.clinic.holidays import WEEKEND_OF_HOLIDAY
from rtplan.compensation.sessions import Method
from rtplan.course.course import Course
from rtplan.errors import DomainError, ScheduleError, whole
from rtplan.note import Note, Scalar
from rtplan.planning.inputs import OpenedDay, PlanInputs
from rtplan.planning.provenance import Provenance
from rtplan.questions.candidates import (
    Candidate,
    NoStart,
    Scan,
    candidates,
    chemotherapy_leads,
    provisional_days,
    reference_days,
)
from rtplan.radiobiology.effect import EffectRow, evaluate_many
from rtplan.radiobiology.region import Region

__all__ = [
    "CRITERIA",
    "Start",
    "StartSearch",
    "search",
]


MOST_DAYS = 1100
"""Longest range of candidates [d]: three years."""


CRITERIA = (
    "beyond the longest wait",
    "rule breaches",
    "tumour net BED",
    "cycle violations",
    "provisional days",
    "extra sessions",
    "days waited",
)
"""In this order, one after another: a later one decides only where all before it are equal."""


CATEGORY_WAIT_DAYS = {1: 14}
"""Longest wait for a better start, by category [d]; other categories have none. Design default, no source."""


_SAME_GY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A course that begins on one day.

    date: of fraction 1, or of cycle 1 day 1 where the protocol begins with chemotherapy; waited_days are counted to it.
    moved: did fraction 1 wait for an open day after cycle 1, later than its cycle was due?
    beyond_wait: is that later than the longest wait? opened: extra sessions for closures known in advance.
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
    beyond_wait: bool = False
    moved: bool = False
    opened: tuple[OpenedDay, ...] = ()

    @property
    def overall_treatment_time_days(self) -> int:
        """Last minus first plus one. [d]"""
        return self.course.overall_treatment_time_days


def _as_good(one: Start, other: Start) -> bool:
    """Has one at least the other's net BED, and breaks no more rules?"""
    gives = one.effect.net_bed_gy >= other.effect.net_bed_gy - _SAME_GY
    return gives and len(one.rule_breaches) <= len(other.rule_breaches)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSearch(Answer):
    """All candidates of a range.

    starts: possible days in the order of their rank. impossible: the other days, in the order of dates.
    best_overall_days: overall time from the best weekday without closures. tumour: the region ranked by.
    max_wait_days: starts later than that stand below all within; None: no bound. max_wait_stated: by the user.
    method: of extra sessions for closures known in advance. chemotherapy_leads: dates are those of cycle 1 day 1.
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
    max_wait_days: int | None = None
    max_wait_stated: bool = False
    method: Method | None = None

    @property
    def chemotherapy_leads(self) -> bool:
        """Does the course begin with cycle 1, before fraction 1?"""
        return chemotherapy_leads(self.inputs)

    @property
    def criteria(self) -> tuple[str, ...]:
        """Those of `CRITERIA` that can tell these starts apart."""
        without = {"beyond the longest wait": self.max_wait_days is None, "extra sessions": self.method is None}
        return tuple(name for name in CRITERIA if not without.get(name, False))

    @property
    def trade(self) -> tuple[Start, ...]:
        """What waiting buys: by days waited, each start with more net BED or fewer rule breaches than all before it."""
        kept: list[Start] = []
        for start in sorted(self.starts, key=lambda start: start.waited_days):
            if not any(_as_good(before, start) for before in kept):
                kept.append(start)
        return tuple(kept)

    @property
    def by_date(self) -> tuple[Start | NoStart, ...]:
        """Every day of the range in order, possible or not."""
        return tuple(sorted((*self.starts, *self.impossible), key=lambda entry: entry.date))


def search(
    inputs: PlanInputs,
    last: dt.date,
    provenance: Provenance,
    *,
    no_provisional: bool = False,
    strict: bool = False,
    max_wait: int | None = None,
    method: Method | None = None,
) -> StartSearch:
    """Every day from ``inputs.start`` to ``last`` as the first of the course.

    no_provisional, strict: starts that depend on unannounced holidays, or break a rule, are not possible.
    max_wait: starts later than so many days stand below all others; None: that of the category. [d]
    method: each course opens extra sessions for closures known in advance, as a plan does.

    Raises DomainError for a range that is empty or too long, ScheduleError where no day is possible or a course or
    cycle runs past the calendar.
    """
    _check_range(inputs.start, last)
    if max_wait is not None:
        whole("max-wait", max_wait, 0, MOST_DAYS)
    wait = CATEGORY_WAIT_DAYS.get(inputs.limits.category or 0) if max_wait is None else max_wait
    overall = reference_days(inputs.prescription)
    scan = Scan(inputs=inputs, overall=overall, method=method, no_provisional=no_provisional, strict=strict)
    found, impossible = candidates(scan, last)
    if not found:
        raise ScheduleError(_no_start(inputs, last, impossible))
    starts = _ranked(inputs, found, min(overall.values()), wait)
    return StartSearch(
        inputs=inputs,
        first=inputs.start,
        last=last,
        starts=starts,
        impossible=tuple(impossible),
        best_overall_days=min(overall.values()),
        tumour=_tumour(inputs),
        notes=(
            *inputs.assumptions,
            *_one_reference(inputs, overall),
            *_unknown_weekends(inputs, found),
            *_wait_notes(starts, wait),
            *_leading(inputs),
        ),
        provenance=provenance,
        max_wait_days=wait,
        max_wait_stated=max_wait is not None,
        method=method,
    )


def _check_range(first: dt.date, last: dt.date) -> None:
    length = days_between(first, last) + 1
    if length < 1:
        raise DomainError(f"--to {last} lies before --from {first}")
    if length > MOST_DAYS:
        raise DomainError(f"--from {first} --to {last} is {length} days, at most {MOST_DAYS} are searched")


def _wait_notes(starts: tuple[Start, ...], wait: int | None) -> Iterator[Note]:
    """Said where every start is later than the longest wait."""
    if wait is not None and starts[0].beyond_wait:
        earliest = min(start.waited_days for start in starts)
        yield Note(
            code="none-within-wait", severity="warning", values={"max_wait_days": wait, "earliest_days": earliest}
        )


def _leading(inputs: PlanInputs) -> Iterator[Note]:
    if chemotherapy_leads(inputs) and inputs.chemo is not None:
        yield Note(code="dates-of-cycle-1", severity="info", values={"chemo": inputs.chemo.label})


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


def _ranked(inputs: PlanInputs, found: list[Candidate], best: int, wait: int | None) -> tuple[Start, ...]:
    """The starts in their order; of courses that begin on one day the best."""
    rows = evaluate_many([candidate.course for candidate in found], (_tumour(inputs),))
    starts = [_start(inputs, candidate, row, best, wait) for candidate, (row,) in zip(found, rows, strict=True)]
    first_of_day: dict[dt.date, Start] = {}
    for start in sorted(starts, key=_key):
        first_of_day.setdefault(start.date, start)
    return tuple(replace(start, rank=rank) for rank, start in enumerate(first_of_day.values(), 1))


def _start(inputs: PlanInputs, candidate: Candidate, row: EffectRow, best: int, wait: int | None) -> Start:
    waited = days_between(inputs.start, candidate.date)
    return Start(
        date=candidate.date,
        rank=1,
        course=candidate.course,
        cycles=candidate.cycles,
        prolongation_days=candidate.prolongation,
        above_best_days=candidate.course.overall_treatment_time_days - best,
        waited_days=waited,
        provisional_days=provisional_days(inputs, candidate),
        rule_breaches=candidate.rule_breaches,
        cycle_breaches=candidate.cycle_breaches,
        closed=_closed(inputs, candidate.course),
        effect=row,
        beyond_wait=wait is not None and waited > wait,
        moved=candidate.moved,
        opened=candidate.opened,
    )


def _key(start: Start) -> tuple[float, ...]:
    """CRITERIA as numbers, small is good. Net BED that differs by rounding of the last bits only is equal."""
    return (
        start.beyond_wait,
        len(start.rule_breaches),
        -round(start.effect.net_bed_gy / _SAME_GY),
        len(start.cycle_breaches),
        start.provisional_days,
        len(start.opened),
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


def _unknown_weekends(inputs: PlanInputs, found: list[Candidate]) -> Iterator[Note]:
    if inputs.worked_weekends != "unknown":
        return
    last = max(candidate.course.last for candidate in found)
    days = [day for day, reason in inputs.calendar.days(inputs.start, last) if reason.kind == "worked weekend"]
    if days:
        values: dict[str, Scalar] = {"days": len(days), "first": days[0].isoformat(), "last": days[-1].isoformat()}
        yield Note(
            code="worked-weekends",
            severity="warning",
            values=values,
        )
