"""What treatment records say was delivered, beam by beam, and what a treatment summary says, fraction by fraction."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtplan.clinic.days import days_between
from rtplan.errors import ConfigError
from rtplan.records.dicom_file import Item
from rtplan.records.dicom_plan import OTHER, TREATING

__all__ = ["STATUSES", "BeamDelivery", "SummaryFraction", "deliveries", "summary_fractions"]

STATUSES = ("NORMAL", "OPERATOR", "MACHINE", "UNKNOWN")
"""How a delivery ended (TreatmentTerminationStatus)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamDelivery:
    """One delivery of one beam.

    kind: TreatmentDeliveryType, "" where the record has none. specified, delivered: meterset of this delivery, None
    where not stated. begun_at: meterset at which a continuation begins to count, 0 where it counts from its own start.
    doses: dose from this delivery to dose references, by number [Gy].
    """

    file: str
    instance: str
    plan: str
    group: int | None
    beam: int
    number: int | None
    date: dt.date
    time: dt.time | None
    kind: str
    status: str
    specified: float | None
    delivered: float | None
    begun_at: float
    doses: tuple[tuple[int, float], ...]

    @property
    def told(self) -> str:
        """Beam, fraction and day, for messages."""
        number = "a fraction without number" if self.number is None else f"fraction {self.number}"
        return f"beam {self.beam} of {number} on {self.date}"

    @property
    def moment(self) -> tuple[dt.date, dt.time]:
        """Place in time."""
        return self.date, self.time or dt.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryFraction:
    """One fraction that a treatment summary lists. status: how it ended."""

    file: str
    plan: str
    group: int | None
    number: int
    date: dt.date
    time: dt.time | None
    status: str


def deliveries(item: Item, zone: dt.tzinfo) -> tuple[BeamDelivery, ...]:
    """The deliveries of an RT Beams Treatment Record. zone: the clinic's, for records that state an offset from UTC."""
    found = item.items("TreatmentSessionBeamSequence")
    if not found:
        raise item.bad("TreatmentSessionBeamSequence", "is missing or empty: the record has no beam")
    return tuple(_delivery(item, beam, zone) for beam in found)


def summary_fractions(item: Item, zone: dt.tzinfo) -> tuple[SummaryFraction, ...]:
    """The fractions of an RT Treatment Summary Record; ConfigError where it only counts them."""
    found = tuple(
        fraction
        for group in item.items("FractionGroupSummarySequence")
        if group.text("FractionGroupType") in ("", "EXTERNAL_BEAM")
        for fraction in _summed(item, group, zone)
    )
    if not found:
        problem = "lists no fraction with its date (FractionStatusSummarySequence): give the RT Beams Treatment Records"
        raise ConfigError(item.file, [problem])
    return found


def _summed(item: Item, group: Item, zone: dt.tzinfo) -> Iterator[SummaryFraction]:
    listed = group.items("FractionStatusSummarySequence")
    stated = group.whole("NumberOfFractionsDelivered")
    if stated is not None and stated != len(listed):
        problem = f"is {stated}, but FractionStatusSummarySequence lists {len(listed)} fractions"
        raise group.bad("NumberOfFractionsDelivered", problem)
    for each in listed:
        number, day = each.whole("ReferencedFractionNumber", 1), each.date("TreatmentDate")
        if number is None or day is None:
            raise each.bad("ReferencedFractionNumber" if number is None else "TreatmentDate", "is missing")
        date, time = _local(item, day, each.time("TreatmentTime"), zone)
        yield SummaryFraction(
            file=item.file,
            plan=_plan(item),
            group=group.whole("ReferencedFractionGroupNumber"),
            number=number,
            date=date,
            time=time,
            status=_status(each),
        )


