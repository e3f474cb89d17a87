"""A protocol as a file states it: prescription, clinic, chemotherapy and regions, the last three by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtplan.chemotherapy.protocol import parse_anchor
from rtplan.clinic.limits import StartRules
from rtplan.errors import failing, non_negative, refuse, whole
from rtplan.note import DESIGN_DEFAULT, Source
from rtplan.prescription.prescription import Prescription
from rtplan.radiobiology.region import Share, may_be_cgy

__all__ = [
    "Assumption",
    "OtherReading",
    "Protocol",
    "RegionSpec",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSpec:
    """A region with its tissue by name. Fields as in `tissue.Region`."""

    name: str
    tissue: str
    target: str | None = None
    stated_dose_gy: float | None = None
    metric: str = ""
    shares: tuple[Share, ...] = ()
    organ: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What the protocol's source does not say, and what is done instead."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReading:
    """Another way to read the protocol's source: where the cycles lie then. protocol: the one that follows it."""

    align: str
    text: str
    source: Source
    protocol: str = ""

    def __post_init__(self) -> None:
        parse_anchor(self.align)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One protocol. clinic, chemo: names of shipped files, or paths; align: as on the command line.

    category: of the tumour, for the limit on prolongation; None: no limit. site: of the tumour,
    by a name of `rtplan list sites`; empty: not said.
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
    other_readings: tuple[OtherReading, ...] = ()
    site: str = ""

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.category is not None:
            yield from failing(whole, "category", self.category, 1, 3)
        names = [region.name for region in self.regions]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            yield f"regions names {twice!r} twice: two doses of one region would stand side by side"
        targets = self.prescription.targets
        phases = [phase.name for phase in self.prescription.phases]
        for region in self.regions:
            named = [region.target, *(share.target for share in region.shares)]
            for target in named:
                if target is not None and target not in targets:
                    yield (
                        f"regions {region.name!r}: there is no target {target!r} in the prescription; "
                        f"known: {', '.join(targets)}"
                    )
            for share in region.shares:
                if share.phase is not None and share.phase not in phases:
                    yield (
                        f"regions {region.name!r}: there is no phase {share.phase!r} in the prescription; "
                        f"known: {', '.join(phases)}"
                    )
            if region.stated_dose_gy is not None:
                yield from failing(
                    non_negative, f"regions {region.name!r}: stated_dose_gy", region.stated_dose_gy, "Gy"
                )
                if problem := may_be_cgy(region.name, region.stated_dose_gy, self.prescription):
                    yield problem
                if region.shares:
                    yield f"regions {region.name!r}: give stated_dose_gy or shares, not both"
