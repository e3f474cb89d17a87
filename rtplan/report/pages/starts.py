"""A search for start days as sections."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Set

from rtplan.chemotherapy.cycles import Cycle
from rtplan.clinic.days import days_between
from rtplan.note import Note
from rtplan.questions.candidates import NoStart
from rtplan.questions.starts import Start, StartSearch
from rtplan.report.blocks import Block, Cell, Facts, Figure, Notes, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.figures import StartDay, start_strip_figure
from rtplan.report.language import DISCLAIMER, ENGLISH, Words, gy, signed
from rtplan.report.sentences import phrase, sentence
from rtplan.report.wording import clinic_text, day_reason, reading, site_text

__all__ = [
    "brief_table",
    "build",
    "cycles_text",
    "facts",
    "figure",
    "reasons_text",
    "starts_table",
    "why_below",
]


SHOWN = 12
"""Best starts that the terminal lists; every day stands in the files, in --json and in --csv."""


_WAITING = (
    "BED counts the course, not the wait before it: a category 1 patient is not held back for a pretty calendar. "
    "Within the longest wait, days waited decide last."
)


_MEANING = "Reasons name a broken rule by its code. What each means, in the figures of the best start that breaks it:"


def build(result: StartSearch, told: Words = ENGLISH) -> Report:
    """Header, strip of days, the best starts, days without a start, every day, notes."""
    inputs = result.inputs
    notes = (Notes(notes=result.notes),) if result.notes else ()
    closed = _closed_table(result, told)
    search = (Facts(items=tuple(_facts(result, told))), told(_WAITING))
    best = (_best_table(result, told), *_codes(result, told))
    return Report(
        title=told("Start days of %(course)s", course=inputs.label),
        subtitle=f"{reading(inputs.prescription, told)} · {told(inputs.clinic)}",
        sections=(
            Section(key="search", heading=told("Search"), blocks=search),
            Section(key="strip", heading=told("Overall time by start day"), blocks=(figure(result, told),)),
            Section(key="trade", heading=told("What waiting buys"), blocks=_trade(result, told)),
            Section(key="best", heading=_heading(result, told), blocks=best),
            Section(
                key="impossible",
                heading=told("Days without a start (ordinary weekends left out)"),
                blocks=(closed,) if closed.rows else (told("none"),),
            ),
            Section(
                key="every",
                heading=told("Every day of the range"),
                blocks=(starts_table(result, told),),
                terminal=False,
            ),
            Section(key="notes", heading=told("Notes and warnings"), blocks=(*notes, told(DISCLAIMER))),
        ),
    )


def _heading(result: StartSearch, told: Words) -> str:
    shown = min(SHOWN, len(result.starts))
    one, many = "The best %(shown)s of %(count)s possible start", "The best %(shown)s of %(count)s possible starts"
    return told.count(len(result.starts), one, many, shown=shown)


def facts(result: StartSearch, told: Words, labels: Set[str]) -> Facts:
    """Those facts of the search that bear one of these labels."""
    return Facts(items=tuple(item for item in _facts(result, told) if item[0] in labels))


def _facts(result: StartSearch, told: Words) -> Iterator[tuple[str, str]]:
    best = result.starts[0]
    earliest = min(result.starts, key=lambda start: start.date)
    tumour, known = result.tumour, result.inputs.worked_weekends
    span = told("%(first)s to %(last)s", first=told.dated(result.first), last=told.dated(result.last))
    yield told("Clinic"), clinic_text(result.inputs.clinic, result.provenance.clinic_from, told)
    if result.inputs.site:
        yield told("Site"), site_text(result.inputs.site, result.provenance.site_from, told, result.inputs.limits)
    yield told("Range"), span
    yield told("Ranked by"), told(", then ").join(map(told, result.criteria))
    yield told("Longest wait"), _longest_wait(result, told)
    yield told("Tumour"), f"{told(tumour.name)} ({tumour.tissue.name}), α/β {gy(tumour.tissue.alpha_beta)}"
    yield told("Best weekday"), told("overall %(days)s d without closures", days=result.best_overall_days)
    yield told("Earliest start"), _in_short(earliest, told)
    yield told("Best start"), _in_short(best, told) if best is not earliest else told("the earliest one")
    if best is not earliest:
        yield told("The wait"), _wait(earliest, best, told)
    used = {"yes": told("used"), "no": told("not used")}.get(known, told("unknown, not used"))
    yield told("Worked weekends"), used
    yield told("Public holidays"), "; ".join(result.inputs.calendar.sources)


def _longest_wait(result: StartSearch, told: Words) -> str:
    days = result.max_wait_days
    if days is None:
        return told("no bound; one can be stated")
    if result.max_wait_stated:
        return told("%(days)s d, stated; later starts stand below", days=days)
    category = result.inputs.limits.category
    bound = told("%(days)s d (category %(category)s; design default, no source)", days=days, category=category)
    return told("%(bound)s; later starts stand below; another can be stated", bound=bound)


def _trade(result: StartSearch, told: Words) -> tuple[Block, ...]:
    """Net BED against days waited, side by side: what more days buy, added up into nothing."""
    trade = result.trade
    if len(trade) < 2:
        return (told("No later start has more net BED or breaks fewer rules."),)
    first = trade[0].effect.net_bed_gy
    rows = tuple(
        (
            start.date,
            start.waited_days,
            start.effect.net_bed_gy,
            start.effect.net_bed_gy - first,
            len(start.rule_breaches),
            start.beyond_wait,
        )
        for start in trade
    )
    keys = ("date", "waited_days", "net_bed_gy", "gained_gy", "rule_breaches", "beyond_wait")
    return (Table(name="trade", columns=columns(told, *keys, tables=("starts",)), rows=rows),)


def _wait(earliest: Start, best: Start, told: Words) -> str:
    """What waiting for the best start buys."""
    return told.count(
        best.waited_days - earliest.waited_days,
        "%(count)s day from the earliest to the best; the earliest, %(date)s, %(why)s",
        "%(count)s days from the earliest to the best; the earliest, %(date)s, %(why)s",
        date=earliest.date,
        why=why_below(earliest, best, told),
    )


def why_below(start: Start, best: Start, told: Words = ENGLISH) -> str:
    """Why a start that needs less waiting ranks below the best one: the criteria in which they differ, in their order.

    The first of them decides.
    """
    first, *others = _differences(start, best, told)
    same = abs(start.effect.net_bed_gy - best.effect.net_bed_gy) <= SAME_GY
    if not others:
        only = "has the same net BED; only %(what)s sets it below" if same else "is set below by %(what)s alone"
        return told(only, what=first)
    equal = told("has the same net BED and ") if same else ""
    return equal + told("is set below by %(what)s, beside %(others)s", what=first, others=", ".join(others))


SAME_GY = 1e-9
"""Net BED that differs by no more than this is the same. [Gy]"""


def _differences(start: Start, best: Start, told: Words) -> Iterator[str]:
    """What a start has more or less of than the best one, in the order of the criteria."""
    gain = start.effect.net_bed_gy - best.effect.net_bed_gy
    rules, cycles = (
        (len(start.rule_breaches), len(best.rule_breaches)),
        (
            len(start.cycle_breaches),
            len(best.cycle_breaches),
        ),
    )
    if start.beyond_wait != best.beyond_wait:
        yield told("a wait beyond the longest")
    if rules[0] != rules[1]:
        yield _compared(*rules, _rule_breaches(abs(rules[0] - rules[1]), told), told)
    if abs(gain) > SAME_GY:
        more = "%(dose)s Gy more net BED" if gain > 0 else "%(dose)s Gy less net BED"
        yield told(more, dose=f"{abs(gain):.2f}")
    if cycles[0] != cycles[1]:
        yield _compared(*cycles, _cycle_violations(abs(cycles[0] - cycles[1]), told), told)
    days = abs(start.provisional_days - best.provisional_days)
    if days:
        said = told.count(days, "%(count)s provisional day", "%(count)s provisional days")
        yield _compared(start.provisional_days, best.provisional_days, said, told)
    sessions = abs(len(start.opened) - len(best.opened))
    if sessions:
        said = told.count(sessions, "%(count)s extra session", "%(count)s extra sessions")
        yield _compared(len(start.opened), len(best.opened), said, told)


def _compared(here: int, there: int, what: str, told: Words) -> str:
    if not there:
        return what
    return told("%(what)s more", what=what) if here > there else told("%(what)s fewer", what=what)


def _rule_breaches(number: int, told: Words) -> str:
    return told.count(number, "%(count)s rule breach", "%(count)s rule breaches")


def _cycle_violations(number: int, told: Words) -> str:
    return told.count(number, "%(count)s cycle violation", "%(count)s cycle violations")


def _in_short(start: Start, told: Words = ENGLISH) -> str:
    rules, cycles = len(start.rule_breaches), len(start.cycle_breaches)
    broken = [_rule_breaches(rules, told)] if rules else []
    broken += [_cycle_violations(cycles, told)] if cycles else []
    waited = told.count(start.waited_days, "waits %(count)s day, ", "waits %(count)s days, ")
    return told(
        "%(date)s: %(waited)soverall %(overall)s d (%(longer)s d), net BED %(bed)s Gy%(broken)s",
        date=told.dated(start.date),
        waited=waited if start.waited_days else "",
        overall=start.overall_treatment_time_days,
        longer=signed(start.prolongation_days, 0),
        bed=f"{start.effect.net_bed_gy:.2f}",
        broken="".join(f", {what}" for what in broken),
    )


def figure(result: StartSearch, told: Words = ENGLISH) -> Figure:
    """A strip of days coloured by overall time."""
    days = [
        StartDay(
            date=entry.date,
            overall_treatment_time_days=entry.overall_treatment_time_days if isinstance(entry, Start) else None,
            provisional=isinstance(entry, Start) and entry.provisional_days > 0,
            best=isinstance(entry, Start) and entry.rank == 1,
        )
        for entry in result.by_date
    ]
    return start_strip_figure(days, told)


_FIGURES = (
    "rank",
    "date",
    "first_fraction",
    "last",
    "overall_treatment_time_days",
    "above_best_days",
    "prolongation_days",
    "waited_days",
    "net_bed_gy",
    "rule_breaches",
    "cycle_breaches",
    "provisional_days",
    "extra_sessions",
    "cycles",
)


def _keys(result: StartSearch) -> tuple[str, ...]:
    """The columns: the first fraction where chemotherapy begins, extra sessions where closures are compensated."""
    shown = {"first_fraction": result.chemotherapy_leads, "extra_sessions": result.method is not None}
    return tuple(key for key in _FIGURES if shown.get(key, True))


def _figures(start: Start, keys: tuple[str, ...]) -> tuple[Cell, ...]:
    found: dict[str, Cell] = {
        "rank": start.rank,
        "date": start.date,
        "first_fraction": start.course.first,
        "last": start.course.last,
        "overall_treatment_time_days": start.overall_treatment_time_days,
        "above_best_days": start.above_best_days,
        "prolongation_days": start.prolongation_days,
        "waited_days": start.waited_days,
        "net_bed_gy": start.effect.net_bed_gy,
        "rule_breaches": len(start.rule_breaches),
        "cycle_breaches": len(start.cycle_breaches),
        "provisional_days": start.provisional_days,
        "extra_sessions": len(start.opened),
        "cycles": cycles_text(start.cycles),
    }
    return tuple(found[key] for key in keys)


def _best_table(result: StartSearch, told: Words) -> Table:
    keys = _keys(result)
    rows = tuple((*_figures(start, keys), _brief(start, told)) for start in result.starts[:SHOWN])
    found = columns(told, *keys, "reasons", tables=("starts",))
    return Table(name="best", columns=found, rows=rows, emphasis=(0,))


_BRIEF = (
    "date",
    "first_fraction",
    "last",
    "overall_treatment_time_days",
    "prolongation_days",
    "waited_days",
    "net_bed_gy",
    "rule_breaches",
    "cycle_breaches",
)


def brief_table(result: StartSearch, most: int, told: Words = ENGLISH) -> Table:
    """The best starts with the figures they are ranked by."""
    keys = tuple(key for key in _keys(result) if key in _BRIEF)
    found = columns(told, *keys, tables=("starts",))
    rows = tuple(_figures(start, keys) for start in result.starts[:most])
    return Table(name="best", columns=found, rows=rows, emphasis=(0,))


def starts_table(result: StartSearch, told: Words = ENGLISH) -> Table:
    """Every day of the range with its figures, or why no course can begin on it."""
    keys = _keys(result)
    blank = (None,) * (len(keys) - 2)
    rows: list[tuple[Cell, ...]] = []
    for entry in result.by_date:
        if isinstance(entry, NoStart):
            rows.append((None, entry.date, *blank, False, _obstacle(entry, told)))
        else:
            rows.append((*_figures(entry, keys), True, reasons_text(entry, told)))
    found = columns(told, *keys, "possible", "reasons", tables=("starts",))
    return Table(name="starts", columns=found, rows=tuple(rows))


def cycles_text(cycles: tuple[Cycle, ...]) -> str:
    """Shift of each cycle's day 1 from its due date, and the interval since the one before: C2 +1 d, 22 d."""
    parts = []
    for cycle in cycles:
        interval = f", {cycle.interval_days} d" if cycle.interval_days is not None else ""
        if cycle.shift_days or interval:
            parts.append(f"C{cycle.number} {signed(cycle.shift_days, 0)} d{interval}")
    return "; ".join(parts)


