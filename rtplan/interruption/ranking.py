"""The order of options, and whether it holds under other parameters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rtplan.interruption.judge import Option
from rtplan.interruption.options import TIERS
from rtplan.interruption.question import SAME_DEFICIT_GY, Question
from rtplan.note import Phrase
from rtplan.radiobiology.effect import evaluate_many
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Interval, Tissue

__all__ = [
    "MOST_SHOWN",
    "Sensitivity",
    "in_order",
    "is_whole",
    "ranked",
    "sensitivity",
    "shown_ids",
]


MOST_SHOWN = 12

_METHOD_ORDER = ("machine", "worked-weekend", "weekend", "holiday", "bid", "mix")
"""Among equals: a day on which the staff works anyway before a weekend, a weekend before a public holiday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Which option comes first under other parameters. deficits_gy: of the first option and of the usual first."""

    name: Phrase
    first: str
    stays_first: bool
    usual_first_deficit_gy: float
    first_deficit_gy: float


def ranked(q: Question, options: Sequence[Option]) -> tuple[Option, ...]:
    """The options in their order, with their ranks."""
    ordered = in_order(options, q.settings.rank_by)
    return tuple(replace(option, rank=place) for place, option in enumerate(ordered, 1))


def sensitivity(q: Question, options: Sequence[Option]) -> Iterator[Sensitivity]:
    """The ranking under other named tumour sets, and at the ends of the published intervals."""
    if len(options) < 2:
        return
    usual = options[0].id
    courses = [q.prescribed, q.planned, *(option.course for option in options)]
    for name, regions in _variants(q):
        rows = evaluate_many(courses, regions)
        reference = rows[0] if q.settings.against == "prescribed" else rows[1]
        again = [
            replace(
                option,
                deficit_gy=q.deficit(row, reference, regions),
                late_excess_gy=q.excess(row, reference, "late"),
                acute_excess_gy=q.excess(row, reference, "acute"),
            )
            for option, row in zip(options, rows[2:], strict=True)
        ]
        first = in_order(again, q.settings.rank_by)[0]
        yield Sensitivity(
            name=name,
            first=first.id,
            stays_first=first.id == usual,
            usual_first_deficit_gy=next(option.deficit_gy for option in again if option.id == usual),
            first_deficit_gy=first.deficit_gy,
        )


def _variants(q: Question) -> Iterator[tuple[Phrase, tuple[Region, ...]]]:
    chosen = q.tumours(q.regions)
    if not chosen:
        return
    usual = q.regions[chosen[0]].tissue
    others = [region.tissue for region in q.regions if region.tissue.kind == "tumour"]
    for tissue in dict.fromkeys([*others, *q.settings.alternatives]):
        if tissue.name != usual.name and not tissue.obstacle:
            yield Phrase(code="tumour-set", values={"tissue": tissue.name}), _with_tissue(q, chosen, tissue)
    for name, tissue in _at_bounds(usual):
        yield name, _with_tissue(q, chosen, tissue)
    for place, region in enumerate(q.regions):
        if region.tissue.kind == "late":
            for name, tissue in _at_bounds(region.tissue):
                said = Phrase(code="of-region", values={"region": region.name, "what": name})
                yield said, _with_tissue(q, [place], tissue)


def _with_tissue(q: Question, places: Sequence[int], tissue: Tissue) -> tuple[Region, ...]:
    return tuple(replace(r, tissue=tissue) if i in places else r for i, r in enumerate(q.regions))


def in_order(options: Sequence[Option], rank_by: str) -> list[Option]:
    """Ranked: fewest rules broken, then as asked for. Deficits within 0.1 Gy of a group's smallest are equal."""

    def prefix(option: Option) -> tuple[float, ...]:
        first = {
            "guideline": (_tier_place(option),),
            "tumour": (),
            "late": (round(option.late_excess_gy, 6),),
            "sessions": (float(option.n_sessions),),
        }[rank_by]
        return (float(len(option.violations)), *first)

    groups: dict[str, int] = {}
    for _, group in itertools.groupby(sorted(options, key=prefix), key=prefix):
        groups |= _deficit_groups(list(group))

    def key(option: Option) -> tuple[object, ...]:
        return (
            prefix(option),
            groups[option.id],
            _tier_place(option),
            round(option.late_excess_gy, 6),
            round(option.acute_excess_gy, 6),
            option.n_sessions,
            option.course.last,
            _METHOD_ORDER.index(option.method) if option.method in _METHOD_ORDER else len(_METHOD_ORDER),
            option.id,
        )

    return sorted(options, key=key)


def _tier_place(option: Option) -> float:
    """Uncompensated stands last, but before another dose where nothing is left to compensate."""
    places = list(TIERS)
    if option.tier == "none" and is_whole(option):
        return places.index("d") - 0.5
    return float(places.index(option.tier))


def _deficit_groups(options: Sequence[Option]) -> dict[str, int]:
    groups: dict[str, int] = {}
    start, number = 0.0, -1
    for option in sorted(options, key=lambda option: (option.deficit_gy, option.id)):
        if number < 0 or option.deficit_gy > start + SAME_DEFICIT_GY:
            start, number = option.deficit_gy, number + 1
        groups[option.id] = number
    return groups


def shown_ids(options: Sequence[Option]) -> tuple[str, ...]:
    """At most twelve: those that reach a goal, by rank, and always the uncompensated one."""
    full = [option for option in options if option.goal != "part"]
    kept = full[:MOST_SHOWN]
    bare = next(option for option in options if option.id in ("append", "restart"))
    if bare not in kept:
        kept = [*kept[: MOST_SHOWN - 1], bare]
    return tuple(option.id for option in kept)


def is_whole(option: Option) -> bool:
    """Lacks the tumour nothing, is no rule broken, and does no other tissue get more?"""
    most = max(option.deficit_gy, option.late_excess_gy, option.acute_excess_gy)
    return most <= SAME_DEFICIT_GY and not option.violations


def _at_bounds(tissue: Tissue) -> Iterator[tuple[Phrase, Tissue]]:
    """The tissue at both ends of each of its published intervals."""
    for value in _ends(tissue.alpha_beta_interval):
        yield Phrase(code="alpha-beta-of", values={"value": value}), replace(tissue, alpha_beta=value)
    time = tissue.repopulation
    if time is None:
        return
    for value in _ends(time.rate_interval):
        yield Phrase(code="rate-of", values={"value": value}), replace(tissue, repopulation=replace(time, rate=value))
    for value in _ends(time.kick_off_interval):
        yield (
            Phrase(code="kick-off-of", values={"value": value}),
            replace(tissue, repopulation=replace(time, kick_off_day=value)),
        )


def _ends(interval: Interval | None) -> tuple[float, ...]:
    return () if interval is None else (interval.low, interval.high)
