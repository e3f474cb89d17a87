"""Every door, given whatever anybody may put in: an answer or a refusal in a sentence, never a traceback.

A few hundred inputs here, the same on every run. `pytest -m fuzz` draws new ones, 25 times as many.
"""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import json
import math
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dicom_factory
import numpy as np
import pytest
from click.testing import CliRunner
from conftest import inputs
from factory import TWO_MACHINES
from factory import plan as make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rtplan as rt
from rtplan.cli import COMMANDS, main
from rtplan.errors import RtplanError
from rtplan.library import catalogue
from rtplan.planning import artefact
from rtplan.prescription import notation
from rtplan.radiobiology import lq, response
from rtplan.records import dicom_plan, files
from rtplan.report.formats.json import dumps
from rtplan.web.app import Settings, create_app, known_names

if TYPE_CHECKING:
    from click.testing import Result

pytestmark = pytest.mark.fuzz

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What no output holds unescaped; written here once more, not taken from the program."""

NO_NUMBER = re.compile(r"(?<![\w'\"-])[+-]?(nan|inf|infinity)(?![\w'\"=-])", re.IGNORECASE)


def refused(work: Callable[..., Any], *args: Any, **words: Any) -> tuple[str, Any]:
    """What is said against it, nothing where it is answered; and the answer."""
    try:
        return "", work(*args, **words)
    except RtplanError as error:
        said = str(error)
    assert said.strip()
    assert all(len(line) < 3000 for line in said.split("\n"))
    return said, None


def law(few: int) -> settings:
    """So many inputs in the usual run."""
    return settings(max_examples=inputs(few), suppress_health_check=list(HealthCheck))


# --- words ----------------------------------------------------------------------------------------------------------

JUNK = [
    *(
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "-1",
        "0",
        "1e308",
        "1e-320",
        "True",
        "null",
        "..",
        "../..",
        "/",
        "~",
        "-",
        "--",
    ),
    *(
        "9" * 5000,
        "1" * 100_000,
        "0." + "0" * 5000 + "1",
        "x" * 5000,
        "a\nb",
        "\t",
        "\x1b[2Jred",
        "\u202eabc",
        "\x85",
        "\u2066x\u2069",
    ),
    *("四川", "İ", "=cmd()", "{0}", "%s", "[red]", ";", ",", "#", "@", "=", "+", "'", '"', "<b>", "\\", "*", "$(x)"),
    *(
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "2026-03-10..2026-03-01",
        "2026-03-10#99999",
        "2026-03-10=",
        "1951-01-01",
    ),
    *("fifo", "folder", "/dev/zero", "/dev/null", "missing.json", "missing.toml", "bad.json", "bad.toml", "empty.csv"),
    *("fifo.toml", "fifo.json", "deep.json", "deep.toml", "digits.json", "digits.toml", "nul.toml", "bidi.toml", "./"),
]
GOOD = [
    *("45/25", "60/30", "41.4/23 + 27/18 bid", "5x8", "2fx8Gy", "cross", "45.6/38bid", "66/33 3/week", "180cGyx25"),
    *(
        "2026-02-02",
        "2026-03-10",
        "2026-03-10,2026-03-11",
        "2026-03-10..2026-03-12",
        "2026-03-06#2",
        "2026-03-10=0.9Gy",
    ),
    *(
        "plan.json",
        "clinic.toml",
        "tissues.toml",
        "record.csv",
        "chemo.toml",
        "protocol.toml",
        "levels.csv",
        "plan.dcm",
    ),
    *("england", "west-china", "CN", "GB-ENG", "none", "yes", "no", "mon-sat", "tumour", "generic-late", "en", "zh_CN"),
    *(
        "cycle=2",
        "before",
        "start=28",
        "2=7",
        "1",
        "2",
        "3",
        "10",
        "3,10",
        "100",
        "0.5",
        "html,json",
        "json",
        "csv,ics",
    ),
    *("spinal cord=42.3Gy Dmax", "09:00", "09:00,15:30", "2026-01-15T09:00:00+08:00", "2026-03-14=10", "5", "out"),
    *("protocols", "tissues", "clinics", "chemo", "regimens", "plan", "missed", "bash", "machine breakdown"),
]
BASES = [
    *(
        "plan --start 2026-02-02 --clinic west-china",
        "plan 45/25 --start 2026-03-02 --clinic england --chemo none --json",
    ),
    *("dose 45/25 60/30", "dose 45/25 --start 2026-02-02 --csv", "dose --to-match 60/30 --fractions 25", "compare"),
    *("compare 45/25 60/30 --start 2026-03-02 --clinic england --json", "missed plan.json --missed 2026-03-10"),
    *("missed plan.json --missed 2026-03-10 --cause toxicity --json", "missed plan.json --record record.csv --csv"),
    *(
        "starts 45/25 --clinic england --from 2026-02-02 --to 2026-02-04",
        "workdays CN --from 2026-01-01 --to 2026-02-01",
    ),
    *(
        "verify plan.json",
        "department plans --closed 2026-03-10 --slots 2",
        "list regimens",
        "guide missed",
        "init x.toml --country FR --yes --force",
    ),
    *(
        "completion bash",
        "cohort courses.csv --clinic england --all-given --csv",
        "serve plan.json --no-browser",
        "plan --start 2026-02-02 --out out --force",
    ),
]
OPTIONS = {
    name: [option for param in main.get_command(None, name).params for option in param.opts if option.startswith("--")]  # type: ignore[arg-type, union-attr]
    for name in COMMANDS
}
FREE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
WORD = st.one_of(st.sampled_from(GOOD), st.sampled_from(JUNK), FREE)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command that works, changed in a few places; or words of any kind."""
    if draw(st.integers(0, 7)) == 0:
        return draw(st.lists(st.one_of(st.sampled_from(list(COMMANDS)), WORD), max_size=4))
    words = draw(st.sampled_from(BASES)).split()
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.integers(0, 5))
        place = draw(st.integers(1, max(1, len(words) - 1)))
        if change <= 2:
            words += [draw(st.sampled_from(OPTIONS[words[0]] or ["--help"])), draw(WORD)]
        elif change == 3:
            words[place:place] = [draw(WORD)]
        else:
            words[place : place + 1] = [draw(WORD)] if change == 4 else []
    return words


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a file of every kind that a command reads, and of every kind that it must not."""
    folder = tmp_path_factory.mktemp("doors")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("click.launch", lambda *_, **__: 0)
        patch.setattr("waitress.create_server", _Server)
        (folder / "folder").mkdir()
        (folder / "plans").mkdir()
        yield folder


class _Server:
    effective_port = 8000

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def run(self) -> None: ...


SOURCES = {
    "clinic.toml": TWO_MACHINES,
    "protocol.toml": (catalogue.directory() / "protocols" / "west-china-low-dose.toml").read_text(encoding="utf-8"),
    "chemo.toml": sorted((catalogue.directory() / "chemo").glob("*.toml"))[0].read_text(encoding="utf-8"),
    "format.toml": sorted((catalogue.directory() / "records").glob("*.toml"))[0].read_text(encoding="utf-8"),
    "tissues.toml": "\n".join((catalogue.directory() / "tissues.toml").read_text(encoding="utf-8").split("\n[")[0:3]),
    "record.csv": "date,dose_gy,time\n2026-03-02,1.8,09:00\n2026-03-03,1.8,09:00\n2026-03-05,1.8,09:00\n",
    "levels.csv": "id,level\na,1\n",
    "courses.csv": "id,regimen,start,last\na\x1b[2J,45/25,2026-03-02,2026-04-09\n\u202eb,5x8,2026-03-02,\n",
    "bad.json": '{"schema": "rtplan.plan/1", ',
    "bad.toml": "name = \n",
    "empty.csv": "",
    "deep.json": "[" * 100_000,
    "deep.toml": "a = " + "[" * 5000,
    "digits.json": '{"schema": ' + "9" * 5000 + "}",
    "digits.toml": "first = " + "9" * 5000,
    "nul.toml": TWO_MACHINES.replace('"linac exchange"', '"a\\u0000b"'),
    "bidi.toml": TWO_MACHINES.replace("Two machines", "\\u202eTwo\\u001b[2J\\u0085").replace("exchange", "\\u2066 x"),
}
PLAN = make("45/25", start="2026-03-02", clinic="england")
DOCUMENT = json.loads(dumps(PLAN.document()))
REVISION = json.loads(dumps(rt.missed(PLAN, "2026-03-10", cause="machine").choose("weekend-1").document()))
PLAN_TEXT = dumps(PLAN.document())


def lay_out(folder: Path) -> None:
    """The files, as they were: a command may have written over one."""
    for name, text in SOURCES.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("plan.json", "plans/a.json", "plans/b.json"):
        (folder / name).write_text(PLAN_TEXT, encoding="utf-8")
    if not (folder / "plan.dcm").exists():
        dicom_factory.plan(folder / "plan.dcm")
    for name in ("fifo", "fifo.toml", "fifo.json"):
        if hasattr(os, "mkfifo") and not (folder / name).exists():
            os.mkfifo(folder / name)


def run(words: list[str]) -> Result:
    return CliRunner().invoke(main, words)


def check(done: Result, words: list[str]) -> None:
    """The law of the command line."""
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code in (0, 1, 2)
    if done.exit_code:
        assert done.stderr.strip() or "verify" in words
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text
        found = UNSEEN.search(text.replace("\r\n", "\n"))
        assert found is None, found
    if done.exit_code == 0 and done.stdout.startswith("{"):
        json.loads(done.stdout, parse_constant=_refused)
    elif done.exit_code == 0 and words[:1] not in (["guide"], ["completion"]) and "--help" not in words:
        assert NO_NUMBER.search(" ".join(words)) or NO_NUMBER.search(done.stdout) is None


def _refused(name: str) -> None:
    raise AssertionError(f"JSON with {name}")


def check_files(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".html", ".csv", ".ics"):
            assert UNSEEN.search(path.read_bytes().decode("utf-8").replace("\r\n", "\n")) is None, path
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                for name in book.namelist():
                    assert UNSEEN.search(book.read(name).decode("utf-8", "replace").replace("\r\n", "\n")) is None


@law(130)
@given(words=command_lines())
def test_every_command_line_is_answered_or_refused(words: list[str], place: Path) -> None:
    lay_out(place)
    check(run(words), words)
    if (place / "out").is_dir():
        check_files(place / "out")
    assert not list(place.rglob(".rtplan-*"))


# --- plan files -----------------------------------------------------------------------------------------------------


def paths_of(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key path of a document."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from paths_of(value, (*path, key))


def by_shape(document: Any) -> dict[str, list[tuple[str | int, ...]]]:
    """Key paths by kind of place: every calendar day's reason is one of them, so that all kinds are met as often."""
    found: dict[str, list[tuple[str | int, ...]]] = {}
    for path in paths_of(document):
        found.setdefault(".".join("*" if isinstance(part, int) else part for part in path), []).append(path)
    return found


