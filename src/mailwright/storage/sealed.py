"""What is sealed in the database, wherever it is: read in pages, and put back sealed with another key.

Called by `core.sealing` alone. The places are named there; SQL is put together from those names, which are our own constants.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailwright.storage.database import Tx

PAGE = 200


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One of them. `name` is what its purpose is made of, where that differs from row to row."""

    key: str
    name: str
    sealed: str = field(repr=False)


def page(tx: Tx, table: str, column: str, *, key: str, name: str, where: str, after: str) -> list[SealedRow]:
    """The next rows behind the key `after`. `name` and `where` are SQL over the table `t`."""
    rows = tx.all(
        f"SELECT t.{key}, {name}, t.{column} FROM {table} t "
        # As text: on PostgreSQL ids are of a type that the empty text before all of them is none of.
        f"WHERE CAST(t.{key} AS TEXT) > ? AND t.{column} IS NOT NULL AND t.{column} <> '' AND {where} "
        f"ORDER BY CAST(t.{key} AS TEXT) LIMIT ?",
        (after, PAGE),
    )
    return [SealedRow(*row) for row in rows]


def put_back(tx: Tx, table: str, column: str, *, key: str, row: SealedRow, sealed: str) -> bool:
    """Keep it sealed anew, unless it has become another secret meanwhile; whether it was kept."""
    return (
        tx.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ? AND {column} = ?", (sealed, row.key, row.sealed))
        == 1
    )
