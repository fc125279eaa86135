"""Sending outreach: the questions asked of the rows of `outreach` when one is to go, is taken back, or came to its end.

Used by `core.outreach` alone. What a row is stands in `storage.outreach`.
"""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.domain.outreach import SentState
from mailwright.storage import outreach
from mailwright.storage.database import Tx
from mailwright.storage.outreach import Outreach

_GOES = (SentState.QUEUED.value, SentState.SENT.value, SentState.FAILED.value)
"""What counts as a mail of its day: a failed one was sent, too."""


def hold(tx: Tx, outreach_id: str) -> Outreach | None:
    """The mail, kept from everybody else until this transaction ends."""
    if tx.one(f"SELECT task_id FROM outreach WHERE task_id = ?{tx.exclusive}", (outreach_id,)) is None:
        return None
    return outreach.by_id(tx, outreach_id)


def going_between(tx: Tx, user_id: str, since: Instant, until: Instant) -> dict[str, int]:
    """How many of a person's mails go, or went, between two moments, by the recipients' domains."""
    rows = tx.all(
        "SELECT sent_domain, COUNT(*) FROM outreach WHERE user_id = ? AND send_at >= ? AND send_at < ? "
        "AND sent_state IN (?, ?, ?) GROUP BY sent_domain",
        (user_id, since, until, *_GOES),
    )
    return {row[0]: int(row[1]) for row in rows}


def of_message(tx: Tx, message_id: str) -> list[str]:
    """The ids of the mails that were sent, or are to be, under that Message-ID."""
    rows = tx.all(
        "SELECT task_id FROM outreach WHERE message_id = ? AND message_id <> '' ORDER BY task_id", (message_id,)
    )
    return [row[0] for row in rows]


def waiting_for(tx: Tx, tenant_id: str, address: str) -> list[str]:
    """The ids of a tenant's mails that wait to go to an address (`Address.key`), or to a domain (`@` and its name)."""
    local, _, domain = address.rpartition("@")
    rows = tx.all(
        "SELECT task_id FROM outreach WHERE sent_domain = ? AND (? = '' OR sent_to = ?) AND tenant_id = ? AND sent_state IN (?, ?) "
        "ORDER BY task_id",
        (domain, local, address, tenant_id, SentState.QUEUED.value, SentState.ASKED.value),
    )
    return [row[0] for row in rows]


def waiting_of(tx: Tx, user_id: str) -> list[str]:
    """The ids of a person's mails that wait to leave, or to be allowed."""
    rows = tx.all(
        "SELECT task_id FROM outreach WHERE user_id = ? AND sent_state IN (?, ?) ORDER BY task_id",
        (user_id, SentState.QUEUED.value, SentState.ASKED.value),
    )
    return [row[0] for row in rows]


def ready_of_batch(tx: Tx, batch_id: str) -> list[str]:
    """The ids of a batch's mails that are written, confident, kept, and not sent yet."""
    rows = tx.all(
        "SELECT o.task_id FROM outreach o JOIN tasks t ON t.id = o.task_id WHERE o.batch_id = ? AND t.status = 'complete' "
        "AND o.is_confident AND o.deleted_at IS NULL AND o.sent_state IN (?, ?) ORDER BY o.task_id",
        (batch_id, SentState.NONE.value, SentState.DRAFTED.value),
    )
    return [row[0] for row in rows]


def end_asked(tx: Tx, approval_id: str, because: str, now: Instant) -> bool:
    """What was asked is answered with no. False when no mail waits for that."""
    return (
        tx.execute(
            "UPDATE outreach SET sent_state = ?, sent_because = ?, send_at = NULL, updated_at = ? "
            "WHERE approval_id = ? AND sent_state = ?",
            (SentState.REFUSED.value, because, now, approval_id, SentState.ASKED.value),
        )
        > 0
    )


def end_unanswered(tx: Tx, because: str, now: Instant) -> int:
    """The mails whose question was answered with no, or by nobody in time, do not wait any more. How many."""
    return tx.execute(
        "UPDATE outreach SET sent_state = ?, sent_because = ?, send_at = NULL, updated_at = ? WHERE sent_state = ? AND approval_id IN "
        "(SELECT id FROM approvals WHERE status = 'expired')",
        (SentState.REFUSED.value, because, now, SentState.ASKED.value),
    )


def was_sent_to(tx: Tx, user_id: str, address: str) -> bool:
    """Whether a person has sent outreach to an address (`Address.key`), is about to, or has a draft to it, which they may have sent."""
    found = tx.scalar(
        "SELECT 1 FROM outreach WHERE user_id = ? AND sent_to = ? AND sent_state IN (?, ?, ?, ?) LIMIT 1",
        (user_id, address, *_GOES, SentState.DRAFTED.value),
    )
    return found is not None
