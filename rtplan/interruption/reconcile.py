"""A plan reconciled with a record of treatment: the k-th delivery is the k-th fraction owed."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from rtplan.clinic.days import add_days
from rtplan.course.course import Fraction
from rtplan.course.remainder import Slot, host_phase
from rtplan.errors import ConfigError, DomainError
from rtplan.interruption.deliveries import Ambiguous, Delivery, Grouping, is_nothing, joined, one_delivery
from rtplan.interruption.owed import Owed
from rtplan.interruption.situation import (
    MOST_TIMES_PLANNED,
    SAME_DOSE_GY,
    MissedSpan,
    Partial,
    Situation,
    TooLarge,
    counted_until,
    lost_fractions,
    refuse_before,
    refuse_stopped,
    situation_of,
)
from rtplan.note import Note, Phrase, Severity, Value
from rtplan.planning.plan import Plan
from rtplan.records.record import STATUSES, Record, RecordEntry

__all__ = [
    "from_record",
]


MOST_PROBLEMS = 20
"""Lines that cannot be right, named all at once; the others are counted."""


MOST_OUT_OF_ORDER = 5
"""Lines named as out of order; a file that is sorted otherwise has many."""


def from_record(
    plan: Plan,
    record: Record,
    *,
    missed: Sequence[MissedSpan] = (),
    as_of: dt.date | None = None,
    cause: str = "",
    clinic: str = "",
) -> Situation:
    """The situation that a record describes.

    missed: further dates, after the record's last, that are known to be lost. as_of: default the last date recorded.
    clinic: where the clinic's file lies, for days that the plan does not keep.

    Raises ConfigError, with file and line, where a line cannot be right, or can be read in two ways.
    """
    refuse_stopped(plan)
    if not record.entries:
        raise ConfigError(record.file, ["has no line to read"])
    refuse_before(plan, as_of)
    known = counted_until(plan)
    day = as_of or max([entry.date for entry in record.entries] + ([known] if known else []))
    _refuse(record, [*_bad_lines(plan, record), *_too_late(record, day)])
    for span in missed:
        if span.first <= day:
            raise DomainError(f"missed {span.first} is not after {day}: up to there the record decides")
    work = _Reconciliation(plan, record, day)
    work.read()
    lost = lost_fractions(plan, missed, known=work.missed)
    lost = sorted([*work.missed, *lost], key=lambda fraction: fraction.number)
    spans = (*work.spans, *missed)
    found = situation_of(plan, day, cause, lost, spans, work.delivered, work.owed, work.partials, work.findings, clinic)
    overruled = _overruled(plan, found.delivered, known) if known else ()
    return replace(found, too_large=tuple(work.too_large), findings=(*found.findings, *overruled))


def _overruled(plan: Plan, delivered: Sequence[Fraction], known: dt.date) -> tuple[Note, ...]:
    """What a record says otherwise than the revision it is read for."""
    counted = [fraction.doses_gy for fraction in plan.course.fractions if fraction.date <= known]
    given = [fraction.doses_gy for fraction in delivered if fraction.date <= known]
    if len(given) == len(counted) and given == counted:
        return ()
    values: dict[str, Value] = {
        "revision": plan.revision.number,
        "until": known.isoformat(),
        "counted": len(counted),
        "counted_gy": math.fsum(doses[0] for doses in counted),
        "recorded": len(given),
        "recorded_gy": math.fsum(doses[0] for doses in given),
    }
    return (Note(code="record-overrules", severity="warning", values=values),)


def _refuse(record: Record, problems: Sequence[str]) -> None:
    """ConfigError with every problem, at most twenty of them in full."""
    if not problems:
        return
    more = len(problems) - MOST_PROBLEMS
    told = [*problems[:MOST_PROBLEMS], *([f"and {more} more lines like these"] if more > 0 else [])]
    raise ConfigError(record.file, told)


def _too_late(record: Record, day: dt.date) -> Iterator[str]:
    for entry in record.entries:
        if entry.date > day and entry.status != "missed":
            yield f"line {entry.line}: lies after the day the record is read for, {day}"


def _bad_lines(plan: Plan, record: Record) -> Iterator[str]:
    """Lines that cannot be right whatever the others say: one problem a line."""
    for entry in record.entries:
        problem = next(_problems(plan, entry), "")
        if problem:
            yield f"line {entry.line}: {problem}"


def _problems(plan: Plan, entry: RecordEntry) -> Iterator[str]:
    prescription = plan.course.prescription
    first = plan.course.first
    if entry.date < first and not is_nothing(entry):
        yield f"fraction on {entry.date} lies before the start of the course, {first}"
    if entry.date > add_days(plan.course.last, MOST_DAYS_AFTER):
        yield f"{entry.date} lies more than {MOST_DAYS_AFTER} days after the planned end, {plan.course.last}"
    if entry.status and entry.status not in STATUSES:
        yield f"status takes {', '.join(STATUSES)}, got {entry.status!r}"
    if entry.status in ("partial", "remainder") and not entry.doses_gy:
        yield f"a {entry.status} fraction needs its dose"
    for dose in entry.doses_gy.values():
        if not math.isfinite(dose) or dose < 0:
            yield f"dose must be 0 Gy or greater, got {dose:g}"
    for target in (*entry.targets, *entry.doses_gy):
        if target not in prescription.targets:
            yield f"there is no target {target!r}; the plan has {', '.join(prescription.targets)}"
    if entry.phase and entry.phase not in [phase.name for phase in prescription.phases]:
        yield f"there is no phase {entry.phase!r}"


MOST_DAYS_AFTER = 366
"""A record's day later than so many days after the planned end is taken for a slip of the pen [d]. Design default."""


