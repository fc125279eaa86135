"""A backup opened beside a running system: its rows in a scratch file, its messages read out of their packs.

Called by core to take single things out of a backup, and to check one. The scratch file has the tables that were asked for,
without types and constraints, and goes with the `with` that opened it.
"""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import tempfile
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailwright.domain.refusals import NotFound
from mailwright.storage.backup.contents import Contents, Pack, Summary, Table
from mailwright.storage.backup.repository import PIECE, Repository
from mailwright.storage.backup.sealing import Damaged
from mailwright.storage.database import Row

MAX_BLOB = 2 * 1024**3  # octets: what one may have at most here, whatever is set
_HELD = 8 * PIECE  # octets in memory: messages that follow one another are in the same pieces
_INDEXES = (
    ("blobs", "id"),
    ("messages", "id"),
    ("messages", "user_id, mailbox_id"),
    ("messages", "user_id, checksum"),
    ("messages", "blob_id"),
    ("users", "email"),
)


class Opened:
    """One backup. `rows` asks the scratch file in SQL; `blob` are a message's bytes, checked."""

    def __init__(
        self, repository: Repository, summary: Summary, contents: Contents, scratch: sqlite3.Connection
    ) -> None:
        self.summary = summary
        self.contents = contents
        self.scratch = scratch
        self._repository = repository
        self._packs = sorted((pack for pack in contents.packs), key=lambda pack: pack.first)
        self._firsts = [pack.first for pack in self._packs]
        self._pieces: OrderedDict[str, bytes] = OrderedDict()

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Every row of an answer."""
        return self.scratch.execute(sql, params).fetchall()

    def blob(self, blob_id: str) -> bytes:
        """The bytes of a blob. Raises NotFound (the backup never had them), Damaged."""
        place = bisect_right(self._firsts, blob_id) - 1
        pack = self._packs[place] if place >= 0 else None
        if pack is None or blob_id > pack.last or blob_id in pack.damaged:
            raise NotFound(f"the bytes of blob {blob_id} are not in the backup")
        found = self.scratch.execute("SELECT size, checksum FROM blobs WHERE id = ?", (blob_id,)).fetchone()
        if found is None:
            raise NotFound(f"blob {blob_id} is not in the backup")
        if not isinstance(found[0], int) or not 0 <= found[0] <= MAX_BLOB:
            raise Damaged(f"blob {blob_id} has a size that none has")
        marks = "".join(f" AND id <> '{each}'" for each in pack.damaged)
        start: int = self.scratch.execute(
            f"SELECT coalesce(sum(size), 0) FROM blobs WHERE id >= ? AND id < ?{marks}", (pack.first, blob_id)
        ).fetchone()[0]
        data = self._slice(pack, start, start + found[0])
        from mailwright.domain.ids import checksum

        if checksum(data) != found[1]:
            raise Damaged(f"blob {blob_id} is not what it was")
        return data

    def _slice(self, pack: Pack, start: int, end: int) -> bytes:
        """Bytes of a pack. All its pieces but the last are of one size."""
        if start == end:
            return b""
        size = len(self._piece(pack.pieces[0])) if len(pack.pieces) > 1 else max(end, 1)
        parts = [self._part(pack, number, size) for number in range(start // size, (end - 1) // size + 1)]
        offset = start - start // size * size
        return b"".join(parts)[offset : offset + end - start]

    def _part(self, pack: Pack, number: int, size: int) -> bytes:
        last = len(pack.pieces) - 1
        data = self._piece(pack.pieces[number]) if number <= last else b""
        if number > last or (number < last and len(data) != size):  # else a short message could fetch all there are
            raise Damaged(f"the pieces of the messages from {pack.first} on are not of one size")
        return data

    def _piece(self, name: str) -> bytes:
        if name in self._pieces:
            self._pieces.move_to_end(name)
        else:
            self._pieces[name] = self._repository.get(name)
            while len(self._pieces) > 1 and sum(map(len, self._pieces.values())) > _HELD:
                self._pieces.popitem(last=False)
        return self._pieces[name]


@contextmanager
def opened(
    repository: Repository, name: str = "latest", *, tables: Collection[str] | None = None, scratch: Path | None = None
) -> Iterator[Opened]:
    """Open a backup, with all its tables or some. `scratch` is where the file goes. Raises NotFound, Damaged, OSError."""
    summary = repository.summary(name)
    contents = repository.contents(summary)
    with tempfile.TemporaryDirectory(prefix="mailwright-backup-", dir=scratch) as folder:
        connection = sqlite3.connect(f"{folder}/rows.db", isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            for table in contents.tables:
                if tables is None or table.name in tables:
                    _fill(connection, repository, table)
            for table_name, columns in _INDEXES:
                if tables is None or table_name in tables:
                    index = f"scratch_{table_name}_{columns.replace(', ', '_')}"
                    connection.execute(f'CREATE INDEX "{index}" ON "{table_name}" ({columns})')
            connection.execute("COMMIT")
            yield Opened(repository, summary, contents, connection)
        finally:
            connection.close()


def _fill(connection: sqlite3.Connection, repository: Repository, table: Table) -> None:
    columns = ", ".join(f'"{each}"' for each in table.columns)
    connection.execute(f'CREATE TABLE "{table.name}" ({columns})')
    insert = f'INSERT INTO "{table.name}" VALUES ({", ".join("?" * len(table.columns))})'
    connection.executemany(insert, rows_of(repository, table))


def rows_of(repository: Repository, table: Table) -> Iterator[Row]:
    """A table's rows as they were. Raises Damaged."""
    count = 0
    for piece in table.pieces:
        for line in io.BytesIO(repository.get(piece)):  # one at a time: a piece may say that it is all lines
            count += 1
            yield tuple(_decoded(value) for value in json.loads(line.decode("utf-8", "surrogatepass")))
    if count != table.rows:
        raise Damaged(f"the table {table.name} has {count} rows and had {table.rows}")


def _decoded(value: Any) -> Any:
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value
