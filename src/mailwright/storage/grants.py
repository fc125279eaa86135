"""Grants: what a person lets an agent do without being asked. The rows; one that was revoked stays, and allows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission. `target` is an address, @domain, the name of a tool or host, or *."""

    id: str
    tenant_id: str
    user_id: str
    agent: str
    action: str
    target: str
    given_by: str
    created_at: Instant
    revoked_at: Instant | None = None


_COLUMNS = "id, tenant_id, user_id, agent, action, target, given_by, created_at, revoked_at"


def insert(tx: Tx, grant: Grant) -> None:
    """A new one."""
    tx.insert(
        "grants",
        id=grant.id,
        tenant_id=grant.tenant_id,
        user_id=grant.user_id,
        agent=grant.agent,
        action=grant.action,
        target=grant.target,
        given_by=grant.given_by,
        created_at=grant.created_at,
    )


def by_id(tx: Tx, grant_id: str) -> Grant | None:
    """The one of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM grants WHERE id = ?", (grant_id,))
    return Grant(*row) if row else None


def matching(tx: Tx, user_id: str, agents: Sequence[str], action: str, targets: Sequence[str]) -> Grant | None:
    """The oldest that is in force for one of these agents and targets."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM grants WHERE user_id = ? AND action = ? AND agent IN ({_marks(agents)}) "
        f"AND target IN ({_marks(targets)}) AND revoked_at IS NULL ORDER BY id LIMIT 1",
        (user_id, action, *agents, *targets),
    )
    return Grant(*row) if row else None


def listing(tx: Tx, user_id: str | None, *, revoked: bool = False, limit: int = 500) -> list[Grant]:
    """Those of a person (None: of everybody), oldest first; those that were `revoked` only when asked for."""
    conditions, params = ["1 = 1"], []  # type: list[str], list[object]
    if user_id is not None:
        conditions.append("user_id = ?")
        params.append(user_id)
    if not revoked:
        conditions.append("revoked_at IS NULL")
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM grants WHERE {' AND '.join(conditions)} ORDER BY id LIMIT ?", (*params, limit)
    )
    return [Grant(*row) for row in rows]


def revoke(tx: Tx, grant_id: str, now: Instant) -> bool:
    """It allows nothing any more. False when that was so before."""
    return tx.execute("UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, grant_id)) == 1


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
