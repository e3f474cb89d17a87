"""A plan as sections."""

from __future__ import annotations

import datetime as dt

from rtplan.chemotherapy.cycles import Cycle, DrugDay
from rtplan.chemotherapy.protocol import ChemoProtocol
from rtplan.clinic.days import Calendar, add_days, days_between
from rtplan.course.course import Course
from rtplan.note import Source
from rtplan.planning.plan import Plan
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.tissue import Tissue
from rtplan.report.blocks import Cell, Column, Facts, GridDay, MonthGrid, Notes, Report, Section, Table
from rtplan.report.figures import course_figure
from rtplan.report.language import CONVENTIONS, DISCLAIMER, dated, gy, plural, signed
from rtplan.report.pages.ranges import range_blocks
from rtplan.report.sentences import sentence

__all__ = [
    "build",
    "closed_table",
    "cycle_table",
    "effect_table",
    "fraction_table",
    "grid",
    "parameter_table",
]


LABELLED_RUN = 5
"""Days in a row of a drug that the month grid labels one by one; of longer runs only the first."""


def build(plan: Plan) -> Report:
    """The sections of a plan, in the order a physicist reads them."""
    return Report(
        title=plan.inputs.label,
        subtitle=f"{plan.inputs.prescription.reading} · {plan.inputs.clinic}",
        banner=_banner(plan),
        sections=tuple(section for section in _sections(plan) if section.blocks),
    )


def _banner(plan: Plan) -> str:
    return next((f"PROVISIONAL: {sentence(note)}" for note in plan.notes if note.code == "provisional"), "")


def _sections(plan: Plan) -> list[Section]:
    inputs = plan.inputs
    chemo = (cycle_table(plan.cycles),) if plan.cycles else ()
    return [
        Section(key="course", heading="Course", blocks=(Facts(items=tuple(facts(plan))),)),
        Section(
            key="calendar",
            heading="Calendar",
            blocks=(grid(plan.course, plan.calendar_with_machines, plan.cycles, _missed(plan)),),
        ),
        Section(key="fractions", heading="Fractions", blocks=(fraction_table(plan),)),
        Section(key="cycles", heading="Chemotherapy cycles", blocks=chemo + _cycle_text(inputs.chemo, plan.cycles)),
        Section(
            key="effects",
            heading="Dose, BED and EQD2",
            blocks=(
                effect_table(plan.effects, plan.prescribed_effects),
                *limit_tables(plan.effects),
                course_figure(plan),
            ),
        ),
        Section(
            key="ranges",
            heading="Parameter sets and their published intervals",
            blocks=range_blocks(plan.ranges),
        ),
        Section(
            key="closed",
            heading="Closed days inside the course (ordinary weekends left out)",
            blocks=(closed_table(plan),) if plan.closed_days else (),
        ),
        Section(key="notes", heading="Notes and warnings", blocks=(Notes(notes=plan.notes),)),
        Section(
            key="parameters",
            heading="Parameters and sources",
            blocks=(
                parameter_table(tuple(region.tissue for region in (*inputs.regions, *inputs.range_regions))),
                _sources(plan),
            ),
        ),
        Section(key="conventions", heading="Conventions", blocks=("\n".join(CONVENTIONS), DISCLAIMER)),
        Section(
            key="provenance", heading="Provenance", blocks=(Facts(items=tuple(_provenance(plan))),), terminal=False
        ),
    ]


def _missed(plan: Plan) -> tuple[dt.date, ...]:
    """Days whose fractions were missed, in this revision or an earlier one, and on which nothing was given after all.

    Those that the calendar no longer knows are left out.
    """
    calendar, treated = plan.inputs.calendar, set(plan.course.dates)
    return tuple(day for day in plan.revision.all_missed if day not in treated and calendar.covers(day))


