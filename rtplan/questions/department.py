"""A machine is down: who is treated on the few extra attendances there are, and what the others lose."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from rtplan.answer import Answer, Kind
from rtplan.clinic.days import add_days, days_between
from rtplan.course.rules import check
from rtplan.errors import ConfigError, DomainError, RtplanError, count_of
from rtplan.interruption.draft import Draft
from rtplan.interruption.judge import Option, judged
from rtplan.interruption.question import Question, Settings
from rtplan.interruption.situation import Situation, from_dates, parse_missed
from rtplan.library.read import checksum, read_text
from rtplan.note import Note, Phrase, Source
from rtplan.planning import artefact
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import MissedSpan, Provenance
from rtplan.questions.assignment import Claim, Seat, assign
from rtplan.radiobiology.effect import evaluate

__all__ = [
    "LEVELS",
    "Department",
    "Later",
    "Patient",
    "Served",
    "department",
    "folder_of",
    "levels_of",
    "pins_of",
    "seats_of",
]


LEVELS = Source(
    text="priority levels when capacity is short: NICE NG162 table 1; Nature Medicine 2020 (read)", verified=True
)

_LEVEL_OF_CATEGORY = {1: 1, 2: 3, 3: 4}
"""Where no level is stated: radical category 1, radical category 2, palliative."""

_LAST = math.inf
"""Of a key that is not known: whoever has one stands first."""

_SAME_GY = 0.01
"""Losses this close are tied. [Gy]"""

_DAYS_MORE = 3
"""How many open days more a breakdown is looked ahead. [d]"""

_MOST_ROUNDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A plan of the folder. id: the name of its file without its ending. level: None where the user stated none."""

    id: str
    plan: Plan
    sha256: str = ""
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One patient: what decides the place, and the course without and with the seats.

    level: stated, else that of the category (level_stated says which); None: neither is known, behind all others.
    slack_days: days from the end without a seat to the limit on prolongation; None: no limit. loss_gy: of the tumour's
    net BED against the plan, without a seat; prescribed_loss_gy: against the prescribed reference. [Gy]
    lost: fractions that fall on the closed days. seats: names of the seats given. why_not: why none would do.
    """

    id: str
    level: int | None
    level_stated: bool
    category: int | None
    slack_days: int | None
    loss_gy: float
    prescribed_loss_gy: float
    lost: int
    seats: tuple[str, ...]
    without: Option
    served: Option
    tied: bool = False
    why_not: str = ""

    @property
    def gain_gy(self) -> float:
        """Net BED of the tumour that the seats win. [Gy]"""
        return self.without.deficit_gy - self.served.deficit_gy

    @property
    def short(self) -> int:
        """Fractions that fell out and got no seat."""
        return self.lost - sum(opened.fractions for opened in self.served.sessions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """If the machine stays down so many open days more and nobody gets a seat: who passes the limit, the worst loss."""

    days: int
    until: dt.date
    beyond_limit: tuple[str, ...]
    worst_id: str
    worst_loss_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Department(Answer):
    """Who is treated on the extra attendances. served: in their order; untouched: ids that lose no fraction."""

    kind: ClassVar[Kind] = "department"

    spans: tuple[MissedSpan, ...]
    machine: str
    seats: tuple[Seat, ...]
    served: tuple[Served, ...]
    untouched: tuple[str, ...]
    later: tuple[Later, ...]
    notes: tuple[Note, ...]
    provenance: Provenance
    situations: tuple[Situation, ...] = ()

    @property
    def given(self) -> int:
        """Seats that were given."""
        return sum(len(entry.seats) for entry in self.served)

    def revised(self, patient: Patient) -> Plan | None:
        """The revised plan of a patient who lost fractions; None where nothing changes."""
        from rtplan.interruption.choose import revised

        places = [place for place, entry in enumerate(self.served) if entry.id == patient.id]
        if not places:
            return None
        situation, option = self.situations[places[0]], self.served[places[0]].served
        return revised(situation, option, self.provenance, parent_sha256=patient.sha256)


def department(
    patients: Sequence[Patient],
    closed: str,
    seats: Sequence[Seat],
    *,
    machine: str = "",
    pinned: Mapping[str, Sequence[str]] | None = None,
    left_out: Sequence[str] = (),
    provenance: Provenance,
) -> Department:
    """The assignment of patients to seats. closed: days and spans on which the machine is down, as for missed days.

    pinned: names of seats that a patient gets in any case; left_out: ids that get none. Raises DomainError where a
    name is unknown, an id is given twice, or what is pinned cannot be held.
    """
    spans = parse_missed(closed)
    seats = sorted(seats, key=lambda seat: (seat.date, seat.machine))
    _refuse(patients, seats, pinned or {}, left_out)
    found = [(patient, _asked(patient, spans)) for patient in sorted(patients, key=lambda patient: patient.id)]
    hit = [(patient, q) for patient, q in found if q is not None]
    cases = [_Case(patient, q, seats) for patient, q in hit]
    wanted = {name: [_place(seats, text) for text in names] for name, names in (pinned or {}).items()}
    places = _settled(cases, seats, wanted, set(left_out))
    served = [case.served(places[case.patient.id], seats) for case in cases]
    served = sorted(_tied(served), key=lambda entry: (_order(entry), entry.id))
    ordered = {case.patient.id: case.q.situation for case in cases}
    return Department(
        spans=spans,
        machine=machine,
        seats=tuple(seats),
        served=tuple(served),
        untouched=tuple(patient.id for patient, q in found if q is None),
        later=tuple(_later(hit, spans)),
        notes=tuple(_notes(served, seats)),
        provenance=provenance,
        situations=tuple(ordered[entry.id] for entry in served),
    )


def _refuse(
    patients: Sequence[Patient], seats: Sequence[Seat], pinned: Mapping[str, Sequence[str]], left_out: Sequence[str]
) -> None:
    ids = [patient.id for patient in patients]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise DomainError(f"there are two plans called {twice[0]!r}")
    for name in (*pinned, *left_out):
        if name not in ids:
            raise DomainError(f"there is no plan {name!r} in the folder")
    names = [seat.name for seat in seats]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise DomainError(f"slots of {double} are given twice")


def _place(seats: Sequence[Seat], text: str) -> int:
    for place, seat in enumerate(seats):
        if text in (seat.name, seat.date.isoformat()):
            return place
    raise DomainError(f"there are no slots on {text!r}: there are {', '.join(seat.name for seat in seats)}")


def _asked(patient: Patient, spans: Sequence[MissedSpan]) -> Question | None:
    """What the closed days mean for a patient; None where no fraction falls on them."""
    first = min(span.first for span in spans)
    touched = tuple(span for span in spans if any(span.first <= day <= span.last for day in patient.plan.course.dates))
    if not touched:
        return None
    try:
        situation = from_dates(patient.plan, touched, as_of=add_days(first, -1), cause="machine")
        return Question(replace(situation, cause_kind="machine"), Settings())
    except RtplanError as error:
        raise DomainError(f"{patient.id}: {error}") from None


class _Case:
    """One patient who loses fractions: what decides the place, and which seats would do."""

    def __init__(self, patient: Patient, q: Question, seats: Sequence[Seat]) -> None:
        self.patient, self.q = patient, q
        self.lost = [fraction.date for fraction in q.situation.missed]
        self.weight = max([self.lost.count(day) for day in self.lost], default=1)
        (self.without,) = judged(q, [self._draft({})])
        tumours = [effect for effect in self.without.effects if effect.row.kind == "tumour"]
        self.loss_gy = max([0.0, *(-effect.planned_difference_gy for effect in tumours)])
        self.prescribed_loss_gy = max([0.0, *(-effect.prescribed_difference_gy for effect in tumours)])
        bound = q.limit_by
        self.slack = None if bound is None else days_between(self.without.course.last, bound)
        category = q.inputs.limits.category
        self.category = category
        self.level = patient.level if patient.level is not None else _LEVEL_OF_CATEGORY.get(category or 0)
        self.why_not = self._obstacle()
        fits = [] if self.why_not else [place for place in range(len(seats)) if self._fits([seats[place]])]
        self.fitting = tuple(fits)
        if not self.why_not and not fits:
            self.why_not = "no-seat-fits"

    def _obstacle(self) -> str:
        if self.q.situation.restarts or not self.q.situation.delivered:
            return "not-begun"
        return "" if self.q.remainder.slots else "nothing-left"

    def _draft(self, sessions: Mapping[dt.date, int]) -> Draft:
        course = self.q.remainder.lay_out(sessions) if sessions else self.q.append
        identity = "restart" if self.q.situation.restarts else "append"
        return Draft(
            id=identity if not sessions else "department",
            tier="none" if not sessions else "a",
            method="append" if not sessions else "machine",
            label=Phrase(code="append") if not sessions else _label(sessions),
            course=course,
            sessions=dict(sessions) or None,
        )

    def _fits(self, taken: Sequence[Seat]) -> bool:
        """Do these seats shorten the course and break no hard rule that stands without them?"""
        sessions = {seat.date: self.weight for seat in taken}
        planned = set(self.q.append.dates) - set(self.lost)
        if any(date in planned or date > self.q.append.last for date in sessions):
            return False
        if any(not self.q.inputs.calendar.covers(date) for date in sessions):
            return False
        try:
            course = self.q.remainder.lay_out(sessions)
        except RtplanError:
            return False
        limits, cord = self.q.inputs.limits, self.q.inputs.has_cord
        known = {note.key for note in check(self.q.append, limits, cord=cord)}
        hard = limits.hard_codes
        broken = [note for note in check(course, limits, cord=cord, extra=sessions) if note.code in hard]
        used = all(course.sessions.get(date, 0) >= count for date, count in sessions.items())
        return used and course.last < self.q.append.last and all(note.key in known for note in broken)

    @property
    def order(self) -> tuple[float, ...]:
        """Level, category, days of slack, net BED lost: whoever has less of the first three stands first."""
        known = (self.level, self.category, self.slack)
        loss = round(self.loss_gy / _SAME_GY) * _SAME_GY
        return (*(_LAST if value is None else float(value) for value in known), -loss)

    def claim(self) -> Claim:
        days = len(set(self.lost))
        return Claim(id=self.patient.id, need=days, seats=self.fitting, order=self.order, weight=self.weight)

    def together(self, places: Sequence[int], seats: Sequence[Seat]) -> bool:
        """May these seats stand in one course?"""
        return len(places) < 2 or self._fits([seats[place] for place in places])

    def served(self, places: Sequence[int], seats: Sequence[Seat]) -> Served:
        taken = [seats[place] for place in places]
        (option,) = (
            judged(self.q, [self._draft({seat.date: self.weight for seat in taken})]) if taken else (self.without,)
        )
        return Served(
            id=self.patient.id,
            level=self.level,
            level_stated=self.patient.level is not None,
            category=self.category,
            slack_days=self.slack,
            loss_gy=self.loss_gy,
            prescribed_loss_gy=self.prescribed_loss_gy,
            lost=len(self.lost),
            seats=tuple(seat.name for seat in taken),
            without=self.without,
            served=option,
            why_not=self.why_not,
        )


def _label(sessions: Mapping[dt.date, int]) -> Phrase:
    days = tuple(Phrase(code="day", values={"date": day.isoformat()}) for day in sessions)
    return Phrase(code="machine-sessions", values={"count": len(sessions), "days": days})


def _settled(
    cases: Sequence[_Case], seats: Sequence[Seat], pinned: Mapping[str, list[int]], left_out: set[str]
) -> dict[str, tuple[int, ...]]:
    """Seats of each patient; sets of seats that cannot stand in one course are ruled out until none is left."""
    claims = [replace(case.claim(), seats=()) if case.patient.id in left_out else case.claim() for case in cases]
    _refuse_pins(claims, seats, pinned)
    apart: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(_MOST_ROUNDS):
        places = assign(claims, seats, pinned=pinned, apart=apart)
        wrong = [
            (case.patient.id, places[case.patient.id])
            for case in cases
            if not case.together(places[case.patient.id], seats)
        ]
        if not wrong:
            return places
        apart += wrong
    raise DomainError("no assignment was found that keeps every rule: give fewer slots, or pin some")


def _refuse_pins(claims: Sequence[Claim], seats: Sequence[Seat], pinned: Mapping[str, list[int]]) -> None:
    of = {claim.id: claim for claim in claims}
    for name, places in pinned.items():
        for place in places:
            if name not in of:
                raise DomainError(f"{name} loses no fraction on these days: there is nothing to pin")
            if place not in of[name].seats:
                raise DomainError(f"{name} cannot be pinned to {seats[place].name}: it breaks a rule, or wins nothing")


def _order(entry: Served) -> tuple[float, ...]:
    known = (entry.level, entry.category, entry.slack_days)
    loss = round(entry.loss_gy / _SAME_GY) * _SAME_GY
    return (*(_LAST if value is None else float(value) for value in known), -loss)


def _tied(served: Sequence[Served]) -> Iterator[Served]:
    """Whether one of equal rank got more than another: that choice is the user's."""
    for entry in served:
        equal = [other for other in served if _order(other) == _order(entry) and not other.why_not]
        counts = {len(other.seats) for other in equal}
        yield replace(entry, tied=not entry.why_not and len(equal) > 1 and len(counts) > 1)


