"""Biology of a tissue: how it answers dose per fraction, time and repair. Nothing here knows a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from rtplan.errors import DomainError, failing, finite, non_negative, one_of, positive, refuse, whole
from rtplan.note import Source
from rtplan.radiobiology import lq

__all__ = [
    "GENERIC_ACUTE",
    "GENERIC_LATE",
    "GENERIC_TUMOUR",
    "Basis",
    "Fact",
    "Interval",
    "Limit",
    "LimitKind",
    "Model",
    "Repair",
    "Repopulation",
    "Tissue",
    "TissueKind",
]


TissueKind = Literal["tumour", "late", "acute"]


Model = Literal["LQ", "LQ-L"]


Basis = Literal["bed", "eqd2"]
"""What a rate of repopulation is a rate of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A published interval around an estimate, such as a 95 % confidence interval."""

    low: float
    high: float
    text: str = ""

    def __post_init__(self) -> None:
        finite("low", self.low)
        finite("high", self.high)
        if self.low > self.high:
            raise DomainError(f"interval low {self.low:g} is above high {self.high:g}")

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Repopulation:
    """Loss to repopulation: rate * max(0, T - kick_off_day).

    rate: [Gy/day], of BED where ``basis`` is "bed", of EQD2 where it is "eqd2". None: not known.
    kick_off_day: [day]; None: the source gives none, and the set is refused for calculation.
    first_fraction_is_day: 0 where the source counts the first fraction as day 0, 1 where as day 1.
    """

    source: Source
    rate: float | None = None
    basis: Basis | None = None
    kick_off_day: float | None = None
    first_fraction_is_day: int = 0
    rate_interval: Interval | None = None
    kick_off_interval: Interval | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.rate is not None:
            yield from failing(non_negative, "rate", self.rate, "Gy/day")
        if self.kick_off_day is not None:
            yield from failing(non_negative, "kick_off_day", self.kick_off_day, "days")
        if self.basis is not None:
            yield from failing(one_of, "basis", self.basis, get_args(Basis))
        yield from failing(whole, "first_fraction_is_day", self.first_fraction_is_day, 0, 1)
        yield from failing(_inside, "rate", self.rate, self.rate_interval)
        yield from failing(_inside, "kick_off_day", self.kick_off_day, self.kick_off_interval)

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is missing before this set can be calculated with."""
        parts = (
            ("rate", self.rate),
            ("basis (BED or EQD2)", self.basis),
            ("kick-off day", self.kick_off_day),
        )
        return tuple(name for name, value in parts if value is None)

    def bed_rate(self, alpha_beta: float) -> float:
        """Rate in Gy of BED per day at this alpha/beta: K = Dprolif * (1 + 2/(alpha/beta))."""
        if self.rate is None or self.lacking:
            raise DomainError(f"repopulation has no {', '.join(self.lacking)}")
        return self.rate * (1.0 + 2.0 / alpha_beta) if self.basis == "eqd2" else self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Incomplete repair between fractions of a day; overnight only where the tissue opts in.

    half_times_h: one or more half-times [h] with their shares (summing to 1).
    bound: True where the source gives a bound ("> 5 h") and not a value: the value is then the bound.
    half_time_interval: published around the half-time, where there is one only. [h]
    """

    half_times_h: tuple[float, ...]
    source: Source
    shares: tuple[float, ...] = ()
    overnight: bool = False
    bound: bool = False
    half_time_interval: Interval | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        if not self.half_times_h:
            yield "half_times_h needs at least one half-time, got none"
        for value in self.half_times_h:
            yield from failing(positive, "half_times_h", value, "h")
        if self.half_time_interval is not None:
            if len(self.half_times_h) > 1:
                yield "half_time_interval goes with one half-time, not with several"
            yield from failing(positive, "half_time_interval low", self.half_time_interval.low, "h")
            yield from failing(_inside, "half_times_h", self.half_times_h[0], self.half_time_interval)
        if len(self.half_times_h) == 1 and not self.shares:
            return
        if len(self.shares) != len(self.half_times_h):
            yield f"shares needs one number for each of {len(self.half_times_h)} half-times"
        for value in self.shares:
            yield from failing(positive, "shares", value)
        if not math.isclose(sum(self.shares), 1.0, abs_tol=1e-9):
            yield f"shares must sum to 1, got {sum(self.shares):g}"


LimitKind = Literal["tolerance", "objective"]
"""tolerance: what the organ bears, with a risk of its endpoint; objective: what plans of a site aim at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A published EQD2 limit of an organ, with the alpha/beta and the metric it was published for.

    name: of the set it belongs to; conflicting published limits stand side by side under their names.
    eqd2_gy: [Gy]; alpha_beta: at which it holds [Gy]; metric: such as "Dmax" or "Dmean".
    kind: only a tolerance is a rule; an objective is shown beside it.
    endpoint: what it keeps from happening, with its risk; empty: that of the tissue.
    sites: of the tumour, for which it was stated; empty: for any.
    chemotherapy: stated for courses with (True) or without (False) concurrent chemotherapy; None: not said.
    n_fractions: stated as ``dose_gy`` in so many fractions, and for no other number; None: for any.
    """

    name: str
    eqd2_gy: float
    alpha_beta: float
    metric: str
    source: Source
    kind: LimitKind = "tolerance"
    endpoint: str = ""
    sites: tuple[str, ...] = ()
    chemotherapy: bool | None = None
    n_fractions: int | None = None
    dose_gy: float | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from failing(positive, "eqd2_gy", self.eqd2_gy, "Gy")
        yield from failing(positive, "alpha_beta", self.alpha_beta, "Gy")
        yield from failing(one_of, "kind", self.kind, get_args(LimitKind))
        n, dose = self.n_fractions, self.dose_gy
        if (n is None) != (dose is None):
            yield f"limit {self.name!r}: n_fractions goes with dose_gy, and dose_gy with n_fractions"
        if n is None or dose is None:
            return
        wrong = [*failing(whole, "n_fractions", n, 1), *failing(positive, "dose_gy", dose, "Gy")]
        yield from wrong
        if wrong or self.alpha_beta <= 0:
            return
        eqd2 = float(lq.eqd2(lq.bed(n, dose / n, self.alpha_beta), self.alpha_beta))
        if abs(eqd2 - self.eqd2_gy) > _STATED_GY:
            yield (
                f"limit {self.name!r}: {dose:g} Gy in {n} are {eqd2:.2f} Gy of EQD2 at alpha/beta "
                f"{self.alpha_beta:g} Gy, and eqd2_gy says {self.eqd2_gy:g}"
            )


_STATED_GY = 0.01
"""How far a limit's EQD2 may lie from that of the dose it was stated as: its rounding. [Gy]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is published about a tissue and cannot be judged here: dose and risk, a rule for re-irradiation."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """A named parameter set. alpha_beta [Gy], transition_dose [Gy], gamma_over_alpha [-].

    kind: "tumour", "late" or "acute". model: "LQ", or "LQ-L" above a transition dose.
    Only tumours lose dose to repopulation here; late tissues have no time factor.
    organ: which organ it is, in a word that rules know ("spinal-cord"), whatever the set is called.
    not_for_several_a_day: its source says that its alpha/beta is not meant for several fractions a day.
    facts: listed, never judged. sites: of the tumour that the set stands for; empty: its source names none.
    """

    name: str
    label: str
    kind: TissueKind
    alpha_beta: float
    source: Source
    alpha_beta_interval: Interval | None = None
    model: Model = "LQ"
    transition_dose: float | None = None
    gamma_over_alpha: float | None = None
    repopulation: Repopulation | None = None
    repair: Repair | None = None
    endpoint: str = ""
    limits: tuple[Limit, ...] = ()
    not_for_calculation: str = ""
    organ: str = ""
    not_for_several_a_day: bool = False
    facts: tuple[Fact, ...] = ()
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from failing(one_of, "kind", self.kind, get_args(TissueKind))
        yield from failing(positive, "alpha_beta", self.alpha_beta, "Gy")
        yield from failing(_inside, "alpha_beta", self.alpha_beta, self.alpha_beta_interval)
        if self.alpha_beta_interval is not None:
            yield from failing(positive, "alpha_beta_interval low", self.alpha_beta_interval.low, "Gy")
        yield from failing(one_of, "model", self.model, get_args(Model))
        for name, value in (("transition_dose", self.transition_dose), ("gamma_over_alpha", self.gamma_over_alpha)):
            if value is not None:
                yield from failing(positive, name, value, "Gy" if name == "transition_dose" else "")
        if (self.model == "LQ-L") != (self.transition_dose is not None):
            yield f"transition_dose goes with model LQ-L and only with it (tissue {self.name!r})"
        if self.kind == "late" and self.repopulation is not None:
            yield f"late tissue {self.name!r} has no time factor: remove repopulation"

    @property
    def obstacle(self) -> str:
        """Why this set cannot be calculated with; empty where it can."""
        if self.not_for_calculation:
            return self.not_for_calculation
        if self.repopulation is not None and self.repopulation.lacking:
            return f"its time factor has no {' and no '.join(self.repopulation.lacking)}"
        return ""

    @property
    def has_time_factor(self) -> bool:
        """Does this set lose dose to repopulation?"""
        return self.repopulation is not None


def _inside(name: str, value: float | None, interval: Interval | None) -> None:
    if value is not None and interval is not None and value not in interval:
        raise DomainError(f"{name} {value:g} lies outside its own interval {interval.low:g} to {interval.high:g}")


# The generic sets, so that a quick answer reads no file. `configs/tissues.toml` lists the same with more about them.

GENERIC_TUMOUR = Tissue(
    name="generic-tumour",
    label="tumour, generic, no time factor",
    kind="tumour",
    alpha_beta=10.0,
    source=Source(text="convention for tumours and early responding tissue, no single source", known="none"),
    endpoint="tumour control",
)


GENERIC_LATE = Tissue(
    name="generic-late",
    label="late reacting tissue, generic",
    kind="late",
    alpha_beta=3.0,
    source=Source(text="convention for late reacting tissue, no single source", known="none"),
    endpoint="late reactions",
)


GENERIC_ACUTE = Tissue(
    name="generic-acute",
    label="acutely reacting tissue, generic",
    kind="acute",
    alpha_beta=10.0,
    source=Source(text="convention for tumours and early responding tissue, no single source", known="none"),
    endpoint="acute reactions",
)
