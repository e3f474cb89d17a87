"""The sentences of notes: one table of templates, filled and translated here and nowhere else.

A template is English and is written like a format string: ``{days}``, ``{dose_gy:.2f}``, ``{names:, }`` (several values
with what stands between them). A pair is singular and plural, chosen by ``count``. A value that is a `Phrase` is filled
in from its own template. Nothing where a value is None. The `.po` files translate templates.
"""

from __future__ import annotations

from string import Formatter
from typing import Any

from rtplan.note import Note, Phrase
from rtplan.report.language import Words, words

__all__ = ["PHRASES", "TEMPLATES", "filled", "sentence"]

Template = str | tuple[str, str]

TEMPLATES: dict[str, Template] = {
    # what was really given: interruption/situation.py, interruption/reconcile.py
    "drug-without-radiation": "{label} on {date} stands without radiation: fraction {fraction} was missed",
    "given-past-the-end": (
        "{days:, } lies past the planned end, {last}: the fraction due then is counted as given, because it is not "
        "stated as missed",
        "{days:, } lie past the planned end, {last}: the {count} fractions due then are counted as given, because they "
        "are not stated as missed",
    ),
    "option-does-not-fit": "{option} cannot be shown: the calendar of {calendar} ends on {last} ({why})",
    "missed": "fraction {fraction}, planned for {date}: {why}",
    "missed-but-given": "line {line} says that a fraction was missed on {date}, but that day has all its fractions",
    "out-of-order": "line {line} ({date}) is out of order",
    "duplicated": "fraction {fraction} stands twice, lines {first_line} and {line}: both are counted as given",
    "closed-day": "fraction on {date}, a closed day ({reason})",
    "extra": "extra fraction on {date}: {what}",
    "partial": "partial fraction {fraction} on {date}: {told: and } given",
    "goes-on": "line {line}: fraction {fraction}, begun on {begun}, goes on on {date}",
    "dose-differs": "fraction {fraction} on {date} was given with {told: and } planned",
    "dose-above-planned": "fraction {fraction} on {date} was given with {told: and } planned: more than was planned",
    "number-differs": "fraction on {date} is numbered {number}, but by its day and order it is fraction {fraction} of "
    "the plan",
    "phase-differs": (
        "line {line}: the fraction on {date} is of phase {phase}, while {count} fraction of {due} is still owed",
        "line {line}: the fraction on {date} is of phase {phase}, while {count} fractions of {due} are still owed",
    ),
    "lines-joined": (
        "{lines} lines are read as {count} fraction: lines of one fraction are its fields",
        "{lines} lines are read as {count} fractions: lines of one fraction are its fields",
    ),
    # how it was read
    "record-filter-absent": "{file} has no column {columns: or }: lines that the format {format} leaves out by it "
    "(set-up, imaging, other treatment) would be counted",
    "record-format": "{file} is read in the record format {format}, [{flag}]: {source}",
    "record-lines-left-out": (
        "{count} line of {file} is left out, by {columns:, } (record format {format})",
        "{count} lines of {file} are left out, by {columns:, } (record format {format})",
    ),
    "categories-not-used": (
        "{country} has holidays that only part of it keeps, or only some of its employers ({categories:, }); they are "
        "not used, and {days:, } would be closed with them: where the clinic keeps them, its file names the category, "
        'such as categories = ["public", "{categories[0]}"]',
        "{country} has holidays that only part of it keeps, or only some of its employers ({categories:, }); they are "
        "not used, and {count} days would be closed with them: {days:, }; where the clinic keeps them, its file names "
        'the category, such as categories = ["public", "{categories[0]}"]',
    ),
    "categories-not-needed": "{country} has holidays that only part of it keeps, or only some of its employers "
    "({categories:, }); they are not used, and none of them is an open day from {first} to {last}",
    "half-days": (
        "{count} half day holds one fraction: {days:, }",
        "{count} half days hold one fraction each: {days:, }",
    ),
    "dicom-other-targets": (
        "the dose is that prescribed to dose reference {number}; dose references {others:, } "
        "are targets too, without a dose"
    ),
    "dicom-not-compared": (
        "the prescribed dose of fraction group {group} could not be compared with its beams: {reason}"
    ),
    "dicom-doses-differ": (
        "fraction group {group}: {dose_gy:g} Gy are prescribed, its beams give {beams_gy:g} Gy "
        "({percent:+.1f} %); the prescribed dose is used"
    ),
    "dicom-dose-from-beams": (
        "no dose is prescribed to a target in fraction group {group} (TargetPrescriptionDose): "
        "{dose_gy:g} Gy are {n_fractions} times the sum of its BeamDose, "
        "{dose_per_fraction_gy:g} Gy"
    ),
    "dicom-no-pattern": (
        "fraction group {group} has no FractionPattern: one fraction a day on five days a week is assumed"
    ),
    "dicom-groups-in-order": (
        "the {count} fraction groups are taken one after another, by their numbers: an RT Plan "
        "does not state their order"
    ),
    "dicom-meterset-specified": (
        "beam {beam} of fraction {fraction} on {date}: the record specifies a meterset of "
        "{specified:g}, the RT Plan {planned:g}; parts are taken of the plan's"
    ),
    "dicom-beam-partial": (
        "beam {beam} of fraction {fraction} on {date} was given with {percent:.1f} % of its meterset ({status})"
    ),
    "dicom-beam-over": (
        "beam {beam} of fraction {fraction} on {date} was given with {percent:.1f} % of its "
        "meterset ({status}): more than planned"
    ),
    "dicom-beam-not-begun": (
        "beam {beams:, } of the RT Plan has no record in fraction {fraction} on {date}: it was not given",
        "beams {beams:, } of the RT Plan have no record in fraction {fraction} on {date}: they were not given",
    ),
    "dicom-other-plan": (
        "{count} fraction of another plan, {first} to {last}, is not counted",
        "{count} fractions of another plan, {first} to {last}, are not counted",
    ),
    "dicom-replanned": (
        "from {first} on another plan was treated, whose numbers begin anew: they are counted on after fraction {count}"
    ),
    "dicom-setup-beams": (
        "{count} delivery of a set-up or verification beam is not counted",
        "{count} deliveries of set-up or verification beams are not counted",
    ),
    "dicom-dose-stated": (
        "doses are those the records state for dose reference {number} (CalculatedDoseReferenceDoseValue)"
    ),
    "dicom-dose-by-meterset": (
        "doses are the prescribed dose of a fraction, shared among its beams by BeamDose, times"
        " the part of each meterset that was delivered"
    ),
    "dicom-dose-as-planned": (
        "every fraction was given whole by its records and is taken to have the planned dose: "
        "there is no RT Plan beside them that says a dose"
    ),
    "dicom-dose-many-targets": (
        "every fraction was given whole by its records and is taken to have the planned dose to each target"
    ),
    "dicom-no-plan-named": (
        "the records name no plan (ReferencedRTPlanSequence): that they belong to this course could not be checked"
    ),
    "dicom-summary-as-planned": (
        "fractions that only the treatment summary lists ended normally and are taken to have the planned dose"
    ),
    "dicom-copies": (
        "{count} file is a copy of another one and counted once",
        "{count} files are copies of others and counted once",
    ),
    "dicom-left-aside": "files left aside: {kinds:, }",
    "dicom-no-times": (
        "the records have no clock times: fractions of one day are taken to lie the plan's interval apart"
    ),
    "dicom-beam-unrecorded": (
        "beam {beams:, } of other fractions has no record in fraction {fraction} on {date}",
        "beams {beams:, } of other fractions have no record in fraction {fraction} on {date}",
    ),
    "dicom-summary-says-whole": (
        "the treatment summary says that fraction {fraction} on {date} ended normally, but by "
        "the records of its beams a part is missing"
    ),
    "dicom-plan-before": ("the RT Plan says that it follows another one, of which no delivery is among the records"),
}
"""The sentence of each code of a `Note`."""

