"""Extraction: what a file says, read in a process of its own that may do little and can be killed.

Called by attachmenttext (search) and by agents, which read attachments.
Promises: never raises but TryLater (no process can be started now); one file at a time, the others wait; a file that is too large, takes too
long, wants too much memory or breaks its reader costs the reader's process and nothing else: see core/confined.py. The reader is
core/extraction_child.py.
Does not: decide what is worth reading, or keep anything.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from mailwright.codecs.search.attachments import MAX_PART, extension_of, kind_of
from mailwright.core.confined import Confined, Stopped

MAX_FILE = 20 * 1024 * 1024  # octets: what mail systems let through as one attachment
SECONDS = 30.0  # for one file: a report of three hundred pages takes ten
IDLE_SECONDS = 60.0  # after which the reader ends: it holds 120 MB of libraries


@dataclass(frozen=True, slots=True)
class Extracted:
    """`text` of a file, at most MAX_PART characters; `because` says why there is none or not all of it, else ""."""

    text: str
    because: str = ""


class Extractor:
    """Reads files, one after the other. `ocr` names tesseract's languages (`eng+deu`); None reads no pictures."""

    def __init__(self, *, ocr: str | None = None, seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._ocr = ocr
        self._seconds = seconds
        job = Path(__file__).with_name("extraction_child.py")
        self._confined = Confined(job, seconds=seconds, idle_seconds=idle_seconds)

    def reads(self, name: str, media_type: str) -> bool:
        """Whether files like this are opened at all."""
        kind = kind_of(media_type, name)
        return kind == "file" or (kind == "picture" and self._ocr is not None)

    async def text_of_attachment(self, name: str, media_type: str, data: bytes) -> Extracted:
        """The text of a file. Raises TryLater when no reader can be started now."""
        extension = extension_of(media_type, name)
        if extension is None or not self.reads(name, media_type):
            return Extracted("", "files of its kind are not read")
        if len(data) > MAX_FILE:
            return Extracted("", f"it is larger than {MAX_FILE // 1024**2} MB")
        head = {"extension": extension, "ocr": self._ocr, "limit": MAX_PART}
        try:
            answer = await self._confined.ask(head, data, limit=4 * MAX_PART)
        except Stopped as stopped:
            why = f"it takes longer than {self._seconds:.0f} s to read" if stopped.timed_out else "its reader gave up"
            return Extracted("", why)
        return Extracted(answer.content.decode("utf-8", "replace")[:MAX_PART], answer.because)

    async def close(self) -> None:
        """End the reader."""
        await self._confined.close()

    @property
    def process(self) -> asyncio.subprocess.Process | None:
        """The reader, when there is one."""
        return self._confined.process
