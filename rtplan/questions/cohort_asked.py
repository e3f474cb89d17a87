"""A cohort in the user's words: bands, columns, what holds for every row."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtplan.errors import ConfigError, DomainError, QuestionError
from rtplan.library import read
from rtplan.library.catalogue import load_clinic
from rtplan.planning import resolve
from rtplan.planning.regions import several
from rtplan.planning.resolve import Where
from rtplan.questions.cohort_columns import READ, Asked, Band
from rtplan.records import by_course
from rtplan.records import courses as tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "asked_of",
    "bands_of",
    "columns_of",
    "table_of",
    "with_records",
]


def asked_of(words: Mapping[str, Any]) -> Asked:
    """What holds for every row, by the names of the front door."""
    paths: dict[str, Any] = {
        name: None if words[name] is None else os.fspath(words[name]) for name in ("clinic", "tissue_file")
    }
    where = Where(
        clinic_from=words["clinic_from"],
        site=words["site"],
        site_from=words["site_from"],
        worked_weekends=words["worked_weekends"],
        week=words["week"],
        category=words["category"],
        tissues=several(words["tissue"]),
        alpha_betas=several(words["alpha_beta"]),
        **paths,
    )
    regimen = words["regimen"] or ""
    _refuse_unknown(where, regimen)
    return Asked(
        where=where,
        regimen=regimen,
        bands=(*bands_of(words["bands"]), *(_band(text) for text in several(words["band"]))),
        all_given=words["all_given"],
    )


def table_of(
    courses: Any, records: Any, named: Mapping[str, str], delimiter: str
) -> tuple[Any, Iterator[pd.DataFrame]]:
    """What was delivered, and the rows of the courses in chunks, of a frame or the path of a file.

    A table of fractions is both.
    """
    table = Path(courses) if isinstance(courses, str | os.PathLike) else courses
    if isinstance(table, Path) and table.suffix.lower() == ".parquet" and tables.parquet_has_fractions(table, named):
        table = tables.parquet_frame(table)
    whole = records is None and tables.has_fractions(table, named, delimiter)
    wanted = (*READ, "date") if whole else READ
    frames = (
        tables.chunks(table, wanted, named, delimiter=delimiter)
        if isinstance(table, Path)
        else tables.of_frame(table, wanted, named)
    )
    return (table, iter([tables.collapsed(frames)])) if whole else (records, frames)


def with_records(asked: Asked, records: Any, record_format: str | None, id_column: str) -> Asked:
    """The same with what was delivered: the lines of a file or a frame, by the id of their course."""
    if records is None:
        if record_format is not None:
            raise QuestionError("--record-format goes with --records")
        return asked
    if isinstance(records, str | os.PathLike):
        return replace(
            asked, records=by_course.read(Path(records), record_format=record_format or "", id_column=id_column)
        )
    return replace(asked, records=by_course.of_frame(records, id_column=id_column))


def _refuse_unknown(where: Where, regimen: str) -> None:
    """What holds for every row is refused once, and not row by row."""
    resolve.protocol_regions(None, where)
    if where.clinic:
        load_clinic(where.clinic)
    if regimen:
        resolve.protocol_of(regimen)


def bands_of(path: str | os.PathLike[str] | None) -> tuple[Band, ...]:
    """The bands of a TOML file: a table ``[bands.delay_days]`` with minor and major for each quantity."""
    if path is None:
        return ()
    data = read.toml_data(Path(path), "")
    name = Path(path).name
    found = data.get("bands")
    if not isinstance(found, dict) or set(data) != {"bands"}:
        raise ConfigError(name, ["takes tables such as [bands.delay_days], with minor and major"])
    return tuple(_from_file(name, quantity, values) for quantity, values in found.items())


def _from_file(file: str, quantity: str, values: Any) -> Band:
    good = isinstance(values, dict) and set(values) == {"minor", "major"}
    if not good or any(isinstance(v, bool) or not isinstance(v, int | float) for v in values.values()):
        raise ConfigError(file, [f"bands.{quantity} takes minor and major, both numbers"])
    try:
        return Band(quantity=quantity, minor=float(values["minor"]), major=float(values["major"]))
    except DomainError as error:
        raise ConfigError(file, [f"bands.{quantity}: {error}"]) from None


def _band(text: str) -> Band:
    """delay_days=1,5: more than 1 is minor, more than 5 major.

    >>> _band("delay_days=1,5").major
    5.0
    """
    quantity, _, bounds = text.partition("=")
    try:
        minor, major = (float(part) for part in bounds.split(","))
    except ValueError:
        raise QuestionError(f"--band must be such as delay_days=1,5 (minor,major), got {text!r}") from None
    return Band(quantity=quantity.strip(), minor=minor, major=major)


def columns_of(columns: Mapping[str, str] | Sequence[str] | str) -> dict[str, str]:
    """What each of our columns is called in the table: a mapping, or texts such as ``"start=First day"``."""
    if isinstance(columns, Mapping):
        pairs = dict(columns)
    else:
        texts = several(columns)
        for text in texts:
            if "=" not in text:
                raise QuestionError(f"--column must be such as start='First day', got {text!r}")
        pairs = {ours.strip(): theirs.strip() for ours, _, theirs in (text.partition("=") for text in texts)}
    for ours in pairs:
        if ours not in READ:
            raise QuestionError(f"--column takes {', '.join(READ)}, got {ours!r}")
    return pairs
