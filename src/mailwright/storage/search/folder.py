"""The search index of an installation, in its data folder: the generation that answers, and the one that will take its place.

    search/current          the name of the generation that answers; replaced in one rename
    search/1-0198…/         a generation; the number is the version of what is kept, another version is made again
    search/request.json     a rebuild that was asked for        search/progress.json    how far it has come

Made by the application for every process that searches, and by the command line. One process writes: the one that does the
work of the installation, or the command line when none runs.
Promises: `apply` is durable when it returns; what is applied while a generation is being filled is in it, too, and is never
overwritten by an older state of a message; whoever dies in between leaves the generation that answers as it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from mailwright.codecs.search.document import Document
from mailwright.codecs.search.query import Clause
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import TryLater
from mailwright.storage.search import VERSION, Found, Holding, IndexFailed, Place, Refused
from mailwright.storage.search.generation import EngineFailed, Generation, folder_size

log = structlog.get_logger(__name__)

REST_SECONDS = 5.0  # without work, after which the writer's memory is given back


class SearchFolder:
    """The index in a folder, which need not exist. Keeps the contract of `KeptIndex`."""

    is_shared = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.RLock()  # one writer; and whoever opens a generation
        self._current: Generation | None = None
        self._pointed: tuple[int, int] | None = None  # which pointer file `_current` was opened by
        self._next: Generation | None = None
        self._touched: set[str] = set()
        self._used_at = 0.0

    # --- asking -------------------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """See `SearchIndex`."""
        try:
            self._answering()
        except IndexFailed:
            return False
        return True

    def generation(self, *, anew: bool = False) -> str:
        """See `SearchIndex`. Each question looks at the pointer anew."""
        return self._answering().folder.name

    def generations(self) -> frozenset[str]:
        """See `SearchIndex`."""
        with self._lock:
            there = {self._next.folder.name} if self._next is not None else set()
            with contextlib.suppress(IndexFailed):
                there.add(self.generation())
            return frozenset(there)

    def is_missing(self) -> bool:
        """See `KeptIndex`."""
        return not self.is_ready

    def claim(self) -> bool:
        """See `KeptIndex`. A folder is one process's."""
        return True

    def holds(self) -> frozenset[str]:
        """See `KeptIndex`."""
        try:
            return frozenset(entry.name for entry in os.scandir(self._root) if entry.name.startswith(f"{VERSION}-"))
        except OSError:
            return frozenset()

    @property
    def is_filling(self) -> bool:
        """Whether a generation is being filled by this process."""
        return self._next is not None

    def find(self, clauses: Sequence[Clause], user_ids: Sequence[str], *, limit: int, newest: bool) -> Found:
        """See `SearchIndex`."""
        generation = self._answering()
        try:
            return generation.find(clauses, user_ids, limit=limit, newest=newest)
        except EngineFailed as error:
            raise self._spoilt(generation, error) from error

    def holding(self, user_id: str, places: Sequence[Place], text: str) -> Holding:
        """See `SearchIndex`."""
        generation = self._answering()
        try:
            return generation.holding(user_id, places, text)
        except EngineFailed as error:
            raise self._spoilt(generation, error) from error

    def attached(self, message_ids: Sequence[str]) -> dict[str, str]:
        """See `SearchIndex`."""
        generation = self._answering()
        try:
            return generation.attached(message_ids)
        except EngineFailed as error:
            raise self._spoilt(generation, error) from error

    def count(self) -> int:
        """See `SearchIndex`."""
        generation = self._answering()
        try:
            return generation.count()
        except EngineFailed as error:
            raise self._spoilt(generation, error) from error

    def size(self) -> int:
        """Octets on disk of the generation that answers."""
        return folder_size(self._answering().folder)

    def _answering(self) -> Generation:
        try:
            stat = (self._root / "current").stat()
        except OSError:
            raise IndexFailed("there is no search index yet") from None
        pointed = (stat.st_mtime_ns, stat.st_ino)
        if pointed == self._pointed and self._current is not None:
            return self._current
        with self._lock:
            if pointed != self._pointed or self._current is None:
                self._open(pointed)
            assert self._current is not None
            return self._current

    def _open(self, pointed: tuple[int, int]) -> None:
        try:
            name = (self._root / "current").read_text().strip()
            if not name.startswith(f"{VERSION}-") or "/" in name:
                raise IndexFailed("the search index was made by another version")
            opened = Generation(self._root / name)
        except (OSError, ValueError, EngineFailed) as error:
            raise IndexFailed(f"the search index cannot be opened: {error}") from error
        self._current, self._pointed = opened, pointed

    def _spoilt(self, generation: Generation, error: EngineFailed) -> IndexFailed:
        """It failed while it was asked: the next one who asks opens it anew, and sees whether it can be."""
        log.warning("search.failed", error=str(error))
        with self._lock:
            if self._current is generation:
                with contextlib.suppress(EngineFailed):
                    generation.close(keep=False)
                self._current = self._pointed = None
        return IndexFailed(str(error))

    # --- writing ------------------------------------------------------------------------------------------------

    def apply(self, documents: Sequence[Document], removed: Sequence[str]) -> Refused:
        """See `SearchIndex`. Without an index it is for the rebuild to come, which reads the same rows."""
        with self._lock:
            if self._next is not None:
                self._touched.update(removed, (document.message_id for document in documents))
                self._write(self._next, documents, removed, commit=False)
            with contextlib.suppress(IndexFailed):
                self._write(self._answering(), documents, removed, commit=True)
        return {}

    def _write(
        self, generation: Generation, documents: Sequence[Document], removed: Sequence[str], *, commit: bool
    ) -> None:
        self._used_at = time.monotonic()
        try:
            if removed:
                generation.remove(removed)
            generation.put(documents)
            if commit:
                generation.commit()
        except EngineFailed as error:
            # What was added since the last commit is gone with the writer; so it is tried again as a whole.
            with contextlib.suppress(EngineFailed):
                generation.close(keep=False)
            if generation is self._next:
                self.abandon()
            raise TryLater(f"the search index cannot be written now: {error}") from error

    def rest(self) -> None:
        """Give the writer's memory back when it was not used for a while. Waits for what it still puts in order."""
        if time.monotonic() - self._used_at < REST_SECONDS:
            return
        with self._lock:
            if self._current is not None and self._current.is_writing and self._next is None:
                with contextlib.suppress(EngineFailed):
                    self._current.close()
                _trim()

    def close(self) -> None:
        """End; what was applied is durable already."""
        with self._lock:
            self.abandon()
            if self._current is not None:
                with contextlib.suppress(EngineFailed):
                    self._current.close()
            self._current = self._pointed = None

    # --- filling another generation -----------------------------------------------------------------------------

    def begin(self) -> str:
        """See `KeptIndex`."""
        with self._lock:
            self.abandon()
            try:
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._sweep()
                folder = self._root / f"{VERSION}-{new_id()}"
                folder.mkdir(mode=0o700)
                self._next = Generation(folder, create=True)
            except (OSError, EngineFailed) as error:
                raise TryLater(f"a search index cannot be made now: {error}") from error
            self._touched = set()
            return folder.name

    def fill(self, documents: Sequence[Document]) -> Refused:
        """Put documents into the new generation; those that were applied meanwhile are newer, and stay. Raises TryLater."""
        with self._lock:
            if self._next is None:
                raise TryLater("the search index is not being made any more")
            self._write(self._next, [d for d in documents if d.message_id not in self._touched], (), commit=False)
        return {}

    def finish(self) -> None:
        """The new generation answers from now on; the old one goes. Raises TryLater."""
        with self._lock:
            if self._next is None:
                raise TryLater("the search index is not being made any more")
            self._write(self._next, (), (), commit=True)
            finished, self._next, old = self._next, None, self._current
            self._touched = set()
            try:
                replace(self._root / "current", finished.folder.name)
            except OSError as error:
                raise TryLater(f"the search index cannot take its place now: {error}") from error
            stat = (self._root / "current").stat()
            self._current, self._pointed = finished, (stat.st_mtime_ns, stat.st_ino)
            if old is not None:
                with contextlib.suppress(EngineFailed):
                    old.close(keep=False)
            self._sweep()

    def abandon(self) -> None:
        """Stop filling, and forget what was filled."""
        with self._lock:
            if self._next is not None:
                with contextlib.suppress(EngineFailed):
                    self._next.close(keep=False)
                shutil.rmtree(self._next.folder, ignore_errors=True)
                self._next, self._touched = None, set()

    def _sweep(self) -> None:
        """Delete the generations that neither answer nor are being filled."""
        kept = {generation.folder.name for generation in (self._current, self._next) if generation is not None}
        with contextlib.suppress(OSError):
            kept.add((self._root / "current").read_text().strip())
        for entry in os.scandir(self._root):
            if entry.is_dir(follow_symlinks=False) and entry.name not in kept:
                shutil.rmtree(entry.path, ignore_errors=True)

    # --- notes for others ---------------------------------------------------------------------------------------

    def read_note(self, name: str) -> dict[str, Any] | None:
        """A note in the folder (`request`, `progress` …), or None."""
        try:
            value = json.loads((self._root / f"{name}.json").read_text())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def write_note(self, name: str, value: dict[str, Any] | None) -> None:
        """Leave a note, or with None take it away. Raises TryLater."""
        try:
            if value is None:
                (self._root / f"{name}.json").unlink(missing_ok=True)
            else:
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace(self._root / f"{name}.json", json.dumps(value))
        except OSError as error:
            raise TryLater(f"{self._root} cannot be written: {error.strerror}") from error


def _trim() -> None:
    """Let glibc hand back what the writer has freed (malloc_trim(3)): 40 MB that it would keep for the next time."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def replace(path: Path, text: str) -> None:
    """Write a small file in one piece: whoever reads it sees the old text or the new one, after a power cut as well."""
    written = path.with_suffix(".new")
    with written.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    written.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
