"""What an RT Plan says of fractions and dose: its dose references, its fraction groups and their beams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtplan.errors import ConfigError
from rtplan.records.dicom_file import PLAN, Item, read_item

__all__ = ["TREATING", "DoseReference", "FractionGroup", "PlannedBeam", "RTPlan", "one_patient", "parse", "read"]

TREATING = ("TREATMENT", "CONTINUATION", "TRMT_PORTFILM")
"""Kinds of delivery that give the planned dose: a portal image of the treatment field is part of the treatment."""

OTHER = ("SETUP", "OPEN_PORTFILM", "VERIFICATION", "DRY_RUN")
"""Kinds of delivery that give none of the planned dose."""

_MOST_BEAMS = 999
_MOST_GROUPS = 99
_HIGHEST_TOTAL_GY = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseReference:
    """A point, volume or site to which a dose is stated. dose_gy: prescribed over the whole plan, None: not stated."""

    number: int
    uid: str
    structure: str
    is_target: bool
    dose_gy: float | None

    @property
    def told(self) -> str:
        """Number and dose: its description may hold names and is never read."""
        dose = "no dose" if self.dose_gy is None else f"{self.dose_gy:g} Gy"
        return f"{self.number} ({dose})"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBeam:
    """A beam of a fraction group.

    dose_gy: of one fraction, at the beam's own dose point. meterset: of one fraction, in the beam's unit.
    point: where the dose is stated [mm]. reference_uid: the dose reference it is stated to. coefficients: share of the
    dose that each dose reference gets, by number. treats: False for set-up and verification beams. typed: does the plan
    say what kind of beam it is?
    """

    number: int
    dose_gy: float | None
    meterset: float | None
    point: tuple[float, ...]
    reference_uid: str
    effective: bool
    coefficients: tuple[tuple[int, float], ...]
    treats: bool
    typed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionGroup:
    """A run of equal fractions. doses: what the group prescribes to dose references, by number [Gy].

    pattern: the weekly pattern as 0 and 1, digits: of them a day, weeks: in a cycle; "" where none is stated.
    """

    number: int
    n_fractions: int
    beams: tuple[PlannedBeam, ...]
    doses: tuple[tuple[int, float], ...]
    pattern: str
    digits: int
    weeks: int
    brachy: bool

    @property
    def treating(self) -> tuple[PlannedBeam, ...]:
        """The beams that give dose."""
        return tuple(beam for beam in self.beams if beam.treats)


@dataclass(frozen=True, slots=True, kw_only=True)
class RTPlan:
    """An RT Plan. before: identifiers of the plans that it follows (predecessors and prior plans)."""

    file: str
    uid: str
    patient: str
    before: tuple[str, ...]
    references: tuple[DoseReference, ...]
    groups: tuple[FractionGroup, ...]

    def group(self, number: int | None) -> FractionGroup | None:
        """The fraction group of a number; where a record states none, the only one."""
        if number is None:
            return self.groups[0] if len(self.groups) == 1 else None
        return next((group for group in self.groups if group.number == number), None)


def read(path: Path) -> RTPlan:
    """The RT Plan in a file. Raises ConfigError with file, attribute, value and bound."""
    return parse(read_item(path, PLAN))


def parse(item: Item) -> RTPlan:
    """The RT Plan that an item holds."""
    groups = item.items("FractionGroupSequence")
    if not groups:
        raise item.bad("FractionGroupSequence", "is missing or empty: the plan has no fraction scheme")
    if len(groups) > _MOST_GROUPS:
        raise item.bad("FractionGroupSequence", f"has {len(groups)} items, at most {_MOST_GROUPS} are read")
    beams = {number: beam for beam in item.items("BeamSequence") if (number := beam.whole("BeamNumber")) is not None}
    found = sorted((_group(group, beams) for group in groups), key=lambda group: group.number)
    if len({group.number for group in found}) < len(found):
        raise item.bad("FractionGroupNumber", "stands twice: two fraction groups bear one number")
    return RTPlan(
        file=item.file,
        uid=item.text("SOPInstanceUID"),
        patient=item.text("PatientID"),
        before=tuple(_before(item)),
        references=_references(item),
        groups=tuple(found),
    )


def _before(item: Item) -> Iterator[str]:
    for other in item.items("ReferencedRTPlanSequence"):
        if other.text("RTPlanRelationship") in ("PREDECESSOR", "PRIOR"):
            yield other.text("ReferencedSOPInstanceUID")


def _references(item: Item) -> tuple[DoseReference, ...]:
    found = tuple(_reference(each) for each in item.items("DoseReferenceSequence"))
    if len({reference.number for reference in found}) < len(found):
        raise item.bad("DoseReferenceNumber", "stands twice: two dose references bear one number")
    return found


def _reference(item: Item) -> DoseReference:
    return DoseReference(
        number=_needed(item, "DoseReferenceNumber"),
        uid=item.text("DoseReferenceUID"),
        structure=item.text("DoseReferenceStructureType"),
        is_target=item.text("DoseReferenceType") == "TARGET",
        dose_gy=_above_zero(item, "TargetPrescriptionDose", _HIGHEST_TOTAL_GY),
    )


def _group(item: Item, beams: dict[int, Item]) -> FractionGroup:
    listed = item.items("ReferencedBeamSequence")
    if len(listed) > _MOST_BEAMS:
        raise item.bad("ReferencedBeamSequence", f"has {len(listed)} items, at most {_MOST_BEAMS} are read")
    found = _without_idle(tuple(_beam(beam, beams) for beam in listed))
    if len({beam.number for beam in found}) < len(found):
        raise item.bad("ReferencedBeamNumber", "stands twice: a beam is in the fraction group two times")
    _check_count(item, found)
    doses = [(_needed(each, "ReferencedDoseReferenceNumber"), each) for each in _prescribed(item)]
    return FractionGroup(
        number=_needed(item, "FractionGroupNumber"),
        n_fractions=_needed(item, "NumberOfFractionsPlanned", 1),
        beams=found,
        doses=tuple(
            (number, each.number("TargetPrescriptionDose", _HIGHEST_TOTAL_GY) or 0.0) for number, each in doses
        ),
        pattern=item.text("FractionPattern"),
        digits=item.whole("NumberOfFractionPatternDigitsPerDay", 1, 4) or 1,
        weeks=item.whole("RepeatFractionCycleLength", 1, 52) or 1,
        brachy=bool(item.whole("NumberOfBrachyApplicationSetups")),
    )


def _prescribed(item: Item) -> Iterator[Item]:
    for each in item.items("ReferencedDoseReferenceSequence"):
        if _above_zero(each, "TargetPrescriptionDose", _HIGHEST_TOTAL_GY) is not None:
            yield each


def _check_count(item: Item, found: tuple[PlannedBeam, ...]) -> None:
    """A list of beams shorter than its count has lost some; set-up beams may be left out of the count."""
    stated = item.whole("NumberOfBeams", 0, _MOST_BEAMS)
    if stated is not None and stated not in (len(found), sum(beam.treats for beam in found)):
        raise item.bad("NumberOfBeams", f"is {stated}, but ReferencedBeamSequence has {len(found)} items")


def _beam(item: Item, beams: dict[int, Item]) -> PlannedBeam:
    number = _needed(item, "ReferencedBeamNumber")
    beam = beams.get(number)
    if beam is None:
        raise item.bad("ReferencedBeamNumber", f"{number} is no beam of the plan's BeamSequence")
    kind = beam.text("TreatmentDeliveryType")
    if kind not in ("", *TREATING, *OTHER):
        raise beam.bad("TreatmentDeliveryType", f"must be one of {', '.join((*TREATING, *OTHER))}, got another text")
    return PlannedBeam(
        number=number,
        dose_gy=item.number("BeamDose", _HIGHEST_TOTAL_GY),
        meterset=item.number("BeamMeterset"),
        point=item.numbers("BeamDoseSpecificationPoint"),
        reference_uid=item.text("ReferencedDoseReferenceUID"),
        effective=item.text("BeamDoseType") == "EFFECTIVE",
        coefficients=tuple(_coefficients(beam)),
        treats=kind in ("", *TREATING),
        typed=bool(kind),
    )


def _without_idle(beams: tuple[PlannedBeam, ...]) -> tuple[PlannedBeam, ...]:
    """A beam of unstated kind that has no dose and no meterset, beside beams that have, cannot treat: a set-up beam."""
    if not any(beam.dose_gy or beam.meterset for beam in beams):
        return beams
    return tuple(
        replace(beam, treats=beam.treats and bool(beam.typed or beam.dose_gy or beam.meterset)) for beam in beams
    )


def _coefficients(beam: Item) -> Iterator[tuple[int, float]]:
    """Coefficients of the last control point: what of the beam's dose each dose reference has got by its end."""
    points = beam.items("ControlPointSequence")
    for each in points[-1].items("ReferencedDoseReferenceSequence") if points else ():
        value = each.number("CumulativeDoseReferenceCoefficient")
        if value is not None:
            yield _needed(each, "ReferencedDoseReferenceNumber"), value


def _needed(item: Item, keyword: str, low: int = 0) -> int:
    value = item.whole(keyword, low)
    if value is None:
        raise item.bad(keyword, "is missing")
    return value


def _above_zero(item: Item, keyword: str, high: float) -> float | None:
    """A dose; 0 and nothing are the same: not stated."""
    return item.number(keyword, high) or None


def one_patient(files: Sequence[tuple[str, str]]) -> None:
    """ConfigError where files are of several patients. files: name, and digest of the patient's number."""
    known = [(name, patient) for name, patient in files if patient]
    for name, patient in known:
        if patient != known[0][1]:
            raise ConfigError(name, [f"is of another patient than {known[0][0]}: PatientID differs"])
