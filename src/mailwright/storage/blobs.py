"""Blobs: raw messages, attachments and workspace files, written once and never rewritten.

Called by core. Small blobs live in a table and commit with the row that names them; larger ones are staged first (an fsynced
file in the data folder, or an object in S3 or Azure) and named by a row in the transaction that follows. A staged blob whose
transaction never came is collected later. Redaction and erasure delete blobs.
Promises: when the transaction that calls `put` commits, the bytes survive a power cut.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import structlog

from mailwright.domain import clock
from mailwright.domain.ids import checksum, new_id
from mailwright.domain.refusals import DamagedBlob, NotFound, TryLater
from mailwright.storage import backups, divergences
from mailwright.storage.blobowner import Ownership
from mailwright.storage.blobplaces import DiskBlobs, Outside, Places
from mailwright.storage.database import Database, Tx

if TYPE_CHECKING:
    from mailwright.storage.objectstores import ObjectOptions

T = TypeVar("T")

log = structlog.get_logger(__name__)

INLINE_BYTES = 256 * 1024
"""Up to here the database is as fast as files and commits atomically with the row (docs/decisions/0003)."""

HELD_AT_ONCE = 1_000  # parameters of one statement
READS = 2  # of what came damaged: it may have been on the way
MAX_NOTED = 10_000  # divergences one process tells of
THREADS = 32  # that wait for the place outside: a slow one holds up nobody who asks for something else
PATIENCE_SECONDS = (
    60.0  # of whoever waits for it: a mail server that waits for our 250 gives us ten minutes (RFC 5321 §4.5.3.2.6)
)


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob ready to be named by a row. `data` is None when it is staged outside the database already."""

    id: str
    tenant_id: str
    key: str
    place: str
    size: int
    checksum: str
    data: bytes | None


class Outlying(NamedTuple):
    """Where the octets of a blob are that the database does not have, and what they must be."""

    id: str
    tenant_id: str
    key: str
    size: int
    checksum: str


