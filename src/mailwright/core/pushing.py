"""Pushing: tells push services that something changed (RFC 8620 §7.2), for people whose programs are not connected.

Started in every process with the role `worker`; any number may run on one database. `on_events` is a consumer of the stream `notify`:
it notes beside each subscription what is to be told, with the cursor that moves on. The loop tells it: claims what is due, posts,
settles. Expects a `Poster`; posting to addresses inside is its business to refuse.
Promises: what changed within a moment is told at once and in one message; a push service that is slow, down or gone harms no other
and no consumer; one that says 429 or fails is left alone for longer and longer, and forgotten after days; a subscription that ended
is told nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from prometheus_client import Counter

from mailwright.codecs import webpush
from mailwright.codecs.jmap import push
from mailwright.codecs.webpush import Keys, ServerKey
from mailwright.core import Core, accountstates, pushmarks, pushsubscriptions, vapid
from mailwright.core.changed import DELIVERY, TYPES
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND, Instant
from mailwright.domain.events import PUSH_SUBSCRIBED, Event
from mailwright.domain.pushing import PushAnswer, PushFailed
from mailwright.domain.refusals import TryLater
from mailwright.domain.retry import RetryPolicy
from mailwright.storage import Tx, accounts
from mailwright.storage import push_subscriptions as rows
from mailwright.storage.push_subscriptions import PushSubscription

log = structlog.get_logger(__name__)

AT_ONCE = 64  # posts of this process
AT_ONCE_PER_HOST = 16  # browsers of one make share one push service
LEASE = MINUTE  # how long a subscription stands still when the process that told it died
BUSY = 2 * SECOND  # until it is asked again whether there is room for a service
POLL_SECONDS = 1.0
MARKED_SECONDS = 0.05  # what a consumer noted is committed by then
AWAY_SECONDS = 5.0
LONGEST_WAIT = DAY  # of those a push service may ask for
TTL_SECONDS = 24 * 60 * 60  # how long a push service keeps a message: who was away longer looks anyway

POLICY = RetryPolicy(
    intervals=(30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE), then=(HOUR, 2 * HOUR), give_up_after=3 * DAY
)

pushed_total = Counter("mailwright_push_total", "Posts to push services, by how they went.", ["result"])


class Poster(Protocol):
    """Posts to push services: `connectors.webpush.WebPush`."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> PushAnswer:
        """Raises PushFailed when there is no answer."""

    async def close(self) -> None:
        """Let go of everything."""


@dataclass(frozen=True, slots=True)
class _Message:
    """What to post, and (None: nothing) what of the pending it tells."""

    body: bytes
    urgency: str
    topic: str | None
    tells: rows.Pending


