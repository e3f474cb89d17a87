"""DICOM files into plain items: only the attributes that are asked for ever leave a file.

Names, numbers and labels of patients are not among them; of the patient's number a digest is kept while files are
compared with one another, and nothing of it afterwards.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from rtplan.errors import ConfigError
from rtplan.library import read as reader
from rtplan.records.dicom_end import PREAMBLE, Meta, check_end, meta_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = [
    "BEAMS_RECORD",
    "MAX_BYTES",
    "PLAN",
    "SUMMARY_RECORD",
    "Item",
    "bears_sign",
    "is_dicom",
    "kind_name",
    "meta",
    "read_item",
]

PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
BEAMS_RECORD = "1.2.840.10008.5.1.4.1.1.481.4"
SUMMARY_RECORD = "1.2.840.10008.5.1.4.1.1.481.7"

MAX_BYTES = 50_000_000
"""Largest file that is read; plans with many control points have a few million bytes. Design default, no source."""

_MOST_ITEMS = 200_000

_EARLIEST, _LATEST = dt.date(1951, 1, 1), dt.date(2097, 12, 31)
"""Days that calendars are known for."""

_TEXTS = (
    "BeamDose",
    "BeamDoseSpecificationPoint",
    "BeamDoseType",
    "BeamMeterset",
    "BeamNumber",
    "CalculatedDoseReferenceDoseValue",
    "CumulativeDoseReferenceCoefficient",
    "CurrentFractionNumber",
    "DeliveredMeterset",
    "DeliveredPrimaryMeterset",
    "DoseReferenceNumber",
    "DoseReferenceStructureType",
    "DoseReferenceType",
    "DoseReferenceUID",
    "FractionGroupNumber",
    "FractionGroupType",
    "FractionPattern",
    "NumberOfBeams",
    "NumberOfBrachyApplicationSetups",
    "NumberOfFractionPatternDigitsPerDay",
    "NumberOfFractionsDelivered",
    "NumberOfFractionsPlanned",
    "PatientID",
    "RTPlanRelationship",
    "ReferencedBeamNumber",
    "ReferencedDoseReferenceNumber",
    "ReferencedDoseReferenceUID",
    "ReferencedFractionGroupNumber",
    "ReferencedFractionNumber",
    "ReferencedSOPInstanceUID",
    "RepeatFractionCycleLength",
    "SOPClassUID",
    "SOPInstanceUID",
    "SpecifiedPrimaryMeterset",
    "TargetPrescriptionDose",
    "TimezoneOffsetFromUTC",
    "TreatmentControlPointDate",
    "TreatmentControlPointTime",
    "TreatmentDate",
    "TreatmentDeliveryType",
    "TreatmentTerminationStatus",
    "TreatmentTime",
)

_SEQUENCES = (
    "BeamSequence",
    "ControlPointDeliverySequence",
    "ControlPointSequence",
    "DoseReferenceSequence",
    "FractionGroupSequence",
    "FractionGroupSummarySequence",
    "FractionStatusSummarySequence",
    "ReferencedBeamSequence",
    "ReferencedCalculatedDoseReferenceSequence",
    "ReferencedDoseReferenceSequence",
    "ReferencedRTPlanSequence",
    "TreatmentSessionBeamSequence",
)

_ENDS = {"ControlPointSequence": slice(-1, None), "ControlPointDeliverySequence": slice(1)}
"""Sequences of thousands of items of which only one end is needed."""

_HARMLESS = re.compile(r"[0-9+\-.,:eE ]{1,32}")
"""Values that a message repeats: figures. Words could be a name in the wrong place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Attributes of a file or of one item of a sequence. place: where it stands in its file, for messages."""

    file: str
    place: str
    texts: Mapping[str, tuple[str, ...]]
    sequences: Mapping[str, tuple[Item, ...]]

    def bad(self, keyword: str, problem: str) -> ConfigError:
        """The refusal of an attribute, by file and place."""
        return ConfigError(self.file, [f"{self.place}{keyword} {problem}"])

    def text(self, keyword: str) -> str:
        """The value of an attribute that has one, "" where it is absent or empty."""
        found = self.texts.get(keyword, ())
        if len(found) > 1:
            raise self.bad(keyword, f"must have one value, got {len(found)}")
        return found[0] if found else ""

    def items(self, keyword: str) -> tuple[Item, ...]:
        """The items of a sequence."""
        return self.sequences.get(keyword, ())

    def number(self, keyword: str, high: float = 1e6) -> float | None:
        """A number from 0 to a bound, None where there is none."""
        text = self.text(keyword)
        if not text:
            return None
        return self._number(keyword, text, 0.0, high)

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """The numbers of an attribute that has several."""
        return tuple(self._number(keyword, text, -1e6, 1e6) for text in self.texts.get(keyword, ()))

    def whole(self, keyword: str, low: int = 0, high: int = 999) -> int | None:
        """A whole number between bounds, None where there is none."""
        text = self.text(keyword)
        if not text:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise self.bad(keyword, f"must be a whole number from {low} to {high}, got {_shown(text)}")
        return int(text)

    def date(self, keyword: str) -> dt.date | None:
        """A day, written YYYYMMDD or, as of old, YYYY.MM.DD."""
        text = self.text(keyword)
        if not text:
            return None
        digits = text.replace(".", "") if re.fullmatch(r"\d{4}\.\d{2}\.\d{2}", text) else text
        try:
            if not re.fullmatch(r"[0-9]{8}", digits):
                raise ValueError
            day = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            raise self.bad(keyword, f"must be a date YYYYMMDD, got {_shown(text)}") from None
        if not _EARLIEST <= day <= _LATEST:
            raise self.bad(keyword, f"must lie from {_EARLIEST} to {_LATEST}, got {day}")
        return day

    def time(self, keyword: str) -> dt.time | None:
        """A time of day: HH, HHMM, HHMMSS or HHMMSS.FFFFFF, with or without colons. A leap second is the one before."""
        text = self.text(keyword)
        if not text:
            return None
        found = re.fullmatch(r"([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2})(?:\.([0-9]{1,6}))?)?)?", text)
        try:
            if found is None:
                raise ValueError
            hour, minute, second = (int(part or 0) for part in found.groups()[:3])
            return dt.time(hour, minute, min(second, 59) if second == 60 else second)
        except ValueError:
            raise self.bad(keyword, f"must be a time HHMM or HHMMSS, got {_shown(text)}") from None

    def _number(self, keyword: str, text: str, low: float, high: float) -> float:
        try:
            value = float(text) if re.fullmatch(r"[0-9+\-.eE]+", text) else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not low <= value <= high:
            raise self.bad(keyword, f"must be a number from {low:g} to {high:g}, got {_shown(text)}")
        return value


def is_dicom(path: str | Path) -> bool:
    """Does a file bear the sign of DICOM at byte 128? False for folders and what cannot be opened.

    >>> is_dicom("no such file")
    False
    """
    try:
        return _has_sign(Path(path))
    except ConfigError:
        return False


def bears_sign(path: Path) -> bool:
    """As `is_dicom`; ConfigError where the file cannot be opened: it may be one."""
    return _has_sign(path)


def _has_sign(path: Path) -> bool:
    return reader.beginning(path, PREAMBLE, path.name)[128:] == b"DICM"


def meta(path: Path) -> Meta:
    """The head of a DICOM file, which says what kind of object it is."""
    return meta_of(reader.beginning(path, 65_536, path.name), path.name)


def kind_name(kind: str) -> str:
    """The standard's name for a kind of object, such as RT Dose Storage."""
    from pydicom.uid import UID

    name = str(UID(kind).name) if re.fullmatch(r"[0-9]+(\.[0-9]+){1,20}", kind) else kind
    return "an object of an unknown kind" if name == kind else name


