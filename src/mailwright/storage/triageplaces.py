"""Triage of mail in mailboxes of ours: where it is and which keywords it has, many at once. The rows.

Called by core for corrections: what an owner does in a mail program reaches thousands of messages with one command.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx

SLICE = 1_000  # ids in one question


@dataclass(frozen=True, slots=True)
class Place:
    """A triaged mail as its mailbox has it now. `role` is the mailbox's, `keywords` the row's JSON; without a message (it is elsewhere,
    or gone) `mailbox_id` is empty."""

    id: str
    tenant_id: str
    user_id: str
    sender: str
    mail_kind: str
    proven: bool
    category: str
    corrected_from: str
    corrected_at: Instant | None
    shown: str
    mailbox_id: str
    role: str
    uid: int
    flags: int
    keywords: str


_SELECT = (
    "SELECT t.id, t.tenant_id, t.user_id, t.sender, t.mail_kind, t.proven, t.category, t.corrected_from, t.corrected_at, t.shown, "
    "m.mailbox_id, coalesce(b.role, ''), coalesce(m.uid, 0), coalesce(m.flags, 0), coalesce(m.keywords, '[]') "
)
_OF_ITEMS = _SELECT + "FROM triage t LEFT JOIN messages m ON m.id = t.id LEFT JOIN mailboxes b ON b.id = m.mailbox_id "


def with_items(tx: Tx, user_ids: Sequence[str]) -> list[str]:
    """Those of these owners who have triaged mail."""
    rows = tx.all(
        f"SELECT u.id FROM users u WHERE u.id IN ({_marks(user_ids)}) AND EXISTS (SELECT 1 FROM triage t WHERE t.user_id = u.id) "
        "ORDER BY u.id",
        tuple(user_ids),
    )
    return [row[0] for row in rows]


def of_items(tx: Tx, item_ids: Sequence[str]) -> list[Place]:
    """Those of these ids that are triaged, in no order."""
    found: list[Place] = []
    for start in range(0, len(item_ids), SLICE):
        part = item_ids[start : start + SLICE]
        found += [_place(row) for row in tx.all(_OF_ITEMS + f"WHERE t.id IN ({_marks(part)})", tuple(part))]
    return found


def marked_since(tx: Tx, user_id: str, modseq: int, after: tuple[int, str], limit: int) -> list[tuple[int, Place]]:
    """An account's triaged mail in mailboxes of ours that changed with `modseq` or later, with its modseq, in that order; the next `limit`
    after a (modseq, id)."""
    rows = tx.all(
        _SELECT + ", m.modseq FROM messages m JOIN triage t ON t.id = m.id JOIN mailboxes b ON b.id = m.mailbox_id "
        "WHERE m.user_id = ? AND m.modseq >= ? AND (m.modseq, m.id) > (?, ?) ORDER BY m.modseq, m.id LIMIT ?",
        (user_id, max(modseq, after[0]), *after, limit),
    )
    return [(int(row[-1]), _place(row[:-1])) for row in rows]


def copies_of(tx: Tx, user_id: str, blob_ids: Sequence[str]) -> dict[str, str]:
    """An account's triaged mail on these blobs, {blob id: item id}: copies of one message share one."""
    found: dict[str, str] = {}
    for start in range(0, len(blob_ids), SLICE):
        part = blob_ids[start : start + SLICE]
        rows = tx.all(
            "SELECT m.blob_id, m.id FROM messages m JOIN triage t ON t.id = m.id "
            f"WHERE m.blob_id IN ({_marks(part)}) AND m.user_id = ? ORDER BY m.id",
            (*part, user_id),
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def let_go(tx: Tx, message_ids: Sequence[str]) -> None:
    """These messages are about to be removed. Where a copy is there, made by a program that moves by copying, the mail goes on as the
    newest one, rather one outside of Trash; else it is forgotten."""
    for start in range(0, len(message_ids), SLICE):
        part = message_ids[start : start + SLICE]
        known = tx.all(
            "SELECT t.id, m.blob_id, m.user_id FROM triage t JOIN messages m ON m.id = t.id "
            f"WHERE t.id IN ({_marks(part)})",
            tuple(part),
        )
        for item_id, blob_id, user_id in known:
            copy = tx.scalar(
                "SELECT m.id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
                f"WHERE m.blob_id = ? AND m.user_id = ? AND m.id NOT IN ({_marks(part)}) "
                "AND NOT EXISTS (SELECT 1 FROM triage t WHERE t.id = m.id) "
                "ORDER BY CASE WHEN b.role = 'trash' THEN 1 ELSE 0 END, m.id DESC LIMIT 1",
                (blob_id, user_id, *part),
            )
            if copy is not None:
                tx.execute("UPDATE triage SET id = ? WHERE id = ?", (copy, item_id))
            else:
                tx.execute("DELETE FROM triage WHERE id = ?", (item_id,))


def corrected(tx: Tx, rows: Iterable[tuple[str, str, str, Instant, str]], now: Instant) -> None:
    """Note (item id, category, what it was before its owner said otherwise, when that was, because)."""
    tx.executemany(
        "UPDATE triage SET category = ?, confidence = 1, because = ?, decided_by = 'owner', corrected_from = ?, corrected_at = ?, "
        "updated_at = ? WHERE id = ?",
        [(category, because, was, at, now, item_id) for item_id, category, was, at, because in rows],
    )


def shown(tx: Tx, rows: Iterable[tuple[str, str]], now: Instant) -> None:
    """Note (item id, category whose label it carries)."""
    tx.executemany(
        "UPDATE triage SET shown = ?, updated_at = ? WHERE id = ?",
        [(category, now, item_id) for item_id, category in rows],
    )


def _place(row: Sequence[object]) -> Place:
    values = list(row)
    values[5] = bool(values[5])
    values[10] = values[10] or ""  # not in SQL: on PostgreSQL an id is no text
    return Place(*values)  # type: ignore[arg-type]  # the columns above, in order


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
