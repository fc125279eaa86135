"""Asking web servers whose addresses strangers chose: those of the public Internet, and never a machine inside.

Used by the connectors that fetch what a mail or a user named (`pictures`, `webpush`), or what an identity provider of a tenant says
of itself (`jwks`, `signon`).
Promises: only public addresses are connected to (unless that is allowed), by the very address that was looked at (a name cannot answer
twice), with the certificate of the name; redirects are not followed, nothing is kept between two requests, no URL is logged.
Does not: bound what an answer may hold or take (the caller does), or judge schemes and ports.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from typing import Protocol

import httpx

from mailwright.connectors.dns import ascii_domain
from mailwright.connectors.smtp import is_outside
from mailwright.domain.sending import SendFailure

MAX_PORT = 65_535
MAX_ADDRESSES = 3  # of one host, tried one after the other


class Resolver(Protocol):
    """What we ask of DNS; `connectors.dns.DnsResolver` is one."""

    async def addresses(self, host: str) -> Sequence[str]:
        """IPv4 and IPv6 addresses in text form. Raises SendFailure when nobody answers."""


class Unreachable(Exception):
    """There is no answer; the text says why, without the address that was asked for."""


class PublicWeb:
    """`allow_private` lets it connect to addresses inside; `tls` is for tests, whose servers have certificates of their own."""

    def __init__(
        self, resolver: Resolver, *, seconds: float, allow_private: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self._resolver = resolver
        self._seconds = seconds
        self._allow_private = allow_private
        self._tls = tls
        self._transport: httpx.AsyncHTTPTransport | None = None

    async def ask(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        """The answer, whose body is not read yet and which the caller closes. Raises Unreachable."""
        if url.port is not None and not 0 < url.port <= MAX_PORT:
            raise Unreachable("there is no such port")
        failure = Unreachable("the host has no address")
        for address in (await self._addresses(url.host))[:MAX_ADDRESSES]:
            transport = await self._ready()
            request = httpx.Request(
                method,
                url.copy_with(host=address, username=None, password=None, fragment=None),
                content=content,
                headers={**headers, "Host": url.netloc.decode("ascii").rpartition("@")[2]},
                extensions={
                    "sni_hostname": url.raw_host.decode("ascii"),  # whose certificate it must be, too
                    "timeout": httpx.Timeout(self._seconds).as_dict(),
                },
            )
            try:
                return await transport.handle_async_request(request)
            except (httpx.HTTPError, OSError) as error:
                failure = Unreachable(f"the host cannot be reached ({type(error).__name__})")
        raise failure

    async def close(self) -> None:
        """Let go of everything."""
        if self._transport is not None:
            await self._transport.aclose()

    async def _addresses(self, host: str) -> list[str]:
        try:
            found = [str(ipaddress.ip_address(host.strip("[]")))]
        except ValueError:
            try:
                found = list(await self._resolver.addresses(ascii_domain(host)))
            except SendFailure as failure:
                raise Unreachable(failure.text) from None
        outside = [address for address in found if self._allow_private or is_outside(address)]
        if found and not outside:
            raise Unreachable("the host has an address that is not on the Internet")
        return outside

    async def _ready(self) -> httpx.AsyncHTTPTransport:
        """httpx without its client, which writes every URL into the log."""
        if self._transport is None:
            tls = self._tls
            if tls is None:
                # Reading the authorities takes long enough to be felt by everybody else in the event loop.
                tls = await asyncio.to_thread(ssl.create_default_context)
            if self._transport is None:
                self._transport = httpx.AsyncHTTPTransport(
                    verify=tls,
                    trust_env=False,  # a proxy of the environment would look names up again
                    # Each connection is for one name: kept ones are told apart by their address only.
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                )
        return self._transport


class PublicTransport(httpx.AsyncBaseTransport):
    """The same as the way of an httpx client, by TLS only. Its requests raise Unreachable, too."""

    def __init__(self, web: PublicWeb) -> None:
        self._web = web

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `PublicWeb.ask`."""
        if request.url.scheme != "https":
            raise Unreachable("the address does not begin with https")
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        return await self._web.ask(request.method, request.url, headers, await request.aread() or None)

    async def aclose(self) -> None:
        """Let go of everything."""
        await self._web.close()
