"""The sentences of notes: one table of templates, filled and translated here and nowhere else.

A template is English and is written like a format string: ``{days}``, ``{dose_gy:.2f}``. Further formats:
``{names:, }`` joins several values with what stands there, ``{date:day}`` writes an ISO date with its weekday and
``{date:weekday}`` that alone, ``{reason:reason}`` says why a day is closed, ``{text:words}`` is a text that is
translated whole. A pair of templates is singular and plural, chosen by ``count``. Of a list the first template counts
whose values are all there. A value that is a `Phrase` is
filled in from its own template; None is nothing. The `.po` files translate templates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from string import Formatter
from typing import Any

from rtplan.note import Note, Phrase, Severity, Value
from rtplan.report.language import ENGLISH, Words

__all__ = [
    "BRIEF",
    "ON_PAPER",
    "PHRASES",
    "TEMPLATES",
    "brief",
    "filled",
    "loudness",
    "on_paper",
    "phrase",
    "sentence",
]

OneTemplate = str | tuple[str, str]
Template = OneTemplate | list[OneTemplate]

TEMPLATES: dict[str, Template] = {
    "block-waits": (
        "cycle {cycle} waits until {date}: {place} it would be on {anchored_date}, "
        "{anchored_interval_days} d after the one before it, minimum {minimum_days} d ({source})"
    ),
    "categories-not-needed": "{country} has holidays that only part of it keeps, or only some of its employers "
    "({categories:, }); they are not used, and none of them is an open day from {first} to {last}",
    "categories-not-used": (
        "{country} has holidays that only part of it keeps, or only some of its employers ({categories:, }); they are "
        "not used, and {days:, } would be closed with them: where the clinic keeps them, its file names the category, "
        'such as categories = ["public", "{categories[0]}"]',
        "{country} has holidays that only part of it keeps, or only some of its employers ({categories:, }); they are "
        "not used, and {count} days would be closed with them: {days:, }; where the clinic keeps them, its file names "
        'the category, such as categories = ["public", "{categories[0]}"]',
    ),
    "changed-dose-too-late": (
        "--changed-dose-from {changed_dose_from} lies after the last fraction, {last}: no option can change "
        "the dose by then"
    ),
    "chemotherapy-stays": "chemotherapy {what}",
    "chemo-own-alignment": "{chemo} is aligned as its own file says, not as protocol {protocol} is (--align {align})",
    "clinic-assumed": "{parts:; }",
    "clock-after-induction": (
        "{region} ({tissue}): chemotherapy begins before the first fraction, so when repopulation starts is "
        "uncertain; net BED is {net_bed_gy:.2f} Gy with Tk {kick_off_day:g} d, and {bound_net_bed_gy:.2f} Gy "
        "with Tk 0 as a bound"
    ),
    "clock-assumed": "no clock times: for repair overnight each day's first fraction is taken at the same hour",
    "closed-day": "fraction on {date}, a closed day ({reason})",
    "closures-not-compensated": "no {method} session was opened: {why}",
    "cohort-end-unknown": (
        "{count} courses have no delivered prolongation: no last day, or not all fractions known to be given"
    ),
    "cohort-no-time-factor": (
        "what time cost is not known for {count} courses: no site and no tissue with a time factor is stated for them"
    ),
    "cohort-rejected": "{count} of {read} rows have no answer: {reasons:; }",
    "concurrency-changed": "concurrent cycles: {after} instead of {before}",
    "counted-as-two": ("the two parts count as two fractions of one day: as one fraction they would count for more"),
    "country-codes": "--clinic also takes a country code of the `holidays` library, such as CN or GB-ENG",
    "cycle-delay": "cycle {cycle} on {date} is {delay_days} d behind {behind}, maximum {maximum_days} d ({source})",
    "cycle-interval": (
        "cycle {cycle} on {date} is {interval_days} d after the one before it, minimum {minimum_days} d ({source})"
    ),
    "cycle-interval-long": (
        "cycle {cycle} on {date} is {interval_days} d after the one before it, maximum {maximum_days} d"
    ),
    "cycle-omitted": (
        "cycle {cycle}, nominal {nominal_date}, is left out: it could only be given more than "
        "{window_days} d late ({source})"
    ),
    "cycle-put-off": (
        "cycle {cycle} put off by {days} d: {moved:; }; concurrent {concurrent} of {cycles}, without "
        "the delay {concurrent_without_delay}"
    ),
    "cycle-window": (
        "cycle {cycle} on {date} is {shift_days:+d} d from its due date {due_date}, window ±{window_days} d ({source})"
    ),
    "data-changed-since": (
        "today's data say {count} thing otherwise than the file keeps ({causes:, })",
        "today's data say {count} things otherwise than the file keeps ({causes:, })",
    ),
    "department-free": (
        "{count} attendance is left: nobody else can use it within the rules",
        "{count} attendances are left: nobody else can use them within the rules",
    ),
    "department-level-of-category": (
        "the priority level of {count} patient is that of the category (--levels states it)",
        "the priority levels of {count} patients are those of their categories (--levels states them)",
    ),
    "department-no-level": "no priority level and no category is known of {ids:, }: behind all others",
    "department-short": (
        "{ids:, } gets fewer fractions back than were lost",
        "{ids:, } get fewer fractions back than were lost",
    ),
    "department-tie": (
        "{ids:, } are equal in every key, and not all of them get the same: which one is your choice (--pin)"
    ),
    "dicom-beam-not-begun": (
        "beam {beams:, } of the RT Plan has no record in fraction {fraction} on {date}: it was not given",
        "beams {beams:, } of the RT Plan have no record in fraction {fraction} on {date}: they were not given",
    ),
    "dicom-beam-over": (
        "beam {beam} of fraction {fraction} on {date} was given with {percent:.1f} % of its "
        "meterset ({status}): more than planned"
    ),
    "dicom-beam-partial": (
        "beam {beam} of fraction {fraction} on {date} was given with {percent:.1f} % of its meterset ({status})"
    ),
    "dicom-beam-unrecorded": (
        "beam {beams:, } of other fractions has no record in fraction {fraction} on {date}",
        "beams {beams:, } of other fractions have no record in fraction {fraction} on {date}",
    ),
    "dicom-copies": (
        "{count} file is a copy of another one and counted once",
        "{count} files are copies of others and counted once",
    ),
    "dicom-dose-as-planned": (
        "every fraction was given whole by its records and is taken to have the planned dose: "
        "there is no RT Plan beside them that says a dose"
    ),
    "dicom-dose-by-meterset": (
        "doses are the prescribed dose of a fraction, shared among its beams by BeamDose, times"
        " the part of each meterset that was delivered"
    ),
    "dicom-dose-from-beams": (
        "no dose is prescribed to a target in fraction group {group} (TargetPrescriptionDose): "
        "{dose_gy:g} Gy are {n_fractions} times the sum of its BeamDose, "
        "{dose_per_fraction_gy:g} Gy"
    ),
    "dicom-dose-many-targets": (
        "every fraction was given whole by its records and is taken to have the planned dose to each target"
    ),
    "dicom-dose-stated": (
        "doses are those the records state for dose reference {number} (CalculatedDoseReferenceDoseValue)"
    ),
    "dicom-doses-differ": (
        "fraction group {group}: {dose_gy:g} Gy are prescribed, its beams give {beams_gy:g} Gy "
        "({percent:+.1f} %); the prescribed dose is used"
    ),
    "dicom-groups-in-order": (
        "the {count} fraction groups are taken one after another, by their numbers: an RT Plan "
        "does not state their order"
    ),
    "dicom-left-aside": "files left aside: {kinds:, }",
    "dicom-meterset-specified": (
        "beam {beam} of fraction {fraction} on {date}: the record specifies a meterset of "
        "{specified:g}, the RT Plan {planned:g}; parts are taken of the plan's"
    ),
    "dicom-no-pattern": (
        "fraction group {group} has no FractionPattern: one fraction a day on five days a week is assumed"
    ),
    "dicom-no-plan-named": (
        "the records name no plan (ReferencedRTPlanSequence): that they belong to this course could not be checked"
    ),
    "dicom-no-times": (
        "the records have no clock times: fractions of one day are taken to lie the plan's interval apart"
    ),
    "dicom-not-compared": (
        "the prescribed dose of fraction group {group} could not be compared with its beams: {reason}"
    ),
    "dicom-other-plan": (
        "{count} fraction of another plan, {first} to {last}, is not counted",
        "{count} fractions of another plan, {first} to {last}, are not counted",
    ),
    "dicom-other-targets": (
        "the dose is that of dose reference {number}; dose reference {others:, } is a target too, without a dose",
        "the dose is that of dose reference {number}; dose references {others:, } are targets too, without a dose",
    ),
    "dicom-plan-before": ("the RT Plan says that it follows another one, of which no delivery is among the records"),
    "dicom-replanned": (
        "from {first} on another plan was treated, whose numbers begin anew: they are counted on after fraction {count}"
    ),
    "dicom-setup-beams": (
        "{count} delivery of a set-up or verification beam is not counted",
        "{count} deliveries of set-up or verification beams are not counted",
    ),
    "dicom-summary-as-planned": (
        "fractions that only the treatment summary lists ended normally and are taken to have the planned dose"
    ),
    "dicom-summary-says-whole": (
        "the treatment summary says that fraction {fraction} on {date} ended normally, but by "
        "the records of its beams a part is missing"
    ),
    "dose-above-planned": "fraction {fraction} on {date} was given with {told: and } planned: more than was planned",
    "dose-differs": "fraction {fraction} on {date} was given with {told: and } planned",
    "dose-error-bound": "whatever the α/β, {n_fractions:.1f} fractions of {dose_per_fraction_gy:.3f} Gy "
    "({dose_gy:.2f} Gy) would keep dose and BED of every tissue at once: a bound, not a schedule",
    "dense-week": "{sessions} fractions in the 7 days from {first} to {last}, at most {limit} are given",
    "dose-per-fraction": "{dose_per_fraction_gy:.2f} Gy per fraction is above {limit_gy:g} Gy",
    "drug-on-closed-day": "{drug} on {date} ({label}): the infusion unit is closed",
    "drug-without-radiation": "{label} on {date} stands without radiation: fraction {fraction} was missed",
    "duplicated": "fraction {fraction} stands twice, lines {first_line} and {line}: both are counted as given",
    "eqd2-limit": (
        "{region}: EQD2 {eqd2_gy:.2f} Gy (α/β {alpha_beta_gy:g} Gy) is above the limit of {limit_gy:g} Gy, "
        "margin {margin_gy:+.2f} Gy ({details:; })"
    ),
    "edited-file": [
        "{file} was changed by hand after it was written, and taken as it stands; made again from its inputs, these "
        "are others than in the file: {keys:, }",
        "{file} was changed by hand after it was written, and taken as it stands",
    ],
    "excess-without-compensation": (
        "appended without compensation, net BED stands above the reference's: late tissue by "
        "{late_excess_gy:.2f} Gy, acute tissue by {acute_excess_gy:.2f} Gy"
    ),
    "extra": "extra fraction on {date}: {what}",
    "fractions-a-day": "{date} holds {fractions} fractions, limit {limit}",
    "given-past-the-end": (
        "{days:, } lies past the planned end, {last}: the fraction due then is counted as given, because it is not "
        "stated as missed",
        "{days:, } lie past the planned end, {last}: the {count} fractions due then are counted as given, because they "
        "are not stated as missed",
    ),
    "goes-on": "line {line}: fraction {fraction}, begun on {begun}, goes on on {date}",
    "half-days": (
        "{count} half day holds one fraction: {days:, }",
        "{count} half days hold one fraction each: {days:, }",
    ),
    "high-dose-per-fraction": [
        ("{region}: plain LQ is doubtful above about {about_gy:g} Gy per fraction (here {dose_per_fraction_gy:g} Gy)"),
        "plain LQ is doubtful above about {about_gy:g} Gy per fraction (here {dose_per_fraction_gy:.4g} Gy)",
    ],
    "intensified-with-chemotherapy": "{why: and } with concurrent chemotherapy (cycle {cycles})",
    "interruption": [
        "{reason}",
        "{what}{cause}, as of {as_of}; chosen: {option}, {label}",
    ],
    "large-fraction-changed": "fractions of {prescribed_gy:g} Gy keep their dose, above {most_gy:g} Gy: "
    "{dose_per_fraction_gy:.2f} Gy changes it",
    "held-for-toxicity": "not while toxicity is unresolved: {options:, } intensify, and stand behind the others",
    "not-held-against-today": (
        "{what} {name!r} is not shipped, or its file was not given: it was not held against today's"
    ),
    "own-figures-differ": (
        "{count} value of the file does not follow from its own inputs",
        "{count} values of the file do not follow from its own inputs",
    ),
    "parent-not-found": "the file that revision {revision} follows was not found: SHA-256 {sha256}",
    "seal-absent": "{file} carries no SHA-256 of its content: a change that keeps its figures would not be seen",
    "seal-broken": "{file} was changed after it was written: its content does not fit the SHA-256 it carries",
    "toxicity-unresolved": "not while toxicity is unresolved: it intensifies treatment",
    "first-before-second": "{first} stands before {second}: {why}",
    "cannot-be-restored": "the tumour's net BED cannot be restored within the rules; the least deficit is "
    "{deficit_gy:.2f} Gy, with {option}",
    "interval-assumed": [
        "no clock times: fractions of one day are taken as {interval_h:g} to {longest_h:g} h apart",
        "no clock times: fractions of one day are taken as {interval_h:g} h apart",
    ],
    "interval-cord": (
        "interval of {interval_h:.4g} h {how} before a fraction on {date}{more}: less than "
        "{minimum_h:g} h, and the spinal cord is a region"
    ),
    "interval-published": (
        "{phase}: its source prints an interval of {published_h:g} h, under the minimum of "
        "{minimum_h:g} h; laid out {planned_h:g} h apart"
    ),
    "interval-short": (
        "interval of {interval_h:.4g} h {how} before a fraction on {date}{more}: minimum {minimum_h:g} h"
    ),
    "late-excess": (
        "{region}: {excess_gy:.2f} Gy of net BED more than the reference, bound {limit_percent:g} %: it stands behind"
    ),
    "late-limit": (
        "{region}: net BED {net_bed_gy:.2f} Gy is more than {limit_percent:g} % above the reference's "
        "{reference_net_bed_gy:.2f} Gy"
    ),
    "limit-does-not-decide": "{region}: shown, and not what decides here: {limits:; }",
    "limit-metric-assumed": ("{region}: no metric is stated with its dose; each limit takes it as the limit's own"),
    "limit-metric-differs": (
        "{region}: its dose is stated as {metric}, which is not what these limits hold for; left out: {limits}"
    ),
    "limit-metric-near": (
        "{region}: its dose is stated as {metric}; the greatest dose is higher, and these limits hold for it: {limits}"
    ),
    "limit-metric-unknown": (
        "{region}: its dose is stated as {metric}, which cannot be told to be of the same kind as these "
        "limits' (known: Dmax, D0.03cc, D1cc, D2%, Dmean); left out: {limits}"
    ),
    "lines-joined": (
        "{lines} lines are read as {count} fraction: lines of one fraction are its fields",
        "{lines} lines are read as {count} fractions: lines of one fraction are its fields",
    ),
    # how it was read
    "missed": "fraction {fraction}, planned for {date}: {why}",
    "missed-but-given": "line {line} says that a fraction was missed on {date}, but that day has all its fractions",
    "monday-start": "assumed: start on a Monday, no closures",
    "net-bed-lost": (
        "{region}: net BED {net_bed_gy:.2f} Gy at T = {elapsed_days:g} d: by this time factor nothing is left of the "
        "dose; it was not measured over so long a time, and the figure has no meaning"
    ),
    "intent-differs": (
        "regimens of different intent stand side by side, and BED does not see what surgery adds: {groups:; }"
    ),
    "interval-days": (
        "treated days lie {days} d apart on {date}, at least {minimum_days} d are asked for here ({count} time)",
        "treated days lie {days} d apart on {date}, at least {minimum_days} d are asked for here ({count} times)",
    ),
    "no-change-above": "{option} is not offered: fractions above {most_gy:g} Gy take nothing more",
    "no-compensation-needed": ("appended without compensation the tumour keeps its net BED, and no rule is broken"),
    "no-interval": (
        "no published interval is known for {tissues}: they stand as single points, which does not mean that "
        "they are certain"
    ),
    "no-second-fractions": (
        "second fractions on a day are not offered: the course is given several times a day already"
    ),
    "no-time": (
        "{label}: its loss to time is left out, because no overall time is given (--overall-time, "
        "--elapsed-days or --monday-start)"
    ),
    "not-in-bed": (
        "BED contains no effect of systemic treatment or of volume: regimens that differ in those are not ranked by it."
    ),
    "nothing-left": "nothing is left of this course: added fractions are all that could still be given",
    "number-differs": "fraction on {date} is numbered {number}, but by its day and order it is fraction {fraction} of "
    "the plan",
    "not-for-several-a-day": (
        "{region}: α/β {alpha_beta_gy:g} Gy is not meant for several fractions a day, its source says ({source})"
    ),
    "dates-of-cycle-1": (
        "this protocol begins with chemotherapy ({chemo}): the dates here, and the wait, are those of cycle 1 day 1; "
        "`rtplan plan --start` takes fraction 1, which stands beside"
    ),
    "none-within-wait": (
        "no start lies within the longest wait of {max_wait_days} days: the earliest waits {earliest_days} days"
    ),
    "other-reading": [
        "another reading: {reading:words} ({source}; {flag}); then {cycles:, } (protocol {protocol})",
        "another reading: {reading:words} ({source}; {flag}); then {cycles:, }",
    ],
    "one-reference": (
        "the limit on prolongation is counted here from one reference for all weekdays, "
        "{best_overall_days} d, the best weekday without closures; a plan counts from its own weekday"
    ),
    "opened-day": "{method} on {date:day} ({fractions} that day): last fraction {last}, {earlier}{won:}",
    "option-does-not-fit": "{option} cannot be shown: the calendar of {calendar} ends on {last} ({why})",
    "other-target": "tumour rows speak of the target {first_target!r}; {target!r} receives {dose_gy:g} Gy",
    "overall-time-limit": "overall time {overall_days} days, limit {limit_days} days ({source}; {flag})",
    "out-of-order": "line {line} ({date}) is out of order",
    "partial": "partial fraction {fraction} on {date}: {told: and } given",
    "phase-differs": (
        "line {line}: the fraction on {date} is of phase {phase}, while {count} fraction of {due} is still owed",
        "line {line}: the fraction on {date} is of phase {phase}, while {count} fractions of {due} are still owed",
    ),
    "phase-split": (
        "{phase}: its {count} fractions are split by days without treatment: {dates:, }; keep_together "
        "= true in the phase waits for days that follow one another"
    ),
    "prolongation-evidence": (
        "above {above_days} days of delay survival was worse in {patients} patients with oesophageal "
        "squamous cell carcinoma ({source}); here {prolongation_days} days"
    ),
    "prolongation-limit": (
        "prolonged by {prolongation_days} days, limit {limit_days} days for category {category} "
        "({category_source}; {source})"
    ),
    "provisional": [
        "{parts: and } depend on holidays not officially announced{until}: they may still move",
        "{regimens}: dates depend on holidays not officially announced{until}",
        "{span} from {first} not officially announced{until}: may still change",
        "dates depend on holidays not officially announced{until}: they may still move",
        "its dates depend on holidays not officially announced: they may still move",
    ],
    "record-filter-absent": "{file} has no column {columns: or }: lines that the format {format} leaves out by it "
    "(set-up, imaging, other treatment) would be counted",
    "record-format": "{file} is read in the record format {format}, [{flag}]: {source}",
    "record-lines-left-out": (
        "{count} line of {file} is left out, by {columns:, } (record format {format})",
        "{count} lines of {file} are left out, by {columns:, } (record format {format})",
    ),
    "record-overrules": (
        "revision {revision} counts {counted} fractions ({counted_gy:.2f} Gy) as given by {until}, the record "
        "{recorded} ({recorded_gy:.2f} Gy): the record is followed"
    ),
    "repair-bound": (
        "{region}: the source gives the repair half-time as a bound, more than {half_time_h:g} h: what is not"
        " repaired between fractions adds at least {repair_gain_gy:.2f} Gy of BED"
    ),
    "repair-complete": (
        "{regions}: no repair half-time is given, fractions of one day count as fully repaired; the true BED is higher"
    ),
    "rest-above-ceiling": "{option} is not offered: {dose_gy:.2f} Gy instead of {planned_gy:g} Gy in a fraction is "
    "above {ceiling_gy:.2f} Gy",
    "second-fraction-dose": (
        "extra fraction of {dose_gy:.2f} Gy on {date}, which has one already: limit {limit_gy:g} Gy"
    ),
    "sessions-a-week": "{sessions} fractions in the 7 days from {first} to {last}, limit {limit}",
    "set-not-calculated": "{tissue} ({label}) is left out of the range: {obstacle}",
    "spacing-assumed": (
        "{phase}: {dose_per_fraction_gy:.4g} Gy per fraction is above {above_gy:g} Gy and no pattern "
        "is stated: laid out with at least {minimum_days} calendar days (40 h) from one fraction to "
        "the next ({source}); 5/week or daily after the regimen, or a pattern in the file, says "
        "otherwise"
    ),
    "set-of-other-site": "the set {tissue} stands for {sites:, }, and the site is {site}",
    "site-category-differs": (
        "the category is {category}, by {by}; that of the site {site} is {site_category}, and decides nothing here"
    ),
    "site-differs": "the site is {site}; {by} names {other}",
    "time-price-not-known": [
        "the price of time is not known for {site}: {why}; name a tissue with a time factor (--tissue)",
        "the price of time is not known: no time factor is charged; {site} has {sets:, } (--tissue)",
        "the price of time is not known: name a site (--site) or a tissue with a time factor (--tissue)",
    ],
    "spacing-short": (
        (
            "a fraction on {date} lies {days} d after the one before it: the pattern has at least "
            "{minimum_days} d between two"
        ),
        (
            "a fraction on {date} lies {days} d after the one before it: the pattern has at least "
            "{minimum_days} d between two ({count} such places)"
        ),
    ),
    "start-delay": (
        (
            "the first fraction was missed: this is a start delayed by {days} day ({planned} to {first}), not an "
            "interruption; the course is laid out again"
        ),
        (
            "the first fraction was missed: this is a start delayed by {days} days ({planned} to {first}), not an"
            " interruption; the course is laid out again"
        ),
    ),
    "start-moved": [
        "the first fraction is not on {requested} but on {firsts:, }",
        (
            "start moved {count} day, from {requested:day} to {first:day}: {why:; then }",
            "start moved {count} days, from {requested:day} to {first:day}: {why:; then }",
        ),
    ],
    "stated-dose-spread": (
        "{region}: how its {dose_gy:g} Gy are spread over {phases:, } is not known: EQD2 "
        "{eqd2_even_gy:.2f} Gy (α/β {alpha_beta_gy:g} Gy) where it follows the target's dose, up to "
        "{eqd2_worst_gy:.2f} Gy in the most unfavourable split ({doses_gy} Gy); give shares for each "
        "phase where it matters"
    ),
    "stopped": "the course was stopped as of {date} ({reason}): {given} of {prescribed} fractions given, "
    "{given_gy:.2f} of {prescribed_gy:.2f} Gy",
    "time-stated": "overall time as stated: {overall_days:g} d (T = {elapsed_days:g} d)",
    "time-too-short": (
        "T = {elapsed_days:g} d is shorter than its {treatment_days} treatment days without any break (T = "
        "{least_elapsed_days} d)"
    ),
    "tissue-added": "tissue {tissue} is the user's own: α/β {alpha_beta_gy:g} Gy ({source})",
    "tissue-overridden": (
        "tissue {tissue} is overridden by the user's file: it differs in {changed} from the shipped one (α/β "
        "{alpha_beta_gy:g} Gy, shipped {shipped_gy:g} Gy)"
    ),
    "twice-daily-running": (
        "{days} days running hold more than one fraction, {first} to {last}: limit {limit} where the "
        "second fraction is extra"
    ),
    "week-of-the-clinic": [
        "{number} days a week are meant as {days} of the working week ({week}) of {clinic}",
        "{number} days a week are meant as {days}, the working week of {clinic}",
    ],
    "weekly-dose": "{dose_gy:.2f} Gy to {target} in the 7 days from {first} to {last}, limit {limit_gy:.2f} Gy",
    "without-time": "matched without loss to time, repair complete",
    "worked-weekends": [
        (
            "worked weekends not used: last {last_not_used}, {prolongation_not_used_days:+d} d; used: "
            "{last_used}, {prolongation_used_days:+d} d"
        ),
        "worked weekends not used (--worked-weekends yes uses them): {not_used:, }",
        (
            "whether this clinic treats on worked weekends is unknown, shown as closed (--worked-weekends yes "
            "opens them): {shown_closed:, }"
        ),
        (
            "whether the clinic treats on worked weekends is unknown: searched without the {days} from "
            "{first} to {last}; --worked-weekends yes uses them, and other starts may then be best"
        ),
    ],
}
"""The sentence of each code of a `Note`."""

BRIEF: dict[str, Template] = {
    "prolongation-limit": "prolonged by {prolongation_days} days, limit {limit_days} days "
    "(category {category}, source not read)",
    "eqd2-limit": "{region}: EQD2 {eqd2_gy:.2f} Gy is above the limit of {limit_gy:g} Gy ({metric})",
    "late-limit": "{region}: net BED {net_bed_gy:.2f} Gy, more than {limit_percent:g} % above the reference",
    "interval-cord": "interval of {interval_h:.4g} h, less than {minimum_h:g} h, and the spinal cord is a region",
    "worked-weekends": [
        "worked weekends, if used: last {last_used}, {prolongation_used_days:+d} d",
        "worked weekends not used: {not_used:, }",
        "whether this clinic treats on worked weekends is unknown: {shown_closed:, }",
    ],
    "intensified-with-chemotherapy": "{why: and } with concurrent chemotherapy",
    "other-reading": [
        "another reading of the record: {cycles:, } (protocol {protocol})",
        "another reading of the record: {cycles:, }",
    ],
    "held-for-toxicity": "not while toxicity is unresolved: what intensifies stands behind",
}
"""What a note says where there is one line for it; a code that is not here says its whole sentence."""

ON_PAPER: dict[str, Template] = {
    "changed-dose-too-late": "the day from which the dose may change, {changed_dose_from}, lies after the last "
    "fraction, {last}: no option can change the dose by then",
    "chemo-own-alignment": "{chemo} is aligned as its own file says, not as protocol {protocol} is",
    "no-time": "{label}: its loss to time is left out, because no overall time is given",
    "dates-of-cycle-1": "this protocol begins with chemotherapy ({chemo}): the dates here, and the wait, are those of "
    "cycle 1 day 1; fraction 1 stands beside",
    "worked-weekends": [
        (
            "worked weekends not used: last {last_not_used}, {prolongation_not_used_days:+d} d; used: "
            "{last_used}, {prolongation_used_days:+d} d"
        ),
        "worked weekends not used: {not_used:, }",
        "whether this clinic treats on worked weekends is unknown, shown as closed: {shown_closed:, }",
        (
            "whether the clinic treats on worked weekends is unknown: searched without the {days} from "
            "{first} to {last}; with them other starts may be best"
        ),
    ],
}
"""What a note says on paper, where its sentence names an option of the command line."""

PHRASES: dict[str, Template] = {
    "added-fractions": (
        "{count} added fraction of {dose_gy:.4g} Gy at the end, on days of their own",
        "{count} added fractions of {dose_gy:.4g} Gy at the end, on days of their own",
    ),
    "added-from": ("{count} added fraction or more", "{count} added fractions or more"),
    "alpha-beta-of": "α/β {value:g} Gy",
    "anchor-after": ("{count} day after the last fraction", "{count} days after the last fraction"),
    "anchor-date": "by its fixed date",
    "anchor-start": ("{count} day after fraction 1", "{count} days after fraction 1"),
    "and": "{parts: and }",
    "and-more": "and {count} more",
    "announced-through": "; announced through {day}",
    "append": "append, uncompensated",
    "at-longer-time": "at the longer time",
    "at-planned-end": "at the planned end",
    "behind-interval": "the {days} d planned since the one before it",
    "behind-nominal": "its nominal date {date}",
    "bid-sessions": (
        "{count} second fraction on a day: {days:, }",
        "{count} second fractions, one on each day: {days:, }",
    ),
    "calendar-kept": "it is as long as the plan keeps it",
    "changed-dose": "{doses} {where} {aim}",
    "closed-sessions": (
        "{count} extra session on a closed day: {days:, }",
        "{count} extra sessions on closed days of several kinds: {days:, }",
    ),
    "chemotherapy-follows": "follows the radiotherapy",
    "chemotherapy-partly-follows": (
        "stays on its dates when radiotherapy is interrupted; what is anchored to the end of radiotherapy follows it"
    ),
    "chemotherapy-stays": "stays on its dates when radiotherapy is interrupted",
    "clinic-changed": "its source {clinic} is not the file that the plan was made from",
    "clinic-disagrees": "its source {clinic} no longer agrees with the plan on {date}",
    "clinic-file-absent": "its source {clinic} is not here",
    "clinic-not-named": "the plan keeps the name of the clinic, {clinic}, but not where its days come from",
    "clinic-not-readable": "its source {clinic} cannot be read",
    "closed": "{reason:reason}",
    "closed-that-day": "{clinic} is closed that day ({reason:reason})",
    "cycle": "cycle {numbers}",
    "cycle-moved": "cycle {cycle} from {before} to {date}",
    "day": "{date:day}",
    "day-of-category": "{date} ({name}; {category})",
    "days": (
        "{count} day",
        "{count} days",
    ),
    "days-assumed": (
        "{clinic}: treats on {week}; other weekdays and public holidays are assumed closed, nothing else is known of it"
    ),
    "days-earlier": (
        "{count} day earlier",
        "{count} days earlier",
    ),
    "dicom-effective": "BeamDoseType of beams {beams:, } is EFFECTIVE",
    "dicom-kind": "{number} × {kind}",
    "dicom-no-beam-dose": "BeamDose of beams {beams:, } is missing",
    "dicom-no-dose": "the beams of fraction group {group} give 0 Gy",
    "dicom-other-reference": "BeamDose of beams {beams:, } is stated to another dose reference",
    "dicom-points-apart": "the beams of fraction group {group} state BeamDose at different points",
    "dicom-unnumbered": "without number",
    "dose": "{dose_gy:g} Gy",
    "dose-of-planned": "{dose_gy:g} Gy of {planned_gy:g} Gy",
    "dose-of-planned-to": "{dose_gy:g} Gy of {planned_gy:g} Gy to {target}",
    # how it was read
    "dose-to": "{dose_gy:g} Gy to {target}",
    "extra-beyond": "is given beyond the plan of that day",
    "extra-makes-up": "makes up for fraction {fraction}",
    "fractions-from-to": "fractions {first} to {last}",
    "fractions-of": "{n} x {dose_gy:.2f} Gy to {target}",
    "from-day-on": "{what}, from {date:day} on",
    "goal-earliest": "earliest end that breaks no session rule",
    "goal-ceiling": "the ceiling of the dose per fraction, tumour restored in part",
    "goal-end": "keeps the planned end",
    "goal-highest": "highest tumour net BED of 0 to 15 added",
    "goal-late": "late",
    "goal-limit": "inside the limit on prolongation",
    "goal-none": "none",
    "goal-part": "part of the way",
    "goal-prescribed": "ends with the prescribed reference",
    "goal-restored": "restores tumour net BED",
    "goal-tumour": "tumour",
    "holiday-sessions": (
        "{count} holiday session: {days:, }",
        "{count} holiday sessions: {days:, }",
    ),
    "in-brackets": " ({text})",
    "cycle-1-elsewhere": "with fraction 1 on {date:day}, cycle 1 day 1 falls on {cycle:day}",
    "fraction-1-not-on": "fraction 1 would fall on {date:day}: {why}",
    "infusion-closed": "the infusion unit is closed that day ({reason:reason})",
    "intent-adjuvant": "adjuvant",
    "intent-definitive": "definitive",
    "intent-neoadjuvant": "neoadjuvant",
    "intent-palliative": "palliative",
    "interval-as-planned": "as planned",
    "interval-elapsed": "elapsed",
    "keeps-late": "keeps late BED",
    "kick-off-of": "kick-off day {value:g}",
    "left-out": (
        "the last fraction left out, because too much was given",
        "the last {count} fractions left out, because too much was given",
    ),
    "machine-sessions": (
        "{count} matched machine: {days:, }",
        "{count} days on a matched machine: {days:, }",
    ),
    "minimum-first-run": "start rule minimum_first_run: fewer than {least} fractions before the first break",
    "missed": "missed",
    "missed-days": "missed {days:, }",
    "mix-sessions": (
        "{count} extra session (closed days and second fractions): {days:, }",
        "{count} extra sessions (closed days and second fractions): {days:, }",
    ),
    "more-a-week": "more than {limit} fractions a week",
    "net-bed-won": ", {region} {net_bed_gy:+.2f} Gy of net BED",
    "no-closure-prolongs": "no closure prolongs the course",
    "no-cycle-moved": "no cycle moved",
    "cycle-on": "cycle {cycle} on {date:day}",
    "no-such-cycles": "its cycles cannot be given on these days",
    "no-day-helps": "no such day helps without breaking a rule",
    "no-start-on": "start rule no_start_on: no course starts on {date:weekday}",
    "none": "none",
    "no source read": "no source read",
    "from a program": "from a program",
    "read in its source": "read in its source",
    "stated by the user": "stated by the user",
    "second-hand": "second-hand",
    "limit-and-why": "{limit}, {limit_gy:g} Gy ({why:; }; {flag})",
    "limit-chemotherapy-not-known": "{what}, and whether this course has any is not known",
    "limit-is-objective": "an objective of planning, no tolerance",
    "limit-other-site": "stated for {sites:, }, this course is for {site}",
    "limit-site-not-known": "stated for {sites:, }, and the site of this course is not known",
    "limit-with-chemotherapy": "stated for radiotherapy with chemotherapy",
    "limit-without-chemotherapy": "stated for radiotherapy without chemotherapy",
    "not verified": "not verified",
    "not-in-pattern": "the prescription's pattern does not treat on {date:weekday}",
    "not-in-the-record": "not in the record",
    "not-together": "{phase} is kept together, and a day without treatment would split its {count} fractions",
    "nothing": "nothing",
    "nothing-missed": "nothing missed",
    "number-5": "five",
    "number-6": "six",
    "of-intent": "{intent}: {regimens:, }",
    "of-region": "{region}: {what}",
    "off-pattern": "not a day of its weekly pattern",
    "only-national": (
        "only national holidays are known: {country} has {number} subdivisions with holidays of their own, "
        "such as {example}"
    ),
    "option-named": "option {option}",
    "rate-of": "rate {value:g} Gy/day",
    "rest-added-on": "the remaining {doses} added on {date:day}",
    "rest-never": "the remaining {doses} never given",
    "rest-next": "the rest of the partial fraction added to the next one",
    "rest-over-the-rest": "the remaining {doses} shared over the rest",
    "rest-same-day": "the remaining {doses} on {date:day} itself",
    "rest-shared": "the rest of the partial fraction shared over the fractions to come",
    "restores-tumour": "restores tumour net BED",
    "sessions-closed": "sessions on closed days of several kinds",
    "sessions-bid": "second fractions on a day",
    "ranked-held": "it does not intensify while toxicity is unresolved",
    "ranked-organ": "late tissue keeps within the bound of excess, with the other it does not",
    "ranked-restores": "it restores the tumour's net BED within {tolerance_gy:g} Gy, the other lacks "
    "{other_deficit_gy:.2f} Gy",
    "ranked-deficit": "the tumour lacks {deficit_gy:.2f} Gy against {other_deficit_gy:.2f} Gy",
    "ranked-lost": "nothing is lost without compensation",
    "ranked-time": "it takes no longer than the reference, and what a longer time costs is not known",
    "ranked-tier": "{tier} before {other_tier}",
    "ranked-dose": "it keeps the prescribed dose per fraction and breaks no rule",
    "ranked-unknown": "its late and acute excess are known, the other's are not",
    "ranked-rules": "rules broken: {rules} against {other_rules}",
    "ranked-late": "late excess {late_gy:.2f} Gy against {other_late_gy:.2f} Gy",
    "ranked-acute": "acute excess {acute_gy:.2f} Gy against {other_acute_gy:.2f} Gy",
    "ranked-sessions": "{sessions} extra sessions against {other_sessions}",
    "ranked-end": "it ends on {last}, the other on {other_last}",
    "ranked-method": "days on which the staff works anyway stand before a weekend, and a weekend before a holiday",
    "tier-a": "a matched machine, or the rest of the fraction on the same day",
    "tier-b": "weekend, holiday or worked-weekend sessions",
    "tier-c": "second fractions on a day",
    "tier-d": "another dose per fraction",
    "tier-e": "added fractions",
    "tier-none": "uncompensated courses",
    "sessions-holiday": "holiday sessions",
    "sessions-machine": "days on a matched machine",
    "sessions-mix": "closed days and second fractions together",
    "sessions-weekend": "weekend sessions",
    "sessions-worked-weekend": "worked-weekend sessions",
    "start-again": "start again: first fraction {first:day}",
    "such-intervals": " ({intervals} such intervals)",
    "the-clinic": "the clinic's file",
    "the-option": "--category",
    "the-plan": "the plan",
    "the-protocol": "the protocol",
    "time-zone-unknown": "its time zone is not known from the code: clock times need a clinic file",
    "tumour-set": "tumour set {tissue}",
    "two-a-day": "two fractions a day",
    "verified": "verified",
    "up-to-the-ceiling": "is the most that the ceiling allows and restores the tumour in part",
    "weekend-sessions": (
        "{count} weekend session: {days:, }",
        "{count} weekend sessions: {days:, }",
    ),
    "what-as": "{what}: {doses: and }",
    "with": "with {name}",
    "worked-weekend-sessions": (
        "{count} worked-weekend session: {days:, }",
        "{count} worked-weekend sessions: {days:, }",
    ),
    "rule-dose-per-fraction": "dose per fraction above the ceiling",
    "rule-large-fraction-changed": "a large fraction changed",
    "rule-second-fraction-dose": "dose of a second fraction",
    "rule-interval-short": "interval between fractions of a day",
    "rule-dense-week": "fractions in any 7 days, the most",
    "rule-fractions-a-day": "fractions of a day",
    "rule-spacing-short": "spacing of the pattern",
    "rule-late-limit": "limit on late tissue",
    "rule-eqd2-limit": "limit of an organ",
    "rule-sessions-a-week": "fractions in any 7 days",
    "rule-weekly-dose": "dose in any 7 days",
    "rule-twice-daily-running": "second fractions on days running",
    "rule-intensified-with-chemotherapy": "intensified with concurrent chemotherapy",
    "rule-prolongation-limit": "limit on prolongation",
    "rule-overall-time-limit": "limit on overall time",
    "rule-late-excess": "excess of late tissue",
    "year-not-known": "its source {clinic} does not know the holidays of {year}",
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
            return self.told(format_spec).join(str(self.format_field(item, "")) for item in value)
        if format_spec == "day":
            return self.told.dated(dt.date.fromisoformat(value))
        if format_spec == "weekday":
            return self.told.weekday(dt.date.fromisoformat(value))
        if format_spec == "reason":
            return self.told.reason(value)
        if format_spec == "words":
            return self.told(value)
        return format(value, format_spec)


def filled(template: Template, values: Mapping[str, Any], told: Words) -> str:
    """A template with its values, in a language."""
    found = _fitting(template, values)
    if found is None:
        raise KeyError(f"no template fits the values {sorted(values)}: {template!r}")
    text = found if isinstance(found, str) else found[0 if values["count"] == 1 else 1]
    return _Filler(told).vformat(told(text), (), values)


def can_say(code: str, values: Mapping[str, Any]) -> bool:
    """Is there a template for this code, or one of several, whose values are all there?"""
    return _fitting(TEMPLATES.get(code, []), values) is not None


def _fitting(template: Template, values: Mapping[str, Any]) -> OneTemplate | None:
    many = template if isinstance(template, list) else [template]
    whole = (one for one in many if _names(one if isinstance(one, str) else one[1]) <= values.keys())
    return next((one for one in whole if isinstance(one, str) or "count" in values), None)


def _names(template: str) -> set[str]:
    return {name.partition("[")[0] for _, name, _, _ in Formatter().parse(template) if name}


def phrase(part: Value, told: Words = ENGLISH) -> str:
    """A phrase in a language; a text as it stands, nothing for None."""
    return str(_Filler(told).format_field(part, ", " if isinstance(part, tuple) else ""))


def brief(note: Note, told: Words = ENGLISH, *, paper: bool = False) -> str:
    """What a note says in few words; its sentence where it has no fewer. paper: without words of the command line."""
    return _said(note, told, ON_PAPER | BRIEF if paper else BRIEF)


def on_paper(note: Note, told: Words = ENGLISH) -> str:
    """What a note says on paper: without words of the command line."""
    return _said(note, told, ON_PAPER)


def _said(note: Note, told: Words, table: Mapping[str, Template]) -> str:
    """What a note says by its template of a table; else its sentence."""
    found = table.get(note.code)
    if found is None or note.values.get("text") or _fitting(found, note.values) is None:
        return sentence(note, told)
    return _about(note, filled(found, note.values, told), told)


def _about(note: Note, said: str, told: Words) -> str:
    about = note.values.get("about")
    return said if about is None else f"{phrase(about, told)}: {said}"


def loudness(note: Note) -> Severity:
    """How loud a note is where people read it: the alarm is kept for what is sourced, or stated by the user.

    What breaks a limit whose source nobody has read is a warning there; programs find it a violation still.

    >>> loudness(Note(code="prolongation-limit", severity="violation", values={"verified": False}))
    'warning'
    """
    unread = note.values.get("verified") is False
    return "warning" if note.severity == "violation" and unread else note.severity


def sentence(note: Note, told: Words = ENGLISH) -> str:
    """What a note says, in a language.

    A note that a file wrote has no template: it says its ``text`` as it stands.
    """
    written = str(note.values.get("text", ""))
    said = told(written) if written else filled(TEMPLATES.get(note.code, "{text}"), note.values, told)
    return _about(note, said, told)
