"""Missed fractions: what they cost, the ranked ways to compensate, and the plan that follows from a choice."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rtplan import chemo as chemo_room
from rtplan import dose_change
from rtplan.chemo import Cycle
from rtplan.compensation import METHODS, Found, Remainder, Slot, best, candidates, host_phase, search, with_interval
from rtplan.course import Course, Fraction
from rtplan.dose_change import DoseStep, Part
from rtplan.effect import EffectRow, evaluate, evaluate_many, limit_notes
from rtplan.errors import DomainError, positive
from rtplan.interruption import Situation
from rtplan.note import Note
from rtplan.plan import OpenedDay, Plan, PlanInputs, Provenance, complete_plan, make_plan
from rtplan.prescription import WEEKDAYS, Prescription
from rtplan.rules import check
from rtplan.schedule import lay_out, prescribed_reference
from rtplan.shown import Shown
from rtplan.tissue import Interval, Region, Tissue
from rtplan.workdays import Reason, add_days, day_name, days_between

__all__ = [
    "AGAINST",
    "RANK_BY",
    "TIERS",
    "AddedScan",
    "Missed",
    "Option",
    "OptionEffect",
    "Price",
    "Sensitivity",
    "Settings",
    "audit",
    "choose",
]

AGAINST = ("prescribed", "planned")
RANK_BY = ("guideline", "tumour", "late", "sessions")

TIERS = {
    "a": "matched machine, or the rest of the fraction, the same day",
    "b": "weekend, holiday or worked-weekend sessions",
    "c": "second fractions on a day",
    "d": "another dose per fraction",
    "e": "added fractions",
    "none": "uncompensated",
}

MOST_ADDED = 15
MOST_SHOWN = 12
SAME_DEFICIT_GY = 0.1
"""Deficits this close count as equal. [Gy]"""

_FINE_GY = 1e-6
_METHOD_TIER = {"machine": "a", "weekend": "b", "worked-weekend": "b", "holiday": "b", "bid": "c", "mix": "c"}
_METHOD_WORDS = {
    "machine": "matched machine",
    "weekend": "weekend session",
    "worked-weekend": "worked-weekend session",
    "holiday": "holiday session",
    "bid": "second fraction on a day",
    "mix": "extra session (closed days and second fractions)",
}
_METHOD_ORDER = ("machine", "worked-weekend", "weekend", "holiday", "bid", "mix")
"""Among equals: a day on which the staff works anyway before a weekend, a weekend before a public holiday."""

_GOAL_WORDS = {
    "end": "keeps the planned end",
    "limit": "inside the limit on prolongation",
    "earliest": "earliest end that breaks no session rule",
    "part": "part of the way",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How options are made and ranked.

    against: reference for deficits, limits and ranking. restore: share of the reference's tumour net BED wanted [-].
    late_limit: most late net BED above the reference, as a share [-]; None: shown, not limited.
    max_dose_per_fraction_gy: above it a warning [Gy]. changed_dose_from: earliest day of another dose; None: the
    second open day after the day of the question. alternatives: tumour sets beside the plan's, for the sensitivity.
    change_targets: targets whose dose per fraction may change; empty: all of them together.
    """

    against: str = "prescribed"
    rank_by: str = "guideline"
    restore: float = 1.0
    late_limit: float | None = None
    max_dose_per_fraction_gy: float = 2.5
    changed_dose_from: dt.date | None = None
    alternatives: tuple[Tissue, ...] = ()
    change_targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.against not in AGAINST:
            raise DomainError(f"against takes {', '.join(AGAINST)}, got {self.against!r}")
        if self.rank_by not in RANK_BY:
            raise DomainError(f"rank-by takes {', '.join(RANK_BY)}, got {self.rank_by!r}")
        positive("restore", self.restore)
        if self.restore > 1.5:
            raise DomainError(f"restore must be at most 150 %, got {self.restore:.0%}")
        if self.late_limit is not None and not 0 <= self.late_limit <= 1:
            raise DomainError(f"late-limit must be from 0 % to 100 %, got {self.late_limit:.0%}")
        positive("max_dose_per_fraction", self.max_dose_per_fraction_gy, "Gy")


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

    sessions: fractions on each extra day. n_sessions: extra days to open, and added fractions. goal: what its sessions
    reach. doses: changed doses per fraction. added_fractions: beyond the prescription. violations: rules broken.
    deficit_gy, late_excess_gy, acute_excess_gy: against the ranking's reference. [Gy]
    """

    id: str
    rank: int
    tier: str
    method: str
    label: str
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
    late_excess_gy: float
    acute_excess_gy: float

    @property
    def dose_per_fraction_gy(self) -> float | None:
        """Dose of the fractions still to be given, or of the last one; None where they differ. [Gy]"""
        changed = {step.dose_gy for step in self.doses if step.target == self.course.prescription.targets[0]}
        return (changed.pop() if len(changed) == 1 else None) if changed else self.course.fractions[-1].doses_gy[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the missed fractions cost one tumour region, when they are appended and nothing else is done.

    prescribed_gy, planned_gy: BED lost to the longer time of the fractions that treat the region, against each
    reference; None without a time factor. [Gy]
    """

    region: str
    tissue: str
    rate_gy_per_day: float | None
    kick_off_day: float | None
    prescribed_gy: float | None
    planned_gy: float | None
    prescribed_eqd2_gy: float | None
    planned_eqd2_gy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedScan:
    """Net BED after adding fractions at the end, on days of their own. [Gy]"""

    added: int
    last: dt.date
    elapsed_days: int
    tumour_net_bed_gy: float
    late_excess_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Which option comes first under other parameters. deficits_gy: of the first option and of the usual first."""

    name: str
    first: str
    stays_first: bool
    usual_first_deficit_gy: float
    first_deficit_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed(Shown):
    """The answer: where the course stands, what was lost, and the ranked ways to compensate.

    appended: the course with what was missed appended, uncompensated; it is one of the options too.
    shown: ids of the options that are shown unless all are asked for.
    """

    situation: Situation
    settings: Settings
    keep_by: dt.date
    limit_by: dt.date | None
    changed_dose_from: dt.date
    prescribed: Course
    prescribed_effects: tuple[EffectRow, ...]
    planned: Course
    planned_effects: tuple[EffectRow, ...]
    appended: Option
    prices: tuple[Price, ...]
    options: tuple[Option, ...]
    shown: tuple[str, ...]
    added_scan: tuple[AddedScan, ...]
    sensitivity: tuple[Sensitivity, ...]
    notes: tuple[Note, ...]
    all_options: bool = False

    @property
    def plan(self) -> Plan:
        """The plan that the record was held against."""
        return self.situation.plan

    @property
    def listed(self) -> tuple[Option, ...]:
        """The options to show, in their order."""
        return self.options if self.all_options else tuple(o for o in self.options if o.id in self.shown)

    def option(self, name: str) -> Option:
        """The option of this id; DomainError names those there are."""
        for option in self.options:
            if option.id == name:
                return option
        raise DomainError(f"there is no option {name!r}; there are {', '.join(o.id for o in self.options)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An option before it is judged."""

    id: str
    tier: str
    method: str
    label: str
    course: Course
    goal: str = ""
    sessions: Mapping[dt.date, int] | None = None
    doses: tuple[DoseStep, ...] = ()
    added: int = 0


