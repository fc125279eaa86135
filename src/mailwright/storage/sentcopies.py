"""Copies of what was sent: the questions that submission, APPEND and held mail ask of Sent."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx

LOOKED_THROUGH = 100  # of the newest messages: more are not sent in the minutes that matter


def recent(tx: Tx, user_id: str, message_id: str, since: Instant) -> list[tuple[str, str]]:
    """The id and the keywords (JSON) of each message with that Message-ID that came into the user's Sent since then."""
    return [
        (row[0], row[1])
        for row in tx.all(
            "SELECT m.id, m.keywords FROM mailboxes b JOIN messages m ON m.mailbox_id = b.id AND m.uid >= b.uidnext - ? "
            "WHERE b.user_id = ? AND b.role = 'sent' AND m.message_id = ? AND coalesce(m.saved_at, m.received_at) >= ? "
            "ORDER BY m.uid",
            (LOOKED_THROUGH, user_id, message_id, since),
        )
    ]


def with_blob(tx: Tx, user_id: str, blob_id: str) -> list[str]:
    """The ids of the messages with these bytes in the user's Sent."""
    rows = tx.all(
        "SELECT m.id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
        "WHERE m.blob_id = ? AND m.user_id = ? AND b.role = 'sent' ORDER BY m.id",
        (blob_id, user_id),
    )
    return [row[0] for row in rows]
