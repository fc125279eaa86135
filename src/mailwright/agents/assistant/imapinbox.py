"""The inbox of an IMAP account elsewhere.

Opened by the application, which hands in a connector (`ImapMail`). Keeps the promises of `Inbox`; what the server keeps no keywords for
carries no label. A mail is known by its place in the INBOX and by its Message-ID: one that its owner moved out of the INBOX is gone for
the assistant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from mailwright.agents.assistant.inbox import Answered, Mail
from mailwright.codecs import mime
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import NotFound
from mailwright.domain.triage import KEYWORDS, Category
from mailwright.storage.triage import Item


class Fetched(Protocol):
    """One message there. `sent`: it is among what was sent."""

    @property
    def id(self) -> str: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def received_at(self) -> Instant: ...
    @property
    def sent(self) -> bool: ...


class ImapMail(Protocol):
    """What is asked of an IMAP account; see `connectors.imapaccount`. Raises TryLater, AuthenticationFailed."""

    async def message(self, name: str, header_id: str) -> Fetched | None: ...
    async def conversation(self, header_ids: Sequence[str], most: int) -> Sequence[Fetched]: ...
    async def answered(self, name: str, header_id: str) -> bool: ...
    async def wrote_to(self, address: str) -> bool: ...
    async def newest_sent(self, most: int) -> Sequence[Fetched]: ...
    async def mark(self, name: str, header_id: str, *, add: Sequence[str], remove: Iterable[str]) -> bool: ...
    async def find_draft(self, header_id: str) -> str | None: ...
    async def put_draft(self, raw: bytes, header_id: str) -> str: ...
    async def draft(self, name: str) -> bytes | None: ...
    async def remove_draft(self, name: str) -> None: ...
    async def close(self) -> None: ...


class ImapInbox:
    """One account. `addresses` are its owner's, the account's own first."""

    def __init__(self, account: ImapMail, addresses: tuple[str, ...]) -> None:
        self._account = account
        self.addresses = addresses

    async def mail(self, item: Item) -> Mail:
        """See `Inbox`, here and below."""
        return _mail(await self._found(item))

    async def thread(self, item: Item, most: int) -> list[Mail]:
        itself = await self._found(item)
        parsed = mime.parse(itself.raw)
        ids = [*parsed.references, *parsed.in_reply_to, *([parsed.message_id] if parsed.message_id else [])]
        others = await self._account.conversation(ids, most)
        mails = {itself.id: _mail(itself)}
        seen = {parsed.message_id} if parsed.message_id else set()
        for each in others:
            header_id = mime.parse(each.raw).message_id
            # What somebody sent to themselves is there twice.
            if each.id not in mails and (header_id is None or header_id not in seen):
                mails[each.id] = _mail(each)
                seen |= {header_id} if header_id else set()
        ordered = sorted(mails.values(), key=lambda mail: (mail.received_at, mail.id))
        newest = ordered[-most:]
        return newest if mails[itself.id] in newest else [mails[itself.id], *newest[1:]]

    async def written_to(self, item: Item) -> bool:
        return await self._account.wrote_to(item.sender)

    async def show(self, item: Item, category: Category | None) -> None:
        add = [] if category is None else [KEYWORDS[category]]
        others = [keyword for each, keyword in KEYWORDS.items() if each != category]
        await self._account.mark(item.remote_id, item.header_id, add=add, remove=others)

    async def find_draft(self, item: Item, header_id: str) -> str | None:
        return await self._account.find_draft(header_id)

    async def make_draft(self, item: Item, raw: bytes, header_id: str) -> str:
        if await self._account.answered(item.remote_id, item.header_id):
            raise Answered("you have answered it meanwhile")
        return await self._account.put_draft(raw, header_id)

    async def draft(self, draft_id: str) -> bytes | None:
        return await self._account.draft(draft_id)

    async def remove_draft(self, draft_id: str) -> None:
        await self._account.remove_draft(draft_id)

    async def sent(self, most: int) -> list[Mail]:
        return [_mail(each) for each in await self._account.newest_sent(most)]

    async def close(self) -> None:
        await self._account.close()

    async def _found(self, item: Item) -> Fetched:
        found = await self._account.message(item.remote_id, item.header_id)
        if found is None:
            raise NotFound("the mail is not in the inbox any more")
        return found


def _mail(found: Fetched) -> Mail:
    """Only what lies in Sent is its owner's: a From field proves nothing."""
    return Mail(found.id, found.raw, found.received_at, found.sent, Origin.OWNER if found.sent else Origin.STRANGER)
