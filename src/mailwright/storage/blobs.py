"""Blobs: raw messages, attachments and workspace files, written once and never rewritten.

Called by core. Small blobs live in a table and commit with the row that names them; larger ones are staged first (an fsynced
file in the data folder, or an object in S3 or Azure) and named by a row in the transaction that follows. A staged blob whose
transaction never came is collected later. Redaction and erasure delete blobs.
Promises: when the transaction that calls `put` commits, the bytes survive a power cut.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from mailwright.domain import clock
from mailwright.domain.ids import checksum, new_id
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage.database import Database, Tx

if TYPE_CHECKING:
    from obstore.store import ObjectStore

INLINE_BYTES = 256 * 1024
"""Up to here the database is as fast as files and commits atomically with the row (docs/decisions/0003)."""

HELD_AT_ONCE = 1_000  # parameters of one statement
DURABLE_FOLDERS = 10_000  # remembered: a tenant has one a day


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


class _Outside(Protocol):
    """Where blobs too large for the table go: a folder or an object store."""

    place: str

    def put(self, key: str, data: bytes) -> None: ...
    def get(self, key: str, start: int, end: int) -> bytes: ...
    def delete(self, key: str) -> None: ...
    def keys(self) -> Iterator[tuple[str, clock.Instant]]: ...


class BlobStore:
    """The blobs of one installation. `inline_bytes` is the size up to which they are kept in the database."""

    def __init__(self, database: Database, outside: _Outside, *, inline_bytes: int = INLINE_BYTES) -> None:
        self._database = database
        self._outside = outside
        self._inline_bytes = inline_bytes

    async def stage(self, tenant_id: str, data: bytes, *, kind: str = "eml") -> StoredBlob:
        """Make `data` durable as far as it can be before the transaction. Raises TryLater when the disk or service will not."""
        if len(data) > self._inline_bytes:
            return await asyncio.to_thread(self.stage_now, tenant_id, data, kind=kind)
        return self.stage_now(tenant_id, data, kind=kind)

    def stage_now(self, tenant_id: str, data: bytes, *, kind: str = "eml") -> StoredBlob:
        """`stage` for threads that may block."""
        blob_id = new_id()
        key = f"blobs/{tenant_id}/{clock.to_datetime(clock.now()):%Y/%m/%d}/{blob_id}.{kind}"
        if len(data) <= self._inline_bytes:
            return StoredBlob(blob_id, tenant_id, key, "row", len(data), checksum(data), data)
        self._outside.put(key, data)
        return StoredBlob(blob_id, tenant_id, key, self._outside.place, len(data), checksum(data), None)

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
        """Bytes `start` to `end` (to the end when None). Raises NotFound, TryLater."""
        found = await self._database.read(lambda tx: _look_up(tx, blob_id, start, end))
        if isinstance(found, bytes):
            return found
        key, size = found
        return await asyncio.to_thread(self._outside.get, key, start, size if end is None else min(end, size))

    def read_now(self, blob_id: str, start: int = 0, end: int | None = None) -> bytes:
        """`read` for threads that may block."""
        found = self._database.read_now(lambda tx: _look_up(tx, blob_id, start, end))
        if isinstance(found, bytes):
            return found
        key, size = found
        return self._outside.get(key, start, size if end is None else min(end, size))

    async def read_many(self, ranges: Sequence[tuple[str, int, int]]) -> list[bytes | None]:
        """(blob, start, end) of many blobs with one look at the database; None for one that is gone. Raises TryLater."""
        return await self.fill_in(ranges, await self._database.read(lambda tx: self.look_up_many(tx, ranges)))

    def look_up_many(self, tx: Tx, ranges: Sequence[tuple[str, int, int]]) -> list[bytes | str | None]:
        """`read_many` within a transaction that reads other things too; `fill_in` makes the octets of it."""
        return [_look_up_range(tx, *wanted) for wanted in ranges]

    async def fill_in(
        self, ranges: Sequence[tuple[str, int, int]], found: Sequence[bytes | str | None]
    ) -> list[bytes | None]:
        """The octets of what `look_up_many` found: what lies outside is read now. Raises TryLater."""
        if not any(isinstance(each, str) for each in found):
            return cast("list[bytes | None]", list(found))
        return await asyncio.to_thread(self._fill_in, ranges, found)

    def _fill_in(
        self, ranges: Sequence[tuple[str, int, int]], found: Sequence[bytes | str | None]
    ) -> list[bytes | None]:
        """Read what lies outside, where only its key was found."""
        filled: list[bytes | None] = []
        for (_, start, end), each in zip(ranges, found, strict=True):
            if isinstance(each, str):
                try:
                    each = self._outside.get(each, start, end)
                except NotFound:
                    each = None
            filled.append(each)
        return filled

    def delete(self, tx: Tx, blob_id: str) -> str | None:
        """Remove the rows. The key to hand to `delete_outside` after the commit, or None when there is nothing outside."""
        row = tx.one("SELECT key, place FROM blobs WHERE id = ?", (blob_id,))
        tx.execute("DELETE FROM blobs WHERE id = ?", (blob_id,))
        return row[0] if row is not None and row[1] != "row" else None

    def delete_outside(self, key: str) -> None:
        """Remove the bytes of a blob whose rows are gone; no error when they are gone as well."""
        self._outside.delete(key)

    def outside_keys(self) -> Iterator[tuple[str, clock.Instant]]:
        """Every key kept outside the database, with the time it was written: what the collector compares with the rows."""
        return self._outside.keys()


def _look_up(tx: Tx, blob_id: str, start: int, end: int | None) -> bytes | tuple[str, int]:
    row = tx.one("SELECT place, key, size FROM blobs WHERE id = ?", (blob_id,))
    if row is None:
        raise NotFound(f"there is no blob {blob_id}")
    place, key, size = row
    if place != "row":
        return str(key), int(size)
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


def _look_up_range(tx: Tx, blob_id: str, start: int, end: int) -> bytes | str | None:
    """The bytes, the key when they lie outside, or None."""
    row = tx.one(
        "SELECT place, key, CASE WHEN place = 'row' THEN substr(data, ?, ?) END FROM blobs WHERE id = ?",
        (start + 1, max(end - start, 0), blob_id),
    )
    if row is None:
        return None
    place, key, data = row
    if place != "row":
        return str(key)
    return None if data is None else bytes(data)


class DiskBlobs:
    """Files in a folder, each written to a temporary name, fsynced, renamed, and its folder fsynced."""

    place = "disk"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._durable: set[Path] = set()  # folders this process has fsynced up to the root

    def put(self, key: str, data: bytes) -> None:
        path = self._root / key
        staged = path.with_suffix(".staged")
        try:
            self._make_durable(path.parent)
            descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(staged, path)
            _sync_folder(path.parent)
        except OSError as error:
            staged.unlink(missing_ok=True)
            raise TryLater(f"the message could not be stored: {error.strerror}") from error

    def get(self, key: str, start: int, end: int) -> bytes:
        try:
            with open(self._root / key, "rb") as file:
                file.seek(start)
                return file.read(max(end - start, 0))
        except FileNotFoundError as error:
            raise NotFound(f"the bytes of {key} are gone") from error
        except OSError as error:
            raise TryLater(f"the message cannot be read now: {error.strerror}") from error

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def _make_durable(self, folder: Path) -> None:
        """Make the folders of a day, each fsynced into its parent: a file in a folder that a power cut forgets is lost too.

        Also those that are there: whoever made them a moment ago may not have come to the fsync. Once a folder and process.
        """
        if folder in self._durable and folder.exists():
            return
        if folder == self._root:
            if folder.exists():
                return  # its owner's to look after
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            self._make_durable(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)
        if len(self._durable) >= DURABLE_FOLDERS:
            self._durable.clear()
        self._durable.add(folder)

    def keys(self) -> Iterator[tuple[str, clock.Instant]]:
        base = self._root / "blobs"
        for folder, _folders, names in os.walk(base):
            for name in names:
                path = Path(folder) / name
                try:
                    written = int(path.stat().st_mtime * clock.SECOND)
                except FileNotFoundError:
                    continue
                yield str(path.relative_to(self._root)), written


class ObjectBlobs:
    """Objects in S3 (and what speaks it) or Azure Blob, through obstore; a put that returned is durable there."""

    place = "object"

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        import obstore

        try:
            obstore.put(self._store, key, data)
        except Exception as error:  # obstore raises a class for each cause; to us they are all "not stored now"
            raise TryLater(f"the message could not be stored: {type(error).__name__}") from error

    def get(self, key: str, start: int, end: int) -> bytes:
        import obstore
        from obstore.exceptions import NotFoundError

        if end <= start:
            return b""
        try:
            return bytes(obstore.get_range(self._store, key, start=start, end=end))
        except (NotFoundError, FileNotFoundError) as error:
            raise NotFound(f"the bytes of {key} are gone") from error
        except Exception as error:
            raise TryLater(f"the message cannot be read now: {type(error).__name__}") from error

    def delete(self, key: str) -> None:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            obstore.delete(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return

    def keys(self) -> Iterator[tuple[str, clock.Instant]]:
        import obstore

        for page in obstore.list(self._store, prefix="blobs/"):
            for found in page:
                yield found["path"], clock.from_datetime(found["last_modified"])


def open_blobs(database: Database, url: str, *, inline_bytes: int | None = None, **options: Any) -> BlobStore:
    """The blob store at `url`: `file:///folder`, `s3://bucket/prefix` or `az://container/prefix`.

    With an object store nothing is kept in the database unless `inline_bytes` says so. `options` go to the object store
    (endpoint, keys, region). Raises ValueError for a URL it does not know.
    """
    if url.startswith("file://"):
        outside: _Outside = DiskBlobs(Path(url.removeprefix("file://")))
        return BlobStore(database, outside, inline_bytes=INLINE_BYTES if inline_bytes is None else inline_bytes)
    from obstore.store import from_url

    return BlobStore(database, ObjectBlobs(from_url(url, **options)), inline_bytes=inline_bytes or 0)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
