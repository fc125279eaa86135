"""The words of one complete command: atoms, strings, numbers, lists, sets (RFC 9051 §9).

Used by the grammar. A command is a `Raw`: the lines it was written in, and between each two of them a literal. The scanner
moves through it once; every method takes what it is named for or raises PeerError saying what was expected where.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mailwright.codecs.imap import names, quirks
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.sequences import SequenceSet

MAX_NUMBER_DIGITS = 10  # RFC 9051 §9: number is below 4,294,967,296
MAX_NUMBER64_DIGITS = 19  # RFC 9051 §9: number64 is at most 9,223,372,036,854,775,807

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Literal:
    """The octets of one literal; `binary`: it was a literal8, `~{…}` (RFC 3516 §4.4)."""

    data: bytes = field(repr=False)
    binary: bool = False


@dataclass(slots=True)
class Raw:
    """A command before it is understood: literal `n` stands between line `n` and line `n + 1`.

    `octets`: of the literals together. `complete` False: the last line ends where a literal has been announced that is not
    here yet.
    """

    lines: list[bytes] = field(default_factory=list, repr=False)
    literals: list[Literal] = field(default_factory=list, repr=False)
    octets: int = 0
    complete: bool = True


class AwaitsLiteral(Exception):
    """All is well up to the literal that has been announced.

    `message`: it will be a message, the largest of literals. `mailbox`: the last that was named before it.
    """

    def __init__(self, *, message: bool, mailbox: str) -> None:
        super().__init__()
        self.message = message
        self.mailbox = mailbox


class Scanner:
    """Moves through a `Raw`. `utf8`: mailbox names are UTF-8 on this connection."""

    __slots__ = ("_end", "_line", "_mailbox", "_position", "_raw", "_text", "counted", "utf8", "verb")

    def __init__(self, raw: Raw, *, utf8: bool = False) -> None:
        self._raw = raw
        self._begin_line(0)
        self._mailbox = ""
        self.counted = 0  # for a grammar that bounds how many of its things there are
        self.utf8 = utf8
        self.verb = ""  # for the texts of errors

    def _begin_line(self, line: int) -> None:
        self._line = line
        self._text = text = self._raw.lines[line]
        self._position = 0
        self._end = len(text.rstrip(b" ") if quirks.TRAILING_SPACE else text)

    # What went wrong

    def expected(self, what: str) -> PeerError:
        """The error that says what should stand here. It shows nothing of what does: that may be a secret."""
        verb = f"{self.verb}: " if self.verb else ""
        if self._text.startswith(b"  ", self._position - 1) and self._position:
            what += " (and one space is enough)"
        where = f"octet {self._position + 1}"
        if self._line:
            where += f" after literal {self._line}"
        return PeerError(f"{verb}expected {what} at {where}")

    # Single characters

    def space(self, before: str) -> None:
        """The one space before what comes next."""
        if not self._text.startswith(b" ", self._position):
            raise self.expected(f"a space and {before}")
        self._position += 1

    def sees(self, text: bytes) -> bool:
        """Does `text` stand here? Nothing is taken."""
        return self._text.startswith(text, self._position)

    def take(self, text: bytes) -> bool:
        """Takes `text` if it stands here."""
        if self._text.startswith(text, self._position):
            self._position += len(text)
            return True
        return False

    def need(self, text: bytes, what: str) -> None:
        """Takes `text`, which must stand here."""
        if not self.take(text):
            raise self.expected(what)

    def match(self, pattern: "re.Pattern[bytes]") -> "re.Match[bytes] | None":
        """Takes what matches, if it does."""
        found = pattern.match(self._text, self._position)
        if found is not None:
            self._position = found.end()
        return found

    def at_end(self) -> bool:
        """Is nothing left but what a quirk forgives?"""
        raw = self._raw
        return self._position >= self._end and self._line == len(raw.literals) and raw.complete

    def end(self) -> None:
        """The end of the command."""
        if not self.at_end():
            raise self.expected("the end of the command")

    # Words

    def word(self, what: str) -> str:
        """An atom in capitals, as the names of things are compared."""
        return self.atom(what).decode("ascii").upper()

    def atom(self, what: str) -> bytes:
        """An atom as it is written."""
        found = self.match(_ATOM)
        if found is None:
            raise self.expected(what)
        return found[0]

    def astring(self, what: str) -> bytes:
        """An atom, a quoted string or a literal."""
        found = self.match(_ASTRING)
        return found[0] if found is not None else self.string(what)

    def list_mailbox(self) -> bytes:
        """A pattern of LIST."""
        found = self.match(_LIST_MAILBOX)
        return found[0] if found is not None else self.string("a pattern of mailbox names")

    def string(self, what: str) -> bytes:
        """A quoted string or a literal."""
        found = self.match(_QUOTED)
        if found is None:
            if self.sees(b'"'):
                raise self.expected(f'{what} in quotes that are closed, with \\" and \\\\ inside them,')
            return self.literal(what).data
        quoted = found[1]
        if not quoted.isascii():
            self._check_quoted(quoted)
        return _ESCAPE.sub(rb"\1", quoted) if b"\\" in quoted else quoted

    def _check_quoted(self, quoted: bytes) -> None:
        # RFC 9051 §9, QUOTED-CHAR: octets beyond ASCII are UTF-8, after ENABLE (RFC 6855 §3).
        try:
            quoted.decode()
        except UnicodeDecodeError:
            raise PeerError(f"{self.verb}: a quoted string beyond ASCII is UTF-8") from None
        if not self.utf8 and not quirks.UTF8_IN_QUOTES:
            raise PeerError(f"{self.verb}: text beyond ASCII needs a literal")

    def nstring(self, what: str) -> bytes | None:
        """A string, or NIL."""
        return None if self.match(_NIL) is not None else self.string(what)

    def literal(self, what: str, *, binary: bool = False, message: bool = False) -> Literal:
        """A literal; `binary`: it may be a literal8. `message`: it is one, and may hold what messages hold."""
        raw = self._raw
        if self._position < len(self._text) or (raw.complete and self._line >= len(raw.literals)):
            raise self.expected(what)
        if self._line >= len(raw.literals):
            raise AwaitsLiteral(message=message, mailbox=self._mailbox)
        literal = raw.literals[self._line]
        if literal.binary and not binary:
            # RFC 3516 §4.4: a literal8 stands only where the grammar names it.
            raise self.expected(f"{what}, not a binary literal,")
        if not literal.binary and not (message and quirks.NUL_IN_MESSAGES) and b"\0" in literal.data:
            raise PeerError(f"{self.verb}: literal {self._line + 1} holds a NUL")  # RFC 9051 §9: CHAR8 has no NUL
        self._begin_line(self._line + 1)
        return literal

    def text(self, what: str) -> str:
        """An astring that is UTF-8."""
        octets = self.astring(what)
        try:
            return octets.decode()
        except UnicodeDecodeError:
            raise PeerError(f"{self.verb}: {what} is to be UTF-8") from None

    def mailbox(self) -> str:
        """The name of a mailbox, decoded and checked."""
        self._mailbox = names.decode(self.astring("the name of a mailbox"), utf8=self.utf8)
        return self._mailbox

    # Numbers

    def number(self, what: str = "a number") -> int:
        """From 0 to 2³² - 1."""
        return self._number(what, MAX_NUMBER_DIGITS, 2**32)

    def number64(self, what: str = "a number") -> int:
        """From 0 to 2⁶³ - 1."""
        return self._number(what, MAX_NUMBER64_DIGITS, 2**63)

    def positive(self, what: str, *, wide: bool = False) -> int:
        """A number from 1; `wide`: of 63 bits."""
        start = self._position
        value = self.number64(what) if wide else self.number(what)
        if not value:
            self._position = start
            raise self.expected(f"{what} above 0")
        return value

    def _number(self, what: str, digits: int, limit: int) -> int:
        found = _DIGITS.match(self._text, self._position)
        if found is None or found.end() - found.start() > digits or int(found[0]) >= limit:
            raise self.expected(what)
        self._position = found.end()
        return int(found[0])

    def sequence_set(self, *, saved: bool = True) -> SequenceSet:
        """`1:4,7` or, where allowed, `$`."""
        found = _SET.match(self._text, self._position)
        if found is None or (not saved and found[0] == b"$"):
            raise self.expected("a set of messages like 1:4,7")
        chosen = SequenceSet.parse(found[0])
        self._position = found.end()
        return chosen

    def sees_set(self) -> bool:
        """Does a set of messages stand here?"""
        return _SET.match(self._text, self._position) is not None

    # Lists

    def listed(self, item: Callable[[], T], what: str, *, empty: bool = False) -> list[T]:
        """`(item item …)`. `empty`: there may be none."""
        self.need(b"(", f"( and {what}")
        found: list[T] = []
        if empty and self.take(b")"):
            return found
        while True:
            found.append(item())
            if self.take(b")"):
                return found
            if not self.take(b" "):
                raise self.expected(f"a space and {what}, or )")


# RFC 9051 §9: atom-specials are ( ) { SP CTL % * " \ ], and nothing beyond ASCII.
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_ASTRING = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_LIST_MAILBOX = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~%*]+")
_QUOTED = re.compile(rb'"([^"\\\x00\r\n]*(?:\\["\\][^"\\\x00\r\n]*)*)"')
_ESCAPE = re.compile(rb'\\(["\\])')
_NIL = re.compile(rb"NIL(?![!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~])", re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9]+")
_SET = re.compile(rb"\$|[0-9*][0-9*:,]*")
