"""A plan.json recomputed, from its own inputs and from today's data; its chain of revisions; the hand-check sheet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from rtplan import __version__
from rtplan.answer import Answer, Kind
from rtplan.chemotherapy.protocol import ChemoProtocol
from rtplan.clinic.calendar import with_matched
from rtplan.clinic.clinic import Clinic, with_week
from rtplan.clinic.days import Calendar, add_days
from rtplan.clinic.holidays import library_version
from rtplan.errors import RtplanError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.note import Note, Value
from rtplan.planning import artefact, resolve
from rtplan.planning.artefact import Difference, Seal
from rtplan.planning.extension import calendar_source
from rtplan.planning.inputs import PlanInputs
from rtplan.planning.plan import Plan, make_plan
from rtplan.planning.provenance import Provenance
from rtplan.questions.handcheck import HandStep, hand_check

__all__ = ["Changed", "Link", "Moved", "Verification", "verify"]


Cause = Literal["holiday data", "clinic file", "tissue data", "chemotherapy file", "protocol file", "code"]

_TOLERANCE = 1e-9
_MOST = 200
"""Differences that are listed; a file with more is another plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What today's data say otherwise than the file keeps, and which data. key: a date, or a key of the file."""

    cause: Cause
    key: str
    kept: str
    today: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A figure that the plan would have if it were made from today's data."""

    figure: str
    kept: str
    today: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A revision and the file it follows: found by its SHA-256 among the files given, or not. file: empty if not."""

    revision: int
    parent_sha256: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Answer):
    """What a plan.json is worth as a record.

    seal: does its content fit its SHA-256? own: figures that its own inputs give otherwise. today: what today's data
    say otherwise, by cause; moved: what that would change. unchecked: what today's data cannot be asked about. chain:
    the revision's ancestors. sheet: each formula with its numbers. passed: nothing of its own is wrong.
    """

    kind: ClassVar[Kind] = "verify"

    file: str
    plan: Plan
    sha256: str
    seal: Seal
    own: tuple[Difference, ...]
    today: tuple[Changed, ...]
    moved: tuple[Moved, ...]
    unchecked: tuple[Note, ...]
    chain: tuple[Link, ...]
    sheet: tuple[HandStep, ...]
    notes: tuple[Note, ...]
    provenance: Provenance

    @property
    def passed(self) -> bool:
        """Is the file as it was written, and does everything in it follow from its own inputs?"""
        chained = all(link.file for link in self.chain)
        return (
            self.seal != "changed" and not self.own and chained and all(step.agrees is not False for step in self.sheet)
        )


def verify(
    path: Path,
    *,
    provenance: Provenance,
    earlier: Sequence[Path] = (),
    clinic: str = "",
    tissue_file: str | None = None,
) -> Verification:
    """A plan.json recomputed. ConfigError where it is no plan at all.

    earlier: files among which the revisions before it are looked for. clinic, tissue_file: the user's own files the
    plan was made from, to hold it against them as they are today.
    """
    data = reader.read_json(path)
    plan, bare = artefact.opened(data, path.name)
    own = list(itertools.islice(_own(plan, bare, path.name), _MOST))
    today, moved, unchecked = _today(plan, clinic, tissue_file)
    chain = tuple(_chain(plan, earlier))
    seal = artefact.seal(data)
    return Verification(
        file=path.name,
        plan=plan,
        sha256=reader.checksum(path),
        seal=seal,
        own=tuple(own),
        today=today,
        moved=moved,
        unchecked=unchecked,
        chain=chain,
        sheet=hand_check(plan),
        notes=tuple(_notes(seal, own, today, chain, path.name)),
        provenance=provenance,
    )


def _own(plan: Plan, bare: dict[str, Any], file: str) -> Iterator[Difference]:
    """Where the file says something else than its own values, or its own inputs, give."""
    seen = set()
    for found in artefact.differences(artefact.document(plan), bare):
        seen.add(found.key)
        yield found
    again = artefact.made_again(plan, file)
    for found in artefact.differences(artefact.figures(again), artefact.figures(plan), tolerance=_TOLERANCE):
        if found.key not in seen:
            yield found


def _notes(
    seal: Seal, own: Sequence[Difference], today: Sequence[Changed], chain: Sequence[Link], file: str
) -> Iterator[Note]:
    if seal == "changed":
        yield Note(code="seal-broken", severity="violation", values={"file": file})
    if seal == "none":
        yield Note(code="seal-absent", severity="warning", values={"file": file})
    if own:
        yield Note(code="own-figures-differ", severity="violation", values={"count": len(own)})
    for link in chain:
        if not link.file:
            values: dict[str, Value] = {"revision": link.revision, "sha256": link.parent_sha256}
            yield Note(code="parent-not-found", severity="violation", values=values)
    if today:
        causes = tuple(dict.fromkeys(entry.cause for entry in today))
        yield Note(code="data-changed-since", severity="warning", values={"count": len(today), "causes": causes})


def _chain(plan: Plan, earlier: Sequence[Path]) -> Iterator[Link]:
    """From this revision back to the first plan, as far as the files go."""
    files = {reader.checksum(path): path for path in earlier if path.is_file()}
    revision = plan.revision
    while revision.number > 1 and revision.parent_sha256:
        found = files.get(revision.parent_sha256)
        yield Link(revision=revision.number, parent_sha256=revision.parent_sha256, file=found.name if found else "")
        if found is None:
            return
        revision = artefact.opened(reader.read_json(found), found.name)[0].revision


# --- today's data ---------------------------------------------------------------------------------------------------


def _today(
    plan: Plan, clinic: str, tissue_file: str | None
) -> tuple[tuple[Changed, ...], tuple[Moved, ...], tuple[Note, ...]]:
    changed: list[Changed] = []
    unchecked: list[Note] = []
    inputs = plan.inputs
    calendar = _calendar_today(plan, clinic, changed, unchecked)
    tissues = _tissues(inputs, tissue_file, changed, unchecked)
    regions = tuple(replace(region, tissue=now) for region, now in zip(inputs.regions, tissues, strict=True))
    _chemo(inputs, changed, unchecked)
    _protocol(inputs, changed)
    if not changed or plan.revision.number > 1:
        return tuple(changed), (), tuple(unchecked)
    today = replace(inputs, calendar=calendar or inputs.calendar, regions=regions)
    return tuple(changed), tuple(_moved(plan, today)), tuple(unchecked)


def _moved(plan: Plan, today: PlanInputs) -> Iterator[Moved]:
    try:
        again = make_plan(today, plan.provenance)
    except RtplanError as error:
        yield Moved(figure="plan", kept="", today=str(error))
        return
    pairs: list[tuple[str, Any, Any]] = [
        ("first", plan.course.first, again.course.first),
        ("last", plan.course.last, again.course.last),
        ("T", plan.course.elapsed_days, again.course.elapsed_days),
    ]
    pairs += [
        (f"{old.region}: net BED", f"{old.net_bed_gy:.2f}", f"{new.net_bed_gy:.2f}")
        for old, new in zip(plan.effects, again.effects, strict=True)
    ]
    yield from (Moved(figure=name, kept=str(old), today=str(new)) for name, old, new in pairs if old != new)


def _unchecked(what: str, name: str) -> Note:
    return Note(code="not-held-against-today", severity="info", values={"what": what, "name": name})


def _calendar_today(plan: Plan, given: str, changed: list[Changed], unchecked: list[Note]) -> Calendar | None:
    """The clinic's days as its source gives them today; None where it cannot be asked."""
    inputs = plan.inputs
    source = inputs.calendar_source
    name = given or (source.clinic if source is not None and source.sha256 is None else "")
    if source is None or not name:
        unchecked.append(_unchecked("clinic", source.clinic if source is not None else inputs.clinic))
        return None
    try:
        found = catalogue.load_clinic(name)
        found = with_week(found, source.week) if source.week else found
        calendar = _as_planned(found, inputs, matched=source.matched_machine)
    except RtplanError:
        unchecked.append(_unchecked("clinic", name))
        return None
    changed += _days(plan, calendar, _calendar_cause(plan, name))
    return calendar


