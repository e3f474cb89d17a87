"""The files of --out: one answer, rendered in every form that is wanted, under names that hold nothing of a patient."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rtplan.errors import DomainError
from rtplan.report.blocks import Block, Figure, Report, Table
from rtplan.report.registry import report

__all__ = [
    "KINDS",
    "Step",
    "check",
    "files",
    "kinds",
]


Content = str | bytes


Step = Callable[[str, int, int], None]
"""Told before each kind is made: its name, how many are done, how many there are."""


KINDS = ("json", "html", "patient", "ics", "xlsx", "csv", "png")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What the files of a type of result are called. table: which one the CSV holds."""

    stem: str
    html: str
    csv: str
    table: str


_NAMES = {
    "Plan": _Names(stem="plan", html="report", csv="fractions", table="fractions"),
    "Missed": _Names(stem="missed", html="missed", csv="options", table="options"),
    "Comparison": _Names(stem="compare", html="compare", csv="compare", table="comparison"),
    "StartSearch": _Names(stem="starts", html="starts", csv="starts", table="starts"),
}


_ONLY_PLANS = ("patient", "ics")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One call: what is asked, and the sections that most files render."""

    result: Any
    names: _Names
    sections: Report
    document: Callable[[], Any] | None
    language: str
    patient_doses: bool
    stamp: dt.datetime | None
    previous: Any


def files(
    result: Any,
    wanted: Sequence[str] | None = None,
    *,
    document: Callable[[], Any] | None = None,
    language: str = "en",
    patient_doses: bool = False,
    plots: bool = False,
    stamp: dt.datetime | None = None,
    previous: Any = None,
    step: Step | None = None,
) -> dict[str, Content]:
    """Name and content of each file of an answer: of all kinds, or of those wanted.

    document: gives the JSON document (a plan gives its own). language: of what people read. patient_doses: show the
    patient doses. plots: PNG files too; asking for "png" is the same. stamp: by default the moment the plan was made.
    previous: the plan before this revision, for cancel.ics. A revision's files bear its number: plan-r2.json.
    """
    chosen = check(result, wanted)
    if wanted is None:
        chosen = tuple(kind for kind in chosen if kind != "png")
    if plots and "png" not in chosen:
        chosen = (*chosen, "png")
    job = _Job(
        result=result,
        names=_names(result),
        sections=report(result),
        document=document,
        language=language,
        patient_doses=patient_doses,
        stamp=stamp or getattr(getattr(result, "provenance", None), "created", None),
        previous=previous,
    )
    out: dict[str, Content] = {}
    for done, kind in enumerate(chosen):
        if step is not None:
            step(kind, done, len(chosen))
        out.update(_MAKERS[kind](job))
    if step is not None:
        step("done", len(chosen), len(chosen))
    return out


def kinds(result: Any) -> tuple[str, ...]:
    """The kinds of file that this result can be written as."""
    return tuple(kind for kind in KINDS if kind not in _ONLY_PLANS or type(result).__name__ == "Plan")


def check(result: Any, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The kinds wanted (None: all), each once; DomainError names the known ones where one is not."""
    known = kinds(result)
    for kind in wanted or ():
        if kind not in known:
            near = difflib.get_close_matches(kind, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise DomainError(f"--only takes {', '.join(known)} here, got {kind!r}{hint}")
    return tuple(dict.fromkeys(wanted)) if wanted else known


def _names(result: Any) -> _Names:
    name = type(result).__name__
    if name not in _NAMES:
        raise DomainError(f"there are no files of a {name}")
    names = _NAMES[name]
    number = result.revision.number if name == "Plan" else 1
    if number == 1:
        return names
    mark = f"-r{number}"
    return _Names(stem=names.stem + mark, html=names.html + mark, csv=names.csv + mark, table=names.table)


def _suffix(job: _Job) -> str:
    return f"-r{job.result.revision.number}" if job.names.stem.startswith("plan-r") else ""


def _json(job: _Job) -> dict[str, Content]:
    from rtplan.planning import artefact

    if job.document is not None:
        return {f"{job.names.stem}.json": artefact.dumps(job.document())}
    if type(job.result).__name__ != "Plan":
        raise DomainError(f"the JSON document of a {type(job.result).__name__} has to be given")
    return {f"{job.names.stem}.json": artefact.write(job.result)}


def _html(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.html import to_html

    return {f"{job.names.html}.html": to_html(job.sections, stamp=job.stamp, language=job.language)}


def _patient(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.patient import patient_html

    text = patient_html(job.result, language=job.language, doses=job.patient_doses, stamp=job.stamp)
    return {f"patient{_suffix(job)}.html": text}


def _ics(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.ics import cancelled_ics, to_ics

    mark = _suffix(job)
    out: dict[str, Content] = {f"calendar{mark}.ics": to_ics(job.result, stamp=job.stamp, language=job.language)}
    if job.previous is not None:
        gone = cancelled_ics(job.result, job.previous, stamp=job.stamp, language=job.language)
        out |= {f"cancel{mark}.ics": gone} if gone is not None else {}
    return out


def _xlsx(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.xlsx import to_xlsx

    return {f"{job.names.stem}.xlsx": to_xlsx(job.sections, stamp=job.stamp)}


def _csv(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.csv import csv_file

    tables = {block.name: block for block in reversed(_blocks(job.sections)) if isinstance(block, Table)}
    if job.names.table not in tables:
        return {}
    return {f"{job.names.csv}.csv": csv_file(tables[job.names.table])}


def _png(job: _Job) -> dict[str, Content]:
    from rtplan.report.formats.drawing import png

    figures = [block for block in _blocks(job.sections) if isinstance(block, Figure)]
    repeated = [figure.name for figure in figures]
    return {
        f"{figure.name}{f'-{repeated[:place].count(figure.name) + 1}' if figure.name in repeated[:place] else ''}"
        f"{_suffix(job)}.png": png(figure)
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
}
