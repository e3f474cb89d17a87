"""Quick answers: regimens into rows of dose and effect, and what matches another regimen."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rtplan.answer import Answer, Kind
from rtplan.course.course import Course
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import DomainError, positive, whole
from rtplan.note import Note
from rtplan.prescription.prescription import Prescription, spacing_notes
from rtplan.radiobiology import lq
from rtplan.radiobiology.effect import FROM_DATES, LQ_DOUBTFUL_GY, EffectRow, Time, evaluate_many, notes_on
from rtplan.radiobiology.organ_limits import limit_notes
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.spread import spread_notes
from rtplan.radiobiology.tissue import GENERIC_LATE, GENERIC_TUMOUR

__all__ = [
    "DEFAULT_REGIONS",
    "MONDAY",
    "NOT_IN_BED",
    "Choice",
    "DoseAnswer",
    "Match",
    "Reading",
    "assumed_notes",
    "course_notes",
    "dose_answer",
    "match_dose_per_fraction",
    "match_fractions",
    "time_notes",
]


MONDAY = dt.date(2024, 1, 1)
"""The Monday on which courses without dates are laid out, with no closures."""


DEFAULT_REGIONS = (
    Region(name="tumour", tissue=GENERIC_TUMOUR),
    Region(name="late tissue", tissue=GENERIC_LATE),
)


STEP_GY = 0.01
"""Doses per fraction are offered in these steps [Gy]."""


_WHOLE = 1e-9  # an exact number of fractions closer than this to a whole one is that


NOT_IN_BED = Note(code="not-in-bed", severity="warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a regimen was understood, in words."""

    regimen: str
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be delivered, and how far it is from what was to be matched."""

    n_fractions: int
    dose_per_fraction_gy: float
    dose_gy: float
    bed_gy: float
    eqd2_gy: float
    difference_bed_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The exact answer at one alpha/beta, without time, and what can be delivered near it.

    asked: "dose_per_fraction_gy" or "n_fractions", whichever was not given. choices: the dose at 0.01 Gy, or both
    whole numbers of fractions beside the exact one.
    """

    reference: str
    alpha_beta_gy: float
    reference_bed_gy: float
    reference_eqd2_gy: float
    asked: str
    n_fractions: float
    dose_per_fraction_gy: float
    dose_gy: float
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAnswer(Answer):
    """Rows of dose and effect, a region after the other for each regimen; how each was read; matches, if asked."""

    kind: ClassVar[Kind] = "dose"

    rows: tuple[EffectRow, ...]
    readings: tuple[Reading, ...]
    notes: tuple[Note, ...]
    matches: tuple[Match, ...] = ()


def dose_answer(
    prescriptions: Sequence[Prescription], regions: Sequence[Region] = DEFAULT_REGIONS, time: Time = FROM_DATES
) -> DoseAnswer:
    """BED and EQD2 of prescriptions at once.

    time: `NO_TIME`, a stated T for all of them, or `FROM_DATES`: each starts on a Monday and meets no closure.

    >>> from rtplan.radiobiology.effect import NO_TIME
    >>> from rtplan.prescription.prescription import simple
    >>> [round(row.bed_gy, 9) for row in dose_answer([simple(45.0, 25)], time=NO_TIME).rows]
    [53.1, 72.0]
    """
    if not prescriptions:
        raise DomainError("there is no regimen to answer for")
    courses = [prescribed_reference(prescription, MONDAY) for prescription in prescriptions]
    groups = evaluate_many(courses, regions, time=time)
    notes = [
        *time_notes(courses, regions, time),
        *course_notes(courses, groups),
        *assumed_notes(prescriptions, regions, time),
    ]
    if len(prescriptions) > 1:
        notes.append(NOT_IN_BED)
    return DoseAnswer(
        rows=tuple(row for group in groups for row in group),
        readings=tuple(Reading(regimen=p.name, reading=p.reading) for p in prescriptions),
        notes=tuple(notes),
    )


def assumed_notes(prescriptions: Sequence[Prescription], regions: Sequence[Region], time: Time) -> Iterator[Note]:
    """For each regimen the bounds of stated doses whose spread over phases is not known, and days apart nobody stated.

    The latter only where dates charge the time.
    """
    for prescription in prescriptions:
        spacing = spacing_notes(prescription) if time.from_dates else ()
        for note in (*spacing, *spread_notes(prescription, regions)):
            about = {} if len(prescriptions) == 1 else {"about": prescription.name}
            yield replace(note, values={**note.values, **about})


def time_notes(courses: Sequence[Course], regions: Sequence[Region], time: Time) -> Iterator[Note]:
    """What has to be said of the time these courses are charged with."""
    timed = [region.tissue for region in regions if region.tissue.has_time_factor]
    if time.from_dates:
        yield Note(code="monday-start", severity="info")
    elif time.elapsed_days is None:
        for tissue in timed:
            yield Note(
                code="no-time",
                severity="warning",
                values={"tissue": tissue.name, "label": tissue.label},
            )
    else:
        yield from _too_short(courses, time.elapsed_days)
    if timed and not time.from_dates and time.elapsed_days is not None:
        yield Note(
            code="time-stated",
            severity="info",
            values={"elapsed_days": time.elapsed_days, "overall_days": time.elapsed_days + 1},
        )


def _too_short(courses: Sequence[Course], elapsed: float) -> Iterator[Note]:
    for course in courses:
        least = len(course.dates) - 1
        if elapsed < least:
            yield Note(
                code="time-too-short",
                severity="warning",
                values={
                    "about": course.prescription.name,
                    "elapsed_days": elapsed,
                    "least_elapsed_days": least,
                    "treatment_days": len(course.dates),
                },
            )


