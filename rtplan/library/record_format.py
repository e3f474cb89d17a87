"""How a file of treatment records is written: everything is stated in a format, nothing is guessed from the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rtplan.clinic.clinic import RECORD_COLUMNS
from rtplan.errors import DomainError, failing, refuse, whole
from rtplan.note import Source

__all__ = [
    "DELIVERED",
    "RecordFormat",
]


DELIVERED = ("delivered", "partial", "remainder", "missed")
"""What a word of status can mean. remainder: the rest of an earlier partial fraction."""


_FILES = ("csv", "spreadsheet")
_DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = ("utf-8", "utf-16", "gb18030", "cp1252")
_DAY = (("Y", "y"), ("m", "b", "B"), ("d",))
_CLOCK = "HIMSfp"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFormat:
    """One way of writing records of treatment.

    files: ``csv``, ``spreadsheet`` (XLSX, XLS, ODS) or both. encodings: the first that fits; ``utf-8`` is read with
    or without its mark. header_row: the line that names the columns, counted from 1; what stands above is not read.
    sheet: of a spreadsheet; "" where there is only one. rows: what a row is, ``fractions`` or ``fields``.

    columns: meaning by column. A meaning is one of ``RECORD_COLUMNS``; a dose may name its target, ``dose_gy:boost``;
    a ``*`` in the name of a column of doses stands for the target. Where several columns have one meaning, the first
    that the file has is read. optional: columns that a file need not have. ignored: columns that are never read;
    ``*`` stands for any text. keep: only rows with one of these values in the column are read.
    plan_column: names the plan where a file holds several. statuses: meaning by word; none given: rtplan's own words.
    date_formats, time_formats: of strptime; a date may bring its clock time.
    """

    name: str
    label: str
    source: Source
    columns: Mapping[str, str]
    files: tuple[Literal["csv", "spreadsheet"], ...] = ("csv",)
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    encodings: tuple[Literal["utf-8", "utf-16", "gb18030", "cp1252"], ...] = ("utf-8",)
    header_row: int = 1
    sheet: str = ""
    rows: Literal["fractions", "fields"] = "fractions"
    optional: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plan_column: str = ""
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    time_formats: tuple[str, ...] = ("%H:%M", "%H:%M:%S")
    statuses: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from failing(_some, "files", self.files, _FILES)
        yield from failing(_some, "encodings", self.encodings, _ENCODINGS)
        for key, value, known in (
            ("delimiter", self.delimiter, _DELIMITERS),
            ("decimal", self.decimal, (".", ",")),
            ("rows", self.rows, ("fractions", "fields")),
        ):
            yield from failing(_one, key, value, known)
        yield from failing(whole, "header_row", self.header_row, 1, 1000)
        yield from self._bad_columns()
        yield from self._bad_dates()
        yield from self._bad_words()
        if self.delimiter == self.decimal and "csv" in self.files:
            yield f"delimiter and decimal are both {self.decimal!r}: a cell could not be told from a number"

    def _bad_columns(self) -> Iterator[str]:
        for column, meaning in self.columns.items():
            plain, colon, target = meaning.partition(":")
            if plain not in RECORD_COLUMNS or (colon and not (plain.startswith("dose_") and target)):
                yield f"columns: {column!r} = {meaning!r}: takes {', '.join(RECORD_COLUMNS)}, or dose_gy:TARGET"
            if "*" in column and (column.count("*") > 1 or meaning not in ("dose_gy", "dose_cgy")):
                yield f"columns: {column!r}: one * may stand for the target in a column of doses, and nowhere else"
        if "date" not in self.columns.values():
            yield "columns: no column is the date, and a record needs its dates"
        named = {*self.columns, *self.keep, self.plan_column}
        for name in self.optional:
            if name not in named:
                yield f"optional names {name!r}, which is not in columns, keep or plan_column"
        for name, values in self.keep.items():
            if not values:
                yield f"keep: {name!r} has no value: no row would be read"

    def _bad_dates(self) -> Iterator[str]:
        if not self.date_formats:
            yield "date_formats is empty: say how dates are written, such as %d.%m.%Y"
        for text in self.date_formats:
            used = re.findall(r"%(.)", text)
            day = [sum(used.count(letter) for letter in letters) for letters in _DAY]
            if day != [1, 1, 1] or set(used) - {letter for letters in _DAY for letter in letters} - set(_CLOCK):
                yield f"date_formats: {text!r} must hold day, month and year once each, such as %d.%m.%Y %H:%M"
            yield from _bad_clock("date_formats", text, used)
        for text in self.time_formats:
            used = re.findall(r"%(.)", text)
            if not {"H", "I"} & set(used) or set(used) - set(_CLOCK):
                yield f"time_formats: {text!r} must be a clock time, such as %H:%M or %I:%M %p"
            yield from _bad_clock("time_formats", text, used)

    def _bad_words(self) -> Iterator[str]:
        for word, meaning in self.statuses.items():
            if meaning not in DELIVERED:
                yield f"statuses: {word!r} = {meaning!r}: takes {', '.join(DELIVERED)}"
        folded = [word.strip().casefold() for word in self.statuses]
        if twice := next((word for word in folded if folded.count(word) > 1), ""):
            yield f"statuses: {twice!r} stands twice"

    @property
    def has_dose(self) -> bool:
        """Is a dose read at all?"""
        return any(meaning.startswith("dose_") for meaning in self.columns.values())


def _bad_clock(key: str, text: str, used: list[str]) -> Iterator[str]:
    if len(set(used)) != len(used):
        yield f"{key}: {text!r} names a part twice"
    if "I" in used and "p" not in used:
        yield f"{key}: {text!r} has %I, an hour up to 12, without %p: morning and afternoon would look alike"
    if {"M", "S", "f", "p"} & set(used) and not {"H", "I"} & set(used):
        yield f"{key}: {text!r} has minutes and no hour"


def _some(key: str, values: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not values:
        raise DomainError(f"{key} is empty: takes {', '.join(map(repr, known))}")
    for value in values:
        _one(key, value, known)


def _one(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise DomainError(f"{key} takes {', '.join(map(repr, known))}, got {value!r}")