def reasons_text(start: Start, told: Words = ENGLISH) -> str:
    """Codes of the rules broken, and the closed days inside the course."""
    broken = _codes_of(start, told)
    closed = ", ".join(day_reason(text, told) for text in start.closed)
    return "; ".join([*broken, *([told("closed inside: %(reasons)s", reasons=closed)] if closed else [])])


def _codes_of(start: Start, told: Words) -> list[str]:
    late = [told("beyond the longest wait")] if start.beyond_wait else []
    moved = [told("fraction 1 waits for an open day")] if start.moved else []
    return [*late, *moved, *dict.fromkeys(note.code for note in _breaches(start))]


def _breaches(start: Start) -> tuple[Note, ...]:
    return (*start.rule_breaches, *start.cycle_breaches)


def _codes(result: StartSearch, told: Words) -> tuple[Block, ...]:
    """What each code of a broken rule means: said once, in the words of the best start that breaks it."""
    said: dict[str, str] = {}
    for start in result.starts:
        for note in _breaches(start):
            if note.code not in said:
                said[note.code] = f"{sentence(note, told)} ({told.dated(start.date)})"
    return (told(_MEANING), Facts(items=tuple(said.items()))) if said else ()


def _brief(start: Start, told: Words) -> str:
    codes = _codes_of(start, told)
    closed = [day_reason(text, told) for text in start.closed[:2]]
    return "; ".join([*codes, *closed]) + (", ..." if len(start.closed) > 2 else "")


def _obstacle(entry: NoStart, told: Words) -> str:
    """Why no course begins on a day."""
    return phrase(entry.why, told) if entry.why is not None else told(entry.reason)


def _closed_table(result: StartSearch, told: Words) -> Table:
    """Runs of days with one reason; ordinary weekends left out."""
    others = [entry for entry in result.impossible if entry.kind != "weekend"]
    rows: list[tuple[Cell, ...]] = []
    keyed = enumerate(others)
    for _, group in itertools.groupby(keyed, key=lambda item: (item[1].reason, _ordinal(result, item[1]) - item[0])):
        run = [entry for _, entry in group]
        rows.append((run[0].date, run[-1].date, len(run), _obstacle(run[0], told)))
    return Table(name="impossible", columns=columns(told, "first", "last", "days", "reasons"), rows=tuple(rows))


def _ordinal(result: StartSearch, entry: NoStart) -> int:
    return days_between(result.first, entry.date)
