"""A department's extra attendances as sections: the board to hang up first, then every key and each patient's price."""

from __future__ import annotations

from collections.abc import Iterator

from rtplan.questions.department import LEVELS, Department, Served
from rtplan.report.blocks import Block, Cell, Facts, Notes, Report, Section, Table
from rtplan.report.columns import columns
from rtplan.report.language import DISCLAIMER, ENGLISH, Words

__all__ = ["build", "served_table"]


WHY_NOT = {
    "": "",
    "not-begun": "not begun: the start is put off",
    "nothing-left": "nothing is left to give",
    "no-seat-fits": "no seat wins a day within the rules",
}

ORDER = (
    "Order: priority level, category, days left before the limit on prolongation, net BED of the tumour lost against "
    "the plan; one after another, nothing is added up. What is planned before the first closed day counts as given."
)


def build(result: Department, told: Words = ENGLISH) -> Report:
    """Who is treated when, who is not, and why."""
    closed = ", ".join(span.text for span in result.spans)
    machine = result.machine or told("the machine")
    return Report(
        title=told("Extra attendances while %(machine)s is down", machine=machine),
        subtitle=told(
            "closed %(closed)s; %(given)s of %(seats)s attendances given",
            closed=closed,
            given=sum(sum(o.fractions for o in entry.served.sessions) for entry in result.served),
            seats=sum(seat.capacity for seat in result.seats),
        ),
        sections=tuple(section for section in _sections(result, told) if section.blocks),
    )


def _sections(result: Department, told: Words) -> Iterator[Section]:
    yield Section(key="board", heading=told("Who comes when"), blocks=tuple(_board(result, told)))
    yield Section(key="served", heading=told("In their order"), blocks=(served_table(result, told), told(ORDER)))
    noted = (Notes(notes=result.notes),) if result.notes else ()
    yield Section(key="notes", heading=told("Notes and warnings"), blocks=noted)
    yield Section(key="later", heading=told("If the machine stays down"), blocks=tuple(_later(result, told)))
    about = Facts(items=((told("Priority levels"), LEVELS), (told("Untouched"), ", ".join(result.untouched) or "–")))
    yield Section(key="about", heading=told("About"), blocks=(about, told(DISCLAIMER)))


def _board(result: Department, told: Words) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = []
    for seat in result.seats:
        ids = [entry.id for entry in result.served if seat.name in entry.seats]
        rows.append((seat.date, seat.machine or "–", seat.capacity, len(ids), ", ".join(ids) or "–"))
    found = columns(told, "date", "machine", "capacity", "given", "ids", tables=("department",))
    yield Table(name="board", columns=found, rows=tuple(rows))
    none = ", ".join(entry.id for entry in result.served if not entry.seats)
    if none:
        yield told("Not treated on these days: %(ids)s.", ids=none)


def served_table(result: Department, told: Words = ENGLISH) -> Table:
    """One patient a line, with every key and both prices."""
    keys = (
        "place",
        "id",
        "level",
        "category",
        "slack_days",
        "loss_gy",
        "prescribed_loss_gy",
        "lost",
        "seats",
        "last_without",
        "last",
        "deficit_without_gy",
        "deficit_gy",
        "remark",
    )
    rows = tuple(_row(place, entry, told) for place, entry in enumerate(result.served, start=1))
    return Table(name="served", columns=columns(told, *keys, tables=("department",)), rows=rows)


def _row(place: int, entry: Served, told: Words) -> tuple[Cell, ...]:
    remark = told("tied") if entry.tied else told(WHY_NOT[entry.why_not]) if entry.why_not else ""
    return (
        place,
        entry.id,
        entry.level,
        entry.category,
        entry.slack_days,
        entry.loss_gy,
        entry.prescribed_loss_gy,
        entry.lost,
        ", ".join(entry.seats) or "–",
        entry.without.course.last,
        entry.served.course.last,
        entry.without.deficit_gy,
        entry.served.deficit_gy,
        remark,
    )


def _later(result: Department, told: Words) -> Iterator[Block]:
    if not result.later:
        return
    found = columns(told, "days_more", "until", "beyond", "ids", "worst", "worst_loss_gy", tables=("department",))
    rows = tuple(
        (
            entry.days,
            entry.until,
            len(entry.beyond_limit),
            ", ".join(entry.beyond_limit) or "–",
            entry.worst_id,
            entry.worst_loss_gy,
        )
        for entry in result.later
    )
    yield Table(name="later", columns=found, rows=rows)
