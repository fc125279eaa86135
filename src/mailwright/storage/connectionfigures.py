"""Figures of accounts elsewhere, for who watches the installation. The questions; nobody's address is in an answer."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def by_state(tx: Tx) -> dict[tuple[str, str], int]:
    """How many enabled connections of each kind are in which state."""
    rows = tx.all("SELECT kind, state, COUNT(*) FROM connections WHERE enabled = ? GROUP BY kind, state", (True,))
    return {(kind, state): count for kind, state, count in rows}


def first_watch_to_end(tx: Tx) -> Instant | None:
    """When the first watch of the enabled Gmail accounts ends; None when none is watched."""
    ends: Instant | None = tx.scalar(
        "SELECT MIN(watch_expires_at) FROM connections WHERE enabled = ? AND state <> ? AND watch_expires_at IS NOT NULL",
        (True, "revoked"),
    )
    return ends


def oldest_look(tx: Tx) -> Instant | None:
    """When the account that was not looked at for longest was looked at, of those that may be; None without one."""
    looked: Instant | None = tx.scalar(
        "SELECT MIN(COALESCE(looked_at, created_at)) FROM connections WHERE enabled = ? AND state <> ?",
        (True, "revoked"),
    )
    return looked
