"""Every way to go on, as dated courses that are not judged yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rtplan.compensation import dose as dose_change
from rtplan.compensation.dose import DoseStep, Part
from rtplan.compensation.sessions import METHODS, Found, Goal, Method, Rules, Search, candidates, on_machines
from rtplan.course.course import Course, Fraction
from rtplan.course.remainder import Remainder, Slot, host_phase
from rtplan.course.rules import check
from rtplan.errors import ScheduleError
from rtplan.interruption import wrong_dose
from rtplan.interruption.draft import TIERS, Draft, OptionMethod, Tier
from rtplan.interruption.drugs import cycles_of, usual_week, with_chemotherapy
from rtplan.interruption.question import FINE_GY, SAME_DEFICIT_GY, Question
from rtplan.interruption.situation import MOST_ADDED
from rtplan.note import Note, Phrase
from rtplan.radiobiology.effect import evaluate, evaluate_many

__all__ = [
    "TIERS",
    "Draft",
    "OptionMethod",
    "Tier",
    "added_courses",
    "drafts",
]


_METHOD_TIER: dict[Method, Tier] = {
    "machine": "a",
    "weekend": "b",
    "worked-weekend": "b",
    "holiday": "b",
    "closed": "b",
    "bid": "c",
    "mix": "c",
}


_SESSION_WORDS: dict[Method, str] = {
    "machine": "machine-sessions",
    "weekend": "weekend-sessions",
    "worked-weekend": "worked-weekend-sessions",
    "holiday": "holiday-sessions",
    "closed": "closed-sessions",
    "bid": "bid-sessions",
    "mix": "mix-sessions",
}


def drafts(q: Question) -> Iterator[Draft]:
    """Every way to go on, the uncompensated one first."""
    if q.situation.restarts:
        label = Phrase(code="start-again", values={"first": q.append.first.isoformat()})
        yield Draft(id="restart", tier="none", method="start delayed", label=label, course=q.append)
        return
    yield Draft(id="append", tier="none", method="append", label=Phrase(code="append"), course=q.append, goal="none")
    yield from _same_day(q)
    wrong = list(wrong_dose.drafts(q))
    yield from wrong
    found = list(_sessions(q))
    for item in found:
        yield _session_draft(q, item)
    yield from _doses(q, found, wrong)
    yield from _added(q)


def _same_day(q: Question) -> Iterator[Draft]:
    """The rest of a partial fraction, given the same day."""
    situation = q.situation
    for partial in situation.partials:
        if partial.date != situation.as_of:
            continue
        rest = Fraction(number=1, phase=partial.owed.phase, date=partial.date, doses_gy=partial.owed.doses_gy)
        slots = list(q.remainder.slots)
        slots.remove(partial.owed)
        now = replace(q.remainder, delivered=(*q.remainder.delivered, rest), slots=tuple(slots))
        yield Draft(
            id="remainder-same-day",
            tier="a",
            method="remainder",
            label=Phrase(
                code="rest-same-day",
                values={"doses": wrong_dose.owed_words(q, partial.owed), "date": partial.date.isoformat()},
            ),
            course=now.lay_out(),
            goal="",
        )


def _sessions(q: Question) -> Iterator[Found]:
    """Extra sessions of every kind; of several kinds together where that is better."""
    if not q.remainder.slots:
        return
    usual = _Sessions(q, q.remainder)
    on_machine = _Sessions(q, _for_machines(q)) if q.inputs.machines else None
    found: list[Found] = []
    for method in METHODS:
        search = on_machine if on_machine is not None and method in ("machine", "closed", "mix") else usual
        enough = any(item.restores and _METHOD_TIER[item.method] in "ab" for item in found)
        if (method == "machine" and on_machine is None) or (method == "mix" and enough):
            continue
        try:
            items = search.find(method)
        except ScheduleError:
            q.does_not_fit(Phrase(code=f"sessions-{method}"))
            continue
        if method == "closed":
            items = tuple(item for item in items if not any(_as_good(q, other, item) for other in found))
        found += items
        yield from items


def _as_good(q: Question, other: Found, item: Found) -> bool:
    """Does the other end as early, or by every day that is wanted, with no more sessions and no other rules broken?

    It opens no more days on which nobody works otherwise, either: a matched machine and a worked weekend cost less.
    """
    floor = min(_aims(q).values())
    ends = max(other.course.last, floor) <= max(item.course.last, floor)
    fewer = len(other.sessions) <= len(item.sessions) and _days_off(q, other) <= _days_off(q, item)
    return ends and fewer and other.codes <= item.codes


def _days_off(q: Question, item: Found) -> int:
    """Opened days on which the staff does not work anyway."""
    calendar, missed = q.inputs.calendar, q.situation.missed_days
    return sum(day not in missed and calendar.reason(day).kind != "worked weekend" for day in item.sessions)


class _Sessions:
    """The search for extra sessions of one question; laid out only when it is asked for."""

    def __init__(self, q: Question, remainder: Remainder) -> None:
        self.q = q
        self.remainder = remainder
        self.search: Search | None = None

    def find(self, method: Method) -> tuple[Found, ...]:
        if self.search is None:
            self.search = Search(self.remainder, _session_rules(self.q))
        items = self.search.find(method, self._days(method), _aims(self.q))
        if method in ("closed", "mix"):
            items = tuple(item for item in items if self._is_mixed(item))
        return tuple(_restoring(self.q, items))

    def _days(self, method: Method) -> tuple[dt.date, ...]:
        """A span is kept as stated: a machine takes over missed fractions, not its free days."""
        q = self.q
        machine: tuple[dt.date, ...] = ()
        if method in ("machine", "closed", "mix") and q.inputs.machines:
            machine = on_machines(self.remainder, q.inputs.machines)
            lost = q.situation.lost_days - q.situation.missed_days
            machine = tuple(day for day in machine if day not in lost)
        days = candidates(method, self.remainder, lost=q.situation.lost_days)
        return (*machine, *(day for day in days if day not in machine))

    def _is_mixed(self, item: Found) -> bool:
        """Closed days of several kinds; for a mix, second fractions beside closed days."""
        treated = self.q.append.sessions
        closed = [day for day in item.sessions if day not in treated]
        if item.method == "mix":
            return 0 < len(closed) < len(item.sessions)
        missed, calendar = self.q.situation.missed_days, self.q.inputs.calendar
        return len({"machine" if day in missed else calendar.reason(day).kind for day in closed}) > 1


def _aims(q: Question) -> dict[Goal, dt.date]:
    """The last days wanted: the planned one, the reference's, and the last inside the limit."""
    aims: dict[Goal, dt.date] = {"end": q.keep_by, "prescribed": q.reference().last}
    if q.limit_by is not None:
        aims["limit"] = q.limit_by
    return aims


