"""What tools need of the web: a search service, and something that fetches a page. `connectors` have both.

Expects of an implementation: time-outs, caps of size, no private addresses unless the installation allows them; a failure is a refusal
(`TryLater`, `NotFound`, `NotPermitted`, `BadInput`) whose text holds nothing the page or service said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Found(Protocol):
    """One result of a search. `text` is what the service shows of it."""

    @property
    def title(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def text(self) -> str: ...


class Page(Protocol):
    """A page as text. `url` is where it was found in the end."""

    @property
    def url(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...


class Web(Protocol):
    """The web."""

    async def search(self, words: str, most: int) -> Sequence[Found]:
        """At most `most` results, the best first. Raises Refusal."""
        ...

    async def read(self, url: str) -> Page:
        """A page. Raises Refusal."""
        ...
