"""What is known of one person, table by table, as it is handed to that person. The rows.

Used by `core.personaldata`. Secrets (passwords, tokens, keys, codes) are in no list here, nor is what only says where clients have got to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mailwright.storage.database import Tx

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "users": ("id", "email", "phone", "display_name", "role", "status", "plan", "created_at"),
    "addresses": ("id", "address", "kind", "targets", "created_at"),
    "preferences": (
        *("time_zone", "tone", "default_action", "undo_seconds", "display", "locale", "reach_by"),
        *("quiet_from", "quiet_until", "agenda_at", "agenda_on"),
    ),
    "identities": ("id", "email", "name", "reply_to", "bcc", "text_signature", "html_signature"),
    "sessions": ("id", "authenticated_by", "client", "agent", "created_at", "seen_at", "expires_at"),
    "subscriptions": ("plan", "status", "began_at", "period_start", "period_end", "updated_at"),
    "followups": (
        *("task_id", "source_id", "channel", "action", "what", "who", "context", "phrase", "zone", "readings", "rule"),
        *("occurrence", "planned_at", "snoozed_until", "waits_for", "waits_from", "language", "asked"),
        *("redacted_at", "created_at"),
    ),
    "tasks": (
        *("id", "agent", "kind", "message_id", "status", "stage", "correspondent", "because", "last_error", "result"),
        *("due_at", "created_at", "completed_at"),
    ),
    "approvals": ("id", "agent", "action", "status", "summary", "because", "recipients", "subject", "created_at"),
    "grants": ("id", "agent", "action", "target", "given_by", "created_at", "revoked_at"),
    "effects": ("id", "agent", "action", "target", "ruling", "because", "created_at"),
    "outbox": (
        "id",
        "channel",
        "sender",
        "recipient",
        "message_id",
        "status",
        "last_error",
        "created_at",
        "settled_at",
    ),
    "connections": ("id", "kind", "address", "enabled", "state", "because", "created_at"),
    "triage": (
        *("id", "sender", "sender_name", "subject", "mail_kind", "category", "confidence", "because", "decided_by"),
        *("corrected_from", "language", "vip", "received_at"),
    ),
    "triage_rules": ("id", "sender", "mail_kind", "category", "made_by", "times", "used", "enabled", "created_at"),
    "vips": ("sender", "created_at"),
    "styles": ("note", "learned", "measures", "samples", "learned_at", "edited_at"),
    "sieve_scripts": ("id", "name", "content", "active", "created_at"),
    "vacation_responses": ("enabled", "from_at", "to_at", "subject", "text_body", "html_body"),
    "vacation_replies": ("correspondent", "sent_at"),
    "mailboxes": ("id", "name", "role", "total", "size_bytes", "subscribed", "created_at"),
    "snoozes": ("message_id", "until_at", "created_at"),
    "imports": ("id", "source", "created_at", "finished_at"),
    "scribes": ("onboarded", "template_id", "note", "generated", "templates"),
    "outreach": (
        *(
            "task_id",
            "batch_id",
            "name",
            "email",
            "interest",
            "fields",
            "files",
            "template",
            "template_type",
            "language",
        ),
        *("subject", "body", "sentences", "original", "is_confident", "because", "metadata", "sent_state", "sent_to"),
        *("message_id", "sent_because", "send_at", "edited_at", "deleted_at", "created_at"),
    ),
    "outreach_batches": ("id", "name", "total", "paused", "cancelled_at", "created_at"),
    "outreach_files": ("id", "name", "content", "because", "created_at"),
    "outreach_templates": ("id", "name", "content", "origin", "created_at", "updated_at", "deleted_at"),
}
"""What is handed over of each table."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "credentials": "passwords and app passwords, as digests",
    "sign_in_links": "links that sign in, as digests",
    "push_subscriptions": "keys of browsers",
    "connection_attempts": "a secret of a few minutes",
    "phone_links": "codes, as digests",
    "messages": "the mail itself is handed over",
    "workspaces": "the files themselves are handed over",
    "uploads": "files of an hour",
    "email_submissions": "the outbox says it",
    "assignments": "which agent works in the mailbox; its settings are the person's rules and styles",
    "mailbox_metadata": "notes of mail programs",
    "search_missing": "the search index",
    "search_progress": "the search index",
    "removed": "where clients have got to",
    "tombstones": "where clients have got to",
    "thread_refs": "which messages belong together, as their headers say",
}
"""What is not, and why."""

