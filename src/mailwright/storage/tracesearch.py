"""What deliveries and the outbox remember of mail that is in no mailbox, by an address, a Message-ID or a correlation id.

Called by core/administration/stories.py; what is in mailboxes `tracing` finds. Promises: nothing of another tenant (`tenant_id` None asks about all), and no question that reads all of
a large table: those without an index of their own look at `since` and later, where the key (ids grow with time) begins.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.ids import first_id_at
from mailwright.storage import outbox
from mailwright.storage.database import Tx
from mailwright.storage.outbox import OutboxRow

MILLISECOND = 1_000  # in microseconds


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that was taken over."""

    id: str
    tenant_id: str
    channel: str
    sender: str | None
    recipient: str
    client: str
    because: str
    blob_id: str | None
    correlation_id: str
    received_at: Instant


_ARRIVAL = "SELECT id, tenant_id, channel, sender, recipient, client, because, blob_id, correlation_id, received_at FROM inbound"


def arrivals(
    tx: Tx,
    tenant_id: str | None,
    since: Instant,
    *,
    correlation_id: str | None = None,
    address: str | None = None,
    limit: int,
) -> list[Arrival]:
    """Deliveries with that correlation id, or from or to that address (lower case); the newest first."""
    where, params = _since(tenant_id, since)
    if correlation_id is not None:
        where.append("correlation_id = ?")
        params.append(correlation_id)
    if address is not None:
        where.append("(lower(sender) = ? OR lower(recipient) = ?)")
        params += [address, address]
    rows = tx.all(f"{_ARRIVAL} WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", (*params, limit))
    return [Arrival(*row) for row in rows]


def outgoing(
    tx: Tx,
    tenant_id: str | None,
    since: Instant,
    *,
    correlation_id: str | None = None,
    address: str | None = None,
    message_id: str | None = None,
    limit: int,
) -> list[OutboxRow]:
    """What leaves or left with that correlation id, from or to that address (lower case), or with that Message-ID; newest first."""
    where, params = _since(tenant_id, since)
    for condition, value in (("correlation_id = ?", correlation_id), ("message_id = ?", message_id)):
        if value is not None:
            where.append(condition)
            params.append(value)
    if address is not None:
        where.append("(lower(sender) = ? OR lower(recipient) = ?)")
        params += [address, address]
    rows = tx.all(f"SELECT id FROM outbox WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", (*params, limit))
    found = [outbox.by_id(tx, row[0]) for row in rows]
    return [row for row in found if row is not None]


def outgoing_of_blob(tx: Tx, tenant_id: str | None, blob_id: str, limit: int) -> list[OutboxRow]:
    """What leaves or left of these bytes: a row for each recipient."""
    rows = tx.all("SELECT id, tenant_id FROM outbox WHERE blob_id = ? ORDER BY id LIMIT ?", (blob_id, limit))
    found = [outbox.by_id(tx, row[0]) for row in rows if tenant_id is None or row[1] == tenant_id]
    return [row for row in found if row is not None]


def is_filed(tx: Tx, blob_id: str) -> bool:
    """Whether any mailbox has these bytes."""
    return tx.scalar("SELECT 1 FROM messages WHERE blob_id = ? LIMIT 1", (blob_id,)) is not None


def _since(tenant_id: str | None, since: Instant) -> tuple[list[str], list[object]]:
    where: list[str] = ["id >= ?"]
    params: list[object] = [first_id_at(since // MILLISECOND)]
    if tenant_id is not None:
        where.append("tenant_id = ?")
        params.append(tenant_id)
    return where, params
