"""A comparison as sections: one block without time for each tissue, one with time for each named parameter set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtplan.questions.comparison import Candidate, Compared, Comparison
from rtplan.report.blocks import Cell, Column, Facts, Figure, Notes, Report, Section, Table
from rtplan.report.columns import cells_of, columns
from rtplan.report.figures import bed_time_figure, regimens_figure
from rtplan.report.language import DISCLAIMER, ENGLISH, Words, gy
from rtplan.report.pages.dose import row_table
from rtplan.report.pages.uncertainty import uncertainty_section
from rtplan.report.tissues import tissue_facts
from rtplan.report.wording import clinic_text, reading, site_text

__all__ = [
    "build",
    "full_table",
    "groups",
]


SHOWN_ALPHA_BETA = (1.0, 20.0)
"""Crossings outside this range of alpha/beta are counted, not shown: hardly a tissue lies there. [Gy]"""


def build(result: Comparison, told: Words = ENGLISH) -> Report:
    """Regimens, times, blocks, crossings, notes, parameters."""
    names = {"reference": result.reference}
    where = (
        clinic_text(result.clinic, result.clinic_from, told)
        if result.clinic
        else told("from a Monday, without closures")
    )
    return Report(
        title=told("Comparison with %(reference)s", **names),
        subtitle=told(
            "%(where)s; differences and ratios are those to %(reference)s", where=where, reference=result.reference
        ),
        sections=tuple(_sections(result, told)),
    )


def _sections(result: Comparison, told: Words) -> Iterator[Section]:
    sited = ((told("Site"), site_text(result.site, result.site_from, told)),) if result.site else ()
    about = Facts(items=(*sited, *((entry.name, _about(entry, told)) for entry in result.candidates)))
    yield Section(key="regimens", heading=told("Regimens"), blocks=(about,))
    yield Section(key="times", heading=_times_heading(result, told), blocks=(_times(result, told),))
    plain, timed = groups(result)
    yield from (_without_time(number, group, told) for number, group in enumerate(plain, 1))
    yield from (_with_time(number, group, told) for number, group in enumerate(timed, 1))
    yield from _ranges(result, told)
    yield from uncertainty_section(result.uncertainty, told)
    yield Section(key="figures", heading=told("Figures"), blocks=_figures(result, told), terminal=False)
    crossings = _crossings(result, told)
    yield Section(key="crossings", heading=told("α/β at which two regimens change order"), blocks=crossings)
    yield Section(key="notes", heading=told("Notes and warnings"), blocks=(Notes(notes=result.notes),))
    tissues = [entry.row.parameters for entry in result.rows if not entry.row.variant]
    known = (tissue_facts(tissues, told), told(DISCLAIMER))
    yield Section(key="parameters", heading=told("Parameters"), blocks=known)
    yield Section(key="rows", heading=told("All figures"), blocks=(full_table(result, told),), terminal=False)


def groups(result: Comparison) -> tuple[list[list[Compared]], list[list[Compared]]]:
    """The rows by region and set: those without a time factor, and those with one."""
    groups: dict[tuple[str, str], list[Compared]] = {}
    for entry in result.rows:
        if not entry.row.variant:
            groups.setdefault((entry.row.region, entry.row.tissue), []).append(entry)
    timed = [group for group in groups.values() if group[0].row.parameters.has_time_factor]
    return [group for group in groups.values() if not group[0].row.parameters.has_time_factor], timed


def _figures(result: Comparison, told: Words) -> tuple[Figure, ...]:
    rows = [entry.row for entry in result.rows]
    timed = any(row.time_loss_gy is not None for row in rows)
    return (regimens_figure(rows, told), *((bed_time_figure(rows, told),) if timed else ()))


def _about(entry: Candidate, told: Words) -> str:
    parts = [reading(entry.prescription, told)]
    parts += [entry.label] if entry.label else []
    parts += [told("systemic: %(what)s", what=entry.systemic)] if entry.systemic else []
    parts += [told("volume: %(what)s", what=entry.volume)] if entry.volume else []
    unread = ", ".join(map(told, entry.unverified))
    parts += [told("not read in a source: %(values)s", values=unread)] if entry.unverified else []
    return "; ".join(parts)


def _times_heading(result: Comparison, told: Words) -> str:
    if result.clinic:
        return told("Times at %(clinic)s", clinic=told(result.clinic))
    return told("Times from a Monday, without closures")


def _times(result: Comparison, told: Words) -> Table:
    times = ("overall_treatment_time_days", "elapsed_days")
    if not result.dates:
        first = {entry.row.regimen: entry.row for entry in reversed(result.rows)}
        rows = tuple((entry.name, *(getattr(first[entry.name], key) for key in times)) for entry in result.candidates)
        return Table(name="times", columns=columns(told, "regimen", *times), rows=rows)
    dated = columns(told, "regimen", "first", "last", *times, "prolongation_days", "provisional", tables=("times",))
    return Table(name="times", columns=dated, rows=tuple(cells_of(entry, dated) for entry in result.dates))


_COMPARED = ("difference_net_bed_gy", "difference_net_eqd2_gy", "ratio_net_bed")


def _without_time(number: int, group: Sequence[Compared], told: Words) -> Section:
    row = group[0].row
    repaired = any(entry.row.repair_gain_gy is not None for entry in group)
    own = columns(
        told, "regimen", "dose_gy", "bed_gy", "eqd2_gy", *(("repair_gain_gy", "net_eqd2_gy") if repaired else ())
    )
    rows = tuple(
        (*cells_of(entry.row, own), entry.difference.net_bed_gy, entry.difference.net_eqd2_gy, entry.ratio.net_bed_gy)
        for entry in group
    )
    found = own + columns(told, *_COMPARED, tables=("compared",))
    name = f"without_time_{number}"
    heading = told(
        "%(region)s, α/β %(alpha_beta)s (%(tissue)s), without time",
        region=told(row.region),
        alpha_beta=gy(row.alpha_beta_gy),
        tissue=row.tissue,
    )
    return Section(key=name, heading=heading, blocks=(Table(name=name, columns=found, rows=rows, emphasis=(0,)),))


def _with_time(number: int, group: Sequence[Compared], told: Words) -> Section:
    tissue = group[0].row.parameters
    timed = ("timed", "compared")
    own = columns(told, "regimen", "elapsed_days", "bed_gy", "time_loss_gy", "net_bed_gy", "net_eqd2_gy", tables=timed)
    beside = ("difference_net_bed_gy", "ratio_net_bed", "order_with_time", "order_without_time")
    net = _order([entry.row.net_bed_gy for entry in group])
    bare = _order([entry.row.bed_gy + (entry.row.repair_gain_gy or 0.0) for entry in group])
    rows = tuple(
        (*cells_of(entry.row, own), entry.difference.net_bed_gy, entry.ratio.net_bed_gy, net[place], bare[place])
        for place, entry in enumerate(group)
    )
    name = f"with_time_{number}"
    heading = told(
        "%(region)s, with the time factor of %(tissue)s (%(label)s)",
        region=told(group[0].row.region),
        tissue=tissue.name,
        label=tissue.label,
    )
    table = Table(name=name, columns=own + columns(told, *beside, tables=timed), rows=rows, emphasis=(0,))
    return Section(key=name, heading=heading, blocks=(table,))


def _order(values: Sequence[float]) -> list[int]:
    """1 for the highest; equal values (to 1e-9) share a place."""
    return [1 + sum(other > value + 1e-9 for other in values) for value in values]


def _ranges(result: Comparison, told: Words) -> Iterator[Section]:
    """Differences to the reference over the sets and the ends of their published intervals."""
    if not any(entry.row.variant for entry in result.rows):
        return
    groups: dict[tuple[str, str, str], list[Compared]] = {}
    for entry in result.rows:
        groups.setdefault((entry.row.region, entry.row.tissue, entry.row.regimen), []).append(entry)
    rows: list[tuple[Cell, ...]] = []
    sets = list(dict.fromkeys(key[:2] for key in groups))
    for key, members in sorted(groups.items(), key=lambda item: sets.index(item[0][:2])):
        region, tissue, regimen = key
        if regimen == result.reference:
            continue
        values = [entry.difference.net_eqd2_gy or 0.0 for entry in members]
        own = next(value for value, entry in zip(values, members, strict=True) if not entry.row.variant)
        rows.append((told(region), tissue, regimen, min(values), own, max(values)))
    caption = told(
        "Net EQD2 minus that of %(reference)s, one parameter changed at a time (all variants in the JSON document)",
        reference=result.reference,
    )
    found = columns(told, "region", "tissue", "regimen", "low_gy", "point_gy", "high_gy", tables=("signed",))
    yield Section(
        key="ranges",
        heading=told("Parameter sets and their published intervals"),
        blocks=(Table(name="ranges", columns=found, rows=tuple(rows), caption=caption),),
    )


def _crossings(result: Comparison, told: Words) -> tuple[Table | str, ...]:
    low, high = SHOWN_ALPHA_BETA
    shown = [crossing for crossing in result.crossings if low <= crossing.alpha_beta_gy <= high]
    bounds = {"low": f"{low:g}", "high": f"{high:g}"}
    texts = [told("Without time and with full repair.")]
    if not shown:
        texts.append(told("No two regimens change order between %(low)s and %(high)s Gy.", **bounds))
    left = len(result.crossings) - len(shown)
    if left:
        texts.append(
            told(
                "Outside %(low)s to %(high)s Gy: %(count)s more (all of them in the JSON document).",
                count=left,
                **bounds,
            )
        )
    found = columns(told, "first", "second", "alpha_beta_gy", "above", tables=("crossings",))
    table = Table(name="crossings", columns=found, rows=tuple(cells_of(entry, found) for entry in shown))
    return (*((table,) if shown else ()), " ".join(texts))


_FIGURES = ("dose_gy", "bed_gy", "eqd2_gy", "time_loss_gy", "net_bed_gy", "net_eqd2_gy", "elapsed_days")


def full_table(result: Comparison, told: Words = ENGLISH) -> Table:
    """Every figure with reference, difference and ratio beside, for files."""
    base = row_table([entry.row for entry in result.rows], told)
    beside = [*columns(told, "reference")]
    for key in _FIGURES:
        beside.append(_number(f"reference_{key}", told("Reference %(quantity)s", quantity=key), _unit(key)))
    for key in _FIGURES:
        title = told("Difference %(quantity)s", quantity=key)
        beside.append(_number(f"difference_{key}", title, _unit(key), signed=True))
    for key in _FIGURES:
        short = key.removesuffix("_gy").removesuffix("_days")
        beside.append(_number(f"ratio_{short}", told("Ratio %(quantity)s", quantity=key), ""))
    rows: list[tuple[Cell, ...]] = []
    for cells, entry in zip(base.rows, result.rows, strict=True):
        parts = (entry.reference, entry.difference, entry.ratio)
        rows.append((*cells, entry.reference.regimen, *(getattr(part, key) for part in parts for key in _FIGURES)))
    return Table(name="comparison", columns=(*base.columns, *beside), rows=tuple(rows))


def _number(key: str, title: str, unit: str, *, signed: bool = False) -> Column:
    return Column(key=key, title=title, kind="number", unit=unit, signed=signed)


def _unit(key: str) -> str:
    return "d" if key.endswith("_days") else "Gy"
