"""From names and options to a plan's inputs: files are read here, and every name is resolved."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, get_args

from rtplan.chemotherapy.protocol import ChemoProtocol, Policy, parse_anchor, with_anchor
from rtplan.clinic.calendar import build, from_week, with_matched
from rtplan.clinic.clinic import Clinic, Days, WorkedWeekends, with_week
from rtplan.clinic.days import Calendar, add_days, parse_date
from rtplan.clinic.holidays import assumed, categories_not_used, working_week
from rtplan.clinic.limits import Limits, StartRules
from rtplan.course.schedule import on_week, prescribed_reference
from rtplan.errors import DomainError, NoClinicError, QuestionError, one_of, whole
from rtplan.library import catalogue
from rtplan.library.protocol import Protocol, RegionSpec
from rtplan.library.site import Site
from rtplan.note import Note, Phrase, Source, Value
from rtplan.planning.extension import calendar_source
from rtplan.planning.inputs import CycleDelay, PlanInputs
from rtplan.planning.provenance import ClinicFrom, SiteFrom
from rtplan.planning.regions import Tissues, regions_of, specified, tissue_file_notes, with_ranges
from rtplan.planning.sites import category_notes, limits_for, price_notes, set_notes, site_named, tumour_of
from rtplan.prescription import notation
from rtplan.prescription.prescription import Prescription, spacing_notes
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "DEFAULT_PROTOCOL",
    "EARLIEST",
    "LATEST",
    "Calendars",
    "Where",
    "calendars",
    "clinic_of",
    "day_of",
    "inputs_of",
    "named_by",
    "named_prescription",
    "protocol_of",
    "protocol_regions",
    "site_of",
]


DEFAULT_PROTOCOL = "west-china-low-dose"


DAYS_BEFORE, DAYS_AFTER = 200, 800


Calendars: TypeAlias = tuple[Calendar, Calendar | None, tuple[Calendar, ...]]
"""Of the treatment machine, of the infusion unit where it has one, and of matched machines."""


CalendarsOf: TypeAlias = Callable[..., Calendars]


DEFAULT_REGIONS = (
    RegionSpec(name="tumour", tissue="generic-tumour"),
    RegionSpec(name="late tissue at 100 %", tissue="generic-late"),
    RegionSpec(name="acute tissue at 100 %", tissue="generic-acute"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The user's words for clinic, calendar and alignment; None or empty: the protocol's, or the default.

    clinic_from, site_from: who named the clinic and the site, where they are named.
    """

    clinic: str | None = None
    clinic_from: ClinicFrom = "option"
    worked_weekends: WorkedWeekends | None = None
    week: str | None = None
    matched_machine: bool = False
    align: str | None = None
    policy: Policy | None = None
    chemo: str | None = None
    delays: tuple[CycleDelay, ...] = ()
    exact_start: bool = False
    start_rules_off: bool = False
    times: tuple[dt.time, ...] = ()
    tissues: tuple[str, ...] = ()
    alpha_betas: tuple[float, ...] = ()
    regions: tuple[str, ...] = ()
    tissue_file: str | None = None
    category: int | None = None
    ranges: bool = False
    site: str | None = None
    site_from: SiteFrom = "option"

    @property
    def asked(self) -> Tissues:
        """What is to be evaluated."""
        return Tissues(
            tissues=self.tissues,
            alpha_betas=self.alpha_betas,
            regions=self.regions,
            tissue_file=self.tissue_file,
            ranges=self.ranges,
        )

    def __post_init__(self) -> None:
        one_of("clinic_from", self.clinic_from, get_args(ClinicFrom))
        one_of("site_from", self.site_from, get_args(SiteFrom))
        if self.worked_weekends is not None:
            one_of("worked-weekends", self.worked_weekends, ("yes", "no"))
        if self.policy is not None:
            one_of("cycle-policy", self.policy, get_args(Policy))
        if self.category is not None:
            whole("category", self.category, 1, 3)
        if list(self.times) != sorted(set(self.times)):
            raise DomainError(f"times must rise through the day, got {', '.join(map(str, self.times))}")
        cycles = [delay.cycle for delay in self.delays]
        for cycle in cycles:
            if cycles.count(cycle) > 1:
                raise QuestionError(f"--delay-cycle puts cycle {cycle} off more than once: give it once")


