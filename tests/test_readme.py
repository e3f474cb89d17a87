"""The README is true: every command in it runs, and prints the lines that stand below it.

A block of console text holds commands ("$ rtplan ...") with their output; "..." stands for lines left out.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from rtplan.cli import COMMANDS, main
from rtplan.clinic.limits import RULES
from rtplan.library.guide import ORDER, guide, topics, without_header

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = sorted((ROOT / "rtplan" / "docs").glob("*.md"))
ELSEWHERE = {"dicom", "records"}
"""Topics whose examples need files of their own kind: test_dicom_door and test_record_formats run them."""


def examples(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.strip() and line.strip() != "...":
                found[-1][1].append(line.rstrip())
    return found


def named_files(text: str) -> list[tuple[str, str]]:
    """Files that a page gives with their names: ```toml clinic.toml."""
    return re.findall(r"```\w+ ([\w.-]+)\n(.*?)```", text, flags=re.DOTALL)


PAGES = [ROOT / "README.md", *(path for path in DOCS if path.stem not in ELSEWHERE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_examples_in_their_order(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Path) -> None:
    """One after the other in one folder: later examples use the files that earlier ones wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    text = page.read_text(encoding="utf-8")
    for name, content in named_files(text):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for command, lines in examples(text):
        words = shlex.split(command)
        if words[0] == "mkdir":
            Path(words[1]).mkdir()
            continue
        assert words[0] == "rtplan", command
        words, into = (words[:-2], words[-1]) if words[-2] == ">" else (words, "")
        result = cli(*words[1:])
        if into:
            Path(into).write_text(result.stdout, encoding="utf-8")
            continue
        printed = [line.rstrip() for line in result.output.splitlines()]
        place = -1
        for line in lines:
            assert line in printed[place + 1 :], f"{command}\n{line!r} is not printed (in this order); printed:\n" + (
                "\n".join(printed)
            )
            place = printed.index(line, place + 1)


def test_every_answer_has_an_example() -> None:
    shown = {shlex.split(command)[1] for page in PAGES for command, _ in examples(page.read_text(encoding="utf-8"))}
    assert set(COMMANDS) - shown <= {"guide", "serve"}


def test_the_guide_lists_its_topics_and_prints_each(cli: Any) -> None:
    topics = cli("guide").output
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        title = without_header(text).splitlines()[0].removeprefix("# ")
        assert re.search(rf"^  {path.stem} +{re.escape(title)}$", topics, re.MULTILINE)
        assert cli("guide", path.stem).output == text
    unknown = cli("guide", "mised")
    assert unknown.exit_code == 2
    assert "did you mean 'missed'?" in unknown.output


def test_the_order_of_the_guide_holds_every_page_once() -> None:
    placed = [topic for group in ORDER.values() for topic in group]
    assert sorted(placed) == [path.stem for path in DOCS]
    assert list(topics()) == placed
    for answer in COMMANDS:
        assert answer in placed or answer in {"guide", "init", "completion"}  # whose page is clinic


def test_the_guide_names_every_rule_of_compensation_with_its_kind() -> None:
    rows = [line for line in guide("missed").splitlines() if line.startswith("| `")]
    told = {code: row.split("|")[-2].strip() for row in rows for code in re.findall(r"`([\w-]+)`", row.split("|")[1])}
    assert told == {rule.code: rule.kind for rule in RULES}


def test_options_of_commands_and_of_the_guide_are_the_same() -> None:
    """What the guide names is there; what is there is named, but for what every command has."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *DOCS])
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", pages))
    commands = [main.get_command(click.Context(main), name) for name in COMMANDS]
    there = {option for command in commands if command for one in command.params for option in one.opts}
    there |= {option for command in commands if command for one in command.params for option in one.secondary_opts}
    long = {option for option in there if option.startswith("--")}
    assert named - long <= {"--help", "--version", "--hypothesis-profile"}
    assert long - named == set()


def test_the_readme_stays_short() -> None:
    assert len(README.encode()) <= 12 * 1024


def test_links_of_readme_and_guide_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *DOCS]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_is_in_the_readme(cli: Any, command: Any) -> None:
    result = cli(command, "--help")
    assert result.exit_code == 0
    assert f"rtplan {command}" in result.output
    assert "Example" in result.output
    assert f"rtplan {command}" in README
