"""The answer on missed fractions as JSON: everything that another program needs to calculate it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rtplan.answer import said
from rtplan.course.course import Course, Fraction
from rtplan.course.remainder import Slot
from rtplan.interruption.judge import Option, OptionEffect
from rtplan.interruption.missed import Missed
from rtplan.interruption.ranking import restores
from rtplan.planning.artefact import course_document
from rtplan.radiobiology.effect import EffectRow
from rtplan.report.formats.json import encode
from rtplan.report.sentences import phrase

__all__ = [
    "document",
]


SCHEMA = "rtplan.missed/1"


def document(missed: Missed) -> dict[str, Any]:
    """The answer as the JSON document of the door."""
    inputs = missed.plan.inputs
    return {
        "schema": SCHEMA,
        "provenance": encode(missed.provenance),
        "plan": {
            "label": inputs.label,
            "revision": missed.plan.revision.number,
            "sha256": missed.parent_sha256,
        },
        "settings": _settings(missed),
        "inputs": {
            "prescription": encode(inputs.prescription),
            "calendar": encode(inputs.calendar),
            "machines": encode(inputs.machines),
            "opened": encode(inputs.opened),
            "regions": encode(inputs.regions),
            "limits": encode(inputs.limits),
            "cycles": encode(missed.plan.cycles),
        },
        "status": _status(missed),
        "options": [_option(option, missed) for option in missed.options],
        "shown": list(missed.shown),
        "rules": encode(inputs.limits.rules),
        "not_offered": [_not_offered(option) for option in missed.not_offered],
        "waived": list(missed.settings.waive),
        "waivers": encode(missed.waivers),
        "uncertainty": encode(missed.uncertainty),
        "added_fractions": encode(missed.added_scan),
        "sensitivity": {
            "first": missed.options[0].id,
            "stays_first": sum(entry.stays_first for entry in missed.sensitivity),
            "of": len(missed.sensitivity),
            "sets": [encode(entry) | {"name": phrase(entry.name)} for entry in missed.sensitivity],
        },
        "notes": encode(missed.notes),
    }


def _settings(missed: Missed) -> dict[str, Any]:
    return {
        "against": missed.settings.against,
        "rank_by": missed.settings.rank_by,
        "restore_percent": 100 * missed.settings.restore,
        "late_limit_percent": None if missed.settings.late_limit is None else 100 * missed.settings.late_limit,
        "max_dose_per_fraction_gy": missed.settings.max_dose_per_fraction_gy,
        "tolerance_gy": missed.settings.tolerance_gy,
        "waived": list(missed.settings.waive),
        "change_targets": list(missed.settings.change_targets),
        "changed_dose_from": missed.changed_dose_from.isoformat(),
        "keep_by": missed.keep_by.isoformat(),
        "limit_by": encode(missed.limit_by),
    }


def _status(missed: Missed) -> dict[str, Any]:
    situation = missed.situation
    targets = missed.plan.inputs.prescription.targets
    return {
        "as_of": situation.as_of.isoformat(),
        "cause": situation.cause,
        "cause_kind": situation.cause_kind or None,
        "start_delay_days": situation.start_delay_days,
        "missed": [_fraction(fraction, targets) for fraction in situation.missed],
        "spans": [{**encode(span), "text": span.text} for span in situation.spans],
        "partial": [
            {"number": partial.number, "date": partial.date.isoformat(), "owed": _slot(partial.owed, targets)}
            for partial in situation.partials
        ],
        "delivered": {
            "n_fractions": len(situation.delivered),
            "fractions": [_fraction(fraction, targets) for fraction in situation.delivered],
            **_so_far(missed),
        },
        "remaining": {
            "n_fractions": len(situation.slots),
            "fractions": [_slot(slot, targets) for slot in situation.slots],
        },
        "prescribed": _reference(missed.prescribed, missed.prescribed_effects),
        "planned": _reference(missed.planned, missed.planned_effects),
        "appended": {
            **_reference(missed.appended.course, tuple(effect.row for effect in missed.appended.effects)),
            "prolongation_days": missed.appended.prolongation_days,
            "limit_broken": any(note.code == "prolongation-limit" for note in missed.appended.violations),
            "price": encode(missed.prices),
            "concurrent_cycles": [cycle.number for cycle in missed.appended.cycles if cycle.concurrent],
            "planned_concurrent_cycles": [cycle.number for cycle in missed.plan.cycles if cycle.concurrent],
        },
        "findings": encode(situation.findings),
    }


def _so_far(missed: Missed) -> dict[str, Any]:
    """What was given up to its last day, and what it is worth; null where nothing was given."""
    course = missed.delivered
    return {
        "first": course.first.isoformat() if course else None,
        "last": course.last.isoformat() if course else None,
        "overall_treatment_time_days": course.overall_treatment_time_days if course else None,
        "elapsed_days": course.elapsed_days if course else None,
        "effects": encode(missed.delivered_effects),
    }


def _reference(course: Course, effects: Sequence[EffectRow]) -> dict[str, Any]:
    return {
        "first": course.first.isoformat(),
        "last": course.last.isoformat(),
        **course_document(course),
        "effects": encode(tuple(effects)),
    }


def _option(option: Option, missed: Missed) -> dict[str, Any]:
    given = len(missed.situation.delivered)
    laid = course_document(option.course)
    for place, entry in enumerate(laid["fractions"]):
        entry["delivered"] = place < given
    calendar = missed.plan.inputs.calendar
    return {
        "id": option.id,
        "rank": option.rank,
        "tier": option.tier,
        "method": option.method,
        "label": said(option.label),
        "goal": said(option.reaches) if option.reaches else "",
        **laid,
        "last": option.course.last.isoformat(),
        "prolongation_days": option.prolongation_days,
        "provisional": calendar.depends_on_provisional(option.course.first, option.course.last),
        "interval_h": {phase.name: phase.pattern.interval_h for phase in option.course.prescription.phases},
        "sessions": encode(option.sessions),
        "n_sessions": option.n_sessions,
        "added_fractions": option.added_fractions,
        "dose_per_fraction_gy": option.dose_per_fraction_gy,
        "doses": encode(option.doses),
        "effects": [_effect(effect) for effect in option.effects],
        "deficit_gy": option.deficit_gy,
        "deficit_known": option.deficit_known,
        "late_excess_gy": option.late_excess_gy,
        "acute_excess_gy": option.acute_excess_gy,
        "restores": restores(option, missed.settings.tolerance_gy),
        "waived": list(option.waived),
        "held_for_toxicity": option.held,
        "cycles": encode(option.cycles),
        "violations": encode(option.violations),
        "notes": encode(option.notes),
    }


def _not_offered(option: Option) -> dict[str, Any]:
    """An option that a hard rule keeps back: what it would do, and which rules to waive."""
    return {
        "id": option.id,
        "tier": option.tier,
        "method": option.method,
        "label": said(option.label),
        "last": option.course.last.isoformat(),
        "prolongation_days": option.prolongation_days,
        "dose_per_fraction_gy": option.dose_per_fraction_gy,
        "deficit_gy": option.deficit_gy,
        "deficit_known": option.deficit_known,
        "late_excess_gy": option.late_excess_gy,
        "acute_excess_gy": option.acute_excess_gy,
        "rules": [code for code in option.hard if code not in option.waived],
        "violations": encode(option.violations),
    }


def _effect(effect: OptionEffect) -> dict[str, Any]:
    row: dict[str, Any] = encode(effect.row)
    return {
        **row,
        "prescribed_net_bed_gy": effect.prescribed_net_bed_gy,
        "planned_net_bed_gy": effect.planned_net_bed_gy,
        "prescribed_net_eqd2_gy": effect.prescribed_net_eqd2_gy,
        "planned_net_eqd2_gy": effect.planned_net_eqd2_gy,
        "prescribed_difference_gy": effect.prescribed_difference_gy,
        "planned_difference_gy": effect.planned_difference_gy,
        "difference_gy": effect.difference_gy,
        "difference_percent": effect.difference_percent,
    }


def _fraction(fraction: Fraction, targets: Sequence[str]) -> dict[str, Any]:
    return {
        "number": fraction.number,
        "date": fraction.date.isoformat(),
        "start": encode(fraction.start),
        "phase": fraction.phase,
        "dose_gy": fraction.doses_gy[0],
        "doses": _doses(fraction.doses_gy, targets),
    }


def _slot(slot: Slot, targets: Sequence[str]) -> dict[str, Any]:
    return {"phase": slot.phase, "dose_gy": slot.doses_gy[0], "doses": _doses(slot.doses_gy, targets)}


def _doses(doses_gy: Sequence[float], targets: Sequence[str]) -> list[dict[str, Any]]:
    return [{"target": target, "dose_gy": dose} for target, dose in zip(targets, doses_gy, strict=True)]
