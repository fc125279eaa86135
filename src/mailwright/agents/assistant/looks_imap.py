"""Reading new mail of an IMAP account: by UIDs, which only grow; and by what came lately, when they say nothing (RFC 9051 §2.3.1.1).

Used by `looking`. The first look begins a day ago, so that who connects an account sees something; what is older is its owner's. Where the
server tells what was changed (CONDSTORE), changed keywords are corrections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailwright.agents.assistant.looks import Arrival, Look, Word
from mailwright.codecs import mime
from mailwright.core import Core
from mailwright.core.messages import storable
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.refusals import BadAddress
from mailwright.domain.triage import KEYWORDS, Category
from mailwright.storage import connections as rows
from mailwright.storage.connections import Connection
from mailwright.storage.triage import Item

BY_KEYWORD = "you changed its tag in your mail program"
FIRST: Instant = DAY
MOST_FIRST = 50  # mails of the first look
AT_ONCE = 200  # that one question to the server brings
MOST = 2_000  # mails of one look; what is beyond is read by the next

_CATEGORY_OF = {keyword: category for category, keyword in KEYWORDS.items()}


class Head(Protocol):
    """A message that has come."""

    @property
    def id(self) -> str: ...
    @property
    def header(self) -> bytes: ...
    @property
    def received_at(self) -> Instant: ...


class News(Protocol):
    """What has come, and what was changed; see `connectors.imapasking`."""

    @property
    def heads(self) -> Sequence[Head]: ...
    @property
    def cursor(self) -> str: ...
    @property
    def more(self) -> bool: ...
    @property
    def anew(self) -> bool: ...
    @property
    def touched(self) -> Sequence[tuple[str, frozenset[str]]]: ...
    @property
    def keywords(self) -> frozenset[str]: ...


class ImapNews(Protocol):
    """What is asked of an IMAP account. Raises TryLater, AuthenticationFailed."""

    async def news(self, cursor: str, *, since: Instant, most: int) -> News: ...
    async def close(self) -> None: ...


class ImapLooks:
    """One IMAP account while it is looked at. `full`: how many messages are looked at when it is not known what is new."""

    def __init__(self, core: Core, connection: Connection, account: ImapNews, *, full: int) -> None:
        self._core = core
        self._connection = connection
        self._account = account
        self._full = full
        self._arrivals: dict[str, Arrival] = {}
        self._touched: dict[str, frozenset[str]] = {}
        self._keywords: frozenset[str] = frozenset()

    async def since(self, cursor: str) -> Look:
        """See `Account`."""
        now, looked_at = clock.now(), self._connection.looked_at
        first = not cursor
        since = now - FIRST if first or looked_at is None else looked_at - FIRST
        anew = False
        while True:
            # A server that has numbered its messages anew is asked for many at once: the newest of them are what counts.
            most = MOST_FIRST if first else max(self._full, AT_ONCE)
            found = await self._account.news(cursor, since=since, most=most)
            await self._keep(found)
            anew, cursor = anew or found.anew, found.cursor
            if not found.more or len(self._arrivals) >= MOST:
                return Look(tuple(self._arrivals), cursor, touched=tuple(self._touched), whole=anew)

    async def arrival(self, remote_id: str) -> Arrival | None:
        """See `Account`."""
        return self._arrivals.get(remote_id)

    async def word(self, item: Item) -> Word | None:
        """See `Account`. What counts is which of our keywords it has now, beside the one that we know to have put on it."""
        words = self._touched.get(item.remote_id)
        if words is None:
            return None
        ours = {_CATEGORY_OF[word] for word in words if word in _CATEGORY_OF}
        added = ours - {item.shown}
        if len(added) == 1:
            return _said(item, next(iter(added)), shown=ours == added)
        # That it has gone is believed of keywords only that the server keeps.
        if ours or not item.shown or item.category != item.shown or item.shown not in self._keywords:
            return None
        return _said(item, Category.INFORMATIONAL) if item.shown == Category.SPAM else Word(None)

    async def watch(self, _topic: str) -> Instant | None:
        """See `Account`. IMAP servers tell nobody who is not there."""
        return None

    async def close(self) -> None:
        """See `Account`."""
        await self._account.close()

    async def _keep(self, found: News) -> None:
        arrivals = [arrival for head in found.heads if (arrival := self._read(head)) is not None]
        if found.anew:
            # Their names are new, they are not: a mail is not looked after twice.
            ids = [each.header_id for each in arrivals if each.header_id]
            known = await self._core.read(lambda tx: rows.known_header_ids(tx, self._connection.id, ids))
            arrivals = [each for each in arrivals if each.header_id not in known]
        self._arrivals.update((each.remote_id, each) for each in arrivals)
        self._touched.update(found.touched)
        self._keywords |= found.keywords

    def _read(self, head: Head) -> Arrival | None:
        parsed = mime.parse(head.header)
        author = parsed.from_[0] if parsed.from_ else None
        sender = _key(author.address if author is not None else "")
        if sender == self._connection.address:
            return None
        header_id = parsed.message_id or ""
        roots = (*parsed.references, *parsed.in_reply_to, header_id)
        return Arrival(
            head.id,
            storable(roots[0]) or head.id,
            storable(header_id),
            sender,
            storable(author.name or "" if author is not None else ""),
            storable(parsed.subject),
            head.received_at,
        )


def _said(item: Item, category: Category, *, shown: bool = False) -> Word | None:
    return Word(category, BY_KEYWORD, shown) if item.category != category else None


def _key(address: str) -> str:
    """As senders are compared; what is no address is itself."""
    try:
        return Address.parse(address).key
    except BadAddress:
        return storable(address).lower()[:320]
