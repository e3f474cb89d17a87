"""Public holidays, from the `holidays` library and from official notices; never from rules of our own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rtplan.clinic.announced import last_known_year, official_through, show_sighted
from rtplan.clinic.clinic import Clinic, Notice
from rtplan.clinic.days import WEEKDAYS, add_days, day_name, days_between
from rtplan.errors import DomainError, ScheduleError, did_you_mean
from rtplan.note import Note, Phrase, Source, Value

__all__ = [
    "PublicDays",
    "assumed",
    "categories_not_used",
    "check_country",
    "check_sessions",
    "country_clinic",
    "country_code",
    "country_named",
    "first_weekday",
    "further_categories",
    "has_worked_weekends",
    "known_through",
    "public_days",
    "subdivisions",
    "time_zones",
    "working_week",
]


WEEKEND_OF_HOLIDAY = "weekend of the public holiday"
"""Reason of the weekend days inside a closure, which no library names."""


ONLY_COUNTRY = "a clinic in "


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDays:
    """What a country closes, and what it works on weekends.

    estimated: days that depend on a date the library estimates. halves: half days. weekend: the days of rest, asked of
    each date: countries have changed theirs.
    """

    closed: dict[dt.date, str]
    worked: dict[dt.date, str]
    halves: dict[dt.date, str]
    estimated: frozenset[dt.date]
    official_through: dt.date | None
    weekend: frozenset[dt.date]
    sources: tuple[str, ...]

    def provisional(self, day: dt.date) -> bool:
        return day in self.estimated or (self.official_through is not None and day > self.official_through)


def public_days(clinic: Clinic, first: dt.date, last: dt.date) -> PublicDays:
    """Public holidays and worked weekends of a clinic, from the library and from its own notices."""
    if not clinic.country:
        return PublicDays(
            closed={},
            worked={},
            halves={},
            estimated=frozenset(),
            official_through=None,
            weekend=frozenset(day for day in _each(first, last) if day.weekday() >= 5),
            sources=("no public holidays kept",),
        )
    years = range(first.year, last.year + 1)
    table = library_table(clinic, years)
    closed = {day: name for day, name in sorted(table.items()) if first <= day <= last}
    worked = {day: "worked weekend" for day in sorted(getattr(table, "weekend_workdays", ())) if first <= day <= last}
    if table.country == "CN":
        closed |= _weekends_of_closures(closed, worked, first, last)
    for notice in sorted(clinic.notices, key=lambda notice: notice.year):
        _check_complete(notice, table)
        closed, worked = _apply(notice, closed, worked, first, last)
    return PublicDays(
        closed=closed,
        worked=worked,
        halves=_half_days(clinic, years),
        estimated=_estimated(table) - {day for day in _each(first, last) if day.year in _noticed(clinic)},
        official_through=official_through(table, _announced(clinic, table)),
        weekend=frozenset(day for day in _each(first, last) if table.is_weekend(day)),
        sources=(
            f"{_kept(clinic)} holidays of {_code(clinic)}: holidays {library_version()}, names in {table.language}",
            *(f"notice for {n.year}: {n.source.text} ({n.source.flag})" for n in clinic.notices),
        ),
    )


def known_through(clinic: Clinic) -> dt.date | None:
    """Last day whose holidays are announced; None where the country decides nothing year by year, or none is known."""
    if not clinic.country:
        return None
    table = library_table(clinic, range(2026, 2027))
    return official_through(table, _announced(clinic, table))


def _announced(clinic: Clinic, table: Any) -> int | None:
    """The last known year of the country, carried on by the clinic's own notices of the years after it."""
    year = last_known_year(table)
    for notice in sorted(clinic.notices, key=lambda notice: notice.year):
        if year is not None and notice.year == year + 1:
            year = notice.year
    return year


