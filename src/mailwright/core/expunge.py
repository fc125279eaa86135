"""Removing messages for good: the row goes, a tombstone stays, the blob is collected when nobody needs it.

Called by retention, the removal of a user or mailbox, and IMAP EXPUNGE and its kin (`expunge_uids`).
Promises: every client learns of it from the tombstone's modseq; counters and quota follow in the same transaction; what somebody
else removed meanwhile is not removed, or counted, twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailwright.core import access
from mailwright.domain import clock
from mailwright.domain.events import MESSAGE_REMOVED
from mailwright.storage import Tx, accounts, events, mailboxes, views
from mailwright.storage import messages as rows
from mailwright.storage.messages import Flag, StoredMessage

AT_ONCE = 500  # messages removed with one modseq


def expunge_uids(tx: Tx, reached: access.Reached, wanted: Sequence[int] | None = None) -> list[int]:
    """Remove the messages of a mailbox that have \\Deleted, or those of them among `wanted` (ascending). The uids that went.

    Raises NotPermitted without the right `e` (RFC 4314 §2.1).
    """
    access.need(reached, "e")
    mailbox = reached.mailbox
    accounts.hold(tx, mailbox.user_id)
    if wanted is None:
        marked = views.deleted_uids(tx, mailbox.id)
    else:
        marked = []
        for start in range(0, len(wanted), AT_ONCE):
            listed = views.listed(tx, mailbox.id, wanted[start : start + AT_ONCE])
            marked += [uid for uid, flags, _, _ in listed if flags & Flag.DELETED]
    return remove_uids(tx, mailbox.id, marked, because="it was expunged")


def expunge(tx: Tx, messages: Sequence[StoredMessage], *, because: str) -> int:
    """Remove those messages of one mailbox that are still in it. How many."""
    if not messages:
        return 0
    uids = sorted(message.uid for message in messages)
    return len(remove_uids(tx, messages[0].mailbox_id, uids, because=because))


def remove_uids(tx: Tx, mailbox_id: str, wanted: Sequence[int], *, because: str) -> list[int]:
    """Remove messages of a mailbox by uid (ascending). The uids that were there."""
    mailbox = mailboxes.by_id(tx, mailbox_id)
    if mailbox is None:
        return []
    accounts.hold(tx, mailbox.user_id)
    gone: list[int] = []
    for start in range(0, len(wanted), AT_ONCE):
        found = [
            _Gone(*row)
            for row in views.rows(
                tx,
                mailbox_id,
                wanted[start : start + AT_ONCE],
                ("id", "size", "flags", "blob_id", "correlation_id", "thread_id"),
            )
        ]
        if found:
            _remove(tx, mailbox.user_id, mailbox_id, found, because)
            gone.extend(message.uid for message in found)
    return gone


class _Gone(NamedTuple):
    uid: int
    id: str
    size: int
    flags: int
    blob_id: str
    correlation_id: str
    thread_id: str


def _remove(tx: Tx, user_id: str, mailbox_id: str, gone: Sequence[_Gone], because: str) -> None:
    """One modseq for all of them (RFC 7162 §3.2.10 allows it)."""
    size = sum(message.size for message in gone)
    modseq = accounts.next_modseq(tx, user_id, freed=size)
    places = [(mailbox_id, message.uid, user_id, message.id, message.thread_id) for message in gone]
    rows.remove(tx, places, modseq, clock.now())
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
            for message in gone
        ),
    )
    unseen = sum(1 for message in gone if not message.flags & Flag.SEEN)
    mailboxes.count_removed(tx, mailbox_id, modseq, total=len(gone), unseen=unseen, size=size)
