"""Proof: official holidays and weekends of several countries, typed in from their notices and not from the library."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from rtplan.clinic.announced import DECIDED_YEARLY, NO_LONGER
from rtplan.clinic.calendar import build
from rtplan.clinic.clinic import Notice, Span
from rtplan.clinic.days import WEEKDAYS, Calendar, first_of_week
from rtplan.clinic.holidays import categories_not_used, codes, country_clinic, country_code, first_weekday
from rtplan.errors import DomainError
from rtplan.note import Source


def calendar(code: str, first: str, last: str, *, worked: bool = True) -> Calendar:
    return build(
        country_clinic(code), dt.date.fromisoformat(first), dt.date.fromisoformat(last), worked_weekends=worked
    )


def closed_weekdays(code: str, year: int) -> str:
    """Days closed as holidays on working days of the week, as month-day."""
    days = calendar(code, f"{year}-01-01", f"{year}-12-31")
    clinic = country_clinic(code)
    return " ".join(
        f"{day:%m-%d}" for day, reason in days.closed_days(days.first, days.last) if not _rests(clinic.country, day)
    )


def _rests(country: str, day: dt.date) -> bool:
    """Friday and Saturday, or Saturday and Sunday: typed, for the countries of this file."""
    return day.weekday() in ((4, 5) if country in ("IL", "SA") else (5, 6))


OFFICIAL_2026 = {
    # gov.uk/bank-holidays, division Scotland; 15 June by the proclamation of 2025 (World Cup)
    "GB-SCT": "01-01 01-02 04-03 05-04 05-25 06-15 08-03 11-30 12-25 12-28",
    # gov.uk/bank-holidays, division Northern Ireland
    "GB-NIR": "01-01 03-17 04-03 04-06 05-04 05-25 07-13 08-31 12-25 12-28",
    # Bavaria, Feiertagsgesetz, Art. 1; Assumption is left to the Catholic communes and is a Saturday in 2026
    "DE-BY": "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 12-25",
    # Poland, act of 18 January 1951 on days off, with Christmas Eve since 2025
    "PL": "01-01 01-06 04-06 05-01 06-04 11-11 12-24 12-25",
    # Hungary, decree of the minister for national economy on working days around holidays in 2026
    "HU": "01-01 01-02 04-03 04-06 05-01 05-25 08-20 08-21 10-23 12-24 12-25",
    # Japan, Cabinet Office, "Kokumin no shukujitsu" for Reiwa 8; 22 September lies between two holidays
    "JP": "01-01 01-12 02-11 02-23 03-20 04-29 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
    # United States, Office of Personnel Management, federal holidays of 2026 (4 July is a Saturday)
    "US": "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    # South Korea, official calendar of 2026: with 1 May and 17 July, local elections on 3 June, and substitutes
    "KR": "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05 10-09 12-25",
    # Russia, government order on the transfer of days off in 2026
    "RU": "01-01 01-02 01-05 01-06 01-07 01-08 01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31",
}


@pytest.mark.parametrize("code", OFFICIAL_2026)
def test_holidays_of_2026_agree_with_the_notices(code: str) -> None:
    assert closed_weekdays(code, 2026) == OFFICIAL_2026[code]


def test_the_lunar_new_year_and_the_national_day_of_vietnam_in_2026() -> None:
    """Ministry of Home Affairs, 2025: off on 16 to 20 February, 31 August (worked on Saturday 22) to 2 September."""
    days = calendar("VN", "2026-02-01", "2026-10-31")
    closed = [f"{day:%m-%d}" for day, reason in days.closed_days(days.first, days.last) if day.weekday() < 5]
    assert " ".join(closed) == "02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02"
    assert days.reason(dt.date(2026, 8, 22)).kind == "worked weekend"


WORKED_2026 = {
    "HU": "01-10 08-08",  # the decree's working Saturdays
    "RU": "",  # none: days off are moved from holidays that fall on weekends
}


@pytest.mark.parametrize("code", WORKED_2026)
def test_worked_weekends_of_2026_agree_with_the_notices(code: str) -> None:
    days = calendar(code, "2026-01-01", "2026-12-31")
    worked = [day for day, reason in days.days(days.first, days.last) if reason.kind == "worked weekend"]
    assert " ".join(f"{day:%m-%d}" for day in worked) == WORKED_2026[code]


SINGLE_DAYS = [
    ("IE", "2026-02-02", False),  # Saint Brigid's Day, first Monday of February since 2023
    ("UA", "2026-08-24", True),  # holidays are worked under martial law
    ("SK", "2025-11-17", True),  # no day off any more, consolidation act of 2024 and 2025
    ("SK", "2026-05-08", True),  # in 2026 only
    ("GB-ENG", "2022-09-19", False),  # state funeral
    ("PL", "2024-12-24", True),  # the year before it became a day off
]


@pytest.mark.parametrize(("code", "day", "is_open"), SINGLE_DAYS)
def test_days_that_changed_recently(code: str, day: str, is_open: bool) -> None:
    date = dt.date.fromisoformat(day)
    span = date - dt.timedelta(days=7), date + dt.timedelta(days=7)
    assert build(country_clinic(code), *span).is_open(date) is is_open


WEEKENDS = [
    # Johor: Friday and Saturday since 2014, Saturday and Sunday from 1 January 2025 (decree of October 2024)
    ("MY-01", "2024-12-27", False),
    ("MY-01", "2024-12-29", True),
    ("MY-01", "2025-01-03", True),
    ("MY-01", "2025-01-05", False),
    # Kelantan keeps Friday and Saturday
    ("MY-03", "2025-01-10", False),
    ("MY-03", "2025-01-12", True),
    # United Arab Emirates: Saturday and Sunday from 1 January 2022 (cabinet, December 2021)
    ("AE", "2021-12-24", False),
    ("AE", "2021-12-26", True),
    ("AE", "2022-01-07", True),
    ("AE", "2022-01-09", False),
    # Saudi Arabia: Friday and Saturday from 28 June 2013 (royal decree), Thursday and Friday before
    ("SA", "2013-06-20", False),
    ("SA", "2013-06-22", True),
    ("SA", "2013-07-04", True),
    ("SA", "2013-07-06", False),
    # Oman: Friday and Saturday from 1 May 2013
    ("OM", "2013-04-25", False),
    ("OM", "2013-05-04", False),
    ("OM", "2013-05-09", True),
    # Iran: one day of rest
    ("IR", "2026-06-05", False),
    ("IR", "2026-06-06", True),
    ("IR", "2026-06-11", True),
]


@pytest.mark.parametrize(("code", "day", "is_open"), WEEKENDS)
def test_the_weekend_belongs_to_the_date(code: str, day: str, is_open: bool) -> None:
    date = dt.date.fromisoformat(day)
    span = date - dt.timedelta(days=9), date + dt.timedelta(days=9)
    assert build(country_clinic(code), *span).is_open(date) is is_open


# --- what is announced, and what is not -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("VN", "2028-01-24"),  # lunar new year: its days off are the government's decision (V11)
        ("VN", "2028-01-28"),
        ("RU", "2029-01-09"),
        ("HU", "2028-03-10"),
        ("KZ", "2028-03-21"),
        ("UZ", "2028-03-21"),
        ("LV", "2028-05-02"),
        ("BY", "2028-04-24"),
        ("AZ", "2028-03-20"),
        ("TW", "2028-01-24"),
        ("KR", "2028-05-02"),
        ("KG", "2028-03-20"),
        ("SA", "2027-03-10"),  # sighted; the library hides by default that it estimates
        ("PS", "2027-03-10"),
        ("CI", "2027-03-10"),
        ("MY", "2028-02-26"),
        ("TR", "2033-01-03"),
        ("JO", "2027-03-09"),
        ("SG", "2028-02-26"),
    ],
)
def test_what_waits_for_a_decision_or_the_moon_is_provisional(code: str, day: str, cli: Any) -> None:
    date = dt.date.fromisoformat(day)
    first, last = date - dt.timedelta(days=3), date + dt.timedelta(days=3)
    arguments = ["workdays", code, "--from", str(first), "--to", str(last), "--json"]
    days = {entry["date"]: entry for entry in json.loads(cli(*arguments).stdout)["days"]}
    assert days[day]["provisional"]
    refused = cli(*arguments, "--no-provisional")
    assert refused.exit_code == 1
    assert "not officially announced" in refused.stderr


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("VN", "2026-01-01", "2026-12-31"),
        ("HU", "2026-01-01", "2026-12-31"),
        ("RU", "2026-01-01", "2026-12-31"),
        ("CN", "2026-01-01", "2026-12-28"),
        ("KR", "2026-01-01", "2026-12-31"),
        ("TW", "2025-01-01", "2025-12-31"),
        ("GB-ENG", "2026-01-01", "2030-12-31"),
        ("US", "2026-01-01", "2030-12-31"),
        ("DE-BY", "2026-01-01", "2030-12-31"),
        ("UA", "2026-01-01", "2026-12-31"),
        ("SA", "2027-04-15", "2027-05-10"),
    ],
)
def test_what_is_announced_or_fixed_by_law_is_not_provisional(code: str, first: str, last: str) -> None:
    days = calendar(code, first, last)
    assert not any(reason.provisional for _, reason in days.days(days.first, days.last))


def test_a_moon_sighted_a_day_earlier_or_later_moves_the_neighbours_too() -> None:
    days = calendar("SA", "2027-03-01", "2027-03-31")
    eid = [day for day, reason in days.days(days.first, days.last) if "estimated" in reason.text]
    assert eid
    assert days.reason(min(eid) - dt.timedelta(days=1)).provisional
    assert days.reason(max(eid) + dt.timedelta(days=1)).provisional


def test_every_country_that_exchanges_days_is_in_the_table() -> None:
    """A country for which the library learns exchanged days is to be put in the table, with its reason."""
    import holidays

    exchanging = {code for code in codes() if holidays.country_holidays(code).has_substituted_holidays}
    assert exchanging <= set(DECIDED_YEARLY) | set(NO_LONGER)
    assert set(DECIDED_YEARLY) <= set(codes())


# --- names of countries, time zones, weeks ----------------------------------------------------------------------------


def test_every_alias_is_its_country() -> None:
    from holidays.registry import COUNTRIES

    for name, code, *aliases in COUNTRIES.values():
        for alias in (name, *aliases):
            assert country_code(alias) == code, alias


@pytest.mark.parametrize("alias", ["UK", "GBR", "GB"])
def test_the_united_kingdom_is_refused_by_any_name(alias: str) -> None:
    with pytest.raises(DomainError, match="country GB has no Easter Monday without a subdivision: use GB-ENG"):
        country_clinic(alias)


@pytest.mark.parametrize(("alias", "code"), [("UK-ENG", "GB-ENG"), ("USA", "US"), ("CHN", "CN"), ("DEU-BY", "DE-BY")])
def test_an_alias_gives_the_days_of_its_country(alias: str, code: str) -> None:
    assert country_clinic(alias) == country_clinic(code)


@pytest.mark.parametrize(
    ("code", "zone", "week"),  # CLDR: supplemental data, territory zones and first day of the week
    [
        ("GB-ENG", "Europe/London", "mon"),
        ("DE", "Europe/Berlin", "mon"),  # Büsingen keeps the same clocks
        ("IR", "Asia/Tehran", "sat"),
        ("IL", "Asia/Jerusalem", "sun"),
        ("JP", "Asia/Tokyo", "sun"),
        ("IN", "Asia/Kolkata", "sun"),
        ("MV", "Indian/Maldives", "fri"),
        ("CN", "UTC", "mon"),  # two zones: not known from the code
        ("US", "UTC", "sun"),
        ("AU", "UTC", "mon"),
    ],
)
def test_time_zone_and_first_weekday_are_the_countrys(code: str, zone: str, week: str) -> None:
    clinic = country_clinic(code)
    assert clinic.time_zone == zone
    assert first_weekday(clinic) == week
    assert calendar(code, "2026-03-02", "2026-03-08").first_weekday == week


@pytest.mark.parametrize(
    ("week", "count", "days"),
    [
        ("mon tue wed thu sat sun", 5, "mon tue wed sat sun"),  # Friday free: Saturday to Wednesday
        ("mon tue wed thu sat", 5, "mon tue wed thu sat"),  # Brunei
        ("mon tue wed thu fri sat", 5, "mon tue wed thu fri"),
        ("mon tue wed thu sun", 5, "mon tue wed thu sun"),
        ("mon tue wed thu fri sat sun", 5, "mon tue wed thu fri"),
        ("mon tue wed sat sun", 3, "mon sat sun"),  # Thursday and Friday free
    ],
)
def test_the_first_days_of_a_week_are_those_after_its_rest(week: str, count: int, days: str) -> None:
    assert set(days.split()) <= set(WEEKDAYS)
    assert first_of_week(tuple(week.split()), count) == tuple(days.split())


# --- holidays that the code cannot carry ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "first", "last", "category", "day"),
    [
        ("DE-BY", "2028-08-14", "2028-08-16", "catholic", "2028-08-15"),  # Assumption (V12)
        ("BR", "2026-02-16", "2026-02-18", "optional", "2026-02-17"),  # carnival
        ("CA-ON", "2026-08-01", "2026-08-08", "optional", "2026-08-03"),  # civic holiday
        ("JP", "2026-12-28", "2027-01-04", "bank", "2026-12-31"),  # banks and hospitals close
        ("IL", "2026-09-25", "2026-10-05", "optional", "2026-09-29"),  # a day of Hol ha-Moed
    ],
)
def test_a_bare_code_says_which_holidays_were_not_used(
    code: str, first: str, last: str, category: str, day: str
) -> None:
    (note,) = categories_not_used(country_clinic(code), dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert note.code == "categories-not-used"
    named: Any = note.values["days"]
    assert (day, category) in {(entry.values["date"], entry.values["category"]) for entry in named}


def test_no_such_day_in_the_range_is_said_too() -> None:
    (note,) = categories_not_used(country_clinic("DE-BY"), dt.date(2028, 9, 1), dt.date(2028, 9, 30))
    assert note.code == "categories-not-needed"
    assert categories_not_used(country_clinic("HU"), dt.date(2028, 9, 1), dt.date(2028, 9, 30)) == ()


def test_a_course_goes_on_five_days_a_week_when_the_weekend_changes(cli: Any) -> None:
    """Johor, from Sunday 2024-12-15: Sunday to Thursday, and from 2025-01-03 on Fridays; Sunday 5 January is closed.

    Closed by holidays: Wednesday 25 December. New Year's Day is no holiday of Johor.
    """
    document = json.loads(cli("plan", "45/25", "--clinic", "MY-01", "--start", "2024-12-15", "--json").stdout)
    days = [entry["date"] for entry in document["fractions"]]
    december = [f"2024-12-{day}" for day in (15, 16, 17, 18, 19, 22, 23, 24, 26, 29, 30, 31)]
    assert days == [*december, *(f"2025-01-{day:02}" for day in (1, 2, 3, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17))]


@pytest.mark.parametrize(("country", "day", "taken"), [("SA", "2025-01-03", True), ("CN", "2027-01-08", False)])
def test_a_notice_works_on_the_weekend_of_its_country(country: str, day: str, taken: bool) -> None:
    """A Friday is a day of rest in Saudi Arabia and none in China."""
    date = dt.date.fromisoformat(day)
    span = dt.date(date.year, 1, 1), dt.date(date.year, 12, 31)
    holidays = [found for found, reason in build(country_clinic(country), *span).closed_days(*span)]
    source = Source(text="notice", verified=True)
    closed = tuple(Span(first=found, reason="holiday") for found in holidays)
    notice = Notice(year=date.year, closed=closed, source=source, worked_weekends=(date,))
    clinic = replace(country_clinic(country), notices=(notice,), worked_weekends="yes")
    if taken:
        assert build(clinic, *span).reason(date).kind == "worked weekend"
    else:
        with pytest.raises(DomainError, match=r"2027-01-08 \(Fri\) is no weekend day of its country"):
            build(clinic, *span)
