"""A plan as sections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rtplan.chemotherapy.cycles import Cycle, DrugDay
from rtplan.chemotherapy.protocol import ChemoProtocol
from rtplan.clinic.days import Calendar, days_between, week_of
from rtplan.course.course import Course
from rtplan.note import Note, Source
from rtplan.planning.plan import Plan
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.organ_limits import Setting, standing
from rtplan.radiobiology.tissue import Limit, Tissue
from rtplan.report.blocks import Block, Cell, Facts, GridDay, MonthGrid, Notes, Report, Section, Table
from rtplan.report.columns import cells_of, columns, dose_columns, row_cells
from rtplan.report.figures import course_figure
from rtplan.report.language import CONVENTIONS, DISCLAIMER, ENGLISH, Words, signed
from rtplan.report.pages.ranges import range_blocks
from rtplan.report.pages.uncertainty import uncertainty_section
from rtplan.report.sentences import phrase, sentence
from rtplan.report.tissues import parameters
from rtplan.report.wording import (
    anchor_text,
    clinic_text,
    day_reason,
    drug_day,
    plan_reason,
    public_holidays,
    reading,
    site_text,
    times_text,
)

__all__ = [
    "banner",
    "build",
    "closed_table",
    "conventions",
    "cycle_table",
    "effect_table",
    "fraction_table",
    "grid",
    "limit_tables",
    "missed_days",
    "parameter_table",
    "site_facts",
]


POLICIES = {
    "reanchor": "counts again from the actual date",
    "keep-grid": "keeps to the grid of dates",
    "nearest-open": "moves to the nearest open day",
}
"""What later cycles do when one had to move, in plain words."""


LABELLED_RUN = 5
"""Days in a row of a drug that the month grid labels one by one; of longer runs only the first."""


def build(plan: Plan, told: Words = ENGLISH, *, command: bool = True) -> Report:
    """The sections of a plan, in the order a physicist reads them. command: the command line that made it too."""
    return Report(
        title=plan.inputs.label,
        subtitle=f"{reading(plan.inputs.prescription, told)} · {told(plan.inputs.clinic)}",
        banner=banner(plan, told),
        sections=tuple(section for section in _sections(plan, told, command) if section.blocks),
    )


def banner(plan: Plan, told: Words) -> str:
    """What must be seen at once: that dates are provisional. Empty where nothing is."""
    unsure = _note(plan, "provisional")
    return told("PROVISIONAL: %(what)s", what=sentence(unsure, told)) if unsure is not None else ""


def _note(plan: Plan, code: str) -> Note | None:
    return next((note for note in plan.notes if note.code == code), None)


def _sections(plan: Plan, told: Words, command: bool) -> Iterator[Section]:
    yield Section(key="course", heading=told("Course"), blocks=(Facts(items=tuple(facts(plan, told))),))
    yield from _on_dates(plan, told)
    yield from _effects(plan, told)
    closed = (closed_table(plan, told),) if plan.closed_days else ()
    shut = told("Closed days inside the course (ordinary weekends left out)")
    yield Section(key="closed", heading=shut, blocks=closed)
    yield Section(key="notes", heading=told("Notes and warnings"), blocks=(Notes(notes=plan.notes),))
    tissues = tuple(region.tissue for region in (*plan.inputs.regions, *plan.inputs.range_regions))
    known = (parameter_table(tissues, told), _sources(plan, told))
    yield Section(key="parameters", heading=told("Parameters and sources"), blocks=known)
    yield conventions(told)
    made = Facts(items=tuple(_provenance(plan, told, command)))
    yield Section(key="provenance", heading=told("Provenance"), blocks=(made,), terminal=False)


def _on_dates(plan: Plan, told: Words) -> Iterator[Section]:
    """Month grid, fractions and cycles."""
    days = grid(plan, plan.course, plan.calendar_with_machines, plan.cycles, missed_days(plan), told)
    yield Section(key="calendar", heading=told("Calendar"), blocks=(days,))
    yield Section(key="fractions", heading=told("Fractions"), blocks=(fraction_table(plan, told),))
    chemo = (cycle_table(plan.cycles, told),) if plan.cycles else ()
    text = _cycle_text(plan.inputs.chemo, plan.cycles, told)
    yield Section(key="cycles", heading=told("Chemotherapy cycles"), blocks=chemo + text)


def _effects(plan: Plan, told: Words) -> Iterator[Section]:
    table = effect_table(plan.effects, plan.prescribed_effects, told)
    blocks: tuple[Block, ...] = (
        table,
        *limit_tables(plan.effects, plan.inputs.setting, told=told),
        course_figure(plan, told=told),
    )
    yield Section(key="effects", heading=told("Dose, BED and EQD2"), blocks=blocks)
    ranges = told("Parameter sets and their published intervals")
    yield Section(key="ranges", heading=ranges, blocks=range_blocks(plan.ranges, told))
    yield from uncertainty_section(plan.uncertainty, told)


def conventions(told: Words, *more: str) -> Section:
    """The conventions that decide numbers, what else holds of a result, and what rtplan is."""
    return Section(
        key="conventions",
        heading=told("Conventions"),
        blocks=("\n".join(map(told, CONVENTIONS)), *map(told, more), told(DISCLAIMER)),
    )


def missed_days(plan: Plan) -> tuple[dt.date, ...]:
    """Days whose fractions were missed, in this revision or an earlier one, and on which nothing was given after all.

    Those that the calendar no longer knows are left out.
    """
    calendar, treated = plan.inputs.calendar, set(plan.course.dates)
    return tuple(day for day in plan.revision.all_missed if day not in treated and calendar.covers(day))


def facts(plan: Plan, told: Words = ENGLISH) -> list[tuple[str, str]]:
    """The header of a plan: what, where, how long."""
    course, inputs = plan.course, plan.inputs
    items = [
        (told("Prescription"), reading(inputs.prescription, told)),
        (
            told("Clinic"),
            f"{clinic_text(inputs.clinic, plan.provenance.clinic_from, told)}, {inputs.calendar.time_zone}",
        ),
        *site_facts(plan, told),
        (told("First fraction"), told.dated(course.first)),
        (told("Last fraction"), told.dated(course.last)),
        (told("Overall time"), times_text(course, told)),
        (told("Prolongation"), _prolongation(plan, told)),
        (
            told("Longest gap"),
            told.count(course.longest_gap_days, "%(count)s treatment-free day", "%(count)s treatment-free days"),
        ),
    ]
    worked = _note(plan, "worked-weekends")
    if worked is not None:
        items.append((told("Worked weekends"), _worked_weekends(worked, inputs.worked_weekends, told)))
    if inputs.chemo is not None:
        items.append((told("Chemotherapy"), _chemo_text(inputs.chemo, plan.cycles, told)))
    unsure = _note(plan, "provisional")
    said = sentence(unsure, told) if unsure is not None else told("no date is provisional")
    items += [(told("Public holidays"), public_holidays(inputs.calendar, told)), (told("Provisional"), said)]
    items += [(told("Revision %(number)s", number=step.number), step.reason) for step in plan.revision.earlier]
    why = f": {plan.revision.reason}" if plan.revision.reason else ""
    return [*items, (told("Revision"), f"{plan.revision.number}{why}")]


def site_facts(plan: Plan, told: Words = ENGLISH) -> tuple[tuple[str, str], ...]:
    """One line: the site, who named it, its category; nothing where no site is known."""
    inputs = plan.inputs
    if not inputs.site:
        return ()
    return ((told("Site"), site_text(inputs.site, plan.provenance.site_from, told, inputs.limits)),)


def _prolongation(plan: Plan, told: Words) -> str:
    return told(
        "%(days)s d against the prescribed reference (%(time)s, last %(last)s)",
        days=signed(plan.prolongation_days, 0),
        time=times_text(plan.prescribed, told),
        last=plan.prescribed.last,
    )


def _worked_weekends(note: Note, known: str, told: Words) -> str:
    values = note.values
    return told(
        "%(knowledge)s. worked weekends not used: last %(last)s, %(days)s d; used: %(other)s, %(more)s d",
        knowledge={
            "unknown": told("whether this clinic treats on them is unknown, planned without"),
            "yes": told("used"),
            "no": told("not used"),
        }[known],
        last=values["last_not_used"],
        days=f"{values['prolongation_not_used_days']:+d}",
        other=values["last_used"],
        more=f"{values['prolongation_used_days']:+d}",
    )


def _chemo_text(chemo: ChemoProtocol, cycles: tuple[Cycle, ...], told: Words) -> str:
    concurrent = [str(cycle.number) for cycle in cycles if cycle.concurrent]
    return told(
        "%(label)s: %(cycles)s cycles, %(anchor)s (%(source)s), %(policy)s; "
        "concurrent: %(number)s of %(given)s%(names)s",
        label=chemo.label,
        cycles=chemo.total_cycles,
        anchor=anchor_text(chemo.anchor, told),
        source=told(chemo.anchor_source.text),
        policy=told(POLICIES[chemo.policy]),
        number=len(concurrent),
        given=len(cycles),
        names=told(" (cycle %(numbers)s)", numbers=", ".join(concurrent)) if concurrent else "",
    )


def grid(
    plan: Plan,
    course: Course,
    calendar: Calendar,
    cycles: tuple[Cycle, ...],
    missed: tuple[dt.date, ...] = (),
    told: Words = ENGLISH,
) -> MonthGrid:
    """Whole weeks from the first fraction or cycle of a course of this plan to the last."""
    days = [course.first, course.last, *missed, *(cycle.date for cycle in cycles)]
    first = max(calendar.first, week_of(min(days), calendar.first_weekday)[0])
    last = min(calendar.last, week_of(max(days), calendar.first_weekday)[1])
    cumulative = dict(zip((f.date for f in course.fractions), course.cumulative_gy(), strict=True))
    numbers: dict[dt.date, list[int]] = {}
    for fraction in course.fractions:
        numbers.setdefault(fraction.date, []).append(fraction.number)
    labels = _cycle_labels(cycles, told)
    marked = {*numbers, *labels}
    return MonthGrid(
        first_weekday=calendar.first_weekday,
        days=tuple(
            GridDay(
                date=day,
                open=reason.open,
                kind=reason.kind,
                reason=(plan_reason(plan, reason, told) if reason.machine else day_reason(reason.text, told)),
                fractions=tuple(numbers.get(day, ())),
                cumulative_gy=cumulative.get(day),
                labels=tuple(labels.get(day, ())),
                provisional=reason.provisional
                or (day in marked and calendar.depends_on_provisional(course.first, day)),
                missed=day in missed,
            )
            for day, reason in calendar.days(first, last)
        ),
    )


def _cycle_labels(cycles: tuple[Cycle, ...], told: Words) -> dict[dt.date, list[str]]:
    labels: dict[dt.date, list[str]] = {}
    for cycle in cycles:
        labels.setdefault(cycle.date, []).append(f"C{cycle.number}D1")
    for cycle, run in drug_runs(cycles):
        for day in run if len(run) <= LABELLED_RUN else run[:1]:
            label = drug_day(cycle.number, day.offset_days, told)
            if day.offset_days != 0 and label not in labels.setdefault(day.date, []):
                labels[day.date].append(label)
    return labels


def fraction_table(plan: Plan, told: Words = ENGLISH) -> Table:
    """Each fraction with weekday, date, dose and cumulative dose."""
    course = plan.course
    targets = course.prescription.targets
    cumulative = [course.cumulative_gy(target) for target in targets]
    several, times = len(course.prescription.phases) > 1, any(fraction.start for fraction in course.fractions)
    rows: list[tuple[Cell, ...]] = []
    for place, fraction in enumerate(course.fractions):
        row: list[Cell] = [fraction.number, fraction.date]
        row += [fraction.start.strftime("%H:%M") if fraction.start else None] if times else []
        row += [fraction.phase] if several else []
        for i in range(len(targets)):
            row += [fraction.doses_gy[i], cumulative[i][place]]
        row.append((fraction.date - course.first).days)
        row += [plan.is_provisional(fraction)] if plan.provisional else []
        rows.append(tuple(row))
    found = columns(
        told, "number", "date", *(("start",) if times else ()), *(("phase",) if several else ()), tables=_FX
    )
    found += tuple(column for target in targets for column in dose_columns(target, len(targets) > 1, told))
    found += columns(told, "day", *(("provisional",) if plan.provisional else ()))
    return Table(name="fractions", columns=found, rows=tuple(rows))


_FX = ("fractions",)


def cycle_table(cycles: tuple[Cycle, ...], told: Words = ENGLISH) -> Table:
    """Each cycle's day 1 with where it should have been."""
    keys = (
        "number",
        "date",
        "nominal_date",
        "due_date",
        "shift_days",
        "drift_days",
        "interval_days",
        "fraction_number",
        "concurrent",
        "within_window",
        "provisional",
    )
    found = columns(told, *keys, tables=("cycles",))
    return Table(name="cycles", columns=found, rows=tuple(cells_of(cycle, found) for cycle in cycles))


