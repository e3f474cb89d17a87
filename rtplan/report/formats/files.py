"""Text and bytes into files: to a temporary name, then renamed; nothing is overwritten unless asked."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rtplan.errors import ConfigError

__all__ = [
    "new_file",
    "put",
    "write_files",
]


PREFIX = ".rtplan-"
"""How the names of unfinished files begin."""

ABANDONED_S = 3600.0
"""An unfinished file of that age has no writer any more: it was killed. Design default, no source. [s]"""


_LONGEST = 200  # signs of a path that a message repeats


def write_files(
    folder: Path,
    contents: Mapping[str, str | bytes],
    *,
    force: bool = False,
    check: Callable[[Path], None] | None = None,
) -> tuple[Path, ...]:
    """Write all files of one answer into a folder, or none of them.

    Whoever is killed in between leaves each file whole, the old one or the new one; what else is left is cleared away
    by a later call. check: looks at each file before it gets its name, and may refuse it.

    Raises ConfigError where a file exists already (without ``force``) or the folder cannot be written.
    """
    targets = [folder / name for name in contents]
    written: list[Path] = []
    made: list[Path] = []
    placed: list[Path] = []
    try:
        _check(targets, force)
        _make(folder, made)
        for target, content in zip(targets, contents.values(), strict=True):
            _write(target, content, written)
            if check is not None:
                check(written[-1])
        for temporary, target in zip(written, targets, strict=True):
            put(temporary, target, placed, force=force)
    except BaseException as error:
        for left in (*written, *placed):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
        for new in reversed(made):
            with contextlib.suppress(OSError):
                new.rmdir()
        if isinstance(error, FileExistsError) and error.filename:
            raise ConfigError(str(error.filename), [str(error.strerror)]) from None
        if isinstance(error, OSError):
            name = _short(targets[0] if len(targets) == 1 else folder)
            raise ConfigError(name, [f"cannot be written: {error.strerror or error}"]) from None
        raise
    return tuple(targets)


def _check(targets: Sequence[Path], force: bool) -> None:
    for target in targets:
        if target.is_dir():
            raise ConfigError(str(target), ["is a folder, and no file can take its place"])
    for target in targets:
        if target.exists() and not force:
            raise ConfigError(str(target), ["exists already; --force overwrites it"])


def _make(folder: Path, made: list[Path]) -> None:
    """Make the folder and those above it that are missing; each is in the list as soon as it is there."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.append(path)
    folder.mkdir(exist_ok=True)


def _write(target: Path, content: str | bytes, written: list[Path]) -> None:
    """Write one temporary file; it is in the list before it holds anything."""
    written.append(new_file(target))
    with written[-1].open("wb") as stream:
        stream.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)


def new_file(target: Path) -> Path:
    """An empty file beside a target, under a name of its own and with its ending.

    Those that a killed writer left long ago are cleared away.
    """
    for old in target.parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > ABANDONED_S:
                old.unlink()
    handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=target.suffix, dir=target.parent)
    os.close(handle)
    with contextlib.suppress(OSError):  # a file system without modes
        os.chmod(name, 0o666 & ~_umask())
    return Path(name)


def put(temporary: Path, target: Path, placed: list[Path], *, force: bool) -> None:
    """Give a finished file its name. placed: names that were free before, as soon as they are taken.

    Without ``force`` a file that came there in the meantime stays: FileExistsError.
    """
    free = not target.exists()
    if not force:
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise FileExistsError(errno.EEXIST, "exists already; --force overwrites it", str(target)) from None
        except (OSError, AttributeError):  # a file system without links
            if not free:
                raise FileExistsError(errno.EEXIST, "exists already; --force overwrites it", str(target)) from None
        else:
            placed.append(target)
            temporary.unlink()
            return
    os.replace(temporary, target)
    if free:
        placed.append(target)


def _short(path: Path) -> str:
    """The path, or the beginning of one that no file system takes."""
    text = str(path)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
