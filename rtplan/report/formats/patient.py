"""The patient's calendar: large type, plain words, no doses unless asked for."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import Reason, add_days, days_between, week_of
from rtplan.course.course import Fraction
from rtplan.planning.follow_up import FollowUp, Period, follow_ups
from rtplan.planning.plan import Plan
from rtplan.report.formats.html import environment, weeks
from rtplan.report.language import Words, gy, words

__all__ = [
    "patient_html",
]


_PUBLIC = ("holiday", "treated holiday")


_OUR_OWN = ("closure", "service")
"""Kinds of day whose reason is the department's own affair: a patient is told that it is closed."""


def patient_html(
    plan: Plan,
    *,
    language: str = "en",
    doses: bool = False,
    follow_up: tuple[Period, ...] = (),
    stamp: dt.datetime | None = None,
) -> str:
    """The calendar as one HTML file to print. DomainError for a language that is not there.

    doses: show the dose of each treatment. follow_up: visits so long after the last one. stamp: when it was written,
    below; None leaves it out.
    """
    told = words(language)
    visits = follow_ups(plan, follow_up)
    text = environment().get_template("patient.html.j2")
    return text.render(
        w=told,
        facts=_facts(plan, told, doses),
        visits=[_visit(visit, told) for visit in visits],
        months=_months(plan, told, doses),
        weekdays=told.weekdays("wide" if told.language == "en" else "abbreviated", plan.inputs.calendar.first_weekday),
        chemotherapy=bool(plan.cycles),
        unsure=plan.provisional or bool(_on_closed_days(plan.cycles)),
        later=any(visit.unsure for visit in visits),
        twice=plan.course.several_a_day,
        elsewhere=any(plan.machine_of(day) for day in plan.course.dates),
        clinic=told(plan.inputs.clinic),
        revision=plan.revision.number,
        stamp=told.plain_date(stamp.date()) if stamp else "",
    )


def _facts(plan: Plan, told: Words, doses: bool) -> list[tuple[str, str]]:
    course = plan.course
    facts = [
        (told("First radiotherapy"), told.date(course.first)),
        (told("Last radiotherapy"), told.date(course.last) + _unsure(plan.is_provisional(course.fractions[-1]), told)),
        (told("Radiotherapy treatments"), _count(plan, told)),
    ]
    if plan.cycles:
        days = [told.date(cycle.date) + _unsure(cycle.provisional, told) for cycle in plan.cycles]
        facts.append((told("Chemotherapy starts"), "\n".join(days)))
    if doses:
        facts += [(told("Dose"), dose) for dose in _totals(plan)]
    return facts


def _visit(visit: FollowUp, told: Words) -> tuple[str, str]:
    """When a visit is due, how long after the course, and whether the day had to move."""
    units = {"d": ("%(count)s day", "%(count)s days"), "w": ("%(count)s week", "%(count)s weeks")}
    units |= {"m": ("%(count)s month", "%(count)s months"), "y": ("%(count)s year", "%(count)s years")}
    span = told.count(visit.period.count, *units[visit.period.unit])
    moved = told(" (moved: the department is closed on %(due)s)", due=told.plain_date(visit.due)) if visit.moved else ""
    return told("After %(span)s", span=span), told.date(visit.date) + moved + _unsure(visit.unsure, told)


def _count(plan: Plan, told: Words) -> str:
    treatments, days = len(plan.course.fractions), len(plan.course.dates)
    if treatments == days:
        return str(treatments)
    return told("%(treatments)s, on %(days)s days", treatments=treatments, days=days)


def _totals(plan: Plan) -> list[str]:
    targets = plan.course.prescription.targets
    totals = [gy(plan.course.total_gy(target)) for target in targets]
    return totals if len(targets) == 1 else [f"{name}: {dose}" for name, dose in zip(targets, totals, strict=True)]


def _unsure(unsure: bool, told: Words) -> str:
    return told(" (to be confirmed)") if unsure else ""


