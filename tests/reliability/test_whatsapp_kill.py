"""A whole server killed with -9 while WhatsApp has taken a message of its and has not said so: sent once when word comes of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import accounts, phones
from mailwright.domain import clock
from mailwright.installation import build_core
from mailwright.settings import load
from tests.servers import whatsapp as meta
from tests.servers.mailwright import MailwrightServer
from tests.servers.whatsapp import ADAS_PHONE, NUMBER_ID, SECRET, TOKEN, Answer, GraphApi

SECONDS = 60.0


@pytest.fixture
async def api() -> AsyncIterator[GraphApi]:
    made = GraphApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def server(tmp_path: Path, api: GraphApi) -> AsyncIterator[MailwrightServer]:
    made = MailwrightServer(
        tmp_path / "data",
        whatsapp_phone_number_id=NUMBER_ID,
        whatsapp_access_token=TOKEN,
        whatsapp_app_secret=SECRET,
        whatsapp_verify_token="the verify token",
        whatsapp_url=api.url,
    )

    def prepare() -> None:
        made.prepare(people=("ada",), employee=False, concierge=True)
        core = build_core(load(**made.settings))
        core.database.write_now(lambda tx: phones.set_phone(tx, accounts.find(tx, "ada@mailwright.test"), ADAS_PHONE))
        core.database.close()
        made.start()

    await asyncio.to_thread(prepare)
    yield made
    await asyncio.to_thread(made.kill)


async def call(server: MailwrightServer, entry: dict[str, Any]) -> str:
    body = meta.call(entry)
    headers = meta.signed(json.dumps(body).encode())
    status, said = await asyncio.to_thread(server.post, "/webhook/whatsapp", body, headers)
    assert status == 200, said
    return str(json.loads(said)["status"])


def row_of(server: MailwrightServer) -> tuple[str, int]:
    with server.opened() as database:
        found = database.execute("SELECT status, uncertain FROM outbox WHERE channel = 'whatsapp'").fetchall()
    assert len(found) == 1
    return str(found[0][0]), int(found[0][1])


async def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < ends
        await asyncio.sleep(0.1)


async def kill_while_it_sends(server: MailwrightServer, api: GraphApi) -> None:
    api.answers.append(Answer(taken=True, hangs=True))
    assert await call(server, meta.voice(at=clock.now() // clock.SECOND)) == "accepted"
    await until(lambda: len(api.taken) == 1)
    await asyncio.to_thread(server.kill)
    assert row_of(server) == ("sending", 0)
    await asyncio.to_thread(server.start)


@pytest.mark.slow
async def test_a_message_that_word_comes_of_after_a_kill_is_sent_once(server: MailwrightServer, api: GraphApi) -> None:
    await kill_while_it_sends(server, api)
    await until(lambda: row_of(server) == ("queued", 1))
    taken = api.taken[0]
    assert await call(server, meta.status(taken["id"], "sent", tracker=taken["biz_opaque_callback_data"])) == "accepted"
    await until(lambda: row_of(server)[0] == "sent")
    assert len(api.calls) == 1


@pytest.mark.slow
async def test_a_message_that_no_word_comes_of_after_a_kill_is_sent_once_more(
    server: MailwrightServer, api: GraphApi
) -> None:
    await kill_while_it_sends(server, api)
    await until(lambda: row_of(server)[0] == "sent")
    assert len(api.calls) == 2
    assert row_of(server)[1] == 1
