"""The relay: copies the log to the streams in Valkey, from which consumers and sessions on many machines read.

Started by `work.py` in every process with the role `worker`, where the settings name a Valkey. One works, the others stand by.
Any number may work at once all the same: the stream says where it ends, and takes a batch only if that is where the batch begins.
Promises: each stream has every event of its kinds between its first and its last place, in the order of the log, once. A stream that
was lost, whole or its end, is filled again: from what every group has handled for certain, or from where it ends now. A stream
that is no copy of this log (`copies`) is dropped; those of other lives of the database have other names, and end by themselves.
Only what every group has passed is trimmed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog
from prometheus_client import Counter, Gauge

from mailwright.domain.clock import SECOND, now
from mailwright.domain.events import STREAMS
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import copies
from mailwright.storage import events as log_table
from mailwright.storage import lives
from mailwright.storage.database import Database, Mark, Tx
from mailwright.storage.events import Slice
from mailwright.storage.streams import RELAYED, Streams

log = structlog.get_logger(__name__)

BATCH = 1_000  # events of one round: a script holds up everybody else's commands for as long as it adds them
POLL_SECONDS = 0.5  # the safety net below the wake-up on commit; also how soon a lost stream is noticed
TURN_SECONDS = 3.0  # how long the others stand by when the one that works dies
RENEW_SECONDS = 1.0
TRIM_SECONDS = 5.0
QUIET_SECONDS = 5.0  # how often the streams are told that the log went on without anything for them
AWAY_SECONDS = 1.0
KINDS = frozenset().union(*(STREAMS[name] for name in RELAYED))

relayed_total = Counter("mailwright_relayed_total", "Entries added to the streams in Valkey.", ["stream"])
lag_events = Gauge("mailwright_relay_lag", "Events of the log that the slowest stream in Valkey does not have yet.")
lag_seconds = Gauge("mailwright_relay_lag_seconds", "Age of the oldest event a stream in Valkey does not have yet.")


class Relay:
    """The relay of this process; `owner` names it to the others."""

    def __init__(self, database: Database, streams: Streams, owner: str, *, trim_seconds: float = TRIM_SECONDS) -> None:
        self._database = database
        self._streams = streams
        self._owner = owner
        self._trim_seconds = trim_seconds
        self._lasts: dict[str, Mark | None] = {}
        self._renew_at = self._trim_at = self._quiet_at = 0.0
        self._wake = asyncio.Event()
        self._woken = self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to copy, or to stand by."""
        self._loop = asyncio.get_running_loop()
        self._database.on_announced(self._announced)
        self._task = asyncio.create_task(self._work(), name="relay")

    async def stop(self) -> None:
        """Copy nothing more; what is not copied yet another relay copies, or the next."""
        self._loop = None
        self._stopping = True  # a cancellation that meets an answer of the server may be lost in the library
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def measure(self) -> None:
        """Bring the gauges up to date. Raises TryLater."""
        streams = self._streams.of(await lives.known(self._database))
        lasts = [mark for mark in (await streams.lasts()).values() if mark is not None]
        after = min(lasts, default=log_table.START)
        waiting, oldest = await self._database.read(lambda tx: tx.log_lag(sorted(KINDS), after))
        lag_events.set(waiting)
        lag_seconds.set(0.0 if oldest is None else max((now() - oldest) / SECOND, 0.0))

    def _announced(self, kinds: frozenset[str]) -> None:
        """Runs in whatever thread committed."""
        loop = self._loop
        if loop is not None and not self._woken and not loop.is_closed() and not kinds.isdisjoint(KINDS):
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closing
                loop.call_soon_threadsafe(self._wake.set)

    async def _work(self) -> None:
        while not self._stopping:
            try:
                if not await self._is_our_turn():
                    await asyncio.sleep(RENEW_SECONDS)
                    continue
                self._woken = False
                self._wake.clear()
                if not await self.round():
                    await self._rest()
            except TryLater:
                self._lasts = {}
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:
                log.exception("relay.failed")
                self._lasts = {}
                await asyncio.sleep(AWAY_SECONDS)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()

    async def _is_our_turn(self) -> bool:
        if time.monotonic() < self._renew_at:
            return True
        await self._bind()
        ours = await self._streams.turn(self._owner, TURN_SECONDS)
        if ours:
            self._renew_at = time.monotonic() + RENEW_SECONDS
        else:
            self._lasts = {}
        return ours

    async def _bind(self) -> None:
        """Work for the life of now."""
        streams = self._streams.of(await lives.known(self._database))
        if streams is not self._streams:
            self._streams, self._lasts = streams, {}

    async def round(self) -> int:
        """Copy up to BATCH events; how many there were. Raises TryLater."""
        if not self._lasts:
            self._lasts = await self._see()
        # Streams that end at one place are read together; all in one transaction, so that those that catch up end at one place.
        ends = sorted({mark for mark in self._lasts.values() if mark is not None})
        parts = [(after, [name for name in RELAYED if self._lasts[name] == after]) for after in ends]
        life, found = await self._database.read(
            lambda tx: (lives.current(tx), [_behind(tx, after, names) for after, names in parts])
        )
        if life != self._streams.life:
            self._lasts = {}
            return 1
        copied = 0
        for (after, names), part in zip(parts, found, strict=True):
            copied += await self._copy(names, after, part)
        if not copied and await self._streams.lasts() != self._lasts:
            self._lasts = {}  # lost, or somebody else copied: look again
            return 1
        if None in self._lasts.values():
            self._lasts = {}
            return 1
        if time.monotonic() >= self._trim_at:
            await self._trim()
        return copied

    async def _see(self) -> dict[str, Mark | None]:
        """Where the streams end; those that are not there are begun."""
        await self._bind()
        lasts = await self._streams.lasts()
        for name, last in lasts.items():
            if last is not None:
                if await copies.is_copy(self._database, self._streams, name):
                    continue
                log.warning("relay.stream_of_another_life", stream=name)
                await self._streams.drop(name)
            end = await self._database.read(lambda tx: tx.log_end())
            mark = await self._database.read(lambda tx, name=name: log_table.slowest(tx, name))  # type: ignore[misc]
            # Without a group nobody needs what was before; one that comes later reads it from the log.
            if await self._streams.begin(name, end if mark is None else mark):
                log.info("relay.stream_begun", stream=name)
        return await self._streams.lasts()

    async def _copy(self, names: list[str], after: Mark, found: Slice) -> int:
        """What the log has behind a place, to the streams that end there."""
        if not found.events and (found.end == after or time.monotonic() < self._quiet_at):
            return 0
        self._quiet_at = time.monotonic() + QUIET_SECONDS
        for name in names:
            entries = [each for each in found.events if each[1].kind in STREAMS[name]]
            self._lasts[name] = await self._streams.append(name, after, entries, found.end)
            if self._lasts[name] == found.end:
                relayed_total.labels(name).inc(len(entries))
        return len(found.events)

    async def _trim(self) -> None:
        self._trim_at = time.monotonic() + self._trim_seconds
        for name in RELAYED:
            await self._streams.keep(name)
            mark = await self._database.read(lambda tx, name=name: log_table.slowest(tx, name))  # type: ignore[misc]
            upto = mark if mark is not None else self._lasts[name]
            if upto is not None and upto > log_table.START:
                await self._streams.trim(name, upto)


def _behind(tx: Tx, after: Mark, names: list[str]) -> Slice:
    return log_table.read_kinds(tx, frozenset().union(*(STREAMS[name] for name in names)), after, BATCH)
