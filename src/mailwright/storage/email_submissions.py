"""What JMAP clients sent, as they see it: the rows. The sending itself is in the outbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mailwright.domain.clock import Instant
from mailwright.storage.database import Row, Tx

UndoStatus = Literal["pending", "final", "canceled"]


@dataclass(frozen=True, slots=True)
class EmailSubmission:
    """One sending of one Email (RFC 8621 §7).

    `message_id` is the Email, `header_id` its Message-ID field; `outbox_key` is what the keys of its outbox rows begin with.
    `envelope` has `mailFrom`, `rcptTo` and whether it was `derived` from the Email.
    """

    id: str
    user_id: str
    identity_id: str
    message_id: str
    thread_id: str
    header_id: str
    outbox_key: str
    envelope: dict[str, Any]
    send_at: Instant
    undo_status: UndoStatus
    created_modseq: int
    modseq: int
    created_at: Instant


_FIELDS = (
    "id, user_id, identity_id, message_id, thread_id, header_id, outbox_key, envelope, send_at, undo_status, "
    "created_modseq, modseq, created_at"
)


def insert(tx: Tx, made: EmailSubmission) -> None:
    """One more."""
    tx.insert(
        "email_submissions",
        id=made.id,
        user_id=made.user_id,
        identity_id=made.identity_id,
        message_id=made.message_id,
        thread_id=made.thread_id,
        header_id=made.header_id,
        outbox_key=made.outbox_key,
        envelope=json.dumps(made.envelope),
        send_at=made.send_at,
        undo_status=made.undo_status,
        created_modseq=made.created_modseq,
        modseq=made.modseq,
        created_at=made.created_at,
    )


def with_ids(tx: Tx, user_id: str, ids: Sequence[str]) -> list[EmailSubmission]:
    """Those of a user's that are there, at most a few hundred at once."""
    if not ids:
        return []
    marks = ", ".join("?" * len(ids))
    rows = tx.all(f"SELECT {_FIELDS} FROM email_submissions WHERE user_id = ? AND id IN ({marks})", (user_id, *ids))
    return [_submission(row) for row in rows]


def of_user(tx: Tx, user_id: str, limit: int | None = None) -> list[EmailSubmission]:
    """A user's, the newest first; at most `limit`."""
    bound = "" if limit is None else f" LIMIT {int(limit)}"
    rows = tx.all(f"SELECT {_FIELDS} FROM email_submissions WHERE user_id = ? ORDER BY id DESC{bound}", (user_id,))
    return [_submission(row) for row in rows]


def made_since(tx: Tx, user_id: str, message_id: str, since: Instant) -> list[EmailSubmission]:
    """What was sent of an Email since a moment and not taken back, the newest first."""
    rows = tx.all(
        f"SELECT {_FIELDS} FROM email_submissions WHERE user_id = ? AND message_id = ? AND created_at >= ? "
        "AND undo_status <> 'canceled' ORDER BY id DESC",
        (user_id, message_id, since),
    )
    return [_submission(row) for row in rows]


def changed_since(tx: Tx, user_id: str, modseq: int) -> list[tuple[str, int, int]]:
    """(id, modseq of its making, modseq of its last change) of those that changed after `modseq`."""
    rows = tx.all(
        "SELECT id, created_modseq, modseq FROM email_submissions WHERE user_id = ? AND modseq > ?", (user_id, modseq)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def exists(tx: Tx, submission_id: str) -> bool:
    """Whether it is there."""
    return tx.scalar("SELECT 1 FROM email_submissions WHERE id = ?", (submission_id,)) is not None


def progress(tx: Tx, submission_id: str, modseq: int, undo_status: UndoStatus | None) -> None:
    """Something became of it; one that was pending has that status now, when one is given."""
    tx.execute(
        "UPDATE email_submissions SET modseq = ?, undo_status = CASE WHEN undo_status = 'pending' THEN ? ELSE undo_status END "
        "WHERE id = ?",
        (modseq, undo_status or "pending", submission_id),
    )


def remove(tx: Tx, user_id: str, submission_id: str) -> bool:
    """False when it is not there."""
    return tx.execute("DELETE FROM email_submissions WHERE user_id = ? AND id = ?", (user_id, submission_id)) == 1


def settled_before(tx: Tx, before: Instant, limit: int) -> list[tuple[str, str]]:
    """(user, id) of those that were made, and sent or taken back, before a moment."""
    rows = tx.all(
        "SELECT user_id, id FROM email_submissions WHERE created_at < ? AND send_at < ? AND undo_status <> 'pending' "
        "ORDER BY user_id LIMIT ?",
        (before, before, limit),
    )
    return [(row[0], row[1]) for row in rows]


def _submission(row: Row) -> EmailSubmission:
    values = list(row)
    values[7] = json.loads(values[7])
    return EmailSubmission(*values)
