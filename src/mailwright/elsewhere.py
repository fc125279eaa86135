"""Accounts elsewhere, as this process reaches them: Gmail and IMAP servers, opened by what their owners let us keep.

Made by the application (for its API) and by the working half (for the assistant), each its own: connections belong to an event loop.
The one place where connectors, the quota of every process and the assistant's interfaces meet.
Light to make: nothing is imported or opened before the first account is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailwright.core import Core, connections, quotas
from mailwright.core.connections import Connection
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.elsewhere import NotSetUp, Opened, Server
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.storage import connections as rows

if TYPE_CHECKING:
    from mailwright.agents.assistant.inbox import Inbox
    from mailwright.agents.assistant.looks import Account, Open
    from mailwright.connectors.gmail import Gmail
    from mailwright.connectors.gmailaccounts import GmailAccounts
    from mailwright.connectors.imapaccount import ImapAccount
    from mailwright.settings import Settings


class Elsewhere:
    """See `core.connecting.AccountsService`, `agents.assistant.parts.OpenInbox` (`inbox`) and `looks.Open` (`openers`)."""

    def __init__(self, settings: Settings, core: Core) -> None:
        self._settings = settings
        self._core = core
        self._google: GmailAccounts | None = None
        self.gmail = settings.google_client_id is not None
        self.pushes = self.gmail and settings.google_pubsub_topic is not None
        self.poll: Instant = settings.connections_poll_seconds * SECOND

    # --- connecting

    def authorization(self, redirect_uri: str, state: str) -> tuple[str, str]:
        """See `AccountsService`, here and below."""
        return self._accounts().authorization(redirect_uri, state)

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Opened:
        return await self._accounts().exchange(code, verifier, redirect_uri)

    async def revoke(self, tokens: str) -> None:
        await self._accounts().revoke(tokens)

    async def try_imap(self, server: Server, password: str) -> None:
        account = self._imap(server, password)
        try:
            await account.check()
        finally:
            await account.close()

    async def close(self) -> None:
        """Let connections go."""
        if self._google is not None:
            await self._google.close()
            self._google = None

    # --- opening

    async def inbox(self, user_id: str, connection_id: str | None) -> Inbox:
        """Somebody's inbox: the mailbox here, or the account of a connection of theirs. Raises NotFound, TryLater, AuthenticationFailed."""
        if connection_id is None:
            from mailwright.agents.assistant.ours import OurInbox

            return await OurInbox.of(self._core, user_id)
        connection = await self._core.read(lambda tx: rows.by_id(tx, connection_id))
        if connection is None or connection.user_id != user_id:
            raise NotFound("the account elsewhere is not connected any more")
        if not connection.enabled:
            raise NotFound("the account elsewhere is paused")
        addresses = (_key(connection.address),)
        if connection.kind == connections.GMAIL:
            from mailwright.agents.assistant.gmailinbox import GmailInbox

            return GmailInbox(self._opened(connection), addresses)
        from mailwright.agents.assistant.imapinbox import ImapInbox

        return ImapInbox(self._of(connection), addresses)

    @property
    def openers(self) -> Mapping[str, Open]:
        """How accounts are opened to be looked at, by the kind of their connection."""
        return {connections.GMAIL: self._look_at_gmail, connections.IMAP: self._look_at_imap}

    async def _look_at_gmail(self, connection: Connection) -> Account:
        from mailwright.agents.assistant.looks_gmail import GmailLooks

        return GmailLooks(self._opened(connection), connection, full=self._settings.connections_full_look)

    async def _look_at_imap(self, connection: Connection) -> Account:
        from mailwright.agents.assistant.looks_imap import ImapLooks

        full = self._settings.connections_full_look
        return ImapLooks(self._core, connection, self._of(connection), full=full)

    def _opened(self, connection: Connection) -> Gmail:
        """The Gmail account of a connection. Raises NotSetUp, TryLater, AuthenticationFailed."""
        core, connection_id = self._core, connection.id
        quota, most = quotas.gmail_of(connection.address), self._settings.gmail_units_per_second

        async def spend(units: int) -> object:
            return await quotas.spend(core, quota, units, most)

        async def renewed(tokens: str) -> None:
            await core.write(lambda tx: connections.keep_tokens(tx, core, connection_id, tokens))

        return self._accounts().open(connections.tokens(core, connection), spend=spend, renewed=renewed)

    def _of(self, connection: Connection) -> ImapAccount:
        password = connections.tokens(self._core, connection)
        return self._imap(Server.of(connection.settings), password, whose=connection.user_id)

    def _imap(self, server: Server, password: str, *, whose: str = "") -> ImapAccount:
        from mailwright.connectors.dns import DnsResolver  # brings much with it
        from mailwright.connectors.imapaccount import ImapAccount

        allow_private = self._settings.allow_private_accounts
        return ImapAccount(server, password, DnsResolver(), whose=whose, allow_private=allow_private)

    def _accounts(self) -> GmailAccounts:
        """Raises NotSetUp."""
        settings = self._settings
        if settings.google_client_id is None or settings.google_client_secret is None:
            raise NotSetUp("Gmail cannot be connected here: MAILWRIGHT_GOOGLE_CLIENT_ID is not set")
        if self._google is None:
            from mailwright.connectors.gmailaccounts import GmailAccounts
            from mailwright.connectors.google import Google

            google = Google(
                settings.google_client_id,
                settings.google_client_secret.get_secret_value(),
                auth_url=settings.google_auth_url,
                token_url=settings.google_token_url,
                revoke_url=settings.google_revoke_url,
            )
            self._google = GmailAccounts(google, url=settings.gmail_url)
        return self._google


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()
