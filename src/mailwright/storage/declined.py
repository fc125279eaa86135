"""Whom the concierge has told once that it does not work for them. The rows."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def add(tx: Tx, agent_user_id: str, sender: str, now: Instant) -> bool:
    """Somebody (`Address.key`) is told. False when they were told before."""
    return tx.insert("declined", unless_exists=True, agent_user_id=agent_user_id, sender=sender, at=now)


def count_since(tx: Tx, agent_user_id: str, since: Instant) -> int:
    """How many were told since then."""
    return int(tx.scalar("SELECT count(*) FROM declined WHERE agent_user_id = ? AND at >= ?", (agent_user_id, since)))


def has(tx: Tx, agent_user_id: str, sender: str) -> bool:
    """Whether somebody was told."""
    found = tx.one("SELECT 1 FROM declined WHERE agent_user_id = ? AND sender = ?", (agent_user_id, sender))
    return found is not None
