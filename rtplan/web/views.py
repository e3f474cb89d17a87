"""What the templates show of a state and its answers: texts, links and looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rtplan.answer import Answer
from rtplan.interruption.missed import Missed
from rtplan.note import SEVERITIES
from rtplan.planning.plan import Plan
from rtplan.questions.starts import Start, StartSearch
from rtplan.report.blocks import Figure, MonthGrid, Section, Signatures
from rtplan.report.formats.html import grid_view, section_views
from rtplan.report.language import Words, number, signed
from rtplan.report.pages.plan import grid
from rtplan.report.registry import report
from rtplan.report.sentences import phrase, sentence
from rtplan.report.wording import reading
from rtplan.web.address import State

__all__ = ["Link", "calendar", "facts", "figures_of", "files_of", "option_rows", "sections", "start_days", "worst"]


Link = Callable[[State], str]
"""The address of a state."""

PLAN_FILES = ("report.html", "patient.html", "calendar.ics", "plan.xlsx", "fractions.csv", "plan.json")
MISSED_FILES = ("missed.html", "missed.xlsx", "options.csv", "missed.json")
OTHER_FILES = {
    "compare": ("compare.html", "compare.xlsx", "compare.csv"),
    "starts": ("starts.html", "starts.csv"),
    "department": ("department.html", "department.xlsx", "department.csv", "department.json"),
}


def calendar(plan: Plan, missed: Missed | None, state: State, link: Link, told: Words) -> dict[str, Any]:
    """The months of a course. A planned day is a link that says it was missed, or takes that back."""
    option = _option(missed, state)
    course = plan.course if option is None else option.course
    cycles = plan.cycles if option is None else option.cycles
    view = grid_view(grid(plan, course, plan.inputs.calendar, cycles, state.missed, told), told)
    planned = set(plan.course.dates)
    extra = {opened.date for opened in option.sessions} if option is not None else set()
    for month in view["months"]:
        for day in (day for week in month["weeks"] for day in week if day is not None):
            date = dt.date.fromisoformat(day["iso"])
            day["href"] = link(state.toggled(date)) if date in planned else ""
            day["pressed"] = date in state.missed
            day["extra"] = told("extra session") if date in extra else ""
            day["spoken"] = _spoken(day, date, told)
    return view


def _spoken(day: dict[str, Any], date: dt.date, told: Words) -> str:
    """What a screen reader says of a day that can be clicked."""
    parts = [told.date(date)]
    parts += [f"{told('fraction')} {day['fractions']}"] if day["fractions"] else []
    parts += [told("missed")] if day["pressed"] else []
    return ", ".join(parts)


def _option(missed: Missed | None, state: State) -> Any:
    if missed is None:
        return None
    return missed.option(state.chosen) if state.chosen else missed.appended


def facts(plan: Plan, missed: Missed | None, state: State, told: Words) -> list[tuple[str, str]]:
    """What a course is and when it ends; of an option, beside what was planned."""
    option = _option(missed, state)
    course = plan.course if option is None else option.course
    last = told.dated(course.last)
    if course.last != plan.course.last:
        last = told("%(last)s (planned %(planned)s)", last=last, planned=told.dated(plan.course.last))
    overall, elapsed = course.overall_treatment_time_days, course.elapsed_days
    longer = plan.prolongation_days if option is None else option.prolongation_days
    return [
        (told("Prescription"), reading(plan.inputs.prescription, told)),
        (told("Clinic"), told(plan.inputs.clinic)),
        (told("First fraction"), told.dated(course.first)),
        (told("Last fraction"), last),
        (told("Overall time"), told("%(overall)s days (T = %(elapsed)s)", overall=overall, elapsed=elapsed)),
        (told("Prolongation"), told("%(days)s d against the prescribed reference", days=signed(longer, 0))),
    ]


def option_rows(missed: Missed, state: State, link: Link, told: Words) -> list[dict[str, Any]]:
    """The options in their order, each with the address under which it is chosen."""
    rows = []
    for option in missed.listed:
        tumour = next((effect.row.net_bed_gy for effect in option.effects if effect.row.kind == "tumour"), None)
        rows.append(
            {
                "rank": option.rank,
                "id": option.id,
                "label": phrase(option.label, told),
                "href": link(state.moved(view="missed", chosen=option.id)),
                "chosen": option.id == state.chosen,
                "last": told.dated(option.course.last),
                "elapsed": option.course.elapsed_days,
                "longer": signed(option.prolongation_days, 0),
                "tumour": "–" if tumour is None else number(tumour),
                "deficit": "–" if option.known_deficit_gy is None else number(option.known_deficit_gy),
                "late": "–" if option.late_excess_gy is None else number(option.late_excess_gy),
                "acute": "–" if option.acute_excess_gy is None else number(option.acute_excess_gy),
                "rules": [sentence(note, told) for note in option.violations],
                "held": told("not while toxicity is unresolved") if option.held else "",
            }
        )
    return rows


def sections(answer: Answer, told: Words, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The sections of an answer's report that the page shows, in this order, without figures and signatures."""
    found = {section.key: section for section in report(answer, told).sections}
    wanted = tuple(_without_drawings(found[key]) for key in keys if key in found)
    return section_views(tuple(section for section in wanted if section.blocks), told)


def _without_drawings(section: Section) -> Section:
    left_out = Figure | Signatures | MonthGrid
    return replace(section, blocks=tuple(block for block in section.blocks if not isinstance(block, left_out)))


def figures_of(answer: Answer, told: Words) -> list[Figure]:
    """The figures of an answer, in order: each is loaded by itself."""
    return [block for section in report(answer, told).sections for block in section.blocks if isinstance(block, Figure)]


def worst(answer: Answer, told: Words) -> list[dict[str, str]]:
    """Notes of an answer, the worst first."""
    ordered = sorted(answer.notes, key=lambda note: -SEVERITIES.index(note.severity))
    return [{"severity": note.severity, "text": sentence(note, told)} for note in ordered]


def start_days(search: StartSearch, state: State, link: Link, told: Words) -> Iterator[dict[str, Any]]:
    """Every day of a range: a possible one with what it costs, and the address of its plan."""
    for entry in search.by_date:
        view: dict[str, Any] = {"date": told.dated(entry.date), "iso": entry.date.isoformat()}
        if isinstance(entry, Start):
            plan = state.moved(view="plan", start=entry.date, first=None, last=None)
            yield view | {
                "href": link(plan),
                "rank": entry.rank,
                "last": told.dated(entry.course.last),
                "overall": entry.overall_treatment_time_days,
                "net": number(entry.effect.net_bed_gy),
                "rules": len(entry.rule_breaches),
                "cycles": len(entry.cycle_breaches),
                "provisional": entry.provisional_days,
            }
        else:
            yield view | {"href": "", "why": told.reason(entry.reason)}


def files_of(state: State, missed: Missed | None) -> tuple[str, ...]:
    """Names of the files that a state can be saved as."""
    if state.view == "missed" and missed is not None:
        return (*MISSED_FILES, *(("revision.zip",) if state.chosen else ()))
    return OTHER_FILES.get(state.view, PLAN_FILES)