def _months(plan: Plan, told: Words, doses: bool) -> list[dict[str, Any]]:
    chemo = _chemotherapy(plan.cycles)
    shown = {*plan.course.dates, *chemo}
    first, last = min(shown), max(shown)
    begins = plan.inputs.calendar.first_weekday
    inside = [day for day in _span(first, last, begins) if _month(first) <= _month(day) <= _month(last)]
    days = [(day, _day(plan, day, chemo.get(day), told, doses)) for day in inside]
    months = itertools.groupby(days, key=lambda entry: _month(entry[0]))
    return [
        {"title": told.month(group[0][0]), "weeks": weeks(group, begins)}
        for group in (list(month) for _, month in months)
    ]


def _month(day: dt.date) -> tuple[int, int]:
    return day.year, day.month


def _span(first: dt.date, last: dt.date, first_weekday: str | None) -> list[dt.date]:
    """Whole weeks from the first to the last."""
    begin, end = week_of(first, first_weekday)[0], week_of(last, first_weekday)[1]
    return [add_days(begin, count) for count in range(days_between(begin, end) + 1)]


def _chemotherapy(cycles: tuple[Cycle, ...]) -> dict[dt.date, Cycle]:
    """Each day on which a cycle begins or a drug is given, with its cycle."""
    found: dict[dt.date, Cycle] = {}
    for cycle in cycles:
        for day in (cycle.date, *(drug.date for drug in cycle.drug_days)):
            found.setdefault(day, cycle)
    return found


def _on_closed_days(cycles: tuple[Cycle, ...]) -> set[dt.date]:
    """Days on which a drug is due but the infusion unit is closed: the department has yet to say when it is given."""
    return {drug.date for cycle in cycles for drug in cycle.drug_days if drug.closed}


def _day(plan: Plan, day: dt.date, cycle: Cycle | None, told: Words, doses: bool) -> dict[str, Any]:
    fractions = [fraction for fraction in plan.course.fractions if fraction.date == day]
    inside = plan.course.first <= day <= plan.course.last
    covered = plan.inputs.calendar.covers(day)
    reason = plan.inputs.calendar.reason(day) if covered else None
    unsure = (
        any(plan.is_provisional(fraction) for fraction in fractions)
        or (cycle is not None and (cycle.provisional or day in _on_closed_days((cycle,))))
        or (inside and reason is not None and reason.provisional)
    )
    free = inside and not fractions
    looks = {"visit": bool(fractions), "free": free, "chemo": cycle is not None, "unsure": unsure}
    weekend = reason is not None and reason.kind == "weekend"
    without = told("No radiotherapy") if cycle is None else told("but no radiotherapy")
    machine = plan.machine_of(day) if fractions else ""
    return {
        "iso": day.isoformat(),
        "day": day.day,
        "weekday": told.weekdays("wide")[day.weekday()],
        "quiet": bool(free and weekend and cycle is None),
        "outside": not inside and cycle is None,
        "looks": " ".join(look for look, holds in looks.items() if holds),
        "treatments": [_treatment(fraction, told, doses) for fraction in fractions],
        "machine": told("On machine: %(machine)s", machine=machine) if machine else "",
        "free": without if free else "",
        "why": _why(reason, told) if free and reason is not None else "",
        "chemotherapy": told("Chemotherapy") if cycle is not None else "",
        "unsure": told("to be confirmed") if unsure and not (free and weekend) else "",
    }


def _treatment(fraction: Fraction, told: Words, doses: bool) -> dict[str, Any]:
    return {
        "name": told("Radiotherapy %(number)s", number=fraction.number),
        "time": fraction.start.strftime("%H:%M") if fraction.start else "",
        "doses": [gy(dose) for dose in fraction.doses_gy if dose] if doses else [],
    }


def _why(reason: Reason, told: Words) -> str:
    """Why there is no treatment, in plain words; nothing for an ordinary weekend or a day the order leaves out."""
    if reason.open or reason.kind in ("weekend", "workday", "worked weekend"):
        return ""
    if reason.kind in _OUR_OWN:
        return told("Department closed")
    text = told.reason(reason.text) if reason.kind in _PUBLIC else told(reason.text)
    return told("Public holiday") if told.catalogue and text == reason.text else text