class Pushing:
    """The half of a worker that tells push services."""

    def __init__(self, core: Core, poster: Poster, *, now: Callable[[], Instant] = clock.now) -> None:
        self._core = core
        self._poster = poster
        self._now = now
        self._key: ServerKey | None = None
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._posts: set[asyncio.Task[None]] = set()
        self._busy: dict[str, int] = {}  # posts by push service

    async def on_events(self, batch: Sequence[Event]) -> Callable[[Tx], object] | None:
        """The consumer: what is to be told to whom, noted in the transaction that moves the cursor."""
        if not await self._core.read(rows.any_of):
            return None
        asyncio.get_running_loop().call_later(MARKED_SECONDS, self._wake.set)
        return lambda tx: pushmarks.mark(tx, batch, self._now())

    def start(self) -> None:
        """Begin to tell."""
        self._loop = asyncio.get_running_loop()
        self._core.database.on_announced(self._announced)
        self._task = asyncio.create_task(self._work(), name="pushing")

    async def stop(self, seconds: float) -> None:
        """Finish the posts in hand within `seconds`; the others are told again."""
        self._loop = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._posts:
            _, late = await asyncio.wait(self._posts, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._poster.close()

    def _announced(self, kinds: frozenset[str]) -> None:
        """Runs in whatever thread committed."""
        loop = self._loop
        if loop is not None and PUSH_SUBSCRIBED in kinds and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop is closing
                loop.call_soon_threadsafe(self._wake.set)

    async def _work(self) -> None:
        while True:
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
                while await self._round():
                    pass
            except TryLater:
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:
                log.exception("push.failed")
                await asyncio.sleep(AWAY_SECONDS)

    async def _round(self) -> bool:
        """Start the posts that are due and for which there is room. True when there may be more."""
        room = AT_ONCE - len(self._posts)
        now = self._now()
        due = await self._core.read(rows.next_due)
        if room <= 0 or due is None or due > now:
            return False
        found = await self._core.write(lambda tx: rows.claim(tx, now, now + LEASE, room))
        for subscription in found:
            task = asyncio.create_task(self._tell(subscription), name="push")
            self._posts.add(task)
            task.add_done_callback(self._finished)
        return len(found) == room

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._posts.discard(task)
        self._wake.set()  # there is room for another
        if not task.cancelled() and task.exception() is not None:
            # The lease lapses, and it is tried again.
            log.error("push.broke", exc_info=task.exception())

    async def _tell(self, subscription: PushSubscription) -> None:
        host = webpush.origin(subscription.url)
        if self._busy.get(host, 0) >= AT_ONCE_PER_HOST:
            # Waiting here would take the room of those who have nothing to do with a slow service.
            known = subscription
            await self._wait_for(known, self._now() + BUSY, failures=known.failures, since=known.failing_since)
            return
        self._busy[host] = self._busy.get(host, 0) + 1
        try:
            await self._try(subscription)
        finally:
            self._busy[host] -= 1
            if not self._busy[host]:
                del self._busy[host]

    async def _try(self, subscription: PushSubscription) -> None:
        try:
            message = await self._core.read(lambda tx: _message(tx, subscription))
            if message is None:
                await self._core.write(lambda tx: _settle(tx, subscription, subscription.pending, self._now()))
                return
            if message is _ENDED:
                await self._forget(subscription, "ended")
                return
            answer = await self._post(subscription, message)
        except PushFailed as failure:
            log.info("push.not_sent", subscription_id=subscription.id, error=failure.text)
            await self._put_off(subscription, None)
            return
        except TryLater:
            return  # the lease lapses, and it is tried again
        with contextlib.suppress(TryLater):
            await self._note(subscription, message, answer)

    async def _post(self, subscription: PushSubscription, message: _Message) -> PushAnswer:
        if self._key is None:
            self._key = await vapid.server_key(self._core)
        encrypted = bool(subscription.p256dh)
        body = message.body
        if encrypted:
            # RFC 8620 §7.2: when there are keys, everything is encrypted with them.
            body = await asyncio.to_thread(Keys(subscription.p256dh, subscription.auth).encrypt, body)
        contact = f"mailto:postmaster@{self._core.settings.hostname}"  # RFC 8292 §2.1
        headers = webpush.headers(
            ttl=TTL_SECONDS,
            urgency=message.urgency,
            topic=message.topic,
            encrypted=encrypted,
            authorization=self._key.authorization(subscription.url, contact=contact, now=self._now() / SECOND),
        )
        return await self._poster.post(subscription.url, body, headers)

    async def _note(self, subscription: PushSubscription, message: _Message, answer: PushAnswer) -> None:
        if 200 <= answer.status < 300:
            pushed_total.labels("sent").inc()
            await self._core.write(lambda tx: _settle(tx, subscription, message.tells, self._now()))
        elif answer.status in (404, 410):
            # RFC 8030 §7.3: the browser has unsubscribed, or the subscription has expired there.
            await self._forget(subscription, "gone")
        else:
            log.info("push.refused", subscription_id=subscription.id, status=answer.status)
            await self._put_off(subscription, answer.retry_after)

    async def _put_off(self, subscription: PushSubscription, retry_after: float | None) -> None:
        """It failed. RFC 8620 §7.2: after a 429, less often; what changes meanwhile is told with it."""
        if not subscription.verified:
            # RFC 8620 §7.2: no further request before the client has the code. It subscribes anew when none comes.
            pushed_total.labels("failed").inc()
            await self._core.write(lambda tx: _settle(tx, subscription, {}, self._now()))
            return
        now = self._now()
        since = subscription.failing_since or now
        failures = subscription.failures + 1
        at = POLICY.next_attempt(attempts=failures, since=since, now=now, draw=random.random)
        if at is None:
            await self._forget(subscription, "given-up")
            return
        if retry_after is not None:
            at = max(at, now + min(int(retry_after * SECOND), LONGEST_WAIT))
        pushed_total.labels("failed").inc()
        await self._wait_for(subscription, at, failures=failures, since=since)

    async def _wait_for(
        self, subscription: PushSubscription, at: Instant, *, failures: int, since: Instant | None
    ) -> None:
        def write(tx: Tx) -> None:
            known = rows.locked(tx, subscription.id)
            if known is not None:
                rows.settle(tx, known.id, pending=known.pending, due_at=at, failures=failures, failing_since=since)

        with contextlib.suppress(TryLater):
            await self._core.write(write)

    async def _forget(self, subscription: PushSubscription, why: str) -> None:
        pushed_total.labels(why).inc()
        log.info("push.forgotten", subscription_id=subscription.id, because=why)
        with contextlib.suppress(TryLater):
            await self._core.write(lambda tx: rows.remove(tx, [subscription.id]))


_ENDED = _Message(b"", "", None, {})


def _message(tx: Tx, subscription: PushSubscription) -> _Message | None:
    """What to post now: None when there is nothing to tell, `_ENDED` when nothing may be told any more."""
    account = accounts.by_id(tx, subscription.user_id)
    if account is None or not pushsubscriptions.stands(tx, subscription, account):
        return _ENDED
    if not subscription.verified:
        asked = push.verification(subscription.id, subscription.verification_code)
        return _Message(push.octets(asked), "normal", None, subscription.pending)
    wanted = TYPES if subscription.types is None else TYPES.intersection(subscription.types)
    states = accountstates.states(tx, account)
    changed: dict[str, dict[str, str]] = {}
    for owner_id in sorted(subscription.pending, key=lambda each: each != account.id):  # the own account first
        types = wanted.intersection(subscription.pending[owner_id])
        if types and owner_id in states:
            told = {**changed, owner_id: dict.fromkeys(sorted(types), states[owner_id])}
            if len(push.octets(push.state_change(told))) > webpush.MAX_PLAIN_OCTETS:
                break  # more accounts than a message holds: the client learns of them when it looks
            changed = told
    if not changed:
        return None
    named = {each for told in changed.values() for each in told}
    # RFC 8030 §5.3: new mail is worth waking up for, an old one marked as read is not.
    urgency = "normal" if DELIVERY in named else "low"
    return _Message(push.octets(push.state_change(changed)), urgency, push.topic(named), subscription.pending)


def _settle(tx: Tx, subscription: PushSubscription, told: rows.Pending, now: Instant) -> None:
    """It was told; what came meanwhile is told next."""
    known = rows.locked(tx, subscription.id)
    if known is None:
        return
    left = pushmarks.without(known.pending, told)
    # Verified while the code was on its way: then only what is pending is due.
    again = now + pushmarks.GATHER if left and known.verified else None
    rows.settle(tx, known.id, pending=left, due_at=again)
