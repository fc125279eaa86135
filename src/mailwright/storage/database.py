"""The database as everybody above sees it: `write` and `read` run a plain function over a transaction.

Called by core, pipeline and the command line. Implemented by `sqlite.py` and `postgresql.py`; both pass tests/contracts.
Promises: when `write` returns, what the function did is committed and survives a power cut; when it raises, nothing of that
function happened. Raises TryLater when the database is away, locked or full: the caller may simply try again.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import structlog

from mailwright.domain import spans

log = structlog.get_logger(__name__)

T = TypeVar("T")
Row = tuple[Any, ...]
Announced = Callable[[frozenset[str]], None]
Mark = tuple[int, int]
"""A place in the event log: transaction and id. SQLite commits in the order of ids and has 0 for the transaction."""

MAX_WAITING_WRITES = 20_000
"""Writes queued before new ones are asked to come back later; a queue this long means the disk has stopped."""


class Tx(ABC):
    """One transaction. SQL uses `?` for parameters on both databases.

    `kinds` collects the events appended, so that their consumers are woken after the commit and not before. `trace` is the traceparent
    of whoever asked for the transaction (it runs in another thread), kept with what it writes; None where nothing is recorded.
    """

    locking = ""
    """Appended to a SELECT that claims rows: waits for nobody, skips what others hold (nothing on SQLite: one writer)."""

    keeping = ""
    """Appended to a SELECT: the rows cannot be deleted by anybody else until this transaction ends (nothing on SQLite)."""

    exclusive = ""
    """Appended to a SELECT: nobody else keeps or changes the rows until this transaction ends (nothing on SQLite)."""

    log_upto = "? >= 0 AND e.id <= ?"
    """SQL: the event `e` stands at or before a mark (two parameters)."""

    def __init__(self, trace: str | None = None) -> None:
        self.kinds: set[str] = set()
        self.trace = trace
        self._inserts: dict[tuple[str, ...], str] = {}

    @abstractmethod
    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run it; the number of rows changed."""

    @abstractmethod
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run it once for every row of parameters."""

    @abstractmethod
    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""

    @abstractmethod
    def all(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Every row."""

    @abstractmethod
    def lock(self, name: str) -> None:
        """Let only one transaction at a time past this name, until it ends."""

    @abstractmethod
    def log_end(self) -> Mark:
        """Where the event log ends for a reader: nothing at or before this mark is still to be committed."""

    @abstractmethod
    def timeline(self) -> int:
        """Which history the database is in: another one after a recovery or a fail-over. 0 where nobody tells."""

    @abstractmethod
    def log_slice(self, kinds: Sequence[str], after: Mark, end: Mark, limit: int) -> list[Row]:
        """Events of `kinds` after one mark and up to another, in log order, each as (tx, id, kind, key, payload,
        correlation_id, created_at, trace)."""

    @abstractmethod
    def log_mark(self, event_id: int) -> Mark | None:
        """Where an event stands in the log; None when it is there no longer."""

    @abstractmethod
    def log_lag(self, kinds: Sequence[str], after: Mark) -> Row:
        """How many events of `kinds` stand after a mark, and when the oldest was written (None when there is none)."""

    def scalar(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, params)
        return None if row is None else row[0]

    def insert(self, table: str, *, unless_exists: bool = False, **values: Any) -> bool:
        """Insert one row; with `unless_exists`, False when a unique key already has it."""
        shape = (table, "1" if unless_exists else "", *values)
        sql = self._inserts.get(shape)
        if sql is None:
            columns, marks = ", ".join(values), ", ".join("?" * len(values))
            tail = " ON CONFLICT DO NOTHING" if unless_exists else ""
            sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}){tail}"
            self._inserts[shape] = sql
        return self.execute(sql, tuple(values.values())) == 1


class Database(ABC):
    """A database with its writers and readers."""

    def __init__(self) -> None:
        self._listeners: list[Announced] = []

    @property
    @abstractmethod
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    @abstractmethod
    async def write(self, function: Callable[[Tx], T], *, shared: bool = False) -> T:
        """Run `function` in a transaction and commit. `shared` lets it share the commit with others that wait (deliveries).

        It may be run again (a deadlock, a neighbour in the group that raised): it changes nothing but what `tx` rolls back.
        """

    @abstractmethod
    def write_now(self, function: Callable[[Tx], T]) -> T:
        """`write` for threads that may block."""

    @abstractmethod
    async def read(self, function: Callable[[Tx], T]) -> T:
        """Run `function` in a read-only transaction."""

    @abstractmethod
    def read_now(self, function: Callable[[Tx], T]) -> T:
        """`read` for threads that may block."""

    @abstractmethod
    def close(self) -> None:
        """Finish what is queued and let go of every connection."""

    def on_announced(self, listener: Announced) -> None:
        """Call `listener` (from any thread) with the kinds of the events of each commit."""
        self._listeners.append(listener)

    def announce(self, kinds: frozenset[str]) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            try:
                listener(kinds)
            except Exception:  # a listener that is gone must not take the thread along that commits for everybody
                log.exception("database.listener_failed")


class Waiter:
    """One queued write: its function, and the future (any loop's) that hears how it ended."""

    __slots__ = ("error", "function", "future", "loop", "result", "trace")

    def __init__(self, function: Callable[[Tx], Any]) -> None:
        self.function = function
        self.trace = spans.traceparent()
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Wake whoever waits; runs in the waiter's own loop."""
        if self.future.done():  # the waiting task was cancelled: the commit stands all the same
            return
        if self.error is None:
            self.future.set_result(self.result)
        elif isinstance(self.error, StopIteration):  # a future cannot hold one, and the waiter would wait for ever
            self.future.set_exception(RuntimeError("a database function raised StopIteration"))
        else:
            self.future.set_exception(self.error)


def wake_all(waiters: Sequence[Waiter]) -> None:
    """Settle every waiter with one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Waiter]] = {}
    for waiter in waiters:
        by_loop.setdefault(waiter.loop, []).append(waiter)
    for loop, group in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits there any more
            loop.call_soon_threadsafe(_settle_group, group)


def _settle_group(group: list[Waiter]) -> None:
    for waiter in group:
        waiter.settle()


def open_database(url: str, *, direct: str | None = None) -> Database:
    """Open `sqlite:///path` or `postgresql://…`, brought to the current schema. Raises TryLater when it cannot be reached.

    `direct`: the way past the pooler that `url` leads to.
    """
    if url.startswith("sqlite:///"):
        from mailwright.storage.sqlite import SqliteDatabase

        return SqliteDatabase(url.removeprefix("sqlite:///"))
    from mailwright.storage.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(url, direct=direct)
