"""Messages in mailboxes: loading them, and filing one more.

Called by filing (deliveries), submission and agents (copies in Sent), appending (what a client or an import brings) and the
command line. Promises: what `append` files is counted, threaded, and told of by one event, all in the caller's transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from mailwright.codecs.mime import Mailbox, Parsed
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.events import MESSAGE_APPENDED, MESSAGE_DELIVERED
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import ExceedsQuota, MailboxFull, NotFound, Refusal
from mailwright.storage import StoredBlob, Tx, accounts, events, mailboxes
from mailwright.storage import messages as rows
from mailwright.storage.messages import Flag, StoredMessage

__all__ = ["Flag", "StoredMessage", "append", "in_thread", "load"]

MAX_THREAD_MESSAGES = 200  # what a reader of a thread gets at most: the newest
MAX_REFERENCES = 50  # ids looked up to find a thread: the nearest matter, and a hostile list must not cost a scan
MAX_SUBJECT = 1_000  # characters kept in the row; the whole field stays in the blob
MAX_LISTED_ADDRESSES = 200  # of one header field, kept in the row

NO_FLAGS = Flag(0)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a message came from: its inbound row, whose words it is, and the id that follows it through the logs.

    `account_id` is who signed in to send or append it, None when nobody did.
    """

    origin: Origin
    correlation_id: str
    inbound_id: str | None = None
    keywords: tuple[str, ...] = ()
    account_id: str | None = None


def load(tx: Tx, message_id: str) -> StoredMessage:
    """The message of that id (ours, not its Message-ID field). Raises NotFound."""
    found = rows.by_id(tx, message_id)
    if found is None:
        raise NotFound(f"there is no message {message_id}")
    return found


def in_thread(tx: Tx, thread_id: str, user_id: str) -> list[StoredMessage]:
    """The messages of one user's thread, oldest first, at most the newest MAX_THREAD_MESSAGES."""
    return rows.in_thread(tx, user_id, thread_id, MAX_THREAD_MESSAGES)


def append(
    tx: Tx,
    *,
    tenant_id: str,
    user_id: str,
    role: str,
    blob: StoredBlob,
    parsed: Parsed,
    provenance: Provenance,
    received_at: Instant,
    flags: Flag = NO_FLAGS,
    enforce_quota: bool = True,
    mailbox_id: str | None = None,
    delivered: bool = True,
    saved_at: Instant | None = None,
) -> str:
    """File one message into the user's mailbox of that role, or into that of `mailbox_id`.

    `blob` is named by this transaction or an earlier one. `delivered` False: its owner put it there, which wakes no agent;
    `saved_at` is when, if not at `received_at`.

    Returns the new message's id. Raises MailboxFull, ExceedsQuota (with `enforce_quota`), NotFound when there is no such mailbox;
    then nothing is filed or counted.
    """
    modseq = accounts.take_room(tx, user_id, blob.size, enforce=enforce_quota)
    if modseq is None:
        raise no_room(tx, user_id, blob.size)
    taken = mailboxes.take_uid(
        tx, user_id, role, modseq, blob.size, unseen=not flags & Flag.SEEN, mailbox_id=mailbox_id
    )
    if taken is None:
        accounts.next_modseq(tx, user_id, freed=blob.size)  # who catches this keeps the transaction
        raise NotFound(f"the account has no {role} mailbox")
    mailbox_id, uid = taken
    message_id = new_id()
    thread_id = rows.join_thread(tx, user_id, parsed.message_id, thread_candidates(parsed))
    rows.insert(
        tx,
        (
            message_id,
            tenant_id,
            user_id,
            mailbox_id,
            uid,
            modseq,
            modseq,
            thread_id,
            int(flags),
            _encode(list(provenance.keywords)) if provenance.keywords else "[]",
            parsed.message_id,
            storable(parsed.subject[:MAX_SUBJECT]),
            storable(parsed.from_[0].address) if parsed.from_ else "",
            headers_json(parsed),
            parsed.root.to_json(),
            storable(parsed.preview),
            len(parsed.attachments),
            blob.size,
            blob.id,
            blob.checksum,
            provenance.inbound_id,
            provenance.origin.value,
            provenance.correlation_id,
            parsed.date,
            received_at,
            saved_at,
            provenance.account_id,
        ),
    )
    events.append(
        tx,
        MESSAGE_DELIVERED if delivered else MESSAGE_APPENDED,
        mailbox_id,
        {
            "message_id": message_id,
            "mailbox_id": mailbox_id,
            "user_id": user_id,
            "tenant_id": tenant_id,
            "thread_id": thread_id,
            "role": role,
            "uid": uid,
            "modseq": modseq,
        },
        correlation_id=provenance.correlation_id,
    )
    return message_id


