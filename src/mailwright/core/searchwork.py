"""The work of search in one process: what keeps the index in step with the mail.

Made by `work.py` in the process with the role `worker`. Joins the first pass (indexing), the second (attachmenttext) and the
keeper (reindexing) over one index; whoever searches in the same process asks the same index.
"""

from __future__ import annotations

from mailwright.core import Core, attachmenttext, indexing
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.extraction import Extractor
from mailwright.core.indexing import Indexer
from mailwright.core.reindexing import Keeper
from mailwright.pipeline import Consumers
from mailwright.storage.search import KeptIndex


class SearchWork:
    """`ocr` names tesseract's languages; None leaves pictures alone."""

    def __init__(self, core: Core, index: KeptIndex, *, ocr: str | None = None) -> None:
        self._indexer = Indexer(core, index)
        self._extractor = Extractor(ocr=ocr)
        self._reader = AttachmentReader(core, index, self._extractor)
        self._keeper = Keeper(core, index, self._reader)

    def subscribe(self, consumers: Consumers) -> None:
        """Add the groups; before the consumers start."""
        consumers.subscribe(indexing.STREAM, indexing.GROUP, self._indexer.on_events, batch=indexing.BATCH)
        consumers.subscribe(attachmenttext.STREAM, attachmenttext.GROUP, self._reader.on_events)

    def start(self) -> None:
        """Begin to look after the index."""
        self._keeper.start()

    async def stop(self) -> None:
        """End, after the consumers have."""
        await self._keeper.stop()
        await self._extractor.close()

    async def measure(self) -> None:
        """Bring the gauges up to date. Raises TryLater."""
        await self._indexer.measure()
