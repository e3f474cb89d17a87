"""Proof by structure: the floors of the house, its top level, what its doors import, that everything is described."""

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtplan.radiobiology import lq, response

# From the ground up. A room imports only from floors below its own; rooms on one floor do not know each other.
# A package such as `output` is one room: its modules may import one another. The package itself (`rtplan`, which hands
# out names of all rooms) and `python -m rtplan` are the roof.
FLOORS: list[set[str]] = [
    {"errors"},
    {"note", "answer"},
    {"clinic"},
    {"prescription"},
    {"course"},
    {"radiobiology", "chemotherapy"},
    {"library", "compensation"},
    {"planning"},
    {"records"},
    {"interruption", "questions", "validation"},
    {"report"},
    {"cli"},
    {"__init__", "__main__"},
]

TOP_LEVEL = {"rtplan", "tests", "configs", "pyproject.toml", "README.md"}

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rtplan"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEIGHT = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def dotted(path: Path) -> tuple[str, ...]:
    """The name of a module inside the package: () for the package, ("lq",), ("output", "html")."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def room_of(path: Path) -> str:
    """The room that a module belongs to: its first name below rtplan."""
    return (dotted(path) or ("__init__",))[0]


def is_room(name: str) -> bool:
    return (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()


def imported_rooms(source: str, inside: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Line and room of every import of rtplan's own in a source text that stands in the package `inside` of rtplan.

    Imports inside functions and under TYPE_CHECKING count too: they are knowledge of the other room all the same.
    """
    for node in ast.walk(ast.parse(source)):
        targets: list[tuple[str, ...]]
        if isinstance(node, ast.Import):
            targets = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ("rtplan", *inside)[: len(inside) + 2 - node.level] if node.level else ()
            start += tuple(node.module.split(".")) if node.module else ()
            targets = [(*start, alias.name) for alias in node.names]
        else:
            continue
        for target in targets:
            if target[0] != "rtplan" or (len(target) == 2 and target[1].startswith("__")):
                continue  # not ours, or a constant of the package such as __version__
            name = target[1] if len(target) > 1 else "__init__"
            yield node.lineno, name if is_room(name) else "__init__"


def breaches(path: Path) -> list[str]:
    room = room_of(path)
    inside = dotted(path) if path.name == "__init__.py" else dotted(path)[:-1]
    return [
        f"{path.relative_to(ROOT)}:{line}: {room} (floor {HEIGHT[room]}) imports "
        + ("the package itself" if other == "__init__" else f"{other} (floor {HEIGHT.get(other, '?')})")
        for line, other in imported_rooms(path.read_text(encoding="utf-8"), inside)
        if other != room and not HEIGHT.get(other, len(FLOORS)) < HEIGHT[room]
    ]


def test_every_module_has_a_floor() -> None:
    homeless = sorted({room_of(path) for path in MODULES} - HEIGHT.keys())
    assert not homeless, f"give these rooms a floor in FLOORS, at the top of {Path(__file__).name}: {homeless}"


def test_no_room_stands_on_two_floors() -> None:
    assert sum(len(rooms) for rooms in FLOORS) == len(HEIGHT)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_import_only_from_floors_below(path: Path) -> None:
    if room_of(path) not in HEIGHT:
        pytest.fail(f"{path.name} has no floor")
    assert breaches(path) == []


@pytest.mark.parametrize(
    ("source", "inside", "rooms"),
    [
        ("import rtplan.lq", (), ["lq"]),
        ("import rtplan.lq as formulae, numpy", (), ["lq"]),
        ("import rtplan", (), ["__init__"]),
        ("from rtplan import lq, errors", (), ["lq", "errors"]),
        ("from rtplan import bed", (), ["__init__"]),
        ("from rtplan import __version__", (), []),
        ("from rtplan.lq import bed", (), ["lq"]),
        ("from .lq import bed", (), ["lq"]),
        ("from . import lq", (), ["lq"]),
        ("from . import sections", ("output",), ["output"]),
        ("from .sections import Section", ("output",), ["output"]),
        ("from .. import lq", ("output",), ["lq"]),
        ("from ..lq import bed", ("output",), ["lq"]),
        ("def f():\n    from rtplan.lq import bed", (), ["lq"]),
        ("import numpy.lq\nfrom collections import abc", (), []),
    ],
)
def test_the_reader_of_imports_finds_every_form(
    source: str, inside: tuple[str, ...], rooms: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "is_room", {"lq", "errors", "output"}.__contains__)
    assert [room for _, room in imported_rooms(source, inside)] == rooms


# --- the tree -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Names of the files that git tracks."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return listing.stdout.decode().strip("\0").split("\0")


def test_top_level(tracked: list[str]) -> None:
    names = {name.split("/")[0] for name in tracked}
    assert {name for name in names if not name.startswith(".")} == TOP_LEVEL


def test_no_paths_of_one_machine(tracked: list[str]) -> None:
    machine_path = re.compile(rb"(?<![\w.-])/(?:wor[k]|tm[p]|roo[t]|hom[e]|User[s])/")
    found = [
        f"{name}:{number}"
        for name in tracked
        if (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_bytes().splitlines(), 1)
        if machine_path.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_public_names_have_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [] if ast.get_docstring(tree) else ["the module"]
    silent += [
        f"{node.name} (line {node.lineno})"
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == [], f"without a docstring in {path.relative_to(ROOT)}"


# --- the weight of the doors ----------------------------------------------------------------------------------------


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh Python has loaded after a statement, which may end in a successful exit."""
    program = (
        "import json, sys\n"
        f"try:\n    {statement}\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print('\\n' + json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


TERMINAL = {"click", "rich"}
FILES = {"pydantic", "holidays", "babel"}
OFFICE = {"pandas", "matplotlib", "jinja2", "icalendar", "xlsxwriter"}


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import rtplan", TERMINAL | FILES | OFFICE),
        ("from rtplan.cli import main; main(['dose', '45/25'])", {"rich"} | FILES | OFFICE),
        ("from rtplan.cli import main; main(['plan', '--start', '2026-02-02'])", OFFICE),
    ],
    ids=["import rtplan", "rtplan dose", "rtplan plan"],
)
def test_light_doors_load_no_heavy_library(statement: str, heavy: set[str]) -> None:
    assert loaded_by(statement) & heavy == set()


# --- the formulae are described in numpydoc's form -------------------------------------------------------------------


FORMULAE = sorted(
    {function for room in (lq, response) for name in room.__all__ if callable(function := getattr(room, name))}
    - {lq.TrainBed},
    key=lambda function: str(function.__name__),
)


@pytest.mark.parametrize("function", FORMULAE, ids=lambda function: str(function.__name__))
def test_formulae_have_numpydoc_sections(function: Callable[..., object]) -> None:
    text = inspect.getdoc(function) or ""
    sections = re.findall(r"^(\w+)\n-+$", text, re.MULTILINE)
    assert [name for name in sections if name != "Notes"] == [
        "Parameters",
        "Returns",
        "Raises",
        "References",
        "Examples",
    ]
    described = text.split("Parameters\n----------\n")[1].split("\n\nReturns\n")[0]
    names = [name for line in re.findall(r"^(\S.*) : ", described, re.MULTILINE) for name in line.split(", ")]
    assert names == list(inspect.signature(function).parameters)
