"""Batches: mails that were asked for together, paused, let go on, and cancelled.

Called by the scribe's API and the command line. `making` makes them.
Promises: everybody reaches their own only; what is paused keeps its place; a cancelled batch begins no mail any more, and what is at work
ends at its next step (the scribe asks there); what was written stays. What a person does is in the audit trail; twice is as once.
"""

from __future__ import annotations

from mailwright.core import tasks
from mailwright.core.outreach import turns
from mailwright.domain import clock
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import NotFound, Refusal
from mailwright.storage import Tx, audit, outreachlists, outreachturns
from mailwright.storage import outreach as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor
from mailwright.storage.outreach import Batch
from mailwright.storage.outreachlists import Progress as Progress

MAX_PAGE = 200
CANCELLED = "its batch was cancelled"


class Cancelled(Refusal):
    """The batch was cancelled: it does not go on."""

    code = "conflict"


def own(tx: Tx, account: Account, batch_id: str) -> Batch:
    """One's own. Raises NotFound."""
    found = rows.batch(tx, batch_id) if is_id(batch_id) else None
    if found is None or found.user_id != account.id:
        raise NotFound("there is no such batch")
    return found


def listing(tx: Tx, account: Account, *, before: str | None = None, limit: int = 50) -> list[Batch]:
    """One's own, the newest first, at most MAX_PAGE; `before` is the id the page before ended with."""
    if before is not None and not is_id(before):
        return []
    return outreachlists.batches(tx, account.id, before=before, limit=max(1, min(limit, MAX_PAGE)))


def progress(tx: Tx, found: list[Batch]) -> dict[str, Progress]:
    """How far each of them is, by its id."""
    return outreachlists.progress(tx, [each.id for each in found])


def pause(tx: Tx, account: Account, batch_id: str, *, by: Actor) -> Batch:
    """Begin none of its mails until it is to go on. Raises NotFound, Cancelled."""
    known = _open(tx, account, batch_id)
    if not known.paused:
        outreachlists.set_batch(tx, known.id, paused=True, now=clock.now())
        audit.note(tx, by, "batch.paused", resource=known.id, tenant_id=account.tenant_id)
    return own(tx, account, known.id)


def resume(tx: Tx, account: Account, batch_id: str, *, by: Actor) -> Batch:
    """Go on. Raises NotFound, Cancelled."""
    known = _open(tx, account, batch_id)
    if known.paused:
        now = clock.now()
        turns.join(tx, account.id, now)
        outreachlists.set_batch(tx, known.id, paused=False, now=now)
        audit.note(tx, by, "batch.resumed", resource=known.id, tenant_id=account.tenant_id)
        for first in outreachturns.waiting_of_batch(tx, known.id)[:1]:
            tasks.remark(tx, first, "its batch goes on")  # who hands off what waits listens to events of tasks
    return own(tx, account, known.id)


def cancel(tx: Tx, account: Account, batch_id: str, *, by: Actor) -> Batch:
    """Let nothing of it begin any more. Raises NotFound."""
    known = own(tx, account, batch_id)
    if known.cancelled_at is None:
        tx.lock("scribe turns")
        now = clock.now()
        outreachlists.set_batch(tx, known.id, cancelled_at=now, now=now)
        tasks.cancel_waiting(tx, outreachturns.waiting_of_batch(tx, known.id), because=CANCELLED)
        audit.note(tx, by, "batch.cancelled", resource=known.id, tenant_id=account.tenant_id)
    return own(tx, account, known.id)


def _open(tx: Tx, account: Account, batch_id: str) -> Batch:
    known = own(tx, account, batch_id)
    if known.cancelled_at is not None:
        raise Cancelled("the batch was cancelled: what it has not written, can be asked for anew")
    return known
