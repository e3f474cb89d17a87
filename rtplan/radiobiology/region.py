"""What a tissue receives in a plan: all of a target's dose, shares of targets, or a stated dose."""

from __future__ import annotations

from dataclasses import dataclass

from rtplan.errors import DomainError, non_negative
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.tissue import Tissue

__all__ = [
    "Region",
    "Share",
    "may_be_cgy",
]


MOST_OF_PRESCRIPTION = 2
"""A stated dose of more than so many times the prescription's total may be in cGy. Design default, no source. [-]"""


def may_be_cgy(name: str, stated_dose_gy: float | None, prescription: Prescription) -> str:
    """Why the stated dose of a region is refused: it can be read in Gy and in cGy. Empty where it is not too high.

    >>> from rtplan.prescription.prescription import simple
    >>> may_be_cgy("cord", 42.3, simple(45.0, 25))
    ''
    """
    total = max(prescription.total_gy(target) for target in prescription.targets)
    if stated_dose_gy is None or stated_dose_gy <= MOST_OF_PRESCRIPTION * total:
        return ""
    return (
        f"region {name!r}: a dose of {stated_dose_gy:g} Gy is more than {MOST_OF_PRESCRIPTION} times the {total:g} Gy "
        f"prescribed: it can be read as {stated_dose_gy:g} Gy or, written in cGy, as {stated_dose_gy / 100:g} Gy: "
        f"write {stated_dose_gy / 100:g}Gy or {stated_dose_gy:g}cGy if that is meant"
    )


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
    organ: which organ it is, in a word that rules know ("spinal-cord"); empty: that of its tissue.
    """

    name: str
    tissue: Tissue
    target: str | None = None
    stated_dose_gy: float | None = None
    metric: str = ""
    shares: tuple[Share, ...] = ()
    variant: str = ""
    organ: str = ""

    def __post_init__(self) -> None:
        if self.stated_dose_gy is not None:
            non_negative("stated_dose_gy", self.stated_dose_gy, "Gy")
            if self.shares:
                raise DomainError(f"region {self.name!r}: give a stated dose or shares, not both")

    @property
    def is_cord(self) -> bool:
        """Is this region the spinal cord? By its organ or its tissue's; where neither is stated, by its name.

        >>> from rtplan.radiobiology.tissue import GENERIC_LATE
        >>> [Region(name=name, tissue=GENERIC_LATE).is_cord for name in ("cord PRV", "vocal cord")]
        [True, False]
        >>> Region(name="脊髓", tissue=GENERIC_LATE, organ="spinal-cord").is_cord
        True
        """
        if organ := self.organ or self.tissue.organ:
            return organ == SPINAL_CORD
        name = self.name.lower()
        return self.tissue.name.startswith(SPINAL_CORD) or ("cord" in name and "vocal" not in name)


SPINAL_CORD = "spinal-cord"
"""The organ for which a longer interval between fractions of a day is asked."""
