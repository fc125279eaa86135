"""Searching the web: Exa, SearXNG and Brave as they speak, and what is taken of what they say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mailwright.connectors import websearch
from mailwright.connectors.websearch import Brave, Exa, Found, NoSearch, Search, Searxng
from mailwright.domain.refusals import BadInput, NotPermitted, TryLater
from tests.servers.ports import free_port
from tests.servers.searchservices import BRAVE_KEY, KEY, SearchServices

RESULTS = [(f"Title {number}", f"https://example.org/{number}", f"Text {number}") for number in range(30)]


@pytest.fixture
async def services() -> AsyncIterator[SearchServices]:
    made = SearchServices(RESULTS)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(params=["exa", "searxng", "brave"])
async def search(request: pytest.FixtureRequest, services: SearchServices) -> AsyncIterator[Search]:
    made: dict[str, Search] = {
        "exa": Exa(KEY, url=services.url),
        "searxng": Searxng(services.url),
        "brave": Brave(BRAVE_KEY, url=services.url),
    }
    yield made[request.param]
    for each in made.values():
        await each.close()


async def test_the_best_results_come_back_and_no_more_than_were_asked_for(
    search: Search, services: SearchServices
) -> None:
    assert await search.search("mail\nservers", 3) == [Found(*each) for each in RESULTS[:3]]
    [asked] = services.asked
    assert asked.get("query", asked.get("q")) == "mail servers"
    assert len(await search.search("mail", 1000)) == 20
    assert len(await search.search("mail", -1)) == 1


async def test_exa_is_asked_for_the_texts_at_once(services: SearchServices) -> None:
    await Exa(KEY, url=services.url).search("mail", 3)
    assert services.asked == [
        {
            "query": "mail",
            "type": "auto",
            "numResults": 3,
            "contents": {
                "text": {"maxCharacters": 2000},
                "highlights": {"query": "mail", "maxCharacters": 1000},
            },
        }
    ]


async def test_only_pages_of_the_web_are_results_and_each_once(search: Search, services: SearchServices) -> None:
    services.results = [
        ("a", "javascript:alert(1)", ""),
        ("b", "file:///etc/passwd", ""),
        ("c", "https://example.org/" + "x" * 3000, ""),
        ("<b>Mail</b>\n server", "https://example.org/1", "about <b>mail</b>\x00\u202e &amp; more"),
        ("again", "https://example.org/1", ""),
        ("", "http://example.org/2", "y" * 5000),
    ]
    found = await search.search("mail", 10)
    assert [each.url for each in found] == ["https://example.org/1", "http://example.org/2"]
    assert found[0].title == "Mail server"
    assert found[0].text.startswith("about mail")
    assert "\x00" not in found[0].text
    assert len(found[1].text) == 2000


@pytest.mark.parametrize("words", ["", "  \n", "\x00"])
async def test_nothing_to_look_for_is_refused(search: Search, services: SearchServices, words: str) -> None:
    with pytest.raises(BadInput):
        await search.search(words, 3)
    assert services.asked == []


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (500, b"oops: SECRET", TryLater),
        (429, b"slow down", TryLater),
        (400, b"SECRET", BadInput),
        (403, b"SECRET", NotPermitted),
        (302, b"", TryLater),
        (200, b"<html>SECRET", TryLater),
        (200, b"[]", TryLater),
        (200, b'{"results": "SECRET", "web": {"results": "SECRET"}}', TryLater),
        (200, b"[" * 100_000, TryLater),
        (200, b'{"results": [], "web": [' + b" " * 5_000_000 + b"]}", TryLater),
        (422, b'{"error": "SECRET"}', BadInput),
    ],
)
async def test_an_answer_that_is_none_is_a_refusal_in_our_own_words(
    search: Search, services: SearchServices, status: int, content: bytes, kind: type[Exception]
) -> None:
    services.said = (status, content)
    with pytest.raises(kind) as refused:
        await search.search("mail", 3)
    assert "SECRET" not in str(refused.value)


async def test_results_that_are_nothing_of_the_kind_are_left_out(search: Search, services: SearchServices) -> None:
    entries: list[Any] = [
        None,
        3,
        [],
        {},
        {"url": 3},
        {
            "url": "https://example.org/",
            "title": 3,
            "text": [],
            "content": {},
            "description": 1,
            "author": ["x"],
            "publishedDate": 20260131,
            "page_age": {},
            "highlights": [1, None],
            "extra_snippets": "x",
        },
    ]
    services.said = (200, json.dumps({"results": entries, "web": {"results": entries}}).encode())
    assert await search.search("mail", 3) == [Found("", "https://example.org/", "")]


@pytest.mark.parametrize("kind", [Exa, Brave])
async def test_a_wrong_key_is_told_without_the_key(services: SearchServices, kind: type[Exa] | type[Brave]) -> None:
    with pytest.raises(NotPermitted, match="does not know our key") as refused:
        await kind("wrong", url=services.url).search("mail", 3)
    assert "wrong" not in str(refused.value)
    assert "SECRET" not in str(refused.value)


async def test_who_wrote_it_and_when_is_told_where_the_service_knows(search: Search, services: SearchServices) -> None:
    services.results = [
        ("a", "https://example.org/1", "text", "Ada <b>Lindqvist</b>", "2026-01-31"),
        ("b", "https://example.org/2", "text", "", ""),
        ("c", "https://example.org/3", "text", "x" * 500, "soon"),
    ]
    found = await search.search("text", 3)
    knows_authors = not isinstance(search, Brave)
    assert (found[0].author, found[0].published) == ("Ada Lindqvist" if knows_authors else "", "2026-01-31")
    assert (found[1].author, found[1].published) == ("", "")
    assert (len(found[2].author), found[2].published) == (200 if knows_authors else 0, "")


async def test_what_exa_highlights_far_behind_the_beginning_is_shown(services: SearchServices) -> None:
    services.results = [("a", "https://example.org/", "word " * 1000 + "Ada studies glaciers. " + "more " * 500)]
    [found] = await Exa(KEY, url=services.url).search("glaciers", 1)
    assert found.text.startswith("word word")
    assert "Ada studies glaciers." in found.text
    assert len(found.text) <= 3000


async def test_brave_is_asked_for_no_more_words_than_it_takes(services: SearchServices) -> None:
    services.results = [("a", "https://example.org/", "b")]
    assert len(await Brave(BRAVE_KEY, url=services.url).search("a " * 190, 5)) == 1
    assert services.asked == [
        {"q": " ".join(["a"] * 50), "count": "5", "result_filter": "web", "text_decorations": "false"}
    ]


async def test_brave_that_finds_nothing_has_no_part_of_the_web(services: SearchServices) -> None:
    services.results = []
    assert await Brave(BRAVE_KEY, url=services.url).search("mail", 5) == []


@pytest.mark.parametrize("wait", ["Retry-After: 1", "X-RateLimit-Reset: 1, 1419704"])
async def test_a_service_that_wants_a_moment_between_two_gets_it(
    search: Search, services: SearchServices, monkeypatch: pytest.MonkeyPatch, wait: str
) -> None:
    monkeypatch.setattr(websearch, "JITTER_SECONDS", 0)
    services.busy = [wait]
    assert len(await search.search("mail", 3)) == 3


@pytest.mark.parametrize(
    "wait", ["Retry-After: 3600", "X-RateLimit-Reset: 1419704", "Retry-After: soon", "X-Nothing: 1"]
)
async def test_a_quota_that_is_used_up_is_not_waited_for(search: Search, services: SearchServices, wait: str) -> None:
    services.busy = [wait]
    with pytest.raises(TryLater, match="429"):
        await search.search("mail", 3)
    assert services.busy == services.asked == []


async def test_a_service_that_is_always_busy_is_asked_three_times(services: SearchServices) -> None:
    services.busy = ["Retry-After: 1"] * 4
    with pytest.raises(TryLater, match="429"):
        await Exa(KEY, url=services.url).search("mail", 3)
    assert len(services.busy) == 1


async def test_a_search_has_its_time_however_it_drips(services: SearchServices) -> None:
    services.busy = ["Retry-After: 2"]
    with pytest.raises(TryLater, match="in time"):
        await Exa(KEY, url=services.url, seconds=0.5).search("mail", 3)


async def test_a_searxng_that_gives_no_json_is_told_of(services: SearchServices) -> None:
    services.json_allowed = False
    with pytest.raises(NotPermitted, match="must name json"):
        await Searxng(services.url).search("mail", 3)


async def test_a_service_that_is_not_there_may_be_later() -> None:
    with pytest.raises(TryLater, match="cannot be reached"):
        await Searxng(f"http://127.0.0.1:{free_port()}").search("mail", 3)


async def test_without_a_service_nothing_is_searched() -> None:
    none = NoSearch()
    with pytest.raises(NotPermitted):
        await none.search("mail", 3)
    await none.close()
