"""Appending: a client, an import or a copy in Sent puts a message into a mailbox.

Called by IMAP APPEND, `mailwright import` and submission. Nothing here is a delivery: no agent wakes, no rule runs, and the words
of the message are a stranger's, whatever its From says, since whoever holds the mailbox may have got them from anywhere.
Promises: what `append` returned survives a power cut, with the flags and the date it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.core import Core, access, filing, marking, sentcopies
from mailwright.core.accounts import Account
from mailwright.core.messages import Provenance
from mailwright.core.messages import append as put
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import MessageTooLarge
from mailwright.storage import StoredBlob, Tx, accounts, views
from mailwright.storage.messages import Flag


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that is parsed and staged, ready to be filed."""

    blob: StoredBlob
    parsed: mime.Parsed


@dataclass(frozen=True, slots=True)
class Item:
    """One message of an APPEND. `date` None: now is its internal date."""

    raw: bytes
    flags: int = 0
    keywords: tuple[str, ...] = ()
    date: Instant | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the messages are: the uids in the order of the items."""

    uidvalidity: int
    uids: list[int]
    message_ids: list[str]


async def append(
    core: Core, account: Account, mailbox_id: str, items: Sequence[Item], *, correlation_id: str = ""
) -> Appended:
    """Put messages into a mailbox: all of them or none (RFC 3502 §6.3.11).

    Raises NotFound, NotPermitted, BadInput, MessageTooLarge, MailboxFull, ExceedsQuota, TryLater.
    """
    reached = await core.read(lambda tx: access.by_id(tx, account, mailbox_id))
    access.need(reached, "i")
    prepared = [await prepare(core, reached.mailbox.tenant_id, item.raw) for item in items]
    return await core.write(
        lambda tx: _file_sent(tx, core, account, mailbox_id, items, prepared, correlation_id), shared=True
    )


async def prepare(core: Core, tenant_id: str, raw: bytes) -> Prepared:
    """Parse and stage one message. Raises MessageTooLarge, TryLater."""
    if len(raw) > core.settings.max_message_bytes:
        raise MessageTooLarge(f"the message is larger than {core.settings.max_message_bytes} bytes")
    return Prepared(await core.blobs.stage(tenant_id, raw), await filing.parse(raw))


def prepare_now(core: Core, tenant_id: str, raw: bytes) -> Prepared:
    """`prepare` for threads that may block."""
    if len(raw) > core.settings.max_message_bytes:
        raise MessageTooLarge(f"the message is larger than {core.settings.max_message_bytes} bytes")
    return Prepared(core.blobs.stage_now(tenant_id, raw), mime.parse(raw))


def file_all(
    tx: Tx,
    core: Core,
    account: Account,
    mailbox_id: str,
    items: Sequence[Item],
    prepared: Sequence[Prepared],
    *,
    correlation_id: str = "",
) -> Appended:
    """File prepared messages in the caller's transaction. Raises what `append` raises."""
    reached = access.by_id(tx, account, mailbox_id)
    accounts.hold(tx, reached.mailbox.user_id)
    reached = access.by_id(tx, account, mailbox_id)  # it may have been deleted before it was held
    access.need(reached, "i")
    # RFC 4314 §4: flags the asker may not set there are left out, and it is no error.
    allowed, words = marking.settable(reached)
    mailbox, now = reached.mailbox, clock.now()
    placed: list[tuple[int, str]] = []
    for item, ready in zip(items, prepared, strict=True):
        keywords = _sorted(item.keywords) if words else ()
        marking.check_keywords(keywords)
        core.blobs.put(tx, ready.blob)
        message_id = put(
            tx,
            tenant_id=mailbox.tenant_id,
            user_id=mailbox.user_id,
            role=mailbox.role or "",
            mailbox_id=mailbox.id,
            blob=ready.blob,
            parsed=ready.parsed,
            provenance=Provenance(Origin.STRANGER, correlation_id, keywords=keywords, account_id=None),
            received_at=now if item.date is None else item.date,
            saved_at=now,
            flags=Flag(item.flags & allowed),
            delivered=False,
        )
        placed.append((views.uid_of(tx, message_id), message_id))
    return Appended(mailbox.uidvalidity, [uid for uid, _ in placed], [message_id for _, message_id in placed])


def _file_sent(
    tx: Tx,
    core: Core,
    account: Account,
    mailbox_id: str,
    items: Sequence[Item],
    prepared: Sequence[Prepared],
    correlation_id: str,
) -> Appended:
    """`file_all` for a client, whose own copy of what it just sent takes the place of ours."""
    mailbox = access.by_id(tx, account, mailbox_id).mailbox
    if mailbox.role == "sent":
        for ready in prepared:
            sentcopies.superseded(tx, mailbox.user_id, ready.parsed.message_id)
    return file_all(tx, core, account, mailbox_id, items, prepared, correlation_id=correlation_id)


def _sorted(keywords: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({word.lower(): word for word in keywords}.values()))
