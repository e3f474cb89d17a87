"""DICOM RT read in: an RT Plan as a protocol, treatment records and summaries as a record.

Only what is needed of fractions, doses and days is taken from a file (`rtplan.records.dicom_file`): no name, number or
label of a patient can reach an answer or a message. Needs pydicom: the extra ``rtplan[dicom]``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rtplan.errors import ConfigError, QuestionError
from rtplan.library.protocol import Protocol
from rtplan.library.read import checksum
from rtplan.note import Note, Phrase, Severity
from rtplan.planning.provenance import FileSum
from rtplan.prescription.prescription import Prescription
from rtplan.records import dicom_plan
from rtplan.records.dicom_end import Meta
from rtplan.records.dicom_entries import Sources, Wanted, entries
from rtplan.records.dicom_file import (
    BEAMS_RECORD,
    PLAN,
    SUMMARY_RECORD,
    bears_sign,
    is_dicom,
    kind_name,
    meta,
    read_item,
    require_pydicom,
)
from rtplan.records.dicom_prescription import DicomProtocol, protocol_of
from rtplan.records.dicom_record import BeamDelivery, SummaryFraction, deliveries, summary_fractions
from rtplan.records.record import Record

__all__ = [
    "DicomProtocol",
    "Wanted",
    "asked",
    "holds_dicom",
    "is_dicom",
    "is_plan_file",
    "places",
    "protocol_of",
    "read_record",
    "sums",
]

MOST_FILES = 5000
"""Files of a folder that are looked at. Design default, no source."""

MOST_BYTES = 1_000_000_000
"""Bytes of all files together that are read. Design default, no source."""

_DEEPEST_FOLDER = 4

RECORD_NAME = "DICOM record"
"""What a record is called in answers: folders and files may be named after patients."""


def is_plan_file(name: str) -> bool:
    """Is this a DICOM file, by its ending or its first bytes?

    >>> is_plan_file("plan.dcm"), is_plan_file("70/35")
    (True, False)
    """
    return name.lower().endswith((".dcm", ".dicom")) or is_dicom(name)


def holds_dicom(paths: Sequence[Path]) -> bool:
    """Are these files or folders to be read as DICOM? Every folder is, and a file by its ending or first bytes."""
    return any(path.is_dir() or is_plan_file(str(path)) for path in paths)


def asked(
    protocol: str | Prescription | Protocol, dose_reference: int | None = None
) -> tuple[str | Prescription | Protocol, tuple[FileSum, ...], tuple[Note, ...]]:
    """What a plan is asked for; where that is a DICOM file, its protocol, the file's sum and remarks on the reading.

    Raises QuestionError where a dose reference is named for anything but a DICOM file.
    """
    if not isinstance(protocol, str) or not is_plan_file(protocol):
        if dose_reference is not None:
            raise QuestionError("--dose-reference is a number in an RT Plan: it goes with a DICOM file")
        return protocol, (), ()
    read = protocol_of(protocol, dose_reference)
    return read.protocol, (FileSum(name=read.protocol.label, sha256=checksum(Path(protocol))),), read.notes


def places(names: Sequence[str]) -> tuple[int, ...]:
    """Which plans count, by their place in order of their first delivery.

    >>> places(["1", "2"])
    (1, 2)
    """
    for name in names:
        if not re.fullmatch(r"[1-9][0-9]{0,2}", name):
            raise QuestionError(f"--record-plan takes the place of a plan in DICOM records, such as 1, got {name!r}")
    return tuple(map(int, names))


def sums(paths: Sequence[Path]) -> tuple[FileSum, ...]:
    """One SHA-256 over all the plans and records that are read, whatever their names and order."""
    each = sorted({checksum(path) for path, _ in _heads(paths, _Found())})
    return (FileSum(name=RECORD_NAME, sha256=hashlib.sha256("".join(each).encode()).hexdigest()),)


@dataclass(slots=True)
class _Found:
    """What has been read so far. objects: by their identifier, so that a copy counts once."""

    plans: list[dicom_plan.RTPlan] = field(default_factory=list)
    deliveries: list[BeamDelivery] = field(default_factory=list)
    fractions: list[SummaryFraction] = field(default_factory=list)
    patients: list[tuple[str, str]] = field(default_factory=list)
    objects: dict[str, tuple[str, object]] = field(default_factory=dict)
    copies: int = 0
    aside: Counter[str] = field(default_factory=Counter)


def read_record(paths: Sequence[Path], wanted: Wanted, time_zone: str) -> Record:
    """The record in RT Beams Treatment Records and RT Treatment Summary Records, with the RT Plans beside them.

    Parameters
    ----------
    paths : files or folders; folders are searched four deep.
    wanted : the course's targets and phases, and what the user says.
    time_zone : the clinic's, for records that state an offset from UTC.

    Raises
    ------
    ConfigError : where a file is cut off, the files are of several patients or of several plans, or a delivery has no
        dose that could be believed.
    """
    from zoneinfo import ZoneInfo

    require_pydicom()
    found = _Found()
    zone = ZoneInfo(time_zone)
    for path, head in _heads(paths, found):
        _take(path, head, found, zone)
    dicom_plan.one_patient(found.patients)
    if not found.deliveries and not found.fractions:
        raise ConfigError(_shown(paths), ["holds no RT Beams Treatment Record and no RT Treatment Summary Record"])
    sources = Sources(plans=tuple(found.plans), deliveries=tuple(found.deliveries), fractions=tuple(found.fractions))
    read, notes = entries(sources, wanted)
    if not read:
        raise ConfigError(_shown(paths), ["holds no delivery of a treatment beam"])
    return Record(file=RECORD_NAME, entries=read, rows="fields", notes=(*notes, *_notes(found)))


def _shown(paths: Sequence[Path]) -> str:
    return paths[0].resolve().name if len(paths) == 1 else "the record"


def _heads(paths: Sequence[Path], found: _Found) -> Iterator[tuple[Path, Meta]]:
    """The DICOM objects to read, each with the head of its file."""
    size = 0
    for path, named in _files(paths):
        if not bears_sign(path):
            if named or is_plan_file(path.name):
                raise ConfigError(path.name, ["is not DICOM: there is no DICM at byte 128"])
            found.aside["not DICOM"] += 1
            continue
        head = meta(path)
        if head.kind not in (PLAN, BEAMS_RECORD, SUMMARY_RECORD):
            found.aside[kind_name(head.kind)] += 1
            continue
        size += path.stat().st_size
        if size > MOST_BYTES:
            raise ConfigError(_shown(paths), [f"holds more than {MOST_BYTES} bytes of plans and records"])
        yield path, head


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether it was named itself; folders in order of names, links not followed."""
    count = 0
    for path in paths:
        for each in _below(path) if path.is_dir() else [path]:
            count += 1
            if count > MOST_FILES:
                raise ConfigError(_shown(paths), [f"has more than {MOST_FILES} files: name a folder with fewer"])
            yield each, each is path


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST_FOLDER:
            folders.clear()
        yield from (Path(place) / name for name in sorted(files))


