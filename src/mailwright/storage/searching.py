"""What the search index and whoever asks it must know of the rows: what to index, how far it has come, whose a hit is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx
from mailwright.storage.messages import REDACTED

SLICE = 500  # ids in one question
WHOLE = 4  # a mailbox is read whole when at least every fourth message of it is asked for


@dataclass(frozen=True, slots=True)
class Indexable:
    """A message to be indexed: what the document needs besides the bytes."""

    id: str
    user_id: str
    blob_id: str
    structure: str
    attachments: int
    size: int
    received_at: Instant


@dataclass(frozen=True, slots=True)
class HitRow:
    """A message that was found, as its row has it now; enough to judge and to rank it."""

    id: str
    mailbox_id: str
    thread_id: str
    flags: int
    received_at: Instant


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A message that is shown: `headers` is the row's JSON."""

    id: str
    user_id: str
    uid: int
    size: int
    attachments: int
    received_at: Instant
    subject: str
    sender: str
    headers: str
    structure: str
    preview: str
    blob_id: str
    keywords: str


_INDEXABLE = "SELECT id, user_id, blob_id, structure, attachments, size, received_at FROM messages "


# --- what to index --------------------------------------------------------------------------------------------------


def indexable(tx: Tx, message_ids: Sequence[str]) -> list[Indexable]:
    """Those of the messages that are there."""
    return [
        Indexable(*row)
        for part in _slices(message_ids)
        for row in tx.all(f"{_INDEXABLE} WHERE id IN ({_marks(part)})", part)
    ]


def all_after(tx: Tx, message_id: str, limit: int, user_id: str | None = None) -> list[Indexable]:
    """The next `limit` messages by id; of one user when one is named."""
    if user_id is None:
        rows = tx.all(f"{_INDEXABLE} WHERE id > ? ORDER BY id LIMIT ?", (message_id, limit))
    else:
        rows = tx.all(f"{_INDEXABLE} WHERE id > ? AND user_id = ? ORDER BY id LIMIT ?", (message_id, user_id, limit))
    return [Indexable(*row) for row in rows]


def with_attachments_after(tx: Tx, message_id: str, limit: int) -> list[str]:
    """The next `limit` messages with attachments, by id."""
    rows = tx.all("SELECT id FROM messages WHERE id > ? AND attachments > 0 ORDER BY id LIMIT ?", (message_id, limit))
    return [row[0] for row in rows]


def count(tx: Tx, user_id: str | None = None) -> int:
    """How many messages there are; of one user when one is named."""
    if user_id is None:
        return int(tx.scalar("SELECT coalesce(sum(total), 0) FROM mailboxes"))
    return int(tx.scalar("SELECT coalesce(sum(total), 0) FROM mailboxes WHERE user_id = ?", (user_id,)))


def blobs_of(tx: Tx, message_ids: Sequence[str]) -> dict[str, str]:
    """The blob of each message that is there."""
    return {
        row[0]: row[1]
        for part in _slices(message_ids)
        for row in tx.all(f"SELECT id, blob_id FROM messages WHERE id IN ({_marks(part)})", part)
    }


# --- how far it has come --------------------------------------------------------------------------------------------


def advance(tx: Tx, reached: Mapping[str, int]) -> None:
    """Every message of these users with at most that modseq is in the index, or among the missing."""
    tx.executemany(
        "INSERT INTO search_progress (user_id, modseq) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE "
        "SET modseq = excluded.modseq WHERE search_progress.modseq < excluded.modseq",
        sorted(reached.items()),
    )


def note_missing(tx: Tx, message_id: str, user_id: str, because: str) -> None:
    """The index does not have this message though its turn has passed."""
    tx.insert(
        "search_missing",
        unless_exists=True,
        message_id=message_id,
        user_id=user_id,
        because=because,
        created_at=clock.now(),
    )


def missing_because(tx: Tx, reasons: Sequence[str], before: Instant, limit: int) -> list[str]:
    """Some of the messages that the index does not have for one of these reasons, noted before a moment; the longest missing first."""
    rows = tx.all(
        f"SELECT message_id FROM search_missing WHERE because IN ({_marks(reasons)}) AND created_at < ? "
        "ORDER BY created_at, message_id LIMIT ?",
        (*reasons, before, limit),
    )
    return [row[0] for row in rows]


