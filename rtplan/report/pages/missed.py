"""The answer on missed fractions as sections: one page to sign, then every option in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rtplan.clinic.days import days_between
from rtplan.interruption.judge import Option
from rtplan.interruption.missed import Missed
from rtplan.interruption.options import TIERS
from rtplan.interruption.situation import Situation
from rtplan.report.blocks import Block, Cell, Column, Facts, Figure, Notes, Report, Section, Signatures, Table
from rtplan.report.figures import OptionPoint, course_figure, options_figure
from rtplan.report.language import CONVENTIONS, DISCLAIMER, SYSTEMIC, dated, plural, signed
from rtplan.report.pages.plan import (
    cycle_table,
    effect_table,
    fraction_table,
    grid,
    limit_tables,
    parameter_table,
    times_text,
)
from rtplan.report.sentences import phrase, sentence

__all__ = [
    "build",
    "option_table",
    "price_table",
    "sensitivity_line",
]


SIGNED_NOTES = 3
"""Notes on the page that is signed, rules broken first; the others stand behind it."""


_SEVERITIES = ("violation", "warning", "info")


def build(missed: Missed) -> Report:
    """The sections of an answer on missed fractions."""
    inputs = missed.plan.inputs
    return Report(
        title=f"Missed fractions: {inputs.label}",
        subtitle=f"{inputs.prescription.reading} · {inputs.clinic} · plan revision {missed.plan.revision.number}",
        sections=tuple(section for section in _sections(missed) if section.blocks),
    )


def _sections(missed: Missed) -> Iterator[Section]:
    yield Section(key="situation", heading="Situation", blocks=(Facts(items=tuple(_situation(missed))),))
    yield Section(key="price", heading="Price: appended, nothing else done", blocks=tuple(_price(missed)))
    yield Section(
        key="options", heading="Options", blocks=(*_options(missed), f"Sensitivity: {sensitivity_line(missed)}")
    )
    notes = tuple(sorted(missed.notes, key=lambda note: _SEVERITIES.index(note.severity)))
    signed, behind = notes[:SIGNED_NOTES], notes[SIGNED_NOTES:]
    more: tuple[Block, ...] = (f"{plural(len(behind), 'further note')}: see below.",) if behind else ()
    noted = (Notes(notes=signed), *more) if signed else ()
    yield Section(key="notes", heading="Notes and warnings", blocks=noted)
    signed_by = Signatures(roles=("medical physicist", "radiation oncologist"))
    yield Section(key="signatures", heading="Checked", blocks=(signed_by,), terminal=False)
    further = (Notes(notes=behind),) if behind else ()
    yield Section(key="further-notes", heading="Further notes and warnings", blocks=further)
    worth = (replace(effect_table(missed.delivered_effects), name="delivered"),) if missed.delivered_effects else ()
    yield Section(key="delivered", heading="Given so far", blocks=worth)
    yield from _in_full(missed)
    tissues = tuple(region.tissue for region in missed.plan.inputs.regions)
    sources = (parameter_table(tissues),)
    yield Section(key="parameters", heading="Parameters and sources", blocks=sources, terminal=missed.all_options)
    words = ("\n".join(CONVENTIONS), SYSTEMIC, DISCLAIMER)
    yield Section(key="conventions", heading="Conventions", blocks=words)
    yield Section(key="figures", heading="Figures", blocks=_figures(missed), terminal=False)


def _in_full(missed: Missed) -> Iterator[Section]:
    """Every listed option; on the terminal the first, and the others where all were asked for."""
    for place, option in enumerate(missed.listed):
        heading = f"Option {option.rank}: {option.id}"
        blocks = tuple(_details(missed, option))
        yield Section(
            key=f"option-{option.id}", heading=heading, blocks=blocks, terminal=place == 0 or missed.all_options
        )
        fractions = fraction_table(replace(missed.plan, course=option.course, cycles=option.cycles))
        yield Section(
            key=f"fractions-{option.id}",
            heading=f"{heading}, fractions",
            blocks=(replace(fractions, name=f"fractions-{option.id}"),),
            terminal=False,
        )


def _figures(missed: Missed) -> tuple[Figure, ...]:
    """At the end: the options against each other, and the course with what was missed appended."""
    points = [
        OptionPoint(
            label=option.id,
            tumour_deficit_gy=option.deficit_gy,
            late_excess_gy=option.late_excess_gy,
            breaks_a_rule=bool(option.violations),
        )
        for option in missed.listed
    ]
    appended = course_figure(missed.plan, actual=missed.appended.course, label="missed fractions appended")
    return (options_figure(points), appended)


def _situation(missed: Missed) -> Iterator[tuple[str, str]]:
    situation = missed.situation
    given = len(situation.delivered)
    yield "As of", dated(situation.as_of)
    yield "Missed", _missed_text(situation)
    if situation.cause:
        yield "Cause", situation.cause
    dose = sum(fraction.doses_gy[0] for fraction in situation.delivered)
    yield "Delivered", f"{plural(given, 'fraction')}, {dose:.2f} Gy{_worth_text(missed)}"
    yield "Still to give", _left_text(situation)
    yield "Planned", f"last {dated(missed.planned.last)}, {times_text(missed.planned)}"
    yield "Prescribed", f"last {dated(missed.prescribed.last)}, {times_text(missed.prescribed)}"
    limit = missed.plan.inputs.limits.prolongation_days
    reach = f"{plural(limit, 'day')}, until {missed.limit_by}" if limit is not None else "no category given, no limit"
    yield "Limit", f"prolongation {reach}"
    yield "Ranking", f"against the {missed.settings.against} reference, by {missed.settings.rank_by}"
    yield "New dose from", f"{dated(missed.changed_dose_from)}"


def _worth_text(missed: Missed) -> str:
    """What it is worth to the first tumour region, up to its last day; every region stands in a table of its own."""
    if missed.delivered is None:
        return ""
    tumour = next((row for row in missed.delivered_effects if row.kind == "tumour"), None)
    worth = f", net BED {tumour.net_bed_gy:.2f} Gy" if tumour else ""
    return f" in T = {missed.delivered.elapsed_days} d{worth}"


def _missed_text(situation: Situation) -> str:
    stated = [span.text for span in situation.spans if len(span.days) > 1 or span.first > situation.plan.course.last]
    return _missed_fractions(situation) + (f"; stated: {', '.join(stated)}" if stated else "")


def _missed_fractions(situation: Situation) -> str:
    if not situation.missed:
        return "nothing"
    lost = situation.missed
    count = plural(len(lost), "fraction")
    first, last = lost[0], lost[-1]
    if len(lost) > 2 and last.number - first.number == len(lost) - 1:
        return f"{count}: {dated(first.date)} to {dated(last.date)} (fractions {first.number} to {last.number})"
    told = ", ".join(f"{dated(fraction.date)} (fraction {fraction.number})" for fraction in lost)
    return f"{count}: {told}"


def _left_text(situation: Situation) -> str:
    if not situation.slots:
        return "nothing"
    return f"{plural(len(situation.slots), 'fraction')}, {sum(slot.doses_gy[0] for slot in situation.slots):.2f} Gy"


def _price(missed: Missed) -> Iterator[Block]:
    option = missed.appended
    course = option.course
    broken = [sentence(note) for note in option.violations]
    before = [str(cycle.number) for cycle in missed.plan.cycles if cycle.concurrent]
    after = [str(cycle.number) for cycle in option.cycles if cycle.concurrent]
    items = [
        ("Last fraction", f"{dated(course.last)}, {_moved(missed)}"),
        ("Overall time", f"{times_text(course)}, {signed(option.prolongation_days, 0)} d against the prescription"),
        ("Rules broken", "; ".join(broken) or "none"),
    ]
    factors = [
        f"{price.tissue}: {price.rate_gy_per_day:.2f} Gy of BED a day from day {price.kick_off_day:g}"
        for price in missed.prices
        if price.rate_gy_per_day is not None
    ]
    if factors:
        items.append(("Time factor", "; ".join(dict.fromkeys(factors))))
    if missed.plan.cycles:
        items.append(("Concurrent cycles", f"{', '.join(after) or 'none'} (planned: {', '.join(before) or 'none'})"))
    yield Facts(items=tuple(items))
    if missed.prices:
        yield price_table(missed)


def _moved(missed: Missed) -> str:
    days = days_between(missed.planned.last, missed.appended.course.last)
    return f"{plural(days, 'day')} after the planned end" if days > 0 else "not after the planned end"


def price_table(missed: Missed) -> Table:
    """What the longer time costs each tumour region, against both references."""
    columns = (
        Column(key="region", title="Region"),
        Column(key="tissue", title="Tissue"),
        Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
        Column(key="net_eqd2_gy", title="Net EQD2", kind="number", unit="Gy"),
        Column(key="prescribed_gy", title="Price, prescribed", kind="number", unit="Gy"),
        Column(key="planned_gy", title="Price, planned", kind="number", unit="Gy"),
        Column(key="prescribed_eqd2_gy", title="Price EQD2, prescribed", kind="number", unit="Gy"),
        Column(key="planned_eqd2_gy", title="Price EQD2, planned", kind="number", unit="Gy"),
    )
    rows = {effect.row.region: effect.row for effect in missed.appended.effects}
    body: list[tuple[Cell, ...]] = [
        (
            price.region,
            price.tissue,
            rows[price.region].net_bed_gy,
            rows[price.region].net_eqd2_gy,
            price.prescribed_gy,
            price.planned_gy,
            price.prescribed_eqd2_gy,
            price.planned_eqd2_gy,
        )
        for price in missed.prices
    ]
    return Table(name="price", columns=columns, rows=tuple(body))


def _options(missed: Missed) -> Iterator[Block]:
    yield option_table(missed)
    tiers = dict.fromkeys(option.tier for option in missed.listed)
    hidden = len(missed.options) - len(missed.listed)
    more = f" {plural(hidden, 'further option')}: --all shows them." if hidden else ""
    yield "Tiers: " + "; ".join(f"{tier} {TIERS[tier]}" for tier in TIERS if tier in tiers) + "." + more


def option_table(missed: Missed) -> Table:
    """The ranked options, one a line; those that break a rule stand below."""
    columns = (
        Column(key="rank", title="Rank", kind="integer"),
        Column(key="id", title="Option"),
        Column(key="tier", title="Tier"),
        Column(key="last", title="Last", kind="date"),
        Column(key="elapsed_days", title="T", kind="integer", unit="d"),
        Column(key="prolongation_days", title="Longer", kind="integer", unit="d", signed=True),
        Column(key="n_sessions", title="Extra", kind="integer"),
        Column(key="dose_per_fraction_gy", title="d", kind="number", unit="Gy"),
        Column(key="tumour_net_bed_gy", title="Tumour", kind="number", unit="Gy"),
        Column(key="deficit_gy", title="Deficit", kind="number", unit="Gy"),
        Column(key="late_excess_gy", title="Late +", kind="number", unit="Gy"),
        Column(key="acute_excess_gy", title="Acute +", kind="number", unit="Gy"),
        Column(key="violations", title="Rules broken"),
    )
    rows = []
    for option in missed.listed:
        course = option.course
        broken = ", ".join(dict.fromkeys(note.code for note in option.violations)) or None
        tumour = next((effect.row.net_bed_gy for effect in option.effects if effect.row.kind == "tumour"), None)
        rows.append(
            (
                option.rank,
                option.id,
                option.tier,
                course.last,
                course.elapsed_days,
                option.prolongation_days,
                option.n_sessions,
                option.dose_per_fraction_gy,
                tumour,
                option.deficit_gy,
                option.late_excess_gy,
                option.acute_excess_gy,
                broken,
            )
        )
    return Table(name="options", columns=columns, rows=tuple(rows))


def sensitivity_line(missed: Missed) -> str:
    """Does the first option stay first under other parameters? One line."""
    first = missed.options[0].id
    total = len(missed.sensitivity)
    if not total:
        return f"{first} is the only option, or no other parameters are known: nothing to compare."
    others = [entry for entry in missed.sensitivity if not entry.stays_first]
    if not others:
        return f"{first} stays first under all {total} other parameter sets and ends of published intervals."
    named = "; ".join(f"{entry.first} under {entry.name}" for entry in others)
    return f"{first} stays first in {total - len(others)} of {total}; otherwise {named}."


def _details(missed: Missed, option: Option) -> Iterator[Block]:
    course = option.course
    items = [
        ("What", phrase(option.label)),
        ("Reaches", phrase(option.reaches) or "–"),
        ("Overall time", f"{times_text(course)}, last {dated(course.last)}"),
        ("Prolongation", f"{signed(option.prolongation_days, 0)} d against the prescribed reference"),
    ]
    for step in option.doses:
        items.append(
            (
                "Dose per fraction",
                f"{step.n_fractions} x {step.dose_gy:.2f} Gy to {step.target} "
                f"(planned {step.planned_gy:.4g} Gy, exact {step.exact_gy:.4f} Gy, "
                f"remainder {signed(step.remainder_gy, 3)} Gy)",
            )
        )
    yield Facts(items=tuple(items))
    lost = tuple(fraction.date for fraction in missed.situation.missed)
    yield grid(course, missed.plan.inputs.calendar, option.cycles, lost)
    yield _effects(option)
    for limits in limit_tables(tuple(effect.row for effect in option.effects), f"limits-{option.id}"):
        yield replace(limits, columns=limits.columns[:-1], rows=tuple(row[:-1] for row in limits.rows))
    if option.cycles:
        yield replace(cycle_table(option.cycles), name=f"cycles-{option.id}")
    if option.violations or option.notes:
        yield Notes(notes=(*option.violations, *option.notes))


def _effects(option: Option) -> Table:
    columns = (
        Column(key="region", title="Region"),
        Column(key="alpha_beta_gy", title="α/β", kind="number", unit="Gy", digits=1),
        Column(key="bed_gy", title="BED", kind="number", unit="Gy"),
        Column(key="repair_gain_gy", title="Repair", kind="number", unit="Gy", signed=True),
        Column(key="time_loss_gy", title="Time loss", kind="number", unit="Gy"),
        Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
        Column(key="net_eqd2_gy", title="Net EQD2", kind="number", unit="Gy"),
        Column(key="prescribed_difference_gy", title="To prescribed", kind="number", unit="Gy", signed=True),
        Column(key="planned_difference_gy", title="To planned", kind="number", unit="Gy", signed=True),
        Column(key="difference_percent", title="Change", kind="number", unit="%", digits=1, signed=True),
    )
    rows = tuple(
        (
            effect.row.region,
            effect.row.alpha_beta_gy,
            effect.row.bed_gy,
            effect.row.repair_gain_gy,
            effect.row.time_loss_gy,
            effect.row.net_bed_gy,
            effect.row.net_eqd2_gy,
            effect.prescribed_difference_gy,
            effect.planned_difference_gy,
            effect.difference_percent,
        )
        for effect in option.effects
    )
    return Table(name=f"effects-{option.id}", columns=columns, rows=rows)
