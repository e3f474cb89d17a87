"""Numbers, dates and words as people read them: rounding, and one .po file a language, read as it stands.

Whoever composes a text does it once, with a template in English and the reader's language: ``told("last %(day)s",
day=...)``. Nothing takes a text apart again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rtplan.clinic.days import WEEKDAYS, day_name
from rtplan.errors import DomainError, shown
from rtplan.note import Source
from rtplan.report.blocks import Cell, Column

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "CONVENTIONS",
    "DISCLAIMER",
    "ENGLISH",
    "SYSTEMIC",
    "Words",
    "cell_text",
    "dated",
    "gy",
    "languages",
    "number",
    "plural",
    "short",
    "signed",
    "words",
    "written",
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
    return f"{short(value, digits) if digits else number(value, 0)} Gy"


def dated(day: dt.date) -> str:
    """A date with its weekday: Mon 2026-02-02."""
    return f"{day_name(day)} {day.isoformat()}"


def plural(count: float, one: str, many: str | None = None) -> str:
    """1 day, 2 days."""
    return f"{count:g} {one if count == 1 else many or one + 's'}"


def short(value: float, digits: int) -> str:
    """A number without the zeros at its end.

    >>> short(0.9, 3), short(2.0, 4)
    ('0.9', '2')
    """
    return number(value, digits).rstrip("0").rstrip(".")


_FOLDER = Path(__file__).parent / "locale"


_ENGLISH = "en"


_LOCALES = {_ENGLISH: "en_GB"}
"""Day before month, as in most of the world that reads English dates in a hospital."""


_SUBSTITUTED = re.compile(r"Day off \(substituted from (\d\d)/(\d\d)/(\d{4})\)")


_OBSERVED = re.compile(r"(.+) \((observed|estimated|observed, estimated)\)")
"""How the `holidays` library writes such days. Its texts are another program's: we get no values, only these words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words and dates of one language. What is not in its catalogue stays English.

    >>> ENGLISH("%(days)s days", days=2), ENGLISH.count(1, "%(count)s day", "%(count)s days")
    ('2 days', '1 day')
    """

    language: str = _ENGLISH
    catalogue: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, text: str, **values: object) -> str:
        """The text in this language, its ``%(name)s`` filled in."""
        found = self.catalogue.get(text, text)
        return found % values if values else found

    def count(self, count: float, one: str, many: str, **values: object) -> str:
        """One of two texts, for one and for any other number; ``%(count)s`` is the number."""
        return self(one if count == 1 else many, count=f"{count:g}", **values)

    def dated(self, day: dt.date) -> str:
        """A date with its weekday: Mon 2026-02-02."""
        return f"{self.weekday(day)} {day.isoformat()}"

    def weekday(self, day: dt.date) -> str:
        """The short name of a weekday: Mon."""
        return self.weekdays()[day.weekday()] if self.catalogue else day_name(day)

    def cell(self, cell: Cell, column: Column) -> str:
        """A cell as its column writes it; absent is an en dash."""
        if cell is None:
            return "–"
        if isinstance(cell, bool):
            return self("yes") if cell else self("no")
        if isinstance(cell, int | float) and column.kind == "number":
            return signed(cell, column.digits) if column.signed else number(cell, column.digits)
        if isinstance(cell, int | float) and column.kind == "integer":
            return f"{cell:+g}" if column.signed and cell else f"{cell:g}"
        if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
            return self.dated(cell) if column.weekday else cell.isoformat()
        return self.text(cell)

    def text(self, value: object) -> str:
        """A text as it stands, and a source with its flag behind it; several sources one after another."""
        if isinstance(value, Source):
            return f"{self(value.text)} [{self(value.flag)}]"
        return "; ".join(map(self.text, value)) if isinstance(value, tuple) else str(value)

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
    def locale(self) -> Locale:
        """Of babel, which knows how dates are written."""
        return _locale(_LOCALES.get(self.language, self.language))

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

    def weekdays(
        self, width: Literal["abbreviated", "wide"] = "abbreviated", first_weekday: str | None = None
    ) -> tuple[str, ...]:
        """Names of the weekdays, from the first of a printed week on; None: from Monday on."""
        from babel.dates import get_day_names

        names = get_day_names(width, locale=self.locale)
        first = WEEKDAYS.index(first_weekday or "mon")
        return tuple(names[(first + number) % 7] for number in range(7))

    def months(self) -> tuple[str, ...]:
        """Short names of the months from January on."""
        from babel.dates import get_month_names

        names = get_month_names("abbreviated", locale=self.locale)
        return tuple(names[number] for number in range(1, 13))


ENGLISH = Words()


def cell_text(cell: Cell, column: Column) -> str:
    """A cell as its column writes it, in English."""
    return ENGLISH.cell(cell, column)


def written(value: object) -> str:
    """A text, or a source with its flag, in English: for programs, which read one language."""
    return ENGLISH.text(value)


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
    if name == _ENGLISH:
        return ENGLISH
    if name not in languages():
        raise DomainError(f"language takes {', '.join(languages())}, got {shown(language)}")
    return Words(language=name, catalogue=_catalogue(_FOLDER / f"{name}.po"))


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
