"""What a backup is made of: the tables, messages and files that its pieces hold, and the few words that stand for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailwright.domain import clock
from mailwright.domain.ids import is_id

_WORD = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TABLE = re.compile(rf"(dbos\.)?(?!sqlite_|pg_){_WORD.pattern}")


@dataclass(slots=True)
class Table:
    """A table's rows, in the order of its key. `casts` are types that PostgreSQL must be told."""

    name: str
    columns: list[str]
    key: list[str]
    rows: int = 0
    pieces: list[str] = field(default_factory=list)
    casts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Pack:
    """The bytes of consecutive blobs, one behind the other, from the id `first` to `last`. `damaged` ones take no room in it."""

    first: str
    last: str
    blobs: int
    octets: int
    fingerprint: str
    pieces: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """A file of the data folder."""

    path: str
    octets: int = 0
    pieces: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Contents:
    """What a backup is made of."""

    tables: list[Table] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    def pieces(self) -> Iterator[str]:
        """Every piece it needs."""
        for part in (self.tables, self.packs, self.files):
            for each in part:
                yield from each.pieces


@dataclass(slots=True)
class Summary:
    """One backup in a few words. `octets` is what it holds, `added` what its run wrote; `began_at` is the moment it shows.

    `life` is that of the database (`lives.word`), by which installations that share a place tell their backups apart; older
    backups do not say it.
    """

    name: str
    began_at: clock.Instant
    ended_at: clock.Instant
    revision: str
    dialect: str
    version: str
    octets: int
    added: int
    rows: int
    blobs: int
    messages: int
    damaged: int
    secrets: bool
    body: list[str]
    life: str = ""


def is_ours(contents: Contents) -> bool:
    """Whether its names are such as we write: they become part of SQL, and whoever wrote the backup may not be us."""
    tables = [table.name for table in contents.tables]
    named = all(_TABLE.fullmatch(each) for each in tables) and len(set(tables)) == len(tables)
    words = all(
        _WORD.fullmatch(each)
        for table in contents.tables
        for each in (*table.columns, *table.key, *table.casts, *table.casts.values())
    )
    ids = all(is_id(each) for pack in contents.packs for each in (pack.first, pack.last, *pack.damaged))
    return named and words and ids and all(is_piece(each) for each in contents.pieces())


def is_piece(name: str) -> bool:
    """Whether a piece can have that name."""
    return re.fullmatch(r"[0-9a-f]{64}", name) is not None
