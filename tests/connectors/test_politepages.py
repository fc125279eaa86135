"""Fetching pages politely: as robots.txt allows, one after the other, from the public Internet only, and never too much."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import httpx
import pytest

from mailwright.connectors import politepages, publicweb
from mailwright.connectors.politepages import Page, PolitePages
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, Refusal, TryLater
from tests.connectors.test_pictures import Names, Site

HTML = b"<html><head><title>Ada</title></head><body><p>Hello</p></body></html>"
PDF = b"%PDF-1.7\n" + b"x" * 100
NAMES = ("pages_example", "other_example")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.start()
    made.says("/", HTML, "Content-Type: text/html; charset=ISO-8859-1")
    yield made
    await made.stop()


def polite(*, pause: float = 0.0, seconds: float = 2.0, contact: str = "") -> PolitePages:
    names = Names(**{name: [["127.0.0.1"]] for name in NAMES})
    return PolitePages(names, allow_private=True, pause=pause, seconds=seconds, contact=contact)


@pytest.fixture
async def pages() -> AsyncIterator[PolitePages]:
    made = polite()
    yield made
    await made.close()


def at(site: Site, path: str = "/", host: str = "pages.example") -> str:
    return f"http://{host}:{site.port}{path}"


def asked(site: Site) -> list[str]:
    """The paths that were asked for, in order."""
    return [head.split()[1].decode() for head in site.asked]


async def test_a_page_comes_as_it_is(site: Site, pages: PolitePages) -> None:
    page = await pages.fetch(at(site, "/#part"))
    assert page == Page(at(site), "text/html", "ISO-8859-1", HTML)


async def test_who_reads_is_told_and_nothing_else(site: Site) -> None:
    pages = polite(contact="https://mail.example.org")
    site.says("/", HTML, "Content-Type: text/html", "Set-Cookie: who=ada")
    for _ in range(2):
        await pages.fetch(at(site))
    await pages.close()
    for head in site.asked:
        assert b"compatible; Mailwright/1.0; +https://mail.example.org)" in head
        assert b"cookie" not in head.lower()
        assert b"referer" not in head.lower()


# --- what is taken --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "taken"),
    [
        (HTML, "text/html", "text/html"),
        (HTML, "Text/HTML; charset=utf-8", "text/html"),
        (HTML, "application/xhtml+xml", "application/xhtml+xml"),
        (b"plain", "text/plain", "text/plain"),
        (PDF, "application/pdf", "application/pdf"),
        (PDF, "application/octet-stream", "application/pdf"),
        (PDF, "text/html", "application/pdf"),
        (PDF, "", "application/pdf"),
        (HTML, "application/pdf", "text/html"),
        (HTML, "", "text/html"),
    ],
)
async def test_text_html_and_pdf_are_taken_by_what_they_are(
    site: Site, pages: PolitePages, body: bytes, kind: str, taken: str
) -> None:
    site.says("/", body, *([f"Content-Type: {kind}"] if kind else []))
    assert (await pages.fetch(at(site))).media_type == taken


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"SECRET", "image/png"),
        (b"SECRET", "application/json"),
        (b"SECRET", "application/zip"),
        (b"SECRET", "application/octet-stream"),
        (b"SECRET", "application/pdf"),
        (b"SECRET", "nonsense"),
    ],
)
async def test_what_is_neither_text_nor_pdf_is_not_taken(
    site: Site, pages: PolitePages, body: bytes, kind: str
) -> None:
    site.says("/", body, f"Content-Type: {kind}")
    with pytest.raises(BadInput, match="neither a text nor a PDF") as refused:
        await pages.fetch(at(site))
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 No", NotPermitted),
        ("403 No", NotPermitted),
        ("451 No", NotPermitted),
        ("404 No", NotFound),
        ("410 No", NotFound),
        ("204 No", NotFound),
        ("301 No", NotFound),  # without a place to go to
        ("429 No", TryLater),
        ("500 No", TryLater),
        ("503 No", TryLater),
    ],
)
async def test_a_refusal_says_nothing_that_the_page_said(
    site: Site, pages: PolitePages, status: str, kind: type[Refusal]
) -> None:
    site.says("/", b"" if status.startswith("204") else b"SECRET", "Content-Type: text/html", status=status)
    with pytest.raises(kind) as refused:
        await pages.fetch(at(site))
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
async def test_an_empty_page_is_none(site: Site, pages: PolitePages, body: bytes) -> None:
    site.says("/", body, "Content-Type: text/html")
    with pytest.raises(NotFound, match="empty"):
        await pages.fetch(at(site))


async def test_a_page_has_a_size_and_a_pdf_a_larger_one(
    site: Site, pages: PolitePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(politepages, "MAX_OCTETS", 1000)
    monkeypatch.setattr(politepages, "MAX_PDF_OCTETS", 2000)
    for body, kind, fits in [
        (b"x" * 1000, "text/plain", True),
        (b"x" * 1001, "text/plain", False),
        (b"<" + b"x" * 1500, "application/pdf", False),  # what only says that it is one
        (PDF + b"x" * 1500, "application/pdf", True),
        (PDF + b"x" * 2000, "application/pdf", False),
    ]:
        site.says("/", body, f"Content-Type: {kind}")
        if fits:
            assert (await pages.fetch(at(site))).content == body
        else:
            with pytest.raises(BadInput, match="larger than"):
                await pages.fetch(at(site))


async def test_a_size_that_is_not_announced_is_noticed_too(
    site: Site, pages: PolitePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(politepages, "MAX_OCTETS", 1000)
    site.answers["/"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"x" * 1001
    with pytest.raises(BadInput, match="larger than"):
        await pages.fetch(at(site))


async def test_a_page_that_does_not_come_may_come_later(site: Site) -> None:
    site.says("/robots.txt", b"", "Content-Type: text/plain")
    pages = polite(seconds=0.3)
    await pages.fetch(at(site))
    site.silent = True
    with pytest.raises((TryLater, NotFound)):
        await pages.fetch(at(site))
    await pages.close()


async def test_a_page_that_breaks_off_is_none(site: Site, pages: PolitePages) -> None:
    site.answers["/"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<p>half"
    with pytest.raises(TryLater, match="broke off"):
        await pages.fetch(at(site))


# --- what comes packed ----------------------------------------------------------------------------------------------------


async def test_a_packed_page_is_unpacked(site: Site, pages: PolitePages) -> None:
    site.says("/", gzip.compress(HTML), "Content-Type: text/html", "Content-Encoding: gzip")
    assert (await pages.fetch(at(site))).content == HTML


async def test_a_page_that_unpacks_to_gigabytes_is_left_alone(site: Site, pages: PolitePages) -> None:
    bomb = gzip.compress(gzip.compress(bytes(1 << 24)) + bytes(1 << 27))
    site.says("/", bomb, "Content-Type: text/html", "Content-Encoding: gzip")
    with pytest.raises(BadInput, match="larger than"):
        await pages.fetch(at(site))


@pytest.mark.parametrize(
    ("content", "packing", "kind"),
    [
        (b"no gzip at all", "gzip", BadInput),
        (gzip.compress(HTML)[:-4], "gzip", TryLater),
        (HTML, "br", BadInput),
        (HTML, "gzip, gzip", BadInput),
        (HTML, "deflate", BadInput),
    ],
    ids=["no gzip", "cut off", "another way", "twice", "deflate"],
)
async def test_what_cannot_be_unpacked_is_refused(
    site: Site, pages: PolitePages, content: bytes, packing: str, kind: type[Refusal]
) -> None:
    site.says("/", content, "Content-Type: text/html", f"Content-Encoding: {packing}")
    with pytest.raises(kind):
        await pages.fetch(at(site))


# --- robots.txt -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "path", "may"),
    [
        ("User-agent: *\nDisallow: /private", "/private/a", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: Mailwright\nDisallow: /", "/", False),
        ("User-agent: mailwright\nDisallow: /", "/", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Mailwright\nAllow: /", "/", True),
        ("User-agent: other\nDisallow: /", "/", True),
        ("User-agent: *\nDisallow: /\nAllow: /people", "/people/ada", True),
        ("User-agent: *\nDisallow: /*?q=", "/a?q=1", False),
        ("\ufeffUser-agent: *\nDisallow: /", "/", False),
        ("<html>not rules</html>", "/", True),
        ("", "/", True),
    ],
)
async def test_a_host_says_what_may_be_read(site: Site, pages: PolitePages, rules: str, path: str, may: bool) -> None:
    site.says("/robots.txt", rules.encode(), "Content-Type: text/plain")
    site.says(path, HTML, "Content-Type: text/html")
    if may:
        await pages.fetch(at(site, path))
    else:
        with pytest.raises(NotPermitted, match=r"robots\.txt"):
            await pages.fetch(at(site, path))
        assert asked(site) == ["/robots.txt"]


@pytest.mark.parametrize("status", ["404 No", "403 No", "410 No", "401 No"])
async def test_a_host_without_rules_lets_everything_be_read(site: Site, pages: PolitePages, status: str) -> None:
    site.says("/robots.txt", b"User-agent: *\nDisallow: /", status=status)
    assert await pages.fetch(at(site))


@pytest.mark.parametrize("status", ["500 No", "503 No", "429 No"])
async def test_a_host_whose_rules_are_out_of_order_is_left_alone_for_now(
    site: Site, pages: PolitePages, status: str
) -> None:
    site.says("/robots.txt", b"", status=status)
    for _ in range(2):
        with pytest.raises(TryLater, match="out of order"):
            await pages.fetch(at(site))
    assert asked(site) == ["/robots.txt"], "it is not asked again at once"


async def test_rules_that_do_not_come_are_waited_for_no_longer_than_a_page(site: Site) -> None:
    pages = polite(seconds=0.3)
    site.silent = True
    with pytest.raises(TryLater, match="out of order"):
        await pages.fetch(at(site))
    await pages.close()


async def test_rules_are_asked_for_once(site: Site, pages: PolitePages) -> None:
    await asyncio.gather(*(pages.fetch(at(site)) for _ in range(5)))
    assert asked(site).count("/robots.txt") == 1


async def test_rules_that_are_elsewhere_are_found(site: Site, pages: PolitePages) -> None:
    site.says("/robots.txt", b"", f"Location: {at(site, '/rules', 'other.example')}", status="301 Moved")
    site.says("/rules", b"User-agent: *\nDisallow: /", "Content-Type: text/plain")
    with pytest.raises(NotPermitted):
        await pages.fetch(at(site))


@pytest.mark.parametrize("to", ["/robots.txt", "file:///etc/passwd", "http://a:b@pages.example/"])
async def test_rules_that_lead_nowhere_are_none(site: Site, pages: PolitePages, to: str) -> None:
    site.says("/robots.txt", b"", f"Location: {to}", status="302 Found")
    assert await pages.fetch(at(site))


async def test_rules_that_go_on_for_ever_are_read_to_their_bound(site: Site, pages: PolitePages) -> None:
    text = b"User-agent: *\nDisallow: /a\n" + b"# more\n" * 200_000 + b"Disallow: /b\n"
    site.says("/robots.txt", text, "Content-Type: text/plain")
    for path in ("/a", "/b"):
        site.says(path, HTML, "Content-Type: text/html")
    with pytest.raises(NotPermitted):
        await pages.fetch(at(site, "/a"))
    assert await pages.fetch(at(site, "/b"))


async def test_packed_rules_hold_too(site: Site, pages: PolitePages) -> None:
    text = gzip.compress(b"User-agent: *\nDisallow: /")
    site.says("/robots.txt", text, "Content-Type: text/plain", "Content-Encoding: gzip")
    with pytest.raises(NotPermitted):
        await pages.fetch(at(site))


# --- one after the other --------------------------------------------------------------------------------------------------


async def test_a_host_is_asked_by_one_at_a_time_with_a_pause(site: Site) -> None:
    pages = polite(pause=0.2)
    began = time.monotonic()
    await asyncio.gather(*(pages.fetch(at(site)) for _ in range(4)))
    assert time.monotonic() - began >= 0.6
    await pages.close()


async def test_hosts_do_not_wait_for_each_other(site: Site) -> None:
    pages = polite(pause=5)
    first = await asyncio.gather(pages.fetch(at(site)), pages.fetch(at(site, host="other.example")))
    assert len(first) == 2
    await pages.close()


@pytest.mark.parametrize("rules", ["Crawl-delay: 60", "Request-rate: 1/60"])
async def test_a_host_that_wants_long_pauses_has_one_page_read(site: Site, pages: PolitePages, rules: str) -> None:
    site.says("/robots.txt", f"User-agent: *\n{rules}\n".encode(), "Content-Type: text/plain")
    assert await pages.fetch(at(site))
    with pytest.raises(TryLater, match="more time"):
        await pages.fetch(at(site))


async def test_those_who_wait_already_are_told_too(site: Site, pages: PolitePages) -> None:
    site.says("/robots.txt", b"User-agent: *\nCrawl-delay: 60\n", "Content-Type: text/plain")
    found = await asyncio.gather(*(pages.fetch(at(site)) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [Page, TryLater, TryLater]


@pytest.mark.parametrize("after", ["60", formatdate(time.time() + 3600, usegmt=True)], ids=["seconds", "date"])
async def test_a_host_that_has_too_much_to_do_is_left_alone_as_long_as_it_says(
    site: Site, pages: PolitePages, after: str
) -> None:
    site.says("/", b"", f"Retry-After: {after}", status="503 Busy")
    with pytest.raises(TryLater, match="503"):
        await pages.fetch(at(site))
    with pytest.raises(TryLater, match="more time"):
        await pages.fetch(at(site))
    assert asked(site).count("/") == 1


@pytest.mark.parametrize("after", ["soon", "-5", "", "Mon, 99 Foo"])
async def test_a_pause_that_cannot_be_read_is_none(site: Site, pages: PolitePages, after: str) -> None:
    site.says("/", b"", f"Retry-After: {after}", status="429 Busy")
    for _ in range(2):
        with pytest.raises(TryLater, match="429"):
            await pages.fetch(at(site))


async def test_hosts_are_forgotten_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(politepages, "MAX_LANES", 1)
    pages = polite()
    for host in ("pages.example", "other.example"):
        await pages.fetch(at(site, host=host))
    await pages.fetch(at(site))
    assert len(pages._lanes) <= 2
    await pages.close()


# --- where it may go ------------------------------------------------------------------------------------------------------


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
        "http://a..b/",
        "http://xn--\ud83d/",
    ],
)
async def test_a_machine_inside_is_never_asked(url: str) -> None:
    pages = PolitePages(Names(inside_example=[["10.0.0.7", "127.0.0.1"]]))
    with pytest.raises((NotFound, BadInput, TryLater)):
        await pages.fetch(url)
    await pages.close()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:///etc/passwd", BadInput),
        ("ftp://pages.example/", BadInput),
        ("javascript:alert(1)", BadInput),
        ("https://", BadInput),
        ("//pages.example/", BadInput),
        ("https://pages.example:22/", NotPermitted),
        ("https://ada:secret@pages.example/", NotPermitted),
        ("https://pages.example/" + "x" * 3000, BadInput),
    ],
)
async def test_only_web_servers_are_asked(url: str, kind: type[Refusal]) -> None:
    pages = PolitePages(Names(pages_example=[["192.0.2.1"]]))
    with pytest.raises(kind):
        await pages.fetch(url)


async def test_a_redirect_is_followed_and_its_host_asked_for_its_own_rules(site: Site, pages: PolitePages) -> None:
    site.says("/old", b"", f"Location: {at(site, '/new', 'other.example')}", status="301 Moved")
    site.says("/new", HTML, "Content-Type: text/html")
    assert (await pages.fetch(at(site, "/old"))).url == at(site, "/new", "other.example")
    assert asked(site) == ["/robots.txt", "/old", "/robots.txt", "/new"]


async def test_a_redirect_leads_to_no_page_that_may_not_be_read(site: Site, pages: PolitePages) -> None:
    site.says("/robots.txt", b"User-agent: *\nDisallow: /private", "Content-Type: text/plain")
    site.says("/", b"", "Location: /private", status="302 Found")
    site.says("/private", HTML, "Content-Type: text/html")
    with pytest.raises(NotPermitted):
        await pages.fetch(at(site))
    assert "/private" not in asked(site)


@pytest.mark.parametrize("to", ["http://inside.example/", "http://10.0.0.7/", "http://169.254.169.254/latest/"])
async def test_a_redirect_leads_to_no_machine_inside(site: Site, monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    # This machine stands for one outside, so that the first request is made.
    monkeypatch.setattr(publicweb, "is_outside", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(politepages, "PORTS", frozenset({80, site.port}))
    pages = PolitePages(Names(pages_example=[["127.0.0.1"]], inside_example=[["10.0.0.7"]]), pause=0, seconds=1)
    site.says("/", b"", f"Location: {to}", status="302 Found")
    with pytest.raises((NotFound, TryLater)):
        await pages.fetch(at(site))
    assert asked(site) == ["/robots.txt", "/"]
    await pages.close()


@pytest.mark.parametrize(
    "to",
    ["file:///etc/passwd", "http://ada:x@pages.example/", "http://a..b/", "//[/", "//pages.example:99999/", "//a:0/"],
)
async def test_a_redirect_leads_nowhere_else(site: Site, pages: PolitePages, to: str) -> None:
    site.says("/", b"", f"Location: {to}", status="302 Found")
    with pytest.raises(Refusal):
        await pages.fetch(at(site))
    assert asked(site) == ["/robots.txt", "/"]


async def test_an_endless_redirect_ends(site: Site, pages: PolitePages) -> None:
    site.says("/", b"", "Location: /", status="302 Found")
    with pytest.raises(NotFound, match="somewhere else"):
        await pages.fetch(at(site))
    assert asked(site).count("/") == politepages.MAX_REDIRECTS + 1


async def test_a_name_cannot_answer_twice(site: Site) -> None:
    names = Names(pages_example=[["192.0.2.1"], ["127.0.0.1"]])  # outside when it is looked at, inside afterwards
    pages = PolitePages(names, seconds=0.5)
    with pytest.raises((NotFound, TryLater)):
        await pages.fetch("http://pages.example/")
    assert site.asked == []
    await pages.close()


@pytest.mark.parametrize("read", ["page", "rules"])
async def test_what_comes_after_the_end_of_a_packed_answer_is_not_read(read: str) -> None:
    class Endless(httpx.AsyncByteStream):
        def __init__(self) -> None:
            self.pieces = 0

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield gzip.compress(HTML)
            while self.pieces < 100:
                self.pieces += 1
                yield bytes(1 << 16)

    stream = Endless()
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    answer = httpx.Response(200, headers=headers, stream=stream)
    took = politepages._content(answer, 1 << 20) if read == "page" else politepages._robots_text(answer)
    assert await took == HTML
    assert stream.pieces == 0
