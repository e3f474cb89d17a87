"""Rows of a range: each set as it is, then with one parameter at an end of its published interval."""

from __future__ import annotations

from collections.abc import Sequence

from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.intervals import spread
from rtplan.report.blocks import Block, Table
from rtplan.report.columns import columns, row_cells
from rtplan.report.language import ENGLISH, Words
from rtplan.report.tissues import variant_text

__all__ = [
    "AS_IT_IS",
    "range_blocks",
]


AS_IT_IS = "as it is"


def range_blocks(rows: Sequence[EffectRow], told: Words = ENGLISH) -> tuple[Block, ...]:
    """The rows, and what they span for each set; nothing where no range was asked for."""
    if not rows:
        return ()
    return (_variants(rows, told), _spans(rows, told))


def _variants(rows: Sequence[EffectRow], told: Words) -> Table:
    named = columns(told, "region", "tissue")
    figures = columns(told, "bed_gy", "time_loss_gy", "net_bed_gy", "net_eqd2_gy")
    body = tuple(
        (
            *row_cells(row, named, told),
            variant_text(row, rows, told) if row.variant else told(AS_IT_IS),
            *row_cells(row, figures),
        )
        for row in rows
    )
    own = tuple(place for place, row in enumerate(rows) if not row.variant)
    return Table(name="ranges", columns=(*named, *columns(told, "variant"), *figures), rows=body, emphasis=own)


def _spans(rows: Sequence[EffectRow], told: Words) -> Table:
    found = columns(told, "region", "tissue", "low_gy", "point_gy", "high_gy")
    body = tuple((told(region), tissue, *values) for (_, region, tissue), values in spread(rows).items())
    caption = told("Net EQD2, one parameter changed at a time within its published interval (bounds left out)")
    return Table(name="spread", columns=found, rows=body, caption=caption)
