"""What every test may use: the command line, a browser, settled examples, and a tree that no test writes into."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from click.testing import Result
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every run and machine; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("ci")

os.environ["COLUMNS"] = "100"  # the width of text does not follow the terminal, or its absence, that tests run in


MANY = 25
"""So many times the inputs of the usual run are tried where `-m fuzz` asks for the fuzz tests alone."""

_factor = 1


def inputs(few: int) -> int:
    """The number of inputs of one fuzz test."""
    return few * _factor


def pytest_configure(config: pytest.Config) -> None:
    """`-m fuzz`: new inputs, and many."""
    global _factor  # noqa: PLW0603 - set once, before any test module is read
    if str(config.getoption("markexpr", "")).strip() == "fuzz":
        _factor = MANY
        settings.load_profile("fuzz")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that drives the browser, so that `-m "not browser"` leaves them out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads the clinic or the settings of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = str(tmp_path_factory.mktemp("settings"))
        patch.delenv("RTPLAN_CLINIC", raising=False)
        for name in ("XDG_CONFIG_HOME", "APPDATA", *(["HOME"] if sys.platform == "darwin" else [])):
            patch.setenv(name, folder)
        yield


@pytest.fixture
def cli() -> Callable[..., "Result"]:
    """Run the command line in this process: `cli("plan --start 2026-02-02")` or `cli("dose", "45/25")`.

    The result has `exit_code`, `stdout`, `stderr` and `output` (both, as a terminal shows them). An error that the
    command line does not turn into a message is a bug, and is raised here with its traceback.
    """
    from click.testing import CliRunner

    from rtplan.cli import main

    def run(*args: str, **options: Any) -> "Result":
        words = shlex.split(args[0]) if len(args) == 1 else list(args)
        return CliRunner().invoke(main, words, catch_exceptions=False, **options)

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Headless Chromium of the machine; without it the test skips, or fails if RTPLAN_REQUIRE_BROWSER is set."""

    def give_up(reason: str) -> NoReturn:
        if os.environ.get("RTPLAN_REQUIRE_BROWSER"):
            pytest.fail(f"RTPLAN_REQUIRE_BROWSER is set, but {reason}")
        pytest.skip(reason)

    executable = shutil.which("chromium")
    if executable is None:
        give_up("there is no chromium on PATH (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        give_up(f"playwright cannot be imported: {error}")
    switches = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
            chromium = playwright.chromium.launch(executable_path=executable, args=switches)
        except Exception as error:  # the driver's errors are plain Exceptions; on a bare Debian it lacks libatomic1
            give_up(f"{executable} does not start under playwright: {error}")
        stack.callback(chromium.close)
        yield chromium


class _TreeGuard:
    """Refuses to let this process write into the repository, apart from hidden folders and Python's byte code.

    An audit hook cannot be taken out again, so it is switched: on from the first test's set-up to the last one's end.
    It does not see what a subprocess writes.
    """

    on = False
    _path_arguments: dict[str, tuple[int, ...]] = {  # noqa: RUF012 - a constant
        "os.mkdir": (0,),
        "os.rename": (0, 1),
        "os.remove": (0,),
        "os.rmdir": (0,),
        "os.symlink": (1,),
        "os.link": (1,),
        "os.truncate": (0,),
    }
    _writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, _mode, flags = args
            paths: tuple[Any, ...] = (path,) if flags & self._writing else ()
        elif event in self._path_arguments:
            paths = tuple(args[index] for index in self._path_arguments[event])
        else:
            return
        for path in paths:
            if isinstance(path, str | bytes | os.PathLike):
                self._check(os.fsdecode(path))

    def _check(self, path: str) -> None:
        absolute = os.path.normpath(os.path.join(os.getcwd(), path))
        inside, _, below = absolute.partition(f"{ROOT}{os.sep}")
        if inside or not below or below.startswith(".") or "__pycache__" in below:
            return
        raise PermissionError(f"a test writes {below} into the repository: use tmp_path")


_guard = _TreeGuard()
sys.addaudithook(_guard)


@pytest.fixture(scope="session", autouse=True)
def _no_writing_into_the_tree() -> Iterator[None]:
    _guard.on = not os.environ.get("RTPLAN_TESTS_MAY_WRITE")  # set to renew gold files
    yield
    _guard.on = False
