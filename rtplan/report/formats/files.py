"""Text and bytes into files: to a temporary name, then renamed; nothing is overwritten unless asked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rtplan.errors import ConfigError

__all__ = [
    "write_files",
]


_LONGEST = 200  # signs of a path that a message repeats


def write_files(folder: Path, contents: Mapping[str, str | bytes], *, force: bool = False) -> tuple[Path, ...]:
    """Write all files of one answer into a folder, or none of them.

    Raises ConfigError where a file exists already (without ``force``) or the folder cannot be written.
    """
    targets = [folder / name for name in contents]
    written: list[Path] = []
    made: list[Path] = []
    try:
        _check(targets, force)
        _make(folder, made)
        for content in contents.values():
            _write(folder, content, written)
        for temporary, target in zip(written, targets, strict=True):
            os.replace(temporary, target)
    except BaseException as error:
        for temporary in written:
            temporary.unlink(missing_ok=True)
        for new in reversed(made):
            with contextlib.suppress(OSError):
                new.rmdir()
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


def _write(folder: Path, content: str | bytes, written: list[Path]) -> None:
    """Write one temporary file; it is in the list before it holds anything."""
    handle, name = tempfile.mkstemp(prefix=".rtplan-", dir=folder)
    written.append(Path(name))
    with os.fdopen(handle, "wb") as stream:
        stream.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
    os.chmod(name, 0o666 & ~_umask())


def _short(path: Path) -> str:
    """The path, or the beginning of one that no file system takes."""
    text = str(path)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
