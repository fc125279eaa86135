"""Pictures of mails: fetched for readers from the public Internet only, when they are pictures, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from mailwright.codecs.pictures import media_type_of
from mailwright.connectors import pictures, publicweb
from mailwright.connectors.pictures import PictureFetcher
from mailwright.domain.pictures import NoPicture
from mailwright.domain.sending import TemporaryFailure

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Names:
    """A resolver with answers of its own: each look-up takes the next."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        found = self.answers.get(host)
        if found is None:
            raise TemporaryFailure("the name servers did not answer", "4.4.3")
        return found.pop(0) if len(found) > 1 else found[0]


class Site:
    """A web server on this machine that says what the test wants, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.asked: list[bytes] = []
        self.silent = False

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()

    def url(self, path: str = "/a.png") -> str:
        return f"http://pictures.example:{self.port}{path}"

    def says(self, path: str, body: bytes, *headers: str, status: str = "200 OK") -> None:
        head = "\r\n".join(
            [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
        )
        self.answers[path] = head.encode() + body

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head)
        if self.silent:
            await asyncio.sleep(5)
        writer.write(self.answers.get(head.split()[1].decode(), b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"))
        writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.start()
    made.says("/a.png", PNG, "Content-Type: text/html")
    yield made
    await made.stop()


@pytest.fixture
async def fetcher() -> AsyncIterator[PictureFetcher]:
    made = PictureFetcher(Names(pictures_example=[["127.0.0.1"]]), allow_private=True, seconds=2)
    yield made
    await made.close()


async def refused(fetcher: PictureFetcher, address: str) -> str:
    with pytest.raises(NoPicture) as reason:
        await fetcher.fetch(address)
    return str(reason.value)


async def test_a_picture_is_what_its_octets_say(site: Site, fetcher: PictureFetcher) -> None:
    found = await fetcher.fetch(site.url())
    assert (found.media_type, found.data) == ("image/png", PNG)


async def test_nothing_tells_who_reads(site: Site, fetcher: PictureFetcher) -> None:
    site.says("/a.png", PNG, "Set-Cookie: id=1")
    await fetcher.fetch(site.url())
    await fetcher.fetch(site.url().replace("http://", "http://ada:secret@"))
    for head in site.asked:
        lines = head.lower().split(b"\r\n")
        assert not [
            line for line in lines if line.split(b":")[0] in (b"cookie", b"referer", b"authorization", b"origin")
        ]
        assert b"host: pictures.example:%d" % site.port in lines
        assert b"mailwright" not in head.lower()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"",
        b"\x89PN",
        b"GIF90a" + bytes(20),
        b"%PDF-1.7" + bytes(20),
    ],
)
async def test_what_is_no_picture_is_not_shown(site: Site, fetcher: PictureFetcher, body: bytes) -> None:
    site.says("/a.png", body, "Content-Type: image/png")
    assert await refused(fetcher, site.url()) == "what is there is no picture"


async def test_an_answer_that_is_packed_or_no_answer_is_not_taken(site: Site, fetcher: PictureFetcher) -> None:
    site.says("/a.png", PNG, "Content-Encoding: gzip")
    assert "packed" in await refused(fetcher, site.url())
    assert "404" in await refused(fetcher, site.url("/none"))


async def test_a_picture_that_is_too_large_is_left(
    site: Site, fetcher: PictureFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_OCTETS", 100)
    site.says("/a.png", PNG + bytes(200))
    assert "larger" in await refused(fetcher, site.url())


async def test_who_does_not_answer_is_not_waited_for(site: Site) -> None:
    site.silent = True
    fetcher = PictureFetcher(Names(pictures_example=[["127.0.0.1"]]), allow_private=True, seconds=0.2)
    assert "in time" in await refused(fetcher, site.url())
    await fetcher.close()


async def test_redirects_are_followed_a_few_times(site: Site, fetcher: PictureFetcher) -> None:
    site.says("/one", b"", "Location: two", status="302 Found")
    site.says("/two", b"", f"Location: {site.url()}", status="301 Moved")
    assert (await fetcher.fetch(site.url("/one"))).data == PNG
    site.says("/round", b"", "Location: /round", status="302 Found")
    assert "always somewhere else" in await refused(fetcher, site.url("/round"))
    assert len(site.asked) == 3 + pictures.MAX_REDIRECTS + 1


async def test_a_redirect_to_what_is_no_web_is_not_followed(site: Site, fetcher: PictureFetcher) -> None:
    for place in ("file:///etc/passwd", "javascript:alert(1)", "gopher://pictures.example/", "http://"):
        site.says("/one", b"", f"Location: {place}", status="302 Found")
        await refused(fetcher, site.url("/one"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "[::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "inside.example",
        "2130706433",
        "0x7f.1",
    ],
)
async def test_nothing_inside_is_reached(host: str) -> None:
    fetcher = PictureFetcher(Names(inside_example=[["10.1.2.3"]]), seconds=2)
    reason = await refused(fetcher, f"http://{host}/a.png")
    assert "not on the Internet" in reason or "did not answer" in reason
    await fetcher.close()


async def test_a_name_with_two_faces_leads_only_to_the_one_that_was_looked_at() -> None:
    names = Names(pictures_example=[["10.0.0.1", "127.0.0.1"], ["192.168.0.1"]])
    fetcher = PictureFetcher(names, seconds=2)
    assert "not on the Internet" in await refused(fetcher, "http://pictures.example/a.png")
    assert names.asked == ["pictures.example"]
    await fetcher.close()


async def test_a_redirect_to_the_inside_is_judged_like_the_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        publicweb, "is_outside", lambda address: address == "127.0.0.1"
    )  # the site stands for the Internet
    monkeypatch.setattr(pictures, "PORTS", frozenset({site.port, 80}))
    site.says("/one", b"", "Location: http://inside.example/", status="302 Found")
    fetcher = PictureFetcher(Names(pictures_example=[["127.0.0.1"]], inside_example=[["10.0.0.1"]]), seconds=2)
    assert "not on the Internet" in await refused(fetcher, site.url("/one"))
    await fetcher.close()


async def test_only_where_web_servers_are() -> None:
    fetcher = PictureFetcher(Names(pictures_example=[["192.0.2.1"]]), seconds=2)
    assert "web servers" in await refused(fetcher, "http://pictures.example:25/a.png")
    await fetcher.close()


@pytest.mark.parametrize(
    "address", ["", "x", "http://", "http://[", "ftp://pictures.example/", "http://" + "a" * 300, "http://a b/"]
)
async def test_an_address_that_is_none_is_refused(fetcher: PictureFetcher, address: str) -> None:
    await refused(fetcher, address)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"\0\0\0\x1cftypisom", None),
        (b"BM", "image/bmp"),
        (b"\0\0\x01\0", "image/x-icon"),
    ],
)
def test_pictures_are_told_by_their_beginning(data: bytes, media_type: str | None) -> None:
    assert media_type_of(data) == media_type
