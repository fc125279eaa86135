"""VRFY and EXPN: who lives here is nobody's business (RFC 5321 §3.5.3, §7.3)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Expand, Reply, Verify

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

CANNOT_SAY = Reply(252, "2.0.0", "cannot say; send a message, and RCPT will tell")
NOT_OFFERED = Reply(502, "5.5.1", "lists are not expanded here")


def verify(connection: "Connection", command: Verify) -> Reply:
    """RFC 5321 §7.3: 252 where the server does not want to tell."""
    return CANNOT_SAY


def expand(connection: "Connection", command: Expand) -> Reply:
    """Not offered."""
    return NOT_OFFERED
