"""LOGOUT: the polite end (RFC 9051 §6.1.3)."""

from __future__ import annotations

from mailwright.codecs.imap import Logout
from mailwright.codecs.imap.responses import untagged
from mailwright.protocols.imap.connection import Connection, Reply


async def logout(connection: Connection, command: Logout) -> Reply:
    """Answer LOGOUT; nothing that is marked as deleted is expunged."""
    connection.deselect()
    connection.send(untagged("BYE", "until next time"))
    return Reply("OK", "signed out")
