"""DELETE: a mailbox goes, with everything in it (RFC 9051 §6.3.5)."""

from __future__ import annotations

from mailwright.codecs.imap import Delete
from mailwright.codecs.imap.responses import untagged
from mailwright.core import mailboxes
from mailwright.protocols.imap.connection import Connection, Reply


async def delete(connection: Connection, command: Delete) -> Reply:
    """Answer DELETE. Raises NotFound, NotPermitted, BadInput (INBOX). Other sessions that have it selected get BYE."""
    account = connection.who
    removed = await connection.core.write(lambda tx: mailboxes.remove(tx, account, command.mailbox))
    connection.server.empty_removed()
    if connection.selected is not None and connection.selected.mailbox_id == removed.id:
        # Whoever deletes what he has selected knows it: nothing is selected any more, and he may stay.
        connection.deselect()
        connection.session.deselect()
        connection.send(untagged("OK", "the mailbox that was selected is gone", code="CLOSED"))
    return Reply("OK", "deleted")
