"""Making a backup: every row of one moment of the database, the bytes of its messages, and the files beside it.

Called by core with a transaction that sees one moment (SQLite's read transaction in WAL mode, REPEATABLE READ on PostgreSQL):
nobody who writes waits for it. Rows are cut into pieces where their keys say so and not after a count, so that a new row moves no
other cut; packs of messages that an earlier backup has are not even read again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary

from mailwright.domain.refusals import NotFound
from mailwright.storage.backup.contents import Contents, File, Pack, Table
from mailwright.storage.backup.repository import PIECE, Repository
from mailwright.storage.blobs import BlobStore
from mailwright.storage.database import Row, Tx

LEFT_OUT = frozenset(
    {"backups", "workers", "imap_envelopes", "web_cache", "search_indexes", "search_progress", "search_missing"}
)
"""Of this machine, or made anew: the search index is not copied, so what is known of it must not be."""

ENGINE = "dbos"
"""The schema in which the workflow engine keeps its own rows on PostgreSQL."""

_ROWS = 200  # read at once: some tables have wide rows
_CUT_ROWS = 512  # rows of a piece, about
_CUT_BLOBS = 128  # messages of a pack, about
_PACK = 16 * 1024 * 1024
_METAS = 1_000
_PLAIN = frozenset({"text", "varchar", "uuid", "int8", "int4", "int2", "bool", "float8", "float4", "bytea"})

Progress = Callable[[int], None]


@dataclass(slots=True)
class Copied:
    """What a run did. `octets` as they are kept here, before they are compressed."""

    contents: Contents = field(default_factory=Contents)
    rows: int = 0
    blobs: int = 0
    octets: int = 0
    damaged: list[str] = field(default_factory=list)


def expected(tx: Tx) -> int:
    """Octets of messages: what most of the time goes into."""
    return int(tx.scalar("SELECT coalesce(sum(size), 0) FROM blobs") or 0)


def settle(tx: Tx, dialect: str) -> None:
    """Keep the moment for as long as the copy takes."""
    if dialect == "postgresql":
        tx.execute("SET LOCAL statement_timeout = 0")
        tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def copy(
    tx: Tx, blobs: BlobStore, repository: Repository, *, dialect: str, before: Contents | None, progress: Progress
) -> Copied:
    """Rows and messages of the transaction's moment. `before` is the newest backup: what it has is not read again.

    Raises OSError, TryLater, and what reading the database raises.
    """
    done = Copied()
    for table in _tables(tx, dialect):
        done.contents.tables.append(table)
        done.rows += _copy_rows(tx, table, repository, done, progress, dialect)
    known = {pack.fingerprint: pack for pack in before.packs} if before is not None else {}
    for metas in _groups(tx):
        pack = _described(metas)
        earlier = known.get(pack.fingerprint)
        if earlier is not None and not earlier.damaged and repository.has(earlier.pieces):
            pack = earlier
        else:
            _fill(tx, blobs, repository, pack, metas)
        done.contents.packs.append(pack)
        done.blobs += pack.blobs
        done.octets += pack.octets
        done.damaged += pack.damaged
        progress(done.octets)
    return done


def copy_file(repository: Repository, path: Path, name: str) -> File:
    """A file, a piece at a time; nobody changes it meanwhile. Raises OSError."""
    file = File(name)
    with path.open("rb") as source:
        while data := source.read(PIECE):
            file.pieces.append(repository.put(data))
            file.octets += len(data)
    return file


# --- rows -----------------------------------------------------------------------------------------------------------


def _tables(tx: Tx, dialect: str) -> Iterator[Table]:
    """Those to copy, each before the tables whose rows refer to its."""
    from mailwright.storage.schema import TransactionId, metadata  # some MiB, which a process has no use for till then

    for table in metadata.sorted_tables:
        if table.name in LEFT_OUT:
            continue
        columns = [each.name for each in table.columns if not (table.name == "blobs" and each.name == "data")]
        casts = {each.name: "xid8" for each in table.columns if isinstance(each.type, TransactionId)}
        yield Table(table.name, columns, [each.name for each in table.primary_key], casts=casts)
    if dialect == "postgresql":
        yield from _engine_tables(tx)


def _engine_tables(tx: Tx) -> Iterator[Table]:
    """The engine's, as the database describes them: they are not ours to know."""
    rows = tx.all(
        "SELECT c.relname, a.attname, t.typname, coalesce(array_position(i.indkey::int2[], a.attnum), -1) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' "
        "JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary "
        f"WHERE n.nspname = '{ENGINE}' AND c.relkind = 'r' ORDER BY c.relname, a.attnum"
    )
    found: dict[str, tuple[Table, dict[int, str]]] = {}
    for name, column, kind, place in rows:
        table, key = found.setdefault(name, (Table(f"{ENGINE}.{name}", [], []), {}))
        table.columns.append(column)
        if kind not in _PLAIN:
            table.casts[column] = kind
        if place >= 0:
            key[place] = column
    for table, key in found.values():
        table.key = [key[place] for place in sorted(key)]
        yield table