def _as_planned(clinic: Clinic, inputs: PlanInputs, *, matched: bool) -> Calendar:
    treatment, _, machines = resolve.calendars(clinic, inputs.start, used=inputs.worked_weekends == "yes")
    return with_matched(treatment, machines) if matched else treatment


def _calendar_cause(plan: Plan, name: str) -> Cause:
    source, made = plan.inputs.calendar_source, plan.provenance
    now = calendar_source(name, None, matched_machine=False)
    if source is not None and source.sha256 != now.sha256:
        return "clinic file"
    shipped = catalogue.directory() / "clinics" / f"{name}.toml"
    kept = next((file.sha256 for file in made.files if file.name == shipped.name), None)
    if kept is not None and shipped.is_file() and reader.checksum(shipped) != kept:
        return "clinic file"
    return "holiday data" if made.holidays != library_version() else "code"


def _days(plan: Plan, today: Calendar, cause: Cause) -> Iterator[Changed]:
    """Days from the first fraction to the end of the kept calendar that are open, closed or provisional today.

    Days that an interruption closed are left out: the clinic never said so of them.
    """
    kept = plan.inputs.calendar
    revision = plan.revision
    spans = (*revision.spans, *(span for step in revision.earlier for span in step.spans))
    own = {day for span in spans for day in span.days} | set(revision.all_missed)
    day, last = max(plan.course.first, kept.first, today.first), min(kept.last, today.last)
    while day <= last:
        before, now = kept.reason(day), today.reason(day)
        other = (before.open, before.provisional, before.fractions) != (now.open, now.provisional, now.fractions)
        if other and day not in own:
            yield Changed(cause=cause, key=day.isoformat(), kept=_state(before), today=_state(now))
        day = add_days(day, 1)


