"""NAMESPACE: where one's own mailboxes are, and those of others (RFC 9051 §6.3.10, RFC 2342)."""

from __future__ import annotations

from mailwright.codecs.imap import Namespace
from mailwright.codecs.imap.listings import namespace_line
from mailwright.core.access import OTHERS, SEPARATOR
from mailwright.protocols.imap.connection import Connection, Reply


async def namespace(connection: Connection, command: Namespace) -> Reply:
    """Answer NAMESPACE."""
    connection.send(namespace_line([""], [OTHERS + SEPARATOR], None, utf8=connection.utf8))
    return Reply("OK", "that is all")
