"""Approvals: an agent wants to send something that nobody allowed beforehand, and asks the person it works for.

Called by agents (`ask`), by the dashboard, the mailed link and the command line (`approve`, `reject`), by housekeeping.
Promises: what is approved is the exact bytes and recipients that were shown, once; no workflow waits meanwhile: the yes is an event
from which `agents.approved` starts, and it checks again what may have changed. Of two clicks at once one wins. A link opens one
approval, once, and is known here by its SHA-256 only. Only the person asked decides, or who has a shell on the machine.
Does not: mail the question (`approvalmail`), send what was approved (`agents.approved`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from prometheus_client import Counter

from mailwright.core import Core, stops
from mailwright.core.approvalviews import visible
from mailwright.core.messages import storable
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.events import APPROVAL_ASKED, APPROVAL_GIVEN, BLOB_RELEASED
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, Refusal
from mailwright.storage import StoredBlob, Tx, accounts, audit, effects, events, outreachsending
from mailwright.storage import approvals as rows
from mailwright.storage.approvals import Approval, Status
from mailwright.storage.audit import Actor

SEND = "send"
MAX_PAGE = 200
MAX_RECIPIENTS = 100  # of one message: more is no letter that a person can look over
MAX_TEXT = 2_000  # characters of a reason
MAX_SUBJECT = 1_000
SLICE = 500  # rows of one transaction
KEY = "approval:"
"""Before the id of an approval in the idempotency keys of what was sent by it."""

_moved = Counter("mailwright_approvals", "Approvals by what became of them", ["status"])


class AlreadyDecided(Refusal):
    """Somebody has said yes or no to it before, or its time is over."""

    code = "already_decided"


def ask(
    tx: Tx,
    core: Core,
    *,
    tenant_id: str,
    user_id: str,
    task_id: str | None,
    agent: str,
    blob: StoredBlob,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    message_id: str,
    summary: str,
    because: str,
    correlation_id: str,
) -> Approval:
    """Ask `user_id` whether these bytes may go to these recipients. Asked again for the same, it is the approval there is.

    The mail to the person follows by itself. `sender` is the agent's address. Raises BadAddress, BadInput.
    """
    wanted = tuple(dict.fromkeys(str(Address.parse(each)) for each in recipients))
    if not 0 < len(wanted) <= MAX_RECIPIENTS:
        raise BadInput(f"an approval is for 1 to {MAX_RECIPIENTS} recipients")
    tx.lock(f"approvals of {task_id or user_id}")
    known = rows.of_task(tx, task_id) if task_id is not None else rows.of_user_alike(tx, user_id, blob.checksum)
    for each in known:
        if each.checksum == blob.checksum and sorted(each.recipients) == sorted(wanted):
            return each
    now = clock.now()
    made = Approval(
        id=new_id(),
        tenant_id=tenant_id,
        user_id=user_id,
        task_id=task_id,
        agent=agent,
        action=SEND,
        status="pending",
        summary=visible(storable(summary)[:MAX_TEXT]),
        because=visible(storable(because)[:MAX_TEXT]),
        sender=str(Address.parse(sender)),
        recipients=wanted,
        subject=visible(storable(subject)[:MAX_SUBJECT]),
        blob_id=blob.id,
        checksum=blob.checksum,
        message_id=message_id,
        correlation_id=correlation_id,
        decided_by="",
        outcome="",
        created_at=now,
        expires_at=now + core.settings.approval_valid,
    )
    core.blobs.put(tx, blob)
    rows.insert(tx, made)
    events.append(
        tx,
        APPROVAL_ASKED,
        made.id,
        {"approval_id": made.id, "user_id": user_id, "tenant_id": tenant_id},
        correlation_id=correlation_id,
    )
    audit.record(
        tx,
        actor=agent,
        action="approval.asked",
        resource=f"approval:{made.id}",
        tenant_id=tenant_id,
        correlation_id=correlation_id,
    )
    _moved.labels("pending").inc()
    return made


def load(tx: Tx, approval_id: str, *, user_id: str | None = None) -> Approval:
    """One approval, only if it is `user_id`'s when that is given. Raises NotFound, also for somebody else's."""
    found = rows.by_id(tx, approval_id) if is_id(approval_id) else None
    if found is None or (user_id is not None and found.user_id != user_id):
        raise NotFound("there is no such approval")
    return found


def listing(
    tx: Tx, user_id: str | None, *, status: Status | None = None, before: str | None = None, limit: int = 50
) -> list[Approval]:
    """What a person was asked (None: anybody), newest first. Raises BadInput for a cursor that is none."""
    if before is not None and not is_id(before):
        raise BadInput("before is the id of the last approval of the page before")
    return rows.listing(tx, user_id=user_id, status=status, before=before, limit=max(1, min(limit, MAX_PAGE)))


def by_token(tx: Tx, token: str) -> Approval | None:
    """What the link with that token opens; None when it was used, has expired or never was."""
    found = rows.by_token(tx, digest_of(token))
    return None if found is None or is_over(found, clock.now()) else found


def digest_of(token: str) -> str:
    """What a link's token is known by here."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def is_over(approval: Approval, now: Instant) -> bool:
    """Whether nothing can be decided any more."""
    return approval.status != "pending" or approval.expires_at <= now


