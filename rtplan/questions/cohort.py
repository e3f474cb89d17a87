"""Many courses at once: planned against delivered, one row a course, and what they say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rtplan.answer import Answer, Kind
from rtplan.errors import ConfigError
from rtplan.note import Note
from rtplan.planning.provenance import Provenance
from rtplan.questions.cohort_columns import COLUMNS, Asked
from rtplan.questions.cohort_rows import Part, Reject, Rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "QUANTILES",
    "WITHIN_DAYS",
    "Cohort",
    "Group",
    "Step",
    "answer",
]


WITHIN_DAYS = (0, 1, 2, 5, 7)
"""Prolongations up to which the share of courses is given. [d]"""

QUANTILES = (5, 25, 50, 75, 95)
"""Of the distribution of BED lost. [%]"""

MOST_PROBLEMS = 20
"""Rows that a refusal names."""

MOST_REASONS = 5
"""Reasons for refused rows that a note names; each row's own stands beside it."""


Basis = Literal["planned", "delivered"]

Step = Callable[[int], None]
"""Told how many rows are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What the courses of one month, clinic, category or arm say together.

    by: "all", "month", "clinic", "category" or "arm"; value: which one. basis: "planned" or "delivered" courses.
    n_known: how many of them have a prolongation; within_percent: the share of those within each of ``WITHIN_DAYS``.
    n_lost_known: how many have a loss of BED; lost_gy: its quantiles, ``QUANTILES``, against the prescribed reference.
    Shares and quantiles are None where nothing is known. deviations: none, minor, major, not known; None without bands.
    """

    by: str
    value: str
    basis: Basis
    n_courses: int
    n_known: int
    within_percent: tuple[float | None, ...]
    n_lost_known: int
    lost_gy: tuple[float | None, ...]
    deviations: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort(Answer):
    """The answer: counts, groups, and, where they were kept, the rows.

    n_read: rows of the table, and records that no row is about; n_answered of them have an answer, the others a reason.
    rejects: those with their reasons, where they were kept; reasons: how often each occurs. histogram: delivered (else
    planned) prolongation in days and how many courses have it. part: columns of the rows.
    """

    kind: ClassVar[Kind] = "cohort"

    asked: Asked
    n_read: int
    n_answered: int
    groups: tuple[Group, ...]
    reasons: tuple[tuple[str, int], ...]
    histogram: tuple[tuple[int, int], ...]
    basis: Basis
    provenance: Provenance
    part: Part | None = None
    rejects: tuple[Reject, ...] = ()

    @property
    def n_rejected(self) -> int:
        """Rows without an answer."""
        return self.n_read - self.n_answered

    @property
    def notes(self) -> tuple[Note, ...]:
        """Rows that have no answer, losses that are not known, bands that nobody stated."""
        notes = []
        if self.n_rejected:
            values: dict[str, Any] = {
                "count": self.n_rejected,
                "read": self.n_read,
                "reasons": tuple(f"{reason} ({count})" for reason, count in self.reasons[:MOST_REASONS]),
            }
            notes.append(Note(code="cohort-rejected", severity="warning", values=values))
        everyone = [group for group in self.groups if group.by == "all"]
        unknown = next((g.n_courses - g.n_lost_known for g in everyone if g.basis == "planned"), 0)
        if unknown:
            notes.append(Note(code="cohort-no-time-factor", severity="warning", values={"count": unknown}))
        late = next((g.n_courses - g.n_known for g in everyone if g.basis == "delivered"), 0)
        if late:
            notes.append(Note(code="cohort-end-unknown", severity="info", values={"count": late}))
        return tuple(notes)

    def to_frame(self, table: str | None = None) -> pd.DataFrame:
        """The rows as a pandas frame, in the order they were read; "rejects", "summary": those tables."""
        import pandas as pd

        if table in (None, "courses"):
            if self.part is None:
                raise ConfigError("cohort", ["its rows were written to a file and not kept: read that file"])
            return self.part.frame()
        if table == "rejects":
            return pd.DataFrame(list(self.rejects), columns=list(Reject._fields))
        return super(Cohort, self).to_frame(table)


