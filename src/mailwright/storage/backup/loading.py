"""Filling an empty database with a backup: the schema of its time, its rows, and then every migration since.

Called by core to restore an installation as a whole, and by the drill. The database may be of the other kind than the one that
was copied. On PostgreSQL all rows come in one transaction; a file is complete when its caller gives it its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Boolean

from mailwright.domain.refusals import BadInput
from mailwright.storage.backup.copying import ENGINE
from mailwright.storage.backup.opening import Opened, rows_of
from mailwright.storage.backup.repository import Repository, Table
from mailwright.storage.blobs import BlobStore
from mailwright.storage.database import Row, Tx, open_database
from mailwright.storage.migrate import HEAD, configuration, current_revision
from mailwright.storage.schema import metadata

_AT_ONCE = 500
_RESTAMPED = 3  # the first transaction PostgreSQL gives out: every event that is there is older than any that will come


def is_empty(url: str) -> bool:
    """Whether a database has nobody in it yet."""
    if current_revision(url) is None:
        return True
    database = open_database(url)
    try:
        return database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM tenants")) == 0
    finally:
        database.close()


def prepare(url: str, revision: str, make_engine: Callable[[str], None] | None) -> None:
    """Give an empty database the schema of a backup, and the engine's. Raises BadInput when the backup is newer than this version."""
    if revision > HEAD:
        raise BadInput(f"the backup is of a newer version (schema {revision}, here {HEAD}): restore it with that one")
    from alembic import command

    if current_revision(url) not in (None, revision):
        command.downgrade(configuration(url), revision)
    command.upgrade(configuration(url), revision)
    if make_engine is not None:
        make_engine(url)


def load(
    tx: Tx, repository: Repository, opened: Opened, blobs: BlobStore, *, dialect: str, progress: Callable[[int], None]
) -> None:
    """Every row and every message's bytes. The schema is that of the backup. Raises Damaged, TryLater."""
    from_same = dialect == opened.summary.dialect
    if dialect == "postgresql":
        tx.execute("SET LOCAL statement_timeout = 0")
        tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    for table in opened.contents.tables:
        if table.name != "blobs" and (from_same or not table.name.startswith(f"{ENGINE}.")):
            _insert(tx, table, rows_of(repository, table), dialect)
    _load_blobs(tx, opened, blobs, progress)
    restamp(tx, opened.summary.dialect, dialect)
    if dialect == "postgresql":
        _continue_sequences(tx)


def _insert(tx: Tx, table: Table, rows: Iterator[Row], dialect: str) -> None:
    columns = ", ".join(f'"{each}"' for each in table.columns)
    on_postgresql = dialect == "postgresql"
    marks = [
        f"?::text::{table.casts[each]}" if on_postgresql and each in table.casts else "?" for each in table.columns
    ]
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(marks)})"
    flags = _flags(table) if on_postgresql else ()
    while batch := list(islice(rows, _AT_ONCE)):
        tx.executemany(sql, [_with_flags(row, flags) for row in batch] if flags else batch)


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


def _load_blobs(tx: Tx, opened: Opened, blobs: BlobStore, progress: Callable[[int], None]) -> None:
    gone = {each for pack in opened.contents.packs for each in pack.damaged}
    octets = 0
    insert = "INSERT INTO blobs (id, tenant_id, key, place, size, checksum, created_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    rows = opened.scratch.execute("SELECT id, tenant_id, key, place, size, checksum, created_at FROM blobs ORDER BY id")
    for blob_id, tenant_id, key, place, size, checksum, created_at in rows:
        data = None if blob_id in gone else opened.blob(blob_id)
        if place != "row":
            place = blobs.outside.place
            if data is not None:
                blobs.outside.put(key, data, replace=True)
            data = None
        tx.execute(insert, (blob_id, tenant_id, key, place, size, checksum, created_at, data))
        octets += size
        progress(octets)


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
