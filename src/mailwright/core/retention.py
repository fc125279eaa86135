"""Retention: what expires, what is redacted, and the collection of blobs that nobody needs any more.

Called by the retention consumer (`collect`, for each event of the stream) and by the nightly sweep (`sweep`).
Promises: only policies remove mail, each removal leaves a tombstone and an event; a blob is deleted only when no message,
outgoing message or workspace file needs it; a crash between row and file leaves a file that the next sweep collects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from mailwright.codecs import mime
from mailwright.core import Core
from mailwright.core.expunge import expunge
from mailwright.core.messages import load
from mailwright.domain import clock
from mailwright.domain.events import BLOB_RELEASED, MESSAGE_CHANGED, Event
from mailwright.storage import Tx, accounts, audit, events, inbound
from mailwright.storage import messages as rows
from mailwright.storage import retention as policies
from mailwright.storage.blobs import StoredBlob

log = structlog.get_logger(__name__)

BATCH = 200  # messages in one transaction: a sweep never holds up deliveries for long
STAGED_KEPT = clock.HOUR  # a staged blob whose transaction has not come by then never will
NOTICE = "The text of this message was removed under the retention policy of its mailbox.\r\n"


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    expired: int = 0
    redacted: int = 0
    collected: int = 0
    forgotten: int = 0
    errors: list[str] = field(default_factory=list)


async def collect(core: Core, batch: Sequence[Event]) -> None:
    """Delete the blobs that the events of a batch released, if nobody else needs them."""
    for event in batch:
        blob_id = event.payload.get("blob_id")
        if isinstance(blob_id, str):
            await _collect_one(core, blob_id)


async def sweep(core: Core) -> Swept:
    """Apply every policy once. Raises nothing for one mailbox's sake: its error is in the answer."""
    swept, now = Swept(), clock.now()
    for mailbox_id, days in await core.read(policies.expiring_mailboxes):
        while removed := await core.write(lambda tx, m=mailbox_id, d=days: _expire(tx, m, now - d * clock.DAY)):  # type: ignore[misc]
            swept.expired += removed
    if core.settings.redact_after is not None:
        swept.redacted = await _redact_all(core, now - core.settings.redact_after)
    swept.forgotten = await core.write(lambda tx: inbound.purge(tx, now - core.settings.inbound_kept, 10_000))
    await core.write(lambda tx: audit.purge(tx, now - core.settings.audit_kept))
    for blob_id in await core.read(lambda tx: policies.orphaned_blobs(tx, now - STAGED_KEPT, 10_000)):
        swept.collected += await _collect_one(core, blob_id)
    swept.collected += await asyncio.to_thread(_collect_staged, core, now - STAGED_KEPT)
    log.info("retention.swept", expired=swept.expired, redacted=swept.redacted, collected=swept.collected)
    return swept


async def redact(core: Core, message_id: str) -> bool:
    """Replace the body of a message by a notice; its header stays. False when that was done before. Raises NotFound."""
    message = await core.read(lambda tx: load(tx, message_id))
    raw = await core.blobs.read(message.blob_id)
    parsed = mime.parse(raw)
    if parsed.header.raw("x-mailwright-redacted"):
        return False
    kept = raw[: parsed.root.body_start].rstrip(b"\r\n").split(b"\n")
    header = b"\n".join(_without_body_fields(kept))
    redacted = (
        header.rstrip(b"\r\n")
        + f"\r\nX-Mailwright-Redacted: {clock.to_iso(clock.now())}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
        f"{NOTICE}".encode()
    )
    blob = await core.blobs.stage(message.tenant_id, redacted)
    structure = mime.parse(redacted).root.to_json()
    await core.write(lambda tx: _point_at(tx, core, message_id, blob, structure))
    return True


def _without_body_fields(lines: list[bytes]) -> list[bytes]:
    """The header's lines without the Content-… fields, which no longer tell the truth."""
    kept, dropping = [], False
    for line in lines:
        if line[:1] not in (b" ", b"\t"):
            dropping = line[:8].lower() == b"content-"
        if not dropping:
            kept.append(line)
    return kept


def _expire(tx: Tx, mailbox_id: str, before: clock.Instant) -> int:
    return expunge(tx, rows.older_than(tx, mailbox_id, before, BATCH), because="expired")


async def _redact_all(core: Core, before: clock.Instant) -> int:
    count = 0
    while found := await core.read(lambda tx: policies.unredacted(tx, before, BATCH)):
        done = [message_id for message_id in found if await redact(core, message_id)]
        count += len(done)
        if not done:
            break
    return count


def _point_at(tx: Tx, core: Core, message_id: str, blob: StoredBlob, structure: str) -> None:
    message = load(tx, message_id)
    modseq = accounts.next_modseq(tx, message.user_id, freed=message.size - blob.size)
    core.blobs.put(tx, blob)
    rows.redact(tx, message_id, modseq, blob.id, blob.size, blob.checksum, structure)
    policies.touch_mailbox(tx, message.mailbox_id, modseq)
    events.append(
        tx,
        MESSAGE_CHANGED,
        message.mailbox_id,
        {"message_id": message_id, "mailbox_id": message.mailbox_id, "user_id": message.user_id, "modseq": modseq},
    )
    events.append(tx, BLOB_RELEASED, message.blob_id, {"blob_id": message.blob_id})


async def _collect_one(core: Core, blob_id: str) -> int:
    def delete(tx: Tx) -> tuple[bool, str | None]:
        if rows.blob_in_use(tx, blob_id):
            return False, None
        return True, core.blobs.delete(tx, blob_id)

    deleted, outside = await core.write(delete)
    if outside is not None:
        await asyncio.to_thread(core.blobs.delete_outside, outside)
    return int(deleted)


def _collect_staged(core: Core, before: clock.Instant) -> int:
    """Files and objects without a row: their transaction never came, or their row went before a crash."""
    old = [key for key, written in core.blobs.outside_keys() if written < before]
    count = 0
    for start in range(0, len(old), BATCH):
        keys = old[start : start + BATCH]
        named = core.database.read_now(lambda tx, k=keys: policies.named_keys(tx, k))  # type: ignore[misc]
        for key in keys:
            if key not in named:
                core.blobs.delete_outside(key)
                count += 1
    return count
