"""A table of courses into a table of answers: one row in, one row out or one reject. No file and no clock here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtplan.course.many import NO_DAY, Days, date_of
from rtplan.errors import DomainError, RtplanError, ScheduleError, visible
from rtplan.library.catalogue import load_clinic
from rtplan.planning import resolve
from rtplan.planning.resolve import Where
from rtplan.questions.cohort_columns import COLUMNS, LONGEST_DAYS, Asked, Kind
from rtplan.questions.cohort_fill import Put, as_dates, delivered, deviations, limits, planned, recorded
from rtplan.questions.cohort_given import Given, given
from rtplan.questions.cohort_lines import Clinics, Lines, Setting, changes_week

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Part",
    "Reject",
    "Rows",
]


class Reject(NamedTuple):
    """A row that no answer can be given for. line: of the file, or place in the frame from 0."""

    line: int
    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The answers of some rows, by column, in the order of the rows. Whole numbers are floats, NaN where unknown."""

    line: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]
    rejects: tuple[Reject, ...] = ()

    def __len__(self) -> int:
        return len(self.line)

    def frame(self) -> pd.DataFrame:
        """As a pandas frame of proper types."""
        import pandas as pd

        return pd.DataFrame({name: _typed(self.columns[name], kind) for name, kind in COLUMNS.items()})


def _typed(values: NDArray[Any], kind: Kind) -> Any:

    if kind == "integer":
        return _with_gaps(values, "Int64", "int64")
    if kind == "flag":
        return _with_gaps(values, "boolean", "bool")
    if kind == "date":
        return values.astype("datetime64[s]")
    return values


def _with_gaps(values: NDArray[Any], dtype: str, plain: str) -> Any:
    import pandas as pd

    missing = np.isnan(values)
    whole = np.where(missing, 0, values).astype(plain)
    array = pd.arrays.BooleanArray if dtype == "boolean" else pd.arrays.IntegerArray
    return array(whole, missing)


