"""The revised plan that follows from a chosen option."""

from __future__ import annotations

from dataclasses import replace

from rtplan.answer import said
from rtplan.interruption.judge import Option
from rtplan.interruption.missed import Missed
from rtplan.interruption.situation import Situation, closed_later, partial_fractions
from rtplan.note import Note, Phrase, Value
from rtplan.planning.plan import Plan, complete_plan
from rtplan.planning.provenance import Provenance

__all__ = [
    "choose",
    "revised",
]


def choose(missed: Missed, name: str, provenance: Provenance, *, parent_sha256: str, reason: str = "") -> Plan:
    """The revised plan of one option: a plan like any other, from which a second interruption can start.

    Its course holds what was given, with the doses that were given, and what is to come.
    """
    return revised(missed.situation, missed.option(name), provenance, parent_sha256=parent_sha256, reason=reason)


def revised(
    situation: Situation, option: Option, provenance: Provenance, *, parent_sha256: str, reason: str = ""
) -> Plan:
    """The plan that follows from an option of a situation."""
    inputs = situation.plan.inputs
    opened = {day.date: day for day in (*inputs.opened, *option.sessions)}
    note = _note(situation, option, reason)
    inputs = replace(
        inputs,
        prescription=option.course.prescription,
        start=option.course.first if situation.restarts else inputs.start,
        opened=tuple(opened[date] for date in sorted(opened)),
        assumptions=(*inputs.assumptions, note),
    )
    inputs = closed_later(inputs, situation, frozenset(option.course.dates))
    revision = situation.plan.revision.next(
        said(note), situation.missed_days, parent_sha256, situation.spans, partial_fractions(situation)
    )
    return complete_plan(inputs, option.course, provenance, revision, cycles=option.cycles)


def _note(situation: Situation, option: Option, reason: str) -> Note:
    """Why the plan was revised: in the user's words where there are any, else what was missed and what was chosen."""
    days = tuple(dict.fromkeys(fraction.date.isoformat() for fraction in situation.missed))
    values: dict[str, Value] = {
        "option": option.id,
        "as_of": situation.as_of.isoformat(),
        "missed": len(situation.missed),
        "what": Phrase(code="missed-days", values={"days": days}) if days else Phrase(code="nothing-missed"),
        "cause": Phrase(code="in-brackets", values={"text": situation.cause}) if situation.cause else None,
        "label": option.label,
    }
    return Note(code="interruption", severity="info", values={"reason": reason, **values} if reason else values)
