"""Another reading of a protocol's source: the same course with its cycles aligned otherwise, for comparison."""

from __future__ import annotations

from collections.abc import Iterator

from rtplan.chemotherapy import cycles as chemo_cycles
from rtplan.chemotherapy.cycles import Cycle
from rtplan.chemotherapy.protocol import parse_anchor, with_anchor
from rtplan.course.course import Course
from rtplan.errors import ScheduleError
from rtplan.library.protocol import OtherReading
from rtplan.note import Note, Phrase, Value
from rtplan.planning.inputs import PlanInputs

__all__ = [
    "cycles_of",
    "reading_notes",
]


def cycles_of(inputs: PlanInputs, course: Course, reading: OtherReading) -> tuple[Cycle, ...]:
    """The cycles as another reading dates them beside the same course; none where they cannot be given so."""
    if inputs.chemo is None:
        return ()
    chemo = with_anchor(inputs.chemo, parse_anchor(reading.align))
    try:
        return chemo_cycles.align(chemo, course, inputs.infusion_calendar)
    except ScheduleError:
        return ()


def reading_notes(inputs: PlanInputs, course: Course) -> Iterator[Note]:
    """What each other reading says, how it is known, and the dates of its cycles."""
    for reading in inputs.other_readings:
        found = cycles_of(inputs, course, reading)
        dated = tuple(
            Phrase(code="cycle-on", values={"cycle": cycle.number, "date": cycle.date.isoformat()}) for cycle in found
        )
        values: dict[str, Value] = {
            "reading": reading.text,
            "source": reading.source.text,
            "flag": Phrase(code=reading.source.flag),
            "align": reading.align,
            "cycles": dated or (Phrase(code="no-such-cycles"),),
        }
        named: dict[str, Value] = {"protocol": reading.protocol} if reading.protocol else {}
        yield Note(code="other-reading", severity="warning", values={**values, **named})
