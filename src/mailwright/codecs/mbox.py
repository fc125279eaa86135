"""mbox files: many messages in one, each behind a line that begins with `From ` (RFC 4155).

Read by `connectors.mailfiles`, written by core's export. Of the dialects, mboxrd is written (a `>` before every body line that
begins with any number of `>` and `From `), and read as well as mboxo. Sans I/O: the reader is fed pieces of any size.
Does not: guess messages out of lines that only look like a beginning: a line counts after an empty line or at the start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from mailwright.domain import clock
from mailwright.domain.clock import Instant

_FLAG_LETTERS = {"R": 1, "A": 2, "F": 4, "D": 8, "T": 16}
"""Letters of Status and X-Status, as Dovecot, mutt and pine write them, and the bits of our flags."""
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_STATUS = re.compile(
    rb"^(?:X-)?Status:[^\n]*\n|^X-(?:UID|Keywords|IMAP|IMAPbase):[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M
)
_LETTERS = re.compile(rb"^(?:X-)?Status:[ \t]*([A-Z]*)", re.I | re.M)
_KEYWORDS = re.compile(rb"^X-Keywords:[ \t]*([^\n]*)", re.I | re.M)
MAX_FROM_LINE = 500  # octets looked at for the date: an address has 320 at most
_FIRST = clock.from_datetime(datetime(1000, 1, 1, tzinfo=UTC))
_LAST = clock.from_datetime(datetime(9999, 1, 1, tzinfo=UTC))
_DATES = ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y %z", "%a, %d %b %Y %H:%M:%S %z")


class MessageTooLong(Exception):
    """One message is longer than the reader may hold; `offset` is where it begins. The reader goes on behind it."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the message at byte {offset} is too long")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: its bytes (without the From line, unquoted), where it began in the file, and what was noted of it."""

    offset: int
    raw: bytes
    date: Instant | None
    flags: int
    keywords: tuple[str, ...]


class MboxReader:
    """Feed it the file, take the entries. Holds one message at a time, of at most `limit` octets."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's start in the file
        self._searched = 0
        self._inside = False
        self._skipping = False

    def feed(self, data: bytes) -> list[Entry | MessageTooLong]:
        """The messages that end within `data`."""
        self._buffer += data
        found: list[Entry | MessageTooLong] = []
        while True:
            if not self._inside and not self._find_first():
                return found
            end = self._find_next()
            if end < 0:
                if len(self._buffer) > self._limit and not self._skipping:
                    self._skipping = True
                    found.append(MessageTooLong(self._offset))
                if self._skipping:
                    self._drop(max(len(self._buffer) - 8, 0))
                    self._searched = 0
                return found
            if not self._skipping:
                too_long = end > self._limit
                found.append(MessageTooLong(self._offset) if too_long else self._entry(bytes(self._buffer[:end])))
            self._skipping = False
            self._drop(end)
            self._searched = 1

    def close(self) -> list[Entry | MessageTooLong]:
        """The file has ended: its last message."""
        if not self._inside or self._skipping or not self._buffer:
            return []
        return [MessageTooLong(self._offset) if len(self._buffer) > self._limit else self._entry(bytes(self._buffer))]

    def _find_first(self) -> bool:
        """What stands before the first From line is nobody's message."""
        at = 0 if self._buffer.startswith(b"From ") else self._buffer.find(b"\nFrom ") + 1
        if at == 0 and not self._buffer.startswith(b"From "):
            self._drop(max(len(self._buffer) - 5, 0))
            return False
        self._drop(at)
        self._inside, self._searched = True, 1
        return True

    def _find_next(self) -> int:
        buffer, position = self._buffer, max(self._searched - 8, 0)
        while True:
            at = buffer.find(b"\nFrom ", position)
            if at < 0:
                self._searched = len(buffer)
                return -1
            before = buffer[at - 1 : at] if at and buffer[at - 1 : at] != b"\r" else buffer[at - 2 : at - 1]
            if before == b"\n":
                return at + 1
            position = at + 1

    def _entry(self, text: bytes) -> Entry:
        line, _, rest = text.partition(b"\n")
        rest = rest[:-2] if rest.endswith(b"\r\n\r\n") else rest[:-1] if rest.endswith(b"\n\n") else rest
        return entry_of(self._offset, line, rest)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._offset += count


def entry_of(offset: int, from_line: bytes, text: bytes) -> Entry:
    """An entry from its From line and what follows, the notes of mail programs taken out of the header."""
    end = _header_end(text)
    header, body = text[:end], text[end:]
    letters = "".join(found.decode().upper() for found in _LETTERS.findall(header))
    keywords = tuple(
        dict.fromkeys(
            word for found in _KEYWORDS.findall(header) for word in found.decode("ascii", "ignore").split() if word
        )
    )
    flags = 0
    for letter in letters:
        flags |= _FLAG_LETTERS.get(letter, 0)
    return Entry(offset, _STATUS.sub(b"", header) + _QUOTED.sub(rb"\1", body), _date(from_line), flags, keywords)


def written(raw: bytes, *, sender: str, received_at: Instant, flags: int, keywords: tuple[str, ...]) -> bytes:
    """One message as an mbox has it, with LF line ends and Status fields for its flags."""
    moment = clock.to_datetime(min(max(received_at, _FIRST), _LAST))
    who = "".join(sender.split()) or "MAILER-DAEMON"
    text = raw.replace(b"\r\n", b"\n")
    header, separator, body = (b"", b"\n", text[1:]) if text.startswith(b"\n") else text.partition(b"\n\n")
    # What its sender says of flags is not what they are.
    header = _STATUS.sub(b"", header if header.endswith(b"\n") or not header else header + b"\n")
    status = "RO" if flags & 1 else "O"
    marks = "".join(letter for letter in "AFDT" if flags & _FLAG_LETTERS[letter])
    notes = f"Status: {status}\n" + (f"X-Status: {marks}\n" if marks else "")
    notes += f"X-Keywords: {' '.join(keywords)}\n" if keywords else ""
    first = f"From {who} {moment:%a %b %d %H:%M:%S %Y}\n"
    return (
        (
            first.encode("utf-8", "replace")
            + header
            + notes.encode("utf-8", "replace")
            + b"\n"
            + _TO_QUOTE.sub(rb">\1", body)
            + (b"\n" if body.endswith(b"\n") or not body else b"\n\n")
        )
        if separator
        else first.encode("utf-8", "replace") + header + notes.encode("utf-8", "replace") + b"\n\n"
    )


def _header_end(text: bytes) -> int:
    """Where the empty line begins that ends the header; a message may begin with it, and one without any is all header."""
    if text.startswith((b"\n", b"\r\n")):
        return 0
    return min((at for at in (text.find(b"\n\n"), text.find(b"\n\r\n")) if at >= 0), default=len(text) - 1) + 1


def _date(line: bytes) -> Instant | None:
    """The moment of a From line: asctime, in UTC unless it says a zone (RFC 4155, appendix A)."""
    words = line[:MAX_FROM_LINE].decode("ascii", "ignore").split()
    for start in range(1, len(words)):
        text = " ".join(words[start:])
        for form in _DATES:
            try:
                moment = datetime.strptime(text, form)
            except ValueError:
                continue
            return clock.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return None
