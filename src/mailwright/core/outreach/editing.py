"""Editing: what a person does to one of their mails: another text, its deletion and return, its end, and once more.

Called by the scribe's API and the command line.
Promises: everybody reaches their own only; a sentence that was changed has no evidence any more, one that was put back has it again; a mail
that waits to be sent, or was sent, keeps its text; what a person does is in the audit trail, without a word of the text; twice is as once.
Does not: send, or take back what waits to be sent (`sending` does).
"""

from __future__ import annotations

from typing import Any

from mailwright.core import tasks
from mailwright.core.outreach import turns
from mailwright.core.outreach.batches import Cancelled
from mailwright.core.outreach.rewording import EDITED, sentences_of
from mailwright.core.outreach.standing import own
from mailwright.core.outreach.wishes import bounded, checked_email, one_line
from mailwright.domain import clock
from mailwright.domain.outreach import MAX_BODY, MAX_SUBJECT, SentState
from mailwright.domain.refusals import BadInput, NotFound, Refusal
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, audit, outreachsending
from mailwright.storage import outreach as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor
from mailwright.storage.outreach import Outreach

_LEAVING = frozenset({SentState.ASKED, SentState.QUEUED})
_WAITS = "it waits to be sent: take it back first"


class NotNow(Refusal):
    """The mail is not where this can be done to it."""

    code = "conflict"


def edit(
    tx: Tx,
    account: Account,
    outreach_id: str,
    *,
    subject: str | None = None,
    text: str | None = None,
    email: str | None = None,
    by: Actor,
) -> Outreach:
    """Another subject, text or address of the recipient; None leaves it. Raises NotFound, NotNow, BadInput."""
    known = _there(tx, account, outreach_id)
    if known.sent_state in _LEAVING:
        raise NotNow(_WAITS)
    if known.sent_state is SentState.SENT:
        raise NotNow("it was sent: what was said stays as it is")
    changes: dict[str, Any] = {}
    if email is not None and checked_email(email) != known.email:
        changes["email"] = checked_email(email)
    changes |= _reworded(known, subject, text)
    if not changes:
        return known
    now = clock.now()
    if changes.keys() & {"subject", "body"}:
        changes["edited_at"] = now
    rows.update(tx, known.id, now=now, **changes)
    _note(tx, by, account, "edited", known.id)
    return own(tx, account, known.id)


def delete(tx: Tx, account: Account, outreach_id: str, *, by: Actor) -> None:
    """Put it away, so that it can be had back for a while; one that is not written yet is not written. Raises NotFound, NotNow."""
    known = _held(tx, account, outreach_id)
    if known.deleted_at is not None:
        return
    if known.sent_state in _LEAVING:
        raise NotNow(_WAITS)
    if not known.status.is_final:
        _cancel(tx, known, "its owner deleted it")
    now = clock.now()
    rows.update(tx, known.id, now=now, deleted_at=now)
    _note(tx, by, account, "deleted", known.id)


def restore(tx: Tx, account: Account, outreach_id: str, *, by: Actor) -> Outreach:
    """Have a deleted one back. Raises NotFound."""
    known = own(tx, account, outreach_id)
    if known.deleted_at is not None:
        rows.update(tx, known.id, now=clock.now(), deleted_at=None)
        _note(tx, by, account, "restored", known.id)
    return own(tx, account, known.id)


def cancel(tx: Tx, account: Account, outreach_id: str, *, by: Actor) -> Outreach:
    """Do not write it; one that is being written ends at its next step. Raises NotFound, NotNow (it is written, or failed)."""
    known = _there(tx, account, outreach_id)
    if known.status is TaskStatus.CANCELLED:
        return known
    if known.status.is_final:
        raise NotNow("it is written already" if known.status is TaskStatus.COMPLETE else "it has ended already")
    _cancel(tx, known, "its owner cancelled it")
    _note(tx, by, account, "cancelled", known.id)
    return own(tx, account, known.id)


def again(tx: Tx, account: Account, outreach_id: str, *, by: Actor) -> Outreach:
    """Try one that failed or was cancelled once more, from the step where it ended; it waits for its turn.

    Raises NotFound, NotNow (it is written, or at work), Cancelled (its batch was).
    """
    known = _there(tx, account, outreach_id)
    if known.status is TaskStatus.QUEUED:
        return known
    if not known.status.is_final or known.status is TaskStatus.COMPLETE:
        raise NotNow("it is being written" if not known.status.is_final else "it is written already")
    batch = None if known.batch_id is None else rows.batch(tx, known.batch_id)
    if batch is not None and batch.cancelled_at is not None:
        raise Cancelled("its batch was cancelled: ask for it anew")
    turns.join(tx, account.id, clock.now())
    tasks.requeue(tx, known.id)
    _note(tx, by, account, "asked_again", known.id)
    return own(tx, account, known.id)


def _reworded(known: Outreach, subject: str | None, text: str | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if subject is not None:
        changes["subject"] = one_line("the subject", subject, MAX_SUBJECT)
    if text is not None:
        changes["body"] = bounded("the text", text.replace("\r\n", "\n").replace("\r", "\n"), MAX_BODY)
    for name, kept in (("subject", known.subject), ("body", known.body)):
        if changes.get(name) == kept:
            del changes[name]
    if not changes:
        return {}
    if known.status is not TaskStatus.COMPLETE:
        raise NotNow("it is not written yet")
    if not all(any(map(str.isalnum, value)) for value in changes.values()):
        raise BadInput("a mail needs a subject and a text")
    if "body" in changes:
        changes |= _evidence(known, changes["body"])
    return changes


def _evidence(known: Outreach, body: str) -> dict[str, Any]:
    """What stands behind a new text: of what was composed, all that is still there."""
    first = known.original
    if "sentences" not in first:  # nobody has edited it before
        first = {**first, "sentences": list(known.sentences), "is_confident": known.is_confident, "because": known.why}
    sentences = sentences_of(body, first["sentences"])
    changed = sum(each["state"] == EDITED for each in sentences)
    why = str(first["because"])
    if changed:
        count = "a sentence was" if changed == 1 else f"{changed} sentences were"
        why = f"{count} changed by hand: nothing but its owner stands behind that"
    return {
        "original": first,
        "sentences": list(sentences),
        "is_confident": bool(first["is_confident"]) and not changed,
        "because": why,
    }


def _there(tx: Tx, account: Account, outreach_id: str) -> Outreach:
    known = _held(tx, account, outreach_id)
    if known.deleted_at is not None:
        raise NotFound("the mail was deleted: have it back first")
    return known


def _held(tx: Tx, account: Account, outreach_id: str) -> Outreach:
    """One of the account's, which nobody sends or changes meanwhile. Raises NotFound."""
    own(tx, account, outreach_id)
    known = outreachsending.hold(tx, outreach_id)
    if known is None:
        raise NotFound("there is no such mail")
    return known


def _cancel(tx: Tx, known: Outreach, because: str) -> None:
    try:
        tasks.finish(tx, known.id, TaskStatus.CANCELLED, because=because)
    except tasks.IllegalMove:  # it ended in this moment
        raise NotNow("it has ended in this moment") from None


def _note(tx: Tx, by: Actor, account: Account, what: str, outreach_id: str) -> None:
    audit.note(tx, by, f"outreach.{what}", resource=outreach_id, tenant_id=account.tenant_id)
