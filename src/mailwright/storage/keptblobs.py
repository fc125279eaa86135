"""What the reconciler asks of the tables: blobs in the order of their ids, slice by slice, and who names one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.storage.database import Tx

REFERRERS = ("messages", "outbox", "uploads", "approvals", "hook_payloads", "workspace_files")
"""The tables that name blobs they need; as in `messages.blob_in_use` and `retention.orphaned_blobs`."""

_NEEDED = {"outbox": " AND r.status IN ('queued', 'sending', 'failed')"}  # what was sent needs its text no more


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob's row. `octets` is how many the row itself has: None when they are outside, or gone."""

    id: str
    tenant_id: str
    key: str
    place: str
    size: int
    checksum: str
    octets: int | None


_KEPT = "SELECT id, tenant_id, key, place, size, checksum, CASE WHEN place = 'row' THEN length(data) END FROM blobs "


def following(tx: Tx, after: str, limit: int, *, tenant_id: str | None = None) -> list[Kept]:
    """Blobs behind an id, in the order of their ids."""
    if tenant_id is None:
        return [Kept(*row) for row in tx.all(f"{_KEPT}WHERE id > ? ORDER BY id LIMIT ?", (after, limit))]
    rows = tx.all(f"{_KEPT}WHERE id > ? AND tenant_id = ? ORDER BY id LIMIT ?", (after, tenant_id, limit))
    return [Kept(*row) for row in rows]


def named(tx: Tx, blob_id: str) -> Kept | None:
    """One blob, or None when it is gone."""
    row = tx.one(f"{_KEPT}WHERE id = ?", (blob_id,))
    return None if row is None else Kept(*row)


def data(tx: Tx, blob_id: str) -> bytes | None:
    """What the row of a blob has."""
    found = tx.scalar("SELECT data FROM blobs WHERE id = ?", (blob_id,))
    return None if found is None else bytes(found)


def restore_data(tx: Tx, blob_id: str, octets: bytes) -> None:
    """Give the row of a blob its octets again."""
    tx.execute("UPDATE blobs SET data = ? WHERE id = ? AND place = 'row'", (octets, blob_id))


def alike(tx: Tx, checksums: Sequence[str], after: str, limit: int) -> tuple[list[Kept], str | None]:
    """Of `limit` blobs behind an id those with one of the checksums; and the id to go on from, None at the end."""
    looked_at = tx.all("SELECT id FROM blobs WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
    if not looked_at:
        return [], None
    last: str = looked_at[-1][0]
    marks = ", ".join("?" * len(checksums))
    rows = tx.all(f"{_KEPT}WHERE id > ? AND id <= ? AND checksum IN ({marks}) ORDER BY id", (after, last, *checksums))
    return [Kept(*row) for row in rows], last


def bereft(tx: Tx, table: str, after: str, limit: int) -> tuple[list[str], str | None]:
    """Of `limit` blobs that a table names, behind an id, those that have no row; and the id to go on from, None at the end."""
    needed = _NEEDED.get(table, "")
    part = tx.all(
        f"SELECT r.blob_id FROM {table} r WHERE r.blob_id > ?{needed} ORDER BY r.blob_id LIMIT ?", (after, limit)
    )
    if not part:
        return [], None
    last: str = part[-1][0]
    rows = tx.all(
        f"SELECT DISTINCT r.blob_id FROM {table} r WHERE r.blob_id > ? AND r.blob_id <= ?{needed} "
        "AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = r.blob_id)",
        (after, last),
    )
    return [row[0] for row in rows], last


def is_needed(tx: Tx, table: str, blob_id: str) -> bool:
    """Whether a table names a blob that has no row."""
    needed = _NEEDED.get(table, "")
    sql = f"SELECT 1 FROM {table} r WHERE r.blob_id = ?{needed} AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = r.blob_id) LIMIT 1"
    return tx.scalar(sql, (blob_id,)) is not None
