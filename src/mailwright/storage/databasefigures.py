"""What the database says of itself: connections, its write-ahead log, and how far its replicas are behind.

Called by `core.databasefigures` before metrics are shown. PostgreSQL tells of other roles' connections and of replicas only to members
of `pg_monitor` (or a superuser); what it does not tell is left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """`connections` by state; `wal_octets` is what was ever written to it (SQLite: how large its file is); `lags` in seconds by replica."""

    connections: dict[str, int] = field(default_factory=dict)
    most_connections: int = 0
    wal_octets: int = 0
    lags: dict[str, float] = field(default_factory=dict)


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
    )


def _state(state: str) -> str:
    return {"active": "active", "idle": "idle", "unknown": "unknown"}.get(state, "in transaction")
