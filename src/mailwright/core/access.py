"""Access: which mailboxes an account reaches, under which names, and what it may do there (RFC 4314).

Called by every client protocol before it touches a mailbox. The owner has every right; others have what the access control
list of the mailbox gives them, and see it as `Other Users/<owner>/<name>`.
Promises: a mailbox without the right `l` does not exist for the asker; tenants never meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.addresses import Address
from mailwright.domain.events import MAILBOX_CHANGED
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, accounts, audit, events, mailboxes
from mailwright.storage.accounts import Account
from mailwright.storage.mailboxes import Mailbox

SEPARATOR = "/"
OTHERS = "Other Users"
"""The namespace of mailboxes that others share (RFC 2342)."""

RIGHTS = "lrswipkxtea"
"""RFC 4314 §2.1: lookup, read, seen, write, insert, post, create, delete mailbox, delete message, expunge, administer."""
ALL = frozenset(RIGHTS)
ANYONE = "anyone"
SUBSCRIBED = "/private/vendor/mailwright/subscribed"
"""The private entry that says whether an account's programs show a mailbox that another shares with it."""

# RFC 4314 §2.1.1: the rights of RFC 2086 that became several.
_OLD = {"c": "k", "d": "xte"}
_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")  # in no mailbox's name, and no database takes them
_WORDS = {
    "l": "see",
    "r": "read",
    "s": "mark as seen",
    "w": "flag",
    "i": "put mail into",
    "p": "send as the owner of",
    "k": "make mailboxes in",
    "x": "delete or rename",
    "t": "mark as deleted in",
    "e": "expunge",
    "a": "share",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """A mailbox as an account sees it: under `name`, with `rights`. `owner` is the address of whose it is."""

    mailbox: Mailbox
    name: str
    rights: frozenset[str]
    owner: str
    own: bool


def reachable(tx: Tx, account: Account) -> list[Reached]:
    """Every mailbox the account may see, its own first, each by name."""
    own = [Reached(mailbox, mailbox.name, ALL, account.email, True) for mailbox in mailboxes.of_user(tx, account.id)]
    shared: dict[str, Reached] = {}
    for mailbox, owner, rights in mailboxes.shared_with(tx, account.tenant_id, account.id):
        known = shared.get(mailbox.id)
        given = frozenset(rights) | (known.rights if known else frozenset())
        shared[mailbox.id] = Reached(mailbox, f"{OTHERS}/{owner}/{mailbox.name}", given, owner, False)
    return own + [each for each in shared.values() if "l" in each.rights]


def by_name(tx: Tx, account: Account, name: str) -> Reached:
    """The mailbox of that name. Raises NotFound."""
    wanted = normal(name)
    if _UNSPEAKABLE.search(wanted):
        raise NotFound("there is no mailbox of that name")
    if wanted.startswith(OTHERS + SEPARATOR):
        for each in reachable(tx, account):
            if not each.own and each.name == wanted:
                return each
        raise NotFound(f"there is no mailbox {name}")
    mailbox = mailboxes.by_name(tx, account.id, wanted)
    if mailbox is None or mailbox.name.startswith(mailboxes.REMOVED):
        raise NotFound(f"there is no mailbox {name}")
    return Reached(mailbox, mailbox.name, ALL, account.email, True)


def by_id(tx: Tx, account: Account, mailbox_id: str) -> Reached:
    """The mailbox of that id, as it is now. Raises NotFound."""
    mailbox = mailboxes.by_id(tx, mailbox_id)
    if mailbox is None or mailbox.name.startswith(mailboxes.REMOVED):
        raise NotFound("the mailbox is gone")
    if mailbox.user_id == account.id:
        return Reached(mailbox, mailbox.name, ALL, account.email, True)
    owner = accounts.by_id(tx, mailbox.user_id)
    rights = _given(tx, account, mailbox)
    if owner is None or "l" not in rights:
        raise NotFound("the mailbox is gone")
    return Reached(mailbox, f"{OTHERS}/{owner.email}/{mailbox.name}", rights, owner.email, False)


def need(reached: Reached, rights: str) -> None:
    """Raises NotPermitted when the asker lacks one of the rights."""
    for right in rights:
        if right not in reached.rights:
            raise NotPermitted(f"you may not {_WORDS[right]} {reached.name}")


def normal(name: str) -> str:
    """The name as it is compared: composed (RFC 9051 §5.1), INBOX in capitals."""
    composed = unicodedata.normalize("NFC", name)
    first, separator, rest = composed.partition(SEPARATOR)
    # In ASCII only: a dotless i becomes an I as well, and is another letter.
    return f"INBOX{separator}{rest}" if first.isascii() and first.upper() == "INBOX" else composed


def may_send_as(tx: Tx, account: Account, address: Address) -> bool:
    """Whether the account may write under that address: its own, or of one whose INBOX gives it the right `p`."""
    row = accounts.address(tx, address.key)
    if row is None or row.user_id is None or row.tenant_id != account.tenant_id:
        return False
    if row.user_id == account.id:
        return True
    inbox = mailboxes.by_role(tx, row.user_id, "inbox")
    return inbox is not None and "p" in _given(tx, account, inbox)


# --- the access control list ----------------------------------------------------------------------------------------


def acl_of(tx: Tx, reached: Reached) -> dict[str, str]:
    """Who has which rights: addresses (and `anyone`) to letters, the owner first. Raises NotPermitted without the right `a`."""
    need(reached, "a")
    entries = {reached.owner: RIGHTS}
    for grantee, rights in mailboxes.acl(tx, reached.mailbox.id).items():
        user = None if grantee == ANYONE else accounts.by_id(tx, grantee)
        if user is not None or grantee == ANYONE:
            entries[ANYONE if user is None else user.email] = rights
    return entries


def set_acl(tx: Tx, account: Account, reached: Reached, identifier: str, change: str) -> None:
    """Give `identifier` (an address, or `anyone`) rights: `lr` exactly, `+lr` more, `-lr` fewer; nothing takes all away.

    Raises NotPermitted, NotFound (no such user), BadInput (no such right).
    """
    need(reached, "a")
    accounts.hold(tx, reached.mailbox.user_id)
    grantee = ANYONE if identifier.lower() == ANYONE else _grantee(tx, reached, identifier)
    mode = change[0] if change[:1] in ("+", "-") else ""
    asked = rights_of(change[len(mode) :])
    before = frozenset(mailboxes.acl(tx, reached.mailbox.id).get(grantee, ""))
    after = before | asked if mode == "+" else before - asked if mode == "-" else asked
    mailboxes.set_acl(tx, reached.mailbox.id, grantee, "".join(right for right in RIGHTS if right in after))
    audit.record(
        tx,
        actor=account.email,
        action="acl.set",
        resource=f"{reached.owner}:{reached.mailbox.name} {identifier}={''.join(sorted(after)) or 'nothing'}",
        tenant_id=reached.mailbox.tenant_id,
    )
    changed(tx, reached.mailbox.user_id, [reached.mailbox.id])
    for key in {reached.mailbox.user_id, grantee, reached.mailbox.id} - {ANYONE}:
        announce(tx, key)


def rights_of(text: str) -> frozenset[str]:
    """The rights that letters stand for. Raises BadInput for a letter that is none."""
    spelled = "".join(_OLD.get(letter, letter) for letter in text)
    for letter in spelled:
        if letter not in ALL:
            raise BadInput(f"{letter!r} is not a right; there are {RIGHTS}")
    return frozenset(spelled)


def changed(tx: Tx, owner_id: str, mailbox_ids: Sequence[str], *, made: bool = False) -> int:
    """Count that mailboxes of an account changed, or were `made` (not the messages in them). The modseq of it."""
    modseq = accounts.next_modseq(tx, owner_id)
    mailboxes.mark_changed(tx, mailbox_ids, modseq, made=made)
    return modseq


def announce(tx: Tx, key: str) -> None:
    """Tell the sessions of an account that its list of mailboxes changed, or those in a mailbox that it is not what it was."""
    events.append(tx, MAILBOX_CHANGED, key, {"key": key})


def _grantee(tx: Tx, reached: Reached, identifier: str) -> str:
    if identifier.startswith("-"):
        raise BadInput(
            "negative rights are not kept here; take rights away instead"
        )  # RFC 4314 §2 leaves them optional
    try:
        row = accounts.address(tx, Address.parse(identifier).key)
    except BadAddress:
        row = None
    if row is None or row.user_id is None or row.tenant_id != reached.mailbox.tenant_id:
        raise NotFound(f"there is no user {identifier}")
    if row.user_id == reached.mailbox.user_id:
        raise BadInput("the owner has every right, always")
    return row.user_id


def _given(tx: Tx, account: Account, mailbox: Mailbox) -> frozenset[str]:
    if mailbox.tenant_id != account.tenant_id:
        return frozenset()
    entries = mailboxes.acl(tx, mailbox.id)
    return frozenset(entries.get(account.id, "") + entries.get(ANYONE, ""))
