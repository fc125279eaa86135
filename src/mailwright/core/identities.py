"""Identities: the names and addresses a person writes under, with their signatures (RFC 8621 §6).

Called by JMAP and the webmail's settings. Every address of the account has one that was made for it; people may make more, also for
the address of somebody who lets them send as themselves.
Promises: nobody has an identity whose address they may not send from when they make it; what is sent is judged again then.
Signatures are clean HTML.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailwright.codecs import ownhtml
from mailwright.core import access, accounts, announcing
from mailwright.core.messages import storable
from mailwright.domain.addresses import Address
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, SenderNotAllowed, TooManyRequests
from mailwright.storage import Tx, audit, removed
from mailwright.storage import accounts as account_rows
from mailwright.storage import identities as rows
from mailwright.storage.accounts import Account
from mailwright.storage.identities import Identity as Identity
from mailwright.storage.identities import Person as Person

MAX_IDENTITIES = 100  # of one account
MAX_NAME = 250  # characters
MAX_SIGNATURE = 64 * 1024  # characters; with pictures in it a signature belongs elsewhere
MAX_PEOPLE = 20  # in replyTo and bcc

_NAMESPACE = uuid.UUID("6f9f2d56-5a0d-4c5e-9e4f-0d9f3b7c1a52")  # of the ids of identities that are made by themselves


@dataclass(frozen=True, slots=True)
class Wish:
    """What an identity is to be."""

    name: str = ""
    reply_to: list[Person] | None = None
    bcc: list[Person] | None = None
    text_signature: str = ""
    html_signature: str = ""


def listing(tx: Tx, account: Account) -> list[Identity]:
    """Those of the account, the one of its main address first."""
    found = rows.of_user(tx, account.id)
    return sorted(found, key=lambda each: each.email != account.email)


def load(tx: Tx, account: Account, identity_id: str) -> Identity:
    """One of the account's. Raises NotFound."""
    found = rows.by_id(tx, account.id, identity_id) if is_id(identity_id) else None
    if found is None:
        raise NotFound("there is no such identity")
    return found


def missing(tx: Tx, account: Account) -> list[str]:
    """Addresses of the account that have no identity yet; those that their owner took away are not missed."""
    known = {each.email for each in rows.of_user(tx, account.id)}
    gone = {object_id for object_id, _ in removed.since(tx, account.id, "identity", 0)}
    wanted = sorted(accounts.addresses_of(tx, account) | {account.email})
    return [each for each in wanted if each not in known and _made_id(account, each) not in gone]


def make_missing(tx: Tx, account: Account) -> None:
    """Make one for each address that has none."""
    account_rows.hold(tx, account.id)
    for email in missing(tx, account):
        modseq = account_rows.next_modseq(tx, account.id)
        name = account.display_name[:MAX_NAME]
        rows.add(tx, Identity(_made_id(account, email), account.id, email, name, None, None, "", "", modseq, modseq))
        announcing.account_changed(tx, account.id, "Identity")


def may_remove(account: Account, identity: Identity) -> bool:
    """All but the one that was made for the main address."""
    return identity.id != _made_id(account, account.email)


def add(tx: Tx, account: Account, email: str, wish: Wish) -> Identity:
    """A new identity. Raises BadAddress, BadInput, SenderNotAllowed, TooManyRequests."""
    account_rows.hold(tx, account.id)
    address = Address.parse(email)
    if not access.may_send_as(tx, account, address):
        raise SenderNotAllowed(f"you may not send as {email[:300]}")
    if len(rows.of_user(tx, account.id)) >= MAX_IDENTITIES:
        raise TooManyRequests(f"an account has at most {MAX_IDENTITIES} identities")
    modseq = account_rows.next_modseq(tx, account.id)
    made = _filled(Identity(new_id(), account.id, str(address), "", None, None, "", "", modseq, modseq), wish)
    rows.add(tx, made)
    _told(tx, account, "identity.added", made)
    return made


def change(tx: Tx, account: Account, identity_id: str, wish: Wish) -> Identity:
    """Make an identity say that; its address stays. Raises NotFound, BadInput, BadAddress."""
    account_rows.hold(tx, account.id)
    changed = _filled(load(tx, account, identity_id), wish)
    changed = replace(changed, modseq=account_rows.next_modseq(tx, account.id))
    rows.change(tx, changed)
    _told(tx, account, "identity.changed", changed)
    return changed


def remove(tx: Tx, account: Account, identity_id: str) -> None:
    """Take one away. Raises NotFound, NotPermitted (that of the main address)."""
    account_rows.hold(tx, account.id)
    found = load(tx, account, identity_id)
    if not may_remove(account, found):
        raise NotPermitted("the identity of the main address stays")
    rows.remove(tx, found.id)
    removed.add(tx, account.id, "identity", found.id, account_rows.next_modseq(tx, account.id))
    _told(tx, account, "identity.removed", found)


def _made_id(account: Account, email: str) -> str:
    """The id of the identity that is made for an address: always the same, so that it is made once."""
    return str(uuid.uuid5(_NAMESPACE, f"{account.id} {email}"))


def _filled(identity: Identity, wish: Wish) -> Identity:
    if len(wish.name) > MAX_NAME or any(character < " " for character in wish.name):
        raise BadInput(f"a name has at most {MAX_NAME} characters, none of them a control")
    if max(len(wish.text_signature), len(wish.html_signature)) > MAX_SIGNATURE:
        raise BadInput(f"a signature has at most {MAX_SIGNATURE} characters")
    return replace(
        identity,
        name=storable(wish.name),
        reply_to=_people(wish.reply_to),
        bcc=_people(wish.bcc),
        text_signature=storable(wish.text_signature),
        html_signature=storable(ownhtml.clean(wish.html_signature)),
    )


def _people(found: Sequence[Person] | None) -> list[Person] | None:
    if found is None:
        return None
    if len(found) > MAX_PEOPLE:
        raise BadInput(f"at most {MAX_PEOPLE} addresses")
    for each in found:
        Address.parse(each["email"] or "")
        if any(character < " " for character in each["name"] or ""):
            raise BadInput("a name has no control characters")
    return [
        {"name": None if each["name"] is None else storable(each["name"]), "email": each["email"]} for each in found
    ]


def _told(tx: Tx, account: Account, action: str, identity: Identity) -> None:
    audit.record(
        tx, actor=account.email, action=action, resource=f"{identity.id} {identity.email}", tenant_id=account.tenant_id
    )
    announcing.account_changed(tx, account.id, "Identity")
