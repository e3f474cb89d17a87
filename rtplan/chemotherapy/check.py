"""What dated cycles break of their protocol, and what putting them off does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rtplan.chemotherapy.cycles import Cycle
from rtplan.chemotherapy.protocol import ChemoProtocol, minimum_between
from rtplan.clinic.days import add_days, days_between
from rtplan.note import Note, Phrase, Value

__all__ = [
    "check",
    "delay_notes",
]


def check(protocol: ChemoProtocol, cycles: tuple[Cycle, ...]) -> tuple[Note, ...]:
    """What has to be said of these cycles: windows, intervals and delays broken, cycles left out, drugs on closed days.

    Codes: ``cycle-window``, ``cycle-interval``, ``cycle-interval-long``, ``cycle-delay`` (violations),
    ``cycle-omitted``, ``drug-on-closed-day``, ``block-waits`` (warnings).
    """
    notes: list[Note] = []
    passed = 0
    for previous, block in zip((None, *protocol.blocks), protocol.blocks, strict=False):
        numbers = range(passed + 1, passed + block.n_cycles + 1)
        here = [cycle for cycle in cycles if cycle.number in numbers]
        for before, cycle in zip((None, *here), here, strict=False):
            due = block.grid[cycle.number - passed - 1] - block.grid[before.number - passed - 1] if before else None
            local = cycle.number - passed
            between = minimum_between(previous, block) if previous is not None else 0
            least = block.minimum_after(local - 1) if local > 1 else between
            notes += _check_cycle(block, cycle, least, due)
        notes += _omitted(block, here, passed)
        passed += block.n_cycles
    return tuple(notes)


def _check_cycle(protocol: ChemoProtocol, cycle: Cycle, least: int, grid_days: int | None) -> Iterator[Note]:
    """least: shortest interval since the cycle before it. grid_days: planned since the one in its block. [d]"""
    number = cycle.number
    if not cycle.within_window:
        yield _breach(
            "cycle-window",
            {
                "cycle": number,
                "date": cycle.date.isoformat(),
                "shift_days": cycle.shift_days,
                "due_date": cycle.due_date.isoformat(),
                "window_days": protocol.window_days,
                "source": protocol.window_source.text,
            },
        )
    if cycle.anchored_date is not None:
        yield _waits(protocol, cycle, least)
    yield from _check_interval(protocol, cycle, least)
    yield from _check_delay(protocol, cycle, grid_days)
    for day in cycle.drug_days:
        if day.closed:
            yield Note(
                code="drug-on-closed-day",
                severity="warning",
                values={"drug": day.drug, "date": day.date.isoformat(), "label": day.label},
            )


def _waits(protocol: ChemoProtocol, cycle: Cycle, least: int) -> Note:
    anchored = cycle.anchored_date or cycle.date
    before = add_days(cycle.date, -(cycle.interval_days or 0))
    return Note(
        code="block-waits",
        severity="warning",
        values={
            "cycle": cycle.number,
            "date": cycle.date.isoformat(),
            "anchored_date": anchored.isoformat(),
            "anchored_interval_days": days_between(before, anchored),
            "minimum_days": least,
            "place": _place(protocol),
            "source": protocol.minimum_interval_source.text,
        },
    )


def _place(protocol: ChemoProtocol) -> Phrase:
    """What the first cycle of a later block hangs on."""
    anchor = protocol.anchor
    if anchor.date is not None:
        return Phrase(code="anchor-date", values={"date": anchor.date.isoformat()})
    return Phrase(code=f"anchor-{anchor.kind}", values={"count": anchor.days})


def _check_delay(protocol: ChemoProtocol, cycle: Cycle, grid_days: int | None) -> Iterator[Note]:
    """The later of two: behind the nominal date, and behind the planned interval since the cycle before it."""
    beyond = cycle.drift_days
    behind = Phrase(code="behind-nominal", values={"date": cycle.nominal_date.isoformat()})
    if grid_days is not None and cycle.interval_days is not None and cycle.interval_days - grid_days > beyond:
        beyond = cycle.interval_days - grid_days
        behind = Phrase(code="behind-interval", values={"days": grid_days})
    if beyond > protocol.maximum_delay_days:
        yield _breach(
            "cycle-delay",
            {
                "cycle": cycle.number,
                "date": cycle.date.isoformat(),
                "delay_days": beyond,
                "drift_days": cycle.drift_days,
                "behind": behind,
                "maximum_days": protocol.maximum_delay_days,
                "source": protocol.maximum_delay_source.text,
            },
        )


def _check_interval(protocol: ChemoProtocol, cycle: Cycle, least: int) -> Iterator[Note]:
    interval = cycle.interval_days
    if interval is None:
        return
    most = protocol.maximum_interval_days
    values: dict[str, Value] = {"cycle": cycle.number, "date": cycle.date.isoformat(), "interval_days": interval}
    if interval < least:
        source = protocol.minimum_interval_source.text
        yield _breach("cycle-interval", {**values, "minimum_days": least, "source": source})
    if most is not None and interval > most:
        yield _breach("cycle-interval-long", {**values, "maximum_days": most})


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
            values={
                "cycle": local + passed,
                "nominal_date": nominal.isoformat(),
                "window_days": block.window_days,
                "source": block.omit_source.text,
            },
        )


def delay_notes(delays: Mapping[int, int], cycles: Sequence[Cycle], undelayed: Sequence[Cycle]) -> tuple[Note, ...]:
    """What putting cycles off did to the others, and to how many are concurrent. undelayed: the cycles without it."""
    before = {cycle.number: cycle for cycle in undelayed}
    notes = []
    for number, days in sorted(delays.items()):
        if not days:
            continue
        moved = tuple(
            Phrase(
                code="cycle-moved",
                values={"cycle": c.number, "before": str(before[c.number].date), "date": str(c.date)},
            )
            for c in cycles
            if c.number in before and c.date != before[c.number].date
        )
        values: dict[str, Value] = {
            "cycle": number,
            "days": days,
            "moved": moved or Phrase(code="no-cycle-moved"),
            "concurrent": sum(cycle.concurrent for cycle in cycles),
            "cycles": len(cycles),
            "concurrent_without_delay": sum(cycle.concurrent for cycle in undelayed),
        }
        notes.append(Note(code="cycle-put-off", severity="info", values=values))
    return tuple(notes)


def _breach(code: str, values: Mapping[str, Value]) -> Note:
    return Note(code=code, severity="violation", values=dict(values))
