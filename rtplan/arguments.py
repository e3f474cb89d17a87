"""Arguments of the front door: each must be of the kind that its annotation names, before anything is done with it."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import os
import re
from collections.abc import Callable, Collection, Mapping
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

from rtplan.errors import DomainError, shown

__all__ = ["of_their_kind"]

P = ParamSpec("P")
T = TypeVar("T")


def of_their_kind(question: Callable[P, T]) -> Callable[P, T]:
    """The same function, which refuses arguments of another kind in one sentence. DomainError names argument and kind.

    The annotations are read as text, so that no class has to be loaded for it.

    >>> @of_their_kind
    ... def halved(days: int) -> float:
    ...     return days / 2
    >>> halved("three")
    Traceback (most recent call last):
    rtplan.errors.DomainError: days takes a whole number, got 'three'
    """
    signature = inspect.signature(question)

    @functools.wraps(question)
    def asked(*args: P.args, **words: P.kwargs) -> T:
        try:
            given = signature.bind(*args, **words).arguments
        except TypeError as error:
            raise TypeError(f"{question.__name__}(): {error}") from None
        for name, value in given.items():
            parameter = signature.parameters[name]
            several = value if parameter.kind is parameter.VAR_POSITIONAL else (value,)
            for one in several:
                if not fits(one, str(parameter.annotation)):
                    raise DomainError(f"{name} takes {in_words(str(parameter.annotation))}, got {shown(one)}")
        return question(*args, **words)

    return asked


def _is_path(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, os.PathLike) and isinstance(os.fspath(value), str))


def _is_moment(value: object) -> bool:
    return isinstance(value, str | dt.datetime)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


_TEXT = "a text"
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "None": (lambda value: value is None, "None"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "str": (lambda value: isinstance(value, str), _TEXT),
    "int": (_is_whole, "a whole number"),
    "float": (_is_number, "a number"),
    "Day": (lambda value: isinstance(value, str | dt.date), "a date"),
    "dt.time": (lambda value: isinstance(value, dt.time), "a time"),
    "Moment": (_is_moment, "a moment"),
    "Path": (_is_path, "a name or a path"),
    "PathLike[str]": (_is_path, "a path"),
}
"""How a kind is known, and its words. Other names are those of a class, or of a Literal, which is checked later."""

_SHORT = {
    "Texts": "str | Sequence[str]",
    "Numbers": "float | Sequence[float]",
    "Delays": "Mapping[int, int] | Sequence[tuple[int, int]]",
    "Times": "str | Sequence[dt.time]",
    "Regimen": "str | Prescription",
}
_SAID = {"Day | Sequence[Day]": "dates and spans such as '2026-03-10..2026-03-12'"}
_WORDS = ("YesNo", "Method", "Policy", "Against", "RankBy", "ClinicFrom", "SiteFrom")


def fits(value: object, kind: str) -> bool:
    """Is a value of the kind that an annotation names?"""
    return any(_one(value, part) for part in _parts(kind))


def in_words(kind: str) -> str:
    """An annotation for a reader.

    >>> in_words("str | Sequence[str]"), in_words("Path | None")
    ('a text, or several', 'a name or a path, or None')
    """
    if kind in _SAID:
        return _SAID[kind]
    named = [_in_words(part) for part in _parts(kind)]
    return ", or ".join(dict.fromkeys(named))


def _in_words(part: str) -> str:
    if part.startswith("Sequence["):
        return "several"
    if part.startswith("Mapping["):
        return "a mapping"
    if part.startswith("tuple["):
        return "pairs"
    if part.startswith("Callable["):
        return "a function"
    return _KINDS[part][1] if part in _KINDS else _TEXT if part in _WORDS else f"a {part}"


def _parts(kind: str) -> list[str]:
    """The members of a union."""
    kind = _SHORT.get(kind, kind)
    found = [part.strip() for part in re.split(r"\|(?![^\[]*\])", kind)]
    return [inner for part in found for inner in (_parts(part) if part in _SHORT else [part])]


def _one(value: Any, part: str) -> bool:
    if part in _KINDS:
        return _KINDS[part][0](value)
    if part in _WORDS:
        return isinstance(value, str)
    kind, _, inner = part.removesuffix("]").partition("[")
    if kind == "Callable":
        return callable(value)
    if kind == "Sequence":
        several = isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
        return several and all(fits(item, inner) for item in value)
    if kind == "tuple":
        each = inner.split(", ")
        return isinstance(value, tuple | list) and len(value) == len(each) and all(map(fits, value, each))
    if kind == "Mapping":
        key, _, item = inner.partition(", ")
        return isinstance(value, Mapping) and all(fits(k, key) and fits(v, item) for k, v in value.items())
    return any(base.__name__ == part.rpartition(".")[2] for base in type(value).__mro__)
