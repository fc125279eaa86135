"""Settling an attempt: what becomes of an outbox row after it was tried.

Called by the dispatcher and by local delivery, each time with the row as it was when they tried it.
Promises: a row that has moved on since then is left alone; giving up, the notice to the sender, the dead letter and the event
are one transaction.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial

import structlog
from prometheus_client import Counter

from mailwright.codecs.dsn import Action
from mailwright.core import Core, bounces, outbox
from mailwright.domain.clock import DAY, HOUR, MINUTE, Instant
from mailwright.domain.refusals import DamagedBlob, NotFound, Refusal, TryLater
from mailwright.domain.retry import API_POLICY, MAIL_POLICY, RetryPolicy
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, TemporaryFailure
from mailwright.storage import Tx, dead_letters, divergences
from mailwright.storage import outbox as rows
from mailwright.storage.blobplaces import NoPlace
from mailwright.storage.outbox import OutboxRow

log = structlog.get_logger(__name__)

POLICIES: Mapping[str, RetryPolicy] = {outbox.LOCAL: MAIL_POLICY, outbox.SMTP: MAIL_POLICY}
"""By channel; a channel that is not here is a service with an API."""

MISSED = (
    6 * HOUR
)  # how long what a row names and nobody finds is looked for: people mistype a bucket, or mount another disk

GIVEN_UP = 5 * DAY  # whose whole place is not there: as of mail that nobody takes

attempts_total = Counter("mailwright_outbox_attempts", "Attempts to send, by how they ended", ["channel", "result"])
uncertain_total = Counter("mailwright_outbox_uncertain", "Sends whose outcome nobody knows")


def policy_of(channel: str) -> RetryPolicy:
    """When to try again on that channel."""
    return POLICIES.get(channel, API_POLICY)


async def is_lost(core: Core, blob_id: str, now: Instant) -> bool:
    """Whether octets that were not found are gone for good: not those of a place that may be the wrong one, or come back within hours."""

    def ask(tx: Tx) -> bool:
        if not core.blobs.is_named(tx, blob_id):
            return True
        blob = core.blobs.describe(tx, blob_id)
        since = divergences.open_since(tx, "missing", blob.key)
        return blob.place == "row" or (since is not None and since <= now - MISSED)

    return await core.read(ask)


async def octets(core: Core, row: OutboxRow, now: Instant) -> bytes:
    """The message of a row. Raises PermanentFailure when it is gone, DamagedBlob when it is looked for again, later each time, TryLater."""
    try:
        return await core.blobs.read(row.blob_id)
    except NotFound:
        if not await is_lost(core, row.blob_id, now):
            raise DamagedBlob("the message is not where it should be: it is looked for again") from None
        raise PermanentFailure("the bytes of the message are gone", "5.6.0") from None
    except TryLater as refusal:
        if not isinstance(refusal.__cause__, NoPlace):
            raise
        if now - row.since >= GIVEN_UP:
            raise PermanentFailure("the place where the message was kept is gone", "5.6.0") from refusal
        raise DamagedBlob(str(refusal)) from refusal


def sent(tx: Tx, row: OutboxRow, receipt: str, now: Instant) -> bool:
    """The other side took it. False when the row was settled by somebody else before."""
    if not rows.settle_sent(tx, row, now, receipt):
        return False
    outbox.announce_settled(tx, row, "sent")
    outbox.tell_submissions(tx, [row], "final")
    # A local copy lives on the same blob; WhatsApp may say later that it failed.
    if row.channel not in (outbox.LOCAL, outbox.WHATSAPP):
        outbox.release_blob(tx, row)
    return True


async def failed(core: Core, row: OutboxRow, failure: SendFailure, now: Instant, *, attempts: int) -> str:
    """Queue it for another attempt or give it up, as failure and policy have it. `attempts` counts this one.

    How it ended: `retry` or `failed`. Raises TryLater while that cannot be stored.
    """
    policy = policy_of(row.channel)
    again = None
    if not isinstance(failure, PermanentFailure):
        again = policy.next_attempt(attempts=attempts, since=row.since, now=now, draw=random.random)
    if again is None:
        await give_up(core, row, failure, now, attempts=attempts)
        return "failed"
    at = again
    uncertain = 1 if isinstance(failure, OutcomeUnknown) else 0
    if uncertain:
        uncertain_total.inc()
    error = error_line(failure)

    def wait(tx: Tx) -> None:
        if rows.settle_retry(tx, row, error, at, attempts=attempts, uncertain=uncertain):
            outbox.tell_submissions(tx, [row])

    await core.write(wait, shared=True)
    return "retry"


async def give_up(core: Core, row: OutboxRow, failure: SendFailure, now: Instant, *, attempts: int) -> None:
    """Fail the row for good: its sender is told, and a dead letter is kept, from which it can be tried again."""
    notice = await _notice(core, row, "failed", failure, now)
    error = error_line(failure)

    def bury(tx: Tx) -> bool:
        if not rows.settle_failed(tx, row, now, error, attempts=attempts):
            return False
        _keep_dead(tx, row, error, attempts)
        if notice is not None:
            bounces.queue(tx, core, notice)
        outbox.announce_settled(tx, row, "failed")
        outbox.tell_submissions(tx, [row], "final")
        return True

    if await core.write(bury):
        log.warning(
            "outbox.failed",
            outbox_id=row.id,
            channel=row.channel,
            code=failure.code,
            attempts=attempts,
            correlation_id=row.correlation_id,
        )


def fail_late(tx: Tx, row: OutboxRow, failure: SendFailure, now: Instant) -> bool:
    """The service took it and says now that it failed. A dead letter is kept as for any other. False when it was settled otherwise."""
    error = error_line(failure)
    if not rows.settle_failed_late(tx, row.id, now, error):
        return False
    _keep_dead(tx, row, error, row.attempts)
    outbox.announce_settled(tx, row, "failed")
    outbox.tell_submissions(tx, [row], "final")
    return True


def _keep_dead(tx: Tx, row: OutboxRow, error: str, attempts: int) -> None:
    dead_letters.add(
        tx,
        source="outbox",
        name=row.channel,
        reference=row.id,
        payload={
            "recipient": str(row.recipient),
            "sender": None if row.sender is None else str(row.sender),
            "message_id": row.message_id,
            "blob_id": row.blob_id,
        },
        error=error,
        attempts=attempts,
        correlation_id=row.correlation_id,
    )


async def tell_of_delays(core: Core, channel: str, now: Instant, limit: int) -> int:
    """Tell the senders of messages that wait longer than the policy's patience, once each. How many rows were looked at."""
    policy = policy_of(channel)
    after = policy.delay_notice_after
    if after is None:
        return 0
    waiting = await core.read(lambda tx: rows.not_told_of_delay(tx, channel, now - after, limit))
    for row in waiting:
        until = None if policy.give_up_after is None else row.since + policy.give_up_after
        notice = await _notice(core, row, "delayed", last_failure(row), now, until=until)

        def tell(tx: Tx, row: OutboxRow = row, notice: bounces.Notice | None = notice) -> None:
            if rows.mark_told_of_delay(tx, row.id, now) and notice is not None:
                bounces.queue(tx, core, notice)

        await core.write(tell)
    return len(waiting)


