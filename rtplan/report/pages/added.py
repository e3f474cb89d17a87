"""Added fractions on the calendar, as sections."""

from __future__ import annotations

from rtplan.questions.added import AddedAnswer, AddedFractions, Step
from rtplan.report.blocks import Cell, Column, Facts, Notes, Report, Section, Table
from rtplan.report.language import DISCLAIMER, dated, gy, plural, signed
from rtplan.report.pages.dose import tissue_facts

__all__ = [
    "build",
    "step_table",
]


def build(answer: AddedAnswer) -> Report:
    """What reaches the reference and its neighbour below, for each set; every step; notes; parameters."""
    facts = [(entry.name, entry.reading) for entry in (answer.prescription, answer.reference)]
    facts.append(("Calendar", answer.clinic))
    sections = [
        Section(key="readings", heading="", blocks=(Facts(items=tuple(facts)),)),
        Section(
            key="reached",
            heading=f"Fractions added to {answer.prescription.name} until it matches {answer.reference.name}",
            blocks=(Facts(items=tuple(item for found in answer.answers for item in _found(found))),),
        ),
        Section(key="steps", heading="One by one, on the calendar", blocks=(step_table(answer),)),
        Section(key="notes", heading="Notes", blocks=(Notes(notes=answer.notes),) if answer.notes else ()),
        Section(
            key="parameters",
            heading="Parameters",
            blocks=(tissue_facts([found.reached.row.parameters for found in answer.answers]), DISCLAIMER),
        ),
    ]
    return Report(
        title=f"{answer.prescription.name} to match {answer.reference.name}, with time",
        sections=tuple(section for section in sections if section.blocks),
    )


def _found(found: AddedFractions) -> list[tuple[str, str]]:
    tissue = found.reached.row.tissue
    items = [
        (tissue, f"to reach: net BED {gy(found.target_net_bed_gy)}"),
        ("", _step_text("reached", found, found.reached)),
    ]
    if found.below is not None:
        items.append(("", _step_text("one fewer", found, found.below)))
    return items


def _step_text(what: str, found: AddedFractions, step: Step) -> str:
    return (
        f"{what}: {plural(step.added, 'fraction')} added, {step.n_fractions} in all, {gy(step.row.dose_gy)}, "
        f"last {dated(step.last)}, T = {step.elapsed_days} d, net BED {gy(step.net_bed_gy)} "
        f"({signed(step.net_bed_gy - found.target_net_bed_gy)} Gy)"
    )


def step_table(answer: AddedAnswer) -> Table:
    """Every step of every set. The first that reaches is set off; net BED need not rise along them."""
    columns = (
        Column(key="tissue", title="Tissue"),
        Column(key="added", title="Added", kind="integer"),
        Column(key="n_fractions", title="Fractions", kind="integer"),
        Column(key="last", title="Last fraction", kind="date"),
        Column(key="elapsed_days", title="T", kind="integer", unit="d"),
        Column(key="dose_gy", title="Dose", kind="number", unit="Gy"),
        Column(key="time_loss_gy", title="Time loss", kind="number", unit="Gy"),
        Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
        Column(key="difference_gy", title="Difference", kind="number", unit="Gy", signed=True),
    )
    rows: list[tuple[Cell, ...]] = []
    marked = []
    for found in answer.answers:
        for step in found.steps:
            if step == found.reached:
                marked.append(len(rows))
            rows.append(
                (
                    step.row.tissue,
                    step.added,
                    step.n_fractions,
                    step.last,
                    step.elapsed_days,
                    step.row.dose_gy,
                    step.row.time_loss_gy,
                    step.net_bed_gy,
                    step.net_bed_gy - found.target_net_bed_gy,
                )
            )
    return Table(name="steps", columns=columns, rows=tuple(rows), emphasis=tuple(marked))
