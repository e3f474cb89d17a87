"""Deliveries of one or of several plans into the entries of a record."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rtplan.errors import ConfigError, DomainError
from rtplan.note import Note, Value
from rtplan.records.dicom_dose import PlanDose, dose_of
from rtplan.records.dicom_fraction import Given, Reading, given
from rtplan.records.dicom_plan import OTHER, RTPlan
from rtplan.records.dicom_prescription import phase_name
from rtplan.records.dicom_record import BeamDelivery, SummaryFraction
from rtplan.records.record import RecordEntry

__all__ = ["Sources", "Wanted", "entries"]

_Each = TypeVar("_Each", BeamDelivery, SummaryFraction)

_SHORT = ("dicom-beam-not-begun", "dicom-beam-unrecorded", "dicom-beam-partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the course is and what the user says. targets, phases: names in the plan that the record is of.

    dose_reference: number of the target. plans: which plans count, by their place in order of their first delivery.
    """

    targets: tuple[str, ...]
    phases: tuple[str, ...] = ()
    dose_reference: int | None = None
    plans: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the files hold."""

    plans: tuple[RTPlan, ...]
    deliveries: tuple[BeamDelivery, ...]
    fractions: tuple[SummaryFraction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """What was delivered of one plan. offset: fractions of the plans before it."""

    plan: RTPlan | None
    deliveries: tuple[BeamDelivery, ...]
    fractions: tuple[SummaryFraction, ...]
    offset: int = 0

    @property
    def all(self) -> tuple[BeamDelivery | SummaryFraction, ...]:
        """Everything that was delivered of the plan."""
        return (*self.deliveries, *self.fractions)

    @property
    def uid(self) -> str:
        """The plan that the records name."""
        return self.all[0].plan

    @property
    def dates(self) -> list[str]:
        """Days with a delivery, in order."""
        return sorted({each.date.isoformat() for each in self.all})

    @property
    def last_number(self) -> int:
        """The highest fraction number of the plan."""
        return max((each.number or 0 for each in self.all), default=0)

    @property
    def told(self) -> str:
        """Days and fractions, for messages; a plan's label or identifier is never repeated."""
        days = self.dates
        count = f"{self.last_number} fractions" if self.last_number != 1 else "1 fraction"
        return f"{count}, {days[0]} to {days[-1]}"


def entries(sources: Sources, wanted: Wanted) -> tuple[tuple[RecordEntry, ...], tuple[Note, ...]]:
    """The entries of a record, one a beam, in order of time; and what is to be said of the reading.

    Raises ConfigError where the records are of several plans and nothing says how these follow one another, or where
    a delivery has no dose.
    """
    notes: list[Note] = []
    found: list[RecordEntry] = []
    for course in _chosen(list(_courses(sources)), wanted, notes):
        found += _of_course(course, wanted, notes)
    in_order = sorted(found, key=lambda entry: (entry.date, entry.time or dt.time(), entry.line))
    return tuple(replace(entry, line=line) for line, entry in enumerate(in_order, start=1)), tuple(notes)


def _courses(sources: Sources) -> Iterator[_Course]:
    """The deliveries by the plan that they name, in order of their first day."""
    everything: list[BeamDelivery | SummaryFraction] = [*sources.deliveries, *sources.fractions]
    named = {each.plan for each in everything}
    if "" in named and len(named) > 1:
        nameless = next(each for each in everything if not each.plan)
        raise ConfigError(nameless.file, ["names no plan (ReferencedRTPlanSequence), but other records do"])
    plans = {plan.uid: plan for plan in sources.plans}
    courses = [
        _Course(
            plan=plans.get(uid),
            deliveries=tuple(_grouped(each, plans.get(uid)) for each in sources.deliveries if each.plan == uid),
            fractions=tuple(_grouped(each, plans.get(uid)) for each in sources.fractions if each.plan == uid),
        )
        for uid in named
    ]
    yield from sorted(courses, key=lambda course: course.dates)


def _grouped(each: _Each, plan: RTPlan | None) -> _Each:
    """A delivery that names no fraction group is of the plan's only one."""
    group = plan.group(each.group) if plan and each.group is None else None
    return replace(each, group=group.number) if group else each


