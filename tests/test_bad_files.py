"""A catalogue of bad files: each is refused, or read for what it is, with one message that names file, place and bound.

What each file is like stands beside its name, what is said of it behind; nothing else comes, and no traceback.
"""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dicom_factory
import pytest
from factory import TWO_MACHINES
from factory import plan as make

from rtplan.planning import artefact
from rtplan.report.formats.json import dumps

if TYPE_CHECKING:
    from click.testing import Result

    Cli = Callable[..., Result]

ROOT = Path(__file__).resolve().parent.parent
TEXT = dumps(make("45/25", start="2026-03-02", clinic="england").document())
DIGITS = "9" * 5000

Bad = tuple[str, str | bytes, str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(TEXT, encoding="utf-8")
    return tmp_path


def write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def refused(done: Result, name: str, message: str) -> None:
    """One refusal: every line is of the program, the first names the file and says what is wrong."""
    said = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (1, "")
    assert said[0].startswith(f"rtplan: {name}: " if name else "rtplan: ")
    assert message in done.stderr
    assert all(line.startswith("rtplan: ") for line in said)


def changed(*keys: str | int, value: Any, sealed: bool = True) -> str:
    """The plan with one value another one."""
    data = json.loads(TEXT)
    inside = data
    for key in keys[:-1]:
        inside = inside[key]
    inside[keys[-1]] = copy.deepcopy(value)
    if sealed:
        data["sha256"] = artefact.seal_of(data)
    return json.dumps(data)


PLANS: list[Bad] = [
    ("cut off", TEXT[:4000], "is not JSON"),
    ("a list", "[1]", "schema must be 'rtplan.plan/1', got None"),
    ("null", "null", "schema must be 'rtplan.plan/1', got None"),
    ("NaN", '{"schema": NaN}', "holds NaN, which is not a number of JSON"),
    ("a key twice", '{"schema": 1, "schema": 2}', "gives 'schema' twice"),
    ("Latin-1", "é".encode("latin-1"), "is not UTF-8 text"),
    ("blanks", "  \n", "is empty"),
    ("nothing", "", "is empty"),
    ("too deep", "[" * 100_000, "its lists or tables are too deep"),
    ("a long number", f'{{"schema": {DIGITS}}}', "holds a whole number of 5000 digits"),
    ("another answer", changed("schema", value="rtplan.dose/1"), "schema must be 'rtplan.plan/1', got 'rtplan.dose/1'"),
    ("a key more", changed("more", value=1), "more is not a known key"),
    ("another dose", changed("fractions", 3, "dose_gy", value=2.0, sealed=False), "fractions[3].dose_gy is 2.0"),
    ("another dose, sealed", changed("fractions", 3, "dose_gy", value=2.0), "fractions[3].dose_gy is 2.0"),
    ("a date out of order", changed("fractions", 3, "date", value="2026-03-31"), "lies before 4 (2026-03-31)"),
    ("no such date", changed("fractions", 3, "date", value="2026-02-30"), "fractions[3].date"),
    ("many fractions", changed("inputs", "prescription", "phases", 0, "n_fractions", value=10**17), "at most 999"),
    ("no such zone", changed("inputs", "calendar", "time_zone", value="Mars/Base"), "time_zone 'Mars/Base' is not an"),
    ("a text for a number", changed("inputs", "regions", 0, "tissue", "alpha_beta", value="10"), "alpha_beta: input"),
    ("below zero", changed("inputs", "regions", 0, "tissue", "alpha_beta", value=-3.0), "got -3.0"),
]


@pytest.mark.parametrize(("content", "message"), [bad[1:] for bad in PLANS], ids=[bad[0] for bad in PLANS])
def test_plan_files(content: str | bytes, message: str, cli: Cli, place: Path) -> None:
    write(place / "bad.json", content)
    refused(cli("missed bad.json --missed 2026-03-10"), "bad.json", message)


CLINICS: list[Bad] = [
    ("no value", "name = \n", "is not TOML: Invalid value (at line 1"),
    ("an unknown key", TWO_MACHINES.replace("label", "labl"), "labl is not a known key; did you mean 'label'?"),
    ("a key twice", TWO_MACHINES + '\nname = "x"\n', "is not TOML: Cannot overwrite a value"),
    ("a control sign", TWO_MACHINES.replace("two", "t\x01wo"), "is not TOML: Illegal character"),
    ("UTF-16", b"\xff\xfe" + TWO_MACHINES.encode("utf-16-le"), "is not UTF-8 text"),
    ("no such zone", TWO_MACHINES.replace("Europe/London", "Mars"), "time_zone 'Mars' is not an IANA time zone"),
    ("no such country", TWO_MACHINES.replace('"GB"', '"XX"'), "country 'XX' is not known to the holidays library"),
    ("last before first", TWO_MACHINES.replace("first = 2026-03-11", "first = 2026-03-15"), "days.closures[0]: last"),
    ("a number for a text", TWO_MACHINES.replace('"two"', "3"), "name: input should be a valid string, got 3"),
    ("no source", TWO_MACHINES.replace("source =", "# source ="), "source is missing"),
    ("nothing", "", "is empty"),
    ("too deep", "a = " + "[" * 5000, "its tables are too deep"),
    ("a long number", f"first = {DIGITS}", "holds a number of thousands of digits"),
]


@pytest.mark.parametrize(("content", "message"), [bad[1:] for bad in CLINICS], ids=[bad[0] for bad in CLINICS])
def test_clinic_files(content: str | bytes, message: str, cli: Cli, place: Path) -> None:
    write(place / "bad.toml", content)
    refused(cli("plan 45/25 --start 2026-03-02 --clinic ./bad.toml"), "./bad.toml", message)


@pytest.mark.parametrize(
    "words",
    [
        "plan ./bad.toml --start 2026-03-02",
        "plan 45/25 --start 2026-03-02 --clinic england --chemo ./bad.toml",
        "plan 45/25 --start 2026-03-02 --clinic england --tissue-file ./bad.toml",
        "missed plan.json --record record.csv --record-format ./bad.toml",
    ],
)
def test_a_file_of_another_kind(words: str, cli: Cli, place: Path) -> None:
    write(place / "bad.toml", TWO_MACHINES)
    write(place / "record.csv", "date,dose_gy\n2026-03-02,1.8\n")
    done = cli(words)
    said = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (1, "")
    assert all(line.startswith(("rtplan: ./bad.toml: ", "rtplan: bad.toml: ")) for line in said)
    assert any("is missing" in line or "takes one list [[tissues]]" in line for line in said)


RECORDS: list[Bad] = [
    ("other columns", "a,b\n1,2\n", "line 1: none of the columns 'date'"),
    ("below zero", "date,dose_gy\n2026-03-02,-1.8\n", "line 2: dose_gy: must be 0 Gy or greater, got '-1.8'"),
    ("a word for a dose", "date,dose_gy\n2026-03-02,abc\n", "line 2: dose_gy: must be a number in Gy, got 'abc'"),
    ("not a number", "date,dose_gy\n2026-03-02,nan\n", "line 2: dose_gy: must be 0 Gy or greater, got 'nan'"),
    ("a decimal comma", 'date,dose_gy\n2026-03-02,"1,8"\n', "the comma looks like a decimal comma"),
    ("no such date", "date,dose_gy\n2026-02-30,1.8\n", "line 2: date must be a date that exists"),
    ("two readings", "date,dose_gy\n02/03/2026,1.8\n", "2 March or 3 February?"),
    ("semicolons", "date;dose_gy\n2026-03-02;1.8\n", "it looks parted by semicolons"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "is not UTF-8 text"),
    ("UTF-16", "date,dose_gy\n2026-03-02,1.8\n".encode("utf-16"), "looks like UTF-16 text"),
    ("nothing", "", "is empty"),
    ("no lines", "date,dose_gy\n", "has no line below its column names"),
    ("a cell more", "date,dose_gy\n2026-03-02,1.8,3\n", "has 3 cells for 2 columns"),
    ("a long number", f"date,dose_gy,fraction\n2026-03-02,1.8,{DIGITS}\n", "must be a whole number from 1 to 999"),
    ("no DICOM", b"x" * 500, ""),
]


@pytest.mark.parametrize(("content", "message"), [bad[1:] for bad in RECORDS], ids=[bad[0] for bad in RECORDS])
def test_records(content: str | bytes, message: str, cli: Cli, place: Path) -> None:
    write(place / "bad.csv", content)
    refused(cli("missed plan.json --record bad.csv"), "bad.csv", message)


def test_a_spreadsheet_and_a_dicom_file_that_are_cut_off(cli: Cli, place: Path) -> None:
    from openpyxl import Workbook

    stream = BytesIO()
    Workbook().save(stream)
    write(place / "bad.xlsx", stream.getvalue()[:300])
    refused(cli("missed plan.json --record bad.xlsx"), "bad.xlsx", "looks like a spreadsheet")
    refused(cli("cohort bad.xlsx --clinic england"), "bad.xlsx", "is no spreadsheet that can be read")
    write(place / "bad.dcm", dicom_factory.plan(place / "whole.dcm").read_bytes()[:600])
    refused(cli("missed plan.json --record bad.dcm"), "bad.dcm", "is cut off or damaged")


LEVELS: list[Bad] = [
    ("other columns", "name\n", "its first line has to be: id,level"),
    ("no such level", "id,level\na,9\n", "line 2: level takes 1 to 5"),
    ("twice", "id,level\na,1\na,2\n", "line 3: 'a' is given twice"),
]


@pytest.mark.parametrize(("content", "message"), [bad[1:] for bad in LEVELS], ids=[bad[0] for bad in LEVELS])
def test_levels(content: str, message: str, cli: Cli, place: Path) -> None:
    (place / "plans").mkdir()
    write(place / "plans" / "a.json", TEXT)
    write(place / "bad.csv", content)
    refused(cli("department plans --closed 2026-03-10 --slots 2 --levels bad.csv"), "bad.csv", message)


DOORS = [
    "missed {0} --missed 2026-03-10",
    "verify {0}",
    "serve {0} --no-browser",
    "missed plan.json --record {0}",
    "plan 45/25 --start 2026-03-02 --clinic {0}",
    "plan 45/25 --start 2026-03-02 --clinic england --tissue-file {0}",
    "plan {0} --start 2026-03-02",
    "department . --closed 2026-03-10 --slots 2 --levels {0}",
    "cohort {0} --clinic england",
]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
@pytest.mark.parametrize("words", DOORS)
def test_pipes_devices_and_what_has_no_end(words: str, cli: Cli, place: Path) -> None:
    os.mkfifo(place / "pipe.toml")
    with (place / "large.toml").open("wb") as stream:
        stream.truncate(20_000_001)
    refused(cli(words.format("./pipe.toml")), "", "is a pipe or a device, not a file")
    if "cohort" not in words:
        refused(cli(words.format("./large.toml")), "", "is larger than 20000000 bytes, the most that is read")
    if "--clinic {0}" not in words and "plan {0}" not in words and Path("/dev/zero").exists():
        refused(cli(words.format("/dev/zero")), "", "is a pipe or a device, not a file")


@pytest.mark.parametrize(
    "words",
    [
        ["missed", "plan.json", "--missed", "2026-03-10", "--cause-text", "\x1b[2J\u202eabc\x85"],
        ["plan", "45/25", "--start", "2026-03-02", "--clinic", "./odd.toml"],
    ],
)
@pytest.mark.parametrize("how", [[], ["--json"], ["--csv"], ["--out", "out"]])
def test_control_signs_are_written_out(words: list[str], how: list[str], cli: Cli, place: Path) -> None:
    write(place / "odd.toml", TWO_MACHINES.replace("Two machines", "\\u202eTwo\\u001b[2J\\u0085"))
    done = cli(*words, *how)
    assert done.exit_code == 0 or how == ["--out", "out"]
    texts = [done.output, *(path.read_bytes().decode("utf-8", "replace") for path in place.glob("out/*.[hijc]*"))]
    for text in texts:
        assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) is None
    if how == ["--json"] and done.exit_code == 0:
        json.loads(done.stdout)


@pytest.mark.parametrize("words", ["plan bad.dcm --start 2026-03-02", "missed plan.json --record bad.xlsx"])
def test_no_library_warns_before_the_sentence(words: str, place: Path) -> None:
    write(place / "bad.dcm", dicom_factory.plan(place / "whole.dcm").read_bytes()[:-40])
    write(place / "bad.xlsx", b"PK\x03\x04" + b"\0" * 100)
    done = subprocess.run(
        [sys.executable, "-W", "default", "-m", "rtplan", *words.split()],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert all(line.startswith("rtplan: ") for line in done.stderr.splitlines())