@dataclass(slots=True)
class _Tally:
    """What is kept of every row for the summary: a few numbers."""

    asked: Asked
    n_read: int = 0
    codes: dict[str, dict[str, int]] = field(default_factory=dict)
    kept: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, part: Part) -> None:
        """One chunk."""
        self.n_read += len(part) + len(part.rejects)
        self.reasons.update(_kind_of(reject.reason) for reject in part.rejects)
        for name, values in _numbers(part).items():
            self.kept.setdefault(name, []).append(values.astype(np.float32 if name.endswith("_days") else np.float64))
        for by, texts in _named(part).items():
            self.kept.setdefault(f"by {by}", []).append(self._coded(by, texts))

    def _coded(self, by: str, texts: NDArray[Any]) -> NDArray[np.int32]:
        import pandas as pd

        known = self.codes.setdefault(by, {})
        codes, found = pd.factorize(texts, use_na_sentinel=False)
        mine = [known.setdefault(_shown(text), len(known)) for text in found]
        return np.array(mine, dtype=np.int32)[codes] if mine else np.empty(0, np.int32)

    def column(self, name: str) -> NDArray[Any]:
        """Everything that was kept of one quantity."""
        parts = self.kept.get(name, [])
        return np.concatenate(parts) if parts else np.empty(0)

    def groups(self) -> Iterator[Group]:
        """The summaries of each grouping in which there is something to tell apart."""
        columns = {name: self.column(name) for name in _KEPT}
        columns["deviation"] = self.column("by deviation")
        n = len(columns["planned_lost_gy"])
        bases: list[Basis] = ["planned"]
        bases += (
            ["delivered"] if (~np.isnan(columns["prolongation_days"]) | ~np.isnan(columns["lost_gy"])).any() else []
        )
        everyone = np.ones(n, np.bool_)
        yield from (self._group("all", "", basis, everyone, columns) for basis in bases)
        for by in ("month", "clinic", "category", "arm"):
            codes, known = self.column(f"by {by}"), self.codes.get(by, {})
            for value in sorted(known):
                if len(known) > 1 or value:
                    mine = codes == known[value]
                    yield from (self._group(by, value, basis, mine, columns) for basis in bases)

    def _group(
        self, by: str, value: str, basis: Basis, mine: NDArray[np.bool_], columns: Mapping[str, NDArray[Any]]
    ) -> Group:
        before = "planned_" if basis == "planned" else ""
        days, lost = columns[f"{before}prolongation_days"][mine], columns[f"{before}lost_gy"][mine]
        days, lost = days[~np.isnan(days)], lost[~np.isnan(lost)]
        within = [100.0 * float((days <= bound).mean()) if len(days) else None for bound in WITHIN_DAYS]
        spread = np.percentile(lost, QUANTILES).tolist() if len(lost) else [None] * len(QUANTILES)
        return Group(
            by=by,
            value=value,
            basis=basis,
            n_courses=int(mine.sum()),
            n_known=len(days),
            within_percent=tuple(within),
            n_lost_known=len(lost),
            lost_gy=tuple(spread),
            deviations=self._deviations(columns["deviation"][mine]) if self.asked.bands else None,
        )

    def _deviations(self, codes: NDArray[Any]) -> tuple[int, int, int, int]:
        known = self.codes.get("deviation", {})
        none, minor, major, unknown = (int((codes == known.get(name, -1)).sum()) for name in _DEVIATION_WORDS)
        return none, minor, major, unknown

    def histogram(self) -> tuple[Basis, tuple[tuple[int, int], ...]]:
        """How many courses have each prolongation: delivered ones, or planned ones where no delivery is known."""
        for basis, name in (("delivered", "prolongation_days"), ("planned", "planned_prolongation_days")):
            days = self.column(name)
            values, counts = np.unique(days[~np.isnan(days)].astype(np.int64), return_counts=True)
            if len(values) or basis == "planned":
                found = tuple(zip(values.tolist(), counts.tolist(), strict=True))
                return ("delivered" if basis == "delivered" else "planned"), found
        raise AssertionError


