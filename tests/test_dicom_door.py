"""DICOM RT through the door. Proof: plans and records as they are exported, from file to answer, and no patient."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import dicom_factory as make
import pytest
from dicom_factory import delivered
from pydicom.data import get_testdata_file

import rtplan

STAMP = ("--stamp", "2026-01-01T00:00:00Z")
PLANNED = ("--start", "2026-03-02", "--clinic", "weekdays", *STAMP)


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A patient's folder as a treatment planning system names it, and the working folder beside it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "ZEBEDEE_QUENTIN"
    folder.mkdir()
    make.plan(folder / "RP.PAT4711.Zeblabel.dcm")
    return folder


def planned(cli: Any, export: Any, *more: Any) -> Any:
    result = cli("plan", str(export / "RP.PAT4711.Zeblabel.dcm"), *PLANNED, "--only", "json", "--out", "p", *more)
    assert result.exit_code == 0, result.output
    return result


def missed(cli: Any, *words: Any) -> Any:
    result = cli("missed", "p/plan.json", *words, *STAMP, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def given(answer: Any) -> Any:
    fractions = answer["status"]["delivered"]["fractions"]
    return len(fractions), pytest.approx(sum(fraction["dose_gy"] for fraction in fractions))


def test_a_course_from_plan_and_records(cli: Any, export: Any) -> None:
    planned(cli, export)
    make.fractions(export, range(1, 11))
    answer = missed(cli, "--record", str(export))
    assert given(answer) == (10, 20.0)
    assert answer["status"]["remaining"]["n_fractions"] == 20
    assert answer["status"]["appended"]["last"] == "2026-04-10"


def test_files_named_one_by_one(cli: Any, export: Any) -> None:
    planned(cli, export)
    make.fractions(export, [1, 2])
    words = [word for path in sorted(export.iterdir()) for word in ("--record", str(path))]
    assert given(missed(cli, *words)) == (2, 4.0)


def test_the_plan_that_pydicom_ships(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """V20: 30 fractions, 30.826203 Gy to the target, no pattern."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(str(get_testdata_file("rtplan.dcm")), "plan.dcm")
    result = cli("plan", "plan.dcm", *PLANNED, "--json")
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert len(plan["fractions"]) == 30
    assert plan["fractions"][-1]["cumulative_dose_gy"] == pytest.approx(30.826203)
    said = {note["code"]: note["message"] for note in plan["notes"]}
    assert said["dicom-no-pattern"].startswith("fraction group 1 has no FractionPattern")
    assert "warning: fraction group 1 has no FractionPattern" in result.stderr


