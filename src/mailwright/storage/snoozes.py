"""Messages that are put aside until a moment: the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Snooze:
    """`mailbox_id` is where the message came from."""

    message_id: str
    user_id: str
    mailbox_id: str
    until_at: Instant


_FIELDS = "message_id, user_id, mailbox_id, until_at"


def put(tx: Tx, snooze: Snooze, now: Instant) -> None:
    """Remember it; one that is known gets another moment, and keeps where it came from."""
    tx.execute(
        "INSERT INTO snoozes (message_id, user_id, mailbox_id, until_at, created_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (message_id) DO UPDATE SET until_at = excluded.until_at",
        (snooze.message_id, snooze.user_id, snooze.mailbox_id, snooze.until_at, now),
    )


def of_message(tx: Tx, user_id: str, message_id: str) -> Snooze | None:
    """That of one message."""
    row = tx.one(f"SELECT {_FIELDS} FROM snoozes WHERE user_id = ? AND message_id = ?", (user_id, message_id))
    return Snooze(*row) if row else None


def within(tx: Tx, user_id: str, mailbox_id: str) -> list[Snooze]:
    """A user's whose message is in that mailbox, the first to come back first."""
    rows = tx.all(
        "SELECT s.message_id, s.user_id, s.mailbox_id, s.until_at FROM snoozes s JOIN messages m ON m.id = s.message_id "
        "WHERE s.user_id = ? AND m.mailbox_id = ? ORDER BY s.until_at, s.message_id",
        (user_id, mailbox_id),
    )
    return [Snooze(*row) for row in rows]


def users_due(tx: Tx, now: Instant, limit: int) -> list[str]:
    """Whose messages are to come back, those waiting longest first."""
    rows = tx.all(
        "SELECT user_id, min(until_at) FROM snoozes WHERE until_at <= ? GROUP BY user_id ORDER BY 2 LIMIT ?",
        (now, limit),
    )
    return [row[0] for row in rows]


def due(tx: Tx, user_id: str, now: Instant, limit: int) -> list[Snooze]:
    """Those of a user that are to come back."""
    rows = tx.all(
        f"SELECT {_FIELDS} FROM snoozes WHERE user_id = ? AND until_at <= ? ORDER BY until_at LIMIT ?",
        (user_id, now, limit),
    )
    return [Snooze(*row) for row in rows]


def forget(tx: Tx, message_ids: Sequence[str]) -> None:
    """They are put aside no more."""
    tx.executemany("DELETE FROM snoozes WHERE message_id = ?", [(each,) for each in message_ids])
