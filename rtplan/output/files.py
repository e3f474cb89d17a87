"""Text and bytes into files: to a temporary name, then renamed; nothing is overwritten unless asked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rtplan.errors import ConfigError

__all__ = ["write_files"]


def write_files(folder: Path, contents: Mapping[str, str | bytes], *, force: bool = False) -> tuple[Path, ...]:
    """Write all files of one answer into a folder, or none of them.

    Raises ConfigError where a file exists already (without ``force``) or the folder cannot be written.
    """
    targets = [folder / name for name in contents]
    present = [target for target in targets if target.exists()]
    if present and not force:
        raise ConfigError(str(present[0]), ["exists already; --force overwrites it"])
    written: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, content in zip(targets, contents.values(), strict=True):
            written.append((_temporary(folder, content), target))
        for temporary, target in written:
            os.replace(temporary, target)
    except OSError as error:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)
        raise ConfigError(str(folder), [f"cannot be written: {error.strerror or error}"]) from None
    return tuple(targets)


def _temporary(folder: Path, content: str | bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=".rtplan-", dir=folder)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content.encode("utf-8") if isinstance(content, str) else content)
    os.chmod(name, 0o666 & ~_umask())
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
