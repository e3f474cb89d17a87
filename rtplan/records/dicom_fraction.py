"""From beams to fractions: what of a fraction's dose each delivery of a beam gave.

A beam gives its share of the fraction's dose (its BeamDose among those of the fraction) times the part of its meterset
that was delivered. Where the record itself states the dose to the target, that is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rtplan.errors import ConfigError
from rtplan.note import Note, Phrase, Severity, Value
from rtplan.records.dicom_dose import SAME, GroupDose
from rtplan.records.dicom_record import BeamDelivery

__all__ = ["Given", "Reading", "given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one delivery gave. dose_gy: None: the planned dose of the whole fraction."""

    delivery: BeamDelivery
    dose_gy: float | None


@dataclass(slots=True, kw_only=True)
class Reading:
    """How the fractions of one plan and group are read; collects the remarks on them.

    dose: of the fraction group, None where there is no RT Plan. stated: the dose reference whose doses the records
    state, None: by meterset. beams: all treatment beams that the group's records name. many: does the course have
    several targets? Then only whole fractions can be read, and each is given as planned.
    """

    dose: GroupDose | None
    stated: int | None
    beams: frozenset[int]
    many: bool = False
    notes: list[Note] = field(default_factory=list)

    def say(self, code: str, severity: Severity, **values: Value) -> None:
        """Keep a remark."""
        self.notes.append(Note(code=code, severity=severity, values=values))


def given(reading: Reading, fraction: Sequence[BeamDelivery]) -> tuple[Given, ...]:
    """What each delivery of one fraction gave, in order of time.

    Raises ConfigError where deliveries of a beam do not fit together, or a part of a fraction has no dose.
    """
    parts = _parts(reading, fraction)
    missing = _never_begun(reading, parts)
    whole = not missing and all(math.isclose(sum(each.values()), 1.0, abs_tol=SAME) for each in parts.values())
    last = max(fraction, key=lambda delivery: delivery.moment)
    first = min(fraction, key=lambda delivery: delivery.moment)
    if (reading.dose is None and reading.stated is None) or reading.many:
        if not whole or (reading.dose is None and last.date != first.date):
            raise _no_dose(reading, fraction, missing, whole=whole)
        return (Given(delivery=first, dose_gy=None),)
    _say_never_begun(reading, first, missing)
    doses = _stated(reading, fraction) if reading.stated is not None else _by_meterset(reading, parts, whole, first)
    return tuple(Given(delivery=delivery, dose_gy=doses[place]) for place, delivery in enumerate(fraction))


def _parts(reading: Reading, fraction: Sequence[BeamDelivery]) -> dict[int, dict[int, float]]:
    """By beam, the part of its meterset that each delivery gave, by the delivery's place in the fraction."""
    beams: dict[int, dict[int, BeamDelivery]] = {}
    for place, delivery in enumerate(fraction):
        beams.setdefault(delivery.beam, {})[place] = delivery
    return {beam: _beam_parts(reading, found) for beam, found in sorted(beams.items())}


def _beam_parts(reading: Reading, found: Mapping[int, BeamDelivery]) -> dict[int, float]:
    planned = _planned_meterset(reading, list(found.values()))
    parts = {place: _part(delivery, planned, alone=len(found) == 1) for place, delivery in found.items()}
    total = math.fsum(parts.values())
    last = list(found.values())[-1]
    if len(found) > 1 and total > 1.0 + SAME:
        told = f"{last.told}: {len(found)} deliveries add up to {100 * total:.0f} % of the beam's meterset"
        how = "either the beam was given again, or a continuation counts from the start of the beam"
        raise ConfigError(last.file, [f"{told}: {how} (DeliveredPrimaryMeterset); a record of doses is needed"])
    if abs(total - 1.0) <= SAME and any(delivery.status == "NORMAL" for delivery in found.values()):
        return {place: part / total for place, part in parts.items()}
    if abs(total - 1.0) > SAME:
        _say_part(reading, last, total)
    return parts


def _planned_meterset(reading: Reading, found: Sequence[BeamDelivery]) -> float | None:
    """The meterset of a whole beam: the plan's, else what the record specifies where the beam was begun."""
    specified = next((delivery.specified for delivery in found if delivery.kind != "CONTINUATION"), None)
    beams = {beam.number: beam for beam in reading.dose.group.treating} if reading.dose else {}
    if found[0].beam in beams:
        planned = beams[found[0].beam].meterset
        if planned and specified and abs(specified - planned) > SAME * planned:
            values: dict[str, Value] = {"specified": specified, "planned": planned, **_place(found[0])}
            reading.say("dicom-meterset-specified", "warning", **values)
        return planned or specified
    return specified


