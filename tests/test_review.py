"""Proof of the list for a native reader: every Chinese word is in it, as the program says it, and where."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import rtplan.report.language
from rtplan.errors import DomainError
from rtplan.report.language import words
from rtplan.report.review import review

PAGE = Path(rtplan.report.language.__file__).parent / "locale" / "zh_CN-review.md"


def rows(page: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \|$", page.replace(r"\|", "¦"), flags=re.MULTILINE)
    return {text: (said, used) for text, said, used in found if text not in ("English", "---")}


def test_the_page_holds_every_word_as_it_is_said() -> None:
    """RTPLAN_TESTS_MAY_WRITE=1 renews it: after every change of zh_CN.po."""
    if os.environ.get("RTPLAN_TESTS_MAY_WRITE"):
        PAGE.write_text(review("zh_CN"), encoding="utf-8")
    page, catalogue = rows(PAGE.read_text(encoding="utf-8")), words("zh_CN").catalogue
    expected = {
        text.replace("|", "¦").replace("\n", " ⏎ "): said.replace("|", "¦").replace("\n", " ⏎ ")
        for text, said in catalogue.items()
    }
    lacking = {text for text, said in expected.items() if page.get(text, ("", ""))[0] != said}
    assert not lacking, f"renew the page with RTPLAN_TESTS_MAY_WRITE=1: {sorted(lacking)[:5]}"
    assert page.keys() <= expected.keys(), "renew the page with RTPLAN_TESTS_MAY_WRITE=1: words that are no more"


def test_where_words_are_used() -> None:
    made = rows(review("zh_CN"))
    assert made["No radiotherapy"] == ("无放疗", "report/formats/patient.py")
    assert "report/formats/drawing.py" in made["closure or holiday"][1]
    assert next(iter(made)) in words("zh_CN").catalogue
    first = [any(part in used for part in ("patient", "ics")) for _, used in made.values()]
    assert first == sorted(first, reverse=True)  # what patients read stands first
    assert sum(used.startswith("names in files") for _, used in made.values()) < len(made) / 2


def test_english_has_nothing_to_review() -> None:
    with pytest.raises(DomainError, match="'en'"):
        review("en")
