"""Where a command ends: lines, and the literals they announce (RFC 9051 §2.2.1, §4.3; RFC 7888).

Used by the session alone. Promises to hold at most one command and what the caller fed ahead of it, to copy each octet a
fixed number of times, and to find the end of a command that is refused without keeping it.
Does not: understand a command; whether a literal is welcome is asked of the session.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.scanner import Literal, Raw


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that is not looked at any further; `beginning` is what is known of its first line."""

    beginning: bytes
    error: PeerError


@dataclass(frozen=True, slots=True)
class Line:
    """A line outside a command, without CRLF: DONE, or an answer inside AUTHENTICATE."""

    octets: bytes


class Framer:
    """Cuts commands out of the stream.

    `line_octets` bounds the lines of one command together, their ends included. `admit` is asked about each literal, with
    the command as far as it is known and the size in octets, and raises PeerError to refuse it.
    """

    __slots__ = (
        "_admit",
        "_binary",
        "_buffer",
        "_kept",
        "_left",
        "_length",
        "_line_octets",
        "_raw",
        "_searched",
        "_skipping",
        "awaits_literal",
    )

    def __init__(self, line_octets: int, admit: Callable[[Raw, int, bool], None]) -> None:
        self._line_octets = line_octets
        self._admit = admit
        self._buffer = bytearray()
        self._searched = 0  # so much of the buffer holds no LF
        self._raw = Raw([], [], complete=False)
        self._length = 0  # octets of the lines of the command so far
        self._left = 0  # octets of a literal still to come
        self._kept: io.BytesIO | None = None  # the octets of that literal; None: they are not kept
        self._binary = False
        self._skipping = False  # inside a command that was refused already, until its end
        self.awaits_literal = False  # a synchronizing literal was announced: the client waits for our word

    @property
    def buffered(self) -> int:
        """Octets received and not looked at yet."""
        return len(self._buffer)

    @property
    def swallowing(self) -> int:
        """Octets of a refused literal still to come; they are not kept."""
        return self._left if self._skipping else 0

    def receive(self, data: bytes) -> None:
        """Octets as they came. Those of a literal go where they belong at once."""
        if self._left and not self._buffer:
            taken = min(self._left, len(data))
            self._collect(data if taken == len(data) else data[:taken])
            data = data[taken:]
        if data:
            self._buffer += data

    def take(self) -> Raw | Refusal | None:
        """The next complete command, one that is refused, or None when octets are missing."""
        while not self.awaits_literal and self._take_literal():
            line = self._take_line()
            if line is None:
                return self._refuse_endless()
            found = _ANNOUNCED.search(line[-_LONGEST_ANNOUNCEMENT:])
            if self._skipping:
                self._end_of_refused(found)
                continue
            self._length += len(line)
            if self._length > self._line_octets:
                return self._refuse(line, self._too_long(), found)
            if not line.endswith(b"\r\n"):
                return self._refuse(line, _lf_alone(), found)
            if found is None:
                self._raw.lines.append(line[:-2])
                return self._complete()
            self._raw.lines.append(line[: len(line) - len(found[0])])
            error = self._begin_literal(found)
            if error is not None:
                return self._refuse(line, error, found)
        return None

    def take_line(self) -> Line | Refusal | None:
        """The next line as it is, where no command is expected."""
        line = self._take_line()
        if line is None:
            return self._refuse_endless()
        if len(line) > self._line_octets:
            return Refusal(b"", self._too_long())
        return Line(line[:-2]) if line.endswith(b"\r\n") else Refusal(b"", _lf_alone())

    def go_ahead(self) -> None:
        """The client has been told to send its literal."""
        self.awaits_literal = False

    def drop(self) -> None:
        """Forget the command whose literal is awaited: the client has been told no, and begins a new one."""
        self.awaits_literal = False
        self._left = 0
        self._kept = None
        self._forget()

    def take_unread(self) -> bytes:
        """Everything that was received and not looked at, which is no longer held."""
        unread = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return unread

    # Lines

    def _take_line(self) -> bytes | None:
        buffer = self._buffer
        end = buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(buffer)
            return None
        line = bytes(buffer[: end + 1])
        del buffer[: end + 1]
        self._searched = 0
        return line

    def _refuse_endless(self) -> Refusal | None:
        buffer = self._buffer
        if self._skipping:
            # Only the end of the line can matter, and whether a literal is announced there.
            if len(buffer) > 2 * _LONGEST_ANNOUNCEMENT:
                del buffer[:-_LONGEST_ANNOUNCEMENT]
                self._searched = len(buffer)
            return None
        if self._length + len(buffer) <= self._line_octets:
            return None
        refusal = Refusal(self._beginning(bytes(buffer[:_BEGINNING])), self._too_long())
        self._skipping = True
        self._forget()
        return refusal

    def _too_long(self) -> PeerError:
        return PeerError(f"a command has at most {self._line_octets} octets, without its literals")

    # Literals

    def _begin_literal(self, found: "re.Match[bytes]") -> PeerError | None:
        size = int(found[2])
        synchronizing = not found[3]
        try:
            self._admit(self._raw, size, synchronizing)
        except PeerError as error:
            return error
        self._left = size
        self._kept = io.BytesIO()
        self._binary = bool(found[1])
        self.awaits_literal = synchronizing
        return None

    def _take_literal(self) -> bool:
        """Is there no literal to wait for? What is there of it is taken."""
        if self._left and self._buffer:
            taken = min(self._left, len(self._buffer))
            self._collect(bytes(self._buffer[:taken]))
            del self._buffer[:taken]
            self._searched = 0
        if self._left:
            return False
        if self._kept is not None:
            # A BytesIO hands out its octets without another copy.
            literal = Literal(self._kept.getvalue(), self._binary)
            self._raw.literals.append(literal)
            self._raw.octets += len(literal.data)
            self._kept = None
        return True

    def _collect(self, data: bytes) -> None:
        self._left -= len(data)
        if self._kept is not None:
            self._kept.write(data)

    # The end of a command

    def _complete(self) -> Raw:
        raw = self._raw
        raw.complete = True
        self._forget()
        return raw

    def _forget(self) -> None:
        self._raw = Raw([], [], complete=False)
        self._length = 0

    def _refuse(self, line: bytes, error: PeerError, found: "re.Match[bytes] | None") -> Refusal:
        refusal = Refusal(self._beginning(line), error)
        self._forget()
        self._end_of_refused(found)
        return refusal

    def _beginning(self, line: bytes) -> bytes:
        return (self._raw.lines[0] if self._raw.lines else line)[:_BEGINNING]

    def _end_of_refused(self, found: "re.Match[bytes] | None") -> None:
        """A line of a refused command has ended; `found` is the literal it announced. Does the command go on?"""
        # RFC 9051 §4.3: a client sends a synchronizing literal only after our word, which it will not get; one that does
        # not wait is on its way, and what follows it is still the same command.
        self._skipping = found is not None and bool(found[3])
        if found is not None and self._skipping:
            self._left = int(found[2])
            self._kept = None


def _lf_alone() -> PeerError:
    return PeerError("a line ends with CR LF; that was LF alone")  # RFC 9051 §2.2


_ANNOUNCED = re.compile(rb"(~)?\{([0-9]{1,20})(\+)?\}\r?\n\Z")
_LONGEST_ANNOUNCEMENT = 26  # octets: ~{, twenty digits, +}, CR LF
_BEGINNING = 1024  # octets of a refused command that are kept to find its tag
