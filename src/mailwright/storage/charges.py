"""Charges: which tasks somebody's plan pays for. The rows are the tasks' own: `charged`, and when."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def mark(tx: Tx, task_id: str, moment: Instant) -> bool:
    """The task is charged from now on. False when it is already."""
    sql = "UPDATE tasks SET charged = ?, charged_at = ? WHERE id = ? AND charged = ?"
    return tx.execute(sql, (True, moment, task_id, False)) == 1


def unmark(tx: Tx, task_id: str) -> bool:
    """The task is not charged any more. False when it was not."""
    sql = "UPDATE tasks SET charged = ?, charged_at = NULL WHERE id = ? AND charged = ?"
    return tx.execute(sql, (False, task_id, True)) == 1


def count(tx: Tx, user_id: str, since: Instant) -> int:
    """How many tasks of a user were charged since then."""
    sql = "SELECT count(*) FROM tasks WHERE user_id = ? AND charged_at >= ? AND charged = ?"
    return int(tx.scalar(sql, (user_id, since, True)))