def _chosen(courses: Sequence[_Course], wanted: Wanted, notes: list[Note]) -> Iterator[_Course]:
    """The courses that count, each with the fractions before it."""
    if strange := [place for place in wanted.plans if place > len(courses)]:
        raise DomainError(f"--record-plan {strange[0]}: the records are of {len(courses)} plans")
    chosen = [courses[place - 1] for place in wanted.plans] if wanted.plans else list(courses)
    if len(chosen) > 1 and not wanted.plans and not _follow(chosen):
        told = "; ".join(f"plan {place}: {course.told}" for place, course in enumerate(courses, start=1))
        how = "say which count with --record-plan 1, or --record-plan 1 --record-plan 2 for one after the other"
        raise ConfigError("the records", [f"are of {len(courses)} plans ({told}): {how}"])
    for course in courses:
        if course not in chosen:
            notes.append(
                _said("dicom-other-plan", count=course.last_number, first=course.dates[0], last=course.dates[-1])
            )
    offset = 0
    for before, course in zip((None, *chosen), chosen, strict=False):
        if before is not None:
            _refuse_overlap(before, course)
            notes.append(_said("dicom-replanned", first=course.dates[0], count=offset))
        yield replace(course, offset=offset)
        offset += course.last_number


def _said(code: str, **values: Value) -> Note:
    return Note(code=code, severity="warning", values=values)


def _follow(courses: Sequence[_Course]) -> bool:
    """Does each plan say that it follows the one before it?"""
    return all(
        course.plan is not None and before.uid in course.plan.before for before, course in itertools.pairwise(courses)
    )


def _refuse_overlap(before: _Course, course: _Course) -> None:
    if course.dates[0] < before.dates[-1]:
        problem = f"deliveries of two plans overlap in time: {before.told}; {course.told}"
        raise ConfigError("the records", [f"{problem}: they do not follow one another"])


def _of_course(course: _Course, wanted: Wanted, notes: list[Note]) -> Iterator[RecordEntry]:
    dose = dose_of(course.plan, wanted.dose_reference) if course.plan else None
    notes += dose.notes if dose else ()
    treating = _treating(course, notes)
    groups = dict.fromkeys([*(each.group for each in treating), *(each.group for each in course.fractions)])
    if len(groups) > 1 and course.plan is None:
        raise ConfigError("the records", ["are of several fraction groups: give the RT Plan, which says their order"])
    for group in groups:
        mine = [each for each in treating if each.group == group]
        reading = _reading(course, dose, group, mine, wanted)
        yield from _of_group(course, group, mine, reading, wanted)
        notes += reading.notes
    _say_source(course, dose, treating, wanted, notes)


def _treating(course: _Course, notes: list[Note]) -> list[BeamDelivery]:
    """The deliveries that give the planned dose, by what the record or else the plan says of the beam."""
    treating = [each for each in course.deliveries if _treats(course, each)]
    idle = len(course.deliveries) - len(treating)
    if idle:
        notes.append(Note(code="dicom-setup-beams", severity="info", values={"count": idle}))
    return sorted(treating, key=lambda each: each.moment)


def _treats(course: _Course, delivery: BeamDelivery) -> bool:
    if delivery.kind in OTHER:
        return False
    if course.plan is None:
        if not delivery.kind:
            problem = f"{delivery.told}: TreatmentDeliveryType is missing, and there is no RT Plan that says what it is"
            raise ConfigError(delivery.file, [problem])
        return True
    group = course.plan.group(delivery.group)
    if group is None:
        problem = f"{delivery.told}: ReferencedFractionGroupNumber {_told(delivery.group)} is no group of its RT Plan"
        raise ConfigError(delivery.file, [problem])
    beam = next((beam for beam in group.beams if beam.number == delivery.beam), None)
    if beam is None:
        problem = f"{delivery.told}: its RT Plan has no such beam in fraction group {group.number}"
        raise ConfigError(delivery.file, [problem])
    return beam.treats


def _told(number: int | None) -> str:
    return "(missing)" if number is None else str(number)


def _reading(
    course: _Course, dose: PlanDose | None, group: int | None, treating: Sequence[BeamDelivery], wanted: Wanted
) -> Reading:
    number = dose.target.number if dose and dose.target else wanted.dose_reference
    states = number is not None and bool(treating) and all(number in dict(each.doses) for each in treating)
    planned = course.plan.group(group) if course.plan else None
    return Reading(
        dose=dose.of(planned) if dose and planned else None,
        stated=number if states else None,
        beams=frozenset(each.beam for each in treating),
        many=len(wanted.targets) > 1,
    )


def _of_group(
    course: _Course, group: int | None, treating: Sequence[BeamDelivery], reading: Reading, wanted: Wanted
) -> Iterator[RecordEntry]:
    before = course.offset + _fractions_before(course, group)
    phase = _phase(course, group, wanted)
    seen: set[int] = set()
    for fraction in _fractions(treating):
        seen |= {each.number for each in fraction if each.number is not None}
        yield from _entries(given(reading, fraction), before, phase, wanted.targets[0])
    for summed in course.fractions:
        if summed.group == group and summed.number not in seen:
            yield _of_summary(summed, before, phase)
    _compare_summary(course, group, treating, reading)


