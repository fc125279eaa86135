"""Fan-out: every process hears of every change, and tells the sessions that watch the mailbox or the account.

Started by `app.py` in processes with sessions (IMAP now). Unlike consumer groups nothing is remembered here: a session reads the
journal itself, and an event only says "look now". Events of all processes are read from the log after each commit (PostgreSQL
notifies, SQLite's own writer calls, and a slow poll sees what another program wrote).
Promises: a callback runs in the event loop, soon after the commit; one that raises harms no other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from mailwright.domain.events import STREAMS, Event
from mailwright.domain.refusals import TryLater
from mailwright.storage import events as log_table
from mailwright.storage.database import Database, Mark

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
BATCH = 1_000
GATHER_SECONDS = 0.01  # while mail pours in, a hundred looks a second are enough for anybody
AWAY_SECONDS = 1.0
STREAM = "notify"

Callback = Callable[[Event], None]


class Fanout:
    """Who watches what, in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watchers: dict[str, dict[int, Callback]] = {}
        self._next = 0
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._mark: Mark = log_table.START

    def watch(self, key: str, callback: Callback) -> Callable[[], None]:
        """Call `callback` for every event whose key (a mailbox's id, an account's id) this is. Returns the way to end it."""
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
        self._loop = asyncio.get_running_loop()
        self._mark = await self._database.read(lambda tx: tx.log_end())
        self._database.on_announced(self._announced)
        self._task = asyncio.create_task(self._work(), name="fanout")

    async def stop(self) -> None:
        """Tell nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._loop = None

    def _announced(self, kinds: frozenset[str]) -> None:
        """Runs in whatever thread committed."""
        loop = self._loop
        if loop is not None and not loop.is_closed() and not kinds.isdisjoint(STREAMS[STREAM]):
            with contextlib.suppress(RuntimeError):  # the loop is closing
                loop.call_soon_threadsafe(self._wake.set)

    async def _work(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            self._wake.clear()
            try:
                while await self._look():
                    pass
                await asyncio.sleep(GATHER_SECONDS)
            except TryLater:
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:
                log.exception("fanout.failed")
                await asyncio.sleep(AWAY_SECONDS)

    async def _look(self) -> bool:
        """Pass on what is new. True when there may be more."""
        if not self._watchers:
            self._mark = await self._database.read(lambda tx: tx.log_end())
            return False
        found = await self._database.read(lambda tx: log_table.read(tx, STREAM, self._mark, BATCH))
        self._mark = found.end
        for _, event in found.events:
            for callback in list(self._watchers.get(event.key, {}).values()):
                try:
                    callback(event)
                except Exception:
                    log.exception("fanout.watcher_failed", kind=event.kind)
        return len(found.events) == BATCH
