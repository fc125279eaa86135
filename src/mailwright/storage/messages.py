"""Messages in mailboxes: the rows, their threads and their tombstones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, TypeAlias

from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import new_id
from mailwright.storage import triageplaces
from mailwright.storage.database import Row, Tx

REDACTED = "redacted:"  # before the checksum of a message whose text was removed


class Flag(IntFlag):
    """The system flags (RFC 9051 §2.3.2) as bits of `messages.flags`."""

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as its row has it; the bytes are in the blob.

    `headers` has `from`, `to`, `cc`, `reply_to` as lists of [name, address] and `in_reply_to`, `references` as lists.
    `structure` is the JSON of `codecs.mime.Part`. `origin` says whose words it is made of; `account_id` who signed in to send it.
    """

    id: str
    tenant_id: str
    user_id: str
    mailbox_id: str
    uid: int
    modseq: int
    thread_id: str
    flags: Flag
    keywords: tuple[str, ...]
    message_id: str | None
    subject: str
    sender: str
    headers: dict[str, Any]
    structure: str
    preview: str
    attachments: int
    size: int
    blob_id: str
    checksum: str
    inbound_id: str | None
    origin: Origin
    correlation_id: str
    sent_at: Instant | None
    received_at: Instant
    account_id: str | None
    envelope_sender: str | None

    @property
    def is_redacted(self) -> bool:
        return self.checksum.startswith(REDACTED)


_SELECT = (
    "SELECT m.id, m.tenant_id, m.user_id, m.mailbox_id, m.uid, m.modseq, m.thread_id, m.flags, m.keywords, m.message_id, "
    "m.subject, m.sender, m.headers, m.structure, m.preview, m.attachments, m.size, m.blob_id, m.checksum, m.inbound_id, "
    "m.origin, m.correlation_id, m.sent_at, m.received_at, m.account_id, i.sender "
    "FROM messages m LEFT JOIN inbound i ON i.id = m.inbound_id "
)

