"""Correspondence: with whom an account has to do, from the headers of its newest messages and the people of its tenant. The rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def newest_headers(tx: Tx, mailbox_id: str, limit: int) -> Iterator[tuple[dict[str, Any], Instant]]:
    """The header fields (as `messages.headers` keeps them) and times of the newest messages of a mailbox."""
    rows = tx.all(
        "SELECT headers, received_at FROM messages WHERE mailbox_id = ? ORDER BY uid DESC LIMIT ?", (mailbox_id, limit)
    )
    for headers, received_at in rows:
        yield json.loads(headers), received_at


def colleagues(tx: Tx, tenant_id: str, limit: int) -> list[tuple[str, str]]:
    """Name and address of the people (and agents) of a tenant."""
    rows = tx.all(
        "SELECT display_name, email FROM users WHERE tenant_id = ? AND role <> 'guest' AND status = 'active' "
        "ORDER BY email LIMIT ?",
        (tenant_id, limit),
    )
    return [(name, email) for name, email in rows]


def has_written_to(tx: Tx, mailbox_id: str, address: str, most: int) -> bool:
    """Whether one of the newest `most` messages of a mailbox has that address (`Address.key`) among its header fields."""
    # As it stands in the row: a JSON string. Only the three signs have a meaning of their own in LIKE.
    known = json.dumps(address, ensure_ascii=False).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    found = tx.one(
        "SELECT 1 FROM (SELECT headers FROM messages WHERE mailbox_id = ? ORDER BY uid DESC LIMIT ?) newest "
        "WHERE lower(headers) LIKE ? ESCAPE '!' LIMIT 1",
        (mailbox_id, most, f"%{known}%"),
    )
    return found is not None
