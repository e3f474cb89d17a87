"""Where a course stands: what was given, what was missed, what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rtplan.chemotherapy.cycles import drug_day_label
from rtplan.clinic.days import Reason, add_days, day_name, days_between, parse_date
from rtplan.course.course import Course, Fraction
from rtplan.course.remainder import Remainder, Slot, host_phase
from rtplan.errors import DomainError, count_of
from rtplan.interruption.owed import Owed, still_standing
from rtplan.note import Note, Phrase, Value
from rtplan.planning.extension import continued
from rtplan.planning.inputs import PlanInputs
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import MissedSpan, PartialFraction

__all__ = [
    "CAUSES",
    "MOST_ADDED",
    "CauseKind",
    "MissedSpan",
    "Partial",
    "PartialDose",
    "Situation",
    "TooLarge",
    "closed_later",
    "counted_until",
    "from_dates",
    "lost_fractions",
    "parse_cause",
    "parse_missed",
    "parse_partial",
    "partial_fractions",
    "refuse_before",
    "refuse_stopped",
    "situation_of",
]


CauseKind = Literal["machine", "holiday", "patient", "toxicity", "other"]
CAUSES: tuple[CauseKind, ...] = get_args(CauseKind)


def parse_cause(text: str, beside: str = "") -> tuple[CauseKind | Literal[""], str]:
    """Kind of a cause, and how it is written: a kind, a kind with words of one's own, or words alone.

    >>> parse_cause("toxicity: grade 3 oesophagitis")
    ('toxicity', 'toxicity: grade 3 oesophagitis')
    >>> parse_cause("linac repair"), parse_cause("machine", "linac 2")
    (('other', 'linac repair'), ('machine', 'machine: linac 2'))
    """
    head, _, words = text.partition(":")
    said = ", ".join(part for part in (words.strip(), beside.strip()) if part)
    for kind in CAUSES:
        if head.strip().casefold() == kind:
            return kind, f"{kind}: {said}" if said else kind
    whole = ", ".join(part for part in (text.strip(), beside.strip()) if part)
    return ("other", whole) if whole else ("", "")


MOST_ADDED = 15
"""Fractions more than prescribed, at the end, that are looked at."""


SAME_DOSE_GY = 0.005
"""Doses closer than this are the same dose: records are written in steps of 0.01 Gy. [Gy]"""


MOST_TIMES_PLANNED = 2.0
"""A fraction above its planned dose is named as an error. Above so many times that dose it is not believed but
refused: a fraction given twice over is the largest error of one delivery, a slipped decimal point (18.0 or 180 for
1.80 Gy) lies far beyond."""


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
    if mark and count_of(place, 9) is None:
        raise DomainError(f"missed fraction of a day is written 2026-03-06#2, got {text!r}")
    return MissedSpan(first=day, last=day, place=int(place) if mark else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """A fraction of which only a part was given; what is still owed of it. [Gy]"""

    number: int
    date: dt.date
    owed: Slot


def partial_fractions(situation: Situation) -> tuple[PartialFraction, ...]:
    """What the history of a plan keeps of the fractions that are still owed a part."""
    return tuple(_partial_fraction(partial, situation.plan.course) for partial in situation.partials)


def _partial_fraction(partial: Partial, planned: Course) -> PartialFraction:
    place = next(place for place, dose in enumerate(partial.owed.doses_gy) if dose)
    whole_gy = planned.fractions[partial.number - 1].doses_gy[place]
    given_gy = round(whole_gy - partial.owed.doses_gy[place], 6)
    return PartialFraction(number=partial.number, date=partial.date, dose_gy=given_gy, planned_gy=whole_gy)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """A fraction of which more was given than planned; how much more, to the first target that had more. [Gy]"""

    number: int
    date: dt.date
    excess_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDose:
    """What one fraction of a day (place: counted from 1) really got, where the whole course has no record. [Gy]"""

    date: dt.date
    dose_gy: float
    place: int | None = None

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        return f"{self.date}{'' if self.place is None else f'#{self.place}'}={self.dose_gy:g}Gy"


def parse_partial(text: str) -> PartialDose:
    """A fraction that got another dose than planned: ``2026-03-10=0.9Gy``, ``2026-03-10#2=90cGy``.

    >>> parse_partial("2026-03-10#2=90cGy").dose_gy
    0.9
    """
    import re

    match = re.fullmatch(r"([^=#]+)(?:#([1-9]))?=([0-9]+(?:\.[0-9]+)?)\s*(c?gy)", text.strip(), flags=re.IGNORECASE)
    if match is None:
        raise DomainError(f"a partial fraction is written 2026-03-10=0.9Gy, with its unit, got {text!r}")
    date, place, figure, unit = match.groups()
    dose = float(figure) / (100.0 if unit.lower() == "cgy" else 1.0)
    if dose == 0.0:
        raise DomainError(f"partial {text}: a fraction of which nothing was given is missed: --missed {date}")
    return PartialDose(date=parse_date(date, "partial date"), dose_gy=dose, place=int(place) if place else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a course stands at the end of a day (``as_of``).

    missed: planned fractions whose day passed, or will pass, without them. spans: days on which nothing is given, as
    stated. delivered: with their actual doses. slots: what is still to be given, in the plan's order.
    kept: what stays on the planned days after ``as_of`` when nothing is made up for.
    start_delay_days: days that a missed first fraction put the start off. [d]
    too_large: fractions given with more than planned.
    cause_kind: one of the kinds of causes; empty where no cause is stated.
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
    too_large: tuple[TooLarge, ...] = ()
    calendar_end: Phrase | None = None
    cause_kind: CauseKind | Literal[""] = ""

    @property
    def unresolved_toxicity(self) -> bool:
        """Was treatment stopped for toxicity? Then nothing is to be intensified before it has settled."""
        return self.cause_kind == "toxicity"

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
    plan: Plan,
    missed: Sequence[MissedSpan],
    *,
    partial: Sequence[PartialDose] = (),
    as_of: dt.date | None = None,
    cause: str = "",
    clinic: str = "",
) -> Situation:
    """The situation when nothing but these days was missed.

    as_of: everything due up to this day was given or missed; default the end of the last missed span. Days after it
    are known to be lost. What was given is the plan's fractions in their order, on the days that were treated; past
    the planned end what was missed goes on, day by day, up to ``as_of``. clinic: where the clinic's file lies, for days
    that the plan does not keep. partial: fractions that got another dose than planned.

    Raises DomainError where a span misses nothing, or a partial fraction is none.
    """
    refuse_stopped(plan)
    if as_of is None and not missed and not partial:
        raise DomainError("give the missed dates, or the day as of which nothing was missed")
    refuse_before(plan, as_of)
    lost = lost_fractions(plan, missed)
    _refuse_given(plan, [fraction.date for fraction in lost], "missed")
    _refuse_given(plan, [item.date for item in partial], "partial")
    day = as_of or max([*(span.last for span in missed), *(item.date for item in partial)])
    numbers = {fraction.number for fraction in lost}
    treated = [f for f in plan.course.fractions if f.date <= day and f.number not in numbers]
    owed = Owed(plan)
    delivered = owed.give_in_order(treated)
    late = _after_the_end(plan, lost, missed, day, delivered, owed, clinic)
    delivered += owed.give_in_order(late)
    wrong = WrongDoses(plan)
    for item in partial:
        place = _place_of(delivered, item)
        delivered[place] = wrong.given(delivered[place], item)
    findings = [*([_given_late(plan, late)] if late else []), *wrong.findings]
    found = situation_of(plan, day, cause, lost, missed, delivered, owed, wrong.partials, findings, clinic)
    return replace(found, too_large=tuple(wrong.too_large))


def _place_of(delivered: Sequence[Fraction], item: PartialDose) -> int:
    places = [place for place, fraction in enumerate(delivered) if fraction.date == item.date]
    if item.place is None and len(places) > 1:
        told = " or ".join(f"{item.date}#{place}" for place in range(1, len(places) + 1))
        raise DomainError(f"partial {item.text}: that day has {len(places)} fractions, write {told}")
    if len(places) < (item.place or 1):
        count = f"{len(places)} fractions are" if len(places) != 1 else "one fraction is"
        raise DomainError(f"partial {item.text}: {count} counted as given on {item.date}")
    return places[(item.place or 1) - 1]


class WrongDoses:
    """Fractions given with another dose than planned, where there is no record: what is owed, and what is said."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.partials: list[Partial] = []
        self.too_large: list[TooLarge] = []
        self.findings: list[Note] = []

    def given(self, fraction: Fraction, item: PartialDose) -> Fraction:
        """The fraction with what it got; DomainError where that cannot be right."""
        prescription = self.plan.inputs.prescription
        if len(prescription.targets) > 1:
            targets = ", ".join(prescription.targets)
            raise DomainError(
                f"partial {item.text}: the plan has several targets ({targets}): --record says what each got"
            )
        planned = fraction.doses_gy[0]
        if any(
            note.values["date"] == item.date.isoformat() and note.values["fraction"] == fraction.number
            for note in self.findings
        ):
            raise DomainError(f"partial {item.text}: that fraction is given twice")
        if abs(item.dose_gy - planned) <= SAME_DOSE_GY:
            raise DomainError(f"partial {item.text}: that is the planned dose, {planned:g} Gy")
        if item.dose_gy > MOST_TIMES_PLANNED * planned + SAME_DOSE_GY:
            raise DomainError(
                f"partial {item.text}: {item.dose_gy:g} Gy of {planned:g} Gy planned is more than "
                f"{MOST_TIMES_PLANNED:g} times that dose"
            )
        self._say(fraction, item, planned)
        return replace(fraction, doses_gy=(item.dose_gy,))

    def _say(self, fraction: Fraction, item: PartialDose, planned: float) -> None:
        told = (Phrase(code="dose-of-planned", values={"dose_gy": item.dose_gy, "planned_gy": planned}),)
        values: dict[str, Value] = {"date": item.date.isoformat(), "planned_gy": planned, "dose_gy": item.dose_gy}
        values |= {"fraction": fraction.number, "told": told}
        if item.dose_gy > planned:
            more = item.dose_gy - planned
            self.too_large.append(TooLarge(number=fraction.number, date=item.date, excess_gy=more))
            self.findings.append(Note(code="dose-above-planned", severity="violation", values=values))
            return
        owed = (round(planned - item.dose_gy, 9),)
        slot = Slot(phase=host_phase(self.plan.inputs.prescription, fraction.phase), doses_gy=owed)
        self.partials.append(Partial(number=fraction.number, date=item.date, owed=slot))
        self.findings.append(Note(code="partial", severity="warning", values=values))


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


