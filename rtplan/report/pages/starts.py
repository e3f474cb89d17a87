"""A search for start days as sections."""

from __future__ import annotations

import itertools

from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import days_between
from rtplan.note import Note
from rtplan.questions.starts import CRITERIA, NoStart, Start, StartSearch, counted, why_below
from rtplan.report.blocks import Block, Cell, Column, Facts, Figure, Notes, Report, Section, Table
from rtplan.report.figures import StartDay, start_strip_figure
from rtplan.report.language import DISCLAIMER, dated, gy, plural, signed
from rtplan.report.sentences import sentence

__all__ = [
    "build",
    "cycles_text",
    "figure",
    "reasons_text",
    "starts_table",
]


SHOWN = 12
"""Best starts that the terminal lists; every day stands in the files, in --json and in --csv."""


_WAITING = (
    "BED counts the course, not the wait before it: a category 1 patient is not held back for a pretty calendar. "
    "Days waited decide last."
)


_MEANING = "Reasons name a broken rule by its code. What each means, in the figures of the best start that breaks it:"


def build(result: StartSearch) -> Report:
    """Header, strip of days, the best starts, days without a start, every day, notes."""
    inputs = result.inputs
    notes = (Notes(notes=result.notes),) if result.notes else ()
    closed = _closed_table(result)
    return Report(
        title=f"Start days of {inputs.label}",
        subtitle=f"{inputs.prescription.reading} · {inputs.clinic}",
        sections=(
            Section(key="search", heading="Search", blocks=(Facts(items=tuple(_facts(result))), _WAITING)),
            Section(key="strip", heading="Overall time by start day", blocks=(figure(result),)),
            Section(key="best", heading=_heading(result), blocks=(_best_table(result), *_codes(result))),
            Section(
                key="impossible",
                heading="Days without a start (ordinary weekends left out)",
                blocks=(closed,) if closed.rows else ("none",),
            ),
            Section(key="every", heading="Every day of the range", blocks=(starts_table(result),), terminal=False),
            Section(key="notes", heading="Notes and warnings", blocks=(*notes, DISCLAIMER)),
        ),
    )


def _heading(result: StartSearch) -> str:
    shown = min(SHOWN, len(result.starts))
    return f"The best {shown} of {plural(len(result.starts), 'possible start')}"


def _facts(result: StartSearch) -> list[tuple[str, str]]:
    best = result.starts[0]
    earliest = min(result.starts, key=lambda start: start.date)
    tissue = result.tumour.tissue.name
    return [
        ("Range", f"{dated(result.first)} to {dated(result.last)}"),
        ("Ranked by", ", then ".join(CRITERIA)),
        ("Tumour", f"{result.tumour.name} ({tissue}), α/β {gy(result.tumour.tissue.alpha_beta)}"),
        ("Best weekday", f"overall {result.best_overall_days} d without closures"),
        ("Earliest start", _in_short(earliest)),
        ("Best start", _in_short(best) if best is not earliest else "the earliest one"),
        *([("The wait", _wait(earliest, best))] if best is not earliest else []),
        ("Worked weekends", {"yes": "used", "no": "not used"}.get(result.inputs.worked_weekends, "unknown, not used")),
        ("Public holidays", "; ".join(result.inputs.calendar.sources)),
    ]


def _wait(earliest: Start, best: Start) -> str:
    """What waiting for the best start buys."""
    days = plural(best.waited_days - earliest.waited_days, "day")
    return f"{days} from the earliest to the best; the earliest, {earliest.date}, {why_below(earliest, best)}"


def _in_short(start: Start) -> str:
    waited = f"waits {plural(start.waited_days, 'day')}, " if start.waited_days else ""
    broken = [(len(start.rule_breaches), "rule breaches"), (len(start.cycle_breaches), "cycle violations")]
    rules = "".join(f", {counted(number, criterion)}" for number, criterion in broken if number)
    return (
        f"{dated(start.date)}: {waited}overall {start.overall_treatment_time_days} d "
        f"({signed(start.prolongation_days, 0)} d), net BED {start.effect.net_bed_gy:.2f} Gy{rules}"
    )


def figure(result: StartSearch) -> Figure:
    """A strip of days coloured by overall time."""
    return start_strip_figure(
        [
            StartDay(
                date=entry.date,
                overall_treatment_time_days=entry.overall_treatment_time_days if isinstance(entry, Start) else None,
                provisional=isinstance(entry, Start) and entry.provisional_days > 0,
                best=isinstance(entry, Start) and entry.rank == 1,
            )
            for entry in result.by_date
        ]
    )


