"""COPY: messages once more, in another mailbox (RFC 9051 §6.4.7)."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import TypeAlias

from mailwright.codecs.imap import Copy, Move, PeerError, compact
from mailwright.codecs.imap.responses import copy_uid_code
from mailwright.core import Core, access, moving
from mailwright.core.access import Reached
from mailwright.core.moving import Placed
from mailwright.domain.refusals import NotFound
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import Selected, expunge_issued, opened
from mailwright.storage import Tx

Verb: TypeAlias = "Callable[[Tx, Core, Reached, Reached, array[int]], Placed]"


async def copy(connection: Connection, command: Copy) -> Reply:
    """Answer COPY. Raises NotPermitted, MailboxFull, ExceedsQuota, PeerError (TRYCREATE, EXPUNGEISSUED); then none is copied."""
    selected = opened(connection)
    placed = await place(connection, selected, command, moving.copy)
    if placed.pairs:
        connection.note("imap.copy", _resource(selected, command, placed))
    return Reply(
        "OK", "copied" if placed.pairs else "there was nothing to copy", copy_uid_code(placed.uidvalidity, placed.pairs)
    )


async def place(connection: Connection, selected: Selected, command: Copy | Move, verb: Verb) -> Placed:
    """Copy or move what the command names: all of it or nothing. Raises what `copy` raises."""
    account = connection.who
    wanted = selected.chosen(command.set, uid=command.uid)

    def run(tx: Tx) -> Placed:
        source = access.by_id(tx, account, selected.mailbox_id)
        try:
            target = access.by_name(tx, account, command.mailbox)
        except NotFound:
            # RFC 9051 §6.4.7: TRYCREATE says that creating it may help.
            raise PeerError(f"there is no mailbox {command.mailbox}", code="TRYCREATE", condition="NO") from None
        placed = verb(tx, connection.core, source, target, wanted)
        if not command.uid and len(placed.pairs) < len(wanted):
            raise expunge_issued()  # and the transaction takes the others back
        return placed

    placed = await connection.core.write(run)
    selected.dirty = True
    return placed


def _resource(selected: Selected, command: Copy | Move, placed: Placed) -> str:
    return f"{selected.resource(compact([old for old, _ in placed.pairs]))} to {command.mailbox}"
