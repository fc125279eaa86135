"""Fan-out: every process hears of every change, and tells the sessions that watch the mailbox or the account.

Started by `app.py` in processes with sessions (roles imap and http). Unlike consumer groups nothing is remembered here: a session reads the
journal itself, and an event only says "look now". Events of all processes are read from the log after each commit (PostgreSQL
notifies, SQLite's own writer calls, and a slow poll sees what another program wrote). With `streams` they come from Valkey instead, and
from the log only what Valkey does not show in time: it is away, nobody feeds it, or somebody's long transaction holds up the copy.
Both are read after one and the same place, so that going over from one to the other misses nothing.
Promises: a callback runs in the event loop, soon after the commit; one that raises harms no other, and one that was ended is
not called any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import structlog

from mailwright.domain.events import STREAMS, Event
from mailwright.domain.refusals import TryLater
from mailwright.storage import events as log_table
from mailwright.storage import lives
from mailwright.storage.database import Database, Mark, Tx
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import ValkeyAway

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
BATCH = 1_000
GATHER_SECONDS = 0.01  # while mail pours in, a hundred looks a second are enough for anybody
AWAY_SECONDS = 1.0
OVERDUE_SECONDS = 0.25  # after a commit, until the log is asked for what the stream does not show
QUIET_SECONDS = 5.0  # without anything: then, too, in case nobody heard of a commit
LIFE_SECONDS = 5.0  # how often the database is asked which of its lives this is
STREAM = "notify"
_ACCOUNT = "account:"  # before a user's id: who watches all of it

Callback = Callable[[Event], None]


class Fanout:
    """Who watches what, in this process."""

    def __init__(self, database: Database, streams: Streams | None = None) -> None:
        self._database = database
        self._streams = streams
        self._announced_at: float | None = None  # when a commit was heard of that the stream does not show yet
        self._moved_at = self._life_at = 0.0
        self._watchers: dict[str, dict[int, Callback]] = {}
        self._next = 0
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._mark: Mark = log_table.START
        self._told: frozenset[int] = frozenset()  # events beyond the mark that were passed on already
        self._listening = self._stopping = False

    def watch(self, key: str, callback: Callback) -> Callable[[], None]:
        """Call `callback` for every event whose key (a mailbox's id, an account's id) this is. Returns the way to end it."""
        return self._watch(key, callback)

    def watch_account(self, user_id: str, callback: Callback) -> Callable[[], None]:
        """Call `callback` for every event that is about the account or anything in it, once each. Returns the way to end it."""
        return self._watch(_ACCOUNT + user_id, callback)

    def _watch(self, key: str, callback: Callback) -> Callable[[], None]:
        self._next += 1
        number = self._next
        self._watchers.setdefault(key, {})[number] = callback

        def end() -> None:
            found = self._watchers.get(key)
            if found is not None:
                found.pop(number, None)
                if not found:
                    del self._watchers[key]

        return end

    async def start(self) -> None:
        """Begin at the end of the log. Raises TryLater."""
        if self._task is not None:
            return
        self._mark = await self._database.read(lambda tx: tx.log_end())
        self._told, self._moved_at = frozenset(), time.monotonic()
        self._loop, self._stopping = asyncio.get_running_loop(), False
        if not self._listening:
            self._database.on_announced(self._announced)
            self._listening = True
        self._task = asyncio.create_task(self._work(), name="fanout")

    async def stop(self) -> None:
        """Tell nobody any more."""
        self._stopping = True  # a cancellation that meets an answer of Valkey's may be lost in the library
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._loop = None

    def _announced(self, kinds: frozenset[str]) -> None:
        """Runs in whatever thread committed."""
        loop = self._loop
        if loop is not None and not loop.is_closed() and not kinds.isdisjoint(STREAMS[STREAM]):
            if self._announced_at is None:
                self._announced_at = time.monotonic()
            with contextlib.suppress(RuntimeError):  # the loop is closing
                loop.call_soon_threadsafe(self._wake.set)

    async def _work(self) -> None:
        while not self._stopping:
            try:
                if self._streams is None or not await self._hear(await self._of_now(self._streams)):
                    await self._rest()
                    while await self._look():
                        pass
                await asyncio.sleep(GATHER_SECONDS)
            except TryLater:
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:
                log.exception("fanout.failed")
                await asyncio.sleep(AWAY_SECONDS)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            # Not wait_for, which swallows a cancellation that meets the wake-up (Python 3.11).
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    async def _of_now(self, streams: Streams) -> Streams:
        """Those of the life the database is in; while it cannot be asked, those of before."""
        moment = time.monotonic()
        if moment >= self._life_at:
            self._life_at = moment + LIFE_SECONDS
            with contextlib.suppress(TryLater):
                self._streams = streams = streams.of(await lives.known(self._database))
        return streams

    async def _hear(self, streams: Streams) -> bool:
        """Pass on what the stream shows, or wait a moment for it. False when the log has to be asked."""
        try:
            if not self._watchers:
                await self._follow(streams)
            copied = await streams.read(STREAM, self._mark, BATCH)
            if copied is None:
                return False
            for _, event in copied.events:
                if event.id not in self._told:
                    self._tell(event)
            if copied.end != self._mark:
                self._told -= {event.id for _, event in copied.events}
                self._mark, self._announced_at, self._moved_at = copied.end, None, time.monotonic()
            elif self._is_overdue():
                self._announced_at, self._moved_at = None, time.monotonic()
                await self._look()
            else:
                await streams.wait(STREAM, self._mark)
        except ValkeyAway:
            return False
        return True

    async def _follow(self, streams: Streams) -> None:
        """Nobody watches: what happened by now is nobody's news."""
        last = await streams.last(STREAM)
        if last is not None and not self._watchers:  # else somebody came while we asked
            self._mark, self._told = max(self._mark, last), frozenset()

    def _is_overdue(self) -> bool:
        moment = time.monotonic()
        announced = self._announced_at is not None and moment - self._announced_at > OVERDUE_SECONDS
        return announced or moment - self._moved_at > QUIET_SECONDS

    async def _look(self) -> bool:
        """Pass on what is new. True when there may be more."""
        if not self._watchers:
            end = await self._database.read(lambda tx: tx.log_end())
            if not self._watchers:  # else somebody came while we asked, and what happened since is theirs to know
                self._mark, self._told = end, frozenset()
            return False
        mark, end, found = await self._database.read(self._read)
        for _, event in found:
            if event.id not in self._told:
                self._tell(event)
        moved = mark != self._mark
        self._mark = mark
        # Beyond the end of the log only as long as a transaction before them runs: never more than one batch.
        self._told = frozenset(event.id for place, event in found if place > end)
        return moved and len(found) == BATCH

    def _read(self, tx: Tx) -> tuple[Mark, Mark, list[tuple[Mark, Event]]]:
        """Where to go on, where the log ends for certain, and the events from the last mark to what is visible now.

        Also those beyond the certain end: a session must not wait because somebody else's transaction takes long (on PostgreSQL
        a copy of 100,000 messages, or a backup). They are seen again until the mark has passed them.
        """
        end = tx.log_end()  # asked first: what is then read is complete up to here
        after = min(self._mark, end)  # it is beyond the end when the database came back from an earlier moment
        found = log_table.visible(tx, STREAM, after, BATCH)
        last = found[-1][0] if len(found) == BATCH else end
        return max(after, min(end, last)), end, found

    def _tell(self, event: Event) -> None:
        self._tell_those_of(event.key, event)
        # What happens in a mailbox says whose it is; otherwise the key may be the account itself.
        self._tell_those_of(_ACCOUNT + str(event.payload.get("user_id") or event.key), event)

    def _tell_those_of(self, key: str, event: Event) -> None:
        watchers = self._watchers.get(key, {})
        for number in list(watchers):
            callback = watchers.get(number)  # the one before may have ended it
            if callback is None:
                continue
            try:
                callback(event)
            except Exception:
                log.exception("fanout.watcher_failed", kind=event.kind)
