"""What published intervals leave open of the options: how often each restores, or gives late tissue too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rtplan.interruption.judge import Option
from rtplan.interruption.question import Question
from rtplan.radiobiology.draws import Draws
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.uncertainty import FINE_GY, Chance, Floats, Sample, Uncertainty, chance, uncertainty

__all__ = ["option_uncertainty"]


def option_uncertainty(q: Question, options: Sequence[Option], draws: Draws) -> Uncertainty:
    """The options under drawn parameters, against the reference of the ranking; the draws are the same for all.

    Late and acute tissue without a half-time is left out of options that give several fractions a day: its excess is
    not known. Raises DomainError where no region has a published interval.
    """
    names = (q.settings.against, *(option.id for option in options))
    courses = (q.reference(), *(option.course for option in options))
    sample = Sample(names, courses, q.regions, draws)
    whole = uncertainty(sample, tuple(_chances(q, sample, options)))
    unknown = {(option.id, region.name) for option in options for region in sample.regions if _unknown(option, region)}
    spreads = tuple(spread for spread in whole.spreads if (spread.name, spread.region) not in unknown)
    return Uncertainty(draws=whole.draws, drawn=whole.drawn, fixed=whole.fixed, spreads=spreads, chances=whole.chances)


def _unknown(option: Option, region: Region) -> bool:
    tissue = region.tissue
    return option.course.several_a_day and tissue.kind != "tumour" and tissue.repair is None


def _chances(q: Question, sample: Sample, options: Sequence[Option]) -> Iterator[Chance]:
    reference = sample.names[0]
    places = q.tumours(sample.regions)
    share = q.inputs.limits.late_excess_share if q.settings.late_limit is None else q.settings.late_limit
    for option in options:
        if places:
            found = np.min([_restored(q, sample, place, option.id) for place in places], axis=0)
            region, bound = sample.regions[places[0]], q.settings.tolerance_gy
            yield chance("restores", region, option.id, reference, found, bound)
        for place, region in enumerate(sample.regions):
            if region.tissue.kind == "late" and not _unknown(option, region):
                allowed = share * sample.net_beds[place][:, 0]
                found = sample.above(place, option.id, reference, by=allowed)
                yield chance("late-rises", region, option.id, reference, found, share)
    for place in places[:1]:
        for option in options[1:]:
            found = sample.above(place, options[0].id, option.id)
            yield chance("exceeds", sample.regions[place], options[0].id, option.id, found)


def _restored(q: Question, sample: Sample, place: int, name: str) -> Floats:
    beds = sample.net_beds[place]
    deficit = q.settings.restore * beds[:, 0] - beds[:, sample.names.index(name)]
    return np.asarray(deficit <= q.settings.tolerance_gy + FINE_GY, dtype=float)
