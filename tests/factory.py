"""Values with sane defaults for the tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtplan.clinic.days import Reason
from rtplan.planning import resolve
from rtplan.planning.plan import Plan, make_plan
from rtplan.planning.provenance import Provenance

FIXED = Provenance(
    rtplan="test",
    python="test",
    holidays="test",
    created=dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC),
    command="rtplan plan",
)


def plan(protocol: str = resolve.DEFAULT_PROTOCOL, start: str = "2026-02-02", **where: Any) -> Plan:
    """A plan with fixed provenance; on the days of West China where neither protocol nor test names a clinic.

    A tumour without a time factor has no price of time: where neither protocol nor test names a site or a tissue, it
    is the surrogate's.
    """
    found = resolve.protocol_of(protocol)
    where = {"clinic": found.clinic or "west-china"} | where
    if not (found.site or found.regions or {"site", "tissues", "alpha_betas"} & where.keys()):
        where["tissues"] = ("squamous-surrogate",)
    inputs = resolve.inputs_of(found, dt.date.fromisoformat(start), resolve.Where(**where))
    return make_plan(inputs, FIXED)


TWO_MACHINES = """
name = "two"
label = "Two machines"
country = "GB"
subdivision = "ENG"
time_zone = "Europe/London"
source = { text = "the department", verified = true }

[days]
closures = [{ first = 2026-03-11, last = 2026-03-12, reason = "linac exchange" }]

[[machines]]
name = "linac <B>, ground floor"
days = {}
"""
"""A clinic file: the matched machine treats on the two days that the first one is closed."""


def on_two_machines(folder: Path) -> Plan:
    """A plan that goes on at the matched machine on 11 and 12 March."""
    path = folder / "two.toml"
    path.write_text(TWO_MACHINES, encoding="utf-8")
    return plan("45/25", start="2026-03-02", clinic=str(path), matched_machine=True)


def unannounced_plan(protocol: str = resolve.DEFAULT_PROTOCOL, start: str = "2026-11-30", **where: Any) -> Plan:
    """A plan on a calendar whose notices end with 28 December 2026, whatever the library learns later."""
    inputs = resolve.inputs_of(resolve.protocol_of(protocol), dt.date.fromisoformat(start), resolve.Where(**where))
    return make_plan(replace(inputs, calendar=inputs.calendar.with_days(_unannounced)), FIXED)


def _unannounced(day: dt.date, reason: Reason) -> Reason:
    if day <= dt.date(2026, 12, 28):
        return reason
    works = day.weekday() < 5 and day != dt.date(2027, 1, 1)
    return Reason(open=works, provisional=True, kind="workday" if works else "holiday", text="")