def _restoring(q: Question, items: Sequence[Found]) -> Iterator[Found]:
    """The fewest sessions that restore the tumour's net BED say so, also where they reach a day that was wanted."""
    rows = evaluate_many([item.course for item in items], q.regions) if items else ()
    enough = [
        at
        for at, (item, row) in enumerate(zip(items, rows, strict=True))
        if not item.hard and q.deficit(row, q.reference_rows, q.regions) <= q.settings.tolerance_gy + FINE_GY
    ]
    fewest = max(enough, default=None)
    for at, item in enumerate(items):
        named = at == fewest and item.goal in ("part", "earliest")
        yield replace(item, restores=at in enough, goal="restored" if named else item.goal)


def _for_machines(q: Question) -> Remainder:
    """From the day of the question itself, when nothing was given on it: a matched machine may still treat."""
    as_of = q.situation.as_of
    lost = as_of in q.situation.missed_days
    if not lost or any(fraction.date == as_of for fraction in q.situation.delivered):
        return q.remainder
    return replace(q.remainder, start=as_of, sessions={**q.remainder.sessions, as_of: 0})


def _session_rules(q: Question) -> Rules:
    """The rules of the department, and where chemotherapy is given what is too much beside it."""
    limits = q.inputs.limits
    cycles = cycles_of(q, q.append)
    beside = any(cycle.concurrent for cycle in cycles)

    def broken(course: Course) -> tuple[Note, ...]:
        drugs = with_chemotherapy(q, course, cycles) if beside else ()
        return (*check(course, limits, cord=q.inputs.has_cord), *drugs)

    week = usual_week(q.inputs.prescription) if beside else None
    return Rules(check=broken, limits=limits, hard=limits.hard_codes, busy_week=week)


def _session_draft(q: Question, item: Found) -> Draft:
    tier = _METHOD_TIER[item.method]
    if item.method == "machine" and not set(item.sessions) <= q.situation.missed_days:
        tier = "b"
    count = len(item.sessions)
    days = tuple(Phrase(code="day", values={"date": day.isoformat()}) for day in item.sessions)
    return Draft(
        id=_name(item),
        tier=tier,
        method=item.method,
        label=Phrase(code=_SESSION_WORDS[item.method], values={"count": count, "days": days}),
        course=item.course,
        goal=item.goal,
        sessions=item.sessions,
        opened=item.method,
    )


def _name(item: Found) -> str:
    return f"{item.method}-{len(item.sessions)}{'-later' if item.later else ''}"


