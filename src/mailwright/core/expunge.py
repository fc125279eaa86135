"""Removing messages for good: the row goes, a tombstone stays, the blob is collected when nobody needs it.

Called by retention, the removal of a user or mailbox, and IMAP EXPUNGE and its kin (`expunge_uids`).
Promises: every client learns of it from the tombstone's modseq; counters and quota follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.core import access
from mailwright.domain import clock
from mailwright.domain.events import MESSAGE_REMOVED
from mailwright.storage import Tx, accounts, events, mailboxes, views
from mailwright.storage import messages as rows
from mailwright.storage.messages import Flag, StoredMessage

AT_ONCE = 500  # messages read at once


def expunge_uids(tx: Tx, reached: access.Reached, wanted: Sequence[int] | None = None) -> list[int]:
    """Remove the messages of a mailbox that have \\Deleted, or those of them among `wanted` (ascending). The uids that went.

    Raises NotPermitted without the right `e` (RFC 4314 §2.1).
    """
    access.need(reached, "e")
    marked = views.deleted_uids(tx, reached.mailbox.id)
    if wanted is not None:
        asked = set(wanted)
        marked = [uid for uid in marked if uid in asked]
    return remove_uids(tx, reached.mailbox.id, marked, because="it was expunged")


def remove_uids(tx: Tx, mailbox_id: str, wanted: Sequence[int], *, because: str) -> list[int]:
    """Remove messages of a mailbox by uid (ascending). The uids that were there."""
    gone: list[int] = []
    for start in range(0, len(wanted), AT_ONCE):
        found = views.rows(tx, mailbox_id, wanted[start : start + AT_ONCE], ("id",))
        messages = sorted(rows.with_ids(tx, [row[1] for row in found]), key=lambda message: message.uid)
        expunge(tx, messages, because=because)
        gone.extend(message.uid for message in messages)
    return gone


def expunge(tx: Tx, messages: Sequence[StoredMessage], *, because: str) -> int:
    """Remove messages of one mailbox. How many; one modseq for all of them (RFC 7162 §3.2.10 allows it)."""
    if not messages:
        return 0
    user_id, mailbox_id, now = messages[0].user_id, messages[0].mailbox_id, clock.now()
    modseq = accounts.next_modseq(tx, user_id, freed=sum(message.size for message in messages))
    rows.remove(tx, messages, modseq, now)
    events.append_many(
        tx,
        (
            (
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
                message.correlation_id,
            )
            for message in messages
        ),
    )
    mailboxes.count_removed(
        tx,
        mailbox_id,
        modseq,
        total=len(messages),
        unseen=sum(1 for message in messages if not message.flags & Flag.SEEN),
        size=sum(message.size for message in messages),
    )
    return len(messages)
