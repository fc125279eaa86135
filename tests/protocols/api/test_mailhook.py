"""POST /webhook/email: who may call, and what is answered."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from mailwright.core import Core
from mailwright.protocols.api import frame
from tests.protocols.api.conftest import Client

SECRET = "s3cret"


def mail(**changes: Any) -> dict[str, Any]:
    return {
        "messageId": "msg-001",
        "from": "Chen <chen@example.org>",
        "to": "ada@mailwright.test",
        "subject": "Follow up",
        "textBody": "Follow up with Dr office next Friday morning about test results.",
        "timestamp": "2026-01-15T10:00:00Z",
        **changes,
    }


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Mailwright-Signature": f"sha256={digest}", "Content-Type": "application/json"}


async def test_a_mail_from_this_machine_is_accepted_and_filed_as_a_strangers(client: Client, core: Core) -> None:
    answer = await client().post("/webhook/email", json=mail())
    assert answer.status_code == 200
    assert answer.json()["status"] == "accepted"
    inbound_id = answer.json()["inboundId"]
    row = await core.read(
        lambda tx: tx.one("SELECT channel, origin, sender, recipient FROM inbound WHERE id = ?", (inbound_id,))
    )
    assert row == ("hook", "stranger", "chen@example.org", "ada@mailwright.test")
    assert await core.read(lambda tx: tx.scalar("SELECT subject FROM messages")) == "Follow up"


async def test_the_same_message_id_again_is_a_duplicate(client: Client, core: Core) -> None:
    caller = client()
    first = await caller.post("/webhook/email", json=mail())
    again = await caller.post("/webhook/email", json=mail(textBody="changed"))
    assert again.json() == {"status": "duplicate", "inboundId": first.json()["inboundId"]}
    assert await core.read(lambda tx: tx.scalar("SELECT count(*) FROM messages")) == 1


async def test_without_a_secret_only_this_machine_may_call(client: Client) -> None:
    for caller in (
        client(peer="203.0.113.9"),
        client(host="mail.example.org"),  # a page elsewhere whose name was pointed at this machine
    ):
        answer = await caller.post("/webhook/email", json=mail())
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "signature_required"
    answer = await client().post("/webhook/email", json=mail(), headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost:8080", "localhost", "[::1]:8080", "[::1]", "127.0.0.1"])
async def test_this_machine_has_several_names(client: Client, host: str) -> None:
    answer = await client(peer="::1", host=host).post("/webhook/email", json=mail())
    assert answer.status_code == 200


async def test_with_a_secret_anybody_may_call_who_can_sign(client: Client) -> None:
    caller = client(secret=SECRET, peer="203.0.113.9", host="mail.example.org")
    body = json.dumps(mail()).encode()
    answer = await caller.post("/webhook/email", content=body, headers=signed(body))
    assert answer.json()["status"] == "accepted"


@pytest.mark.parametrize("signature", [None, "sha256=00", "nonsense", "sha256=" + "é" * 64])
async def test_a_bad_signature_is_refused_from_this_machine_too(client: Client, signature: str | None) -> None:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["X-Mailwright-Signature"] = signature.encode().decode("latin-1")
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await client(secret=SECRET).post("/webhook/email", content=json.dumps(mail()), headers=raw)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "authentication_failed"


async def test_a_signature_holds_for_exactly_its_bytes(client: Client) -> None:
    body = json.dumps(mail()).encode()
    answer = await client(secret=SECRET).post("/webhook/email", content=body + b" ", headers=signed(body))
    assert answer.status_code == 401


async def test_an_unknown_recipient_is_told(client: Client) -> None:
    answer = await client().post("/webhook/email", json=mail(to="nobody@mailwright.test"))
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "no_such_recipient"


async def test_one_known_recipient_is_enough_and_each_is_told_of(client: Client) -> None:
    answer = await client().post("/webhook/email", json=mail(to=["ada@mailwright.test", "nobody@mailwright.test"]))
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()["recipients"]] == ["accepted", "refused"]


async def test_a_message_larger_than_a_mailbox_is_refused(client: Client) -> None:
    answer = await client().post("/webhook/email", json=mail(to="bashir@mailwright.test"))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "exceeds_quota"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "JSON object"),
        (b"", "not JSON"),
        (json.dumps(mail(messageId=None)).encode(), "messageId"),
        (json.dumps(mail(to="")).encode(), "to is missing"),
        (json.dumps(mail(timestamp="yesterday")).encode(), "timestamp"),
        (json.dumps(mail(attachments=[{"content": "%"}])).encode(), "attachments[0]"),
    ],
)
async def test_bad_input_is_told_with_the_field(client: Client, body: bytes, says: str) -> None:
    answer = await client().post("/webhook/email", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_input"
    assert says in answer.json()["error"]["message"]


async def test_only_json_is_read(client: Client) -> None:
    answer = await client().post("/webhook/email", content=json.dumps(mail()), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


async def test_a_body_that_is_too_large_is_not_read_to_its_end(client: Client) -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 1000
            yield b"x" * 1000

    caller = client(max_body=10_000)
    headers = {"Content-Type": "application/json"}
    streamed = await caller.post("/webhook/email", content=endless(), headers=headers)
    announced = await caller.post("/webhook/email", content=b"x" * 20_000, headers=headers)
    assert read < 20_000
    for answer in (streamed, announced):
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "message_too_large"


async def test_a_client_that_calls_too_often_waits(client: Client) -> None:
    caller = client(webhook_per_minute=2)
    answers = [await caller.post("/webhook/email", json=mail()) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "too_many_requests"
    assert int(answers[2].headers["Retry-After"]) > 0


async def test_guessing_signatures_ends_soon(client: Client) -> None:
    caller = client(secret=SECRET)
    codes = [(await caller.post("/webhook/email", json=mail())).status_code for _ in range(32)]
    assert codes[:30] == [401] * 30
    assert codes[31] == 429


async def test_who_signs_is_not_kept_out_by_who_guesses(client: Client) -> None:
    """Behind a proxy everybody has its address."""
    caller = client(secret=SECRET)
    for _ in range(35):
        await caller.post("/webhook/email", json=mail(), headers={"X-Mailwright-Signature": "sha256=00"})
    body = json.dumps(mail()).encode()
    answer = await caller.post("/webhook/email", content=body, headers=signed(body))
    assert answer.status_code == 200


async def test_nothing_is_read_for_who_does_not_sign(client: Client) -> None:
    read = 0

    async def long() -> Any:
        nonlocal read
        for _ in range(50):
            read += 1000
            yield b"x" * 1000

    headers = {"Content-Type": "application/json"}
    answer = await client(secret=SECRET).post("/webhook/email", content=long(), headers=headers)
    assert answer.status_code == 401
    assert read <= 1000


async def test_all_bodies_together_have_a_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MAX_HELD_OCTETS", 1000)
    caller = client()
    assert (await caller.post("/webhook/email", json=mail())).status_code == 200
    refused = await caller.post("/webhook/email", json=mail(textBody="x" * 1000))
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "try_later"
    assert int(refused.headers["Retry-After"]) > 0
    assert (await caller.post("/webhook/email", json=mail(messageId="2"))).status_code == 200, (
        "what was held is free again"
    )


async def test_a_database_that_is_away_asks_the_caller_to_come_back(client: Client, away: None) -> None:
    answer = await client().post("/webhook/email", json=mail())
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "try_later"
    assert int(answer.headers["Retry-After"]) > 0
