"""Which matched machine treats on a day that the first machine is closed on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from rtplan.clinic.days import Calendar, Reason
from rtplan.planning.plan import Plan

__all__ = [
    "calendar_with_machines",
    "machine_of",
]


def machine_of(plan: Plan, day: dt.date) -> str:
    """Name of the matched machine that a day's fractions are given on; empty: the clinic's first machine."""
    calendar, machines = plan.inputs.calendar, plan.inputs.machines
    if not machines or not calendar.covers(day):
        return ""
    reason = calendar.reason(day)
    if reason.open and reason.kind == "extra":
        return next((machine.name for machine in machines if reason.text.startswith(f"on {machine.name}; ")), "")
    if any(opened.date == day and opened.method == "machine" for opened in plan.inputs.opened):
        return next((machine.name for machine in machines if machine.covers(day) and machine.is_open(day)), "")
    return ""


def calendar_with_machines(plan: Plan) -> Calendar:
    """The plan's calendar, with the machine named on each day that an extra session opens on a matched one."""

    def named(day: dt.date, reason: Reason) -> Reason:
        machine = "" if reason.open else machine_of(plan, day)
        return replace(reason, kind="extra", text=f"on {machine}; {reason.text}") if machine else reason

    return plan.inputs.calendar.with_days(named) if plan.inputs.machines else plan.inputs.calendar
