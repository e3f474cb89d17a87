"""Until when the days of a country are announced: one table, and the library's own data for the years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

__all__ = [
    "DECIDED_YEARLY",
    "NO_LONGER",
    "Decided",
    "decided",
    "last_known_year",
    "official_through",
    "show_sighted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A country whose holidays wait for a decision each year.

    reason: who decides what. year: a last known year that the library's data cannot tell, because nothing had to be
    decided by name for it. data: names of the library's tables of decided days. last: month and day of that year
    through which days are known.
    """

    reason: str
    year: int | None = None
    data: tuple[str, ...] = ("special_public_holidays",)
    last: tuple[int, int] = (12, 31)


EXCHANGED = "the government exchanges working days and days off each year"
"""What is decided where the library knows exchanged days."""


DECIDED_YEARLY = {
    "AR": Decided(reason="non-working bridge days are set by decree each year"),
    "AZ": Decided(reason="the Cabinet of Ministers exchanges days off each year"),
    "BG": Decided(reason="the Council of Ministers may declare non-working days each year"),
    "BY": Decided(reason="the Council of Ministers exchanges working days each year"),
    "CN": Decided(
        reason="the State Council decides closures and worked weekends each year; a notice may begin on 29 December",
        last=(12, 28),
    ),
    "EG": Decided(
        reason="the prime minister moves holidays to Thursdays each year", data=("special_public_holidays_observed",)
    ),
    "GE": Decided(reason="the government declares days off each year"),
    "GH": Decided(reason="holidays are declared and moved by executive instrument each year"),
    "HU": Decided(reason="a decree exchanges working days and days off each year"),
    "ID": Decided(
        reason="a joint decree of three ministers sets holidays and collective leave each year",
        data=("special_public_holidays", "special_government_holidays"),
    ),
    "KG": Decided(reason="the Cabinet of Ministers exchanges days off each year"),
    "KR": Decided(
        reason="temporary holidays are declared by the State Council, some a few weeks before",
        year=2026,  # the library's rules hold what changed in 2026: 1 May and 17 July
    ),
    "KZ": Decided(reason="the government exchanges days off each year"),
    "LV": Decided(reason="the Cabinet of Ministers exchanges working days each year"),
    "MM": Decided(reason="the government sets and exchanges holidays each year"),
    "PH": Decided(reason="special non-working days are proclaimed by the president each year"),
    "PK": Decided(reason="the Cabinet Division notifies holidays each year"),
    "RU": Decided(reason="the government moves days off each year"),
    "TH": Decided(reason="the cabinet declares special holidays each year"),
    "TM": Decided(reason="days off are moved by presidential order each year"),
    "TW": Decided(
        reason="the office calendar of each year is set by the Directorate-General of Personnel Administration",
        year=2026,  # no day was exchanged by name: the act of 2025 on memorial days moves them by rule
    ),
    "UZ": Decided(reason="the president's decree sets days off and exchanged working days each year"),
    "VN": Decided(reason="the government sets the days of the lunar new year and exchanged days each year"),
}
"""Countries whose holidays are decided year by year. The last known year is the last for which the library holds such
a decision, or the one stated. Where the reasons come from: the notes of the library's country files, not read in the
laws themselves."""


NO_LONGER = {
    "AM": "the library knows no exchanged day after 2021",
    "UA": "no days are exchanged, and holidays are worked, under martial law since 2022",
}
"""Countries for which the library holds exchanged days of the past only."""


SIGHTED = ("islamic", "hindu", "buddhist", "mongolian", "sinhala", "tibetan")
"""Calendars whose days are sighted or set year by year: estimated where the library has no announced date. The Chinese
calendar is not among them: it is computed for a century ahead."""


def decided(table: Any) -> Decided | None:
    """What is decided year by year in the country of a library table; None where nothing is."""
    known = DECIDED_YEARLY.get(table.country)
    if known is None and table.has_substituted_holidays and table.country not in NO_LONGER:
        return Decided(reason=EXCHANGED)
    return known


def last_known_year(table: Any) -> int | None:
    """The last year for which the days of a library table are decided; None where nothing is decided year by year."""
    entry = decided(table)
    if entry is None:
        return None
    years = [max(years) for name in entry.data if (years := getattr(table, name, None))]
    return max([*years, *([entry.year] if entry.year is not None else [])], default=None)


def official_through(table: Any, year: int | None) -> dt.date | None:
    """The last day that is announced where the last known year is this one."""
    entry = decided(table)
    return None if entry is None or year is None else dt.date(year, *entry.last)


def show_sighted(table: Any) -> None:
    """Have the library label the estimated days of sighted calendars also where its default hides that."""
    for calendar in SIGHTED:
        flag = f"_{calendar}_calendar_show_estimated"
        if hasattr(table, flag):
            setattr(table, flag, True)
