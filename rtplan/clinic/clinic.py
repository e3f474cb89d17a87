"""What only the clinic knows of its days: the values of a clinic's file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from rtplan.clinic.days import WEEKDAYS, add_days, days_between
from rtplan.clinic.limits import Limits, StartRules
from rtplan.errors import DomainError, failing, one_of, refuse, whole
from rtplan.note import NOT_KNOWN, Source

__all__ = [
    "Clinic",
    "Days",
    "HalfDay",
    "Machine",
    "Notice",
    "ServiceDay",
    "Sessions",
    "Span",
    "WorkedWeekends",
    "parse_week",
    "with_week",
]


RECORD_COLUMNS = ("date", "time", "fraction", "dose_gy", "status", "target", "phase", "dose_cgy")
"""What a column of a record of treatment may mean; only the date is needed."""


WorkedWeekends = Literal["unknown", "yes", "no"]


AS_THE_CLINIC: Literal["as the clinic"] = "as the clinic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days from first to last, both included (last left out: one day), with the reason."""

    first: dt.date
    reason: str
    last: dt.date | None = None

    def __post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise DomainError(f"last ({self.last}) lies before first ({self.first})")
        if self.last is not None and days_between(self.first, self.last) > 3660:
            raise DomainError(f"{self.first} to {self.last} is more than ten years")

    def __iter__(self) -> Iterator[dt.date]:
        for step in range(days_between(self.first, self.last or self.first) + 1):
            yield add_days(self.first, step)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDay:
    """A recurring service day as an RFC 5545 rule, such as ``FREQ=MONTHLY;BYDAY=2WE``, counted from a first date."""

    rule: str
    first: dt.date
    reason: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(RRULE:)?[A-Z]+=[^;=\s]+(;[A-Z]+=[^;=\s]+)*", self.rule) or not re.search(
            r"\bFREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)\b", self.rule
        ):
            raise DomainError(f"rule must be an RFC 5545 rule with FREQ=DAILY to YEARLY, got {self.rule!r}")
        if re.search(r"\bBY(HOUR|MINUTE|SECOND)=", self.rule):
            raise DomainError(f"rule gives days, not hours: leave BYHOUR, BYMINUTE and BYSECOND out of {self.rule!r}")
        if re.search(r"\b(INTERVAL|COUNT)=(0|-)", self.rule):
            raise DomainError(f"rule takes an INTERVAL and a COUNT of 1 or more, got {self.rule!r}")
        if not self.days(self.first, add_days(self.first, 4500)):
            raise DomainError(f"rule gives no day within twelve years of {self.first}: {self.rule!r}")

    def days(self, first: dt.date, last: dt.date) -> set[dt.date]:
        """The service days from first to last."""
        from dateutil.rrule import rrule, rrulestr

        low, high = (dt.datetime.combine(day, dt.time()) for day in (first, last))
        try:
            rule = rrulestr(self.rule, dtstart=dt.datetime.combine(self.first, dt.time()))
            if isinstance(rule, rrule) and not re.search(r"\b(COUNT|UNTIL)=", self.rule):
                rule = rule.replace(until=high)  # else a rule that never comes true is sought until the year 9999
        except (ValueError, TypeError) as error:
            raise DomainError(f"rule is not an RFC 5545 rule: {self.rule!r} ({error})") from None
        return {moment.date() for moment in rule.between(low, high, inc=True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfDay:
    """Days that hold one fraction of a course: from first to last, or by an RFC 5545 rule counted from first.

    >>> sorted(HalfDay(first=dt.date(2026, 12, 24)).days(dt.date(2026, 12, 1), dt.date(2026, 12, 31)))
    [datetime.date(2026, 12, 24)]
    """

    first: dt.date
    reason: str = "half day"
    last: dt.date | None = None
    rule: str | None = None

    def __post_init__(self) -> None:
        if self.rule is not None and self.last is not None:
            raise DomainError("a half day takes last or rule, not both: a rule says UNTIL itself")
        self._source()

    def _source(self) -> Span | ServiceDay:
        if self.rule is None:
            return Span(first=self.first, last=self.last, reason=self.reason)
        return ServiceDay(rule=self.rule, first=self.first, reason=self.reason)

    def days(self, first: dt.date, last: dt.date) -> set[dt.date]:
        """The half days from first to last."""
        source = self._source()
        return source.days(first, last) if isinstance(source, ServiceDay) else {d for d in source if first <= d <= last}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Where extra sessions are possible. weekend: weekend days that can be opened, preferred first; may be none."""

    weekend: tuple[str, ...]
    source: Source = NOT_KNOWN

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        for day in self.weekend:
            if day not in WEEKDAYS:
                yield f"weekend takes {', '.join(WEEKDAYS)}, got {day!r}"
        if len(set(self.weekend)) != len(self.weekend):
            yield f"weekend names a day twice: {', '.join(self.weekend)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An official notice newer than the `holidays` library: it decides all holidays of its year."""

    year: int
    closed: tuple[Span, ...]
    source: Source
    worked_weekends: tuple[dt.date, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from failing(whole, "year", self.year, 1950, 2200)
        near = {self.year - 1, self.year}
        for day in (*(day for span in self.closed for day in span), *self.worked_weekends):
            if day.year not in near:
                yield f"notice for {self.year} names {day}"
        for (
            day
        ) in self.worked_weekends:  # Thursday to Sunday, by country: which of them is asked of the country's table
            if day.weekday() < 3:
                yield f"worked weekend {day} is a weekend day in no country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days of one unit: its week, and what it adds to weekends and public holidays.

    week: weekdays on which the unit works. None: the country's own.
    treated_holidays: public holidays on which it does work. extra_open: further days it is open.
    half_days: open days that hold one fraction. closures_from: a file of closures, .ics or .csv, beside the clinic's.
    worked_weekends: of an infusion unit or machine that differs from the clinic: "yes" or "no".
    """

    week: tuple[str, ...] | None = None
    closures: tuple[Span, ...] = ()
    extra_open: tuple[Span, ...] = ()
    service_days: tuple[ServiceDay, ...] = ()
    treated_holidays: tuple[Span, ...] = ()
    half_days: tuple[HalfDay, ...] = ()
    closures_from: str = ""
    worked_weekends: Literal["yes", "no", "as the clinic"] = AS_THE_CLINIC

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from failing(one_of, "worked_weekends", self.worked_weekends, ("yes", "no", AS_THE_CLINIC))
        for day in self.week or ():
            if day not in WEEKDAYS:
                yield f"week takes {', '.join(WEEKDAYS)}, got {day!r}"
        if self.week is not None and len(set(self.week)) != len(self.week):
            yield f"week names a day twice: {', '.join(self.week)}"
        if self.week is not None and not self.week and not self.extra_open:
            yield "week is empty and no extra day is open: the unit would be open on no day"
        opened = {day for span in self.extra_open for day in span}
        closed = {day for span in self.closures for day in span}
        if opened & closed:
            yield f"{min(opened & closed)} is both in closures and in extra_open"
        for entry in self.service_days if opened else ():
            if clash := opened & entry.days(min(opened), max(opened)):
                yield f"{min(clash)} is both a service day ({entry.rule}) and in extra_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A matched machine, with days of its own: it opens the days the first machine is closed."""

    name: str
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """One clinic: country, time zone, days, and its rules.

    country, subdivision: codes of the `holidays` library; country "" keeps no public holidays.
    worked_weekends: does it treat on worked weekends: "yes", "no" or "unknown".
    infusion: days of the infusion unit where they differ. machines: matched machines.
    categories: kinds of holidays kept, as the `holidays` library names them; empty: its default, the public ones.
    closures_from: a file of closures of the whole department, .ics or .csv. sessions: where extra ones are possible.
    record_columns: meaning and name of the columns of records; in a file also as a table, name = meaning.
    record_format: in their stead, a record format by name or path.
    """

    name: str
    label: str
    country: str
    time_zone: str
    source: Source
    subdivision: str = ""
    worked_weekends: WorkedWeekends = "unknown"
    worked_weekends_source: Source = NOT_KNOWN
    days: Days = field(default_factory=Days)
    infusion: Days | None = None
    machines: tuple[Machine, ...] = ()
    notices: tuple[Notice, ...] = ()
    start_rules: StartRules = field(default_factory=StartRules)
    limits: Limits | None = None
    record_columns: tuple[tuple[str, str], ...] = ()
    record_date_format: str = ""
    record_format: str = ""
    categories: tuple[str, ...] = ()
    closures_from: str = ""
    sessions: Sessions | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        yield from failing(one_of, "worked_weekends", self.worked_weekends, get_args(WorkedWeekends))
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"time_zone {self.time_zone!r} is not an IANA time zone, such as Asia/Shanghai"
        if self.days.worked_weekends != AS_THE_CLINIC:
            yield "days.worked_weekends is for other units: write the clinic's own worked_weekends instead"
        if self.record_format and (self.record_columns or self.record_date_format):
            key = "record_columns" if self.record_columns else "record_date_format"
            yield f"record_format and {key} both say how records are written: leave one of them out"
        meanings = [meaning for meaning, _ in self.record_columns]
        for meaning in meanings:
            if meaning not in RECORD_COLUMNS or meanings.count(meaning) > 1:
                told = "given to two columns" if meaning in RECORD_COLUMNS else "not one of them"
                yield f"record_columns takes {', '.join(RECORD_COLUMNS)}, each once: {meaning!r} is {told}"
        years = [notice.year for notice in self.notices]
        if len(set(years)) != len(years):
            yield f"notices names a year twice: {years}"
        names = [machine.name for machine in self.machines]
        if len(set(names)) != len(names) or "" in names:
            yield f"machines must have names of their own, got {names}"


def parse_week(text: str) -> tuple[str, ...]:
    """Weekdays from ``mon-sat``, ``sun-thu`` or ``mon,wed,fri``.

    >>> parse_week("sun-thu")
    ('mon', 'tue', 'wed', 'thu', 'sun')
    """
    first, dash, last = text.strip().lower().partition("-")
    if dash and first in WEEKDAYS and last in WEEKDAYS:
        begin = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - begin) % 7 + 1
        named = {WEEKDAYS[(begin + step) % 7] for step in range(length)}
    else:
        named = set(text.strip().lower().split(","))
    if not named <= set(WEEKDAYS):
        raise DomainError(f"week takes weekdays such as mon-sat or mon,wed,fri, got {text!r}")
    return tuple(day for day in WEEKDAYS if day in named)


def with_week(clinic: Clinic, text: str) -> Clinic:
    """The clinic working on the weekdays of a text such as ``mon-sat``."""
    return replace(clinic, days=replace(clinic.days, week=parse_week(text)))
