"""The mail data after DATA: where it ends, what it is without dot-stuffing, and whether it may be kept at all.

Used by the session. Expects chunks as they come; keeps no more than the limit. Promises the same result however the bytes
were cut into chunks.

Only CRLF.CRLF ends a message (RFC 5321 §4.1.1.4). A CR or LF on its own is not allowed in mail (§2.3.8), and servers that
took "LF.LF" for the end let one message be read as two ("SMTP smuggling"): such data is refused whole, and since
client and server may now disagree about where it ends, nothing after it is believed.
"""

import re

from mailwright.codecs.smtp.commands import Message, Problem

END = b"\r\n.\r\n"
STUFFED = b"\r\n."
_ALMOST_ANY_END = re.compile(rb"[\r\n]\.[\r\n]")
_TAIL = len(END) - 1  # what an end that arrives in pieces may leave at the end of a chunk


class DataReader:
    """Reads one message of at most `limit` octets (after unstuffing)."""

    __slots__ = ("_checked", "_kept", "_limit", "_problem", "_stray", "_whole")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._checked = 0  # up to where `_kept` was looked through for stray CR and LF
        self._problem: Problem | None = None
        self._stray = False
        self._whole = True  # `_kept` still begins with the first octet

    @property
    def held(self) -> int:
        """Octets in memory now."""
        return len(self._kept)

    def give_up(self) -> None:
        """Keep nothing more: read to the end and report the problem "storage"."""
        self._problem = self._problem or "storage"
        self._trim()

    def feed(self, chunk: bytes) -> tuple[Message, bytes] | None:
        """The message and the bytes after it, once its end is in; None before."""
        if not self._kept:
            # Most messages come whole in one chunk: nothing is copied but the message itself.
            if chunk.startswith(b".\r\n"):
                return self._message(b""), chunk[3:]
            # The first line with a dot is mostly the end, and then there is nothing to unstuff.
            dot = chunk.find(STUFFED)
            end = dot if chunk.startswith(END, dot) else chunk.find(END, dot) if dot >= 0 else -1
            if end >= 0:
                message = self._message(chunk[: end + 2], stuffed=dot != end or chunk.startswith(b"."))
                return message, chunk[end + len(END) :]
        return self._feed_slowly(chunk)

    def _feed_slowly(self, chunk: bytes) -> tuple[Message, bytes] | None:
        kept = self._kept
        before = len(kept)
        kept += chunk
        # An end at the very start has the CRLF of the DATA command before it.
        if self._whole and kept.startswith(b".\r\n"):
            return self._message(b""), bytes(kept[3:])
        end = kept.find(END, max(0, before - _TAIL))
        if end >= 0:
            rest = bytes(kept[end + len(END) :])
            del kept[end + 2 :]
            # Most of it was looked through as it came; to do so again would hold everybody up at the end of a large message.
            self._look_for_strays(final=True)
            if self._dropped:
                return self._refused(), rest
            return self._sized(unstuff(bytes(kept))), rest
        self._look_for_strays(final=False)
        if self._stray:
            # The client may have sent its idea of an end already, and would wait for us forever.
            found = _ALMOST_ANY_END.search(kept)
            at_the_start = self._whole and kept.startswith((b".\n", b".\r"))
            if at_the_start or (found and not (found.end() == len(kept) and kept.endswith(b"\r\n.\r"))):
                return self._refused(), b""
        # Unstuffing takes away at most one octet in four ("\r\n.." becomes "\r\n."): what is past this cannot fit.
        if len(kept) > self._limit * 4 // 3 + len(END):
            self._problem = self._problem or "large"
        if self._dropped:
            self._trim()
        return None

    @property
    def _dropped(self) -> bool:
        return self._problem is not None or self._stray

    def _look_for_strays(self, *, final: bool) -> None:
        kept = self._kept
        upto = len(kept)
        if not final and kept.endswith(b"\r"):
            upto -= 1  # its LF may be on the way
        if upto > self._checked:
            self._stray = self._stray or has_stray(kept[self._checked : upto])
            self._checked = upto

    def _trim(self) -> None:
        cut = len(self._kept) - _TAIL
        if cut > 0:
            del self._kept[:cut]
            self._whole = False
            self._checked = max(0, self._checked - cut)

    def _message(self, data: bytes, *, stuffed: bool = True) -> Message:
        if has_stray(data):
            return Message(b"", "stray")
        return self._sized(unstuff(data) if stuffed else data)

    def _sized(self, raw: bytes) -> Message:
        return Message(b"", "large") if len(raw) > self._limit else Message(raw)

    def _refused(self) -> Message:
        return Message(b"", "stray" if self._stray else self._problem)


def has_stray(data: bytes | bytearray) -> bool:
    """Is there a CR without LF or an LF without CR? Three counts are faster than any pattern."""
    pairs = data.count(b"\r\n")
    return data.count(b"\n") != pairs or data.count(b"\r") != pairs


def unstuff(data: bytes) -> bytes:
    """Take away the dot a client puts before a line that begins with one (RFC 5321 §4.5.2)."""
    if data.startswith(b"."):
        data = data[1:]
    return data.replace(STUFFED, b"\r\n")
