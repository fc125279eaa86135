"""HTTP over real sockets: what a client may make the server wait for and keep."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailwright.core import Core
from mailwright.protocols.api import ApiSettings, HttpServer, connection, create_api

HEAD = b"POST /webhook/email HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def port(core: Core, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.3)
    server = HttpServer(create_api(core, ApiSettings(), metrics=lambda: b""), "127.0.0.1", 0)
    await server.start()
    yield server.port
    await server.close(1)


async def until_closed(port: int, first: bytes, piece: bytes = b"", every: float = 0.05) -> bytes:
    """What the server says until it hangs up on a client that sends `first` and then `piece` again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        writer.write(first)
        async with asyncio.timeout(8):
            while not reader.at_eof():
                with contextlib.suppress(TimeoutError):
                    said += await asyncio.wait_for(reader.read(65536), every)
                writer.write(piece)
    except ConnectionError:
        pass
    finally:
        writer.close()
    return said


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"GET /healthz HTT", b""),
        (b"GET /healthz HTTP/1.1\r\n", b"X: y\r\n"),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["silence", "empty lines", "half a line", "one field at a time", "a slow body", "slow chunks"],
)
async def test_a_request_that_does_not_come_has_an_end(port: int, first: bytes, piece: bytes) -> None:
    assert b"200" not in await until_closed(port, first, piece)


async def test_a_second_request_that_does_not_come_has_an_end_too(port: int) -> None:
    said = await until_closed(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n")
    assert said.count(b"200 OK") == 1


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"GET /", b"x" * 16_384),
        (b"GET /healthz HTTP/1.1\r\nX: ", b"x" * 16_384),
        (b"GET /healthz HTTP/1.1\r\n", b"X: y\r\n" * 2000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: y\r\n" * 2000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 16_384),
    ],
    ids=["a path", "a field", "fields", "trailers", "chunk extensions"],
)
async def test_what_is_no_body_has_a_limit(
    port: int, first: bytes, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 30.0)
    monkeypatch.setattr(connection, "BODY_SECONDS", 30.0)
    said = await until_closed(port, first, piece, every=0.02)
    assert b"200 OK" not in said
    if first.startswith(b"GET"):
        assert said.startswith(b"HTTP/1.1 431 ")


async def test_a_slow_but_steady_body_and_a_pause_between_requests_are_fine(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(HEAD + b"Content-Length: 8192\r\n\r\n")
        for _ in range(8):
            writer.write(b"x" * 1024)
            await asyncio.sleep(0.1)
        answer = await asyncio.wait_for(reader.readuntil(b"}}"), 5)
        assert answer.startswith(b"HTTP/1.1 400 ")
        await asyncio.sleep(0.6)
    writer.close()


@pytest.mark.parametrize("slow", [True, False])
async def test_who_reads_slowly_gets_all_of_it_and_who_reads_nothing_is_cut(
    monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    monkeypatch.setattr(connection, "STALLED_SECONDS", 0.5)
    size = 16 * 1024 * 1024

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"x" * size)(scope, receive, send)

    server = HttpServer(large, "127.0.0.1", 0)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    read = 0
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(0 if slow else 1.5)
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(1024 * 1024 if slow else -1):
                read += len(part)
                if slow and read < size // 2:
                    await asyncio.sleep(0.05)
    finally:
        writer.close()
        await server.close(1)
    assert (read > size) is slow
