"""`rtplan init`: a clinic's own file, by asking."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rtplan.cli.options import Command
from rtplan.errors import ConfigError, DomainError

if TYPE_CHECKING:
    from rtplan.library.own_clinic import OwnClinic

A = TypeVar("A")

NONE = "none"
NOT_STATED = "not stated"
OFFICIAL = {"CN": "Asia/Shanghai"}
"""Time zones of countries whose clocks differ in a part of them, and whose official time is one: Beijing time."""


@click.command("init", cls=Command)
@click.argument("path", default="clinic.toml", type=click.Path(path_type=Path))
@click.option("--country", help="Code or name, such as DE-BY, Germany or 中国; none: no public holidays.")
@click.option("--subdivision", help="State, province or canton of the country; none.")
@click.option("--categories", help="Further kinds of holidays, such as catholic; none.")
@click.option("--name", help="Name of the clinic. Default: the file's.")
@click.option("--label", help="The clinic as people read it. Default: its name.")
@click.option("--time-zone", help="IANA time zone. Default: the country's, where it has one.")
@click.option("--week", help="Weekdays of treatment, such as mon-fri. Default: the country's own.")
@click.option("--worked-weekends", help="yes, no or unknown: does it treat on declared working weekends?")
@click.option("--closures", help="'2026-03-12=linac exchange; 2026-07-01..2026-07-03=move', a file .ics or .csv; none.")
@click.option("--service-days", help="'2 wed' (second Wednesday of a month), 'last fri', 'wed' or a rule; none.")
@click.option("--infusion-days", help="Weekdays of the infusion unit, such as mon-thu. Default: as the machine.")
@click.option("--weekend-sessions", help="Days of rest for extra sessions, such as sat; none. Default: not stated.")
@click.option("--yes", is_flag=True, help="Take the default wherever nothing is given; asks nothing.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def command(path: Path, yes: bool, force: bool, **given: str | None) -> None:
    """A clinic's own file: asks for country, week, closures and the like, and writes a commented TOML file to PATH.

    Every question has an option; --yes takes the defaults of the others and asks nothing.

    Example: rtplan init clinic.toml --country DE-BY --closures "2026-03-12=linac exchange" --yes
    """
    _check_path(path, force)
    clinic = _answers(_Asker(given, yes), path)
    _write(path, clinic, force)
    _say_how(path)


class _Asker:
    """An answer to each question: the option's, the default's, or the user's, asked until it is good."""

    def __init__(self, given: dict[str, str | None], yes: bool) -> None:
        self.given, self.yes = given, yes

    def __call__(self, key: str, question: str, default: str | None, read: Callable[[str], A]) -> A:
        """key: of the option. default: None where only the user can know it. read: the text into the answer."""
        option = f"--{key.replace('_', '-')}"
        text = self.given[key]
        if text is None and self.yes:
            text = default
        if text is not None:
            try:
                return read(text.strip())
            except DomainError as error:
                raise click.UsageError(f"{option}: {error}") from None
        if self.yes:
            raise click.UsageError(f"--yes takes the defaults, and this has none: give {option} ({question})")
        if not sys.stdin.isatty():
            raise click.UsageError(f"there is no terminal to ask at: give {option}, and --yes for the other defaults")
        return self._ask(question, default, read)

    @staticmethod
    def _ask(question: str, default: str | None, read: Callable[[str], A]) -> A:
        def value(text: str) -> A:
            try:
                return read(text.strip())
            except DomainError as error:
                raise click.UsageError(str(error)) from None

        answer: A = click.prompt(question, default=default, value_proc=value, err=True)
        return answer