def _fractions_before(course: _Course, group: int | None) -> int:
    """Fractions of the fraction groups before one: numbers of a record begin with 1 in every group."""
    planned = course.plan.group(group) if course.plan else None
    if course.plan is None or planned is None:
        return 0
    return sum(each.n_fractions for each in course.plan.groups if each.number < planned.number)


def _phase(course: _Course, group: int | None, wanted: Wanted) -> str:
    """The phase of a fraction group, where the course has phases by that name."""
    planned = course.plan.group(group) if course.plan else None
    name = phase_name(planned) if planned else ""
    return name if name in wanted.phases else ""


def _fractions(treating: Sequence[BeamDelivery]) -> list[list[BeamDelivery]]:
    """Deliveries of one fraction number belong together, whatever their day; without a number, those of one day."""
    groups: dict[object, list[BeamDelivery]] = {}
    for delivery in treating:
        groups.setdefault(delivery.date if delivery.number is None else delivery.number, []).append(delivery)
    return list(groups.values())


def _entries(parts: Sequence[Given], before: int, phase: str, target: str) -> Iterator[RecordEntry]:
    """A delivery on a later day than the fraction's first is the rest of a partial fraction."""
    begun = min(part.delivery.date for part in parts)
    nothing = all(part.dose_gy == 0.0 for part in parts)
    for line, part in enumerate(parts):
        if part.dose_gy == 0.0 and not nothing:
            continue
        delivery = part.delivery
        yield RecordEntry(
            line=line,
            date=delivery.date,
            time=delivery.time,
            number=None if delivery.number is None else before + delivery.number,
            doses_gy={} if part.dose_gy is None else {target: part.dose_gy},
            targets=() if part.dose_gy is None else (target,),
            status="remainder" if delivery.date > begun and not nothing else "",
            phase=phase,
        )
        if nothing:
            return


def _of_summary(fraction: SummaryFraction, before: int, phase: str) -> RecordEntry:
    """A fraction that only a summary knows: whole, with the planned dose, or not to be read."""
    if fraction.status != "NORMAL":
        told = f"fraction {fraction.number} on {fraction.date} ended with TreatmentTerminationStatus {fraction.status}"
        how = "a summary does not say what was given of it: give its RT Beams Treatment Records"
        raise ConfigError(fraction.file, [f"{told}: {how}"])
    return RecordEntry(line=0, date=fraction.date, time=fraction.time, number=before + fraction.number, phase=phase)


def _compare_summary(course: _Course, group: int | None, treating: Sequence[BeamDelivery], reading: Reading) -> None:
    """A fraction that summary and beam records put on different days is in one of them wrong."""
    short = {note.values["fraction"] for note in reading.notes if note.code in _SHORT}
    days: dict[int | None, set[object]] = {}
    for delivery in treating:
        days.setdefault(delivery.number, set()).add(delivery.date)
    for summed in course.fractions:
        if summed.group == group and summed.number in days and summed.date not in days[summed.number]:
            told = ", ".join(sorted(map(str, days[summed.number])))
            problem = f"puts fraction {summed.number} on {summed.date}, the records of its beams on {told}"
            raise ConfigError(summed.file, [problem])
        if summed.group == group and summed.number in short and summed.status == "NORMAL":
            reading.say("dicom-summary-says-whole", "warning", fraction=summed.number, date=summed.date.isoformat())


def _say_source(
    course: _Course, dose: PlanDose | None, treating: Sequence[BeamDelivery], wanted: Wanted, notes: list[Note]
) -> None:
    """Where the doses of a record come from."""
    number = dose.target.number if dose and dose.target else wanted.dose_reference
    states = number is not None and all(number in dict(each.doses) for each in treating)
    if treating and states and len(wanted.targets) == 1:
        values: dict[str, Value] = {"number": number}
        notes.append(Note(code="dicom-dose-stated", severity="info", values=values))
    elif treating and dose is not None and len(wanted.targets) == 1:
        notes.append(Note(code="dicom-dose-by-meterset", severity="info"))
    elif treating:
        code = "dicom-dose-as-planned" if dose is None else "dicom-dose-many-targets"
        notes.append(Note(code=code, severity="warning"))
    if course.plan is not None and course.plan.before and not course.offset:
        notes.append(Note(code="dicom-plan-before", severity="info"))
    if not course.uid:
        notes.append(_said("dicom-no-plan-named"))
    if any(each.number not in {delivery.number for delivery in treating} for each in course.fractions):
        notes.append(Note(code="dicom-summary-as-planned", severity="warning"))