def _take(path: Path, head: Meta, found: _Found, zone: dt.tzinfo) -> None:
    """Reads one object; the same one a second time is counted once."""
    item = read_item(path, PLAN, BEAMS_RECORD, SUMMARY_RECORD)
    found.patients.append((path.name, item.text("PatientID")))
    content: tuple[object, ...]
    if head.kind == PLAN:
        content = (dicom_plan.parse(item),)
    elif head.kind == BEAMS_RECORD:
        content = deliveries(item, zone)
    else:
        content = summary_fractions(item, zone)
    uid = item.text("SOPInstanceUID")
    if not uid:
        raise item.bad("SOPInstanceUID", "is missing")
    bare = repr([replace(each, file="") for each in content])
    if uid in found.objects:
        other, same = found.objects[uid]
        if same != bare:
            raise ConfigError(path.name, [f"bears the SOPInstanceUID of {other}, but says something else"])
        found.copies += 1
        return
    found.objects[uid] = (path.name, bare)
    for each in content:
        if isinstance(each, dicom_plan.RTPlan):
            found.plans.append(each)
        elif isinstance(each, BeamDelivery):
            found.deliveries.append(each)
        elif isinstance(each, SummaryFraction):
            found.fractions.append(each)


def _notes(found: _Found) -> Iterator[Note]:
    if found.copies:
        yield Note(code="dicom-copies", severity="info", values={"count": found.copies})
    if found.aside:
        kinds = tuple(
            Phrase(code="dicom-kind", values={"kind": kind, "number": count}) for kind, count in found.aside.items()
        )
        treated = any("Treatment Record" in kind for kind in found.aside)
        severity: Severity = "warning" if treated else "info"
        yield Note(code="dicom-left-aside", severity=severity, values={"kinds": kinds})
    if not any(delivery.time for delivery in found.deliveries) and found.deliveries:
        yield Note(code="dicom-no-times", severity="info")
