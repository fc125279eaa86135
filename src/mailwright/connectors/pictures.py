"""Fetching the pictures a mail refers to, so that its sender sees our server and not the reader.

Called by the web's view of a message, with addresses that stood in a mail: with a stranger's addresses, then. Made by `app.py`.
Promises: http and https only; only hosts on the public Internet are connected to, and by the very address that was looked at (a name
cannot answer twice), also behind redirects; no cookie, no referrer, nothing that tells who reads; an answer is taken only if it begins
like a picture, up to MAX_OCTETS and SECONDS; few at once.
"""

from __future__ import annotations

import asyncio
import ssl

import httpx

from mailwright.codecs.pictures import media_type_of
from mailwright.connectors.publicweb import PublicWeb, Resolver, Unreachable
from mailwright.domain.pictures import NoPicture, Picture

SECONDS = 10.0  # for one picture, redirects included
MAX_OCTETS = 5 * 1024 * 1024
MAX_REDIRECTS = 3
AT_ONCE = 24  # of all readers; the others wait
SNIFFED = 16  # octets that tell a picture
PORTS = frozenset({80, 443, 8080, 8443})  # where web servers are; others are somebody's database
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; picture proxy)",  # nothing of the reader's machine, nor which version of us asks
    "Accept": "image/*",
    "Accept-Encoding": "identity",
}


class PictureFetcher:
    """`allow_private` lets it connect to addresses inside and to any port: for tests, as is `tls`."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._web = PublicWeb(resolver, seconds=seconds, allow_private=allow_private, tls=tls)
        self._any_port = allow_private
        self._seconds = seconds
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, address: str) -> Picture:
        """The picture at that address. Raises NoPicture."""
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await self._follow(httpx.URL(address))
        except TimeoutError:
            raise NoPicture("the picture did not come in time") from None
        except (httpx.InvalidURL, ValueError):
            raise NoPicture("the address of the picture cannot be read") from None

    async def close(self) -> None:
        """Let go of everything."""
        await self._web.close()

    async def _follow(self, url: httpx.URL) -> Picture:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._ask(url)
            try:
                if not answer.is_redirect:
                    return await _read(answer)
                # RFC 9110 §10.2.2: relative to what was asked for; the new place is judged like the first.
                url = url.join(answer.headers["location"])
            finally:
                await answer.aclose()
        raise NoPicture("the picture is always somewhere else")

    async def _ask(self, url: httpx.URL) -> httpx.Response:
        if url.scheme not in ("http", "https") or not url.host:
            raise NoPicture("the picture is not on the web")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in PORTS and not self._any_port:
            raise NoPicture("the picture is not where web servers are")
        try:
            return await self._web.ask("GET", url, HEADERS)
        except Unreachable as failure:
            raise NoPicture(f"the picture cannot be fetched: {failure}") from None


async def _read(answer: httpx.Response) -> Picture:
    if answer.status_code != 200:
        raise NoPicture(f"the host of the picture answers {answer.status_code}")
    if (
        answer.headers.get("content-encoding", "identity") != "identity"
    ):  # what was not asked for may unpack to anything
        raise NoPicture("the picture came packed")
    data = bytearray()
    try:
        async for piece in answer.aiter_raw():
            data += piece
            if len(data) > MAX_OCTETS:
                raise NoPicture(f"the picture is larger than {MAX_OCTETS} bytes")
            if len(data) >= SNIFFED and media_type_of(bytes(data[:SNIFFED])) is None:
                break
    except httpx.HTTPError as error:
        raise NoPicture(f"the picture broke off ({type(error).__name__})") from None
    media_type = media_type_of(bytes(data[:SNIFFED]))
    if media_type is None:
        raise NoPicture("what is there is no picture")
    return Picture(media_type, bytes(data))
