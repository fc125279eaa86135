"""STARTTLS: the same conversation again, under TLS (RFC 3207)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Reply, StartTls

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

GO_ON = Reply(220, "2.0.0", "go on with TLS")
INJECTED = Reply(421, "4.7.0", "there was clear text behind STARTTLS, and somebody may have put it there")


async def starttls(connection: "Connection", command: StartTls) -> Reply:
    """The connection shakes hands after this reply. What came in behind the command came from anybody: no TLS, no mail."""
    if connection.session.buffered:
        # RFC 3207 §6, and CVE-2011-0411: clear text must not be taken for something said inside TLS.
        return INJECTED
    return GO_ON
