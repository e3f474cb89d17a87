"""From a question in names and options to a plan."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtplan.compensation.sessions import Method
from rtplan.course.course import Course
from rtplan.errors import DomainError, shown
from rtplan.library import catalogue
from rtplan.library.protocol import Protocol
from rtplan.note import Note
from rtplan.planning import resolve
from rtplan.planning.inputs import CycleDelay, compensate
from rtplan.planning.plan import Plan, make_plan, refuse, with_uncertainty
from rtplan.planning.provenance import FileSum, provenance_of
from rtplan.planning.regions import several
from rtplan.planning.resolve import Where
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.draws import Draws

__all__ = [
    "check_times",
    "files_of",
    "plan",
    "where_of",
]


def plan(
    protocol: str | Prescription | Protocol,
    start: dt.date,
    where: Where,
    *,
    created: dt.datetime,
    command: str,
    compensate_closures: Method | None = None,
    no_provisional: bool = False,
    strict_rules: bool = False,
    read: Sequence[FileSum] = (),
    remarks: Sequence[Note] = (),
    draws: Draws | None = None,
) -> Plan:
    """The plan of a protocol, regimen, notation or prescription, with its provenance.

    read: the file that a protocol was read from which another system wrote; remarks: on how it was read.

    Raises ConfigError, DomainError or ScheduleError where it cannot be made, or is refused as asked.
    """
    found = resolve.protocol_of(protocol, where.tissue_file)
    inputs = resolve.inputs_of(found, start, where)
    inputs = replace(inputs, assumptions=(*inputs.assumptions, *remarks))
    if compensate_closures:
        inputs = compensate(inputs, compensate_closures)
    files: list[Path | FileSum] = [*read, *files_of(protocol, found, where)]
    made = make_plan(inputs, provenance_of(files, created, command, *resolve.named_by(found, where)))
    check_times(where.times, made.course)
    refuse(made, provisional=no_provisional, strict=strict_rules)
    return made if draws is None else with_uncertainty(made, draws)


def files_of(protocol: str | Prescription | Protocol, found: Protocol, where: Where) -> list[Path]:
    """The files that a plan is made from, for their checksums."""
    name = protocol if isinstance(protocol, str) else ""
    files = catalogue.files_of(name, found, where.clinic, where.chemo)
    return [*files, *([Path(where.tissue_file)] if where.tissue_file else [])]


def check_times(times: Sequence[dt.time], course: Course) -> None:
    """Refuse clock times that no day has a fraction for."""
    most = max(Counter(fraction.date for fraction in course.fractions).values())
    if len(times) > most:
        a_day = "1 fraction" if most == 1 else f"{most} fractions"
        raise DomainError(f"--times gives {len(times)} times, but no day has more than {a_day}")


def where_of(words: Mapping[str, Any]) -> Where:
    """The arguments that a plan and a search for start dates share, by their names at the front door."""
    delays, times = words["delay_cycle"], words["times"]
    pairs = delays.items() if isinstance(delays, Mapping) else delays
    named = ("clinic", "chemo", "tissue_file")
    paths = {name: None if words[name] is None else os.fspath(words[name]) for name in named}
    also = ("clinic_from", "worked_weekends", "week", "matched_machine", "align", "category", "site", "site_from")
    same: dict[str, Any] = {name: words[name] for name in also}
    return Where(
        policy=words["cycle_policy"],
        delays=tuple(CycleDelay(cycle=cycle, days=days) for cycle, days in pairs),
        exact_start=words.get("exact_start", False),
        start_rules_off=words["no_start_rules"],
        times=tuple(_clock(time) for time in (times.split(",") if isinstance(times, str) else times)),
        tissues=several(words["tissue"]),
        alpha_betas=several(words["alpha_beta"]),
        regions=several(words["region"]),
        ranges=words.get("ranges", False),
        **(same | paths),
    )


def _clock(time: str | dt.time) -> dt.time:
    if isinstance(time, dt.time):
        return time
    try:
        return dt.time.fromisoformat(time.strip())
    except ValueError:
        raise DomainError(f"times must be such as 09:00,15:30, got {shown(time)}") from None
