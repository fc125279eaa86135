"""Every table of an SQLite file into a PostgreSQL database, slice by slice, so that a copy that was killed goes on where it was.

Called by `core/storemoving.py`; nobody writes to either side meanwhile. A slice and the note how far it came are one transaction.
Promises: types are PostgreSQL's (booleans, bytes, text without NUL, which it cannot hold); the event log keeps its ids and
gets transactions of the new database, and every consumer group stands behind the same event as before; numbers go on above
the highest ever given. `compare` reads both sides again.
Does not: copy octets of blobs (`blobcopy`), processes, and what the search index knows: that is made anew.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Boolean, LargeBinary, Table, Text

from mailwright.domain.refusals import AlreadyExists
from mailwright.storage.database import Row
from mailwright.storage.lives import NAME as LIFE
from mailwright.storage.movemark import BEGUN
from mailwright.storage.postgresqlconnecting import connect
from mailwright.storage.schema import Serial, metadata

SLICE = 2_000  # rows in one transaction
LEFT_OUT = frozenset({"workers", "search_indexes", "search_progress", "search_missing"})
_LOCK = 7251991
_USED = ("tenants", "users", "events", "blobs", "messages")
# What is another on purpose: where octets are, and how far consumers are as the databases count transactions.
_ITS_OWN = {
    "blobs": {"place", "data"},
    "events": {"tx"},
    "event_cursors": {"tx", "position", "owner", "lease_until"},
}

Told = Callable[[str, int], None]
"""Hears of a table and how many of its rows are there."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A table on both sides: rows, and the sum of the checksums of all rows."""

    table: str
    rows: int
    there: int
    checksum: str
    checksum_there: str

    @property
    def same(self) -> bool:
        return (self.rows, self.checksum) == (self.there, self.checksum_there)


