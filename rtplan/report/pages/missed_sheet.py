"""The answer on missed fractions on one screen, and on one page that can be signed, with the rest behind it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtplan.clinic.days import week_of
from rtplan.course.course import Course, Fraction
from rtplan.interruption.judge import Option
from rtplan.interruption.missed import Missed
from rtplan.interruption.situation import Situation, partial_fractions
from rtplan.note import Phrase
from rtplan.report.blocks import Block, Cell, Facts, MonthGrid, Notes, Report, Section, Signatures, Table
from rtplan.report.columns import columns
from rtplan.report.language import ENGLISH, Words
from rtplan.report.pages import missed as full
from rtplan.report.pages.plan import fraction_table, grid
from rtplan.report.pages.sheet import (
    SIGNED_BY,
    asked_for,
    boxes,
    brief_grid,
    cycles_line,
    dose_table,
    foot,
    loud,
    revisions,
    tightest_limits,
)
from rtplan.report.sentences import brief, phrase, sentence
from rtplan.report.wording import days_text, reading, times_text

__all__ = [
    "book",
    "paper",
    "screen",
    "whole",
]


MOST_OPTIONS = 5


MOST_ON_PAPER = 4
"""Of the question itself, on the page that is signed; all of them stand behind it."""


MOST_WARNINGS = 2
"""Of the question itself, on one screen."""


def screen(missed: Missed, told: Words = ENGLISH) -> Report:
    """What one screen holds: the situation, up to five options, the first one's calendar and doses."""
    option = missed.decided
    more = foot(told("--full: every option in full, what is not offered, sources, conventions"))
    sections = (
        Section(key="situation", heading="", blocks=(Facts(items=tuple(_situation(missed, told))),)),
        Section(key="options", heading="", blocks=tuple(_options(missed, told))),
        Section(key="decided", heading="", blocks=tuple(_decided_briefly(missed, option, told))),
        Section(key="warnings", heading="", blocks=tuple(_warnings(missed, option, told, MOST_WARNINGS))),
        *(asked_for(full.build(missed, told)) if missed.uncertainty is not None else ()),
        more,
    )
    return _report(missed, sections, told)


def paper(missed: Missed, told: Words = ENGLISH) -> Report:
    """The page to sign, then what belongs to the option on it."""
    return _report(missed, (*_front(missed, told), *_annex(missed, told)), told)


def whole(missed: Missed, told: Words = ENGLISH) -> Report:
    """The page to sign, then all there is."""
    behind = (replace(section, key=f"full-{section.key}") for section in full.build(missed, told).sections)
    return _report(missed, (*_front(missed, told), *behind), told)


def book(missed: Missed, told: Words = ENGLISH) -> Report:
    """For a workbook: the options, the chosen course with its calendar, and what was asked."""
    sections = full.build(replace(missed, all_options=True), told).sections
    chosen = {f"option-{missed.decided.id}", f"fractions-{missed.decided.id}"}
    kept = tuple(
        section
        for section in sections
        if section.key in chosen or not section.key.startswith(("option-", "fractions-", "figures"))
    )
    return _report(missed, kept, told)


def _report(missed: Missed, sections: Sequence[Section], told: Words) -> Report:
    inputs = missed.plan.inputs
    revision = told("plan revision %(number)s", number=missed.plan.revision.number)
    return Report(
        title=told("Missed fractions: %(course)s", course=inputs.label),
        subtitle=f"{reading(inputs.prescription, told)} · {told(inputs.clinic)} · {revision}",
        sections=tuple(section for section in sections if section.blocks),
    )


def _situation(missed: Missed, told: Words) -> Iterator[tuple[str, str]]:
    """What was lost, what was given, what the interruption costs."""
    situation = missed.situation
    cause = told(" (%(cause)s)", cause=told(situation.cause)) if situation.cause else ""
    yield told("Missed"), full.missed_text(situation, told) + cause
    yield from _partials(missed, told)
    delivered = [fraction.doses_gy[0] for fraction in situation.delivered]
    left = [slot.doses_gy[0] for slot in situation.slots]
    yield (
        told("As of %(day)s", day=situation.as_of),
        told(
            "given %(given)s; to give %(left)s",
            given=full.fractions_text(delivered, told),
            left=full.fractions_text(left, told) if left else told("nothing"),
        ),
    )
    yield told("Planned end"), told("%(last)s, %(time)s", **_end(missed.planned, told))
    option = missed.appended
    ends = told("%(last)s, %(time)s", **_end(option.course, told))
    longer = days_text(option.prolongation_days, told, sign=True)
    yield told("If appended"), told("%(end)s, %(days)s", end=ends, days=longer)
    yield told("Cost"), _cost(missed, told)


