"""Threads: which of them a user's Message-IDs belong to. Only looks; `messages.join_thread` is what changes them."""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.storage.database import Tx


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