def _later(hit: Sequence[tuple[Patient, Question]], spans: Sequence[MissedSpan]) -> Iterator[Later]:
    """The next open days, should the machine stay down."""
    last = max(span.last for span in spans)
    if not hit:
        return
    calendar = hit[0][1].inputs.calendar
    day, more = last, 0
    while more < _DAYS_MORE:
        day = add_days(day, 1)
        if not calendar.covers(day):
            return
        if not calendar.is_open(day):
            continue
        more += 1
        losses = [(patient.id, *_if_down(q, day)) for patient, q in hit]
        worst, loss, _ = max(losses, key=lambda entry: (entry[1], entry[0]))
        beyond = tuple(name for name, _, past in losses if past)
        yield Later(days=more, until=day, beyond_limit=beyond, worst_id=worst, worst_loss_gy=loss)


def _if_down(q: Question, until: dt.date) -> tuple[float, bool]:
    """Net BED lost without a seat if nothing is given up to a day, and whether the limit is passed. [Gy]

    A course that has not begun loses nothing to that: its start is put off.
    """
    if q.situation.restarts or not q.remainder.slots:
        return 0.0, False
    days = days_between(q.remainder.start, until) + 1
    closed = {add_days(q.remainder.start, step): 0 for step in range(days)}
    course = replace(q.remainder, sessions={**q.remainder.sessions, **closed}).lay_out()
    places = [place for place, region in enumerate(q.regions) if region.tissue.kind == "tumour"]
    rows = evaluate(course, [q.regions[place] for place in places])
    losses = [q.planned_rows[place].net_bed_gy - row.net_bed_gy for place, row in zip(places, rows, strict=True)]
    return max([0.0, *losses]), q.limit_by is not None and course.last > q.limit_by


