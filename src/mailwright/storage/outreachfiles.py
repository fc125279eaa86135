"""Files that people gave to be used in their outreach: of each only its text is kept. The rows.

Used by `core.outreach` and the scribe. Which mail uses which is written in the mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class OutreachFile:
    """One file. `because` says why there is no text, or not all of it."""

    id: str
    user_id: str
    name: str
    text: str
    because: str
    created_at: Instant


_COLUMNS = "id, user_id, name, content, because, created_at"


def insert(tx: Tx, *, tenant_id: str, user_id: str, name: str, text: str, because: str, now: Instant) -> str:
    """Keep one; its id."""
    id = new_id()
    tx.insert(
        "outreach_files",
        id=id,
        tenant_id=tenant_id,
        user_id=user_id,
        name=name,
        content=text,
        because=because,
        created_at=now,
    )
    return id


def of_user(tx: Tx, user_id: str, ids: Sequence[str]) -> list[OutreachFile]:
    """Those of these files that are the person's, in the order of `ids`."""
    if not ids:
        return []
    marks = ", ".join("?" * len(ids))
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM outreach_files WHERE user_id = ? AND id IN ({marks})",
        (user_id, *ids),
    )
    found = {row[0]: OutreachFile(*row) for row in rows}
    return [found[id] for id in ids if id in found]


def forget_unused(tx: Tx, before: Instant, limit: int) -> int:
    """Delete files given before then that no mail uses (any more); how many."""
    return tx.execute(
        "DELETE FROM outreach_files WHERE id IN (SELECT f.id FROM outreach_files f WHERE f.created_at < ? AND NOT EXISTS "
        "(SELECT 1 FROM outreach o WHERE o.user_id = f.user_id AND o.files LIKE '%' || CAST(f.id AS TEXT) || '%') "
        "ORDER BY f.id LIMIT ?)",
        (before, limit),
    )