def _doses(q: Question, found: Sequence[Found], wrong: Sequence[Draft] = ()) -> Iterator[Draft]:
    """Another dose per fraction, each course once: alone, and with sessions where neither alone restores."""
    if not q.remainder.slots:
        return
    seen = {q.append.fractions, *(item.course.fractions for item in found), *(item.course.fractions for item in wrong)}
    alone = list(_alone(q))
    enough = any(item.restores for item in found) or any(
        draft.goal == "tumour" and _allowed(q, draft) for draft in alone
    )
    for draft in (*alone, *(() if enough else _combined(q, found))):
        if draft.course.fractions not in seen:
            seen.add(draft.course.fractions)
            yield draft


def _alone(q: Question) -> Iterator[Draft]:
    """At the planned end with what was planned after the day of the question, and over the longer time."""
    for name, where, base in (("end", "at-planned-end", _kept(q)), ("longer", "at-longer-time", q.append)):
        if base is not None:
            yield from _dose_drafts(q, _Base(name=name, where=Phrase(code=where), course=base))


def _combined(q: Question, found: Sequence[Found]) -> Iterator[Draft]:
    """With each set of sessions that breaks no hard rule. The earliest end of a kind is offered at the ceiling too."""
    usable = [item for item in found if not item.hard]
    earliest = {item.method: item for item in sorted(usable, key=_late_first)}
    first = min(usable, key=lambda item: (item.course.last, len(item.codes), len(item.sessions)), default=None)
    for item in usable:
        name = _name(item)
        base = _Base(name=name, where=Phrase(code="with", values={"name": name}), course=item.course, item=item)
        for draft in _dose_drafts(q, base):
            over = not _below_ceiling(q, draft)
            if (
                item is first
                or (draft.goal == "tumour" and not over)
                or (draft.goal == "ceiling" and earliest[item.method] is item)
            ):
                yield draft


