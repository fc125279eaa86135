"""A person's templates of outreach. The rows.

Used by `core.outreach.templates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Template:
    """One template. `origin`: `own`, or `generated` when the person kept one that was drafted for them."""

    id: str
    user_id: str
    name: str
    text: str
    origin: str
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None


_COLUMNS = "id, user_id, name, content, origin, created_at, updated_at, deleted_at"


def insert(
    tx: Tx, template_id: str, *, tenant_id: str, user_id: str, name: str, text: str, origin: str, now: Instant
) -> None:
    """A new one."""
    tx.insert(
        "outreach_templates",
        id=template_id,
        tenant_id=tenant_id,
        user_id=user_id,
        name=name,
        content=text,
        origin=origin,
        created_at=now,
        updated_at=now,
    )


def by_id(tx: Tx, template_id: str) -> Template | None:
    """One of anybody's, also a deleted one."""
    row = tx.one(f"SELECT {_COLUMNS} FROM outreach_templates WHERE id = ?", (template_id,))
    return None if row is None else Template(*row)


def of_user(tx: Tx, user_id: str, *, deleted: bool = False) -> list[Template]:
    """A person's, the newest first: those that are there, or those that were deleted."""
    state = "IS NOT NULL" if deleted else "IS NULL"
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM outreach_templates WHERE user_id = ? AND deleted_at {state} ORDER BY id DESC",
        (user_id,),
    )
    return [Template(*row) for row in rows]


def count(tx: Tx, user_id: str) -> int:
    """How many a person has that are not deleted."""
    return int(
        tx.scalar("SELECT COUNT(*) FROM outreach_templates WHERE user_id = ? AND deleted_at IS NULL", (user_id,)) or 0
    )


def update(tx: Tx, template_id: str, *, now: Instant, **values: Any) -> None:
    """Change name, text or deleted_at."""
    columns = {"name": "name", "text": "content", "deleted_at": "deleted_at"}
    unknown = values.keys() - columns.keys()
    if unknown:
        raise ValueError(f"not columns that change: {sorted(unknown)}")
    names = ", ".join(f"{columns[name]} = ?" for name in values)
    tx.execute(
        f"UPDATE outreach_templates SET {names}, updated_at = ? WHERE id = ?", (*values.values(), now, template_id)
    )


def forget_oldest(tx: Tx, user_id: str, *, keep: int) -> int:
    """Of a person's deleted ones delete all for good but so many that were deleted last; how many."""
    return tx.execute(
        "DELETE FROM outreach_templates WHERE user_id = ? AND deleted_at IS NOT NULL AND id NOT IN (SELECT id FROM outreach_templates "
        "WHERE user_id = ? AND deleted_at IS NOT NULL ORDER BY deleted_at DESC, id DESC LIMIT ?)",
        (user_id, user_id, keep),
    )


def forget_deleted(tx: Tx, before: Instant, limit: int) -> int:
    """Delete those for good that were deleted before then; how many."""
    return tx.execute(
        "DELETE FROM outreach_templates WHERE id IN "
        "(SELECT id FROM outreach_templates WHERE deleted_at < ? ORDER BY id LIMIT ?)",
        (before, limit),
    )