def tables() -> list[Table]:
    """What is copied, in the order of its foreign keys."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


class TableCopy:
    """A copy of the file `path` into the database `url`; `move_id` tells one move from another. Close it."""

    def __init__(self, path: str, url: str, move_id: str, *, place: str) -> None:
        self._source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self._target = connect(url)
        self._place = place
        self._move_id = move_id
        self._target.execute("SET statement_timeout = 0")
        self._target.execute("SET idle_in_transaction_session_timeout = 0")

    def close(self) -> None:
        self._source.close()
        self._target.close()

    def begin(self, *, anew: bool = False) -> None:
        """Take the database: an empty one, what this move has filled so far, or (`anew`) what another has, which goes.

        Raises AlreadyExists.
        """
        locked = self._target.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if locked is None or not locked[0]:
            raise AlreadyExists("another process moves an installation into this database")
        with self._target.transaction():
            found = self._target.execute("SELECT to_regclass(%s)::text", (BEGUN,)).fetchone()
            if found is not None and found[0] is not None:
                begun = self._target.execute(f"SELECT id FROM {BEGUN}").fetchone()
                if begun is not None and begun[0] == self._move_id:
                    return
                if not anew:
                    raise AlreadyExists(
                        "another move has filled this database, and it was given up, or is not at its end: "
                        "run that one again, or, when nobody needs what it has brought, let this one empty it with --anew"
                    )
                names = ", ".join(table.name for table in metadata.sorted_tables)
                self._target.execute(f"TRUNCATE {names}")
                self._target.execute(f"DROP TABLE {BEGUN}, {BEGUN}_tables")
            for name in _USED:
                if self._target.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None:
                    raise AlreadyExists(f"the database is in use: its table {name} has rows")
            self._target.execute(f"CREATE TABLE {BEGUN} (id text NOT NULL)")
            self._target.execute(
                f"CREATE TABLE {BEGUN}_tables (name text PRIMARY KEY, last text, copied bigint NOT NULL)"
            )
            self._target.execute(f"INSERT INTO {BEGUN} VALUES (%s)", (self._move_id,))

    def copy(self, told: Told) -> int:
        """Every table, from where it stopped on; how many rows are there in all."""
        return sum(self._copy_table(table, told) for table in tables())

    def rows(self) -> int:
        """How many rows there are to copy."""
        return sum(int(self._source.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]) for table in tables())

    def finish(self) -> None:
        """What counts on, and where consumers stand. Again does no harm."""
        with self._target.transaction():
            for table in tables():
                self._go_on_counting(table)
            for stream, group, position in self._source.execute("SELECT stream, grp, position FROM event_cursors"):
                self._target.execute(
                    "UPDATE event_cursors c SET (tx, position) = (SELECT coalesce(max(e.tx::text::bigint), 0), coalesce(max(e.id), 0) "
                    "FROM (SELECT tx, id FROM events WHERE id <= %s ORDER BY id DESC LIMIT 1) e) "
                    "WHERE c.stream = %s AND c.grp = %s",
                    (position, stream, group),
                )

    def compare(self) -> Iterator[Compared]:
        """Every table, read again on both sides."""
        for table in tables():
            names = [name for name in _columns(table) if name not in _ITS_OWN.get(table.name, ())]
            sql = f"SELECT {', '.join(names)} FROM {table.name}"
            rows, digest = _sum(_translated(table, names, row) for row in self._source.execute(sql))
            with self._target.transaction(), self._target.cursor("compared") as cursor:
                cursor.itersize = SLICE
                there, other = _sum(_plain(row) for row in cursor.execute(sql))
            yield Compared(table.name, rows, there, digest, other)

    def release(self) -> None:
        """It is all there: the database may be used, and its life is one of its own. Again does no harm, nor where another fills it."""
        with self._target.transaction():
            if self._target.execute("SELECT to_regclass(%s)::text", (BEGUN,)).fetchone() == (None,):
                return
            if self._target.execute(f"SELECT id FROM {BEGUN}").fetchone() != (self._move_id,):
                return
            self._target.execute("DELETE FROM server_keys WHERE name = %s", (LIFE,))  # made at first need
            self._target.execute(f"DROP TABLE {BEGUN}, {BEGUN}_tables")

    def _copy_table(self, table: Table, told: Told) -> int:
        names = _columns(table)
        keys = [column.name for column in table.primary_key.columns]
        found = self._target.execute(
            f"SELECT last, copied FROM {BEGUN}_tables WHERE name = %s", (table.name,)
        ).fetchone()
        last, copied = (None, 0) if found is None else (json.loads(found[0]), int(found[1]))
        listed, order = ", ".join(names), ", ".join(keys)
        # The octets are copied by themselves; the event log gets its transactions from the new database.
        sent = [name for name in names if (table.name, name) != ("events", "tx")]
        behind = f"WHERE ({order}) > ({', '.join('?' * len(keys))}) "
        places = [names.index(key) for key in keys]
        while True:
            sql = f"SELECT {listed} FROM {table.name} {'' if last is None else behind}ORDER BY {order} LIMIT {SLICE}"
            rows = self._source.execute(sql, () if last is None else last).fetchall()
            if not rows:
                return copied
            with self._target.transaction():
                with self._target.cursor().copy(f"COPY {table.name} ({', '.join(sent)}) FROM STDIN") as pipe:
                    for row in rows:
                        pipe.write_row(self._adapted(table, names, sent, row))
                last, copied = [rows[-1][place] for place in places], copied + len(rows)
                self._target.execute(
                    f"INSERT INTO {BEGUN}_tables VALUES (%s, %s, %s) "
                    "ON CONFLICT (name) DO UPDATE SET last = excluded.last, copied = excluded.copied",
                    (table.name, json.dumps(last), copied),
                )
            told(table.name, copied)

    def _adapted(self, table: Table, names: Sequence[str], sent: Sequence[str], row: Row) -> Row:
        values = dict(zip(names, _translated(table, names, row), strict=True))
        if table.name == "blobs":
            values |= {"place": self._place, "data": None}
        if table.name == "event_cursors":
            values |= {"tx": 0, "owner": "", "lease_until": 0}
        return tuple(values[name] for name in sent)

    def _go_on_counting(self, table: Table) -> None:
        for column in table.primary_key.columns:
            if column.type is not Serial:
                continue
            found = self._source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).fetchone()
            if found is not None and found[0]:
                self._target.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", (table.name, column.name, found[0])
                )


def _columns(table: Table) -> list[str]:
    """The columns that are copied; a blob's octets are not."""
    return [column.name for column in table.columns if (table.name, column.name) != ("blobs", "data")]


def _translated(table: Table, names: Sequence[str], row: Row) -> Row:
    """A row as PostgreSQL has it."""
    return tuple(_value(table.c[name].type, value) for name, value in zip(names, row, strict=True))


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, LargeBinary):
        return bytes(value)
    if isinstance(kind, Text):
        return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return value


def _plain(row: Row) -> Row:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def _sum(rows: Iterator[Row]) -> tuple[int, str]:
    """How many, and the sum of their checksums: the same in whatever order they come (collations differ)."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest(), "big")
    return count, f"{total % 2**256:064x}"


def is_away(error: Exception) -> bool:
    """Whether a copy was interrupted by the database, not by a mistake."""
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
