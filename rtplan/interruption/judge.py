"""Options judged on the whole course: effects beside the references, rules broken, chemotherapy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtplan.chemotherapy.cycles import Cycle
from rtplan.compensation.dose import DoseStep
from rtplan.compensation.sessions import Method
from rtplan.course.course import Course
from rtplan.course.rules import check
from rtplan.errors import ScheduleError
from rtplan.interruption.drugs import cycles_of, numbers, with_chemotherapy
from rtplan.interruption.options import Draft, OptionMethod, Tier
from rtplan.interruption.question import FINE_GY, Question
from rtplan.note import Note, Phrase, Value
from rtplan.planning.inputs import OpenedDay
from rtplan.radiobiology.effect import EffectRow, evaluate_many
from rtplan.radiobiology.organ_limits import limit_notes

__all__ = [
    "Option",
    "OptionEffect",
    "judged",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEffect:
    """One region under an option, beside both references. Differences are option minus reference. [Gy of net BED]

    difference_gy, difference_percent: against the reference that the ranking uses.
    """

    row: EffectRow
    prescribed_net_bed_gy: float
    planned_net_bed_gy: float
    prescribed_net_eqd2_gy: float
    planned_net_eqd2_gy: float
    difference_gy: float
    difference_percent: float | None

    @property
    def prescribed_difference_gy(self) -> float:
        """Net BED minus that of the prescribed reference. [Gy]"""
        return self.row.net_bed_gy - self.prescribed_net_bed_gy

    @property
    def planned_difference_gy(self) -> float:
        """Net BED minus that of the plan. [Gy]"""
        return self.row.net_bed_gy - self.planned_net_bed_gy


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One complete way to go on.

    sessions: fractions on each extra day. opened: of which kind they are. n_sessions: extra days to open, and added
    fractions. goal: what its sessions reach. doses: changed doses per fraction. added_fractions: beyond the
    prescription. violations: rules broken.
    deficit_gy, late_excess_gy, acute_excess_gy: against the ranking's reference; None where not known. [Gy]
    hard: codes of hard rules that the option itself breaks. waived: those of them that were waived.
    held: does it intensify while toxicity is unresolved? time_known: is it known what its longer time costs?
    given: how many fractions of the course were given before.
    time_priced: is it for any time, by a time factor or a category with its limit? deficit_known: does a factor say
    what a longer time costs, or is it not longer?
    """

    id: str
    rank: int
    tier: Tier
    method: OptionMethod
    label: Phrase
    goal: str
    course: Course
    prolongation_days: int
    sessions: tuple[OpenedDay, ...]
    n_sessions: int
    doses: tuple[DoseStep, ...]
    added_fractions: int
    effects: tuple[OptionEffect, ...]
    cycles: tuple[Cycle, ...]
    violations: tuple[Note, ...]
    notes: tuple[Note, ...]
    deficit_gy: float
    late_excess_gy: float | None
    acute_excess_gy: float | None
    hard: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    held: bool = False
    time_known: bool = True
    time_priced: bool = True
    deficit_known: bool = True
    opened: Method | None = None
    given: int = 0

    @property
    def known_deficit_gy(self) -> float | None:
        """What the tumour lacks; None where it takes longer and no time factor says what that costs. [Gy]"""
        return self.deficit_gy if self.deficit_known else None

    @property
    def offered(self) -> bool:
        """Is every hard rule that it breaks waived?"""
        return set(self.hard) <= set(self.waived)

    @property
    def broken(self) -> tuple[str, ...]:
        """Codes of the rules that it breaks, each once."""
        return tuple(dict.fromkeys(note.code for note in self.violations))

    @property
    def reaches(self) -> Phrase | None:
        """What its sessions or doses reach, in words; None where nothing is aimed at."""
        return Phrase(code=f"goal-{self.goal}") if self.goal else None

    @property
    def dose_per_fraction_gy(self) -> float | None:
        """Dose of the fractions still to be given; None where it is changed to several. [Gy]

        Where nothing is changed, that of the last phase: the rest of a partial fraction is smaller, and none of them.
        """
        changed = {step.dose_gy for step in self.doses if step.target == self.course.prescription.targets[0]}
        if changed:
            return changed.pop() if len(changed) == 1 else None
        *_, last = self.course.fractions
        to_give = self.course.fractions[self.given :] or (last,)
        return max(fraction.doses_gy[0] for fraction in to_give if fraction.phase == last.phase)


def judged(q: Question, drafts: Sequence[Draft]) -> list[Option]:
    """Each draft with its effects, the rules it breaks and its cycles; ranks are given later."""
    rows = evaluate_many([draft.course for draft in drafts], q.regions)
    q.standing = _standing(q, drafts, rows)
    return [option for draft, row in zip(drafts, rows, strict=True) if (option := _fitting(q, draft, row)) is not None]


