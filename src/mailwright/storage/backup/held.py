"""What waited to leave at the moment that was restored: nobody knows whether it was sent since, so a person decides whether it goes.

Used by `loading` and after a recovery of the database itself, and by core to let it go. Held rows are failed ones that say why, so that each can be tried again by itself, too. Their times are kept:
what somebody wrote for later leaves then.
"""

from __future__ import annotations

from mailwright.domain import clock
from mailwright.storage.database import Tx
from mailwright.storage.outboxrows import HELD

_HELD = "FROM outbox WHERE status = 'failed' AND last_error = ?"


def hold(tx: Tx) -> int:
    """Hold what was to leave for elsewhere; how many. What is for mailboxes here goes: these are of the same moment."""
    return tx.execute(
        "UPDATE outbox SET status = 'failed', settled_at = ?, lease_until = NULL, last_error = ? "
        "WHERE status IN ('queued', 'sending') AND channel <> 'local'",
        (clock.now(), HELD),
    )


def count(tx: Tx) -> int:
    """How many are held."""
    return int(tx.scalar(f"SELECT count(*) {_HELD}", (HELD,)) or 0)


def ids(tx: Tx, limit: int) -> list[str]:
    """Some of them, the oldest first."""
    return [row[0] for row in tx.all(f"SELECT id {_HELD} ORDER BY id LIMIT ?", (HELD, limit))]
