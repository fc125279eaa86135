"""An index beside the core, and Ada's and Bashir's mail to put into it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.codecs.mime import Attachment, Mailbox, compose
from mailwright.core import Core, access, accounts, appending
from mailwright.core.indexing import Indexer
from mailwright.core.search import Results, search
from mailwright.domain.clock import Instant, now
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, events, searchindexes, searching
from mailwright.storage.accounts import Account
from mailwright.storage.database import Mark
from mailwright.storage.search import IndexFailed, SearchIndex
from mailwright.storage.search.folder import SearchFolder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchFolder]:
    """An index that is ready and empty."""
    folder = SearchFolder(tmp_path / "search")
    folder.begin()
    folder.finish()
    yield folder
    folder.close()


def believe(core: Core, index: SearchIndex) -> None:
    """As if the index had been made from this database, which has no mail yet."""

    def note(tx: Tx) -> None:
        searchindexes.begin(tx, index.generation(), None)
        searchindexes.complete(tx, index.generation())

    with contextlib.suppress(IndexFailed):  # there is none, which a test may want
        core.database.write_now(note)


class Desk:
    """Mail comes in, is indexed, and is looked for."""

    def __init__(self, core: Core, index: SearchFolder) -> None:
        self.core = core
        self.index = index
        self.indexer = Indexer(core, index, gather_seconds=0.0)
        self.mark: Mark = events.START
        believe(core, index)

    def account(self, name: str = "ada") -> Account:
        return self.core.database.read_now(lambda tx: accounts.find(tx, f"{name}@mailwright.test"))

    def mailbox_id(self, name: str = "INBOX", of: str = "ada") -> str:
        account = self.account(of)
        return self.core.database.read_now(lambda tx: access.by_name(tx, account, name)).mailbox.id

    async def put(
        self,
        body: str = "Hi.",
        *,
        subject: str = "Hello",
        sender: str = "Eve <eve@example.org>",
        extra: str = "",
        flags: int = 0,
        date: Instant | None = None,
        mailbox: str = "INBOX",
        of: str = "ada",
        raw: bytes | None = None,
    ) -> str:
        """Append a message; its id."""
        text = f"From: {sender}\r\nTo: {of}@mailwright.test\r\nSubject: {subject}\r\n{extra}\r\n{body}\r\n"
        item = appending.Item(raw if raw is not None else text.encode(), flags=flags, date=date)
        done = await appending.append(self.core, self.account(of), self.mailbox_id(mailbox, of), [item])
        return done.message_ids[0]

    async def index_now(self, batch: int = 500) -> int:
        """Handle every event that waits, as the consumers do; how many there were."""
        handled = 0
        while True:
            found = await self.core.read(lambda tx: events.read(tx, "index", self.mark, batch))
            if not found.events:
                return handled
            commit = await self.indexer.on_events([event for _, event in found.events])
            await self.core.write(commit)
            await self.core.write(functools.partial(self._advance, mark=found.end))
            self.mark = found.end
            handled += len(found.events)

    def _advance(self, tx: Tx, *, mark: Mark) -> None:
        events.claim(tx, "index", "indexers", "desk", seconds=60)
        events.advance(tx, "index", "indexers", "desk", mark, seconds=60)

    async def unsettled(self) -> list[int]:
        """The uids in Ada's INBOX that the index says nothing about."""
        user_id, mailbox_id = self.account().id, self.mailbox_id()
        return await self.core.read(lambda tx: searching.unsettled_uids(tx, user_id, mailbox_id))

    async def ask(self, text: str, of: str = "ada", **options: object) -> Results:
        return await search(self.core, self.index, self.account(of), text, **options)  # type: ignore[arg-type]

    async def ids(self, text: str, of: str = "ada", **options: object) -> list[str]:
        return [one.message_id for one in (await self.ask(text, of, **options)).results]

    async def subjects(self, text: str, of: str = "ada", **options: object) -> list[str]:
        return [one.subject for one in (await self.ask(text, of, **options)).results]


@pytest.fixture
def desk(core: Core, index: SearchFolder) -> Desk:
    return Desk(core, index)


def with_file(name: str, media_type: str, content: bytes, *, subject: str = "See the file") -> bytes:
    """A message with a file."""
    return compose(
        from_=Mailbox("Eve", "eve@example.org"),
        to=[Mailbox("Ada", "ada@mailwright.test")],
        subject=subject,
        text="As promised.",
        message_id=f"<{new_id()}@example.org>",
        date=now(),
        attachments=[Attachment(name, content, media_type)],
    )
