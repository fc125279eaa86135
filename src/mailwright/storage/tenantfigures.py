"""What the largest tenants have and wait for. Called by `core.tenantfigures` before metrics are shown."""

from __future__ import annotations

from mailwright.storage.database import Tx


def most_stored(tx: Tx, limit: int) -> list[tuple[str, int]]:
    """Tenants by the bytes of their people's mail, the largest first: name and bytes."""
    rows = tx.all(
        "SELECT t.name, CAST(sum(u.used_bytes) AS BIGINT) AS stored FROM users u JOIN tenants t ON t.id = u.tenant_id "
        "GROUP BY t.name ORDER BY stored DESC, t.name LIMIT ?",
        (limit,),
    )
    return [(str(name), int(stored)) for name, stored in rows]


def most_waiting(tx: Tx, limit: int) -> list[tuple[str, int]]:
    """Tenants by what waits in the outbox, the most first: name and rows."""
    rows = tx.all(
        "SELECT t.name, count(*) AS waiting FROM outbox o JOIN tenants t ON t.id = o.tenant_id "
        "WHERE o.status = 'queued' GROUP BY t.name ORDER BY waiting DESC, t.name LIMIT ?",
        (limit,),
    )
    return [(str(name), int(waiting)) for name, waiting in rows]
