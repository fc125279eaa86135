"""The second pass of indexing: attachments that are files are opened, and what they say is added to their message.

Called by the consumer group `extractors` (new mail) and after a rebuild of the index (`catch_up`). It comes behind the first
pass, which would else put a message without its files over one with them, and in its own time: a message is found by its header
and body at once, by its attachments some seconds or minutes later.
Promises: nothing is forgotten by a crash: the group's cursor, or the note of `catch_up`, moves when the index has the text; a
message that changed or went while its files were read is not put back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from mailwright.codecs import mime
from mailwright.codecs.mime import Part
from mailwright.codecs.search import attachments
from mailwright.core import Core, asking, believing, indexing
from mailwright.core.extraction import MAX_FILE, Extractor
from mailwright.core.indexing import UNREADABLE, Failed, make, note_missing, put
from mailwright.domain.events import MESSAGE_APPENDED, MESSAGE_DELIVERED, Event
from mailwright.domain.refusals import DamagedBlob, NotFound, TryLater
from mailwright.storage import Tx, events, searching
from mailwright.storage.retention import START
from mailwright.storage.search import IndexFailed, KeptIndex
from mailwright.storage.searching import Indexable

log = structlog.get_logger(__name__)

STREAM, GROUP = "index", "extractors"
SLICE = 100  # messages looked at between two notes of how far it has come
PATIENCE_SECONDS = 30.0  # of waiting for the first pass at a time
LOOK_SECONDS = 0.1  # between two looks how far it has come
NOTE = "attachments"  # beside the index: {"after": id} while files of older messages are still to be opened


class AttachmentReader:
    """Opens the files of messages for the index."""

    def __init__(self, core: Core, index: KeptIndex, extractor: Extractor) -> None:
        self._core = core
        self._index = index
        self._extractor = extractor

    async def on_events(self, batch: Sequence[Event]) -> Callable[[Tx], object] | None:
        """Read the attachments of the messages of a batch. Raises TryLater, also when the first pass is far behind; HandOver."""
        new = [event for event in batch if event.kind in (MESSAGE_DELIVERED, MESSAGE_APPENDED)]
        found = await self._with_files(list(dict.fromkeys(event.payload["message_id"] for event in new)))
        if not found:
            return None
        fed = await asyncio.to_thread(self._index.generations)
        await self._core.read(lambda tx: believing.feeds(tx, fed))
        await self._after_first_pass(new[-1].id)
        for row, root in found:
            await self._read(row, root)
        return lambda tx: believing.feeds(tx, fed)

    async def _after_first_pass(self, event_id: int) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not await self._core.read(lambda tx: events.has_passed(tx, STREAM, indexing.GROUP, event_id)):
            if time.monotonic() > until:
                raise TryLater("the messages are not indexed yet whose attachments are to be read")
            await asyncio.sleep(LOOK_SECONDS)

    async def catch_up(self) -> bool:
        """Read the next attachments that a rebuild left over; False when there are none. Raises TryLater."""
        note = await asyncio.to_thread(self._index.read_note, NOTE)
        if note is None:
            return False
        after = str(note.get("after", START))
        ids = await self._core.read(lambda tx: searching.with_attachments_after(tx, after, SLICE))
        await self.read_all(ids)
        await asyncio.to_thread(self._index.write_note, NOTE, {"after": ids[-1]} if ids else None)
        return bool(ids)

    async def read_all(self, ids: Sequence[str]) -> Failed:
        """Open the files of these messages, where the index does not have what they say; which of them it would not have then. Raises TryLater."""
        failed: Failed = {}
        for row, root in await self._with_files(ids):
            failed |= await self._read(row, root)
        return failed

    async def _with_files(self, ids: Sequence[str]) -> list[tuple[Indexable, Part]]:
        """Those of the messages that have files to open, and their structure."""
        if not ids:
            return []
        rows = await self._core.read(lambda tx: searching.indexable(tx, ids))
        found = [(row, Part.from_json(row.structure)) for row in rows if row.attachments]
        return [(row, root) for row, root in found if self._to_open(root)]

    def _to_open(self, root: Part) -> list[Part]:
        found = attachments.of_kind(root, "file", "picture")
        return [part for part in found if self._extractor.reads(part.filename or "", part.media_type)]

    async def _read(self, row: Indexable, root: Part) -> Failed:
        if await asking.in_thread(self._known, row.id):
            return {}
        try:
            raw = await self._core.blobs.read(row.blob_id)
        except NotFound:
            return {}
        except DamagedBlob:
            failed = {row.id: (row.user_id, UNREADABLE)}
            await self._core.write(lambda tx: note_missing(tx, failed))
            return failed
        pieces = [await asyncio.to_thread(attachments.plain_text, raw, root)]
        left = attachments.MAX_ALL - len(pieces[0])
        for part in self._to_open(root)[: attachments.MAX_FILES]:
            if left <= 0:
                break
            data = await asyncio.to_thread(mime.decode_body, raw, part, limit=MAX_FILE + 1)
            found = await self._extractor.text_of_attachment(part.filename or "", part.media_type, data)
            if found.because:
                log.info("search.attachment", message_id=row.id, type=part.media_type, because=found.because)
            pieces.append(found.text[:left])
            left -= len(found.text)
        text = "\n\n".join(piece for piece in pieces if piece)
        document = await asyncio.to_thread(make, row, raw, text)
        failed = await put(self._core, self._index, [document], {row.id: row.blob_id})
        if failed:
            await self._core.write(lambda tx: note_missing(tx, failed))
        return failed

    def _known(self, message_id: str) -> bool:
        try:
            return bool(self._index.attached([message_id]))
        except IndexFailed:
            return False