def audit(situation: Situation, settings: Settings | None = None, *, all_options: bool = False) -> Missed:
    """What the missed fractions cost, and every way to compensate, judged on the whole course.

    Raises ScheduleError where the plan's calendar ends before the course does.
    """
    work = _Audit(situation, settings or Settings())
    return work.result(all_options)


class _Audit:
    """One question; the parts of the answer are made once."""

    def __init__(self, situation: Situation, settings: Settings) -> None:
        self.situation = situation
        self.settings = settings
        self.plan = situation.plan
        self.inputs = situation.plan.inputs
        self.regions = self.inputs.regions
        self.remainder = with_interval(situation.remainder, self.inputs.limits.interval_h)
        self.given = len(situation.delivered)
        self.append = self._append()
        self.prescribed = prescribed_reference(self.inputs.prescription, self.append.first)
        self.planned = self.plan.course
        self.prescribed_rows, self.planned_rows = evaluate_many([self.prescribed, self.planned], self.regions)
        self.reference_rows = self.prescribed_rows if settings.against == "prescribed" else self.planned_rows
        self.keep_by = self._keep_by()
        self.limit_by = self._limit_by()
        self.changed_from = settings.changed_dose_from or self.inputs.calendar.after_open_days(situation.as_of, 2)
        if self.changed_from <= situation.as_of:
            raise DomainError(f"changed-dose-from must lie after {situation.as_of}, got {self.changed_from}")

    # --- the answer ---

    def result(self, all_options: bool) -> Missed:
        drafts = list(self._drafts())
        ranked = self._ranked(self._judged(drafts))
        appended = next(option for option in ranked if option.id in ("append", "restart"))
        return Missed(
            situation=self.situation,
            settings=self.settings,
            keep_by=self.keep_by,
            limit_by=self.limit_by,
            changed_dose_from=self.changed_from,
            prescribed=self.prescribed,
            prescribed_effects=self.prescribed_rows,
            planned=self.planned,
            planned_effects=self.planned_rows,
            appended=appended,
            prices=tuple(self._prices(appended)),
            options=ranked,
            shown=_shown(ranked),
            added_scan=tuple(self._added_scan()),
            sensitivity=tuple(self._sensitivity(ranked)),
            notes=tuple(self._notes(appended, ranked)),
            all_options=all_options,
        )

    # --- references ---

    def _append(self) -> Course:
        if not self.situation.restarts:
            return self.remainder.lay_out()
        closed = _closed_later(self.inputs, self.situation, frozenset())
        again = replace(closed, start=self.situation.next_day, exact_start=False)
        return make_plan(again, self.plan.provenance).course

    def _keep_by(self) -> dt.date:
        """The planned end; after a delayed start, the end of the same plan from that start."""
        if not self.situation.start_delay_days or not self.situation.delivered:
            return self.planned.last
        sessions = {opened.date: opened.fractions for opened in self.inputs.opened}
        first = self.append.first
        sessions[first] = self.append.sessions[first]
        return lay_out(self.inputs.prescription, self.inputs.calendar, first, sessions=sessions).last

    def _limit_by(self) -> dt.date | None:
        bound = self.inputs.limits.prolongation_days
        return None if bound is None else add_days(self._reference().last, bound)

    def _reference(self) -> Course:
        return self.prescribed if self.settings.against == "prescribed" else self.planned

    # --- the options ---

    def _drafts(self) -> Iterator[_Draft]:
        if self.situation.restarts:
            label = f"start again: first fraction {_day(self.append.first)}"
            yield _Draft(id="restart", tier="none", method="start delayed", label=label, course=self.append)
            return
        yield _Draft(
            id="append", tier="none", method="append", label="append, uncompensated", course=self.append, goal="none"
        )
        yield from self._same_day()
        found = list(self._sessions())
        for item in found:
            yield self._session_draft(item)
        yield from self._doses(found)
        yield from self._added()

    def _same_day(self) -> Iterator[_Draft]:
        """The rest of a partial fraction, given the same day."""
        situation = self.situation
        for partial in situation.partials:
            if partial.date != situation.as_of:
                continue
            rest = Fraction(number=1, phase=partial.owed.phase, date=partial.date, doses_gy=partial.owed.doses_gy)
            slots = list(self.remainder.slots)
            slots.remove(partial.owed)
            now = replace(self.remainder, delivered=(*self.remainder.delivered, rest), slots=tuple(slots))
            yield _Draft(
                id="remainder-same-day",
                tier="a",
                method="remainder",
                label=f"the remaining {self._owed_words(partial.owed)} on {_day(partial.date)} itself",
                course=now.lay_out(),
                goal="",
            )

    def _owed_words(self, owed: Slot) -> str:
        targets = self.inputs.prescription.targets
        told = [(f"{dose:g} Gy", name) for dose, name in zip(owed.doses_gy, targets, strict=True) if dose > 0]
        return " and ".join(f"{dose} to {name}" if len(targets) > 1 else dose for dose, name in told)

    def _sessions(self) -> Iterator[Found]:
        reached = False
        for method in METHODS:
            remainder = self._for_machines() if method == "machine" else self.remainder
            if not remainder.slots or (method == "machine" and not self.inputs.machines):
                continue
            if method == "mix" and reached:
                continue
            days = candidates(method, remainder, machines=self.inputs.machines, lost=self.situation.lost_days)
            items = search(
                method, remainder, days, keep_by=self.keep_by, limit_by=self.limit_by, check=self._session_rules
            )
            if method == "mix":
                items = tuple(item for item in items if _is_mixed(item, self.append))
            reached = reached or any(item.goal == "end" and item.clean for item in items)
            yield from items

    def _for_machines(self) -> Remainder:
        """From the day of the question itself, when nothing was given on it: a matched machine may still treat."""
        as_of = self.situation.as_of
        lost = as_of in self.situation.lost_days
        if not lost or any(fraction.date == as_of for fraction in self.situation.delivered):
            return self.remainder
        return replace(self.remainder, start=as_of, sessions={**self.remainder.sessions, as_of: 0})

    def _session_rules(self, course: Course) -> tuple[Note, ...]:
        return check(course, self.inputs.limits, regions=self.regions)

    def _session_draft(self, item: Found) -> _Draft:
        tier = _METHOD_TIER[item.method]
        if item.method == "machine" and not set(item.sessions) <= self.situation.lost_days:
            tier = "b"
        count = len(item.sessions)
        word = _METHOD_WORDS[item.method]
        days = ", ".join(_day(day) for day in item.sessions)
        return _Draft(
            id=f"{item.method}-{count}",
            tier=tier,
            method=item.method,
            label=f"{count} {word if count == 1 else _many(word)}: {days}",
            course=item.course,
            goal=item.goal,
            sessions=item.sessions,
        )

    def _doses(self, found: Sequence[Found]) -> Iterator[_Draft]:
        if not self.remainder.slots:
            return
        bases: list[tuple[str, str, Course | None, Found | None]]
        bases = [("end", "at the planned end", self._kept(), None), ("longer", "at the longer time", self.append, None)]
        nearest = best(found)
        if nearest is not None and nearest.goal != "end":
            name = f"{nearest.method}-{len(nearest.sessions)}"
            bases.append((name, f"with {name}", nearest.course, nearest))
        seen = {self.append.fractions, *(item.course.fractions for item in found)}
        for name, words, base, item in bases:
            if base is None:
                continue
            for goal in ("tumour", "late"):
                draft = self._dose_draft(goal, name, words, base, item)
                if draft is not None and draft.course.fractions not in seen:
                    seen.add(draft.course.fractions)
                    yield draft

    def _kept(self) -> Course | None:
        """What was planned after the day of the question, and nothing of what was missed.

        None after a delayed start, which is no interruption: the plan's own days no longer belong to the course.
        """
        kept = self.situation.kept
        if not kept or self.situation.start_delay_days:
            return None
        fractions = (*self.situation.delivered, *kept)
        return Course(
            prescription=self.remainder.prescription,
            fractions=tuple(replace(fraction, number=i) for i, fraction in enumerate(fractions, 1)),
        )

    def _dose_draft(self, goal: str, name: str, words: str, base: Course, item: Found | None) -> _Draft | None:
        places = dose_change.changeable(base, self.given, self.changed_from)
        part = Part(places=places, targets=self.settings.change_targets)
        chosen = [(i, wanted) for i, wanted in self._wanted(goal) if part.holds(self.prescribed_rows[i].target)]
        regions = [self.regions[i] for i, _ in chosen]
        goals = [wanted for _, wanted in chosen]
        factor = dose_change.factor_for(base, part, regions, goals, at_least=goal == "tumour")
        if factor is None or factor <= 0:
            return None
        rounding = self._rounding(goal, base, part, factor)
        course = dose_change.scaled(base, part, factor, rounding)
        if not all(any(dose > 0 for dose in course.fractions[i].doses_gy) for i in places):
            return None
        steps = dose_change.steps(base, part, factor, rounding)
        aim = "restores tumour net BED" if goal == "tumour" else "keeps late BED"
        identity = f"dose-{goal}-{name}" if item is None else f"{name}+dose-{goal}"
        return _Draft(
            id=identity,
            tier="d",
            method="dose per fraction" if item is None else "sessions and dose per fraction",
            label=f"{_dose_words(steps)} {words} {aim}",
            course=course,
            goal=goal,
            sessions=item.sessions if item else None,
            doses=steps,
        )

    def _wanted(self, goal: str) -> list[tuple[int, float]]:
        """Places of the regions that decide a dose, with the net BED wanted of each. [Gy]"""
        if goal == "tumour":
            return [(i, self.settings.restore * self.reference_rows[i].net_bed_gy) for i in self._tumours(self.regions)]
        return [(i, row.net_bed_gy) for i, row in enumerate(self.reference_rows) if row.kind == "late"]

    def _rounding(self, goal: str, base: Course, part: Part, factor: float) -> str:
        """Down where late tissue limits the dose, else to the nearest step."""
        if goal == "late":
            return "down"
        limit = self.settings.late_limit
        if limit is None:
            return "nearest"
        near = dose_change.scaled(base, part, factor, "nearest")
        rows = evaluate(near, self.regions)
        over = any(
            row.kind == "late" and row.net_bed_gy > reference.net_bed_gy * (1 + limit)
            for row, reference in zip(rows, self.reference_rows, strict=True)
        )
        return "down" if over else "nearest"

    def _added(self) -> Iterator[_Draft]:
        """The fewest added fractions that restore the tumour's net BED, else as many as serve best."""
        courses = self._added_courses()
        chosen = self._tumours(self.regions)
        if not courses or not chosen:
            return
        rows = evaluate_many(courses, self.regions)
        lacking = [max(self._lacking(row, i) for i in chosen) for row in rows]
        enough = [count for count, lack in enumerate(lacking) if lack <= SAME_DEFICIT_GY]
        count = enough[0] if enough else min(range(len(courses)), key=lambda n: (lacking[n], n))
        if count == 0:
            return
        yield _Draft(
            id=f"added-{count}",
            tier="e",
            method="added fractions",
            label=f"{count} added {'fraction' if count == 1 else 'fractions'} of "
            f"{courses[count].fractions[-1].doses_gy[0]:.4g} Gy at the end, on days of their own",
            course=courses[count],
            goal="restores tumour net BED" if enough else "highest tumour net BED of 0 to 15 added",
            added=count,
        )

    def _lacking(self, rows: Sequence[EffectRow], place: int) -> float:
        return max(0.0, self.settings.restore * self.reference_rows[place].net_bed_gy - rows[place].net_bed_gy)

    def _added_courses(self) -> list[Course]:
        """The appended course with 0, 1, ... fractions more, as far as the calendar reaches."""
        if self.situation.restarts:
            return []
        phase = host_phase(self.inputs.prescription, self.append.fractions[-1].phase)
        one = Slot(phase=phase, doses_gy=self._usual_dose(phase))
        courses = [self.append]
        for count in range(1, MOST_ADDED + 1):
            courses.append(replace(self.remainder, slots=self.remainder.slots + (one,) * count).lay_out())
        return courses

    def _usual_dose(self, phase: str) -> tuple[float, ...]:
        """Dose of the plan's last fraction of that phase, whatever was given of it."""
        course = self.planned if any(f.phase == phase for f in self.planned.fractions) else self.append
        return [fraction for fraction in course.fractions if fraction.phase == phase][-1].doses_gy

    def _added_scan(self) -> Iterator[AddedScan]:
        courses = self._added_courses()
        chosen = self._tumours(self.regions)
        if not courses or not chosen:
            return
        for count, (course, rows) in enumerate(zip(courses, evaluate_many(courses, self.regions), strict=True)):
            yield AddedScan(
                added=count,
                last=course.last,
                elapsed_days=course.elapsed_days,
                tumour_net_bed_gy=rows[chosen[0]].net_bed_gy,
                late_excess_gy=self._excess(rows, self.reference_rows, "late"),
            )

    # --- judging ---

    def _judged(self, drafts: Sequence[_Draft]) -> list[Option]:
        rows = evaluate_many([draft.course for draft in drafts], self.regions)
        return [self._option(draft, row) for draft, row in zip(drafts, rows, strict=True)]

    def _option(self, draft: _Draft, rows: tuple[EffectRow, ...]) -> Option:
        sessions = draft.sessions or {}
        days = tuple(OpenedDay(date=day, fractions=n, method=draft.method) for day, n in sessions.items())
        cycles = self._cycles(draft.course)
        violations = tuple(self._violations(draft, rows))
        return Option(
            id=draft.id,
            rank=0,
            tier=draft.tier,
            method=draft.method,
            label=draft.label,
            goal=_GOAL_WORDS.get(draft.goal, draft.goal),
            course=draft.course,
            prolongation_days=draft.course.elapsed_days - self.prescribed.elapsed_days,
            sessions=days,
            n_sessions=len(days) + draft.added,
            doses=draft.doses,
            added_fractions=draft.added,
            effects=tuple(self._effects(rows)),
            cycles=cycles,
            violations=violations,
            notes=tuple(self._option_notes(draft, cycles)),
            deficit_gy=self._deficit(rows, self.reference_rows, self.regions),
            late_excess_gy=self._excess(rows, self.reference_rows, "late"),
            acute_excess_gy=self._excess(rows, self.reference_rows, "acute"),
        )

    def _effects(self, rows: tuple[EffectRow, ...]) -> Iterator[OptionEffect]:
        for row, prescribed, planned, reference in zip(
            rows, self.prescribed_rows, self.planned_rows, self.reference_rows, strict=True
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

    def _tumours(self, regions: Sequence[Region]) -> list[int]:
        """Places of the regions with the first tumour set: the ones that ranking speaks of."""
        tumours = [i for i, region in enumerate(regions) if region.tissue.kind == "tumour"]
        return [i for i in tumours if regions[i].tissue == regions[tumours[0]].tissue]

    def _deficit(self, rows: Sequence[EffectRow], reference: Sequence[EffectRow], regions: Sequence[Region]) -> float:
        lacks = [self.settings.restore * reference[i].net_bed_gy - rows[i].net_bed_gy for i in self._tumours(regions)]
        return max([0.0, *lacks])

    @staticmethod
    def _excess(rows: Sequence[EffectRow], reference: Sequence[EffectRow], kind: str) -> float:
        over = [
            row.net_bed_gy - other.net_bed_gy for row, other in zip(rows, reference, strict=True) if row.kind == kind
        ]
        return max([0.0, *(value for value in over if value > _FINE_GY)])

    def _violations(self, draft: _Draft, rows: tuple[EffectRow, ...]) -> Iterator[Note]:
        course = draft.course
        longer = course.elapsed_days - self._reference().elapsed_days
        extra = (draft.sessions or {}).keys()
        for note in check(course, self.inputs.limits, regions=self.regions, extra=extra, prolongation_days=longer):
            if note.severity == "violation":
                yield note
        limit = self.settings.late_limit
        for row, reference in zip(rows, self.reference_rows, strict=True):
            allowed = reference.net_bed_gy * (1 + (limit or 0.0))
            if limit is not None and row.kind == "late" and row.net_bed_gy > allowed + _FINE_GY:
                yield Note(
                    code="late-limit",
                    severity="violation",
                    message=f"{row.region}: net BED {row.net_bed_gy:.2f} Gy is more than {100 * limit:g} % above the "
                    f"reference's {reference.net_bed_gy:.2f} Gy",
                    values={"region": row.region, "net_bed_gy": row.net_bed_gy, "allowed_gy": allowed},
                )
        yield from limit_notes(rows)

    def _option_notes(self, draft: _Draft, cycles: tuple[Cycle, ...]) -> Iterator[Note]:
        yield from self._chemo_notes(draft.course, cycles)
        if draft.method == "remainder":
            message = "the two parts count as two fractions of one day: as one fraction they would count for more"
            yield Note(code="counted-as-two", severity="info", message=message)
        highest = max((step.dose_gy for step in draft.doses), default=0.0)
        if highest > self.settings.max_dose_per_fraction_gy + _FINE_GY:
            limit = self.settings.max_dose_per_fraction_gy
            yield Note(
                code="dose-per-fraction",
                severity="warning",
                message=f"{highest:.2f} Gy per fraction is above {limit:g} Gy",
                values={"dose_per_fraction_gy": highest, "limit_gy": limit},
            )
        calendar = self.inputs.calendar
        if calendar.depends_on_provisional(draft.course.first, draft.course.last):
            message = "its dates depend on holidays not officially announced: they may still move"
            yield Note(code="provisional", severity="warning", message=message)

    def _chemo_notes(self, course: Course, cycles: tuple[Cycle, ...]) -> Iterator[Note]:
        before = [cycle.number for cycle in self.plan.cycles if cycle.concurrent]
        after = [cycle.number for cycle in cycles if cycle.concurrent]
        if before != after:
            yield Note(
                code="concurrency-changed",
                severity="warning",
                message=f"concurrent cycles: {_numbers(after)} instead of {_numbers(before)}",
                values={"before": _numbers(before), "after": _numbers(after)},
            )
        busy = _busy(course, self.given, self.inputs.prescription)
        if after and busy:
            yield Note(
                code="intensified-with-chemotherapy",
                severity="warning",
                message=f"{busy} with concurrent chemotherapy (cycle {_numbers(after)})",
                values={"cycles": _numbers(after), "why": busy},
            )

    def _cycles(self, course: Course) -> tuple[Cycle, ...]:
        """The plan's cycles beside another course: they stay, unless their protocol lets them follow it."""
        protocol = self.inputs.chemo
        if protocol is None:
            return ()
        delays = {delay.cycle: delay.days for delay in self.inputs.delays}
        infusion = self.inputs.infusion_calendar
        if self.situation.restarts:
            return chemo_room.align(protocol, course, infusion, delays)
        as_of = self.situation.as_of
        return chemo_room.after_interruption(protocol, self.plan.cycles, course, infusion, as_of, delays)

    # --- ranking ---

    def _ranked(self, options: Sequence[Option]) -> tuple[Option, ...]:
        ordered = _order(options, self.settings.rank_by)
        return tuple(replace(option, rank=place) for place, option in enumerate(ordered, 1))

    def _sensitivity(self, options: Sequence[Option]) -> Iterator[Sensitivity]:
        """The ranking under other named tumour sets, and at the ends of the published intervals."""
        if len(options) < 2:
            return
        usual = options[0].id
        courses = [self.prescribed, self.planned, *(option.course for option in options)]
        for name, regions in self._variants():
            rows = evaluate_many(courses, regions)
            reference = rows[0] if self.settings.against == "prescribed" else rows[1]
            again = [
                replace(
                    option,
                    deficit_gy=self._deficit(row, reference, regions),
                    late_excess_gy=self._excess(row, reference, "late"),
                    acute_excess_gy=self._excess(row, reference, "acute"),
                )
                for option, row in zip(options, rows[2:], strict=True)
            ]
            first = _order(again, self.settings.rank_by)[0]
            yield Sensitivity(
                name=name,
                first=first.id,
                stays_first=first.id == usual,
                usual_first_deficit_gy=next(option.deficit_gy for option in again if option.id == usual),
                first_deficit_gy=first.deficit_gy,
            )

    def _variants(self) -> Iterator[tuple[str, tuple[Region, ...]]]:
        chosen = self._tumours(self.regions)
        if not chosen:
            return
        usual = self.regions[chosen[0]].tissue
        others = [region.tissue for region in self.regions if region.tissue.kind == "tumour"]
        for tissue in dict.fromkeys([*others, *self.settings.alternatives]):
            if tissue.name != usual.name and not tissue.obstacle:
                yield f"tumour set {tissue.name}", self._with_tissue(chosen, tissue)
        for name, tissue in _at_bounds(usual):
            yield name, self._with_tissue(chosen, tissue)
        for place, region in enumerate(self.regions):
            if region.tissue.kind == "late":
                for name, tissue in _at_bounds(region.tissue):
                    yield f"{region.name}: {name}", self._with_tissue([place], tissue)

    def _with_tissue(self, places: Sequence[int], tissue: Tissue) -> tuple[Region, ...]:
        return tuple(replace(r, tissue=tissue) if i in places else r for i, r in enumerate(self.regions))

    # --- the price, and what else has to be said ---

    def _prices(self, appended: Option) -> Iterator[Price]:
        """Each tumour region by the T of its own fractions: what its rows lose to time, no other figure."""
        rows = zip(self.regions, appended.effects, self.prescribed_rows, self.planned_rows, strict=True)
        for region, effect, prescribed, planned in rows:
            tissue = region.tissue
            if tissue.kind != "tumour":
                continue
            time = tissue.repopulation
            to_eqd2 = 1.0 + 2.0 / tissue.alpha_beta
            against_prescribed = _more(effect.row.time_loss_gy, prescribed.time_loss_gy)
            against_planned = _more(effect.row.time_loss_gy, planned.time_loss_gy)
            yield Price(
                region=region.name,
                tissue=tissue.name,
                rate_gy_per_day=time.bed_rate(tissue.alpha_beta) if time else None,
                kick_off_day=time.kick_off_day if time else None,
                prescribed_gy=against_prescribed,
                planned_gy=against_planned,
                prescribed_eqd2_gy=None if against_prescribed is None else against_prescribed / to_eqd2,
                planned_eqd2_gy=None if against_planned is None else against_planned / to_eqd2,
            )

    def _notes(self, appended: Option, options: Sequence[Option]) -> Iterator[Note]:
        situation = self.situation
        yield from situation.findings
        if situation.start_delay_days or situation.restarts:
            waited = days_between(self.planned.first, appended.course.first)
            yield Note(
                code="start-delay",
                severity="warning",
                message=f"the first fraction was missed: this is a start delayed by {_days(waited)} "
                f"({self.planned.first} to {appended.course.first}), not an interruption; the course is laid out again",
                values={"days": waited, "planned": self.planned.first.isoformat(), "first": str(appended.course.first)},
            )
        if not situation.slots:
            message = "nothing is left of this course: added fractions are all that could still be given"
            yield Note(code="nothing-left", severity="warning", message=message)
        if situation.slots:
            yield from _verdict(appended, situation)
        if self.inputs.chemo is not None and not situation.restarts:
            blocks = self.inputs.chemo.blocks
            follow = [block.moves_with_interruption or block.anchor.kind == "after" for block in blocks]
            stays = "stays on its dates when radiotherapy is interrupted"
            words = "follows the radiotherapy" if all(follow) else stays
            words += (
                "; what is anchored to the end of radiotherapy follows it" if any(follow) and not all(follow) else ""
            )
            yield Note(code="chemotherapy-stays", severity="info", message=f"chemotherapy {words}")
        if situation.slots and not situation.restarts and not any(option.id.startswith("bid") for option in options):
            yield from self._no_bid()

    def _no_bid(self) -> Iterator[Note]:
        if any(phase.pattern.several_a_day for phase in self.inputs.prescription.phases):
            message = "second fractions on a day are not offered: the course is given several times a day already"
            yield Note(code="no-second-fractions", severity="info", message=message)


def _is_whole(option: Option) -> bool:
    """Lacks the tumour nothing, is no rule broken, and does no other tissue get more?"""
    most = max(option.deficit_gy, option.late_excess_gy, option.acute_excess_gy)
    return most <= SAME_DEFICIT_GY and not option.violations


def _verdict(appended: Option, situation: Situation) -> Iterator[Note]:
    """Is the course fine as it is? Not where an organ got more than the reference gives it, or a dose was wrong."""
    if max(appended.late_excess_gy, appended.acute_excess_gy) > SAME_DEFICIT_GY:
        late, acute = appended.late_excess_gy, appended.acute_excess_gy
        yield Note(
            code="excess-without-compensation",
            severity="warning",
            message=f"appended without compensation, net BED stands above the reference's: late tissue by {late:.2f} "
            f"Gy, acute tissue by {acute:.2f} Gy",
            values={"late_excess_gy": late, "acute_excess_gy": acute},
        )
    elif _is_whole(appended) and all(finding.severity != "violation" for finding in situation.findings):
        message = "appended without compensation the tumour keeps its net BED, and no rule is broken"
        yield Note(code="no-compensation-needed", severity="info", message=message)


def choose(missed: Missed, name: str, provenance: Provenance, *, parent_sha256: str, reason: str = "") -> Plan:
    """The revised plan of one option: a plan like any other, from which a second interruption can start.

    Its course holds what was given, with the doses that were given, and what is to come.
    """
    option = missed.option(name)
    situation = missed.situation
    inputs = missed.plan.inputs
    opened = {day.date: day for day in (*inputs.opened, *option.sessions)}
    why = reason or _reason(missed, option)
    note = Note(
        code="interruption",
        severity="info",
        message=why,
        values={"option": option.id, "as_of": situation.as_of.isoformat(), "missed": len(situation.missed)},
    )
    inputs = replace(
        inputs,
        prescription=option.course.prescription,
        start=option.course.first if situation.restarts else inputs.start,
        opened=tuple(opened[date] for date in sorted(opened)),
        assumptions=(*inputs.assumptions, note),
    )
    inputs = _closed_later(inputs, situation, frozenset(option.course.dates))
    revision = missed.plan.revision.next(why, situation.lost_days, parent_sha256)
    return complete_plan(inputs, option.course, provenance, revision, cycles=option.cycles)


def _reason(missed: Missed, option: Option) -> str:
    situation = missed.situation
    days = ", ".join(dict.fromkeys(fraction.date.isoformat() for fraction in situation.missed))
    what = f"missed {days}" if days else "nothing missed"
    cause = f" ({situation.cause})" if situation.cause else ""
    return f"{what}{cause}, as of {situation.as_of}; chosen: {option.id}, {option.label}"


def _closed_later(inputs: PlanInputs, situation: Situation, treated: frozenset[dt.date]) -> PlanInputs:
    """The machine stays closed on lost days still to come, but for treated ones; the infusion unit stays open."""
    lost = {day for day in situation.lost_days if day > situation.as_of and day not in treated}
    if not lost:
        return inputs
    reason = Reason(open=False, provisional=False, kind="closure", text=situation.cause or "lost to an interruption")
    calendar = inputs.calendar.with_days(lambda day, old: reason if day in lost else old)
    return replace(inputs, calendar=calendar, infusion=inputs.infusion or inputs.calendar)


def _is_mixed(item: Found, base: Course) -> bool:
    """Are both closed days and second fractions among the sessions?"""
    treated = base.sessions
    return len({day in treated for day in item.sessions}) == 2


def _busy(course: Course, given: int, prescription: Prescription) -> str:
    """Does what is left hold more on a day, or in a week, than the prescription itself?"""
    left = course.fractions[given:]
    phases = {phase.name: phase for phase in prescription.phases}
    weeks: dict[tuple[int, int], int] = {}
    for fraction in course.fractions:
        week = fraction.date.isocalendar()[:2]
        weeks[week] = weeks.get(week, 0) + 1
    own_week = max(
        sum(phase.pattern.fractions_on(WEEKDAYS.index(day)) for day in phase.pattern.weekdays)
        for phase in prescription.phases
    )
    sessions = course.sessions
    reasons = []
    if any(
        sessions[f.date] > 1 and not phases[f.phase].pattern.several_a_day and phases[f.phase].concomitant_from is None
        for f in left
    ) and all(phase.concomitant_from is None for phase in prescription.phases):
        reasons.append("two fractions a day")
    if any(weeks[f.date.isocalendar()[:2]] > max(5, own_week) for f in left):
        reasons.append(f"more than {max(5, own_week)} fractions a week")
    return " and ".join(reasons)


def _at_bounds(tissue: Tissue) -> Iterator[tuple[str, Tissue]]:
    """The tissue at both ends of each of its published intervals."""
    for value in _ends(tissue.alpha_beta_interval):
        yield f"α/β {value:g} Gy", replace(tissue, alpha_beta=value)
    time = tissue.repopulation
    if time is None:
        return
    for value in _ends(time.rate_interval):
        yield f"rate {value:g} Gy/day", replace(tissue, repopulation=replace(time, rate=value))
    for value in _ends(time.kick_off_interval):
        yield f"kick-off day {value:g}", replace(tissue, repopulation=replace(time, kick_off_day=value))


def _ends(interval: Interval | None) -> tuple[float, ...]:
    return () if interval is None else (interval.low, interval.high)


def _order(options: Sequence[Option], rank_by: str) -> list[Option]:
    """Ranked: fewest rules broken, then as asked for. Deficits within 0.1 Gy of a group's smallest are equal."""

    def prefix(option: Option) -> tuple[float, ...]:
        first = {
            "guideline": (_tier_place(option),),
            "tumour": (),
            "late": (round(option.late_excess_gy, 6),),
            "sessions": (float(option.n_sessions),),
        }[rank_by]
        return (float(len(option.violations)), *first)

    groups: dict[str, int] = {}
    for _, group in itertools.groupby(sorted(options, key=prefix), key=prefix):
        groups |= _deficit_groups(list(group))

    def key(option: Option) -> tuple[object, ...]:
        return (
            prefix(option),
            groups[option.id],
            _tier_place(option),
            round(option.late_excess_gy, 6),
            round(option.acute_excess_gy, 6),
            option.n_sessions,
            option.course.last,
            _METHOD_ORDER.index(option.method) if option.method in _METHOD_ORDER else len(_METHOD_ORDER),
            option.id,
        )

    return sorted(options, key=key)


def _tier_place(option: Option) -> float:
    """Uncompensated stands last, but before another dose where nothing is left to compensate."""
    places = list(TIERS)
    if option.tier == "none" and _is_whole(option):
        return places.index("d") - 0.5
    return float(places.index(option.tier))


def _deficit_groups(options: Sequence[Option]) -> dict[str, int]:
    groups: dict[str, int] = {}
    start, number = 0.0, -1
    for option in sorted(options, key=lambda option: (option.deficit_gy, option.id)):
        if number < 0 or option.deficit_gy > start + SAME_DEFICIT_GY:
            start, number = option.deficit_gy, number + 1
        groups[option.id] = number
    return groups


def _shown(options: Sequence[Option]) -> tuple[str, ...]:
    """At most twelve: those that reach a goal, by rank, and always the uncompensated one."""
    full = [option for option in options if option.goal != _GOAL_WORDS["part"]]
    kept = full[:MOST_SHOWN]
    bare = next(option for option in options if option.tier == "none")
    if bare not in kept:
        kept = [*kept[: MOST_SHOWN - 1], bare]
    return tuple(option.id for option in kept)


def _more(loss_gy: float | None, reference_gy: float | None) -> float | None:
    return None if loss_gy is None or reference_gy is None else loss_gy - reference_gy


def _dose_words(steps: Sequence[DoseStep]) -> str:
    return " and ".join(f"{step.n_fractions} x {step.dose_gy:.2f} Gy to {step.target}" for step in steps)


def _day(day: dt.date) -> str:
    return f"{day_name(day)} {day.isoformat()}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _many(word: str) -> str:
    return {
        "second fraction on a day": "second fractions, one on each day",
        "extra session (closed days and second fractions)": "extra sessions (closed days and second fractions)",
        "matched machine": "days on a matched machine",
    }.get(word, f"{word}s")


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
