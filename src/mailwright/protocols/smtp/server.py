"""A listening server for SMTP, LMTP or submission: who is connected, for how long, and how it ends.

Started and closed by `app.py`, one for each port. Expects an `Entrance` to core and settings that were checked.
Promises: bounded connections, in all and per client; silence has an end; `close` lets messages that are being accepted
finish.
"""

import asyncio
from collections import Counter

from mailwright.codecs.smtp import Reply, ServerSession
from mailwright.protocols.smtp import replies
from mailwright.protocols.smtp.connection import Connection
from mailwright.protocols.smtp.entrance import Entrance
from mailwright.protocols.smtp.metrics import CONNECTIONS
from mailwright.protocols.smtp.settings import Kind, SmtpSettings

BACKLOG = 1024  # connections the kernel keeps for us while we are busy
LONGEST_SWEEP_SECONDS = 1.0  # how late a time-out may be noticed
_NAMES: dict[Kind, str] = {"smtp": "ESMTP", "lmtp": "LMTP", "submission": "ESMTP submission"}


class MailServer:
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    def __init__(self, kind: Kind, entrance: Entrance, settings: SmtpSettings) -> None:
        self.kind = kind
        self.entrance = entrance
        self.settings = settings
        self.offer = settings.offer(kind, loopback=False)
        self.local_offer = settings.offer(kind, loopback=True)
        self.greeting = ServerSession(self.offer).greeting(f"{_NAMES[kind]} Mailwright")
        self.is_closing = False
        self.held = 0  # octets of all messages that are coming in
        self.loop: asyncio.AbstractEventLoop
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._per_client: Counter[str] = Counter()
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Event | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken or not ours to take."""
        settings = self.settings
        self.loop = asyncio.get_running_loop()
        self._server = await self.loop.create_server(
            lambda: Connection(self),
            settings.host,
            settings.port,
            backlog=BACKLOG,
            ssl=settings.tls if settings.implicit_tls else None,
            ssl_handshake_timeout=settings.limits.handshake_seconds if settings.implicit_tls else None,
        )
        self._sweep()

    @property
    def port(self) -> int:
        """Where it listens. Raises RuntimeError before `start`."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the server is not listening")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def close(self, grace: float = 20.0) -> None:
        """Stop accepting, send the idle away with 421 4.3.2, let messages under way finish; after `grace` seconds, cut."""
        if self._server is None:
            return
        self.is_closing = True
        self._server.close()
        self._emptied = asyncio.Event()
        for connection in list(self._connections):
            if not connection.is_busy:
                connection.hang_up(replies.SHUTTING_DOWN)
        if self._connections:
            try:
                async with asyncio.timeout(grace):
                    await self._emptied.wait()
            except TimeoutError:
                await self._cut()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._server = None

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
        limits = self.settings.limits
        if self.is_closing:
            return replies.SHUTTING_DOWN
        if len(self._connections) >= limits.connections:
            return Reply(421, "4.7.0", "too many connections, try again later")
        if self._per_client[connection.counted_as] >= limits.connections_per_client:
            return Reply(421, "4.7.0", "too many connections from your address, try again later")
        self._connections.add(connection)
        self._per_client[connection.counted_as] += 1
        CONNECTIONS[self.kind].inc()
        return None

    def forget(self, connection: Connection) -> None:
        """Its connection is lost. Says nothing when it was never counted."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        CONNECTIONS[self.kind].dec()
        self._per_client[connection.counted_as] -= 1
        if not self._per_client[connection.counted_as]:
            del self._per_client[connection.counted_as]
        if self._emptied is not None and not self._connections:
            self._emptied.set()

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

    def _sweep(self) -> None:
        """Look for deadlines that passed. One timer for all is cheaper than one for each command."""
        now = self.loop.time()
        for connection in [each for each in self._connections if each.deadline <= now]:
            connection.give_up()
        limits = self.settings.limits
        shortest = min(limits.command_seconds, limits.data_stall_seconds, limits.data_seconds)
        self._sweeper = self.loop.call_later(min(LONGEST_SWEEP_SECONDS, shortest / 4), self._sweep)
