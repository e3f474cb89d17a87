"""What only the clinic knows of its days, and the calendar that follows from it.

Public holidays come from the `holidays` library, never from rules of our own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rtplan.errors import DomainError, ScheduleError, whole
from rtplan.prescription import WEEKDAYS
from rtplan.rules import Limits, StartRules
from rtplan.source import NOT_KNOWN, Source
from rtplan.workdays import Calendar, Reason, add_days, days_between, from_reasons

__all__ = [
    "Clinic",
    "Days",
    "Machine",
    "Notice",
    "ServiceDay",
    "Span",
    "assumed",
    "build",
    "check_country",
    "country_clinic",
    "parse_week",
    "with_matched",
    "with_week",
    "working_week",
]

WEEKEND_OF_HOLIDAY = "weekend of the public holiday"
"""Reason of the weekend days inside a closure, which no library names."""

RECORD_COLUMNS = ("date", "time", "fraction", "dose_gy", "status", "target", "phase")
"""What a column of a record of treatment may mean; only the date is needed."""

UNKNOWN = ("unknown", "yes", "no")
AS_THE_CLINIC = "as the clinic"
_ONLY_COUNTRY = "a clinic in "


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
class Notice:
    """An official notice newer than the `holidays` library: it decides all holidays of its year."""

    year: int
    closed: tuple[Span, ...]
    source: Source
    worked_weekends: tuple[dt.date, ...] = ()

    def __post_init__(self) -> None:
        whole("year", self.year, 1950, 2200)
        near = {self.year - 1, self.year}
        for day in (*(day for span in self.closed for day in span), *self.worked_weekends):
            if day.year not in near:
                raise DomainError(f"notice for {self.year} names {day}")
        for day in self.worked_weekends:
            if day.weekday() < 5:
                raise DomainError(f"worked weekend {day} is not a Saturday or Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days of one unit: its week, and what it adds to weekends and public holidays.

    week: weekdays on which the unit works. None: the country's own.
    treated_holidays: public holidays on which it does work. extra_open: further days it is open.
    worked_weekends: of an infusion unit or machine that differs from the clinic: "yes" or "no".
    """

    week: tuple[str, ...] | None = None
    closures: tuple[Span, ...] = ()
    extra_open: tuple[Span, ...] = ()
    service_days: tuple[ServiceDay, ...] = ()
    treated_holidays: tuple[Span, ...] = ()
    worked_weekends: str = AS_THE_CLINIC

    def __post_init__(self) -> None:
        if self.worked_weekends not in ("yes", "no", AS_THE_CLINIC):
            raise DomainError(f"worked_weekends takes yes, no, {AS_THE_CLINIC}, got {self.worked_weekends!r}")
        for day in self.week or ():
            if day not in WEEKDAYS:
                raise DomainError(f"week takes {', '.join(WEEKDAYS)}, got {day!r}")
        if self.week is not None and len(set(self.week)) != len(self.week):
            raise DomainError(f"week names a day twice: {', '.join(self.week)}")
        if self.week is not None and not self.week and not self.extra_open:
            raise DomainError("week is empty and no extra day is open: the unit would be open on no day")
        opened = {day for span in self.extra_open for day in span}
        closed = {day for span in self.closures for day in span}
        if opened & closed:
            raise DomainError(f"{min(opened & closed)} is both in closures and in extra_open")
        for entry in self.service_days if opened else ():
            if clash := opened & entry.days(min(opened), max(opened)):
                raise DomainError(f"{min(clash)} is both a service day ({entry.rule}) and in extra_open")


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
    record_columns: meaning and name of the columns of records; in a file also as a table, name = meaning.
    """

    name: str
    label: str
    country: str
    time_zone: str
    source: Source
    subdivision: str = ""
    worked_weekends: str = "unknown"
    worked_weekends_source: Source = NOT_KNOWN
    days: Days = field(default_factory=Days)
    infusion: Days | None = None
    machines: tuple[Machine, ...] = ()
    notices: tuple[Notice, ...] = ()
    start_rules: StartRules = field(default_factory=StartRules)
    limits: Limits | None = None
    record_columns: tuple[tuple[str, str], ...] = ()
    record_date_format: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        if self.worked_weekends not in UNKNOWN:
            raise DomainError(f"worked_weekends takes {', '.join(UNKNOWN)}, got {self.worked_weekends!r}")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise DomainError(f"time_zone {self.time_zone!r} is not an IANA time zone, such as Asia/Shanghai") from None
        if self.days.worked_weekends != AS_THE_CLINIC:
            raise DomainError("days.worked_weekends is for other units: write the clinic's own worked_weekends instead")
        meanings = [meaning for meaning, _ in self.record_columns]
        for meaning in meanings:
            if meaning not in RECORD_COLUMNS or meanings.count(meaning) > 1:
                told = "given to two columns" if meaning in RECORD_COLUMNS else "not one of them"
                raise DomainError(f"record_columns takes {', '.join(RECORD_COLUMNS)}, each once: {meaning!r} is {told}")
        years = [notice.year for notice in self.notices]
        if len(set(years)) != len(years):
            raise DomainError(f"notices names a year twice: {years}")
        names = [machine.name for machine in self.machines]
        if len(set(names)) != len(names) or "" in names:
            raise DomainError(f"machines must have names of their own, got {names}")


def build(
    clinic: Clinic,
    first: dt.date,
    last: dt.date,
    *,
    worked_weekends: bool = False,
    days: Days | None = None,
    name: str | None = None,
) -> Calendar:
    """The calendar of a clinic (or of one of its units: ``days``) from first to last.

    worked_weekends: are worked weekends treated on? Without it they are closed days of their own kind.
    Raises ScheduleError where no day would be open.
    """
    public = _public_days(clinic, first, last)
    unit = days or clinic.days
    week = next(set(own) for own in (unit.week, clinic.days.week, public.week) if own is not None)
    layers = _Layers(unit, first, last)
    reasons = []
    day = first
    for _ in range(days_between(first, last) + 1):
        reasons.append(layers.reason(day, public, week, worked_weekends))
        day += dt.timedelta(days=1)
    if not any(reason.open for reason in reasons):
        raise ScheduleError(f"{clinic.label} is open on no day from {first} to {last}")
    return from_reasons(
        name or clinic.label,
        first,
        reasons,
        time_zone=clinic.time_zone,
        official_through=public.official_through,
        sources=public.sources,
    )


class _Layers:
    """A unit's own days, looked up once."""

    def __init__(self, unit: Days, first: dt.date, last: dt.date) -> None:
        self.closed = {day: span.reason for span in unit.closures for day in span}
        self.opened = {day: span.reason for span in unit.extra_open for day in span}
        self.treated = {day: span.reason for span in unit.treated_holidays for day in span}
        self.service = {day: entry.reason for entry in unit.service_days for day in entry.days(first, last)}
        self.worked_weekends = unit.worked_weekends

    def reason(self, day: dt.date, public: _Public, week: set[str], worked: bool) -> Reason:
        if day in self.closed:
            return Reason(open=False, provisional=False, kind="closure", text=self.closed[day])
        if day in self.service:
            return Reason(open=False, provisional=False, kind="service", text=self.service[day])
        if day in self.opened:
            return Reason(open=True, provisional=False, kind="extra", text=self.opened[day])
        provisional = public.provisional(day)
        holiday = public.closed.get(day)
        if holiday is not None:
            if day in self.treated:
                text = f"{holiday}; {self.treated[day]}"
                return Reason(open=True, provisional=False, kind="treated holiday", text=text)
            return Reason(open=False, provisional=provisional, kind="holiday", text=holiday)
        if WEEKDAYS[day.weekday()] in week:
            return Reason(open=True, provisional=provisional, kind="workday", text="")
        if day in public.worked:
            text = public.worked[day]
            if self.worked_weekends == "yes":
                return Reason(open=True, provisional=provisional, kind="extra", text=text)
            if self.worked_weekends == "no":
                return Reason(open=False, provisional=provisional, kind="weekend", text=f"{text}, not worked here")
            return Reason(open=worked, provisional=provisional, kind="worked weekend", text=text)
        return Reason(open=False, provisional=provisional, kind="weekend", text="weekend")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Public:
    closed: dict[dt.date, str]
    worked: dict[dt.date, str]
    estimated: frozenset[dt.date]
    official_through: dt.date | None
    week: tuple[str, ...]
    sources: tuple[str, ...]

    def provisional(self, day: dt.date) -> bool:
        return day in self.estimated or (self.official_through is not None and day > self.official_through)


