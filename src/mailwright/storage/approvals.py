"""Approvals: what waits for a person's yes. The rows.

One goes pending → approved → done or refused; or pending → rejected or expired. Every move names the state it begins in, so that of
two clicks at once one wins. The token of the mailed link is kept as its SHA-256, and no longer than it opens anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.domain.clock import Instant
from mailwright.storage.database import Row, Tx

Status: TypeAlias = Literal["pending", "approved", "rejected", "expired", "done", "refused"]


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to a person. `user_id` decides; `blob_id` and `checksum` are the exact bytes that would leave, to `recipients`.

    `because` says why it was asked, `outcome` what became of it after a yes.
    """

    id: str
    tenant_id: str
    user_id: str
    task_id: str | None
    agent: str
    action: str
    status: Status
    summary: str
    because: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    blob_id: str
    checksum: str
    message_id: str
    correlation_id: str
    decided_by: str
    outcome: str
    created_at: Instant
    expires_at: Instant
    decided_at: Instant | None = None
    settled_at: Instant | None = None


_COLUMNS = (
    "id, tenant_id, user_id, task_id, agent, action, status, summary, because, sender, recipients, subject, blob_id, checksum, "
    "message_id, correlation_id, decided_by, outcome, created_at, expires_at, decided_at, settled_at"
)
_RECIPIENTS = _COLUMNS.split(", ").index("recipients")


def insert(tx: Tx, approval: Approval) -> None:
    """A new one."""
    tx.insert(
        "approvals",
        id=approval.id,
        tenant_id=approval.tenant_id,
        user_id=approval.user_id,
        task_id=approval.task_id,
        agent=approval.agent,
        action=approval.action,
        status=approval.status,
        summary=approval.summary,
        because=approval.because,
        sender=approval.sender,
        recipients=json.dumps(approval.recipients),
        subject=approval.subject,
        blob_id=approval.blob_id,
        checksum=approval.checksum,
        message_id=approval.message_id,
        correlation_id=approval.correlation_id,
        decided_by=approval.decided_by,
        outcome=approval.outcome,
        created_at=approval.created_at,
        expires_at=approval.expires_at,
    )


def by_id(tx: Tx, approval_id: str) -> Approval | None:
    """The one of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM approvals WHERE id = ?", (approval_id,))
    return _approval(row) if row else None


def by_token(tx: Tx, digest: str) -> Approval | None:
    """The one that a link opens; `digest` is the SHA-256 of what the link holds."""
    row = tx.one(f"SELECT {_COLUMNS} FROM approvals WHERE token = ?", (digest,))
    return _approval(row) if row else None


def of_task(tx: Tx, task_id: str) -> list[Approval]:
    """What a task asked for, oldest first."""
    return [
        _approval(row) for row in tx.all(f"SELECT {_COLUMNS} FROM approvals WHERE task_id = ? ORDER BY id", (task_id,))
    ]


def of_user_alike(tx: Tx, user_id: str, digest: str) -> list[Approval]:
    """What a person was asked about these same bytes outside of any task, while it is undecided."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM approvals WHERE user_id = ? AND status = 'pending' AND task_id IS NULL AND checksum = ?",
        (user_id, digest),
    )
    return [_approval(row) for row in rows]


def listing(
    tx: Tx,
    *,
    user_id: str | None = None,
    tenant_id: str | None = None,
    status: Status | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Approval]:
    """Those that match, newest first; `before` is the last id of the page before."""
    conditions, params = ["1 = 1"], []  # type: list[str], list[object]
    for condition, value in (
        ("user_id = ?", user_id),
        ("tenant_id = ?", tenant_id),
        ("status = ?", status),
        ("id < ?", before),
    ):
        if value is not None:
            conditions.append(condition)
            params.append(value)
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM approvals WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*params, limit)
    )
    return [_approval(row) for row in rows]


def set_token(tx: Tx, approval_id: str, digest: str) -> bool:
    """What opens it by mail. False when it is decided, or has a token already."""
    return (
        tx.execute(
            "UPDATE approvals SET token = ? WHERE id = ? AND status = 'pending' AND token IS NULL",
            (digest, approval_id),
        )
        == 1
    )


def decide(tx: Tx, approval_id: str, status: Literal["approved", "rejected"], by: str, now: Instant) -> bool:
    """The person has said it. False when somebody was faster, or it has expired. The link opens nothing from now on."""
    settled = now if status == "rejected" else None
    return (
        tx.execute(
            "UPDATE approvals SET status = ?, decided_by = ?, decided_at = ?, settled_at = ?, token = NULL "
            "WHERE id = ? AND status = 'pending' AND expires_at > ?",
            (status, by, now, settled, approval_id, now),
        )
        == 1
    )


def settle(tx: Tx, approval_id: str, status: Literal["done", "refused"], outcome: str, now: Instant) -> bool:
    """What was approved is carried out, or cannot be. False when that was noted before."""
    return (
        tx.execute(
            "UPDATE approvals SET status = ?, outcome = ?, settled_at = ? WHERE id = ? AND status = 'approved'",
            (status, outcome, now, approval_id),
        )
        == 1
    )


def expire(tx: Tx, now: Instant) -> int:
    """Nobody answered in time. How many."""
    return tx.execute(
        "UPDATE approvals SET status = 'expired', settled_at = ?, token = NULL "
        "WHERE status = 'pending' AND expires_at <= ?",
        (now, now),
    )


def take_settled(tx: Tx, before: Instant, limit: int) -> list[str]:
    """Remove up to `limit` that were settled before a moment. The ids of their blobs."""
    rows = tx.all(
        "SELECT id, blob_id FROM approvals WHERE status IN ('rejected', 'expired', 'done', 'refused') AND expires_at < ? "
        "AND settled_at < ? LIMIT ?",
        (before, before, limit),
    )
    tx.executemany("DELETE FROM approvals WHERE id = ?", [(row[0],) for row in rows])
    return [row[1] for row in rows]


def _approval(row: Row) -> Approval:
    values = list(row)
    values[_RECIPIENTS] = tuple(json.loads(values[_RECIPIENTS]))
    return Approval(*values)
