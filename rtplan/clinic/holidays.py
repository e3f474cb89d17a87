"""Public holidays, from the `holidays` library and from official notices; never from rules of our own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rtplan.clinic.clinic import Clinic, Notice
from rtplan.clinic.days import WEEKDAYS, add_days
from rtplan.errors import DomainError, ScheduleError
from rtplan.note import Source

__all__ = [
    "PublicDays",
    "assumed",
    "check_country",
    "country_clinic",
    "public_days",
    "working_week",
]


WEEKEND_OF_HOLIDAY = "weekend of the public holiday"
"""Reason of the weekend days inside a closure, which no library names."""


ONLY_COUNTRY = "a clinic in "


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDays:
    """What a country closes, and what it works on weekends. estimated: days whose date the library estimates."""

    closed: dict[dt.date, str]
    worked: dict[dt.date, str]
    estimated: frozenset[dt.date]
    official_through: dt.date | None
    week: tuple[str, ...]
    sources: tuple[str, ...]

    def provisional(self, day: dt.date) -> bool:
        return day in self.estimated or (self.official_through is not None and day > self.official_through)


def public_days(clinic: Clinic, first: dt.date, last: dt.date) -> PublicDays:
    """Public holidays and worked weekends of a clinic, from the library and from its own notices."""
    if not clinic.country:
        return PublicDays(
            closed={},
            worked={},
            estimated=frozenset(),
            official_through=None,
            week=WEEKDAYS[:5],
            sources=("no public holidays kept",),
        )
    years = range(first.year, last.year + 1)
    table = library_table(clinic, years)
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
    return PublicDays(
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


def library_table(clinic: Clinic, years: range) -> Any:
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
        library_table(clinic, range(2026, 2027))


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
        label=f"{ONLY_COUNTRY}{code}",
        country=country,
        subdivision=subdivision,
        time_zone=_only_time_zone(country),
        source=Source(text=f"public holidays of {code} only; no clinic's own days known", verified=False),
    )
    library_table(clinic, range(2026, 2027))
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
    weekend = {int(day) for day in library_table(clinic, range(2026, 2027)).weekend}
    return tuple(name for number, name in enumerate(WEEKDAYS) if number not in weekend)


def assumed(clinic: Clinic) -> str:
    """What is taken for granted of a clinic known by its country code only; empty for any other."""
    if not clinic.label.startswith(ONLY_COUNTRY):
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
    return tuple(library_table(clinic, range(2026, 2027)).subdivisions)


def library_version() -> str:
    """Version of the `holidays` library."""
    from importlib.metadata import version

    return version("holidays")


def codes() -> Iterable[str]:
    """Country codes the library knows."""
    import holidays

    return sorted(holidays.list_supported_countries(include_aliases=False))