PLANS = [(DOCUMENT, by_shape(DOCUMENT)), (REVISION, by_shape(REVISION))]

VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        10**9,
        10**17,
        1e308,
        5e-324,
        -0.5,
        0.1,
        "",
        " ",
        "x",
        "\u202e",
        "\x1b[2J",
        "\x00",
    ),
    *(
        "2026-02-30",
        "2026-03-09",
        "9999-12-31",
        "0001-01-01",
        "2026-03-02T25:00:00",
        "inf",
        "NaN",
        [],
        {},
        [[]],
        [None],
    ),
    *({"code": "x"}, {"a": {"b": {}}}, ["x"] * 3, "../../x", "a" * 10_000, "CN", "Europe/Nowhere", "\ud800"),
]


@st.composite
def edits(draw: st.DrawFn) -> tuple[Any, tuple[str | int, ...], bool]:
    """The document of a plan with one place changed, the place, and whether it was sealed again."""
    document, places = draw(st.sampled_from(PLANS))
    data = copy.deepcopy(document)
    where = draw(st.sampled_from(places[draw(st.sampled_from(sorted(places)))]))
    inside = data
    for part in where[:-1]:
        inside = inside[part]
    last, change = where[-1], draw(st.integers(0, 5))
    if change == 0:
        del inside[last]
    elif change == 1 and isinstance(inside, list):
        inside.insert(int(last), copy.deepcopy(inside[int(last)]))
    elif change == 1:
        inside[f"{last}s"] = inside[last]
    elif change == 2 and isinstance(inside[last], int | float) and not isinstance(inside[last], bool):
        inside[last] += draw(st.sampled_from([-1, 1, 0.5, 1e-3, 1e6]))
    else:
        inside[last] = draw(st.sampled_from(VALUES))
    sealed = draw(st.booleans())
    if sealed:
        data["sha256"] = artefact.seal_of(data)
    return data, where, sealed