def drug_table(cycles: tuple[Cycle, ...], told: Words = ENGLISH) -> Table:
    """On which days each drug is given; days in a row stand on one line."""
    rows = []
    for cycle, run in drug_runs(cycles):
        first, last = run[0], run[-1]
        label = drug_day(cycle.number, first.offset_days, told)
        if len(run) > 1:
            label = told("%(first)s to %(last)s", first=label, last=drug_day(cycle.number, last.offset_days, told))
        guessed = any(day.provisional for day in run)
        rows.append((told(first.drug), first.date, last.date, label, len(run), sum(day.closed for day in run), guessed))
    keys = ("drug", "first", "last", "label", "days", "closed", "provisional")
    shown = len(keys) if any(row[-1] for row in rows) else len(keys) - 1
    found = columns(told, *keys[:shown], tables=("drug_days",))
    return Table(name="drug_days", columns=found, rows=tuple(row[:shown] for row in rows))


def drug_runs(cycles: tuple[Cycle, ...]) -> list[tuple[Cycle, list[DrugDay]]]:
    """The drug days of all cycles, gathered into runs of days in a row of one drug and cycle, in order of time."""
    runs: list[tuple[Cycle, list[DrugDay]]] = []
    for cycle in cycles:
        for day in sorted(cycle.drug_days, key=lambda day: (day.drug, day.date)):
            before = runs[-1][1][-1] if runs and runs[-1][0] is cycle else None
            if before is not None and before.drug == day.drug and days_between(before.date, day.date) == 1:
                runs[-1][1].append(day)
            else:
                runs.append((cycle, [day]))
    return sorted(runs, key=lambda run: (run[1][0].date, run[1][0].drug))


