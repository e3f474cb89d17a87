"""Errors of rtplan, and the checks on single numbers that raise them.

Every refusal is one sentence that names what was wrong, its value and the bound it broke.
"""

from __future__ import annotations

import math
import re
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
    "count_of",
    "did_you_mean",
    "failing",
    "finite",
    "non_negative",
    "one_of",
    "positive",
    "refuse",
    "shown",
    "takes",
    "together",
    "visible",
    "whole",
]


_UNSEEN = re.compile("\r\n|[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control signs (C0 but for the line break, DEL, C1), and those that end lines or turn the direction of reading."""

_LONGEST_VALUE = 200  # signs of a value that a message repeats

_LONGEST_PROBLEM = 2000  # signs of one problem of a file, whatever the file holds


def visible(text: str) -> str:
    r"""Text whose control signs, and those that turn the direction of reading, are written out; line breaks stay.

    The one place that does so for every output. What it writes is an escape of JSON too.

    >>> print(visible("2026\x1b[2J"), visible("\u202eabc"))
    2026\u001b[2J \u202eabc
    """
    if _UNSEEN.search(text) is None:
        return text  # the very same
    return _UNSEEN.sub(lambda found: "\n" if found[0] == "\r\n" else f"\\u{ord(found[0]):04x}", text)


def shown(value: object) -> str:
    """A value as a message repeats it: its beginning where it is long, in words where it has no end.

    >>> shown("45/25"), shown(10**5000)
    ("'45/25'", 'a number of thousands of digits')
    """
    try:
        text = repr(value)
    except ValueError:  # Python turns no whole number of so many digits into text
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def count_of(text: str, most: int) -> int | None:
    """The whole number from 0 to ``most`` that a text of digits says; None where it says another, or none.

    A number of any length is looked at before it is read.

    >>> count_of("007", 99), count_of("100", 99), count_of("9" * 5000, 99), count_of("-1", 99)
    (7, None, None, None)
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0") or "0"
    number = int(digits) if len(digits) <= len(str(most)) else most + 1
    return number if number <= most else None


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
        self.problems = tuple(
            problem if len(problem) <= _LONGEST_PROBLEM else f"{problem[:_LONGEST_PROBLEM]}…" for problem in problems
        )
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
        raise DomainError(f"{name} must be a number{_in(unit)}, got {shown(value)}")
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


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
        raise DomainError(f"{name} must be finite{_in(unit)}, got {shown(value)}")
    return number


def positive(name: str, value: object, unit: str = "") -> float:
    """A finite number above zero, as float.

    >>> positive("dose", -1.8, "Gy")
    Traceback (most recent call last):
    rtplan.errors.DomainError: dose must be greater than 0 Gy, got -1.8
    """
    number = finite(name, value, unit)
    if number <= 0:
        raise DomainError(f"{name} must be greater than 0{_of(unit)}, got {shown(value)}")
    return number


def non_negative(name: str, value: object, unit: str = "") -> float:
    """A finite number, zero or above, as float."""
    number = finite(name, value, unit)
    if number < 0:
        raise DomainError(f"{name} must be 0{_of(unit)} or greater, got {shown(value)}")
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
    return f"{name} takes {', '.join(known)}, got {shown(value)}"


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
        raise DomainError(f"{name} must be a whole number{bound}, got {shown(value)}")
    number = int(value)
    if (low is not None and number < low) or (high is not None and number > high):
        raise DomainError(f"{name} must be a whole number{bound}, got {shown(value)}")
    return number
