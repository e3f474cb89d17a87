"""What a careless or hostile hand does at the command line: one sentence, the right exit code, nothing left behind."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from click.testing import Result

    Cli = Callable[..., Result]

ROOT = Path(__file__).resolve().parent.parent
PLAN = ("plan", "--start", "2026-02-02")


# --- words that say nothing, and words said twice --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((*PLAN, "--clinic", ""), "--clinic"),
        ((*PLAN, "--chemo="), "--chemo"),
        ((*PLAN, "--align", " "), "--align"),
        ((*PLAN, "--week", ""), "--week"),
        ((*PLAN, "--tissue", ""), "--tissue"),
        ((*PLAN, "--out", ""), "--out"),
        ((*PLAN, "--out", "x", "--only", ""), "--only"),
        (("plan", "", "--start", "2026-02-02"), "PROTOCOL"),
        (("dose", "45/25", ""), "REGIMEN"),
        (("dose", "45/25", "--clinic", ""), "--clinic"),
        (("compare", "--reference", ""), "--reference"),
        (("missed", "plan.json", "--missed", "2026-03-10", "--choose", ""), "--choose"),
        (("validate", "--html", ""), "--html"),
    ],
)
def test_an_empty_word_never_means_the_default(
    cli: "Cli", words: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cli(*words)
    assert done.exit_code == 2
    assert f"{name} must not be empty" in done.stderr
    assert not done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((*PLAN, "--start", "2026-03-02"), "--start"),
        ((*PLAN, "--clinic", "west-china", "--clinic", "england"), "--clinic"),
        (("dose", "--to-match", "60/30", "--fractions", "25", "--fractions", "30"), "--fractions"),
    ],
)
def test_an_option_of_one_value_is_given_once(cli: "Cli", words: tuple[str, ...], name: str) -> None:
    done = cli(*words)
    assert done.exit_code == 2
    assert f"{name} is given more than once" in done.stderr


def test_options_that_may_be_repeated_still_may(cli: "Cli") -> None:
    assert cli("dose", "45/25", "60/30", "--alpha-beta", "10", "--alpha-beta", "3").exit_code == 0


# --- warnings are heard where nobody sees the sections ---------------------------------------------------------------

LATE_WORDS = "plan --start 2026-09-07"  # the National Day holiday prolongs it beyond its limit
LATE = tuple(LATE_WORDS.split())


@pytest.mark.parametrize("how", ["--json", "--csv", "--out"])
def test_broken_rules_and_warnings_stand_on_stderr(cli: "Cli", how: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = cli(*LATE, *((how, str(folder), "--only", "json") if how == "--out" else (how,)))
    assert done.exit_code == 0
    said = [line for line in done.stderr.splitlines() if line.startswith(("warning: ", "RULE BROKEN: "))]
    assert any(line.startswith("warning: prolonged by 10 days") for line in said)
    assert any(line.startswith("warning: ") for line in said)
    assert len(said) == len(set(said))
    assert "RULE BROKEN: " not in done.stdout
    if how == "--json":
        assert json.loads(done.stdout)["schema"].startswith("rtplan.plan/")


def test_the_sections_alone_say_them_on_a_terminal(cli: "Cli") -> None:
    done = cli(*LATE)
    assert "warning: prolonged by 10 days, limit 2 days (category 1, source not read)" in done.stdout
    assert "RULE BROKEN" not in done.stdout  # the limit's source was not read
    assert not done.stderr


def test_compare_starts_and_missed_warn_on_stderr_too(cli: "Cli", tmp_path: Path) -> None:
    assert "warning: BED contains no effect" in cli("compare", "--csv").stderr
    best = cli("starts", "--from", "2026-09-07", "--to", "2026-09-07", "--json")
    assert "warning: 2026-09-07, the best start: prolonged" in best.stderr
    cli(*LATE, "--out", str(tmp_path), "--only", "json")
    missed = ("missed", str(tmp_path / "plan.json"), "--missed", "2026-09-10")
    options = json.loads(cli(*missed, "--json").stdout)["options"]
    bad = next(option for option in options if option["violations"])
    chosen = cli(*missed, "--choose", bad["id"], "--out", str(tmp_path), "--only", "json")
    assert chosen.exit_code == 0
    assert f"RULE BROKEN: {' '.join(bad['violations'][0]['message'].split())}" in chosen.stderr


# --- streams that cannot take what is written ------------------------------------------------------------------------


def shell(words: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a line of shell in which $RTPLAN stands for the command."""
    program = f"{shlex.quote(sys.executable)} -m rtplan"
    known = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100", **environment}
    return subprocess.run(
        ["bash", "-c", words.replace("$RTPLAN", program)], cwd=folder, env=known, capture_output=True, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("$RTPLAN dose 45/25 >&-", b"Bad file descriptor"),
        ("$RTPLAN plan --start 2026-02-02 >&-", b"Bad file descriptor"),
        ("$RTPLAN dose 45/25 >/dev/full", b"No space left on device"),
        ("$RTPLAN plan --start 2026-02-02 --json 2>&1 >/dev/full", b"No space left on device"),
        ("$RTPLAN --help >/dev/full", b"No space left on device"),
        ("$RTPLAN dose 45/25 >/dev/full 2>/dev/full", b""),
        ("$RTPLAN dose 45/25 >&- 2>&-", b""),
    ],
)
def test_an_answer_that_cannot_be_written_is_one_sentence(words: str, why: bytes, tmp_path: Path) -> None:
    done = shell(words, tmp_path)
    said = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 1
    assert said[:1] == ([b"rtplan: standard output cannot be read or written: " + why] if why else [])
    assert not [line for line in said[1:] if not line.startswith((b"warning: ", b"RULE BROKEN: "))]


