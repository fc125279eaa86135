"""What retention asks of the tables: which mailboxes expire, which messages are not redacted, which blobs nobody names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailwright.domain.clock import Instant
from mailwright.storage import server_keys
from mailwright.storage.database import Tx
from mailwright.storage.messages import REDACTED

START = "00000000-0000-0000-0000-000000000000"
"""Before every id."""

_ID = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[^/]*\Z")


_SPARED = "collector"  # the name of the row that says until when; it has nothing to seal


def spare(tx: Tx, until: Instant) -> None:
    """Nothing that nobody names is removed before then: after a restore it may be what was received since that moment."""
    server_keys.put(tx, server_keys.KeyRow(_SPARED, "", str(until)))


def spared_until(tx: Tx) -> Instant:
    """Until when; 0 when nobody said so."""
    row = server_keys.named(tx, _SPARED)
    return 0 if row is None else int(row.public)


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


def unredacted(tx: Tx, before: Instant, after: str, limit: int, *, agent: str | None = None) -> list[str]:
    """Messages older than `before` whose text is still there, by id, from the one behind `after` on; with `agent` those in its mailboxes."""
    served = "" if agent is None else " AND user_id IN (SELECT user_id FROM assignments WHERE agent = ?)"
    rows = tx.all(
        f"SELECT id FROM messages WHERE id > ? AND received_at < ? AND checksum NOT LIKE ?{served} ORDER BY id LIMIT ?",
        (after, before, f"{REDACTED}%", *(() if agent is None else (agent,)), limit),
    )
    return [row[0] for row in rows]


def orphaned_blobs(tx: Tx, before: Instant, after: str, limit: int) -> tuple[list[str], str | None]:
    """Of `limit` blobs behind the id `after`: those written before a moment that no message, outgoing message, upload or
    workspace file names; and the id to go on from, None at the end. (All at once would hold a snapshot for minutes.)
    """
    looked_at = tx.all("SELECT id FROM blobs WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
    if not looked_at:
        return [], None
    last: str = looked_at[-1][0]
    rows = tx.all(
        "SELECT b.id FROM blobs b WHERE b.id > ? AND b.id <= ? AND b.created_at < ? "
        "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.blob_id = b.id) "
        "AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.blob_id = b.id AND o.status IN ('queued', 'sending', 'failed')) "
        "AND NOT EXISTS (SELECT 1 FROM uploads p WHERE p.blob_id = b.id) "
        "AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.blob_id = b.id) "
        "AND NOT EXISTS (SELECT 1 FROM hook_payloads h WHERE h.blob_id = b.id) "
        "AND NOT EXISTS (SELECT 1 FROM workspace_files w WHERE w.blob_id = b.id)",
        (after, last, before),
    )
    return [row[0] for row in rows], last


def named_keys(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Which of the keys a blob row names. (A key ends in its blob's id, and only that is indexed.)"""
    ids = {found[1] for key in keys if (found := _ID.search(key))}
    if not ids:
        return set()
    marks = ", ".join("?" * len(ids))
    return {row[0] for row in tx.all(f"SELECT key FROM blobs WHERE id IN ({marks})", list(ids))} & set(keys)
