"""The files of --out: one answer, rendered in every form that is wanted, under names that hold nothing of a patient."""

from __future__ import annotations

import datetime as dt
import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rtplan.answer import Answer
from rtplan.errors import DomainError, shown
from rtplan.planning.follow_up import Period, periods
from rtplan.planning.plan import Plan
from rtplan.questions.listing import Listing
from rtplan.report.blocks import Block, Figure, Report, Table
from rtplan.report.formats.files import write_files
from rtplan.report.formats.json import dumps
from rtplan.report.language import ENGLISH, words
from rtplan.report.registry import Face, View, document, face, report

__all__ = [
    "KINDS",
    "Step",
    "check",
    "files",
    "kinds",
    "save",
]


Content = str | bytes


Step = Callable[[str, int, int], None]
"""Told before each kind is made: its name, how many are done, how many there are."""


KINDS = ("json", "html", "patient", "ics", "xlsx", "csv", "png", "pdf")


_ASKED_FOR = ("png", "pdf")
"""Kinds that are made only where they are asked for by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One call: what is asked, and the sections that most files render."""

    answer: Any
    names: Face
    sections: Report
    language: str
    patient_doses: bool
    follow_up: tuple[Period, ...]
    full: bool
    stamp: dt.datetime | None
    previous: Any
    sheet: Any = None


def files(
    answer: Answer,
    wanted: Sequence[str] | None = None,
    *,
    language: str = "en",
    patient_doses: bool = False,
    follow_up: str | tuple[Period, ...] = (),
    plots: bool = False,
    stamp: dt.datetime | None = None,
    full: bool = False,
    previous: Any = None,
    sheet: Answer | None = None,
    step: Step | None = None,
) -> dict[str, Content]:
    """Name and content of each file of an answer: of all kinds, or of those wanted.

    PNG and PDF files are made only where they are wanted by name; PDF files need WeasyPrint (DomainError without it,
    before anything is made).
    language: of what people read. patient_doses: show the patient doses. follow_up: visits after the course, such as
    "6w,3m", in the patient's calendar and calendar.ics. plots: PNG files too; asking for "png" is the
    same. stamp: by default the moment the answer was made. full: the report with every detail.
    previous: the plan before this revision, for cancel.ics. A revision's files bear its number: plan-r2.json.
    sheet: the answer on missed fractions that the revision follows from: its page to sign, missed-r2.html.
    """
    chosen = check(answer, wanted)
    if wanted is None:
        chosen = tuple(kind for kind in chosen if kind not in _ASKED_FOR)
    if plots and "png" not in chosen:
        chosen = (*chosen, "png")
    if "pdf" in chosen:
        from rtplan.report.formats.pdf import require

        require()
    job = _Job(
        answer=answer,
        names=_named(answer),
        sections=report(answer, words(language)),
        language=language,
        patient_doses=patient_doses,
        follow_up=periods(follow_up) if isinstance(follow_up, str) and follow_up else tuple(follow_up or ()),
        full=full,
        stamp=stamp or getattr(getattr(answer, "provenance", None), "created", None),
        previous=previous,
        sheet=sheet,
    )
    out: dict[str, Content] = {}
    for done, kind in enumerate(chosen):
        if step is not None:
            step(kind, done, len(chosen))
        out.update(_MAKERS[kind](job))
    if step is not None:
        step("done", len(chosen), len(chosen))
    return out


def save(
    answer: Answer,
    folder: str | os.PathLike[str],
    *,
    only: str | Sequence[str] | None,
    force: bool,
    stamp: str | dt.datetime | None,
    **looks: Any,
) -> tuple[Path, ...]:
    """Write the files of an answer; the paths written. looks: as `files` takes them."""
    wanted = [part.strip() for part in only.split(",")] if isinstance(only, str) else only
    moment = dt.datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return write_files(Path(folder), files(answer, wanted, stamp=moment, **looks), force=force)


def kinds(answer: Answer) -> tuple[str, ...]:
    """The kinds of file that this answer can be written as."""
    return face(answer).files


