"""Writing outreach, as this process's API reaches it: files and pages read out of process, templates drafted by a model.

Made by the application for its API; the mails themselves are written where the workers are. Light to make: nothing is imported or opened
before it is needed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailwright.core import Core
from mailwright.core.extraction import Extractor
from mailwright.core.outreach.studio import Studio
from mailwright.domain.refusals import BadInput
from mailwright.staff import models_of, scribe_options_of
from mailwright.webs import pages_of

if TYPE_CHECKING:
    from mailwright.agents.models import Models
    from mailwright.agents.scribe.templating import Templating
    from mailwright.connectors.politepages import PolitePages
    from mailwright.core.outreach.generating import Generator
    from mailwright.core.pagetext import PageReader
    from mailwright.settings import Settings


class Scribing:
    """Its `studio` is what the API works with. `await close()` ends everything."""

    def __init__(self, settings: Settings, core: Core) -> None:
        self._settings = settings
        self._core = core
        self._models: Models | None = None
        self._generator: Templating | None = None
        self._pages: PolitePages | None = None
        self._reader: PageReader | None = None
        searches = settings.web_search != "none"
        self.studio = Studio(
            Extractor(),
            generator=self._drafts,
            searches=searches,
            papers=searches and settings.arxiv_search,
            model=settings.models_for("compose")[0],
            read_page=self._page,
        )

    async def close(self) -> None:
        """Let go of everything."""
        opened = (self.studio.extractor, self._models, self._pages, self._reader)
        await asyncio.gather(*(each.close() for each in opened if each is not None))

    def _drafts(self) -> Generator:
        if self._generator is None:
            from mailwright.agents.scribe.templating import Templating  # with the models it brings much

            self._models = models_of(self._settings, self._core)
            self._generator = Templating(self._core, self._models, scribe_options_of(self._settings))
        return self._generator

    async def _page(self, url: str) -> str:
        """The main text of a page somebody named. Raises BadInput, NotFound, NotPermitted, TryLater."""
        if self._pages is None or self._reader is None:
            from mailwright.core.pagetext import PageReader

            self._pages, self._reader = pages_of(self._settings, self._core), PageReader()
        page = await self._pages.fetch(url)
        found = await self._reader.read(page.content, page.media_type, page.charset, url=page.url)
        if not found.text and found.because:
            raise BadInput(f"the page cannot be read: {found.because}")
        return found.text
