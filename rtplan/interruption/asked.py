"""From a question on missed fractions, in dates, names and files, to its answer."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rtplan.errors import DomainError, QuestionError, shown
from rtplan.interruption import reconcile, situation
from rtplan.interruption.missed import Missed, missed_answer
from rtplan.interruption.question import Settings
from rtplan.interruption.situation import (
    CauseKind,
    MissedSpan,
    PartialDose,
    Situation,
    parse_cause,
    parse_missed,
    parse_partial,
)
from rtplan.library import catalogue
from rtplan.note import Note
from rtplan.planning.plan import Plan, complete_plan
from rtplan.planning.provenance import FileSum, Provenance
from rtplan.planning.regions import several
from rtplan.planning.resolve import day_of
from rtplan.planning.sites import alternatives, price_notes, set_notes, site_named
from rtplan.planning.sites import on_site as planned_on_site
from rtplan.radiobiology.draws import Draws
from rtplan.records import dicom, files
from rtplan.records.record import Record

__all__ = [
    "Given",
    "given_of",
    "missed",
    "on_site",
    "record_files",
    "settings_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known of the course under way.

    missed: dates and spans without treatment. partial: fractions given with another dose than planned, where there is
    no record. record: file of what was given, or files and folders of DICOM records;
    dose_reference: number of the target in their RT Plan, where it has several. record_format, clinic: whose file says
    how it is written, and which days are open past those that the plan keeps. record_plan: plans to read, where it
    holds several.
    as_of: nothing up to this day is moved; None: the last missed or recorded date.
    cause: in words; cause_kind: its kind.
    """

    missed: tuple[MissedSpan, ...] = ()
    partial: tuple[PartialDose, ...] = ()
    record: tuple[Path, ...] = ()
    record_format: str | None = None
    record_plan: tuple[str, ...] = ()
    dose_reference: int | None = None
    clinic: str | None = None
    as_of: dt.date | None = None
    cause: str = ""
    cause_kind: CauseKind | Literal[""] = ""

    def __post_init__(self) -> None:
        if not (self.missed or self.partial or self.record) and self.as_of is None:
            raise QuestionError("give --missed DATES or --record FILE")
        for option in ("record_format", "record_plan", "dose_reference"):
            if getattr(self, option) not in (None, ()) and not self.record:
                raise QuestionError(f"--{option.replace('_', '-')} says how a record is read: it goes with --record")
        if self.clinic and not self.record and not catalogue.is_path(self.clinic):
            raise QuestionError(
                "--clinic names the columns of a record: it goes with --record, or is the clinic's own file, "
                "for days past those that the plan keeps"
            )
        if self.partial and self.record:
            raise QuestionError("--partial is for a course without a record: --record says what each fraction got")
        if self.record:
            _refuse_mixed(self, dicom.holds_dicom(self.record))


def _refuse_mixed(given: Given, as_dicom: bool) -> None:
    """Options that say how a table is read have no use for DICOM, and the other way round."""
    if as_dicom and given.record_format:
        raise QuestionError("--record-format says how a table is written: DICOM records need none")
    if not as_dicom and given.dose_reference is not None:
        raise QuestionError("--dose-reference is a number in an RT Plan: it goes with DICOM records")
    if not as_dicom and len(given.record) > 1:
        raise QuestionError(f"--record takes one table, or several files of DICOM records: got {len(given.record)}")


def given_of(words: Mapping[str, Any]) -> Given:
    """What is known of the course, from the words of the front door."""
    days = words["missed"]
    kind, cause = parse_cause(words["cause"], words["cause_text"])
    texts = _texts(days)
    return Given(
        missed=tuple(span for text in texts for span in parse_missed(str(text))),
        partial=tuple(parse_partial(text) for text in several(words["partial"])),
        record=_paths(words["record"]),
        dose_reference=words["dose_reference"],
        record_format=None if words["record_format"] is None else os.fspath(words["record_format"]),
        record_plan=several(words["record_plan"]),
        clinic=None if words["clinic"] is None else os.fspath(words["clinic"]),
        as_of=None if words["as_of"] is None else day_of(words["as_of"], "as-of"),
        cause=cause,
        cause_kind=kind,
    )


def _texts(days: Any) -> tuple[Any, ...]:
    """Dates and spans, one or several."""
    if isinstance(days, str | dt.date):
        return (days,)
    if isinstance(days, Sequence | set | frozenset):
        return tuple(days)
    raise DomainError(f"missed takes dates and spans such as '2026-03-10..2026-03-12', got {shown(days)}")


