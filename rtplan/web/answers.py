"""From a state of the page to the answers of the front door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rtplan
from rtplan.errors import DomainError
from rtplan.interruption.missed import Missed
from rtplan.planning.plan import Plan
from rtplan.prescription.notation import looks_like_notation, parse
from rtplan.questions.comparison import Comparison
from rtplan.questions.department import Department
from rtplan.questions.starts import StartSearch
from rtplan.web.address import Known, State

__all__ = ["DEFAULT_CLINIC", "Loaded", "compare_of", "department_of", "missed_of", "plan_of", "starts_of"]


DEFAULT_CLINIC = "west-china"

MOST_FRACTIONS = 120
"""Of a course that the page lays out. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was given on the command line: a plan with the name of its file, or the plans of a department by name."""

    plan: Plan | None = None
    name: str = ""
    plans: Mapping[str, Plan] = field(default_factory=dict)


def _protocol(state: State, known: Known) -> Any:
    """A shipped name, or the prescription of a notation: never a path."""
    name = state.protocol
    if not name or name in known.protocols or name in known.regimens:
        return name or None
    if not looks_like_notation(name):
        raise DomainError(f"there is no protocol or regimen {name!r}: choose a shipped one, or write such as 45/25")
    prescription = parse(name)
    if prescription.n_fractions > MOST_FRACTIONS:
        raise DomainError(f"the page lays out at most {MOST_FRACTIONS} fractions, got {prescription.n_fractions}")
    return prescription


def _clinic(state: State, known: Known) -> str | None:
    return known.clinics.get(state.clinic, state.clinic) if state.clinic else None


def plan_of(state: State, known: Known, stamp: dt.datetime, loaded: Loaded | None = None) -> Plan | None:
    """The plan of a state; None where no start is stated yet."""
    if loaded is not None and loaded.plan is not None:
        return loaded.plan
    if state.start is None:
        return None
    return rtplan.plan(
        _protocol(state, known),
        start=state.start,
        clinic=_clinic(state, known),
        site=state.site or None,
        stamp=stamp,
        command="rtplan serve",
    )


def missed_of(plan: Plan, state: State, stamp: dt.datetime) -> Missed | None:
    """What the clicked days cost; None where none is clicked."""
    if not state.missed:
        return None
    return rtplan.missed(plan, list(state.missed), stamp=stamp, command="rtplan serve")


def compare_of(state: State, known: Known) -> Comparison:
    """The regimens side by side, on the clinic's days where start and clinic are stated."""
    regimens = []
    for name in state.regimens.split():
        if name not in known.regimens and not looks_like_notation(name):
            raise DomainError(f"there is no regimen {name!r}: write such as 45/25, or a shipped name")
        regimens.append(name if name in known.regimens else parse(name))
    dated = state.start is not None and bool(state.clinic)
    where: dict[str, Any] = {"start": state.start, "clinic": _clinic(state, known)} if dated else {}
    return rtplan.compare(*regimens, site=state.site or None, **where)


def department_of(state: State, loaded: Loaded | None, stamp: dt.datetime) -> Department | None:
    """Who gets the attendances; None where no days or no attendances are stated yet."""
    if loaded is None or not state.closed or not state.slots:
        return None
    closed = ",".join(state.closed.split())
    return rtplan.department(loaded.plans, closed, state.slots.split(), stamp=stamp, command="rtplan serve")


def starts_of(state: State, known: Known, stamp: dt.datetime) -> StartSearch | None:
    """The start days of a range; None where it is not stated yet."""
    if state.first is None or state.last is None:
        return None
    return rtplan.starts(
        _protocol(state, known),
        first=state.first,
        last=state.last,
        clinic=_clinic(state, known),
        site=state.site or None,
        stamp=stamp,
        command="rtplan serve",
    )
