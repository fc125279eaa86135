"""SELECT and EXAMINE: open a mailbox, and with QRESYNC tell what changed since the client last saw it.

Whatever was selected before is closed first, also when the new mailbox cannot be opened (RFC 9051 §6.3.2). Only uids and counters
are read: 200,000 messages cost a fraction of a second and 800 KB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailwright.codecs.imap import QResync, Select
from mailwright.codecs.imap.listings import list_line
from mailwright.codecs.imap.responses import (
    exists,
    flags_line,
    mailbox_id_code,
    permanent_flags_code,
    recent,
    untagged,
    vanished,
)
from mailwright.codecs.imap.sequences import SequenceSet
from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import UIDS_IN_LINE, Selected
from mailwright.storage import Tx, views
from mailwright.storage.accounts import Account
from mailwright.storage.messages import Flag
from mailwright.storage.views import Change

_CHANGING = frozenset("wstei")
"""The rights with which a mailbox is opened READ-WRITE (RFC 4314 §5.2)."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """What SELECT says, read in one transaction."""

    selected: Selected
    keywords: list[str]
    unseen: int | None
    vanished: list[int]
    changed: list[Change]


async def select(connection: Connection, command: Select) -> Reply:
    """Answer SELECT or EXAMINE. Raises NotFound, NotPermitted; then nothing is selected."""
    leave(connection)
    account = connection.who
    if command.condstore or command.qresync is not None:
        connection.condstore = True  # RFC 7162 §3.1.8
    read_only = command.name == "EXAMINE"
    opening = await connection.core.read(lambda tx: _open(tx, account, command, read_only=read_only))
    selected = opening.selected
    selected.watch(connection)
    connection.selected = selected
    _introduce(connection, opening)
    await connection.drain()
    for start in range(0, len(opening.vanished), UIDS_IN_LINE):
        # RFC 7162 §3.2.5.1: what is gone, and only then the flags.
        connection.send(vanished(opening.vanished[start : start + UIDS_IN_LINE], earlier=True))
    await selected.tell_flags(connection, opening.changed, items=True)
    connection.note("imap.examine" if read_only else "imap.select", f"{selected.reached.owner}:{selected.reached.name}")
    mode = "READ-ONLY" if selected.read_only else "READ-WRITE"
    return Reply("OK", f"{selected.reached.name} is selected", mode)


def leave(connection: Connection) -> None:
    """Close what is selected, if something is, without expunging."""
    if connection.selected is None:
        return
    connection.deselect()
    # RFC 9051 §7.1: from here on, responses are about the new mailbox.
    connection.send(untagged("OK", "the mailbox selected before is closed", code="CLOSED"))


def _open(tx: Tx, account: Account, command: Select, *, read_only: bool) -> _Opening:
    reached = access.by_name(tx, account, command.mailbox)
    access.need(reached, "r")
    selected = Selected.read(tx, reached, read_only=read_only or not reached.rights & _CHANGING)
    mailbox = reached.mailbox
    keywords = sorted(views.keywords_in(tx, mailbox.id))
    first = views.first_unseen(tx, mailbox.id) if mailbox.unseen else None
    unseen = None if first is None else selected.number_of(first)
    gone: list[int] = []
    changed: list[Change] = []
    since = command.qresync
    # RFC 7162 §3.2.5: with another UIDVALIDITY the client knows nothing of this mailbox.
    if since is not None and since.uidvalidity == mailbox.uidvalidity and since.modseq < selected.modseq:
        gone, changed = _since(tx, selected, since)
    return _Opening(selected, keywords, unseen, gone, changed)


def _since(tx: Tx, selected: Selected, since: QResync) -> tuple[list[int], list[Change]]:
    """Nothing is ever forgotten by the journal, so the message numbers a client may add (RFC 7162 §3.2.5.2) are not needed."""
    gone = views.vanished_since(tx, selected.owner_id, selected.mailbox_id, since.modseq)
    changed = views.changed_since(tx, selected.owner_id, selected.mailbox_id, since.modseq)
    known = since.known_uids
    if known is None:
        return gone, changed
    return list(_within(known, gone, selected)), [
        each for each in changed if known.covers(each.uid, selected.uidnext - 1)
    ]


def _within(known: SequenceSet, uids: Iterable[int], selected: Selected) -> Iterable[int]:
    return (uid for uid in uids if known.covers(uid, selected.uidnext - 1))


def _introduce(connection: Connection, opening: _Opening) -> None:
    selected = opening.selected
    reached, mailbox = selected.reached, selected.reached.mailbox
    lines = [flags_line(opening.keywords), exists(len(selected.uids))]
    if not connection.rev2:
        lines.append(recent(0))  # RFC 3501 §6.3.1; RFC 9051 has no recent messages
        if opening.unseen is not None:
            lines.append(untagged("OK", "the first without \\Seen", code=f"UNSEEN {opening.unseen}"))
    bits, words = (0, False) if selected.read_only else _permanent(reached)
    lines += [
        untagged(
            "OK",
            "what can be changed",
            code=permanent_flags_code(keywords=opening.keywords if words else (), bits=bits, more=words),
        ),
        untagged("OK", "as long as uids mean the same", code=f"UIDVALIDITY {mailbox.uidvalidity}"),
        untagged("OK", "the next message's", code=f"UIDNEXT {selected.uidnext}"),
        untagged("OK", "of the last change", code=f"HIGHESTMODSEQ {selected.modseq}"),
        untagged("OK", "however it is named", code=mailbox_id_code(mailbox.id)),
    ]
    if connection.rev2:
        # RFC 9051 §6.3.2: the name as it is spelled here.
        lines.append(list_line((), reached.name, utf8=connection.utf8))
    connection.send(b"".join(lines))


def _permanent(reached: Reached) -> tuple[int, bool]:
    """The flags the asker may change for good (RFC 4314 §5.2), and whether keywords."""
    rights = reached.rights
    flags = Flag(0)
    if "s" in rights:
        flags |= Flag.SEEN
    if "t" in rights:
        flags |= Flag.DELETED
    if "w" in rights:
        flags |= Flag.ANSWERED | Flag.FLAGGED | Flag.DRAFT
    return int(flags), "w" in rights