def _each(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    return (add_days(first, step) for step in range(days_between(first, last) + 1))


def _noticed(clinic: Clinic) -> set[int]:
    return {notice.year for notice in clinic.notices}


def _kept(clinic: Clinic) -> str:
    """The kinds of holidays a clinic keeps, in words."""
    return " and ".join(clinic.categories) if clinic.categories else "public"


def _half_days(clinic: Clinic, years: range) -> dict[dt.date, str]:
    """The country's half days, where the clinic keeps them."""
    if "half_day" not in clinic.categories:
        return {}
    return dict(sorted(library_table(clinic, years, ("half_day",)).items()))


def country_code(text: str) -> str:
    """The code of a country by any of the names the library knows: UK and GBR are GB.

    DomainError where the library does not know it.

    >>> country_code("UK")
    'GB'
    """
    from holidays.registry import COUNTRIES

    for name, code, *aliases in COUNTRIES.values():
        if text in (code, name, *aliases):
            return str(code)
    raise DomainError(f"country {text!r} is not known to the holidays library: use a code such as CN or GB-ENG")


def country_named(text: str) -> str:
    """The code of a country by code, alias, or its name in English or Chinese. DomainError names the nearest.

    >>> country_named("Germany"), country_named("uk"), country_named("中国")
    ('DE', 'GB', 'CN')
    """
    from holidays.registry import COUNTRIES

    known = {_plain(word): code for name, code, *aliases in COUNTRIES.values() for word in (name, code, *aliases)}
    names = {_plain(name): code for name, code in _names_of_countries() if code in known.values()}
    try:
        return str({**names, **known}[_plain(text)])
    except KeyError:
        hint = (
            did_you_mean(_plain(text), names) if names.keys() & _near(_plain(text), names) else "use a code such as CN"
        )
        raise DomainError(f"country {text!r} is not known to the holidays library; {hint}") from None


def _near(text: str, names: Iterable[str]) -> set[str]:
    import difflib

    return set(difflib.get_close_matches(text, names, n=1))


def _plain(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _names_of_countries() -> Iterable[tuple[str, str]]:
    from babel import Locale

    return [(name, code) for tag in ("en", "zh") for code, name in Locale(tag).territories.items() if len(code) == 2]


def subdivisions(country: str) -> dict[str, str]:
    """Subdivisions that the library knows of a country: the code, and its other name where it has one."""
    import holidays

    kind = type(holidays.country_holidays(country_code(country)))
    names: dict[str, str] = {code: name for name, code in getattr(kind, "subdivisions_aliases", {}).items()}
    return {code: names.get(code, "") for code in kind.subdivisions}


def further_categories(country: str) -> tuple[str, ...]:
    """Categories of holidays of a country beside the public ones, school holidays and named workdays left out."""
    import holidays

    kind = type(holidays.country_holidays(country_code(country)))
    return tuple(sorted(name for name in kind.supported_categories if name not in ("public", *NOT_CLOSED)))


def has_worked_weekends(country: str) -> bool:
    """Does the country declare weekend days working days?"""
    import holidays

    table = holidays.country_holidays(country_code(country), years=range(2021, 2027))
    return bool(getattr(table, "weekend_workdays", ()))


def library_table(clinic: Clinic, years: range, categories: tuple[str, ...] | None = None) -> Any:
    """The library's holidays with years given at once: lazily expanded ones would change under iteration.

    categories: instead of those the clinic keeps. Half days are no holidays: they are asked for by themselves.
    """
    import holidays

    country = country_code(clinic.country)
    kind = type(holidays.country_holidays(country))
    if clinic.subdivision and clinic.subdivision not in kind.subdivisions:
        known = ", ".join(kind.subdivisions) or "none"
        raise DomainError(f"subdivision {clinic.subdivision!r} of {clinic.country} is not known; known: {known}")
    if country == "GB" and not clinic.subdivision:
        raise DomainError("country GB has no Easter Monday without a subdivision: use GB-ENG, GB-WLS, GB-SCT or GB-NIR")
    low, high = kind.start_year, kind.end_year
    if years.start < low or years.stop - 1 > high:
        raise ScheduleError(
            f"{years.start} to {years.stop - 1} reaches past the holiday calendar of {_code(clinic)}, {low} to {high}"
        )
    kept = categories or tuple(name for name in clinic.categories if name != "half_day") or None
    _check_categories(clinic, kind)
    table = holidays.country_holidays(
        country, subdiv=clinic.subdivision or None, expand=False, language=_language(kind), categories=kept
    )
    show_sighted(table)
    table.years = set(years)
    return table


NOT_CLOSED = ("workday", "school")
"""Categories that close no clinic: named working days, and holidays of schools."""


def _check_categories(clinic: Clinic, kind: Any) -> None:
    """DomainError where a clinic keeps categories its country does not have, or not the public ones."""
    known = sorted(name for name in kind.supported_categories if name not in NOT_CLOSED)
    for name in clinic.categories:
        if name not in known:
            raise DomainError(
                f"categories names {name!r}, which {_code(clinic)} does not have: it has {', '.join(known)}"
            )
    if clinic.categories and "public" not in clinic.categories:
        whole = ["public", *clinic.categories]
        raise DomainError(f"categories leaves out public, so that no public holiday would be kept: write {whole}")


MOST_NAMED = 12
"""Days that a note names one by one."""


def _more(count: int) -> Phrase:
    return Phrase(code="and-more", values={"count": count})


def categories_not_used(clinic: Clinic, first: dt.date, last: dt.date) -> tuple[Note, ...]:
    """For a clinic known by its country code only: holidays of other categories, with those on its open days.

    Munich keeps 15 August, which the library holds for the Catholic parts of Bavaria; a code alone cannot say so.
    """
    if not clinic.label.startswith(ONLY_COUNTRY):
        return ()
    years = range(first.year, last.year + 1)
    public = library_table(clinic, years)
    found = {
        name: library_table(clinic, years, (name,))
        for name in sorted(public.supported_categories)
        if name not in ("public", *NOT_CLOSED)
    }
    if not found:
        return ()
    days = tuple(
        Phrase(code="day-of-category", values={"date": day.isoformat(), "name": table[day], "category": name})
        for name, table in found.items()
        for day in sorted(table)
        if first <= day <= last and day not in public and not public.is_weekend(day)
    )
    values: dict[str, Value] = {
        "country": _code(clinic),
        "categories": tuple(found),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "count": len(days),
        "days": days if len(days) <= MOST_NAMED else (*days[:MOST_NAMED], _more(len(days) - MOST_NAMED)),
    }
    code = "categories-not-used" if days else "categories-not-needed"
    return (Note(code=code, severity="warning" if days else "info", values=values),)


def check_country(clinic: Clinic) -> None:
    """DomainError where the country, or its subdivision, is not one of the `holidays` library."""
    if clinic.country:
        library_table(clinic, range(2026, 2027))


def check_sessions(clinic: Clinic) -> None:
    """DomainError where extra weekend sessions are to be on a day on which the clinic works anyway."""
    week = working_week(clinic)
    for day in clinic.sessions.weekend if clinic.sessions else ():
        if day in week:
            free = ", ".join(name for name in WEEKDAYS if name not in week) or "none"
            raise DomainError(
                f"weekend names {day!r}, a working day there ({', '.join(week)}): extra weekend sessions take place on "
                f"days of rest ({free})"
            )


def _language(kind: Any) -> str | None:
    """English names where there are any, else the library's own: never those of the process locale."""
    supported = list(kind.supported_languages or ())
    english = sorted(language for language in supported if language.startswith("en"))
    if "en_US" in supported:
        return "en_US"
    return str(english[0] if english else kind.default_language) if supported else None


def _estimated(table: Any) -> frozenset[dt.date]:
    """Days whose holiday is estimated, and their neighbours: a moon sighted a day earlier or later moves it there."""
    labels = [getattr(table, name, None) for name in ("estimated_label", "observed_estimated_label")]
    tails = [table.tr(label).replace("%s", "").strip() for label in labels if label]
    found = [day for day, name in table.items() if any(tail and tail in name for tail in tails)]
    return frozenset(add_days(day, step) for day in found for step in (-1, 0, 1))


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
    for day in notice.worked_weekends:
        if not table.is_weekend(day):
            raise DomainError(
                f"notice for {notice.year}: worked weekend {day} ({day_name(day)}) is no weekend day of its country"
            )
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
    country = country_code(clinic.country)
    return f"{country}-{clinic.subdivision}" if clinic.subdivision else country


def country_clinic(code: str) -> Clinic:
    """A clinic of which only the country is known, from a code such as CN or GB-ENG.

    It treats on that country's working week, and keeps its public holidays. Its time zone is the country's where there
    is only one, else UTC.
    """
    alias, _, subdivision = code.partition("-")
    country = country_code(alias)
    code = f"{country}-{subdivision}" if subdivision else country
    clinic = Clinic(
        name=code,
        label=f"{ONLY_COUNTRY}{code}",
        country=country,
        subdivision=subdivision,
        time_zone=_only_time_zone(country),
        source=Source(text=f"public holidays of {code} only; no clinic's own days known", known="none"),
    )
    library_table(clinic, range(2026, 2027))
    return clinic


def _only_time_zone(country: str) -> str:
    """The IANA time zone of a country whose clocks all show the same; UTC where they do not, or none is known."""
    zones = time_zones(country)
    return zones[0] if len(zones) == 1 else "UTC"


def time_zones(country: str) -> tuple[str, ...]:
    """IANA time zones of a country whose clocks differ, the main ones first: one of each kind.

    >>> time_zones("DE")
    ('Europe/Berlin',)
    """
    from babel.core import get_global

    main = set(get_global("windows_zone_mapping").values())
    zones = sorted(get_global("territory_zones").get(country_code(country), []), key=lambda zone: zone not in main)
    clocks: dict[object, str] = {}
    for zone in zones:
        clocks.setdefault(_offsets(zone), str(zone))
    return tuple(clocks.values())


@cache
def _offsets(zone: str) -> tuple[dt.timedelta | None, ...]:
    """What the clocks of a zone show over ten years, week by week."""
    from zoneinfo import ZoneInfo

    info, noon = ZoneInfo(zone), dt.datetime(2020, 1, 1, 12)
    return tuple(info.utcoffset(noon + dt.timedelta(weeks=step)) for step in range(522))


def first_weekday(clinic: Clinic) -> str | None:
    """Where a printed week begins in the clinic's country (CLDR); None where that is not known."""
    from babel import Locale, UnknownLocaleError

    if not clinic.country:
        return "mon"
    try:
        return WEEKDAYS[Locale.parse(f"und_{country_code(clinic.country)}").first_week_day]
    except UnknownLocaleError:
        return None


TODAYS_WEEK = dt.date(2026, 1, 5)
"""A week of the present, where no date is asked about: the one that the library's rules are written for."""


def working_week(clinic: Clinic, day: dt.date = TODAYS_WEEK) -> tuple[str, ...]:
    """Weekdays on which the clinic works in the week that begins with a day: its own, else the country's."""
    if clinic.days.week is not None:
        return clinic.days.week
    if not clinic.country:
        return WEEKDAYS[:5]
    week = [add_days(day, step) for step in range(7)]
    table = library_table(clinic, range(day.year, day.year + 1))
    return tuple(WEEKDAYS[d.weekday()] for d in sorted(week, key=dt.date.weekday) if not table.is_weekend(d))


def assumed(clinic: Clinic, day: dt.date = TODAYS_WEEK) -> tuple[Phrase, ...]:
    """What is taken for granted of a clinic known by its country code only; empty for any other."""
    if not clinic.label.startswith(ONLY_COUNTRY):
        return ()
    week = ", ".join(working_week(clinic, day))
    parts = [Phrase(code="days-assumed", values={"clinic": clinic.label, "week": week})]
    if not clinic.subdivision and (known := _subdivisions(clinic)):
        example = f"{clinic.country}-{known[0]}"
        values: dict[str, Value] = {"country": clinic.country, "number": len(known), "example": example}
        parts.append(Phrase(code="only-national", values=values))
    if clinic.time_zone == "UTC":
        parts.append(Phrase(code="time-zone-unknown"))
    return tuple(parts)


def _subdivisions(clinic: Clinic) -> tuple[str, ...]:
    return tuple(library_table(clinic, range(2026, 2027)).subdivisions)


def library_version() -> str:
    """Version of the `holidays` library."""
    from importlib.metadata import version

    return version("holidays")


def codes() -> Iterable[str]:
    """Country codes the library knows."""
    import holidays

    return sorted(holidays.list_supported_countries(include_aliases=False))
