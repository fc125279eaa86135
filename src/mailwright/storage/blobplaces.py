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
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage import durablefiles

MARK = "blobs.owner"  # beside the folder of the blobs, or the objects: an older version collects what is among them
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


class NoPlace(TryLater):
    """The bucket or the folder itself is not there: nobody can tell what is gone. Mistyped, as a rule, or not mounted.

    `Places` makes a plain TryLater with it as its cause: what a refusal means to others goes by its very class.
    """


class Outside(Protocol):
    """Where blobs too large for the table go: a folder, a bucket, a bucket for each tenant (`apart`).

    A mark beside the blobs says whose it is; where it `turns` its word is changed now and then: see `blobowner`.
    """

    place: str
    turns: bool

    @property
    def apart(self) -> bool:
        """Whether each tenant has a bucket."""

    @property
    def address(self) -> str:
        """As the settings name it; without secrets."""

    def put(self, key: str, data: bytes, *, replace: bool = False) -> None:
        """Keep `data`. Raises TryLater, also when there is something else under the key already (unless `replace`)."""

    def get(self, key: str, start: int, end: int) -> bytes:
        """Octets `start` to `end` of what is there. Raises NotFound, TryLater, and NoPlace, a kind of it."""

    def delete(self, key: str) -> None:
        """Remove it; no error when it is gone."""

    def keys(self, tenants: Iterable[str] = ()) -> Iterator[tuple[str, clock.Instant]]:
        """What there is, and when it was written. Who has places of their own is named. Raises TryLater."""

    def sizes(self, keys: Sequence[str]) -> dict[str, int]:
        """Which of the keys are there, and how many octets. Raises TryLater, and NoPlace, a kind of it."""

    def older(self, key: str) -> Iterator[bytes]:
        """What was under the key before, the newest first, where the place remembers. Raises TryLater."""

    def tenants(self) -> Sequence[str]:
        """Who has a bucket there; nobody where it is one for all. Raises TryLater."""

    def mark(self, tenant: str | None) -> bytes | None:
        """What says whose it is, in the tenant's bucket where each has one. Raises TryLater."""

    def set_mark(self, tenant: str | None, data: bytes, *, replace: bool) -> None:
        """Write that; unless `replace` only where there is none, without a word when there is. Raises TryLater."""


class Places:
    """The place that is written to, and others that are read when it does not have something. Measured."""

    def __init__(self, current: Outside, former: Sequence[Outside] = ()) -> None:
        self.place = current.place
        self.all = (current, *former)

    def put(self, key: str, data: bytes, *, replace: bool = False) -> None:
        with _measured("put", self.place):
            self.all[0].put(key, data, replace=replace)

    def get(self, key: str, start: int, end: int) -> bytes:
        gone: NotFound | TryLater = NotFound(f"the bytes of {key} are gone")
        for place in self.all:
            try:
                with _measured("get", place.place):
                    return place.get(key, start, end)
            except NotFound:
                continue
            except NoPlace as missing:  # of a former place that is no more nothing is expected
                if place is self.all[0]:
                    gone = TryLater(str(missing))
                    gone.__cause__ = missing
        raise gone

    def copies(self, key: str, size: int) -> Iterator[bytes]:
        """Everything that may be the blob: what each place has under its key, then what each had before. Raises TryLater."""
        for place in self.all:
            try:
                yield place.get(key, 0, size)
            except (NotFound, NoPlace):
                continue
        for place in self.all:
            yield from place.older(key)

    def delete(self, key: str, places: Sequence[Outside]) -> None:
        """Remove it from those of the places."""
        for place in places:
            with _measured("delete", place.place):
                place.delete(key)

    def keys(self, tenants: Iterable[str], places: Sequence[Outside]) -> Iterator[tuple[str, clock.Instant]]:
        """What those of the places have."""
        known = tuple(tenants)
        for place in places:
            yield from place.keys(known)

    def parts(self, keys: Sequence[str]) -> list[list[str]]:
        """What is asked about together, so that one bucket that is not there leaves the others' answers: each tenant's, where they lie apart."""
        parts: dict[str, list[str]] = {}
        apart = any(each.apart for each in self.all)
        for key in keys:
            parts.setdefault(key.split("/")[1] if apart else "", []).append(key)
        return list(parts.values())

    def sizes(self, keys: Sequence[str], *, lost: bool = False) -> dict[str, int]:
        """Which of the keys are there. Raises TryLater, also when the place itself is not there, unless it is known to be `lost`."""
        found: dict[str, int] = {}
        gone: NoPlace | None = None
        for place in self.all:
            missing = [key for key in keys if key not in found]
            if missing:
                try:
                    with _measured("list", place.place):
                        found |= place.sizes(missing)
                except NoPlace as error:
                    gone = error if place is self.all[0] else gone
        if gone is not None and not lost and len(found) < len(set(keys)):
            raise TryLater(str(gone))
        return found

    def older(self, key: str) -> Iterator[bytes]:
        for place in self.all:
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
    apart = turns = False

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
            self._check_there()
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
        if keys and not found:
            self._check_there()
        return found

    def _check_there(self) -> None:
        """A disk that is not mounted leaves an empty folder, or none. Raises NoPlace."""
        if not (self._root / "blobs").is_dir():
            raise NoPlace("the folder of the messages is not there")

    def older(self, key: str) -> Iterator[bytes]:
        return iter(())

    @property
    def address(self) -> str:
        return f"file://{self._root}"

    def tenants(self) -> Sequence[str]:
        return ()

    def mark(self, tenant: str | None) -> bytes | None:
        try:
            return (self._root / MARK).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TryLater(f"the folder of the messages cannot be read now: {error.strerror}") from error

    def set_mark(self, tenant: str | None, data: bytes, *, replace: bool) -> None:
        path = self._root / MARK
        staged = path.with_name(f"{MARK}.{new_id()}.staged")
        try:
            self._make_durable(self._root)
            (durablefiles.write if replace else durablefiles.write_new)(path, data, staged=staged)
        except OSError as error:
            raise TryLater(f"the folder of the messages cannot be marked: {error.strerror}") from error
