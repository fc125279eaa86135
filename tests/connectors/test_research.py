"""The web as the scribe has it: searched, fetched and asked for papers through real clients, over a small web of our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailwright.connectors.politepages import PolitePages
from mailwright.connectors.research import Research
from mailwright.connectors.websearch import Brave, Exa, Searxng
from mailwright.core import Core, CoreSettings, quotas
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, Refusal, TryLater
from mailwright.settings import load
from mailwright.storage import Database, open_blobs
from mailwright.webs import research_web_of
from tests.servers.localweb import LocalResolver, LocalWeb, names_here

PAGE = """<html><head><title>{title}</title><meta name="author" content="{author}"><meta name="date" content="{date}"></head>
<body><p>{text}</p></body></html>"""

RULES = """
["/old.html"]
redirect = "http://glaciers.test/home.html"
["/slow.html"]
seconds = 5
["/drip.html"]
drip = 0.3
octets = 20000
["/huge.html"]
octets = 60_000_000
["/broken.html"]
octets = 5000
breaks_after = 300
["/bomb.html"]
packed = 40_000_000
["/gone.html"]
status = 410
["/latin.html"]
type = "text/html; charset=iso-8859-1"
["/hidden.html"]
listed = false
"""

PAPERS = """
[[paper]]
id = "2403.01234"
title = "Ice"
authors = ["Ada Lindqvist"]
affiliations = ["University of Norrland"]
published = "2024-03-02"
abstract = "We study ice."
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    ada, glaciers = folder / "ada.example", folder / "glaciers.test"
    for host in (ada, glaciers, folder / "notes"):
        host.mkdir()
    home = PAGE.format(
        title="Ada Lindqvist", author="Ada Lindqvist", date="2024-05-01", text="Ada studies glaciers in Norrland."
    )
    (ada / "index.html").write_text(home)
    for name in ("slow", "drip", "huge", "broken", "bomb", "hidden"):
        (ada / f"{name}.html").write_text(PAGE.format(title=name, author="", date="", text="Nothing of hers."))
    (ada / "latin.html").write_bytes("<p>Grüße aus Umeå".encode("latin-1"))
    (ada / "rules.toml").write_text(RULES)
    (ada / "robots.txt").write_text("User-agent: *\nDisallow: /private\n")
    (ada / "private").mkdir()
    (ada / "private/diary.html").write_text("<p>Ada's diary of glaciers")
    (glaciers / "home.html").write_text(PAGE.format(title="Glaciers", author="", date="", text="All about glaciers."))
    (folder / "papers.toml").write_text(PAPERS)
    return folder


@pytest.fixture
def web(world: Path) -> Iterator[LocalWeb]:
    with LocalWeb(world) as made:
        yield made


@pytest.fixture
def core(database: Database, data_folder: Path) -> Core:
    return Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings(hostname="mail.example.org"))


@pytest.fixture
async def research(web: LocalWeb) -> AsyncIterator[Research]:
    made = web.research(seconds=1.5)
    yield made
    await made.close()


@pytest.mark.parametrize("service", ["exa", "searxng", "brave"])
async def test_what_a_search_finds_can_be_fetched(web: LocalWeb, service: str) -> None:
    research = web.research(service)
    [best, *_] = await research.search("Ada Lindqvist glaciers", 5)
    assert (web.plain(best.url), best.title, best.published) == (
        "http://ada.example/",
        "Ada Lindqvist",
        "2024-05-01",
    )
    assert "studies glaciers" in best.text
    page = await research.fetch(best.url)
    assert (page.url, page.media_type, page.charset) == (web.at("ada.example"), "text/html", "utf-8")
    assert b"Ada studies glaciers" in page.content
    await research.close()


async def test_pages_that_are_not_listed_are_not_found_by_a_search(web: LocalWeb) -> None:
    urls = {web.plain(each.url) for each in web.found("nothing of hers", 50)}
    assert "http://ada.example/huge.html" in urls
    assert "http://ada.example/hidden.html" not in urls
    assert not any(url.endswith(("rules.toml", "robots.txt")) for url in urls)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/slow.html", TryLater),
        ("/drip.html", TryLater),
        ("/huge.html", BadInput),
        ("/broken.html", TryLater),
        ("/bomb.html", BadInput),
        ("/gone.html", NotFound),
        ("/none.html", NotFound),
        ("/private/diary.html", NotPermitted),
        ("/rules.toml", NotFound),
        ("/../papers.toml", NotFound),
    ],
)
async def test_a_page_that_fails_costs_only_itself(
    web: LocalWeb, research: Research, path: str, kind: type[Refusal]
) -> None:
    bad, good = await asyncio.gather(
        research.fetch(web.at("ada.example", path)),
        research.fetch(web.at("glaciers.test", "/home.html")),
        return_exceptions=True,
    )
    assert isinstance(bad, kind)
    assert not isinstance(good, BaseException)


