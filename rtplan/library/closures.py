"""Closures that a department keeps in a file of their own: a calendar (.ics) or a table (.csv)."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtplan.clinic.clinic import Span
from rtplan.clinic.days import add_days, days_between, parse_date
from rtplan.errors import ConfigError, DomainError
from rtplan.library.read import read_text

__all__ = [
    "closures_of",
]


HORIZON = dt.date(2100, 12, 31)
"""Recurring events without an end are expanded to here, where the holidays of the library end too."""


MOST_DAYS = 40_000


def closures_of(path: Path, shown: str, zone: str) -> tuple[Span, ...]:
    """The closures of a file, by date. shown: the file as the user named it; zone: IANA time zone of the clinic.

    Only whole days close a clinic: an event of an iCalendar file with a clock time is refused. The last day of an
    all-day event is the day before its DTEND, as RFC 5545 has it. A table has the columns first, last and reason (or
    date and reason), with ISO dates and the last day included.

    Raises ConfigError, with every problem and its line.
    """
    kinds = {".ics": _of_calendar, ".csv": _of_table}
    if path.suffix.lower() not in kinds:
        raise ConfigError(shown, ["closures_from takes a file ending in .ics or .csv"])
    spans = kinds[path.suffix.lower()](read_text(path, shown), shown, zone)
    if sum(days_between(span.first, span.last or span.first) + 1 for span in spans) > MOST_DAYS:
        raise ConfigError(shown, [f"closes more than {MOST_DAYS} days"])
    return tuple(sorted(spans, key=lambda span: (span.first, span.last or span.first, span.reason)))


# --- a table --------------------------------------------------------------------------------------------------------


COLUMNS = ("first", "date", "last", "reason")


def _of_table(text: str, shown: str, zone: str) -> list[Span]:
    rows = csv.reader(text.splitlines(), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows)]
        cells = ((rows.line_num, [cell.strip() for cell in row]) for row in rows)
        lines = [(line, row) for line, row in cells if any(row)]
    except csv.Error as error:
        raise ConfigError(shown, [f"line {rows.line_num}: is not CSV: {error}"]) from None
    if problems := list(_header_problems(header)):
        raise ConfigError(shown, problems)
    spans = []
    for line, row in lines:
        try:
            spans.append(_of_row(header, row))
        except DomainError as error:
            problems.append(f"line {line}: {error}")
    if problems:
        raise ConfigError(shown, problems)
    return spans


def _header_problems(header: list[str]) -> Iterator[str]:
    for name in header:
        if name not in COLUMNS or header.count(name) > 1:
            yield f"line 1: columns are {', '.join(COLUMNS)}, each once and one of first and date, got {name!r}"
    if "reason" not in header or ("first" in header) == ("date" in header):
        yield "line 1: needs a column reason, and one of first and date"


def _of_row(header: list[str], row: list[str]) -> Span:
    if len(row) != len(header):
        raise DomainError(f"has {len(row)} cells, the header has {len(header)}")
    cells = dict(zip(header, row, strict=True))
    first = parse_date(cells.get("first") or cells.get("date", ""), "first")
    last = parse_date(cells["last"], "last") if cells.get("last") else None
    if not cells["reason"]:
        raise DomainError("reason is empty")
    return Span(first=first, last=last, reason=cells["reason"])


# --- a calendar -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """One VEVENT: its whole days, and what repeats it. replaces: the first day of the instance it stands for."""

    uid: str
    reason: str
    first: dt.date
    length_days: int
    cancelled: bool
    rule: str = ""
    more: tuple[dt.date, ...] = ()
    without: tuple[dt.date, ...] = ()
    replaces: dt.date | None = None

    def spans(self, replaced: set[dt.date]) -> Iterator[Span]:
        """Its closures, those left out that another event replaces."""
        starts = {*self._repeated(), *self.more} - {*self.without, *replaced}
        for first in starts:
            yield Span(first=first, last=add_days(first, self.length_days - 1), reason=self.reason)

    def _repeated(self) -> set[dt.date]:
        from dateutil.rrule import rrulestr

        if not self.rule:
            return {self.first}
        start = dt.datetime.combine(self.first, dt.time())
        return {self.first, *(moment.date() for moment in rrulestr(self.rule, dtstart=start))}


def _of_calendar(text: str, shown: str, zone: str) -> list[Span]:
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError) as error:
        raise ConfigError(shown, [f"is not an iCalendar file: {error}"]) from None
    found = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    if not found or len(found) != len(lines):
        raise ConfigError(shown, ["holds no event that can be read (BEGIN:VEVENT inside BEGIN:VCALENDAR)"])
    events, problems = [], []
    for line, component in zip(lines, found, strict=True):
        try:
            events.append(_event(component, zone, line))
        except (DomainError, ValueError, TypeError, AttributeError) as error:
            problems.append(f"line {line}, event {_summary(component)!r}: {error}")
    if problems:
        raise ConfigError(shown, problems)
    return list(_all_spans(events))


def _all_spans(events: list[_Event]) -> Iterator[Span]:
    replaced: dict[str, set[dt.date]] = defaultdict(set)
    for event in events:
        if event.replaces is not None:
            replaced[event.uid].add(event.replaces)
    for event in events:
        if not event.cancelled:
            yield from event.spans(replaced[event.uid] if event.replaces is None else set())


def _event(component: Any, zone: str, line: int) -> _Event:
    if component.errors:
        name, why = component.errors[0]
        raise DomainError(f"{name} cannot be read: {why}")
    if "DTSTART" not in component:
        raise DomainError("has no DTSTART")
    first = _whole_day(component["DTSTART"].dt, zone, "DTSTART")
    replaces = component.get("RECURRENCE-ID")
    if replaces is not None and replaces.params.get("RANGE"):
        raise DomainError("RECURRENCE-ID with RANGE is not read: split the series")
    return _Event(
        uid=str(component.get("UID", f"line {line}")),
        reason=_summary(component) or "closure",
        first=first,
        length_days=_length_days(component, first, zone),
        cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
        rule=_rule(component, zone),
        more=tuple(_listed(component, "RDATE", zone)),
        without=tuple(_listed(component, "EXDATE", zone)),
        replaces=None if replaces is None else _whole_day(replaces.dt, zone, "RECURRENCE-ID"),
    )


def _summary(component: Any) -> str:
    return " ".join(str(component.get("SUMMARY", "")).split())


def _whole_day(value: Any, zone: str, name: str) -> dt.date:
    """The day of a date, or of a midnight on the clinic's clocks; DomainError for any other clock time."""
    from zoneinfo import ZoneInfo

    if not isinstance(value, dt.datetime):
        if not isinstance(value, dt.date):
            raise DomainError(f"{name} is not a day: {value}")
        return value
    local = value.astimezone(ZoneInfo(zone)) if value.tzinfo is not None else value
    if local.time() != dt.time():
        raise DomainError(
            f"{name} has a clock time ({local:%Y-%m-%d %H:%M} in {zone}): only whole days close a clinic "
            f"({name};VALUE=DATE:{local:%Y%m%d}); half days stand in the clinic's file, half_days"
        )
    return local.date()


