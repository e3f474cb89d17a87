"""What a tissue receives in a plan: all of a target's dose, shares of targets, or a stated dose."""

from __future__ import annotations

from dataclasses import dataclass

from rtplan.errors import DomainError, non_negative
from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "Region",
    "Share",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Part of a target's dose that a region receives, in one phase or (phase None) in all of them. [-]"""

    target: str
    share: float
    phase: str | None = None

    def __post_init__(self) -> None:
        non_negative("share", self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What a tissue receives in this plan: all of a target's dose, a stated dose, or shares of targets.

    target: whose dose it follows (None: the prescription's first target).
    stated_dose_gy: dose of the region over the whole prescription [Gy], with its metric ("Dmax", "Dmean", ...).
    shares: per phase and target, instead of a stated dose.
    variant: which parameter of the tissue was changed for a range; empty for the set as it is.
    """

    name: str
    tissue: Tissue
    target: str | None = None
    stated_dose_gy: float | None = None
    metric: str = ""
    shares: tuple[Share, ...] = ()
    variant: str = ""

    def __post_init__(self) -> None:
        if self.stated_dose_gy is not None:
            non_negative("stated_dose_gy", self.stated_dose_gy, "Gy")
            if self.shares:
                raise DomainError(f"region {self.name!r}: give a stated dose or shares, not both")

    @property
    def is_cord(self) -> bool:
        """Is this region the spinal cord, by its tissue or its name?"""
        return self.tissue.name.startswith("spinal-cord") or "cord" in self.name.lower()
