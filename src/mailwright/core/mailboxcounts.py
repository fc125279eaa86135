"""How many messages and threads a mailbox has, and how many are unread (RFC 8621 §2).

Called by JMAP and the webmail's lists, for all mailboxes at once. A mailbox's modseq changes with everything in it, so what was
counted at one holds until there is another; each process remembers.
"""

from __future__ import annotations

from mailwright.storage import Tx, mailbox_counts
from mailwright.storage.mailbox_counts import Counts as Counts
from mailwright.storage.mailboxes import Mailbox

REMEMBERED = 20_000  # mailboxes; about 4 MiB

_NOTHING = Counts(0, 0, 0, 0)
_known: dict[str, tuple[int, Counts]] = {}


def counts_of(tx: Tx, mailbox: Mailbox) -> Counts:
    """Those of a mailbox that was read in this transaction."""
    if not mailbox.total:
        return _NOTHING
    known = _known.get(mailbox.id)
    if known is not None and known[0] == mailbox.modseq:
        return known[1]
    found = mailbox_counts.counts(tx, mailbox.id)
    if len(_known) >= REMEMBERED:
        _known.clear()
    _known[mailbox.id] = (mailbox.modseq, found)
    return found
