"""Values with sane defaults for the tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from rtplan import intake
from rtplan.plan import Plan, Provenance, make_plan

FIXED = Provenance(
    rtplan="test",
    python="test",
    holidays="test",
    created=dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC),
    command="rtplan plan",
)


def plan(protocol: str = intake.DEFAULT_PROTOCOL, start: str = "2026-02-02", **where: Any) -> Plan:
    """A plan with fixed provenance."""
    found = intake.protocol_of(protocol)
    inputs = intake.resolve(found, dt.date.fromisoformat(start), intake.Where(**where))
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
