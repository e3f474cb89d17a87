"""Where a course stands: what was given, what was missed, what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rtplan.chemotherapy.cycles import drug_day_label
from rtplan.clinic.days import WEEKDAYS, Reason, add_days, day_name, days_between, parse_date
from rtplan.course.course import Fraction
from rtplan.course.remainder import Remainder, Slot
from rtplan.errors import DomainError
from rtplan.interruption.owed import Owed, still_standing
from rtplan.note import Note, Phrase, Value
from rtplan.planning.extension import continued
from rtplan.planning.inputs import PlanInputs
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import MissedSpan

__all__ = [
    "MOST_ADDED",
    "MissedSpan",
    "Partial",
    "Situation",
    "closed_later",
    "from_dates",
    "lost_fractions",
    "parse_missed",
    "situation_of",
]


MOST_ADDED = 15
"""Fractions more than prescribed, at the end, that are looked at."""


_SPARE_DAYS = 28  # for holidays: more than the longest closure of a country


def parse_missed(text: str) -> tuple[MissedSpan, ...]:
    """Dates, ranges and single fractions of a day, separated by commas.

    >>> [span.text for span in parse_missed("2026-03-06#2,2026-03-10..2026-03-12")]
    ['2026-03-06#2', '2026-03-10..2026-03-12']
    """
    return tuple(_span(part.strip()) for part in text.split(","))


def _span(text: str) -> MissedSpan:
    first, dots, last = text.partition("..")
    if dots:
        low, high = parse_date(first, "missed date"), parse_date(last, "missed date")
        return MissedSpan(first=low, last=high)
    date, mark, place = text.partition("#")
    day = parse_date(date, "missed date")
    if mark and not place.isdecimal():
        raise DomainError(f"missed fraction of a day is written 2026-03-06#2, got {text!r}")
    return MissedSpan(first=day, last=day, place=int(place) if mark else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """A fraction of which only a part was given; what is still owed of it. [Gy]"""

    number: int
    date: dt.date
    owed: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a course stands at the end of a day (``as_of``).

    missed: planned fractions whose day passed, or will pass, without them. spans: days on which nothing is given, as
    stated. delivered: with their actual doses. slots: what is still to be given, in the plan's order.
    kept: what stays on the planned days after ``as_of`` when nothing is made up for.
    start_delay_days: days that a missed first fraction put the start off. [d]
    calendar_end: why the plan's calendar could not be continued as far as may be needed; None where it could.
    """

    plan: Plan
    as_of: dt.date
    cause: str
    missed: tuple[Fraction, ...]
    spans: tuple[MissedSpan, ...]
    delivered: tuple[Fraction, ...]
    slots: tuple[Slot, ...]
    kept: tuple[Fraction, ...]
    partials: tuple[Partial, ...]
    findings: tuple[Note, ...]
    start_delay_days: int
    calendar_end: Phrase | None = None

    @property
    def missed_days(self) -> frozenset[dt.date]:
        """Days on which planned fractions were not, or will not be, given."""
        return frozenset(fraction.date for fraction in self.missed)

    @property
    def lost_days(self) -> frozenset[dt.date]:
        """The days of missed fractions, and every day of the stated spans: nothing is given on them."""
        return self.missed_days | {day for span in self.spans for day in span.days}

    @property
    def restarts(self) -> bool:
        """Was the first fraction missed, and nothing given since? Then the course starts later: no interruption."""
        return not self.delivered and self.plan.course.first in self.lost_days

    @property
    def next_day(self) -> dt.date:
        """First day on which something can be given: not before the course was to start."""
        day = add_days(self.as_of, 1)
        return day if self.delivered else max(day, self.plan.course.first)

    @property
    def remainder(self) -> Remainder:
        """What is left, from the next day on."""
        after = [opened for opened in self.plan.inputs.opened if opened.date > self.as_of]
        sessions = {opened.date: opened.fractions for opened in after}
        sessions |= _sessions_left(self.plan, self.missed, self.spans, self.as_of)
        return Remainder(
            prescription=self.plan.inputs.prescription,
            calendar=self.plan.inputs.calendar,
            delivered=self.delivered,
            slots=self.slots,
            start=self.next_day,
            sessions=sessions,
            times=self.plan.inputs.times,
        )


