"""The web: searching it, and reading pages. Which page may be asked for is the monitor's affair; how it is fetched, the connector's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools.thread import page_of
from mailwright.domain.refusals import Refusal

if TYPE_CHECKING:
    from mailwright.agents.tools.run import Run
    from mailwright.agents.tools.web import Web

MAX_RESULTS = 10
MAX_EXCERPT = 1_500  # characters of each
MAX_URL = 2_000  # characters; the longest that servers and browsers agree on
MAX_WORDS = 300  # characters: a question, and no file


class SearchArguments(BaseModel):
    """Of search_web."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(min_length=2, max_length=MAX_WORDS, description="What to look for, in a few words.")
    most: int = Field(5, ge=1, le=MAX_RESULTS, description="How many results.")


class ReadArguments(BaseModel):
    """Of read_page."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=8, max_length=MAX_URL, pattern=r"^https?://", description="The address of the page.")
    start: int = Field(0, ge=0, le=10_000_000, description="Where to begin, in characters; 0 is the beginning.")


def tools(run: Run) -> tuple[Tool, ...]:
    """search_web and read_page, when there is a web to be asked."""
    web = run.web
    if web is None:
        return ()

    async def search_web(arguments: SearchArguments) -> str:
        return await _search(run, web, arguments)

    async def read_page(arguments: ReadArguments) -> str:
        return await _read(run, web, arguments)

    return (
        Tool("search_web", "Search the web. Gives titles, addresses and excerpts.", SearchArguments, search_web),
        Tool(
            "read_page",
            "Read a page of the web as text: one that a search found or that the person named.",
            ReadArguments,
            read_page,
        ),
    )


async def _search(run: Run, web: Web, arguments: SearchArguments) -> str:
    words = " ".join(arguments.words.split())
    await run.allow(Effect(Action.SEARCH, "web", text=words))
    try:
        found = (await web.search(words, arguments.most))[: arguments.most]
    except Refusal as refusal:
        raise ToolFailed(f"the search failed: {refusal}") from None
    run.monitor.offered(*(each.url for each in found if len(each.url) <= MAX_URL))
    pieces = [f"{each.title[:300]}\n{each.url[:MAX_URL]}\n{each.text.strip()[:MAX_EXCERPT]}" for each in found]
    return "\n\n".join(pieces) or "Nothing was found."


async def _read(run: Run, web: Web, arguments: ReadArguments) -> str:
    await run.allow(Effect(Action.FETCH, arguments.url))
    try:
        page = await web.read(arguments.url)
    except Refusal as refusal:
        raise ToolFailed(f"the page cannot be read: {refusal}") from None
    return page_of(f"{page.title[:300]}\n{page.url[:MAX_URL]}\n\n{page.text}", arguments.start)
