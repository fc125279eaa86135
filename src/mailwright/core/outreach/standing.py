"""Standing: whose outreach mail it is, and whether that person may send at all. Asked by `sending` and `drafts` in their transactions."""

from __future__ import annotations

from mailwright.domain.ids import is_id
from mailwright.domain.refusals import NotFound, NotPermitted
from mailwright.storage import Tx, accounts, outreach, scribes
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Outreach

NO_NOTE = "mail to many needs a note below it that says who writes, and from where; write it first, in the settings of the scribe"


def caller_of(tx: Tx, account: Account) -> Account:
    """The account as it is now, when it may send from a mailbox here. Raises NotPermitted."""
    found = accounts.by_id(tx, account.id)
    if found is None or found.status != "active" or found.role == "agent":
        raise NotPermitted("this account may not send outreach")
    if not found.has_mailbox:
        raise NotPermitted(
            "outreach is sent from a mailbox here, and this account has none; take the text and send it from your own"
        )
    return found


def own(tx: Tx, account: Account, outreach_id: str) -> Outreach:
    """One of the account's mails. Raises NotFound, for somebody else's as well."""
    found = outreach.by_id(tx, outreach_id) if is_id(outreach_id) else None
    if found is None or found.user_id != account.id:
        raise NotFound("there is no such mail")
    return found


def note_of(tx: Tx, user_id: str, *, is_bulk: bool) -> str:
    """What stands below a person's mails. Raises NotPermitted when there is nothing and there must be."""
    note = scribes.of_user(tx, user_id).note.strip()
    if is_bulk and not note:
        raise NotPermitted(NO_NOTE)
    return note