def _sessions_left(
    plan: Plan, missed: Sequence[Fraction], spans: Sequence[MissedSpan], as_of: dt.date
) -> dict[dt.date, int]:
    """Fractions that days after ``as_of`` still hold of those that lose any; none inside a span."""
    planned = plan.course.sessions
    left = {fraction.date: planned.get(fraction.date, 0) for fraction in missed}
    for fraction in missed:
        left[fraction.date] -= 1
    left |= {day: 0 for span in spans for day in span.days}
    return {day: count for day, count in left.items() if day > as_of}


def from_dates(
    plan: Plan, missed: Sequence[MissedSpan], *, as_of: dt.date | None = None, cause: str = "", clinic: str = ""
) -> Situation:
    """The situation when nothing but these days was missed.

    as_of: everything due up to this day was given or missed; default the end of the last missed span. Days after it
    are known to be lost. What was given is the plan's fractions in their order, on the days that were treated; past
    the planned end what was missed goes on, day by day, up to ``as_of``. clinic: where the clinic's file lies, for days
    that the plan does not keep.

    Raises DomainError where a span misses nothing.
    """
    if as_of is None and not missed:
        raise DomainError("give the missed dates, or the day as of which nothing was missed")
    lost = lost_fractions(plan, missed)
    _refuse_given(plan, lost)
    day = as_of or max(span.last for span in missed)
    numbers = {fraction.number for fraction in lost}
    treated = [f for f in plan.course.fractions if f.date <= day and f.number not in numbers]
    owed = Owed(plan)
    delivered = owed.give_in_order(treated)
    late = _after_the_end(plan, lost, missed, day, delivered, owed, clinic)
    delivered += owed.give_in_order(late)
    findings = [_given_late(plan, late)] if late else []
    return situation_of(plan, day, cause, lost, missed, delivered, owed, [], findings, clinic)


def lost_fractions(plan: Plan, missed: Sequence[MissedSpan], known: Sequence[Fraction] = ()) -> list[Fraction]:
    """The planned fractions of the missed spans, in their order.

    Past the planned end a span holds none; it still is one where something is owed when it begins. known: what was
    missed otherwise. Raises DomainError where a span misses nothing.
    """
    numbers: dict[int, Fraction] = {}
    for span in missed:
        for fraction in _planned_in(plan, span):
            numbers[fraction.number] = fraction
    for span in missed:
        late = span.first > plan.course.last and span.place is None and (numbers or known)
        if not late and not _planned_in(plan, span):
            raise DomainError(f"missed {span.text}: {_why_none(plan, span)}")
    return [numbers[number] for number in sorted(numbers)]


def _planned_in(plan: Plan, span: MissedSpan) -> list[Fraction]:
    on_days = [f for f in plan.course.fractions if span.first <= f.date <= span.last]
    return on_days if span.place is None else on_days[span.place - 1 : span.place]


def _after_the_end(
    plan: Plan,
    lost: Sequence[Fraction],
    spans: Sequence[MissedSpan],
    as_of: dt.date,
    delivered: Sequence[Fraction],
    owed: Owed,
    clinic: str,
) -> list[Fraction]:
    """What follows the planned end up to ``as_of``, day by day; DomainError where a span there misses nothing."""
    beyond = [span for span in spans if span.first > plan.course.last]
    if not delivered or not owed.left or (as_of <= plan.course.last and not beyond):
        return []
    end = min(as_of, plan.course.last)
    so_far = situation_of(plan, end, "", lost, spans, delivered, owed, [], [], clinic)
    laid = so_far.remainder.lay_out().fractions[len(delivered) :]
    for span in beyond:
        if laid[-1].date < span.first:
            raise DomainError(
                f"missed {span.text}: nothing is owed then, the last fraction is given on {laid[-1].date}"
            )
    return [fraction for fraction in laid if fraction.date <= as_of]


def _given_late(plan: Plan, late: Sequence[Fraction]) -> Note:
    days = tuple(dict.fromkeys(fraction.date.isoformat() for fraction in late))
    values: dict[str, Value] = {"days": days, "count": len(late), "last": plan.course.last.isoformat()}
    return Note(code="given-past-the-end", severity="warning", values=values)


def _refuse_given(plan: Plan, lost: Sequence[Fraction]) -> None:
    """A revised plan knows what had been given when it was made: such a fraction cannot have been missed."""
    told = [note.values["as_of"] for note in plan.inputs.assumptions if note.code == "interruption"]
    known = max((dt.date.fromisoformat(str(text)) for text in told), default=None)
    for fraction in lost:
        if known is not None and fraction.date <= known:
            raise DomainError(
                f"missed {fraction.date}: revision {plan.revision.number} counts this fraction as given "
                f"(it was made as of {known}); --record can say otherwise"
            )


