"""The octets of blobs from one place to another, each read back and compared before it counts as copied.

Called by `core/storemoving.py`, while the installation runs (what is copied early need not be copied late) and when it stands.
Promises: a blob that counts as copied is there with its size and its SHA-256. Does not: change a row, remove anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from mailwright.domain.ids import checksum
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage import keptblobs
from mailwright.storage.blobplaces import Outside
from mailwright.storage.blobs import BlobStore
from mailwright.storage.database import Database
from mailwright.storage.keptblobs import Kept

AT_ONCE = 8  # blobs on their way
MAX_LISTED = 100  # of those that could not be copied, in the report


@dataclass(slots=True)
class Copied:
    """What was done so far. `lost` are blobs that the old place has not, or not as they were stored."""

    blobs: int = 0
    octets: int = 0
    already: int = 0
    lost_count: int = 0
    lost: list[str] = field(default_factory=list)


class BlobCopy:
    """From a store to another place. `inline` takes along what the database itself keeps, `outside` the rest. Close it."""

    def __init__(
        self, database: Database, blobs: BlobStore, target: Outside, *, inline: bool, outside: bool = True
    ) -> None:
        self._database, self._blobs, self._target = database, blobs, target
        self._inline, self._outside = inline, outside
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="blobcopy")
        self.done = Copied()

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def copy(self, rows: Sequence[Kept], *, through: str) -> None:
        """Copy what is not there yet. Up to the id `through` what is there in its size was compared before. Raises TryLater."""
        wanted = self._wanted(rows)
        there = self._target.sizes([row.key for row in wanted if row.id <= through])
        left = [row for row in wanted if there.get(row.key) != row.size]
        self.done.already += len(wanted) - len(left)
        for row, fine in zip(left, self._threads.map(self._copy_one, left), strict=True):
            if fine:
                self.done.blobs += 1
                self.done.octets += row.size
            else:
                self.done.lost_count += 1
                if len(self.done.lost) < MAX_LISTED:
                    self.done.lost.append(row.key)

    def absent(self, rows: Sequence[Kept]) -> int:
        """How many of those that were to be copied the new place has not, or not in their size. Raises TryLater."""
        wanted = self._wanted(rows)
        there = self._target.sizes([row.key for row in wanted])
        return sum(there.get(row.key) != row.size for row in wanted)

    def _wanted(self, rows: Sequence[Kept]) -> list[Kept]:
        return [row for row in rows if (self._inline if row.place == "row" else self._outside)]

    def _copy_one(self, row: Kept) -> bool:
        octets = self._octets(row)
        if octets is None or checksum(octets) != row.checksum:
            # It may have been removed while it was copied: then nobody misses it.
            return self._database.read_now(lambda tx: keptblobs.named(tx, row.id)) is None
        try:
            self._target.put(row.key, octets)
        except TryLater:
            if self._target.sizes([row.key]).get(row.key) is None:
                raise
            self._target.put(row.key, octets, replace=True)  # half of it, from a copy that was killed
        if checksum(self._target.get(row.key, 0, row.size + 1)) != row.checksum:
            raise TryLater(f"the new place did not keep what it was given: {row.key}")
        return True

    def _octets(self, row: Kept) -> bytes | None:
        if row.place == "row":
            return self._database.read_now(lambda tx: keptblobs.data(tx, row.id))
        try:
            return self._blobs.read_outside(row.key, 0, row.size + 1)
        except NotFound:
            return None
