"""From questions in names and options to answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rtplan.errors import DomainError, NoClinicError, QuestionError, finite
from rtplan.note import each_once
from rtplan.planning.regions import Tissues
from rtplan.prescription.notation import looks_like_notation
from rtplan.prescription.prescription import Prescription
from rtplan.questions.dose import (
    DEFAULT_REGIONS,
    DoseAnswer,
    dose_answer,
    match_dose_per_fraction,
    match_fractions,
)
from rtplan.questions.regimens import (
    about_tissues,
    dose_per_fraction,
    prescription_of,
    regions_for,
)
from rtplan.radiobiology.effect import FROM_DATES, NO_TIME, Time
from rtplan.radiobiology.region import Region

if TYPE_CHECKING:  # `rtplan dose` loads none of these
    from rtplan.clinic.clinic import Clinic
    from rtplan.clinic.days import Calendar
    from rtplan.compensation.sessions import Method
    from rtplan.library.protocol import Protocol
    from rtplan.library.site import Site
    from rtplan.note import Note
    from rtplan.planning.provenance import ClinicFrom, SiteFrom
    from rtplan.planning.resolve import Where
    from rtplan.questions.added import AddedAnswer
    from rtplan.questions.comparison import Candidate, Comparison
    from rtplan.questions.starts import StartSearch
    from rtplan.radiobiology.draws import Draws

__all__ = [
    "STANDARD",
    "Matching",
    "Sited",
    "added",
    "compare",
    "dose",
    "starts",
    "time_of",
]


TRIAL, TRIAL_NAME = "wch-ld45", "45/25"

STANDARD = ("50/25", "50.4/28", "59.4/33", "60/30", "61.2/34", "64.8/36", "cross", "artdeco-hd", "shi-lcaf")
"""What the trial's course is compared with unless regimens are named."""

MOST_SETS = 2
"""Parameter sets of a site that a comparison shows, unless tissues are named; --range shows all."""

Regimen = str | Prescription


# --- dose -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What is to be matched, and which of the two is given: fractions, or their dose [Gy, or text with a unit]."""

    regimen: Regimen | None = None
    fractions: int | None = None
    dose_per_fraction: str | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sited:
    """The site of the tumour and who named it; no name: none is known."""

    name: str = ""
    by: SiteFrom = "option"

    @property
    def profile(self) -> Site | None:
        """Its profile. ConfigError where there is no such site."""
        if not self.name:
            return None
        from rtplan.planning.sites import site_named

        return site_named(self.name)


NO_SITE = Sited()


def time_of(overall_time: float | None, elapsed_days: float | None, monday_start: bool) -> Time | None:
    """The time a quick answer is charged with; None where none is given."""
    if (overall_time is not None) + (elapsed_days is not None) + monday_start > 1:
        raise QuestionError("--overall-time, --elapsed-days and --monday-start do not go together: choose one")
    if monday_start:
        return FROM_DATES
    if overall_time is not None:
        if finite("--overall-time", overall_time, "days") < 1:
            raise DomainError(f"--overall-time must be at least 1 day (last - first + 1), got {overall_time:g}")
        return Time(from_dates=False, elapsed_days=overall_time - 1.0)
    if elapsed_days is not None:
        if finite("--elapsed-days", elapsed_days, "days") < 0:
            raise DomainError(f"--elapsed-days must be 0 days or more, got {elapsed_days:g}")
        return Time(from_dates=False, elapsed_days=elapsed_days)
    return None


def dose(
    regimens: Sequence[Regimen], matching: Matching, time: Time | None, asked: Tissues, sited: Sited = NO_SITE
) -> DoseAnswer:
    """BED and EQD2 of regimens at once, or what has the BED of another regimen."""
    site = sited.profile
    asked = _with_set(asked, site)
    regions = regions_for(DEFAULT_REGIONS, asked)
    if matching.regimen is not None and asked.ranges:
        raise QuestionError("--range does not go with --to-match")
    price = _price(regions, site) if time is not None else ()
    regions, said = about_tissues(regions, asked, site)
    if matching.regimen is not None:
        _refuse_half_matches(regimens, matching, time, asked)
        answer = _matched(matching.regimen, matching, regions)
    elif matching.fractions is not None or matching.dose_per_fraction is not None:
        raise QuestionError("--fractions and --dose-per-fraction go with --to-match REGIMEN")
    elif not regimens:
        raise QuestionError("name a REGIMEN, such as 45/25")
    else:
        typed = dict.fromkeys(regimen.strip() if isinstance(regimen, str) else regimen for regimen in regimens)
        answer = dose_answer([prescription_of(regimen) for regimen in typed], regions, time or NO_TIME)
    return replace(answer, notes=each_once((*price, *answer.notes, *said)))


