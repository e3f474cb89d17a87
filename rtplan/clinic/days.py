"""Days of a unit: which are open, and why. All date arithmetic of rtplan is here."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from rtplan.errors import DomainError, ScheduleError, one_of
from rtplan.note import Phrase

if TYPE_CHECKING:
    from pandas.tseries.offsets import CustomBusinessDay

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "Date",
    "DayKind",
    "Reason",
    "add_days",
    "announced_until",
    "day_name",
    "days_between",
    "elapsed_hours",
    "every_day_open",
    "first_of_week",
    "from_reasons",
    "hours_utc",
    "later_by",
    "parse_date",
    "place_in_week",
    "week_of",
]


Date = dt.date


ONE_DAY = dt.timedelta(days=1)


DayKind = Literal[
    "workday", "half day", "weekend", "holiday", "worked weekend", "closure", "service", "extra", "treated holiday"
]
"""What a day can be: the kind travels with the reason, so that nothing needs to read the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a day is open or closed.

    open: is treatment given? provisional: does this depend on holidays not officially announced yet?
    fractions: most fractions of one course that the day holds; None: as many as are prescribed. [-]
    machine: the matched machine that treats on it; empty: the clinic's first machine. instead: why the first one does
    not.
    """

    open: bool
    provisional: bool
    kind: DayKind
    text: str
    fractions: int | None = None
    machine: str = ""
    instead: str = ""

    def __post_init__(self) -> None:
        one_of("kind", self.kind, get_args(DayKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One reason for each day from ``first`` to ``last``, both included.

    codes: for each day, which of ``reasons`` holds.
    official_through: last day whose holidays are officially announced; None where the country makes no such notices.
    sources: where the days come from, one line each.
    first_weekday: where a week of a printed month begins, such as "mon"; None: not known.
    weekend_sessions: weekend days on which extra sessions are possible, preferred ones first; None: not stated, then
        Saturdays go before all others.

    >>> week = every_day_open(Date(2026, 3, 2), Date(2026, 3, 8))
    >>> week.is_open(Date(2026, 3, 7))
    True
    """

    name: str
    first: dt.date
    last: dt.date
    codes: tuple[int, ...]
    reasons: tuple[Reason, ...]
    time_zone: str = "UTC"
    official_through: dt.date | None = None
    sources: tuple[str, ...] = ()
    first_weekday: str | None = None
    weekend_sessions: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.first_weekday is not None and self.first_weekday not in WEEKDAYS:
            raise DomainError(f"first_weekday takes {', '.join(WEEKDAYS)}, got {self.first_weekday!r}")
        if self.last < self.first:
            raise DomainError(f"calendar {self.name!r} ends ({self.last}) before it begins ({self.first})")
        length = days_between(self.first, self.last) + 1
        if len(self.codes) != length:
            raise DomainError(f"calendar {self.name!r} needs {length} codes, one a day, got {len(self.codes)}")
        if self.codes and not 0 <= min(self.codes) <= max(self.codes) < len(self.reasons):
            raise DomainError(f"calendar {self.name!r} has a code without a reason")

    def covers(self, day: dt.date) -> bool:
        """Does the calendar know this day?"""
        return self.first <= day <= self.last

    def reason(self, day: dt.date) -> Reason:
        """Why this day is open or closed; ScheduleError outside the calendar."""
        if not self.covers(day):
            raise ScheduleError(f"{day} lies outside the calendar of {self.name}, {self.first} to {self.last}")
        return self.reasons[self.codes[(day - self.first).days]]

    def is_open(self, day: dt.date) -> bool:
        """Is this day open?"""
        return self.reason(day).open

    def holds(self, day: dt.date, fractions: int) -> int:
        """How many of so many fractions of one course fit into this day: a half day holds one, a closed day none."""
        reason = self.reason(day)
        if not reason.open:
            return 0
        return fractions if reason.fractions is None else min(fractions, reason.fractions)

    def weekend_rank(self, day: dt.date) -> int | None:
        """Order in which weekend days are offered for extra sessions, 0 first; None: not possible on that weekday."""
        name = WEEKDAYS[day.weekday()]
        if self.weekend_sessions is None:
            return int(name != "sat")
        return self.weekend_sessions.index(name) if name in self.weekend_sessions else None

    def days(self, first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, Reason]]:
        """Each day from first to last with its reason."""
        day = first
        while day <= last:
            yield day, self.reason(day)
            day += ONE_DAY

    def closed_days(self, first: dt.date, last: dt.date) -> tuple[tuple[dt.date, Reason], ...]:
        """The closed days from first to last, ordinary weekends left out."""
        return tuple((d, r) for d, r in self.days(first, last) if not r.open and r.kind != "weekend")

    def next_open(self, day: dt.date) -> dt.date:
        """This day, or the first open one after it."""
        return self._seek(day, ONE_DAY)

    def previous_open(self, day: dt.date) -> dt.date:
        """This day, or the last open one before it."""
        return self._seek(day, -ONE_DAY)

    def _seek(self, day: dt.date, step: dt.timedelta) -> dt.date:
        start = day
        while not self.is_open(day):
            day += step
            if not self.covers(day):
                side = "on or after" if step > dt.timedelta(0) else "on or before"
                raise ScheduleError(
                    f"{self.name} has no open day {side} {start} within its calendar, {self.first} to {self.last}"
                )
        return day

    def depends_on_provisional(self, first: dt.date, last: dt.date) -> bool:
        """Is any day from first to last provisional? What lies after it may still move."""
        low = max(first, self.first)
        high = min(last, self.last)
        if high < low or not any(reason.provisional for reason in self.reasons):
            return False
        codes = self.codes[(low - self.first).days : (high - self.first).days + 1]
        return any(self.reasons[code].provisional for code in set(codes))

    def with_days(self, change: Callable[[dt.date, Reason], Reason]) -> Calendar:
        """The same calendar with each day's reason passed through a function."""
        return self.with_reasons(self.first, [change(day, reason) for day, reason in self.days(self.first, self.last)])

    def with_worked_weekends(self, used: bool) -> Calendar:
        """The same calendar with worked weekends open or closed."""

        def change(_: dt.date, reason: Reason) -> Reason:
            if reason.kind != "worked weekend":
                return reason
            return replace(reason, open=used)

        return self.with_days(change)

    def trimmed(self, first: dt.date, last: dt.date) -> Calendar:
        """The part of the calendar from first to last."""
        if first < self.first or last > self.last:
            raise ScheduleError(f"{first} to {last} is not within the calendar of {self.name}")
        return self.with_reasons(first, [reason for _, reason in self.days(first, last)])

    def with_reasons(self, first: dt.date, reasons: list[Reason]) -> Calendar:
        """The same calendar with other reasons, one a day from a first day on."""
        new = from_reasons(self.name, first, reasons)
        return replace(self, first=first, last=new.last, codes=new.codes, reasons=new.reasons)

    def to_offset(self, n: int = 1) -> CustomBusinessDay:
        """n open days as a pandas offset: ``pd.date_range(first, last, freq=calendar.to_offset())`` walks them.

        pandas cannot refuse: outside ``first`` to ``last`` the offset takes every day for open, where `is_open` raises
        ScheduleError. Stay inside.

        >>> week = every_day_open(Date(2026, 3, 2), Date(2026, 3, 8))
        >>> len(week.to_offset().calendar.holidays)
        0
        """
        from pandas.tseries.offsets import CustomBusinessDay

        closed = [day for day, reason in self.days(self.first, self.last) if not reason.open]
        return CustomBusinessDay(n, weekmask="Mon Tue Wed Thu Fri Sat Sun", holidays=closed)

    def after_open_days(self, day: dt.date, count: int) -> dt.date:
        """The day that is so many open days after this one, or the calendar's last."""
        while count > 0 and day < self.last:
            day += ONE_DAY
            count -= self.is_open(day)
        return day


