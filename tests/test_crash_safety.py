"""Proof by breaking: whatever stops a writer, each file is the old one or the new one, whole, and nothing is left over.

Killed at every step, a full disk, a folder that takes nothing, Ctrl-C, two writers in one folder.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factory import plan as make

from rtplan.errors import ConfigError
from rtplan.report.formats import files
from rtplan.report.formats.files import ABANDONED_S, write_files
from rtplan.report.formats.json import dumps
from rtplan.report.registry import FACES

if TYPE_CHECKING:
    from click.testing import Result

    Cli = Callable[..., Result]

ROOT = Path(__file__).resolve().parent.parent
OLD, NEW = {"a.json": "old a", "b.html": "old b"}, {"a.json": "new a" * 5000, "b.html": "new b", "c.ics": "new c"}

COMMANDS = [
    "plan --start 2026-02-02 --clinic west-china --out out --force",
    "missed plan.json --missed 2026-03-10 --out out --force",
    "missed plan.json --missed 2026-03-10 --choose weekend-1 --out out --force",
    "verify plan.json --out out --force",
    "department plans --closed 2026-03-10 --slots 1 --choose --out out --force",
    "cohort courses.csv --clinic england --all-given --out out --force",
    "init out/clinic.toml --country FR --yes --force",
    "validate --html out/report.html --force",
    "compare 45/25 60/30 --out out --force",
    "list tissues --out out --force",
]


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]


def whole(folder: Path, before: dict[str, str], after: dict[str, str]) -> None:
    """Every file that bears a name is an old or a new one."""
    for path in folder.iterdir():
        if path.name.startswith(files.PREFIX):
            continue
        assert path.read_text(encoding="utf-8") in (before.get(path.name), after.get(path.name)), path.name


# --- killed ---------------------------------------------------------------------------------------------------------

KILLED = """
    import os, sys
    from pathlib import Path
    import tempfile, shutil
    from rtplan.report.formats.files import write_files

    folder, force = Path(sys.argv[1]), sys.argv[2] == "force"
    new = {"a.json": "new a" * 5000, "b.html": "new b", "c.ics": "new c"}

    def counted(real, n, count=[0]):
        def step(*args, **words):
            count[0] += 1
            if count[0] == n:
                os._exit(9)
            return real(*args, **words)
        return step

    def child(n, where):
        for name in ("mkdir", "replace", "link", "unlink", "chmod", "open", "close"):
            setattr(os, name, counted(getattr(os, name), n))
        write_files(where, new, force=force)
        os._exit(0)

    for n in range(1, 200):
        where = folder / f"killed-{n}"
        if force:
            where.mkdir()
            (where / "a.json").write_text("old a")
            (where / "b.html").write_text("old b")
        pid = os.fork()
        if pid == 0:
            child(n, where)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
            break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="killed children are made by fork")
@pytest.mark.parametrize("how", ["force", "new"])
def test_killed_at_any_step_each_file_is_whole_and_the_next_writer_clears_up(how: str, tmp_path: Path) -> None:
    known = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), how], env=known, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    folders = sorted(tmp_path.iterdir())
    assert len(folders) > 10
    for folder in folders:
        whole(folder, OLD if how == "force" else {}, NEW)
        for name in left_over(folder):
            os.utime(folder / name, (0, time.time() - ABANDONED_S - 1))
        write_files(folder, NEW, force=True)
        assert left_over(folder) == []
        assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == NEW


def test_what_another_writer_is_about_stays(tmp_path: Path) -> None:
    other = files.new_file(tmp_path / "plan.json")
    write_files(tmp_path, NEW)
    assert left_over(tmp_path) == [other.name]


# --- stopped: a full disk, a folder that takes nothing, Ctrl-C ------------------------------------------------------


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int, BaseException], list[int]]:
    """Let the n-th step of a kind fail with an error; the list counts them."""

    def arrange(step: str, n: int, error: BaseException) -> list[int]:
        count = [0]

        def counted(real: Callable[..., Any]) -> Callable[..., Any]:
            def work(*args: Any, **words: Any) -> Any:
                count[0] += 1
                if count[0] == n:
                    raise error
                return real(*args, **words)

            return work

        if step == "write":
            monkeypatch.setattr(files, "_write", counted(files._write))
        elif step == "new":
            monkeypatch.setattr("tempfile.mkstemp", counted(tempfile.mkstemp))
        else:
            monkeypatch.setattr(os, step, counted(getattr(os, step)))
        return count

    return arrange


