"""The same calls as Connect and gRPC-Web under /rpc: by raw bytes, as the protocols have them, with a browser's session."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import httpx

from mailwright.core import sessions
from mailwright.protocols.identity import COOKIE
from mailwright.v1 import accounts_pb2, messages_pb2
from tests.protocols.grpc.world import Core, World, opened

LIST = "/rpc/mailwright.v1.AccountsService/ListAccounts"
FETCH = "/rpc/mailwright.v1.MessagesService/FetchPart"
WATCH = "/rpc/mailwright.v1.WatchService/Watch"
JSON = {"Content-Type": "application/json"}


def _client(world: World, **headers: str) -> httpx.AsyncClient:
    assert world.http is not None
    return httpx.AsyncClient(base_url=f"http://localhost:{world.http.port}", headers=headers, timeout=20)


def _framed(octets: bytes, flag: int = 0) -> bytes:
    return struct.pack(">BI", flag, len(octets)) + octets


def _frames(body: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(body):
        flag, size = struct.unpack_from(">BI", body, at)
        found.append((flag, body[at + 5 : at + 5 + size]))
        at += 5 + size
    return found


async def test_connect_with_json_and_errors(core: Core) -> None:
    async with opened(core, http=True) as world, _client(world, Authorization=world.basic("ada")) as ada:
        found = await ada.post(LIST, json={})
        assert found.status_code == 200, found.text
        assert found.json()["accounts"][0]["email"] == "ada@mailwright.test"
        assert found.headers["x-correlation-id"]
        binary = await ada.post(LIST, content=b"", headers={"Content-Type": "application/proto"})
        assert accounts_pb2.ListAccountsResponse.FromString(binary.content).accounts[0].personal

        missing = await ada.post("/rpc/mailwright.v1.MessagesService/GetMessage", json={"messageId": "nothing"})
        told = missing.json()
        assert (missing.status_code, told["code"], told["message"]) == (404, "not_found", "there is no such message")
        assert told["details"][0]["type"] == "google.rpc.ErrorInfo"
        assert b"NOT_FOUND" in base64.b64decode(told["details"][0]["value"] + "==")
        for path, options, status in (
            (LIST, {"content": b"{", "headers": JSON}, 400),
            (LIST, {"content": b"x" * 5_000_000, "headers": JSON}, 429),
            ("/rpc/mailwright.v1.AccountsService/Nothing", {"json": {}}, 404),
            (LIST, {"content": _framed(b""), "headers": {"Content-Type": "application/grpc"}}, 415),
        ):
            assert (await ada.post(path, **options)).status_code == status, path
        assert (await ada.get(LIST)).status_code == 405


async def test_grpc_web_with_its_trailers(core: Core) -> None:
    async with opened(core, http=True) as world, _client(world, Authorization=world.basic("ada")) as ada:
        message_id = await world.deliver("ada")
        kind = {"Content-Type": "application/grpc-web+proto", "X-Grpc-Web": "1"}
        asked = messages_pb2.FetchPartRequest(message_id=message_id)
        answer = await ada.post(FETCH, content=_framed(asked.SerializeToString()), headers=kind)
        *pieces, (flag, trailers) = _frames(answer.content)
        assert b"".join(messages_pb2.FetchPartResponse.FromString(each).data for _, each in pieces).startswith(
            b"From: Eve"
        )
        assert (flag, b"grpc-status:0" in trailers.replace(b" ", b"")) == (0x80, True)
        wrong = messages_pb2.FetchPartRequest(message_id="nothing")
        refused = await ada.post(FETCH, content=_framed(wrong.SerializeToString()), headers=kind)
        said = refused.content + b"".join(b"%s: %s\r\n" % each for each in refused.headers.raw)
        assert b"grpc-status:5" in said.replace(b" ", b"").lower()


async def test_a_stream_of_changes_by_connect(core: Core) -> None:
    async with opened(core, http=True) as world, _client(world, Authorization=world.basic("ada")) as ada:
        kind = {"Content-Type": "application/connect+json"}
        assert world.http is not None
        async with ada.stream("POST", WATCH, content=_framed(b"{}"), headers=kind) as answer:
            body = answer.aiter_raw()
            assert "place" in await _news(body)
            await world.deliver("ada")
            assert "Email" in (await _news(body))["changes"][0]["kinds"]
            await world.http.close(1)
            last = b"".join([each async for each in body])
            assert json.loads(_frames(last)[-1][1])["error"]["code"] == "unavailable"


async def _news(body: Any) -> dict[str, Any]:
    octets = b""
    while len(octets) < 5 or len(octets) < 5 + struct.unpack_from(">BI", octets)[1]:
        octets += await anext(body)
    found: dict[str, Any] = json.loads(_frames(octets)[0][1])
    return found


async def test_a_browser_needs_its_token_and_our_own_page(core: Core) -> None:
    opening = await sessions.open_session(
        core, await _account(core), by="password", client="192.0.2.1", agent="a browser", long_lived=False
    )
    signed = await sessions.find(core, opening.token)
    assert signed is not None
    async with opened(core, http=True) as world, _client(world, Cookie=f"{COOKIE}={opening.token}") as page:
        assert (await page.post(LIST, json={})).json()["code"] == "permission_denied"
        elsewhere = {"X-CSRF-Token": signed.csrf, "Sec-Fetch-Site": "cross-site"}
        assert (await page.post(LIST, json={}, headers=elsewhere)).status_code == 403
        own = await page.post(LIST, json={}, headers={"X-CSRF-Token": signed.csrf, "Sec-Fetch-Site": "same-origin"})
        assert own.json()["accounts"][0]["email"] == "ada@mailwright.test"
        nobody = await page.post(LIST, json={}, headers={"X-Mailwright-User": "ada@mailwright.test"})
        assert nobody.status_code == 403
        assert (await page.post(LIST, json={}, headers={"Cookie": ""})).status_code == 401


async def _account(core: Core) -> Any:
    from mailwright.core import accounts

    return await core.read(lambda tx: accounts.find(tx, "ada@mailwright.test"))
