"""Every way to go on, as dated courses that are not judged yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtplan.compensation import dose as dose_change
from rtplan.compensation.dose import DoseStep, Part
from rtplan.compensation.sessions import METHODS, Found, Method, best, candidates, search
from rtplan.course.course import Course, Fraction
from rtplan.course.remainder import Remainder, Slot, host_phase
from rtplan.course.rules import check
from rtplan.errors import ScheduleError
from rtplan.interruption import wrong_dose
from rtplan.interruption.draft import TIERS, Draft, OptionMethod, Tier
from rtplan.interruption.question import SAME_DEFICIT_GY, Question
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
    "bid": "c",
    "mix": "c",
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
    reached = False
    for method in METHODS:
        remainder = _for_machines(q) if method == "machine" else q.remainder
        if not remainder.slots or (method == "machine" and not q.inputs.machines):
            continue
        if method == "mix" and reached:
            continue
        try:
            items = _found(q, method, remainder)
        except ScheduleError:
            q.does_not_fit(Phrase(code=f"sessions-{method}"))
            continue
        if method == "mix":
            items = tuple(item for item in items if _is_mixed(item, q.append))
        reached = reached or any(item.goal == "end" and item.clean for item in items)
        yield from items


def _found(q: Question, method: Method, remainder: Remainder) -> tuple[Found, ...]:
    days = candidates(method, remainder, machines=q.inputs.machines, lost=q.situation.lost_days)
    if method == "machine":  # a span is kept as stated: a machine takes over missed fractions, not its free days
        days = tuple(day for day in days if day in q.situation.missed_days or day not in q.situation.lost_days)
    return search(
        method,
        remainder,
        days,
        keep_by=q.keep_by,
        limit_by=q.limit_by,
        check=lambda course: _session_rules(q, course),
    )


def _for_machines(q: Question) -> Remainder:
    """From the day of the question itself, when nothing was given on it: a matched machine may still treat."""
    as_of = q.situation.as_of
    lost = as_of in q.situation.missed_days
    if not lost or any(fraction.date == as_of for fraction in q.situation.delivered):
        return q.remainder
    return replace(q.remainder, start=as_of, sessions={**q.remainder.sessions, as_of: 0})


def _session_rules(q: Question, course: Course) -> tuple[Note, ...]:
    return check(course, q.inputs.limits, cord=q.inputs.has_cord)


def _session_draft(q: Question, item: Found) -> Draft:
    tier = _METHOD_TIER[item.method]
    if item.method == "machine" and not set(item.sessions) <= q.situation.missed_days:
        tier = "b"
    count = len(item.sessions)
    days = tuple(Phrase(code="day", values={"date": day.isoformat()}) for day in item.sessions)
    return Draft(
        id=f"{item.method}-{count}",
        tier=tier,
        method=item.method,
        label=Phrase(code=f"{item.method}-sessions", values={"count": count, "days": days}),
        course=item.course,
        goal=item.goal,
        sessions=item.sessions,
    )


def _doses(q: Question, found: Sequence[Found], wrong: Sequence[Draft] = ()) -> Iterator[Draft]:
    if not q.remainder.slots:
        return
    bases: list[tuple[str, Phrase, Course | None, Found | None]]
    bases = [
        ("end", Phrase(code="at-planned-end"), _kept(q), None),
        ("longer", Phrase(code="at-longer-time"), q.append, None),
    ]
    nearest = best(found)
    if nearest is not None and nearest.goal != "end":
        name = f"{nearest.method}-{len(nearest.sessions)}"
        bases.append((name, Phrase(code="with", values={"name": name}), nearest.course, nearest))
    seen = {q.append.fractions, *(item.course.fractions for item in found), *(item.course.fractions for item in wrong)}
    for name, where, base, item in bases:
        if base is None:
            continue
        for goal in ("tumour", "late"):
            draft = _dose_draft(q, goal, name, where, base, item)
            if draft is not None and draft.course.fractions not in seen:
                seen.add(draft.course.fractions)
                yield draft


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


def _dose_draft(q: Question, goal: str, name: str, where: Phrase, base: Course, item: Found | None) -> Draft | None:
    places = dose_change.changeable(base, q.given, q.changed_from)
    part = Part(places=places, targets=q.settings.change_targets)
    chosen = [(i, wanted) for i, wanted in _wanted(q, goal) if part.holds(q.prescribed_rows[i].target)]
    regions = [q.regions[i] for i, _ in chosen]
    goals = [wanted for _, wanted in chosen]
    factor = dose_change.factor_for(base, part, regions, goals, at_least=goal == "tumour")
    if factor is None or factor <= 0:
        return None
    rounding = _rounding(q, goal, base, part, factor)
    course = dose_change.scaled(base, part, factor, rounding)
    if not all(any(dose > 0 for dose in course.fractions[i].doses_gy) for i in places):
        return None
    steps = dose_change.steps(base, part, factor, rounding)
    aim = Phrase(code="restores-tumour" if goal == "tumour" else "keeps-late")
    identity = f"dose-{goal}-{name}" if item is None else f"{name}+dose-{goal}"
    return Draft(
        id=identity,
        tier="d",
        method="dose per fraction" if item is None else "sessions and dose per fraction",
        label=Phrase(code="changed-dose", values={"doses": _dose_words(steps), "where": where, "aim": aim}),
        course=course,
        goal=goal,
        sessions=item.sessions if item else None,
        doses=steps,
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
    rows = evaluate(near, q.regions)
    over = any(
        row.kind == "late" and row.net_bed_gy > reference.net_bed_gy * (1 + limit)
        for row, reference in zip(rows, q.reference_rows, strict=True)
    )
    return "down" if over else "nearest"


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


def _is_mixed(item: Found, base: Course) -> bool:
    """Are both closed days and second fractions among the sessions?"""
    treated = base.sessions
    return len({day in treated for day in item.sessions}) == 2


def _dose_words(steps: Sequence[DoseStep]) -> Phrase:
    parts = tuple(
        Phrase(code="fractions-of", values={"n": step.n_fractions, "dose_gy": step.dose_gy, "target": step.target})
        for step in steps
    )
    return Phrase(code="and", values={"parts": parts})