@pytest.mark.parametrize("words", ["list regimens --json", "plan --start 2026-02-02", "dose 45/25"])
def test_a_reader_that_went_away_hears_nothing(words: str, tmp_path: Path) -> None:
    assert shell(f"$RTPLAN {words} | true", tmp_path).stderr == b""


@pytest.mark.parametrize(
    "locale", [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
@pytest.mark.parametrize("words", ["dose 45/25", "plan --start 2026-02-02", "compare --json", "list tissues --csv"])
def test_every_locale_gets_the_same_answer_whole(words: str, locale: dict[str, str], tmp_path: Path) -> None:
    done, usual = shell(f"$RTPLAN {words}", tmp_path, **locale), shell(f"$RTPLAN {words}", tmp_path, PYTHONUTF8="1")
    assert done.returncode == 0
    assert done.stdout == usual.stdout
    done.stdout.decode("utf-8")


def test_a_word_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    done = shell("$RTPLAN plan --start $'2026-02-0\\xff'", tmp_path)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


# --- files that cannot be written ------------------------------------------------------------------------------------

LONG = "x" * 300


@pytest.mark.parametrize(
    "words",
    [
        f"$RTPLAN plan --start 2026-02-02 --out {LONG}",
        f"$RTPLAN plan --start 2026-02-02 --out new/deep/{LONG}",
        f"$RTPLAN plan --start 2026-02-02 --tissue-file {LONG}.toml",
        f"$RTPLAN validate --html {LONG}.html",
        f"$RTPLAN missed {LONG}.json --missed 2026-03-10",
    ],
)
def test_a_name_too_long_for_a_file_is_one_sentence_and_leaves_nothing(words: str, tmp_path: Path) -> None:
    done = shell(words, tmp_path)
    assert done.returncode == 1
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.rstrip().endswith(b"File name too long")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    done = shell("ulimit -f 20; $RTPLAN plan --start 2026-02-02 --out new/deep", tmp_path)
    assert (done.returncode, done.stderr) == (1, b"rtplan: new/deep: cannot be written: File too large\n")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "there").mkdir()
    assert shell("ulimit -f 20; $RTPLAN plan --start 2026-02-02 --out there", tmp_path).returncode == 1
    assert list((tmp_path / "there").iterdir()) == []


def test_a_folder_in_the_place_of_a_file_is_not_for_overwriting(cli: "Cli", tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()
    for more in ((), ("--force",)):
        done = cli(*PLAN, "--out", str(tmp_path), *more)
        assert done.exit_code == 1
        assert "plan.json: is a folder" in done.stderr
        assert "--force" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


# --- options that contradict each other, have no use, or lie out of all bounds ---------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (f"{LATE_WORDS} --delay-cycle 2=7 --delay-cycle 2=14", 2, "--delay-cycle puts cycle 2 off more than once"),
        (f"{LATE_WORDS} --times 08:00,12:00", 1, "--times gives 2 times, but no day has more than 1 fraction"),
        (
            "starts --from 2026-02-02 --to 2026-02-03 --times 08:00,12:00",
            1,
            "--times gives 2 times, but no day has more than 1 fraction",
        ),
        ("missed plan.json --missed 2026-03-10 --clinic nope", 2, "--clinic names the columns of a record"),
        ("plan --start 1949-03-01", 2, "'--start': must lie from 1951-01-01 to 2097-12-31, got 1949-03-01"),
        ("plan --start 9999-12-31", 2, "'--start': must lie from 1951-01-01 to 2097-12-31, got 9999-12-31"),
        ("workdays CN --from 9999-12-01 --to 9999-12-31", 2, "'--from': must lie from 1951-01-01 to 2097-12-31"),
        (f"{LATE_WORDS} --delay-cycle 2=99999", 2, "'--delay-cycle': puts a cycle off by at most 365 days"),
        (f"{LATE_WORDS} --align after=100000", 2, "'--align': takes at most 365 days, got 'after=100000'"),
        (f"{LATE_WORDS} --align date=1949-01-01", 2, "'--align': must lie from 1951-01-01 to 2097-12-31"),
        ("dose 45/25 --alpha-beta 1e-300", 1, "--alpha-beta must lie from 0.1 to 100 Gy, got 1e-300"),
        ("dose 45/25 --alpha-beta nan", 1, "--alpha-beta must lie from 0.1 to 100 Gy, got nan"),
        ("dose 45/25 --alpha-beta 101", 1, "--alpha-beta must lie from 0.1 to 100 Gy, got 101"),
        (
            "dose --to-match 60/30 --dose-per-fraction 1e-9",
            1,
            "--dose-per-fraction must lie from 0.01 to 100 Gy, got 1e-9",
        ),
        (
            "dose --to-match 60/30 --dose-per-fraction 0.1cGy",
            1,
            "--dose-per-fraction must lie from 0.01 to 100 Gy, got 0.1cGy",
        ),
        ("workdays gb-eng --from 2026-01-01 --to 2026-01-31", 2, "did you mean the country code GB-ENG?"),
        (f"{LATE_WORDS} --clinic cn", 2, "did you mean the country code CN?"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_own_name(cli: "Cli", words: str, code: int, message: str) -> None:
    done = cli(words)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.split())
    assert not done.stdout


def test_as_many_times_as_a_day_has_fractions_are_taken(cli: "Cli") -> None:
    assert cli("plan 45.6/38bid --start 2026-02-02 --clinic west-china --times 08:00,15:00 --csv").exit_code == 0


def test_a_dose_that_may_change_only_after_the_course_is_pointed_out(cli: "Cli", tmp_path: Path) -> None:
    cli(*PLAN, "--out", str(tmp_path), "--only", "json")
    missed = ("missed", str(tmp_path / "plan.json"), "--missed", "2026-03-10")
    assert "--changed-dose-from 2027-01-01 lies after the last fraction" in " ".join(
        cli(*missed, "--changed-dose-from", "2027-01-01").stdout.split()
    )
    assert "lies after the last fraction" not in cli(*missed, "--changed-dose-from", "2026-03-13").stdout


# --- the width of the answer -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize(
    "words",
    [
        '"41.4/23 + 27/18 bid" 60/30 cross --tissue squamous-surrogate --region "spinal cord=42.3Gy Dmax" '
        "--monday-start",
        '"41.4/23 + 27/18 bid" 60/30 --range --monday-start',
        "--to-match 60/30 --fractions 25",
        '--to-match "41.4/23 + 27/18 bid" --dose-per-fraction 1.8',
        "45/25",
    ],
)
def test_quick_answers_keep_to_the_width_of_the_terminal(
    cli: "Cli", words: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = cli(f"dose {words}").stdout.splitlines()
    assert [line for line in lines if len(line) > columns] == []


def test_a_table_that_goes_on_below_names_its_rows_again_and_loses_nothing(
    cli: "Cli", monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "dose 60/30 45/25 --range --site oesophagus --monday-start"

    def numbers(columns: int) -> list[list[str]]:
        """Of the first row of late tissue in each part of the table."""
        monkeypatch.setenv("COLUMNS", str(columns))
        parts = cli(words).stdout.partition("\nNotes")[0].split("\n\n")
        rows = [next((line for line in part.splitlines() if "generic-late" in line), "") for part in parts]
        assert all(row.split()[:3] == ["60/30", "late", "tissue"] for row in rows if row)
        return [row.partition("generic-late")[2].split() for row in rows if row]

    narrow, wide = numbers(80), numbers(120)
    assert len(narrow) > 1 == len(wide)
    assert [number for part in narrow for number in part] == wide[0]