def _state(reason: Any) -> str:
    state = "open" if reason.open else "closed"
    return f"{state} ({reason.text})" + (", provisional" if reason.provisional else "")


def _tissues(inputs: PlanInputs, file: str | None, changed: list[Changed], unchecked: list[Note]) -> Iterator[Any]:
    known = catalogue.load_tissues(file)
    for region in inputs.regions:
        now = known.get(region.tissue.name)
        if now is None:
            unchecked.append(_unchecked("tissue", region.tissue.name))
            yield region.tissue
            continue
        for found in artefact.differences(artefact.encode(now), artefact.encode(region.tissue), region.tissue.name):
            entry = Changed(cause="tissue data", key=found.key, kept=repr(found.kept), today=repr(found.made))
            if entry not in changed:
                changed.append(entry)
        yield now


def _chemo(inputs: PlanInputs, changed: list[Changed], unchecked: list[Note]) -> None:
    if inputs.chemo is None:
        return
    if inputs.chemo.name not in catalogue.names("chemo"):
        unchecked.append(_unchecked("chemotherapy", inputs.chemo.name))
        return
    now: ChemoProtocol = replace(
        catalogue.load_chemo(inputs.chemo.name),
        anchor=inputs.chemo.anchor,
        anchor_source=inputs.chemo.anchor_source,
        policy=inputs.chemo.policy,
    )
    for found in artefact.differences(artefact.encode(now), artefact.encode(inputs.chemo), inputs.chemo.name):
        changed.append(Changed(cause="chemotherapy file", key=found.key, kept=repr(found.kept), today=repr(found.made)))


def _protocol(inputs: PlanInputs, changed: list[Changed]) -> None:
    if inputs.protocol not in catalogue.names("protocols"):
        return
    now = catalogue.load_protocol(inputs.protocol).prescription
    kept = inputs.prescription
    if [(p.name, p.n_fractions, p.totals) for p in now.phases] != [
        (p.name, p.n_fractions, p.totals) for p in kept.phases
    ]:
        changed.append(Changed(cause="protocol file", key=inputs.protocol, kept=kept.reading, today=now.reading))


def versions(made: Provenance) -> tuple[tuple[str, str, str], ...]:
    """What made the plan beside what reads it: program, holiday library."""
    return (("rtplan", made.rtplan, __version__), ("holidays", made.holidays, library_version()))
