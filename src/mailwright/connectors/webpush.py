"""Posting to push services: to whatever https URL a user's browser or program named, and never to ourselves.

Called by `core.pushing`. Promises: only addresses of the public Internet are connected to (unless a setting allows others), the very
address that was looked at is the one that is used (a name cannot answer twice), redirects are not followed, answers are not read,
and nothing takes longer than SECONDS.
"""

from __future__ import annotations

import asyncio
import email.utils
import ssl
import time
from collections.abc import Mapping

import httpx

from mailwright.connectors.publicweb import PublicWeb, Resolver, Unreachable
from mailwright.domain.pushing import PushAnswer, PushFailed

SECONDS = 10.0  # for one post: looking up, connecting and the answer


class WebPush:
    """`allow_private` lets it connect to addresses inside; `tls` is for tests, whose push service has a certificate of its own."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._web = PublicWeb(resolver, seconds=seconds, allow_private=allow_private, tls=tls)
        self._seconds = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> PushAnswer:
        """Hand `body` to the push service. Raises PushFailed when there is no answer."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(httpx.URL(url), body, headers)
        except TimeoutError:
            raise PushFailed("the push service did not answer in time") from None
        except httpx.InvalidURL:
            raise PushFailed("the URL cannot be read") from None

    async def close(self) -> None:
        """Let go of everything."""
        await self._web.close()

    async def _post(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> PushAnswer:
        if url.scheme != "https":
            raise PushFailed("the URL is not https")
        try:
            answer = await self._web.ask("POST", url, headers, body)
        except Unreachable as failure:
            raise PushFailed(f"the push service cannot be asked: {failure}") from None
        try:
            return PushAnswer(answer.status_code, _seconds_of(answer.headers.get("retry-after")))
        finally:
            await answer.aclose()


def _seconds_of(text: str | None) -> float | None:
    """RFC 9110 §10.2.3: seconds, or a date."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
