"""The notation of regimens: ``45/25``, ``25x1.8``, ``45@1.8``, ``45.6/38bid``, ``41.4/23 + 27/18 bid``.

Phases are joined by ``+``. A phase is one of

- ``total/n``, total dose in n fractions: ``45/25``
- ``nxd``, n fractions of dose d each: ``25x1.8``, ``25fx1.8Gy``, ``1.8Gyx25``
- ``total@d``, total dose at dose d per fraction: ``45@1.8``
- ``total/nxd``, all three, and then they have to agree: ``45/25x1.8``

then ``bid`` or ``tid`` (twice or three times a day on five days), ``eod`` (every other day; also ``q48h``) or
``K/week`` (fractions a week: 1 to 7 once a day; 10, 12, 14 twice a day). One to four a week count from the first
treated day, on whatever weekday that falls. Above 5 Gy per fraction a regimen that does not say how often it is given
has two calendar days from one fraction to the next; ``54/3 5/week`` or ``54/3 daily`` says that days running are meant.

A dose may carry ``Gy`` or ``cGy``, a count ``f``, ``fr``, ``frs``, ``fractions`` or ``#``; for ``x`` also ``×``, ``*``
or ``of``, for ``/`` also ``in``: ``60 Gy in 30 fractions``. Blanks are optional, case is ignored. The weeks may stand
at the end, ``45Gy/25f/5w`` or ``over 5 weeks``: they have to agree with how often it is given.

What can be read in two ways is refused with both readings, never guessed:

- a bare ``nxd`` of two different whole numbers (``5x8``); a unit (``5fx8Gy``) or a decimal point (``30x2.0``) tells;
- ``total/n`` of at most 1 Gy per fraction whose numbers make sense swapped (``25/45``) or with the first as dose per
  fraction (``1.8/25``), and of less than 0.5 Gy per fraction always; ``25fx0.2Gy`` says that a small dose is meant;
- a dose per fraction above 30 Gy without the unit Gy, which may be cGy (``4500/25``).

Below 0.01 and above 100 Gy per fraction everything is refused.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NoReturn

from rtplan.errors import DomainError, shown
from rtplan.prescription.prescription import (
    HIGHEST_DOSE_GY,
    LARGE_DOSE_GY,
    LARGE_DOSE_SPACING_DAYS,
    MAY_BE_CGY_GY,
    Pattern,
    Phase,
    Prescription,
    TargetDose,
    not_stated,
    weekly,
)

__all__ = [
    "LOWEST_DOSE_GY",
    "LOW_DOSE_GY",
    "MOST_FRACTIONS",
    "SMALL_DOSE_GY",
    "looks_like_notation",
    "parse",
    "parse_dose",
]


TARGET = "tumour"
"""The one target of a prescription typed as notation."""


LOW_DOSE_GY = Decimal("0.5")
"""Dose per fraction below which ``total/n`` is never taken as it stands [Gy]. All bounds here: design, no source."""


SMALL_DOSE_GY = Decimal(1)
"""Dose per fraction up to which ``total/n`` is refused where another reading makes sense [Gy]."""


LOWEST_DOSE_GY = Decimal("0.01")
"""Dose per fraction below which every notation is refused [Gy]."""


MOST_FRACTIONS = 999


_MOST_TOTAL_GY = 150  # of a reading that is offered as an alternative


_SAME = Decimal("1e-9")


_FORMS = "a phase is total/n, nxd, total@d or total/nxd, such as 45/25, 25x1.8, 45@1.8 or 45/25x1.8"


_SUFFIXES = "bid, tid, eod or K/week, such as 5/week"


_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+\.[0-9]+|[0-9]+|\.[0-9]+)"
    r"|(?P<unit>cgy|gy|fractions?|fracs?|frs?|fxs|#|f(?![a-wyz]))"
    r"|(?P<sign>(?:in|of)(?![a-z])|[x×*/@]))",
    re.IGNORECASE,
)


_SIGNS = {"×": "x", "*": "x", "of": "x", "in": "/"}


_OFTEN = re.compile(
    r"\s*(?P<word>bid|bd|tid|tds|eod|qod|q48h|every\s+other\s+day|every\s+48\s*h|daily|qd|od)\s*$", re.IGNORECASE
)


_WORDS = {"bid": "bid", "bd": "bid", "tid": "tid", "tds": "tid", "daily": "5/week", "qd": "5/week", "od": "5/week"}
"""The normal form of a word that says how often; every other one means every other day."""


_WEEK = re.compile(r"(?:(?<=\s)|(?<=[a-z#])|^)(?P<count>[0-9.]+)\s*/\s*week\s*$", re.IGNORECASE)


_OVER_WEEKS = re.compile(
    r"\s*(?:/|\b(?:in|over)\s)\s*(?P<weeks>[0-9]+(?:\.[0-9]+)?)\s*(?:w|wks?|weeks?)\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A number as it was typed. unit: "gy", "cgy", "f" or "" for none."""

    text: str
    unit: str

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)

    @property
    def is_dose(self) -> bool:
        return self.unit in ("gy", "cgy")

    @property
    def gy(self) -> Decimal:
        return self.value / 100 if self.unit == "cgy" else self.value

    @property
    def may_be_count(self) -> bool:
        return "." not in self.text and not self.is_dose

    @property
    def decimals(self) -> int:
        """Decimals of the dose in Gy."""
        return len(self.text.partition(".")[2]) + (2 if self.unit == "cgy" else 0)

    def __str__(self) -> str:
        return self.text + {"gy": "Gy", "cgy": "cGy", "f": "f", "": ""}[self.unit]


