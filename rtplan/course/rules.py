"""Rules that a course breaks, with their numbers, and the days it may start on."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rtplan.clinic.days import ONE_DAY, WEEKDAYS, Calendar, add_days, days_between, elapsed_hours
from rtplan.clinic.limits import RCR_CATEGORIES, Limits, StartRules
from rtplan.course.course import Course, Fraction
from rtplan.note import Note, Phrase, Source, Value
from rtplan.prescription.prescription import Phase, Prescription

__all__ = [
    "check",
    "check_prolongation",
    "start_obstacle",
    "start_permitted",
]


DELAY_EVIDENCE = Source(text="BMC Cancer 2024;24:646", known="read")


EVIDENCE_DAYS, EVIDENCE_PATIENTS = 3, 299
"""Total delay above which survival was worse [d], and in how many patients (squamous cell carcinoma, IMRT)."""


_SAME_H = 1e-6
"""Clock times are whole minutes: intervals this close [h] are the same interval."""


def check_prolongation(days: int, limits: Limits) -> tuple[Note, ...]:
    """A breach of the category's limit on prolongation, with its numbers, and what is known of longer delays."""
    return (*_over_the_limit(days, limits), *_evidence(days, limits))


def _over_the_limit(days: int, limits: Limits) -> Iterator[Note]:
    bound = limits.prolongation_days
    if bound is not None and days > bound:
        yield Note(
            code="prolongation-limit",
            severity="violation",
            values={
                "prolongation_days": days,
                "limit_days": bound,
                "category": limits.category,
                "category_source": limits.category_source.text,
                "source": RCR_CATEGORIES.text,
                "verified": RCR_CATEGORIES.verified,
                "known": RCR_CATEGORIES.known,
            },
        )


def _evidence(days: int, limits: Limits) -> Iterator[Note]:
    if limits.category == 1 and days > EVIDENCE_DAYS:
        yield Note(
            code="prolongation-evidence",
            severity="info",
            values={
                "prolongation_days": days,
                "above_days": EVIDENCE_DAYS,
                "patients": EVIDENCE_PATIENTS,
                "source": DELAY_EVIDENCE.text,
                "verified": DELAY_EVIDENCE.verified,
                "known": DELAY_EVIDENCE.known,
            },
        )


def check(
    course: Course,
    limits: Limits,
    *,
    calendar: Calendar | None = None,
    cord: bool = False,
    extra: Iterable[dt.date] = (),
    prolongation_days: int | None = None,
) -> tuple[Note, ...]:
    """Every rule that a course breaks, with its numbers; the empty tuple where it breaks none.

    calendar: fractions on days that it closes are named. extra: days opened for an extra session all the same.
    cord: is the spinal cord a region? It asks for the longer interval. prolongation_days: checked too where given. [d]

    The limits on sessions bind what comes on top of the prescription. What a phase prescribes itself, twice a day or
    seven days a week, is never a breach: any 7 days running may hold the larger of the limit and the phase's own week,
    and a day as much as its pattern. A worked weekend that the calendar lays into a once-daily course makes a week of
    six, which the default limit allows.

    The spacing of a pattern (three a week: two days) binds every fraction, extra sessions and second fractions of a day
    too; between two phases the smaller of their spacings. More days between, where the limits ask for them, are a
    warning: what is prescribed stands.

    Codes: ``sessions-a-week``, ``dense-week``, ``weekly-dose``, ``fractions-a-day``, ``twice-daily-running``,
    ``second-fraction-dose``, ``interval-short``, ``spacing-short``, ``overall-time-limit``, ``prolongation-limit``
    (violations), ``interval-days``, ``interval-cord``, ``interval-published``, ``closed-day``, ``phase-split``
    (warnings), ``prolongation-evidence`` (info).
    """
    days = _by_day(course)
    notes = [
        *_weeks(course.prescription, days, limits),
        *_days(days, limits),
        *_running(days, limits),
        *_intervals(course, limits, cord),
        *_spacing(course.prescription, days),
        *_days_apart(days, limits),
        *_overall(course, limits),
        *_split(course),
        *_published(course.prescription, limits),
        *_closed(days, calendar, frozenset(extra)),
    ]
    if prolongation_days is not None:
        notes += check_prolongation(prolongation_days, limits)
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class _Day:
    """One treated day. own: fractions that its phases prescribe on such a day."""

    date: dt.date
    fractions: tuple[Fraction, ...]
    own: int

    @property
    def beyond(self) -> tuple[Fraction, ...]:
        """Fractions on top of what the prescription itself gives on such a day."""
        return self.fractions[self.own :]


