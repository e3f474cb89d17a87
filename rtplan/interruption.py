"""What was given and what was not: a plan reconciled with missed days or with a record of treatment."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rtplan.chemo import drug_day_label
from rtplan.compensation import Remainder, Slot, host_phase
from rtplan.course import Fraction
from rtplan.errors import ConfigError, DomainError, whole
from rtplan.note import Note, Scalar
from rtplan.plan import Plan
from rtplan.workdays import add_days, day_name, days_between, parse_date

__all__ = [
    "STATUSES",
    "MissedSpan",
    "Partial",
    "Record",
    "RecordEntry",
    "Situation",
    "from_dates",
    "from_record",
    "parse_missed",
]

STATUSES = ("delivered", "partial", "remainder", "missed")
"""What a line of a record can say. remainder: the rest of an earlier partial fraction."""

SAME_DOSE_GY = 0.005
"""Doses closer than this are the same dose: records are written in steps of 0.01 Gy. [Gy]"""

MOST_TIMES_PLANNED = 2.0
"""A fraction above its planned dose is named as an error. Above so many times that dose it is not believed but
refused: a fraction given twice over is the largest error of one delivery, a slipped decimal point (18.0 or 180 for
1.80 Gy) lies far beyond."""

_LONGEST_RANGE_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedSpan:
    """Missed days from first to last, or (place given) one fraction of one day."""

    first: dt.date
    last: dt.date
    place: int | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise DomainError(f"missed range ends ({self.last}) before it begins ({self.first})")
        if days_between(self.first, self.last) > _LONGEST_RANGE_DAYS:
            raise DomainError(f"missed range {self.first}..{self.last} is longer than a year")
        if self.place is not None:
            whole("fraction of the day", self.place, 1, 9)

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        if self.place is not None:
            return f"{self.first}#{self.place}"
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


def parse_missed(text: str) -> tuple[MissedSpan, ...]:
    """Dates, ranges and single fractions of a day, separated by commas.

    >>> [span.text for span in parse_missed("2026-03-06#2,2026-03-10..2026-03-12")]
    ['2026-03-06#2', '2026-03-10..2026-03-12']
    """
    return tuple(_span(part.strip()) for part in text.split(","))


def _span(text: str) -> MissedSpan:
    first, dots, last = text.partition("..")
    if dots:
        low, high = parse_date(first, "missed date"), parse_date(last, "missed date")
        return MissedSpan(first=low, last=high)
    date, mark, place = text.partition("#")
    day = parse_date(date, "missed date")
    if mark and not place.isdecimal():
        raise DomainError(f"missed fraction of a day is written 2026-03-06#2, got {text!r}")
    return MissedSpan(first=day, last=day, place=int(place) if mark else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEntry:
    """One line of a record. line: in the file. doses_gy: by target, empty where none is given [Gy].

    targets: those it speaks of; empty: of the whole fraction. A target named without a dose got what was planned.
    number: fraction number as the record counts. status: one of ``STATUSES``, "" where the record has none.
    """

    line: int
    date: dt.date
    time: dt.time | None = None
    number: int | None = None
    doses_gy: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    status: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a record-and-verify system says was given."""

    file: str
    entries: tuple[RecordEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """A fraction of which only a part was given; what is still owed of it. [Gy]"""

    number: int
    date: dt.date
    owed: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a course stands at the end of a day (``as_of``).

    missed: planned fractions that were not given, or are known to be lost. delivered: with their actual doses.
    slots: what is still to be given, in the plan's order. kept: planned fractions after ``as_of`` that stand.
    start_delay_days: days that a missed first fraction put the start off. [d]
    """

    plan: Plan
    as_of: dt.date
    cause: str
    missed: tuple[Fraction, ...]
    delivered: tuple[Fraction, ...]
    slots: tuple[Slot, ...]
    kept: tuple[Fraction, ...]
    partials: tuple[Partial, ...]
    findings: tuple[Note, ...]
    start_delay_days: int

    @property
    def lost_days(self) -> frozenset[dt.date]:
        """Days on which planned fractions were not, or will not be, given."""
        return frozenset(fraction.date for fraction in self.missed)

    @property
    def restarts(self) -> bool:
        """Was the first fraction missed, and nothing given since? Then the course starts later: no interruption."""
        return not self.delivered and self.plan.course.first in self.lost_days

    @property
    def next_day(self) -> dt.date:
        """First day on which something can be given: not before the course was to start."""
        day = add_days(self.as_of, 1)
        return day if self.delivered else max(day, self.plan.course.first)

    @property
    def remainder(self) -> Remainder:
        """What is left, from the next day on."""
        after = [opened for opened in self.plan.inputs.opened if opened.date > self.as_of]
        sessions = {opened.date: opened.fractions for opened in after}
        planned = self.plan.course.sessions
        for day in self.lost_days:
            if day > self.as_of:
                sessions[day] = planned[day] - sum(fraction.date == day for fraction in self.missed)
        return Remainder(
            prescription=self.plan.inputs.prescription,
            calendar=self.plan.inputs.calendar,
            delivered=self.delivered,
            slots=self.slots,
            start=self.next_day,
            sessions=sessions,
            times=self.plan.inputs.times,
        )


def from_dates(plan: Plan, missed: Sequence[MissedSpan], *, as_of: dt.date | None = None, cause: str = "") -> Situation:
    """The situation when nothing but these fractions was missed.

    as_of: everything planned up to this day was given or missed; default the last missed date. Missed dates after it
    are known to be lost. Raises DomainError where a missed date has no planned fraction.
    """
    lost = _lost(plan, missed)
    _refuse_given(plan, lost)
    if as_of is None and not lost:
        raise DomainError("give the missed dates, or the day as of which nothing was missed")
    day = as_of or max(fraction.date for fraction in lost)
    numbers = {fraction.number for fraction in lost}
    delivered = [f for f in plan.course.fractions if f.date <= day and f.number not in numbers]
    pending = [f for f in plan.course.fractions if f.date > day or f.number in numbers]
    return _situation(plan, day, cause, lost, delivered, pending, [], [])


def _lost(plan: Plan, missed: Sequence[MissedSpan]) -> list[Fraction]:
    numbers: dict[int, Fraction] = {}
    for span in missed:
        on_days = [f for f in plan.course.fractions if span.first <= f.date <= span.last]
        if span.place is not None:
            on_days = on_days[span.place - 1 : span.place]
        if not on_days:
            raise DomainError(f"missed {span.text}: {_why_none(plan, span)}")
        for fraction in on_days:
            numbers[fraction.number] = fraction
    return [numbers[number] for number in sorted(numbers)]


def _refuse_given(plan: Plan, lost: Sequence[Fraction]) -> None:
    """A revised plan knows what had been given when it was made: such a fraction cannot have been missed."""
    told = [note.values["as_of"] for note in plan.inputs.assumptions if note.code == "interruption"]
    known = max((dt.date.fromisoformat(str(text)) for text in told), default=None)
    for fraction in lost:
        if known is not None and fraction.date <= known:
            raise DomainError(
                f"missed {fraction.date}: revision {plan.revision.number} counts this fraction as given "
                f"(it was made as of {known}); --record can say otherwise"
            )


def _why_none(plan: Plan, span: MissedSpan) -> str:
    course = plan.course
    outside = f"the plan has no fraction then (it runs from {course.first} to {course.last})"
    if span.place is not None and span.first in course.sessions:
        return f"the plan has {course.sessions[span.first]} on that day"
    calendar = plan.inputs.calendar
    if span.first != span.last or not calendar.covers(span.first):
        return outside
    reason = calendar.reason(span.first)
    if course.first <= span.first <= course.last and not reason.open:
        day = f"{day_name(span.first)} {span.first}"
        return f"the plan has no fraction on {day}, closed when it was made: {reason.text}"
    return outside


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
    lost = _lost(plan, missed)
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
        return _situation(self.plan, self.as_of, self.cause, missed, self.delivered, pending, self.owed, findings)

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
        severity: str = "warning",
    ) -> None:
        told = {"line": entry.line, "date": entry.date.isoformat(), **(values or {})}
        self.findings.append(Note(code=code, severity=severity, message=f"{self.record.file}: {message}", values=told))


def _in_order(entries: Sequence[RecordEntry]) -> list[RecordEntry]:
    return sorted(entries, key=lambda entry: (entry.date, entry.time or dt.time(), entry.line))


def _nothing(entry: RecordEntry) -> bool:
    """Does it say that nothing was given? A target named without a dose got what was planned."""
    return bool(entry.doses_gy) and max(entry.doses_gy.values()) == 0.0 and set(entry.targets) <= {*entry.doses_gy}


def _situation(
    plan: Plan,
    as_of: dt.date,
    cause: str,
    missed: Sequence[Fraction],
    delivered: Sequence[Fraction],
    pending: Sequence[Fraction],
    owed: Sequence[Partial],
    findings: Sequence[Note],
) -> Situation:
    lost = {fraction.number for fraction in missed}
    slots = [Slot(phase=fraction.phase, doses_gy=fraction.doses_gy) for fraction in pending]
    first = delivered[0].date if delivered else None
    late = 0 if first is None else days_between(plan.course.first, first)
    renumbered = tuple(replace(fraction, number=i) for i, fraction in enumerate(delivered, 1))
    return Situation(
        plan=plan,
        as_of=as_of,
        cause=cause,
        missed=tuple(missed),
        delivered=renumbered,
        slots=(*slots, *(partial.owed for partial in owed)),
        kept=tuple(f for f in pending if f.date > as_of and f.number not in lost),
        partials=tuple(owed),
        findings=(*findings, *_without_radiation(plan, missed)),
        start_delay_days=max(0, late),
    )


def _without_radiation(plan: Plan, missed: Sequence[Fraction]) -> Iterator[Note]:
    """Missed fractions on days of the chemotherapy: the drug stands, the radiation does not."""
    days = {fraction.date: fraction for fraction in missed}
    for cycle in plan.cycles:
        labels = {day.date: f"{day.drug} ({day.label})" for day in cycle.drug_days}
        labels.setdefault(cycle.date, drug_day_label(cycle.number, 0))
        for date, label in sorted(labels.items()):
            if date in days:
                yield Note(
                    code="drug-without-radiation",
                    severity="warning",
                    message=f"{label} on {date} stands without radiation: fraction {days[date].number} was missed",
                    values={"date": date.isoformat(), "fraction": days[date].number, "label": label},
                )
