"""Workflows: slow, costly work of many steps, each step recorded, so that a crash resumes at the next one.

Called by consumers (`hand_off`), by app.py (start, stop), by core (`enqueue`) and by the command line (`find`, `replay`).
`workflows.py` says how one is declared. The engine behind it is DBOS, imported by `engine.py` alone, and only when needed.
Promises: an id runs once, however often it is enqueued; recorded steps are not repeated; a workflow that failed for good
becomes a dead letter.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import structlog
from prometheus_client import Gauge

from mailwright.domain import spans
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, TryLater
from mailwright.pipeline.consumers import Commit, dead_letters_total
from mailwright.pipeline.lanes import LANES, NORMAL, Lane
from mailwright.pipeline.workflows import attach, attached, definition_of, definitions, drain, running
from mailwright.storage import dead_letters
from mailwright.storage.database import Database, Tx
from mailwright.storage.dead_letters import DeadLetter

if TYPE_CHECKING:
    from mailwright.pipeline.engine import Engine

log = structlog.get_logger(__name__)

T = TypeVar("T")

Status: TypeAlias = Literal["delayed", "queued", "running", "done", "failed", "parked", "cancelled"]

SWEEP_SECONDS = 5.0  # how soon a workflow that failed for good is a dead letter
STOP_SECONDS = 10.0
PAGE = 200
ANNOUNCED_LANE = "lane:"  # travels with the kinds of events: "look at this lane", to every process

workflows_gauge = Gauge("mailwright_workflows", "Workflows that are not finished.", ["lane", "status"])


@dataclass(frozen=True, slots=True)
class Request:
    """One workflow to be run. `workflow` is the decorated function or its name; `id` makes repeats no-ops.

    `tenant` is who it is for: tenants share a lane fairly. `delay` in seconds. The lane is the workflow's own unless named.
    `trace` is where it goes on (a traceparent); when not given, what asks for it says.
    """

    workflow: Callable[..., Any] | str
    args: tuple[Any, ...]
    id: str
    lane: Lane | None = None
    tenant: str = ""
    priority: int = NORMAL
    delay: float = 0.0
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow as the engine knows it. `attempts` counts its starts; `error` is set when it failed; `due_at` is until when it is delayed."""

    id: str
    workflow: str
    status: Status
    lane: str | None
    tenant: str
    attempts: int
    created_at: Instant
    completed_at: Instant | None
    args: tuple[Any, ...]
    result: Any
    error: str | None
    priority: int = NORMAL
    due_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A recorded step; `error` is set when it failed."""

    number: int
    name: str
    error: str | None


OnDead: TypeAlias = Callable[[Tx, DeadLetter], None]


class Flows:
    """The workflows of one installation, kept at `url`.

    With SQLite that is a file of its own (`sqlite:///…/flows.db`, one process, guarded by a lock on it); with PostgreSQL the
    application's own database (schema `dbos`), so that an event becomes a workflow in one transaction. `executor_id` names this
    process: recovery hands what it left to another. `on_dead` runs in the transaction that writes a workflow's dead letter.

    Everything but `start` and `recover` works without being started, in any process (the command line too).
    """

    def __init__(
        self, database: Database, url: str, *, executor_id: str = "embedded", on_dead: OnDead | None = None
    ) -> None:
        self._database = database
        self._url = url
        self._embedded = url.startswith("sqlite:///")
        if self._embedded != (database.dialect == "sqlite"):
            raise ValueError("events and workflows belong into databases of one kind")
        self.executor_id = executor_id
        self._on_dead = on_dead
        self._opened: Engine | None = None
        self._opening = asyncio.Lock()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="flows")
        self._schedules: dict[str, tuple[str, str]] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._swept: Instant | None = None

    # --- life

    def schedule(self, cron: str, workflow: Callable[..., Any]) -> None:
        """Run a workflow whenever `cron` (five fields, UTC) says, once over all processes; before `start`.

        It is called with the moment it was due (`datetime`) and None. Up to a tenth of the interval late, at most 10 s.
        """
        definition = definition_of(workflow)
        self._schedules[definition.name] = (cron, definition.name)

    async def start(self, *, lanes: Collection[str] | None = None) -> None:
        """Launch the engine in this event loop, resume what this executor left unfinished, and serve `lanes` (all).

        Raises AlreadyExists when another process serves the same file, TryLater when the database cannot be reached.
        """
        if attached() is not None:
            raise RuntimeError("one process runs one workflow engine")
        engine = await self._open()
        places = {name: count for name, count in LANES.items() if lanes is None or name in lanes}
        # Before the launch: what is resumed begins to run within it, and a step that found no engine would leave no record.
        attach(engine)
        try:
            await engine.launch(definitions, places, list(self._schedules.values()))
        except AlreadyExists:
            attach(None)
            raise
        except Exception:
            attach(None)
            self._opened = None  # it closed itself; the next attempt opens a new one
            raise
        self._database.on_announced(self._on_announced)
        self._sweeper = asyncio.create_task(self._sweep(), name="flows sweeper")

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Start no more workflows, let the running ones end within `seconds`, interrupt the rest: they resume at the next start."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        if self._opened is not None:
            if attached() is self._opened:
                await self._opened.pause()
                await drain(seconds)
                attach(None)
            await self._opened.close()
            self._opened = None
        self._threads.shutdown(wait=False)

    def running(self) -> int:
        """Workflows that run in this process now."""
        return len(running)

    def activity(self) -> str:
        """What runs in this process, in a few words: `2 employee, 1 triage`."""
        counts: dict[str, int] = {}
        for name in running.values():
            counts[name] = counts.get(name, 0) + 1
        return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))

    # --- asking for work

    async def enqueue(
        self,
        workflow: Callable[..., Any] | str,
        *args: Any,
        id: str,
        lane: Lane | None = None,
        tenant: str = "",
        priority: int = NORMAL,
        delay: float = 0.0,
    ) -> None:
        """Queue one workflow; again with the same id does nothing. Returns when it is durable. Raises TryLater."""
        commit = await self.hand_off([Request(workflow, args, id, lane, tenant, priority, delay)])
        if commit is not None:
            await self._database.write(commit)

    async def hand_off(self, requests: Sequence[Request]) -> Commit | None:
        """Turn events into workflows: a consumer's handler returns what this returns.

        PostgreSQL: a function that enqueues in the transaction that moves the cursor. Embedded: they are enqueued, durably, when
        this returns; the cursor moves after, and a crash in between repeats the hand-off, which the ids make a no-op.
        Raises TryLater.
        """
        rows = [(_traced(request), _lane_of(request), _name_of(request.workflow)) for request in requests]
        if not rows:
            return None
        engine = await self._open()
        if self._embedded:
            await self._call(engine.enqueue, rows)
            engine.wake({lane for _, lane, _ in rows})
            return None

        def commit(tx: Tx) -> None:
            engine.enqueue_in(tx, rows)
            tx.kinds.update(ANNOUNCED_LANE + lane for _, lane, _ in rows)

        return commit

    # --- looking after it

    async def status(self, id: str) -> Flow | None:
        """One workflow, or None when the id is unknown (or purged). Raises TryLater."""
        found = await self._call((await self._open()).find, ids=[id])
        return found[0] if found else None

    async def find(
        self,
        *,
        status: Collection[Status] | None = None,
        workflow: str | None = None,
        id_prefix: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Flow]:
        """The newest workflows that fit, behind the first `offset`, without their results. Raises TryLater."""
        engine = await self._open()
        return await self._call(
            engine.find, status=status, name=workflow, id_prefix=id_prefix, limit=limit, offset=offset
        )

    async def steps(self, id: str) -> list[Step]:
        """The steps a workflow has recorded, in their order; `replay` takes the number of one. Raises TryLater."""
        return await self._call((await self._open()).steps, id)

    async def cancel(self, id: str) -> None:
        """Stop a workflow: at once when it is queued, before its next step when it runs. Raises TryLater."""
        await self._call((await self._open()).cancel, id)

    async def replay(self, id: str, from_step: int = 1) -> None:
        """Run a finished workflow again from a step on, keeping what the steps before recorded.

        Raises NotFound when it is unknown, BadInput when it has not ended, TryLater.
        """
        flow = await self.status(id)
        if flow is None:
            raise NotFound(f"there is no workflow {id}")
        if flow.status in ("delayed", "queued", "running"):
            raise BadInput(f"workflow {id} is still {flow.status}")
        if from_step < 1:
            raise BadInput("steps are counted from 1")
        known = definitions.get(flow.workflow)
        lane: Lane = known.lane if known else next((name for name in LANES if name == flow.lane), "execute")
        engine = await self._open()
        await self._call(engine.rewind, id, from_step, lane, flow.tenant)
        engine.wake({lane})
        if not self._embedded:
            await self._database.write(lambda tx: tx.kinds.add(ANNOUNCED_LANE + lane))

    async def dead(self, limit: int = 100) -> list[Flow]:
        """Workflows that failed for good, newest first. Raises TryLater."""
        return await self.find(status=("failed", "parked"), limit=limit)

    async def purge(self, before: Instant) -> int:
        """Delete workflows that ended before a moment, with their steps; how many. Raises TryLater."""
        engine = await self._open()
        deleted = 0
        while count := await self._call(engine.purge, before):
            deleted += count
        return deleted

    async def recover(self, executor_ids: Sequence[str]) -> int:
        """Resume what processes that are gone left unfinished; how many. Harmless when somebody else does the same. Raises TryLater."""
        engine = await self._open()
        recovered = await self._call(engine.recover, list(executor_ids))
        engine.wake(set(LANES))
        return recovered

    async def measure(self) -> None:
        """Bring the gauge of unfinished workflows up to date; called before metrics are shown. Raises TryLater."""
        counts = await self._call((await self._open()).counts)
        for lane in LANES:
            for status in ("delayed", "queued", "running"):
                workflows_gauge.labels(lane, status).set(counts.get((lane, status), 0))

    async def bury_failed(self) -> int:
        """Write a dead letter for every workflow that failed for good and has none yet; how many. Raises TryLater."""
        engine = await self._open()
        since, offset, buried = self._swept, 0, 0
        while True:
            page: list[Flow] = await self._call(
                engine.find, status=("failed", "parked"), completed_after=since, limit=PAGE, offset=offset, whole=True
            )
            for flow in page:
                buried += await self._database.write(functools.partial(self._bury, flow))
                if flow.completed_at is not None:
                    # Other processes' clocks and commits may lag behind: look back a little the next time.
                    self._swept = max(self._swept or 0, flow.completed_at - MINUTE)
            if len(page) < PAGE:
                return buried
            offset += PAGE

    def _bury(self, flow: Flow, tx: Tx) -> int:
        tx.lock("dead letters")
        last = dead_letters.last_for(tx, "workflow", flow.id)
        # A replay takes the workflow out of this list before its letter is marked: found with a replayed letter it died
        # again, unless it was read before. (On SQLite the engine's stamps are whole seconds.)
        if last is not None and (last.replayed_at is None or (flow.completed_at or 0) < last.replayed_at - SECOND):
            return 0
        letter_id = dead_letters.add(
            tx,
            source="workflow",
            name=flow.workflow,
            reference=flow.id,
            payload={"args": list(flow.args), "tenant": flow.tenant, "status": flow.status},
            error=flow.error or f"started {flow.attempts} times without an end",
            attempts=flow.attempts,
        )
        if self._on_dead is not None:
            self._on_dead(tx, dead_letters.find(tx, letter_id))
        dead_letters_total.labels("workflow").inc()
        log.error("flow.died", workflow=flow.workflow, id=flow.id, status=flow.status)
        return 1

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.bury_failed()
            except TryLater as refusal:
                log.debug("flow.sweep_postponed", error=str(refusal))
            except Exception:
                log.exception("flow.sweep_failed")

    def _on_announced(self, kinds: frozenset[str]) -> None:
        """Runs in whatever thread committed."""
        if self._opened is not None:
            lanes = {kind.removeprefix(ANNOUNCED_LANE) for kind in kinds if kind.startswith(ANNOUNCED_LANE)}
            if lanes:
                self._opened.wake(lanes)

    async def _open(self) -> Engine:
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await self._call(self._make)
        return self._opened

    def _make(self) -> Engine:
        from mailwright.pipeline.engine import Engine  # a second or two of imports, in a thread and only when needed

        return Engine(self._url, self.executor_id)

    async def _call(self, function: Callable[..., T], *args: Any, **options: Any) -> T:
        call = functools.partial(function, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _traced(request: Request) -> Request:
    """The request with where its trace goes on, for a thread that does not know it."""
    trace = request.trace or spans.traceparent()
    return request if trace == request.trace else replace(request, trace=trace)


def _name_of(workflow: Callable[..., Any] | str) -> str:
    return workflow if isinstance(workflow, str) else definition_of(workflow).name


def _lane_of(request: Request) -> Lane:
    if request.lane is not None:
        return request.lane
    known = definitions.get(_name_of(request.workflow))
    return known.lane if known else "execute"
