"""EXPUNGE and UID EXPUNGE: what is marked as deleted goes for good.

In slices, each a transaction: RFC 9051 §6.4.3 does not ask for all or nothing, and other writers get their turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.codecs.imap import Expunge, UidExpunge, compact
from mailwright.core import access
from mailwright.core.expunge import expunge_uids
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import SLICE, Selected, writable
from mailwright.storage import Tx, views


async def expunge(connection: Connection, command: Expunge | UidExpunge) -> Reply:
    """Answer EXPUNGE (RFC 9051 §6.4.3) or UID EXPUNGE (RFC 4315 §2.1). Raises NotPermitted."""
    selected = writable(connection)
    access.need(selected.reached, "e")
    wanted = selected.chosen(command.set, uid=True) if isinstance(command, UidExpunge) else None
    gone = await remove_deleted(connection, selected, wanted)
    return await told(connection, selected, "expunged" if gone else "nothing was marked as deleted", bool(gone))


async def remove_deleted(connection: Connection, selected: Selected, wanted: Sequence[int] | None) -> list[int]:
    """Remove what has \\Deleted (among `wanted`, when given). The uids that went."""
    account = connection.who
    marked = await connection.core.read(lambda tx: views.deleted_uids(tx, selected.mailbox_id))
    if wanted is not None:
        asked = set(wanted)
        marked = [uid for uid in marked if uid in asked]
    gone: list[int] = []
    try:
        for start in range(0, len(marked), SLICE):

            def remove(tx: Tx, uids: list[int] = marked[start : start + SLICE]) -> list[int]:
                return expunge_uids(tx, access.by_id(tx, account, selected.mailbox_id), uids)

            gone += await connection.core.write(remove)
            selected.dirty = True
    finally:
        if gone:  # also when the database is busy in the middle
            connection.note("imap.expunge", selected.resource(compact(gone)))
    return gone


async def told(connection: Connection, selected: Selected, text: str, changed: bool) -> Reply:
    """The answer to a command that removed messages, after the client has heard of each."""
    await selected.sync(connection, expunges=True)
    # RFC 7162 §3.2.7: whoever follows modseqs learns where it stands now.
    code = f"HIGHESTMODSEQ {selected.modseq}" if changed and connection.condstore else ""
    return Reply("OK", text, code)
