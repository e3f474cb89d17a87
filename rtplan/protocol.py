"""A protocol as a file states it: prescription, clinic, chemotherapy and regions, the last three by name."""

from __future__ import annotations

from dataclasses import dataclass

from rtplan.prescription import Prescription
from rtplan.rules import StartRules
from rtplan.source import DESIGN_DEFAULT, Source
from rtplan.tissue import Share

__all__ = ["Assumption", "Protocol", "RegionSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSpec:
    """A region with its tissue by name. Fields as in `tissue.Region`."""

    name: str
    tissue: str
    target: str | None = None
    stated_dose_gy: float | None = None
    metric: str = ""
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What the protocol's source does not say, and what is done instead."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One protocol. clinic, chemo: names of shipped files, or paths; align: as on the command line.

    category: of the tumour, for the limit on prolongation; None: no limit.
    """

    name: str
    label: str
    sources: tuple[Source, ...]
    prescription: Prescription
    clinic: str = ""
    chemo: str = ""
    align: str = "cycle=1"
    align_source: Source = DESIGN_DEFAULT
    regions: tuple[RegionSpec, ...] = ()
    category: int | None = None
    category_source: Source = DESIGN_DEFAULT
    start_rules: StartRules | None = None
    assumptions: tuple[Assumption, ...] = ()
