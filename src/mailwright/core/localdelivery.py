"""Delivering our own outgoing mail into our own mailboxes.

Called by the dispatcher with rows that are due.
Promises: exactly once, also after kill -9: the copy in the mailbox and the settled row are one transaction, and rows that are
delivered at the same moment share its commit. No row is ever marked as being sent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog

from mailwright.core import Core, derived, filing, settlement
from mailwright.domain import spans
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.refusals import (
    DamagedBlob,
    ExceedsQuota,
    LoopDetected,
    MailboxFull,
    MessageTooLarge,
    NoSuchRecipient,
    NotFound,
    Refusal,
    RejectedByRule,
    TryLater,
)
from mailwright.domain.sending import PermanentFailure, SendFailure, TemporaryFailure
from mailwright.storage import Tx
from mailwright.storage import outbox as rows
from mailwright.storage.outbox import OutboxRow

log = structlog.get_logger(__name__)

PREPARED_AT_ONCE = 16
"""Messages read and parsed at the same time: enough to fill a shared commit, few enough to hold in memory."""

_FAILURES: dict[type[Refusal], tuple[type[SendFailure], str]] = {
    MailboxFull: (TemporaryFailure, "4.2.2"),
    TryLater: (TemporaryFailure, "4.3.0"),
    NoSuchRecipient: (PermanentFailure, "5.1.1"),
    ExceedsQuota: (PermanentFailure, "5.2.2"),
    MessageTooLarge: (PermanentFailure, "5.3.4"),
    LoopDetected: (PermanentFailure, "5.4.6"),
    NotFound: (PermanentFailure, "5.6.0"),  # the message's own bytes are gone, for hours: see `settlement.is_lost`
    DamagedBlob: (TemporaryFailure, "4.3.0"),
}
"""What a refusal of filing means to the outbox, with the enhanced status of RFC 3463 for the notice."""


async def deliver(core: Core, due: Sequence[OutboxRow], now: Instant) -> None:
    """Try each row once and settle it, in their order. Recipients of one message share its parsing.

    Raises TryLater when the database is away.
    """
    messages: dict[tuple[object, ...], list[OutboxRow]] = defaultdict(list)
    for row in due:
        messages[(row.blob_id, _key(row), row.sender, row.verdict, row.correlation_id)].append(row)
    waiting = list(messages.values())
    trouble: BaseException | None = None
    for start in range(0, len(waiting), PREPARED_AT_ONCE):
        together = waiting[start : start + PREPARED_AT_ONCE]
        prepared = await asyncio.gather(*(_prepare(core, message, now) for message in together))
        ended = await asyncio.gather(
            *(
                _deliver_row(core, row, incoming, now)
                for message, incoming in zip(together, prepared, strict=True)
                for row in message
            ),
            return_exceptions=True,
        )
        trouble = trouble or next((outcome for outcome in ended if isinstance(outcome, BaseException)), None)
    if trouble is not None:  # after the mail behind it
        raise trouble


async def _prepare(core: Core, message: list[OutboxRow], now: Instant) -> filing.Incoming | SendFailure:
    first = message[0]
    envelope = Envelope(
        channel=Channel.LOCAL,
        sender=first.sender,
        recipients=tuple(row.recipient for row in message),
        received_at=now,
        correlation_id=first.correlation_id,
        key=_key(first),
    )
    try:
        return await filing.prepare_stored(core, first.blob_id, envelope, first.verdict)
    except NotFound as gone:
        try:
            lost = await settlement.is_lost(core, first.blob_id, now)
        except TryLater as refusal:
            return _failure(refusal)
        return _failure(gone) if lost else TemporaryFailure("the message is not where it should be", "4.3.0")
    except Refusal as refusal:
        return _failure(refusal)
    except Exception:
        return _our_fault(first)


async def _deliver_row(core: Core, row: OutboxRow, incoming: filing.Incoming | SendFailure, now: Instant) -> None:
    if isinstance(incoming, SendFailure):
        await _settle(core, row, incoming, now)
        return

    def file_and_settle(tx: Tx) -> bool:
        held = rows.hold_queued(tx, row.id)
        if held is None:
            return False  # another process delivered it, or a person cancelled it
        filing.file_once(tx, core, incoming, row.recipient)
        return settlement.sent(tx, rows.counted(held), "delivered to the mailbox", now)

    try:
        with spans.span("outbox deliver", parent=row.trace, channel=row.channel, tenant=row.tenant_id):
            delivered = await derived.write(core, incoming.derived, file_and_settle)
    except Refusal as refusal:
        await _settle(core, row, _failure(refusal), now)
    except Exception:
        await _settle(core, row, _our_fault(row), now)
    else:
        if delivered:
            settlement.attempts_total.labels(row.channel, "sent").inc()


async def _settle(core: Core, row: OutboxRow, failure: SendFailure, now: Instant) -> None:
    result = await settlement.failed(core, row, failure, now, attempts=row.attempts + 1)
    settlement.attempts_total.labels(row.channel, result).inc()


def _failure(refusal: Refusal) -> SendFailure:
    kind, code = _FAILURES.get(type(refusal), (PermanentFailure, "5.7.1"))
    if isinstance(refusal, RejectedByRule):  # RFC 5429 §2.1.2: the notice says whose words these are
        return kind(f"a rule of the recipient refuses it, and says: {refusal}", code)
    return kind(str(refusal), code)


def _our_fault(row: OutboxRow) -> SendFailure:
    """A bug of ours, recorded whole: it must not lose the message, nor stop the mail behind it."""
    log.exception("outbox.local_delivery_failed", outbox_id=row.id, correlation_id=row.correlation_id)
    return TemporaryFailure("the server could not file it because of an error of its own", "4.3.0")


def _key(row: OutboxRow) -> str:
    """The key the message was queued under: filing adds the recipient to it again."""
    return row.idempotency_key.removesuffix(f":{row.recipient}")
