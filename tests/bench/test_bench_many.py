"""Many courses beside what they are measured against, each ratio in one run; nothing here fails for being slow."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rtplan.clinic.calendar import build
from rtplan.course.many import last_days_many, lay_out_many
from rtplan.library.catalogue import load_clinic
from rtplan.prescription.prescription import weekly
from rtplan.radiobiology.train import LN2, train_bed

pytestmark = pytest.mark.bench

ROWS = 1_000_000
N = 25


def alternating(*works: Callable[[], Any], rounds: int = 9) -> list[float]:
    """Best time of each, taken in turns: a busy machine slows them all. [s]"""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, mine in zip(works, times, strict=True):
            begin = time.perf_counter()
            work()
            mine.append(time.perf_counter() - begin)
    return [min(mine) for mine in times]


def test_dates(capsys: pytest.CaptureFixture[str]) -> None:
    calendar = build(load_clinic("west-china"), dt.date(2018, 1, 1), dt.date(2026, 12, 31), worked_weekends=True)
    low, high = np.datetime64("2018-06-01", "D").astype(int), np.datetime64("2026-06-01", "D").astype(int)
    rng = np.random.default_rng(1)
    starts = rng.integers(low, high, ROWS).astype(np.int32)
    counts = rng.integers(5, 40, ROWS)
    closed = np.array([day for day, reason in calendar.days(calendar.first, calendar.last) if not reason.open], "M8[D]")
    dates = starts[: ROWS // 20].astype("M8[D]")

    def bare() -> Any:
        out = np.empty((ROWS, N), np.int32)
        out[...] = 1
        return out

    def busday() -> Any:
        return np.busday_offset(dates[:, None], np.arange(N), roll="forward", weekmask="1111111", holidays=closed)

    write, many, thrice, ragged, ends, some = alternating(
        bare,
        lambda: lay_out_many(starts, weekly(5), calendar, n_fractions=N),
        lambda: lay_out_many(starts, weekly(3), calendar, n_fractions=N),
        lambda: lay_out_many(starts, weekly(5), calendar, n_fractions=counts),
        lambda: last_days_many(starts, weekly(5), calendar, n_fractions=N),
        lambda: last_days_many(starts, weekly(5), calendar, n_fractions=counts),
    )
    offset = 20 * alternating(busday, rounds=3)[0]
    with capsys.disabled():
        print(  # noqa: T201 - figures are what a benchmark is for
            f"\n{ROWS:,} x {N} dates: {many * 1e3:.0f} ms, {many / write:.1f} times the bare write "
            f"({write * 1e3:.0f} ms), {offset / many:.0f} times faster than np.busday_offset ({offset:.1f} s)"
            f"\n3 a week: {thrice * 1e3:.0f} ms; ragged, 5 to 39 fractions: {ragged * 1e3:.0f} ms"
            f"\n{ROWS:,} end dates: {ends * 1e3:.1f} ms; ragged {some * 1e3:.1f} ms"
        )
    np.testing.assert_array_equal(
        lay_out_many(starts[: len(dates)], weekly(5), calendar, n_fractions=N).days.reshape(-1, N),
        busday().astype(np.int64),
    )


def ragged(rows: int, n: int, bid: bool) -> dict[str, Any]:
    """Courses of n fractions, a third of them shorter: what is not given has dose 0."""
    rng = np.random.default_rng(2)
    dose = rng.uniform(1.5, 2.5, (rows, n))
    dose[np.arange(n) >= np.where(rng.random(rows) < 1 / 3, rng.integers(5, n, rows), n)[:, None]] = 0.0
    number = np.arange(n) // 2 if bid else np.arange(n)
    day = np.broadcast_to(7 * (number // 5) + number % 5, dose.shape).astype(np.int32)
    hour = 24.0 * day + 8 + (6.0 * (np.arange(n) % 2) if bid else 0)
    return {"dose": dose, "day": day, "hour": hour, "alpha_beta": rng.uniform(8, 12, rows)}


def bare_time(dose: Any, day: Any, alpha_beta: Any, **_: Any) -> Any:
    """What one would write without checks: BED less what time undoes, up to the last fraction given."""
    given = dose > 0
    elapsed = np.where(given, day, 0).max(axis=-1) - day[:, 0]
    fraction = dose * (1 + dose / alpha_beta[:, None])
    return fraction.sum(axis=-1) - 0.9 * np.maximum(0, elapsed - 28.0)


def bare_repair(dose: Any, day: Any, alpha_beta: Any, hour: Any) -> Any:
    """The same with the pairs of one day."""
    same = day[:, 1:] == day[:, :-1]
    pairs = (dose[:, 1:] * dose[:, :-1] * np.exp(-LN2 / 1.5 * (hour[:, 1:] - hour[:, :-1])) * same).sum(axis=-1)
    return bare_time(dose, day, alpha_beta) + 2 * pairs / alpha_beta


def test_trains(capsys: pytest.CaptureFixture[str]) -> None:
    rows, n = ROWS // 4, 34
    once, twice = ragged(rows, n, False), ragged(rows, n, True)
    time_only = {name: once[name] for name in ("dose", "day", "alpha_beta")}
    more: dict[str, Any] = {"rate": 0.9, "kick_off_day": 28.0}
    bare, kernel, bare_twice, repaired = alternating(
        lambda: bare_time(**once),
        lambda: train_bed(**time_only, **more).net_bed,
        lambda: bare_repair(**twice),
        lambda: train_bed(**twice, **more, half_time_h=1.5).net_bed,
        rounds=5,
    )
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{rows:,} trains of up to {n}: with time {kernel * 1e3:.0f} ms, {kernel / bare:.1f} times bare numpy "
            f"({bare * 1e3:.0f} ms); with repair {repaired * 1e3:.0f} ms, {repaired / bare_twice:.1f} times "
            f"({bare_twice * 1e3:.0f} ms), {repaired / bare:.1f} times the one with time only"
        )
    np.testing.assert_allclose(train_bed(**time_only, **more).net_bed, bare_time(**once))
    np.testing.assert_allclose(train_bed(**twice, **more, half_time_h=1.5).net_bed, bare_repair(**twice))
