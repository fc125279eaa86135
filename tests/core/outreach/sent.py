"""What tests of sending begin with: a clock that is moved, written mails, an outbox to look into, and other servers that answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.core import Core
from mailwright.core.accounts import Account
from mailwright.core.dispatch import Dispatcher
from mailwright.core.outreach import making, sending, settled
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.events import Event
from mailwright.storage import Tx, events, mailboxes, outbox, outreach, scribes, views
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.outreach import Outreach
from tests.core.outbox.outbox_world import Scripted
from tests.core.outreach.conftest import finished, wish

BY_ADA = Actor("ada@mailwright.test", "192.0.2.7")
A_PROGRAM = Actor("ada@mailwright.test", "192.0.2.8")
NOTE = "Ada Lovelace, Analytical Society, 12 Example Street, London"
AMARA = "amara@tides.example"


@dataclass
class MovedClock:
    """The time, moved by tests. It begins on a Friday at noon UTC."""

    moment: Instant = 1_795_176_000 * SECOND

    def __call__(self) -> Instant:
        return self.moment


@dataclass
class Desk:
    """Ada, who sends."""

    core: Core
    now: MovedClock
    ada: Account

    async def written(self, *, batch: bool = False, owner: Account | None = None, **values: Any) -> Outreach:
        """A mail that the scribe has written, to Dr. Okafor unless said otherwise."""
        email = values.pop("email", AMARA)
        name = values.pop("name", "Dr. Amara Okafor")
        who = owner or self.ada

        def run(tx: Tx) -> Outreach:
            if batch:
                made = making.make_batch(tx, self.core, who, [wish(name, email=email)])
                [outreach_id] = [
                    row[0] for row in tx.all("SELECT task_id FROM outreach WHERE batch_id = ?", (made.id,))
                ]
            else:
                outreach_id = making.make(tx, self.core, who, wish(name, email=email)).id
            finished(tx, outreach_id, **({"is_confident": True, "language": "en"} | values))
            found = outreach.by_id(tx, outreach_id)
            assert found is not None
            return found

        return await self.core.write(run)

    async def noted(self, note: str = NOTE) -> None:
        """Ada says who she is."""
        await self.core.write(lambda tx: scribes.update(tx, self.ada.id, now=self.now(), note=note))

    async def send(self, known: Outreach, *, by_session: bool = True, **options: Any) -> Outreach:
        by = BY_ADA if by_session else A_PROGRAM
        return await sending.send(self.core, self.ada, known.id, by=by, by_session=by_session, **options)

    async def load(self, known: Outreach) -> Outreach:
        found = await self.core.read(lambda tx: outreach.by_id(tx, known.id))
        assert found is not None
        return found

    async def outbox(self) -> list[OutboxRow]:
        """Everything that is or was to leave to somebody elsewhere, oldest first."""
        found = await self.core.read(lambda tx: outbox.listing(tx, status=None, user_id=None, limit=500))
        return [row for row in found[::-1] if row.channel != "local"]

    async def raw(self, row: OutboxRow) -> bytes:
        return await self.core.blobs.read(row.blob_id)

    async def parsed(self, row: OutboxRow) -> mime.Parsed:
        return mime.parse(await self.raw(row))

    async def leave(self, transport: Scripted | None = None) -> Scripted:
        """What is due leaves, and what becomes of it is noted."""
        transport = transport or Scripted()
        self.now.moment += MINUTE
        await Dispatcher(self.core, {"smtp": transport}, now=self.now).drain()
        await self.settle()
        return transport

    async def settle(self) -> None:
        """What the consumer of the outbox's ends does, with everything that happened so far, once more as well."""

        def happened(tx: Tx) -> list[Event]:
            return [event for _, event in events.visible(tx, settled.STREAM, (0, 0), 10_000)]

        commit = await settled.on_settled(self.core)(await self.core.read(happened))
        if commit is not None:
            await self.core.write(commit)

    async def in_role(self, role: str) -> int:
        """How many messages are in that mailbox of Ada's."""

        def count(tx: Tx) -> int:
            mailbox = mailboxes.by_role(tx, self.ada.id, role)
            return 0 if mailbox is None else len(views.first_uids(tx, mailbox.id, 100))

        return await self.core.read(count)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """The clock, in the places where it is read."""
    made = MovedClock()
    monkeypatch.setattr("mailwright.domain.clock.now", made)
    monkeypatch.setattr("mailwright.core.submission.now", made)
    return made


@pytest.fixture
def desk(core: Core, now: MovedClock, ada: Account) -> Desk:
    return Desk(core, now, ada)


def public(core: Core, url: str = "https://mail.mailwright.test") -> None:
    """Where our pages are."""
    core.settings = replace(core.settings, public_url=url)
