"""Proof of what is installed: the wheel brings its data, and a user's mypy sees the real types of the front door."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SCRIPT = """
import rtplan as rt

plan = rt.plan("45/25", start="2026-03-02", clinic="england")
reveal_type(plan)
reveal_type(rt.missed(plan, "2026-03-10..2026-03-12", cause="linac"))
reveal_type(rt.missed(plan, "2026-03-10").choose("append"))
reveal_type(rt.dose("45/25", "60/30").rows[0].net_bed_gy)
reveal_type(rt.compare("45/25", "60/30"))
reveal_type(rt.starts(first="2026-03-02", last="2026-03-31"))
reveal_type(rt.workdays("CN", "2026-02-01", "2026-02-28").calendar)
reveal_type(rt.read("plan.json").course.fractions[0].date)
reveal_type(rt.bed(25, 1.8, 10.0))
reveal_type(plan.save("course", only="html"))
rt.plan("45/25", start="2026-03-02", worked_weekends="maybe")
rt.plan("45/25", begin="2026-03-02")
"""

REVEALED = [
    "rtplan.planning.plan.Plan",
    "rtplan.interruption.missed.Missed",
    "rtplan.planning.plan.Plan",
    "float",
    "rtplan.questions.comparison.Comparison",
    "rtplan.questions.starts.StartSearch",
    "rtplan.clinic.days.Calendar",
    "datetime.date",
    "float | numpy.ndarray",
    "tuple[pathlib.Path, ...]",
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without network and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    program = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("rtplan-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_brings_its_data(installed: Path) -> None:
    package = installed / "rtplan"
    assert (package / "py.typed").exists()
    shipped = {path.relative_to(ROOT / "configs") for path in (ROOT / "configs").rglob("*.*") if path.is_file()}
    assert shipped == {path.relative_to(package / "configs") for path in (package / "configs").rglob("*.*")}
    program = "import rtplan as rt; print(rt.__file__, rt.plan(start='2026-02-02').course.last)"
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=installed.parent, env=environment, check=True, capture_output=True
    )
    assert done.stdout.decode().split() == [str(package / "__init__.py"), "2026-03-16"]


def test_mypy_sees_the_types_of_the_front_door(installed: Path, tmp_path: Path) -> None:
    script = tmp_path / "users.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    revealed = [line for line in lines if "Revealed type" in line]
    assert len(revealed) == len(REVEALED), done.stdout
    for line, expected in zip(revealed, REVEALED, strict=True):
        assert expected in line
        assert "Any" not in line.replace("numpy.ndarray[Any", "").replace("tuple[Any, ...]", "")
    errors = [line for line in lines if ": error:" in line]
    assert len(errors) == 2, done.stdout
    assert "worked_weekends" in errors[0]
    assert '"begin"' in errors[1]
