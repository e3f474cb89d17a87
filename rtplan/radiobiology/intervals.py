"""Parameter sets side by side, and low and high ends of published intervals: regions with one parameter changed.

A variant is an ordinary region, so that the rows of a range go through the same kernel as all others and bear a mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rtplan.note import Note
from rtplan.radiobiology.effect import EffectRow, time_loss_gy
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Interval, Repopulation, Tissue

__all__ = [
    "INDUCTION",
    "expand",
    "induction_notes",
    "range_notes",
    "side_by_side",
    "spread",
    "variants",
]


INDUCTION = "Tk 0 d, bound: the clock may have started at induction"


def variants(tissue: Tissue, *, induction: bool = False) -> tuple[tuple[str, Tissue], ...]:
    """The set with one parameter at a time at the ends of its published interval: mark and changed set.

    An alpha/beta is varied holding the rate as its source gives it: Dprolif if the set's basis is EQD2 (so that K
    follows), K if it is BED. induction: also the kick-off day 0, where chemotherapy went before the first fraction.

    >>> from rtplan.note import Source
    >>> late = Tissue(name="late", label="late", kind="late", alpha_beta=3.0, source=Source(text="x", verified=False),
    ...               alpha_beta_interval=Interval(low=2.0, high=5.0))
    >>> [(mark, changed.alpha_beta) for mark, changed in variants(late)]
    [('low α/β 2 Gy', 2.0), ('high α/β 5 Gy', 5.0)]
    """
    found = [
        (f"{end} α/β {value:g} Gy", replace(tissue, alpha_beta=value))
        for end, value in _ends(tissue.alpha_beta, tissue.alpha_beta_interval)
    ]
    time = tissue.repopulation
    if time is not None and time.rate is not None:
        unit = "Gy/day of EQD2" if time.basis == "eqd2" else "Gy/day of BED"
        found += [
            (f"{end} rate {value:g} {unit}", _timed(tissue, replace(time, rate=value)))
            for end, value in _ends(time.rate, time.rate_interval)
        ]
    if time is not None and time.kick_off_day is not None:
        found += [
            (f"{end} Tk {value:g} d", _timed(tissue, replace(time, kick_off_day=value)))
            for end, value in _ends(time.kick_off_day, time.kick_off_interval)
        ]
        if induction and time.kick_off_day > 0:
            found.append((INDUCTION, _from_the_start(tissue, time)))
    return tuple(found)


def _ends(point: float, interval: Interval | None) -> Iterator[tuple[str, float]]:
    """The ends of an interval that differ from the point."""
    if interval is not None:
        yield from ((end, value) for end, value in (("low", interval.low), ("high", interval.high)) if value != point)


def _from_the_start(tissue: Tissue, time: Repopulation) -> Tissue:
    """The set with its clock running since before the first fraction."""
    return _timed(tissue, replace(time, kick_off_day=0.0, kick_off_interval=None))


def _timed(tissue: Tissue, time: Repopulation) -> Tissue:
    return replace(tissue, repopulation=time)


def side_by_side(regions: Sequence[Region], sets: Iterable[Tissue]) -> tuple[Region, ...]:
    """The regions, with the first tumour also under each of the other sets; sets unfit for calculation are left out."""
    first = next((region for region in regions if region.tissue.kind == "tumour"), None)
    if first is None:
        return tuple(regions)
    known = {region.tissue.name for region in regions if region.tissue.kind == "tumour"}
    others = [replace(first, tissue=tissue) for tissue in sets if tissue.name not in known and not tissue.obstacle]
    tumours = [region for region in regions if region.tissue.kind == "tumour"]
    return (*tumours, *others, *(region for region in regions if region.tissue.kind != "tumour"))


def expand(regions: Sequence[Region], *, induction: bool = False) -> tuple[Region, ...]:
    """Each region as it is, followed by its variants. Limits stay with the region as it is."""
    out: list[Region] = []
    for region in regions:
        out.append(region)
        for mark, tissue in variants(region.tissue, induction=induction):
            out.append(replace(region, tissue=replace(tissue, limits=()), variant=mark))
    return tuple(out)


def range_notes(regions: Sequence[Region], sets: Iterable[Tissue]) -> tuple[Note, ...]:
    """What has to be said beside a range: sets that are left out, and tissues without a published interval."""
    notes = [
        Note(
            code="set-not-calculated",
            severity="info",
            values={"tissue": tissue.name, "label": tissue.label, "obstacle": tissue.obstacle},
        )
        for tissue in sets
        if tissue.obstacle
    ]
    fixed = dict.fromkeys(region.tissue.name for region in regions if not variants(region.tissue))
    if fixed:
        notes.append(
            Note(
                code="no-interval",
                severity="info",
                values={"tissues": ", ".join(fixed)},
            )
        )
    return tuple(notes)


def induction_notes(rows: Sequence[EffectRow]) -> tuple[Note, ...]:
    """Where chemotherapy went before the first fraction: the net BED of each set whose clock had started by then."""
    notes = []
    for row in rows:
        time = row.parameters.repopulation
        if row.variant or time is None or row.time_loss_gy is None or not time.kick_off_day:
            continue
        loss = time_loss_gy(_from_the_start(row.parameters, time), row.elapsed_days) or 0.0
        bound = row.net_bed_gy + row.time_loss_gy - loss
        notes.append(
            Note(
                code="clock-after-induction",
                severity="warning",
                values={
                    "region": row.region,
                    "tissue": row.tissue,
                    "net_bed_gy": row.net_bed_gy,
                    "bound_net_bed_gy": bound,
                    "kick_off_day": time.kick_off_day,
                },
            )
        )
    return tuple(notes)


def spread(rows: Sequence[EffectRow]) -> Mapping[tuple[str, str, str], tuple[float, float, float]]:
    """Lowest, own and highest net EQD2 of each regimen, region and set over its published intervals. [Gy]

    The bound of a clock that started at induction is no published end, and is left out.
    """
    groups: dict[tuple[str, str, str], list[EffectRow]] = {}
    for row in rows:
        if row.variant == INDUCTION:
            continue
        groups.setdefault((row.regimen, row.region, row.tissue), []).append(row)
    out = {}
    for key, members in groups.items():
        values = [row.net_eqd2_gy for row in members]
        own = next((row.net_eqd2_gy for row in members if not row.variant), values[0])
        out[key] = (min(values), own, max(values))
    return out
