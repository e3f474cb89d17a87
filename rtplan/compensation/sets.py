"""Sets of days for extra sessions, in the order in which they are preferred, within bounds on how full days may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "Bounds",
    "Place",
    "fitting",
]


_MOST_STEPS = 1000
"""Days tried before a search of one order gives up: every set of nine days is seen within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A day that could take a session more, and so many fractions with it. second: beside one that is given already."""

    date: dt.date
    fractions: int = 1
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a set may not exceed; None: no bound.

    week: fractions in any 7 days running. running: days running with more than one fraction; 0: no second fraction.
    seconds: second fractions in all.
    """

    week: int | None = None
    running: int | None = None
    seconds: int | None = None


def fitting(
    counts: Mapping[dt.date, int], places: Sequence[Place], need: int, bounds: Bounds
) -> Iterator[set[dt.date]]:
    """Sets of these places that hold at least so many fractions, none more than needed, within the bounds.

    counts: fractions on each day without them. The places in their order first: what comes first is taken where it
    can be. Then day by day from the first, which finds a set wherever bounds on any 7 days leave one. Every set comes
    sooner or later where there are few places; where there are many, some do not.

    >>> days = [dt.date(2026, 3, day) for day in (7, 8, 14)]
    >>> next(fitting({}, [Place(date=day) for day in days], 2, Bounds(week=1))) == {days[0], days[2]}
    True
    """
    if _most(counts, places, bounds) < need:
        return
    seen: set[frozenset[dt.date]] = set()
    for order in (places, sorted(places, key=lambda place: place.date)):
        for chosen in _Filling(counts, order, bounds).sets(need):
            if frozenset(chosen) not in seen:
                seen.add(frozenset(chosen))
                yield chosen


def _most(counts: Mapping[dt.date, int], places: Sequence[Place], bounds: Bounds) -> int:
    """A bound on the fractions that a set can hold: week by week, weeks beginning on each of the seven days."""
    seconds = sum(place.second for place in places)
    beside = seconds if bounds.seconds is None else min(seconds, bounds.seconds)
    if bounds.running == 0:
        beside = 0
    alone = sum(place.fractions for place in places if not place.second)
    if bounds.week is None:
        return alone + beside
    return min([alone + beside, *(_held(counts, places, bounds.week, offset) for offset in range(7))])


def _held(counts: Mapping[dt.date, int], places: Sequence[Place], week: int, offset: int) -> int:
    """Fractions more that weeks can hold, of which one begins so many days after a Monday."""
    given: dict[int, int] = {}
    room: dict[int, int] = {}
    for day, count in counts.items():
        number = (day.toordinal() + offset) // 7
        given[number] = given.get(number, 0) + count
    for place in places:
        number = (place.date.toordinal() + offset) // 7
        room[number] = room.get(number, 0) + place.fractions
    return sum(min(more, max(0, week - given.get(number, 0))) for number, more in room.items())


class _Filling:
    """Days filled one after the other, and emptied again where that leads nowhere; the one mutable thing here."""

    def __init__(self, counts: Mapping[dt.date, int], places: Sequence[Place], bounds: Bounds) -> None:
        self.places = places
        self.bounds = bounds
        self.steps = _MOST_STEPS
        self.days = {day.toordinal(): count for day, count in counts.items()}
        self.weeks: dict[int, int] = {}  # fractions in the 7 days from a day on
        for day, count in self.days.items():
            self._count(day, count)
        self.chosen: list[Place] = []
        self.room = [0]  # fractions that a place and those after it could hold
        for place in reversed(places):
            self.room.insert(0, self.room[0] + place.fractions)

    def sets(self, need: int, since: int = 0) -> Iterator[set[dt.date]]:
        if need <= 0:
            yield {place.date for place in self.chosen}
            return
        for at in range(since, len(self.places)):
            self.steps -= 1
            if self.steps < 0 or self.room[at] < need:
                return
            if self._fits(self.places[at]):
                self._add(self.places[at], 1)
                yield from self.sets(need - self.places[at].fractions, at + 1)
                self._add(self.places[at], -1)

    def _count(self, day: int, count: int) -> None:
        for first in range(day - 6, day + 1):
            self.weeks[first] = self.weeks.get(first, 0) + count

    def _add(self, place: Place, sign: int) -> None:
        day = place.date.toordinal()
        self.days[day] = self.days.get(day, 0) + sign * place.fractions
        self._count(day, sign * place.fractions)
        if sign > 0:
            self.chosen.append(place)
        else:
            self.chosen.pop()

    def _fits(self, place: Place) -> bool:
        day, bounds = place.date.toordinal(), self.bounds
        if place.second and not self._may_be_second(day):
            return False
        if bounds.week is None:
            return True
        return all(self.weeks.get(first, 0) + place.fractions <= bounds.week for first in range(day - 6, day + 1))

    def _may_be_second(self, day: int) -> bool:
        bounds = self.bounds
        if bounds.seconds is not None and sum(place.second for place in self.chosen) >= bounds.seconds:
            return False
        if bounds.running is None:
            return True
        first = last = day
        while self.days.get(first - 1, 0) > 1:
            first -= 1
        while self.days.get(last + 1, 0) > 1:
            last += 1
        return last - first < bounds.running
