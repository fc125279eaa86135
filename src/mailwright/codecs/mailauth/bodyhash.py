"""The hash of a message's body under DKIM's two canonical forms (RFC 6376 §3.4).

Called by `dkim` and `arc`, instead of the library's own: that takes quadratic time over a long run of spaces and holds the
interpreter while it does. Linear here, in pieces, each form once however many signatures ask for it.
Expects: CRLF line ends (no entrance takes others).
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["simple", "relaxed"]

PIECE_OCTETS = 256 * 1024  # worked on at a time: between two pieces other threads have their turn


class Body:
    """The body of `raw` from the octet `start` on."""

    __slots__ = ("_done", "_raw", "_start")

    def __init__(self, raw: bytes, start: int) -> None:
        self._raw = raw
        self._start = start
        self._done: dict[Form, tuple[bytes, int]] = {}

    def digest(self, form: Form) -> tuple[bytes, int]:
        """The SHA-256 of the canonical body, and how many octets that is."""
        if form not in self._done:
            self._done[form] = self._relaxed() if form == "relaxed" else self._simple()
        return self._done[form]

    def _simple(self) -> tuple[bytes, int]:
        """RFC 6376 §3.4.3: empty lines at the end count as one line end, and so does no body at all."""
        content = self._raw[self._start :].rstrip(b"\r\n")
        digest = hashlib.sha256(content)
        digest.update(b"\r\n")
        return digest.digest(), len(content) + 2

    def _relaxed(self) -> tuple[bytes, int]:
        """RFC 6376 §3.4.4: a run of white space is one space, none before a line end, no empty lines at the end."""
        raw, position = self._raw, self._start
        end = position + len(raw[position:].rstrip(b" \t\r\n"))
        if position == end:
            return hashlib.sha256().digest(), 0
        digest, octets = hashlib.sha256(), 0
        while position < end:
            cut = _between_words(raw, position + PIECE_OCTETS, end)
            piece = raw[position:cut].replace(b"\t", b" ")
            while b"  " in piece:  # halves a run each time
                piece = piece.replace(b"  ", b" ")
            piece = piece.replace(b" \r\n", b"\r\n")
            digest.update(piece)
            octets += len(piece)
            position = cut
        digest.update(b"\r\n")
        return digest.digest(), octets + 2


def _between_words(raw: bytes, cut: int, end: int) -> int:
    """The first place from `cut` on that is not inside white space or a line end."""
    while cut < end and raw[cut] in b" \t\r\n":
        span = raw[cut : cut + 4096]
        cut += len(span) - len(span.lstrip(b" \t\r\n"))
    return min(cut, end)