EARLIEST, LATEST = dt.date(1951, 1, 1), dt.date(2097, 12, 31)
"""Dates that are taken: the holidays of China are known from 1950 to 2100, and a plan looks 200 days back and 800
ahead."""


def day_of(value: str | dt.date, what: str = "date") -> dt.date:
    """A date, or the date of an ISO text, in the years for which there are calendars.

    >>> day_of("2026-03-02")
    datetime.date(2026, 3, 2)
    """
    if isinstance(value, dt.datetime):
        value = value.date()
    day = value if isinstance(value, dt.date) else parse_date(value, what)
    if not EARLIEST <= day <= LATEST:
        raise DomainError(f"{what} must lie from {EARLIEST} to {LATEST}, got {day}")
    return day


def protocol_of(name: str | Prescription | Protocol, tissue_file: str | None = None) -> Protocol:
    """A protocol by path or name; else a regimen, a notation (``70/35``) or a prescription, without chemotherapy.

    tissue_file: the user's, which may bring tissues that the protocol names.
    """
    if isinstance(name, Protocol):
        return name
    if isinstance(name, Prescription):
        return _bare_protocol(name, "given as a prescription")
    if not isinstance(name, str):
        raise DomainError(f"a protocol is a name, a path, a notation or a prescription, got {name!r}")
    if (catalogue.is_path(name) and name.lower().endswith(".toml")) or name in catalogue.names("protocols"):
        return catalogue.load_protocol(name, tissue_file)
    if not notation.looks_like_notation(name) and difflib.get_close_matches(name, catalogue.names("protocols"), n=1):
        return catalogue.load_protocol(name, tissue_file)
    return _bare_protocol(named_prescription(name), "given on the command line")


def _bare_protocol(prescription: Prescription, given: str) -> Protocol:
    return Protocol(
        name=prescription.name,
        label=prescription.name,
        sources=(Source(text=given, known="stated"),),
        prescription=prescription,
    )


def named_prescription(name: str) -> Prescription:
    """The prescription of a notation, or of a shipped regimen."""
    if notation.looks_like_notation(name):
        return notation.parse(name)
    regimen = catalogue.load_regimen(name)
    if regimen.prescription is None:
        raise DomainError(f"regimen {regimen.name!r} has no dose to calculate with: {regimen.not_for_calculation}")
    return regimen.prescription


def clinic_of(protocol: Protocol, where: Where) -> tuple[str, ClinicFrom]:
    """The clinic's name and who named it: the user's word, else the protocol's own. NoClinicError where nobody did."""
    if where.clinic:
        return where.clinic, where.clinic_from
    if protocol.clinic:
        return protocol.clinic, "protocol"
    raise NoClinicError(protocol.name)


def site_of(protocol: Protocol | None, where: Where) -> tuple[Site | None, SiteFrom]:
    """The site and who named it: the user's word, else the protocol's, else the user's settings; None where nobody did.

    Raises ConfigError where there is no such site, with the nearest.
    """
    if where.site and where.site_from != "settings":
        return site_named(where.site), where.site_from
    if protocol is not None and protocol.site:
        return site_named(protocol.site, f"protocol {protocol.name!r}, site"), "protocol"
    if where.site:
        return site_named(where.site, "site of the user's settings"), "settings"
    return None, ""


def named_by(protocol: Protocol, where: Where) -> tuple[ClinicFrom, SiteFrom]:
    """Who named the clinic, and who the site."""
    return clinic_of(protocol, where)[1], site_of(protocol, where)[1]


