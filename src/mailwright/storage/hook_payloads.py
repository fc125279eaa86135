"""What services handed over, as it came: the rows, each naming the blob with the octets and what became of it.

Kept for a while, so that nothing is lost that we could not take, and so that it can be told why.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class HookPayload:
    """One call. `provider_id` is the service's own id for what it hands over; `outcome` is empty until it is settled."""

    id: str
    provider: str
    provider_id: str
    tenant_id: str | None
    blob_id: str
    outcome: str
    correlation_id: str
    created_at: Instant


_COLUMNS = "id, provider, provider_id, tenant_id, blob_id, outcome, correlation_id, created_at"


def add(tx: Tx, payload: HookPayload) -> bool:
    """False when the service has handed that over before."""
    return tx.insert(
        "hook_payloads",
        unless_exists=True,
        id=payload.id,
        provider=payload.provider,
        provider_id=payload.provider_id,
        tenant_id=payload.tenant_id,
        blob_id=payload.blob_id,
        outcome=payload.outcome,
        correlation_id=payload.correlation_id,
        created_at=payload.created_at,
    )


def known(tx: Tx, provider: str, provider_id: str) -> HookPayload | None:
    """What that service handed over under that id."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM hook_payloads WHERE provider = ? AND provider_id = ?", (provider, provider_id)
    )
    return HookPayload(*row) if row else None


def settle(tx: Tx, provider: str, provider_id: str, outcome: str) -> None:
    """Note what became of it; the last word counts."""
    tx.execute(
        "UPDATE hook_payloads SET outcome = ? WHERE provider = ? AND provider_id = ?", (outcome, provider, provider_id)
    )


def purge(tx: Tx, before: Instant, limit: int) -> int:
    """Forget up to `limit` calls from before a moment. How many; their blobs are the collector's."""
    return tx.execute(
        "DELETE FROM hook_payloads WHERE id IN "
        "(SELECT id FROM hook_payloads WHERE created_at < ? ORDER BY created_at LIMIT ?)",
        (before, limit),
    )
