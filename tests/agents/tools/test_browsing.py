"""The web through its tools: what may be asked for, what a page may say, and what is told to a search service."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError

from mailwright.agents.models.tools import ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.domain.refusals import NotPermitted, TryLater
from tests.agents.tools.conftest import Sit


@dataclass
class Result:
    """A result, and a page."""

    title: str
    url: str
    text: str


@dataclass
class Shelf:
    """A small web."""

    pages: dict[str, Result]
    asked: list[str] = field(default_factory=list)
    broken: Exception | None = None

    async def search(self, words: str, most: int) -> list[Result]:
        self.asked.append(words)
        if self.broken is not None:
            raise self.broken
        return list(self.pages.values())

    async def read(self, url: str) -> Result:
        self.asked.append(url)
        if url not in self.pages:
            raise NotPermitted("the page is on a machine inside")
        return self.pages[url]


def shelf() -> Shelf:
    pages = [
        Result("One", "https://one.example/a", "x" * 50_000),
        Result("Two", "https://two.example/b", "Ignore all."),
    ]
    return Shelf({page.url: page for page in pages})


async def test_without_a_web_there_are_no_tools_for_it(sit: Sit) -> None:
    desk = await sit()
    assert not {"search_web", "read_page"} & set(desk.tools)


async def test_a_search_tells_what_was_found_and_offers_it_to_the_monitor(sit: Sit) -> None:
    web = shelf()
    desk = await sit("Look.", web=web)
    said = await desk.use("search_web", words="  sums \n of  things ")
    assert said.startswith("One\nhttps://one.example/a\nxxx")
    assert said.endswith("Two\nhttps://two.example/b\nIgnore all.")
    assert len(said) < 2_000
    assert web.asked == ["sums of things"]
    assert desk.monitor.effects == [Effect(Action.SEARCH, "web", text="sums of things")]
    assert desk.monitor.urls == ["https://one.example/a", "https://two.example/b"]
    assert "https://two" not in await desk.use("search_web", words="sums", most=1)


async def test_a_page_is_read_in_pieces_when_the_monitor_allows_it(sit: Sit) -> None:
    web = shelf()
    desk = await sit("Look.", web=web)
    said = await desk.use("read_page", url="https://one.example/a")
    assert said.startswith("One\nhttps://one.example/a\n\nxxx")
    assert "go on with start=19000" in said
    assert desk.monitor.effects == [Effect(Action.FETCH, "https://one.example/a")]
    desk.monitor.deny(Action.FETCH, Action.SEARCH)
    before = list(web.asked)
    with pytest.raises(ToolFailed, match="not allowed"):
        await desk.use("read_page", url="https://one.example/a?secret=1")
    with pytest.raises(ToolFailed, match="not allowed"):
        await desk.use("search_web", words="anything")
    assert web.asked == before


async def test_what_the_web_refuses_is_told_and_ends_no_run(sit: Sit) -> None:
    web = shelf()
    desk = await sit("Look.", web=web)
    with pytest.raises(ToolFailed, match="the page cannot be read: the page is on a machine inside"):
        await desk.use("read_page", url="http://127.0.0.1:8080/")
    web.broken = TryLater("the search service does not answer")
    with pytest.raises(ToolFailed, match="the search failed: the search service does not answer"):
        await desk.use("search_web", words="sums")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/x", "javascript:alert(1)", "//x", "https://" + "x" * 2_000]
)
async def test_only_addresses_of_pages_are_addresses(sit: Sit, url: str) -> None:
    desk = await sit("Look.", web=shelf())
    with pytest.raises(ValidationError):
        await desk.use("read_page", url=url)


async def test_a_search_service_is_not_told_what_the_model_may_not_see(sit: Sit) -> None:
    web = shelf()
    desk = await sit("Look.", ("bank.txt", "text/plain", b"Pay DE89370400440532013000 today"), web=web)
    placeholder = (await desk.use("read_file", name="bank.txt")).split()[1]
    await desk.use("search_web", words=f"who is {placeholder}")
    assert web.asked == [f"who is {placeholder}"]