@dataclass(slots=True)
class Rows:
    """Answers rows, chunk after chunk; what names stand for is worked out once."""

    asked: Asked
    clinics: Clinics = field(default_factory=Clinics)
    settings: dict[tuple[Any, ...], Setting] = field(default_factory=dict)
    weeks: dict[tuple[Any, ...], bool] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def part(self, frame: pd.DataFrame) -> Part:
        """The answers of a frame whose index is the line numbers; columns: of ``READ``, as many as there are."""
        read = _Reading(frame, self.asked)
        if self.asked.records:
            self._refuse_doubled(read)
        for regimen, clinic, site, category, rows in read.groups():
            self._answer(read, rows, (regimen, clinic, site, category))
        return read.part()

    def _refuse_doubled(self, read: _Reading) -> None:
        """A record is of one course: a second row with its id is refused."""
        for row, name in enumerate(read.id):
            if name in self.seen and name in self.asked.records.lines:  # type: ignore[union-attr]
                read.refuse(row, "id: a row before has this id too, and its record was taken for that one")
            self.seen.add(name)

    def unclaimed(self) -> tuple[Reject, ...]:
        """Records of courses that no row is about."""
        lines = self.asked.records.lines if self.asked.records else {}
        reason = "no row of the table has the id of this record"
        return tuple(Reject(rows[0][0], name, reason) for name, rows in lines.items() if name not in self.seen)

    def _answer(self, read: _Reading, rows: NDArray[np.int64], key: tuple[str, str, str, float]) -> None:
        """The rows of one regimen at one clinic."""
        try:
            for setting, mine in self._settings(read.start, rows, key):
                self._lay(read, setting, mine)
        except RtplanError as error:
            for row in rows:
                read.refuse(int(row), " ".join(str(error).split()))

    def _settings(
        self, starts: Days, rows: NDArray[np.int64], key: tuple[str, str, str, float]
    ) -> Iterator[tuple[Setting, NDArray[np.int64]]]:
        """A setting for rows that may share one: of each start day by itself where the country changes its week."""
        regimen, clinic, site, category = key
        where = self._where(clinic, site, category)
        low, high = date_of(starts[rows].min()), date_of(starts[rows].max())
        low, until = dt.date(low.year, 1, 1), dt.date(high.year, 12, 31)
        if not self._changes(regimen, where, low, until):
            yield self._setting(regimen, where, low, until), rows
            return
        for start in np.unique(starts[rows]):
            day = date_of(start)
            yield self._setting(regimen, where, day, day), rows[starts[rows] == start]

    def _changes(self, regimen: str, where: Where, low: dt.date, until: dt.date) -> bool:
        """Does the clinic's week change in these years?"""
        key = (regimen, where, low, until)
        if key not in self.weeks:
            named = resolve.clinic_of(resolve.protocol_of(regimen), where)[0]
            self.weeks[key] = changes_week(load_clinic(named), low, until)
        return self.weeks[key]

    def _where(self, clinic: str, site: str, category: float) -> Where:
        where = self.asked.where
        return replace(
            where,
            clinic=clinic or where.clinic,
            site=site or where.site,
            site_from="option" if site else where.site_from,
            category=where.category if np.isnan(category) else int(category),
            start_rules_off=True,
        )

    def _setting(self, regimen: str, where: Where, low: dt.date, until: dt.date) -> Setting:
        key = (regimen, where, low, until)
        if key not in self.settings:
            self.settings[key] = Setting.of(regimen, where, low, until, self.clinics)
        return self.settings[key]

    def _lay(self, read: _Reading, setting: Setting, rows: NDArray[np.int64]) -> None:
        starts, line = np.unique(read.start[rows], return_inverse=True)
        try:
            lines = setting.lines(starts)
        except ScheduleError:
            rows = self._that_fit(read, setting, rows)
            if not len(rows):
                return
            starts, line = np.unique(read.start[rows], return_inverse=True)
            lines = setting.lines(starts)
        read.fill(setting, lines, line, rows)

    def _that_fit(self, read: _Reading, setting: Setting, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows whose course can be laid out; the others are refused, each start day with its reason."""
        good = []
        for start in np.unique(read.start[rows]):
            mine = rows[read.start[rows] == start]
            try:
                setting.lines(np.array([start], np.int32))
                good.append(mine)
            except ScheduleError as error:
                for row in mine:
                    read.refuse(int(row), str(error).removeprefix("row 0: "))
        return np.sort(np.concatenate(good)) if good else rows[:0]


class _Reading:
    """One chunk while it is answered: columns as they are filled, and reasons of the rows that are refused."""

    def __init__(self, frame: pd.DataFrame, asked: Asked) -> None:
        self.asked = asked
        self.line = np.asarray(frame.index, dtype=np.int64)
        self.n = len(frame)
        self.reasons: dict[int, str] = {}
        for row, problem in enumerate(_texts(frame, "problem", self.n)) if "problem" in frame else ():
            if problem:
                self.refuse(row, problem)
        self.id = _texts(frame, "id", self.n)
        self.regimen = _filled(_texts(frame, "regimen", self.n), asked.regimen)
        self.clinic = _texts(frame, "clinic", self.n)
        self.site = _texts(frame, "site", self.n)
        self.arm = _texts(frame, "arm", self.n)
        self.start = self._dates(frame, "start", needed=True)
        self.first, self.last = self._dates(frame, "first"), self._dates(frame, "last")
        self.category = self._whole(frame, "category", 1, 3)
        self.given = self._whole(frame, "n_given", 0, 999)
        self._refuse_where(self.regimen == "", "regimen: is empty, and none is stated for all rows")
        self.out = {name: _empty(kind, self.n) for name, kind in COLUMNS.items()}

    def refuse(self, row: int, reason: str) -> None:
        self.reasons.setdefault(row, visible(reason))

    def _refuse_where(self, bad: NDArray[np.bool_], reason: str) -> None:
        for row in np.flatnonzero(bad):
            self.refuse(int(row), reason)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Rows not refused so far."""
        good = np.ones(self.n, np.bool_)
        good[list(self.reasons)] = False
        return good

    def _dates(self, frame: pd.DataFrame, name: str, *, needed: bool = False) -> Days:
        """Days from 1970-01-01; the smallest number where there is none."""
        import pandas as pd

        out = np.full(self.n, NO_DAY, np.int32)
        if name not in frame:
            self._refuse_where(np.full(self.n, needed), f"{name}: there is no such column")
            return out
        series = frame[name]
        if series.dtype.kind == "M":
            moments = series.to_numpy().astype("datetime64[D]")
        else:
            texts = _texts(frame, name, self.n)
            moments = pd.to_datetime(pd.Series(texts), format="%Y-%m-%d", errors="coerce").to_numpy()
            moments = moments.astype("datetime64[D]")
            self._name_bad_dates(name, texts, np.isnat(moments))
        found = ~np.isnat(moments)
        numbers = np.where(found, moments.astype(np.int64), 0)
        low, high = ((day - date_of(0)).days for day in (resolve.EARLIEST, resolve.LATEST))
        outside = found & ((numbers < low) | (numbers > high))
        self._refuse_where(outside, f"{name}: must lie from {resolve.EARLIEST} to {resolve.LATEST}")
        if needed:
            self._refuse_where(~found, f"{name}: is empty")
        good = found & ~outside
        out[good] = numbers[good]
        return out

    def _name_bad_dates(self, name: str, texts: NDArray[Any], bad: NDArray[np.bool_]) -> None:
        for row in np.flatnonzero(bad & (texts != "")):
            try:
                resolve.day_of(texts[row], name)
                self.refuse(int(row), f"{name}: must be a date written YYYY-MM-DD, got {texts[row][:40]!r}")
            except DomainError as error:
                self.refuse(int(row), str(error))

    def _whole(self, frame: pd.DataFrame, name: str, low: int, high: int) -> NDArray[np.float64]:
        """Whole numbers, NaN where there is none."""
        import pandas as pd

        if name not in frame:
            return np.full(self.n, np.nan)
        texts = _texts(frame, name, self.n)
        values = np.asarray(pd.to_numeric(pd.Series(texts), errors="coerce"), dtype=np.float64)
        wrong = (texts != "") & ~((values >= low) & (values <= high) & (values == np.floor(values)))
        for row in np.flatnonzero(wrong):
            self.refuse(int(row), f"{name}: must be a whole number from {low} to {high}, got {texts[row][:40]!r}")
        return np.where(wrong | (texts == ""), np.nan, values)

    def groups(self) -> Iterator[tuple[str, str, str, float, NDArray[np.int64]]]:
        """Rows of one regimen, clinic, site and category."""
        import pandas as pd

        rows = np.flatnonzero(self.good)
        columns = (self.regimen, self.clinic, self.site, self.category)
        key = np.zeros(len(rows), np.int64)
        for column in columns:
            codes, known = pd.factorize(column[rows], use_na_sentinel=False)
            key = key * len(known) + codes
        _, at, which = np.unique(key, return_index=True, return_inverse=True)
        place = np.argsort(which, kind="stable")
        for mine in np.split(place, np.cumsum(np.bincount(which))[:-1]) if len(rows) else ():
            row = rows[at[which[mine[0]]]]
            yield (*(column[row] for column in columns), rows[mine])

    def fill(self, setting: Setting, lines: Lines, line: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """The answers of rows that share a setting; line: which planned course each has."""
        put = Put(out=self.out, rows=rows)
        planned(put, setting, lines, line)
        first, last, number = self._actual(setting, lines, line, rows)
        delivered(put, setting, lines, line, first, last, number)
        self._recorded(setting, rows)
        limits(put, setting)
        deviations(put, self.asked.bands)

    def _actual(
        self, setting: Setting, lines: Lines, line: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """First and last treated day, and fractions given, NaN where not known; contradictions are refused."""
        begun, n = lines.day[line, 0], setting.inputs.prescription.n_fractions
        stated, last = self.first[rows] != NO_DAY, self.last[rows]
        ended = last != NO_DAY
        first = np.where(stated, self.first[rows], begun)
        given = np.where(np.isnan(self.given[rows]) & ended & self.asked.all_given, n, self.given[rows])
        moved = ended & ~stated & (begun != self.start[rows]) & ~self._has_record(rows)
        span = last.astype(np.int64) - first
        for bad, reason in (
            (moved, "start: is no day on which this course could begin: state the day it did begin in a column first"),
            (ended & (span < 0), "last: lies before the first fraction"),
            (ended & (span > LONGEST_DAYS), f"last: lies more than {LONGEST_DAYS} days after the first fraction"),
            (given > n, f"n_given: is more than the {n} fractions of {setting.inputs.prescription.name}"),
            (ended & (given == 0), "last: there is a last day, but n_given is 0"),
            (stated & (self.first[rows] < self.start[rows]), "first: lies before start"),
        ):
            for row in rows[bad]:
                self.refuse(int(row), reason)
        known = ended | stated
        return np.where(known, first, np.nan), np.where(ended, last, np.nan), given

    def _has_record(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        known = self.asked.records.lines if self.asked.records else {}
        return np.array([self.id[row] in known for row in rows], dtype=np.bool_) if known else np.zeros(len(rows), bool)

    def _recorded(self, setting: Setting, rows: NDArray[np.int64]) -> None:
        """The delivered columns of rows that have a record."""
        records = self.asked.records
        for row in rows[self._has_record(rows)]:
            assert records is not None
            try:
                found = given(setting, date_of(self.start[row]), records, self.id[row])
                self._refuse_other_end(int(row), found)
            except RtplanError as error:
                self.refuse(int(row), " ".join(str(error).split()))
            else:
                recorded(Put(out=self.out, rows=np.array([row])), setting, found)

    def _refuse_other_end(self, row: int, found: Given) -> None:
        """A table that says otherwise than the records."""
        last, number = self.last[row], self.given[row]
        if found.course is not None and last != NO_DAY and date_of(last) != found.course.last:
            raise DomainError(f"last: says {date_of(last)}, and the records end on {found.course.last}")
        count = len(found.course.fractions) if found.course else 0
        if not np.isnan(number) and number != count:
            raise DomainError(f"n_given: says {number:g}, and the records have {count}")

    def part(self) -> Part:
        good = self.good
        for name, read in (("id", self.id), ("arm", self.arm), ("site", self.site), ("regimen", self.regimen)):
            self.out[name] = read.copy()
            if name != "id":
                self.out[name][read == ""] = None
        self.out["start"] = as_dates(self.start)
        rejects = tuple(
            Reject(int(self.line[row]), str(self.id[row]), why) for row, why in sorted(self.reasons.items())
        )
        return Part(
            line=self.line[good], columns={name: values[good] for name, values in self.out.items()}, rejects=rejects
        )


def _texts(frame: pd.DataFrame, name: str, n: int) -> NDArray[Any]:
    """A column as texts without blanks around them, "" where there is none; whole numbers without a point."""
    if name not in frame:
        return np.full(n, "", dtype=object)
    series = frame[name]
    if series.dtype.kind == "f":
        whole = series.isna() | (series == np.floor(series))
        texts = [("" if v != v else str(int(v)) if ok else repr(v)) for v, ok in zip(series, whole, strict=True)]
        return np.array(texts, dtype=object)
    if series.dtype.kind in "iu":
        return np.asarray(series.astype(str), dtype=object)
    plain = series.where(series.notna(), "").astype(str)
    return np.asarray(plain.str.strip(), dtype=object) if name != "id" else np.asarray(plain, dtype=object)


def _filled(texts: NDArray[Any], default: str) -> NDArray[Any]:
    return np.where(texts == "", default, texts) if default else texts


def _empty(kind: Kind, n: int) -> NDArray[Any]:
    if kind == "text":
        return np.full(n, None, dtype=object)
    return np.full(n, np.datetime64("NaT"), "datetime64[D]") if kind == "date" else np.full(n, np.nan)
