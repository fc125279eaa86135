"""The bytes of one connection: what is to be written, how fast it may be read, TLS, compression, and the end.

The lower half of `Connection`, which gives meaning to what is received. An asyncio Protocol rather than streams: an idle client
costs a few small objects and no task. Promises: bounded memory in both directions, whatever the peer does or leaves undone.
"""

from __future__ import annotations

import asyncio
from typing import cast

from mailwright.protocols.imap.compression import Deflate, GarbledStream
from mailwright.protocols.imap.settings import ImapLimits, ImapSettings

LINGER_SECONDS = 3.0  # after our last word the client may still be talking; closing at once would lose it that word
LINGER_OCTETS = 4 * 1024 * 1024  # and this much of what it says is read and thrown away
PIECE_OCTETS = 256 * 1024  # written at once: other connections get their turn in between
NEVER = float("inf")


class Wire(asyncio.Protocol):
    """One socket. `deadline` is on the loop's clock, and the server looks every second."""

    __slots__ = (
        "_deflate",
        "_ended",
        "_inflating",
        "_lingering",
        "_out",
        "_out_octets",
        "_over",
        "_paused",
        "_transport",
        "_waiter",
        "deadline",
        "limits",
        "loop",
        "secured",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: ImapLimits) -> None:
        self.loop = loop
        self.limits = limits
        self.secured = False
        self.deadline = NEVER
        self._transport: asyncio.Transport | None = None
        self._deflate: Deflate | None = None
        self._inflating = False  # the rest of what was received waits for its turn
        self._out: list[bytes] = []
        self._out_octets = 0
        self._waiter: asyncio.Future[None] | None = None  # there while the client does not read
        self._paused = False  # we stopped reading
        self._ended = False  # the client will send no more
        self._over = False  # our last word is said
        self._lingering = 0  # octets we still throw away after our last word

    # What the upper half makes of it

    def taken(self, data: bytes) -> None:
        """Octets arrived, after TLS and compression."""
        raise NotImplementedError

    def is_full(self) -> bool:
        """Has more arrived than may be kept, while a command runs?"""
        raise NotImplementedError

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.secured = transport.get_extra_info("ssl_object") is not None
        self._transport.set_write_buffer_limits(self.limits.write_ahead_octets)

    def data_received(self, data: bytes) -> None:
        if self._over:
            self._lingering -= len(data)
            if self._lingering <= 0:
                self.abort()
        elif self._deflate is None:
            self.taken(data)
            self.mind_reading()
        else:
            self._deflate.receive(data)
            self._inflate()

    def eof_received(self) -> bool:
        self._ended = True
        return False

    def pause_writing(self) -> None:
        if self._waiter is None:
            self._waiter = self.loop.create_future()

    def resume_writing(self) -> None:
        if self._waiter is not None:
            if not self._waiter.done():
                self._waiter.set_result(None)
            self._waiter = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.deadline = NEVER
        self._out.clear()
        self.resume_writing()

    # Writing

    @property
    def is_lost(self) -> bool:
        """Nobody is there any more."""
        return self._transport is None

    def send(self, *data: bytes) -> None:
        """Say complete lines; they go out together with the next `drain` or at the end of the command."""
        self._out.extend(data)
        for each in data:
            self._out_octets += len(each)

    async def drain(self) -> None:
        """Write what was said, and wait while the client is slow. Never inside a transaction.

        Raises ConnectionResetError when the client is gone: whoever was telling it something may stop.
        """
        if self._out_octets > PIECE_OCTETS:
            await self._drain_pieces()
        else:
            self.flush()
        while self._waiter is not None and self._transport is not None:
            self.deadline = self.loop.time() + self.limits.stall_seconds
            # Shielded: who waits here may be cancelled, the future belongs to the connection.
            await asyncio.shield(self._waiter)
            self.deadline = NEVER
        if self._transport is None:
            raise ConnectionResetError("the client is gone")

    async def ease(self) -> None:
        """`drain` when enough was said; less goes out with the end of the command, in one packet with it."""
        if self._out_octets > self.limits.write_ahead_octets or self._waiter is not None or self._transport is None:
            await self.drain()

    def flush(self) -> None:
        """Write what was said."""
        if not self._out:
            return
        data = self._said()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data if self._deflate is None else self._deflate.deflate(data))

    async def _drain_pieces(self) -> None:
        # The transport moves all it still has to the front for every packet that leaves: it is given a little at a time.
        data = memoryview(self._said())
        for start in range(0, len(data), PIECE_OCTETS):
            if self._transport is None:
                return
            piece = data[start : start + PIECE_OCTETS]
            self._transport.write(piece if self._deflate is None else self._deflate.deflate(piece))
            await (asyncio.sleep(0) if self._waiter is None else self.drain())

    def _said(self) -> bytes:
        data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
        self._out.clear()
        self._out_octets = 0
        return data

    # Reading

    def mind_reading(self) -> None:
        """Stop reading when enough is kept, go on when there is room."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        pause = not self._over and (self._inflating or self.is_full())
        if pause and not self._paused:
            self._paused = True
            transport.pause_reading()
        elif self._paused and not pause:
            self._paused = False
            transport.resume_reading()

    def make_progress(self) -> None:
        """A command is done: there may be room again."""
        if self._inflating:
            self._inflate()
        else:
            self.mind_reading()

    def _inflate(self) -> None:
        """One piece of what was received. The rest later: a little may stand for very much (a zip bomb)."""
        deflate = self._deflate
        if deflate is None or self._over or self._transport is None:
            return
        self._inflating = True
        if not self.is_full():
            try:
                data = deflate.inflate()
            except GarbledStream:
                self.abort()  # there is no telling what the client understands any more
                return
            self._inflating = deflate.has_more
            if self._inflating:
                self.loop.call_soon(self._inflate)
            if data:
                self.taken(data)
        self.mind_reading()

    # Layers

    def begin_compression(self, unread: bytes) -> None:
        """From here on both sides deflate (RFC 4978). `unread` was received already, and is compressed."""
        self.flush()
        self._deflate = Deflate()
        if unread:
            self._deflate.receive(unread)
            self._inflate()

    @property
    def is_compressed(self) -> bool:
        """Do both sides deflate?"""
        return self._deflate is not None

    async def begin_tls(self, settings: ImapSettings) -> None:
        """Shake hands; `secured` says whether it went well. Raises OSError (ssl.SSLError and TimeoutError are)."""
        self.flush()
        transport = self._transport
        if transport is None or settings.tls is None:
            return
        try:
            # From here on the loop hands us nothing that did not come through TLS.
            made = await self.loop.start_tls(
                transport,
                self,
                settings.tls,
                server_side=True,
                ssl_handshake_timeout=self.limits.handshake_seconds,
            )
            if made is not None and self._transport is not None:
                self._transport = made
                made.set_write_buffer_limits(self.limits.write_ahead_octets)
                self.secured = True
        finally:
            if not self.secured:
                # The loop does not tell a protocol that it lost a connection whose handshake failed.
                transport.abort()
                self.connection_lost(None)

    # The end

    def finish(self) -> None:
        """Our last word is said: close when the client has read it."""
        self.flush()
        transport = self._transport
        if transport is None or transport.is_closing() or self._over:
            return
        self._over = True
        self._lingering = LINGER_OCTETS
        self.deadline = self.loop.time() + LINGER_SECONDS
        self.mind_reading()
        if self._ended or not transport.can_write_eof():
            transport.close()
            return
        try:
            # Closing with octets unread resets the connection, and our last line with it.
            transport.write_eof()
        except OSError:
            transport.abort()  # the client is gone already

    def abort(self) -> None:
        """Cut the line."""
        if self._transport is not None:
            self._transport.abort()
