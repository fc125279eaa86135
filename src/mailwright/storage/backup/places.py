"""Where backups are kept: a folder, or a bucket of S3 or Azure. Keys are paths; a key is there with all its bytes or not at all.

Used by `repository`. Raises NotFound for a key that is not there, Damaged for more than a piece can be, OSError when a disk will not, TryLater when a service will not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage import durablefiles
from mailwright.storage.backup.sealing import MAX_SEALED, Damaged

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from mailwright.storage.objectstores import ObjectOptions

_STAGED = ".staged"


class Kept(NamedTuple):
    """A key with its size and when it was written."""

    key: str
    size: int
    written_at: clock.Instant


class Place(Protocol):
    """A folder or a bucket."""

    name: str

    def put(self, key: str, data: bytes) -> None: ...
    def put_new(self, key: str, data: bytes) -> None: ...
    def get(self, key: str) -> bytes: ...
    def delete(self, key: str) -> None: ...
    def keys(self, prefix: str) -> Iterator[Kept]: ...


def open_place(url: str, options: ObjectOptions | None = None) -> Place:
    """The place at a path, `file:///folder`, `s3://bucket/prefix` or `az://container/prefix`, spoken to by `options`. Raises BadInput."""
    if url.startswith(("s3://", "az://")):
        if not urlsplit(url).netloc:
            raise BadInput("a bucket is named like s3://bucket/prefix or az://container/prefix")
        from mailwright.storage.objectstores import ObjectOptions, open_store

        try:
            store = open_store(url, ObjectOptions() if options is None else options)
            return ObjectPlace(store, f"{urlsplit(url).scheme}://{urlsplit(url).netloc}{urlsplit(url).path}")
        except Exception as error:  # each store has exceptions of its own for keys and addresses it cannot use
            raise BadInput(f"{urlsplit(url).scheme}://… cannot be used: {type(error).__name__}") from None
    if "://" in url and not url.startswith("file:///"):
        raise BadInput("backups go to a folder, s3://bucket/prefix or az://container/prefix")
    return FolderPlace(Path(url.removeprefix("file://")).expanduser().absolute())


class FolderPlace:
    """Files, each written beside its name, fsynced and renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = str(root)
        self._made: set[Path] = set()

    def put(self, key: str, data: bytes) -> None:
        path = self._root / key
        self._make(path.parent)
        durablefiles.write(path, data, staged=_staged(path))

    def put_new(self, key: str, data: bytes) -> None:
        """Put it unless something is there by then; read what is."""
        path = self._root / key
        self._make(path.parent)
        durablefiles.write_new(path, data, staged=_staged(path))

    def get(self, key: str) -> bytes:
        try:
            with (self._root / key).open("rb") as file:
                data = file.read(MAX_SEALED + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"{key} is not in {self.name}") from None
        if len(data) > MAX_SEALED:
            raise _too_large()
        return data

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[Kept]:
        for folder, _folders, names in os.walk(self._root / prefix):
            for name in names:
                path = Path(folder) / name
                try:
                    found = path.stat()
                except FileNotFoundError:
                    continue
                yield Kept(str(path.relative_to(self._root)), found.st_size, int(found.st_mtime * clock.SECOND))

    def _make(self, folder: Path) -> None:
        if folder in self._made:
            return
        if not folder.exists():
            self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            durablefiles.sync_folder(folder.parent)
        self._made.add(folder)


def _staged(path: Path) -> Path:
    return path.with_name(f"{path.name}.{new_id()}{_STAGED}")


class ObjectPlace:
    """Objects, through obstore; a put that returned is durable there."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store = store
        self.name = name

    def put(self, key: str, data: bytes) -> None:
        import obstore

        try:
            obstore.put(self._store, key, data)
        except Exception as error:  # a class for each cause; to us they are all "not kept now"
            raise TryLater(f"{self.name} did not take a piece of the backup: {type(error).__name__}") from error

    def put_new(self, key: str, data: bytes) -> None:
        """Put it unless something is there by then; read what is."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            obstore.put(self._store, key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return
        except Exception:  # some services know no condition; one that is away takes the plain put as little
            try:
                self.get(key)
            except NotFound:
                self.put(key, data)

    def get(self, key: str) -> bytes:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            found = obstore.get(self._store, key)
            if found.meta["size"] > MAX_SEALED:  # said before its octets come
                raise _too_large()
            return bytes(found.bytes())
        except Damaged:
            raise
        except (NotFoundError, FileNotFoundError):
            raise NotFound(f"{key} is not in {self.name}") from None
        except Exception as error:
            raise TryLater(f"{self.name} cannot be read now: {type(error).__name__}") from error

    def delete(self, key: str) -> None:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            obstore.delete(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return
        except Exception as error:
            raise TryLater(f"{self.name} did not remove a piece: {type(error).__name__}") from error

    def keys(self, prefix: str) -> Iterator[Kept]:
        import obstore

        try:
            for page in obstore.list(self._store, prefix=f"{prefix}/"):
                for found in page:
                    yield Kept(found["path"], found["size"], clock.from_datetime(found["last_modified"]))
        except Exception as error:
            raise TryLater(f"{self.name} cannot be listed now: {type(error).__name__}") from error


def _too_large() -> Damaged:
    return Damaged("it is larger than a piece can be")
