"""Changing many messages at once: marks of each, and where each is, in as few statements and changes of the journal as it takes.

Called by JMAP's Email/set. Every message may be asked for another change; equal ones in one mailbox are one STORE or one MOVE.
Promises: what `check` lets pass is carried out wholly; a message keeps its id wherever it goes.
Expects: the caller holds the account, and `reached` is what the asker sees of it in this transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailwright.core import Core, access, marking, moving
from mailwright.core.access import Reached
from mailwright.core.expunge import remove_uids
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import NotFound, NotPermitted
from mailwright.storage import Tx, listing, views
from mailwright.storage.messages import Flag


@dataclass(frozen=True, slots=True)
class Current:
    """A message as it is. `keywords` are spelled as they were first."""

    id: str
    mailbox_id: str
    uid: int
    flags: int
    keywords: tuple[str, ...]
    thread_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different. `mailbox_id` None: it stays where it is."""

    flags_on: int = 0
    flags_off: int = 0
    keywords_on: tuple[str, ...] = ()
    keywords_off: tuple[str, ...] = ()
    mailbox_id: str | None = None


def current(tx: Tx, owner_id: str, reached: Mapping[str, Reached], ids: Iterable[str]) -> dict[str, Current]:
    """Those of the messages that the asker may read, by id. One with \\Deleted is not there (RFC 8621 §4.1.1)."""
    wanted = [each for each in dict.fromkeys(ids) if is_id(each)]
    found: dict[str, Current] = {}
    for row in listing.by_ids(tx, owner_id, wanted, ("uid", "keywords", "thread_id", "size")):
        message_id, mailbox_id, flags, uid, keywords, thread_id, size = row
        place = reached.get(mailbox_id)
        if place is not None and "r" in place.rights and not flags & Flag.DELETED:
            words = views.keywords_of(keywords)
            found[message_id] = Current(message_id, mailbox_id, uid, flags, words, thread_id, size)
    return found


def check(reached: Mapping[str, Reached], message: Current, change: Change) -> None:
    """Raises NotPermitted when the asker may not do all of it, NotFound for a mailbox that is not there."""
    place = reached[message.mailbox_id]
    flags, words = marking.settable(place)
    if (change.flags_on | change.flags_off) & ~flags or ((change.keywords_on or change.keywords_off) and not words):
        raise NotPermitted(f"you may not set these keywords in {place.name}")
    if change.mailbox_id is None:
        return
    target = reached.get(change.mailbox_id)
    if target is None:
        raise NotFound("there is no such mailbox")
    access.need(place, "rte")  # RFC 6851 §4.2
    access.need(target, "i")
    if marking.settable(target) != moving.EVERYTHING:  # it would become another message, without some of its keywords
        raise NotPermitted(f"you may not mark messages in {target.name} as they are marked now")


def carry_out(tx: Tx, core: Core, reached: Mapping[str, Reached], changes: Sequence[tuple[Current, Change]]) -> None:
    """Do what was checked."""
    marks: dict[tuple[str, marking.Mode, int, tuple[str, ...]], list[int]] = defaultdict(list)
    moves: dict[tuple[str, str], list[int]] = defaultdict(list)
    for message, change in changes:
        if change.flags_on or change.keywords_on:
            marks[message.mailbox_id, "add", change.flags_on, change.keywords_on].append(message.uid)
        if change.flags_off or change.keywords_off:
            marks[message.mailbox_id, "remove", change.flags_off, change.keywords_off].append(message.uid)
        if change.mailbox_id is not None:
            moves[message.mailbox_id, change.mailbox_id].append(message.uid)
    for (mailbox_id, mode, flags, keywords), uids in marks.items():
        marking.store(tx, reached[mailbox_id], sorted(uids), mode=mode, flags=flags, keywords=keywords)
    for (source_id, target_id), uids in moves.items():
        moving.move(tx, core, reached[source_id], reached[target_id], sorted(uids))


def check_destroy(reached: Mapping[str, Reached], message: Current) -> None:
    """Raises NotPermitted."""
    access.need(reached[message.mailbox_id], "te")  # RFC 4314 §4: as STORE and EXPUNGE would


def destroy(tx: Tx, messages: Iterable[Current]) -> None:
    """Remove them for good."""
    places: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        places[message.mailbox_id].append(message.uid)
    for mailbox_id, uids in places.items():
        remove_uids(tx, mailbox_id, sorted(uids), because="a client destroyed it")
