"""Push subscriptions (RFC 8620 §7.2) from the method call to the browser: a push service that checks and decrypts is at the other end."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailwright.codecs import webpush
from mailwright.connectors.webpush import WebPush
from mailwright.core import Core, apppasswords, pushing, pushmarks, pushsubscriptions, sessions, vapid
from mailwright.core.pushing import Pushing
from mailwright.domain import clock
from mailwright.domain.clock import DAY, SECOND
from mailwright.pipeline import Consumers
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.identity import COOKIE, CSRF_HEADER
from mailwright.storage import accounts as account_rows
from mailwright.storage import push_subscriptions as rows
from tests.protocols.jmap.conftest import BASE, Client, MakeClient, MethodFailed, letter, share
from tests.servers.pushservice import Browser, PushService

URL = "https://push.example.net/send/1"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[PushService]:
    made = PushService(tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def any_told(any_core: Core, service: PushService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Core]:
    """A core whose push services are told, at once."""
    async for core in _told(any_core, service, monkeypatch):
        yield core


@pytest.fixture
async def told(core: Core, service: PushService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Core]:
    async for each in _told(core, service, monkeypatch):
        yield each


async def _told(core: Core, service: PushService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Core]:
    monkeypatch.setattr(pushmarks, "GATHER", SECOND // 10)
    monkeypatch.setattr(pushing, "POLL_SECONDS", 0.05)
    core.settings = dataclasses.replace(core.settings, allow_private_push=True)
    poster = WebPush(service.names, allow_private=True, tls=service.client_tls, seconds=2)
    working, consumers = Pushing(core, poster), Consumers(core.database)
    consumers.subscribe("notify", "notifiers", working.on_events)
    await consumers.start()
    working.start()
    yield core
    await consumers.stop()
    await working.stop(2)


async def subscribe(client: Client, service: PushService, **more: Any) -> str:
    """The id of a verified subscription."""
    before = len(service.posts)
    wanted = {"deviceClientId": "a phone", "url": service.url(), "keys": service.browser.keys, **more}
    made = await client.call("PushSubscription/set", create={"1": wanted})
    post = await service.wait_for(before + 1)
    assert post.said["@type"] == "PushVerification"
    assert post.said["pushSubscriptionId"] == made["created"]["1"]["id"]
    code = post.said["verificationCode"]
    done = await client.call("PushSubscription/set", update={made["created"]["1"]["id"]: {"verificationCode": code}})
    assert list(done["updated"]) == [made["created"]["1"]["id"]]
    found: str = made["created"]["1"]["id"]
    return found


# --- telling


async def test_a_browser_is_asked_and_then_told_of_new_mail(
    any_told: Core, jmap: MakeClient, service: PushService
) -> None:
    ada = jmap(any_told, "ada")
    await subscribe(ada, service)
    await ada.file(letter())
    post = await service.wait_for(2)
    state = await ada.state()
    types = ("Email", "EmailDelivery", "Mailbox", "Thread")
    assert post.said == {"@type": "StateChange", "changed": {ada.id: dict.fromkeys(types, state)}}
    assert post.headers["urgency"] == "normal"
    assert int(post.headers["ttl"]) > 0
    assert post.headers["content-encoding"] == "aes128gcm"
    assert b"StateChange" not in post.body
    assert service.vouched(post) == await vapid.public_key(any_told)


async def test_the_session_shows_the_key_push_services_know_us_by(told: Core, jmap: MakeClient) -> None:
    told.push_key = await vapid.public_key(told)
    assert told.push_key == (await vapid.server_key(told)).public == await vapid.public_key(told)
    session = (await jmap(told, "ada").http.get("/jmap/session")).json()
    shown = session["capabilities"]["urn:ietf:params:jmap:webpush-vapid"]["applicationServerKey"]
    assert shown == told.push_key
    assert len(webpush.decode(shown)) == 65


async def test_processes_that_need_the_key_at_once_have_the_same(core: Core) -> None:
    assert len(set(await asyncio.gather(*(vapid.public_key(core) for _ in range(5))))) == 1


async def test_without_keys_it_is_plain_json(told: Core, jmap: MakeClient, service: PushService) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service, keys=None)
    await ada.mailbox("Work")
    post = await service.wait_for(2)
    assert post.headers["content-type"] == "application/json"
    assert "content-encoding" not in post.headers
    assert post.said["changed"] == {ada.id: dict.fromkeys(("Email", "Mailbox", "Thread"), await ada.state())}
    assert post.headers["urgency"] == "low"


async def test_before_it_is_verified_nothing_else_is_posted(told: Core, jmap: MakeClient, service: PushService) -> None:
    ada = jmap(told, "ada")
    made = await ada.call("PushSubscription/set", create={"1": {"deviceClientId": "d", "url": service.url()}})
    subscription_id = made["created"]["1"]["id"]
    await service.wait_for(1)
    await ada.file(letter())
    wrong = await ada.call("PushSubscription/set", update={subscription_id: {"verificationCode": "guessed"}})
    assert wrong["notUpdated"][subscription_id]["type"] == "invalidProperties"
    assert wrong["notUpdated"][subscription_id]["properties"] == ["verificationCode"]
    await asyncio.sleep(0.5)
    assert len(service.posts) == 1


async def test_a_url_that_does_not_answer_is_not_asked_twice(
    told: Core, jmap: MakeClient, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "POLICY", dataclasses.replace(pushing.POLICY, intervals=(1,)))
    service.answers.extend([(500, {}), (500, {}), (500, {})])
    await jmap(told, "ada").call("PushSubscription/set", create={"1": {"deviceClientId": "d", "url": service.url()}})
    await service.wait_for(1)
    await asyncio.sleep(0.5)
    assert len(service.posts) == 1


async def test_only_the_types_that_were_asked_for_are_told(told: Core, jmap: MakeClient, service: PushService) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service, types=["EmailDelivery", "CalendarEvent"])
    await ada.mailbox("Work")
    await ada.file(letter())
    post = await service.wait_for(2)
    assert set(post.said["changed"][ada.id]) == {"EmailDelivery"}
    await asyncio.sleep(0.4)
    assert len(service.posts) == 2


async def test_a_burst_is_few_posts_and_the_last_state_is_told(
    told: Core, jmap: MakeClient, service: PushService
) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service)
    for number in range(60):
        await ada.file(letter(message_id=f"<{number}@example.org>"))
    state = await ada.state()
    async with asyncio.timeout(8):
        while not any(post.said.get("changed", {}).get(ada.id, {}).get("Email") == state for post in service.posts):
            await asyncio.sleep(0.05)
    assert len(service.posts) < 25
    topics = {post.headers.get("topic") for post in service.posts[1:]}
    assert len(topics) == 1


async def test_of_a_shared_mailbox_everybody_who_reaches_it_is_told_and_nobody_else(
    any_told: Core, jmap: MakeClient, service: PushService
) -> None:
    ada, bashir, chen = (jmap(any_told, name) for name in ("ada", "bashir", "chen"))
    await asyncio.to_thread(share, any_told, bashir, "ada@mailwright.test", "lr", "INBOX")
    await subscribe(ada, service)
    await subscribe(chen, service, url=service.url("chen"))
    await asyncio.sleep(0.3)
    posts = len(service.posts)
    await bashir.file(letter(), role="archive")
    await bashir.file(letter(message_id="<2@example.org>"))
    post = await service.wait_for(posts + 1)
    assert post.path == "/send/ada"
    got = await ada.call("Mailbox/get", accountId=bashir.id, ids=[])
    assert set(post.said["changed"]) == {bashir.id}
    assert post.said["changed"][bashir.id]["EmailDelivery"] == got["state"]
    await asyncio.sleep(0.3)
    assert {post.path for post in service.posts[posts:]} == {"/send/ada"}


async def test_what_changes_while_a_push_is_on_its_way_is_told_next(
    told: Core, jmap: MakeClient, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service)
    post, held = WebPush.post, asyncio.Event()

    async def slow(self: WebPush, *arguments: Any) -> Any:
        await held.wait()
        return await post(self, *arguments)

    monkeypatch.setattr(WebPush, "post", slow)
    await ada.file(letter())
    await asyncio.sleep(0.5)
    await ada.mailbox("Work")
    await asyncio.sleep(0.3)
    held.set()
    await service.wait_for(3)
    assert service.posts[2].said["changed"][ada.id]["Mailbox"] == await ada.state()


# --- failing


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_unsubscribed_is_forgotten(
    told: Core, jmap: MakeClient, service: PushService, status: int
) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service)
    service.answers.append((status, {}))
    await ada.file(letter())
    async with asyncio.timeout(5):
        while (await ada.call("PushSubscription/get"))["list"]:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("status", [429, 500, 503, 301, 400])
async def test_a_service_that_fails_is_left_alone_and_what_waits_is_told_later(
    told: Core, jmap: MakeClient, service: PushService, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = jmap(told, "ada")
    which = await subscribe(ada, service)
    service.answers.append((status, {"retry-after": "7"}))
    monkeypatch.setattr(pushing, "POLICY", dataclasses.replace(pushing.POLICY, intervals=(SECOND,)))
    now = clock.now()
    await ada.file(letter())
    await service.wait_for(2)
    await ada.mailbox("Work")
    await asyncio.sleep(0.4)
    assert len(service.posts) == 2
    found = told.database.read_now(lambda tx: rows.by_id(tx, which))
    assert found is not None
    assert (found.failures, bool(found.failing_since)) == (1, True)
    assert found.due_at is not None
    assert now + 6 * SECOND < found.due_at < now + 12 * SECOND
    told.database.write_now(lambda tx: tx.execute("UPDATE push_subscriptions SET due_at = 1"))
    post = await service.wait_for(3)
    assert post.said["changed"][ada.id]["EmailDelivery"] == await ada.state()
    async with asyncio.timeout(5):
        while (found := told.database.read_now(lambda tx: rows.by_id(tx, which))) is None or found.failures:
            await asyncio.sleep(0.05)
    assert found.due_at is None
    assert found.pending == {}


async def test_after_days_of_failing_it_is_forgotten(told: Core, jmap: MakeClient, service: PushService) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service)
    long_ago = clock.now() - 4 * DAY
    sql = "UPDATE push_subscriptions SET failures = 30, failing_since = ?"
    told.database.write_now(lambda tx: tx.execute(sql, (long_ago,)))
    service.answers.append((503, {}))
    await ada.file(letter())
    async with asyncio.timeout(5):
        while (await ada.call("PushSubscription/get"))["list"]:
            await asyncio.sleep(0.05)


async def test_a_service_that_hangs_holds_up_nobody_else(
    told: Core, jmap: MakeClient, service: PushService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "AT_ONCE_PER_HOST", 1)
    monkeypatch.setattr(pushing, "AT_ONCE", 3)
    ada, bashir = jmap(told, "ada"), jmap(told, "bashir")
    slow = PushService(tmp_path / "slow")
    await slow.start()
    for _ in range(4):
        await subscribe(ada, service)
    moved = f"https://push.example.net:{slow.port}/send/ada"
    told.database.write_now(lambda tx: tx.execute("UPDATE push_subscriptions SET url = ?", (moved,)))
    await subscribe(bashir, service)
    posts, post = len(service.posts), WebPush.post

    async def hanging(self: WebPush, url: str, *arguments: Any) -> Any:
        if url == moved:
            await asyncio.sleep(3600)
        return await post(self, url, *arguments)

    monkeypatch.setattr(WebPush, "post", hanging)
    await ada.file(letter())
    await asyncio.sleep(0.4)
    await bashir.file(letter())
    assert (await service.wait_for(posts + 1)).said["changed"].keys() == {bashir.id}
    await slow.stop()


async def test_one_that_is_told_by_a_process_that_dies_is_told_by_another(
    told: Core, jmap: MakeClient, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service)
    monkeypatch.setattr(pushing, "LEASE", SECOND // 2)
    tell = Pushing._try

    async def dies(self: Pushing, *_: Any) -> None:
        monkeypatch.setattr(Pushing, "_try", tell)
        raise ZeroDivisionError

    monkeypatch.setattr(Pushing, "_try", dies)
    await ada.file(letter())
    assert (await service.wait_for(2)).said["changed"].keys() == {ada.id}


# --- ending


class Page:
    """Somebody signed in with a browser."""

    def __init__(self, core: Core, opened: sessions.Opened) -> None:
        self.opened = opened
        transport = httpx.ASGITransport(create_api(core, ApiSettings(), metrics=lambda: b""))
        self.http = httpx.AsyncClient(
            transport=transport,
            base_url=BASE,
            headers={"Cookie": f"{COOKIE}={opened.token}", CSRF_HEADER: opened.signed.csrf},
        )

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        wanted = {"using": ["urn:ietf:params:jmap:core"], "methodCalls": [[name, arguments, "0"]]}
        answer = await self.http.post("/jmap", json=wanted)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["methodResponses"][0][1]
        return found


async def page(core: Core, client: Client) -> Page:
    opened = await sessions.open_session(
        core, client.account, by="password", client="192.0.2.1", agent="", long_lived=False
    )
    return Page(core, opened)


async def test_one_sign_in_does_not_see_what_another_subscribed_and_it_ends_with_its_own(
    told: Core, jmap: MakeClient, service: PushService
) -> None:
    ada = jmap(told, "ada")
    one, other = await page(told, ada), await page(told, ada)
    mine = await subscribe(one, service)  # type: ignore[arg-type]
    for stranger in (other, ada, jmap(told, "bashir")):
        assert (await stranger.call("PushSubscription/get"))["list"] == []
        assert (await stranger.call("PushSubscription/get", ids=[mine]))["notFound"] == [mine]
        gone = await stranger.call("PushSubscription/set", destroy=[mine], update={})
        assert gone["notDestroyed"][mine]["type"] == "notFound"
        changed = await stranger.call("PushSubscription/set", update={mine: {"types": None}})
        assert changed["notUpdated"][mine]["type"] == "notFound"
    assert [each["id"] for each in (await one.call("PushSubscription/get"))["list"]] == [mine]
    session = one.opened.signed.session
    await told.write(lambda tx: sessions.end(tx, ada.account, session.id, client=""))
    await ada.file(letter())
    await asyncio.sleep(0.5)
    assert len(service.posts) == 1
    assert told.database.read_now(lambda tx: rows.of_user(tx, ada.id)) == []


async def test_one_of_a_session_that_expired_is_told_nothing(
    told: Core, jmap: MakeClient, service: PushService
) -> None:
    ada = jmap(told, "ada")
    await subscribe(await page(told, ada), service)  # type: ignore[arg-type]
    told.database.write_now(lambda tx: tx.execute("UPDATE sessions SET expires_at = 1"))
    await ada.file(letter())
    async with asyncio.timeout(5):
        while told.database.read_now(lambda tx: rows.of_user(tx, ada.id)):
            await asyncio.sleep(0.05)
    assert len(service.posts) == 1


async def test_one_made_with_a_password_ends_with_a_password(
    any_told: Core, jmap: MakeClient, service: PushService
) -> None:
    ada = jmap(any_told, "ada")
    await subscribe(ada, service)
    await any_told.write(lambda tx: apppasswords.revoke(tx, ada.account, "a program"))
    async with asyncio.timeout(5):
        while any_told.database.read_now(lambda tx: rows.of_user(tx, ada.id)):
            await asyncio.sleep(0.05)


async def test_somebody_who_is_blocked_is_told_nothing(told: Core, jmap: MakeClient, service: PushService) -> None:
    ada = jmap(told, "ada")
    await subscribe(ada, service)
    await told.write(lambda tx: account_rows.set_status(tx, ada.id, "blocked"))
    await ada.file(letter())
    async with asyncio.timeout(5):
        while told.database.read_now(lambda tx: rows.of_user(tx, ada.id)):
            await asyncio.sleep(0.05)
    assert len(service.posts) == 1


async def test_at_night_what_expired_or_was_never_verified_goes(any_core: Core, jmap: MakeClient) -> None:
    ada = jmap(any_core, "ada")
    wanted = {"deviceClientId": "d", "url": URL}
    made = await ada.call("PushSubscription/set", create=dict.fromkeys("abc", wanted))
    a, b, c = (made["created"][name]["id"] for name in "abc")

    def age(tx: Any) -> int:
        tx.execute("UPDATE push_subscriptions SET expires_at = 1, verified = ? WHERE id = ?", (True, a))
        tx.execute("UPDATE push_subscriptions SET created_at = 1 WHERE id = ?", (b,))
        tx.execute("UPDATE push_subscriptions SET created_at = 1, verified = ? WHERE id = ?", (True, c))
        return pushsubscriptions.forget_old(tx)

    assert any_core.database.write_now(age) == 2
    assert [each["id"] for each in (await ada.call("PushSubscription/get"))["list"]] == [c]


# --- the methods


async def test_what_is_private_to_a_device_is_never_told(ada: Client) -> None:
    wanted = {"deviceClientId": "d", "url": URL, "keys": Browser().keys, "types": ["Email"]}
    made = await ada.call("PushSubscription/set", create={"1": wanted})
    assert set(made["created"]["1"]) == {"id", "expires"}
    (found,) = (await ada.call("PushSubscription/get", ids=None))["list"]
    assert found == {
        "id": made["created"]["1"]["id"],
        "deviceClientId": "d",
        "verificationCode": None,
        "expires": made["created"]["1"]["expires"],
        "types": ["Email"],
    }
    (found,) = (await ada.call("PushSubscription/get", properties=["types"]))["list"]
    assert set(found) == {"id", "types"}
    for hidden in ("url", "keys"):
        with pytest.raises(MethodFailed) as failed:
            await ada.call("PushSubscription/get", properties=["id", hidden])
        assert failed.value.type == "forbidden"
    with pytest.raises(MethodFailed) as failed:
        await ada.call("PushSubscription/get", accountId=ada.id)
    assert failed.value.type == "invalidArguments"


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"url": "http://push.example.net/1"}, "url"),
        ({"url": "HTTPS://push.example.net/1"}, "url"),
        ({"url": "https://ada:secret@push.example.net/1"}, "url"),
        ({"url": "https://push.example.net/1#x"}, "url"),
        ({"url": "https://push.example.net/a b"}, "url"),
        ({"url": "https://push.example.net/\r\nX: y"}, "url"),
        ({"url": "https://push.example.net:99999/"}, "url"),
        ({"url": "https://" + "x" * 3000 + ".example.net/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://["}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://localhost.:8443/"}, "url"),
        ({"url": "https://printer.local/"}, "url"),
        ({"url": "https://db.internal/"}, "url"),
        ({"url": "https://intranet/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://127.1/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://10.1.2.3/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": 7}, "url"),
        ({"deviceClientId": ""}, "deviceClientId"),
        ({"deviceClientId": None}, "deviceClientId"),
        ({"verificationCode": "x"}, "verificationCode"),
        ({"expires": "tomorrow"}, "expires"),
        ({"expires": "2020-01-01T00:00:00Z"}, "expires"),
        ({"types": "Email"}, "types"),
        ({"types": [1]}, "types"),
        ({"types": ["x"] * 1000}, "types"),
        ({"keys": {"p256dh": "x"}}, "keys"),
        ({"keys": {"p256dh": "x", "auth": "y"}}, "keys"),
        ({"keys": []}, "keys"),
        ({"id": "x"}, "id"),
    ],
)
async def test_what_cannot_be_subscribed_is_refused_with_the_property(
    ada: Client, wrong: dict[str, Any], name: str
) -> None:
    wanted = {"deviceClientId": "d", "url": URL, **wrong}
    answer = await ada.call("PushSubscription/set", create={"1": wanted})
    assert answer["created"] is None
    assert answer["notCreated"]["1"]["type"] == "invalidProperties"
    assert answer["notCreated"]["1"]["properties"] == [name]


async def test_a_url_inside_is_for_installations_that_say_so(ada: Client) -> None:
    ada.core.settings = dataclasses.replace(ada.core.settings, allow_private_push=True)
    wanted = {"deviceClientId": "d", "url": "https://127.0.0.1:8443/"}
    assert (await ada.call("PushSubscription/set", create={"1": wanted}))["created"]["1"]["id"]


async def test_it_lasts_a_month_at_most_or_as_long_as_its_session(core: Core, ada: Client) -> None:
    def days(text: str) -> float:
        from mailwright.codecs.jmap import dates

        return ((dates.parse_utc(text) or 0) - clock.now()) / DAY

    wanted = {"deviceClientId": "d", "url": URL, "expires": "2999-01-01T00:00:00Z"}
    made = (await ada.call("PushSubscription/set", create={"1": wanted}))["created"]["1"]
    assert 29.9 < days(made["expires"]) <= 30
    soon = clock.to_iso(clock.now() + 3 * DAY)[:19] + "Z"
    changed = await ada.call("PushSubscription/set", update={made["id"]: {"expires": soon}})
    assert changed["updated"] == {made["id"]: None}
    changed = await ada.call("PushSubscription/set", update={made["id"]: {"expires": None}})
    assert 29.9 < days(changed["updated"][made["id"]]["expires"]) <= 30
    browser = await page(core, ada)
    made = (await browser.call("PushSubscription/set", create={"1": wanted}))["created"]["1"]
    assert 89 < days(made["expires"]) <= 90


async def test_what_was_made_stays_as_it_was_made(ada: Client) -> None:
    made = await ada.call("PushSubscription/set", create={"1": {"deviceClientId": "d", "url": URL}})
    assert made["created"]["1"].keys() == {"id", "expires", "keys", "types"}
    which = made["created"]["1"]["id"]
    for name, value in {"url": URL, "keys": None, "deviceClientId": "e", "keys/auth": "x", "nonsense": 1}.items():
        answer = await ada.call("PushSubscription/set", update={which: {name: value}})
        assert answer["notUpdated"][which]["type"] == "invalidProperties", name
    answer = await ada.call("PushSubscription/set", update={"nothing": {}, which: {}}, destroy=[which])
    assert answer["notUpdated"]["nothing"]["type"] == "notFound"
    assert answer["notUpdated"][which]["type"] == "willDestroy"
    assert answer["destroyed"] == [which]


async def test_one_made_in_a_request_can_be_named_in_it(ada: Client) -> None:
    responses = await ada.request(
        ("PushSubscription/set", {"create": {"new": {"deviceClientId": "d", "url": URL}}}),
        ("PushSubscription/get", {"ids": ["#new"]}),
        ("PushSubscription/set", {"destroy": ["#new"]}),
    )
    assert responses[1][1]["list"][0]["deviceClientId"] == "d"
    assert responses[2][1]["destroyed"] == [responses[0][1]["created"]["new"]["id"]]


async def test_there_are_so_many_of_one_person_and_no_more(ada: Client, bashir: Client) -> None:
    wanted = {"deviceClientId": "d", "url": URL}
    most = pushsubscriptions.MOST
    answer = await ada.call("PushSubscription/set", create={f"n{number}": wanted for number in range(most + 3)})
    assert len(answer["created"]) == most
    assert {each["type"] for each in answer["notCreated"].values()} == {"rateLimit"}
    assert (await bashir.call("PushSubscription/set", create={"1": wanted}))["created"]


async def test_nobody_makes_us_ask_strangers_again_and_again(ada: Client) -> None:
    wanted = {"deviceClientId": "d", "url": URL}
    refused = 0
    for _ in range(70):
        answer = await ada.call("PushSubscription/set", create={"1": wanted})
        if answer["created"] is None:
            refused += 1
            continue
        await ada.call("PushSubscription/set", destroy=[answer["created"]["1"]["id"]])
    assert refused == 10


async def test_no_url_and_no_code_is_in_the_log_or_in_the_audit_trail(
    told: Core, jmap: MakeClient, service: PushService, caplog: pytest.LogCaptureFixture
) -> None:
    from structlog.testing import capture_logs

    caplog.set_level(logging.DEBUG)
    ada = jmap(told, "ada")
    with capture_logs() as logs:
        await subscribe(ada, service, url=service.url("very-secret"))
        service.answers.append((500, {}))
        await ada.file(letter())
        await service.wait_for(2)
        await asyncio.sleep(0.2)
    trail = told.database.read_now(lambda tx: tx.all("SELECT resource FROM audit_events"))
    assert "very-secret" not in f"{logs}{trail}{caplog.text}"
    found = told.database.read_now(lambda tx: rows.of_user(tx, ada.id))
    assert "very-secret" not in repr(found)
    assert found[0].verification_code not in repr(found)
