"""What was found on the web a moment ago: results of searches, pages, papers. Rows that end by themselves; a tenant sees its own only."""

from __future__ import annotations

import hashlib
import zlib

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def get(tx: Tx, tenant_id: str, kind: str, key: str, now: Instant) -> bytes | None:
    """What is kept under that key, when it is still good."""
    row = tx.one(
        "SELECT content FROM web_cache WHERE tenant_id = ? AND kind = ? AND key = ? AND expires_at > ?",
        (tenant_id, kind, _digest(key), now),
    )
    return None if row is None else zlib.decompress(bytes(row[0]))


def put(tx: Tx, tenant_id: str, kind: str, key: str, content: bytes, *, now: Instant, expires_at: Instant) -> None:
    """Keep it until then, in the place of what was there."""
    tx.execute(
        "INSERT INTO web_cache (tenant_id, kind, key, content, at, expires_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (tenant_id, kind, key) DO UPDATE SET content = excluded.content, at = excluded.at, expires_at = excluded.expires_at",
        (tenant_id, kind, _digest(key), zlib.compress(content), now, expires_at),
    )


def forget(tx: Tx, now: Instant, limit: int) -> int:
    """Drop what is good no more; how many rows."""
    return tx.execute(
        "DELETE FROM web_cache WHERE (tenant_id, kind, key) IN "
        "(SELECT tenant_id, kind, key FROM web_cache WHERE expires_at <= ? LIMIT ?)",
        (now, limit),
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
