"""Gmail's hook: whose call is believed, what is written down, what is said so that Pub/Sub calls again or stops."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from prometheus_client import REGISTRY

from mailwright.connectors.jwks import Keys
from mailwright.connectors.oidc import GOOGLE, Trusted
from mailwright.core import Core, accounts
from mailwright.domain.brand import Brand
from mailwright.domain.clock import now
from mailwright.domain.triage import ConnectionState
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.api.gmailhook import BODY_OCTETS, HOOK_PATH, GmailHook
from mailwright.protocols.identity import Web
from mailwright.storage import Tx, connections
from mailwright.storage.connections import Connection
from tests.servers.gmail import ACCOUNT, GmailService
from tests.servers.ports import free_port

AUDIENCE = f"https://mail.mailwright.test{HOOK_PATH}"
ADDRESS = "ada@gmail.example"
PUBSUB = "203.0.113.40"


def connect(tx: Tx, core: Core, who: str = "ada@mailwright.test", address: str = ADDRESS) -> str:
    person = accounts.find(tx, who)
    made = connections.add(
        tx,
        tenant_id=person.tenant_id,
        user_id=person.id,
        kind="gmail",
        address=address,
        state=ConnectionState.CONNECTED.value,
        secret="sealed",
        settings={},
        now=now(),
    )
    assert made is not None
    connections.update(tx, made, now=now(), cursor="1000", next_look_at=now() + 180_000_000)
    return made


class PubSub:
    """Google's Pub/Sub, calling."""

    def __init__(self, core: Core, google: GmailService, **settings: Any) -> None:
        self.core = core
        self.google = google
        self.keys = Keys(settings.pop("keys_url", google.keys_url))
        trusted = Trusted(self.keys, GOOGLE, AUDIENCE, settings.pop("account", ACCOUNT))
        web = settings.pop("web", Web())
        hook = GmailHook(**{"verify": trusted.verify, **settings})
        self.api = create_api(core, ApiSettings(gmail=hook, web=web), metrics=lambda: b"")

    def client(self, peer: str = PUBSUB) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.api, client=(peer, 50_000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="https://mail.mailwright.test")

    async def push(
        self,
        history_id: int = 2000,
        *,
        address: str = ADDRESS,
        token: str | None = None,
        body: bytes | None = None,
        peer: str = PUBSUB,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        made = self.google.make_push(address, history_id)
        fields, content = self.google.push_request(made, AUDIENCE, token=token)
        async with self.client(peer) as http:
            return await http.post(
                HOOK_PATH, content=content if body is None else body, headers={**fields, **(headers or {})}
            )

    async def connection(self, address: str = ADDRESS) -> Connection:
        [found] = await self.core.read(lambda tx: connections.of_address(tx, "gmail", address))
        return found

    async def told(self) -> list[dict[str, Any]]:
        """What was put into the log."""
        rows = await self.core.read(
            lambda tx: tx.all("SELECT key, payload FROM events WHERE kind = 'GmailPushed' ORDER BY id")
        )
        assert all(json.loads(payload)["connection_id"] == key for key, payload in rows)
        return [json.loads(payload) for _, payload in rows]


@pytest.fixture
def google() -> Iterator[GmailService]:
    made = GmailService()
    yield made
    made.stop()


@pytest.fixture
async def pubsub(core: Core, google: GmailService) -> AsyncIterator[PubSub]:
    made = PubSub(core, google)
    await core.write(lambda tx: connect(tx, core))
    yield made
    await made.keys.close()


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("mailwright_gmail_pushes_total", {"outcome": outcome}) or 0.0


# --- what is written down ------------------------------------------------------------------------------------------------


async def test_a_push_is_written_down_and_told_before_204_is_said(pubsub: PubSub) -> None:
    began = now()
    answer = await pubsub.push(2000, headers={"X-Correlation-Id": "push-1"})
    assert (answer.status_code, answer.content) == (204, b"")
    connection = await pubsub.connection()
    assert (connection.announced, connection.cursor) == ("2000", "1000")
    assert (connection.pushed_at or 0) >= began
    assert await pubsub.told() == [{"connection_id": connection.id, "history_id": "2000"}]
    row = await pubsub.core.read(lambda tx: tx.one("SELECT correlation_id FROM events WHERE kind = 'GmailPushed'"))
    assert row == ("push-1",)


async def test_a_push_that_comes_late_moves_nothing_back(pubsub: PubSub) -> None:
    for history_id in (3000, 2000):
        assert (await pubsub.push(history_id)).status_code == 204
    assert (await pubsub.connection()).announced == "3000"
    assert [each["history_id"] for each in await pubsub.told()] == ["3000", "2000"]


async def test_a_push_of_what_was_read_already_wakes_nobody(pubsub: PubSub) -> None:
    before = counted("known")
    assert (await pubsub.push(1000)).status_code == 204
    assert await pubsub.told() == []
    assert (await pubsub.connection()).pushed_at is not None  # it is a sign of life all the same
    assert counted("known") == before + 1


async def test_everybody_who_connected_the_account_is_told(pubsub: PubSub, core: Core) -> None:
    other = await core.write(lambda tx: connect(tx, core, "bashir@mailwright.test"))
    await core.write(lambda tx: connect(tx, core, "bashir@mailwright.test", "bashir@gmail.example"))
    assert (await pubsub.push(2000)).status_code == 204
    told = [each["connection_id"] for each in await pubsub.told()]
    assert (len(told), other in told) == (2, True)


async def test_an_account_nobody_connected_is_no_reason_to_call_again(pubsub: PubSub) -> None:
    before = counted("unknown")
    assert (await pubsub.push(2000, address="chen@gmail.example")).status_code == 204
    assert (await pubsub.told(), counted("unknown")) == ([], before + 1)


async def test_an_account_that_is_switched_off_is_not_looked_at(pubsub: PubSub, core: Core) -> None:
    connection = await pubsub.connection()
    await core.write(lambda tx: connections.update(tx, connection.id, now=now(), enabled=False))
    assert (await pubsub.push(2000)).status_code == 204
    assert await pubsub.told() == []


async def test_the_address_is_the_same_in_capital_letters(pubsub: PubSub) -> None:
    assert (await pubsub.push(2000, address="Ada@GMAIL.example")).status_code == 204
    assert len(await pubsub.told()) == 1


async def test_it_is_not_said_that_a_push_was_taken_when_it_was_not(pubsub: PubSub, away: None) -> None:
    answer = await pubsub.push(2000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "try_later")


# --- what a push is --------------------------------------------------------------------------------------------------------


def pushed(data: Any) -> bytes:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    return json.dumps({"message": {"data": base64.b64encode(content).decode(), "messageId": "1"}}).encode()


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<push/>",
    "a list": b"[]",
    "deep": b"[" * 60_000,
    "no message": b"{}",
    "a message in words": b'{"message": "hello"}',
    "no data": b'{"message": {"messageId": "1"}}',
    "data that is a number": b'{"message": {"data": 12}}',
    "data that is no base64": b'{"message": {"data": "&&&&"}}',
    "data in another alphabet": '{"message": {"data": "éééé"}}'.encode(),
    "data that is not whole": b'{"message": {"data": "abcde"}}',
    "data that is no JSON": pushed(b"hello"),
    "data that is no text": pushed(b"\xff\xfe"),
    "data that is a list": pushed([]),
    "no address": pushed({"historyId": 2000}),
    "an address that is none": pushed({"emailAddress": "ada", "historyId": 2000}),
    "an address that is a list": pushed({"emailAddress": [ADDRESS], "historyId": 2000}),
    "no history id": pushed({"emailAddress": ADDRESS}),
    "a history id in words": pushed({"emailAddress": ADDRESS, "historyId": "many"}),
    "a history id below nothing": pushed({"emailAddress": ADDRESS, "historyId": -2000}),
    "a history id of nothing": pushed({"emailAddress": ADDRESS, "historyId": 0}),
    "a history id that is true": pushed({"emailAddress": ADDRESS, "historyId": True}),
    "half a history id": pushed({"emailAddress": ADDRESS, "historyId": 2000.5}),
    "a history id that is too large": pushed({"emailAddress": ADDRESS, "historyId": 2**64}),
    "a history id that is too long": pushed({"emailAddress": ADDRESS, "historyId": "9" * 5000}),
    "a history id in other digits": pushed({"emailAddress": ADDRESS, "historyId": "٢٠٠٠"}),
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_what_is_no_push_is_said_to_be_none(pubsub: PubSub, what: str) -> None:
    answer = await pubsub.push(body=MALFORMED[what])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")
    assert await pubsub.told() == []


async def test_the_history_id_may_be_text_and_the_data_in_either_alphabet_without_padding(pubsub: PubSub) -> None:
    said = json.dumps({"emailAddress": ADDRESS, "historyId": "2000", "more": "??>>~~ÿ"}, ensure_ascii=False).encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        data = encode(said).decode().rstrip("=")
        assert (await pubsub.push(body=json.dumps({"message": {"data": data}}).encode())).status_code == 204
    assert [each["history_id"] for each in await pubsub.told()] == ["2000", "2000"]


async def test_a_body_that_is_too_long_is_not_read_on(pubsub: PubSub) -> None:
    assert (await pubsub.push(body=b"x" * (BODY_OCTETS + 1))).status_code == 413


# --- whose call it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://eve.example"},
        {"aud": "https://eve.example/api/webhook/gmail"},
        {"exp": 1_000_000_000, "iat": 999_999_000},
        {"email": "eve@eve-project.iam.gserviceaccount.com"},
        {"email_verified": False},
    ],
)
async def test_a_token_that_is_not_googles_for_us_is_refused_before_anything_is_read(
    pubsub: PubSub, wrong: dict[str, Any]
) -> None:
    answer = await pubsub.push(token=pubsub.google.keys.token(AUDIENCE, claims=wrong), body=b"x" * 100_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "authentication_failed")
    assert await pubsub.told() == []


