"""Files of `configs/`, or the user's own, into values: strict, all problems of a file at once."""

from __future__ import annotations

import copy
import dataclasses
import difflib
import hashlib
import json
import math
import tomllib
import types
import typing
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from rtplan.errors import ConfigError, DomainError

if typing.TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from rtplan.chemo import ChemoProtocol
    from rtplan.clinic import Clinic
    from rtplan.prescription import Regimen
    from rtplan.protocol import Protocol
    from rtplan.tissue import Tissue

__all__ = [
    "checksum",
    "directory",
    "load_chemo",
    "load_clinic",
    "load_protocol",
    "load_regimen",
    "load_regimens",
    "load_tissues",
    "names",
    "read_json",
    "tissues_of",
    "validate",
]

T = TypeVar("T")
MAX_BYTES = 20_000_000


@cache
def directory() -> Path:
    """Where the shipped data lies: in the package when installed, beside it in a clone."""
    here = Path(__file__).resolve().parent
    for place in (here / "configs", here.parent / "configs"):
        if place.is_dir():
            return place
    raise ConfigError("configs", ["the shipped data is missing: reinstall rtplan"])


def names(kind: str) -> tuple[str, ...]:
    """Names of the shipped files of one kind: clinics, protocols, chemo."""
    return tuple(sorted(path.stem for path in (directory() / kind).glob("*.toml")))


def is_path(name: str) -> bool:
    """A path has a separator or ends in .toml; everything else is a name."""
    return "/" in name or "\\" in name or name.lower().endswith(".toml")


def load_clinic(name: str) -> Clinic:
    """A clinic: a path, a shipped name, or a country code of the `holidays` library (CN, GB-ENG)."""
    from rtplan.clinic import Clinic, check_country, country_clinic

    if is_path(name) or name in names("clinics"):
        clinic = read_toml(_path("clinics", name), Clinic, name)
        try:
            check_country(clinic)
        except DomainError as error:
            key = "subdivision" if "subdivision" in str(error) else "country"
            raise ConfigError(name, [f"{key} = {getattr(clinic, key)!r}: {error}"]) from None
        return clinic
    try:
        if name and name == name.upper():
            return country_clinic(name)
    except DomainError as error:
        raise ConfigError("--clinic", [f"{name!r}: {error}"]) from None
    raise _unknown("clinic", name, names("clinics"), " or a country code such as CN or GB-ENG")


def load_protocol(name: str) -> Protocol:
    """A protocol: a path or a shipped name; the clinic and the chemotherapy it names are looked up too."""
    from rtplan.protocol import Protocol

    protocol = _load("protocols", name, Protocol)
    if problems := [*_high_doses(protocol), *_unknown_names(protocol)]:
        raise ConfigError(name, problems)
    return protocol


def _high_doses(protocol: Protocol) -> Iterator[str]:
    """A file has no unit beside its figures: above `HIGH_DOSE_GY` they may be cGy."""
    from rtplan.prescription import HIGH_DOSE_GY, high_dose

    for place, phase in enumerate(protocol.prescription.phases):
        for problem in high_dose(phase, HIGH_DOSE_GY):
            yield f"prescription.phases[{place}]: {problem} Where Gy is meant, write the regimen with its unit: 1fx34Gy"


def _unknown_names(protocol: Protocol) -> Iterator[str]:
    """What a protocol calls by name and is not there, and an alignment that its chemotherapy does not allow."""
    from rtplan.chemo import parse_anchor, with_anchor

    if protocol.clinic:
        try:
            load_clinic(protocol.clinic)
        except ConfigError as error:
            yield f"clinic = {protocol.clinic!r}: {'; '.join(error.problems)}"
    if protocol.chemo and protocol.chemo != "none":
        try:
            with_anchor(load_chemo(protocol.chemo), parse_anchor(protocol.align))
        except ConfigError as error:
            yield f"chemo = {protocol.chemo!r}: {'; '.join(error.problems)}"
        except DomainError as error:
            yield f"align = {protocol.align!r}: {error}"


def load_chemo(name: str) -> ChemoProtocol:
    """A chemotherapy protocol: a path or a shipped name."""
    from rtplan.chemo import ChemoProtocol

    return _load("chemo", name, ChemoProtocol)


def load_regimens() -> dict[str, Regimen]:
    """The shipped regimens by name."""
    from rtplan.prescription import Regimen

    return _table(directory() / "regimens.toml", "regimens", Regimen)


