"""The web as the scribe has it: a service that searches, pages that are fetched politely, arXiv's papers. What `agents.scribe.web`
calls `ResearchWeb`. Made from the settings by `installation`.
"""

from __future__ import annotations

import asyncio

from mailwright.connectors.arxiv import Arxiv, Paper
from mailwright.connectors.politepages import Page, PolitePages
from mailwright.connectors.websearch import Found, Search
from mailwright.domain.refusals import NotPermitted


class Research:
    """All three in one; without `searching` nothing is looked for, without `papers` no papers. `await close()` ends them."""

    def __init__(self, searching: Search | None, pages: PolitePages, papers: Arxiv | None = None) -> None:
        self._searching = searching
        self._pages = pages
        self._papers = papers

    @property
    def searches(self) -> bool:
        """Whether there is a service that searches."""
        return self._searching is not None

    @property
    def has_papers(self) -> bool:
        """Whether there is one that finds papers."""
        return self._papers is not None

    async def search(self, words: str, most: int) -> list[Found]:
        """At most `most` results, the best first. Raises BadInput, NotPermitted, TryLater."""
        if self._searching is None:
            raise NotPermitted("no service that searches the web is set here")
        return await self._searching.search(words, most)

    async def fetch(self, url: str) -> Page:
        """A page as octets, politely. Raises BadInput, NotFound, NotPermitted, TryLater."""
        return await self._pages.fetch(url)

    async def papers(self, author: str, most: int) -> list[Paper]:
        """Papers of authors of that name, the newest first. Raises BadInput, NotPermitted, TryLater."""
        if self._papers is None:
            raise NotPermitted("no service that finds papers is set here")
        return await self._papers.papers(author, most)

    async def close(self) -> None:
        """Let go of everything."""
        ends = [each.close() for each in (self._searching, self._pages, self._papers) if each is not None]
        await asyncio.gather(*ends)
