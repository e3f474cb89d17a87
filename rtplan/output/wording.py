"""Rounding and wording: the only place where numbers become text."""

from __future__ import annotations

import datetime as dt

from rtplan.output.sections import Cell, Column
from rtplan.workdays import day_name

__all__ = ["CONVENTIONS", "DISCLAIMER", "SYSTEMIC", "cell_text", "dated", "gy", "number", "plural", "signed"]

DISCLAIMER = "A calculation aid whose results a qualified physicist checks independently. Not a medical device."
SYSTEMIC = (
    "BED contains no effect of systemic treatment or of volume: regimens that differ in those are not ranked by it."
)
CONVENTIONS = (
    "Overall time = last - first + 1 calendar days; T = days elapsed, the first fraction is day 0.",
    "Loss to time = K * max(0, T - Tk) in Gy of BED; late tissues have none.",
    "Repair is complete between days; fractions of one day are incompletely repaired where a half-time is given.",
    "Prescribed reference: the same prescription on its own weekly pattern from the same first day, no closures.",
    "BED of different alpha/beta are never added. BED says nothing of chemotherapy or immunotherapy.",
)


def number(value: float, digits: int = 2) -> str:
    """A number with so many decimals; a rounded -0.00 is written 0.00."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not float(text) else text


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign; 0.00 without."""
    text = number(value, digits)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def gy(value: float, digits: int = 2) -> str:
    """A dose as short as it can be written: 45 Gy, 1.8 Gy."""
    return f"{number(value, digits).rstrip('0').rstrip('.') if digits else number(value, 0)} Gy"


def dated(day: dt.date) -> str:
    """A date with its weekday: Mon 2026-02-02."""
    return f"{day_name(day)} {day.isoformat()}"


def plural(count: float, one: str, many: str | None = None) -> str:
    """1 day, 2 days."""
    return f"{count:g} {one if count == 1 else many or one + 's'}"


def cell_text(cell: Cell, column: Column) -> str:
    """A cell as its column writes it; absent is an en dash."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float) and column.kind == "number":
        return signed(cell, column.digits) if column.signed else number(cell, column.digits)
    if isinstance(cell, int | float) and column.kind == "integer":
        return f"{cell:+g}" if column.signed and cell else f"{cell:g}"
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return dated(cell) if column.weekday else cell.isoformat()
    return str(cell)