def facts(plan: Plan) -> list[tuple[str, str]]:
    """The header of a plan: what, where, how long."""
    course, inputs = plan.course, plan.inputs
    items = [
        ("Prescription", inputs.prescription.reading),
        ("Clinic", f"{inputs.clinic}, {inputs.calendar.time_zone}"),
        ("First fraction", dated(course.first)),
        ("Last fraction", dated(course.last)),
        ("Overall time", times_text(course)),
        (
            "Prolongation",
            f"{signed(plan.prolongation_days, 0)} d against the prescribed reference "
            f"({times_text(plan.prescribed)}, last {plan.prescribed.last})",
        ),
        ("Longest gap", plural(course.longest_gap_days, "treatment-free day")),
    ]
    worked = next((note for note in plan.notes if note.code == "worked-weekends"), None)
    if worked is not None:
        items.append(("Worked weekends", f"{_knowledge(inputs.worked_weekends)}. {sentence(worked)}"))
    if inputs.chemo is not None:
        items.append(("Chemotherapy", _chemo_text(inputs.chemo, plan.cycles)))
    items.append(("Public holidays", "; ".join(inputs.calendar.sources) + _announced(inputs.calendar)))
    items.append(("Provisional", _banner(plan).removeprefix("PROVISIONAL: ") or "no date is provisional"))
    items += [(f"Revision {step.number}", step.reason) for step in plan.revision.earlier]
    items.append(
        ("Revision", f"{plan.revision.number}" + (f": {plan.revision.reason}" if plan.revision.reason else ""))
    )
    return items


def times_text(course: Course) -> str:
    """Both ways of counting: overall 33 d (T = 32 d)."""
    return f"overall {course.overall_treatment_time_days} d (T = {course.elapsed_days} d)"


def _knowledge(worked_weekends: str) -> str:
    return {
        "unknown": "whether this clinic treats on them is unknown, planned without",
        "yes": "used",
        "no": "not used",
    }[worked_weekends]


def _announced(calendar: Calendar) -> str:
    through = calendar.official_through
    return f"; officially announced through {through}" if through else ""


def _chemo_text(chemo: ChemoProtocol, cycles: tuple[Cycle, ...]) -> str:
    concurrent = [str(cycle.number) for cycle in cycles if cycle.concurrent]
    names = f" (cycle {', '.join(concurrent)})" if concurrent else ""
    return (
        f"{chemo.label}: {chemo.total_cycles} cycles, {chemo.anchor.text} ({chemo.anchor_source.text}), "
        f"{chemo.policy}; concurrent: {len(concurrent)} of {len(cycles)}{names}"
    )


def grid(course: Course, calendar: Calendar, cycles: tuple[Cycle, ...], missed: tuple[dt.date, ...] = ()) -> MonthGrid:
    """Whole weeks from the first fraction or cycle to the last."""
    days = [course.first, course.last, *missed, *(cycle.date for cycle in cycles)]
    first = max(calendar.first, add_days(min(days), -min(days).weekday()))
    last = min(calendar.last, add_days(max(days), 6 - max(days).weekday()))
    cumulative = dict(zip((f.date for f in course.fractions), course.cumulative_gy(), strict=True))
    numbers: dict[dt.date, list[int]] = {}
    for fraction in course.fractions:
        numbers.setdefault(fraction.date, []).append(fraction.number)
    labels = _cycle_labels(cycles)
    marked = {*numbers, *labels}
    return MonthGrid(
        days=tuple(
            GridDay(
                date=day,
                open=reason.open,
                kind=reason.kind,
                reason=reason.text,
                fractions=tuple(numbers.get(day, ())),
                cumulative_gy=cumulative.get(day),
                labels=tuple(labels.get(day, ())),
                provisional=reason.provisional
                or (day in marked and calendar.depends_on_provisional(course.first, day)),
                missed=day in missed,
            )
            for day, reason in calendar.days(first, last)
        )
    )


