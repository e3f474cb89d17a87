"""The JSON document of a search for start dates."""

from __future__ import annotations

from typing import Any

from rtplan.questions.candidates import NoStart
from rtplan.questions.starts import Start, StartSearch
from rtplan.report.formats.json import encode

__all__ = ["document"]

SCHEMA = "rtplan.starts/1"


def document(result: StartSearch) -> dict[str, Any]:
    """The JSON document of the search: every day of the range in order, null where nothing can begin."""

    inputs = result.inputs
    return {
        "schema": SCHEMA,
        "provenance": encode(result.provenance),
        "from": result.first.isoformat(),
        "to": result.last.isoformat(),
        "inputs": {
            "protocol": inputs.protocol,
            "clinic": inputs.clinic,
            "worked_weekends": inputs.worked_weekends,
            "prescription": encode(inputs.prescription),
            "chemo": encode(inputs.chemo),
            "start_rules": encode(inputs.start_rules),
            "limits": encode(inputs.limits),
            "tumour": encode(result.tumour),
            "calendar_sources": list(inputs.calendar.sources),
            "official_through": encode(inputs.calendar.official_through),
        },
        "criteria": list(result.criteria),
        "max_wait_days": result.max_wait_days,
        "compensate_closures": result.method,
        "begins_with": "cycle 1 day 1" if result.chemotherapy_leads else "fraction 1",
        "best_weekday_overall_days": result.best_overall_days,
        "best": [start.date.isoformat() for start in result.starts[:1]],
        "trade": [_traded(start, result.trade[0]) for start in result.trade],
        "starts": [_possible(entry) if isinstance(entry, Start) else _impossible(entry) for entry in result.by_date],
        "notes": encode(result.notes),
    }


def _traded(start: Start, first: Start) -> dict[str, Any]:
    """One step of net BED against days waited. difference_gy: to the first of them."""
    net = start.effect.net_bed_gy
    return {
        "date": start.date.isoformat(),
        "waited_days": start.waited_days,
        "net_bed_gy": net,
        "difference_gy": net - first.effect.net_bed_gy,
        "beyond_wait": start.beyond_wait,
    }


def _possible(start: Start) -> dict[str, Any]:

    return {
        "date": start.date.isoformat(),
        "possible": True,
        "reason": None,
        "rank": start.rank,
        "last": start.course.last.isoformat(),
        "overall_treatment_time_days": start.overall_treatment_time_days,
        "elapsed_days": start.course.elapsed_days,
        "above_best_weekday_days": start.above_best_days,
        "prolongation_days": start.prolongation_days,
        "longest_gap_days": start.course.longest_gap_days,
        "waited_days": start.waited_days,
        "provisional_days": start.provisional_days,
        "effect": encode(start.effect),
        "cycles": encode(start.cycles),
        "rule_breaches": encode(start.rule_breaches),
        "cycle_violations": encode(start.cycle_breaches),
        "closed_reasons": list(start.closed),
        "first_fraction_date": start.course.first.isoformat(),
        "align": f"date={start.date.isoformat()}" if start.moved else None,
        "beyond_wait": start.beyond_wait,
        "opened": encode(start.opened),
    }


_FIELDS = (
    "rank",
    "last",
    "overall_treatment_time_days",
    "elapsed_days",
    "above_best_weekday_days",
    "prolongation_days",
    "longest_gap_days",
    "waited_days",
    "provisional_days",
    "effect",
    "cycles",
    "rule_breaches",
    "cycle_violations",
    "closed_reasons",
    "first_fraction_date",
    "align",
    "beyond_wait",
    "opened",
)


def _impossible(entry: NoStart) -> dict[str, Any]:
    head = {"date": entry.date.isoformat(), "possible": False, "reason": entry.reason}
    return head | dict.fromkeys(_FIELDS)
