"""Heartbeats: every process says that it lives, and takes over what processes left that do so no more.

Called by app.py in every process. The status page reads the same rows (`storage/workers.py`).
Promises: a name that a live process has is not taken by another; on PostgreSQL the workflows of a process that died are
resumed by a live one, at the latest 90 s after its last heartbeat, at once when it signed out or died on this machine.
Every live worker looks for the dead: recovery says whose rows it wants, so a second request finds nothing, and no leader has
to be chosen or can be lost. Embedded there is one process, and the engine resumes its own work when it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import structlog

from mailwright.domain.clock import now
from mailwright.domain.ids import derived_token, new_id
from mailwright.domain.refusals import AlreadyExists, TryLater
from mailwright.pipeline.flows import Flows
from mailwright.storage import workers
from mailwright.storage.database import Database, Tx
from mailwright.storage.workers import BEAT_SECONDS, Worker

log = structlog.get_logger(__name__)

REAP_SECONDS = 15


def machine() -> str:
    """This machine, boot and process namespace: where a process id can be asked whether it lives. Host name first."""
    marks = [socket.gethostname()]
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            marks.append(os.readlink(path) if path.endswith("/ns/pid") else Path(path).read_text().strip())
        except OSError:
            marks.append(new_id())  # not to be known: then no other process counts as being here
    return f"{marks[0]}/{derived_token(*marks)[:8]}"


def executor_id() -> str:
    """A fresh name for a process that shares its database with others."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id()[-8:]}"


class Heartbeat:
    """The heartbeat of this process under `name` (the flows' executor id).

    `alone` says that something stronger guards the name already (embedded: the lock on the data folder), so that a restart
    need not wait until the old row has gone stale. `serves`: see `domain.serving`. With `flows` it also takes over what dead processes left.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        roles: Collection[str],
        *,
        serves: Collection[str] | None = None,
        flows: Flows | None = None,
        alone: bool = False,
        tasks_running: Callable[[], int] = lambda: 0,
        activity: Callable[[], str] = lambda: "",
    ) -> None:
        self._database = database
        self.name = name
        self._roles = roles
        self._serves = serves
        self._flows = flows
        self._alone = alone
        self._tasks_running = tasks_running
        self._activity = activity
        self._machine = machine()
        self._tasks: list[asyncio.Task[None]] = []

    async def sign_in(self) -> None:
        """Take the name; before the flows start. Raises AlreadyExists when another process has it and lives, TryLater."""
        holder = await self._database.write(
            lambda tx: workers.sign_in(
                tx, self.name, self._machine, os.getpid(), self._roles, now(), serves=self._serves, alone=self._alone
            )
        )
        if holder is not None:
            raise AlreadyExists(f"{self.name} already runs on {holder.host.split('/')[0]} as process {holder.pid}")

    def start(self) -> None:
        """Beat every 10 s, and look for the dead every 15 s."""
        self._tasks = [asyncio.create_task(self._beat(), name="heartbeat")]
        if self._flows is not None and self._database.dialect == "postgresql":
            self._tasks.append(asyncio.create_task(self._reap(self._flows), name="reaper"))

    async def stop(self) -> None:
        """Stop beating and sign out; after the flows stopped."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TryLater):
            await self._database.write(lambda tx: workers.sign_out(tx, self.name))

    async def _beat(self) -> None:
        missed = 0
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                tasks, activity = self._tasks_running(), self._activity()  # in this thread, in which they change
                known = await self._database.write(partial(self._still_here, tasks=tasks, activity=activity))
                if not known:
                    log.warning("heartbeat.taken_for_dead", name=self.name)
                    await self.sign_in()
                missed = 0
            except TryLater as refusal:
                missed += 1
                if missed == 1:
                    log.warning("heartbeat.missed", error=str(refusal))
            except AlreadyExists as refusal:
                log.error("heartbeat.name_lost", error=str(refusal))
            except Exception:  # who beats no more is taken for dead, and its work given to others
                log.exception("heartbeat.failed")

    def _still_here(self, tx: Tx, *, tasks: int, activity: str) -> bool:
        return workers.beat(tx, self.name, now(), tasks_running=tasks, activity=activity)

    async def _reap(self, flows: Flows) -> None:
        while True:
            try:
                await reap(self._database, flows, self._machine)
            except TryLater as refusal:
                log.debug("reaper.postponed", error=str(refusal))
            except Exception:
                log.exception("reaper.failed")
            await asyncio.sleep(REAP_SECONDS * random.uniform(0.8, 1.2))


async def reap(database: Database, flows: Flows, here: str) -> int:
    """Resume what dead processes left unfinished, then forget them; how many workflows. Raises TryLater."""

    def find(tx: Tx) -> list[Worker]:
        moment = now()
        dead = {one.name: one for one in workers.gone(tx, moment)}
        dead |= {one.name: one for one in workers.on_host(tx, here) if not _exists(one.pid)}
        return [one for one in dead.values() if one.name != flows.executor_id]

    dead = await database.read(find)
    if not dead:
        return 0
    recovered = await flows.recover([one.name for one in dead])
    if recovered:
        log.warning("reaper.resumed", workflows=recovered, processes=[one.name for one in dead])

    def forget(tx: Tx) -> None:
        for one in dead:
            workers.remove(tx, one.name, heartbeat_at=one.heartbeat_at)

    await database.write(forget)
    return recovered


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
