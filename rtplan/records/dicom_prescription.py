"""An RT Plan as a protocol: a phase a fraction group, on the weekly pattern that the plan states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtplan.clinic.days import WEEKDAYS
from rtplan.errors import ConfigError, DomainError
from rtplan.library.protocol import Protocol
from rtplan.note import Note, Source
from rtplan.prescription.prescription import MAY_BE_CGY_GY, Pattern, Phase, Prescription, TargetDose, high_dose
from rtplan.records import dicom_plan
from rtplan.records.dicom_dose import GroupDose, dose_of
from rtplan.records.dicom_plan import FractionGroup, RTPlan

__all__ = ["DicomProtocol", "phase_name", "protocol_of"]

NAME = "RT Plan"
"""What a plan is called: its own label may be a patient's name."""

TARGET = "tumour"


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomProtocol:
    """A protocol read from an RT Plan, with what is to be said of the reading."""

    protocol: Protocol
    notes: tuple[Note, ...]


def protocol_of(path: str | Path, dose_reference: int | None = None) -> DicomProtocol:
    """The fraction scheme of an RT Plan. dose_reference: number of the target, where the plan has several.

    Raises ConfigError where the file is no whole RT Plan, or does not say which dose is prescribed in which fractions.
    """
    plan = dicom_plan.read(Path(path))
    dose = dose_of(plan, dose_reference)
    phases, notes = _phases(plan, dose.groups)
    prescription = Prescription(name=NAME, phases=phases)
    source = Source(text="DICOM RT Plan, not checked against the signed prescription", known="program")
    protocol = Protocol(name=NAME, label="DICOM RT Plan", sources=(source,), prescription=prescription)
    return DicomProtocol(protocol=protocol, notes=(*dose.notes, *notes))


def phase_name(group: FractionGroup) -> str:
    """The phase of a fraction group."""
    return f"fraction group {group.number}"


def _phases(plan: RTPlan, doses: Sequence[GroupDose]) -> tuple[tuple[Phase, ...], list[Note]]:
    phases, notes = [], []
    for dose in doses:
        pattern = _pattern(plan, dose.group)
        if pattern is None:
            notes.append(Note(code="dicom-no-pattern", severity="warning", values={"group": dose.group.number}))
        phases.append(_phase(plan, dose, pattern or Pattern()))
    if len(phases) > 1:
        notes.append(Note(code="dicom-groups-in-order", severity="warning", values={"count": len(phases)}))
    return tuple(phases), notes


def _phase(plan: RTPlan, dose: GroupDose, pattern: Pattern) -> Phase:
    total = TargetDose(target=TARGET, dose_gy=_tidy(dose.total_gy))
    try:
        name = phase_name(dose.group)
        phase = Phase(name=name, n_fractions=dose.group.n_fractions, totals=(total,), pattern=pattern)
        if problem := next(high_dose(phase, MAY_BE_CGY_GY), ""):
            raise DomainError(problem)
    except DomainError as error:
        raise ConfigError(plan.file, [f"fraction group {dose.group.number}: {error}"]) from None
    return phase


def _tidy(dose_gy: float) -> float:
    """A dose without the last bits of a sum: DICOM writes at most 16 signs. [Gy]"""
    return float(f"{dose_gy:.10g}")


def _pattern(plan: RTPlan, group: FractionGroup) -> Pattern | None:
    """The weekly pattern that a group states, from Monday on; None where it states none."""
    if not group.pattern:
        return None
    digits = group.pattern.strip()
    length = 7 * group.digits * group.weeks
    if not re.fullmatch(r"[01]+", digits) or len(digits) != length or "1" not in digits:
        problem = f"FractionPattern must be {length} signs 0 and 1, one of them 1 at least, got {len(digits)} signs"
        raise ConfigError(plan.file, [f"fraction group {group.number}: {problem}"])
    weeks = {digits[start : start + 7 * group.digits] for start in range(0, length, 7 * group.digits)}
    if len(weeks) > 1:
        problem = f"FractionPattern has {group.weeks} weeks that differ: give the scheme by hand, as a file or notation"
        raise ConfigError(plan.file, [f"fraction group {group.number}: {problem}"])
    return _weekly(plan, group, weeks.pop())


def _weekly(plan: RTPlan, group: FractionGroup, week: str) -> Pattern:
    size = group.digits
    counts = {day: week[place * size : (place + 1) * size].count("1") for place, day in enumerate(WEEKDAYS)}
    days = tuple(day for day in WEEKDAYS if counts[day])
    several = {counts[day] for day in days}
    if len(several) == 1:
        return Pattern(weekdays=days, fractions_per_day=several.pop())
    if several == {1, 2}:
        return Pattern(weekdays=days, twice_daily_weekdays=tuple(day for day in days if counts[day] == 2))
    problem = "FractionPattern gives days of different counts above two: give the scheme by hand"
    raise ConfigError(plan.file, [f"fraction group {group.number}: {problem}"])