def inputs_of(
    protocol: Protocol,
    start: dt.date,
    where: Where,
    until: dt.date | None = None,
    calendars_of: CalendarsOf | None = None,
) -> PlanInputs:
    """Everything a plan is made from. until: the last day a course may have to start on, where there are several.

    calendars_of: makes the calendars, as `calendars` does; for many courses of a clinic, which share them.

    Raises ConfigError or DomainError where a name is unknown or a file is not as it should be.
    """
    clinic_name, _ = clinic_of(protocol, where)
    clinic = catalogue.load_clinic(clinic_name)
    clinic = with_week(clinic, where.week) if where.week else clinic
    prescription = on_week(protocol.prescription, working_week(clinic, start))
    known = where.worked_weekends or clinic.worked_weekends
    site, _ = site_of(protocol, where)
    regions = protocol_regions(protocol, where)
    ranged, about_range = with_ranges(regions, where.tissues, where.tissue_file, site) if where.ranges else ((), ())
    treatment, infusion, machines = (calendars_of or calendars)(clinic, start, used=known == "yes", until=until)
    if where.matched_machine:
        treatment, infusion = _matched(clinic, treatment, infusion, machines)
    return PlanInputs(
        start=start,
        protocol=protocol.name,
        label=protocol.label,
        clinic=clinic.label,
        prescription=prescription,
        calendar=treatment,
        infusion=infusion,
        machines=machines,
        worked_weekends=known,
        exact_start=where.exact_start,
        regions=regions,
        limits=_limits(protocol, clinic, where, site, catalogue.limits_stated(clinic_name)),
        start_rules=_start_rules(protocol, clinic, where),
        chemo=_chemo(protocol, where),
        delays=where.delays,
        times=where.times,
        sources=protocol.sources,
        assumptions=(*_said(protocol, where, clinic, start), *about_range, *_of_site(protocol, clinic, where, regions)),
        range_regions=ranged,
        calendar_source=calendar_source(clinic_name, where.week, matched_machine=where.matched_machine),
        site=site.name if site else "",
        without_chemo=(where.chemo or protocol.chemo) == "none",
        other_readings=() if where.align or where.chemo else protocol.other_readings,
    )


def calendars(clinic: Clinic, start: dt.date, *, used: bool, until: dt.date | None = None) -> Calendars:
    """Calendars of the treatment machine, of the infusion unit where it has one, and of matched machines."""
    first = add_days(start, -DAYS_BEFORE)
    last = add_days(until or start, DAYS_AFTER)

    week = working_week(clinic, start)
    changes = week != working_week(clinic, last)

    def of(days: Days | None, name: str | None) -> Calendar:
        calendar = build(clinic, first, last, worked_weekends=used, days=days, name=name)
        own_week = clinic.days.week is not None or (days is not None and days.week is not None)
        return calendar if own_week or not changes else from_week(calendar, week, start)

    infusion = of(clinic.infusion, f"infusion unit of {clinic.label}") if clinic.infusion else None
    return of(None, None), infusion, tuple(of(machine.days, machine.name) for machine in clinic.machines)


def _matched(
    clinic: Clinic, treatment: Calendar, infusion: Calendar | None, machines: tuple[Calendar, ...]
) -> tuple[Calendar, Calendar]:
    """The matched machines' days opened; chemotherapy keeps the days it had."""
    if not machines:
        raise DomainError(f"{clinic.label} has no matched machine: name one in its file under [[machines]]")
    return with_matched(treatment, machines), infusion or treatment


def _limits(protocol: Protocol, clinic: Clinic, where: Where, site: Site | None, stated: frozenset[str]) -> Limits:
    """Option before protocol before the clinic's file before the site. stated: keys of the clinic's file."""
    limits = clinic.limits or Limits()
    if where.category is not None:
        source = Source(text="category given by the user", known="stated")
        limits = replace(limits, category=where.category, category_source=source)
    elif protocol.category is not None:
        limits = replace(limits, category=protocol.category, category_source=protocol.category_source)
    return limits_for(limits, site, stated)


def _said(protocol: Protocol, where: Where, clinic: Clinic, start: dt.date) -> Sequence[Note]:
    return (*_assumptions(protocol, where, clinic, start), *tissue_file_notes(where.tissue_file))


def _of_site(protocol: Protocol, clinic: Clinic, where: Where, regions: Sequence[Region]) -> Sequence[Note]:
    """Where the site contradicts what somebody states: another site, category or set; and the price of time."""
    site, _ = site_of(protocol, where)
    own = site_named(protocol.site, f"protocol {protocol.name!r}, site")
    notes: list[Note] = []
    if site is not None and own is not None and own.name != site.name:
        values: dict[str, Value] = {"site": site.name, "other": own.name, "by": Phrase(code="the-protocol")}
        notes.append(Note(code="site-differs", severity="warning", values=values))
    by = (
        "the-option"
        if where.category is not None
        else "the-protocol"
        if protocol.category is not None
        else "the-clinic"
    )
    stated = where.category or protocol.category or (clinic.limits.category if clinic.limits else None)
    return [*notes, *category_notes(site, stated, by), *set_notes(regions, site), *price_notes(regions, site)]