def _with_set(asked: Tissues, site: Site | None) -> Tissues:
    """With the tumour set that the site charges, where no tissue is named; the range shows the others."""
    if site is None or asked.tissues or asked.alpha_betas:
        return asked
    from rtplan.planning.sites import tumour_of

    return replace(asked, tissues=(tumour_of(site, asked.tissue_file).name,), of_site=True)


def _price(regions: Sequence[Region], site: Site | None) -> tuple[Note, ...]:
    from rtplan.planning.sites import price_notes, set_notes

    return (*set_notes(regions, site), *price_notes(regions, site))


def _refuse_half_matches(regimens: Sequence[Regimen], matching: Matching, time: Time | None, asked: Tissues) -> None:
    if regimens:
        names = " ".join(_name(regimen) for regimen in regimens)
        raise QuestionError(f"--to-match answers for one regimen, {_name(matching.regimen)}: leave out {names}")
    if (matching.fractions is None) == (matching.dose_per_fraction is None):
        raise QuestionError("--to-match goes with one of --fractions and --dose-per-fraction")
    if time is not None:
        raise QuestionError("--to-match is without time: leave out --overall-time, --elapsed-days, --monday-start")
    if asked.regions:
        raise QuestionError("--to-match works at 100 % of prescription: leave out --region")


def _name(regimen: Regimen | None) -> str:
    return regimen.name if isinstance(regimen, Prescription) else str(regimen)


def _matched(regimen: Regimen, matching: Matching, regions: Sequence[Region]) -> DoseAnswer:
    nonlinear = [region.tissue.name for region in regions if region.tissue.model != "LQ"]
    if nonlinear:
        raise DomainError(f"--to-match is for the plain LQ model, not for LQ-L of {', '.join(nonlinear)}")
    reference = prescription_of(regimen)
    alpha_betas = list(dict.fromkeys(region.tissue.alpha_beta for region in regions))
    if matching.fractions is not None:
        found = match_dose_per_fraction(reference, matching.fractions, alpha_betas)
    else:
        found = match_fractions(reference, dose_per_fraction(matching.dose_per_fraction or 0.0), alpha_betas)
    return replace(found, rows=dose_answer([reference], regions, NO_TIME).rows)


# --- fractions added on a calendar ----------------------------------------------------------------------------------


def added(
    regimen: Regimen,
    to_match: Regimen,
    start: dt.date,
    clinic: str | None,
    asked: Tissues,
    dose_gy: str | float | None = None,
    clinic_from: ClinicFrom = "option",
    sited: Sited = NO_SITE,
) -> AddedAnswer:
    """How many fractions added to a regimen, on the clinic's days from a start, reach another one's net BED.

    dose_gy: of an added fraction [Gy, or text with a unit]; None: each like the last phase's.
    """
    asked = _with_set(asked, sited.profile)
    tumours = [region for region in regions_for(DEFAULT_REGIONS, asked) if region.tissue.kind == "tumour"]
    if not asked.tissues or not tumours:
        raise QuestionError("with --start name the parameter set: --tissue squamous-surrogate, for example")
    _, said = about_tissues(tumours, asked)
    from rtplan.questions.added import fractions_to_match

    answer = fractions_to_match(
        prescription_of(regimen),
        prescription_of(to_match),
        _calendar(_clinic(clinic, _name(regimen)), start),
        start,
        tumours,
        dose_per_fraction_gy=None if dose_gy is None else dose_per_fraction(dose_gy),
    )
    return replace(answer, notes=each_once((*answer.notes, *said)), clinic_from=clinic_from)


def _clinic(name: str | None, what: str, week: str | None = None) -> Clinic:
    """The named clinic. what: the course that is to be laid on its days."""
    from rtplan.clinic.clinic import with_week
    from rtplan.library import catalogue

    if not name:
        raise NoClinicError(what)
    clinic = catalogue.load_clinic(name)
    return with_week(clinic, week) if week else clinic


def _calendar(clinic: Clinic, start: dt.date, worked_weekends: str | None = None) -> Calendar:
    from rtplan.planning import resolve

    used = (worked_weekends or clinic.worked_weekends) == "yes"
    return resolve.calendars(clinic, start, used=used)[0]


# --- regimens side by side ------------------------------------------------------------------------------------------


