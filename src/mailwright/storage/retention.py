"""What retention asks of the tables: which mailboxes expire, which messages are not redacted, which blobs nobody names."""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def expiring_mailboxes(tx: Tx) -> list[tuple[str, int]]:
    """Mailboxes with a policy and its days: the mailbox's own, else its domain's."""
    return [
        (row[0], row[1])
        for row in tx.all(
            "SELECT b.id, coalesce(b.retain_days, d.retain_days) FROM mailboxes b "
            "JOIN users u ON u.id = b.user_id "
            "LEFT JOIN domains d ON u.email LIKE '%@' || d.name "
            "WHERE coalesce(b.retain_days, d.retain_days) IS NOT NULL"
        )
    ]


def unredacted(tx: Tx, before: Instant, limit: int) -> list[str]:
    """Messages older than `before` whose text is still there (a redacted one has no preview and no attachment)."""
    rows = tx.all(
        "SELECT id FROM messages WHERE received_at < ? AND (preview <> '' OR attachments > 0) ORDER BY received_at LIMIT ?",
        (before, limit),
    )
    return [row[0] for row in rows]


def orphaned_blobs(tx: Tx, before: Instant, limit: int) -> list[str]:
    """Blobs written before a moment that no message, outgoing message or workspace file names."""
    rows = tx.all(
        "SELECT b.id FROM blobs b WHERE b.created_at < ? "
        "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.blob_id = b.id) "
        "AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.blob_id = b.id AND o.status IN ('queued', 'sending', 'failed')) "
        "AND NOT EXISTS (SELECT 1 FROM workspace_files w WHERE w.blob_id = b.id) LIMIT ?",
        (before, limit),
    )
    return [row[0] for row in rows]


def named_keys(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Which of the keys a blob row names."""
    marks = ", ".join("?" * len(keys))
    return {row[0] for row in tx.all(f"SELECT key FROM blobs WHERE key IN ({marks})", keys)}


def touch_mailbox(tx: Tx, mailbox_id: str, modseq: int) -> None:
    """A message in it changed."""
    tx.execute("UPDATE mailboxes SET modseq = ? WHERE id = ?", (modseq, mailbox_id))
