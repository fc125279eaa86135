"""What is asked when mails are to be processed again: which of an owner's mails came in a span of time, and how far their tasks are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.tasks import TaskStatus
from mailwright.storage.database import Tx

NOT_INCOMING = ("drafts", "sent")
"""Roles of mailboxes whose mail its owner wrote."""
_PUT_AWAY = ("junk", "trash")
_OPEN = tuple(status.value for status in TaskStatus if not status.is_final)


@dataclass(frozen=True, slots=True)
class Span:
    """Mails of one owner that were received from `since` on and before `until`, of one category when that is named."""

    user_id: str
    since: Instant
    until: Instant
    category: str = ""


def here(tx: Tx, span: Span, *, untouched: bool, limit: int) -> list[tuple[str, Instant]]:
    """Mails in the owner's mailbox here and when they came, the newest first.

    What is in Junk or Trash is among them when it was looked at before. `untouched`: only those there was no task for yet, or whose
    task ended before it was known what they are.
    """
    where, params = _where(span, "m.received_at", untouched=untouched)
    rows = tx.all(
        "SELECT m.id, m.received_at FROM mailboxes b JOIN messages m ON m.mailbox_id = b.id "
        "LEFT JOIN triage t ON t.id = m.id "
        f"WHERE b.user_id = ? AND COALESCE(b.role, '') NOT IN ({_marks(NOT_INCOMING)}) "
        f"AND (t.id IS NOT NULL OR COALESCE(b.role, '') NOT IN ({_marks(_PUT_AWAY)})) {where} "
        "ORDER BY m.received_at DESC, m.id DESC LIMIT ?",
        (span.user_id, *NOT_INCOMING, *_PUT_AWAY, *params, limit),
    )
    return [(message_id, at) for message_id, at in rows]


def elsewhere(tx: Tx, span: Span, connection_id: str, *, untouched: bool, limit: int) -> list[tuple[str, Instant]]:
    """Mails of an account elsewhere that were seen, and when they came, the newest first."""
    where, params = _where(span, "t.received_at", untouched=untouched)
    rows = tx.all(
        "SELECT t.id, t.received_at FROM triage t "
        f"WHERE t.user_id = ? AND t.connection_id = ? {where} ORDER BY t.received_at DESC, t.id DESC LIMIT ?",
        (span.user_id, connection_id, *params, limit),
    )
    return [(item_id, at) for item_id, at in rows]


def counts(tx: Tx, agent: str, user_id: str, since: Instant) -> dict[TaskStatus, int]:
    """How many tasks of a person's stand where: those made since then, and those that are not at their end."""
    found = dict.fromkeys(TaskStatus, 0)
    lately = tx.all(
        "SELECT status, COUNT(*) FROM tasks WHERE user_id = ? AND agent = ? AND created_at >= ? GROUP BY status",
        (user_id, agent, since),
    )
    older = tx.all(
        "SELECT status, COUNT(*) FROM tasks WHERE user_id = ? AND agent = ? AND created_at < ? "
        f"AND status IN ({_marks(_OPEN)}) GROUP BY status",
        (user_id, agent, since, *_OPEN),
    )
    for status, count in (*lately, *older):
        found[TaskStatus(status)] += int(count)
    return found


def _where(span: Span, received: str, *, untouched: bool) -> tuple[str, list[Any]]:
    where, params = f"AND {received} >= ? AND {received} < ?", list[Any]((span.since, span.until))
    if span.category:
        where += " AND t.category = ?"
        params.append(span.category)
    if untouched:
        where += " AND (t.task_id IS NULL OR t.category = '')"
    return where, params


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