@dataclass(frozen=True, slots=True)
class _Read:
    """One phase as it was understood."""

    n: int
    total: Decimal
    per_fraction: Decimal | None = None


def looks_like_notation(text: str) -> bool:
    """Is this meant as notation, and not as the name of a regimen? Names begin with a letter.

    >>> looks_like_notation("45/25"), looks_like_notation("cross")
    (True, False)
    """
    stripped = text.strip()
    return not stripped or not (stripped[0].isascii() and stripped[0].isalpha()) or stripped.lower() in ("nan", "inf")


def parse(text: str) -> Prescription:
    """The prescription that a text in regimen notation stands for; its name is the text in one normal form.

    Raises DomainError: one sentence that names the text, and the readings where there is more than one.

    >>> parse("25 x 1.8 Gy").reading
    '25 fractions of 1.8 Gy, 45 Gy'
    >>> parse("4500cGy/25").name
    '45/25'
    >>> parse("5x8")
    Traceback (most recent call last):
    ...
    rtplan.errors.DomainError: '5x8' can be read as 5 fractions of 8 Gy or as 8 fractions of 5 Gy: write 5fx8Gy or ...
    """
    if not text.strip():
        raise DomainError("regimen is empty: write it as 45/25, 25x1.8, 45@1.8, or phases joined by +")
    _check_signs(text)
    parts = text.split("+")
    phases = []
    names = []
    for number, part in enumerate(parts, 1):
        if not part.strip():
            raise DomainError(f"{text.strip()!r} has nothing {_empty_place(number, len(parts))}: {_FORMS}")
        read, suffix, pattern = _phase(part.strip())
        phases.append(
            Phase(
                name=f"phase {number}",
                n_fractions=read.n,
                totals=(TargetDose(target=TARGET, dose_gy=float(read.total)),),
                pattern=pattern,
            )
        )
        names.append(_normal(read) + (f" {suffix}" if suffix else ""))
    return Prescription(name=" + ".join(names), phases=tuple(phases))


def parse_dose(text: str, what: str = "dose") -> float:
    """A single dose in Gy, with an optional ``Gy`` or ``cGy``.

    >>> parse_dose("180cGy"), parse_dose("1.8")
    (1.8, 1.8)
    """
    _check_signs(text)
    quantities, signs = _tokens(text.strip(), text.strip())
    if len(quantities) != 1 or signs or quantities[0].unit == "f" or not quantities[0].value:
        raise DomainError(f"{what} must be one dose greater than 0 Gy, such as 1.8, 1.8Gy or 180cGy, got {text!r}")
    return float(quantities[0].gy)


def _phase(text: str) -> tuple[_Read, str, Pattern]:
    body, weeks = _without_weeks(text)
    body, suffix, pattern = _without_suffix(body, text)
    if weeks is None:
        body, weeks = _without_weeks(body)
    read = _read(body, text)
    return read, *_how_often(text, read, weeks, suffix, pattern)


