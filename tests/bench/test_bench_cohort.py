"""A cohort of many rows: courses a second and peak memory, of the command itself; nothing here fails for being slow."""

from __future__ import annotations

import csv
import datetime as dt
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

REGIMENS = (("45/25", 25), ("60/30", 30), ("50.4/28", 28), ("40.05/15", 15), ("70/35", 35))

PROGRAM = """
import resource, sys
from rtplan.cli import main
main(sys.argv[1:], standalone_mode=False)
used = resource.getrusage(resource.RUSAGE_SELF)
print("PEAK", used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def write(path: Path, rows: int) -> None:
    """Five years of courses on two clinics, ended and not."""
    chance = random.Random(1)
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=k) for k in range(2000)]
    texts = [day.isoformat() for day in days]
    weekdays = [place for place, day in enumerate(days) if day.weekday() < 5 and place < 1900]
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(("id", "regimen", "start", "first", "clinic", "arm", "last", "n_given"))
        for number in range(rows):
            regimen, n = REGIMENS[number % 5]
            start = chance.choice(weekdays)
            last = start + 7 * n // 5 + chance.randrange(12)
            arm = ("low", "standard")[number % 2]
            clinic = chance.choice(("england", "west-china"))
            out.writerow((number, regimen, texts[start], texts[start], clinic, arm, texts[last], n))


@pytest.mark.parametrize("rows", [100_000, 1_000_000])
def test_rows(rows: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "courses.csv"
    write(path, rows)
    begin = time.perf_counter()
    words = ("cohort", str(path), "--tissue", "squamous-surrogate", "--out", str(tmp_path / "out"), "--only", "json")
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    found = re.search(r"PEAK (\d+) ([\d.]+)", done.stderr)
    assert found
    peak, cpu = int(found[1]), float(found[2])
    with capsys.disabled():
        print(  # noqa: T201 - figures are what a benchmark is for
            f"\n{rows:,} courses in {seconds:.1f} s: {rows / seconds:,.0f} a second, {rows / cpu:,.0f} a second of the "
            f"processor's; peak memory {peak / 1024:.0f} MiB"
        )
    assert (tmp_path / "out" / "courses.csv").stat().st_size > rows * 100
