"""Fractions of another size than planned: what to do with the rest of a partial one, and after one too large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtplan.compensation import dose as dose_change
from rtplan.compensation.dose import DoseStep
from rtplan.course.course import Course
from rtplan.course.remainder import Remainder, Slot
from rtplan.errors import ScheduleError
from rtplan.interruption.draft import Draft, OptionMethod
from rtplan.interruption.question import Question
from rtplan.note import Note, Phrase, Value
from rtplan.radiobiology.scaling import same_dose_and_bed

__all__ = [
    "drafts",
    "notes",
    "owed_words",
]


LEAST_SHARE = 0.25
"""Too much by less than this share of a fraction is no reason to leave one out: design default, no source. [-]"""


_SAME_GY = 1e-9


def drafts(q: Question) -> Iterator[Draft]:
    """What can be done besides giving the rest an attendance of its own, and after a fraction too large."""
    if q.situation.partials:
        yield from _rest(q)
    if q.situation.too_large and q.remainder.slots:
        yield from _left_out(q)


def notes(q: Question) -> Iterator[Note]:
    """The bound beside the options after a fraction too large: it holds whatever the alpha/beta."""
    yield from q.withheld
    if not q.situation.too_large:
        return
    planned = [fraction.doses_gy[0] for fraction in q.planned.fractions]
    given = [fraction.doses_gy[0] for fraction in q.situation.delivered]
    bound = same_dose_and_bed(planned, given)
    if bound is not None:
        number, dose = bound
        values: dict[str, Value] = {"n_fractions": number, "dose_per_fraction_gy": dose, "dose_gy": number * dose}
        yield Note(code="dose-error-bound", severity="info", values=values)


def owed_words(q: Question, owed: Slot) -> Phrase:
    """The rest of a partial fraction: a dose, or with several targets the dose to each of them."""
    targets = q.inputs.prescription.targets
    parts = [
        Phrase(code="dose-to", values={"dose_gy": dose, "target": name})
        if len(targets) > 1
        else Phrase(code="dose", values={"dose_gy": dose})
        for dose, name in zip(owed.doses_gy, targets, strict=True)
        if dose > 0
    ]
    return Phrase(code="and", values={"parts": tuple(parts)})


# --- the rest of a partial fraction -----------------------------------------------------------------------------------


def _rest(q: Question) -> Iterator[Draft]:
    """Never given, shared over the fractions to come, or added to the next one."""
    without = _without_rest(q)
    try:
        course = without.lay_out()
    except ScheduleError:
        q.does_not_fit(Phrase(code="option-named", values={"option": "rest-never"}))
        return
    rest = Phrase(code="and", values={"parts": tuple(owed_words(q, partial.owed) for partial in q.situation.partials)})
    label = Phrase(code="rest-never", values={"doses": rest})
    yield Draft(id="rest-never", tier="none", method="rest never given", label=label, course=course)
    places = dose_change.changeable(course, q.given, q.changed_from)
    shared = _taken_up(q, "rest-shared", course, places)
    if shared is not None:
        yield _rest_draft(
            "rest-shared", "rest shared", Phrase(code="rest-over-the-rest", values={"doses": rest}), *shared
        )
    single = _taken_up(q, "rest-next", course, places[:1]) if len(places) > 1 else None
    if single is not None:
        date = course.fractions[places[0]].date.isoformat()
        label = Phrase(code="rest-added-on", values={"doses": rest, "date": date})
        yield _rest_draft("rest-next", "rest added to the next", label, *single)


def _without_rest(q: Question) -> Remainder:
    slots = list(q.remainder.slots)
    for partial in q.situation.partials:
        slots.remove(partial.owed)
    return replace(q.remainder, slots=tuple(slots))


def _rest_draft(name: str, method: OptionMethod, label: Phrase, course: Course, steps: tuple[DoseStep, ...]) -> Draft:
    told = tuple(
        Phrase(code="fractions-of", values={"n": step.n_fractions, "dose_gy": step.dose_gy, "target": step.target})
        for step in steps
    )
    words = Phrase(code="what-as", values={"what": label, "doses": told})
    return Draft(id=name, tier="d", method=method, label=words, course=course, doses=steps)


def _taken_up(
    q: Question, name: str, course: Course, places: Sequence[int]
) -> tuple[Course, tuple[DoseStep, ...]] | None:
    """The course in which these fractions take up all that is owed, in equal parts; None above the ceiling."""
    fractions = list(course.fractions)
    steps: list[DoseStep] = []
    for index, phase, owed in _owed_parts(q):
        here = [place for place in places if _takes(course, place, phase, index)]
        if not here:
            return None
        for step in _steps(course, q.inputs.prescription.targets[index], index, here, owed / len(here)):
            forbidden = _forbidden(q, name, step)
            if forbidden is not None and _RULE[forbidden.code] not in q.settings.waive:
                q.withheld.append(forbidden)
                return None
            steps.append(step)
        for place in here:
            doses = list(fractions[place].doses_gy)
            doses[index] = dose_change.deliverable(doses[index] + owed / len(here), "nearest")
            fractions[place] = replace(fractions[place], doses_gy=tuple(doses))
    changed = replace(course, fractions=tuple(fractions))
    return None if changed == course else (changed, tuple(steps))


def _owed_parts(q: Question) -> Iterator[tuple[int, str, float]]:
    """What is owed to each target, phase by phase: place of the target, phase, dose. [Gy]"""
    for index in range(len(q.inputs.prescription.targets)):
        for phase in dict.fromkeys(partial.owed.phase for partial in q.situation.partials):
            owed = sum(p.owed.doses_gy[index] for p in q.situation.partials if p.owed.phase == phase)
            if owed > _SAME_GY:
                yield index, phase, owed


def _takes(course: Course, place: int, phase: str, index: int) -> bool:
    """Can this fraction take up what is owed of a phase? It has to be of the phase, and to treat the target."""
    fraction = course.fractions[place]
    return fraction.phase == phase and fraction.doses_gy[index] > 0


_RULE = {"no-change-above": "large-fraction-changed", "rest-above-ceiling": "dose-per-fraction"}


def _forbidden(q: Question, name: str, step: DoseStep) -> Note | None:
    """Why a fraction cannot take up more: above 4 Gy none does, and no larger dose lies above the ceiling."""
    option = Phrase(code=name)
    limits, stated = q.inputs.limits, q.settings.max_dose_per_fraction_gy
    if step.planned_gy > limits.no_change_above_gy:
        values: dict[str, Value] = {"option": option, "most_gy": limits.no_change_above_gy}
        return Note(code="no-change-above", severity="info", values=values)
    ceiling = limits.ceiling(step.planned_gy) if stated is None else stated
    if step.dose_gy <= ceiling + _SAME_GY:
        return None
    values = {"option": option, "dose_gy": step.dose_gy, "planned_gy": step.planned_gy, "ceiling_gy": ceiling}
    return Note(code="rest-above-ceiling", severity="info", values=values)


def _steps(course: Course, target: str, index: int, places: Sequence[int], more_gy: float) -> Iterator[DoseStep]:
    counts: dict[float, int] = {}
    for place in places:
        planned = course.fractions[place].doses_gy[index]
        counts[planned] = counts.get(planned, 0) + 1
    for planned, count in counts.items():
        phase = course.fractions[places[0]].phase
        yield dose_change.step(phase, target, count, planned, planned + more_gy, "nearest")


# --- a fraction too large ---------------------------------------------------------------------------------------------


def _left_out(q: Question) -> Iterator[Draft]:
    """As many of the last fractions left out as were given too much, in whole ones: the usual choice."""
    slots = q.remainder.slots
    phase = slots[-1].phase
    usual = slots[-1].doses_gy[0]
    too_much = sum(item.excess_gy for item in q.situation.too_large)
    if usual <= 0 or too_much < LEAST_SHARE * usual:
        return
    count = max(1, round(too_much / usual))
    own = [place for place, slot in enumerate(slots) if slot.phase == phase]
    if len(own) < count or (len(slots) == count and not q.situation.delivered):
        return
    gone = set(own[-count:])
    left = replace(q.remainder, slots=tuple(slot for place, slot in enumerate(slots) if place not in gone))
    yield Draft(
        id=f"leave-out-{count}",
        tier="d",
        method="left out",
        label=Phrase(code="left-out", values={"count": count}),
        course=left.lay_out(),
    )