@pytest.mark.parametrize("field", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "Bearer a.b.c", "x" * 20_000])
async def test_who_brings_no_token_is_refused(pubsub: PubSub, field: str) -> None:
    answer = await pubsub.push(headers={"Authorization": field})
    assert answer.status_code == 401


async def test_a_token_signed_by_somebody_else_is_refused(pubsub: PubSub) -> None:
    eve = RSAKey.generate_key(2048)
    answer = await pubsub.push(token=pubsub.google.keys.token(AUDIENCE, key=eve))
    assert answer.status_code == 401


async def test_the_token_in_the_address_is_none(pubsub: PubSub) -> None:
    async with pubsub.client() as http:
        answer = await http.post(f"{HOOK_PATH}?token={pubsub.google.keys.token(AUDIENCE)}", content=b"{}")
    assert answer.status_code == 401


async def test_without_the_keys_pubsub_is_asked_to_come_again(core: Core, google: GmailService) -> None:
    away = PubSub(core, google, keys_url=f"http://127.0.0.1:{free_port()}/certs", unverified_per_minute=1)
    for _ in range(3):  # nobody is to blame, and nobody is counted
        answer = await away.push()
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    await away.keys.close()


async def test_the_hook_is_closed_until_gmail_is_set_up(core: Core, google: GmailService) -> None:
    closed = PubSub(core, google, verify=None)
    answer = await closed.push()
    assert (answer.status_code, "google_client_id" in answer.json()["error"]["message"]) == (401, True)