def _public_days(clinic: Clinic, first: dt.date, last: dt.date) -> _Public:
    if not clinic.country:
        return _Public(
            closed={},
            worked={},
            estimated=frozenset(),
            official_through=None,
            week=WEEKDAYS[:5],
            sources=("no public holidays kept",),
        )
    years = range(first.year, last.year + 1)
    table = _library(clinic, years)
    language = table.language
    closed = {day: name for day, name in sorted(table.items()) if first <= day <= last}
    worked = {day: "worked weekend" for day in sorted(getattr(table, "weekend_workdays", ())) if first <= day <= last}
    estimated = _estimated(table, closed)
    announced = _announced(table)
    if announced is not None:
        closed |= _weekends_of_closures(closed, worked, first, last)
    for notice in sorted(clinic.notices, key=lambda notice: notice.year):
        _check_complete(notice, table)
        closed, worked = _apply(notice, closed, worked, first, last)
        if announced is not None and notice.year == announced + 1:
            announced = notice.year
    weekend = {int(day) for day in table.weekend}
    return _Public(
        closed=closed,
        worked=worked,
        estimated=estimated,
        official_through=None if announced is None else dt.date(announced, 12, 28),
        week=tuple(name for number, name in enumerate(WEEKDAYS) if number not in weekend),
        sources=(
            f"public holidays of {_code(clinic)}: holidays {library_version()}, names in {language}",
            *(f"notice for {n.year}: {n.source.text} ({n.source.flag})" for n in clinic.notices),
        ),
    )


