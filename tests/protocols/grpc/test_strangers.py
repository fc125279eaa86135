"""Whoever has not said who they are: what they send is not read, and what they may do goes on a few times at once."""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from mailwright.core import accounts, passwords
from mailwright.protocols.grpc import openly, running, server
from mailwright.v1 import accounts_pb2, messages_pb2
from tests.protocols.grpc.world import Core, World, letter, opened, reason

LIST = "/mailwright.v1.AccountsService/ListAccounts"
APPEND = "/mailwright.v1.MessagesService/AppendWholeMessage"
FETCH = "/mailwright.v1.MessagesService/FetchPart"
CHECK = "/grpc.health.v1.Health/Check"


async def _silence() -> AsyncIterator[bytes]:
    """A client that begins and says nothing more."""
    await asyncio.sleep(60)
    yield b""


async def _code(call: Any) -> grpc.StatusCode:
    """How a call ends that is refused."""
    async with asyncio.timeout(20):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
    return refused.value.code()


async def test_a_stranger_is_refused_before_anything_is_read(world: World) -> None:
    channel = world.channel()
    for path in (LIST, APPEND):
        assert await _code(channel.stream_unary(path)(_silence())) is grpc.StatusCode.UNAUTHENTICATED
    assert await _code(channel.stream_stream(FETCH)(_silence()).read()) is grpc.StatusCode.UNAUTHENTICATED


async def test_who_is_known_says_in_time_what_they_want_and_in_words_that_can_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ANSWER_SECONDS", 0.3)
    channel = world.channel(authorization=world.basic("ada"))
    for path in (LIST, APPEND):
        assert await _code(channel.stream_unary(path)(_silence())) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await _code(channel.unary_unary(LIST)(b"\xff\xff\xff")) is grpc.StatusCode.INVALID_ARGUMENT
    assert await _code(channel.stream_unary(LIST)(iter(()))) is grpc.StatusCode.INVALID_ARGUMENT
    large = channel.unary_unary(LIST)(b"x" * (server.MAX_RECEIVED_OCTETS + 1))
    assert await _code(large) is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_what_was_made_small_is_not_made_large_again(world: World) -> None:
    asked = messages_pb2.AppendWholeMessageRequest(data=b"\0" * 500_000)
    call = world.stubs("ada").messages.AppendWholeMessage(asked, compression=grpc.Compression.Gzip)
    assert await _code(call) is grpc.StatusCode.UNIMPLEMENTED


async def test_what_anybody_may_ask_goes_on_a_few_times_at_once(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openly, "MOST_OF_ONE", 2)
    monkeypatch.setattr(openly, "CHECK_SECONDS", 60.0)
    async with opened(core) as world:
        health, asked = health_pb2_grpc.HealthStub(world.channel()), health_pb2.HealthCheckRequest()
        watching = [health.Watch(asked), health.Watch(health_pb2.HealthCheckRequest(service="Nothing"))]
        first = [(await each.read()).status for each in watching]
        assert first == [health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN]
        assert await _code(health.Watch(asked).read()) is grpc.StatusCode.RESOURCE_EXHAUSTED
        reflected = reflection_pb2_grpc.ServerReflectionStub(world.channel())
        talk = reflected.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="*")]))
        assert await _code(talk.read()) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await health.Check(asked)).status == health_pb2.HealthCheckResponse.SERVING, "counted by itself"
        assert (await world.stubs("ada").accounts.ListAccounts(accounts_pb2.ListAccountsRequest())).accounts
        with monkeypatch.context() as hasty:
            hasty.setattr(openly, "CHECK_SECONDS", 0.2)
            slow = world.channel().stream_unary(CHECK)
            assert await _code(slow(_silence())) is grpc.StatusCode.DEADLINE_EXCEEDED
        for name, code in (("x" * 300, grpc.StatusCode.INVALID_ARGUMENT), ("Nothing", grpc.StatusCode.NOT_FOUND)):
            assert await _code(health.Check(health_pb2.HealthCheckRequest(service=name))) is code
        await world.grpc.close(5)
        async with asyncio.timeout(20):
            assert (await watching[0].read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            assert await watching[0].read() is grpc.aio.EOF


async def test_nobody_watches_our_health_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openly, "WATCH_SECONDS", 0.2)
    watching = health_pb2_grpc.HealthStub(world.channel()).Watch(health_pb2.HealthCheckRequest())
    async with asyncio.timeout(20):
        assert (await watching.read()).status == health_pb2.HealthCheckResponse.SERVING
        assert await watching.read() is grpc.aio.EOF


