"""The lines of one day of a record, put together into the fractions that they are.

Record-and-verify systems write a line for every field of a fraction, for set-up and for images. Lines belong together
where they bear one fraction number, where they lie within the pattern's interval of each other, or where they add up
to the planned dose. What has two readings is refused with both.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rtplan.course.course import Fraction
from rtplan.interruption.situation import SAME_DOSE_GY
from rtplan.prescription.prescription import Prescription
from rtplan.records.record import RecordEntry

__all__ = [
    "Ambiguous",
    "Delivery",
    "Grouping",
    "is_nothing",
    "joined",
    "one_delivery",
]


SUM_TOLERANCE = 0.05
"""Lines whose doses add up to the planned dose within this share are one fraction: design default, no source. [-]"""


class Ambiguous(Exception):
    """Lines that can be read in two ways; the problems name the lines and both readings."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one fraction's lines say together. doses_gy: sums by target, empty where no line has a dose [Gy].

    whole: targets named without a dose, which got what was planned. fields: most lines that one target has.
    """

    lines: tuple[int, ...]
    date: dt.date
    time: dt.time | None
    number: int | None
    phase: str
    status: str
    doses_gy: Mapping[str, float]
    whole: tuple[str, ...] = ()
    fields: int = 1

    @property
    def line(self) -> int:
        """The first of its lines."""
        return self.lines[0]

    @property
    def targets(self) -> frozenset[str]:
        """The targets that it speaks of; none: the whole fraction."""
        return frozenset({*self.doses_gy, *self.whole})


def is_nothing(entry: RecordEntry) -> bool:
    """Does a line say that nothing was given? A target named without a dose got what was planned."""
    return bool(entry.doses_gy) and max(entry.doses_gy.values()) == 0.0 and set(entry.targets) <= {*entry.doses_gy}


def one_delivery(entries: Sequence[RecordEntry]) -> Delivery:
    """The lines of one fraction as one delivery; Ambiguous where only some of them have a dose."""
    entries = sorted(entries, key=lambda entry: entry.line)
    given = [entry for entry in entries if entry.status != "missed"]
    parts: dict[str, list[float]] = {}
    for entry in given:
        for target, dose in entry.doses_gy.items():
            parts.setdefault(target, []).append(dose)
    whole = {target for entry in given for target in entry.targets if target not in entry.doses_gy}
    _refuse_half_stated(given, parts, whole)
    for entry in entries:
        if entry.status == "missed":
            parts |= {target: [0.0] for target in entry.targets if target not in parts}
    times = [entry.time for entry in entries if entry.time is not None]
    return Delivery(
        lines=tuple(entry.line for entry in entries),
        date=entries[0].date,
        time=min(times, default=None),
        number=entries[0].number,
        phase=entries[0].phase,
        status=_status([entry.status for entry in entries]),
        doses_gy={target: round(math.fsum(doses), 9) for target, doses in parts.items()},
        whole=tuple(sorted(whole)),
        fields=max((sum(dose > 0 for dose in doses) for doses in parts.values()), default=1),
    )


def joined(item: Delivery, rest: Delivery) -> Delivery:
    """A fraction that was broken off, and its rest given before the interval of the pattern had passed: one."""
    times = [part.time for part in (item, rest) if part.time is not None]
    doses = {
        target: round(item.doses_gy.get(target, 0.0) + rest.doses_gy.get(target, 0.0), 9)
        for target in (*item.doses_gy, *(target for target in rest.doses_gy if target not in item.doses_gy))
    }
    return replace(
        item,
        lines=tuple(sorted((*item.lines, *rest.lines))),
        time=min(times, default=None),
        number=rest.number if item.number is None else item.number,
        status="partial",
        doses_gy=doses,
        fields=item.fields + rest.fields,
    )


def _refuse_half_stated(given: Sequence[RecordEntry], parts: Mapping[str, Sequence[float]], whole: set[str]) -> None:
    for entry in given:
        nameless = not entry.doses_gy and not entry.targets and parts
        unstated = [target for target in entry.targets if target in parts and target not in entry.doses_gy]
        if nameless and (whole or len(parts) > 1):
            raise Ambiguous(f"line {entry.line}: names no target, but other lines of {entry.date} do")
        if nameless or unstated:
            raise Ambiguous(f"line {entry.line}: has no dose, but other lines of this fraction do: give each its dose")


def _status(statuses: Sequence[str]) -> str:
    if "partial" in statuses or ("missed" in statuses and set(statuses) != {"missed"}):
        return "partial"
    return max(statuses)


class Grouping:
    """Puts the lines of one day together.

    expected: the fractions that the plan owes on such a day, at least one. rows: what the record's format states a line
    is, "fractions" or "fields"; "" where nothing is stated. missed: lines of the day that say that one was missed.
    """

    def __init__(
        self, prescription: Prescription, expected: Sequence[Fraction], rows: str = "", missed: int = 0
    ) -> None:
        self.rows = rows
        self.missed = missed
        self.targets = prescription.targets
        self.expected = tuple(expected)
        self.interval_h = min(prescription.phase(fraction.phase).pattern.interval_h for fraction in expected)

    def deliveries(self, entries: Sequence[RecordEntry]) -> list[Delivery]:
        """The fractions that these lines of one day are; Ambiguous where there are two readings."""
        out: list[Delivery] = []
        for phase in sorted({entry.phase for entry in entries}):
            out += self._of_phase([entry for entry in entries if entry.phase == phase])
        for item in out:
            self._refuse_day_total(item)
        return sorted(out, key=lambda item: (item.time or dt.time(), item.number or 0, item.line))

    def _refuse_day_total(self, item: Delivery) -> None:
        """One fraction that gives what several fractions of the day give together: too much, or the day's total.

        Lines of the day that say that a fraction was missed settle it.
        """
        if item.status == "remainder" or not item.doses_gy or self.is_full(item):
            return
        for count in range(2, len(self.expected) + 1 - self.missed):
            if self._adds_up([item], self.expected[:count]):
                raise Ambiguous(
                    f"line {item.line}: {self._sum_words(item)}: one fraction with that dose, or {count} fractions of "
                    f"the day in one line? Give each fraction a line of its own, with its dose and its number or time"
                    f"{self._one_fraction(item, count)}"
                )

    def _one_fraction(self, item: Delivery, count: int) -> str:
        """How a true single fraction of that dose is said."""
        lines = "a line of its own that says missed"
        told = f"; if it was one fraction, give {'each of the others' if count > 2 else 'the other'} {lines}"
        if len(self.targets) > 1:
            return told
        places = ",".join(f"{item.date}#{place}" for place in range(2, count + 1))
        dose = next(iter(item.doses_gy.values()))
        return f"{told}, or in place of the record --partial {item.date}#1={dose:g}Gy --missed {places}"

    def _of_phase(self, entries: Sequence[RecordEntry]) -> Iterator[Delivery]:
        numbers = {entry.number for entry in entries}
        one_target = all(len(entry.targets) < 2 for entry in entries) and len(self.targets) == 1
        if len(entries) == 1:
            yield one_delivery(entries)
        elif self.rows == "fractions" and one_target:
            yield from (one_delivery([entry]) for entry in entries)
        elif None not in numbers:
            yield from self._numbered(entries)
        elif len(numbers) > 1:
            bare = next(entry for entry in entries if entry.number is None)
            text = f"line {bare.line}: bears no fraction number, but another line of {bare.date} does"
            raise Ambiguous(f"{text}: a field of that fraction, or a fraction of its own? Give each line its number")
        elif all(entry.time is not None for entry in entries):
            yield from self._timed(entries)
        else:
            yield from self._bare(entries)

    # --- lines with fraction numbers

    def _numbered(self, entries: Sequence[RecordEntry]) -> Iterator[Delivery]:
        groups: dict[int, list[RecordEntry]] = {}
        for entry in entries:
            groups.setdefault(entry.number or 0, []).append(entry)
        found = [item for number in sorted(groups) for item in self._of_number(groups[number])]
        if len(groups) > 1:
            self._refuse_fields_as_numbers(found)
        yield from found

    def _of_number(self, entries: Sequence[RecordEntry]) -> Iterator[Delivery]:
        """One fraction; its lines an interval apart are a number written twice, or a fraction that went on later."""
        if all(entry.time is not None for entry in entries):
            runs = _runs(entries, self.interval_h)
            if len(runs) > 1:
                yield from (one_delivery(run) for run in runs)
                return
        delivery = one_delivery(entries)
        full = [entry for entry in entries if self.is_full(one_delivery([entry]))]
        if len(full) > 1 and delivery.doses_gy:
            raise Ambiguous(self._twice(full, delivery))
        yield delivery

    def _twice(self, full: Sequence[RecordEntry], delivery: Delivery) -> str:
        lines = _lines([entry.line for entry in full])
        text = f"line {full[1].line}: {lines} bear fraction {delivery.number} of {delivery.date}, each with the whole"
        return (
            f"{text} planned dose: {len(full)} fractions, or one fraction of which each line repeats the dose? "
            "Give each fraction its own number, or each field its own dose"
        )

    def _refuse_fields_as_numbers(self, found: Sequence[Delivery]) -> None:
        """Numbers of fields in the column of fractions: each a part only, and together the planned dose."""
        one_target = len({item.targets for item in found}) == 1
        if not one_target or any(map(self.is_full, found)) or not self._adds_up(found, self.expected[:1]):
            return
        numbers = ", ".join(str(item.number) for item in found)
        lines = _lines([line for item in found for line in item.lines])
        raise Ambiguous(
            f"line {found[1].line}: fractions {numbers} of {found[0].date} ({lines}) add up to one planned dose: one "
            f"fraction with its fields numbered, or {len(found)} fractions given in part? Give one number a fraction"
        )

    # --- lines with clock times

    def _timed(self, entries: Sequence[RecordEntry]) -> Iterator[Delivery]:
        runs = _runs(entries, self.interval_h)
        for run in runs:
            yield from self._run(run, others=len(runs) - 1)

    def _run(self, run: Sequence[RecordEntry], *, others: int) -> Iterator[Delivery]:
        """Lines within the interval: one fraction, unless each line is a whole one and so many are due that day."""
        singles = [one_delivery([entry]) for entry in run]
        if len(run) > 1 and all(self.is_full(item) for item in singles):
            minutes = [entry.time.replace(second=0, microsecond=0) for entry in run if entry.time is not None]
            if len(set(minutes)) < len(minutes):
                second = next(i for i, minute in enumerate(minutes) if minute in minutes[:i])
                first = run[minutes.index(minutes[second])]
                at = f"{first.date} {minutes[second]:%H:%M}"
                raise Ambiguous(f"line {run[second].line}: two fractions in one minute, {at}: see line {first.line}")
            if len(run) + others > len(self.expected):
                raise Ambiguous(self._two_readings(run, "closer together than the interval between two fractions"))
            yield from singles
            return
        parts = self._halves(run, others) or [list(run)]
        yield from (one_delivery(part) for part in parts)

    def _halves(self, run: Sequence[RecordEntry], others: int) -> list[list[RecordEntry]] | None:
        """The run cut at its longest pause, where each part is a whole fraction and two are due."""
        if others or len(self.expected) < 2 or len(run) < 2:
            return None
        pauses = [_minutes(b) - _minutes(a) for a, b in itertools.pairwise(run)]
        cut = pauses.index(max(pauses)) + 1
        halves = [list(run[:cut]), list(run[cut:])]
        return halves if all(self.is_full(one_delivery(half)) for half in halves) else None

    # --- lines with neither

    def _bare(self, entries: Sequence[RecordEntry]) -> Iterator[Delivery]:
        singles = sorted((one_delivery([entry]) for entry in entries), key=_by_dose)
        if self._each_due(singles):
            yield from singles
            return
        self._refuse_repeated(entries, singles)
        together = one_delivery(entries)
        stated = self.rows == "fields" and len(self.expected) == 1 and self.is_within(together)
        if stated or self._adds_up([together], self.expected[:1]) or self._each_target_once(entries):
            yield together
            return
        for count in range(2, len(self.expected) + 1):
            if self._adds_up([together], self.expected[:count]):
                yield from self._shared(together, count)
                return
        few = len(singles) <= len(self.expected) and all(self.is_within(item) for item in singles)
        if few and not self.is_within(together):
            yield from singles
            return
        raise Ambiguous(self._several_targets(entries) or self._two_readings(entries, self._sum_words(together)))

    def _each_due(self, singles: Sequence[Delivery]) -> bool:
        """Is each line one of the fractions that are due on the day?"""
        left = list(self.expected)
        for item in singles:
            match = next((fraction for fraction in left if self.fits(item, fraction)), None)
            if match is None:
                return False
            left.remove(match)
        return True

    def _refuse_repeated(self, entries: Sequence[RecordEntry], singles: Sequence[Delivery]) -> None:
        """More whole doses than are due: more fractions, or one fraction of which every line repeats the dose."""
        if not all(self.is_full(item) for item in singles):
            return
        due = len(self.expected)
        plan = "the plan has one fraction" if due == 1 else f"the plan has {due} fractions"
        raise Ambiguous(self._several_targets(entries) or self._two_readings(entries, f"each a whole fraction; {plan}"))

    def _two_readings(self, entries: Sequence[RecordEntry], what: str) -> str:
        ordered = sorted(entries, key=lambda entry: entry.line)
        lines = _lines([entry.line for entry in ordered])
        return (
            f"line {ordered[1].line}: {lines} of {ordered[0].date}, {what}: one fraction, or {len(ordered)} fractions? "
            "Give each line the number of its fraction, or the clock time"
        )

    def _several_targets(self, entries: Sequence[RecordEntry]) -> str:
        """With several targets: which target stands on a second line."""
        if len(self.targets) < 2:
            return ""
        ordered = sorted(entries, key=lambda entry: entry.line)
        named = {target for entry in ordered for target in entry.targets}
        seen: dict[tuple[str, ...], int] = {}
        for entry in ordered:
            if entry.targets in seen and len(named) > 1:
                return (
                    f"line {entry.line}: target {entry.targets[0]!r} stands a second time on {entry.date} (line "
                    f"{seen[entry.targets]}), beside other targets: give each fraction a number or time of its own"
                )
            if entry.targets in seen:
                told = f"a second fraction on {entry.date} (line {seen[entry.targets]})"
                return f"line {entry.line}: {told}: with several targets, give each fraction a number or time"
            seen[entry.targets] = entry.line
        return ""

    def _sum_words(self, together: Delivery) -> str:
        sums = " and ".join(
            f"{dose:g} Gy" + (f" to {target}" if len(self.targets) > 1 else "")
            for target, dose in together.doses_gy.items()
        )
        planned = " and ".join(f"{dose:g} Gy" for dose in self.expected[0].doses_gy if dose > 0)
        return f"{sums} together where {planned} is planned"

    def _each_target_once(self, entries: Sequence[RecordEntry]) -> bool:
        named = [target for entry in entries for target in entry.targets]
        return len(self.targets) > 1 and len(set(named)) == len(named) and all(entry.targets for entry in entries)

    def _shared(self, together: Delivery, count: int) -> Iterator[Delivery]:
        """The sum of so many fractions in the shares that are planned: which field belongs to which is not written."""
        for fraction in self.expected[:count]:
            doses = {}
            for target, dose in together.doses_gy.items():
                place = self.targets.index(target)
                whole = math.fsum(other.doses_gy[place] for other in self.expected[:count])
                doses[target] = round(dose * fraction.doses_gy[place] / whole, 9) if whole else 0.0
            yield Delivery(
                lines=together.lines,
                date=together.date,
                time=None,
                number=None,
                phase=together.phase,
                status=together.status,
                doses_gy=doses,
                fields=together.fields,
            )

    # --- doses against what is planned

    def fits(self, item: Delivery, fraction: Fraction) -> bool:
        """Does it say that this fraction was given as planned, to every target?"""
        if not item.targets:
            return True
        for target, planned in zip(self.targets, fraction.doses_gy, strict=True):
            if planned > SAME_DOSE_GY and target not in item.targets:
                return False
            dose = item.doses_gy.get(target, planned)
            if abs(dose - planned) > max(SAME_DOSE_GY * item.fields, SUM_TOLERANCE * planned):
                return False
        return True

    def is_full(self, item: Delivery) -> bool:
        """Is it one of the fractions that are due, as planned?"""
        return any(self.fits(item, fraction) for fraction in self.expected)

    def is_within(self, item: Delivery, share: float = SUM_TOLERANCE) -> bool:
        """Is no target above the largest fraction that is due?"""
        for place, target in enumerate(self.targets):
            most = max(fraction.doses_gy[place] for fraction in self.expected)
            if item.doses_gy.get(target, 0.0) > most * (1 + share) + SAME_DOSE_GY * item.fields:
                return False
        return True

    def is_near(self, item: Delivery, other: Delivery) -> bool:
        """Do two deliveries of one day lie closer together than the interval? Without times nothing parts them."""
        if item.time is None or other.time is None:
            return True
        first, second = (time.hour * 60 + time.minute + time.second / 60 for time in (item.time, other.time))
        return abs(second - first) < self.interval_h * 60

    def _adds_up(self, items: Sequence[Delivery], fractions: Sequence[Fraction]) -> bool:
        """Do these give together what these fractions give together?"""
        for place, target in enumerate(self.targets):
            planned = math.fsum(fraction.doses_gy[place] for fraction in fractions)
            found = math.fsum(item.doses_gy.get(target, 0.0) for item in items)
            if abs(found - planned) > max(SAME_DOSE_GY * sum(i.fields for i in items), SUM_TOLERANCE * planned):
                return False
        return True


def _runs(entries: Sequence[RecordEntry], interval_h: float) -> list[list[RecordEntry]]:
    """Lines in order of time, cut where the interval has passed since the first line of a run."""
    runs: list[list[RecordEntry]] = []
    for entry in sorted(entries, key=lambda entry: (_minutes(entry), entry.line)):
        if runs and _minutes(entry) - _minutes(runs[-1][0]) < interval_h * 60:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return runs


def _minutes(entry: RecordEntry) -> float:
    time = entry.time or dt.time()
    return time.hour * 60 + time.minute + time.second / 60


def _by_dose(item: Delivery) -> tuple[float, int]:
    """Largest first: without times the order of a day's lines says nothing."""
    return (-math.fsum(item.doses_gy.values()), item.line)


def _lines(numbers: Sequence[int]) -> str:
    return "lines " + ", ".join(str(number) for number in sorted(numbers))