def counted_until(plan: Plan) -> dt.date | None:
    """The day up to which a revised plan knows what had been given; None for a first plan."""
    made = [note.values["as_of"] for note in plan.inputs.assumptions if note.code == "interruption"]
    return max((dt.date.fromisoformat(str(text)) for text in made), default=None)


def refuse_before(plan: Plan, as_of: dt.date | None) -> None:
    """DomainError for a question as of a day before the plan's days, or before what a revised plan counts as given."""
    known = counted_until(plan)
    if known is None and as_of is not None and as_of < plan.inputs.calendar.first:
        raise DomainError(
            f"as of {as_of}: that day lies before the course's first day, {plan.course.first}: nothing had been "
            "planned or given yet"
        )
    if known is not None and as_of is not None and as_of < known:
        raise DomainError(
            f"as of {as_of}: revision {plan.revision.number} counts what was given up to {known}, and no fraction "
            "is taken back; ask as of that day or later, or go on from the revision before it"
        )


def _refuse_given(plan: Plan, days: Sequence[dt.date], what: str) -> None:
    """A revised plan knows what had been given when it was made: such a fraction cannot have been missed."""
    known = counted_until(plan)
    for day in days:
        if known is not None and day <= known:
            raise DomainError(
                f"{what} {day}: revision {plan.revision.number} counts this fraction as given "
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


def refuse_stopped(plan: Plan) -> None:
    """DomainError for a course that was closed: it has nothing more to give."""
    for note in plan.inputs.assumptions:
        if note.code == "stopped":
            raise DomainError(
                f"the course was stopped as of {note.values['date']} (revision {plan.revision.number}): nothing is to "
                "come; go on from the revision before it"
            )


def _needed_until(plan: Plan, day: dt.date, left: int) -> dt.date:
    """The last day that options can need: what is left and the most added fractions, week by week, and holidays."""
    phases = plan.inputs.prescription.phases
    a_week = min(phase.pattern.fractions_a_week for phase in phases)
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
