"""Which dose an RT Plan prescribes: its target, and what each fraction group and each beam gives it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rtplan.errors import ConfigError
from rtplan.note import Note, Phrase, Severity, Value
from rtplan.records.dicom_plan import DoseReference, FractionGroup, PlannedBeam, RTPlan

__all__ = ["SAME", "GroupDose", "PlanDose", "dose_of"]

SAME = 0.01
"""Two doses of one plan that differ by more than this share are said to differ. The task's bound, no source."""

FAR = 0.1
"""Two doses of one plan that differ by more than this share cannot both be meant: a violation, which --strict-rules
refuses. Design default, no source."""

_SAME_POINT_MM = 1.0
"""Dose points of beams that lie closer than this are one point. Design default, no source. [mm]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDose:
    """The dose of a fraction group. total_gy: to the target. beams_gy: of one fraction, by beam; empty: not known.

    obstacle: why the beams' doses are not known.
    """

    group: FractionGroup
    total_gy: float
    beams_gy: Mapping[int, float]
    obstacle: Phrase | None = None

    @property
    def per_fraction_gy(self) -> float:
        """Dose of one fraction to the target. [Gy]"""
        return self.total_gy / self.group.n_fractions

    def share(self, beam: int) -> float | None:
        """Which share of a fraction's dose a beam gives; None where the doses of the beams are not known."""
        total = math.fsum(self.beams_gy.values())
        if beam in self.beams_gy and total > 0:
            return self.beams_gy[beam] / total
        only = self.group.treating
        return 1.0 if len(only) == 1 and only[0].number == beam else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDose:
    """The doses of a plan's fraction groups to its target, and what is to be said of them."""

    plan: RTPlan
    target: DoseReference | None
    groups: tuple[GroupDose, ...]
    notes: tuple[Note, ...]

    def of(self, group: FractionGroup) -> GroupDose:
        """The dose of a fraction group."""
        return next(dose for dose in self.groups if dose.group == group)


def dose_of(plan: RTPlan, wanted: int | None = None) -> PlanDose:
    """The prescribed dose. wanted: number of the dose reference, where the plan has several targets.

    Raises ConfigError where it cannot be told which dose is prescribed, or how it falls on fraction groups.
    """
    _refuse_brachy(plan)
    target, notes = _target(plan, wanted)
    computed = [_beam_doses(plan, group, target) for group in plan.groups]
    if len(plan.groups) == 1:
        group, more = _one_group(plan, target, computed[0])
        groups: tuple[GroupDose, ...] = (group,)
    else:
        groups, more = _several_groups(plan, target, computed)
    return PlanDose(plan=plan, target=target, groups=groups, notes=(*notes, *more))


def _refuse_brachy(plan: RTPlan) -> None:
    for group in plan.groups:
        if group.brachy:
            problem = "is a brachytherapy group (NumberOfBrachyApplicationSetups): only external beams are read"
            raise ConfigError(plan.file, [f"fraction group {group.number} {problem}"])
        if not group.treating:
            raise ConfigError(plan.file, [f"fraction group {group.number} has no treatment beam"])


def _target(plan: RTPlan, wanted: int | None) -> tuple[DoseReference | None, list[Note]]:
    """The dose reference that the prescription is to. Its type decides, never its structure: a volume or a site."""
    targets = [reference for reference in plan.references if reference.is_target]
    told = ", ".join(reference.told for reference in targets)
    if wanted is not None:
        found = next((reference for reference in targets if reference.number == wanted), None)
        if found is None:
            known = f"its targets are {told}" if targets else "it has no target"
            raise ConfigError(plan.file, [f"dose reference {wanted} is no TARGET of the plan: {known}"])
        return found, []
    if len(targets) < 2:
        return (targets[0] if targets else None), []
    in_groups = {number for group in plan.groups for number, _ in group.doses}
    dosed = [reference for reference in targets if reference.dose_gy is not None or reference.number in in_groups]
    if len(dosed) != 1:
        problem = f"has several dose references of type TARGET: {told}; say which one with --dose-reference N"
        raise ConfigError(plan.file, [problem])
    others = tuple(reference.number for reference in targets if reference is not dosed[0])
    return dosed[0], [_said("dicom-other-targets", "warning", number=dosed[0].number, count=len(others), others=others)]


def _beam_doses(plan: RTPlan, group: FractionGroup, target: DoseReference | None) -> GroupDose:
    """What each beam of a group gives the target, or the reason why that is not known."""
    obstacle = _obstacle(plan, group, target)
    if obstacle is not None:
        return GroupDose(group=group, total_gy=0.0, beams_gy={}, obstacle=obstacle)
    doses = {beam.number: _to_target(beam, target) or 0.0 for beam in group.treating}
    return GroupDose(group=group, total_gy=group.n_fractions * math.fsum(doses.values()), beams_gy=doses)


def _to_target(beam: PlannedBeam, target: DoseReference | None) -> float | None:
    """The beam's dose, by the coefficient of the target where its control points state one."""
    if beam.dose_gy is None:
        return None
    coefficient = dict(beam.coefficients).get(target.number) if target else None
    return beam.dose_gy if coefficient is None else coefficient * beam.dose_gy


