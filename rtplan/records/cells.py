"""Cells of a record read as a format states: date, clock time, number, dose. What could be read twice is refused."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal

from rtplan.clinic.days import parse_date
from rtplan.errors import DomainError, count_of
from rtplan.library.record_format import RecordFormat
from rtplan.prescription.prescription import MAY_BE_CGY_GY
from rtplan.records import looks
from rtplan.records.table import Cell

__all__ = [
    "clock",
    "day",
    "dose_gy",
    "number",
    "word",
]


_MOST_FRACTIONS = 999
_ISO = ("%Y-%m-%d",)
_CLOCKS = ("%H:%M", "%H:%M:%S")
_WHICH_DAY = "record_date_format of the clinic's file, or date_formats of a record format, says which"
_YEARS = (1950, 2200)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?(nan|inf|infinity)", re.IGNORECASE)


def word(cell: Cell) -> str:
    """A cell as a word: 1.0 is "1", what stands around it is taken off."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def day(cell: Cell, form: RecordFormat) -> tuple[dt.date, dt.time | None]:
    """The date of a cell, and the clock time where it has one."""
    if isinstance(cell, dt.datetime):
        date, time = cell.date(), cell.time().replace(microsecond=0)
    elif isinstance(cell, dt.date):
        date, time = cell, None
    elif isinstance(cell, str):
        date, time = _day_of(cell.strip(), form)
    else:
        raise DomainError(f"must be a date, got the number {cell!r}: give the cells a date format, or write text")
    if not _YEARS[0] <= date.year <= _YEARS[1]:
        raise DomainError(f"must lie in the years {_YEARS[0]} to {_YEARS[1]}, got {date}")
    return date, time


def _day_of(text: str, form: RecordFormat) -> tuple[dt.date, dt.time | None]:
    if form.date_formats == _ISO:
        try:
            return parse_date(text), None
        except DomainError as error:
            both = looks.both_days(text)
            hint = f"; {both}? {_WHICH_DAY}" if " or " in both else ""
            raise DomainError(f"{str(error).removeprefix('date ')}{hint}") from None
    read = {_moment(text, one): "H" in one or "I" in one for one in form.date_formats}
    read.pop(None, None)
    if not read:
        raise DomainError(f"must be written {' or '.join(form.date_formats)}, got {text!r}")
    if len(read) > 1:
        told = " or ".join(str(moment) for moment in read)
        raise DomainError(f"{text!r} has two readings, {told}: let date_formats name one way of writing")
    ((moment, timed),) = read.items()
    assert moment is not None
    return moment.date(), moment.time().replace(microsecond=0) if timed else None


def _moment(text: str, written: str) -> dt.datetime | None:
    """A text read in one way; None where it is not written so. Ten-millionths of a second (SQL) are cut."""
    if written.endswith("%f"):
        text = re.sub(r"(\.\d{6})\d$", r"\1", text)
    try:
        return dt.datetime.strptime(text, written)
    except ValueError:
        return None


def clock(cell: Cell, form: RecordFormat) -> dt.time | None:
    """The clock time of a cell, to the second; None where it is empty."""
    if isinstance(cell, dt.datetime):
        return cell.time().replace(microsecond=0)
    if isinstance(cell, dt.time):
        return cell.replace(microsecond=0)
    text = cell.strip() if isinstance(cell, str) else None
    if text == "":
        return None
    read = {moment.time() for one in form.time_formats if text and (moment := _moment(text, one))}
    read = read or (_iso_time(text) if text and form.time_formats == _CLOCKS else set())
    if len(read) != 1:
        told = " or ".join(form.time_formats).replace("%H", "HH").replace("%M", "MM").replace("%S", "SS")
        raise DomainError(f"must be written {told}, got {cell!r}")
    return read.pop().replace(microsecond=0)


def _iso_time(text: str) -> set[dt.time]:
    try:
        time = dt.time.fromisoformat(text)
    except ValueError:
        return set()
    return {time} if time.tzinfo is None else set()


def number(cell: Cell) -> int | None:
    """A number of a fraction; None where the cell is empty."""
    text = word(cell)
    if not text:
        return None
    if isinstance(cell, bool) or not count_of(text, _MOST_FRACTIONS):
        raise DomainError(f"must be a whole number from 1 to {_MOST_FRACTIONS}, got {_shown(cell)}")
    return int(text)


def dose_gy(cell: Cell, form: RecordFormat, unit: str) -> float | None:
    """A dose in Gy; None where the cell is empty. unit: of the column, Gy or cGy.

    Refused where it may mean another number: a comma or point that the format does not state, a figure that fits cGy
    in a column of Gy.
    """
    if isinstance(cell, str):
        if not cell.strip():
            return None
        exact = Decimal(_plain(cell.strip(), form, unit))
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        exact = Decimal(repr(cell))
    else:
        raise DomainError(f"must be a number in {unit}, got {_shown(cell)}")
    value = float(exact.scaleb(-2) if unit == "cGy" and exact.is_finite() else exact)
    if not math.isfinite(value) or value < 0:
        raise DomainError(f"must be 0 {unit} or greater, got {_shown(cell)}")
    if value > MAY_BE_CGY_GY:
        told = f"{value:g} Gy" if unit == "Gy" else f"{exact:g} cGy = {value:g} Gy"
        other = f"; or {value:g} cGy = {value / 100:g} Gy? Then the column is dose_cgy" if unit == "Gy" else ""
        raise DomainError(f"{told} is more than the {MAY_BE_CGY_GY} Gy that one line is believed to give{other}")
    return value


def _plain(text: str, form: RecordFormat, unit: str) -> str:
    """A number as Python writes it."""
    if form.decimal == ",":
        if "." in text:
            raise DomainError(f"has a point in {text!r}, but decimal is a comma: neither is read as thousands")
        if unit == "cGy" and re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
            raise DomainError(f"{text!r} is {text.replace(',', '.')} or {text.replace(',', '')} cGy: write it without")
        text = text.replace(",", ".", 1)
    elif "," in text:
        comma = re.fullmatch(r"[+-]?\d+,\d+", text)
        hint = 'looks like a decimal comma: decimal = "," in a record format says so' if comma else "is not read"
        raise DomainError(f"must be a number in {unit}, got {text!r}: the comma {hint}")
    if not _NUMBER.fullmatch(text) or not text.isascii():
        raise DomainError(f"must be a number in {unit}, got {text!r}")
    return text


def _shown(cell: Cell) -> str:
    """A bad cell in a refusal, cut where it is long."""
    if isinstance(cell, dt.date | dt.time):
        return f"{cell} (a date or time)"
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."
