"""Values with sane defaults for the tests."""

from __future__ import annotations

import datetime as dt
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
