"""Proof of --out and of frames: which files, under which names, whole or not at all; tidy columns that bear units."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest
from factory import FIXED, plan
from icalendar import Calendar
from openpyxl import load_workbook

from rtplan.cli.options import LANGUAGES, Patience
from rtplan.errors import DomainError
from rtplan.planning import artefact
from rtplan.planning.plan import Plan
from rtplan.planning.provenance import Revision
from rtplan.report.formats import bundle, frames
from rtplan.report.language import languages

if TYPE_CHECKING:
    from click.testing import Result

STAMP = "2026-01-15T09:00:00+00:00"
ALL = ["plan.json", "report.html", "patient.html", "calendar.ics", "plan.xlsx", "fractions.csv"]


def second(first: Plan, fractions: int = 23) -> Plan:
    course = replace(first.course, fractions=first.course.fractions[:fractions])
    return replace(first, course=course, revision=Revision(number=2, parent_sha256="0" * 64, reason="test"))


# --- files ----------------------------------------------------------------------------------------------------------


def test_every_kind_is_there_and_is_what_its_name_says() -> None:
    made = plan()
    files = bundle.files(made, plots=True)
    assert list(files) == [*ALL, "course.png"]
    assert artefact.parse(json.loads(str(files["plan.json"]))) == made
    for name in ("report.html", "patient.html"):
        assert str(files[name]).startswith("<!DOCTYPE html>")
    assert len(Calendar.from_ical(files["calendar.ics"]).walk("VEVENT")) == 28
    content = files["plan.xlsx"]
    assert isinstance(content, bytes)
    assert "fractions" in load_workbook(io.BytesIO(content)).sheetnames
    table = files["fractions.csv"]
    assert isinstance(table, bytes)
    assert len(list(csv.reader(io.StringIO(table.decode(), newline="")))) == 26
    picture = files["course.png"]
    assert isinstance(picture, bytes)
    assert picture.startswith(b"\x89PNG")


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert bundle.files(plan(), plots=True) == bundle.files(plan(), plots=True)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["html", "ics"], ["report.html", "calendar.ics"]),
        (["json", "json"], ["plan.json"]),
        (["png"], ["course.png"]),
        (["csv", "xlsx", "patient"], ["fractions.csv", "plan.xlsx", "patient.html"]),
        (None, ALL),
    ],
)
def test_only(wanted: list[str] | None, names: list[str]) -> None:
    assert list(bundle.files(plan(), wanted)) == names


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        DomainError, match=r"json, html, patient, ics, xlsx, csv, png, pdf here, got 'htm'; did you mean html"
    ):
        bundle.files(plan(), ["htm"])
    with pytest.raises(DomainError, match="no files of a str"):
        bundle.files(cast(Any, "plan"))


def test_a_revisions_files_stand_beside_the_first_ones() -> None:
    first = plan()
    names = list(bundle.files(second(first), previous=first, plots=True))
    assert names == [
        *("plan-r2.json", "report-r2.html", "patient-r2.html", "calendar-r2.ics", "cancel-r2.ics"),
        *("plan-r2.xlsx", "fractions-r2.csv", "course-r2.png"),
    ]
    assert not set(names) & set(bundle.files(first, plots=True))
    assert "cancel-r2.ics" not in bundle.files(second(first, 25), previous=first)


def test_names_hold_nothing_that_was_typed() -> None:
    made = plan()
    typed = replace(made, inputs=replace(made.inputs, label="Zhang San", clinic="Zhang San", protocol="Zhang San"))
    assert list(bundle.files(typed, ["json", "html", "ics"])) == ["plan.json", "report.html", "calendar.ics"]


def test_language_and_patient_doses() -> None:
    made = plan()
    chinese = bundle.files(made, ["html", "patient", "ics"], language="zh_CN")
    assert '<html lang="zh-CN">' in str(chinese["report.html"])
    assert '<html lang="zh-CN">' in str(chinese["patient.html"])
    bare, doses = (str(bundle.files(made, ["patient"], patient_doses=d)["patient.html"]) for d in (False, True))
    assert "Gy" not in bare
    assert "Gy" in doses


def test_steps_are_reported() -> None:
    steps: list[tuple[str, int, int]] = []
    bundle.files(plan(), ["json", "ics"], step=lambda *step: steps.append(step))
    assert steps == [("json", 0, 2), ("ics", 1, 2), ("done", 2, 2)]


def test_it_is_quick() -> None:
    """The wish is three seconds with the imports; without them it is a fraction of that."""
    bundle.files(plan())
    begun = time.perf_counter()
    bundle.files(plan())
    assert time.perf_counter() - begun < 3


# --- the command ----------------------------------------------------------------------------------------------------


def test_plan_out(cli: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "course"
    done = cli("plan", "--start", "2026-02-02", "--out", str(folder), "--stamp", STAMP)
    assert done.exit_code == 0
    assert done.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == sorted(ALL)
    said = done.stderr.splitlines()
    assert [Path(line).name for line in said[: len(ALL)]] == ALL
    assert all(line.startswith(("warning: ", "RULE BROKEN: ")) for line in said[len(ALL) :])
    assert b"DTSTAMP:20260115T090000Z" in (folder / "calendar.ics").read_bytes()
    again = cli("plan", "--start", "2026-02-02", "--out", str(folder))
    assert again.exit_code == 1
    assert "exists already; --force overwrites it" in again.stderr


def test_plan_out_only_in_chinese_with_plots(cli: Callable[..., Result], tmp_path: Path) -> None:
    words = ["plan", "--start", "2026-02-02", "--out", str(tmp_path / "x"), "--only", "patient, ics"]
    done = cli(*words, "--language", "zh_CN", "--plots", "--patient-doses")
    assert done.exit_code == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["calendar.ics", "course.png", "patient.html"]
    assert "Gy" in (tmp_path / "x" / "patient.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["--only", "html,pfd"], ["--only", "html,"]])
def test_nothing_is_written_where_a_kind_is_unknown(
    cli: Callable[..., Result], tmp_path: Path, words: list[str]
) -> None:
    done = cli("plan", "--start", "2026-02-02", "--out", str(tmp_path / "x"), *words)
    assert done.exit_code == 2
    assert "--only takes json, html, patient, ics, xlsx, csv, png, pdf here" in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("option", ["--plots", "--follow-up=3m", "--patient-doses", "--only=html"])
def test_options_of_files_need_files(cli: Callable[..., Result], option: str) -> None:
    done = cli("plan", "--start", "2026-02-02", option)
    assert done.exit_code == 2
    assert "goes with --out" in done.stderr


def test_the_terminal_speaks_the_language_asked_for(cli: Callable[..., Result]) -> None:
    words = ("plan", "--start", "2026-02-02", "--language", "zh_CN")
    shown = cli(*words)
    assert shown.exit_code == 0
    for part in ("延长", "43 天（T = 42）", "周一 2026-02-02", "农历除夕", "警告: "):
        assert part in shown.stdout
    for machine in ("--json", "--csv"):
        refused = cli(*words, machine)
        assert refused.exit_code == 2
        assert "--language is for what people read" in refused.output


def test_the_languages_offered_are_those_there_are_words_for() -> None:
    assert languages() == LANGUAGES


def test_no_progress_bar_without_a_terminal_or_before_two_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Patience(after_s=0.0) as step:
        step("html", 1, 6)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Patience() as step:
        step("html", 1, 6)
    assert capsys.readouterr().err == ""
    with Patience(after_s=0.0) as step:
        step("html", 1, 6)
    assert "html" in capsys.readouterr().err


def test_archives_hold_no_date_of_today() -> None:
    content = bundle.files(plan(), ["xlsx"])["plan.xlsx"]
    assert isinstance(content, bytes)
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_plan_without_a_moment_takes_the_stamp() -> None:
    bare = replace(plan(), provenance=replace(FIXED, created=None))
    with pytest.raises(DomainError, match="stamp"):
        bundle.files(bare, ["ics"])
    assert bundle.files(bare, ["ics"], stamp=FIXED.created) == bundle.files(plan(), ["ics"])


# --- frames ---------------------------------------------------------------------------------------------------------


def test_fractions_as_a_tidy_frame() -> None:
    made = plan()
    frame = made.to_frame()
    assert list(frame.columns) == [
        *("number", "date", "start", "phase", "target", "dose_gy", "cumulative_dose_gy", "elapsed_days", "provisional")
    ]
    assert len(frame) == 25
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == [f.date.isoformat() for f in made.course.fractions]
    assert frame["dose_gy"].tolist() == list(made.course.doses_gy())
    assert frame["elapsed_days"].iloc[-1] == made.course.elapsed_days
    assert frame["number"].dtype == "int64"
    assert frame["provisional"].dtype == "bool"


def test_each_target_has_rows_of_its_own() -> None:
    made = plan("artdeco-hd")
    frame = made.to_frame()
    targets = made.course.prescription.targets
    assert len(targets) > 1
    assert len(frame) == len(targets) * len(made.course.fractions)
    sums = frame.groupby("target")["dose_gy"].sum()
    for target in targets:
        assert sums[target] == pytest.approx(made.course.total_gy(target), rel=1e-12)


def test_cycles_drugs_and_named_tables() -> None:
    made = plan(chemo="np-q3w")
    cycles = frames.to_frame(made, "cycles")
    assert cycles["shift_days"].tolist() == [cycle.shift_days for cycle in made.cycles]
    assert cycles["interval_days"].isna().tolist() == [cycle.interval_days is None for cycle in made.cycles]
    assert len(frames.to_frame(made, "drug_days")) == sum(len(cycle.drug_days) for cycle in made.cycles)
    effects = frames.to_frame(made, "effects")
    assert effects["net_bed_gy"].tolist() == [row.net_bed_gy for row in made.effects]
    assert effects["time_loss_gy"].isna().tolist() == [row.time_loss_gy is None for row in made.effects]
    with pytest.raises(DomainError, match=r"tables are fractions, cycles.*none called 'x'"):
        frames.to_frame(made, "x")


def test_a_plan_without_chemotherapy_has_an_empty_frame_with_its_columns() -> None:
    frame = frames.to_frame(plan("45/25"), "cycles")
    assert len(frame) == 0
    assert "shift_days" in frame.columns
    assert isinstance(frame, pd.DataFrame)


def test_columns_bear_their_units() -> None:
    made = plan(regions=("spinal cord=42.3Gy Dmax",))
    for name in ("fractions", "cycles", "effects"):
        frame = frames.to_frame(made, name)
        for column in frame.columns:
            if pd.api.types.is_float_dtype(frame[column]):
                assert column.endswith(("_gy", "_days", "_h", "_percent")), column
