"""SQLite: one writer thread that owns the connection, a pool of read-only connections, WAL and `synchronous=FULL`.

Used through `database.Database`. The writer drains its queue, runs each function in a savepoint, commits once, and wakes all
who waited: deliveries that arrive while an fsync runs share the next one (group commit, docs/decisions/0002).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import structlog

from mailwright.domain import spans
from mailwright.domain.refusals import TryLater
from mailwright.storage.database import MAX_WAITING_WRITES, Database, Mark, Row, T, Tx, Waiter, wake_all

log = structlog.get_logger(__name__)

MAX_GROUP = 400
"""Functions in one commit: bounds both the latency of the first and the size of the WAL frame run."""
GATHER_SECONDS = 0.0005
"""While deliveries come together the writer waits this long for the others that are on their way, and again while more come:
they share the commit, and writer and event loop take turns instead of fighting for the interpreter (a fifth more a second)."""
GATHERINGS = 4  # of these waits at most before a group begins
BUSY_SECONDS = 0.05  # after a group of several; a lone write in between (a consumer's cursor) does not end it
READERS = 4
BUSY_MILLISECONDS = 30_000  # another process (the command line) may hold the write lock for a moment
WRITER_CACHE_KIBIBYTES = 16 * 1024
READER_CACHE_KIBIBYTES = 2 * 1024  # each; the kernel has the same pages, so more only costs memory
_FATAL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY}
"""After these SQLite may have rolled the whole transaction back: the group fails together, and each may try again."""
CHECKPOINT_PAGES = 4_000  # 16 MiB of WAL between checkpoints


class SqliteTx(Tx):
    """A transaction over one `sqlite3` connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._run = connection.execute
        self._run_many = connection.executemany

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._run(sql, params).rowcount

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._run_many(sql, rows)

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        cursor = self._run(sql, params)
        row: Row | None = cursor.fetchone()
        if row is not None and cursor.fetchone() is not None:
            cursor.close()
        return row

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._run(sql, params).fetchall()

    def lock(self, name: str) -> None:
        """There is one writer: it has the lock already."""

    def log_end(self) -> Mark:
        # One writer: ids (AUTOINCREMENT) are committed in their order, so the highest visible one is the end.
        return 0, self.scalar("SELECT max(id) FROM events") or 0

    def timeline(self) -> int:
        return 0

    def log_slice(self, kinds: Sequence[str], after: Mark, end: Mark, limit: int) -> list[Row]:
        # "+kind" keeps the planner on the primary key: the slice is near the end of the log.
        return self.all(
            "SELECT 0, id, kind, key, payload, correlation_id, created_at, trace FROM events WHERE id > ? AND id <= ? "
            f"AND +kind IN ({', '.join('?' * len(kinds))}) ORDER BY id LIMIT ?",
            (after[1], end[1], *kinds, limit),
        )

    def log_mark(self, event_id: int) -> Mark | None:
        return (0, event_id) if self.scalar("SELECT 1 FROM events WHERE id = ?", (event_id,)) else None

    def log_lag(self, kinds: Sequence[str], after: Mark) -> Row:
        row = self.one(
            f"SELECT count(*), min(created_at) FROM events WHERE id > ? AND +kind IN ({', '.join('?' * len(kinds))})",
            (after[1], *kinds),
        )
        return row or (0, None)


