"""The IMAP server: listens, counts its connections, looks for silence, and how it ends.

Started and closed by `app.py`, one for each port. Expects a core whose `changes` and `trail` were started, and settings that were
checked. Promises: bounded connections, in all and per client; silence has an end; `close` lets commands under way finish.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog

from mailwright.codecs.imap import Limits, responses
from mailwright.core import Core, mailboxes
from mailwright.domain.refusals import Refusal
from mailwright.protocols.imap import metrics
from mailwright.protocols.imap.commands import HANDLERS
from mailwright.protocols.imap.commands.capability import capabilities
from mailwright.protocols.imap.connection import Connection
from mailwright.protocols.imap.settings import ImapSettings

BACKLOG = 1024  # connections the kernel keeps for us while we are busy
LONGEST_SWEEP_SECONDS = 1.0  # how late a time-out may be noticed
CUT_SECONDS = 2.0  # for commands whose client was cut off to notice it

log = structlog.get_logger("mailwright.imap")


class ImapServer:
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    handlers = HANDLERS

    def __init__(self, core: Core, settings: ImapSettings) -> None:
        self.core = core
        self.settings = settings
        append = max(settings.max_message, settings.limits.append_octets)
        self.session_limits = Limits(message=settings.max_message, append=append)
        self.is_closing = False
        self.held = 0  # octets of all commands that are coming in
        self.loop: asyncio.AbstractEventLoop
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._per_client: Counter[str] = Counter()
        self._removed = False  # a mailbox was, and may not be empty
        self._emptying: asyncio.Task[None] | None = None
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
        """Stop accepting, send the idle away with BYE, let commands under way finish; after `grace` seconds, cut."""
        if self._server is None:
            return
        self.is_closing = True
        self._server.close()
        self._emptied = asyncio.Event()
        for connection in list(self._connections):
            if connection.task is None:
                connection.hang_up(_GOING_DOWN)
        if self._connections:
            try:
                async with asyncio.timeout(grace):
                    await self._emptied.wait()
            except TimeoutError:
                await self._cut()
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._emptying is not None:
            self._emptying.cancel()
            await asyncio.gather(self._emptying, return_exceptions=True)
        self._server = None

    async def _cut(self) -> None:
        left = list(self._connections)
        tasks = [connection.task for connection in left if connection.task is not None]
        for connection in left:
            connection.hang_up(_GOING_DOWN)
        await asyncio.sleep(0)  # let the last words out
        for connection in left:
            connection.abort()
        if tasks:
            _, running = await asyncio.wait(tasks, timeout=CUT_SECONDS)
            for task in running:
                task.cancel()
        await asyncio.sleep(0)

    # For the connections

    def greeting(self, connection: Connection) -> bytes:
        """The first line, with what is offered at this point (RFC 9051 §7.1.1)."""
        code = responses.capability_code(capabilities(connection))
        return responses.untagged("OK", "Mailwright is ready", code=code)

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
        metrics.CONNECTIONS.inc()
        return None

    def forget(self, connection: Connection) -> None:
        """Its connection is lost. Says nothing when it was never counted."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        metrics.CONNECTIONS.dec()
        self._per_client[connection.counted_as] -= 1
        if not self._per_client[connection.counted_as]:
            del self._per_client[connection.counted_as]
        if self._emptied is not None and not self._connections:
            self._emptied.set()

    def make_room(self) -> None:
        """The commands that are coming in are too much together: the largest is given up, until they are not."""
        while self.held > self.settings.limits.held_octets:
            largest = max(self._connections, key=lambda each: each.held)
            before = self.held
            largest.hang_up(responses.untagged("BYE", "there is no room for this now, come back later", code="LIMIT"))
            if self.held == before:
                return

    def empty_removed(self) -> None:
        """A mailbox was removed: take what it still holds away, without anybody waiting. What fails is done at night."""
        self._removed = True
        if self._emptying is None:
            self._emptying = self.loop.create_task(self._empty_removed())

    async def _empty_removed(self) -> None:
        try:
            while self._removed:
                self._removed = False
                await mailboxes.empty_removed(self.core)
        except Refusal as refusal:
            log.warning("imap removed mailboxes wait", reason=str(refusal))
        except Exception:
            log.exception("imap removed mailboxes broke")
        finally:
            self._emptying = None

    def _sweep(self) -> None:
        """Look for deadlines that passed. One timer for all is cheaper than one for each command."""
        now = self.loop.time()
        for connection in [each for each in self._connections if each.deadline <= now]:
            connection.give_up()
        limits = self.settings.limits
        shortest = min(limits.stranger_seconds, limits.idle_seconds, limits.stall_seconds)
        self._sweeper = self.loop.call_later(min(LONGEST_SWEEP_SECONDS, shortest / 4), self._sweep)


_GOING_DOWN = responses.untagged("BYE", "the server is going down, come back soon", code="UNAVAILABLE")
