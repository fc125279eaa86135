"""Reindexing: the search index made anew from the rows while the old one goes on answering.

Called by the process with the role `worker` (`Keeper`, beside its consumers) and, when no server runs, by the command line.
A rebuild begins when there is no index that can be opened, when it is of another version, or when somebody asked for it: the
request is a note beside the index, and so is how far it has come. Of the processes that share an index, one looks after it.
Promises: mail that comes, changes or goes meanwhile is in the new index, too; the old one answers until the new one is
complete; a rebuild that is broken off is begun again. Uses one thread, and leaves half of the processor's time to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass

import structlog

from mailwright.core import Core
from mailwright.core.attachmenttext import NOTE as ATTACHMENTS
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.indexing import Failed, Read, note_missing, put, read, refused, slices
from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.storage import Tx, searching
from mailwright.storage.retention import START
from mailwright.storage.search import KeptIndex

log = structlog.get_logger(__name__)

SLICE = 100  # messages read at once
LOOK_SECONDS = 1.0  # between two looks whether a rebuild is needed or asked for
HOLD_SECONDS = 10.0  # between two looks whether this process is the one
AWAY_SECONDS = 10.0  # after something failed
TOLD_SECONDS = 0.5  # between two notes of the progress
REQUEST, PROGRESS = "request", "progress"


@dataclass(slots=True)
class Progress:
    """How far a rebuild is: `done` of `total` messages; `state` is running, done or failed, and `error` says why."""

    id: str
    done: int = 0
    total: int = 0
    state: str = "running"
    error: str = ""
    missing: int = 0
    started_at: str = ""


Told = Callable[[Progress], Awaitable[None]]


async def rebuild(core: Core, index: KeptIndex, progress: Progress, told: Told, *, gentle: bool = True) -> None:
    """Fill a new index from every row, and let it take the old one's place. Raises TryLater."""
    began = clock.now()
    reached = await core.read(searching.modseqs)  # what came later is told by its events
    failed: Failed = {}
    await asyncio.to_thread(index.begin)
    try:
        async for found in _all(core, index, progress, told, None, gentle=gentle):
            failed |= found.failed | refused(found.documents, await asyncio.to_thread(index.fill, found.documents))
        await asyncio.to_thread(index.write_note, ATTACHMENTS, {"after": START})
        await asyncio.to_thread(index.finish)
    except BaseException:
        await asyncio.to_thread(index.abandon)
        raise

    def settle(tx: Tx) -> None:
        searching.forget_missing_before(tx, began)
        note_missing(tx, failed)
        searching.advance(tx, reached)

    await core.write(settle)


async def refresh(core: Core, index: KeptIndex, user_id: str, progress: Progress, told: Told) -> None:
    """Put every message of one user into the index that answers, again. Raises TryLater."""
    async for found in _all(core, index, progress, told, user_id, gentle=True):
        failed = found.failed | await put(core, index, found.documents, found.blobs)

        def settle(tx: Tx, found: Read = found, failed: Failed = failed) -> None:
            searching.forget_missing(tx, found.blobs)
            note_missing(tx, failed)

        await core.write(settle)
    await asyncio.to_thread(index.write_note, ATTACHMENTS, {"after": START})


async def _all(
    core: Core, index: KeptIndex, progress: Progress, told: Told, user_id: str | None, *, gentle: bool
) -> AsyncIterator[Read]:
    """Every message, read, in slices by id."""
    progress.total = await core.read(lambda tx: searching.count(tx, user_id))
    progress.started_at = clock.to_iso(clock.now())
    after, told_at = START, 0.0
    while rows := await core.read(lambda tx, after=after: searching.all_after(tx, after, SLICE, user_id)):  # type: ignore[misc]
        for part in slices(rows):
            began = time.monotonic()
            found = await read(core, index, part, keep=lambda row: True)
            yield found
            progress.done += len(part)
            progress.total = max(progress.total, progress.done)  # mail that came meanwhile counts, too
            progress.missing += len(found.failed)
            if time.monotonic() - told_at > TOLD_SECONDS:
                told_at = time.monotonic()
                await told(progress)
            if gentle:
                await asyncio.sleep(time.monotonic() - began)
        after = rows[-1].id


def ask(index: KeptIndex, user_id: str | None = None) -> str:
    """Ask the server that works on this index for a rebuild, or for one user's messages again; the request's id."""
    request = new_id()
    index.write_note(REQUEST, {"id": request, "user_id": user_id})
    return request


def progress_of(index: KeptIndex) -> Progress | None:
    """How far the last rebuild is; None when there was none."""
    note = index.read_note(PROGRESS)
    try:
        return None if note is None else Progress(**note)
    except TypeError:
        return None


class Keeper:
    """Looks after the index of this process: rebuilds it when that is needed or asked for, and lets it rest."""

    def __init__(self, core: Core, index: KeptIndex, reader: AttachmentReader) -> None:
        self._core = core
        self._index = index
        self._reader = reader
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._run(), name="search keeper")]
        if self._index.is_shared:
            self._tasks.append(asyncio.create_task(self._hold(), name="search keeper's claim"))

    async def stop(self) -> None:
        """End; a rebuild under way is begun again at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._index.close)

    async def _run(self) -> None:
        while True:
            wait = LOOK_SECONDS
            try:
                if not await self.look():
                    await asyncio.to_thread(self._index.rest)
                else:
                    wait = 0.0
            except TryLater as refusal:
                log.warning("search.keeper_waits", error=str(refusal))
                wait = AWAY_SECONDS
            except Exception:
                log.exception("search.keeper_failed")
                wait = AWAY_SECONDS
            await asyncio.sleep(wait)

    async def _hold(self) -> None:
        """Renew the claim, however long the work takes that is done under it."""
        while True:
            await asyncio.sleep(HOLD_SECONDS)
            with contextlib.suppress(TryLater):
                await asyncio.to_thread(self._index.claim)

    async def look(self) -> bool:
        """Do what there is to do now; whether there may be more. Raises TryLater."""
        if not await asyncio.to_thread(self._index.claim):
            return False
        request = await asyncio.to_thread(self._index.read_note, REQUEST)
        if request is not None:
            await self._work(str(request.get("id")), request.get("user_id"))
            await asyncio.to_thread(self._answered, request)
            return True
        if await asyncio.to_thread(self._index.is_missing):
            await self._work(new_id(), None)
            return True
        return await self._reader.catch_up()

    def _answered(self, request: object) -> None:
        if self._index.read_note(REQUEST) == request:  # else somebody asked again meanwhile
            self._index.write_note(REQUEST, None)

    async def _work(self, request: str, user_id: object) -> None:
        progress = Progress(request)
        await self._tell(progress)
        log.info("search.rebuild_started", user_id=user_id)
        try:
            if isinstance(user_id, str) and not await asyncio.to_thread(self._index.is_missing):
                await refresh(self._core, self._index, user_id, progress, self._tell)
            else:
                await rebuild(self._core, self._index, progress, self._tell)
        except Refusal as refusal:
            progress.state, progress.error = "failed", str(refusal)
            with contextlib.suppress(TryLater):
                await self._tell(progress)
            raise
        progress.state = "done"
        await self._tell(progress)
        log.info("search.rebuild_done", messages=progress.done, missing=progress.missing)

    async def _tell(self, progress: Progress) -> None:
        await asyncio.to_thread(self._index.write_note, PROGRESS, asdict(progress))
