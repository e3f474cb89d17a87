"""A quick answer as sections."""

from __future__ import annotations

from collections.abc import Sequence

from rtplan.questions.dose import DoseAnswer, Match
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.tissue import Tissue
from rtplan.report.blocks import Block, Cell, Column, Facts, Notes, Report, Section, Table
from rtplan.report.language import DISCLAIMER, gy, number

__all__ = [
    "build",
    "row_table",
    "tissue_facts",
]


def build(answer: DoseAnswer) -> Report:
    """Readings, rows, matches, notes, and where the parameters come from."""
    several = len(answer.readings) > 1
    sections = [
        Section(
            key="readings",
            heading="",
            blocks=(Facts(items=tuple((entry.regimen, entry.reading) for entry in answer.readings)),),
        ),
        Section(
            key="effects",
            heading="",
            blocks=(_shown(answer.rows, several),) if answer.rows else (),
        ),
        Section(key="matches", heading=_match_heading(answer.matches), blocks=_matches(answer.matches)),
        Section(key="notes", heading="Notes", blocks=(Notes(notes=answer.notes),) if answer.notes else ()),
        Section(
            key="parameters",
            heading="Parameters",
            blocks=(tissue_facts([row.parameters for row in answer.rows if not row.variant]),) if answer.rows else (),
        ),
        Section(key="about", heading="", blocks=(DISCLAIMER,)),
        Section(key="rows", heading="Rows", blocks=(row_table(answer.rows),), terminal=False),
    ]
    return Report(title="Dose, BED and EQD2", sections=tuple(section for section in sections if section.blocks))


_ROW_COLUMNS = (
    Column(key="regimen", title="Regimen"),
    Column(key="region", title="Region"),
    Column(key="tissue", title="Tissue"),
    Column(key="variant", title="Variant"),
    Column(key="target", title="Target"),
    Column(key="model", title="Model"),
    Column(key="alpha_beta_gy", title="α/β", kind="number", unit="Gy"),
    Column(key="n_fractions", title="Fractions", kind="integer"),
    Column(key="dose_per_fraction_gy", title="Dose per fraction", kind="number", unit="Gy", digits=4),
    Column(key="dose_gy", title="Dose", kind="number", unit="Gy"),
    Column(key="elapsed_days", title="T", kind="number", unit="d", digits=0),
    Column(key="overall_treatment_time_days", title="Overall time", kind="number", unit="d", digits=0),
    Column(key="bed_gy", title="BED", kind="number", unit="Gy"),
    Column(key="eqd2_gy", title="EQD2", kind="number", unit="Gy"),
    Column(key="repair_gain_gy", title="Repair", kind="number", unit="Gy", signed=True),
    Column(key="time_loss_gy", title="Time loss", kind="number", unit="Gy"),
    Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
    Column(key="net_eqd2_gy", title="Net EQD2", kind="number", unit="Gy"),
)


def row_table(rows: Sequence[EffectRow]) -> Table:
    """Every figure of the rows, in full precision, for files."""
    body = tuple(tuple(getattr(row, column.key) for column in _ROW_COLUMNS) for row in rows)
    return Table(name="effects", columns=_ROW_COLUMNS, rows=body)


def _shown(rows: Sequence[EffectRow], several: bool) -> Table:
    """The rows as a person reads them: columns that say nothing are left out."""
    columns = list(_ROW_COLUMNS)
    hidden = {"target", "model", "n_fractions", "dose_per_fraction_gy", "overall_treatment_time_days"}
    if any(row.model != "LQ" for row in rows):
        hidden.discard("model")
    if not any(row.variant for row in rows):
        hidden.add("variant")
    if not several:
        hidden.add("regimen")
    if len({row.region for row in rows}) == len({(row.region, row.tissue) for row in rows}):
        hidden.add("tissue")
    for key in ("elapsed_days", "repair_gain_gy", "time_loss_gy"):
        if all(getattr(row, key) is None for row in rows):
            hidden.add(key)
    if {"repair_gain_gy", "time_loss_gy"} <= hidden:
        hidden |= {"net_bed_gy", "net_eqd2_gy"}
    columns = [column for column in columns if column.key not in hidden]
    body = tuple(tuple(getattr(row, column.key) for column in columns) for row in rows)
    return Table(name="shown", columns=tuple(columns), rows=body)