def _length_days(component: Any, first: dt.date, zone: str) -> int:
    """Days of an event: DTEND is the day after its last; without an end it is one day."""
    if "DTEND" in component:
        end = _whole_day(component["DTEND"].dt, zone, "DTEND")
    elif "DURATION" in component:
        length = component["DURATION"].dt
        if length % dt.timedelta(days=1):
            raise DomainError(f"DURATION is not of whole days: {length}")
        end = first + length
    else:
        return 1
    if end <= first:
        raise DomainError(f"ends ({end}, the day after its last) before it begins ({first})")
    return days_between(first, end)


def _listed(component: Any, name: str, zone: str) -> Iterator[dt.date]:
    entries = component.get(name, [])
    for entry in entries if isinstance(entries, list) else [entries]:
        for value in entry.dts:
            if isinstance(value.dt, tuple):
                raise DomainError(f"{name} with periods is not read")
            yield _whole_day(value.dt, zone, name)


_BY_CLOCK = {"BYHOUR", "BYMINUTE", "BYSECOND"}


def _rule(component: Any, zone: str) -> str:
    """The event's RRULE for dateutil, counted in days and with an end; empty where it has none."""
    rule = component.get("RRULE")
    if rule is None:
        return ""
    if isinstance(rule, list):
        raise DomainError("has more than one RRULE")
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or _BY_CLOCK & set(rule):
        raise DomainError(f"RRULE gives clock times, not days: {rule.to_ical().decode()}")
    until = _last_day(rule["UNTIL"][0], zone) if "UNTIL" in rule else HORIZON
    kept = {key: value for key, value in rule.items() if key not in ("UNTIL", "COUNT")}
    text = type(rule)(kept).to_ical().decode()
    return f"{text};COUNT={rule['COUNT'][0]}" if "COUNT" in rule else f"{text};UNTIL={min(until, HORIZON):%Y%m%d}"


def _last_day(until: Any, zone: str) -> dt.date:
    from zoneinfo import ZoneInfo

    if isinstance(until, dt.datetime):
        return (until.astimezone(ZoneInfo(zone)) if until.tzinfo is not None else until).date()
    day: dt.date = until
    return day
