"""Fetching pages that a search named, as octets, the way a guest reads: as robots.txt allows, one after the other, and not too much.

Used by `research`. The addresses come from a search service and from redirects, so from strangers.
Promises: http and https only, on the ports of web servers; only hosts on the public Internet are connected to, and by the very address
that was looked at, also behind redirects; each place a redirect leads to is asked for its own robots.txt; from https it never leads to
http; a host is asked by one request at a time with a pause between two, longer where it says so (Crawl-delay, Retry-After); we say who
we are; no cookie, no referrer; HTML, plain text and PDF only, up to MAX_OCTETS (MAX_PDF_OCTETS) after unpacking, and for so many
seconds. A refusal says nothing that the page said.
Does not: read what it fetched, run scripts, keep anything; its pauses are those of this process.
"""

from __future__ import annotations

import asyncio
import email.utils
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from mailwright.codecs.mime import charsets
from mailwright.connectors.dns import ascii_domain
from mailwright.connectors.publicweb import PublicWeb, Resolver, Unreachable
from mailwright.connectors.robots import AGENT, NoAnswer, Robots
from mailwright.connectors.robots import MAX_OCTETS as MAX_ROBOTS_OCTETS
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, TryLater
from mailwright.domain.sending import SendFailure

SECONDS = 15.0  # for one request and its answer
WAIT_SECONDS = 10.0  # for one's turn at a host, redirects included
PAUSE_SECONDS = 1.0  # between two requests to one host, where it asks for no more
MAX_RETRY_SECONDS = 3600.0  # of a Retry-After; who says more is asked again in an hour
MAX_OCTETS = 4 * 1024 * 1024
MAX_PDF_OCTETS = 12 * 1024 * 1024
MAX_REDIRECTS = 5  # RFC 9309 §2.3.1.2: as many for robots.txt
MAX_URL_CHARACTERS = 2_000
AT_ONCE = 8  # of all hosts: what is fetched is held in memory
MAX_LANES = 1_000  # hosts whose pauses are kept
PORTS = frozenset({80, 443, 8080, 8443})  # where web servers are; others are somebody's database

HTML, XHTML, PLAIN, PDF = "text/html", "application/xhtml+xml", "text/plain", "application/pdf"
TAKEN = frozenset({HTML, XHTML, PLAIN, PDF})
_UNNAMED = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_SNIFFED = 1024  # octets in which a PDF says that it is one
_REFUSED = frozenset({401, 402, 403, 407, 451})
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came. `url` is where it was found in the end; `charset` as its server named it, perhaps empty."""

    url: str
    media_type: str
    charset: str
    content: bytes


@dataclass(slots=True)
class _Lane:
    """One host: who is being served, and from when on the next may be."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: float = 0.0