_FIGURES = (
    Column(key="rank", title="Rank", kind="integer"),
    Column(key="date", title="Start", kind="date"),
    Column(key="last", title="Last", kind="date", weekday=False),
    Column(key="overall_treatment_time_days", title="Overall", kind="integer", unit="d"),
    Column(key="above_best_days", title="Above best weekday", kind="integer", unit="d", signed=True, short="Above"),
    Column(key="prolongation_days", title="Prolongation", kind="integer", unit="d", signed=True, short="Prolong."),
    Column(key="waited_days", title="Waited", kind="integer", unit="d"),
    Column(key="net_bed_gy", title="Net BED", kind="number", unit="Gy"),
    Column(key="rule_breaches", title="Rule breaches", kind="integer", short="Rules"),
    Column(key="cycle_breaches", title="Cycle violations", kind="integer", short="Cycles"),
    Column(key="provisional_days", title="Provisional days", kind="integer", short="Provis."),
    Column(key="cycles", title="Cycle day 1: shift, interval"),
)


_REASONS = Column(key="reasons", title="Reasons")


def _figures(start: Start) -> tuple[Cell, ...]:
    return (
        start.rank,
        start.date,
        start.course.last,
        start.overall_treatment_time_days,
        start.above_best_days,
        start.prolongation_days,
        start.waited_days,
        start.effect.net_bed_gy,
        len(start.rule_breaches),
        len(start.cycle_breaches),
        start.provisional_days,
        cycles_text(start.cycles),
    )


def _best_table(result: StartSearch) -> Table:
    rows = tuple((*_figures(start), _brief(start)) for start in result.starts[:SHOWN])
    return Table(name="best", columns=(*_FIGURES, _REASONS), rows=rows, emphasis=(0,))


def starts_table(result: StartSearch) -> Table:
    """Every day of the range with its figures, or why no course can begin on it."""
    blank = (None,) * (len(_FIGURES) - 2)
    rows: list[tuple[Cell, ...]] = []
    for entry in result.by_date:
        if isinstance(entry, NoStart):
            rows.append((None, entry.date, *blank, False, entry.reason))
        else:
            rows.append((*_figures(entry), True, reasons_text(entry)))
    possible = Column(key="possible", title="Possible", kind="flag")
    return Table(name="starts", columns=(*_FIGURES, possible, _REASONS), rows=tuple(rows))


def cycles_text(cycles: tuple[Cycle, ...]) -> str:
    """Shift of each cycle's day 1 from its due date, and the interval since the one before: C2 +1 d, 22 d."""
    parts = []
    for cycle in cycles:
        interval = f", {cycle.interval_days} d" if cycle.interval_days is not None else ""
        if cycle.shift_days or interval:
            parts.append(f"C{cycle.number} {signed(cycle.shift_days, 0)} d{interval}")
    return "; ".join(parts)


def reasons_text(start: Start) -> str:
    """Codes of the rules broken, and the closed days inside the course."""
    broken = dict.fromkeys(note.code for note in _breaches(start))
    closed = [f"closed inside: {', '.join(start.closed)}"] if start.closed else []
    return "; ".join([*broken, *closed])


def _breaches(start: Start) -> tuple[Note, ...]:
    return (*start.rule_breaches, *start.cycle_breaches)


def _codes(result: StartSearch) -> tuple[Block, ...]:
    """What each code of a broken rule means: said once, in the words of the best start that breaks it."""
    told: dict[str, str] = {}
    for start in result.starts:
        for note in _breaches(start):
            told.setdefault(note.code, f"{sentence(note)} ({dated(start.date)})")
    return (_MEANING, Facts(items=tuple(told.items()))) if told else ()


def _brief(start: Start) -> str:
    codes = dict.fromkeys(note.code for note in _breaches(start))
    return "; ".join([*codes, *start.closed[:2]]) + (", ..." if len(start.closed) > 2 else "")


def _closed_table(result: StartSearch) -> Table:
    """Runs of days with one reason; ordinary weekends left out."""
    told = [entry for entry in result.impossible if entry.kind != "weekend"]
    rows: list[tuple[Cell, ...]] = []
    keyed = enumerate(told)
    for _, group in itertools.groupby(keyed, key=lambda item: (item[1].reason, _ordinal(result, item[1]) - item[0])):
        run = [entry for _, entry in group]
        rows.append((run[0].date, run[-1].date, len(run), run[0].reason))
    columns = (
        Column(key="first", title="From", kind="date"),
        Column(key="last", title="To", kind="date"),
        Column(key="days", title="Days", kind="integer"),
        _REASONS,
    )
    return Table(name="impossible", columns=columns, rows=tuple(rows))


def _ordinal(result: StartSearch, entry: NoStart) -> int:
    return days_between(result.first, entry.date)