def _cycle_text(chemo: ChemoProtocol | None, cycles: tuple[Cycle, ...], told: Words) -> tuple[Table | str, ...]:
    if chemo is None:
        return ()
    least = chemo.minimum_interval_days
    line = told(
        "%(number)s of %(given)s cycles are concurrent (day 1 from first to last fraction inclusive). "
        "Window ±%(window)s d (%(window_source)s); minimum interval %(least)s d (%(least_source)s); "
        "maximum delay %(delay)s d (%(delay_source)s).",
        number=sum(cycle.concurrent for cycle in cycles),
        given=len(cycles),
        window=chemo.window_days,
        window_source=told(chemo.window_source.text),
        least=least if least is not None else told("the grid"),
        least_source=told(chemo.minimum_interval_source.text),
        delay=chemo.maximum_delay_days,
        delay_source=told(chemo.maximum_delay_source.text),
    )
    several = any(day.offset_days for cycle in cycles for day in cycle.drug_days) or len(chemo.drugs) > 1
    return (line, drug_table(cycles, told)) if several else (line,)


_EFFECTS = (
    "region",
    "tissue",
    "alpha_beta_gy",
    "dose_gy",
    "bed_gy",
    "eqd2_gy",
    "repair_gain_gy",
    "time_loss_gy",
    "net_bed_gy",
    "net_eqd2_gy",
)