def _library(clinic: Clinic, years: range) -> Any:
    """The library's holidays with years given at once: lazily expanded ones would change under iteration."""
    import holidays

    try:
        kind = getattr(holidays, holidays.country_holidays(clinic.country).__class__.__name__)
    except (NotImplementedError, AttributeError):
        raise DomainError(
            f"country {clinic.country!r} is not known to the holidays library: use a code such as CN or GB"
        ) from None
    if clinic.subdivision and clinic.subdivision not in kind.subdivisions:
        known = ", ".join(kind.subdivisions) or "none"
        raise DomainError(f"subdivision {clinic.subdivision!r} of {clinic.country} is not known; known: {known}")
    if clinic.country == "GB" and not clinic.subdivision:
        raise DomainError("country GB has no Easter Monday without a subdivision: use GB-ENG, GB-WLS, GB-SCT or GB-NIR")
    low, high = kind.start_year, kind.end_year
    if years.start < low or years.stop - 1 > high:
        raise ScheduleError(
            f"{years.start} to {years.stop - 1} reaches past the holiday calendar of {_code(clinic)}, {low} to {high}"
        )
    return holidays.country_holidays(
        clinic.country, subdiv=clinic.subdivision or None, years=years, expand=False, language=_language(kind)
    )


def check_country(clinic: Clinic) -> None:
    """DomainError where the country, or its subdivision, is not one of the `holidays` library."""
    if clinic.country:
        _library(clinic, range(2026, 2027))


def _language(kind: Any) -> str | None:
    """English names where there are any, else the library's own: never those of the process locale."""
    supported = list(kind.supported_languages or ())
    english = sorted(language for language in supported if language.startswith("en"))
    if "en_US" in supported:
        return "en_US"
    return str(english[0] if english else kind.default_language) if supported else None


def _announced(table: Any) -> int | None:
    """Last year whose closures are officially announced, where the country announces them year by year (China)."""
    special = getattr(table, "special_public_holidays", None)
    if table.country != "CN" or not special:
        return None
    return int(max(special))


def _estimated(table: Any, closed: dict[dt.date, str]) -> frozenset[dt.date]:
    labels = [getattr(table, name, None) for name in ("estimated_label", "observed_estimated_label")]
    tails = [table.tr(label).replace("%s", "").strip() for label in labels if label]
    return frozenset(day for day, name in closed.items() if any(tail and tail in name for tail in tails))


def _weekends_of_closures(
    closed: Mapping[dt.date, str], worked: Container[dt.date], first: dt.date, last: dt.date
) -> dict[dt.date, str]:
    """Weekend days that a Chinese notice closes with the holidays they touch, and that the library does not name.

    A clinic that works on weekends is closed on them too. The weekend before a lone Monday stays an ordinary one, as
    the notices word it; so read, all days of 2024 to 2026 agree with the notices.
    """
    found: dict[dt.date, str] = {}
    for holiday in closed:
        lone = all(add_days(holiday, step) not in closed for step in (-1, 1))
        for step in (-1, 1):
            day = add_days(holiday, step)
            while day.weekday() >= 5 and day not in worked and not (lone and holiday.weekday() == 0):
                if first <= day <= last and day not in closed:
                    found[day] = WEEKEND_OF_HOLIDAY
                day = add_days(day, step)
    return found


