"""Watch: told of a delivery within a moment, taken up again without missing anything, and ended when one may not be there."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from mailwright.client import AsyncClient
from mailwright.core import accounts, apppasswords
from mailwright.storage import Tx
from mailwright.storage import accounts as rows
from mailwright.v1 import messages_pb2, watch_pb2
from tests.protocols.grpc.world import Core, World, opened, reason


async def test_a_delivery_is_told_and_a_cut_stream_goes_on(any_world: World) -> None:
    ada = any_world.stubs("ada")
    stream = ada.watch.Watch(watch_pb2.WatchRequest())
    first = await _next(stream)
    assert not first.changes
    state = (await ada.messages.ListMessages(messages_pb2.ListMessagesRequest())).state
    message_id = await any_world.deliver("ada")
    news = await _next(stream)
    assert news.changes[0].account_id == any_world.account("ada").id
    assert "Email" in news.changes[0].kinds
    changed = await ada.messages.ListMessageChanges(messages_pb2.ListMessageChangesRequest(since_state=state))
    assert list(changed.changes.created) == [message_id]
    stream.cancel()

    await any_world.deliver("ada")  # while nobody watches
    again = ada.watch.Watch(watch_pb2.WatchRequest(since_place=news.place))
    await _next(again)
    assert "Email" in (await _next(again)).changes[0].kinds
    again.cancel()


async def test_silence_is_broken_and_kinds_are_chosen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailwright.protocols.grpc import watching

    monkeypatch.setattr(watching, "SHORTEST", 1)
    stream = world.stubs("ada").watch.Watch(watch_pb2.WatchRequest(kinds=["Mailbox"], heartbeat_seconds=1))
    place = (await _next(stream)).place
    beat = await _next(stream)
    assert (beat.heartbeat, beat.place) == (True, place)
    stream.cancel()


async def test_who_signs_out_is_sent_away(world: World) -> None:
    stubs = world.stubs("ada")
    stream = stubs.watch.Watch(watch_pb2.WatchRequest())
    await _next(stream)
    account = world.account("ada")

    def take_back(tx: Tx) -> None:
        for each in rows.app_passwords(tx, account.id):
            apppasswords.revoke(tx, account, each.label)

    await world.core.write(take_back)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await _next(stream)
    assert reason(ended.value)[0] is grpc.StatusCode.UNAUTHENTICATED


async def test_a_server_that_goes_down_sends_everybody_away(core: Core) -> None:
    async with opened(core) as world:
        stream = world.stubs("ada").watch.Watch(watch_pb2.WatchRequest())
        await _next(stream)
        await world.grpc.close(5)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await _next(stream)
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_client_of_the_package(world: World) -> None:
    def make(tx: Tx) -> str:
        return apppasswords.make(tx, accounts.find(tx, "ada@mailwright.test"), "a program", ["jmap"])[1]

    login = ("ada@mailwright.test", world.core.database.write_now(make))
    async with AsyncClient(f"localhost:{world.grpc.port}", login=login) as mail:
        inbox = await mail.mailbox("inbox")
        raw = b"From: Eve <eve@example.org>\r\nSubject: By the client\r\n\r\n" + b"x" * 600_000
        message_id = await mail.append(inbox.id, raw, keywords=["$flagged"])
        assert (await mail.message(message_id)).subject == "By the client"
        assert await mail.part(message_id) == raw
        assert [each.id async for each in mail.messages_of(inbox.id)] == [message_id]
        assert [each.message_id for each in await mail.find("client")] == [message_id]
        told = asyncio.create_task(anext(mail.watch()))
        await asyncio.sleep(0.5)
        await world.deliver("ada")
        async with asyncio.timeout(15):
            assert (await told).changes
    found = await asyncio.to_thread(_by_the_other_client, world.grpc.port, login, message_id)
    assert found == ("By the client", len(raw), "NOT_FOUND")
    with pytest.raises(ValueError, match="without TLS"):
        AsyncClient("mail.example.org:50051", login=login, tls=False)


def _by_the_other_client(port: int, login: tuple[str, str], message_id: str) -> tuple[str, int, str]:
    from mailwright.client import Client, reason

    with Client(f"localhost:{port}", login=login) as mail:
        try:
            mail.message("nothing")
        except grpc.RpcError as error:
            why = reason(error)
        assert message_id in [each.id for each in mail.messages_of(mail.mailbox("inbox").id)]
        return mail.message(message_id, full=False).subject, len(mail.part(message_id)), why


async def _next(stream: grpc.aio.UnaryStreamCall) -> watch_pb2.WatchResponse:  # type: ignore[type-arg]
    async with asyncio.timeout(15):
        found = await stream.read()
        assert isinstance(found, watch_pb2.WatchResponse), "the stream has ended"
        return found