def effect_table(rows: tuple[EffectRow, ...], prescribed: tuple[EffectRow, ...] = (), told: Words = ENGLISH) -> Table:
    """Rows of dose, BED, EQD2, repair and time, with the prescribed reference beside."""
    keys = list(_EFFECTS)
    if any(row.model != "LQ" for row in rows):
        keys.insert(2, "model")
    if all(row.repair_gain_gy is None for row in rows):
        keys.remove("repair_gain_gy")
    found = columns(told, *keys, tables=("effects",))
    body = [row_cells(row, found, told) for row in rows]
    if prescribed:
        found += columns(told, "prescribed_net_bed_gy", "difference_gy", tables=("effects",))
        pairs = zip(body, rows, prescribed, strict=True)
        body = [(*cells, other.net_bed_gy, row.net_bed_gy - other.net_bed_gy) for cells, row, other in pairs]
    return Table(name="effects", columns=found, rows=tuple(body))


def limit_tables(
    rows: tuple[EffectRow, ...], setting: Setting, name: str = "limits", told: Words = ENGLISH
) -> tuple[Table, ...]:
    """EQD2 beside published limits, where rows have any; else nothing. Those that decide for the course come first."""
    order = {"yes": 0, "unsure": 1, "no": 2}
    checks = [
        (row, check)
        for row in rows
        for check in sorted(row.limits, key=lambda check: order[standing(check.limit, setting).holds])
    ]
    if not checks:
        return ()
    keys = ("region", "limit", "metric", "alpha_beta", "limit_gy", "eqd2_gy", "margin_gy", "decides", "source")
    body = tuple(
        (
            told(row.region),
            check.limit.name,
            check.limit.metric,
            check.limit.alpha_beta,
            check.limit.eqd2_gy,
            check.eqd2_gy,
            check.margin_gy,
            _decides(check.limit, setting, told),
            check.limit.source,
        )
        for row, check in checks
    )
    return (Table(name=name, columns=columns(told, *keys, tables=("limits",)), rows=body),)


