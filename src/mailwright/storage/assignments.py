"""Assignments: which agent serves whose mailbox, with which grants. The rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Assignment:
    """One agent in one mailbox. `user_id` owns the mailbox; `grants` are words of `agents.policy.Grant`."""

    id: str
    tenant_id: str
    agent: str
    user_id: str
    grants: tuple[str, ...]
    settings: dict[str, Any]
    enabled: bool


_COLUMNS = "id, tenant_id, agent, user_id, grants, settings, enabled"


def add(
    tx: Tx, tenant_id: str, agent: str, user_id: str, *, grants: Sequence[str], settings: dict[str, Any] | None = None
) -> str | None:
    """The id of the new assignment, or None when that agent serves that mailbox already."""
    assignment_id = new_id()
    made = tx.insert(
        "assignments",
        unless_exists=True,
        id=assignment_id,
        tenant_id=tenant_id,
        agent=agent,
        user_id=user_id,
        grants=json.dumps(list(grants)),
        settings=json.dumps(settings or {}),
        enabled=True,
        created_at=clock.now(),
    )
    return assignment_id if made else None


def by_id(tx: Tx, assignment_id: str) -> Assignment | None:
    """The assignment of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM assignments WHERE id = ?", (assignment_id,))
    return _assignment(row) if row else None


def of_user(tx: Tx, agent: str, user_id: str) -> Assignment | None:
    """The assignment of `agent` to that user's mailbox, enabled or not."""
    row = tx.one(f"SELECT {_COLUMNS} FROM assignments WHERE agent = ? AND user_id = ?", (agent, user_id))
    return _assignment(row) if row else None


def serving(tx: Tx, agent: str, user_id: str) -> Assignment | None:
    """The enabled assignment of `agent` to that user's mailbox."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM assignments WHERE agent = ? AND user_id = ? AND enabled = ?", (agent, user_id, True)
    )
    return _assignment(row) if row else None


def all_serving(tx: Tx, agent: str, user_ids: Sequence[str]) -> dict[str, Assignment]:
    """`serving` for many users at once; those whom nobody serves are missing from the answer."""
    if not user_ids:
        return {}
    marks = ", ".join("?" * len(user_ids))
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM assignments WHERE agent = ? AND enabled = ? AND user_id IN ({marks})",
        (agent, True, *user_ids),
    )
    return {found.user_id: found for found in map(_assignment, rows)}


def is_agent_address(tx: Tx, key: str) -> bool:
    """Does mail to that address (`Address.key`) reach a mailbox that any agent answers from? A person's assistant sends nothing."""
    return (
        tx.one(
            "SELECT 1 FROM addresses a JOIN assignments s ON s.user_id = a.user_id "
            "WHERE a.address = ? AND s.enabled = ? AND s.agent <> ? LIMIT 1",
            (key, True, "assistant"),
        )
        is not None
    )


def is_read_by_agents(tx: Tx, user_id: str) -> bool:
    """Does any agent serve that mailbox, whether it sends or only reads?"""
    return tx.one("SELECT 1 FROM assignments WHERE user_id = ? AND enabled = ? LIMIT 1", (user_id, True)) is not None


def listing(tx: Tx, tenant_id: str | None = None) -> list[Assignment]:
    """Every assignment, oldest first."""
    where, params = (" WHERE tenant_id = ?", (tenant_id,)) if tenant_id is not None else ("", ())
    return [
        _assignment(row) for row in tx.all(f"SELECT {_COLUMNS} FROM assignments{where} ORDER BY created_at", params)
    ]


def set_enabled(tx: Tx, assignment_id: str, *, enabled: bool) -> bool:
    """Stop or start an agent in a mailbox. False when there is no such assignment."""
    return tx.execute("UPDATE assignments SET enabled = ? WHERE id = ?", (enabled, assignment_id)) == 1


def set_settings(tx: Tx, assignment_id: str, settings: dict[str, Any]) -> bool:
    """What was chosen for an agent in a mailbox. False when there is no such assignment."""
    sql = "UPDATE assignments SET settings = ? WHERE id = ?"
    return tx.execute(sql, (json.dumps(settings, ensure_ascii=False), assignment_id)) == 1


def _assignment(row: Row) -> Assignment:
    return Assignment(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), json.loads(row[5]), bool(row[6]))
