"""plan.json: everything a plan was made from, written and read back without loss."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rtplan import __version__
from rtplan.answer import can_say, said
from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.limits import Limits
from rtplan.course.course import Course, Fraction
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import ConfigError, RtplanError, shown
from rtplan.library import read as reader
from rtplan.note import Note
from rtplan.planning.inputs import PlanInputs
from rtplan.planning.plan import Plan, complete_plan, make_plan
from rtplan.planning.provenance import Provenance, Revision
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.uncertainty import Uncertainty

__all__ = [
    "PLAN_SCHEMA",
    "Difference",
    "Seal",
    "course_document",
    "differences",
    "document",
    "encode",
    "figures",
    "made_again",
    "opened",
    "parse",
    "read",
    "seal",
    "seal_of",
]


_TOLERANCE = 1e-9  # of a figure made again by another version of Python or numpy


PLAN_SCHEMA = "rtplan.plan/1"

Seal = Literal["fits", "changed", "none"]
"""Does a file's content still fit the SHA-256 it carries? none: it carries none, as those of 0.1.0."""

_UNSEALED_VERSION = "0.1."

_MOST_NAMED = 8
"""Differences that a message or a note names."""

_NOTHING: tuple[Any, ...] = (None, "", [], {})
"""What a key says that a file of an older rtplan does not have yet; False too, but not 0."""


Encode = Callable[[Any], Any]


def _without_sentence(note: Note) -> dict[str, Any]:
    return {"code": note.code, "severity": note.severity, "values": encode(note.values)}


def encode(value: Any, note: Callable[[Note], Any] = _without_sentence) -> Any:
    """A frozen value as JSON data: fields by name, dates in ISO form, tuples as lists, absent as null.

    note: how a remark is written; here without a sentence, which only the output can make.
    """
    if isinstance(value, Note):
        return note(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name), note) for field in dataclasses.fields(value)}
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(item, note) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item, note) for item in value]
    return value


def course_document(course: Course) -> dict[str, Any]:
    """The fractions of a course, and its times."""
    targets = course.prescription.targets
    cumulative = [course.cumulative_gy(target) for target in targets]
    return {
        "fractions": [
            {
                "number": fraction.number,
                "date": fraction.date.isoformat(),
                "start": fraction.start.isoformat() if fraction.start else None,
                "phase": fraction.phase,
                "dose_gy": fraction.doses_gy[0],
                "cumulative_dose_gy": cumulative[0][place],
                "doses": [
                    {"target": target, "dose_gy": fraction.doses_gy[i], "cumulative_dose_gy": cumulative[i][place]}
                    for i, target in enumerate(targets)
                ],
            }
            for place, fraction in enumerate(course.fractions)
        ],
        "overall_treatment_time_days": course.overall_treatment_time_days,
        "elapsed_days": course.elapsed_days,
        "longest_gap_days": course.longest_gap_days,
    }


def document(plan: Plan, encode: Encode = encode) -> dict[str, Any]:
    """The plan as JSON data: derived figures stand beside what they follow from.

    encode: of values; with the default, notes are without their sentences, as this file compares them.
    """
    course = course_document(plan.course)
    for entry, fraction in zip(course["fractions"], plan.course.fractions, strict=True):
        entry["provisional"] = plan.is_provisional(fraction)
    data = {
        "schema": PLAN_SCHEMA,
        "provenance": encode(plan.provenance),
        "revision": encode(plan.revision),
        "inputs": encode(plan.inputs),
        "fractions": course["fractions"],
        "overall_treatment_time_days": course["overall_treatment_time_days"],
        "elapsed_days": course["elapsed_days"],
        "prolongation_days": plan.prolongation_days,
        "longest_gap_days": course["longest_gap_days"],
        "cycles": encode(plan.cycles),
        "effects": encode(plan.effects),
        "ranges": encode(plan.ranges),
        "uncertainty": encode(plan.uncertainty),
        "prescribed": {
            "overall_treatment_time_days": plan.prescribed.overall_treatment_time_days,
            "elapsed_days": plan.prescribed.elapsed_days,
            "last": plan.prescribed.last.isoformat(),
            "effects": encode(plan.prescribed_effects),
        },
        "closed_days": [
            {"date": day.isoformat(), "reason": reason, "provisional": provisional}
            for day, reason, provisional in plan.closed_days
        ],
        "notes": encode(plan.notes),
    }
    return {**data, "sha256": seal_of(data)}


