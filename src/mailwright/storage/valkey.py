"""Valkey (or Redis 7): where processes on many machines meet besides the database. The connection, and nothing about what it is for.

Used by `streams`, `sharedlimits` and `sharedstates`. The library is imported when the first connection is made.
Promises: no call takes longer than SECONDS (blocking reads: plus the time they asked for); whatever goes wrong is `ValkeyAway`, a
TryLater, and for a moment after it nobody asks again, so that a server that hangs costs each request nothing. Its state is never
the only place of anything: every caller has another way while it is away. The URL holds a password and is never shown.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import structlog
from prometheus_client import Gauge

from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)

T = TypeVar("T")

SECONDS = 2.0  # to connect, and to answer
BLOCK_SECONDS = 0.5  # how long one blocking read waits; whoever stops waits no longer for it
PAUSE_SECONDS = (0.5, 8.0)  # after a failure, before it is asked again: the first, and the longest
_LOST = ("NOGROUP", "UNBLOCKED")  # it answers well, but what was asked about has just gone
SCHEMES = ("valkey", "valkeys", "redis", "rediss")
ENCRYPTED = ("valkeys", "rediss")
_TLS_WORDS = {
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_check_hostname",
}  # what a URL may say of it behind `?`

up = Gauge("mailwright_valkey_up", "Whether Valkey answers (1) or is away (0); absent where none is used.")


class ValkeyAway(TryLater):
    """It cannot be asked now."""


class Valkey:
    """One server (or the address of whichever is the primary), for one event loop and, by `ask_now`, for threads."""

    def __init__(self, url: str, prefix: str, *, seconds: float = SECONDS) -> None:
        self._url = url
        self.prefix = prefix
        self._seconds = seconds
        self._client: Any = None
        self._blocking: Any = None
        self._sync: Any = None
        self._again_at = self._pause = 0.0
        self._well = True

    def key(self, *parts: str) -> str:
        """The name of something of ours."""
        return ":".join((self.prefix, *parts))

    @property
    def away(self) -> bool:
        """Whether it failed a moment ago: then nobody asks."""
        return time.monotonic() < self._again_at

    @property
    def well(self) -> bool:
        """Whether the last answer was one."""
        return self._well

    @property
    def client(self) -> Any:
        """The library's asyncio client, for what speaks to it itself (`limits`); errors are then its own."""
        if self._client is None:
            from valkey import asyncio as library

            self._client = library.Valkey.from_url(self._url, **self._options(self._seconds))
        return self._client

    async def ask(self, function: Callable[[Any], Awaitable[T]]) -> T:
        """What `function` gets from the client. Raises ValkeyAway."""
        self._refuse_while_away()
        return await self._settled(function(self.client))

    async def wait(self, function: Callable[[Any], Awaitable[T]]) -> T:
        """`ask` for reads that block for BLOCK_SECONDS at most. Raises ValkeyAway."""
        self._refuse_while_away()
        if self._blocking is None:
            from valkey import asyncio as library

            self._blocking = library.Valkey.from_url(self._url, **self._options(self._seconds + BLOCK_SECONDS))
        return await self._settled(function(self._blocking))

    def ask_now(self, function: Callable[[Any], T]) -> T:
        """`ask` for threads that may block. Raises ValkeyAway."""
        from valkey import Valkey as Client
        from valkey.exceptions import ValkeyError

        self._refuse_while_away()
        if self._sync is None:
            self._sync = Client.from_url(self._url, **self._options(self._seconds))
        try:
            found = function(self._sync)
        except (ValkeyError, OSError) as error:
            if _is_replica(error):
                self._sync.connection_pool.disconnect(inuse_connections=False)
            raise self.failed(error) from None
        self.answered()
        return found

    async def ping(self) -> float:
        """How many seconds an answer takes. Raises ValkeyAway."""
        began = time.perf_counter()
        await self.ask(lambda client: client.ping())
        return time.perf_counter() - began

    async def close(self) -> None:
        """Let go of every connection."""
        for client in (self._client, self._blocking):
            if client is not None:
                await client.aclose(close_connection_pool=True)
        if self._sync is not None:
            self._sync.close()
        self._client = self._blocking = self._sync = None

    def answered(self) -> None:
        """It did."""
        if not self._well:
            log.info("valkey.back")
        self._well, self._pause, self._again_at = True, 0.0, 0.0
        up.set(1)

    def failed(self, error: BaseException) -> ValkeyAway:
        """It did not: told once, and what to raise."""
        # What the library says of a connection names host and port, and of a command its words: neither holds a password.
        said = f"{type(error).__name__}: {error}"[:300]
        if self._well:
            log.warning("valkey.away", error=said)
        self._well = False
        if not self.away:  # else it is one of many that asked at the same time
            self._pause = min(max(2 * self._pause, PAUSE_SECONDS[0]), PAUSE_SECONDS[1])
            self._again_at = time.monotonic() + self._pause
        up.set(0)
        return ValkeyAway(f"Valkey cannot be asked now: {said}")

    def _refuse_while_away(self) -> None:
        if self.away:
            raise ValkeyAway("Valkey was away a moment ago")

    async def _settled(self, question: Awaitable[T]) -> T:
        from valkey.exceptions import ResponseError, ValkeyError

        try:
            found = await question
        except ResponseError as error:
            if str(error).startswith(_LOST):
                raise ValkeyAway("a stream was lost") from None
            if _is_replica(error):
                await self._leave()
            raise self.failed(error) from None
        except (ValkeyError, OSError, TimeoutError) as error:
            raise self.failed(error) from None
        self.answered()
        return found

    async def _leave(self) -> None:
        """Whoever was the primary keeps its connections when it hands over: the next ones are made anew, to the one of now."""
        from valkey.exceptions import ValkeyError

        for client in (self._client, self._blocking):
            if client is not None:
                with contextlib.suppress(ValkeyError, OSError):
                    await client.connection_pool.disconnect(inuse_connections=False)

    def _options(self, seconds: float) -> dict[str, Any]:
        # The library alone would take any certificate that an authority it knows gave to anybody.
        named = {"ssl_check_hostname": True} if urlsplit(self._url).scheme in ENCRYPTED else {}
        return named | {
            "decode_responses": True,
            "socket_timeout": seconds,
            "socket_connect_timeout": self._seconds,
            "socket_keepalive": True,
            "health_check_interval": 30,
        }


def _is_replica(error: Exception) -> bool:
    from valkey.exceptions import ReadOnlyError

    return isinstance(error, ReadOnlyError)


def why_not(url: str) -> str | None:
    """What is wrong with a URL, in words that quote nothing of it; None when nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its port is no number, or its host cannot be read; what is special in its password has to be percent-encoded"
    if parts.scheme not in SCHEMES:
        return f"it begins with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}"
    if not parts.hostname or port == 0:
        return "it names no host"
    if parts.path.strip("/") and not parts.path.strip("/").isdigit():
        return "behind the host stands the number of a database or nothing"
    if set(parse_qs(parts.query, keep_blank_values=True)) - (_TLS_WORDS if parts.scheme in ENCRYPTED else set()):
        return f"behind ? stand {', '.join(sorted(_TLS_WORDS))} (of valkeys://) or nothing"
    return None
