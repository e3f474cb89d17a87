"""How long a quick answer takes from a cold start, beside a bare numpy import."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.bench


def seconds(statement: str, runs: int = 15) -> float:
    """Median of fresh starts."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return sorted(times)[runs // 2]


def test_dose_beside_a_bare_numpy_import(capsys: pytest.CaptureFixture[str]) -> None:
    """About 1.5 times is asked for; the bound leaves room for a busy machine."""
    seconds("from rtplan.cli import main; main(['dose', '45/25'], standalone_mode=False)", runs=1)  # writes byte code
    numpy = seconds("import numpy")
    dose = seconds("from rtplan.cli import main; main(['dose', '45/25'], standalone_mode=False)")
    with capsys.disabled():
        print(f"\nrtplan dose 45/25: {dose * 1000:.0f} ms, {dose / numpy:.2f} times numpy ({numpy * 1000:.0f} ms)")  # noqa: T201
    assert dose / numpy < 2.5
