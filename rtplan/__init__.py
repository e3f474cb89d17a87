"""rtplan: radiotherapy fractionation and scheduling on real calendars.

The front door: a function for each question, the formulae, and the values they take and give.

>>> import rtplan as rt
>>> plan = rt.plan("45/25", start="2026-03-02", clinic="england")
>>> plan.course.last
datetime.date(2026, 4, 7)
>>> rt.bed(25, 1.8, 10.0)
53.1

``rtplan.lq`` and ``rtplan.response`` hold all the formulae. Nothing heavy is loaded before it is needed.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, Literal

from rtplan.arguments import of_their_kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    import pandas as pd

    from rtplan.answer import Answer as Answer
    from rtplan.chemotherapy.protocol import Policy
    from rtplan.clinic.clinic import Clinic as Clinic
    from rtplan.clinic.days import Calendar as Calendar
    from rtplan.clinic.days import Reason as Reason
    from rtplan.compensation.sessions import Method
    from rtplan.course.course import Course as Course
    from rtplan.course.course import Fraction as Fraction
    from rtplan.course.many import Trains as Trains
    from rtplan.course.many import last_days_many as last_days_many
    from rtplan.course.many import lay_out_many as lay_out_many
    from rtplan.course.schedule import lay_out as lay_out
    from rtplan.course.schedule import prescribed_reference as prescribed_reference
    from rtplan.course.schedule import prolongation_days as prolongation_days
    from rtplan.errors import ConfigError as ConfigError
    from rtplan.errors import DomainError as DomainError
    from rtplan.errors import QuestionError as QuestionError
    from rtplan.errors import RtplanError as RtplanError
    from rtplan.errors import ScheduleError as ScheduleError
    from rtplan.interruption.missed import Missed as Missed
    from rtplan.interruption.question import Against, RankBy
    from rtplan.library.protocol import Protocol as Protocol
    from rtplan.note import Note as Note
    from rtplan.note import Source as Source
    from rtplan.planning import artefact as artefact
    from rtplan.planning.plan import Plan as Plan
    from rtplan.planning.provenance import ClinicFrom, SiteFrom
    from rtplan.planning.regions import Tissues
    from rtplan.prescription import notation as notation
    from rtplan.prescription.prescription import Pattern as Pattern
    from rtplan.prescription.prescription import Phase as Phase
    from rtplan.prescription.prescription import Prescription as Prescription
    from rtplan.questions.added import AddedAnswer as AddedAnswer
    from rtplan.questions.cohort import Cohort as Cohort
    from rtplan.questions.comparison import Comparison as Comparison
    from rtplan.questions.department import Department as Department
    from rtplan.questions.dose import DoseAnswer as DoseAnswer
    from rtplan.questions.listing import Listing as Listing
    from rtplan.questions.starts import StartSearch as StartSearch
    from rtplan.questions.verification import Verification as Verification
    from rtplan.questions.workdays import Workdays as Workdays
    from rtplan.radiobiology import lq as lq
    from rtplan.radiobiology import response as response
    from rtplan.radiobiology.draws import Draws
    from rtplan.radiobiology.lq import bed as bed
    from rtplan.radiobiology.lq import bed_lql as bed_lql
    from rtplan.radiobiology.lq import bed_usc as bed_usc
    from rtplan.radiobiology.lq import dose_per_fraction_for_bed as dose_per_fraction_for_bed
    from rtplan.radiobiology.lq import eqd2 as eqd2
    from rtplan.radiobiology.lq import eqdx as eqdx
    from rtplan.radiobiology.lq import incomplete_repair_factor as incomplete_repair_factor
    from rtplan.radiobiology.lq import n_fractions_for_bed as n_fractions_for_bed
    from rtplan.radiobiology.lq import protraction_factor as protraction_factor
    from rtplan.radiobiology.lq import repopulation_loss as repopulation_loss
    from rtplan.radiobiology.lq import repopulation_rate as repopulation_rate
    from rtplan.radiobiology.region import Region as Region
    from rtplan.radiobiology.response import geud as geud
    from rtplan.radiobiology.response import ntcp_lkb as ntcp_lkb
    from rtplan.radiobiology.response import ntcp_log_logistic as ntcp_log_logistic
    from rtplan.radiobiology.response import tcp_logistic as tcp_logistic
    from rtplan.radiobiology.response import tcp_poisson as tcp_poisson
    from rtplan.radiobiology.tissue import Tissue as Tissue
    from rtplan.radiobiology.train import train_bed as train_bed
    from rtplan.validation.validation import Validation as Validation

    Day = str | dt.date
    Moment = str | dt.datetime
    Path = str | PathLike[str]
    Regimen = str | Prescription
    Texts = str | Sequence[str]
    YesNo = Literal["yes", "no"]
    Numbers = float | Sequence[float]
    Delays = Mapping[int, int] | Sequence[tuple[int, int]]
    Times = str | Sequence[dt.time]

__version__ = "0.2.0"

_MODULES = {
    "lq": "radiobiology.lq",
    "response": "radiobiology.response",
    "notation": "prescription.notation",
    "artefact": "planning.artefact",
}
_HOMES = {
    "answer": "Answer",
    "clinic.clinic": "Clinic",
    "clinic.days": "Calendar Reason",
    "course.course": "Course Fraction",
    "course.many": "Trains last_days_many lay_out_many",
    "course.schedule": "lay_out prescribed_reference prolongation_days",
    "errors": "ConfigError DomainError QuestionError RtplanError ScheduleError",
    "interruption.missed": "Missed",
    "library.protocol": "Protocol",
    "note": "Note Source",
    "planning.plan": "Plan",
    "prescription.prescription": "Pattern Phase Prescription",
    "questions.added": "AddedAnswer",
    "questions.cohort": "Cohort",
    "questions.comparison": "Comparison",
    "questions.department": "Department",
    "questions.dose": "DoseAnswer",
    "questions.listing": "Listing",
    "questions.starts": "StartSearch",
    "questions.verification": "Verification",
    "questions.workdays": "Workdays",
    "radiobiology.lq": "bed bed_lql bed_usc dose_per_fraction_for_bed eqd2 eqdx incomplete_repair_factor "
    "n_fractions_for_bed protraction_factor repopulation_loss repopulation_rate",
    "radiobiology.region": "Region",
    "radiobiology.response": "geud ntcp_lkb ntcp_log_logistic tcp_logistic tcp_poisson",
    "radiobiology.tissue": "Tissue",
    "radiobiology.train": "train_bed",
    "validation.validation": "Validation",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"rtplan.{_MODULES[name]}")
    if name in _HOME:
        return getattr(importlib.import_module(f"rtplan.{_HOME[name]}"), name)
    raise AttributeError(f"module 'rtplan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_HOME})


@of_their_kind
def plan(
    protocol: Regimen | Protocol | PathLike[str] | None = None,
    *,
    start: Day,
    clinic: Path | None = None,
    clinic_from: ClinicFrom = "option",
    worked_weekends: YesNo | None = None,
    week: str | None = None,
    matched_machine: bool = False,
    exact_start: bool = False,
    no_start_rules: bool = False,
    compensate_closures: Method | None = None,
    chemo: Path | None = None,
    align: str | None = None,
    cycle_policy: Policy | None = None,
    delay_cycle: Delays = (),
    category: int | None = None,
    times: Times = (),
    site: str | None = None,
    site_from: SiteFrom = "option",
    tissue: Texts = (),
    alpha_beta: Numbers = (),
    region: Texts = (),
    tissue_file: Path | None = None,
    ranges: bool = False,
    draws: int | None = None,
    seed: int = 0,
    dose_reference: int | None = None,
    no_provisional: bool = False,
    strict_rules: bool = False,
    stamp: Moment | None = None,
    command: str = "rtplan.plan",
) -> Plan:
    """A course on the calendar, with its chemotherapy cycles and its doses: the main job.

    Parameters
    ----------
    protocol : a shipped name, a path, a regimen, a notation such as ``"70/35"``, a `Prescription`, or the path of a
        DICOM RT Plan; dose_reference: its target's number, where it has several. Default: the low-dose trial of West
        China Hospital.
    start : requested day of the first fraction, date or ISO text.
    clinic : a shipped name, a path, or a country code such as ``"CN"``. Default: the protocol's own; where it has none,
        as a notation, one has to be named: neither environment nor settings are read here, that is the command line's.
        clinic_from: who named it, for the provenance. worked_weekends ("yes", "no"), week ("mon-sat") and
        matched_machine say otherwise than its file.
    exact_start, no_start_rules, no_provisional, strict_rules : refuse another start; take no start rules; refuse dates
        that are not announced, and broken rules.
    compensate_closures : "weekend", "bid" or "worked-weekend": extra sessions for closures known in advance.
    chemo, align, cycle_policy, delay_cycle : protocol, place, what later cycles do, and ``{cycle: days put off}``.
    site : of the tumour, a name of ``listing("sites")``: its tumour set, category, ceiling and intervals, where nobody
        states others. Default: the protocol's own; without site and tissue no time factor. site_from: who named it.
    tissue, alpha_beta [Gy], region, tissue_file, ranges : what is evaluated; ``region="spinal cord=42.3Gy Dmax"``.
    draws, seed : parameters drawn from their published intervals, so many times: ``answer.uncertainty``.
    times : clock times of a day's fractions. category : tumour category, for the prolongation limit.
    stamp : the moment it is made. Default: the clock's. command : what the provenance says was asked.

    Raises
    ------
    ConfigError, DomainError, ScheduleError : one sentence that names what was wrong, its value and the bound.

    >>> import rtplan as rt
    >>> plan = rt.plan("45/25", start="2026-03-02", clinic="england")
    >>> plan.course.overall_treatment_time_days, plan.prolongation_days
    (37, 4)
    """
    words = locals()
    from rtplan.planning import asked, resolve
    from rtplan.records import dicom

    as_asked = {name: words[name] for name in ("command", "compensate_closures", "no_provisional", "strict_rules")}
    named, read, remarks = dicom.asked(_named(protocol) or resolve.DEFAULT_PROTOCOL, dose_reference)
    day, where = resolve.day_of(start, "start"), asked.where_of(words)
    drawn = _draws(draws, seed)
    return asked.plan(named, day, where, created=_moment(stamp), read=read, remarks=remarks, draws=drawn, **as_asked)


@of_their_kind
def dose(
    *regimens: Regimen,
    overall_time: float | None = None,
    elapsed_days: float | None = None,
    monday_start: bool = False,
    to_match: Regimen | None = None,
    fractions: int | None = None,
    dose_per_fraction: str | float | None = None,
    site: str | None = None,
    site_from: SiteFrom = "option",
    tissue: Texts = (),
    alpha_beta: Numbers = (),
    region: Texts = (),
    tissue_file: Path | None = None,
    ranges: bool = False,
) -> DoseAnswer:
    """BED and EQD2 of regimens at once, at alpha/beta 10 and 3 Gy unless other tissues are named.

    Parameters
    ----------
    regimens : names, notations such as ``"45/25"``, or prescriptions.
    overall_time, elapsed_days [d], monday_start : the time loss is charged for; none of them: no loss to time.
    to_match, with fractions or dose_per_fraction [Gy] : what has the BED of this regimen?

    Raises
    ------
    DomainError : a number without meaning. QuestionError : arguments that do not go together.

    >>> import rtplan as rt
    >>> [row.bed_gy for row in rt.dose("60/30").rows]
    [72.0, 100.0]
    """
    from rtplan.questions import asked

    matching = asked.Matching(regimen=to_match, fractions=fractions, dose_per_fraction=dose_per_fraction)
    time = asked.time_of(overall_time, elapsed_days, monday_start)
    words = _tissues(tissue, alpha_beta, region, tissue_file, ranges)
    return asked.dose(regimens, matching, time, words, asked.Sited(name=site or "", by=site_from))


@of_their_kind
def added(
    regimen: Regimen,
    to_match: Regimen,
    *,
    start: Day,
    clinic: Path | None = None,
    clinic_from: ClinicFrom = "option",
    dose_per_fraction: str | float | None = None,
    site: str | None = None,
    site_from: SiteFrom = "option",
    tissue: Texts = (),
    tissue_file: Path | None = None,
) -> AddedAnswer:
    """How many fractions added to a regimen, on the clinic's days from a start, reach another one's net BED.

    What ``rtplan dose REGIMEN --to-match REGIMEN --start DATE`` answers. clinic has to be named. tissue: tumours
    with a time factor.
    dose_per_fraction: of an added fraction [Gy]; None: each like the last phase's.

    >>> import rtplan as rt
    >>> answer = rt.added("45/25", "50/25", start="2026-03-02", clinic="west-china", tissue="squamous-surrogate")
    >>> answer.answers[0].reached.added
    11
    """
    from rtplan.planning.resolve import day_of
    from rtplan.questions import asked

    words = _tissues(tissue, (), (), tissue_file, False)
    day, where = day_of(start, "start"), _text(clinic)
    sited = asked.Sited(name=site or "", by=site_from)
    return asked.added(regimen, to_match, day, where, words, dose_per_fraction, clinic_from, sited)


@of_their_kind
def compare(
    *regimens: Regimen,
    reference: Regimen | None = None,
    start: Day | None = None,
    clinic: Path | None = None,
    clinic_from: ClinicFrom = "option",
    week: str | None = None,
    worked_weekends: YesNo | None = None,
    no_provisional: bool = False,
    site: str | None = None,
    site_from: SiteFrom = "option",
    tissue: Texts = (),
    alpha_beta: Numbers = (),
    region: Texts = (),
    tissue_file: Path | None = None,
    ranges: bool = False,
    draws: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Regimens side by side, with differences and ratios to a reference (the first, unless named).

    Without regimens: the trial's 45/25 against standard-dose ones. start: lays each on the clinic's calendar;
    the clinic has to be named then. draws, seed: as of `plan`.

    >>> import rtplan as rt
    >>> answer = rt.compare("60/30", "45/25", tissue="squamous-surrogate")
    >>> [round(row.difference.net_bed_gy, 2) for row in answer.rows if row.row.region == "tumour"][-1]
    -12.6
    """
    from rtplan.planning.resolve import day_of
    from rtplan.questions import asked

    return asked.compare(
        regimens,
        _tissues(tissue, alpha_beta, region, tissue_file, ranges),
        reference=reference,
        start=None if start is None else day_of(start, "start"),
        clinic=_text(clinic),
        clinic_from=clinic_from,
        week=week,
        worked_weekends=worked_weekends,
        no_provisional=no_provisional,
        draws=_draws(draws, seed),
        sited=asked.Sited(name=site or "", by=site_from),
    )