def forget_missing(tx: Tx, message_ids: Iterable[str], *, before: Instant | None = None) -> None:
    """The index has these messages now, or they are gone; `before`: what was noted since then stays."""
    if before is None:
        tx.executemany("DELETE FROM search_missing WHERE message_id = ?", [(one,) for one in message_ids])
    else:
        older = [(one, before) for one in message_ids]
        tx.executemany("DELETE FROM search_missing WHERE message_id = ? AND created_at < ?", older)


def forget_missing_before(tx: Tx, moment: Instant) -> None:
    """The index was made anew since then: it has them, or they are noted again."""
    tx.execute("DELETE FROM search_missing WHERE created_at < ?", (moment,))


def modseqs(tx: Tx) -> dict[str, int]:
    """The modseq each user's mail has reached."""
    return {row[0]: row[1] for row in tx.all("SELECT id, modseq FROM users WHERE role <> 'guest'")}


def unsettled_uids(tx: Tx, user_id: str, mailbox_id: str) -> list[int]:
    """Messages of a mailbox that the index may not have, or not as they are now: its answers say nothing about them."""
    progress = tx.scalar("SELECT modseq FROM search_progress WHERE user_id = ?", (user_id,)) or 0
    # Written so that the index of the journal (user, modseq) is used: the mailbox may be large, the changes are few.
    rows = tx.all(
        "SELECT uid FROM messages WHERE user_id = ? AND modseq > ? AND (mailbox_id = ?) = (1 = 1) "
        "AND (created_modseq > ? OR checksum LIKE ?)",
        (user_id, progress, mailbox_id, progress, f"{REDACTED}%"),
    )
    rows += tx.all(
        "SELECT m.uid FROM search_missing s JOIN messages m ON m.id = s.message_id WHERE s.user_id = ? AND m.mailbox_id = ?",
        (user_id, mailbox_id),
    )
    return [row[0] for row in rows]


def uids_of(tx: Tx, mailbox_id: str, message_ids: Sequence[str], total: int) -> dict[str, int]:
    """The uids of those messages that are in the mailbox, which holds `total` messages."""
    if len(message_ids) * WHOLE > total:
        wanted = set(message_ids)
        rows = tx.all("SELECT id, uid FROM messages WHERE mailbox_id = ?", (mailbox_id,))
        return {row[0]: row[1] for row in rows if row[0] in wanted}
    return {
        row[0]: row[1]
        for part in _slices(message_ids)
        for row in tx.all(
            f"SELECT id, uid FROM messages WHERE id IN ({_marks(part)}) AND (mailbox_id = ?) = (1 = 1)",
            (*part, mailbox_id),
        )
    }


# --- what was found -------------------------------------------------------------------------------------------------


def hits(tx: Tx, message_ids: Sequence[str]) -> dict[str, HitRow]:
    """Those of the messages that are there."""
    return {
        row[0]: HitRow(*row)
        for part in _slices(message_ids)
        for row in tx.all(
            f"SELECT id, mailbox_id, thread_id, flags, received_at FROM messages WHERE id IN ({_marks(part)})", part
        )
    }


def shown(tx: Tx, message_ids: Sequence[str]) -> dict[str, ShownRow]:
    """The messages that are shown."""
    return {
        row[0]: ShownRow(*row)
        for part in _slices(message_ids)
        for row in tx.all(
            "SELECT id, user_id, uid, size, attachments, received_at, subject, sender, headers, structure, preview, blob_id, "
            "keywords FROM messages "
            f"WHERE id IN ({_marks(part)})",
            part,
        )
    }


def newest(tx: Tx, mailbox_ids: Sequence[str], limit: int) -> list[str]:
    """The ids of the newest messages of these mailboxes, newest first: what is looked through while there is no index."""
    if not mailbox_ids:
        return []
    rows = tx.all(
        f"SELECT id FROM messages WHERE mailbox_id IN ({_marks(mailbox_ids)}) ORDER BY received_at DESC, id DESC LIMIT ?",
        (*mailbox_ids, limit),
    )
    return [row[0] for row in rows]


def thread_ends(tx: Tx, thread_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The first and the last message of each thread, by the time they came."""
    found: dict[str, tuple[str, str]] = {}
    for part in _slices(thread_ids):
        for thread_id, message_id in tx.all(
            f"SELECT thread_id, id FROM messages WHERE thread_id IN ({_marks(part)}) ORDER BY received_at, id", part
        ):
            first = found[thread_id][0] if thread_id in found else message_id
            found[thread_id] = (first, message_id)
    return found


def _slices(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + SLICE] for start in range(0, len(values), SLICE))


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