def _late_first(item: Found) -> tuple[int, int]:
    return -item.course.last.toordinal(), -len(item.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """A course whose doses are to change, with its sessions, and how both are called."""

    name: str
    where: Phrase
    course: Course
    item: Found | None = None


def _dose_drafts(q: Question, base: _Base) -> Iterator[Draft]:
    """The dose that restores the tumour, the ceiling where that lies above it, and the dose that keeps late BED."""
    places = dose_change.changeable(base.course, q.given, q.changed_from)
    part = Part(places=places, targets=q.settings.change_targets)
    for goal in ("tumour", "late"):
        factor = _factor(q, goal, base.course, part)
        if factor is None or factor <= 0:
            continue
        draft = _scaled(q, goal, base, part, factor, _rounding(q, goal, base.course, part, factor))
        if draft is None:
            continue
        yield draft
        if goal == "tumour" and not _below_ceiling(q, draft):
            yield from _at_ceiling(q, base, part, draft)


def _factor(q: Question, goal: str, course: Course, part: Part) -> float | None:
    chosen = [(i, wanted) for i, wanted in _wanted(q, goal) if part.holds(q.prescribed_rows[i].target)]
    regions = [q.regions[i] for i, _ in chosen]
    return dose_change.factor_for(course, part, regions, [wanted for _, wanted in chosen], at_least=goal == "tumour")


def _at_ceiling(q: Question, base: _Base, part: Part, over: Draft) -> Iterator[Draft]:
    """The largest dose that is allowed, where it helps the tumour at all."""
    factor = min(q.ceiling_gy(step.phase, step.target) / step.planned_gy for step in over.doses)
    draft = _scaled(q, "ceiling", base, part, factor, "down") if factor > 1.0 else None
    if draft is None or not _below_ceiling(q, draft):
        return
    before, after = evaluate_many([base.course, draft.course], q.regions)
    if q.deficit(after, q.reference_rows, q.regions) < q.deficit(before, q.reference_rows, q.regions) - FINE_GY:
        yield draft


def _below_ceiling(q: Question, draft: Draft) -> bool:
    """Is no dose above its ceiling, and none changed that is to keep its size?"""
    most = q.inputs.limits.no_change_above_gy + FINE_GY
    return all(
        step.dose_gy <= max(q.ceiling_gy(step.phase, step.target), step.planned_gy) + FINE_GY
        and q.inputs.prescription.phase(step.phase).dose_per_fraction_gy(step.target) <= most
        for step in draft.doses
    )


def _allowed(q: Question, draft: Draft) -> bool:
    """Does the changed dose keep the ceiling, and what late tissue may get more than its reference?"""
    stated = q.settings.late_limit
    share = q.inputs.limits.late_excess_share if stated is None else min(stated, q.inputs.limits.late_excess_share)
    return _below_ceiling(q, draft) and not _late_beyond(q, draft.course, share)


def _late_beyond(q: Question, course: Course, share: float) -> bool:
    return any(
        row.kind == "late" and row.net_bed_gy > reference.net_bed_gy * (1 + share) + FINE_GY
        for row, reference in zip(evaluate(course, q.regions), q.reference_rows, strict=True)
    )


def _kept(q: Question) -> Course | None:
    """What was planned after the day of the question, and nothing of what was missed.

    None after a delayed start, which is no interruption: the plan's own days no longer belong to the course.
    """
    kept = q.situation.kept
    if not kept or q.situation.start_delay_days:
        return None
    fractions = (*q.situation.delivered, *kept)
    return Course(
        prescription=q.remainder.prescription,
        fractions=tuple(replace(fraction, number=i) for i, fraction in enumerate(fractions, 1)),
    )


_AIMS = {"tumour": "restores-tumour", "late": "keeps-late", "ceiling": "up-to-the-ceiling"}


def _scaled(
    q: Question, goal: str, base: _Base, part: Part, factor: float, rounding: dose_change.Rounding
) -> Draft | None:
    """The course with these doses multiplied; None where fractions would get nothing, or what they get anyway."""
    course = dose_change.scaled(base.course, part, factor, rounding)
    if not all(any(dose > 0 for dose in course.fractions[i].doses_gy) for i in part.places):
        return None
    steps = dose_change.steps(base.course, part, factor, rounding)
    if all(abs(step.dose_gy - step.planned_gy) < dose_change.STEP_GY - FINE_GY for step in steps):
        return None
    item = base.item
    words = {"doses": _dose_words(steps), "where": base.where, "aim": Phrase(code=_AIMS[goal])}
    return Draft(
        id=f"dose-{goal}-{base.name}" if item is None else f"{base.name}+dose-{goal}",
        tier="d",
        method="dose per fraction" if item is None else "sessions and dose per fraction",
        label=Phrase(code="changed-dose", values=words),
        course=course,
        goal=goal,
        sessions=item.sessions if item else None,
        doses=steps,
        opened=item.method if item else None,
    )


def _wanted(q: Question, goal: str) -> list[tuple[int, float]]:
    """Places of the regions that decide a dose, with the net BED wanted of each. [Gy]"""
    if goal == "tumour":
        return [(i, q.settings.restore * q.reference_rows[i].net_bed_gy) for i in q.tumours(q.regions)]
    return [(i, row.net_bed_gy) for i, row in enumerate(q.reference_rows) if row.kind == "late"]


def _rounding(q: Question, goal: str, base: Course, part: Part, factor: float) -> dose_change.Rounding:
    """Down where late tissue limits the dose, else to the nearest step."""
    if goal == "late":
        return "down"
    limit = q.settings.late_limit
    if limit is None:
        return "nearest"
    near = dose_change.scaled(base, part, factor, "nearest")
    return "down" if _late_beyond(q, near, limit) else "nearest"


def _added(q: Question) -> Iterator[Draft]:
    """The fewest added fractions that restore the tumour's net BED, else as many as serve best."""
    courses = added_courses(q)
    chosen = q.tumours(q.regions)
    if not courses or not chosen:
        return
    rows = evaluate_many(courses, q.regions)
    lacking = [max(q.lacking(row, i) for i in chosen) for row in rows]
    enough = [count for count, lack in enumerate(lacking) if lack <= SAME_DEFICIT_GY]
    count = enough[0] if enough else min(range(len(courses)), key=lambda n: (lacking[n], n))
    if count == 0:
        return
    yield Draft(
        id=f"added-{count}",
        tier="e",
        method="added fractions",
        label=Phrase(
            code="added-fractions",
            values={"count": count, "dose_gy": courses[count].fractions[-1].doses_gy[0]},
        ),
        course=courses[count],
        goal="restored" if enough else "highest",
        added=count,
    )


def added_courses(q: Question) -> list[Course]:
    """The appended course with 0, 1, ... fractions more, as far as the calendar reaches."""
    if q.situation.restarts:
        return []
    phase = host_phase(q.inputs.prescription, q.append.fractions[-1].phase)
    one = Slot(phase=phase, doses_gy=_usual_dose(q, phase))
    courses = [q.append]
    for count in range(1, MOST_ADDED + 1):
        try:
            courses.append(replace(q.remainder, slots=q.remainder.slots + (one,) * count).lay_out())
        except ScheduleError:
            q.does_not_fit(Phrase(code="added-from", values={"count": count}))
            break
    return courses


def _usual_dose(q: Question, phase: str) -> tuple[float, ...]:
    """Dose of the plan's last fraction of that phase, whatever was given of it."""
    course = q.planned if any(f.phase == phase for f in q.planned.fractions) else q.append
    return [fraction for fraction in course.fractions if fraction.phase == phase][-1].doses_gy


def _dose_words(steps: Sequence[DoseStep]) -> Phrase:
    parts = tuple(
        Phrase(code="fractions-of", values={"n": step.n_fractions, "dose_gy": step.dose_gy, "target": step.target})
        for step in steps
    )
    return Phrase(code="and", values={"parts": parts})
