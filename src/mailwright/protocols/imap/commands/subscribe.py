"""SUBSCRIBE and UNSUBSCRIBE: which mailboxes the account's programs show (RFC 9051 §6.3.7, §6.3.8)."""

from __future__ import annotations

from mailwright.codecs.imap import Subscribe, Unsubscribe
from mailwright.core import mailboxes
from mailwright.domain.refusals import NotFound
from mailwright.protocols.imap.connection import Connection, Reply


async def subscribe(connection: Connection, command: Subscribe | Unsubscribe) -> Reply:
    """Answer both. Raises NotFound: a name without a mailbox cannot be subscribed to here (RFC 9051 §6.3.7 allows that)."""
    account, on = connection.who, isinstance(command, Subscribe)
    try:
        await connection.core.write(lambda tx: mailboxes.subscribe(tx, account, command.mailbox, on=on), shared=True)
    except NotFound:
        # RFC 9051 §6.3.8: the name is to leave the subscribed ones, and is not among them. Thunderbird says so of the old name
        # of a mailbox it has renamed.
        if on:
            raise
    return Reply("OK", "subscribed" if on else "no longer subscribed")
