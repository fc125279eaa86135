"""An entrance that keeps its mail in a list: what the SMTP servers are tested against.

People: ada, bashir and chen live at mailwright.test; full@ has a full mailbox, broken@ makes core raise what it should not,
later@ is refused for now and gone@ for good when the message is already there.
"""

import asyncio
from dataclasses import dataclass, field

from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import (
    AuthenticationFailed,
    ExceedsQuota,
    LoopDetected,
    MailboxFull,
    NoSuchRecipient,
    Refusal,
    RelayDenied,
    SenderNotAllowed,
    TooManyRequests,
    TryLater,
)
from mailwright.protocols.smtp import SignedIn

DOMAIN = "mailwright.test"
PEOPLE = {"ada", "bashir", "chen", "postmaster", "full", "broken", "later", "gone", "jürgen", '"ada lovelace"'}
PASSWORD = "correct horse"
TOKEN = "battery-staple"


@dataclass(frozen=True)
class MemoryAccount:
    id: str
    email: str


@dataclass(frozen=True)
class MemoryOutcome:
    recipient: Address
    refusal: Refusal | None = None


@dataclass(frozen=True)
class MemoryReceipt:
    outcomes: tuple[MemoryOutcome, ...]


@dataclass
class MemoryEntrance:
    """`delay` seconds pass in every accept; `gate`, when set, must be opened before one ends."""

    delay: float = 0.0
    gate: asyncio.Event | None = None
    kept: list[tuple[Envelope, bytes]] = field(default_factory=list)
    submitted: list[tuple[str, Envelope, bytes]] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    accepting: int = 0
    counting_only: bool = False
    count: int = 0

    async def may_receive(
        self,
        sender: Address | None,
        recipient: Address,
        account: SignedIn | None,
        size: int,
        channel: Channel,
        client: str,
    ) -> None:
        assert client.startswith("[")
        if sender is not None and sender.domain == DOMAIN and account is None:
            raise SenderNotAllowed(f"sign in to send as {sender}")
        if recipient.domain not in (DOMAIN, "localhost"):
            if account is None:
                raise RelayDenied(f"we do not pass mail on to {recipient.domain}")
            return
        if recipient.base_local.lower() not in PEOPLE:
            raise NoSuchRecipient(f"nobody here is called {recipient}")
        if recipient.local == "full":
            if size > 1_000_000:
                raise ExceedsQuota("")
            raise MailboxFull("")
        if recipient.local == "broken" and sender is None:
            raise ZeroDivisionError("a bug at RCPT")

    async def accept(self, envelope: Envelope, raw: bytes) -> MemoryReceipt:
        if self.counting_only:
            self.count += 1
            return MemoryReceipt(tuple([MemoryOutcome(each) for each in envelope.recipients]))
        self.accepting += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.gate is not None:
            await self.gate.wait()
        if any(recipient.local == "broken" for recipient in envelope.recipients):
            raise ZeroDivisionError("a bug in core")
        if raw.count(b"Received:") > 100:
            raise LoopDetected("more than 100 Received lines")
        outcomes = tuple([MemoryOutcome(each, _late_refusal(each)) for each in envelope.recipients])
        for outcome in outcomes:
            if outcome.refusal is None:
                self._file(envelope, outcome.recipient, raw)
        return MemoryReceipt(outcomes)

    def _file(self, envelope: Envelope, recipient: Address, raw: bytes) -> None:
        key = (checksum(raw), recipient.key)
        if key not in self.seen:
            self.seen.add(key)
            self.kept.append((envelope, raw))

    async def submit(self, account: SignedIn, envelope: Envelope, raw: bytes) -> MemoryReceipt:
        self.submitted.append((account.id, envelope, raw))
        return MemoryReceipt(tuple([MemoryOutcome(each) for each in envelope.recipients]))

    async def authenticate(self, name: str, password: str, client: str) -> MemoryAccount:
        assert client
        if name == "busy":
            raise TooManyRequests("")
        if name == "broken":
            raise ZeroDivisionError("a bug in authenticate")
        if password != PASSWORD:
            raise AuthenticationFailed("")
        return MemoryAccount(f"id-of-{name}", name)

    async def authenticate_token(self, name: str, token: str, client: str) -> MemoryAccount:
        assert client
        if token != TOKEN:
            raise AuthenticationFailed("")
        return MemoryAccount(f"id-of-{name}", name)


def _late_refusal(recipient: Address) -> Refusal | None:
    if recipient.local == "later":
        return TryLater("not now")
    if recipient.local == "gone":
        return NoSuchRecipient("gone a moment ago")
    return None
