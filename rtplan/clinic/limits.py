"""What a department allows: days to start on, and what a course may not exceed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rtplan.clinic.days import WEEKDAYS
from rtplan.errors import failing, non_negative, one_of, positive, refuse, whole
from rtplan.note import DESIGN_DEFAULT, Source

__all__ = [
    "RCR_CATEGORIES",
    "RULES",
    "Limits",
    "Rule",
    "RuleKind",
    "StartRules",
]


RCR_CATEGORIES = Source(text="attributed to the RCR interruption guideline (2019), not read there", known="told")


CATEGORY_LIMIT_DAYS = {1: 2, 2: 5, 3: 7}
"""Longest prolongation by category [d]: attributed to the RCR guideline, not read there."""


RuleKind = Literal["hard", "waivable"]
"""hard: never offered unless waived by name; waivable: offered, shown, ranked behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of compensation: its code, its kind, and where the kind comes from."""

    code: str
    kind: RuleKind
    source: Source = DESIGN_DEFAULT


_DAYS_WITHOUT_REST = Source(
    text="design default, no source; seven a week at 2.0 Gy gave 22 % severe late necrosis against 5 % (CAIR)",
    known="none",
)


RULES = (
    Rule(code="dose-per-fraction", kind="hard"),
    Rule(code="large-fraction-changed", kind="hard"),
    Rule(code="second-fraction-dose", kind="hard"),
    Rule(code="interval-short", kind="hard"),
    Rule(code="dense-week", kind="hard", source=_DAYS_WITHOUT_REST),
    Rule(code="fractions-a-day", kind="hard"),
    Rule(code="spacing-short", kind="hard", source=Source(text="the pattern of the prescription", known="read")),
    Rule(code="late-limit", kind="hard", source=Source(text="stated with the question", known="read")),
    Rule(code="eqd2-limit", kind="hard", source=Source(text="the limit's own, shown with it", known="none")),
    Rule(code="sessions-a-week", kind="waivable"),
    Rule(code="weekly-dose", kind="waivable", source=Source(text="the clinic's file", known="read")),
    Rule(code="twice-daily-running", kind="waivable"),
    Rule(code="intensified-with-chemotherapy", kind="waivable"),
    Rule(code="prolongation-limit", kind="waivable", source=RCR_CATEGORIES),
    Rule(
        code="overall-time-limit", kind="waivable", source=Source(text="the limit's own, shown with it", known="none")
    ),
    Rule(code="late-excess", kind="waivable"),
)
"""Every rule that an option can break, the hard ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRules:
    """Which days fraction 1 may fall on.

    no_start_on: weekdays. minimum_first_run: fractions before the first treatment-free day.
    off: the rules are not kept (palliative or emergency course).
    """

    no_start_on: tuple[str, ...] = ()
    minimum_first_run: int | None = None
    off: bool = False
    source: Source = DESIGN_DEFAULT

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        for day in self.no_start_on:
            if day not in WEEKDAYS:
                yield f"no_start_on takes {', '.join(WEEKDAYS)}, got {day!r}"
        if len(set(self.no_start_on)) >= 7:
            yield "no_start_on forbids every weekday: no course could ever start"
        if self.minimum_first_run is not None:
            yield from failing(whole, "minimum_first_run", self.minimum_first_run, 1, 5)

    @property
    def text(self) -> str:
        """In words; empty where nothing is forbidden."""
        if self.off:
            return ""
        parts = [f"no_start_on {', '.join(self.no_start_on)}"] if self.no_start_on else []
        parts += [f"minimum_first_run {self.minimum_first_run}"] if self.minimum_first_run is not None else []
        return " and ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a course may not exceed; the limits on sessions bind extra sessions of a once-daily prescription.

    category: of the tumour (1, 2, 3), for the longest prolongation. None: no limit on prolongation.
    sessions_a_week, weekly_dose_gy: in any 7 days running, in fractions and in dose. [-], [Gy]
    dense_week: most fractions in any 7 days running, past which nothing is offered. [-]
    ceiling_gy, ceiling_share: a changed dose per fraction stays below the larger of both, the share being of the
    prescribed one. [Gy], [-] no_change_above_gy: fractions prescribed above it keep their dose. [Gy]
    late_excess_share: late tissue that gets more than its reference by more than this share of it puts an option behind
    all others. [-]
    fractions_a_day: most fractions of one day. [-]
    twice_daily_days_running: most calendar days in a row with a second fraction; a weekend between ends the row. [d]
    second_fraction_gy: largest dose of an extra fraction on a day that has one already. [Gy]
    interval_h, cord_interval_h: shortest time between fractions, elapsed; the second where the cord is a region. [h]
    interval_days: fewest calendar days from one treated day to the next, whatever the pattern allows. [d]
    overall_time_days: longest overall time of the course; None: no limit. [d]
    hard, waivable: codes of rules that are of this kind here, whatever they are elsewhere.
    """

    category: int | None = None
    category_source: Source = RCR_CATEGORIES
    sessions_a_week: int = 6
    fractions_a_day: int = 2
    twice_daily_days_running: int = 1
    second_fraction_gy: float = 2.2
    weekly_dose_gy: float | None = None
    interval_h: float = 6.0
    cord_interval_h: float = 8.0
    dense_week: int = 7
    ceiling_gy: float = 2.2
    ceiling_share: float = 1.1
    no_change_above_gy: float = 4.0
    late_excess_share: float = 0.1
    hard: tuple[str, ...] = ()
    waivable: tuple[str, ...] = ()
    source: Source = DESIGN_DEFAULT
    interval_days: int = 1
    overall_time_days: int | None = None
    overall_time_source: Source = DESIGN_DEFAULT

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.category is not None:
            yield from failing(whole, "category", self.category, 1, 3)
        yield from failing(whole, "interval_days", self.interval_days, 1, 28)
        if self.overall_time_days is not None:
            yield from failing(whole, "overall_time_days", self.overall_time_days, 1)
        yield from failing(whole, "sessions_a_week", self.sessions_a_week, 1, 14)
        yield from failing(whole, "fractions_a_day", self.fractions_a_day, 1, 4)
        yield from failing(whole, "twice_daily_days_running", self.twice_daily_days_running, 1, 7)
        yield from failing(positive, "second_fraction_gy", self.second_fraction_gy, "Gy")
        yield from failing(positive, "interval_h", self.interval_h, "h")
        yield from failing(positive, "cord_interval_h", self.cord_interval_h, "h")
        if self.weekly_dose_gy is not None:
            yield from failing(positive, "weekly_dose_gy", self.weekly_dose_gy, "Gy")
        yield from failing(whole, "dense_week", self.dense_week, 1, 28)
        yield from failing(positive, "ceiling_gy", self.ceiling_gy, "Gy")
        yield from failing(positive, "ceiling_share", self.ceiling_share)
        yield from failing(positive, "no_change_above_gy", self.no_change_above_gy, "Gy")
        yield from failing(non_negative, "late_excess_share", self.late_excess_share)
        for code in (*self.hard, *self.waivable):
            yield from failing(one_of, "rule", code, tuple(rule.code for rule in RULES))
        both = set(self.hard) & set(self.waivable)
        if both:
            yield f"a rule is hard or waivable, not both: {', '.join(sorted(both))}"

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of compensation with its kind in this department.

        >>> {rule.code: rule.kind for rule in Limits(waivable=("dense-week",)).rules}["dense-week"]
        'waivable'
        """
        return tuple(self._own(rule) for rule in RULES)

    def _own(self, rule: Rule) -> Rule:
        kind: RuleKind = "hard" if rule.code in self.hard else "waivable"
        return Rule(code=rule.code, kind=kind, source=self.source) if rule.code in self.hard + self.waivable else rule

    @property
    def hard_codes(self) -> frozenset[str]:
        """Codes of the rules that are never broken unless waived by name."""
        return frozenset(rule.code for rule in self.rules if rule.kind == "hard")

    def ceiling(self, prescribed_gy: float) -> float:
        """Largest dose that a fraction prescribed with this one may get. [Gy]

        >>> Limits().ceiling(1.8), round(Limits().ceiling(3.0), 6)
        (2.2, 3.3)
        """
        return max(self.ceiling_gy, self.ceiling_share * prescribed_gy)

    @property
    def prolongation_days(self) -> int | None:
        """Longest prolongation of the category. [d]"""
        return None if self.category is None else CATEGORY_LIMIT_DAYS[self.category]
