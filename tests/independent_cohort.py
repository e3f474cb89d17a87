"""A second calculation of a cohort's rows, from the table and the holidays alone. It never imports rtplan.

Five a week on England's working days, one tumour parameter set: dates by walking day by day over a set of bank
holidays typed from the official list, BED by the linear quadratic formula.
"""

import datetime as dt
import itertools
import math
from typing import Any

ENGLAND = {
    dt.date.fromisoformat(day)
    for day in [
        "2024-01-01",
        "2024-03-29",
        "2024-04-01",
        "2024-05-06",
        "2024-05-27",
        "2024-08-26",
        "2024-12-25",
        "2024-12-26",
        "2025-01-01",
        "2025-04-18",
        "2025-04-21",
        "2025-05-05",
        "2025-05-26",
        "2025-08-25",
        "2025-12-25",
        "2025-12-26",
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-04",
        "2026-05-25",
        "2026-08-31",
        "2026-12-25",
        "2026-12-28",
    ]
}
"""Bank holidays in England and Wales, gov.uk/bank-holidays."""

ONE = dt.timedelta(days=1)


def walked(start: dt.date, n: int, closed: set[dt.date]) -> list[dt.date]:
    """n weekdays that are not closed, from a start on."""
    days: list[dt.date] = []
    day = start
    while len(days) < n:
        if day.weekday() < 5 and day not in closed:
            days.append(day)
        day += ONE
    return days


def row(start: dt.date, total: float, n: int, last: dt.date | None, given: int | None, tumour: Any) -> dict[str, Any]:
    """One course: tumour is alpha/beta [Gy], K [Gy/day], Tk [d]."""
    alpha_beta, rate, kick_off = tumour
    dose = total / n
    planned = walked(start, n, ENGLAND)
    reference = walked(planned[0], n, set())
    t_plan = (planned[-1] - planned[0]).days
    t_reference = (reference[-1] - reference[0]).days

    def net(count: int, elapsed: int) -> Any:
        return count * dose * (1 + dose / alpha_beta) - rate * max(0.0, elapsed - kick_off)

    out: dict[str, Any] = {
        "planned_first": planned[0],
        "planned_last": planned[-1],
        "planned_overall_days": t_plan + 1,
        "planned_prolongation_days": t_plan - t_reference,
        "planned_longest_gap_days": max((b - a).days - 1 for a, b in itertools.pairwise(planned)),
        "planned_net_bed_gy": net(n, t_plan),
        "planned_lost_gy": net(n, t_reference) - net(n, t_plan),
    }
    if last is not None and given is not None:
        t = (last - planned[0]).days
        out |= {
            "overall_days": t + 1,
            "net_bed_gy": net(given, t),
            "net_eqd2_gy": net(given, t) / (1 + 2 / alpha_beta),
            "lost_gy": net(n, t_reference) - net(given, t),
            "given_dose_gy": given * dose,
            "prolongation_days": t - t_reference if given == n else math.nan,
            "delay_days": (last - planned[-1]).days if given == n else math.nan,
        }
    return out
