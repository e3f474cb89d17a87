"""Rows of a range: each set as it is, then with one parameter at an end of its published interval."""

from __future__ import annotations

from collections.abc import Sequence

from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.intervals import spread
from rtplan.report.blocks import Block, Column, Table

__all__ = [
    "AS_IT_IS",
    "range_blocks",
]


AS_IT_IS = "as it is"


def range_blocks(rows: Sequence[EffectRow]) -> tuple[Block, ...]:
    """The rows, and what they span for each set; nothing where no range was asked for."""
    if not rows:
        return ()
    return (_variants(rows), _spans(rows))


def _variants(rows: Sequence[EffectRow]) -> Table:
    columns = (
        Column(key="region", title="Region"),
        Column(key="tissue", title="Tissue"),
        Column(key="variant", title="Variant"),
        Column(key="bed_gy", title="BED", kind="number", unit="Gy"),
        Column(key="time_loss_gy", title="Time loss", kind="number", unit="Gy"),
        Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
        Column(key="net_eqd2_gy", title="Net EQD2", kind="number", unit="Gy"),
    )
    body = tuple(
        (
            row.region,
            row.tissue,
            row.variant or AS_IT_IS,
            row.bed_gy,
            row.time_loss_gy,
            row.net_bed_gy,
            row.net_eqd2_gy,
        )
        for row in rows
    )
    return Table(
        name="ranges", columns=columns, rows=body, emphasis=tuple(i for i, row in enumerate(rows) if not row.variant)
    )


def _spans(rows: Sequence[EffectRow]) -> Table:
    columns = (
        Column(key="region", title="Region"),
        Column(key="tissue", title="Tissue"),
        Column(key="low_gy", title="Low", kind="number", unit="Gy"),
        Column(key="point_gy", title="As it is", kind="number", unit="Gy"),
        Column(key="high_gy", title="High", kind="number", unit="Gy"),
    )
    body = tuple((region, tissue, *values) for (_, region, tissue), values in spread(rows).items())
    caption = "Net EQD2, one parameter changed at a time within its published interval (bounds left out)"
    return Table(name="spread", columns=columns, rows=body, caption=caption)
