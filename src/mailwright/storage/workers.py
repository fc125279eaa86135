"""Workers: one row for each running process, refreshed by its heartbeat.

Called by pipeline/heartbeat.py and by the status page. A process counts as gone when its heartbeat is older than
`GONE_SECONDS`, for the status page and for recovery alike.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from mailwright.domain.clock import SECOND, Instant
from mailwright.storage.database import Row, Tx

BEAT_SECONDS = 10
GONE_SECONDS = 90  # eight missed heartbeats and a bit: a busy machine is not a dead one

_COLUMNS = "name, host, pid, roles, started_at, heartbeat_at, tasks_running, activity, serves"


@dataclass(frozen=True, slots=True)
class Worker:
    """A process as it last described itself. `serves` names the groups and lanes of a worker that has not all of them."""

    name: str
    host: str
    pid: int
    roles: tuple[str, ...]
    started_at: Instant
    heartbeat_at: Instant
    tasks_running: int
    activity: str
    serves: frozenset[str] | None


def sign_in(
    tx: Tx,
    name: str,
    host: str,
    pid: int,
    roles: Collection[str],
    moment: Instant,
    *,
    serves: Collection[str] | None = None,
    alone: bool = False,
) -> Worker | None:
    """Take a name. None when it is ours now; the live worker that has it when it is another process.

    `alone`: nobody else can have it, whatever an old row says.
    """
    tx.lock("workers")
    row = tx.one(f"SELECT {_COLUMNS} FROM workers WHERE name = ?", (name,))
    if row is not None and not alone:
        holder = _worker(row)
        if (holder.host, holder.pid) != (host, pid) and holder.heartbeat_at >= moment - GONE_SECONDS * SECOND:
            return holder
    tx.execute(
        "INSERT INTO workers (name, host, pid, roles, started_at, heartbeat_at, tasks_running, activity, serves) "
        "VALUES (?, ?, ?, ?, ?, ?, 0, '', ?) ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid, "
        "roles = excluded.roles, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, "
        "tasks_running = 0, activity = '', serves = excluded.serves",
        (
            name,
            host,
            pid,
            json.dumps(sorted(roles)),
            moment,
            moment,
            None if serves is None else json.dumps(sorted(serves)),
        ),
    )
    return None


def beat(tx: Tx, name: str, moment: Instant, *, tasks_running: int, activity: str) -> bool:
    """Still here. False when the row is gone (somebody took this process for dead)."""
    changed = tx.execute(
        "UPDATE workers SET heartbeat_at = ?, tasks_running = ?, activity = ? WHERE name = ?",
        (moment, tasks_running, activity, name),
    )
    return changed == 1


def sign_out(tx: Tx, name: str) -> None:
    """This process ends. The row stays, marked gone, until somebody has taken over what it left (`remove`)."""
    tx.execute("UPDATE workers SET heartbeat_at = 0, tasks_running = 0, activity = '' WHERE name = ?", (name,))


def alive(tx: Tx, moment: Instant) -> list[Worker]:
    """Processes with a heartbeat not older than GONE_SECONDS."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM workers WHERE heartbeat_at >= ? ORDER BY name", (moment - GONE_SECONDS * SECOND,)
    )
    return [_worker(row) for row in rows]


def gone(tx: Tx, moment: Instant) -> list[Worker]:
    """Processes that signed out or fell silent, and were not removed yet."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM workers WHERE heartbeat_at < ? ORDER BY name", (moment - GONE_SECONDS * SECOND,)
    )
    return [_worker(row) for row in rows]


def on_host(tx: Tx, host: str) -> list[Worker]:
    """Processes of one host, whatever their heartbeat says."""
    return [_worker(row) for row in tx.all(f"SELECT {_COLUMNS} FROM workers WHERE host = ? ORDER BY name", (host,))]


def remove(tx: Tx, name: str, *, heartbeat_at: Instant) -> None:
    """Forget a process whose work was taken over, unless it has been heard of again since."""
    tx.execute("DELETE FROM workers WHERE name = ? AND heartbeat_at = ?", (name, heartbeat_at))


def _worker(row: Row) -> Worker:
    serves = None if row[8] is None else frozenset(json.loads(row[8]))
    return Worker(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], row[5], row[6], row[7], serves)
