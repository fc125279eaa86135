"""MOVE: messages leave this mailbox for another, in one step (RFC 9051 §6.4.8, RFC 6851)."""

from __future__ import annotations

from mailwright.codecs.imap import Move, compact
from mailwright.codecs.imap.responses import copy_uid_code, untagged
from mailwright.core import moving
from mailwright.protocols.imap.commands.copy import place
from mailwright.protocols.imap.commands.expunge import told
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import writable


async def move(connection: Connection, command: Move) -> Reply:
    """Answer MOVE. Raises what COPY raises; then none is moved."""
    selected = writable(connection)
    placed = await place(connection, selected, command, moving.move)
    if placed.pairs:
        moved = compact([old for old, _ in placed.pairs])
        connection.note("imap.move", f"{selected.resource(moved)} to {command.mailbox}")
        # RFC 6851 §4.3: the uids come before the expunges, so that a client can follow each message.
        connection.send(untagged("OK", "moved", code=copy_uid_code(placed.uidvalidity, placed.pairs)))
    return await told(
        connection, selected, "moved" if placed.pairs else "there was nothing to move", bool(placed.pairs)
    )
