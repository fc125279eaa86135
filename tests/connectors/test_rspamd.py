"""rspamd: the real one where it is installed, and everything that can be wrong with one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from mailwright.codecs.rspamd import NotAnOpinion, Opinion, opinion, request_headers
from mailwright.connectors.rspamd import Rspamd
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope
from tests.servers import rspamd as server
from tests.servers.ports import free_port
from tests.servers.rspamd import MARKED, REJECTED, RspamdServer

ENVELOPE = Envelope(
    Channel.SMTP,
    Address.parse("eve@example.org"),
    (Address.parse("ada@mailwright.test"), Address.parse("bashir@mailwright.test")),
    0,
    "correlation",
    client="[IPv6:2001:db8::7]",
    helo="mx.example.org\r\nPassword: x",
)


@pytest.fixture(scope="module")
def real() -> Iterator[RspamdServer]:
    reason = server.why_not()
    if reason:
        pytest.skip(reason)
    made = RspamdServer()
    yield made
    made.destroy()


@pytest.mark.server
@pytest.mark.parametrize(("words", "action"), [(REJECTED, "reject"), (MARKED, "junk"), ("Hi, Ada.", "accept")])
async def test_the_real_one_is_understood(real: RspamdServer, words: str, action: str) -> None:
    asked = Rspamd(real.url)
    raw = f"From: eve@example.org\r\nTo: ada@mailwright.test\r\nSubject: x\r\n\r\n{words}\r\n".encode()
    found = await asked.ask(ENVELOPE, raw)
    await asked.close()
    assert found is not None
    assert found.action == action
    assert found.symbols == (() if words.startswith("Hi") else ("GTUBE",))
    assert "ip: 2001:db8::7" in real.log()
    assert "from: <eve@example.org>" in real.log()


def test_no_word_of_a_client_breaks_out_of_its_line() -> None:
    named = request_headers(ENVELOPE)
    assert ("Helo", "mx.example.org??Password:?x") in named
    assert ("IP", "2001:db8::7") in named
    assert [value for name, value in named if name == "Rcpt"] == ["ada@mailwright.test", "bashir@mailwright.test"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"action": "greylist", "score": 5, "symbols": {}}', Opinion("later", 5.0)),
        (b'{"action": "soft reject", "score": 5.5, "symbols": {}}', Opinion("later", 5.5)),
        (
            b'{"action": "rewrite subject", "score": 9, "symbols": {"A": {"score": 1}, "B": {"score": -3}}}',
            Opinion("junk", 9.0, ("B", "A")),
        ),
    ],
)
def test_answers(body: bytes, found: Opinion) -> None:
    assert opinion(body) == found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"action": "no action", "score": null, "symbols": {}}',
        b'{"action": "hm", "score": 1, "symbols": {}}',
        b'{"action": "no action", "score": NaN, "symbols": {}}',
        b'{"action": "no action", "score": 1e999, "symbols": {}}',
        b'{"action": "no action", "score": 1, "symbols": {"A": {"score": 1' + b"0" * 400 + b"}}}",
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(NotAnOpinion):
        opinion(body)


@pytest.fixture
async def odd() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers with the bytes it is given, or never."""
    answers: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        if answers:
            writer.write(answers[0])
            await writer.drain()
        else:
            await asyncio.sleep(5)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1], answers
    listening.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 ok\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
async def test_one_that_is_not_well_has_no_opinion(odd: tuple[int, list[bytes]], answer: bytes) -> None:
    port, answers = odd
    if answer:
        answers.append(answer)
    asked = Rspamd(f"http://127.0.0.1:{port}", seconds=0.3)
    assert await asked.ask(ENVELOPE, b"Subject: x\r\n\r\n") is None
    await asked.close()


async def test_one_that_is_not_there_has_no_opinion() -> None:
    asked = Rspamd(f"http://127.0.0.1:{free_port()}", "a password")
    assert await asked.ask(ENVELOPE, b"Subject: x\r\n\r\n") is None
    await asked.close()
