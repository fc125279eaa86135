"""The server's side of one conversation, without a socket: bytes in, commands out, replies to bytes.

Used by `protocols/smtp`, one session a connection. Expects every command to be answered once, in order, through `reply`
(or `reply_each` for the data of LMTP); the answer moves the state. Promises never to raise on anything a client sends, and
to hold at most one command line, one message and what the caller fed ahead of them.
Does not: decide who may send what to whom; the verbs ask core.

Commands may be taken faster than they are answered (PIPELINING), up to one whose answer decides how the bytes behind it
are read. Legality is judged as if the unanswered ones succeed; a success that turns out to be illegal is a LocalError.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailwright.codecs.smtp import quirks
from mailwright.codecs.smtp.commands import (
    ANSWER,
    MESSAGE,
    Auth,
    Command,
    Garbled,
    Hello,
    Mail,
    Rcpt,
)
from mailwright.codecs.smtp.data import DataReader
from mailwright.codecs.smtp.errors import LocalError, PeerError
from mailwright.codecs.smtp.grammar import VERBS, Context, parse_answer, parse_cached, parse_command
from mailwright.codecs.smtp.replies import Reply
from mailwright.codecs.smtp.states import DECIDES_READING, OUT_OF_ORDER, TRANSITIONS, State
from mailwright.domain.addresses import Address

MAX_COMMAND_OCTETS = 2048  # RFC 5321 §4.5.3.1.4: 512, and more for extensions; SMTPUTF8 alone adds a path's worth
MAX_AUTH_OCTETS = 12288  # RFC 4954 §4: the least a line of an AUTH exchange must be allowed
MAX_CACHED_OCTETS = 128  # of a line worth remembering
DEFAULT_MAX_SIZE = 50 * 1024 * 1024  # octets of one message


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server offers, the same for all its connections.

    `max_size` is in octets and announced with SIZE. `mechanisms` is empty where nobody can sign in; `auth_in_clear` offers
    them without TLS. `starttls`: a certificate is at hand. `postmaster_domain` (default: `hostname`) is whose postmaster
    is meant when no domain is given.
    """

    hostname: str = "localhost"
    lmtp: bool = False
    max_size: int = DEFAULT_MAX_SIZE
    starttls: bool = False
    mechanisms: tuple[str, ...] = ()
    auth_in_clear: bool = False
    postmaster_domain: str = ""
    command_octets: int = MAX_COMMAND_OCTETS
    auth_octets: int = MAX_AUTH_OCTETS