_INSERT = (
    "INSERT INTO messages (id, tenant_id, user_id, mailbox_id, uid, modseq, created_modseq, thread_id, flags, keywords, "
    "message_id, subject, sender, headers, structure, preview, attachments, size, blob_id, checksum, inbound_id, origin, "
    "correlation_id, sent_at, received_at, saved_at, account_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert(tx: Tx, values: Sequence[Any]) -> None:
    """One row, its values in the order of the columns above: the hot path of filing."""
    tx.execute(_INSERT, values)


def by_id(tx: Tx, message_id: str) -> StoredMessage | None:
    """The message of that id (ours, not the header field)."""
    row = tx.one(_SELECT + "WHERE m.id = ?", (message_id,))
    return _stored(row) if row else None


def in_thread(tx: Tx, user_id: str, thread_id: str, limit: int) -> list[StoredMessage]:
    """The newest `limit` messages of a thread of one user, oldest first."""
    rows = tx.all(
        _SELECT + "WHERE m.thread_id = ? AND m.user_id = ? ORDER BY m.received_at DESC, m.id DESC LIMIT ?",
        (thread_id, user_id, limit),
    )
    return [_stored(row) for row in reversed(rows)]


def in_mailbox(tx: Tx, mailbox_id: str, limit: int) -> list[StoredMessage]:
    """The newest `limit` messages of a mailbox, newest first."""
    return [
        _stored(r) for r in tx.all(_SELECT + "WHERE m.mailbox_id = ? ORDER BY m.uid DESC LIMIT ?", (mailbox_id, limit))
    ]


def with_message_id(tx: Tx, user_id: str, header: str) -> list[StoredMessage]:
    """A user's messages whose Message-ID field is `header` (`<…>`)."""
    return [_stored(r) for r in tx.all(_SELECT + "WHERE m.user_id = ? AND m.message_id = ?", (user_id, header))]


def with_ids(tx: Tx, message_ids: Sequence[str]) -> list[StoredMessage]:
    """The messages of those ids that are there, in no order; at most a few hundred at once."""
    if not message_ids:
        return []
    marks = ", ".join("?" * len(message_ids))
    return [_stored(row) for row in tx.all(_SELECT + f"WHERE m.id IN ({marks})", tuple(message_ids))]


def older_than(tx: Tx, mailbox_id: str, before: Instant, limit: int) -> list[StoredMessage]:
    """Messages of a mailbox that came before a moment."""
    rows = tx.all(
        _SELECT + "WHERE m.mailbox_id = ? AND m.received_at < ? ORDER BY m.uid LIMIT ?", (mailbox_id, before, limit)
    )
    return [_stored(row) for row in rows]


def set_flags(tx: Tx, message_id: str, flags: Flag, keywords: Iterable[str], modseq: int) -> None:
    """Replace flags and keywords."""
    tx.execute(
        "UPDATE messages SET flags = ?, keywords = ?, modseq = ? WHERE id = ?",
        (int(flags), json.dumps(sorted(keywords)), modseq, message_id),
    )


def set_received_at(tx: Tx, message_id: str, received_at: Instant) -> None:
    """Of a copy made in this transaction: to every client it never changes."""
    tx.execute("UPDATE messages SET received_at = ? WHERE id = ?", (received_at, message_id))


Place: TypeAlias = tuple[str, int, str, str, str]
"""Where a message was: mailbox, uid, user, message, thread."""


def remove(tx: Tx, places: Sequence[Place], modseq: int, now: Instant) -> None:
    """Take rows away and leave tombstones, from which every client learns of it."""
    triageplaces.let_go(tx, [message_id for _, _, _, message_id, _ in places])
    ids = [(message_id,) for _, _, _, message_id, _ in places]
    tx.executemany("DELETE FROM messages WHERE id = ?", ids)
    tx.executemany("DELETE FROM imap_envelopes WHERE message_id = ?", ids)
    tx.executemany("DELETE FROM snoozes WHERE message_id = ?", ids)
    tx.executemany("DELETE FROM judgements WHERE message_id = ?", ids)
    bury(tx, places, modseq, now)


def bury(tx: Tx, places: Sequence[Place], modseq: int, now: Instant) -> None:
    """Leave a tombstone where each message was."""
    tx.executemany(
        "INSERT INTO tombstones (mailbox_id, uid, user_id, message_id, thread_id, modseq, removed_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*place, modseq, now) for place in places],
    )


def redact(tx: Tx, message_id: str, modseq: int, blob_id: str, size: int, checksum: str, structure: str) -> None:
    """Point the row at the blob that says "removed" and forget what the text was about.

    The checksum keeps the mark that it was done: nothing inside a message, which its sender wrote, can say so.
    """
    tx.execute(
        "UPDATE messages SET blob_id = ?, size = ?, checksum = ?, structure = ?, preview = '', attachments = 0, modseq = ? "
        "WHERE id = ?",
        (blob_id, size, REDACTED + checksum, structure, modseq, message_id),
    )
    tx.execute("DELETE FROM imap_envelopes WHERE message_id = ?", (message_id,))


def join_thread(tx: Tx, user_id: str, message_id: str | None, candidates: Sequence[str]) -> str:
    """The thread of a message: that of the first candidate we know, else its own. Remembers all of them under it.

    `candidates` are In-Reply-To, then References from the last to the first; the message's own id comes after them, so that a
    reply that arrived before what it answers is joined by it. Never by subject.
    """
    if message_id is None and not candidates:
        return new_id()
    if not candidates:
        found: str = tx.scalar(
            "INSERT INTO thread_refs (user_id, message_id, thread_id) VALUES (?, ?, ?) "
            "ON CONFLICT (user_id, message_id) DO UPDATE SET thread_id = thread_refs.thread_id RETURNING thread_id",
            (user_id, message_id, new_id()),
        )
        return found
    wanted = [*candidates] if message_id is None else [*candidates, message_id]
    marks = ", ".join("?" * len(wanted))
    known: dict[str, str] = dict(
        tx.all(
            f"SELECT message_id, thread_id FROM thread_refs WHERE user_id = ? AND message_id IN ({marks})",
            (user_id, *wanted),
        )
    )
    thread_id = next((known[reference] for reference in wanted if reference in known), None) or new_id()
    fresh = [(user_id, reference, thread_id) for reference in dict.fromkeys(wanted) if reference not in known]
    if fresh:
        tx.executemany(
            "INSERT INTO thread_refs (user_id, message_id, thread_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", fresh
        )
    return thread_id


def blob_in_use(tx: Tx, blob_id: str) -> bool:
    """Whether a message, an outgoing message, an upload, an approval, a hook's payload or a workspace file still needs the blob."""
    # One statement, one snapshot: between two, a local copy may be filed and its outbox row settled, and neither be seen.
    return bool(
        tx.scalar(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM messages WHERE blob_id = ?) "
            "OR EXISTS (SELECT 1 FROM outbox WHERE blob_id = ? AND status IN ('queued', 'sending', 'failed')) "
            "OR EXISTS (SELECT 1 FROM uploads WHERE blob_id = ?) "
            "OR EXISTS (SELECT 1 FROM approvals WHERE blob_id = ?) "
            "OR EXISTS (SELECT 1 FROM hook_payloads WHERE blob_id = ?) "
            "OR EXISTS (SELECT 1 FROM workspace_files WHERE blob_id = ?) THEN 1 ELSE 0 END",
            (blob_id,) * 6,
        )
    )


def _stored(row: Row) -> StoredMessage:
    values = list(row)
    values[7] = Flag(values[7])
    values[8] = tuple(json.loads(values[8]))
    values[12] = json.loads(values[12])
    values[20] = Origin(values[20])
    return StoredMessage(*values)