def _by_day(course: Course) -> tuple[_Day, ...]:
    phases = {phase.name: phase for phase in course.prescription.phases}
    days = []
    for date, group in itertools.groupby(course.fractions, key=lambda fraction: fraction.date):
        fractions = tuple(group)
        here = [phases[name] for name in dict.fromkeys(fraction.phase for fraction in fractions)]
        own = max(phase.pattern.fractions_on(date.weekday()) for phase in here)
        boosted = len(here) > 1 and any(phase.concomitant_from is not None for phase in here)
        days.append(_Day(date=date, fractions=fractions, own=own + boosted))
    return tuple(days)


@dataclass(frozen=True, slots=True)
class _Week:
    """Seven days running that hold more than they may: value above bound, for a target where it is a dose."""

    first: dt.date
    value: float
    bound: float
    target: str = ""


def _weeks(prescription: Prescription, days: Sequence[_Day], limits: Limits) -> Iterator[Note]:
    """Any 7 days running, in fractions and in Gy: one note for windows that overlap, with the fullest of them."""
    windows = list(_windows(days))
    over: dict[tuple[str, str], list[_Week]] = {}
    for fractions in windows:
        if len(fractions) > min(limits.sessions_a_week, limits.dense_week):
            own = sum(_a_week(phase) for phase in _phases_of(prescription, fractions))
            for code, limit in (("sessions-a-week", limits.sessions_a_week), ("dense-week", limits.dense_week)):
                week = _Week(fractions[0].date, len(fractions), max(limit, own))
                over.setdefault((code, ""), []).append(week)
        if limits.weekly_dose_gy is not None:
            for week in _weekly_doses(prescription, fractions, limits.weekly_dose_gy):
                over.setdefault(("weekly-dose", week.target), []).append(week)
    for (code, _), weeks in over.items():
        for week in _fullest(week for week in weeks if week.value > week.bound + 1e-9):
            yield _week_note(code, week)


def _windows(days: Sequence[_Day]) -> Iterator[tuple[Fraction, ...]]:
    """The fractions of the 7 days from each treated day on."""
    for place, day in enumerate(days):
        near = (other for other in days[place : place + 7] if days_between(day.date, other.date) < 7)
        yield tuple(fraction for other in near for fraction in other.fractions)


def _fullest(weeks: Iterable[_Week]) -> Iterator[_Week]:
    """The fullest of each run of windows that overlap, the first of these among equals."""
    run: list[_Week] = []
    for week in (*weeks, None):
        if run and (week is None or days_between(run[-1].first, week.first) >= 7):
            yield max(run, key=lambda other: other.value - other.bound)
            run = []
        if week is not None:
            run.append(week)


def _week_note(code: str, week: _Week) -> Note:
    year, number, _ = week.first.isocalendar()
    values: dict[str, Value] = {
        "week": f"{year}-W{number:02d}",
        "first": week.first.isoformat(),
        "last": add_days(week.first, 6).isoformat(),
    }
    if week.target:
        return _broken(code, {**values, "target": week.target, "dose_gy": week.value, "limit_gy": week.bound})
    return _broken(code, {**values, "sessions": int(week.value), "limit": int(week.bound)})


def _phases_of(prescription: Prescription, fractions: Sequence[Fraction]) -> tuple[Phase, ...]:
    """The phase with the fullest week among those of these fractions, with its concomitant boost."""
    names = {fraction.phase for fraction in fractions}
    blocks = [
        tuple(prescription.phases[place] for place in block if place is not None) for block in prescription.blocks()
    ]
    given = [tuple(phase for phase in block if phase.name in names) for block in blocks]
    return max(given, key=lambda block: sum(_a_week(phase) for phase in block))


def _a_week(phase: Phase) -> int:
    """Fractions of a week of the phase's own pattern."""
    return phase.pattern.fractions_a_week


def _weekly_doses(prescription: Prescription, fractions: Sequence[Fraction], limit: float) -> Iterator[_Week]:
    phases = _phases_of(prescription, fractions)
    for place, target in enumerate(prescription.targets):
        dose = math.fsum(fraction.doses_gy[place] for fraction in fractions)
        own = math.fsum(_a_week(phase) * phase.dose_per_fraction_gy(target) for phase in phases)
        yield _Week(fractions[0].date, dose, max(limit, own), target)