PHRASES: dict[str, Template] = {
    # what was really given
    "added-from": ("{count} added fraction or more", "{count} added fractions or more"),
    "option-named": "option {option}",
    "sessions-machine": "days on a matched machine",
    "sessions-weekend": "weekend sessions",
    "sessions-worked-weekend": "worked-weekend sessions",
    "sessions-holiday": "holiday sessions",
    "sessions-bid": "second fractions on a day",
    "sessions-mix": "closed days and second fractions together",
    "calendar-kept": "it is as long as the plan keeps it",
    "clinic-not-named": "the plan keeps the name of the clinic, {clinic}, but not where its days come from",
    "clinic-file-absent": "its source {clinic} is not here: --clinic says where it lies",
    "clinic-changed": "its source {clinic} is not the file that the plan was made from",
    "clinic-not-readable": "its source {clinic} cannot be read",
    "clinic-disagrees": "its source {clinic} no longer agrees with the plan on {date}",
    "year-not-known": "its source {clinic} does not know the holidays of {year}",
    "missed": "missed",
    "not-in-the-record": "not in the record",
    "extra-makes-up": "makes up for fraction {fraction}",
    "extra-beyond": "is given beyond the plan of that day",
    "dose-of-planned": "{dose_gy:g} Gy of {planned_gy:g} Gy",
    "dose-of-planned-to": "{dose_gy:g} Gy of {planned_gy:g} Gy to {target}",
    # how it was read
    "and-more": "and {count} more",
    "day-of-category": "{date} ({name}; {category})",
    "days": ("{count} day", "{count} days"),
    "dicom-kind": "{number} × {kind}",
    "dicom-unnumbered": "without number",
    "dicom-effective": "BeamDoseType of beams {beams:, } is EFFECTIVE",
    "dicom-no-beam-dose": "BeamDose of beams {beams:, } is missing",
    "dicom-other-reference": "BeamDose of beams {beams:, } is stated to another dose reference",
    "dicom-points-apart": "the beams of fraction group {group} state BeamDose at different points",
    "dicom-no-dose": "the beams of fraction group {group} give 0 Gy",
}
"""The words of each code of a `Phrase`."""


class _Filler(Formatter):
    """Fills a template; phrases and several values are filled in the same language."""

    def __init__(self, told: Words) -> None:
        self.told = told

    def format_field(self, value: Any, format_spec: str) -> Any:
        if value is None:
            return ""
        if isinstance(value, Phrase):
            return filled(PHRASES[value.code], value.values, self.told)
        if isinstance(value, tuple | list):
            return format_spec.join(self.format_field(item, "") for item in value)
        return format(value, format_spec)


def filled(template: Template, values: Any, told: Words) -> str:
    """A template with its values, in a language."""
    text = template if isinstance(template, str) else template[0 if values["count"] == 1 else 1]
    return _Filler(told).vformat(told(text), (), values)


def _said(note: Note, told: Words) -> str:
    """The template filled; what stands in the note where it has none, or another version wrote other values."""
    try:
        return filled(TEMPLATES.get(note.code, "{text}"), note.values, told)
    except KeyError:
        if not note.message:
            raise
        return note.message


def sentence(note: Note, told: Words | None = None) -> str:
    """What a note says. told: the language; None: English.

    A note that a file wrote has no template: it says its ``text`` as it stands.
    """
    told = told or words("en")
    values: Any = note.values
    said = _said(note, told)
    about = values.get("about")
    if about is None:
        return said
    return f"{_Filler(told).format_field(about, ', ' if isinstance(about, tuple | list) else '')}: {said}"
