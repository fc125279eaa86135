"""What the largest tenants have and wait for. Called by `core.tenantfigures` before metrics are shown."""

from __future__ import annotations

from mailwright.storage.database import Tx


def most_stored(tx: Tx, limit: int) -> list[tuple[str, int]]:
    """Tenants by the bytes of their people's mail, the largest first: id and bytes."""
    rows = tx.all(
        "SELECT tenant_id, CAST(sum(used_bytes) AS BIGINT) AS stored FROM users "
        "GROUP BY tenant_id ORDER BY stored DESC, tenant_id LIMIT ?",
        (limit,),
    )
    return [(str(tenant_id), int(stored)) for tenant_id, stored in rows]


def most_waiting(tx: Tx, limit: int) -> list[tuple[str, int]]:
    """Tenants by what waits in the outbox, the most first: id and rows."""
    rows = tx.all(
        "SELECT tenant_id, count(*) AS waiting FROM outbox WHERE status = 'queued' "
        "GROUP BY tenant_id ORDER BY waiting DESC, tenant_id LIMIT ?",
        (limit,),
    )
    return [(str(tenant_id), int(waiting)) for tenant_id, waiting in rows]
