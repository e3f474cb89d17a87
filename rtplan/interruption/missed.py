"""Missed fractions: what they cost, and the ranked ways to compensate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rtplan.answer import Answer, Kind
from rtplan.clinic.days import days_between
from rtplan.course.course import Course
from rtplan.errors import DomainError
from rtplan.interruption import wrong_dose
from rtplan.interruption.chances import option_uncertainty
from rtplan.interruption.judge import Option, judged
from rtplan.interruption.options import drafts
from rtplan.interruption.price import AddedScan, Price, added_scan, prices
from rtplan.interruption.question import SAME_DEFICIT_GY, Question, Settings
from rtplan.interruption.ranking import (
    Sensitivity,
    Waiver,
    at_organs_expense,
    is_whole,
    ranked,
    reason,
    restores,
    sensitivity,
    shown_ids,
    waivers,
)
from rtplan.interruption.situation import Situation
from rtplan.note import Note, Phrase, Value
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import Provenance
from rtplan.radiobiology.draws import Draws
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.uncertainty import Uncertainty

__all__ = [
    "Missed",
    "missed_answer",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed(Answer):
    """The answer: where the course stands, what was lost, and the ranked ways to compensate.

    delivered: what was given so far, as a course of its own, None where nothing was; its effects: to its last day.
    appended: the course with what was missed appended, uncompensated; it is one of the options too.
    not_offered: options that break a hard rule which was not waived. waivers: what each waiver would open.
    shown: ids of the options that are shown unless all are asked for. parent_sha256: of the plan's plan.json.
    chosen: id of the option that the sheet is signed for; empty: none is chosen yet.
    """

    kind: ClassVar[Kind] = "missed"

    situation: Situation
    settings: Settings
    keep_by: dt.date
    limit_by: dt.date | None
    changed_dose_from: dt.date
    prescribed: Course
    prescribed_effects: tuple[EffectRow, ...]
    planned: Course
    planned_effects: tuple[EffectRow, ...]
    delivered: Course | None
    delivered_effects: tuple[EffectRow, ...]
    appended: Option
    prices: tuple[Price, ...]
    options: tuple[Option, ...]
    not_offered: tuple[Option, ...]
    waivers: tuple[Waiver, ...]
    shown: tuple[str, ...]
    added_scan: tuple[AddedScan, ...]
    sensitivity: tuple[Sensitivity, ...]
    notes: tuple[Note, ...]
    provenance: Provenance
    parent_sha256: str = ""
    all_options: bool = False
    uncertainty: Uncertainty | None = None
    chosen: str = ""

    @property
    def plan(self) -> Plan:
        """The plan that the record was held against."""
        return self.situation.plan

    @property
    def listed(self) -> tuple[Option, ...]:
        """The options to show, in their order."""
        return self.options if self.all_options else tuple(o for o in self.options if o.id in self.shown)

    @property
    def decided(self) -> Option:
        """The option that the sheet speaks of: the chosen one, else the first in rank."""
        return self.option(self.chosen) if self.chosen else self.options[0]

    def deciding(self, name: str) -> Missed:
        """The same answer with the option of this id as the chosen one, for the sheet that is signed."""
        return replace(self, chosen=self.option(name).id)

    def option(self, name: str) -> Option:
        """The option of this id; DomainError names those there are."""
        for option in self.options:
            if option.id == name:
                return option
        for option in self.not_offered:
            if option.id == name:
                codes = " ".join(f"--waive {code}" for code in option.hard if code not in option.waived)
                raise DomainError(f"option {name!r} is not offered, because it breaks a rule; {codes} offers it")
        raise DomainError(f"there is no option {name!r}; there are {', '.join(o.id for o in self.options)}")

    def choose(self, name: str, *, reason: str = "") -> Plan:
        """The revised plan of the option of this id: a plan like any other, from which the next interruption starts.

        reason: why, in the revision's history; empty: what was missed, the cause and what was chosen.
        """
        from rtplan.interruption.choose import choose

        return choose(self, name, self.provenance, parent_sha256=self.parent_sha256, reason=reason)

    def stop(self, *, reason: str) -> Plan:
        """The plan closed with what was given by the day of the question: nothing is to come.

        reason: why the course was stopped. Raises DomainError where nothing was given, or all of it.
        """
        from rtplan.interruption.stop import stopped_plan

        return stopped_plan(self.situation, self.provenance, parent_sha256=self.parent_sha256, reason=reason)


def missed_answer(
    situation: Situation,
    settings: Settings | None = None,
    *,
    all_options: bool = False,
    provenance: Provenance | None = None,
    parent_sha256: str = "",
    draws: Draws | None = None,
) -> Missed:
    """What the missed fractions cost, and every way to compensate, judged on the whole course.

    draws: also what published intervals leave open of the options shown. provenance: of this answer; None: the plan's.
    parent_sha256: of the plan's plan.json, kept by a revision.
    Raises ScheduleError where the plan's calendar ends before the course does.
    """
    q = Question(situation, settings or Settings())
    every = judged(q, list(drafts(q)))
    found = ranked(q, [option for option in every if option.offered])
    behind = ranked(q, [option for option in every if not option.offered])
    appended = next(option for option in found if option.id in ("append", "restart"))
    shown = shown_ids(found, q.settings.tolerance_gy)
    listed = [option for option in found if option.id in shown]
    return Missed(
        situation=q.situation,
        settings=q.settings,
        keep_by=q.keep_by,
        limit_by=q.limit_by,
        changed_dose_from=q.changed_from,
        prescribed=q.prescribed,
        prescribed_effects=q.prescribed_rows,
        planned=q.planned,
        planned_effects=q.planned_rows,
        delivered=q.delivered,
        delivered_effects=q.delivered_rows,
        appended=appended,
        prices=tuple(prices(q, appended)),
        options=found,
        not_offered=behind,
        waivers=waivers(q, behind),
        shown=shown,
        added_scan=tuple(added_scan(q)),
        sensitivity=tuple(sensitivity(q, found)),
        notes=tuple(_notes(q, appended, found)),
        provenance=provenance or situation.plan.provenance,
        parent_sha256=parent_sha256,
        all_options=all_options,
        uncertainty=None if draws is None else option_uncertainty(q, listed, draws),
    )


def _notes(q: Question, appended: Option, options: Sequence[Option]) -> Iterator[Note]:
    situation = q.situation
    yield from situation.findings
    yield from _unfit(q)
    yield from wrong_dose.notes(q)
    if situation.start_delay_days or situation.restarts:
        waited = days_between(q.planned.first, appended.course.first)
        yield Note(
            code="start-delay",
            severity="warning",
            values={
                "days": waited,
                "count": waited,
                "planned": q.planned.first.isoformat(),
                "first": str(appended.course.first),
            },
        )
    if not situation.slots:
        yield Note(code="nothing-left", severity="warning")
    if situation.slots:
        yield from _verdict(appended, situation)
        yield from _judgement(q, options)
    if q.inputs.chemo is not None and not situation.restarts:
        blocks = q.inputs.chemo.blocks
        follow = [block.moves_with_interruption or block.anchor.kind == "after" for block in blocks]
        what = "follows" if all(follow) else "partly-follows" if any(follow) else "stays"
        yield Note(code="chemotherapy-stays", severity="info", values={"what": Phrase(code=f"chemotherapy-{what}")})
    if situation.slots and not situation.restarts and not any(option.id.startswith("bid") for option in options):
        yield from _no_bid(q)


def _judgement(q: Question, options: Sequence[Option]) -> Iterator[Note]:
    """Why the first option stands first; that nothing restores within the rules; that toxicity holds some back."""
    fit = [option for option in options if not at_organs_expense(option)] or list(options)
    if not any(restores(option, q.settings.tolerance_gy) for option in fit):
        least = min(fit, key=lambda option: (option.deficit_gy, option.rank))
        values: dict[str, Value] = {"option": least.id, "deficit_gy": least.deficit_gy}
        yield Note(code="cannot-be-restored", severity="warning", values=values)
    if any(option.held for option in options):
        held = tuple(option.id for option in options if option.held)
        yield Note(code="held-for-toxicity", severity="warning", values={"options": held})
    if len(options) > 1:
        why = reason(options[0], options[1], q.settings.rank_by, q.settings.tolerance_gy)
        values = {"first": options[0].id, "second": options[1].id, "why": why}
        yield Note(code="first-before-second", severity="info", values=values)


def _unfit(q: Question) -> Iterator[Note]:
    """Options that have no days in the calendar: named, with why it ends where it does."""
    calendar = q.inputs.calendar
    for option in q.unfit.values():
        values: dict[str, Value] = {"option": option, "calendar": calendar.name, "last": calendar.last.isoformat()}
        why = q.situation.calendar_end or Phrase(code="calendar-kept")
        yield Note(code="option-does-not-fit", severity="warning", values={**values, "why": why})


def _no_bid(q: Question) -> Iterator[Note]:
    if any(phase.pattern.several_a_day for phase in q.inputs.prescription.phases):
        yield Note(code="no-second-fractions", severity="info")


def _verdict(appended: Option, situation: Situation) -> Iterator[Note]:
    """Is the course fine as it is? Not where an organ got more than the reference gives it, or a dose was wrong."""
    late, acute = appended.late_excess_gy or 0.0, appended.acute_excess_gy or 0.0
    if max(late, acute) > SAME_DEFICIT_GY:
        yield Note(
            code="excess-without-compensation",
            severity="warning",
            values={"late_excess_gy": late, "acute_excess_gy": acute},
        )
    elif (
        is_whole(appended)
        and appended.time_known
        and all(finding.severity != "violation" for finding in situation.findings)
    ):
        yield Note(code="no-compensation-needed", severity="info")
