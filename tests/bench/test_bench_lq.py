"""How long the formulae take; nothing here fails for being slow. Run with `pytest -m bench -s tests/bench`."""

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from rtplan.radiobiology import lq

pytestmark = pytest.mark.bench

ROWS = 1_000_000
FRACTIONS = 35


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "n": rng.integers(1, 40, ROWS).astype(float),
        "d": rng.uniform(1, 8, ROWS),
        "ab": rng.uniform(2, 12, ROWS),
        "t": rng.uniform(0, 60, ROWS),
        "k": rng.uniform(0, 1, ROWS),
        "tk": rng.uniform(0, 40, ROWS),
    }


def validated(n: Any, d: Any, ab: Any, t: Any, k: Any, tk: Any) -> Any:
    net = lq.bed(n, d, ab) - lq.repopulation_loss(t, k, tk)
    return net, lq.eqd2(net, ab)


def bare(n: Any, d: Any, ab: Any, t: Any, k: Any, tk: Any) -> Any:
    net = n * d * (1 + d / ab) - k * np.maximum(0, t - tk)
    return net, net / (1 + 2 / ab)


@pytest.mark.benchmark(group="1e6 rows of BED and EQD2 with time")
@pytest.mark.parametrize("formula", [validated, bare], ids=lambda formula: formula.__name__)
def test_rows(benchmark: Any, formula: Any, rows: dict[str, Any]) -> None:
    net, eqd2 = benchmark.pedantic(formula, kwargs=rows, rounds=10, warmup_rounds=1)
    expected = bare(**rows)
    np.testing.assert_allclose(net, expected[0], rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(eqd2, expected[1], rtol=1e-12, atol=1e-10)


KERNELS: dict[str, Any] = {
    "time": {},
    "once daily": {"half_time_h": 1.5},
    "overnight": {"half_time_h": 1.5, "overnight": True},
    "two half-times, ten minutes each": {
        "half_time_h": [0.5, 4.0],
        "share": [0.5, 0.5],
        "duration_h": 1 / 6,
        "overnight": True,
    },
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_million_courses(kernel: str, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    dose = rng.uniform(1.5, 2.5, (ROWS, FRACTIONS))
    day = np.broadcast_to([7 * (k // 5) + k % 5 for k in range(FRACTIONS)], dose.shape)
    options = {"alpha_beta": rng.uniform(8, 12, ROWS), "rate": 0.9, "kick_off_day": 28.0} | KERNELS[kernel]
    if "half_time_h" in options:
        options["hour"] = 24 * day[0] + 9

    start = time.perf_counter()
    result = lq.train_bed(dose, day, **options)
    seconds = time.perf_counter() - start

    tracemalloc.start()
    lq.train_bed(dose, day, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    output = result.fraction_bed.nbytes + 2 * ROWS * 8
    with capsys.disabled():
        print(  # noqa: T201 - figures are what a benchmark is for
            f"\n{kernel}: {ROWS:,} courses of {FRACTIONS} fractions in {seconds:.2f} s, "
            f"{(peak - output) / 1e6:.0f} MB beside {output / 1e6:.0f} MB of result"
        )
    np.testing.assert_allclose(result.bed, (dose * (1 + dose / options["alpha_beta"][:, None])).sum(axis=-1))