async def test_other_methods_are_not_possible(pubsub: PubSub) -> None:
    async with pubsub.client() as http:
        assert (await http.get(HOOK_PATH)).status_code == 405


# --- how often -------------------------------------------------------------------------------------------------------------


async def test_a_hundred_calls_a_minute_may_be_wrong_and_those_that_are_right_are_never_counted(pubsub: PubSub) -> None:
    for number in range(150):
        assert (await pubsub.push(2000 + number)).status_code == 204
    codes = [(await pubsub.push(token="a.b.c")).status_code for _ in range(103)]
    assert codes == [401] * 100 + [429] * 3
    assert (await pubsub.push(token="a.b.c", peer="198.51.100.7")).status_code == 401  # another address
    assert (await pubsub.push(3000)).status_code == 204  # Google behind the very same one


async def test_the_address_that_counts_is_the_one_our_proxy_names(core: Core, google: GmailService) -> None:
    web = Web.of("https://mail.mailwright.test", ["10.0.0.0/8"], brand=Brand())
    hook = PubSub(core, google, web=web, unverified_per_minute=1)

    async def wrong(named: str, peer: str = "10.0.0.1") -> int:
        return (await hook.push(token="x", peer=peer, headers={"X-Forwarded-For": named})).status_code

    assert [await wrong("198.51.100.1"), await wrong("198.51.100.1")] == [401, 429]
    assert await wrong("198.51.100.2") == 401
    # Of IPv6 a customer has a /64, and may change address in it at will.
    assert [await wrong("2001:db8::1"), await wrong("2001:db8::2"), await wrong("2001:db8:0:1::1")] == [401, 429, 401]
    # Who is no proxy of ours names nobody.
    assert [await wrong("198.51.100.3", "192.0.2.9"), await wrong("198.51.100.4", "192.0.2.9")] == [401, 429]
    await hook.keys.close()


async def test_too_many_pushes_of_one_account_are_written_down_and_looked_at_together(
    core: Core, google: GmailService
) -> None:
    hook = PubSub(core, google, pushes_per_minute=3)
    await core.write(lambda tx: connect(tx, core))
    await core.write(lambda tx: connect(tx, core, "bashir@mailwright.test", "bashir@gmail.example"))
    for number in range(6):
        assert (await hook.push(2000 + number)).status_code == 204
    assert len(await hook.told()) == 3
    connection = await hook.connection()
    assert connection.announced == "2005"
    assert connection.next_look_at <= now()  # nothing waits longer than the next round
    assert (await hook.push(2000, address="bashir@gmail.example")).status_code == 204
    assert len(await hook.told()) == 4
    await hook.keys.close()
