"""The states of the accounts a person reaches: what tells a client whether what it knows is still so.

Called by JMAP's methods and by everything that pushes, which must say the same. There is one journal: all that an account has
changes with its modseq. Of somebody else's account one sees what is shared, and another share is another view of it.
Promises: an account's state is another whenever anything in it, or what one may see of it, is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.domain.ids import derived_token
from mailwright.storage import Tx, accounts
from mailwright.storage.accounts import Account

DIGEST = 12  # characters of the digest of rights in a state


def digest_of(reached: Mapping[str, Reached]) -> str:
    """Of what somebody may do in the mailboxes of another's account, by their ids."""
    rights = sorted(f"{key}={''.join(sorted(each.rights))}" for key, each in reached.items())
    return derived_token("jmap-scope", *rights)[:DIGEST]


def state_at(modseq: int, digest: str = "") -> str:
    """The state string of a place in the journal of an account; `digest` says what one sees of somebody else's."""
    return f"{modseq}.{digest}" if digest else str(modseq)


def states(tx: Tx, account: Account) -> dict[str, str]:
    """By account id, the state of the asker's own account (first) and of everybody's who shares something with it."""
    return states_of(tx, account, access.reachable(tx, account))


def states_of(tx: Tx, account: Account, reached: Sequence[Reached]) -> dict[str, str]:
    """`states`, from what `access.reachable` answered in the same transaction."""
    shares: dict[str, dict[str, Reached]] = {}
    for each in reached:
        if not each.own:
            shares.setdefault(each.mailbox.user_id, {})[each.mailbox.id] = each
    modseqs = accounts.modseqs(tx, [account.id, *shares])
    found = {account.id: state_at(modseqs.get(account.id, 0))}
    return found | {
        owner: state_at(modseqs[owner], digest_of(theirs)) for owner, theirs in shares.items() if owner in modseqs
    }
