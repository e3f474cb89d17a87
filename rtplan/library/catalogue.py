"""What is shipped in `configs/`, and the user's own files of the same kinds, by name or path."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtplan.errors import ConfigError, DomainError, did_you_mean
from rtplan.library.read import Names, T, read_toml, toml_data, validate

if TYPE_CHECKING:
    from rtplan.chemotherapy.protocol import ChemoProtocol
    from rtplan.clinic.clinic import Clinic, Days
    from rtplan.library.protocol import Protocol
    from rtplan.library.record_format import RecordFormat
    from rtplan.library.site import Site
    from rtplan.prescription.prescription import Regimen
    from rtplan.radiobiology.tissue import Limit, Tissue

__all__ = [
    "closure_files",
    "directory",
    "limits_stated",
    "load_chemo",
    "load_clinic",
    "load_protocol",
    "load_record_format",
    "load_regimen",
    "load_regimens",
    "load_site",
    "load_sites",
    "load_tissues",
    "names",
    "names_in_list",
    "tissues_of",
]


@cache
def directory() -> Path:
    """Where the shipped data lies: in the package when installed, beside it in a clone."""
    here = Path(__file__).resolve().parent.parent
    for place in (here / "configs", here.parent / "configs"):
        if place.is_dir():
            return place
    raise ConfigError("configs", ["the shipped data is missing: reinstall rtplan"])


def names(kind: str) -> tuple[str, ...]:
    """Names of the shipped files of one kind: clinics, protocols, chemo, records."""
    return tuple(sorted(path.stem for path in (directory() / kind).glob("*.toml")))


LISTS = ("regimens", "tissues", "sites")
"""Kinds that a shipped file holds as a list of tables; regimens of other sites have a file of their own."""


REGIMENS_OF_SITES = "regimens_of_sites"


def names_in_list(kind: str) -> tuple[str, ...]:
    """Names in a shipped list, read without checking the rest: for completion, which must be quick."""
    files = (kind, REGIMENS_OF_SITES) if kind == "regimens" else (kind,)
    paths = [path for path in (directory() / f"{name}.toml" for name in files) if path.is_file()]
    return tuple(row["name"] for path in paths for row in toml_data(path, str(path))[kind])


def is_path(name: str) -> bool:
    """A path has a separator or ends in .toml; everything else is a name."""
    return "/" in name or "\\" in name or name.lower().endswith(".toml")


def load_clinic(name: str) -> Clinic:
    """A clinic: a path, a shipped name, or a country code of the `holidays` library (CN, GB-ENG)."""
    from rtplan.clinic.clinic import Clinic
    from rtplan.clinic.holidays import country_clinic
    from rtplan.library.names import clinic_names

    if is_path(name) or name in names("clinics"):
        clinic = read_toml(_path("clinics", name), Clinic, name, clinic_names)
        return _with_closures(clinic, _path("clinics", name), name)
    try:
        if name and name == name.upper():
            return country_clinic(name)
    except DomainError as error:
        raise ConfigError("--clinic", [f"{name!r}: {error}"]) from None
    raise _unknown("clinic", name, names("clinics"), " or a country code such as CN or GB-ENG")


def _with_closures(clinic: Clinic, path: Path, name: str) -> Clinic:
    """The clinic with the closures of the files it names, beside its own file."""

    def of(days: Days) -> Days:
        files = dict.fromkeys(file for file in (clinic.closures_from, days.closures_from) if file)
        spans = [
            span for file in files for span in closures_of(path.parent / file, f"{name}: {file}", clinic.time_zone)
        ]
        return replace(days, closures=(*days.closures, *spans)) if spans else days

    from rtplan.library.closures import closures_of

    try:
        return replace(
            clinic,
            days=of(clinic.days),
            infusion=of(clinic.infusion) if clinic.infusion else None,
            machines=tuple(replace(machine, days=of(machine.days)) for machine in clinic.machines),
        )
    except DomainError as error:
        raise ConfigError(name, [f"closures_from: {error}"]) from None


def closure_files(path: Path) -> list[Path]:
    """The files of closures that a clinic's file names."""
    data = toml_data(path, str(path))
    tables = [
        data,
        data.get("days", {}),
        data.get("infusion", {}),
        *(m.get("days", {}) for m in data.get("machines", [])),
    ]
    return [path.parent / file for file in dict.fromkeys(table.get("closures_from") for table in tables) if file]


