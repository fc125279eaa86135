"""COMPRESS DEFLATE: fewer octets on the way (RFC 4978)."""

from __future__ import annotations

from mailwright.codecs.imap import Compress
from mailwright.protocols.imap.connection import Connection, Reply


async def compress(connection: Connection, command: Compress) -> Reply:
    """The connection compresses after this reply. Not before signing in: a stranger gets no memory for it."""
    if connection.account is None:
        return Reply("NO", "sign in first")
    if connection.is_compressed:
        return Reply("NO", "it is compressed already", "COMPRESSIONACTIVE")  # RFC 4978 §3
    return Reply("OK", "compressed from here on")
