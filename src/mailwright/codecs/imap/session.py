"""The server's side of one conversation, without a socket: bytes in, commands out.

Used by `protocols/imap`, one session a connection. What is answered is spelled by `responses` and written by the caller, who
tells the session of it (`answered`, `challenge`, `begin_idle`); the few lines that belong to reading come from here.
Promises never to raise on anything a client sends, and to hold at most one command and what the caller fed ahead of it.
Does not: decide who may read what; the verbs ask core.

    session.receive(data)
    while (command := session.next_command()) is not None: ...answer it...
    if (line := session.wants_continuation()) is not None: ...write it...
"""

import base64
from dataclasses import dataclass

from mailwright.codecs.imap.commands import AuthAnswer, Authenticate, Command, Done, Enable, Garbled, Idle
from mailwright.codecs.imap.errors import LocalError, PeerError
from mailwright.codecs.imap.framing import Framer, Line, Refusal
from mailwright.codecs.imap.grammar import parse_answer, parse_command, tag_of
from mailwright.codecs.imap.scanner import AwaitsLiteral, Raw
from mailwright.codecs.imap.states import DECIDES_READING, OUT_OF_ORDER, SIGNED_IN_ALREADY, TRANSITIONS, State

LITERALS_LOOKED_AT = 2  # of a command, before they are there: the second of APPEND may be the first message


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command may hold, in octets; what is above is refused and not kept.

    `command`: its lines together (clients name thousands of messages in one). `literal`: one that is no message.
    `literals`: all of those together. `stranger`: the same before signing in, where a literal is a name or a password.
    `message`: one message of APPEND, announced as APPENDLIMIT. `append`: all messages of one APPEND, held in memory.
    """

    command: int = 64 * 1024
    literal: int = 64 * 1024
    literals: int = 256 * 1024
    stranger: int = 4 * 1024
    message: int = 50 * 1024 * 1024
    append: int = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Announced:
    """The first message of an APPEND the client will send when it is told to: time to say no before it does."""

    tag: bytes
    mailbox: str
    size: int


class ServerSession:
    """One conversation. Read its attributes freely; only its methods change them.

    `utf8`: UTF8=ACCEPT was enabled (RFC 6855), `rev2`: IMAP4rev2 was (RFC 9051 §6.3.1); with either, mailbox names are
    UTF-8 on the wire. `announced` is there while `wants_continuation` waits for the first message of an APPEND.
    """

    __slots__ = (
        "_before",
        "_exchange",
        "_framer",
        "_held",
        "_messages",
        "announced",
        "limits",
        "rev2",
        "state",
        "utf8",
    )

    def __init__(self, limits: Limits | None = None, *, authenticated: bool = False) -> None:
        self.limits = limits or Limits()
        self.state = State.AUTHENTICATED if authenticated else State.NOT_AUTHENTICATED
        self.utf8 = False
        self.rev2 = False
        self.announced: Announced | None = None
        self._framer = Framer(self.limits.command, self._admit)
        self._held: Command | None = None  # taken, not answered yet, and decides how the next octets are read
        self._before = self.state  # where IDLE returns to
        self._exchange = b""  # the tag of IDLE or AUTHENTICATE while it goes on
        self._messages = False  # the literals of the command that comes in are messages from here on

    @property
    def utf8_names(self) -> bool:
        """Are mailbox names UTF-8 on the wire, both ways?"""
        return self.utf8 or self.rev2

    # What a client sends

    def receive(self, data: bytes) -> None:
        """Bytes as they came from the wire. The caller bounds how far it reads ahead (`buffered`)."""
        if self.state is not State.LOGOUT:
            self._framer.receive(data)

    @property
    def buffered(self) -> int:
        """Octets received and not yet taken as a command or as part of a literal."""
        return self._framer.buffered

    @property
    def swallowing(self) -> int:
        """Octets of a literal that was refused and is on its way nevertheless. Too many: better to say BYE."""
        return self._framer.swallowing

    def next_command(self) -> Command | Garbled | None:
        """The next complete command, or None when octets or an answer are missing."""
        if self._held is not None or self.state in _SILENT:
            return None
        if self.state in _LINES:
            return self._next_line()
        found = self._framer.take()
        if found is None:
            return None
        if isinstance(found, Refusal):
            error = found.error
            return Garbled(tag_of(found.beginning), error.text, error.code, error.condition)
        command = parse_command(found, self._permit, utf8=self.utf8_names)
        if command.name in DECIDES_READING and not isinstance(command, Garbled):
            self._held = command
        return command

    def wants_continuation(self) -> bytes | None:
        """The line to write now so that the client sends its literal, or None. Asked after `next_command` gave None."""
        if not self._framer.awaits_literal:
            return None
        self._framer.go_ahead()
        self.announced = None
        return b"+ go ahead\r\n"

    def refuse_announced(self) -> None:
        """Instead of `wants_continuation`: the tagged NO for `announced` has been written, its message will not come."""
        if self.announced is None:
            raise LocalError("no message has been announced")
        self.announced = None
        self._framer.drop()

    # What we answer

    def answered(self, command: Command | Garbled, *, ok: bool) -> None:
        """The tagged answer to `command` was given. Needed for those in `states.DECIDES_READING`, harmless for others."""
        if command is not self._held:
            if command.name in DECIDES_READING:
                raise LocalError(f"{command.name} does not wait for an answer")
            return
        self._held = None
        step = TRANSITIONS[self.state][command.name]
        state = step.done if ok else step.refused
        if state is not None:
            self.state = state
        if ok and isinstance(command, Enable):
            # RFC 9051 §6.3.1: an extension that is not known is ignored; these two are, and change how names are written.
            self.utf8 = self.utf8 or "UTF8=ACCEPT" in command.extensions
            self.rev2 = self.rev2 or "IMAP4REV2" in command.extensions

    def challenge(self, data: bytes) -> bytes:
        """Ask for more inside AUTHENTICATE: the line to write. The next command is an AuthAnswer, or garbled."""
        held = self._held
        if not isinstance(held, Authenticate | AuthAnswer):
            raise LocalError("nobody is signing in")
        self._held = None
        self._exchange = held.tag
        self.state = State.AUTH
        return b"+ " + base64.b64encode(data) + b"\r\n"

    def begin_idle(self) -> bytes:
        """IDLE is accepted: the line to write. The next command is Done, to be answered with its tag, or garbled."""
        if not isinstance(self._held, Idle):
            raise LocalError("nobody wants to idle")
        self._before = self.state
        self._exchange = self._held.tag
        self._held = None
        self.state = State.IDLE
        return b"+ idling\r\n"

    def deselect(self) -> None:
        """The selected mailbox is gone: as if it had been closed."""
        if self.state is State.SELECTED:
            self.state = State.AUTHENTICATED
        elif self.state is State.IDLE:
            self._before = State.AUTHENTICATED

    def tls_started(self) -> None:
        """The handshake is done. What came before it in clear text is forgotten (RFC 9051 §6.2.1)."""
        if self.state is not State.HANDSHAKE:
            raise LocalError("TLS was not asked for")
        self._framer.take_unread()
        self.state = State.NOT_AUTHENTICATED

    def take_unread(self) -> bytes:
        """RFC 4978 §3: after the OK to COMPRESS, what was received and not read is compressed: it is the caller's again."""
        return self._framer.take_unread()

    def close(self) -> None:
        """Nothing the client sends from now on is looked at."""
        self.state = State.LOGOUT
        self._framer = Framer(self.limits.command, self._admit)
        self._held = None
        self.announced = None

    # Behind the commands

    def _permit(self, name: str) -> None:
        if name in TRANSITIONS[self.state]:
            return
        if self.state is not State.NOT_AUTHENTICATED and name in SIGNED_IN_ALREADY:
            raise PeerError("you are signed in already")
        raise PeerError(f"{name}: {OUT_OF_ORDER[self.state]}")

    def _admit(self, raw: Raw, size: int, synchronizing: bool) -> None:
        """May this literal come? The command so far is read first: one that is wrong already needs no literal."""
        limits = self.limits
        place, held = len(raw.literals), raw.octets
        if place == 0 or (place < LITERALS_LOOKED_AT and not self._messages):
            self._messages = self._look_at(raw, size, synchronizing)
        if self._messages:
            # RFC 7889 §4: a message above the limit is refused with TOOBIG.
            if size > limits.message:
                raise _too_big(f"a message has at most {limits.message} octets")
            if held + size > limits.append:
                raise _too_big(f"the messages of one APPEND have at most {limits.append} octets together")
        elif self.state is State.NOT_AUTHENTICATED:
            if held + size > limits.stranger:
                raise _limit(f"before signing in, literals have at most {limits.stranger} octets")
        elif size > limits.literal or held + size > limits.literals:
            raise _limit(f"a literal has at most {limits.literal} octets, and all of a command {limits.literals}")

    def _look_at(self, raw: Raw, size: int, synchronizing: bool) -> bool:
        """Is the announced literal a message? Raises PeerError for a command that is wrong whatever the literal is."""
        try:
            command = parse_command(raw, self._permit, utf8=self.utf8_names)
        except AwaitsLiteral as awaited:
            if awaited.message and synchronizing:
                self.announced = Announced(tag_of(raw.lines[0]) or b"", awaited.mailbox, size)
            return awaited.message
        if isinstance(command, Garbled):
            raise PeerError(command.text, code=command.code, condition=command.condition)
        raise LocalError("a command was complete before its literal")

    def _next_line(self) -> Command | Garbled | None:
        found = self._framer.take_line()
        if found is None:
            return None
        tag, was = self._exchange, self.state
        self.state = State.NOT_AUTHENTICATED if was is State.AUTH else self._before
        if isinstance(found, Refusal):
            return Garbled(tag, found.error.text)
        return self._answer(found, tag) if was is State.AUTH else self._done(found, tag)

    def _answer(self, line: Line, tag: bytes) -> Command | Garbled:
        command = parse_answer(line.octets, tag)
        if isinstance(command, AuthAnswer):
            self.state = State.AUTH
            self._held = command
        return command

    def _done(self, line: Line, tag: bytes) -> Command | Garbled:
        # RFC 9051 §6.3.13: DONE, in any case, and nothing else ends IDLE.
        if line.octets.upper() == b"DONE":
            return Done(tag)
        return Garbled(tag, "IDLE ends with a line that says DONE; that line was not read as a command", verb="IDLE")


def _too_big(text: str) -> PeerError:
    return PeerError(text, code="TOOBIG", condition="NO")


def _limit(text: str) -> PeerError:
    return PeerError(text, code="LIMIT", condition="NO")  # RFC 5530 §3


_SILENT = frozenset({State.HANDSHAKE, State.LOGOUT})
_LINES = frozenset({State.AUTH, State.IDLE})
