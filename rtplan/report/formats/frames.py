"""Results as tidy pandas frames: one row an observation, column names that bear their units, dates as dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rtplan.answer import Answer
from rtplan.chemotherapy.cycles import Cycle
from rtplan.errors import DomainError
from rtplan.planning.plan import Plan
from rtplan.report.blocks import Cell, Column, ColumnKind, Table
from rtplan.report.language import written
from rtplan.report.registry import face, report

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "cycles_frame",
    "drug_days_frame",
    "fractions_frame",
    "table_frame",
    "to_frame",
]


_SUFFIXES = {"Gy": "_gy", "d": "_days", "h": "_h", "%": "_percent", "Gy/d": "_gy_per_day", "Gy/day": "_gy_per_day"}


_MOMENTS = "datetime64[s]"


def to_frame(result: Answer, table: str | None = None) -> pd.DataFrame:
    """A table of a result as a frame; a plan's fractions, or the result's main table, unless another is named.

    DomainError names the tables there are where it has none of that name.
    """
    if isinstance(result, Plan) and table in (None, *_PLAN):
        return _PLAN[table or "fractions"](result)
    tables: dict[str, Table] = {}
    for section in report(result).sections:
        for block in section.blocks:
            if isinstance(block, Table):
                tables.setdefault(block.name, block)
    main = face(result).table
    name = table or (main if main in tables else next(iter(tables), ""))
    if name not in tables:
        known = ", ".join(dict.fromkeys([*(_PLAN if isinstance(result, Plan) else ()), *tables]))
        raise DomainError(f"tables are {known or 'none'}; there is none called {name!r}")
    return table_frame(tables[name])


def fractions_frame(plan: Plan) -> pd.DataFrame:
    """One row for each fraction and target: dose_gy, cumulative_dose_gy, elapsed_days (T on that day)."""
    course = plan.course
    targets = course.prescription.targets
    cumulative = [course.cumulative_gy(target) for target in targets]
    columns = (
        Column(key="number", title="", kind="integer"),
        Column(key="date", title="", kind="date"),
        Column(key="start", title="", kind="text"),
        Column(key="phase", title=""),
        Column(key="target", title=""),
        Column(key="dose_gy", title="", kind="number"),
        Column(key="cumulative_dose_gy", title="", kind="number"),
        Column(key="elapsed_days", title="", kind="integer"),
        Column(key="provisional", title="", kind="flag"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            fraction.number,
            fraction.date,
            fraction.start.isoformat() if fraction.start else None,
            fraction.phase,
            target,
            fraction.doses_gy[i],
            cumulative[i][place],
            (fraction.date - course.first).days,
            plan.is_provisional(fraction),
        )
        for place, fraction in enumerate(course.fractions)
        for i, target in enumerate(targets)
    ]
    return table_frame(Table(name="fractions", columns=columns, rows=tuple(rows)))


_CYCLE_COLUMNS: dict[str, ColumnKind] = {
    "number": "integer",
    "date": "date",
    "nominal_date": "date",
    "due_date": "date",
    "shift_days": "integer",
    "drift_days": "integer",
    "interval_days": "integer",
    "fraction_number": "integer",
    "concurrent": "flag",
    "within_window": "flag",
    "provisional": "flag",
}


def cycles_frame(cycles: Sequence[Cycle]) -> pd.DataFrame:
    """One row for each chemotherapy cycle's day 1."""
    columns = tuple(Column(key=key, title="", kind=kind) for key, kind in _CYCLE_COLUMNS.items())
    rows = tuple(tuple(getattr(cycle, column.key) for column in columns) for cycle in cycles)
    return table_frame(Table(name="cycles", columns=columns, rows=rows))


def drug_days_frame(cycles: Sequence[Cycle]) -> pd.DataFrame:
    """One row for each drug and day."""
    kinds: dict[str, ColumnKind] = {
        "cycle": "integer",
        "drug": "text",
        "offset_days": "integer",
        "date": "date",
        "label": "text",
        "closed": "flag",
        "provisional": "flag",
    }
    columns = tuple(Column(key=key, title="", kind=kind) for key, kind in kinds.items())
    rows = tuple(
        (cycle.number, day.drug, day.offset_days, day.date, day.label, day.closed, day.provisional)
        for cycle in cycles
        for day in cycle.drug_days
    )
    return table_frame(Table(name="drug_days", columns=columns, rows=rows))


_PLAN: dict[str, Callable[[Plan], pd.DataFrame]] = {
    "fractions": fractions_frame,
    "cycles": lambda plan: cycles_frame(plan.cycles),
    "drug_days": lambda plan: drug_days_frame(plan.cycles),
}


def table_frame(table: Table) -> pd.DataFrame:
    """Any table of a report as a frame: its columns' keys with their units, full precision, absent as missing."""
    import pandas as pd

    cells = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    return pd.DataFrame(
        {_name(column): _series(column, values) for column, values in zip(table.columns, cells, strict=True)}
    )


def _name(column: Column) -> str:
    suffix = _SUFFIXES.get(column.unit, "")
    return column.key if column.key.endswith((suffix, "_gy", "_days")) else column.key + suffix


def _series(column: Column, values: Sequence[Cell]) -> pd.Series[Any]:
    import pandas as pd

    absent = any(value is None for value in values)
    if column.kind == "date":
        return pd.Series([pd.Timestamp(v) if isinstance(v, dt.date) else pd.NaT for v in values], dtype=_MOMENTS)
    if column.kind == "number":
        return pd.Series(values, dtype="float64")
    if column.kind == "integer":
        exact = all(value is None or float(value) == int(value) for value in values)  # type: ignore[arg-type]
        return pd.Series(values, dtype=("Int64" if absent else "int64") if exact else "float64")
    if column.kind == "flag":
        return pd.Series(values, dtype="boolean" if absent else "bool")
    return pd.Series([None if value is None else written(value) for value in values], dtype="str")
