"""A course under way: what was given stands, what is left goes onto open days."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rtplan.clinic.days import Calendar, add_days
from rtplan.course.course import Course, Fraction
from rtplan.course.schedule import lay_out
from rtplan.errors import ScheduleError
from rtplan.prescription.prescription import Phase, Prescription

__all__ = [
    "Remainder",
    "Slot",
    "host_phase",
    "with_interval",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A fraction still to be given. doses_gy: to each of the prescription's targets. [Gy]"""

    phase: str
    doses_gy: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """A course under way: what was given stands, what is left goes onto open days from ``start`` on.

    sessions: days with another number of fractions than the pattern's: extra sessions of the plan, and 0 on days
    known to be lost. times: clock times of a day's fractions, where the plan has them.
    """

    prescription: Prescription
    calendar: Calendar
    delivered: tuple[Fraction, ...]
    slots: tuple[Slot, ...]
    start: dt.date
    sessions: Mapping[dt.date, int] = field(default_factory=dict)
    times: tuple[dt.time, ...] = ()

    def lay_out(self, extra: Mapping[dt.date, int] | None = None) -> Course:
        """The whole course, with these numbers of fractions on these days. Nothing that was given moves.

        Raises ScheduleError where the calendar ends first, or where nothing is given and nothing is left.
        """
        if not self.slots:
            return _course(self.prescription, self.delivered)
        counted = self._counted()
        given = _course(counted, self.delivered) if self.delivered else None
        sessions = {**self.sessions, **(extra or {})}
        laid = lay_out(counted, self.calendar, self._begin(), delivered=given, sessions=sessions)
        rest = self._timed(tuple(self._dosed(laid.fractions[len(self.delivered) :])))
        return _course(self.prescription, self.delivered + rest)

    def _counted(self) -> Prescription:
        """The prescription with the number of fractions that this course really has in each phase."""
        names = [fraction.phase for fraction in self.delivered] + [slot.phase for slot in self.slots]
        phases: list[Phase] = []
        for phase in self.prescription.phases:
            count = names.count(phase.name)
            if not count:
                continue
            since = phase.concomitant_from
            if since is not None:
                since = self._beside(phase, phases[-1], count) if phases else None
            phases.append(replace(phase, n_fractions=count, concomitant_from=since))
        return replace(self.prescription, phases=tuple(phases))

    def _beside(self, boost: Phase, host: Phase, count: int) -> int:
        """Host fraction from which a concomitant boost is due: the one beside which its next slot stands.

        Further host fractions (the rest of a partial one, added ones) do not pull the boost to an earlier one.
        """
        since = boost.concomitant_from or 1
        due = [place for place, slot in enumerate(self.slots) if slot.phase == boost.name]
        if due:
            given = sum(fraction.phase == host.name for fraction in self.delivered)
            since = given + sum(slot.phase == host.name for slot in self.slots[: due[0]])
        return max(1, min(since, host.n_fractions - count + 1))

    def _begin(self) -> dt.date:
        """``start``, or later where a planned break stands before the next phase."""
        phase = self.prescription.phase(self.slots[0].phase)
        begun = any(fraction.phase == phase.name for fraction in self.delivered)
        if begun or not self.delivered:
            return self.start
        return max(self.start, add_days(self.delivered[-1].date, 1 + phase.break_days))

    def _dosed(self, laid: Sequence[Fraction]) -> Iterator[Fraction]:
        names = [phase.name for phase in self.prescription.phases]
        left = {name: iter([slot for slot in self.slots if slot.phase == name]) for name in names}
        for fraction in laid:
            yield replace(fraction, doses_gy=next(left[fraction.phase]).doses_gy)

    def _timed(self, fractions: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        if not self.times:
            return fractions
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.calendar.time_zone)
        out: list[Fraction] = []
        for date, group in itertools.groupby(fractions, key=lambda fraction: fraction.date):
            day = list(group)
            known = len(day) <= len(self.times) and all(fraction.date != date for fraction in self.delivered)
            for time, fraction in zip(self.times, day, strict=False) if known else ():
                out.append(replace(fraction, start=dt.datetime.combine(date, time, tzinfo=zone)))
            out += [] if known else day
        return tuple(out)


def host_phase(prescription: Prescription, name: str) -> str:
    """The phase whose days a phase is given on: itself, or of a concomitant boost the one that it stands beside.

    What is given on a day of its own counts to it: an added fraction, the rest of a boost that was given in part.
    """
    host = name
    for phase in prescription.phases:
        if phase.concomitant_from is None:
            host = phase.name
        if phase.name == name:
            return host
    return name


def with_interval(remainder: Remainder, interval_h: float) -> Remainder:
    """Second fractions of a once-daily phase stand at least the department's interval apart."""

    def kept(phase: Phase) -> Phase:
        pattern = phase.pattern
        if pattern.several_a_day or pattern.interval_h >= interval_h:
            return phase
        return replace(phase, pattern=replace(pattern, interval_h=interval_h))

    phases = tuple(kept(phase) for phase in remainder.prescription.phases)
    return replace(remainder, prescription=replace(remainder.prescription, phases=phases))


def _course(prescription: Prescription, fractions: Sequence[Fraction]) -> Course:
    if not fractions:
        raise ScheduleError(f"nothing of {prescription.name} is given and nothing is left to give")
    return Course(
        prescription=prescription,
        fractions=tuple(
            fraction if fraction.number == number else replace(fraction, number=number)
            for number, fraction in enumerate(fractions, 1)
        ),
    )
