"""What an interruption costs: the price of the appended course, and what added fractions would bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from rtplan.interruption.judge import Option
from rtplan.interruption.options import added_courses
from rtplan.interruption.question import Question
from rtplan.radiobiology.effect import evaluate_many

__all__ = [
    "AddedScan",
    "Price",
    "added_scan",
    "prices",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the missed fractions cost one tumour region, when they are appended and nothing else is done.

    prescribed_gy, planned_gy: BED lost to the longer time of the fractions that treat the region, against each
    reference; None without a time factor. [Gy]
    """

    region: str
    tissue: str
    rate_gy_per_day: float | None
    kick_off_day: float | None
    prescribed_gy: float | None
    planned_gy: float | None
    prescribed_eqd2_gy: float | None
    planned_eqd2_gy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedScan:
    """Net BED after adding fractions at the end, on days of their own. [Gy]"""

    added: int
    last: dt.date
    elapsed_days: int
    tumour_net_bed_gy: float
    late_excess_gy: float | None


def prices(q: Question, appended: Option) -> Iterator[Price]:
    """Each tumour region by the T of its own fractions: what its rows lose to time, no other figure."""
    rows = zip(q.regions, appended.effects, q.prescribed_rows, q.planned_rows, strict=True)
    for region, effect, prescribed, planned in rows:
        tissue = region.tissue
        if tissue.kind != "tumour":
            continue
        time = tissue.repopulation
        to_eqd2 = 1.0 + 2.0 / tissue.alpha_beta
        against_prescribed = _more(effect.row.time_loss_gy, prescribed.time_loss_gy)
        against_planned = _more(effect.row.time_loss_gy, planned.time_loss_gy)
        yield Price(
            region=region.name,
            tissue=tissue.name,
            rate_gy_per_day=time.bed_rate(tissue.alpha_beta) if time else None,
            kick_off_day=time.kick_off_day if time else None,
            prescribed_gy=against_prescribed,
            planned_gy=against_planned,
            prescribed_eqd2_gy=None if against_prescribed is None else against_prescribed / to_eqd2,
            planned_eqd2_gy=None if against_planned is None else against_planned / to_eqd2,
        )


def added_scan(q: Question) -> Iterator[AddedScan]:
    """Net BED of the appended course with 0, 1, ... fractions more."""
    courses = added_courses(q)
    chosen = q.tumours(q.regions)
    if not courses or not chosen:
        return
    for count, (course, rows) in enumerate(zip(courses, evaluate_many(courses, q.regions), strict=True)):
        yield AddedScan(
            added=count,
            last=course.last,
            elapsed_days=course.elapsed_days,
            tumour_net_bed_gy=rows[chosen[0]].net_bed_gy,
            late_excess_gy=q.excess(rows, q.reference_rows, "late", course),
        )


def _more(loss_gy: float | None, reference_gy: float | None) -> float | None:
    return None if loss_gy is None or reference_gy is None else loss_gy - reference_gy
