"""A plan on one screen, and on one page that can be signed, with the rest behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rtplan.chemotherapy.cycles import Cycle
from rtplan.note import Note
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import Revision, RevisionStep
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.organ_limits import Setting, standing
from rtplan.report.blocks import Boxes, Facts, MonthGrid, Notes, Report, Section, Signatures, Table
from rtplan.report.columns import columns
from rtplan.report.language import ENGLISH, Words, signed
from rtplan.report.pages import plan as full
from rtplan.report.sentences import loudness
from rtplan.report.wording import clinic_text, days_text, reading, site_text, times_text

__all__ = [
    "SIGNED_BY",
    "asked_for",
    "boxes",
    "brief_grid",
    "cycles_line",
    "dose_table",
    "foot",
    "loud",
    "paper",
    "revisions",
    "screen",
    "tightest_limits",
]


MOST_NOTES = 5
"""Broken rules and warnings on one screen. Those broken are shown however many there are."""


_OPENED = ("opened-day", "closures-not-compensated")
"""Notes that answer --compensate-closures."""

SIGNED_BY = ("Calculated by", "Checked by a second physicist", "Radiation oncologist")


def screen(plan: Plan, told: Words = ENGLISH) -> Report:
    """What one screen holds: when, the calendar, the cycles, the doses, what is wrong."""
    front, more = _front(plan, told, MOST_NOTES), told("--full: fractions, sources, conventions")
    sections = (*front, *_asked(plan, told), foot(more))
    return replace(_head(plan, told), sections=tuple(section for section in sections if section.blocks))


def _asked(plan: Plan, told: Words) -> Iterator[Section]:
    """Ranges, draws and opened days, which are there where somebody asked for them."""
    opened = tuple(note for note in plan.notes if note.code in _OPENED)
    yield Section(key="opened", heading="", blocks=(Notes(notes=opened),) if opened else ())
    if plan.ranges or plan.uncertainty is not None:
        yield from asked_for(full.build(plan, told))


def paper(plan: Plan, told: Words = ENGLISH) -> Report:
    """A first page that can be signed, then everything."""
    signed = Signatures(roles=tuple(map(told, SIGNED_BY)))
    front = (
        Section(key="patient", heading="", blocks=(boxes(told),)),
        *_front(plan, told, None),
        Section(key="signatures", heading=told("Checked"), blocks=(signed,)),
    )
    annex = full.build(plan, told, command=False).sections
    return replace(_head(plan, told), sections=(*(section for section in front if section.blocks), *annex))


def _head(plan: Plan, told: Words) -> Report:
    clinic = clinic_text(plan.inputs.clinic, plan.provenance.clinic_from, told)
    return Report(
        title=plan.inputs.label,
        subtitle=f"{reading(plan.inputs.prescription, told)} · {clinic}",
        banner=full.banner(plan, told),
        sections=(),
    )


def _front(plan: Plan, told: Words, most: int | None) -> Iterator[Section]:
    yield Section(key="summary", heading="", blocks=(Facts(items=tuple(_summary(plan, told))),))
    grid = full.grid(plan, plan.course, plan.calendar_with_machines, plan.cycles, full.missed_days(plan), told)
    yield Section(key="weeks", heading="", blocks=(brief_grid(grid, plan.cycles),))
    pairs = zip(plan.effects, plan.prescribed_effects, strict=True)
    doses = dose_table([(row, other.net_bed_gy) for row, other in pairs], told)
    yield Section(key="doses", heading="", blocks=(doses, *tightest_limits(plan.effects, plan.inputs.setting, told)))
    yield Section(key="warnings", heading="", blocks=tuple(loud(plan.notes, told, most)))


def asked_for(whole: Report) -> Iterator[Section]:
    """Sections that are there only because somebody asked for them: a screen shows them too."""
    yield from (section for section in whole.sections if section.key in ("ranges", "uncertainty"))


def foot(line: str) -> Section:
    """The last line of a screen: how to see the rest."""
    return Section(key="foot", heading="", blocks=(line,))


def boxes(told: Words) -> Boxes:
    """Whose sheet it is, to be written by hand."""
    return Boxes(labels=(told("Patient"), told("Hospital number"), told("Date of birth")))


def _summary(plan: Plan, told: Words) -> Iterator[tuple[str, str]]:
    course, inputs = plan.course, plan.inputs
    if inputs.site:
        yield told("Site"), site_text(inputs.site, plan.provenance.site_from, told, inputs.limits)
    yield (
        told("Course"),
        told(
            "%(first)s to %(last)s, %(time)s",
            first=told.dated(course.first),
            last=told.dated(course.last),
            time=times_text(course, told),
        ),
    )
    yield (
        told("Prolongation"),
        told(
            "%(days)s against the prescription: %(time)s",
            days=days_text(plan.prolongation_days, told, sign=True),
            time=times_text(plan.prescribed, told),
        ),
    )
    if plan.cycles:
        yield told("Chemotherapy"), cycles_line(plan.cycles, told)
    yield from revisions(plan.revision, told)


def cycles_line(cycles: Sequence[Cycle], told: Words = ENGLISH) -> str:
    """Day 1 of every cycle, the year where it is new, how far it was moved; which are concurrent."""
    days, year = [], 0
    for cycle in cycles:
        date = cycle.date.isoformat() if cycle.date.year != year else cycle.date.strftime("%m-%d")
        moved = f" ({days_text(cycle.shift_days, told, sign=True)})" if cycle.shift_days else ""
        days.append(f"C{cycle.number} {date}{moved}{'?' if cycle.provisional else ''}")
        year = cycle.date.year
    number = sum(cycle.concurrent for cycle in cycles)
    together = told("%(number)s of %(total)s concurrent", number=number, total=len(cycles))
    return told("; ").join((told(", ").join(days), together))


def revisions(revision: Revision, told: Words = ENGLISH) -> Iterator[tuple[str, str]]:
    """Which days were missed and which fractions were partial, in every revision; nothing for a first plan."""
    if revision.number == 1:
        return
    own = RevisionStep(
        number=revision.number,
        reason=revision.reason,
        missed=revision.missed,
        spans=revision.spans,
        partial=revision.partial,
    )
    for step in (*revision.earlier, own):
        parts = (
            [told("missed %(days)s", days=told(", ").join(day.isoformat() for day in step.missed))]
            if step.missed
            else []
        )
        parts += [
            told(
                "fraction %(number)s on %(date)s partial, %(given)s of %(planned)s Gy",
                number=part.number,
                date=part.date,
                given=f"{part.dose_gy:g}",
                planned=f"{part.planned_gy:g}",
            )
            for part in step.partial
        ]
        yield told("Revision %(number)s", number=step.number), told("; ").join(parts) or told("nothing missed")


def brief_grid(grid: MonthGrid, cycles: Iterable[Cycle]) -> MonthGrid:
    """A line a week; of the chemotherapy only where each cycle begins."""
    begins = {f"C{cycle.number}D1" for cycle in cycles}
    days = tuple(
        replace(day, labels=tuple(label for label in day.labels if label in begins), cumulative_gy=None)
        for day in grid.days
    )
    return replace(grid, days=days, brief=True)


_DOSES = ("region", "alpha_beta_gy", "dose_gy", "net_bed_gy", "net_eqd2_gy", "difference_gy")


def dose_table(rows: Sequence[tuple[EffectRow, float]], told: Words = ENGLISH, name: str = "doses") -> Table:
    """Six columns: what each region gets, and how far its net BED is from that of the prescribed reference."""
    body = [
        (
            region_name(row, told),
            row.alpha_beta_gy,
            row.dose_gy,
            row.net_bed_gy,
            row.net_eqd2_gy,
            row.net_bed_gy - other_gy,
        )
        for row, other_gy in rows
    ]
    return Table(name=name, columns=columns(told, *_DOSES, tables=("doses", "effects")), rows=tuple(body))


def region_name(row: EffectRow, told: Words) -> str:
    """A region; a tumour with its parameter set, which decides what time costs; any with a model other than LQ."""
    region, named = told(row.region), [row.tissue] if row.kind == "tumour" else []
    named += [row.model] if row.model != "LQ" else []
    return told("%(region)s (%(tissue)s)", region=region, tissue=", ".join(named)) if named else region


def tightest_limits(rows: Iterable[EffectRow], setting: Setting, told: Words = ENGLISH) -> tuple[str, ...]:
    """One line an organ, with the limit that leaves it least of those that hold for the course.

    Where none is sure to hold, of those that may; nothing where no organ has any.
    """
    lines = [line for row in rows if (line := _tightest(row, setting, told))]
    return ("\n".join(lines),) if lines else ()


def _tightest(row: EffectRow, setting: Setting, told: Words) -> str:
    holds = {kind: [c for c in row.limits if standing(c.limit, setting).holds == kind] for kind in ("yes", "unsure")}
    checks = holds["yes"] or holds["unsure"]
    if not checks:
        return ""
    check = min(checks, key=lambda check: check.margin_gy)
    line = told(
        "%(region)s: EQD2 %(eqd2)s of %(limit)s Gy, margin %(margin)s Gy (%(name)s; %(metric)s)",
        region=told(row.region),
        eqd2=f"{check.eqd2_gy:.2f}",
        limit=f"{check.limit.eqd2_gy:g}",
        margin=signed(check.margin_gy),
        name=told(check.limit.name),
        metric=check.limit.metric,
    )
    return line if holds["yes"] else line + told(", where that limit holds for this course")


def loud(notes: Iterable[Note], told: Words = ENGLISH, most: int | None = None) -> Iterator[Notes | str]:
    """Broken rules, then warnings, a line each; every broken rule, and of the warnings as many as there is room for."""
    heard = [note for note in notes if loudness(note) != "info"]
    broken = [note for note in heard if loudness(note) == "violation"]
    warned = [note for note in heard if loudness(note) == "warning"]
    warned.sort(key=lambda note: note.severity != "violation")
    room = len(warned) if most is None else max(0, most - len(broken))
    if broken or warned[:room]:
        yield Notes(notes=(*broken, *warned[:room]), brief=True)
    if left := len(warned[room:]):
        yield told.count(left, "%(count)s further warning", "%(count)s further warnings")