class ServerSession:
    """One conversation. Read its attributes freely; only its methods change them."""

    __slots__ = (
        "_ahead",
        "_buffer",
        "_context",
        "_held",
        "_reader",
        "_skipping",
        "_start",
        "authenticated",
        "hello",
        "mail",
        "offer",
        "recipients",
        "secured",
        "state",
    )

    def __init__(self, offer: Offer | None = None, *, secured: bool = False) -> None:
        self.offer = offer or Offer()
        self.state = State.CONNECTED
        self.secured = secured
        self.authenticated = False
        self.hello: Hello | None = None
        self.mail: Mail | None = None
        self.recipients: list[Address] = []
        self._context = Context(self.offer.postmaster_domain or self.offer.hostname)
        self._buffer = b""
        self._start = 0
        self._skipping = False  # inside a line that was refused already, until its CRLF
        self._ahead: deque[Command] = deque()  # taken, not answered yet
        self._held = False  # the last one taken decides how the next bytes are read
        self._reader: DataReader | None = None

    # What a client sends

    def receive(self, data: bytes) -> None:
        """Bytes as they came from the wire. The caller bounds how far it reads ahead (`buffered`)."""
        if self.state is State.CLOSED:
            return
        if self._start >= len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._start :] + data
        self._start = 0

    @property
    def buffered(self) -> int:
        """Octets received and not yet taken as a command or as part of a message."""
        return len(self._buffer) - self._start

    @property
    def message_held(self) -> int:
        """Octets of a message that is still coming in."""
        return self._reader.held if self._reader is not None else 0

    def commands(self) -> Iterator[Command]:
        """Every command that is complete by now. Stops where an answer must come first."""
        while (command := self.next_command()) is not None:
            yield command

    def next_command(self) -> Command | None:
        """The next complete command, or None when bytes or an answer are missing."""
        if self._held or self._start >= len(self._buffer) or self.state in _SILENT:
            return None
        command = self._take_line() if self._reader is None else self._take_message(self._reader)
        if command is not None:
            self._ahead.append(command)
            # A refused line inside an AUTH exchange ends the exchange, so it decides, too.
            self._held = command.name in DECIDES_READING or self.state is State.AUTH
        return command

    def give_up_message(self) -> None:
        """Stop keeping the message that comes in; it will have the problem "storage"."""
        if self._reader is not None:
            self._reader.give_up()

    # What we answer

    def greeting(self, text: str) -> bytes:
        """The first line (RFC 5321 §4.2): our name, then `text`."""
        return Reply(220, "", f"{self.offer.hostname} {text}").encode()

    def capabilities(self) -> Reply:
        """The answer to EHLO or LHLO (RFC 5321 §4.1.1.1): our name and what we offer on this connection, now."""
        offer = self.offer
        lines = [offer.hostname, "PIPELINING", f"SIZE {offer.max_size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.can_start_tls:
            lines.append("STARTTLS")
        if self.can_authenticate:
            lines.append(f"AUTH {' '.join(offer.mechanisms)}")
        lines.append("HELP")
        return Reply(250, "", "\n".join(lines))

    @property
    def can_start_tls(self) -> bool:
        """RFC 3207 §4.2: offered once, and not again inside TLS."""
        return self.offer.starttls and not self.secured

    @property
    def can_authenticate(self) -> bool:
        """RFC 4954 §4: passwords in clear text only inside TLS, unless the operator allowed it."""
        return bool(self.offer.mechanisms) and (self.secured or self.offer.auth_in_clear) and not self.authenticated

    def reply(self, code: int, enhanced: str, text: str) -> bytes:
        """Answer the oldest command that waits: the bytes to write. Raises LocalError when it is out of turn."""
        return self.answer(Reply(code, enhanced, text))

    def answer(self, reply: Reply) -> bytes:
        """The same for a ready-made reply."""
        if not self._ahead:
            raise LocalError("no command waits for a reply")
        utf8 = self._context.smtputf8  # the answer to a message ends its transaction, and is still part of it
        command = self._ahead.popleft()
        if not self._ahead:
            self._held = False
        self._advance(command, reply.code)
        return reply.encode(utf8=utf8)

    def reply_each(self, replies: Sequence[Reply]) -> bytes:
        """RFC 2033 §4.2: after the data one reply for each recipient that was accepted, in their order."""
        if not self._ahead or self._ahead[0].name != MESSAGE or len(replies) != len(self.recipients):
            raise LocalError("one reply for each accepted recipient, after the data")
        utf8 = self._context.smtputf8
        *others, last = replies
        return b"".join([reply.encode(utf8=utf8) for reply in others]) + self.answer(last)

    def farewell(self, reply: Reply) -> bytes:
        """An answer to nothing, and the last: 421 (RFC 5321 §3.8). Whatever still comes in is ignored."""
        self.close()
        return reply.encode()

    def close(self) -> None:
        """Nothing the client sends from now on is looked at."""
        self.state = State.CLOSED
        self._buffer, self._start = b"", 0
        self._ahead.clear()
        self._reader = None

    def tls_started(self) -> None:
        """The handshake is done. RFC 3207 §4.2: all that was known from before is forgotten."""
        if self.state is not State.HANDSHAKE:
            raise LocalError("TLS was not asked for")
        self.state = State.CONNECTED
        self.secured = True
        self.authenticated = False
        self._forget_hello()

    # Behind the answers: where the conversation stands

    def _advance(self, command: Command, code: int) -> None:
        if code == 421:
            self.close()
            return
        name: str = command.name
        if isinstance(command, Garbled):
            if code < 400:
                raise LocalError("a garbled command cannot succeed")
            name = ANSWER if self.state is State.AUTH else name
        step = TRANSITIONS[self.state].get(name)
        if code >= 400:
            if step is not None and step.refused is not None:
                self.state = step.refused
                self._forget_transaction()
            return
        if step is None:
            raise LocalError(f"{name} cannot succeed in state {self.state.value}")
        if code >= 300:
            if step.more is None:
                raise LocalError(f"{name} does not ask for more")
            self.state = step.more
            if step.more is State.DATA:
                self._reader = DataReader(self.offer.max_size)
            return
        if step.done is State.HANDSHAKE and self.buffered:
            raise LocalError("clear text behind STARTTLS must never be read as if it came through TLS")
        self.state = step.done
        self._succeeded(command)

    def _succeeded(self, command: Command) -> None:
        name = command.name
        if isinstance(command, Rcpt):
            self.recipients.append(command.recipient)
        elif isinstance(command, Mail):
            self.mail = command
            self.recipients = []
            self._context.smtputf8 = command.smtputf8
        elif name in (MESSAGE, "RSET"):
            self._forget_transaction()
        elif isinstance(command, Hello):
            self._forget_transaction()
            self.hello = command
            self._context.extended = name != "HELO"
        elif name in ("AUTH", ANSWER):
            self.authenticated = True
        elif name == "QUIT":
            self.close()

    def _forget_transaction(self) -> None:
        self.mail = None
        self.recipients = []
        self._context.smtputf8 = False

    def _forget_hello(self) -> None:
        self._forget_transaction()
        self.hello = None
        self._context.extended = False

    # Behind the commands: where one ends, then what it is

    def _take_message(self, reader: DataReader) -> Command | None:
        chunk = self._buffer[self._start :] if self._start else self._buffer
        self._buffer, self._start = b"", 0
        result = reader.feed(chunk)
        if result is None:
            return None
        self._reader = None
        message, self._buffer = result
        return message

    def _take_line(self) -> Command | None:
        buffer, start = self._buffer, self._start
        if self._skipping:
            end = buffer.find(b"\r\n", start)
            if end < 0:
                self._start = len(buffer) - 1 if buffer.endswith(b"\r") and len(buffer) > start else len(buffer)
                return None
            self._skipping = False
            self._start = start = end + 2
        end = buffer.find(b"\n", start)
        length = (end + 1 if end >= 0 else len(buffer)) - start
        if length > self.offer.command_octets and length > self._limit(buffer, start):
            return self._refuse_line(self._too_long())
        if end < 0:
            return None
        if end == start or buffer[end - 1] != 13:
            # RFC 5321 §2.3.8: CR and LF travel only together. What is refused is the line up to its CRLF.
            return self._refuse_line(Reply(500, "5.5.2", "a command ends with CR LF; that was LF alone"))
        self._start = end + 1
        line = buffer[start : end - 1]
        return self._recognize(line) or self._understand(line)

    def _limit(self, buffer: bytes, start: int) -> int:
        if self.state is State.AUTH or buffer[start : start + 5].upper() == b"AUTH ":
            return self.offer.auth_octets
        return self.offer.command_octets

    def _too_long(self) -> Reply:
        if self.state is State.AUTH:
            # RFC 4954 §6: 500 5.5.6, authentication exchange line is too long.
            return Reply(500, "5.5.6", f"the line has more than {self.offer.auth_octets} octets")
        return Reply(500, "5.5.2", "the line is too long for a command")

    def _refuse_line(self, reply: Reply) -> Garbled:
        self._skipping = True
        return Garbled("", reply)

    def _recognize(self, octets: bytes) -> Command | None:
        """The short way for a line that needs no explanation: one that is well-formed and comes in its turn."""
        # Never for AUTH and what follows it: secrets do not belong in a cache.
        if octets[:4] not in _CACHEABLE or octets[4:5] not in _AFTER_VERB:
            return None
        if len(octets) > MAX_CACHED_OCTETS or not octets.isascii():
            return None
        if self._ahead or self.state is State.AUTH:
            return None
        context = self._context
        try:
            command = parse_cached(octets, context.postmaster_domain, context.extended, context.smtputf8)
        except PeerError:
            return None
        return command if command.name in TRANSITIONS[self.state] else None

    def _understand(self, octets: bytes) -> Command:
        verb = ""
        try:
            line = octets.decode()
            if self.state is State.AUTH:
                return parse_answer(line)
            if quirks.TRAILING_SPACE:
                line = line.rstrip(" \t")
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            self._check_offered(verb)
            state = self._state_ahead() if self._ahead else self.state
            if verb not in TRANSITIONS[state]:
                hello = "LHLO" if self.offer.lmtp else "EHLO"
                raise PeerError(503, "5.5.1", OUT_OF_ORDER.get(state, "not now").format(hello=hello))
            command = parse_command(verb, rest, self._context_ahead() if self._ahead else self._context)
        except PeerError as error:
            return Garbled(verb if verb in VERBS else "", error.reply)
        except UnicodeDecodeError:
            return Garbled("", Reply(500, "5.5.2", "a command is ASCII, or UTF-8 with SMTPUTF8"))
        if isinstance(command, Auth) and not self.can_authenticate:
            return Garbled(verb, self._no_auth())
        return command

    def _check_offered(self, verb: str) -> None:
        if verb not in VERBS:
            # RFC 5321 §4.2.4: 500 for what is not known, 502 for what is known and not offered.
            raise PeerError(500, "5.5.1", "the command is not known here; HELP lists those that are")
        if verb in _HELLOS and (verb == "LHLO") is not self.offer.lmtp:
            # RFC 2033 §4.1: an LMTP server does not answer HELO or EHLO with success; LHLO means nothing to SMTP.
            wanted = "LMTP: say LHLO" if self.offer.lmtp else "SMTP: say EHLO"
            raise PeerError(500, "5.5.1", f"this is {wanted}")
        if verb == "STARTTLS" and not self.can_start_tls:
            if self.secured:
                raise PeerError(503, "5.5.1", "TLS is on already")
            raise PeerError(502, "5.5.1", "TLS is not offered here")
        if verb == "AUTH" and not self.offer.mechanisms:
            raise PeerError(502, "5.5.1", "nobody signs in here; the submission port is for that")

    def _no_auth(self) -> Reply:
        if self.authenticated:
            # RFC 4954 §4: after a successful AUTH there is no second one.
            return Reply(503, "5.5.1", "you are signed in already")
        # RFC 4954 §6: 538 5.7.11, encryption required for requested authentication mechanism.
        return Reply(538, "5.7.11", "not in clear text: STARTTLS first")

    def _state_ahead(self) -> State:
        state = self.state
        for command in self._ahead:
            step = TRANSITIONS[state].get(command.name)
            state = step.done if step is not None else state
        return state

    def _context_ahead(self) -> Context:
        for command in reversed(self._ahead):
            if isinstance(command, Mail):
                context = self._context
                return Context(context.postmaster_domain, context.extended, command.smtputf8)
        return self._context


_HELLOS = ("EHLO", "HELO", "LHLO")
_SILENT = frozenset({State.CLOSED, State.HANDSHAKE})
_CACHEABLE = frozenset({b"MAIL", b"RCPT", b"DATA", b"RSET"})
_AFTER_VERB = frozenset({b"", b" "})  # DATAX is no DATA
