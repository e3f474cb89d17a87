"""What dated cycles break of their protocol, and what putting them off does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rtplan.chemotherapy.cycles import Cycle
from rtplan.chemotherapy.protocol import ChemoProtocol
from rtplan.clinic.days import add_days
from rtplan.note import Note, Scalar

__all__ = [
    "check",
    "delay_notes",
]


def check(protocol: ChemoProtocol, cycles: tuple[Cycle, ...]) -> tuple[Note, ...]:
    """What has to be said of these cycles: windows, intervals and delays broken, cycles left out, drugs on closed days.

    Codes: ``cycle-window``, ``cycle-interval``, ``cycle-interval-long``, ``cycle-delay`` (violations),
    ``cycle-omitted``, ``drug-on-closed-day`` (warnings).
    """
    notes: list[Note] = []
    passed = 0
    for block in protocol.blocks:
        numbers = range(passed + 1, passed + block.n_cycles + 1)
        here = [cycle for cycle in cycles if cycle.number in numbers]
        for before, cycle in zip((None, *here), here, strict=False):
            due = block.grid[cycle.number - passed - 1] - block.grid[before.number - passed - 1] if before else None
            notes += _check_cycle(block, cycle, cycle.number - passed, due)
        notes += _omitted(block, here, passed)
        passed += block.n_cycles
    return tuple(notes)


def _check_cycle(protocol: ChemoProtocol, cycle: Cycle, local: int, grid_days: int | None) -> Iterator[Note]:
    """local: number of the cycle in its block. grid_days: planned since the cycle before it in the block. [d]"""
    number = cycle.number
    if not cycle.within_window:
        yield _breach(
            "cycle-window",
            f"cycle {number} on {cycle.date} is {cycle.shift_days:+d} d from its due date {cycle.due_date}, "
            f"window ±{protocol.window_days} d ({protocol.window_source.text})",
            {"cycle": number, "shift_days": cycle.shift_days, "window_days": protocol.window_days},
        )
    yield from _check_interval(protocol, cycle, local)
    yield from _check_delay(protocol, cycle, grid_days)
    for day in cycle.drug_days:
        if day.closed:
            yield Note(
                code="drug-on-closed-day",
                severity="warning",
                message=f"{day.drug} on {day.date} ({day.label}): the infusion unit is closed",
                values={"drug": day.drug, "date": day.date.isoformat(), "label": day.label},
            )


def _check_delay(protocol: ChemoProtocol, cycle: Cycle, grid_days: int | None) -> Iterator[Note]:
    """The later of two: behind the nominal date, and behind the planned interval since the cycle before it."""
    beyond = cycle.drift_days
    behind = f"its nominal date {cycle.nominal_date}"
    if grid_days is not None and cycle.interval_days is not None and cycle.interval_days - grid_days > beyond:
        beyond = cycle.interval_days - grid_days
        behind = f"the {grid_days} d planned since the one before it"
    if beyond > protocol.maximum_delay_days:
        yield _breach(
            "cycle-delay",
            f"cycle {cycle.number} on {cycle.date} is {beyond} d behind {behind}, "
            f"maximum {protocol.maximum_delay_days} d ({protocol.maximum_delay_source.text})",
            {
                "cycle": cycle.number,
                "delay_days": beyond,
                "drift_days": cycle.drift_days,
                "maximum_days": protocol.maximum_delay_days,
            },
        )


def _check_interval(protocol: ChemoProtocol, cycle: Cycle, local: int) -> Iterator[Note]:
    interval = cycle.interval_days
    if interval is None:
        return
    number = cycle.number
    least = protocol.minimum_after(local - 1) if local > 1 else protocol.minimum_interval_days or 0
    most = protocol.maximum_interval_days
    if interval < least:
        own = local == 1  # set by the protocol's two anchors, not by a calendar: said, and no broken rule
        yield Note(
            code="cycle-interval",
            severity="warning" if own else "violation",
            message=f"cycle {number} on {cycle.date} is {interval} d after the one before it, "
            f"minimum {least} d ({protocol.minimum_interval_source.text})"
            + (f"; by the protocol itself {protocol.anchor.words(number)}" if own else ""),
            values={"cycle": number, "interval_days": interval, "minimum_days": least},
        )
    if most is not None and interval > most:
        yield _breach(
            "cycle-interval-long",
            f"cycle {number} on {cycle.date} is {interval} d after the one before it, maximum {most} d",
            {"cycle": number, "interval_days": interval, "maximum_days": most},
        )


def _omitted(block: ChemoProtocol, here: Sequence[Cycle], passed: int) -> Iterator[Note]:
    given = {cycle.number - passed: cycle for cycle in here}
    for local in range(1, block.n_cycles + 1):
        if local in given or not given:
            continue
        known, cycle = next(iter(given.items()))
        nominal = add_days(cycle.nominal_date, block.grid[local - 1] - block.grid[known - 1])
        yield Note(
            code="cycle-omitted",
            severity="warning",
            message=f"cycle {local + passed}, nominal {nominal}, is left out: it could only be given more than "
            f"{block.window_days} d late ({block.omit_source.text})",
            values={"cycle": local + passed, "nominal_date": nominal.isoformat(), "window_days": block.window_days},
        )


def delay_notes(delays: Mapping[int, int], cycles: Sequence[Cycle], undelayed: Sequence[Cycle]) -> tuple[Note, ...]:
    """What putting cycles off did to the others, and to how many are concurrent. undelayed: the cycles without it."""
    before = {cycle.number: cycle for cycle in undelayed}
    notes = []
    for number, days in sorted(delays.items()):
        if not days:
            continue
        moved = [
            f"cycle {cycle.number} from {before[cycle.number].date} to {cycle.date}"
            for cycle in cycles
            if cycle.number in before and cycle.date != before[cycle.number].date
        ]
        with_it, without = sum(c.concurrent for c in cycles), sum(c.concurrent for c in undelayed)
        notes.append(
            Note(
                code="cycle-put-off",
                severity="info",
                message=f"cycle {number} put off by {days} d: {'; '.join(moved) or 'no cycle moved'}; "
                f"concurrent {with_it} of {len(cycles)}, without the delay {without}",
                values={"cycle": number, "days": days, "concurrent": with_it, "concurrent_without_delay": without},
            )
        )
    return tuple(notes)


def _breach(code: str, message: str, values: Mapping[str, Scalar]) -> Note:
    return Note(code=code, severity="violation", message=message, values=dict(values))
