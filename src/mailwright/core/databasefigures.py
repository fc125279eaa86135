"""Figures of the database itself, asked for before metrics are shown. Says nothing about anybody."""

from __future__ import annotations

from prometheus_client import Gauge

from mailwright.core import Core
from mailwright.storage import databasefigures as rows

connections_gauge = Gauge(
    "mailwright_database_connections", "Connections to our PostgreSQL database, by what they do", ["state"]
)
most_gauge = Gauge("mailwright_database_connections_limit", "Connections PostgreSQL takes at once; 0 on SQLite")
wal_gauge = Gauge(
    "mailwright_database_wal_position_bytes",
    "What PostgreSQL ever wrote to its write-ahead log; its rate is what counts",
)
file_gauge = Gauge("mailwright_sqlite_wal_bytes", "Size of SQLite's write-ahead log; 0 on PostgreSQL")
archived_gauge = Gauge(
    "mailwright_wal_archived_age_seconds",
    "How long ago PostgreSQL last archived a segment of its write-ahead log; 0 where it archives none",
)
failures_gauge = Gauge(
    "mailwright_wal_archive_failures",
    "How often PostgreSQL could not archive a segment; its increase is what counts",
)
lag_gauge = Gauge(
    "mailwright_replication_lag_seconds",
    "How far replicas of PostgreSQL are behind, as far as we may know",
    ["replica"],
)


async def measure(core: Core) -> None:
    """Bring the gauges up to date. Raises TryLater."""
    dialect = core.database.dialect
    found = await core.read(lambda tx: rows.measure(tx, dialect))
    for state in ("active", "idle", "in transaction", "unknown"):
        connections_gauge.labels(state).set(found.connections.get(state, 0))
    most_gauge.set(found.most_connections)
    wal_gauge.set(0 if dialect == "sqlite" else found.wal_octets)
    file_gauge.set(found.wal_octets if dialect == "sqlite" else 0)
    archived_gauge.set(found.archived_seconds or 0)
    failures_gauge.set(found.archive_failures or 0)
    lag_gauge.clear()  # a replica that is gone is not behind
    for name, seconds in found.lags.items():
        lag_gauge.labels(name).set(seconds)
