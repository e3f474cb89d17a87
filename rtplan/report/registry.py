"""The one table of what each kind of answer is shown as: its page, its JSON document, its main table, its files."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

from rtplan.answer import Answer, Kind
from rtplan.errors import DomainError, visible
from rtplan.report.blocks import Report
from rtplan.report.language import ENGLISH, Words

__all__ = [
    "FACES",
    "Face",
    "View",
    "document",
    "face",
    "report",
]


View: TypeAlias = Literal["full", "screen", "paper", "whole", "book"]
"""full: all there is. screen: what one screen holds. paper: a page to sign, then the annex. whole: the same
page, then all there is. book: for a workbook."""


_SMALL = ("json", "csv")
_WHOLE = ("json", "html", "xlsx", "csv", "png", "pdf")
_COURSE = ("json", "html", "patient", "ics", "xlsx", "csv", "png", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How one kind of answer is shown.

    module: of its page in `report.pages` and of its document in `report.documents`. table: the one that a frame, --csv
    and the CSV file hold. files: kinds of file it can be written as. stem, html, csv: what they are called.
    views: module of `report.pages` and function in it that make another view than the full one.
    """

    module: str
    table: str
    files: tuple[str, ...]
    stem: str
    html: str
    csv: str
    views: Mapping[View, tuple[str, str]] = field(default_factory=dict)


def _face(
    module: str, table: str, files: tuple[str, ...], stem: str, html: str = "", csv: str = "", **views: tuple[str, str]
) -> Face:
    return Face(
        module=module,
        table=table,
        files=files,
        stem=stem,
        html=html or stem,
        csv=csv or stem,
        views={view: views[view] for view in get_args(View) if view in views},
    )


FACES: Mapping[Kind, Face] = {
    "plan": _face(
        "plan",
        "fractions",
        _COURSE,
        "plan",
        html="report",
        csv="fractions",
        screen=("sheet", "screen"),
        paper=("sheet", "paper"),
    ),
    "dose": _face("dose", "effects", _SMALL, "dose"),
    "added": _face("added", "steps", _SMALL, "dose"),
    "missed": _face(
        "missed",
        "options",
        _WHOLE,
        "missed",
        csv="options",
        screen=("missed_sheet", "screen"),
        paper=("missed_sheet", "paper"),
        whole=("missed_sheet", "whole"),
        book=("missed_sheet", "book"),
    ),
    "compare": _face("comparison", "comparison", _WHOLE, "compare", screen=("screens", "compare")),
    "starts": _face("starts", "starts", _WHOLE, "starts", screen=("screens", "search")),
    "workdays": _face("workdays", "days", _SMALL, "workdays", screen=("screens", "days")),
    "list": _face("listing", "list", _SMALL, "list"),
    "validate": _face("validation", "counts", ("json", "html", "pdf"), "validate", screen=("screens", "published")),
    "cohort": _face("cohort", "summary", _WHOLE, "cohort", csv="summary"),
    "verify": _face("verification", "sheet", ("json", "html", "csv", "pdf"), "verify"),
    "department": _face("department", "served", ("json", "html", "xlsx", "csv", "pdf"), "department"),
}


def face(answer: Answer) -> Face:
    """How this answer is shown. DomainError for what is no answer."""
    if not isinstance(answer, Answer):
        raise DomainError(f"there are no files of a {type(answer).__name__}: only answers have a report")
    return FACES[answer.kind]


def report(answer: Answer, told: Words = ENGLISH, view: View = "full") -> Report:
    """The sections of an answer, every text of them in one language; all of them, or those of another view."""
    shown = face(answer)
    module, make = shown.views.get(view, (shown.module, "build"))
    built: Report = getattr(importlib.import_module(f"rtplan.report.pages.{module}"), make)(answer, told)
    clean: Report = _visible(replace(built, language=told.language))
    return clean


def _visible(value: Any) -> Any:
    """The value with the control signs of its texts written out; the very same where it has none.

    Labels, reasons, names and commands come from files and words that anybody wrote. Here they pass on their way into
    every form but JSON and the calendar file.
    """
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, tuple | list):
        items = [_visible(item) for item in value]
        return value if _same(items, value) else type(value)(items)
    if isinstance(value, Mapping):
        items = [_visible(item) for item in value.values()]
        return value if _same(items, value.values()) else dict(zip(value, items, strict=True))
    if is_dataclass(value) and not isinstance(value, type):
        found = {part.name: getattr(value, part.name) for part in fields(value)}
        changed = {name: new for name, old in found.items() if (new := _visible(old)) is not old}
        return replace(value, **changed) if changed else value
    return value


def _same(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return all(a is b for a, b in zip(new, old, strict=True))


def document(answer: Answer) -> dict[str, Any]:
    """The JSON document of an answer: `schema` first, then what it holds."""
    data: dict[str, Any] = importlib.import_module(f"rtplan.report.documents.{face(answer).module}").document(answer)
    return data
