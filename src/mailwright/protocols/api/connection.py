"""One HTTP connection, as uvicorn has it, with an end to what a client may make us wait for and keep.

Made by `server` for every client. uvicorn reads a head of any size, waits for a request for ever, and keeps every trailer.
Promises: a request that is too slow is cut, a head or trailer that is too large is refused, a client that does not read its answer is
cut; whatever else is uvicorn's. A connection that becomes a WebSocket is `upgraded`'s from then on.
Does not: bound bodies (`frame` does).
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mailwright.protocols.api.slowreaders import SlowReader

MAX_HEAD_OCTETS = 64 * 1024  # of a request line with its fields, and of anything around a body that is not the body
HEAD_SECONDS = 20.0  # from the first octet of a request, or from connecting, to the end of its head
BODY_SECONDS = 60.0  # for a body to arrive, and longer as octets arrive:
BODY_OCTETS_PER_SECOND = 1024  # the slowest line we wait for
STALLED_SECONDS = 60.0  # a client that reads nothing of its answer for so long is not there any more

_FULL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 30\r\nconnection: close\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, bounded."""

    _waiting = True  # the client has to send the next octets of a request
    _in_head = False
    _began = False  # a head begins in the octets at hand
    _uncounted = 0  # octets that came since the head began, or since the last piece of a body
    _deadline = 0.0  # on the loop's clock
    _timer: asyncio.TimerHandle | None = None
    _stalled: SlowReader | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._stop_waiting_for_a_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._waiting:
            self._wait(HEAD_SECONDS)
        self._began = False
        self._uncounted += len(data)
        super().data_received(data)
        if self._began:
            self._uncounted = 0  # what came before it in the same octets is not its own
        if self._waiting and self._uncounted > MAX_HEAD_OCTETS and not self.transport.is_closing():
            # In the middle of an answer or a body there is nothing to say any more.
            answering = bool(self.cycle) and not self.cycle.response_complete
            if self._in_head and not answering:
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head = self._began = True
        self._wait(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._uncounted = 0
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._uncounted = 0
        earned = self._deadline + len(body) / BODY_OCTETS_PER_SECOND
        self._deadline = min(earned, self.loop.time() + BODY_SECONDS)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._waiting = False
        self._uncounted = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        if self._timer is not None:
            self._timer.cancel()  # it was for a request, and this is none any more
            self._timer = None
        self._waiting = False
        # uvicorn counts only requests here; a handshake is refused before it is looked at.
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency:
            self.transport.write(_FULL)
            self.transport.close()
            return
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = SlowReader(self.loop, self.transport, STALLED_SECONDS)

    def resume_writing(self) -> None:
        self._stop_waiting_for_a_reader()
        super().resume_writing()

    def _stop_waiting_for_a_reader(self) -> None:
        if self._stalled is not None:
            self._stalled.end()
            self._stalled = None

    def _wait(self, seconds: float) -> None:
        self._waiting = True
        self._deadline = self.loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._waiting:
            return  # the next request winds it up again
        if self.loop.time() < self._deadline:
            self._timer = self.loop.call_at(self._deadline, self._look)
        else:
            self.transport.abort()
