"""The words of a language in one table, for a native reader: the English text, its translation, where it is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from rtplan.errors import DomainError
from rtplan.report.language import words

__all__ = [
    "review",
]


_PATIENT = ("report/formats/patient.py", "report/templates/patient.html.j2", "report/formats/ics.py")
"""What patients read: first in the table."""


_DATA = "names in files, calendars and answers"


def review(language: str) -> str:
    """A Markdown page of all words of a language; DomainError for English, which is translated from nothing."""
    told = words(language)
    if not told.catalogue:
        raise DomainError(f"there are no translated words of {language!r} to review")
    rows = sorted(((_used(text), text, found) for text, found in told.catalogue.items()), key=_order)
    lines = [f"| {_cell(text)} | {_cell(found)} | {_places(used)} |" for used, text, found in rows]
    head = (
        f"# Words of {language}, for review by a native reader\n\n"
        f"Generated from {language}.po: put right what is wrong there, and renew this page with\n"
        f"`RTPLAN_TESTS_MAY_WRITE=1 pytest tests/test_review.py`. What patients read stands first. `%(name)s` and\n"
        "`{name}` are filled in by the program and stay as they are.\n\n"
        "| English | translation | used in |\n| --- | --- | --- |\n"
    )
    return head + "\n".join(lines) + "\n"


def _places(used: tuple[str, ...]) -> str:
    """Where a text is used: what patients read first, at most three places by name."""
    places = sorted(used, key=lambda place: place not in _PATIENT)
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return ", ".join(places[:_NAMED]) + more or _DATA


_NAMED = 3


def _order(row: tuple[tuple[str, ...], str, str]) -> tuple[bool, tuple[str, ...], str]:
    used, text, _ = row
    return not set(used) & set(_PATIENT), used or (_DATA,), text


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ⏎ ")


def _used(text: str) -> tuple[str, ...]:
    return tuple(sorted({place for place, found in _texts() if text in found}))


@cache
def _texts() -> tuple[tuple[str, frozenset[str]], ...]:
    """Each source of words by its path in the package, with the texts in it."""
    package = Path(__file__).parent.parent
    code = ((path, _constants(path)) for path in sorted(package.rglob("*.py")))
    pages = ((path, _asked(path)) for path in sorted(package.rglob("*.j2")))
    return tuple((path.relative_to(package).as_posix(), frozenset(found)) for path, found in (*code, *pages))


def _constants(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _asked(path: Path) -> Iterator[str]:
    """Texts of a template: those asked for by name, and lists of them."""
    yield from re.findall(r'"([^"\n]+)"', path.read_text(encoding="utf-8"))
