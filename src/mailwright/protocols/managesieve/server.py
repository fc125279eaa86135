"""The ManageSieve server: listens, counts its connections, looks for silence, and how it ends.

Started and closed by `app.py`. Expects a core whose `trail` was started, and settings that were checked.
Promises: bounded connections, in all and per client; silence has an end; `close` lets commands under way finish.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from mailwright.codecs.managesieve import responses
from mailwright.core import Core
from mailwright.protocols.managesieve.connection import Connection
from mailwright.protocols.managesieve.metrics import CONNECTIONS
from mailwright.protocols.managesieve.settings import ManageSieveSettings

BACKLOG = 128  # connections the kernel keeps for us while we are busy
LONGEST_SWEEP_SECONDS = 1.0  # how late a time-out may be noticed

GOING_DOWN = responses.response("BYE", "the server is going down, come back soon", "TRYLATER")


class ManageSieveServer:
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    def __init__(self, core: Core, settings: ManageSieveSettings) -> None:
        self.core = core
        self.settings = settings
        self.is_closing = False
        self.loop: asyncio.AbstractEventLoop
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._per_client: Counter[str] = Counter()
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Event | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken or not ours to take."""
        self.loop = asyncio.get_running_loop()
        settings = self.settings
        self._server = await self.loop.create_server(
            lambda: Connection(self), settings.host, settings.port, backlog=BACKLOG
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
        """Stop accepting, send the idle away with BYE, let commands under way finish; after `grace` seconds, cut."""
        if self._server is None:
            return
        self.is_closing = True
        self._server.close()
        self._emptied = asyncio.Event()
        for connection in list(self._connections):
            if not connection.is_busy:
                connection.hang_up(GOING_DOWN)
        if self._connections:
            try:
                async with asyncio.timeout(grace):
                    await self._emptied.wait()
            except TimeoutError:
                for connection in list(self._connections):
                    connection.abort()
                await asyncio.sleep(0)
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._server = None

    # For the connections

    def admit(self, connection: Connection) -> str | None:
        """Count a new client in, or say why not."""
        limits = self.settings.limits
        if self.is_closing:
            return "the server is going down, come back soon"
        if len(self._connections) >= limits.connections:
            return "too many connections, try again later"
        if self._per_client[connection.counted_as] >= limits.connections_per_client:
            return "too many connections from your address, try again later"
        self._connections.add(connection)
        self._per_client[connection.counted_as] += 1
        CONNECTIONS.inc()
        return None

    def forget(self, connection: Connection) -> None:
        """Its connection is lost. Says nothing when it was never counted."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        CONNECTIONS.dec()
        self._per_client[connection.counted_as] -= 1
        if not self._per_client[connection.counted_as]:
            del self._per_client[connection.counted_as]
        if self._emptied is not None and not self._connections:
            self._emptied.set()

    def _sweep(self) -> None:
        """Look for deadlines that passed. One timer for all is cheaper than one for each command."""
        now = self.loop.time()
        for connection in [each for each in self._connections if each.deadline <= now]:
            connection.give_up()
        limits = self.settings.limits
        shortest = min(limits.stranger_seconds, limits.idle_seconds)
        self._sweeper = self.loop.call_later(min(LONGEST_SWEEP_SECONDS, shortest / 4), self._sweep)
