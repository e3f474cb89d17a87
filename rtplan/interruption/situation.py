"""Where a course stands: what was given, what was missed, what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rtplan.chemotherapy.cycles import drug_day_label
from rtplan.clinic.days import Reason, add_days, day_name, days_between, parse_date
from rtplan.course.course import Fraction
from rtplan.course.remainder import Remainder, Slot
from rtplan.errors import DomainError, whole
from rtplan.note import Note
from rtplan.planning.inputs import PlanInputs
from rtplan.planning.plan import Plan

__all__ = [
    "MissedSpan",
    "Partial",
    "Situation",
    "closed_later",
    "from_dates",
    "lost_fractions",
    "parse_missed",
    "situation_of",
]


_LONGEST_RANGE_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedSpan:
    """Missed days from first to last, or (place given) one fraction of one day."""

    first: dt.date
    last: dt.date
    place: int | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise DomainError(f"missed range ends ({self.last}) before it begins ({self.first})")
        if days_between(self.first, self.last) > _LONGEST_RANGE_DAYS:
            raise DomainError(f"missed range {self.first}..{self.last} is longer than a year")
        if self.place is not None:
            whole("fraction of the day", self.place, 1, 9)

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        if self.place is not None:
            return f"{self.first}#{self.place}"
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


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

    missed: planned fractions that were not given, or are known to be lost. delivered: with their actual doses.
    slots: what is still to be given, in the plan's order. kept: planned fractions after ``as_of`` that stand.
    start_delay_days: days that a missed first fraction put the start off. [d]
    """

    plan: Plan
    as_of: dt.date
    cause: str
    missed: tuple[Fraction, ...]
    delivered: tuple[Fraction, ...]
    slots: tuple[Slot, ...]
    kept: tuple[Fraction, ...]
    partials: tuple[Partial, ...]
    findings: tuple[Note, ...]
    start_delay_days: int

    @property
    def lost_days(self) -> frozenset[dt.date]:
        """Days on which planned fractions were not, or will not be, given."""
        return frozenset(fraction.date for fraction in self.missed)

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
        planned = self.plan.course.sessions
        for day in self.lost_days:
            if day > self.as_of:
                sessions[day] = planned[day] - sum(fraction.date == day for fraction in self.missed)
        return Remainder(
            prescription=self.plan.inputs.prescription,
            calendar=self.plan.inputs.calendar,
            delivered=self.delivered,
            slots=self.slots,
            start=self.next_day,
            sessions=sessions,
            times=self.plan.inputs.times,
        )


def from_dates(plan: Plan, missed: Sequence[MissedSpan], *, as_of: dt.date | None = None, cause: str = "") -> Situation:
    """The situation when nothing but these fractions was missed.

    as_of: everything planned up to this day was given or missed; default the last missed date. Missed dates after it
    are known to be lost. Raises DomainError where a missed date has no planned fraction.
    """
    lost = lost_fractions(plan, missed)
    _refuse_given(plan, lost)
    if as_of is None and not lost:
        raise DomainError("give the missed dates, or the day as of which nothing was missed")
    day = as_of or max(fraction.date for fraction in lost)
    numbers = {fraction.number for fraction in lost}
    delivered = [f for f in plan.course.fractions if f.date <= day and f.number not in numbers]
    pending = [f for f in plan.course.fractions if f.date > day or f.number in numbers]
    return situation_of(plan, day, cause, lost, delivered, pending, [], [])


def lost_fractions(plan: Plan, missed: Sequence[MissedSpan]) -> list[Fraction]:
    """The planned fractions of the missed spans, in their order; DomainError where a span has none."""
    numbers: dict[int, Fraction] = {}
    for span in missed:
        on_days = [f for f in plan.course.fractions if span.first <= f.date <= span.last]
        if span.place is not None:
            on_days = on_days[span.place - 1 : span.place]
        if not on_days:
            raise DomainError(f"missed {span.text}: {_why_none(plan, span)}")
        for fraction in on_days:
            numbers[fraction.number] = fraction
    return [numbers[number] for number in sorted(numbers)]


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
    if span.first != span.last or not calendar.covers(span.first):
        return outside
    reason = calendar.reason(span.first)
    if course.first <= span.first <= course.last and not reason.open:
        day = f"{day_name(span.first)} {span.first}"
        return f"the plan has no fraction on {day}, closed when it was made: {reason.text}"
    return outside


def situation_of(
    plan: Plan,
    as_of: dt.date,
    cause: str,
    missed: Sequence[Fraction],
    delivered: Sequence[Fraction],
    pending: Sequence[Fraction],
    owed: Sequence[Partial],
    findings: Sequence[Note],
) -> Situation:
    """The situation that follows from what was delivered, what was missed and what is pending."""
    lost = {fraction.number for fraction in missed}
    slots = [Slot(phase=fraction.phase, doses_gy=fraction.doses_gy) for fraction in pending]
    first = delivered[0].date if delivered else None
    late = 0 if first is None else days_between(plan.course.first, first)
    renumbered = tuple(replace(fraction, number=i) for i, fraction in enumerate(delivered, 1))
    return Situation(
        plan=plan,
        as_of=as_of,
        cause=cause,
        missed=tuple(missed),
        delivered=renumbered,
        slots=(*slots, *(partial.owed for partial in owed)),
        kept=tuple(f for f in pending if f.date > as_of and f.number not in lost),
        partials=tuple(owed),
        findings=(*findings, *_without_radiation(plan, missed)),
        start_delay_days=max(0, late),
    )


def _without_radiation(plan: Plan, missed: Sequence[Fraction]) -> Iterator[Note]:
    """Missed fractions on days of the chemotherapy: the drug stands, the radiation does not."""
    days = {fraction.date: fraction for fraction in missed}
    for cycle in plan.cycles:
        labels = {day.date: f"{day.drug} ({day.label})" for day in cycle.drug_days}
        labels.setdefault(cycle.date, drug_day_label(cycle.number, 0))
        for date, label in sorted(labels.items()):
            if date in days:
                yield Note(
                    code="drug-without-radiation",
                    severity="warning",
                    message=f"{label} on {date} stands without radiation: fraction {days[date].number} was missed",
                    values={"date": date.isoformat(), "fraction": days[date].number, "label": label},
                )


def closed_later(inputs: PlanInputs, situation: Situation, treated: frozenset[dt.date]) -> PlanInputs:
    """The machine stays closed on lost days still to come, but for treated ones; the infusion unit stays open."""
    lost = {day for day in situation.lost_days if day > situation.as_of and day not in treated}
    if not lost:
        return inputs
    reason = Reason(open=False, provisional=False, kind="closure", text=situation.cause or "lost to an interruption")
    calendar = inputs.calendar.with_days(lambda day, old: reason if day in lost else old)
    return replace(inputs, calendar=calendar, infusion=inputs.infusion or inputs.calendar)