def load_regimen(name: str) -> Regimen:
    """A shipped regimen by name; ConfigError names the nearest one."""
    regimens = load_regimens()
    wanted = name.strip().lower()
    if wanted in regimens:
        return regimens[wanted]
    near = difflib.get_close_matches(wanted, regimens, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`rtplan list regimens` names them."
    raise ConfigError("regimen", [f"there is no regimen {name!r}; {hint} Notation begins with a digit, such as 45/25"])


def load_tissues(extra: str | Path | None = None) -> dict[str, Tissue]:
    """The shipped tissues by name; a user's file adds to them or overrides them."""
    from rtplan.tissue import Tissue

    shipped = _table(directory() / "tissues.toml", "tissues", Tissue)
    return {**shipped, **(tissues_of(extra) if extra is not None else {})}


def tissues_of(path: str | Path) -> dict[str, Tissue]:
    """The tissues of a user's file by name, read anew each time: the user may have changed it."""
    from rtplan.tissue import Tissue

    return _table_anew(Path(path), "tissues", Tissue)


def _load(kind: str, name: str, value: type[T]) -> T:
    if not is_path(name) and name not in names(kind):
        raise _unknown(kind.rstrip("s"), name, names(kind), " or a path ending in .toml")
    return read_toml(_path(kind, name), value, name)


def _path(kind: str, name: str) -> Path:
    return Path(name) if is_path(name) else directory() / kind / f"{name}.toml"


def _unknown(what: str, name: str, known: Sequence[str], also: str) -> ConfigError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return ConfigError(what, [f"there is no {what} {name!r}; {hint}{also}"])


@cache
def _table(path: Path, key: str, value: type[T]) -> dict[str, T]:
    return _table_anew(path, key, value)


def _table_anew(path: Path, key: str, value: type[T]) -> dict[str, T]:
    data = _toml(path, str(path))
    extra = [name for name in data if name != key]
    if extra or key not in data:
        raise ConfigError(str(path), [f"takes one list [[{key}]], got {', '.join(data) or 'nothing'}"])
    rows: tuple[Any, ...] = validate(tuple[value, ...], data[key], str(path), (key,))  # type: ignore[valid-type]
    table = {row.name: row for row in rows}
    if len(table) != len(rows):
        seen = [row.name for row in rows]
        twice = next(name for name in seen if seen.count(name) > 1)
        raise ConfigError(str(path), [f"{key} names {twice!r} twice"])
    return table


def read_toml(path: Path, value: type[T], shown: str = "") -> T:
    """A TOML file into a value. shown: the file as the user typed it."""
    shown = shown or str(path)
    data = _toml(path, shown)
    if isinstance(columns := data.get("record_columns"), dict):  # column = meaning, as pairs of meaning and column
        data["record_columns"] = [[meaning, column] for column, meaning in columns.items()]
    result: tuple[T] = validate(tuple[value], [data], shown, drop=1)  # type: ignore[valid-type]
    return result[0]


def _toml(path: Path, shown: str) -> dict[str, Any]:
    text = read_text(path, shown)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(shown, [f"is not TOML: {error}"]) from None


def read_text(path: Path, shown: str = "") -> str:
    """Text of a file, UTF-8; ConfigError where it is missing, empty, too large or not text.

    shown: the file as the user typed it.
    """
    shown = shown or str(path)
    try:
        if path.is_dir():
            raise ConfigError(shown, ["is a folder, not a file"])
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(shown, [f"is larger than {MAX_BYTES} bytes"])
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(shown, ["no such file"]) from None
    except UnicodeDecodeError:
        raise ConfigError(shown, ["is not UTF-8 text"]) from None
    except OSError as error:
        raise ConfigError(shown, [f"cannot be read: {error.strerror or error}"]) from None
    if not text.strip():
        raise ConfigError(shown, ["is empty"])
    return text


def read_json(path: Path) -> Any:
    """A JSON file; NaN, infinities and keys given twice are refused."""

    def constant(name: str) -> Any:
        raise ConfigError(str(path), [f"holds {name}, which is not a number of JSON"])

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(items)
        if len(out) != len(items):
            keys = [key for key, _ in items]
            raise ConfigError(str(path), [f"gives {next(k for k in keys if keys.count(k) > 1)!r} twice"])
        return out

    try:
        return json.loads(read_text(path), parse_constant=constant, object_pairs_hook=pairs)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(str(path), [f"is not JSON: {error}"]) from None


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(kind, config=ConfigDict(extra="forbid", allow_inf_nan=False, strict=True))


def validate(kind: Any, data: Any, file: str, prefix: tuple[str | int, ...] = (), drop: int = 0) -> Any:
    """Data of a file into values of the very classes the code uses; ConfigError lists every problem by key path."""
    from pydantic import ValidationError

    if strange := [(_key_path((*prefix, *path[drop:])), value) for path, value in _not_finite(data, ())]:
        raise ConfigError(
            file, [f"{path or 'the file'}: must be a finite number, got {value}" for path, value in strange]
        )
    try:
        return _adapter(kind).validate_json(json.dumps(data, default=_plain))
    except ValidationError as error:
        found = error.errors()
    problems = [_problem(kind, details, prefix, drop) for details in found]
    known = _without([details["loc"] for details in found if details["type"] in _UNKNOWN_KEY], data)
    try:  # an unknown key keeps the values of its table from being checked: once more without it
        _adapter(kind).validate_json(json.dumps(known, default=_plain))
    except ValidationError as error:
        problems += [_problem(kind, details, prefix, drop) for details in error.errors()]
    raise ConfigError(file, list(dict.fromkeys(problems)))


_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")


def _not_finite(data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Where nan and inf stand."""
    if isinstance(data, float) and not math.isfinite(data):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _not_finite(value, (*path, key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _not_finite(value, (*path, place))


def _without(places: Sequence[Sequence[str | int]], data: Any) -> Any:
    """A copy of the data without these keys."""
    data = copy.deepcopy(data)
    for place in places:
        table = data
        for part in place[:-1]:
            table = table if _is_type_name(part) else table[part]
        table.pop(place[-1], None)
    return data


def _plain(value: Any) -> str:
    return str(value.isoformat())


def _problem(kind: Any, details: ErrorDetails, prefix: tuple[str | int, ...], drop: int) -> str:
    loc = tuple(part for part in details["loc"][drop:] if not _is_type_name(part))
    path = _key_path((*prefix, *loc)) or "the file"
    message = details["msg"].removeprefix("Value error, ")
    match details["type"]:
        case kind_of if kind_of in _UNKNOWN_KEY:
            known = _known(kind, details["loc"][:-1])
            near = difflib.get_close_matches(str(details["loc"][-1]), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            return f"{path} is not a known key; {hint}"
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return f"{path} is missing"
        case "value_error":
            return f"{path}: {message}" if loc else message
        case _:
            return f"{path}: {message[0].lower()}{message[1:]}, got {_shown(details['input'])}"


def _is_type_name(part: int | str) -> bool:
    """Parts that pydantic adds for members of a union, not keys of the file."""
    return isinstance(part, str) and (part[:1].isupper() or part in {"str", "int", "float", "bool"})


def _key_path(parts: Sequence[int | str]) -> str:
    out = ""
    for part in parts:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _known(kind: Any, loc: Sequence[int | str]) -> list[str]:
    """Names of the keys that are known at a place, found by walking the classes along the path."""
    for part in loc:
        kind = _step(kind, part)
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return []


def _step(kind: Any, part: int | str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(part, str):
        hints = typing.get_type_hints(kind)
        return _unwrapped(hints.get(part))
    if isinstance(part, int):
        arguments = typing.get_args(kind)
        return _unwrapped(arguments[min(part, len(arguments) - 1)] if Ellipsis not in arguments else arguments[0])
    return kind


def _unwrapped(kind: Any) -> Any:
    if isinstance(kind, types.UnionType):
        return next((member for member in typing.get_args(kind) if member is not types.NoneType), kind)
    return kind


def files_of(name: str, protocol: Protocol, clinic: str | None, chemo: str | None) -> list[Path]:
    """The files a plan is made from: protocol, clinic, chemotherapy, tissues."""
    found = [_path("protocols", name)] if is_path(name) or name in names("protocols") else []
    clinic = clinic or protocol.clinic
    chemo = chemo or protocol.chemo
    found += [_path("clinics", clinic)] if clinic else []
    found += [_path("chemo", chemo)] if chemo else []
    return [path for path in (*found, directory() / "tissues.toml") if path.is_file()]