def _why_none(plan: Plan, span: MissedSpan) -> str:
    course = plan.course
    outside = f"the plan has no fraction then (it runs from {course.first} to {course.last})"
    if span.place is not None and span.first in course.sessions:
        return f"the plan has {course.sessions[span.first]} on that day"
    calendar = plan.inputs.calendar
    inside = course.first <= span.first and span.last <= course.last
    if span.first != span.last:
        return f"{outside}; closed days that belong to a gap are written with it, as one span" if inside else outside
    if not calendar.covers(span.first):
        return outside
    reason = calendar.reason(span.first)
    if inside and not reason.open:
        day = f"{day_name(span.first)} {span.first}"
        return f"the plan has no fraction on {day}, closed when it was made: {reason.text}"
    return outside


def situation_of(
    plan: Plan,
    as_of: dt.date,
    cause: str,
    missed: Sequence[Fraction],
    spans: Sequence[MissedSpan],
    delivered: Sequence[Fraction],
    owed: Owed,
    partials: Sequence[Partial],
    findings: Sequence[Note],
    clinic: str = "",
) -> Situation:
    """The situation that follows from what was delivered, what was missed, and what is still owed.

    The plan's calendar is continued from the clinic's own source, as far as an option can need it.
    """
    until = _needed_until(plan, max([as_of, *(span.last for span in spans)]), len(owed.left) + len(partials))
    longer = continued(plan.inputs, until, clinic)
    plan = plan if longer.inputs is plan.inputs else replace(plan, inputs=longer.inputs)
    lost = {fraction.number for fraction in missed}
    slots = [Slot(phase=fraction.phase, doses_gy=fraction.doses_gy) for fraction in owed.left]
    coming = [f for f in plan.course.fractions if f.date > as_of and f.number not in lost]
    first = delivered[0].date if delivered else None
    late = 0 if first is None else days_between(plan.course.first, first)
    renumbered = tuple(replace(fraction, number=i) for i, fraction in enumerate(delivered, 1))
    return Situation(
        plan=plan,
        as_of=as_of,
        cause=cause,
        missed=tuple(missed),
        spans=tuple(spans),
        delivered=renumbered,
        slots=(*slots, *(partial.owed for partial in partials)),
        kept=still_standing(owed, coming),
        partials=tuple(partials),
        findings=(*findings, *_without_radiation(plan, missed)),
        start_delay_days=max(0, late),
        calendar_end=longer.why_not,
    )


def _needed_until(plan: Plan, day: dt.date, left: int) -> dt.date:
    """The last day that options can need: what is left and the most added fractions, week by week, and holidays."""
    phases = plan.inputs.prescription.phases
    a_week = min(sum(phase.pattern.fractions_on(WEEKDAYS.index(d)) for d in phase.pattern.weekdays) for phase in phases)
    weeks = -(-(left + MOST_ADDED) // max(1, a_week))
    breaks = sum(phase.break_days for phase in phases)
    return add_days(max(day, plan.course.first), 7 * weeks + breaks + _SPARE_DAYS)


def _without_radiation(plan: Plan, missed: Sequence[Fraction]) -> Iterator[Note]:
    """Missed fractions on days of the chemotherapy: the drug stands, the radiation does not."""
    days = {fraction.date: fraction for fraction in missed}
    for cycle in plan.cycles:
        labels = {day.date: f"{day.drug} ({day.label})" for day in cycle.drug_days}
        labels.setdefault(cycle.date, drug_day_label(cycle.number, 0))
        for date, label in sorted(labels.items()):
            if date in days:
                values: dict[str, Value] = {"date": date.isoformat(), "fraction": days[date].number, "label": label}
                yield Note(code="drug-without-radiation", severity="warning", values=values)


def closed_later(inputs: PlanInputs, situation: Situation, treated: frozenset[dt.date]) -> PlanInputs:
    """The machine stays closed on lost days still to come, but for treated ones; the infusion unit stays open."""
    lost = {day for day in situation.lost_days if day > situation.as_of and day not in treated}
    if not lost:
        return inputs
    reason = Reason(open=False, provisional=False, kind="closure", text=situation.cause or "lost to an interruption")
    calendar = inputs.calendar.with_days(lambda day, old: reason if day in lost else old)
    return replace(inputs, calendar=calendar, infusion=inputs.infusion or inputs.calendar)
