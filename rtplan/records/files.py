"""A file of records into a record: as its format, or its clinic, says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rtplan.clinic.clinic import Clinic
from rtplan.errors import ConfigError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.library.record_format import RecordFormat
from rtplan.records import csv, entries, excel, looks, stated
from rtplan.records.record import Record

__all__ = [
    "read",
    "read_as",
]


OWN = "rtplan"
"""The format of the table that `rtplan plan` writes."""


def read(
    path: str | Path, first_target: str, *, record_format: str = "", clinic: str = "", plans: Sequence[str] = ()
) -> Record:
    """The record in a file.

    record_format: name or path of its format. clinic: name or path of a clinic whose file says how its records are
    written; record_format goes before it. Without either the file is in rtplan's plain form, or the table that
    `rtplan plan` writes. first_target: whose dose a line speaks of that names none. plans: those that are read,
    where the file holds several.

    Raises ConfigError with the file and, for every problem, its line.
    """
    path = Path(path)
    known = catalogue.load_clinic(clinic) if clinic else None
    name = record_format or (known.record_format if known else "")
    if name:
        beside = clinic if not record_format else ""
        return read_as(path, catalogue.load_record_format(_beside(name, beside)), first_target, plans)
    if plans:
        raise ConfigError(
            path.name, [f"the plan {plans[0]!r} is told from others by a format: name it (--record-format)"]
        )
    if known and (known.record_columns or known.record_date_format):
        return _as_stated(path, known, first_target)
    text = csv.decoded(reader.read_bytes(path), path.name, csv.plain_format())
    own = catalogue.load_record_format(OWN)
    if _is_own(text, own):
        return entries.record(csv.grid(text, path.name, own), own, first_target)
    return csv.parse(text, path.name, first_target)


def _as_stated(path: Path, clinic: Clinic, first_target: str) -> Record:
    """The record in a file with the columns that a clinic's file names; a spreadsheet too."""
    columns, date_format = clinic.record_columns, clinic.record_date_format
    content = reader.read_bytes(path)
    if not (columns and looks.is_spreadsheet(content)):
        return csv.read(path, first_target, columns, date_format)
    form = stated.plain_format(columns, date_format)
    sheet = excel.grid(content, path.name, form)
    form = stated.leaving_aside(sheet.header, form, columns, every_dose=True)  # a sheet's empty dose is refused
    return entries.record(sheet, form, first_target)


def _beside(name: str, clinic: str) -> str:
    """The path of a format that a clinic's file names: from where that file lies. A name stays a name."""
    if catalogue.is_path(name) and catalogue.is_path(clinic):
        return str(Path(clinic).parent / name)
    return name


def read_as(path: Path, form: RecordFormat, first_target: str, plans: Sequence[str] = ()) -> Record:
    """The record in a file that is written in a format."""
    content = reader.read_bytes(path)
    if looks.is_spreadsheet(content):
        if "spreadsheet" not in form.files:
            told = f"is {looks.container(content)}, and the record format {form.name!r} has none among its files"
            raise ConfigError(path.name, [told])
        return entries.record(excel.grid(content, path.name, form), form, first_target, plans)
    if "csv" not in form.files:
        looked = looks.container(content) or "text"
        raise ConfigError(path.name, [f"is no spreadsheet but looks like {looked}: files of the format says which"])
    text = csv.decoded(content, path.name, form)
    return entries.record(csv.grid(text, path.name, form), form, first_target, plans)


def _is_own(text: str, own: RecordFormat) -> bool:
    """Do the names of the columns stand as `rtplan plan` writes them? The plain form has no such names."""
    first = text.removeprefix("\ufeff").partition("\n")[0]
    names = [name.strip().strip('"') for name in first.split(",")]
    return names[:2] == list(own.columns)[:2]
