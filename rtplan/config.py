"""Files of `configs/`, or the user's own, into values: strict, all problems of a file at once."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import tomllib
import types
import typing
from collections.abc import Sequence
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
    from rtplan.clinic import Clinic, country_clinic

    if is_path(name) or name in names("clinics"):
        return read_toml(_path("clinics", name), Clinic)
    try:
        if name and name == name.upper():
            return country_clinic(name)
    except DomainError as error:
        raise ConfigError("--clinic", [f"{name!r}: {error}"]) from None
    raise _unknown("clinic", name, names("clinics"), " or a country code such as CN or GB-ENG")


def load_protocol(name: str) -> Protocol:
    """A protocol: a path or a shipped name."""
    from rtplan.protocol import Protocol

    return _load("protocols", name, Protocol)


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
    return read_toml(_path(kind, name), value)


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
    data = _toml(path)
    extra = [name for name in data if name != key]
    if extra or key not in data:
        raise ConfigError(str(path.name), [f"takes one list [[{key}]], got {', '.join(data) or 'nothing'}"])
    rows: tuple[Any, ...] = validate(tuple[value, ...], data[key], path.name, (key,))  # type: ignore[valid-type]
    table = {row.name: row for row in rows}
    if len(table) != len(rows):
        seen = [row.name for row in rows]
        twice = next(name for name in seen if seen.count(name) > 1)
        raise ConfigError(path.name, [f"{key} names {twice!r} twice"])
    return table


def read_toml(path: Path, value: type[T]) -> T:
    """A TOML file into a value."""
    data = _toml(path)
    result: tuple[T] = validate(tuple[value], [data], path.name, drop=1)  # type: ignore[valid-type]
    return result[0]


def _toml(path: Path) -> dict[str, Any]:
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path.name, [f"is not TOML: {error}"]) from None


def read_text(path: Path) -> str:
    """Text of a file, UTF-8; ConfigError where it is missing, empty, too large or not text."""
    try:
        if path.is_dir():
            raise ConfigError(str(path.name), ["is a folder, not a file"])
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(path.name, [f"is larger than {MAX_BYTES} bytes"])
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(str(path), ["no such file"]) from None
    except UnicodeDecodeError:
        raise ConfigError(path.name, ["is not UTF-8 text"]) from None
    except OSError as error:
        raise ConfigError(path.name, [f"cannot be read: {error.strerror or error}"]) from None
    if not text.strip():
        raise ConfigError(path.name, ["is empty"])
    return text


def read_json(path: Path) -> Any:
    """A JSON file; NaN, infinities and keys given twice are refused."""

    def constant(name: str) -> Any:
        raise ConfigError(path.name, [f"holds {name}, which is not a number of JSON"])

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(items)
        if len(out) != len(items):
            keys = [key for key, _ in items]
            raise ConfigError(path.name, [f"gives {next(k for k in keys if keys.count(k) > 1)!r} twice"])
        return out

    try:
        return json.loads(read_text(path), parse_constant=constant, object_pairs_hook=pairs)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(path.name, [f"is not JSON: {error}"]) from None


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

    try:
        text = json.dumps(data, default=_plain, allow_nan=False)
    except ValueError:
        raise ConfigError(file, ["holds nan or inf, which is not a number"]) from None
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        problems = [_problem(kind, details, prefix, drop) for details in error.errors()]
        raise ConfigError(file, list(dict.fromkeys(problems))) from None


def _plain(value: Any) -> str:
    return str(value.isoformat())


def _problem(kind: Any, details: ErrorDetails, prefix: tuple[str | int, ...], drop: int) -> str:
    loc = tuple(part for part in details["loc"][drop:] if not _is_type_name(part))
    path = _key_path((*prefix, *loc)) or "the file"
    message = details["msg"].removeprefix("Value error, ")
    match details["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            known = _known(kind, details["loc"][:-1])
            near = difflib.get_close_matches(str(details["loc"][-1]), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            return f"{path} is not a known key; {hint}"
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return f"{path} is missing"
        case "value_error":
            return f"{path}: {message}"
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
