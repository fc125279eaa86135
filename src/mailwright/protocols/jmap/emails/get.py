"""Email/get (RFC 8621 §4.2).

What a list shows comes from the rows alone, with one question to the database. Where a message itself is needed, only the
ranges that are needed are read, many messages at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.codecs.mime import Part
from mailwright.domain.ids import is_id
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.blobs import part_blob
from mailwright.protocols.jmap.capabilities import MAIL, MAX_OBJECTS_IN_GET
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails import bodies
from mailwright.protocols.jmap.emails.properties import (
    BODY_ARGUMENTS,
    DEFAULT_OF_GET,
    PROPERTIES,
    UNTOLD,
    Wanted,
    is_property,
    is_visible,
    of_row,
    read_headers,
)
from mailwright.protocols.jmap.standard import got, parse_get
from mailwright.storage import Tx, listing

BATCH_OCTETS = 8 * 1024 * 1024  # of messages read at once, beside a single larger one


@dataclass(slots=True)
class _Message:
    """One message on its way: what its row told, and what is still to be read."""

    id: str
    record: dict[str, Any]
    fields: tuple[str, ...]
    blob_id: str = ""
    root: Part | None = None
    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def octets(self) -> int:
        return sum(end - start for start, end in self.ranges)


async def get(call: Call, arguments: Arguments) -> Arguments:
    """The Emails that were asked for."""
    asked = parse_get(call, arguments, PROPERTIES, extra=BODY_ARGUMENTS, is_known=is_property)
    properties = DEFAULT_OF_GET if asked.properties is None else asked.properties
    # RFC 8620 §5.1: the id is always there.
    wanted = Wanted.of(tuple(dict.fromkeys(("id", *properties))), arguments)

    def look(tx: Tx) -> tuple[Scope, str, list[str], dict[str, _Message]]:
        scope = scope_in(tx, call, arguments.get("accountId"))
        state = scope.state(tx)
        ids = _all_ids(tx, scope) if asked.ids is None else asked.ids
        return scope, state, ids, _look_up(tx, scope, ids, wanted)

    scope, state, ids, found = await call.core.read(look)
    reading = [message for message in found.values() if message.root is not None]
    if reading:
        call.make_room(sum(message.octets for message in reading))
        for unread in await _read(call, reading, wanted):
            del found[unread]
        shown = [each.id for each in reading if each.id in found and each.root and bodies.valued(each.root, wanted)]
        call.note_each("jmap.read", scope.owner.email, shown)
    records = [_ordered(found[each].record, wanted) for each in ids if each in found]
    return got(scope, state, records, [each for each in ids if each not in found])


def _all_ids(tx: Tx, scope: Scope) -> list[str]:
    ids = listing.ids_in(tx, sorted(scope.readable), MAX_OBJECTS_IN_GET + 1)
    if len(ids) > MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"there are more than {MAX_OBJECTS_IN_GET}; ask for them by id")
    return ids


def _look_up(tx: Tx, scope: Scope, ids: Sequence[str], wanted: Wanted) -> dict[str, _Message]:
    """What the rows tell; runs in a thread of the database. PostgreSQL would not have an id that is none."""
    columns = wanted.columns
    readable = scope.readable
    found: dict[str, _Message] = {}
    for row in listing.by_ids(tx, scope.owner.id, [each for each in ids if is_id(each)], columns):
        if row[1] in readable and is_visible(row[2]):
            named = dict(zip(("id", "mailbox_id", "flags", *columns), row, strict=True))
            found[row[0]] = _from_row(named, wanted)
    return found


def _from_row(row: dict[str, Any], wanted: Wanted) -> _Message:
    if "headers" in row:
        row["headers"] = read_headers(row["headers"])
    record = {name: of_row(name, row) for name in wanted.names if name not in _FROM_MESSAGE}
    untold = tuple(name for name, value in record.items() if value is UNTOLD)
    message = _Message(row["id"], record, untold)
    if untold or wanted.reads:
        message.root = Part.from_json(row["structure"])
        message.blob_id = row["blob_id"]
        message.ranges = tuple(bodies.needed(message.root, wanted, untold))
    return message


_FROM_MESSAGE = frozenset({"bodyValues", "textBody", "htmlBody", "attachments", "bodyStructure", "headers"})


async def _read(call: Call, messages: Sequence[_Message], wanted: Wanted) -> list[str]:
    """Put in what has to be read. The ids of messages that are gone meanwhile."""
    unread: list[str] = []
    for batch in _batches(messages):
        ranges = [(message.blob_id, *span) for message in batch for span in message.ranges]
        octets = await call.core.blobs.read_many(ranges) if ranges else []
        unread += await asyncio.to_thread(_tell, batch, octets, wanted)
    return unread


def _tell(batch: Sequence[_Message], octets: Sequence[bytes | None], wanted: Wanted) -> list[str]:
    """Runs in a thread."""
    unread: list[str] = []
    pieces = iter(octets)
    for message in batch:
        known = {span: next(pieces) for span in message.ranges}
        if any(each is None for each in known.values()):
            unread.append(message.id)
            continue

        def read(start: int, end: int, known: dict[tuple[int, int], bytes | None] = known) -> bytes:
            return known.get((start, end)) or b""  # nothing is asked of an empty stretch

        def blob_of(part: Part, message_id: str = message.id) -> str:
            return part_blob(message_id, part.number)

        assert message.root is not None
        message.record |= bodies.told(message.root, wanted, message.fields, read, blob_of)
    return unread


def _ordered(record: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """As asked for: a client that reads the answer by eye finds it so."""
    names = (*wanted.names, *(field.property for field in wanted.fields))
    return {name: record[name] for name in names}


def _batches(messages: Sequence[_Message]) -> Iterator[list[_Message]]:
    batch: list[_Message] = []
    octets = 0
    for message in messages:
        if batch and octets + message.octets > BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
        batch.append(message)
        octets += message.octets
    if batch:
        yield batch


METHODS = {"Email/get": Method(get, MAIL)}
