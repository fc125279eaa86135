"""Status: is the installation able to do its work, and who is working?

Called by the status pages of `protocols/api` and by `mailwright doctor`. Plain questions over a read transaction.
Promises: every answer says because of what; nothing in it names a person, a machine or a process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Gauge

from mailwright.core import asking
from mailwright.domain import serving
from mailwright.domain.clock import DAY, SECOND, Instant, now
from mailwright.domain.refusals import TryLater
from mailwright.domain.roles import ROLES
from mailwright.pipeline import copies
from mailwright.storage import Database, Tx, events, lives, status, usage, workers
from mailwright.storage.search import IndexFailed, KeptIndex
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import ValkeyAway
from mailwright.storage.workers import Worker

SEARCH_SECONDS = 2.0  # for the search engine to answer whoever probes a process
LATE_SECONDS = 60
"""An event older than this that a group has not handled yet: consumers are woken on commit, so something is wrong."""

WORK_ROLES = frozenset({"worker", "all"})
RESPONSE_DAYS = 7  # of the median response time
RESPONSE_TASKS = 1_000  # the newest, which are looked at for it
NO_COPIES = "streams that are no copies of this database's log (it came back from an earlier moment) are not read"
MAX_ACTIVITY = 80  # characters of what a worker says it does: this is shown to anybody


workers_gauge = Gauge("mailwright_workers", "Processes with a heartbeat, by what they do", ["role"])
unserved_gauge = Gauge("mailwright_unserved", "Consumer groups and lanes of workflows that no living worker serves")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, and because of what. `decides`: a process is not ready while it is not."""

    name: str
    ok: bool
    because: str
    decides: bool = True


@dataclass(frozen=True, slots=True)
class Behind:
    """How far a consumer group is behind: events it has not handled, and how old the oldest of them is, in seconds."""

    stream: str
    group: str
    waiting: int
    seconds: int

    @property
    def late(self) -> bool:
        return self.seconds > LATE_SECONDS


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


def unserved(tx: Tx) -> list[str]:
    """The groups and lanes that no living worker serves; none while there is no worker at all."""
    online = _working(workers.alive(tx, now()))
    return serving.unserved(worker.serves for worker in online) if online else []


@dataclass(frozen=True, slots=True)
class Figures:
    """How many living processes have each role, and how many groups and lanes nobody serves."""

    roles: Mapping[str, int]
    unserved: int


def measure(tx: Tx) -> Figures:
    """For `publish`."""
    counts: dict[str, int] = dict.fromkeys(ROLES, 0)
    for worker in workers.alive(tx, now()):
        for role in worker.roles:
            counts[role] = counts.get(role, 0) + 1
    return Figures(counts, len(unserved(tx)))


def publish(figures: Figures) -> None:
    """Bring the gauges up to date."""
    for role, count in figures.roles.items():
        workers_gauge.labels(role).set(count)
    unserved_gauge.set(figures.unserved)


def median_response(tx: Tx) -> Instant | None:
    """The middle of the times from mail to answer of the last RESPONSE_DAYS, in microseconds; None without an answered task."""
    return usage.median_response(tx, now() - RESPONSE_DAYS * DAY, RESPONSE_TASKS)


def behind(tx: Tx) -> list[Behind]:
    """Every consumer group that ever read, by stream and group."""
    moment, found = now(), []
    for stream, group in status.groups(tx):
        lag = events.lag(tx, stream, group)
        age = (moment - lag.oldest_at) // SECOND if lag.oldest_at is not None else 0
        found.append(Behind(stream, group, lag.waiting, max(0, age)))
    return found


def reachable(tx: Tx) -> list[Finding]:
    """What a process needs that only takes mail in: `findings` without those about work, which others do."""
    tx.scalar("SELECT 1")
    return [Finding("database", True, "it answers")]


def findings(tx: Tx) -> list[Finding]:
    """Is it ready? Whoever gets an answer at all has a database that can be read."""
    return [Finding("database", True, "it answers"), _consumers(tx), _workers(tx), _served(tx)]


async def of_valkey(database: Database, streams: Streams) -> Finding:
    """Well either way: while it is away events come from the log, and limits hold for each process by itself."""
    try:
        because = f"it answers in {await streams.valkey.ping() * 1000:.1f} ms"
    except ValkeyAway:
        return Finding("valkey", True, "it is away: everything goes on without it, with more work for the database")
    with contextlib.suppress(TryLater):  # it has just gone, or the database is away, which is told by itself
        if refused := await strangers(database, streams):
            because = f"{NO_COPIES}: {', '.join(refused)}"
    return Finding("valkey", True, because)


async def strangers(database: Database, streams: Streams) -> list[str]:
    """Streams that nobody believes. Raises TryLater."""
    life: str | None = await database.read(lives.current)
    return [] if life is None else await copies.strangers(database, streams.of(life))


async def of_search(index: KeptIndex) -> Finding:
    """Well either way: without the index the headers of the newest messages are looked through, and SEARCH reads more."""
    try:
        count = await asyncio.wait_for(asking.in_thread(index.count), SEARCH_SECONDS)
    except TimeoutError:
        return Finding("search", True, "the search engine takes long to answer")
    except IndexFailed as failed:
        return Finding("search", True, f"{failed}: only the headers of the newest messages are looked through")
    return Finding("search", True, f"the index has {count} messages")


def _working(found: Sequence[Worker]) -> list[Worker]:
    return [worker for worker in found if WORK_ROLES & set(worker.roles)]


def _consumers(tx: Tx) -> Finding:
    """Decides nothing: a group that is behind catches up no sooner when no worker gets ready, and none could be replaced meanwhile."""
    known = behind(tx)
    late = [
        f"{one.stream}/{one.group} is {one.seconds} s behind with {one.waiting} events" for one in known if one.late
    ]
    return Finding("consumers", not late, "; ".join(late) or f"{len(known)} groups keep up", decides=False)


def _workers(tx: Tx) -> Finding:
    found = workforce(tx)
    if not found.online:
        return Finding("workers", False, f"no worker had a heartbeat in the last {workers.GONE_SECONDS} s")
    return Finding("workers", True, f"{found.online} online")


def _served(tx: Tx) -> Finding:
    """Well either way: no process gets ready sooner because another is not there."""
    missing = unserved(tx)
    return Finding("served", True, f"nobody serves {', '.join(missing)}" if missing else "every group and every lane")
