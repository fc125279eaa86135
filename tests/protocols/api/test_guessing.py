"""Guesses at passwords and codes are counted however they come, and what was changed opens nothing from then on."""

from __future__ import annotations

import asyncio

import pyotp
import pytest

from mailwright.core import Core, accounts, secondfactor, signinlinks
from mailwright.domain.brand import Brand
from mailwright.protocols.identity import Web
from mailwright.storage import Tx, audit
from tests.protocols.api.people import PASSWORD, Browser, MakeBrowser

ADA = "ada@mailwright.test"


async def _second_factor(ada: Browser) -> list[str]:
    """Turn it on; the recovery codes."""
    begun = (await ada.post("/api/account/totp", json={"password": PASSWORD})).json()
    code = pyotp.TOTP(begun["secret"]).now()
    codes: list[str] = (await ada.post("/api/account/totp/confirm", json={"code": code})).json()["recovery_codes"]
    return codes


async def test_many_codes_at_once_are_no_more_guesses_than_one_by_one(
    browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    recovery = await _second_factor(ada)
    asked, real = 0, secondfactor.take

    def counted(tx: Tx, core: Core, account: accounts.Account, code: str, *, client: str) -> bool:
        nonlocal asked
        asked += 1
        return real(tx, core, account, code, client=client)

    monkeypatch.setattr(secondfactor, "take", counted)
    guesses = [browser().sign_in(ADA, code=f"{number:06}") for number in range(40)]
    answers = {answer.status_code for answer in await asyncio.gather(*guesses)}
    assert answers == {401, 429}
    assert asked <= 10
    assert (await browser().sign_in(ADA, code=recovery[0])).status_code == 429


async def test_codes_that_are_right_are_not_counted(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    for code in await _second_factor(ada):
        assert (await browser().sign_in(ADA, code=code)).status_code == 200
    assert (await browser().sign_in(ADA, code="000000")).status_code == 401
    entries = core.database.read_now(lambda tx: audit.listing(tx, actor=ADA))
    used = [entry for _, entry in entries if entry.action == "second-factor.recovery-code-used"]
    assert {entry.address for entry in used} == {"127.0.0.1"}


async def test_the_first_code_of_a_new_secret_cannot_be_guessed(browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    await ada.post("/api/account/totp", json={"password": PASSWORD})
    answers = [
        (await ada.post("/api/account/totp/confirm", json={"code": f"{number:06}"})).status_code for number in range(12)
    ]
    assert answers == [400] * 10 + [429] * 2


async def test_many_passwords_at_once_are_no_more_guesses_than_one_by_one(browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    guesses = [
        ada.post("/api/account/password", json={"current": f"guess {number}", "new": "another long one"})
        for number in range(30)
    ]
    answers = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert answers.count(401) <= 12
    assert set(answers) == {401, 429}


async def test_a_failed_sign_in_is_in_the_trail_of_the_tenant(core: Core, browser: MakeBrowser) -> None:
    tenant = core.database.read_now(lambda tx: accounts.find(tx, ADA)).tenant_id
    for actor, whose in ((ADA, tenant), ("nobody@mailwright.test", None)):
        await browser().sign_in(actor, "wrong guess")
        entries = core.database.read_now(lambda tx, actor=actor: audit.listing(tx, actor=actor))  # type: ignore[misc]
        assert ("sign-in.failed", whose) in [(entry.action, entry.tenant_id) for _, entry in entries]


async def test_who_was_invited_sets_a_first_password_and_needs_it_then(core: Core, browser: MakeBrowser) -> None:
    account = core.database.write_now(lambda tx: accounts.add_user(tx, core, "chen@mailwright.test"))
    token = core.database.write_now(lambda tx: signinlinks.make(tx, account, client=""))
    chen = browser()
    chen.csrf = (await chen.http.post("/api/session/link/redeem", json={"token": token})).json()["csrf"]
    early = await chen.post("/api/account/totp", json={"password": "whatever"})
    assert (early.status_code, early.json()["error"]["code"]) == (400, "bad_input")
    assert (await chen.get("/api/account/totp")).json()["has_password"] is False
    assert (await chen.post("/api/account/password", json={"new": "a first password"})).status_code == 204
    assert (await chen.get("/api/account/totp")).json()["has_password"] is True
    assert (await chen.post("/api/account/password", json={"new": "another password"})).status_code == 401
    assert (await browser().sign_in("chen@mailwright.test", "a first password")).status_code == 200


async def test_a_password_that_was_changed_opens_nothing_from_then_on(browser: MakeBrowser) -> None:
    ada, program = browser(), browser()
    await ada.sign_in(ADA)
    made = (await ada.post("/api/account/app-passwords", json={"label": "phone", "scopes": ["jmap"]})).json()
    program.http.auth = (ADA, made["password"])
    assert (await program.get("/jmap/session")).status_code == 200
    assert (await ada.change("DELETE", f"/api/account/app-passwords/{made['id']}")).status_code == 204
    assert (await program.get("/jmap/session")).status_code == 401
    program.http.auth = (ADA, PASSWORD)
    assert (await program.get("/jmap/session")).status_code == 200
    await ada.post("/api/account/password", json={"current": PASSWORD, "new": "another long one"})
    assert (await program.get("/jmap/session")).status_code == 401


async def test_a_password_that_a_browser_remembers_is_not_used_by_other_sites(browser: MakeBrowser) -> None:
    ada = browser()
    ada.http.auth = (ADA, PASSWORD)
    path = "/api/mail/0199f000-0000-7000-8000-000000000000/snooze"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:81"},
    ):
        assert (await ada.http.delete(path, headers=headers)).status_code == 403, headers
    for headers in ({}, {"Origin": "moz-extension://0199f000"}, {"Origin": "http://localhost:8080"}):
        assert (await ada.http.delete(path, headers=headers)).status_code == 404, headers


async def test_a_socket_for_both_kinds_of_addresses_knows_our_proxies_too() -> None:
    class Asked:
        def __init__(self, peer: str) -> None:
            self.client = type("Peer", (), {"host": peer})
            self.headers = type("Headers", (), {"getlist": lambda _self, _name: ["203.0.113.9"]})()

    web = Web.of("https://mail.example.org", ["10.0.0.0/8"], brand=Brand())
    assert web.client_of(Asked("::ffff:10.0.0.1")) == "203.0.113.9"  # type: ignore[arg-type]
    assert web.client_of(Asked("::ffff:192.0.2.1")) == "192.0.2.1"  # type: ignore[arg-type]