def read_item(path: Path, *kinds: str) -> Item:
    """What is needed of an RT Plan or a treatment record.

    kinds: which kinds of object may be in the file. Raises ConfigError with the file's name, never with its folder:
    where it is none of these, cut off, too large, or where pydicom is not installed.
    """
    require_pydicom()
    data = reader.read_bytes(path, path.name, MAX_BYTES)
    if data[128:PREAMBLE] != b"DICM":
        raise ConfigError(path.name, ["is not DICOM: there is no DICM at byte 128"])
    head = meta_of(data, path.name)
    if head.kind not in kinds:
        wanted = " or ".join(kind_name(kind).removesuffix(" Storage") for kind in kinds)
        raise ConfigError(path.name, [f"holds {kind_name(head.kind)}, not {wanted}"])
    check_end(data, head, path.name)
    item = _Extract(path.name).item(_parsed(data, path.name), "")
    if item.text("SOPClassUID") != head.kind:
        raise item.bad("SOPClassUID", "is missing or differs from the head of the file")
    return item


def require_pydicom() -> None:
    """ConfigError where pydicom is missing."""
    try:
        import pydicom  # noqa: F401
    except ImportError:
        raise ConfigError("DICOM", ["is read with pydicom, which is not installed: install rtplan[dicom]"]) from None