@of_their_kind
def missed(
    plan: Plan | Path,
    missed: Day | Sequence[Day] = (),
    *,
    partial: Texts = (),
    record: Path | Sequence[Path] | None = None,
    record_format: Path | None = None,
    record_plan: Texts = (),
    dose_reference: int | None = None,
    clinic: Path | None = None,
    site: str | None = None,
    as_of: Day | None = None,
    cause: str = "",
    cause_text: str = "",
    against: Against = "prescribed",
    rank_by: RankBy = "guideline",
    restore: float = 1.0,
    late_limit: float | None = None,
    tolerance: float = 0.5,
    waive: Texts = (),
    max_dose_per_fraction: float | None = None,
    changed_dose_from: Day | None = None,
    change_target: Texts = (),
    all_options: bool = False,
    accept_edited: bool = False,
    draws: int | None = None,
    seed: int = 0,
    stamp: Moment | None = None,
    command: str = "rtplan.missed",
) -> Missed:
    """What missed fractions cost, and the ranked ways to compensate. ``answer.choose(id)`` gives the revised plan.

    ``answer.stop(reason=...)`` closes the course with what was given by the day of the question.

    Parameters
    ----------
    plan : a plan, or the path of its plan.json; accept_edited: one that was changed by hand, as it stands.
    missed : dates and spans: ``"2026-03-10..2026-03-12,2026-03-16#2"``, a date, or several.
    record : file of what was given, CSV or spreadsheet, written as record_format or the file of clinic says;
        record_plan: plans to read where it holds several. Or folders and files of DICOM treatment records, with the RT
        Plan; dose_reference: its target's number, where it has several. One of missed, partial, record and as_of is
        needed.
    partial : fractions given with another dose than planned: ``"2026-03-10=0.9Gy"``, or several. [Gy or cGy]
    site : of the tumour, where the plan was made without one or for another: its set and limits for this answer.
    as_of : nothing up to this day is moved. Default: the last missed or recorded date.
    against, rank_by : "prescribed" or "planned"; "guideline", "tumour", "late" or "sessions".
    restore, late_limit [-] : share of tumour net BED wanted, and of late net BED allowed above the reference.
    cause : "machine", "holiday", "patient", "toxicity" or "other", alone or with words: ``"toxicity: grade 3"``; other
        words are of the kind "other". After toxicity whatever intensifies stands behind. cause_text: words beside it.
    tolerance [Gy] : a deficit of net BED up to this counts as restored; design default, no source.
    draws, seed : as of `plan`. waive : codes of hard rules that options may break: ``"dense-week"``, or several.
    max_dose_per_fraction [Gy], changed_dose_from, change_target : bounds on another dose. The ceiling by default: the
        larger of 2.2 Gy and 110 % of the prescribed dose, no change above 4 Gy, where the clinic's limits say no other.

    >>> import rtplan as rt
    >>> plan = rt.plan("45/25", start="2026-03-02", clinic="england")
    >>> answer = rt.missed(plan, "2026-03-10..2026-03-12", cause="linac")
    >>> answer.choose(answer.options[0].id).revision.number
    2
    """
    from rtplan.interruption import asked
    from rtplan.planning.provenance import provenance_of

    given, settings = asked.given_of(locals()), asked.settings_of(locals())
    found, checksum, files = _opened(plan, accept_edited)
    found = asked.on_site(found, site or "")
    files = [*files, *asked.record_files(given)]
    return asked.missed(
        found,
        given,
        settings,
        all_options=all_options,
        provenance=provenance_of(
            files, _moment(stamp), command, found.provenance.clinic_from, found.provenance.site_from
        ),
        parent_sha256=checksum,
        draws=_draws(draws, seed),
    )