def seal_of(data: Mapping[str, Any]) -> str:
    """SHA-256 of a document's content, its own ``sha256`` left out: keys sorted, no blanks, UTF-8."""
    content = {key: value for key, value in data.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal(data: Mapping[str, Any]) -> Seal:
    """Does a document's content still fit the SHA-256 it carries?"""
    if "sha256" in data:
        return "fits" if data["sha256"] == seal_of(data) else "changed"
    made_by = data.get("provenance")
    version = made_by.get("rtplan") if isinstance(made_by, dict) else None
    return "none" if str(version).startswith(_UNSEALED_VERSION) else "changed"


def read(path: str | PathLike[str], *, accept_edited: bool = False) -> Plan:
    """The plan of a plan.json; ConfigError where it is not one, or was changed after it was written.

    accept_edited: take a changed file as it stands, its figures made again: a note says so from then on.
    """
    path = Path(path)
    return parse(reader.read_json(path), path.name, accept_edited=accept_edited)


def parse(data: Any, file: str = "plan.json", *, accept_edited: bool = False) -> Plan:
    """The plan of a JSON document, as it was laid out: a newer holiday library never moves it.

    Its figures are made once more from its own calendar, regions and cycles; ConfigError where they do not agree, or
    where the content does not fit the SHA-256 it carries. accept_edited: see `read`.
    """
    try:
        return _checked(data, file, accept_edited)
    except ConfigError:
        raise
    except RtplanError as error:  # what a changed plan cannot be asked
        raise ConfigError(file, [f"is not a plan: {error}"]) from None


def _checked(data: Any, file: str, accept_edited: bool) -> Plan:
    plan, bare = opened(data, file)
    state = seal(data)
    found = next(differences(document(plan), bare), None)
    if accept_edited and (state == "changed" or found is not None):
        return _edited(plan, file)
    if found is not None:
        raise ConfigError(file, [f"{found.what}: the file was changed by hand or damaged"])
    if found := next(differences(figures(made_again(plan, file)), figures(plan), tolerance=_TOLERANCE), None):
        raise ConfigError(file, [f"{found.what}: {_why_another(plan.provenance.rtplan)}"])
    if state == "changed":
        raise ConfigError(
            file,
            [
                "the file was changed by hand or damaged: its figures follow from its inputs, but its content does not "
                "fit the sha256 it carries; --accept-edited takes it as it stands, and says so from then on"
            ],
        )
    return plan


def opened(data: Any, file: str = "plan.json") -> tuple[Plan, dict[str, Any]]:
    """The plan that a document holds, unchecked, and the document as this version writes it, without its seal.

    ConfigError where it is no plan.
    """
    if not isinstance(data, dict) or data.get("schema") != PLAN_SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        raise ConfigError(file, [f"schema must be {PLAN_SCHEMA!r}, got {found!r}"])
    for key in ("provenance", "revision", "inputs", "fractions", "cycles", "effects", "ranges", "prescribed", "notes"):
        if key not in data:
            raise ConfigError(file, [f"{key} is missing"])
    data = {"uncertainty": None, **_with_known(_with_limits(_with_machines(_without_messages(data))))}
    data.pop("sha256", None)
    try:
        plan = _plan(data, file)
    except ConfigError:
        raise
    except (RtplanError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(file, [f"is not a plan: {error}"]) from None
    _check_notes(plan, file)
    return plan, data


def _edited(plan: Plan, file: str) -> Plan:
    """A changed file taken as it stands: its figures made again, and a note that stays with every later revision."""
    again = made_again(plan, file)
    other = itertools.islice(differences(figures(again), figures(plan), tolerance=_TOLERANCE), _MOST_NAMED)
    keys = tuple(found.key for found in other)
    note = Note(code="edited-file", severity="warning", values={"file": file} | ({"keys": keys} if keys else {}))
    inputs = replace(plan.inputs, assumptions=(*plan.inputs.assumptions, note))
    return made_again(replace(plan, inputs=inputs), file)


def _why_another(version: str) -> str:
    """Why a plan's own inputs give other figures than it holds: another version's rules, or a hand."""
    if version in (__version__, "test"):
        return "the file was changed by hand or damaged"
    return f"it was made by rtplan {version}, whose rules may differ from those of {__version__}: make the plan again"


def _without_messages(data: dict[str, Any]) -> dict[str, Any]:
    """The document with notes as codes and values: sentences are made when they are read, not kept.

    An older file's note, whose values do not hold all that its sentence says, keeps its words as its ``text``.
    """
    inputs = data["inputs"]
    if isinstance(inputs, dict) and isinstance(inputs.get("assumptions"), list):
        inputs = {**inputs, "assumptions": [_without_message(entry) for entry in inputs["assumptions"]]}
    notes = data["notes"]
    return {
        **data,
        "inputs": inputs,
        "notes": [_without_message(entry) for entry in notes] if isinstance(notes, list) else notes,
    }


def _with_machines(data: dict[str, Any]) -> dict[str, Any]:
    """The document with the machine of a day as a value: a file of 0.1.0 has it in the text of the reason only."""
    try:
        names = [machine["name"] for machine in data["inputs"]["machines"]]
        calendar = data["inputs"]["calendar"]
        reasons = [_with_machine(reason, names, calendar["name"]) for reason in calendar["reasons"]]
    except (KeyError, TypeError, AttributeError):
        return data  # no plan: the reader says where
    return {**data, "inputs": {**data["inputs"], "calendar": {**calendar, "reasons": reasons}}}


def _with_machine(reason: dict[str, Any], names: list[str], clinic: str) -> dict[str, Any]:
    if "machine" in reason or not reason["open"] or reason["kind"] != "extra":
        return reason
    for name in names:
        start = f"on {name}; {clinic}: "
        if reason["text"].startswith(start):
            return {**reason, "machine": name, "instead": reason["text"].removeprefix(start)}
    return reason


_LATER_LIMITS = (
    *("dense_week", "ceiling_gy", "ceiling_share", "no_change_above_gy", "late_excess_share"),
    *("interval_days", "overall_time_source"),
)
"""Limits that plans of an older rtplan do not hold yet: the design defaults bind them."""


def _with_limits(data: dict[str, Any]) -> dict[str, Any]:
    inputs = data["inputs"]
    if not (isinstance(inputs, dict) and isinstance(inputs.get("limits"), dict)):
        return data
    usual = {key: encode(getattr(Limits(), key)) for key in _LATER_LIMITS}
    return {**data, "inputs": {**inputs, "limits": {**usual, **inputs["limits"]}}}


def _with_known(data: Any) -> Any:
    """The document with how each source is known: older files have ``verified`` alone."""
    if isinstance(data, list):
        return [_with_known(entry) for entry in data]
    if not isinstance(data, dict):
        return data
    known = {"known": "read" if data["verified"] else "none"} if data.keys() == {"text", "verified"} else {}
    return {key: _with_known(value) for key, value in data.items()} | known


def _without_message(entry: Any) -> Any:
    if not (isinstance(entry, dict) and isinstance(entry.get("values"), dict) and "message" in entry):
        return entry
    rest = {key: value for key, value in entry.items() if key != "message"}
    whole = "text" in rest["values"] or can_say(str(rest.get("code")), rest["values"])
    return rest if whole else {**rest, "values": {**rest["values"], "text": entry["message"]}}


def made_again(plan: Plan, file: str) -> Plan:
    """The plan made once more from its own inputs. A revision's course and cycles are what was chosen and stay."""
    try:
        if plan.revision.number > 1:
            return complete_plan(plan.inputs, plan.course, plan.provenance, plan.revision, cycles=plan.cycles)
        return make_plan(plan.inputs, plan.provenance, plan.revision)
    except RtplanError as error:
        raise ConfigError(file, [f"cannot be made from its own inputs: {error}"]) from None


def figures(plan: Plan) -> dict[str, Any]:
    """What follows from a plan's inputs."""
    whole = document(plan)
    return {key: whole[key] for key in ("fractions", "cycles", "effects", "ranges", "prescribed", "closed_days")}


def _plan(data: dict[str, Any], file: str) -> Plan:
    def value(kind: Any, *keys: str) -> Any:
        part = data
        for key in keys:
            part = part[key]
        return reader.validate(tuple[kind], [part], file, (".".join(keys),), drop=1)[0]

    inputs: PlanInputs = value(PlanInputs, "inputs")
    _check_zone(inputs.calendar.time_zone, file)
    course = Course(
        prescription=inputs.prescription,
        fractions=tuple(
            _fraction(entry, place, inputs.prescription, file) for place, entry in enumerate(data["fractions"])
        ),
    )
    return Plan(
        inputs=inputs,
        course=course,
        cycles=value(tuple[Cycle, ...], "cycles"),
        effects=value(tuple[EffectRow, ...], "effects"),
        ranges=value(tuple[EffectRow, ...], "ranges"),
        uncertainty=value(Uncertainty | None, "uncertainty"),
        prescribed=prescribed_reference(inputs.prescription, course.first),
        prescribed_effects=value(tuple[EffectRow, ...], "prescribed", "effects"),
        notes=value(tuple[Note, ...], "notes"),
        provenance=value(Provenance, "provenance"),
        revision=value(Revision, "revision"),
    )


def _check_notes(plan: Plan, file: str) -> None:
    """Remarks are sentences only when they are read: values that do not fit would fail there."""
    places = (("notes", plan.notes), ("inputs.assumptions", plan.inputs.assumptions))
    for key, place, note in ((key, place, note) for key, notes in places for place, note in enumerate(notes)):
        try:
            said(note)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            told = f"{key}[{place}]: its values do not fit a note of the code {shown(note.code)}"
            raise ConfigError(file, [told]) from None


def _check_zone(name: str, file: str) -> None:
    """Clock times are the clinic's: a zone that is none would only fail where one is written."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(file, [f"inputs.calendar.time_zone {shown(name)} is not an IANA time zone"]) from None


def _fraction(entry: dict[str, Any], place: int, prescription: Prescription, file: str) -> Fraction:
    doses = {dose["target"]: dose["dose_gy"] for dose in entry["doses"]}
    data = {key: entry[key] for key in ("number", "phase", "date", "start")}
    data["doses_gy"] = [doses[target] for target in prescription.targets]
    fraction: Fraction = reader.validate(tuple[Fraction], [data], file, ("fractions", place), drop=1)[0]
    return fraction


class Difference(NamedTuple):
    """A key of a document whose value is another than its own values give. what: in words."""

    key: str
    kept: Any
    made: Any
    what: str


def differences(ours: Any, theirs: Any, path: str = "", tolerance: float = 0.0) -> Iterator[Difference]:
    """Where a document says something else than its own values give, in the order of the values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            where = f"{path}.{key}" if path else str(key)
            if where == "sha256":
                continue
            if key not in ours:
                yield Difference(where, theirs[key], None, f"{where} is not a known key")
            elif key in theirs:
                yield from differences(ours[key], theirs[key], where, tolerance)
            elif ours[key] is not False and ours[key] not in _NOTHING:
                yield Difference(where, None, ours[key], f"{where} is missing")
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            what = f"{path} has {len(theirs)} entries, expected {len(ours)}"
            yield Difference(path, len(theirs), len(ours), what)
            return
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(a, b, f"{path}[{i}]", tolerance)
    elif not _same(ours, theirs, tolerance):
        yield Difference(path, theirs, ours, f"{path} is {theirs!r}, its own values give {ours!r}")


def _same(ours: Any, theirs: Any, tolerance: float) -> bool:
    if tolerance and isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=tolerance)
    return bool(ours == theirs)