_KEYS = {"users": "id"}


def rows_of(tx: Tx, table: str, user_id: str, offset: int, limit: int) -> list[dict[str, Any]]:
    """Some rows of a table that are a person's."""
    columns = TABLES[table]
    found = tx.all(
        f"SELECT {', '.join(columns)} FROM {table} WHERE {_KEYS.get(table, 'user_id')} = ? ORDER BY {columns[0]}, {columns[1]} "
        "LIMIT ? OFFSET ?",
        (user_id, limit, offset),
    )
    return [dict(zip(columns, row, strict=True)) for row in found]


def task_history(tx: Tx, user_id: str, after: int, limit: int) -> list[tuple[Any, ...]]:
    """What happened to a person's tasks: id, task, status, stage, detail, when; from the line behind `after` on."""
    return tx.all(
        "SELECT e.id, e.task_id, e.status, e.stage, e.detail, e.created_at FROM task_events e "
        "JOIN tasks t ON t.id = e.task_id WHERE t.user_id = ? AND e.id > ? ORDER BY e.id LIMIT ?",
        (user_id, after, limit),
    )


def sources_of(tx: Tx, user_id: str, after: str, limit: int) -> list[tuple[Any, ...]]:
    """What a person's outreach rests on, without the copies: id, mail, number, kind, url, title, author, published, about, because, when;
    by id, behind `after`."""
    return tx.all(
        "SELECT s.id, s.task_id, s.number, s.kind, s.url, s.title, s.author, s.published, s.about, s.because, s.fetched_at "
        "FROM outreach_sources s JOIN outreach o ON o.task_id = s.task_id WHERE o.user_id = ? AND s.id > ? ORDER BY s.id LIMIT ?",
        (user_id, after, limit),
    )


def mail_of(tx: Tx, user_id: str, after: str, limit: int) -> list[tuple[str, str, str]]:
    """A person's messages: id, name of the mailbox, blob; by id, behind `after`."""
    rows = tx.all(
        "SELECT m.id, b.name, m.blob_id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
        "WHERE m.user_id = ? AND m.id > ? ORDER BY m.id LIMIT ?",
        (user_id, after, limit),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def files_of(tx: Tx, user_id: str, after: str, limit: int) -> list[tuple[str, str, str, str]]:
    """The files of a person's workspace: id, thread, path, blob; by id, behind `after`."""
    rows = tx.all(
        "SELECT f.id, f.thread_id, f.path, f.blob_id FROM workspace_files f JOIN workspaces w ON w.id = f.workspace_id "
        "WHERE w.user_id = ? AND f.id > ? ORDER BY f.id LIMIT ?",
        (user_id, after, limit),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def said_with_agents(
    tx: Tx, user_id: str, addresses: list[str], after: str, limit: int
) -> list[tuple[str, str, int, bool]]:
    """Messages in agents' mailboxes, of the conversations in which agents worked for a person, by id behind `after`: id, mailbox, uid, and
    whether it is theirs, or from or to one of these addresses (`Address.key`)."""
    rows = tx.all(
        "SELECT m.id, m.mailbox_id, m.uid, m.sender, m.headers, m.account_id FROM messages m JOIN users a ON a.id = m.user_id "
        "WHERE a.role = 'agent' AND m.id > ? AND m.thread_id IN (SELECT x.thread_id FROM tasks t "
        "JOIN messages x ON x.id = t.message_id WHERE t.user_id = ?) ORDER BY m.id LIMIT ?",
        (after, user_id, limit),
    )
    known = [address.lower() for address in addresses]
    return [
        (
            id,
            mailbox_id,
            uid,
            account_id == user_id or any(each in sender.lower() or f'"{each}"' in headers.lower() for each in known),
        )
        for id, mailbox_id, uid, sender, headers, account_id in rows
    ]


def forget_snapshots(tx: Tx, user_id: str) -> int:
    """Delete what any agent gathered and wrote for a person; how many."""
    return tx.execute("DELETE FROM snapshots WHERE task_id IN (SELECT id FROM tasks WHERE user_id = ?)", (user_id,))
