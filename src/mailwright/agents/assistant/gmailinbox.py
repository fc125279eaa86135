"""The inbox of a Gmail account.

Opened by the application, which hands in a connector (`GmailAccount`). Keeps the promises of `Inbox`. What lies in Trash is gone for the
assistant: its owner has thrown it away. A draft is found again in three ways, since Gmail writes a Message-ID of its own into some and
its search comes to know of a draft only after a moment: by a search for its Message-ID, by that anywhere in its header, and by the
field that says which mail it is for, among the drafts of the thread.
Does not: believe what a mail says about its writer; Gmail's own finding, the topmost, says whether the domain in From is proven.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from mailwright.agents.assistant.composing import FIELD, item_of
from mailwright.agents.assistant.inbox import Answered, Mail
from mailwright.codecs import fields, mime
from mailwright.codecs.mailauth import FIELD_NAME, told_by
from mailwright.codecs.mailauth.author import author
from mailwright.domain.envelope import Origin
from mailwright.domain.gmail import DRAFT, LABELS, SENT, SPAM, TRASH, Fetched
from mailwright.domain.refusals import NotFound
from mailwright.domain.triage import Category
from mailwright.storage.triage import Item

WRITER = "mx.google.com"
"""Whose Authentication-Results are Gmail's (RFC 8601 §2.5). Only the topmost field counts: what came with a mail stands below it."""
AT_ONCE = 4  # messages of a thread that are read at a time
DRAFTS_LOOKED_AT = 500  # an owner's newest drafts, among which those of a thread are looked for
_SEARCHABLE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`~@-]+")  # has no meaning in a search but its own
_HIDDEN = frozenset([DRAFT, TRASH, SPAM, "CHAT"])


class GmailAccount(Protocol):
    """What is asked of Gmail; see `connectors.gmail`. Raises NotFound, TryLater, AuthenticationFailed."""

    async def message(self, message_id: str, *, raw: bool = True) -> Fetched: ...
    async def thread(self, thread_id: str) -> list[Fetched]: ...
    async def found(self, query: str, limit: int) -> list[tuple[str, str]]: ...
    async def sent(self, limit: int) -> list[tuple[str, str]]: ...
    async def modify(self, message_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None: ...
    async def add_draft(self, raw: bytes, thread_id: str) -> str: ...
    async def draft(self, draft_id: str) -> Fetched: ...
    async def drafts(self, limit: int, query: str = "") -> list[tuple[str, str]]: ...
    async def remove_draft(self, draft_id: str) -> None: ...


class GmailInbox:
    """One account. `addresses` are its owner's, the account's own first."""

    def __init__(self, account: GmailAccount, addresses: tuple[str, ...]) -> None:
        self._account = account
        self.addresses = addresses

    async def mail(self, item: Item) -> Mail:
        """See `Inbox`, here and below."""
        return _mail(await self._itself(item))

    async def thread(self, item: Item, most: int) -> list[Mail]:
        itself = await self._itself(item)
        others = [
            each for each in await self._conversation(itself) if not each.labels & _HIDDEN and each.id != itself.id
        ]
        newest = others[-(most - 1) :] if most > 1 else []
        mails = [_mail(itself), *await self._read([each.id for each in newest])]
        return sorted(mails, key=lambda mail: (mail.received_at, mail.id))

    async def written_to(self, item: Item) -> bool:
        if not _SEARCHABLE.fullmatch(item.sender):
            return False  # nobody else's address needs quotes, and a search must not be written by a stranger
        return bool(await self._account.found(f"in:sent to:{item.sender}", 1))

    async def show(self, item: Item, category: Category | None) -> None:
        others = [label for each, label in LABELS.items() if each is not category]
        await self._account.modify(item.remote_id, [LABELS[category]] if category is not None else [], others)

    async def find_draft(self, item: Item, header_id: str) -> str | None:
        query = f"rfc822msgid:{header_id.strip('<>')}"
        for draft_id, _message_id in await self._account.drafts(1, query):
            return draft_id
        for message_id, _thread_id in await self._account.found(f"in:sent {query}", 1):
            return message_id
        return await self._find_in_thread(item, header_id, await self._thread_of(item))

    async def make_draft(self, item: Item, raw: bytes, header_id: str) -> str:
        itself = await self._itself(item, raw=False)
        thread = await self._conversation(itself)
        known = await self._find_in_thread(item, header_id, thread)
        if known is not None:  # it was made, and we were not told
            return known
        later = [each for each in thread if each.id != itself.id and each.received_at >= itself.received_at]
        if any(SENT in each.labels and TRASH not in each.labels for each in later):
            raise Answered("you have answered it meanwhile")
        if await self._has_begun(item, [each for each in later if DRAFT in each.labels]):
            raise Answered("you have begun an answer yourself")
        return await self._account.add_draft(raw, itself.thread_id)

    async def draft(self, draft_id: str) -> bytes | None:
        try:
            return (await self._account.draft(draft_id)).raw
        except NotFound:
            return None

    async def remove_draft(self, draft_id: str) -> None:
        try:
            await self._account.remove_draft(draft_id)
        except NotFound:
            return

    async def sent(self, most: int) -> list[Mail]:
        listed = await self._account.sent(most)
        mails = {mail.id: mail for mail in await self._read([message_id for message_id, _thread_id in listed])}
        return [mails[message_id] for message_id, _thread_id in listed if message_id in mails]

    async def close(self) -> None:
        """There is nothing of its own to let go of: accounts share their connections."""

    async def _itself(self, item: Item, *, raw: bool = True) -> Fetched:
        found = await self._account.message(item.remote_id, raw=raw)
        if TRASH in found.labels:
            raise NotFound("the mail was thrown away")
        return found

    async def _conversation(self, itself: Fetched) -> list[Fetched]:
        """The thread of a message, oldest first, without octets."""
        try:
            found = await self._account.thread(itself.thread_id)
        except NotFound:
            found = [itself]
        return sorted(found, key=lambda each: each.received_at)

    async def _thread_of(self, item: Item) -> list[Fetched]:
        try:
            return await self._account.thread(item.remote_thread) if item.remote_thread else []
        except NotFound:
            return []

    async def _read(self, message_ids: Sequence[str]) -> list[Mail]:
        """The messages that are there still."""
        places = asyncio.Semaphore(AT_ONCE)

        async def read(message_id: str) -> Mail | None:
            async with places:
                try:
                    return _mail(await self._account.message(message_id))
                except NotFound:
                    return None

        # All of them are waited for before one that failed is told of: nothing goes on behind the caller's back.
        found = await asyncio.gather(*map(read, message_ids), return_exceptions=True)
        for each in found:
            if isinstance(each, BaseException):
                raise each
        return [each for each in found if isinstance(each, Mail)]

    async def _find_in_thread(self, item: Item, header_id: str, thread: Sequence[Fetched]) -> str | None:
        """The draft of the thread that has this Message-ID anywhere in its header, or says that it is for this mail and is another than
        the one that is known already."""
        for draft_id, raw in await self._drafts_among(thread):
            header = raw[: fields.body_start(raw)]
            if header_id.encode() in header or (draft_id != item.draft_id and item_of(mime.parse(raw)) == item.id):
                return draft_id
        return None

    async def _has_begun(self, item: Item, drafts: Sequence[Fetched]) -> bool:
        """Whether one of these drafts is nobody's but the owner's."""
        return any(
            draft_id != item.draft_id and FIELD not in mime.parse(raw).header
            for draft_id, raw in await self._drafts_among(drafts)
        )

    async def _drafts_among(self, messages: Sequence[Fetched]) -> list[tuple[str, bytes]]:
        """The id of each draft among these messages, and what it is now."""
        wanted = {each.id for each in messages if DRAFT in each.labels and TRASH not in each.labels}
        if not wanted:
            return []
        found = []
        for draft_id, message_id in await self._account.drafts(DRAFTS_LOOKED_AT):
            if message_id in wanted and (raw := await self.draft(draft_id)) is not None:
                found.append((draft_id, raw))
        return found


def _mail(fetched: Fetched) -> Mail:
    mine = SENT in fetched.labels
    return Mail(fetched.id, fetched.raw, fetched.received_at, mine, Origin.OWNER if mine else origin_of(fetched.raw))


def origin_of(raw: bytes) -> Origin:
    """Whose words Gmail found them to be: a correspondent's when the domain in From is proven."""
    found = fields.of_header(raw)
    results = next((each for each in found if each.name == FIELD_NAME.lower().encode()), None)
    if results is None:
        return Origin.STRANGER
    told = told_by(_value(raw, results))
    if told is None or told.authserv_id != WRITER:
        return Origin.STRANGER
    writer = author([_value(raw, each) for each in found if each.name == b"from"])
    if writer is None or not told.vouches_for(writer):
        return Origin.STRANGER
    return Origin.CORRESPONDENT


def _value(raw: bytes, field: fields.Field) -> bytes:
    return raw[field.start : field.end].partition(b":")[2]
