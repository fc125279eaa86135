"""RENAME: another name for a mailbox and all below it (RFC 9051 §6.3.6)."""

from __future__ import annotations

from mailwright.codecs.imap import Rename
from mailwright.codecs.imap.listings import list_line
from mailwright.core import mailboxes
from mailwright.protocols.imap.connection import Connection, Reply


async def rename(connection: Connection, command: Rename) -> Reply:
    """Answer RENAME. Raises NotFound, AlreadyExists, BadInput, NotPermitted."""
    account = connection.who
    await connection.core.write(lambda tx: mailboxes.rename(tx, account, command.mailbox, command.new_name))
    if connection.rev2 and command.mailbox != "INBOX":
        # RFC 9051 §6.3.9.7: how the old name and the new one belong together. INBOX keeps its name; only its mail went.
        connection.send(list_line((), command.new_name, utf8=connection.utf8, old_name=command.mailbox))
    return Reply("OK", "renamed")
