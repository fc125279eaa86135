"""Files that a power cut leaves whole: who reads one sees all of it, or none."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write(path: Path, data: bytes, *, staged: Path) -> None:
    """Write to the name `staged` in the same folder, fsync, rename, and fsync the folder. What fails leaves nothing behind. Raises OSError."""
    write_parts(path, (data,), staged=staged)


def write_parts(path: Path, parts: Iterable[bytes], *, staged: Path) -> None:
    """The same of what does not fit into the memory at once."""
    try:
        _fill(staged, parts)
        os.rename(staged, path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_new(path: Path, data: bytes, *, staged: Path) -> None:
    """The same, unless there is a file of that name already: of several that write at once, the first one's stays. Raises OSError."""
    try:
        _fill(staged, (data,))
        try:
            os.link(staged, path)
        except FileExistsError:
            return
        except OSError:  # a file system without second names: as near to it as it can be
            if not path.exists():
                os.rename(staged, path)
    finally:
        staged.unlink(missing_ok=True)
    sync_folder(path.parent)


def _fill(staged: Path, parts: Iterable[bytes]) -> None:
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for part in parts:
            view = memoryview(part)
            while view:
                view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk: a file that was fsynced can still be without its name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