def _paths(record: Any) -> tuple[Path, ...]:
    if record is None:
        return ()
    return (Path(record),) if isinstance(record, str | os.PathLike) else tuple(Path(path) for path in record)


def record_files(given: Given) -> list[Path | FileSum]:
    """The files of a record, for their checksums; DICOM files are not named: their names can name people."""
    return [*dicom.sums(given.record)] if given.record and dicom.holds_dicom(given.record) else list(given.record)


def settings_of(words: Mapping[str, Any]) -> Settings:
    """How options are made and ranked, from the words of the front door."""
    changed = words["changed_dose_from"]
    return Settings(
        max_dose_per_fraction_gy=words["max_dose_per_fraction"],
        changed_dose_from=None if changed is None else day_of(changed, "changed-dose-from"),
        change_targets=several(words["change_target"]),
        tolerance_gy=words["tolerance"],
        waive=several(words["waive"]),
        **{name: words[name] for name in ("against", "rank_by", "restore", "late_limit")},
    )


def missed(
    plan: Plan,
    given: Given,
    settings: Settings | None = None,
    *,
    all_options: bool = False,
    provenance: Provenance,
    parent_sha256: str,
    draws: Draws | None = None,
) -> Missed:
    """What the missed fractions cost, and every way to compensate, against tumour sets of the same site too."""
    others = alternatives(plan.inputs.site, plan.inputs.regions)
    settings = replace(settings or Settings(), alternatives=others)
    _check_targets(plan, settings.change_targets)
    answer = missed_answer(
        _situation(plan, given),
        settings,
        all_options=all_options,
        provenance=provenance,
        parent_sha256=parent_sha256,
        draws=draws,
    )
    site = site_named(plan.inputs.site)
    sited = (*set_notes(plan.inputs.regions, site), *price_notes(plan.inputs.regions, site))
    return replace(answer, notes=(*sited, *answer.notes, *_too_late(answer)))


def on_site(plan: Plan, name: str) -> Plan:
    """The plan with a site that it was not made with: its dates as they are, the site's set and limits."""
    site = site_named(name)
    if site is None:
        return plan
    made = replace(plan.provenance, site_from="option")
    inputs = planned_on_site(plan.inputs, site)
    return complete_plan(inputs, plan.course, made, plan.revision, plan.cycles)


def _situation(plan: Plan, given: Given) -> Situation:
    known: dict[str, Any] = {"as_of": given.as_of, "cause": given.cause, "clinic": given.clinic or ""}
    if not given.record:
        stated = situation.from_dates(plan, given.missed, partial=given.partial, **known)
        return replace(stated, cause_kind=given.cause_kind)
    record = _dicom(plan, given) if dicom.holds_dicom(given.record) else _table(plan, given)
    found = reconcile.from_record(plan, record, missed=given.missed, **known)
    return replace(found, findings=(*record.notes, *found.findings), cause_kind=given.cause_kind)


def _table(plan: Plan, given: Given) -> Record:
    return files.read(
        given.record[0],
        plan.inputs.prescription.targets[0],
        record_format=given.record_format or "",
        clinic=given.clinic or "",
        plans=given.record_plan,
    )


def _dicom(plan: Plan, given: Given) -> Record:
    prescription = plan.inputs.prescription
    wanted = dicom.Wanted(
        targets=prescription.targets,
        phases=tuple(phase.name for phase in prescription.phases),
        dose_reference=given.dose_reference,
        plans=dicom.places(given.record_plan),
    )
    return dicom.read_record(given.record, wanted, plan.inputs.calendar.time_zone)


def _check_targets(plan: Plan, names: Sequence[str]) -> None:
    known = plan.inputs.prescription.targets
    for name in names:
        if name not in known:
            raise QuestionError(f"there is no target {name!r}; the plan has {', '.join(known)}")


def _too_late(answer: Missed) -> Iterator[Note]:
    """A first day of another dose that lies past the course leaves no option with another dose."""
    asked, last = answer.settings.changed_dose_from, answer.appended.course.last
    if asked is not None and asked > last:
        values = {"changed_dose_from": asked.isoformat(), "last": last.isoformat()}
        yield Note(code="changed-dose-too-late", severity="warning", values=values)
