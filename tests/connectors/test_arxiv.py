"""Papers of an author from arXiv, as its API speaks: feeds, errors that look like papers, slowness, and being asked to wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from mailwright.connectors import arxiv
from mailwright.connectors.arxiv import Arxiv, Paper
from mailwright.domain.refusals import BadInput, TryLater
from tests.servers import arxiv as server
from tests.servers.ports import free_port

ICE = server.Paper(
    "2403.01234",
    "Ice in the north: a study of <melting> & freezing",
    ["Ada Lindqvist", "Chen Wei", "Bashir Haddad"],
    "2024-03-02",
    "We study ice, where x < y & z.\n It melts.",
    ["University of Norrland", "", "Lab & Sons"],
    ["physics.ao-ph", "cs.LG"],
    3,
)
OLD = server.Paper("hep-th/9901001", "Older work", ["Ada M. Lindqvist", "Ada Lindqvist"], "1999-01-05", "Old.")
OTHER = server.Paper("2501.00001", "Nets", ["José Núñez"], "2025-01-01", "", ["Universidad de Ejemplo"])


@pytest.fixture
async def service() -> AsyncIterator[server.Arxiv]:
    made = server.Arxiv([OLD, ICE, OTHER])
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def papers(service: server.Arxiv) -> AsyncIterator[Arxiv]:
    made = Arxiv(url=service.url, contact="https://mail.example.org", seconds=2)
    yield made
    await made.close()


async def test_papers_of_an_author_come_back_the_newest_first(papers: Arxiv, service: server.Arxiv) -> None:
    found = await papers.papers("Ada  Lindqvist\n", 5)
    newest = found[0]
    assert newest == Paper(
        "2403.01234",
        "Ice in the north: a study of <melting> & freezing",
        "We study ice, where x < y & z. It melts.",
        ("Ada Lindqvist", "Chen Wei", "Bashir Haddad"),
        ("University of Norrland", "Lab & Sons"),
        ("physics.ao-ph", "cs.LG"),
        2024,
        "https://arxiv.org/abs/2403.01234",
    )
    assert [each.id for each in found] == ["2403.01234", "hep-th/9901001"]
    assert service.asked == [
        {
            "search_query": 'au:"Ada Lindqvist"',
            "start": "0",
            "max_results": "5",
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
    ]
    assert "compatible; Mailwright/1.0; +https://mail.example.org)" in service.heads[0]


@pytest.mark.parametrize(("most", "asked"), [(-1, "1"), (1, "1"), (5000, "50")])
async def test_no_more_are_asked_for_than_are_wanted(
    papers: Arxiv, service: server.Arxiv, most: int, asked: str
) -> None:
    await papers.papers("Ada Lindqvist", most)
    assert service.asked[0]["max_results"] == asked


async def test_accents_are_searched_with_and_without(papers: Arxiv, service: server.Arxiv) -> None:
    assert [each.id for each in await papers.papers("José Núñez", 5)] == ["2501.00001"]
    assert service.asked[0]["search_query"] == 'au:"José Núñez" OR au:"Jose Nunez"'


@pytest.mark.parametrize("name", ["Мария Сильва", "陈伟", "Søren Ærø"])
async def test_letters_without_a_plain_form_are_searched_as_they_are(
    papers: Arxiv, service: server.Arxiv, name: str
) -> None:
    assert await papers.papers(name, 5) == []
    assert service.asked[0]["search_query"] == f'au:"{name}"'


async def test_what_means_something_to_the_service_is_no_part_of_a_name(papers: Arxiv, service: server.Arxiv) -> None:
    await papers.papers('Ada" OR cat:cs.LG AND (ti:"x', 5)
    assert service.asked[0]["search_query"] == 'au:"Ada OR cat cs.LG AND ti x"'
    await papers.papers("Jean-Luc O'Neill Jr.", 5)
    assert service.asked[1]["search_query"] == 'au:"Jean-Luc O\'Neill Jr."'


@pytest.mark.parametrize("name", ["", "  ", '"":()', "123", "\x00"])
async def test_without_a_name_nobody_is_asked(papers: Arxiv, service: server.Arxiv, name: str) -> None:
    with pytest.raises(BadInput, match="no name"):
        await papers.papers(name, 5)
    assert service.asked == []


async def test_who_wrote_nothing_has_an_empty_feed(papers: Arxiv) -> None:
    assert await papers.papers("Eve Nobody", 5) == []


async def test_a_feed_that_declares_its_names_once_and_has_secure_addresses_is_read(
    papers: Arxiv, service: server.Arxiv
) -> None:
    newer = a_feed().replace(b' xmlns:arxiv="http://arxiv.org/schemas/atom"', b"")
    newer = newer.replace(b"<feed ", b'<feed xmlns:arxiv="http://arxiv.org/schemas/atom" ')
    newer = newer.replace(b"http://arxiv.org/abs/", b"https://arxiv.org/abs/")
    service.said = [(200, "", newer)]
    [paper] = await papers.papers("Ada Lindqvist", 5)
    assert (paper.id, paper.affiliations) == ("2403.01234", ("University of Norrland", "Lab & Sons"))


# --- what goes wrong ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400])
async def test_an_error_is_no_paper(papers: Arxiv, service: server.Arxiv, status: int) -> None:
    service.said = [(status, "", server.error_feed("incorrect id format for SECRET"))]
    with pytest.raises(BadInput) as refused:
        await papers.papers("Ada Lindqvist", 5)
    assert "SECRET" not in str(refused.value)


def a_feed() -> bytes:
    return server.feed([ICE], {"search_query": 'au:"Ada Lindqvist"'})[1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>SECRET down for maintenance</body></html>",
        b"Rate exceeded.",
        b"http://127.0.0.1:1/feed",
        b"/etc/passwd",
        a_feed()[: len(a_feed()) // 2],
        a_feed()[:-10],
        b"\x00\xff" * 100,
        b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "SECRET"><!ENTITY b "&a;&a;">]>' + a_feed()[39:],
        b"<a>" * 50_000,
        a_feed().replace(b"UTF-8", b"UT\xe1-8", 1),
        a_feed().replace(b"<author>", b'<author xmlns:a="x y z"><a:b/>', 1).replace(b"a:b", b"a:b:c"),
        b"x" * (arxiv.MAX_ANSWER_OCTETS + 1),
    ],
    ids=[
        "empty",
        "page",
        "words",
        "address",
        "path",
        "half",
        "cut-off",
        "octets",
        "entities",
        "deep",
        "charset",
        "names",
        "too-much",
    ],
)
async def test_what_is_no_whole_feed_is_refused_for_now(papers: Arxiv, service: server.Arxiv, content: bytes) -> None:
    service.said = [(200, "", content)]
    with pytest.raises(TryLater) as refused:
        await papers.papers("Ada Lindqvist", 5)
    assert "SECRET" not in str(refused.value)
    assert await papers.papers("Ada Lindqvist", 5), "the next answer is read"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"http://arxiv.org/abs/2403.01234v3", b"http://elsewhere.example/abs/2403.01234v3"),
        (b"<published>2024-03-02T10:00:00Z</published>", b"<published>soon</published>"),
        (b"<id>http://arxiv.org/abs/2403.01234v3</id>", b""),
    ],
)
async def test_an_entry_that_is_no_paper_is_left_out(
    papers: Arxiv, service: server.Arxiv, old: bytes, new: bytes
) -> None:
    assert old in a_feed()
    service.said = [(200, "", a_feed().replace(old, new))]
    assert await papers.papers("Ada Lindqvist", 5) == []


async def test_who_asks_to_wait_is_not_asked_before(papers: Arxiv, service: server.Arxiv) -> None:
    service.said = [(503, "Retry-After: 60", b"SECRET")]
    with pytest.raises(TryLater, match="503"):
        await papers.papers("Ada Lindqvist", 5)
    with pytest.raises(TryLater, match="asked us to wait"):
        await papers.papers("Ada Lindqvist", 5)
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503, 302, 403])
async def test_a_service_that_is_out_of_order_may_be_later(papers: Arxiv, service: server.Arxiv, status: int) -> None:
    service.said = [(status, "", b"Rate exceeded.")]
    with pytest.raises(TryLater, match=str(status)):
        await papers.papers("Ada Lindqvist", 5)
    assert await papers.papers("Ada Lindqvist", 5)


async def test_a_service_that_is_slow_or_drips_is_not_waited_for_for_ever(service: server.Arxiv) -> None:
    papers = Arxiv(url=service.url, seconds=0.3)
    service.seconds = 2
    with pytest.raises(TryLater):
        await papers.papers("Ada Lindqvist", 5)
    service.seconds, service.pieces = 0, 0.05
    with pytest.raises(TryLater, match="in time"):
        await papers.papers("Ada Lindqvist", 5)
    await papers.close()


async def test_a_service_that_is_not_there_may_be_later() -> None:
    papers = Arxiv(url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TryLater, match="cannot be reached"):
        await papers.papers("Ada Lindqvist", 5)
    await papers.close()


# --- its pace -------------------------------------------------------------------------------------------------------------


async def test_one_asks_after_the_other_and_each_at_its_pace(service: server.Arxiv) -> None:
    paces: list[float] = []

    async def pace() -> None:
        await asyncio.sleep(0.1)
        paces.append(time.monotonic())

    papers = Arxiv(url=service.url, pace=pace)
    service.seconds = 0.05
    await asyncio.gather(*(papers.papers("Ada Lindqvist", 5) for _ in range(4)))
    assert len(paces) == len(service.asked) == 4
    assert service.most_at_once == 1
    await papers.close()


async def test_who_would_wait_too_long_for_a_turn_asks_nobody(service: server.Arxiv) -> None:
    async def pace() -> None:
        raise TryLater("too many wait")

    papers = Arxiv(url=service.url, pace=pace)
    with pytest.raises(TryLater, match="too many"):
        await papers.papers("Ada Lindqvist", 5)
    assert service.asked == []
    await papers.close()
