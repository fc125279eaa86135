"""Places for blobs outside the database: what each of them does, and a folder as one of them.

Used by `blobs.py` alone; `objectblobs.py` is the other kind. `Places` is the one that is written to and those that are still read,
as one: where blobs lay before a setting changed, they stay readable.
Promises: what `put` was given is durable when it returns; `get` gives the octets that are there or raises, and never fewer.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from prometheus_client import Counter, Histogram

from mailwright.domain import clock
from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage import durablefiles

DURABLE_FOLDERS = 10_000  # remembered: a tenant has one a day

KEY = re.compile(r"blobs(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
"""Keys come out of rows, and rows may come out of a backup somebody made up: none leads out of its folder, nor to a hidden file."""

blob_seconds = Histogram(
    "mailwright_blob_seconds",
    "What the place for large messages took to answer",
    ["operation", "place"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
blob_errors = Counter("mailwright_blob_errors", "Answers of that place that were none", ["operation", "place"])


class Outside(Protocol):
    """Where blobs too large for the table go: a folder, a bucket, a bucket for each tenant."""

    place: str

    def put(self, key: str, data: bytes, *, replace: bool = False) -> None:
        """Keep `data`. Raises TryLater, also when there is something else under the key already (unless `replace`)."""

    def get(self, key: str, start: int, end: int) -> bytes:
        """Octets `start` to `end` of what is there. Raises NotFound, TryLater."""

    def delete(self, key: str) -> None:
        """Remove it; no error when it is gone."""

    def keys(self, tenants: Iterable[str] = ()) -> Iterator[tuple[str, clock.Instant]]:
        """What there is, and when it was written. Who has places of their own is named. Raises TryLater."""

    def sizes(self, keys: Sequence[str]) -> dict[str, int]:
        """Which of the keys are there, and how many octets. Raises TryLater."""

    def older(self, key: str) -> Iterator[bytes]:
        """What was under the key before, the newest first, where the place remembers. Raises TryLater."""


class Places:
    """The place that is written to, and others that are read when it does not have something. Measured."""

    def __init__(self, current: Outside, former: Sequence[Outside] = ()) -> None:
        self.place = current.place
        self._all = (current, *former)

    def put(self, key: str, data: bytes, *, replace: bool = False) -> None:
        with _measured("put", self.place):
            self._all[0].put(key, data, replace=replace)

    def get(self, key: str, start: int, end: int) -> bytes:
        for place in self._all[:-1]:
            try:
                with _measured("get", place.place):
                    return place.get(key, start, end)
            except NotFound:
                continue
        with _measured("get", self._all[-1].place):
            return self._all[-1].get(key, start, end)

    def copies(self, key: str, size: int) -> Iterator[bytes]:
        """Everything that may be the blob: what each place has under its key, then what each had before. Raises TryLater."""
        for place in self._all:
            try:
                yield place.get(key, 0, size)
            except NotFound:
                continue
        for place in self._all:
            yield from place.older(key)

    def delete(self, key: str) -> None:
        for place in self._all:
            with _measured("delete", place.place):
                place.delete(key)

    def keys(self, tenants: Iterable[str] = ()) -> Iterator[tuple[str, clock.Instant]]:
        known = tuple(tenants)
        for place in self._all:
            yield from place.keys(known)

    def sizes(self, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for place in self._all:
            missing = [key for key in keys if key not in found]
            if missing:
                with _measured("list", place.place):
                    found |= place.sizes(missing)
        return found

    def older(self, key: str) -> Iterator[bytes]:
        for place in self._all:
            yield from place.older(key)


@contextmanager
def _measured(operation: str, place: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    except NotFound:
        raise
    except Exception:
        blob_errors.labels(operation, place).inc()
        raise
    finally:
        blob_seconds.labels(operation, place).observe(time.perf_counter() - began)


class DiskBlobs:
    """Files in a folder, each written to a temporary name, fsynced, renamed, and its folder fsynced."""

    place = "disk"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._durable: set[Path] = set()  # folders this process has fsynced up to the root

    def put(self, key: str, data: bytes, *, replace: bool = False) -> None:
        if not KEY.fullmatch(key):
            raise BadInput(f"no blob has the key {key[:100]!r}")
        path = self._root / key
        try:
            self._make_durable(path.parent)
            durablefiles.write(path, data, staged=path.with_suffix(".staged"))
        except OSError as error:
            raise TryLater(f"the message could not be stored: {error.strerror}") from error

    def get(self, key: str, start: int, end: int) -> bytes:
        if not KEY.fullmatch(key):
            raise NotFound(f"no blob has the key {key[:100]!r}")
        try:
            with open(self._root / key, "rb") as file:
                file.seek(start)
                return file.read(max(end - start, 0))
        except FileNotFoundError as error:
            raise NotFound(f"the bytes of {key} are gone") from error
        except OSError as error:
            raise TryLater(f"the message cannot be read now: {error.strerror}") from error

    def delete(self, key: str) -> None:
        if KEY.fullmatch(key):
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
        durablefiles.sync_folder(folder.parent)
        if len(self._durable) >= DURABLE_FOLDERS:
            self._durable.clear()
        self._durable.add(folder)

    def keys(self, tenants: Iterable[str] = ()) -> Iterator[tuple[str, clock.Instant]]:
        base = self._root / "blobs"
        for folder, _folders, names in os.walk(base):
            for name in names:
                path = Path(folder) / name
                try:
                    written = int(path.stat().st_mtime * clock.SECOND)
                except FileNotFoundError:
                    continue
                yield str(path.relative_to(self._root)), written

    def sizes(self, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for key in filter(KEY.fullmatch, keys):
            try:
                found[key] = (self._root / key).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise TryLater(f"the folder of the messages cannot be read now: {error.strerror}") from error
        return found

    def older(self, key: str) -> Iterator[bytes]:
        return iter(())
