"""Proof of the guide's gallery: it describes every figure there is, and its own commands draw each of them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from rtplan.library.guide import guide
from rtplan.report.formats import drawing

PAGE = guide("gallery")
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_gallery_describes_every_figure_and_no_other() -> None:
    assert set(re.findall(r"^## (\w+):", PAGE, flags=re.MULTILINE)) == set(drawing._DRAWERS)


def test_its_commands_draw_every_figure(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in re.findall(r"```\w+ ([\w.-]+)\n(.*?)```", PAGE, flags=re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for command in re.findall(r"^\$ rtplan (.*)$", PAGE, flags=re.MULTILINE):
        assert cli(*shlex.split(command)).exit_code == 0, command
    drawn = {path.stem: path.read_bytes() for path in tmp_path.rglob("*.png")}
    assert set(drawn) == set(drawing._DRAWERS)
    assert all(content.startswith(PNG) and len(content) > 5000 for content in drawn.values())
    for name in drawn:
        assert f"{name}.png" in PAGE
