"""Views: what a mail program sees of one mailbox, read by uid, and what changed in it since a modseq.

Called by core for IMAP (and later ActiveSync, EWS, the webmail). Every question is answered in slices, so that a mailbox of any
size costs bounded memory; lists of flags come from an index alone, without touching the wide rows.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.storage.database import Row, Tx
from mailwright.storage.messages import Flag

SLICE = 1_000
"""Uids in one question. SQLite takes 32,766 parameters; less keeps a slow client's memory and a reader's time small."""
WINDOW = 4_096  # uids counted at once when a mailbox is opened
DEARER = 4  # a row found by the journal has to be fetched from the table, one found by the mailbox is in its index
DENSE = 4  # a range is read whole when at least every fourth uid of it is wanted

_WIDE = {
    "id": "m.id",
    "uid": "m.uid",
    "modseq": "m.modseq",
    "flags": "m.flags",
    "keywords": "m.keywords",
    "thread_id": "m.thread_id",
    "message_id": "m.message_id",
    "subject": "m.subject",
    "sender": "m.sender",
    "headers": "m.headers",
    "structure": "m.structure",
    "preview": "m.preview",
    "attachments": "m.attachments",
    "size": "m.size",
    "blob_id": "m.blob_id",
    "checksum": "m.checksum",
    "sent_at": "m.sent_at",
    "received_at": "m.received_at",
    "saved_at": "coalesce(m.saved_at, m.received_at)",
    "origin": "m.origin",
    "correlation_id": "m.correlation_id",
    "envelope": "e.envelope",
}
COLUMNS = frozenset(_WIDE)
"""What `rows` can be asked for; `envelope` is the kept ENVELOPE answer or None."""


@dataclass(frozen=True, slots=True)
class Change:
    """A message whose flags (or content) have another modseq than before."""

    uid: int
    flags: int
    modseq: int
    keywords: tuple[str, ...]


def uids(tx: Tx, mailbox_id: str) -> array[int]:
    """Every uid of a mailbox, ascending."""
    found: array[int] = array("I")
    start: int | None = tx.scalar("SELECT min(uid) FROM messages WHERE mailbox_id = ?", (mailbox_id,))
    while start is not None:
        window = (mailbox_id, start, start + WINDOW - 1)
        count, last = tx.one(
            "SELECT count(*), max(uid) FROM messages WHERE mailbox_id = ? AND uid BETWEEN ? AND ?", window
        ) or (0, 0)
        if count == last - start + 1:  # without a gap, as most of most mailboxes is: nothing to bring over one by one
            found.extend(range(start, last + 1))
        else:
            rows = tx.all("SELECT uid FROM messages WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid", window)
            found.extend([row[0] for row in rows])
        start = tx.scalar("SELECT min(uid) FROM messages WHERE mailbox_id = ? AND uid > ?", (mailbox_id, last))
    return found


def first_uids(tx: Tx, mailbox_id: str, limit: int) -> list[int]:
    """The lowest uids, ascending."""
    rows = tx.all("SELECT uid FROM messages WHERE mailbox_id = ? ORDER BY uid LIMIT ?", (mailbox_id, limit))
    return [row[0] for row in rows]


def delivered_since(tx: Tx, user_id: str, modseq: int) -> bool:
    """Whether mail was delivered to the account after that modseq which is still there."""
    return (
        tx.one(
            "SELECT 1 FROM messages WHERE user_id = ? AND modseq > ? AND created_modseq > ? "
            "AND inbound_id IS NOT NULL LIMIT 1",
            (user_id, modseq, modseq),
        )
        is not None
    )


def uids_from(tx: Tx, mailbox_id: str, uid: int) -> list[int]:
    """The uids that are `uid` or higher, ascending."""
    return [
        row[0]
        for row in tx.all("SELECT uid FROM messages WHERE mailbox_id = ? AND uid >= ? ORDER BY uid", (mailbox_id, uid))
    ]


def uid_of(tx: Tx, message_id: str) -> int:
    """The uid of a message that is there."""
    return int(tx.scalar("SELECT uid FROM messages WHERE id = ?", (message_id,)))


def first_unseen(tx: Tx, mailbox_id: str) -> int | None:
    """The lowest uid without \\Seen."""
    found: int | None = tx.scalar(
        "SELECT uid FROM messages WHERE mailbox_id = ? AND flags & 1 = 0 ORDER BY uid LIMIT 1", (mailbox_id,)
    )
    return found


def listed(tx: Tx, mailbox_id: str, wanted: Sequence[int]) -> list[tuple[int, int, int, str]]:
    """(uid, flags, modseq, keywords as JSON) of the wanted uids (ascending, at most SLICE) that are there, ascending."""
    return _rows(tx, "m.uid, m.flags, m.modseq, m.keywords", "messages m", mailbox_id, wanted)


def rows(tx: Tx, mailbox_id: str, wanted: Sequence[int], columns: Sequence[str]) -> list[Row]:
    """The asked-for COLUMNS, uid first, of the wanted uids (ascending, at most SLICE) that are there, ascending."""
    names = ", ".join(_WIDE[column] for column in columns)
    source = "messages m"
    if "envelope" in columns:
        source += " LEFT JOIN imap_envelopes e ON e.message_id = m.id"
    return _rows(tx, f"m.uid, {names}", source, mailbox_id, wanted)


def keep_envelopes(tx: Tx, envelopes: Iterable[tuple[str, bytes]]) -> None:
    """Remember ENVELOPE answers by message id, of those messages that are still there."""
    tx.executemany(
        "INSERT INTO imap_envelopes (message_id, envelope) SELECT id, ? FROM messages WHERE id = ? ON CONFLICT DO NOTHING",
        [(envelope, message_id) for message_id, envelope in envelopes],
    )


def changed_since(tx: Tx, user_id: str, mailbox_id: str, modseq: int) -> list[Change]:
    """Messages of the mailbox with a higher modseq, by uid."""
    if _few(tx, "messages", "total", user_id, mailbox_id, modseq):
        found = tx.all(_CHANGED_BY_JOURNAL, (user_id, modseq, mailbox_id))
    else:
        found = tx.all(_CHANGED_BY_MAILBOX, (mailbox_id, modseq))
    return [Change(row[0], row[1], row[2], keywords_of(row[3])) for row in found]


def vanished_since(tx: Tx, user_id: str, mailbox_id: str, modseq: int) -> list[int]:
    """The uids that left the mailbox after `modseq`, ascending."""
    if _few(tx, "tombstones", "uidnext - total", user_id, mailbox_id, modseq):
        found = tx.all(_VANISHED_BY_JOURNAL, (user_id, modseq, mailbox_id))
    else:
        found = tx.all(_VANISHED_BY_MAILBOX, (mailbox_id, modseq))
    return [row[0] for row in found]


# Two ways to the same answer. By the journal of the account (user, modseq): the mailbox may be large and the changes few;
# the odd comparison keeps SQLite on that index. By the mailbox: it may be small, or at rest for a long time, in a busy account.
_CHANGED_BY_JOURNAL = (
    "SELECT uid, flags, modseq, keywords FROM messages "
    "WHERE user_id = ? AND modseq > ? AND (mailbox_id = ?) = (1 = 1) ORDER BY uid"
)
_CHANGED_BY_MAILBOX = (
    "SELECT uid, flags, modseq, keywords FROM messages WHERE mailbox_id = ? AND modseq > ? ORDER BY uid"
)
_VANISHED_BY_JOURNAL = (
    "SELECT uid FROM tombstones WHERE user_id = ? AND modseq > ? AND (mailbox_id = ?) = (1 = 1) ORDER BY uid"
)
_VANISHED_BY_MAILBOX = "SELECT uid FROM tombstones WHERE mailbox_id = ? AND modseq > ? ORDER BY uid"


def _few(tx: Tx, table: str, held: str, user_id: str, mailbox_id: str, modseq: int) -> bool:
    """Whether the account's changes since are fewer than what the mailbox holds of the table's rows."""
    bound = (tx.scalar(f"SELECT {held} FROM mailboxes WHERE id = ?", (mailbox_id,)) or 0) // DEARER
    counted = f"SELECT 1 FROM {table} WHERE user_id = ? AND modseq > ? LIMIT ?"
    return bool(tx.scalar(f"SELECT count(*) FROM ({counted}) AS found", (user_id, modseq, bound + 1)) <= bound)


def oldest_tombstone(tx: Tx, user_id: str) -> int:
    """The modseq of the oldest tombstone that is kept; what was removed before is not known any more. 0 when there is none."""
    return tx.scalar("SELECT min(modseq) FROM tombstones WHERE user_id = ?", (user_id,)) or 0


def deleted_uids(tx: Tx, mailbox_id: str) -> list[int]:
    """The uids with \\Deleted, ascending."""
    return [
        row[0]
        for row in tx.all(
            "SELECT uid FROM messages WHERE mailbox_id = ? AND flags & 8 <> 0 ORDER BY uid", (mailbox_id,)
        )
    ]


def deleted_count(tx: Tx, mailbox_id: str) -> tuple[int, int]:
    """How many messages have \\Deleted, and their size together."""
    row = tx.one(
        "SELECT count(*), coalesce(sum(size), 0) FROM messages WHERE mailbox_id = ? AND flags & 8 <> 0", (mailbox_id,)
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def keywords_in(tx: Tx, mailbox_id: str) -> set[str]:
    """Every keyword that a message of the mailbox has."""
    found = tx.all("SELECT DISTINCT keywords FROM messages WHERE mailbox_id = ? AND keywords <> '[]'", (mailbox_id,))
    return {keyword for row in found for keyword in keywords_of(row[0])}


def to_mark(tx: Tx, mailbox_id: str, wanted: Sequence[int]) -> list[tuple[int, int, int, str]]:
    """`listed` for a change: the rows stay as they are until this transaction ends."""
    return _rows(tx, "m.uid, m.flags, m.modseq, m.keywords", "messages m", mailbox_id, wanted, tx.exclusive)


def mark(tx: Tx, mailbox_id: str, modseq: int, changes: Sequence[tuple[int, int, str]]) -> None:
    """Write (uid, flags, keywords as JSON) of messages that changed, ascending; runs of neighbours that agree are one statement.

    One that loses \\Deleted comes anew: for JMAP it was not there (RFC 8621 §4.1.1), and a client was told that it went.
    """
    runs: list[tuple[int, str, int, int, int, str, int, int]] = []
    start = 0
    for index in range(1, len(changes) + 1):
        first, last = changes[start], changes[index - 1]
        if index == len(changes) or changes[index][0] != last[0] + 1 or changes[index][1:] != first[1:]:
            gone = int(first[1] & Flag.DELETED)
            runs.append((first[1], first[2], modseq, gone, modseq, mailbox_id, first[0], last[0]))
            start = index
    # No uid lies between two that follow each other: each of these changes what it should and nothing else.
    tx.executemany(
        "UPDATE messages SET flags = ?, keywords = ?, modseq = ?, "
        f"created_modseq = CASE WHEN flags & {Flag.DELETED.value} > ? THEN ? ELSE created_modseq END "
        "WHERE mailbox_id = ? AND uid BETWEEN ? AND ?",
        runs,
    )


def to_take(tx: Tx, mailbox_id: str, wanted: Sequence[int]) -> list[tuple[int, str, int, int, str, str]]:
    """(uid, id, size, flags, blob id, thread id) of the wanted uids (at most SLICE), held until this transaction ends."""
    return _rows(
        tx, "m.uid, m.id, m.size, m.flags, m.blob_id, m.thread_id", "messages m", mailbox_id, wanted, tx.exclusive
    )


def put_copies(
    tx: Tx,
    copies: Iterable[tuple[str, str, int, str | None]],
    *,
    user_id: str,
    mailbox_id: str,
    modseq: int,
    now: Instant,
    flags: int,
    words: bool,
    foreign: bool,
) -> None:
    """Copies on the same blobs: (id of the source, id of the copy, uid of the copy, its thread or None for the source's).

    `flags` are those that are copied, `words` says whether keywords are. `foreign`: it is another account's mail, whose words
    are a stranger's here and whose delivery was not ours.
    """
    tx.executemany(
        _COPY_FOREIGN if foreign else _COPY,
        [
            (copy, user_id, mailbox_id, uid, modseq, modseq, thread, flags, int(words), now, source)
            for source, copy, uid, thread in copies
        ],
    )


def relocate(tx: Tx, moves: Iterable[tuple[str, int]], mailbox_id: str, modseq: int, now: Instant) -> None:
    """Put messages (id, new uid) into another mailbox of the same account."""
    tx.executemany(
        "UPDATE messages SET mailbox_id = ?, uid = ?, modseq = ?, saved_at = ? WHERE id = ?",
        [(mailbox_id, uid, modseq, now, message_id) for message_id, uid in moves],
    )


def keywords_of(text: str) -> tuple[str, ...]:
    """The keywords of a row."""
    return tuple(json.loads(text)) if text != "[]" else ()


_COPY_OF = (
    "INSERT INTO messages (id, tenant_id, user_id, mailbox_id, uid, modseq, created_modseq, thread_id, flags, keywords, "
    "message_id, subject, sender, headers, structure, preview, attachments, size, blob_id, checksum, inbound_id, origin, "
    "correlation_id, sent_at, received_at, saved_at, account_id) "
    "SELECT ?, tenant_id, ?, ?, ?, ?, ?, coalesce(?, thread_id), flags & ?, CASE WHEN ? = 1 THEN keywords ELSE '[]' END, "
    "message_id, subject, sender, headers, structure, preview, attachments, size, blob_id, checksum, {provenance}, "
    "correlation_id, sent_at, received_at, ?, {account} FROM messages WHERE id = ?"
)
_COPY = _COPY_OF.format(provenance="inbound_id, origin", account="account_id")
_COPY_FOREIGN = _COPY_OF.format(provenance=f"NULL, '{Origin.STRANGER.value}'", account="NULL")


def _rows(tx: Tx, names: str, source: str, mailbox_id: str, wanted: Sequence[int], tail: str = "") -> list[Any]:
    if not wanted:
        return []
    low, high = wanted[0], wanted[-1]
    if high - low < DENSE * len(wanted):
        found = tx.all(
            f"SELECT {names} FROM {source} WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid{tail}",
            (mailbox_id, low, high),
        )
        if high - low + 1 == len(wanted):
            return found
        asked = set(wanted)
        return [row for row in found if row[0] in asked]
    marks = ", ".join("?" * len(wanted))
    return tx.all(
        f"SELECT {names} FROM {source} WHERE m.mailbox_id = ? AND m.uid IN ({marks}) ORDER BY m.uid{tail}",
        (mailbox_id, *wanted),
    )