def _place_of_rest(group: Sequence[RecordEntry]) -> tuple[bool, dt.time, int, float, int]:
    """By the clock, by number, and without either the largest first: the order of the lines says nothing."""
    first = group[0]
    dose = math.fsum(one_delivery(group).doses_gy.values())
    return first.time is None, first.time or dt.time(), first.number or 0, -dose, first.line


class _Refused(Exception):
    """A line that contradicts what stands before it: what follows it cannot be read either."""


class _Reconciliation:
    """Goes through a record once, giving each delivery the next fraction owed. Days only date it."""

    def __init__(self, plan: Plan, record: Record, as_of: dt.date) -> None:
        self.plan = plan
        self.record = record
        self.as_of = as_of
        self.owed = Owed(plan)
        self.delivered: list[Fraction] = []
        self.missed: list[Fraction] = []
        self.spans: list[MissedSpan] = []
        self.partials: list[Partial] = []
        self.too_large: list[TooLarge] = []
        self.findings: list[Note] = []
        self.fractions = 0  # delivered so far, the rest of a partial one not counted
        self.fields = 0  # lines of delivered fractions
        self.joined = [0, 0]  # lines of fractions that have several, and those fractions
        self.made_up = 0  # missed fractions that extra ones made up for
        self.numbers: dict[int, Delivery] = {}  # the record's numbers so far
        self.calls: dict[int, int] = {}  # what the record calls the fractions that were partial
        self.offset = 0  # by which the record's numbers last differed
        self.in_phase: dict[str, int] = {}

    def read(self) -> None:
        """Every line of the record; ConfigError with all that cannot be right."""
        self._name_order()
        days: dict[dt.date, list[RecordEntry]] = {}
        for entry in sorted(self.record.entries, key=lambda entry: entry.date):
            days.setdefault(entry.date, []).append(entry)
        problems: list[str] = []
        for date, entries in days.items():
            try:
                self._day(date, entries)
            except Ambiguous as error:
                problems += error.problems
            except _Refused as error:
                problems.append(str(error))
                break
        _refuse(self.record, problems)
        self._absent(days)
        self._name_joined()

    def _name_order(self) -> None:
        named = 0
        for before, after in itertools.pairwise(self.record.entries):
            backwards = after.date < before.date
            if before.date == after.date and before.time is not None and after.time is not None:
                backwards = after.time < before.time
            if backwards and named < MOST_OUT_OF_ORDER:
                named += 1
                self._find("out-of-order", after.line, after.date)

    # --- one day

    def _day(self, date: dt.date, entries: Sequence[RecordEntry]) -> None:
        planned = [fraction for fraction in self.plan.course.fractions if fraction.date == date]
        missed = sum(entry.status == "missed" for entry in entries)
        expected = self._expected(date, planned)
        grouping = Grouping(self.plan.course.prescription, expected, self.record.rows, missed)
        given = [entry for entry in entries if entry.status not in ("missed", "remainder") and not is_nothing(entry)]
        rests = [entry for entry in entries if entry.status == "remainder"]
        nothing = [entry for entry in entries if entry.status == "missed" or is_nothing(entry)]
        if given:
            given += [entry for entry in nothing if self._without(entry, given)]
            nothing = [entry for entry in nothing if entry.status == "missed" and entry not in given]
        if nothing and not rests:
            self._nothing_given(date, planned, nothing)
        try:
            deliveries = grouping.deliveries(given) if given else []
        except Ambiguous:
            for fraction in grouping.expected:
                if fraction in self.owed.left:
                    self.owed.take(fraction)
            raise
        for rest in [one_delivery(group) for group in self._rests(rests)]:
            deliveries = self._with_rest(deliveries, rest, grouping)
        self._closed(date, deliveries)
        left = list(planned)
        for delivery in deliveries:
            self._one(delivery, left, grouping)
        for fraction in left:
            self._miss(fraction, "missed" if nothing else "not-in-the-record")
        if nothing and planned and not left:
            self._find("missed-but-given", nothing[0].line, date)

    def _expected(self, date: dt.date, planned: Sequence[Fraction]) -> list[Fraction]:
        """The fractions owed that this day can hold: as many as the plan has on it, or as the pattern gives a day."""
        lines = [self.owed.line(fraction.phase) for fraction in planned]
        following = next(iter(self.owed.left), self.plan.course.fractions[-1])
        if not lines:
            phase = self.plan.course.prescription.phase(following.phase)
            lines = [self.owed.line(following.phase)] * phase.pattern.fractions_on(date.weekday())
        out: list[Fraction] = []
        for line in lines:
            coming = [f for f in self.owed.left if self.owed.line(f.phase) == line and f not in out]
            out += coming[:1]
        return out or [following]

    def _without(self, entry: RecordEntry, given: Sequence[RecordEntry]) -> bool:
        """Does a line say of a fraction that was given that one of its several targets had nothing of it?"""
        if len(self.plan.course.prescription.targets) < 2 or not entry.targets:
            return False
        beside = [other for other in given if (other.number, other.phase) == (entry.number, entry.phase)]
        return bool(beside) and not any(set(entry.targets) & set(other.targets) for other in beside)

    def _nothing_given(self, date: dt.date, planned: Sequence[Fraction], lines: Sequence[RecordEntry]) -> None:
        """Lines of a day that say that nothing was given; those of dose 0 on other days are set-up or imaging."""
        said = [entry for entry in lines if entry.status == "missed"]
        if planned:
            self._check_targets(one_delivery(lines), planned[0])
            for entry in lines:
                self._name_number(one_delivery([entry]), planned[0])
        elif said and date > self.plan.course.last and self.owed.left:
            self.spans.append(MissedSpan(first=date, last=date))
        elif said:
            raise Ambiguous(f"line {said[0].line}: missed on {date}, but no fraction is planned then")

    def _rests(self, rests: Sequence[RecordEntry]) -> list[list[RecordEntry]]:
        """Lines of one number are the fields of one remainder; without numbers, where they are no more than is owed."""
        groups: dict[int | None, list[RecordEntry]] = {}
        for entry in rests:
            groups.setdefault(entry.number, []).append(entry)
        out = []
        for number, group in groups.items():
            if number is None and self.partials and len(group) > 1:
                sums = one_delivery(group).doses_gy
                owed = dict(zip(self.plan.course.prescription.targets, self.partials[0].owed.doses_gy, strict=True))
                if any(dose > owed[target] + SAME_DOSE_GY * len(group) for target, dose in sums.items()):
                    out += [[entry] for entry in group]
                    continue
            out.append(group)
        return sorted(out, key=_place_of_rest)

    def _closed(self, date: dt.date, deliveries: Sequence[Delivery]) -> None:
        calendar = self.plan.inputs.calendar
        if not calendar.covers(date) or date in self.plan.course.sessions:
            return
        reason = calendar.reason(date)
        for delivery in deliveries if not reason.open else ():
            self._find("closed-day", delivery.line, date, {"reason": reason.text})

    def _absent(self, days: Mapping[dt.date, Sequence[RecordEntry]]) -> None:
        """Planned days, up to the day asked for, that the record does not know."""
        for fraction in self.plan.course.fractions:
            if fraction.date <= self.as_of and fraction.date not in days:
                self._miss(fraction, "not-in-the-record")
        self.missed.sort(key=lambda fraction: fraction.number)

    def _with_rest(self, deliveries: Sequence[Delivery], rest: Delivery, grouping: Grouping) -> list[Delivery]:
        """The day's deliveries with a remainder: part of the fraction it goes on with, or in its place by the clock."""
        out = list(deliveries)
        hosts = [item for item in out if self._is_one_with(item, rest, grouping)]
        if hosts and rest.number is None:
            self._refuse_host_or_older(rest, hosts)
        if hosts:
            out[out.index(hosts[0])] = joined(hosts[0], rest)
            return out
        later = (place for place, item in enumerate(out) if rest.time and item.time and item.time > rest.time)
        out.insert(next(later, len(out)), rest)
        return out

    def _is_one_with(self, item: Delivery, rest: Delivery, grouping: Grouping) -> bool:
        """Is a remainder of the same day a part of this fraction: of its number, and within the interval of it?"""
        if not item.doses_gy or item.status == "remainder" or (rest.phase and rest.phase != item.phase):
            return False
        named = self._called(rest.number)
        whole = joined(item, rest)
        if item.number == rest.number and rest.number is not None:
            return grouping.is_near(item, rest) and (
                grouping.is_within(whole) if not named else self._takes(named[0], whole)
            )
        stands = item.status == "delivered" or grouping.is_full(item) or named
        bare = item.number is None or rest.number is None
        return bare and not stands and grouping.is_near(item, rest) and grouping.is_within(whole, share=0.0)

    def _refuse_host_or_older(self, rest: Delivery, hosts: Sequence[Delivery]) -> None:
        """A remainder without a number that two fractions can take."""
        told = [f"fraction {p.number} ({p.date})" for p in self.partials if self._takes(p, rest)]
        told += [f"the fraction of line {item.line} on the same day" for item in hosts]
        if len(told) > 1:
            raise _Refused(self._rest_of_which(rest, told))

    @staticmethod
    def _rest_of_which(rest: Delivery, told: Sequence[str]) -> str:
        doses = " and ".join(f"{dose:g} Gy" for dose in rest.doses_gy.values())
        return (
            f"line {rest.line}: remainder of {doses} on {rest.date}: the rest of {', or of '.join(told)}? "
            "Give the line the number of its fraction (column fraction)"
        )

    # --- one delivery

    def _one(self, delivery: Delivery, left: list[Fraction], grouping: Grouping) -> None:
        if delivery.status == "remainder":
            self._remainder(delivery, self._owing(delivery))
        elif partial := self._goes_on(delivery):
            values: dict[str, Value] = {"fraction": partial.number, "begun": partial.date.isoformat()}
            self._find("goes-on", delivery.line, delivery.date, values)
            self._remainder(delivery, partial)
        else:
            fraction = self._next(delivery, left, grouping)
            self._on_its_day(delivery, fraction, left)
            self._deliver(delivery, fraction)

    def _goes_on(self, delivery: Delivery) -> Partial | None:
        """The partial fraction of the same number, where this is no more than its rest."""
        before = self.numbers.get(delivery.number) if delivery.number is not None else None
        if before is None or not delivery.doses_gy or delivery.number == self.fractions + 1:
            return None
        return next((p for p in self._called(delivery.number) if self._takes(p, delivery)), None)

    def _called(self, number: int | None) -> list[Partial]:
        """The partial fractions that the record, or where it has no numbers the plan, calls by this number."""
        if number is None:
            return []
        return [partial for partial in self.partials if self.calls.get(partial.number, partial.number) == number]

    def _takes(self, partial: Partial, delivery: Delivery) -> bool:
        """Is a delivery no more, to any target, than what is owed of a partial fraction?"""
        room = zip(self.plan.course.prescription.targets, partial.owed.doses_gy, strict=True)
        tolerance = SAME_DOSE_GY * delivery.fields
        return all(delivery.doses_gy.get(target, 0.0) <= owed + tolerance for target, owed in room)

    def _owing(self, delivery: Delivery) -> Partial:
        """The partial fraction that a remainder is the rest of; refused where two could be, and owe different doses."""
        if not self.partials:
            why = f"remainder on {delivery.date}, but no fraction before it was partial"
            raise _Refused(f"line {delivery.line}: {why}")
        open_ = self._called(delivery.number) or self.partials
        fitting = [partial for partial in open_ if self._takes(partial, delivery)]
        if len({partial.owed for partial in fitting}) > 1:
            owed = [" and ".join(f"{dose:g} Gy" for dose in p.owed.doses_gy if dose > 0) for p in fitting]
            told = [f"fraction {p.number} ({p.date}, {due} owed)" for p, due in zip(fitting, owed, strict=True)]
            raise _Refused(self._rest_of_which(delivery, told))
        return (fitting or open_)[0]

    def _next(self, delivery: Delivery, left: Sequence[Fraction], grouping: Grouping) -> Fraction:
        """The fraction that a delivery is: the next one owed, of the phase it names where it names one."""
        if delivery.phase:
            fraction = self.owed.next(phase=delivery.phase)
            if fraction is None:
                count = sum(f.phase == delivery.phase for f in self.plan.course.fractions)
                self._refuse(delivery, f"is one more than the {count} of phase {delivery.phase!r} in the plan")
            self._name_phase(delivery, fraction)
            return fraction
        lines = list(dict.fromkeys(self.owed.line(fraction.phase) for fraction in left)) or [""]
        coming = [fraction for line in lines if (fraction := self.owed.next(line)) is not None]
        fitting = [fraction for fraction in coming if grouping.fits(delivery, fraction)]
        following = next(iter([*fitting, *coming, *self.owed.left]), None)
        if following is None:
            self._refuse(delivery, f"is one more than the {len(self.plan.course.fractions)} of the plan")
        return following

    def _name_phase(self, delivery: Delivery, fraction: Fraction) -> None:
        due = self.owed.next(self.owed.line(fraction.phase))
        if due is not None and due.phase != fraction.phase:
            left = sum(f.phase == due.phase for f in self.owed.left)
            values: dict[str, Value] = {"phase": fraction.phase, "due": due.phase, "count": left}
            self._find("phase-differs", delivery.line, delivery.date, values)

    def _on_its_day(self, delivery: Delivery, fraction: Fraction, left: list[Fraction]) -> None:
        """Takes the planned fraction of the day off; one beyond those is extra, up to the planned end."""
        line = self.owed.line(fraction.phase)
        planned = next((f for f in left if self.owed.line(f.phase) == line), left[0] if left else None)
        if planned is not None:
            left.remove(planned)
            return
        owing = self.missed[self.made_up] if self.made_up < len(self.missed) else None
        self.made_up += owing is not None
        if delivery.date > self.plan.course.last:
            return
        what = Phrase(code="extra-beyond")
        if owing is not None:
            what = Phrase(code="extra-makes-up", values={"fraction": owing.number})
        self._find("extra", delivery.line, delivery.date, {"what": what})

    def _deliver(self, delivery: Delivery, fraction: Fraction) -> None:
        doses = self._doses(delivery, fraction)
        self._name_number(delivery, fraction)
        self.fractions += 1
        self.in_phase[fraction.phase] = self.in_phase.get(fraction.phase, 0) + 1
        self.owed.take(fraction)
        given = replace(fraction, date=delivery.date, start=self._start(delivery), doses_gy=doses)
        self._give(delivery, given)
        near = SAME_DOSE_GY * delivery.fields
        short = [planned - dose for planned, dose in zip(fraction.doses_gy, doses, strict=True)]
        if min(short) < -near:
            self._over(delivery, fraction, doses, near)
        if max(short) > near:
            self._short(delivery, fraction, doses, near)

    def _short(self, delivery: Delivery, fraction: Fraction, doses: tuple[float, ...], near: float) -> None:
        short = [planned - dose for planned, dose in zip(fraction.doses_gy, doses, strict=True)]
        values = self._told(fraction, doses, [part > near for part in short])
        if delivery.status in ("", "partial"):
            owed = tuple(part if part > near else 0.0 for part in short)
            slot = Slot(phase=host_phase(self.plan.course.prescription, fraction.phase), doses_gy=owed)
            if delivery.number is not None:
                self.calls[fraction.number] = delivery.number
            self.partials.append(Partial(number=fraction.number, date=delivery.date, owed=slot))
            self._find("partial", delivery.line, delivery.date, values)
        else:
            self._find("dose-differs", delivery.line, delivery.date, values)

    def _over(self, delivery: Delivery, fraction: Fraction, doses: tuple[float, ...], near: float) -> None:
        """More than planned in one fraction: an error of dose that has to be seen, or a line that cannot be right."""
        above = [dose > planned + near for planned, dose in zip(fraction.doses_gy, doses, strict=True)]
        for planned, dose in zip(fraction.doses_gy, doses, strict=True):
            if dose > MOST_TIMES_PLANNED * planned + near:
                told = self._words(fraction, doses, above)
                raise _Refused(
                    f"line {delivery.line}: {told} planned is more than {MOST_TIMES_PLANNED:g} times that dose"
                )
        values = self._told(fraction, doses, above)
        place = above.index(True)
        more = doses[place] - fraction.doses_gy[place]
        self.too_large.append(TooLarge(number=fraction.number, date=delivery.date, excess_gy=more))
        self._find("dose-above-planned", delivery.line, delivery.date, values, severity="violation")

    def _told(self, fraction: Fraction, doses: tuple[float, ...], which: list[bool]) -> dict[str, Value]:
        """1 Gy of 1.8 Gy, or with several targets: 1 Gy of 2.3 Gy to the boost."""
        targets = self.plan.course.prescription.targets
        parts = zip(targets, doses, fraction.doses_gy, which, strict=True)
        code = "dose-of-planned" if len(targets) == 1 else "dose-of-planned-to"
        told = tuple(
            Phrase(code=code, values={"dose_gy": dose, "planned_gy": of, "target": name})
            for name, dose, of, wanted in parts
            if wanted
        )
        place = which.index(True)
        values: dict[str, Value] = {"planned_gy": fraction.doses_gy[place], "dose_gy": doses[place]}
        return {**values, "fraction": fraction.number, "told": told}

    def _words(self, fraction: Fraction, doses: tuple[float, ...], which: list[bool]) -> str:
        targets = self.plan.course.prescription.targets
        parts = zip(targets, doses, fraction.doses_gy, which, strict=True)
        many = len(targets) > 1
        told = [f"{dose:g} Gy of {of:g} Gy" + f" to {name}" * many for name, dose, of, wanted in parts if wanted]
        return " and ".join(told)

    def _give(self, delivery: Delivery, fraction: Fraction) -> None:
        """Counts a delivery; refuses the line with which a target has more than the plan gives it."""
        self.delivered.append(fraction)
        self.fields += max(1, delivery.fields)
        if delivery.fields > 1:
            self.joined = [self.joined[0] + len(delivery.lines), self.joined[1] + 1]
        if delivery.number is not None:
            self.numbers.setdefault(delivery.number, delivery)
        course = self.plan.course
        for place, target in enumerate(course.prescription.targets):
            total = math.fsum(given.doses_gy[place] for given in self.delivered)
            planned = course.total_gy(target)
            if total > planned + SAME_DOSE_GY * self.fields:
                told = f"{total:g} Gy delivered to {target}, more than the {planned:g} Gy of the whole plan"
                raise _Refused(f"line {delivery.line}: {told}")

    def _remainder(self, delivery: Delivery, partial: Partial) -> None:
        doses = self._doses(delivery, partial.owed)
        near = SAME_DOSE_GY * delivery.fields
        left = [part - dose for part, dose in zip(partial.owed.doses_gy, doses, strict=True)]
        for dose, owed, part in zip(doses, partial.owed.doses_gy, left, strict=True):
            if part < -near:
                told = f"only {owed:g} Gy of fraction {partial.number} ({partial.date}) is owed"
                raise _Refused(f"line {delivery.line}: remainder of {dose:g} Gy on {delivery.date}, but {told}")
        place = self.partials.index(partial)
        self.partials.remove(partial)
        if max(left) > near:
            slot = replace(partial.owed, doses_gy=tuple(part if part > near else 0.0 for part in left))
            self.partials.insert(place, replace(partial, owed=slot))
        start = self._start(delivery)
        rest = Fraction(number=1, phase=partial.owed.phase, date=delivery.date, start=start, doses_gy=doses)
        self._give(delivery, rest)

    # --- numbers, doses, times

    def _name_number(self, delivery: Delivery, fraction: Fraction) -> None:
        """The record's number has to confirm the order: the place among what was given, or the plan's own number.

        A contradiction is named where it begins; numbers that go on from there are not named again.
        """
        number = delivery.number
        if number is None:
            return
        of_phase = self.in_phase.get(fraction.phase, 0) + 1
        before = self.numbers.get(number)
        if before is not None and number != of_phase and delivery.status != "missed":
            values: dict[str, Value] = {"fraction": number, "first_line": before.line}
            self._find("duplicated", delivery.line, delivery.date, values)
            self.offset = number - fraction.number
            return
        known = {fraction.number, self.fractions + 1, len(self.delivered) + 1, of_phase}
        known |= {planned.number for planned in self.plan.course.fractions if planned.date == delivery.date}
        known |= {planned.number for planned in self.missed}
        if number not in known and number - fraction.number != self.offset:
            values = {"number": number, "fraction": fraction.number}
            self._find("number-differs", delivery.line, delivery.date, values)
            self.offset = number - fraction.number

    def _doses(self, delivery: Delivery, planned: Fraction | Slot) -> tuple[float, ...]:
        """Doses as recorded. A fraction that names targets has to name every one that the plan treats with it."""
        self._check_targets(delivery, planned)
        pairs = zip(self.plan.course.prescription.targets, planned.doses_gy, strict=True)
        if not delivery.targets:
            return planned.doses_gy
        return tuple(
            delivery.doses_gy.get(target, dose if target in delivery.targets else 0.0) for target, dose in pairs
        )

    def _check_targets(self, delivery: Delivery, planned: Fraction | Slot) -> None:
        if not delivery.targets:
            return
        pairs = zip(self.plan.course.prescription.targets, planned.doses_gy, strict=True)
        left_out = [target for target, dose in pairs if dose > SAME_DOSE_GY and target not in delivery.targets]
        if left_out:
            told = (
                f"speaks of {', '.join(sorted(delivery.targets))} only; the fraction treats {', '.join(left_out)} too"
            )
            how = "give every target a line of the same date, time and number"
            raise _Refused(f"line {delivery.line}: {told}: {how}")

    def _start(self, delivery: Delivery) -> dt.datetime | None:
        if delivery.time is None:
            return None
        from zoneinfo import ZoneInfo

        return dt.datetime.combine(delivery.date, delivery.time, tzinfo=ZoneInfo(self.plan.inputs.calendar.time_zone))

    # --- what is said

    def _refuse(self, delivery: Delivery, problem: str) -> NoReturn:
        raise _Refused(f"line {delivery.line}: fraction on {delivery.date} {problem}")

    def _miss(self, fraction: Fraction, why: str) -> None:
        self.missed.append(fraction)
        values: dict[str, Value] = {"fraction": fraction.number, "date": fraction.date.isoformat()}
        self.findings.append(Note(code="missed", severity="warning", values={**values, "why": Phrase(code=why)}))

    def _name_joined(self) -> None:
        lines, fractions = self.joined
        if fractions:
            values: dict[str, Value] = {"about": self.record.file, "lines": lines, "count": fractions}
            self.findings.append(Note(code="lines-joined", severity="info", values=values))

    def _find(
        self,
        code: str,
        line: int,
        date: dt.date,
        values: Mapping[str, Value] | None = None,
        *,
        severity: Severity = "warning",
    ) -> None:
        told: dict[str, Value] = {"about": self.record.file, "line": line, "date": date.isoformat(), **(values or {})}
        self.findings.append(Note(code=code, severity=severity, values=told))
