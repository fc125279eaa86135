"""Dispatch: works the outbox off. Claims what is due, sends it, settles it.

Started by `app.py` in every process with the role `worker`; any number may run on one database.
Expects: a `Transport` for each channel other than `local`, whose messages it files itself (`localdelivery`).
Promises: a row is marked before it is tried and settled after. What a process was sending when it died is noticed when its
lease lapses, counted as uncertain and sent again with the same Message-ID. While a channel's service is down its messages wait
and no attempt is counted.
Does not: decide what a failure means for a message (`settlement` and `domain.retry` do) or speak SMTP (the transport does).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

import structlog

from mailwright.core import Core, localdelivery, outbox, settlement
from mailwright.core.signing import Signer
from mailwright.core.transports import Inquiring, Transport
from mailwright.domain import clock, spans
from mailwright.domain.breaker import Breaker
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.events import OUTBOX_QUEUED
from mailwright.domain.refusals import DamagedBlob, TryLater
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, Unavailable
from mailwright.storage import Tx, waysout
from mailwright.storage import outbox as rows
from mailwright.storage.outbox import OutboxRow

log = structlog.get_logger(__name__)

T = TypeVar("T")

POLL = 5 * SECOND  # the safety net under the wake-ups
LEASE = 2 * MINUTE  # how long a dead process keeps its rows from the others
LOCAL_BATCH = 200
SWEEP_EVERY = MINUTE  # how often lapsed leases and long waits are looked for
SWEEP_ROWS = 200
RETRY_WHILE_CLOSED = 5 * SECOND  # between the first failures of a service, until its breaker opens
RETRY_DAMAGED = 15 * MINUTE  # at most between reads of a message that the store gives back damaged, or not at all
GRACE_SECONDS = 15.0  # a stopping process lets its sends end; design: all of it within 20 s
SETTLE_PAUSE_SECONDS = 1.0  # between tries to note an outcome while the database is away
# RFC 5321 §4.5.3.2 lets one command take ten minutes; all of them together need not take longer than this.
LONGEST_SEND_SECONDS = 30 * 60.0

# RFC 5321 §4.4: only the final delivery writes Return-Path, and what is sent on has none.
_RETURN_PATH = re.compile(rb"(?:return-path:[^\n]*\n(?:[ \t][^\n]*\n)*)+", re.IGNORECASE)


class Dispatcher:
    """One worker on the outbox. `transports` by channel; `now` is the clock, moved by tests. `alone`: no other process is at work, so what
    was being sent when this one starts was being sent by a process that is dead.
    """

    def __init__(
        self,
        core: Core,
        transports: Mapping[str, Transport],
        *,
        now: Callable[[], Instant] = clock.now,
        alone: bool = False,
    ) -> None:
        self._core = core
        self._transports = dict(transports)
        # Ways out that the settings do not name any more, or that nobody has chosen yet: what waits there is taken over.
        self._way_out = next((channel for channel in outbox.WAYS_OUT if channel in transports), None)
        self._strays = tuple(each for each in outbox.WAYS_OUT if each not in transports) if self._way_out else ()
        # WhatsApp's messages go no other way: while it is closed they wait as long as any.
        self._watched = tuple(dict.fromkeys((*transports, *self._strays, outbox.WHATSAPP)))
        self._now = now
        self._signer = Signer(core)
        self._breakers = {channel: Breaker() for channel in transports}
        self._sending: dict[asyncio.Task[None], OutboxRow] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._swept_at: Instant = 0
        self._alone = alone

    def replace(self, channel: str, transport: Transport) -> None:
        """From the next message on this one carries the channel: its password was changed, for one. What is under way ends with the other."""
        self._transports[channel] = transport

    async def start(self) -> None:
        """Begin to work, until `stop`."""
        if self._loop is None:
            self._core.database.on_announced(self._announced)
        self._loop = asyncio.get_running_loop()
        self._stopping = False
        if self._alone:
            await self._bury()
        self._tasks = [
            asyncio.create_task(self._work(), name="outbox-dispatch"),
            asyncio.create_task(self._keep_leases(), name="outbox-leases"),
        ]

    async def stop(self, grace: float | None = None) -> None:
        """Claim no more, let what is being sent end within `grace` seconds (GRACE_SECONDS), and hand the rest back."""
        self._stopping = True
        self._wake.set()
        if self._tasks:
            await self._tasks[0]
        if self._sending:
            await asyncio.wait(self._sending, timeout=GRACE_SECONDS if grace is None else grace)
        for task in list(self._sending):
            task.cancel()
        if self._sending:
            await asyncio.wait(self._sending)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def drain(self) -> None:
        """Carry out everything that is due now, and what comes due by it, and return when it is settled."""
        while True:
            any_due = await self._pass(self._now(), sweep=True)
            if self._sending:
                await asyncio.wait(self._sending)
            elif not any_due:
                return

    # --- the loop ---------------------------------------------------------------------------------------------------

    def _announced(self, kinds: frozenset[str]) -> None:
        """Called from the database's threads after a commit."""
        if OUTBOX_QUEUED in kinds and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _work(self) -> None:
        while not self._stopping:
            self._wake.clear()
            moment = self._now()
            pause = POLL
            try:
                if await self._pass(moment, sweep=moment >= self._swept_at + SWEEP_EVERY):
                    continue
                pause = await self._pause(moment)
            except TryLater as refusal:
                log.warning("outbox.waiting_for_database", error=str(refusal))
            except Exception:
                log.exception("outbox.pass_failed")  # a bug; the mail behind it must still leave
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause / SECOND):
                    await self._wake.wait()

    async def _pause(self, moment: Instant) -> Instant:
        """How long nothing more comes due, at most a poll. What was due at `moment` and is still there waits for room."""
        channels = (outbox.LOCAL, *self._open_channels(moment))
        next_at = await self._core.read(lambda tx: rows.next_due(tx, channels, moment))
        return POLL if next_at is None else min(max(next_at - self._now(), 0), POLL)

    async def _pass(self, moment: Instant, *, sweep: bool) -> bool:
        """Deliver or start what is due at `moment`. True when there was any.

        Trouble with one kind of mail does not hold up the others; the first of it is raised in the end.
        """
        parts: list[Callable[[], Awaitable[bool]]] = [partial(self._deliver_locally, moment)]
        if self._strays and (sweep or outbox.SMTP in self._strays):
            parts.append(self._take_over)
        parts += [partial(self._claim, channel, moment) for channel in self._open_channels(moment)]
        if sweep:
            self._swept_at = moment
            parts.append(partial(self._sweep, moment))
        any_due, trouble = False, None
        for part in parts:
            try:
                any_due |= await part()
            except Exception as error:
                trouble = trouble or error
        if trouble is not None:
            raise trouble
        return any_due

    async def _sweep(self, moment: Instant) -> bool:
        """Look for what died under way, what waits long and what waited too long. True when there was any."""
        channels = self._watched
        lapsed = await self._core.write(lambda tx: settlement.queue_lapsed(tx, channels, moment, SWEEP_ROWS))
        settlement.uncertain_total.inc(lapsed)
        found = lapsed
        for channel in (outbox.LOCAL, *channels):
            found += await settlement.give_up_overdue(self._core, channel, moment, SWEEP_ROWS)
            found += await settlement.tell_of_delays(self._core, channel, moment, SWEEP_ROWS)
        return found > 0

    async def _take_over(self) -> bool:
        """Give what waits on a way out that is closed to the one that is open. Never true: what is taken over is claimed next."""
        way_out = self._way_out
        assert way_out is not None, "there are strays only where there is one"
        while await self._core.read(lambda tx: waysout.waits(tx, self._strays)):
            await self._core.write(lambda tx: waysout.move(tx, self._strays, way_out, SWEEP_ROWS), shared=True)
        return False

    async def _bury(self) -> None:
        """Queue again what the process before this one was sending, without waiting for its leases to lapse."""
        channels, lapsed = self._watched, SWEEP_ROWS
        while lapsed == SWEEP_ROWS:
            lapsed = await self._core.write(
                lambda tx: settlement.queue_lapsed(tx, channels, self._now(), SWEEP_ROWS, ahead=LEASE)
            )
            settlement.uncertain_total.inc(lapsed)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE / SECOND / 4)
            try:
                await self._renew(list(self._sending.values()), self._now() + LEASE)
            except TryLater as refusal:  # the next turn comes before the lease lapses
                log.warning("outbox.lease_not_renewed", error=str(refusal))
            except Exception:
                log.exception("outbox.lease_not_renewed")

    async def _renew(self, held: list[OutboxRow], until: Instant) -> None:
        if held:
            await self._core.write(lambda tx: rows.renew(tx, held, until))

    # --- local ------------------------------------------------------------------------------------------------------

    async def _deliver_locally(self, moment: Instant) -> bool:
        due = await self._core.read(lambda tx: rows.due(tx, outbox.LOCAL, moment, LOCAL_BATCH))
        if due:
            await localdelivery.deliver(self._core, due, moment)
        return bool(due)

    # --- to the outside ---------------------------------------------------------------------------------------------

    def _open_channels(self, moment: Instant) -> list[str]:
        return [channel for channel, breaker in self._breakers.items() if breaker.allows(moment)]

    async def _claim(self, channel: str, moment: Instant) -> bool:
        """Mark what there is room for as being sent, and start sending it. True when there was any."""
        transport, breaker = self._transports[channel], self._breakers[channel]
        under_way = Counter(row.recipient.domain for row in self._sending.values() if row.channel == channel)
        room = transport.at_once - under_way.total()
        if breaker.reopens_at() is not None:
            room = min(room, 1)  # half-open: one probe
        if room <= 0 or self._stopping:
            return False
        full = [domain for domain, count in under_way.items() if count >= transport.at_once_per_domain]

        def claim(tx: Tx) -> list[OutboxRow]:
            claimed: list[OutboxRow] = []
            busy = under_way.copy()  # this may be run again, and begins anew then
            # More than there is room for is looked at, since one domain may have many and be allowed few.
            for row in rows.due(tx, channel, moment, room * 4, passing_over=full, locked=True):
                if busy[row.recipient.domain] < transport.at_once_per_domain and len(claimed) < room:
                    busy[row.recipient.domain] += 1
                    claimed.append(rows.mark_sending(tx, row, moment + LEASE))
            return claimed

        claimed = await self._core.write(claim)
        for row in claimed:
            breaker.enter(moment)
            task = asyncio.create_task(self._send(transport, breaker, row), name=f"outbox-send-{row.id}")
            self._sending[task] = row
            task.add_done_callback(self._ended)
        return bool(claimed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.pop(task, None)
        self._wake.set()  # there is room for another
        if not task.cancelled() and task.exception() is not None:
            log.error("outbox.settling_failed", exc_info=task.exception())

    async def _send(self, transport: Transport, breaker: Breaker, row: OutboxRow) -> None:
        """Try one row, already marked, and settle it."""
        about: dict[str, spans.Value] = {"channel": row.channel, "tenant": row.tenant_id, "attempt": row.attempts}
        with spans.span("outbox send", parent=row.trace, **about) as span:
            await self._carry(transport, breaker, row, span)

    async def _carry(self, transport: Transport, breaker: Breaker, row: OutboxRow, span: spans.Span) -> None:
        try:
            raw = await self._bytes_of(row)
        except DamagedBlob as damaged:
            await self._settle_waiting(row, Unavailable(str(damaged), "4.3.0"), wait=self._patience(row))
            return
        except TryLater as refusal:  # our own storage: no answer of the service at all
            await self._settle_waiting(row, Unavailable(str(refusal), "4.3.0"))
            return
        except asyncio.CancelledError:  # we are stopping, and nothing of it has left
            await self._settle_waiting(row, Unavailable("the server was stopped before it was sent", "4.3.0"))
            raise
        except PermanentFailure as failure:
            span.failed(type(failure).__name__)
            await self._settle_failure(row, failure)
            return
        span.set(octets=len(raw))
        try:
            receipt = await self._attempt(transport, row, raw)
        except asyncio.CancelledError:
            # We are stopping and it may be half way: handed back, and counted as what it is.
            unknown = OutcomeUnknown("the server was stopped while it was being sent")
            await self._settle_failure(row, unknown)
            raise
        except Unavailable as failure:
            span.failed(type(failure).__name__)
            breaker.failed(self._now())
            log.warning("outbox.service_unavailable", channel=row.channel, host=failure.host, error=failure.text)
            await self._settle_waiting(row, failure)
            settlement.uncertain_total.inc(int(failure.is_unsure))
        except SendFailure as failure:
            span.failed(type(failure).__name__)
            breaker.succeeded()
            await self._settle_failure(row, failure)
        else:
            breaker.succeeded()
            now = self._now()
            await self._noted(lambda: self._core.write(lambda tx: settlement.sent(tx, row, receipt, now), shared=True))
            settlement.attempts_total.labels(row.channel, "sent").inc()
            log.info("outbox.sent", outbox_id=row.id, channel=row.channel, correlation_id=row.correlation_id)

    async def _bytes_of(self, row: OutboxRow) -> bytes:
        """What is to be sent, signed. Raises TryLater, and PermanentFailure when there is nothing to send or no attempt left."""
        most = settlement.policy_of(row.channel).attempts
        if most is not None and row.attempts > most:  # its sender died each time
            raise PermanentFailure("every attempt to send it ended without an outcome", "5.3.0")
        raw = await settlement.octets(self._core, row, self._now())
        found = _RETURN_PATH.match(raw)
        raw = raw[found.end() :] if found else raw
        # A service with an API signs by itself.
        return await self._signer.sign(row, raw) if row.channel == outbox.SMTP else raw

    async def _attempt(self, transport: Transport, row: OutboxRow, raw: bytes) -> str:
        """One send. What is raised is a failure with a name, or a cancellation."""
        try:
            async with asyncio.timeout(LONGEST_SEND_SECONDS):
                if row.uncertain and isinstance(transport, Inquiring):
                    taken = await transport.find(row.recipient, idempotency_key=row.id)
                    if taken is not None:
                        return taken
                return await transport.send(
                    row.sender,
                    row.recipient,
                    raw,
                    message_id=row.message_id,
                    idempotency_key=row.id,  # ours may be as long as a Message-ID; a service keeps few characters
                )
        except TimeoutError:
            raise OutcomeUnknown("it was not settled within half an hour") from None
        except SendFailure:
            raise
        except Exception as error:
            log.exception("outbox.transport_failed", outbox_id=row.id, channel=row.channel)
            raise OutcomeUnknown("the server could not send it because of an error of its own", "4.3.0") from error

    async def _settle_failure(self, row: OutboxRow, failure: SendFailure) -> None:
        now = self._now()
        result = await self._noted(lambda: settlement.failed(self._core, row, failure, now, attempts=row.attempts))
        settlement.attempts_total.labels(row.channel, result).inc()
        log.info(
            "outbox.not_sent",
            outbox_id=row.id,
            channel=row.channel,
            result=result,
            code=failure.code,
            host=failure.host,
            correlation_id=row.correlation_id,
        )

    def _patience(self, row: OutboxRow) -> Instant:
        """How long a message that came damaged waits: a store that lies for a moment, and one whose disk is broken."""
        return min(max(self._now() - row.since, RETRY_WHILE_CLOSED), RETRY_DAMAGED)

    async def _settle_waiting(
        self, row: OutboxRow, failure: Unavailable, *, wait: Instant = RETRY_WHILE_CLOSED
    ) -> None:
        """Back into the queue, the attempt not counted."""
        at = self._now() + wait
        error, unsure = settlement.error_line(failure), int(failure.is_unsure)
        await self._noted(
            lambda: self._core.write(
                lambda tx: rows.settle_retry(tx, row, error, at, attempts=row.attempts - 1, uncertain=unsure),
                shared=True,
            )
        )
        settlement.attempts_total.labels(row.channel, "unavailable").inc()

    async def _noted(self, settle: Callable[[], Awaitable[T]]) -> T:
        """Note an outcome that is known: while the database is away, keep at it. Stopping, once more and no longer."""
        while True:
            try:
                return await settle()
            except TryLater:
                if self._stopping:
                    raise
                await asyncio.sleep(SETTLE_PAUSE_SECONDS)