class PolitePages:
    """`contact` is an address where one reads who we are. `allow_private` lets it connect to addresses inside and to any port; `tls` is for
    tests. `await close()` ends it."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        contact: str = "",
        pause: float = PAUSE_SECONDS,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._web = PublicWeb(resolver, seconds=seconds, allow_private=allow_private, tls=tls)
        self._any_port = allow_private
        self._seconds = seconds
        self._pause = pause
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._robots = Robots(self._rules)
        self._headers = {
            "User-Agent": agent(contact),
            "Accept": f"{HTML}, {XHTML}, {PDF}, {PLAIN};q=0.8",
            "Accept-Encoding": "gzip",
            "Accept-Language": "*",
        }

    async def fetch(self, url: str) -> Page:
        """The page at that address. Raises BadInput, NotFound, NotPermitted, TryLater."""
        if len(url) > MAX_URL_CHARACTERS:
            raise BadInput(f"an address may have {MAX_URL_CHARACTERS} characters")
        try:
            async with asyncio.timeout(self._seconds + WAIT_SECONDS):
                return await self._follow(httpx.URL(url))
        except TimeoutError:
            raise TryLater("the page did not come in time") from None
        except (httpx.InvalidURL, SendFailure, ValueError):  # a name that DNS cannot have is a SendFailure
            raise BadInput("the address of the page cannot be read") from None

    async def close(self) -> None:
        """Let go of everything."""
        await self._web.close()

    # --- one page, wherever it is

    async def _follow(self, url: httpx.URL) -> Page:
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            async with self._lane(url) as lane:
                found = await self._visit(url, lane)
            if isinstance(found, Page):
                return found
            if url.scheme == "https" and found.scheme == "http":
                raise NotPermitted("the page leads to an address without TLS")
            url = found
        raise NotFound("the page is always somewhere else")

    async def _visit(self, url: httpx.URL, lane: _Lane) -> Page | httpx.URL:
        """The page, or where it is said to be."""
        rules = await self._robots.of(_origin(url))
        if not rules.allows(str(url.copy_with(fragment=None))):
            if rules.is_out_of_order:
                raise TryLater("the host does not say what may be read: its robots.txt is out of order")
            raise NotPermitted("the host asks programs not to read that page (robots.txt)")
        pause = max(self._pause, rules.delay)
        try:
            async with self._turn, asyncio.timeout(self._seconds):
                answer = await self._ask(url)
                try:
                    pause = max(pause, asked_to_wait(answer))
                    if answer.has_redirect_location:
                        pause = 0.0  # the same page by another name
                        # RFC 9110 §10.2.2: relative to what was asked for; the new place is judged like the first.
                        return url.join(answer.headers["location"])
                    return await _page(answer, url)
                finally:
                    await answer.aclose()
        finally:
            lane.ready = time.monotonic() + pause

    async def _ask(self, url: httpx.URL) -> httpx.Response:
        try:
            return await self._web.ask("GET", url, self._headers)
        except Unreachable as failure:
            raise NotFound(f"the page cannot be had: {failure}") from None

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput("an address of the web begins with https:// or http://")
        if url.userinfo or len(str(url)) > MAX_URL_CHARACTERS:
            raise NotPermitted("the page is at an address that is not asked for")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in PORTS and not self._any_port:
            raise NotPermitted(f"port {port} is not where web servers are")

    # --- one's turn

    @asynccontextmanager
    async def _lane(self, url: httpx.URL) -> AsyncIterator[_Lane]:
        """One's turn at a host. Raises TryLater when it wants a longer pause than one waits for."""
        host = _host(url)
        lane = self._lanes.setdefault(host, _Lane())
        self._lanes.move_to_end(host)
        self._forget()
        _not_long(lane)  # before one queues for nothing, and again when it is one's turn
        async with lane.turn:
            await asyncio.sleep(_not_long(lane))
            yield lane

    def _forget(self) -> None:
        """Drop the hosts that nobody waits for, the oldest first."""
        idle = [host for host, lane in self._lanes.items() if not lane.turn.locked() and lane.ready < time.monotonic()]
        for host in idle[: max(0, len(self._lanes) - MAX_LANES)]:
            del self._lanes[host]

    # --- robots.txt

    async def _rules(self, address: str) -> tuple[int, bytes]:
        """The robots.txt of a host. Raises NoAnswer."""
        url = httpx.URL(address)
        try:
            async with self._turn, asyncio.timeout(self._seconds):
                for _ in range(MAX_REDIRECTS + 1):
                    self._check(url)
                    answer = await self._web.ask("GET", url, self._headers | {"Accept": PLAIN})
                    try:
                        if not answer.has_redirect_location:
                            return answer.status_code, await _robots_text(answer)
                        url = url.join(answer.headers["location"])
                    finally:
                        await answer.aclose()
        except (Unreachable, TimeoutError, httpx.HTTPError) as error:
            raise NoAnswer(type(error).__name__) from None
        except (BadInput, NotPermitted, httpx.InvalidURL, SendFailure, ValueError):
            return 404, b""  # it leads to nothing that could be read
        return 404, b""  # RFC 9309 §2.3.1.2: after five redirects it is as if there were none


def agent(contact: str) -> str:
    """Who we say we are: the name that rules in a robots.txt can name, and where to read more."""
    return f"Mozilla/5.0 (compatible; {AGENT}/1.0{f'; +{contact}' if contact else ''})"


