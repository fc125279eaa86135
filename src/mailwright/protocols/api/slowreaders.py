"""Clients that do not read what they asked for: who takes nothing for a while is cut, who is merely slow is not.

Used by `connection` and `upgraded`, when uvicorn says that what it wrote waits. A large answer waits as a whole, and over a phone
takes minutes: so what counts is whether it becomes less.
"""

from __future__ import annotations

import asyncio

OCTETS_PER_SECOND = (
    4 * 1024
)  # the slowest line we write to: an answer of 25 MB takes it some hours, and is kept as long


class SlowReader:
    """Watches one transport from `begin` to `end`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, seconds: float) -> None:
        self._loop = loop
        self._transport = transport
        self._seconds = seconds
        self._left = transport.get_write_buffer_size()
        self._timer = loop.call_later(seconds, self._look)

    def end(self) -> None:
        """It has read enough."""
        self._timer.cancel()

    def _look(self) -> None:
        left = self._transport.get_write_buffer_size()
        if left > self._left - self._seconds * OCTETS_PER_SECOND:
            self._transport.abort()
            return
        self._left = left
        self._timer = self._loop.call_later(self._seconds, self._look)
