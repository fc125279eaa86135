"""Where the workflow engine keeps its tables: connections with the settings that durability and its locks ask for.

Called by `engine` alone.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailwright.domain.refusals import AlreadyExists
from mailwright.storage.migrate import engine_url

SQLITE_CONNECTIONS = 4  # SQLite writes one at a time: threads wait better for a connection than for a locked file
BUSY_MILLISECONDS = 30_000


def dbos_url(url: str) -> str:
    """The URL as DBOS takes it: what is special in a file's path is percent-encoded."""
    return engine_url(url).render_as_string() if url.startswith("sqlite:///") else url


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


def postgresql_engine(url: str) -> sa.Engine:
    """Beside our own tables, in the schema `dbos`."""
    return sa.create_engine(engine_url(url), pool_size=2, max_overflow=0, pool_pre_ping=True)


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
