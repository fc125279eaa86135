"""JMAP over WebSocket with a real client (RFC 8887), and with clients that want to do harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mailwright.core import Core, sessions
from mailwright.protocols.api import connection, upgraded
from mailwright.protocols.api import server as http_server
from mailwright.protocols.api.upgraded import Upgraded
from mailwright.protocols.identity import COOKIE
from mailwright.protocols.jmap import methods, websocket
from mailwright.storage import accounts as account_rows
from tests.protocols.jmap.conftest import Client, letter
from tests.protocols.jmap.live import Live, echo, hear, say

PUSH = {"@type": "WebSocketPushEnable", "dataTypes": None}


@pytest.fixture
async def live(core: Core) -> AsyncIterator[Live]:
    made = Live(core)
    await made.start()
    yield made
    await made.stop()
    assert Upgraded.held_in_all == 0


async def closed(socket: ClientConnection, seconds: float = 5) -> int:
    """The code the server closes with."""
    async with asyncio.timeout(seconds):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code or 0


# --- requests


async def test_requests_are_answered_with_their_ids_like_over_http(live: Live, ada: Client) -> None:
    async with live.socket(live.program("ada")) as socket:
        assert socket.subprotocol == "jmap"
        await say(socket, echo(id="R1"))
        await say(socket, echo("again"))
        first, second = sorted([await hear(socket), await hear(socket)], key=lambda each: "requestId" not in each)
        assert first["@type"] == "Response"
        assert first["requestId"] == "R1"
        assert first["methodResponses"] == [["Core/echo", {"text": "hello"}, "0"]]
        assert "requestId" not in second
        posted = await ada.post({"using": echo()["using"], "methodCalls": []})
        assert first["sessionState"] == posted.json()["sessionState"]
        await say(socket, echo(id="R3", createdIds={"a": "b"}))
        assert (await hear(socket))["createdIds"] == {"a": "b"}


async def test_the_session_tells_where_the_socket_is(ada: Client) -> None:
    found = (await ada.http.get("/jmap/session")).json()["capabilities"]["urn:ietf:params:jmap:websocket"]
    assert found["supportsPush"] is True
    assert found["url"].startswith("ws://")
    assert found["url"].endswith("/jmap/ws")


@pytest.mark.parametrize(
    ("said", "kind", "request_id"),
    [
        ("{", "notJSON", None),
        ('{"@type":"Request","id":"R","using":1,"methodCalls":[]}', "notRequest", "R"),
        ('{"@type":"Request","id":"R","using":["urn:x"],"methodCalls":[]}', "unknownCapability", "R"),
        ('{"@type":"Request","id":1,"using":[],"methodCalls":[]}', "notRequest", None),
        ('{"using":[],"methodCalls":[]}', "notRequest", None),
        ('{"@type":"StateChange"}', "notRequest", None),
        ("[]", "notRequest", None),
        ("null", "notRequest", None),
        ('{"@type":"WebSocketPushEnable","dataTypes":"Email"}', "notRequest", None),
        ('{"@type":"WebSocketPushEnable","dataTypes":null,"pushState":7}', "notRequest", None),
        ('{"@type":"Request","@type":"Request"}', "notJSON", None),
        ("[" * 20_000, "notJSON", None),
    ],
)
async def test_what_is_no_request_is_answered_and_harms_nothing(
    live: Live, said: str, kind: str, request_id: str | None
) -> None:
    async with live.socket(live.program("ada")) as socket:
        await socket.send(said)
        answer = await hear(socket)
        assert answer["@type"] == "RequestError"
        assert answer["type"] == f"urn:ietf:params:jmap:error:{kind}"
        assert (answer["requestId"], answer["status"]) == (request_id, 400)
        await say(socket, echo(id="R2"))
        assert (await hear(socket))["requestId"] == "R2"


async def test_too_many_requests_at_once_are_refused_one_by_one(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on = asyncio.Event()

    async def slow(*_: Any) -> dict[str, Any]:
        await going_on.wait()
        return {"methodResponses": []}

    monkeypatch.setattr(methods, "respond_to", slow)
    most = websocket.capabilities.MAX_REQUESTS_AT_ONCE
    async with live.socket(live.program("ada")) as socket, live.socket(live.program("ada")) as other:
        for number in range(most):
            await say(socket, echo(id=f"R{number}"))
        await asyncio.sleep(0.2)
        await say(other, echo(id="too many"))
        answer = await hear(other)
        assert (answer["type"], answer["limit"]) == ("urn:ietf:params:jmap:error:limit", "maxConcurrentRequests")
        assert answer["requestId"] == "too many"
        going_on.set()
        assert {(await hear(socket))["requestId"] for _ in range(most)} == {f"R{number}" for number in range(most)}
        await say(other, echo(id="now"))
        assert (await hear(other))["requestId"] == "now"


async def test_a_request_that_takes_too_long_or_breaks_is_answered(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: Any) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    async def broken(*_: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(websocket, "REQUEST_SECONDS", 0.1)
    async with live.socket(live.program("ada")) as socket:
        for behaviour, status in ((slow, 503), (broken, 500)):
            monkeypatch.setattr(methods, "respond_to", behaviour)
            await say(socket, echo(id="R"))
            answer = await hear(socket)
            assert (answer["@type"], answer["requestId"], answer["status"]) == ("RequestError", "R", status)


async def test_text_is_spoken_here_and_nothing_else(live: Live) -> None:
    async with live.socket(live.program("ada")) as socket:
        await socket.send(json.dumps(echo()).encode())
        assert await closed(socket) == 1003


async def test_what_is_said_is_not_in_the_log(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with live.socket(live.program("ada"), logger=logging.getLogger("nobody's")) as socket:
        logging.getLogger("nobody's").disabled = True
        await say(socket, "the words of a mail")  # short: a log shows the beginning and the end of a long one
        await hear(socket)
    assert "the words of" not in caplog.text


# --- changes


async def test_changes_are_told_when_they_were_asked_for_and_not_before_or_after(live: Live, ada: Client) -> None:
    async with live.socket(live.program("ada")) as socket:
        await ada.file(letter())
        with pytest.raises(TimeoutError):
            await hear(socket, 0.6)
        await say(socket, {**PUSH, "dataTypes": ["Email", "Nonsense"]})
        await say(socket, echo(id="R"))
        await hear(socket)
        await asyncio.sleep(0.2)
        await ada.file(letter(message_id="<2@example.org>"))
        told = await hear(socket)
        assert told["@type"] == "StateChange"
        state = await ada.state()
        assert told["changed"] == {ada.id: {"Email": state}}
        assert told["pushState"] == state
        await say(socket, {"@type": "WebSocketPushDisable"})
        await asyncio.sleep(0.2)
        await ada.file(letter(message_id="<3@example.org>"))
        with pytest.raises(TimeoutError):
            await hear(socket, 0.8)


async def test_a_push_state_brings_what_changed_since(live: Live, ada: Client) -> None:
    before = await ada.state()
    await ada.mailbox("Work")
    async with live.socket(live.program("ada")) as socket:
        await say(socket, {**PUSH, "dataTypes": ["Mailbox"], "pushState": before})
        told = await hear(socket)
        assert told["changed"] == {ada.id: {"Mailbox": await ada.state()}}
        await say(socket, {**PUSH, "pushState": told["pushState"]})
        with pytest.raises(TimeoutError):
            await hear(socket, 0.6)


# --- who may


async def test_a_page_of_ours_comes_with_its_cookie(live: Live) -> None:
    _, headers = await live.browser("ada")
    async with live.socket(headers) as socket:
        await say(socket, echo())
        assert (await hear(socket))["@type"] == "Response"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.org", "null", "http://127.0.0.1.evil.example.org", "http://127.0.0.1:1", "file://", None],
)
async def test_a_page_of_another_site_gets_nothing_for_somebodys_cookie(live: Live, origin: str | None) -> None:
    _, headers = await live.browser("ada")
    del headers["Origin"]
    if origin is not None:
        headers["Origin"] = origin
    with pytest.raises(InvalidStatus) as refused:
        await live.socket(headers)
    assert refused.value.response.status_code == 403
    assert b"urn:ietf" not in (refused.value.response.body or b"")


async def test_a_browser_that_says_cross_site_is_believed(live: Live) -> None:
    _, headers = await live.browser("ada")
    with pytest.raises(InvalidStatus) as refused:
        await live.socket({**headers, "Sec-Fetch-Site": "cross-site"})
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": f"{COOKIE}=guessed"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Basic %"}],
)
async def test_strangers_are_not_let_in(live: Live, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await live.socket(headers)
    assert refused.value.response.status_code == 401


async def test_who_does_not_offer_jmap_is_not_let_in(live: Live) -> None:
    for offered in (None, ["graphql-ws"]):
        with pytest.raises(InvalidStatus) as refused:
            await live.socket(live.program("ada"), subprotocols=offered)
        assert refused.value.response.status_code == 400


async def test_other_paths_are_no_websockets(live: Live) -> None:
    from websockets.asyncio.client import connect

    for path in ("/healthz", "/jmap", "/nothing"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{live.port}{path}", proxy=None)
        assert refused.value.response.status_code == 403


# --- how it ends


async def test_it_closes_at_sign_out_at_once(live: Live) -> None:
    opened, headers = await live.browser("ada")
    account, session = opened.signed.account, opened.signed.session
    async with live.socket(headers) as socket:
        await say(socket, echo())
        await hear(socket)
        await live.core.write(lambda tx: sessions.end(tx, account, session.id, client=""))
        assert await closed(socket) == 1008


async def test_it_closes_when_the_account_is_blocked_and_nothing_is_answered_any_more(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "LOOK_SECONDS", 0.0)
    account = live.person("ada")
    async with live.socket(live.program("ada")) as socket:
        await live.core.write(lambda tx: account_rows.set_status(tx, account.id, "blocked"))
        await say(socket, echo())
        with pytest.raises(ConnectionClosed):
            await hear(socket)
        assert socket.close_code == 1008


async def test_the_end_of_the_server_is_announced_and_what_is_under_way_finished(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: Any) -> dict[str, Any]:
        await asyncio.sleep(0.5)
        return {"methodResponses": []}

    monkeypatch.setattr(methods, "respond_to", slow)
    async with live.socket(live.program("ada")) as socket:
        await say(socket, echo(id="R"))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        ending = asyncio.create_task(live.http.close(8))
        assert (await hear(socket))["requestId"] == "R"
        assert await closed(socket) == 1001
        await ending
        assert time.monotonic() - began < 7  # the grace is 8


async def test_a_client_that_vanishes_leaves_nothing_behind(live: Live) -> None:
    async with live.socket(live.program("ada")) as socket:
        await say(socket, PUSH)
        await say(socket, echo())
        await hear(socket)
        socket.transport.abort()
    async with asyncio.timeout(5):
        while live.streams._by_account or live.core.changes._watchers:
            await asyncio.sleep(0.02)


async def test_one_person_has_a_bounded_number(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.streams, "_most_of_one", 1)
    headers = live.program("ada")
    async with live.socket(headers):
        with pytest.raises(InvalidStatus) as refused:
            await live.socket(headers)
        assert refused.value.response.status_code == 429


async def test_all_connections_together_are_bounded(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 3)
    live = Live(core)
    await live.start()
    headers = live.program("ada")
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(live.socket(headers))
        with pytest.raises(InvalidStatus) as refused:
            await live.socket(headers)
        assert refused.value.response.status_code == 503
    await live.stop()


# --- those who want to do harm


async def test_time_outs_of_requests_do_not_cut_a_socket(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.2)
    async with live.socket(live.program("ada")) as socket:
        await asyncio.sleep(0.8)
        await say(socket, echo())
        assert (await hear(socket))["@type"] == "Response"


async def test_a_message_that_is_too_large_ends_it(live: Live) -> None:
    async with live.socket(live.program("ada")) as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send("x" * (http_server.MAX_MESSAGE_OCTETS + 1))
        assert await closed(socket) == 1009


async def test_a_large_message_within_the_limit_is_taken(live: Live) -> None:
    async with live.socket(live.program("ada"), max_size=None) as socket:
        await say(socket, echo("x" * 9_000_000))
        answer = await hear(socket)
        assert len(answer["methodResponses"][0][1]["text"]) == 9_000_000


async def test_fragments_together_are_bounded_in_size_and_in_number(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgraded, "MAX_FRAGMENTS", 50)

    async def forever(piece: str) -> AsyncIterator[str]:
        for _ in range(2_000):
            yield piece

    for piece in ("x" * 100_000, ""):
        async with live.socket(live.program("ada")) as socket:
            with contextlib.suppress(ConnectionClosed):
                await socket.send(forever(piece))
            assert await closed(socket) == 1009


async def test_a_message_that_never_ends_is_not_waited_for(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgraded, "MESSAGE_SECONDS", 0.4)
    async with live.socket(live.program("ada")) as socket:
        # A frame that announces a thousand octets and brings one; pings in between change nothing.
        socket.transport.write(b"\x81\xfe\x03\xe8\x00\x00\x00\x00{")
        assert await closed(socket, 3) == 1008
    async with live.socket(live.program("ada")) as socket:
        socket.protocol.send_text(b"{", fin=False)
        socket.transport.write(b"".join(socket.protocol.data_to_send()))
        for _ in range(10):
            with contextlib.suppress(ConnectionClosed):
                await socket.ping()
            await asyncio.sleep(0.05)
        assert await closed(socket, 3) == 1008


async def test_all_unfinished_messages_together_are_bounded(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgraded, "MAX_HELD_OCTETS", 100_000)
    async with live.socket(live.program("ada")) as one, live.socket(live.program("bashir")) as other:
        for socket in (one, other):
            socket.protocol.send_text(b"{" + b" " * 60_000, fin=False)
            socket.transport.write(b"".join(socket.protocol.data_to_send()))
            await asyncio.sleep(0.2)
        assert await closed(other, 3) == 1013
        one.transport.abort()


async def test_very_many_messages_in_one_go_end_it(live: Live) -> None:
    async with live.socket(live.program("ada")) as socket:
        socket.transport.write(b"\x81\x81\x00\x00\x00\x00{" * 5_000)
        assert await closed(socket) in (1008, 1006)


async def test_a_reader_that_does_not_read_is_cut(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgraded, "STALLED_SECONDS", 0.5)
    async with live.socket(live.program("ada"), max_size=None, max_queue=1) as socket:
        socket.transport.pause_reading()
        with contextlib.suppress(ConnectionClosed):
            for _ in range(8):
                await say(socket, echo("x" * 2_000_000))
        async with asyncio.timeout(10):
            while live.streams._by_account:
                await asyncio.sleep(0.05)
        socket.transport.abort()


async def test_pings_of_somebody_who_does_not_read_are_not_kept(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    async with live.socket(live.program("ada")) as socket:
        socket.transport.pause_reading()
        (there,) = [each for each in live.http._server.server_state.connections if isinstance(each, Upgraded)]  # type: ignore[union-attr]
        ping = b"\x89\xfd\x00\x00\x00\x00" + b"x" * 125
        for _ in range(200):
            socket.transport.write(ping * 500)
            await asyncio.sleep(0)
            kept.append(there.transport.get_write_buffer_size())
        await asyncio.sleep(0.2)
        assert max(kept) < 1_000_000
        socket.transport.abort()


async def test_garbage_instead_of_frames_ends_it(live: Live) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\x81\x05hello", b"\x81\x82\x00\x00\x00\x00\xff\xfe"):
        async with live.socket(live.program("ada")) as socket:
            socket.transport.write(garbage)
            assert await closed(socket) in (1002, 1007)