def check(answer: Answer, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The kinds wanted (None: all), each once; DomainError names the known ones where one is not."""
    known = kinds(answer)
    for kind in wanted or ():
        if kind not in known:
            near = difflib.get_close_matches(kind, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise DomainError(f"--only takes {', '.join(known)} here, got {shown(kind)}{hint}")
    return tuple(dict.fromkeys(wanted)) if wanted else known


def _named(answer: Answer) -> Face:
    """What its files are called: a listing's after what it lists, a revision's with its number."""
    shown = face(answer)
    if isinstance(answer, Listing):
        return replace(shown, stem=answer.of, html=answer.of, csv=answer.of)
    mark = _mark(answer)
    return replace(shown, stem=shown.stem + mark, html=shown.html + mark, csv=shown.csv + mark)


def _mark(answer: Answer) -> str:
    number = answer.revision.number if isinstance(answer, Plan) else 1
    return f"-r{number}" if number > 1 else ""


def _viewed(job: _Job, answer: Answer, view: View) -> Report:
    """The sections of a view; where every detail is asked for, all of them behind the page that is signed."""
    every = job.full and view == "paper" and "whole" in face(answer).views
    return report(answer, words(job.language), "whole" if every else view)


def _json(job: _Job) -> dict[str, Content]:
    return {f"{job.names.stem}.json": dumps(document(job.answer))}


def _html(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.html import to_html

    out: dict[str, Content] = {f"{job.names.html}.html": to_html(_viewed(job, job.answer, "paper"), stamp=job.stamp)}
    if job.sheet is not None:
        name = f"{face(job.sheet).html}{_mark(job.answer)}.html"
        out[name] = to_html(_viewed(job, job.sheet, "paper"), stamp=job.stamp)
    return out


def _pdf(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.html import to_html
    from rtplan.report.formats.pdf import to_pdf

    html, data = to_html(_viewed(job, job.answer, "paper"), stamp=job.stamp), dumps(document(job.answer))
    return {f"{job.names.html}.pdf": to_pdf(html, data=data, name=f"{job.names.stem}.json", stamp=job.stamp)}


def _patient(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.patient import patient_html

    text = patient_html(
        job.answer, language=job.language, doses=job.patient_doses, follow_up=job.follow_up, stamp=job.stamp
    )
    return {f"patient{_mark(job.answer)}.html": text}


def _ics(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.ics import cancelled_ics, to_ics

    mark = _mark(job.answer)
    events = to_ics(job.answer, stamp=job.stamp, language=job.language, follow_up=job.follow_up)
    out: dict[str, Content] = {f"calendar{mark}.ics": events}
    if job.previous is not None:
        gone = cancelled_ics(job.answer, job.previous, stamp=job.stamp, language=job.language)
        out |= {f"cancel{mark}.ics": gone} if gone is not None else {}
    return out


def _xlsx(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.xlsx import to_xlsx

    return {f"{job.names.stem}.xlsx": to_xlsx(_viewed(job, job.answer, "book"), stamp=job.stamp)}


def _csv(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.csv import csv_file

    tables = {block.name: block for block in reversed(_blocks(job.sections)) if isinstance(block, Table)}
    if job.names.table not in tables:
        return {}
    return {f"{job.names.csv}.csv": csv_file(tables[job.names.table], words(job.language))}


def _png(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.drawing import png, readable

    told = words(job.language)
    drawn = readable(told)  # else in English: boxes say nothing
    sections = job.sections if drawn else report(job.answer)
    figures = [block for block in _blocks(sections) if isinstance(block, Figure)]
    repeated = [figure.name for figure in figures]
    return {
        f"{figure.name}{f'-{repeated[:place].count(figure.name) + 1}' if figure.name in repeated[:place] else ''}"
        f"{_mark(job.answer)}.png": png(figure, told=told if drawn else ENGLISH)
        for place, figure in enumerate(figures)
    }


def _blocks(sections: Report) -> list[Block]:
    return [block for section in sections.sections for block in section.blocks]


_MAKERS: Mapping[str, Callable[[_Job], dict[str, Content]]] = {
    "json": _json,
    "html": _html,
    "patient": _patient,
    "ics": _ics,
    "xlsx": _xlsx,
    "csv": _csv,
    "png": _png,
    "pdf": _pdf,
}