def thread_candidates(parsed: Parsed) -> list[str]:
    """The ids that decide the thread, in order of weight: In-Reply-To, then References from the nearest to the first."""
    wanted = [*parsed.in_reply_to, *reversed(parsed.references)]
    return list(dict.fromkeys(wanted))[:MAX_REFERENCES]


def headers_json(parsed: Parsed) -> str:
    """What lists, threads and replies need of the header, as the row keeps it.

    Only where there is something to say, and since `v` 2: `sender`, `bcc`; `zone`, in which the Date field was written (seconds
    east of UTC); `odd`, the fields that the row says less of than the header does: empty, there several times, or cut.
    """
    kept: dict[str, object] = {
        "from": _pairs(parsed.from_),
        "to": _pairs(parsed.to),
        "cc": _pairs(parsed.cc),
        "reply_to": _pairs(parsed.reply_to),
        "in_reply_to": parsed.in_reply_to,
        "references": parsed.references[-MAX_REFERENCES:],
        "v": 2,
    }
    more = {
        "sender": _pairs(parsed.sender),
        "bcc": _pairs(parsed.bcc),
        "zone": parsed.header.zone() if parsed.date is not None else 0,
        "odd": _odd(parsed),
    }
    return storable(_encode(kept | {name: value for name, value in more.items() if value}))


def _odd(parsed: Parsed) -> list[str]:
    sizes = (
        ("From", len(parsed.from_), MAX_LISTED_ADDRESSES),
        ("Sender", len(parsed.sender), MAX_LISTED_ADDRESSES),
        ("Reply-To", len(parsed.reply_to), MAX_LISTED_ADDRESSES),
        ("To", len(parsed.to), MAX_LISTED_ADDRESSES),
        ("Cc", len(parsed.cc), MAX_LISTED_ADDRESSES),
        ("Bcc", len(parsed.bcc), MAX_LISTED_ADDRESSES),
        (
            "Message-ID",
            0 if parsed.message_id is None else max((parsed.header.raw("Message-ID") or "").count("<"), 1),
            1,
        ),
        ("In-Reply-To", len(parsed.in_reply_to), MAX_REFERENCES),
        ("References", len(parsed.references), MAX_REFERENCES),
        ("Subject", len(parsed.subject), MAX_SUBJECT),
        ("Date", 1, 1),
    )
    count = parsed.header.count
    return [name for name, size, most in sizes if (found := count(name)) and (found > 1 or not 0 < size <= most)]


def _pairs(mailboxes_: tuple[Mailbox, ...]) -> list[tuple[str, str]]:
    return [(mailbox.name, mailbox.address) for mailbox in mailboxes_[:MAX_LISTED_ADDRESSES]]


def storable(text: str) -> str:
    """Text both databases take: without NUL (PostgreSQL has none) and without lone surrogates (UTF-8 has none)."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def no_room(tx: Tx, user_id: str, size: int) -> Refusal:
    """Why `take_room` found none."""
    account = accounts.by_id(tx, user_id)
    if account is None:
        return NotFound("the account is gone")
    if account.quota_bytes is not None and size > account.quota_bytes:
        return ExceedsQuota(f"the message is larger than the whole mailbox may be ({account.quota_bytes} bytes)")
    return MailboxFull("the mailbox is full; try again when its owner has made room")
