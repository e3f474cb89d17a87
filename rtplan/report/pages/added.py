"""Added fractions on the calendar, as sections."""

from __future__ import annotations

from rtplan.questions.added import AddedAnswer, AddedFractions, Step
from rtplan.report.blocks import Cell, Facts, Notes, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.language import DISCLAIMER, ENGLISH, Words, gy, signed
from rtplan.report.tissues import tissue_facts
from rtplan.report.wording import clinic_text, reading

__all__ = [
    "build",
    "step_table",
]


def build(answer: AddedAnswer, told: Words = ENGLISH) -> Report:
    """What reaches the reference and its neighbour below, for each set; every step; notes; parameters."""
    facts = [(entry.name, reading(entry, told)) for entry in (answer.prescription, answer.reference)]
    facts.append((told("Calendar"), clinic_text(answer.clinic, answer.clinic_from, told)))
    names = {"regimen": answer.prescription.name, "reference": answer.reference.name}
    found = tuple(item for found in answer.answers for item in _found(found, told))
    tissues = [found.reached.row.parameters for found in answer.answers]
    sections = [
        Section(key="readings", heading="", blocks=(Facts(items=tuple(facts)),)),
        Section(
            key="reached",
            heading=told("Fractions added to %(regimen)s until it matches %(reference)s", **names),
            blocks=(Facts(items=found),),
        ),
        Section(key="steps", heading=told("One by one, on the calendar"), blocks=(step_table(answer, told),)),
        Section(key="notes", heading=told("Notes"), blocks=(Notes(notes=answer.notes),) if answer.notes else ()),
        Section(key="parameters", heading=told("Parameters"), blocks=(tissue_facts(tissues, told), told(DISCLAIMER))),
    ]
    return Report(
        title=told("%(regimen)s to match %(reference)s, with time", **names),
        sections=tuple(section for section in sections if section.blocks),
    )


def _found(found: AddedFractions, told: Words) -> list[tuple[str, str]]:
    items = [
        (found.reached.row.tissue, told("to reach: net BED %(dose)s", dose=gy(found.target_net_bed_gy))),
        ("", _step_text(told("reached"), found, found.reached, told)),
    ]
    if found.below is not None:
        items.append(("", _step_text(told("one fewer"), found, found.below, told)))
    return items


def _step_text(what: str, found: AddedFractions, step: Step, told: Words) -> str:
    return told(
        "%(what)s: %(added)s, %(count)s in all, %(dose)s, last %(last)s, T = %(elapsed)s d, net BED %(bed)s "
        "(%(difference)s Gy)",
        what=what,
        added=told.count(step.added, "%(count)s fraction added", "%(count)s fractions added"),
        count=step.n_fractions,
        dose=gy(step.row.dose_gy),
        last=told.dated(step.last),
        elapsed=step.elapsed_days,
        bed=gy(step.net_bed_gy),
        difference=signed(step.net_bed_gy - found.target_net_bed_gy),
    )


_STEP = ("tissue", "added", "n_fractions", "last", "elapsed_days", "dose_gy", "time_loss_gy", "net_bed_gy")


def step_table(answer: AddedAnswer, told: Words = ENGLISH) -> Table:
    """Every step of every set. The first that reaches is set off; net BED need not rise along them."""
    found = columns(told, *_STEP, "difference_gy", tables=("steps",))
    steps = [(entry, step) for entry in answer.answers for step in entry.steps]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            step.row.tissue,
            step.added,
            step.n_fractions,
            step.last,
            step.elapsed_days,
            step.row.dose_gy,
            step.row.time_loss_gy,
            step.net_bed_gy,
            step.net_bed_gy - entry.target_net_bed_gy,
        )
        for entry, step in steps
    )
    marked = tuple(place for place, (entry, step) in enumerate(steps) if step == entry.reached)
    return Table(name="steps", columns=found, rows=rows, emphasis=marked)