@of_their_kind
def starts(
    protocol: Regimen | Protocol | PathLike[str] | None = None,
    *,
    first: Day,
    last: Day,
    clinic: Path | None = None,
    clinic_from: ClinicFrom = "option",
    worked_weekends: YesNo | None = None,
    week: str | None = None,
    matched_machine: bool = False,
    no_start_rules: bool = False,
    chemo: Path | None = None,
    align: str | None = None,
    cycle_policy: Policy | None = None,
    delay_cycle: Delays = (),
    category: int | None = None,
    times: Times = (),
    site: str | None = None,
    site_from: SiteFrom = "option",
    tissue: Texts = (),
    alpha_beta: Numbers = (),
    region: Texts = (),
    tissue_file: Path | None = None,
    no_provisional: bool = False,
    strict_rules: bool = False,
    max_wait: int | None = None,
    compensate_closures: Method | None = None,
    stamp: Moment | None = None,
    command: str = "rtplan.starts",
) -> StartSearch:
    """Every start day from first to last, ranked: rule breaches, tumour net BED, cycle violations, provisional days.

    A start is the day of fraction 1, or of cycle 1 day 1 where the protocol begins with chemotherapy. Those later than
    max_wait days stand below the others (None: 14 for category 1, a design default; no bound for others). [d]

    The other arguments are those of `plan`; no_provisional and strict_rules leave out what they would refuse.

    >>> import rtplan as rt
    >>> rt.starts("45/25", first="2026-03-02", last="2026-03-13", clinic="england").starts[0].date
    datetime.date(2026, 3, 2)
    """
    from rtplan.planning import asked as planned
    from rtplan.planning import resolve
    from rtplan.questions import asked

    where = planned.where_of(locals())
    return asked.starts(
        _named(protocol) or resolve.DEFAULT_PROTOCOL,
        resolve.day_of(first, "--from"),
        resolve.day_of(last, "--to"),
        where,
        created=_moment(stamp),
        command=command,
        no_provisional=no_provisional,
        strict_rules=strict_rules,
        max_wait=max_wait,
        compensate_closures=compensate_closures,
    )