async def test_who_reads_no_answers_does_not_close_the_door_to_others(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CALLS", 12)
    monkeypatch.setattr(openly, "MOST_CHECKS_OF_ONE", 4)
    monkeypatch.setattr(openly, "CHECK_SECONDS", 60.0)
    monkeypatch.setattr(running, "MAX_CALLS_OF_ONE", 4)
    async with opened(core) as world:
        _, writer = await _without_a_window(world.grpc.port, CHECK, 12)
        health = health_pb2_grpc.HealthStub(world.channel())
        with pytest.raises(grpc.aio.AioRpcError, match="from one address"):
            await _check_for_ever(health)  # until they are there
        assert (await _list(world.stubs("ada"))).accounts
        ada = world.basic("ada")
        _, other = await _without_a_window(world.grpc.port, LIST, 7, authorization=ada)
        going = world.runner._going._going
        async with asyncio.timeout(30):
            while going.total() < 4:
                await asyncio.sleep(0.01)
        call = world.channel(authorization=ada).unary_unary(LIST)(b"")
        assert await _code(call) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await _list(world.stubs("bashir"))).accounts
        for each in (writer, other):
            each.close()
        async with asyncio.timeout(30):
            while going:
                await asyncio.sleep(0.01)


async def _check_for_ever(health: Any) -> None:
    async with asyncio.timeout(30):
        while True:
            await health.Check(health_pb2.HealthCheckRequest())


