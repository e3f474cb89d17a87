"""Files into values: strict, all problems of a file at once."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import io
import json
import math
import os
import stat
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rtplan.errors import WRONG, ConfigError, DomainError, did_you_mean, takes, together

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = [
    "T",
    "beginning",
    "checksum",
    "opened",
    "read_bytes",
    "read_json",
    "read_toml",
    "toml_data",
    "validate",
]


T = TypeVar("T")

Names = Callable[[dict[str, Any]], Iterable[tuple[str, str]]]


MAX_BYTES = 20_000_000
"""The most that is read of a file: a hundred plans, a year's records of a department. Design default, no source."""

_MOST_DIGITS = 18
"""Of a whole number in a file: JSON's own readers go no further."""


def read_toml(path: Path, value: type[T], shown: str = "", names: Names | None = None) -> T:
    """A TOML file into a value. shown: the file as the user typed it.

    names: what its data call by name and is not there, as key path and sentence; reported with all other problems.
    """
    shown = shown or str(path)
    data = toml_data(path, shown)
    if names is None:
        return _value(data, value, shown)
    problems: Sequence[str] = ()
    read: T | None = None
    try:
        read = _value(copy.deepcopy(data), value, shown)
    except ConfigError as error:
        problems = error.problems
    found = _merged(problems, list(names(_columns(data))))
    if found or read is None:
        raise ConfigError(shown, found)
    return read


def _merged(problems: Sequence[str], names: Sequence[tuple[str, str]]) -> list[str]:
    """All problems once: one that is named with its key path is left out where it stands without."""
    placed = [text for place, text in names if place]
    kept = [problem for problem in problems if not any(text in problem for text in placed)]
    return list(dict.fromkeys([*kept, *(f"{place}: {text}" if place else text for place, text in names)]))


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    """record_columns, column = meaning in a file, as pairs of meaning and column."""
    if isinstance(columns := data.get("record_columns"), dict):
        data["record_columns"] = [[meaning, column] for column, meaning in columns.items()]
    return data


def _value(data: dict[str, Any], value: type[T], shown: str) -> T:
    result: tuple[T] = validate(tuple[value], [_columns(data)], shown, drop=1)  # type: ignore[valid-type]
    return result[0]


def toml_data(path: Path, shown: str) -> dict[str, Any]:
    """Data of a TOML file; ConfigError where it is none. shown: the file as the user typed it."""
    text = read_text(path, shown)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(shown, [f"is not TOML: {error}"]) from None
    except RecursionError:
        raise ConfigError(shown, ["is not TOML that can be read: its tables are too deep"]) from None
    except ValueError:  # Python reads no whole number of so many digits
        raise ConfigError(shown, ["holds a number of thousands of digits"]) from None


def read_text(path: Path, shown: str = "") -> str:
    """Text of a file, UTF-8; ConfigError where it is missing, empty, too large or not text.

    shown: the file as the user typed it.
    """
    shown = shown or str(path)
    try:
        text = io.TextIOWrapper(io.BytesIO(read_bytes(path, shown)), encoding="utf-8-sig").read()
    except UnicodeDecodeError:
        raise ConfigError(shown, ["is not UTF-8 text"]) from None
    if not text.strip():
        raise ConfigError(shown, ["is empty"])
    return text