def _fitting(q: Question, draft: Draft, rows: tuple[EffectRow, ...]) -> Option | None:
    """The option; None where its cycles have no day in the calendar. What is appended has to fit."""
    try:
        return _option(q, draft, rows)
    except ScheduleError:
        if draft.id in ("append", "restart"):
            raise
        q.does_not_fit(Phrase(code="option-named", values={"option": draft.id}))
        return None


def _standing(q: Question, drafts: Sequence[Draft], rows: Sequence[tuple[EffectRow, ...]]) -> frozenset[object]:
    """Breaches that stand whatever is chosen: of what was given, of the plan, and of doing nothing else."""
    courses = [course for course in (q.delivered, q.planned) if course is not None]
    notes = [note for course in courses for note in check(course, q.inputs.limits, cord=q.inputs.has_cord)]
    notes += [note for some in (q.planned_rows, q.prescribed_rows) for note in limit_notes(some, q.inputs.setting)]
    for draft, some in zip(drafts, rows, strict=True):
        if draft.id in ("append", "restart"):
            notes += [
                *check(draft.course, q.inputs.limits, cord=q.inputs.has_cord),
                *limit_notes(some, q.inputs.setting),
            ]
    return frozenset(_breach(note) for note in notes)


def _breach(note: Note) -> object:
    """What tells breaches apart: an organ's limit is exceeded or not, whatever by."""
    return (note.code, note.values["region"], note.values["limit"]) if note.code == "eqd2-limit" else note.key


def _hard(q: Question, draft: Draft, violations: Sequence[Note]) -> tuple[str, ...]:
    """Hard rules that the option itself breaks; what is owed on its own days is always offered."""
    if draft.id in ("append", "restart"):
        return ()
    codes = [note.code for note in violations if _breach(note) not in q.standing]
    return tuple(dict.fromkeys(code for code in codes if code in q.inputs.limits.hard_codes))


def _option(q: Question, draft: Draft, rows: tuple[EffectRow, ...]) -> Option:
    sessions = draft.sessions or {}
    days = tuple(OpenedDay(date=day, fractions=n, method=draft.method) for day, n in sessions.items())
    cycles = cycles_of(q, draft.course)
    violations = tuple(_violations(q, draft, rows, cycles))
    hard = _hard(q, draft, violations)
    return Option(
        id=draft.id,
        rank=0,
        tier=draft.tier,
        method=draft.method,
        label=draft.label,
        goal=draft.goal,
        course=draft.course,
        prolongation_days=draft.course.elapsed_days - q.prescribed.elapsed_days,
        sessions=days,
        n_sessions=len(days) + draft.added,
        doses=draft.doses,
        added_fractions=draft.added,
        effects=tuple(_effects(q, rows)),
        cycles=cycles,
        violations=violations,
        notes=tuple(_option_notes(q, draft, cycles, rows)),
        deficit_gy=q.deficit(rows, q.reference_rows, q.regions),
        late_excess_gy=q.excess(rows, q.reference_rows, "late", draft.course),
        acute_excess_gy=q.excess(rows, q.reference_rows, "acute", draft.course),
        hard=hard,
        waived=tuple(code for code in hard if code in q.settings.waive),
        held=q.situation.unresolved_toxicity and _intensifies(draft),
        time_known=_time_known(q, draft.course),
        time_priced=_time_priced(q),
        deficit_known=_has_factors(q) or draft.course.elapsed_days <= q.reference().elapsed_days,
        opened=draft.opened,
        given=len(q.situation.delivered),
    )


def _intensifies(draft: Draft) -> bool:
    """Second fractions, larger fractions, added ones."""
    return draft.tier in ("c", "d", "e") and draft.method != "left out"


def _time_known(q: Question, course: Course) -> bool:
    """Is it known what its time costs? What is no longer than the reference costs nothing."""
    return _time_priced(q) or course.elapsed_days <= q.reference().elapsed_days


def _time_priced(q: Question) -> bool:
    """Is it known what a longer time costs? By a time factor, or a category with its limit; none is no promise."""
    return _has_factors(q) or q.inputs.limits.prolongation_days is not None


def _has_factors(q: Question) -> bool:
    tumours = [q.regions[place] for place in q.tumours(q.regions)]
    return bool(tumours) and all(region.tissue.has_time_factor for region in tumours)


