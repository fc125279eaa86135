"""Accounts as JMAP means them: one's own, and one for each person who shares mailboxes (RFC 8620 §1.6.2).

Called by every handler before it touches anything: `scope_of` says what the asker sees of an account. Its id is that of the
user. Promises: an account that shares nothing with the asker does not exist for them; nor does one of another tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.core.accountstates import digest_of, state_at
from mailwright.domain.ids import is_id
from mailwright.protocols.jmap.capabilities import BLOB, MAIL
from mailwright.protocols.jmap.dispatch import Call, MethodError
from mailwright.storage import Tx, accounts, mailboxes
from mailwright.storage.accounts import Account

WRITING = frozenset("swiktexa")  # a mailbox with none of these is only looked at
SHARED = frozenset({MAIL, BLOB})  # what somebody else's account can be used for


@dataclass(frozen=True, slots=True)
class Scope:
    """What `asker` sees of the account of `owner`: the mailboxes with right `l`, by id. A snapshot: make one a transaction."""

    asker: Account
    owner: Account
    reached: dict[str, Reached]

    @property
    def id(self) -> str:
        """The JMAP account id."""
        return self.owner.id

    @property
    def personal(self) -> bool:
        """Is it the asker's own?"""
        return self.asker.id == self.owner.id

    @property
    def read_only(self) -> bool:
        """May nothing in it be changed?"""
        return not self.personal and not any(each.rights & WRITING for each in self.reached.values())

    @property
    def readable(self) -> frozenset[str]:
        """The ids of the mailboxes whose messages may be read."""
        return frozenset(key for key, each in self.reached.items() if "r" in each.rights)

    @property
    def digest(self) -> str:
        """Of what the asker may do there; "" for one's own account, where that never changes."""
        return "" if self.personal else digest_of(self.reached)

    def state(self, tx: Tx) -> str:
        """The state of everything in the account: the place in its change journal (and, in somebody else's, the digest)."""
        return state_at(accounts.modseq_of(tx, self.owner.id), self.digest)


def scope(tx: Tx, account: Account, owner_id: str) -> Scope:
    """What `account` sees of the account of that owner. Raises MethodError accountNotFound."""
    if owner_id == account.id:
        own = {
            each.id: Reached(each, each.name, access.ALL, account.email, True)
            for each in mailboxes.of_user(tx, account.id)
        }
        return Scope(account, account, own)
    if is_id(owner_id):
        reached = {each.mailbox.id: each for each in access.reachable(tx, account) if each.mailbox.user_id == owner_id}
        owner = accounts.by_id(tx, owner_id) if reached else None
        if owner is not None:
            return Scope(account, owner, reached)
    raise MethodError("accountNotFound")


async def scope_of(call: Call, account_id: Any, *, write: bool = False, capability: str = MAIL) -> Scope:
    """The scope now. Raises MethodError: invalidArguments, accountNotFound, accountReadOnly, accountNotSupportedByMethod."""
    return await call.core.read(lambda tx: scope_in(tx, call, account_id, write=write, capability=capability))


def scope_in(tx: Tx, call: Call, account_id: Any, *, write: bool = False, capability: str = MAIL) -> Scope:
    """`scope_of` within a transaction."""
    if not isinstance(account_id, str):
        raise MethodError("invalidArguments", "accountId is the id of an account", arguments=["accountId"])
    found = scope(tx, call.account, account_id)
    if not found.personal and capability not in SHARED:
        raise MethodError("accountNotSupportedByMethod")
    if write and found.read_only:
        raise MethodError("accountReadOnly")
    return found


def visible(tx: Tx, account: Account) -> list[Scope]:
    """Every account the asker can use, the own one first."""
    shared: dict[str, dict[str, Reached]] = {}
    own: dict[str, Reached] = {}
    for each in access.reachable(tx, account):
        place = own if each.own else shared.setdefault(each.mailbox.user_id, {})
        place[each.mailbox.id] = each
    found = [Scope(account, account, own)]
    for owner_id, reached in shared.items():
        owner = accounts.by_id(tx, owner_id)
        if owner is not None:
            found.append(Scope(account, owner, reached))
    return found
