"""PostgreSQL: a pool of threads with a psycopg connection each, a batcher that deliveries share, and LISTEN for wake-ups.

Used through `database.Database`. What meets a deadlock or a serialization failure is run again, a write beside no move of rows
between partitions the second time; a write whose connection broke raises TryLater (every write above is idempotent by key, so trying
again is safe even when the commit's fate is unknown).
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import psycopg
import structlog
from psycopg import errors

from mailwright.domain import spans
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import logins
from mailwright.storage.database import MAX_WAITING_WRITES, Database, Mark, Row, T, Tx, Waiter, wake_all
from mailwright.storage.postgresqlconnecting import connect, first_line, readable

log = structlog.get_logger(__name__)

WRITERS = 8
READERS = 8
MAX_GROUP = 200
RETRIES = 4  # of each: deadlock and serialization failures are the database asking for just that
MOVE_LOCK = 7251993
"""Who moves rows between partitions has it in each transaction that does. A writer who met such a row shares it while it runs again,
however long it takes: none comes in its way a second time.
"""
WAKE_CHANNEL = "mailwright_events"
_MAX_BIGINT = 2**63 - 1
# Services that imitate PostgreSQL have no such functions, or forbid them.
_NOT_TOLD = (
    errors.FeatureNotSupported,
    errors.InsufficientPrivilege,
    errors.ObjectNotInPrerequisiteState,
    errors.UndefinedFunction,
)

# Statements are as many as the lengths of their lists, and those with long ones take memory.
MAX_REMEMBERED = 2048
MAX_REMEMBERED_LENGTH = 4096  # characters


def _translate(sql: str) -> str:
    """`?` to `%s`."""
    return _remembered(sql) if len(sql) <= MAX_REMEMBERED_LENGTH else _with_marks(sql)


def _with_marks(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


_remembered = lru_cache(MAX_REMEMBERED)(_with_marks)


class PostgresqlTx(Tx):
    """A transaction over one psycopg connection."""

    locking = " FOR UPDATE SKIP LOCKED"
    keeping = " FOR KEY SHARE"
    exclusive = " FOR UPDATE"
    log_upto = "(e.tx, e.id) <= (?::text::xid8, ?)"

    def __init__(self, connection: psycopg.Connection[Row], trace: str | None = None) -> None:
        super().__init__(trace)
        self._connection = connection
        self._cursor = connection.cursor()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._cursor.execute(_translate(sql), params).rowcount

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(_translate(sql), rows)

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        return self._cursor.execute(_translate(sql), params).fetchone()

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._cursor.execute(_translate(sql), params).fetchall()

    def lock(self, name: str) -> None:
        self._cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def log_end(self) -> Mark:
        # Every transaction below the snapshot's xmin has ended: what it wrote is visible, and no more will come from it.
        # A plain "highest id" would skip the events of transactions that are still running (measured: one in five).
        return self.scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint") - 1, _MAX_BIGINT

    def timeline(self) -> int:
        try:
            with self._connection.transaction():  # a savepoint: whoever is not told goes on
                return int(self.scalar("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16)
        except _NOT_TOLD:
            return 0

    def log_slice(self, kinds: Sequence[str], after: Mark, end: Mark, limit: int) -> list[Row]:
        return self.all(
            "SELECT tx::text::bigint, id, kind, key, payload, correlation_id, created_at, trace FROM events "
            "WHERE (tx, id) > (?::text::xid8, ?) AND tx <= ?::text::xid8 AND kind = ANY(?) ORDER BY tx, id LIMIT ?",
            (after[0], after[1], end[0], list(kinds), limit),
        )

    def log_mark(self, event_id: int) -> Mark | None:
        row = self.one("SELECT tx::text::bigint, id FROM events WHERE id = ?", (event_id,))
        return None if row is None else (row[0], row[1])

    def log_lag(self, kinds: Sequence[str], after: Mark) -> Row:
        row = self.one(
            "SELECT count(*), min(created_at) FROM events WHERE (tx, id) > (?::text::xid8, ?) AND kind = ANY(?)",
            (after[0], after[1], list(kinds)),
        )
        return row or (0, None)


class _Held:
    """A thread's connection, whose login it is, and the lock of who uses it now."""

    def __init__(self, connection: psycopg.Connection[Row], login: str) -> None:
        self.connection = connection
        self.login = login
        self.busy = threading.Lock()


