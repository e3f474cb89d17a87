"""The sentences of notes: one table of templates, filled and translated here and nowhere else.

A template is English and is written like a format string: ``{days}``, ``{dose_gy:.2f}``, ``{names:, }`` (several values
with what stands between them). A pair is singular and plural, chosen by ``count``. A value that is a `Phrase` is filled
in from its own template. Nothing where a value is None. The `.po` files translate templates.
"""

from __future__ import annotations

from string import Formatter
from typing import Any

from rtplan.note import Note, Phrase
from rtplan.report.language import Words, words

__all__ = ["PHRASES", "TEMPLATES", "filled", "sentence"]

Template = str | tuple[str, str]

TEMPLATES: dict[str, Template] = {
    "record-filter-absent": "{file} has no column {columns: or }: lines that the format {format} leaves out by it "
    "(set-up, imaging, other treatment) would be counted",
    "record-format": "{file} is read in the record format {format}, [{flag}]: {source}",
    "record-lines-left-out": (
        "{count} line of {file} is left out, by {columns:, } (record format {format})",
        "{count} lines of {file} are left out, by {columns:, } (record format {format})",
    ),
    "categories-not-used": (
        "{country} has holidays that only part of it keeps, or only some of its employers ({categories:, }); they are "
        "not used, and {days:, } would be closed with them: where the clinic keeps them, its file names the category, "
        'such as categories = ["public", "{categories[0]}"]',
        "{country} has holidays that only part of it keeps, or only some of its employers ({categories:, }); they are "
        "not used, and {count} days would be closed with them: {days:, }; where the clinic keeps them, its file names "
        'the category, such as categories = ["public", "{categories[0]}"]',
    ),
    "categories-not-needed": "{country} has holidays that only part of it keeps, or only some of its employers "
    "({categories:, }); they are not used, and none of them is an open day from {first} to {last}",
    "half-days": (
        "{count} half day holds one fraction: {days:, }",
        "{count} half days hold one fraction each: {days:, }",
    ),
}
"""The sentence of each code of a `Note`."""

PHRASES: dict[str, Template] = {
    "day-of-category": "{date} ({name}; {category})",
    "days": ("{count} day", "{count} days"),
}
"""The words of each code of a `Phrase`."""


class _Filler(Formatter):
    """Fills a template; phrases and several values are filled in the same language."""

    def __init__(self, told: Words) -> None:
        self.told = told

    def format_field(self, value: Any, format_spec: str) -> Any:
        if value is None:
            return ""
        if isinstance(value, Phrase):
            return filled(PHRASES[value.code], value.values, self.told)
        if isinstance(value, tuple | list):
            return format_spec.join(self.format_field(item, "") for item in value)
        return format(value, format_spec)


def filled(template: Template, values: Any, told: Words) -> str:
    """A template with its values, in a language."""
    text = template if isinstance(template, str) else template[0 if values["count"] == 1 else 1]
    return _Filler(told).vformat(told(text), (), values)


def sentence(note: Note, told: Words | None = None) -> str:
    """What a note says. told: the language; None: English.

    A note that a file wrote has no template: it says its ``text`` as it stands.
    """
    told = told or words("en")
    values: Any = note.values
    said = note.message or filled(TEMPLATES.get(note.code, "{text}"), values, told)
    about = values.get("about")
    return said if about is None else f"{_Filler(told).format_field(about, ', ')}: {said}"