def _decides(limit: Limit, setting: Setting, told: Words) -> str:
    """Is a limit a rule for the course, with its endpoint; and why not."""
    found = standing(limit, setting)
    rule = told("yes") if limit.source.alarms else told("as a warning")
    answer = {"yes": rule, "unsure": told("perhaps"), "no": told("no")}[found.holds]
    parts = [limit.endpoint] if limit.endpoint and found.holds != "no" else []
    return "; ".join([answer, *parts, *(phrase(why, told) for why in found.why)])


def closed_table(plan: Plan, told: Words = ENGLISH) -> Table:
    """Closed days inside the course, each with its reason."""
    rows = tuple((day, day_reason(text, told), unsure) for day, text, unsure in plan.closed_days)
    return Table(name="closed_days", columns=columns(told, "date", "reason", "provisional"), rows=rows)


def parameter_table(tissues: tuple[Tissue, ...], told: Words = ENGLISH) -> Table:
    """Every number used, with its source and whether it was read there."""
    rows = tuple((tissue.name, *cells) for tissue in dict.fromkeys(tissues) for cells in parameters(tissue, told))
    return Table(name="parameters", columns=columns(told, "tissue", "parameter", "value", "source"), rows=rows)


def _sources(plan: Plan, told: Words) -> Facts:
    items: list[tuple[str, Source]] = [(told("Protocol"), source) for source in plan.inputs.sources]
    if plan.inputs.chemo is not None:
        items.append((told("Chemotherapy"), plan.inputs.chemo.source))
    return Facts(items=(*items, (told("Limit on prolongation"), plan.inputs.limits.category_source)))


def _provenance(plan: Plan, told: Words, command: bool) -> list[tuple[str, str]]:
    made = plan.provenance
    items = [
        ("rtplan", made.rtplan),
        ("Python", made.python),
        ("holidays", made.holidays),
        (told("Made"), made.created.isoformat() if made.created else told("no stamp")),
        *([(told("Command"), made.command)] if command else []),
        (told("Revision"), str(plan.revision.number)),
        (told("Follows"), plan.revision.parent_sha256 or "–"),
    ]
    return items + [(told("SHA-256 of %(file)s", file=file.name), file.sha256) for file in made.files]