def compare(
    regimens: Sequence[Regimen],
    asked: Tissues,
    *,
    reference: Regimen | None = None,
    start: dt.date | None = None,
    clinic: str | None = None,
    clinic_from: ClinicFrom = "option",
    week: str | None = None,
    worked_weekends: str | None = None,
    no_provisional: bool = False,
    draws: Draws | None = None,
    sited: Sited = NO_SITE,
) -> Comparison:
    """Regimens side by side; without regimens the trial's against standard-dose ones."""
    if start is None and (clinic or worked_weekends or no_provisional):
        raise QuestionError("--clinic, --worked-weekends and --no-provisional go with --start")
    if start is None and week:
        raise QuestionError("--week goes with --start")
    found = _clinic(clinic, "the comparison", week) if start is not None else None
    calendar = _calendar(found, start, worked_weekends) if found is not None and start is not None else None
    sited = _compared_site(sited, regimens, reference)
    site = sited.profile
    bare = _compared_regions(asked, site, drawn=draws is not None)
    price = _price(bare, site)
    regions, said = about_tissues(bare, asked, site)
    candidates = _on_its_week(_candidates(regimens, reference), found, start)
    from rtplan.questions import comparison

    result = comparison.compare(candidates, regions, calendar=calendar, start=start, draws=draws)
    result = replace(
        result,
        notes=each_once((*price, *result.notes, *said)),
        clinic_from=clinic_from if found else "",
        site=site.name if site else "",
        site_from=sited.by if site else "",
    )
    if no_provisional:
        from rtplan.planning.plan import refuse_provisional

        refuse_provisional(result.notes)
    return result


def _compared_site(sited: Sited, regimens: Sequence[Regimen], reference: Regimen | None) -> Sited:
    """The site: the user's word; else that of the trial's protocol, where it is compared; else of the settings."""
    if sited.name and sited.by != "settings":
        return sited
    if (reference is not None and regimens) or len(regimens) > 1:
        return sited
    from rtplan.library import catalogue
    from rtplan.planning.resolve import DEFAULT_PROTOCOL

    return Sited(name=catalogue.load_protocol(DEFAULT_PROTOCOL).site, by="protocol")


def _candidates(regimens: Sequence[Regimen], reference: Regimen | None) -> list[Candidate]:
    names = list(regimens) or list(STANDARD)
    if reference is None and len(regimens) <= 1:
        found = [_trial(), *map(_candidate, names)]
    else:
        found = [_candidate(reference)] if reference is not None else []
        found += [] if regimens else [_trial()]
        found += map(_candidate, names)
    once: dict[str, Candidate] = {}
    for entry in found:
        once.setdefault(entry.name, entry)
    return list(once.values())


def _trial() -> Candidate:
    from rtplan.library import catalogue
    from rtplan.questions import comparison

    return replace(comparison.candidate(catalogue.load_regimen(TRIAL)), name=TRIAL_NAME)


def _candidate(regimen: Regimen) -> Candidate:
    from rtplan.library import catalogue
    from rtplan.questions import comparison

    if isinstance(regimen, str) and not looks_like_notation(regimen):
        return comparison.candidate(catalogue.load_regimen(regimen))
    prescription = prescription_of(regimen)
    return comparison.Candidate(name=prescription.name, prescription=prescription)


def _compared_regions(asked: Tissues, site: Site | None, drawn: bool) -> tuple[Region, ...]:
    """Generic tissues, with the named or the site's sets beside the generic tumour. drawn: with their intervals."""
    from rtplan.planning.sites import timed_sets

    default: tuple[Region, ...] = () if asked.alpha_betas else DEFAULT_REGIONS
    of_site = tuple(tissue.name for tissue in timed_sets(site, asked.tissue_file)[:MOST_SETS])
    tissues = asked.tissues or (() if asked.alpha_betas else of_site)
    named = regions_for((), replace(asked, tissues=tissues))
    if asked.tissue_file or drawn:
        from rtplan.planning.regions import refreshed

        default = refreshed(default, asked.tissue_file, shipped=drawn)
    return tuple(dict.fromkeys((*default, *named)))


def _on_its_week(found: list[Candidate], clinic: Clinic | None, start: dt.date | None) -> list[Candidate]:
    """Five fractions a week on the clinic's own working week."""
    if clinic is None or start is None:
        return found
    from rtplan.clinic.holidays import working_week
    from rtplan.course.schedule import on_week

    week = working_week(clinic, start)
    return [replace(entry, prescription=on_week(entry.prescription, week)) for entry in found]


# --- start dates ----------------------------------------------------------------------------------------------------


def starts(
    protocol: str | Prescription | Protocol,
    first: dt.date,
    last: dt.date,
    where: Where,
    *,
    created: dt.datetime,
    command: str,
    no_provisional: bool = False,
    strict_rules: bool = False,
    max_wait: int | None = None,
    compensate_closures: Method | None = None,
) -> StartSearch:
    """Every start day of a range, ranked."""
    from rtplan.planning import resolve
    from rtplan.planning.asked import check_times, files_of
    from rtplan.planning.provenance import provenance_of

    if last < first:
        raise DomainError(f"--to {last} lies before --from {first}")
    found = resolve.protocol_of(protocol, where.tissue_file)
    from rtplan.questions.starts import search

    result = search(
        resolve.inputs_of(found, first, where, until=last),
        last,
        provenance_of(files_of(protocol, found, where), created, command, *resolve.named_by(found, where)),
        no_provisional=no_provisional,
        strict=strict_rules,
        max_wait=max_wait,
        method=compensate_closures,
    )
    for start in result.starts[:1]:
        check_times(where.times, start.course)
    return result
