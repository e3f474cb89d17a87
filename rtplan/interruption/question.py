"""What is asked of an interruption: the settings, and the references that options are held against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rtplan.clinic.days import add_days
from rtplan.clinic.limits import RULES
from rtplan.course.course import Course
from rtplan.course.remainder import with_interval
from rtplan.course.schedule import lay_out, prescribed_reference
from rtplan.errors import DomainError, one_of, positive
from rtplan.interruption.situation import Situation, closed_later
from rtplan.note import Note, Phrase
from rtplan.planning.plan import make_plan
from rtplan.radiobiology.effect import EffectRow, evaluate_many
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "FINE_GY",
    "SAME_DEFICIT_GY",
    "Against",
    "Question",
    "RankBy",
    "Settings",
]


Against = Literal["prescribed", "planned"]
RankBy = Literal["guideline", "tumour", "late", "sessions"]

SAME_DEFICIT_GY = 0.1
"""Deficits this close count as equal. [Gy]"""

TOLERANCE_GY = 0.5
"""A deficit of net BED up to this counts as restored: design default, no source. [Gy]"""

MOST_TOLERANCE_GY = 10.0
"""A larger tolerance would call an interruption of weeks restored: design default, no source. [Gy]"""

FINE_GY = 1e-6
"""Differences of net BED below this are rounding. [Gy]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How options are made and ranked.

    against: reference for deficits, limits and ranking. restore: share of the reference's tumour net BED wanted [-].
    late_limit: most late net BED above the reference, as a share [-]; None: shown, not limited.
    tolerance_gy: a deficit up to this counts as restored [Gy of net BED]; design default, no source.
    waive: codes of hard rules that options may break.
    max_dose_per_fraction_gy: the ceiling of a changed dose; None: that of the limits [Gy].
    changed_dose_from: earliest day of another dose; None: the second open day after the day of the question.
    alternatives: tumour sets beside the plan's, for the sensitivity.
    change_targets: targets whose dose per fraction may change; empty: all of them together.
    """

    against: Against = "prescribed"
    rank_by: RankBy = "guideline"
    restore: float = 1.0
    late_limit: float | None = None
    max_dose_per_fraction_gy: float | None = None
    tolerance_gy: float = TOLERANCE_GY
    waive: tuple[str, ...] = ()
    changed_dose_from: dt.date | None = None
    alternatives: tuple[Tissue, ...] = ()
    change_targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of("against", self.against, get_args(Against))
        one_of("rank-by", self.rank_by, get_args(RankBy))
        positive("restore", self.restore)
        if self.restore > 1.5:
            raise DomainError(f"restore must be at most 150 %, got {self.restore:.0%}")
        if self.late_limit is not None and not 0 <= self.late_limit <= 1:
            raise DomainError(f"late-limit must be from 0 % to 100 %, got {self.late_limit:.0%}")
        if self.max_dose_per_fraction_gy is not None:
            positive("max_dose_per_fraction", self.max_dose_per_fraction_gy, "Gy")
        if not 0 <= self.tolerance_gy <= MOST_TOLERANCE_GY:
            raise DomainError(f"tolerance must be from 0 to {MOST_TOLERANCE_GY:g} Gy, got {self.tolerance_gy:g} Gy")
        for code in self.waive:
            one_of("waive", code, tuple(rule.code for rule in RULES))


class Question:
    """A situation with its settings, and the references that every option is held against.

    append: what was missed appended, uncompensated. prescribed, planned: the references, with their rows;
    reference_rows: those that ranking uses. delivered: what was given so far, as a course, with its rows.
    keep_by: the wanted last day. limit_by: last day inside the limit on prolongation, or None.
    changed_from: first day of another dose. unfit: options that the calendar has no days for.
    withheld: options that a rule of doses forbids, each with its reason. standing: breaches that no choice changes.
    """

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
        self.delivered, self.delivered_rows = self._given_so_far()
        self.unfit: dict[str, Phrase] = {}
        self.withheld: list[Note] = []
        self.standing: frozenset[object] = frozenset()
        self.reference_rows = self.prescribed_rows if settings.against == "prescribed" else self.planned_rows
        self.keep_by = self._keep_by()
        self.limit_by = self._limit_by()
        self.changed_from = settings.changed_dose_from or self.inputs.calendar.after_open_days(situation.as_of, 2)
        if self.changed_from <= situation.as_of:
            raise DomainError(f"changed-dose-from must lie after {situation.as_of}, got {self.changed_from}")

    def _append(self) -> Course:
        if not self.situation.restarts:
            return self.remainder.lay_out()
        closed = closed_later(self.inputs, self.situation, frozenset())
        again = replace(closed, start=self.situation.next_day, exact_start=False)
        return make_plan(again, self.plan.provenance).course

    def does_not_fit(self, option: Phrase) -> None:
        """An option that the calendar has no days for: it is named, and takes nothing else away."""
        self.unfit.setdefault(f"{option.code} {option.values}", option)

    def _given_so_far(self) -> tuple[Course | None, tuple[EffectRow, ...]]:
        """What was given, as a course of its own, and what it is worth; nothing where nothing was given."""
        if not self.situation.delivered:
            return None, ()
        course = Course(prescription=self.inputs.prescription, fractions=self.situation.delivered)
        return course, evaluate_many([course], self.regions)[0]

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
        return None if bound is None else add_days(self.reference().last, bound)

    def reference(self) -> Course:
        return self.prescribed if self.settings.against == "prescribed" else self.planned

    def ceiling_gy(self, phase: str, target: str) -> float:
        """Largest dose that a changed fraction of this phase may have: as stated, else by the limits. [Gy]"""
        stated = self.settings.max_dose_per_fraction_gy
        prescribed = self.inputs.prescription.phase(phase).dose_per_fraction_gy(target)
        return self.inputs.limits.ceiling(prescribed) if stated is None else stated

    def tumours(self, regions: Sequence[Region]) -> list[int]:
        """Places of the regions with the first tumour set: the ones that ranking speaks of."""
        tumours = [i for i, region in enumerate(regions) if region.tissue.kind == "tumour"]
        return [i for i in tumours if regions[i].tissue == regions[tumours[0]].tissue]

    def deficit(self, rows: Sequence[EffectRow], reference: Sequence[EffectRow], regions: Sequence[Region]) -> float:
        lacks = [self.settings.restore * reference[i].net_bed_gy - rows[i].net_bed_gy for i in self.tumours(regions)]
        return max([0.0, *lacks])

    @staticmethod
    def excess(rows: Sequence[EffectRow], reference: Sequence[EffectRow], kind: str, course: Course) -> float | None:
        """The largest excess of a kind of tissue over the reference. [Gy]

        None where it is not known: a day holds several fractions and a tissue of the kind has no half-time.
        """
        if course.several_a_day and any(row.kind == kind and row.parameters.repair is None for row in rows):
            return None
        over = [
            row.net_bed_gy - other.net_bed_gy for row, other in zip(rows, reference, strict=True) if row.kind == kind
        ]
        return max([0.0, *(value for value in over if value > FINE_GY)])

    def lacking(self, rows: Sequence[EffectRow], place: int) -> float:
        return max(0.0, self.settings.restore * self.reference_rows[place].net_bed_gy - rows[place].net_bed_gy)