def _days(days: Sequence[_Day], limits: Limits) -> Iterator[Note]:
    for day in days:
        bound = max(limits.fractions_a_day, day.own)
        date = day.date.isoformat()
        if len(day.fractions) > bound:
            yield _broken(
                "fractions-a-day",
                {"date": date, "fractions": len(day.fractions), "limit": bound},
            )
        dose = max((max(fraction.doses_gy) for fraction in day.beyond), default=0.0)
        if dose > limits.second_fraction_gy + 1e-9:
            yield _broken(
                "second-fraction-dose",
                {"date": date, "dose_gy": dose, "limit_gy": limits.second_fraction_gy},
            )


def _running(days: Sequence[_Day], limits: Limits) -> Iterator[Note]:
    run: list[_Day] = []
    for day in (*(day for day in days if len(day.fractions) > 1), None):
        if day is not None and run and days_between(run[-1].date, day.date) == 1:
            run.append(day)
            continue
        if len(run) > limits.twice_daily_days_running and any(twice.beyond for twice in run):
            first, last = run[0].date.isoformat(), run[-1].date.isoformat()
            yield _broken(
                "twice-daily-running",
                {"first": first, "last": last, "days": len(run), "limit": limits.twice_daily_days_running},
            )
        run = [day] if day is not None else []


def _days_apart(days: Sequence[_Day], limits: Limits) -> Iterator[Note]:
    """One note where treated days lie closer than the limits ask for, whatever is prescribed: the closest, how many."""
    least = limits.interval_days
    gaps = [(days_between(before.date, day.date), day.date) for before, day in itertools.pairwise(days)]
    near = [(gap, date) for gap, date in gaps if gap < least]
    if near:
        gap, date = min(near)
        values: dict[str, Value] = {"days": gap, "date": date.isoformat(), "minimum_days": least, "count": len(near)}
        yield Note(code="interval-days", severity="warning", values=values)


def _spacing(prescription: Prescription, days: Sequence[_Day]) -> Iterator[Note]:
    """One note for the phases whose days lie closer than their pattern allows, with the closest and how many."""
    least = {phase.name: phase.pattern.spacing for phase in prescription.phases}
    near: list[tuple[int, dt.date, int]] = []
    for before, day in zip((None, *days), days, strict=False):
        own = least[day.fractions[0].phase]
        if before is not None and days_between(before.date, day.date) < min(own, least[before.fractions[-1].phase]):
            bound = min(own, least[before.fractions[-1].phase])
            near.append((days_between(before.date, day.date), day.date, bound))
        if day.beyond and min(own, least[day.fractions[-1].phase]) > 1:
            near.append((0, day.date, own))
    if near:
        gap, date, bound = min(near)
        yield _broken(
            "spacing-short",
            {"days": gap, "date": date.isoformat(), "minimum_days": bound, "count": len(near)},
        )


def _overall(course: Course, limits: Limits) -> Iterator[Note]:
    """The overall time above its limit, with the source of the limit."""
    bound, overall = limits.overall_time_days, course.overall_treatment_time_days
    if bound is not None and overall > bound:
        values: dict[str, Value] = {
            "overall_days": overall,
            "limit_days": bound,
            "source": limits.overall_time_source.text,
            "flag": Phrase(code=limits.overall_time_source.flag),
        }
        yield _broken("overall-time-limit", values)


_FEW_DAYS = 3
"""Treated days of a phase that belong together where it is set apart or given several times a day. Design default."""


def _split(course: Course) -> Iterator[Note]:
    """Phases of a few days, set apart by breaks or given several times a day, between whose days others lie."""
    phases = course.prescription.phases
    for place, phase in enumerate(phases):
        after = phases[place + 1].break_days if place + 1 < len(phases) else 0
        apart = phase.break_days or after or phase.pattern.several_a_day
        if not apart or phase.pattern.spacing > 1 or phase.keep_together:
            continue
        dates = list(dict.fromkeys(f.date for f in course.fractions if f.phase == phase.name))
        if 1 < len(dates) <= _FEW_DAYS and days_between(dates[0], dates[-1]) >= len(dates):
            values: dict[str, Value] = {
                "phase": phase.name,
                "count": phase.n_fractions,
                "dates": tuple(date.isoformat() for date in dates),
            }
            yield Note(code="phase-split", severity="warning", values=values)