def _start_rules(protocol: Protocol, clinic: Clinic, where: Where) -> StartRules:
    rules = protocol.start_rules or clinic.start_rules
    return replace(rules, off=True) if where.start_rules_off else rules


def _chemo(protocol: Protocol, where: Where) -> ChemoProtocol | None:
    name = where.chemo or protocol.chemo
    if not name or name == "none":
        if where.align or where.policy or where.delays:
            raise DomainError(f"{protocol.name} has no chemotherapy to align: give --chemo")
        return None
    chemo = catalogue.load_chemo(name)
    if not where.chemo:
        chemo = replace(chemo, anchor=parse_anchor(protocol.align), anchor_source=protocol.align_source)
    if where.align:
        chemo = with_anchor(chemo, parse_anchor(where.align))
    return replace(chemo, policy=where.policy) if where.policy else chemo


def _assumptions(protocol: Protocol, where: Where, clinic: Clinic, start: dt.date) -> Sequence[Note]:
    notes = [
        Note(code=item.code, severity="info", values={"text": item.text})
        for item in protocol.assumptions
        if not (item.code == "alignment-assumed" and (where.align or where.chemo))
        and not (item.code == "drugs-not-stated" and where.chemo)
    ]
    if parts := assumed(clinic, start):
        notes.append(Note(code="clinic-assumed", severity="info", values={"parts": parts}))
        until = add_days(start, prescribed_reference(protocol.prescription, start).elapsed_days + _MARGIN)
        notes.extend(categories_not_used(clinic, start, until))
    week = _meant_week(protocol.prescription, working_week(clinic, start), clinic.label)
    return [*notes, *_own_alignment(protocol, where), *week, *spacing_notes(protocol.prescription)]


def _own_alignment(protocol: Protocol, where: Where) -> Iterator[Note]:
    """Chemotherapy that the user named comes with its own alignment: said where the protocol's is another."""
    if not where.chemo or where.chemo == "none" or where.align or not protocol.chemo:
        return
    chemo = catalogue.load_chemo(where.chemo)
    if chemo.anchor != parse_anchor(protocol.align):
        values: dict[str, Value] = {"chemo": chemo.name, "protocol": protocol.name, "align": protocol.align}
        yield Note(code="chemo-own-alignment", severity="warning", values=values)


def protocol_regions(protocol: Protocol | None, where: Where) -> tuple[Region, ...]:
    """The regions to evaluate: the protocol's, with the tissues and organs the user named."""
    own = protocol.regions if protocol and protocol.regions else DEFAULT_REGIONS
    own = tuple(_with_site_set(spec, protocol, where) for spec in own)
    place = f"protocol {protocol.name!r}, regions {{!r}}" if protocol else "tissue"
    return regions_of(specified(own, where.tissue_file, place), where.asked, _short_name)


def _with_site_set(spec: RegionSpec, protocol: Protocol | None, where: Where) -> RegionSpec:
    """A region with the site's tumour set, where the protocol names none of its own, or one of another site."""
    site, _ = site_of(protocol, where)
    own = site_named(protocol.site) if protocol is not None else None
    named = protocol is not None and bool(protocol.regions) and (own is None or site is None or own.name == site.name)
    tissue = catalogue.load_tissues(where.tissue_file).get(spec.tissue)
    if site is None or named or tissue is None or tissue.kind != "tumour":
        return spec
    return replace(spec, tissue=tumour_of(site, where.tissue_file).name)


def _short_name(tissue: Tissue) -> str:
    return "tumour" if tissue.kind == "tumour" else f"{tissue.name} at 100 %"


_MARGIN = 14
"""Days past the prescribed reference in which holidays may still matter to a course. [d]"""


def _meant_week(prescription: Prescription, week: tuple[str, ...], clinic: str) -> Sequence[Note]:
    """On which weekdays "five a week" are laid, where that is not Monday to Friday."""
    pairs = zip(prescription.phases, on_week(prescription, week).phases, strict=True)
    days = next((new.pattern.weekdays for old, new in pairs if new != old and not old.pattern.on_any_weekday), None)
    if days is None:
        return ()
    values: dict[str, Value] = {
        "number": Phrase(code=f"number-{len(days)}"),
        "days": ", ".join(days),
        "clinic": clinic,
        **({} if set(days) == set(week) else {"week": ", ".join(week)}),
    }
    return [Note(code="week-of-the-clinic", severity="info", values=values)]