@law(60)
@given(edit=edits())
def test_a_changed_plan_is_refused_by_name_or_says_that_it_was_changed(
    edit: tuple[Any, tuple[str | int, ...], bool], place: Path
) -> None:
    data, where, sealed = edit
    path = place / "edited.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    said, plan = refused(rt.read, path)
    if json.dumps(data) in map(json.dumps, (DOCUMENT, REVISION)):
        assert plan is not None
        return
    if plan is None:
        assert said.startswith("edited.json") or str(path) in said, said
        assert said.count("\n") < 40
    else:  # it was sealed again: what it says follows from what it holds
        assert sealed
        again = json.loads(dumps(plan.document()))
        assert artefact.figures(plan) == artefact.figures(artefact.made_again(plan, "x"))
        assert json.loads(json.dumps(again), parse_constant=_refused) == again
    said, plan = refused(rt.read, path, accept_edited=True)
    if plan is not None and artefact.seal(data) == "changed":
        assert any(note.code == "edited-file" for note in plan.notes)
    del where


@law(12)
@given(edit=edits(), words=st.sampled_from(["missed edited.json --missed 2026-03-12", "verify edited.json"]))
def test_commands_on_a_changed_plan_keep_the_law(
    edit: tuple[Any, tuple[str | int, ...], bool], words: str, place: Path
) -> None:
    (place / "edited.json").write_text(json.dumps(edit[0]), encoding="utf-8")
    for more in ([], ["--accept-edited"]):
        if not more or words.startswith("missed"):
            check(run([*words.split(), *more]), [*words.split(), *more])


