"""What the SMTP servers ask of core, and nothing more.

Implemented by core's binding and, in tests, by a mailbox in memory. Every method may raise a Refusal, which the client is
told in SMTP's words; any other exception is a bug and becomes "451, come back later".
"""

from collections.abc import Sequence
from typing import Protocol

from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.refusals import Refusal


class SignedIn(Protocol):
    """Who signed in, as far as a connection needs to know; handed back to `submit` as it came."""

    @property
    def id(self) -> str:
        """The account's id."""


class Outcome(Protocol):
    """What became of one recipient."""

    @property
    def recipient(self) -> Address:
        """The one the client named."""

    @property
    def refusal(self) -> Refusal | None:
        """None: it is filed, now or earlier."""


class Receipt(Protocol):
    """What became of a message."""

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """One for each recipient of the envelope, in its order."""


class Entrance(Protocol):
    """The door to core."""

    async def may_receive(
        self,
        sender: Address | None,
        recipient: Address,
        account: SignedIn | None,
        size: int,
        channel: Channel,
        client: str,
    ) -> None:
        """Asked at RCPT. `account` None: nobody signed in. `size` in octets as declared, 0 when it was not. `channel` is the kind of
        server, `client` the peer as an address literal.

        Raises NoSuchRecipient, RelayDenied, SenderNotAllowed, MailboxFull, ExceedsQuota, TryLater.
        """

    async def accept(self, envelope: Envelope, raw: bytes) -> Receipt:
        """Keep a message from a stranger or another server. `raw` is exactly what was received, without any trace field.

        Returns only when it would survive a power cut. Raises LoopDetected, MessageTooLarge, NotAuthentic, LooksLikeSpam, TryLater for
        the whole.
        """

    async def submit(self, account: SignedIn, envelope: Envelope, raw: bytes) -> Receipt:
        """Send a message for somebody who signed in. Raises SenderNotAllowed, and what `accept` raises."""

    async def authenticate(self, name: str, password: str, client: str) -> SignedIn:
        """Who is it? `client` is the peer's address. Raises AuthenticationFailed, TooManyRequests, TryLater."""

    async def authenticate_token(self, name: str, token: str, client: str) -> SignedIn:
        """The same by a bearer token; `name` may be empty. Only asked where such mechanisms are offered."""