def _notes(served: Sequence[Served], seats: Sequence[Seat]) -> Iterator[Note]:
    tied = tuple(entry.id for entry in served if entry.tied)
    if tied:
        yield Note(code="department-tie", severity="warning", values={"ids": tied})
    unknown = tuple(entry.id for entry in served if entry.level is None)
    if unknown:
        yield Note(code="department-no-level", severity="warning", values={"ids": unknown})
    derived = tuple(entry.id for entry in served if entry.level is not None and not entry.level_stated)
    if derived:
        yield Note(code="department-level-of-category", severity="info", values={"count": len(derived)})
    short = tuple(entry.id for entry in served if entry.short > 0)
    if short:
        yield Note(code="department-short", severity="warning", values={"ids": short, "count": len(short)})
    taken = sum(opened.fractions for entry in served for opened in entry.served.sessions)
    free = sum(seat.capacity for seat in seats) - taken
    if free > 0:
        yield Note(code="department-free", severity="info", values={"count": free})


# --- words into values ----------------------------------------------------------------------------------------------


def seats_of(texts: Sequence[str], machine: str, closed: str) -> tuple[Seat, ...]:
    """Seats from words: ``2026-03-14=10``, ``2026-03-12@linac B=6``, or a bare number for each closed day on a machine.

    >>> [(seat.name, seat.capacity) for seat in seats_of(["2026-03-14=10", "2026-03-12@B=6"], "", "2026-03-12")]
    [('2026-03-14', 10), ('2026-03-12@B', 6)]
    """
    found: list[Seat] = []
    for text in texts:
        where, sign, count = text.rpartition("=")
        number = count if sign else text
        if count_of(number.strip(), 9999) is None:
            raise DomainError(f"slots takes DATE=N, DATE@MACHINE=N or N, got {text!r}")
        if not sign:
            days = sorted({day for span in parse_missed(closed) for day in span.days})
            found += [Seat(date=day, capacity=int(number), machine=machine or "matched") for day in days]
            continue
        date, _, name = where.partition("@")
        found.append(Seat(date=_date(date.strip(), text), capacity=int(number), machine=name.strip()))
    return tuple(found)


