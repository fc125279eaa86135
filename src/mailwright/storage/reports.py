"""What services tell of mail that left (bounced, complained of, delivered), and whom nothing automatic is sent to: the rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.ids import first_id_at
from mailwright.storage.database import Row, Tx

MILLISECOND = 1000  # in the microseconds of our moments: ids count the former


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that nothing automatic of a tenant is sent to."""

    address: str
    tenant_id: str
    tenant: str
    because: str
    since: Instant


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One word about one message to one recipient. `kind` is bounce, complaint, delivered, stopped or allowed; `provider_id` makes
    it one. `outbox_id` is None where the message was not ours."""

    id: str
    provider: str
    provider_id: str
    kind: str
    permanent: bool
    recipient: str
    message_id: str
    outbox_id: str | None
    detail: str
    created_at: Instant


_COLUMNS = "id, provider, provider_id, kind, permanent, recipient, message_id, outbox_id, detail, created_at"


def add(tx: Tx, report: DeliveryReport) -> bool:
    """False when that was told before."""
    return tx.insert(
        "delivery_reports",
        unless_exists=True,
        id=report.id,
        provider=report.provider,
        provider_id=report.provider_id,
        kind=report.kind,
        permanent=report.permanent,
        recipient=report.recipient,
        message_id=report.message_id,
        outbox_id=report.outbox_id,
        detail=report.detail,
        created_at=report.created_at,
    )


def of_outbox(tx: Tx, outbox_id: str) -> list[DeliveryReport]:
    """What was told of one outgoing message, in the order it was told."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM delivery_reports WHERE outbox_id = ? ORDER BY id", (outbox_id,))
    return [_report(row) for row in rows]


def about(tx: Tx, recipient: str, limit: int) -> list[DeliveryReport]:
    """The newest of what was told of an address."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM delivery_reports WHERE recipient = ? ORDER BY created_at DESC LIMIT ?",
        (recipient, limit),
    )
    return [_report(row) for row in rows]


def purge(tx: Tx, before: Instant, limit: int) -> int:
    """Forget up to `limit` of them from before a moment. How many."""
    return tx.execute(
        "DELETE FROM delivery_reports WHERE id IN (SELECT id FROM delivery_reports WHERE id < ? ORDER BY id LIMIT ?)",
        (first_id_at(before // MILLISECOND), limit),
    )


def suppress(tx: Tx, tenant_id: str, address: str, because: str, at: Instant) -> None:
    """Nothing automatic of this tenant is sent to the address (lower case) any more; the first reason stands."""
    tx.insert("suppressions", unless_exists=True, tenant_id=tenant_id, address=address, because=because, created_at=at)


def lift(tx: Tx, address: str, tenant_id: str | None = None) -> int:
    """Mail may go there again, from that tenant or from all. In how many it could not."""
    if tenant_id is None:
        return tx.execute("DELETE FROM suppressions WHERE address = ?", (address,))
    return tx.execute("DELETE FROM suppressions WHERE tenant_id = ? AND address = ?", (tenant_id, address))


def suppression(tx: Tx, tenant_id: str, address: str) -> str:
    """Why nothing automatic is sent to the address; empty when it may be."""
    found: str | None = tx.scalar(
        "SELECT because FROM suppressions WHERE tenant_id = ? AND address = ?", (tenant_id, address)
    )
    return found or ""


def suppressions(tx: Tx, *, address: str = "", limit: int) -> list[Suppression]:
    """Addresses nothing automatic is sent to, the newest first; with `address` (lower case) in which tenants that is one."""
    where, params = ("WHERE s.address = ? ", (address,)) if address else ("", ())
    rows = tx.all(
        "SELECT s.address, s.tenant_id, t.name, s.because, s.created_at FROM suppressions s "
        f"JOIN tenants t ON t.id = s.tenant_id {where}ORDER BY s.created_at DESC, s.address LIMIT ?",
        (*params, limit),
    )
    return [Suppression(*row) for row in rows]


def tenants(tx: Tx) -> list[str]:
    """Every tenant: what a service says of an address without naming a message holds for all who send through it."""
    return [row[0] for row in tx.all("SELECT id FROM tenants ORDER BY id")]


def _report(row: Row) -> DeliveryReport:
    values = list(row)
    values[4] = bool(values[4])
    return DeliveryReport(*values)
