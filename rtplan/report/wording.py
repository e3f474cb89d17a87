"""What prescriptions, courses, days and cycles are in words, in the reader's language: each said here, once."""

from __future__ import annotations

from rtplan.chemotherapy.protocol import Anchor
from rtplan.clinic.days import Calendar, Reason
from rtplan.clinic.limits import Limits
from rtplan.course.course import Course
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import ClinicFrom, SiteFrom
from rtplan.prescription.prescription import Phase, Prescription
from rtplan.report.language import ENGLISH, Words, short

__all__ = [
    "anchor_text",
    "clinic_text",
    "day_reason",
    "days_text",
    "drug_day",
    "plan_reason",
    "public_holidays",
    "reading",
    "site_text",
    "times_text",
]


def reading(prescription: Prescription, told: Words = ENGLISH) -> str:
    """How rtplan understood a prescription: 25 fractions of 1.8 Gy, 45 Gy.

    >>> from rtplan.prescription.notation import parse
    >>> reading(parse("45/25 + 9/5 bid"))
    '25 fractions of 1.8 Gy, 45 Gy, then 5 fractions of 1.8 Gy, 9 Gy, twice a day'
    """
    return told(", then ").join(_phase(phase, told) for phase in prescription.phases)


def _phase(phase: Phase, told: Words) -> str:
    doses = "; ".join(
        told(
            "%(target)s%(each)s Gy, %(total)s Gy",
            target=f"{told(total.target)} " if len(phase.totals) > 1 else "",
            each=short(total.dose_gy / phase.n_fractions, 4),
            total=short(total.dose_gy, 4),
        )
        for total in phase.totals
    )
    count = told.count(
        phase.n_fractions, "%(count)s fraction of %(doses)s", "%(count)s fractions of %(doses)s", doses=doses
    )
    return count + _how_often(phase, told)


def _how_often(phase: Phase, told: Words) -> str:
    if phase.concomitant_from is not None:
        return told(" as a second fraction of the day from fraction %(number)s", number=phase.concomitant_from)
    pattern = phase.pattern
    many = {2: told(", twice a day"), 3: told(", three times a day"), 4: told(", four times a day")}
    often = many.get(pattern.fractions_per_day, "")
    if pattern.twice_daily_weekdays:
        often += told(", twice on %(days)s", days=", ".join(map(told, pattern.twice_daily_weekdays)))
    if len(pattern.weekdays) != 5:
        often += told(", on %(count)s days a week", count=len(pattern.weekdays))
    return often


def times_text(course: Course, told: Words = ENGLISH) -> str:
    """Both ways of counting: 33 days (T = 32)."""
    overall, elapsed = course.overall_treatment_time_days, course.elapsed_days
    return told.count(overall, "%(count)s day (T = %(elapsed)s)", "%(count)s days (T = %(elapsed)s)", elapsed=elapsed)


def days_text(days: int, told: Words = ENGLISH, *, sign: bool = False) -> str:
    """So many days: 2 days; as a difference +2 days.

    >>> days_text(1), days_text(-3, sign=True)
    ('1 day', '-3 days')
    """
    number = f"{days:+d}" if sign and days else f"{days}"
    return told("%(number)s day" if abs(days) == 1 else "%(number)s days", number=number)


def day_reason(text: str, told: Words = ENGLISH) -> str:
    """Why a day is open or closed: a holiday by its name in plain words; in English as its source writes it."""
    return told.reason(text) if told.catalogue else text


def plan_reason(plan: Plan, reason: Reason, told: Words = ENGLISH) -> str:
    """The reason of a day that a matched machine treats on, with the machine's name."""
    why = day_reason(reason.instead, told)
    if not reason.open:
        return told("on %(machine)s; %(reason)s", machine=reason.machine, reason=why)
    clinic = plan.inputs.calendar.name
    return told("on %(machine)s; %(clinic)s: %(reason)s", machine=reason.machine, clinic=clinic, reason=why)


def clinic_text(clinic: str, named_by: ClinicFrom, told: Words = ENGLISH) -> str:
    """A clinic and who named it, since its days move the dates.

    >>> clinic_text("a department in England", "environment")
    'a department in England (from RTPLAN_CLINIC)'
    """
    origin = {
        "option": told(" (named with the question)"),
        "environment": told(" (from RTPLAN_CLINIC)"),
        "settings": told(" (from the user's settings)"),
        "protocol": told(" (the protocol's own)"),
    }
    return told(clinic) + origin.get(named_by, "")


def site_text(site: str, named_by: SiteFrom, told: Words = ENGLISH, limits: Limits | None = None) -> str:
    """A site and who named it, since its set and limits decide; limits: its category too, or that none is known.

    >>> site_text("bladder", "option")
    'bladder (named with the question)'
    """
    origin = {
        "option": told(" (named with the question)"),
        "settings": told(" (from the user's settings)"),
        "protocol": told(" (the protocol's own)"),
    }
    if limits is None:
        category = ""
    elif limits.category is None:
        category = told("; category not known: state it (--category)")
    else:
        category = told("; category %(number)s", number=limits.category)
    return told(site) + origin.get(named_by, "") + category


def public_holidays(calendar: Calendar, told: Words = ENGLISH) -> str:
    """Where the public holidays of a calendar come from, and through which day they are announced."""
    through = calendar.official_through
    announced = told("; officially announced through %(day)s", day=through) if through else ""
    return "; ".join(calendar.sources) + announced


def anchor_text(anchor: Anchor, told: Words = ENGLISH) -> str:
    """What the cycles of a protocol are fixed to.

    >>> anchor_text(Anchor(kind="start", days=56))
    'cycle 1 day 1 is 56 days after fraction 1'
    """
    if anchor.kind == "cycle":
        return told("cycle %(cycle)s day 1 on fraction 1", cycle=anchor.cycle)
    if anchor.kind == "before":
        return told("all cycles before fraction 1")
    if anchor.kind == "date":
        return told("cycle 1 day 1 on %(date)s", date=anchor.date)
    if anchor.kind == "start":
        one, many = (
            "cycle 1 day 1 is %(count)s day after fraction 1",
            "cycle 1 day 1 is %(count)s days after fraction 1",
        )
        return told.count(anchor.days, one, many)
    one = "cycle 1 day 1 is %(count)s day after the last fraction"
    return told.count(anchor.days, one, "cycle 1 day 1 is %(count)s days after the last fraction")


def drug_day(cycle: int, offset_days: int, told: Words = ENGLISH) -> str:
    """How a day of a cycle is written: C2D8, or "1 day before C2D1".

    >>> drug_day(2, 7), drug_day(2, -1)
    ('C2D8', '1 day before C2D1')
    """
    if offset_days >= 0:
        return f"C{cycle}D{offset_days + 1}"
    return told.count(-offset_days, "%(count)s day before %(day)s", "%(count)s days before %(day)s", day=f"C{cycle}D1")
