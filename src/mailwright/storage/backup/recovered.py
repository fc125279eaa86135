"""What a database that came back by other means than `loading` may still need: places in the log, and runs nobody ends any more.

Physical recovery (base backup and WAL) brings the transaction counter along, and nothing is to be done. A logical dump that was
loaded into a new cluster has events of transactions that the new counter has not reached: nobody would read on until it has.
"""

from __future__ import annotations

from mailwright.domain import clock
from mailwright.storage.backup.loading import restamp
from mailwright.storage.database import Tx

_AHEAD = (
    "SELECT (SELECT count(*) FROM events WHERE tx >= pg_snapshot_xmax(pg_current_snapshot())) "
    "+ (SELECT count(*) FROM event_cursors WHERE tx >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
)


def ahead(tx: Tx, dialect: str) -> int:
    """Events and cursors of transactions that are still to come: more than none after a logical dump alone."""
    return int(tx.scalar(_AHEAD) or 0) if dialect == "postgresql" else 0


def restamp_events(tx: Tx, dialect: str) -> int:
    """Stamp them for this cluster, if that is needed; how many were ahead."""
    found = ahead(tx, dialect)
    if found:
        restamp(tx, dialect, dialect)
    return found


def end_runs(tx: Tx) -> int:
    """Runs of backups that were under way at the moment that came back; how many."""
    return tx.execute(
        "UPDATE backups SET ended_at = seen_at, error = ? WHERE ended_at IS NULL AND seen_at < ?",
        ("it was interrupted", clock.now()),
    )


def release_leases(tx: Tx) -> int:
    """Readers of the log who were at work at that moment, and are gone; how many."""
    return tx.execute("UPDATE event_cursors SET owner = '', lease_until = 0 WHERE owner <> ''")


def newest_outside(tx: Tx, limit: int) -> list[tuple[str, int]]:
    """The newest blobs outside the database, which a bucket restored to an earlier moment would lack: key and size."""
    rows = tx.all("SELECT key, size FROM blobs WHERE place <> 'row' ORDER BY id DESC LIMIT ?", (limit,))
    return [(row[0], row[1]) for row in rows]
