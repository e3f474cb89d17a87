"""Who gets which seat: attendances given to patients, capacity kept, whoever stands first served first, exactly."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtplan.errors import DomainError, whole

__all__ = ["Claim", "Seat", "assign"]


MOST_CAPACITY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Attendances that can be given on a day. machine: empty for the department's own machine."""

    date: dt.date
    capacity: int
    machine: str = ""

    def __post_init__(self) -> None:
        whole("slots", self.capacity, 0, MOST_CAPACITY)

    @property
    def name(self) -> str:
        """As it is written on the command line, without its capacity."""
        return f"{self.date}@{self.machine}" if self.machine else f"{self.date}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one patient asks for. need: seats; weight: attendances that each of them takes; seats: places of those that
    will do, the earliest first. order: whoever has the smaller one stands first; equal ones are tied.
    """

    id: str
    need: int
    seats: tuple[int, ...]
    order: tuple[float, ...]
    weight: int = 1


def assign(
    claims: Sequence[Claim],
    seats: Sequence[Seat],
    *,
    pinned: Mapping[str, Sequence[int]] | None = None,
    apart: Sequence[tuple[str, tuple[int, ...]]] = (),
) -> dict[str, tuple[int, ...]]:
    """Places of the seats that each claim gets; the same whatever order the claims come in.

    Claims are served in their order, one rank after another: of all assignments those that give the first rank most
    seats, of these those that give the next rank most, and so on; at last the earliest seats. Nobody of a later rank
    gets a seat that an earlier one could use. pinned: seats that are given whatever the order says. apart: sets of
    seats that one claim may not get together.

    Raises DomainError where what is pinned cannot be held, or scipy is not there.
    """
    claims = sorted(claims, key=lambda claim: claim.id)
    pairs = [(i, s) for i, claim in enumerate(claims) for s in claim.seats]
    if not pairs:
        return {claim.id: () for claim in claims}
    model = _Model(claims, seats, pairs, pinned or {}, apart)
    for order in sorted({claim.order for claim in claims}):
        model.most([1.0 if claims[i].order == order else 0.0 for i, _ in pairs])
    days = sorted({seat.date for seat in seats})
    chosen = model.most([-float(days.index(seats[s].date)) for _, s in pairs])
    found = [pair for pair, taken in zip(pairs, chosen, strict=True) if taken > 0.5]
    return {claim.id: tuple(s for i, s in found if i == place) for place, claim in enumerate(claims)}


class _Model:
    """The seats of each claim as zeros and ones, and what has been settled so far."""

    def __init__(
        self,
        claims: Sequence[Claim],
        seats: Sequence[Seat],
        pairs: Sequence[tuple[int, int]],
        pinned: Mapping[str, Sequence[int]],
        apart: Sequence[tuple[str, tuple[int, ...]]],
    ) -> None:
        self.rows: list[tuple[list[float], float, float]] = []
        self.low = [1.0 if s in pinned.get(claims[i].id, ()) else 0.0 for i, s in pairs]
        for s, seat in enumerate(seats):
            self._at_most([claims[i].weight if s == place else 0.0 for i, place in pairs], seat.capacity)
        for i, claim in enumerate(claims):
            self._at_most([1.0 if i == own else 0.0 for own, _ in pairs], claim.need)
            for _, same in itertools.groupby(sorted(claim.seats, key=lambda s: seats[s].date), lambda s: seats[s].date):
                day = set(same)
                self._at_most([1.0 if i == own and s in day else 0.0 for own, s in pairs], 1)
        for name, together in apart:
            row = [1.0 if claims[i].id == name and s in together else 0.0 for i, s in pairs]
            self._at_most(row, len(together) - 1)

    def _at_most(self, row: list[float], bound: float) -> None:
        self.rows.append((row, -np.inf, bound))

    def most(self, gain: list[float]) -> Any:
        """The assignment that gains most; what it gained is settled from then on."""
        try:
            from scipy.optimize import Bounds, LinearConstraint, milp
        except ImportError:
            raise DomainError(
                "an assignment needs the extra rtplan[department]: pip install 'rtplan[department]'"
            ) from None
        matrix = np.array([row for row, _, _ in self.rows])
        limits = LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for _, _, high in self.rows])
        found = milp(
            -np.array(gain),
            constraints=limits,
            bounds=Bounds(self.low, np.ones(len(gain))),
            integrality=np.ones(len(gain)),
        )
        if found.x is None:
            raise DomainError("what is pinned cannot be held: there are fewer slots on that day, or a rule forbids it")
        chosen = np.round(found.x)
        self.rows.append((gain, float(np.dot(gain, chosen)), np.inf))
        return chosen