def tissue_facts(tissues: Sequence[Tissue]) -> Facts:
    """Each parameter set in one line, with its source and whether it was read there."""
    return Facts(items=tuple((tissue.name, _tissue_text(tissue)) for tissue in dict.fromkeys(tissues)))


def _tissue_text(tissue: Tissue) -> str:
    parts = [f"α/β {gy(tissue.alpha_beta)} ({tissue.source.text}; {tissue.source.flag})"]
    if tissue.model == "LQ-L" and tissue.transition_dose is not None:
        slope = "the tangent" if tissue.gamma_over_alpha is None else f"γ/α {tissue.gamma_over_alpha:g}"
        parts.append(f"LQ-L above {gy(tissue.transition_dose)} ({slope})")
    time = tissue.repopulation
    if time is not None and time.rate is not None and time.kick_off_day is not None:
        basis = "BED" if time.basis == "bed" else "EQD2"
        first = "" if not time.first_fraction_is_day else ", first fraction is day 1"
        parts.append(
            f"K {number(time.rate, 3).rstrip('0').rstrip('.')} Gy of {basis} per day after day "
            f"{time.kick_off_day:g}{first} ({time.source.text}; {time.source.flag})"
        )
    if tissue.repair is not None:
        sign = "> " if tissue.repair.bound else ""
        halves = " and ".join(f"{sign}{value:g} h" for value in tissue.repair.half_times_h)
        parts.append(f"repair half-time {halves} ({tissue.repair.source.text}; {tissue.repair.source.flag})")
    return "; ".join(parts)


def _match_heading(matches: Sequence[Match]) -> str:
    if not matches:
        return ""
    first = matches[0]
    if first.asked == "n_fractions":
        return f"Fractions of {_short(first.dose_per_fraction_gy)} Gy that match {first.reference}"
    return f"Dose per fraction in {first.n_fractions:g} fractions that matches {first.reference}"


def _short(value: float) -> str:
    return number(value, 4).rstrip("0").rstrip(".")


def _matches(matches: Sequence[Match]) -> tuple[Block, ...]:
    if not matches:
        return ()
    columns = (
        Column(key="alpha_beta_gy", title="α/β", kind="number", unit="Gy"),
        Column(key="kind", title=""),
        Column(key="n_fractions", title="Fractions", kind="number", digits=3),
        Column(key="dose_per_fraction_gy", title="Per fraction", kind="number", unit="Gy", digits=4),
        Column(key="dose_gy", title="Dose", kind="number", unit="Gy"),
        Column(key="bed_gy", title="BED", kind="number", unit="Gy"),
        Column(key="eqd2_gy", title="EQD2", kind="number", unit="Gy"),
        Column(key="difference_bed_gy", title="BED difference", kind="number", unit="Gy", signed=True),
    )
    rows: list[tuple[Cell, ...]] = []
    for match in matches:
        exact = (match.n_fractions, match.dose_per_fraction_gy, match.dose_gy)
        rows.append((match.alpha_beta_gy, "exact", *exact, match.reference_bed_gy, match.reference_eqd2_gy, 0.0))
        for choice in match.choices:
            can = (float(choice.n_fractions), choice.dose_per_fraction_gy, choice.dose_gy)
            effect = (choice.bed_gy, choice.eqd2_gy, choice.difference_bed_gy)
            rows.append((match.alpha_beta_gy, "deliverable", *can, *effect))
    return (Table(name="matches", columns=columns, rows=tuple(rows)),)
