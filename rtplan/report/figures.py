"""Figures: their data from results. Nothing is drawn here.

A figure is a name and numbers; `formats.drawing` draws it, when one is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rtplan.clinic.days import Calendar, add_days
from rtplan.course.course import Course
from rtplan.planning.plan import Plan
from rtplan.questions.cohort import Cohort
from rtplan.radiobiology.effect import EffectRow, net_bed_by_day
from rtplan.radiobiology.region import Region
from rtplan.report.blocks import Figure
from rtplan.report.language import ENGLISH, Words, gy

__all__ = [
    "OptionPoint",
    "StartDay",
    "bed_time_figure",
    "course_figure",
    "lost_figure",
    "options_figure",
    "pareto",
    "prolongation_figure",
    "regimens_figure",
    "start_strip_figure",
]


MOST_REGIONS = 5


_NEAR = 7
"""Days outside the course within which a cycle is still drawn."""


def course_figure(plan: Plan, *, actual: Course | None = None, label: str = "", told: Words = ENGLISH) -> Figure:
    """Cumulative dose, and tumour and late BED day by day.

    The plan against its prescribed reference; or, where `actual` is given, that course against the plan.
    """
    if actual is None:
        tracks = ((told("prescribed reference"), plan.prescribed), (told("plan"), plan.course))
    else:
        tracks = ((told("plan"), plan.course), (label or told("with missed days"), actual))
    main = tracks[-1][1]
    regions = tuple(r for r in plan.inputs.regions if r.tissue.kind in ("tumour", "late"))[:MOST_REGIONS]
    last = max(course.last for _, course in tracks)
    near = (add_days(main.first, -_NEAR), add_days(last, _NEAR))
    cycles = [(cycle.date, f"C{cycle.number}D1") for cycle in plan.cycles if near[0] <= cycle.date <= near[1]]
    return Figure(
        name="course",
        caption=told(
            "Cumulative dose and BED day by day: %(course)s (drawn out) against %(other)s (broken line). "
            "Shaded: closed days; hatched: closures and holidays. In a gap past the kick-off day a tumour's net BED "
            "falls.",
            course=tracks[1][0],
            other=tracks[0][0],
        ),
        alternative=told(
            "Cumulative dose to %(dose)s from %(first)s to %(last)s, with BED of %(regions)s",
            dose=gy(main.total_gy()),
            first=told.dated(main.first),
            last=told.dated(main.last),
            regions=", ".join(told(region.name) for region in regions) or told("no region"),
        ),
        data={
            "first": main.first,
            "last": last,
            "doses": [(name, _dates(course), course.cumulative_gy()) for name, course in tracks],
            "beds": [_bed_line(name, course, region, told) for region in regions for name, course in tracks],
            "closed": _closed(plan.inputs.calendar, main, last),
            "cycles": cycles,
        },
    )


def _dates(course: Course) -> list[dt.date]:
    return [fraction.date for fraction in course.fractions]


def _bed_line(track: str, course: Course, region: Region, told: Words) -> dict[str, Any]:
    days, values = net_bed_by_day(course, region)
    kind = told("net BED") if region.tissue.has_time_factor else "BED"
    return {
        "track": track,
        "region": f"{told(region.name)}, {kind} (α/β {gy(region.tissue.alpha_beta)})",
        "treated": [day in set(course.dates) for day in days],
        "days": days,
        "gy": values,
    }


def _closed(calendar: Calendar, course: Course, last: dt.date) -> list[dict[str, Any]]:
    """Runs of days without treatment because the clinic is closed."""
    treated = set(course.dates)
    shut = [
        (day, "weekend" if reason.kind == "weekend" else "closure", reason.provisional)
        for day, reason in calendar.days(course.first, min(last, calendar.last))
        if not reason.open and day not in treated
    ]
    runs: list[dict[str, Any]] = []
    for day, kind, provisional in shut:
        run = {"first": day, "last": day, "kind": kind, "provisional": provisional}
        if runs and (kind, provisional, add_days(day, -1)) == tuple(
            runs[-1][k] for k in ("kind", "provisional", "last")
        ):
            runs[-1]["last"] = day
        else:
            runs.append(run)
    return runs


def regimens_figure(rows: Sequence[EffectRow], told: Words = ENGLISH) -> Figure:
    """Net EQD2 of each regimen, a panel for each region and parameter set. The first regimen is the reference.

    Rows of a range (with a parameter changed) give the whiskers: EQD2, because their alpha/beta may differ.
    """
    panels = []
    for (region, tissue), group in _by_region(rows):
        names = dict.fromkeys(row.regimen for row in group)
        kind = told("net EQD2") if any(row.time_loss_gy is not None for row in group) else "EQD2"
        entries = [_bar([row for row in group if row.regimen == name]) for name in names]
        panels.append(
            {
                "title": f"{told(region)}: {tissue}\n{kind}, α/β {gy(group[0].alpha_beta_gy)}",
                "rows": entries,
                "quantity": kind,
            }
        )
    everyone = ", ".join(dict.fromkeys(row.regimen for row in rows))
    whiskers = any(row.variant for row in rows)
    return Figure(
        name="regimens",
        caption=told(
            "EQD2 of each regimen, net of what time undoes where the parameter set has a time factor. The broken "
            "line is the first regimen."
        )
        + (told(" Whiskers: ends of the published intervals.") if whiskers else ""),
        alternative=told("Bars of EQD2 for %(regimens)s", regimens=everyone),
        data={"panels": panels},
    )


def _bar(rows: Sequence[EffectRow]) -> tuple[str, float, tuple[float, float] | None]:
    values = [row.net_eqd2_gy for row in rows]
    own = next(row for row in rows if not row.variant)
    return (own.regimen, own.net_eqd2_gy, (min(values), max(values)) if len(values) > 1 else None)


def bed_time_figure(rows: Sequence[EffectRow], told: Words = ENGLISH) -> Figure:
    """BED against overall time: with the time factor and, above it, without; a panel for each set that has one."""
    panels = []
    for (region, tissue), group in _by_region(rows):
        points = [
            (row.regimen, row.overall_treatment_time_days, row.net_bed_gy, row.net_bed_gy + row.time_loss_gy)
            for row in group
            if row.time_loss_gy is not None and row.overall_treatment_time_days is not None and not row.variant
        ]
        if points:
            panels.append({"title": f"{told(region)}, {tissue} (α/β {gy(group[0].alpha_beta_gy)})", "points": points})
    return Figure(
        name="bed_time",
        caption=told(
            "BED against overall time: hollow without, filled with the loss to time; the line between is the loss."
        ),
        alternative=told("BED of each regimen against its overall time"),
        data={"panels": panels},
    )


def _by_region(rows: Sequence[EffectRow]) -> Iterator[tuple[tuple[str, str], list[EffectRow]]]:
    groups: dict[tuple[str, str], list[EffectRow]] = {}
    for row in rows:
        groups.setdefault((row.region, row.tissue), []).append(row)
    yield from groups.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPoint:
    """One way to compensate. Deficit of the tumour and excess of late tissue are both against the reference. [Gy]"""

    label: str
    tumour_deficit_gy: float
    late_excess_gy: float
    breaks_a_rule: bool = False


def options_figure(points: Sequence[OptionPoint], told: Words = ENGLISH) -> Figure:
    """Options as tumour deficit against late excess, with the front of those that no other beats in both.

    Options that break a rule are shown, and make no front unless there are no others.
    """
    permitted = [point for point in points if not point.breaks_a_rule] or list(points)
    front = pareto([(point.tumour_deficit_gy, point.late_excess_gy) for point in permitted])
    best = [point.label for point in permitted if (point.tumour_deficit_gy, point.late_excess_gy) in front]
    return Figure(
        name="options",
        caption=told(
            "Each option: what the tumour lacks against what late tissue gets too much; best is bottom left. "
            "Ringed, on the broken line: those that no other beats in both. Crosses break a rule."
        ),
        alternative=told(
            "%(count)s options by tumour deficit and late excess; unbeaten: %(best)s",
            count=len(points),
            best=", ".join(best),
        ),
        data={
            "points": [(p.label, p.tumour_deficit_gy, p.late_excess_gy, p.breaks_a_rule) for p in points],
            "front": front,
        },
    )


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that no other beats in both coordinates (small is good), from left to right, each once.

    >>> pareto([(0, 3), (1, 1), (2, 2), (3, 0), (1, 1)])
    [(0, 3), (1, 1), (3, 0)]
    """
    front: list[tuple[float, float]] = []
    for point in sorted(set(points)):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return front


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDay:
    """A day of the strip. overall_treatment_time_days: None where no course can start that day."""

    date: dt.date
    overall_treatment_time_days: int | None
    provisional: bool = False
    best: bool = False


