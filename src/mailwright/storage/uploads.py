"""Uploads: blobs that a client sent ahead of what they are for, and whose they are. The rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload; `size` in octets."""

    blob_id: str
    user_id: str
    media_type: str
    size: int
    created_at: Instant


_SELECT = (
    "SELECT u.blob_id, u.user_id, u.media_type, b.size, u.created_at FROM uploads u JOIN blobs b ON b.id = u.blob_id "
)


def add(tx: Tx, blob_id: str, user_id: str, media_type: str, created_at: Instant, expires_at: Instant) -> None:
    """The blob is that user's upload."""
    tx.insert(
        "uploads",
        blob_id=blob_id,
        user_id=user_id,
        media_type=media_type,
        created_at=created_at,
        expires_at=expires_at,
    )


def of_user(tx: Tx, user_id: str) -> list[Upload]:
    """Those of a user, the oldest first."""
    return [
        _upload(row) for row in tx.all(_SELECT + "WHERE u.user_id = ? ORDER BY u.created_at, u.blob_id", (user_id,))
    ]


def by_blob(tx: Tx, blob_id: str, user_id: str) -> Upload | None:
    """The upload of that user that the blob is."""
    row = tx.one(_SELECT + "WHERE u.blob_id = ? AND u.user_id = ?", (blob_id, user_id))
    return _upload(row) if row else None


def expired(tx: Tx, now: Instant, limit: int) -> list[str]:
    """Blobs of uploads that were kept long enough."""
    return [row[0] for row in tx.all("SELECT blob_id FROM uploads WHERE expires_at <= ? LIMIT ?", (now, limit))]


def remove(tx: Tx, blob_id: str) -> None:
    """It is nobody's upload any more; whether the blob is still needed is the collector's question."""
    tx.execute("DELETE FROM uploads WHERE blob_id = ?", (blob_id,))


def _upload(row: Row) -> Upload:
    return Upload(*row)