def from_reasons(
    name: str,
    first: dt.date,
    reasons: list[Reason],
    *,
    time_zone: str = "UTC",
    official_through: dt.date | None = None,
    sources: tuple[str, ...] = (),
    first_weekday: str | None = None,
    weekend_sessions: tuple[str, ...] | None = None,
) -> Calendar:
    """A calendar from one reason a day, beginning with ``first``."""
    table = {reason: code for code, reason in enumerate(dict.fromkeys(reasons))}
    return Calendar(
        name=name,
        first=first,
        last=add_days(first, len(reasons) - 1),
        codes=tuple(table[reason] for reason in reasons),
        reasons=tuple(table),
        time_zone=time_zone,
        official_through=official_through,
        sources=sources,
        first_weekday=first_weekday,
        weekend_sessions=weekend_sessions,
    )


def announced_until(calendar: Calendar) -> Phrase | None:
    """Through which day its holidays are officially announced, as part of a sentence; None where that is not known."""
    through = calendar.official_through
    return None if through is None else Phrase(code="announced-through", values={"day": through.isoformat()})


def every_day_open(first: dt.date, last: dt.date, name: str = "no closures") -> Calendar:
    """A calendar on which nothing is ever closed: the ground of the prescribed reference."""
    length = days_between(first, last) + 1
    reason = Reason(open=True, provisional=False, kind="workday", text="")
    return Calendar(name=name, first=first, last=last, codes=(0,) * length, reasons=(reason,))


def days_between(first: dt.date, last: dt.date) -> int:
    """Calendar days from first to last: T, when they are the first and the last fraction. [d]

    >>> days_between(Date(2026, 2, 2), Date(2026, 3, 16))
    42
    """
    return (last - first).days


def add_days(day: dt.date, count: int) -> dt.date:
    """The day so many calendar days later; DomainError past the years a date can have."""
    try:
        return day + dt.timedelta(days=count)
    except OverflowError:
        raise DomainError(f"{day} plus {count} days lies outside the years 1 to 9999") from None


_UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}


def later_by(day: dt.date, count: int, unit: str) -> dt.date:
    """So many days, weeks, months or years later; a day that the month does not have is its last one.

    >>> later_by(dt.date(2026, 1, 31), 1, "m"), later_by(dt.date(2024, 2, 29), 1, "y")
    (datetime.date(2026, 2, 28), datetime.date(2025, 2, 28))
    """
    from dateutil.relativedelta import relativedelta

    if unit not in _UNITS:
        raise DomainError(f"unit takes {', '.join(_UNITS)}, got {unit!r}")
    return day + relativedelta(**{_UNITS[unit]: count})  # type: ignore[arg-type]


def elapsed_hours(first: dt.datetime, second: dt.datetime) -> float:
    """Elapsed time between two aware clock times, over changes of daylight saving too. [h]

    >>> from zoneinfo import ZoneInfo
    >>> london = ZoneInfo("Europe/London")
    >>> elapsed_hours(dt.datetime(2026, 3, 29, 0, 30, tzinfo=london), dt.datetime(2026, 3, 29, 6, 30, tzinfo=london))
    5.0
    """
    return (_utc(second) - _utc(first)) / dt.timedelta(hours=1)


def hours_utc(moment: dt.datetime) -> float:
    """Hours of UTC since the beginning of the calendar: only differences have a meaning. [h]"""
    utc = _utc(moment)
    return utc.toordinal() * 24.0 + utc.hour + utc.minute / 60 + (utc.second + utc.microsecond / 1e6) / 3600


def _utc(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise DomainError(f"clock time {moment.isoformat()} has no time zone")
    return moment.astimezone(dt.UTC)


def parse_date(text: str, what: str = "date") -> dt.date:
    """An ISO date, YYYY-MM-DD and nothing else; DomainError names what was being read."""
    try:
        if len(text) != 10:
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        meant = " or ".join(day.isoformat() for day in _dates_meant(text))
        hint = f": did you mean {meant}?" if meant else ""
        raise DomainError(f"{what} must be a date that exists, written YYYY-MM-DD, got {text!r}{hint}") from None


_YEAR_FIRST = re.compile(r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})日?)")


_YEAR_LAST = re.compile(r"([0-9]{1,2})([-./])([0-9]{1,2})[-./]([0-9]{4})")


def _dates_meant(text: str) -> tuple[dt.date, ...]:
    """Dates that a text in another form may stand for: 20260202, 02.02.2026; with slashes also month first."""
    parts: list[tuple[str, str, str]] = []
    if found := _YEAR_FIRST.fullmatch(text.strip()):
        parts = [(found[1], found[2] or found[4], found[3] or found[5])]
    elif found := _YEAR_LAST.fullmatch(text.strip()):
        parts = [(found[4], found[3], found[1])]
        parts += [(found[4], found[1], found[3])] if found[2] != "." else []
    days: list[dt.date] = []
    for part in parts:
        with contextlib.suppress(ValueError):
            days.append(dt.date(*map(int, part)))
    return tuple(dict.fromkeys(days))


_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day_name(day: dt.date) -> str:
    """English short name of the weekday, whatever the locale."""
    return _DAY_NAMES[day.weekday()]


def place_in_week(day: dt.date, first_weekday: str | None) -> int:
    """Which day of a printed week a day is, from 0 on, where weeks begin on a weekday; None: on Monday.

    >>> place_in_week(dt.date(2026, 3, 1), "sun"), place_in_week(dt.date(2026, 3, 1), None)
    (0, 6)
    """
    return (day.weekday() - WEEKDAYS.index(first_weekday or "mon")) % 7


def week_of(day: dt.date, first_weekday: str | None) -> tuple[dt.date, dt.date]:
    """First and last day of the printed week that a day lies in.

    >>> week_of(dt.date(2026, 3, 4), "sat")
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 6))
    """
    place = place_in_week(day, first_weekday)
    return add_days(day, -place), add_days(day, 6 - place)


def first_of_week(week: tuple[str, ...], count: int) -> tuple[str, ...]:
    """So many weekdays of a working week, from its first on: the day after its longest rest.

    >>> first_of_week(("mon", "tue", "wed", "thu", "sat", "sun"), 5)
    ('mon', 'tue', 'wed', 'sat', 'sun')
    """

    def rest_before(place: int) -> int:
        return next(step for step in range(1, 8) if WEEKDAYS[(place - step) % 7] in week or step == 7)

    begin = max((place for place, day in enumerate(WEEKDAYS) if day in week), key=rest_before)
    turned = [WEEKDAYS[(begin + step) % 7] for step in range(7)]
    taken = [day for day in turned if day in week][:count]
    return tuple(day for day in WEEKDAYS if day in taken)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of weekdays, in the order of ``datetime.date.weekday()``."""
