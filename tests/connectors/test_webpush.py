"""Posting to push services: over TLS to the name it is, to no address inside, and never for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mailwright.codecs import webpush
from mailwright.codecs.webpush import BadKeys, Keys, ServerKey
from mailwright.connectors.webpush import WebPush
from mailwright.domain.pushing import PushFailed
from mailwright.domain.sending import TemporaryFailure
from tests.servers.pushservice import HOST, Browser, Names, PushService


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[PushService]:
    made = PushService(tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def poster(service: PushService) -> AsyncIterator[WebPush]:
    made = WebPush(service.names, allow_private=True, tls=service.client_tls, seconds=2)
    yield made
    await made.close()


def _headers(url: str, key: ServerKey, *, encrypted: bool = True) -> dict[str, str]:
    authorization = key.authorization(url, contact="mailto:postmaster@mailwright.test", now=time.time())
    return dict(webpush.headers(ttl=60, urgency="low", topic="t", encrypted=encrypted, authorization=authorization))


async def test_a_browser_reads_what_was_sealed_for_it_and_the_service_knows_who_sent_it(
    service: PushService, poster: WebPush
) -> None:
    key, _ = ServerKey.generate()
    keys = Keys.parse(**service.browser.keys)
    answer = await poster.post(service.url(), keys.encrypt(b'{"a":"\xc3\xa4"}'), _headers(service.url(), key))
    assert answer.status == 201
    post = service.posts[0]
    assert post.said == {"a": "ä"}
    assert service.vouched(post) == key.public
    assert post.path == "/send/ada"
    assert post.headers["host"] == f"{HOST}:{service.port}"
    assert post.headers["content-type"] == "application/json"
    assert (post.headers["ttl"], post.headers["urgency"], post.headers["topic"]) == ("60", "low", "t")


async def test_two_messages_of_the_same_text_have_nothing_in_common(service: PushService) -> None:
    keys = Keys.parse(**service.browser.keys)
    one, other = keys.encrypt(b"the same"), keys.encrypt(b"the same")
    assert one[21:86] != other[21:86]  # the keys they were sealed with
    assert one[86:] != other[86:]


async def test_a_key_is_the_same_after_it_was_kept() -> None:
    key, pem = ServerKey.generate()
    assert ServerKey(pem).public == key.public
    assert len(webpush.decode(key.public)) == 65


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        ("%%%", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("BAAA", "AAAAAAAAAAAAAAAAAAAAAA"),
        (webpush.encode(b"\x04" + b"\x01" * 64), "AAAAAAAAAAAAAAAAAAAAAA"),
        (Browser().keys["p256dh"], "AAAA"),
        (Browser().keys["p256dh"], "ä"),
    ],
    ids=["nothing", "no Base64", "short", "not on the curve", "a short secret", "not ASCII"],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(BadKeys):
        Keys.parse(p256dh, auth)


def test_padding_and_both_alphabets_of_browsers_are_read() -> None:
    keys = Browser().keys
    assert Keys.parse(keys["p256dh"] + "=", keys["auth"] + "==") == Keys.parse(**keys)


async def test_a_certificate_of_somebody_else_ends_it(service: PushService) -> None:
    names = Names({"other.example.net": ["127.0.0.1"], HOST: ["127.0.0.1"]})
    for host, tls in (("other.example.net", service.client_tls), (HOST, None)):
        poster = WebPush(names, allow_private=True, tls=tls, seconds=2)
        with pytest.raises(PushFailed, match="cannot be reached"):
            await poster.post(f"https://{host}:{service.port}/", b"{}", {})
        await poster.close()
    assert service.posts == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "100.64.0.1",
        "224.0.0.1",
    ],
)
async def test_addresses_inside_are_not_connected_to(service: PushService, host: str) -> None:
    poster = WebPush(service.names, tls=service.client_tls)
    with pytest.raises(PushFailed, match="not on the Internet"):
        await poster.post(f"https://{host}:{service.port}/", b"{}", {})
    assert service.posts == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "192.168.1.1", "169.254.169.254"])
async def test_a_name_that_leads_inside_is_not_followed(service: PushService, address: str) -> None:
    poster = WebPush(Names({"rebound.example.net": [address]}), tls=service.client_tls)
    with pytest.raises(PushFailed, match="not on the Internet"):
        await poster.post(f"https://rebound.example.net:{service.port}/", b"{}", {})
    assert service.posts == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
async def test_an_address_in_disguise_is_a_name_that_nobody_has(service: PushService, host: str) -> None:
    poster = WebPush(service.names, tls=service.client_tls)
    with pytest.raises(PushFailed, match=r"no address|not on the Internet|cannot be read"):
        await poster.post(f"https://{host}:{service.port}/", b"{}", {})
    assert service.posts == []


async def test_the_address_that_was_looked_at_is_the_one_connected_to(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers outside first and inside next gets one question only, and the system's resolver none."""

    class Rebinding(Names):
        async def addresses(self, host: str) -> Sequence[str]:
            self.asked.append(host)
            return ["198.51.100.7"] if len(self.asked) == 1 else ["127.0.0.1"]

    names, connected = Rebinding({}), []
    loop = asyncio.get_running_loop()

    async def connect(_factory: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)
        raise OSError("nothing there")

    monkeypatch.setattr(loop, "create_connection", connect)
    monkeypatch.setattr("mailwright.connectors.publicweb.is_outside", lambda address: address == "198.51.100.7")
    poster = WebPush(names, tls=service.client_tls, seconds=2)
    with pytest.raises(PushFailed):
        await poster.post(f"https://rebound.example.net:{service.port}/", b"{}", {})
    assert names.asked == ["rebound.example.net"]
    assert connected == ["198.51.100.7"]
    assert service.posts == []


