"""Postmark's hooks: who gets in, what is filed as whose, what is said so that Postmark calls again or stops."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mailwright.core import Core, accounts, reports
from mailwright.core.authentication import Authenticator, Trust
from mailwright.domain.refusals import TryLater
from mailwright.protocols.api import ApiSettings, create_api, frame
from mailwright.storage import Tx, mailboxes, messages
from mailwright.storage.messages import StoredMessage
from tests.servers.mailworld import CLIENT, World, letter, signed
from tests.servers.postmark import EVIL, bounce, change, complaint, delivery, headers, inbound, null_path

PASSWORD = "a password of the hook"
INBOUND, REPORTS = "/api/inbound/postmark", "/api/webhook/postmark"


class Hook:
    """Postmark, calling."""

    def __init__(self, core: Core, **settings: Any) -> None:
        self.core = core
        self.world = World.usual()
        door = Authenticator(core, Trust.of(["192.0.2.0/24"], ["mx.mailwright.test"]), self.world)
        options = ApiSettings(**{"postmark_password": PASSWORD, **settings})
        api = create_api(core, options, metrics=lambda: b"", authenticator=door)
        transport = httpx.ASGITransport(api, client=("203.0.113.40", 50_000), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="https://mail.mailwright.test")

    async def post(
        self, body: Any, path: str = INBOUND, *, auth: tuple[str, str] | None = ("postmark", PASSWORD)
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(
            path, content=content, headers={"Content-Type": "application/json"}, auth=auth or httpx.USE_CLIENT_DEFAULT
        )

    async def filed(self, who: str = "ada@mailwright.test", role: str = "inbox") -> list[StoredMessage]:
        def look(tx: Tx) -> list[StoredMessage]:
            mailbox = mailboxes.by_role(tx, accounts.find(tx, who).id, role)
            return [] if mailbox is None else messages.in_mailbox(tx, mailbox.id, 100)

        return await self.core.read(look)

    async def origins(self) -> list[tuple[str, str]]:
        """Of the filed messages: who is speaking, and why it is in Junk."""
        rows = await self.core.read(lambda tx: tx.all("SELECT origin, authentication FROM inbound ORDER BY id"))
        return [(origin, json.loads(found).get("junk", "")) for origin, found in rows]

    async def outcomes(self) -> list[str]:
        rows = await self.core.read(lambda tx: tx.all("SELECT outcome FROM hook_payloads ORDER BY id"))
        return [outcome for (outcome,) in rows]


@pytest.fixture
async def hook(core: Core) -> AsyncIterator[Hook]:
    made = Hook(core)
    yield made
    await made.http.aclose()


# --- who gets in ---------------------------------------------------------------------------------------------------------


async def test_a_mail_is_filed_and_what_was_handed_over_is_kept(hook: Hook) -> None:
    body = inbound()
    answer = await hook.post(body)
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    [message] = await hook.filed()
    assert message.subject == "Figures"
    row = await hook.core.read(lambda tx: tx.one("SELECT provider, provider_id, blob_id, outcome FROM hook_payloads"))
    assert row is not None
    assert (row[0], row[1], row[3]) == ("postmark-inbound", body["MessageID"], "filed")
    assert json.loads(await hook.core.blobs.read(row[2])) == body


@pytest.mark.parametrize(
    "auth", [None, ("postmark", "wrong"), ("Postmark", PASSWORD), ("", PASSWORD), ("postmark", "")]
)
@pytest.mark.parametrize("path", [INBOUND, REPORTS])
async def test_who_has_not_the_password_gets_no_further(hook: Hook, auth: tuple[str, str] | None, path: str) -> None:
    answer = await hook.post(inbound(), path, auth=auth)
    assert answer.status_code == 401
    assert PASSWORD not in answer.text
    assert (await hook.filed(), await hook.outcomes()) == ([], [])


@pytest.mark.parametrize(
    "field", ["Basic", "Basic %%%", "Bearer x", "Basic " + base64.b64encode(b"\xff\xfe").decode(), ""]
)
async def test_a_field_that_is_no_password_is_none(hook: Hook, field: str) -> None:
    answer = await hook.http.post(INBOUND, json=inbound(), headers={"Authorization": field})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", [INBOUND, REPORTS])
async def test_without_a_password_in_the_settings_the_hooks_are_closed_and_say_so(core: Core, path: str) -> None:
    closed = Hook(core, postmark_password=None)
    answer = await closed.post(inbound(), path)
    assert answer.status_code == 401
    assert "postmark_hook_password" in answer.json()["error"]["message"]


async def test_guessing_ends_soon_and_keeps_nobody_out(hook: Hook) -> None:
    codes = [(await hook.post(inbound(), auth=("postmark", "guess"))).status_code for _ in range(32)]
    assert codes[:30] == [401] * 30
    assert codes[31] == 429
    assert (await hook.post(inbound())).status_code == 200


async def test_a_service_that_calls_too_often_waits(core: Core) -> None:
    slow = Hook(core, postmark_per_minute=2)
    answers = [await slow.post(inbound(MessageID=f"m-{number}")) for number in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert (await slow.post(delivery(), REPORTS)).status_code == 200  # reports are counted for themselves


async def test_only_json_is_read(hook: Hook) -> None:
    answer = await hook.http.post(
        INBOUND, content=b"x", headers={"Content-Type": "text/plain"}, auth=("postmark", PASSWORD)
    )
    assert answer.status_code == 415


async def test_a_mail_may_be_there_twice_as_it_was_sent_and_in_parts(hook: Hook, core: Core) -> None:
    limited = Hook(core, max_body=40_000)
    large = base64.b64encode(b"x" * 30_000).decode()
    body = inbound(Attachments=[{"Name": "a.bin", "ContentType": "application/octet-stream", "Content": large}])
    assert (await limited.post(body)).status_code == 200
    assert (await limited.post(inbound(TextBody="x" * 90_000))).status_code == 413


# --- once ----------------------------------------------------------------------------------------------------------------


async def test_the_same_mail_again_hours_later_is_a_duplicate(hook: Hook) -> None:
    first = await hook.post(inbound())
    for change_ in ({}, {"TextBody": "changed"}):
        again = await hook.post(inbound(**change_))
        assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert first.json()["status"] == "accepted"
    assert len(await hook.filed()) == 1
    assert await hook.outcomes() == ["filed"]


async def test_it_is_recognised_after_the_call_itself_was_forgotten(hook: Hook) -> None:
    await hook.post(inbound())
    await hook.core.write(lambda tx: tx.execute("DELETE FROM hook_payloads"))
    again = await hook.post(inbound())
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert len(await hook.filed()) == 1


async def test_fifty_calls_at_once_are_each_filed_once(hook: Hook) -> None:
    calls = [hook.post(inbound(MessageID=f"m-{number % 25}", Subject=f"s-{number % 25}")) for number in range(50)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(message.subject for message in await hook.filed()) == sorted(f"s-{number}" for number in range(25))
    assert await hook.outcomes() == ["filed"] * 25


async def test_a_crash_after_the_call_was_kept_loses_nothing(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailwright.core import accept

    whole = accept.accept

    async def broken(*_arguments: Any, **_options: Any) -> Any:
        raise TryLater("the disk is full")

    monkeypatch.setattr(accept, "accept", broken)
    answer = await hook.post(inbound())
    assert answer.status_code == 503
    assert (await hook.outcomes())[0].startswith("waiting: try_later")
    monkeypatch.setattr(accept, "accept", whole)
    assert (await hook.post(inbound())).json()["status"] == "accepted"
    assert await hook.outcomes() == ["filed"]


async def test_while_the_database_is_away_postmark_comes_back(hook: Hook, away: None) -> None:
    answer = await hook.post(inbound())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


# --- for whom ------------------------------------------------------------------------------------------------------------


async def test_a_plus_tag_leads_to_the_mailbox_and_is_kept(hook: Hook) -> None:
    await hook.post(inbound(OriginalRecipient="ada+task7@mailwright.test", MailboxHash="task7"))
    await hook.post(inbound(OriginalRecipient="ada@mailwright.test", MailboxHash="task8", MessageID="m-2"))
    recipients = await hook.core.read(lambda tx: tx.all("SELECT recipient FROM inbound ORDER BY id"))
    assert recipients == [("ada+task7@mailwright.test",), ("ada+task8@mailwright.test",)]
    assert len(await hook.filed()) == 2


@pytest.mark.parametrize("recipient", ["nobody@mailwright.test", "ada@example.net"])
async def test_for_an_unknown_recipient_postmark_stops_and_the_mail_is_kept(hook: Hook, recipient: str) -> None:
    answer = await hook.post(inbound(OriginalRecipient=recipient))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "no_such_recipient"
    [outcome] = await hook.outcomes()
    assert outcome.startswith("refused: no_such_recipient")
    # Somebody makes the address, and tells Postmark to try once more.
    if recipient.endswith("mailwright.test"):
        await hook.core.write(lambda tx: accounts.add_user(tx, hook.core, recipient))
        assert (await hook.post(inbound(OriginalRecipient=recipient))).status_code == 200
        assert await hook.outcomes() == ["filed"]


async def test_one_who_is_known_is_enough_when_the_mail_names_several(hook: Hook) -> None:
    own = "451d9b70cf9364d23ff6f9d51d870251569e@inbound.postmarkapp.com"
    to = [{"Email": "ada@mailwright.test", "Name": ""}, {"Email": "chen@example.net", "Name": ""}]
    assert (await hook.post(inbound(OriginalRecipient=own, ToFull=to))).status_code == 200
    assert len(await hook.filed()) == 1


async def test_a_mailbox_that_is_full_is_tried_again_and_one_too_small_is_not(hook: Hook) -> None:
    async def room(quota: int) -> None:
        await hook.core.write(
            lambda tx: tx.execute("UPDATE users SET quota_bytes = ? WHERE email = 'bashir@mailwright.test'", (quota,))
        )

    to = {"OriginalRecipient": "bashir@mailwright.test"}
    assert (await hook.post(inbound(**to))).status_code == 403
    await room(5_000)
    assert (await hook.post(inbound(MessageID="m-1", **to, TextBody="x" * 3_000))).status_code == 200
    full = await hook.post(inbound(MessageID="m-2", **to, TextBody="x" * 3_000))
    assert full.status_code == 507
    await room(100_000)
    assert (await hook.post(inbound(MessageID="m-2", **to, TextBody="x" * 3_000))).status_code == 200


# --- what can never be taken ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"[]", "JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"MessageID": "\\ud800"}', "From is missing"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps(inbound(MessageID=None)).encode(), "MessageID is missing"),
        (json.dumps(inbound(FromFull={"Email": "nobody"})).encode(), "FromFull.Email"),
        (json.dumps(inbound(Attachments=[{"Name": "a", "Content": "%"}])).encode(), "Attachments[0]: the content"),
        (json.dumps(inbound(TextBody="x" * 99_000)).encode(), "larger than"),
        (json.dumps(inbound(Headers=[{"Name": "X"}] * 1001)).encode(), "Headers has more than"),
    ],
)
async def test_postmark_is_told_to_stop_and_nothing_is_lost(hook: Hook, body: bytes, says: str) -> None:
    for _ in range(2):
        answer = await hook.post(body)
        assert answer.status_code == 403
        assert says in answer.json()["error"]["message"]
    [(outcome, blob_id)] = await hook.core.read(lambda tx: tx.all("SELECT outcome, blob_id FROM hook_payloads"))
    assert outcome.startswith("refused: ")
    assert await hook.core.blobs.read(blob_id) == body


async def test_mail_that_goes_round_in_circles_ends(hook: Hook) -> None:
    hops = [{"Name": "Received", "Value": f"from a by b{n}; Sat, 24 May 2025 20:17:35 +0000"} for n in range(101)]
    raw = letter(extra="".join(f"Received: {each['Value']}\n" for each in hops)).decode()
    answer = await hook.post(inbound(RawEmail=raw))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "loop_detected")


async def test_all_bodies_together_have_a_limit(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MAX_HELD_OCTETS", 1000)
    assert (await hook.post(inbound(TextBody="x" * 2000))).status_code == 503


# --- who is speaking -----------------------------------------------------------------------------------------------------


async def test_a_signature_in_the_mail_as_it_was_sent_proves_its_author(hook: Hook) -> None:
    raw = signed(letter()).decode()
    await hook.post(inbound(RawEmail=raw, Headers=headers(client=EVIL, sender="x@evil.example")))
    assert await hook.origins() == [("correspondent", "")]
    [message] = await hook.filed()
    stored = await hook.core.blobs.read(message.blob_id)
    assert stored.endswith(raw.encode())
    assert stored.startswith(b"Return-Path: <x@evil.example>\r\nAuthentication-Results: mailwright.test;")


async def test_a_client_the_senders_domain_names_proves_it_with_and_without_the_whole_mail(hook: Hook) -> None:
    trace = headers(client=CLIENT, sender="eve@example.org")
    await hook.post(inbound(Headers=trace))
    await hook.post(inbound(MessageID="m-2", RawEmail=letter().decode(), Headers=trace))
    assert await hook.origins() == [("correspondent", "")] * 2
    [first, _] = await hook.filed()
    found = await hook.core.read(
        lambda tx: tx.scalar("SELECT authentication FROM inbound WHERE id = ?", (first.inbound_id,))
    )
    assert json.loads(found)["author"] == "eve@example.org"


async def test_a_client_of_somebody_else_proves_nothing(hook: Hook) -> None:
    await hook.post(inbound(Headers=headers(client=EVIL, sender="x@evil.example")))
    await hook.post(inbound(MessageID="m-2", Headers=headers(client=EVIL, sender="eve@example.org")))
    assert await hook.origins() == [("stranger", "")] * 2  # its signatures are not known: it is not held against it


async def test_the_whole_mail_without_proof_is_junk_where_its_domain_wants_that_and_never_refused(hook: Hook) -> None:
    answer = await hook.post(inbound(RawEmail=letter().decode(), Headers=headers(client=EVIL, sender="x@evil.example")))
    assert answer.status_code == 200
    [(origin, junk)] = await hook.origins()
    assert origin == "stranger"
    assert "example.org" in junk
    assert len(await hook.filed(role="junk")) == 1


FORGERIES: list[list[dict[str, str]]] = [
    [{"Name": "Received-SPF", "Value": f'pass envelope-from="eve@example.org"; helo=mx; client-ip={CLIENT}'}],
    [{"Name": "Return-Path", "Value": "<eve@example.org>"}],
    headers(client=CLIENT, sender="eve@example.org"),  # the whole block, as Postmark writes it
    [{"Name": "Authentication-Results", "Value": "mx.mailwright.test; dmarc=pass header.from=example.org"}],
    [{"Name": "Authentication-Results", "Value": "mailwright.test; dmarc=pass header.from=example.org"}],
    [{"Name": "X-Spam-Tests", "Value": "DKIM_VALID,DKIM_VALID_AU,SPF_PASS"}],
    [{"Name": "DKIM-Signature", "Value": "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=x; b=x"}],
]


@pytest.mark.parametrize("forged", FORGERIES)
@pytest.mark.parametrize("is_whole", [False, True])
async def test_what_a_sender_writes_into_the_header_makes_nobody_of_a_stranger(
    hook: Hook, forged: list[dict[str, str]], is_whole: bool
) -> None:
    own = headers(client=EVIL, sender="x@evil.example", spf=False)  # Postmark leaves Received-SPF out at times
    lines = "".join(f"{each['Name']}: {each['Value']}\n" for each in forged)
    raw = {"RawEmail": letter(extra=lines).decode()} if is_whole else {}
    await hook.post(inbound(Headers=[*own, *forged], **raw))
    await hook.post(inbound(MessageID="m-2", Headers=forged[:1], **raw))  # nothing of Postmark's at all
    assert [origin for origin, _ in await hook.origins()] == ["stranger"] * 2
    for message in [*await hook.filed(), *await hook.filed(role="junk")]:
        stored = await hook.core.blobs.read(message.blob_id)
        assert b"Authentication-Results: mailwright.test; dmarc=pass" not in stored.replace(b"\r\n\t", b" ")


@pytest.mark.parametrize("author", ["ada@mailwright.test", "Ada <ADA@mailwright.test>"])
async def test_nobody_is_one_of_us_by_saying_so(hook: Hook, author: str) -> None:
    body = inbound(
        FromFull={"Email": "ada@mailwright.test", "Name": "Ada"}, Headers=headers(client=EVIL, sender="x@evil.example")
    )
    await hook.post(body)
    await hook.post(body | {"MessageID": "m-2", "RawEmail": letter(author).decode()})
    found = await hook.origins()
    assert [origin for origin, _ in found] == ["stranger"] * 2
    assert all("which is ours" in junk for _, junk in found)


async def test_a_relay_of_ours_is_none_behind_postmark(hook: Hook) -> None:
    """192.0.2.0/24 are our relays; what one of them told us would be believed."""
    told = [{"Name": "Authentication-Results", "Value": "mx.mailwright.test; dmarc=pass header.from=example.net"}]
    body = inbound(
        FromFull={"Email": "chen@example.net", "Name": ""}, Headers=headers(client="192.0.2.99", sender="a@b.example")
    )
    await hook.post(body | {"Headers": [*told, *body["Headers"]]})
    assert await hook.origins() == [("stranger", "")]


async def test_a_notice_has_no_sender_and_is_known_as_one(hook: Hook) -> None:
    await hook.post(inbound(Headers=null_path(headers(client=CLIENT, sender="eve@example.org"))))
    await hook.post(inbound(MessageID="m-2", Headers=[{"Name": "Return-Path", "Value": "<>"}]))
    rows = await hook.core.read(lambda tx: tx.all("SELECT sender FROM inbound"))
    assert rows == [(None,), (None,)]
    [message, _] = await hook.filed()
    assert (await hook.core.blobs.read(message.blob_id)).startswith(b"Return-Path: <>\r\n")


async def test_without_a_resolver_everybody_is_a_stranger(core: Core) -> None:
    api = create_api(core, ApiSettings(postmark_password=PASSWORD), metrics=lambda: b"")
    http = httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="https://mail.mailwright.test")
    body = inbound(RawEmail=signed(letter()).decode(), Headers=headers(client=CLIENT, sender="eve@example.org"))
    answer = await http.post(INBOUND, json=body, auth=("postmark", PASSWORD))
    assert answer.status_code == 200
    assert await core.read(lambda tx: tx.scalar("SELECT origin FROM inbound")) == "stranger"


# --- reports -------------------------------------------------------------------------------------------------------------


async def test_a_report_is_kept_once(hook: Hook) -> None:
    for record in (bounce(), complaint(), delivery(), change()):
        first, again = await hook.post(record, REPORTS), await hook.post(record, REPORTS)
        assert (first.status_code, first.json()) == (200, {"status": "accepted"})
        assert (again.status_code, again.json()) == (200, {"status": "duplicate"})
    found = await hook.core.read(lambda tx: tx.all("SELECT kind FROM delivery_reports ORDER BY id"))
    assert [kind for (kind,) in found] == ["bounce", "complaint", "delivered", "stopped"]


async def test_a_storm_of_bounces_is_recorded_and_answered_by_nobody(hook: Hook) -> None:
    records = [bounce(ID=number % 40, Email=f"chen{number % 40}@example.net") for number in range(200)]
    answers = await asyncio.gather(*(hook.post(record, REPORTS) for record in records))
    assert {answer.status_code for answer in answers} == {200}
    counted = await hook.core.read(
        lambda tx: (
            tx.scalar("SELECT count(*) FROM delivery_reports"),
            tx.scalar("SELECT count(*) FROM suppressions"),
            tx.scalar("SELECT count(*) FROM outbox"),
        )
    )
    assert counted == (40, 40, 0)


async def test_opens_and_clicks_are_none_of_our_business(hook: Hook) -> None:
    assert (await hook.post({"RecordType": "Open", "MessageID": "x"}, REPORTS)).json() == {"status": "ignored"}


@pytest.mark.parametrize(
    "body", [b"{", {}, {"RecordType": 1}, bounce(ID="x"), bounce(Email="x"), bounce(BouncedAt=""), inbound()]
)
async def test_a_report_nobody_can_read_is_refused_for_good(hook: Hook, body: Any) -> None:
    assert (await hook.post(body, REPORTS)).status_code == 403


async def test_an_address_on_postmarks_list_is_stopped_until_it_is_taken_off(hook: Hook) -> None:
    tenant_id = await hook.core.read(lambda tx: accounts.find(tx, "ada@mailwright.test").tenant_id)

    async def because() -> str:
        return await hook.core.read(lambda tx: reports.suppressed(tx, tenant_id, "Chen@example.net"))

    assert await because() == ""
    await hook.post(change(), REPORTS)
    assert "ManualSuppression" in await because()
    await hook.post(change(SuppressSending=False, SuppressionReason=None, ChangedAt="2026-03-02T10:00:00Z"), REPORTS)
    assert await because() == ""