def _answers(ask: _Asker, path: Path) -> OwnClinic:
    from rtplan.clinic import holidays
    from rtplan.clinic.days import WEEKDAYS
    from rtplan.library.own_clinic import OwnClinic

    today = dt.datetime.now().astimezone().date()
    country, part = ask("country", "Country (code or name; none: no public holidays)", _country_here(ask), _country)
    parts = holidays.subdivisions(country) if country else {}
    subdivision = _subdivision(ask, country, part, parts)
    further = holidays.further_categories(country) if country else ()
    categories = _categories(ask, further)
    name = ask("name", "Name of the clinic, one word", path.stem, _word)
    label = ask("label", "The clinic as people read it", name, _word)
    zone = _time_zone(ask, country)
    own = _countrys_week(country, subdivision)
    week = ask("week", "Weekdays of treatment", ",".join(own), _week)
    worked = _worked(ask, country)
    closures = ask("closures", "Closures of the department (DATE or DATE..DATE=reason; ...)", NONE, _closures)
    services = ask("service_days", "Service days of the machine (2 wed | last fri)", NONE, _services(today))
    machine = "as the machine"
    infusion = ask(
        "infusion_days", "Weekdays of the infusion unit", machine, lambda text: None if text == machine else _week(text)
    )
    rest = ", ".join(day for day in WEEKDAYS if day not in week)
    weekend = ask("weekend_sessions", f"Days of rest for extra sessions ({rest}; none)", NOT_STATED, _weekend(week))
    return OwnClinic(
        name=name,
        label=label,
        country=country,
        time_zone=zone,
        on=today,
        subdivision=subdivision,
        categories=categories,
        worked_weekends=worked,
        week=None if week == own else week,
        closures=() if isinstance(closures, str) else closures,
        closures_from=closures if isinstance(closures, str) else "",
        services=services,
        infusion=infusion,
        weekend=weekend,
        usual=own,
        further=tuple(name for name in further if name not in categories),
        parts=tuple(parts),
    )


def _country_here(ask: _Asker) -> str | None:
    """The country of the locale, as a default that is shown; none is taken unseen."""
    for variable in ("LC_ALL", "LANG"):
        _, _, territory = os.environ.get(variable, "").partition("_")
        if territory[:2].isalpha() and not ask.yes:
            return territory[:2].upper()
    return None if ask.yes else "CN"


def _country(text: str) -> tuple[str, str]:
    """Code and subdivision from DE-BY, Germany, none."""
    from rtplan.clinic.holidays import country_named, subdivisions

    if text.lower() == NONE:
        return "", ""
    try:
        return country_named(text), ""
    except DomainError:
        code, dash, part = text.rpartition("-")
        if not dash:
            raise
    country = country_named(code)
    return country, _part(part, country, subdivisions(country))


def _part(text: str, country: str, parts: dict[str, str]) -> str:
    """A subdivision by its code or name."""
    if text.lower() == NONE:
        if country == "GB":
            raise DomainError("GB has no Easter Monday without a subdivision: ENG, WLS, SCT or NIR")
        return ""
    for code, name in parts.items():
        if text.casefold() in (code.casefold(), name.casefold()):
            return code
    raise DomainError(f"subdivision {text!r} of {country} is not known; known: {', '.join(parts) or NONE}")


def _subdivision(ask: _Asker, country: str, part: str, parts: dict[str, str]) -> str:
    if part or not parts:
        if ask.given["subdivision"] in (None, NONE, part):
            return part
        raise click.UsageError(f"--subdivision: {country or 'no country'} has {part or 'none'} already")
    shown = ", ".join(f"{code} {name}".strip() for code, name in parts.items())
    default = ("ENG" if not ask.yes else None) if country == "GB" else NONE
    return ask("subdivision", f"Subdivision ({shown}; none)", default, lambda text: _part(text, country, parts))


def _categories(ask: _Asker, further: tuple[str, ...]) -> tuple[str, ...]:
    def read(text: str) -> tuple[str, ...]:
        names = () if text == NONE else tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        for name in names:
            if name != "public" and name not in further:
                raise DomainError(
                    f"categories names {name!r}; the country has {', '.join(further) or 'none beside public'}"
                )
        return tuple(name for name in names if name != "public")

    if not further and ask.given["categories"] is None:
        return ()
    return ask("categories", f"Further holidays kept, beside public ({', '.join(further)}; none)", NONE, read)


def _word(text: str) -> str:
    if not text or not text.isprintable():
        raise DomainError(f"must be words on one line, got {text!r}")
    return text


