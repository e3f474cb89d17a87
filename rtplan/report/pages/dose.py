"""A quick answer as sections."""

from __future__ import annotations

from collections.abc import Sequence

from rtplan.questions.dose import DoseAnswer, Match
from rtplan.radiobiology.effect import EffectRow
from rtplan.report.blocks import Block, Cell, Facts, Notes, Report, Section, Table
from rtplan.report.columns import cells_of, columns, row_cells
from rtplan.report.language import DISCLAIMER, ENGLISH, Words, short
from rtplan.report.tissues import tissue_facts, variant_text

__all__ = [
    "build",
    "row_table",
]


def build(answer: DoseAnswer, told: Words = ENGLISH) -> Report:
    """Readings, rows, matches, notes, and where the parameters come from."""
    readings = tuple((entry.regimen, entry.reading) for entry in answer.readings)
    tissues = [row.parameters for row in answer.rows if not row.variant]
    shown = (_shown(answer.rows, len(answer.readings) > 1, told),) if answer.rows else ()
    sections = [
        Section(key="readings", heading="", blocks=(Facts(items=readings),)),
        Section(key="effects", heading="", blocks=shown),
        Section(key="matches", heading=_match_heading(answer.matches, told), blocks=_matches(answer.matches, told)),
        Section(key="notes", heading=told("Notes"), blocks=(Notes(notes=answer.notes),) if answer.notes else ()),
        Section(
            key="parameters",
            heading=told("Parameters"),
            blocks=(tissue_facts(tissues, told),) if answer.rows else (),
        ),
        Section(key="about", heading="", blocks=(told(DISCLAIMER),)),
        Section(key="rows", heading=told("Rows"), blocks=(row_table(answer.rows, told),), terminal=False),
    ]
    return Report(title=told("Dose, BED and EQD2"), sections=tuple(section for section in sections if section.blocks))


_ROW = (
    "regimen",
    "region",
    "tissue",
    "variant",
    "target",
    "model",
    "alpha_beta_gy",
    "n_fractions",
    "dose_per_fraction_gy",
    "dose_gy",
    "elapsed_days",
    "overall_treatment_time_days",
    "bed_gy",
    "eqd2_gy",
    "repair_gain_gy",
    "time_loss_gy",
    "net_bed_gy",
    "net_eqd2_gy",
)


def row_table(rows: Sequence[EffectRow], told: Words = ENGLISH) -> Table:
    """Every figure of the rows, in full precision, for files: names stand as programs know them."""
    found = columns(told, *_ROW, tables=("rows",))
    return Table(name="effects", columns=found, rows=tuple(cells_of(row, found) for row in rows))


def _shown(rows: Sequence[EffectRow], several: bool, told: Words) -> Table:
    """The rows as a person reads them: columns that say nothing are left out."""
    hidden = _hidden(rows) | (set() if several else {"regimen"})
    found = columns(told, *(key for key in _ROW if key not in hidden), tables=("rows",))
    body = [
        tuple(
            variant_text(row, rows, told) if column.key == "variant" else cell
            for column, cell in zip(found, row_cells(row, found, told), strict=True)
        )
        for row in rows
    ]
    return Table(name="shown", columns=found, rows=tuple(body))


def _hidden(rows: Sequence[EffectRow]) -> set[str]:
    hidden = {"target", "model", "n_fractions", "dose_per_fraction_gy", "overall_treatment_time_days"}
    if any(row.model != "LQ" for row in rows):
        hidden.discard("model")
    if not any(row.variant for row in rows):
        hidden.add("variant")
    if len({row.region for row in rows}) == len({(row.region, row.tissue) for row in rows}):
        hidden.add("tissue")
    for key in ("elapsed_days", "repair_gain_gy", "time_loss_gy"):
        if all(getattr(row, key) is None for row in rows):
            hidden.add(key)
    return hidden | ({"net_bed_gy", "net_eqd2_gy"} if {"repair_gain_gy", "time_loss_gy"} <= hidden else set())


def _match_heading(matches: Sequence[Match], told: Words) -> str:
    if not matches:
        return ""
    first = matches[0]
    if first.asked == "n_fractions":
        dose = short(first.dose_per_fraction_gy, 4)
        return told("Fractions of %(dose)s Gy that match %(reference)s", dose=dose, reference=first.reference)
    return told(
        "Dose per fraction in %(count)s fractions that matches %(reference)s",
        count=f"{first.n_fractions:g}",
        reference=first.reference,
    )


def _matches(matches: Sequence[Match], told: Words) -> tuple[Block, ...]:
    if not matches:
        return ()
    keys = ("alpha_beta_gy", "kind", "n_fractions", "dose_per_fraction_gy", "dose_gy", "bed_gy", "eqd2_gy")
    found = columns(told, *keys, "difference_bed_gy", tables=("matches",))
    rows: list[tuple[Cell, ...]] = []
    for match in matches:
        exact = (match.n_fractions, match.dose_per_fraction_gy, match.dose_gy)
        effect = (match.reference_bed_gy, match.reference_eqd2_gy, 0.0)
        rows.append((match.alpha_beta_gy, told("exact"), *exact, *effect))
        for choice in match.choices:
            can = (float(choice.n_fractions), choice.dose_per_fraction_gy, choice.dose_gy)
            effect = (choice.bed_gy, choice.eqd2_gy, choice.difference_bed_gy)
            rows.append((match.alpha_beta_gy, told("deliverable"), *can, *effect))
    return (Table(name="matches", columns=found, rows=tuple(rows)),)
