"""One connection to PostgreSQL: with our time limits, and as who we are now.

Used by `postgresql`, and by who copies tables or brings them to another revision.
"""

from __future__ import annotations

import select

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader

from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import logins
from mailwright.storage.database import Row

CONNECT_SECONDS = 5
STATEMENT_MILLISECONDS = 30_000
IDLE_TRANSACTION_MILLISECONDS = 15_000  # a frozen process must not hold row locks for longer
PREPARE_AFTER = 5  # uses of a statement on one connection
_LIMITS = (
    f"-c statement_timeout={STATEMENT_MILLISECONDS} "
    f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_MILLISECONDS}"
)


def connect(url: str, *, pooled: bool = False) -> psycopg.Connection[Row]:
    """A connection with our time limits, as who we are now. Raises TryLater when the server is away, BadInput when the URL is none.

    Through a pooler (`pooled`) a session belongs to nobody: the pooler sets the limits (deploy/ha/pgbouncer.ini), and no statement is
    prepared, for the next transaction may run where nobody prepared it.

    What libpq says of a broken URL quotes pieces of it, and one of them may be the password.
    """
    known = logins.current(url)
    try:
        connection = _connect(known, pooled=pooled)
    except psycopg.OperationalError as error:
        logins.refused(url, known)
        if logins.current(url) == known:
            raise TryLater(f"the database cannot be reached now: {first_line(error)}") from error
        return connect(url, pooled=pooled)
    connection.adapters.register_loader("uuid", TextLoader)
    return connection


def _connect(url: str, *, pooled: bool) -> psycopg.Connection[Row]:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {"host": "@"}
    if "@" in str(parts.get("host", "")):
        raise BadInput("the database URL cannot be read; what is special in its password has to be percent-encoded")
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        options=None if pooled else _LIMITS,
        prepare_threshold=None if pooled else PREPARE_AFTER,
    )


def first_line(error: BaseException) -> str:
    """What an error says, without the statement that psycopg quotes behind it."""
    return str(error).strip().split("\n", 1)[0][:300]


def readable(connection: psycopg.Connection[Row], seconds: float) -> bool:
    """Whether the server has sent something, or does within `seconds`. (poll, not select: file numbers go beyond 1,023.)"""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(int(seconds * 1000)))
