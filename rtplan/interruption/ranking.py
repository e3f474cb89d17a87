"""The order of options, and whether it holds under other parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rtplan.interruption.judge import Option
from rtplan.interruption.options import TIERS
from rtplan.interruption.question import FINE_GY, SAME_DEFICIT_GY, TOLERANCE_GY, Question
from rtplan.note import Phrase, Value
from rtplan.radiobiology.effect import evaluate_many
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Interval, Tissue

__all__ = [
    "MOST_SHOWN",
    "Sensitivity",
    "Waiver",
    "at_organs_expense",
    "criteria",
    "in_order",
    "is_whole",
    "nothing_lost",
    "ranked",
    "reason",
    "restores",
    "sensitivity",
    "shown_ids",
    "waivers",
]


MOST_SHOWN = 12

_LEAST_STEP_GY = 0.01
"""Deficits are no finer than doses can be delivered. [Gy]"""

_METHOD_ORDER = ("machine", "worked-weekend", "closed", "weekend", "holiday", "bid", "mix")
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
    ordered = in_order(options, q.settings.rank_by, q.settings.tolerance_gy)
    return tuple(replace(option, rank=place) for place, option in enumerate(ordered, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What waiving rules would buy: the first option that would then open, and what the tumour lacks with it. [Gy]"""

    waive: tuple[str, ...]
    option: str
    tier: str
    deficit_gy: float
    late_excess_gy: float | None
    restores: bool
    opens: int


def waivers(q: Question, not_offered: Sequence[Option]) -> tuple[Waiver, ...]:
    """For each set of rules that keeps options back, what waiving it alone would open; the fewest rules first."""
    sets = sorted({_kept_back_by(option) for option in not_offered}, key=lambda codes: (len(codes), codes))
    return tuple(_waiver(q, codes, not_offered) for codes in sets)


def _waiver(q: Question, codes: tuple[str, ...], not_offered: Sequence[Option]) -> Waiver:
    opened = [option for option in not_offered if set(_kept_back_by(option)) <= set(codes)]
    first = in_order(opened, q.settings.rank_by, q.settings.tolerance_gy)[0]
    return Waiver(
        waive=codes,
        option=first.id,
        tier=first.tier,
        deficit_gy=first.deficit_gy,
        late_excess_gy=first.late_excess_gy,
        restores=restores(first, q.settings.tolerance_gy),
        opens=len(opened),
    )


def _kept_back_by(option: Option) -> tuple[str, ...]:
    return tuple(sorted(set(option.hard) - set(option.waived)))


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
                late_excess_gy=q.excess(row, reference, "late", option.course),
                acute_excess_gy=q.excess(row, reference, "acute", option.course),
            )
            for option, row in zip(options, rows[2:], strict=True)
        ]
        first = in_order(again, q.settings.rank_by, q.settings.tolerance_gy)[0]
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


def in_order(options: Sequence[Option], rank_by: str, tolerance_gy: float = TOLERANCE_GY) -> list[Option]:
    """Ranked: what restores first, then as it is taught; see `criteria`. The order they come in makes no difference."""

    def key(option: Option) -> tuple[object, ...]:
        known = criteria(option, rank_by, tolerance_gy)
        return (*(value for _, value in known), _method_place(option), option.id)

    return sorted(options, key=key)


def criteria(option: Option, rank_by: str, tolerance_gy: float = TOLERANCE_GY) -> tuple[tuple[str, float], ...]:
    """What decides the rank, first things first: each with its name, small is good.

    guideline: what exceeds the bound on late excess stands behind; options that restore before those that do not, and
    these by deficit, in steps of the tolerance; where the price of time is not known, those that keep the dose and the
    time and break nothing; then tier, excess known, fewest rules broken, late excess, acute excess, fewest sessions,
    earliest end. The others: fewest rules broken, then what is asked for, then the same. While toxicity is unresolved,
    whatever intensifies stands behind.
    """
    tail = _tail(option, tolerance_gy)
    held = ("held", float(option.held))
    if rank_by == "guideline":
        deficit = 0.0 if restores(option, tolerance_gy) else _step(option.deficit_gy, tolerance_gy)
        organ = ("organ", float(at_organs_expense(option)))
        return (held, organ, ("restores", float(deficit > 0.0)), ("deficit", deficit), *tail)
    asked: dict[str, tuple[tuple[str, float], ...]] = {
        "tumour": (),
        "late": (("unknown", _unknown(option)), ("late", _known(option.late_excess_gy))),
        "sessions": (("sessions", float(option.n_sessions)),),
    }
    rules, deficit = ("rules", float(len(option.broken))), _step(option.deficit_gy, SAME_DEFICIT_GY)
    return (held, rules, *asked[rank_by], ("deficit", deficit), *tail)


def _tail(option: Option, tolerance_gy: float) -> tuple[tuple[str, float], ...]:
    return (
        ("time", float(not option.time_priced and not _keeps_time(option, tolerance_gy))),
        ("lost", float(not nothing_lost(option))),
        ("tier", _tier_place(option, tolerance_gy)),
        ("unknown", _unknown(option)),
        ("rules", float(len(option.broken))),
        ("late", _known(option.late_excess_gy)),
        ("acute", _known(option.acute_excess_gy)),
        ("sessions", float(option.n_sessions)),
        ("end", float(option.course.last.toordinal())),
    )