def _intervals(course: Course, limits: Limits, cord: bool) -> Iterator[Note]:
    """One note a rule, with the shortest interval and how many there are below."""
    intervals = list(_interval_list(course))
    short = [entry for entry in intervals if entry[0] < limits.interval_h - _SAME_H]
    if short:
        yield _broken(
            "interval-short",
            _interval_values(short, limits.interval_h),
        )
    near = [entry for entry in intervals if entry[0] < limits.cord_interval_h - _SAME_H]
    if near and cord:
        yield Note(
            code="interval-cord",
            severity="warning",
            values=_interval_values(near, limits.cord_interval_h),
        )


def _interval_list(course: Course) -> Iterator[tuple[float, dt.date, bool]]:
    """Hours between neighbouring fractions, elapsed where both times are known, else as planned within the day."""
    for before, after in itertools.pairwise(course.fractions):
        if before.start is not None and after.start is not None:
            yield elapsed_hours(before.start, after.start), after.date, True
        elif before.date == after.date:
            phases = [course.prescription.phase(fraction.phase) for fraction in (before, after)]
            yield max(phase.pattern.interval_h for phase in phases), after.date, False


def _interval_values(entries: Sequence[tuple[float, dt.date, bool]], limit: float) -> dict[str, Value]:
    hours, date, known = min(entries)
    return {
        "interval_h": hours,
        "minimum_h": limit,
        "date": date.isoformat(),
        "clock_times": known,
        "how": Phrase(code="interval-elapsed" if known else "interval-as-planned"),
        "intervals": len(entries),
        "more": Phrase(code="such-intervals", values={"intervals": len(entries)}) if len(entries) > 1 else None,
    }


def _published(prescription: Prescription, limits: Limits) -> Iterator[Note]:
    for phase in prescription.phases:
        published = phase.published_interval_h
        if published is not None and published < limits.interval_h - _SAME_H:
            yield Note(
                code="interval-published",
                severity="warning",
                values={
                    "phase": phase.name,
                    "published_h": published,
                    "minimum_h": limits.interval_h,
                    "planned_h": phase.pattern.interval_h,
                },
            )


def _closed(days: Sequence[_Day], calendar: Calendar | None, extra: frozenset[dt.date]) -> Iterator[Note]:
    for day in days:
        if calendar is None or day.date in extra or not calendar.covers(day.date) or calendar.is_open(day.date):
            continue
        reason = calendar.reason(day.date).text
        yield Note(
            code="closed-day",
            severity="warning",
            values={
                "date": day.date.isoformat(),
                "fraction": day.fractions[0].number,
                "clinic": calendar.name,
                "reason": reason,
            },
        )


def _broken(code: str, values: Mapping[str, Value]) -> Note:
    return Note(code=code, severity="violation", values=dict(values))


def start_permitted(rules: StartRules, prescription: Prescription, calendar: Calendar) -> Callable[[dt.date], bool]:
    """May fraction 1 fall on a day, by the start rules?"""
    return lambda day: not start_obstacle(rules, prescription, calendar, day)


def start_obstacle(rules: StartRules, prescription: Prescription, calendar: Calendar, day: dt.date) -> Phrase | None:
    """The start rule that keeps fraction 1 from falling on a day; None where none does."""
    if rules.off:
        return None
    if WEEKDAYS[day.weekday()] in rules.no_start_on:
        return Phrase(code="no-start-on", values={"date": day.isoformat()})
    least = rules.minimum_first_run
    if least is not None and not _runs(prescription, calendar, day, least):
        return Phrase(code="minimum-first-run", values={"least": least})
    return None


def _runs(prescription: Prescription, calendar: Calendar, day: dt.date, least: int) -> bool:
    """Are so many fractions, or all there are, given before the first treatment-free day of a course from this day?

    Days that the pattern itself leaves free are no break.
    """
    count = 0
    for phase in prescription.phases:
        if phase.concomitant_from is not None:
            continue
        if count and phase.break_days:
            return False
        if phase.pattern.spacing > 1:
            return True
        left, days = phase.n_fractions, 0
        while left > 0:
            if days == phase.pattern.days_a_week:
                return True
            if not calendar.covers(day) or not phase.pattern.treated(calendar.reason(day), day):
                return False
            here = min(left, phase.pattern.fractions_on(day.weekday()))
            count, left, days = count + here, left - here, days + 1
            if count >= least:
                return True
            day += ONE_DAY
    return True
