"""The concierge by WhatsApp, a whole installation: Meta calls, a follow-up is made, and what is said about it reaches the phone once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailwright.agents.policy import CONCIERGE_GRANTS
from mailwright.app import Application
from mailwright.core import accounts, outbox, phones
from mailwright.domain import clock
from mailwright.settings import Settings, load
from mailwright.storage import assignments
from tests.servers import whatsapp as meta
from tests.servers.whatsapp import ADAS_PHONE, EVES_PHONE, NUMBER_ID, SECRET, TOKEN, GraphApi

from .conftest import ADA, Outside, until

CONCIERGE = "concierge@mailwright.test"
QUIET_SECONDS = 1.5  # in which a second answer would have been sent


@pytest.fixture
async def api() -> AsyncIterator[GraphApi]:
    made = GraphApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def settings(any_url: str, tmp_path: Path, outside: Outside, api: GraphApi) -> Settings:
    ports = ("smtp", "submission", "submissions", "imap", "imaps", "sieve", "lmtp", "http")
    return load(
        data=tmp_path / "data",
        database_url=any_url,
        hostname="mail.mailwright.test",
        smart_host=f"smtp://127.0.0.1:{outside.port}",
        verify_inbound=False,
        whatsapp_phone_number_id=NUMBER_ID,
        whatsapp_access_token=TOKEN,
        whatsapp_app_secret=SECRET,
        whatsapp_verify_token="the verify token",
        whatsapp_url=api.url,
        **{f"{name}_port": 0 for name in ports},
    )


@pytest.fixture
async def served(installation: Application) -> Application:
    """With a concierge, and Ada's phone linked."""

    def prepare(tx: Any) -> None:
        agent = accounts.add_agent(tx, installation.core, CONCIERGE, display_name="Concierge")
        assignments.add(tx, agent.tenant_id, "concierge", agent.id, grants=[each.value for each in CONCIERGE_GRANTS])
        phones.set_phone(tx, accounts.find(tx, ADA), ADAS_PHONE)

    await installation.core.write(prepare)
    return installation


async def call(installation: Application, *entries: dict[str, Any]) -> dict[str, Any]:
    assert installation.http is not None
    body = json.dumps(meta.call(*entries)).encode()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{installation.http.port}", timeout=30) as client:
        answer = await client.post("/webhook/whatsapp", content=body, headers=meta.signed(body))
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        return said


def now() -> int:
    return clock.now() // clock.SECOND


async def test_a_wish_by_whatsapp_is_confirmed_there_once(served: Application, api: GraphApi, outside: Outside) -> None:
    message = meta.text("Follow up with Dr office next month about test results", at=now())
    said = [await call(served, message) for _ in range(3)]
    assert [each["status"] for each in said] == ["accepted", "duplicate", "duplicate"]
    [taken] = await until(lambda: api.taken)
    assert taken["to"] == ADAS_PHONE[1:]
    assert taken["context"]["message_id"] == message["id"]
    assert "test results" in taken["text"]["body"]
    await asyncio.sleep(QUIET_SECONDS)
    assert (len(api.taken), outside.received) == (1, [])
    await call(served, meta.status(taken["id"], "delivered", tracker=taken["biz_opaque_callback_data"]))
    [row] = [each for each in await served.core.read(outbox.listing) if each.channel == outbox.WHATSAPP]
    assert (row.status, row.attempts) == ("sent", 1)


async def test_who_is_not_known_and_who_speaks_are_answered_at_once(served: Application, api: GraphApi) -> None:
    await call(served, meta.text("Hello?", phone=EVES_PHONE, at=now()), meta.voice(at=now()))
    await until(lambda: len(api.taken) == 2)
    told = {each["to"]: each["text"]["body"] for each in api.taken}
    assert "do not know this number" in told[EVES_PHONE[1:]]
    assert "only read text" in told[ADAS_PHONE[1:]]
