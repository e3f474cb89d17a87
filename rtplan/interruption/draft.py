"""An option before it is judged: a dated course with what it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rtplan.compensation.dose import DoseStep
from rtplan.compensation.sessions import Method
from rtplan.course.course import Course
from rtplan.note import Phrase

__all__ = [
    "TIERS",
    "Draft",
    "OptionMethod",
    "Tier",
]


TIERS = {
    "a": "matched machine, or the rest of the fraction, the same day",
    "b": "weekend, holiday or worked-weekend sessions",
    "c": "second fractions on a day",
    "d": "another dose per fraction",
    "e": "added fractions",
    "none": "uncompensated",
}


Tier = Literal["none", "a", "b", "c", "d", "e"]
"""none: nothing is compensated; a to e: the order in which options are taught."""


OptionMethod = (
    Method
    | Literal[
        "start delayed",
        "append",
        "remainder",
        "rest never given",
        "rest shared",
        "rest added to the next",
        "left out",
        "dose per fraction",
        "sessions and dose per fraction",
        "added fractions",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An option before it is judged. opened: kind of its extra sessions, where it has any."""

    id: str
    tier: Tier
    method: OptionMethod
    label: Phrase
    course: Course
    goal: str = ""
    sessions: Mapping[dt.date, int] | None = None
    doses: tuple[DoseStep, ...] = ()
    added: int = 0
    opened: Method | None = None
