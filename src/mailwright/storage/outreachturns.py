"""Whose mail is written next: what waits, person by person, and what is at work. The rows.

Used by `core.outreach.turns`. The questions are asked whenever a mail ended: they read the index of the scribe's tasks alone (its condition stands
here word for word, since only then databases use it) and look at a few rows of a person, however many wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.tasks import TaskStatus
from mailwright.storage.database import Tx

_WAITS = "t.agent = 'scribe' AND t.status = 'queued'"
_NOT_PAUSED = "(b.id IS NULL OR NOT b.paused)"
_WAITING = (
    f"FROM tasks t JOIN outreach o ON o.task_id = t.id LEFT JOIN outreach_batches b ON b.id = o.batch_id WHERE {_WAITS}"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many mails wait and are at work in the installation, and since when the one that was asked for first waits."""

    waiting: int
    running: int
    longest_at: Instant | None


def running(tx: Tx) -> int:
    """How many mails are at work, everybody's."""
    counted = "SELECT COUNT(*) FROM tasks WHERE agent = 'scribe' AND status = ?"
    return int(tx.scalar(counted, (TaskStatus.RUNNING.value,)) or 0)


def waiting_people(tx: Tx) -> list[tuple[Instant, str]]:
    """Everybody who has mail that waits (paused mail, too), with where they stand in the round."""
    first = "SELECT t.user_id FROM tasks t WHERE " + _WAITS
    rows = tx.all(
        f"WITH RECURSIVE people(user_id) AS (SELECT ({first} ORDER BY t.user_id LIMIT 1) UNION ALL "
        f"SELECT ({first} AND t.user_id > p.user_id ORDER BY t.user_id LIMIT 1) FROM people p WHERE p.user_id IS NOT NULL) "
        "SELECT COALESCE(s.turn_at, 0), p.user_id FROM people p LEFT JOIN scribes s ON s.user_id = p.user_id WHERE p.user_id IS NOT NULL"
    )
    return [(row[0], row[1]) for row in rows]


def next_of(tx: Tx, user_id: str, limit: int) -> list[tuple[str, int]]:
    """A person's mails that may be taken, the one asked for first first: id and generation."""
    rows = tx.all(
        f"SELECT t.id, t.generation {_WAITING} AND t.user_id = ? AND {_NOT_PAUSED} ORDER BY t.id LIMIT ?",
        (user_id, limit),
    )
    return [(row[0], row[1]) for row in rows]


def set_turn(tx: Tx, user_id: str, turn_at: Instant, now: Instant) -> None:
    """Say where a person stands in the round."""
    tx.execute(
        "INSERT INTO scribes (user_id, turn_at, updated_at) VALUES (?, ?, ?) "
        "ON CONFLICT (user_id) DO UPDATE SET turn_at = excluded.turn_at",
        (user_id, turn_at, now),
    )


def turn_of(tx: Tx, user_id: str) -> Instant:
    """Where a person stands in the round."""
    return int(tx.scalar("SELECT turn_at FROM scribes WHERE user_id = ?", (user_id,)) or 0)


def waiting_counts(tx: Tx) -> dict[str, int]:
    """How many mails of everybody's may be taken; those who have none are left out."""
    counts: dict[str, int] = {
        row[0]: row[1] for row in tx.all(f"SELECT t.user_id, COUNT(*) FROM tasks t WHERE {_WAITS} GROUP BY t.user_id")
    }
    paused = tx.all(
        "SELECT o.user_id, COUNT(*) FROM outreach_batches b JOIN outreach o ON o.batch_id = b.id JOIN tasks t ON t.id = o.task_id "
        f"WHERE b.paused AND {_WAITS} GROUP BY o.user_id"
    )
    for user_id, count in paused:
        counts[user_id] = counts.get(user_id, 0) - count
    return {user_id: count for user_id, count in counts.items() if count > 0}


def at_work_since(tx: Tx, before: Instant, limit: int) -> list[tuple[str, int]]:
    """Mails at work of which nothing was heard since then, the longest first: id and generation."""
    rows = tx.all(
        "SELECT id, generation FROM tasks WHERE status = ? AND agent = 'scribe' AND updated_at < ? ORDER BY updated_at LIMIT ?",
        (TaskStatus.RUNNING.value, before, limit),
    )
    return [(row[0], row[1]) for row in rows]


def waiting_of_batch(tx: Tx, batch_id: str) -> list[str]:
    """The mails of a batch that wait for their turn."""
    rows = tx.all(
        f"SELECT t.id FROM outreach o JOIN tasks t ON t.id = o.task_id WHERE o.batch_id = ? AND {_WAITS} ORDER BY t.id",
        (batch_id,),
    )
    return [row[0] for row in rows]


def ids(tx: Tx, user_id: str, upto: Sequence[str]) -> list[str]:
    """A person's mails that may be taken, in their order, up to the last of those."""
    if not upto:
        return []
    rows = tx.all(
        f"SELECT t.id {_WAITING} AND t.user_id = ? AND t.id <= ? AND {_NOT_PAUSED} ORDER BY t.id", (user_id, max(upto))
    )
    return [row[0] for row in rows]


def standing(tx: Tx) -> Standing:
    """How the whole queue stands, without what is paused in it."""
    waiting = sum(waiting_counts(tx).values())
    longest = tx.scalar(f"SELECT MIN(t.created_at) {_WAITING} AND {_NOT_PAUSED}") if waiting else None
    return Standing(waiting, running(tx), longest)