ERRORS = [
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
    OSError(errno.EROFS, os.strerror(errno.EROFS)),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize("step", ["new", "write", "replace", "link"])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("error", ERRORS, ids=["full", "closed", "read-only", "ctrl-c"])
def test_a_writer_that_is_stopped_leaves_nothing(
    step: str, n: int, error: BaseException, stop: Callable[..., list[int]], tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "deep"
    if step == "replace":
        write_files(folder, OLD)
    stop(step, n, error)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ConfigError
    if step == "link" and not isinstance(error, KeyboardInterrupt):  # a file system without links: renamed instead
        write_files(folder, NEW)
        assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == NEW
        return
    with pytest.raises(expected) as raised:
        write_files(folder, NEW, force=step == "replace")
    if step == "replace":
        whole(folder, OLD, NEW)
        assert left_over(folder) == []
        assert not (folder / "c.ics").exists()
    else:
        assert list(tmp_path.iterdir()) == []
    if expected is ConfigError:
        assert "cannot be written: " in str(raised.value)
        assert len(str(raised.value).splitlines()) == 1


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan, the plans of a department, a table of courses, and answers that were written before."""
    text = dumps(make("45/25", start="2026-03-02", clinic="england").document())
    (tmp_path / "plans").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("plan.json", "plans/a.json", "plans/b.json"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "courses.csv").write_text("id,regimen,start,last\na,45/25,2026-03-02,2026-04-09\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("error", [ERRORS[0], ERRORS[3]], ids=["full", "ctrl-c"])
@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_that_cannot_write_says_so_and_keeps_what_there_was(
    words: str, error: BaseException, cli: Cli, stop: Callable[..., list[int]], place: Path
) -> None:
    (place / "out" / "kept.txt").write_text("kept", encoding="utf-8")
    stop("replace", 1, error)
    done = cli(words)
    assert done.exit_code == 1
    assert [path.name for path in (place / "out").iterdir()] == ["kept.txt"]
    said = [line for line in done.stderr.splitlines() if line.strip() and "RULE BROKEN" not in line]
    assert said[-1:] == ["Aborted!"] if isinstance(error, KeyboardInterrupt) else "No space left" in said[-1]


# --- two writers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
def test_of_two_writers_in_one_folder_no_file_is_mixed(force: bool, tmp_path: Path) -> None:
    for trial in range(20):
        folder, gate, said = tmp_path / str(trial), threading.Barrier(2), list[str]()

        def write(letter: str, folder: Path = folder, gate: threading.Barrier = gate, said: list[str] = said) -> None:
            gate.wait()
            try:
                write_files(folder, {"plan.json": letter * 200_000}, force=force)
                said.append("written")
            except ConfigError as error:
                said.append(str(error))

        writers = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert (folder / "plan.json").read_text(encoding="utf-8") in ("a" * 200_000, "b" * 200_000)
        assert left_over(folder) == []
        written = said.count("written")
        assert written == 2 if force else written == 1
        assert force or any("exists already; --force overwrites it" in text for text in said)


# --- names ----------------------------------------------------------------------------------------------------------

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}


def test_every_name_that_is_written_is_one_on_windows_too() -> None:
    for face in FACES.values():
        for name in (face.stem, face.html, face.csv):
            assert not set(name) & set('<>:"/\\|?*')
            assert name.lower() not in RESERVED
            assert not name.endswith((".", " "))


def test_line_ends_are_those_of_the_form_on_every_system(place: Path, cli: Cli) -> None:
    cli("plan 45/25 --start 2026-03-02 --clinic england --out out --only json,html,csv,ics")
    content = {path.name: path.read_bytes() for path in (place / "out").iterdir()}
    assert b"\r" not in content["plan.json"] + content["report.html"]
    for name in ("fractions.csv", "calendar.ics"):
        assert content[name].count(b"\r\n") == content[name].count(b"\n") > 20
