"""The audit trail of what clients do: noted at once, written in batches.

Called by every protocol for each action that reads, changes or sends. A note costs an append to a list; the batch is written
every second, when it is large, and at the end. Promises: order is kept; while the database is away notes wait, up to a bound.
Does not: record what core decides in its own transactions (`storage.audit.record` does, with them). A killed process loses at
most the notes of its last second.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from prometheus_client import Counter

from mailwright.core.messages import storable
from mailwright.domain import clock
from mailwright.domain.refusals import TryLater
from mailwright.storage import Database, Tx, audit
from mailwright.storage.audit import Entry

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 1.0
BATCH = 500  # notes that do not wait for the second
MAX_WAITING = 100_000  # about 30 MiB; beyond, the oldest are dropped and counted: mail must go on

dropped_total = Counter("mailwright_audit_dropped_total", "Audit notes dropped because the database was away too long.")


class Trail:
    """The notes of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: list[Entry] = []
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def note(
        self,
        actor: str,
        action: str,
        *,
        resource: str = "",
        address: str = "",
        tenant_id: str | None = None,
        correlation_id: str = "",
    ) -> None:
        """Remember that `actor` (an address) did `action` to `resource`, from the network peer `address`."""
        self._notes.append(Entry(tenant_id, actor, address, action, storable(resource), correlation_id, clock.now()))
        if len(self._notes) >= BATCH:
            self._wake.set()
        if len(self._notes) > MAX_WAITING:
            del self._notes[: MAX_WAITING // 10]
            dropped_total.inc(MAX_WAITING // 10)

    def start(self) -> None:
        """Begin to write, until `stop`."""
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="audit-trail")

    async def stop(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        with contextlib.suppress(TryLater):
            await self.flush()

    async def flush(self) -> None:
        """Write the notes so far. Raises TryLater; then they wait."""
        # To its end, whoever is cancelled meanwhile: half-way nobody would know whether the batch was written.
        await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        async with self._writing:
            while self._notes:
                batch, self._notes = self._notes[: 10 * BATCH], self._notes[10 * BATCH :]
                try:
                    await self._write(batch)
                except TryLater:
                    self._notes[:0] = batch
                    raise

    async def _write(self, batch: list[Entry]) -> None:
        """One transaction; when the database will not have it, each note alone: a bad one must not stop the others."""

        def write(tx: Tx) -> None:
            audit.record_all(tx, batch)

        try:
            await self._database.write(write, shared=True)
        except TryLater:
            raise
        except Exception:
            if len(batch) == 1:
                log.exception("audit.note_dropped", action=batch[0].action)
                dropped_total.inc()
                return
            for note in batch:
                await self._write([note])

    async def _work(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                # Not wait_for, which swallows a cancellation that meets the wake-up (Python 3.11).
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.flush()
            except TryLater as refusal:
                log.warning("audit.waiting_for_database", error=str(refusal))
                await asyncio.sleep(FLUSH_SECONDS)
            except Exception:
                log.exception("audit.failed")
                await asyncio.sleep(FLUSH_SECONDS)
