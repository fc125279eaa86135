"""A small installation whose clock the tests move, and transports that answer as they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailwright.core import Core, outbox
from mailwright.core.dispatch import Dispatcher
from mailwright.core.transports import Transport
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Verdict
from mailwright.domain.ids import checksum, new_id
from mailwright.storage import Tx, dead_letters
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.outbox import OutboxRow

ADA = Address.parse("ada@mailwright.test")
BASHIR = Address.parse("bashir@mailwright.test")
CHEN = Address.parse("chen@example.net")

LETTER = (
    b"From: Ada <ada@mailwright.test>\r\nTo: chen@example.net\r\nSubject: The figures\r\n"
    b"Message-ID: <figures@mailwright.test>\r\nDate: Mon, 02 Mar 2026 09:30:00 +0000\r\n\r\nHere they are.\r\n"
)


@dataclass
class MovedClock:
    """A clock that stands still until it is moved. It begins a little ahead, so that what is queued in a test is due."""

    moment: Instant = field(default_factory=lambda: clock.now() + clock.MINUTE)

    def __call__(self) -> Instant:
        return self.moment

    def move(self, by: Instant) -> None:
        self.moment += by


@dataclass
class Scripted:
    """A transport that answers from a list, and takes everything when the list is used up."""

    answers: list[Exception] = field(default_factory=list)
    at_once: int = 32
    at_once_per_domain: int = 4
    took: list[tuple[Address | None, Address, bytes, str, str]] = field(default_factory=list)
    tried_at: list[Instant] = field(default_factory=list)
    now: Callable[[], Instant] = clock.now

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        self.tried_at.append(self.now())
        if self.answers:
            raise self.answers.pop(0)
        self.took.append((sender, recipient, raw, message_id, idempotency_key))
        return "250 2.0.0 taken"


@dataclass
class World:
    """One installation: domain mailwright.test with Ada and Bashir."""

    core: Core
    now: MovedClock
    tenant_id: str
    ada: str
    bashir: str

    def dispatcher(self, transport: Transport | None = None) -> Dispatcher:
        return Dispatcher(self.core, {} if transport is None else {"smtp": transport}, now=self.now)

    async def queue(
        self,
        *recipients: Address,
        sender: Address | None = ADA,
        raw: bytes = LETTER,
        key: str | None = None,
        dsn: bool = True,
        verdict: Verdict | None = None,
    ) -> list[str]:
        """Stage a message and queue it for the recipients."""
        blob = await self.core.blobs.stage(self.tenant_id, raw)

        def enqueue(tx: Tx) -> list[str]:
            self.core.blobs.put(tx, blob)
            return outbox.enqueue(
                tx,
                tenant_id=self.tenant_id,
                user_id=self.ada,
                sender=sender,
                recipients=recipients,
                blob_id=blob.id,
                message_id="<figures@mailwright.test>",
                idempotency_key=key or f"test:{checksum(raw)}:{new_id()}",
                correlation_id="c-1",
                verdict=verdict,
                dsn=dsn,
            )

        return await self.core.write(enqueue)

    async def row(self, row_id: str) -> OutboxRow:
        return await self.core.read(lambda tx: outbox.load(tx, row_id))

    async def rows(self) -> list[OutboxRow]:
        return await self.core.read(outbox.listing)

    async def inbox(self, user_id: str) -> list[bytes]:
        """The messages in a user's inbox, in the order they came."""
        blobs = await self.core.read(
            lambda tx: tx.all(
                "SELECT m.blob_id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
                "WHERE m.user_id = ? AND b.role = 'inbox' ORDER BY m.uid",
                (user_id,),
            )
        )
        return [await self.core.blobs.read(blob_id) for (blob_id,) in blobs]

    async def dead(self) -> list[DeadLetter]:
        return await self.core.read(lambda tx: dead_letters.newest(tx, source="outbox"))

    async def set_quota(self, user_id: str, quota: int) -> None:
        await self.core.write(lambda tx: tx.execute("UPDATE users SET quota_bytes = ? WHERE id = ?", (quota, user_id)))
