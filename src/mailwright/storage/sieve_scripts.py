"""Sieve scripts: the rules people keep for their mail, at most one of them active. The rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class StoredScript:
    """One script of one user. `size` is in octets."""

    id: str
    name: str
    active: bool
    size: int
    updated_at: Instant


_LISTED = "SELECT id, name, active, content, updated_at FROM sieve_scripts WHERE user_id = ?"


def listing(tx: Tx, user_id: str) -> list[StoredScript]:
    """The user's scripts, by name."""
    return [
        StoredScript(script_id, name, bool(active), len(content.encode()), updated_at)
        for script_id, name, active, content, updated_at in tx.all(f"{_LISTED} ORDER BY name", (user_id,))
    ]


def content(tx: Tx, user_id: str, name: str) -> str | None:
    """The text of a script, or None when there is none of that name."""
    found: str | None = tx.scalar("SELECT content FROM sieve_scripts WHERE user_id = ? AND name = ?", (user_id, name))
    return found


@dataclass(frozen=True, slots=True)
class AtWork:
    """What is to happen with somebody's mail: the text of the active script, or None, and the time zone it is read in.

    `is_away`: a vacation response is enabled.
    """

    content: str | None
    time_zone: str
    is_away: bool


def at_work(tx: Tx, user_id: str) -> AtWork | None:
    """That of a user; None when nothing is."""
    row = tx.one(
        "SELECT s.content, coalesce(p.time_zone, ''), v.enabled FROM users u "
        "LEFT JOIN sieve_scripts s ON s.user_id = u.id AND s.active "
        "LEFT JOIN vacation_responses v ON v.user_id = u.id AND v.enabled "
        "LEFT JOIN preferences p ON p.user_id = u.id "
        "WHERE u.id = ? AND (s.id IS NOT NULL OR v.user_id IS NOT NULL) LIMIT 1",
        (user_id,),
    )
    return AtWork(row[0], row[1], bool(row[2])) if row else None


def put(tx: Tx, user_id: str, name: str, text: str) -> None:
    """Write a script over the one of that name, or anew; whether it is active stays."""
    now = clock.now()
    tx.execute(
        "INSERT INTO sieve_scripts (id, user_id, name, content, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (user_id, name) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at",
        (new_id(), user_id, name, text, now, now),
    )


def activate(tx: Tx, user_id: str, name: str | None) -> bool:
    """Make one script the active one, or none (None). False when there is no such script; then nothing changed."""
    if name is not None and content(tx, user_id, name) is None:
        return False
    tx.execute("UPDATE sieve_scripts SET active = ? WHERE user_id = ? AND active", (False, user_id))
    if name is not None:
        tx.execute("UPDATE sieve_scripts SET active = ? WHERE user_id = ? AND name = ?", (True, user_id, name))
    return True


def rename(tx: Tx, user_id: str, name: str, new_name: str) -> None:
    """Give a script another name, which no other has."""
    tx.execute(
        "UPDATE sieve_scripts SET name = ?, updated_at = ? WHERE user_id = ? AND name = ?",
        (new_name, clock.now(), user_id, name),
    )


def remove(tx: Tx, user_id: str, name: str) -> None:
    """Take a script away."""
    tx.execute("DELETE FROM sieve_scripts WHERE user_id = ? AND name = ?", (user_id, name))