def reason(first: Option, second: Option, rank_by: str, tolerance_gy: float) -> Phrase:
    """Why one option stands before the next: the first thing in which they differ."""
    pairs = zip(criteria(first, rank_by, tolerance_gy), criteria(second, rank_by, tolerance_gy), strict=True)
    name = next((name for (name, a), (_, b) in pairs if a != b), "method")
    values: dict[str, Value] = {
        "deficit_gy": first.deficit_gy,
        "other_deficit_gy": second.deficit_gy,
        "late_gy": first.late_excess_gy,
        "other_late_gy": second.late_excess_gy,
        "acute_gy": first.acute_excess_gy,
        "other_acute_gy": second.acute_excess_gy,
        "tolerance_gy": tolerance_gy,
        "tier": Phrase(code=f"tier-{first.tier}"),
        "other_tier": Phrase(code=f"tier-{second.tier}"),
        "rules": len(first.broken),
        "other_rules": len(second.broken),
        "sessions": first.n_sessions,
        "other_sessions": second.n_sessions,
        "last": first.course.last.isoformat(),
        "other_last": second.course.last.isoformat(),
    }
    if name == "tier" and first.tier == second.tier:
        name = "dose"
    return Phrase(code=f"ranked-{name}", values=values)


def restores(option: Option, tolerance_gy: float) -> bool:
    """Does the tumour lack no more than the tolerance?"""
    return option.deficit_gy <= tolerance_gy + FINE_GY


def at_organs_expense(option: Option) -> bool:
    """Does late tissue get more than the bound allows? What it wins for the tumour then puts it before nothing."""
    return "late-excess" in option.broken


def nothing_lost(option: Option) -> bool:
    """Is it the plain continuation, which costs nothing that is known, where the price of time is known?"""
    return option.tier == "none" and option.id in ("append", "restart") and is_whole(option) and option.time_known


def _keeps_time(option: Option, tolerance_gy: float) -> bool:
    """Does it restore at the prescribed dose, break nothing, and take no time whose price is not known?"""
    return restores(option, tolerance_gy) and not option.violations and not option.doses and option.time_known


def _step(deficit_gy: float, step_gy: float) -> float:
    """Deficits in steps: from one step to the next they count as equal."""
    return float(math.ceil(deficit_gy / max(step_gy, _LEAST_STEP_GY) - FINE_GY))


def _known(excess_gy: float | None) -> float:
    return 0.0 if excess_gy is None else round(excess_gy, 6)


def _unknown(option: Option) -> float:
    return float(option.late_excess_gy is None or option.acute_excess_gy is None)


def _tier_place(option: Option, tolerance_gy: float) -> float:
    """The tier; what restores at the prescribed dose and breaks nothing stands before another dose per fraction."""
    places = list(TIERS)
    clean = restores(option, tolerance_gy) and not option.violations and not option.doses
    place = float(places.index(option.tier))
    if not clean or place < places.index("d"):
        return place
    return places.index("d") - (0.5 if option.tier == "none" else 0.25)


def _method_place(option: Option) -> int:
    return _METHOD_ORDER.index(option.method) if option.method in _METHOD_ORDER else len(_METHOD_ORDER)


def shown_ids(options: Sequence[Option], tolerance_gy: float = TOLERANCE_GY) -> tuple[str, ...]:
    """At most twelve: those that reach a goal and are not outdone, by rank, and always the uncompensated one.

    The earliest end is a goal only where nothing restores at the prescribed dose; the largest dose that is allowed only
    where nothing restores at all, and late tissue does not pay for it.
    """
    enough = [option for option in options if restores(option, tolerance_gy) and not at_organs_expense(option)]
    idle = {"part"}
    if any(not option.doses for option in enough):
        idle.add("earliest")
    full = [option for option in options if option.rank == 1 or option.goal not in idle]
    full = [o for o in full if o.rank == 1 or not (o.doses and o.opened and at_organs_expense(o))]
    full = [o for o in full if o.goal != "ceiling" or o in enough or not (enough or at_organs_expense(o))]
    full = [option for option in full if not any(_outdoes(other, option) for other in options)]
    kept = full[:MOST_SHOWN]
    bare = next(option for option in options if option.id in ("append", "restart"))
    if bare not in kept:
        kept = [*kept[: MOST_SHOWN - 1], bare]
    return tuple(option.id for option in kept)


def _outdoes(other: Option, option: Option) -> bool:
    """Is it of the same kind, ranked before or of smaller fractions, and no later, with no more rules broken?"""
    same = (other.method, other.opened, other.tier) == (option.method, option.opened, option.tier)
    if not same or option.opened is None or option.rank == 1 or other is option:
        return False
    doses = [item.doses[0].dose_gy for item in (other, option) if item.doses]
    better = other.rank < option.rank or (len(doses) == 2 and doses[0] < doses[1] and other.goal == option.goal)
    return better and other.course.last <= option.course.last and len(other.broken) <= len(option.broken)


def is_whole(option: Option) -> bool:
    """Lacks the tumour nothing, is no rule broken, and does no other tissue get more, as far as is known?"""
    most = max(option.deficit_gy, option.late_excess_gy or 0.0, option.acute_excess_gy or 0.0)
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
