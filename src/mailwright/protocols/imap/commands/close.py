"""CLOSE and UNSELECT: nothing is selected any more; CLOSE expunges what is marked as deleted before, without a word."""

from __future__ import annotations

from mailwright.codecs.imap import Close, Unselect
from mailwright.protocols.imap.commands.expunge import remove_deleted
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import opened


async def close(connection: Connection, command: Close) -> Reply:
    """Answer CLOSE (RFC 9051 §6.4.1). RFC 4314 §4: without the right `e` nothing is expunged, and it is no error."""
    selected = opened(connection)
    if not selected.read_only and "e" in selected.reached.rights:
        await remove_deleted(connection, selected, None)
    connection.deselect()
    return Reply("OK", "closed")


async def unselect(connection: Connection, command: Unselect) -> Reply:
    """Answer UNSELECT (RFC 9051 §6.4.2)."""
    connection.deselect()
    return Reply("OK", "nothing is selected")
