"""Numbers, dates and fixed words as people read them: rounding, and one .po file a language, read as it stands."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rtplan.clinic.days import day_name
from rtplan.errors import DomainError
from rtplan.report.blocks import Cell, Column

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "CONVENTIONS",
    "DISCLAIMER",
    "SENTENCES",
    "SYSTEMIC",
    "Words",
    "cell_text",
    "dated",
    "gy",
    "languages",
    "number",
    "plural",
    "signed",
    "words",
]


DISCLAIMER = "A calculation aid whose results a qualified physicist checks independently. Not a medical device."


SYSTEMIC = (
    "BED contains no effect of systemic treatment or of volume: regimens that differ in those are not ranked by it."
)


CONVENTIONS = (
    "Overall time = last - first + 1 calendar days; T = days elapsed, the first fraction is day 0.",
    "Loss to time = K * max(0, T - Tk) in Gy of BED; late tissues have none.",
    "Repair is complete between days; fractions of one day are incompletely repaired where a half-time is given.",
    "Prescribed reference: the same prescription on its own weekly pattern from the same first day, no closures.",
    "BED of different alpha/beta are never added. BED says nothing of chemotherapy or immunotherapy.",
)


def number(value: float, digits: int = 2) -> str:
    """A number with so many decimals; a rounded -0.00 is written 0.00."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not float(text) else text


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign; 0.00 without."""
    text = number(value, digits)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def gy(value: float, digits: int = 2) -> str:
    """A dose as short as it can be written: 45 Gy, 1.8 Gy."""
    return f"{number(value, digits).rstrip('0').rstrip('.') if digits else number(value, 0)} Gy"


def dated(day: dt.date) -> str:
    """A date with its weekday: Mon 2026-02-02."""
    return f"{day_name(day)} {day.isoformat()}"


def plural(count: float, one: str, many: str | None = None) -> str:
    """1 day, 2 days."""
    return f"{count:g} {one if count == 1 else many or one + 's'}"


def cell_text(cell: Cell, column: Column) -> str:
    """A cell as its column writes it; absent is an en dash."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float) and column.kind == "number":
        return signed(cell, column.digits) if column.signed else number(cell, column.digits)
    if isinstance(cell, int | float) and column.kind == "integer":
        return f"{cell:+g}" if column.signed and cell else f"{cell:g}"
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return dated(cell) if column.weekday else cell.isoformat()
    return str(cell)


_FOLDER = Path(__file__).parent / "locale"


_ENGLISH = "en"


_LOCALES = {_ENGLISH: "en_GB"}
"""Day before month, as in most of the world that reads English dates in a hospital."""


_SUBSTITUTED = re.compile(r"Day off \(substituted from (\d\d)/(\d\d)/(\d{4})\)")


_OBSERVED = re.compile(r"(.+) \((observed|estimated|observed, estimated)\)")


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


