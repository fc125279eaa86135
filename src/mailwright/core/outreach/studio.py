"""What writing outreach through the API needs beside the database: who reads files, who drafts templates, and whether anything is looked up.

Made by scribing.py in any process that has the API, with or without workflows of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mailwright.codecs.mime import charsets, html_to_text
from mailwright.codecs.search.attachments import extension_of
from mailwright.core.extraction import Extractor
from mailwright.core.outreach.generating import Generator
from mailwright.core.outreach.making import FileGiven
from mailwright.domain.outreach import MAX_FILE_TEXT, MAX_FILES
from mailwright.domain.refusals import BadInput, MessageTooLarge, NotPermitted

MAX_FILE = 10 * 1024 * 1024  # octets of one file
MAX_ALL_FILES = 20 * 1024 * 1024  # ... and of those of one call
_TEXTS = (".txt", ".md", ".csv", ".tsv", ".json", ".yaml", ".yml", ".rst")
_PAGES = (".html", ".htm", ".xhtml")


@dataclass(frozen=True, slots=True)
class Studio:
    """`searches` and `papers`: whether a service is set that looks for pages, and for papers; `model` says who composes. `generator` is
    made at first need: its libraries are large. `read_page` gives the main text of a page of the web."""

    extractor: Extractor = field(default_factory=Extractor)
    generator: Callable[[], Generator] | None = None
    searches: bool = False
    papers: bool = False
    model: str = "rules"
    read_page: Callable[[str], Awaitable[str]] | None = None

    async def read(self, files: Sequence[tuple[str, bytes]]) -> list[FileGiven]:
        """What files say, by their names. Raises BadInput, MessageTooLarge, TryLater."""
        if len(files) > MAX_FILES:
            raise BadInput(f"there may be {MAX_FILES} files")
        if any(len(data) > MAX_FILE for _, data in files) or sum(len(data) for _, data in files) > MAX_ALL_FILES:
            raise MessageTooLarge(
                f"a file may have {MAX_FILE // 1024**2} MB, and all of them {MAX_ALL_FILES // 1024**2} MB"
            )
        return [await self._read(name, data) for name, data in files]

    async def page(self, url: str) -> str:
        """What a page says. Raises BadInput, NotFound, NotPermitted, TryLater."""
        if self.read_page is None:
            raise NotPermitted("pages of the web are not read here; paste its text instead")
        text = await self.read_page(url)
        if not text.strip():
            raise BadInput("there is no text on that page")
        return text

    async def _read(self, name: str, data: bytes) -> FileGiven:
        lower = name.lower()
        if lower.endswith((*_TEXTS, *_PAGES)):
            text = await asyncio.to_thread(_plain, data, is_page=lower.endswith(_PAGES))
            return _given(name, text, "")
        if extension_of("application/octet-stream", name) is None:
            kinds = "PDF, DOCX, XLSX, PPTX, OpenDocument, HTML and text"
            raise BadInput(f"{name[:80]!r} is no file that can be read: {kinds} are")
        found = await self.extractor.text_of_attachment(name, "application/octet-stream", data)
        return _given(name, found.text, found.because)


def _plain(data: bytes, *, is_page: bool) -> str:
    text = charsets.clean(charsets.decode(data, "utf-8"))
    return html_to_text(text, limit=MAX_FILE_TEXT) if is_page else text


def _given(name: str, text: str, because: str) -> FileGiven:
    if len(text) > MAX_FILE_TEXT:
        return FileGiven(name, text[:MAX_FILE_TEXT], because or f"only its first {MAX_FILE_TEXT} characters are used")
    return FileGiven(name, text, because or ("" if text.strip() else "it has no text"))
