"""The engine room: everything that touches DBOS, and the only module that imports it.

Called by flows.py, which imports it late (the import takes a second or two). Methods without `async` block: flows.py runs them
in threads. DBOS keeps one engine for a process, so there is one `Engine` that is launched.

Two things here go below DBOS's public face, each in one function with a contract test, because dbos is pinned to 3.4:
`Engine.recover` (what a machine that never returns left; Conductor does this for money), and `Engine._serve`, which runs DBOS's
own queue loop with a wait that can be woken (lanes.py says why).
A workflow's trace (traceparent) is kept in DBOS's column `authenticated_user`, which we have no other use for: of all it keeps with a
workflow only that is taken by its SQL function and known again, without a question, where the workflow runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions, StepOptions
from dbos import error as dbos_error
from dbos._queue import queue_worker_thread
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mailwright.domain.clock import Instant, now, to_iso
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.pipeline import engine_log
from mailwright.pipeline.enginestore import PostgresqlEngine, dbos_url, lock_file, sqlite_engine
from mailwright.pipeline.enginewords import NO_TENANT, STATUS, WORD, flow_of
from mailwright.pipeline.flows import Flow, Request, Status, Step
from mailwright.pipeline.lanes import BUSY_SECONDS, Lane, LaneSignal
from mailwright.pipeline.workflows import Definition
from mailwright.storage.database import Tx

APPLICATION = "mailwright"
FLOW_ABI = "1"
"""Stored with every workflow; only an engine with the same one resumes it. Raised only when all work was drained before."""
SCHEMA = "dbos"
POSTGRESQL_CONNECTIONS = 10
THREADS = 16  # DBOS's bookkeeping; workflows themselves need none
IDLE_TRANSACTION_SECONDS = 15.0  # a frozen process must not hold rows for longer than this
SCHEDULER_SECONDS = 5.0  # how soon a changed schedule is noticed
PURGE_PAGE = 200

Row = tuple[Request, Lane, str]  # a request, its lane and its workflow's name


class Engine:
    """DBOS over one database. Opening it makes the tables; `launch` makes this process run workflows."""

    def __init__(self, url: str, executor_id: str) -> None:
        """Raises TryLater when the database cannot be reached."""
        engine_log.route()
        self._url = url
        self._executor_id = executor_id
        self._embedded = url.startswith("sqlite:///")
        self._lock: int | None = None
        self._lanes: dict[str, LaneSignal] = {}
        self._threads: list[threading.Thread] = []
        self._places: Mapping[Lane, int] = {}
        self._launched = False
        try:
            DBOS.migrate(dbos_url(url))
            self._pools = [] if self._embedded else [PostgresqlEngine(url)]
            self._database = sqlite_engine(url) if self._embedded else self._pools[0].pool
            self._client = DBOSClient(
                system_database_engine=self._database,
                dbos_system_schema=SCHEMA,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                lazy=True,
                retry_connection_errors=False,
            )
        except SQLAlchemyError as error:
            raise _away(error) from error

    # --- life

    async def launch(
        self,
        definitions: Mapping[str, Definition],
        places: Mapping[Lane, int],
        schedules: Sequence[tuple[str, str]],
    ) -> None:
        """Run workflows in this event loop: `places` at once of each lane. Schedules are (cron, workflow name): with
        any, they are all there are from now on; without, those of other processes stay.
        """
        if self._embedded:
            self._lock = lock_file(self._url)
        config: DBOSConfig = {
            "name": APPLICATION,
            "application_version": FLOW_ABI,
            "executor_id": self._executor_id,
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "WARNING",
            "run_migrations": False,
            "max_executor_threads": THREADS,
            "scheduler_polling_interval_sec": SCHEDULER_SECONDS,
        }
        if self._embedded:
            config["system_database_engine"] = self._database
        else:
            # A pool of ours and not of DBOS's own, since the login may change while it works.
            pool = PostgresqlEngine(
                self._url, connections=POSTGRESQL_CONNECTIONS, idle_transaction_seconds=IDLE_TRANSACTION_SECONDS
            )
            self._pools.append(pool)
            config["system_database_engine"] = pool.pool
        try:
            dbos = DBOS(config=config)
            self._launched = True  # from here on there is something to end
            for definition in definitions.values():
                _register(definition)
            DBOS.listen_queues([])  # DBOS itself serves none of our lanes: `_serve` does
            DBOS.launch()  # on the loop's own thread: DBOS then runs coroutines in this loop
            self._places = places
            await asyncio.get_running_loop().run_in_executor(None, partial(self._prepare, dbos, schedules))
        except Exception as error:
            await self.close()
            if isinstance(error, SQLAlchemyError):
                raise _away(error) from error
            raise

    def _prepare(self, dbos: DBOS, schedules: Sequence[tuple[str, str]]) -> None:
        for lane, places in self._places.items():
            DBOS.register_queue(
                lane,
                worker_concurrency=places,
                # Tenants are partitions, looked at in random order: a flood of one leaves the others their turn, and alone
                # it may use the whole lane.
                partition_worker_concurrency=places,
                polling_interval_sec=BUSY_SECONDS,
                on_conflict="always_update",
            )
            signal = self._lanes[lane] = LaneSignal(places)
            thread = threading.Thread(target=self._serve, args=(dbos, lane, signal), name=f"lane {lane}", daemon=True)
            self._threads.append(thread)
            thread.start()
        if not schedules:  # what other processes do by the clock is theirs
            return
        wanted = {name: cron for cron, name in schedules}
        for known in DBOS.list_schedules():
            if known["schedule_name"] not in wanted:
                DBOS.delete_schedule(known["schedule_name"])
        DBOS.apply_schedules(
            [
                {"schedule_name": name, "workflow_fn": _registered[name][1], "schedule": cron, "context": None}
                for name, cron in wanted.items()
            ]
        )

    def _serve(self, dbos: DBOS, lane: str, signal: LaneSignal) -> None:
        """DBOS's own loop over one queue, with our wait in the place of its event."""
        queue = DBOS.retrieve_queue(lane)
        assert queue is not None
        queue_worker_thread(cast(threading.Event, signal), dbos, queue)

    async def pause(self) -> None:
        """Start no more workflows."""
        for signal in self._lanes.values():
            signal.set()
        await asyncio.get_running_loop().run_in_executor(None, self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=5)

    async def close(self) -> None:
        """Let go of everything."""
        loop = asyncio.get_running_loop()
        await self.pause()
        if self._launched:
            # DBOS made its own pool the loop's default and is about to end it: others still need one.
            with ThreadPoolExecutor(1) as last:
                await loop.run_in_executor(last, DBOS.destroy)
            loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
            self._launched = False
        self._client.destroy()
        for pool in self._pools:
            pool.close()
        self._database.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def wake(self, lanes: Collection[str]) -> None:
        """There is work in these lanes. From any thread."""
        for lane in lanes:
            signal = self._lanes.get(lane)
            if signal is not None:
                signal.wake()

    def entered(self, lane: Lane) -> None:
        """A workflow of this lane runs."""
        signal = self._lanes.get(lane)
        if signal is not None:
            signal.running += 1

    def left(self, lane: Lane) -> None:
        """It ended: work may be waiting for its place."""
        signal = self._lanes.get(lane)
        if signal is not None:
            signal.freed()

    # --- steps

    async def run_step(
        self, options: Mapping[str, Any], function: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any
    ) -> Any:
        """Inside a workflow run and record it; elsewhere just run it."""
        return await DBOS.run_step_async(cast(StepOptions, options), function, *args, **kwargs)

    def current_id(self) -> str | None:
        """The id of the workflow that runs here."""
        return DBOS.workflow_id

    def current_trace(self) -> str | None:
        """Where the trace of the workflow that runs here goes on."""
        return None if DBOS.workflow_id is None else DBOS.authenticated_user

    # --- enqueueing

    def enqueue(self, rows: Iterable[Row]) -> None:
        """Into the engine's own file, in one transaction. Raises TryLater."""
        try:
            with self._database.begin() as connection:
                for request, lane, name in rows:
                    options: EnqueueOptions = {
                        "workflow_name": name,
                        "queue_name": lane,
                        "workflow_id": request.id,
                        "app_version": FLOW_ABI,
                        "priority": request.priority,
                        "queue_partition_key": request.tenant or NO_TENANT,
                    }
                    if request.trace is not None:
                        options["authenticated_user"] = request.trace
                    if request.delay > 0:
                        options["delay_seconds"] = request.delay
                    self._client.enqueue_in_transaction(connection, options, *request.args)
        except DBAPIError as error:
            raise _away(error) from error

    def enqueue_in(self, tx: Tx, rows: Iterable[Row]) -> None:
        """Into the application's PostgreSQL database, in the caller's transaction: all in one round trip."""
        moment = now() // 1000
        tx.executemany(
            f"SELECT {SCHEMA}.enqueue_workflow(workflow_name => ?, queue_name => ?, positional_args => ?::json[], "
            "workflow_id => ?, app_version => ?, priority => ?, queue_partition_key => ?, delay_until_epoch_ms => ?, "
            "application_name => ?, authenticated_user => ?)",
            [
                (
                    name,
                    lane,
                    [json.dumps(argument) for argument in request.args],
                    request.id,
                    FLOW_ABI,
                    request.priority,
                    request.tenant or NO_TENANT,
                    moment + int(request.delay * 1000) if request.delay > 0 else None,
                    APPLICATION,
                    request.trace,
                )
                for request, lane, name in rows
            ],
        )

    # --- looking after it

    def find(
        self,
        *,
        ids: Sequence[str] | None = None,
        status: Collection[Status] | None = None,
        name: str | None = None,
        id_prefix: str | None = None,
        completed_after: Instant | None = None,
        limit: int = 100,
        offset: int = 0,
        whole: bool = False,
    ) -> list[Flow]:
        """Newest first. Results and errors are read for named ids, or when `whole`. Raises TryLater."""
        try:
            found = self._client.list_workflows(
                workflow_ids=None if ids is None else [*ids],
                status=None if status is None else [WORD[word] for word in status],
                name=name,
                workflow_id_prefix=id_prefix,
                completed_after=None if completed_after is None else to_iso(completed_after),
                limit=limit,
                offset=offset,
                sort_desc=True,
                load_input=ids is not None or whole,
                load_output=ids is not None or whole,
            )
        except DBAPIError as error:
            raise _away(error) from error
        return [flow_of(one) for one in found]

    def steps(self, workflow_id: str) -> list[Step]:
        """The recorded steps of a workflow."""
        try:
            found = self._client.list_workflow_steps(workflow_id)
        except DBAPIError as error:
            raise _away(error) from error
        return [
            Step(one["function_id"], one["function_name"], None if one["error"] is None else str(one["error"])[:2000])
            for one in found
        ]

    def cancel(self, workflow_id: str) -> None:
        try:
            self._client.cancel_workflow(workflow_id)
        except DBAPIError as error:
            raise _away(error) from error

    def rewind(self, workflow_id: str, from_step: int, lane: Lane, tenant: str) -> None:
        """Forget the steps from one on, and queue the workflow again. Raises BadInput when it has not ended."""
        try:
            self._client.rewind_workflow(
                workflow_id,
                start_step=from_step,
                application_version=FLOW_ABI,
                queue_name=lane,
                queue_partition_key=tenant or NO_TENANT,
            )
        except DBAPIError as error:
            raise _away(error) from error
        except dbos_error.DBOSException as error:
            raise BadInput(str(error)) from error

    def purge(self, before: Instant) -> int:
        """Delete a page of the workflows that ended before a moment; how many."""
        try:
            found = self._client.list_workflows(
                completed_before=to_iso(before), limit=PURGE_PAGE, load_input=False, load_output=False
            )
            if found:
                self._client.delete_workflows([one.workflow_id for one in found])
        except DBAPIError as error:
            raise _away(error) from error
        return len(found)

    def recover(self, executor_ids: list[str]) -> int:
        """Queue again what these executors were running when they died. Each row says whose it is, so twice does no harm. Raises TryLater."""
        if not self._launched:
            raise TryLater("this process does not run workflows yet")
        try:
            return len(DBOS._recover_pending_workflows(executor_ids))
        except DBAPIError as error:
            raise _away(error) from error

    def counts(self) -> dict[tuple[str, str], int]:
        """Unfinished workflows by lane and status."""
        table = "workflow_status" if self._embedded else f"{SCHEMA}.workflow_status"
        sql = (
            f"SELECT queue_name, status, count(*) FROM {table} "  # noqa: S608
            "WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED') GROUP BY queue_name, status"
        )
        try:
            with self._database.connect() as connection:
                return {(row[0] or "", STATUS[row[1]]): row[2] for row in connection.execute(sa.text(sql))}
        except DBAPIError as error:
            raise _away(error) from error


_registered: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}  # what runs, and what DBOS made of it


def _register(definition: Definition) -> None:
    """Make a workflow known to DBOS, once for each function."""
    known = _registered.get(definition.name)
    if known is None or known[0] is not definition.run:
        decorate = DBOS.workflow(name=definition.name, max_recovery_attempts=definition.recoveries)
        _registered[definition.name] = (definition.run, decorate(definition.run))


def _away(error: Exception) -> TryLater:
    return TryLater(f"the workflow engine's database cannot be used now: {str(error).strip().splitlines()[0][:300]}")
