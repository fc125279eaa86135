"""What the database says of itself: connections, its write-ahead log and the archive of it, and how far its replicas are behind.

Called by `core.databasefigures` before metrics are shown. PostgreSQL tells of other roles' connections and of replicas only to members
of `pg_monitor` (or a superuser); what it does not tell is left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """`connections` by state; `wal_octets` is what was ever written to it (SQLite: how large its file is); `lags` in seconds by replica.

    `archived_seconds` is how long ago a segment of that log was archived, `archive_failures` how often one was not; None where nothing is.
    """

    connections: dict[str, int] = field(default_factory=dict)
    most_connections: int = 0
    wal_octets: int = 0
    lags: dict[str, float] = field(default_factory=dict)
    archived_seconds: float | None = None
    archive_failures: int | None = None


def measure(tx: Tx, dialect: str) -> DatabaseFigures:
    """Ask it."""
    return _sqlite(tx) if dialect == "sqlite" else _postgresql(tx)


def _sqlite(tx: Tx) -> DatabaseFigures:
    path = str(tx.scalar("SELECT file FROM pragma_database_list WHERE name = 'main'") or "")
    try:
        return DatabaseFigures(wal_octets=os.stat(f"{path}-wal").st_size)
    except OSError:  # nothing was written since it was opened
        return DatabaseFigures()


def _postgresql(tx: Tx) -> DatabaseFigures:
    states = tx.all(
        "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1"
    )
    lags = tx.all(
        "SELECT application_name, max(extract(epoch FROM replay_lag))::float8 FROM pg_stat_replication "
        "WHERE state IS NOT NULL GROUP BY 1 LIMIT 50"
    )
    # Where none was archived yet, as after a fail-over: since these statistics were begun. A standby archives nothing.
    archived, failures = tx.one(
        "SELECT extract(epoch FROM clock_timestamp() - coalesce(last_archived_time, stats_reset))::float8, failed_count "
        "FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off' AND NOT pg_is_in_recovery()"
    ) or (None, None)
    return DatabaseFigures(
        connections={_state(str(state)): int(count) for state, count in states},
        most_connections=int(tx.scalar("SELECT current_setting('max_connections')::int")),
        wal_octets=int(
            tx.scalar(
                "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END "
                "- '0/0'::pg_lsn"
            )
            or 0
        ),
        lags={str(name): float(lag or 0.0) for name, lag in lags},
        archived_seconds=archived,
        archive_failures=failures,
    )


def _state(state: str) -> str:
    return {"active": "active", "idle": "idle", "unknown": "unknown"}.get(state, "in transaction")