def _cycle_labels(cycles: tuple[Cycle, ...]) -> dict[dt.date, list[str]]:
    labels: dict[dt.date, list[str]] = {}
    for cycle in cycles:
        labels.setdefault(cycle.date, []).append(f"C{cycle.number}D1")
    for run in drug_runs(cycles):
        for day in run if len(run) <= LABELLED_RUN else run[:1]:
            if day.offset_days != 0 and day.label not in labels.setdefault(day.date, []):
                labels[day.date].append(day.label)
    return labels


def fraction_table(plan: Plan) -> Table:
    """Each fraction with weekday, date, dose and cumulative dose."""
    course = plan.course
    targets = course.prescription.targets
    several = len(course.prescription.phases) > 1
    times = any(fraction.start for fraction in course.fractions)
    columns = [Column(key="number", title="Fraction", kind="integer"), Column(key="date", title="Date", kind="date")]
    columns += [Column(key="start", title="Time")] if times else []
    columns += [Column(key="phase", title="Phase")] if several else []
    for target in targets:
        name = f"{target} " if len(targets) > 1 else ""
        columns.append(Column(key=f"dose_{target}_gy", title=f"{name}dose", kind="number", unit="Gy"))
        columns.append(Column(key=f"cumulative_{target}_gy", title=f"{name}cumulative", kind="number", unit="Gy"))
    columns.append(Column(key="day", title="T", kind="integer", unit="d"))
    if plan.provisional:
        columns.append(Column(key="provisional", title="Provisional", kind="flag"))
    cumulative = [course.cumulative_gy(target) for target in targets]
    rows: list[tuple[Cell, ...]] = []
    for place, fraction in enumerate(course.fractions):
        row: list[Cell] = [fraction.number, fraction.date]
        row += [fraction.start.strftime("%H:%M") if fraction.start else None] if times else []
        row += [fraction.phase] if several else []
        for i in range(len(targets)):
            row += [fraction.doses_gy[i], cumulative[i][place]]
        row.append((fraction.date - course.first).days)
        if plan.provisional:
            row.append(plan.is_provisional(fraction))
        rows.append(tuple(row))
    return Table(name="fractions", columns=tuple(columns), rows=tuple(rows))


def cycle_table(cycles: tuple[Cycle, ...]) -> Table:
    """Each cycle's day 1 with where it should have been."""
    columns = (
        Column(key="number", title="Cycle", kind="integer"),
        Column(key="date", title="Day 1", kind="date"),
        Column(key="nominal_date", title="Nominal", kind="date", weekday=False),
        Column(key="due_date", title="Due", kind="date", weekday=False),
        Column(key="shift_days", title="Shift", kind="integer", unit="d", signed=True),
        Column(key="drift_days", title="Drift", kind="integer", unit="d", signed=True),
        Column(key="interval_days", title="Interval", kind="integer", unit="d"),
        Column(key="fraction_number", title="Fraction", kind="integer", short="Fx"),
        Column(key="concurrent", title="Concurrent", kind="flag", short="Conc."),
        Column(key="within_window", title="In window", kind="flag"),
        Column(key="provisional", title="Provisional", kind="flag", short="Prov."),
    )
    rows = tuple(tuple(getattr(cycle, column.key) for column in columns) for cycle in cycles)
    return Table(name="cycles", columns=columns, rows=rows)


def drug_table(cycles: tuple[Cycle, ...]) -> Table:
    """On which days each drug is given; days in a row stand on one line."""
    columns = (
        Column(key="drug", title="Drug"),
        Column(key="first", title="From", kind="date"),
        Column(key="last", title="To", kind="date"),
        Column(key="label", title="Days"),
        Column(key="days", title="Days given", kind="integer", short="n"),
        Column(key="closed", title="Unit closed on", kind="integer", unit="d"),
    )
    rows = []
    for run in drug_runs(cycles):
        first, last = run[0], run[-1]
        label = first.label if len(run) == 1 else f"{first.label} to {last.label}"
        rows.append((first.drug, first.date, last.date, label, len(run), sum(day.closed for day in run)))
    return Table(name="drug_days", columns=columns, rows=tuple(rows))


