"""SORT: the messages that match, in an order (RFC 5256 §3, RFC 5957, ESORT of RFC 5267)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from mailwright.codecs.imap import Sort
from mailwright.codecs.imap.responses import esearch, sort_line
from mailwright.codecs.imap.sorting import Sortable, in_order
from mailwright.codecs.mime import Mailbox
from mailwright.protocols.imap.commands.search import highest_modseq, save, with_modseq
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.finding import Found, find
from mailwright.protocols.imap.selected import SLICE, Selected, opened
from mailwright.storage import Tx, views

_PEOPLE = frozenset({"FROM", "TO", "CC", "DISPLAYFROM", "DISPLAYTO"})


async def sort(connection: Connection, command: Sort) -> Reply:
    """Answer SORT."""
    selected = opened(connection)
    options = command.return_options
    saves = options is not None and "SAVE" in options
    if saves:
        selected.saved = ()
    modseqs = with_modseq(command.key)
    if modseqs:
        connection.condstore = selected.dirty = True
    found = await find(connection, selected, command.key, modseqs=modseqs)
    if saves:
        save(selected, found, options or frozenset())
    numbers = await _sorted(connection, selected, found, command)
    modseq = highest_modseq(found, None) if modseqs else None
    if options is None:
        connection.send(sort_line(numbers, modseq=modseq))
    else:
        connection.send(esearch(command.tag, numbers, options, uid=command.uid, modseq=modseq, ascending=False))
    return Reply("OK", f"{len(numbers)} found")


async def _sorted(connection: Connection, selected: Selected, found: Found, command: Sort) -> list[int]:
    people = any(field in _PEOPLE for field, _ in command.criteria)
    columns = ("received_at", "sent_at", "size", "subject", *(("headers",) if people else ()))
    numbers = found.uids if command.uid else found.numbers
    sortables: list[Sortable] = []
    for start in range(0, len(numbers), SLICE):

        def look(tx: Tx, start: int = start) -> list[Sortable]:
            uids = found.uids[start : start + SLICE]
            by_uid = dict(zip(uids, numbers[start : start + SLICE], strict=True))
            return [_sortable(by_uid[row[0]], row[1:]) for row in views.rows(tx, selected.mailbox_id, uids, columns)]

        sortables += await connection.core.read(look)
        await connection.drain()
    return await asyncio.to_thread(in_order, sortables, command.criteria)


def _sortable(number: int, values: Sequence[object]) -> Sortable:
    received_at, sent_at, size, subject, *headers = values
    people = json.loads(headers[0]) if headers else {}  # type: ignore[arg-type]  # text, if it is there
    first = [_first(people.get(name)) for name in ("from", "to", "cc")]
    return Sortable(number, received_at, sent_at, size, subject, *first)  # type: ignore[arg-type]  # as the columns are


def _first(entries: list[list[str]] | None) -> Mailbox | None:
    return Mailbox(*entries[0]) if entries else None
