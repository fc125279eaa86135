"""The web as the scribe has it: a service that searches, pages as octets, papers. Implemented in `connectors`, wired by the roof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailwright.agents.tools.web import Found
from mailwright.domain.refusals import NotPermitted


class FoundPage(Found, Protocol):
    """One result of a search. `text` is perhaps the whole page, perhaps nothing."""

    @property
    def author(self) -> str: ...
    @property
    def published(self) -> str: ...


class FetchedPage(Protocol):
    """A page as it came: `url` where it was found in the end, `media_type` like text/html or application/pdf, without parameters."""

    @property
    def url(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def charset(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class FoundPaper(Protocol):
    """One paper. `year` is that of its first version."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def abstract(self) -> str: ...
    @property
    def authors(self) -> tuple[str, ...]: ...
    @property
    def affiliations(self) -> tuple[str, ...]: ...
    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def year(self) -> int: ...
    @property
    def url(self) -> str: ...


class ResearchWeb(Protocol):
    """Whoever searches, reads and finds papers. `searches` and `has_papers` say whether there is anybody to ask."""

    @property
    def searches(self) -> bool: ...

    @property
    def has_papers(self) -> bool: ...

    async def search(self, words: str, most: int) -> Sequence[FoundPage]:
        """At most `most` results, the best first. Raises BadInput, NotPermitted, TryLater."""

    async def fetch(self, url: str) -> FetchedPage:
        """A page, politely. Raises BadInput, NotFound, NotPermitted (robots, too), TryLater."""

    async def papers(self, author: str, most: int) -> Sequence[FoundPaper]:
        """Papers of authors of that name, the newest first. Raises BadInput, TryLater."""


class Nowhere:
    """No service is set."""

    searches = False
    has_papers = False

    async def search(self, words: str, most: int) -> Sequence[FoundPage]:
        """Refused."""
        raise NotPermitted("no service that searches the web is set here")

    async def fetch(self, url: str) -> FetchedPage:
        """Refused."""
        raise NotPermitted("no service that searches the web is set here")

    async def papers(self, author: str, most: int) -> Sequence[FoundPaper]:
        """Refused."""
        raise NotPermitted("no service that finds papers is set here")
