"""The server's side of one ManageSieve conversation, without a socket: bytes in, commands out.

Used by `protocols/managesieve`, one session a connection. Promises never to raise on anything a client sends, and to hold at most
one command within its limits and what the caller fed ahead of it. First it is found where a command ends, then it is parsed: a
garbled one never drags the next one down.
"""

import re
from enum import Enum

from mailwright.codecs.managesieve.commands import ANSWER, Command, Garbled
from mailwright.codecs.managesieve.grammar import Literal, Piece, Unfit, parse_answer, parse_command
from mailwright.codecs.sieve.limits import MAX_SCRIPT_OCTETS

MAX_LINE_OCTETS = 16 * 1024  # of a command without its literals: a token in base64, with room
MAX_STRANGER_OCTETS = 16 * 1024  # of a command before anybody signed in
MAX_COMMAND_OCTETS = MAX_SCRIPT_OCTETS + 4 * 1024  # a script and its name
MAX_SWALLOWED_OCTETS = 16 * 1024 * 1024  # of a literal that is too large and comes all the same; more ends it

_LITERAL = re.compile(rb"(?:^| )\{([0-9]{1,10})(\+?)\}$")


class State(Enum):
    """How far the conversation is."""

    STRANGER = "nobody signed in"
    SIGNING_IN = "inside AUTHENTICATE"
    SIGNED_IN = "somebody signed in"
    CLOSED = "it is over"


_ANYTIME = frozenset({"CAPABILITY", "LOGOUT", "NOOP"})
LEGAL: dict[State, frozenset[str]] = {
    State.STRANGER: _ANYTIME | {"AUTHENTICATE", "STARTTLS"},
    State.SIGNING_IN: frozenset({ANSWER}),
    State.SIGNED_IN: _ANYTIME
    | {
        "CHECKSCRIPT",
        "DELETESCRIPT",
        "GETSCRIPT",
        "HAVESPACE",
        "LISTSCRIPTS",
        "PUTSCRIPT",
        "RENAMESCRIPT",
        "SETACTIVE",
        "UNAUTHENTICATE",
    },
    State.CLOSED: frozenset(),
}
"""RFC 5804 §2 and §4: which command may come when. AUTHENTICATE and STARTTLS only before signing in."""


class ServerSession:
    """One conversation. Read its attributes freely; only its methods change them."""

    __slots__ = ("_buffer", "_literal", "_looked", "_pieces", "_skip", "_taken", "_too_large", "secured", "state")

    def __init__(self, *, secured: bool = False) -> None:
        self.state = State.STRANGER
        self.secured = secured
        self._buffer = bytearray()
        self._looked = 0  # up to where `_buffer` holds no line end
        self._pieces: list[Piece] = []  # of the command that is coming in
        self._taken = 0  # octets in them
        self._literal: int | None = None  # octets of the literal that is coming in
        self._skip = 0  # octets of a literal still to be thrown away
        self._too_large = False

    @property
    def buffered(self) -> int:
        """Octets in memory."""
        return len(self._buffer) + self._taken

    def receive(self, data: bytes) -> None:
        """Take what came from the client."""
        if self.state is not State.CLOSED:
            self._buffer += data

    def next_command(self) -> Command | None:
        """The next complete command, or None until more comes."""
        if self.state is State.CLOSED:
            return None
        while True:
            if self._skip and not self._skipped():
                return None
            if self._literal is not None and not self._literal_taken():
                return None
            line = self._next_line()
            if line is None or isinstance(line, Garbled):
                return line
            announced = _LITERAL.search(line)
            if announced is None:
                return self._complete(line)
            fault = self._announced(line, int(announced[1]), announced)
            if fault is not None:
                return fault

    def tls_started(self) -> None:
        """From here on the octets come through TLS; what came before them in clear is not believed (RFC 5804 §2.2)."""
        self.secured = True
        self._buffer.clear()
        self._forget()

    def signing_in(self) -> None:
        """The next line answers a challenge."""
        self.state = State.SIGNING_IN

    def signed_in(self) -> None:
        """The exchange ended well."""
        self.state = State.SIGNED_IN

    def stranger(self) -> None:
        """The exchange failed, or the client signed out."""
        self.state = State.STRANGER

    def close(self) -> None:
        """Nothing more is read."""
        self.state = State.CLOSED
        self._buffer.clear()
        self._forget()

    def _skipped(self) -> bool:
        gone = min(self._skip, len(self._buffer))
        del self._buffer[:gone]
        self._skip -= gone
        self._looked = 0
        return self._skip == 0

    def _literal_taken(self) -> bool:
        size = self._literal
        assert size is not None
        if len(self._buffer) < size:
            return False
        self._pieces.append(Literal(bytes(self._buffer[:size])))
        self._taken += size
        del self._buffer[:size]
        self._literal = None
        self._looked = 0
        return True

    def _next_line(self) -> bytes | Garbled | None:
        end = self._buffer.find(b"\n", self._looked)
        if end < 0:
            self._looked = len(self._buffer)
            if len(self._buffer) > MAX_LINE_OCTETS:
                return self._fatal(f"a line has at most {MAX_LINE_OCTETS} octets")
            return None
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        self._looked = 0
        if len(line) > MAX_LINE_OCTETS:
            return self._fatal(f"a line has at most {MAX_LINE_OCTETS} octets")
        if not line.endswith(b"\r\n"):
            self._forget()
            return Garbled("a line ends with CR LF")
        return line[:-2]

    def _announced(self, line: bytes, size: int, announced: "re.Match[bytes]") -> Garbled | None:
        """A literal is to come."""
        if not announced[2]:
            # RFC 5804 §4, literal-c2s: a client sends its literals without waiting, and says so.
            self._forget()
            return Garbled("a literal is announced as {n+}")
        self._pieces.append(line[: announced.start()] + (b" " if line[announced.start()] == 0x20 else b""))
        self._taken += len(line)
        most = MAX_COMMAND_OCTETS if self.state is State.SIGNED_IN else MAX_STRANGER_OCTETS
        if self._taken + size <= most:
            self._literal = size
            return None
        if size > MAX_SWALLOWED_OCTETS:
            return self._fatal("that is far too large", "QUOTA/MAXSIZE")
        self._skip = size
        self._too_large = True
        return None

    def _complete(self, line: bytes) -> Command:
        pieces, too_large = [*self._pieces, line], self._too_large
        self._forget()
        if too_large:
            return Garbled(f"a script has at most {MAX_SCRIPT_OCTETS} octets", "QUOTA/MAXSIZE", is_mistake=False)
        try:
            command = parse_answer(pieces) if self.state is State.SIGNING_IN else parse_command(pieces)
        except Unfit as fault:
            if self.state is State.SIGNING_IN:
                self.state = State.STRANGER  # RFC 5804 §2.1: the exchange has failed
            return Garbled(str(fault))
        if command.name in LEGAL[self.state]:
            return command
        who = "sign in first" if self.state is State.STRANGER else "you are signed in already"
        return Garbled(f"{command.name} cannot come now: {who}", is_mistake=False)

    def _fatal(self, text: str, code: str = "") -> Garbled:
        self.close()
        return Garbled(text, code, fatal=True)

    def _forget(self) -> None:
        """Whatever was coming in is over."""
        self._pieces = []
        self._taken = 0
        self._literal = None
        self._skip = 0
        self._looked = 0
        self._too_large = False
