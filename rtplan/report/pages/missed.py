"""The answer on missed fractions as sections: one page to sign, then every option in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rtplan.clinic.days import days_between
from rtplan.interruption.judge import Option
from rtplan.interruption.missed import Missed
from rtplan.interruption.options import TIERS
from rtplan.interruption.situation import Situation
from rtplan.note import Note
from rtplan.report.blocks import Block, Cell, Facts, Figure, Notes, Report, Section, Table
from rtplan.report.columns import cells_of, columns, row_cells
from rtplan.report.figures import OptionPoint, course_figure, options_figure
from rtplan.report.language import ENGLISH, SYSTEMIC, Words, signed
from rtplan.report.pages.plan import (
    conventions,
    cycle_table,
    effect_table,
    fraction_table,
    grid,
    limit_tables,
    parameter_table,
    site_facts,
)
from rtplan.report.pages.uncertainty import uncertainty_section
from rtplan.report.sentences import phrase, sentence
from rtplan.report.wording import reading, times_text

__all__ = [
    "build",
    "details",
    "fractions_text",
    "kept_back_by",
    "kept_back_notes",
    "limit_text",
    "missed_text",
    "option_table",
    "price_table",
    "sensitivity_line",
]


SIGNED_NOTES = 3
"""Notes on the page that is signed, rules broken first; the others stand behind it."""


_SEVERITIES = ("violation", "warning", "info")


def build(missed: Missed, told: Words = ENGLISH) -> Report:
    """The sections of an answer on missed fractions."""
    inputs = missed.plan.inputs
    revision = told("plan revision %(number)s", number=missed.plan.revision.number)
    return Report(
        title=told("Missed fractions: %(course)s", course=inputs.label),
        subtitle=f"{reading(inputs.prescription, told)} · {told(inputs.clinic)} · {revision}",
        sections=tuple(section for section in _sections(missed, told) if section.blocks),
    )


def _sections(missed: Missed, told: Words) -> Iterator[Section]:
    yield Section(key="situation", heading=told("Situation"), blocks=(Facts(items=tuple(_situation(missed, told))),))
    price = tuple(_price(missed, told))
    yield Section(key="price", heading=told("Cost of the interruption: appended, nothing else done"), blocks=price)
    sensitivity = told("Sensitivity: %(line)s", line=sensitivity_line(missed, told))
    yield Section(key="options", heading=told("Options"), blocks=(*_options(missed, told), sensitivity))
    notes = tuple(sorted(missed.notes, key=lambda note: _SEVERITIES.index(note.severity)))
    first, behind = notes[:SIGNED_NOTES], notes[SIGNED_NOTES:]
    more = told.count(len(behind), "%(count)s further note: see below.", "%(count)s further notes: see below.")
    noted = (Notes(notes=first), *((more,) if behind else ())) if first else ()
    yield Section(key="notes", heading=told("Notes and warnings"), blocks=noted)
    further = (Notes(notes=behind),) if behind else ()
    yield Section(key="further-notes", heading=told("Further notes and warnings"), blocks=further)
    yield Section(key="not-offered", heading=told("Not offered"), blocks=tuple(_kept_back(missed, told)))
    yield from uncertainty_section(missed.uncertainty, told)
    worth = effect_table(missed.delivered_effects, told=told)
    given = (replace(worth, name="delivered"),) if missed.delivered_effects else ()
    yield Section(key="delivered", heading=told("Given so far"), blocks=given)
    yield from _in_full(missed, told)
    tissues = tuple(region.tissue for region in missed.plan.inputs.regions)
    yield Section(
        key="parameters",
        heading=told("Parameters and sources"),
        blocks=(parameter_table(tissues, told),),
        terminal=missed.all_options,
    )
    yield conventions(told, SYSTEMIC)
    yield Section(key="figures", heading=told("Figures"), blocks=_figures(missed, told), terminal=False)


def _in_full(missed: Missed, told: Words) -> Iterator[Section]:
    """Every listed option; on the terminal the first, and the others where all were asked for."""
    for place, option in enumerate(missed.listed):
        names = {"rank": option.rank, "id": option.id}
        yield Section(
            key=f"option-{option.id}",
            heading=told("Option %(rank)s: %(id)s", **names),
            blocks=tuple(details(missed, option, told)),
            terminal=place == 0 or missed.all_options,
        )
        fractions = fraction_table(replace(missed.plan, course=option.course, cycles=option.cycles), told)
        yield Section(
            key=f"fractions-{option.id}",
            heading=told("Option %(rank)s: %(id)s, fractions", **names),
            blocks=(replace(fractions, name=f"fractions-{option.id}"),),
            terminal=False,
        )


def _figures(missed: Missed, told: Words) -> tuple[Figure, ...]:
    """At the end: the options against each other, and the course with what was missed appended."""
    points = [
        OptionPoint(
            label=option.id,
            tumour_deficit_gy=option.deficit_gy,
            late_excess_gy=option.late_excess_gy,
            breaks_a_rule=bool(option.violations),
        )
        for option in missed.listed
        if option.late_excess_gy is not None
    ]
    label = told("missed fractions appended")
    appended = course_figure(missed.plan, actual=missed.appended.course, label=label, told=told)
    return (options_figure(points, told), appended)


def _situation(missed: Missed, told: Words) -> Iterator[tuple[str, str]]:
    situation, settings = missed.situation, missed.settings
    yield told("As of"), told.dated(situation.as_of)
    yield told("Missed"), missed_text(situation, told)
    if situation.cause:
        yield told("Cause"), situation.cause
    delivered = [fraction.doses_gy[0] for fraction in situation.delivered]
    yield told("Delivered"), fractions_text(delivered, told) + _worth_text(missed, told)
    left = [slot.doses_gy[0] for slot in situation.slots]
    yield told("Still to give"), fractions_text(left, told) if left else told("nothing")
    for label, course in ((told("Planned"), missed.planned), (told("Prescribed"), missed.prescribed)):
        yield label, told("last %(last)s, %(time)s", last=told.dated(course.last), time=times_text(course, told))
    yield from site_facts(missed.plan, told)
    yield told("Limit"), limit_text(missed, told)
    if missed.settings.waive:
        yield told("Waived"), ", ".join(missed.settings.waive)
    against, order = told(settings.against), told(settings.rank_by)
    yield told("Ranking"), told("against the %(reference)s reference, by %(order)s", reference=against, order=order)
    yield told("New dose from"), told.dated(missed.changed_dose_from)


def _worth_text(missed: Missed, told: Words) -> str:
    """What it is worth to the first tumour region, up to its last day; every region stands in a table of its own."""
    if missed.delivered is None:
        return ""
    tumour = next((row for row in missed.delivered_effects if row.kind == "tumour"), None)
    worth = told(", net BED %(dose)s Gy", dose=f"{tumour.net_bed_gy:.2f}") if tumour else ""
    return told(" in T = %(days)s d%(worth)s", days=missed.delivered.elapsed_days, worth=worth)


def limit_text(missed: Missed, told: Words) -> str:
    """The limit on prolongation, and until when."""
    limits = missed.plan.inputs.limits
    limit, most = limits.prolongation_days, limits.overall_time_days
    overall = told("; overall time at most %(days)s days", days=most) if most is not None else ""
    if limit is None:
        return told("prolongation no category given, no limit") + overall
    one, many = "prolongation %(count)s day, until %(day)s", "prolongation %(count)s days, until %(day)s"
    return told.count(limit, one, many, day=missed.limit_by) + overall


def fractions_text(doses_gy: list[float], told: Words) -> str:
    """How many fractions, and their dose."""
    one, many = "%(count)s fraction, %(dose)s Gy", "%(count)s fractions, %(dose)s Gy"
    return told.count(len(doses_gy), one, many, dose=f"{sum(doses_gy):.2f}")


def missed_text(situation: Situation, told: Words) -> str:
    """Which fractions were missed, and what was stated beside."""
    days = {fraction.date for fraction in situation.missed}
    stated = [span.text for span in situation.spans if not {span.first, span.last} <= days]
    said = _missed_fractions(situation, told)
    return said + (told("; stated: %(spans)s", spans=", ".join(stated)) if stated else "")


def _missed_fractions(situation: Situation, told: Words) -> str:
    lost = situation.missed
    if not lost:
        return told("nothing")
    first, last = lost[0], lost[-1]
    if len(lost) > 2 and last.number - first.number == len(lost) - 1:
        days = told(
            "%(first)s to %(last)s (fractions %(from)s to %(to)s)",
            **{"first": told.dated(first.date), "last": told.dated(last.date), "from": first.number, "to": last.number},
        )
    else:
        named = (told("%(day)s (fraction %(number)s)", day=told.dated(f.date), number=f.number) for f in lost)
        days = ", ".join(named)
    return told.count(len(lost), "%(count)s fraction: %(days)s", "%(count)s fractions: %(days)s", days=days)


def _price(missed: Missed, told: Words) -> Iterator[Block]:
    option = missed.appended
    course = option.course
    longer = told(
        "%(time)s, %(days)s d against the prescription",
        time=times_text(course, told),
        days=signed(option.prolongation_days, 0),
    )
    broken = "; ".join(sentence(note, told) for note in option.violations)
    items = [
        (told("Last fraction"), f"{told.dated(course.last)}, {_moved(missed, told)}"),
        (told("Overall time"), longer),
        (told("Rules broken"), broken or told("none")),
    ]
    factors = [
        told(
            "%(tissue)s: %(rate)s Gy of BED a day from day %(day)s",
            tissue=price.tissue,
            rate=f"{price.rate_gy_per_day:.2f}",
            day=f"{price.kick_off_day:g}",
        )
        for price in missed.prices
        if price.rate_gy_per_day is not None
    ]
    if factors:
        items.append((told("Time factor"), "; ".join(dict.fromkeys(factors))))
    if missed.plan.cycles:
        items.append((told("Concurrent cycles"), _concurrent(missed, told)))
    yield Facts(items=tuple(items))
    if missed.prices:
        yield price_table(missed, told)


def _concurrent(missed: Missed, told: Words) -> str:
    before, after = (
        ", ".join(str(cycle.number) for cycle in cycles if cycle.concurrent) or told("none")
        for cycles in (missed.plan.cycles, missed.appended.cycles)
    )
    return told("%(after)s (planned: %(before)s)", after=after, before=before)


def _moved(missed: Missed, told: Words) -> str:
    days = days_between(missed.planned.last, missed.appended.course.last)
    if days <= 0:
        return told("not after the planned end")
    return told.count(days, "%(count)s day after the planned end", "%(count)s days after the planned end")


_PRICE = (
    "region",
    "tissue",
    "net_bed_gy",
    "net_eqd2_gy",
    "prescribed_gy",
    "planned_gy",
    "prescribed_eqd2_gy",
    "planned_eqd2_gy",
)


def price_table(missed: Missed, told: Words = ENGLISH) -> Table:
    """What the longer time costs each tumour region, against both references."""
    rows = {effect.row.region: effect.row for effect in missed.appended.effects}
    body: list[tuple[Cell, ...]] = [
        (
            told(price.region),
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
    return Table(name="price", columns=columns(told, *_PRICE, tables=("price",)), rows=tuple(body))


def _options(missed: Missed, told: Words) -> Iterator[Block]:
    yield option_table(missed, told)
    tiers = dict.fromkeys(option.tier for option in missed.listed)
    named = "; ".join(f"{told(tier)} {told(TIERS[tier])}" for tier in TIERS if tier in tiers)
    hidden = len(missed.options) - len(missed.listed)
    one, many = " %(count)s further option.", " %(count)s further options."
    more = told.count(hidden, one, many) if hidden else ""
    kept = len(missed.not_offered)
    one, many = (
        " %(count)s is not offered, because it breaks a rule: see below.",
        " %(count)s are not offered, because they break a rule: see below.",
    )
    yield told("Tiers: %(tiers)s.", tiers=named) + more + (told.count(kept, one, many) if kept else "")


def kept_back_by(option: Option, told: Words = ENGLISH) -> str:
    """The hard rules that an option breaks, each in a sentence."""
    return "; ".join(dict.fromkeys(sentence(note, told) for note in kept_back_notes(option)))


def kept_back_notes(option: Option) -> list[Note]:
    """What is said of the hard rules that an option breaks without their being waived."""
    codes = {code for code in option.hard if code not in option.waived}
    return [note for note in option.violations if note.code in codes]


def _kept_back(missed: Missed, told: Words) -> Iterator[Block]:
    """What is not offered, one line each with its rule, and what each waiver would buy."""
    if not missed.not_offered:
        return
    lines = []
    for option in missed.not_offered:
        codes = {code for code in option.hard if code not in option.waived}
        lines.append((option.id, option.tier, kept_back_by(option, told), ", ".join(sorted(codes))))
    kept = columns(told, "id", "tier", "kept_back_by", "waive", tables=("options",))
    yield Table(name="not-offered", columns=kept, rows=tuple(lines))
    bought = columns(told, "waive", "id", "tier", "deficit_gy", "late_excess_gy", "opens", tables=("options",))
    rows = tuple(
        (", ".join(entry.waive), entry.option, entry.tier, entry.deficit_gy, entry.late_excess_gy, entry.opens)
        for entry in missed.waivers
    )
    yield Table(name="waivers", columns=bought, rows=rows)


_OPTION = (
    "rank",
    "id",
    "tier",
    "last",
    "elapsed_days",
    "prolongation_days",
    "n_sessions",
    "dose_per_fraction_gy",
    "tumour_net_bed_gy",
    "deficit_gy",
    "late_excess_gy",
    "acute_excess_gy",
    "violations",
)


def option_table(missed: Missed, told: Words = ENGLISH) -> Table:
    """The ranked options, one a line."""
    rows = []
    for option in missed.listed:
        course = option.course
        broken = ", ".join(dict.fromkeys(note.code for note in option.violations)) or None
        tumour = next((effect.row.net_bed_gy for effect in option.effects if effect.row.kind == "tumour"), None)
        rows.append(
            (
                option.rank,
                option.id,
                told(option.tier),
                course.last,
                course.elapsed_days,
                option.prolongation_days,
                option.n_sessions,
                option.dose_per_fraction_gy,
                tumour,
                option.known_deficit_gy,
                option.late_excess_gy,
                option.acute_excess_gy,
                broken,
            )
        )
    return Table(name="options", columns=columns(told, *_OPTION, tables=("options",)), rows=tuple(rows))


def sensitivity_line(missed: Missed, told: Words = ENGLISH) -> str:
    """Does the first option stay first under other parameters? One line."""
    first, total = missed.options[0].id, len(missed.sensitivity)
    if not total:
        return told("%(first)s is the only option, or no other parameters are known: nothing to compare.", first=first)
    others = [entry for entry in missed.sensitivity if not entry.stays_first]
    if not others:
        stays = "%(first)s stays first under all %(total)s other parameter sets and ends of published intervals."
        return told(stays, first=first, total=total)
    return told(
        "%(first)s stays first in %(number)s of %(total)s; otherwise %(others)s.",
        first=first,
        number=total - len(others),
        total=total,
        others="; ".join(
            told("%(first)s under %(name)s", first=entry.first, name=phrase(entry.name, told)) for entry in others
        ),
    )


def details(missed: Missed, option: Option, told: Words) -> Iterator[Block]:
    """An option in full: facts, calendar, doses, limits, cycles, what it breaks."""
    course, plan = option.course, missed.plan
    yield Facts(items=tuple(_option_facts(option, told)))
    lost = tuple(fraction.date for fraction in missed.situation.missed)
    yield grid(plan, course, plan.inputs.calendar, option.cycles, lost, told)
    yield _effects(option, told)
    rows = tuple(effect.row for effect in option.effects)
    for limits in limit_tables(rows, plan.inputs.setting, f"limits-{option.id}", told):
        yield replace(limits, columns=limits.columns[:-1], rows=tuple(row[:-1] for row in limits.rows))
    if option.cycles:
        yield replace(cycle_table(option.cycles, told), name=f"cycles-{option.id}")
    if option.violations or option.notes:
        yield Notes(notes=(*option.violations, *option.notes))


def _option_facts(option: Option, told: Words) -> Iterator[tuple[str, str]]:
    course, prolonged = option.course, signed(option.prolongation_days, 0)
    time = told("%(time)s, last %(last)s", time=times_text(course, told), last=told.dated(course.last))
    yield told("What"), phrase(option.label, told)
    yield told("Reaches"), phrase(option.reaches, told) or "–"
    yield told("Overall time"), time
    yield told("Prolongation"), told("%(days)s d against the prescribed reference", days=prolonged)
    for step in option.doses:
        yield (
            told("Dose per fraction"),
            told(
                "%(count)s x %(dose)s Gy to %(target)s (planned %(planned)s Gy, exact %(exact)s Gy, "
                "remainder %(remainder)s Gy)",
                count=step.n_fractions,
                dose=f"{step.dose_gy:.2f}",
                target=told(step.target),
                planned=f"{step.planned_gy:.4g}",
                exact=f"{step.exact_gy:.4f}",
                remainder=signed(step.remainder_gy, 3),
            ),
        )


def _effects(option: Option, told: Words) -> Table:
    keys = ("region", "alpha_beta_gy", "bed_gy", "repair_gain_gy", "time_loss_gy", "net_bed_gy", "net_eqd2_gy")
    own = columns(told, *keys, tables=("effects",))
    beside = columns(
        told, "prescribed_difference_gy", "planned_difference_gy", "difference_percent", tables=("effects",)
    )
    rows = tuple((*row_cells(effect.row, own, told), *cells_of(effect, beside)) for effect in option.effects)
    return Table(name=f"effects-{option.id}", columns=own + beside, rows=rows)
