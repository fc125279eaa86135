"""Corrections made in any mail program: moving a mail into Junk or out of it, and changing the keywords that triage set.

A consumer of the stream `triage`. What counts is how mails are now, beside what we know to have set: our own changes, a batch that comes
again and what was taken back at once are no corrections. Whoever may change a mailbox speaks for its owner there.
Promises: a command over thousands of mails is a few statements; no mail is opened.

    moved into Junk             spam
    out of Junk, not to Trash   what it was before its owner said spam, else informational
    another category's keyword  that category
    keyword taken away          spam or needs_reply: informational, unless the mail was answered, which is no correction

A program that moves by copying and removing corrects as well: the copy is the mail then (`storage.triageplaces.let_go`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailwright.core import Core
from mailwright.core import triage as triaging
from mailwright.core.triage import JUNK, Said, keywords_among
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.events import MESSAGE_FLAGGED, MESSAGE_MOVED, MESSAGE_REMOVED, Event
from mailwright.domain.triage import Category
from mailwright.pipeline import Commit, Consumers, Handler
from mailwright.storage import Tx, accounts, mailboxes, triageplaces
from mailwright.storage.messages import Flag
from mailwright.storage.triageplaces import Place

STREAM, GROUP = "triage", "triagers"
BATCH = 50  # events; each names up to a thousand mails

TRASH = "trash"
FIRST_ID = "00000000-0000-0000-0000-000000000000"
"""Before every id of a message."""
BY_JUNK = "you moved it to Junk"
BY_RESCUE = "you moved it out of Junk"
BY_KEYWORD = "you changed its label"


@dataclass(slots=True)
class _Told:
    """What a batch tells of one account. `moved` has (from mailbox, when) for each mail, oldest first, `removed` (mailbox, blob, when)."""

    moved: dict[str, list[tuple[str, Instant]]] = field(default_factory=dict)
    marked: dict[int, Instant] = field(default_factory=dict)  # by modseq
    removed: dict[str, tuple[str, str, Instant]] = field(default_factory=dict)


def subscribe(core: Core, consumers: Consumers) -> None:
    """Add the group; before the consumers start."""
    consumers.subscribe(STREAM, GROUP, on_events(core), batch=BATCH)


def on_events(core: Core) -> Handler:
    """The consumer."""

    async def handle(batch: Sequence[Event]) -> Commit | None:
        told = _told(batch)
        # Most accounts have no assistant, and most marks are of mails that were read.
        concerned = await core.read(lambda tx: triageplaces.with_items(tx, sorted(told)))
        if not concerned:
            return None

        def commit(tx: Tx) -> None:
            accounts.hold(tx, *concerned)
            for user_id in concerned:
                _follow(tx, user_id, told[user_id])

        return commit

    return handle


def _told(batch: Iterable[Event]) -> dict[str, _Told]:
    found: dict[str, _Told] = defaultdict(_Told)
    for event in batch:
        payload, at = event.payload, event.created_at
        one = found[payload["user_id"]]
        if event.kind == MESSAGE_MOVED:
            for message_id in payload["message_ids"]:
                places = one.moved.setdefault(message_id, [])
                if not places or places[-1][0] != payload["from_mailbox_id"]:  # it is told once for each mailbox
                    places.append((payload["from_mailbox_id"], at))
        elif event.kind == MESSAGE_FLAGGED:
            one.marked[payload["modseq"]] = at
        elif event.kind == MESSAGE_REMOVED:
            one.removed[payload["message_id"]] = (payload["mailbox_id"], payload["blob_id"], at)
    return found


def _follow(tx: Tx, user_id: str, told: _Told) -> None:
    roles = _roles(tx, told)
    copies = _copies(tx, user_id, told)
    said: dict[str, Said] = {}
    forgotten: list[Place] = []
    came_from: dict[str, list[tuple[str, Instant]]] = defaultdict(list)
    for message_id, places in told.moved.items():
        came_from[copies.get(message_id, message_id)] += places
    for old_id, new_id in copies.items():
        mailbox_id, _blob_id, at = told.removed[old_id]
        came_from[new_id].append((mailbox_id, at))
    for place in triageplaces.of_items(tx, list(came_from)):
        was_in = [(roles.get(mailbox_id, ""), at) for mailbox_id, at in came_from[place.id]]
        at = was_in[-1][1]
        word = _by_place(place, [role for role, _at in was_in], at) or _by_keywords(place, at)
        _note(place, word, said, forgotten)
    if told.marked:
        for modseq, place in _marked(tx, user_id, min(told.marked)):
            # What changed again since then is told of by another event.
            if place.id not in said and (when := told.marked.get(modseq)) is not None:
                _note(place, _by_keywords(place, when), said, forgotten)
    triaging.correct_all(tx, user_id, list(said.values()))
    triageplaces.shown(tx, [(place.id, "") for place in forgotten], clock.now())


def _note(place: Place, word: Said | None, said: dict[str, Said], forgotten: list[Place]) -> None:
    if word is not None:
        said[place.id] = word
    elif place.mailbox_id and place.shown and not keywords_among(place):
        forgotten.append(place)  # the label is gone and nothing was meant by it: it is not put there again


def _by_place(place: Place, was_in: Sequence[str], at: Instant) -> Said | None:
    """What the mailbox it is in now says, when it says something else than before."""
    if place.corrected_at is not None and at <= place.corrected_at:
        return None  # said before the owner's last word
    if place.role == JUNK:
        return _said(place, Category.SPAM, at, BY_JUNK)
    if JUNK in was_in and place.role != TRASH and place.mailbox_id and place.category == Category.SPAM:
        before = place.corrected_from or Category.INFORMATIONAL
        return _said(place, Category(before), at, BY_RESCUE)
    return None


def _by_keywords(place: Place, at: Instant) -> Said | None:
    """What its keywords say, when they are not those that we set."""
    if not place.mailbox_id:
        return None
    words = keywords_among(place)
    added = words - {place.shown}
    if len(added) == 1:
        return _said(place, next(iter(added)), at, BY_KEYWORD)
    if words or place.shown in ("", Category.INFORMATIONAL) or place.category != place.shown:
        return None  # as we set it, or nothing that one could be sure of
    if place.shown == Category.NEEDS_REPLY and place.flags & Flag.ANSWERED:
        return None  # done with, not wrong
    return _said(place, Category.INFORMATIONAL, at, BY_KEYWORD)


def _said(place: Place, category: Category, at: Instant, because: str) -> Said | None:
    return Said(place, category, at, because) if place.category != category else None


def _marked(tx: Tx, user_id: str, modseq: int) -> Iterable[tuple[int, Place]]:
    after = (modseq, FIRST_ID)
    while found := triageplaces.marked_since(tx, user_id, modseq, after, triageplaces.SLICE):
        yield from found
        if len(found) < triageplaces.SLICE:
            return
        after = (found[-1][0], found[-1][1].id)


def _roles(tx: Tx, told: _Told) -> dict[str, str]:
    ids = {mailbox_id for places in told.moved.values() for mailbox_id, _at in places}
    ids |= {mailbox_id for mailbox_id, _blob_id, _at in told.removed.values()}
    found = ((each, mailboxes.by_id(tx, each)) for each in sorted(ids))
    return {mailbox_id: mailbox.role or "" for mailbox_id, mailbox in found if mailbox is not None}


def _copies(tx: Tx, user_id: str, told: _Told) -> dict[str, str]:
    """Where a program moved by copying, the mail goes on as the copy: {id before: id now}."""
    on_blobs = triageplaces.copies_of(
        tx, user_id, sorted({blob_id for _mailbox, blob_id, _at in told.removed.values()})
    )
    return {
        old_id: on_blobs[blob_id]
        for old_id, (_mailbox, blob_id, _at) in told.removed.items()
        if blob_id in on_blobs and on_blobs[blob_id] != old_id
    }
