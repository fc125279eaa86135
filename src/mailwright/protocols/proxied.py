"""Listening behind load balancers that say by the PROXY protocol who the client is: SPF, limits and the audit trail need its address.

Used by `listening.Listener` where the settings name such balancers. Every connection from one of them begins with a header, before TLS
even; every other connection is a client's own, and a header from there is garbage like any other (PROXY protocol §2: never guessed).
Promises: the header has a time limit and a size; while it is read nothing else waits; nothing behind it is lost. Who is silent inside
its TLS handshake takes a place of its own from nobody else: handshakes are bounded, in all and per client, apart from headers.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from mailwright.codecs.proxyheader import GarbledHeader, client_of, wanted
from mailwright.domain.peers import customer, plain

HEADER_SECONDS = 5.0  # PROXY protocol §2: at least three, for a segment that was lost
MOST_READING = 1000  # connections whose header is being read
PAUSE_SECONDS = 0.5  # when the process has no file numbers left

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Peer = tuple[str, int]
log = structlog.get_logger("mailwright.proxied")


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """From settings, which are checked already."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in names)


class ProxiedServer:
    """Takes connections and hands them on; to its user it is as `asyncio.Server`. `clients` has who is behind a balancer's socket.

    `connections` and `per_client` are the most that may be handed on at once, a TLS handshake with each.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        listening: socket.socket,
        proxies: Sequence[Network],
        *,
        tls: ssl.SSLContext | None,
        handshake_seconds: float | None,
        connections: int,
        per_client: int,
    ) -> None:
        self.clients: dict[Peer, str] = {}
        self._factory = factory
        self._listening = listening
        self._proxies = proxies
        self._tls = tls
        self._handshake_seconds = None if tls is None else handshake_seconds
        self._most = connections
        self._most_per_client = per_client
        self._reading: set[asyncio.Task[None]] = set()
        self._handing: set[asyncio.Task[None]] = set()  # for as long as a handshake takes
        self._per_client: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._accepting = self._loop.create_task(self._accept(), name="proxied")

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """Where it listens."""
        return (self._listening,)

    def close(self) -> None:
        """Take no more connections; those that were handed on live on."""
        self._accepting.cancel()
        for task in self._reading | self._handing:
            task.cancel()
        self._listening.close()

    async def _accept(self) -> None:
        while True:
            try:
                client, peer = await self._loop.sock_accept(self._listening)
            except OSError as error:
                log.warning("proxied.accept_failed", error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if len(self._reading) >= MOST_READING:
                client.close()
                continue
            task = self._loop.create_task(self._take(client, (str(peer[0]), int(peer[1]))))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
            task.add_done_callback(self._handing.discard)

    async def _take(self, client: socket.socket, peer: Peer) -> None:
        try:
            client.setblocking(False)
            if self._is_proxy(peer[0]):
                async with asyncio.timeout(HEADER_SECONDS):
                    found = await self._read(client)
                if found is not None:
                    self.clients[peer] = found
            await self._hand_on(client, customer(self.clients.get(peer, peer[0])))
        except GarbledHeader as garbled:
            log.warning("proxied.no_header", balancer=peer[0], because=str(garbled))
            client.close()
        except (OSError, TimeoutError):  # gone, too slow, or no TLS
            client.close()
        except BaseException:
            client.close()
            raise
        finally:
            self.clients.pop(peer, None)

    async def _hand_on(self, client: socket.socket, counted_as: str) -> None:
        """To whoever speaks with it, after its handshake. Too many are hung up on: there is nothing to say before TLS."""
        task = asyncio.current_task()
        assert task is not None  # we are in one
        self._reading.discard(task)
        if len(self._handing) >= self._most or self._per_client[counted_as] >= self._most_per_client:
            client.close()
            return
        self._handing.add(task)
        self._per_client[counted_as] += 1
        try:
            await self._loop.connect_accepted_socket(
                self._factory, client, ssl=self._tls, ssl_handshake_timeout=self._handshake_seconds
            )
        finally:
            self._per_client[counted_as] -= 1
            if not self._per_client[counted_as]:
                del self._per_client[counted_as]

    def _is_proxy(self, address: str) -> bool:
        with contextlib.suppress(ValueError):
            found = ipaddress.ip_address(plain(address).partition("%")[0])
            return any(found in network for network in self._proxies)
        return False

    async def _read(self, client: socket.socket) -> str | None:
        received = b""
        while (more := wanted(received)) > 0:
            piece = await self._loop.sock_recv(client, more)
            if not piece:  # a balancer that only looks whether somebody listens
                raise ConnectionResetError
            received += piece
        return client_of(received)


def listening_socket(host: str, port: int, backlog: int) -> socket.socket:
    """A socket to accept from. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=backlog, dualstack_ipv6=host == "::")
    listening.setblocking(False)
    return listening