SENTENCES = (
    "overall %(overall)s d (T = %(elapsed)s d)",
    "%(days)s d against the prescribed reference (%(time)s, last %(last)s)",
    "1 treatment-free day",
    "%(days)s treatment-free days",
    "%(count)s fractions of %(each)s Gy, %(total)s Gy",
    "%(knowledge)s. worked weekends not used: last %(last)s, %(days)s d; used: %(other)s, %(more)s d",
    "public holidays of %(country)s: holidays %(version)s, names in %(names)s; officially announced through %(day)s",
    "public holidays of %(country)s: holidays %(version)s, names in %(names)s",
    "SHA-256 of %(file)s",
    "Revision %(number)s",
    "1 day before %(day)s",
    "%(days)s days before %(day)s",
    "on %(machine)s; %(clinic)s: %(reason)s",
)
"""What reports write again and again with other numbers: recognised as a whole, and said in the reader's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words and dates of one language. What is not in its catalogue stays English."""

    language: str
    locale_name: str
    catalogue: Mapping[str, str] = field(default_factory=dict)

    @property
    def locale(self) -> Locale:
        """The language and country by whose habits dates are written; babel loads when it is asked for."""
        return _locale(self.locale_name)

    def __call__(self, text: str, **values: object) -> str:
        """The text in this language, its ``%(name)s`` filled in."""
        found = self.catalogue.get(text, text)
        return found % values if values else found

    def sentence(self, text: str) -> str:
        """A text that a report has already put together, where it is fixed but for its numbers; others stay."""
        if not self.catalogue or text in self.catalogue:
            return self(text)
        if dated := _DATED.fullmatch(text):
            return f"{self.weekdays()[_WEEKDAYS.index(dated[1])]} {dated[2]}"
        for sentence, pattern in _patterns():
            if found := pattern.fullmatch(text):
                parts = found.groupdict().items()
                told = {key: (self.reason if key == "reason" else self.sentence)(value) for key, value in parts}
                return self(sentence, **told)
        return text

    def reason(self, text: str) -> str:
        """Why a day is closed or open, holidays by their names in plain words; what no catalogue has stays."""
        return "; ".join(self._holiday(part) for part in text.split("; "))

    def _holiday(self, name: str) -> str:
        if moved := _SUBSTITUTED.fullmatch(name):
            month, day, year = map(int, moved.groups())
            return self("Public holiday (in exchange for %(date)s)", date=self.plain_date(dt.date(year, month, day)))
        if plain := _OBSERVED.fullmatch(name):
            return self(plain[1])
        return self(name)

    @property
    def tag(self) -> str:
        """The language as HTML writes it: zh-CN."""
        return self.language.replace("_", "-")

    def date(self, day: dt.date) -> str:
        """Monday, 2 February 2026."""
        from babel.dates import format_date

        return format_date(day, "full", locale=self.locale)

    def plain_date(self, day: dt.date) -> str:
        """2 February 2026."""
        from babel.dates import format_date

        return format_date(day, "long", locale=self.locale)

    def month(self, day: dt.date) -> str:
        """February 2026."""
        from babel.dates import format_skeleton

        return format_skeleton("yMMMM", day, locale=self.locale)

    def weekdays(self, width: Literal["abbreviated", "wide"] = "abbreviated") -> tuple[str, ...]:
        """Names of the weekdays from Monday on."""
        from babel.dates import get_day_names

        names = get_day_names(width, locale=self.locale)
        return tuple(names[number] for number in range(7))


_DATED = re.compile(rf"({'|'.join(_WEEKDAYS)}) (\d{{4}}-\d\d-\d\d)")


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each of `SENTENCES` with the pattern that knows it again."""
    return tuple((text, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(text)))) for text in SENTENCES)


def languages() -> tuple[str, ...]:
    """The languages that can be asked for."""
    return (_ENGLISH, *sorted(path.stem for path in _FOLDER.glob("*.po")))


@cache
def words(language: str) -> Words:
    """The words of a language. DomainError names the known ones where it is none of them.

    >>> words("en").date(dt.date(2026, 2, 2))
    'Monday, 2 February 2026'
    >>> words("zh-CN").date(dt.date(2026, 2, 2))
    '2026年2月2日星期一'
    """
    name = language.replace("-", "_")
    if name not in languages():
        raise DomainError(f"language takes {', '.join(languages())}, got {language!r}")
    catalogue = {} if name == _ENGLISH else _catalogue(_FOLDER / f"{name}.po")
    return Words(language=name, locale_name=_LOCALES.get(name, name), catalogue=catalogue)


@cache
def _locale(name: str) -> Locale:
    from babel import Locale

    return Locale.parse(name)


def _catalogue(path: Path) -> dict[str, str]:
    from babel.messages.pofile import read_po

    with path.open("rb") as stream:
        entries = read_po(stream, abort_invalid=True)
    return {
        entry.id: entry.string
        for entry in entries
        if isinstance(entry.id, str) and isinstance(entry.string, str) and entry.id and entry.string
    }