# --- files of TOML, records, DICOM ----------------------------------------------------------------------------------

TOML_VALUES = [
    *(
        '""',
        '"x"',
        "0",
        "-1",
        "1e308",
        "nan",
        "inf",
        "-inf",
        "true",
        "[]",
        "{}",
        "2026-02-30",
        "9" * 5000,
        "2026-03-01",
    ),
    *(
        '"\\u202e"',
        '"\\u0000"',
        '"\\u001b[2J"',
        "[[]]",
        '["mon", "mon"]',
        "1.5",
        "9999-12-31",
        '"../x.toml"',
        '"a\\nb"',
    ),
    *("2026-03-01T00:00:00Z", "[1, 2, 3]", '"fifo.toml"', '"/dev/zero"', "10_000_000_000_000_000_000", '"CN"', ""),
]
TOML_KINDS: dict[str, Callable[[str], object]] = {
    "clinic.toml": catalogue.load_clinic,
    "protocol.toml": catalogue.load_protocol,
    "chemo.toml": catalogue.load_chemo,
    "format.toml": catalogue.load_record_format,
    "tissues.toml": catalogue.load_tissues,
}


@st.composite
def changed_lines(draw: st.DrawFn, text: str, values: list[str]) -> str:
    """A text with one to three of its lines changed: a value, a whole line, a sign."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 3))):
        place, change = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, 5))
        if change <= 2 and "=" in lines[place]:
            lines[place] = f"{lines[place].partition('=')[0]}= {draw(st.sampled_from(values))}"
        elif change == 3:
            lines[place] = draw(st.text(max_size=20))
        elif change == 4:
            lines.insert(place, lines[place])
        else:
            del lines[place]
            lines = lines or [""]
    return "\n".join(lines)


@st.composite
def toml_files(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(sorted(TOML_KINDS)))
    return name, draw(changed_lines(SOURCES[name], TOML_VALUES))


@law(120)
@given(file=toml_files())
def test_a_changed_toml_file_is_read_or_refused(file: tuple[str, str], place: Path) -> None:
    name, text = file
    path = place / f"changed-{name}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    refused(TOML_KINDS[name], str(path))


CELLS = [
    *(
        "",
        " ",
        "nan",
        "inf",
        "-1",
        "0",
        "1e999",
        "9" * 5000,
        "2026-02-30",
        "2026-03-02",
        "02/03/2026",
        "1,8",
        "=1+1",
        '"',
    ),
    *(
        "\x00",
        "\x1b",
        "\u202e",
        "25:00",
        "09:00",
        "x" * 3000,
        "180cGy",
        "1.8 Gy",
        "true",
        ";",
        "\r",
        "2026-03-02T09:00Z",
    ),
]


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A record of cells of any kind, or one that works with some of them changed."""
    lines = [line.split(",") for line in SOURCES["record.csv"].split("\n")]
    for _ in range(draw(st.integers(1, 4))):
        line = draw(st.sampled_from(lines))
        place, change = draw(st.integers(0, len(line) - 1)), draw(st.integers(0, 4))
        if change <= 2:
            line[place] = draw(st.one_of(st.sampled_from(CELLS), st.text(max_size=6)))
        elif change == 3:
            line.insert(place, draw(st.sampled_from(CELLS)))
        else:
            lines.append(list(line))
    return "\n".join(",".join(line) for line in lines)


