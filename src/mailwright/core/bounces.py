"""Bounces: the notice a sender gets when a message fails or takes long.

Called by `settlement` when it gives a message up and by the dispatcher's look at what waits long.
Expects: `prepare` before the transaction that settles the row, `queue` in it.
Promises: one notice for each row and kind, however often it is made (its Message-ID and key derive from the row); none for a
null reverse-path, so that notices are never answered with notices (RFC 5321 §6.1), and none where the sender asked for none.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.codecs import dsn, mime
from mailwright.core import Core, outbox
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.domain.sending import SendFailure
from mailwright.storage import StoredBlob, Tx
from mailwright.storage.outbox import OutboxRow

HEADER_OCTETS = 64 * 1024  # how far into the original its header is looked for


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice ready to be queued."""

    about: OutboxRow
    message_id: str
    key: str
    blob: StoredBlob


async def prepare(
    core: Core, row: OutboxRow, action: dsn.Action, failure: SendFailure, now: Instant, *, until: Instant | None = None
) -> Notice | None:
    """Write and stage the notice, or None when nobody is to be told. `until` is when a delayed message is given up.

    Raises TryLater when it cannot be staged.
    """
    if row.sender is None or not row.dsn:
        return None
    header = await _header(core, row)
    message_id = f"<{derived_token('dsn', row.id, action)}@{core.settings.hostname}>"
    raw = dsn.compose(
        dsn.Report(
            action=action,
            to=row.sender,
            recipient=row.recipient,
            host=core.settings.hostname,
            message_id=message_id,
            status=failure.code,
            reason=failure.text,
            reply=failure.reply,
            remote=failure.host,
            subject=mime.parse(header).subject,
            original_id=row.message_id,
            arrived_at=row.created_at,
            now=now,
            until=until,
            header=header,
        )
    )
    blob = await core.blobs.stage(row.tenant_id, raw)
    return Notice(row, message_id, f"dsn:{row.id}:{action}", blob)


def queue(tx: Tx, core: Core, notice: Notice) -> None:
    """Put it into the outbox, from the null reverse-path, in the transaction that settles the row it is about."""
    row = notice.about
    assert row.sender is not None, "prepare makes no notice without a sender"
    core.blobs.put(tx, notice.blob)
    outbox.enqueue(
        tx,
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        sender=None,  # RFC 5321 §4.5.5
        recipients=(row.sender,),
        blob_id=notice.blob.id,
        message_id=notice.message_id,
        idempotency_key=notice.key,
        correlation_id=row.correlation_id,
        verdict=Verdict(Origin.STRANGER, None, "our own notice about a message"),
        dsn=False,
        vouched=True,
    )


async def _header(core: Core, row: OutboxRow) -> bytes:
    """The header section of the original, as far as it can be had."""
    try:
        start = await core.blobs.read(row.blob_id, 0, HEADER_OCTETS)
    except (NotFound, TryLater):  # the notice matters more than what it quotes
        return b""
    ends = [found for found in (start.find(b"\r\n\r\n"), start.find(b"\n\n")) if found >= 0]
    return start[: min(ends)] + b"\r\n" if ends else start[: start.rfind(b"\n") + 1]
