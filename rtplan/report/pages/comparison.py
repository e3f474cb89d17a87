"""A comparison as sections: one block without time for each tissue, one with time for each named parameter set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtplan.questions.comparison import Candidate, Compared, Comparison
from rtplan.report.blocks import Cell, Column, Facts, Figure, Notes, Report, Section, Table
from rtplan.report.figures import bed_time_figure, regimens_figure
from rtplan.report.language import DISCLAIMER, gy
from rtplan.report.pages.dose import row_table, tissue_facts

__all__ = [
    "build",
    "full_table",
]


SHOWN_ALPHA_BETA = (1.0, 20.0)
"""Crossings outside this range of alpha/beta are counted, not shown: hardly a tissue lies there. [Gy]"""


def build(result: Comparison) -> Report:
    """Regimens, times, blocks, crossings, notes, parameters."""
    groups: dict[tuple[str, str], list[Compared]] = {}
    for entry in result.rows:
        if not entry.row.variant:
            groups.setdefault((entry.row.region, entry.row.tissue), []).append(entry)
    plain = [group for group in groups.values() if not group[0].row.parameters.has_time_factor]
    timed = [group for group in groups.values() if group[0].row.parameters.has_time_factor]
    sections = [
        Section(
            key="regimens",
            heading="Regimens",
            blocks=(Facts(items=tuple((entry.name, _about(entry)) for entry in result.candidates)),),
        ),
        Section(key="times", heading=_times_heading(result), blocks=(_times(result),)),
        *(_without_time(number, group) for number, group in enumerate(plain, 1)),
        *(_with_time(number, group) for number, group in enumerate(timed, 1)),
        *_ranges(result),
        Section(key="figures", heading="Figures", blocks=_figures(result), terminal=False),
        Section(key="crossings", heading="α/β at which two regimens change order", blocks=_crossings(result)),
        Section(key="notes", heading="Notes and warnings", blocks=(Notes(notes=result.notes),)),
        Section(
            key="parameters",
            heading="Parameters",
            blocks=(tissue_facts([entry.row.parameters for entry in result.rows if not entry.row.variant]), DISCLAIMER),
        ),
        Section(key="rows", heading="All figures", blocks=(full_table(result),), terminal=False),
    ]
    where = result.clinic or "from a Monday, without closures"
    return Report(
        title=f"Comparison with {result.reference}",
        subtitle=f"{where}; differences and ratios are those to {result.reference}",
        sections=tuple(sections),
    )


def _figures(result: Comparison) -> tuple[Figure, ...]:
    rows = [entry.row for entry in result.rows]
    timed = any(row.time_loss_gy is not None for row in rows)
    return (regimens_figure(rows), *((bed_time_figure(rows),) if timed else ()))


def _about(entry: Candidate) -> str:
    parts = [entry.prescription.reading]
    parts += [entry.label] if entry.label else []
    parts += [f"systemic: {entry.systemic}"] if entry.systemic else []
    parts += [f"volume: {entry.volume}"] if entry.volume else []
    parts += [f"NOT VERIFIED: {', '.join(entry.unverified)}"] if entry.unverified else []
    return "; ".join(parts)


def _times_heading(result: Comparison) -> str:
    return f"Times at {result.clinic}" if result.clinic else "Times from a Monday, without closures"


def _times(result: Comparison) -> Table:
    if not result.dates:
        columns = (
            Column(key="regimen", title="Regimen"),
            Column(key="overall_treatment_time_days", title="Overall time", kind="integer", unit="d"),
            Column(key="elapsed_days", title="T", kind="integer", unit="d"),
        )
        first = {entry.row.regimen: entry.row for entry in reversed(result.rows)}
        rows = tuple(
            (entry.name, first[entry.name].overall_treatment_time_days, first[entry.name].elapsed_days)
            for entry in result.candidates
        )
        return Table(name="times", columns=columns, rows=rows)
    dated = (
        Column(key="regimen", title="Regimen"),
        Column(key="first", title="First fraction", kind="date"),
        Column(key="last", title="Last fraction", kind="date"),
        Column(key="overall_treatment_time_days", title="Overall time", kind="integer", unit="d"),
        Column(key="elapsed_days", title="T", kind="integer", unit="d"),
        Column(key="prolongation_days", title="Prolongation", kind="integer", unit="d", signed=True),
        Column(key="provisional", title="Provisional", kind="flag"),
    )
    body = tuple(tuple(getattr(entry, column.key) for column in dated) for entry in result.dates)
    return Table(name="times", columns=dated, rows=body)


def _number(key: str, title: str, unit: str = "Gy", digits: int = 2, signed: bool = False) -> Column:
    return Column(key=key, title=title, kind="number", unit=unit, digits=digits, signed=signed)


def _without_time(number: int, group: Sequence[Compared]) -> Section:
    row = group[0].row
    repaired = any(entry.row.repair_gain_gy is not None for entry in group)
    columns = [
        Column(key="regimen", title="Regimen"),
        _number("dose_gy", "Dose"),
        _number("bed_gy", "BED"),
        _number("eqd2_gy", "EQD2"),
        *([_number("repair_gain_gy", "Repair", signed=True), _number("net_eqd2_gy", "Net EQD2")] if repaired else []),
        _number("difference_net_bed_gy", "BED diff.", signed=True),
        _number("difference_net_eqd2_gy", "EQD2 diff.", signed=True),
        _number("ratio_net_bed", "BED ratio", unit="", digits=3),
    ]
    rows: list[tuple[Cell, ...]] = []
    for entry in group:
        gain = (entry.row.repair_gain_gy, entry.row.net_eqd2_gy) if repaired else ()
        rows.append(
            (
                entry.row.regimen,
                entry.row.dose_gy,
                entry.row.bed_gy,
                entry.row.eqd2_gy,
                *gain,
                entry.difference.net_bed_gy,
                entry.difference.net_eqd2_gy,
                entry.ratio.net_bed_gy,
            )
        )
    name = f"without_time_{number}"
    return Section(
        key=name,
        heading=f"{row.region}, α/β {gy(row.alpha_beta_gy)} ({row.tissue}), without time",
        blocks=(Table(name=name, columns=tuple(columns), rows=tuple(rows), emphasis=(0,)),),
    )


def _with_time(number: int, group: Sequence[Compared]) -> Section:
    tissue = group[0].row.parameters
    columns = (
        Column(key="regimen", title="Regimen"),
        _number("elapsed_days", "T", unit="d", digits=0),
        _number("bed_gy", "BED"),
        _number("time_loss_gy", "Time loss"),
        _number("net_bed_gy", "Net BED"),
        _number("net_eqd2_gy", "Net EQD2"),
        _number("difference_net_bed_gy", "Net BED diff.", signed=True),
        _number("ratio_net_bed", "Ratio", unit="", digits=3),
        Column(key="order_with_time", title="Order of net BED", kind="integer"),
        Column(key="order_without_time", title="Order of BED", kind="integer"),
    )
    net = _order([entry.row.net_bed_gy for entry in group])
    bare = _order([entry.row.bed_gy + (entry.row.repair_gain_gy or 0.0) for entry in group])
    rows = tuple(
        (
            entry.row.regimen,
            entry.row.elapsed_days,
            entry.row.bed_gy,
            entry.row.time_loss_gy,
            entry.row.net_bed_gy,
            entry.row.net_eqd2_gy,
            entry.difference.net_bed_gy,
            entry.ratio.net_bed_gy,
            net[place],
            bare[place],
        )
        for place, entry in enumerate(group)
    )
    name = f"with_time_{number}"
    return Section(
        key=name,
        heading=f"{group[0].row.region}, with the time factor of {tissue.name} ({tissue.label})",
        blocks=(Table(name=name, columns=columns, rows=rows, emphasis=(0,)),),
    )


def _order(values: Sequence[float]) -> list[int]:
    """1 for the highest; equal values (to 1e-9) share a place."""
    return [1 + sum(other > value + 1e-9 for other in values) for value in values]


def _ranges(result: Comparison) -> Iterator[Section]:
    """Differences to the reference over the sets and the ends of their published intervals."""
    if not any(entry.row.variant for entry in result.rows):
        return
    groups: dict[tuple[str, str, str], list[Compared]] = {}
    for entry in result.rows:
        groups.setdefault((entry.row.region, entry.row.tissue, entry.row.regimen), []).append(entry)
    columns = (
        Column(key="region", title="Region"),
        Column(key="tissue", title="Tissue"),
        Column(key="regimen", title="Regimen"),
        _number("low_gy", "Low", signed=True),
        _number("point_gy", "As it is", signed=True),
        _number("high_gy", "High", signed=True),
    )
    rows: list[tuple[Cell, ...]] = []
    sets = list(dict.fromkeys(key[:2] for key in groups))
    for key, members in sorted(groups.items(), key=lambda item: sets.index(item[0][:2])):
        if key[2] == result.reference:
            continue
        values = [entry.difference.net_eqd2_gy or 0.0 for entry in members]
        own = next(value for value, entry in zip(values, members, strict=True) if not entry.row.variant)
        rows.append((*key, min(values), own, max(values)))
    caption = f"Net EQD2 minus that of {result.reference}, one parameter changed at a time (all variants in --json)"
    yield Section(
        key="ranges",
        heading="Parameter sets and their published intervals",
        blocks=(Table(name="ranges", columns=columns, rows=tuple(rows), caption=caption),),
    )


def _crossings(result: Comparison) -> tuple[Table | str, ...]:
    low, high = SHOWN_ALPHA_BETA
    shown = [crossing for crossing in result.crossings if low <= crossing.alpha_beta_gy <= high]
    columns = (
        Column(key="first", title="Regimen"),
        Column(key="second", title="and"),
        _number("alpha_beta_gy", "α/β"),
        Column(key="above", title="Higher BED above it"),
    )
    rows = tuple((entry.first, entry.second, entry.alpha_beta_gy, entry.above) for entry in shown)
    left = len(result.crossings) - len(shown)
    text = "Without time and with full repair. "
    text += "" if shown else f"No two regimens change order between {low:g} and {high:g} Gy. "
    text += f"Outside {low:g} to {high:g} Gy: {left} more (all of them in --json)." if left else ""
    return (*((Table(name="crossings", columns=columns, rows=rows),) if shown else ()), text.strip())


def full_table(result: Comparison) -> Table:
    """Every figure with reference, difference and ratio beside, for files."""
    base = row_table([entry.row for entry in result.rows])
    keys = ("dose_gy", "bed_gy", "eqd2_gy", "time_loss_gy", "net_bed_gy", "net_eqd2_gy", "elapsed_days")
    columns = [Column(key="reference", title="Reference")]
    columns += [_number(f"reference_{key}", f"Reference {key}", _unit(key)) for key in keys]
    columns += [_number(f"difference_{key}", f"Difference {key}", _unit(key), signed=True) for key in keys]
    columns += [_number(f"ratio_{key.removesuffix('_gy').removesuffix('_days')}", f"Ratio {key}", "") for key in keys]
    rows: list[tuple[Cell, ...]] = []
    for cells, entry in zip(base.rows, result.rows, strict=True):
        beside = [getattr(part, key) for part in (entry.reference, entry.difference, entry.ratio) for key in keys]
        rows.append((*cells, entry.reference.regimen, *beside))
    return Table(name="comparison", columns=(*base.columns, *columns), rows=tuple(rows))


def _unit(key: str) -> str:
    return "d" if key.endswith("_days") else "Gy"
