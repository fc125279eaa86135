"""Connecting accounts over HTTP: Gmail by Google's page and back, an IMAP account, and what nobody else may do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from mailwright.connectors.gmailaccounts import GmailAccounts
from mailwright.core import Core, accounts, connections
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE
from mailwright.domain.elsewhere import NotSetUp, Opened, Server
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AuthenticationFailed, BadInput, NotPermitted, Refusal, TryLater
from mailwright.protocols.identity import Web
from mailwright.storage import Tx
from mailwright.storage.connections import Connection
from tests.connectors.test_google import google_at
from tests.protocols.api.people import Browser, MakeBrowser
from tests.servers.gmail import GmailService

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"
THERE = "ada@gmail.example"
PAGE = "/app/assistant"


class Services:
    """Google as it is (at a twin), and an IMAP server that says what it is told to."""

    poll, pushes = 3 * MINUTE, False

    def __init__(self, google: GmailAccounts | None) -> None:
        self.google = google
        self.gmail = google is not None
        self.refuse: Refusal | None = None
        self.tried: list[Server] = []

    def authorization(self, redirect_uri: str, state: str) -> tuple[str, str]:
        if self.google is None:
            raise NotSetUp("Gmail cannot be connected here")
        return self.google.authorization(redirect_uri, state)

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Opened:
        assert self.google is not None
        return await self.google.exchange(code, verifier, redirect_uri)

    async def revoke(self, tokens: str) -> None:
        assert self.google is not None
        await self.google.revoke(tokens)

    async def try_imap(self, server: Server, password: str) -> None:
        self.tried.append(server)
        if self.refuse is not None:
            raise self.refuse

    async def close(self) -> None: ...


@pytest.fixture
def there() -> Iterator[GmailService]:
    service = GmailService()
    yield service
    service.stop()


@pytest.fixture
async def services(there: GmailService) -> AsyncIterator[Services]:
    google = GmailAccounts(google_at(there), url=there.url)
    yield Services(google)
    await google.close()


@pytest.fixture
async def ada(browser: MakeBrowser, services: Services) -> Browser:
    made = browser(accounts=services)
    await made.sign_in(ADA)
    return made


async def set_out(browser: Browser) -> str:
    answer = await browser.post("/api/connections/gmail")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    url: str = answer.json()["url"]
    return url


async def back(browser: Browser, url: str) -> dict[str, str]:
    """Follow where Google leads; what our page is told."""
    parts = urlsplit(url)
    answer = await browser.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 303
    led = urlsplit(answer.headers["location"])
    assert (led.scheme, led.netloc, led.path) == ("", "", PAGE)
    assert answer.headers["cache-control"] == "no-store"
    return dict(parse_qsl(led.query))


async def listed(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await browser.get("/api/connections")).json()["connections"]
    return found


def kept(core: Core, connection_id: str) -> Connection:
    return core.database.read_now(lambda tx: connections.load(tx, connection_id))


# --- Gmail ------------------------------------------------------------------------------------------------------------


async def test_gmail_is_connected_by_googles_page(core: Core, ada: Browser, there: GmailService) -> None:
    url = await set_out(ada)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["redirect_uri"] == "http://localhost:8080/api/connections/gmail/callback"
    assert asked["code_challenge_method"] == "S256"
    told = await back(ada, there.consent(url, THERE))
    (found,) = await listed(ada)
    assert told == {"connected": found["id"]}
    assert (found["kind"], found["address"], found["state"], found["enabled"]) == ("gmail", THERE, "connecting", True)
    tokens = json.loads(connections.tokens(core, kept(core, found["id"])))
    assert tokens["refresh"] in there.refresh
    everything = json.dumps(await listed(ada))
    assert tokens["refresh"] not in everything
    assert "secret" not in everything


async def test_the_cookie_is_for_this_server_alone_and_gone_afterwards(
    browser: MakeBrowser, services: Services, there: GmailService
) -> None:
    ada = browser(accounts=services, web=Web("https://mail.example"))
    await ada.sign_in(ADA)
    answer = await ada.post("/api/connections/gmail")
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "connect" in each]
    for word in ("__Host-mailwright_connect=", "HttpOnly", "Secure", "SameSite=lax", "Max-Age=600", "Path=/"):
        assert word in cookie
    verifier_is_nowhere = answer.json()["url"] + cookie
    assert "verifier" not in verifier_is_nowhere
    parts = urlsplit(there.consent(answer.json()["url"], THERE))
    done = await ada.get(f"{parts.path}?{parts.query}")
    assert "Max-Age=0" in done.headers["set-cookie"]


async def test_an_address_that_was_opened_works_once(ada: Browser, there: GmailService) -> None:
    url = await set_out(ada)
    led = there.consent(url, THERE)
    cookie = ada.http.cookies.get("mailwright_connect")
    assert "connected" in await back(ada, led)
    assert await back(ada, led) == {"error": "expired"}
    ada.http.cookies.set("mailwright_connect", cookie or "", domain="localhost.local")
    assert await back(ada, led) == {"error": "expired"}
    assert len(await listed(ada)) == 1


async def test_nobody_is_given_somebody_elses_gmail(
    ada: Browser, browser: MakeBrowser, services: Services, there: GmailService
) -> None:
    bashir = browser(accounts=services)
    await bashir.sign_in(BASHIR)
    # Eve sets out herself and has Ada open where Google leads her: Ada's browser has no such attempt.
    led = there.consent(await set_out(bashir), "eve@gmail.example")
    assert await back(ada, led) == {"error": "expired"}
    # Not even with the cookie of the other.
    ada.http.cookies.set("mailwright_connect", bashir.http.cookies.get("mailwright_connect") or "")
    assert await back(ada, led) == {"error": "expired"}
    assert await listed(ada) == []
    assert await listed(bashir) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=x&code=y",
        "state=&code=",
        "code=4/abc",
        "error=access_denied",
        "state=%00&code=%ff",
        "state=https://evil.example&code=//evil.example&error=//evil.example",
        "state=" + "x" * 20_000,
    ],
)
async def test_whatever_leads_back_ends_on_our_page(ada: Browser, query: str) -> None:
    await set_out(ada)
    assert await back(ada, f"http://localhost:8080/api/connections/gmail/callback?{query}") == {"error": "expired"}


async def test_who_said_no_at_google_is_told_so_in_plain_words(ada: Browser, there: GmailService) -> None:
    told = await back(ada, there.consent(await set_out(ada), THERE, denied=True))
    assert told == {"error": "denied"}
    words = (await ada.get("/api/connections")).json()["failures"]
    assert "did not allow it" in words["denied"]
    assert await listed(ada) == []


async def test_who_was_signed_out_meanwhile_signs_in_first(ada: Browser, there: GmailService) -> None:
    led = there.consent(await set_out(ada), THERE)
    await ada.change("DELETE", "/api/session")
    assert await back(ada, led) == {"error": "session"}


async def test_google_being_away_is_told_so(ada: Browser, there: GmailService) -> None:
    led = there.consent(await set_out(ada), THERE)
    there.stop()
    assert await back(ada, led) == {"error": "away"}
    assert await listed(ada) == []


async def test_where_gmail_is_not_set_up_it_is_said(browser: MakeBrowser) -> None:
    for service in (None, Services(None)):
        ada = browser(accounts=service)
        await ada.sign_in(ADA)
        refused = await ada.post("/api/connections/gmail")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_set_up")
        assert (await ada.get("/api/connections")).json()["gmail"] is False
    assert await back(ada, "http://localhost:8080/api/connections/gmail/callback?state=a&code=b") == {
        "error": "expired"
    }


# --- IMAP -------------------------------------------------------------------------------------------------------------

IMAP = {"address": "Ada@Example.org", "host": "IMAP.example.org", "password": "pa ss wörd"}


async def test_an_imap_account_is_connected(core: Core, ada: Browser, services: Services) -> None:
    answer = await ada.post("/api/connections/imap", json=IMAP)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert services.tried == [Server("imap.example.org", 993, "tls", "Ada@Example.org")]
    assert (made["kind"], made["address"]) == ("imap", "ada@example.org")
    assert made["server"] == {"host": "imap.example.org", "port": 993, "tls": "tls", "user": "Ada@Example.org"}
    assert "pa ss" not in answer.text + json.dumps(await listed(ada))
    assert connections.tokens(core, kept(core, made["id"])) == "pa ss wörd"


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (AuthenticationFailed("it did not let you in"), 409, "refused_there"),
        (NotPermitted("it is not on the Internet"), 403, "not_permitted"),
        (BadInput("it does not speak IMAP"), 400, "bad_input"),
        (TryLater("it cannot be reached"), 503, "try_later"),
    ],
)
async def test_what_the_other_server_says_is_said(
    ada: Browser, services: Services, refusal: Refusal, status: int, code: str
) -> None:
    services.refuse = refusal
    answer = await ada.post("/api/connections/imap", json=IMAP)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "pa ss" not in answer.text
    assert await listed(ada) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"address": "nobody"}, 422),
        ({"host": ""}, 400),
        ({"host": "a b"}, 400),
        ({"port": 0}, 422),
        ({"tls": "maybe"}, 400),
        ({"user": "ada\r\nA1 LOGOUT"}, 400),
        ({"password": ""}, 400),
        ({"password": "a\r\nb"}, 400),
        ({"password": 7}, 422),
        ({"host": "x" * 300}, 422),
    ],
)
async def test_an_imap_account_that_makes_no_sense_is_not_tried(
    ada: Browser, services: Services, changes: dict[str, Any], status: int
) -> None:
    assert (await ada.post("/api/connections/imap", json=IMAP | changes)).status_code == status
    assert services.tried == []


async def test_who_tries_all_the_time_is_told_to_wait(ada: Browser, services: Services) -> None:
    services.refuse = TryLater("away")
    answers = [(await ada.post("/api/connections/imap", json=IMAP)).status_code for _ in range(12)]
    assert answers == [503] * 10 + [429] * 2


# --- one's own --------------------------------------------------------------------------------------------------------


async def test_it_is_paused_looked_at_and_let_go(core: Core, ada: Browser, there: GmailService) -> None:
    await back(ada, there.consent(await set_out(ada), THERE))
    (found,) = await listed(ada)
    path = f"/api/connections/{found['id']}"
    core.database.write_now(
        lambda tx: connections.looked(tx, found["id"], cursor="5", now=clock.now(), next_look_at=clock.now() + MINUTE)
    )
    one = (await ada.get(path)).json()
    assert (one["state"], one["looked_at"] is not None) == ("connected", True)
    assert (await ada.post(f"{path}/look")).status_code == 202
    assert kept(core, found["id"]).next_look_at <= clock.now()
    paused = (await ada.change("PATCH", path, json={"enabled": False})).json()
    assert (paused["state"], paused["enabled"], paused["next_look_at"]) == ("paused", False, None)
    assert (await ada.change("PATCH", path, json={"enabled": True})).json()["enabled"] is True
    gone = await ada.change("DELETE", path)
    assert gone.json() == {"removed": True, "revoked": True}
    assert there.refresh == {}
    assert await listed(ada) == []
    assert (await ada.change("DELETE", path)).status_code == 404


async def test_connected_is_not_said_of_what_nobody_looks_at(core: Core, ada: Browser, there: GmailService) -> None:
    await back(ada, there.consent(await set_out(ada), THERE))
    (found,) = await listed(ada)
    long_ago = clock.now() - 20 * MINUTE
    core.database.write_now(
        lambda tx: connections.looked(tx, found["id"], cursor="5", now=long_ago, next_look_at=long_ago)
    )
    assert kept(core, found["id"]).state == "connected"
    assert (await listed(ada))[0]["state"] == "delayed"


async def test_nobody_else_sees_or_changes_it(
    core: Core, ada: Browser, browser: MakeBrowser, services: Services, there: GmailService
) -> None:
    await back(ada, there.consent(await set_out(ada), THERE))
    (found,) = await listed(ada)
    path = f"/api/connections/{found['id']}"

    def promote(tx: Tx) -> None:
        tx.execute("UPDATE users SET role = 'admin', operator = ? WHERE email = ?", (True, BASHIR))

    core.database.write_now(promote)
    bashir = browser(accounts=services)
    await bashir.sign_in(BASHIR)
    assert await listed(bashir) == []
    answers = [
        await bashir.get(path),
        await bashir.post(f"{path}/look"),
        await bashir.change("PATCH", path, json={"enabled": False}),
        await bashir.change("DELETE", path),
        await ada.get(f"/api/connections/{new_id()}"),
        await ada.get("/api/connections/garbage"),
    ]
    assert [each.status_code for each in answers] == [404] * 6
    assert kept(core, found["id"]).enabled


async def test_only_our_own_pages_connect(ada: Browser, browser: MakeBrowser, services: Services) -> None:
    nobody = browser(accounts=services)

    async def each_way(ask: Any) -> list[int]:
        answers: list[httpx.Response] = [
            await ask("/api/connections/gmail"),
            await ask("/api/connections/imap", json=IMAP),
        ]
        return [answer.status_code for answer in answers]

    assert await each_way(nobody.http.post) == [401, 401]
    assert await each_way(ada.http.post) == [403, 403]  # no token of the session

    async def by_password(path: str, **options: Any) -> httpx.Response:
        return await nobody.http.post(path, auth=(ADA, "correct horse battery"), **options)

    assert await each_way(by_password) == [403, 403]
    assert (await nobody.http.get("/api/connections")).status_code == 401
    assert services.tried == []


async def test_no_token_and_no_password_is_in_a_log(
    ada: Browser, there: GmailService, services: Services, logs: list[Any]
) -> None:
    await back(ada, there.consent(await set_out(ada), THERE))
    services.refuse = TryLater("away")
    await ada.post("/api/connections/imap", json=IMAP)
    said = repr(logs)
    for secret in [*there.refresh, *there.access, "pa ss", "4/"]:
        assert secret not in said


async def test_a_person_who_is_removed_is_out(core: Core, ada: Browser, there: GmailService) -> None:
    await back(ada, there.consent(await set_out(ada), THERE))
    core.database.write_now(lambda tx: accounts.remove_user(tx, ADA))
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM connections")) == 0
