"""Filling an empty database with a backup: the schema of its time, its rows, and then every migration since.

Called by core to restore an installation as a whole, and by the drill. The database may be of the other kind than the one that
was copied. A file is complete when its caller gives it its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Boolean

from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage.backup import held
from mailwright.storage.backup.contents import Table
from mailwright.storage.backup.copying import ENGINE
from mailwright.storage.backup.opening import Opened, rows_of
from mailwright.storage.backup.repository import Repository
from mailwright.storage.backup.sealing import Damaged
from mailwright.storage.blobplaces import KEY
from mailwright.storage.blobs import BlobStore
from mailwright.storage.database import Database, Row, Tx, open_database
from mailwright.storage.migrate import HEAD, configuration, current_revision
from mailwright.storage.schema import metadata

ENGINE_VERSION = "dbos_migrations"
"""The table in which the engine notes the revision of its own: that of the target stays, since it says how that was made."""

_AT_ONCE = 1_000
_OCTETS = 8 * 1024 * 1024
_RESTAMPED = 3  # the first transaction PostgreSQL gives out: every event that is there is older than any that will come


def is_empty(url: str) -> bool:
    """Whether a database has nobody in it yet."""
    if current_revision(url) is None:
        return True
    database = open_database(url)
    try:
        return not database.read_now(lambda tx: int(tx.scalar("SELECT count(*) FROM tenants") or 0))
    finally:
        database.close()


def check_revision(revision: str) -> None:
    """Raises BadInput when a backup is newer than this version."""
    if not re.fullmatch(r"[0-9]{4}", revision):
        raise BadInput("the backup is of no version there ever was")
    if revision > HEAD:
        raise BadInput(f"the backup is of a newer version (schema {revision}, here {HEAD}): restore it with that one")


def prepare(url: str, revision: str, make_engine: Callable[[str], None] | None) -> None:
    """Give an empty database the schema of a backup (of a checked revision), and the engine's."""
    from alembic import command

    if current_revision(url) not in (None, revision):
        command.downgrade(configuration(url), revision)
    command.upgrade(configuration(url), revision)
    if make_engine is not None:
        make_engine(url)


def load(
    database: Database, repository: Repository, opened: Opened, blobs: BlobStore, progress: Callable[[int], None]
) -> None:
    """Every row and every message's bytes. The schema is that of the backup. Raises Damaged, TryLater, before a row is written when
    the backup names what that schema has not.

    On PostgreSQL in one transaction; a file that is not yet an installation in many, or its log would be as large as itself.
    """

    database.read_now(lambda tx: _check_tables(tx, opened, database.dialect))

    def whole(tx: Tx) -> None:
        tx.execute("SET LOCAL statement_timeout = 0")
        tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        _load(lambda function: function(tx), database.dialect, repository, opened, blobs, progress)
        _continue_sequences(tx)

    if database.dialect == "postgresql":
        database.write_now(whole)
    else:
        _load(database.write_now, database.dialect, repository, opened, blobs, progress)


_COLUMNS = {
    "sqlite": "SELECT '', t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    "postgresql": "SELECT n.nspname, c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    f"WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND (n.nspname = current_schema() OR n.nspname = '{ENGINE}')",
}


def _check_tables(tx: Tx, opened: Opened, dialect: str) -> None:
    """That every table and column a backup has rows for is one of the schema's: a catalog, say, is not to be written into."""
    there = {
        (f"{ENGINE}.{table}" if schema == ENGINE else table, column)
        for schema, table, column in tx.all(_COLUMNS[dialect])
    }
    for table in opened.contents.tables:
        engine = table.name.startswith(f"{ENGINE}.")
        if not engine or dialect == opened.summary.dialect:
            strange = [each for each in table.columns if (table.name, each) not in there]
            if strange or table.name == "alembic_version":
                raise Damaged(f"the backup has rows of {table.name} that are of no table of its version")


def _load(
    write: Callable[[Callable[[Tx], object]], object],
    dialect: str,
    repository: Repository,
    opened: Opened,
    blobs: BlobStore,
    progress: Callable[[int], None],
) -> None:
    for table in opened.contents.tables:
        of_engine = table.name.startswith(f"{ENGINE}.")
        taken = dialect == opened.summary.dialect and table.name != f"{ENGINE}.{ENGINE_VERSION}"
        if table.name != "blobs" and (taken or not of_engine):
            rows = rows_of(repository, table)
            while batch := list(islice(rows, _AT_ONCE)):
                write(lambda tx, t=table, b=batch: _insert(tx, t, b, dialect))  # type: ignore[misc]
    octets = 0
    for blobs_at_once in _batches(opened):
        rows_now = [_kept(opened, blobs, row) for row in blobs_at_once]
        write(lambda tx, r=rows_now: tx.executemany(_INSERT_BLOB, r))  # type: ignore[misc]
        octets += sum(row[3] for row in rows_now)
        progress(octets)
    write(lambda tx: restamp(tx, opened.summary.dialect, dialect))
    write(held.hold)