@law(80)
@given(text=tables(), form=st.sampled_from(["", "rtplan", "aria", "mosaiq", "german", "chinese"]))
def test_a_changed_record_is_read_or_refused(text: str, form: str, place: Path) -> None:
    path = place / "changed.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    said, record = refused(files.read, path, "tumour", record_format=form)
    if said:
        assert said.startswith("changed.csv")
        return
    for entry in record.entries:
        assert all(math.isfinite(dose) and dose >= 0 for dose in entry.doses_gy.values())


def workbook() -> bytes:
    from openpyxl import Workbook

    book, stream = Workbook(), BytesIO()
    sheet = book.create_sheet("record", 0)
    del book["Sheet"]
    for line in SOURCES["record.csv"].strip().split("\n"):
        sheet.append(line.split(","))
    book.save(stream)
    return stream.getvalue()


@st.composite
def changed_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes cut off, written over, doubled or filled up."""
    out = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place, change = draw(st.integers(0, max(len(out) - 1, 0))), draw(st.integers(0, 3))
        if change == 0:
            del out[place:]
        elif change == 1:
            out[place : place + 4] = draw(st.binary(max_size=4))
        elif change == 2:
            out[place:place] = draw(st.sampled_from([b"\xff" * 8, b"\0" * 64, b"DICM", out[: place % 400]]))
        else:
            del out[place : place + draw(st.integers(1, 60))]
    return bytes(out)


@law(12)
@given(content=changed_bytes(workbook()))
def test_a_changed_spreadsheet_is_read_or_refused(content: bytes, place: Path) -> None:
    path = place / "changed.xlsx"
    path.write_bytes(content)
    said, _ = refused(files.read, path, "tumour", record_format="rtplan")
    assert not said or said.startswith(("changed.xlsx", str(path)))


def dicom_bytes() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return dicom_factory.plan(Path(folder) / "plan.dcm").read_bytes()


@law(80)
@given(content=changed_bytes(dicom_bytes()))
def test_changed_dicom_is_read_or_refused(content: bytes, place: Path) -> None:
    path = place / "changed.dcm"
    path.write_bytes(content)
    said, _ = refused(dicom_plan.read, path)
    assert not any(secret in said for secret in dicom_factory.PATIENT)


# --- the page -------------------------------------------------------------------------------------------------------

HOST = "127.0.0.1:8000"
CLIENT = create_app(
    Settings(known=known_names(), hosts=(HOST,), clock=lambda: dt.datetime(2026, 1, 15, tzinfo=dt.UTC))
).test_client()
PAGES = [
    *(
        "/",
        "/missed",
        "/compare",
        "/starts",
        "/guide",
        "/files/plan/plan.json",
        "/files/plan/calendar.ics",
        "/x",
        "/../x",
    ),
    *(
        "/../x",
        "/files/missed/missed.json",
        "/files/missed/..%2f..",
        "/figures/plan/0.svg",
        f"/figures/plan/{'9' * 20}.svg",
    ),
]
NAMES = (
    "protocol",
    "start",
    "clinic",
    "missed",
    "chosen",
    "regimens",
    "first",
    "last",
    "topic",
    "language",
    "x",
    "\u202e",
)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """An address of the page, its words good and bad."""
    words = st.one_of(st.sampled_from([*GOOD, "sessions-weekend-1", "plan", ""]), st.sampled_from(JUNK), FREE)
    pairs = draw(st.lists(st.tuples(st.sampled_from(NAMES), words), max_size=4))
    usual = [("start", "2026-03-02"), ("clinic", "england"), ("protocol", "45/25")] if draw(st.booleans()) else []
    given_names = {name for name, _ in pairs}
    pairs += [pair for pair in usual if pair[0] not in given_names]
    return f"{draw(st.sampled_from(PAGES))}?{urlencode(pairs)}"


@law(50)
@given(address=addresses())
def test_every_address_gets_a_page_or_a_refusal(address: str) -> None:
    response = CLIENT.get(address, headers={"Host": HOST})
    try:
        assert response.status_code in (200, 308, 400, 404, 422)
        text = response.get_data().decode("utf-8", "replace") if "zip" not in str(response.content_type) else ""
    finally:
        response.close()
    assert "Traceback" not in text
    if "spreadsheet" not in str(response.content_type):
        assert UNSEEN.search(text.replace("\r\n", "\n")) is None


# --- the library ----------------------------------------------------------------------------------------------------

NUMBERS: list[Any] = [
    *(
        0,
        0.0,
        -0.0,
        1,
        2,
        3.0,
        10.0,
        25,
        1.8,
        -1.8,
        0.1,
        1e-320,
        1e308,
        math.nan,
        math.inf,
        -math.inf,
        10**400,
        10**5000,
    ),
    *(True, None, "1.8", "", [1.8, 2.0], [], [math.nan], [1.8, "x"], (2.0,) * 3, {"a": 1}, 1.5, 33, 5, 100),
]
FORMULAE = {
    **{name: getattr(lq, name) for name in lq.__all__ if callable(getattr(lq, name))},
    **{name: getattr(response, name) for name in response.__all__ if callable(getattr(response, name))},
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A formula with a value for each of its parameters."""
    name = draw(st.sampled_from(sorted(FORMULAE)))
    parameters = inspect.signature(FORMULAE[name]).parameters.values()
    return name, {
        each.name: draw(st.one_of(st.sampled_from(NUMBERS), st.floats(0.1, 60)))
        for each in parameters
        if each.default is each.empty or draw(st.booleans())
    }


