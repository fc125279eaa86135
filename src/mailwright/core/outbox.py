"""The outbox: every message that leaves is first a row here, one for each recipient.

Called by submission, agents, forwards, bounces and the APIs inside their own transactions; worked off by `dispatch`.
Promises: what was queued survives a power cut and leaves; queueing the same thing twice queues it once.
Does not: send (dispatch does), decide who may send or to whom (its callers do).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import Gauge

from mailwright.core import Core, announcing, routing
from mailwright.domain import clock, whatsapp
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Verdict
from mailwright.domain.events import BLOB_RELEASED, OUTBOX_QUEUED, OUTBOX_SETTLED
from mailwright.domain.followups import AGENT
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import accounts, dead_letters, email_submissions, events, tasks
from mailwright.storage import outbox as rows
from mailwright.storage.database import Tx
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.email_submissions import UndoStatus
from mailwright.storage.outbox import Depth, OutboxRow, Status

LOCAL = "local"
SMTP = "smtp"
POSTMARK = "postmark"
SES = "ses"
WAYS_OUT = (SMTP, POSTMARK, SES)
"""Of which an installation has one at a time. What is queued for other servers waits for the first, and whoever sends takes it over."""
WHATSAPP = "whatsapp"
ON_WHATSAPP = AGENT
"""The agent that may write to phones. To everybody else they are addresses that no server has."""

LISTING_ROWS = 200  # one page for people

_depth = Gauge("mailwright_outbox", "Messages in the outbox that are not sent", ["status", "channel"])
_oldest = Gauge("mailwright_outbox_oldest_seconds", "Age of the oldest of them", ["status", "channel"])


FROM_SUBMISSION = "email-submission:"
"""Before the id of an EmailSubmission in the idempotency keys of its rows: who sent them follows what becomes of them."""


def enqueue(
    tx: Tx,
    *,
    tenant_id: str,
    user_id: str | None,
    sender: Address | None,
    recipients: Sequence[Address],
    blob_id: str,
    message_id: str,
    idempotency_key: str,
    correlation_id: str,
    verdict: Verdict | None = None,
    dsn: bool = True,
    vouched: bool | None = None,
    not_before: Instant = 0,
    agent: str = "",
    served_id: str | None = None,
) -> list[str]:
    """Queue one message for each recipient; the ids of the new rows.

    `sender` None is the null reverse-path: its failure is never reported. `dsn` False keeps a sender from being told, too.
    `verdict` is what a local recipient's copy is filed with. `vouched`: its From is ours to sign for; when not given, that is so when
    the verdict names who signed in. `not_before` holds it until then, and it is as old as that: only from then on is it late. An
    `agent` names itself and whom it works for (`served_id`): the stop switch holds what it sends, and its person may take it back. A
    recipient this key was queued for before keeps its row, whatever became of it.
    """
    if not agent:
        agent, served_id = _agent_of(tx, idempotency_key)
    now = max(clock.now(), not_before)
    ids = []
    for recipient in recipients:
        channel = _channel(tx, recipient, agent)
        row = OutboxRow(
            id=new_id(),
            tenant_id=tenant_id,
            user_id=user_id,
            channel=channel,
            idempotency_key=f"{idempotency_key}:{recipient}",
            sender=sender,
            recipient=recipient,
            blob_id=blob_id,
            message_id=message_id,
            status="queued",
            attempts=0,
            uncertain=0,
            next_attempt_at=now,
            lease_until=None,
            delay_notified_at=None,
            last_error="",
            correlation_id=correlation_id,
            created_at=now,
            settled_at=None,
            verdict=verdict or Verdict(),
            dsn=dsn,
            since=now,
            receipt="",
            vouched=verdict is not None and verdict.account is not None if vouched is None else vouched,
            agent=agent,
            served_id=served_id,
        )
        if rows.insert(tx, row):
            ids.append(row.id)
            _announce_queued(tx, row)
    return ids


def load(tx: Tx, row_id: str) -> OutboxRow:
    """One row. Raises NotFound."""
    row = rows.by_id(tx, row_id)
    if row is None:
        raise NotFound(f"there is no message {row_id} in the outbox")
    return row


def retry(tx: Tx, row_id: str) -> OutboxRow:
    """Queue a failed row again with the same Message-ID: now, or one that a restore held for the time it was written for.

    Raises NotFound, and BadInput when it has not failed.
    """
    row = load(tx, row_id)
    if not rows.queue_again(tx, row, clock.now()):
        raise BadInput(f"only a failed message can be tried again; this one is {row.status}")
    letter = dead_letters.last_for(tx, "outbox", row_id)
    if letter is not None:
        dead_letters.mark_replayed(tx, letter.id)
    _announce_queued(tx, row)
    return load(tx, row_id)


def replayer(core: Core) -> Callable[[DeadLetter], Awaitable[None]]:
    """What `pipeline.dead_letters` calls to offer a dead letter of the outbox again."""

    async def replay(letter: DeadLetter) -> None:
        await core.write(lambda tx: retry(tx, letter.reference))

    return replay


def cancel(tx: Tx, row_id: str) -> OutboxRow:
    """Take out a row that is queued or held by a restore. Raises NotFound, and BadInput when it is under way or settled: it cannot be called back then."""
    row = load(tx, row_id)
    if not rows.cancel(tx, row_id, clock.now()):
        raise BadInput(f"only a queued message can be cancelled; this one is {row.status}")
    announce_settled(tx, row, "cancelled")
    release_blob(tx, row)
    tell_submissions(tx, [row], "final")
    return load(tx, row_id)


def listing(
    tx: Tx,
    *,
    status: Status | None = None,
    user_id: str | None = None,
    before: str | None = None,
    limit: int = LISTING_ROWS,
) -> list[OutboxRow]:
    """Rows, newest first; `before` is the id the previous page ended with."""
    return rows.listing(tx, status=status, user_id=user_id, limit=limit, before=before)


def depths(tx: Tx) -> list[Depth]:
    """How much waits, is under way and has failed, by channel."""
    return rows.depths(tx)


def publish(found: Sequence[Depth], now: Instant) -> None:
    """Show `depths` as metrics; what is gone since the last time disappears."""
    _depth.clear()
    _oldest.clear()
    for depth in found:
        _depth.labels(depth.status, depth.channel).set(depth.rows)
        _oldest.labels(depth.status, depth.channel).set(max(now - depth.oldest_at, 0) / clock.SECOND)


def announce_settled(tx: Tx, row: OutboxRow, status: Status) -> None:
    """Tell, with the change, that a row reached its end: sent, failed or cancelled."""
    events.append(
        tx,
        OUTBOX_SETTLED,
        row.id,
        {
            "outbox_id": row.id,
            "status": status,
            "channel": row.channel,
            "user_id": row.user_id,
            "tenant_id": row.tenant_id,
            "message_id": row.message_id,
            "blob_id": row.blob_id,
        },
        correlation_id=row.correlation_id,
    )


def tell_submissions(tx: Tx, changed: Sequence[OutboxRow], undo_status: UndoStatus | None = None) -> None:
    """Count a change of each EmailSubmission that one of these rows belongs to; with `undo_status` one that was pending is that now."""
    told: dict[str, str] = {}
    for row in changed:
        if row.user_id is not None and row.idempotency_key.startswith(FROM_SUBMISSION):
            told[row.idempotency_key[len(FROM_SUBMISSION) :].partition(":")[0]] = row.user_id
    for submission_id, user_id in told.items():
        if email_submissions.exists(tx, submission_id):  # a client may have destroyed it: that recalls nothing
            modseq = accounts.next_modseq(tx, user_id)
            email_submissions.progress(tx, submission_id, modseq, undo_status)
            announcing.account_changed(tx, user_id, "EmailSubmission")


def release_blob(tx: Tx, row: OutboxRow) -> None:
    """The outbox needs the message's bytes no more; whether somebody else does is for the collector to see."""
    events.append(tx, BLOB_RELEASED, row.blob_id, {"blob_id": row.blob_id}, correlation_id=row.correlation_id)


def _channel(tx: Tx, recipient: Address, agent: str) -> str:
    if whatsapp.phone_of(recipient) is not None and agent == ON_WHATSAPP:
        return WHATSAPP
    return LOCAL if routing.is_local_domain(tx, recipient.domain) else SMTP


def _agent_of(tx: Tx, key: str) -> tuple[str, str | None]:
    """The agent that sends under a key, and for whom: its keys begin with its name and its task, also behind an archive's.

    So that no agent's mail escapes the stop switch because its caller did not say whose it is.
    """
    parts = key.split(":")
    if parts[0] == "journal":
        parts = parts[2:]
    if len(parts) < 2 or not is_id(parts[1]) or key.startswith(FROM_SUBMISSION):
        return "", None
    task = tasks.by_id(tx, parts[1])
    return (task.agent, task.user_id) if task is not None and task.agent == parts[0] else ("", None)


def _announce_queued(tx: Tx, row: OutboxRow) -> None:
    payload = {"outbox_id": row.id, "channel": row.channel}
    events.append(tx, OUTBOX_QUEUED, row.id, payload, correlation_id=row.correlation_id)
