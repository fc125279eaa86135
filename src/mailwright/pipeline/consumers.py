"""Consumers: hand the events of a stream to the groups that asked for them, in batches, each at least once.

Called by work.py, which subscribes what core and agents offer and starts them in the processes with the role `worker`. The events come
from the log in the database; `streamed` has them come from Valkey.
Expects of a handler: it is idempotent (a batch may come again), waits for no person and no model (workflows do), and raises
TryLater only when nothing at all can be handled now.
Promises: an event is passed only when the handler took it or it was set aside in the same transaction; one poison event does
not stop the others, and after its attempts becomes a dead letter; a database that goes away pauses a group and loses nothing.

A handler may return a function over `tx`: it is run in the transaction that moves the cursor, and what it writes is committed
with the cursor or not at all. `Flows.hand_off` returns such a function.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog
from prometheus_client import Counter, Gauge

from mailwright.domain import spans
from mailwright.domain.clock import SECOND, now
from mailwright.domain.events import STREAMS, Event
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import DamagedBlob, TryLater
from mailwright.storage import events as log_table
from mailwright.storage import status
from mailwright.storage.database import Database, Mark, Tx
from mailwright.storage.events import LeaseLost, Retry, Slice

log = structlog.get_logger(__name__)

BATCH = 200
MAX_ATTEMPTS = 5
POLL_SECONDS = 0.5  # the safety net below the wake-up on commit
GATHER_SECONDS = 0.02  # a busy group waits this long for more: fewer, larger batches while mail pours in
LEASE_SECONDS = 15.0  # how long a group stands still when the process that read for it died
RENEW_SECONDS = 5.0
RETRY_SECONDS = (1.0, 5.0, 25.0, 125.0)  # after the first, second … failed attempt of one event
AWAY_SECONDS = (0.5, 10.0)  # waits while the database is away: the first, and the longest

Commit: TypeAlias = Callable[[Tx], object]
Handler: TypeAlias = Callable[[Sequence[Event]], Awaitable[Commit | None]]

handled_total = Counter(
    "mailwright_event_handled_total", "Events by how their group fared.", ["stream", "group", "result"]
)
consumer_lag = Gauge("mailwright_consumer_lag", "Events a group has still to handle.", ["stream", "group"])
consumer_lag_seconds = Gauge(
    "mailwright_consumer_lag_seconds", "Age of the oldest event a group has still to handle.", ["stream", "group"]
)
queue_depth = Gauge(
    "mailwright_queue_depth", "Events that the slowest group of a stream has still to handle.", ["stream"]
)
dead_letters_total = Counter("mailwright_dead_letters_total", "Dead letters written, by source.", ["source"])


class HandOver(TryLater):
    """Raised by a handler: this process cannot handle it now, and another one may. The group's lease is given back."""


@dataclass(slots=True)
class Subscription:
    """One group of one stream, and where its reader stands. `cursor` is None while another process holds the lease."""

    stream: str
    group: str
    handler: Handler
    batch: int
    max_attempts: int
    cursor: Mark | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    woken: bool = False
    busy_until: float = 0.0
    renew_at: float = 0.0
    retries_at: float = 0.0


