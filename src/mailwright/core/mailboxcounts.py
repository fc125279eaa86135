"""How many messages and threads a mailbox has, and how many are unread (RFC 8621 §2).

Called by JMAP and the webmail's lists, for all mailboxes at once. A mailbox's modseq changes with everything in it, so what was
counted at one holds until there is another; each process remembers, and with a Valkey tells the others what took long to count.
"""

from __future__ import annotations

from mailwright.storage import Tx, lives, mailbox_counts
from mailwright.storage.mailbox_counts import Counts as Counts
from mailwright.storage.mailboxes import Mailbox
from mailwright.storage.sharedstates import SharedStates

REMEMBERED = 20_000  # mailboxes; about 4 MiB
LARGE = 2_000  # messages: counting fewer is quicker than asking

_NOTHING = Counts(0, 0, 0, 0)
_known: dict[str, tuple[int, Counts]] = {}
_shared: list[SharedStates] = []


def share(states: SharedStates | None) -> None:
    """Count large mailboxes together with other processes from now on; None: alone."""
    _shared[:] = [] if states is None else [states]


def counts_of(tx: Tx, mailbox: Mailbox) -> Counts:
    """Those of a mailbox that was read in this transaction."""
    if not mailbox.total:
        return _NOTHING
    known = _known.get(mailbox.id)
    if known is not None and known[0] == mailbox.modseq:
        return known[1]
    found = _together(tx, mailbox) if _shared and mailbox.total >= LARGE else mailbox_counts.counts(tx, mailbox.id)
    if len(_known) >= REMEMBERED:
        _known.clear()
    _known[mailbox.id] = (mailbox.modseq, found)
    return found


def _together(tx: Tx, mailbox: Mailbox) -> Counts:
    [states] = _shared
    life = lives.current(tx)
    if life is None:
        return mailbox_counts.counts(tx, mailbox.id)
    known = states.find(life, mailbox.user_id, mailbox.id, mailbox.modseq)
    if known is not None and len(known) == len(Counts._fields):
        return Counts(*known)
    found = mailbox_counts.counts(tx, mailbox.id)
    states.keep(life, mailbox.user_id, mailbox.id, mailbox.modseq, found)
    return found