def approve(tx: Tx, core: Core, approval_id: str, by: Actor, *, user_id: str | None = None) -> Approval:
    """Say yes: it is carried out at once, if what was true then still is. `user_id` is who says so (None: the machine's operator).

    Raises NotFound (somebody else's, too), AlreadyDecided, NotPermitted, Stopped.
    """
    return _decide(tx, load(tx, approval_id, user_id=user_id), "approved", by)


def reject(tx: Tx, core: Core, approval_id: str, by: Actor, *, user_id: str | None = None) -> Approval:
    """Say no. Raises NotFound, AlreadyDecided, NotPermitted."""
    return _decide(tx, load(tx, approval_id, user_id=user_id), "rejected", by)


def decide_by_link(tx: Tx, core: Core, token: str, *, yes: bool, client: str, correlation_id: str = "") -> Approval:
    """Say yes or no with the mailed link, which opens nothing from then on.

    Raises NotFound (it was used, has expired or never was), AlreadyDecided, NotPermitted, Stopped.
    """
    found = by_token(tx, token)
    if found is None:
        raise NotFound("this link was used or has expired")
    person = accounts.by_id(tx, found.user_id)
    by = Actor("" if person is None else person.email, client, correlation_id)
    return _decide(tx, found, "approved" if yes else "rejected", by, link=True)


def _decide(tx: Tx, found: Approval, status: Status, by: Actor, *, link: bool = False) -> Approval:
    assert status in ("approved", "rejected")
    now = clock.now()
    person = accounts.by_id(tx, found.user_id)
    if person is None or person.status != "active":
        raise NotPermitted("the account of this approval may not decide anything any more")
    if status == "approved" and not is_over(found, now):
        stops.check(tx, tenant_id=found.tenant_id, user_id=found.user_id)
    if not rows.decide(tx, found.id, status, by.name, now):
        raise AlreadyDecided(_why_over(rows.by_id(tx, found.id) or found))
    audit.note(
        tx,
        by,
        f"approval.{status}",
        resource=f"approval:{found.id}{' by link' if link else ''}",
        tenant_id=found.tenant_id,
    )
    if status == "rejected":
        outreachsending.end_asked(tx, found.id, "its owner said no", now)
    if status == "approved":
        events.append(
            tx,
            APPROVAL_GIVEN,
            found.id,
            {"approval_id": found.id, "user_id": found.user_id, "tenant_id": found.tenant_id},
            correlation_id=found.correlation_id,
        )
    _moved.labels(status).inc()
    return load(tx, found.id)


def _why_over(found: Approval) -> str:
    words = {
        "pending": "its time is over",
        "expired": "its time is over",
        "rejected": "it was rejected already",
        "approved": "it was approved already",
        "done": "it was approved already, and is sent",
        "refused": f"it was approved already, and could not be sent: {found.outcome}",
    }
    return f"this approval cannot be decided any more: {words[found.status]}"


def done_at_once(tx: Tx, approval: Approval, by: Actor, *, outcome: str) -> Approval:
    """The person said yes by the click that sends it, on the exact text, and it is carried out in this transaction: what was asked a moment
    ago in it is decided and settled, and nobody is mailed. Raises AlreadyDecided."""
    if not rows.decide(tx, approval.id, "approved", by.name, clock.now()):
        raise AlreadyDecided(_why_over(rows.by_id(tx, approval.id) or approval))
    audit.note(
        tx, by, "approval.approved", resource=f"approval:{approval.id} by sending it", tenant_id=approval.tenant_id
    )
    _moved.labels("approved").inc()
    settle(tx, approval, sent=True, outcome=outcome)
    return load(tx, approval.id)


def settle(tx: Tx, approval: Approval, *, sent: bool, outcome: str) -> bool:
    """Note what became of an approved one. False when that was noted before."""
    status: Status = "done" if sent else "refused"
    done = rows.settle(tx, approval.id, "done" if sent else "refused", storable(outcome)[:MAX_TEXT], clock.now())
    if done:
        audit.record(
            tx,
            actor=approval.agent,
            action=f"approval.{status}",
            resource=f"approval:{approval.id}",
            tenant_id=approval.tenant_id,
            correlation_id=approval.correlation_id,
        )
        if not sent:
            outreachsending.end_asked(tx, approval.id, storable(outcome)[:MAX_TEXT], clock.now())
        _moved.labels(status).inc()
    return done


def expire(tx: Tx, now: Instant) -> int:
    """What nobody answered in time is answered with no. How many."""
    count = rows.expire(tx, now)
    if count:
        outreachsending.end_unanswered(tx, "its owner did not say in time whether it may be sent", now)
    _moved.labels("expired").inc(count)
    return count


async def sweep(core: Core) -> int:
    """Expire what is due, forget what was settled long ago, with its bytes, and what the monitor said even longer ago.

    How many approvals were forgotten. Raises TryLater.
    """
    await core.write(lambda tx: expire(tx, clock.now()))
    before, forgotten = clock.now() - core.settings.approvals_kept, 0
    while count := await core.write(lambda tx: _let_go(tx, rows.take_settled(tx, before, SLICE))):
        forgotten += count
    old = clock.now() - core.settings.audit_kept
    while await core.write(lambda tx: effects.purge(tx, old, SLICE)):
        pass
    return forgotten


def _let_go(tx: Tx, blob_ids: Sequence[str]) -> int:
    """Whether somebody else needs the bytes is for the collector to see."""
    for blob_id in blob_ids:
        events.append(tx, BLOB_RELEASED, blob_id, {"blob_id": blob_id})
    return len(blob_ids)