def _time_zone(ask: _Asker, country: str) -> str:
    from rtplan.clinic.holidays import time_zones

    zones = time_zones(country) if country else ()
    default = OFFICIAL.get(country) or (zones[0] if len(zones) == 1 else None)
    shown = f" ({', '.join(zones)})" if len(zones) > 1 else ""
    return ask("time_zone", f"Time zone{shown}", default, _zone)


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DomainError(f"time_zone {text!r} is not an IANA time zone, such as Asia/Shanghai") from None
    return text


def _countrys_week(country: str, subdivision: str) -> tuple[str, ...]:
    from rtplan.clinic.days import WEEKDAYS
    from rtplan.clinic.holidays import country_clinic, working_week

    if not country:
        return WEEKDAYS[:5]
    return working_week(country_clinic(f"{country}-{subdivision}" if subdivision else country))


def _week(text: str) -> tuple[str, ...]:
    from rtplan.clinic.clinic import parse_week

    return parse_week(text)


def _worked(ask: _Asker, country: str) -> str:
    from rtplan.clinic.holidays import has_worked_weekends
    from rtplan.errors import one_of

    def read(text: str) -> str:
        one_of("worked-weekends", text, ("yes", "no", "unknown"))
        return text

    if ask.given["worked_weekends"] is None and not (country and has_worked_weekends(country)):
        return "unknown"
    return ask("worked_weekends", "Does it treat on declared working weekends (yes, no, unknown)", "unknown", read)


def _closures(text: str) -> Any:
    """Spans, or the name of a file of closures."""
    from rtplan.library.own_clinic import closures_of_text

    if text == NONE:
        return ()
    return text if text.lower().endswith((".ics", ".csv")) else closures_of_text(text)


def _services(today: dt.date) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        from rtplan.library.own_clinic import service_rules

        return () if text == NONE else service_rules(text, today.replace(month=1, day=1))

    return read


def _weekend(week: tuple[str, ...]) -> Callable[[str], tuple[str, ...] | None]:
    def read(text: str) -> tuple[str, ...] | None:
        from rtplan.clinic.days import WEEKDAYS

        days = () if text == NONE else tuple(part.strip().lower() for part in text.split(","))
        free = [day for day in WEEKDAYS if day not in week]
        if text != NOT_STATED and (wrong := [day for day in days if day not in free]):
            raise DomainError(
                f"extra sessions take place on days of rest ({', '.join(free) or NONE}), got {wrong[0]!r}"
            )
        return None if text == NOT_STATED else tuple(dict.fromkeys(days))

    return read


def _check_path(path: Path, force: bool) -> None:
    if path.suffix.lower() != ".toml":
        raise click.UsageError(f"PATH must end in .toml, so that --clinic takes it for a file: got {path}")
    if path.is_dir():
        raise ConfigError(str(path), ["is a folder, and no file can take its place"])
    if path.exists() and not force:
        raise ConfigError(str(path), ["exists already; --force overwrites it"])
    if not path.absolute().parent.is_dir():
        raise ConfigError(str(path), ["cannot be written: there is no such folder"])


def _write(path: Path, clinic: OwnClinic, force: bool) -> None:
    """Beside its place, read back by the strict reader, and only then under its name."""
    from rtplan.library.catalogue import load_clinic
    from rtplan.library.own_clinic import toml_of
    from rtplan.report.formats.files import write_files

    def reads_back(temporary: Path) -> None:
        try:
            load_clinic(str(temporary))
        except ConfigError as error:
            inner = error.file.removeprefix(str(temporary)).removeprefix(": ")  # a file of closures
            told = ["is not written", inner] if inner else ["is not written"]
            raise ConfigError(str(path), [": ".join([*told, problem]) for problem in error.problems]) from None

    write_files(path.absolute().parent, {path.name: toml_of(clinic)}, force=force, check=reads_back)


def _say_how(path: Path) -> None:
    """The three ways to use it."""
    from rtplan.cli import settings

    typed = str(path) if path.parent.parts else f"./{path}"
    click.echo(f"{path} is written and reads back without a problem. To use it:")
    click.echo(f"  once        rtplan plan 45/25 --start 2026-03-02 --clinic {shlex.quote(typed)}")
    click.echo(f"  in a shell  export {settings.VARIABLE}={shlex.quote(str(path.absolute()))}")
    click.echo(f'  always      the line clinic = "{path.absolute().as_posix()}" in {settings.path()}')
