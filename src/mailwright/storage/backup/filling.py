"""The mark of a PostgreSQL database that a whole restore is filling: a table, from before the first row until everything is done.

Called by core to restore; `movemark` refuses whoever would start on such a database.
Promises: an empty database is taken, or what a restore that was killed has filled so far, which is emptied; one fills it at a time.
"""

from __future__ import annotations

from types import TracebackType

import psycopg

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists, TryLater
from mailwright.storage import workers
from mailwright.storage.backup.copying import ENGINE
from mailwright.storage.backup.loading import ENGINE_VERSION, is_empty
from mailwright.storage.database import Row, open_database
from mailwright.storage.migrate import HEAD, current_revision, migrate
from mailwright.storage.movemark import RESTORING
from mailwright.storage.postgresqlconnecting import connect
from mailwright.storage.schema import metadata

_LOCK = 7251992


def check_takeable(url: str) -> None:
    """Raises AlreadyExists when there are people in a database, unless a restore that was killed has left them there."""
    with connect(url) as connection:
        if not _is_marked(connection):
            check_empty(url)


def check_empty(url: str) -> None:
    """Raises AlreadyExists."""
    if not is_empty(url):
        raise AlreadyExists("the database has people in it: a whole backup is restored into an empty one")


def _is_marked(connection: psycopg.Connection[Row]) -> bool:
    found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (RESTORING,)).fetchone()
    return found is not None and bool(found[0])


class Filling:
    """A database that is being filled. As a context it is taken; `end` says that everything is there."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._id = new_id()
        self._connection = connect(url)

    def __enter__(self) -> Filling:
        """Raises AlreadyExists when it is in use, TryLater."""
        try:
            self._take()
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def end(self) -> None:
        """The database may be used. Raises AlreadyExists when somebody else has taken it meanwhile, TryLater."""
        try:
            with connect(self._url) as connection:  # the other one may be hours old
                marked = _is_marked(connection)
                row = connection.execute(f"SELECT id FROM {RESTORING}").fetchone() if marked else None
                if row is None or row[0] != self._id:
                    raise AlreadyExists("another restore has begun in this database meanwhile")
                connection.execute(f"DROP TABLE {RESTORING}")
        except psycopg.OperationalError as error:
            raise TryLater("the database cannot be reached now: run the restore again") from error

    def _take(self) -> None:
        locked = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if locked is None or not locked[0]:
            raise AlreadyExists("another process restores into this database")
        self._connection.execute("SET statement_timeout = 0")
        if _is_marked(self._connection):
            self._empty()
            self._connection.execute(f"UPDATE {RESTORING} SET id = %s", (self._id,))
            return
        check_empty(self._url)
        if self._is_served():
            raise AlreadyExists("a server works on this database: stop every process first")
        with self._connection.transaction():
            self._connection.execute(f"CREATE TABLE {RESTORING} (id text NOT NULL)")
            self._connection.execute(f"INSERT INTO {RESTORING} VALUES (%s)", (self._id,))

    def _is_served(self) -> bool:
        if current_revision(self._url) != HEAD:
            return False
        database = open_database(self._url)
        try:
            return bool(database.read_now(lambda tx: workers.alive(tx, clock.now())))
        finally:
            database.close()

    def _empty(self) -> None:
        """What a restore that was killed has filled: since its mark was set, nobody else has written here."""
        if current_revision(self._url) is None:
            return
        migrate(self._url)  # so that it has no other tables than those we know
        engine = self._connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND c.relname <> %s",
            (ENGINE, ENGINE_VERSION),
        ).fetchall()
        names = [table.name for table in metadata.sorted_tables] + [f'{ENGINE}."{row[0]}"' for row in engine]
        self._connection.execute(f"TRUNCATE {', '.join(names)}")
