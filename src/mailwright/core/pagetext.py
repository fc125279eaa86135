"""Page text: the main text of a page of the web and what the page says of itself, read in a process of its own that can be killed.

Called by the scribe, with what a connector fetched. The reader is core/pagetext_child.py, confined by core/confined.py.
Expects: HTML, plain text or PDF; others are refused with a because.
Promises: never raises but TryLater (no process can be started now); a page that is too large, takes too long or breaks its reader costs
the reader's process and nothing else. The text has what a reader of the page would see: no scripts, menus, comments, hidden passages, nor
characters that nobody sees.
Does not: fetch, keep anything, or believe a word.
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from mailwright.codecs.mime import charsets
from mailwright.core.confined import Confined, Stopped

MAX_PAGE = 8 * 1024 * 1024  # octets: a report of a hundred pages with pictures
MAX_TEXT = 60_000  # characters kept of one page
MAX_LABEL = 300  # characters of a title, of an author
SECONDS = 15.0  # for one page; most take a twentieth of one
IDLE_SECONDS = 60.0

HTML = frozenset({"text/html", "application/xhtml+xml"})
PDF = "application/pdf"
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_KEPT_UNSEEN = frozenset("\n\t\u200c\u200d")  # the joiners are spelling in some scripts
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?\Z")


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says. `published` is a day like 2026-11-21 (that of the last change where the page tells both) or empty; `because` says
    why there is no text, or not all of it, else ""."""

    text: str
    title: str = ""
    author: str = ""
    site: str = ""
    published: str = ""
    because: str = ""


class PageReader:
    """Reads pages, one after the other."""

    def __init__(self, *, seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._seconds = seconds
        self._confined = Confined(
            Path(__file__).with_name("pagetext_child.py"), seconds=seconds, idle_seconds=idle_seconds
        )

    async def read(self, content: bytes, media_type: str, charset: str = "", *, url: str = "") -> PageText:
        """The text of a page. Raises TryLater when no reader can be started now."""
        if len(content) > MAX_PAGE:
            return PageText("", because=f"it is larger than {MAX_PAGE // 1024**2} MB")
        if media_type == "text/plain":
            return PageText(seen(charsets.decode(content, charset))[:MAX_TEXT])
        if media_type in HTML:
            data = (await asyncio.to_thread(_decoded, content, charset)).encode()
        elif media_type == PDF:
            data = content
        else:
            return PageText("", because="pages of its kind are not read")
        kind = "pdf" if media_type == PDF else "html"
        try:
            answer = await self._confined.ask(
                {"kind": kind, "url": url[:2_000], "limit": MAX_TEXT}, data, limit=6 * MAX_TEXT
            )
        except Stopped as stopped:
            why = f"it takes longer than {self._seconds:.0f} s to read" if stopped.timed_out else "its reader gave up"
            return PageText("", because=why)
        return _page(answer.content, answer.because)

    async def close(self) -> None:
        """End the reader."""
        await self._confined.close()


def seen(text: str) -> str:
    """A text without what nobody sees: control and direction-changing characters, tags, private ones; blank lines are one."""
    text = charsets.clean(text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    kept = "".join(c for c in text if c in _KEPT_UNSEEN or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn"))
    return _BLANK_LINES.sub("\n\n", kept).strip()


def _decoded(content: bytes, charset: str) -> str:
    if not charset:
        found = _META_CHARSET.search(content, 0, 4_096)
        charset = found[1].decode("ascii") if found else ""
    return charsets.decode(content, charset)


def _page(content: bytes, because: str) -> PageText:
    try:
        told = json.loads(content) if content else {}
    except ValueError:
        return PageText("", because="its reader gave up")
    labels = {
        name: seen(charsets.one_line(str(told.get(name) or "")))[:MAX_LABEL] for name in ("title", "author", "site")
    }
    published = str(told.get("published") or "")
    return PageText(
        seen(str(told.get("text") or ""))[:MAX_TEXT],
        published=published if _DATE.match(published) else "",
        because=because,
        **labels,
    )
