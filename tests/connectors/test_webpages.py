"""Reading pages: as text, from the public Internet only, within one site, and not for long."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from mailwright.agents.tools.web import Web
from mailwright.connectors import webpages
from mailwright.connectors.openweb import OpenWeb
from mailwright.connectors.webpages import WebPages
from mailwright.connectors.websearch import NoSearch
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, Refusal, TryLater
from tests.connectors.test_pictures import Names, Site

HTML = (
    "<html><head><title>Mail &amp; servers\n</title><style>p {}</style></head><body><p>Hello Ada.</p>"
    "<script>steal()</script><!-- hidden --><p>Ärger <a href='https://example.org/more'>more</a></p></body></html>"
)
NAMES = ("pages_example", "www_pages_example", "other_example", "allowed_example", "sub_allowed_example")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def pages() -> AsyncIterator[WebPages]:
    names = Names(**{name: [["127.0.0.1"]] for name in NAMES})
    made = WebPages(names, allow_private=True, allowed=["allowed.example"], seconds=2)
    yield made
    await made.close()


def at(site: Site, path: str = "/", host: str = "pages.example") -> str:
    return f"http://{host}:{site.port}{path}"


async def test_a_page_is_its_title_and_what_a_reader_sees(site: Site, pages: WebPages) -> None:
    site.says("/", HTML.encode("latin-1"), "Content-Type: text/html; charset=iso-8859-1")
    page = await pages.read(at(site))
    assert (page.url, page.title) == (at(site), "Mail & servers")
    assert page.text == "Hello Ada.\n\nÄrger more (https://example.org/more)"


async def test_nothing_tells_who_reads(site: Site, pages: WebPages) -> None:
    site.says("/", b"x", "Content-Type: text/plain", "Set-Cookie: who=ada")
    for _ in range(2):
        await pages.read(at(site, "/#part"))
    for head in site.asked:
        assert b"cookie" not in head.lower()
        assert b"referer" not in head.lower()
        assert head.startswith(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        ("grün".encode(), "text/plain; charset=utf-8", "grün"),
        ("grün".encode("latin-1"), 'text/plain; charset="latin-1"', "grün"),
        (b'<meta charset="windows-1252"><p>\x80</p>', "text/html", "€"),
        (b"<a>1</a>", "application/xml", "<a>1</a>"),
        (b"a\x00b", "text/markdown", "ab"),
    ],
)
async def test_texts_of_many_kinds_are_read(site: Site, pages: WebPages, body: bytes, kind: str, text: str) -> None:
    site.says("/", body, f"Content-Type: {kind}")
    assert (await pages.read(at(site))).text == text


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "application/pdf", "", "nonsense"])
async def test_what_is_no_text_is_not_read(site: Site, pages: WebPages, kind: str) -> None:
    site.says("/", b"SECRET", f"Content-Type: {kind}")
    with pytest.raises(BadInput, match="no text"):
        await pages.read(at(site))


@pytest.mark.parametrize(
    ("status", "kind"), [("404 No", NotFound), ("403 No", NotFound), ("500 No", TryLater), ("429 No", TryLater)]
)
async def test_a_refusal_says_nothing_that_the_page_said(
    site: Site, pages: WebPages, status: str, kind: type[Refusal]
) -> None:
    site.says("/", b"SECRET", "Content-Type: text/html", status=status)
    with pytest.raises(kind) as refused:
        await pages.read(at(site))
    assert "SECRET" not in str(refused.value)


async def test_a_page_has_a_size_and_a_time(site: Site, pages: WebPages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webpages, "MAX_OCTETS", 1000)
    site.says("/", b"x" * 1001, "Content-Type: text/plain")
    with pytest.raises(BadInput, match="larger than"):
        await pages.read(at(site))
    site.silent = True
    with pytest.raises(TryLater, match="in time"):
        await pages.read(at(site))


async def test_a_long_page_is_read_to_its_bound(site: Site, pages: WebPages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webpages, "MAX_TEXT_CHARACTERS", 100_000)
    site.says("/", b"<p>word</p>" * 100_000, "Content-Type: text/html")
    assert len((await pages.read(at(site))).text) <= 100_000


async def test_what_comes_packed_is_not_unpacked(site: Site, pages: WebPages) -> None:
    site.says("/", gzip.compress(b"x" * 10_000_000), "Content-Type: text/html", "Content-Encoding: gzip")
    with pytest.raises(BadInput, match="packed"):
        await pages.read(at(site))


# --- where it may go -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://inside.example/",
        "https://inside.example/",
    ],
)
async def test_a_machine_inside_is_never_asked(url: str) -> None:
    pages = WebPages(Names(inside_example=[["10.0.0.7", "127.0.0.1"]]))
    with pytest.raises((NotFound, BadInput)):
        await pages.read(url)
    await pages.close()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:///etc/passwd", BadInput),
        ("ftp://pages.example/", BadInput),
        ("gopher://pages.example/", BadInput),
        ("javascript:alert(1)", BadInput),
        ("https://", BadInput),
        ("//pages.example/", BadInput),
        ("https://pages.example:22/", NotPermitted),
        ("https://pages.example:6379/", NotPermitted),
        ("https://ada:secret@pages.example/", NotPermitted),
        ("https://pages.example/" + "x" * 3000, BadInput),
        ("https://pages.example:99999999/", NotPermitted),
    ],
)
async def test_only_web_servers_are_asked(url: str, kind: type[Refusal]) -> None:
    pages = WebPages(Names(pages_example=[["192.0.2.1"]]))
    with pytest.raises(kind):
        await pages.read(url)


async def test_a_redirect_is_followed_within_its_site(site: Site, pages: WebPages) -> None:
    site.says("/", b"", f"Location: {at(site, '/there', 'www.pages.example')}", status="301 Moved")
    site.says("/there", b"", "Location: here", status="302 Found")
    site.says("/here", b"found", "Content-Type: text/plain")
    page = await pages.read(at(site))
    assert (page.url, page.text) == (at(site, "/here", "www.pages.example"), "found")


async def test_a_redirect_to_another_site_is_a_question_of_its_own(site: Site, pages: WebPages) -> None:
    """An open redirect on a host that may be read would otherwise carry a secret to one that may not."""
    site.says("/", b"", f"Location: {at(site, '/?q=SECRET', 'other.example')}", status="302 Found")
    site.says("/?q=SECRET", b"found", "Content-Type: text/plain")
    with pytest.raises(NotPermitted, match="another site") as refused:
        await pages.read(at(site))
    assert "SECRET" not in str(refused.value)
    assert len(site.asked) == 1


async def test_a_redirect_to_a_host_of_the_settings_is_followed(site: Site, pages: WebPages) -> None:
    site.says("/", b"", f"Location: {at(site, '/b', 'sub.allowed.example')}", status="302 Found")
    site.says("/b", b"found", "Content-Type: text/plain")
    assert (await pages.read(at(site))).text == "found"


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1/", "http://[::1]:80/", "file:///etc/passwd", "http://ada:x@pages.example/", "http://a..b/"]
)
async def test_a_redirect_leads_nowhere_else(site: Site, to: str) -> None:
    pages = WebPages(Names(pages_example=[["127.0.0.1"]]), allow_private=True, seconds=2)
    site.says("/", b"", f"Location: {to}", status="302 Found")
    with pytest.raises(Refusal):
        await pages.read(at(site))
    assert len(site.asked) == 1


async def test_an_endless_redirect_ends(site: Site, pages: WebPages) -> None:
    site.says("/", b"", "Location: /", status="302 Found")
    with pytest.raises(NotFound, match="somewhere else"):
        await pages.read(at(site))
    assert len(site.asked) == webpages.MAX_REDIRECTS + 1


async def test_a_name_cannot_answer_twice(site: Site) -> None:
    names = Names(
        pages_example=[["192.0.2.1"], ["127.0.0.1"]]
    )  # outside when it is looked at, inside when it is connected to
    pages = WebPages(names, seconds=0.5)
    with pytest.raises((NotFound, TryLater)):
        await pages.read("http://pages.example/")
    assert site.asked == []
    assert names.asked == ["pages.example"]


async def test_many_at_once_wait_for_each_other(site: Site, pages: WebPages) -> None:
    site.says("/", b"x", "Content-Type: text/plain")
    found = await asyncio.gather(*(pages.read(at(site)) for _ in range(30)))
    assert {page.text for page in found} == {"x"}


async def test_both_together_are_the_web_of_the_tools(site: Site, pages: WebPages) -> None:
    site.says("/", b"x", "Content-Type: text/plain")
    web: Web = OpenWeb(NoSearch(), pages)
    assert (await web.read(at(site))).text == "x"
    with pytest.raises(NotPermitted):
        await web.search("x", 1)