def _obstacle(plan: RTPlan, group: FractionGroup, target: DoseReference | None) -> Phrase | None:
    beams = group.treating
    if effective := [beam.number for beam in beams if beam.effective]:
        return Phrase(code="dicom-effective", values={"beams": tuple(effective)})
    if missing := [beam.number for beam in beams if beam.dose_gy is None]:
        return Phrase(code="dicom-no-beam-dose", values={"beams": tuple(missing)})
    stated = [beam for beam in beams if target is None or target.number not in dict(beam.coefficients)]
    elsewhere = [beam.number for beam in stated if not _is_to(plan, beam, target)]
    if elsewhere:
        return Phrase(code="dicom-other-reference", values={"beams": tuple(elsewhere)})
    if _apart([beam.point for beam in stated if beam.point and not beam.reference_uid]):
        return Phrase(code="dicom-points-apart", values={"group": group.number})
    if not sum(_to_target(beam, target) or 0.0 for beam in beams) > 0:
        return Phrase(code="dicom-no-dose", values={"group": group.number})
    return None


def _is_to(plan: RTPlan, beam: PlannedBeam, target: DoseReference | None) -> bool:
    """Is a beam's dose stated to the target? A beam that names no dose reference speaks of the plan's one point."""
    if not beam.reference_uid:
        return True
    if target is not None:
        return beam.reference_uid == target.uid
    return not any(reference.uid == beam.reference_uid for reference in plan.references)


def _apart(points: Sequence[tuple[float, ...]]) -> bool:
    """Do beams state their dose at different points? Such doses do not add up."""
    return any(len(point) != len(points[0]) or math.dist(point, points[0]) > _SAME_POINT_MM for point in points)


def _one_group(plan: RTPlan, target: DoseReference | None, computed: GroupDose) -> tuple[GroupDose, Sequence[Note]]:
    stated = _stated(plan, target, computed.group)
    if stated is None:
        if computed.obstacle is not None:
            raise _no_dose(plan, [computed])
        return computed, [_from_beams(computed)]
    found = GroupDose(group=computed.group, total_gy=stated, beams_gy=computed.beams_gy, obstacle=computed.obstacle)
    return found, list(_compared(stated, computed))


def _stated(plan: RTPlan, target: DoseReference | None, group: FractionGroup) -> float | None:
    """What is prescribed to the target: by the only fraction group, or by the plan."""
    if target is None:
        return None
    own = dict(group.doses).get(target.number)
    whole = target.dose_gy if len(plan.groups) == 1 else None
    if own is not None and whole is not None and _differ(own, whole):
        problem = f"TargetPrescriptionDose of dose reference {target.number} is {whole:g} Gy in DoseReferenceSequence"
        raise ConfigError(plan.file, [f"{problem}, but {own:g} Gy in fraction group {group.number}"])
    return whole if whole is not None else own


def _compared(stated: float, computed: GroupDose) -> Iterator[Note]:
    group = computed.group.number
    if computed.obstacle is not None:
        yield _said("dicom-not-compared", "info", group=group, reason=computed.obstacle)
    elif _differ(stated, computed.total_gy):
        total = computed.total_gy
        percent = 100 * (total / stated - 1)
        severity: Severity = "violation" if abs(percent) > 100 * FAR else "warning"
        yield _said("dicom-doses-differ", severity, group=group, dose_gy=stated, beams_gy=total, percent=percent)


def _several_groups(
    plan: RTPlan, target: DoseReference | None, computed: Sequence[GroupDose]
) -> tuple[tuple[GroupDose, ...], Sequence[Note]]:
    """Each group by its own dose or that of its beams: a dose of the whole plan cannot be told apart."""
    notes: list[Note] = []
    found: list[GroupDose] = []
    for each in computed:
        own = _stated(plan, target, each.group)
        if own is not None:
            notes += _compared(own, each)
            found.append(GroupDose(group=each.group, total_gy=own, beams_gy=each.beams_gy, obstacle=each.obstacle))
        elif each.obstacle is None:
            notes.append(_from_beams(each))
            found.append(each)
    if len(found) < len(computed):
        raise _no_dose(plan, [each for each in computed if each.group not in [dose.group for dose in found]])
    total = math.fsum(dose.total_gy for dose in found)
    if target is not None and target.dose_gy is not None and _differ(target.dose_gy, total):
        problem = f"its fraction groups give {total:g} Gy together, but TargetPrescriptionDose of dose reference"
        raise ConfigError(plan.file, [f"{problem} {target.number} is {target.dose_gy:g} Gy"])
    return tuple(found), notes


def _from_beams(computed: GroupDose) -> Note:
    group, each, total = computed.group, computed.per_fraction_gy, computed.total_gy
    told = {"group": group.number, "n_fractions": group.n_fractions, "dose_per_fraction_gy": each, "dose_gy": total}
    return _said("dicom-dose-from-beams", "warning", **told)


def _said(code: str, severity: Severity, **values: Value) -> Note:
    return Note(code=code, severity=severity, values=values)


def _no_dose(plan: RTPlan, computed: Sequence[GroupDose]) -> ConfigError:
    """No dose: neither TargetPrescriptionDose nor BeamDose gives one."""
    return ConfigError(plan.file, [_why(each) for each in computed])


_WHY = {
    "dicom-effective": "BeamDoseType of beams {beams} is EFFECTIVE, not PHYSICAL",
    "dicom-no-beam-dose": "BeamDose of beams {beams} is missing",
    "dicom-other-reference": "BeamDose of beams {beams} is stated to another dose reference",
    "dicom-points-apart": "its beams state BeamDose at different points",
    "dicom-no-dose": "its beams give 0 Gy",
}


def _why(computed: GroupDose) -> str:
    assert computed.obstacle is not None
    beams = computed.obstacle.values.get("beams", ())
    told = ", ".join(map(str, beams if isinstance(beams, tuple) else (beams,)))
    reason = _WHY[computed.obstacle.code].format(beams=told)
    group = f"fraction group {computed.group.number}"
    return f"{group} has no dose of its own: TargetPrescriptionDose is not stated for it, and {reason}"


def _differ(dose: float, other: float) -> bool:
    return abs(other - dose) > SAME * dose
