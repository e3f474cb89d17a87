"""A verification as sections: what does not fit, what today's data say, the hand-check sheet to sign."""

from __future__ import annotations

from collections.abc import Iterator

from rtplan.questions.verification import Verification, versions
from rtplan.report.blocks import Block, Facts, Notes, Report, Section, Table
from rtplan.report.columns import cells_of, columns
from rtplan.report.language import DISCLAIMER, ENGLISH, Words

__all__ = ["build"]


_BLANK = "_" * 40

SIGNED_BY = ("Calculated by", "Checked by (second physicist)", "Date")

SEALS = {
    "fits": "its content fits the SHA-256 it carries",
    "changed": "its content does not fit the SHA-256 it carries: it was changed after it was written",
    "none": "it carries no SHA-256 (files of rtplan 0.1)",
}


def build(result: Verification, told: Words = ENGLISH) -> Report:
    """What was held against what, what differs, and the sheet."""
    return Report(
        title=told("Verification of %(file)s", file=result.file),
        subtitle=told("the file and its figures are in order") if result.passed else told("NOT IN ORDER: see below"),
        sections=tuple(section for section in _sections(result, told) if section.blocks),
    )


def _sections(result: Verification, told: Words) -> Iterator[Section]:
    yield Section(key="file", heading=told("File"), blocks=(Facts(items=tuple(_facts(result, told))),))
    yield Section(key="notes", heading=told("Notes and warnings"), blocks=_notes(result))
    yield Section(key="own", heading=told("Other than its own inputs give"), blocks=_own(result, told))
    yield Section(key="today", heading=told("Other than today's data"), blocks=tuple(_today(result, told)))
    yield Section(key="sheet", heading=told("Hand check: each formula with its numbers"), blocks=_sheet(result, told))
    signed = Facts(items=tuple((told(name), _BLANK) for name in SIGNED_BY))
    yield Section(key="signatures", heading=told("Checked"), blocks=(signed, told(DISCLAIMER)))


def _facts(result: Verification, told: Words) -> Iterator[tuple[str, str]]:
    made = result.plan.provenance
    yield (
        told("Course"),
        f"{result.plan.inputs.prescription.reading}, {result.plan.course.first} – {result.plan.course.last}",
    )
    yield told("Revision"), str(result.plan.revision.number)
    yield told("Seal"), told(SEALS[result.seal])
    yield "SHA-256", result.sha256
    for link in result.chain:
        yield told("Revision %(number)s follows", number=link.revision), link.file or told("a file that was not found")
    yield told("Made"), f"{made.created or '–'}; {made.command or '–'}"
    for name, kept, today in versions(made):
        yield name, kept if kept == today else told("%(kept)s; today %(today)s", kept=kept or "–", today=today)


def _notes(result: Verification) -> tuple[Block, ...]:
    notes = (*result.notes, *result.unchecked)
    return (Notes(notes=notes),) if notes else ()


def _own(result: Verification, told: Words) -> tuple[Block, ...]:
    if not result.own:
        return ()
    rows = tuple((found.key, repr(found.kept), repr(found.made)) for found in result.own)
    return (Table(name="own", columns=columns(told, "key", "kept", "made", tables=("verify",)), rows=rows),)


def _today(result: Verification, told: Words) -> Iterator[Block]:
    if result.today:
        found = columns(told, "cause", "key", "kept", "today", tables=("verify",))
        rows = tuple((told(entry.cause), entry.key, entry.kept, entry.today) for entry in result.today)
        yield Table(name="today", columns=found, rows=rows)
    if result.moved:
        found = columns(told, "figure", "kept", "today", tables=("verify",))
        caption = told("What the plan would be if it were made today")
        yield Table(name="moved", columns=found, rows=tuple(cells_of(e, found) for e in result.moved), caption=caption)


def _sheet(result: Verification, told: Words) -> tuple[Block, ...]:
    formulae = dict.fromkeys((step.quantity, step.formula) for step in result.sheet)
    used = "; ".join(f"{told(quantity)} = {formula}" for quantity, formula in formulae)
    found = columns(told, "region", "quantity", "numbers", "value", "kept", "unit", "agrees", tables=("sheet",))
    rows = tuple(
        (
            told(step.region) if step.region else told("course"),
            told(step.quantity),
            step.numbers,
            step.value,
            step.kept,
            step.unit,
            step.agrees,
        )
        for step in result.sheet
    )
    return (used, Table(name="sheet", columns=found, rows=rows))