def test_a_replan_and_a_partial_fraction(cli: Any, export: Any) -> None:
    other = make.generate_uid(entropy_srcs=["second"])
    planned(cli, export)
    make.fractions(export, range(1, 6))
    make.fractions(export, [1, 2], first=make.dt.date(2026, 3, 9), plan_uid=other)
    stopped = delivered(1, 3, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    make.record(export / "x.dcm", [stopped, delivered(2, 3, 80.0)], "20260311", plan_uid=other)
    refused = cli("missed", "p/plan.json", "--record", str(export), *STAMP, "--json")
    assert refused.exit_code == 1
    assert "are of 2 plans (plan 1: 5 fractions, 2026-03-02 to 2026-03-06; plan 2" in refused.stderr
    make.plan(export / "second.dcm", uid=other, follows=make.PLAN_UID)
    answer = missed(cli, "--record", str(export))
    assert given(answer) == (8, 15.4)
    codes = {note["code"] for note in answer["notes"]}
    assert {"dicom-replanned", "dicom-beam-partial", "partial"} <= codes
    first = missed(cli, "--record", str(export), "--record-plan", "1")
    assert given(first) == (5, 10.0)


def test_several_targets_through_the_door(cli: Any, export: Any) -> None:
    path = export / "RP.PAT4711.Zeblabel.dcm"
    make.plan(path, references=[make.reference(1, 60.0), make.reference(2, 54.0)])
    refused = cli("plan", str(path), *PLANNED, "--json")
    assert refused.exit_code == 1
    assert "--dose-reference" in refused.stderr
    planned(cli, export, "--dose-reference", "1")
    make.fractions(export, [1, 2])
    assert given(missed(cli, "--record", str(export), "--dose-reference", "1")) == (2, 4.0)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("plan", "70/35", "--dose-reference", "1", *PLANNED), "--dose-reference"),
        (("missed", "p/plan.json", "--missed", "2026-03-10", "--dose-reference", "1"), "--dose-reference"),
        (("missed", "p/plan.json", "--record", "ZEBEDEE_QUENTIN", "--record-format", "mosaiq"), "--record-format"),
        (("missed", "p/plan.json", "--record", "ZEBEDEE_QUENTIN", "--record-plan", "first"), "--record-plan"),
        (("missed", "p/plan.json", "--record", "a.csv", "--record", "b.csv"), "--record"),
        (("plan", "cut.dcm", *PLANNED), "cut.dcm: is cut off or damaged"),
        (("plan", "none.dcm", *PLANNED), "none.dcm: no such file"),
        (("missed", "p/plan.json", "--record", "cut.dcm"), "cut.dcm: is cut off or damaged"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(cli: Any, export: Any, words: Any, problem: Any) -> None:
    planned(cli, export)
    make.fractions(export, [1])
    shutil.copy(str(get_testdata_file("rtplan_truncated.dcm")), "cut.dcm")
    for name in ("a.csv", "b.csv"):
        export.with_name(name).write_text("date\n2026-03-02\n", encoding="utf-8")
    result = cli(*words)
    assert result.exit_code in (1, 2)
    assert problem in result.stderr
    assert "Traceback" not in result.output
    assert len([line for line in result.stderr.splitlines() if line.strip()]) <= 4


def content(file: Any) -> Any:
    """What stands in a file, a workbook's parts among it."""
    parts = [file.read_bytes()]
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            parts = [packed.read(name) for name in packed.namelist()]
    return b"".join(parts).decode("utf-8", "ignore")


def test_nothing_of_the_patient_reaches_a_file_or_message(cli: Any, export: Any, capfd: Any) -> None:
    """Not from the objects, not from the names of files and folders, in no format, no note and no refusal."""
    path = str(export / "RP.PAT4711.Zeblabel.dcm")
    make.fractions(export, range(1, 4))
    stopped = delivered(1, 4, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    make.record(export / "PAT4711.dcm", [stopped, delivered(2, 4, 80.0)], "20260305")
    output = cli("plan", path, *PLANNED, "--out", "p").output
    output += cli("plan", path, *PLANNED).output
    output += cli("plan", path, *PLANNED, "--json").output
    for more in (["--json"], ["--csv"], [], ["--out", "m"]):
        result = cli("missed", "p/plan.json", "--record", str(export), *STAMP, *more)
        assert result.exit_code == 0, result.output
        output += result.output
    option = json.loads(cli("missed", "p/plan.json", "--record", str(export), *STAMP, "--json").stdout)["options"][0]
    output += cli(
        "missed", "p/plan.json", "--record", str(export), *STAMP, "--choose", option["id"], "--out", "r"
    ).output
    files = [file for folder in ("p", "m", "r") for file in export.with_name(folder).rglob("*") if file.is_file()]
    assert len(files) > 10
    written = "".join(map(str, files)) + "".join(content(file) for file in files)
    captured = capfd.readouterr()
    everything = (output + captured.out + captured.err + written).lower().replace(str(export.parent).lower(), "")
    assert [word for word in make.PATIENT if re.search(re.escape(word.lower()), everything)] == []


def test_the_guide_is_true(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the guide runs and prints the lines that stand below it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export").mkdir()
    make.plan(tmp_path / "export" / "plan.dcm")
    make.fractions(tmp_path / "export", range(1, 5))
    stopped = delivered(1, 5, 60.0, 120.0, TreatmentTerminationStatus="MACHINE")
    make.record(tmp_path / "export" / "x.dcm", [stopped, delivered(2, 5, 80.0)], "20260306")
    guide = (Path(rtplan.__file__).parent / "docs" / "dicom.md").read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", guide, flags=re.DOTALL):
        command, *lines = block.splitlines()
        result = cli(*command.removeprefix("$ rtplan ").split())
        assert result.exit_code == 0, result.output
        printed = [line.rstrip() for line in result.output.splitlines()]
        assert [line for line in lines if line != "..." and line not in printed] == []