def _partials(missed: Missed, told: Words) -> Iterator[tuple[str, str]]:
    parts = [
        told(
            "fraction %(number)s on %(date)s partial, %(given)s of %(planned)s Gy",
            number=part.number,
            date=part.date,
            given=f"{part.dose_gy:g}",
            planned=f"{part.planned_gy:g}",
        )
        for part in partial_fractions(missed.situation)
    ]
    if parts:
        yield told("Partial"), told("; ").join(parts)


def _end(course: Course, told: Words) -> dict[str, str]:
    return {"last": told.dated(course.last), "time": times_text(course, told)}


def _cost(missed: Missed, told: Words) -> str:
    """The net BED that each tumour region loses to time where nothing is done but to append."""
    lost = [
        told(
            "%(region)s loses %(dose)s Gy of net BED (%(eqd2)s Gy of EQD2)",
            region=told(price.region),
            dose=f"{price.prescribed_gy:.2f}",
            eqd2=f"{price.prescribed_eqd2_gy:.2f}",
        )
        for price in missed.prices
        if price.prescribed_gy is not None and price.prescribed_eqd2_gy is not None
    ]
    return told("; ").join(dict.fromkeys(lost)) or told("what time costs is not known")


_BRIEF = (
    "id",
    "last",
    "prolongation_days",
    "dose_per_fraction_gy",
    "deficit_gy",
    "late_excess_gy",
    "violations",
)


def _options(missed: Missed, told: Words) -> Iterator[Block]:
    """The first five, one a line; why the first stands first; how many more there are."""
    shown = list(missed.options) if missed.all_options else _first_options(missed)
    yield _option_table(missed, shown, told)
    yield from _why_first(missed, told)
    yield from _more(missed, len(shown), told)


def _option_table(missed: Missed, shown: Sequence[Option], told: Words) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            option.id,
            option.course.last,
            option.prolongation_days,
            option.dose_per_fraction_gy,
            option.known_deficit_gy,
            option.late_excess_gy,
            len(option.broken),
        )
        for option in shown
    ]
    chosen = (shown.index(missed.decided),)
    found = columns(told, *_BRIEF, tables=("brief_options", "options"))
    return Table(name="options", columns=found, rows=tuple(rows), emphasis=chosen)


def _more(missed: Missed, shown: int, told: Words) -> Iterator[str]:
    more, kept = len(missed.options) - shown, len(missed.not_offered)
    parts = [told.count(more, "%(count)s further option", "%(count)s further options")] if more else []
    parts += [told.count(kept, "%(count)s is not offered", "%(count)s are not offered")] if kept else []
    if parts:
        yield told("; ").join(parts)


def _first_options(missed: Missed) -> list[Option]:
    """Five of the options, the chosen one among them."""
    shown = list(missed.options[:MOST_OPTIONS])
    return shown if missed.decided in shown else [*shown[:-1], missed.decided]


_SAID = ("no-compensation-needed", "first-before-second")
"""Notes that are no warnings and say what is thought of the options."""


def _why_first(missed: Missed, told: Words) -> Iterator[str]:
    yield from (sentence(note, told) for code in _SAID for note in missed.notes if note.code == code)


def _decided_briefly(missed: Missed, option: Option, told: Words) -> Iterator[Block]:
    """The first option, or the chosen one: what it is, its weeks and its doses."""
    name = _heading(missed, told)
    chemotherapy = ((told("Chemotherapy"), _moved_cycles(missed, option, told)),) if option.cycles else ()
    yield Facts(items=((name, f"{option.id}: {phrase(option.label, told)}"), *chemotherapy))
    lost = tuple(fraction.date for fraction in missed.situation.missed)
    days = grid(missed.plan, option.course, missed.plan.inputs.calendar, option.cycles, lost, told)
    yield _from_here(brief_grid(days, option.cycles), missed.situation)
    yield from _doses(missed, option, told)