def load_protocol(name: str, tissue_file: str | Path | None = None) -> Protocol:
    """A protocol: a path or a shipped name; every name in it is looked up too.

    tissue_file: the user's, which may bring tissues that the protocol names.
    """
    from rtplan.library.names import protocol_names
    from rtplan.library.protocol import Protocol
    from rtplan.prescription.prescription import spaced

    tissues = load_tissues(tissue_file)
    protocol = _load(
        "protocols", name, Protocol, lambda data: (*_high_doses(data), *protocol_names(data, tissues.keys()))
    )
    return replace(protocol, prescription=spaced(protocol.prescription))


def _high_doses(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A file has no unit beside its figures: above `HIGH_DOSE_GY` they may be cGy."""
    from rtplan.prescription.prescription import MAY_BE_CGY_GY as HIGH_DOSE_GY
    from rtplan.prescription.prescription import Phase, high_dose

    prescription = data.get("prescription")
    phases = prescription.get("phases") if isinstance(prescription, dict) else None
    for place, item in enumerate(phases if isinstance(phases, list) else ()):
        try:
            (phase,) = validate(tuple[Phase], [item], "")
        except ConfigError:  # it is named as what it is
            continue
        for problem in high_dose(phase, HIGH_DOSE_GY):
            yield (
                f"prescription.phases[{place}]",
                f"{problem} Where Gy is meant, write the regimen with its unit: 1fx34Gy",
            )


def load_chemo(name: str) -> ChemoProtocol:
    """A chemotherapy protocol: a path or a shipped name."""
    from rtplan.chemotherapy.protocol import ChemoProtocol

    return _load("chemo", name, ChemoProtocol)


def load_record_format(name: str) -> RecordFormat:
    """How records of treatment are written: a path, or a shipped name such as mosaiq.

    >>> load_record_format("mosaiq").columns["Dose_Tx_Act"]
    'dose_cgy'
    """
    from rtplan.library.record_format import RecordFormat

    if not is_path(name) and name not in names("records"):
        raise _unknown("record format", name, names("records"), " or a path ending in .toml")
    return read_toml(_path("records", name), RecordFormat, name)


def load_regimens() -> dict[str, Regimen]:
    """The shipped regimens by name, those of the oesophagus first."""
    from rtplan.prescription.prescription import Regimen, spaced

    def apart(regimen: Regimen) -> Regimen:
        return replace(regimen, prescription=spaced(regimen.prescription)) if regimen.prescription else regimen

    found = [_table(directory() / name, "regimens", Regimen) for name in ("regimens.toml", f"{REGIMENS_OF_SITES}.toml")]
    return {name: apart(regimen) for name, regimen in (found[0] | found[1]).items()}


def load_regimen(name: str) -> Regimen:
    """A shipped regimen by name; ConfigError names the nearest one."""
    regimens = load_regimens()
    wanted = name.strip().lower()
    if wanted in regimens:
        return regimens[wanted]
    near = difflib.get_close_matches(wanted, regimens, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`rtplan list regimens` names them."
    raise ConfigError("regimen", [f"there is no regimen {name!r}; {hint} Notation begins with a digit, such as 45/25"])


def load_sites() -> dict[str, Site]:
    """The shipped site profiles by name; ConfigError where one names a tissue that is not there."""
    from rtplan.library.site import Site

    sites = _table(directory() / "sites.toml", "sites", Site)
    tissues = load_tissues()
    problems = [
        f"site {site.name!r} names the tissue {name!r}: {did_you_mean(name, tissues)}"
        for site in sites.values()
        for name in site.tissues
        if name not in tissues
    ]
    if problems:
        raise ConfigError("sites.toml", problems)
    return sites


def load_site(name: str, place: str = "--site") -> Site:
    """A site profile by its name or another spelling of it; ConfigError names the nearest one.

    place: where it is named, for the refusal.

    >>> load_site("Head and neck").name, load_site("NSCLC").name
    ('head-and-neck', 'lung-nsclc')
    """
    sites = load_sites()
    spelled = {other: site for site in sites.values() for other in site.also} | sites
    wanted = "-".join(name.strip().lower().replace("_", " ").replace("-", " ").replace(",", " ").split())
    if wanted in spelled:
        return spelled[wanted]
    meant = [known for known in sites if wanted and known.startswith(f"{wanted}-")]
    near = difflib.get_close_matches(wanted, spelled, n=1)
    if meant:
        hint = f"did you mean {' or '.join(map(repr, meant))}?"
    elif near:
        hint = f"did you mean {spelled[near[0]].name!r}?"
    else:
        hint = f"known: {', '.join(sites)}"
    raise ConfigError(place, [f"there is no site {name!r}; {hint}"])


def limits_stated(clinic: str) -> frozenset[str]:
    """Which limits a clinic's own file states, by their keys; none for a country code."""
    if not (is_path(clinic) or clinic in names("clinics")):
        return frozenset()
    return frozenset(toml_data(_path("clinics", clinic), clinic).get("limits", {}))


def load_tissues(extra: str | Path | None = None) -> dict[str, Tissue]:
    """The shipped tissues by name; a user's file adds to them or overrides them."""
    from rtplan.radiobiology.tissue import Tissue

    shipped = _table(directory() / "tissues.toml", "tissues", Tissue)
    return {**shipped, **(tissues_of(extra) if extra is not None else {})}


def tissues_of(path: str | Path) -> dict[str, Tissue]:
    """The tissues of a user's file by name, read anew each time: the user may have changed it."""
    from rtplan.radiobiology.tissue import Tissue

    return {name: _stated(tissue) for name, tissue in _table_anew(Path(path), "tissues", Tissue).items()}


def _stated(tissue: Tissue) -> Tissue:
    """A user's tissue: what its limits do not say they were read in, the user states."""

    def stated(limit: Limit) -> Limit:
        source = limit.source
        return replace(limit, source=replace(source, known="stated")) if source.known == "none" else limit

    return replace(tissue, limits=tuple(stated(limit) for limit in tissue.limits))


def _load(kind: str, name: str, value: type[T], called: Names | None = None) -> T:
    if not is_path(name) and name not in names(kind):
        raise _unknown(kind.rstrip("s"), name, names(kind), " or a path ending in .toml")
    return read_toml(_path(kind, name), value, name, called)


def _path(kind: str, name: str) -> Path:
    return Path(name) if is_path(name) else directory() / kind / f"{name}.toml"


def _unknown(what: str, name: str, known: Sequence[str], also: str) -> ConfigError:
    return ConfigError(what, [f"there is no {what} {name!r}; {did_you_mean(name, known)}{also}"])


@cache
def _table(path: Path, key: str, value: type[T]) -> dict[str, T]:
    return _table_anew(path, key, value)


def _table_anew(path: Path, key: str, value: type[T]) -> dict[str, T]:
    data = toml_data(path, str(path))
    extra = [name for name in data if name != key]
    if extra or key not in data:
        raise ConfigError(str(path), [f"takes one list [[{key}]], got {', '.join(data) or 'nothing'}"])
    rows: tuple[Any, ...] = ()
    problems: list[str] = []
    try:
        rows = validate(tuple[value, ...], data[key], str(path), (key,))  # type: ignore[valid-type]
    except ConfigError as error:
        problems += error.problems
    named = [row.get("name") for row in data[key] if isinstance(row, dict)] if isinstance(data[key], list) else []
    problems += [f"{key} names {name!r} twice" for name in dict.fromkeys(map(str, named)) if named.count(name) > 1]
    if problems:
        raise ConfigError(str(path), problems)
    return {row.name: row for row in rows}


def files_of(name: str, protocol: Protocol, clinic: str | None, chemo: str | None) -> list[Path]:
    """The files a plan is made from: protocol, clinic, chemotherapy, tissues."""
    found = [_path("protocols", name)] if is_path(name) or name in names("protocols") else []
    clinic = clinic or protocol.clinic
    chemo = chemo or protocol.chemo
    if clinic and _path("clinics", clinic).is_file():
        found += [_path("clinics", clinic), *closure_files(_path("clinics", clinic))]
    found += [_path("chemo", chemo)] if chemo else []
    shared = (directory() / "tissues.toml", directory() / "sites.toml")
    return [path for path in (*found, *shared) if path.is_file()]