async def test_a_page_that_moved_is_found_where_it_is(web: LocalWeb, research: Research) -> None:
    page = await research.fetch(web.at("ada.example", "/old.html"))
    assert web.plain(page.url) == "http://glaciers.test/home.html"


async def test_the_charset_is_the_one_its_server_names(web: LocalWeb, research: Research) -> None:
    page = await research.fetch(web.at("ada.example", "/latin.html"))
    assert page.content.decode(page.charset) == "<p>Grüße aus Umeå"


async def test_papers_come_from_the_same_web(web: LocalWeb, research: Research) -> None:
    [paper] = await research.papers("Ada Lindqvist", 5)
    assert (paper.title, paper.affiliations, paper.year) == ("Ice", ("University of Norrland",), 2024)


async def test_what_was_asked_is_known_afterwards(web: LocalWeb, research: Research) -> None:
    await research.search("glaciers", 2)
    await research.fetch(web.at("ada.example"))
    await research.papers("Ada Lindqvist", 5)
    assert [(call.kind, call.what) for call in web.calls] == [
        ("search", "glaciers"),
        ("robots", "http://ada.example/robots.txt"),
        ("page", "http://ada.example/"),
        ("papers", 'au:"Ada Lindqvist"'),
    ]
    async with httpx.AsyncClient() as client:
        told = (await client.get(f"{web.url}/_calls")).json()
    assert len(told) == len(web.calls) == 4


async def test_what_is_not_set_is_refused(web: LocalWeb) -> None:
    research = Research(None, PolitePages(LocalResolver()))
    assert (research.searches, research.has_papers) == (False, False)
    with pytest.raises(NotPermitted):
        await research.search("x", 1)
    with pytest.raises(NotPermitted):
        await research.papers("Ada", 1)
    await research.close()


# --- made from the settings -----------------------------------------------------------------------------------------------


def test_without_a_service_there_is_no_research(core: Core, tmp_path: Path) -> None:
    assert research_web_of(load(data=tmp_path), core) is None


@pytest.mark.parametrize(("service", "kind"), [("exa", Exa), ("searxng", Searxng), ("brave", Brave)])
@pytest.mark.parametrize("arxiv", [True, False])
async def test_the_settings_choose_whom_to_ask(
    core: Core, tmp_path: Path, web: LocalWeb, service: str, kind: type[object], arxiv: bool
) -> None:
    chosen: dict[str, Any] = web.settings(service) | {"arxiv_search": arxiv}
    research = research_web_of(load(data=tmp_path, **chosen), core)
    assert research is not None
    assert isinstance(research._searching, kind)
    assert (research.searches, research.has_papers) == (True, arxiv)
    assert await research.search("glaciers", 3)
    await research.close()


async def test_papers_are_asked_for_in_turn_with_everybody_elses(core: Core, tmp_path: Path, web: LocalWeb) -> None:
    research = research_web_of(load(data=tmp_path, **web.settings()), core)
    assert research is not None
    assert await research.papers("Ada Lindqvist", 5)
    taken = await quotas.turn(core, quotas.ARXIV, quotas.ARXIV_EVERY)
    again = await quotas.turn(core, quotas.ARXIV, SECOND // 100)
    assert again > taken
    with pytest.raises(TryLater):
        await quotas.turn(core, quotas.ARXIV, quotas.ARXIV_EVERY, wait_most=1)
    await research.close()


async def test_a_whole_program_finds_the_hosts_too(
    core: Core, tmp_path: Path, web: LocalWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailwright.connectors.dns import DnsResolver

    monkeypatch.setattr(DnsResolver, "addresses", DnsResolver.addresses)  # put back afterwards
    names_here()
    research = research_web_of(load(data=tmp_path, **web.settings()), core)
    assert research is not None
    assert (await research.fetch(web.at("ada.example"))).content.startswith(b"<html>")
    await research.close()