def _not_long(lane: _Lane) -> float:
    wait = lane.ready - time.monotonic()
    if wait > WAIT_SECONDS:
        raise TryLater("the host wants more time between two pages")
    return max(0.0, wait)


def asked_to_wait(answer: httpx.Response) -> float:
    """The seconds of a Retry-After (RFC 9110 §10.2.3) of a host that has too much to do."""
    said = answer.headers.get("retry-after", "").strip()
    if answer.status_code not in (429, 503) or not said:
        return 0.0
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), MAX_RETRY_SECONDS)
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time()), MAX_RETRY_SECONDS)
    except (ValueError, OverflowError):
        return 0.0


async def _page(answer: httpx.Response, url: httpx.URL) -> Page:
    status = answer.status_code
    if status in _REFUSED:
        raise NotPermitted(f"the host of the page answers {status}")
    if status in _LATER or status >= 500:
        raise TryLater(f"the host of the page answers {status}")
    if status != 200:
        raise NotFound(f"the host of the page answers {status}")
    named, _, parameters = answer.headers.get("content-type", "").partition(";")
    media_type = named.strip().lower()
    if media_type not in TAKEN and media_type not in _UNNAMED:
        raise BadInput("what is there is neither a text nor a PDF")
    most = MAX_PDF_OCTETS if media_type == PDF or media_type in _UNNAMED else MAX_OCTETS
    content = await _content(answer, most)
    if not content.strip():
        raise NotFound("the page is empty")
    is_pdf = b"%PDF-" in content[:_SNIFFED]
    if not is_pdf and len(content) > MAX_OCTETS:
        raise _too_large(MAX_OCTETS)
    if is_pdf:
        media_type = PDF  # whatever it is called
    elif media_type == PDF or media_type in _UNNAMED:
        if not content.lstrip().startswith(b"<"):
            raise BadInput("what is there is neither a text nor a PDF")
        media_type = HTML
    return Page(str(url.copy_with(fragment=None)), media_type, charsets.named_in(parameters), content)


async def _content(answer: httpx.Response, most: int) -> bytes:
    """The octets, unpacked no further than allowed. Raises BadInput, TryLater."""
    packed = answer.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip", ""):
        raise BadInput("the page came packed in a way that was not asked for")
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length[:15]) > most:
        raise _too_large(most)
    unpacking = zlib.decompressobj(wbits=31) if packed.endswith("gzip") else None
    data = bytearray()
    try:
        async for piece in answer.aiter_raw():
            # A small piece may unpack to gigabytes: no more than fits is ever unpacked.
            data += piece if unpacking is None else unpacking.decompress(piece, most + 1 - len(data))
            if len(data) > most:
                raise _too_large(most)
            if unpacking is not None and unpacking.eof:
                break  # what follows would be held, and is no part of the page
    except httpx.HTTPError as error:
        raise TryLater(f"the page broke off ({type(error).__name__})") from None
    except zlib.error:
        raise BadInput("the page came packed, and cannot be unpacked") from None
    if unpacking is not None and not unpacking.eof:
        raise TryLater("the page broke off")
    return bytes(data)


async def _robots_text(answer: httpx.Response) -> bytes:
    """As much of it as is read; what does not unpack is none."""
    unpacking = zlib.decompressobj(wbits=31) if answer.headers.get("content-encoding", "").endswith("gzip") else None
    data = bytearray()
    try:
        async for piece in answer.aiter_raw():
            room = MAX_ROBOTS_OCTETS + 1 - len(data)
            data += piece[:room] if unpacking is None else unpacking.decompress(piece, room)
            if len(data) > MAX_ROBOTS_OCTETS or (unpacking is not None and unpacking.eof):
                break
    except zlib.error:
        return b""
    return bytes(data)


def _too_large(most: int) -> BadInput:
    return BadInput(f"the page is larger than {most} bytes")


def _host(url: httpx.URL) -> str:
    return ascii_domain(url.host).lower().rstrip(".") if not _is_address(url.host) else url.host.lower()


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii').rpartition('@')[2].lower()}"