def course_notes(courses: Sequence[Course], groups: Sequence[tuple[EffectRow, ...]]) -> Iterator[Note]:
    """Doubtful ranges, assumed intervals, targets that no row speaks of; each once."""
    seen = set()
    for course, rows in zip(courses, groups, strict=True):
        name = rows[0].regimen
        for note in (*limit_notes(rows), *notes_on(course, rows)):
            told = note if len(courses) == 1 else note.of(name)
            if told.key not in seen:
                seen.add(told.key)
                yield told
        others = course.prescription.targets[1:]
        for target in others:
            total = course.prescription.total_gy(target)
            yield Note(
                code="other-target",
                severity="info",
                values={
                    "about": name,
                    "regimen": name,
                    "first_target": course.prescription.targets[0],
                    "target": target,
                    "dose_gy": total,
                },
            )


def match_dose_per_fraction(reference: Prescription, n_fractions: int, alpha_betas: Sequence[float]) -> DoseAnswer:
    """Which dose per fraction in so many fractions has the reference's BED, at each alpha/beta; without time.

    >>> from rtplan.prescription.prescription import simple
    >>> match = match_dose_per_fraction(simple(60.0, 30), 25, [10.0]).matches[0]
    >>> round(match.dose_per_fraction_gy, 4), match.choices[0].dose_per_fraction_gy
    (2.3348, 2.33)
    """
    whole("--fractions", n_fractions, 1, 999)
    matches = []
    for alpha_beta in alpha_betas:
        bed = _bed(reference, alpha_beta)
        dose = float(lq.dose_per_fraction_for_bed(bed, n_fractions, alpha_beta))
        offered = round(round(dose / STEP_GY) * STEP_GY, 2)
        choices = (_choice(n_fractions, offered, bed, alpha_beta),) if offered > 0 else ()
        matches.append(_match(reference, alpha_beta, bed, "dose_per_fraction_gy", n_fractions, dose, choices))
    return _matched(reference, alpha_betas, matches)


def match_fractions(reference: Prescription, dose_per_fraction: float, alpha_betas: Sequence[float]) -> DoseAnswer:
    """How many fractions of a dose have the reference's BED: exactly, and both whole numbers beside; without time.

    >>> from rtplan.prescription.prescription import simple
    >>> match = match_fractions(simple(60.0, 30), 1.8, [10.0]).matches[0]
    >>> round(match.n_fractions, 3), [(c.n_fractions, round(c.bed_gy, 3)) for c in match.choices]
    (33.898, [(33, 70.092), (34, 72.216)])
    """
    dose = positive("--dose-per-fraction", dose_per_fraction, "Gy")
    matches = []
    for alpha_beta in alpha_betas:
        bed = _bed(reference, alpha_beta)
        exact = float(lq.n_fractions_for_bed(bed, dose, alpha_beta))
        near = round(exact)
        numbers = [near] if abs(exact - near) < _WHOLE else [math.floor(exact), math.floor(exact) + 1]
        choices = tuple(_choice(n, dose, bed, alpha_beta) for n in numbers if n >= 1)
        matches.append(_match(reference, alpha_beta, bed, "n_fractions", exact, dose, choices))
    return _matched(reference, alpha_betas, matches)


def _bed(prescription: Prescription, alpha_beta: float) -> float:
    """BED of the first target, fully repaired. [Gy]"""
    target = prescription.targets[0]
    parts = [
        float(lq.bed(phase.n_fractions, phase.dose_per_fraction_gy(target), alpha_beta))
        for phase in prescription.phases
    ]
    return math.fsum(parts)


def _choice(n: int, dose: float, aim: float, alpha_beta: float) -> Choice:
    bed = float(lq.bed(n, dose, alpha_beta))
    return Choice(
        n_fractions=n,
        dose_per_fraction_gy=dose,
        dose_gy=n * dose,
        bed_gy=bed,
        eqd2_gy=float(lq.eqd2(bed, alpha_beta)),
        difference_bed_gy=bed - aim,
    )


def _match(
    reference: Prescription,
    alpha_beta: float,
    bed: float,
    asked: str,
    n: float,
    dose: float,
    choices: tuple[Choice, ...],
) -> Match:
    return Match(
        reference=reference.name,
        alpha_beta_gy=alpha_beta,
        reference_bed_gy=bed,
        reference_eqd2_gy=float(lq.eqd2(bed, alpha_beta)),
        asked=asked,
        n_fractions=n,
        dose_per_fraction_gy=dose,
        dose_gy=n * dose,
        choices=choices,
    )


def _matched(reference: Prescription, alpha_betas: Sequence[float], matches: Sequence[Match]) -> DoseAnswer:
    if not alpha_betas:
        raise DomainError("matching needs at least one alpha/beta")
    notes = [Note(code="without-time", severity="info")]
    high = max(match.dose_per_fraction_gy for match in matches)
    if high > LQ_DOUBTFUL_GY:
        notes.append(
            Note(
                code="high-dose-per-fraction",
                severity="warning",
                values={"dose_per_fraction_gy": high, "about_gy": LQ_DOUBTFUL_GY},
            )
        )
    return DoseAnswer(
        rows=(),
        readings=(Reading(regimen=reference.name, reading=reference.reading),),
        notes=tuple(notes),
        matches=tuple(matches),
    )
