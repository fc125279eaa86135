"""One file per verb: each asks core where there is something to ask, and gives back the reply.

Called by `connection`, through the two tables below. A verb may raise a Refusal or a PeerError instead of replying; any
other exception is a bug, is recorded and answered with 451.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from mailwright.codecs.smtp import Reply
from mailwright.protocols.smtp.verbs import (
    auth,
    data,
    garbled,
    hello,
    help,
    mail,
    noop,
    quit,
    rcpt,
    rset,
    starttls,
    vrfy,
)

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

AtOnce: TypeAlias = "Callable[[Connection, Any], Reply]"
Waits: TypeAlias = "Callable[[Connection, Any], Awaitable[Reply | list[Reply]]]"

IMMEDIATE: dict[str, AtOnce] = {
    "EHLO": hello.hello,
    "HELO": hello.hello,
    "LHLO": hello.hello,
    "MAIL": mail.mail,
    "DATA": data.data,
    "RSET": rset.rset,
    "NOOP": noop.noop,
    "QUIT": quit.quit_,
    "VRFY": vrfy.verify,
    "EXPN": vrfy.expand,
    "HELP": help.help_,
    "(garbled)": garbled.garbled,
}
"""Answered within the call that brings their bytes."""

WAITING: dict[str, Waits] = {
    "RCPT": rcpt.rcpt,
    "(message)": data.message,
    "AUTH": auth.auth,
    "(answer)": auth.answer,
    "STARTTLS": starttls.starttls,
}
"""Answered by a task, because they ask core or the network."""