def _from_here(days: MonthGrid, situation: Situation) -> MonthGrid:
    """The weeks from the first missed day on, or from the day of the question."""
    begin = min([situation.as_of, *(fraction.date for fraction in situation.missed)])
    first = week_of(begin, days.first_weekday)[0]
    return replace(days, days=tuple(day for day in days.days if day.date >= first))


def _doses(missed: Missed, option: Option, told: Words) -> Iterator[Table | str]:
    yield dose_table([(effect.row, effect.prescribed_net_bed_gy) for effect in option.effects], told)
    yield from tightest_limits([effect.row for effect in option.effects], missed.plan.inputs.setting, told)


def _heading(missed: Missed, told: Words) -> str:
    if missed.chosen:
        return told("Chosen")
    return told("Proposed")


def _chemotherapy(missed: Missed, option: Option, told: Words) -> Iterator[tuple[str, str]]:
    if option.cycles:
        yield (
            told("Chemotherapy"),
            told("; ").join((_moved_cycles(missed, option, told), cycles_line(option.cycles, told))),
        )


def _moved_cycles(missed: Missed, option: Option, told: Words) -> str:
    """Which cycles stand on other days than in the plan."""
    before = {cycle.number: cycle.date for cycle in missed.plan.cycles}
    moved = [
        told("cycle %(cycle)s from %(before)s to %(date)s", cycle=c.number, before=before[c.number], date=c.date)
        for c in option.cycles
        if c.number in before and before[c.number] != c.date
    ]
    return told("moved: %(cycles)s", cycles=told(", ").join(moved)) if moved else told("not moved")


def _warnings(missed: Missed, option: Option, told: Words, most: int | None) -> Iterator[Block]:
    """What the option breaks, then what is to be said of the question."""
    yield from loud(option.violations, told)
    yield from loud([note for note in missed.notes if note.severity != "info"], told, most)


# --- the page to sign -----------------------------------------------------------------------------------------------


def _front(missed: Missed, told: Words) -> Iterator[Section]:
    option = missed.decided
    yield Section(key="patient", heading="", blocks=(boxes(told),))
    history = tuple(revisions(missed.plan.revision, told))
    known = (*_situation(missed, told), (told("Limit"), full.limit_text(missed, told)), *history)
    yield Section(key="situation", heading=told("Cost of the interruption"), blocks=(Facts(items=known),))
    yield Section(key="options", heading=told("Options"), blocks=tuple(_options_on_paper(missed, told)))
    heading = told("Chosen option: %(id)s", id=option.id)
    if not missed.chosen:
        heading = told("Proposed option, first in rank: %(id)s", id=option.id)
    yield Section(key="decided", heading=heading, blocks=tuple(_decision(missed, option, told)))
    roles = (*map(told, SIGNED_BY), told("Patient told by"))
    yield Section(key="signatures", heading=told("Checked"), blocks=(Signatures(roles=roles),))


def _options_on_paper(missed: Missed, told: Words) -> Iterator[Block]:
    shown = _first_options(missed)
    table = _option_table(missed, shown, told)
    option = columns(told, "what", tables=("brief_options",))
    said = [_what(entry, told) for entry in shown]
    rows = tuple((row[0], what, *row[1:]) for row, what in zip(table.rows, said, strict=True))
    name, *figures = table.columns
    yield replace(table, columns=(name, *option, *figures), rows=rows)
    yield from _more(missed, len(shown), told)


def _what(option: Option, told: Words) -> str:
    """What an option does; that it has to wait, where toxicity is unresolved."""
    held = told(" (not while toxicity is unresolved)") if option.held else ""
    return phrase(option.label, told) + held


def _decision(missed: Missed, option: Option, told: Words) -> Iterator[Block]:
    yield Facts(items=tuple(_decision_facts(missed, option, told)))
    yield from _doses(missed, option, told)
    yield from _warnings(missed, option, told, MOST_ON_PAPER)


