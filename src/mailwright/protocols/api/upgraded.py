"""One WebSocket connection, as uvicorn has it, with an end to what a client may make us wait for and keep.

Made by `connection` when a request asks for it. uvicorn waits for the rest of a message for ever, keeps any number of fragments, and
answers pings of a client that reads nothing. Promises: what is kept of messages that are not complete is bounded, for one connection
and in all; one that does not go on, or does not read, is cut. The size of a message is bounded by the server's settings.
Does not: know what is said (`protocols.jmap.websocket` does).
"""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from mailwright.protocols.api.slowreaders import SlowReader

MESSAGE_SECONDS = 60.0  # from the first octet of a message to its last
STALLED_SECONDS = 60.0  # a client that reads nothing for so long is not there any more
MAX_FRAGMENTS = 4_096  # of one message; browsers send one of any size in a few
MAX_QUEUED = 1_000  # messages that came in one go and wait for their turn
MAX_HELD_OCTETS = 256 * 1024 * 1024  # of all messages of this process that are incomplete or wait

INVALID, TOO_BIG, POLICY, TRY_AGAIN = 1007, 1009, 1008, 1013  # RFC 6455 §7.4.1, and its registry


class Upgraded(WebSocketsSansIOProtocol):
    """uvicorn's protocol, bounded."""

    held_in_all = 0  # octets of messages of all connections that nobody has taken yet

    _held = 0  # of these, this one's
    _queued = 0  # and of these, in messages that wait for their turn
    _patience: asyncio.TimerHandle | None = None  # until the message at hand has to be complete
    _stalled: SlowReader | None = None  # until something has to be read

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.conn.debug = False  # it would write what is said into the log: mail

    def connection_lost(self, exc: Exception | None) -> None:
        self._queued = 0
        self._hold(0)
        self._stop_waiting_for_a_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing() or self.close_sent:
            self._drop(data)
            return
        super().data_received(data)
        self._hold(len(self.conn.reader.buffer) + (self.conn.current_size or 0))
        if Upgraded.held_in_all > MAX_HELD_OCTETS:
            self._fail(TRY_AGAIN, "too much is coming in at once")
        elif self.queue.qsize() > MAX_QUEUED:
            self._fail(POLICY, "too many messages at once")

    def send_receive_event_to_app(self) -> None:
        self.frames = [b"".join(self.frames)]
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames[0]):
            self._fail(INVALID, "text is UTF-8")  # RFC 6455 §8.1
            return
        self._queued += len(self.frames[0])
        super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        if self.queue.empty() and not (self.close_sent or self.disconnected):
            self._queued = 0
            self._hold(len(self.conn.reader.buffer) + (self.conn.current_size or 0))
        return message

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MAX_FRAGMENTS:
            self._fail(TOO_BIG, "too many fragments")
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # who does not read needs no more to read

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = SlowReader(self.loop, self.transport, STALLED_SECONDS)

    def resume_writing(self) -> None:
        self._stop_waiting_for_a_reader()
        super().resume_writing()

    def shutdown(self) -> None:
        """The server goes down: the application has heard of it, finishes what is under way, and closes."""
        if not self.handshake_complete:
            super().shutdown()

    def _drop(self, data: bytes) -> None:
        """Only the end of the closing handshake is waited for."""
        if not self.transport.is_closing() and self.conn.parser_exc is None:
            super().data_received(data)

    def _hold(self, incomplete: int) -> None:
        """Count what is kept; for what is incomplete there is an end."""
        held = incomplete + self._queued
        Upgraded.held_in_all += held - self._held
        self._held = held
        if incomplete and self._patience is None:
            self._patience = self.loop.call_later(MESSAGE_SECONDS, self._give_up)
        elif not incomplete and self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self.read_paused:  # it waits for us
            self._patience = self.loop.call_later(MESSAGE_SECONDS, self._give_up)
        else:
            self._fail(POLICY, "the message did not come")

    def _fail(self, code: int, reason: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(code, reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._hold(0)
        self.transport.close()

    def _stop_waiting_for_a_reader(self) -> None:
        if self._stalled is not None:
            self._stalled.end()
            self._stalled = None


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
