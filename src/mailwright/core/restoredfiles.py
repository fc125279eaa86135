"""The files of a backup beside the database: the key of the secrets, the certificate, workflows of the embedded mode.

Called by `restoring`. Promises: a file that is there with other contents is never changed; what is written is there whole or not at
all, under its name only when it is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailwright.domain.refusals import AlreadyExists
from mailwright.storage import durablefiles
from mailwright.storage.backup.contents import File
from mailwright.storage.backup.repository import Repository
from mailwright.storage.backup.sealing import Damaged

FLOWS = "flows.db"
STAGED = ".restored"  # behind the name of a file until it is complete


class Files:
    """Those of a backup that go into a data folder; `flows`: also the workflows'."""

    def __init__(self, repository: Repository, files: list[File], folder: Path, *, flows: bool) -> None:
        self._repository = repository
        self._folder = folder
        self._wanted = [file for file in files if flows or file.path != FLOWS]

    def check(self) -> None:
        """Raises AlreadyExists when one is there with other contents, Damaged."""
        for file in self._wanted:
            self._is_there(file)

    def write(self) -> list[str]:
        """Write those that are missing. The paths of all. Raises AlreadyExists, Damaged, OSError."""
        for file in self._wanted:
            target = self._target(file)
            if not self._is_there(file):
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                durablefiles.write_parts(target, self._parts(file), staged=target.with_name(target.name + STAGED))
        durablefiles.sync_folder(self._folder)
        return [file.path for file in self._wanted]

    def _target(self, file: File) -> Path:
        target = self._folder / file.path
        if not target.resolve().is_relative_to(self._folder.resolve()):
            raise Damaged(f"the backup names a file outside the data folder: {file.path}")
        return target

    def _is_there(self, file: File) -> bool:
        target = self._target(file)
        if not target.exists():
            return False
        with target.open("rb") as found:
            same = all(found.read(len(part)) == part for part in self._parts(file)) and not found.read(1)
        if not same:
            raise AlreadyExists(
                f"{target} is there, and is not that of the backup: nothing is restored over it. Name another folder "
                "with --data, or move it away, if no installation uses it"
            )
        return True

    def _parts(self, file: File) -> Iterator[bytes]:
        return (self._repository.get(piece) for piece in file.pieces)
