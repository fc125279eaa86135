"""COMPRESS=DEFLATE: both directions of a connection as streams of raw deflate (RFC 4978).

Used by `wire`. Promises: what is written can be read at once; a piece of input is inflated in bounded steps, so that a few octets
that stand for gigabytes cost neither their memory nor the other clients' time.
"""

from __future__ import annotations

import zlib

WINDOW_BITS = 15  # RFC 4978 §4: the client may use all of them
OWN_WINDOW_BITS = 13  # ours: 64 KiB a connection with the next line, instead of 256 KiB, for a few per cent more octets
MEMORY_LEVEL = 6
LEVEL = 3  # the fastest that still matches lazily: text shrinks to a third at some 80 MB a second
STEP_OCTETS = 256 * 1024  # inflated at once


class GarbledStream(Exception):
    """What the client sends is not deflate."""


class Deflate:
    """The state of one connection."""

    __slots__ = ("_deflater", "_inflater", "_unread", "has_more")

    def __init__(self) -> None:
        self._deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, -OWN_WINDOW_BITS, MEMORY_LEVEL)
        self._inflater = zlib.decompressobj(-WINDOW_BITS)
        self._unread = b""
        self.has_more = False  # there may be more to inflate without anything being received

    def deflate(self, data: bytes | memoryview) -> bytes:
        """Octets as they are written: the client can read all of `data` from them."""
        return self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    def receive(self, data: bytes) -> None:
        """Octets as they came."""
        self._unread += data
        self.has_more = True

    def inflate(self) -> bytes:
        """The next octets they stand for, at most STEP_OCTETS; see `has_more`. Raises GarbledStream."""
        try:
            data = self._inflater.decompress(self._unread, STEP_OCTETS)
        except zlib.error:
            raise GarbledStream from None
        if self._inflater.eof:
            raise GarbledStream  # RFC 4978 §3: compression lasts as long as the connection
        self._unread = self._inflater.unconsumed_tail
        self.has_more = bool(self._unread) or len(data) == STEP_OCTETS
        return data
