"""Everything a plan is made from, resolved; and the course and cycles that follow from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from rtplan.answer import said
from rtplan.chemotherapy import cycles as chemo_cycles
from rtplan.chemotherapy.cycles import Cycle
from rtplan.chemotherapy.protocol import ChemoProtocol
from rtplan.clinic.clinic import WorkedWeekends
from rtplan.clinic.days import Calendar, day_name
from rtplan.clinic.limits import Limits, StartRules
from rtplan.compensation import sessions
from rtplan.course import rules as course_rules
from rtplan.course import schedule
from rtplan.course.course import Course
from rtplan.errors import ScheduleError
from rtplan.library.protocol import OtherReading
from rtplan.note import Note, Phrase, Source
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.organ_limits import Setting
from rtplan.radiobiology.region import Region

__all__ = [
    "CalendarSource",
    "CycleDelay",
    "OpenedDay",
    "PlanInputs",
    "align_cycles",
    "compensate",
    "lay_out_inputs",
    "permitted_starts",
    "start_obstacle",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleDelay:
    """A cycle put off by so many days (toxicity)."""

    cycle: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDay:
    """An extra session: so many fractions on a day, whatever the pattern says."""

    date: dt.date
    fractions: int
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSource:
    """Where a plan's calendar comes from, so that it can be continued.

    clinic: a shipped name, a country code, or the name of the clinic's file, without its folder. week: the working week
    where the user gave one. sha256: of the clinic's file; None for a shipped one, which rtplan keeps itself.
    """

    clinic: str
    week: str | None = None
    matched_machine: bool = False
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """Everything a plan is made from, resolved: no name is left to look up.

    calendar: of the treatment machine, worked weekends decided. infusion: of the infusion unit, None: the same days.
    machines: calendars of matched machines. opened: extra sessions. times: clock times of a day's fractions.
    course_id: names the course in calendars, content-free, the same over all revisions; made where it is empty.
    range_regions: what a range is shown for, parameter sets side by side; empty where none was asked for.
    calendar_source: from which the calendar can be continued; None in plans of an older rtplan.
    site: of the tumour; empty: not known. without_chemo: it is said that no chemotherapy is given.
    other_readings: of the protocol's source, whose dates are told beside those of the plan.
    """

    start: dt.date
    protocol: str
    label: str
    clinic: str
    prescription: Prescription
    calendar: Calendar
    regions: tuple[Region, ...]
    limits: Limits
    start_rules: StartRules
    worked_weekends: WorkedWeekends = "unknown"
    exact_start: bool = False
    infusion: Calendar | None = None
    machines: tuple[Calendar, ...] = ()
    chemo: ChemoProtocol | None = None
    delays: tuple[CycleDelay, ...] = ()
    opened: tuple[OpenedDay, ...] = ()
    times: tuple[dt.time, ...] = ()
    sources: tuple[Source, ...] = ()
    assumptions: tuple[Note, ...] = ()
    course_id: str = ""
    range_regions: tuple[Region, ...] = ()
    calendar_source: CalendarSource | None = None
    site: str = ""
    without_chemo: bool = False
    other_readings: tuple[OtherReading, ...] = ()

    @property
    def setting(self) -> Setting:
        """What decides which limits of organs hold for this course."""
        if self.chemo is None:
            return Setting(site=self.site, chemotherapy=False if self.without_chemo else None)
        beside = self.chemo.anchor.kind not in ("before", "after")
        return Setting(site=self.site, chemotherapy=True if beside else None)

    @property
    def infusion_calendar(self) -> Calendar:
        """The calendar on which chemotherapy is given."""
        return self.infusion or self.calendar

    @property
    def has_cord(self) -> bool:
        """Is the spinal cord among the regions?"""
        return any(region.is_cord for region in self.regions)


def compensate(inputs: PlanInputs, method: sessions.Method) -> PlanInputs:
    """The same inputs with extra sessions that win back what closures known in advance cost.

    method: one of `compensation.METHODS`. A note says what each opened day gains. No rule is broken for it.
    """
    opened = sessions.for_closures(
        method,
        inputs.prescription,
        inputs.calendar,
        lay_out_inputs(inputs).first,
        limits=inputs.limits,
        regions=inputs.regions,
        planned={day.date: day.fractions for day in inputs.opened},
    )
    days = {day.date: day for day in inputs.opened}
    days |= {date: OpenedDay(date=date, fractions=n, method=method) for date, n in opened.sessions.items()}
    return replace(
        inputs,
        prescription=opened.prescription,
        opened=tuple(days[date] for date in sorted(days)),
        assumptions=(*inputs.assumptions, *opened.notes),
    )


def align_cycles(inputs: PlanInputs, course: Course) -> tuple[Cycle, ...]:
    """The chemotherapy cycles beside a course."""
    if inputs.chemo is None:
        return ()
    delays = {delay.cycle: delay.days for delay in inputs.delays}
    return chemo_cycles.align(inputs.chemo, course, inputs.infusion_calendar, delays)


def lay_out_inputs(inputs: PlanInputs) -> Course:
    """The course on dates; ScheduleError where it cannot start as asked, or runs past the calendar."""
    if not inputs.calendar.covers(inputs.start):
        raise ScheduleError(
            f"start {inputs.start} lies outside the calendar of {inputs.calendar.name}, "
            f"{inputs.calendar.first} to {inputs.calendar.last}"
        )
    permitted = permitted_starts(inputs)
    rules = f"start rules {inputs.start_rules.text}" if inputs.start_rules.text else ""
    first = schedule.first_day(inputs.prescription, inputs.calendar, inputs.start, permitted, rules)
    if inputs.exact_start and first != inputs.start:
        obstacle = start_obstacle(inputs, inputs.start)
        why = said(obstacle) if obstacle else "another day was found"
        raise ScheduleError(
            f"start {inputs.start} ({day_name(inputs.start)}) is not possible: {why}; "
            f"the next possible start is {first} ({day_name(first)})"
        )
    sessions = {opened.date: opened.fractions for opened in inputs.opened}
    course = schedule.lay_out(
        inputs.prescription, inputs.calendar, first, sessions=sessions, permitted=lambda day: day == first
    )
    if inputs.times:
        from zoneinfo import ZoneInfo

        course = schedule.with_times(course, inputs.times, ZoneInfo(inputs.calendar.time_zone))
    return course


def permitted_starts(inputs: PlanInputs) -> schedule.Permit:
    """On which days fraction 1 may fall, by the start rules and where a cycle is fixed to it."""
    by_rules = course_rules.start_permitted(inputs.start_rules, inputs.prescription, inputs.calendar)
    if inputs.chemo is None:
        return by_rules
    by_chemo = chemo_cycles.start_permitted(inputs.chemo, inputs.infusion_calendar)
    return lambda day: by_rules(day) and by_chemo(day)


def start_obstacle(inputs: PlanInputs, day: dt.date) -> Phrase | None:
    """What keeps fraction 1 from falling on a day: closure, pattern, start rule or infusion unit; None if nothing."""
    reason = inputs.calendar.reason(day)
    if not reason.open:
        return Phrase(code="closed-that-day", values={"clinic": inputs.calendar.name, "reason": reason.text})
    if not inputs.prescription.phases[0].pattern.treated(reason, day):
        return Phrase(code="not-in-pattern", values={"date": day.isoformat()})
    if not schedule.runs_together(inputs.prescription.phases[0], inputs.calendar, day):
        phase = inputs.prescription.phases[0]
        return Phrase(code="not-together", values={"phase": phase.name, "count": phase.n_fractions})
    by_rules = course_rules.start_obstacle(inputs.start_rules, inputs.prescription, inputs.calendar, day)
    if by_rules or inputs.chemo is None:
        return by_rules
    infusion = inputs.infusion_calendar
    if chemo_cycles.start_permitted(inputs.chemo, infusion)(day):
        return None
    return Phrase(code="infusion-closed", values={"reason": infusion.reason(day).text})
