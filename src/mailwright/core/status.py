"""Status: is the installation able to do its work, and who is working?

Called by the status pages of `protocols/api` and by `mailwright doctor`. Plain questions over a read transaction.
Promises: every answer says because of what; nothing in it names a person, a machine or a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import SECOND, Instant, now
from mailwright.storage import Tx, events, status, workers
from mailwright.storage.workers import Worker

LATE_SECONDS = 60
"""An event older than this that a group has not handled yet: consumers are woken on commit, so something is wrong."""

WORK_ROLES = frozenset({"worker", "all"})
MAX_ACTIVITY = 80  # characters of what a worker says it does: this is shown to anybody


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, and because of what."""

    name: str
    ok: bool
    because: str


@dataclass(frozen=True, slots=True)
class Workforce:
    """Who works now. `activity` is empty while nobody is online; `seen_at` is the latest heartbeat of all."""

    online: int
    gone: int
    tasks_running: int
    activity: str
    seen_at: Instant | None


def workforce(tx: Tx) -> Workforce:
    """The processes that work on tasks, by their heartbeats: online when it is not older than `workers.GONE_SECONDS`."""
    moment = now()
    online = _working(workers.alive(tx, moment))
    gone = _working(workers.gone(tx, moment))
    beats = [worker.heartbeat_at for worker in (*online, *gone) if worker.heartbeat_at > 0]  # 0: it signed out
    busy = ", ".join(dict.fromkeys(worker.activity for worker in online if worker.activity))
    return Workforce(
        online=len(online),
        gone=len(gone),
        tasks_running=sum(worker.tasks_running for worker in online),
        activity=(busy[:MAX_ACTIVITY] or "waiting for tasks") if online else "",
        seen_at=max(beats, default=None),
    )


def findings(tx: Tx) -> list[Finding]:
    """Is it ready? Whoever gets an answer at all has a database that can be read."""
    return [Finding("database", True, "it answers"), _consumers(tx), _workers(tx)]


def _working(found: Sequence[Worker]) -> list[Worker]:
    return [worker for worker in found if WORK_ROLES & set(worker.roles)]


def _consumers(tx: Tx) -> Finding:
    moment, late = now(), []
    known = status.groups(tx)
    for stream, group in known:
        lag = events.lag(tx, stream, group)
        age = (moment - lag.oldest_at) // SECOND if lag.oldest_at is not None else 0
        if age > LATE_SECONDS:
            late.append(f"{stream}/{group} is {age} s behind with {lag.waiting} events")
    if late:
        return Finding("consumers", False, "; ".join(late))
    return Finding("consumers", True, f"{len(known)} groups keep up")


def _workers(tx: Tx) -> Finding:
    found = workforce(tx)
    if not found.online:
        return Finding("workers", False, f"no worker had a heartbeat in the last {workers.GONE_SECONDS} s")
    return Finding("workers", True, f"{found.online} online")
