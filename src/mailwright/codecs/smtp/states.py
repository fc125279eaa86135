"""Which command is legal when, and where it leads: one table, state × command → state.

Read by the session, twice for every command: to ask whether it may come now, and, once it is answered, where the
conversation stands. A pair that is missing here is out of order (RFC 5321 §4.1.4) and gets 503.
"""

from enum import StrEnum
from typing import NamedTuple

from mailwright.codecs.smtp.commands import ANSWER, MESSAGE


class State(StrEnum):  # a StrEnum hashes as fast as a str
    """Where a conversation stands."""

    CONNECTED = "connected"  # greeted by us, not yet by the client
    READY = "ready"  # between messages
    MAIL = "mail"  # a sender, no recipient yet
    RCPT = "rcpt"  # a sender and at least one recipient
    DATA = "data"  # the message is coming
    AUTH = "auth"  # inside an AUTH exchange
    HANDSHAKE = "handshake"  # STARTTLS was answered, TLS is not up yet
    CLOSED = "closed"  # the last word is said


class Next(NamedTuple):
    """The state after a command, by the kind of answer we gave it."""

    done: State  # 2xx
    more: State | None = None  # 3xx; None: such an answer is not allowed here
    refused: State | None = None  # 4xx and 5xx; None: as if it had not been sent


_C, _R, _M, _T, _D, _A = State.CONNECTED, State.READY, State.MAIL, State.RCPT, State.DATA, State.AUTH

TRANSITIONS: dict[State, dict[str, Next]] = {
    _C: {
        "EHLO": Next(_R),
        "HELO": Next(_R),
        "LHLO": Next(_R),
        "RSET": Next(_C),
        "NOOP": Next(_C),
        "HELP": Next(_C),
        # RFC 5321 §4.1.4: NOOP, HELP, EXPN, VRFY and RSET need no hello.
        "VRFY": Next(_C),
        "EXPN": Next(_C),
        "QUIT": Next(State.CLOSED),
    },
    _R: {
        "EHLO": Next(_R),
        "HELO": Next(_R),
        "LHLO": Next(_R),
        "MAIL": Next(_M),
        "RSET": Next(_R),
        "NOOP": Next(_R),
        "HELP": Next(_R),
        "VRFY": Next(_R),
        "EXPN": Next(_R),
        "STARTTLS": Next(State.HANDSHAKE),
        # RFC 4954 §4: 334 asks for more; any refusal ends the exchange.
        "AUTH": Next(_R, more=_A),
        "QUIT": Next(State.CLOSED),
    },
    _M: {
        # RFC 5321 §4.1.4: a hello in the middle of a transaction resets it.
        "EHLO": Next(_R),
        "HELO": Next(_R),
        "LHLO": Next(_R),
        "RCPT": Next(_T),
        "RSET": Next(_R),
        "NOOP": Next(_M),
        "HELP": Next(_M),
        "VRFY": Next(_M),
        "EXPN": Next(_M),
        "QUIT": Next(State.CLOSED),
    },
    _T: {
        "EHLO": Next(_R),
        "HELO": Next(_R),
        "LHLO": Next(_R),
        "RCPT": Next(_T),
        "DATA": Next(_T, more=_D),
        "RSET": Next(_R),
        "NOOP": Next(_T),
        "HELP": Next(_T),
        "VRFY": Next(_T),
        "EXPN": Next(_T),
        "QUIT": Next(State.CLOSED),
    },
    # RFC 5321 §4.1.1.4: whatever the answer to the data is, the buffers are cleared.
    _D: {MESSAGE: Next(_R, refused=_R)},
    _A: {ANSWER: Next(_R, more=_A, refused=_R)},
    State.HANDSHAKE: {},
    State.CLOSED: {},
}

DECIDES_READING = frozenset({"EHLO", "HELO", "LHLO", "DATA", "STARTTLS", "AUTH", ANSWER, "QUIT"})
"""Commands whose answer decides how the following bytes are read: nothing is parsed past them before it is given. They are
the ones RFC 2920 §3.1 lets a client put only at the end of a group."""

OUT_OF_ORDER: dict[State, str] = {
    State.CONNECTED: "say {hello} first",
    State.READY: "MAIL FROM comes first",
    State.MAIL: "a transaction is open and has no recipient we took: RCPT TO comes next, or RSET",
    State.RCPT: "a transaction is open: RCPT TO or DATA comes next, or RSET",
}
"""What to tell a client whose command is out of order, by state."""
