"""Withdrawing: an outreach mail that waits to leave does not leave.

Called by `sending` when its owner takes it back, by `refusals` when its recipient wants none, and when an owner is blocked or removed.
Promises: what was taken back is not in Sent any more and may be sent again; what has left, or is leaving, stays as it is.
"""

from __future__ import annotations

from mailwright.core import Core, approvals, heldmail
from mailwright.core.approvals import AlreadyDecided
from mailwright.domain import clock
from mailwright.domain.outreach import AGENT, SentState
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, outreach, outreachsending
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.outreach import Outreach


def key_of(known: Outreach) -> str:
    """What its sending is known by: the recipient comes behind it in the outbox."""
    return f"{AGENT}:{known.id}:{known.generation}"


def waiting(tx: Tx, known: Outreach) -> list[OutboxRow]:
    """Its messages in the outbox that nobody has tried to send."""
    found = outbox_rows.queued_of_message(tx, known.user_id, known.message_id) if known.message_id else []
    return [each for each in found if each.idempotency_key.startswith(f"{key_of(known)}:") and each.attempts == 0]


def withdraw(tx: Tx, core: Core, known: Outreach, *, state: SentState, because: str, by: Actor) -> bool:
    """Keep a mail that waits (state QUEUED or ASKED) from leaving; it is in `state` then. False when it has left, or never waited."""
    if known.sent_state is SentState.ASKED and known.approval_id is not None:
        try:
            approvals.reject(tx, core, known.approval_id, by)
        except (NotFound, NotPermitted, AlreadyDecided):
            return False
    elif known.sent_state is SentState.QUEUED:
        if not _cancelled(tx, known, by):
            return False
    else:
        return False
    _note(tx, known, state, because)
    return True


def withdraw_all(tx: Tx, user_id: str, *, because: str, by: Actor) -> int:
    """Keep everything a person has planned from leaving: nobody writes in their name any more. How many mails."""
    count = 0
    for outreach_id in outreachsending.waiting_of(tx, user_id):
        known = outreachsending.hold(tx, outreach_id)
        if known is not None and known.sent_state is SentState.QUEUED and _cancelled(tx, known, by):
            _note(tx, known, SentState.REFUSED, because)
            count += 1
    return count


def _note(tx: Tx, known: Outreach, state: SentState, because: str) -> None:
    outreach.update(
        tx,
        known.id,
        now=clock.now(),
        sent_state=state.value,
        sent_because=because,
        send_at=None,
        message_id="",
        approval_id=None,
    )


def _cancelled(tx: Tx, known: Outreach, by: Actor) -> bool:
    found = waiting(tx, known)
    for row in found:
        try:
            heldmail.cancel(tx, row.id, user_id=known.user_id, by=by)
        except (BadInput, NotFound):
            return False
        outbox_rows.free_key(tx, row)  # who sends it again means it
    return bool(found)
