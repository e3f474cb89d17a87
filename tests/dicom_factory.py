"""DICOM RT objects with sane defaults, written by pydicom: a plan of two beams and a set-up field, and its records.

Every object bears a patient's name, number and labels, which must not reach any answer or message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
BEAMS = "1.2.840.10008.5.1.4.1.1.481.4"
SUMMARY = "1.2.840.10008.5.1.4.1.1.481.7"

PATIENT = ("ZEBEDEE", "QUENTIN", "PAT4711", "Zeblabel", "zebfield", "zebtarget", "19610203")
"""Strings of the patient, his labels and his birthday."""

FIRST = dt.date(2026, 3, 2)
PLAN_UID = generate_uid(entropy_srcs=["plan"])


def item(**attributes: Any) -> Dataset:
    """A dataset of attributes; None leaves one out."""
    made = Dataset()
    for keyword, value in attributes.items():
        if value is not None:
            setattr(made, keyword, value)
    return made


def save(
    path: Path, kind: str, content: Dataset, *, uid: str = "", implicit: bool = True, patient: str = "PAT4711"
) -> Path:
    """A file of one object."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(kind)
    meta.MediaStorageSOPInstanceUID = UID(uid or generate_uid())
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    made = FileDataset(str(path), content, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    made.PatientName = "ZEBEDEE^QUENTIN"
    made.PatientID = patient
    made.PatientBirthDate = "19610203"
    made.save_as(path, enforce_file_format=True)
    return path


def reference(
    number: int, dose: float | None, kind: str = "TARGET", structure: str = "SITE", uid: str | None = None
) -> Dataset:
    """A dose reference."""
    return item(
        DoseReferenceNumber=number,
        DoseReferenceUID=uid,
        DoseReferenceStructureType=structure,
        DoseReferenceDescription="zebtarget",
        DoseReferenceType=kind,
        TargetPrescriptionDose=dose,
    )


def beam(number: int, kind: str | None = "TREATMENT", coefficients: Sequence[tuple[int, float]] = ()) -> Dataset:
    """A beam with two control points."""
    points = [item(ControlPointIndex=0), item(ControlPointIndex=1)]
    if coefficients:
        points[1].ReferencedDoseReferenceSequence = [
            item(ReferencedDoseReferenceNumber=reference, CumulativeDoseReferenceCoefficient=value)
            for reference, value in coefficients
        ]
    return item(BeamNumber=number, BeamName="zebfield", TreatmentDeliveryType=kind, ControlPointSequence=points)


def in_group(number: int, dose: float | None, meterset: float | None = 100.0, **more: Any) -> Dataset:
    """A beam of a fraction group."""
    return item(ReferencedBeamNumber=number, BeamDose=dose, BeamMeterset=meterset, **more)


def group(number: int, n_fractions: int, beams: Sequence[Dataset], **more: Any) -> Dataset:
    """A fraction group."""
    return item(
        FractionGroupNumber=number,
        NumberOfFractionsPlanned=n_fractions,
        NumberOfBeams=len(beams),
        NumberOfBrachyApplicationSetups=0,
        ReferencedBeamSequence=list(beams),
        **more,
    )


def plan(
    path: Path,
    *,
    references: Sequence[Dataset] | None = None,
    groups: Sequence[Dataset] | None = None,
    beams: Sequence[Dataset] | None = None,
    uid: str = PLAN_UID,
    follows: str = "",
    implicit: bool = True,
    patient: str = "PAT4711",
) -> Path:
    """60 Gy in 30 fractions: beams 1 and 2 of 1.2 and 0.8 Gy, 120 and 80 MU, and beam 3 for set-up."""
    listed = [in_group(1, 1.2, 120.0), in_group(2, 0.8, 80.0), in_group(3, None, None)]
    content = item(
        RTPlanLabel="Zeblabel",
        RTPlanName="Zeblabel",
        RTPlanGeometry="PATIENT",
        DoseReferenceSequence=[reference(1, 60.0)] if references is None else list(references),
        FractionGroupSequence=[group(1, 30, listed)] if groups is None else list(groups),
        BeamSequence=[beam(1), beam(2), beam(3, "SETUP")] if beams is None else list(beams),
    )
    if follows:
        before = item(ReferencedSOPClassUID=PLAN, ReferencedSOPInstanceUID=follows, RTPlanRelationship="PREDECESSOR")
        content.ReferencedRTPlanSequence = [before]
    return save(path, PLAN, content, uid=uid, implicit=implicit, patient=patient)


def delivered(
    number: int, fraction: int | None, meterset: float | None, specified: float | None = None, **more: Any
) -> Dataset:
    """A beam of a treatment record; specified: default what was delivered."""
    values = {
        "ReferencedBeamNumber": number,
        "BeamName": "zebfield",
        "CurrentFractionNumber": fraction,
        "TreatmentDeliveryType": "TREATMENT",
        "TreatmentTerminationStatus": "NORMAL",
        "SpecifiedPrimaryMeterset": meterset if specified is None else specified,
        "DeliveredPrimaryMeterset": meterset,
    }
    return item(**(values | more))


def record(
    path: Path,
    beams: Sequence[Dataset],
    date: str | None = "20260302",
    time: str | None = "091500",
    *,
    plan_uid: str = PLAN_UID,
    uid: str = "",
    group_number: int | None = 1,
    patient: str = "PAT4711",
    implicit: bool = True,
    **more: Any,
) -> Path:
    """An RT Beams Treatment Record."""
    content = item(
        OperatorsName="ZEBEDEE",
        TreatmentDate=date,
        TreatmentTime=time,
        ReferencedFractionGroupNumber=group_number,
        TreatmentSessionBeamSequence=list(beams),
        ReferencedRTPlanSequence=[item(ReferencedSOPInstanceUID=plan_uid)] if plan_uid else None,
        **more,
    )
    return save(path, BEAMS, content, uid=uid, patient=patient, implicit=implicit)


def workdays(count: int, first: dt.date = FIRST) -> list[dt.date]:
    """So many days from Monday to Friday."""
    days = (first + dt.timedelta(days=offset) for offset in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def fractions(
    folder: Path, numbers: Iterable[int], *, first: dt.date = FIRST, plan_uid: str = PLAN_UID, start: int = 0
) -> None:
    """A record of each beam of whole fractions, a set-up field among them, as a treatment machine writes them."""
    numbers = list(numbers)
    for number, day in zip(numbers, workdays(len(numbers), first), strict=True):
        parts = [delivered(1, number, 120.0), delivered(2, number, 80.0)]
        parts.append(delivered(3, number, 2.0, TreatmentDeliveryType="SETUP"))
        for place, part in enumerate(parts):
            minute = f"09{15 + 2 * place:02}00"
            record(
                folder / f"{plan_uid[-4:]}-{number:03}-{place}.dcm", [part], f"{day:%Y%m%d}", minute, plan_uid=plan_uid
            )


def summary(
    path: Path,
    listed: Sequence[tuple[int, str, str]],
    *,
    plan_uid: str = PLAN_UID,
    count: int | None = None,
) -> Path:
    """A treatment summary: number, date and how each fraction ended."""
    items = [
        item(
            ReferencedFractionNumber=number, TreatmentDate=date, TreatmentTime="0915", TreatmentTerminationStatus=status
        )
        for number, date, status in listed
    ]
    content = item(
        CurrentTreatmentStatus="ON_TREATMENT",
        TreatmentStatusComment="ZEBEDEE",
        ReferencedRTPlanSequence=[item(ReferencedSOPInstanceUID=plan_uid)],
        FractionGroupSummarySequence=[
            item(
                ReferencedFractionGroupNumber=1,
                FractionGroupType="EXTERNAL_BEAM",
                NumberOfFractionsPlanned=30,
                NumberOfFractionsDelivered=len(items) if count is None else count,
                FractionStatusSummarySequence=items or None,
            )
        ],
    )
    return save(path, SUMMARY, content)
