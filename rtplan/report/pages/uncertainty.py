"""What published intervals leave open, as blocks: shared by plans, comparisons and missed fractions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtplan.radiobiology.uncertainty import Chance, Uncertainty
from rtplan.report.blocks import Block, Section, Table
from rtplan.report.columns import columns
from rtplan.report.language import Words, gy

__all__ = ["uncertainty_section"]


PARAMETERS = {
    "alpha/beta": "α/β",
    "rate": "repopulation rate",
    "kick-off day": "kick-off day",
    "half-time": "repair half-time",
}

ASSUMED = (
    "Each interval is taken to hold 95 % of two normal halves that meet at the estimate, cut at zero; parameters are "
    "drawn independently, and all that is compared shares the draws. ±: Monte Carlo standard error."
)


def uncertainty_section(found: Uncertainty | None, told: Words) -> Iterator[Section]:
    """One section; none where no draws were asked for."""
    if found is not None:
        blocks = tuple(_blocks(found, told))
        yield Section(key="uncertainty", heading=told("What the published intervals leave open"), blocks=blocks)


def _blocks(found: Uncertainty, told: Words) -> Iterator[Block]:
    yield told("%(count)s draws, seed %(seed)s.", count=found.draws.count, seed=found.draws.seed)
    yield Table(
        name="drawn",
        columns=columns(told, "tissue", "parameter", "estimate", "low", "high", tables=("drawn",)),
        rows=tuple(
            (entry.tissue, told(PARAMETERS[entry.parameter]), entry.estimate, entry.interval.low, entry.interval.high)
            for entry in found.drawn
        ),
    )
    if found.fixed:
        yield told("Without a published interval, and kept as they are: %(tissues)s.", tissues=", ".join(found.fixed))
    yield told(ASSUMED)
    yield _spreads(found, told)
    if found.chances:
        yield from _chances(found, told)


def _spreads(found: Uncertainty, told: Words) -> Table:
    keys = ("name", "region", "tissue", "low_gy", "median_gy", "high_gy", "error_gy", "above")
    rows = tuple(
        (
            told(entry.name),
            told(entry.region),
            entry.tissue,
            entry.low_gy,
            entry.median_gy,
            entry.high_gy,
            entry.error_gy,
            entry.above,
        )
        for entry in found.spreads
    )
    reference = told(found.spreads[0].reference) if found.spreads else ""
    caption = told("Net BED minus that of %(reference)s: median and 95 %% interval", reference=reference)
    return Table(name="spreads", columns=columns(told, *keys, tables=("draws",)), rows=rows, caption=caption)


def _chances(found: Uncertainty, told: Words) -> Iterator[Table]:
    if any(entry.what == "restores" for entry in found.chances):
        yield _of_options(found.chances, told)
        return
    keys = ("first", "second", "region", "tissue", "probability", "error")
    rows = tuple(
        (told(entry.name), told(entry.other), told(entry.region), entry.tissue, entry.probability, entry.error)
        for entry in found.chances
    )
    caption = told("Probability that the tumour's net BED is higher under the first than under the second")
    yield Table(name="chances", columns=columns(told, *keys, tables=("draws",)), rows=rows, caption=caption)


def _of_options(chances: Sequence[Chance], told: Words) -> Table:
    """One option a line: that it restores, that late tissue gets too much, that the first one is worth more."""
    restores = {entry.name: entry for entry in chances if entry.what == "restores"}
    late: dict[str, Chance] = {}
    for entry in chances:
        if entry.what == "late-rises" and entry.probability >= late.get(entry.name, entry).probability:
            late[entry.name] = entry
    beaten = {entry.other: entry for entry in chances if entry.what == "exceeds"}
    rows = tuple(
        (
            name,
            entry.probability,
            late[name].probability if name in late else None,
            beaten[name].probability if name in beaten else None,
            max(part[name].error for part in (restores, late, beaten) if name in part),
        )
        for name, entry in restores.items()
    )
    keys = ("name", "restores", "late_rises", "first_better", "error")
    first = next(iter(restores.values()))
    caption = told(
        "Probability that it restores the tumour within %(tolerance)s, that late tissue gets more than %(bound)s %% "
        "above the reference, that %(first)s has the higher tumour net BED",
        tolerance=gy(first.bound or 0.0),
        bound=f"{100 * (next(iter(late.values())).bound or 0.0):g}" if late else "–",
        first=first.name,
    )
    return Table(name="chances", columns=columns(told, *keys, tables=("draws",)), rows=rows, caption=caption)