def _effects(q: Question, rows: tuple[EffectRow, ...]) -> Iterator[OptionEffect]:
    for row, prescribed, planned, reference in zip(
        rows, q.prescribed_rows, q.planned_rows, q.reference_rows, strict=True
    ):
        difference = row.net_bed_gy - reference.net_bed_gy
        yield OptionEffect(
            row=row,
            prescribed_net_bed_gy=prescribed.net_bed_gy,
            planned_net_bed_gy=planned.net_bed_gy,
            prescribed_net_eqd2_gy=prescribed.net_eqd2_gy,
            planned_net_eqd2_gy=planned.net_eqd2_gy,
            difference_gy=difference,
            difference_percent=100 * difference / reference.net_bed_gy if reference.net_bed_gy > 0 else None,
        )


def _violations(q: Question, draft: Draft, rows: tuple[EffectRow, ...], cycles: tuple[Cycle, ...]) -> Iterator[Note]:
    course = draft.course
    longer = course.elapsed_days - q.reference().elapsed_days
    extra = (draft.sessions or {}).keys()
    for note in check(course, q.inputs.limits, cord=q.inputs.has_cord, extra=extra, prolongation_days=longer):
        if note.severity == "violation":
            yield note
    yield from _too_large(q, draft)
    yield from with_chemotherapy(q, course, cycles)
    limit = q.settings.late_limit
    for row, reference in zip(rows, q.reference_rows, strict=True):
        allowed = reference.net_bed_gy * (1 + (limit or 0.0))
        if limit is not None and row.kind == "late" and row.net_bed_gy > allowed + FINE_GY:
            yield Note(
                code="late-limit",
                severity="violation",
                values={
                    "region": row.region,
                    "net_bed_gy": row.net_bed_gy,
                    "allowed_gy": allowed,
                    "limit_percent": 100 * limit,
                    "reference_net_bed_gy": reference.net_bed_gy,
                },
            )
    yield from _late_excess(q, rows)
    yield from (note for note in limit_notes(rows, q.inputs.setting) if note.severity == "violation")


def _late_excess(q: Question, rows: tuple[EffectRow, ...]) -> Iterator[Note]:
    """Late tissue that gets so much more than its reference that the tumour's gain is no reason to stand first."""
    share = q.inputs.limits.late_excess_share
    for row, reference in zip(rows, q.reference_rows, strict=True):
        excess = row.net_bed_gy - reference.net_bed_gy
        if row.kind == "late" and excess > share * reference.net_bed_gy + FINE_GY:
            values: dict[str, Value] = {"region": row.region, "excess_gy": excess, "limit_percent": 100 * share}
            yield Note(code="late-excess", severity="violation", values=values)


def _option_notes(q: Question, draft: Draft, cycles: tuple[Cycle, ...], rows: tuple[EffectRow, ...]) -> Iterator[Note]:
    yield from _chemo_notes(q, draft.course, cycles)
    yield from (note for note in limit_notes(rows, q.inputs.setting) if note.severity != "violation")
    if draft.method == "remainder":
        yield Note(code="counted-as-two", severity="info")
    if q.situation.unresolved_toxicity and _intensifies(draft):
        yield Note(code="toxicity-unresolved", severity="warning")
    calendar = q.inputs.calendar
    if calendar.depends_on_provisional(draft.course.first, draft.course.last):
        yield Note(code="provisional", severity="warning")


def _chemo_notes(q: Question, course: Course, cycles: tuple[Cycle, ...]) -> Iterator[Note]:
    before = [cycle.number for cycle in q.plan.cycles if cycle.concurrent]
    after = [cycle.number for cycle in cycles if cycle.concurrent]
    if before != after:
        yield Note(
            code="concurrency-changed",
            severity="warning",
            values={"before": numbers(before), "after": numbers(after)},
        )


def _too_large(q: Question, draft: Draft) -> Iterator[Note]:
    """Doses above the ceiling, and any change of fractions that keep theirs: by what was prescribed at first."""
    limits = q.inputs.limits
    over: list[tuple[float, float, float]] = []
    for step in draft.doses:
        prescribed = q.inputs.prescription.phase(step.phase).dose_per_fraction_gy(step.target)
        ceiling = q.ceiling_gy(step.phase, step.target)
        if step.dose_gy > max(ceiling, step.planned_gy) + FINE_GY:
            over.append((step.dose_gy, prescribed, ceiling))
        if prescribed > limits.no_change_above_gy + FINE_GY and abs(step.dose_gy - step.planned_gy) > FINE_GY:
            changed: dict[str, Value] = {"dose_per_fraction_gy": step.dose_gy, "prescribed_gy": prescribed}
            values = {**changed, "most_gy": limits.no_change_above_gy}
            yield Note(code="large-fraction-changed", severity="violation", values=values)
    if over:
        dose, prescribed, ceiling = max(over, key=lambda entry: entry[0] - entry[2])
        values = {"dose_per_fraction_gy": dose, "prescribed_gy": prescribed, "limit_gy": ceiling}
        yield Note(code="dose-per-fraction", severity="violation", values=values)
