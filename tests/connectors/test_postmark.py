"""Sending through Postmark: an API that speaks as Postmark's does, and everything that can go wrong with one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mailwright.connectors.postmark import Postmark
from mailwright.domain.addresses import Address
from mailwright.domain.ids import new_id
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, TemporaryFailure, Unavailable
from tests.servers.ports import free_port
from tests.servers.postmark import TOKEN, PostmarkApi

CHEN = Address.parse("chen@example.net")
LETTER = b"From: Ada <ada@mailwright.test>\r\nTo: chen@example.net\r\nSubject: Figures\r\nMessage-ID: <1@mailwright.test>\r\n\r\nHi.\r\n"


@pytest.fixture
async def api() -> AsyncIterator[PostmarkApi]:
    made = PostmarkApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def way(api: PostmarkApi) -> AsyncIterator[Postmark]:
    made = Postmark(TOKEN, url=api.url, stream="outbound", seconds=5)
    yield made
    await made.close()


async def send(way: Postmark, key: str = "", raw: bytes = LETTER) -> str:
    return await way.send(None, CHEN, raw, message_id="<1@mailwright.test>", idempotency_key=key or new_id())


async def test_a_message_is_handed_over_with_our_ids(api: PostmarkApi, way: Postmark) -> None:
    key = new_id()
    receipt = await send(way, key)
    [mail] = api.taken
    assert receipt == f"200 taken by Postmark as {mail['MessageID']}"
    assert mail["Metadata"] == {"outbox_id": key}
    assert {"Name": "Message-ID", "Value": "<1@mailwright.test>"} in mail["Headers"]
    assert {"Name": "X-PM-KeepID", "Value": "true"} in mail["Headers"]
    assert mail["MessageStream"] == "outbound"


async def test_what_it_took_is_found_by_our_id(api: PostmarkApi, way: Postmark) -> None:
    key = new_id()
    assert await way.find(CHEN, idempotency_key=key) is None
    receipt = await send(way, key)
    assert await way.find(CHEN, idempotency_key=key) == receipt
    assert await way.find(CHEN, idempotency_key=new_id()) is None


async def test_a_recipient_who_is_struck_off_fails_the_message(api: PostmarkApi, way: Postmark) -> None:
    api.inactive.add(str(CHEN))
    with pytest.raises(PermanentFailure) as failed:
        await send(way)
    assert failed.value.code == "5.1.1"
    assert "marked as inactive" in failed.value.reply


async def test_a_message_from_nobody_fails_without_a_call(api: PostmarkApi, way: Postmark) -> None:
    with pytest.raises(PermanentFailure, match="no From"):
        await send(way, raw=b"Subject: x\r\n\r\nHi")
    assert api.taken == []


async def test_a_wrong_token_stops_everything_and_says_what_to_look_at(api: PostmarkApi) -> None:
    way = Postmark("wrong", url=api.url)
    for call in (send(way), way.find(CHEN, idempotency_key="k")):
        with pytest.raises(Unavailable, match="postmark_server_token") as failed:
            await call
        assert not failed.value.is_unsure
    assert "wrong" not in repr(way)
    await way.close()


@pytest.mark.parametrize(("status", "is_unsure"), [(429, False), (503, False), (500, True), (502, True)])
async def test_a_service_in_trouble_stops_everything(
    api: PostmarkApi, way: Postmark, status: int, is_unsure: bool
) -> None:
    api.answers.append(("", status, None))
    with pytest.raises(Unavailable) as failed:
        await send(way)
    assert failed.value.is_unsure is is_unsure


async def test_a_service_that_is_not_there_took_nothing(way: Postmark) -> None:
    nowhere = Postmark(TOKEN, url=f"http://127.0.0.1:{free_port()}")
    for call in (send(nowhere), nowhere.find(CHEN, idempotency_key="k")):
        with pytest.raises(Unavailable, match="cannot be reached") as failed:
            await call
        assert not failed.value.is_unsure
    await nowhere.close()


@pytest.mark.parametrize("how", ["hang up", "take, hang up"])
async def test_without_an_answer_nobody_knows(api: PostmarkApi, way: Postmark, how: str) -> None:
    api.answers.append((how, 0, None))
    with pytest.raises(OutcomeUnknown) as failed:
        await send(way)
    assert isinstance(failed.value, TemporaryFailure)


async def test_a_search_that_fails_is_no_no(api: PostmarkApi, way: Postmark, monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ((500, {}), (200, {"TotalCount": 0}), (422, {"ErrorCode": 1, "Message": "no"})):
        monkeypatch.setattr(api, "_search", lambda _wanted, said=said: said)
        with pytest.raises(Unavailable):
            await way.find(CHEN, idempotency_key="k")