def _part(delivery: BeamDelivery, planned: float | None, *, alone: bool) -> float:
    if delivery.delivered is None or not planned:
        if delivery.status == "NORMAL" and alone and delivery.delivered != 0.0:
            return 1.0
        lacking = "DeliveredPrimaryMeterset" if delivery.delivered is None else "SpecifiedPrimaryMeterset"
        problem = f"{delivery.told}: {lacking} is missing, and TreatmentTerminationStatus is {delivery.status}"
        raise ConfigError(delivery.file, [f"{problem}: what was given cannot be told"])
    if delivery.begun_at > delivery.delivered:
        problem = f"{delivery.told}: the continuation begins at meterset {delivery.begun_at:g}"
        raise ConfigError(delivery.file, [f"{problem}, after its end, {delivery.delivered:g}"])
    return (delivery.delivered - delivery.begun_at) / planned


def _say_part(reading: Reading, last: BeamDelivery, total: float) -> None:
    """A beam given in part, or beyond its meterset; a delivery that ended normally should be neither."""
    code = "dicom-beam-over" if total > 1.0 else "dicom-beam-partial"
    reading.say(code, "warning", percent=100 * total, status=last.status, **_place(last))


def _place(delivery: BeamDelivery) -> dict[str, Value]:
    return {"beam": delivery.beam, "fraction": _numbered(delivery), "date": delivery.date.isoformat()}


def _numbered(delivery: BeamDelivery) -> Value:
    return Phrase(code="dicom-unnumbered") if delivery.number is None else delivery.number


def _never_begun(reading: Reading, parts: Mapping[int, Mapping[int, float]]) -> tuple[int, ...]:
    """Beams of the plan without a record in this fraction; without a plan, those that other fractions have."""
    planned = {beam.number for beam in reading.dose.group.treating} if reading.dose else reading.beams
    return tuple(sorted(planned - set(parts)))


def _no_dose(reading: Reading, fraction: Sequence[BeamDelivery], missing: Sequence[int], *, whole: bool) -> ConfigError:
    """Only a part was given, and there is nothing that says which dose that is."""
    first = fraction[0]
    number = "the fraction" if first.number is None else f"fraction {first.number}"
    what = f"{number} on {first.date} was " + ("given on several days" if whole else "not given as planned")
    if missing:
        what += f" (no record of beam {', '.join(map(str, missing))})"
    if reading.many:
        why = "the plan has several targets, and a record of beams does not tell their doses apart"
        return ConfigError(first.file, [f"{what}: {why}; give a record with a dose for each target"])
    stated = sorted({number for delivery in fraction for number, _ in delivery.doses})
    how = "give the RT Plan beside the records, its beams say what a part of it is in Gy"
    if stated:
        how += f"; or name the dose reference whose stated dose counts with --dose-reference {stated[0]}"
    return ConfigError(first.file, [f"{what}, and metersets alone are no doses: {how}"])


def _stated(reading: Reading, fraction: Sequence[BeamDelivery]) -> dict[int, float]:
    """Doses to the target that the records state."""
    found: dict[int, float] = {}
    for place, delivery in enumerate(fraction):
        dose = dict(delivery.doses).get(reading.stated or 0)
        if dose is None:
            problem = f"{delivery.told}: no CalculatedDoseReferenceDoseValue for dose reference {reading.stated}"
            raise ConfigError(delivery.file, [f"{problem}, which other deliveries have"])
        found[place] = dose
    return found


def _by_meterset(
    reading: Reading, parts: Mapping[int, Mapping[int, float]], whole: bool, first: BeamDelivery
) -> dict[int, float]:
    assert reading.dose is not None
    dose = reading.dose
    shares = {beam: dose.share(beam) for beam in parts}
    if all(share is not None for share in shares.values()):
        each = {beam: share or 0.0 for beam, share in shares.items()}
    elif whole:
        each = dict.fromkeys(parts, 1.0 / len(parts))
    else:
        told = f"{first.told.partition(' of ')[2]} was given in part"
        raise ConfigError(first.file, [f"{told}, and the RT Plan does not say what each beam gives to the target"])
    return {
        place: each[beam] * part * dose.per_fraction_gy
        for beam, found in parts.items()
        for place, part in found.items()
    }


def _say_never_begun(reading: Reading, first: BeamDelivery, missing: tuple[int, ...]) -> None:
    """Which treatment beams of the plan, or else of the other fractions, have no record in a fraction."""
    code = "dicom-beam-unrecorded" if reading.dose is None else "dicom-beam-not-begun"
    place = {name: value for name, value in _place(first).items() if name != "beam"}
    if missing:
        reading.say(code, "warning", count=len(missing), beams=missing, **place)
