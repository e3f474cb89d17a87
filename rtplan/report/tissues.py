"""A tissue in words: its parameters, each with its source, and what a range changed of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtplan.note import Source
from rtplan.radiobiology.effect import EffectRow
from rtplan.radiobiology.intervals import INDUCTION
from rtplan.radiobiology.tissue import Limit, Repair, Repopulation, Tissue
from rtplan.report.blocks import Facts
from rtplan.report.language import ENGLISH, Words, gy, short

__all__ = [
    "in_short",
    "parameters",
    "sources",
    "tissue_facts",
    "variant_text",
]


def tissue_facts(tissues: Sequence[Tissue], told: Words = ENGLISH) -> Facts:
    """Each parameter set in one line, with its source and whether it was read there."""
    return Facts(items=tuple((tissue.name, "; ".join(_parts(tissue, told))) for tissue in dict.fromkeys(tissues)))


def _parts(tissue: Tissue, told: Words) -> Iterator[str]:
    yield f"α/β {gy(tissue.alpha_beta)} {_read(tissue.source, told)}"
    if tissue.model == "LQ-L" and tissue.transition_dose is not None:
        slope = told("the tangent") if tissue.gamma_over_alpha is None else f"γ/α {tissue.gamma_over_alpha:g}"
        yield told("LQ-L above %(dose)s (%(slope)s)", dose=gy(tissue.transition_dose), slope=slope)
    time = tissue.repopulation
    if time is not None and time.rate is not None and time.kick_off_day is not None:
        yield told(
            "K %(rate)s Gy of %(basis)s per day after day %(day)s%(first)s %(source)s",
            rate=short(time.rate, 3),
            basis="BED" if time.basis == "bed" else "EQD2",
            day=f"{time.kick_off_day:g}",
            first=told(", first fraction is day 1") if time.first_fraction_is_day else "",
            source=_read(time.source, told),
        )
    if tissue.repair is not None:
        yield f"{told('repair half-time')} {_halves(tissue.repair, told)} {_read(tissue.repair.source, told)}"


def _read(source: Source, told: Words) -> str:
    """A source behind its number, in brackets."""
    return f"({told(source.text)}; {told(source.flag)})"


def _halves(repair: Repair, told: Words) -> str:
    sign = "> " if repair.bound else ""
    return told(" and ").join(f"{sign}{value:g} h" for value in repair.half_times_h)


def parameters(tissue: Tissue, told: Words = ENGLISH) -> Iterator[tuple[str, str, Source | str]]:
    """Name, value with unit, source, of each parameter of a tissue."""
    yield "α/β", gy(tissue.alpha_beta), tissue.source
    if tissue.model == "LQ-L" and tissue.transition_dose is not None:
        yield told("LQ-L transition dose"), gy(tissue.transition_dose), tissue.source
        slope = told("tangent of LQ") if tissue.gamma_over_alpha is None else f"{tissue.gamma_over_alpha:g}"
        yield told("LQ-L slope γ/α"), slope, tissue.source
    if tissue.repopulation is not None and tissue.repopulation.rate is not None:
        yield from _time(tissue.repopulation, told)
    if tissue.repair is not None:
        yield told("repair half-time"), _halves(tissue.repair, told), tissue.repair.source


def _time(time: Repopulation, told: Words) -> Iterator[tuple[str, str, Source | str]]:
    basis = {"bed": told("of BED"), "eqd2": told("of EQD2"), None: told("basis not given")}[time.basis]
    yield told("repopulation rate"), told("%(rate)s Gy/day %(basis)s", rate=f"{time.rate:g}", basis=basis), time.source
    day = told("not given") if time.kick_off_day is None else f"{time.kick_off_day:g} d"
    counted = told("%(day)s, first fraction is day %(first)s", day=day, first=time.first_fraction_is_day)
    yield told("kick-off day Tk"), counted, ""


def in_short(tissue: Tissue, told: Words = ENGLISH) -> str:
    """What a tissue is, in a list of many."""
    parts = [f"{told(tissue.kind)}, {tissue.model}, α/β {gy(tissue.alpha_beta)}"]
    if tissue.repopulation is not None:
        parts.append(_rate_in_short(tissue.repopulation, told))
    if tissue.repair is not None:
        parts.append(f"{told('repair half-time')} {_halves(tissue.repair, told)}")
    parts += [
        told(
            "limit EQD2 %(dose)s %(metric)s (%(name)s)",
            dose=gy(limit.eqd2_gy),
            metric=limit.metric,
            name=", ".join(_about(limit, told)),
        )
        for limit in tissue.limits
    ]
    parts += [f"{told('listed, not judged')}: {told(fact.text)} {_read(fact.source, told)}" for fact in tissue.facts]
    return "; ".join(parts)


def _about(limit: Limit, told: Words) -> Iterator[str]:
    """What a limit is and what it was stated for."""
    yield limit.name
    yield told(limit.kind)
    if limit.endpoint:
        yield limit.endpoint
    yield from (told(site) for site in limit.sites)
    if limit.chemotherapy is not None:
        yield told("with chemotherapy") if limit.chemotherapy else told("without chemotherapy")
    yield told(limit.source.flag)


def _rate_in_short(time: Repopulation, told: Words) -> str:
    rate = told("no rate") if time.rate is None else told("K %(rate)s Gy/day", rate=f"{time.rate:.3g}")
    basis = {"bed": told(" of BED"), "eqd2": told(" of EQD2"), None: told(", basis not known")}[time.basis]
    if time.kick_off_day is None:
        return f"{rate}{basis} {told('no kick-off day')}"
    return f"{rate}{basis} {told('after day %(day)s', day=f'{time.kick_off_day:g}')}"


def sources(tissue: Tissue) -> tuple[Source, ...]:
    """Where the parameters of a tissue come from, each once."""
    parts = (tissue, tissue.repopulation, tissue.repair, *tissue.limits, *tissue.facts)
    return tuple(dict.fromkeys(part.source for part in parts if part is not None))


def variant_text(row: EffectRow, rows: Sequence[EffectRow], told: Words = ENGLISH) -> str:
    """Which parameter of a row's set stands at an end of its interval, beside the set as it is, one of the rows."""
    own = next((other.parameters for other in rows if not other.variant and _same_set(other, row)), None)
    if own is None or not told.catalogue:
        return row.variant
    changed = row.parameters
    if row.variant == INDUCTION:
        return told(INDUCTION)
    if changed.alpha_beta != own.alpha_beta:
        return _end(changed.alpha_beta, own.alpha_beta, f"α/β {changed.alpha_beta:g} Gy", told)
    time, usual = changed.repopulation, own.repopulation
    if time is None or usual is None or time.kick_off_day is None or usual.kick_off_day is None:
        return row.variant
    if time.kick_off_day != usual.kick_off_day:
        return _end(time.kick_off_day, usual.kick_off_day, f"Tk {time.kick_off_day:g} d", told)
    rate, before = time.rate or 0.0, usual.rate or 0.0
    basis = told("of EQD2") if time.basis == "eqd2" else told("of BED")
    return _end(rate, before, told("rate %(rate)s Gy/day %(basis)s", rate=f"{rate:g}", basis=basis), told)


def _same_set(one: EffectRow, other: EffectRow) -> bool:
    return (one.regimen, one.region, one.tissue) == (other.regimen, other.region, other.tissue)


def _end(value: float, usual: float, what: str, told: Words) -> str:
    return told("low %(what)s", what=what) if value < usual else told("high %(what)s", what=what)
