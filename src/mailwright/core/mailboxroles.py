"""What a mailbox is for (its role), and where it stands in a list (its order).

Called by JMAP and the webmail's settings. Promises: of each role an account has one mailbox; INBOX keeps its own.
"""

from __future__ import annotations

from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.core.mailboxes import ROLES
from mailwright.domain.refusals import AlreadyExists, BadInput
from mailwright.storage import Tx, accounts, audit
from mailwright.storage import mailboxes as rows
from mailwright.storage.accounts import Account
from mailwright.storage.mailboxes import Mailbox

ORDER = {"inbox": 1, "drafts": 2, "sent": 3, "archive": 4, "junk": 5, "trash": 6}
"""Where those with a role stand when nobody says otherwise; the others stand behind them, at OTHERS_ORDER."""
OTHERS_ORDER = 10
MAX_ORDER = 2**31 - 1  # RFC 8621 §2
_FIRST = -1  # kept for an order of 0 that somebody asked for: the row's 0 is "nobody said"


def order_of(mailbox: Mailbox) -> int:
    """Where the mailbox stands."""
    if mailbox.sort_order == 0:
        return ORDER.get(mailbox.role or "", OTHERS_ORDER)
    return max(mailbox.sort_order, 0)


def set_order(tx: Tx, account: Account, reached: Reached, order: int) -> None:
    """Say where it stands. Raises BadInput, NotPermitted (somebody else's, and no right `x`)."""
    access.need(reached, "x")
    if not 0 <= order <= MAX_ORDER:
        raise BadInput(f"the order of a mailbox is a number from 0 to {MAX_ORDER}")
    accounts.hold(tx, reached.mailbox.user_id)
    rows.set_sort_order(tx, reached.mailbox.id, order or _FIRST)
    _changed(tx, account, reached, f"order {order}")


def set_role(tx: Tx, account: Account, reached: Reached, role: str | None) -> None:
    """Say what it is for; None: nothing in particular. Raises BadInput, AlreadyExists, NotPermitted (without the right `x`)."""
    access.need(reached, "x")
    owner_id = reached.mailbox.user_id
    accounts.hold(tx, owner_id)
    mailbox = rows.by_id(tx, reached.mailbox.id) or reached.mailbox
    if role == mailbox.role:
        return
    if mailbox.role == "inbox":
        raise BadInput("INBOX stays what it is")
    if role is not None and role not in ROLES:
        raise BadInput(f"a mailbox cannot be for {role[:50]!r} here")
    if role is not None and rows.by_role(tx, owner_id, role) is not None:
        raise AlreadyExists(f"there is a mailbox for {role} already")
    rows.rename(tx, mailbox.id, mailbox.name, role)
    _changed(tx, account, reached, f"role {role}")


def _changed(tx: Tx, account: Account, reached: Reached, what: str) -> None:
    mailbox = reached.mailbox
    audit.record(
        tx,
        actor=account.email,
        action="mailbox.changed",
        resource=f"{reached.owner}:{mailbox.name} {what}",
        tenant_id=account.tenant_id,
    )
    access.changed(tx, mailbox.user_id, [mailbox.id])
    for key in dict.fromkeys((mailbox.user_id, account.id, mailbox.id)):
        access.announce(tx, key)
