"""The stop switch: while a row is not released, agents in its scope do nothing. The rows.

What agents have queued and not sent is held by the same rows: `outbox` asks for them when something is to be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx

Scope: TypeAlias = Literal["installation", "tenant", "user"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One switch that was thrown. `scope_id` is the tenant or person; None for the whole installation."""

    id: str
    scope: Scope
    scope_id: str | None
    because: str
    engaged_by: str
    engaged_at: Instant
    released_by: str | None = None
    released_at: Instant | None = None


_COLUMNS = "id, scope, scope_id, because, engaged_by, engaged_at, released_by, released_at"


def insert(tx: Tx, stop: Stop) -> None:
    """The switch is thrown."""
    tx.insert(
        "stops",
        id=stop.id,
        scope=stop.scope,
        scope_id=stop.scope_id,
        because=stop.because,
        engaged_by=stop.engaged_by,
        engaged_at=stop.engaged_at,
    )


def in_force(tx: Tx, *, tenant_id: str, user_id: str | None) -> list[Stop]:
    """What stops an agent that works for that person of that tenant, the widest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM stops WHERE released_at IS NULL AND (scope = 'installation' "
        "OR (scope = 'tenant' AND scope_id = ?) OR (scope = 'user' AND scope_id = ?)) ORDER BY scope, id",
        (tenant_id, user_id),
    )
    return [Stop(*row) for row in rows]


def of_scope(tx: Tx, scope: Scope, scope_id: str | None) -> Stop | None:
    """The switch of exactly that scope, while it is thrown."""
    where, params = ("scope_id = ?", (scope, scope_id)) if scope_id is not None else ("scope_id IS NULL", (scope,))
    row = tx.one(f"SELECT {_COLUMNS} FROM stops WHERE released_at IS NULL AND scope = ? AND {where}", params)
    return Stop(*row) if row else None


def listing(tx: Tx) -> list[Stop]:
    """Every switch that is thrown, oldest first."""
    return [Stop(*row) for row in tx.all(f"SELECT {_COLUMNS} FROM stops WHERE released_at IS NULL ORDER BY id")]


def release(tx: Tx, stop_id: str, by: str, now: Instant) -> bool:
    """The switch is put back. False when it was before."""
    return (
        tx.execute(
            "UPDATE stops SET released_by = ?, released_at = ? WHERE id = ? AND released_at IS NULL", (by, now, stop_id)
        )
        == 1
    )