def _parsed(data: bytes, file: str) -> Dataset:
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
    except Exception:  # pydicom raises what it meets; nothing of a strange file is repeated
        raise ConfigError(file, ["is damaged: pydicom cannot read it; export it again"]) from None


class _Extract:
    """Takes the attributes of the lists out of a dataset, as text."""

    def __init__(self, file: str) -> None:
        from pydicom.datadict import tag_for_keyword
        from pydicom.tag import Tag

        self.file = file
        self.left = _MOST_ITEMS
        self.wanted = {Tag(tag_for_keyword(keyword) or 0): keyword for keyword in (*_TEXTS, *_SEQUENCES)}

    def item(self, dataset: Dataset, place: str) -> Item:
        self.left -= 1
        if self.left < 0:
            raise ConfigError(self.file, [f"has more than {_MOST_ITEMS} items"])
        present = [self.wanted[tag] for tag in dataset.keys() & self.wanted.keys()]
        texts = dict(self._texts(dataset, [keyword for keyword in present if keyword not in _SEQUENCES]))
        sequences = {keyword: self._items(dataset, keyword, place) for keyword in present if keyword in _SEQUENCES}
        return Item(file=self.file, place=place, texts=texts, sequences=sequences)

    def _texts(self, dataset: Dataset, present: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The values as the file writes them; pydicom would turn some into numbers, and warn of others."""
        for keyword in present:
            value = getattr(dataset.get_item(keyword), "value", None)
            if not isinstance(value, bytes):
                continue
            if keyword == "PatientID":
                bare = value.strip(b" \0")
                yield keyword, (hashlib.sha256(bare).hexdigest(),) if bare else ()
                continue
            parts = [part.strip(" \0\r\n\t") for part in value.decode("latin-1").split("\\")]
            yield keyword, tuple(parts) if any(parts) else ()

    def _items(self, dataset: Dataset, keyword: str, place: str) -> tuple[Item, ...]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = list(dataset[keyword].value or ())
            numbered = list(enumerate(found, start=1))[_ENDS.get(keyword, slice(None))]
            return tuple(self.item(each, f"{place}{keyword}[{number}].") for number, each in numbered)
        except ConfigError:
            raise
        except Exception:  # as above
            raise ConfigError(self.file, [f"{place}{keyword} is damaged: export the file again"]) from None


def _shown(text: str) -> str:
    """A value in a message: only where it cannot hold a name."""
    return repr(text) if _HARMLESS.fullmatch(text) else "another text"
