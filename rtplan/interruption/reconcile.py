"""A plan reconciled with a record of treatment."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rtplan.course.course import Fraction
from rtplan.course.remainder import Slot, host_phase
from rtplan.errors import ConfigError, DomainError
from rtplan.interruption.situation import MissedSpan, Partial, Situation, lost_fractions, situation_of
from rtplan.note import Note, Scalar, Severity
from rtplan.planning.plan import Plan
from rtplan.records.record import STATUSES, Record, RecordEntry

__all__ = [
    "from_record",
]


SAME_DOSE_GY = 0.005
"""Doses closer than this are the same dose: records are written in steps of 0.01 Gy. [Gy]"""


MOST_TIMES_PLANNED = 2.0
"""A fraction above its planned dose is named as an error. Above so many times that dose it is not believed but
refused: a fraction given twice over is the largest error of one delivery, a slipped decimal point (18.0 or 180 for
1.80 Gy) lies far beyond."""


def from_record(
    plan: Plan,
    record: Record,
    *,
    missed: Sequence[MissedSpan] = (),
    as_of: dt.date | None = None,
    cause: str = "",
) -> Situation:
    """The situation that a record describes.

    missed: further dates, after the record's last, that are known to be lost. as_of: default the last date recorded.

    Raises ConfigError, with file and line, where a line cannot be right.
    """
    _refuse_bad(plan, record)
    day = as_of or max(entry.date for entry in record.entries)
    late = [entry for entry in record.entries if entry.date > day and entry.status != "missed"]
    if late:
        raise _bad(record, late[0], f"lies after the day the record is read for, {day}")
    lost = lost_fractions(plan, missed)
    for fraction in lost:
        if fraction.date <= day:
            raise DomainError(f"missed {fraction.date} is not after {day}: up to there the record decides")
    return _Reconciliation(plan, record, day, cause, lost).situation()


def _refuse_bad(plan: Plan, record: Record) -> None:
    if not record.entries:
        raise ConfigError(record.file, ["has no line to read"])
    first = plan.course.first
    minutes: dict[tuple[dt.date, dt.time], int] = {}
    nameless: dict[tuple[object, ...], int] = {}
    for entry in record.entries:
        if entry.date < first:
            raise _bad(record, entry, f"fraction on {entry.date} lies before the start of the course, {first}")
        if entry.status and entry.status not in STATUSES:
            raise _bad(record, entry, f"status takes {', '.join(STATUSES)}, got {entry.status!r}")
        if entry.status in ("partial", "remainder") and not entry.doses_gy:
            raise _bad(record, entry, f"a {entry.status} fraction needs its dose")
        for dose in entry.doses_gy.values():
            if dose < 0:
                raise _bad(record, entry, f"dose must be 0 Gy or greater, got {dose:g}")
        for target in (*entry.targets, *entry.doses_gy):
            if target not in plan.course.prescription.targets:
                known = ", ".join(plan.course.prescription.targets)
                raise _bad(record, entry, f"there is no target {target!r}; the plan has {known}")
        if len(plan.course.prescription.targets) > 1 and entry.targets and entry.time is None and entry.number is None:
            same = (entry.date, entry.phase, entry.status == "remainder")
            if same in nameless:
                told = f"a second fraction on {entry.date} (line {nameless[same]})"
                raise _bad(record, entry, f"{told}: with several targets, give each fraction a number or time")
            nameless[same] = entry.line
        if entry.phase and entry.phase not in [phase.name for phase in plan.course.prescription.phases]:
            raise _bad(record, entry, f"there is no phase {entry.phase!r}")
        if entry.time is not None and entry.status != "missed":
            minute = (entry.date, entry.time.replace(second=0, microsecond=0))
            if minute in minutes:
                at = f"{entry.date} {entry.time:%H:%M}"
                raise _bad(record, entry, f"two fractions in one minute, {at}: see line {minutes[minute]}")
            minutes[minute] = entry.line


def _bad(record: Record, entry: RecordEntry, problem: str) -> ConfigError:
    return ConfigError(record.file, [f"line {entry.line}: {problem}"])


class _Reconciliation:
    """Goes through a record once, matching each line with what was planned for its day."""

    def __init__(self, plan: Plan, record: Record, as_of: dt.date, cause: str, lost: list[Fraction]) -> None:
        self.plan = plan
        self.record = record
        self.as_of = as_of
        self.cause = cause
        self.known_lost = {fraction.number for fraction in lost}
        self.open = {f.number: f for f in plan.course.fractions}
        self.delivered: list[Fraction] = []
        self.missed: list[Fraction] = list(lost)
        self.owed: list[Partial] = []
        self.findings: list[Note] = []
        self.doubled: set[int] = set()
        self.fractions = 0  # delivered so far, the rest of a partial one not counted

    def situation(self) -> Situation:
        entries = _in_order(self.record.entries)
        self._name_order()
        for _, group in itertools.groupby(entries, key=lambda entry: entry.date):
            self._day(list(group))
        for fraction in [f for f in self.open.values() if f.date <= self.as_of]:
            if fraction not in self.missed:
                self._miss(fraction, "not in the record")
        pending = sorted(self.open.values(), key=lambda fraction: fraction.number)
        missed = sorted(self.missed, key=lambda fraction: fraction.number)
        findings = self.findings
        return situation_of(self.plan, self.as_of, self.cause, missed, self.delivered, pending, self.owed, findings)

    def _name_order(self) -> None:
        lines = self.record.entries
        for before, after in itertools.pairwise(lines):
            backwards = (after.date, after.time or dt.time()) < (before.date, before.time or dt.time())
            if after.time is None or before.time is None:
                backwards = after.date < before.date
            number = after.number is not None and before.number is not None and after.number < before.number
            if backwards or number:
                self._find("out-of-order", after, f"line {after.line} ({after.date}) is out of order")
        seen: dict[int, RecordEntry] = {}
        for entry in lines:
            if entry.number is None or entry.status in ("missed", "remainder"):
                continue
            if entry.number in seen:
                text = f"fraction {entry.number} stands twice, lines {seen[entry.number].line} and {entry.line}"
                self._find("duplicated", entry, f"{text}: both are counted as given")
                self.doubled.add(entry.number)
            seen.setdefault(entry.number, entry)

    def _day(self, entries: list[RecordEntry]) -> None:
        date = entries[0].date
        planned = [f for f in self.open.values() if f.date == date]
        reason = self.plan.inputs.calendar.reason(date) if self.plan.inputs.calendar.covers(date) else None
        for entry in [entry for entry in entries if entry.status == "missed" or _nothing(entry)]:
            if not planned:
                raise _bad(self.record, entry, f"missed on {date}, but no fraction is planned then")
            fraction = self._planned(planned, entry)
            self._doses(entry, fraction.doses_gy)
            self._name_number(entry, fraction)
            planned.remove(fraction)
            self._miss(fraction, "missed")
        for entry in [entry for entry in entries if not (entry.status == "missed" or _nothing(entry))]:
            if reason is not None and not reason.open and date not in self.plan.course.sessions:
                self._find("closed-day", entry, f"fraction on {date}, a closed day ({reason.text})")
            if entry.status == "remainder":
                self._remainder(entry)
                continue
            if planned:
                fraction = self._planned(planned, entry)
                planned.remove(fraction)
            else:
                fraction = self._extra(entry)
            self._deliver(entry, fraction)

    def _planned(self, planned: list[Fraction], entry: RecordEntry) -> Fraction:
        return next((f for f in planned if f.phase == entry.phase), planned[0])

    def _extra(self, entry: RecordEntry) -> Fraction:
        """An extra fraction makes up for a missed one, or stands for the last one still planned."""
        owing = [f for f in self.missed if f.number in self.open and f.number not in self.known_lost]
        left = [f for f in self.open.values() if f.date > entry.date and f.number not in self.known_lost]
        if entry.phase:
            owing = [f for f in owing if f.phase == entry.phase]
            left = [f for f in left if f.phase == entry.phase]
        if not owing and not left:
            total = len(self.plan.course.fractions)
            raise _bad(self.record, entry, f"fraction on {entry.date} is one more than the {total} of the plan")
        fraction = owing[0] if owing else [f for f in left if f.phase == left[0].phase][-1]
        what = f"makes up for fraction {fraction.number}" if owing else "is given beyond the plan of that day"
        self._find("extra", entry, f"extra fraction on {entry.date}: {what}")
        return fraction

    def _deliver(self, entry: RecordEntry, fraction: Fraction) -> None:
        doses = self._doses(entry, fraction.doses_gy)
        self._name_number(entry, fraction)
        self.fractions += 1
        del self.open[fraction.number]
        self._give(entry, replace(fraction, date=entry.date, start=self._start(entry), doses_gy=doses))
        short = [planned - dose for planned, dose in zip(fraction.doses_gy, doses, strict=True)]
        over = [planned for planned, part in zip(fraction.doses_gy, short, strict=True) if part < -SAME_DOSE_GY]
        if over:
            self._over(entry, fraction, doses)
        if max(short) <= SAME_DOSE_GY:
            return
        place = next(place for place, part in enumerate(short) if part > SAME_DOSE_GY)
        values: dict[str, Scalar] = {"planned_gy": fraction.doses_gy[place], "dose_gy": doses[place]}
        told = self._told(fraction, doses, [part > SAME_DOSE_GY for part in short])
        if entry.status == "partial" or not entry.status:
            owed = tuple(part if part > SAME_DOSE_GY else 0.0 for part in short)
            slot = Slot(phase=host_phase(self.plan.course.prescription, fraction.phase), doses_gy=owed)
            self.owed.append(Partial(number=fraction.number, date=entry.date, owed=slot))
            self._find("partial", entry, f"partial fraction {fraction.number} on {entry.date}: {told} given", values)
        else:
            text = f"fraction {fraction.number} on {entry.date} was given with {told} planned"
            self._find("dose-differs", entry, text, values)

    def _over(self, entry: RecordEntry, fraction: Fraction, doses: tuple[float, ...]) -> None:
        """More than planned in one fraction: an error of dose that has to be seen, or a line that cannot be right."""
        above = [dose > planned + SAME_DOSE_GY for planned, dose in zip(fraction.doses_gy, doses, strict=True)]
        told = self._told(fraction, doses, above)
        for planned, dose in zip(fraction.doses_gy, doses, strict=True):
            if dose > MOST_TIMES_PLANNED * planned + SAME_DOSE_GY:
                raise _bad(self.record, entry, f"{told} planned is more than {MOST_TIMES_PLANNED:g} times that dose")
        place = above.index(True)
        values: dict[str, Scalar] = {"planned_gy": fraction.doses_gy[place], "dose_gy": doses[place]}
        text = f"fraction {fraction.number} on {entry.date} was given with {told} planned: more than was planned"
        self._find("dose-above-planned", entry, text, values, severity="violation")

    def _told(self, fraction: Fraction, doses: tuple[float, ...], which: list[bool]) -> str:
        """1 Gy of 1.8 Gy, or with several targets: 1 Gy of 2.3 Gy to the boost."""
        targets = self.plan.course.prescription.targets
        parts = zip(targets, doses, fraction.doses_gy, which, strict=True)
        many = len(targets) > 1
        told = [f"{dose:g} Gy of {of:g} Gy" + f" to {name}" * many for name, dose, of, wanted in parts if wanted]
        return " and ".join(told)

    def _give(self, entry: RecordEntry, fraction: Fraction) -> None:
        """Counts a delivery; refuses the line with which a target has more than the plan gives it."""
        self.delivered.append(fraction)
        course = self.plan.course
        for place, target in enumerate(course.prescription.targets):
            total = math.fsum(given.doses_gy[place] for given in self.delivered)
            planned = course.total_gy(target)
            if total > planned + SAME_DOSE_GY * len(self.delivered):
                told = f"{total:g} Gy delivered to {target}, more than the {planned:g} Gy of the whole plan"
                raise _bad(self.record, entry, told)

    def _remainder(self, entry: RecordEntry) -> None:
        if not self.owed:
            raise _bad(self.record, entry, f"remainder on {entry.date}, but no fraction before it was partial")
        partial = next((partial for partial in self.owed if partial.number == entry.number), self.owed[0])
        doses = self._doses(entry, partial.owed.doses_gy)
        left = [part - dose for part, dose in zip(partial.owed.doses_gy, doses, strict=True)]
        for dose, owed, part in zip(doses, partial.owed.doses_gy, left, strict=True):
            if part < -SAME_DOSE_GY:
                told = f"only {owed:g} Gy of fraction {partial.number} ({partial.date}) is owed"
                raise _bad(self.record, entry, f"remainder of {dose:g} Gy on {entry.date}, but {told}")
        place = self.owed.index(partial)
        self.owed.remove(partial)
        if max(left) > SAME_DOSE_GY:
            owed_still = tuple(part if part > SAME_DOSE_GY else 0.0 for part in left)
            slot = replace(partial.owed, doses_gy=owed_still)
            self.owed.insert(place, replace(partial, owed=slot))
        start = self._start(entry)
        self._give(entry, Fraction(number=1, phase=partial.owed.phase, date=entry.date, start=start, doses_gy=doses))

    def _name_number(self, entry: RecordEntry, fraction: Fraction) -> None:
        """The record's number has to be the plan's, or the place among what was delivered."""
        known = {fraction.number, self.fractions + 1, len(self.delivered) + 1}
        if entry.number is None or entry.number in known or entry.number in self.doubled:
            return
        text = f"fraction on {entry.date} is numbered {entry.number}, but by its day and order it is fraction"
        self._find("number-differs", entry, f"{text} {fraction.number} of the plan")

    def _doses(self, entry: RecordEntry, planned: tuple[float, ...]) -> tuple[float, ...]:
        """Doses as recorded. A line that names targets has to name every one that the fraction treats."""
        named = {*entry.targets, *entry.doses_gy}
        if not named:
            return planned
        doses = dict(zip(self.plan.course.prescription.targets, planned, strict=True))
        left_out = [target for target, dose in doses.items() if dose > SAME_DOSE_GY and target not in named]
        if left_out:
            told = f"speaks of {', '.join(sorted(named))} only; the fraction treats {', '.join(left_out)} too"
            how = "give every target a line of the same date, time and number"
            raise _bad(self.record, entry, f"{told}: {how}")
        return tuple(entry.doses_gy.get(target, dose if target in named else 0.0) for target, dose in doses.items())

    def _start(self, entry: RecordEntry) -> dt.datetime | None:
        if entry.time is None:
            return None
        from zoneinfo import ZoneInfo

        return dt.datetime.combine(entry.date, entry.time, tzinfo=ZoneInfo(self.plan.inputs.calendar.time_zone))

    def _miss(self, fraction: Fraction, why: str) -> None:
        self.missed.append(fraction)
        self.findings.append(
            Note(
                code="missed",
                severity="warning",
                message=f"fraction {fraction.number}, planned for {fraction.date}: {why}",
                values={"fraction": fraction.number, "date": fraction.date.isoformat()},
            )
        )

    def _find(
        self,
        code: str,
        entry: RecordEntry,
        message: str,
        values: Mapping[str, Scalar] | None = None,
        *,
        severity: Severity = "warning",
    ) -> None:
        told = {"line": entry.line, "date": entry.date.isoformat(), **(values or {})}
        self.findings.append(Note(code=code, severity=severity, message=f"{self.record.file}: {message}", values=told))


def _in_order(entries: Sequence[RecordEntry]) -> list[RecordEntry]:
    return sorted(entries, key=lambda entry: (entry.date, entry.time or dt.time(), entry.line))


def _nothing(entry: RecordEntry) -> bool:
    """Does it say that nothing was given? A target named without a dose got what was planned."""
    return bool(entry.doses_gy) and max(entry.doses_gy.values()) == 0.0 and set(entry.targets) <= {*entry.doses_gy}