def start_strip_figure(days: Sequence[StartDay], told: Words = ENGLISH) -> Figure:
    """Start days by month, each with the overall time of the course that begins on it."""
    possible = [day for day in days if day.overall_treatment_time_days is not None]
    return Figure(
        name="start_strip",
        caption=told(
            "Overall time [d] by day of the first fraction: the darker, the longer. Hatched: no possible start; "
            "framed: best start; a dot: the course depends on holidays not officially announced."
        ),
        alternative=told("%(possible)s possible start days of %(days)s", possible=len(possible), days=len(days)),
        data={"days": [(d.date, d.overall_treatment_time_days, d.provisional, d.best) for d in days]},
    )


def prolongation_figure(result: Cohort, told: Words = ENGLISH) -> Figure:
    """How many courses of a cohort have each prolongation."""
    known = sum(count for _, count in result.histogram)
    return Figure(
        name="prolongation",
        caption=told(
            "Courses by prolongation [d]: %(basis)s courses, %(known)s", basis=told(result.basis), known=known
        ),
        alternative=told("Prolongation of %(known)s courses as bars", known=known),
        data={"bars": list(result.histogram)},
    )


MOST_GROUPS = 36
"""Groups whose distributions one figure holds: months of three years."""


def lost_figure(result: Cohort, told: Words = ENGLISH) -> Figure:
    """BED lost in each month of a cohort: median, and the middle half and nine tenths of the courses."""
    groups = [group for group in result.groups if group.by == "month" and group.basis == result.basis]
    known = [(group.value, group.lost_gy) for group in groups if group.n_lost_known][-MOST_GROUPS:]
    return Figure(
        name="lost",
        caption=told(
            "Net BED lost by the tumour [Gy] by month of the first fraction: median (dot), the middle half (thick) and "
            "nine tenths (thin) of the %(basis)s courses",
            basis=told(result.basis),
        ),
        alternative=told("Net BED lost in %(months)s months", months=len(known)),
        data={"months": known},
    )