def read_bytes(path: Path, shown: str = "", most: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file; ConfigError where it is missing, empty, too large, a folder, a pipe or a device.

    shown: the file as the user typed it.
    """
    content = beginning(path, most + 1, shown)
    if len(content) > most:
        raise ConfigError(shown or str(path), [f"is larger than {most} bytes, the most that is read"])
    if not content.strip():
        raise ConfigError(shown or str(path), ["is empty"])
    return content


def beginning(path: Path, most: int, shown: str = "") -> bytes:
    """The first bytes of a regular file, at most so many.

    ConfigError where it is missing, a folder, a pipe or a device.
    """
    shown = shown or str(path)
    with opened(path, shown) as stream:
        try:
            return stream.read(most)
        except OSError as error:
            raise ConfigError(shown, [_why(error)]) from None


def opened(path: Path, shown: str = "") -> io.BufferedReader:
    """A regular file, open for reading: a pipe is neither waited for nor emptied, a device not touched.

    ConfigError as of `beginning`.
    """
    shown = shown or str(path)
    try:
        return _opened(path)
    except FileNotFoundError:
        raise ConfigError(shown, ["no such file"]) from None
    except IsADirectoryError:
        raise ConfigError(shown, ["is a folder, not a file"]) from None
    except ValueError:  # a NUL sign in the name
        raise ConfigError(shown, ["is no name of a file"]) from None
    except OSError as error:
        raise ConfigError(shown, [_why(error)]) from None


_NO_FILE = "is a pipe or a device, not a file"


def _why(error: OSError) -> str:
    return _NO_FILE if error.args == (_NO_FILE,) else f"cannot be read: {error.strerror or error}"


def _opened(path: Path) -> io.BufferedReader:
    _check_regular(os.stat(path).st_mode)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check_regular(os.fstat(handle).st_mode)
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _check_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError
    if not stat.S_ISREG(mode):
        raise OSError(_NO_FILE)


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

    def whole(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            raise ConfigError(str(path), [f"holds a whole number of {len(digits)} digits, {digits[:_MOST_DIGITS]}…"])
        return int(digits)

    try:
        return json.loads(read_text(path), parse_constant=constant, object_pairs_hook=pairs, parse_int=whole)
    except json.JSONDecodeError as error:
        raise ConfigError(str(path), [f"is not JSON: {error}"]) from None
    except RecursionError:
        raise ConfigError(str(path), ["is not JSON that can be read: its lists or tables are too deep"]) from None


def checksum(path: Path) -> str:
    """SHA-256 of a file of any size, in hexadecimal."""
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(kind, config=ConfigDict(extra="forbid", allow_inf_nan=False, strict=True))


def validate(kind: Any, data: Any, file: str, prefix: tuple[str | int, ...] = (), drop: int = 0) -> Any:
    """Data of a file into values of the very classes the code uses; ConfigError lists every problem by key path."""
    from pydantic import ValidationError

    if strange := list(_not_finite(data, ())):
        named = {_key_path((*prefix, *path[drop:])) or "the file": value for path, value in strange}
        rest = _others(kind, _with_text(data, [path for path, _ in strange]), file, prefix, drop)
        told = [f"{path}: must be a finite number, got {value}" for path, value in named.items()]
        raise ConfigError(
            file, [*told, *(text for text in rest if not text.startswith(tuple(f"{p}: " for p in named)))]
        )
    try:
        return _adapter(kind).validate_json(json.dumps(data, default=_plain))
    except ValidationError as error:
        found = error.errors()
    problems = [problem for details in found for problem in _problems(kind, details, prefix, drop)]
    known = _without([details["loc"] for details in found if details["type"] in _UNKNOWN_KEY], data)
    try:  # an unknown key keeps the values of its table from being checked: once more without it
        _adapter(kind).validate_json(json.dumps(known, default=_plain))
    except ValidationError as error:
        problems += [problem for details in error.errors() for problem in _problems(kind, details, prefix, drop)]
        problems += _wholes(kind, known, [details["loc"] for details in error.errors()], prefix, drop)
    raise ConfigError(file, list(dict.fromkeys(problems)))


def _others(kind: Any, data: Any, file: str, prefix: tuple[str | int, ...], drop: int) -> tuple[str, ...]:
    """The problems of data, none where there are none."""
    try:
        validate(kind, data, file, prefix, drop)
    except ConfigError as error:
        return error.problems
    return ()


def _with_text(data: Any, places: Sequence[Sequence[str | int]]) -> Any:
    """A copy of the data with a text, which is no number, at these places."""
    data = copy.deepcopy(data)
    for *inner, last in places:
        table = data
        for part in inner:
            table = table[part]
        table[last] = "not a number"
    return data


_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")


def _wholes(
    kind: Any, data: Any, places: Sequence[Sequence[str | int]], prefix: tuple[str | int, ...], drop: int
) -> list[str]:
    """What the tables around wrong values have against the rest of themselves."""
    keys = [tuple(part for part in place if not _is_type_name(part)) for place in places]
    found = []
    for table in sorted({key[:end] for key in keys for end in range(len(key))}, key=str):
        path = _key_path((*prefix, *table[drop:]))
        found += [f"{path}: {problem}" if path else problem for problem in _whole(_at(kind, table), data, table)]
    return found


def _whole(kind: Any, data: Any, place: Sequence[str | int]) -> list[str]:
    """What a value of this kind has against itself, made without those of its keys that are wrong by themselves."""
    for part in place:
        data = data[part]
    if not (dataclasses.is_dataclass(kind) and hasattr(kind, "_problems") and isinstance(data, dict)):
        return []
    hints = typing.get_type_hints(kind)
    value: Any = object.__new__(typing.cast("type", kind))
    for field in dataclasses.fields(kind):
        object.__setattr__(value, field.name, _apart(field, hints[field.name], data))
    return together(value._problems())[0]


def _apart(field: dataclasses.Field[Any], hint: Any, data: dict[str, Any]) -> Any:
    """The value of one key by itself; `WRONG` where it is none, or missing."""
    if field.name not in data:
        if field.default_factory is not dataclasses.MISSING:
            return field.default_factory()
        return WRONG if field.default is dataclasses.MISSING else field.default
    try:
        return validate(tuple.__class_getitem__(hint), [data[field.name]], "")[0]
    except ConfigError:
        return WRONG


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


def _problems(kind: Any, details: ErrorDetails, prefix: tuple[str | int, ...], drop: int) -> list[str]:
    """What is wrong at one place, a sentence each: a value says everything it has against itself at once."""
    refusal = details.get("ctx", {}).get("error")
    if details["type"] != "value_error" or not isinstance(refusal, DomainError):
        return [_problem(kind, details, prefix, drop)]
    path = _key_path((*prefix, *(part for part in details["loc"][drop:] if not _is_type_name(part))))
    return [f"{path}: {problem}" if path else problem for problem in refusal.problems]


def _problem(kind: Any, details: ErrorDetails, prefix: tuple[str | int, ...], drop: int) -> str:
    loc = tuple(part for part in details["loc"][drop:] if not _is_type_name(part))
    path = _key_path((*prefix, *loc)) or "the file"
    message = details["msg"].removeprefix("Value error, ")
    match details["type"]:
        case kind_of if kind_of in _UNKNOWN_KEY:
            known = _known(kind, details["loc"][:-1])
            return f"{path} is not a known key; {did_you_mean(str(details['loc'][-1]), known, cutoff=0.5)}"
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return f"{path} is missing"
        case "literal_error":
            *place, key = (*prefix, *loc)
            sentence = takes(str(key), details["input"], typing.get_args(_at(kind, details["loc"])))
            return f"{_key_path(place)}: {sentence}" if place else sentence
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
    kind = _at(kind, loc)
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return []


def _at(kind: Any, loc: Sequence[int | str]) -> Any:
    """What is wanted at a place, found by walking the classes along the path."""
    for part in loc:
        kind = kind if _is_type_name(part) else _step(kind, part)
    return kind


def _step(kind: Any, part: int | str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(part, str):
        hints = typing.get_type_hints(kind)
        return _unwrapped(hints.get(part))
    if isinstance(part, int):
        arguments = typing.get_args(kind)
        return _unwrapped(arguments[min(part, len(arguments) - 1)] if Ellipsis not in arguments else arguments[0])
    return kind


def _unwrapped(kind: Any) -> Any:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return next((member for member in typing.get_args(kind) if member is not types.NoneType), kind)
    return kind