def _copy_rows(tx: Tx, table: Table, repository: Repository, done: Copied, progress: Progress, dialect: str) -> int:
    buffer, held = bytearray(), 0
    for key, row in _rows(tx, table, dialect):
        line = json.dumps(row, separators=(",", ":"), ensure_ascii=False, default=_encoded)
        buffer += line.encode("utf-8", "surrogatepass") + b"\n"
        table.rows, held = table.rows + 1, held + 1
        if zlib.crc32(repr(key).encode()) % _CUT_ROWS == 0 or len(buffer) >= PIECE:
            table.pieces.append(repository.put(bytes(buffer)))
            done.octets += len(buffer)
            progress(done.octets)
            buffer.clear()
    if buffer:
        table.pieces.append(repository.put(bytes(buffer)))
        done.octets += len(buffer)
    return table.rows


def _rows(tx: Tx, table: Table, dialect: str) -> Iterator[tuple[Row, Row]]:
    """Every row with its key, in the order of the keys."""
    as_text = table.casts if dialect == "postgresql" else {}
    columns = [f'"{each}"' + ("::text" if each in as_text else "") for each in table.columns]
    keys = [f'"{each}"' for each in table.key]
    order, marks = ", ".join(keys), ", ".join("?" * len(keys))
    places = [table.columns.index(each) for each in table.key]
    after: Row | None = None
    most = 20 if _is_wide(table) else _ROWS
    while True:
        # SQLite compares a row of one with a plain value only.
        wanted = (
            "" if after is None else f"WHERE {order} > {marks} " if len(keys) == 1 else f"WHERE ({order}) > ({marks}) "
        )
        found = tx.all(
            f"SELECT {', '.join(columns)} FROM {table.name} {wanted}ORDER BY {order} LIMIT {most}", after or ()
        )
        for row in found:
            yield tuple(row[place] for place in places), row
        if len(found) < most:
            return
        after = tuple(found[-1][place] for place in places)


def _is_wide(table: Table) -> bool:
    from mailwright.storage.schema import metadata

    known = metadata.tables.get(table.name)
    return known is not None and any(isinstance(known.c[each].type, LargeBinary) for each in table.columns)


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"b": base64.b64encode(value).decode()}
    raise TypeError(f"a {type(value).__name__} in a row")


# --- messages -------------------------------------------------------------------------------------------------------

_Meta = tuple[str, str, str, int, str]  # id, key, place, octets, checksum


def _groups(tx: Tx) -> Iterator[list[_Meta]]:
    """Consecutive blobs that make a pack."""
    group: list[_Meta] = []
    octets = 0
    for meta in _metas(tx):
        group.append(meta)
        octets += meta[3]
        if zlib.crc32(meta[0].encode()) % _CUT_BLOBS == 0 or octets >= _PACK:
            yield group
            group, octets = [], 0
    if group:
        yield group


def _metas(tx: Tx) -> Iterator[_Meta]:
    after = "00000000-0000-0000-0000-000000000000"
    while True:
        found = tx.all(
            "SELECT id, key, place, size, checksum FROM blobs WHERE id > ? ORDER BY id LIMIT ?", (after, _METAS)
        )
        yield from found
        if len(found) < _METAS:
            return
        after = found[-1][0]


def _described(metas: Sequence[_Meta]) -> Pack:
    """Blobs are never rewritten: the same ids with the same checksums are the same bytes."""
    digest = hashlib.sha256()
    for blob_id, _, _, size, checksum in metas:
        digest.update(f"{blob_id} {size} {checksum}\n".encode())
    return Pack(metas[0][0], metas[-1][0], len(metas), sum(meta[3] for meta in metas), digest.hexdigest())


def _fill(tx: Tx, blobs: BlobStore, repository: Repository, pack: Pack, metas: Sequence[_Meta]) -> None:
    buffer = bytearray()
    for meta in metas:
        if not _is_whole(tx, blobs, meta):
            pack.damaged.append(meta[0])
            pack.octets -= meta[3]
            continue
        for data in _parts(tx, blobs, meta):
            buffer += data
            while len(buffer) >= PIECE:
                pack.pieces.append(repository.put(bytes(buffer[:PIECE])))
                del buffer[:PIECE]
    if buffer:
        pack.pieces.append(repository.put(bytes(buffer)))


def _is_whole(tx: Tx, blobs: BlobStore, meta: _Meta) -> bool:
    """Whether the bytes are there and are what was written: a backup must not carry damage on without a word."""
    digest, octets = hashlib.sha256(), 0
    try:
        for data in _parts(tx, blobs, meta):
            digest.update(data)
            octets += len(data)
    except NotFound:
        return False
    return octets == meta[3] and digest.hexdigest() == meta[4]


def _parts(tx: Tx, blobs: BlobStore, meta: _Meta) -> Iterator[bytes]:
    blob_id, key, place, size, _ = meta
    if place == "row":
        data = tx.scalar("SELECT data FROM blobs WHERE id = ?", (blob_id,))
        if data is None:
            raise NotFound(f"the bytes of blob {blob_id} are gone")
        yield bytes(data)
        return
    for start in range(0, size, PIECE):
        yield blobs.outside.get(key, start, min(start + PIECE, size))