def _read(body: str, text: str) -> _Read:
    quantities, signs = _tokens(body, text)
    for quantity in quantities:
        if quantity.value == 0:
            raise DomainError(f"{text!r}: doses and numbers of fractions must be greater than 0, got {quantity}")
    match signs:
        case "/":
            read = _total_in_n(text, *quantities)
        case "x":
            read = _n_times_d(text, *quantities)
        case "@":
            read = _total_at_d(text, *quantities)
        case "/x":
            read = _all_three(text, *quantities)
        case _:
            what = "only one number" if len(quantities) == 1 else "signs in an order rtplan does not know"
            raise DomainError(f"{text!r} has {what}: {_FORMS}")
    return read


def _without_weeks(text: str) -> tuple[str, Decimal | None]:
    """The text before a number of weeks at its end, and the weeks."""
    found = _OVER_WEEKS.search(text)
    return (text[: found.start()], Decimal(found["weeks"])) if found else (text, None)


def _without_suffix(body: str, text: str) -> tuple[str, str, Pattern | None]:
    """The body before what says how often, that in its normal form, and the pattern; None where nothing says so."""
    if found := _OFTEN.search(body):
        rest = body[: found.start()]
        _refuse_second_suffix(text, rest)
        return rest, *_word(found["word"].lower())
    if found := _WEEK.search(body):
        rest = body[: found.start()]
        _refuse_second_suffix(text, rest)
        return rest, *_week(text, found["count"])
    if re.search(r"(?:weeks?|wk)\s*$", body, re.IGNORECASE):
        raise DomainError(f"{text!r}: write the fractions a week as K/week after a blank, such as 45/25 5/week")
    return body, "", None


def _refuse_second_suffix(text: str, body: str) -> None:
    if _OFTEN.search(body) or _WEEK.search(body):
        raise DomainError(f"{text!r} states how often it is given twice: one of {_SUFFIXES}")


def _word(word: str) -> tuple[str, Pattern]:
    suffix = _WORDS.get(word, "eod")
    if suffix == "eod":
        return suffix, Pattern(spacing_days=2)
    return suffix, weekly(5, fractions_per_day={"bid": 2, "tid": 3}.get(suffix, 1))


def _how_often(
    text: str, read: _Read, weeks: Decimal | None, suffix: str, pattern: Pattern | None
) -> tuple[str, Pattern]:
    """How often it is given, in its normal form and as a pattern; the weeks, where stated, have to agree."""
    large = read.n > 1 and read.total / read.n > LARGE_DOSE_GY
    daily = "5/week" if large else ""
    if pattern is not None:
        _refuse_weeks(text, read.n, weeks, pattern)
        return (daily if suffix == "5/week" else suffix), pattern
    assumed = replace(not_stated(), spacing_days=LARGE_DOSE_SPACING_DAYS) if large else not_stated()
    if weeks is None or _agree(read.n, weeks, assumed):
        return "", assumed
    _refuse_weeks(text, read.n, weeks, weekly(5))
    return daily, weekly(5)


def _agree(n: int, weeks: Decimal, pattern: Pattern) -> bool:
    return math.ceil(n / _in_a_week(pattern)) == math.ceil(weeks)


