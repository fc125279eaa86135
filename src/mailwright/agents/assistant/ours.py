"""The inbox of somebody who has a mailbox here, over core.

Opened by `parts.open_inbox`. Keeps the promises of `Inbox`, and one more: a draft is filed in one transaction with whatever its caller
writes down about it (`file_draft`), and whether the owner answered meanwhile is looked at in that transaction.
What lies in Trash is gone for the assistant: its owner has thrown it away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from mailwright.agents.assistant import standing
from mailwright.agents.assistant.inbox import Answered, Mail
from mailwright.core import Core, access, appending, assistants, expunge, mailboxes, messages, moving
from mailwright.core import triage as triaging
from mailwright.core.messages import Flag, StoredMessage
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress, DamagedBlob, ExceedsQuota, MailboxFull, NotFound, TryLater
from mailwright.domain.triage import Category
from mailwright.storage import Tx, accounts, correspondence
from mailwright.storage import mailboxes as mailbox_rows
from mailwright.storage import messages as rows
from mailwright.storage.accounts import Account
from mailwright.storage.triage import Item

T = TypeVar("T")

MAX_SENT_LOOKED_AT = 2_000  # newest mails in Sent among which the sender's address is looked for
MAX_LOOKED_AT = 200  # messages of a conversation


class OurInbox:
    """One account's mailbox."""

    def __init__(self, core: Core, account: Account, addresses: tuple[str, ...]) -> None:
        self._core = core
        self._account = account
        self.addresses = addresses

    @classmethod
    async def of(cls, core: Core, user_id: str) -> OurInbox:
        """The mailbox of that user. Raises NotFound, TryLater."""

        def found(tx: Tx) -> tuple[Account, tuple[str, ...]]:
            account = accounts.by_id(tx, user_id)
            if account is None or not account.has_mailbox:
                raise NotFound("there is no such mailbox")
            others = sorted(each.address for each in accounts.addresses(tx, user_id=user_id) if "@" in each.address)
            return account, tuple(dict.fromkeys([account.email, *(each for each in others if each[0] != "@")]))

        return cls(core, *await core.read(found))

    async def mail(self, item: Item) -> Mail:
        """The mail itself. Raises NotFound, TryLater."""
        message = await self._core.read(lambda tx: self._found(tx, item.id))
        return await self._read(message, mine=self._is_mine(message, {}))

    async def thread(self, item: Item, most: int) -> list[Mail]:
        """The conversation, oldest first. Raises NotFound, TryLater."""

        def find(tx: Tx) -> list[tuple[StoredMessage, bool]]:
            message = self._found(tx, item.id)
            roles = _roles(tx, self._account.id)
            told = [
                each
                for each in messages.in_thread(tx, message.thread_id, self._account.id)
                if roles.get(each.mailbox_id) not in ("drafts", "trash") and not each.flags & Flag.DRAFT
            ]
            newest = told[-most:]
            if all(each.id != message.id for each in newest):
                newest = [message, *newest[1:]]
            return [(each, self._is_mine(each, roles)) for each in newest]

        found = []
        for message, mine in await self._core.read(find):
            try:
                found.append(await self._read(message, mine=mine))
            except (
                NotFound,
                DamagedBlob,
            ):  # redacted, removed since, or unreadable: the conversation goes on without it
                if message.id == item.id:
                    raise
        return found

    async def written_to(self, item: Item) -> bool:
        """Whether the owner has ever written to the sender, as far as Sent says. Raises TryLater."""

        def find(tx: Tx) -> bool:
            sent = mailbox_rows.by_role(tx, self._account.id, "sent")
            return sent is not None and correspondence.has_written_to(tx, sent.id, item.sender, MAX_SENT_LOOKED_AT)

        return await self._core.read(find)

    async def show(self, item: Item, category: Category | None) -> None:
        """The keyword of the category, and no other's; noted in the row at once, so that it is no correction of the owner's. Spam is moved
        to Junk when its owner wants that. Raises NotFound, TryLater."""
        await self._core.write(lambda tx: self._show(tx, item, category))

    async def find_draft(self, item: Item, header_id: str) -> str | None:
        """A draft or sent message with that Message-ID. Raises TryLater."""
        return await self._core.read(lambda tx: self._drafted(tx, header_id))

    async def make_draft(self, item: Item, raw: bytes, header_id: str) -> str:
        """Put a draft into Drafts. Raises Answered, NotFound, TryLater."""
        return await self.file_draft(item, raw, header_id, lambda _tx, draft_id: draft_id)

    async def file_draft(
        self,
        item: Item,
        raw: bytes,
        header_id: str,
        along: Callable[[Tx, str], T],
        *,
        before: Callable[[Tx], None] = lambda _tx: None,
        replaces: Sequence[str] = (),
    ) -> T:
        """Put a draft into Drafts, take away those it replaces, and write down `along` (it is given the draft's id), all or nothing.

        `before` looks, in the same transaction, whether it may still be done, and raises what speaks against it. Raises that, Answered,
        NotFound, TryLater.
        """
        prepared = await appending.prepare(self._core, self._account.tenant_id, raw)

        def write(tx: Tx) -> T:
            accounts.hold(tx, self._account.id)
            before(tx)
            message = self._found(tx, item.id)
            known = self._drafted(tx, header_id)
            if known is not None:  # it was filed, and we were not told
                return along(tx, known)
            if self._answered(tx, message):
                raise Answered("you have answered it meanwhile")
            drafts = mailboxes.with_role(tx, self._account, "drafts")
            filed = appending.file_all(
                tx,
                self._core,
                self._account,
                drafts.id,
                [appending.Item(raw, int(Flag.DRAFT | Flag.SEEN))],
                [prepared],
                correlation_id=message.correlation_id,
            )
            for draft_id in replaces:
                self._remove(tx, draft_id)
            return along(tx, filed.message_ids[0])

        try:
            return await self._core.write(write)
        except (MailboxFull, ExceedsQuota) as refusal:
            raise TryLater(f"there is no room for a draft: {refusal}") from refusal

    async def draft(self, draft_id: str) -> bytes | None:
        """A draft as it is now. Raises TryLater."""
        message = await self._core.read(lambda tx: self._draft(tx, draft_id))
        if message is None:
            return None
        try:
            return await self._core.blobs.read(message.blob_id)
        except NotFound:
            return None

    async def remove_draft(self, draft_id: str) -> None:
        """Take a draft away. Raises TryLater."""
        await self._core.write(lambda tx: self._remove(tx, draft_id))

    async def sent(self, most: int) -> list[Mail]:
        """The newest mails in Sent, the newest first. Raises TryLater."""

        def find(tx: Tx) -> list[StoredMessage]:
            sent = mailbox_rows.by_role(tx, self._account.id, "sent")
            return rows.in_mailbox(tx, sent.id, most) if sent is not None else []

        found = []
        for message in await self._core.read(find):
            try:
                found.append(await self._read(message, mine=True))
            except (NotFound, DamagedBlob):
                continue
        return found

    async def close(self) -> None:
        """There is nothing to let go of."""

    # --- inside of transactions

    def rewritten(self, tx: Tx, item: Item) -> bool:
        """Whether a draft in the mail's conversation answers it that is not ours: mail programs keep an edited draft as a new one."""
        message = rows.by_id(tx, item.id)
        if message is None:
            return False
        if message.message_id is None:
            return bool(standing.unnamed_answers(tx, item))
        roles = _roles(tx, self._account.id)
        return any(
            roles.get(each.mailbox_id) == "drafts"
            and each.id != item.draft_id
            and message.message_id in each.headers.get("in_reply_to", ())
            for each in messages.in_thread(tx, message.thread_id, self._account.id)
        )

    def _found(self, tx: Tx, message_id: str) -> StoredMessage:
        message = rows.by_id(tx, message_id)
        if message is None or message.user_id != self._account.id:
            raise NotFound("the mail is there no more")
        if _roles(tx, self._account.id).get(message.mailbox_id) == "trash" or message.flags & Flag.DELETED:
            raise NotFound("the mail was thrown away")
        return message

    async def _read(self, message: StoredMessage, *, mine: bool) -> Mail:
        raw = await self._core.blobs.read(message.blob_id)
        return Mail(message.id, raw, message.received_at, mine, message.origin)

    def _is_mine(self, message: StoredMessage, roles: dict[str, str | None]) -> bool:
        """Whether the owner wrote it: signed in to send it, or it lies in Sent. A From line alone proves nothing."""
        if message.account_id is not None:
            return message.account_id == self._account.id
        return roles.get(message.mailbox_id) == "sent" and _key(message.sender) in self.addresses

    def _answered(self, tx: Tx, message: StoredMessage) -> bool:
        """Whether the owner has answered it, or written into its conversation since."""
        if message.flags & Flag.ANSWERED:
            return True
        roles = _roles(tx, self._account.id)
        return any(
            each.id != message.id
            and roles.get(each.mailbox_id) != "drafts"
            and not each.flags & Flag.DRAFT
            and self._is_mine(each, roles)
            and (
                each.received_at >= message.received_at
                or (message.message_id is not None and message.message_id in each.headers.get("in_reply_to", ()))
            )
            for each in rows.in_thread(tx, self._account.id, message.thread_id, MAX_LOOKED_AT)
        )

    def _drafted(self, tx: Tx, header_id: str) -> str | None:
        roles = _roles(tx, self._account.id)
        there = [
            each
            for each in rows.with_message_id(tx, self._account.id, header_id)
            if roles.get(each.mailbox_id) != "trash" and not each.flags & Flag.DELETED
        ]
        return there[0].id if there else None

    def _draft(self, tx: Tx, draft_id: str) -> StoredMessage | None:
        message = rows.by_id(tx, draft_id)
        if message is None or message.user_id != self._account.id or message.flags & Flag.DELETED:
            return None
        return message if _roles(tx, self._account.id).get(message.mailbox_id) == "drafts" else None

    def _remove(self, tx: Tx, draft_id: str) -> None:
        message = self._draft(tx, draft_id)
        if message is not None:
            expunge.remove_uids(tx, message.mailbox_id, [message.uid], because="a newer draft took its place")

    def _show(self, tx: Tx, item: Item, category: Category | None) -> None:
        message = self._found(tx, item.id)
        if not triaging.show(tx, item.id, category) or category is not Category.SPAM:
            return
        reached = access.by_id(tx, self._account, message.mailbox_id)
        assistant = assistants.serving(tx, self._account.id)
        if reached.mailbox.role == "inbox" and assistant is not None and assistant.options.move_spam:
            junk = mailboxes.with_role(tx, self._account, "junk")
            moving.move(tx, self._core, reached, access.by_id(tx, self._account, junk.id), [message.uid])


def _roles(tx: Tx, user_id: str) -> dict[str, str | None]:
    return {each.id: each.role for each in mailbox_rows.of_user(tx, user_id)}


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()
