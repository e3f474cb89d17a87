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

# From the ground up: one line a floor, as the architecture page draws the house. A room imports only from floors below
# its own; rooms on one floor do not know each other, and the three of the ground stand in their order. A folder such as
# `report` is one room: its modules may import one another. The package itself (`rtplan`) is the front door:
# it hands out names of all rooms, and the commands call its functions. `python -m rtplan` is the roof.
FLOORS: list[set[str]] = [
    {"errors"},
    {"arguments"},
    {"note"},
    {"answer"},
    {"clinic"},
    {"prescription"},
    {"course"},
    {"radiobiology", "chemotherapy"},
    {"library", "compensation"},
    {"planning"},
    {"records"},
    {"interruption"},
    {"questions", "validation"},
    {"report"},
    {"__init__"},
    {"web"},
    {"cli"},
    {"__main__"},
]

# Arrows that point up all the same, each by text, at run time, with its reason.
UPWARD = {
    ("answer.py", "report"): "an answer shows itself: the outputs load when it is asked to",
}

# Circles of modules at import: none.
CIRCLES: set[frozenset[str]] = set()

MOST_ROOMS = 20
LONGEST_FUNCTION = 48  # lines, its docstring not counted

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


def imported(tree: ast.AST, inside: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and full name of everything that a module, standing in the package `inside` of rtplan, imports.

    Imports inside functions and under TYPE_CHECKING count too: they are knowledge of the other room all the same. So
    do imports by text: what `import_module` is given, and any text or f-string that begins as a module of rtplan's.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ("rtplan", *inside)[: len(inside) + 2 - node.level] if node.level else ()
            start += tuple(node.module.split(".")) if node.module else ()
            yield from ((node.lineno, (*start, alias.name)) for alias in node.names)
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            text = written(node)
            if re.fullmatch(r"rtplan[.]([a-z_]+[.])*[a-z_{}]+", text) and ("{" in text or is_room(text.split(".")[1])):
                yield node.lineno, tuple(text.split("."))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from ((node.lineno, ("rtplan",)) for argument in node.args if written(argument) == "rtplan")


def written(node: ast.AST) -> str:
    """The text of a constant or an f-string, {} for what is filled in; empty for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(written(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def imported_rooms(source: str, inside: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Line and room of every import of rtplan's own in a source text."""
    for line, target in imported(ast.parse(source), inside):
        if target[0] != "rtplan" or (len(target) == 2 and target[1].startswith("__")):
            continue  # not ours, or a constant of the package such as __version__
        name = target[1] if len(target) > 1 else "__init__"
        yield line, name if is_room(name) else "__init__"


def breaches(path: Path) -> list[str]:
    room = room_of(path)
    inside = dotted(path) if path.name == "__init__.py" else dotted(path)[:-1]
    return [
        f"{path.relative_to(ROOT)}:{line}: {room} (floor {HEIGHT[room]}) imports "
        + ("the package itself" if other == "__init__" else f"{other} (floor {HEIGHT.get(other, '?')})")
        for line, other in imported_rooms(path.read_text(encoding="utf-8"), inside)
        if other != room
        and not HEIGHT.get(other, len(FLOORS)) < HEIGHT[room]
        and (str(path.relative_to(PACKAGE)), other) not in UPWARD
    ]


def test_every_module_has_a_floor() -> None:
    homeless = sorted({room_of(path) for path in MODULES} - HEIGHT.keys())
    assert not homeless, f"give these rooms a floor in FLOORS, at the top of {Path(__file__).name}: {homeless}"


def test_the_architecture_page_draws_these_floors() -> None:
    text = (PACKAGE / "docs" / "architecture.md").read_text(encoding="utf-8")
    (line,) = [line.strip() for line in text.splitlines() if line.startswith("    errors <")]
    drawn = [set(floor.split(", ")) for floor in line.split(" < ")]
    assert drawn == [floor for floor in FLOORS if not floor & {"__init__", "__main__"}]
    cells = "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))
    assert set(re.findall(r"`([a-z]+)`", cells)) == set().union(*drawn)


def test_no_room_stands_on_two_floors() -> None:
    assert sum(len(rooms) for rooms in FLOORS) == len(HEIGHT)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_import_only_from_floors_below(path: Path) -> None:
    if room_of(path) not in HEIGHT:
        pytest.fail(f"{path.name} has no floor")
    assert breaches(path) == []


def test_exceptions_are_still_needed() -> None:
    made = {
        (str(path.relative_to(PACKAGE)), other)
        for path in MODULES
        for _, other in imported_rooms(path.read_text(encoding="utf-8"), dotted(path)[:-1])
    }
    assert UPWARD.keys() <= made


def test_not_too_many_rooms() -> None:
    rooms = {room_of(path) for path in MODULES} - FLOORS[-1]
    assert len(rooms) <= MOST_ROOMS, sorted(rooms)


def at_import(path: Path) -> set[str]:
    """The modules of rtplan's own that a module loads when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = dotted(path) if path.name == "__init__.py" else dotted(path)[:-1]
    now = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    loaded = set()
    for _, target in imported(ast.Module(body=list(now), type_ignores=[]), inside):
        names = {".".join(dotted(module)) for module in MODULES}
        longest = next((name for n in (len(target), len(target) - 1) if (name := ".".join(target[1:n])) in names), "")
        loaded |= {longest} if target[0] == "rtplan" else set()
    return loaded


def circles(arrows: dict[str, set[str]]) -> set[frozenset[str]]:
    """Groups of modules each of which loads the others."""
    reach = {name: set(others) for name, others in arrows.items()}
    for middle, beyond in reach.items():
        for others in reach.values():
            others.update(beyond if middle in others else ())
    return {
        frozenset(other for other in others if name in reach.get(other, ()))
        for name, others in reach.items()
        if name in others
    }


def test_no_circle_between_modules() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == {frozenset({"b", "c"})}
    arrows = {".".join(dotted(path)): at_import(path) - {""} for path in MODULES}
    assert circles(arrows) == CIRCLES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_are_short(path: Path) -> None:
    long = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            about = node.body[0] if ast.get_docstring(node) else None
            text = (about.end_lineno or 0) - about.lineno + 1 if about else 0
            lines = (node.end_lineno or 0) - node.lineno + 1 - text
            long += [f"{node.name}: {lines} lines"] if lines > LONGEST_FUNCTION else []
    assert long == []


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
        ('import_module("rtplan.lq.deep")', (), ["lq"]),
        ('import_module("rtplan")', (), ["__init__"]),
        ('name = f"rtplan.output.{page}"', ("output",), ["output"]),
        ('name = f"rtplan.{page}"', (), ["__init__"]),
        ('schema = "rtplan.plan/1"; greeting = f"rtplan {page}"; keys = "rtplan", "rtplan.words"', (), []),
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