async def test_redirects_are_an_answer_and_not_followed(service: PushService, poster: WebPush) -> None:
    service.answers.append((307, {"location": service.url("elsewhere")}))
    assert (await poster.post(service.url(), b"{}", {})).status == 307
    assert len(service.posts) == 1


@pytest.mark.parametrize(
    ("said", "seconds"), [("120", 120.0), ("Fri, 01 Jan 2021 00:00:00 GMT", 0.0), ("soon", None), ("-5", None)]
)
async def test_how_long_a_service_wants_to_be_left_alone_is_read(
    service: PushService, poster: WebPush, said: str, seconds: float | None
) -> None:
    service.answers.append((429, {"retry-after": said}))
    answer = await poster.post(service.url(), b"{}", {})
    assert (answer.status, answer.retry_after) == (429, seconds)


async def test_a_service_that_says_nothing_is_not_waited_for(service: PushService) -> None:
    service.silent = True
    poster = WebPush(service.names, allow_private=True, tls=service.client_tls, seconds=0.3)
    with pytest.raises(PushFailed, match="in time"):
        await poster.post(service.url(), b"{}", {})


@pytest.mark.parametrize("url", ["http://push.example.net/", "ftp://push.example.net/", "https://", "https://[", "x"])
async def test_only_https_is_posted_to(poster: WebPush, url: str) -> None:
    with pytest.raises(PushFailed):
        await poster.post(url, b"{}", {})


async def test_dns_that_fails_is_a_failure_like_others(service: PushService) -> None:
    class Dead(Names):
        async def addresses(self, host: str) -> Sequence[str]:
            raise TemporaryFailure("the name servers did not answer", "4.4.3")

    with pytest.raises(PushFailed, match="name servers"):
        await WebPush(Dead({})).post(service.url(), b"{}", {})


def test_what_is_longer_than_a_record_is_refused() -> None:
    keys = Keys.parse(**Browser().keys)
    assert len(keys.encrypt(b"x" * webpush.MAX_PLAIN_OCTETS)) == 4096
    with pytest.raises(ValueError):
        keys.encrypt(b"x" * (webpush.MAX_PLAIN_OCTETS + 1))
