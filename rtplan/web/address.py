"""What an address of the page asks: a value with a bound for every word, and the address of any other state."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from rtplan.errors import DomainError, one_of

__all__ = ["VIEWS", "Known", "State", "View", "asked"]


View = Literal["plan", "missed", "compare", "starts", "department", "guide"]
VIEWS: tuple[View, ...] = get_args(View)

LONGEST_TEXT = 120
"""Signs of one word of the address: longer than any notation. [-]"""

MOST_MISSED = 60
"""Days that can be clicked as missed: a quarter of treatment days. [d]"""

MOST_REGIMENS = 8

LONGEST_RANGE_DAYS = 120
"""Of start days that one page shows. [d]"""

_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")

_FIRST_DAY, _LAST_DAY = dt.date(1951, 1, 1), dt.date(2097, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that an address may hold, made when the page is started: nothing else is ever looked up.

    clinics: shown name to what the front door gets; a path stands only behind the name of a file of the command line.
    """

    protocols: tuple[str, ...]
    regimens: tuple[str, ...]
    clinics: Mapping[str, str]
    sites: tuple[str, ...]
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    plan_loaded: bool = False
    folder_loaded: bool = False

    @property
    def views(self) -> tuple[View, ...]:
        """The pages there are: all that was given on the command line can answer."""
        without = {"department"} if not self.folder_loaded else set()
        without |= {"compare", "starts"} if self.plan_loaded else set()
        return tuple(view for view in VIEWS if view not in without)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of the page. protocol: a shipped name or a notation; regimens: what is compared, blanks between them.

    missed: planned days on which nothing was given. chosen: id of an option. first, last: range of start days.
    closed, slots: of a department, as on the command line, blanks between several.
    """

    view: View = "plan"
    protocol: str = ""
    start: dt.date | None = None
    clinic: str = ""
    site: str = ""
    missed: tuple[dt.date, ...] = ()
    chosen: str = ""
    regimens: str = ""
    first: dt.date | None = None
    last: dt.date | None = None
    closed: str = ""
    slots: str = ""
    topic: str = ""
    language: str = "en"

    def moved(self, **changes: Any) -> State:
        """Another state."""
        return replace(self, **changes)

    def toggled(self, day: dt.date) -> State:
        """The state in which a day is missed, or no longer is; a choice made for other days is let go."""
        days = set(self.missed) ^ {day}
        return replace(self, view="missed", missed=tuple(sorted(days)), chosen="")

    @property
    def query(self) -> str:
        """The words of the address, defaults left out, always in the same order."""
        usual = State()
        pairs: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "view" or value == getattr(usual, field.name):
                continue
            pairs += [(field.name, str(item)) for item in (value if isinstance(value, tuple) else (value,))]
        return urlencode(pairs)


def asked(view: str, words: Iterable[tuple[str, str]], known: Known) -> State:
    """The state of an address. DomainError names the word that has no meaning, or that is too much."""
    found: dict[str, list[str]] = {}
    for name, value in words:
        found.setdefault(name, []).append(_text(name, value))
    names = {field.name for field in fields(State)} - {"view"}
    for name, values in found.items():
        if name not in names:
            raise DomainError(f"the address has no word {name!r:.60}; it takes {', '.join(sorted(names))}")
        if len(values) > 1 and name != "missed":
            raise DomainError(f"the address gives {name!r} more than once")
    missed = found.get("missed", [])
    if len(missed) > MOST_MISSED:
        raise DomainError(f"missed takes at most {MOST_MISSED} days, got {len(missed)}")
    of = {name: values[0] for name, values in found.items() if values[0]}
    one_of("page", view, known.views)
    state = State(
        view=view,  # type: ignore[arg-type]
        protocol=of.get("protocol", ""),
        start=_day("start", of),
        clinic=of.get("clinic", ""),
        site=of.get("site", ""),
        missed=tuple(sorted({_date("missed", value) for value in missed if value})),
        chosen=of.get("chosen", ""),
        regimens=of.get("regimens", ""),
        first=_day("first", of),
        last=_day("last", of),
        closed=of.get("closed", ""),
        slots=of.get("slots", ""),
        topic=of.get("topic", ""),
        language=of.get("language", "en"),
    )
    _check(state, known)
    return state


def _text(name: str, value: str) -> str:
    value = value.strip()
    if len(value) > LONGEST_TEXT:
        raise DomainError(f"{name:.40} takes at most {LONGEST_TEXT} signs, got {len(value)}")
    if not value.isprintable():
        raise DomainError(f"{name:.40} takes printable signs only")
    return value


def _day(name: str, of: Mapping[str, str]) -> dt.date | None:
    return _date(name, of[name]) if name in of else None


def _date(name: str, text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text) if len(text) == len("2026-01-01") else None
    except ValueError:
        day = None
    if day is None or not _FIRST_DAY <= day <= _LAST_DAY:
        raise DomainError(f"{name} takes a date from {_FIRST_DAY} to {_LAST_DAY}, YYYY-MM-DD, got {text!r}")
    return day


def _check(state: State, known: Known) -> None:
    one_of("language", state.language, known.languages)
    if state.site:
        one_of("site", state.site, known.sites)
    if state.topic:
        one_of("topic", state.topic, known.topics)
    if state.clinic and state.clinic not in known.clinics and not _COUNTRY.fullmatch(state.clinic):
        raise DomainError(
            f"clinic takes {', '.join(known.clinics)} or a country code such as CN or GB-ENG, got {state.clinic!r}"
        )
    if len(state.regimens.split()) > MOST_REGIMENS:
        raise DomainError(f"at most {MOST_REGIMENS} regimens are compared, got {len(state.regimens.split())}")
    if state.first and state.last and not 0 <= (state.last - state.first).days < LONGEST_RANGE_DAYS:
        raise DomainError(f"the range of start days has 1 to {LONGEST_RANGE_DAYS} days, first before last")