@of_their_kind
def department(
    plans: Path | Mapping[str, Plan],
    closed: str,
    slots: Texts,
    *,
    machine: str = "",
    pin: Texts = (),
    left_out: Texts = (),
    levels: Path | Mapping[str, int] | None = None,
    stamp: Moment | None = None,
    command: str = "rtplan.department",
) -> Department:
    """Who is treated on the few extra attendances when a machine is down, and what the others lose.

    plans : a folder of plan.json files, each called as its patient is to be called here, or plans by name.
    closed : days and spans, as of `missed`. slots : ``"2026-03-14=10"``, ``"2026-03-12@B=6"``, or a number for each
        closed day on a matched machine. pin : ``"ID=DATE"``; left_out : ids. levels : 1 to 5 by id, or a CSV file.

    >>> import rtplan as rt
    >>> plans = {"a": rt.plan("45/25", start="2026-03-02", clinic="england", category=1)}
    >>> rt.department(plans, "2026-03-12", "2026-03-14=1").served[0].seats
    ('2026-03-14',)
    """
    from rtplan.planning.provenance import provenance_of
    from rtplan.planning.regions import several
    from rtplan.questions import department as answer

    found, files = _patients(plans, levels)
    return answer.department(
        found,
        closed,
        answer.seats_of(several(slots), machine, closed),
        machine=machine,
        pinned=answer.pins_of(several(pin)),
        left_out=several(left_out),
        provenance=provenance_of(files, _moment(stamp), command),
    )


