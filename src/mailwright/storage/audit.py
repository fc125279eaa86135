"""The audit trail: who did what, from where, to what. Rows are only ever added (and expire)."""

from __future__ import annotations

from mailwright.domain import clock
from mailwright.storage.database import Tx


def record(
    tx: Tx,
    *,
    actor: str,
    action: str,
    resource: str = "",
    address: str = "",
    tenant_id: str | None = None,
    correlation_id: str = "",
) -> None:
    """Add one row. `actor` is an address or the name of a part of the system; `address` is the network peer."""
    tx.insert(
        "audit_events",
        tenant_id=tenant_id,
        actor=actor,
        address=address,
        action=action,
        resource=resource,
        correlation_id=correlation_id,
        created_at=clock.now(),
    )


def purge(tx: Tx, before: clock.Instant, limit: int) -> int:
    """Remove rows older than `before`: of the first `limit`. How many."""
    return tx.execute(
        "DELETE FROM audit_events WHERE created_at < ? AND id IN (SELECT id FROM audit_events ORDER BY id LIMIT ?)",
        (before, limit),
    )