class Consumers:
    """The groups of this process: those of `groups` (None: all) that are subscribed. `owner` names it in the leases: the same name takes
    its own leases over at once.
    """

    def __init__(
        self,
        database: Database,
        *,
        owner: str | None = None,
        groups: Collection[str] | None = None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self._database = database
        self._owner = owner or f"{os.getpid()}-{new_id()}"
        self._groups = groups
        self._retry_seconds = retry_seconds
        self._subscriptions: list[Subscription] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def owner(self) -> str:
        """The name of this process in the leases."""
        return self._owner

    def subscribe(
        self, stream: str, group: str, handler: Handler, *, batch: int = BATCH, max_attempts: int = MAX_ATTEMPTS
    ) -> None:
        """Give the events of `stream` (domain/events.STREAMS) to `handler` as `group`; before `start`.

        With `batch=1` it gets one event at a time. Group names are unique over all streams. A group that another process is to read
        for is left to it. Raises ValueError otherwise.
        """
        if stream not in STREAMS:
            raise ValueError(f"there is no stream {stream!r}")
        if self._tasks or any(known.group == group for known in self._subscriptions):
            raise ValueError(f"group {group!r} cannot be subscribed (twice, or after start)")
        if self._groups is None or group in self._groups:
            self._subscriptions.append(Subscription(stream, group, handler, batch, max_attempts))

    async def start(self) -> None:
        """Begin to read."""
        self._loop = asyncio.get_running_loop()
        self._database.on_announced(self._on_announced)
        self._tasks = [
            asyncio.create_task(self._run(one), name=f"consumer {one.stream}/{one.group}")
            for one in self._subscriptions
        ]

    async def stop(self, seconds: float = 10.0) -> None:
        """Finish the batches in hand (after `seconds` they are broken off: they come again) and give the leases back."""
        self._stopping.set()
        for one in self._subscriptions:
            one.wake.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._subscriptions:
            if one.cursor is not None:
                with contextlib.suppress(TryLater):
                    await self._release(one)

    async def measure(self) -> None:
        """Bring the lag gauges up to date, also of groups that others read for, or nobody; called before metrics are shown. Raises TryLater."""
        own = [(one.stream, one.group) for one in self._subscriptions]
        lags = {
            each: await self._database.read(_measuring(*each))
            for each in dict.fromkeys([*own, *await self._database.read(status.groups)])
        }
        for gauge in (consumer_lag, consumer_lag_seconds, queue_depth):
            gauge.clear()  # of groups that are forgotten
        depth: dict[str, int] = {}
        for (stream, group), lag in lags.items():
            consumer_lag.labels(stream, group).set(lag.waiting + lag.retries)
            age = (now() - lag.oldest_at) / SECOND if lag.oldest_at is not None else 0.0
            consumer_lag_seconds.labels(stream, group).set(max(age, 0.0))
            depth[stream] = max(depth.get(stream, 0), lag.waiting + lag.retries)
        for stream, waiting in depth.items():
            queue_depth.labels(stream).set(waiting)

    def _on_announced(self, kinds: frozenset[str]) -> None:
        """Runs in whatever thread committed."""
        loop = self._loop
        if loop is None or self._stopping.is_set() or loop.is_closed():
            return
        for one in self._subscriptions:
            if not one.woken and not kinds.isdisjoint(STREAMS[one.stream]):
                one.woken = True
                loop.call_soon_threadsafe(one.wake.set)

    async def _run(self, one: Subscription) -> None:
        away = 0.0
        while not self._stopping.is_set():
            try:
                handled = await self._round(one)
                if away:
                    log.info("consumer.resumed", stream=one.stream, group=one.group)
                    away = 0.0
            except LeaseLost:
                log.warning("consumer.lease_lost", stream=one.stream, group=one.group)
                one.cursor = None
                handled = 0
            except TryLater as refusal:
                if not away:
                    log.warning("consumer.paused", stream=one.stream, group=one.group, error=str(refusal))
                if isinstance(refusal, HandOver):
                    with contextlib.suppress(TryLater):
                        await self._release(one)
                one.cursor = None  # a database that comes back may do so with an earlier place
                away = min(max(away * 2, AWAY_SECONDS[0]), AWAY_SECONDS[1])
                await self._rest(one, away, wakeable=False)
                continue
            except Exception:
                log.exception("consumer.failed", stream=one.stream, group=one.group)
                await self._rest(one, AWAY_SECONDS[1], wakeable=False)
                continue
            if handled == 0:
                await self._idle(one)
            elif handled < one.batch:
                if time.monotonic() < one.busy_until:
                    await self._rest(one, GATHER_SECONDS, wakeable=False)
                one.busy_until = time.monotonic() + 5 * GATHER_SECONDS

    async def _idle(self, one: Subscription) -> None:
        await self._rest(one, POLL_SECONDS, wakeable=one.cursor is not None)

    async def _rest(self, one: Subscription, seconds: float, *, wakeable: bool) -> None:
        event = one.wake if wakeable else self._stopping
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    async def _round(self, one: Subscription) -> int:
        """Claim if need be, see to due retries and handle one batch: how many events of the stream that were."""
        if one.cursor is None:
            one.cursor = await self._database.write(
                lambda tx: log_table.claim(tx, one.stream, one.group, self._owner, seconds=LEASE_SECONDS)
            )
            if one.cursor is None:
                return 0
            one.renew_at = time.monotonic() + RENEW_SECONDS
        one.woken = False
        one.wake.clear()
        cursor = one.cursor
        look_for_retries = time.monotonic() >= one.retries_at
        due, found = await self._look(one, cursor, look_for_retries)
        if look_for_retries:
            one.retries_at = time.monotonic() + POLL_SECONDS
        for retry in due:
            await self._retry(one, retry)
        if not found.events:
            one.cursor = found.end  # events of other streams only: remembered, and stored with the next renewal
            if time.monotonic() >= one.renew_at:
                await self._advance(one, found.end, None)
            return 0
        marks = [mark for mark, _ in found.events]
        marks[-1] = found.end
        await self._deliver(one, [event for _, event in found.events], marks)
        return len(marks)

    async def _look(self, one: Subscription, cursor: Mark, look_for_retries: bool) -> tuple[list[Retry], Slice]:
        """Retries that are due, and what the stream has behind the cursor."""

        def look(tx: Tx) -> tuple[list[Retry], Slice]:
            due = log_table.due_retries(tx, one.stream, one.group, one.batch) if look_for_retries else []
            return due, log_table.read(tx, one.stream, cursor, one.batch)

        return await self._database.read(look)

    async def _deliver(self, one: Subscription, batch: list[Event], marks: list[Mark]) -> None:
        """Hand a batch over; when it fails, its halves, until the event that cannot be handled stands alone."""
        try:
            with _followed(one, batch):
                commit = await self._handle(one, batch)
                await self._advance(one, marks[-1], commit)
            handled_total.labels(one.stream, one.group, "ok").inc(len(batch))
            return
        except Exception as error:
            if _stops_all(error):
                raise
            if len(batch) == 1:
                await self._set_aside(one, batch[0], marks[0], error)
                return
        middle = len(batch) // 2
        await self._deliver(one, batch[:middle], marks[:middle])
        await self._deliver(one, batch[middle:], marks[middle:])

    async def _handle(self, one: Subscription, batch: Sequence[Event]) -> Commit | None:
        """Run the handler, and keep the lease while it takes its time."""
        task = asyncio.ensure_future(one.handler(batch))
        try:
            while not (await asyncio.wait({task}, timeout=RENEW_SECONDS))[0]:
                await self._hold(one)
        finally:
            if not task.done():
                task.cancel()
        return task.result()

    async def _hold(self, one: Subscription) -> None:
        await self._database.write(
            lambda tx: log_table.hold(tx, one.stream, one.group, self._owner, seconds=LEASE_SECONDS)
        )
        one.renew_at = time.monotonic() + RENEW_SECONDS

    async def _release(self, one: Subscription, proof: Commit | None = None) -> None:
        """Give the lease back, and write down how far it is read."""
        await self._database.write(_releasing(one, self._owner, proof))

    async def _mourn(self, one: Subscription, event: Event, error: Exception) -> None:
        """An event became a dead letter: for those who tell others of it."""

    async def _advance(self, one: Subscription, mark: Mark, commit: Commit | None) -> None:
        def function(tx: Tx) -> None:
            log_table.advance(tx, one.stream, one.group, self._owner, mark, seconds=LEASE_SECONDS)
            if commit is not None:
                commit(tx)

        await self._database.write(function)
        one.cursor = mark
        one.renew_at = time.monotonic() + RENEW_SECONDS

    async def _set_aside(self, one: Subscription, event: Event, mark: Mark, error: Exception) -> None:
        log.warning(
            "consumer.event_set_aside", stream=one.stream, group=one.group, event_id=event.id, error=_said(error)
        )
        if one.max_attempts <= 1:
            await self._advance(one, mark, self._burial(one, event, error, 1))
            await self._mourn(one, event, error)
            return
        again_at = now() + int(self._retry_seconds[0] * SECOND)
        await self._advance(
            one,
            mark,
            lambda tx: log_table.set_aside(
                tx, one.stream, one.group, event.id, error=_said(error), not_before=again_at
            ),
        )
        handled_total.labels(one.stream, one.group, "retry").inc()

    async def _retry(self, one: Subscription, retry: Retry) -> None:
        event, attempts = retry.event, retry.attempts + 1
        assert one.cursor is not None
        try:
            with _followed(one, (event,)):
                commit = await self._handle(one, (event,))

                def settle(tx: Tx) -> None:
                    log_table.settle_retry(tx, one.group, event.id)
                    if commit is not None:
                        commit(tx)

                await self._advance(one, one.cursor, settle)
            handled_total.labels(one.stream, one.group, "ok").inc()
        except Exception as error:
            if _stops_all(error):
                raise
            if attempts >= one.max_attempts:
                await self._advance(one, one.cursor, self._burial(one, event, error, attempts))
                await self._mourn(one, event, error)
                return
            wait = self._retry_seconds[min(attempts, len(self._retry_seconds)) - 1]
            again_at, said = now() + int(wait * SECOND), _said(error)
            await self._advance(
                one,
                one.cursor,
                lambda tx: log_table.set_aside(tx, one.stream, one.group, event.id, error=said, not_before=again_at),
            )
            handled_total.labels(one.stream, one.group, "retry").inc()

    def _burial(self, one: Subscription, event: Event, error: Exception, attempts: int) -> Commit:
        said = _said(error)
        log.error("consumer.event_died", stream=one.stream, group=one.group, event_id=event.id, error=said)
        handled_total.labels(one.stream, one.group, "dead").inc()
        dead_letters_total.labels("event").inc()
        return lambda tx: log_table.bury(tx, one.stream, one.group, event, error=said, attempts=attempts)


def _followed(one: Subscription, batch: Sequence[Event]) -> contextlib.AbstractContextManager[None]:
    """The traces of these events go on with their being handled."""
    traces = {event.correlation_id or str(event.id): event.trace for event in batch if event.trace}
    return spans.batch(f"consume {one.stream}", traces, alone=len(batch) == 1, group=one.group, events=len(batch))


def _releasing(one: Subscription, owner: str, proof: Commit | None) -> Callable[[Tx], None]:
    def function(tx: Tx) -> None:
        if proof is not None:
            proof(tx)
        if one.cursor is not None:
            with contextlib.suppress(LeaseLost):
                log_table.advance(tx, one.stream, one.group, owner, one.cursor, seconds=LEASE_SECONDS)
        log_table.release(tx, one.stream, one.group, owner)

    return function


def _stops_all(error: Exception) -> bool:
    """Whether it is not the events' fault: then the group waits, and they come again."""
    return isinstance(error, (TryLater, LeaseLost)) and not isinstance(error, DamagedBlob)


def _measuring(stream: str, group: str) -> Callable[[Tx], log_table.Lag]:
    return lambda tx: log_table.lag(tx, stream, group)


def _said(error: BaseException) -> str:
    """The kind of an error and the start of its text; the letter of a dead event needs no more."""
    return f"{type(error).__name__}: {error}"[:500]
