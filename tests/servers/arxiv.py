"""arXiv's API on this machine: Atom feeds of the form of the real ones, with its errors, its slowness and its refusals.

`Arxiv(papers)`, `await start()`, then `url`; `asked` has the parameters of each request and when it came. `feed` and `error_feed`
write what it answers, for other servers, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit
from xml.sax.saxutils import escape

_TERM = re.compile(r'au:(?:"([^"]+)"|(\w+))')
_JOINED = re.compile(r"\s+(?:OR|AND)\s+(?=\(?au:)")


@dataclass(frozen=True)
class Paper:
    """One paper; `affiliations` are those of the authors, in their order, empty where there is none. `version` is its last."""

    id: str
    title: str
    authors: Sequence[str]
    published: str
    abstract: str = ""
    affiliations: Sequence[str] = ()
    categories: Sequence[str] = ("cs.LG",)
    version: int = 1


def words(text: str) -> list[str]:
    """Its words, small and without accents, as the service compares names."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return re.findall(r"[^\W_]+", plain.casefold())


def found(papers: Sequence[Paper], query: str) -> list[Paper] | None:
    """The papers of a query for authors, the newest first; None when it cannot be read."""
    terms = _JOINED.split(query.strip())
    chosen: list[Paper] = []
    for term in terms:
        read = _TERM.fullmatch(term.strip().strip("()"))
        if read is None:
            return None
        wanted = words(read[1] or read[2])
        theirs = [paper for paper in papers if any(_holds(words(author), wanted) for author in paper.authors)]
        chosen += [paper for paper in theirs if paper not in chosen]
    return sorted(chosen, key=lambda paper: paper.published, reverse=True)


def _holds(name: list[str], wanted: list[str]) -> bool:
    """The words one after the other, as they are in quotes."""
    return bool(wanted) and any(name[at : at + len(wanted)] == wanted for at in range(len(name)))


def feed(papers: Sequence[Paper], asked: dict[str, str]) -> tuple[int, bytes]:
    """The status and the feed that answer these parameters."""
    query, start, most = (
        asked.get("search_query", ""),
        asked.get("start", "0"),
        asked.get("max_results", "10"),
    )
    if not start.isdecimal():
        return 400, error_feed("start must be an integer")
    if not most.isdecimal():
        return 400, error_feed("max_results must be an integer")
    chosen = found(papers, query)
    if chosen is None:
        return 400, error_feed("incorrect query")
    shown = chosen[int(start) :][: int(most)]
    entries = "\n".join(_entry(paper) for paper in shown)
    asked_for = f"search_query={query}&id_list=&start={start}&max_results={most}"
    said = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?{escape(quote(asked_for))}" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: {escape(escape(asked_for))}</title>
  <id>http://arxiv.org/api/{hashlib.sha256(asked_for.encode()).hexdigest()[:27]}</id>
  <updated>2026-01-01T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{len(chosen)}</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{start}</opensearch:startIndex>
  <opensearch:itemsPerPage xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{most}</opensearch:itemsPerPage>
{entries}
</feed>
"""
    return 200, said.encode()


def _entry(paper: Paper) -> str:
    where = f"http://arxiv.org/abs/{paper.id}v{paper.version}"
    named = ' xmlns:arxiv="http://arxiv.org/schemas/atom"'
    title = paper.title.replace(": ", ":\n  ", 1)  # long titles come with line breaks
    lines = [
        "  <entry>",
        f"    <id>{where}</id>",
        f"    <updated>{paper.published}T12:00:00Z</updated>",
        f"    <published>{paper.published}T10:00:00Z</published>",
        f"    <title>{escape(title)}</title>",
        f"    <summary>  {escape(paper.abstract)}\n</summary>",
    ]
    places = [*paper.affiliations, *[""] * len(paper.authors)]
    for author, place in zip(paper.authors, places, strict=False):
        lines += ["    <author>", f"      <name>{escape(author)}</name>"]
        if place:
            lines.append(f"      <arxiv:affiliation{named}>{escape(place)}</arxiv:affiliation>")
        lines.append("    </author>")
    lines += [
        f'    <link href="{where}" rel="alternate" type="text/html"/>',
        f'    <link title="pdf" href="{where.replace("/abs/", "/pdf/")}" rel="related" type="application/pdf"/>',
        f'    <arxiv:primary_category{named} term="{paper.categories[0]}" scheme="http://arxiv.org/schemas/atom"/>',
    ]
    lines += [
        f'    <category term="{category}" scheme="http://arxiv.org/schemas/atom"/>' for category in paper.categories
    ]
    return "\n".join([*lines, "  </entry>"])


def error_feed(why: str) -> bytes:
    """How it tells of a mistake: a feed of one entry, which looks like a paper."""
    where = f"http://arxiv.org/api/errors#{why.replace(' ', '_')}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?search_query=&amp;id_list=" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=&amp;amp;id_list=&amp;amp;start=0&amp;amp;max_results=10</title>
  <id>http://arxiv.org/api/kvuntZ8c9a4Eq5CF7KY03nMug+Q</id>
  <updated>2026-01-01T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">0</opensearch:startIndex>
  <opensearch:itemsPerPage xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:itemsPerPage>
  <entry>
    <id>{escape(where)}</id>
    <title>Error</title>
    <summary>{escape(why)}</summary>
    <updated>2026-01-01T00:00:00-05:00</updated>
    <link href="{escape(where)}" rel="alternate" type="text/html"/>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
</feed>
""".encode()


@dataclass
class Arxiv:
    """`said` is answered instead: a status, headers and octets, each once, before the feed. `seconds` is how long it takes; `pieces`
    makes it drip: its octets come one after the other, with so many seconds between them."""

    papers: Sequence[Paper] = ()
    said: list[tuple[int, str, bytes]] = field(default_factory=list)
    seconds: float = 0.0
    pieces: float = 0.0
    asked: list[dict[str, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    came: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.came.append(time.monotonic())
            self.heads.append(head)
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
            target = urlsplit(head.split(" ")[1])
            self.asked.append(dict(parse_qsl(target.query)))
            await asyncio.sleep(self.seconds)
            if self.said:
                status, more, content = self.said.pop(0)
            elif target.path != "/api/query":
                status, more, content = 404, "", b"not here"
            else:
                (status, content), more = feed(self.papers, self.asked[-1]), ""
            lines = [f"HTTP/1.1 {status} x", "Content-Type: application/atom+xml; charset=UTF-8"]
            lines += [more] if more else []
            lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
            writer.write("\r\n".join(lines).encode())
            if self.pieces:
                for at in range(len(content)):
                    writer.write(content[at : at + 1])
                    await writer.drain()
                    await asyncio.sleep(self.pieces)
            writer.write(content if not self.pieces else b"")
            await writer.drain()
        self.at_once -= 1
        writer.close()
