"""Fixed words in the reader's language: one .po file a language, read by babel as it stands; English needs none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rtplan.errors import DomainError

if TYPE_CHECKING:
    from babel import Locale

__all__ = ["Words", "languages", "words"]

_FOLDER = Path(__file__).parent / "locale"
_ENGLISH = "en"
_LOCALES = {_ENGLISH: "en_GB"}
"""Day before month, as in most of the world that reads English dates in a hospital."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words and dates of one language. What is not in its catalogue stays English."""

    language: str
    locale: Locale
    catalogue: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, text: str, **values: object) -> str:
        """The text in this language, its ``%(name)s`` filled in."""
        found = self.catalogue.get(text, text)
        return found % values if values else found

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
    from babel import Locale

    name = language.replace("-", "_")
    if name not in languages():
        raise DomainError(f"language takes {', '.join(languages())}, got {language!r}")
    catalogue = {} if name == _ENGLISH else _catalogue(_FOLDER / f"{name}.po")
    return Words(language=name, locale=Locale.parse(_LOCALES.get(name, name)), catalogue=catalogue)


def _catalogue(path: Path) -> dict[str, str]:
    from babel.messages.pofile import read_po

    with path.open("rb") as stream:
        entries = read_po(stream, abort_invalid=True)
    return {
        entry.id: entry.string
        for entry in entries
        if isinstance(entry.id, str) and isinstance(entry.string, str) and entry.id and entry.string
    }