def pins_of(texts: Sequence[str]) -> dict[str, list[str]]:
    """Pins from words: ``ID=2026-03-14`` or ``ID=2026-03-12@B``; a patient may have several."""
    out: dict[str, list[str]] = {}
    for text in texts:
        name, sign, where = text.partition("=")
        if not sign or not name.strip() or not where.strip():
            raise DomainError(f"pin takes ID=DATE, got {text!r}")
        out.setdefault(name.strip(), []).append(where.strip())
    return out


def folder_of(folder: Path, levels: Mapping[str, int]) -> tuple[list[Patient], list[Path]]:
    """The plans of a folder, by the names of their files; ConfigError where it holds none, or a level is for nobody."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise ConfigError(
            folder.name, ["holds no plans: it takes the plan.json of each patient, under the patient's name"]
        )
    found = [
        Patient(id=path.stem, plan=artefact.read(path), sha256=checksum(path), level=levels.get(path.stem))
        for path in paths
    ]
    unknown = sorted(set(levels) - {patient.id for patient in found})
    if unknown:
        raise DomainError(f"a level is stated for {unknown[0]!r}, who has no plan in {folder.name}")
    return found, paths


def _date(text: str, whole_text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DomainError(f"slots takes a date as YYYY-MM-DD, got {whole_text!r}") from None


def levels_of(path: Path) -> dict[str, int]:
    """Levels from a CSV file with the columns id and level (1 to 5). ConfigError names the line that is wrong."""
    try:
        rows = list(csv.reader(read_text(path, path.name).splitlines()))
    except csv.Error as error:
        raise ConfigError(path.name, [f"is no CSV: {error}"]) from None
    if not rows or [name.strip() for name in rows[0][:2]] != ["id", "level"]:
        raise ConfigError(path.name, ["its first line has to be: id,level"])
    out: dict[str, int] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < 2 or row[1].strip() not in {"1", "2", "3", "4", "5"}:
            raise ConfigError(path.name, [f"line {line}: level takes 1 to 5, got {row[1:2] or ''}"])
        if row[0].strip() in out:
            raise ConfigError(path.name, [f"line {line}: {row[0].strip()!r} is given twice"])
        out[row[0].strip()] = int(row[1])
    return out
