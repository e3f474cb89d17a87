"""A plan's calendar continued from the clinic's own source, where a course needs more days than the plan keeps."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtplan.clinic.calendar import build, with_matched
from rtplan.clinic.clinic import Clinic, Days, with_week
from rtplan.clinic.days import Calendar, Reason, add_days
from rtplan.clinic.holidays import ONLY_COUNTRY
from rtplan.errors import RtplanError, ScheduleError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.note import Phrase
from rtplan.planning.inputs import CalendarSource, PlanInputs

__all__ = [
    "Continued",
    "calendar_source",
    "continued",
]


_COMPARED_DAYS = 28
"""Last days of the stored calendar that the clinic's own source has to agree with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """Inputs whose calendar reaches further. why_not: what kept it from reaching the day asked for; None: it does."""

    inputs: PlanInputs
    why_not: Phrase | None = None


class _NotContinued(Exception):
    """Why a calendar cannot be continued."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why.code)
        self.why = why


def calendar_source(name: str, week: str | None, *, matched_machine: bool) -> CalendarSource:
    """Where a plan's calendar comes from. A file is named without its folder, and known by its checksum."""
    path = Path(name)
    own = catalogue.is_path(name) and path.is_file()
    return CalendarSource(
        clinic=path.name if own else name,
        week=week,
        matched_machine=matched_machine,
        sha256=_checksum(path) if own else None,
    )


def _checksum(path: Path) -> str:
    """SHA-256 of a clinic's file; of it and its files of closures together, where it names some."""
    sums = [reader.checksum(file) for file in (path, *catalogue.closure_files(path))]
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()


def continued(inputs: PlanInputs, last: dt.date, clinic: str = "") -> Continued:
    """The inputs with calendars that reach a day, or as far as the clinic's own source knows its days.

    clinic: where the clinic's file lies, for a plan made from a user's own file. Days that the plan keeps stay as they
    are, whatever the source says of them now. A source that does not agree with the last of them is not used.
    """
    if inputs.calendar.last >= last:
        return Continued(inputs=inputs)
    try:
        source = inputs.calendar_source or _known_by_label(inputs.clinic)
        found = _clinic(source, clinic)
        return _as_far_as_known(inputs, source, found, last)
    except _NotContinued as error:
        return Continued(inputs=inputs, why_not=error.why)


def _known_by_label(label: str) -> CalendarSource:
    """A plan of an older rtplan keeps the clinic's label only: a shipped clinic, or a country, has just that one."""
    if label.startswith(ONLY_COUNTRY):
        return CalendarSource(clinic=label.removeprefix(ONLY_COUNTRY))
    for name in catalogue.names("clinics"):
        if catalogue.load_clinic(name).label == label:
            return CalendarSource(clinic=name)
    raise _NotContinued(Phrase(code="clinic-not-named", values={"clinic": label}))


def _clinic(source: CalendarSource, given: str) -> Clinic:
    name = given or source.clinic
    if source.sha256 is not None:
        if not catalogue.is_path(name) or not Path(name).is_file():
            raise _NotContinued(Phrase(code="clinic-file-absent", values={"clinic": source.clinic}))
        if _checksum(Path(name)) != source.sha256:
            raise _NotContinued(Phrase(code="clinic-changed", values={"clinic": source.clinic}))
    try:
        found = catalogue.load_clinic(name)
        return with_week(found, source.week) if source.week else found
    except RtplanError:
        raise _NotContinued(Phrase(code="clinic-not-readable", values={"clinic": source.clinic})) from None


def _as_far_as_known(inputs: PlanInputs, source: CalendarSource, clinic: Clinic, last: dt.date) -> Continued:
    """Reaching the day, or the end of the last year whose holidays the source can give."""
    why_not: Phrase | None = None
    for end in (last, *(dt.date(year, 12, 31) for year in range(last.year - 1, inputs.calendar.last.year - 1, -1))):
        if end <= inputs.calendar.last:
            break
        try:
            return Continued(inputs=_reaching(inputs, source, clinic, end), why_not=why_not)
        except ScheduleError:
            why_not = Phrase(code="year-not-known", values={"clinic": source.clinic, "year": end.year})
    raise _NotContinued(why_not or Phrase(code="clinic-not-readable", values={"clinic": source.clinic}))


def _reaching(inputs: PlanInputs, source: CalendarSource, clinic: Clinic, last: dt.date) -> PlanInputs:
    first = add_days(inputs.calendar.last, -2 * _COMPARED_DAYS)
    used = inputs.worked_weekends == "yes"

    def of(days: Days | None) -> Calendar:
        return build(clinic, first, last, worked_weekends=used, days=days)

    machines = [of(machine.days) for machine in clinic.machines]
    own = of(None)
    treatment = with_matched(own, machines) if source.matched_machine else own
    infusion = of(clinic.infusion) if clinic.infusion else own
    stored = inputs.machines
    if len(stored) == len(machines):
        stored = tuple(_joined(old, new, source) for old, new in zip(stored, machines, strict=True))
    return replace(
        inputs,
        calendar=_joined(inputs.calendar, treatment, source),
        infusion=_joined(inputs.infusion, infusion, source) if inputs.infusion else None,
        machines=stored,
    )


def _joined(old: Calendar, new: Calendar, source: CalendarSource) -> Calendar:
    """The old calendar and, behind it, the days of the new one; they have to agree on the days before."""
    if not new.first <= old.last < new.last:
        return old
    begin = max(old.first, add_days(old.last, -_COMPARED_DAYS))
    for day, reason in old.days(begin, old.last):
        if _disagrees(reason, new.reason(day)):
            values = {"clinic": source.clinic, "date": day.isoformat()}
            raise _NotContinued(Phrase(code="clinic-disagrees", values=values))
    reasons = [reason for _, reason in old.days(old.first, old.last)]
    reasons += [reason for _, reason in new.days(add_days(old.last, 1), new.last)]
    return replace(old.with_reasons(old.first, reasons), sources=_sources(old.sources, new.sources))


def _disagrees(stored: Reason, now: Reason) -> bool:
    """Days that a revision closed, and days that were not announced yet, may have changed."""
    return stored.open != now.open and not stored.provisional and stored.kind != "closure"


def _sources(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*old, *new]))
