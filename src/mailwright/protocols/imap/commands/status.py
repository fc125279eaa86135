"""STATUS: numbers of a mailbox without opening it (RFC 9051 §6.3.11)."""

from __future__ import annotations

from mailwright.codecs.imap import Status
from mailwright.codecs.imap.listings import status_line
from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx, views

OCTETS_OF_STORAGE = 1024  # RFC 9208 §5.1: the unit of STORAGE


async def status(connection: Connection, command: Status) -> Reply:
    """Answer STATUS. Raises NotFound, NotPermitted."""
    account, limit = connection.who, connection.server.settings.max_message

    def read(tx: Tx) -> tuple[Reached, dict[str, int | str]]:
        reached = access.by_name(tx, account, command.mailbox)
        access.need(reached, "r")  # RFC 4314 §4
        return reached, items_of(tx, reached, command.items, limit)

    reached, items = await connection.core.read(read)
    note_modseqs(connection, command.items)
    connection.send(status_line(reached.name, items, utf8=connection.utf8))
    return Reply("OK", "those are the numbers")


def items_of(tx: Tx, reached: Reached, wanted: tuple[str, ...], append_limit: int) -> dict[str, int | str]:
    """The wanted items of a mailbox. Only those of what is marked as deleted have to count messages."""
    mailbox = reached.mailbox
    known: dict[str, int | str] = {
        "MESSAGES": mailbox.total,
        "UIDNEXT": mailbox.uidnext,
        "UIDVALIDITY": mailbox.uidvalidity,
        "UNSEEN": mailbox.unseen,
        "SIZE": mailbox.size_bytes,
        "RECENT": 0,  # RFC 9051 §E: there is no such thing any more
        "HIGHESTMODSEQ": mailbox.modseq,
        "MAILBOXID": mailbox.id,
        "APPENDLIMIT": append_limit,
    }
    if "DELETED" in wanted or "DELETED-STORAGE" in wanted:
        count, octets = views.deleted_count(tx, mailbox.id)
        known["DELETED"] = count
        known["DELETED-STORAGE"] = -(-octets // OCTETS_OF_STORAGE)
    return {item: known[item] for item in wanted}


def note_modseqs(connection: Connection, wanted: tuple[str, ...]) -> None:
    """RFC 7162 §3.1: who asks for HIGHESTMODSEQ follows modseqs from now on."""
    if "HIGHESTMODSEQ" in wanted:
        connection.condstore = True