def _insert(tx: Tx, table: Table, rows: list[Row], dialect: str) -> None:
    columns = ", ".join(f'"{each}"' for each in table.columns)
    casts = table.casts if dialect == "postgresql" else {}
    marks = [f"?::text::{casts[each]}" if each in casts else "?" for each in table.columns]
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(marks)})"
    flags = _flags(table) if dialect == "postgresql" else ()
    tx.executemany(sql, [_with_flags(row, flags) for row in rows] if flags else rows)


def _flags(table: Table) -> tuple[int, ...]:
    """Where the booleans are, which SQLite has as numbers."""
    known = metadata.tables.get(table.name)
    if known is None:
        return ()
    return tuple(
        place for place, name in enumerate(table.columns) if name in known.c and isinstance(known.c[name].type, Boolean)
    )


def _with_flags(row: Row, flags: tuple[int, ...]) -> Row:
    values: list[Any] = list(row)
    for place in flags:
        values[place] = None if values[place] is None else bool(values[place])
    return tuple(values)


_INSERT_BLOB = (
    "INSERT INTO blobs (id, tenant_id, key, size, checksum, created_at, place, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _batches(opened: Opened) -> Iterator[list[Row]]:
    """The rows of blobs, as many at once as fit into the memory."""
    batch: list[Row] = []
    octets = 0
    # Not by a cursor that stays open: what reads the bytes asks the same file.
    after = ""
    while rows := opened.rows(_BLOBS, (after, _AT_ONCE)):
        after = rows[-1][0]
        for row in rows:
            batch.append(row)
            octets += row[3]
            if octets >= _OCTETS:
                yield batch
                batch, octets = [], 0
    if batch:
        yield batch


_BLOBS = "SELECT id, tenant_id, key, size, checksum, created_at, place FROM blobs WHERE id > ? ORDER BY id LIMIT ?"


_PLACES = frozenset({"row", "disk", "object"})  # see storage.blobplaces


def _kept(opened: Opened, blobs: BlobStore, row: Row) -> Row:
    """The row as it is inserted, its bytes in it or outside. What the backup never had is a row without bytes."""
    *columns, place = row
    _check_blob(row)
    try:
        data = opened.blob(row[0])
    except NotFound:
        return (*columns, "row", None)
    if place == "row":
        return (*columns, place, data)
    blobs.outside.put(row[2], data, replace=True)
    return (*columns, blobs.outside.place, None)


def _check_blob(row: Row) -> None:
    """A blob lies where its tenant's lie, whoever wrote the backup: else it could overwrite what is others'. Raises Damaged."""
    blob_id, tenant_id, key = (str(each) for each in row[:3])
    known = is_id(blob_id) and is_id(tenant_id) and row[-1] in _PLACES
    if not known or not key.startswith(f"blobs/{tenant_id}/") or not KEY.fullmatch(key):
        raise Damaged(f"the backup has a blob that cannot be one of ours: {blob_id[:40]!r}")


def restamp(tx: Tx, source: str, target: str) -> None:
    """Cursors and events as the new database counts transactions: what was not handled comes again, what was does not.

    Where transactions overlapped, a few that were handled come once more; handlers take that.
    """
    newest = tx.scalar("SELECT max(id) FROM events") or 0
    stamp = _RESTAMPED if target == "postgresql" else 0
    for stream, group, mark, position in tx.all("SELECT stream, grp, tx, position FROM event_cursors"):
        if source == "sqlite":
            first = tx.scalar("SELECT min(id) FROM events WHERE id > ?", (position,))
        else:
            after = "(?::text::xid8, ?)" if target == "postgresql" else "(?, ?)"
            first = tx.scalar(f"SELECT min(id) FROM events WHERE (tx, id) > {after}", (mark, position))
        tx.execute(
            "UPDATE event_cursors SET tx = ?, position = ?, owner = '', lease_until = 0 WHERE stream = ? AND grp = ?",
            (stamp, newest if first is None else first - 1, stream, group),
        )
    if target == "postgresql":
        tx.execute("UPDATE events SET tx = ?::text::xid8", (stamp,))


def _continue_sequences(tx: Tx) -> None:
    """Numbers go on behind those that are there."""
    for schema, table, column in tx.all(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns "
        "WHERE table_schema IN (current_schema(), ?) AND (column_default LIKE 'nextval(%' OR is_identity = 'YES')",
        (ENGINE,),
    ):
        name = f'"{schema}"."{table}"'
        highest = tx.scalar(f'SELECT max("{column}") FROM {name}')
        if highest is not None:
            tx.one("SELECT setval(pg_get_serial_sequence(?, ?), ?)", (name, column, highest))
