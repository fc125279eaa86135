"""Moving and copying messages between mailboxes.

Called by IMAP COPY and MOVE, later by every client protocol. A copy is a new message on the same blob; a moved message keeps its
id and gets a new uid (into somebody else's mailbox it is copied and removed, since every account has its own journal).
Promises: all of the messages or none (RFC 9051 §6.4.7); a blob that is being copied is not collected meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.core import Core, access, marking
from mailwright.core.access import Reached
from mailwright.core.expunge import remove_uids
from mailwright.core.messages import no_room
from mailwright.domain import clock
from mailwright.domain.events import MESSAGE_APPENDED, MESSAGE_MOVED
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, accounts, events, mailboxes, messages, views
from mailwright.storage.mailboxes import Mailbox
from mailwright.storage.messages import Flag

EVERYTHING = (int(Flag.SEEN | Flag.ANSWERED | Flag.FLAGGED | Flag.DELETED | Flag.DRAFT), True)  # flags, and keywords
MAX_REFERENCES = 50  # ids looked up to find the thread of a copy in another account


@dataclass(frozen=True, slots=True)
class Placed:
    """Where messages went: `pairs` of (uid before, uid there), by the uid before."""

    uidvalidity: int
    pairs: list[tuple[int, int]]


_Row = tuple[int, str, int, int, str, str]  # uid, id, size, flags, blob, thread


def copy(tx: Tx, core: Core, source: Reached, target: Reached, wanted: Sequence[int]) -> Placed:
    """Copy messages (uids ascending). Raises NotPermitted, NotFound, MailboxFull, ExceedsQuota; then none is copied."""
    access.need(source, "r")
    access.need(target, "i")
    _hold(tx, source, target)
    return _copy(tx, core, source.mailbox, target, _taken(tx, source.mailbox, wanted))


def move(tx: Tx, core: Core, source: Reached, target: Reached, wanted: Sequence[int]) -> Placed:
    """Move messages (uids ascending). Raises NotPermitted, NotFound, MailboxFull, ExceedsQuota; then none is moved."""
    access.need(source, "rte")  # RFC 6851 §4.2: as COPY, STORE and EXPUNGE would
    access.need(target, "i")
    _hold(tx, source, target)
    found = _taken(tx, source.mailbox, wanted)
    if source.mailbox.user_id == target.mailbox.user_id and marking.settable(target) == EVERYTHING:
        return _move(tx, source.mailbox, target.mailbox, found)
    placed = _copy(tx, core, source.mailbox, target, found)
    remove_uids(tx, source.mailbox.id, [row[0] for row in found], because="it was moved")
    return placed


def move_all(tx: Tx, source: Mailbox, target: Mailbox) -> Placed:
    """Move everything in a mailbox to another of the same account, which the caller holds."""
    return _move(tx, source, target, _taken(tx, source, list(views.uids(tx, source.id))))


def _taken(tx: Tx, mailbox: Mailbox, wanted: Sequence[int]) -> list[_Row]:
    found: list[_Row] = []
    for start in range(0, len(wanted), views.SLICE):
        found += views.to_take(tx, mailbox.id, wanted[start : start + views.SLICE])
    return found


def _hold(tx: Tx, source: Reached, target: Reached) -> None:
    """Both accounts, so that nothing changes from here on; and the target must still be there. Raises NotFound."""
    accounts.hold(tx, source.mailbox.user_id, target.mailbox.user_id)
    there = mailboxes.by_id(tx, target.mailbox.id)
    if there is None or there.name.startswith(mailboxes.REMOVED):
        raise NotFound(f"there is no mailbox {target.name}")


def _copy(tx: Tx, core: Core, source: Mailbox, into: Reached, found: list[_Row]) -> Placed:
    target = into.mailbox
    if not found:
        return Placed(target.uidvalidity, [])
    core.blobs.hold_all(tx, (row[4] for row in found))
    foreign = source.user_id != target.user_id
    # RFC 4314 §4: flags the asker may not set in the target do not come along.
    flags, words = marking.settable(into)
    size = sum(row[2] for row in found)
    modseq = accounts.take_room(tx, target.user_id, size, enforce=True)
    if modseq is None:
        raise no_room(tx, target.user_id, size)
    first = mailboxes.take_uids(tx, target.id, modseq, total=len(found), unseen=_unseen(found, flags), size=size)
    threads = _threads(tx, found, target.user_id) if foreign else {}
    copies = [(row[1], new_id(), first + index, threads.get(row[1])) for index, row in enumerate(found)]
    views.put_copies(
        tx,
        copies,
        user_id=target.user_id,
        mailbox_id=target.id,
        modseq=modseq,
        now=clock.now(),
        flags=flags,
        words=words,
        foreign=foreign,
    )
    events.append_many(
        tx,
        (
            (
                MESSAGE_APPENDED,
                target.id,
                {
                    "message_id": copy_id,
                    "mailbox_id": target.id,
                    "user_id": target.user_id,
                    "tenant_id": target.tenant_id,
                    "role": target.role or "",
                    "uid": uid,
                    "modseq": modseq,
                },
                "",
            )
            for _, copy_id, uid, _ in copies
        ),
    )
    return Placed(target.uidvalidity, [(row[0], first + index) for index, row in enumerate(found)])


def _move(tx: Tx, source: Mailbox, target: Mailbox, found: list[_Row]) -> Placed:
    if not found:
        return Placed(target.uidvalidity, [])
    now, size, unseen = clock.now(), sum(row[2] for row in found), _unseen(found)
    modseq = accounts.next_modseq(tx, source.user_id)
    first = mailboxes.take_uids(tx, target.id, modseq, total=len(found), unseen=unseen, size=size)
    views.relocate(tx, [(row[1], first + index) for index, row in enumerate(found)], target.id, modseq, now)
    messages.bury(tx, [(source.id, row[0], source.user_id, row[1], row[5]) for row in found], modseq, now)
    mailboxes.count_removed(tx, source.id, modseq, total=len(found), unseen=unseen, size=size)
    ids = [row[1] for row in found]
    for mailbox_id in dict.fromkeys((source.id, target.id)):
        for start in range(0, len(ids), views.SLICE):
            events.append(
                tx,
                MESSAGE_MOVED,
                mailbox_id,
                {
                    "message_ids": ids[start : start + views.SLICE],
                    "from_mailbox_id": source.id,
                    "mailbox_id": target.id,
                    "user_id": source.user_id,
                    "modseq": modseq,
                },
            )
    return Placed(target.uidvalidity, [(row[0], first + index) for index, row in enumerate(found)])


def _unseen(found: list[_Row], flags: int = -1) -> int:
    return sum(1 for row in found if not row[3] & flags & Flag.SEEN)


def _threads(tx: Tx, found: list[_Row], user_id: str) -> dict[str, str]:
    """The threads of the messages among another account's mail."""
    threads: dict[str, str] = {}
    for start in range(0, len(found), views.SLICE):
        for message in messages.with_ids(tx, [row[1] for row in found[start : start + views.SLICE]]):
            wanted = [*message.headers.get("in_reply_to", ()), *reversed(message.headers.get("references", ()))]
            threads[message.id] = messages.join_thread(
                tx, user_id, message.message_id, list(dict.fromkeys(wanted))[:MAX_REFERENCES]
            )
    return threads
