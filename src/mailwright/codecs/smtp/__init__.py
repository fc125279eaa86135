"""SMTP, LMTP and submission without sockets: bytes in, typed commands out, replies back to bytes.

Used by `protocols/smtp`. Rules of the place: no I/O, no clock, no decision about anybody's mail. Which command is legal when
is one table (`states`); where a command ends is found before it is parsed (`session`); a garbled command comes out as
`Garbled` with its answer and never drags the next one down.

    session = ServerSession(Offer(hostname="mx.mailwright.test"))
    session.receive(b"EHLO client.example\\r\\n")
    for command in session.commands():
        out = session.reply(250, "", "mx.mailwright.test")
"""

from mailwright.codecs.smtp.commands import (
    Auth,
    AuthAnswer,
    Command,
    Data,
    Expand,
    Garbled,
    Hello,
    Help,
    Mail,
    Message,
    Noop,
    Problem,
    Quit,
    Rcpt,
    Reset,
    StartTls,
    Verify,
)
from mailwright.codecs.smtp.errors import LocalError, PeerError
from mailwright.codecs.smtp.replies import Reply
from mailwright.codecs.smtp.session import Offer, ServerSession
from mailwright.codecs.smtp.states import State
from mailwright.codecs.smtp.trace import protocol_name, received_field, return_path_field

__all__ = [
    "Auth",
    "AuthAnswer",
    "Command",
    "Data",
    "Expand",
    "Garbled",
    "Hello",
    "Help",
    "LocalError",
    "Mail",
    "Message",
    "Noop",
    "Offer",
    "PeerError",
    "Problem",
    "Quit",
    "Rcpt",
    "Reply",
    "Reset",
    "ServerSession",
    "StartTls",
    "State",
    "Verify",
    "protocol_name",
    "received_field",
    "return_path_field",
]