@of_their_kind
def workdays(
    clinic: Path,
    first: Day,
    last: Day,
    *,
    worked_weekends: YesNo | None = None,
    infusion: bool = False,
    no_provisional: bool = False,
) -> Workdays:
    """Open and closed days of a clinic from first to last, each with its reason. infusion: of its infusion unit.

    >>> import rtplan as rt
    >>> rt.workdays("CN", "2026-02-01", "2026-02-28").n_open
    14
    """
    from rtplan.planning.resolve import day_of
    from rtplan.questions import workdays as answer

    return answer.workdays(
        str(_text(clinic)),
        day_of(first, "--from"),
        day_of(last, "--to"),
        worked_weekends=worked_weekends,
        infusion=infusion,
        no_provisional=no_provisional,
    )


@of_their_kind
def listing(of: str) -> Listing:
    """What is shipped, with sources and flags: "protocols", "regimens", "tissues", "clinics", "chemo", "sites"
    or "records".

    The command is ``rtplan list``; the name here leaves Python's own ``list`` alone.

    >>> import rtplan as rt
    >>> [item.name for item in rt.listing("clinics").items][:1]
    ['england']
    """
    from rtplan.questions import listing as answer

    return answer.listing(of)


@of_their_kind
def validate(*, stamp: Moment | None = None, command: str = "rtplan.validate") -> Validation:
    """Published cases, theirs beside ours: what a physicist's commissioning starts from.

    >>> import rtplan as rt
    >>> rt.validate().passed
    True
    """
    from rtplan.validation import validation

    return validation.validate(provenance=validation.made(_moment(stamp), command), platform=validation.platform())


