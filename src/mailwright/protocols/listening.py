"""Listening on a port: who is connected, for how long, and how it ends. What every server of ours has in common.

The SMTP, IMAP and ManageSieve servers are `Listener`s; each brings its connections and its last words.
Promises: bounded connections, in all and per client; silence has an end; `close` lets what is under way finish.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from prometheus_client import Gauge

from mailwright.domain.peers import plain
from mailwright.protocols.proxied import Network, ProxiedServer, listening_socket

LONGEST_SWEEP_SECONDS = 1.0  # how late a time-out may be noticed
GOING_DOWN = "the server is going down, come back soon"


class Guest(Protocol):
    """A connection, as far as its server looks after it. `deadline` is on the loop's clock."""

    deadline: float

    @property
    def counted_as(self) -> str:
        """Whose connection this is."""

    def give_up(self) -> None:
        """The deadline has passed."""


G = TypeVar("G", bound=Guest)


class Listener(Generic[G]):
    """One port. `connections` and `per_client` are the most there may be, `shortest` the shortest time-out in seconds."""

    def __init__(self, gauge: Gauge, *, connections: int, per_client: int, shortest: float) -> None:
        self.is_closing = False
        self.loop: asyncio.AbstractEventLoop
        self._gauge = gauge
        self._most = connections
        self._most_per_client = per_client
        self._sweep_seconds = min(LONGEST_SWEEP_SECONDS, shortest / 4)
        self._server: asyncio.Server | ProxiedServer | None = None
        self._connections: set[G] = set()
        self._per_client: Counter[str] = Counter()
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Event | None = None

    async def listen(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        *,
        backlog: int,
        tls: ssl.SSLContext | None = None,
        handshake_seconds: float | None = None,
        proxies: Sequence[Network] = (),
    ) -> None:
        """Listen; `tls`: inside TLS from the first octet. `proxies` say in front of each connection who it is of.

        Raises OSError when the port is taken or not ours to take.
        """
        self.loop = asyncio.get_running_loop()
        if proxies:
            accepting = listening_socket(host, port, backlog)
            self._server = ProxiedServer(
                factory,
                accepting,
                proxies,
                tls=tls,
                handshake_seconds=handshake_seconds,
                connections=self._most,
                per_client=self._most_per_client,
            )
        else:
            self._server = await self.loop.create_server(
                factory,
                host,
                port,
                backlog=backlog,
                ssl=tls,
                ssl_handshake_timeout=None if tls is None else handshake_seconds,
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
        """Stop accepting, send the idle away with a last word, let what is under way finish; after `grace` seconds, cut."""
        if self._server is None:
            return
        self.is_closing = True
        self._server.close()
        self._emptied = asyncio.Event()
        self._send_idle_away()
        if self._connections:
            try:
                async with asyncio.timeout(grace):
                    await self._emptied.wait()
            except TimeoutError:
                await self._cut()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._server = None

    def _send_idle_away(self) -> None:
        """Say a last word to everybody for whom nothing is under way."""
        raise NotImplementedError

    async def _cut(self) -> None:
        """End what did not finish in time."""
        raise NotImplementedError

    def address_of(self, transport: asyncio.BaseTransport) -> str:
        """Who is at the other end, while its connection is being made: the client's address, whoever is between us."""
        peer = transport.get_extra_info("peername")
        if not peer:
            return "unknown"
        behind = self._server.clients.get((peer[0], peer[1])) if isinstance(self._server, ProxiedServer) else None
        return plain(str(behind or peer[0]))

    def count_in(self, connection: G) -> str | None:
        """Count a new client in, or say why not."""
        if self.is_closing:
            return GOING_DOWN
        if len(self._connections) >= self._most:
            return "too many connections, try again later"
        if self._per_client[connection.counted_as] >= self._most_per_client:
            return "too many connections from your address, try again later"
        self._connections.add(connection)
        self._per_client[connection.counted_as] += 1
        self._gauge.inc()
        return None

    def forget(self, connection: G) -> None:
        """Its connection is lost. Says nothing when it was never counted."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        self._gauge.dec()
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
        self._sweeper = self.loop.call_later(self._sweep_seconds, self._sweep)
