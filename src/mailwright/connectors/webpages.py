"""Reading a page of the web as text, for an agent that asks for it.

Used by the agents' tools (`read_page`), after policy has said which page may be asked for. The address may be one that a stranger
wrote into a mail, and what is there may have been written for the agent.
Promises: http and https only, on the ports of web servers; only hosts on the public Internet are connected to, and by the very address
that was looked at, also behind redirects; a redirect is followed within one site, from http to https and not back, and to hosts the
settings name (another site is another question to policy: an open redirect would carry anything anywhere); no cookie, no referrer;
text, HTML, JSON and XML only, up to MAX_OCTETS and SECONDS; few at once. A refusal says nothing that the page said.
Does not: run scripts, read PDF, decide whether a page may be asked for, believe a word of it.
"""

from __future__ import annotations

import asyncio
import html
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from mailwright.codecs.mailauth.suffixes import organizational
from mailwright.codecs.mime import charsets, html_to_text
from mailwright.connectors.dns import ascii_domain
from mailwright.connectors.publicweb import PublicWeb, Resolver, Unreachable
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, Refusal, TryLater
from mailwright.domain.sending import SendFailure

SECONDS = 20.0  # for one page, redirects included
MAX_OCTETS = 3 * 1024 * 1024  # a long article with everything in it has one
MAX_TEXT_CHARACTERS = 400_000  # of one page; the longest of an encyclopedia have as many
MAX_TITLE_CHARACTERS = 300
MAX_REDIRECTS = 5
MAX_URL_CHARACTERS = 2_000
AT_ONCE = 8  # of all agents; the others wait
LARGE_OCTETS = 64 * 1024  # turned to text in a thread
PORTS = frozenset({80, 443, 8080, 8443})  # where web servers are; others are somebody's database
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Mailwright; reads pages that people ask for)",
    "Accept": "text/html, application/xhtml+xml, text/plain;q=0.9, application/json;q=0.8, */*;q=0.1",
    "Accept-Encoding": "identity",
    "Accept-Language": "*",
}

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = frozenset(
    {"application/json", "application/xml", "application/ld+json", "application/rss+xml", "application/atom+xml"}
)
_TITLE = re.compile(r"<title\b[^>]{0,500}>(.{0,2000}?)</title\s*>", re.IGNORECASE | re.DOTALL)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_HEAD_CHARACTERS = 64 * 1024  # where a title is looked for


@dataclass(frozen=True, slots=True)
class Page:
    """A page as text. `url` is where it was found in the end."""

    url: str
    title: str
    text: str


class WebPages:
    """`allowed` are the hosts a redirect may lead to from any other, subdomains included. `allow_private` lets it connect to addresses
    inside, and to any port; `tls` is for tests. `await close()` ends it."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        allowed: Sequence[str] = (),
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._web = PublicWeb(resolver, seconds=seconds, allow_private=allow_private, tls=tls)
        self._allowed = tuple(host.lower().lstrip(".") for host in allowed)
        self._any_port = allow_private
        self._seconds = seconds
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def read(self, url: str) -> Page:
        """The page at that address. Raises BadInput, NotFound, NotPermitted, TryLater."""
        if len(url) > MAX_URL_CHARACTERS:
            raise BadInput(f"an address may have {MAX_URL_CHARACTERS} characters")
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await self._follow(httpx.URL(url))
        except TimeoutError:
            raise TryLater("the page did not come in time") from None
        except (httpx.InvalidURL, ValueError):
            raise BadInput("the address of the page cannot be read") from None

    async def close(self) -> None:
        """Let go of everything."""
        await self._web.close()

    async def _follow(self, url: httpx.URL) -> Page:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._ask(url)
            try:
                if not answer.is_redirect:
                    return await _page(answer, url)
                # RFC 9110 §10.2.2: relative to what was asked for; the new place is judged like the first.
                onward = url.join(answer.headers["location"])
            finally:
                await answer.aclose()
            self._check_redirect(url, onward)
            url = onward
        raise NotFound("the page is always somewhere else")

    def _check_redirect(self, url: httpx.URL, onward: httpx.URL) -> None:
        if url.scheme == "https" and onward.scheme == "http":
            raise NotPermitted("the page leads to an address without TLS")
        if len(str(onward)) > MAX_URL_CHARACTERS or onward.userinfo:
            raise NotPermitted("the page leads to an address that is not followed")
        here, there = _host(url), _host(onward)
        is_allowed = any(there == host or there.endswith(f".{host}") for host in self._allowed)
        if not is_allowed and _site(here) != _site(there):
            raise NotPermitted("the page leads to another site, which has to be asked for itself")

    async def _ask(self, url: httpx.URL) -> httpx.Response:
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput("an address of the web begins with https:// or http://")
        if url.userinfo:
            raise NotPermitted("an address with a password in it is not asked for")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in PORTS and not self._any_port:
            raise NotPermitted(f"port {port} is not where web servers are")
        try:
            return await self._web.ask("GET", url, HEADERS)
        except Unreachable as failure:
            raise NotFound(f"the page cannot be had: {failure}") from None


async def _page(answer: httpx.Response, url: httpx.URL) -> Page:
    _check_status(answer.status_code)
    media_type, _, rest = answer.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type not in _HTML and media_type not in _TEXT and not media_type.startswith("text/"):
        raise BadInput("what is there is no text")
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise BadInput("the page came packed")  # what was not asked for may unpack to anything
    data = bytearray()
    try:
        async for piece in answer.aiter_raw():
            data += piece
            if len(data) > MAX_OCTETS:
                raise BadInput(f"the page is larger than {MAX_OCTETS} bytes")
    except httpx.HTTPError as error:
        raise TryLater(f"the page broke off ({type(error).__name__})") from None
    charset = charsets.named_in(rest)
    if len(data) > LARGE_OCTETS:
        title, text = await asyncio.to_thread(_texts, bytes(data), media_type, charset)
    else:
        title, text = _texts(bytes(data), media_type, charset)
    return Page(str(url), title, text)


def _check_status(status: int) -> None:
    if status == 200:
        return
    refusal: type[Refusal] = TryLater if status == 429 or status >= 500 else NotFound
    raise refusal(f"the host of the page answers {status}")


def _texts(data: bytes, media_type: str, charset: str) -> tuple[str, str]:
    """The title and the text."""
    if media_type not in _HTML:
        return "", charsets.clean(charsets.decode(data, charset))[:MAX_TEXT_CHARACTERS]
    if not charset:
        found = _META_CHARSET.search(data, 0, 2048)
        charset = found[1].decode("ascii") if found else ""
    source = charsets.decode(data, charset)
    named = _TITLE.search(source, 0, _HEAD_CHARACTERS)
    title = charsets.one_line(html.unescape(named[1]))[:MAX_TITLE_CHARACTERS] if named else ""
    return title, charsets.clean(html_to_text(source, limit=MAX_TEXT_CHARACTERS))


def _host(url: httpx.URL) -> str:
    try:
        return ascii_domain(url.host).lower().rstrip(".")
    except SendFailure:  # a name that DNS cannot have
        return url.host.lower()


def _site(host: str) -> str:
    """Whose it is: the name below the public suffix; of an address, the address."""
    return host if ":" in host or host.replace(".", "").isdigit() else organizational(host)
