"""The audit trail: who did what, from where, to what. Rows are only ever added (and expire)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailwright.domain import clock
from mailwright.storage.database import Tx


class Entry(NamedTuple):
    """One row, its fields in the order of the columns."""

    tenant_id: str | None
    actor: str
    address: str
    action: str
    resource: str
    correlation_id: str
    created_at: clock.Instant


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


def record_all(tx: Tx, entries: Iterable[Entry]) -> None:
    """Add many rows."""
    tx.executemany(
        "INSERT INTO audit_events (tenant_id, actor, address, action, resource, correlation_id, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        list(entries),
    )


def listing(
    tx: Tx, *, actor: str | None = None, before: int | None = None, limit: int = 100
) -> list[tuple[int, Entry]]:
    """The newest rows (of one actor, with ids below `before`) with their ids, newest first."""
    where, params = ["1 = 1"], []  # type: list[str], list[object]
    if actor is not None:
        where.append("actor = ?")
        params.append(actor)
    if before is not None:
        where.append("id < ?")
        params.append(before)
    rows = tx.all(
        "SELECT id, tenant_id, actor, address, action, resource, correlation_id, created_at FROM audit_events "
        f"WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",
        (*params, limit),
    )
    return [(row[0], Entry(*row[1:])) for row in rows]


def purge(tx: Tx, before: clock.Instant, limit: int) -> int:
    """Remove rows older than `before`: of the first `limit`. How many."""
    return tx.execute(
        "DELETE FROM audit_events WHERE created_at < ? AND id IN (SELECT id FROM audit_events ORDER BY id LIMIT ?)",
        (before, limit),
    )