class SqliteDatabase(Database):
    """A database file. `path` is made with mode 0600 when it does not exist."""

    dialect = "sqlite"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        if not os.path.exists(path):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._queue: deque[Waiter | _Call] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._write_loop, name="sqlite-writer", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._local = threading.local()
        self._read_connections: list[sqlite3.Connection] = []
        self._writer.start()

    async def write(self, function: Callable[[Tx], T], *, shared: bool = False) -> T:
        waiter = Waiter(function)
        self._put(waiter)
        result: T = await waiter.future
        return result

    def write_now(self, function: Callable[[Tx], T]) -> T:
        call = _Call(function)
        self._put(call)
        result: T = call.done.result()
        return result

    async def read(self, function: Callable[[Tx], T]) -> T:
        if self._closing:
            raise TryLater("the server is shutting down")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, function)

    def read_now(self, function: Callable[[Tx], T]) -> T:
        connection = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = _connect(self.path, read_only=True)
                self._read_connections.append(connection)
            connection.execute("BEGIN")
            try:
                return function(SqliteTx(connection))
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise TryLater(f"the database cannot be read now: {error}") from error

    def close(self) -> None:
        with self._ready:
            if self._closing:
                return
            self._closing = True
            self._ready.notify()
        self._writer.join()

    def _close_readers(self) -> None:
        """Before the writer, who as the last one folds the WAL into the file: a closed database is one file to copy."""
        self._readers.shutdown(wait=True)
        for connection in self._read_connections:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _put(self, job: Waiter | _Call) -> None:
        with self._ready:
            if self._closing:
                raise TryLater("the server is shutting down")
            if len(self._queue) >= MAX_WAITING_WRITES:
                raise TryLater("too many changes are waiting for the disk")
            self._queue.append(job)
            self._ready.notify()

    def _gather(self) -> None:
        """Let a group grow, while it does. Only the writer takes from the queue, so it cannot shrink meanwhile."""
        for _ in range(GATHERINGS):
            waiting = len(self._queue)
            time.sleep(GATHER_SECONDS)
            if len(self._queue) == waiting:
                return

    def _write_loop(self) -> None:
        connection: sqlite3.Connection | None = None
        busy_until = 0.0
        while True:
            with self._ready:
                while not self._queue and not self._closing:
                    self._ready.wait()
                if not self._queue:
                    break
            if time.monotonic() < busy_until:
                self._gather()
            with self._ready:
                group = [self._queue.popleft() for _ in range(min(MAX_GROUP, len(self._queue)))]
            if len(group) > 1:
                busy_until = time.monotonic() + BUSY_SECONDS
            try:
                if connection is None:
                    connection = _connect(self.path, read_only=False)
                kinds = _run_group(connection, group)
            except Exception as error:
                log.error("database.write_failed", jobs=len(group), error=str(error))
                _discard(connection)
                connection = None
                refusal = TryLater(f"the change could not be stored: {error}")
                for job in group:
                    job.error, job.result = refusal, None
                kinds = frozenset()
            _wake(group)
            if kinds:
                self.announce(kinds)
        self._close_readers()
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("PRAGMA optimize")
            connection.close()


class _Call:
    """One queued write of a thread that blocks until it is done."""

    __slots__ = ("done", "error", "function", "result", "trace")

    def __init__(self, function: Callable[[Tx], Any]) -> None:
        self.function = function
        self.trace = spans.traceparent()
        self.done: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None


def _wake(group: Sequence[Waiter | _Call]) -> None:
    wake_all([job for job in group if isinstance(job, Waiter)])
    for job in group:
        if isinstance(job, _Call):
            if job.error is None:
                job.done.set_result(job.result)
            else:
                job.done.set_exception(job.error)


def _run_group(connection: sqlite3.Connection, group: Sequence[Waiter | _Call]) -> frozenset[str]:
    """Run every function in one transaction, and commit. The kinds of the events that were appended.

    At first without savepoints, which cost a tenth of a delivery: functions rarely raise. When one does, everything is rolled
    back and run again, each in a savepoint of its own.
    """
    tx = SqliteTx(connection)
    connection.execute("BEGIN IMMEDIATE")
    for job in group:
        tx.trace = job.trace
        try:
            job.result = job.function(tx)
        except BaseException as error:  # whatever one function raises is its caller's to handle and harms no other
            _raise_when_fatal(error)
            connection.execute("ROLLBACK")
            return _run_group_guarded(connection, group)
    connection.execute("COMMIT")
    return frozenset(tx.kinds)


def _run_group_guarded(connection: sqlite3.Connection, group: Sequence[Waiter | _Call]) -> frozenset[str]:
    """`_run_group` with a savepoint for each function: one that raises undoes its own work and nobody else's."""
    kinds: set[str] = set()
    run = connection.execute
    tx = SqliteTx(connection)
    run("BEGIN IMMEDIATE")
    for job in group:
        tx.kinds.clear()
        tx.trace = job.trace
        run("SAVEPOINT job")
        try:
            job.result = job.function(tx)
        except BaseException as error:
            _raise_when_fatal(error)
            run("ROLLBACK TO job")
            job.error = error
        else:
            kinds |= tx.kinds
        run("RELEASE job")
    run("COMMIT")
    return frozenset(kinds)


def _raise_when_fatal(error: BaseException) -> None:
    # What Python's module raises by itself (a value it cannot bind) carries no code.
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _FATAL:
        raise error


def _discard(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _connect(path: str, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIBIBYTES if read_only else WRITER_CACHE_KIBIBYTES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection
