"""THREAD: the messages that match, as conversations (RFC 5256 §4)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from mailwright.codecs.imap import Thread
from mailwright.codecs.imap.sorting import sent_moment
from mailwright.codecs.imap.threading import Threadable, by_references, ordered_subject
from mailwright.protocols.imap.commands.search import with_modseq
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.finding import find
from mailwright.protocols.imap.selected import SLICE, opened
from mailwright.storage import Tx, views

_COLUMNS = ("received_at", "sent_at", "subject", "message_id", "headers")


async def thread(connection: Connection, command: Thread) -> Reply:
    """Answer THREAD."""
    selected = opened(connection)
    connection.condstore = connection.condstore or with_modseq(command.key)
    found = await find(connection, selected, command.key)
    numbers = found.uids if command.uid else found.numbers
    references = command.algorithm == "REFERENCES"
    messages: list[Threadable] = []
    for start in range(0, len(numbers), SLICE):

        def look(tx: Tx, start: int = start) -> list[Threadable]:
            uids = found.uids[start : start + SLICE]
            by_uid = dict(zip(uids, numbers[start : start + SLICE], strict=True))
            return [_threadable(by_uid[row[0]], row[1:]) for row in views.rows(tx, selected.mailbox_id, uids, _COLUMNS)]

        messages += await connection.core.read(look)
        await connection.drain()
    connection.send(await asyncio.to_thread(by_references if references else ordered_subject, messages))
    return Reply("OK", f"{len(messages)} messages")


def _threadable(number: int, values: Sequence[Any]) -> Threadable:
    received_at, sent_at, subject, message_id, headers = values
    ids = json.loads(headers)
    return Threadable(
        number,
        sent_moment(sent_at, received_at),
        subject,
        message_id,
        ids.get("references", ()),
        ids.get("in_reply_to", ()),
    )
