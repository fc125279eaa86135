"""Carrying out an approval: everything that may have changed since the yes is looked at again, then the stored bytes are queued.
What an agent sends goes from its own mailbox; what the scribe wrote is its owner's own mail (`core.outreach.sending`).

One step, and one transaction at its end: the end of the approval, the outbox rows (key `approval:<id>`), the agent's copy in Sent and
the effect are committed together, so that a repeat of the step, or a second process with the same approval, does nothing.
Nothing is composed here and no model is asked: what leaves is what was shown.
"""

from __future__ import annotations

import asyncio

from mailwright.agents.policy import Grant
from mailwright.codecs import mime
from mailwright.codecs.mime import Parsed
from mailwright.core import Core, approvals, journaling, messages, outbox, reports, stops
from mailwright.core.messages import Flag, Provenance
from mailwright.core.outreach import sending as outreach
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import checksum
from mailwright.domain.outreach import AGENT as SCRIBE
from mailwright.domain.refusals import BadAddress, NotFound, TryLater
from mailwright.pipeline import step
from mailwright.storage import Tx, accounts, assignments, domains, effects
from mailwright.storage.approvals import Approval

_configured: list[Core] = []


def configure(core: Core) -> None:
    """Say whose approvals these are, before the first workflow runs; the last word counts."""
    _configured[:] = [core]


def worth_repeating(error: BaseException) -> bool:
    """The database or the disk may be back in a moment."""
    return isinstance(error, TryLater)


@step(name="approved.carry_out", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def carry_out(approval_id: str) -> str:
    """The approval's status in the end. Raises TryLater."""
    if not _configured:
        raise RuntimeError("approved.configure was not called")
    core = _configured[0]
    try:
        approval = await core.read(lambda tx: approvals.load(tx, approval_id))
    except NotFound:  # its person was removed
        return "gone"
    if approval.status != "approved":
        return approval.status
    try:
        raw = await core.blobs.read(approval.blob_id)
    except NotFound:
        return await core.write(lambda tx: _refuse(tx, approval, "the bytes of the message are gone"))
    same, parsed = await asyncio.to_thread(lambda: (checksum(raw) == approval.checksum, mime.parse(raw)))
    if not same:
        return await core.write(lambda tx: _refuse(tx, approval, "the stored message is not the one that was approved"))
    return await core.write(lambda tx: _commit(tx, core, approval_id, parsed))


def _commit(tx: Tx, core: Core, approval_id: str, parsed: Parsed) -> str:
    """The sending transaction."""
    approval = approvals.load(tx, approval_id)
    if approval.status != "approved":
        return approval.status
    because, agent_user_id = _why_not(tx, core, approval, parsed)
    if because:
        return _refuse(tx, approval, because)
    count = len(approval.recipients)
    # First of all, so that of two processes one goes on: the other waits here and finds it settled.
    if not approvals.settle(
        tx, approval, sent=True, outcome=f"queued for {count} recipient{'' if count == 1 else 's'}"
    ):
        return approvals.load(tx, approval_id).status
    _send(tx, core, approval, agent_user_id, parsed)
    effects.add(
        tx,
        tenant_id=approval.tenant_id,
        user_id=approval.user_id,
        task_id=approval.task_id,
        agent=approval.agent,
        action=approval.action,
        target=", ".join(approval.recipients),
        ruling="allowed",
        because=f"approved by {approval.decided_by}",
    )
    return "done"


def _why_not(tx: Tx, core: Core, approval: Approval, parsed: Parsed) -> tuple[str, str]:
    """Why it must not be sent (or nothing), and the id of the mailbox it is sent from."""
    if approval.action != approvals.SEND:
        return f"{approval.action} is nothing that an approval carries out", ""
    if clock.now() > max(approval.expires_at, approval.decided_at or 0) + core.settings.approval_valid:
        return "the yes is too old", ""
    stopped = stops.engaged(tx, tenant_id=approval.tenant_id, user_id=approval.user_id)
    if stopped:
        return stopped, ""
    person = accounts.by_id(tx, approval.user_id)
    if person is None or person.status != "active":
        return "the person who approved it has no active account any more", ""
    if approval.agent == SCRIBE:  # it writes in its owner's name, and has no mailbox
        return outreach.why_not(tx, core, approval), person.id
    try:
        sender = Address.parse(approval.sender)
        authors = {Address.parse(each.address).key for each in parsed.from_}
    except BadAddress:
        return "its sender is no address", ""
    row = accounts.address(tx, sender.key)
    serving = None
    if row is not None and row.user_id is not None and row.tenant_id == approval.tenant_id:
        serving = assignments.serving(tx, approval.agent, row.user_id)
    if serving is None:
        return f"the {approval.agent} does not serve {sender} any more", ""
    if Grant.SEND.value not in serving.grants:
        return f"the assignment of the {approval.agent} does not let it send any more", ""
    if authors != {sender.key}:
        return "the message does not say that it is from the agent", ""
    for each in approval.recipients:
        suppressed = reports.suppressed(tx, approval.tenant_id, each)
        if suppressed:
            return f"nothing automatic is sent to {each} any more: {suppressed}", ""
    return "", serving.user_id


def _send(tx: Tx, core: Core, approval: Approval, agent_user_id: str, parsed: Parsed) -> None:
    if approval.agent == SCRIBE:
        outreach.queue_approved(tx, core, approval, parsed)
        return
    sender = Address.parse(approval.sender)
    verdict = Verdict(
        Origin.CORRESPONDENT, agent_user_id, f"written by the {approval.agent} of this server, and approved"
    )
    key = f"{approvals.KEY}{approval.id}"
    blob = core.blobs.describe(tx, approval.blob_id)
    outbox.enqueue(
        tx,
        tenant_id=approval.tenant_id,
        user_id=agent_user_id,
        sender=sender,  # as with every answer of an agent: what comes back to it is never answered (RFC 3834 §3.3)
        recipients=[Address.parse(each) for each in approval.recipients],
        blob_id=blob.id,
        message_id=approval.message_id,
        idempotency_key=key,
        correlation_id=approval.correlation_id,
        verdict=verdict,
        dsn=False,
        agent=approval.agent,
        served_id=approval.user_id,
    )
    journaling.keep_copy(
        tx,
        domains.named(tx, sender.domain),
        blob_id=blob.id,
        message_id=approval.message_id,
        key=key,
        correlation_id=approval.correlation_id,
        verdict=verdict,
        agent=approval.agent,
        served_id=approval.user_id,
    )
    try:
        messages.append(
            tx,
            tenant_id=approval.tenant_id,
            user_id=agent_user_id,
            role="sent",
            blob=blob,
            parsed=parsed,
            provenance=Provenance(Origin.OWNER, approval.correlation_id),
            received_at=clock.now(),
            flags=Flag.SEEN,
            enforce_quota=False,  # a full mailbox of ours must not keep back what a person wants sent
        )
    except NotFound:  # the mailbox was removed by its owner: it goes out without a copy
        return


def _refuse(tx: Tx, approval: Approval, because: str) -> str:
    if not approvals.settle(tx, approval, sent=False, outcome=because):
        return approvals.load(tx, approval.id).status
    effects.add(
        tx,
        tenant_id=approval.tenant_id,
        user_id=approval.user_id,
        task_id=approval.task_id,
        agent=approval.agent,
        action=approval.action,
        target=", ".join(approval.recipients),
        ruling="denied",
        because=because,
    )
    return "refused"
