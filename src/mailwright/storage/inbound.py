"""Inbound: one row for every message and recipient that an entrance took over, and the key that makes it once."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Authentication, Envelope, Verdict
from mailwright.storage.database import Tx

NOTHING_FOUND = Verdict().authentication


def insert(
    tx: Tx,
    inbound_id: str,
    *,
    tenant_id: str,
    key: str,
    recipient: str,
    envelope: Envelope,
    verdict: Verdict,
    blob_id: str,
) -> bool:
    """False when the key is known: this very delivery was taken over before."""
    return (
        tx.execute(
            "INSERT INTO inbound (id, tenant_id, channel, idempotency_key, sender, recipient, client, origin, because, "
            "authentication, account_id, blob_id, correlation_id, received_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (
                inbound_id,
                tenant_id,
                envelope.channel.value,
                key,
                None if envelope.sender is None else str(envelope.sender),
                recipient,
                envelope.client,
                verdict.origin.value,
                verdict.because,
                "{}" if verdict.authentication is NOTHING_FOUND else verdict.authentication.to_json(),
                verdict.account,
                blob_id,
                envelope.correlation_id,
                envelope.received_at,
            ),
        )
        == 1
    )


def known(tx: Tx, key: str) -> str | None:
    """The id of the row that has the key."""
    found: str | None = tx.scalar("SELECT id FROM inbound WHERE idempotency_key = ?", (key,))
    return found


def authentication(tx: Tx, inbound_id: str) -> Authentication:
    """What was found about the message when it came in; nothing when the row is gone (it is purged after some weeks)."""
    found: str | None = tx.scalar("SELECT authentication FROM inbound WHERE id = ?", (inbound_id,))
    return NOTHING_FOUND if found is None else Authentication.from_json(found)


def channel(tx: Tx, inbound_id: str) -> str:
    """The entrance it came through; "" when the row is gone."""
    return str(tx.scalar("SELECT channel FROM inbound WHERE id = ?", (inbound_id,)) or "")


def recipient(tx: Tx, inbound_id: str) -> str:
    """The recipient of its envelope, tag and all; "" when the row is gone."""
    return str(tx.scalar("SELECT recipient FROM inbound WHERE id = ?", (inbound_id,)) or "")


def forget(tx: Tx, inbound_id: str) -> None:
    """Take the row back: the delivery was refused after all, in the same transaction."""
    tx.execute("DELETE FROM inbound WHERE id = ?", (inbound_id,))


def purge(tx: Tx, before: Instant, limit: int) -> int:
    """Remove rows older than `before`, which no retry of a sender can meet any more: of the first `limit`. How many."""
    return tx.execute(
        "DELETE FROM inbound WHERE received_at < ? AND id IN (SELECT id FROM inbound ORDER BY id LIMIT ?)",
        (before, limit),
    )
