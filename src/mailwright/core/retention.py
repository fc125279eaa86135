"""Retention: what expires, what is redacted, and the collection of blobs that nobody needs any more.

Called by the retention consumer (`collect`, for each event of the stream) and by the nightly sweep (`sweep`).
Promises: only policies remove mail, each removal leaves a tombstone and an event; a blob is deleted only when no message,
outgoing message or workspace file needs it, and only in a place that is ours (`storage.blobowner`); a crash between row and file leaves a file that the next sweep collects; follow-ups
that ended keep their texts, and what was gathered for them, no longer than mail its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import structlog

from mailwright.codecs import mime
from mailwright.core import Core
from mailwright.core.expunge import expunge
from mailwright.core.messages import load
from mailwright.domain import clock
from mailwright.domain.events import BLOB_RELEASED, MESSAGE_CHANGED, Event
from mailwright.domain.followups import AGENT
from mailwright.domain.refusals import Refusal
from mailwright.storage import (
    Tx,
    accounts,
    audit,
    events,
    followups,
    hook_payloads,
    inbound,
    mailboxes,
    outbox,
    reports,
    tasks,
)
from mailwright.storage import messages as rows
from mailwright.storage import retention as policies
from mailwright.storage.blobowner import LOOK_SECONDS
from mailwright.storage.blobs import StoredBlob
from mailwright.storage.outbox import Status

log = structlog.get_logger(__name__)

BATCH = 200  # messages in one transaction: a sweep never holds up deliveries for long
SLICE = 1_000  # rows of the smaller kinds
PAYLOADS_KEPT = 7 * clock.DAY  # a service that hands mail over tries for ten hours; people look a few days later
SPARED = 7 * clock.DAY  # after a restore: until people know whether it was to the right moment
STAGED_KEPT = clock.HOUR  # a staged blob whose transaction has not come by then never will
PLACE_SECONDS = 3.0  # a start waits so long for the object store
SETTLED: tuple[Status, ...] = ("sent", "failed", "cancelled")
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


async def collect_garbage(core: Core) -> int:
    """Remove what nobody names, rows and what lies outside, once it is older than STAGED_KEPT; how many. Nothing for a while after a
    restore. Raises TryLater."""
    if await core.read(policies.spared_until) > clock.now():
        return 0
    before = clock.now() - STAGED_KEPT
    return await _collect_orphans(core, before) + await asyncio.to_thread(_collect_staged, core, before)


def claim(core: Core, address: str = "", *, force: bool = False) -> dict[str, str]:
    """The place of large messages (or a former one, by its address) is this installation's from now on; whose it was. What others left
    there stays for a while. Blocks.

    Raises BadInput while another works there (unless `force`), TryLater.
    """
    owner = core.blobs.owner
    if owner is None:
        return {}
    place = owner.named(address)
    if owner.examined(place) != "ours":
        core.database.write_now(lambda tx: policies.spare(tx, max(clock.now() + SPARED, policies.spared_until(tx))))
    return {place.address: owner.claim(place, force=force)}


async def begin_in_places(core: Core) -> None:
    """At the start: whether large messages may be written where they are to be. A store that does not answer is asked again later.

    Raises AlreadyExists when the place is another's.
    """
    if core.blobs.owner is not None:
        try:
            await asyncio.wait_for(asyncio.to_thread(core.blobs.owner.begin), PLACE_SECONDS)
        except TimeoutError:
            log.warning("blobs.owner_unknown", hint="the place of messages does not answer; it is asked again")


async def watch_places(core: Core) -> None:
    """Look every minute whose the places of large messages are: only so two that take one for theirs find each other out."""
    while core.blobs.owner is not None:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await asyncio.to_thread(core.blobs.owner.look)
        except Exception:
            log.exception("retention.places_not_looked_at")


def is_needed(tx: Tx, blob_id: str) -> bool:
    """Whether somebody names the blob."""
    return rows.blob_in_use(tx, blob_id)


def is_named(tx: Tx, key: str) -> bool:
    """Whether a row names what lies outside under this key."""
    return bool(policies.named_keys(tx, [key]))


async def sweep(core: Core) -> Swept:
    """Apply every policy once. A message that cannot be redacted stops nothing: its error is in the answer. Raises TryLater."""
    swept, now = Swept(), clock.now()
    for mailbox_id, days in await core.read(policies.expiring_mailboxes):
        swept.expired += await _all_slices(core, lambda tx, m=mailbox_id, d=days: _expire(tx, m, now - d * clock.DAY))  # type: ignore[misc]
    await redact_old(core, swept)
    settings = core.settings
    swept.forgotten = await _all_slices(core, lambda tx: inbound.purge(tx, now - settings.inbound_kept, SLICE))
    await _all_slices(core, lambda tx: audit.purge(tx, now - settings.audit_kept, SLICE))
    for status in SETTLED:
        await _all_slices(core, lambda tx, s=status: outbox.purge(tx, s, now - settings.outbox_kept, SLICE))  # type: ignore[misc]
    await _all_slices(core, lambda tx: reports.purge(tx, now - settings.outbox_kept, SLICE))
    await _all_slices(core, lambda tx: hook_payloads.purge(tx, now - PAYLOADS_KEPT, SLICE))
    swept.collected += await collect_garbage(core)
    for error in swept.errors:
        log.error("retention.message_skipped", error=error)
    log.info("retention.swept", expired=swept.expired, redacted=swept.redacted, collected=swept.collected)
    return swept


async def redact_old(core: Core, swept: Swept) -> None:
    """Remove the texts that are as old as the settings say: of every message, and of follow-ups that ended; those of the concierge's
    mailboxes have a time of their own, too. Raises TryLater."""
    now, everything = clock.now(), core.settings.redact_after
    kept = core.settings.followups_kept if everything is None else min(core.settings.followups_kept, everything)
    if everything is not None:
        await _redact_all(core, now - everything, swept)
    await _redact_all(core, now - kept, swept, agent=AGENT)
    swept.redacted += await _all_slices(core, lambda tx: followups.redact_ended(tx, now - kept, now, SLICE))
    await _all_slices(core, lambda tx: tasks.forget_all_snapshots(tx, AGENT, now - kept, SLICE))


async def redact(core: Core, message_id: str) -> bool:
    """Replace the body of a message by a notice; its header stays. False when that was done before. Raises NotFound."""
    message = await core.read(lambda tx: load(tx, message_id))
    if message.is_redacted:
        return False
    raw = await core.blobs.read(message.blob_id)
    parsed = mime.parse(raw)
    kept = raw[: parsed.root.body_start].rstrip(b"\r\n").split(b"\n")
    header = b"\n".join(_without_body_fields(kept))
    redacted = (
        header.rstrip(b"\r\n")
        + f"\r\nX-Mailwright-Redacted: {clock.to_iso(clock.now())}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
        f"{NOTICE}".encode()
    )
    blob = await core.blobs.stage(message.tenant_id, redacted)
    structure = mime.parse(redacted).root.to_json()
    return await core.write(lambda tx: _point_at(tx, core, message_id, blob, structure))


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


async def _all_slices(core: Core, remove: Callable[[Tx], int]) -> int:
    """`remove` in one small transaction after the other, until there is nothing left. How many in all."""
    count = 0
    while removed := await core.write(remove):
        count += removed
    return count


async def _redact_all(core: Core, before: clock.Instant, swept: Swept, *, agent: str | None = None) -> None:
    after = policies.START
    while found := await core.read(partial(policies.unredacted, before=before, after=after, limit=BATCH, agent=agent)):
        for message_id in found:
            try:
                swept.redacted += await redact(core, message_id)
            except Refusal as error:  # it went meanwhile, or its bytes are gone or cannot be read now
                swept.errors.append(f"{message_id}: {error}")
        after = found[-1]


def _point_at(tx: Tx, core: Core, message_id: str, blob: StoredBlob, structure: str) -> bool:
    accounts.hold(tx, load(tx, message_id).user_id)
    message = load(tx, message_id)
    if message.is_redacted:
        return False
    modseq = accounts.next_modseq(tx, message.user_id, freed=message.size - blob.size)
    core.blobs.put(tx, blob)
    rows.redact(tx, message_id, modseq, blob.id, blob.size, blob.checksum, structure)
    mailboxes.count_changed(tx, message.mailbox_id, modseq, size=blob.size - message.size)
    events.append(
        tx,
        MESSAGE_CHANGED,
        message.mailbox_id,
        {"message_id": message_id, "mailbox_id": message.mailbox_id, "user_id": message.user_id, "modseq": modseq},
    )
    events.append(tx, BLOB_RELEASED, message.blob_id, {"blob_id": message.blob_id})
    return True


async def _collect_orphans(core: Core, before: clock.Instant) -> int:
    count = 0
    async for blob_id in unneeded(core, before):
        count += await _collect_one(core, blob_id)
    return count


async def unneeded(core: Core, before: clock.Instant) -> AsyncIterator[str]:
    """Rows that nobody names: what was left when a sender or a person was faster than the events. Raises TryLater."""
    after: str | None = policies.START
    while after is not None:
        orphans, after = await core.read(partial(policies.orphaned_blobs, before=before, after=after, limit=SLICE))
        for blob_id in orphans:
            yield blob_id


async def _collect_one(core: Core, blob_id: str) -> int:
    def delete(tx: Tx) -> tuple[bool, str | None]:
        core.blobs.reserve(tx, blob_id)  # a copy that is being made of it is counted, or finds it gone
        if rows.blob_in_use(tx, blob_id):
            return False, None
        return True, core.blobs.delete(tx, blob_id)

    deleted, outside = await core.write(delete)
    if outside is not None:
        await asyncio.to_thread(core.blobs.delete_outside, outside)
    return int(deleted)


def _collect_staged(core: Core, before: clock.Instant) -> int:
    count = 0
    for key in unnamed(core, before):
        count += core.blobs.delete_outside(key)
    return count


def unnamed(core: Core, before: clock.Instant) -> Iterator[str]:
    """Files and objects without a row that are older than a moment: their transaction never came, or their row went before a crash.

    Blocks. Raises TryLater.
    """
    old = (key for key, written in core.blobs.outside_keys() if written < before)
    while keys := list(islice(old, BATCH)):
        named = core.database.read_now(lambda tx, k=keys: policies.named_keys(tx, k))  # type: ignore[misc]
        yield from (key for key in keys if key not in named)
