"""What a department allows: days to start on, and what a course may not exceed."""

from __future__ import annotations

from dataclasses import dataclass

from rtplan.clinic.days import WEEKDAYS
from rtplan.errors import DomainError, positive, whole
from rtplan.note import DESIGN_DEFAULT, Source

__all__ = [
    "RCR_CATEGORIES",
    "Limits",
    "StartRules",
]


RCR_CATEGORIES = Source(text="attributed to the RCR interruption guideline (2019), not read there", verified=False)


CATEGORY_LIMIT_DAYS = {1: 2, 2: 5, 3: 7}
"""Longest prolongation by category [d]: attributed to the RCR guideline, not read there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRules:
    """Which days fraction 1 may fall on.

    no_start_on: weekdays. minimum_first_run: fractions before the first treatment-free day.
    off: the rules are not kept (palliative or emergency course).
    """

    no_start_on: tuple[str, ...] = ()
    minimum_first_run: int | None = None
    off: bool = False
    source: Source = DESIGN_DEFAULT

    def __post_init__(self) -> None:
        for day in self.no_start_on:
            if day not in WEEKDAYS:
                raise DomainError(f"no_start_on takes {', '.join(WEEKDAYS)}, got {day!r}")
        if len(set(self.no_start_on)) >= 7:
            raise DomainError("no_start_on forbids every weekday: no course could ever start")
        if self.minimum_first_run is not None:
            whole("minimum_first_run", self.minimum_first_run, 1, 5)

    @property
    def text(self) -> str:
        """In words; empty where nothing is forbidden."""
        if self.off:
            return ""
        parts = [f"no_start_on {', '.join(self.no_start_on)}"] if self.no_start_on else []
        parts += [f"minimum_first_run {self.minimum_first_run}"] if self.minimum_first_run is not None else []
        return " and ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a course may not exceed; the limits on sessions bind extra sessions of a once-daily prescription.

    category: of the tumour (1, 2, 3), for the longest prolongation. None: no limit on prolongation.
    sessions_a_week, weekly_dose_gy: in a calendar week, Monday to Sunday. [-], [Gy]
    fractions_a_day: most fractions of one day. [-]
    twice_daily_days_running: most calendar days in a row with a second fraction; a weekend between ends the row. [d]
    second_fraction_gy: largest dose of an extra fraction on a day that has one already. [Gy]
    interval_h, cord_interval_h: shortest time between fractions, elapsed; the second where the cord is a region. [h]
    """

    category: int | None = None
    category_source: Source = RCR_CATEGORIES
    sessions_a_week: int = 6
    fractions_a_day: int = 2
    twice_daily_days_running: int = 1
    second_fraction_gy: float = 2.2
    weekly_dose_gy: float | None = None
    interval_h: float = 6.0
    cord_interval_h: float = 8.0
    source: Source = DESIGN_DEFAULT

    def __post_init__(self) -> None:
        if self.category is not None:
            whole("category", self.category, 1, 3)
        whole("sessions_a_week", self.sessions_a_week, 1, 14)
        whole("fractions_a_day", self.fractions_a_day, 1, 4)
        whole("twice_daily_days_running", self.twice_daily_days_running, 1, 7)
        positive("second_fraction_gy", self.second_fraction_gy, "Gy")
        positive("interval_h", self.interval_h, "h")
        positive("cord_interval_h", self.cord_interval_h, "h")
        if self.weekly_dose_gy is not None:
            positive("weekly_dose_gy", self.weekly_dose_gy, "Gy")

    @property
    def prolongation_days(self) -> int | None:
        """Longest prolongation of the category. [d]"""
        return None if self.category is None else CATEGORY_LIMIT_DAYS[self.category]
