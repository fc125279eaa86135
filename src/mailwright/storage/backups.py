"""Backups: the runs that make or remove them, one at a time over all processes, and which was the last good one.

A run shows that it lives (`beat`). While one lives nothing outside the database is deleted (`BlobStore.delete_outside` asks `holds`
after the rows went): a row that the run's moment still has was there when the run began, so its deletion comes after and waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists
from mailwright.storage.database import Tx

SILENT = 2 * clock.MINUTE
"""A run that did not show for so long is dead."""
RUNS_KEPT = 200

_COLUMNS = "id, kind, place, name, octets, added, damaged, error, started_at, ended_at"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `ended_at` None: it is under way, or died. `damaged` messages were without their text already."""

    id: str
    kind: str
    place: str
    name: str
    octets: int
    added: int
    damaged: int
    error: str
    started_at: Instant
    ended_at: Instant | None


def begin(tx: Tx, kind: str, place: str) -> str:
    """Write a run down; its id. Raises AlreadyExists while another is under way."""
    tx.lock("backups")
    now = clock.now()
    if holds(tx):
        raise AlreadyExists("another backup (or the removal of old ones) is under way")
    tx.execute("UPDATE backups SET ended_at = seen_at, error = ? WHERE ended_at IS NULL", ("it was interrupted",))
    tx.execute(
        "DELETE FROM backups WHERE id IN (SELECT id FROM backups WHERE error <> '' OR kind <> 'copy' "
        "ORDER BY started_at DESC LIMIT 1000 OFFSET ?)",
        (RUNS_KEPT,),
    )
    run_id = new_id()
    tx.insert("backups", id=run_id, kind=kind, place=place, started_at=now, seen_at=now)
    return run_id


def beat(tx: Tx, run_id: str) -> bool:
    """It lives. False when it was silent so long that others counted it dead, or may have: then it is."""
    now = clock.now()
    return (
        tx.execute(
            "UPDATE backups SET seen_at = ? WHERE id = ? AND ended_at IS NULL AND seen_at > ?",
            (now, run_id, now - SILENT),
        )
        > 0
    )


def end(
    tx: Tx, run_id: str, *, name: str = "", octets: int = 0, added: int = 0, damaged: int = 0, error: str = ""
) -> None:
    """It is over. What others ended stays as they did it."""
    now = clock.now()
    tx.execute(
        "UPDATE backups SET ended_at = ?, seen_at = ?, name = ?, octets = ?, added = ?, damaged = ?, error = ? "
        "WHERE id = ? AND ended_at IS NULL",
        (now, now, name, octets, added, damaged, error, run_id),
    )


def holds(tx: Tx) -> bool:
    """Whether a run is under way."""
    return (
        tx.scalar("SELECT 1 FROM backups WHERE ended_at IS NULL AND seen_at > ? LIMIT 1", (clock.now() - SILENT,))
        is not None
    )


def last(tx: Tx, *, good: bool) -> Run | None:
    """The newest run that made a backup, or (not `good`) that tried."""
    wanted = " AND ended_at IS NOT NULL AND error = ''" if good else ""
    row = tx.one(f"SELECT {_COLUMNS} FROM backups WHERE kind = 'copy'{wanted} ORDER BY started_at DESC LIMIT 1")
    return Run(*row) if row else None


def copying_since(tx: Tx) -> Instant | None:
    """Since when there has been something to copy: the first tenant. None in an empty installation."""
    since: Instant | None = tx.scalar("SELECT min(created_at) FROM tenants")
    return since