def _decision_facts(missed: Missed, option: Option, told: Words) -> Iterator[tuple[str, str]]:
    course, given = option.course, len(missed.situation.delivered)
    coming = course.fractions[given:]
    if coming:
        following = told("next session %(day)s", day=told.dated(coming[0].date))
        yield told("Course from here"), told("; ").join((_segments(coming, told), following))
    time = told("%(last)s, %(time)s", **_end(course, told))
    longer = days_text(option.prolongation_days, told, sign=True)
    yield told("New end"), told("%(end)s, %(days)s against the prescription", end=time, days=longer)
    yield from _chemotherapy(missed, option, told)
    why = (
        " ".join(_why_first(missed, told)) if missed.decided is missed.options[0] else told("chosen by the department")
    )
    if why:
        yield told("Why"), why
    if missed.situation.unresolved_toxicity:
        yield told("Toxicity"), _toxicity(option, told)


def _toxicity(option: Option, told: Words) -> str:
    if option.held:
        return told("not while toxicity is unresolved: this option intensifies treatment")
    return told("this option does not intensify; those that do are not given while toxicity is unresolved")


def _segments(coming: Sequence[Fraction], told: Words) -> str:
    """Runs of fractions of one dose: from DATE, N fractions of D Gy."""
    parts = []
    for doses, group in itertools.groupby(coming, key=lambda fraction: fraction.doses_gy):
        fractions = list(group)
        each = " / ".join(f"{dose:.2f}" for dose in doses)
        one, many = (
            "from %(day)s, %(count)s fraction of %(dose)s Gy",
            "from %(day)s, %(count)s fractions of %(dose)s Gy",
        )
        parts.append(told.count(len(fractions), one, many, day=told.dated(fractions[0].date), dose=each))
    return told("; ").join(parts)


# --- what stands behind it ------------------------------------------------------------------------------------------


def _annex(missed: Missed, told: Words) -> Iterator[Section]:
    """The option's calendar, cycles and fractions, then what belongs to the question: three pages at most."""
    option = missed.decided
    details = tuple(_details(missed, option, told))
    yield Section(key="option", heading=told("Calendar and doses of %(id)s", id=option.id), blocks=details)
    fractions = fraction_table(replace(missed.plan, course=option.course, cycles=option.cycles), told)
    yield Section(key="fractions", heading=told("Fractions"), blocks=(fractions,))
    full_view = {section.key: section for section in full.build(missed, told).sections}
    notes = Notes(notes=missed.notes)
    yield Section(key="notes", heading=told("Notes and warnings"), blocks=(notes,) if missed.notes else ())
    yield Section(key="not-offered", heading=told("Not offered"), blocks=tuple(_kept_back(missed, told)))
    for key in ("uncertainty", "delivered", "parameters", "conventions"):
        if key in full_view:
            yield full_view[key]


def _details(missed: Missed, option: Option, told: Words) -> Iterator[Block]:
    """The option in full, its calendar with a line a week; its facts stand on the first page."""
    for block in full.details(missed, option, told):
        if isinstance(block, MonthGrid):
            yield brief_grid(block, option.cycles)
        elif not isinstance(block, Facts):
            yield block


def _kept_back_by(option: Option, told: Words) -> str:
    """The hard rules that an option breaks, in few words, the first of each kind and organ."""
    first = {(note.code, note.values.get("region")): note for note in reversed(full.kept_back_notes(option))}
    return told("; ").join(brief(note, told, paper=True) for note in reversed(first.values()))


def _kept_back(missed: Missed, told: Words) -> Iterator[Table]:
    """What is not offered, with why; what each rule, waived, would open."""
    if not missed.not_offered:
        return
    found = columns(told, "id", "what", "kept_back_by", tables=("brief_options", "options"))
    rows = tuple((option.id, phrase(option.label, told), _kept_back_by(option, told)) for option in missed.not_offered)
    yield Table(name="not-offered", columns=found, rows=rows)
    bought = columns(told, "rule", "id", "deficit_gy", "late_excess_gy", "opens", tables=("brief_options", "options"))
    opened = tuple(
        (
            "; ".join(phrase(Phrase(code=f"rule-{code}"), told) for code in entry.waive),
            entry.option,
            entry.deficit_gy,
            entry.late_excess_gy,
            entry.opens,
        )
        for entry in missed.waivers
    )
    yield Table(name="waivers", columns=bought, rows=opened)
