"""Messages that could not be read, or that the search engine had too much to do for, are put into the index again, hours or days later.

Called by the keeper of the index when there is nothing else to do. Until then they are noted as missing: SEARCH reads them, and the search of
people finds them by what stands in their place.
Promises: the note goes only when the index has all of a message, with what its files say; one that another process wrote meanwhile stays.
"""

from __future__ import annotations

from mailwright.core import Core
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.indexing import UNREADABLE, Failed, note_missing, put, read, slices
from mailwright.domain.clock import DAY, HOUR, Instant, now
from mailwright.storage import Tx, searching
from mailwright.storage.search import OVERLOADED, SearchIndex

WAIT = 6 * HOUR
UNREADABLE_WAIT = (
    7 * DAY
)  # most of them never can be read again; who mends the store may have the index made anew at once
SLICE = 5  # at once: each that is refused again takes a quarter of a minute


async def try_again(core: Core, index: SearchIndex, reader: AttachmentReader) -> bool:
    """Put the next few into the index that is believed; False when there are none. Raises TryLater."""
    return await _again(core, index, reader, OVERLOADED, WAIT) or await _again(
        core, index, reader, UNREADABLE, UNREADABLE_WAIT
    )


async def _again(core: Core, index: SearchIndex, reader: AttachmentReader, because: str, wait: Instant) -> bool:
    before = now() - wait
    ids = await core.read(lambda tx: searching.missing_because(tx, (because,), before, SLICE))
    failed: Failed = {}
    for part in slices(await core.read(lambda tx: searching.indexable(tx, ids))):
        found = await read(core, index, part, keep=lambda row: False)
        failed |= found.failed | await put(core, index, found.documents, found.blobs)
    failed |= await reader.read_all([one for one in ids if one not in failed])

    def settle(tx: Tx) -> None:
        searching.forget_missing(tx, ids, before=before)
        note_missing(tx, failed)

    if ids:
        await core.write(settle)
    return bool(ids)
