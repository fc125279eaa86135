"""What waits in the outbox on a way out, and its move to another one: the questions asked when the settings name a new one."""

from __future__ import annotations

from collections.abc import Collection

from mailwright.storage.database import Tx


def waits(tx: Tx, channels: Collection[str]) -> bool:
    """Whether anything is queued on one of the channels."""
    query = f"SELECT 1 FROM outbox WHERE status = 'queued' AND channel IN ({_marks(channels)}) LIMIT 1"
    return tx.scalar(query, tuple(channels)) is not None


def move(tx: Tx, channels: Collection[str], to: str, limit: int) -> int:
    """Give up to `limit` queued rows of the channels to another one, where their attempts begin anew. How many."""
    return tx.execute(
        "UPDATE outbox SET channel = ?, attempts = 0 WHERE status = 'queued' AND id IN (SELECT id FROM outbox "
        f"WHERE status = 'queued' AND channel IN ({_marks(channels)}) ORDER BY id LIMIT ?)",
        (to, *channels, limit),
    )


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
