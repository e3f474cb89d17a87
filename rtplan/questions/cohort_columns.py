"""What a table of courses is read from and answered in, and what the user states for all of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtplan.errors import DomainError, non_negative, one_of
from rtplan.planning.resolve import Where
from rtplan.records.by_course import CourseRecords

__all__ = [
    "BANDED",
    "COLUMNS",
    "LONGEST_DAYS",
    "READ",
    "Asked",
    "Band",
    "Kind",
]


Kind: TypeAlias = Literal["text", "date", "integer", "number", "flag"]

READ = ("id", "regimen", "start", "clinic", "site", "arm", "category", "first", "last", "n_given")
"""Columns of a table of courses; those of every other name are not looked at."""

COLUMNS: Mapping[str, Kind] = {
    "id": "text",
    "arm": "text",
    "regimen": "text",
    "clinic": "text",
    "site": "text",
    "category": "integer",
    "start": "date",
    "planned_first": "date",
    "planned_last": "date",
    "n_fractions": "integer",
    "planned_overall_days": "integer",
    "planned_prolongation_days": "integer",
    "planned_longest_gap_days": "integer",
    "planned_limit_kept": "flag",
    "provisional": "flag",
    "cycle_windows_kept": "flag",
    "first": "date",
    "last": "date",
    "n_given": "integer",
    "overall_days": "integer",
    "prolongation_days": "integer",
    "delay_days": "integer",
    "missed_days": "integer",
    "compensated_sessions": "integer",
    "longest_gap_days": "integer",
    "limit_days": "integer",
    "limit_kept": "flag",
    "dose_gy": "number",
    "given_dose_gy": "number",
    "dose_percent": "number",
    "tissue": "text",
    "alpha_beta_gy": "number",
    "planned_bed_gy": "number",
    "planned_time_loss_gy": "number",
    "planned_net_bed_gy": "number",
    "planned_net_eqd2_gy": "number",
    "prescribed_net_bed_gy": "number",
    "planned_lost_gy": "number",
    "bed_gy": "number",
    "time_loss_gy": "number",
    "net_bed_gy": "number",
    "net_eqd2_gy": "number",
    "lost_gy": "number",
    "deviation": "text",
}
"""Columns of the answer, in their order. The first ones repeat what was read."""

BANDED = ("prolongation_days", "delay_days", "missed_days", "longest_gap_days", "dose_percent", "lost_gy")
"""Quantities that a deviation can be judged by: more than the band's bound deviates; dose_percent to either side."""

LONGEST_DAYS = 730
"""From first to last fraction at most: more is refused as a mistyped date [d]. Design default, no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """More than ``minor`` of a quantity is a minor deviation, more than ``major`` a major one. The user's own."""

    quantity: str
    minor: float
    major: float

    def __post_init__(self) -> None:
        one_of("band", self.quantity, BANDED)
        non_negative(f"minor of {self.quantity}", self.minor)
        non_negative(f"major of {self.quantity}", self.major)
        if self.major < self.minor:
            raise DomainError(f"band {self.quantity}: major {self.major:g} lies below minor {self.minor:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What holds for the rows that do not say otherwise.

    all_given: a course with a last day got all its fractions.

    records: what was delivered, by the id of each course.
    """

    where: Where = field(default_factory=Where)
    regimen: str = ""
    bands: tuple[Band, ...] = ()
    all_given: bool = False
    records: CourseRecords | None = None
