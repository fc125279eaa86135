"""The condition of the installation in one look: workers, consumer groups, the search index, the outbox, and the checks of doctor.

Called by the administration pages and (`index`) by `mailwright search status`. A tenant's people see figures of their own mail;
hosts, folders and the names of other tenants are for operators.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mailwright.core import Core, asking, believing, sealing, status
from mailwright.core.administration.reach import Reach
from mailwright.core.checkup import Check, contents
from mailwright.core.indexing import GROUP, STREAM
from mailwright.core.reindexing import Progress, progress_of
from mailwright.domain.clock import SECOND, Instant, now
from mailwright.storage import Tx, events, outbox, workers
from mailwright.storage import administration as rows
from mailwright.storage import status as status_rows
from mailwright.storage.outbox import Depth
from mailwright.storage.search import IndexFailed, KeptIndex
from mailwright.storage.workers import Worker

MISSING_SHOWN = 100

Looks = Callable[[], Iterable[Check]]
"""What can be seen of the machine; blocks a little."""


@dataclass(frozen=True, slots=True)
class Group:
    """How far behind a consumer group is."""

    stream: str
    group: str
    waiting: int
    oldest_seconds: float
    retries: int


@dataclass(frozen=True, slots=True)
class Index:
    """How the search index does. `behind` is in changes of the whole installation; `octets` on disk."""

    ready: bool
    documents: int
    messages: int
    octets: int
    behind: int
    missing: int
    examples: tuple[tuple[str, str, Instant], ...]  # of what is missing: message id, because, since
    rebuild: Progress | None


@dataclass(frozen=True, slots=True)
class Condition:
    """All of it."""

    workers: tuple[Worker, ...]
    gone: tuple[Worker, ...]
    groups: tuple[Group, ...]
    index: Index
    outbox: tuple[Depth, ...]
    checks: tuple[Check, ...]
    looked_at: Instant


async def look(core: Core, reach: Reach, looks: Looks | None) -> Condition:
    """Look at it now. Raises TryLater."""
    moment = now()

    def read(tx: Tx) -> tuple[list[Worker], list[Worker], list[Group], list[Depth], list[Check]]:
        depths = outbox.depths(tx) if reach.tenant_id is None else rows.outbox_depths(tx, reach.tenant_id)
        checks = [
            Check(finding.name, "ok" if finding.ok else "fail", finding.because) for finding in status.findings(tx)
        ]
        if reach.is_operator:
            checks += contents(tx)
        # 0: it signed out, and what it left was taken over or is about to be.
        gone = [worker for worker in workers.gone(tx, moment) if worker.heartbeat_at > 0]
        return workers.alive(tx, moment), gone, list(_groups(tx, moment)), depths, checks

    alive, gone, groups, depths, checks = await core.read(read)
    if reach.is_operator:
        checks.append(await asyncio.to_thread(sealing.finding, core.database, core.secrets))
    if reach.is_operator and looks is not None:
        checks += await asyncio.to_thread(lambda: list(looks()))
    return Condition(
        tuple(alive),
        tuple(gone),
        tuple(groups),
        await index(core, core.search, reach.tenant_id),
        tuple(depths),
        tuple(checks),
        moment,
    )


async def index(core: Core, kept: KeptIndex | None, tenant_id: str | None = None) -> Index:
    """How that index does; of one tenant's mail when one is named. Raises TryLater."""

    def read(tx: Tx) -> tuple[int, int, int, Sequence[tuple[str, str, Instant]]]:
        missing, examples = rows.missing_from_index(tx, tenant_id, MISSING_SHOWN)
        return rows.messages_of(tx, tenant_id), events.lag(tx, STREAM, GROUP).waiting, missing, examples

    messages, behind, missing, examples = await core.read(read)
    ready, documents, octets, rebuild = await asking.in_thread(_asked, kept)
    ready = ready and await believing.is_believed(core, kept)
    return Index(ready, documents, messages, octets, behind, missing, tuple(examples), rebuild)


def _asked(kept: KeptIndex | None) -> tuple[bool, int, int, Progress | None]:
    if kept is None:
        return False, 0, 0, None
    progress = progress_of(kept)
    try:
        return True, kept.count(), kept.size(), progress
    except IndexFailed:
        return False, 0, 0, progress


def _groups(tx: Tx, moment: Instant) -> Iterable[Group]:
    for stream, group in status_rows.groups(tx):
        lag = events.lag(tx, stream, group)
        age = 0.0 if lag.oldest_at is None else max(moment - lag.oldest_at, 0) / SECOND
        yield Group(stream, group, lag.waiting, age, lag.retries)
