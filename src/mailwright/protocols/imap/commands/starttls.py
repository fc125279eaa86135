"""STARTTLS: the same conversation again, under TLS (RFC 9051 §6.2.1)."""

from __future__ import annotations

from mailwright.codecs.imap import StartTls
from mailwright.codecs.imap.responses import untagged
from mailwright.protocols.imap.connection import Connection, Reply


async def starttls(connection: Connection, command: StartTls) -> Reply | None:
    """The connection shakes hands after this reply."""
    if connection.secured:
        return Reply("BAD", "this is TLS already")
    if connection.server.settings.tls is None:
        return Reply("BAD", "there is no TLS here")
    if connection.session.buffered:
        # RFC 9051 §11.3, and CVE-2011-0411: what came in clear behind STARTTLS came from anybody, and must not be taken for
        # something said inside TLS.
        connection.hang_up(untagged("BYE", "there was clear text behind STARTTLS, and somebody may have put it there"))
        return None
    return Reply("OK", "go on with TLS")
