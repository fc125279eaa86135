"""The session resource and who may ask (RFC 8620 §2)."""

from __future__ import annotations

import httpx
import pytest

from mailwright.core import Core, accounts, sessions
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.identity import Web
from mailwright.protocols.jmap.requests import json_answer
from mailwright.storage import Tx
from mailwright.storage import accounts as account_rows
from tests.protocols.api.people import Browser, give_password
from tests.protocols.jmap.conftest import BASE, Client, MakeClient, share

CORE = "urn:ietf:params:jmap:core"
MAIL = "urn:ietf:params:jmap:mail"


async def _session(client: Client) -> dict[str, object]:
    answer = await client.http.get("/jmap/session")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def _stranger(core: Core, **options: object) -> httpx.AsyncClient:
    api = create_api(core, ApiSettings(**options), metrics=lambda: b"")  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(api, client=("192.0.2.9", 1)), base_url=BASE)


async def test_the_session_says_what_the_server_can_and_where(core: Core, ada: Client) -> None:
    found = await _session(ada)
    limits = found["capabilities"][CORE]  # type: ignore[index]
    assert limits["maxSizeUpload"] == core.settings.max_message_bytes
    assert limits["maxCallsInRequest"] >= 16
    assert limits["maxObjectsInGet"] >= 500
    assert limits["maxObjectsInSet"] >= 500
    assert set(limits["collationAlgorithms"]) == {"i;ascii-casemap", "i;unicode-casemap"}
    assert found["username"] == "ada@mailwright.test"
    assert found["apiUrl"] == f"{BASE}/jmap"
    for name, variables in {
        "downloadUrl": ("accountId", "blobId", "name", "type"),
        "uploadUrl": ("accountId",),
        "eventSourceUrl": ("types", "closeafter", "ping"),
    }.items():
        for variable in variables:
            assert f"{{{variable}}}" in str(found[name])


async def test_the_session_has_the_own_account_for_everything(ada: Client) -> None:
    found = await _session(ada)
    account = found["accounts"][ada.id]  # type: ignore[index]
    assert account["isPersonal"]
    assert not account["isReadOnly"]
    assert account["accountCapabilities"][MAIL]["maxMailboxesPerEmail"] == 1
    assert account["accountCapabilities"]["urn:ietf:params:jmap:submission"]["maxDelayedSend"] > 0
    assert set(found["primaryAccounts"].values()) == {ada.id}  # type: ignore[attr-defined]
    for capability in account["accountCapabilities"]:
        assert capability in found["capabilities"]  # type: ignore[operator]


async def test_the_session_is_not_kept_by_caches(ada: Client) -> None:
    answer = await ada.http.get("/jmap/session")
    assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"


async def test_the_well_known_place_leads_to_the_session(ada: Client) -> None:
    answer = await ada.http.get("/.well-known/jmap")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/jmap/session"


async def test_who_shares_a_mailbox_is_another_account(core: Core, ada: Client, bashir: Client) -> None:
    before = await _session(ada)
    assert list(before["accounts"]) == [ada.id]  # type: ignore[call-overload]
    share(core, bashir, "ada@mailwright.test", "lr", "INBOX")
    after = await _session(ada)
    theirs = after["accounts"][bashir.id]  # type: ignore[index]
    assert theirs["name"] == "bashir@mailwright.test"
    assert not theirs["isPersonal"]
    assert theirs["isReadOnly"]
    assert MAIL in theirs["accountCapabilities"]
    assert "urn:ietf:params:jmap:submission" not in theirs["accountCapabilities"]
    assert after["state"] != before["state"]


async def test_every_response_has_the_state_of_the_session(ada: Client) -> None:
    answer = await ada.post({"using": [CORE], "methodCalls": []})
    assert answer.json() == {"methodResponses": [], "sessionState": (await _session(ada))["state"]}


async def test_a_program_without_a_password_is_asked_for_one(core: Core) -> None:
    async with _stranger(core) as http:
        for answer in (await http.get("/jmap/session"), await http.post("/jmap", json={})):
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith('Basic realm="Mailwright"')


@pytest.mark.parametrize("headers", [{"Cookie": "mailwright_session=old"}, {"X-Requested-With": "fetch"}])
async def test_a_page_whose_session_ended_raises_no_password_box(core: Core, headers: dict[str, str]) -> None:
    async with _stranger(core) as http:
        answer = await http.get("/jmap/session", headers=headers)
        assert answer.status_code == 401
        assert "www-authenticate" not in answer.headers


async def test_a_wrong_password_is_asked_for_again(core: Core, ada: Client) -> None:
    async with _stranger(core) as http:
        answer = await http.get("/jmap/session", auth=("ada@mailwright.test", "wrong"))
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers


async def test_programs_are_told_the_public_address_when_there_is_one(core: Core, ada: Client) -> None:
    async with _stranger(core, web=Web("https://mail.example.org")) as http:
        found = (await http.get("/jmap/session", auth=ada.http.auth)).json()
        assert found["apiUrl"] == "https://mail.example.org/jmap"


async def test_a_host_that_is_none_is_not_repeated(ada: Client) -> None:
    found = (await ada.http.get("/jmap/session", headers={"Host": "evil/?x="})).json()
    assert "evil" not in found["apiUrl"]


async def test_people_of_another_tenant_see_nothing_of_ours(core: Core, jmap: MakeClient, ada: Client) -> None:
    share(core, ada, "anyone", "lrswipkxtea", "INBOX")
    eve = jmap(core, "eve@other.test")
    assert list((await _session(eve))["accounts"]) == [eve.id]  # type: ignore[call-overload]


async def test_a_page_asks_with_its_session_and_its_token_and_stays_where_it_is(core: Core) -> None:
    give_password(core, "ada@mailwright.test")
    browser = Browser(core, web=Web("https://mail.example.org"))
    request = {"using": [CORE], "methodCalls": []}
    try:
        assert (await browser.sign_in("ada@mailwright.test")).status_code == 200
        found = (await browser.get("/jmap/session")).json()
        assert found["apiUrl"] == "https://mail.example.org/jmap"
        assert (await browser.post("/jmap", json=request)).status_code == 200
        account = found["primaryAccounts"][MAIL]
        assert (await browser.post(f"/jmap/upload/{account}/", content=b"x")).status_code == 201
        # Without the token, or from another site, a cookie changes nothing.
        for path in ("/jmap", f"/jmap/upload/{account}/"):
            assert (await browser.http.post(path, json=request)).status_code == 403
            stolen = {"Origin": "https://evil.example"}
            assert (await browser.post(path, json=request, headers=stolen)).status_code == 403
    finally:
        await browser.close()


async def test_outside_senders_have_no_mail_here(core: Core) -> None:
    def guest(tx: Tx) -> None:
        tenant = accounts.find(tx, "ada@mailwright.test").tenant_id
        accounts.add_guest(tx, tenant, "guest@example.org")

    core.database.write_now(guest)
    account = core.database.read_now(lambda tx: account_rows.listing(tx))
    found = next(each for each in account if each.email == "guest@example.org")
    opened = await sessions.open_session(core, found, by="link", client="", agent="", long_lived=False)
    async with _stranger(core) as http:
        answer = await http.get("/jmap/session", headers={"Cookie": f"mailwright_session={opened.token}"})
        assert answer.status_code == 403


def test_half_a_character_in_an_answer_costs_only_itself() -> None:
    assert json_answer({"a": "x\ud800y"}).body == b'{"a":"x?y"}'
