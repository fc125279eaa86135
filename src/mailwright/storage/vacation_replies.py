"""Whom somebody's vacation answered, and when (RFC 5230 §4.2). The rows."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def claim(tx: Tx, user_id: str, handle: str, correspondent: str, now: Instant, again_after: Instant) -> bool:
    """Note that `correspondent` gets this answer now. False when they had it less than `again_after` microseconds ago.

    One statement, so that of two messages that come at once only one is answered.
    """
    return (
        tx.execute(
            "INSERT INTO vacation_replies (user_id, handle, correspondent, sent_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (user_id, handle, correspondent) DO UPDATE SET sent_at = excluded.sent_at "
            "WHERE vacation_replies.sent_at <= ?",
            (user_id, handle, correspondent, now, now - again_after),
        )
        == 1
    )


def purge(tx: Tx, before: Instant, limit: int) -> int:
    """Forget answers sent before a moment, at most `limit` of them. How many."""
    return tx.execute(
        "DELETE FROM vacation_replies WHERE (user_id, handle, correspondent) IN "
        "(SELECT user_id, handle, correspondent FROM vacation_replies WHERE sent_at < ? ORDER BY sent_at LIMIT ?)",
        (before, limit),
    )
