"""A listening server for SMTP, LMTP or submission: who is connected, for how long, and how it ends.

Started and closed by `app.py`, one for each port. Expects an `Entrance` to core and settings that were checked.
Promises: bounded connections, in all and per client; silence has an end; `close` lets messages that are being accepted
finish.
"""

import asyncio

from mailwright.codecs.smtp import Reply, ServerSession
from mailwright.protocols.listening import Listener
from mailwright.protocols.smtp import replies
from mailwright.protocols.smtp.connection import Connection
from mailwright.protocols.smtp.entrance import Entrance
from mailwright.protocols.smtp.metrics import CONNECTIONS
from mailwright.protocols.smtp.settings import Kind, SmtpSettings

BACKLOG = 1024  # connections the kernel keeps for us while we are busy
_NAMES: dict[Kind, str] = {"smtp": "ESMTP", "lmtp": "LMTP", "submission": "ESMTP submission"}


class MailServer(Listener[Connection]):
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    def __init__(self, kind: Kind, entrance: Entrance, settings: SmtpSettings) -> None:
        limits = settings.limits
        super().__init__(
            CONNECTIONS[kind],
            connections=limits.connections,
            per_client=limits.connections_per_client,
            shortest=min(limits.command_seconds, limits.data_stall_seconds, limits.data_seconds),
        )
        self.kind = kind
        self.entrance = entrance
        self.settings = settings
        self.offer = settings.offer(kind, loopback=False)
        self.local_offer = settings.offer(kind, loopback=True)
        self.greeting = ServerSession(self.offer).greeting(f"{_NAMES[kind]} Mailwright")
        self.held = 0  # octets of all messages that are coming in

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken or not ours to take."""
        settings = self.settings
        await self.listen(
            lambda: Connection(self),
            settings.host,
            settings.port,
            backlog=BACKLOG,
            tls=settings.tls if settings.implicit_tls else None,
            handshake_seconds=settings.limits.handshake_seconds,
            proxies=settings.proxies,
        )

    def _send_idle_away(self) -> None:
        for connection in list(self._connections):
            if not connection.is_busy:
                connection.hang_up(replies.SHUTTING_DOWN)

    async def _cut(self) -> None:
        left = list(self._connections)
        for connection in left:
            connection.hang_up(replies.SHUTTING_DOWN)
        await asyncio.sleep(0)  # let the last words out
        for connection in left:
            connection.abort()
        await asyncio.sleep(0)

    # For the connections

    def admit(self, connection: Connection) -> Reply | None:
        """Count a new client in, or say why not."""
        reason = self.count_in(connection)
        if reason is None:
            return None
        return replies.SHUTTING_DOWN if self.is_closing else Reply(421, "4.7.0", reason)

    def make_room(self) -> None:
        """The messages that are coming in are too much together: the largest is given up, until they are not.

        Not the one whose octets came last: a few clients that send much and then nothing would keep everybody else's mail out.
        """
        while self.held > self.settings.limits.messages_octets:
            largest = max(self._connections, key=lambda each: each.held)
            before = self.held
            largest.give_up_message()
            if self.held == before:
                return  # the rest is being accepted already
