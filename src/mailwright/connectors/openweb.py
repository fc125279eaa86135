"""The web as agents have it: a service that searches, and pages that are read. What `agents.tools.web` calls `Web`.

Made from the settings by `installation`.
"""

from __future__ import annotations

import asyncio

from mailwright.connectors.webpages import Page, WebPages
from mailwright.connectors.websearch import Found, Search


class OpenWeb:
    """Both in one. `await close()` ends them."""

    def __init__(self, searching: Search, pages: WebPages) -> None:
        self._searching = searching
        self._pages = pages

    async def search(self, words: str, most: int) -> list[Found]:
        """At most `most` results, the best first. Raises BadInput, NotPermitted, TryLater."""
        return await self._searching.search(words, most)

    async def read(self, url: str) -> Page:
        """A page as text. Raises BadInput, NotFound, NotPermitted, TryLater."""
        return await self._pages.read(url)

    async def close(self) -> None:
        """Let go of everything."""
        await asyncio.gather(self._searching.close(), self._pages.close())
