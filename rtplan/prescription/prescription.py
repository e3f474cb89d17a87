"""What is ordered, without dates: a prescription of phases, each on its own weekly pattern."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from rtplan.clinic.days import WEEKDAYS, Reason
from rtplan.errors import DomainError, failing, one_of, positive, refuse, whole
from rtplan.note import DESIGN_DEFAULT, Known, Note, Source, Value

__all__ = [
    "DEFAULT_INTERVAL_H",
    "HIGHEST_DOSE_GY",
    "LARGE_DOSE_GY",
    "LARGE_DOSE_SPACING_DAYS",
    "MAY_BE_CGY_GY",
    "Intent",
    "Pattern",
    "Phase",
    "Prescription",
    "Regimen",
    "TargetDose",
    "high_dose",
    "not_stated",
    "simple",
    "spaced",
    "spacing_notes",
    "weekly",
]


DEFAULT_INTERVAL_H = 6.0
"""Shortest interval between two fractions of a day [h]; at least 6 h is told of RCR 2019, not read there."""


MAY_BE_CGY_GY = 30
"""Dose per fraction above which a figure may be cGy: notation then needs its unit, a file refuses it [Gy]. Design."""


HIGHEST_DOSE_GY = 100
"""Dose per fraction above which every prescription is refused [Gy]. Design default, no source."""


LARGE_DOSE_GY = 5
"""Dose per fraction above which days are not consecutive where no pattern is stated [Gy]. Design default, no source."""


LARGE_DOSE_SPACING_DAYS = 2
"""Fewest days between such fractions, 40 h or two calendar days: design default, no source. [d]"""


_OUTSIDE_THE_WEEK = ("worked weekend", "extra")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """On which days a phase is treated, and how many fractions a day gets.

    weekdays: names from ``WEEKDAYS`` on which the phase is treated.
    fractions_per_day: fractions on each treated day. [-]
    twice_daily_weekdays: weekdays that get two fractions when ``fractions_per_day`` is 1.
    interval_h: planned interval between the starts of two fractions of one day. [h]
    days_a_week: treated days in each week of the course, weeks counted from its first treated day; None: every one of
        ``weekdays``, which are then prescribed. [-]
    spacing_days: fewest calendar days from one treated day to the next; None: the smallest that ``days_a_week`` has
        when it is spread evenly (7, 3, 2 days for 1, 2, 3 a week), else 1. [d]
    assumed: did nobody say so? True for what is taken where a regimen states no pattern.

    >>> weekly(5).weekdays
    ('mon', 'tue', 'wed', 'thu', 'fri')
    >>> weekly(2).days_a_week, weekly(2).spacing
    (2, 3)
    """

    weekdays: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    fractions_per_day: int = 1
    twice_daily_weekdays: tuple[str, ...] = ()
    interval_h: float = DEFAULT_INTERVAL_H
    days_a_week: int | None = None
    spacing_days: int | None = None
    assumed: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        for name, days in (("weekdays", self.weekdays), ("twice_daily_weekdays", self.twice_daily_weekdays)):
            for day in days:
                yield from failing(one_of, name, day, WEEKDAYS)
            if len(set(days)) != len(days):
                yield f"{name} names a day twice: {', '.join(days)}"
        if not self.weekdays:
            yield "weekdays must name at least one day, got none"
        yield from failing(whole, "fractions_per_day", self.fractions_per_day, 1, 4)
        yield from failing(positive, "interval_h", self.interval_h, "h")
        if not set(self.twice_daily_weekdays) <= set(self.weekdays):
            yield "twice_daily_weekdays must be among weekdays"
        if self.twice_daily_weekdays and self.fractions_per_day != 1:
            yield "twice_daily_weekdays goes with fractions_per_day = 1"
        if (self.fractions_per_day - 1) * self.interval_h >= 24:
            yield f"interval_h of {self.interval_h:g} h does not fit {self.fractions_per_day} fractions into a day"
        yield from self._check_spacing()

    def _check_spacing(self) -> Iterator[str]:
        if self.days_a_week is not None:
            yield from failing(whole, "days_a_week", self.days_a_week, 1, len(self.weekdays))
        if self.spacing_days is not None:
            yield from failing(whole, "spacing_days", self.spacing_days, 1, 28)
            if self.days_a_week is not None and self.days_a_week * self.spacing_days > 7:
                yield (
                    f"spacing_days of {self.spacing_days} d does not fit days_a_week of {self.days_a_week} into a "
                    f"week: at most {7 // self.days_a_week} d"
                )

    def treats(self, weekday: int) -> bool:
        """Is this weekday (Monday 0) one of the pattern's?"""
        return WEEKDAYS[weekday] in self.weekdays

    def treated(self, reason: Reason, day: dt.date) -> bool:
        """Is a day with this reason open, and one the pattern treats on?

        A pattern that fills the working week also treats on worked weekends and extra open days.
        """
        if not reason.open:
            return False
        return self.treats(day.weekday()) or (reason.kind in _OUTSIDE_THE_WEEK and self.fills_the_working_week)

    def fractions_on(self, weekday: int) -> int:
        """Fractions given on a treated day of this weekday (Monday 0)."""
        return 2 if WEEKDAYS[weekday] in self.twice_daily_weekdays else self.fractions_per_day

    @property
    def fills_the_working_week(self) -> bool:
        """Five days a week at least: such a pattern also uses a worked weekend or an extra open day."""
        return len(self.weekdays) >= 5

    @property
    def several_a_day(self) -> bool:
        """Does any treated day get more than one fraction?"""
        return self.fractions_per_day > 1 or bool(self.twice_daily_weekdays)

    @property
    def spacing(self) -> int:
        """Fewest calendar days from one treated day to the next. [d]"""
        return self.spacing_days or (7 // self.days_a_week if self.days_a_week else 1)

    @property
    def on_any_weekday(self) -> bool:
        """Does it count days, from whatever weekday the course begins on, and prescribe no weekdays?"""
        return self.days_a_week is not None or self.spacing > 1

    @property
    def fractions_a_week(self) -> int:
        """Most fractions that a week of the pattern itself holds. [-]"""
        days = min(len(self.weekdays), self.days_a_week or -(-7 // self.spacing))
        return days * self.fractions_per_day + len(self.twice_daily_weekdays)


def weekly(days: int, fractions_per_day: int = 1, interval_h: float = DEFAULT_INTERVAL_H) -> Pattern:
    """The usual pattern of so many treatment days a week.

    One to four days count from the first treated day, on whatever working day that falls: from a Monday 4 is Monday to
    Thursday, 3 Monday, Wednesday, Friday, 2 Monday and Thursday. 5 is Monday to Friday, 6 adds Saturday, 7 Sunday.
    """
    whole("days a week", days, 1, 7)
    return Pattern(
        weekdays=WEEKDAYS[: max(days, 5)],
        fractions_per_day=fractions_per_day,
        interval_h=interval_h,
        days_a_week=days if days < 5 else None,
    )


def not_stated() -> Pattern:
    """Once a day from Monday to Friday, because nothing else is said.

    >>> not_stated().assumed
    True
    """
    return Pattern(assumed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDose:
    """Total dose of one phase to one target. [Gy]"""

    target: str
    dose_gy: float

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if not self.target:
            yield "target must be named, got an empty name"
        yield from failing(positive, "dose_gy", self.dose_gy, "Gy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A run of equal fractions on one pattern; more than one target is a simultaneous integrated boost.

    totals: dose of the whole phase to each target. [Gy]
    break_days: treatment-free calendar days planned before the phase's first fraction. [d]
    keep_together: its treated days follow one another without a day between; it waits for a day from which they can.
    concomitant_from: makes the phase a concomitant boost, given as an additional fraction of the day beside the
        preceding phase from that fraction number of it onwards. None: the phase follows the preceding one.
    published_interval_h: interval a source prints where it differs from what the pattern plans. [h]
    """

    name: str
    n_fractions: int
    totals: tuple[TargetDose, ...]
    pattern: Pattern = field(default_factory=not_stated)
    break_days: int = 0
    concomitant_from: int | None = None
    published_interval_h: float | None = None
    keep_together: bool = False

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from failing(whole, "n_fractions", self.n_fractions, 1, 999)
        yield from failing(whole, "break_days", self.break_days, 0, 365)
        if self.concomitant_from is not None:
            yield from failing(whole, "concomitant_from", self.concomitant_from, 1)
        if self.published_interval_h is not None:
            yield from failing(positive, "published_interval_h", self.published_interval_h, "h")
        if not self.totals:
            yield f"phase {self.name!r} has no target dose"
        names = [total.target for total in self.totals]
        if len(set(names)) != len(names):
            yield f"phase {self.name!r} names a target twice: {', '.join(names)}"
        if problem := next(high_dose(self, HIGHEST_DOSE_GY), ""):
            yield problem
        if self.keep_together and self.pattern.spacing > 1:
            yield f"phase {self.name!r}: keep_together does not go with days of treatment that lie apart"
        if self.keep_together and self.concomitant_from is not None:
            yield f"phase {self.name!r}: keep_together does not go with concomitant_from"

    def total_gy(self, target: str) -> float:
        """Dose of the whole phase to a target, 0 where the phase does not treat it. [Gy]"""
        return next((total.dose_gy for total in self.totals if total.target == target), 0.0)

    def cumulative_gy(self, target: str, fractions: int) -> float:
        """Dose after so many fractions: k * total / n, so that the last one is the total exactly. [Gy]"""
        return fractions * self.total_gy(target) / self.n_fractions

    def dose_per_fraction_gy(self, target: str) -> float:
        """Dose of one fraction to a target. [Gy]"""
        return self.total_gy(target) / self.n_fractions


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """What is ordered: phases in their order, no dates.

    >>> p = simple(45.0, 25)
    >>> p.n_fractions, p.total_gy("tumour"), p.reading
    (25, 45.0, '25 fractions of 1.8 Gy, 45 Gy')
    """

    name: str
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if not self.phases:
            yield f"prescription {self.name!r} has no phase"
        names = [phase.name for phase in self.phases]
        if len(set(names)) != len(names):
            yield f"prescription {self.name!r} names a phase twice: {', '.join(names)}"
        for host, phase in zip((None, *self.phases), self.phases, strict=False):
            yield from failing(_check_concomitant, host, phase)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of all targets; the first is the one that dose per fraction and cumulative dose speak of."""
        return tuple(dict.fromkeys(total.target for phase in self.phases for total in phase.totals))

    @property
    def n_fractions(self) -> int:
        """Fractions of all phases together."""
        return sum(phase.n_fractions for phase in self.phases)

    def total_gy(self, target: str) -> float:
        """Prescribed dose to a target over all phases. [Gy]"""
        return sum(phase.total_gy(target) for phase in self.phases)

    def phase(self, name: str) -> Phase:
        """The phase of this name."""
        for phase in self.phases:
            if phase.name == name:
                return phase
        raise DomainError(f"prescription {self.name!r} has no phase {name!r}")

    def cumulative_gy(self, target: str, given: tuple[int, ...]) -> float:
        """Dose to a target after ``given[i]`` fractions of phase i, exact to the last bit at each phase's end. [Gy]"""
        return sum(phase.cumulative_gy(target, k) for phase, k in zip(self.phases, given, strict=True))

    @property
    def reading(self) -> str:
        """How rtplan understood the prescription, in words."""
        return ", then ".join(_reading(phase) for phase in self.phases)

    def blocks(self) -> Iterator[tuple[int, int | None]]:
        """Phases that follow one another, each with the concomitant phase beside it: (index, index or None)."""
        for i, phase in enumerate(self.phases):
            if phase.concomitant_from is None:
                boost = i + 1 < len(self.phases) and self.phases[i + 1].concomitant_from is not None
                yield i, i + 1 if boost else None


Intent = Literal["definitive", "neoadjuvant", "adjuvant", "palliative"]
"""Is it to cure alone, before surgery, after it, or to relieve?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """A published regimen: a prescription with the trial it comes from.

    prescription: None where the source gives no doses; ``not_for_calculation`` then says why.
    unverified: which of its values were not read in the named source ("dose", "fraction count", "pattern", ...).
    site: of the tumour. intent: of the treatment, as its setting says; empty: not said.
    """

    name: str
    site: str
    label: str
    role: str
    setting: str
    sources: tuple[Source, ...]
    prescription: Prescription | None = None
    systemic: str = ""
    volume: str = ""
    unverified: tuple[str, ...] = ()
    not_for_calculation: str = ""
    notes: str = ""
    intent: Intent | Literal[""] = ""

    def __post_init__(self) -> None:
        if (self.prescription is None) != bool(self.not_for_calculation):
            raise DomainError(f"regimen {self.name!r} needs a prescription or the reason why there is none, not both")

    @property
    def known(self) -> Known:
        """How its dose is known: read in one of its sources, else the best that they tell of it."""
        found = {source.known for source in self.sources} - ({"read"} if "dose" in self.unverified else set())
        best: tuple[Known, ...] = ("read", "told", "program", "stated")
        return next((known for known in best if known in found), "none")


def simple(total_gy: float, n_fractions: int, pattern: Pattern | None = None, name: str = "") -> Prescription:
    """A prescription of one phase to one target called ``tumour``."""
    phase = Phase(
        name="phase 1",
        n_fractions=n_fractions,
        totals=(TargetDose(target="tumour", dose_gy=total_gy),),
        pattern=pattern or not_stated(),
    )
    return Prescription(name=name or f"{total_gy:g}/{n_fractions}", phases=(phase,))


def spaced(prescription: Prescription) -> Prescription:
    """Phases of more than ``LARGE_DOSE_GY`` per fraction whose pattern nobody stated, not on consecutive days.

    >>> spaced(simple(54.0, 3)).phases[0].pattern.spacing, spaced(simple(45.0, 25)).phases[0].pattern.spacing
    (2, 1)
    """

    def apart(phase: Phase) -> Phase:
        large = max(total.dose_gy for total in phase.totals) / phase.n_fractions > LARGE_DOSE_GY
        if not phase.pattern.assumed or not large or phase.n_fractions == 1:
            return phase
        return replace(phase, pattern=replace(phase.pattern, spacing_days=LARGE_DOSE_SPACING_DAYS))

    return replace(prescription, phases=tuple(apart(phase) for phase in prescription.phases))


def high_dose(phase: Phase, bound_gy: float) -> Iterator[str]:
    """A sentence for each target whose dose per fraction is above a bound [Gy]: it may have been meant in cGy."""
    for total in phase.totals:
        dose = phase.dose_per_fraction_gy(total.target)
        if dose > bound_gy:
            yield (
                f"dose_gy of {_exact(total.dose_gy)} Gy to {total.target!r} in {phase.n_fractions} fractions is "
                f"{_exact(dose)} Gy per fraction, above {bound_gy:g} Gy: is it {_exact(dose / 100)} Gy, written in cGy?"
            )


def _check_concomitant(host: Phase | None, phase: Phase) -> None:
    if phase.concomitant_from is None:
        return
    if host is None or host.concomitant_from is not None:
        raise DomainError(f"phase {phase.name!r}: concomitant_from needs a phase of its own before it")
    if host.pattern.several_a_day or phase.pattern.several_a_day:
        raise DomainError(f"phase {phase.name!r}: a concomitant boost goes with once-daily patterns")
    if phase.concomitant_from + phase.n_fractions - 1 > host.n_fractions:
        raise DomainError(
            f"phase {phase.name!r}: {phase.n_fractions} fractions from fraction {phase.concomitant_from} "
            f"do not fit beside the {host.n_fractions} of {host.name!r}"
        )


def _reading(phase: Phase) -> str:
    doses = "; ".join(
        (f"{total.target} " if len(phase.totals) > 1 else "")
        + f"{_exact(total.dose_gy / phase.n_fractions)} Gy, {_exact(total.dose_gy)} Gy"
        for total in phase.totals
    )
    plural = "fraction" if phase.n_fractions == 1 else "fractions"
    return f"{phase.n_fractions} {plural} of {doses}{_how_often(phase)}"


def _how_often(phase: Phase) -> str:
    if phase.concomitant_from is not None:
        return f" as a second fraction of the day from fraction {phase.concomitant_from}"
    pattern = phase.pattern
    many = {1: "", 2: ", twice a day", 3: ", three times a day", 4: ", four times a day"}
    some = ", twice on " + ", ".join(pattern.twice_daily_weekdays) if pattern.twice_daily_weekdays else ""
    return many[pattern.fractions_per_day] + some + _on_days(pattern)


def _on_days(pattern: Pattern) -> str:
    if pattern.days_a_week is not None:
        plural = "day" if pattern.days_a_week == 1 else "days"
        return f", on {pattern.days_a_week} {plural} a week"
    if pattern.spacing > 1 and not pattern.assumed:
        return ", every other day" if pattern.spacing == 2 else f", every {pattern.spacing} days"
    if len(pattern.weekdays) >= 5:
        return "" if len(pattern.weekdays) == 5 else f", on {len(pattern.weekdays)} days a week"
    return f", on the prescribed weekdays {', '.join(pattern.weekdays)}"


def _exact(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def spacing_notes(prescription: Prescription) -> Iterator[Note]:
    """Which phases are given on days apart although nobody said so, because their fractions are large."""
    for phase in prescription.phases:
        if phase.pattern.assumed and phase.pattern.spacing > 1:
            dose = max(phase.dose_per_fraction_gy(total.target) for total in phase.totals)
            values: dict[str, Value] = {
                "phase": phase.name,
                "dose_per_fraction_gy": dose,
                "above_gy": LARGE_DOSE_GY,
                "minimum_days": phase.pattern.spacing,
                "source": DESIGN_DEFAULT.text,
            }
            yield Note(code="spacing-assumed", severity="warning", values=values)
