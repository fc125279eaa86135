"""Usage: what somebody's tasks add up to. The rows, and sums over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Spent:
    """What models were asked for one task: US dollars (0 where no price is known) and tokens in and out."""

    cost_usd: float = 0.0
    tokens: int = 0


def registered_at(tx: Tx, user_id: str) -> Instant:
    """When a user was made."""
    return int(tx.scalar("SELECT created_at FROM users WHERE id = ?", (user_id,)) or 0)


def spent(tx: Tx, task_ids: Sequence[str]) -> dict[str, Spent]:
    """What each of these tasks (at most a few hundred) cost; those without a call are missing."""
    if not task_ids:
        return {}
    marks = ", ".join("?" * len(task_ids))
    rows = tx.all(
        "SELECT task_id, sum(cost_usd), sum(input_tokens + output_tokens) FROM model_calls "
        f"WHERE task_id IN ({marks}) GROUP BY task_id",
        tuple(task_ids),
    )
    return {row[0]: Spent(float(row[1]), int(row[2])) for row in rows}


def subjects(tx: Tx, message_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Subject and Message-ID field of these messages (at most a few hundred) that are still there."""
    if not message_ids:
        return {}
    marks = ", ".join("?" * len(message_ids))
    rows = tx.all(f"SELECT id, subject, message_id FROM messages WHERE id IN ({marks})", tuple(message_ids))
    return {row[0]: (row[1], row[2]) for row in rows}


def own_copy(tx: Tx, user_id: str, header_id: str) -> str | None:
    """The message in a user's own account that has that Message-ID field: what they sent, as their Sent keeps it."""
    found: str | None = tx.scalar(
        "SELECT m.id FROM thread_refs r JOIN messages m ON m.thread_id = r.thread_id AND m.user_id = r.user_id "
        "WHERE r.user_id = ? AND r.message_id = ? AND m.message_id = ? ORDER BY m.id LIMIT 1",
        (user_id, header_id, header_id),
    )
    return found


def median_response(tx: Tx, since: Instant, most: int) -> Instant | None:
    """The middle of the times from mail to answer of the newest tasks since then, at most `most`; None without any."""
    rows = tx.all(
        "SELECT completed_at - created_at FROM (SELECT id, created_at, completed_at, status, kind FROM tasks "
        "ORDER BY id DESC LIMIT ?) t WHERE created_at >= ? AND status = 'complete' AND kind = 'reply' "
        "AND completed_at IS NOT NULL ORDER BY 1",
        (most, since),
    )
    return int(rows[len(rows) // 2][0]) if rows else None