@law(150)
@given(call=calls())
def test_every_formula_gives_numbers_or_refuses(call: tuple[str, dict[str, Any]]) -> None:
    name, words = call
    _, answer = refused(FORMULAE[name], **words)
    if isinstance(answer, int | float) or hasattr(answer, "dtype"):
        assert np.isfinite(np.asarray(answer, dtype=float)).all(), (name, words, answer)


ANY: list[Any] = [
    None,
    "",
    "x",
    "45/25",
    "2026-03-02",
    "england",
    "plan.json",
    "\u202e\x1b[2J",
    5,
    -1,
    0.5,
    math.nan,
    10**5000,
]
ANY += [
    [],
    ["2026-03-10"],
    [5],
    {},
    {"a": 1},
    b"x",
    True,
    dt.date(2026, 3, 2),
    dt.date.max,
    dt.datetime(2026, 3, 2),
    object(),
]
QUESTIONS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "plan": (("45/25",), {"tissue": "generic-late", "start": "2026-03-02", "clinic": "england"}),
    "dose": (("45/25",), {}),
    "added": (("45/25",), {"to_match": "60/30", "tissue": "generic-late", "start": "2026-03-02", "clinic": "england"}),
    "compare": (("45/25", "60/30"), {}),
    "missed": ((PLAN, "2026-03-10"), {}),
    "starts": (("45/25",), {"first": "2026-03-02", "last": "2026-03-03", "clinic": "england"}),
    "workdays": (("england",), {"first": "2026-03-02", "last": "2026-03-09"}),
    "listing": (("tissues",), {}),
    "verify": (("plan.json",), {}),
    "department": (("plans",), {"closed": "2026-03-10", "slots": ["2"]}),
    "read": (("plan.json",), {}),
}


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """A question of the front door that has an answer, with one or two of its arguments of another kind."""
    name = draw(st.sampled_from(sorted(QUESTIONS)))
    args, words = QUESTIONS[name]
    known = inspect.signature(getattr(rt, name)).parameters.values()
    changed = dict(words)
    for _ in range(draw(st.integers(1, 2))):
        each = draw(st.sampled_from([word for word in known if word.kind is not word.VAR_POSITIONAL]))
        if each.kind is each.KEYWORD_ONLY:
            changed[each.name] = draw(st.sampled_from(ANY))
        elif args:
            place = draw(st.integers(0, len(args) - 1))
            args = (*args[:place], draw(st.sampled_from(ANY)), *args[place + 1 :])
    return name, args, changed


@law(80)
@given(question=questions())
def test_every_question_is_answered_or_refused(
    question: tuple[str, tuple[Any, ...], dict[str, Any]], place: Path
) -> None:
    name, args, words = question
    lay_out(place)
    said, answer = refused(getattr(rt, name), *args, **words)
    if not said:
        json.loads(dumps(answer.document()), parse_constant=_refused)


@law(60)
@given(text=st.one_of(st.text(max_size=20), st.sampled_from(JUNK), st.text("0123456789./x@+ bidGycf×", max_size=24)))
def test_every_notation_is_read_or_refused(text: str) -> None:
    said, read = refused(notation.parse, text)
    if said:
        return
    assert read.n_fractions >= 1
    assert notation.parse(read.name).reading == read.reading
