"""How many tenants may have partitions of their own: as many as PostgreSQL has locks for.

Used by `partitions`. A statement that does not say whose row it wants locks every partition and each of its indexes, until its
transaction ends; all transactions share one table of locks, made when the server starts. When it is full, whoever comes next is refused,
in every database of that server (docs/decisions/0031).
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from mailwright.domain.refusals import BadInput
from mailwright.storage.database import Row
from mailwright.storage.schema import PARTITIONED

MOST = 64
"""However many locks there are: a statement that does not say whose row it wants looks into each partition, too."""

OTHERS = 32  # what a change of ours locks beside them (measured: 17)


@dataclass(frozen=True, slots=True)
class Room:
    """How many tenants lie apart, and how many may, so that every connection of the server may change mail at once.

    `setting` is its max_locks_per_transaction, `wanted` what that has to be for MOST.
    """

    tenants: int
    most: int
    setting: int
    wanted: int

    def prove(self) -> None:
        """That one more may. Raises BadInput."""
        if self.tenants >= MOST:
            raise BadInput(f"{MOST} tenants have partitions of their own already: bring one of them back first")
        if self.tenants >= self.most:
            raise BadInput(
                f"PostgreSQL has locks for partitions of {self.most} tenants: set its max_locks_per_transaction to {self.wanted} "
                f"(it is {self.setting}), restart it, and run this again"
            )


def measure(connection: psycopg.Connection[Row]) -> Room:
    """Ask the server."""
    tenants, each, setting = connection.execute(
        "SELECT max(others)::int, sum(locks)::int, current_setting('max_locks_per_transaction')::int FROM "
        "(SELECT count(*) - 1 AS others, 1 + (SELECT count(*) FROM pg_index x WHERE x.indrelid = to_regclass(name || '_shared')) "
        "AS locks FROM unnest(%s::text[]) name JOIN pg_inherits i ON i.inhparent = to_regclass(name) GROUP BY name) counted",
        (list(PARTITIONED),),
    ).fetchone() or (0, 1, 0)
    alone = OTHERS + len(PARTITIONED) + each  # when everybody lies together
    # For each connection the table has room for `setting` things that are locked, and for twice as many that hold one; and all
    # connections lock the same things.
    return Room(tenants, max(2 * setting - alone, 0) // each, setting, -(-(alone + MOST * each) // 2))
