"""Every set of extra sessions of a short course, from the document of `rtplan missed --json`. It never imports rtplan.

What is possible, what a rule forbids and what is better is written out again, plainly and slowly.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from independent_missed import FINE, WEEK, day, effect, lay, reason, region_doses, usual

CATEGORY_DAYS = {1: 2, 2: 5, 3: 7}


class Way(NamedTuple):
    """A set of sessions with what decides its place, small is good."""

    restores: bool
    deficit_gy: float
    key: tuple[float, ...]
    sessions: tuple[dt.date, ...]


def ways(document: Any, most: int) -> dict[str, list[Way]]:
    """By tier: every set of at most so many sessions that breaks no hard rule and of which each is of use."""
    appended = [day(fraction["date"]) for fraction in document["status"]["appended"]["fractions"]]
    closed, second = list(_closed(document, appended)), list(_second(document, appended))
    out: dict[str, list[Way]] = {"b": [], "c": []}
    for count in range(1, most + 1):
        for days in itertools.combinations(closed + second, count):
            way = _way(document, appended, days, second)
            if way is not None:
                out["c" if set(days) & set(second) else "b"].append(way)
    return out


def possible(document: Any) -> set[dt.date]:
    """Days on which an extra session may be given."""
    appended = [day(fraction["date"]) for fraction in document["status"]["appended"]["fractions"]]
    return {*_closed(document, appended), *_second(document, appended)}


def _days(document: Any, appended: Any) -> Iterator[dt.date]:
    date = day(document["status"]["as_of"]) + dt.timedelta(days=1)
    while date <= appended[-1]:
        yield date
        date += dt.timedelta(days=1)


def _closed(document: Any, appended: Any) -> Iterator[dt.date]:
    """Weekends that the clinic allows, worked weekends and public holidays, but for days stated as missed."""
    calendar, status = document["inputs"]["calendar"], document["status"]
    lost = {day(fraction["date"]) for fraction in status["missed"]}
    for span in status["spans"]:
        length = (day(span["last"]) - day(span["first"])).days + 1
        lost |= {day(span["first"]) + dt.timedelta(days=step) for step in range(length)}
    allowed = calendar["weekend_sessions"]
    for date in _days(document, appended):
        why = reason(calendar, date)
        kind = why["kind"] in ("weekend", "worked weekend", "holiday") and not why["open"]
        barred = why["kind"] == "weekend" and allowed is not None and WEEK[date.weekday()] not in allowed
        if kind and not barred and date not in lost and date not in appended:
            yield date


def _second(document: Any, appended: Any) -> Iterator[dt.date]:
    phases = document["inputs"]["prescription"]["phases"]
    several = [
        phase["pattern"]["fractions_per_day"] > 1 or phase["pattern"]["twice_daily_weekdays"] for phase in phases
    ]
    if any(several) or any(phase["concomitant_from"] is not None for phase in phases):
        return
    for date in _days(document, appended):
        if appended.count(date) == 1 and reason(document["inputs"]["calendar"], date)["fractions"] != 1:
            yield date


def _way(document: Any, appended: Any, days: Any, second: Any) -> Way | None:
    status, phases = document["status"], document["inputs"]["prescription"]["phases"]
    given = [(f["phase"], day(f["date"])) for f in status["delivered"]["fractions"]]
    left = [sum(f["phase"] == phase["name"] for f in status["remaining"]["fractions"]) for phase in phases]
    (phase,) = phases
    sessions = _lost(document) | {date: 2 if date in second else usual(phase["pattern"], date) for date in days}
    start = day(status["as_of"]) + dt.timedelta(days=1)
    laid = lay(phases, given, left, start, document["inputs"]["calendar"], sessions, {})
    dates = [date for _, date in (*given, *laid)]
    if any(dates.count(date) <= appended.count(date) for date in days) or dates[-1] >= appended[-1]:
        return None
    fractions = [
        {**fraction, "date": str(date), "start": None} for fraction, date in zip(_all(document), dates, strict=True)
    ]
    hard, broken = _rules(document, dates, phase)
    return None if hard else _judged(document, fractions, dates, broken, days)


def _lost(document: Any) -> dict[dt.date, int]:
    status = document["status"]
    after = [day(fraction["date"]) for fraction in status["missed"]]
    planned = [day(fraction["date"]) for fraction in status["planned"]["fractions"]]
    out = {date: planned.count(date) - after.count(date) for date in after}
    for span in status["spans"]:
        length = (day(span["last"]) - day(span["first"])).days + 1
        out |= {day(span["first"]) + dt.timedelta(days=step): 0 for step in range(length)}
    return {date: count for date, count in out.items() if date > day(status["as_of"])}


def _all(document: Any) -> Any:
    return document["status"]["appended"]["fractions"]


def _rules(document: Any, dates: Any, phase: Any) -> tuple[set[str], set[str]]:
    """Hard rules and others that these days break."""
    limits, pattern = document["inputs"]["limits"], phase["pattern"]
    a_week = min(len(pattern["weekdays"]), pattern["days_a_week"] or -(-7 // (pattern["spacing_days"] or 1)))
    own = a_week * pattern["fractions_per_day"] + len(pattern["twice_daily_weekdays"])
    fullest = max(sum(0 <= (other - date).days < 7 for other in dates) for date in dates)
    twice = sorted({date for date in dates if dates.count(date) > usual(pattern, date)})
    running = any(date + dt.timedelta(days=1) in twice for date in twice)
    spacing = int(pattern["spacing_days"] or (7 // pattern["days_a_week"] if pattern["days_a_week"] else 1))
    treated = sorted(set(dates))
    near = any((b - a).days < spacing for a, b in itertools.pairwise(treated)) or (spacing > 1 and twice)
    dose = max(total["dose_gy"] / phase["n_fractions"] for total in phase["totals"])
    hard = {"dense-week"} if fullest > max(limits["dense_week"], own) else set()
    hard |= {"second-fraction-dose"} if twice and dose > limits["second_fraction_gy"] + 1e-9 else set()
    hard |= {"spacing-short"} if near else set()
    broken = {"sessions-a-week"} if fullest > max(limits["sessions_a_week"], own) else set()
    broken |= {"twice-daily-running"} if running else set()
    return hard, broken


def _judged(document: Any, fractions: Any, dates: Any, broken: set[str], days: Any) -> Way:
    prescription, status = document["inputs"]["prescription"], document["status"]
    interval = {phase["name"]: phase["pattern"]["interval_h"] for phase in prescription["phases"]}
    more: dict[str, list[float]] = {"tumour": [0.0], "late": [0.0], "acute": [0.0]}
    known = True
    for place, region in enumerate(document["inputs"]["regions"]):
        kind, tissue = region["tissue"]["kind"], region["tissue"]
        net = effect(tissue, fractions, region_doses(prescription, fractions, region), interval)[3]
        reference = status["prescribed"]["effects"][place]["net_bed_gy"]
        more[kind].append(reference - net if kind == "tumour" else net - reference)
        known &= kind == "tumour" or tissue["repair"] is not None or len(set(dates)) == len(dates)
        if kind == "late" and net > reference * (1 + document["inputs"]["limits"]["late_excess_share"]) + FINE:
            broken = broken | {"late-excess"}
    longer = (dates[-1] - dates[0]).days - status["prescribed"]["elapsed_days"]
    category = document["inputs"]["limits"]["category"]
    if category is not None and longer > CATEGORY_DAYS[category]:
        broken = broken | {"prolongation-limit"}
    late, acute = (round(max(more[kind]), 6) if known else 0.0 for kind in ("late", "acute"))
    key = (not known, len(broken), late, acute, len(days), dates[-1].toordinal())
    deficit = max(more["tumour"])
    return Way(deficit <= document["settings"]["tolerance_gy"] + FINE, deficit, key, days)
