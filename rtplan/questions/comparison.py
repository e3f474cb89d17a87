"""Regimens side by side: differences to a reference, and where two regimens change order."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rtplan.answer import Answer, Kind
from rtplan.clinic.days import Calendar, announced_until, days_between
from rtplan.course.course import Course
from rtplan.course.schedule import lay_out, prescribed_reference, prolongation_days
from rtplan.errors import DomainError
from rtplan.note import Note, Phrase
from rtplan.planning.provenance import ClinicFrom, SiteFrom
from rtplan.prescription.prescription import Intent, Prescription, Regimen
from rtplan.questions.dose import DEFAULT_REGIONS, MONDAY, NOT_IN_BED, assumed_notes, course_notes, time_notes
from rtplan.radiobiology.draws import Draws
from rtplan.radiobiology.effect import FROM_DATES, EffectRow, evaluate_many
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.uncertainty import Chance, Sample, Uncertainty, chance, uncertainty

__all__ = [
    "Candidate",
    "Compared",
    "Comparison",
    "Crossing",
    "Dates",
    "Figures",
    "candidate",
    "compare",
    "crossing_alpha_beta",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A regimen to compare, with what BED does not see. unverified: values not read in the named source.

    intent: of the treatment; empty where nobody says it, as of a notation.
    """

    name: str
    prescription: Prescription
    label: str = ""
    systemic: str = ""
    volume: str = ""
    unverified: tuple[str, ...] = ()
    intent: Intent | Literal[""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What two rows are compared in: values of the reference, differences (row - reference), or ratios."""

    regimen: str
    dose_gy: float | None
    bed_gy: float | None
    eqd2_gy: float | None
    time_loss_gy: float | None
    net_bed_gy: float | None
    net_eqd2_gy: float | None
    elapsed_days: float | None
    overall_treatment_time_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A row beside the reference's row of the same region and tissue."""

    row: EffectRow
    reference: Figures
    difference: Figures
    ratio: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The alpha/beta at which two regimens have the same BED (without time). above: which is worth more above it."""

    first: str
    second: str
    alpha_beta_gy: float
    above: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """When a compared regimen begins and ends."""

    regimen: str
    first: dt.date
    last: dt.date
    elapsed_days: int
    overall_treatment_time_days: int
    prolongation_days: int
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Answer):
    """Regimens against a reference, which is the first of them.

    rows: for each regimen its regions. clinic: None where all start on a Monday and meet no closure; `dates` then is
    empty. clinic_from: who named it. site, site_from: of the tumour, and who named it.
    uncertainty: over draws of the parameters, where it was asked for.
    """

    kind: ClassVar[Kind] = "compare"

    candidates: tuple[Candidate, ...]
    rows: tuple[Compared, ...]
    crossings: tuple[Crossing, ...]
    notes: tuple[Note, ...]
    clinic: str | None = None
    dates: tuple[Dates, ...] = ()
    clinic_from: ClinicFrom = ""
    uncertainty: Uncertainty | None = None
    site: str = ""
    site_from: SiteFrom = ""

    @property
    def reference(self) -> str:
        """Name of the reference regimen."""
        return self.candidates[0].name


def candidate(regimen: Regimen) -> Candidate:
    """A shipped regimen as a candidate; DomainError where it has no dose, with the reason."""
    if regimen.prescription is None:
        raise DomainError(f"regimen {regimen.name!r} has no dose to calculate with: {regimen.not_for_calculation}")
    return Candidate(
        name=regimen.name,
        prescription=regimen.prescription,
        label=regimen.label,
        systemic=regimen.systemic,
        volume=regimen.volume,
        unverified=regimen.unverified,
        intent=regimen.intent,
    )


def compare(
    candidates: Sequence[Candidate],
    regions: Sequence[Region] = DEFAULT_REGIONS,
    *,
    calendar: Calendar | None = None,
    start: dt.date | None = None,
    draws: Draws | None = None,
) -> Comparison:
    """Regimens against the first of them, with the times of a calendar, or of a Monday start without closures.

    draws: also what the published intervals of the parameters leave open.

    Every regimen is laid out from the same day. Raises ScheduleError where the calendar ends too early.
    """
    names = [entry.name for entry in candidates]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DomainError(f"regimen {twice!r} is given twice: each is compared once")
    if not candidates:
        raise DomainError("there is no regimen to compare")
    if (calendar is None) != (start is None):
        raise DomainError("a comparison on dates needs both a calendar and a start")
    if calendar is None or start is None:
        courses = [prescribed_reference(entry.prescription, MONDAY) for entry in candidates]
    else:
        courses = [lay_out(entry.prescription, calendar, start) for entry in candidates]
    groups = evaluate_many(courses, regions, regimens=names)
    notes = [NOT_IN_BED, *_intents(candidates)]
    if calendar is None or start is None:
        notes += time_notes(courses, regions, FROM_DATES)
    else:
        notes += _date_notes(names, courses, calendar, start)
    notes += course_notes(courses, groups)
    notes += assumed_notes([entry.prescription for entry in candidates], regions, FROM_DATES)
    return Comparison(
        candidates=tuple(candidates),
        rows=tuple(_beside(row, base) for group in groups for row, base in zip(group, groups[0], strict=True)),
        crossings=tuple(_crossings(candidates)),
        notes=tuple(notes),
        clinic=calendar.name if calendar else None,
        dates=tuple(_dates(name, course, calendar) for name, course in zip(names, courses, strict=True))
        if calendar
        else (),
        uncertainty=None if draws is None else _uncertainty(names, courses, regions, draws),
    )


def _intents(candidates: Sequence[Candidate]) -> Iterator[Note]:
    """Said where regimens of different intent stand side by side: surgery follows some, and none of the others."""
    by: dict[str, list[str]] = {}
    for entry in candidates:
        if entry.intent:
            by.setdefault(entry.intent, []).append(entry.name)
    if len(by) > 1:
        groups = tuple(
            Phrase(code="of-intent", values={"intent": Phrase(code=f"intent-{intent}"), "regimens": tuple(names)})
            for intent, names in by.items()
        )
        yield Note(code="intent-differs", severity="warning", values={"groups": groups})


def _uncertainty(
    names: Sequence[str], courses: Sequence[Course], regions: Sequence[Region], draws: Draws
) -> Uncertainty:
    sample = Sample(names, courses, regions, draws)
    return uncertainty(sample, tuple(_exceeding(sample)))


def _exceeding(sample: Sample) -> Iterator[Chance]:
    """How often one regimen's tumour has the higher net BED, for each pair."""
    for place in sample.tumours():
        for first, second in itertools.combinations(sample.names, 2):
            found = sample.above(place, first, second)
            yield chance("exceeds", sample.regions[place], first, second, found)


def _dates(name: str, course: Course, calendar: Calendar) -> Dates:
    return Dates(
        regimen=name,
        first=course.first,
        last=course.last,
        elapsed_days=course.elapsed_days,
        overall_treatment_time_days=course.overall_treatment_time_days,
        prolongation_days=prolongation_days(course),
        provisional=calendar.depends_on_provisional(course.first, course.last),
    )


def _date_notes(names: Sequence[str], courses: Sequence[Course], calendar: Calendar, start: dt.date) -> Iterator[Note]:
    for first in sorted({course.first for course in courses} - {start}):
        moved = [name for name, course in zip(names, courses, strict=True) if course.first == first]
        reason = calendar.reason(start)
        why = Phrase(code="closed", values={"reason": reason.text}) if not reason.open else Phrase(code="off-pattern")
        yield Note(
            code="start-moved",
            severity="warning",
            values={
                **({} if len(moved) == len(names) else {"about": ", ".join(moved)}),
                "requested": start.isoformat(),
                "first": first.isoformat(),
                "count": days_between(start, first),
                "why": (why,),
            },
        )
    last = max(course.last for course in courses)
    skipped = [d for d, r in calendar.days(start, last) if r.kind == "worked weekend" and not r.open]
    if skipped:
        yield Note(
            code="worked-weekends",
            severity="info",
            values={"days": len(skipped), "not_used": tuple(day.isoformat() for day in skipped)},
        )
    doubtful = [
        name
        for name, course in zip(names, courses, strict=True)
        if calendar.depends_on_provisional(course.first, course.last)
    ]
    if doubtful:
        yield Note(
            code="provisional",
            severity="warning",
            values={"regimens": ", ".join(doubtful), "until": announced_until(calendar)},
        )


_COMPARED = (
    "dose_gy",
    "bed_gy",
    "eqd2_gy",
    "time_loss_gy",
    "net_bed_gy",
    "net_eqd2_gy",
    "elapsed_days",
    "overall_treatment_time_days",
)


def _beside(row: EffectRow, base: EffectRow) -> Compared:
    pairs: dict[str, tuple[float | None, float | None]] = {
        key: (getattr(row, key), getattr(base, key)) for key in _COMPARED
    }
    difference = {key: None if a is None or b is None else a - b for key, (a, b) in pairs.items()}
    ratio = {key: None if a is None or b is None or b <= 0 else a / b for key, (a, b) in pairs.items()}
    return Compared(
        row=row,
        reference=Figures(regimen=base.regimen, **{key: b for key, (_, b) in pairs.items()}),
        difference=Figures(regimen=base.regimen, **difference),
        ratio=Figures(regimen=base.regimen, **ratio),
    )


def crossing_alpha_beta(first: Prescription, second: Prescription) -> float | None:
    """The alpha/beta at which two prescriptions have the same BED without time, if there is one. [Gy]

    D1 + S1/(alpha/beta) = D2 + S2/(alpha/beta), with S the sum of squared doses per fraction.

    >>> from rtplan.prescription.prescription import simple
    >>> round(crossing_alpha_beta(simple(60.0, 30), simple(64.8, 36)), 9)
    0.7
    """
    (dose_1, squares_1), (dose_2, squares_2) = _sums(first), _sums(second)
    dose, squares = dose_1 - dose_2, squares_2 - squares_1
    if abs(dose) < 1e-9 or abs(squares) < 1e-9 or (dose > 0) != (squares > 0):
        return None
    return squares / dose


def _sums(prescription: Prescription) -> tuple[float, float]:
    target = prescription.targets[0]
    squares = [phase.n_fractions * phase.dose_per_fraction_gy(target) ** 2 for phase in prescription.phases]
    return prescription.total_gy(target), math.fsum(squares)


def _crossings(candidates: Sequence[Candidate]) -> Iterator[Crossing]:
    for first, second in itertools.combinations(candidates, 2):
        alpha_beta = crossing_alpha_beta(first.prescription, second.prescription)
        if alpha_beta is None:
            continue
        higher = max(first, second, key=lambda entry: _sums(entry.prescription)[0])
        yield Crossing(first=first.name, second=second.name, alpha_beta_gy=alpha_beta, above=higher.name)
