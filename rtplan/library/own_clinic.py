"""A clinic's file from a few answers: commented so that it teaches each key, and ready to be changed."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass

from rtplan.clinic.clinic import ServiceDay, Span
from rtplan.clinic.days import WEEKDAYS, parse_date
from rtplan.errors import DomainError, did_you_mean
from rtplan.library.catalogue import directory
from rtplan.library.read import read_text

__all__ = [
    "OwnClinic",
    "closures_of_text",
    "service_rules",
    "toml_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClinic:
    """What was answered. country "": no public holidays are kept. week, infusion, weekend: None: not stated.

    closures_from: a file of closures beside the clinic's. services: RFC 5545 rules, counted from 1 January of the year
    of writing (``on``). usual: the country's own week. further, parts: its categories and subdivisions, for comments.
    """

    name: str
    label: str
    country: str
    time_zone: str
    on: dt.date
    subdivision: str = ""
    categories: tuple[str, ...] = ()
    worked_weekends: str = "unknown"
    week: tuple[str, ...] | None = None
    closures: tuple[Span, ...] = ()
    closures_from: str = ""
    services: tuple[str, ...] = ()
    infusion: tuple[str, ...] | None = None
    weekend: tuple[str, ...] | None = None
    usual: tuple[str, ...] = WEEKDAYS[:5]
    further: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, text in (("name", self.name), ("label", self.label)):
            if not text.strip() or not text.isprintable():
                raise DomainError(f"{what} must be words on one line, got {text!r}")


def closures_of_text(text: str) -> tuple[Span, ...]:
    """Closures from ``2026-03-12=linac exchange; 2026-07-01..2026-07-03=move``; the reason may be left out.

    >>> closures_of_text("2026-07-01..2026-07-03=move")[0].reason
    'move'
    """
    return tuple(_closure(part.strip()) for part in text.split(";") if part.strip())


def _closure(part: str) -> Span:
    days, _, reason = part.partition("=")
    first, dots, last = days.strip().partition("..")
    reason = reason.strip() or "closed"
    if not reason.isprintable():
        raise DomainError(f"closures: the reason must be words on one line, got {reason!r}")
    return Span(
        first=parse_date(first.strip(), "closures"),
        last=parse_date(last.strip(), "closures") if dots else None,
        reason=reason,
    )


_NTH = re.compile(r"(last|[1-5])[. ]*([a-z]{3})")


def service_rules(text: str, on: dt.date) -> tuple[str, ...]:
    """Service days as RFC 5545 rules, from ``2 wed`` (second Wednesday of a month), ``last fri``, ``wed`` or a rule.

    on: the day from which a rule is counted. Several are separated by ``|``.

    >>> service_rules("2 wed | last fri", dt.date(2026, 1, 1))
    ('FREQ=MONTHLY;BYDAY=2WE', 'FREQ=MONTHLY;BYDAY=-1FR')
    """
    rules = tuple(_rule(part.strip()) for part in text.split("|") if part.strip())
    for rule in rules:
        ServiceDay(rule=rule, first=on, reason="service")
    return rules


def _rule(text: str) -> str:
    match = _NTH.fullmatch(text.lower())
    day = match[2] if match else text.lower()
    if day in WEEKDAYS:
        place = {"last": "-1"}.get(match[1], match[1]) if match else ""
        return f"FREQ={'MONTHLY' if match else 'WEEKLY'};BYDAY={place}{day[:2].upper()}"
    if "FREQ=" in text:
        return text
    raise DomainError(
        f"service days are written 2 wed (second Wednesday of a month), last fri, wed (each) or as an RFC 5545 rule, "
        f"got {text!r}; {did_you_mean(day, WEEKDAYS)}"
    )


def toml_of(clinic: OwnClinic) -> str:
    """The commented TOML of the clinic's file."""
    blocks = (_head(clinic), _more(clinic), _sessions(clinic), _days(clinic), _infusion(clinic), *_shipped())
    return "\n\n".join(blocks) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _line(key: str, value: str, used: object) -> str:
    """A line that stands, or that is ready to be used."""
    return f"{'' if used else '#'}{key} = {value}"


