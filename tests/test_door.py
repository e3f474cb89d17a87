"""What a careless or hostile hand does at the command line: one sentence, the right exit code, nothing left behind."""

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
