"""The IMAP server: listens, counts its connections, looks for silence, and how it ends.

Started and closed by `app.py`, one for each port. Expects a core whose `changes` and `trail` were started, and settings that were
checked. Promises: bounded connections, in all and per client; silence has an end; `close` lets commands under way finish.
"""

from __future__ import annotations

import asyncio

import structlog

from mailwright.codecs.imap import Limits, responses
from mailwright.core import Core, mailboxes
from mailwright.domain.refusals import Refusal
from mailwright.protocols.imap import metrics
from mailwright.protocols.imap.commands import HANDLERS
from mailwright.protocols.imap.commands.capability import capabilities
from mailwright.protocols.imap.connection import Connection
from mailwright.protocols.imap.settings import ImapSettings
from mailwright.protocols.listening import GOING_DOWN, Listener

BACKLOG = 1024  # connections the kernel keeps for us while we are busy
CUT_SECONDS = 2.0  # for commands whose client was cut off to notice it

log = structlog.get_logger("mailwright.imap")


class ImapServer(Listener[Connection]):
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    handlers = HANDLERS

    def __init__(self, core: Core, settings: ImapSettings) -> None:
        limits = settings.limits
        super().__init__(
            metrics.CONNECTIONS,
            connections=limits.connections,
            per_client=limits.connections_per_client,
            shortest=min(limits.stranger_seconds, limits.idle_seconds, limits.stall_seconds),
        )
        self.core = core
        self.settings = settings
        append = max(settings.max_message, settings.limits.append_octets)
        self.session_limits = Limits(message=settings.max_message, append=append)
        self.held = 0  # octets of all commands that are coming in
        self._removed = False  # a mailbox was, and may not be empty
        self._emptying: asyncio.Task[None] | None = None

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

    async def close(self, grace: float = 20.0) -> None:
        """See `Listener`; what still empties removed mailboxes goes on at night."""
        await super().close(grace)
        if self._emptying is not None:
            self._emptying.cancel()
            await asyncio.gather(self._emptying, return_exceptions=True)

    def _send_idle_away(self) -> None:
        for connection in list(self._connections):
            if connection.task is None:
                connection.hang_up(_GOING_DOWN)

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


_GOING_DOWN = responses.untagged("BYE", GOING_DOWN, code="UNAVAILABLE")