def _in_a_week(pattern: Pattern) -> int:
    """Fractions in a working week of the pattern."""
    return min(pattern.fractions_a_week, -(-len(pattern.weekdays) // pattern.spacing) * pattern.fractions_per_day)


def _refuse_weeks(text: str, n: int, weeks: Decimal | None, pattern: Pattern) -> None:
    if weeks is None or _agree(n, weeks, pattern):
        return
    each = _in_a_week(pattern)
    known = [f"{days}/week" for days in (1, 2, 3, 4, 5, 6, 7, 10, 12, 14)] + ["tid"]
    fits = [how for how in known if _agree(n, weeks, _word(how)[1] if how == "tid" else _week(text, how[:-5])[1])]
    hint = f"write how often it is given, such as {fits[0]}" if fits else "no pattern of whole days gives that"
    own = math.ceil(n / each)
    plural = "week" if own == 1 else "weeks"
    raise DomainError(f"{text!r}: {_fractions(n)}, {each} a week, take {own} {plural}, not {_number(weeks)}: {hint}")


def _week(text: str, count: str) -> tuple[str, Pattern]:
    if count in ("1", "2", "3", "4", "5", "6", "7"):
        days = int(count)
        return f"{days}/week", weekly(days)
    if count in ("10", "12", "14"):
        days = int(count) // 2
        return "bid" if days == 5 else f"{count}/week", weekly(days, fractions_per_day=2)
    raise DomainError(
        f"{text!r}: K/week takes 1 to 7 fractions a week (once a day) or 10, 12, 14 (twice a day on 5, 6, 7 days), "
        f"got {count}"
    )


def _total_in_n(text: str, total: _Quantity, count: _Quantity) -> _Read:
    order = "before / stands the total dose, behind it the number of fractions"
    if total.unit == "f":
        raise DomainError(f"{text!r}: {order}: write {count}/{total}")
    if count.is_dose:
        as_count = f"{total}/{count.text} for {count.text} fractions, or " if "." not in count.text else ""
        raise DomainError(f"{text!r}: {order}: write {as_count}{total}@{count} for {_number(count.gy)} Gy per fraction")
    n = _count(text, count)
    dose = total.gy / n
    _refuse_other_readings(text, total, count, n, dose)
    _refuse_high(text, n, dose, named=total.unit)
    return _Read(n, total.gy)


def _refuse_other_readings(text: str, total: _Quantity, count: _Quantity, n: int, dose: Decimal) -> None:
    if dose > SMALL_DOSE_GY:
        return
    others = []
    if dose < LOW_DOSE_GY or n > 1:
        if SMALL_DOSE_GY <= total.gy <= MAY_BE_CGY_GY and n * total.gy <= _MOST_TOTAL_GY:
            others.append(f"{_fractions(n)} of {_number(total.gy)} Gy ({n}fx{_number(total.gy)}Gy)")
        bare = not total.unit and not count.unit
        if bare and "." not in total.text and 1 < n / total.value <= MAY_BE_CGY_GY:
            others.append(f"{n} Gy in {_fractions(int(total.value))} ({n}/{total.text})")
    if not others and dose >= LOW_DOSE_GY:
        return
    literal = f"{_number(total.gy)} Gy in {_fractions(n)}, {_number(dose)} Gy each"
    if others:
        readings = " or as ".join([f"{literal} ({_spelled(n, total.gy, dose)})", *others])
        raise DomainError(f"{text!r} can be read as {readings}: write the one you mean")
    _refuse_low(text, dose)
    raise DomainError(
        f"{text!r} is {literal}: below {LOW_DOSE_GY} Gy per fraction write number and dose, "
        f"such as {_spelled(n, total.gy, dose)}"
    )


def _n_times_d(text: str, first: _Quantity, second: _Quantity) -> _Read:
    count, dose = _count_and_dose(text, first, second)
    both_ways = not first.unit and not second.unit and first.may_be_count and second.may_be_count
    if both_ways and first.value != second.value and second.value <= HIGHEST_DOSE_GY:
        a, b = int(first.text), int(second.text)
        unit = "Gy" if a <= HIGHEST_DOSE_GY else "cGy"
        raise DomainError(
            f"{text!r} can be read as {_fractions(a)} of {b} Gy or as {_fractions(b)} of {a} {unit}: "
            f"write {a}fx{b}Gy or {b}fx{a}{unit}"
        )
    n = _count(text, count)
    _refuse_low(text, dose.gy)
    _refuse_high(text, n, dose.gy, named=dose.unit)
    return _Read(n, n * dose.gy, dose.gy)


def _count_and_dose(text: str, first: _Quantity, second: _Quantity) -> tuple[_Quantity, _Quantity]:
    """Which of two numbers joined by x is the count: units decide, without them the first."""
    if first.is_dose and second.is_dose:
        raise DomainError(
            f"{text!r} multiplies two doses, {first} and {second}: one of them must be the number of fractions"
        )
    if first.unit == "f" and second.unit == "f":
        raise DomainError(f"{text!r} multiplies two numbers of fractions: one of them must be a dose")
    if first.is_dose or second.unit == "f":
        return second, first
    if not first.unit and not second.unit and not first.may_be_count and second.may_be_count:
        raise DomainError(
            f"{text!r}: the number of fractions comes first and is whole, or units tell: "
            f"write {second.text}x{first.text} for {_fractions(int(second.text))} of {first.text} Gy"
        )
    return first, second


def _total_at_d(text: str, total: _Quantity, dose: _Quantity) -> _Read:
    if total.unit == "f" or dose.unit == "f":
        raise DomainError(f"{text!r}: @ joins a total dose and a dose per fraction, not a number of fractions")
    n = total.gy / dose.gy
    below = int(n)
    if abs(n - round(n)) > _SAME or round(n) < 1:
        neighbours = " or ".join(f"{_fractions(k)}, {_number(k * dose.gy)} Gy" for k in (below, below + 1) if k >= 1)
        raise DomainError(
            f"{text!r}: {_number(total.gy)} Gy at {_number(dose.gy)} Gy per fraction is {_number(n)} fractions, "
            f"not a whole number: {neighbours}"
        )
    whole = round(n)
    _check_number(text, whole)
    _refuse_low(text, dose.gy)
    _refuse_high(text, whole, dose.gy, named=dose.unit)
    return _Read(whole, total.gy, dose.gy)


def _all_three(text: str, total: _Quantity, first: _Quantity, second: _Quantity) -> _Read:
    if total.unit == "f":
        raise DomainError(f"{text!r}: before / stands the total dose, not a number of fractions")
    count, dose = _count_and_dose(text, first, second)
    n = _count(text, count)
    given = total.gy / n
    # 70/33x2.12: a dose per fraction printed rounded, to two decimals at least, still agrees with the total
    slack = Decimal(10) ** -dose.decimals / 2 if dose.decimals >= 2 else _SAME
    if abs(given - dose.gy) > slack:
        raise DomainError(
            f"{text!r} contradicts itself: {_number(total.gy)} Gy in {_fractions(n)} is {_number(given)} Gy "
            f"per fraction, {_fractions(n)} of {_number(dose.gy)} Gy are {_number(n * dose.gy)} Gy"
        )
    _refuse_low(text, given)
    _refuse_high(text, n, given, named=dose.unit or total.unit)
    return _Read(n, total.gy, dose.gy)


def _count(text: str, quantity: _Quantity) -> int:
    if quantity.is_dose or "." in quantity.text:
        raise DomainError(
            f"{text!r}: the number of fractions must be a whole number written without a point, got {quantity}"
        )
    number = int(quantity.text)
    _check_number(text, number)
    return number


def _check_number(text: str, number: int) -> None:
    if number > MOST_FRACTIONS:
        raise DomainError(f"{text!r}: the number of fractions must be at most {MOST_FRACTIONS}, got {number}")


def _refuse_low(text: str, dose: Decimal) -> None:
    if dose < LOWEST_DOSE_GY:
        raise DomainError(f"{text!r} is {_number(dose)} Gy per fraction, which is below {LOWEST_DOSE_GY} Gy")


def _refuse_high(text: str, n: int, dose: Decimal, *, named: str) -> None:
    if dose > HIGHEST_DOSE_GY or (dose > MAY_BE_CGY_GY and not named):
        explicit = f" or {n}fx{_number(dose, exact=True)}Gy" if dose <= HIGHEST_DOSE_GY else ""
        each = f"{_number(dose)} Gy per fraction"
        if named:
            raise DomainError(f"{text!r} is {each}, which is above {HIGHEST_DOSE_GY} Gy")
        raise DomainError(
            f"{text!r} can be read as {each} in Gy or as {_number(dose / 100)} Gy per fraction in cGy: "
            f"write {n}fx{_number(dose, exact=True)}cGy{explicit}"
        )


_MOST_SIGNS = 200
"""Of a regimen, and _MOST_DIGITS of one number in it. Design defaults, no source."""

_MOST_DIGITS = 12


def _check_signs(text: str) -> None:
    if len(text) > _MOST_SIGNS:
        raise DomainError(f"{shown(text)} has {len(text)} signs: a regimen or a dose has at most {_MOST_SIGNS}")
    if found := re.search(f"[0-9.]{{{_MOST_DIGITS + 1},}}", text):
        raise DomainError(
            f"{shown(text)} has the number {found[0]} of {len(found[0])} signs: it takes at most {_MOST_DIGITS}"
        )
    for sign in text:
        if sign == ",":
            raise DomainError(
                f"{text.strip()!r} has a comma: write decimals with a point, such as 1.8, and thousands without a mark"
            )
        if sign in "-−":
            raise DomainError(
                f"{text.strip()!r} has a minus sign: doses and numbers of fractions must be greater than 0"
            )
        if not sign.isascii() and sign != "×" and not sign.isspace():
            name = unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
            raise DomainError(
                f"{text.strip()!r} has the sign {sign!r} ({name}): write 0 to 9, a point, and x or × / @ +"
            )


def _tokens(body: str, text: str) -> tuple[list[_Quantity], str]:
    """The numbers with their units, and the signs between them."""
    quantities: list[_Quantity] = []
    signs = ""
    place = 0
    while place < len(body):
        found = _TOKEN.match(body, place)
        if found is None:
            if body[place:].isspace():
                break
            word = re.match(r"\s*([A-Za-z]+|\S)", body[place:])
            _refuse_word(text, word[1] if word else body[place:])
        if found["number"]:
            if len(quantities) > len(signs):
                raise DomainError(f"{text!r} has two numbers with no sign between them: {_FORMS}")
            quantities.append(_Quantity(found["number"], ""))
        elif found["unit"]:
            if len(quantities) <= len(signs) or quantities[-1].unit:
                raise DomainError(f"{text!r}: the unit {found['unit']} does not follow a number")
            unit = found["unit"].lower()
            quantities[-1] = _Quantity(quantities[-1].text, unit if unit in ("gy", "cgy") else "f")
        else:
            if len(quantities) <= len(signs):
                raise DomainError(f"{text!r} has {found['sign']!r} without a number before it: {_FORMS}")
            sign = found["sign"].lower()
            signs += _SIGNS.get(sign, sign)
        place = found.end()
    if signs.endswith("x") and len(quantities) == len(signs) and quantities[-1].unit == "f":
        signs = signs[:-1]  # 45/25fx: fx is also an abbreviation of fractions
    if len(quantities) <= len(signs):
        raise DomainError(f"{text!r} ends without a number: {_FORMS}")
    return quantities, signs


def _refuse_word(text: str, word: str) -> NoReturn:
    if word.lower() in ("nan", "inf", "infinity"):
        raise DomainError(f"{text!r}: doses and numbers of fractions must be finite, got {word}")
    if word.lower() in ("qd", "od", "bd", "tid", "tds", "qid", "daily", "bid"):
        raise DomainError(f"{text!r}: how often it is given is written once, at the end, as {_SUFFIXES}, got {word}")
    raise DomainError(f"{text!r}: cannot read {word!r}; {_FORMS}, then optionally {_SUFFIXES}")


def _empty_place(number: int, of: int) -> str:
    if number == 1:
        return "before the first +"
    return "behind the last +" if number == of else "between two +"


def _fractions(n: int) -> str:
    return f"{n} fraction" if n == 1 else f"{n} fractions"


def _number(value: Decimal, *, exact: bool = False) -> str:
    """At most four decimals, or (exact) as many as round to the same dose of one fraction."""
    text = f"{value:.9f}" if exact else f"{value:.4f}"
    text = text.rstrip("0").rstrip(".")
    return text if text not in ("", "0") else f"{value:.3g}"


def _spelled(n: int, total: Decimal, dose: Decimal) -> str:
    """A notation that has one reading only."""
    short = _number(dose)
    if Decimal(short) * n == total:
        return f"{n}fx{short}Gy"
    return f"{_number(total, exact=True)}Gy/{n}fx{short}Gy"


def _normal(read: _Read) -> str:
    total = format(read.total.normalize(), "f")
    plain = f"{total}/{read.n}"
    try:
        again = _read(plain, plain)
    except DomainError:
        per_fraction = read.per_fraction if read.per_fraction is not None else read.total / read.n
        return f"{total}Gy/{read.n}x{_digits(per_fraction)}Gy"
    return plain if (again.n, again.total) == (read.n, read.total) else f"{total}Gy/{read.n}f"


def _digits(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return text if len(text) <= 12 else _number(value, exact=True)
