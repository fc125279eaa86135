"""Who wants no outreach, or cannot be reached: the rows. One for each tenant and address; `@` and a domain stands for everybody there."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx
from mailwright.storage.reports import Suppression


def add(tx: Tx, tenant_id: str, address: str, because: str, now: Instant) -> bool:
    """Nothing is sent there (`Address.key`, or `@` and a domain) any more; the first reason stands. False when that was known."""
    return tx.insert(
        "outreach_refusals", unless_exists=True, tenant_id=tenant_id, address=address, because=because, created_at=now
    )


def lift(tx: Tx, address: str, tenant_id: str) -> bool:
    """It may be written to again. False when it could be."""
    return tx.execute("DELETE FROM outreach_refusals WHERE tenant_id = ? AND address = ?", (tenant_id, address)) > 0


def because(tx: Tx, tenant_id: str, address: str, domain: str) -> str:
    """Why the address, or its domain, is not written to; empty when it may be."""
    found: str | None = tx.scalar(
        "SELECT because FROM outreach_refusals WHERE tenant_id = ? AND address IN (?, ?) ORDER BY address DESC",
        (tenant_id, address, f"@{domain}"),
    )
    return found or ""


def listing(tx: Tx, *, address: str = "", limit: int) -> list[Suppression]:
    """The newest first; with `address` in which tenants that is one."""
    where, params = ("WHERE r.address = ? ", (address,)) if address else ("", ())
    rows = tx.all(
        "SELECT r.address, r.tenant_id, t.name, r.because, r.created_at FROM outreach_refusals r "
        f"JOIN tenants t ON t.id = r.tenant_id {where}ORDER BY r.created_at DESC, r.address LIMIT ?",
        (*params, limit),
    )
    return [Suppression(*row) for row in rows]
