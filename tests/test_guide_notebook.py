"""Proof of the guide's notebook: its cells run in their order, without Jupyter, and give what stands below them."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

from rtplan.library.guide import guide

NOTEBOOK = guide("notebook")
BLOCK = re.compile(r"^```(\{code-cell\} ipython3|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def cells(text: str) -> list[tuple[str, str]]:
    """Each cell with the output stated below it."""
    found: list[tuple[str, str]] = []
    for kind, content in BLOCK.findall(text):
        if kind == "text":
            found[-1] = (found[-1][0], content)
        else:
            found.append((content, ""))
    return found


def run(source: str, names: dict[str, Any]) -> str:
    """What a cell gives, as a notebook does: what it prints, then its last expression."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "notebook", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "notebook", "eval"), names) if last else None  # type: ignore[attr-defined]
    return printed.getvalue() + ("" if value is None else repr(value))


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def test_cells_run_in_order_and_give_what_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    found = cells(NOTEBOOK)
    assert len(found) > 10
    for source, stated in found:
        assert lines(run(source, names)) == lines(stated), source


def test_every_cell_is_a_myst_cell() -> None:
    assert NOTEBOOK.startswith("---\njupytext:")
    assert len(re.findall(r"^```", NOTEBOOK, re.MULTILINE)) == 2 * len(BLOCK.findall(NOTEBOOK))
    assert not [source for source, _ in cells(NOTEBOOK) if source.startswith(("%", "!"))]