def drug_runs(cycles: tuple[Cycle, ...]) -> list[list[DrugDay]]:
    """The drug days of all cycles, gathered into runs of days in a row of one drug and cycle, in order of time."""
    runs: list[list[DrugDay]] = []
    for cycle in cycles:
        for day in sorted(cycle.drug_days, key=lambda day: (day.drug, day.date)):
            before = runs[-1][-1] if runs and runs[-1][0] in cycle.drug_days else None
            if before is not None and before.drug == day.drug and days_between(before.date, day.date) == 1:
                runs[-1].append(day)
            else:
                runs.append([day])
    return sorted(runs, key=lambda run: (run[0].date, run[0].drug))


def _cycle_text(chemo: ChemoProtocol | None, cycles: tuple[Cycle, ...]) -> tuple[Table | str, ...]:
    if chemo is None:
        return ()
    concurrent = sum(cycle.concurrent for cycle in cycles)
    line = (
        f"{concurrent} of {len(cycles)} cycles are concurrent (day 1 from first to last fraction inclusive). "
        f"Window ±{chemo.window_days} d ({chemo.window_source.text}); "
        f"minimum interval {chemo.minimum_interval_days if chemo.minimum_interval_days is not None else 'the grid'} d "
        f"({chemo.minimum_interval_source.text}); "
        f"maximum delay {chemo.maximum_delay_days} d ({chemo.maximum_delay_source.text})."
    )
    several = any(day.offset_days for cycle in cycles for day in cycle.drug_days) or len(chemo.drugs) > 1
    return (line, drug_table(cycles)) if several else (line,)


def effect_table(rows: tuple[EffectRow, ...], prescribed: tuple[EffectRow, ...] = ()) -> Table:
    """Rows of dose, BED, EQD2, repair and time, with the prescribed reference beside."""
    columns = [
        Column(key="region", title="Region"),
        Column(key="tissue", title="Tissue"),
        Column(key="alpha_beta_gy", title="α/β", kind="number", unit="Gy", digits=1),
        Column(key="dose_gy", title="Dose", kind="number", unit="Gy"),
        Column(key="bed_gy", title="BED", kind="number", unit="Gy"),
        Column(key="eqd2_gy", title="EQD2", kind="number", unit="Gy"),
        Column(key="repair_gain_gy", title="Repair", kind="number", unit="Gy", signed=True),
        Column(key="time_loss_gy", title="Time loss", kind="number", unit="Gy"),
        Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
        Column(key="net_eqd2_gy", title="Net EQD2", kind="number", unit="Gy"),
    ]
    if any(row.model != "LQ" for row in rows):
        columns.insert(2, Column(key="model", title="Model"))
    if all(row.repair_gain_gy is None for row in rows):
        columns = [column for column in columns if column.key != "repair_gain_gy"]
    body = [[getattr(row, column.key) for column in columns] for row in rows]
    if prescribed:
        columns += [
            Column(
                key="prescribed_net_bed_gy",
                title="Prescribed net BED",
                short="Presc. net BED",
                kind="number",
                unit="Gy",
            ),
            Column(key="difference_gy", title="Difference", short="Diff.", kind="number", unit="Gy", signed=True),
        ]
        for cells, row, other in zip(body, rows, prescribed, strict=True):
            cells += [other.net_bed_gy, row.net_bed_gy - other.net_bed_gy]
    return Table(name="effects", columns=tuple(columns), rows=tuple(tuple(cells) for cells in body))


