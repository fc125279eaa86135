"""Reindexing: the search index made anew from the rows while the old one goes on answering.

Called by the process with the role `worker` (`Keeper`, beside its consumers) and, when no server runs, by the command line.
A rebuild begins when there is no index that can be opened, when it is not the one that the database believes (storage/searchindexes),
or when somebody asked for it: the request is a note beside the index, and so is how far it has come. Of the processes that share an
index, one looks after it; of several indexes (another version, another place), the one that is kept stays so while somebody looks after it.
Promises: mail that comes, changes or goes meanwhile is in the new index, too; the old one answers until the new one is
complete; a rebuild that is broken off, at whatever moment, leaves what was believed or nothing that is, and is begun again. Uses one thread,
and leaves half of the processor's time to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass

import structlog

from mailwright.core import Core, believing, tryingagain
from mailwright.core.attachmenttext import NOTE as ATTACHMENTS
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.indexing import Failed, Read, note_missing, put, read, refused, slices
from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.storage import Tx, searchindexes, searching
from mailwright.storage.retention import START
from mailwright.storage.search import IndexFailed, KeptIndex

log = structlog.get_logger(__name__)

SLICE = 100  # messages read at once
LOOK_SECONDS = 1.0  # between two looks whether a rebuild is needed or asked for
HOLD_SECONDS = 10.0  # between two renewals of the claim, and of saying that the index is looked after
AWAY_SECONDS = 10.0  # after something failed
AGAIN_SECONDS = 600.0  # between two looks for what the engine had too much to do for
TOLD_SECONDS = 0.5  # between two notes of the progress
SETTLE_WAITS = (1.0, 4.0, 16.0, 60.0)  # for a database that is away when a rebuild is done, as while it is restarted
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
    failed: Failed = {}
    generation = await asyncio.to_thread(index.begin)
    held_at, beside = time.monotonic(), None
    try:
        beside = await asyncio.to_thread(believing.generation_of, index, anew=True)
        # From here on whoever feeds the index feeds this one; what is there by now is read below.
        keeps = await core.write(lambda tx: searchindexes.begin(tx, generation, beside))
        reached = await core.read(searching.modseqs)
        async for found in _all(core, index, progress, told, None, gentle=gentle, keeps=keeps):
            failed |= found.failed | refused(found.documents, await asyncio.to_thread(index.fill, found.documents))
            if time.monotonic() - held_at > HOLD_SECONDS:
                held_at = time.monotonic()
                if not await _hold(core, index):
                    raise TryLater("another process looks after the search index now")
        await asyncio.to_thread(index.write_note, ATTACHMENTS, {"after": START})

        def settle(tx: Tx) -> bool:
            if not searchindexes.complete(tx, generation):
                return False
            searching.forget_missing_before(tx, began)
            note_missing(tx, failed)
            searching.advance(tx, reached)
            return True

        await _to_its_end(lambda stops: _take_over(core, index, settle, stops))
    except BaseException:
        await asyncio.to_thread(index.abandon)
        gone = beside if await asyncio.to_thread(_answering, index) == generation else None
        with contextlib.suppress(TryLater):
            await core.write(lambda tx: searchindexes.forget(tx, generation, gone))
        raise


async def _take_over(core: Core, index: KeptIndex, settle: Callable[[Tx], bool], stops: asyncio.Event) -> None:
    """The new index answers, and then is believed: in between nobody's answers are. Raises TryLater."""
    await asyncio.to_thread(index.finish)
    for wait in (*SETTLE_WAITS, None):
        hurries = stops.is_set()
        try:
            is_kept = await core.write(settle)
            break
        except TryLater:
            if wait is None or hurries:
                raise
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stops.wait()
    if not is_kept:
        raise TryLater("another search index was begun meanwhile")