@of_their_kind
def verify(
    path: Path,
    *,
    earlier: Path | Sequence[Path] = (),
    clinic: Path | None = None,
    tissue_file: Path | None = None,
    stamp: Moment | None = None,
    command: str = "rtplan.verify",
) -> Verification:
    """A plan.json recomputed: from its own inputs, and from today's data; with the hand-check sheet.

    earlier : files of the revisions before it. clinic, tissue_file : the user's own files that the plan was made from.

    >>> import rtplan as rt
    >>> rt.verify("missing.json")
    Traceback (most recent call last):
    rtplan.errors.ConfigError: missing.json: ...
    """
    from pathlib import Path

    from rtplan.planning.provenance import provenance_of
    from rtplan.planning.regions import several
    from rtplan.questions import verification

    files = (earlier,) if isinstance(earlier, str | os.PathLike) else several(earlier)
    return verification.verify(
        Path(path),
        provenance=provenance_of([], _moment(stamp), command),
        earlier=[Path(file) for file in files],
        clinic=_text(clinic) or "",
        tissue_file=_text(tissue_file),
    )


@of_their_kind
def cohort(
    courses: pd.DataFrame | Path,
    *,
    regimen: str | None = None,
    clinic: Path | None = None,
    clinic_from: ClinicFrom = "option",
    worked_weekends: YesNo | None = None,
    week: str | None = None,
    site: str | None = None,
    site_from: SiteFrom = "option",
    category: int | None = None,
    tissue: Texts = (),
    alpha_beta: Numbers = (),
    tissue_file: Path | None = None,
    column: Mapping[str, str] | Texts = (),
    records: pd.DataFrame | Path | None = None,
    record_format: Path | None = None,
    record_id: str = "id",
    band: Texts = (),
    bands: Path | None = None,
    all_given: bool = False,
    strict: bool = False,
    delimiter: str = ",",
    sink: Callable[[Any], None] | None = None,
    step: Callable[[int], None] | None = None,
    stamp: Moment | None = None,
    command: str = "rtplan.cohort",
) -> Cohort:
    """Many courses: planned against delivered, one row a course, and what they say together.

    ``answer.to_frame()`` gives the rows, ``answer.to_frame("rejects")`` those without an answer and why.

    Parameters
    ----------
    courses : a pandas frame, or the path of a CSV file, spreadsheet or parquet file, with columns id, regimen (or
        protocol), start, clinic, site, arm, category, first, last (or end), n_given; only start is always needed.
    regimen, clinic, site, category : of rows that state none.
    column : other names of columns, ``{"start": "First day"}``.
    records : what was delivered, one line a fraction or field, with the id of its course in record_id: a file in
        record_format or in the plain form, or a frame in the plain form. Held against each plan as `missed` does.
    band : ``"delay_days=1,5"``: more than 1 is a minor, more than 5 a major deviation; bands: the same from a file.
    all_given : courses with a last day and no number of fractions got all of them.
    strict : refuse the table at the first row without an answer.
    sink : given each chunk's rows, which are then not kept. step : told how many rows are done.

    >>> import pandas as pd, rtplan as rt
    >>> table = pd.DataFrame({"regimen": ["45/25"], "start": ["2026-02-02"], "last": ["2026-03-18"]})
    >>> frame = rt.cohort(table, clinic="west-china", tissue="squamous-surrogate", all_given=True).to_frame()
    >>> int(frame.planned_overall_days[0]), int(frame.overall_days[0]), float(frame.planned_net_bed_gy[0].round(6))
    (43, 45, 40.5)
    """
    from pathlib import Path

    from rtplan.planning.provenance import provenance_of
    from rtplan.questions import cohort as answers
    from rtplan.questions import cohort_asked

    asked, named = cohort_asked.asked_of(locals()), cohort_asked.columns_of(column)
    files = [Path(courses)] if isinstance(courses, str | os.PathLike) else []
    given, frames = cohort_asked.table_of(courses, records, named, delimiter)
    asked = cohort_asked.with_records(asked, given, _text(record_format), record_id)
    return answers.answer(
        frames,
        asked,
        provenance=provenance_of(files, _moment(stamp), command, clinic_from),
        keep=sink is None,
        strict=strict,
        sink=sink,
        step=step,
    )


