"""One vocabulary of columns: what a quantity is called, its unit, how it is written. Every table takes its from here.

A key may have a name of its own in a table ("cycles.date"): the same quantity seen from elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rtplan.radiobiology.effect import EffectRow
from rtplan.report.blocks import Cell, Column
from rtplan.report.language import ENGLISH, Words

__all__ = [
    "VOCABULARY",
    "cells_of",
    "columns",
    "dose_columns",
    "row_cells",
]


def _text(key: str, title: str, **look: Any) -> Column:
    return Column(key=key, title=title, **look)


def _count(key: str, title: str, unit: str = "", **look: Any) -> Column:
    return Column(key=key, title=title, kind="integer", unit=unit, **look)


def _days(key: str, title: str, **look: Any) -> Column:
    return _count(key, title, "d", **look)


def _number(key: str, title: str, unit: str = "", **look: Any) -> Column:
    return Column(key=key, title=title, kind="number", unit=unit, **look)


def _gy(key: str, title: str, **look: Any) -> Column:
    return _number(key, title, "Gy", **look)


def _date(key: str, title: str, **look: Any) -> Column:
    return Column(key=key, title=title, kind="date", **look)


def _flag(key: str, title: str, **look: Any) -> Column:
    return Column(key=key, title=title, kind="flag", **look)


_GENERAL = (
    # what, where
    _text("regimen", "Regimen"),
    _text("reference", "Reference"),
    _text("region", "Region"),
    _text("tissue", "Tissue"),
    _text("variant", "Variant"),
    _text("target", "Target"),
    _text("model", "Model"),
    _text("phase", "Phase"),
    _text("drug", "Drug"),
    # days
    _date("date", "Date"),
    _text("weekday", "Weekday"),
    _text("start", "Time"),
    _date("first", "From"),
    _date("last", "To"),
    _count("days", "Days"),
    _flag("open", "Open"),
    _text("kind", "Kind"),
    _text("reason", "Reason"),
    _text("reasons", "Reasons"),
    _flag("provisional", "Provisional"),
    _flag("possible", "Possible"),
    # times
    _days("day", "T"),
    _days("elapsed_days", "T"),
    _days("overall_treatment_time_days", "Overall time"),
    _days("prolongation_days", "Prolongation", signed=True),
    # doses and effects
    _gy("alpha_beta_gy", "α/β"),
    _count("n_fractions", "Fractions"),
    _gy("dose_per_fraction_gy", "Dose per fraction", digits=4),
    _gy("dose_gy", "Dose"),
    _gy("bed_gy", "BED"),
    _gy("eqd2_gy", "EQD2"),
    _gy("repair_gain_gy", "Repair", signed=True),
    _gy("time_loss_gy", "Time loss"),
    _gy("net_bed_gy", "Net BED"),
    _gy("net_eqd2_gy", "Net EQD2"),
    _gy("difference_gy", "Difference", signed=True),
    _gy("low_gy", "Low"),
    _gy("point_gy", "As it is"),
    _gy("high_gy", "High"),
    # sources
    _text("parameter", "Parameter"),
    _text("value", "Value"),
    _text("source", "Source"),
    _text("evidence", "Evidence"),
    _text("note", "Note"),
    _count("rank", "Rank"),
)


_OWN = {
    # a plan
    "fractions": (_count("number", "Fraction"),),
    "cycles": (
        _count("number", "Cycle"),
        _date("date", "Day 1"),
        _date("nominal_date", "Nominal", weekday=False),
        _date("due_date", "Due", weekday=False),
        _days("shift_days", "Shift", signed=True),
        _days("drift_days", "Drift", signed=True),
        _days("interval_days", "Interval"),
        _count("fraction_number", "Fraction", short="Fx"),
        _flag("concurrent", "Concurrent", short="Conc."),
        _flag("within_window", "In window"),
        _flag("provisional", "Provisional", short="Prov."),
    ),
    "drug_days": (
        _text("label", "Days"),
        _count("days", "Days given", short="n"),
        _days("closed", "Unit closed on"),
    ),
    "effects": (
        _gy("alpha_beta_gy", "α/β", digits=1),
        _gy("prescribed_net_bed_gy", "Prescribed net BED", short="Presc. net BED"),
        _gy("difference_gy", "Difference", signed=True, short="Diff."),
        _gy("prescribed_difference_gy", "To prescribed", signed=True),
        _gy("planned_difference_gy", "To planned", signed=True),
        _number("difference_percent", "Change", "%", digits=1, signed=True),
    ),
    "doses": (_gy("difference_gy", "To prescribed", signed=True),),
    "limits": (
        _text("limit", "Limit"),
        _text("metric", "Metric"),
        _gy("alpha_beta", "α/β", digits=1),
        _gy("limit_gy", "Limit EQD2"),
        _gy("margin_gy", "Margin", signed=True),
        _text("decides", "Decides"),
    ),
    # quick answers
    "rows": (
        _number("elapsed_days", "T", "d", digits=0),
        _number("overall_treatment_time_days", "Overall time", "d", digits=0),
    ),
    "matches": (
        _text("kind", ""),
        _number("n_fractions", "Fractions", digits=3),
        _gy("dose_per_fraction_gy", "Per fraction", digits=4),
        _gy("difference_bed_gy", "BED difference", signed=True),
    ),
    "steps": (_count("added", "Added"), _date("last", "Last fraction")),
    # a comparison
    "side": (_gy("difference_gy", "Difference", signed=True, short="Diff."),),
    "times": (_date("first", "First fraction"), _date("last", "Last fraction")),
    "compared": (
        _number("elapsed_days", "T", "d", digits=0),
        _gy("difference_net_bed_gy", "BED diff.", signed=True),
        _gy("difference_net_eqd2_gy", "EQD2 diff.", signed=True),
        _number("ratio_net_bed", "BED ratio", digits=3),
        _count("order_with_time", "Order of net BED"),
        _count("order_without_time", "Order of BED"),
    ),
    "timed": (
        _gy("difference_net_bed_gy", "Net BED diff.", signed=True),
        _number("ratio_net_bed", "Ratio", digits=3),
    ),
    "signed": (
        _gy("low_gy", "Low", signed=True),
        _gy("point_gy", "As it is", signed=True),
        _gy("high_gy", "High", signed=True),
    ),
    "crossings": (
        _text("first", "Regimen"),
        _text("second", "and"),
        _text("above", "Higher BED above it"),
    ),
    # missed fractions
    "price": (
        _gy("prescribed_gy", "Cost, prescribed"),
        _gy("planned_gy", "Cost, planned"),
        _gy("prescribed_eqd2_gy", "Cost EQD2, prescribed"),
        _gy("planned_eqd2_gy", "Cost EQD2, planned"),
    ),
    "options": (
        _text("id", "Option"),
        _text("tier", "Tier"),
        _date("last", "Last"),
        _days("prolongation_days", "Longer", signed=True),
        _count("n_sessions", "Extra"),
        _gy("dose_per_fraction_gy", "d"),
        _gy("tumour_net_bed_gy", "Tumour"),
        _gy("deficit_gy", "Deficit"),
        _gy("late_excess_gy", "Late +"),
        _gy("acute_excess_gy", "Acute +"),
        _text("violations", "Rules broken"),
        _text("kept_back_by", "Not offered because"),
        _text("waive", "Waive"),
        _count("opens", "Opens"),
    ),
    # drawn parameters
    "drawn": (
        _text("parameter", "Parameter"),
        _number("estimate", "Estimate"),
        _number("low", "Low"),
        _number("high", "High"),
    ),
    "draws": (
        _text("name", "Course"),
        _text("first", "First"),
        _text("second", "Second"),
        _gy("low_gy", "Low", signed=True),
        _gy("median_gy", "Median", signed=True),
        _gy("high_gy", "High", signed=True),
        _number("error_gy", "±", "Gy", digits=3),
        _number("above", "P(higher)", digits=3),
        _number("probability", "Probability", digits=3),
        _number("restores", "P(restores)", digits=3),
        _number("late_rises", "P(late too high)", digits=3),
        _number("first_better", "P(first better)", digits=3),
        _number("error", "±", digits=3),
    ),
    # a machine is down
    "department": (
        _text("machine", "Machine"),
        _count("capacity", "Attendances"),
        _count("given", "Given"),
        _text("ids", "Patients"),
        _count("place", "#"),
        _text("id", "Patient"),
        _count("level", "Level"),
        _count("category", "Category", short="Cat."),
        _days("slack_days", "Days left", signed=True),
        _gy("loss_gy", "Loss, planned"),
        _gy("prescribed_loss_gy", "Loss, prescribed"),
        _count("lost", "Fractions lost", short="Lost"),
        _text("seats", "Comes on"),
        _date("last_without", "Last without", weekday=False),
        _date("last", "Last", weekday=False),
        _gy("deficit_without_gy", "Deficit without"),
        _gy("deficit_gy", "Deficit"),
        _text("remark", "Remark"),
        _count("days_more", "Open days more"),
        _date("until", "Until"),
        _count("beyond", "Beyond the limit"),
        _text("worst", "Worst"),
        _gy("worst_loss_gy", "Its loss"),
    ),
    # a plan.json recomputed
    "verify": (
        _text("cause", "Cause"),
        _text("key", "Key"),
        _text("kept", "In the file"),
        _text("made", "Made again"),
        _text("today", "Today"),
        _text("figure", "Figure"),
    ),
    "sheet": (
        _text("quantity", "Quantity"),
        _text("formula", "Formula"),
        _text("numbers", "With its numbers"),
        _number("value", "Gives", digits=3),
        _number("kept", "In the plan", digits=3),
        _text("unit", "Unit"),
        _flag("agrees", "Agrees"),
    ),
    "brief_options": (
        _text("what", "What"),
        _text("rule", "Rule, if waived"),
        _date("last", "New end", weekday=False),
        _gy("late_excess_gy", "Late+"),
        _count("violations", "Broken rules"),
    ),
    # start days
    "starts": (
        _date("date", "Start"),
        _date("last", "Last", weekday=False),
        _days("overall_treatment_time_days", "Overall"),
        _days("above_best_days", "Above best weekday", signed=True, short="Above"),
        _days("prolongation_days", "Prolongation", signed=True, short="Prolong."),
        _date("first_fraction", "Fraction 1"),
        _days("waited_days", "Waited"),
        _gy("gained_gy", "More than the earliest", signed=True, short="More"),
        _flag("beyond_wait", "Beyond the longest wait", short="Late"),
        _count("extra_sessions", "Extra sessions", short="Extra"),
        _count("rule_breaches", "Rule breaches", short="Rules"),
        _count("cycle_breaches", "Cycle violations", short="Cycles"),
        _count("provisional_days", "Provisional days", short="Provis."),
        _text("cycles", "Cycle day 1: shift, interval"),
    ),
    # many courses
    "cohort": (
        _text("by", "By"),
        _text("which", "Which"),
        _text("basis", "Of courses"),
        _count("n_courses", "Courses"),
        _count("n_known", "Prolongation known"),
        *(_number(f"within_{days}", f"≤ {days} d", "%", digits=1) for days in (0, 1, 2, 5, 7)),
        _count("n_lost_known", "Loss known"),
        *(_gy(f"lost_{share}", f"Lost, {share} %") for share in (5, 25, 50, 75, 95)),
        _count("none", "None"),
        _count("minor", "Minor"),
        _count("major", "Major"),
        _count("not_known", "Not known"),
        _text("reason", "Reason"),
        _count("count", "Rows"),
    ),
    # what is shipped
    "list": (
        _text("name", "Name"),
        _text("what", "What"),
        _text("site", "Site"),
        _text("prescription", "Prescription"),
        _text("known", "Known"),
        _text("not_verified", "Not read in a source"),
        _text("parameters", "Parameters"),
        _text("for_calculation", "For calculation"),
        _text("country", "Country"),
        _text("announced_through", "Announced through"),
        _text("worked_weekends", "Worked weekends"),
        _text("chemotherapy", "Chemotherapy"),
        _text("cycles", "Cycles"),
        _text("drugs", "Drugs"),
        _text("tumour_sets", "Tumour sets"),
        _text("category", "Category", short="Cat."),
        _text("most_overall", "Longest overall time", short="Overall"),
        _text("ceiling", "Ceiling of a changed dose", short="Ceiling"),
        _text("least_interval", "Shortest interval", short="Interval"),
        _text("usual_organs", "Usual organs"),
        _text("a_row_is", "A row is"),
        _text("columns_read", "Columns read"),
        _text("sources", "Sources"),
    ),
    # published cases
    "cases": (
        _text("id", "Case"),
        _text("group", "Group"),
        _text("quantity", "Quantity"),
        _number("theirs", "Theirs", digits=6),
        _number("ours", "Ours", digits=6),
        _number("difference", "Difference", digits=6, signed=True),
        _number("tolerance", "Tolerance", digits=6),
        _flag("agrees", "Agrees"),
        _flag("mismatch", "Mismatch"),
        _number("recomputed", "Formula is known to give", digits=6),
        _text("formula", "Formula"),
    ),
    "figures": (
        _text("theirs", "Theirs"),
        _text("ours", "Ours"),
        _text("difference", "Difference"),
        _text("tolerance", "Tolerance"),
        _count("source", "Source"),
    ),
    "known_errors": (
        _text("theirs", "Printed"),
        _text("ours", "Formula gives"),
        _text("note", "What is known"),
    ),
    "counts": (
        _count("cases", "Cases"),
        _count("values", "Values"),
        _count("agreeing", "Agree"),
        _text("road", "Answered by"),
    ),
    "sources": (_count("number", "Number"),),
    "files": (_text("name", "File"), _text("sha256", "SHA-256")),
}


VOCABULARY = {column.key: column for column in _GENERAL} | {
    f"{table}.{column.key}": column for table, own in _OWN.items() for column in own
}
"""Every column by its key, or by table and key. Headings are English, and what translations hang on."""


def columns(told: Words, *keys: str, tables: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """The columns of these keys, in a language.

    tables: whose own names go before the general ones, the first before the others.

    >>> [column.heading for column in columns(ENGLISH, "region", "bed_gy")]
    ['Region', 'BED [Gy]']
    >>> columns(ENGLISH, "date", tables=("cycles",))[0].title
    'Day 1'
    """
    return tuple(_in(told, _found(key, tables)) for key in keys)


def _found(key: str, tables: tuple[str, ...]) -> Column:
    return next(VOCABULARY[name] for name in (*(f"{table}.{key}" for table in tables), key) if name in VOCABULARY)


def _in(told: Words, column: Column) -> Column:
    """A column in a language; only English has short headings: in others the full ones are short enough."""
    return replace(column, title=told(column.title), short="") if told.catalogue else column


def dose_columns(target: str, several: bool, told: Words = ENGLISH) -> tuple[Column, Column]:
    """Dose and cumulative dose of a target, named where there are several."""
    name = f"{told(target)} " if several else ""
    return (
        Column(key=f"dose_{target}_gy", title=f"{name}{told('dose')}", kind="number", unit="Gy"),
        Column(key=f"cumulative_{target}_gy", title=f"{name}{told('cumulative')}", kind="number", unit="Gy"),
    )


def row_cells(row: EffectRow, wanted: tuple[Column, ...], told: Words = ENGLISH) -> tuple[Cell, ...]:
    """The cells of a row of effects; the names of regions and targets that rtplan gives in the reader's language."""
    return tuple(
        told(cell) if isinstance(cell, str) and column.key in ("region", "target") else cell
        for cell, column in zip(cells_of(row, wanted), wanted, strict=True)
    )


def cells_of(thing: object, wanted: tuple[Column, ...]) -> tuple[Cell, ...]:
    """The attributes of a value that columns are called after."""
    return tuple(getattr(thing, column.key) for column in wanted)
