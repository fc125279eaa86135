"""The door from the SMTP servers to core.

Made by `app.py`, one for all servers of a process.
"""

from mailwright.core import Core, accept, accounts, bearers, submission
from mailwright.core.accept import Receipt
from mailwright.core.accounts import Account
from mailwright.core.authentication import Authenticator
from mailwright.domain import spans
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope
from mailwright.protocols.smtp.entrance import SignedIn


class CoreEntrance:
    """`Entrance`, answered by core. Without an `authenticator` nothing that comes in is checked, and nobody's word counts."""

    def __init__(self, core: Core, authenticator: Authenticator | None = None) -> None:
        self._core = core
        self._authenticator = authenticator or Authenticator(core)

    async def may_receive(
        self,
        sender: Address | None,
        recipient: Address,
        account: SignedIn | None,
        size: int,
        channel: Channel,
        client: str,
    ) -> None:
        """See `core.accept.may_receive`."""
        signed_in = account.id if account is not None else None
        is_relay = account is None and self._authenticator.trust.is_relay(channel, client)
        await accept.may_receive(self._core, sender, recipient, account=signed_in, size=size, is_relay=is_relay)

    async def accept(self, envelope: Envelope, raw: bytes) -> Receipt:
        """See `core.authentication` and `core.accept.accept`."""
        judged = await self._authenticator.judge(envelope, raw)
        return await accept.accept(self._core, envelope, raw, judged.verdict, found=judged.found, kept=judged.kept)

    async def submit(self, account: SignedIn, envelope: Envelope, raw: bytes) -> Receipt:
        """See `core.submission.submit`."""
        assert isinstance(account, Account)  # it came from `authenticate`
        spans.concerns(account.tenant_id, account.id)
        return await submission.submit(self._core, account, envelope, raw)

    async def authenticate(self, name: str, password: str, client: str) -> Account:
        """See `core.accounts.authenticate`."""
        return await accounts.authenticate(self._core, name, password, client=client, scope="smtp")

    async def authenticate_token(self, name: str, token: str, client: str) -> Account:
        """See `core.bearers.authenticate`."""
        return await bearers.authenticate(self._core, name, token, client=client, door="smtp")
