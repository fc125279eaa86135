"""The ManageSieve server: listens, counts its connections, looks for silence, and how it ends.

Started and closed by `app.py`. Expects a core whose `trail` was started, and settings that were checked.
Promises: bounded connections, in all and per client; silence has an end; `close` lets commands under way finish.
"""

from __future__ import annotations

import asyncio

from mailwright.codecs.managesieve import responses
from mailwright.core import Core
from mailwright.protocols import listening
from mailwright.protocols.listening import Listener
from mailwright.protocols.managesieve.connection import Connection
from mailwright.protocols.managesieve.metrics import CONNECTIONS
from mailwright.protocols.managesieve.settings import ManageSieveSettings

BACKLOG = 128  # connections the kernel keeps for us while we are busy

GOING_DOWN = responses.response("BYE", listening.GOING_DOWN, "TRYLATER")


class ManageSieveServer(Listener[Connection]):
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    def __init__(self, core: Core, settings: ManageSieveSettings) -> None:
        limits = settings.limits
        super().__init__(
            CONNECTIONS,
            connections=limits.connections,
            per_client=limits.connections_per_client,
            shortest=min(limits.stranger_seconds, limits.idle_seconds),
        )
        self.core = core
        self.settings = settings

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken or not ours to take."""
        settings = self.settings
        await self.listen(
            lambda: Connection(self), settings.host, settings.port, backlog=BACKLOG, proxies=settings.proxies
        )

    def _send_idle_away(self) -> None:
        for connection in list(self._connections):
            if not connection.is_busy:
                connection.hang_up(GOING_DOWN)

    async def _cut(self) -> None:
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)