@of_their_kind
def read(path: Path, *, accept_edited: bool = False) -> Plan:
    """The plan of a plan.json as it was laid out; ConfigError where it is not one, or was changed by hand.

    accept_edited: take a changed file as it stands, its figures made again; a note says so from then on.

    >>> import rtplan as rt
    >>> rt.read("missing.json")
    Traceback (most recent call last):
    rtplan.errors.ConfigError: missing.json: ...
    """
    from rtplan.planning import artefact

    return artefact.read(path, accept_edited=accept_edited)


# --- words into values ----------------------------------------------------------------------------------------------


def _text(path: Path | None) -> str | None:
    return None if path is None else os.fspath(path)


def _named(protocol: Any) -> Any:
    return os.fspath(protocol) if isinstance(protocol, os.PathLike) else protocol


def _moment(stamp: Moment | None) -> dt.datetime:
    """The moment given, or the clock's. A moment without time zone is UTC."""
    import datetime as dt

    if stamp is None:
        return dt.datetime.now(dt.UTC).replace(microsecond=0)
    try:
        moment = dt.datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    except ValueError:
        from rtplan.errors import DomainError, shown

        raise DomainError(f"stamp takes an ISO moment such as 2026-02-01T09:00:00+08:00, got {shown(stamp)}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _tissues(tissue: Texts, alpha_beta: Numbers, region: Texts, tissue_file: Path | None, ranges: bool) -> Tissues:
    from rtplan.planning.regions import Tissues, several

    file, values = _text(tissue_file), several(alpha_beta)
    return Tissues(
        tissues=several(tissue), alpha_betas=values, regions=several(region), tissue_file=file, ranges=ranges
    )


def _draws(count: int | None, seed: int) -> Draws | None:
    from rtplan.radiobiology.draws import Draws

    return None if count is None else Draws(count=count, seed=seed)


def _patients(plans: Any, levels: Any) -> tuple[list[Any], list[Any]]:
    """The patients of a department, and the files they were read from."""
    from pathlib import Path

    from rtplan.questions.department import Patient, folder_of, levels_of

    stated = levels_of(Path(levels)) if isinstance(levels, str | os.PathLike) else dict(levels or {})
    if isinstance(plans, str | os.PathLike):
        return folder_of(Path(plans), stated)
    return [Patient(id=name, plan=plan, level=stated.get(name)) for name, plan in plans.items()], []


def _opened(plan: Plan | Path, accept_edited: bool) -> tuple[Plan, str, list[Any]]:
    """A plan, the SHA-256 of its plan.json, and the file where it was read from one."""
    from pathlib import Path

    if isinstance(plan, str | os.PathLike):
        from rtplan.library.read import checksum

        path = Path(plan)
        return read(path, accept_edited=accept_edited), checksum(path), [path]
    import hashlib

    from rtplan.report.formats.json import dumps

    return plan, hashlib.sha256(dumps(plan.document()).encode()).hexdigest(), []