_KEPT = ("planned_prolongation_days", "prolongation_days", "planned_lost_gy", "lost_gy")

_DEVIATION_WORDS = ("none", "minor", "major", "")


def _numbers(part: Part) -> dict[str, NDArray[Any]]:
    return {name: part.columns[name] for name in _KEPT}


def _named(part: Part) -> dict[str, NDArray[Any]]:
    """What rows are grouped by; the month is that of the planned first fraction."""
    columns = part.columns
    months = np.datetime_as_string(columns["planned_first"], unit="M").astype(object)
    named = {"month": months, **{by: columns[by] for by in ("clinic", "category", "arm")}}
    return named | {"deviation": columns["deviation"]}


def _shown(value: Any) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) else str(value)


def _kind_of(reason: str) -> str:
    """A reason without the cell it repeats, so that equal mistakes are counted together."""
    return reason.partition(", got ")[0]


def answer(
    frames: Iterable[pd.DataFrame],
    asked: Asked,
    *,
    provenance: Provenance,
    keep: bool = True,
    strict: bool = False,
    sink: Callable[[Part], None] | None = None,
    step: Step | None = None,
) -> Cohort:
    """The courses of some frames, one after the other, answered.

    frames: columns of `cohort_columns.READ`, their index the line numbers. keep: the rows with the answer; else only
    sink, which is given each chunk's, has them. step: told how many rows are done.

    Raises ConfigError at the first row without an answer where it is strict.
    """
    rows, tally, parts = Rows(asked=asked), _Tally(asked=asked), []
    for part in _parts(rows, frames):
        if strict and part.rejects:
            file = provenance.files[0].name if provenance.files else "frame"
            raise ConfigError(file, [f"line {bad.line}: {bad.reason}" for bad in part.rejects[:MOST_PROBLEMS]])
        tally.add(part)
        if sink is not None:
            sink(part)
        if keep:
            parts.append(part)
        if step is not None:
            step(tally.n_read)
    basis, histogram = tally.histogram()
    return Cohort(
        asked=asked,
        n_read=tally.n_read,
        n_answered=tally.n_read - sum(tally.reasons.values()),
        groups=tuple(tally.groups()),
        reasons=_most(tally.reasons),
        histogram=histogram,
        basis=basis,
        provenance=provenance,
        part=_joined(parts) if keep else None,
        rejects=tuple(reject for part in parts for reject in part.rejects),
    )


def _most(reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    """The reasons that occur most, and the others together."""
    shown = reasons.most_common(MOST_PROBLEMS)
    others = sum(reasons.values()) - sum(count for _, count in shown)
    return (*shown, *([("other reasons, each rarer", others)] if others else []))


def _parts(rows: Rows, frames: Iterable[pd.DataFrame]) -> Iterator[Part]:
    """The answers of each frame, and at the end the records that no row is about."""
    for frame in frames:
        yield rows.part(frame)
    if unclaimed := rows.unclaimed():
        yield replace(_joined([]), rejects=unclaimed)


def _joined(parts: Sequence[Part]) -> Part:
    """Parts as one, in their order."""
    if not parts:
        nothing = {name: np.empty(0, _DTYPES.get(kind, np.float64)) for name, kind in COLUMNS.items()}
        return Part(line=np.empty(0, np.int64), columns=nothing)
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in COLUMNS}
    return Part(line=np.concatenate([part.line for part in parts]), columns=columns)


_DTYPES: Mapping[str, Any] = {"text": object, "date": "datetime64[D]"}
