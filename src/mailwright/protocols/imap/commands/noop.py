"""NOOP and CHECK: nothing, which is the client's way to ask whether something happened (RFC 9051 §6.1.2, RFC 3501 §6.4.1)."""

from __future__ import annotations

from mailwright.codecs.imap import Check, Noop
from mailwright.protocols.imap.connection import Connection, Reply


async def noop(connection: Connection, command: Noop | Check) -> Reply:
    """Answer NOOP or CHECK."""
    if connection.selected is not None:
        # The client asks now: the journal is looked at, whether word of a change has reached us or not.
        await connection.selected.sync(connection, expunges=True, look=True)
    return Reply("OK", "nothing done")