async def test_no_connection_grows_old(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AGE_SECONDS", 1)
    monkeypatch.setattr(server, "END_SECONDS", 1)
    async with opened(core) as world:
        reader, writer = await _without_a_window(world.grpc.port, CHECK, 1)
        async with asyncio.timeout(30):
            await reader.read()
        writer.close()


async def _without_a_window(
    port: int, path: str, calls: int, **headers: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that asks and takes no octet of an answer: HTTP/2 by its frames (RFC 9113 §4.1), with a window of nothing (§6.5.2)."""

    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload

    named = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", "te": "trailers"}
    named |= {"content-type": "application/grpc"} | headers
    # HPACK: each as it is, kept by nobody.
    head = b"".join(b"\0" + b"".join(bytes((len(each),)) + each.encode() for each in pair) for pair in named.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, bytes((0, 4, 0, 0, 0, 0))) + frame(4, 1, 0, b""))
    for stream in range(1, 2 * calls, 2):
        writer.write(frame(1, 4, stream, head) + frame(0, 1, stream, bytes(5)))  # a message of nothing
    await writer.drain()
    return reader, writer


async def test_who_guesses_passwords_is_soon_not_listened_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def wrong(_hashed: str, password: str) -> bool:
        hashed.append(password)
        return False

    monkeypatch.setattr(passwords, "_verify", wrong)
    channel = world.channel()

    async def guess(number: int) -> grpc.StatusCode:
        login = base64.b64encode(f"nobody{number}@mailwright.test:guess".encode()).decode()
        metadata = (("authorization", f"Basic {login}"),)
        return await _code(channel.unary_unary(LIST)(b"", metadata=metadata))

    most = accounts.FAILURES_PER_CLIENT.amount
    assert {await guess(number) for number in range(most)} == {grpc.StatusCode.UNAUTHENTICATED}
    assert await guess(most) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len(hashed) == most


async def test_one_address_does_not_close_the_door_to_others(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MAX_UNKNOWN_OF_ONE", 1)
    monkeypatch.setattr(running, "MAX_CALLS_OF_ONE", 1)
    async with opened(core) as world:
        waits, entered = asyncio.Event(), asyncio.Event()
        known = world.runner._callers.known

        async def slowly(incoming: Any) -> Any:
            entered.set()
            await waits.wait()
            return await known(incoming)

        monkeypatch.setattr(world.runner._callers, "known", slowly)
        ada = world.stubs("ada")
        first = asyncio.create_task(_list(ada))
        async with asyncio.timeout(20):
            await entered.wait()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _list(ada)
        assert reason(refused.value) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS")
        waits.set()
        await first
        pending = world.channel(authorization=world.basic("ada")).stream_unary(APPEND)(_silence())
        while not world.runner._going._going:
            await asyncio.sleep(0.01)
        with pytest.raises(grpc.aio.AioRpcError) as busy:
            await _list(ada)
        assert reason(busy.value) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS")
        pending.cancel()


async def _list(stubs: Any) -> Any:
    return await stubs.accounts.ListAccounts(accounts_pb2.ListAccountsRequest())


async def test_more_connections_than_we_take_are_hung_up_on(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    async with opened(core) as world:
        kept = [await asyncio.open_connection("127.0.0.1", world.grpc.port) for _ in range(2)]
        for reader, _ in kept:
            assert await reader.read(1), "the server begins with its SETTINGS"
        reader, writer = await asyncio.open_connection("127.0.0.1", world.grpc.port)
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        for each in (writer, *(writer for _, writer in kept)):
            each.close()


async def test_browsers_too_say_who_they_are_before_they_send_much(core: Core) -> None:
    async with opened(core, http=True) as world:
        assert world.http is not None
        base = f"http://localhost:{world.http.port}"
        await _is_refused_before_it_is_sent(world.http.port)
        async with httpx.AsyncClient(base_url=base, timeout=90, headers={"Content-Type": "application/json"}) as client:
            packed = {"Content-Encoding": "gzip"}
            short = await client.post(f"/rpc{LIST}", content=b"{}")
            assert (short.status_code, short.json()["code"]) == (401, "unauthenticated")
            bomb = await client.post(f"/rpc{LIST}", content=gzip.compress(b" " * 3_000_000), headers=packed)
            assert (bomb.status_code, bomb.json()["error"]["code"]) == (401, "authentication_failed")
            twice = [("Content-Encoding", "gzip"), ("Content-Encoding", "identity")]
            hidden = await client.post(
                f"/rpc{LIST}",
                content=gzip.compress(b" " * 3_000_000),
                headers=[*twice, ("Content-Type", "application/json")],
            )
            assert (hidden.status_code, hidden.json()["error"]["code"]) == (401, "authentication_failed")
            ada = {"Authorization": world.basic("ada")}
            fine = await client.post(f"/rpc{LIST}", content=gzip.compress(b"{}"), headers=packed | ada)
            assert fine.json()["accounts"]
            inbox = await _inbox(world)
            raw = letter("Large", body="x" * 2_000_000)
            whole = messages_pb2.AppendWholeMessageRequest(
                target=messages_pb2.AppendTarget(mailbox_id=inbox), data=raw
            ).SerializeToString()
            proto = ada | {"Content-Type": "application/proto"}
            made = await client.post(f"/rpc{APPEND}", content=whole, headers=proto)
            assert messages_pb2.AppendWholeMessageResponse.FromString(made.content).message_id


async def _is_refused_before_it_is_sent(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /rpc{APPEND} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/proto\r\nContent-Length: 3000000\r\n\r\n"
    writer.write(head.encode())
    async with asyncio.timeout(90):
        assert b" 401 " in await reader.readline()
    writer.close()


async def _inbox(world: World) -> str:
    from mailwright.core.access import by_name

    account = world.account("ada")
    return await world.core.read(lambda tx: by_name(tx, account, "INBOX").mailbox.id)
