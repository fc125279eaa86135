"""Papers by author, from arXiv's API: an Atom feed over HTTP.

Used by `research`. arXiv lets one client ask once in three seconds, over one connection at a time; `pace` is what keeps to that, in every
process together (`core.quotas.turn`, handed in by the roof).
Promises: at most MAX_PAPERS papers of authors of that name, the newest first, as plain text, bounded; a feed that is broken, cut off or
tells of an error is a refusal and never a paper; a refusal says nothing that the service said; who is asked to wait does so.
Does not: tell people of one name apart.
"""

from __future__ import annotations

import asyncio
import html
import io
import re
import time
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import feedparser
import httpx

from mailwright.codecs.mime import charsets
from mailwright.connectors.politepages import agent, asked_to_wait
from mailwright.domain.refusals import BadInput, TryLater

SECONDS = 20.0  # for one question; the service is often slow
MAX_ANSWER_OCTETS = 4 * 1024 * 1024
MAX_PAPERS = 50
MAX_NAME_CHARACTERS = 120
MAX_TITLE_CHARACTERS = 500
MAX_ABSTRACT_CHARACTERS = 4_000
MAX_AUTHORS = 100  # of one paper; large collaborations have thousands
MAX_LINE_CHARACTERS = 200  # a name, an affiliation

Pace = Callable[[], Awaitable[object]]

_NAME = re.compile(r"[^\w\s.'’-]+")
_AFFILIATION = re.compile(r"<(?:\w+:)?affiliation\b[^>]{0,300}>([^<]{1,2000})</")
_ID = re.compile(r"https?://arxiv\.org/abs/((?:[\w.-]+/)?[\w.-]{1,40}?)(?:v\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. `id` is without its version; `year` and `url` are those of the paper, whatever its version."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    affiliations: tuple[str, ...]
    categories: tuple[str, ...]
    year: int
    url: str


class Arxiv:
    """`pace` is awaited before each request. `await close()` ends it."""

    def __init__(
        self,
        *,
        url: str = "https://export.arxiv.org",
        pace: Pace | None = None,
        contact: str = "",
        seconds: float = SECONDS,
    ) -> None:
        self._pace = pace
        self._seconds = seconds
        self._turn = asyncio.Lock()  # one connection at a time
        self._not_before = 0.0
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"User-Agent": agent(contact), "Accept": "application/atom+xml"},
            timeout=seconds,
            limits=httpx.Limits(max_connections=1),
            trust_env=False,  # a proxy of the environment has no business with what people look for
        )

    async def papers(self, author: str, most: int) -> list[Paper]:
        """Papers of authors of that name, the newest first. Raises BadInput, TryLater."""
        wanted = {
            "search_query": _query(author),
            "start": "0",
            "max_results": str(max(1, min(most, MAX_PAPERS))),
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
        async with self._turn:
            if self._not_before > time.monotonic():
                raise TryLater("arXiv asked us to wait")
            if self._pace is not None:
                await self._pace()
            try:
                async with asyncio.timeout(self._seconds):
                    content = await self._ask(wanted)
            except TimeoutError:
                raise TryLater("arXiv did not answer in time") from None
        return await asyncio.to_thread(_read, content)

    async def close(self) -> None:
        """Let go of everything."""
        await self._client.aclose()

    async def _ask(self, wanted: dict[str, str]) -> bytes:
        """The feed. Raises BadInput, TryLater."""
        content = bytearray()
        try:
            async with self._client.stream("GET", "/api/query", params=wanted) as answer:
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > MAX_ANSWER_OCTETS:
                        raise TryLater("arXiv says too much")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TryLater(f"arXiv cannot be reached ({type(error).__name__})") from None
        if answer.status_code == 400:
            raise BadInput("arXiv cannot search for that name")
        if answer.status_code != 200:
            self._not_before = time.monotonic() + asked_to_wait(answer)
            raise TryLater(f"arXiv answers {answer.status_code}")
        return bytes(content)


def _query(author: str) -> str:
    """The name as a phrase, and without its accents, which not every paper has. What means something to the service is left out."""
    name = " ".join(_NAME.sub(" ", charsets.one_line(charsets.clean(author))[:MAX_NAME_CHARACTERS]).split())
    if not any(letter.isalpha() for letter in name):
        raise BadInput("there is no name to search papers by")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = plain if len(plain) == len(unicodedata.normalize("NFC", name)) else name  # letters that have no plain form
    return " OR ".join(f'au:"{each}"' for each in dict.fromkeys((name, plain)))


def _read(content: bytes) -> list[Paper]:
    """The papers of a feed. Raises BadInput, TryLater."""
    if b"<!DOCTYPE" in content[:2048]:
        raise TryLater("arXiv does not answer with a feed")  # a page, or entities that unfold to anything
    try:
        said = feedparser.parse(io.BytesIO(content))  # as a file: of a string it would think that it is an address
    except Exception:  # at what is no XML it falls over in many ways
        raise TryLater("arXiv does not answer with a feed") from None
    if not said.get("version") or said.bozo:
        raise TryLater("arXiv does not answer with a feed")
    # The parser keeps the affiliation of the last author only.
    raw = [
        _AFFILIATION.findall(each.partition("<entry")[2])
        for each in content.decode("utf-8", "replace").split("</entry>")
    ]
    raw.pop()  # what follows the last one
    if len(raw) != len(said.entries):
        raw = [[]] * len(said.entries)
    if any("/api/errors" in str(entry.get("id", "")) for entry in said.entries):
        raise BadInput("arXiv cannot search for that name")
    papers = (_paper(entry, places) for entry, places in zip(said.entries, raw, strict=True))
    return [paper for paper in papers if paper is not None][:MAX_PAPERS]


def _paper(entry: Any, places: list[str]) -> Paper | None:
    """One paper; None for what is none."""
    known = _ID.fullmatch(str(entry.get("id", "")))
    title = _plain(entry.get("title"), MAX_TITLE_CHARACTERS)
    day = str(entry.get("published", ""))[:4]
    if known is None or not title or not day.isdecimal():
        return None
    authors = [_plain(each.get("name"), MAX_LINE_CHARACTERS) for each in entry.get("authors", ())]
    affiliations = [_plain(html.unescape(place), MAX_LINE_CHARACTERS) for place in places]
    categories = [_plain(each.get("term"), 40) for each in entry.get("tags", ())]
    return Paper(
        known[1],
        title,
        _plain(entry.get("summary"), MAX_ABSTRACT_CHARACTERS),
        tuple(author for author in authors if author)[:MAX_AUTHORS],
        tuple(dict.fromkeys(place for place in affiliations if place))[:MAX_AUTHORS],
        tuple(dict.fromkeys(category for category in categories if category))[:20],
        int(day),
        f"https://arxiv.org/abs/{known[1]}",
    )


def _plain(value: object, most: int) -> str:
    """On one line: titles come with line breaks."""
    return " ".join(charsets.clean(value if isinstance(value, str) else "").split())[:most]
