"""What FETCH takes from the message itself: sections, structures, and envelopes that are not kept yet.

Called by `delivering` for one slice of rows. Octets of many messages are read with one look at the database, only those that are
needed; a large section goes to the client piece by piece, as fast as it reads.
Promises: a message that cannot be read harms no other: its uid is given back, nothing of it is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailwright.codecs.imap import PeerError, sections
from mailwright.codecs.imap import items as asked
from mailwright.codecs.imap.bodystructure import Read, body
from mailwright.codecs.imap.envelope import envelope_of
from mailwright.codecs.imap.items import FetchItem
from mailwright.codecs.imap.sections import Excerpts, Span
from mailwright.codecs.imap.strings import binary, section
from mailwright.codecs.mime import Part
from mailwright.domain.refusals import DamagedBlob, NotFound
from mailwright.protocols.imap.fetching import Plan
from mailwright.storage import BlobStore, Tx
from mailwright.storage.blobs import Outlying
from mailwright.storage.database import Row

if TYPE_CHECKING:
    from mailwright.protocols.imap.connection import Connection

BATCH_OCTETS = 1024 * 1024  # of all messages read at once, beside a single larger one
PIECE_OCTETS = 256 * 1024  # of a section that is larger: read, written and awaited, one after the other
IN_A_THREAD = 256 * 1024  # octets from which decoding and reading headers is too long for the loop
MADE_OCTETS = 64 * 1024 * 1024  # of all values of one message that are not streamed: the largest BINARY fits


@dataclass(frozen=True, slots=True)
class MadeEnvelope:
    """An ENVELOPE that was not kept: it is now, unless the message changed meanwhile."""

    uid: int
    message_id: str
    blob_id: str
    value: bytes


@dataclass(slots=True)
class Outcome:
    """What happened besides: `unread` uids, envelopes made, and the first refusal of an item (BINARY)."""

    unread: list[int]
    envelopes: list[MadeEnvelope]
    problem: PeerError | None = None


@dataclass(slots=True)
class Message:
    """One message on its way: what is read of it, and which of its sections are not read but streamed."""

    number: int
    row: Row
    root: Part
    blob_id: str
    spans: list[Span]
    streamed: dict[FetchItem, Span]

    @property
    def octets(self) -> int:
        return sum(end - start for start, end in self.spans)


@dataclass(slots=True)
class Look:
    """What one look at the database found: the messages in batches, and the octets of the first (or their keys)."""

    batches: list[list[Message]]
    found: list[bytes | Outlying | None]


def look(tx: Tx, blobs: BlobStore, plan: Plan, numbered: Sequence[tuple[int, Row]]) -> Look:
    """Find out what has to be read of the rows of `plan.full`, and read the first of it in the same transaction."""
    batches = list(_batches(plan, numbered))
    return Look(batches, blobs.look_up_many(tx, _wanted(batches[0])) if batches else [])


async def deliver(connection: Connection, plan: Plan, seen: Look, added: dict[int, bytes]) -> Outcome:
    """Write a FETCH line for every message. `added` has, by uid, what is said besides the items."""
    outcome = Outcome([], [])
    blobs = connection.core.blobs
    for index, batch in enumerate(seen.batches):
        wanted = _wanted(batch)
        octets_found = await (blobs.read_many(wanted) if index else blobs.fill_in(wanted, seen.found))
        found = iter(octets_found)
        for message in batch:
            octets = [(start, next(found)) for start, _ in message.spans]
            pieces = [(start, each) for start, each in octets if each is not None]
            if len(pieces) < len(octets):
                outcome.unread.append(message.row[0])
                continue
            try:
                await _write(connection, plan, message, Excerpts(pieces), added.get(message.row[0], b""), outcome)
            except PeerError as error:
                outcome.problem = outcome.problem or error
            except (NotFound, DamagedBlob):
                outcome.unread.append(message.row[0])
        await connection.ease()
    return outcome


def _wanted(batch: Sequence[Message]) -> list[tuple[str, int, int]]:
    return [(message.blob_id, *span) for message in batch for span in message.spans]


def _batches(plan: Plan, numbered: Sequence[tuple[int, Row]]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    octets = 0
    for number, row in numbered:
        message = _prepare(plan, number, row)
        if batch and octets + message.octets > BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
        batch.append(message)
        octets += message.octets
    if batch:
        yield batch


def _prepare(plan: Plan, number: int, row: Row) -> Message:
    at = plan.full.at
    root = Part.from_json(row[at["structure"]])
    read: list[FetchItem] = []
    streamed: dict[FetchItem, Span] = {}
    octets = 0
    for item in plan.items:
        match item:
            case asked.Envelope():
                if row[at["envelope"]] is None:
                    read.append(item)
            case asked.Section() if not item.fields:
                spans = sections.needed(root, (item,))
                octets += spans[0][1] - spans[0][0] if spans else 0
                if octets > PIECE_OCTETS and spans:
                    streamed[item] = spans[0]
                else:
                    read.append(item)
            case asked.Section() | asked.Binary() | asked.BinarySize() | asked.Body() | asked.BodyStructure():
                read.append(item)
            case _:
                pass
    return Message(number, row, root, row[at["blob_id"]], sections.needed(root, read), streamed)


async def _write(
    connection: Connection, plan: Plan, message: Message, read: Read, added: bytes, outcome: Outcome
) -> None:
    """Make every value before anything is said, but for the streamed ones, of which the first piece is read."""
    parts: list[bytes | Span] = [b"* %d FETCH (" % message.number]
    space = b""
    made = 0
    for item, label, spell in zip(plan.items, plan.full.labels, plan.full.spells, strict=True):
        parts.append(b"%b%b " % (space, label))
        space = b" "
        if item in message.streamed:
            parts.append(message.streamed[item])
        elif spell is not None and not (
            isinstance(item, asked.Envelope) and message.row[plan.full.at["envelope"]] is None
        ):
            parts.append(spell(message.row))
        else:
            is_slice = isinstance(item, asked.Section) and not item.fields
            if message.octets > IN_A_THREAD and not is_slice:
                value = await asyncio.to_thread(_value, plan, message, item, read, outcome)
            else:
                value = _value(plan, message, item, read, outcome)
            made += len(value)
            if made > MADE_OCTETS:
                # Five hundred parts of one large message, each of them nearly all of it.
                raise PeerError("that is too much of one message at once", code="LIMIT", condition="NO")
            parts.append(value)
    parts.append(b"%b)\r\n" % added)
    if not message.streamed:
        connection.send(b"".join(parts))  # type: ignore[arg-type]  # no spans among them
        return
    await _stream(connection, message, parts)


def _value(plan: Plan, message: Message, item: FetchItem, read: Read, outcome: Outcome) -> bytes:
    root = message.root
    match item:
        case asked.Section():
            return section(sections.section(read, root, item))
        case asked.Binary():
            return binary(sections.binary(read, root, item))
        case asked.BinarySize():
            return b"%d" % sections.binary_size(read, root, item)
        case asked.Body() | asked.BodyStructure():
            return body(root, read, extensible=isinstance(item, asked.BodyStructure), utf8=plan.utf8)
        case _:
            # Kept without `utf8`: a literal is read by every client.
            value = envelope_of(read(root.header_start, root.body_start))
            uid, at = message.row[0], plan.full.at
            outcome.envelopes.append(MadeEnvelope(uid, message.row[at["id"]], message.blob_id, value))
            return value


async def _stream(connection: Connection, message: Message, parts: list[bytes | Span]) -> None:
    blobs = connection.core.blobs
    # One piece before anything is said: is the message still there?
    start, end = next(iter(message.streamed.values()))
    first = {(start, end): await blobs.read(message.blob_id, start, min(start + PIECE_OCTETS, end))}
    for part in parts:
        if isinstance(part, bytes):
            connection.send(part)
            continue
        start, end = part
        connection.send(b"{%d}\r\n" % (end - start))
        piece = first.pop(part, None)
        while start < end:
            if piece is None:
                try:
                    piece = await blobs.read(message.blob_id, start, min(start + PIECE_OCTETS, end))
                except Exception:
                    connection.abort()  # the client counts octets that will not come
                    raise
            # RFC 9051 §4.3.1: no NUL in a literal; as many octets as were announced.
            connection.send(piece.replace(b"\0", b"\x80") if b"\0" in piece else piece)
            start += len(piece)
            piece = None
            await connection.drain()