class BlobStore:
    """The blobs of one installation. `inline_bytes` is the size up to which they are kept in the database."""

    def __init__(
        self, database: Database, outside: Places, *, inline_bytes: int = INLINE_BYTES, owner: Ownership | None = None
    ) -> None:
        self._database = database
        self.outside = outside
        self.owner = owner  # whose the places are; None: ours
        self._inline_bytes = inline_bytes
        self._threads: ThreadPoolExecutor | None = None
        self._noted: set[str] = set()  # what this process has told of already

    async def stage(self, tenant_id: str, data: bytes, *, kind: str = "eml") -> StoredBlob:
        """Make `data` durable as far as it can be before the transaction. Raises TryLater when the disk or service will not."""
        if len(data) > self._inline_bytes:
            return await self._outside_call(partial(self.stage_now, tenant_id, data, kind=kind))
        return self.stage_now(tenant_id, data, kind=kind)

    def stage_now(self, tenant_id: str, data: bytes, *, kind: str = "eml") -> StoredBlob:
        """`stage` for threads that may block."""
        blob_id = new_id()
        key = f"blobs/{tenant_id}/{clock.to_datetime(clock.now()):%Y/%m/%d}/{blob_id}.{kind}"
        if len(data) <= self._inline_bytes:
            return StoredBlob(blob_id, tenant_id, key, "row", len(data), checksum(data), data)
        self.put_outside(key, data)
        return StoredBlob(blob_id, tenant_id, key, self.outside.place, len(data), checksum(data), None)

    def put_outside(self, key: str, data: bytes, *, replace: bool = False) -> None:
        """Keep the octets of a blob outside. Blocks, never within a transaction. Raises TryLater, also while the place is another's."""
        if self.owner is not None:
            self.owner.check_writable()
        self.outside.put(key, data, replace=replace)

    def put(self, tx: Tx, blob: StoredBlob) -> None:
        """Name a staged blob in this transaction; once is enough for all its recipients, again does no harm."""
        tx.execute(
            "INSERT INTO blobs (id, tenant_id, key, place, size, checksum, created_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (blob.id, blob.tenant_id, blob.key, blob.place, blob.size, blob.checksum, clock.now(), blob.data),
        )

    def describe(self, tx: Tx, blob_id: str) -> StoredBlob:
        """A blob that is named already. Raises NotFound."""
        row = tx.one("SELECT id, tenant_id, key, place, size, checksum FROM blobs WHERE id = ?", (blob_id,))
        if row is None:
            raise NotFound(f"there is no blob {blob_id}")
        blob_id, tenant_id, key, place, size, digest = row
        return StoredBlob(blob_id, tenant_id, key, place, size, digest, None)

    def hold(self, tx: Tx, blob_id: str) -> None:
        """Keep the collector off a blob until this transaction, which names it once more, ends. Raises NotFound when it is gone."""
        if tx.one(f"SELECT 1 FROM blobs WHERE id = ?{tx.keeping}", (blob_id,)) is None:
            raise NotFound(f"there is no blob {blob_id}")

    def hold_all(self, tx: Tx, blob_ids: Iterable[str]) -> None:
        """`hold` for many."""
        wanted = list(dict.fromkeys(blob_ids))
        for start in range(0, len(wanted), HELD_AT_ONCE):
            part = wanted[start : start + HELD_AT_ONCE]
            marks = ", ".join("?" * len(part))
            if len(tx.all(f"SELECT 1 FROM blobs WHERE id IN ({marks}){tx.keeping}", part)) < len(part):
                raise NotFound("the text of one of these messages is gone")

    def reserve(self, tx: Tx, blob_id: str) -> None:
        """Before asking whether a blob may be deleted: waits for those who hold it, and whoever comes after finds it gone."""
        tx.one(f"SELECT 1 FROM blobs WHERE id = ?{tx.exclusive}", (blob_id,))

    def is_named(self, tx: Tx, blob_id: str) -> bool:
        """Whether a row names the blob."""
        return tx.scalar("SELECT 1 FROM blobs WHERE id = ?", (blob_id,)) is not None

    async def read(self, blob_id: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes `start` to `end` (to the end when None). Raises NotFound, TryLater (DamagedBlob is a kind of it)."""
        found = await self._database.read(lambda tx: _look_up(tx, blob_id, start, end))
        if isinstance(found, bytes):
            return found
        return await self._outside_call(partial(self._get, found, start, found.size if end is None else end))

    def read_now(self, blob_id: str, start: int = 0, end: int | None = None) -> bytes:
        """`read` for threads that may block."""
        found = self._database.read_now(lambda tx: _look_up(tx, blob_id, start, end))
        if isinstance(found, bytes):
            return found
        return self._get(found, start, found.size if end is None else end)

    def _get(self, blob: Outlying, start: int, end: int) -> bytes:
        """The octets, never wrong ones: what is read whole must have its checksum, a part its length.

        Raises NotFound, TryLater, and DamagedBlob, a kind of it.
        """
        stop = min(end, blob.size)
        if start >= stop and blob.size:
            return b""
        for _ in range(READS):
            try:
                data = self.outside.get(blob.key, start, stop)
            except NotFound:
                self._note("missing", blob, "it is not there")
                raise
            if len(data) == stop - start and (len(data) < blob.size or checksum(data) == blob.checksum):
                return data
        self._note("damaged", blob, f"{len(data)} octets of {stop - start} came, or others")
        raise DamagedBlob("the message cannot be read: what came is not what was stored")

    def _note(self, kind: divergences.Kind, blob: Outlying, detail: str) -> None:
        """Write a divergence down, once in a process. In a thread: the caller may be within a transaction."""
        if blob.key in self._noted or len(self._noted) >= MAX_NOTED:
            return
        self._noted.add(blob.key)
        log.error("blobs.diverged", kind=kind, key=blob.key, detail=detail)

        def write(tx: Tx) -> None:
            if self.is_named(tx, blob.id):  # else it was removed meanwhile, and is missed by nobody
                divergences.note(
                    tx,
                    kind,
                    key=blob.key,
                    tenant_id=blob.tenant_id,
                    blob_id=blob.id,
                    detail=f"when it was read: {detail}",
                )

        def run() -> None:
            try:
                self._database.write_now(write)
            except TryLater:
                self._noted.discard(blob.key)

        threading.Thread(target=run, name="divergence", daemon=True).start()

    async def _outside_call(self, function: Callable[[], T]) -> T:
        """Run what waits for the place outside, in threads of its own. Raises TryLater when it takes too long, and what it raises."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="blobs")
        context = contextvars.copy_context()
        work = asyncio.get_running_loop().run_in_executor(self._threads, context.run, function)
        try:
            return await asyncio.wait_for(work, PATIENCE_SECONDS)
        except TimeoutError:
            raise TryLater("the place where messages are kept does not answer") from None

    async def read_many(self, ranges: Sequence[tuple[str, int, int]]) -> list[bytes | None]:
        """(blob, start, end) of many blobs with one look at the database; None for one that is gone or damaged. Raises TryLater."""
        return await self.fill_in(ranges, await self._database.read(lambda tx: self.look_up_many(tx, ranges)))

    def look_up_many(self, tx: Tx, ranges: Sequence[tuple[str, int, int]]) -> list[bytes | Outlying | None]:
        """`read_many` within a transaction that reads other things too; `fill_in` makes the octets of it."""
        return [_look_up_range(tx, *wanted) for wanted in ranges]

    async def fill_in(
        self, ranges: Sequence[tuple[str, int, int]], found: Sequence[bytes | Outlying | None]
    ) -> list[bytes | None]:
        """The octets of what `look_up_many` found: what lies outside is read now. Raises TryLater."""
        if not any(isinstance(each, Outlying) for each in found):
            return cast("list[bytes | None]", list(found))
        return await self._outside_call(partial(self._fill_in, ranges, found))

    def _fill_in(
        self, ranges: Sequence[tuple[str, int, int]], found: Sequence[bytes | Outlying | None]
    ) -> list[bytes | None]:
        """Read what lies outside, where only its key was found."""
        filled: list[bytes | None] = []
        for (_, start, end), each in zip(ranges, found, strict=True):
            if isinstance(each, Outlying):
                try:
                    each = self._get(each, start, end)
                except (NotFound, DamagedBlob):
                    each = None
            filled.append(each)
        return filled

    def delete(self, tx: Tx, blob_id: str) -> str | None:
        """Remove the rows. The key to hand to `delete_outside` after the commit, or None when there is nothing outside."""
        row = tx.one("SELECT key, place FROM blobs WHERE id = ?", (blob_id,))
        tx.execute("DELETE FROM blobs WHERE id = ?", (blob_id,))
        return row[0] if row is not None and row[1] != "row" else None

    def delete_outside(self, key: str) -> bool:
        """Remove the bytes of a blob whose rows are gone; no error when they are gone as well. Whether anything could be removed.

        Not where others may need them, and not while a backup is made, which may have the rows still: the sweep finds what stays.
        """
        if self._database.read_now(backups.holds):
            return False
        places = [each for each in self.outside.all if self.owner is None or self.owner.may_remove(each)]
        self.outside.delete(key, places)
        return bool(places)

    def take_back(self, blob: StoredBlob) -> None:
        """Remove what this process has staged and nobody named: its key is nobody else's, wherever it lies."""
        if not self._database.read_now(backups.holds):
            self.outside.delete(blob.key, self.outside.all[:1])

    def read_outside(self, key: str, start: int, end: int) -> bytes:
        """Octets of what lies outside, by its key, unchecked. Blocks. Raises NotFound, TryLater."""
        return self.outside.get(key, start, end)

    def put_back(self, tx: Tx, blob: StoredBlob, created_at: clock.Instant) -> None:
        """Name a blob as it was, with its octets in the row or, when they are too many, outside; without data it is a missing one."""
        place, data = "row" if blob.data is not None else self.outside.place, blob.data
        if data is not None and len(data) > self._inline_bytes:
            self.outside.put(blob.key, data, replace=True)
            place, data = self.outside.place, None
        tx.execute(
            "INSERT INTO blobs (id, tenant_id, key, place, size, checksum, created_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (blob.id, blob.tenant_id, blob.key, place, blob.size, blob.checksum, created_at, data),
        )

    def outside_keys(self) -> Iterator[tuple[str, clock.Instant]]:
        """Every key kept outside the database in places that are ours, with the time it was written: what the collector compares
        with the rows."""
        tenants = self._database.read_now(
            lambda tx: [str(row[0]) for row in tx.all("SELECT id FROM tenants ORDER BY id")]
        )
        ours = [each for each in self.outside.all if self.owner is None or self.owner.standing(each) == "ours"]
        return self.outside.keys(tenants, ours)


def _look_up(tx: Tx, blob_id: str, start: int, end: int | None) -> bytes | Outlying:
    row = tx.one("SELECT place, id, tenant_id, key, size, checksum FROM blobs WHERE id = ?", (blob_id,))
    if row is None:
        raise NotFound(f"there is no blob {blob_id}")
    place, size = row[0], row[4]
    if place != "row":
        return Outlying(*row[1:])
    stop = size if end is None else min(end, size)
    if start >= stop:
        return b""
    if start == 0 and stop == size:
        data = tx.scalar("SELECT data FROM blobs WHERE id = ?", (blob_id,))
    else:
        data = tx.scalar("SELECT substr(data, ?, ?) FROM blobs WHERE id = ?", (start + 1, stop - start, blob_id))
    if data is None:
        raise NotFound(f"the bytes of blob {blob_id} are gone")
    return bytes(data)


def _look_up_range(tx: Tx, blob_id: str, start: int, end: int) -> bytes | Outlying | None:
    """The bytes, where they lie outside, or None."""
    row = tx.one(
        "SELECT place, id, tenant_id, key, size, checksum, CASE WHEN place = 'row' THEN substr(data, ?, ?) END "
        "FROM blobs WHERE id = ?",
        (start + 1, max(end - start, 0), blob_id),
    )
    if row is None:
        return None
    if row[0] != "row":
        return Outlying(*row[1:6])
    return None if row[6] is None else bytes(row[6])


def open_outside(url: str, options: ObjectOptions | None = None) -> Outside:
    """The place at `file:///folder`, `s3://bucket/prefix` or `az://container/prefix`. Raises ValueError for another address."""
    if url.startswith("file://"):
        return DiskBlobs(Path(url.removeprefix("file://")))
    if not url.startswith(("s3://", "az://")):
        raise ValueError("should be file:///folder, s3://bucket/prefix or az://container/prefix")
    from mailwright.storage.objectblobs import ObjectBlobs

    return ObjectBlobs(url, options)


def open_blobs(
    database: Database,
    url: str,
    *,
    inline_bytes: int | None = None,
    options: ObjectOptions | None = None,
    former: Iterable[str] = (),
    owned: bool = False,
    **more: Any,
) -> BlobStore:
    """The blob store at `url`: see `open_outside`. What is not found there is looked for at the `former` addresses.

    With an object store nothing is kept in the database unless `inline_bytes` says so. `owned`: others may have a place for theirs,
    so it is asked whose it is. `more` goes to obstore as it is.
    Raises ValueError for an address or options it does not know.
    """
    if more:
        from mailwright.storage.objectstores import ObjectOptions

        options = ObjectOptions(more=more)
    places = Places(open_outside(url, options), [open_outside(each, options) for each in former])
    usual = INLINE_BYTES if url.startswith("file://") else 0
    inline = usual if inline_bytes is None else inline_bytes
    return BlobStore(database, places, inline_bytes=inline, owner=Ownership(database, places.all) if owned else None)
