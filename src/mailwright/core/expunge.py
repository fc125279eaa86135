"""Removing messages for good: the row goes, a tombstone stays, the blob is collected when nobody needs it.

Called by retention, the removal of a user, and later by IMAP EXPUNGE and its kin.
Promises: every client learns of it from the tombstone's modseq; counters and quota follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.domain import clock
from mailwright.domain.events import MESSAGE_REMOVED
from mailwright.storage import Tx, accounts, events, mailboxes
from mailwright.storage import messages as rows
from mailwright.storage.messages import Flag, StoredMessage


def expunge(tx: Tx, messages: Sequence[StoredMessage], *, because: str) -> int:
    """Remove messages of one mailbox. How many; one modseq for all of them (RFC 7162 §3.2.10 allows it)."""
    if not messages:
        return 0
    user_id, mailbox_id, now = messages[0].user_id, messages[0].mailbox_id, clock.now()
    modseq = accounts.next_modseq(tx, user_id, freed=sum(message.size for message in messages))
    for message in messages:
        rows.remove(tx, message, modseq, now)
        events.append(
            tx,
            MESSAGE_REMOVED,
            mailbox_id,
            {
                "message_id": message.id,
                "mailbox_id": mailbox_id,
                "user_id": user_id,
                "uid": message.uid,
                "modseq": modseq,
                "blob_id": message.blob_id,
                "because": because,
            },
            correlation_id=message.correlation_id,
        )
    unseen = sum(1 for message in messages if not message.flags & Flag.SEEN)
    mailboxes.count_removed(tx, mailbox_id, modseq, total=len(messages), unseen=unseen)
    return len(messages)