async def give_up_overdue(core: Core, channel: str, now: Instant, limit: int) -> int:
    """Fail what has waited for the whole of the policy's time, tried or not (its service may be down). How many."""
    policy = policy_of(channel)
    after = policy.give_up_after
    if after is None:
        return 0
    overdue: list[OutboxRow] = []
    last = ""
    while not overdue:  # those that a person queued again wait anew and are passed over
        found = await core.read(
            partial(rows.waiting_since, channel=channel, before=now - after, after_id=last, limit=limit)
        )
        if not found:
            break
        overdue = [row for row in found if row.since + after <= now]
        last = found[-1].id
    for row in overdue:
        answer = last_failure(row)
        failure = TemporaryFailure(f"the time to deliver it is over; the last answer was: {answer.text}", "4.4.7")
        await give_up(core, row, failure, now, attempts=row.attempts)
    return len(overdue)


async def _notice(
    core: Core, row: OutboxRow, action: Action, failure: SendFailure, now: Instant, *, until: Instant | None = None
) -> bounces.Notice | None:
    """The notice, or None when there is none to send. A bug in writing it must not keep the message for ever."""
    try:
        return await bounces.prepare(core, row, action, failure, now, until=until)
    except Refusal:
        raise
    except Exception:
        log.exception("outbox.notice_not_written", outbox_id=row.id, correlation_id=row.correlation_id)
        return None


def queue_lapsed(tx: Tx, channels: tuple[str, ...], now: Instant, limit: int, *, ahead: Instant = 0) -> int:
    """Queue again what a process was sending when it died: it may have arrived, so it is counted. How many. `ahead`: leases that lapse
    only after so long count as well, for who knows that their holder is dead.

    The first time at once; after that as after any failure, so that a message which kills its sender does not do so in a loop.
    """
    found = rows.lapsed(tx, channels, now + ahead, limit)
    for row in found:
        again: Instant | None = now
        if row.uncertain:
            policy = policy_of(row.channel)
            again = policy.next_attempt(attempts=row.attempts, since=row.since, now=now, draw=random.random)
        rows.settle_retry(
            tx,
            row,
            "the process that was sending it ended before it could note the outcome",
            now + MINUTE if again is None else again,
            attempts=row.attempts,
            uncertain=1,
        )
        log.warning("outbox.outcome_unknown", outbox_id=row.id, channel=row.channel, correlation_id=row.correlation_id)
    return len(found)


def error_line(failure: SendFailure) -> str:
    """What is kept of a failure for people: code, words, and the other server's own."""
    said = f" ({failure.host + ': ' if failure.host else ''}{failure.reply})" if failure.reply else ""
    return f"{failure.code} {failure.text}{said}"


def last_failure(row: OutboxRow) -> SendFailure:
    """The last failure, as far as the row remembers it."""
    if not row.last_error:
        return TemporaryFailure("it has not been this message's turn yet, or the way out is closed", "4.4.1")
    code, _, text = row.last_error.partition(" ")
    return (
        TemporaryFailure(text, code) if code[:1] in "45" and code.count(".") == 2 else TemporaryFailure(row.last_error)
    )
