"""What the user keeps for every question: RTPLAN_CLINIC, and a file of settings in click's folder for rtplan."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtplan.errors import ConfigError, RtplanError, failing, one_of, refuse
from rtplan.report.language import languages

if TYPE_CHECKING:
    from rtplan.planning.provenance import ClinicFrom

__all__ = [
    "Settings",
    "clinic",
    "language",
    "path",
    "which_clinic",
    "with_clinic",
    "with_site",
]

VARIABLE = "RTPLAN_CLINIC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The user's file.

    clinic: a name, a country code, or a path from the file's folder. language: of what people read.
    site: of the tumours, where neither question nor protocol names one.
    """

    clinic: str = ""
    language: str = ""
    site: str = ""

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.language:
            yield from failing(one_of, "language", self.language, languages())
        if self.clinic != self.clinic.strip():
            yield f"clinic takes a name without blanks around it, got {self.clinic!r}"


def path() -> Path:
    """Where the user's file is looked for: config.toml in the folder that click names for rtplan."""
    import click

    return Path(click.get_app_dir("rtplan")) / "config.toml"


def _read() -> Settings:
    """The user's settings, read strictly; nothing where there is no file. ConfigError names every problem."""
    from rtplan.library.read import read_toml

    return read_toml(path(), Settings) if path().is_file() else Settings()


def language() -> str | None:
    """The language of what people read, where the user's file names one."""
    return _read().language or None


def clinic() -> tuple[str, ClinicFrom] | None:
    """The clinic of RTPLAN_CLINIC, else of the user's file, and which of them; None where neither names one."""
    if name := os.environ.get(VARIABLE, "").strip():
        return _known(name, VARIABLE), "environment"
    if name := _read().clinic:
        return _known(_beside(name), str(path())), "settings"
    return None


def _beside(name: str) -> str:
    """A path is meant from the folder of the user's file, and from the home folder where it begins with ~."""
    from rtplan.library.catalogue import is_path

    return str(path().parent / Path(name).expanduser()) if is_path(name) else name


def _known(name: str, where: str) -> str:
    """The name, where there is such a clinic; ConfigError says who named what is not there."""
    from rtplan.library.catalogue import load_clinic

    try:
        load_clinic(name)
    except ConfigError as error:
        raise ConfigError(where, [f"clinic = {name!r}: {problem}" for problem in error.problems]) from None
    except RtplanError as error:
        raise ConfigError(where, [f"clinic = {name!r}: {error}"]) from None
    return name


def with_clinic(asked: dict[str, Any]) -> dict[str, Any]:
    """A question with its clinic: the option, else the environment's, else the settings'; else the protocol's own."""
    if asked.get("clinic"):
        return asked
    found = clinic()
    return asked if found is None else {**asked, "clinic": found[0], "clinic_from": found[1]}


def with_site(asked: dict[str, Any]) -> dict[str, Any]:
    """A question with its site: the option; else the settings', which the protocol's own goes before."""
    if asked.get("site") or not (name := _read().site):
        return asked
    from rtplan.library.catalogue import load_site

    load_site(name, f"{path()}: site")
    return {**asked, "site": name, "site_from": "settings"}


def which_clinic(what: str) -> str:
    """The refusal where nobody named one, with the ways to do it."""
    return (
        f"{what} names no clinic, and its days decide the dates: give --clinic (a name of `rtplan list clinics`, a "
        f'country code such as GB-ENG, or a path), set {VARIABLE}, or write clinic = "NAME" into {path()}'
    )
