"""Drafts: an outreach mail lies in its owner's Drafts, to be looked over and sent from any mail program.

Called by the API (`put`), by `sending` (`remove`: what is sent is no draft any more; `check_not_sent`: what was a draft may be sent already).
Promises: the same text is put there once; a text that was changed since takes the place of the one before. What its owner changed in
Drafts with a mail program is theirs and stays.
"""

from __future__ import annotations

from mailwright.core import Core, appending, mailboxes
from mailwright.core.expunge import expunge
from mailwright.core.messages import Flag, StoredMessage
from mailwright.core.outreach import letter, refusals
from mailwright.core.outreach.editing import NotNow
from mailwright.core.outreach.standing import caller_of, note_of, own
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.ids import derived_token
from mailwright.domain.outreach import AGENT, SentState
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, accounts, outreach, outreachsending
from mailwright.storage import mailboxes as mailbox_rows
from mailwright.storage import messages as rows
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Outreach

_GONE = (SentState.QUEUED, SentState.SENT, SentState.ASKED)


async def put(core: Core, caller: Account, outreach_id: str) -> str:
    """The id of the message in Drafts. Raises NotFound, BadInput, NotPermitted, NotNow, MailboxFull, ExceedsQuota, TryLater."""

    def look(tx: Tx) -> tuple[Account, Outreach, Address | None, str]:
        owner, known = caller_of(tx, caller), own(tx, caller, outreach_id)
        return owner, known, _checked(tx, known), note_of(tx, owner.id, is_bulk=known.batch_id is not None)

    owner, known, recipient, note = await core.read(look)
    message_id = _message_id(owner, known, note)
    raw = letter.compose(
        core, owner, known, recipient, note=note, message_id=message_id, date=clock.now(), is_draft=True
    )
    prepared = await appending.prepare(core, owner.tenant_id, raw)

    def run(tx: Tx) -> str:
        accounts.hold(tx, owner.id)
        found = outreachsending.hold(tx, outreach_id)
        if found is None:
            raise NotFound("there is no such mail")
        _checked(tx, found)
        if _message_id(owner, found, note) != message_id:
            raise NotNow("its text was changed just now; look at it and try again")
        draft_id = _there(tx, owner.id, message_id)
        if draft_id is None:
            remove(tx, found)
            drafts = mailboxes.with_role(tx, owner, "drafts")
            item = appending.Item(raw, int(Flag.DRAFT | Flag.SEEN))
            filed = appending.file_all(
                tx, core, owner, drafts.id, [item], [prepared], correlation_id=found.correlation_id
            )
            [draft_id] = filed.message_ids
        if (found.draft_id, found.sent_state) != (draft_id, SentState.DRAFTED):
            outreach.update(
                tx,
                found.id,
                now=clock.now(),
                draft_id=draft_id,
                sent_state=SentState.DRAFTED.value,
                sent_because="",
                sent_to="" if recipient is None else recipient.key,
                sent_domain="" if recipient is None else recipient.domain,
            )
        return draft_id

    return await core.write(run)


def remove(tx: Tx, known: Outreach) -> bool:
    """Take our draft away. False when it is not there any more: its owner changed, sent or removed it."""
    found = rows.by_id(tx, known.draft_id) if known.draft_id else None
    if found is None or found.user_id != known.user_id or _role(tx, found) != "drafts":
        return False
    return expunge(tx, [found], because="another text took its place, or it is sent") > 0


def check_not_sent(tx: Tx, owner: Account, known: Outreach) -> None:
    """That its owner did not send the draft from their mail program. Raises NotNow."""
    if known.sent_state is SentState.DRAFTED:
        note = note_of(tx, owner.id, is_bulk=known.batch_id is not None)
        _there(tx, owner.id, _message_id(owner, known, note))


def _checked(tx: Tx, known: Outreach) -> Address | None:
    if known.deleted_at is not None:
        raise NotFound("the mail was deleted; restore it first")
    if known.status is not TaskStatus.COMPLETE:
        raise BadInput("it is not written yet")
    if known.sent_state in _GONE:
        raise NotNow("it was sent already, or waits to be; take it back first")
    letter.check(known)
    if not known.email.strip():
        return None
    recipient = refusals.parse(known.email)
    unwanted = refusals.because(tx, known.tenant_id, recipient)
    if unwanted:
        raise NotPermitted(f"nothing is sent to {recipient}: {unwanted}")
    return recipient


def _message_id(owner: Account, known: Outreach, note: str) -> str:
    said = (known.subject, known.body, known.email, known.language, note)
    return f"<{derived_token(f'{AGENT}-draft', known.id, *said)}@{Address.parse(owner.email).domain}>"


def _there(tx: Tx, user_id: str, message_id: str) -> str | None:
    """Our draft with exactly this text, when it still lies there. Raises NotNow when it was sent from there."""
    found = [each for each in rows.with_message_id(tx, user_id, message_id) if not each.flags & Flag.DELETED]
    roles = {_role(tx, each): each.id for each in found}
    if "sent" in roles:
        raise NotNow("you sent this draft already: it is in Sent")
    return roles.get("drafts")


def _role(tx: Tx, message: StoredMessage) -> str | None:
    mailbox = mailbox_rows.by_id(tx, message.mailbox_id)
    return None if mailbox is None else mailbox.role
