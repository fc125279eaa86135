"""Reading new mail of a Gmail account: by its history, and by its newest messages when Gmail has forgotten the history.

Used by `looking`. Gmail's history is exact, so what pushes say does not matter: everything after the cursor is asked for, whatever was
lost, repeated or told in another order. What lies there already when the account is connected is its owner's: only mail that comes
later is looked after, unless somebody asks for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailwright.agents.assistant.gmailinbox import origin_of
from mailwright.agents.assistant.looks import Arrival, Look, Word
from mailwright.codecs import mime
from mailwright.core.messages import storable
from mailwright.domain.addresses import Address
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.gmail import DRAFT, INBOX, LABELS, SENT, SPAM, TRASH, Fetched, History, HistoryGone, LabelChange
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.domain.triage import Category
from mailwright.storage.connections import Connection
from mailwright.storage.triage import Item

BY_LABEL = "you changed its label in Gmail"
BY_SPAM = "you reported it as spam in Gmail"
BY_RESCUE = "you said in Gmail that it is no spam"
CLOCKS: Instant = MINUTE  # Gmail's and ours differ by less

_CATEGORY_OF = {name: category for category, name in LABELS.items()}


class Gmail(Protocol):
    """What is asked of Gmail. Raises NotFound, TryLater, AuthenticationFailed."""

    async def profile(self) -> tuple[str, str]: ...
    async def watch(self, topic: str) -> tuple[str, Instant]: ...
    async def history(self, since: str) -> History: ...
    async def newest(self, limit: int) -> Sequence[tuple[str, str]]: ...
    async def message(self, message_id: str, *, raw: bool = True) -> Fetched: ...


class GmailLooks:
    """One Gmail account. `full`: how many messages are looked at when it is not known what happened."""

    def __init__(self, gmail: Gmail, connection: Connection, *, full: int) -> None:
        self._gmail = gmail
        self._connected_at = connection.created_at - CLOCKS
        self._full = full
        self._changes: dict[str, LabelChange] = {}
        self._any_age: frozenset[str] = frozenset()  # candidates that came just now, whatever date they have

    async def since(self, cursor: str) -> Look:
        """See `Account`."""
        if not cursor:
            return await self._whole()
        try:
            history = await self._gmail.history(cursor)
        except HistoryGone:
            return await self._whole()
        came = [message_id for message_id, _thread in history.added]
        back = [each.id for each in history.labels if INBOX in each.added]  # unarchived, or it was no spam
        self._any_age = frozenset(came)
        for each in history.labels:
            before = self._changes.get(each.id)
            added, removed = (before.added, before.removed) if before else (frozenset[str](), frozenset[str]())
            self._changes[each.id] = LabelChange(each.id, added | each.added, removed | each.removed)
        return Look(
            tuple(dict.fromkeys([*came, *back])),
            history.latest,
            touched=tuple(self._changes),
            removed=history.removed,
        )

    def called_for(self, remote_id: str) -> None:
        """Somebody asks for that message: its age does not matter."""
        self._any_age |= {remote_id}

    async def arrival(self, remote_id: str) -> Arrival | None:
        """See `Account`."""
        try:
            found = await self._gmail.message(remote_id)
        except NotFound:
            return None
        if INBOX not in found.labels or found.labels & {SENT, DRAFT, SPAM, TRASH}:
            return None
        if found.received_at < self._connected_at and remote_id not in self._any_age:
            return None
        parsed = mime.parse(found.raw)
        author = parsed.from_[0] if parsed.from_ else None
        return Arrival(
            remote_id,
            found.thread_id,
            storable(parsed.message_id or ""),
            _key(author.address if author is not None else ""),
            storable(author.name or "" if author is not None else ""),
            storable(parsed.subject),
            found.received_at,
            proven=origin_of(found.raw) is not Origin.STRANGER,
        )

    async def word(self, item: Item) -> Word | None:
        """See `Account`. What counts is how the mail is labelled now, beside the label that we know to have put on it."""
        change = self._changes.get(item.remote_id)
        if change is None or _is_ours(change, item):
            return None
        try:
            labels = (await self._gmail.message(item.remote_id, raw=False)).labels
        except NotFound:
            return None
        if SPAM in labels:
            return _said(item, Category.SPAM, BY_SPAM)
        if SPAM in change.removed and TRASH not in labels and item.category == Category.SPAM:
            return _said(item, Category(item.corrected_from or Category.INFORMATIONAL), BY_RESCUE)
        ours = {_CATEGORY_OF[name] for name in labels if name in _CATEGORY_OF}
        added = ours - {item.shown}
        if len(added) == 1:
            return _said(item, next(iter(added)), BY_LABEL, shown=ours == added)
        if ours or not item.shown or item.category != item.shown:
            return None  # as we set it, or nothing that one could be sure of
        # Our label is gone. Who has answered a mail takes it off as well: that it was wrong is said of spam alone.
        return _said(item, Category.INFORMATIONAL, BY_LABEL) if item.shown == Category.SPAM else Word(None)

    async def watch(self, topic: str) -> Instant | None:
        """See `Account`."""
        _latest, until = await self._gmail.watch(topic)
        return until

    async def close(self) -> None:
        """See `Account`. There is nothing of its own to let go."""

    async def _whole(self) -> Look:
        """Everything recent. How far it has come is asked first: what comes meanwhile is seen twice rather than never."""
        _address, latest = await self._gmail.profile()
        newest = [message_id for message_id, _thread in await self._gmail.newest(self._full)]
        return Look(tuple(reversed(newest)), latest, whole=True)


def _is_ours(change: LabelChange, item: Item) -> bool:
    """Whether it is just what we did ourselves, or nothing that says anything: no need to ask."""
    told = change.added | change.removed
    if SPAM in told:
        return False
    ours = {LABELS[Category(each)] for each in (item.shown, item.category) if each}
    return not (change.added & _CATEGORY_OF.keys()) - ours and not change.removed & ours


def _said(item: Item, category: Category, because: str, *, shown: bool = False) -> Word | None:
    return Word(category, because, shown) if item.category != category else None


def _key(address: str) -> str:
    """As senders are compared; what is no address is itself."""
    try:
        return Address.parse(address).key
    except BadAddress:
        return storable(address).lower()[:320]
