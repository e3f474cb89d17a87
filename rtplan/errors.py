"""Errors of rtplan, and the checks on single numbers that raise them.

Every refusal is one sentence that names what was wrong, its value and the bound it broke.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real

__all__ = [
    "WRONG",
    "ConfigError",
    "DomainError",
    "NoClinicError",
    "QuestionError",
    "RtplanError",
    "ScheduleError",
    "did_you_mean",
    "failing",
    "finite",
    "non_negative",
    "one_of",
    "positive",
    "refuse",
    "takes",
    "together",
    "whole",
]


class RtplanError(Exception):
    """Base of everything rtplan refuses."""


class DomainError(RtplanError, ValueError):
    """A number lies outside the range in which a formula or a value has a meaning. problems: one sentence each."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Each of the sentences; usually one."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "\n".join(self.problems)


class QuestionError(DomainError):
    """Arguments that do not make one question: they contradict each other, or one of them needs another."""


class NoClinicError(QuestionError):
    """A course is to be laid on days, and nobody named the clinic whose days they are. what: the course."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f'{what} names no clinic, and its days decide the dates: give clinic=, such as "england", a country code '
            'such as "GB-ENG", or the path of a clinic\'s file'
        )


class ScheduleError(RtplanError, ValueError):
    """A course or a cycle cannot be put on the calendar as asked."""


class ConfigError(RtplanError, ValueError):
    """A file cannot be used: names the file and, for each problem, the key path, the value and the bound."""

    def __init__(self, file: str, problems: Sequence[str]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in self.problems))


def refuse(problems: Iterable[str]) -> None:
    """Raise one DomainError with all the problems of a value, where there are any.

    A check that cannot be made because of a problem found before it is left out.

    >>> refuse(failing(whole, "fractions", 0, 1) + failing(positive, "dose", -1.8, "Gy"))
    Traceback (most recent call last):
    rtplan.errors.DomainError: fractions must be a whole number of at least 1, got 0
    dose must be greater than 0 Gy, got -1.8
    """
    found, reason = together(problems)
    if found:
        raise DomainError(*dict.fromkeys(found))
    if reason is not None:
        raise reason


def together(problems: Iterable[str]) -> tuple[list[str], Exception | None]:
    """All the problems up to a check that cannot be made, and why it cannot; None where all were made."""
    found: list[str] = []
    try:
        for problem in problems:
            found.append(problem)
    except DomainError as error:
        found += error.problems
    except (TypeError, ArithmeticError, AttributeError, LookupError) as error:
        return found, error
    return found, None


class _Wrong:
    """In place of a value that is wrong by itself: whatever depends on it cannot be checked."""

    def __bool__(self) -> bool:
        raise TypeError("a wrong value is neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a wrong value is compared with nothing")

    __hash__ = object.__hash__


WRONG = _Wrong()


def failing(check: Callable[..., object], *arguments: object) -> tuple[str, ...]:
    """What a check has against its arguments: no sentence, or those of its refusal; nothing where one is `WRONG`."""
    if any(argument is WRONG for argument in arguments):
        return ()
    try:
        check(*arguments)
    except DomainError as error:
        return error.problems
    return ()


def _number(name: str, value: object, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise DomainError(f"{name} must be a number{_in(unit)}, got {value!r}")
    return float(value)


def _in(unit: str) -> str:
    return f" in {unit}" if unit else ""


def _of(unit: str) -> str:
    return f" {unit}" if unit else ""


def finite(name: str, value: object, unit: str = "") -> float:
    """A finite number, as float.

    >>> finite("alpha/beta", 3, "Gy")
    3.0
    """
    number = _number(name, value, unit)
    if not math.isfinite(number):
        raise DomainError(f"{name} must be finite{_in(unit)}, got {value!r}")
    return number


def positive(name: str, value: object, unit: str = "") -> float:
    """A finite number above zero, as float.

    >>> positive("dose", -1.8, "Gy")
    Traceback (most recent call last):
    rtplan.errors.DomainError: dose must be greater than 0 Gy, got -1.8
    """
    number = finite(name, value, unit)
    if number <= 0:
        raise DomainError(f"{name} must be greater than 0{_of(unit)}, got {value!r}")
    return number


def non_negative(name: str, value: object, unit: str = "") -> float:
    """A finite number, zero or above, as float."""
    number = finite(name, value, unit)
    if number < 0:
        raise DomainError(f"{name} must be 0{_of(unit)} or greater, got {value!r}")
    return number


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The nearest known name, or all of them: the end of a refusal. cutoff: how alike two names must be, 0 to 1.

    >>> did_you_mean("englnd", ["england", "weekdays"])
    "did you mean 'england'?"
    """
    import difflib

    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


def one_of(name: str, value: object, known: Sequence[str]) -> None:
    """Refuse what is not one of the known words.

    >>> one_of("severity", "loud", ("info", "warning"))
    Traceback (most recent call last):
    rtplan.errors.DomainError: severity takes info, warning, got 'loud'
    """
    if value not in known:
        raise DomainError(takes(name, value, known))


def takes(name: str, value: object, known: Sequence[str]) -> str:
    """The sentence of such a refusal."""
    return f"{name} takes {', '.join(known)}, got {value!r}"


def whole(name: str, value: object, low: int | None = None, high: int | None = None) -> int:
    """A whole number between bounds, as int. Booleans and 25.0 are refused.

    >>> whole("fractions", 0, 1)
    Traceback (most recent call last):
    rtplan.errors.DomainError: fractions must be a whole number of at least 1, got 0
    """
    bound = "".join(
        [f" of at least {low}" if low is not None else "", f" and at most {high}" if high is not None else ""]
    )
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise DomainError(f"{name} must be a whole number{bound}, got {value!r}")
    number = int(value)
    if (low is not None and number < low) or (high is not None and number > high):
        raise DomainError(f"{name} must be a whole number{bound}, got {value!r}")
    return number
