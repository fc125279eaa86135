"""Where the workflow engine keeps its tables: connections with the settings that durability and its locks ask for.

Called by `engine` alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from mailwright.domain.refusals import AlreadyExists, BadInput, TryLater
from mailwright.storage import logins
from mailwright.storage.migrate import engine_url

SQLITE_CONNECTIONS = 4  # SQLite writes one at a time: threads wait better for a connection than for a locked file
BUSY_MILLISECONDS = 30_000
CONNECT_SECONDS = 5
POOL_SECONDS = 30.0


def dbos_url(url: str) -> str:
    """The URL as DBOS takes it: what is special in a file's path is percent-encoded, and the login is the one of now."""
    return engine_url(url).render_as_string() if url.startswith("sqlite:///") else logins.current(url)


def sqlite_engine(url: str) -> sa.Engine:
    """The engine's own file. FULL, like the mail's: the log's cursor moves after the enqueue, in the other file, so an enqueue
    that a power cut took back would never come again. It costs one workflow in a hundred.
    """
    engine = sa.create_engine(engine_url(url), pool_size=SQLITE_CONNECTIONS, max_overflow=0, pool_timeout=60)

    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # take the write lock first: a later upgrade could not wait for it
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    sa.event.listen(engine, "connect", configure)
    return engine


class PostgresqlEngine:
    """Connections to our own database, in whose schema `dbos` the engine's tables are. Their login may change meanwhile."""

    def __init__(self, url: str, *, connections: int = 2, idle_transaction_seconds: float | None = None) -> None:
        self._url = url
        self.pool = sa.create_engine(
            engine_url(url),
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=POOL_SECONDS,
            connect_args={"connect_timeout": CONNECT_SECONDS},
        )
        self._detached: list[Any] = []
        sa.event.listen(self.pool, "do_connect", self._sign_in)
        sa.event.listen(self.pool, "detach", self._keep)
        if idle_transaction_seconds is not None:
            sa.event.listen(self.pool, "connect", _ending_idle_transactions(int(idle_transaction_seconds * 1000)))
        self._unfollow = logins.on_change(url, self._renew)

    def _sign_in(self, _dialect: Any, _record: Any, _args: Any, params: dict[str, Any]) -> Any:
        """Connect as who we are now; once more when that login was refused and there is another one."""
        known = self._known()
        try:
            return self._connect(known, params)
        except psycopg.OperationalError:
            logins.refused(self._url, known)
            fresh = self._known()
            if fresh == known:
                raise
            return self._connect(fresh, params)

    def _known(self) -> str:
        try:
            return logins.current(self._url)
        except (TryLater, BadInput) as error:
            # In the words by which DBOS knows a database that is away, and waits for it.
            raise psycopg.OperationalError(f"connection failed: {error}") from None

    def _connect(self, url: str, params: dict[str, Any]) -> Any:
        login = engine_url(url)
        signed = {"user": login.username, "password": login.password}
        return psycopg.connect(**params | {name: value for name, value in signed.items() if value is not None})

    def _keep(self, connection: Any, _record: Any) -> None:
        self._detached = [*(known for known in self._detached if not known.closed), connection]

    def _renew(self) -> None:
        """The login is another one: what is idle is closed, what is in use when it comes back."""
        self.pool.dispose()
        # DBOS takes the connection it listens on out of the pool, and opens another when it is closed.
        detached, self._detached = self._detached, []
        for connection in detached:
            with contextlib.suppress(Exception):
                connection.close()

    def close(self) -> None:
        self._unfollow()
        self.pool.dispose()


def _ending_idle_transactions(milliseconds: int) -> Callable[[Any, Any], None]:
    def configure(connection: Any, _record: Any) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
        connection.commit()  # the pool rolls back what comes back to it, and with it a SET that was not committed

    return configure


def lock_file(url: str) -> int:
    """Keep other processes from the engine's file; the descriptor that holds the lock until it is closed.

    Two processes with one executor id steal each other's running workflows, and a file has one. Raises AlreadyExists.
    """
    path = url.removeprefix("sqlite:///") + ".lock"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise AlreadyExists(f"another process already runs the workflows of {Path(path).parent}") from error
    return descriptor
