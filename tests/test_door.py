"""What a careless or hostile hand does at the command line: one sentence, the right exit code, nothing left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from click.testing import Result

    Cli = Callable[..., Result]

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

LATE = ("plan", "--start", "2026-09-07")  # the National Day holiday prolongs it beyond its limit


@pytest.mark.parametrize("how", ["--json", "--csv", "--out"])
def test_broken_rules_and_warnings_stand_on_stderr(cli: "Cli", how: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = cli(*LATE, *((how, str(folder), "--only", "json") if how == "--out" else (how,)))
    assert done.exit_code == 0
    said = [line for line in done.stderr.splitlines() if line.startswith(("warning: ", "RULE BROKEN: "))]
    assert any(line.startswith("RULE BROKEN: prolonged by 10 days") for line in said)
    assert any(line.startswith("warning: ") for line in said)
    assert len(said) == len(set(said))
    assert "RULE BROKEN: " not in done.stdout
    if how == "--json":
        assert json.loads(done.stdout)["schema"].startswith("rtplan.plan/")


def test_the_sections_alone_say_them_on_a_terminal(cli: "Cli") -> None:
    done = cli(*LATE)
    assert "RULE BROKEN: " in done.stdout
    assert not done.stderr


def test_compare_starts_and_missed_warn_on_stderr_too(cli: "Cli", tmp_path: Path) -> None:
    assert "warning: BED contains no effect" in cli("compare", "--csv").stderr
    best = cli("starts", "--from", "2026-09-07", "--to", "2026-09-07", "--json")
    assert "RULE BROKEN: 2026-09-07, the best start: prolonged" in best.stderr
    cli(*LATE, "--out", str(tmp_path), "--only", "json")
    missed = ("missed", str(tmp_path / "plan.json"), "--missed", "2026-09-10")
    options = json.loads(cli(*missed, "--json").stdout)["options"]
    bad = next(option for option in options if option["violations"])
    chosen = cli(*missed, "--choose", bad["id"], "--out", str(tmp_path), "--only", "json")
    assert chosen.exit_code == 0
    assert f"RULE BROKEN: {' '.join(bad['violations'][0]['message'].split())}" in chosen.stderr
