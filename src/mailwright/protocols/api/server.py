"""Serving the application with uvicorn inside the process's own event loop.

Started and closed by `app.py`. No signal handlers (the application has its own), no access log (`frame` counts), and no trust
in what a proxy says about who is calling.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from mailwright.protocols.api.connection import Connection
from mailwright.protocols.api.upgraded import Upgraded
from mailwright.protocols.streams import Streams

BACKLOG = 1024  # connections the kernel keeps for us while we are busy
IDLE_SECONDS = 30  # an open connection without a request is closed after this
MAX_CONNECTIONS = 2000  # at once; more are answered 503
MAX_MESSAGE_OCTETS = 10_000_000  # of a WebSocket: JMAP's maxSizeRequest
PING_SECONDS = 30.0  # how often a WebSocket is asked whether anybody is there, and how long it may take to answer


class HttpServer:
    """One port. `await start()`, then `port` is known; `await close()` ends it politely, `streams` first."""

    def __init__(self, app: ASGIApp, host: str, port: int, streams: Streams | None = None) -> None:
        self._app = app
        self._streams = streams
        self._host = host
        self._wanted = port
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = port

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken or the address is not ours."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server(
            (self._host, self._wanted), family=family, backlog=BACKLOG, dualstack_ipv6=self._host == "::"
        )
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http=Connection,
            ws=Upgraded,
            ws_max_size=MAX_MESSAGE_OCTETS,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=False,  # memory for every connection, and a small message may become a large one
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            backlog=BACKLOG,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve([listener]), name="http")
        while not self._server.started:
            if self._serving.done():
                listener.close()
                self._serving.result()
                raise OSError(f"HTTP did not start on {self._host} port {self._wanted}")
            await asyncio.sleep(0.005)

    async def close(self, grace: float = 10) -> None:
        """Take no new connections, let requests under way finish; after `grace` seconds, cut."""
        if self._server is None or self._serving is None:
            return
        if self._streams is not None:
            self._streams.close()  # they would go on for ever
        self._server.config.timeout_graceful_shutdown = max(1, int(grace))
        self._server.should_exit = True
        try:
            await asyncio.wait_for(asyncio.shield(self._serving), grace + 1)
        except TimeoutError:
            self._server.force_exit = True
            await self._serving
        self._server = self._serving = None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