async def _to_its_end(work: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
    """Do it, also when whoever waits is told to stop in between, which it is told: half of it would cost the whole rebuild."""
    stops = asyncio.Event()
    task = asyncio.ensure_future(work(stops))
    try:
        await asyncio.shield(task)
    finally:
        stops.set()
        await asyncio.wait({task})
        task.exception()  # of which whoever was told to stop hears nothing


async def refresh(core: Core, index: KeptIndex, user_id: str, progress: Progress, told: Told) -> None:
    """Put every message of one user into the index that answers, again. Raises TryLater."""
    async for found in _all(core, index, progress, told, user_id, gentle=True, keeps=True):
        failed = found.failed | await put(core, index, found.documents, found.blobs)

        def settle(tx: Tx, found: Read = found, failed: Failed = failed) -> None:
            searching.forget_missing(tx, found.blobs)
            note_missing(tx, failed)

        await core.write(settle)
    await asyncio.to_thread(index.write_note, ATTACHMENTS, {"after": START})


async def _all(
    core: Core, index: KeptIndex, progress: Progress, told: Told, user_id: str | None, *, gentle: bool, keeps: bool
) -> AsyncIterator[Read]:
    """Every message, read, in slices by id. `keeps`: the texts of files that the index has may be believed."""
    progress.total = await core.read(lambda tx: searching.count(tx, user_id))
    progress.started_at = clock.to_iso(clock.now())
    after, told_at = START, 0.0
    while rows := await core.read(lambda tx, after=after: searching.all_after(tx, after, SLICE, user_id)):  # type: ignore[misc]
        for part in slices(rows):
            began = time.monotonic()
            found = await read(core, index, part, keep=lambda row: keeps)
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


async def _hold(core: Core, index: KeptIndex) -> bool:
    """Go on looking after the index; False when another process does. What cannot be asked now says nothing."""
    with contextlib.suppress(TryLater):
        if not await asyncio.to_thread(index.claim):
            return False
        if core.database.dialect == "sqlite":  # there is no other process that could look after another one
            return True
        here, moment = await asyncio.to_thread(index.holds), clock.now()
        if await core.read(lambda tx: searchindexes.needs_tending(tx, here, moment)):
            await core.write(lambda tx: searchindexes.tend(tx, here, moment + searchindexes.TENDED))
    return True


def _answering(index: KeptIndex) -> str | None:
    try:
        return index.generation(anew=True)
    except IndexFailed:
        return None


def ask(index: KeptIndex, user_id: str | None = None) -> str:
    """Ask the server that works on this index for a rebuild, or for one user's messages again; the request's id.

    Who asks for one user's while all are asked for waits for all.
    """
    waiting = index.read_note(REQUEST)
    if user_id is not None and waiting is not None and waiting.get("user_id") is None:
        return str(waiting.get("id"))
    request = new_id()
    index.write_note(REQUEST, {"id": request, "user_id": user_id})
    return request


def withdraw(index: KeptIndex, request: str) -> None:
    """Take a request back, if nobody asked for something else meanwhile. Raises TryLater."""
    note = index.read_note(REQUEST)
    if note is not None and note.get("id") == request:
        index.write_note(REQUEST, None)


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
        self._seen: frozenset[str] = frozenset()  # generations that lay here at some time
        self._again_at = 0.0
        self._keeps = False  # whether it was this one that looked after the index when it looked last

    def start(self) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(self._run(), name="search keeper"),
            asyncio.create_task(self._hold(), name="search keeper's claim"),
        ]

    async def stop(self) -> None:
        """End; a rebuild under way is begun again at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._keeps:
            with contextlib.suppress(TryLater):
                here = await asyncio.to_thread(self._index.holds)
                await self._core.write(lambda tx: searchindexes.tend(tx, here, 0))
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
            await _hold(self._core, self._index)

    async def look(self) -> bool:
        """Do what there is to do now; whether there may be more. Raises TryLater."""
        self._keeps = await asyncio.to_thread(self._index.claim) and not await self._is_anothers()
        if not self._keeps:
            return False
        request = await asyncio.to_thread(self._index.read_note, REQUEST)
        if request is not None:
            await self._work(str(request.get("id")), request.get("user_id"))
            await asyncio.to_thread(self._answered, request)
            return True
        if await believing.is_to_be_made(self._core, self._index):
            await self._work(new_id(), None)
            return True
        return await self._reader.catch_up() or await self._try_again()

    async def _try_again(self) -> bool:
        if time.monotonic() < self._again_at:
            return False
        more = await tryingagain.try_again(self._core, self._index, self._reader)
        if not more:
            self._again_at = time.monotonic() + AGAIN_SECONDS
        return more

    async def _is_anothers(self) -> bool:
        """Whether processes of another version, or with another place, look after an index of theirs: one is kept at a time."""
        self._seen |= await asyncio.to_thread(self._index.holds)
        return await self._core.read(lambda tx: searchindexes.is_anothers(tx, self._seen, clock.now()))

    def _answered(self, request: object) -> None:
        if self._index.read_note(REQUEST) == request:  # else somebody asked again meanwhile
            self._index.write_note(REQUEST, None)

    async def _work(self, request: str, user_id: object) -> None:
        progress = Progress(request)
        await self._tell(progress)
        log.info("search.rebuild_started", user_id=user_id)
        try:
            if isinstance(user_id, str) and not await believing.is_to_be_made(self._core, self._index):
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
