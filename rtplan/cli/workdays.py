"""`rtplan workdays`: open and closed days of a clinic, each with its reason."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from rtplan.cli.options import CLINIC, DATE, Command, emit, output_options
from rtplan.cli.regimens import files_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rtplan.questions.workdays import Workdays

SCHEMA = "rtplan.workdays/1"
MOST_DAYS = 3660


@click.command("workdays", cls=Command)
@click.argument("clinic", type=CLINIC)
@click.option("--from", "first", type=DATE, required=True, help="First day, YYYY-MM-DD.")
@click.option("--to", "last", type=DATE, required=True, help="Last day, included.")
@click.option(
    "--worked-weekends",
    type=click.Choice(["yes", "no"]),
    help="Does the clinic treat on worked weekends? Default: as its file says.",
)
@click.option("--infusion", is_flag=True, help="Days of the infusion unit instead.")
@click.option("--no-provisional", is_flag=True, help="Refuse days that are not officially announced.")
@output_options
def command(clinic: str, first: dt.date, last: dt.date, **options: Any) -> None:
    """Open and closed days of a clinic, each with its reason.

    CLINIC: a name of `rtplan list clinics`, a path ending in .toml, or a country code such as CN or GB-ENG.

    Example: rtplan workdays west-china --from 2026-02-01 --to 2026-03-31
    """
    from rtplan.clinic.calendar import build
    from rtplan.clinic.holidays import categories_not_used
    from rtplan.errors import DomainError, ScheduleError
    from rtplan.library.catalogue import load_clinic
    from rtplan.questions.workdays import Workdays

    length = (last - first).days + 1
    if length < 1:
        raise DomainError(f"--to {last} lies before --from {first}")
    if length > MOST_DAYS:
        raise DomainError(f"--from {first} --to {last} is {length} days, at most {MOST_DAYS} are listed")
    found = load_clinic(clinic)
    known = options["worked_weekends"] or found.worked_weekends
    days = found.infusion if options["infusion"] else None
    if options["infusion"] and days is None:
        raise DomainError(f"{found.label} states no days of an infusion unit: it keeps those of the clinic")
    # a week to each side: a span of closed days alone is an answer, not an error
    margin = dt.timedelta(days=7)
    name = f"infusion unit of {found.label}" if options["infusion"] else None
    calendar = build(found, first - margin, last + margin, worked_weekends=known == "yes", days=days, name=name)
    result = Workdays(
        calendar=calendar,
        first=first,
        last=last,
        worked_weekends=known,
        assumptions=categories_not_used(found, first, last),
    )
    doubtful = [note.message for note in result.notes if note.code == "provisional"]
    if options["no_provisional"] and doubtful:
        raise ScheduleError(doubtful[0])
    emit(result, lambda: document(result), options, table="days", files=lambda wanted: _files(result, wanted))


def document(result: Workdays) -> dict[str, Any]:
    """The JSON document of the days."""
    from rtplan.clinic.days import day_name
    from rtplan.planning.artefact import encode

    calendar = result.calendar
    return {
        "schema": SCHEMA,
        "clinic": calendar.name,
        "time_zone": calendar.time_zone,
        "from": result.first.isoformat(),
        "to": result.last.isoformat(),
        "official_through": encode(calendar.official_through),
        "worked_weekends": result.worked_weekends,
        "sources": list(calendar.sources),
        "open_days": result.n_open,
        "closed_days": len(result.days) - result.n_open,
        "days": [
            {
                "date": day.isoformat(),
                "weekday": day_name(day),
                "open": reason.open,
                "kind": reason.kind,
                "reason": reason.text or reason.kind,
                "provisional": reason.provisional,
                "fractions": reason.fractions,
            }
            for day, reason in result.days
        ],
        "notes": encode(result.notes),
    }


def _files(result: Workdays, wanted: Sequence[str] | None) -> dict[str, str | bytes]:
    from rtplan.planning.artefact import dumps
    from rtplan.report.formats.csv import to_csv
    from rtplan.report.pages.workdays import day_table

    writers = {"json": lambda: dumps(document(result)), "csv": lambda: to_csv(day_table(result))}
    return files_of("workdays", wanted, writers)