def _head(clinic: OwnClinic) -> str:
    known = f" Known: {', '.join(clinic.parts)}." if clinic.parts else ""
    further = f" Not used so far: {', '.join(clinic.further)}." if clinic.further else ""
    kept = ("public", *(clinic.categories or clinic.further[:1]))
    return f"""# A clinic's file for rtplan, written by `rtplan init` on {clinic.on}; it is yours to change.
# A line that begins with # and no blank is ready to use: take the # away, change it. The file is read strictly: an
# unknown key or an impossible value is refused with file, key, value and bound.

# name: one word, for files and lists. label: as people read it, on plans and calendars.
name = {_text(clinic.name)}
label = {_text(clinic.label)}

# Public holidays, and the weekend of each date, come from the holidays library. country: its code ("" keeps none).
# subdivision: its state, province or canton, where holidays differ.
{_wrapped(known)}country = {_text(clinic.country)}
{_line("subdivision", _text(clinic.subdivision or "BY"), clinic.subdivision)}

# Further kinds of holidays that are kept, as the library names them; "public" is always one of them.
{_wrapped(further)}{_line("categories", _list(kept), clinic.categories)}

# Calendar dates are those of this IANA time zone.
time_zone = {_text(clinic.time_zone)}

# Whether it treats on worked weekends (a Saturday or Sunday that the country declares a working day): "yes", "no" or
# "unknown". With "unknown" plans are made without them and show both answers.
worked_weekends = {_text(clinic.worked_weekends)}

# Where this comes from: name the department's calendar, and set known = "read" once somebody has compared them.
source = {{ text = "answers to rtplan init, {clinic.on}", known = "stated" }}"""


def _wrapped(sentence: str) -> str:
    """A sentence as comment lines of at most 118 signs, with its line break; empty for none."""
    import textwrap

    return "".join(f"# {line}\n" for line in textwrap.wrap(sentence.strip(), 116))


def _more(clinic: OwnClinic) -> str:
    return f"""# Closures kept in a file of their own, beside this one: an .ics file (whole-day events, recurring ones
# expanded) or a .csv table with the columns first, last and reason.
{_line("closures_from", _text(clinic.closures_from or "closures.ics"), clinic.closures_from)}

# How the record-and-verify system writes its records: a name of `rtplan list records`, or a format file of your own.
#record_format = "mosaiq\""""


def _sessions(clinic: OwnClinic) -> str:
    stated = clinic.weekend is not None
    rest = tuple(day for day in WEEKDAYS if day not in (clinic.week or clinic.usual))[:1]
    return f"""# Days of rest on which extra sessions are possible, preferred ones first; [] for none. Left out,
# Saturdays go before Sundays.
{"" if stated else "#"}[sessions]
{_line("weekend", _list(clinic.weekend if clinic.weekend is not None else rest), stated)}
{_line("source", '{ text = "answers to rtplan init", known = "stated" }', stated)}"""


def _days(clinic: OwnClinic) -> str:
    closures = [f"  {_span(span)}," for span in clinic.closures]
    services = [
        f'  {{ rule = {_text(r)}, first = {clinic.on.year}-01-01, reason = "service" }},' for r in clinic.services
    ]
    example = '[{ first = 2026-03-12, reason = "linac exchange" }]'
    rule = '[{ rule = "FREQ=MONTHLY;BYDAY=2WE", first = 2026-01-01, reason = "linac service" }]'
    return f"""# Days of the treatment machine. week: the weekdays on which it treats; left out, the country's own.
# closures: first, and last where there are several days. service_days: RFC 5545 rules, counted from first.
# extra_open: days it treats on beside its week. half_days hold one fraction of a course. treated_holidays: public
# holidays on which it treats.
[days]
{_line("week", _list(clinic.week or clinic.usual), clinic.week)}
{_line("closures", _rows(closures) or example, closures)}
{_line("service_days", _rows(services) or rule, services)}
#extra_open = [{{ first = 2026-03-28, reason = "department open" }}]
#half_days = [{{ first = 2026-12-31, reason = "closes at noon" }}]
#treated_holidays = [{{ first = 2026-05-04, reason = "department treats" }}]"""


def _rows(rows: list[str]) -> str:
    return "[\n" + "\n".join(rows) + "\n]" if rows else ""


def _span(span: Span) -> str:
    last = f", last = {span.last}" if span.last else ""
    return f"{{ first = {span.first}{last}, reason = {_text(span.reason)} }}"


def _infusion(clinic: OwnClinic) -> str:
    used = clinic.infusion is not None
    closures = f"\nclosures = {_rows([f'  {_span(span)},' for span in clinic.closures])}" if clinic.closures else ""
    return f"""# Days of the infusion unit, where they differ: the same keys, and worked_weekends = "yes", "no" or
# "as the clinic". Nothing is taken over from [days]: closures that hold for both stand in both.
{"" if used else "#"}[infusion]
{_line("week", _list(clinic.infusion or clinic.usual[:4]), used)}{closures if used else ""}"""


def _shipped() -> list[str]:
    """The blocks of the shipped clinic's file that nothing was asked about, ready to use."""
    text = read_text(directory() / "clinics" / "west-china.toml")
    heads = ("#[[machines]]", "#[start_rules]", "#[limits]", "#[[notices]]")
    return [block.strip() for block in text.split("\n\n") if any(f"\n{head}\n" in block for head in heads)]