class PostgresqlDatabase(Database):
    """A PostgreSQL database named by its URL (`postgresql://user:secret@host/name`).

    `direct` is given when that leads to a pooler in transaction mode (pgBouncer): the way past it, for the one connection that listens.
    Its login may change while it is open (`logins`): every connection is then replaced when its transaction has ended.
    """

    dialect = "postgresql"

    def __init__(self, url: str, *, direct: str | None = None) -> None:
        super().__init__()
        self._url = url
        self._direct = direct
        self._local = threading.local()
        self._held: list[_Held] = []
        self._unfollow = logins.on_change(url, self._close_idle)
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="postgresql-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="postgresql-reader")
        self._shared: queue.SimpleQueue[Waiter | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._gate = threading.Lock()  # nothing is queued behind the last one
        self._batcher = threading.Thread(target=self._batch_loop, name="postgresql-batcher", daemon=True)
        self._batcher.start()
        self._listener: threading.Thread | None = None

    def on_announced(self, listener: Callable[[frozenset[str]], None]) -> None:
        super().on_announced(listener)
        if self._listener is None:
            self._listener = threading.Thread(target=self._listen_loop, name="postgresql-listener", daemon=True)
            self._listener.start()

    async def write(self, function: Callable[[Tx], T], *, shared: bool = False) -> T:
        if self._closing.is_set():
            raise TryLater("the server is shutting down")
        if not shared:
            trace = spans.traceparent()
            return await asyncio.get_running_loop().run_in_executor(self._writers, self._write, function, trace)
        if self._shared.qsize() >= MAX_WAITING_WRITES:
            raise TryLater("too many changes are waiting for the database")
        waiter = Waiter(function)
        with self._gate:
            if self._closing.is_set():
                raise TryLater("the server is shutting down")
            self._shared.put(waiter)
        result: T = await waiter.future
        return result

    def write_now(self, function: Callable[[Tx], T]) -> T:
        return self._write(function, spans.traceparent())

    def _write(self, function: Callable[[Tx], T], trace: str | None) -> T:
        deadlocks = failures = 0
        while max(deadlocks, failures) < RETRIES:
            try:
                with self._connection() as connection, connection.transaction():
                    if failures:
                        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (MOVE_LOCK,))
                    tx = PostgresqlTx(connection, trace)
                    result = function(tx)
                    _notify(connection, tx.kinds)
                return result
            except errors.DeadlockDetected:
                deadlocks += 1
            except errors.SerializationFailure:
                failures += 1
            time.sleep(0.01 * 2 ** (deadlocks + failures - 1))
        raise TryLater("the database was too busy to settle the change")

    async def read(self, function: Callable[[Tx], T]) -> T:
        if self._closing.is_set():
            raise TryLater("the server is shutting down")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, function)

    def read_now(self, function: Callable[[Tx], T]) -> T:
        for attempt in range(RETRIES):
            try:
                with self._connection() as connection, connection.transaction():
                    # All of one moment, as on SQLite: a state that is read after what it is of must not be a younger one.
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    return function(PostgresqlTx(connection))
            except (errors.DeadlockDetected, errors.SerializationFailure):  # tables are changed just now
                time.sleep(0.01 * 2**attempt)
        raise TryLater("the database was too busy to answer")

    def close(self) -> None:
        with self._gate:
            if self._closing.is_set():
                return
            self._closing.set()
            self._shared.put(None)
        self._batcher.join()
        if self._listener is not None:
            self._listener.join()
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._unfollow()
        for held in self._held:
            with contextlib.suppress(psycopg.Error):
                held.connection.close()

    @contextlib.contextmanager
    def _connection(self) -> Any:
        """This thread's connection, opened when there is none. A broken one is dropped, and TryLater raised."""
        held: _Held | None = None
        try:
            held = self._take()
            try:
                yield held.connection
            finally:
                held.busy.release()
        except (errors.DeadlockDetected, errors.SerializationFailure):
            raise
        except psycopg.Error as error:
            # An idle transaction that the server ended is an InternalError on a connection that is closed by now.
            gone = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            if not gone and (held is None or not held.connection.closed):
                raise
            if held is not None:
                _close(held)
                self._local.held = None
            raise TryLater(f"the database cannot be reached now: {first_line(error)}") from error

    def _take(self) -> _Held:
        """This thread's connection, with the login of now; nobody closes it before its lock is free again."""
        login = logins.current(self._url)
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None:
            held.busy.acquire()
            if held.login == login and not held.connection.closed and not _hung_up(held.connection):
                return held
            held.connection.close()
            held.busy.release()
        held = self._local.held = _Held(connect(self._url, pooled=self._direct is not None), login)
        held.busy.acquire()
        self._held = [*(known for known in self._held if not known.connection.closed), held]
        return held

    def _close_idle(self) -> None:
        """The login is another one: connections of an earlier one end now, or when their transaction does."""
        try:
            login = logins.current(self._url)
        except (TryLater, BadInput):
            return  # who needs a connection is told
        for held in list(self._held):
            if held.login != login:
                _close(held)

    def _batch_loop(self) -> None:
        while (first := self._shared.get()) is not None:
            group = [first]
            ended = False
            while len(group) < MAX_GROUP and not self._shared.empty():
                waiter = self._shared.get()
                if waiter is None:
                    ended = True
                    break
                group.append(waiter)
            self._run_group(group)
            wake_all(group)
            if ended:
                break

    def _run_group(self, group: Sequence[Waiter]) -> None:
        try:
            with self._connection() as connection, connection.transaction():
                tx = PostgresqlTx(connection)
                # Two processes that lock the same people's rows in another order would wait for the deadlock to be found
                # (a second) at nearly every batch: batches take turns, as in the one writer of SQLite.
                tx.lock("shared batch")
                kinds: set[str] = set()
                for waiter in group:
                    tx.kinds.clear()
                    tx.trace = waiter.trace
                    try:
                        with connection.transaction():
                            waiter.result = waiter.function(tx)
                        kinds |= tx.kinds
                    except (errors.DeadlockDetected, errors.SerializationFailure):
                        raise
                    except BaseException as error:  # one function's refusal harms no other: its savepoint is gone
                        if connection.closed:
                            raise
                        waiter.error = _as_refusal(error)
                _notify(connection, kinds)
        except (errors.DeadlockDetected, errors.SerializationFailure):
            for waiter in group:
                waiter.error = None
                try:
                    waiter.result = self._write(waiter.function, waiter.trace)
                except BaseException as error:
                    waiter.error = error
        except Exception as error:
            log.error("database.write_failed", jobs=len(group), error=first_line(error))
            refusal = (
                error
                if isinstance(error, TryLater)
                else TryLater(f"the change could not be stored: {first_line(error)}")
            )
            for waiter in group:
                waiter.error = refusal

    def _listen_loop(self) -> None:
        """Pass on what any process announces; while the connection is away the consumers' poll is the safety net."""
        url = self._direct or self._url
        while not self._closing.is_set():
            try:
                login = logins.current(url)
                with connect(url) as connection:
                    connection.execute(f"LISTEN {WAKE_CHANNEL}")
                    while not self._closing.is_set() and login == logins.current(url):
                        # psycopg's own wait cannot be interrupted by close(): look at the socket for short stretches.
                        if readable(connection, 0.5):
                            for notice in connection.notifies(timeout=0, stop_after=1):
                                self.announce(frozenset(notice.payload.split(",")))
            except (TryLater, psycopg.Error, OSError) as error:
                log.warning("database.listen_interrupted", error=first_line(error))
                self._closing.wait(1)


def _as_refusal(error: BaseException) -> BaseException:
    """A statement that took too long, or a disk without room: the server is there and may take it another time."""
    if isinstance(error, psycopg.OperationalError):
        return TryLater(f"the change could not be stored: {first_line(error)}")
    return error


def _close(held: _Held) -> None:
    """Close it unless its thread is in a transaction: then that thread does it, before the next one."""
    if held.busy.acquire(blocking=False):
        try:
            with contextlib.suppress(psycopg.Error):
                held.connection.close()
        finally:
            held.busy.release()


def _hung_up(connection: psycopg.Connection[Row]) -> bool:
    """Whether the server has something to say on an idle connection: that it closes it (it restarted), as good as always.

    Better noticed before a transaction than in it, where nobody knows what became of it.
    """
    if not readable(connection, 0):
        return False
    connection.close()
    return True


def _notify(connection: psycopg.Connection[Row], kinds: set[str]) -> None:
    if kinds:
        connection.execute("SELECT pg_notify(%s, %s)", (WAKE_CHANNEL, ",".join(sorted(kinds))))