def _delivery(item: Item, beam: Item, zone: dt.tzinfo) -> BeamDelivery:
    number = beam.whole("ReferencedBeamNumber")
    if number is None:
        raise beam.bad("ReferencedBeamNumber", "is missing")
    date, time = _when(item, beam, zone)
    kind = beam.text("TreatmentDeliveryType")
    if kind not in ("", *TREATING, *OTHER):
        raise beam.bad("TreatmentDeliveryType", f"must be one of {', '.join((*TREATING, *OTHER))}, got another text")
    return BeamDelivery(
        file=item.file,
        instance=item.text("SOPInstanceUID"),
        plan=_plan(item),
        group=item.whole("ReferencedFractionGroupNumber"),
        beam=number,
        number=beam.whole("CurrentFractionNumber", 1),
        date=date,
        time=time,
        kind=kind,
        status=_status(beam),
        specified=beam.number("SpecifiedPrimaryMeterset"),
        delivered=beam.number("DeliveredPrimaryMeterset"),
        begun_at=_begun_at(beam) if kind == "CONTINUATION" else 0.0,
        doses=tuple(_doses(beam)),
    )


def _plan(item: Item) -> str:
    """The plan that was delivered; "" where the record names none."""
    named = {each.text("ReferencedSOPInstanceUID") for each in item.items("ReferencedRTPlanSequence")}
    if len(named) > 1:
        raise item.bad("ReferencedRTPlanSequence", f"names {len(named)} plans: a record is of one")
    return named.pop() if named else ""


def _status(item: Item) -> str:
    status = item.text("TreatmentTerminationStatus")
    if status and status not in STATUSES:
        raise item.bad("TreatmentTerminationStatus", f"must be one of {', '.join(STATUSES)}, got another text")
    return status or "UNKNOWN"


def _begun_at(beam: Item) -> float:
    """The meterset at the first control point of a continuation."""
    points = beam.items("ControlPointDeliverySequence")
    return (points[0].number("DeliveredMeterset") or 0.0) if points else 0.0


def _doses(beam: Item) -> Iterator[tuple[int, float]]:
    """Doses that the record states, by the plan's dose reference."""
    for each in beam.items("ReferencedCalculatedDoseReferenceSequence"):
        number = each.whole("ReferencedDoseReferenceNumber")
        dose = each.number("CalculatedDoseReferenceDoseValue", 1000.0)
        if number is not None and dose is not None:
            yield number, dose


def _when(item: Item, beam: Item, zone: dt.tzinfo) -> tuple[dt.date, dt.time | None]:
    """Day and time of a delivery: of its first control point, else of the record."""
    points: Sequence[Item] = beam.items("ControlPointDeliverySequence")[:1]
    day = item.date("TreatmentDate")
    time = item.time("TreatmentTime")
    for point in points:
        own = point.date("TreatmentControlPointDate")
        if own is not None:
            if day is not None and abs(days_between(own, day)) > 1:
                raise point.bad("TreatmentControlPointDate", f"is {own}, but TreatmentDate of the record is {day}")
            own_time = point.time("TreatmentControlPointTime")
            day, time = own, own_time or (time if own == day else None)
    if day is None:
        raise item.bad("TreatmentDate", "is missing, and so is TreatmentControlPointDate: the delivery has no date")
    return _local(item, day, time, zone)


def _local(item: Item, day: dt.date, time: dt.time | None, zone: dt.tzinfo) -> tuple[dt.date, dt.time | None]:
    """Clinic-local day and time; a record that states no offset from UTC is written in the clinic's wall time."""
    offset = item.text("TimezoneOffsetFromUTC")
    if not offset or time is None:
        return day, time
    found = re.fullmatch(r"([+-])([0-9]{2})([0-5][0-9])", offset)
    if found is None or int(found[2]) > 14:
        raise item.bad("TimezoneOffsetFromUTC", "must be an offset such as +0100")
    minutes = int(found[2]) * 60 + int(found[3])
    theirs = dt.timezone(dt.timedelta(minutes=-minutes if found[1] == "-" else minutes))
    moment = dt.datetime.combine(day, time, tzinfo=theirs).astimezone(zone)
    return moment.date(), moment.time()
