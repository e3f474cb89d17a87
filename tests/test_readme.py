"""The README is true: every command in it runs, and prints the lines that stand below it.

A block of console text holds commands ("$ rtplan ...") with their output; "..." stands for lines left out.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from rtplan.cli import COMMANDS

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def examples() -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.strip() and line.strip() != "...":
                found[-1][1].append(line.rstrip())
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Any:
    return tmp_path_factory.mktemp("readme")


def test_examples_in_their_order(cli: Any, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other in one folder: later examples use the files that earlier ones wrote."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    for command, lines in examples():
        words = shlex.split(command)
        assert words[0] == "rtplan", command
        result = cli(*words[1:])
        printed = [line.rstrip() for line in result.output.splitlines()]
        place = -1
        for line in lines:
            assert line in printed[place + 1 :], f"{command}\n{line!r} is not printed (in this order); printed:\n" + (
                "\n".join(printed)
            )
            place = printed.index(line, place + 1)


def test_there_are_examples() -> None:
    assert len(examples()) >= len(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_is_in_the_readme(cli: Any, command: Any) -> None:
    result = cli(command, "--help")
    assert result.exit_code == 0
    assert f"rtplan {command}" in result.output
    assert "Example" in result.output
    assert f"rtplan {command}" in README
