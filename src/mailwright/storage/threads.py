"""Threads: which of them a user's Message-IDs belong to, what is in them, and which changed.

Only looks; `messages.join_thread` is what changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailwright.storage.database import Tx

SLICE = 500  # threads in one question


class Member(NamedTuple):
    """A message of a thread."""

    thread_id: str
    message_id: str
    mailbox_id: str
    flags: int
    created_modseq: int


class Left(NamedTuple):
    """A message that left a mailbox at `modseq`; `moved`: it is in another one now. `thread_id` None: it was not noted."""

    thread_id: str | None
    mailbox_id: str
    modseq: int
    moved: bool


def known(tx: Tx, user_id: str, message_ids: Sequence[str]) -> dict[str, str]:
    """The thread of each Message-ID (`<…>`) that this user's mail has named; the unknown ones are missing."""
    if not message_ids:
        return {}
    marks = ", ".join("?" * len(message_ids))
    rows = tx.all(
        f"SELECT message_id, thread_id FROM thread_refs WHERE user_id = ? AND message_id IN ({marks})",
        (user_id, *message_ids),
    )
    return {row[0]: row[1] for row in rows}


def holders(tx: Tx, message_id: str) -> list[tuple[str, str]]:
    """Every (user id, thread id) whose mail has a message of that Message-ID (`<…>`)."""
    rows = tx.all(
        "SELECT DISTINCT user_id, thread_id FROM messages WHERE message_id = ? ORDER BY user_id", (message_id,)
    )
    return [(user_id, thread_id) for user_id, thread_id in rows]


def owners(tx: Tx, thread_id: str) -> list[str]:
    """The users whose mail has the thread: one, since threads are each user's own."""
    return [row[0] for row in tx.all("SELECT DISTINCT user_id FROM messages WHERE thread_id = ?", (thread_id,))]


def workers_on(tx: Tx, thread_id: str) -> list[str]:
    """The users in whose workspaces the thread has files: whom an agent worked for."""
    rows = tx.all(
        "SELECT DISTINCT w.user_id FROM workspace_files f JOIN workspaces w ON w.id = f.workspace_id "
        "WHERE f.thread_id = ?",
        (thread_id,),
    )
    return [row[0] for row in rows]


def members(tx: Tx, user_id: str, thread_ids: Sequence[str]) -> list[Member]:
    """The messages of a user's threads, as they came (RFC 8621 §3)."""
    found: list[Member] = []
    for start in range(0, len(thread_ids), SLICE):
        part = thread_ids[start : start + SLICE]
        rows = tx.all(
            "SELECT thread_id, id, mailbox_id, flags, created_modseq FROM messages "
            f"WHERE thread_id IN ({', '.join('?' * len(part))}) AND user_id = ? ORDER BY received_at, id",
            (*part, user_id),
        )
        found += [Member(*row) for row in rows]
    return found


def first_of(tx: Tx, user_id: str, limit: int) -> list[str]:
    """At most so many of a user's threads, in no order."""
    rows = tx.all("SELECT DISTINCT thread_id FROM messages WHERE user_id = ? LIMIT ?", (user_id, limit))
    return [row[0] for row in rows]


def joined_since(tx: Tx, user_id: str, modseq: int, deleted: int) -> list[tuple[str, str, int]]:
    """(thread, mailbox, modseq) where messages came after `modseq`, or have the flag `deleted` and changed since."""
    rows = tx.all(
        "SELECT thread_id, mailbox_id, max(CASE WHEN created_modseq > ? THEN created_modseq ELSE modseq END) FROM messages "
        "WHERE user_id = ? AND modseq > ? AND (created_modseq > ? OR flags & ? <> 0) GROUP BY thread_id, mailbox_id",
        (modseq, user_id, modseq, modseq, deleted),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def left_since(tx: Tx, user_id: str, modseq: int) -> list[Left]:
    """The messages that left a mailbox of the user after `modseq`."""
    rows = tx.all(
        "SELECT t.thread_id, t.mailbox_id, t.modseq, CASE WHEN m.id IS NULL THEN 0 ELSE 1 END FROM tombstones t "
        "LEFT JOIN messages m ON m.id = t.message_id WHERE t.user_id = ? AND t.modseq > ?",
        (user_id, modseq),
    )
    return [Left(row[0], row[1], row[2], bool(row[3])) for row in rows]