def _check_complete(notice: Notice, table: Any) -> None:
    """A notice decides its whole year: one that leaves out a statutory holiday is not the whole notice."""
    named = {day for span in notice.closed for day in span}
    tails = [table.tr(label).replace("%s", "").strip() for label in (table.observed_label,)]
    for day, name in sorted(table.items()):
        moved = any(tail in name for tail in tails) or day in getattr(table, "weekend_workdays", ())
        if day.year == notice.year and day not in named and not moved and "substituted" not in name:
            raise DomainError(
                f"notice for {notice.year} leaves out {day} ({name}): it decides the whole year, name all its holidays"
            )


def _apply(
    notice: Notice, closed: dict[dt.date, str], worked: dict[dt.date, str], first: dt.date, last: dt.date
) -> tuple[dict[dt.date, str], dict[dt.date, str]]:
    closed = {day: name for day, name in closed.items() if day.year != notice.year}
    worked = {day: name for day, name in worked.items() if day.year != notice.year}
    closed.update({day: span.reason for span in notice.closed for day in span if first <= day <= last})
    worked.update({day: "worked weekend" for day in notice.worked_weekends if first <= day <= last})
    return closed, worked


def _code(clinic: Clinic) -> str:
    return f"{clinic.country}-{clinic.subdivision}" if clinic.subdivision else clinic.country


def country_clinic(code: str) -> Clinic:
    """A clinic of which only the country is known, from a code such as CN or GB-ENG.

    It treats on that country's working week, and keeps its public holidays. Its time zone is the country's where there
    is only one, else UTC.
    """
    country, _, subdivision = code.partition("-")
    clinic = Clinic(
        name=code,
        label=f"{_ONLY_COUNTRY}{code}",
        country=country,
        subdivision=subdivision,
        time_zone=_only_time_zone(country),
        source=Source(text=f"public holidays of {code} only; no clinic's own days known", verified=False),
    )
    _library(clinic, range(2026, 2027))
    return clinic


def _only_time_zone(country: str) -> str:
    """The IANA time zone of a country that has one; UTC where it has several or none is known."""
    from importlib.resources import files

    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    zones = [row[2] for row in rows if row[0] == country]
    return zones[0] if len(zones) == 1 else "UTC"


def working_week(clinic: Clinic) -> tuple[str, ...]:
    """Weekdays on which the clinic works: its own, else the country's."""
    return _country_week(clinic) if clinic.days.week is None else clinic.days.week


def _country_week(clinic: Clinic) -> tuple[str, ...]:
    if not clinic.country:
        return WEEKDAYS[:5]
    weekend = {int(day) for day in _library(clinic, range(2026, 2027)).weekend}
    return tuple(name for number, name in enumerate(WEEKDAYS) if number not in weekend)


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


def assumed(clinic: Clinic) -> str:
    """What is taken for granted of a clinic known by its country code only; empty for any other."""
    if not clinic.label.startswith(_ONLY_COUNTRY):
        return ""
    parts = [
        f"{clinic.label}: treats on {', '.join(working_week(clinic))}; other weekdays and public holidays are assumed "
        "closed, nothing else is known of it"
    ]
    if not clinic.subdivision and (known := _subdivisions(clinic)):
        parts.append(
            f"only national holidays are known: {clinic.country} has {len(known)} subdivisions with holidays of their "
            f"own, such as {clinic.country}-{known[0]}"
        )
    if clinic.time_zone == "UTC":
        parts.append("its time zone is not known from the code: clock times need a clinic file")
    return "; ".join(parts)


def _subdivisions(clinic: Clinic) -> tuple[str, ...]:
    return tuple(_library(clinic, range(2026, 2027)).subdivisions)


def with_matched(calendar: Calendar, machines: Iterable[Calendar]) -> Calendar:
    """The calendar with those days open that it closes on its own working week and a matched machine treats on.

    Weekends and worked weekends stay as they are: a matched machine takes over days, it adds none to the week.
    """
    others = tuple(machines)

    def change(day: dt.date, reason: Reason) -> Reason:
        if reason.open or reason.kind not in ("closure", "service", "holiday"):
            return reason
        for machine in others:
            if machine.covers(day) and machine.is_open(day):
                text = f"on {machine.name}; {calendar.name}: {reason.text}"
                provisional = machine.reason(day).provisional
                return Reason(open=True, provisional=provisional, kind="extra", text=text)
        return reason

    return calendar.with_days(change)


def library_version() -> str:
    """Version of the `holidays` library."""
    from importlib.metadata import version

    return version("holidays")


def codes() -> Iterable[str]:
    """Country codes the library knows."""
    import holidays

    return sorted(holidays.list_supported_countries(include_aliases=False))
