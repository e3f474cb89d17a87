"""A site profile: what the site of a tumour says about a course where nobody says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtplan.errors import DomainError, failing, positive, refuse, whole
from rtplan.note import DESIGN_DEFAULT, NOT_KNOWN, Source

__all__ = [
    "Site",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One entry of ``configs/sites.toml``. Every figure stands beside its source.

    also: other spellings that are taken. tissues: names of tumour sets, the first is charged; empty: no time factor,
    and ``tissues_source`` says why. category: for the limit on prolongation; None: not known, the user states it.
    overall_time_days: longest overall time of the whole treatment; None: none is known. [d]
    ceiling_gy, ceiling_share, no_change_above_gy, interval_h: as in `clinic.limits.Limits`. [Gy], [-], [Gy], [h]
    interval_days: fewest calendar days from one treated day to the next. [d]
    organs: usual ones, by name only.

    >>> source = Source(text="made up", known="none")
    >>> Site(name="x", label="x", tissues_source=source, category=1, category_source=source).category
    1
    """

    name: str
    label: str
    tissues_source: Source
    also: tuple[str, ...] = ()
    tissues: tuple[str, ...] = ()
    category: int | None = None
    category_source: Source = NOT_KNOWN
    overall_time_days: int | None = None
    overall_time_source: Source = NOT_KNOWN
    ceiling_gy: float = 2.2
    ceiling_share: float = 1.1
    no_change_above_gy: float = 4.0
    ceiling_source: Source = DESIGN_DEFAULT
    interval_days: int = 1
    interval_h: float = 6.0
    interval_source: Source = DESIGN_DEFAULT
    organs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.category is not None:
            yield from failing(whole, "category", self.category, 1, 3)
            yield from failing(_sourced, "category", self.category_source)
        if self.overall_time_days is not None:
            yield from failing(whole, "overall_time_days", self.overall_time_days, 1)
            yield from failing(_sourced, "overall_time", self.overall_time_source)
        yield from failing(positive, "ceiling_gy", self.ceiling_gy, "Gy")
        yield from failing(positive, "ceiling_share", self.ceiling_share)
        yield from failing(positive, "no_change_above_gy", self.no_change_above_gy, "Gy")
        yield from failing(whole, "interval_days", self.interval_days, 1, 28)
        yield from failing(positive, "interval_h", self.interval_h, "h")
        if len(set(self.tissues)) != len(self.tissues):
            yield f"site {self.name!r} names a tissue twice: {', '.join(self.tissues)}"

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source of the profile, each once, those of values that it has first."""
        found = [self.tissues_source, self.category_source]
        found += [self.overall_time_source] if self.overall_time_days is not None else []
        return tuple(dict.fromkeys((*found, self.ceiling_source, self.interval_source)))


def _sourced(name: str, source: Source) -> None:
    if source == NOT_KNOWN:
        raise DomainError(f"{name} needs {name}_source: no number goes without its source")