def limit_tables(rows: tuple[EffectRow, ...], name: str = "limits") -> tuple[Table, ...]:
    """EQD2 beside published limits, where rows have any; else nothing."""
    checks = [(row, check) for row in rows for check in row.limits]
    if not checks:
        return ()
    columns = (
        Column(key="region", title="Region"),
        Column(key="limit", title="Limit"),
        Column(key="metric", title="Metric"),
        Column(key="alpha_beta", title="α/β", kind="number", unit="Gy", digits=1),
        Column(key="limit_gy", title="Limit EQD2", kind="number", unit="Gy"),
        Column(key="eqd2_gy", title="EQD2", kind="number", unit="Gy"),
        Column(key="margin_gy", title="Margin", kind="number", unit="Gy", signed=True),
        Column(key="source", title="Source"),
    )
    body = tuple(
        (
            row.region,
            check.limit.name,
            check.limit.metric,
            check.limit.alpha_beta,
            check.limit.eqd2_gy,
            check.eqd2_gy,
            check.margin_gy,
            sourced(check.limit.source),
        )
        for row, check in checks
    )
    return (Table(name=name, columns=columns, rows=body),)


def closed_table(plan: Plan) -> Table:
    """Closed days inside the course, each with its reason."""
    columns = (
        Column(key="date", title="Date", kind="date"),
        Column(key="reason", title="Reason"),
        Column(key="provisional", title="Provisional", kind="flag"),
    )
    return Table(name="closed_days", columns=columns, rows=plan.closed_days)


def parameter_table(tissues: tuple[Tissue, ...]) -> Table:
    """Every number used, with its source and whether it was read there."""
    columns = (
        Column(key="tissue", title="Tissue"),
        Column(key="parameter", title="Parameter"),
        Column(key="value", title="Value"),
        Column(key="source", title="Source"),
    )
    rows: list[tuple[Cell, ...]] = []
    for tissue in dict.fromkeys(tissues):
        rows += [(tissue.name, name, value, source) for name, value, source in parameters(tissue)]
    return Table(name="parameters", columns=columns, rows=tuple(rows))


def parameters(tissue: Tissue) -> list[tuple[str, str, str]]:
    """Name, value with unit, source, of each parameter of a tissue."""
    out = [("α/β", gy(tissue.alpha_beta), sourced(tissue.source))]
    if tissue.model == "LQ-L" and tissue.transition_dose is not None:
        out.append(("LQ-L transition dose", gy(tissue.transition_dose), sourced(tissue.source)))
        slope = "tangent of LQ" if tissue.gamma_over_alpha is None else f"{tissue.gamma_over_alpha:g}"
        out.append(("LQ-L slope γ/α", slope, sourced(tissue.source)))
    time = tissue.repopulation
    if time is not None and time.rate is not None:
        basis = {"bed": "of BED", "eqd2": "of EQD2", None: "basis not given"}[time.basis]
        out.append(("repopulation rate", f"{time.rate:g} Gy/day {basis}", sourced(time.source)))
        day = "not given" if time.kick_off_day is None else f"{time.kick_off_day:g} d"
        out.append(("kick-off day Tk", f"{day}, first fraction is day {time.first_fraction_is_day}", ""))
    repair = tissue.repair
    if repair is not None:
        sign = "> " if repair.bound else ""
        halves = " and ".join(f"{sign}{value:g} h" for value in repair.half_times_h)
        out.append(("repair half-time", halves, sourced(repair.source)))
    return out


def sourced(source: Source) -> str:
    """A source with its flag."""
    return f"{source.text} [{source.flag}]"


def _sources(plan: Plan) -> Facts:
    items = [("Protocol", sourced(source)) for source in plan.inputs.sources]
    if plan.inputs.chemo is not None:
        items.append(("Chemotherapy", sourced(plan.inputs.chemo.source)))
    items.append(("Limit on prolongation", sourced(plan.inputs.limits.category_source)))
    return Facts(items=tuple(items))


def _provenance(plan: Plan) -> list[tuple[str, str]]:
    made = plan.provenance
    items = [
        ("rtplan", made.rtplan),
        ("Python", made.python),
        ("holidays", made.holidays),
        ("Made", made.created.isoformat() if made.created else "no stamp"),
        ("Command", made.command),
        ("Revision", str(plan.revision.number)),
        ("Follows", plan.revision.parent_sha256 or "–"),
    ]
    return items + [(f"SHA-256 of {file.name}", file.sha256) for file in made.files]
