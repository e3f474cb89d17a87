"""What a record-and-verify system says was given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from rtplan.library.record_format import DELIVERED
from rtplan.note import Note

__all__ = [
    "STATUSES",
    "Record",
    "RecordEntry",
]


STATUSES = DELIVERED
"""What a line of a record can say. remainder: the rest of an earlier partial fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEntry:
    """One line of a record: a fraction, or one of its fields. line: in the file. doses_gy: by target [Gy].

    Lines that are one fraction are put together where the record is held against a plan. No dose: what was planned.

    targets: those it speaks of; empty: of the whole fraction. A target named without a dose got what was planned.
    number: fraction number as the record counts. status: one of ``STATUSES``, "" where the record has none.
    """

    line: int
    date: dt.date
    time: dt.time | None = None
    number: int | None = None
    doses_gy: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    status: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a record-and-verify system says was given.

    rows: what its format states a line is: ``fractions``, ``fields`` (one or more lines are a fraction), or "" where
    nothing is stated. notes: how it was read.
    """

    file: str
    entries: tuple[RecordEntry, ...]
    rows: str = ""
    notes: tuple[Note, ...] = ()
